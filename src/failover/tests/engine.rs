//! A database beside the node: it must have stopped before a position means anything.

use super::*;
use crate::commit::History;
use crate::config::Engine;

fn lab() -> Lab {
    Lab::new(Setup { engine: Engine::External, ..setup() }, three())
}

/// What an engine shows: the epochs that wrote, from where on, and how much is flushed.
fn facts(runs: &[(u64, u64)], flushed: u64) -> Option<Facts> {
    let runs = runs.iter().map(|(number, start)| (epoch(*number), *start)).collect();
    Some(Facts { history: Arc::new(History::new(runs).unwrap()), flushed })
}

/// Every engine does what it is asked for; all engines are empty but for the marks of promotions.
fn obey(lab: &mut Lab, runs: &[(u64, u64)]) {
    loop {
        lab.settle();
        let Some(id) = (0..3).find(|id| !lab.at(*id).effects.is_empty()) else { return };
        let promoting = matches!(lab.at(id).effects[0], Effect::Promote { .. });
        lab.done(id, if promoting { facts(runs, 0) } else { facts(&[], 0) });
    }
}

#[test]
fn a_vote_that_was_owed_is_forgotten_with_its_epoch() {
    let mut lab = lab();
    obey(&mut lab, &[]);
    // n1 votes for n0 in epoch 1, but its engine has not stopped: the vote is owed.
    lab.pass(100);
    lab.step(0, Input::Tick);
    lab.flush(0);
    lab.wire.retain(|(_, to, _)| *to == node(1));
    lab.deliver();
    lab.flush(1);
    // n1 loses patience and stands in epoch 2. Its engine stops now.
    lab.pass(100);
    lab.step(1, Input::Tick);
    lab.flush(1);
    lab.cut();
    while !lab.at(1).effects.is_empty() {
        lab.done(1, facts(&[], 0));
    }
    // In epoch 2 it voted for itself. Nobody else may hear of a vote in that epoch.
    lab.flush(1);
    let given = lab.wire.iter().any(|(_, _, message)| matches!(message.body, Body::Granted { .. }));
    assert!(!given, "{:?}", lab.wire);
}
