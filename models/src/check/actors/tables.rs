//! Values and their numbers, and what the actors are made of.

use crate::check::search::Id;
use crate::world::fingerprint;
use stateright::actor::{Actor, RandomChoices, Timers};
use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

/// No number.
pub(super) const NONE: Id = Id::MAX;

/// A hasher for keys that are numbers already: one multiplication spreads them.
#[derive(Clone, Copy, Default)]
pub(super) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    #[inline]
    fn write_u64(&mut self, key: u64) {
        let wide = u128::from(self.0 ^ key ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
        self.0 = (wide as u64) ^ ((wide >> 64) as u64);
    }
}

/// A map from keys that are numbers.
pub(super) type Numbered<V> = HashMap<u64, V, BuildHasherDefault<Spread>>;

/// Two numbers as one key.
#[inline]
pub(super) const fn key(a: Id, b: Id) -> u64 {
    ((a as u64) << 32) | b as u64
}

/// Values and their numbers. A hash finds a value, `==` decides.
#[derive(Debug)]
pub(super) struct Interner<T> {
    first: Numbered<Id>,
    /// The next value with the same hash.
    next: Vec<Id>,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { first: Numbered::default(), next: Vec::new(), values: Vec::new() }
    }
}

impl<T: Hash + PartialEq> Interner<T> {
    /// The number of a value, and whether it is a new one.
    pub(super) fn intern(&mut self, value: T) -> (Id, bool) {
        let new = self.values.len() as Id;
        let mut at = *self.first.entry(fingerprint(&value)).or_insert(new);
        while at != new {
            if self.values[at as usize] == value {
                return (at, false);
            }
            if self.next[at as usize] == NONE {
                self.next[at as usize] = new;
            }
            at = self.next[at as usize];
        }
        self.values.push(value);
        self.next.push(NONE);
        (new, true)
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn get(&self, id: Id) -> &T {
        &self.values[id as usize]
    }
}

/// What one actor is, but for its mail.
pub(super) struct Seat<A: Actor> {
    pub(super) state: Arc<A::State>,
    pub(super) timers: Timers<A::Timer>,
    pub(super) random: RandomChoices<A::Random>,
    pub(super) crashed: bool,
    pub(super) storage: Option<A::Storage>,
}

impl<A: Actor> Clone for Seat<A> {
    fn clone(&self) -> Self {
        Self {
            state: Arc::clone(&self.state),
            timers: self.timers.clone(),
            random: self.random.clone(),
            crashed: self.crashed,
            storage: self.storage.clone(),
        }
    }
}

impl<A: Actor> PartialEq for Seat<A> {
    fn eq(&self, other: &Self) -> bool {
        self.state == other.state
            && self.timers == other.timers
            && self.random == other.random
            && self.crashed == other.crashed
            && self.storage == other.storage
    }
}

impl<A: Actor> Hash for Seat<A> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.state.hash(hasher);
        self.timers.hash(hasher);
        self.random.hash(hasher);
        self.crashed.hash(hasher);
        self.storage.hash(hasher);
    }
}

/// What is around the actors: the history and, where messages may be delivered twice, the last one delivered,
/// which stateright counts as part of the state.
///
/// A history need not be comparable, so it is told from others by two independent hashes of 64 bits.
#[derive(Clone, Debug)]
pub(super) struct Around<H> {
    pub(super) history: H,
    pub(super) last: Option<Id>,
    second_hash: u64,
}

impl<H: Hash> Around<H> {
    pub(super) fn new(history: H, last: Option<Id>) -> Self {
        let mut hasher = DefaultHasher::new();
        history.hash(&mut hasher);
        Self { second_hash: hasher.finish(), history, last }
    }
}

impl<H> PartialEq for Around<H> {
    fn eq(&self, other: &Self) -> bool {
        self.second_hash == other.second_hash && self.last == other.last
    }
}

impl<H: Hash> Hash for Around<H> {
    fn hash<S: Hasher>(&self, hasher: &mut S) {
        self.history.hash(hasher);
        self.last.hash(hasher);
    }
}

/// What the handlers of one actor answered, by its states and its letters: a rectangle that grows.
#[derive(Debug, Default)]
pub(super) struct Answers {
    cells: Vec<Id>,
    columns: usize,
}

impl Answers {
    /// Not asked yet.
    pub(super) const UNKNOWN: Id = 0;

    #[inline]
    pub(super) fn get(&self, row: Id, column: Id) -> Id {
        if column as usize >= self.columns {
            return Self::UNKNOWN;
        }
        self.cells.get(row as usize * self.columns + column as usize).copied().unwrap_or(Self::UNKNOWN)
    }

    pub(super) fn set(&mut self, row: Id, column: Id, answer: Id) {
        let (row, column) = (row as usize, column as usize);
        if column >= self.columns {
            self.widen((column + 1).next_power_of_two());
        }
        if (row + 1) * self.columns > self.cells.len() {
            self.cells.resize((row + 1) * self.columns, Self::UNKNOWN);
        }
        self.cells[row * self.columns + column] = answer;
    }

    fn widen(&mut self, columns: usize) {
        let mut cells = Vec::with_capacity(self.cells.len() / self.columns.max(1) * columns);
        for row in self.cells.chunks(self.columns.max(1)) {
            cells.extend_from_slice(row);
            cells.resize(cells.len() + columns - row.len(), Self::UNKNOWN);
        }
        (self.cells, self.columns) = (cells, columns);
    }

    pub(super) fn bytes(&self) -> usize {
        self.cells.capacity() * size_of::<Id>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value whose hash says little.
    #[derive(PartialEq, Debug, Clone, Copy)]
    struct Dull(u32);

    impl Hash for Dull {
        fn hash<H: Hasher>(&self, hasher: &mut H) {
            (self.0 % 2).hash(hasher);
        }
    }

    #[test]
    fn equal_hashes_do_not_make_equal_values() {
        let mut interner = Interner::default();
        for round in 0..2 {
            for value in 0..50 {
                assert_eq!(interner.intern(Dull(value)), (value, round == 0));
            }
        }
        assert_eq!((interner.len(), *interner.get(7)), (50, Dull(7)));
    }

    #[test]
    fn answers_stay_when_the_rectangle_grows() {
        let mut answers = Answers::default();
        for at in 0..40 {
            answers.set(at % 7, at, at + 1);
        }
        for at in 0..40 {
            assert_eq!(answers.get(at % 7, at), at + 1);
            assert_eq!(answers.get((at + 1) % 7, at), Answers::UNKNOWN);
        }
        assert_eq!(answers.get(1000, 3), Answers::UNKNOWN);
        assert_eq!(answers.get(1, 1000), Answers::UNKNOWN);
    }
}
