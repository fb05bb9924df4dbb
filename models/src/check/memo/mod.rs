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

mod code;
mod learn;
#[cfg(feature = "timely")]
pub(super) mod portable;
mod tables;

use super::search::{End, Search, StateId};
use super::{Bounds, Outcome, Progress, Report, Why, resident};
use crate::invariant::state::judge;
use crate::world::{Choice, State, World};
use code::Code;

/// A memoised search.
pub struct Memo<'w> {
    world: &'w World,
    search: Search<Code<'w>>,
}

/// States expanded before the caller is asked again.
const SLICE: usize = 1 << 16;

impl<'w> Memo<'w> {
    /// Starts at the first state.
    pub fn new(world: &'w World) -> Self {
        Self::starting_at(world, &world.initial())
    }

    /// Starts at `state`.
    pub fn starting_at(world: &'w World, state: &State) -> Self {
        Self::with_threads(world, state, 1)
    }

    /// Starts at `state`, with so many threads.
    pub fn with_threads(world: &'w World, state: &State, threads: usize) -> Self {
        Self { world, search: Search::new(Code::new(world, state), threads) }
    }

    /// Explores up to `budget` more states; the outcome, once there is one.
    pub fn advance(&mut self, budget: usize) -> Option<Outcome> {
        match self.search.advance(budget)? {
            End::Emptied => Some(self.emptied()),
            End::Unsound(state) => Some(self.violated(state)),
        }
    }

    /// The frontier is empty: a proof, unless a reduction was used that is good for finding only.
    fn emptied(&self) -> Outcome {
        let rash = self.world.reductions().rashly && !self.world.rules_off().is_empty();
        if rash { Outcome::Incomplete(Why::Reduced) } else { Outcome::Proved }
    }

    fn violated(&self, state: StateId) -> Outcome {
        match judge(self.world, &self.decode(state)) {
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
            if let Some(outcome) = self.advance(self.slice(bounds)) {
                break outcome;
            }
            let mut progress = self.progress();
            progress.bytes = resident().unwrap_or(progress.bytes);
            if let Some(why) = bounds.exceeded(&progress) {
                break Outcome::Incomplete(why);
            }
            if !watch(&progress) {
                break Outcome::Incomplete(Why::Interrupted);
            }
        };
        let mut progress = self.progress();
        progress.bytes = resident().unwrap_or(progress.bytes);
        Report { engine: "memoised", outcome, progress }
    }

    /// How many states to expand before the bounds are looked at again: fewer as the one on states comes near.
    fn slice(&self, bounds: Bounds) -> usize {
        let left = bounds.states.map_or(u64::MAX, |most| most.saturating_sub(self.progress().states));
        usize::try_from(left / 16).unwrap_or(SLICE).clamp(1, SLICE)
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
