//! Changes of the configuration by induction, and what the parts of the failover node take from each other.

use quorate::rule::{Rule, RuleSet};
use quorate_models::induct::compose::{self, Test, explore, whole};
use quorate_models::induct::config::{self, Kind, Scope};
use quorate_models::induct::sample::Effort;
use quorate_models::induct::{Report, ScopeError};

const SMALL: Scope = Scope { nodes: 3, epochs: 2, kind: Kind::Swap, back: false, pipelined: false };

fn without(rule: Rule) -> RuleSet {
    RuleSet::NONE.with(rule)
}

fn proved(report: &Report) {
    if let Some(cti) = &report.counterexample {
        panic!("{}\n{cti}", report.scope);
    }
    assert!(report.is_proved(), "{report:?}");
}

// ---- configurations ------------------------------------------------------------------------------------

#[test]
fn changes_of_voters_are_inductive() {
    for (scope, states) in [
        (Scope { kind: Kind::Add, ..SMALL }, 5_249),
        (Scope { kind: Kind::Remove, ..SMALL }, 38_705),
        (SMALL, 7_207),
        (Scope { back: true, ..SMALL }, 14_097),
        (Scope { kind: Kind::Add, nodes: 4, ..SMALL }, 262_271),
    ] {
        let report = config::prove(scope, RuleSet::NONE).unwrap();
        proved(&report);
        assert_eq!(report.states, states, "{report:?}");
    }
}

/// `quorate induct config --long` does the same.
#[test]
#[ignore = "minutes on one core"]
fn changes_of_voters_are_inductive_in_long_scopes() {
    for scope in [
        Scope { nodes: 4, ..SMALL },
        Scope { nodes: 4, kind: Kind::Remove, ..SMALL },
        Scope { pipelined: true, ..SMALL },
    ] {
        proved(&config::prove(scope, RuleSet::NONE).unwrap());
    }
}

/// Each rule of a change, where its absence shows, and what breaks.
const KILLS: &[(Rule, &str)] = &[
    (Rule::NewerConfigWins, "voters-follow-the-newest"),
    (Rule::ConfigsOnlyGrow, "configurations-only-grow"),
    (Rule::InstalledAfterDurable, "gates-hold"),
    (Rule::PublicationReachesQuorum, "kept-configurations-exist"),
    (Rule::JointBeforeNew, "kept-configurations-exist"),
    (Rule::ConfirmBeforeBarrier, "settings-are-alone-when-they-hold-all"),
    (Rule::ConfirmBeforeNew, "settings-are-alone-when-they-hold-all"),
    (Rule::BarrierHoldsAll, "settings-are-alone-when-they-hold-all"),
];

#[test]
fn without_a_rule_a_change_is_not_inductive() {
    for (rule, clause) in KILLS {
        let cti = config::hunt(without(*rule)).unwrap();
        let cti = cti.unwrap_or_else(|| panic!("nothing breaks without {rule}"));
        assert_eq!(cti.breach.clause, *clause, "{rule}:\n{cti}");
        assert!(!cti.before.is_empty() && cti.before != cti.after, "{rule}:\n{cti}");
    }
}

#[test]
fn random_states_of_larger_changes_stay_inside_the_invariant() {
    let effort = Effort { machines: 2_000, states: 4_000, ..Effort::SECONDS };
    for (nodes, epochs) in [(5, 3), (6, 4)] {
        let scope = Scope { nodes, epochs, back: true, ..SMALL };
        let report = config::sample(scope, RuleSet::NONE, effort).unwrap();
        assert!(report.counterexample.is_none(), "{}", report.counterexample.unwrap());
        assert!(
            report.states == effort.states && report.steps > 100_000 && !report.is_proved(),
            "{report:?}"
        );
    }
}

#[test]
fn a_change_that_is_too_large_is_refused_with_an_estimate() {
    let error = config::prove(Scope { nodes: 7, epochs: 5, ..SMALL }, RuleSet::NONE).unwrap_err();
    assert!(matches!(error, ScopeError::TooLarge { .. }), "{error}");
    let error = config::prove(Scope { nodes: 2, ..SMALL }, RuleSet::NONE).unwrap_err();
    assert_eq!(error.to_string(), "nodes: 2 is out of range; give 3 to 7");
}

// ---- what the parts take from each other ---------------------------------------------------------------

#[test]
fn every_fact_is_kept_by_one_part_and_taken_by_another() {
    for fact in compose::FACTS {
        assert!(!fact.of.is_empty() && !fact.of.contains(&fact.by), "{fact:?}");
    }
    let of_states = compose::FACTS.iter().filter(|fact| !matches!(fact.test, Test::Step(_))).count();
    assert!(of_states >= 4 && compose::FACTS.len() - of_states >= 8);
}

/// Every machine of composed nodes, whatever the others say.
#[test]
fn every_machine_of_a_composed_node_keeps_the_facts() {
    for scope in [whole::Scope::Policy, whole::Scope::Database] {
        let report = whole::check(scope, RuleSet::NONE).unwrap();
        proved(&report);
        assert!(report.states > 1_000 && report.steps > 100_000, "{report:?}");
    }
}

/// Every reachable state of composed clusters.
#[test]
fn every_state_of_a_composed_cluster_keeps_the_facts() {
    for cluster in [explore::Cluster::Witness, explore::Cluster::Changing] {
        let report = explore::check(cluster, RuleSet::NONE).unwrap();
        proved(&report);
        assert!(report.states > 10_000 && report.steps > 30_000, "{report:?}");
    }
}
