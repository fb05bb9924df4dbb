//! The primary's side of commit: which log to take over, who holds how much, what is committed.

use super::History;
use crate::id::{NodeId, NodeMap, NodeSet, Position};
use alloc::sync::Arc;
use core::cmp::Ordering;

/// What a data node had on disk when it promised to accept nothing older.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Promise {
    /// How long its log was.
    pub len: u64,
    /// Who wrote it.
    pub history: Arc<History>,
    /// Up to where it knew the log to be committed.
    pub committed: u64,
}

impl Promise {
    /// How far its log had got.
    pub fn position(&self) -> Position {
        let by_mark = self.history.position(self.len);
        let position = rule!(CommitByMark, by_mark, else: self.position_by_entry());
        let position = rule!(PositionByAcceptedEpoch, position, else: self.position_by_entry());
        // Without the rule, the longest log wins whoever wrote it.
        rule!(BestPositionWins, position, else: Position { epoch: crate::id::Epoch::ZERO, ..position })
    }

    /// Raft's way to compare: by the epoch of the last entry. An empty log is of no epoch.
    #[cfg(feature = "rules-off")]
    fn position_by_entry(&self) -> Position {
        let last = self.len.checked_sub(1).map(|index| self.history.epoch_at(index));
        Position { epoch: last.unwrap_or(crate::id::Epoch::ZERO), len: self.len }
    }
}

/// The promises a new primary has collected, one a node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Promises {
    by: NodeMap<Promise>,
    /// What those who were forgotten knew to be committed.
    known: u64,
}

impl Promises {
    /// `from` promised. A repetition changes nothing: its log is frozen.
    pub fn add(&mut self, from: NodeId, promise: Promise) {
        if self.by.get(from).is_none() {
            self.by.insert(from, promise);
        }
    }

    /// Forgets what `node` promised, because its log cannot be fetched. What remains must again be a recovery
    /// set before it is used. What the node knew to be committed stays known: it may be lost now.
    pub fn forget(&mut self, node: NodeId) {
        let known = self.by.remove(node).map_or(0, |promise| promise.committed);
        self.known = self.known.max(known);
    }

    /// Who promised.
    pub fn nodes(&self) -> NodeSet {
        self.by.keys()
    }

    /// What `node` promised.
    pub fn get(&self, node: NodeId) -> Option<&Promise> {
        self.by.get(node)
    }

    /// The promise with the highest position; of equal ones that of `me`, then that of the lowest number.
    pub fn best(&self, me: NodeId) -> Option<(NodeId, &Promise)> {
        let key =
            |node: NodeId, promise: &Promise| (promise.position(), node == me, core::cmp::Reverse(node));
        self.by.iter().max_by_key(|(node, promise)| key(*node, promise))
    }

    /// The highest committed length anybody knew of.
    #[inline]
    pub fn committed(&self) -> u64 {
        self.by.iter().map(|(_, promise)| promise.committed).fold(self.known, u64::max)
    }
}

/// How far one replica is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Peer {
    /// What it acknowledged in this epoch; `None` before its first acknowledgement.
    pub acked: Option<u64>,
    /// Up to where entries were sent.
    pub sent: u64,
    /// Up to where it was told that the log is committed.
    pub told: u64,
}

/// What a primary knows of the copies of its log. Volatile.
///
/// # Invariants
/// * `acked` counts only acknowledgements of this epoch, which replicas send after their flush; the own log
///   counts by the same acknowledgement.
/// * `acked ≤ sent` for every peer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Replication {
    /// Where this epoch begins.
    pub start: u64,
    /// The data nodes.
    pub peers: NodeMap<Peer>,
}

impl Replication {
    /// `from` has `len` entries of this primary's log on disk. Whether less than that was known, as much, or more; of a
    /// stranger nothing need be known.
    #[inline]
    pub fn acked(&mut self, from: NodeId, len: u64) -> Ordering {
        let Some(peer) = self.peers.get_mut(from) else { return Ordering::Greater };
        let known = peer.acked.cmp(&Some(len));
        peer.acked = peer.acked.max(Some(len));
        peer.sent = peer.sent.max(len);
        known
    }

    /// `to` has nothing from `len` on: what was sent beyond is lost.
    pub fn send_from(&mut self, to: NodeId, len: u64) {
        if let Some(peer) = self.peers.get_mut(to) {
            peer.sent = len;
        }
    }

    /// Who holds at least the first `len` entries.
    #[inline]
    pub fn holders(&self, len: u64) -> NodeSet {
        self.peers.keys_where(|peer| peer.acked >= Some(len))
    }

    /// The longest prefix that an ack set holds, not below the start of this epoch; `None` if there is none that is
    /// longer than `known`.
    #[inline]
    pub fn committed(&self, known: Option<u64>, acknowledges: impl Fn(NodeSet) -> bool) -> Option<u64> {
        let mut longest = known;
        for (_, peer) in self.peers.iter() {
            // Whom to ask is dear; that a prefix is longer is seen at once.
            let Some(len) = peer.acked.filter(|len| longest.is_none_or(|longest| *len > longest)) else {
                continue;
            };
            let from_start = rule!(CommitByMark, len >= self.start, else: len > self.start);
            if rule!(CommitFromStart, from_start) && acknowledges(self.holders(len)) {
                longest = Some(len);
            }
        }
        longest.filter(|_| longest > known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Epoch;

    fn node(i: u8) -> NodeId {
        NodeId::new(i).unwrap()
    }

    #[test]
    fn the_newer_epoch_wins_over_the_longer_log() {
        let promise = |epoch: u64, len| {
            let mut history = History::default();
            history.begin(Epoch::from_number(epoch), 0);
            Promise { len, history: Arc::new(history), committed: 0 }
        };
        let mut promises = Promises::default();
        promises.add(node(0), promise(1, 9));
        promises.add(node(1), promise(2, 1));
        promises.add(node(2), promise(2, 1));
        promises.add(node(2), promise(7, 7));
        assert_eq!(promises.best(node(2)).unwrap().0, node(2));
        assert_eq!(promises.best(node(0)).unwrap().0, node(1));
    }

    #[test]
    fn what_was_known_to_be_committed_outlives_the_promise_that_said_it() {
        let promise = |len, committed| Promise { len, committed, ..Promise::default() };
        let mut promises = Promises::default();
        assert_eq!((promises.committed(), promises.get(node(0))), (0, None));
        promises.add(node(0), promise(5, 3));
        promises.add(node(1), promise(4, 2));
        assert_eq!((promises.committed(), promises.get(node(0))), (3, Some(&promise(5, 3))));
        promises.forget(node(0));
        assert_eq!((promises.committed(), promises.get(node(0))), (3, None));
        promises.forget(node(1));
        assert_eq!((promises.committed(), promises.nodes()), (3, NodeSet::EMPTY));
    }

    #[test]
    fn commit_needs_an_ack_set_at_or_above_the_start() {
        let peer = |acked| Peer { acked, sent: acked.unwrap_or(0), told: 0 };
        let mut replication = Replication {
            start: 4,
            peers: [(node(0), peer(Some(6))), (node(1), peer(Some(3))), (node(2), peer(None))]
                .into_iter()
                .collect(),
        };
        let two = |set: NodeSet| set.len() >= 2;
        assert_eq!(replication.committed(None, two), None, "index 3 is held by two, but below the start");
        replication.acked(node(2), 5);
        assert_eq!(replication.committed(None, two), Some(5));
        replication.acked(node(2), 4);
        assert_eq!(replication.committed(None, two), Some(5), "a stale acknowledgement takes nothing back");
        replication.acked(node(9), 9);
        assert_eq!(replication.committed(None, two), Some(5), "a stranger does not count");
        assert_eq!(replication.committed(Some(5), two), None, "that is known");
        assert_eq!(replication.committed(Some(4), two), Some(5));
    }
}
