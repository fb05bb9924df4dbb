//! The states that one worker owns: each stored whole and compared exactly, with the fingerprint of a state that
//! leads to it.
//!
//! A state takes four bytes for each of its parts and eight for where it came from. They lie in segments of equal
//! size, so that nothing is moved when their number grows. The table that finds them takes eight bytes a slot: the
//! upper half of the fingerprint and the number of the state. A state belongs where the leading bits of that half
//! say, so the table grows in one pass, in order, without a look at the states.

use super::portable::NONE;
use crate::check::search::{Id, same};

/// States in a segment.
const SEGMENT: usize = 1 << 14;

/// What a slot of the table holds.
#[derive(Clone, Copy)]
struct Slot {
    part: u32,
    index: u32,
}

const EMPTY: Slot = Slot { part: 0, index: NONE };

/// The states of one worker.
pub(super) struct Store {
    width: usize,
    segments: Vec<Vec<u32>>,
    len: u32,
    slots: Vec<Slot>,
}

impl Store {
    /// No states yet, of `width` parts each.
    pub(super) fn new(width: usize) -> Self {
        Self { width, segments: Vec::new(), len: 0, slots: vec![EMPTY; 1 << 10] }
    }

    /// How many states there are.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// Whether there is no number left for another state.
    pub(super) fn is_full(&self) -> bool {
        self.len >= NONE - 1
    }

    /// The bytes that the states and the table take.
    pub(super) fn bytes(&self) -> u64 {
        let words: usize = self.segments.iter().map(Vec::capacity).sum();
        (words * 4 + self.slots.len() * 8) as u64
    }

    fn row(&self, index: u32) -> &[u32] {
        let (segment, at) = (index as usize / SEGMENT, index as usize % SEGMENT);
        &self.segments[segment][at * (self.width + 2)..][..self.width + 2]
    }

    /// The parts of a state.
    pub(super) fn parts(&self, index: u32) -> &[Id] {
        &self.row(index)[..self.width]
    }

    /// The fingerprint of a state that leads to it.
    pub(super) fn parent(&self, index: u32) -> u64 {
        let row = self.row(index);
        u64::from(row[self.width]) | u64::from(row[self.width + 1]) << 32
    }

    /// Of two parents the smaller fingerprint is kept: so it does not matter which came first.
    fn reparent(&mut self, index: u32, parent: u64) {
        if parent < self.parent(index) {
            let (segment, at) = (index as usize / SEGMENT, index as usize % SEGMENT);
            let row = &mut self.segments[segment][at * (self.width + 2)..][..self.width + 2];
            row[self.width] = parent as u32;
            row[self.width + 1] = (parent >> 32) as u32;
        }
    }

    fn home(&self, part: u32) -> usize {
        ((u64::from(part) * self.slots.len() as u64) >> 32) as usize
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & (self.slots.len() - 1)
    }

    /// Touches where a state of this fingerprint belongs, so that it is near when it is asked for.
    pub(super) fn touch(&self, print: u64) -> u32 {
        self.slots[self.home((print >> 32) as u32)].index
    }

    /// Adds a state unless it is known; whether it is new. `level` is the number of the first state as far from the
    /// start as this one: only among those a parent is chosen.
    pub(super) fn insert(&mut self, parts: &[Id], print: u64, parent: u64, level: u32) -> bool {
        let part = (print >> 32) as u32;
        let mut at = self.home(part);
        loop {
            let slot = self.slots[at];
            if slot.index == NONE {
                break;
            }
            if slot.part == part && same(self.parts(slot.index), parts) {
                if slot.index >= level {
                    self.reparent(slot.index, parent);
                }
                return false;
            }
            at = self.after(at);
        }
        self.slots[at] = Slot { part, index: self.len };
        self.push(parts, parent);
        if self.len as usize * 4 > self.slots.len() * 3 {
            self.grow();
        }
        true
    }

    fn push(&mut self, parts: &[Id], parent: u64) {
        if (self.len as usize).is_multiple_of(SEGMENT) {
            self.segments.push(Vec::with_capacity(SEGMENT * (self.width + 2)));
        }
        if let Some(segment) = self.segments.last_mut() {
            segment.extend_from_slice(parts);
            segment.extend([parent as u32, (parent >> 32) as u32]);
        }
        self.len += 1;
    }

    fn grow(&mut self) {
        let bigger = vec![EMPTY; self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, bigger);
        for slot in old.into_iter().filter(|slot| slot.index != NONE) {
            let mut at = self.home(slot.part);
            while self.slots[at].index != NONE {
                at = self.after(at);
            }
            self.slots[at] = slot;
        }
    }

    /// The state of this fingerprint, as `print` computes it.
    pub(super) fn find(&self, wanted: u64, print: impl Fn(&[Id]) -> u64) -> Option<u32> {
        let part = (wanted >> 32) as u32;
        let mut at = self.home(part);
        while self.slots[at].index != NONE {
            let Slot { part: there, index } = self.slots[at];
            if there == part && print(self.parts(index)) == wanted {
                return Some(index);
            }
            at = self.after(at);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::fingerprint;

    #[test]
    fn states_are_found_again_and_the_smallest_parent_is_kept() {
        let mut store = Store::new(2);
        let state = |n: u32| [n, n / 7];
        let print = |parts: &[u32]| fingerprint(&parts[0]);
        for n in 0..50_000 {
            assert!(store.insert(&state(n), print(&state(n)), 9, 0), "{n} is new");
        }
        assert_eq!(store.len(), 50_000);
        for n in (0..50_000).rev() {
            assert!(!store.insert(&state(n), print(&state(n)), u64::from(n) << 33, 25_000), "{n} is known");
            let index = store.find(print(&state(n)), print).unwrap();
            assert_eq!(store.parts(index), state(n));
            // Only states of the level at hand get another parent, and only a smaller one.
            assert_eq!(store.parent(index), 9);
        }
        store.insert(&state(30_000), print(&state(30_000)), 4, 25_000);
        store.insert(&state(20_000), print(&state(20_000)), 4, 25_000);
        assert_eq!((store.parent(30_000), store.parent(20_000)), (4, 9));
        assert_eq!(store.find(print(&[50_001]), print), None);
        assert!(store.bytes() <= 50_000 * 45 + (SEGMENT as u64) * 16, "{}", store.bytes());
    }
}
