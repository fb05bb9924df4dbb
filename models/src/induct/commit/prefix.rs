//! The first entries of a log, as a number: who wrote which part, and how many there are.
//!
//! An epoch has one primary, and that primary has one log. So who wrote an entry, and its index, say which entry it
//! is, and a whole log with its history fits a word. [`Prefix::log`] makes the production log of it and
//! [`Prefix::of`] reads one back; a production log that is none of these has no [`Prefix`], which breaks a clause.

use crate::world::Op;
use quorate::commit::{Entries, History, Log, LogChange};
use quorate::id::Epoch;
use std::fmt;
use std::sync::Arc;

/// The newest epoch that fits.
pub(super) const MAX_EPOCH: u8 = 5;
/// The longest log that fits.
pub(super) const MAX_LEN: u8 = 14;

/// The first entries of a log and the history of just these: four bits for the length, then four for each epoch, one
/// more than where it starts, or zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct Prefix(u32);

impl Prefix {
    /// Nothing, accepted from nobody.
    pub(super) const EMPTY: Prefix = Prefix(0);

    /// How many entries.
    pub(super) const fn len(self) -> u8 {
        (self.0 & 15) as u8
    }

    /// Where `epoch` starts to write.
    pub(super) const fn start(self, epoch: u8) -> Option<u8> {
        match (self.0 >> (4 * epoch)) & 15 {
            0 => None,
            start => Some(start as u8 - 1),
        }
    }

    fn runs(self) -> impl Iterator<Item = (u8, u8)> {
        (1..=MAX_EPOCH).filter_map(move |epoch| Some((epoch, self.start(epoch)?)))
    }

    /// Under which epoch its end was accepted; 0 if under none.
    pub(super) const fn epoch(self) -> u8 {
        match self.0 >> 4 {
            0 => 0,
            runs => (runs.ilog2() / 4 + 1) as u8,
        }
    }

    /// What logs are compared by.
    pub(super) const fn position(self) -> (u8, u8) {
        (self.epoch(), self.len())
    }

    /// Who wrote the entry at `index`.
    pub(super) fn writer(self, index: u8) -> u8 {
        self.runs().take_while(|(_, start)| *start <= index).last().map_or(0, |(epoch, _)| epoch)
    }

    /// The first `len` entries; an epoch that starts right there is kept.
    #[must_use]
    pub(super) fn cut(self, len: u8) -> Prefix {
        let kept = self.runs().filter(|(_, start)| *start <= len);
        kept.fold(Prefix(u32::from(len)), |cut, (epoch, start)| cut.with(epoch, start))
    }

    /// The same log with the mark of `epoch` at its end; marks that wrote nothing are dropped.
    #[must_use]
    pub(super) fn begin(self, epoch: u8) -> Prefix {
        let kept = self.runs().filter(|(_, start)| *start < self.len());
        let log = kept.fold(Prefix(u32::from(self.len())), |log, (epoch, start)| log.with(epoch, start));
        log.with(epoch, self.len())
    }

    /// One entry more.
    #[must_use]
    pub(super) const fn grown(self) -> Prefix {
        Prefix(self.0 + 1)
    }

    const fn with(self, epoch: u8, start: u8) -> Prefix {
        Prefix(self.0 | (start as u32 + 1) << (4 * epoch))
    }

    /// How many leading entries two logs have in common.
    pub(super) fn common(self, other: Prefix) -> u8 {
        let end = self.len().min(other.len());
        if self.0 >> 4 == other.0 >> 4 {
            return end;
        }
        (0..end).find(|index| self.writer(*index) != other.writer(*index)).unwrap_or(end)
    }

    /// Whether the other log has all these entries.
    pub(super) fn within(self, other: Prefix) -> bool {
        self.common(other) == self.len()
    }

    /// Whether this is the other log, or an earlier state of it while the same epoch wrote.
    pub(super) fn grows_to(self, other: Prefix) -> bool {
        self.0 >> 4 == other.0 >> 4 && self.len() <= other.len()
    }

    // ---- the production types --------------------------------------------------------------------------

    /// The payload of the entry that `writer` wrote at `index`.
    pub(super) const fn op(writer: u8, index: u8) -> Op {
        writer * 16 + index
    }

    /// The payloads from `from` on.
    pub(super) fn entries(self, from: u8) -> Entries<Op> {
        (from..self.len()).map(|index| Prefix::op(self.writer(index), index)).collect()
    }

    /// Its history.
    pub(super) fn history(self) -> Arc<History> {
        let runs = self.runs().map(|(epoch, start)| (Epoch::from_number(epoch.into()), start.into()));
        Arc::new(History::new(runs.collect()).unwrap_or_default())
    }

    /// The production log with these entries and this history.
    pub(super) fn log(self) -> Log<Op> {
        let mut log = Log::default();
        log.apply(&LogChange::Write { keep: 0, history: self.history(), entries: self.entries(0) });
        log
    }

    /// This history, over `len` entries; `None` if a run of it starts beyond them or does not fit.
    pub(super) fn shaped(history: &History, len: u64) -> Option<Prefix> {
        let len = u8::try_from(len).ok().filter(|len| *len <= MAX_LEN)?;
        let rooted = history.first_start() == 0 && (len == 0 || !history.runs().is_empty());
        if !rooted {
            return None;
        }
        history.runs().iter().try_fold(Prefix(len.into()), |prefix, (epoch, start)| {
            let epoch = u8::try_from(epoch.number()).ok().filter(|epoch| (1..=MAX_EPOCH).contains(epoch))?;
            let start = u8::try_from(*start).ok().filter(|start| *start <= len)?;
            Some(prefix.with(epoch, start))
        })
    }

    /// What a production log is; `None` if its entries are not those that its history says.
    pub(super) fn of(log: &Log<Op>) -> Option<Prefix> {
        let prefix = Prefix::shaped(log.history(), log.len()).filter(|_| log.base() == 0)?;
        let same = log.entries().zip(0..).all(|(op, index)| *op == Prefix::op(prefix.writer(index), index));
        same.then_some(prefix)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (epoch, start) in self.runs() {
            write!(f, "e{epoch}@{start} ")?;
        }
        write!(f, "| {}]", self.len())
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every log of up to four epochs and four entries: the word and the production log say the same.
    #[test]
    fn a_prefix_is_the_production_log() {
        let mut logs = vec![Prefix::EMPTY];
        for epoch in 1..=4 {
            for log in logs.clone() {
                let mut log = log.begin(epoch);
                logs.push(log);
                while log.len() < 4 {
                    log = log.grown();
                    logs.push(log);
                }
            }
        }
        logs.sort_unstable();
        logs.dedup();
        for a in &logs {
            let log = a.log();
            assert_eq!(Prefix::of(&log), Some(*a));
            let position = log.position();
            assert_eq!((position.epoch.number() as u8, position.len as u8), a.position());
            for len in 0..=a.len() {
                assert_eq!(*a.cut(len).history(), log.history().cut(len.into()));
            }
            // An epoch that wrote in both wrote the same, and on the same.
            let of_one_cluster = |b: &&Prefix| {
                let shared = (1..=4).rev().find(|at| a.start(*at).is_some() && b.start(*at).is_some());
                (1..=shared.unwrap_or(0)).all(|at| a.start(at) == b.start(at))
            };
            for b in logs.iter().filter(|b| a.epoch() < 4 && b.epoch() == 4).filter(of_one_cluster) {
                // `common` of the production code speaks of a log whose last epoch still writes.
                let open = log.history().common(log.len(), &b.history());
                assert_eq!(open.min(b.len().into()), u64::from(a.common(*b)), "{a} {b}");
            }
        }
        assert!(logs.len() > 100);
    }
}
