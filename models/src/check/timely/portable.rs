//! What is searched, so that parts of its states can be named to another worker.

use crate::check::search::{Coded, Found, Gap, Id};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// Something whose states are vectors of numbers, where each number stands for a part that has a fingerprint.
///
/// Each process has one of its own, with its own numbers. Two that are of the same make the same of the same: what
/// follows from a state is made of the same parts, whatever their numbers.
pub(in crate::check) trait Portable: Coded {
    /// How many kinds of parts there are. Parts of one kind are numbered from zero, without gaps.
    const KINDS: usize;

    /// The kind of the part at a place of a state.
    fn kind(&self, at: usize) -> usize;

    /// How many parts of a kind are known.
    fn count(&self, kind: usize) -> usize;

    /// The fingerprint of a part, the same everywhere.
    fn print(&self, kind: usize, id: Id) -> u64;

    /// Whether this was learnt.
    fn is_known(&self, gap: Gap) -> bool;
}

/// No part.
pub(super) const NONE: Id = Id::MAX;

/// A hasher for keys that are fingerprints already.
#[derive(Clone, Copy, Default)]
pub(super) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _bytes: &[u8]) {
        unreachable!("keys are fingerprints");
    }
    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// The parts of one kind that are known here, each with where it was met.
struct Kind {
    ids: HashMap<u64, Id, BuildHasherDefault<AsIs>>,
    prints: Vec<u64>,
    /// For each part the parts of the state from which it follows; [`NONE`] if it is the first state's.
    sources: Vec<Id>,
}

/// What is searched, with the fingerprints and the origins of all parts that are known here.
pub(super) struct Parts<C> {
    coded: C,
    width: usize,
    kinds: Vec<Kind>,
}

impl<C: Portable> Parts<C> {
    /// The parts of the first state.
    fn new(coded: C) -> Self {
        let kind = |_| Kind { ids: HashMap::default(), prints: Vec::new(), sources: Vec::new() };
        let width = coded.width();
        let kinds = (0..C::KINDS).map(kind).collect();
        let mut parts = Self { coded, width, kinds };
        parts.note(&vec![NONE; width]);
        parts
    }

    /// How many parts a state has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The first state.
    pub(super) fn first(&self) -> Vec<Id> {
        self.coded.first()
    }

    /// The kind of the part at a place.
    pub(super) fn kind(&self, at: usize) -> usize {
        self.coded.kind(at)
    }

    /// The fingerprint of a state.
    pub(super) fn print(&self, state: &[Id]) -> u64 {
        let print = |(at, id): (usize, &Id)| self.kinds[self.coded.kind(at)].prints[*id as usize];
        state.iter().enumerate().map(print).fold(0, u64::wrapping_add)
    }

    /// The fingerprint of a part.
    pub(super) fn part_print(&self, kind: usize, id: Id) -> u64 {
        self.kinds[kind].prints[id as usize]
    }

    /// The part of this fingerprint.
    pub(super) fn part(&self, kind: usize, print: u64) -> Option<Id> {
        self.kinds.get(kind)?.ids.get(&print).copied()
    }

    /// The state from which a part follows, if it is not a part of the first one.
    pub(super) fn source(&self, kind: usize, id: Id) -> Option<&[Id]> {
        let source = &self.kinds[kind].sources[id as usize * self.width..][..self.width];
        (source[0] != NONE).then_some(source)
    }

    /// Pushes the states that follow, or what is not known of them.
    pub(super) fn successors(&self, state: &[Id], found: &mut Found) {
        self.coded.successors(state, found);
    }

    /// Whether nothing is wrong with a state; meaningless if a gap was pushed.
    pub(super) fn is_sound(&self, state: &[Id], gaps: &mut Vec<Gap>) -> bool {
        self.coded.is_sound(state, gaps)
    }

    /// Takes note of the parts that have become known: they follow from `source`.
    fn note(&mut self, source: &[Id]) {
        for (number, kind) in self.kinds.iter_mut().enumerate() {
            for id in kind.prints.len()..self.coded.count(number) {
                let print = self.coded.print(number, id as Id);
                kind.ids.insert(print, id as Id);
                kind.prints.push(print);
                kind.sources.extend_from_slice(source);
            }
        }
    }
}

/// What is searched, as the workers of one process share it. Each learns what it lacks first, and all know it then.
///
/// Who comes first is left open, and with it the numbers of parts; but no answer depends on a number.
pub(super) struct Shared<C>(RwLock<Parts<C>>);

/// What a state lacks.
pub(super) struct Lack {
    /// The state.
    pub(super) state: Vec<Id>,
    /// What is asked.
    pub(super) gaps: Vec<Gap>,
}

impl<C: Portable> Shared<C> {
    /// The parts of the first state.
    pub(super) fn new(coded: C) -> Self {
        Self(RwLock::new(Parts::new(coded)))
    }

    /// What is known now. Not to be held while something is learnt.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Parts<C>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns what some states lack. What takes long is computed while the others go on.
    pub(super) fn learn(&self, lacks: &[Lack]) {
        let parts = self.read();
        let mut fills = Vec::new();
        for Lack { gaps, .. } in lacks {
            fills.push(gaps.iter().map(|gap| parts.coded.compute(*gap)).collect::<Vec<C::Fill>>());
        }
        drop(parts);
        let mut parts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (Lack { state, gaps }, fills) in lacks.iter().zip(fills) {
            for (gap, fill) in gaps.iter().zip(fills) {
                if !parts.coded.is_known(*gap) {
                    parts.coded.learn(*gap, fill);
                }
            }
            parts.note(state);
        }
    }

    /// Learns everything that follows from a state.
    pub(super) fn complete(&self, state: &[Id]) {
        let mut found = Found::default();
        loop {
            found.clear();
            self.read().successors(state, &mut found);
            let gaps = found.take_gaps();
            if gaps.is_empty() {
                return;
            }
            self.learn(&[Lack { state: state.to_vec(), gaps }]);
        }
    }
}
