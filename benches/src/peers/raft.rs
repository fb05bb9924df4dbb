//! raft-rs: ready, persist, advance.

use super::{Cluster, KEPT, Repeat, SMALL, Size, Survivors, source};
use raft::eraftpb::{Entry, Message, MessageType};
use raft::storage::MemStorage;
use raft::{Config, RawNode, StateRole};
use slog::{Discard, Logger, o};
use std::collections::VecDeque;

/// Nodes joined by a queue.
pub(super) struct RaftRs {
    nodes: Vec<RawNode<MemStorage>>,
    queue: VecDeque<Message>,
    delivered: u64,
    steps: u64,
    wanted: Option<u64>,
    compacted: u64,
    source: Vec<u8>,
    batch: usize,
}

impl RaftRs {
    pub(super) fn new(size: Size) -> Self {
        let all: Vec<u64> = (1..=u64::from(size.nodes)).collect();
        let logger = Logger::root(Discard, o!());
        let node = |id: &u64| {
            let config = Config {
                id: *id,
                max_size_per_msg: 1 << 20,
                max_inflight_msgs: 256,
                check_quorum: true,
                pre_vote: true,
                ..Config::default()
            };
            let storage = MemStorage::new_with_conf_state((all.clone(), Vec::new()));
            RawNode::new(&config, storage, &logger).expect("a configuration that it accepts")
        };
        let mut cluster = Self {
            nodes: all.iter().map(node).collect(),
            queue: VecDeque::new(),
            delivered: 0,
            steps: 0,
            wanted: None,
            compacted: 0,
            source: source(size),
            batch: size.batch,
        };
        cluster.nodes[0].campaign().expect("it may stand");
        cluster.act(0);
        cluster.deliver();
        assert_eq!(cluster.nodes[0].raft.state, StateRole::Leader, "nobody else stands");
        cluster
    }

    fn act(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        while node.has_ready() {
            let mut ready = node.ready();
            self.queue.extend(ready.take_messages());
            {
                let mut storage = node.mut_store().wl();
                storage.append(ready.entries()).expect("it fits");
                if let Some(hard) = ready.hs() {
                    storage.set_hardstate(hard.clone());
                }
            }
            self.queue.extend(ready.take_persisted_messages());
            drop(ready.take_committed_entries());
            let mut light = node.advance(ready);
            if let Some(commit) = light.commit_index() {
                node.mut_store().wl().mut_hard_state().commit = commit;
            }
            self.queue.extend(light.take_messages());
            drop(light.take_committed_entries());
            node.advance_apply();
        }
    }

    fn deliver(&mut self) {
        while let Some(message) = self.queue.pop_front() {
            self.take(message);
        }
    }

    fn take(&mut self, message: Message) {
        self.delivered += 1;
        self.steps += 1;
        let to = usize::try_from(message.to).expect("a small number") - 1;
        self.nodes[to].step(message).expect("a message of its own");
        self.act(to);
    }

    fn propose(&mut self, at: usize) {
        let mut message = Message { from: at as u64 + 1, ..Message::default() };
        message.set_msg_type(MessageType::MsgPropose);
        let entry = |_| Entry { data: self.source.clone().into(), ..Entry::default() };
        message.entries = (0..self.batch).map(entry).collect();
        self.steps += 1;
        self.nodes[at].step(message).expect("the leader takes it");
        self.act(at);
    }
}

impl Cluster for RaftRs {
    fn commit(&mut self) {
        self.propose(0);
        self.deliver();
        let committed = self.committed();
        if committed - self.compacted >= KEPT {
            self.compacted = committed;
            for node in &mut self.nodes {
                node.mut_store().wl().compact(committed).expect("it is committed");
            }
        }
    }

    fn written(&self) -> u64 {
        self.nodes[0].raft.raft_log.last_index()
    }

    fn committed(&self) -> u64 {
        self.nodes.iter().map(|node| node.raft.raft_log.committed).min().unwrap_or(0)
    }

    fn delivered(&self) -> u64 {
        self.delivered
    }
}

impl Survivors for RaftRs {
    fn lose_primary(&mut self) {
        self.queue.clear();
        self.steps += 1;
        // The others have waited as long: with pre-votes they would object to whom they hear nothing of.
        for node in &mut self.nodes[1..] {
            node.raft.leader_id = 0;
            node.raft.election_elapsed = node.raft.election_timeout();
        }
        self.nodes[1].campaign().expect("it may stand");
        self.act(1);
    }

    fn hop(&mut self) {
        for message in std::mem::take(&mut self.queue) {
            if message.to != 1 {
                self.take(message);
            }
        }
        if self.wanted.is_none() && self.nodes[1].raft.state == StateRole::Leader {
            self.propose(1);
            self.wanted = Some(self.nodes[1].raft.raft_log.last_index());
        }
    }

    fn has_acknowledged(&self) -> bool {
        self.wanted.is_some_and(|end| self.nodes[1].raft.raft_log.committed >= end)
    }

    fn effort(&self) -> (u64, u64) {
        (self.steps, self.delivered)
    }
}

/// A follower that is sent heartbeats, driven to the end as its documentation asks for.
pub(super) fn beats() -> Repeat {
    let mut cluster = RaftRs::new(SMALL);
    let mut beat = Message { from: 1, to: 2, term: cluster.nodes[0].raft.term, ..Message::default() };
    beat.set_msg_type(MessageType::MsgHeartbeat);
    Box::new(move |times| {
        for _ in 0..times {
            cluster.nodes[1].step(beat.clone()).expect("a message of its leader");
            cluster.act(1);
            assert_eq!(cluster.queue.drain(..).count(), 1, "an answer");
        }
    })
}
