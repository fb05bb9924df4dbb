//! Words for what a machine tells, refuses and sends.

use quorate::election::Refusal;
use quorate::failover::{Body, Event, Message, Refused};
use quorate::id::{Epoch, NodeId};
use quorate_models::world::{Op, Signal, Talk, Wire, effect_name};

/// What a message is, without who gets it: `vote e1`.
pub(super) fn letter(wire: &Wire) -> String {
    match wire {
        Wire::Node(Message { epoch, body }) => format!("{} {epoch}", body.kind()),
        Wire::Engine(Signal { epoch, talk }) => match talk {
            Talk::Connect => format!("engine-connect {epoch}"),
            Talk::Stream(log) => format!("engine-stream {epoch} of {} entries", log.len()),
            Talk::Flushed(len) => format!("engine-flushed {epoch} up to {len}"),
        },
    }
}

/// What a node tells those who run it.
pub(super) fn event(event: Event) -> String {
    match event {
        Event::Elected { epoch } => format!("has won the election of {epoch}"),
        Event::Established { epoch, start } => {
            format!("is established in {epoch}: the {start} entries that it inherited are committed")
        }
        Event::Serving { epoch } => format!("serves from now on, with {epoch} as its token"),
        Event::Deposed { epoch } => format!("is no longer primary of {epoch}"),
        Event::Following { primary, epoch } => format!("follows {primary} in {epoch}"),
        Event::Accepted { from, to, .. } => format!("accepts the writes at {from} up to {to}"),
        Event::Committed { to, .. } => format!("knows {to} entries to be committed"),
        Event::Truncated { to, .. } => format!("cuts its log back to {to} entries"),
        Event::LossAccepted { epoch, from, known } => {
            format!(
                "begins {epoch} accepting loss: what is beyond {from} is lost, of which {known} was known"
            )
        }
        Event::ReadAt { id, at } => format!("may answer read {id} from {at}"),
        Event::ReadConfirmed { id } => format!("answers read {id}"),
        Event::ReadLost { id, .. } => format!("says that the write which read {id} names is lost"),
        Event::ReadFailed { id } => format!("gives read {id} up"),
        Event::Configured { config } => format!("has finished the change to {config}"),
        Event::Degraded { since } => format!("acknowledges by the weak family from {since} on"),
        Event::Strengthened { at } => format!("acknowledges by the strong family again, from {at} on"),
        Event::HandedOver { to } => format!("has given up its lease and told {to} to stand"),
        Event::EffectFailed(effect) => format!("learns that this failed: {}", effect_name(effect)),
        Event::ClockDoubted => {
            "takes its lease for void until a quorum answers again: its clock is in doubt".into()
        }
        Event::Halted(halt) => format!("stops for good: {halt:?}"),
    }
}

/// Why a vote is not given.
fn reason(reason: Refusal, epoch: Epoch) -> String {
    match reason {
        Refusal::OldEpoch => format!("it is in {epoch} already, which is newer"),
        Refusal::OldConfig => {
            "its own configuration is newer, and the other may not know who votes now".into()
        }
        Refusal::NotCandidate => "the other may not become primary under a configuration they share".into(),
        Refusal::PrimaryAlive => "it hears a primary that hears a quorum".into(),
        Refusal::Voted(node) => format!("it has voted for {node} in {epoch}"),
        Refusal::Outranked => "it would rather stand itself: its log or its priority is higher".into(),
    }
}

/// What a node refuses, in its epoch.
pub(super) fn refused(refused: Refused, epoch: Epoch) -> String {
    match refused {
        Refused::Vote { to, reason: why } => format!("refuses the vote to {to}: {}", reason(why, epoch)),
        Refused::Impossible { from, what } => {
            format!("refuses what {from} sent, because no correct node can have sent it: {what:?}")
        }
        other => format!("refuses: {other}"),
    }
}

/// A refusal that is sent, in the refuser's epoch.
pub(super) fn refusal(to: NodeId, message: &Message<Op>) -> Option<String> {
    match &message.body {
        Body::Refused { reason: why, .. } => {
            Some(format!("refuses what {to} asks: {}", reason(*why, message.epoch)))
        }
        _no_refusal => None,
    }
}
