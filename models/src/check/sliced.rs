//! A search in slices, as everybody makes it: the command line, the tests, and a page that must not stand still.
//!
//! With rules switched off, a violation is first looked for with every reduction, sound or not, because whatever that
//! finds is real; only if it finds nothing is the world explored with the sound ones.
//!
//! The slices change nothing: the same states are found in the same order with any of them.

use super::memo::Memo;
use super::{Bounds, Outcome, Progress, RASHLY, Report, Why};
use crate::run::{Replay, RunError};
use crate::world::{Choice, Reductions, State, World};

/// A search of a world, under way.
pub struct Sliced {
    world: World,
    first: State,
    /// What led to where it begins.
    begun: Vec<Choice>,
    bounds: Bounds,
    threads: usize,
    rash: bool,
    memo: Memo,
    levels: Vec<u64>,
    /// Of the states of the last of these levels, how many are still to be expanded.
    left: usize,
    /// What was found on the way to where it was to begin.
    met: Option<Outcome>,
}

/// States expanded before whoever waits is told.
const SLICE: usize = 1 << 13;

impl Sliced {
    /// A search by `threads` threads from `first` on.
    pub fn new(world: &World, first: &State, threads: usize, bounds: Bounds) -> Self {
        let rash = !world.rules_off().is_empty() && world.reductions() == Reductions::SOUND;
        let memo = if rash {
            Memo::with_threads(&world.clone().reduced_by(Reductions::RASH), first, threads)
        } else {
            Memo::with_threads(world, first, threads)
        };
        Self {
            world: world.clone(),
            first: first.clone(),
            begun: Vec::new(),
            bounds,
            threads,
            rash,
            memo,
            levels: Vec::new(),
            left: 0,
            met: None,
        }
    }

    /// A search in one thread from where the choices of these names lead; with none of them, from the beginning. The
    /// path of a violation begins at the beginning. See [`super::start`].
    pub fn after(world: &World, beginning: &[impl AsRef<str>], bounds: Bounds) -> Result<Self, RunError> {
        if beginning.is_empty() {
            return Ok(Self::new(world, &world.initial(), 1, bounds));
        }
        let begun = Replay::along(world, beginning)?;
        let mut search = Self::new(world, begun.state(), 1, bounds);
        search.met = begun.broken.map(|broken| Outcome::Violated { broken, path: begun.choices.clone() });
        search.begun = begun.choices;
        Ok(search)
    }

    /// Explores up to `budget` more states, at least one; the outcome, once there is one.
    pub fn advance(&mut self, budget: usize) -> Option<Outcome> {
        if self.met.is_some() {
            return self.met.clone();
        }
        let mut left = budget.max(1);
        while left > 0 {
            let slice = self.slice(left);
            let outcome = self.memo.advance(slice);
            (left, self.left) = (left - slice, self.left.saturating_sub(slice));
            let bounds = self.bounds();
            match outcome.or_else(|| bounds.exceeded(&self.resident()).map(Outcome::Incomplete)) {
                None => {}
                Some(outcome) if self.rash && !is_violation(&outcome) => self.go_on_soundly(),
                Some(outcome) => return Some(self.completed(outcome)),
            }
        }
        None
    }

    /// How many states to expand at once: no more than are left of a level, and fewer as the bound comes near.
    fn slice(&mut self, budget: usize) -> usize {
        let Progress { states, frontier, .. } = self.memo.progress();
        if self.left == 0 && frontier > 0 {
            self.levels.push(frontier);
            self.left = usize::try_from(frontier).unwrap_or(usize::MAX);
        }
        let room = self.bounds().states.map_or(u64::MAX, |most| most.saturating_sub(states)) / 16;
        let room = usize::try_from(room).unwrap_or(SLICE).clamp(1, SLICE);
        budget.min(room).min(self.left.max(1))
    }

    fn bounds(&self) -> Bounds {
        let states = if self.rash {
            Some(self.bounds.states.map_or(RASHLY, |states| states.min(RASHLY)))
        } else {
            self.bounds.states
        };
        Bounds { states, ..self.bounds }
    }

    fn go_on_soundly(&mut self) {
        self.rash = false;
        self.memo = Memo::with_threads(&self.world, &self.first, self.threads);
        self.levels.clear();
        self.left = 0;
    }

    /// With the path from the very beginning.
    fn completed(&self, mut outcome: Outcome) -> Outcome {
        if let Outcome::Violated { path, .. } = &mut outcome {
            path.splice(..0, self.begun.iter().cloned());
        }
        outcome
    }

    /// How far it has got. The bytes are those of its tables, without the values in them.
    pub fn progress(&self) -> Progress {
        match &self.met {
            Some(_) => Progress { states: self.begun.len() as u64 + 1, ..Progress::default() },
            None => self.memo.progress(),
        }
    }

    fn resident(&self) -> Progress {
        if self.met.is_some() { self.progress() } else { self.memo.resident() }
    }

    /// How many distinct states were first found at each depth, of the depths at which all of them are known.
    pub fn levels(&self) -> &[u64] {
        &self.levels
    }

    /// Whether it first looks for a violation with reductions that are good for finding only.
    pub fn is_rash(&self) -> bool {
        self.rash
    }

    /// Explores to the end, or until `watch` says no.
    pub fn run(mut self, watch: &mut dyn FnMut(&Progress) -> bool) -> Report {
        loop {
            if let Some(outcome) = self.advance(SLICE) {
                return self.report(outcome);
            }
            if !watch(&self.resident()) {
                return self.report(Outcome::Incomplete(Why::Interrupted));
            }
        }
    }

    /// Explores for as long as it does so rashly; what came of that, if anything did.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn run_rashly(&mut self, watch: &mut dyn FnMut(&Progress) -> bool) -> Option<Report> {
        while self.rash {
            let slice = self.slice(SLICE);
            if let Some(outcome) = self.advance(slice) {
                return Some(self.report(outcome));
            }
            if self.rash && !watch(&self.resident()) {
                return Some(self.report(Outcome::Incomplete(Why::Interrupted)));
            }
        }
        None
    }

    /// The search at hand, to be gone on with by itself.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn into_memo(self) -> Memo {
        self.memo
    }

    fn report(&self, outcome: Outcome) -> Report {
        let engine = if self.met.is_some() { "replay" } else { "memoised" };
        Report { engine, outcome, progress: self.resident() }
    }
}

/// Whether that is real although it was found rashly.
fn is_violation(outcome: &Outcome) -> bool {
    match outcome {
        Outcome::Violated { .. } => true,
        Outcome::Proved | Outcome::Incomplete(_) => false,
    }
}
