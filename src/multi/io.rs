//! What goes into a host and what comes out of it.

use super::message::{Envelope, GroupId, HostId};
use crate::failover;
use crate::id::{NodeId, NodeMap};
use crate::time::{Instant, Span};
use alloc::vec::Vec;
use core::fmt;

/// One thing that happened to a host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Input<P> {
    /// An envelope arrived.
    Envelope {
        /// Which host sent it. The transport vouches for that.
        from: HostId,
        /// What.
        envelope: Envelope<P>,
    },
    /// Something for the node of one group, other than a message.
    Group {
        /// Which group.
        group: GroupId,
        /// What.
        input: failover::Input<P>,
    },
    /// The instant of [`MultiNode::deadline`](super::MultiNode::deadline) has come. Harmless at any other time.
    Tick,
    /// The clock may have stood still. Every node is told.
    ClockSuspect,
}

/// What a host wants done.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Output<P> {
    /// Send this. Everything it depends on is already durable.
    Send {
        /// To which host.
        to: HostId,
        /// What.
        envelope: Envelope<P>,
    },
    /// The node of this group wants something; never a message.
    Group {
        /// Which group.
        group: GroupId,
        /// What.
        output: failover::Output<P>,
    },
    /// The embedder may want to know.
    Tell(Event),
    /// An input was refused; nothing changed. What an envelope says of its sender's life and bond was read before its
    /// letter was refused.
    Refused(Refused),
}

/// What one call of [`MultiNode::step`](super::MultiNode::step) puts out. The caller owns it and reuses it, so that
/// nothing is allocated for it again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Outputs<P> {
    /// In the order in which they are to be carried out.
    pub list: Vec<Output<P>>,
    /// What the node under way put out, until it is addressed.
    pub(super) raw: failover::Outputs<P>,
}

impl<P> Default for Outputs<P> {
    fn default() -> Self {
        Self { list: Vec::new(), raw: Vec::new() }
    }
}

/// Something worth knowing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event {
    /// The other host answers beats.
    Reached(HostId),
    /// It was not heard, or did not answer, for too long, or one of the two no longer relies on the other: groups that
    /// rested on that go on by themselves.
    Parted(HostId),
    /// The primary here and its replicas rest.
    Rests(GroupId),
    /// They no longer do.
    Woke(GroupId),
}

/// Why an input changed nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Refused {
    /// No group here has a node on that host.
    UnknownHost(HostId),
    /// No node of that group is here.
    UnknownGroup(GroupId),
    /// The sender has no node of that group.
    Stranger {
        /// The group.
        group: GroupId,
        /// The sender.
        host: HostId,
    },
    /// A node wants to send to a node of which nobody said where it is.
    Unplaced {
        /// The group.
        group: GroupId,
        /// The node.
        node: NodeId,
    },
    /// A message was given without its envelope.
    NoEnvelope(GroupId),
    /// An answer to a beat that this host has not sent: one after its last, whatever its clock shows by now.
    FutureStamp {
        /// Who sent it.
        host: HostId,
        /// What it says.
        stamp: Instant,
    },
    /// A letter from a host to itself.
    FromSelf,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::UnknownHost(host) => {
                write!(
                    f,
                    "no group here has a node on {host}; place one there before its letters are given here"
                )
            }
            Refused::UnknownGroup(group) => write!(f, "no node of {group} is here; add it first"),
            Refused::Stranger { group, host } => {
                write!(f, "{host} sent a letter about {group}, but has no node of it; give its new placement")
            }
            Refused::Unplaced { group, node } => {
                write!(f, "nobody said on which host {node} of {group} is; give the new placement")
            }
            Refused::NoEnvelope(group) => {
                write!(
                    f,
                    "a message for {group} without its envelope; give the envelope and the host it is from"
                )
            }
            Refused::FutureStamp { host, stamp } => {
                let units = stamp.units();
                write!(f, "{host} answers a beat of {units}u that was never sent; nothing changed")
            }
            Refused::FromSelf => f.write_str("a host does not write to itself; nothing changed"),
        }
    }
}

impl core::error::Error for Refused {}

/// On which host each node of a group is. Groups share it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Placement(NodeMap<HostId>);

impl Placement {
    /// Refused if two nodes are on one host: they would fail together, and a letter could not be told apart.
    pub fn new(hosts: NodeMap<HostId>) -> Result<Self, PlacementError> {
        for (node, host) in hosts.iter() {
            if let Some((other, _)) = hosts.iter().find(|(other, at)| *other < node && *at == host) {
                return Err(PlacementError { nodes: [other, node], host: *host });
            }
        }
        Ok(Self(hosts))
    }

    /// Where `node` is.
    pub fn host(&self, node: NodeId) -> Option<HostId> {
        self.0.get(node).copied()
    }

    /// Who is on `host`.
    pub fn node(&self, host: HostId) -> Option<NodeId> {
        self.0.iter().find(|(_, at)| **at == host).map(|(node, _)| node)
    }

    /// Every host.
    pub fn hosts(&self) -> impl Iterator<Item = HostId> {
        self.0.iter().map(|(_, host)| *host)
    }
}

/// Two nodes of a group on one host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PlacementError {
    /// Which.
    pub nodes: [NodeId; 2],
    /// Where.
    pub host: HostId,
}

impl fmt::Display for PlacementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes: [one, other], host } = self;
        write!(f, "{one} and {other} are both on {host}; put each node of a group on a host of its own")
    }
}

impl core::error::Error for PlacementError {}

/// How often hosts say that they are alive, and how much a host carries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Pace {
    /// A beat is sent to every other host this often.
    pub beat: Span,
    /// A host that was not heard for this long is taken for dead. Only liveness depends on it.
    pub patience: Span,
    /// How many groups may have a node here.
    pub groups: usize,
    /// How many other hosts those may be on.
    pub hosts: usize,
}

/// Why a host cannot work at this pace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PaceError {
    /// Beats would be sent without end.
    NoBeat,
    /// Fewer than two beats fit into the patience of the others.
    BeatTooRare(Pace),
}

impl fmt::Display for PaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PaceError::NoBeat => f.write_str("beat is zero; give a positive span"),
            PaceError::BeatTooRare(Pace { beat, patience, .. }) => write!(
                f,
                "a beat every {beat} is too rare for a patience of {patience}; at least two must fit, a quarter is \
                 usual"
            ),
        }
    }
}

impl core::error::Error for PaceError {}

impl Pace {
    /// The usual proportions for groups with this election timeout: patience as long as that, four beats in it.
    pub const fn of(election: Span) -> Pace {
        let beat = Span::new(if election.units() < 4 { 1 } else { election.units() / 4 });
        Pace { beat, patience: election, groups: 1 << 20, hosts: 1 << 10 }
    }

    /// Whether the proportions make sense.
    pub fn check(&self) -> Result<(), PaceError> {
        if self.beat == Span::ZERO {
            Err(PaceError::NoBeat)
        } else if self.beat.times(2) > self.patience {
            Err(PaceError::BeatTooRare(*self))
        } else {
            Ok(())
        }
    }
}

/// Why a node cannot be carried here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AddError {
    /// The group has a node here.
    Exists(GroupId),
    /// The placement does not say that this node is here.
    Elsewhere {
        /// The node.
        node: NodeId,
        /// This host.
        host: HostId,
    },
    /// The group has no node here.
    Unknown(GroupId),
    /// As many groups as the pace allows.
    TooManyGroups(usize),
    /// As many hosts as the pace allows.
    TooManyHosts(usize),
}

impl fmt::Display for AddError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddError::Exists(group) => write!(f, "{group} has a node here already; remove that first"),
            AddError::Unknown(group) => write!(f, "no node of {group} is here; add it first"),
            AddError::Elsewhere { node, host } => {
                write!(f, "the placement does not put {node} on {host}; give the node of this host")
            }
            AddError::TooManyGroups(limit) => {
                write!(
                    f,
                    "there are {limit} groups here, as many as pace.groups allows; raise it or add another host"
                )
            }
            AddError::TooManyHosts(limit) => {
                write!(f, "the groups here would be on more than {limit} other hosts; raise pace.hosts")
            }
        }
    }
}

impl core::error::Error for AddError {}
