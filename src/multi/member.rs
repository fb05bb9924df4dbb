//! One group on a host: its node, and whether it rests.

use super::io::Placement;
use super::message::Nap;
use super::peer::Peer;
use crate::failover::{Node, Payload};
use crate::id::{NodeId, NodeSet};
use crate::multi::HostId;
use crate::time::Instant;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;

/// A node and what it relies on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Member<P> {
    pub(super) node: Node<P>,
    pub(super) placement: Arc<Placement>,
    /// The newest rest that it knows of: its own as primary, its primary's as replica.
    pub(super) nap: Nap,
    pub(super) rest: Rest,
    /// The deadline under which it is known to the host.
    pub(super) due: Option<Instant>,
}

/// Whether a group rests, as one of its nodes sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Rest {
    /// It does not. As primary: whether nothing was asked of it since its last beat.
    Awake {
        /// See there.
        quiet: bool,
    },
    /// As primary that still beats: asks these to rest.
    Asking {
        /// Whom.
        with: NodeSet,
        /// Who has agreed.
        agreed: NodeSet,
    },
    /// As primary: every answer of a host of these to a later beat is an answer of the replica.
    Resting {
        /// Who agreed.
        with: NodeSet,
        /// Since when, by this host's clock.
        since: Instant,
    },
    /// As replica: every beat of the primary's host is a beat of the primary.
    Bound {
        /// Whose replica.
        primary: NodeId,
    },
}

impl Rest {
    /// As primary: with whom it rests, or wants to.
    pub(super) fn with(self) -> NodeSet {
        match self {
            Rest::Asking { with, .. } | Rest::Resting { with, .. } => with,
            Rest::Awake { .. } | Rest::Bound { .. } => NodeSet::EMPTY,
        }
    }

    /// Whether the node's own deadlines are of no interest.
    pub(super) fn is_rest(self) -> bool {
        match self {
            Rest::Resting { .. } | Rest::Bound { .. } => true,
            Rest::Awake { .. } | Rest::Asking { .. } => false,
        }
    }
}

impl<P: Payload> Member<P> {
    /// The host of the primary that this replica is bound to.
    pub(super) fn bound_to(&self) -> Option<HostId> {
        match self.rest {
            Rest::Bound { primary } => self.placement.host(primary),
            Rest::Awake { .. } | Rest::Asking { .. } | Rest::Resting { .. } => None,
        }
    }

    /// Tells the node what the beats between the hosts have meant to it. It is told before anything else happens to
    /// it, so that it never acts on less.
    pub(super) fn catch_up(&mut self, now: Instant, peers: &BTreeMap<HostId, Peer>) {
        let Self { node, placement, rest, .. } = self;
        let peer = |node| placement.host(node).and_then(|host| peers.get(&host));
        match *rest {
            Rest::Bound { primary } => {
                if let Some(heard) = peer(primary).and_then(|peer| peer.heard) {
                    node.hear_host(heard);
                }
            }
            Rest::Resting { with, since } => {
                for from in with.iter() {
                    // What was sent earlier may have arrived before the replica was bound.
                    let answered = peer(from).and_then(|peer| peer.answered).filter(|stamp| *stamp > since);
                    if let Some(stamp) = answered {
                        node.host_answered(now, from, stamp);
                    }
                }
                node.host_answered(now, node.id(), now);
            }
            Rest::Awake { .. } | Rest::Asking { .. } => {}
        }
    }

    /// The newest rest, in the epoch in which the node is.
    pub(super) fn nap(&self) -> Nap {
        let epoch = self.node.epoch();
        if self.nap.epoch < epoch { Nap { epoch, number: 0 } } else { self.nap }
    }

    /// When the node wants to be called.
    pub(super) fn wants(&self) -> Option<Instant> {
        if self.rest.is_rest() { None } else { self.node.deadline() }
    }
}
