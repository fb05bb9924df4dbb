//! For every bundled model, stateright and the memoised engine visit the same states: all of them where they are few,
//! otherwise all that are up to so many steps away. (That the distributed engine agrees is in `timely`.)
//!
//! ```text
//! AGREE_ON=2000000 cargo test --release -p quorate-models --test agree      # up to so many states of each model
//! ```

use quorate_models::catalog::{self, Entry};
use quorate_models::check::memo::Memo;
use quorate_models::check::{Bounds, Engine, Outcome, Progress, check, reference};
use quorate_models::world::World;
use std::sync::Mutex;

/// Up to so many states of each model, unless `AGREE_ON` says otherwise.
const MOST: u64 = 30_000;

fn most() -> u64 {
    std::env::var("AGREE_ON").map_or(MOST, |most| most.parse().expect("AGREE_ON is a number of states"))
}

/// How many states were compared, and whether those were all.
fn agree(entry: &Entry, most: u64) -> (u64, bool) {
    let world = World::new(entry.model()).unwrap();
    let mut memo = Memo::new(&world);
    let outcome = loop {
        if let Some(outcome) = memo.finish_level() {
            break Some(outcome);
        }
        if memo.progress().states > most {
            break None;
        }
    };
    let Some(outcome) = outcome else {
        let progress = memo.progress();
        let states = reference::states_within(&world, progress.depth + 1);
        assert_eq!(states, progress.states, "{}: within {} steps", entry.name, progress.depth + 1);
        return (states, false);
    };
    let report = check(&world, Engine::Stateright, Bounds::default(), &mut |_| true);
    match (outcome, report.outcome) {
        (Outcome::Proved, Outcome::Proved) => {
            let found = |progress: Progress| (progress.states, progress.transitions, progress.depth);
            assert_eq!(found(memo.progress()), found(report.progress), "{}", entry.name);
        }
        (Outcome::Violated { path, .. }, Outcome::Violated { path: other, .. }) => {
            assert_eq!(path.len(), other.len(), "{}", entry.name);
        }
        (outcome, other) => panic!("{}: {outcome:?}, but stateright says {other:?}", entry.name),
    }
    (report.progress.states, true)
}

#[test]
fn stateright_visits_the_same_states_of_every_bundled_model() {
    let most = most();
    let entries: Vec<&Entry> = catalog::all().collect();
    let left = Mutex::new(entries.iter());
    let compared = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(entry) = left.lock().unwrap().next() else { break };
                    let (states, all) = agree(entry, most);
                    println!("{}: {states} states{}", entry.name, if all { ", all" } else { "" });
                    compared.lock().unwrap().push(states);
                }
            });
        }
    });
    let compared = compared.into_inner().unwrap();
    assert_eq!(compared.len(), entries.len());
    let states: u64 = compared.iter().sum();
    println!("{states} states of {} models", compared.len());
    assert!(states >= 1_000_000 || most < MOST, "only {states} states were compared");
}
