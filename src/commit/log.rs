//! The log of one node, and the changes it goes through: the same in memory and when it is read back from disk.

use super::History;
use crate::id::Position;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// The entries of one append. A single one travels without an allocation; several share one.
///
/// Equal contents are equal values: there is one representation for each length.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(from = "Vec<P>", into = "Vec<P>", bound(serialize = "P: Clone + serde::Serialize"))
)]
pub struct Entries<P>(Repr<P>);

/// How entries lie in memory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Repr<P> {
    None,
    One(P),
    Many(Arc<[P]>),
}

impl<P> From<Repr<P>> for Entries<P> {
    fn from(repr: Repr<P>) -> Self {
        Self(repr)
    }
}

impl<P> Entries<P> {
    pub(crate) fn into_repr(self) -> Repr<P> {
        self.0
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.as_slice().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// What is left without the first `skip`; shared, if that is everything.
    #[must_use]
    pub fn skip(self, skip: usize) -> Self
    where
        P: Clone,
    {
        if skip == 0 { self } else { self.as_slice().iter().skip(skip).cloned().collect() }
    }

    /// The payloads, in order.
    pub fn as_slice(&self) -> &[P] {
        match &self.0 {
            Repr::None => &[],
            Repr::One(payload) => core::slice::from_ref(payload),
            Repr::Many(payloads) => payloads,
        }
    }
}

impl<P> Default for Entries<P> {
    fn default() -> Self {
        Self(Repr::None)
    }
}

impl<P> From<Vec<P>> for Entries<P> {
    fn from(mut payloads: Vec<P>) -> Self {
        let many = payloads.len() > 1;
        Self(if many { Repr::Many(payloads.into()) } else { payloads.pop().map_or(Repr::None, Repr::One) })
    }
}

impl<P> From<P> for Entries<P> {
    fn from(payload: P) -> Self {
        Self(Repr::One(payload))
    }
}

impl<P> From<Entries<P>> for Arc<[P]> {
    fn from(entries: Entries<P>) -> Self {
        match entries.0 {
            Repr::None => Arc::new([]),
            Repr::One(payload) => Arc::new([payload]),
            Repr::Many(payloads) => payloads,
        }
    }
}

impl<P: Clone> From<Entries<P>> for Vec<P> {
    fn from(entries: Entries<P>) -> Vec<P> {
        entries.as_slice().to_vec()
    }
}

impl<P> FromIterator<P> for Entries<P> {
    fn from_iter<I: IntoIterator<Item = P>>(payloads: I) -> Self {
        let mut payloads = payloads.into_iter();
        match (payloads.next(), payloads.next()) {
            (None, _) => Self(Repr::None),
            (Some(only), None) => Self(Repr::One(only)),
            (Some(first), Some(second)) => {
                Self(Repr::Many([first, second].into_iter().chain(payloads).collect()))
            }
        }
    }
}

impl<P: fmt::Debug> fmt::Debug for Entries<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

/// The log of one node: payloads by index, and who wrote them.
///
/// The payload is the embedder's handle. With `()` the embedder keeps the bytes by index and this log takes no
/// room at all.
///
/// # Invariants
/// * No run of the history starts beyond the end.
/// * The log begins at `base`; what was before it is committed and in the embedder's snapshot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "Parts<P>"))]
pub struct Log<P> {
    base: u64,
    history: Arc<History>,
    entries: VecDeque<P>,
}

/// A log as it is read, before it is checked.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts<P> {
    base: u64,
    history: Arc<History>,
    entries: VecDeque<P>,
}

#[cfg(feature = "serde")]
impl<P> TryFrom<Parts<P>> for Log<P> {
    type Error = &'static str;
    fn try_from(Parts { base, history, entries }: Parts<P>) -> Result<Self, Self::Error> {
        let fits = base.checked_add(entries.len() as u64).is_some_and(|len| history.last_start() <= len);
        fits.then_some(Self { base, history, entries }).ok_or("the history of the log goes on beyond its end")
    }
}

impl<P> Default for Log<P> {
    fn default() -> Self {
        Self { base: 0, history: Arc::default(), entries: VecDeque::new() }
    }
}

impl<P: Clone> Log<P> {
    /// The index of the next entry.
    pub fn len(&self) -> u64 {
        self.base + self.entries.len() as u64
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first index that is still here.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Who wrote what.
    pub fn history(&self) -> &Arc<History> {
        &self.history
    }

    /// How far it has got.
    pub fn position(&self) -> Position {
        self.history.position(self.len())
    }

    /// The payload at `index`, unless compacted or not yet written.
    pub fn get(&self, index: u64) -> Option<&P> {
        self.entries.get(usize::try_from(index.checked_sub(self.base)?).ok()?)
    }

    /// The payloads that are still here, in order.
    pub fn entries(&self) -> impl Iterator<Item = &P> {
        self.entries.iter()
    }

    /// Up to `limit` payloads from `from` on; `None` if `from` is compacted or beyond the end.
    #[inline]
    pub fn slice(&self, from: u64, limit: u64) -> Option<Entries<P>> {
        let skip = from.checked_sub(self.base)?;
        let count = self.len().checked_sub(from)?.min(limit);
        if count == 0 { Some(Entries::default()) } else { self.copied(skip, count) }
    }

    /// So many payloads, after skipping so many: they are here.
    fn copied(&self, skip: u64, count: u64) -> Option<Entries<P>> {
        let (skip, count) = (usize::try_from(skip).ok()?, usize::try_from(count).ok()?);
        Some(self.entries.range(skip..skip + count).cloned().collect())
    }

    /// Applies a change; the same function serves the log in memory and the one read back from disk.
    pub fn apply(&mut self, change: &LogChange<P>) {
        match change {
            LogChange::Write { keep, history, entries } => {
                self.base = self.base.min(*keep);
                let kept = usize::try_from(keep - self.base).unwrap_or(usize::MAX);
                self.entries.truncate(kept);
                self.entries.extend(entries.as_slice().iter().cloned());
                // Within an epoch it stays the same value: to share it once more would cost more than to compare.
                if self.history != *history {
                    self.history = Arc::clone(history);
                }
            }
            LogChange::Compact { base } => {
                let drop = usize::try_from(base.saturating_sub(self.base)).unwrap_or(usize::MAX);
                self.entries.drain(..drop.min(self.entries.len()));
                self.base = self.base.max(*base);
                if self.history.reaches_back(self.base) {
                    self.history = Arc::new(self.history.compacted(self.base));
                }
            }
            LogChange::Reset { base, history } => {
                *self = Log { base: *base, history: Arc::clone(history), entries: VecDeque::new() };
            }
        }
    }

    /// Whether the log keeps its own invariants.
    pub fn check(&self) -> bool {
        self.history.last_start() <= self.len()
    }
}

/// A change of the log, as written to disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
#[cfg_attr(feature = "serde", serde(bound(serialize = "P: Clone + serde::Serialize")))]
pub enum LogChange<P> {
    /// Keep the first `keep` entries, append `entries`, replace the history. Only after a recovery that accepted
    /// loss can `keep` be below the base: then the embedder's snapshot contains what was lost, and is replaced.
    Write {
        /// How many entries stay.
        keep: u64,
        /// The history of the result.
        history: Arc<History>,
        /// What is appended.
        entries: Entries<P>,
    },
    /// Entries below `base` are in a snapshot of the embedder's and may be dropped.
    Compact {
        /// The first index that stays.
        base: u64,
    },
    /// The embedder has installed a snapshot that ends at `base`.
    Reset {
        /// The index after the snapshot's last entry.
        base: u64,
        /// The history up to there.
        history: Arc<History>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Epoch;
    use alloc::vec;
    use proptest::prelude::*;

    #[test]
    fn a_log_is_what_its_changes_say() {
        let history = |runs: Vec<(u64, u64)>| {
            let runs = runs.into_iter().map(|(e, s)| (Epoch::from_number(e), s)).collect();
            Arc::new(History::new(runs).unwrap())
        };
        let write = |keep, runs, entries: Vec<char>| LogChange::Write {
            keep,
            history: history(runs),
            entries: entries.into(),
        };
        let mut log = Log::default();
        log.apply(&write(0, vec![(1, 0)], vec!['a', 'b', 'c']));
        log.apply(&write(2, vec![(1, 0), (3, 2)], vec!['x']));
        assert_eq!(log.entries().collect::<Vec<_>>(), [&'a', &'b', &'x']);
        assert_eq!(log.position(), Position { epoch: Epoch::from_number(3), len: 3 });
        log.apply(&LogChange::Compact { base: 2 });
        assert_eq!((log.base(), log.len(), log.get(1), log.get(2)), (2, 3, None, Some(&'x')));
        assert_eq!(log.slice(1, 9), None);
        assert_eq!(log.slice(2, 9), Some('x'.into()));
        assert_eq!(log.slice(3, 9), Some(Entries::default()));
        assert_eq!(log.slice(4, 9), None);
        log.apply(&LogChange::Reset { base: 9, history: history(vec![(3, 2)]) });
        assert!((log.base(), log.len()) == (9, 9) && log.check());
    }

    /// A log as the definition says: what was written at each index and by whom, and how much is compacted.
    #[derive(Clone, Default, Debug)]
    struct Naive {
        written: Vec<(u64, u8)>,
        base: usize,
    }

    impl Naive {
        fn runs(&self) -> Vec<(Epoch, u64)> {
            let starts = |at: usize| at == 0 || self.written[at].0 != self.written[at - 1].0;
            let run = |at: usize| (Epoch::from_number(self.written[at].0), at as u64);
            (0..self.written.len()).filter(|at| starts(*at)).map(run).collect()
        }
    }

    proptest! {
        /// Writes by ever newer epochs, cuts and compactions: log and history show what was written.
        #[test]
        fn a_log_agrees_with_a_naive_one(
            ops in prop::collection::vec((0_u8..3, 0_usize..8, prop::collection::vec(any::<u8>(), 0..4)), 0..20),
        ) {
            let (mut log, mut naive) = (Log::<u8>::default(), Naive::default());
            for (epoch, (op, at, payloads)) in (1_u64..).zip(ops) {
                if op == 0 {
                    naive.base = naive.base.max(at.min(naive.written.len()));
                    log.apply(&LogChange::Compact { base: naive.base as u64 });
                } else {
                    // Now and then below the base: a recovery that accepted loss.
                    let keep = at.min(naive.written.len());
                    naive.written.truncate(keep);
                    naive.base = naive.base.min(keep);
                    naive.written.extend(payloads.iter().map(|payload| (epoch, *payload)));
                    let history = Arc::new(History::new(naive.runs()).unwrap());
                    log.apply(&LogChange::Write { keep: keep as u64, history, entries: payloads.into() });
                }
                prop_assert!(log.check());
                prop_assert_eq!((log.base(), log.len()), (naive.base as u64, naive.written.len() as u64));
                for (index, (epoch, payload)) in naive.written.iter().enumerate() {
                    let here = index >= naive.base;
                    prop_assert_eq!(log.get(index as u64), here.then_some(payload));
                    if here {
                        prop_assert_eq!(log.history().epoch_at(index as u64), Epoch::from_number(*epoch));
                    }
                }
                let last = naive.written.last().map_or(0, |(epoch, _)| *epoch);
                let known = naive.base < naive.written.len();
                prop_assert!(!known || log.position().epoch == Epoch::from_number(last));
                for (from, limit) in [(0, 2), (naive.base, 3), (naive.written.len(), 1), (naive.written.len() + 1, 1)] {
                    let expected = (from >= naive.base).then(|| naive.written.get(from..)).flatten();
                    let expected = expected.map(|rest| rest.iter().take(limit).map(|(_, payload)| *payload).collect());
                    prop_assert_eq!(log.slice(from as u64, limit as u64), expected);
                }
                prop_assert_eq!(log.slice(u64::MAX, u64::MAX), None);
            }
        }
    }

    #[test]
    fn equal_contents_are_equal_values() {
        assert_eq!(Entries::from(vec![7]), Entries::from(7));
        assert_eq!(Entries::<u8>::from(vec![]), Entries::default());
        assert_eq!((0..3).collect::<Entries<i32>>(), vec![0, 1, 2].into());
        for payloads in [vec![], vec![7], vec![7, 8]] {
            assert_eq!(Vec::from(Entries::<u8>::from(payloads.clone())), payloads);
        }
    }

    #[test]
    fn a_log_is_empty_until_something_was_written_even_if_that_is_compacted() {
        let mut log = Log::default();
        assert!(log.is_empty() && log.check());
        let history = Arc::new(History::new(vec![(Epoch::from_number(1), 0)]).unwrap());
        log.apply(&LogChange::Write { keep: 0, history, entries: 'a'.into() });
        assert!(!log.is_empty());
        log.apply(&LogChange::Compact { base: 1 });
        assert!(!log.is_empty() && log.entries().next().is_none());
        let beyond = Arc::new(History::new(vec![(Epoch::from_number(2), 2)]).unwrap());
        log.apply(&LogChange::Write { keep: 1, history: beyond, entries: Entries::default() });
        assert!(!log.check(), "a run starts beyond the end");
    }
}
