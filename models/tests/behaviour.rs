//! What the core does, exactly: how many states and transitions there are within a few steps of every bundled model, of
//! every rule's model and of every directed start, and what happens in some random walks, message by message.
//!
//! A proof says that nothing bad is reachable. It does not notice a core that can do less, or something else that is
//! as safe: a lease a tick shorter than it may be, an answer that is never sent. What is reachable is part of the
//! behaviour; change it knowingly. Whoever means to, records it anew with `QUORATE_BLESS=1` and shows the difference to
//! a reviewer.
//!
//! Everything here ends within seconds even without optimisation: `cargo xtask mutants` runs it for each mutant.

mod specs;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use quorate_models::catalog::{self, starts};
use quorate_models::check::memo::Memo;
use quorate_models::kills::{HARMS, KILLS};
use quorate_models::run::Replay;
use quorate_models::swarm::Spec;
use quorate_models::swarm::live;
use quorate_models::swarm::walk::Walk;
use quorate_models::world::{Model, State, World, fingerprint};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// A search ends with the level in which it has found so many states.
const STATES: u64 = 700;

/// Compares with what was recorded under this name.
fn recorded(name: &str, lines: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/behaviour").join(name);
    if std::env::var_os("QUORATE_BLESS").is_some() {
        fs::write(&path, lines).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    for (found, known) in lines.lines().zip(known.lines()) {
        assert_eq!(found, known, "if that is meant, run again with QUORATE_BLESS=1");
    }
    assert_eq!(lines.lines().count(), known.lines().count(), "run again with QUORATE_BLESS=1");
}

/// Depth, states and transitions of the first levels after `first`.
fn levels(world: &World, first: &State) -> String {
    let mut search = Memo::starting_at(world, first);
    let outcome = loop {
        if let Some(outcome) = search.finish_level() {
            break format!("{outcome:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned();
        }
        if search.progress().states >= STATES {
            break "goes on".to_owned();
        }
    };
    let progress = search.progress();
    format!(
        "{} steps, {} states, {} transitions, {outcome}",
        progress.depth, progress.states, progress.transitions
    )
}

#[test]
fn of_every_model_as_much_is_reachable_as_was_recorded() {
    let mut lines = String::new();
    let mut add = |name: &str, model: Model, beginning: &[&str]| {
        let world = World::new(model).unwrap_or_else(|error| panic!("{name}: {error}"));
        let first = if beginning.is_empty() {
            world.initial()
        } else {
            let begun = Replay::along(&world, beginning).unwrap_or_else(|error| panic!("{name}: {error}"));
            begun.state().clone()
        };
        writeln!(lines, "{name}: {}", levels(&world, &first)).unwrap();
    };
    for entry in catalog::all() {
        add(entry.name, entry.model(), &[]);
    }
    for start in starts::ALL {
        add(&format!("from {}", start.name), start.model(), start.choices);
    }
    for kill in KILLS.iter().chain(HARMS) {
        let harm = if kill.harm_only { ", harm only" } else { "" };
        add(&format!("without {}{harm}", kill.rule()), kill.model(), kill.beginning());
    }
    recorded("reachable.txt", &lines);
}

/// `count` specs, the same every time.
fn drawn(specs: impl Strategy<Value = Spec>, count: usize) -> Vec<Spec> {
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    (0..count).map(|_| specs.new_tree(&mut runner).unwrap().current()).collect()
}

/// Walks, and says what came of it. The fingerprint is that of everything that happened, in order, with every message
/// as a page shows it.
fn walked(spec: &Spec) -> String {
    let world = spec.world().unwrap_or_else(|error| panic!("{error}: {spec:?}"));
    let mut walk = Walk::new(&world, spec.seed);
    walk.stray(spec);
    let faulty = walk.choices.len();
    let rounds = spec.live.and_then(|outsiders| live::settle(&mut walk, outsiders, spec.seed));
    assert!(walk.broken.is_none(), "{:?}", walk.broken);
    let names: Vec<String> = walk.choices.iter().map(ToString::to_string).collect();
    let history = walk.state.history();
    format!(
        "{faulty} steps and {} after, {} primaries, {} acknowledged, settled {rounds:?}, {:016x}",
        walk.choices.len() - faulty,
        history.primaries.len(),
        history.acked,
        fingerprint(&names)
    )
}

#[test]
fn random_walks_go_where_they_went() {
    let mut lines = String::new();
    for spec in drawn(specs::spec(false, 3..=5, 150..400), 60) {
        writeln!(lines, "faults: {}", walked(&spec)).unwrap();
    }
    for spec in drawn(specs::spec(true, 3..=5, 60..200), 40) {
        writeln!(lines, "recovery: {}", walked(&spec)).unwrap();
    }
    // A database beside each node, which keeps the log.
    let kept = |spec: &Spec| !spec.model.cluster.data.is_empty();
    for mut spec in drawn(specs::spec(false, 3..=5, 150..300), 60).into_iter().filter(kept) {
        let model = &mut spec.model;
        (model.node.external, model.scope.reads, model.scope.compactions) = (true, 0, 0);
        if model.check().is_ok() {
            writeln!(lines, "engine: {}", walked(&spec)).unwrap();
        }
    }
    assert!(lines.matches("engine: ").count() > 10, "{lines}");
    recorded("walks.txt", &lines);
}
