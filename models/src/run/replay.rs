//! Making the choices of a run happen again.
//!
//! A run is replayed in the world *without* reductions, whatever it was found with: what a reduction leaves out may
//! not decide what a run shows.

use super::{Run, RunError};
use crate::invariant::Broken;
use crate::invariant::state::judge;
use crate::world::{Choice, Reductions, State, World};

/// A run, replayed.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The world it happened in.
    pub world: World,
    /// The choices, one between each state and the next.
    pub choices: Vec<Choice>,
    /// The states; one more than choices.
    pub states: Vec<State>,
    /// Where each choice stands among the possible ones.
    pub places: Vec<u32>,
    /// What is violated in the last state, if anything is.
    pub broken: Option<Broken>,
    /// How many choices of the run come after the violation.
    pub unused: usize,
}

impl Replay {
    pub(super) fn of(run: &Run) -> Result<Self, RunError> {
        let mut replay = Self::start(&World::new(run.model.clone()).map_err(RunError::Model)?);
        for (step, (hint, name)) in (1..).zip(&run.choices) {
            if replay.broken.is_some() {
                replay.unused = run.choices.len() + 1 - step;
                break;
            }
            replay.advance(*hint, name).map_err(|wrong| wrong.at(step, name))?;
        }
        Ok(replay)
    }

    /// The choices of these names, one after the other.
    pub fn along(world: &World, names: &[impl AsRef<str>]) -> Result<Self, RunError> {
        let mut replay = Self::start(world);
        for (step, name) in (1..).zip(names.iter().map(AsRef::as_ref)) {
            replay.advance(0, name).map_err(|wrong| wrong.at(step, name))?;
        }
        Ok(replay)
    }

    /// Nothing has happened yet.
    pub fn start(world: &World) -> Self {
        let world = world.clone().reduced_by(Reductions::NONE);
        let first = world.initial();
        let broken = judge(&world, &first);
        Self { world, choices: Vec::new(), states: vec![first], places: Vec::new(), broken, unused: 0 }
    }

    /// The last state; there is always the first one.
    pub fn state(&self) -> &State {
        &self.states[self.states.len() - 1]
    }

    /// Lets the choice of this name happen; `hint` is where to look for it first.
    pub(super) fn advance(&mut self, hint: u32, name: &str) -> Result<(), Wrong> {
        let mut choices = self.world.choices(self.state());
        let named = |choice: &Choice| choice.to_string() == name;
        let here = choices.get(hint as usize).filter(|choice| named(choice)).map(|_| hint as usize);
        let Some(place) = here.or_else(|| choices.iter().position(named)) else {
            let nearest = choices.iter().map(Choice::to_string).max_by_key(|other| likeness(other, name));
            return Err(Wrong::Impossible(nearest));
        };
        let choice = choices.swap_remove(place);
        self.happen(choice, place as u32).ok_or(Wrong::NoEffect)
    }

    /// Lets a possible choice happen; `None` if it changes nothing.
    pub fn happen(&mut self, choice: Choice, place: u32) -> Option<()> {
        let next = self.world.apply(self.state(), &choice)?;
        self.broken = judge(&self.world, &next);
        self.states.push(next);
        self.choices.push(choice);
        self.places.push(place);
        Some(())
    }
}

/// What is wrong with a choice.
pub(super) enum Wrong {
    Impossible(Option<String>),
    NoEffect,
}

impl Wrong {
    fn at(self, step: usize, name: &str) -> RunError {
        let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        match self {
            Wrong::Impossible(nearest) => RunError::Choice { step, name, nearest },
            Wrong::NoEffect => RunError::NoEffect { step, name },
        }
    }
}

/// How many words of `a` are in `b`.
fn likeness(a: &str, b: &str) -> usize {
    a.split(' ').filter(|word| b.split(' ').any(|other| other == *word)).count()
}
