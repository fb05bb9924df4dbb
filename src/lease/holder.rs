//! The holding side: since when a vote quorum stands behind this primary.

use super::Release;
use crate::config::{Config, Lease};
use crate::id::{Epoch, NodeId, NodeMap};
use crate::time::{Instant, Span};

/// What a primary knows of its granters. Volatile, and gone with the role.
///
/// # Invariants
/// * A stamp is the **send** time of a beat of this epoch that its granter answered, never later.
/// * `released` goes from `false` to `true` once.
/// * No stamp is older than `floor`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Holder {
    stamps: NodeMap<Instant>,
    floor: Option<Instant>,
    released: bool,
}

impl Holder {
    /// `from` answered the beat sent at `stamp`. Old answers, and answers from before the clock was in doubt,
    /// change nothing.
    pub fn answered(&mut self, now: Instant, from: NodeId, stamp: Instant) {
        let stamp = rule!(LeaseFromSend, stamp.min(now), else: now);
        if self.is_news(from, stamp) {
            self.stamps.insert(from, stamp);
        }
    }

    /// The newest instant `s` such that a vote quorum answered beats sent at or after `s`.
    pub fn start(&self, agrees: impl Fn(crate::id::NodeSet) -> bool) -> Option<Instant> {
        let behind = |s: Instant| self.stamps.keys_where(|stamp| *stamp >= s);
        self.stamps
            .iter()
            .map(|(_, stamp)| *stamp)
            .filter(|s| rule!(LeaseFromQuorum, agrees(behind(*s))))
            .max()
    }

    /// Whether the lease may be used at `now`.
    pub fn valid(&self, now: Instant, lease: &Lease, config: &Config) -> bool {
        let unreleased = rule!(ReleaseIsFinal, !self.released);
        unreleased && self.left(now, lease, config).is_some()
    }

    /// How much longer the lease may be used; `None` if not at all. Says nothing about a release.
    pub fn left(&self, now: Instant, lease: &Lease, config: &Config) -> Option<Span> {
        let elapsed = now.since(self.start(|set| config.elects(set))?);
        let inside = rule!(HoldIsStrict, elapsed < lease.hold(), else: elapsed <= lease.hold());
        inside.then(|| lease.hold().minus(elapsed))
    }

    /// Whether an answer of `from` to a beat sent at `stamp` would change anything.
    pub fn is_news(&self, from: NodeId, stamp: Instant) -> bool {
        let known = self.stamps.get(from).is_some_and(|known| *known >= stamp);
        !known && self.floor.is_none_or(|floor| rule!(ClockDoubtEndsLease, stamp > floor))
    }

    /// When the newest beat that `from` answered was sent.
    pub fn stamp(&self, from: NodeId) -> Option<Instant> {
        self.stamps.get(from).copied()
    }

    /// Whether no answer counts.
    pub fn is_empty(&self) -> bool {
        self.stamps.is_empty()
    }

    /// Gives the lease up for the rest of the epoch, whether or not anybody takes over.
    pub fn release(&mut self, epoch: Epoch, holder: NodeId) -> Release {
        self.released = true;
        Release { epoch, holder }
    }

    /// Whether the lease was given up.
    pub fn is_released(&self) -> bool {
        self.released
    }

    /// The clock is in doubt: only beats sent from now on count.
    pub fn doubt(&mut self, now: Instant) {
        self.floor = Some(now);
        rule!(ClockDoubtEndsLease, self.stamps = NodeMap::default(), else: ());
    }

    /// For models: everything stored, seen `by` later; stamps older than `horizon` are as good as none.
    pub fn age(&mut self, now: Instant, by: Span, horizon: Span) {
        for (_, stamp) in self.stamps.iter_mut() {
            *stamp = stamp.aged(now, by, horizon);
        }
        self.stamps.retain(|_, stamp| now.since(*stamp) < horizon);
        self.floor = self.floor.map(|floor| floor.aged(now, by, horizon)).filter(|f| now.since(*f) < horizon);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Draft, Settings};
    use crate::id::NodeSet;
    use crate::time::Drift;

    fn config() -> Config {
        let draft = Draft { acks: None, data: NodeSet::EMPTY, ..Draft::majority(NodeSet::first(3)) };
        Config::first(Settings::new(draft).unwrap())
    }

    #[test]
    fn a_lease_counts_from_the_send_time_a_quorum_answered() {
        let [n0, n1, n2] = [0, 1, 2].map(|i| NodeId::new(i).unwrap());
        let lease = Lease::new(Span::new(4), Span::new(4), Span::ZERO, Drift::NONE).unwrap();
        let (config, at) = (config(), Instant::new);
        let mut holder = Holder::default();
        holder.answered(at(10), n0, at(10));
        assert!(!holder.valid(at(10), &lease, &config), "one node is no quorum");
        holder.answered(at(12), n1, at(9));
        assert!(holder.valid(at(12), &lease, &config) && !holder.valid(at(13), &lease, &config));
        // A delayed answer to an older beat changes nothing; a newer one renews.
        holder.answered(at(12), n1, at(8));
        assert_eq!(holder.start(|set| config.elects(set)), Some(at(9)));
        holder.answered(at(12), n2, at(11));
        assert_eq!(holder.left(at(12), &lease, &config), Some(Span::new(2)));
        holder.doubt(at(12));
        holder.answered(at(12), n0, at(12));
        holder.answered(at(12), n1, at(12));
        assert!(!holder.valid(at(12), &lease, &config), "beats sent before the doubt do not count");
        holder.answered(at(13), n0, at(13));
        holder.answered(at(13), n1, at(13));
        assert!(holder.valid(at(13), &lease, &config));
        holder.release(Epoch::from_number(1), n0);
        assert!(!holder.valid(at(13), &lease, &config) && holder.is_released());
    }
}
