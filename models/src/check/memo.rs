//! The memoised engine: breadth-first search over short vectors of numbers.
//!
//! What happens to a machine is a pure function of its seat, the surroundings and the choice
//! ([`World::step`]). The same few thousand seats and surroundings make up millions of states, so each function
//! is computed once and remembered: a seat becomes a number, a state becomes one number a seat and one for the
//! surroundings, and a transition becomes a few look-ups. The production code runs a few thousand times instead
//! of a hundred million.
//!
//! # Why it is right
//!
//! It computes the same transitions as [`World::apply`], which is put together from the same functions; that the
//! functions are pure is what the core promises, and the tests compare counts and depths with stateright on the
//! world itself, state by state where they are few. States are stored whole and compared exactly; only seats and
//! surroundings are identified by 64-bit fingerprints.
//!
//! Breadth first, in one thread, so that the first violation found is a shortest one.

use super::{Bounds, Outcome, Progress, Report, Why, resident};
use crate::invariant::Broken;
use crate::invariant::state::{judge, judge_pair, judge_seat};
use crate::world::{
    Around, Choice, Clocks, Envelope, Inbox, MAX_NODES, Seat, Shared, State, Step, World, fingerprint, node,
};
use quorate::id::{Epoch, NodeId};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// A number in place of a value.
type Id = u32;
/// The numbers of a state: its seats, then its surroundings. What is left is zero.
type Ids = [Id; WIDTH];
const WIDTH: usize = MAX_NODES as usize + 1;
const NONE: Id = Id::MAX;

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

/// States expanded before the caller is asked again.
const SLICE: usize = 10_000;

type Map<V> = HashMap<u64, V, BuildHasherDefault<Spread>>;

/// Two numbers as one key.
const fn key(a: Id, b: Id) -> u64 {
    ((a as u64) << 32) | b as u64
}

/// Values and their numbers.
struct Interner<T> {
    ids: Map<Id>,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { ids: Map::default(), values: Vec::new() }
    }
}

impl<T> Interner<T> {
    fn intern(&mut self, fingerprint: u64, value: impl FnOnce() -> T) -> Id {
        let next = self.values.len() as Id;
        let id = *self.ids.entry(fingerprint).or_insert(next);
        if id == next {
            self.values.push(value());
        }
        id
    }
}

/// A seat, and what the engine asks of it again and again.
struct Place {
    id: NodeId,
    seat: Seat,
    clocks: Clocks,
    fresh: bool,
    sound: bool,
}

/// What a choice at one seat does to the whole.
struct Move {
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

/// A memoised search.
pub struct Memo<'w> {
    world: &'w World,
    seats: usize,
    places: Interner<Place>,
    arounds: Interner<Shared<Around>>,
    mails: Interner<Inbox>,
    ways: Interner<Vec<u8>>,
    moves: Vec<Move>,
    moves_at: Map<Span>,
    moves_around: Vec<Option<Arc<[Id]>>>,
    received: Map<Id>,
    forgotten: HashMap<(Id, NodeId, Epoch), Id>,
    aged: Map<Id>,
    times: HashMap<(Clocks, u8), Arc<[Id]>>,
    paired: Map<bool>,
    /// The states, one after the other, `seats + 1` numbers each, in the order in which they were found.
    states: Vec<Id>,
    parents: Vec<u32>,
    table: Table,
    /// Successors of the state at hand, the hash of each, and what is where it belongs.
    found: Vec<(Ids, u64, Slot)>,
    next: usize,
    depth: u32,
    level_end: usize,
    transitions: u64,
    violation: Option<(u32, Broken)>,
}

/// Which states are known: an open-addressing table.
struct Table {
    slots: Vec<Slot>,
    used: usize,
}

/// The number of a state, and part of its hash, so that a state is looked at only if it is likely the same.
#[derive(Clone, Copy)]
struct Slot {
    index: u32,
    part: u32,
}

impl Slot {
    const EMPTY: Slot = Slot { index: NONE, part: 0 };

    const fn new(hash: u64, index: u32) -> Self {
        Self { index, part: (hash >> 32) as u32 }
    }

    const fn is_empty(self) -> bool {
        self.index == NONE
    }

    const fn holds(self, hash: u64) -> bool {
        self.part == (hash >> 32) as u32 && !self.is_empty()
    }
}

impl Table {
    fn new(size: usize) -> Self {
        Self { slots: vec![Slot::EMPTY; size], used: 0 }
    }

    fn home(&self, hash: u64) -> usize {
        hash as usize & (self.slots.len() - 1)
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }
}

fn hash_state(state: &[Id]) -> u64 {
    let mut hash = 0x517c_c1b7_2722_0a95_u64;
    for id in state {
        let wide = u128::from(hash ^ u64::from(*id)) * 0x9e37_79b9_7f4a_7c15_u128;
        hash = (wide as u64) ^ ((wide >> 64) as u64);
    }
    hash ^ (hash >> 29)
}

impl<'w> Memo<'w> {
    /// Starts at the first state.
    pub fn new(world: &'w World) -> Self {
        Self::starting_at(world, &world.initial())
    }

    /// Starts at `state`.
    pub fn starting_at(world: &'w World, state: &State) -> Self {
        let mut memo = Self {
            world,
            seats: state.seats.len(),
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
            states: Vec::new(),
            parents: Vec::new(),
            table: Table::new(1 << 12),
            found: Vec::new(),
            next: 0,
            depth: 0,
            level_end: 1,
            transitions: 0,
            violation: None,
        };
        let first = memo.encode(state);
        memo.found.push((first, 0, Slot::EMPTY));
        memo.visit_all(0);
        memo
    }

    /// Explores up to `budget` more states; the outcome, once there is one.
    pub fn advance(&mut self, budget: usize) -> Option<Outcome> {
        for _ in 0..budget {
            if let Some((index, broken)) = self.violation.take() {
                return Some(Outcome::Violated { broken, path: self.path(index) });
            }
            if self.next == self.parents.len() {
                return Some(self.emptied());
            }
            if self.next == self.level_end {
                self.depth += 1;
                self.level_end = self.parents.len();
            }
            self.expand(self.next as u32);
            self.next += 1;
        }
        None
    }

    /// The frontier is empty: a proof, unless a reduction was used that is good for finding only.
    fn emptied(&self) -> Outcome {
        let rash = self.world.reductions().rashly && !self.world.rules_off().is_empty();
        if rash { Outcome::Incomplete(Why::Reduced) } else { Outcome::Proved }
    }

    /// How far it has got. The bytes are those of the tables of states alone.
    pub fn progress(&self) -> Progress {
        let bytes =
            self.states.capacity() * 4 + self.parents.capacity() * 4 + self.table.slots.capacity() * 8;
        Progress {
            states: self.parents.len() as u64,
            frontier: (self.parents.len() - self.next) as u64,
            depth: self.depth,
            transitions: self.transitions,
            bytes: bytes as u64,
        }
    }

    /// Explores until there is an outcome, a bound is reached, or `watch` says no.
    pub fn run(mut self, bounds: Bounds, watch: &mut dyn FnMut(&Progress) -> bool) -> Report {
        let outcome = loop {
            if let Some(outcome) = self.advance(self.slice(bounds)) {
                break outcome;
            }
            let mut progress = self.progress();
            progress.bytes = resident().unwrap_or(progress.bytes);
            if let Some(why) = bounds.exceeded(&progress) {
                break Outcome::Incomplete(why);
            }
            if !watch(&progress) {
                break Outcome::Incomplete(Why::Interrupted);
            }
        };
        let mut progress = self.progress();
        progress.bytes = resident().unwrap_or(progress.bytes);
        Report { engine: "memoised", outcome, progress }
    }

    /// How many states to expand before the bounds are looked at again: fewer as the one on states comes near.
    fn slice(&self, bounds: Bounds) -> usize {
        let left = bounds.states.map_or(u64::MAX, |most| most.saturating_sub(self.parents.len() as u64));
        usize::try_from(left / 16).unwrap_or(SLICE).clamp(1, SLICE)
    }

    // ---- numbers ---------------------------------------------------------------------------------------

    fn place(&mut self, id: NodeId, seat: Seat) -> Id {
        let print = fingerprint(&(id, seat.machine.fingerprint(), seat.inbox.fingerprint()));
        let world = self.world;
        self.places.intern(print, || Place {
            id,
            clocks: Clocks::of(world, id, &seat),
            fresh: world.is_fresh(id, &seat),
            sound: judge_seat(world, (id, &seat)).is_none(),
            seat,
        })
    }

    fn around(&mut self, around: Around) -> Id {
        let shared = Shared::new(around);
        self.arounds.intern(shared.fingerprint(), || shared.clone())
    }

    fn encode(&mut self, state: &State) -> Ids {
        let mut ids = [0; WIDTH];
        for (at, (id, seat)) in state.seats().enumerate() {
            ids[at] = self.place(id, seat.clone());
        }
        ids[self.seats] = self.arounds.intern(state.around.fingerprint(), || state.around.clone());
        ids
    }

    fn decode(&self, ids: &[Id]) -> State {
        let seat = |id: &Id| self.places.values[*id as usize].seat.clone();
        State {
            seats: ids[..self.seats].iter().map(seat).collect(),
            around: self.arounds.values[ids[self.seats] as usize].clone(),
        }
    }

    fn state(&self, index: u32) -> &[Id] {
        let width = self.seats + 1;
        &self.states[index as usize * width..][..width]
    }

    // ---- visiting --------------------------------------------------------------------------------------

    /// Adds those of the collected states that are not known, and judges them.
    fn visit_all(&mut self, parent: u32) {
        let mut found = std::mem::take(&mut self.found);
        self.transitions += found.len() as u64;
        while (self.table.used + found.len()) * 4 > self.table.slots.len() * 3 {
            self.grow();
        }
        // First look where each belongs, then compare: the looks do not wait for each other.
        for (ids, hash, seen) in &mut found {
            *hash = hash_state(&ids[..=self.seats]);
            *seen = self.table.slots[self.table.home(*hash)];
        }
        for (ids, hash, seen) in &found {
            self.visit(&ids[..=self.seats], *hash, *seen, parent);
        }
        found.clear();
        self.found = found;
    }

    /// Adds a state unless it is known; `seen` is what was where it belongs.
    fn visit(&mut self, ids: &[Id], hash: u64, seen: Slot, parent: u32) {
        if seen.holds(hash) && self.state(seen.index) == ids {
            return;
        }
        let mut at = self.table.home(hash);
        loop {
            let slot = self.table.slots[at];
            if slot.is_empty() {
                break;
            }
            if slot.holds(hash) && self.state(slot.index) == ids {
                return;
            }
            at = self.table.after(at);
        }
        let index = self.parents.len() as u32;
        self.table.slots[at] = Slot::new(hash, index);
        self.table.used += 1;
        self.states.extend_from_slice(ids);
        self.parents.push(parent);
        if self.violation.is_none()
            && let Some(broken) = self.judge(ids)
        {
            self.violation = Some((index, broken));
        }
    }

    fn grow(&mut self) {
        let mut table = Table::new(self.table.slots.len() * 2);
        for index in 0..self.parents.len() as u32 {
            let hash = hash_state(self.state(index));
            let mut at = table.home(hash);
            while !table.slots[at].is_empty() {
                at = table.after(at);
            }
            table.slots[at] = Slot::new(hash, index);
        }
        table.used = self.table.used;
        self.table = table;
    }

    fn judge(&mut self, ids: &[Id]) -> Option<Broken> {
        let around = &self.arounds.values[ids[self.seats] as usize];
        let mut sound = around.history.broken.is_none() && self.world.model.changes.is_empty();
        for (i, a) in ids[..self.seats].iter().enumerate() {
            sound &= self.places.values[*a as usize].sound;
            for b in &ids[i + 1..self.seats] {
                sound &= self.pair_is_sound(*a, *b);
            }
        }
        if sound { None } else { judge(self.world, &self.decode(ids)) }
    }

    fn pair_is_sound(&mut self, a: Id, b: Id) -> bool {
        let (world, places) = (self.world, &self.places.values);
        *self.paired.entry(key(a, b)).or_insert_with(|| {
            let place = |id: Id| (places[id as usize].id, &places[id as usize].seat);
            judge_pair(world, place(a), place(b)).is_none()
        })
    }

    // ---- expanding -------------------------------------------------------------------------------------

    fn expand(&mut self, index: u32) {
        let mut ids = [0; WIDTH];
        ids[..=self.seats].copy_from_slice(self.state(index));
        let fresh = ids[..self.seats].iter().filter(|id| self.places.values[**id as usize].fresh).count();
        if fresh > 1 && self.world.reductions().symmetry {
            self.expand_slowly(&ids);
        } else {
            self.expand_fast(&ids);
        }
        self.visit_all(index);
    }

    fn expand_fast(&mut self, ids: &Ids) {
        let around = ids[self.seats];
        for at in 0..self.seats {
            let Span { from, to } = self.moves_of(ids[at], around);
            for number in from..to {
                let next = self.moved(ids, at, number as usize);
                self.collect(ids, next);
            }
        }
        for next_around in self.moves_around_of(around).iter().copied() {
            let mut next = *ids;
            next[self.seats] = next_around;
            self.collect(ids, next);
        }
        for way in self.times_of(ids).iter().copied() {
            if let Some(next) = self.passed(ids, way) {
                self.collect(ids, next);
            }
        }
    }

    /// By the world itself: where mirror images are to be left out.
    fn expand_slowly(&mut self, ids: &Ids) {
        let state = self.decode(&ids[..=self.seats]);
        for choice in self.world.choices(&state) {
            if let Some(next) = self.world.apply(&state, &choice) {
                let next = self.encode(&next);
                self.collect(ids, next);
            }
        }
    }

    fn collect(&mut self, from: &Ids, to: Ids) {
        if *from != to {
            self.found.push((to, 0, Slot::EMPTY));
        }
    }

    /// The moves of a seat in its surroundings.
    fn moves_of(&mut self, place: Id, around: Id) -> Span {
        if let Some(span) = self.moves_at.get(&key(place, around)) {
            return *span;
        }
        let (id, seat) =
            (self.places.values[place as usize].id, self.places.values[place as usize].seat.clone());
        let surroundings = self.arounds.values[around as usize].clone();
        let from = self.moves.len() as u32;
        for choice in self.world.choices_at(id, &seat, &surroundings) {
            if let Some(step) = self.world.step(id, &seat, &surroundings, &choice) {
                let made = self.made(id, &seat, step);
                self.moves.push(made);
            }
        }
        let span = Span { from, to: self.moves.len() as u32 };
        self.moves_at.insert(key(place, around), span);
        span
    }

    fn made(&mut self, id: NodeId, before: &Seat, step: Step) -> Move {
        let Step { seat, sent, around } = step;
        let epoch = seat.machine.disk.hard.epoch();
        let entered = (epoch > before.machine.disk.hard.epoch()).then_some(epoch);
        let mut mail = Vec::new();
        for to in (0..self.seats).map(node) {
            let letters: Inbox =
                sent.iter().filter(|envelope: &&Shared<Envelope>| envelope.to == to).cloned().collect();
            if !letters.is_empty() {
                let print = fingerprint(&letters);
                mail.push((to.index(), self.mails.intern(print, || letters)));
            }
        }
        Move { seat: self.place(id, seat), around: self.around(around), entered, mail }
    }

    fn moved(&mut self, ids: &Ids, at: usize, number: usize) -> Ids {
        let mut next = *ids;
        let Move { seat, around, entered, .. } = &self.moves[number];
        let entered = *entered;
        next[at] = *seat;
        next[self.seats] = *around;
        if let Some(epoch) = entered {
            for other in (0..self.seats).filter(|other| *other != at) {
                next[other] = self.forget(next[other], node(at), epoch);
            }
        }
        for letter in 0..self.moves[number].mail.len() {
            let (to, mail) = self.moves[number].mail[letter];
            next[usize::from(to)] = self.receive(next[usize::from(to)], mail);
        }
        next
    }

    fn receive(&mut self, place: Id, mail: Id) -> Id {
        if let Some(known) = self.received.get(&key(place, mail)) {
            return *known;
        }
        let Place { id, seat, .. } = &self.places.values[place as usize];
        let (id, seat) = (*id, self.world.receive(seat, &self.mails.values[mail as usize]));
        let after = self.place(id, seat);
        self.received.insert(key(place, mail), after);
        after
    }

    fn forget(&mut self, place: Id, sender: NodeId, epoch: Epoch) -> Id {
        if let Some(known) = self.forgotten.get(&(place, sender, epoch)) {
            return *known;
        }
        let Place { id, seat, .. } = &self.places.values[place as usize];
        let (id, seat) = (*id, self.world.forget(seat, sender, epoch));
        let after = self.place(id, seat);
        self.forgotten.insert((place, sender, epoch), after);
        after
    }

    fn moves_around_of(&mut self, around: Id) -> Arc<[Id]> {
        let index = around as usize;
        if self.moves_around.len() <= index {
            self.moves_around.resize(index + 1, None);
        }
        if let Some(known) = &self.moves_around[index] {
            return known.clone();
        }
        let surroundings = self.arounds.values[index].clone();
        let mut after: Vec<Id> = Vec::new();
        for choice in self.world.choices_around(&surroundings) {
            let mut next = (*surroundings).clone();
            self.world.happen_around(&mut next, &choice);
            after.push(self.around(next));
        }
        let after: Arc<[Id]> = after.into();
        self.moves_around[index] = Some(Arc::clone(&after));
        after
    }

    /// The ways in which time can pass.
    fn times_of(&mut self, ids: &Ids) -> Arc<[Id]> {
        if self.world.scope().rates.is_none() {
            return Arc::default();
        }
        let around = &self.arounds.values[ids[self.seats] as usize];
        if around.history.broken.is_some() {
            return Arc::default();
        }
        let places = &self.places.values;
        let clocks = ids[..self.seats]
            .iter()
            .map(|id| places[*id as usize].clocks)
            .fold(Clocks::default(), Clocks::and);
        let suspends = around.budget.suspends;
        if let Some(known) = self.times.get(&(clocks, suspends)) {
            return known.clone();
        }
        let choices = self.world.choices_of_time(clocks, around);
        let ways = choices.into_iter().filter_map(|choice| match choice {
            Choice::Pass(ticks) => Some(self.ways.intern(fingerprint(&ticks), || ticks.clone())),
            _no_time => None,
        });
        let ways: Arc<[Id]> = ways.collect();
        self.times.insert((clocks, suspends), ways.clone());
        ways
    }

    fn passed(&mut self, ids: &Ids, way: Id) -> Option<Ids> {
        let mut next = *ids;
        for place in &mut next[..self.seats] {
            *place = self.age(*place, way)?;
        }
        if self.ways.values[way as usize].contains(&0) {
            let mut around = (*self.arounds.values[ids[self.seats] as usize]).clone();
            around.budget.suspends = around.budget.suspends.checked_sub(1)?;
            next[self.seats] = self.around(around);
        }
        Some(next)
    }

    fn age(&mut self, place: Id, way: Id) -> Option<Id> {
        if let Some(known) = self.aged.get(&key(place, way)) {
            return (*known != NONE).then_some(*known);
        }
        let Place { id, seat, .. } = &self.places.values[place as usize];
        let (id, seat) = (*id, self.world.aged(*id, seat, &self.ways.values[way as usize]));
        let after = seat.map_or(NONE, |seat| self.place(id, seat));
        self.aged.insert(key(place, way), after);
        (after != NONE).then_some(after)
    }

    // ---- the way back ----------------------------------------------------------------------------------

    /// The choices that lead to a state, found again by the world itself.
    fn path(&self, index: u32) -> Vec<Choice> {
        let mut states = vec![index];
        let mut at = index;
        while at != 0 {
            at = self.parents[at as usize];
            states.push(at);
        }
        states.reverse();
        let leads = |from: &State, to: &State| {
            let choices = self.world.choices(from);
            choices.into_iter().find(|choice| self.world.apply(from, choice).as_ref() == Some(to))
        };
        let states: Vec<State> = states.iter().map(|index| self.decode(self.state(*index))).collect();
        states.windows(2).filter_map(|pair| leads(&pair[0], &pair[1])).collect()
    }
}
