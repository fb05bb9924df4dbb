//! Breadth-first search over vectors of numbers, knowing nothing of what they stand for.
//!
//! What is searched says how many numbers make up a state, which states follow a state, and whether a state is
//! sound ([`Coded`]). To do so quickly it remembers what its pure functions said; what it does not know yet it
//! reports as a [`Gap`]. A search therefore goes by blocks of states, and each block by four moves, each of many
//! small tasks that any number of threads share:
//!
//! 1. *Expand.* Every state of the block is looked up. A state with gaps waits.
//! 2. *Fill.* The gaps are computed – in parallel, they are pure functions – and learnt one after the other, in
//!    the order in which they were met. Then the waiting states are expanded again, until none waits.
//! 3. *Store.* The table of all states is many small ones, by the first bits of a hash. Each finds out which of the
//!    states found that belong into it are new; the new ones are numbered in the order in which they were found.
//! 4. *Judge* the new ones, filling gaps in the same way.
//!
//! So the table is shared by all threads without a lock and without atomics, but not at the same time: in each move a
//! part of it belongs to one thread, or to all of them for reading. What a look-up will need is visited ahead, for
//! dozens of states together, so that they do not wait for each other's memory; that is ordinary reading, for safe
//! Rust has no other way to ask for it.
//!
//! # Why it is right
//!
//! Between two moves nothing is shared but what nobody changes: what was learnt is read while a block is expanded and
//! judged, and changed by one thread alone while gaps are learnt; each table is changed by one thread alone. So
//! there are no races, and **the number of threads changes nothing**: numbers, order, parents, counts and the first
//! violation are the same with any of them, in any slices, on any platform. The order is that of a textbook's queue:
//! states in the order of those that they follow.
//!
//! States are stored whole and compared exactly. Levels are finished one after the other, so the first violation
//! found is a shortest one.

#[cfg(not(target_arch = "wasm32"))]
mod checkpoint;
mod crew;
mod piece;
mod store;

use super::Progress;
use crew::Crew;
use piece::{Piece, in_order};
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use store::{Jury, Store};

#[cfg(not(target_arch = "wasm32"))]
pub use checkpoint::CheckpointError;
pub use store::StateId;
#[cfg(all(feature = "timely", not(target_arch = "wasm32")))]
pub(in crate::check) use store::same;

/// A number in place of a value.
pub type Id = u32;

/// What a state is needed for and not known yet: a question to a pure function, its arguments as numbers. What
/// the kinds mean is up to the [`Coded`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Gap {
    /// Which function.
    pub kind: u8,
    /// Its first argument.
    pub a: Id,
    /// Its second argument.
    pub b: Id,
}

/// Something whose states are vectors of numbers, all of the same width.
///
/// Its functions are pure: what it says of a state depends on nothing but the state and what it has learnt, and
/// learning changes no answer, it only fills gaps. Two different vectors are two different states.
pub trait Coded: Send + Sync {
    /// What a pure function says.
    type Fill: Send;

    /// How many numbers make up a state.
    fn width(&self) -> usize;

    /// The first states, one after the other.
    fn first(&self) -> Vec<Id>;

    /// Pushes the states that follow `state`, in a fixed order, or at least one gap. What is pushed is counted as
    /// a transition; a choice that changes nothing is not to be pushed.
    fn successors(&self, state: &[Id], found: &mut Found);

    /// Visits the memory that [`Coded::successors`] will need, so that many states do not wait for each other's.
    /// Answers anything that depends on what was visited.
    fn warm(&self, _state: &[Id]) -> Id {
        0
    }

    /// Whether nothing is wrong with `state`; meaningless if a gap was pushed.
    fn is_sound(&self, state: &[Id], gaps: &mut Vec<Gap>) -> bool;

    /// Asks the pure function. Several threads do so at once.
    fn compute(&self, gap: Gap) -> Self::Fill;

    /// Remembers what it said.
    fn learn(&mut self, gap: Gap, fill: Self::Fill);

    /// Both at once, where there is one thread only.
    fn fill(&mut self, gap: Gap) {
        let fill = self.compute(gap);
        self.learn(gap, fill);
    }

    /// Bytes used by what it remembers.
    fn bytes(&self) -> u64;

    /// Asks the function of a gap that was learnt again: whether it says what it said before. One that does not is
    /// not pure, and nothing that rests on it is proved.
    fn agrees(&self, _gap: Gap) -> bool {
        true
    }

    /// A digest of all values that the numbers stand for.
    fn digest(&self) -> u64 {
        0
    }

    /// Whether the arguments of this gap stand for something. Asked of what comes from a file.
    fn can_ask(&self, _gap: Gap) -> bool {
        true
    }

    /// Whether these numbers stand for a state. Asked of what comes from a file.
    fn is_state(&self, _state: &[Id]) -> bool {
        true
    }
}

/// What follows a state.
#[derive(Default, Debug)]
pub struct Found {
    numbers: Vec<Id>,
    gaps: Vec<Gap>,
}

impl Found {
    /// A copy of `state`, pushed, to be changed; [`Found::undo`] takes it back.
    pub fn copy(&mut self, state: &[Id]) -> &mut [Id] {
        let from = self.numbers.len();
        self.numbers.extend_from_slice(state);
        &mut self.numbers[from..]
    }

    /// Takes back what was pushed last.
    pub fn undo(&mut self, state: &[Id]) {
        self.numbers.truncate(self.numbers.len() - state.len());
    }

    /// A state that follows.
    pub fn push(&mut self, state: &[Id]) {
        self.numbers.extend_from_slice(state);
    }

    /// What is not known yet.
    pub fn miss(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// The states that were pushed, one after the other.
    pub fn numbers(&self) -> &[Id] {
        &self.numbers
    }

    /// What was not known, no longer in here.
    pub fn take_gaps(&mut self) -> Vec<Gap> {
        std::mem::take(&mut self.gaps)
    }

    /// Nothing any more.
    pub fn clear(&mut self) {
        self.numbers.clear();
        self.gaps.clear();
    }
}

/// How a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// Every reachable state was visited and is sound.
    Emptied,
    /// This state is not.
    Unsound(StateId),
    /// There are more states than there are numbers.
    Full,
    /// The function of this gap says one thing now and another thing then.
    Impure(Gap),
}

/// A search under way.
pub struct Search<C: Coded> {
    coded: C,
    crew: Arc<Crew>,
    store: Store,
    pieces: Vec<Piece>,
    /// Every gap that was filled, in that order; those before `asked` were considered for being asked again.
    learnt: Vec<Gap>,
    asked: usize,
    impure: Option<Gap>,
    depth: u32,
    transitions: u64,
    unsound: Option<StateId>,
}

/// States expanded together.
const BLOCK: usize = 1 << 13;
/// States expanded by one thread at a time.
const PIECE: usize = 1 << 8;
/// Of so many things learnt, one is asked again, at the end of its level and at the end of the search.
const SAMPLE: usize = 64;

impl<C: Coded> Search<C> {
    /// A search from the first states on, by `threads` threads.
    pub fn new(coded: C, threads: usize) -> Self {
        let crew = Arc::new(Crew::new(threads));
        let store = Store::new(coded.width());
        let mut search = Self::empty(coded, crew, store);
        let first = Piece::of_first(search.coded.first(), search.store.width());
        search.transitions += first.hashes().len() as u64;
        search.keep(&[first]);
        search.store.next_level();
        search
    }

    fn empty(coded: C, crew: Arc<Crew>, store: Store) -> Self {
        Self {
            coded,
            crew,
            store,
            pieces: Vec::new(),
            learnt: Vec::new(),
            asked: 0,
            impure: None,
            depth: 0,
            transitions: 0,
            unsound: None,
        }
    }

    /// Expands up to `budget` more states; the end, once it is reached.
    pub fn advance(&mut self, budget: usize) -> Option<End> {
        let crew = Arc::clone(&self.crew);
        crew.lead(|| self.lead(budget))
    }

    fn lead(&mut self, budget: usize) -> Option<End> {
        let mut left = budget;
        while left > 0 {
            if let Some(end) = self.ended() {
                return Some(end);
            }
            let block = self.store.next_block(left.min(BLOCK));
            if block.is_empty() {
                self.ask_again(self.asked);
                if self.store.next_level() {
                    self.depth += 1;
                    continue;
                }
                self.ask_again(0);
                return Some(self.ended().unwrap_or(End::Emptied));
            }
            left -= block.len();
            self.expand(block);
        }
        self.ended()
    }

    fn ended(&self) -> Option<End> {
        let full = self.store.is_full().then_some(End::Full);
        self.unsound.map(End::Unsound).or(self.impure.map(End::Impure)).or(full)
    }

    /// Asks some of what was learnt from `from` on again.
    fn ask_again(&mut self, from: usize) {
        let some = self.learnt[from..].iter().step_by(SAMPLE);
        let mut answers: Vec<(Gap, bool)> = some.map(|gap| (*gap, true)).collect();
        let coded = &self.coded;
        self.crew.each(&mut answers, |(gap, agrees)| *agrees = coded.agrees(*gap));
        self.asked = self.learnt.len();
        self.impure = self.impure.or(answers.iter().find(|(_, agrees)| !agrees).map(|(gap, _)| *gap));
    }

    /// How far it has got. The bytes are those of its own tables and of what was learnt.
    pub fn progress(&self) -> Progress {
        Progress {
            states: self.store.len().into(),
            frontier: self.store.frontier().into(),
            depth: self.depth,
            transitions: self.transitions,
            bytes: self.store.bytes()
                + self.coded.bytes()
                + (self.learnt.capacity() * size_of::<Gap>()) as u64,
        }
    }

    /// What is searched.
    pub fn coded(&self) -> &C {
        &self.coded
    }

    /// What was searched, at the end.
    pub fn into_coded(self) -> C {
        self.coded
    }

    /// The numbers of a state.
    pub fn state(&self, id: StateId) -> &[Id] {
        self.store.state(id)
    }

    /// The states from a first one to this one.
    pub fn path(&self, to: StateId) -> Vec<StateId> {
        let mut path = vec![to];
        let mut at = to;
        while let Some(parent) = self.store.parent(at) {
            path.push(parent);
            at = parent;
        }
        path.reverse();
        path
    }

    // ---- a block -----------------------------------------------------------------------------------------

    fn expand(&mut self, block: Range<StateId>) {
        let mut pieces = std::mem::take(&mut self.pieces);
        let mut used = 0;
        let pieces_of_block = block.len().div_ceil(PIECE);
        let mut late: Vec<StateId> = block.collect();
        while !late.is_empty() {
            let from = used;
            for states in late.chunks(PIECE) {
                if used == pieces.len() {
                    pieces.push(Piece::default());
                }
                pieces[used].assign(states);
                used += 1;
            }
            let (coded, store) = (&self.coded, &self.store);
            self.crew.each(&mut pieces[from..used], |piece| piece.expand(coded, store));
            late = pieces[from..used].iter_mut().flat_map(Piece::take_late).collect();
            let gaps = pieces[from..used].iter_mut().flat_map(Piece::take_gaps).collect();
            self.fill(gaps);
        }
        self.transitions += pieces[..used].iter().map(|piece| piece.hashes().len() as u64).sum::<u64>();
        if used > pieces_of_block {
            self.keep(&in_order(&pieces[..used], self.store.width()));
        } else {
            self.keep(&pieces[..used]);
        }
        self.pieces = pieces;
    }

    fn keep(&mut self, pieces: &[Piece]) {
        let new = self.store.keep(pieces, &self.crew);
        let mut juries: Vec<Jury> = parts(new, PIECE as u32).map(Jury::of).collect();
        while !juries.is_empty() {
            let (coded, store) = (&self.coded, &self.store);
            self.crew.each(&mut juries, |jury| jury.judge(coded, store));
            let unsound = juries.iter().filter_map(|jury| jury.unsound).min();
            self.unsound = self.unsound.into_iter().chain(unsound).min();
            juries.retain(|jury| !jury.gaps.is_empty());
            let gaps = juries.iter_mut().flat_map(|jury| std::mem::take(&mut jury.gaps)).collect();
            self.fill(gaps);
        }
    }

    /// Computes what is not known, then learns it in the order in which it was met.
    fn fill(&mut self, mut gaps: Vec<Gap>) {
        let mut met = HashSet::with_capacity(gaps.len());
        gaps.retain(|gap| met.insert(*gap));
        if self.crew.threads() == 1 {
            for gap in &gaps {
                self.coded.fill(*gap);
            }
        } else {
            let mut fills: Vec<(Gap, Option<C::Fill>)> = gaps.iter().map(|gap| (*gap, None)).collect();
            let coded = &self.coded;
            self.crew.each(&mut fills, |(gap, fill)| *fill = Some(coded.compute(*gap)));
            for (gap, fill) in fills {
                if let Some(fill) = fill {
                    self.coded.learn(gap, fill);
                }
            }
        }
        self.learnt.extend(gaps);
    }
}

/// A range in parts of so many.
fn parts(range: Range<StateId>, most: u32) -> impl Iterator<Item = Range<StateId>> {
    range.clone().step_by(most as usize).map(move |from| from..range.end.min(from.saturating_add(most)))
}
