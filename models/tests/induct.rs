//! Proofs by induction: the real rules are inductive, a missing rule is not, and a control is.

use quorate::rule::{Rule, RuleSet};
use quorate_models::induct::closure::Closure;
use quorate_models::induct::elect::{self, Election, Scope};
use quorate_models::induct::product::{self, Clauses};
use quorate_models::induct::sample::Effort;
use quorate_models::induct::{Clause, Report, ScopeError, config, lease, stated};
use std::collections::BTreeSet;

const SMALL: Scope = Scope { nodes: 3, epochs: 2, prevote: false, witness: false };
const ASKING: Scope = Scope { prevote: true, ..SMALL };

fn without(rule: Rule, scope: Scope) -> Report {
    elect::prove(scope, RuleSet::NONE.with(rule)).unwrap()
}

#[test]
fn the_election_is_inductive() {
    let report = elect::prove(SMALL, RuleSet::NONE).unwrap();
    assert!(report.is_proved(), "{}", report.counterexample.unwrap());
    // Fewer mean that not every state was taken.
    assert!(report.states >= 7_000 && report.steps >= 120_000, "{report:?}");
}

#[test]
fn the_election_with_pre_votes_is_inductive() {
    let report = elect::prove(ASKING, RuleSet::NONE).unwrap();
    assert!(report.is_proved(), "{}", report.counterexample.unwrap());
}

/// Two nodes keep a log that both must flush, the third is a witness: whose vote counts and whose flush counts differ.
#[test]
fn the_election_beside_a_witness_is_inductive() {
    let report = elect::prove(Scope { witness: true, ..SMALL }, RuleSet::NONE).unwrap();
    assert!(report.is_proved(), "{}", report.counterexample.unwrap());
    // Nodes are not alike here, so none of these stands for another; the witness never stands itself.
    assert!(report.states >= 6_000 && report.steps >= 110_000, "{report:?}");
}

/// Four nodes: of three, a candidate has won with the first vote besides its own, and nothing arrives twice before.
const FOUR: Scope = Scope { nodes: 4, epochs: 1, prevote: false, witness: false };

/// Each rule of the election, where its absence shows, and the clause that breaks.
const KILLS: &[(Rule, Scope, &str)] = &[
    (Rule::OneVotePerEpoch, SMALL, "held-votes-were-cast"),
    (Rule::VotesFromQuorum, SMALL, "who-led-had-a-quorum"),
    (Rule::VoteIsRecorded, SMALL, "disk-follows-memory"),
    (Rule::EpochIsRecorded, SMALL, "disk-follows-memory"),
    (Rule::VoteAfterDurable, SMALL, "gates-hold"),
    (Rule::OwnVoteAfterDurable, SMALL, "gates-hold"),
    (Rule::CampaignRaisesEpoch, SMALL, "held-votes-were-cast"),
    (Rule::OldVotesDoNotCount, SMALL, "counted-votes-are-durable"),
    (Rule::VotersCountOnce, FOUR, "who-led-had-a-quorum"),
    (Rule::AdoptingStepsDown, SMALL, "local-invariants"),
    (Rule::BeatKeepsVote, SMALL, "disk-follows-memory"),
    (Rule::RoleIsVolatile, SMALL, "who-led-had-a-quorum"),
    (Rule::OnlyVotesCount, ASKING, "counted-votes-are-durable"),
];

#[test]
fn without_a_rule_the_election_is_not_inductive() {
    for (rule, scope, clause) in KILLS {
        let report = without(*rule, *scope);
        let cti = report.counterexample.unwrap_or_else(|| panic!("nothing breaks without {rule}"));
        assert_eq!(cti.breach.clause, *clause, "{rule}:\n{cti}");
        assert!(!cti.before.is_empty() && cti.before != cti.after, "{rule}:\n{cti}");
    }
}

#[test]
fn voters_counted_twice_do_no_harm_among_three() {
    assert!(without(Rule::VotersCountOnce, SMALL).is_proved());
}

#[test]
fn a_control_changes_nothing() {
    for (rule, scope) in [(Rule::PrevoteFirst, ASKING), (Rule::TornVoteIsHarmless, SMALL)] {
        let report = without(rule, scope);
        assert!(report.is_proved(), "{rule}:\n{}", report.counterexample.unwrap());
    }
}

/// A clause that every step keeps, but that a new cluster does not satisfy, proves nothing.
#[test]
fn a_clause_that_is_false_at_the_beginning_is_noticed() {
    let election = Election::new(SMALL, RuleSet::NONE).unwrap();
    let closure = Closure::of(&election, 250_000).unwrap();
    // Nobody takes a durable vote back, so no step makes this false.
    let voted = Clause {
        name: "n0-voted",
        doc: "n0 has voted in e1.",
        source: "false",
        holds: |beside: &product::Beside<Election>| {
            let voted = beside.all[0][0] != 0;
            if voted { Ok(()) } else { Err("n0 has not voted".into()) }
        },
    };
    let (_, cti) = product::induct(&election, &closure, Clauses::of(&election).and(voted));
    let cti = cti.expect("the clause is false at the beginning");
    assert_eq!(cti.breach.clause, "n0-voted", "{cti}");
    assert!(cti.before.is_empty() && cti.choice == "a new cluster", "{cti}");
    let (tally, cti) = product::induct(&election, &closure, Clauses::of(&election));
    assert!(cti.is_none() && tally.states >= 7_000, "{tally:?}");
}

/// Safety is about two nodes, so nothing would be proved of one.
#[test]
fn a_scope_of_one_node_is_refused() {
    let election = Scope { nodes: 1, ..SMALL };
    let leases = lease::Scope { nodes: 1, ..LEASE };
    for error in [
        elect::prove(election, RuleSet::NONE).unwrap_err(),
        elect::sample(election, RuleSet::NONE, Effort::SECONDS).unwrap_err(),
        lease::prove(leases, RuleSet::NONE).unwrap_err(),
        lease::sample(leases, RuleSet::NONE, Effort::SECONDS).unwrap_err(),
    ] {
        assert!(matches!(error, ScopeError::Range { field: "nodes", value: 1, min: 2, .. }), "{error}");
    }
}

/// Primaries beat while the configuration changes.
#[test]
fn without_a_rule_about_beats_a_change_is_not_inductive() {
    let report = config::prove(CHANGE, RuleSet::NONE.with(Rule::BeatKeepsVote)).unwrap();
    assert!(report.counterexample.is_some(), "{report:?}");
}

/// Leases of the last epoch bind nobody: of one epoch, nothing would be asked.
#[test]
fn leases_of_one_epoch_are_refused() {
    let scope = lease::Scope { epochs: 1, ..LEASE };
    for error in [
        lease::prove(scope, RuleSet::NONE).unwrap_err(),
        lease::sample(scope, RuleSet::NONE, Effort::SECONDS).unwrap_err(),
    ] {
        assert_eq!(error.to_string().split(';').next(), Some("epochs: 1 is out of range"));
    }
}

/// Configurations of the last epoch elect nobody: of one epoch, nothing would be asked.
#[test]
fn changes_of_one_epoch_are_refused() {
    let scope = config::Scope { epochs: 1, ..CHANGE };
    for error in [
        config::prove(scope, RuleSet::NONE).unwrap_err(),
        config::sample(scope, RuleSet::NONE, Effort::SECONDS).unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "epochs: 1 is out of range; give 2 to 7");
    }
}

#[test]
fn a_scope_that_is_too_large_is_refused_with_an_estimate() {
    let error = elect::prove(Scope { nodes: 7, epochs: 7, prevote: false, witness: false }, RuleSet::NONE)
        .unwrap_err();
    assert!(matches!(error, ScopeError::TooLarge { estimate: u64::MAX, .. }), "{error}");
    assert!(error.to_string().contains("7 epochs: more than 18,"), "{error}");
    let error = elect::prove(Scope { nodes: 3, epochs: 0, prevote: false, witness: false }, RuleSet::NONE)
        .unwrap_err();
    assert_eq!(error.to_string(), "epochs: 0 is out of range; give 1 to 7");
}

// ---- samples -------------------------------------------------------------------------------------------

const FIVE: Scope = Scope { nodes: 5, epochs: 3, prevote: false, witness: false };

#[test]
fn random_states_of_larger_elections_stay_inside_the_invariant() {
    for scope in [FIVE, Scope { nodes: 7, epochs: 5, prevote: false, witness: false }] {
        let report = elect::sample(scope, RuleSet::NONE, Effort::SECONDS).unwrap();
        assert!(report.counterexample.is_none(), "{}", report.counterexample.unwrap());
        assert!(report.states == Effort::SECONDS.states && report.steps > 1_000_000, "{report:?}");
        // A sample proves nothing, and says so.
        assert!(!report.is_proved());
    }
}

#[test]
fn a_sample_notices_the_same_missing_rules() {
    for (rule, scope, _) in KILLS {
        let scope = Scope { prevote: scope.prevote, ..FIVE };
        let report = elect::sample(scope, RuleSet::NONE.with(*rule), Effort::SECONDS).unwrap();
        assert!(report.counterexample.is_some(), "nothing breaks without {rule}");
    }
}

#[test]
fn a_sample_does_not_notice_a_control() {
    let fewer = Effort { states: 2_000, ..Effort::SECONDS };
    for (rule, prevote) in [(Rule::PrevoteFirst, true), (Rule::TornVoteIsHarmless, false)] {
        let report = elect::sample(Scope { prevote, ..FIVE }, RuleSet::NONE.with(rule), fewer).unwrap();
        assert!(report.counterexample.is_none(), "{rule}:\n{}", report.counterexample.unwrap());
    }
}

// ---- leases --------------------------------------------------------------------------------------------

const LEASE: lease::Scope = lease::Scope { nodes: 3, epochs: 2, hold: 1, grant: 2, rates: [1, 2] };

#[test]
#[ignore = "ten seconds on one core; `quorate induct lease`"]
fn lease_exclusion_is_inductive() {
    let report = lease::prove(LEASE, RuleSet::NONE).unwrap();
    assert!(report.is_proved(), "{}", report.counterexample.unwrap());
    assert!(report.states >= 17_000 && report.steps >= 580_000, "{report:?}");
}

const CHANGE: config::Scope =
    config::Scope { nodes: 3, epochs: 2, kind: config::Kind::Swap, back: false, pipelined: false };

/// Rules of the lease whose absence one machine shows by itself.
const LEASE_KILLS: &[(Rule, lease::Scope, &str)] = &[
    (Rule::DriftMargin, lease::Scope { hold: 2, ..LEASE }, "grants-cover-answers"),
    (Rule::LeaseFromQuorum, LEASE, "leases-are-made-of-answers"),
    (Rule::HoldIsStrict, LEASE, "leases-are-made-of-answers"),
    (Rule::GrantSurvivesRestart, LEASE, "grants-cover-answers"),
    (Rule::ReportKeepsObligation, LEASE, "grants-cover-answers"),
    (Rule::AdoptingStepsDown, LEASE, "local-invariants"),
];

#[test]
fn without_a_rule_lease_exclusion_is_not_inductive() {
    for (rule, scope, clause) in LEASE_KILLS {
        let report = lease::prove(*scope, RuleSet::NONE.with(*rule)).unwrap();
        let cti = report.counterexample.unwrap_or_else(|| panic!("nothing breaks without {rule}"));
        assert_eq!(cti.breach.clause, *clause, "{rule}:\n{cti}");
    }
}

/// A lease of which more and less may be left, on clocks that are alike.
const LONGER: lease::Scope = lease::Scope { hold: 2, grant: 2, rates: [1, 1], ..LEASE };

/// What `quorate rules --kill-matrix` asks for.
#[test]
fn the_hunt_notices_what_a_short_lease_hides() {
    for (rule, clause) in [
        (Rule::DriftMargin, "grants-cover-answers"),
        (Rule::GrantSurvivesRestart, "grants-cover-answers"),
        (Rule::HoldIsStrict, "leases-are-made-of-answers"),
    ] {
        let cti = lease::hunt(RuleSet::NONE.with(rule)).unwrap();
        let cti = cti.unwrap_or_else(|| panic!("nothing breaks without {rule}"));
        assert_eq!(cti.breach.clause, clause, "{rule}:\n{cti}");
    }
}

/// Why two rules are left out of the hunt: in its scopes they are not needed.
#[test]
#[ignore = "a minute on one core"]
fn rules_left_out_of_the_hunt_change_nothing() {
    for rule in [Rule::GrantsOnlyGrow, Rule::ClockDoubtEndsLease] {
        assert!(lease::LEFT_OUT.contains(&rule));
        let report = lease::prove(LEASE, RuleSet::NONE.with(rule)).unwrap();
        assert!(report.is_proved(), "{rule}:\n{}", report.counterexample.unwrap());
    }
}

#[test]
#[ignore = "a minute on one core"]
fn without_a_rule_about_several_machines_lease_exclusion_is_not_inductive() {
    let kills = [
        (Rule::LeaseFromSend, LEASE, "answers-counted-were-given"),
        (Rule::WaitForLeases, LEASE, "waits-cover-answers"),
        (Rule::OwnGrantCounts, LEASE, "waits-cover-answers"),
        (Rule::WaitFromReceipt, LEASE, "waits-cover-answers"),
        (Rule::OldBeatsAreRefused, LEASE, "reports-cover-answers"),
        (Rule::LongestObligation, LONGER, "waits-cover-answers"),
    ];
    for (rule, scope, clause) in kills {
        let report = lease::prove(scope, RuleSet::NONE.with(rule)).unwrap();
        let cti = report.counterexample.unwrap_or_else(|| panic!("nothing breaks without {rule}"));
        assert_eq!(cti.breach.clause, clause, "{rule}:\n{cti}");
    }
}

/// The two controls of the lease: a holder that binds itself as well, and reports that shrink while they travel.
#[test]
#[ignore = "half a minute on one core"]
fn a_control_of_the_lease_changes_nothing() {
    let report = lease::prove(LEASE, RuleSet::NONE.with(Rule::HolderNeedNotGrant)).unwrap();
    assert!(report.is_proved(), "{}", report.counterexample.unwrap());
}

// ---- samples of leases ---------------------------------------------------------------------------------

#[test]
fn random_states_of_larger_leases_stay_inside_the_invariant() {
    let effort = Effort { machines: 800, states: 2_000, ..Effort::SECONDS };
    for (nodes, epochs, hold, grant) in [(5, 3, 1, 2), (7, 5, 2, 4)] {
        let scope = lease::Scope { nodes, epochs, hold, grant, ..LEASE };
        let report = lease::sample(scope, RuleSet::NONE, effort).unwrap();
        assert!(report.counterexample.is_none(), "{}", report.counterexample.unwrap());
        assert!(report.states == effort.states && report.steps > 40_000 && !report.is_proved(), "{report:?}");
    }
}

#[test]
fn a_sample_of_leases_notices_missing_rules() {
    for rule in [
        Rule::LeaseFromQuorum,
        Rule::HoldIsStrict,
        Rule::GrantSurvivesRestart,
        Rule::ReportKeepsObligation,
        Rule::LeaseFromSend,
        Rule::WaitForLeases,
        Rule::OwnGrantCounts,
    ] {
        let scope = lease::Scope { nodes: 5, epochs: 3, ..LEASE };
        let report = lease::sample(scope, RuleSet::NONE.with(rule), Effort::SECONDS).unwrap();
        assert!(report.counterexample.is_some(), "nothing breaks without {rule}");
    }
}

/// An obligation covers a lease if and only if no course of time ends it first.
#[test]
fn covering_is_what_it_says() {
    for (slow, fast) in [(1, 1), (1, 2), (2, 3), (1, 3)] {
        let rates = lease::Rates { slow, fast };
        for left in 0..9_u8 {
            for bound in 0..20_u8 {
                let holder = |ticks: u16| ticks * u16::from(slow) < u16::from(left);
                let granter = |ticks: u16| ticks * u16::from(fast) < u16::from(bound);
                let every_course = (0..40).all(|ticks| !holder(ticks) || granter(ticks));
                assert_eq!(rates.covers(left, bound), every_course, "{rates:?} {left} {bound}");
            }
        }
    }
}

#[test]
fn every_clause_says_what_it_says_and_whence() {
    for (machine, clauses) in stated() {
        let names: BTreeSet<_> = clauses.iter().map(|clause| clause.name).collect();
        assert_eq!(names.len(), clauses.len(), "{machine}");
        for clause in clauses {
            assert!(clause.doc.ends_with(['.', ')']) && !clause.source.is_empty(), "{clause:?}");
        }
    }
}
