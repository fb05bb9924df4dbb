//! A rule, and what breaks without it.

use quorate::rule::Rule;
use quorate_models::kills::{Kill, kill_of};
use quorate_models::world::Model;
use serde::Serialize;

/// A rule.
#[derive(Serialize, Debug)]
pub struct RuleView {
    name: &'static str,
    sentence: &'static str,
    source: &'static str,
    machine: String,
    kind: String,
    protects: &'static [&'static str],
    kill: Option<KillView>,
}

/// A model that breaks without it.
#[derive(Serialize, Debug)]
pub struct KillView {
    model: Model,
    invariant: &'static str,
    steps: usize,
    beginning: &'static [&'static str],
}

impl RuleView {
    pub(crate) fn of(rule: Rule) -> Self {
        Self {
            name: rule.name(),
            sentence: rule.sentence(),
            source: rule.source(),
            machine: rule.machine().to_string(),
            kind: rule.kind().to_string(),
            protects: rule.protects(),
            kill: kill_of(rule).map(KillView::of),
        }
    }
}

impl KillView {
    fn of(kill: &Kill) -> Self {
        Self {
            model: kill.model(),
            invariant: kill.invariant.name(),
            steps: kill.steps,
            beginning: kill.beginning(),
        }
    }
}
