//! Proofs by induction: the real rules are inductive, a missing rule is not, and a control is.

use quorate::rule::{Rule, RuleSet};
use quorate_models::induct::elect::{self, Scope};
use quorate_models::induct::sample::Effort;
use quorate_models::induct::{Report, ScopeError, lease, stated};
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

#[test]
fn a_scope_that_is_too_large_is_refused_with_an_estimate() {
    let error = elect::prove(Scope { nodes: 7, epochs: 7, prevote: false, witness: false }, RuleSet::NONE)
        .unwrap_err();
    assert!(matches!(error, ScopeError::TooLarge { .. }), "{error}");
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

#[test]
#[ignore = "a minute on one core"]
fn without_a_rule_about_several_machines_lease_exclusion_is_not_inductive() {
    let kills = [
        (Rule::LeaseFromSend, LEASE, "answers-counted-were-given"),
        (Rule::WaitForLeases, LEASE, "waits-cover-answers"),
        (Rule::OwnGrantCounts, LEASE, "waits-cover-answers"),
        (Rule::WaitFromReceipt, LEASE, "waits-cover-answers"),
        (Rule::OldBeatsAreRefused, LEASE, "reports-cover-answers"),
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

#[test]
fn probe_witness() {
    let scope = Scope {
        nodes: 3,
        epochs: std::env::var("E").map_or(1, |e| e.parse().unwrap()),
        prevote: false,
        witness: true,
    };
    println!("{:?}", elect::prove(scope, RuleSet::NONE));
    println!("{:?}", elect::sample(scope, RuleSet::NONE, Effort::SECONDS));
}
