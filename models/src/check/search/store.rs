//! Every state that was found, whole, in the order in which it was found, and where it came from.
//!
//! The numbers of all states lie one after the other, in pages, so that nothing is ever copied to grow. Which
//! states are known is told by tables of slots; a slot is half of the hash of a state and its number, so that a
//! different state is hardly ever looked at. Each thread has a table of its own, for the hashes that are its
//! share. The home of a hash is found by multiplication, so a table grows by a third and not to the double.
//!
//! What is new is decided in two moves: each thread finds out which of its share is new, and marks its slots; then
//! the new states are numbered in the order in which they were found, and the slots are told. So the order does
//! not depend on the number of threads.
//!
//! Looking up a state costs two visits to memory that is in no cache: its slot and the state itself. They are made
//! for many states at once, before anything depends on them, so that they do not wait for each other.

use super::piece::{Piece, found_state};
use super::{Coded, Gap, Id};
use crate::check::search::crew::Crew;
use std::hint::black_box;
use std::ops::Range;

/// The number of a state.
pub type StateId = u32;

/// Not a state: where there is no parent.
pub(super) const NONE: StateId = StateId::MAX;
/// The most states: the numbers above are for what was found and is not numbered yet.
const MOST: usize = 3 << 30;
const EMPTY: u64 = u64::MAX;
/// States of a page: a power of two.
const PAGE: usize = 1 << 14;
/// States looked up together.
const BATCH: usize = 64;
/// Slots of a table to begin with.
const SLOTS: usize = 1 << 12;

/// Spreads the numbers of a state over 64 bits.
pub(super) fn hash(state: &[Id]) -> u64 {
    let mut sum = 0x9e37_79b9_7f4a_7c15_u64;
    for id in state {
        sum = (sum ^ u64::from(*id)).wrapping_mul(0xd6e8_feb8_6659_fd93).rotate_left(31);
    }
    let wide = u128::from(sum) * 0x9fb2_1c65_1e98_df25_u128;
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// Whether two states are the same. A loop: calling the library's comparison costs more than comparing.
fn same(a: &[Id], b: &[Id]) -> bool {
    a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Whose share a hash is. The bits are others than those that say where it is at home there.
fn owner(hash: u64, threads: usize) -> usize {
    (((hash & 0xffff) * threads as u64) >> 16) as usize
}

/// Rows of numbers, one after the other, in pages.
#[derive(Debug)]
struct Pages {
    width: usize,
    rows: Vec<Vec<u32>>,
    len: usize,
}

impl Pages {
    fn new(width: usize) -> Self {
        Self { width, rows: Vec::new(), len: 0 }
    }

    fn row(&self, at: u32) -> &[u32] {
        let (page, at) = (at as usize / PAGE, at as usize % PAGE);
        &self.rows[page][at * self.width..][..self.width]
    }

    fn push(&mut self, row: &[u32]) {
        if self.len.is_multiple_of(PAGE) {
            self.rows.push(Vec::with_capacity(PAGE * self.width));
        }
        if let Some(page) = self.rows.last_mut() {
            page.extend_from_slice(row);
        }
        self.len += 1;
    }

    fn bytes(&self) -> usize {
        self.rows.len() * PAGE * self.width * 4
    }
}

/// Which states are known, of those that are one thread's share.
#[derive(Debug)]
struct Table {
    /// Half of the hash, then the number of the state; for one found in this block, and not numbered yet, the
    /// number that it was found under, counted down from the top.
    slots: Vec<u64>,
    used: usize,
    /// What is new in this block: the number that it was found under, and its slot.
    new: Vec<(u32, u32)>,
}

/// The number of a state, or the number under which it was found.
enum Known {
    State(StateId),
    Found(u32),
}

fn known(slot: u64, states: &Pages) -> Known {
    let number = slot as u32;
    if (number as usize) < states.len { Known::State(number) } else { Known::Found(NONE - 1 - number) }
}

fn slot(hash: u64, known: &Known) -> u64 {
    let number = match known {
        Known::State(state) => *state,
        Known::Found(number) => NONE - 1 - number,
    };
    (hash >> 32 << 32) | u64::from(number)
}

impl Table {
    fn new() -> Self {
        Self { slots: vec![EMPTY; SLOTS], used: 0, new: Vec::new() }
    }

    fn home(&self, hash: u64) -> usize {
        (((hash >> 32) * self.slots.len() as u64) >> 32) as usize
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    /// Finds out what is new.
    fn look(&mut self, share: impl Fn(u64) -> bool, pieces: &[Piece], states: &Pages) {
        self.new.clear();
        for (number, piece) in pieces.iter().enumerate() {
            for (batch, hashes) in piece.hashes().chunks(BATCH).enumerate() {
                self.make_room(states);
                let mine = hashes.iter().enumerate().filter(|(_, hash)| share(**hash));
                self.warm(mine.clone().map(|(_, hash)| *hash), states);
                for (at, hash) in mine {
                    let at = batch * BATCH + at;
                    let state = piece.state(at, states.width);
                    self.keep(state, *hash, Piece::number(number, at), pieces, states);
                }
            }
        }
    }

    /// Visits what the look-ups of a batch will need: first all slots, then all states that they name.
    fn warm(&self, hashes: impl Iterator<Item = u64>, states: &Pages) {
        let mut seen = [(0, EMPTY); BATCH];
        for (seen, hash) in seen.iter_mut().zip(hashes) {
            *seen = (hash, self.slots[self.home(hash)]);
        }
        let likely = seen.iter().filter(|(hash, slot)| slot >> 32 == hash >> 32);
        black_box(likely.fold(0, |warm, (_, slot)| match known(*slot, states) {
            Known::State(state) => warm ^ states.row(state)[0],
            Known::Found(_) => warm,
        }));
    }

    fn keep(&mut self, state: &[Id], hash: u64, number: u32, pieces: &[Piece], states: &Pages) {
        let mut at = self.home(hash);
        while self.slots[at] != EMPTY {
            let slot = self.slots[at];
            if slot >> 32 == hash >> 32 && same(value(slot, pieces, states), state) {
                return;
            }
            at = self.after(at);
        }
        self.slots[at] = slot(hash, &Known::Found(number));
        self.new.push((number, at as u32));
        self.used += 1;
    }

    /// At most three quarters of the slots are in use. A slot has that half of its hash that says where its home
    /// is, and homes keep their order when a table grows: so growing reads and writes from one end to the other,
    /// and no state is looked at.
    fn make_room(&mut self, states: &Pages) {
        if (self.used + BATCH) * 4 < self.slots.len() * 3 {
            return;
        }
        let old = std::mem::take(&mut self.slots);
        self.slots = vec![EMPTY; old.len() / 3 * 4 + SLOTS];
        self.new.clear();
        for slot in old.into_iter().filter(|slot| *slot != EMPTY) {
            let mut at = self.home(slot);
            while self.slots[at] != EMPTY {
                at = self.after(at);
            }
            self.slots[at] = slot;
            if let Known::Found(number) = known(slot, states) {
                self.new.push((number, at as u32));
            }
        }
        self.new.sort_unstable();
    }

    /// Puts the numbers of the new states, which `new` has now, into their slots.
    fn number(&mut self) {
        for (state, at) in &self.new {
            let slot = &mut self.slots[*at as usize];
            *slot = (*slot >> 32 << 32) | u64::from(*state);
        }
    }
}

/// The state that a slot names.
fn value<'a>(slot: u64, pieces: &'a [Piece], states: &'a Pages) -> &'a [Id] {
    match known(slot, states) {
        Known::State(state) => states.row(state),
        Known::Found(number) => found_state(pieces, number, states.width),
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Store {
    states: Pages,
    parents: Pages,
    tables: Vec<Table>,
    /// States before this one are expanded.
    next: StateId,
    /// States before this one are of the level at hand, or of an older one.
    level: StateId,
}

impl Store {
    pub(super) fn new(width: usize, threads: usize) -> Self {
        Self {
            states: Pages::new(width),
            parents: Pages::new(1),
            tables: (0..threads).map(|_| Table::new()).collect(),
            next: 0,
            level: 0,
        }
    }

    pub(super) fn width(&self) -> usize {
        self.states.width
    }

    pub(super) fn state(&self, id: StateId) -> &[Id] {
        self.states.row(id)
    }

    pub(super) fn parent(&self, id: StateId) -> Option<StateId> {
        let parent = self.parents.row(id)[0];
        (parent != NONE).then_some(parent)
    }

    pub(super) fn len(&self) -> u32 {
        self.states.len as u32
    }

    /// How many states are expanded, and how many are of the level at hand or an older one.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn marks(&self) -> (StateId, StateId) {
        (self.next, self.level)
    }

    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn set_marks(&mut self, next: StateId, level: StateId) {
        (self.next, self.level) = (next, level);
    }

    /// Keeps one state; whether it is new.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn keep_one(&mut self, state: &[Id], parent: StateId) -> bool {
        let Self { states, parents, tables, .. } = self;
        let hash = hash(state);
        let threads = tables.len();
        let table = &mut tables[owner(hash, threads)];
        table.make_room(states);
        table.new.clear();
        table.keep(state, hash, 0, &[], states);
        if table.new.is_empty() {
            return false;
        }
        table.new[0].0 = states.len as u32;
        table.number();
        states.push(state);
        parents.push(&[parent]);
        true
    }

    /// Whether there may be no room for another block.
    pub(super) fn is_full(&self) -> bool {
        self.states.len >= MOST - (1 << 28)
    }

    pub(super) fn frontier(&self) -> u32 {
        self.len() - self.next
    }

    pub(super) fn bytes(&self) -> u64 {
        let slots: usize = self.tables.iter().map(|table| table.slots.capacity() * 8).sum();
        (self.states.bytes() + self.parents.bytes() + slots) as u64
    }

    /// Keeps those of the states found that are not known; which numbers they have.
    pub(super) fn keep(&mut self, pieces: &[Piece], crew: &Crew) -> Range<StateId> {
        let Self { states, tables, .. } = self;
        let threads = tables.len();
        let mut shares: Vec<(usize, &mut Table)> = tables.iter_mut().enumerate().collect();
        crew.each(&mut shares, |(number, table)| {
            let number = *number;
            table.look(|hash| threads == 1 || owner(hash, threads) == number, pieces, states);
        });
        let from = self.len();
        self.number(pieces);
        crew.each(&mut self.tables, Table::number);
        from..self.len()
    }

    /// Numbers what is new in the order in which it was found.
    fn number(&mut self, pieces: &[Piece]) {
        let Self { states, parents, tables, .. } = self;
        let mut next = vec![0; tables.len()];
        let first = |table: &Table, next: usize| table.new.get(next).map(|new| new.0);
        while let Some((at, number)) = (0..tables.len())
            .filter_map(|at| Some((at, first(&tables[at], next[at])?)))
            .min_by_key(|(_, number)| *number)
        {
            let (piece, place) = Piece::found_under(number);
            tables[at].new[next[at]].0 = states.len as u32;
            next[at] += 1;
            states.push(pieces[piece].state(place, states.width));
            parents.push(&[pieces[piece].parent(place)]);
        }
    }

    /// Up to so many states of the level at hand, which count as expanded from now on.
    pub(super) fn next_block(&mut self, most: usize) -> Range<StateId> {
        let from = self.next;
        self.next = self.level.min(from.saturating_add(most as u32));
        from..self.next
    }

    /// Goes on with what was found from the level at hand; whether there is anything.
    pub(super) fn next_level(&mut self) -> bool {
        self.level = self.len();
        self.next < self.level
    }
}

/// New states, and what their judgement lacked.
pub(super) struct Jury {
    states: Vec<StateId>,
    pub(super) gaps: Vec<Gap>,
    pub(super) unsound: Option<StateId>,
}

impl Jury {
    pub(super) fn of(states: Range<StateId>) -> Self {
        Self { states: states.collect(), gaps: Vec::new(), unsound: None }
    }

    /// Judges what is not judged yet.
    pub(super) fn judge<C: Coded>(&mut self, coded: &C, store: &Store) {
        let Self { states, gaps, unsound } = self;
        states.retain(|id| {
            let before = gaps.len();
            let sound = coded.is_sound(store.state(*id), gaps);
            let late = gaps.len() > before;
            if !late && !sound {
                *unsound = Some(unsound.map_or(*id, |first| first.min(*id)));
            }
            late
        });
    }
}
