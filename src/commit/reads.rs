//! Reads: three ways to know that what is read is not stale.
//!
//! * **Lease**: take the position, compute the result, *then* ask whether the lease is still valid, then answer.
//!   The linearization point lies inside the lease whatever pause follows. Asking first and reading after is
//!   wrong (tikv #10011). Needs no message and is kept nowhere.
//! * **Quorum**: note the committed length, then let a vote quorum answer a beat that was sent *after* the read
//!   began (etcd #7331: only a primary that has committed in its own epoch may begin).
//! * **Token**: on any node, wait until the log contains the write a client names. If the history shows that the
//!   epoch of that write ended before it, the write was lost by a recovery that accepted loss, and the reader is
//!   told so.

use super::History;
use crate::id::{Epoch, NodeId, NodeMap, NodeSet, Position};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// How a read makes sure that it is not stale.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum ReadKind {
    /// By the primary's lease.
    Lease,
    /// By asking a vote quorum.
    Quorum,
    /// By containing the write that ended at this position, or what an earlier read saw there.
    Token(Position),
}

/// Reads that wait. Volatile. Where none was asked for there is nothing, and it takes no room.
///
/// # Invariants
/// * A quorum read waits for answers to a beat sent after it began.
/// * `round` never falls while the node is primary.
/// * Equal contents are equal values: nothing is never kept as something empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Reads(Option<Box<Waiting>>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
struct Waiting {
    round: u64,
    answered: NodeMap<u64>,
    quorum: Vec<QuorumRead>,
    token: Vec<(u64, Position)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct QuorumRead {
    id: u64,
    round: u64,
    committed: u64,
}

/// What became of a read that waited for a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Found {
    /// The write is in the log and committed.
    Here,
    /// The write was lost.
    Lost,
    /// Not known yet.
    NotYet,
}

impl Reads {
    /// How many wait.
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.quorum.len() + waiting.token.len())
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The round of the next beat: a new one if a read began since the last.
    pub fn next_round(&mut self) -> u64 {
        let Some(waiting) = &mut self.0 else { return 0 };
        if waiting.quorum.iter().any(|read| read.round > waiting.round) {
            waiting.round += 1;
        }
        waiting.round
    }

    /// Waits for a quorum to answer the next round.
    pub fn ask_quorum(&mut self, id: u64, committed: u64) {
        self.change(|waiting| {
            // A beat that already left proves nothing about now.
            let round = rule!(ReadRoundAfterStart, waiting.round + 1, else: waiting.round);
            waiting.quorum.push(QuorumRead { id, round, committed });
        });
    }

    /// Waits for a token.
    pub fn ask_token(&mut self, id: u64, token: Position) {
        self.change(|waiting| waiting.token.push((id, token)));
    }

    /// `from` answered a beat of `round`.
    pub fn answered(&mut self, from: NodeId, round: u64) {
        if self.is_news(from, round) {
            self.change(|waiting| waiting.answered.insert(from, round));
        }
    }

    /// Whether an answer of `from` to a beat of `round` would change anything.
    pub fn is_news(&self, from: NodeId, round: u64) -> bool {
        // Every beat belongs to some round; only rounds that a read asked for are remembered.
        let first = rule!(ReadRoundAfterStart, 1, else: 0);
        let waiting = self.0.as_ref();
        let known = waiting.and_then(|waiting| waiting.answered.get(from));
        let newest = waiting.map_or(0, |waiting| waiting.round);
        (first..=newest).contains(&round) && known.is_none_or(|known| *known < round)
    }

    /// The quorum reads that are answered now: `(id, committed length)`.
    pub fn confirmed(&mut self, agrees: impl Fn(NodeSet) -> bool) -> Vec<(u64, u64)> {
        if self.0.is_none() {
            return Vec::new();
        }
        self.change(|Waiting { answered, quorum, .. }| {
            let ready = |read: &QuorumRead| agrees(answered.keys_where(|round| *round >= read.round));
            let done =
                quorum.iter().filter(|read| ready(read)).map(|read| (read.id, read.committed)).collect();
            quorum.retain(|read| !ready(read));
            done
        })
    }

    /// Gives up the quorum reads: the node is no longer primary.
    pub fn abandon(&mut self) -> Vec<u64> {
        if self.0.is_none() {
            return Vec::new();
        }
        self.change(|waiting| {
            waiting.round = 0;
            waiting.answered = NodeMap::default();
            core::mem::take(&mut waiting.quorum).into_iter().map(|read| read.id).collect()
        })
    }

    /// The token reads that can be answered: `(id, token, whether the write is here)`.
    pub fn found(&mut self, history: &History, base: u64, committed: u64) -> Vec<(u64, Position, bool)> {
        if self.0.is_none() {
            return Vec::new();
        }
        let mut done = Vec::new();
        self.change(|waiting| {
            waiting.token.retain(|(id, token)| match locate(history, base, committed, *token) {
                Found::Here => {
                    done.push((*id, *token, true));
                    false
                }
                Found::Lost => {
                    done.push((*id, *token, false));
                    false
                }
                Found::NotYet => true,
            });
        });
        done
    }

    /// Changes what waits, and keeps nothing of what is empty.
    fn change<T>(&mut self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        let mut waiting = self.0.take().unwrap_or_default();
        let result = change(&mut waiting);
        self.0 = Some(waiting).filter(|waiting| **waiting != Waiting::default());
        result
    }
}

/// Whether the write that ended at `token` is in a log with this history, committed up to `committed` and
/// compacted up to `base`.
fn locate(history: &History, base: u64, committed: u64, token: Position) -> Found {
    let Some(index) = token.len.checked_sub(1) else { return Found::Here };
    if token.len <= committed {
        // Of what was compacted only the newest epoch is known; it was committed, and that is what was asked.
        // A token from a read may name an epoch that begins exactly there.
        let read = || history.cut(token.len).last_epoch() == token.epoch;
        let same = index < base || history.epoch_at(index) == token.epoch || read();
        return if same { Found::Here } else { Found::Lost };
    }
    let overtaken = |run: &(Epoch, u64)| run.0 > token.epoch && run.1 <= index && run.1 <= committed;
    if history.runs().iter().any(overtaken) {
        Found::Lost
    } else {
        rule!(TokenWaits, Found::NotYet, else: Found::Here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_token_is_found_awaited_or_known_to_be_lost() {
        let epoch = Epoch::from_number;
        let history = History::new(vec![(epoch(1), 0), (epoch(3), 4)]).unwrap();
        let at = |e, len| Position { epoch: epoch(e), len };
        for (token, committed, found) in [
            (at(1, 3), 4, Found::Here),
            (at(1, 3), 2, Found::NotYet),
            (at(3, 6), 6, Found::Here),
            (at(3, 4), 4, Found::Here), // what a read under epoch 3 saw before that wrote anything
            (at(3, 6), 5, Found::NotYet),
            (at(1, 6), 4, Found::Lost), // epoch 3 begins at 4, and that is committed
            (at(1, 6), 3, Found::NotYet), // epoch 3 may still be overtaken itself
            (at(2, 3), 4, Found::Lost), // index 2 was written by epoch 1
            (at(7, 9), 6, Found::NotYet),
            (at(0, 0), 0, Found::Here),
        ] {
            assert_eq!(locate(&history, 0, committed, token), found, "{token} at {committed}");
        }
    }

    #[test]
    fn a_quorum_read_waits_for_answers_to_a_later_beat() {
        let node = |i| NodeId::new(i).unwrap();
        let two = |set: NodeSet| set.len() >= 2;
        let mut reads = Reads::default();
        assert_eq!(reads.next_round(), 0);
        reads.ask_quorum(7, 3);
        reads.answered(node(0), 0);
        reads.answered(node(1), 0);
        assert_eq!(reads.confirmed(two), [], "the answered beat left before the read began");
        assert_eq!((reads.next_round(), reads.next_round()), (1, 1));
        reads.answered(node(0), 1);
        reads.answered(node(1), 2);
        assert_eq!(reads.confirmed(two), [], "round 2 was never asked");
        reads.answered(node(1), 1);
        assert_eq!(reads.confirmed(two), [(7, 3)]);
        reads.ask_quorum(8, 4);
        assert_eq!((reads.abandon(), reads.len()), (vec![8], 0));
    }

    #[test]
    fn an_answer_is_news_if_its_round_was_asked_and_is_newer_than_the_last() {
        let node = NodeId::new(0).unwrap();
        let mut reads = Reads::default();
        for id in 0..3 {
            reads.ask_quorum(id, 0);
            reads.next_round();
        }
        assert_eq!([0, 1, 2, 3, 4].map(|round| reads.is_news(node, round)), [false, true, true, true, false]);
        reads.answered(node, 2);
        assert_eq!(
            [0, 1, 2, 3, 4].map(|round| reads.is_news(node, round)),
            [false, false, false, true, false]
        );
        reads.answered(node, 1);
        assert!(!reads.is_news(node, 2), "an older answer takes nothing back");
    }

    /// The first entry that is left is known exactly; the one before it only to have been committed.
    #[test]
    fn a_token_of_what_was_compacted_is_found_whoever_wrote_it() {
        let epoch = Epoch::from_number;
        let history = History::new(vec![(epoch(3), 4)]).unwrap();
        let found = |len| locate(&history, 4, 6, Position { epoch: epoch(2), len });
        assert_eq!([4, 5, 6].map(found), [Found::Here, Found::Lost, Found::Lost]);
    }
}
