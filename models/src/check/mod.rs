//! Engines: different ways through the same states.
//!
//! Every engine answers with a [`Report`], and a report has one of three [`Outcome`]s. *Proved* is said only when
//! the frontier emptied inside the stated bounds; a search that was cut short for any reason is *incomplete* and
//! can never pass.

pub mod memo;
pub mod search;

use crate::invariant::Broken;
use crate::world::Choice;
use std::fmt;

/// What came of a search.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Every reachable state was visited and every invariant holds in it.
    Proved,
    /// A shortest way to a violation.
    Violated {
        /// Which.
        broken: Broken,
        /// The choices that lead there from the first state.
        path: Vec<Choice>,
    },
    /// The search was cut short; nothing is proved.
    Incomplete(Why),
}

/// Why a search was cut short.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// The bound on states was reached.
    States(u64),
    /// The bound on memory was reached.
    Memory(u64),
    /// The bound on time was reached.
    Time(u64),
    /// Somebody asked for it.
    Interrupted,
    /// The frontier emptied, but with a reduction that assumes a rule which is switched off.
    Reduced,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::States(bound) => write!(f, "the bound of {bound} states was reached"),
            Why::Memory(bound) => write!(f, "the bound of {bound} bytes was reached"),
            Why::Time(bound) => write!(f, "the bound of {bound} seconds was reached"),
            Why::Interrupted => f.write_str("interrupted"),
            Why::Reduced => f.write_str("a reduction assumes a rule that is switched off"),
        }
    }
}

/// How far a search has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Distinct states found.
    pub states: u64,
    /// Of those, states whose successors are still to be computed.
    pub frontier: u64,
    /// Steps from the first state.
    pub depth: u32,
    /// Transitions computed.
    pub transitions: u64,
    /// Bytes used.
    pub bytes: u64,
}

/// The answer of an engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Which engine.
    pub engine: &'static str,
    /// What came of it.
    pub outcome: Outcome,
    /// How far it got.
    pub progress: Progress,
}
