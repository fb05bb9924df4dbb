//! The same work for everybody: propose a batch at the primary, deliver until nobody has anything more to say, and
//! every replica knows that the batch is committed.
//!
//! Nothing is really written to a disk: what is given to it is durable at once. Every log is compacted as it goes,
//! and every entry's payload is owned, in memory, by every replica. Each contender is driven as its documentation
//! asks for, by direct calls, one message at a time, in the order in which they were sent.

use bytes::Bytes;
use std::fmt::Debug;

mod floor;
mod noraft;
mod omnipaxos;
pub mod ours;
mod raft;
mod raft_io;

/// After how many entries a log is compacted.
const KEPT: u64 = 1024;

/// What an entry carries.
pub trait Payload: Clone + PartialEq + Debug + 'static {
    /// Takes what a client sent, from the buffer it came in.
    fn taken(from: &[u8]) -> Self;
}

impl Payload for u128 {
    fn taken(from: &[u8]) -> Self {
        let bytes = from.first_chunk().expect("a handle has 16 bytes");
        u128::from_le_bytes(*bytes)
    }
}

impl Payload for Bytes {
    fn taken(from: &[u8]) -> Self {
        Bytes::from(from.to_vec())
    }
}

/// A cluster with a primary, node 0.
pub trait Cluster {
    /// Commits one batch everywhere.
    fn commit(&mut self);
    /// How many entries the primary has in its log, from the first on.
    fn written(&self) -> u64;
    /// How many entries every replica knows to be committed.
    fn committed(&self) -> u64;
    /// Messages delivered so far.
    fn delivered(&self) -> u64;
}

/// A cluster whose primary dies. Half a round trip is one hop.
pub trait Survivors {
    /// Node 0 is dead, and the first of the others has waited long enough.
    fn lose_primary(&mut self);
    /// Delivers what is under way, and not what that leads to. As soon as somebody takes a write, it is given one.
    fn hop(&mut self);
    /// Whether that write is acknowledged.
    fn has_acknowledged(&self) -> bool;
    /// Calls made and messages delivered, from the beginning.
    fn effort(&self) -> (u64, u64);
}

/// Calls some code so many times.
pub type Repeat = Box<dyn FnMut(u64)>;

/// How big the work is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Replicas.
    pub nodes: u8,
    /// Entries proposed at once.
    pub batch: usize,
    /// Bytes of a payload: 16 is a handle.
    pub bytes: usize,
}

/// Every size that is measured.
pub const SIZES: [Size; 8] = [
    Size { nodes: 3, batch: 1, bytes: 16 },
    Size { nodes: 3, batch: 1, bytes: 256 },
    Size { nodes: 3, batch: 64, bytes: 16 },
    Size { nodes: 3, batch: 64, bytes: 256 },
    Size { nodes: 5, batch: 1, bytes: 16 },
    Size { nodes: 5, batch: 1, bytes: 256 },
    Size { nodes: 5, batch: 64, bytes: 16 },
    Size { nodes: 5, batch: 64, bytes: 256 },
];

/// Somebody who takes part.
#[derive(Clone, Copy)]
pub struct Contender {
    /// Its name.
    pub name: &'static str,
    /// Which version, and how it is used.
    pub about: &'static str,
    /// Makes a cluster of it that has elected node 0.
    pub cluster: fn(Size) -> Box<dyn Cluster>,
    /// A follower that is given heartbeats and answers them.
    pub beats: fn() -> Repeat,
    /// Three nodes, for the failover.
    pub survivors: Option<fn() -> Box<dyn Survivors>>,
}

/// Everybody, quorate first and the floor last.
pub const CONTENDERS: &[Contender] = &[
    Contender {
        name: "quorate",
        about: "this crate; commits are told at once (`eager`)",
        cluster: |size| typed(size, ours::Ours::<u128>::new, ours::Ours::<Bytes>::new),
        beats: ours::beats,
        survivors: Some(|| Box::new(ours::Ours::<u128>::new(SMALL))),
    },
    Contender {
        name: "omnipaxos",
        about: "0.2.4; `batch_size` is the batch, and the buffer 64",
        cluster: |size| {
            typed(size, omnipaxos::Omni::<omnipaxos::Handle>::new, omnipaxos::Omni::<omnipaxos::Owned>::new)
        },
        beats: omnipaxos::beats,
        survivors: Some(|| Box::new(omnipaxos::Omni::<omnipaxos::Handle>::new(SMALL))),
    },
    Contender {
        name: "raft-io",
        about: "1.0.0, its own log in memory; a payload is a `Vec<u8>`, and commits are told with a beat",
        cluster: |size| Box::new(raft_io::RaftIo::new(size)),
        beats: raft_io::beats,
        survivors: Some(|| Box::new(raft_io::RaftIo::new(SMALL))),
    },
    Contender {
        name: "noraft",
        about: "0.7.1; it has no payloads: they travel and lie beside it; commits are told with a beat",
        cluster: |size| typed(size, noraft::Noraft::<u128>::new, noraft::Noraft::<Bytes>::new),
        beats: noraft::beats,
        survivors: Some(|| Box::new(noraft::Noraft::<u128>::new(SMALL))),
    },
    Contender {
        name: "raft-rs",
        about: "`raft` 0.7.0, `MemStorage`, protobuf codec, a batch in one `MsgPropose`",
        cluster: |size| Box::new(raft::RaftRs::new(size)),
        beats: raft::beats,
        survivors: Some(|| Box::new(raft::RaftRs::new(SMALL))),
    },
    Contender {
        name: "floor",
        about: "the same messages and queues with no elections and no checks: not a protocol",
        cluster: |size| typed(size, floor::Floor::<u128>::new, floor::Floor::<Bytes>::new),
        beats: floor::beats,
        survivors: None,
    },
];

const SMALL: Size = Size { nodes: 3, batch: 1, bytes: 16 };

fn typed<H: Cluster + 'static, B: Cluster + 'static>(
    size: Size,
    handle: fn(Size) -> H,
    bytes: fn(Size) -> B,
) -> Box<dyn Cluster> {
    if size.bytes == 16 { Box::new(handle(size)) } else { Box::new(bytes(size)) }
}

/// What a client sends, over and over.
fn source(size: Size) -> Vec<u8> {
    (0..size.bytes).map(|at| at as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who is fast because it does less is not fast.
    #[test]
    fn everybody_commits_everything_everywhere() {
        for contender in CONTENDERS {
            for size in SIZES {
                let mut cluster = (contender.cluster)(size);
                // Far enough for everybody to compact its log.
                let before = cluster.written();
                let rounds = 3 * KEPT / size.batch as u64;
                for _ in 0..rounds {
                    cluster.commit();
                    assert_eq!(cluster.committed(), cluster.written(), "{} {size:?}", contender.name);
                }
                let written = cluster.written() - before;
                assert_eq!(written, rounds * size.batch as u64, "{} {size:?}", contender.name);
            }
        }
    }

    #[test]
    fn everybody_survives_its_primary() {
        for contender in CONTENDERS {
            let Some(survivors) = contender.survivors else { continue };
            let mut survivors = survivors();
            survivors.lose_primary();
            let hops = (1..100).find(|_| {
                survivors.hop();
                survivors.has_acknowledged()
            });
            assert!(hops.is_some(), "{}", contender.name);
        }
    }

    #[test]
    fn everybody_answers_heartbeats() {
        for contender in CONTENDERS {
            (contender.beats)()(1_000);
        }
    }
}
