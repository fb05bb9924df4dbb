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

    #[test]
    fn an_answer_is_news_if_it_is_newer_than_the_last_and_than_the_doubt() {
        let (node, at) = (NodeId::new(0).unwrap(), Instant::new);
        let mut holder = Holder::default();
        assert_eq!((holder.is_empty(), holder.stamp(node)), (true, None));
        holder.answered(at(9), node, at(5));
        assert_eq!((holder.is_empty(), holder.stamp(node)), (false, Some(at(5))));
        assert_eq!([4, 5, 6].map(|stamp| holder.is_news(node, at(stamp))), [false, false, true]);
        holder.doubt(at(7));
        assert!(holder.is_empty());
        assert_eq!([6, 7, 8].map(|stamp| holder.is_news(node, at(stamp))), [false, false, true]);
    }

    /// As a granter's: nobody can tell what was aged from what has waited, short of the horizon.
    #[test]
    fn what_is_aged_holds_as_long_as_what_has_waited() {
        let (node, horizon) = (NodeId::new(0).unwrap(), Span::new(8));
        let draft = Draft { acks: None, data: NodeSet::EMPTY, ..Draft::majority(NodeSet::first(1)) };
        let config = Config::first(Settings::new(draft).unwrap());
        let lease = Lease::new(Span::new(5), Span::new(5), Span::ZERO, Drift::NONE).unwrap();
        let now = Instant::new(30);
        for by in 0..12 {
            let mut holder = Holder::default();
            holder.doubt(Instant::new(29));
            holder.answered(now, node, now);
            let waited = holder.clone();
            holder.age(now, Span::new(by), horizon);
            let later = now.after(Span::new(by));
            assert_eq!(holder.left(now, &lease, &config), waited.left(later, &lease, &config), "{by} later");
            assert_eq!(holder.is_empty(), by >= 8, "{by} later");
            assert_eq!(holder.stamp(node), (by < 8).then(|| Instant::new(30 - by)), "{by} later");
            assert_eq!(holder.floor, (by < 7).then(|| Instant::new(29 - by)), "{by} later");
        }
    }
}
