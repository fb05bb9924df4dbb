//! An actor model whose states are numbers, and what was learnt of it.

use super::ask::{Alone, Reply, alone, deliver, record};
use super::drive::Judged;
use super::layout::{Field, Layout, Sizes};
use super::mail::{Boxes, Delivery, Letter, Letters, Post, envelopes};
use super::property::{Judge, Reads};
use super::tables::{Answers, Around, Interner, NONE, Numbered, Seat, key};
use super::{Calls, History, Memoisable};
use crate::check::search::{Coded, Found, Gap, Id};
use stateright::Model;
use stateright::actor::{ActorModel, ActorModelState, Envelope, Network};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How an actor answers a letter (its number, the letter's).
const DELIVER: u8 = 0;
/// What an actor may do by itself (its number, its index).
const ALONE: u8 = 1;
/// What becomes of the surroundings (their number, the effect's).
const RECORD: u8 = 2;
/// One more of the same letter (the letter).
const COPY: u8 = 3;
/// A box without a letter (the box, the letter).
const TAKE: u8 = 4;
/// A box with a letter (the box, the letter).
const PUT: u8 = 5;
/// Whether a property holds (its key in two halves); one kind for each property.
const JUDGE: u8 = 6;
/// Properties beyond so many are judged state by state.
const JUDGES: usize = (u8::MAX - JUDGE) as usize;

/// A letter that is ignored, as an answer. The answers proper follow.
const IGNORED: Id = Answers::UNKNOWN + 1;
const FIRST: Id = IGNORED + 1;

/// What a pure function said.
pub(super) enum Fill<A: Memoisable, H> {
    /// How a letter is answered. Nothing: it is ignored.
    Reply(Option<Reply<A>>),
    /// What an actor may do by itself.
    Alone(Vec<Alone<A>>),
    /// The history.
    History(H),
    /// Whether a property holds.
    Verdict(bool),
    /// There is nothing to ask: numbers alone say it.
    Nothing,
}

/// What an actor does, in numbers.
#[derive(Clone, Copy, Debug)]
struct Deed {
    /// What it is then.
    seat: Id,
    /// What that means for the surroundings, or [`NONE`].
    effect: Id,
    /// The letters it sends: where they lie among all that are kept.
    sends: (u32, u32),
    /// Whether it crashes.
    crashes: bool,
}

/// What may concern the surroundings.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Effect {
    delivered: Option<Id>,
    sends: Vec<Id>,
}

/// An actor model, and what was learnt of it.
pub(super) struct Code<A: Memoisable, C, H: History> {
    pub(super) model: ActorModel<A, C, H>,
    pub(super) delivery: Delivery,
    /// Whether a state may lie outside the model's boundary.
    bounded: bool,
    pub(super) layout: Layout,
    /// Something did not fit: the search is void.
    pub(super) full: bool,
    first: Vec<Id>,
    pub(super) seats: Vec<Interner<Seat<A>>>,
    answers: Vec<Answers>,
    /// For each actor, by its number: the letters that it ignores, as a state has letters. Where letters get lost none
    /// may be left out, and where they lie in boxes there are no bits.
    ignored: Vec<Vec<Id>>,
    /// For each actor, by its number: where that what it may do by itself lies among the deeds.
    alone: Vec<Vec<Option<(u32, u32)>>>,
    deeds: Vec<Deed>,
    sends: Vec<Id>,
    pub(super) letters: Letters<A::Msg>,
    pub(super) boxes: Option<Boxes>,
    effects: Interner<Effect>,
    pub(super) arounds: Interner<Around<H>>,
    recorded: Numbered<Id>,
    pub(super) judges: Vec<Judge<ActorModel<A, C, H>>>,
    /// A property reads more than was said.
    pub(super) misdeclared: AtomicBool,
    sampled: AtomicU32,
    asked: Vec<Gap>,
    pub(super) calls: Calls,
}

/// Where steps go.
pub(super) trait Sink {
    /// A copy of `state`, pushed, to be changed.
    fn copy(&mut self, state: &[Id]) -> &mut [Id];
    /// Takes back what was pushed last.
    fn undo(&mut self, state: &[Id]);
    fn miss(&mut self, gap: Gap);
}

impl Sink for Found {
    #[inline]
    fn copy(&mut self, state: &[Id]) -> &mut [Id] {
        self.copy(state)
    }
    fn undo(&mut self, state: &[Id]) {
        self.undo(state);
    }
    fn miss(&mut self, gap: Gap) {
        self.miss(gap);
    }
}

impl<A: Memoisable, C: Send + Sync, H: History> Code<A, C, H> {
    /// The model in its first state, with room for as many of everything as `layout` has.
    pub(super) fn new(model: ActorModel<A, C, H>, bounded: bool, layout: Layout, in_boxes: bool) -> Self {
        let actors = model.actors.len();
        let mut code = Self {
            delivery: Delivery::of(&model.init_network),
            bounded,
            layout,
            full: false,
            first: Vec::new(),
            seats: (0..actors).map(|_| Interner::default()).collect(),
            answers: (0..actors).map(|_| Answers::default()).collect(),
            ignored: vec![Vec::new(); actors],
            alone: vec![Vec::new(); actors],
            deeds: Vec::new(),
            sends: Vec::new(),
            letters: Letters::new(actors),
            boxes: in_boxes.then(Boxes::new),
            effects: Interner::default(),
            arounds: Interner::default(),
            recorded: Numbered::default(),
            judges: Vec::new(),
            misdeclared: AtomicBool::new(false),
            sampled: AtomicU32::new(0),
            asked: Vec::new(),
            calls: Calls::default(),
            model,
        };
        code.start();
        code
    }

    /// Puts down the first states again, after something changed.
    pub(super) fn start(&mut self) {
        self.full = false;
        self.ignored.iter_mut().for_each(Vec::clear);
        for letter in 0..self.letters.len() as Id {
            let Letter { to, column, .. } = self.letters.letter(letter);
            if to == NONE || column == NONE {
                continue;
            }
            for seat in 0..self.seats[to as usize].len() as Id {
                if self.answers[to as usize].get(seat, column) == IGNORED {
                    self.ignore(to as usize, seat, letter);
                }
            }
        }
        let mut states = self.model.init_states();
        states.retain(|state| self.is_within(state));
        self.first = states.iter().flat_map(|state| self.encode(state)).collect();
    }

    /// How many there are of everything.
    pub(super) fn sizes(&self) -> Sizes {
        Sizes {
            seats: self.seats.iter().map(Interner::len).collect(),
            boxes: self.boxes.as_ref().map_or(0, Boxes::len),
            arounds: self.arounds.len(),
            letters: self.letters.len(),
        }
    }

    // ---- whole states ------------------------------------------------------------------------------------

    /// The numbers of a state.
    pub(super) fn encode(&mut self, state: &ActorModelState<A, H>) -> Vec<Id> {
        let mut numbers = vec![0; self.layout.width()];
        let mut seats = Vec::new();
        for (index, actor) in state.actor_states.iter().enumerate() {
            let seat = Seat {
                state: actor.clone(),
                timers: state.timers_set[index].clone(),
                random: state.random_choices[index].clone(),
                crashed: state.crashed[index],
                storage: state.actor_storages[index].clone(),
            };
            seats.push(self.seats[index].intern(seat).0);
        }
        let mail: Vec<Id> =
            envelopes(&state.network).into_iter().map(|envelope| self.letters.intern(envelope)).collect();
        let last = match &state.network {
            Network::UnorderedDuplicating(_, last) => last.clone().map(|last| self.letters.intern(last)),
            Network::UnorderedNonDuplicating(_) | Network::Ordered(_) => None,
        };
        let around = self.arounds.intern(Around::new(state.history.clone(), last)).0;
        let boxes = self.sorted(&mail);
        let mail = if boxes.is_empty() { self.told_apart(&mail) } else { Vec::new() };
        self.full |= !self.layout.holds(&self.sizes(), self.boxes.is_some());
        if !self.full {
            let fields = self.layout.seats.iter().zip(seats).chain(self.layout.boxes.iter().zip(boxes));
            for (field, number) in fields {
                field.set(&mut numbers, number);
            }
            self.layout.around.set(&mut numbers, around);
            for letter in mail {
                self.layout.add(&mut numbers, letter);
            }
        }
        numbers
    }

    /// The mail in boxes, if that is where it lies: one for each actor, one for those who do not exist.
    fn sorted(&mut self, mail: &[Id]) -> Vec<Id> {
        let Some(boxes) = &mut self.boxes else { return Vec::new() };
        let actors = self.model.actors.len();
        let post = Post { delivery: self.delivery, letters: &self.letters };
        let for_whom = |letter: &Id| (post.letters.letter(*letter).to as usize).min(actors);
        let of = |to| boxes.of(mail.iter().copied().filter(|letter| for_whom(letter) == to), &post);
        (0..=actors).map(of).collect()
    }

    /// Several of the same letter become that letter and its copies.
    fn told_apart(&mut self, mail: &[Id]) -> Vec<Id> {
        let mut apart: Vec<Id> = Vec::new();
        for letter in mail {
            let mut letter = *letter;
            while apart.contains(&letter) {
                letter = self.letters.copy(letter);
            }
            apart.push(letter);
        }
        apart
    }

    /// The state that the numbers stand for.
    pub(super) fn decode(&self, numbers: &[Id]) -> ActorModelState<A, H> {
        let seats = self.layout.seats.iter().zip(&self.seats);
        let seats = seats.map(|(field, seats)| seats.get(field.get(numbers)));
        let around = self.arounds.get(self.layout.around.get(numbers));
        self.put_together(seats, self.mail(numbers), around)
    }

    fn put_together<'s>(
        &'s self,
        seats: impl Iterator<Item = &'s Seat<A>>,
        mail: Vec<Id>,
        around: &Around<H>,
    ) -> ActorModelState<A, H> {
        let mail = mail.into_iter().map(|letter| self.letters.envelope(letter).clone());
        let last = around.last.map(|letter| self.letters.envelope(letter).clone());
        let mut state = ActorModelState {
            actor_states: Vec::with_capacity(self.seats.len()),
            network: match self.delivery {
                Delivery::Once => Network::new_unordered_nonduplicating(mail),
                Delivery::Again => Network::new_unordered_duplicating_with_last_msg(mail, last),
                Delivery::InOrder => Network::new_ordered(mail),
            },
            timers_set: Vec::with_capacity(self.seats.len()),
            random_choices: Vec::with_capacity(self.seats.len()),
            crashed: Vec::with_capacity(self.seats.len()),
            history: around.history.clone(),
            actor_storages: Vec::with_capacity(self.seats.len()),
        };
        for seat in seats {
            state.actor_states.push(seat.state.clone());
            state.timers_set.push(seat.timers.clone());
            state.random_choices.push(seat.random.clone());
            state.crashed.push(seat.crashed);
            state.actor_storages.push(seat.storage.clone());
        }
        state
    }

    fn mail(&self, numbers: &[Id]) -> Vec<Id> {
        let mut mail = Vec::new();
        match &self.boxes {
            None => self.layout.letters(numbers, |letter| mail.push(letter)),
            Some(boxes) => {
                for field in &self.layout.boxes {
                    mail.extend_from_slice(boxes.content(field.get(numbers)));
                }
            }
        }
        mail
    }

    // ---- steps -------------------------------------------------------------------------------------------

    /// The steps from a state.
    pub(super) fn steps(&self, state: &[Id], sink: &mut impl Sink) {
        if self.full {
            return;
        }
        match &self.boxes {
            None => {
                let heeded = |word: usize| !self.ignored_by_all(state, word);
                self.layout.letters_among(state, heeded, |letter| self.letter(state, letter, sink));
            }
            Some(boxes) => {
                for field in &self.layout.boxes {
                    for letter in boxes.heads(field.get(state)) {
                        self.letter(state, *letter, sink);
                    }
                }
            }
        }
        for (index, field) in self.layout.seats.iter().enumerate() {
            let seat = field.get(state);
            let Some((from, to)) = self.alone[index].get(seat as usize).copied().flatten() else {
                sink.miss(Gap { kind: ALONE, a: seat, b: index as Id });
                continue;
            };
            for deed in &self.deeds[from as usize..to as usize] {
                if !deed.crashes || self.crashed(state) < self.model.max_crashes {
                    self.step(state, sink, |next| self.follow(next, index, deed, None));
                }
            }
        }
    }

    /// The letters of a word of a state that those ignore who get them.
    #[inline]
    fn ignored_by_all(&self, state: &[Id], word: usize) -> Id {
        let seats = self.layout.seats.iter().zip(&self.ignored);
        let by = |(field, ignored): (&Field, &Vec<Id>)| {
            ignored.get(field.get(state) as usize * state.len() + word).copied().unwrap_or(0)
        };
        seats.map(by).fold(0, |all, ignored| all | ignored)
    }

    /// Remembers that an actor ignores a letter.
    fn ignore(&mut self, index: usize, seat: Id, letter: Id) {
        let (width, (word, bit)) = (self.layout.width(), self.layout.bit(letter));
        if self.boxes.is_some() || self.is_lossy() || word >= width {
            return;
        }
        let ignored = &mut self.ignored[index];
        let at = seat as usize * width + word;
        ignored.resize(ignored.len().max((seat as usize + 1) * width), 0);
        ignored[at] |= bit;
    }

    /// What may become of a letter in flight.
    #[inline]
    fn letter(&self, state: &[Id], number: Id, sink: &mut impl Sink) {
        let letter = self.letters.letter(number);
        if letter.column == NONE {
            return;
        }
        if self.is_lossy() {
            self.step(state, sink, |next| self.take(next, number));
        }
        if letter.to == NONE {
            return;
        }
        let index = letter.to as usize;
        let seat = self.layout.seats[index].get(state);
        match self.answers[index].get(seat, letter.column) {
            Answers::UNKNOWN => sink.miss(Gap { kind: DELIVER, a: seat, b: number }),
            IGNORED => {}
            answer => {
                let deed = &self.deeds[(answer - FIRST) as usize];
                self.step(state, sink, |next| self.follow(next, index, deed, Some(number)));
            }
        }
    }

    /// Pushes what `change` makes of a state, if that is known and within the boundary.
    #[inline]
    fn step(&self, state: &[Id], sink: &mut impl Sink, change: impl FnOnce(&mut [Id]) -> Result<(), Gap>) {
        let next = sink.copy(state);
        let known = change(next);
        if known.is_err() || (self.bounded && !self.is_within(&self.decode(next))) {
            sink.undo(state);
        }
        if let Err(gap) = known {
            sink.miss(gap);
        }
    }

    /// The actor `index` does something, after a letter was delivered to it or by itself.
    #[inline]
    fn follow(&self, next: &mut [Id], index: usize, deed: &Deed, delivered: Option<Id>) -> Result<(), Gap> {
        self.layout.seats[index].set(next, deed.seat);
        if let Some(letter) = delivered.filter(|_| self.delivery != Delivery::Again) {
            self.take(next, letter)?;
        }
        for letter in &self.sends[deed.sends.0 as usize..deed.sends.1 as usize] {
            self.put(next, *letter)?;
        }
        if deed.effect != NONE {
            let around = self.layout.around.get(next);
            let after = self.recorded.get(&key(around, deed.effect));
            self.layout.around.set(next, *after.ok_or(Gap { kind: RECORD, a: around, b: deed.effect })?);
        }
        Ok(())
    }

    /// One letter less.
    #[inline]
    fn take(&self, next: &mut [Id], number: Id) -> Result<(), Gap> {
        let Some(boxes) = &self.boxes else {
            let mut last = number;
            while let copy = self.letters.letter(last).copy
                && copy != NONE
                && self.layout.has(next, copy)
            {
                last = copy;
            }
            self.layout.remove(next, last);
            return Ok(());
        };
        let field = self.box_of(number);
        let before = field.get(next);
        field.set(next, boxes.taken(before, number).ok_or(Gap { kind: TAKE, a: before, b: number })?);
        Ok(())
    }

    /// One letter more.
    #[inline]
    fn put(&self, next: &mut [Id], number: Id) -> Result<(), Gap> {
        let Some(boxes) = &self.boxes else {
            let mut free = number;
            while self.delivery == Delivery::Once && self.layout.has(next, free) {
                let copy = self.letters.letter(free).copy;
                if copy == NONE {
                    return Err(Gap { kind: COPY, a: free, b: 0 });
                }
                free = copy;
            }
            self.layout.add(next, free);
            return Ok(());
        };
        let field = self.box_of(number);
        let before = field.get(next);
        field.set(next, boxes.put(before, number).ok_or(Gap { kind: PUT, a: before, b: number })?);
        Ok(())
    }

    /// Where mail for the same actor lies; the last box is for those who do not exist.
    fn box_of(&self, letter: Id) -> Field {
        self.layout.boxes[(self.letters.letter(letter).to as usize).min(self.seats.len())]
    }

    fn is_within(&self, state: &ActorModelState<A, H>) -> bool {
        (self.model.within_boundary)(&self.model.cfg, state)
    }

    fn crashed(&self, state: &[Id]) -> usize {
        let seats = self.layout.seats.iter().zip(&self.seats);
        seats.filter(|(field, seats)| seats.get(field.get(state)).crashed).count()
    }

    // ---- learning ----------------------------------------------------------------------------------------

    fn learn_deed(&mut self, index: usize, reply: Reply<A>, delivered: Option<Id>, crashes: bool) -> Id {
        let Reply { seat, sends } = reply;
        let seat = self.seats[index].intern(seat).0;
        let sends: Vec<Id> = sends.into_iter().map(|envelope| self.letters.intern(envelope)).collect();
        // Without a history, and where the last letter is not kept, nothing concerns the surroundings.
        let quiet = size_of::<H>() == 0 && self.delivery != Delivery::Again;
        let from = self.sends.len() as u32;
        self.sends.extend_from_slice(&sends);
        let effect = if quiet || (delivered.is_none() && sends.is_empty()) {
            NONE
        } else {
            self.effects.intern(Effect { delivered, sends }).0
        };
        self.deeds.push(Deed { seat, effect, sends: (from, self.sends.len() as u32), crashes });
        self.deeds.len() as Id - 1
    }

    fn learn_alone(&mut self, seat: Id, index: usize, ways: Vec<Alone<A>>) {
        let from = self.deeds.len() as u32;
        for Alone { reply, crashes } in ways {
            self.learn_deed(index, reply, None, crashes);
        }
        let known = &mut self.alone[index];
        if known.len() <= seat as usize {
            known.resize(seat as usize + 1, None);
        }
        known[seat as usize] = Some((from, self.deeds.len() as u32));
    }

    fn learn_record(&mut self, around: Id, effect: Id, history: H) {
        let delivered = self.effects.get(effect).delivered.filter(|_| self.delivery == Delivery::Again);
        let last = delivered.or(self.arounds.get(around).last);
        let after = self.arounds.intern(Around::new(history, last)).0;
        self.recorded.insert(key(around, effect), after);
    }

    fn learn_box(&mut self, gap: Gap) {
        let post = Post { delivery: self.delivery, letters: &self.letters };
        if let Some(boxes) = &mut self.boxes {
            match gap.kind {
                TAKE => boxes.learn_taken(gap.a, gap.b, &post),
                _put => boxes.learn_put(gap.a, gap.b, &post),
            }
        }
    }

    /// Asks handlers again, some thousand of what was asked. Whether all answer as before.
    pub(super) fn is_pure(&self) -> bool {
        const SAMPLE: usize = 4_096;
        let every = self.asked.len().div_ceil(SAMPLE).max(1);
        self.asked.iter().step_by(every).all(|gap| self.answers_as_before(*gap))
    }

    fn answers_as_before(&self, gap: Gap) -> bool {
        let same = |index: usize, deed: &Deed, reply: &Reply<A>| {
            let sends = &self.sends[deed.sends.0 as usize..deed.sends.1 as usize];
            let sends = sends.iter().map(|letter| self.letters.envelope(*letter));
            *self.seats[index].get(deed.seat) == reply.seat && sends.eq(&reply.sends)
        };
        match (gap.kind, self.compute(gap)) {
            (DELIVER, Fill::Reply(reply)) => {
                let letter = self.letters.letter(gap.b);
                let answer = self.answers[letter.to as usize].get(gap.a, letter.column);
                match reply {
                    None => answer == IGNORED,
                    Some(_) if answer < FIRST => false,
                    Some(reply) => same(letter.to as usize, &self.deeds[(answer - FIRST) as usize], &reply),
                }
            }
            (ALONE, Fill::Alone(ways)) => {
                let index = gap.b as usize;
                let (from, to) = self.alone[index][gap.a as usize].unwrap_or_default();
                let deeds = &self.deeds[from as usize..to as usize];
                deeds.len() == ways.len()
                    && deeds.iter().zip(&ways).all(|(deed, way)| same(index, deed, &way.reply))
            }
            // The others depend on values of ours, or are asked again state by state.
            _not_a_handler => true,
        }
    }

    fn is_lossy(&self) -> bool {
        self.model.lossy_network == stateright::actor::LossyNetwork::Yes
    }

    // ---- properties --------------------------------------------------------------------------------------

    /// What the property reads of this state, as a number, if that is all it reads and a number can hold it.
    fn read(&self, nth: usize, state: &[Id]) -> Option<u64> {
        match self.judges[nth].reads {
            Reads::History if nth < JUDGES => Some(u64::from(self.layout.around.get(state))),
            Reads::Actors
                if nth < JUDGES && self.layout.seats.iter().map(|field| field.bits()).sum::<u32>() <= 64 =>
            {
                let pack = |key: u64, field: &Field| {
                    (key.checked_shl(field.bits()).unwrap_or(0)) | u64::from(field.get(state))
                };
                Some(self.layout.seats.iter().fold(0, pack))
            }
            Reads::History | Reads::Actors | Reads::Everything => None,
        }
    }

    /// Evaluates a property on the part that it reads; the rest is that of the first state.
    fn judge(&self, nth: usize, mut key: u64) -> bool {
        let judge = &self.judges[nth];
        let mut numbers = self.first[..self.layout.width()].to_vec();
        if judge.reads == Reads::History {
            self.layout.around.set(&mut numbers, key as Id);
        } else {
            for field in self.layout.seats.iter().rev() {
                field.set(&mut numbers, key as Id);
                key = key.checked_shr(field.bits()).unwrap_or(0);
            }
        }
        judge.holds(&self.model, &self.decode(&numbers))
    }

    /// A property that must hold and does not.
    pub(super) fn broken(&self, state: &[Id]) -> Option<&'static str> {
        let whole = self.decode(state);
        let broken = self.judges.iter().find(|judge| judge.always && !judge.holds(&self.model, &whole));
        broken.map(|judge| judge.name)
    }

    /// Whether kept verdicts are compared with fresh ones here: in the first thousands of states, and in one of
    /// some hundred that follow, always the same ones.
    fn is_sample(&self, state: &[Id]) -> bool {
        const FIRST: u32 = 4_096;
        if self.sampled.load(Ordering::Relaxed) < FIRST {
            return self.sampled.fetch_add(1, Ordering::Relaxed) < FIRST;
        }
        let mix = |sum: u32, number: &Id| (sum ^ number).wrapping_mul(0x9e37_79b1).rotate_left(15);
        state.iter().fold(0, mix).trailing_zeros() >= 8
    }
}

impl<A: Memoisable, C: Send + Sync, H: History> Judged for Code<A, C, H> {
    fn is_void(&self) -> bool {
        self.full || self.misdeclared.load(Ordering::Relaxed)
    }

    fn seal(&self) {
        self.judges.iter().for_each(Judge::seal);
    }
}

impl<A: Memoisable, C: Send + Sync, H: History> Coded for Code<A, C, H> {
    type Fill = Fill<A, H>;

    fn width(&self) -> usize {
        self.layout.width()
    }

    fn first(&self) -> Vec<Id> {
        self.first.clone()
    }

    fn successors(&self, state: &[Id], found: &mut Found) {
        self.steps(state, found);
    }

    fn is_sound(&self, state: &[Id], gaps: &mut Vec<Gap>) -> bool {
        let mut sound = true;
        let mut whole = None;
        let sample = self.is_sample(state);
        for (nth, judge) in self.judges.iter().enumerate().filter(|(_, judge)| !judge.is_settled()) {
            let key = self.read(nth, state);
            let kept = key.map(|key| (key, judge.verdict(key)));
            if let Some((key, None)) = kept {
                gaps.push(Gap { kind: JUDGE + nth as u8, a: (key >> 32) as Id, b: key as Id });
                continue;
            }
            let kept = kept.and_then(|(_, verdict)| verdict);
            let fresh = (kept.is_none() || sample)
                .then(|| judge.holds(&self.model, whole.get_or_insert_with(|| self.decode(state))));
            if kept.zip(fresh).is_some_and(|(kept, fresh)| kept != fresh) {
                self.misdeclared.store(true, Ordering::Relaxed);
            }
            let holds = fresh.or(kept).unwrap_or(true);
            sound &= holds || !judge.always;
            if holds && !judge.always {
                judge.show(state);
            }
        }
        sound
    }

    fn compute(&self, gap: Gap) -> Fill<A, H> {
        match gap.kind {
            DELIVER => {
                let envelope = self.letters.envelope(gap.b);
                let seat = self.seats[usize::from(envelope.dst)].get(gap.a);
                Fill::Reply(deliver(&self.model, seat, envelope))
            }
            ALONE => {
                let index = gap.b as usize;
                Fill::Alone(alone(&self.model, index, self.seats[index].get(gap.a)))
            }
            RECORD => {
                let Effect { delivered, sends } = self.effects.get(gap.b);
                let delivered = delivered.map(|letter| self.letters.envelope(letter));
                let sent: Vec<&Envelope<A::Msg>> =
                    sends.iter().map(|letter| self.letters.envelope(*letter)).collect();
                Fill::History(record(&self.model, &self.arounds.get(gap.a).history, delivered, &sent))
            }
            COPY | TAKE | PUT => Fill::Nothing,
            property => {
                let key = key(gap.a, gap.b);
                Fill::Verdict(self.judge(usize::from(property - JUDGE), key))
            }
        }
    }

    fn learn(&mut self, gap: Gap, fill: Fill<A, H>) {
        match fill {
            Fill::Reply(reply) => {
                let letter = self.letters.letter(gap.b);
                let index = letter.to as usize;
                let learnt = reply.map(|reply| self.learn_deed(index, reply, Some(gap.b), false));
                self.answers[index].set(gap.a, letter.column, learnt.map_or(IGNORED, |deed| FIRST + deed));
                if learnt.is_none() {
                    self.ignore(index, gap.a, gap.b);
                }
                self.asked.push(gap);
                self.calls.handlers += 1;
            }
            Fill::Alone(ways) => {
                self.calls.handlers += ways.iter().filter(|way| !way.crashes).count() as u64;
                self.learn_alone(gap.a, gap.b as usize, ways);
                self.asked.push(gap);
            }
            Fill::History(history) => {
                self.learn_record(gap.a, gap.b, history);
                self.calls.histories += 1;
            }
            Fill::Verdict(verdict) => {
                self.judges[usize::from(gap.kind - JUDGE)].learn(key(gap.a, gap.b), verdict);
                self.calls.properties += 1;
            }
            Fill::Nothing if gap.kind == COPY => {
                self.letters.copy(gap.a);
            }
            Fill::Nothing => self.learn_box(gap),
        }
        self.full |= !self.layout.holds(&self.sizes(), self.boxes.is_some());
    }

    fn agrees(&self, gap: Gap) -> bool {
        self.answers_as_before(gap)
    }

    fn bytes(&self) -> u64 {
        let answers: usize = self.answers.iter().map(Answers::bytes).sum();
        let deeds = self.deeds.capacity() * size_of::<Deed>() + self.sends.capacity() * size_of::<Id>();
        (answers + deeds + self.recorded.capacity() * size_of::<(u64, Id)>()) as u64
    }
}
