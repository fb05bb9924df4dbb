//! raft-io: one event in, actions out.

use super::{Cluster, KEPT, Repeat, SMALL, Size, Survivors, source};
use raft_io::{Action, AppendEntries, Event, Message, RaftConfig, RaftLog, RaftNode};
use std::collections::VecDeque;

/// Nodes joined by a queue.
pub(super) struct RaftIo {
    nodes: Vec<RaftNode>,
    queue: VecDeque<(usize, Message)>,
    delivered: u64,
    steps: u64,
    wanted: Option<u64>,
    source: Vec<u8>,
    batch: usize,
}

impl RaftIo {
    pub(super) fn new(size: Size) -> Self {
        let all = 1..=u64::from(size.nodes);
        let node = |id: u64| {
            let config = RaftConfig::new(id, all.clone().filter(|other| *other != id))
                .with_heartbeat_interval(1)
                .with_snapshot_threshold(usize::try_from(KEPT).expect("a small number"))
                .with_max_batch(size.batch.max(64));
            RaftNode::new(config)
        };
        let nodes = all.clone().map(node).collect();
        let mut cluster = Self {
            nodes,
            queue: VecDeque::new(),
            delivered: 0,
            steps: 0,
            wanted: None,
            source: source(size),
            batch: size.batch,
        };
        while !cluster.nodes[0].is_leader() {
            cluster.step(0, Event::Tick);
            cluster.deliver();
        }
        cluster
    }

    fn step(&mut self, at: usize, event: Event) {
        self.steps += 1;
        let actions = self.nodes[at].step(event).expect("an event that it takes");
        for action in actions {
            match action {
                Action::Send { to, message } => {
                    self.queue.push_back((usize::try_from(to).expect("a small number") - 1, message));
                }
                Action::Snapshot { index, .. } => self.step(at, Event::Snapshot { index, data: Vec::new() }),
                // Applied at once; the enum may grow.
                _ => {}
            }
        }
    }

    fn deliver(&mut self) {
        while let Some((to, message)) = self.queue.pop_front() {
            self.delivered += 1;
            self.step(to, Event::Message(message));
        }
    }
}

impl Cluster for RaftIo {
    fn commit(&mut self) {
        for _ in 0..self.batch {
            let payload = self.source.clone();
            self.step(0, Event::Propose(payload));
        }
        self.deliver();
        // Without this beat the others learn of the commit with the next batch.
        self.step(0, Event::Tick);
        self.deliver();
    }

    fn written(&self) -> u64 {
        self.nodes[0].log().last_index()
    }

    fn committed(&self) -> u64 {
        self.nodes.iter().map(RaftNode::commit_index).min().unwrap_or(0)
    }

    fn delivered(&self) -> u64 {
        self.delivered
    }
}

impl Survivors for RaftIo {
    fn lose_primary(&mut self) {
        self.queue.clear();
        // Whose random patience ends first is the heir; the other has waited as long, or it would object.
        while self.queue.is_empty() {
            self.step(1, Event::Tick);
            self.step(2, Event::Tick);
        }
    }

    fn hop(&mut self) {
        for (to, message) in std::mem::take(&mut self.queue) {
            if to != 0 {
                self.delivered += 1;
                self.step(to, Event::Message(message));
            }
        }
        let heir = (1..3).find(|at| self.nodes[*at].is_leader());
        if let (None, Some(heir)) = (self.wanted, heir) {
            let payload = self.source.clone();
            self.step(heir, Event::Propose(payload));
            self.wanted = Some(self.nodes[heir].log().last_index());
        }
    }

    fn has_acknowledged(&self) -> bool {
        self.wanted.is_some_and(|end| self.nodes[1..].iter().any(|node| node.commit_index() >= end))
    }

    fn effort(&self) -> (u64, u64) {
        (self.steps, self.delivered)
    }
}

/// A follower that is called with nothing to append.
pub(super) fn beats() -> Repeat {
    let mut cluster = RaftIo::new(SMALL);
    let leader = &cluster.nodes[0];
    let (index, term) = (leader.log().last_index(), leader.term());
    let (id, commit) = (leader.id(), leader.commit_index());
    let prev_log_term = leader.log().term_at(index).unwrap_or(term);
    let mut follower = cluster.nodes.remove(1);
    Box::new(move |times| {
        for _ in 0..times {
            let call = AppendEntries {
                term,
                leader: id,
                prev_log_index: index,
                prev_log_term,
                entries: Vec::new(),
                leader_commit: commit,
            };
            let actions =
                follower.step(Event::Message(Message::AppendEntries(call))).expect("its leader calls");
            assert!(!actions.is_empty(), "an answer");
        }
    })
}
