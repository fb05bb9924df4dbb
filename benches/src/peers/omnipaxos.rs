//! omnipaxos: append, handle, take.

use super::{Cluster, KEPT, Payload, Repeat, SMALL, Size, Survivors, source};
use bytes::Bytes;
use omnipaxos::messages::Message;
use omnipaxos::messages::ballot_leader_election::{BLEMessage, HeartbeatMsg, HeartbeatRequest};
use omnipaxos::storage::{Entry, NoSnapshot};
use omnipaxos::{ClusterConfig, OmniPaxos, OmniPaxosConfig, ServerConfig};
use omnipaxos_storage::memory_storage::MemoryStorage;

/// A handle as an entry.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Handle(u128);
/// Bytes as an entry.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Owned(Bytes);

impl Entry for Handle {
    type Snapshot = NoSnapshot;
}
impl Entry for Owned {
    type Snapshot = NoSnapshot;
}
impl Payload for Handle {
    fn taken(from: &[u8]) -> Self {
        Self(u128::taken(from))
    }
}
impl Payload for Owned {
    fn taken(from: &[u8]) -> Self {
        Self(Bytes::taken(from))
    }
}

/// Nodes, and what each has to say.
pub(super) struct Omni<E: Entry> {
    nodes: Vec<OmniPaxos<E, MemoryStorage<E>>>,
    sent: Vec<Message<E>>,
    delivered: u64,
    steps: u64,
    hops: u64,
    wanted: Option<usize>,
    compacted: usize,
    source: Vec<u8>,
    batch: usize,
}

impl<E: Entry + Payload> Omni<E> {
    pub(super) fn new(size: Size) -> Self {
        let all: Vec<u64> = (1..=u64::from(size.nodes)).collect();
        let node = |pid: &u64| {
            let server_config = ServerConfig {
                pid: *pid,
                election_tick_timeout: 1,
                resend_message_tick_timeout: 1_000_000,
                buffer_size: 64,
                batch_size: size.batch,
                leader_priority: u32::from(*pid == 1),
                ..ServerConfig::default()
            };
            let cluster_config =
                ClusterConfig { configuration_id: 1, nodes: all.clone(), ..ClusterConfig::default() };
            let config = OmniPaxosConfig { cluster_config, server_config };
            config.build(MemoryStorage::default()).expect("a configuration that it accepts")
        };
        let nodes = all.iter().map(node).collect();
        let mut cluster = Self {
            nodes,
            sent: Vec::new(),
            delivered: 0,
            steps: 0,
            hops: 0,
            wanted: None,
            compacted: 0,
            source: source(size),
            batch: size.batch,
        };
        while cluster.nodes.iter().any(|node| node.get_current_leader() != Some((1, true))) {
            cluster.nodes.iter_mut().for_each(OmniPaxos::tick);
            cluster.deliver();
        }
        cluster
    }

    fn deliver(&mut self) {
        let mut silent = false;
        while !silent {
            silent = true;
            for at in 0..self.nodes.len() {
                self.nodes[at].take_outgoing_messages(&mut self.sent);
                for message in self.sent.drain(..) {
                    silent = false;
                    self.delivered += 1;
                    self.steps += 1;
                    let to = usize::try_from(message.get_receiver()).expect("a small number") - 1;
                    self.nodes[to].handle_incoming(message);
                }
            }
        }
    }
}

impl<E: Entry + Payload> Cluster for Omni<E> {
    fn commit(&mut self) {
        for _ in 0..self.batch {
            self.nodes[0].append(E::taken(&self.source)).expect("the leader takes it");
        }
        self.deliver();
        let decided = self.nodes[0].get_decided_idx();
        if (decided - self.compacted) as u64 >= KEPT {
            self.compacted = decided;
            self.nodes[0].trim(Some(decided)).expect("everybody has it");
            self.deliver();
        }
    }

    fn written(&self) -> u64 {
        self.nodes[0].get_accepted_idx() as u64
    }

    fn committed(&self) -> u64 {
        self.nodes.iter().map(OmniPaxos::get_decided_idx).min().unwrap_or(0) as u64
    }

    fn delivered(&self) -> u64 {
        self.delivered
    }
}

impl<E: Entry + Payload> Survivors for Omni<E> {
    fn lose_primary(&mut self) {
        self.sent.clear();
    }

    /// Its election goes by rounds of heartbeats: the survivors tick once in a round trip.
    fn hop(&mut self) {
        if self.hops.is_multiple_of(2) {
            self.nodes[1..].iter_mut().for_each(OmniPaxos::tick);
            self.steps += 2;
        }
        self.hops += 1;
        let mut sent = Vec::new();
        self.nodes[1..].iter_mut().for_each(|node| node.take_outgoing_messages(&mut sent));
        for message in sent.into_iter().filter(|message| message.get_receiver() != 1) {
            self.delivered += 1;
            self.steps += 1;
            let to = usize::try_from(message.get_receiver()).expect("a small number") - 1;
            self.nodes[to].handle_incoming(message);
        }
        let elected = (1..3).find(|at| self.nodes[*at].get_current_leader() == Some((*at as u64 + 1, true)));
        if let (Some(at), None) = (elected, self.wanted) {
            self.steps += 1;
            self.nodes[at].append(E::taken(&self.source)).expect("the leader takes it");
            self.wanted = Some(self.nodes[at].get_accepted_idx());
        }
    }

    fn has_acknowledged(&self) -> bool {
        self.wanted.is_some_and(|end| self.nodes[1..].iter().any(|node| node.get_decided_idx() >= end))
    }

    fn effort(&self) -> (u64, u64) {
        (self.steps, self.delivered)
    }
}

/// A node that answers a heartbeat request.
pub(super) fn beats() -> Repeat {
    let mut cluster = Omni::<Handle>::new(SMALL);
    let mut follower = cluster.nodes.remove(1);
    let mut sent = Vec::new();
    Box::new(move |times| {
        for _ in 0..times {
            let msg = HeartbeatMsg::Request(HeartbeatRequest { round: 9 });
            follower.handle_incoming(Message::BLE(BLEMessage { from: 1, to: 2, msg }));
            follower.take_outgoing_messages(&mut sent);
            assert_eq!(sent.drain(..).count(), 1, "an answer");
        }
    })
}
