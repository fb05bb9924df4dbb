//! The search core: the same answer with any number of threads, in any slices, and after any interruption; and
//! what is not a function is caught.

use quorate::rule::Rule;
use quorate_models::catalog::machines;
use quorate_models::check::memo::Memo;
use quorate_models::check::search::{CheckpointError, Coded, End, Found, Gap, Id, Search};
use quorate_models::check::{Bounds, How, Outcome, Progress, Why, check_as};
use quorate_models::world::{Driver, Model, Reductions, World};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counters that count to `top`, each by itself; unsound where all stand at `bad`. What one counter does next is
/// learnt.
#[derive(Default)]
struct Counters {
    many: usize,
    top: Id,
    bad: Option<Id>,
    known: BTreeMap<Id, Id>,
    /// Counts how often the function was asked, and adds it to what it says after so many times.
    asked: AtomicU32,
    impure_after: Option<u32>,
}

impl Counters {
    fn new(many: usize, top: Id) -> Self {
        Self { many, top, ..Self::default() }
    }

    fn next(&self, at: Id) -> Id {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let more = u32::from(self.impure_after.is_some_and(|most| asked >= most));
        (at + 1 + more).min(self.top)
    }
}

impl Coded for Counters {
    type Fill = Id;

    fn width(&self) -> usize {
        self.many
    }
    fn first(&self) -> Vec<Id> {
        vec![0; self.many]
    }
    fn successors(&self, state: &[Id], found: &mut Found) {
        for (at, counter) in state.iter().enumerate() {
            match self.known.get(counter) {
                Some(next) if next == counter => {}
                Some(next) => found.copy(state)[at] = *next,
                None => found.miss(Gap { kind: 0, a: *counter, b: 0 }),
            }
        }
    }
    fn is_sound(&self, state: &[Id], _gaps: &mut Vec<Gap>) -> bool {
        self.bad.is_none_or(|bad| state.iter().any(|counter| *counter != bad))
    }
    fn compute(&self, gap: Gap) -> Id {
        self.next(gap.a)
    }
    fn learn(&mut self, gap: Gap, fill: Id) {
        assert_eq!(self.known.insert(gap.a, fill), None, "a gap is filled once");
    }
    fn bytes(&self) -> u64 {
        0
    }
    fn agrees(&self, gap: Gap) -> bool {
        self.next(gap.a) == self.known[&gap.a]
    }
}

fn run(counters: Counters, threads: usize, slice: usize) -> (End, Progress, Search<Counters>) {
    let mut search = Search::new(counters, threads);
    loop {
        if let Some(end) = search.advance(slice) {
            let progress = search.progress();
            return (end, progress, search);
        }
    }
}

#[test]
fn every_state_is_visited_once_whatever_the_slices_and_threads() {
    for (threads, slice) in [(1, 1), (1, 1_000_000), (2, 1_000_000), (3, 777)] {
        let (end, progress, _) = run(Counters::new(4, 19), threads, slice);
        assert_eq!(end, End::Emptied);
        assert_eq!(progress.states, 20_u64.pow(4));
        // The first state counts as one.
        assert_eq!(progress.transitions, 4 * 19 * 20_u64.pow(3) + 1);
        assert_eq!((progress.depth, progress.frontier), (4 * 19, 0));
    }
}

#[test]
fn the_first_violation_is_a_shortest_one() {
    let bad = |threads| {
        let (end, _, search) = run(Counters { bad: Some(7), ..Counters::new(3, 19) }, threads, 1_000_000);
        let End::Unsound(state) = end else { panic!("{end:?}") };
        let path: Vec<Vec<Id>> =
            search.path(state).iter().map(|state| search.state(*state).to_vec()).collect();
        assert_eq!((path[0].clone(), path[path.len() - 1].clone()), (vec![0; 3], vec![7; 3]));
        assert_eq!(path.len(), 3 * 7 + 1);
        path
    };
    assert_eq!(bad(1), bad(2), "the way there does not depend on the number of threads");
}

#[test]
fn what_is_not_a_function_is_caught() {
    let impure = Counters { impure_after: Some(10), ..Counters::new(2, 9) };
    let (end, _, _) = run(impure, 1, 1_000_000);
    assert!(matches!(end, End::Impure(_)), "{end:?}");
    let pure = Counters { impure_after: None, ..Counters::new(2, 9) };
    assert_eq!(run(pure, 1, 1_000_000).0, End::Emptied);
}

// ---- worlds ------------------------------------------------------------------------------------------------

fn worlds() -> Vec<World> {
    let mut crashes = machines::commit(1, 1, Driver::Pipelined);
    crashes.scope.crashes = 1;
    let models = [
        machines::election(2, 0),
        machines::lease(1, 2, [2, 3], 2),
        machines::commit(2, 1, Driver::Blocking),
        crashes,
    ];
    models.into_iter().map(|model| World::new(model).unwrap()).collect()
}

fn violated() -> World {
    World::new(machines::without(&[Rule::OneVotePerEpoch], machines::election(2, 0))).unwrap()
}

fn essence(outcome: &Outcome, progress: &Progress) -> (Outcome, u64, u64, u32) {
    (outcome.clone(), progress.states, progress.transitions, progress.depth)
}

#[test]
fn two_threads_give_the_answer_of_one() {
    for world in worlds().into_iter().chain([violated()]) {
        let by = |threads| {
            let report = check_as(&world, &How { threads, ..How::default() }, &mut |_| true).unwrap();
            essence(&report.outcome, &report.progress)
        };
        let one = by(1);
        println!("{}: {one:?}", world.model.bounds());
        assert_eq!(one, by(2), "{}", world.model.bounds());
        assert_eq!(one, by(3), "{}", world.model.bounds());
    }
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("quorate-{}-{name}.checkpoint", std::process::id()))
}

/// A search that was cut short, and where it was written to.
fn cut(world: &World, name: &str, states: u64) -> PathBuf {
    let path = file(name);
    let bounds = Bounds { states: Some(states), bytes: None };
    let how = How { bounds, checkpoint: Some(path.clone()), threads: 2, ..How::default() };
    let report = check_as(world, &how, &mut |_| true).unwrap();
    assert_eq!(report.outcome, Outcome::Incomplete(Why::States(states)));
    path
}

#[test]
fn a_resumed_search_ends_as_if_it_had_not_been_interrupted() {
    for (number, world) in worlds().into_iter().enumerate() {
        let whole = check_as(&world, &How::default(), &mut |_| true).unwrap();
        let path = cut(&world, &format!("whole-{number}"), whole.progress.states / 3);
        let resumed = How { resume: Some(path.clone()), ..How::default() };
        let resumed = check_as(&world, &resumed, &mut |_| true).unwrap();
        fs::remove_file(path).unwrap();
        assert_eq!(essence(&resumed.outcome, &resumed.progress), essence(&whole.outcome, &whole.progress));
    }
}

#[test]
fn a_file_that_is_no_whole_checkpoint_of_this_model_is_refused() {
    let world = World::new(machines::election(2, 1)).unwrap();
    let path = cut(&world, "hostile", 3_000);
    let good = fs::read(&path).unwrap();
    let refusal = |world: &World, bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Memo::resume(world, &world.initial(), 1, &path).err()
    };
    assert!(refusal(&world, &good).is_none());
    let other = World::new(machines::election(2, 2)).unwrap();
    assert!(matches!(refusal(&other, &good), Some(CheckpointError::Foreign)));
    let unreduced = world.clone().reduced_by(Reductions::NONE);
    assert!(matches!(refusal(&unreduced, &good), Some(CheckpointError::Foreign)));
    assert!(matches!(refusal(&world, b"a letter to the editor"), Some(CheckpointError::NotOne)));
    let mut newer = good.clone();
    newer[8] += 1;
    assert!(matches!(refusal(&world, &newer), Some(CheckpointError::Version(2))));
    for len in (0..good.len()).step_by(good.len() / 97) {
        assert!(matches!(refusal(&world, &good[..len]), Some(CheckpointError::Truncated)), "{len} bytes");
    }
    let longer = [&good[..], b"\n"].concat();
    assert!(matches!(refusal(&world, &longer), Some(CheckpointError::Corrupt)));
    // Any number that is not the one written.
    for at in (24..good.len()).step_by(good.len() / 211) {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        let error = refusal(&world, &bad).unwrap_or_else(|| panic!("byte {at} does not matter"));
        assert!(!error.to_string().is_empty());
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(Memo::resume(&world, &world.initial(), 1, &path), Err(CheckpointError::File(_))));
}

#[test]
fn a_model_is_bound_by_all_of_its_bounds() {
    let with = |change: fn(&mut Model)| {
        let mut model = machines::election(2, 1);
        change(&mut model);
        World::new(model).unwrap()
    };
    let path = cut(&with(|_| {}), "bound", 3_000);
    let changes: [fn(&mut Model); 3] = [
        |model| model.scope.refusals = true,
        |model| model.node.prevote = true,
        |model| model.scope.epochs = 1,
    ];
    for change in changes {
        let world = with(change);
        let error = Memo::resume(&world, &world.initial(), 1, &path).err();
        assert!(matches!(error, Some(CheckpointError::Foreign)), "{error:?}");
    }
    fs::remove_file(path).unwrap();
}
