//! Every rule is missed when it is switched off, by the invariant and in the number of steps that the table says;
//! and the controls are not.

use quorate::rule::{Kind, Rule};
use quorate_models::check::start::explore;
use quorate_models::check::{Bounds, Engine, Outcome, Progress, Report, check};
use quorate_models::kills::{CONTROLS, HARMS, KILLS, Kill, kill_of};
use quorate_models::run::{Run, RunError};
use quorate_models::world::{Model, ModelError, Reductions, World};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

fn go_on(_: &Progress) -> bool {
    true
}

#[test]
fn every_rule_of_safety_has_one_place_in_the_table_and_every_control_has_one() {
    let listed = KILLS.iter().map(|kill| kill.rule);
    let mut places: BTreeMap<Rule, usize> = BTreeMap::new();
    for rule in listed.chain(CONTROLS.iter().map(|control| control.rule)) {
        *places.entry(rule).or_default() += 1;
    }
    for rule in Rule::ALL {
        let expected = usize::from(rule.kind() != Kind::Liveness);
        assert_eq!(places.get(rule).copied().unwrap_or(0), expected, "{rule}");
        assert_eq!(CONTROLS.iter().any(|c| c.rule == *rule), rule.kind() == Kind::Control, "{rule}");
    }
    assert!(KILLS.is_sorted_by_key(|kill| kill.rule), "the table is in the order of the rules");
}

#[test]
fn every_killing_invariant_is_among_those_that_the_rule_protects() {
    for Kill { rule, invariant, .. } in KILLS {
        assert!(rule.protects().contains(&invariant.name()), "{rule}: {invariant}");
    }
}

// ---- the kills ---------------------------------------------------------------------------------------------

/// Confirms the kills of these rules.
fn confirm(rules: RangeInclusive<Rule>) {
    let kills: Vec<&Kill> = KILLS.iter().filter(|kill| rules.contains(&kill.rule)).collect();
    assert!(!kills.is_empty());
    for kill in kills {
        let start = std::time::Instant::now();
        let states = is_found(kill);
        let with = holds_with_the_rule(kill);
        println!(
            "{:<30} {:>3} steps  {states:>9} states  {with:>9} with the rule  {:>5.1?}  {}",
            kill.rule.name(),
            kill.steps,
            start.elapsed(),
            kill.invariant
        );
    }
}

/// The violation is found, in as many steps as recorded, and happens again in the world without reductions.
fn is_found(kill: &Kill) -> u64 {
    let Kill { rule, invariant, steps, .. } = kill;
    let report =
        kill.explore(Bounds::default(), &mut go_on).unwrap_or_else(|error| panic!("{rule}: {error}"));
    let Outcome::Violated { broken, path } = report.outcome else {
        panic!("{rule}: nothing is violated: {:?}", report.outcome)
    };
    assert_eq!((broken.invariant, path.len()), (*invariant, *steps), "{rule}: {broken}");
    let world = World::new(kill.model()).unwrap();
    let run = Run::record(&world, &path, "").unwrap_or_else(|error| panic!("{rule}: {error}"));
    let run = Run::parse(&run.to_text()).unwrap();
    let replay = run.replay().unwrap();
    assert_eq!(replay.broken.map(|broken| broken.invariant), Some(*invariant), "{rule}");
    assert_eq!((replay.choices.len(), replay.unused), (*steps, 0), "{rule}");
    report.progress.states
}

/// With the rule, nothing is violated in as many steps, or at all: so it was the rule.
fn holds_with_the_rule(kill: &Kill) -> u64 {
    let Kill { rule, steps, prefix, .. } = kill;
    let world = match World::new((kill.make)()) {
        Ok(world) => world,
        // What this rule refuses is the model itself: there is nothing to explore.
        Err(error @ ModelError::Lease(_)) if *rule == Rule::DriftMargin => {
            assert!(error.to_string().starts_with("node.lease"), "{error}");
            return 0;
        }
        Err(error) => panic!("{rule}: {error}"),
    };
    // At a depth the search has judged every state that so many steps lead to.
    let enough = |progress: &Progress| prefix.len() + progress.depth as usize >= *steps;
    let explored = explore(&world, prefix, Bounds::default(), &mut |progress| !enough(progress));
    let Report { outcome, progress, .. } = explored.unwrap_or_else(|error| panic!("{rule}: {error}"));
    match outcome {
        Outcome::Proved => {}
        Outcome::Incomplete(_) if enough(&progress) => {}
        Outcome::Incomplete(why) => panic!("{rule}, switched on: {why}"),
        Outcome::Violated { broken, .. } => panic!("{rule}, switched on: {broken}"),
    }
    progress.states
}

#[test]
fn the_rules_of_election_are_missed() {
    confirm(Rule::OneVotePerEpoch..=Rule::TornVoteIsHarmless);
}

#[test]
fn the_rules_of_the_lease_are_missed() {
    confirm(Rule::DriftMargin..=Rule::BusyStaysWhole);
}

#[test]
fn the_rules_of_fencing_are_missed() {
    confirm(Rule::ResourceChecksEpoch..=Rule::LossRaisesGeneration);
}

#[test]
fn the_rules_of_commit_are_missed() {
    confirm(Rule::RecoverySetReached..=Rule::CommitByMark);
}

#[test]
fn the_rules_of_reads_are_missed() {
    confirm(Rule::CommitAfterLeases..=Rule::TokenWaits);
}

#[test]
fn the_rules_of_configuration_are_missed() {
    confirm(Rule::ConfigsOnlyGrow..=Rule::BarrierHoldsAll);
}

#[test]
fn a_prefix_that_cannot_happen_is_an_error() {
    let world = World::new(kill_of(Rule::CommitFromStart).unwrap().model()).unwrap();
    let error = explore(&world, &["n0 timer", "n0 restarts"], Bounds::default(), &mut go_on).unwrap_err();
    assert!(matches!(error, RunError::Choice { step: 2, .. }), "{error}");
}

// ---- the controls ------------------------------------------------------------------------------------------

/// Exhausts the model; the number of states and of transitions.
fn exhaust(name: &str, model: Model) -> (u64, u64) {
    let world = World::new(model).unwrap();
    let report = check(&world, Engine::Memoised, Bounds::default(), &mut go_on);
    assert!(report.is_exhausted(), "{name}: {:?}", report.outcome);
    (report.progress.states, report.progress.transitions)
}

/// Without the control everything holds; and it is used, because with it other states are reached.
fn survives(rule: Rule) {
    let control = CONTROLS.iter().find(|control| control.rule == rule).unwrap();
    let without = exhaust(rule.name(), control.model());
    let with = exhaust(rule.name(), (control.make)());
    println!("{rule}: {without:?} states and transitions without, {with:?} with");
    assert_ne!(without, with, "{rule} makes no difference in its model");
}

#[test]
fn the_controls_of_election_survive() {
    survives(Rule::PrevoteFirst);
    survives(Rule::TornVoteIsHarmless);
}

#[test]
fn the_controls_of_the_lease_survive() {
    survives(Rule::HolderNeedNotGrant);
    survives(Rule::BusyStaysWhole);
}

#[test]
fn the_controls_of_commit_survive() {
    survives(Rule::AckWholeLog);
    survives(Rule::CommitByMark);
}

// ---- another engine ----------------------------------------------------------------------------------------

/// Stateright on the world without reductions finds no shorter way.
#[test]
fn no_shorter_way_is_found_by_stateright_without_reductions() {
    let rules = [
        Rule::OneVotePerEpoch,
        Rule::VotesFromQuorum,
        Rule::VoteIsRecorded,
        Rule::VoteAfterDurable,
        Rule::OldVotesDoNotCount,
        Rule::OnlyVotesCount,
        Rule::BeatKeepsVote,
        Rule::RoleIsVolatile,
        Rule::LeaseFromQuorum,
        Rule::LossRaisesGeneration,
        Rule::RecoverySetReached,
        Rule::PromiseAfterDurable,
        Rule::OwnFlushCounts,
        Rule::ExposeOnlyCommitted,
        Rule::DegradeIsPublished,
        Rule::InstalledAfterDurable,
    ];
    for kill in rules.iter().filter_map(|rule| kill_of(*rule)) {
        let world = World::new(kill.model()).unwrap().reduced_by(Reductions::NONE);
        let report = check(&world, Engine::Stateright, Bounds::default(), &mut go_on);
        let Outcome::Violated { path, broken } = report.outcome else {
            panic!("{}: nothing is violated: {:?}", kill.rule, report.outcome)
        };
        println!("{}: {} states", kill.rule, report.progress.states);
        // Among violations that take equally many steps the engines may find different ones.
        assert_eq!(path.len(), kill.steps, "{}: {broken}", kill.rule);
    }
}
