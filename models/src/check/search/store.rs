//! Every state that was found, whole, and where it came from.
//!
//! The states lie in shards, each a row of states in the order in which they were found, the parent of each, and
//! an open-addressing table of slots over them. A state belongs to the shard that its hash names, so shards are
//! filled by different threads without a lock. A slot is 4 bytes: the number of the state in its shard, and six
//! bits of its hash, so that a different state is seldom looked at. The home of a hash is found by
//! multiplication, so a table grows by half and not to the double, and is neither crowded nor half empty.
//!
//! Looking up a state costs two visits to memory that is in no cache: its slot and the state itself. They are made
//! for many states at once, before anything depends on them, so that they do not wait for each other.

use super::{Coded, Found, Gap, Id};
use std::hint::black_box;

/// A state of a search: which shard, and which state in it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StateId(u32);

const SHARD_BITS: u32 = 6;
const SHARDS: usize = 1 << SHARD_BITS;
const LOCAL_BITS: u32 = 32 - SHARD_BITS;
const LOCAL: u32 = (1 << LOCAL_BITS) - 1;
/// Not a state: where there is no parent, and no slot.
const NONE: u32 = u32::MAX;
/// States looked up together.
const BATCH: usize = 32;
/// Slots of a table to begin with.
const SLOTS: usize = 256;

impl StateId {
    const fn new(shard: usize, local: u32) -> Self {
        Self((local << SHARD_BITS) | shard as u32)
    }
    const fn shard(self) -> usize {
        self.0 as usize & (SHARDS - 1)
    }
    const fn local(self) -> u32 {
        self.0 >> SHARD_BITS
    }
}

/// Spreads the numbers of a state over 64 bits.
fn hash(state: &[Id]) -> u64 {
    let mut sum = 0x9e37_79b9_7f4a_7c15_u64;
    let mut factor = 0xd6e8_feb8_6659_fd93_u64;
    for id in state {
        sum = sum.wrapping_add(u64::from(*id).wrapping_add(1).wrapping_mul(factor)).rotate_left(29);
        factor = factor.wrapping_mul(0xa076_1d64_78bd_642f);
    }
    let wide = u128::from(sum) * 0x9fb2_1c65_1e98_df25_u128;
    (wide as u64) ^ ((wide >> 64) as u64)
}

const fn shard_of(hash: u64) -> usize {
    hash as usize & (SHARDS - 1)
}

/// Some states to expand, and what was found from them.
#[derive(Default, Debug)]
pub(super) struct Piece {
    states: Vec<StateId>,
    late: Vec<StateId>,
    found: Found,
    hashes: Vec<u64>,
    parents: Vec<u32>,
}

impl Piece {
    /// States that follow nothing.
    pub(super) fn of_first(numbers: Vec<Id>, width: usize) -> Self {
        let hashes: Vec<u64> = numbers.chunks_exact(width).map(hash).collect();
        let parents = vec![NONE; hashes.len()];
        Self { found: Found { numbers, gaps: Vec::new() }, hashes, parents, ..Self::default() }
    }

    pub(super) fn assign(&mut self, states: &[StateId]) {
        self.states.clear();
        self.states.extend_from_slice(states);
    }

    /// How many states were found.
    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    pub(super) fn take_late(&mut self) -> Vec<StateId> {
        std::mem::take(&mut self.late)
    }

    pub(super) fn take_gaps(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.found.gaps)
    }

    /// Finds what follows each state. Those with gaps are late.
    pub(super) fn expand<C: Coded>(&mut self, coded: &C, store: &Store) {
        self.found.numbers.clear();
        self.hashes.clear();
        self.parents.clear();
        for id in &self.states {
            let (gaps, numbers) = (self.found.gaps.len(), self.found.numbers.len());
            coded.successors(store.state(*id), &mut self.found);
            if self.found.gaps.len() > gaps {
                self.found.numbers.truncate(numbers);
                self.late.push(*id);
                continue;
            }
            let new = self.found.numbers[numbers..].chunks_exact(store.width);
            self.parents.extend(new.clone().map(|_| id.0));
            self.hashes.extend(new.map(hash));
        }
    }
}

/// Some of the states.
#[derive(Debug)]
pub(super) struct Shard {
    number: usize,
    width: usize,
    numbers: Vec<Id>,
    parents: Vec<u32>,
    slots: Vec<u32>,
    /// States before this one are expanded.
    next: u32,
    /// States before this one are of the level at hand, or of an older one.
    level: u32,
    /// States before this one are judged.
    judged: u32,
    /// Those of them whose judgement lacked something.
    late: Vec<u32>,
    gaps: Vec<Gap>,
    unsound: Option<u32>,
}

impl Shard {
    fn new(number: usize, width: usize) -> Self {
        Self {
            number,
            width,
            numbers: Vec::new(),
            parents: Vec::new(),
            slots: vec![NONE; SLOTS],
            next: 0,
            level: 0,
            judged: 0,
            late: Vec::new(),
            gaps: Vec::new(),
            unsound: None,
        }
    }

    fn len(&self) -> u32 {
        self.parents.len() as u32
    }

    fn state(&self, local: u32) -> &[Id] {
        &self.numbers[local as usize * self.width..][..self.width]
    }

    fn home(&self, hash: u64) -> usize {
        (((hash >> 32) * self.slots.len() as u64) >> 32) as usize
    }

    /// What a slot has of a hash.
    const fn part(hash: u64) -> u32 {
        ((hash >> SHARD_BITS) as u32) << LOCAL_BITS
    }

    /// Visits what a look-up will need.
    fn warm(&self, hash: u64) -> u32 {
        let slot = self.slots[self.home(hash)];
        if slot != NONE && (slot & !LOCAL) == Self::part(hash) {
            self.numbers[(slot & LOCAL) as usize * self.width]
        } else {
            slot
        }
    }

    fn find(&self, state: &[Id], hash: u64) -> Option<u32> {
        let mut at = self.home(hash);
        while self.slots[at] != NONE {
            let slot = self.slots[at];
            if (slot & !LOCAL) == Self::part(hash) && self.state(slot & LOCAL) == state {
                return Some(slot & LOCAL);
            }
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
        None
    }

    /// Keeps a state unless it is known.
    fn keep(&mut self, state: &[Id], hash: u64, parent: u32) {
        let part = Self::part(hash);
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == NONE {
                break;
            }
            if (slot & !LOCAL) == part && self.state(slot & LOCAL) == state {
                return;
            }
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
        self.slots[at] = part | self.len();
        grow(&mut self.numbers, self.width);
        self.numbers.extend_from_slice(state);
        grow(&mut self.parents, 1);
        self.parents.push(parent);
    }

    /// Makes room, if there is little: at most three quarters of the slots are in use.
    fn widen(&mut self) {
        if self.parents.len() * 4 < self.slots.len() * 3 {
            return;
        }
        self.slots = vec![NONE; self.slots.len() / 2 * 3];
        for local in 0..self.len() {
            let hash = hash(self.state(local));
            let mut at = self.home(hash);
            while self.slots[at] != NONE {
                at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
            }
            self.slots[at] = Self::part(hash) | local;
        }
    }

    /// Judges what was not judged yet.
    pub(super) fn judge<C: Coded>(&mut self, coded: &C) {
        let mut late = Vec::new();
        for local in std::mem::take(&mut self.late).into_iter().chain(self.judged..self.len()) {
            let before = self.gaps.len();
            let state = &self.numbers[local as usize * self.width..][..self.width];
            let sound = coded.is_sound(state, &mut self.gaps);
            if self.gaps.len() > before {
                late.push(local);
            } else if !sound {
                self.unsound = Some(self.unsound.map_or(local, |first| first.min(local)));
            }
        }
        self.late = late;
        self.judged = self.len();
    }

    pub(super) fn take_gaps(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.gaps)
    }

    fn bytes(&self) -> usize {
        (self.numbers.capacity() + self.parents.capacity() + self.slots.capacity()) * 4
    }
}

/// Makes room for `more` numbers, an eighth at a time, so that little of it stays empty.
fn grow(numbers: &mut Vec<u32>, more: usize) {
    if numbers.capacity() - numbers.len() < more {
        numbers.reserve_exact((numbers.len() / 8).max(more * 64));
    }
}

/// Shards that one thread fills.
pub(super) struct Group<'s> {
    shards: &'s mut [Shard],
}

impl Group<'_> {
    /// Keeps what was found and belongs here.
    pub(super) fn take(&mut self, piece: &Piece) {
        let first = self.shards[0].number;
        let mine = first..first + self.shards.len();
        let width = self.shards[0].width;
        for (batch, hashes) in piece.hashes.chunks(BATCH).enumerate() {
            let mut warm = 0;
            for hash in hashes.iter().filter(|hash| mine.contains(&shard_of(**hash))) {
                warm ^= self.shards[shard_of(*hash) - first].warm(*hash);
            }
            black_box(warm);
            for (at, hash) in hashes.iter().enumerate().filter(|(_, hash)| mine.contains(&shard_of(**hash))) {
                let at = batch * BATCH + at;
                let shard = &mut self.shards[shard_of(*hash) - first];
                shard.keep(&piece.found.numbers[at * width..][..width], *hash, piece.parents[at]);
                shard.widen();
            }
        }
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Store {
    width: usize,
    shards: Vec<Shard>,
}

impl Store {
    pub(super) fn new(width: usize) -> Self {
        Self { width, shards: (0..SHARDS).map(|number| Shard::new(number, width)).collect() }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn state(&self, id: StateId) -> &[Id] {
        self.shards[id.shard()].state(id.local())
    }

    pub(super) fn find(&self, state: &[Id]) -> Option<StateId> {
        let hash = hash(state);
        let shard = shard_of(hash);
        self.shards[shard].find(state, hash).map(|local| StateId::new(shard, local))
    }

    pub(super) fn parent(&self, id: StateId) -> Option<StateId> {
        let parent = self.shards[id.shard()].parents[id.local() as usize];
        (parent != NONE).then_some(StateId(parent))
    }

    pub(super) fn len(&self) -> u64 {
        self.shards.iter().map(|shard| u64::from(shard.len())).sum()
    }

    pub(super) fn frontier(&self) -> u64 {
        self.shards.iter().map(|shard| u64::from(shard.len() - shard.next)).sum()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.shards.iter().map(|shard| shard.bytes() as u64).sum()
    }

    pub(super) fn shards(&mut self) -> &mut [Shard] {
        &mut self.shards
    }

    /// The shards, for so many threads.
    pub(super) fn groups(&mut self, threads: usize) -> Vec<Group<'_>> {
        self.shards.chunks_mut(SHARDS.div_ceil(threads)).map(|shards| Group { shards }).collect()
    }

    /// The first unsound state, in a fixed order.
    pub(super) fn unsound(&self) -> Option<StateId> {
        self.shards.iter().find_map(|shard| Some(StateId::new(shard.number, shard.unsound?)))
    }

    /// Up to so many states of the level at hand, which count as expanded from now on.
    pub(super) fn next_block(&mut self, most: usize) -> Vec<StateId> {
        let mut block = Vec::new();
        for shard in &mut self.shards {
            let to = shard.level.min(shard.next.saturating_add((most - block.len()) as u32));
            block.extend((shard.next..to).map(|local| StateId::new(shard.number, local)));
            shard.next = to;
        }
        block
    }

    /// Goes on with what was found from the level at hand; whether there is anything.
    pub(super) fn next_level(&mut self) -> bool {
        for shard in &mut self.shards {
            shard.level = shard.len();
        }
        self.shards.iter().any(|shard| shard.next < shard.level)
    }
}
