//! What is remembered: values under their numbers, and what functions of two numbers said.

use crate::check::search::Id;

/// Not a number.
pub(super) const NONE: Id = Id::MAX;

/// What a function of two numbers said: an open-addressing table, each entry in one place.
#[derive(Debug)]
pub(super) struct Pairs {
    slots: Vec<[Id; 3]>,
    used: usize,
}

impl Default for Pairs {
    fn default() -> Self {
        Self { slots: vec![[NONE; 3]; 16], used: 0 }
    }
}

impl Pairs {
    fn home(&self, a: Id, b: Id) -> usize {
        let key = (u64::from(a) << 32) | u64::from(b);
        let wide = u128::from(key ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93_u128;
        ((wide as u64) ^ ((wide >> 64) as u64)) as usize & (self.slots.len() - 1)
    }

    /// The slot of this pair, or the empty one where it belongs.
    fn slot(&self, a: Id, b: Id) -> usize {
        let mut at = self.home(a, b);
        loop {
            let [first, second, value] = self.slots[at];
            if value == NONE || (first == a && second == b) {
                return at;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    pub(super) fn get(&self, a: Id, b: Id) -> Option<Id> {
        let [_, _, value] = self.slots[self.slot(a, b)];
        (value != NONE).then_some(value)
    }

    /// What stands where the value of this pair is likely to be.
    pub(super) fn glance(&self, a: Id, b: Id) -> Id {
        self.slots[self.home(a, b)][2]
    }

    /// Remembers `value`, which is a number.
    pub(super) fn insert(&mut self, a: Id, b: Id, value: Id) {
        if self.used * 3 >= self.slots.len() * 2 {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![[NONE; 3]; old.len() * 2];
            for slot in old.into_iter().filter(|slot| slot[2] != NONE) {
                let at = self.slot(slot[0], slot[1]);
                self.slots[at] = slot;
            }
        }
        let at = self.slot(a, b);
        self.used += usize::from(self.slots[at][2] == NONE);
        self.slots[at] = [a, b, value];
    }

    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * 12
    }
}

/// Values and their numbers. Equal fingerprints are taken for equal values.
#[derive(Debug)]
pub(super) struct Interner<T> {
    ids: Pairs,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { ids: Pairs::default(), values: Vec::new() }
    }
}

impl<T> Interner<T> {
    pub(super) fn find(&self, print: u64) -> Option<Id> {
        self.ids.get((print >> 32) as Id, print as Id)
    }

    pub(super) fn intern(&mut self, print: u64, value: impl FnOnce() -> T) -> Id {
        if let Some(id) = self.find(print) {
            return id;
        }
        let id = self.values.len() as Id;
        self.ids.insert((print >> 32) as Id, print as Id, id);
        self.values.push(value());
        id
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }

    pub(super) fn bytes(&self) -> usize {
        self.ids.bytes() + self.values.capacity() * size_of::<T>()
    }
}

impl<T> std::ops::Index<Id> for Interner<T> {
    type Output = T;
    fn index(&self, id: Id) -> &T {
        &self.values[id as usize]
    }
}
