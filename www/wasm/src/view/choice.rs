//! One thing that may happen next.

use super::letter::letter_of;
use crate::session::Moment;
use quorate::id::{NodeId, NodeSet};
use quorate_models::world::{Choice, World};
use serde::Serialize;

/// One thing that may happen next.
#[derive(Serialize, Debug)]
pub struct ChoiceView {
    index: usize,
    name: String,
    kind: &'static str,
    node: Option<u8>,
    other: Option<u8>,
    letter: Option<u32>,
    ticks: Option<Vec<u8>>,
    side: Option<Vec<u8>>,
    both: Option<bool>,
    kept: Option<usize>,
    effective: bool,
}

/// The kind of a choice, in kebab-case.
pub(crate) fn kind(choice: &Choice) -> &'static str {
    match choice {
        Choice::Deliver(_) => "deliver",
        Choice::Drop(_) => "drop",
        Choice::Duplicate(_) => "duplicate",
        Choice::Tick(_) => "tick",
        Choice::Flush(_) => "flush",
        Choice::FailFlush(_) => "fail-flush",
        Choice::Crash { .. } => "crash",
        Choice::Restart(_) => "restart",
        Choice::Done(..) => "done",
        Choice::Report(_) => "report",
        Choice::Write(_) => "write",
        Choice::Land(_) => "land",
        Choice::ReadByLease(_) => "read-by-lease",
        Choice::ConfirmRead(_) => "confirm-read",
        Choice::ReadByQuorum(_) => "read-by-quorum",
        Choice::ReadByToken(_) => "read-by-token",
        Choice::Switchover(..) => "switchover",
        Choice::AcceptLoss(_) => "accept-loss",
        Choice::Change(..) => "change",
        Choice::PowerOff { .. } => "power-off",
        Choice::Compact(_) => "compact",
        Choice::Doubt(_) => "doubt",
        Choice::Pass(_) => "pass",
        Choice::Partition { .. } => "partition",
        Choice::Heal => "heal",
        Choice::Pause(_) => "pause",
        Choice::Resume(_) => "resume",
    }
}

pub(crate) fn indices(set: NodeSet) -> Vec<u8> {
    set.iter().map(NodeId::index).collect()
}

/// The machine to which it happens.
fn node(choice: &Choice) -> Option<NodeId> {
    match choice {
        Choice::Pause(node) | Choice::Resume(node) => Some(*node),
        other => other.node(),
    }
}

impl ChoiceView {
    pub(crate) fn of(world: &World, moment: &Moment, index: usize, choice: &Choice) -> Self {
        let mut view = Self {
            index,
            name: choice.to_string(),
            kind: kind(choice),
            node: node(choice).map(NodeId::index),
            other: None,
            letter: None,
            ticks: None,
            side: None,
            both: None,
            kept: None,
            effective: world.apply(&moment.state, choice).is_some(),
        };
        match choice {
            Choice::Deliver(envelope) | Choice::Drop(envelope) | Choice::Duplicate(envelope) => {
                view.other = Some(envelope.from.index());
                view.letter = letter_of(moment, envelope).map(|letter| letter.id);
            }
            Choice::Land(landing) => view.other = Some(landing.from.index()),
            Choice::Switchover(_, heir) => view.other = Some(heir.index()),
            Choice::PowerOff { node, .. } => view.other = Some(node.index()),
            Choice::Crash { kept, .. } => view.kept = Some(*kept),
            Choice::Pass(ticks) => view.ticks = Some(ticks.clone()),
            Choice::Partition { side, both } => {
                view.side = Some(indices(*side));
                view.both = Some(*both);
            }
            _says_no_more => {}
        }
        view
    }
}
