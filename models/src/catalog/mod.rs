//! The bundled models: what is explored by the tests and by `quorate check`, with the number of states of each.
//!
//! Each model is one machine of the core, or all of them, inside bounds small enough to be exhausted. What the
//! bounds leave out is not proved, so they are chosen to contain every known way to go wrong: [`crate::kills`]
//! shows for each rule of the core a model that breaks without it.
//!
//! The recorded number of states is a floor: a checker that visits fewer has not done its work.

pub mod failover;
pub mod machines;
pub mod starts;

use crate::invariant::Invariant;
use crate::world::Model;

/// A bundled model.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it explores, in one line.
    pub about: &'static str,
    /// When it is explored.
    pub suite: Suite,
    /// What must come of it.
    pub expect: Expect,
    /// How many distinct states there are; fewer means that the checker has not done its work.
    pub floor: u64,
    /// Makes it.
    pub make: fn() -> Model,
}

/// When a model is explored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Suite {
    /// By `quorate` without arguments: all of these end within a minute.
    Tour,
    /// Also by the tests: all of these end within minutes.
    Tests,
    /// Only when asked for: `quorate check NAME`.
    Long,
}

/// What must come of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    /// Every invariant holds in every state.
    Holds,
    /// This invariant is violated, in so many steps and no fewer.
    Broken(Invariant, usize),
}

/// Every bundled model, in the order in which they are explored.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    machines::ELECTION
        .iter()
        .chain(machines::LEASE)
        .chain(machines::FENCE)
        .chain(machines::COMMIT)
        .chain(failover::CONFIG)
        .chain(failover::FAILOVER)
        .chain(failover::ENGINE)
}

/// The bundled model of this name.
pub fn named(name: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.name == name)
}

impl Entry {
    const fn holds(
        suite: Suite,
        name: &'static str,
        about: &'static str,
        floor: u64,
        make: fn() -> Model,
    ) -> Self {
        Self { name, about, suite, expect: Expect::Holds, floor, make }
    }

    const fn broken(
        (invariant, steps): (Invariant, usize),
        name: &'static str,
        about: &'static str,
        make: fn() -> Model,
    ) -> Self {
        Self { name, about, suite: Suite::Tests, expect: Expect::Broken(invariant, steps), floor: 1, make }
    }

    /// The model.
    pub fn model(&self) -> Model {
        Model { name: self.name.into(), ..(self.make)() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_every_model_is_possible() {
        let names: BTreeSet<_> = all().map(|entry| entry.name).collect();
        assert_eq!(names.len(), all().count());
        for entry in all() {
            World::new(entry.model()).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
        }
    }
}
