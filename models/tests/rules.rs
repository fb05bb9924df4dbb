//! `RULES.md` says what the tables say, and what came of the pairs; and the matrix judges as it should.

use quorate::rule::{Kind, Machine, Rule, RuleSet};
use quorate_models::catalog::starts;
use quorate_models::kills::checks::{CHECKS, Check, Limits, Verdict};
use quorate_models::kills::matrix::{Cell, Fate, Row, first_line, pairs, run, singles};
use quorate_models::kills::page::{PAIRS, head, page};
use quorate_models::run::Replay;
use quorate_models::world::World;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

const PAGE: &str = include_str!("../../RULES.md");
const WRITE: &str = "write it again: cargo run --release -- rules --kill-matrix --pairs --write RULES.md";

#[test]
fn the_page_says_of_single_rules_what_the_tables_say() {
    let (single, _) = PAGE.split_once(PAIRS).expect("the page has a part about pairs");
    assert!(single == head(), "RULES.md is not that of the tables; {WRITE}");
}

#[test]
fn the_page_has_every_pair_and_no_pair_goes_unnoticed() {
    let (_, together) = PAGE.split_once(PAIRS).expect("the page has a part about pairs");
    let all = pairs().len();
    assert!(together.contains(&format!("Of {all} pairs")), "RULES.md lacks pairs; {WRITE}");
    let cells = together.lines().filter(|line| line.starts_with([' ', '1', '2', '3']));
    let shown: usize = cells.map(|line| line.split_whitespace().skip(2).count()).sum();
    // The last line of each triangle has the numbers of its columns.
    let rules = |machine: &Machine| Rule::ALL.iter().filter(|rule| rule.machine() == *machine).count();
    let columns: usize = Machine::ALL.iter().map(|machine| (rules(machine) - 1).saturating_sub(2)).sum();
    assert_eq!(shown, all + columns, "RULES.md lacks pairs; {WRITE}");
    assert!(!together.contains(" !") && !together.contains('?'), "a pair goes unnoticed");
}

/// Everything again: minutes.
#[test]
#[ignore = "explores every pair: minutes, on two threads"]
fn the_page_is_that_of_the_whole_matrix() {
    let rows = run(&pairs(), &Limits::default(), 2, &AtomicBool::new(false), &|_| {});
    assert!(page(&rows) == PAGE, "RULES.md is not that of the matrix; {WRITE}");
}

#[test]
fn pairs_are_of_one_machine_and_each_is_there_once() {
    let all = pairs();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    for pair in &all {
        let rules: Vec<Rule> = pair.iter().collect();
        assert!(rules.len() == 2 && rules[0].machine() == rules[1].machine(), "{pair:?}");
    }
    let of = |machine: &Machine| Rule::ALL.iter().filter(|rule| rule.machine() == *machine).count();
    assert_eq!(all.len(), Machine::ALL.iter().map(of).map(|n| n * (n - 1) / 2).sum::<usize>());
    assert_eq!(singles().len(), Rule::ALL.len());
}

// ---- what a row comes to -----------------------------------------------------------------------------------

fn row(rules: &[Rule], verdicts: &[Verdict]) -> Row {
    let cell = |verdict: &Verdict| Cell { check: "search", verdict: verdict.clone(), time: Duration::ZERO };
    Row { off: rules.iter().copied().collect(), cells: verdicts.iter().map(cell).collect() }
}

#[test]
fn a_rule_must_be_noticed_and_a_control_must_not() {
    let killed = Verdict::Killed { by: "one-primary-per-epoch".into(), steps: Some(3) };
    let cut = Verdict::Cut("interrupted".into());
    let (rule, control) = (Rule::OneVotePerEpoch, Rule::TornVoteIsHarmless);
    assert_eq!(control.kind(), Kind::Control);
    let expected = [
        (row(&[rule], std::slice::from_ref(&killed)), Fate::Expected),
        (row(&[rule], &[Verdict::Survived, killed.clone()]), Fate::Expected),
        (row(&[rule], &[Verdict::Survived]), Fate::Missed),
        (row(&[rule], &[]), Fate::Missed),
        (row(&[rule], &[Verdict::Survived, cut.clone()]), Fate::Cut),
        (row(&[rule, control], &[Verdict::Survived]), Fate::Missed),
        (row(&[control], &[Verdict::Survived]), Fate::Expected),
        (row(&[control], std::slice::from_ref(&killed)), Fate::Reported),
        (row(&[control], &[Verdict::Survived, cut]), Fate::Cut),
        (row(&[control], &[]), Fate::Missed),
    ];
    for (row, fate) in expected {
        assert_eq!(row.fate(), fate, "{row:?}");
    }
    // A second line is not missed alone, but it is together with the first.
    let second = Rule::QuorateBeatsOnly;
    let (first, _) = first_line(second).unwrap();
    assert_eq!(row(&[second], &[]).fate(), Fate::Expected);
    assert_eq!(row(&[second, first], &[]).fate(), Fate::Missed);
}

#[test]
fn a_check_that_finds_nothing_leaves_its_rule_missed() {
    const BLIND: &[Check] = &[Check { name: "blind", about: "looks nowhere", run: |_, _| Verdict::Survived }];
    let off = RuleSet::NONE.with(Rule::OneVotePerEpoch);
    assert_eq!(Row::by(BLIND, off, &Limits::default()).fate(), Fate::Missed);
    assert_eq!(Row::of(off, &Limits::default()).fate(), Fate::Expected);
}

#[test]
fn a_search_without_room_is_cut_short_and_no_kill() {
    let off = RuleSet::NONE.with(Rule::VotesFromQuorum);
    let narrow = Limits { states: 1, ..Limits::default() };
    assert_eq!(Row::by(&CHECKS[..1], off, &narrow).fate(), Fate::Cut);
}

// ---- starts ------------------------------------------------------------------------------------------------

#[test]
fn every_start_is_possible_in_its_model_and_breaks_nothing() {
    let names: BTreeSet<&str> = starts::ALL.iter().map(|start| start.name).collect();
    assert_eq!(names.len(), starts::ALL.len());
    for start in starts::ALL {
        let world = World::new(start.model()).unwrap();
        let begun = Replay::along(&world, start.choices).unwrap_or_else(|e| panic!("{}: {e}", start.name));
        assert_eq!(begun.broken, None, "{}", start.name);
        assert!(starts::named(start.name).is_some());
    }
}
