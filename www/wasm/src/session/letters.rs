//! Which message is which: a message keeps its number for as long as it travels.
//!
//! An inbox of the world is a sorted list of messages, and a message has no identity there: while time passes, a
//! reading of a clock in it grows older, and it becomes another one. Here each message of an inbox has a *letter*
//! beside it. After a choice, an inbox is compared with what became of the one before; what is in both is the same
//! letter, what is only in the new one was sent at this moment.
//!
//! Equal messages on their way to the same machine share one number, since no choice tells them apart; each knows the
//! moment in which it was sent, and the one that was sent first is the one that arrives.

use super::{Moment, MomentId};
use quorate::rule::without;
use quorate_models::world::order::in_order;
use quorate_models::world::{Choice, Envelope, Inbox, Shared, State, World};
use std::rc::Rc;

/// What is known of a message in an inbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Letter {
    /// Its number.
    pub(crate) id: u32,
    /// The moment in which it was sent.
    pub(crate) sent: MomentId,
    /// How often it, or one equal to it, was delivered.
    pub(crate) delivered: u32,
}

/// The letters of an inbox, in the order of its messages.
pub(super) type Letters = Rc<[Letter]>;

/// The letters of an inbox at the beginning.
pub(super) fn first(inbox: &Inbox, numbered: &mut u32) -> Letters {
    match_up(&[], inbox, 0, numbered)
}

/// The letters of every inbox of `after`, which `choice` led to from `before`.
pub(super) fn follow(
    world: &World,
    before: &Moment,
    after: &State,
    choice: &Choice,
    now: MomentId,
    numbered: &mut u32,
) -> Vec<Letters> {
    let seats = before.state.seats.iter().zip(&after.seats).zip(&before.letters);
    seats
        .map(|((old, new), letters)| {
            let delivered = match choice {
                Choice::Deliver(envelope) if old.inbox.contains(envelope) => Some(envelope),
                _another => None,
            };
            if old.inbox == new.inbox && delivered.is_none() {
                return Rc::clone(letters);
            }
            let known = aged(world, &old.inbox, letters, choice, delivered);
            match_up(&known, &new.inbox, now, numbered)
        })
        .collect()
}

type Known = (Shared<Envelope>, Letter);

/// What became of the messages of an inbox: older, if time passed; delivered once more, if one was.
fn aged(
    world: &World,
    inbox: &Inbox,
    letters: &[Letter],
    choice: &Choice,
    delivered: Option<&Shared<Envelope>>,
) -> Vec<Known> {
    let known = inbox.iter().zip(letters);
    let Choice::Pass(ticks) = choice else {
        let more = |envelope| u32::from(delivered == Some(envelope));
        return known
            .map(|(envelope, letter)| {
                let delivered = letter.delivered.saturating_add(more(envelope));
                (envelope.clone(), Letter { delivered, ..*letter })
            })
            .collect();
    };
    let older = |(envelope, letter): (&Shared<Envelope>, &Letter)| {
        Some((world.aged_message(envelope, ticks)?, *letter))
    };
    let known: Vec<Known> = without(world.rules_off(), || known.filter_map(older).collect());
    // What was sent first is first among equals.
    in_order(known, |(a, one), (b, other)| a.cmp(b).then(one.sent.cmp(&other.sent)))
}

/// The letters of `inbox`, as far as they are `known`, which is sorted as an inbox is.
fn match_up(known: &[Known], inbox: &Inbox, now: MomentId, numbered: &mut u32) -> Letters {
    let mut letters = Vec::with_capacity(inbox.len());
    let mut from = 0;
    let mut rest = &inbox[..];
    while let Some(envelope) = rest.first() {
        let count = rest.iter().take_while(|other| *other == envelope).count();
        rest = &rest[count..];
        from += known[from..].iter().take_while(|(other, _)| other < envelope).count();
        let same = known[from..].iter().take_while(|(other, _)| other == envelope).count();
        let group = &known[from..from + same];
        from += same;
        // Of equal messages those that were sent first are gone first; merged ones are one from now on.
        let merged =
            count == 1 && group.iter().any(|(_, letter)| Some(letter.id) != group.first().map(|(_, a)| a.id));
        let gone = if merged { 0 } else { same.saturating_sub(count) };
        let id = group.first().map_or_else(
            || {
                let id = *numbered;
                *numbered = numbered.saturating_add(1);
                id
            },
            |(_, letter)| letter.id,
        );
        let old = group.iter().skip(gone).map(|(_, letter)| Letter { id, ..*letter });
        let new = std::iter::repeat(Letter { id, sent: now, delivered: 0 });
        letters.extend(old.chain(new).take(count));
    }
    letters.into()
}
