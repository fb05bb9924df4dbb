//! noraft: its log has no payloads. The embedder carries them beside the messages and keeps them beside the log.

use super::{Cluster, KEPT, Payload, Repeat, SMALL, Size, Survivors, source};
use noraft::{Action, ClusterConfig, LogEntries, LogPosition, Message, Node, NodeId};
use std::collections::VecDeque;
use std::sync::Arc;

/// The payloads of the entries that a message carries.
type Carried<P> = Option<Arc<[P]>>;

/// Nodes joined by a queue.
pub(super) struct Noraft<P> {
    nodes: Vec<Node>,
    payloads: Vec<VecDeque<P>>,
    queue: VecDeque<(usize, Message, Carried<P>)>,
    /// What the primary has just been given.
    proposed: Carried<P>,
    config: ClusterConfig,
    compacted: u64,
    delivered: u64,
    steps: u64,
    wanted: Option<LogPosition>,
    source: Vec<u8>,
    batch: usize,
}

fn place(id: NodeId) -> usize {
    usize::try_from(id.get()).expect("a small number")
}

impl<P: Payload> Noraft<P> {
    pub(super) fn new(size: Size) -> Self {
        let ids: Vec<NodeId> = (0..u64::from(size.nodes)).map(NodeId::new).collect();
        let mut cluster = Self {
            nodes: ids.iter().map(|id| Node::start(*id)).collect(),
            payloads: ids.iter().map(|_| VecDeque::new()).collect(),
            queue: VecDeque::new(),
            proposed: None,
            config: ClusterConfig::default(),
            compacted: 0,
            delivered: 0,
            steps: 0,
            wanted: None,
            source: source(size),
            batch: size.batch,
        };
        cluster.nodes[0].create_cluster(&ids);
        cluster.act(0);
        cluster.deliver();
        assert!(cluster.nodes[0].role().is_leader(), "noraft's first node leads at once");
        cluster.config = cluster.nodes[0].config().clone();
        cluster
    }

    fn act(&mut self, at: usize) {
        // What it has to save is saved at once, and its timers never end.
        while let Some(action) = self.nodes[at].actions_mut().next() {
            match action {
                Action::BroadcastMessage(message) => {
                    let carried = self.carried(&message);
                    for to in 0..self.nodes.len() {
                        if to != at {
                            self.queue.push_back((to, message.clone(), carried.clone()));
                        }
                    }
                }
                Action::SendMessage(to, message) => {
                    let carried = self.carried(&message);
                    self.queue.push_back((place(to), message, carried));
                }
                Action::SetElectionTimeout
                | Action::SaveCurrentTerm
                | Action::SaveVotedFor
                | Action::AppendLogEntries(_)
                | Action::InstallSnapshot(_) => {}
            }
        }
    }

    /// The payloads that go with `message`: what was proposed last is all that is ever under way here.
    fn carried(&self, message: &Message) -> Carried<P> {
        match message {
            Message::AppendEntriesCall { entries, .. } if entries.len() == self.batch => {
                self.proposed.clone()
            }
            Message::AppendEntriesCall { .. }
            | Message::AppendEntriesReply { .. }
            | Message::RequestVoteCall { .. }
            | Message::RequestVoteReply { .. } => None,
        }
    }

    fn deliver(&mut self) {
        while let Some((to, message, carried)) = self.queue.pop_front() {
            self.take(to, &message, carried);
        }
    }

    fn take(&mut self, to: usize, message: &Message, carried: Carried<P>) {
        self.delivered += 1;
        self.steps += 1;
        let before = self.nodes[to].log().last_position();
        self.nodes[to].handle_message(message).expect("a message of its own");
        if let Some(carried) = carried
            && self.nodes[to].log().last_position() != before
        {
            self.payloads[to].extend(carried.iter().cloned());
        }
        self.act(to);
    }

    fn compact(&mut self, position: LogPosition) {
        for (node, payloads) in self.nodes.iter_mut().zip(&mut self.payloads) {
            assert!(
                node.handle_snapshot_installed(position, self.config.clone()),
                "what is committed is compacted"
            );
            payloads.clear();
        }
    }
}

impl<P: Payload> Cluster for Noraft<P> {
    fn commit(&mut self) {
        let batch: Arc<[P]> = (0..self.batch).map(|_| P::taken(&self.source)).collect();
        self.payloads[0].extend(batch.iter().cloned());
        self.proposed = Some(batch);
        for _ in 0..self.batch {
            self.nodes[0].propose_command();
        }
        self.act(0);
        self.deliver();
        // Without this the others learn of the commit with the next batch.
        self.nodes[0].heartbeat();
        self.act(0);
        self.deliver();
        let committed = self.committed();
        if committed - self.compacted >= KEPT {
            self.compacted = committed;
            self.compact(self.nodes[0].log().last_position());
        }
    }

    fn written(&self) -> u64 {
        self.nodes[0].log().last_position().index.get()
    }

    fn committed(&self) -> u64 {
        self.nodes.iter().map(|node| node.commit_index().get()).min().unwrap_or(0)
    }

    fn delivered(&self) -> u64 {
        self.delivered
    }
}

impl<P: Payload> Survivors for Noraft<P> {
    fn lose_primary(&mut self) {
        self.queue.clear();
        self.steps += 1;
        self.nodes[1].handle_election_timeout();
        self.act(1);
    }

    fn hop(&mut self) {
        for (to, message, carried) in std::mem::take(&mut self.queue) {
            if to != 0 {
                self.take(to, &message, carried);
            }
        }
        if self.wanted.is_none() && self.nodes[1].role().is_leader() {
            self.steps += 1;
            self.wanted = Some(self.nodes[1].propose_command());
            self.act(1);
        }
    }

    fn has_acknowledged(&self) -> bool {
        self.wanted.is_some_and(|position| self.nodes[1].get_commit_status(position).is_committed())
    }

    fn effort(&self) -> (u64, u64) {
        (self.steps, self.delivered)
    }
}

/// A follower that is called with nothing to append.
pub(super) fn beats() -> Repeat {
    let cluster = Noraft::<u128>::new(SMALL);
    let leader = &cluster.nodes[0];
    let call = Message::AppendEntriesCall {
        from: leader.id(),
        term: leader.current_term(),
        commit_index: leader.commit_index(),
        entries: LogEntries::new(leader.log().last_position()),
    };
    let mut follower = cluster.nodes[1].clone();
    Box::new(move |times| {
        for _ in 0..times {
            follower.handle_message(&call).expect("a message of its leader");
            assert!(follower.actions_mut().count() > 0, "an answer");
        }
    })
}
