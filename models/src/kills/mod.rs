//! What breaks without each rule: for every named rule a small model, and the shortest way to harm in it.
//!
//! A checker that finds nothing proves something only if it would have found something. So every rule that safety
//! rests on is switched off in turn, in a model chosen to be small, and the violation must be found: this
//! invariant, in so many steps ([`KILLS`]). A rule whose absence nobody notices is either no rule, or a gap in the
//! models.
//!
//! The counterpart are the [`CONTROLS`]: choices that could be made otherwise, and mutations that are believed
//! harmless. They change what happens, and a checker that reports one of them is wrong.
//!
//! Breadth-first search finds the *first* thing that goes wrong, and that is often an alarm that goes off before
//! the harm is done: a message that leaves before its record is durable, or an order to give up what the receiver
//! knows to be committed ([`Invariant::is_alarm`]). Where that is so, [`HARMS`] shows what the absence leads to if
//! nobody heeds the alarm.
//!
//! Some kills need four epochs, a crash at the worst moment, or a lease besides a log, and begin with a
//! [directed start](crate::catalog::starts); their steps are counted from the very beginning, and are the fewest
//! with this beginning.
//!
//! * [`seeds`] are mistakes that others have made, each by the rules whose absence it is.
//! * [`contracts`] are short scripts for the rules that no model of the world can show.
//! * [`checks`] are all the ways to look for what is missing, and [`matrix`] is every rule, and every pair of rules
//!   of a machine, against them. `RULES.md` is written from it.

pub mod checks;
pub mod contracts;
mod hosts;
pub mod matrix;
pub mod page;
pub mod seeds;
mod table;

pub use table::{CONTROLS, HARMS, KILLS};

use crate::catalog::starts::Start;
use crate::check::{Bounds, Progress, Report, start};
use crate::invariant::Invariant;
use crate::run::RunError;
use crate::world::{Model, World};
use quorate::rule::{Rule, RuleSet};

/// Rules, and a model that breaks without them.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    /// The rules; in the tables of this module one, in the seeds perhaps two.
    pub off: RuleSet,
    /// What is reported as violated.
    pub invariant: Invariant,
    /// How many steps it takes, and no fewer do.
    pub steps: usize,
    /// How it begins. The search starts from there.
    pub start: Option<&'static Start>,
    /// Whether the search goes on after an alarm.
    pub harm_only: bool,
    /// Makes the model, with the rules still on.
    pub make: fn() -> Model,
}

/// A choice that could be made otherwise, and a model in which it is made: without it, everything still holds.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// The rule.
    pub rule: Rule,
    /// Whether it may set off an alarm.
    pub harm_only: bool,
    /// Makes the model, with the rule still on.
    pub make: fn() -> Model,
}

/// The kill of this rule.
pub fn kill_of(rule: Rule) -> Option<&'static Kill> {
    KILLS.iter().find(|kill| kill.rule() == rule)
}

/// What the absence of this rule leads to, where its kill is only an alarm.
pub fn harm_of(rule: Rule) -> Option<&'static Kill> {
    HARMS.iter().find(|kill| kill.rule() == rule)
}

/// The control that this rule is.
pub fn control_of(rule: Rule) -> Option<&'static Control> {
    CONTROLS.iter().find(|control| control.rule == rule)
}

impl Kill {
    /// The rule; of several the first.
    ///
    /// # Panics
    ///
    /// If the kill is of no rule; the tables have none.
    pub fn rule(&self) -> Rule {
        self.off.iter().next().expect("a kill is of a rule")
    }

    /// The model without the rules.
    pub fn model(&self) -> Model {
        self.model_without(self.off)
    }

    /// The model without these rules instead.
    pub fn model_without(&self, off: RuleSet) -> Model {
        model((self.make)(), off, self.harm_only)
    }

    /// The names of the first choices.
    pub fn beginning(&self) -> &'static [&'static str] {
        self.start.map_or(&[], |start| start.choices)
    }

    /// Looks for the violation, from the end of the start on. The path in the report begins at the beginning.
    pub fn explore(
        &self,
        bounds: Bounds,
        watch: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<Report, RunError> {
        self.explore_without(self.off, bounds, watch)
    }

    /// The same without these rules instead.
    pub fn explore_without(
        &self,
        off: RuleSet,
        bounds: Bounds,
        watch: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<Report, RunError> {
        let world = World::new(self.model_without(off)).map_err(RunError::Model)?;
        start::explore(&world, self.beginning(), bounds, watch)
    }

    const fn after(self, start: &'static Start) -> Kill {
        Kill { start: Some(start), ..self }
    }
}

impl Control {
    /// The model without the rule.
    pub fn model(&self) -> Model {
        self.model_without(RuleSet::NONE.with(self.rule))
    }

    /// The model without these rules instead.
    pub fn model_without(&self, off: RuleSet) -> Model {
        model((self.make)(), off, self.harm_only)
    }
}

/// `made` without the rules of `off`, named after them unless it has a name.
fn model(mut made: Model, off: RuleSet, harm_only: bool) -> Model {
    made.without = off.iter().map(|rule| rule.name().to_owned()).collect();
    if made.name.is_empty() && !off.is_empty() {
        made.name = format!("without:{}", made.without.join("+"));
    }
    made.scope.harm_only = harm_only;
    made
}

const fn kill(rule: Rule, invariant: Invariant, steps: usize, make: fn() -> Model) -> Kill {
    Kill { off: RuleSet::NONE.with(rule), invariant, steps, start: None, harm_only: false, make }
}

/// A kill that goes on after alarms.
const fn harm(rule: Rule, invariant: Invariant, steps: usize, make: fn() -> Model) -> Kill {
    Kill { harm_only: true, ..kill(rule, invariant, steps, make) }
}

const fn control(rule: Rule, make: fn() -> Model) -> Control {
    Control { rule, harm_only: false, make }
}
