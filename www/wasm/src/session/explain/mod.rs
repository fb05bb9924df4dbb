//! Why a machine did what it did.
//!
//! What led to a moment is decided once more, by the same code: what the machine told, refused, sent and wrote is put
//! into words. Then it is decided again without each rule in turn; a rule without which the machine, what it sent or
//! what it told would be another is a rule that decided.

mod deed;
mod words;

use super::{Moment, MomentId, Session};
use crate::Trouble;
use crate::view::explanation::{Deciding, Explanation};
use crate::view::json;
use deed::Deed;
use quorate::rule::{Rule, without};
use quorate_models::run::scene;
use quorate_models::world::{self, Choice, Landing, World};

impl Session {
    /// Why what led to a moment came out as it did.
    pub fn explain(&self, id: MomentId) -> Result<String, Trouble> {
        let after = self.moment(id)?;
        Ok(json(&match self.origin(id)? {
            None => Explanation {
                sentences: vec!["Every machine has just started, and nothing was said yet.".into()],
                rules: Vec::new(),
            },
            Some((step, before)) => explanation(&self.world, before, after, &step.choice),
        }))
    }
}

fn explanation(world: &World, before: &Moment, after: &Moment, choice: &Choice) -> Explanation {
    let mut explained = match choice {
        Choice::Land(landing) => landing_explained(world, before, *landing),
        other => match decided(world, before, other) {
            Some(explained) => explained,
            None => Explanation { sentences: told(world, before, after, other), rules: Vec::new() },
        },
    };
    let broken =
        after.broken.iter().map(|broken| format!("This violates {}: {}.", broken.invariant, broken.why));
    explained.sentences.extend(broken);
    explained
}

/// What a machine decided; `None` if the choice asks nothing of a machine.
fn decided(world: &World, before: &Moment, choice: &Choice) -> Option<Explanation> {
    let id = choice.node()?;
    let seat = before.state.seats.get(usize::from(id.index()))?;
    let world::Deed::Act(act) = world.begin(id, &seat.machine, &before.state.around, choice)?.deed else {
        return None;
    };
    let off = world.rules_off();
    let done = |rules| without(rules, || Deed::of(world, id, &seat.machine, &act));
    let deed = done(off);
    let others = Rule::ALL.iter().filter(|rule| !off.contains(**rule));
    let rules = others.filter_map(|rule| {
        let otherwise = done(off.with(*rule)).unlike(&deed)?;
        Some(deciding(*rule, otherwise))
    });
    Some(Explanation { sentences: deed.sentences(&seat.machine, choice), rules: rules.collect() })
}

fn deciding(rule: Rule, otherwise: String) -> Deciding {
    Deciding { name: rule.name(), sentence: rule.sentence(), kind: rule.kind().to_string(), otherwise }
}

/// A write reaches the resource, which is no machine of the cluster, but has a rule to keep.
fn landing_explained(world: &World, before: &Moment, landing: Landing) -> Explanation {
    let Landing { from, epoch, op } = landing;
    let register = before.state.around.outside.register;
    let installed = register.installed();
    let off = world.rules_off();
    let admits = without(off, || register.admits(epoch));
    let verdict = match (admits, epoch == installed) {
        (true, true) => {
            format!("applies w{op} of {from}: its token, {epoch}, is the newest that is installed")
        }
        (true, false) => format!(
            "applies w{op} of {from} without looking at its token: {epoch}, while {installed} is installed"
        ),
        (false, _) => format!("refuses w{op} of {from}: its token is {epoch}, and {installed} is installed"),
    };
    let rule = Rule::ResourceChecksEpoch;
    let matters = !admits && without(off.with(rule), || register.admits(epoch));
    let otherwise = || deciding(rule, format!("The resource would apply w{op}."));
    Explanation {
        sentences: vec![format!("The resource {verdict}.")],
        rules: matters.then(otherwise).into_iter().collect(),
    }
}

/// What happens to links, messages and clocks: nobody decides that.
fn told(world: &World, before: &Moment, after: &Moment, choice: &Choice) -> Vec<String> {
    let first = match choice {
        Choice::Drop(envelope) => format!("The network loses {}.", **envelope),
        Choice::Duplicate(envelope) => format!("The network doubles {}.", **envelope),
        Choice::Write(node) => {
            let op = after.state.history().issued;
            format!("{node} sends w{op} to the resource, under the epoch that is its token.")
        }
        Choice::Pass(_) => "Time passes; nothing else happens meanwhile.".to_owned(),
        Choice::Partition { side, both: true } => {
            format!("Between {side} and the rest nothing arrives any more.")
        }
        Choice::Partition { side, both: false } => {
            format!("From {side} nothing arrives at the rest any more; the other direction works.")
        }
        Choice::Heal => "Everything arrives again.".to_owned(),
        Choice::Pause(node) => {
            format!("{node} does nothing from now on, and does not notice; its clock goes on.")
        }
        Choice::Resume(node) => format!("{node} goes on where it was."),
        other => format!("{other}."),
    };
    let changes = scene(world, choice, &before.state, &after.state).changes;
    std::iter::once(first).chain(changes.into_iter().map(|change| format!("{change}."))).collect()
}
