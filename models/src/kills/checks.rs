//! The ways to look for a missing rule. Each is a [`Check`]: rules are switched off, it looks, it answers.
//!
//! A check that has nothing to say of some rules is silent about them; one that ran to its end and found nothing
//! says so; one that was cut short says that. Only the first kind of answer, a kill, shows that a rule is needed.

use super::contracts::{CONTRACTS, Played};
use super::{Control, Kill, control_of, harm_of, kill_of};
use crate::check::memo::Memo;
use crate::check::{Bounds, Outcome, Progress, Report};
use crate::induct;
use crate::live::{self, graphs};
use crate::policy;
use crate::run::RunError;
use crate::text::counted;
use crate::world::World;
use quorate::rule::{Kind, Machine, Rule, RuleSet, without};
use std::time::{Duration, Instant};

/// How far a check may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Distinct states of one search.
    pub states: u64,
    /// Time for one search.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { states: 4_000_000, time: Duration::from_secs(180) }
    }
}

/// What a check found out about rules that are off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It notices that they are missing.
    Killed {
        /// By what: the name of an invariant, or what a script must not do.
        by: String,
        /// In how many steps, if that is counted.
        steps: Option<usize>,
    },
    /// It ran to its end and noticed nothing.
    Survived,
    /// It was cut short.
    Cut(String),
    /// It has nothing to say of these rules.
    Silent,
}

/// A way to look.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What it does, in one line.
    pub about: &'static str,
    /// Looks, with these rules off.
    pub run: fn(RuleSet, &Limits) -> Verdict,
}

/// Every check, in the order in which they are asked.
pub const CHECKS: &[Check] = &[
    Check {
        name: "search",
        about: "every state of the models of these rules, breadth first, the first thing that goes wrong",
        run: search,
    },
    Check {
        name: "harm",
        about: "the same where that is only an alarm, on to what somebody is harmed by",
        run: search_for_harm,
    },
    Check { name: "contract", about: "scripts for one machine", run: contracts },
    Check {
        name: "graphs",
        about: "every connectivity graph of up to four nodes, every beginning: does somebody serve, and stay?",
        run: connectivity,
    },
    Check {
        name: "induction",
        about: "every state that satisfies the invariant of a machine, one step further",
        run: induction,
    },
    Check { name: "orders", about: "the steps of a change of policy, every case", run: orders },
];

// ---- search ------------------------------------------------------------------------------------------------

fn search(off: RuleSet, limits: &Limits) -> Verdict {
    let kills: Vec<&Kill> = off.iter().filter_map(kill_of).collect();
    if kills.is_empty() { survive(off, limits) } else { first(&kills, off, limits) }
}

fn search_for_harm(off: RuleSet, limits: &Limits) -> Verdict {
    let kills: Vec<&Kill> = off.iter().filter_map(harm_of).collect();
    first(&kills, off, limits)
}

/// The first of these models in which something goes wrong without the rules.
fn first(kills: &[&Kill], off: RuleSet, limits: &Limits) -> Verdict {
    let mut last = Verdict::Silent;
    for kill in kills {
        let explored = kill.explore_without(off, bounds(limits), &mut until(limits));
        last = said(explored);
        if matches!(last, Verdict::Killed { .. }) {
            return last;
        }
    }
    last
}

/// Rules of which nobody's safety depends on one must survive in the model of each.
fn survive(off: RuleSet, limits: &Limits) -> Verdict {
    let controls: Vec<&Control> = off.iter().filter_map(control_of).collect();
    if controls.is_empty() || off.iter().any(|rule| control_of(rule).is_none()) {
        return Verdict::Silent;
    }
    for control in controls {
        let alarms = off.iter().filter_map(control_of).any(|control| control.harm_only);
        let mut model = control.model_without(off);
        model.scope.harm_only |= alarms;
        let world = match World::new(model) {
            Ok(world) => world,
            Err(error) => return Verdict::Cut(error.to_string()),
        };
        // Not rashly first: nothing is expected to be found.
        let verdict = said(Ok(Memo::new(&world).run(bounds(limits), &mut until(limits))));
        if verdict != Verdict::Survived {
            return verdict;
        }
    }
    Verdict::Survived
}

fn bounds(limits: &Limits) -> Bounds {
    Bounds { states: Some(limits.states), bytes: None }
}

fn until(limits: &Limits) -> impl FnMut(&Progress) -> bool + use<> {
    let (begun, time) = (Instant::now(), limits.time);
    move |_| begun.elapsed() < time
}

fn said(explored: Result<Report, RunError>) -> Verdict {
    match explored {
        Ok(Report { outcome: Outcome::Violated { broken, path }, .. }) => {
            Verdict::Killed { by: broken.invariant.name().into(), steps: Some(path.len()) }
        }
        Ok(Report { outcome: Outcome::Proved, .. }) => Verdict::Survived,
        Ok(Report { outcome: Outcome::Incomplete(why), progress, .. }) => {
            Verdict::Cut(format!("{why}, at depth {}", progress.depth))
        }
        Err(error) => Verdict::Cut(error.to_string()),
    }
}

// ---- contracts ---------------------------------------------------------------------------------------------

fn contracts(off: RuleSet, _: &Limits) -> Verdict {
    let mut verdict = Verdict::Silent;
    for contract in CONTRACTS.iter().filter(|contract| off.contains(contract.rule)) {
        verdict = match without(off, contract.play) {
            Ok(Played::Broken(_)) => return Verdict::Killed { by: contract.what.into(), steps: None },
            Ok(Played::Kept) => Verdict::Survived,
            Err(why) => Verdict::Cut(format!("the script cannot be played: {why}")),
        };
    }
    verdict
}

// ---- graphs ------------------------------------------------------------------------------------------------

/// Only of rules of progress: that the others are noticed by a search is what is asked of them. First the graph on
/// which a rule is known to be missed, then every one.
fn connectivity(off: RuleSet, _: &Limits) -> Verdict {
    if !off.iter().any(|rule| rule.kind() == Kind::Liveness) {
        return Verdict::Silent;
    }
    let known = off.iter().filter_map(live::kills::kill_of);
    let known = known.filter(|kill| kill.also.iter().all(|rule| off.contains(*rule)));
    if let Some((kill, failure)) = known.into_iter().find_map(|kill| Some((kill, kill.missing(off).err()?))) {
        return stalled(&failure, &format!("on a {} of {}", kill.graph, counted(kill.nodes.into(), "node")));
    }
    let verdicts = graphs::check_without(off, &graphs::short());
    let failure = verdicts.iter().find_map(|verdict| verdict.failure.as_ref());
    failure.map_or(Verdict::Survived, |failure| stalled(failure, &format!("with links {}", failure.links)))
}

fn stalled(failure: &graphs::Failure, place: &str) -> Verdict {
    Verdict::Killed { by: format!("{} {place}", failure.wrong), steps: Some(failure.round as usize) }
}

// ---- induction ---------------------------------------------------------------------------------------------

/// Of a single rule of safety. (An induction may object to what does no harm, so it is not asked of controls; and what
/// a search notices of a pair, it need not notice again.)
fn induction(off: RuleSet, _: &Limits) -> Verdict {
    let mut rules = off.iter();
    let (Some(rule), None) = (rules.next(), rules.next()) else { return Verdict::Silent };
    if rule.kind() != Kind::Safety {
        return Verdict::Silent;
    }
    match rule.machine() {
        Machine::Election => induct_election(off),
        Machine::Lease if induct::lease::LEFT_OUT.contains(&rule) => Verdict::Silent,
        Machine::Lease => noticed(induct::lease::hunt(off)),
        Machine::Commit => noticed(induct::commit::hunt(off).map(|found| found.map(|(_, cti)| cti))),
        Machine::Configuration => noticed(induct::config::hunt(off)),
        Machine::Fencing | Machine::Reads | Machine::Hosts => Verdict::Silent,
    }
}

fn noticed(hunted: Result<Option<induct::Cti>, induct::ScopeError>) -> Verdict {
    match hunted {
        Ok(Some(cti)) => breached(&cti),
        Ok(None) => Verdict::Survived,
        Err(error) => Verdict::Cut(error.to_string()),
    }
}

fn induct_election(off: RuleSet) -> Verdict {
    let scopes = [(3, 2, false), (4, 1, false), (3, 1, true)];
    for (nodes, epochs, prevote) in scopes {
        let scope = induct::elect::Scope { nodes, epochs, prevote, witness: false };
        match induct::elect::prove(scope, off).map(|report| report.counterexample) {
            Ok(Some(cti)) => return breached(&cti),
            Ok(None) => {}
            Err(error) => return Verdict::Cut(error.to_string()),
        }
    }
    // What matters only while the voters change.
    noticed(induct::config::hunt(off))
}

fn breached(cti: &induct::Cti) -> Verdict {
    Verdict::Killed { by: format!("clause {}", cti.breach.clause), steps: None }
}

// ---- orders ------------------------------------------------------------------------------------------------

/// The rules that say in which order a policy is changed, each by the order that is taken without it.
fn orders(off: RuleSet, _: &Limits) -> Verdict {
    let order_without = |rule| match rule {
        Rule::JointBeforeNew => Some(policy::Order::NoJoint),
        Rule::ConfirmBeforeBarrier => Some(policy::Order::BarrierBeforeConfirm),
        Rule::ConfirmBeforeNew => Some(policy::Order::PublishBeforeConfirm),
        Rule::BarrierHoldsAll => Some(policy::Order::NoBarrier),
        _says_nothing_of_the_order => None,
    };
    let orders: Vec<policy::Order> = off.iter().filter_map(order_without).collect();
    let [order] = orders[..] else { return Verdict::Silent };
    let verdicts = policy::Case::ALL.iter().map(|case| policy::verdict(*case, order));
    let lost = verdicts.filter(|verdict| verdict.lost.is_some()).map(|verdict| verdict.depth).min();
    lost.map_or(Verdict::Survived, |depth| Verdict::Killed {
        by: "a write is lost".into(),
        steps: Some(depth),
    })
}
