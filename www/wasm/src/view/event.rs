//! What led to a moment.

use super::choice::kind;
use super::letter::{LetterRef, is_answer, letter_of};
use super::node::{self, Role};
use super::{BrokenView, Epoch};
use crate::Trouble;
use crate::session::{Moment, MomentId, Session, Step};
use quorate::id::NodeId;
use quorate_models::run::{Scene, Where, scene};
use quorate_models::world::{Choice, World};
use serde::Serialize;

/// What led to a moment.
#[derive(Serialize, Debug)]
pub struct EventView {
    id: MomentId,
    parent: MomentId,
    depth: u32,
    name: String,
    kind: &'static str,
    place: Place,
    label: String,
    changes: Vec<String>,
    letter: Option<LetterRef>,
    sent: Vec<SentView>,
    lanes: Vec<Lane>,
    time: u32,
    acked: usize,
    broken: Option<BrokenView>,
}

/// Where something happens.
#[derive(Serialize, Debug)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Place {
    /// A message travels.
    Between {
        /// Who sent it.
        from: u8,
        /// To whom.
        to: u8,
    },
    /// A message is lost.
    Lost {
        /// Who sent it.
        from: u8,
        /// To whom.
        to: u8,
    },
    /// At one machine.
    At {
        /// Which.
        node: u8,
    },
    /// Between a machine and the resource.
    Resource {
        /// Which.
        from: u8,
    },
    /// Time passes.
    Everywhere {
        /// On each clock.
        ticks: Vec<u8>,
    },
    /// Links change.
    Links,
}

/// A message that was sent.
#[derive(Serialize, Debug)]
pub struct SentView {
    id: u32,
    to: u8,
    kind: &'static str,
    answer: bool,
}

/// How a machine stands.
#[derive(Serialize, Debug)]
pub struct Lane {
    role: Role,
    phase: Option<&'static str>,
    epoch: Epoch,
    serving: bool,
    paused: bool,
    lease: Option<u64>,
    committed: u64,
    clock: u32,
}

impl From<Where> for Place {
    fn from(place: Where) -> Self {
        match place {
            Where::Between(from, to) => Place::Between { from: from.index(), to: to.index() },
            Where::Lost(from, to) => Place::Lost { from: from.index(), to: to.index() },
            Where::At(node) => Place::At { node: node.index() },
            Where::ToResource(from) => Place::Resource { from: from.index() },
            Where::Everywhere(ticks) => Place::Everywhere { ticks },
            Where::Links => Place::Links,
        }
    }
}

impl EventView {
    pub(crate) fn of(session: &Session, id: MomentId) -> Result<Option<Self>, Trouble> {
        let after = session.moment(id)?;
        let Some((step, before)) = session.origin(id)? else { return Ok(None) };
        let Step { parent, choice, .. } = step;
        let Scene { place, label, changes } = scene(session.world(), choice, &before.state, &after.state);
        Ok(Some(Self {
            id,
            parent: *parent,
            depth: after.depth,
            name: choice.to_string(),
            kind: kind(choice),
            place: place.into(),
            label,
            changes,
            letter: letter(before, choice),
            sent: sent(session.world(), before, after, choice),
            lanes: after.state.machines().map(|(id, _)| Lane::of(after, id)).collect(),
            time: after.time,
            acked: after.state.history().acked,
            broken: after.broken.as_ref().map(BrokenView::from),
        }))
    }
}

/// The message that a choice is about.
fn letter(before: &Moment, choice: &Choice) -> Option<LetterRef> {
    match choice {
        Choice::Deliver(envelope) | Choice::Drop(envelope) | Choice::Duplicate(envelope) => {
            Some(LetterRef::of(envelope, letter_of(before, envelope)?))
        }
        _about_no_message => None,
    }
}

/// What a choice sent, found by making it again.
fn sent(world: &World, before: &Moment, after: &Moment, choice: &Choice) -> Vec<SentView> {
    let again = choice.node().and_then(|id| {
        let seat = before.state.seats.get(usize::from(id.index()))?;
        world.step(id, seat, &before.state.around, choice)
    });
    let sent = again.map(|step| step.sent).unwrap_or_default();
    let view = |envelope| {
        let letter = letter_of(after, envelope)?;
        Some(SentView {
            id: letter.id,
            to: envelope.to.index(),
            kind: envelope.kind(),
            answer: is_answer(envelope),
        })
    };
    sent.iter().filter_map(view).collect()
}

impl Lane {
    fn of(moment: &Moment, id: NodeId) -> Self {
        let local = moment.state.machine(id);
        Self {
            role: Role::of(local),
            phase: node::phase(local),
            epoch: node::epoch(local).into(),
            serving: node::serves(local),
            paused: moment.state.around.outside.paused.contains(id),
            lease: node::lease(local).map(|lease| lease.left),
            committed: node::committed(local),
            clock: moment.clocks.get(usize::from(id.index())).copied().unwrap_or(0),
        }
    }
}
