//! The parts that states are made of: every seat and every surroundings is a number, and what the pure functions
//! of the world make of them is remembered, as in [`memo`](crate::check::memo).
//!
//! The numbers belong to one worker. What is the same everywhere is the fingerprint of a part, and with it that
//! of a state: the sum of those of its parts.
//!
//! A part cannot be sent: the production state does not promise to be serialisable. But each part but the first
//! ones is the value of a pure function of other parts, so where it came from ([`SeatOrigin`], [`AroundOrigin`])
//! is sent once instead, and the receiver computes it again and compares the fingerprint.

use crate::invariant::state::{judge, judge_pair, judge_seat};
use crate::world::{Around, Choice, Clocks, Inbox, MAX_NODES, Seat, Shared, State, World, fingerprint, node};
use quorate::id::{Epoch, NodeId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// A number in place of a part.
pub(super) type Id = u32;
/// The numbers of a state: its seats, then its surroundings. What is left is zero.
pub(super) type Ids = [Id; WIDTH];
const WIDTH: usize = MAX_NODES as usize + 1;
/// No part.
pub(super) const NONE: Id = Id::MAX;

/// A hasher for keys that are small numbers side by side: one multiplication spreads them.
#[derive(Clone, Copy, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("keys are single numbers");
    }
    fn write_u64(&mut self, key: u64) {
        let wide = u128::from(key ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
        self.0 = (wide as u64) ^ ((wide >> 64) as u64);
    }
}

type Map<V> = HashMap<u64, V, BuildHasherDefault<Spread>>;

/// Two numbers as one key.
const fn key(a: Id, b: Id) -> u64 {
    ((a as u64) << 32) | b as u64
}

/// A choice at a seat: its place among [`World::choices_at`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Turn {
    pub(super) seat: Id,
    pub(super) around: Id,
    pub(super) number: u32,
}

/// Where a seat came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum SeatOrigin {
    /// It is the first state's, at this place.
    Start(u8),
    /// It is the one whose turn it was.
    Turn(Turn),
    /// It received what was sent in a turn.
    Mail { seat: Id, sent: Turn },
    /// It forgot questions of a sender that has entered an epoch.
    Forget { seat: Id, sender: u8, epoch: Epoch },
    /// Time passed.
    Age { seat: Id, ticks: Box<[u8]> },
}

/// Where surroundings came from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum AroundOrigin {
    /// They are the first state's.
    Start,
    /// They are those after a turn.
    Turn(Turn),
    /// They are those after something happened around: its place among [`World::choices_around`].
    Around { around: Id, number: u32 },
    /// A machine was suspended while time passed.
    Suspend { around: Id },
}

/// Values, their numbers, their fingerprints and their origins.
struct Interner<T, O> {
    ids: Map<Id>,
    values: Vec<T>,
    prints: Vec<u64>,
    origins: Vec<O>,
}

impl<T, O> Default for Interner<T, O> {
    fn default() -> Self {
        Self { ids: Map::default(), values: Vec::new(), prints: Vec::new(), origins: Vec::new() }
    }
}

impl<T, O> Interner<T, O> {
    fn intern(&mut self, print: u64, made: impl FnOnce() -> (T, O)) -> Id {
        let next = self.values.len() as Id;
        let id = *self.ids.entry(print).or_insert(next);
        if id == next {
            let (value, origin) = made();
            self.values.push(value);
            self.prints.push(print);
            self.origins.push(origin);
        }
        id
    }

    fn value(&self, id: Id) -> &T {
        &self.values[id as usize]
    }
}

/// A seat, and what is asked of it again and again.
struct Place {
    id: NodeId,
    seat: Seat,
    clocks: Clocks,
    fresh: bool,
    sound: bool,
}

/// What a turn does to the whole.
struct Move {
    number: u32,
    seat: Id,
    around: Id,
    /// The sender's epoch, if it became durable: some of its questions may be pointless now.
    entered: Option<Epoch>,
    /// For each receiver, what is added to its inbox.
    mail: Vec<(u8, Id)>,
}

/// A range of moves.
#[derive(Clone, Copy)]
struct Span {
    from: u32,
    to: u32,
}

/// The fingerprint of a seat at its place.
fn seat_print(id: NodeId, seat: &Seat) -> u64 {
    fingerprint(&(id, seat.machine.fingerprint(), seat.inbox.fingerprint()))
}

/// The fingerprint of a state, the same in every process.
pub(super) fn print_of(state: &State) -> u64 {
    let seats = state.seats().map(|(id, seat)| seat_print(id, seat));
    seats.fold(state.around.fingerprint(), u64::wrapping_add)
}

/// The parts that one worker knows.
pub(super) struct Parts {
    world: Arc<World>,
    start: State,
    seats: usize,
    places: Interner<Place, SeatOrigin>,
    arounds: Interner<Shared<Around>, AroundOrigin>,
    mails: Interner<Inbox, Turn>,
    ways: Interner<Box<[u8]>, ()>,
    moves: Vec<Move>,
    moves_at: Map<Span>,
    moves_around: Vec<Option<Arc<[Id]>>>,
    received: Map<Id>,
    forgotten: HashMap<(Id, NodeId, Epoch), Id>,
    aged: Map<Id>,
    times: HashMap<(Clocks, u8), Arc<[Id]>>,
    paired: Map<bool>,
}

impl Parts {
    /// The parts of the first state.
    pub(super) fn new(world: Arc<World>, start: State) -> Self {
        Self {
            seats: start.seats.len(),
            world,
            start,
            places: Interner::default(),
            arounds: Interner::default(),
            mails: Interner::default(),
            ways: Interner::default(),
            moves: Vec::new(),
            moves_at: Map::default(),
            moves_around: Vec::new(),
            received: Map::default(),
            forgotten: HashMap::default(),
            aged: Map::default(),
            times: HashMap::default(),
            paired: Map::default(),
        }
    }

    /// How many numbers a state has.
    pub(super) fn width(&self) -> usize {
        self.seats + 1
    }

    /// The numbers of the first state.
    pub(super) fn start(&mut self) -> Ids {
        let mut ids = [0; WIDTH];
        for at in 0..self.seats {
            ids[at] = self.first_seat(at);
        }
        ids[self.seats] = self.first_around();
        ids
    }

    fn first_seat(&mut self, at: usize) -> Id {
        self.place(node(at), self.start.seats[at].clone(), SeatOrigin::Start(at as u8))
    }

    fn first_around(&mut self) -> Id {
        let around = self.start.around.clone();
        self.arounds.intern(around.fingerprint(), || (around, AroundOrigin::Start))
    }

    /// The fingerprint of a state.
    pub(super) fn print(&self, ids: &[Id]) -> u64 {
        let (seats, around) = (&ids[..self.seats], ids[self.seats]);
        let seats = seats.iter().map(|id| self.places.prints[*id as usize]);
        seats.fold(self.arounds.prints[around as usize], u64::wrapping_add)
    }

    /// The fingerprint of a seat, and where it came from.
    pub(super) fn seat_lesson(&self, id: Id) -> (u64, &SeatOrigin) {
        (self.places.prints[id as usize], &self.places.origins[id as usize])
    }

    /// The fingerprint of surroundings, and where they came from.
    pub(super) fn around_lesson(&self, id: Id) -> (u64, &AroundOrigin) {
        (self.arounds.prints[id as usize], &self.arounds.origins[id as usize])
    }

    fn place(&mut self, id: NodeId, seat: Seat, origin: SeatOrigin) -> Id {
        let world = &self.world;
        self.places.intern(seat_print(id, &seat), || {
            let place = Place {
                id,
                clocks: Clocks::of(world, id, &seat),
                fresh: world.is_fresh(id, &seat),
                sound: judge_seat(world, (id, &seat)).is_none(),
                seat,
            };
            (place, origin)
        })
    }

    fn around(&mut self, around: Around, origin: AroundOrigin) -> Id {
        let shared = Shared::new(around);
        self.arounds.intern(shared.fingerprint(), || (shared.clone(), origin))
    }

    fn decode(&self, ids: &[Id]) -> State {
        let seat = |id: &Id| self.places.value(*id).seat.clone();
        State {
            seats: ids[..self.seats].iter().map(seat).collect(),
            around: self.arounds.value(ids[self.seats]).clone(),
        }
    }

    // ---- judging ---------------------------------------------------------------------------------------

    /// Whether no invariant is violated in a state.
    pub(super) fn is_sound(&mut self, ids: &[Id]) -> bool {
        let around = self.arounds.value(ids[self.seats]);
        let mut sound = around.history.broken.is_none() && self.world.model.changes.is_empty();
        for (i, a) in ids[..self.seats].iter().enumerate() {
            sound &= self.places.value(*a).sound;
            for b in &ids[i + 1..self.seats] {
                sound &= self.pair_is_sound(*a, *b);
            }
        }
        sound || judge(&self.world, &self.decode(ids)).is_none()
    }

    fn pair_is_sound(&mut self, a: Id, b: Id) -> bool {
        let (world, places) = (&self.world, &self.places);
        *self.paired.entry(key(a, b)).or_insert_with(|| {
            let place = |id: Id| (places.value(id).id, &places.value(id).seat);
            judge_pair(world, place(a), place(b)).is_none()
        })
    }

    // ---- what follows ----------------------------------------------------------------------------------

    /// Adds the successors of a state to `found`, as often as there are ways to them.
    pub(super) fn expand(&mut self, ids: &Ids, found: &mut Vec<Ids>) {
        let fresh = ids[..self.seats].iter().filter(|id| self.places.value(**id).fresh).count();
        if fresh > 1 && self.world.reductions().symmetry {
            // Where mirror images are to be left out: the world says which choices are left.
            let kept = self.world.choices(&self.decode(ids));
            self.expand_kept(ids, &kept, found);
        } else {
            self.expand_all(ids, found);
        }
    }

    fn expand_all(&mut self, ids: &Ids, found: &mut Vec<Ids>) {
        let mut add = |next: Ids| {
            if next != *ids {
                found.push(next);
            }
        };
        let around = ids[self.seats];
        for at in 0..self.seats {
            let Span { from, to } = self.moves_of(ids[at], around);
            for index in from..to {
                add(self.moved(ids, at, index as usize));
            }
        }
        for next in self.moves_around_of(around).iter().copied() {
            add(self.surrounded(ids, next));
        }
        for way in self.times_of(ids).iter().copied() {
            self.passed(ids, way).into_iter().for_each(&mut add);
        }
    }

    fn expand_kept(&mut self, ids: &Ids, kept: &[Choice], found: &mut Vec<Ids>) {
        let mut add = |next: Ids| {
            if next != *ids {
                found.push(next);
            }
        };
        let around = ids[self.seats];
        let surroundings = self.arounds.value(around).clone();
        for at in 0..self.seats {
            let Place { id, seat, .. } = self.places.value(ids[at]);
            let choices = self.world.choices_at(*id, seat, &surroundings);
            let Span { from, to } = self.moves_of(ids[at], around);
            for index in from..to {
                if kept.contains(&choices[self.moves[index as usize].number as usize]) {
                    add(self.moved(ids, at, index as usize));
                }
            }
        }
        let choices = self.world.choices_around(&surroundings);
        for (next, choice) in self.moves_around_of(around).iter().zip(&choices) {
            if kept.contains(choice) {
                add(self.surrounded(ids, *next));
            }
        }
        for way in self.times_of(ids).iter().copied() {
            if kept.contains(&Choice::Pass(self.ways.value(way).to_vec())) {
                self.passed(ids, way).into_iter().for_each(&mut add);
            }
        }
    }

    /// The moves of a seat in its surroundings.
    fn moves_of(&mut self, seat: Id, around: Id) -> Span {
        if let Some(span) = self.moves_at.get(&key(seat, around)) {
            return *span;
        }
        let world = Arc::clone(&self.world);
        let Place { id, seat: before, .. } = self.places.value(seat);
        let (id, before, surroundings) = (*id, before.clone(), self.arounds.value(around).clone());
        let from = self.moves.len() as u32;
        for (number, choice) in (0..).zip(world.choices_at(id, &before, &surroundings)) {
            if let Some(step) = world.step(id, &before, &surroundings, &choice) {
                let epoch = step.seat.machine.disk.hard.epoch();
                let entered = (epoch > before.machine.disk.hard.epoch()).then_some(epoch);
                let turn = Turn { seat, around, number };
                let mail = (0..self.seats).filter_map(|to| self.mail(to, &step.sent, turn)).collect();
                let seat = self.place(id, step.seat, SeatOrigin::Turn(turn));
                let around = self.around(step.around, AroundOrigin::Turn(turn));
                self.moves.push(Move { number, seat, around, entered, mail });
            }
        }
        let span = Span { from, to: self.moves.len() as u32 };
        self.moves_at.insert(key(seat, around), span);
        span
    }

    /// What of the messages sent in a turn goes to one receiver.
    fn mail(&mut self, to: usize, sent: &Inbox, turn: Turn) -> Option<(u8, Id)> {
        let letters: Inbox = sent.iter().filter(|envelope| envelope.to == node(to)).cloned().collect();
        let print = fingerprint(&letters);
        (!letters.is_empty()).then(|| (to as u8, self.mails.intern(print, || (letters, turn))))
    }

    fn moved(&mut self, ids: &Ids, at: usize, index: usize) -> Ids {
        let mut next = *ids;
        let Move { seat, around, entered, .. } = self.moves[index];
        next[at] = seat;
        next[self.seats] = around;
        if let Some(epoch) = entered {
            for other in (0..self.seats).filter(|other| *other != at) {
                next[other] = self.forget(next[other], node(at), epoch);
            }
        }
        for letter in 0..self.moves[index].mail.len() {
            let (to, mail) = self.moves[index].mail[letter];
            next[usize::from(to)] = self.receive(next[usize::from(to)], mail);
        }
        next
    }

    fn receive(&mut self, seat: Id, mail: Id) -> Id {
        if let Some(known) = self.received.get(&key(seat, mail)) {
            return *known;
        }
        let Place { id, seat: before, .. } = self.places.value(seat);
        let (id, after) = (*id, self.world.receive(before, self.mails.value(mail)));
        let sent = self.mails.origins[mail as usize];
        let after = self.place(id, after, SeatOrigin::Mail { seat, sent });
        self.received.insert(key(seat, mail), after);
        after
    }

    fn forget(&mut self, seat: Id, sender: NodeId, epoch: Epoch) -> Id {
        if let Some(known) = self.forgotten.get(&(seat, sender, epoch)) {
            return *known;
        }
        let Place { id, seat: before, .. } = self.places.value(seat);
        let (id, after) = (*id, self.world.forget(before, sender, epoch));
        let after = self.place(id, after, SeatOrigin::Forget { seat, sender: sender.index(), epoch });
        self.forgotten.insert((seat, sender, epoch), after);
        after
    }

    fn surrounded(&self, ids: &Ids, around: Id) -> Ids {
        let mut next = *ids;
        next[self.seats] = around;
        next
    }

    fn moves_around_of(&mut self, around: Id) -> Arc<[Id]> {
        let index = around as usize;
        if self.moves_around.len() <= index {
            self.moves_around.resize(index + 1, None);
        }
        if let Some(known) = &self.moves_around[index] {
            return Arc::clone(known);
        }
        let count = self.world.choices_around(self.arounds.value(around)).len() as u32;
        let after: Arc<[Id]> =
            (0..count).filter_map(|number| self.happen_around(around, number)).collect::<Vec<_>>().into();
        self.moves_around[index] = Some(Arc::clone(&after));
        after
    }

    fn happen_around(&mut self, around: Id, number: u32) -> Option<Id> {
        let before = self.arounds.value(around);
        let choices = self.world.choices_around(before);
        let mut after = (**before).clone();
        self.world.happen_around(&mut after, choices.get(number as usize)?);
        Some(self.around(after, AroundOrigin::Around { around, number }))
    }

    // ---- time ------------------------------------------------------------------------------------------

    /// The ways in which time can pass.
    fn times_of(&mut self, ids: &Ids) -> Arc<[Id]> {
        if self.world.scope().rates.is_none() {
            return Arc::default();
        }
        let around = self.arounds.value(ids[self.seats]);
        if around.history.broken.is_some() {
            return Arc::default();
        }
        let clocks = ids[..self.seats]
            .iter()
            .map(|id| self.places.value(*id).clocks)
            .fold(Clocks::default(), Clocks::and);
        let suspends = around.budget.suspends;
        if let Some(known) = self.times.get(&(clocks, suspends)) {
            return Arc::clone(known);
        }
        let choices = self.world.choices_of_time(clocks, around);
        let ways: Arc<[Id]> = choices
            .into_iter()
            .filter_map(|choice| match choice {
                Choice::Pass(ticks) => Some(self.way(ticks.into())),
                _no_time => None,
            })
            .collect::<Vec<_>>()
            .into();
        self.times.insert((clocks, suspends), Arc::clone(&ways));
        ways
    }

    fn way(&mut self, ticks: Box<[u8]>) -> Id {
        self.ways.intern(fingerprint(&ticks), || (ticks, ()))
    }

    fn passed(&mut self, ids: &Ids, way: Id) -> Option<Ids> {
        let mut next = *ids;
        for seat in &mut next[..self.seats] {
            *seat = self.age(*seat, way)?;
        }
        if self.ways.value(way).contains(&0) {
            next[self.seats] = self.suspend(next[self.seats])?;
        }
        Some(next)
    }

    fn suspend(&mut self, around: Id) -> Option<Id> {
        let mut after = (**self.arounds.value(around)).clone();
        after.budget.suspends = after.budget.suspends.checked_sub(1)?;
        Some(self.around(after, AroundOrigin::Suspend { around }))
    }

    fn age(&mut self, seat: Id, way: Id) -> Option<Id> {
        if let Some(known) = self.aged.get(&key(seat, way)) {
            return (*known != NONE).then_some(*known);
        }
        let Place { id, seat: before, .. } = self.places.value(seat);
        let ticks = self.ways.value(way);
        let origin = SeatOrigin::Age { seat, ticks: ticks.clone() };
        let (id, after) = (*id, self.world.aged(*id, before, ticks));
        let after = after.map_or(NONE, |after| self.place(id, after, origin));
        self.aged.insert(key(seat, way), after);
        (after != NONE).then_some(after)
    }

    // ---- learning --------------------------------------------------------------------------------------

    /// The seat of this fingerprint, computed from its origin if it is not known; `None` if that is another one.
    pub(super) fn learn_seat(&mut self, print: u64, origin: &SeatOrigin) -> Option<Id> {
        if let Some(known) = self.places.ids.get(&print) {
            return Some(*known);
        }
        let learnt = match origin {
            SeatOrigin::Start(at) if usize::from(*at) < self.seats => self.first_seat(usize::from(*at)),
            SeatOrigin::Start(_) => return None,
            SeatOrigin::Turn(turn) => {
                let span = self.moves_of(turn.seat, turn.around);
                self.move_of(span, turn.number)?.seat
            }
            SeatOrigin::Mail { seat, sent } => {
                let to = self.places.value(*seat).id.index();
                let span = self.moves_of(sent.seat, sent.around);
                let mail = &self.move_of(span, sent.number)?.mail;
                let mail = mail.iter().find(|(receiver, _)| *receiver == to)?.1;
                self.receive(*seat, mail)
            }
            SeatOrigin::Forget { seat, sender, epoch } if usize::from(*sender) < self.seats => {
                self.forget(*seat, node(usize::from(*sender)), *epoch)
            }
            SeatOrigin::Forget { .. } => return None,
            SeatOrigin::Age { seat, ticks } if ticks.len() == self.seats => {
                let way = self.way(ticks.clone());
                self.age(*seat, way)?
            }
            SeatOrigin::Age { .. } => return None,
        };
        (self.places.prints[learnt as usize] == print).then_some(learnt)
    }

    /// The surroundings of this fingerprint, computed from their origin if they are not known.
    pub(super) fn learn_around(&mut self, print: u64, origin: &AroundOrigin) -> Option<Id> {
        if let Some(known) = self.arounds.ids.get(&print) {
            return Some(*known);
        }
        let learnt = match origin {
            AroundOrigin::Start => self.first_around(),
            AroundOrigin::Turn(turn) => {
                let span = self.moves_of(turn.seat, turn.around);
                self.move_of(span, turn.number)?.around
            }
            AroundOrigin::Around { around, number } => self.happen_around(*around, *number)?,
            AroundOrigin::Suspend { around } => self.suspend(*around)?,
        };
        (self.arounds.prints[learnt as usize] == print).then_some(learnt)
    }

    fn move_of(&self, Span { from, to }: Span, number: u32) -> Option<&Move> {
        self.moves[from as usize..to as usize].iter().find(|made| made.number == number)
    }
}
