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
