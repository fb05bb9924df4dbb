//! A message on its way.

use super::Epoch;
use crate::session::{Letter, Moment, MomentId};
use quorate_models::world::order::in_order;
use quorate_models::world::{Envelope, Shared, Signal, Talk, Wire};
use serde::Serialize;

/// A message on its way.
#[derive(Serialize, Debug)]
pub struct LetterView {
    id: u32,
    from: u8,
    to: u8,
    kind: &'static str,
    answer: bool,
    epoch: Epoch,
    name: String,
    sent: MomentId,
    delivered: u32,
    copies: usize,
    held: bool,
}

/// A message in short.
#[derive(Serialize, Debug)]
pub struct LetterRef {
    id: u32,
    sent: MomentId,
    kind: &'static str,
    answer: bool,
}

/// Whether it answers another message.
pub(crate) fn is_answer(envelope: &Envelope) -> bool {
    match &envelope.wire {
        Wire::Node(message) => !message.body.is_request(),
        Wire::Engine(Signal { talk, .. }) => match talk {
            Talk::Connect | Talk::Stream(_) => false,
            Talk::Flushed(_) => true,
        },
    }
}

/// What is known of a message that is on its way at this moment: of equal ones, of the one that was sent first.
pub(crate) fn letter_of(moment: &Moment, envelope: &Shared<Envelope>) -> Option<Letter> {
    let at = usize::from(envelope.to.index());
    let place = moment.state.seats.get(at)?.inbox.iter().position(|other| other == envelope)?;
    moment.letters.get(at)?.get(place).copied()
}

/// The messages on their way at this moment.
pub(crate) fn letters(moment: &Moment) -> Vec<LetterView> {
    let mut views: Vec<LetterView> = Vec::new();
    for (seat, letters) in moment.state.seats.iter().zip(&moment.letters) {
        let mut last = None;
        for (envelope, letter) in seat.inbox.iter().zip(letters.iter()) {
            if last.replace(envelope) == Some(envelope)
                && let Some(view) = views.last_mut()
            {
                view.copies += 1;
            } else {
                views.push(LetterView::of(moment, envelope, *letter));
            }
        }
    }
    in_order(views, |one, other| one.id.cmp(&other.id))
}

impl LetterView {
    fn of(moment: &Moment, envelope: &Envelope, letter: Letter) -> Self {
        let outside = &moment.state.around.outside;
        let Envelope { from, to, .. } = *envelope;
        Self {
            id: letter.id,
            from: from.index(),
            to: to.index(),
            kind: envelope.kind(),
            answer: is_answer(envelope),
            epoch: envelope.epoch().into(),
            name: envelope.to_string(),
            sent: letter.sent,
            delivered: letter.delivered,
            copies: 1,
            held: outside.severs(from, to) || outside.paused.contains(to) || moment.state.node(to).is_none(),
        }
    }
}

impl LetterRef {
    pub(crate) fn of(envelope: &Envelope, letter: Letter) -> Self {
        Self { id: letter.id, sent: letter.sent, kind: envelope.kind(), answer: is_answer(envelope) }
    }
}
