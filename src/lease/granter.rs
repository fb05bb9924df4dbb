//! The granting side: to what a node is bound, and how long a new primary has to wait.

use crate::id::{Epoch, NodeId};
use crate::time::{Instant, Span};

/// What a voter is bound to. Volatile; after a restart the durable ceiling stands in for it.
///
/// # Invariants
/// * `granted` and `boot` only ever move later.
/// * `to` is the newest epoch ever granted to since boot.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Granter {
    boot: Option<Instant>,
    granted: Option<Instant>,
    to: Epoch,
}

/// Proof that the lease of `epoch`, and with it every older one, is over: its holder released it while it was
/// serving, or is confirmed to be powered off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Release {
    /// The epoch whose lease is over.
    pub epoch: Epoch,
    /// Who held it.
    pub holder: NodeId,
}

impl Granter {
    /// A granter that may have granted up to `ceiling` just before it restarted.
    pub fn restarted(now: Instant, ceiling: Span, quantum: Span) -> Self {
        let bound = (ceiling > Span::ZERO).then(|| now.after(ceiling).after(quantum));
        Self { boot: rule!(GrantSurvivesRestart, bound, else: None), ..Self::default() }
    }

    /// Grants `lease` to the primary of `epoch`, counted from receipt.
    pub fn grant(&mut self, now: Instant, epoch: Epoch, lease: Span, quantum: Span) {
        let until = now.after(lease).after(quantum);
        let longest = self.granted.map_or(until, |granted| granted.max(until));
        self.granted = Some(rule!(GrantsOnlyGrow, longest, else: until));
        self.to = self.to.max(epoch);
    }

    /// How much longer this node is bound, more than zero; `None` if it is free. A `token` frees it of what it
    /// granted up to the token's epoch, never of what it may have granted before it restarted.
    pub fn busy(&self, now: Instant, token: Option<Release>) -> Option<Span> {
        let covered = token.is_some_and(|token| rule!(TokenCoversItsEpoch, token.epoch >= self.to));
        let granted = if covered { None } else { self.granted };
        let left = |until: Instant| Some(now.until(until)).filter(|left| *left > Span::ZERO);
        // Both obligations count: `None`, nothing owed, is below every `Some`.
        granted.and_then(left).max(self.boot.and_then(left))
    }

    /// The obligation was reported. It stays: the answer may be lost, or its receiver may never serve.
    pub fn reported(&mut self) {
        rule!(ReportKeepsObligation, (), else: self.granted = None);
    }

    /// For models: everything stored, seen `by` later. An obligation that is over stays over.
    pub fn age(&mut self, now: Instant, by: Span) {
        for until in [&mut self.boot, &mut self.granted] {
            *until = until.map(|until| until.aged(now, by, Span::ZERO)).filter(|until| *until > now);
        }
    }
}

/// How long a new primary waits before it serves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Wait {
    until: Option<Instant>,
}

impl Wait {
    /// A report arrived at `now`: its sender is bound for `busy` from now on.
    pub fn bound(&mut self, now: Instant, busy: Option<Span>, quantum: Span) {
        if let Some(busy) = busy {
            let until = now.after(busy).after(quantum);
            let longest = self.until.map_or(until, |known| known.max(until));
            self.until = Some(rule!(LongestObligation, longest, else: until));
        }
    }

    /// Whether every reported obligation is over, and `drain` more units have passed.
    pub fn is_over(&self, now: Instant, drain: Span) -> bool {
        self.until.is_none_or(|until| now >= until.after(drain))
    }

    /// The first instant at which the wait is over; `None` if there is nothing to wait for.
    pub fn ends(&self, drain: Span) -> Option<Instant> {
        self.until.map(|until| until.after(drain))
    }

    /// For models: as [`Granter::age`], `drain` further back.
    pub fn age(&mut self, now: Instant, by: Span, drain: Span) {
        self.until = self.until.map(|until| until.aged(now, by, drain));
        self.until = self.until.filter(|until| *until > now || now < until.after(drain));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const Q: Span = Span::ZERO;
    fn at(units: u64) -> Instant {
        Instant::new(units)
    }
    fn epoch(number: u64) -> Epoch {
        Epoch::from_number(number)
    }

    #[test]
    fn a_granter_is_bound_for_the_whole_of_its_grant() {
        let mut granter = Granter::default();
        assert_eq!(granter.busy(at(10), None), None);
        granter.grant(at(10), epoch(1), Span::new(4), Q);
        assert_eq!(granter.busy(at(10), None), Some(Span::new(4)));
        assert_eq!(granter.busy(at(13), None), Some(Span::new(1)));
        assert_eq!(granter.busy(at(14), None), None);
        // A shorter grant never shortens the obligation.
        granter.grant(at(11), epoch(1), Span::new(1), Q);
        assert_eq!(granter.busy(at(13), None), Some(Span::new(1)));
    }

    #[test]
    fn a_token_frees_of_its_epoch_but_not_of_the_time_before_a_restart() {
        let token = |number| Some(Release { epoch: epoch(number), holder: NodeId::new(0).unwrap() });
        let mut granter = Granter::restarted(at(0), Span::new(9), Q);
        granter.grant(at(5), epoch(2), Span::new(10), Q);
        assert_eq!(granter.busy(at(5), token(1)), Some(Span::new(10)));
        assert_eq!(granter.busy(at(5), token(2)), Some(Span::new(4)));
        assert_eq!(granter.busy(at(10), token(2)), None);
    }

    #[test]
    fn the_wait_is_the_longest_of_all_reports_from_receipt() {
        let mut wait = Wait::default();
        assert!(wait.is_over(at(0), Q));
        wait.bound(at(3), Some(Span::new(5)), Q);
        wait.bound(at(4), Some(Span::new(1)), Q);
        wait.bound(at(4), None, Q);
        assert!(!wait.is_over(at(7), Q) && wait.is_over(at(8), Q));
        assert!(!wait.is_over(at(10), Span::new(3)) && wait.is_over(at(11), Span::new(3)));
        assert_eq!(wait.ends(Q), Some(at(8)));
    }

    /// A model keeps its clock where it is and ages what is stored: nobody can tell it from a clock that goes on.
    #[test]
    fn what_is_aged_is_as_bound_as_what_has_waited() {
        let now = at(20);
        for by in 0..9 {
            let (span, later) = (Span::new(by), at(20 + by));
            let mut granter = Granter::restarted(now, Span::new(6), Q);
            granter.grant(now, epoch(1), Span::new(4), Q);
            let (waited, token) =
                (granter, Some(Release { epoch: epoch(1), holder: NodeId::new(0).unwrap() }));
            granter.age(now, span);
            assert_eq!(granter.busy(now, None), waited.busy(later, None), "{by} later");
            assert_eq!(granter.busy(now, token), waited.busy(later, token), "{by} later");
            assert_eq!(granter == Granter { to: epoch(1), ..Granter::default() }, by >= 6, "{by} later");
            for drain in [Q, Span::new(2)] {
                let mut wait = Wait::default();
                wait.bound(now, Some(Span::new(5)), Q);
                let waited = wait;
                wait.age(now, span, drain);
                assert_eq!(wait.is_over(now, drain), waited.is_over(later, drain), "{by} later");
                let left = waited.ends(drain).map(|end| later.until(end)).filter(|left| *left > Q);
                assert_eq!(wait.ends(drain).map(|end| now.until(end)), left, "{by} later");
            }
        }
    }
}
