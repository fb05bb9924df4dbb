//! The swarm: random runs of the composed node at three to seven nodes. See [`quorate_models::swarm`].
//!
//! `QUORATE_SWARM_CASES` is the number of runs of each property, 150 if it is not set, and `QUORATE_SWARM_SEED` makes
//! them other runs. A failing run is shrunk and written to `swarm-failures/` in the target directory.

mod specs;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use quorate_models::swarm::keep::keep;
use quorate_models::swarm::{Spec, Tally, run};
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
    asked("QUORATE_SWARM_CASES", 150)
}

/// A runner whose cases are the same every time, unless the seed is another.
fn runner(cases: u32) -> TestRunner {
    let mut seed = [0; 32];
    seed[..4].copy_from_slice(&asked("QUORATE_SWARM_SEED", 1).to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// Where failing runs are written.
fn failures() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("swarm-failures")
}

/// Runs `cases` random specs; shrinks, writes and draws the first that fails.
fn hold(name: &str, specs: impl Strategy<Value = Spec>, cases: u32) -> Tally {
    let mut runner = runner(cases);
    let total = RefCell::new(Tally::default());
    let begin = Instant::now();
    let outcome = runner.run(&specs, |spec| {
        let tally = run(&spec).map_err(|failure| TestCaseError::fail(failure.broken.to_string()))?;
        *total.borrow_mut() += tally;
        Ok(())
    });
    let seconds = begin.elapsed().as_secs_f64();
    let tally = total.into_inner();
    println!("{name}: {tally}; {:.1} s, {:.0} steps/s", seconds, tally.steps() as f64 / seconds);
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
    let tally = hold("faults", specs::spec(false, 500..4_000), cases());
    let runs = u64::from(cases());
    assert_eq!(tally.runs, runs);
    assert!(tally.steps() > 400 * runs, "the walks got stuck: {tally}");
}

#[test]
fn enough_connected_nodes_go_on() {
    let tally = hold("recovery", specs::spec(true, 100..2_500), cases());
    let runs = u64::from(cases());
    assert_eq!((tally.runs, tally.settled), (runs, runs));
    assert!(tally.acked > runs, "too little was written: {tally}");
}
