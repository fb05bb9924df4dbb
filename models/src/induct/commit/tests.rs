//! The induction itself, that it would notice, and that what it leaves out may be left out.

use super::ghost::{CLAUSES, Ghost, Office, Whole};
use super::judge::Move;
use super::moves::{abstract_commit_step, broken_by, moves};
use super::prefix::Prefix;
use super::scope::Quorums;
use super::*;
use crate::induct::Clause;
use quorate::rule::Rule;
use std::sync::Arc;

const NONE: RuleSet = RuleSet::NONE;

fn scope(family: Family, epochs: u8, writes: u8) -> Scope {
    Scope { nodes: 3, epochs, writes, family }
}

fn quorums(scope: Scope) -> Arc<Quorums> {
    Arc::new(Quorums::of(&scope.world(NONE).unwrap()).unwrap())
}

fn proved(scope: Scope, states: u64) {
    let report = induct(scope, NONE).unwrap();
    if let Some(cti) = &report.counterexample {
        panic!("{scope}\n{cti}");
    }
    assert!(report.is_proved(), "{report:?}");
    assert_eq!(report.states, states, "{report:?}");
}

#[test]
fn commit_is_inductive_at_three_epochs_and_two_writes() {
    proved(Scope::majority(3, 2), 7_095_424);
}

#[test]
fn commit_is_inductive_with_any_one_ack_and_beside_a_witness() {
    proved(scope(Family::AnyOne, 2, 2), 9_228);
    proved(scope(Family::Witness, 3, 2), 630_184);
}

#[test]
fn commit_is_inductive_for_four_and_five_nodes() {
    for (nodes, family, states) in [
        (4, Family::Majority, 23_602),
        (4, Family::Witness, 14_640),
        (5, Family::Majority, 80_673),
        (5, Family::Witness, 81_141),
    ] {
        proved(Scope { nodes, epochs: 2, writes: 1, family }, states);
    }
}

/// `cargo test -p quorate-models --lib commit_is_inductive_in_long_scopes -- --ignored --nocapture`
#[test]
#[ignore = "takes several minutes and 1 GiB"]
fn commit_is_inductive_in_long_scopes() {
    let five = Scope { nodes: 5, ..Scope::majority(2, 2) };
    for scope in [scope(Family::AnyOne, 3, 2), five, Scope::majority(4, 1), Scope::majority(3, 3)] {
        let begun = std::time::Instant::now();
        let report = induct(scope, NONE).unwrap();
        println!("{:?} {report:?}", begun.elapsed());
        assert!(report.is_proved(), "{}", report.counterexample.unwrap());
    }
}

/// The rules that only this induction, or not the election's, can see, and the clause that breaks without each.
const KILLS: &[(Rule, &str)] = &[
    (Rule::RecoverySetReached, "abstract-commit-step"),
    (Rule::PromiseAfterDurable, "promises-are-durable"),
    (Rule::OldAppendsAreRefused, "accepted-is-kept"),
    (Rule::BestPositionWins, "disks-follow-one-log"),
    (Rule::PositionByAcceptedEpoch, "disks-follow-one-log"),
    (Rule::OldAnswersDoNotCount, "promises-are-snapshots"),
    (Rule::AcceptedFromStart, "local-invariants"),
    (Rule::DivergenceIsCut, "logs-are-of-their-writers"),
    (Rule::AppendsNeverShorten, "accepted-is-kept"),
    (Rule::AckAfterFlush, "acks-are-durable"),
    (Rule::OwnFlushCounts, "counted-acks-are-accepted"),
    (Rule::OldAcksDoNotCount, "counted-acks-are-accepted"),
    (Rule::CommitFromStart, "commits-by-an-ack-set"),
    (Rule::ServeAfterEstablished, "local-invariants"),
    (Rule::ExposeOnlyCommitted, "commits-by-an-ack-set"),
    (Rule::DegradeIsPublished, "who-serves-is-established"),
    (Rule::RoleIsVolatile, "offices-are-volatile"),
    (Rule::VoteAfterDurable, "promises-are-durable"),
    (Rule::OwnVoteAfterDurable, "promises-are-snapshots"),
    (Rule::AdoptingStepsDown, "local-invariants"),
];

#[test]
fn without_a_rule_a_clause_breaks() {
    let names: Vec<&str> = stated().iter().map(|clause| clause.name).collect();
    for (rule, clause) in KILLS {
        let (scope, cti) = hunt(NONE.with(*rule)).unwrap().unwrap_or_else(|| panic!("{rule} is not missed"));
        assert_eq!(cti.breach.clause, *clause, "{rule}, {scope}\n{cti}");
        assert!(names.contains(clause) && !cti.before.is_empty() && cti.before != cti.after, "{cti}");
    }
}

#[test]
fn samples_of_five_nodes_miss_the_same_rules() {
    let scope = Scope { nodes: 5, epochs: 4, writes: 3, family: Family::Majority };
    for (rule, _) in KILLS {
        let report = sampled(scope, NONE.with(*rule), 1, 200_000).unwrap();
        assert!(report.counterexample.is_some(), "{rule}: {report:?}");
    }
}

/// Raft's own rule instead of the mark is a different correct protocol: induction flags it, because it serves without
/// the mark that the clauses speak of. Search decides: it is a control there, and survives.
#[test]
fn a_control_survives_or_is_decided_by_search() {
    assert_eq!(hunt(NONE.with(Rule::AckWholeLog)).unwrap(), None);
    let (_, cti) = hunt(NONE.with(Rule::CommitByMark)).unwrap().unwrap();
    assert_eq!(cti.breach.clause, "who-serves-is-established", "{cti}");
    assert!(crate::kills::CONTROLS.iter().any(|control| control.rule == Rule::CommitByMark));
}

#[test]
fn samples_of_five_to_seven_nodes_find_nothing() {
    for (nodes, family) in
        [(5, Family::Majority), (6, Family::Witness), (7, Family::Majority), (5, Family::AnyOne)]
    {
        let scope = Scope { nodes, epochs: 5, writes: 4, family };
        let report = sampled(scope, NONE, 7, 5_000).unwrap();
        assert!(report.counterexample.is_none(), "{scope}\n{}", report.counterexample.unwrap());
        assert!(report.states > 4_000 && report.steps > 40_000 && !report.is_proved(), "{report:?}");
    }
}

#[test]
fn gates_hold_with_records_of_many_steps_in_flight() {
    let scope = Scope::majority(4, 3);
    let report = pipelined(scope, NONE, 3, 4_000).unwrap();
    assert!(report.counterexample.is_none(), "{}", report.counterexample.unwrap());
    assert!(report.steps > 100_000, "{report:?}");
    for rule in
        [Rule::AckAfterFlush, Rule::PromiseAfterDurable, Rule::VoteAfterDurable, Rule::OwnVoteAfterDurable]
    {
        let report = pipelined(scope, NONE.with(rule), 3, 4_000).unwrap();
        assert!(report.counterexample.is_some(), "{rule}: {report:?}");
    }
}

/// What the exhaustive run tries only where it can break something – every move – is tried everywhere, on every clause.
fn every_move_keeps_every_clause(scope: Scope) {
    let quorums = quorums(scope);
    let mut whole = Whole { quorums: Arc::clone(&quorums), epochs: scope.epochs, ghost: Ghost::FIRST };
    let mut tried = 0;
    let all = states::each(scope, &quorums, &mut |ghost, _| {
        whole.ghost = *ghost;
        assert_eq!(Clause::first_broken(CLAUSES, &whole), None, "{ghost:?}");
        for node in quorums.each() {
            for step in moves(&quorums, scope.epochs, ghost, node, scope.writes) {
                tried += 1;
                let broken = broken_by(&whole, node, &step);
                assert!(broken.is_none(), "{step:?} of n{node} in {ghost:?}: {broken:?}");
                assert_eq!(
                    abstract_commit_step(&whole, node, &step),
                    Ok(()),
                    "{step:?} of n{node} in {ghost:?}"
                );
            }
        }
        true
    });
    assert!(all && tried > 10_000, "{tried}");
}

#[test]
fn moves_keep_every_clause() {
    every_move_keeps_every_clause(Scope::majority(2, 2));
    every_move_keeps_every_clause(scope(Family::Witness, 2, 2));
    every_move_keeps_every_clause(scope(Family::AnyOne, 2, 2));
}

/// `cargo test -p quorate-models --lib moves_keep_every_clause_at_three_epochs -- --ignored`
#[test]
#[ignore = "takes a minute"]
fn moves_keep_every_clause_at_three_epochs() {
    every_move_keeps_every_clause(Scope::majority(3, 1));
    every_move_keeps_every_clause(scope(Family::Witness, 3, 2));
}

/// The histories put together epoch by epoch are those that satisfy the clauses, of all that can be written down.
#[test]
fn no_history_is_left_out() {
    for scope in [
        Scope::majority(1, 2),
        Scope::majority(2, 0),
        scope(Family::Witness, 2, 0),
        scope(Family::AnyOne, 1, 1),
    ] {
        let quorums = quorums(scope);
        let mut taken = 0;
        states::each(scope, &quorums, &mut |_, renamings| {
            taken += renamings;
            true
        });
        assert_eq!(taken, written_down(scope, &quorums), "{scope}");
    }
}

fn written_down(scope: Scope, quorums: &Arc<Quorums>) -> u64 {
    let mut logs = vec![Prefix::EMPTY];
    for epoch in 1..=scope.epochs {
        for log in logs.clone() {
            logs.extend((log.len()..=scope.writes).scan(log.begin(epoch), |log, _| {
                let now = *log;
                *log = log.grown();
                Some(now)
            }));
        }
    }
    logs.sort_unstable();
    logs.dedup();
    let mut offices = vec![Office::default()];
    for owner in 0..scope.nodes {
        offices.push(Office { owner: Some(owner), ..Office::default() });
        let begun = logs.iter().flat_map(|log| (0..=log.len()).map(move |start| (start, *log)));
        offices.extend(begun.map(|(start, log)| Office { owner: Some(owner), start: Some(start), log }));
    }
    let mut whole = Whole { quorums: Arc::clone(quorums), epochs: scope.epochs, ghost: Ghost::FIRST };
    let mut count = 0;
    fill_offices(&mut whole, 1, &offices, &logs, &mut count);
    count
}

fn fill_offices(whole: &mut Whole, epoch: u8, offices: &[Office], logs: &[Prefix], count: &mut u64) {
    if epoch > whole.epochs {
        return fill_nodes(whole, 0, logs, count);
    }
    for office in offices {
        whole.ghost.offices[usize::from(epoch)] = *office;
        fill_offices(whole, epoch + 1, offices, logs, count);
    }
}

fn fill_nodes(whole: &mut Whole, node: usize, logs: &[Prefix], count: &mut u64) {
    if node == whole.quorums.nodes {
        let eligible = |owner: u8| whole.quorums.candidates >> owner & 1 == 1;
        let busy = whole.all_epochs().all(|epoch| {
            let Office { owner, start, .. } = *whole.ghost.office(epoch);
            let works = |owner: u8| {
                let node = usize::from(owner);
                let moved = || whole.ghost.left[node][usize::from(epoch)] != whole.ghost.promise(node, epoch);
                start.is_some() || whole.ghost.has_promised(node, epoch) && moved()
            };
            owner.is_none_or(|owner| eligible(owner) && works(owner))
        });
        *count += u64::from(busy && Clause::first_broken(CLAUSES, whole).is_none());
        return;
    }
    for promised in 0..=whole.epochs {
        whole.ghost.promised[node] = promised;
        fill_left(whole, node, 1, logs, count);
    }
}

fn fill_left(whole: &mut Whole, node: usize, epoch: u8, logs: &[Prefix], count: &mut u64) {
    let data = whole.quorums.data >> node & 1 == 1;
    if epoch > whole.ghost.promised[node] || !data {
        return fill_nodes(whole, node + 1, logs, count);
    }
    for log in logs {
        whole.ghost.left[node][usize::from(epoch)] = *log;
        // The clause about this node alone, early: the rest is asked for when all is written down.
        if whole.ghost.reaches(&whole.quorums, node, epoch, *log) || node + 1 < whole.quorums.nodes {
            fill_left(whole, node, epoch + 1, logs, count);
        }
    }
    whole.ghost.left[node][usize::from(epoch)] = Prefix::EMPTY;
}

/// A set that recovers meets every set that acknowledges: what lets a log of an old epoch grow without harm.
#[test]
fn recovery_sets_leave_no_ack_set() {
    for family in Family::ALL {
        for nodes in 3..=7 {
            let quorums = quorums(Scope { nodes, ..scope(family, 1, 0) });
            let all = (1_u16 << nodes) - 1;
            for set in 0..=all as u8 & all as u8 {
                assert!(
                    !quorums.recovers(set) || !quorums.acknowledges(all as u8 & !set),
                    "{family:?} {nodes} {set:b}"
                );
            }
        }
    }
}

#[test]
fn a_scope_that_is_too_large_is_refused_with_an_estimate() {
    let error = induct(Scope::majority(5, 4), NONE).unwrap_err();
    assert!(matches!(error, ScopeError::TooLarge { estimate, .. } if estimate > LIMIT), "{error}");
    let error = induct(Scope::majority(9, 1), NONE).unwrap_err();
    assert!(error.to_string().starts_with("epochs: 9 is out of range"), "{error}");
    let error = sampled(Scope { nodes: 2, ..Scope::majority(2, 1) }, NONE, 0, 1).unwrap_err();
    assert!(error.to_string().starts_with("nodes: 2 is out of range"), "{error}");
    let estimate = random::estimate(Scope::majority(3, 1), &quorums(Scope::majority(3, 1)));
    assert!((221_000..1_800_000).contains(&estimate), "442,723 histories are estimated as {estimate}");
}

#[test]
fn a_move_out_of_the_relation_is_named() {
    let scope = Scope::majority(2, 1);
    let whole = Whole { quorums: quorums(scope), epochs: 2, ghost: Ghost::FIRST };
    let begun = Move::Begin { on: Prefix::EMPTY, log: Prefix::EMPTY.begin(1), by: vec![(0, Prefix::EMPTY)] };
    let entered = Whole { ghost: whole.ghost.after(0, &Move::Enter(1)), ..whole.clone() };
    assert_eq!(abstract_commit_step(&whole, 0, &Move::Enter(0)), Err("leave"));
    assert_eq!(abstract_commit_step(&entered, 0, &begun), Err("begin: a recovery set reported"));
    assert_eq!(abstract_commit_step(&entered, 0, &Move::Copy(Prefix::EMPTY.begin(1))), Err("write"));
    assert_eq!(abstract_commit_step(&entered, 0, &Move::Grow), Err("append"));
    // Nobody else has promised: that is no recovery set, from which a log could be taken over.
    assert_eq!(abstract_commit_step(&entered, 0, &Move::TakeOver(Prefix::EMPTY)), Err("take-over"));
    let promised = Whole { ghost: entered.ghost.after(1, &Move::Enter(1)), ..entered };
    assert_eq!(abstract_commit_step(&promised, 0, &Move::TakeOver(Prefix::EMPTY)), Ok(()));
}

/// After a donor was lost half-way, a primary whose own report is the best of the rest begins with what it has, which
/// may be less than it reported: with four epochs even less than another one promised.
#[test]
fn a_primary_whose_donor_was_lost_begins_with_what_it_has() {
    let log = |epochs: &[u8]| epochs.iter().fold(Prefix::EMPTY, |log, epoch| log.begin(*epoch));
    let (first, second) = (log(&[1]), log(&[2]));
    let third = first.grown().begin(3);
    let mut ghost = Ghost { promised: [4, 4, 4, 0, 0, 0, 0], ..Ghost::FIRST };
    ghost.offices[1] = Office { owner: Some(1), start: Some(0), log: first.grown() };
    ghost.offices[2] = Office { owner: Some(1), start: Some(0), log: second };
    ghost.offices[3] = Office { owner: Some(1), start: Some(1), log: third };
    ghost.offices[4] = Office { owner: Some(0), ..Office::default() };
    ghost.left[0][1..5].copy_from_slice(&[Prefix::EMPTY, second, second, first]);
    ghost.left[1][1..5].copy_from_slice(&[Prefix::EMPTY, Prefix::EMPTY, first, first]);
    ghost.left[2][1..5].copy_from_slice(&[first.grown(), first.grown(), third, third]);
    let mut whole = Whole { quorums: quorums(Scope::majority(4, 1)), epochs: 4, ghost };
    assert_eq!(Clause::first_broken(CLAUSES, &whole), None);
    let step = |by: &[(u8, Prefix)]| Move::Begin { on: first, log: first.begin(4), by: by.to_vec() };
    let own_is_best = step(&[(0, second), (1, first)]);
    assert_eq!(abstract_commit_step(&whole, 0, &own_is_best), Ok(()));
    assert_eq!(broken_by(&whole, 0, &own_is_best), None);
    // Another report that is better, or a log that is not what it has, is none of the relation.
    let another = step(&[(0, second), (2, third)]);
    assert_eq!(abstract_commit_step(&whole, 0, &another), Err("begin: best position"));
    whole.ghost.left[0][4] = second;
    assert_eq!(abstract_commit_step(&whole, 0, &own_is_best), Err("begin: best position"));
}
