//! What one thread expands at a time, and what it finds.

use super::store::{NONE, StateId, Store, TABLES, hash, table_of};
use super::{Coded, Found, Gap, Id};
use std::hint::black_box;
use std::ops::Range;

/// Some states to expand, and what was found from them.
#[derive(Default, Debug)]
pub(super) struct Piece {
    states: Vec<StateId>,
    late: Vec<StateId>,
    found: Found,
    hashes: Vec<u64>,
    parents: Vec<StateId>,
    /// The places of what was found, by the tables into which it belongs.
    places: Vec<u32>,
    /// Where those of each table begin, and end.
    by_table: Vec<u32>,
}

/// A number under which a state was found is that of its piece, then so many bits for its place there.
const PLACE_BITS: u32 = 20;
/// States whose look-ups are begun together.
const AHEAD: usize = 16;
/// When a piece has found so many, the rest of it is late.
const MOST: usize = 1 << (PLACE_BITS - 1);

impl Piece {
    /// States that follow nothing.
    pub(super) fn of_first(numbers: Vec<Id>, width: usize) -> Self {
        let hashes: Vec<u64> = numbers.chunks_exact(width).map(hash).collect();
        let parents = vec![NONE; hashes.len()];
        let found = Found { numbers, gaps: Vec::new() };
        let mut piece = Self { found, hashes, parents, ..Self::default() };
        piece.arrange();
        piece
    }

    pub(super) fn assign(&mut self, states: &[StateId]) {
        self.states.clear();
        self.states.extend_from_slice(states);
    }

    /// The number under which the state at `place` of the piece `piece` was found.
    pub(super) const fn number(piece: usize, place: usize) -> u32 {
        ((piece as u32) << PLACE_BITS) | place as u32
    }

    pub(super) const fn found_under(number: u32) -> (usize, usize) {
        ((number >> PLACE_BITS) as usize, number as usize & ((1 << PLACE_BITS) - 1))
    }

    pub(super) fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// The places of what belongs into a table.
    pub(super) fn of_table(&self, table: usize) -> &[u32] {
        &self.places[self.by_table[table] as usize..self.by_table[table + 1] as usize]
    }

    pub(super) fn parent(&self, place: usize) -> StateId {
        self.parents[place]
    }

    pub(super) fn state(&self, place: usize, width: usize) -> &[Id] {
        &self.found.numbers[place * width..][..width]
    }

    pub(super) fn take_late(&mut self) -> Vec<StateId> {
        std::mem::take(&mut self.late)
    }

    pub(super) fn take_gaps(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.found.gaps)
    }

    fn copy(&mut self, from: &Piece, range: Range<usize>, width: usize) {
        self.found.numbers.extend_from_slice(&from.found.numbers[range.start * width..range.end * width]);
        self.hashes.extend_from_slice(&from.hashes[range.clone()]);
        self.parents.extend_from_slice(&from.parents[range]);
    }

    /// Finds what follows each state. Those with gaps are late.
    pub(super) fn expand<C: Coded>(&mut self, coded: &C, store: &Store) {
        self.found.numbers.clear();
        self.hashes.clear();
        self.parents.clear();
        let states = std::mem::take(&mut self.states);
        for (number, some) in states.chunks(AHEAD).enumerate() {
            if self.hashes.len() >= MOST {
                self.late.extend_from_slice(&states[number * AHEAD..]);
                break;
            }
            black_box(some.iter().fold(0, |warm, id| warm ^ coded.warm(store.state(*id))));
            for id in some {
                self.expand_one(*id, coded, store);
            }
            self.hash(store.width());
        }
        self.states = states;
        self.arrange();
    }

    fn expand_one<C: Coded>(&mut self, id: StateId, coded: &C, store: &Store) {
        let (gaps, numbers) = (self.found.gaps.len(), self.found.numbers.len());
        coded.successors(store.state(id), &mut self.found);
        if self.found.gaps.len() > gaps {
            self.found.numbers.truncate(numbers);
            self.late.push(id);
        } else {
            let new = (self.found.numbers.len() - numbers) / store.width();
            self.parents.resize(self.parents.len() + new, id);
        }
    }

    /// Hashes what was found last.
    fn hash(&mut self, width: usize) {
        let new = &self.found.numbers[self.hashes.len() * width..];
        self.hashes.extend(new.chunks_exact(width).map(hash));
    }

    /// Puts the places into the order of the tables.
    fn arrange(&mut self) {
        let Self { hashes, places, by_table, .. } = self;
        by_table.clear();
        by_table.resize(TABLES + 1, 0);
        for hash in &*hashes {
            by_table[table_of(*hash) + 1] += 1;
        }
        for table in 0..TABLES {
            by_table[table + 1] += by_table[table];
        }
        places.clear();
        places.resize(hashes.len(), 0);
        let mut next = [0; TABLES];
        next.copy_from_slice(&by_table[..TABLES]);
        for (place, hash) in (0..).zip(&*hashes) {
            let next = &mut next[table_of(*hash)];
            places[*next as usize] = place;
            *next += 1;
        }
    }
}

/// The same finds in the order of the states that they follow, as if none had been late.
pub(super) fn in_order(pieces: &[Piece], width: usize) -> Vec<Piece> {
    let mut finds: Vec<(&Piece, Range<usize>)> = Vec::new();
    for piece in pieces {
        let mut from = 0;
        for siblings in piece.parents.chunk_by(|a, b| a == b) {
            finds.push((piece, from..from + siblings.len()));
            from += siblings.len();
        }
    }
    finds.sort_unstable_by_key(|(piece, range)| piece.parents[range.start]);
    let mut ordered = vec![Piece::default()];
    for (piece, range) in finds {
        if ordered[ordered.len() - 1].hashes.len() >= MOST {
            ordered.push(Piece::default());
        }
        let last = ordered.len() - 1;
        ordered[last].copy(piece, range, width);
    }
    ordered.iter_mut().for_each(Piece::arrange);
    ordered
}

/// The state found under this number.
pub(super) fn found_state(pieces: &[Piece], number: u32, width: usize) -> &[Id] {
    let (piece, place) = Piece::found_under(number);
    pieces[piece].state(place, width)
}
