//! Every state that was found, whole, in the order in which it was found, and where it came from.
//!
//! The numbers of all states lie one after the other, in pages, so that nothing is ever copied to grow. Which
//! states are known is told by tables of slots, by the first bits of their hashes; a slot is half of the rest of the
//! hash and the number of a state, so that a different state is hardly ever looked at. The home of a hash is found by
//! multiplication, so a table grows by a third and not to the double. It grows where it is; and no two tables grow at
//! the same time, so that the memory for it does not come in steps.
//!
//! What is new is decided in three moves, and each of them is many small tasks that share nothing that changes:
//!
//! 1. each table finds out which of the states that belong into it are new, and takes note of their slots;
//! 2. each piece marks those of its states that are new: now it is known which number each of them gets, as if
//!    they had been numbered one after the other in the order in which they were found;
//! 3. the new states are copied to their places, and the slots are told their numbers.
//!
//! So the order does not depend on the number of threads.
//!
//! Looking up a state costs two visits to memory that is in no cache: its slot and the state itself. They are made
//! for many states at once, before anything depends on them, so that they do not wait for each other; and they are
//! made table by table, so that they stay within a small part of the memory.

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
/// States of a page: a power of two.
const PAGE: usize = 1 << 14;
/// States looked up together.
const BATCH: usize = 64;
/// Tables: a power of two.
pub(super) const TABLES: usize = 1 << TABLE_BITS;
const TABLE_BITS: u32 = 6;
/// Slots of a line of a table: a power of two.
const SLOTS: usize = 8;
/// Lines of a table to begin with.
const LINES: usize = 1 << 5;
/// Lines that lie together: a power of two.
const LEAF: usize = 1 << 10;

/// Spreads the numbers of a state over 64 bits.
pub(super) fn hash(state: &[Id]) -> u64 {
    let mut sum = 0x9e37_79b9_7f4a_7c15_u64;
    let mut pairs = state.chunks_exact(2);
    for pair in &mut pairs {
        sum = spread(sum, u64::from(pair[0]) | u64::from(pair[1]) << 32);
    }
    if let [last] = pairs.remainder() {
        sum = spread(sum, u64::from(*last));
    }
    let wide = u128::from(sum) * 0x9fb2_1c65_1e98_df25_u128;
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// For every `sum` another one for every `numbers`, so that no two states of two numbers have the same hash.
fn spread(sum: u64, numbers: u64) -> u64 {
    let wide = u128::from(sum ^ numbers) * 0xd6e8_feb8_6659_fd93_u128;
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// Whether two states are the same. A loop: calling the library's comparison costs more than comparing.
pub(in crate::check) fn same(a: &[Id], b: &[Id]) -> bool {
    a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// Into which table a hash belongs.
pub(super) const fn table_of(hash: u64) -> usize {
    (hash >> (64 - TABLE_BITS)) as usize
}

/// What a slot has of a hash: it says where its home is, and most often whether it is the one. It is never 0, which
/// is what a slot without a state has.
const fn tag(hash: u64) -> u32 {
    (hash >> (32 - TABLE_BITS)) as u32 | 1
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

    /// Room for so many more rows, which count from now on: what is left of each page.
    fn more(&mut self, rows: usize) -> impl Iterator<Item = &mut [u32]> {
        let Self { width, rows: pages, len } = self;
        let (from, to) = (*len, *len + rows);
        // Untouched memory comes as zeros, and is not touched by this.
        pages.resize_with(to.div_ceil(PAGE), || vec![0; PAGE * *width]);
        *len = to;
        let tail = pages.iter_mut().enumerate().skip(from / PAGE);
        tail.map(move |(number, page)| {
            let within = |at: usize| at.saturating_sub(number * PAGE).min(PAGE) * *width;
            &mut page[within(from)..within(to)]
        })
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn push(&mut self, row: &[u32]) {
        self.more(1).for_each(|place| place.copy_from_slice(row));
    }

    /// Visits the states that have these numbers in a slot.
    fn warm(&self, numbers: impl Iterator<Item = u32>) {
        let known = |number: u32| if number as usize <= self.len { number.saturating_sub(1) } else { 0 };
        if self.len > 0 {
            black_box(numbers.fold(0, |warm, number| warm ^ self.row(known(number))[0]));
        }
    }

    fn bytes(&self) -> usize {
        self.rows.len() * PAGE * self.width * 4
    }
}

/// Eight slots, which fill a line of the cache: half of a hash, and one more than the number of a state. For one found
/// in this block, and not numbered yet, it is one more than the number that it was found under, counted down from the
/// top. A slot without a state has the number 0, and those with one come first.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Line {
    tags: [u32; SLOTS],
    numbers: [u32; SLOTS],
}

impl Line {
    const EMPTY: Self = Self { tags: [0; SLOTS], numbers: [0; SLOTS] };

    /// The slots with this tag, one bit each. Written so that all of them are compared at once.
    #[inline]
    fn with(&self, tag: u32) -> u32 {
        const BITS: [u32; SLOTS] = [1, 2, 4, 8, 16, 32, 64, 128];
        let bit = |(other, bit): (&u32, u32)| if *other == tag { bit } else { 0 };
        self.tags.iter().zip(BITS).map(bit).fold(0, |with, bit| with | bit)
    }

    /// How many slots have a state.
    #[inline]
    fn used(&self) -> usize {
        self.numbers.iter().map(|number| u32::from(*number != 0)).sum::<u32>() as usize
    }
}

/// The bits of a set, from the lowest on.
fn bits(set: u64) -> impl Iterator<Item = usize> {
    let next = |set: &u64| Some(set & (set - 1)).filter(|set| *set != 0);
    let first = Some(set).filter(|set| *set != 0);
    std::iter::successors(first, next).map(|set| set.trailing_zeros() as usize)
}

/// Which states are known, of those that belong here.
#[derive(Debug)]
struct Table {
    leaves: Vec<Vec<Line>>,
    /// How many lines there are.
    len: usize,
    /// How many of them are homes. Those that follow have what found no place in the last of these.
    homes: usize,
    used: usize,
    /// What is new in this block: the number that it was found under, and its slot.
    new: Vec<(u32, u32)>,
}

/// The number of a state, or the number under which it was found.
enum Known {
    State(StateId),
    Found(u32),
}

impl Known {
    fn of(number: u32, states: usize) -> Self {
        let number = number - 1;
        if (number as usize) < states { Self::State(number) } else { Self::Found(NONE - 1 - number) }
    }

    fn number(&self) -> u32 {
        match self {
            Known::State(state) => state + 1,
            Known::Found(number) => NONE - number,
        }
    }
}

impl Table {
    /// One of [`TABLES`]: somewhat larger than the one before, so that they do not all grow at once.
    fn new(number: usize) -> Self {
        let homes = LINES + LINES * number / (3 * TABLES);
        let mut table = Self { leaves: Vec::new(), len: 0, homes, used: 0, new: Vec::new() };
        table.reach(homes);
        table
    }

    /// Has at least so many lines.
    fn reach(&mut self, lines: usize) {
        if lines <= self.len {
            return;
        }
        self.leaves.resize_with(lines.div_ceil(LEAF), Vec::new);
        for (leaf, number) in self.leaves.iter_mut().zip(0..).skip(self.len / LEAF) {
            let lines = (lines - number * LEAF).min(LEAF);
            leaf.reserve_exact(lines - leaf.len());
            leaf.resize(lines, Line::EMPTY);
        }
        self.len = lines;
    }

    #[inline]
    fn line(&self, at: usize) -> &Line {
        &self.leaves[at / LEAF][at % LEAF]
    }

    fn line_mut(&mut self, at: usize) -> &mut Line {
        &mut self.leaves[at / LEAF][at % LEAF]
    }

    fn home(&self, tag: u32) -> usize {
        ((u64::from(tag) * self.homes as u64) >> 32) as usize
    }

    /// The number of a state of this hash that is likely to be the one that is looked for.
    #[inline]
    fn likely(&self, hash: u64) -> u32 {
        let line = self.line(self.home(tag(hash)));
        let with = line.with(tag(hash));
        if with == 0 { 0 } else { line.numbers[with.trailing_zeros() as usize % SLOTS] }
    }

    /// Visits where a state of this hash belongs.
    #[inline]
    fn visit(&self, hash: u64) -> u32 {
        self.line(self.home(tag(hash))).tags[0]
    }

    /// Finds out what is new of what belongs here.
    fn look(&mut self, own: usize, pieces: &[Piece], states: &Pages) {
        self.new.clear();
        let mut batch = [0; BATCH];
        let mut len = 0;
        for (number, piece) in pieces.iter().enumerate() {
            for place in piece.of_table(own) {
                batch[len] = Piece::number(number, *place as usize);
                len += 1;
                if len == BATCH {
                    self.keep_batch(&batch, pieces, states);
                    len = 0;
                }
            }
        }
        self.keep_batch(&batch[..len], pieces, states);
    }

    fn keep_batch(&mut self, batch: &[u32], pieces: &[Piece], states: &Pages) {
        self.make_room(states);
        let mut hashes = [0; BATCH];
        let hashes = &mut hashes[..batch.len()];
        for (hash, number) in hashes.iter_mut().zip(batch) {
            let (piece, place) = Piece::found_under(*number);
            *hash = pieces[piece].hashes()[place];
        }
        black_box(hashes.iter().fold(0, |near, hash| near ^ self.visit(*hash)));
        states.warm(hashes.iter().map(|hash| self.likely(*hash)));
        for (number, hash) in batch.iter().zip(&*hashes) {
            self.keep(found_state(pieces, *number, states.width), *hash, *number, pieces, states);
        }
    }

    /// Whether a state is known; and if not, which line has room for it.
    fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        let tag = tag(hash);
        let mut at = self.home(tag);
        while at < self.len {
            let line = self.line(at);
            if bits(line.with(tag).into()).any(|slot| is_it(line.numbers[slot % SLOTS])) {
                return None;
            }
            if line.tags[SLOTS - 1] == 0 {
                break;
            }
            at += 1;
        }
        Some(at)
    }

    fn keep(&mut self, state: &[Id], hash: u64, number: u32, pieces: &[Piece], states: &Pages) {
        let value = |number| match Known::of(number, states.len) {
            Known::State(state) => states.row(state),
            Known::Found(number) => found_state(pieces, number, states.width),
        };
        if let Some(at) = self.find(hash, |other| same(value(other), state)) {
            let slot = self.put(at, tag(hash), Known::Found(number).number());
            self.new.push((number, slot));
            self.used += 1;
        }
    }

    fn put(&mut self, at: usize, tag: u32, number: u32) -> u32 {
        self.reach(at + 1);
        let line = self.line_mut(at);
        let slot = line.used() % SLOTS;
        (line.tags[slot], line.numbers[slot]) = (tag, number);
        (at * SLOTS + slot) as u32
    }

    /// At most three quarters of the slots are in use. A slot has that part of its hash that says where its home
    /// is: so no state is looked at when a table grows. Homes keep their order and move to the back. So the lines
    /// are emptied from the last to the first, and what was in them goes to lines that are emptied already; what
    /// does not, because it had found no place in its old home, waits for the end.
    fn make_room(&mut self, states: &Pages) {
        if (self.used + BATCH) * 4 < self.homes * SLOTS * 3 {
            return;
        }
        let old = self.len;
        self.homes += self.homes / 3 + BATCH / SLOTS;
        self.reach(self.homes);
        self.new.clear();
        let mut waiting = Vec::new();
        for at in (0..old).rev() {
            let Line { tags, numbers } = std::mem::replace(self.line_mut(at), Line::EMPTY);
            for (tag, number) in tags.into_iter().zip(numbers).take_while(|(_, number)| *number != 0) {
                if self.home(tag) < at {
                    waiting.push((tag, number));
                } else {
                    self.put_again(tag, number, states);
                }
            }
        }
        for (tag, number) in waiting {
            self.put_again(tag, number, states);
        }
        self.new.sort_unstable();
    }

    /// Puts into its new place what was in another.
    fn put_again(&mut self, tag: u32, number: u32, states: &Pages) {
        let mut at = self.home(tag);
        while at < self.len && self.line(at).tags[SLOTS - 1] != 0 {
            at += 1;
        }
        let slot = self.put(at, tag, number);
        if let Known::Found(number) = Known::of(number, states.len) {
            self.new.push((number, slot));
        }
    }

    /// Those of the new states that this piece found.
    fn new_of(&self, piece: usize) -> &[(u32, u32)] {
        let from = |piece| self.new.partition_point(|(number, _)| *number < Piece::number(piece, 0));
        &self.new[from(piece)..from(piece + 1)]
    }

    /// Puts the numbers of the new states into their slots.
    fn label(&mut self, marks: &[Marks]) {
        for (number, slot) in &self.new {
            let (piece, place) = Piece::found_under(*number);
            let (line, slot) = (*slot as usize / SLOTS, *slot as usize % SLOTS);
            let number = Known::State(marks[piece].state(place)).number();
            self.leaves[line / LEAF][line % LEAF].numbers[slot] = number;
        }
    }
}

/// Which of the states of a piece are new, and which numbers they get.
#[derive(Default, Debug)]
struct Marks {
    /// One bit a state.
    bits: Vec<u64>,
    /// How many are new before each word of bits.
    before: Vec<u32>,
    new: u32,
    /// The number of the first one.
    first: StateId,
}

impl Marks {
    fn mark(&mut self, number: usize, piece: &Piece, tables: &[Table]) {
        self.bits.clear();
        self.bits.resize(piece.hashes().len().div_ceil(64), 0);
        for (number, _) in tables.iter().flat_map(|table| table.new_of(number)) {
            let (_, place) = Piece::found_under(*number);
            self.bits[place / 64] |= 1 << (place % 64);
        }
        self.new = 0;
        self.before.clear();
        for bits in &self.bits {
            self.before.push(self.new);
            self.new += bits.count_ones();
        }
    }

    /// The number that the state at `place` gets.
    fn state(&self, place: usize) -> StateId {
        let below = self.bits[place / 64] & ((1 << (place % 64)) - 1);
        self.first + self.before[place / 64] + below.count_ones()
    }

    /// The places of the new ones.
    fn places(&self) -> impl Iterator<Item = usize> {
        self.bits.iter().enumerate().flat_map(|(word, set)| bits(*set).map(move |bit| word * 64 + bit))
    }
}

/// What is left to do once it is known what is new.
enum Chore<'s> {
    /// The new states of this piece, but for so many, are copied.
    Copy { piece: usize, but: usize, states: &'s mut [u32], parents: &'s mut [u32] },
    /// The slots of this table are told their numbers.
    Label(&'s mut Table),
}

impl Chore<'_> {
    fn is_done(&mut self, pieces: &[Piece], marks: &[Marks]) {
        match self {
            Chore::Label(table) => table.label(marks),
            Chore::Copy { piece, but, states, parents } => {
                let width = states.len() / parents.len();
                let new = marks[*piece].places().skip(*but);
                let rows = states.chunks_exact_mut(width).zip(parents.iter_mut());
                for ((state, parent), place) in rows.zip(new) {
                    state.copy_from_slice(pieces[*piece].state(place, width));
                    *parent = pieces[*piece].parent(place);
                }
            }
        }
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Store {
    states: Pages,
    parents: Pages,
    tables: Vec<Table>,
    marks: Vec<Marks>,
    /// States before this one are expanded.
    next: StateId,
    /// States before this one are of the level at hand, or of an older one.
    level: StateId,
}

impl Store {
    pub(super) fn new(width: usize) -> Self {
        Self {
            states: Pages::new(width),
            parents: Pages::new(1),
            tables: (0..TABLES).map(Table::new).collect(),
            marks: Vec::new(),
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
        let table = &mut tables[table_of(hash)];
        table.make_room(states);
        table.new.clear();
        let is_it = |number: u32| same(states.row(number - 1), state);
        let Some(at) = table.find(hash, is_it) else { return false };
        table.put(at, tag(hash), Known::State(states.len as u32).number());
        table.used += 1;
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
        let slots: usize = self.tables.iter().map(|table| table.len * size_of::<Line>()).sum();
        (self.states.bytes() + self.parents.bytes() + slots) as u64
    }

    /// Keeps those of the states found that are not known; which numbers they have.
    pub(super) fn keep(&mut self, pieces: &[Piece], crew: &Crew) -> Range<StateId> {
        let Self { states, tables, marks, .. } = self;
        let mut own: Vec<(usize, &mut Table)> = tables.iter_mut().enumerate().collect();
        crew.each(&mut own, |(number, table)| table.look(*number, pieces, states));
        marks.resize_with(marks.len().max(pieces.len()), Marks::default);
        let mut own: Vec<(usize, &mut Marks)> = marks[..pieces.len()].iter_mut().enumerate().collect();
        crew.each(&mut own, |(number, marks)| marks.mark(*number, &pieces[*number], tables));
        let from = self.len();
        let mut next = from;
        for marks in &mut self.marks[..pieces.len()] {
            marks.first = next;
            next += marks.new;
        }
        self.place(pieces, (next - from) as usize, crew);
        from..next
    }

    /// Puts so many new states in their places.
    fn place(&mut self, pieces: &[Piece], new: usize, crew: &Crew) {
        let Self { states, parents, tables, marks, .. } = self;
        let marks = &marks[..pieces.len()];
        let width = states.width;
        let mut chores: Vec<Chore<'_>> = tables.iter_mut().map(Chore::Label).collect();
        let mut rest = marks.iter().map(|marks| marks.new as usize).enumerate();
        let (mut piece, mut left, mut but) = (0, 0, 0);
        for (mut states, mut parents) in states.more(new).zip(parents.more(new)) {
            while !parents.is_empty() {
                if left == 0 {
                    let Some(next) = rest.find(|(_, new)| *new > 0) else { break };
                    ((piece, left), but) = (next, 0);
                }
                let rows = left.min(parents.len());
                let (some_states, other_states) = states.split_at_mut(rows * width);
                let (some_parents, other_parents) = parents.split_at_mut(rows);
                chores.push(Chore::Copy { piece, but, states: some_states, parents: some_parents });
                (states, parents) = (other_states, other_parents);
                (left, but) = (left - rows, but + rows);
            }
        }
        crew.each(&mut chores, |chore| chore.is_done(pieces, marks));
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
