//! Scenes: what groups do that rest, and what wakes them.

use super::super::*;
use super::lab::*;
use crate::failover::{self, Body, Message, Request};
use crate::id::Epoch;
use crate::time::{Instant, Span};
use std::vec::Vec;

fn resting(hosts: usize, groups: u64) -> Lab {
    let mut lab = Lab::new(hosts, groups, Some(lease()));
    let took = lab.run_until(2_000, Lab::all_rest);
    assert!(took.is_some() && lab.all_serve(), "everybody rests");
    lab.assert_sound();
    lab
}

#[test]
fn groups_rest_and_only_hosts_beat() {
    let mut lab = resting(3, 5);
    let before: Vec<_> = lab.groups.iter().map(|group| lab.serving(*group)).collect();
    let sent = lab.sent;
    lab.run(2_000);
    assert_eq!(lab.sent, sent, "no group said a word");
    assert!(lab.all_rest());
    let after: Vec<_> = lab.groups.iter().map(|group| lab.serving(*group)).collect();
    assert_eq!(before, after, "no primary changed");
    // Their leases are renewed all the same.
    for group in lab.groups.clone() {
        let (epoch, at) = lab.serving(group).unwrap();
        assert_eq!(lab.lease(at, group), Some(epoch));
    }
    lab.assert_sound();
}

#[test]
fn a_write_wakes_its_group_and_nobody_else() {
    let mut lab = resting(3, 3);
    let group = GroupId(1);
    let (epoch, at) = lab.serving(group).unwrap();
    lab.request(at, group, Request::Write(7.into()));
    lab.run(5);
    assert_eq!(lab.node(at, group).unwrap().committed(), 1);
    let rests = |lab: &Lab, group| lab.machines[at].multi.as_ref().unwrap().rests(group);
    assert!(!rests(&lab, group) && rests(&lab, GroupId(0)) && rests(&lab, GroupId(2)));
    assert!(lab.run_until(300, Lab::all_rest).is_some());
    assert_eq!(lab.serving(group), Some((epoch, at)));
    for at in 0..3 {
        assert_eq!(lab.node(at, group).unwrap().committed(), 1, "everybody has everything");
    }
    lab.assert_sound();
}

/// From the crash of a host until all its groups are served: its silence, a wait of at most election and spread, and a
/// round of questions; twice that if two collide.
#[test]
fn the_groups_of_a_dead_host_elect_anew() {
    let mut lab = resting(3, 20);
    let before: Vec<_> = lab.groups.iter().map(|group| lab.serving(*group).unwrap()).collect();
    let dead = before[0].1;
    lab.crash(dead, 0);
    let took = lab.run_until(2_000, Lab::all_serve).expect("somebody serves");
    let plain = {
        let mut lab = Lab::new(3, 20, Some(lease()));
        lab.may_rest = false;
        lab.run_until(2_000, Lab::all_serve);
        lab.run(600);
        lab.crash(lab.serving(GroupId(0)).unwrap().1, 0);
        lab.run_until(2_000, Lab::all_serve).expect("somebody serves")
    };
    // Both wait for the lease of 300 units besides.
    assert!(took <= 300 + 4 * ELECTION && plain <= 300 + 4 * ELECTION, "{took} and {plain} ticks");
    for (group, (epoch, at)) in before.iter().enumerate() {
        let now = lab.serving(GroupId(group as u64)).unwrap();
        assert!(
            if *at == dead { now.0 > *epoch && now.1 != dead } else { now == (*epoch, *at) },
            "{group}: {now:?}"
        );
    }
    // The others rest again without it, and are woken for it when it comes back.
    assert!(lab.run_until(1_000, Lab::all_rest).is_some());
    let group = GroupId(0);
    let (_, at) = lab.serving(group).unwrap();
    lab.request(at, group, Request::Write(9.into()));
    assert!(lab.run_until(1_000, Lab::all_rest).is_some());
    lab.boot(dead);
    lab.run(10);
    assert!(lab.run_until(1_000, Lab::all_rest).is_some());
    assert_eq!(lab.node(dead, group).unwrap().committed(), 1, "it was brought up to date");
    lab.assert_sound();
}

/// A primary that ends while its host lives on: its replicas are told, or they would wait for ever.
#[test]
fn a_primary_that_stops_frees_its_replicas() {
    let mut lab = resting(3, 2);
    let (epoch, at) = lab.serving(GroupId(0)).unwrap();
    lab.step(at, Input::Group { group: GroupId(0), input: failover::Input::StorageFailed });
    let elsewhere = |lab: &Lab| lab.serving(GroupId(0)).is_some_and(|(now, _)| now > epoch);
    assert!(lab.run_until(300 + 4 * ELECTION, elsewhere).is_some());
    lab.assert_sound();
}

/// The word that a rest is over may be lost; it is repeated until it is understood.
#[test]
fn the_word_that_a_rest_is_over_is_repeated() {
    let mut lab = resting(3, 1);
    let group = GroupId(0);
    let (epoch, at) = lab.serving(group).unwrap();
    lab.request(at, group, Request::StepDown);
    // The next beat and everything that comes with it is lost.
    for _ in 0..30 {
        lab.pass();
        (0..3).for_each(|at| lab.tick(at));
        lab.wire.retain(|(from, _, _)| *from != at);
    }
    let elsewhere = |lab: &Lab| lab.serving(group).is_some_and(|(now, _)| now > epoch);
    assert!(lab.run_until(300 + 4 * ELECTION, elsewhere).is_some());
    lab.assert_sound();
}

/// A primary that is carried no longer frees its replicas too.
#[test]
fn a_primary_that_is_removed_frees_its_replicas() {
    let mut lab = resting(3, 2);
    let (epoch, at) = lab.serving(GroupId(0)).unwrap();
    let other = lab.serving(GroupId(1));
    let gone = lab.machines[at].multi.as_mut().unwrap().remove(GroupId(0), &mut Outputs::default());
    assert!(gone.is_some_and(|node| node.is_serving()));
    let elsewhere = |lab: &Lab| lab.serving(GroupId(0)).is_some_and(|(now, _)| now > epoch);
    assert!(lab.run_until(300 + 4 * ELECTION, elsewhere).is_some());
    assert_eq!(lab.serving(GroupId(1)), other);
    lab.assert_sound();
}

/// Who cannot hear the primary's host asks the others in vain: they have heard it, although the primary itself has not
/// said a word for long.
#[test]
fn a_replica_that_rests_stands_by_its_primary() {
    let mut lab = resting(3, 4);
    lab.run(1_000);
    for group in lab.groups.clone() {
        let (epoch, at) = lab.serving(group).unwrap();
        let apart = (at + 1) % 3;
        (lab.cut[at][apart], lab.cut[apart][at]) = (true, true);
        lab.run(1_000);
        assert_eq!(lab.serving(group), Some((epoch, at)), "{group}");
        (lab.cut[at][apart], lab.cut[apart][at]) = (false, false);
        assert!(lab.run_until(1_000, Lab::all_rest).is_some());
        assert_eq!(lab.serving(group), Some((epoch, at)), "{group}");
    }
    lab.assert_sound();
}

/// A host that stood still for longer than its patience wakes its primaries. They ask their replicas before they
/// despair of them.
#[test]
fn who_slept_too_long_asks_before_it_resigns() {
    let mut lab = resting(3, 2);
    for group in lab.groups.clone() {
        let (epoch, at) = lab.serving(group).unwrap();
        lab.machines[at].clock += ELECTION + 20;
        lab.run(100);
        assert_eq!(lab.serving(group), Some((epoch, at)), "{group}");
        assert!(lab.run_until(1_000, Lab::all_rest).is_some());
    }
    lab.assert_sound();
}

/// Cut off together with nobody, the old primary's lease ends before a new one serves.
#[test]
fn a_lease_ends_before_the_next_primary_serves() {
    for fast in [false, true] {
        let mut lab = resting(3, 1);
        let group = GroupId(0);
        let (epoch, at) = lab.serving(group).unwrap();
        for other in (0..3).filter(|other| *other != at) {
            (lab.cut[at][other], lab.cut[other][at]) = (true, true);
        }
        (0..3).for_each(|other| lab.machines[other].rate = if (other == at) == fast { FAST } else { SLOW });
        assert_eq!(lab.lease(at, group), Some(epoch));
        let newer = |lab: &Lab| lab.serving(group).is_some_and(|(now, _)| now > epoch);
        assert!(lab.run_until(2_000, newer).is_some());
        assert_eq!(lab.lease(at, group), None);
        lab.assert_sound();
    }
}

/// A lease read of a group that rests is answered without a word between nodes.
#[test]
fn a_lease_read_wakes_nobody() {
    let mut lab = resting(3, 1);
    let group = GroupId(0);
    let (_, at) = lab.serving(group).unwrap();
    lab.run(500);
    let sent = lab.sent;
    lab.request(at, group, Request::Read { id: 1, kind: crate::commit::ReadKind::Lease });
    let position = lab.node(at, group).unwrap().position();
    lab.request(at, group, Request::ConfirmRead { id: 1, at: position });
    lab.run(50);
    assert_eq!(lab.sent, sent);
    assert!(lab.all_rest());
    lab.assert_sound();
}

/// A late answer to a beat of a former life, whose clock had shown what it shows again: it lengthens no lease.
fn old_answer(lab: &mut Lab) {
    let group = GroupId(0);
    let (_, at) = lab.serving(group).unwrap();
    let heard = |message: &&(usize, usize, Envelope<u8>)| {
        message.1 == at && matches!(message.2.letter, Letter::Heard { .. })
    };
    let old = loop {
        lab.pass();
        lab.tick(at);
        (0..lab.wire.len()).for_each(|_| lab.deliver(0, false));
        if let Some(old) = lab.wire.iter().find(heard) {
            break old.clone();
        }
        lab.run(1);
    };
    let Letter::Heard { stamp } = old.2.letter else { unreachable!("it was chosen") };
    lab.crash(at, 2);
    lab.boot(at);
    let shows = |lab: &Lab| lab.machines[at].clock;
    while shows(lab) + 1_000 < stamp.units() {
        lab.run(1);
    }
    let (_, now) = lab.serving(group).unwrap();
    lab.request(now, group, Request::Switchover { to: node(at) });
    while shows(lab) + 20 < stamp.units() {
        lab.run(1);
    }
    assert!(
        lab.serving(group).is_some_and(|(_, now)| now == at) && lab.all_rest(),
        "it serves again, and rests"
    );
    for other in (0..3).filter(|other| *other != at) {
        (lab.cut[at][other], lab.cut[other][at]) = (true, true);
        lab.machines[other].rate = FAST;
    }
    while lab.machines[at].multi.as_ref().unwrap().beat < Some(stamp) {
        lab.run(1);
    }
    lab.arrive(old.0, old.1, old.2);
    lab.run(1_000);
    assert!(lab.serving(group).is_some_and(|(_, now)| now != at));
}

#[test]
fn an_answer_of_a_former_life_lengthens_no_lease() {
    let mut lab = resting(3, 1);
    old_answer(&mut lab);
    lab.assert_sound();
}

/// Without the rule the same moves end in two who serve: the scene is worth something.
#[cfg(feature = "rules-off")]
#[test]
fn an_answer_of_a_former_life_would_lengthen_a_lease() {
    use crate::rule::{Rule, RuleSet, without};
    let mut lab = resting(3, 1);
    without(RuleSet::NONE.with(Rule::AnswersAreOfThisLife), || old_answer(&mut lab));
    assert!(lab.broken.is_some_and(|what| what.contains("holds a lease")));
}

/// Letters that no correct host writes, and late ones, change nothing that counts, and are refused by name.
#[test]
fn strange_letters_are_refused() {
    let mut lab = resting(3, 1);
    let (group, now) = (GroupId(0), |lab: &Lab| Instant::new(lab.machines[0].clock));
    let bond = Bond { incarnation: 1, broken: 0 };
    let letter = |letter| Envelope { bond, you: Some(1), letter };
    let message = Message { epoch: Epoch::ZERO, body: Body::Fetch { from: 0 } };
    lab.pass();
    let future = now(&lab).after(Span::new(1));
    // The clock has shown it, and nothing was sent then.
    let unsent = lab.machines[0].multi.as_ref().unwrap().beat.unwrap().after(Span::new(1));
    assert!(unsent < future);
    let cases = [
        (host(0), Letter::Beat { stamp: now(&lab) }, Refused::FromSelf),
        (HostId(9), Letter::Beat { stamp: now(&lab) }, Refused::UnknownHost(HostId(9))),
        (host(1), Letter::Heard { stamp: future }, Refused::FutureStamp { host: host(1), stamp: future }),
        (host(1), Letter::Heard { stamp: unsent }, Refused::FutureStamp { host: host(1), stamp: unsent }),
        (host(1), Letter::Group { group: GroupId(7), message }, Refused::UnknownGroup(GroupId(7))),
    ];
    for (from, what, refused) in cases {
        let at = now(&lab);
        let multi = lab.machines[0].multi.as_mut().unwrap();
        let (mut out, before) = (Outputs::default(), multi.clone());
        multi.step(at, Input::Envelope { from, envelope: letter(what) }, &mut out);
        assert_eq!(out.list, [Output::Refused(refused)]);
        assert!(*multi == MultiNode { clock: multi.clock, ..before }, "{refused}: something changed");
        assert!(!std::string::ToString::to_string(&refused).is_empty());
    }
    let message = Message { epoch: Epoch::ZERO, body: Body::Fetch { from: 0 } };
    let input = failover::Input::Message { from: node(1), message };
    let at = now(&lab);
    let mut out = Outputs::default();
    lab.machines[0].multi.as_mut().unwrap().step(at, Input::Group { group, input }, &mut out);
    assert_eq!(out.list, [Output::Refused(Refused::NoEnvelope(group))]);
}

#[test]
fn what_cannot_be_carried_is_refused() {
    let lab = Lab::new(3, 1, None);
    let mut multi = lab.machines[0].multi.clone().unwrap();
    let carried = lab.node(0, GroupId(0)).unwrap().clone();
    let placement = |hosts: &[u64]| {
        let hosts = hosts.iter().enumerate().map(|(at, host)| (node(at), HostId(*host))).collect();
        Placement::new(hosts).map(alloc::sync::Arc::new)
    };
    let right = placement(&[100, 101, 102]).unwrap();
    let wrong = placement(&[101, 100, 102]).unwrap();
    assert_eq!(multi.add(GroupId(0), carried.clone(), right.clone()), Err(AddError::Exists(GroupId(0))));
    let elsewhere = AddError::Elsewhere { node: node(0), host: HostId(100) };
    assert_eq!(multi.add(GroupId(1), carried.clone(), wrong), Err(elsewhere));
    assert!(placement(&[100, 101, 101]).is_err());
    multi.pace.groups = 1;
    assert_eq!(multi.add(GroupId(1), carried.clone(), right), Err(AddError::TooManyGroups(1)));
    (multi.pace.groups, multi.pace.hosts) = (2, 2);
    let new = placement(&[100, 101, 103]).unwrap();
    assert_eq!(multi.add(GroupId(1), carried, new), Err(AddError::TooManyHosts(2)));
    let usual = Pace::of(Span::new(ELECTION));
    assert_eq!(usual.check(), Ok(()));
    assert_eq!(Pace { beat: Span::ZERO, ..usual }.check(), Err(PaceError::NoBeat));
    assert!(Pace { beat: Span::new(51), ..usual }.check().is_err());
}
