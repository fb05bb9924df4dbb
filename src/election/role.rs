//! What a node is in an election: follower, asking around, candidate, or in office.

use crate::config::{Config, Timing};
use crate::id::{Epoch, NodeId, NodeSet, Position};
use crate::time::{Instant, Span};

/// Follows a primary, or waits for one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Follower {
    /// The primary of this epoch, if known.
    pub primary: Option<NodeId>,
    /// When that primary was last heard *while it heard a quorum itself*.
    pub heard: Option<Instant>,
    /// Since when the node waits: the last beat, or when it became a follower.
    pub since: Instant,
}

/// Asks whether a campaign could succeed. Changes nothing durable.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Prevote {
    /// Who would vote.
    pub yes: NodeSet,
    /// Who would vote if nobody better stands: they count from the second round on.
    pub later: NodeSet,
    /// Which round, from 0.
    pub round: u8,
    /// Since when.
    pub since: Instant,
}

/// Asks for votes in its own epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Candidate {
    /// Whose votes arrived, each counted once.
    pub votes: NodeSet,
    /// Since when.
    pub since: Instant,
}

/// Is primary of its epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tenure {
    /// Since when. Grace for the first contact with a quorum, never for the lease.
    pub since: Instant,
    /// When the last beat was sent; `None` before the first.
    pub beat: Option<Instant>,
}

/// Who may be preferred to whom: a soft rule of the first pre-vote round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Sway {
    /// The operator's preference.
    pub priority: u8,
    /// How far the log has got.
    pub position: Position,
}

impl Follower {
    /// Waits from `now` on, for anybody.
    pub const fn waiting(now: Instant) -> Self {
        Self { primary: None, heard: None, since: now }
    }

    /// Whether a primary that hears a quorum was heard within the election timeout. Only liveness depends on it.
    pub fn sticks(&self, now: Instant, timing: &Timing) -> bool {
        self.heard.is_some_and(|heard| now.since(heard) < timing.election)
    }

    /// `primary` is primary of this epoch.
    pub fn follow(&mut self, primary: NodeId) {
        self.primary = Some(primary);
    }

    /// A primary that itself hears a quorum was heard.
    pub fn hear(&mut self, now: Instant) {
        self.since = now;
        self.heard = Some(now);
    }

    /// The supervisor knows that the primary is gone.
    pub fn forget(&mut self) {
        *self = Follower { primary: None, heard: None, since: self.since };
    }
}

impl Prevote {
    /// Begins to ask in round `round`.
    pub const fn asking(now: Instant, round: u8) -> Self {
        Self { yes: NodeSet::EMPTY, later: NodeSet::EMPTY, round, since: now }
    }

    /// Whether enough nodes would vote, and enough copies of the log answer to recover it and to acknowledge. "Later"
    /// counts from the second round on, so that a preference delays a campaign but never prevents it; it shows at once
    /// who can be reached.
    pub fn succeeds(&self, config: &Config) -> bool {
        let hesitant = rule!(PreferenceIsSoft, self.round > 0, else: false);
        let reached = self.yes.union(self.later);
        let copies = config.recovers(reached) && config.acknowledges(reached);
        config.elects(if hesitant { reached } else { self.yes }) && rule!(ReachesCopies, copies)
    }
}

impl Candidate {
    /// Begins to count.
    pub const fn standing(now: Instant) -> Self {
        Self { votes: NodeSet::EMPTY, since: now }
    }

    /// Counts the vote of `from`; whether the election is won.
    pub fn count(&mut self, from: NodeId, config: &Config) -> bool {
        rule!(VotersCountOnce, (), else: self.count_again(from, config));
        self.votes.insert(from);
        let quorum = config.elects(self.votes);
        rule!(VotesFromQuorum, quorum, else: 2 * self.votes.len() + 1 >= config.voters().len())
    }

    /// A repeated answer taken for some other voter's.
    #[cfg(feature = "rules-off")]
    fn count_again(&mut self, from: NodeId, config: &Config) {
        if self.votes.contains(from) {
            let missing = config.voters().minus(self.votes).iter().next();
            self.votes = missing.map_or(self.votes, |node| self.votes.union(NodeSet::one(node)));
        }
    }
}

/// How long to wait before standing: the timeout, a random part, and a delay for every step of priority below
/// the highest. `attempt` varies the random part from try to try.
pub fn patience(timing: &Timing, config: &Config, me: NodeId, seed: u64, epoch: Epoch, attempt: u8) -> Span {
    let priority = |node| config.parts().map(|part| part.priority(node)).max().unwrap_or(0);
    let highest = config.candidates().iter().map(priority).max().unwrap_or(0);
    let behind = highest.saturating_sub(priority(me));
    let key = seed ^ epoch.number().rotate_left(20) ^ (u64::from(me.index()) << 8) ^ u64::from(attempt);
    let random = match timing.spread.units() {
        0 => Span::ZERO,
        spread => Span::new(mix(key) % spread),
    };
    timing.election.plus(random).plus(timing.heartbeat.times(u64::from(behind)))
}

/// A finaliser that spreads close keys apart (`SplitMix64`; Steele et al., OOPSLA 2014).
const fn mix(key: u64) -> u64 {
    let mut z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Draft, Settings};
    use crate::quorum::Quorum;

    fn config(draft: Draft) -> Config {
        Config::first(Settings::new(draft).unwrap())
    }

    /// The first two numbers of the generator that the finaliser is of, for the seed its authors' tests use.
    #[test]
    fn keys_are_spread_as_published() {
        let seed = 1_234_567;
        assert_eq!(mix(seed), 6_457_827_717_110_365_317);
        assert_eq!(mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)), 3_203_168_211_198_807_973);
    }

    /// Bits that two parts of the key share count as one that differs: each part alone changes what comes out.
    #[test]
    fn patience_is_the_timeout_and_a_part_of_the_spread_that_everything_varies() {
        let timing = Timing { spread: Span::new(u64::MAX), election: Span::ZERO, ..Timing::of(Span::new(8)) };
        let config = config(Draft::majority(NodeSet::first(3)));
        let part = |me: u8, seed: u64, term: u64, attempt: u8| {
            patience(&timing, &config, NodeId::new(me).unwrap(), seed, Epoch::from_number(term), attempt)
        };
        let all = u64::MAX;
        for (me, seed, term, attempt, key) in [
            (0, 0, 0, 0, 0),
            (0, 5, 0, 0, 5),
            (1, 0, 0, 0, 0x100),
            (0, 0, 3, 0, 0x30_0000),
            (0, 0, 0, 7, 7),
            (2, all, 1, 9, all ^ 0x10_0000 ^ 0x200 ^ 9),
        ] {
            let expected = Span::new(mix(key) % all);
            assert_eq!(part(me, seed, term, attempt), expected, "{me} {seed} {term} {attempt}");
        }
        let none = Timing { spread: Span::ZERO, ..Timing::of(Span::new(8)) };
        let waits = patience(&none, &config, NodeId::new(1).unwrap(), 1, Epoch::ZERO, 2);
        assert_eq!(waits, Span::new(8));
    }

    #[test]
    fn a_follower_sticks_for_exactly_the_election_timeout() {
        let (timing, at) = (Timing::of(Span::new(8)), Instant::new);
        let mut follower = Follower::waiting(at(100));
        assert!(!follower.sticks(at(100), &timing), "nobody was heard");
        follower.hear(at(103));
        assert_eq!([103, 110, 111].map(|now| follower.sticks(at(now), &timing)), [true, true, false]);
    }

    /// Five voters, of which only two keep data, and both must acknowledge.
    #[test]
    fn a_prevote_needs_votes_and_copies_to_recover_from_and_to_write_to() {
        let [two, three] = [2, 3].map(NodeSet::first);
        let voters = NodeSet::first(5);
        let asking = |yes, later, round| Prevote {
            later,
            ..Prevote { yes, ..Prevote::asking(Instant::new(0), round) }
        };
        let draft = |acks| Draft { acks: Some(acks), data: two, ..Draft::majority(voters) };
        let both = config(draft(Quorum::every(two)));
        let witnesses = voters.minus(two);
        assert!(asking(three, NodeSet::EMPTY, 0).succeeds(&both));
        assert!(!asking(two, NodeSet::EMPTY, 0).succeeds(&both), "no majority");
        assert!(!asking(witnesses, NodeSet::EMPTY, 0).succeeds(&both), "no copy");
        let n0 = NodeSet::first(1);
        assert!(both.recovers(n0) && !both.acknowledges(n0));
        assert!(!asking(witnesses.union(n0), NodeSet::EMPTY, 0).succeeds(&both), "none to write to");
        let either = config(draft(Quorum::Any { need: 1, of: two }));
        assert!(!either.recovers(n0) && either.acknowledges(n0));
        assert!(
            !asking(witnesses.union(n0), NodeSet::EMPTY, 0).succeeds(&either),
            "may lack what was acknowledged"
        );
        // Later is enough for copies at once, for votes from the second round on.
        assert!(asking(witnesses, two, 0).succeeds(&both));
        assert!(!asking(two, witnesses, 0).succeeds(&both) && asking(two, witnesses, 1).succeeds(&both));
    }
}
