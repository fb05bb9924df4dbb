//! What was said too late, or lost on the way through a full outbox, must not stop a cluster.

use super::*;
use crate::config::ConfigId;
use crate::id::Position;

#[test]
fn a_hand_over_leaves_with_the_step_that_completes_it() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.request(0, Request::Switchover { to: node(1) });
    let told = |(_, to, message): &(NodeId, NodeId, Message<u8>)| {
        *to == node(1) && matches!(message.body, Body::Handover { .. })
    };
    assert!(lab.wire.iter().any(told), "{:?}", lab.wire);
    lab.settle();
    assert!(lab.at(1).node.is_serving());
}

/// Room for six messages in the outbox, acks by n0 and n1 together.
fn crowded() -> Lab {
    let mut setup = setup();
    setup.limits.held = 6;
    let acks = Some(Quorum::every(NodeSet::first(2)));
    let mut lab = Lab::new(setup, Draft { acks, ..three() });
    lab.stand(0);
    lab
}

#[test]
fn a_primary_whose_outbox_was_full_counts_its_own_copy_later() {
    let mut lab = crowded();
    for payload in 0..9 {
        lab.request(0, Request::Write(vec![payload].into()));
    }
    lab.settle();
    assert!(lab.at(0).node.committed() < 9, "not all of its own acknowledgements found room");
    lab.tick(25);
    assert_eq!(lab.at(0).node.committed(), 9);
}

#[test]
fn a_primary_whose_outbox_was_full_confirms_its_own_configuration_later() {
    let mut lab = crowded();
    for payload in 0..9 {
        lab.request(0, Request::Write(vec![payload].into()));
    }
    let two = NodeSet::first(2);
    let votes = Quorum::All(vec![Quorum::majority(NodeSet::first(3)), Quorum::every(NodeSet::one(node(0)))]);
    let draft = Draft { votes, acks: Some(Quorum::every(two)), ..three() };
    let target = crate::config::Settings::new(draft).unwrap();
    lab.request(0, Request::Change(target.clone().into()));
    for _ in 0..4 {
        lab.tick(25);
    }
    assert_eq!(lab.at(0).node.hard().config.next, None);
    assert_eq!(lab.at(0).node.hard().config.settings, target);
}

#[test]
fn a_witness_that_is_told_that_the_primary_is_gone_lets_others_stand() {
    let (all, data) = (NodeSet::first(3), NodeSet::first(2));
    let mut lab = Lab::new(
        setup(),
        Draft { votes: Quorum::majority(all), acks: Some(Quorum::every(data)), data, ..three() },
    );
    lab.stand(0);
    lab.tick(25);
    lab.request(2, Request::ForgetPrimary);
    assert_eq!((lab.at(2).node.primary(), lab.at(2).refused.clone()), (None, vec![]));
    let before = lab.at(0).node.clone();
    lab.request(0, Request::ForgetPrimary);
    lab.request(0, Request::PoweredOff(node(1)));
    assert_eq!(lab.at(0).refused, [Refused::NotEligible; 2]);
    assert_eq!(lab.at(0).node, before);
}

#[test]
fn a_node_whose_disk_hangs_does_not_answer_who_asks_around() {
    let mut lab = Lab::new(Setup { stall: Some(Span::new(10)), ..setup() }, three());
    let vote = Body::Vote { config: ConfigId::default(), token: None, audit: false };
    lab.step(1, Input::Message { from: node(0), message: Message { epoch: epoch(1), body: vote } });
    let ask = |lab: &mut Lab| {
        lab.cut();
        let (config, position) = (ConfigId::default(), Position::default());
        let body = Body::PreVote { config, position, priority: 0, round: 1 };
        lab.step(1, Input::Message { from: node(2), message: Message { epoch: epoch(1), body } });
        lab.wire.iter().any(|(_, to, said)| *to == node(2) && matches!(said.body, Body::PreYes { .. }))
    };
    assert!(ask(&mut lab), "its vote is on its way to the disk");
    lab.pass(11);
    assert!(!ask(&mut lab), "it has been for too long");
    lab.flush(1);
    assert!(ask(&mut lab));
}

/// A driver sleeps until the deadline: one that stays in the past would keep it awake.
fn sleeps(lab: &mut Lab) {
    let now = lab.now;
    let deadline = lab.at(0).node.deadline();
    assert!(deadline.is_none_or(|deadline| deadline > now), "{deadline:?} at {now:?}");
}

#[test]
fn a_primary_that_waits_for_copies_lets_its_driver_sleep() {
    let (all, two) = (NodeSet::first(3), NodeSet::first(2));
    let weak = Some(weak(Quorum::every(two)));
    let mut lab = Lab::new(setup(), Draft { acks: Some(Quorum::every(all)), weak, ..three() });
    lab.stand(0);
    lab.loses = |_, _, body| matches!(body, Body::Ack { .. });
    lab.request(0, Request::Write(1.into()));
    for _ in 0..12 {
        lab.tick(25);
        sleeps(&mut lab);
    }
    let node = &lab.at(0).node;
    assert_eq!((node.hard().config.newest().mode(), node.committed()), (Mode::Degraded, 0));
}

#[test]
fn a_primary_that_has_handed_over_lets_its_driver_sleep() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.request(0, Request::Switchover { to: node(1) });
    lab.cut();
    for _ in 0..3 {
        lab.pass(30);
        lab.step(0, Input::Tick);
        lab.cut();
        sleeps(&mut lab);
    }
    assert!(matches!(lab.at(0).node.phase(), Some(Phase::Leaving { .. })));
}

/// They had nothing to answer before.
#[test]
fn a_primary_that_is_given_new_voters_waits_for_them() {
    let mut lab = Lab::new(setup(), three());
    let one = Config::first(crate::config::Settings::new(Draft::majority(NodeSet::first(1))).unwrap());
    for id in 0..3 {
        lab.at(id).image = Image::first(one.clone());
        lab.restart(id);
    }
    lab.settle();
    lab.stand(0);
    (0..10).for_each(|_| lab.tick(20));
    assert!(lab.at(0).node.is_serving());
    lab.request(0, Request::Change(crate::config::Settings::new(three()).unwrap().into()));
    assert!(lab.at(0).node.deadline() >= Some(lab.now));
    lab.tick(1);
    assert!(lab.at(0).node.is_serving());
}

/// Whoever is alone resigns in time, whatever else it publishes.
#[test]
fn a_change_among_the_same_voters_is_no_reason_to_wait() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.tick(25);
    lab.loses = |from, _, _| from != node(0);
    lab.tick(60);
    let priority = [(node(1), 1)].into_iter().collect();
    let target = crate::config::Settings::new(Draft { priority, ..three() }).unwrap();
    lab.request(0, Request::Change(target.into()));
    lab.tick(40);
    assert!(lab.at(0).node.is_serving(), "a quorum answered no longer ago than the contact time");
    lab.tick(1);
    assert!(!lab.at(0).node.is_serving());
}

/// Its lease ends, of which it has none here; whether it hears a quorum the next beat shows.
#[test]
fn a_clock_in_doubt_ends_no_tenure() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    (0..6).for_each(|_| lab.tick(20));
    lab.step(0, Input::ClockSuspect);
    lab.tick(1);
    assert!(lab.at(0).node.is_serving());
}
