//! Effects that failed: who waits for one resigns, and nobody else does.

use super::*;
use crate::config::{Engine, Fencing};

/// n0 is primary of epoch 1 and has asked for something.
fn elected(setup: Setup) -> Lab {
    let mut lab = Lab::new(setup, three());
    lab.stand(0);
    lab
}

#[test]
fn a_primary_whose_resource_cannot_be_fenced_or_read_resigns() {
    let [fence, load] = [|epoch| Effect::Fence { epoch }, |epoch| Effect::Load { epoch }];
    let mut lab = elected(Setup { fencing: Fencing::Token, ..setup() });
    let expected = |lab: &Lab| [fence(epoch(1)), load(epoch(1))].map(|effect| lab.resigns_without(effect));
    let of_others =
        |lab: &Lab| [0, 2].map(|other| [fence, load].map(|effect| lab.resigns_without(effect(epoch(other)))));
    assert_eq!(lab.at(0).node.phase(), Some(Phase::Fencing));
    assert_eq!((expected(&lab), of_others(&lab)), ([true, false], [[false; 2]; 2]));
    assert_eq!(lab.done(0, None), fence(epoch(1)));
    assert_eq!(lab.at(0).node.phase(), Some(Phase::Loading));
    assert_eq!((expected(&lab), of_others(&lab)), ([false, true], [[false; 2]; 2]));
    assert_eq!(lab.done(0, None), load(epoch(1)));
    assert!(lab.at(0).node.is_serving());
    assert_eq!((expected(&lab), of_others(&lab)), ([false, false], [[false; 2]; 2]));
}

#[test]
fn a_primary_whose_database_does_not_do_what_it_waits_for_resigns() {
    let mut lab = elected(Setup { engine: Engine::External, ..setup() });
    let config = lab.at(0).node.hard().config_id();
    let newer = crate::config::ConfigId { version: config.version + 1, ..config };
    let promote = |number| Effect::Promote { epoch: epoch(number), config };
    let demote = |number| Effect::Demote { epoch: epoch(number) };
    let failing = [promote(1), promote(2), demote(1), demote(2)];
    let expected = |lab: &Lab| failing.map(|effect| lab.resigns_without(effect));
    let empty = Facts { history: Arc::default(), flushed: 0 };
    // The others have stopped and voted. Before it can begin, its own database has to stop.
    for id in [1, 1, 1, 2, 2, 2] {
        lab.done(id, Some(empty.clone()));
        lab.settle();
    }
    let stop = |number| Effect::StopReceiving { epoch: epoch(number) };
    let stopping = |lab: &Lab| [stop(1), stop(0), demote(0)].map(|effect| lab.resigns_without(effect));
    assert_eq!(lab.at(0).effects, [demote(0), demote(0), stop(1)]);
    assert_eq!((lab.at(0).node.phase(), stopping(&lab)), (Some(Phase::Revoking), [true, false, true]));
    for _ in 0..2 {
        lab.done(0, Some(empty.clone()));
    }
    assert_eq!(stopping(&lab), [true, false, false], "it acts as no primary any more");
    lab.done(0, Some(empty.clone()));
    lab.settle();
    assert_eq!(lab.at(0).node.phase(), Some(Phase::Promoting));
    assert_eq!(stopping(&lab), [false; 3]);
    assert_eq!(expected(&lab), [true, false, false, false]);
    let mut history = crate::commit::History::default();
    history.begin(epoch(1), 0);
    let marked = Facts { history: Arc::new(history), flushed: 0 };
    lab.done(0, Some(marked.clone()));
    lab.flush(0);
    assert_eq!(expected(&lab), [false; 4], "it is promoted");
    let set = [config, newer].map(|config| lab.resigns_without(Effect::SetAcks { config }));
    assert_eq!(set, [true, false]);
    // The others do as they are told, and n0 leaves.
    for id in [1, 2] {
        while !lab.at(id).effects.is_empty() {
            lab.done(id, Some(marked.clone()));
            lab.settle();
        }
        lab.step(id, Input::Engine(marked.clone()));
    }
    lab.settle();
    assert!(lab.at(0).node.is_serving());
    lab.request(0, Request::Switchover { to: node(1) });
    assert_eq!(expected(&lab), [false, false, true, false]);
}

#[test]
fn nobody_waits_for_what_is_asked_for_again_anyway() {
    let lab = elected(setup());
    assert!(lab.machines[0].node.is_serving());
    let (epoch, from, base) = (epoch(1), node(1), 0);
    for effect in [
        Effect::StopReceiving { epoch },
        Effect::Follow { node: from, epoch },
        Effect::Rewind { node: from, epoch, keep: 0 },
        Effect::SendSnapshot { to: from, base },
        Effect::LoadSnapshot { from, base },
    ] {
        assert!(!lab.resigns_without(effect), "{effect:?}");
    }
}
