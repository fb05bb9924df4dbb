//! The memoised engine: breadth-first search over short vectors of numbers.
//!
//! Whatever happens in a world is put together from pure functions of few things: what an act does to a machine,
//! what the history has to know of it, what is added to an inbox, what is buried in it ([`crate::world`]). The
//! same few thousand machines, inboxes and surroundings make up millions of states, so each function is computed
//! once and remembered: a state becomes one number a seat and one for the surroundings, and a transition becomes
//! a few look-ups. The production code runs a few thousand times instead of a hundred million.
//!
//! # Why it is right
//!
//! It computes the same transitions as [`World::apply`], which is put together from the same functions; that they
//! are pure is what the core promises, and the tests compare counts and depths with stateright on the world
//! itself. States are stored whole and compared exactly ([`super::search`]); only machines, inboxes and
//! surroundings are identified by 64-bit fingerprints.

mod again;
mod code;
mod follow;
mod learn;
#[cfg(all(feature = "timely", not(target_arch = "wasm32")))]
pub(super) mod portable;
mod tables;

use super::search::{End, Search, StateId};
use super::{Bounds, Outcome, Progress, Report, Why, resident};
#[cfg(not(target_arch = "wasm32"))]
use crate::check::search::CheckpointError;
use crate::invariant::state::judge;
#[cfg(not(target_arch = "wasm32"))]
use crate::world::fingerprint;
use crate::world::{Choice, State, World};
use code::Code;
#[cfg(not(target_arch = "wasm32"))]
use std::path::Path;
use std::sync::Arc;
#[cfg(not(target_arch = "wasm32"))]
use std::time::{Duration, Instant};

/// A memoised search.
pub struct Memo {
    world: Arc<World>,
    #[cfg_attr(target_arch = "wasm32", allow(dead_code))]
    first: State,
    search: Search<Code>,
}

/// States expanded before the caller is asked again.
const SLICE: usize = 1 << 13;
/// How often a long search is written to its checkpoint.
#[cfg(not(target_arch = "wasm32"))]
const SAVED_EVERY: Duration = Duration::from_secs(300);

impl Memo {
    /// Starts at the first state.
    pub fn new(world: &World) -> Self {
        Self::starting_at(world, &world.initial())
    }

    /// Starts at `state`.
    pub fn starting_at(world: &World, state: &State) -> Self {
        Self::with_threads(world, state, 1)
    }

    /// Starts at `state`, with so many threads.
    pub fn with_threads(world: &World, state: &State, threads: usize) -> Self {
        let world = Arc::new(world.clone());
        let code = Code::new(Arc::clone(&world), state);
        Self { world, first: state.clone(), search: Search::new(code, threads) }
    }

    /// Explores up to `budget` more states; the outcome, once there is one.
    pub fn advance(&mut self, budget: usize) -> Option<Outcome> {
        match self.search.advance(budget)? {
            End::Emptied => Some(self.emptied()),
            End::Unsound(state) => Some(self.violated(state)),
            End::Full => Some(Outcome::Incomplete(Why::Full)),
            End::Impure(_) => Some(Outcome::Incomplete(Why::Impure)),
        }
    }

    /// Explores to the end of the level at hand, so that every state one step farther is known.
    pub fn finish_level(&mut self) -> Option<Outcome> {
        let level = usize::try_from(self.progress().frontier).unwrap_or(usize::MAX);
        self.advance(level.max(1))
    }

    /// The frontier is empty: a proof, unless a reduction was used that is good for finding only.
    fn emptied(&self) -> Outcome {
        let rash = self.world.reductions().rashly && !self.world.rules_off().is_empty();
        if rash { Outcome::Incomplete(Why::Reduced) } else { Outcome::Proved }
    }

    fn violated(&self, state: StateId) -> Outcome {
        match judge(&self.world, &self.decode(state)) {
            Some(broken) => Outcome::Violated { broken, path: self.path(state) },
            // Cannot be: the parts of this judgement found it.
            None => Outcome::Incomplete(Why::Interrupted),
        }
    }

    /// How far it has got. The bytes are those of its tables, without the values in them.
    pub fn progress(&self) -> Progress {
        self.search.progress()
    }

    /// Explores until there is an outcome, a bound is reached, or `watch` says no.
    pub fn run(mut self, bounds: Bounds, watch: &mut dyn FnMut(&Progress) -> bool) -> Report {
        let outcome = loop {
            if let Some(outcome) = self.slice(bounds, watch) {
                break outcome;
            }
        };
        self.report(outcome)
    }

    /// One slice of a run; the outcome, if there is one.
    fn slice(&mut self, bounds: Bounds, watch: &mut dyn FnMut(&Progress) -> bool) -> Option<Outcome> {
        if let Some(outcome) = self.advance(self.budget(bounds)) {
            return Some(outcome);
        }
        let progress = self.resident();
        let interrupted = || (!watch(&progress)).then_some(Why::Interrupted);
        bounds.exceeded(&progress).or_else(interrupted).map(Outcome::Incomplete)
    }

    fn report(&self, outcome: Outcome) -> Report {
        Report { engine: "memoised", outcome, progress: self.resident() }
    }

    /// How far it has got, with the memory of the whole process where the system tells.
    pub(super) fn resident(&self) -> Progress {
        let progress = self.progress();
        Progress { bytes: resident().unwrap_or(progress.bytes), ..progress }
    }

    /// How many states to expand before the bounds are looked at again: fewer as the one on states comes near.
    fn budget(&self, bounds: Bounds) -> usize {
        let left = bounds.states.map_or(u64::MAX, |most| most.saturating_sub(self.progress().states));
        usize::try_from(left / 16).unwrap_or(SLICE).clamp(1, SLICE)
    }

    /// A fingerprint of the model, its rules, its reductions and the state that the search begins at.
    #[cfg(not(target_arch = "wasm32"))]
    fn binding(world: &World, first: &State) -> u64 {
        let model = serde_json::to_string(&world.model).unwrap_or_default();
        fingerprint(&(model, format!("{:?}", world.reductions()), fingerprint(first)))
    }

    /// Goes on with a search that was written to a file.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn resume(
        world: &World,
        first: &State,
        threads: usize,
        path: &Path,
    ) -> Result<Self, CheckpointError> {
        let binding = Self::binding(world, first);
        let world = Arc::new(world.clone());
        let search = Search::resume(Code::new(Arc::clone(&world), first), threads, path, binding)?;
        Ok(Self { world, first: first.clone(), search })
    }

    /// Writes the search to a file.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        self.search.save(path, Self::binding(&self.world, &self.first))
    }

    /// As [`Memo::run`], and writes the search to `checkpoint` every few minutes and when it is cut short.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn run_saving(
        mut self,
        bounds: Bounds,
        checkpoint: Option<&Path>,
        watch: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<Report, CheckpointError> {
        let mut saved = Instant::now();
        loop {
            let outcome = self.slice(bounds, watch);
            let cut = matches!(outcome, Some(Outcome::Incomplete(_)));
            if let Some(path) = checkpoint.filter(|_| cut || saved.elapsed() > SAVED_EVERY) {
                self.save(path)?;
                saved = Instant::now();
            }
            if let Some(outcome) = outcome {
                return Ok(self.report(outcome));
            }
        }
    }

    fn decode(&self, state: StateId) -> State {
        self.search.coded().decode(self.search.state(state))
    }

    /// The choices that lead to a state, found again by the world itself.
    fn path(&self, to: StateId) -> Vec<Choice> {
        let leads = |from: &State, to: &State| {
            let choices = self.world.choices(from);
            choices.into_iter().find(|choice| self.world.apply(from, choice).as_ref() == Some(to))
        };
        let states: Vec<State> = self.search.path(to).into_iter().map(|state| self.decode(state)).collect();
        states.windows(2).filter_map(|pair| leads(&pair[0], &pair[1])).collect()
    }
}
