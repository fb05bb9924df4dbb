//! One node's own parameters: how patient it is, how long its leases are, how it fences, and its limits.
//!
//! Safety never depends on the timing of elections and heartbeats, only on the lease inequality, which
//! [`Lease::new`] checks. Different nodes may run with different setups.

use crate::time::{Drift, Span};
use core::fmt;

/// How patient a node is. Only liveness depends on it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timing {
    /// Without word from a primary for this long, a node stands for election; also how long it keeps refusing
    /// other candidates after hearing a primary that itself hears a vote quorum.
    pub election: Span,
    /// A random part of up to this much is added to each wait, so that two candidates rarely collide.
    pub spread: Span,
    /// A primary sends a beat this often.
    pub heartbeat: Span,
    /// A primary that has not heard from a vote quorum for this long resigns; `None`: it never does by itself.
    pub contact: Option<Span>,
}

/// Why a timing cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TimingError {
    /// A span that must be positive is zero.
    Zero(&'static str),
    /// Fewer than two beats fit into the patience of the others.
    HeartbeatTooRare {
        /// How often a beat is sent.
        heartbeat: Span,
        /// How long the others wait.
        election: Span,
    },
    /// A primary would never resign by itself, and so could block the others for ever.
    NoContact,
    /// A primary would hold on for longer than the others wait before they stand.
    ContactTooLong {
        /// How long a primary holds on.
        contact: Span,
        /// How long the others wait.
        election: Span,
    },
    /// A primary would resign between two beats, because none of its followers had anything to answer yet.
    ContactTooShort {
        /// How long a primary holds on.
        contact: Span,
        /// How often a beat is sent.
        heartbeat: Span,
    },
}

impl fmt::Display for TimingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimingError::Zero(field) => write!(f, "{field} is zero; give a positive span"),
            TimingError::HeartbeatTooRare { heartbeat, election } => write!(
                f,
                "a heartbeat every {heartbeat} is too rare for an election timeout of {election}; at least two \
                 must fit, a quarter is usual"
            ),
            TimingError::NoContact => {
                f.write_str("a primary that loses its quorum would never resign; give contact a span")
            }
            TimingError::ContactTooLong { contact, election } => write!(
                f,
                "a primary without a quorum would stay for {contact}, longer than the election timeout of \
                 {election}; use at most that"
            ),
            TimingError::ContactTooShort { contact, heartbeat } => write!(
                f,
                "a primary that gives up after {contact} without contact would resign between two beats, sent \
                 every {heartbeat}; use more than that"
            ),
        }
    }
}

impl core::error::Error for TimingError {}

impl Timing {
    /// Every timer may fire at any moment and a primary never resigns by itself. For models: what is safe with
    /// this timing is safe with every timing.
    pub const ANY: Timing =
        Timing { election: Span::ZERO, spread: Span::ZERO, heartbeat: Span::ZERO, contact: None };

    /// The usual proportions for an election timeout: a random part of the same size, a beat every quarter, and
    /// a primary that gives up when the others may stand.
    pub const fn of(election: Span) -> Timing {
        let heartbeat = Span::new(if election.units() < 4 { 1 } else { election.units() / 4 });
        Timing { election, spread: election, heartbeat, contact: Some(election) }
    }

    /// Whether the proportions make sense.
    pub fn check(&self) -> Result<(), TimingError> {
        if self.election == Span::ZERO {
            return Err(TimingError::Zero("election"));
        }
        if self.heartbeat == Span::ZERO {
            return Err(TimingError::Zero("heartbeat"));
        }
        if self.heartbeat.times(2) > self.election {
            return Err(TimingError::HeartbeatTooRare { heartbeat: self.heartbeat, election: self.election });
        }
        match self.contact {
            Some(contact) if contact > self.election => {
                Err(TimingError::ContactTooLong { contact, election: self.election })
            }
            Some(contact) if contact <= self.heartbeat => {
                Err(TimingError::ContactTooShort { contact, heartbeat: self.heartbeat })
            }
            Some(_) => Ok(()),
            None => Err(TimingError::NoContact),
        }
    }
}

/// The terms of a lease: what a holder uses and what a granter keeps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lease {
    hold: Span,
    grant: Span,
    quantum: Span,
}

/// Why lease terms cannot be safe.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LeaseError {
    /// A lease of no length.
    Zero,
    /// The margin does not cover the drift: a slow holder would outlive a fast granter.
    DriftNotCovered {
        /// How long the holder would use it.
        hold: Span,
        /// How long the granter keeps it.
        grant: Span,
        /// The assumed clock rates.
        drift: Drift,
        /// The longest safe hold for this grant.
        longest_hold: Span,
        /// The shortest safe grant for this hold.
        shortest_grant: Span,
    },
    /// The drift names clocks that stand still or run backward.
    ImpossibleDrift(Drift),
}

impl fmt::Display for LeaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LeaseError::Zero => f.write_str("a lease of no length; give a positive hold and grant"),
            LeaseError::DriftNotCovered { hold, grant, drift, longest_hold, shortest_grant } => write!(
                f,
                "a holder using its lease for {hold} can outlive a granter keeping it for {grant} when clocks \
                 run between {} and {}; hold at most {longest_hold}, or grant at least {shortest_grant}",
                drift.slow, drift.fast
            ),
            LeaseError::ImpossibleDrift(drift) => {
                write!(
                    f,
                    "clock rates from {} to {} are impossible; give 0 < slow ≤ fast",
                    drift.slow, drift.fast
                )
            }
        }
    }
}

impl core::error::Error for LeaseError {}

impl Lease {
    /// A lease used for `hold` by its holder and kept for `grant` by its granters, on clocks read with a
    /// resolution of `quantum`. Refused unless `hold + quantum` at the slowest rate is over before `grant` at the
    /// fastest: `(hold + quantum) · fast ≤ grant · slow`.
    pub fn new(hold: Span, grant: Span, quantum: Span, drift: Drift) -> Result<Self, LeaseError> {
        if drift.slow == 0 || drift.fast < drift.slow {
            return Err(LeaseError::ImpossibleDrift(drift));
        }
        if hold == Span::ZERO || grant == Span::ZERO {
            return Err(LeaseError::Zero);
        }
        let longest_hold = drift.longest_hold(grant).minus(quantum);
        if rule!(DriftMargin, hold <= longest_hold) {
            Ok(Self { hold, grant, quantum })
        } else {
            let shortest_grant = drift.shortest_grant(hold.plus(quantum));
            Err(LeaseError::DriftNotCovered { hold, grant, drift, longest_hold, shortest_grant })
        }
    }

    /// The longest safe hold for `grant`, with clocks in `[1−ρ, 1+ρ]`, ρ in parts per million.
    pub fn granting(grant: Span, quantum: Span, ppm: u32) -> Result<Self, LeaseError> {
        let drift = Drift::from_ppm(ppm).ok_or(LeaseError::ImpossibleDrift(Drift { slow: 0, fast: 1 }))?;
        Self::new(drift.longest_hold(grant).minus(quantum), grant, quantum, drift)
    }

    /// How long the holder uses it, counted from the moment it *sent* the request.
    pub const fn hold(&self) -> Span {
        self.hold
    }

    /// How long a granter keeps it, counted from the moment it *received* the request.
    pub const fn grant(&self) -> Span {
        self.grant
    }

    /// The resolution of the clocks.
    pub const fn quantum(&self) -> Span {
        self.quantum
    }
}

/// How the world outside is protected from a primary that is no longer one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fencing {
    /// Nothing outside the log is written.
    None,
    /// A resource compares the epoch of every write with the highest it has installed
    /// ([`Register`](crate::lease::Register)). The only mode that survives pauses of any length.
    Token,
    /// The resource cannot compare epochs. The lease and a hardware watchdog, armed for the end of the lease,
    /// stand in; a successor also waits `drain` for writes that were already on their way. Assumes that the
    /// watchdog fires in time and that no write travels for longer than `drain`. Needs a lease.
    Watchdog {
        /// The longest time a write may still land after its writer is dead, as the fastest clock counts it.
        drain: Span,
    },
}

/// Who keeps the log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Engine {
    /// The node itself.
    Own,
    /// A database beside it, which the node observes and steers by confirmed effects.
    External,
}

/// Bounds on everything that can grow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Limits {
    /// Entries in one append.
    pub batch: u32,
    /// Entries sent to a replica and not yet acknowledged.
    pub window: u64,
    /// Entries a primary accepts beyond what is committed.
    pub uncommitted: u64,
    /// Reads waiting for their round or position.
    pub reads: u16,
    /// Messages waiting for the disk or an effect; further ones are lost, as on a network.
    pub held: u16,
    /// Runs of epochs in a history that is accepted from outside.
    pub history: u16,
    /// The longest lease a granter lets itself be bound to.
    pub grant: Span,
}

impl Limits {
    /// Limits for production: a thousand of most things.
    pub const DEFAULT: Limits = Limits {
        batch: 1024,
        window: 8192,
        uncommitted: 65_536,
        reads: 1024,
        held: 1024,
        history: 4096,
        grant: Span::new(u64::MAX / 4),
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Everything about one node that is not replicated.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Setup {
    /// How patient it is.
    pub timing: Timing,
    /// Its lease terms; `None` for a cluster whose reads always ask a quorum.
    pub lease: Option<Lease>,
    /// How the outside is fenced.
    pub fencing: Fencing,
    /// Who keeps the log.
    pub engine: Engine,
    /// Whether it asks around before it raises the epoch. Only liveness depends on it.
    pub prevote: bool,
    /// Whether replicas learn at once that a write is committed, or with the next beat.
    pub eager: bool,
    /// A disk that has not completed a record for this long is stalled: the node then neither counts itself nor
    /// acknowledges beats as healthy. `None`: a slow disk is never suspected.
    pub stall: Option<Span>,
    /// Seed of the random part of the waits.
    pub seed: u64,
    /// Bounds on what can grow.
    pub limits: Limits,
}

/// Why a setup cannot work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SetupError {
    /// The timing makes no sense.
    Timing(TimingError),
    /// A watchdog is armed for the end of the lease, and there is none.
    WatchdogWithoutLease,
    /// Other nodes with the same limits would refuse to grant this lease.
    LeaseBeyondLimit {
        /// How long a granter would keep it.
        grant: Span,
        /// The longest lease a granter lets itself be bound to.
        limit: Span,
    },
    /// Nothing would ever fit into this limit.
    NoRoom(&'static str),
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SetupError::Timing(error) => write!(f, "timing: {error}"),
            SetupError::WatchdogWithoutLease => {
                f.write_str("fencing by a watchdog rests on the lease; give a lease, or fence by token")
            }
            SetupError::LeaseBeyondLimit { grant, limit } => write!(
                f,
                "the lease is granted for {grant}, but a node lets itself be bound for at most {limit}; shorten \
                 the lease or raise limits.grant"
            ),
            SetupError::NoRoom(field) => write!(f, "limits.{field} is zero; give at least one"),
        }
    }
}

impl core::error::Error for SetupError {}

impl Setup {
    /// Whether a node can work with it. [`Node::start`](crate::failover::Node::start) takes what it is given:
    /// safety does not depend on this, but a cluster may never get anywhere.
    pub fn check(&self) -> Result<(), SetupError> {
        self.timing.check().map_err(SetupError::Timing)?;
        let Limits { batch, window, uncommitted, reads, held, history, grant: limit } = self.limits;
        if matches!(self.fencing, Fencing::Watchdog { .. }) && self.lease.is_none() {
            return Err(SetupError::WatchdogWithoutLease);
        }
        if let Some(grant) = self.lease.map(|lease| lease.grant()).filter(|grant| *grant > limit) {
            return Err(SetupError::LeaseBeyondLimit { grant, limit });
        }
        let rooms = [
            ("batch", u64::from(batch)),
            ("window", window),
            ("uncommitted", uncommitted),
            ("reads", u64::from(reads)),
            ("held", u64::from(held)),
            ("history", u64::from(history)),
        ];
        match rooms.iter().find(|(_, room)| *room == 0) {
            Some((field, _)) => Err(SetupError::NoRoom(field)),
            None => Ok(()),
        }
    }

    /// A node with its own log, no lease and no outside resource.
    pub const fn new(timing: Timing) -> Setup {
        Setup {
            timing,
            lease: None,
            fencing: Fencing::None,
            engine: Engine::Own,
            prevote: true,
            eager: true,
            stall: None,
            seed: 0,
            limits: Limits::DEFAULT,
        }
    }

    /// How far back the send time of a beat matters to its sender: as long as its lease, or its contact with a
    /// quorum, may be measured from it. Nobody can tell older stamps apart, wherever they are kept.
    pub fn stamp_horizon(&self) -> Span {
        let lease = self.lease.map_or(Span::ZERO, |lease| lease.hold());
        lease.max(self.timing.contact.unwrap_or(Span::ZERO)).plus(Span::new(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_refused_one_unit_past_the_bound() {
        let drift = Drift { slow: 1, fast: 2 };
        for hold in 1..50 {
            let hold = Span::new(hold);
            let grant = drift.shortest_grant(hold);
            assert!(Lease::new(hold, grant, Span::ZERO, drift).is_ok());
            let short = grant.minus(Span::new(1));
            match Lease::new(hold, short, Span::ZERO, drift) {
                Err(LeaseError::DriftNotCovered { longest_hold, shortest_grant, .. }) => {
                    assert!(longest_hold < hold);
                    assert_eq!(shortest_grant, grant);
                }
                Ok(_) | Err(LeaseError::Zero | LeaseError::ImpossibleDrift(_)) => {
                    assert_eq!(short, Span::ZERO, "{hold} in {short}");
                }
            }
        }
        assert!(Lease::granting(Span::new(10), Span::ZERO, 1_000_000).is_err());
        assert_eq!(
            Lease::granting(Span::new(10_000), Span::new(1), 10_000).unwrap().hold(),
            Span::new(9_800)
        );
        assert!(Lease::new(Span::new(1), Span::new(1), Span::ZERO, Drift { slow: 0, fast: 1 }).is_err());
    }

    #[test]
    fn setups_that_get_nowhere_are_refused() {
        let usual = Setup::new(Timing::of(Span::new(1000)));
        assert_eq!(usual.check(), Ok(()));
        let timing = Timing { contact: None, ..usual.timing };
        assert_eq!(Setup { timing, ..usual }.check(), Err(SetupError::Timing(TimingError::NoContact)));
        let fencing = Fencing::Watchdog { drain: Span::ZERO };
        assert_eq!(Setup { fencing, ..usual }.check(), Err(SetupError::WatchdogWithoutLease));
        let limits = Limits { held: 0, ..Limits::DEFAULT };
        assert_eq!(Setup { limits, ..usual }.check(), Err(SetupError::NoRoom("held")));
        let just = Lease::granting(Limits::DEFAULT.grant, Span::ZERO, 10_000).ok();
        assert_eq!(Setup { lease: just, ..usual }.check(), Ok(()));
        let (grant, limit) = (Span::new(100), Span::new(99));
        let lease = Lease::granting(grant, Span::ZERO, 10_000).ok();
        let limits = Limits { grant: limit, ..Limits::DEFAULT };
        let beyond = SetupError::LeaseBeyondLimit { grant, limit };
        assert_eq!(Setup { lease, limits, ..usual }.check(), Err(beyond));
        assert_eq!(Setup { lease, fencing, ..usual }.check(), Ok(()));
    }

    #[test]
    fn timings_without_sense_are_refused() {
        let usual = Timing::of(Span::new(1000));
        assert_eq!(usual.check(), Ok(()));
        assert_eq!(Timing::ANY.check(), Err(TimingError::Zero("election")));
        assert!(Timing { heartbeat: Span::new(501), ..usual }.check().is_err());
        assert!(Timing { heartbeat: Span::ZERO, ..usual }.check().is_err());
        assert!(Timing { contact: Some(Span::new(1001)), ..usual }.check().is_err());
        assert!(Timing { contact: None, ..usual }.check().is_err());
        assert_eq!(
            Timing { heartbeat: Span::new(500), contact: Some(Span::new(1000)), ..usual }.check(),
            Ok(())
        );
        let beats = |election| Timing::of(Span::new(election)).heartbeat.units();
        assert_eq!([1, 3, 4, 7, 8].map(beats), [1, 1, 1, 1, 2]);
        for contact in [0, 1, 250] {
            let (contact, heartbeat) = (Span::new(contact), usual.heartbeat);
            let short = TimingError::ContactTooShort { contact, heartbeat };
            assert_eq!(Timing { contact: Some(contact), ..usual }.check(), Err(short));
        }
        assert_eq!(Timing { contact: Some(Span::new(251)), ..usual }.check(), Ok(()));
    }
}
