//! The engines agree with each other, and the reductions change no verdict.

use quorate::rule::Rule;
use quorate_models::catalog::{self, failover, machines};
use quorate_models::check::{Bounds, Engine, Outcome, Report, Why, check};
use quorate_models::world::{Driver, Model, Reductions, World};

fn run(world: &World, engine: Engine) -> Report {
    let bounds = Bounds { states: Some(MOST), bytes: None };
    let report = check(world, engine, bounds, &mut |_| true);
    println!("{}: {:?}: {:?}", world.model.bounds(), report.progress, report.outcome);
    report
}

/// More states than any of these models has.
const MOST: u64 = 400_000;

/// What two searches through the same states must agree on.
fn essence(report: &Report) -> (u64, u64, u32, Option<usize>) {
    let progress = &report.progress;
    match &report.outcome {
        Outcome::Proved => (progress.states, progress.transitions, progress.depth, None),
        // Where a search stops inside a level depends on the order in it.
        Outcome::Violated { path, .. } => (0, 0, 0, Some(path.len())),
        Outcome::Incomplete(why) => panic!("incomplete: {why}"),
    }
}

fn small() -> Vec<Model> {
    let mut prevote = machines::election(1, 0);
    prevote.node.prevote = true;
    prevote.scope.driver = Driver::Blocking;
    let mut counted = machines::commit(1, 1, Driver::Pipelined);
    counted.scope.network = quorate_models::world::Network::Counted;
    counted.scope.drops = 1;
    let mut crashes = machines::commit(1, 1, Driver::Pipelined);
    crashes.scope.crashes = 1;
    let config = catalog::named("config-add").unwrap().model();
    let mut data = catalog::named("config-add-data").unwrap().model();
    data.scope.epochs = 1;
    vec![
        machines::election(2, 1),
        machines::election(3, 0),
        prevote,
        counted,
        crashes,
        machines::lease(1, 2, [2, 3], 2),
        machines::commit(2, 1, Driver::Blocking),
        config,
        data,
        catalog::named("failover-witness").unwrap().model(),
    ]
}

fn broken() -> Vec<Model> {
    let off = machines::without;
    vec![
        off(&[Rule::OneVotePerEpoch], machines::election(2, 0)),
        off(&[Rule::VoteAfterDurable], machines::election(2, 1)),
        off(&[Rule::DriftMargin], machines::lease(2, 2, [1, 2], 2)),
        off(&[Rule::WaitForLeases], machines::lease(1, 2, [1, 2], 2)),
        off(&[Rule::AckAfterFlush], machines::commit(2, 1, Driver::Pipelined)),
        off(&[Rule::OldAppendsAreRefused], machines::commit(2, 1, Driver::Blocking)),
        off(
            &[Rule::JointBeforeNew],
            failover::change(
                4,
                2,
                failover::cluster(&[0, 1, 2], &[], 0),
                failover::cluster(&[0, 1, 3], &[], 0),
            ),
        ),
    ]
}

#[test]
fn the_memoised_engine_agrees_with_stateright() {
    let mut total = 0;
    for model in small() {
        let world = World::new(model).unwrap();
        let (memo, reference) = (run(&world, Engine::Memoised), run(&world, Engine::Stateright));
        assert_eq!(essence(&memo), essence(&reference), "{}", world.model.bounds());
        total += memo.progress.states;
    }
    println!("{total} states compared");
    assert!(total >= 200_000, "{total} states compared");
}

#[test]
fn the_engines_find_counterexamples_of_the_same_length() {
    for model in broken() {
        let world = World::new(model).unwrap();
        let (memo, reference) = (run(&world, Engine::Memoised), run(&world, Engine::Stateright));
        assert!(essence(&memo).3.is_some(), "{}", world.model.bounds());
        assert_eq!(essence(&memo), essence(&reference), "{}", world.model.bounds());
    }
}

/// Small enough to be explored without any reduction.
fn tiny() -> Vec<Model> {
    let mut counted = machines::commit(1, 1, Driver::Blocking);
    counted.scope.network = quorate_models::world::Network::Counted;
    vec![
        machines::election(1, 1),
        machines::election(2, 0),
        counted,
        machines::commit(1, 1, Driver::Blocking),
        catalog::named("config-swap-all").unwrap().model(),
    ]
}

#[test]
fn without_reductions_everything_holds_as_well() {
    let mut saved = 0;
    for model in tiny() {
        let world = World::new(model).unwrap();
        let reduced = run(&world, Engine::Memoised);
        let whole = run(&world.clone().reduced_by(Reductions::NONE), Engine::Memoised);
        println!(
            "{}: {} states, reduced {}",
            world.model.bounds(),
            whole.progress.states,
            reduced.progress.states
        );
        assert_eq!((&reduced.outcome, &whole.outcome), (&Outcome::Proved, &Outcome::Proved));
        assert!(reduced.progress.states <= whole.progress.states);
        saved += whole.progress.states - reduced.progress.states;
    }
    assert!(saved > 0, "the reductions reduce nothing");
}

/// Time makes too many states to do without every reduction at once; so each is left out by itself.
#[test]
fn without_any_one_reduction_the_lease_holds_as_well() {
    let lease = World::new(machines::lease(1, 2, [1, 2], 1)).unwrap();
    let all = run(&lease, Engine::Memoised);
    let without = [
        Reductions { dead: false, ..Reductions::SOUND },
        Reductions { dominated: false, ..Reductions::SOUND },
        Reductions { symmetry: false, ..Reductions::SOUND },
    ];
    for reductions in without {
        let report = run(&lease.clone().reduced_by(reductions), Engine::Memoised);
        assert_eq!(report.outcome, Outcome::Proved, "{reductions:?}");
        assert!(report.progress.states > all.progress.states, "{reductions:?} reduces nothing");
    }
}

#[test]
fn without_reductions_the_shortest_counterexample_is_as_long() {
    for model in broken() {
        let world = World::new(model).unwrap();
        let reduced = run(&world, Engine::Memoised);
        let whole = run(&world.clone().reduced_by(Reductions::NONE), Engine::Memoised);
        assert_eq!(essence(&reduced).3, essence(&whole).3, "{}", world.model.bounds());
        assert!(essence(&whole).3.is_some());
    }
}

#[test]
fn a_search_that_is_cut_short_proves_nothing() {
    let world = World::new(machines::election(2, 1)).unwrap();
    for engine in [Engine::Memoised, Engine::Stateright] {
        let states = Bounds { states: Some(5_000), bytes: None };
        let report = check(&world, engine, states, &mut |_| true);
        assert!(matches!(report.outcome, Outcome::Incomplete(Why::States(5_000))), "{:?}", report.outcome);
        let report = check(&world, engine, Bounds::default(), &mut |progress| progress.states < 1_000);
        assert_eq!(report.outcome, Outcome::Incomplete(Why::Interrupted));
    }
    let bytes = Bounds { states: None, bytes: Some(1 << 16) };
    let report = check(&world, Engine::Memoised, bytes, &mut |_| true);
    assert!(matches!(report.outcome, Outcome::Incomplete(Why::Memory(_))), "{:?}", report.outcome);
}
