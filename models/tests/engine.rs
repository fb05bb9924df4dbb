//! The database beside a node: what the rules of supervision are for, and that the engines agree on it.

use quorate::id::{NodeId, NodeSet};
use quorate::rule::Rule;
use quorate_models::catalog::{self, failover::engine, machines};
use quorate_models::check::memo::Memo;
use quorate_models::check::{Bounds, Engine, Outcome, check};
use quorate_models::invariant::Invariant;
use quorate_models::world::{Model, Network, Reductions, State, World};

/// No search here may be larger.
const BOUNDS: Bounds = Bounds { states: Some(20_000_000), bytes: Some(2 << 30) };

fn broken(model: Model) -> (Invariant, usize) {
    let world = World::new(model).unwrap();
    match check(&world, Engine::Memoised, BOUNDS, &mut |_| true).outcome {
        Outcome::Violated { broken, path } => (broken.invariant, path.len()),
        outcome => panic!("{outcome:?}"),
    }
}

/// Lets the choices happen whose names begin like this, one after the other.
fn drive(world: &World, names: &str) -> State {
    let mut state = world.initial();
    for name in names.lines().map(str::trim).filter(|name| !name.is_empty()) {
        let choices = world.choices(&state);
        let choice =
            choices.iter().find(|choice| choice.to_string().starts_with(name)).unwrap_or_else(|| {
                let possible: Vec<String> = choices.iter().map(ToString::to_string).collect();
                panic!("{name} is not possible, but {possible:#?}")
            });
        state = world.apply(&state, choice).unwrap_or_else(|| panic!("{name} changes nothing"));
    }
    state
}

/// Four epochs, of which three are led by: n0 writes w1, which nobody copies; n1 writes nothing; n0 is primary
/// again, and the database of n2 has copied w1 but not the mark of the epoch.
const WITHOUT_THE_MARK: &str = "
    n0 timer
    n0 engine stopped for e1
    n0→n1 vote e1
    n1 engine stopped for e1
    n1→n0 granted e1
    n0 engine promoted e1
    n0→n1 append e1
    n1 engine follows n0 e1
    n0→n1 engine-stream e1
    n1 engine reports
    n1→n0 ack e1
    write at n0
    n1 timer
    n1 engine stopped for e2
    n1→n2 vote e2
    n2 engine stopped for e2
    n2→n1 granted e2
    n1 engine promoted e2
    n1→n0 vote e2
    n0 engine stopped for e2
    n0 engine demoted e1
    n0 timer
    n0 engine stopped for e3
    n0→n2 vote e3
    n2 engine stopped for e3
    n2→n0 granted e3
    n0 engine promoted e3
    n0→n2 append e3
    n2 engine follows n0 e3
    n0→n2 engine-stream e3 [e1@0] [1]
    n2 engine reports
";

fn from_the_middle(model: Model) -> Outcome {
    let world = World::new(model).unwrap();
    let state = drive(&world, WITHOUT_THE_MARK);
    let third = state.machine(NodeId::new(2).unwrap());
    assert_eq!(third.log().len(), 1, "w1 is copied");
    assert!(third.log().history().last_epoch() < third.disk.hard.epoch(), "the mark is not");
    let report = Memo::starting_at(&world, &state).run(BOUNDS, &mut |_| true);
    println!("{} states, depth {}", report.progress.states, report.progress.depth);
    report.outcome
}

#[test]
fn what_was_copied_without_the_mark_of_the_epoch_establishes_nothing() {
    assert_eq!(from_the_middle(engine(3, 4, 1, 0)), Outcome::Proved);
    let without = machines::without(&[Rule::AcceptedFromStart], engine(3, 4, 1, 0));
    let Outcome::Violated { broken, path } = from_the_middle(without) else { panic!("it holds") };
    // n0 knows w1 to be committed, and refuses the log of n1, which has it not.
    assert_eq!((broken.invariant, path.len()), (Invariant::MessagesArePossible, 10), "{broken}");
}

/// Without each of these rules of supervision, this is violated, in so many steps and no fewer.
#[test]
fn without_a_rule_of_supervision_a_model_breaks() {
    use Invariant::{AckAndRecoveryIntersect, AckedWritesSurvive};
    let kills = [
        (Rule::StopBeforePromise, "engine", AckedWritesSurvive, 25),
        (Rule::StopBeforePromise, "engine-crash", AckedWritesSurvive, 27),
        (Rule::ConfirmBeforeBarrier, "engine-policy", AckedWritesSurvive, 21),
        (Rule::ConfirmBeforeBarrier, "engine-strengthen", AckedWritesSurvive, 30),
        (Rule::ConfirmBeforeNew, "engine-policy", AckAndRecoveryIntersect, 14),
        (Rule::BarrierHoldsAll, "engine-policy", AckedWritesSurvive, 16),
        (Rule::JointBeforeNew, "engine-policy", AckAndRecoveryIntersect, 12),
    ];
    for (rule, name, invariant, steps) in kills {
        let found = broken(machines::without(&[rule], catalog::named(name).unwrap().model()));
        assert_eq!(found, (invariant, steps), "{name} without {rule}");
    }
}

/// Small enough for stateright and for a search without any reduction.
fn small() -> Vec<Model> {
    let mut counted = engine(2, 1, 1, 0);
    counted.scope.network = Network::Counted;
    let mut policy = catalog::named("engine-policy").unwrap().model();
    policy.scope.epochs = 1;
    vec![engine(2, 2, 1, 0), engine(2, 1, 2, 1), engine(3, 1, 1, 0), counted, policy]
}

#[test]
fn the_memoised_engine_agrees_with_stateright() {
    let mut total = 0;
    for model in small() {
        let world = World::new(model).unwrap();
        let by = |engine| {
            let report = check(&world, engine, BOUNDS, &mut |_| true);
            assert_eq!(report.outcome, Outcome::Proved, "{}", world.model.bounds());
            (report.progress.states, report.progress.transitions, report.progress.depth)
        };
        let memoised = by(Engine::Memoised);
        assert_eq!(memoised, by(Engine::Stateright), "{}", world.model.bounds());
        println!("{}: {memoised:?}", world.model.bounds());
        total += memoised.0;
    }
    assert!(total >= 20_000, "{total} states compared");
}

#[test]
fn the_reductions_change_no_verdict() {
    let mut saved = 0;
    let whole = |world: &World| world.clone().reduced_by(Reductions::NONE);
    for model in small() {
        let world = World::new(model).unwrap();
        let by = |world: &World| check(world, Engine::Memoised, BOUNDS, &mut |_| true);
        let (reduced, all) = (by(&world), by(&whole(&world)));
        println!("{}: {} of {} states", world.model.bounds(), reduced.progress.states, all.progress.states);
        assert_eq!((&reduced.outcome, &all.outcome), (&Outcome::Proved, &Outcome::Proved));
        saved += all.progress.states - reduced.progress.states;
    }
    assert!(saved > 0, "the reductions reduce nothing");
    for rule in [Rule::ConfirmBeforeBarrier, Rule::JointBeforeNew] {
        let model = machines::without(&[rule], catalog::named("engine-policy").unwrap().model());
        let world = World::new(model).unwrap();
        let length = |world: &World| match check(world, Engine::Memoised, BOUNDS, &mut |_| true).outcome {
            Outcome::Violated { path, .. } => path.len(),
            outcome => panic!("{rule}: {outcome:?}"),
        };
        assert_eq!(length(&world), length(&whole(&world)), "{rule}");
    }
}

#[test]
fn what_the_database_does_by_itself_is_not_asked_of_the_node() {
    let refused = |change: fn(&mut Model)| {
        let mut model = engine(2, 1, 1, 0);
        change(&mut model);
        model.check().unwrap_err().to_string()
    };
    let changes: [fn(&mut Model); 4] = [
        |model| (model.cluster.acks, model.cluster.data) = (None, NodeSet::EMPTY),
        |model| model.node.fenced = true,
        |model| model.scope.reads = 1,
        |model| model.scope.compactions = 1,
    ];
    for change in changes {
        let why = refused(change);
        assert!(why.starts_with("node.external: "), "{why}");
    }
}
