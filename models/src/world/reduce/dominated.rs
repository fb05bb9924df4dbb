//! Behaviour that only makes the world safer than other behaviour that is possible too.
//!
//! Order two states by how dangerous they are: a lease that lasts longer, an obligation or a wait that ends
//! sooner, and more messages on their way can only do more harm, because every guard that compares a time asks
//! one of *is the lease still valid* (more often yes) and *is the obligation over* (more often yes). Whatever the
//! safer state can do, the more dangerous one can do as well, and reach an at least as dangerous state. So
//!
//! * of two beats to the same node in the same epoch that say the same but for when they were sent, the older one
//!   need not be kept: the newer one binds the granter as long, and its answer renews the lease further and confirms
//!   what is read. Of two answers likewise. What else they say may do what the other does not, and both are kept;
//! * a beat need not be delivered twice: the second time only binds the granter longer;
//! * a clock that measures no lease need not be slow, and one that measures nothing but a lease need not be fast.

use super::Trust;
use crate::world::choice::Envelope;
use crate::world::shared::Shared;
use quorate::failover::{Beat, Body};
use quorate::id::NodeId;
use quorate::rule::Rule;
use quorate::time::Instant;

/// Longer leases are at least as dangerous as shorter ones: what renews a lease and what measures it.
const LEASES: &[Rule] = &[
    Rule::LeaseFromSend,
    Rule::LeaseFromQuorum,
    Rule::ClockDoubtEndsLease,
    Rule::ClockCountsSuspend,
    Rule::ReadRoundAfterStart,
    Rule::ReadAfterEstablished,
];

/// Shorter obligations are at least as dangerous as longer ones: what makes them and what measures them.
const OBLIGATIONS: &[Rule] = &[
    Rule::GrantsOnlyGrow,
    Rule::ReportKeepsObligation,
    Rule::LongestObligation,
    Rule::OwnGrantCounts,
    Rule::WaitFromReceipt,
    Rule::OldBeatsAreRefused,
    Rule::AdoptingStepsDown,
    Rule::BeatKeepsVote,
];

/// Puts `envelope` among the messages of a set, in place of those it dominates; not at all if it is dominated.
pub(crate) fn send(network: &mut Vec<Shared<Envelope>>, envelope: Shared<Envelope>, trust: Trust) {
    let Some(stamp) = stamp(&envelope).filter(|_| trust.upholds(LEASES) && trust.upholds(OBLIGATIONS)) else {
        return insert(network, envelope);
    };
    let rivals = |other: &Shared<Envelope>| {
        (other.from, other.to, other.epoch()) == (envelope.from, envelope.to, envelope.epoch())
            && says_the_same(other, &envelope)
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

/// Whether they are beats, or answers to beats, that say the same but for when the beat was sent and for its read
/// round, which grows with that.
fn says_the_same(one: &Envelope, other: &Envelope) -> bool {
    let (Some(one), Some(other)) = (one.message(), other.message()) else { return false };
    match (&one.body, &other.body) {
        (Body::Beat(one), Body::Beat(other)) => *one == Beat { stamp: one.stamp, round: one.round, ..*other },
        (
            Body::BeatAck { stamp: _, round: _, healthy, config },
            Body::BeatAck { stamp: _, round: _, healthy: as_healthy, config: as_config },
        ) => (healthy, config) == (as_healthy, as_config),
        _of_different_kinds => false,
    }
}

fn stamp(envelope: &Envelope) -> Option<Instant> {
    envelope.message()?.stamp()
}

/// Whether delivering it once is enough.
pub(crate) fn is_consumed(envelope: &Envelope, trust: Trust) -> bool {
    envelope.message().is_some_and(|message| matches!(message.body, Body::Beat(_)))
        && trust.upholds(OBLIGATIONS)
}

/// Whether a clock needs only the rate that is worse for what it measures.
pub(crate) fn rates_are_dominated(trust: Trust) -> bool {
    trust.upholds(LEASES) && trust.upholds(OBLIGATIONS)
}

/// Whose clock a message carries a reading of, from which a lease may come to be measured.
pub(crate) fn stamped_by(envelope: &Envelope) -> Option<NodeId> {
    envelope.message()?.stamped_by(envelope.from, envelope.to)
}
