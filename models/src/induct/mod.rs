//! Proof by induction: every state that satisfies an invariant, one step of the production code, the invariant again.
//!
//! A search visits what can be reached in so many steps. Induction needs no steps: inside a scope – so many nodes,
//! so many epochs – it takes **all** states that satisfy the invariant, reachable or not, lets everything happen
//! that the production code can make of them, and asks for the invariant again. If the first state satisfies it as
//! well, it holds after any number of steps, crashes and messages inside the scope.
//!
//! The price is an invariant strong enough to hold itself up. It is written as [`Clause`]s, each with a name, what
//! it says, and where it comes from; `quorate rules --invariants` prints them. A state is left out only by a clause,
//! and every clause is asked for again after every step. What breaks a clause is drawn as a [`Cti`], a
//! counterexample to induction: the state before, what happens, and the state after, in which the clause no longer
//! holds. Its first state need not be reachable: induction says that the clauses do not protect it.

pub mod closure;
pub mod commit;
pub mod compose;
pub mod config;
pub mod elect;
pub mod lease;
pub mod product;
pub mod relation;
pub mod sample;

use crate::text::{grouped, wrapped};
use closure::{Closure, Stopped};
use product::{Clauses, Tally, Together};
use quorate::rule::{RuleSet, without};
use std::fmt;
use std::ops::RangeInclusive;

/// One clause of an invariant, about a view `V` of a state.
#[derive(Debug)]
pub struct Clause<V: ?Sized> {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// What it says.
    pub doc: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Whether it holds of a view; if not, what is wrong, in words.
    pub holds: fn(&V) -> Result<(), String>,
}

/// What a clause says, whatever it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stated {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub doc: &'static str,
    /// Where it comes from.
    pub source: &'static str,
}

// Derived, both would ask the same of the view.
impl<V: ?Sized> Clone for Clause<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: ?Sized> Copy for Clause<V> {}

impl<V: ?Sized> Clause<V> {
    /// What it says.
    pub const fn stated(&self) -> Stated {
        Stated { name: self.name, doc: self.doc, source: self.source }
    }

    /// The first of `clauses` that does not hold of `view`, and why.
    pub fn first_broken(clauses: &[Self], view: &V) -> Option<Breach> {
        clauses.iter().find_map(|clause| {
            let why = (clause.holds)(view).err()?;
            Some(Breach { clause: clause.name, why })
        })
    }
}

/// A clause that does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// Which.
    pub clause: &'static str,
    /// Why not, in words.
    pub why: String,
}

/// A counterexample to induction: a state that satisfies every clause, and a step after which one does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cti {
    /// The state before, a line for each node or message that matters; empty if the very first state is meant.
    pub before: Vec<String>,
    /// What happens, as it is called in a run.
    pub choice: String,
    /// The state after.
    pub after: Vec<String>,
    /// The clause that no longer holds.
    pub breach: Breach,
}

impl fmt::Display for Cti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.before {
            writeln!(f, "  │ {line}")?;
        }
        writeln!(f, "  ◆ {}", self.choice)?;
        for line in &self.after {
            // What the step changed stands out.
            let mark = if self.before.contains(line) { '│' } else { '┃' };
            writeln!(f, "  {mark} {line}")?;
        }
        let so = if self.before.is_empty() { "not so" } else { "not so any more" };
        writeln!(f, "  ✗ {}: {so}", self.breach.clause)?;
        for line in wrapped(&self.breach.why, 100) {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}

/// What came of an induction.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// What was proved about: nodes, epochs, quorums.
    pub scope: String,
    /// States that satisfy the invariant, each taken once.
    pub states: u64,
    /// Steps taken from them.
    pub steps: u64,
    /// Whether every state of the scope was taken. A sample, or a run that was cut short, proves nothing.
    pub exhaustive: bool,
    /// What was counted besides, for people: a name and a number.
    pub besides: Vec<(&'static str, u64)>,
    /// What breaks, if anything does.
    pub counterexample: Option<Cti>,
}

impl Report {
    /// Whether the invariant is inductive in this scope.
    pub fn is_proved(&self) -> bool {
        self.exhaustive && self.counterexample.is_none() && self.states > 0 && self.steps > 0
    }
}

/// Why no induction was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScopeError {
    /// There are more states than can be taken one by one.
    TooLarge {
        /// What was asked for.
        scope: String,
        /// About how many states that is.
        estimate: u64,
        /// How many are taken at most.
        limit: u64,
        /// What to do instead.
        instead: &'static str,
    },
    /// The production code can be led into more machines of one node than are kept.
    TooManyMachines {
        /// What was asked for.
        scope: String,
        /// How many are kept at most.
        limit: u64,
        /// What to do instead.
        instead: &'static str,
    },
    /// A number is out of range.
    Range {
        /// Which.
        field: &'static str,
        /// What it is.
        value: u64,
        /// The smallest allowed.
        min: u64,
        /// The largest allowed.
        max: u64,
    },
    /// The model behind it is not possible.
    Model(crate::world::ModelError),
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScopeError::TooLarge { scope, estimate, limit, instead } => write!(
                f,
                "{scope}: {} {} states, but at most {} are taken one by one; {instead}",
                // An estimate saturates.
                if *estimate == u64::MAX { "more than" } else { "about" },
                grouped(*estimate),
                grouped(*limit)
            ),
            ScopeError::TooManyMachines { scope, limit, instead } => {
                write!(f, "{scope}: more than {} machines of one node; {instead}", grouped(*limit))
            }
            ScopeError::Range { field, value, min, max } => {
                write!(f, "{field}: {value} is out of range; give {min} to {max}")
            }
            ScopeError::Model(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ScopeError {}

impl From<crate::world::ModelError> for ScopeError {
    fn from(error: crate::world::ModelError) -> Self {
        ScopeError::Model(error)
    }
}

/// Machines of one node that are kept at most: what a scope that passed its estimate never needs, unless a rule is
/// off.
const MACHINES: usize = 250_000;

/// Proves the invariant of `subject` without the rules of `off`.
pub fn prove<S: Together>(subject: &S, scope: String, off: RuleSet) -> Result<Report, ScopeError> {
    without(off, || match Closure::of(subject, MACHINES) {
        Ok(closure) => {
            let (tally, counterexample) = product::induct(subject, &closure, Clauses::of(subject));
            let counterexample = counterexample.or_else(|| closure.unkept.clone());
            Ok(Report { counterexample, ..report(scope, &closure, tally) })
        }
        Err(Stopped::Broken(cti)) => Ok(Report { scope, counterexample: Some(*cti), ..Report::default() }),
        Err(Stopped::TooMany(limit)) => {
            Err(ScopeError::TooManyMachines { scope, limit: limit as u64, instead: FEWER })
        }
    })
}

#[allow(clippy::cast_sign_loss, reason = "what is counted is never below zero")]
fn report<S: Together>(scope: String, closure: &Closure<S>, tally: Tally) -> Report {
    let sum = |count: fn(&closure::Lives<S>) -> usize| closure.lives.iter().map(count).sum::<usize>() as u64;
    Report {
        scope,
        states: tally.states,
        steps: tally.steps,
        exhaustive: closure.cut == 0,
        besides: vec![
            ("machines", sum(|lives| lives.machines.len())),
            ("messages", closure.messages),
            ("calls of the production step", closure.steps),
            ("classes of machines", sum(|lives| lives.classes.len())),
            ("moves of classes", sum(|lives| lives.moves.len())),
            ("states of machines", tally.machine_states as u64),
            ("steps of machines", tally.machine_steps as u64),
        ],
        counterexample: None,
    }
}

const FEWER: &str = "give fewer nodes or epochs";

fn in_range(field: &'static str, value: u8, allowed: RangeInclusive<u64>) -> Result<(), ScopeError> {
    let (value, min, max) = (u64::from(value), *allowed.start(), *allowed.end());
    if allowed.contains(&value) { Ok(()) } else { Err(ScopeError::Range { field, value, min, max }) }
}

/// Nodes of a scope at least: safety is about two of them.
const PAIR: u64 = 2;

/// Epochs at least where nothing of the last epoch is told apart: with fewer, nothing is.
const OLD_AND_NEW: u64 = 2;

/// Refuses a scope of too many states before anything is computed.
fn bounded(scope: String, estimate: u64, limit: u64) -> Result<(), ScopeError> {
    let small = estimate <= limit;
    if small { Ok(()) } else { Err(ScopeError::TooLarge { scope, estimate, limit, instead: FEWER }) }
}

/// The clauses of every invariant, by machine.
pub fn stated() -> Vec<(&'static str, Vec<Stated>)> {
    vec![
        ("election", elect::stated()),
        ("lease", lease::stated()),
        ("commit", commit::stated()),
        ("config", config::stated()),
        ("failover", compose::stated()),
    ]
}
