//! Falling back to the weak family and coming back from it: always when there is reason to, whatever else happens, and
//! never without.

use super::*;
use crate::config::{Fencing, Settings};

fn every(n: u8) -> Quorum {
    Quorum::every(NodeSet::first(n))
}

/// All three acknowledge, or any two if that takes more than 40 units.
fn draft() -> Draft {
    Draft { acks: Some(every(3)), weak: Some(weak(Quorum::majority(NodeSet::first(3)))), ..three() }
}

fn without_n2(from: NodeId, to: NodeId, _: &Body<u8>) -> bool {
    from == node(2) || to == node(2)
}

fn mode(lab: &Lab, id: usize) -> Mode {
    lab.machines[id].node.hard().config.newest().mode()
}

fn change(lab: &mut Lab, target: Draft) {
    lab.request(0, Request::Change(Settings::new(target).unwrap().into()));
    lab.settle();
}

fn ticks(lab: &mut Lab, n: u32) {
    (0..n).for_each(|_| lab.tick(20));
}

fn serving(setup: Setup, draft: Draft) -> Lab {
    let mut lab = Lab::new(setup, draft);
    lab.stand(0);
    while !lab.at(0).effects.is_empty() {
        lab.done(0, None);
    }
    lab.tick(25);
    lab
}

/// n2 is cut off, and n0 and n1 have committed an entry by the weak family.
fn degraded(setup: Setup) -> Lab {
    let mut lab = serving(setup, draft());
    lab.loses = without_n2;
    lab.request(0, Request::Write(1.into()));
    ticks(&mut lab, 4);
    assert_eq!(
        (mode(&lab, 0), lab.at(0).node.committed(), lab.at(1).node.committed()),
        (Mode::Degraded, 1, 1)
    );
    lab
}

#[test]
fn a_primary_strengthens_if_its_copies_completed_while_it_was_changing_to_degraded() {
    let mut lab = serving(setup(), draft());
    lab.loses = without_n2;
    lab.request(0, Request::Write(1.into()));
    lab.settle();
    // It begins to degrade; who has installed that is said a little later. Meanwhile n2 is back, and acknowledges.
    lab.loses = |from, to, body| without_n2(from, to, body) || matches!(body, Body::Installed { .. });
    ticks(&mut lab, 2);
    lab.loses = |_, _, body| matches!(body, Body::Installed { .. });
    ticks(&mut lab, 2);
    lab.loses = |_, _, _| false;
    ticks(&mut lab, 20);
    assert_eq!(lab.at(0).node.replication().unwrap().holders(1), NodeSet::first(3));
    assert_eq!(mode(&lab, 0), Mode::Strong);
}

#[test]
fn a_successor_strengthens_if_its_copies_completed_before_it_served() {
    let mut lab = degraded(Setup { fencing: Fencing::Token, ..setup() });
    lab.loses = |_, _, _| false;
    lab.request(0, Request::StepDown);
    lab.stand(1);
    assert_eq!(lab.at(1).node.phase(), Some(Phase::Fencing));
    lab.done(1, None);
    lab.done(1, None);
    ticks(&mut lab, 20);
    assert!(lab.at(1).node.is_serving());
    assert_eq!(lab.at(1).node.replication().unwrap().holders(1), NodeSet::first(3));
    assert_eq!(mode(&lab, 1), Mode::Strong);
}

#[test]
fn a_primary_strengthens_when_the_dead_node_is_dropped() {
    let mut lab = degraded(setup());
    let two = NodeSet::first(2);
    let now = lab.at(0).node.hard().config.settings.draft();
    change(
        &mut lab,
        Draft {
            votes: Quorum::majority(two),
            acks: Some(every(2)),
            data: two,
            weak: Some(weak(every(1))),
            ..now
        },
    );
    ticks(&mut lab, 20);
    assert_eq!(lab.at(0).node.hard().config.next, None);
    assert_eq!(mode(&lab, 0), Mode::Strong);
}

#[test]
fn who_can_commit_by_neither_family_does_not_go_to_and_fro() {
    // Five vote, of which three keep data: all three acknowledge, or any two. n1 and n2 are dead.
    let data = NodeSet::first(3);
    let votes = Quorum::majority(NodeSet::first(5));
    let mut lab = serving(setup(), Draft { votes, data, ..draft() });
    lab.loses = |from, to, _| [from, to].iter().any(|id| *id == node(1) || *id == node(2));
    for payload in 0..6 {
        lab.request(0, Request::Write(payload.into()));
        lab.settle();
        lab.tick(20);
        lab.tick(20);
    }
    let turned = |event: &&Event| matches!(event, Event::Degraded { .. } | Event::Strengthened { .. });
    let turns = lab.machines[0].told.iter().filter(turned).count();
    assert_eq!((turns, lab.at(0).node.committed()), (1, 0));
}

#[test]
fn a_weak_family_that_is_given_while_an_entry_waits_is_used() {
    let mut lab = serving(setup(), Draft { weak: None, ..draft() });
    lab.loses = without_n2;
    lab.request(0, Request::Write(1.into()));
    ticks(&mut lab, 3);
    change(&mut lab, draft());
    ticks(&mut lab, 50);
    assert_eq!((mode(&lab, 0), lab.at(0).node.committed()), (Mode::Degraded, 1));
}

#[test]
fn an_entry_that_waited_when_the_weak_family_was_taken_away_is_forgotten_when_it_is_committed() {
    let mut lab = serving(setup(), draft());
    lab.loses = without_n2;
    lab.request(0, Request::Write(1.into()));
    lab.settle();
    change(&mut lab, Draft { weak: None, ..draft() });
    lab.loses = |_, _, _| false;
    ticks(&mut lab, 5);
    assert_eq!((lab.at(0).node.committed(), lab.at(0).node.log().len()), (1, 1));
    // And a group would never rest again.
    let rests = lab.at(0).node.rest_with(NodeSet::first(3).without(node(0)), 1).is_some();
    change(&mut lab, draft());
    ticks(&mut lab, 3);
    let degrades = lab.at(0).told.iter().any(|event| matches!(event, Event::Degraded { .. }));
    assert_eq!((rests, degrades), (true, false));
}
