//! The reference engine: stateright 0.31 on the world itself, wrapped.
//!
//! Its checkers have traps that must not reach a user of this crate. Each is avoided here by construction:
//!
//! * *Cut-off runs count as passed* (timeouts and targets leave `assert_properties` satisfied). No timeout and no
//!   target is ever set; a bound or an interrupt makes the model stop offering actions and is reported as
//!   incomplete.
//! * *Single-threaded breadth-first search returns the last match, not the first, while any property is still
//!   undiscovered.* There is exactly one property, "nothing is broken", so the first match ends the search.
//! * *A depth-bounded depth-first search skips states.* No depth bound, and breadth-first only.
//! * *Breadth-first search ignores symmetry silently.* None is asked for; what reduces is in the world, for every
//!   engine alike.
//! * *`eventually` misses cycles.* It is not used.
//! * *Fingerprints differ between builds.* They are never stored.

use super::{Bounds, Outcome, Progress, Report, Why, resident};
use crate::invariant::state::judge;
use crate::world::{Choice, Reductions, State, World};
use stateright::{Checker, Model, Property};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The world as stateright sees it.
#[derive(Clone)]
struct Reference {
    world: World,
    stop: Arc<AtomicBool>,
}

impl Model for Reference {
    type State = State;
    type Action = Choice;

    fn init_states(&self) -> Vec<State> {
        vec![self.world.initial()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Choice>) {
        if !self.stop.load(Ordering::Relaxed) {
            actions.extend(self.world.choices(state));
        }
    }

    fn next_state(&self, state: &State, choice: Choice) -> Option<State> {
        self.world.apply(state, &choice)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always(SOUND, |model: &Self, state| judge(&model.world, state).is_none())]
    }
}

const SOUND: &str = "nothing is broken";

/// Explores `world` with stateright's breadth-first checker in one thread.
pub fn run(world: &World, bounds: Bounds, watch: &mut dyn FnMut(&Progress) -> bool) -> Report {
    let stop = Arc::new(AtomicBool::new(false));
    let reference = Reference { world: world.clone(), stop: Arc::clone(&stop) };
    let checker = reference.checker().threads(1).spawn_bfs();
    let mut cut = None;
    while !checker.is_done() {
        let progress = progress_of(&checker);
        if cut.is_none() {
            cut = bounds.exceeded(&progress);
            if cut.is_none() && !watch(&progress) {
                cut = Some(Why::Interrupted);
            }
            stop.store(cut.is_some(), Ordering::Relaxed);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let checker = checker.join();
    let outcome = match (checker.discovery(SOUND), cut) {
        (Some(found), _) => {
            let broken = judge(world, found.last_state());
            let path = found.into_actions();
            match broken {
                Some(broken) => Outcome::Violated { broken, path },
                // Cannot be: the property is this very judgement.
                None => Outcome::Incomplete(Why::Interrupted),
            }
        }
        (None, Some(why)) => Outcome::Incomplete(why),
        (None, None) if world.reductions() == Reductions::RASH && !world.rules_off().is_empty() => {
            Outcome::Incomplete(Why::Reduced)
        }
        (None, None) => Outcome::Proved,
    };
    Report { engine: "stateright", outcome, progress: progress_of(&checker) }
}

/// How many states are at most `steps` from the first, by stateright's breadth-first checker in one thread. Breadth
/// first, a bound on the depth leaves out nothing that is nearer.
pub fn states_within(world: &World, steps: u32) -> u64 {
    let reference = Reference { world: world.clone(), stop: Arc::default() };
    // Stateright counts states on a path, not steps.
    let depth = steps as usize + 1;
    let checker = reference.checker().threads(1).target_max_depth(depth).spawn_bfs().join();
    checker.unique_state_count() as u64
}

fn progress_of<M: Model>(checker: &impl Checker<M>) -> Progress {
    Progress {
        states: checker.unique_state_count() as u64,
        frontier: 0,
        // Stateright counts states on a path, not steps.
        depth: checker.max_depth().saturating_sub(1) as u32,
        transitions: checker.state_count() as u64,
        bytes: resident().unwrap_or(0),
    }
}
