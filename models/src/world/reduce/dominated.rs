//! Behaviour that only makes the world safer than other behaviour that is possible too.
//!
//! Order two states by how dangerous they are: a lease that lasts longer, an obligation or a wait that ends
//! sooner, and more messages on their way can only do more harm, because every guard that compares a time asks
//! one of *is the lease still valid* (more often yes) and *is the obligation over* (more often yes). Whatever the
//! safer state can do, the more dangerous one can do as well, and reach an at least as dangerous state. So
//!
//! * of two beats to the same node in the same epoch the older one need not be kept: the newer one binds the
//!   granter as long, and its answer renews the lease further. Of two answers likewise;
//! * a beat need not be delivered twice: the second time only binds the granter longer;
//! * a clock that measures no lease need not be slow, and one that measures nothing but a lease need not be fast.

use crate::world::choice::Envelope;
use crate::world::shared::Shared;
use quorate::failover::Body;
use quorate::id::NodeId;
use quorate::time::Instant;

/// Puts `envelope` among the messages of a set, in place of those it dominates; not at all if it is dominated.
pub(crate) fn send(network: &mut Vec<Shared<Envelope>>, envelope: Shared<Envelope>) {
    let Some(stamp) = stamp(&envelope) else { return insert(network, envelope) };
    let rivals = |other: &Shared<Envelope>| {
        (other.from, other.to, other.message.epoch) == (envelope.from, envelope.to, envelope.message.epoch)
            && other.message.body.kind() == envelope.message.body.kind()
    };
    let newer = |other: &Shared<Envelope>| rivals(other) && self::stamp(other) > Some(stamp);
    if !network.iter().any(newer) {
        network.retain(|other| !rivals(other) || self::stamp(other) == Some(stamp));
        insert(network, envelope);
    }
}

fn insert(network: &mut Vec<Shared<Envelope>>, envelope: Shared<Envelope>) {
    if let Err(at) = network.binary_search(&envelope) {
        network.insert(at, envelope);
    }
}

fn stamp(envelope: &Envelope) -> Option<Instant> {
    envelope.message.stamp()
}

/// Whether delivering it once is enough.
pub(crate) fn is_consumed(envelope: &Envelope) -> bool {
    matches!(envelope.message.body, Body::Beat(_))
}

/// Whose clock a message carries a reading of, from which a lease may come to be measured.
pub(crate) fn stamped_by(envelope: &Envelope) -> Option<NodeId> {
    envelope.message.stamped_by(envelope.from, envelope.to)
}
