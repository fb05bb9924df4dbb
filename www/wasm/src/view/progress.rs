//! How far a search has got, and how it ended.

use quorate_models::check::sliced::Sliced;
use quorate_models::check::{Outcome, Progress};
use serde::Serialize;

/// How far a search has got.
#[derive(Serialize, Debug)]
pub struct SearchProgress {
    states: u64,
    frontier: u64,
    depth: u32,
    transitions: u64,
    bytes: u64,
    levels: Vec<u64>,
    rash: bool,
}

/// How a search ended.
#[derive(Serialize, Debug)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SearchOutcome {
    /// Every reachable state was visited.
    Proved,
    /// A shortest way to a violation.
    Violated {
        /// Which invariant.
        invariant: &'static str,
        /// By what.
        why: String,
        /// How many choices.
        steps: usize,
        /// Their names.
        choices: Vec<String>,
    },
    /// It was cut short.
    Incomplete {
        /// By what.
        why: String,
    },
}

impl From<&Sliced> for SearchProgress {
    fn from(search: &Sliced) -> Self {
        let Progress { states, frontier, depth, transitions, bytes } = search.progress();
        let (levels, rash) = (search.levels().to_vec(), search.is_rash());
        Self { states, frontier, depth, transitions, bytes, levels, rash }
    }
}

impl From<&Outcome> for SearchOutcome {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Proved => SearchOutcome::Proved,
            Outcome::Violated { broken, path } => SearchOutcome::Violated {
                invariant: broken.invariant.name(),
                why: broken.why.clone(),
                steps: path.len(),
                choices: path.iter().map(ToString::to_string).collect(),
            },
            Outcome::Incomplete(why) => SearchOutcome::Incomplete { why: why.to_string() },
        }
    }
}
