//! What hosts say to each other.
//!
//! # Invariants
//! * Every letter says from which life of its sender it comes, and how often that life has broken the bond.
//! * No reading of a clock travels but one that is echoed to the host that made it, in the life in which it was made.

use crate::config::ConfigId;
use crate::failover::Message;
use crate::id::{Epoch, Position};
use crate::time::{Instant, Span};
use core::fmt;

/// A host: a machine, or a process, that carries nodes of many groups.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct HostId(pub u64);

/// A group: one cluster of nodes, each on another host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct GroupId(pub u64);

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h{}", self.0)
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "g{}", self.0)
    }
}

/// What one host's replicas are bound under to the primaries on another, and its primaries rely on there: one bond for
/// all groups, and never the same again once it was broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Bond {
    /// Which life of the host this is: rises with every start.
    pub incarnation: u64,
    /// How often this life has broken its bond with the other.
    pub broken: u64,
}

/// One message from host to host. The network may lose, repeat, delay and reorder it; it must not change it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
#[cfg_attr(feature = "serde", serde(bound(serialize = "P: Clone + serde::Serialize")))]
pub struct Envelope<P> {
    /// The sender's bond with the receiver.
    pub bond: Bond,
    /// Which life of the receiver it is meant for; `None` if the sender knows of none.
    pub you: Option<u64>,
    /// What it says.
    pub letter: Letter<P>,
}

/// The kinds of letter.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
#[cfg_attr(feature = "serde", serde(bound(serialize = "P: Clone + serde::Serialize")))]
pub enum Letter<P> {
    /// I am alive. It stands for one beat of every group that rests under a primary at the sender.
    Beat {
        /// When it was sent, by the sender's clock. Only echoed.
        stamp: Instant,
    },
    /// I have heard that, and it binds every replica here that is bound to a primary of yours.
    Heard {
        /// The stamp of the beat.
        stamp: Instant,
    },
    /// A message from node to node of one group.
    Group {
        /// Which group.
        group: GroupId,
        /// The message.
        message: Message<P>,
    },
    /// The primary here has nothing to say any more: will your replica rest?
    Rest {
        /// Which group.
        group: GroupId,
        /// What must be so.
        terms: Terms,
    },
    /// It rests: from now on, every beat of your host is a beat of its primary.
    Rests {
        /// Which group.
        group: GroupId,
        /// Which rest.
        nap: Nap,
    },
    /// That rest is over, or never came about: do not rely on beats of this host any more.
    Woke {
        /// Which group.
        group: GroupId,
        /// Which rest, and with it every earlier one.
        nap: Nap,
    },
    /// Understood.
    Roused {
        /// Which group.
        group: GroupId,
        /// Which rest.
        nap: Nap,
    },
}

/// The name of one rest: who is primary of an epoch counts its rests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Nap {
    /// The epoch.
    pub epoch: Epoch,
    /// The how-manieth rest of its primary.
    pub number: u32,
}

/// What primary and replicas must agree about before they rest: then there is nothing left to say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Terms {
    /// Which rest.
    pub nap: Nap,
    /// How far the log has got; all of it is committed.
    pub position: Position,
    /// The configuration in force.
    pub config: ConfigId,
    /// For how long every beat binds the replica; zero without leases.
    pub lease: Span,
}
