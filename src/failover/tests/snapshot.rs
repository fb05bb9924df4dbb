//! Compacted logs: what nobody remembers any more must neither be lost nor invented.

use super::*;
use crate::commit::ReadKind;
use crate::id::Position;

/// n0 leads epoch 1 with two committed entries that everybody has; then n1 leads epoch 2 without n2, commits two
/// more with n0, and compacts the first three.
fn n2_is_behind_a_compacted_log() -> Lab {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.request(0, Request::Write(vec![1, 2].into()));
    lab.settle();
    assert!((0..3).all(|id| lab.at(id).node.committed() == 2));
    lab.loses = |from, to, _| from == node(2) || to == node(2);
    lab.pass(101);
    lab.stand(1);
    lab.request(1, Request::Write(vec![3, 4].into()));
    lab.settle();
    lab.request(1, Request::Compact { base: 3 });
    lab.settle();
    assert_eq!(lab.at(1).node.log().base(), 3);
    assert_eq!(lab.at(1).node.log().history().first_start(), 2, "who wrote the first two is forgotten");
    lab
}

#[test]
fn a_replica_that_shares_no_known_epoch_with_a_compacted_log_loads_a_snapshot() {
    let mut lab = n2_is_behind_a_compacted_log();
    lab.loses = |_, _, _| false;
    lab.tick(30);
    assert_eq!(lab.at(2).refused, []);
    assert_eq!(lab.at(2).node.committed(), 2, "what was committed stays");
    assert_eq!(lab.at(2).effects.pop_front(), Some(Effect::LoadSnapshot { from: node(1), base: 3 }));
    let effect = Effect::LoadSnapshot { from: node(1), base: 3 };
    lab.step(2, Input::EffectDone { effect, ok: true, facts: None });
    lab.settle();
    lab.tick(30);
    assert_eq!(lab.at(2).node.log().len(), 4);
    assert_eq!(lab.at(2).node.committed(), 4);
}

#[test]
fn a_token_older_than_the_remembered_history_is_found_not_lost() {
    let mut lab = n2_is_behind_a_compacted_log();
    let at = Position { epoch: epoch(1), len: 2 };
    for id in [0, 1] {
        lab.request(id, Request::Read { id: 7, kind: ReadKind::Token(at) });
        assert!(matches!(lab.at(id).told.last(), Some(Event::ReadAt { id: 7, .. })), "n{id}");
    }
}

/// n2 takes over accepting loss; the log it wants is compacted at n1, which it then gives up.
fn n2_began_without_its_snapshot() -> Lab {
    let mut lab = n2_is_behind_a_compacted_log();
    lab.loses = |from, _, _| from == node(0);
    lab.pass(101);
    lab.request(2, Request::Recover { accept_loss: true });
    lab.settle();
    lab.tick(1);
    lab.pass(101);
    lab.request(2, Request::Recover { accept_loss: true });
    lab.settle();
    lab.tick(1);
    assert_eq!(lab.at(2).node.phase(), Some(Phase::Recovering { donor: node(1) }));
    assert!(lab.at(2).effects.contains(&Effect::LoadSnapshot { from: node(1), base: 3 }));
    lab.loses =
        |from, _, body| from == node(0) || matches!(body, Body::Promised { .. } | Body::Snapshot { .. });
    for _ in 0..12 {
        lab.tick(25);
    }
    assert!(lab.at(2).node.phase().is_some_and(Phase::has_begun));
    lab
}

#[test]
fn a_snapshot_that_comes_too_late_does_not_replace_the_log_of_a_primary() {
    let mut lab = n2_began_without_its_snapshot();
    let before = lab.at(2).node.log().clone();
    let effect = Effect::LoadSnapshot { from: node(1), base: 3 };
    lab.step(2, Input::EffectDone { effect, ok: true, facts: None });
    assert_eq!(lab.at(2).node.log(), &before);
}

#[test]
fn a_snapshot_may_end_before_what_was_committed_until_loss_was_accepted() {
    let mut lab = n2_is_behind_a_compacted_log();
    // n2 has two committed entries, and is told of a generation in which only one was kept.
    let base = 1;
    let lossy = Epoch::new(1, 9).unwrap();
    let history = Arc::new(crate::commit::History::new(vec![(lossy, base)]).unwrap());
    let message = Message { epoch: lossy, body: Body::Snapshot { base, history } };
    lab.step(2, Input::Message { from: node(1), message });
    let effect = Effect::LoadSnapshot { from: node(1), base };
    lab.step(2, Input::EffectDone { effect, ok: true, facts: None });
    assert_eq!((lab.at(2).node.log().len(), lab.at(2).node.committed()), (1, 1));
    assert!(lab.at(2).told.contains(&Event::Truncated { to: 0, committed: 2 }));
}

#[test]
fn an_accepted_loss_reaches_below_what_a_replica_had_compacted() {
    let mut lab = n2_began_without_its_snapshot();
    lab.loses = |_, _, _| false;
    lab.request(2, Request::Write(vec![9].into()));
    for _ in 0..4 {
        lab.tick(25);
    }
    let log = lab.at(2).node.log().clone();
    assert_eq!(log.entries().copied().collect::<Vec<_>>(), [1, 2, 9]);
    let lost = |event: &Event| matches!(event, Event::Truncated { to, committed } if to < committed);
    for id in [0, 1] {
        let machine = lab.at(id);
        assert_eq!(machine.refused, [], "n{id}");
        assert_eq!(machine.node.log().len(), 3, "n{id}");
        assert_eq!(machine.node.log().position(), log.position(), "n{id}");
        assert_eq!(machine.node.committed(), 3, "n{id}");
        assert_eq!(machine.image.log, *machine.node.log(), "n{id}");
        assert!(machine.told.iter().any(lost), "n{id}");
    }
}
