//! What is asked of actors: pure functions from values to values.

use super::mail::Delivery;
use super::tables::Seat;
use super::{History, Memoisable};
use stateright::actor::{ActorModel, Command, Envelope, Id as Address, Out, is_no_op, is_no_op_with_timer};
use std::borrow::Cow;
use std::sync::Arc;

/// How an actor answered: what it is then, and what it sends.
pub(super) struct Reply<A: Memoisable> {
    pub(super) seat: Seat<A>,
    pub(super) sends: Vec<Envelope<A::Msg>>,
}

impl<A: Memoisable> Reply<A> {
    /// The actor `me`, which is `seat`, does what it was told to do.
    fn new(me: Address, mut seat: Seat<A>, out: Out<A>) -> Self {
        let mut sends = Vec::new();
        for command in out {
            match command {
                Command::Send(dst, msg) => sends.push(Envelope { src: me, dst, msg }),
                Command::SetTimer(timer, _range) => {
                    seat.timers.set(timer);
                }
                Command::CancelTimer(timer) => {
                    seat.timers.cancel(&timer);
                }
                Command::ChooseRandom(key, random) if random.is_empty() => {
                    seat.random.remove(&key);
                }
                Command::ChooseRandom(key, random) => seat.random.insert(key, random),
                Command::Save(storage) => seat.storage = Some(storage),
            }
        }
        Self { seat, sends }
    }
}

/// What an actor may do by itself.
pub(super) struct Alone<A: Memoisable> {
    pub(super) reply: Reply<A>,
    /// Whether it crashes, which only so many may do.
    pub(super) crashes: bool,
}

/// A seat with another state of the actor, if it changed.
fn changed<A: Memoisable>(seat: &Seat<A>, state: Cow<'_, A::State>) -> Seat<A> {
    let mut seat = seat.clone();
    if let Cow::Owned(state) = state {
        seat.state = Arc::new(state);
    }
    seat
}

/// What an actor does with a letter. Nothing: it ignores it.
pub(super) fn deliver<A: Memoisable, C, H: History>(
    model: &ActorModel<A, C, H>,
    seat: &Seat<A>,
    envelope: &Envelope<A::Msg>,
) -> Option<Reply<A>> {
    if seat.crashed {
        return None;
    }
    let mut state = Cow::Borrowed(&*seat.state);
    let mut out = Out::new();
    let actor = &model.actors[usize::from(envelope.dst)];
    actor.on_msg(envelope.dst, &mut state, envelope.src, envelope.msg.clone(), &mut out);
    // Where letters are in order, even one that is ignored makes way for the next.
    if is_no_op(&state, &out) && Delivery::of(&model.init_network) != Delivery::InOrder {
        return None;
    }
    Some(Reply::new(envelope.dst, changed(seat, state), out))
}

/// What an actor may do by itself: its timers, its dice, a crash, its recovery.
pub(super) fn alone<A: Memoisable, C, H: History>(
    model: &ActorModel<A, C, H>,
    index: usize,
    seat: &Seat<A>,
) -> Vec<Alone<A>> {
    let mut ways: Vec<Reply<A>> = timeouts(model, index, seat);
    ways.extend(dice(model, index, seat));
    if seat.crashed {
        let mut out = Out::new();
        let state = model.actors[index].on_start(index.into(), &seat.storage, &mut out);
        let seat = Seat { state: Arc::new(state), crashed: false, ..seat.clone() };
        ways.push(Reply::new(index.into(), seat, out));
    }
    let mut ways: Vec<Alone<A>> = ways.into_iter().map(|reply| Alone { reply, crashes: false }).collect();
    if !seat.crashed && model.max_crashes > 0 {
        let mut seat = Seat { crashed: true, ..seat.clone() };
        seat.timers.cancel_all();
        seat.random.map.clear();
        ways.push(Alone { reply: Reply { seat, sends: Vec::new() }, crashes: true });
    }
    ways
}

fn timeouts<A: Memoisable, C, H: History>(
    model: &ActorModel<A, C, H>,
    index: usize,
    seat: &Seat<A>,
) -> Vec<Reply<A>> {
    let mut timers: Vec<&A::Timer> = seat.timers.iter().collect();
    timers.sort();
    let fire = |timer: &A::Timer| {
        let mut state = Cow::Borrowed(&*seat.state);
        let mut out = Out::new();
        model.actors[index].on_timeout(index.into(), &mut state, timer, &mut out);
        if is_no_op_with_timer(&state, &out, timer) {
            return None;
        }
        let mut seat = changed(seat, state);
        seat.timers.cancel(timer);
        Some(Reply::new(index.into(), seat, out))
    };
    timers.into_iter().filter_map(fire).collect()
}

fn dice<A: Memoisable, C, H: History>(
    model: &ActorModel<A, C, H>,
    index: usize,
    seat: &Seat<A>,
) -> Vec<Reply<A>> {
    let mut dice: Vec<(&String, &Vec<A::Random>)> = seat.random.map.iter().collect();
    dice.sort();
    let mut ways = Vec::new();
    for (key, faces) in dice {
        for face in faces {
            let mut state = Cow::Borrowed(&*seat.state);
            let mut out = Out::new();
            model.actors[index].on_random(index.into(), &mut state, face, &mut out);
            let mut seat = changed(seat, state);
            seat.random.remove(key);
            ways.push(Reply::new(index.into(), seat, out));
        }
    }
    ways
}

/// The history after a letter was delivered, if one was, and others were sent.
pub(super) fn record<A: Memoisable, C, H: History>(
    model: &ActorModel<A, C, H>,
    before: &H,
    delivered: Option<&Envelope<A::Msg>>,
    sent: &[&Envelope<A::Msg>],
) -> H {
    let mut history = before.clone();
    if let Some(Envelope { src, dst, msg }) = delivered {
        let envelope = Envelope { src: *src, dst: *dst, msg };
        history = (model.record_msg_in)(&model.cfg, &history, envelope).unwrap_or(history);
    }
    for Envelope { src, dst, msg } in sent {
        let envelope = Envelope { src: *src, dst: *dst, msg };
        history = (model.record_msg_out)(&model.cfg, &history, envelope).unwrap_or(history);
    }
    history
}
