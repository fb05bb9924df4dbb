//! What is searched, so that parts of its states can be named to another worker.

use crate::check::search::{Coded, Found, Gap, Id};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Something whose states are vectors of numbers, where each number stands for a part that has a fingerprint.
///
/// Each worker has one of its own, with its own numbers. Two that are of the same make the same of the same: what
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
    found: Found,
    gaps: Vec<Gap>,
}

impl<C: Portable> Parts<C> {
    /// The parts of the first state.
    pub(super) fn new(coded: C) -> Self {
        let kind = |_| Kind { ids: HashMap::default(), prints: Vec::new(), sources: Vec::new() };
        let width = coded.width();
        let kinds = (0..C::KINDS).map(kind).collect();
        let mut parts = Self { coded, width, kinds, found: Found::default(), gaps: Vec::new() };
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

    /// The states that follow, one after the other.
    pub(super) fn successors(&mut self, state: &[Id]) -> &[Id] {
        let mut filled = false;
        loop {
            self.found.clear();
            self.coded.successors(state, &mut self.found);
            let gaps = self.found.take_gaps();
            if gaps.is_empty() {
                break;
            }
            self.fill(gaps);
            filled = true;
        }
        if filled {
            self.note(state);
        }
        self.found.numbers()
    }

    /// Whether nothing is wrong with a state.
    pub(super) fn is_sound(&mut self, state: &[Id]) -> bool {
        loop {
            let mut gaps = std::mem::take(&mut self.gaps);
            let sound = self.coded.is_sound(state, &mut gaps);
            if gaps.is_empty() {
                self.gaps = gaps;
                return sound;
            }
            self.fill(gaps);
        }
    }

    fn fill(&mut self, mut gaps: Vec<Gap>) {
        gaps.sort_unstable();
        gaps.dedup();
        for gap in gaps {
            self.coded.fill(gap);
        }
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
