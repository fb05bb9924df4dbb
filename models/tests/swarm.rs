//! The swarm: random runs of the composed node at three to seven nodes. See [`quorate_models::swarm`].
//!
//! `QUORATE_SWARM_CASES` is the number of runs of each property, 1,000 if it is not set, and `QUORATE_SWARM_SEED` makes
//! them other runs. A failing run is shrunk and written to `swarm-failures/` in the target directory.

mod specs;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use quorate::config::Draft;
use quorate::id::NodeSet;
use quorate::quorum::Quorum;
use quorate::rule::Rule;
use quorate::time::Drift;
use quorate_models::invariant::Invariant;
use quorate_models::run::Run;
use quorate_models::swarm::keep::keep;
use quorate_models::swarm::linear::linearizable;
use quorate_models::swarm::live::Outsiders;
use quorate_models::swarm::{self, Failure, Kind, Spec, Tally};
use quorate_models::world::{Driver, LeaseSpec, majority};
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn asked(variable: &str, usual: u32) -> u32 {
    let asked = std::env::var(variable).ok();
    asked.map_or(usual, |number| {
        number.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {number:?}"))
    })
}

fn cases() -> u32 {
    asked("QUORATE_SWARM_CASES", 1_000)
}

/// A runner whose cases are the same every time.
fn runner(cases: u32, seed: u32) -> TestRunner {
    let seed: Vec<u8> = seed.to_le_bytes().into_iter().cycle().take(32).collect();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// Where failing runs are written.
fn failures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("swarm-failures")
}

fn run(spec: &Spec) -> Result<Tally, Failure> {
    let world = spec.world().unwrap_or_else(|error| panic!("{error}: {spec:?}"));
    swarm::run(&world, spec)
}

/// Runs `cases` random specs; shrinks, writes and draws the first that fails.
fn hold(name: &str, specs: impl Strategy<Value = Spec>, cases: u32) -> Tally {
    let mut runner = runner(cases, asked("QUORATE_SWARM_SEED", 1));
    let total = RefCell::new(Tally::default());
    let begin = Instant::now();
    let outcome = runner.run(&specs, |spec| {
        let tally = run(&spec).map_err(|failure| TestCaseError::fail(failure.broken.to_string()))?;
        *total.borrow_mut() += tally;
        Ok(())
    });
    let millis = begin.elapsed().as_millis().max(1) as u64;
    let seconds = begin.elapsed().as_secs_f64();
    let tally = total.into_inner();
    println!("{name}: {tally}; {seconds:.1} s, {} steps/s", tally.steps() * 1000 / millis);
    match outcome {
        Ok(()) => tally,
        Err(TestError::Fail(_, spec)) => panic!("{name}: {}", told(&spec, name)),
        Err(TestError::Abort(why)) => panic!("{name}: {why}"),
    }
}

/// What there is to say of a failing spec.
fn told(spec: &Spec, name: &str) -> String {
    let Err(failure) = run(spec) else {
        return "a run failed, and not again: it is not deterministic".into();
    };
    match keep(spec, &failure, &failures(), name) {
        Ok(kept) => format!("{}\n{}\nrun file: {}", failure.broken, kept.picture, kept.path.display()),
        Err(error) => format!("{}\n{error}\n{spec:?}", failure.broken),
    }
}

#[test]
fn nothing_breaks_while_everything_fails() {
    let tally = hold("faults", specs::spec(false, 3..=7, 500..4_000), cases());
    let runs = u64::from(cases());
    assert_eq!(tally.runs, runs);
    assert!(tally.steps() > 1_000 * runs, "the walks got stuck: {tally}");
    assert!(
        tally.elections > 5 * runs && tally.acked > 3 * runs && tally.reads > runs,
        "too little happened: {tally}"
    );
    assert!(tally.linear > runs / 5, "too few histories were checked: {tally}");
}

#[test]
fn enough_connected_nodes_go_on() {
    let tally = hold("recovery", specs::spec(true, 3..=7, 100..2_500), cases());
    let runs = u64::from(cases());
    assert_eq!((tally.runs, tally.settled), (runs, runs));
    assert!(tally.steps() > 800 * runs, "the walks got stuck: {tally}");
    assert!(tally.elections > 2 * runs && tally.acked > 3 * runs, "too little happened: {tally}");
}

// ---- the swarm can fail --------------------------------------------------------------------------------

/// A rule to switch off, and what a walk needs for it to matter.
type Hunt = (Rule, fn(&mut Spec));

const HUNTS: &[Hunt] = &[
    (Rule::OneVotePerEpoch, |_| {}),
    (Rule::VotesFromQuorum, |_| {}),
    (Rule::RoleIsVolatile, with_crashes),
    (Rule::VoteAfterDurable, pipelined),
    (Rule::DriftMargin, past_the_margin),
    (Rule::WaitForLeases, leased),
    (Rule::AckAfterFlush, pipelined),
    (Rule::OwnFlushCounts, pipelined),
    (Rule::DivergenceIsCut, writing),
    (Rule::RecoverySetReached, writing),
    (Rule::ReadRoundAfterStart, reading_apart),
    (Rule::TokenWaits, reading),
];

/// The most runs a hunt may take.
const HUNT: u32 = 400;

fn writing(spec: &mut Spec) {
    spec.model.scope.writes = 40;
    keep_data(spec);
}

fn keep_data(spec: &mut Spec) {
    if spec.model.cluster.data.is_empty() {
        spec.model.cluster = majority(spec.model.nodes, Some(spec.model.nodes / 2 + 1));
        spec.model.changes.clear();
        spec.model.node.fenced = false;
    }
}

fn with_crashes(spec: &mut Spec) {
    spec.model.scope.crashes = 30;
    spec.weights.0[Kind::Crash as usize] = 3;
}

fn pipelined(spec: &mut Spec) {
    writing(spec);
    spec.model.scope.driver = Driver::Pipelined;
}

fn leased(spec: &mut Spec) {
    apart(spec);
    spec.model.scope.rates = Some([1, 2]);
    let drift = Drift { slow: 1, fast: 2 };
    spec.model.node.lease = Some(LeaseSpec { hold: 8, grant: 16, drift });
    spec.weights.0[Kind::Pass as usize] = 3;
}

/// An old primary is out of reach for long while the others elect another, and nothing else disturbs them.
fn apart(spec: &mut Spec) {
    spec.model.node.timing = None;
    spec.model.scope.beats = true;
    (spec.model.scope.partitions, spec.model.scope.pauses) = (60, 60);
    let never = [Kind::Crash, Kind::FailFlush, Kind::Loss, Kind::Switchover, Kind::Doubt, Kind::Suspend];
    let rarely = [Kind::Partition, Kind::Heal, Kind::Pause, Kind::Resume];
    let often = [Kind::Deliver, Kind::Flush, Kind::Effect];
    let weights = [(&never[..], 0), (&rarely, 1), (&[Kind::Tick], 3), (&[Kind::Beat], 8), (&often, 60)];
    for (kinds, weight) in weights {
        for kind in kinds {
            spec.weights.0[*kind as usize] = weight;
        }
    }
}

fn past_the_margin(spec: &mut Spec) {
    leased(spec);
    if let Some(lease) = &mut spec.model.node.lease {
        lease.grant = lease.hold;
    }
}

fn reading(spec: &mut Spec) {
    writing(spec);
    spec.model.scope.reads = 60;
    spec.model.scope.beats = true;
    spec.weights.0[Kind::Read as usize] = 3;
    spec.weights.0[Kind::TokenRead as usize] = 3;
    spec.weights.0[Kind::Write as usize] = 10;
}

fn reading_apart(spec: &mut Spec) {
    reading(spec);
    apart(spec);
    spec.model.cluster = majority(5, Some(3));
    spec.model.changes.clear();
    spec.weights.0[Kind::TokenRead as usize] = 0;
}

/// With a rule switched off, five nodes: how many runs it took to notice, and what.
fn hunt((rule, needs): &Hunt, fair: bool) -> Option<(u32, Spec, Failure)> {
    let mut runner = runner(1, 1);
    let specs = specs::spec(fair, 5..=5, 500..2_000);
    for runs in 1..=HUNT {
        let mut spec = specs.new_tree(&mut runner).expect("specs are never rejected").current();
        needs(&mut spec);
        spec.model.without.push(rule.name().into());
        if let Err(failure) = run(&spec) {
            return Some((runs, spec, failure));
        }
    }
    None
}

/// With a rule switched off the swarm notices, shrinks the run, and writes a file that replays to the same
/// violation. So what holds with every rule on was really looked at.
#[test]
fn a_missing_rule_is_noticed_and_its_run_is_kept() {
    let folder = failures().with_file_name("swarm-hunts");
    let (mut missed, mut unexplained) = (Vec::new(), 0);
    for hunted in HUNTS {
        let rule = hunted.0;
        let begin = Instant::now();
        let Some((runs, spec, failure)) = hunt(hunted, false) else {
            missed.push(rule.name());
            continue;
        };
        let invariant = failure.broken.invariant;
        let kept =
            keep(&spec, &failure, &folder, rule.name()).unwrap_or_else(|error| panic!("{rule}: {error}"));
        let text = std::fs::read_to_string(&kept.path).expect("the run file is there");
        let read = Run::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", kept.path.display()));
        assert_eq!(read, kept.run);
        let replay = read.replay().unwrap_or_else(|error| panic!("{}: {error}", kept.path.display()));
        assert_eq!(replay.broken.as_ref().map(|broken| broken.invariant), Some(invariant), "{rule}");
        if invariant == Invariant::ReadsAreLinearizable {
            assert!(!linearizable(replay.state().history()), "{rule}: the tester does not notice");
            unexplained += 1;
        }
        assert!(kept.picture.contains(invariant.statement()), "{}", kept.picture);
        println!(
            "{:<26} {:>3} runs, {:<24} in {:>4} steps, shrunk to {:>3}, {:.1} s",
            rule.name(),
            runs,
            invariant.name(),
            failure.choices.len(),
            read.choices.len(),
            begin.elapsed().as_secs_f64()
        );
    }
    assert!(unexplained > 0, "no run showed that the linearizability tester can object");
    assert!(missed.is_empty(), "without {missed:?} nothing was noticed in {HUNT} runs each");
}

/// A rule that only keeps a cluster moving, and what a walk needs for it to matter.
const STALL: Hunt = (Rule::RefusalsAreHeeded, behind);

/// Two witnesses may get far ahead of two of three data nodes, while the third stands with them again and again.
fn behind(spec: &mut Spec) {
    let all = majority(5, Some(2));
    let data = NodeSet::first(3);
    let acks = Some(Quorum::Any { need: 2, of: data });
    spec.model.cluster = Draft { data, acks, ..all };
    spec.model.changes.clear();
    spec.model.node.prevote = false;
    (spec.model.node.fenced, spec.model.scope.partitions) = (false, 60);
    spec.live = Some(Outsiders::Still);
    let weights =
        [(Kind::Partition, 1), (Kind::Heal, 0), (Kind::Pass, 30), (Kind::Crash, 0), (Kind::Pause, 0)];
    for (kind, weight) in weights {
        spec.weights.0[kind as usize] = weight;
    }
}

/// Without a rule on which progress rests, a run is found that does not go on, and with the rule it does: so the
/// demand for progress can fail.
#[test]
fn a_missing_rule_of_progress_is_noticed() {
    let rule = STALL.0;
    let Some((runs, mut spec, failure)) = hunt(&STALL, true) else {
        panic!("without {rule} everything went on in {HUNT} runs");
    };
    assert_eq!(failure.broken.invariant, Invariant::ServesEventually, "{}", failure.broken);
    let folder = failures().with_file_name("swarm-hunts");
    let kept = keep(&spec, &failure, &folder, rule.name()).unwrap_or_else(|error| panic!("{rule}: {error}"));
    let steps = (failure.faulty, kept.run.choices.len());
    println!("{rule}: {runs} runs, {} steps with faults, kept are {} steps in all", steps.0, steps.1);
    spec.model.without.retain(|name| name != rule.name());
    run(&spec).unwrap_or_else(|failure| panic!("with the rule as well: {}", failure.broken));
}
