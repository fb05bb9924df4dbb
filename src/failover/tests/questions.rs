//! What a node says of itself, in each of its roles.

use super::*;
use crate::commit::ReadKind;
use crate::config::ConfigId;

/// Any one of three acknowledges, so that a primary needs the promises of all three before it begins.
fn any_of_three() -> Lab {
    let acks = Some(Quorum::Any { need: 1, of: NodeSet::first(3) });
    Lab::new(Setup { lease: Some(lease()), ..setup() }, Draft { acks, ..three() })
}

#[test]
fn a_node_tells_whose_votes_promises_and_copies_it_has() {
    let mut lab = any_of_three();
    let says = |lab: &Lab| {
        let node = &lab.machines[0].node;
        let acked = node.replication().map(|replication| replication.holders(0));
        (node.role(), node.votes(), node.promised(), acked)
    };
    let [none, one, two, three] = [0, 1, 2, 3].map(NodeSet::first);
    assert_eq!(says(&lab), ("follower", none, none, None));
    lab.pass(100);
    lab.step(0, Input::Tick);
    assert_eq!(says(&lab), ("candidate", none, none, None), "its own vote is not durable yet");
    lab.flush(0);
    assert_eq!(says(&lab), ("candidate", one, one, None));
    lab.loses = |from, _, _| from == node(2);
    lab.settle();
    assert_eq!((says(&lab), lab.at(0).node.phase()), (("primary", none, two, None), Some(Phase::Revoking)));
    lab.loses = |_, _, _| false;
    lab.tick(25);
    assert_eq!(says(&lab), ("primary", none, none, Some(three)));
    let acknowledges = |id: usize| [0, 1].map(|n| lab.machines[id].node.acknowledges(NodeSet::first(n)));
    assert_eq!((acknowledges(0), acknowledges(1)), ([false, true], [false, false]));
}

#[test]
fn only_an_answer_that_changes_something_is_news() {
    let mut lab = any_of_three();
    lab.stand(0);
    lab.loses = |_, to, _| to == node(2);
    lab.tick(25);
    let sent = lab.now;
    // One unit short of the horizon; n1 has answered every beat, n2 none.
    assert_eq!(lab.setup.stamp_horizon(), Span::new(101));
    for _ in 0..4 {
        lab.tick(25);
    }
    let news = |lab: &Lab, id: usize, from: u8, stamp: Instant, round| {
        lab.machines[id].node.has_news(node(from), stamp, round)
    };
    assert!(!news(&lab, 0, 1, lab.now, 0) && news(&lab, 0, 2, sent, 0));
    lab.pass(1);
    lab.step(0, Input::Durable(Seq::default()));
    assert!(!news(&lab, 0, 2, sent, 0), "nothing is measured from so long ago");
    assert!(news(&lab, 0, 1, lab.now, 0) && !news(&lab, 1, 2, lab.now, 0), "n1 is no primary");
    // It may still confirm a read.
    lab.request(0, Request::Read { id: 7, kind: ReadKind::Quorum });
    assert_eq!(lab.at(0).node.waiting_reads(), 1);
    lab.step(0, Input::Tick);
    assert_eq!([0, 1, 2].map(|round| news(&lab, 0, 2, sent, round)), [false, true, false]);
    assert_eq!(lab.at(0).told.last(), Some(&Event::Serving { epoch: epoch(1) }), "not confirmed yet");
    lab.settle();
    let at = crate::id::Position { epoch: epoch(1), len: 0 };
    assert_eq!(lab.at(0).told.last(), Some(&Event::ReadAt { id: 7, at }));
}

#[test]
fn a_primary_holds_stamps_from_its_first_beat_on() {
    let mut lab = any_of_three();
    let holds = |lab: &Lab| [0, 1].map(|id: usize| lab.machines[id].node.holds_stamps());
    lab.pass(100);
    lab.step(0, Input::Tick);
    lab.flush(0);
    assert_eq!(holds(&lab), [false, false]);
    lab.settle();
    lab.tick(25);
    assert_eq!(holds(&lab), [true, false]);
    assert_eq!(lab.at(0).node.answered(node(1)), Some(Span::ZERO));
    assert_eq!(lab.at(1).node.answered(node(0)), None);
    lab.pass(7);
    lab.step(0, Input::Durable(Seq::default()));
    assert_eq!(lab.at(0).node.answered(node(1)), Some(Span::new(7)));
}

/// n1 answers its first beat when it has recorded for how long it may be bound.
#[test]
fn an_answer_that_is_held_back_holds_a_reading_of_the_primary_s_clock() {
    let mut lab = any_of_three();
    let beat = Beat { stamp: lab.now, lease: Span::new(40), round: 0, quorate: true, serving: false };
    let message = Message { epoch: epoch(1), body: Body::Beat(beat) };
    lab.step(1, Input::Message { from: node(0), message });
    assert_eq!(lab.at(1).node.echoes_held(), NodeSet::one(node(0)));
    lab.flush(1);
    assert_eq!(lab.at(1).node.echoes_held(), NodeSet::EMPTY);
    // It is bound now, and says for how long.
    let left = |lab: &Lab| (lab.machines[1].node.waits(), lab.machines[1].node.busy_left().units());
    assert_eq!(left(&lab), (true, 40));
    lab.pass(39);
    lab.step(1, Input::Durable(Seq::default()));
    assert_eq!(left(&lab), (true, 1));
    lab.pass(1);
    lab.step(1, Input::Durable(Seq::default()));
    assert_eq!(left(&lab), (false, 0));
}

/// n1 is bound to n0 for 40 units when n2 asks for its vote, and n2 waits for as long.
#[test]
fn who_waits_for_older_leases_says_so_until_they_are_over() {
    let mut lab = any_of_three();
    lab.stand(0);
    let waits =
        |lab: &Lab, id: usize| (lab.machines[id].node.waits(), lab.machines[id].node.wait_left().units());
    assert_eq!(waits(&lab, 0), (false, 0));
    lab.tick(25);
    assert_eq!(lab.at(0).node.phase(), Some(Phase::Serving));
    lab.loses = |from, to, _| from == node(0) || to == node(0);
    lab.request(2, Request::ForgetPrimary);
    lab.cut();
    lab.pass(100);
    let mut free = lab.clone();
    free.step(2, Input::Tick);
    free.flush(2);
    assert_eq!((waits(&free, 2), free.at(2).node.role()), ((false, 0), "candidate"));
    // As if n1 had been bound by a beat just now.
    let epoch_of_n0 = lab.at(0).node.epoch();
    let beat = Beat { stamp: lab.now, lease: Span::new(40), round: 0, quorate: false, serving: true };
    let message = Message { epoch: epoch_of_n0, body: Body::Beat(beat) };
    lab.step(1, Input::Message { from: node(0), message });
    lab.flush(1);
    lab.cut();
    lab.step(2, Input::Tick);
    lab.settle();
    assert_eq!((waits(&lab, 2), lab.at(2).node.phase()), ((true, 40), Some(Phase::Revoking)));
    lab.pass(40);
    lab.step(2, Input::Durable(Seq::default()));
    assert_eq!(waits(&lab, 2), (false, 0));
}

#[test]
fn who_stands_by_an_operator_s_word_says_so() {
    let mut lab = any_of_three();
    lab.loses = |_, _, _| true;
    let accepts =
        |lab: &Lab| lab.machines.iter().map(|machine| machine.node.accepts_loss()).collect::<Vec<_>>();
    lab.request(1, Request::ForgetPrimary);
    lab.request(2, Request::Recover { accept_loss: true });
    lab.flush(2);
    assert_eq!((lab.at(1).node.role(), lab.at(2).node.role()), ("candidate", "candidate"));
    assert_eq!(accepts(&lab), [false, false, true]);
    lab.loses = |_, _, _| false;
    lab.request(2, Request::Recover { accept_loss: true });
    lab.settle();
    assert_eq!((lab.at(2).node.role(), accepts(&lab)), ("primary", vec![false, false, true]));
}

/// The disk of n1 may take ten units. It answers who asks around for as long as it does not take longer.
#[test]
fn a_disk_hangs_if_nothing_completes_for_too_long() {
    let answers = |lab: &Lab| {
        let mut asked = lab.clone();
        asked.cut();
        let (config, position) = (ConfigId::default(), crate::id::Position::default());
        let body = Body::PreVote { config, position, priority: 0, round: 1 };
        asked.step(1, Input::Message { from: node(2), message: Message { epoch: epoch(9), body } });
        asked.wire.iter().any(|(_, _, said)| matches!(said.body, Body::PreYes { .. }))
    };
    let revoke = |lab: &mut Lab, number| {
        let message = Message { epoch: epoch(number), body: Body::Revoke { audit: false } };
        lab.step(1, Input::Message { from: node(0), message });
    };
    let mut lab = Lab::new(Setup { stall: Some(Span::new(10)), ..setup() }, three());
    revoke(&mut lab, 1);
    lab.pass(8);
    // Another record behind it changes nothing.
    revoke(&mut lab, 2);
    assert_eq!(lab.at(1).flushing.len(), 2);
    lab.pass(2);
    assert!(answers(&lab));
    let mut hung = lab.clone();
    hung.pass(1);
    assert!(!answers(&hung));
    // The first completes, and the second has as long from now on.
    let (seq, _) = lab.at(1).flushing.pop_front().unwrap();
    lab.step(1, Input::Durable(seq));
    lab.pass(10);
    assert!(answers(&lab));
    lab.pass(1);
    assert!(!answers(&lab));
    lab.flush(1);
    lab.pass(50);
    assert!(answers(&lab), "nothing is on its way");
}

#[test]
fn what_was_to_be_said_in_an_older_epoch_is_not_said_any_more() {
    let mut lab = Lab::new(setup(), three());
    for (from, number) in [(0, 1), (2, 2)] {
        let body = Body::Vote { config: ConfigId::default(), token: None, audit: false };
        lab.step(1, Input::Message { from: node(from), message: Message { epoch: epoch(number), body } });
    }
    assert!(lab.wire.is_empty(), "neither vote is durable");
    lab.flush(1);
    let said: Vec<_> = lab.wire.iter().map(|(_, to, message)| (*to, message.epoch)).collect();
    assert_eq!(said, [(node(2), epoch(2))]);
}
