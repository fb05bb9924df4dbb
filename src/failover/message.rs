//! What nodes say to each other.
//!
//! # Invariants
//! * Every message says its sender's epoch, and means only what it says itself: it may arrive late, twice, after a
//!   newer one, or never.
//! * No reading of a clock travels but one that is echoed to the node that made it.
//! * Configurations and histories are shared values: a message is cheap to copy.

use crate::commit::{Entries, History, Promise, Repr};
use crate::config::{Config, ConfigId};
use crate::election::Refusal;
use crate::id::{Epoch, NodeId, Position};
use crate::lease::Release;
use crate::time::{Instant, Span};
use alloc::sync::Arc;
use core::cmp::Ordering;
use core::fmt;

/// One message. The network may lose, repeat, delay and reorder it; it must not change it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
#[cfg_attr(feature = "serde", serde(bound(serialize = "P: Clone + serde::Serialize")))]
pub struct Message<P> {
    /// The sender's epoch.
    pub epoch: Epoch,
    /// What it says.
    pub body: Body<P>,
}

/// The kinds of message, by the machine they belong to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
#[cfg_attr(feature = "serde", serde(bound(serialize = "P: Clone + serde::Serialize")))]
pub enum Body<P> {
    /// Election: would you vote for me in the next epoch? Changes nothing at the receiver.
    PreVote {
        /// The sender's configuration.
        config: ConfigId,
        /// How far its log has got.
        position: Position,
        /// Its priority.
        priority: u8,
        /// Which attempt, from 0.
        round: u8,
    },
    /// Election: I would vote for you after `asked`.
    PreYes {
        /// The epoch of the question.
        asked: Epoch,
    },
    /// Election: I would rather stand myself, but would vote for you if you insist.
    PreLater {
        /// The epoch of the question.
        asked: Epoch,
    },
    /// Election: vote for me in my epoch, and promise to accept nothing older.
    Vote {
        /// The sender's configuration.
        config: ConfigId,
        /// Proof that the last primary's lease is over.
        token: Option<Release>,
        /// Whether the sender is ready to lose acknowledged writes, and so wants to know which those would be.
        audit: bool,
    },
    /// Election, lease and commit in one: my vote, how long I am bound to others, and my promise.
    Granted {
        /// What the voter has on disk; empty for a witness.
        promise: Promise,
        /// For how much longer it is bound by leases it granted, from now on.
        busy: Option<Span>,
    },
    /// No, and why; to whoever asked anything of an older epoch or configuration.
    Refused {
        /// Why.
        reason: Refusal,
        /// The refuser's configuration, if it is newer.
        config: Option<Arc<Config>>,
    },
    /// Lease: I am primary; grant me a lease.
    Beat(Beat),
    /// Lease: granted.
    BeatAck {
        /// The stamp of the beat.
        stamp: Instant,
        /// The round of the beat.
        round: u64,
        /// Whether the granter's disk completes its writes.
        healthy: bool,
        /// The granter's configuration.
        config: ConfigId,
    },
    /// Lease: stand for election at once; my lease is over.
    Handover {
        /// The proof.
        token: Release,
    },
    /// Configuration: keep this.
    Install {
        /// The configuration.
        config: Arc<Config>,
    },
    /// Configuration: it is on my disk.
    Installed {
        /// Which.
        id: ConfigId,
    },
    /// Commit: promise to accept nothing older than my epoch.
    Revoke {
        /// As in a vote.
        audit: bool,
    },
    /// Commit: promised.
    Promised {
        /// What the sender has on disk.
        promise: Promise,
    },
    /// Commit: send me your log from here on.
    Fetch {
        /// The first index wanted.
        from: u64,
    },
    /// Commit: here it is.
    Fetched {
        /// The index of the first entry.
        from: u64,
        /// The entries: allocated, for a message is no larger than an append, and this is said in a recovery only.
        entries: Arc<[P]>,
    },
    /// Commit: this is my log.
    Append(Append<P>),
    /// Commit: the first `len` entries of your log are on my disk.
    Ack {
        /// How many.
        len: u64,
    },
    /// Commit: I have only the first `len` entries; send from there.
    Gap {
        /// How many.
        len: u64,
    },
    /// Commit: what you need is compacted; load the snapshot that ends here.
    Snapshot {
        /// The index after its last entry.
        base: u64,
        /// The history up to there.
        history: Arc<History>,
    },
}

/// A primary's sign of life.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Beat {
    /// When it was sent, by the sender's clock. Only echoed.
    pub stamp: Instant,
    /// For how long to grant a lease; zero asks for nothing.
    pub lease: Span,
    /// The read round it confirms.
    pub round: u64,
    /// Whether the sender hears a vote quorum, and copies enough to serve: then nobody else need stand.
    pub quorate: bool,
    /// Whether the sender serves: every older lease is over.
    pub serving: bool,
}

/// A piece of a primary's log.
///
/// It is one value of three forms rather than a [`Head`] beside [`Entries`], so that a single payload lies where its
/// alignment leaves room: a message takes no more than 64 bytes with a payload of 16, however that is aligned.
#[derive(Clone, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(from = "Parts<P>", into = "Parts<P>", bound(serialize = "P: Clone + serde::Serialize"))
)]
pub struct Append<P>(Piece<P>);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Piece<P> {
    None(Head),
    One(Head, P),
    Many(Head, Arc<[P]>),
}

/// What an [`Append`] says besides its entries.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Head {
    /// The whole history of the sender's log.
    pub history: Arc<History>,
    /// The index of the first entry.
    pub from: u64,
    /// Up to where the log is committed.
    pub committed: u64,
}

/// An append as it is written.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename = "Append", deny_unknown_fields, bound(serialize = "P: Clone + serde::Serialize"))]
struct Parts<P> {
    history: Arc<History>,
    from: u64,
    entries: Entries<P>,
    committed: u64,
}

impl<P> Append<P> {
    /// These entries, with what is said besides.
    pub fn new(head: Head, entries: Entries<P>) -> Self {
        Self(match entries.into_repr() {
            Repr::None => Piece::None(head),
            Repr::One(payload) => Piece::One(head, payload),
            Repr::Many(payloads) => Piece::Many(head, payloads),
        })
    }

    /// What it says besides its entries.
    pub fn head(&self) -> &Head {
        match &self.0 {
            Piece::None(head) | Piece::One(head, _) | Piece::Many(head, _) => head,
        }
    }

    /// The entries.
    pub fn entries(&self) -> &[P] {
        match &self.0 {
            Piece::None(_) => &[],
            Piece::One(_, payload) => core::slice::from_ref(payload),
            Piece::Many(_, payloads) => payloads,
        }
    }

    fn key(&self) -> (&History, u64, usize, &[P], u64) {
        let (Head { history, from, committed }, entries) = (self.head(), self.entries());
        (history, *from, entries.len().min(2), entries, *committed)
    }

    /// Both.
    pub fn into_parts(self) -> (Head, Entries<P>) {
        match self.0 {
            Piece::None(head) => (head, Repr::None.into()),
            Piece::One(head, payload) => (head, Repr::One(payload).into()),
            Piece::Many(head, payloads) => (head, Repr::Many(payloads).into()),
        }
    }
}

#[cfg(feature = "serde")]
impl<P> From<Parts<P>> for Append<P> {
    fn from(Parts { history, from, entries, committed }: Parts<P>) -> Self {
        Self::new(Head { history, from, committed }, entries)
    }
}

#[cfg(feature = "serde")]
impl<P> From<Append<P>> for Parts<P> {
    fn from(append: Append<P>) -> Self {
        let (Head { history, from, committed }, entries) = append.into_parts();
        Parts { history, from, entries, committed }
    }
}

/// By history, first index, entries and what is committed; entries as [`Entries`] are ordered: several after one.
impl<P: Ord> Ord for Append<P> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<P: PartialOrd> PartialOrd for Append<P> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.key().partial_cmp(&other.key())
    }
}

impl<P: fmt::Debug> fmt::Debug for Append<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Head { history, from, committed } = self.head();
        f.debug_struct("Append")
            .field("history", history)
            .field("from", from)
            .field("entries", &self.entries())
            .field("committed", committed)
            .finish()
    }
}

impl<P> Body<P> {
    /// The kind, in kebab-case, for logs and traces.
    pub const fn kind(&self) -> &'static str {
        match self {
            Body::PreVote { .. } => "pre-vote",
            Body::PreYes { .. } => "pre-yes",
            Body::PreLater { .. } => "pre-later",
            Body::Vote { .. } => "vote",
            Body::Granted { .. } => "granted",
            Body::Refused { .. } => "refused",
            Body::Beat(_) => "beat",
            Body::BeatAck { .. } => "beat-ack",
            Body::Handover { .. } => "handover",
            Body::Install { .. } => "install",
            Body::Installed { .. } => "installed",
            Body::Revoke { .. } => "revoke",
            Body::Promised { .. } => "promised",
            Body::Fetch { .. } => "fetch",
            Body::Fetched { .. } => "fetched",
            Body::Append(_) => "append",
            Body::Ack { .. } => "ack",
            Body::Gap { .. } => "gap",
            Body::Snapshot { .. } => "snapshot",
        }
    }

    /// Whether it asks for something, so that a receiver in a newer epoch owes an answer.
    pub const fn is_request(&self) -> bool {
        match self {
            Body::PreVote { .. }
            | Body::Vote { .. }
            | Body::Beat(_)
            | Body::Handover { .. }
            | Body::Install { .. }
            | Body::Revoke { .. }
            | Body::Fetch { .. }
            | Body::Append(_)
            | Body::Snapshot { .. } => true,
            Body::PreYes { .. }
            | Body::PreLater { .. }
            | Body::Granted { .. }
            | Body::Refused { .. }
            | Body::BeatAck { .. }
            | Body::Installed { .. }
            | Body::Promised { .. }
            | Body::Fetched { .. }
            | Body::Ack { .. }
            | Body::Gap { .. } => false,
        }
    }
}

impl<P> Message<P> {
    /// For models that keep `now` fixed: the message seen `by` later on the clock of the node that stamped it. Stamps
    /// older than `horizon` are all alike. `None` if it can no longer matter: it answers such a beat, and no read.
    #[must_use]
    pub fn aged(self, now: Instant, by: Span, horizon: Span) -> Option<Self> {
        let Some(stamp) = self.stamp() else { return Some(self) };
        let stamp = stamp.aged(now, by, horizon);
        let Message { epoch, mut body } = self;
        if let Body::Beat(Beat { stamp: kept, .. }) | Body::BeatAck { stamp: kept, .. } = &mut body {
            *kept = stamp;
        }
        // However late a beat comes, it may be the first that its receiver hears of the epoch.
        let lapsed = now.since(stamp) >= horizon && matches!(body, Body::BeatAck { round: 0, .. });
        (!lapsed).then_some(Message { epoch, body })
    }

    /// When the beat that it is, or answers, was sent, by the clock of [`Message::stamped_by`].
    pub fn stamp(&self) -> Option<Instant> {
        match &self.body {
            Body::Beat(beat) => Some(beat.stamp),
            Body::BeatAck { stamp, .. } => Some(*stamp),
            Body::PreVote { .. }
            | Body::PreYes { .. }
            | Body::PreLater { .. }
            | Body::Vote { .. }
            | Body::Granted { .. }
            | Body::Refused { .. }
            | Body::Handover { .. }
            | Body::Install { .. }
            | Body::Installed { .. }
            | Body::Revoke { .. }
            | Body::Promised { .. }
            | Body::Fetch { .. }
            | Body::Fetched { .. }
            | Body::Append(_)
            | Body::Ack { .. }
            | Body::Gap { .. }
            | Body::Snapshot { .. } => None,
        }
    }

    /// On whose clock that was read, for a message from `from` to `to`.
    pub fn stamped_by(&self, from: NodeId, to: NodeId) -> Option<NodeId> {
        self.stamp().map(|_| if matches!(self.body, Body::BeatAck { .. }) { to } else { from })
    }
}
