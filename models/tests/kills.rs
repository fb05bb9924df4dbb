//! Every rule is missed when it is switched off, by the invariant and in the number of steps that the table says;
//! and the controls are not.

use quorate::config::{Draft, Settings, SettingsError};
use quorate::id::{NodeId, NodeSet};
use quorate::quorum::{Quorum, QuorumError};
use quorate::rule::{Kind, Machine, Rule, RuleSet, without};
use quorate_models::check::start::explore;
use quorate_models::check::{Bounds, Engine, Outcome, Progress, Report, check};
use quorate_models::kills::contracts::{CONTRACTS, Played, contract_of};
use quorate_models::kills::seeds::{Fate, SEEDS};
use quorate_models::kills::{CONTROLS, HARMS, KILLS, Kill, control_of, harm_of, kill_of};
use quorate_models::run::{Run, RunError};
use quorate_models::world::{Model, ModelError, Reductions, World, majority};
use std::collections::BTreeSet;

fn go_on(_: &Progress) -> bool {
    true
}

#[test]
fn every_rule_has_its_place() {
    let killed: Vec<Rule> = KILLS.iter().map(Kill::rule).collect();
    for rule in Rule::ALL {
        let kills = killed.iter().filter(|killed| *killed == rule).count();
        let scripts = CONTRACTS.iter().filter(|contract| contract.rule == *rule).count();
        let controls = CONTROLS.iter().filter(|control| control.rule == *rule).count();
        let places = [kills, scripts, controls];
        match rule.kind() {
            Kind::Safety | Kind::Contract => assert!(places == [1, 0, 0] || places == [0, 1, 0], "{rule}"),
            // Their kills are graphs; who asks around first is also no matter of safety.
            Kind::Liveness => assert!(kills == 0 && scripts + controls <= 1, "{rule}"),
            Kind::Control => assert_eq!(places, [0, 0, 1], "{rule}"),
        }
    }
    assert!(KILLS.is_sorted_by_key(Kill::rule), "the table is in the order of the rules");
    assert!(HARMS.is_sorted_by_key(Kill::rule), "the table is in the order of the rules");
}

#[test]
fn every_killing_invariant_is_among_those_that_the_rule_protects() {
    for kill in KILLS.iter().chain(HARMS) {
        assert!(
            kill.rule().protects().contains(&kill.invariant.name()),
            "{}: {}",
            kill.rule(),
            kill.invariant
        );
    }
}

#[test]
fn where_an_alarm_comes_first_the_harm_is_known_too() {
    for kill in KILLS {
        assert_eq!(harm_of(kill.rule()).is_some(), kill.invariant.is_alarm(), "{}", kill.rule());
    }
    for harm in HARMS {
        assert!(harm.harm_only && !harm.invariant.is_alarm(), "{}: {}", harm.rule(), harm.invariant);
    }
}

// ---- the kills ---------------------------------------------------------------------------------------------

/// Confirms the kills of the rules of a machine, and the harm that follows.
fn confirm(machine: Machine) {
    let of_machine = |kill: &&Kill| kill.rule().machine() == machine;
    let kills: Vec<&Kill> = KILLS.iter().chain(HARMS).filter(of_machine).collect();
    assert!(!kills.is_empty());
    kills.into_iter().for_each(confirm_one);
}

fn confirm_one(kill: &Kill) {
    let start = std::time::Instant::now();
    let states = is_found(kill);
    let with = holds_with_the_rules(kill);
    println!(
        "{:<30} {:>3} steps  {states:>9} states  {with:>9} with the rule  {:>5.1?}  {}",
        format!("{:?}", kill.off),
        kill.steps,
        start.elapsed(),
        kill.invariant
    );
}

/// The violation is found, in as many steps as recorded, and happens again in the world without reductions.
fn is_found(kill: &Kill) -> u64 {
    let Kill { off, invariant, steps, .. } = kill;
    let report =
        kill.explore(Bounds::default(), &mut go_on).unwrap_or_else(|error| panic!("{off:?}: {error}"));
    let Outcome::Violated { broken, path } = report.outcome else {
        panic!("{off:?}: nothing is violated: {:?}", report.outcome)
    };
    assert_eq!((broken.invariant, path.len()), (*invariant, *steps), "{off:?}: {broken}");
    let world = World::new(kill.model()).unwrap();
    let run = Run::record(&world, &path, "").unwrap_or_else(|error| panic!("{off:?}: {error}"));
    let run = Run::parse(&run.to_text()).unwrap();
    let replay = run.replay().unwrap();
    assert_eq!(replay.broken.map(|broken| broken.invariant), Some(*invariant), "{off:?}");
    assert_eq!((replay.choices.len(), replay.unused), (*steps, 0), "{off:?}");
    report.progress.states
}

/// With the rules, nothing is violated in as many steps, or at all: so it was the rules.
fn holds_with_the_rules(kill: &Kill) -> u64 {
    let Kill { off, steps, .. } = kill;
    let world = match World::new(kill.model_without(RuleSet::NONE)) {
        Ok(world) => world,
        // What these two rules refuse is the model itself: there is nothing to explore.
        Err(error @ ModelError::Lease(_)) if off.contains(Rule::DriftMargin) => {
            assert!(error.to_string().starts_with("node.lease"), "{error}");
            return 0;
        }
        Err(error @ ModelError::Settings(_)) if off.contains(Rule::VotesIntersect) => {
            assert!(error.to_string().contains("would both win"), "{error}");
            return 0;
        }
        Err(error) => panic!("{off:?}: {error}"),
    };
    let beginning = kill.beginning();
    // At a depth the search has judged every state that so many steps lead to.
    let enough = |progress: &Progress| beginning.len() + progress.depth as usize >= *steps;
    let explored = explore(&world, beginning, Bounds::default(), &mut |progress| !enough(progress));
    let Report { outcome, progress, .. } = explored.unwrap_or_else(|error| panic!("{off:?}: {error}"));
    match outcome {
        Outcome::Proved => {}
        Outcome::Incomplete(_) if enough(&progress) => {}
        Outcome::Incomplete(why) => panic!("{off:?}, switched on: {why}"),
        Outcome::Violated { broken, .. } => panic!("{off:?}, switched on: {broken}"),
    }
    progress.states
}

#[test]
fn the_rules_of_election_are_missed() {
    confirm(Machine::Election);
}

#[test]
fn the_rules_of_the_lease_are_missed() {
    confirm(Machine::Lease);
}

#[test]
fn the_rules_of_fencing_are_missed() {
    confirm(Machine::Fencing);
}

#[test]
fn the_rules_of_commit_are_missed() {
    confirm(Machine::Commit);
}

#[test]
fn the_rules_of_reads_are_missed() {
    confirm(Machine::Reads);
}

#[test]
fn the_rules_of_configuration_are_missed() {
    confirm(Machine::Configuration);
}

#[test]
fn the_rules_of_hosts_are_missed() {
    let scripts: Vec<_> =
        CONTRACTS.iter().filter(|contract| contract.rule.machine() == Machine::Hosts).collect();
    assert_eq!(scripts.len(), 3);
    for script in scripts {
        assert_eq!((script.play)(), Ok(Played::Kept), "{}", script.rule);
        let off = without(RuleSet::NONE.with(script.rule), script.play);
        assert!(matches!(off, Ok(Played::Broken(_))), "{}: {off:?}", script.rule);
    }
}

#[test]
fn a_prefix_that_cannot_happen_is_an_error() {
    let world = World::new(kill_of(Rule::CommitFromStart).unwrap().model()).unwrap();
    let error = explore(&world, &["n0 timer", "n0 restarts"], Bounds::default(), &mut go_on).unwrap_err();
    assert!(matches!(error, RunError::Choice { step: 2, .. }), "{error}");
}

// ---- known mistakes ----------------------------------------------------------------------------------------

#[test]
fn every_mistake_is_noticed_by_what_it_endangers() {
    let ids: BTreeSet<&str> = SEEDS.iter().map(|seed| seed.id).collect();
    assert_eq!(ids.len(), SEEDS.len(), "each has its own name");
    for seed in SEEDS {
        let rules: Vec<Rule> = seed.off.iter().collect();
        assert!(!rules.is_empty() && seed.what.ends_with('.'), "{}", seed.id);
        assert_eq!(seed.endangers.is_empty(), seed.is_control(), "{}", seed.id);
        match seed.fate {
            Fate::AsListed | Fate::Killed(_) => {
                let kill = seed.kill().unwrap_or_else(|| panic!("{} has no kill", seed.id));
                assert_eq!(kill.off, seed.off, "{}", seed.id);
                assert!(seed.endangers.contains(&kill.invariant), "{}: {}", seed.id, kill.invariant);
            }
            Fate::Contract => assert!(contract_of(rules[0]).is_some(), "{}", seed.id),
            Fate::Stalls => assert!(rules.iter().all(|rule| rule.kind() == Kind::Liveness), "{}", seed.id),
            Fate::Survives => assert!(control_of(rules[0]).is_some() && rules.len() == 1, "{}", seed.id),
        }
    }
}

#[test]
fn mistakes_with_a_model_of_their_own_are_found_in_it() {
    let own = SEEDS.iter().filter_map(|seed| match seed.fate {
        Fate::Killed(kill) => Some(kill),
        Fate::AsListed | Fate::Stalls | Fate::Contract | Fate::Survives => None,
    });
    own.for_each(|kill| confirm_one(&kill));
}

/// The one mistake that nobody can make: no configuration accepts it.
#[test]
fn zones_that_need_not_meet_are_refused_as_voters() {
    let zone = |first: u8| Quorum::Any {
        need: 1,
        of: [first, first + 1].into_iter().filter_map(NodeId::new).collect(),
    };
    let votes = Quorum::Zones { need: 1, of: vec![zone(0), zone(2)] };
    let refused = Settings::new(Draft { votes, ..majority(4, None) }).unwrap_err();
    let apart = |error: &QuorumError| matches!(error, QuorumError::Disjoint { one, other } if one.and(*other) == NodeSet::EMPTY);
    assert!(matches!(&refused, SettingsError::Votes(error) if apart(error)), "{refused}");
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
    let control = control_of(rule).unwrap();
    let without = exhaust(rule.name(), control.model());
    let with = exhaust(rule.name(), control.model_without(RuleSet::NONE));
    println!("{rule}: {without:?} states and transitions without, {with:?} with");
    assert_ne!(without, with, "{rule} makes no difference in its model");
}

#[test]
fn the_controls_of_election_survive() {
    survives(Rule::PrevoteFirst);
    survives(Rule::TornVoteIsHarmless);
    survives(Rule::TornEpochIsHarmless);
}

#[test]
fn the_controls_of_the_lease_survive() {
    survives(Rule::HolderNeedNotGrant);
    survives(Rule::BusyStaysWhole);
}

#[test]
fn the_controls_of_commit_survive() {
    survives(Rule::AckWholeLog);
    survives(Rule::WrittenOnce);
    survives(Rule::CommitByMark);
}

#[test]
fn the_controls_of_reads_survive() {
    survives(Rule::ReadThenCheck);
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
            panic!("{}: nothing is violated: {:?}", kill.rule(), report.outcome)
        };
        println!("{}: {} states", kill.rule(), report.progress.states);
        // Among violations that take equally many steps the engines may find different ones.
        assert_eq!(path.len(), kill.steps, "{}: {broken}", kill.rule());
    }
}
