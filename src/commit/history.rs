//! Which epoch wrote which part of a log: all that is needed to compare two logs without looking at an entry.

use crate::id::{Epoch, Position};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// The runs of a log: `(epoch, start)` says that `epoch` wrote from index `start` to the next run, or to the end.
///
/// Two logs whose histories agree up to an index agree on every entry up to it: an epoch has one primary, and
/// that primary has one log.
///
/// # Invariants
/// * Epochs rise strictly; starts rise strictly. A run that was overtaken before it wrote anything is dropped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Vec<(Epoch, u64)>")
)]
#[cfg_attr(feature = "serde", serde(into = "Vec<(Epoch, u64)>"))]
pub struct History(Vec<(Epoch, u64)>);

/// Why runs are not a history.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HistoryError {
    /// The epoch of this run is not above the one before.
    EpochsNotRising {
        /// Which run, from 0.
        run: usize,
    },
    /// The start of this run is not above the one before.
    StartsNotRising {
        /// Which run, from 0.
        run: usize,
    },
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HistoryError::EpochsNotRising { run } => {
                write!(f, "run {run} of the history is not of a newer epoch")
            }
            HistoryError::StartsNotRising { run } => {
                write!(f, "run {run} of the history does not start later")
            }
        }
    }
}

impl core::error::Error for HistoryError {}

impl History {
    /// Checks `runs`.
    pub fn new(runs: Vec<(Epoch, u64)>) -> Result<Self, HistoryError> {
        for run in 1..runs.len() {
            if runs[run].0 <= runs[run - 1].0 {
                return Err(HistoryError::EpochsNotRising { run });
            }
            if runs[run].1 <= runs[run - 1].1 {
                return Err(HistoryError::StartsNotRising { run });
            }
        }
        Ok(Self(runs))
    }

    /// The runs.
    #[inline]
    pub fn runs(&self) -> &[(Epoch, u64)] {
        &self.0
    }

    /// The epoch of the last run; [`Epoch::ZERO`] if there is none.
    #[inline]
    pub fn last_epoch(&self) -> Epoch {
        self.0.last().map_or(Epoch::ZERO, |run| run.0)
    }

    /// Where the last run starts.
    #[inline]
    pub fn last_start(&self) -> u64 {
        self.0.last().map_or(0, |run| run.1)
    }

    /// Where the first run starts: what was written before was compacted away, with the record of who wrote it.
    #[inline]
    pub fn first_start(&self) -> u64 {
        self.0.first().map_or(0, |run| run.1)
    }

    /// The position of a log of `len` entries with this history, which has no run beyond `len`.
    #[inline]
    pub fn position(&self, len: u64) -> Position {
        Position { epoch: self.last_epoch(), len }
    }

    /// The epoch that wrote the entry at `index`.
    pub fn epoch_at(&self, index: u64) -> Epoch {
        let runs = self.0.partition_point(|run| run.1 <= index);
        if runs == 0 { Epoch::ZERO } else { self.0[runs - 1].0 }
    }

    /// Begins a run of `epoch` at `start`; an older run that wrote nothing is dropped.
    pub fn begin(&mut self, epoch: Epoch, start: u64) {
        self.0.retain(|run| run.1 < start);
        self.0.push((epoch, start));
    }

    /// The history of the first `len` entries. A run that starts exactly at `len` stays: its primary's log is
    /// known to begin with these entries.
    #[must_use]
    pub fn cut(&self, len: u64) -> History {
        History(self.0.iter().copied().filter(|run| run.1 <= len).collect())
    }

    /// Whether [`History::compacted`] drops anything.
    #[inline]
    pub fn reaches_back(&self, base: u64) -> bool {
        self.0.get(1).is_some_and(|second| second.1 <= base)
    }

    /// The history of the entries from `base` on: runs that ended before it are dropped.
    #[must_use]
    pub fn compacted(&self, base: u64) -> History {
        let keep = self.0.partition_point(|run| run.1 <= base).saturating_sub(1);
        History(self.0[keep..].to_vec())
    }

    /// The history of the first `end` entries of a log that follows `other`, for who knows the same entries before
    /// the first run of `other`, and perhaps who wrote them although `other` is compacted.
    #[must_use]
    pub fn joined(&self, other: &History, end: u64) -> History {
        let first = other.0.first().copied().unwrap_or((Epoch::ZERO, 0));
        let older = self.0.iter().filter(|run| run.0 < first.0 && run.1 < first.1);
        History(older.chain(&other.0).copied().filter(|run| run.1 <= end).collect())
    }

    /// As [`History::joined`], without a new value where `other` is what comes out: so it is with every append but the
    /// first of an epoch.
    #[must_use]
    #[inline]
    pub fn follow(&self, other: Arc<Self>, end: u64) -> Arc<History> {
        if other.last_start() > end || other.first_run() != self.first_run() {
            self.join(&other, end)
        } else {
            other
        }
    }

    #[cold]
    fn join(&self, other: &History, end: u64) -> Arc<History> {
        Arc::new(self.joined(other, end))
    }

    /// Whether both end with a run of the same epoch: then a log with this history is a prefix of one that follows
    /// `other`, or the other way round.
    #[inline]
    pub fn ends_like(&self, other: &History) -> bool {
        match (self.0.last(), other.0.last()) {
            (Some(mine), Some(theirs)) => mine.0 == theirs.0,
            (None, _) | (_, None) => false,
        }
    }

    #[inline]
    fn first_run(&self) -> Option<(Epoch, u64)> {
        self.0.first().copied()
    }

    /// How many leading entries a log of `len` entries with this history shares with a log that follows
    /// `other`, whose last run is still being written.
    #[inline]
    pub fn common(&self, len: u64, other: &History) -> u64 {
        // From the newest shared run backward: where both wrote under the same epoch, they agree on everything
        // before, and inside the run up to where the first of the two leaves it.
        let end = |runs: &[(Epoch, u64)], at: usize, open: u64| runs.get(at + 1).map_or(open, |next| next.1);
        for (at, (epoch, _)) in self.0.iter().enumerate().rev() {
            if let Ok(there) = other.0.binary_search_by_key(epoch, |run| run.0) {
                return end(&self.0, at, len).min(end(&other.0, there, u64::MAX));
            }
        }
        // No shared epoch: nothing is shared but what was compacted away, which is committed; and if the other
        // log went through a recovery that accepted loss, not even that is certain.
        let loss = other.last_epoch().generation() > self.last_epoch().generation();
        if loss { 0 } else { self.first_start().min(len) }
    }
}

impl TryFrom<Vec<(Epoch, u64)>> for History {
    type Error = HistoryError;
    fn try_from(runs: Vec<(Epoch, u64)>) -> Result<Self, HistoryError> {
        History::new(runs)
    }
}

impl From<History> for Vec<(Epoch, u64)> {
    fn from(history: History) -> Self {
        history.0
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, (epoch, start)) in self.0.iter().enumerate() {
            write!(f, "{}{epoch}@{start}", if i > 0 { " " } else { "" })?;
        }
        f.write_str("]")
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn history(runs: &[(u64, u64)]) -> History {
        History::new(runs.iter().map(|(e, s)| (Epoch::from_number(*e), *s)).collect()).unwrap()
    }

    #[test]
    fn a_run_that_wrote_nothing_is_dropped() {
        let mut h = history(&[(1, 0), (2, 3)]);
        h.begin(Epoch::from_number(4), 3);
        assert_eq!(h, history(&[(1, 0), (4, 3)]));
        assert_eq!(h.position(3), Position { epoch: Epoch::from_number(4), len: 3 });
        assert_eq!(h.cut(2).position(2), Position { epoch: Epoch::from_number(1), len: 2 });
    }

    #[test]
    fn unordered_runs_are_refused() {
        let runs = |a: (u64, u64), b: (u64, u64)| {
            vec![(Epoch::from_number(a.0), a.1), (Epoch::from_number(b.0), b.1)]
        };
        assert_eq!(History::new(runs((2, 0), (2, 4))), Err(HistoryError::EpochsNotRising { run: 1 }));
        assert_eq!(History::new(runs((1, 4), (2, 4))), Err(HistoryError::StartsNotRising { run: 1 }));
    }

    #[test]
    fn the_common_prefix_of_drawn_logs() {
        //          index  0 1 2 3 4 5
        let mine = history(&[(1, 0), (2, 3)]); //   1 1 1 2 2      len 5
        for (theirs, common) in [
            (history(&[(1, 0), (2, 3), (4, 5)]), 5), // 1 1 1 2 2 4…   all of mine
            (history(&[(1, 0), (2, 3), (4, 4)]), 4), // 1 1 1 2 4…     my last entry differs
            (history(&[(1, 0), (4, 3)]), 3),         // 1 1 1 4…       2 was never seen there
            (history(&[(1, 0), (4, 2)]), 2),         // 1 1 4…
            (history(&[(1, 0)]), 3),                 // 1 1 1 1 1…     an older primary goes on
            (history(&[(4, 0)]), 0),                 // 4…
        ] {
            assert_eq!(mine.common(5, &theirs), common, "{theirs:?}");
        }
    }

    /// The epoch of each entry of a log with these runs.
    fn written(runs: &[(Epoch, u64)], len: u64) -> Vec<Epoch> {
        (0..len)
            .map(|at| runs.iter().rev().find(|run| run.1 <= at).map_or(Epoch::ZERO, |run| run.0))
            .collect()
    }

    #[test]
    fn without_a_shared_epoch_only_what_is_compacted_is_shared_and_after_a_loss_nothing() {
        let mine = history(&[(3, 8)]);
        assert_eq!(mine.common(12, &history(&[(5, 9)])), 8);
        let lossy = Epoch::new(1, 6).unwrap();
        let theirs = History::new(vec![(Epoch::from_number(1), 0), (lossy, 7)]).unwrap();
        assert_eq!(mine.common(12, &theirs), 0, "who wrote the first eight here is forgotten");
        assert_eq!(history(&[(1, 0), (3, 8)]).common(12, &theirs), 7);
    }

    #[test]
    fn histories_end_alike_if_one_primary_wrote_their_ends() {
        let mine = history(&[(1, 0), (2, 3)]);
        assert!(mine.ends_like(&history(&[(2, 3)])) && mine.ends_like(&mine));
        assert!(!mine.ends_like(&history(&[(1, 0)])) && !mine.ends_like(&history(&[(1, 0), (3, 3)])));
        assert!(!mine.ends_like(&History::default()) && !History::default().ends_like(&History::default()));
    }

    #[test]
    fn a_history_is_its_runs() {
        let runs = vec![(Epoch::from_number(1), 0), (Epoch::from_number(2), 3)];
        let read = History::try_from(runs.clone());
        assert_eq!(read.map(Vec::from), Ok(runs));
    }

    /// Whatever the two are, even if no cluster could have written both: what was read from outside is joined as well.
    #[test]
    fn joined_histories_are_a_history() {
        let runs: [&[(u64, u64)]; 5] = [&[], &[(2, 3)], &[(1, 3)], &[(1, 0), (3, 5)], &[(2, 1), (4, 3)]];
        let runs = runs.map(history);
        for (one, other) in runs.iter().flat_map(|one| runs.iter().map(move |other| (one, other))) {
            let joined = one.joined(other, 9);
            assert_eq!(History::new(joined.runs().to_vec()).as_ref(), Ok(&joined), "{one} and {other}");
            assert!(joined.runs().ends_with(other.runs()), "{one} and {other}");
        }
    }

    proptest! {
        /// Beginning, cutting, compacting and joining, against the epochs written out entry by entry.
        #[test]
        fn operations_agree_with_the_entries(
            lens in prop::collection::vec(0_u64..4, 1..6),
            (cut, base, start) in (0_u64..16, 0_u64..16, 0_u64..16),
        ) {
            let mut all = History::default();
            let mut len = 0;
            for (epoch, more) in (1..).zip(lens) {
                all.begin(Epoch::from_number(epoch), len);
                len += more;
            }
            prop_assert!(History::new(all.runs().to_vec()).is_ok());
            let entries = written(all.runs(), len);
            for at in 0..len {
                prop_assert_eq!(all.epoch_at(at), entries[at as usize]);
            }
            let (cut, base, start) = (cut.min(len), base.min(len), start.min(len));
            prop_assert_eq!(&written(all.cut(cut).runs(), cut), &entries[..cut as usize]);
            let compacted = all.compacted(base);
            prop_assert!(compacted.first_start() <= base);
            prop_assert_eq!(&written(compacted.runs(), len)[base as usize..], &entries[base as usize..]);
            prop_assert_eq!(compacted.position(len), all.position(len));
            // Who still knows the older runs keeps them, whatever the other has compacted and however much arrived.
            prop_assert_eq!(all.cut(cut.max(base)).joined(&compacted, cut), all.cut(cut));
            // What is shared is what would have been made, and compaction says whether it changes anything.
            let others = [all.clone(), compacted.clone(), all.cut(cut), History::default()].map(Arc::new);
            for (one, other) in others.iter().flat_map(|one| others.iter().map(move |other| (one, other))) {
                prop_assert_eq!(&*one.follow(Arc::clone(other), cut), &one.joined(other, cut));
            }
            prop_assert_eq!(all.reaches_back(base), compacted != all);
            let mut newer = all.cut(start);
            newer.begin(Epoch::from_number(99), start);
            prop_assert_eq!(newer.position(start), Position { epoch: Epoch::from_number(99), len: start });
            prop_assert_eq!(&written(newer.runs(), start), &entries[..start as usize]);
        }

        /// Random branching logs, written out entry by entry: the histories alone give the true common prefix.
        #[test]
        fn common_is_the_longest_common_prefix(
            shared in prop::collection::vec(1_u64..4, 0..5),
            mine in prop::collection::vec(1_u64..4, 0..5),
            theirs in prop::collection::vec(1_u64..4, 0..5),
            open in 1_usize..4,
        ) {
            // Epochs of the two branches are distinct: an epoch has one log.
            let mut epoch = 0;
            let mut write = |log: &mut Vec<u64>, runs: &[u64], step: u64| {
                for run in runs {
                    epoch += step;
                    log.extend(core::iter::repeat_n(epoch, *run as usize));
                }
            };
            let mut a = Vec::new();
            write(&mut a, &shared, 1);
            let mut b = a.clone();
            write(&mut a, &mine, 1);
            write(&mut b, &theirs, 1);
            // The other log's last run is open: it may have grown by `open` more entries of its epoch.
            if let Some(last) = b.last().copied() {
                b.extend(core::iter::repeat_n(last, open));
            }
            let runs = |log: &[u64]| {
                let mut h = History::default();
                for (i, e) in log.iter().enumerate() {
                    if h.last_epoch() != Epoch::from_number(*e) {
                        h.begin(Epoch::from_number(*e), i as u64);
                    }
                }
                h
            };
            let expected = a.iter().zip(&b).take_while(|(x, y)| x == y).count() as u64;
            let common = runs(&a).common(a.len() as u64, &runs(&b));
            prop_assert_eq!(common, expected);
        }
    }
}
