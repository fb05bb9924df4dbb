//! What is said to a database, or of it, may be lost or fail; it is said again, or somebody else gets the chance.

use super::*;

/// The database of `id` has copied all that the one of n0 has.
fn copy(all: &mut Databases, id: u8) {
    all.shown[usize::from(id)] = all.shown[0].clone();
    all.report(id);
}

fn ticks(all: &mut Databases, n: u32) {
    for _ in 0..n {
        all.lab.tick(20);
        all.settle();
    }
}

#[test]
fn a_replica_whose_node_was_restarted_acknowledges_what_its_database_copies() {
    let mut all = Databases::serving();
    ticks(&mut all, 3);
    all.lab.restart(1);
    all.settle();
    all.lab.loses = |from, to, _| from == node(2) || to == node(2);
    all.write(0, 1);
    for _ in 0..50 {
        // Its database has not stopped copying, and says so again and again.
        copy(&mut all, 1);
        ticks(&mut all, 1);
    }
    assert_eq!((all.lab.at(1).node.primary(), all.lab.at(1).node.log().len()), (Some(node(0)), 1));
    assert_eq!(all.lab.at(0).node.committed(), 1);
}

/// n0 has written an entry, and everybody has it; that n2 has it was lost on its way.
fn acknowledgement_lost(draft: Draft) -> Databases {
    let mut all = Databases::serving_with(draft);
    all.write(0, 1);
    copy(&mut all, 1);
    all.lab.settle();
    all.lab.loses = |_, _, body| matches!(body, Body::Ack { .. });
    copy(&mut all, 2);
    all.settle();
    all.lab.loses = |_, _, _| false;
    all
}

#[test]
fn an_acknowledgement_that_was_lost_is_said_again() {
    let mut all = acknowledgement_lost(Draft { weak: None, ..all_or_n0() });
    ticks(&mut all, 50);
    assert_eq!([0, 1, 2].map(|id| all.position(id).len), [1; 3]);
    assert_eq!(all.lab.at(0).node.committed(), 1);
}

#[test]
fn a_cluster_whose_copies_are_complete_does_not_degrade_because_a_word_was_lost() {
    let mut all = acknowledgement_lost(all_or_n0());
    ticks(&mut all, 20);
    let degrades = all.lab.at(0).told.iter().any(|event| matches!(event, Event::Degraded { .. }));
    assert!(!degrades);
}

#[test]
fn a_primary_whose_database_cannot_be_stopped_resigns() {
    let mut all = Databases::new(three());
    all.stuck = NodeSet::one(node(0));
    all.lab.stand(0);
    all.settle();
    assert_eq!(all.lab.at(0).node.phase(), Some(Phase::Revoking));
    let effect = Effect::StopReceiving { epoch: epoch(1) };
    all.lab.step(0, Input::EffectDone { effect, ok: false, facts: None });
    all.lab.at(0).effects.clear();
    ticks(&mut all, 50);
    assert_eq!(all.lab.at(0).node.phase(), None);
}

#[test]
fn a_database_that_failed_to_follow_is_asked_again() {
    let mut all = Databases::new(three());
    all.stuck = NodeSet::one(node(1));
    all.lab.stand(0);
    all.settle();
    while !matches!(all.lab.at(1).effects[0], Effect::Follow { .. }) {
        all.obey(1);
        all.settle();
        ticks(&mut all, 2);
    }
    let effect = all.lab.at(1).effects[0];
    all.lab.at(1).effects.clear();
    all.lab.step(1, Input::EffectDone { effect, ok: false, facts: None });
    ticks(&mut all, 50);
    assert!(all.asked(1, effect));
}

#[test]
fn a_primary_repeats_itself_only_to_who_is_behind() {
    let mut all = Databases::serving();
    all.write(0, 1);
    copy(&mut all, 1);
    all.lab.settle();
    ticks(&mut all, 1);
    all.lab.pass(25);
    all.lab.step(0, Input::Tick);
    let told = |to: u8| {
        let append = |(_, at, said): &&(NodeId, NodeId, Message<u8>)| {
            *at == node(to) && matches!(said.body, Body::Append(_))
        };
        all.lab.wire.iter().filter(append).count()
    };
    assert_eq!([1, 2].map(told), [0, 1], "n2 does not have the entry");
}
