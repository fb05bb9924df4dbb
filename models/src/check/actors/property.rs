//! What has to hold, and what it reads.
//!
//! Stateright's properties are functions of the whole state, and nothing tells what a function reads. So a
//! property is evaluated on every new state, put together from its numbers for the purpose, unless the user says
//! that it reads nothing but the history, or nothing but the actors. Then it is evaluated once for each of those.
//!
//! Such a statement is tested, not proved: the verdict that was kept is compared with a fresh one on the whole state
//! for the first thousands of states, for one of some hundred that follow, and for every state that is reported. A
//! difference refuses the model.

use super::tables::Numbered;
use crate::check::search::Id;
use stateright::{Expectation, Model, Property};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What a property reads of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Reads {
    /// Anything.
    #[default]
    Everything,
    /// `history` only.
    History,
    /// `actor_states`, `timers_set`, `random_choices`, `crashed` and `actor_storages` only.
    Actors,
}

/// A property, what is known of it, and where it was seen.
pub(in crate::check) struct Judge<M: Model> {
    pub(in crate::check) name: &'static str,
    pub(in crate::check) always: bool,
    condition: fn(&M, &M::State) -> bool,
    pub(in crate::check) reads: Reads,
    verdicts: Numbered<bool>,
    /// Whether an example was found before the states at hand.
    sealed: AtomicBool,
    /// Of the states at hand in which it holds, the least, so that threads change nothing.
    example: Mutex<Option<Vec<Id>>>,
}

impl<M: Model> Judge<M> {
    pub(in crate::check) fn new(property: &Property<M>, reads: Reads) -> Self {
        Self {
            name: property.name,
            always: property.expectation == Expectation::Always,
            condition: property.condition,
            reads,
            verdicts: Numbered::default(),
            sealed: AtomicBool::new(false),
            example: Mutex::new(None),
        }
    }

    pub(in crate::check) fn holds(&self, model: &M, state: &M::State) -> bool {
        (self.condition)(model, state)
    }

    pub(in crate::check) fn verdict(&self, key: u64) -> Option<bool> {
        self.verdicts.get(&key).copied()
    }

    pub(in crate::check) fn learn(&mut self, key: u64, verdict: bool) {
        self.verdicts.insert(key, verdict);
    }

    /// Whether nothing more is to be found out: an example was wanted, and there is one.
    pub(in crate::check) fn is_settled(&self) -> bool {
        !self.always && self.sealed.load(Ordering::Relaxed)
    }

    /// It holds here.
    pub(in crate::check) fn show(&self, state: &[Id]) {
        let mut example = self.example.lock().unwrap_or_else(PoisonError::into_inner);
        if example.as_deref().is_none_or(|least| state < least) {
            *example = Some(state.to_vec());
        }
    }

    /// Where it holds.
    pub(in crate::check) fn example(&self) -> Option<Vec<Id>> {
        self.example.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// States that follow are no nearer: the example, if there is one, stays.
    pub(in crate::check) fn seal(&self) {
        if self.example().is_some() {
            self.sealed.store(true, Ordering::Relaxed);
        }
    }

    /// Forgets what was seen in a search that is void.
    pub(in crate::check) fn forget(&mut self) {
        *self = Self {
            sealed: AtomicBool::new(false),
            example: Mutex::new(None),
            verdicts: Numbered::default(),
            ..*self
        };
    }
}
