//! Decisions that nothing breaks without, at once or where it is looked for: the exact edge of each.

use super::*;
use crate::config::Settings;

/// The token that `id` asks for votes with, when it is told that `gone` is powered off.
fn token_after_power_off(lab: &mut Lab, id: u8, gone: u8) -> Option<Release> {
    lab.cut();
    lab.request(id, Request::PoweredOff(node(gone)));
    lab.flush(id);
    let token = |(from, _, message): &(NodeId, NodeId, Message<u8>)| match message.body {
        Body::Vote { token, .. } if *from == node(id) => Some(token),
        _ => None,
    };
    let asked = lab.wire.iter().find_map(token);
    asked.expect("it stands, whether or not anything is released")
}

/// Three nodes of which n0 beats in epoch 1 and n1 hears it.
fn hears_beat(serving: bool) -> Lab {
    let mut lab = Lab::new(Setup { lease: Some(lease()), ..setup() }, three());
    let beat = Beat { stamp: Instant::new(1), lease: Span::new(40), round: 0, quorate: true, serving };
    let message = Message { epoch: epoch(1), body: Body::Beat(beat) };
    lab.step(1, Input::Message { from: node(0), message });
    lab.flush(1);
    lab
}

/// Before it serves, a primary waits for older leases: that it is gone says nothing of those.
#[test]
fn only_the_power_off_of_who_served_ends_every_older_lease() {
    assert_eq!(token_after_power_off(&mut hears_beat(false), 1, 0), None);
    let token = Some(Release { epoch: epoch(1), holder: node(0) });
    assert_eq!(token_after_power_off(&mut hears_beat(true), 1, 0), token);
}

#[test]
fn the_power_off_of_a_replica_ends_no_lease() {
    assert_eq!(token_after_power_off(&mut hears_beat(true), 1, 2), None);
}

/// Nor does a power-off in an epoch of which nobody was heard to serve.
#[test]
fn who_served_before_is_not_who_serves() {
    let mut lab = hears_beat(true);
    let quiet =
        Beat { stamp: Instant::new(1), lease: Span::new(40), round: 0, quorate: true, serving: false };
    let message = Message { epoch: epoch(2), body: Body::Beat(quiet) };
    lab.step(1, Input::Message { from: node(2), message });
    lab.flush(1);
    assert_eq!(token_after_power_off(&mut lab, 1, 2), None);
}

/// With clocks read in steps of five, even a lease of no length would bind for a step.
#[test]
fn a_beat_that_asks_for_no_lease_binds_nobody() {
    let lease = Lease::new(Span::new(30), Span::new(40), Span::new(5), Drift::NONE).unwrap();
    for (asked, bound) in [(0, None), (1, Some(Span::new(6)))] {
        let mut lab = Lab::new(Setup { lease: Some(lease), ..setup() }, three());
        let lease = Span::new(asked);
        let beat = Beat { stamp: Instant::new(1), lease, round: 0, quorate: false, serving: false };
        let message = Message { epoch: epoch(1), body: Body::Beat(beat) };
        lab.step(1, Input::Message { from: node(0), message });
        let vote = Body::Vote { config: lab.at(1).node.hard().config_id(), token: None, audit: false };
        lab.step(1, Input::Message { from: node(2), message: Message { epoch: epoch(2), body: vote } });
        lab.flush(1);
        let busy = |(_, _, message): &(NodeId, NodeId, Message<u8>)| match message.body {
            Body::Granted { busy, .. } => Some(busy),
            _ => None,
        };
        assert_eq!(lab.wire.iter().find_map(busy), Some(bound), "asked for {asked}");
    }
}

/// Acks by all three, or by n0 and n1 after 40 units; the others' flushes are lost.
fn degraded(cap: u64) -> Lab {
    let weak = Weak { acks: Acks::new(Quorum::every(NodeSet::first(1))).unwrap(), after: Span::new(40), cap };
    let every = Some(Quorum::every(NodeSet::first(3)));
    let mut lab = Lab::new(setup(), Draft { acks: every, weak: Some(weak), ..three() });
    lab.stand(0);
    lab.loses = |_, _, body| matches!(body, Body::Ack { .. });
    lab.request(0, Request::Write(1.into()));
    for _ in 0..8 {
        lab.tick(25);
    }
    assert_eq!(lab.at(0).node.hard().config.newest().mode(), Mode::Degraded);
    lab
}

#[test]
fn who_is_degraded_takes_writes_up_to_the_cap_and_none_beyond_it() {
    let mut lab = degraded(3);
    for payload in 2..4 {
        lab.request(0, Request::Write(payload.into()));
        lab.settle();
        assert_eq!(lab.at(0).refused, []);
    }
    lab.request(0, Request::Write(4.into()));
    assert_eq!(lab.at(0).refused.pop(), Some(Refused::Busy(Bound::Degraded)));
    assert_eq!((lab.at(0).node.log().len(), lab.at(0).node.committed()), (3, 3));
    // The others hold everything again: the cap counts from there.
    lab.loses = |_, _, _| false;
    lab.tick(25);
    lab.request(0, Request::Write(4.into()));
    lab.settle();
    assert_eq!((lab.at(0).refused.len(), lab.at(0).node.committed()), (0, 4));
}

/// Only n0 acknowledges. It wrote three entries, of which n1 has two and has heard that one was committed.
#[test]
fn an_accepted_loss_says_from_where_and_up_to_where() {
    let acks = Some(Quorum::every(NodeSet::one(node(0))));
    let mut lab = Lab::new(setup(), Draft { acks, ..three() });
    lab.stand(0);
    for payload in 1..3 {
        lab.request(0, Request::Write(payload.into()));
        lab.settle();
    }
    lab.tick(25);
    lab.loses = |from, to, _| from == node(0) || to == node(0);
    lab.request(0, Request::Write(3.into()));
    lab.settle();
    assert_eq!(lab.at(0).node.committed(), 3);
    // Who audits learns from n2 what was committed there, even if it has less itself.
    lab.pass(200);
    lab.request(1, Request::Recover { accept_loss: true });
    lab.settle();
    lab.tick(100);
    let lost = lab.at(1).told.iter().find(|event| matches!(event, Event::LossAccepted { .. }));
    let epoch = Epoch::new(1, 2).unwrap();
    assert_eq!(lost, Some(&Event::LossAccepted { epoch, from: 2, known: 2 }));
}

/// With a bound on how long a disk may take, a primary that writes nothing asks its disk with every beat.
#[test]
fn a_primary_with_nothing_to_write_asks_its_disk() {
    let probes =
        |lab: &Lab| lab.machines[0].flushing.iter().filter(|(_, record)| *record == Record::PROBE).count();
    for (stall, expected) in [(None, 0), (Some(Span::new(60)), 1)] {
        let mut lab = Lab::new(Setup { stall, ..setup() }, three());
        lab.stand(0);
        lab.pass(25);
        lab.step(0, Input::Tick);
        assert_eq!(probes(&lab), expected);
        // While that is on its way there is no need for another.
        lab.pass(25);
        lab.step(0, Input::Tick);
        assert_eq!(probes(&lab), expected);
    }
}

#[test]
fn a_configuration_that_was_lost_on_its_way_is_said_again_with_the_next_beat() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.loses = |_, _, body| matches!(body, Body::Install { .. });
    let draft = Draft { votes: Quorum::every(NodeSet::first(3)), ..three() };
    let target = Settings::new(draft).unwrap();
    lab.request(0, Request::Change(target.clone().into()));
    lab.settle();
    assert!(lab.at(0).node.hard().config.next.is_some(), "nobody has heard of it");
    // Not even the beats' answers tell: said is what is missing, and to whom it is missing.
    lab.loses = |_, to, body| matches!(body, Body::BeatAck { .. }) || to == node(2);
    lab.pass(25);
    lab.step(0, Input::Tick);
    let installs = |lab: &Lab, to: u8| {
        let install = |(_, at, message): &&(NodeId, NodeId, Message<u8>)| {
            *at == node(to) && matches!(message.body, Body::Install { .. })
        };
        lab.wire.iter().filter(install).count()
    };
    assert_eq!([1, 2].map(|to| installs(&lab, to)), [1, 1]);
    lab.settle();
    lab.pass(25);
    lab.step(0, Input::Tick);
    assert_eq!([1, 2].map(|to| installs(&lab, to)), [0, 1], "n1 has said that it has it");
}
