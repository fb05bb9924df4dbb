//! Proofs by induction: the real rules are inductive, a missing rule is not, and a control is.

use quorate::rule::{Rule, RuleSet};
use quorate_models::induct::elect::{self, Scope};
use quorate_models::induct::{Report, ScopeError, lease};

const SMALL: Scope = Scope { nodes: 3, epochs: 2, prevote: false };
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
const FOUR: Scope = Scope { nodes: 4, epochs: 1, prevote: false };

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
    let error = elect::prove(Scope { nodes: 7, epochs: 7, prevote: false }, RuleSet::NONE).unwrap_err();
    assert!(matches!(error, ScopeError::TooLarge { .. }), "{error}");
    let error = elect::prove(Scope { nodes: 3, epochs: 0, prevote: false }, RuleSet::NONE).unwrap_err();
    assert_eq!(error.to_string(), "epochs: 0 is out of range; give 1 to 7");
}

#[test]
fn probe_lease() {
    let var = |name: &str, otherwise: u8| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let scope = lease::Scope {
        nodes: 3,
        epochs: var("E", 2),
        hold: var("H", 1),
        grant: var("G", 2),
        rates: [var("S", 1), var("F", 2)],
    };
    let off =
        std::env::var("OFF").map_or(RuleSet::NONE, |rule| RuleSet::NONE.with(Rule::named(&rule).unwrap()));
    let begun = std::time::Instant::now();
    let report = lease::prove(scope, off).unwrap();
    println!("{report:?} {:?}", begun.elapsed());
    if let Some(cti) = &report.counterexample {
        println!("{cti}");
    }
}
