//! What a node does when it is asked for its vote, asks for others', or is told no: at exactly the edge.

use super::*;
use crate::commit::{History, Promise};
use crate::config::ConfigId;
use crate::id::Position;

fn vote(config: ConfigId) -> Body<u8> {
    Body::Vote { config, token: None, audit: false }
}

fn granted() -> Body<u8> {
    Body::Granted { promise: Promise::default(), busy: None }
}

fn told_no(reason: Refusal) -> Body<u8> {
    Body::Refused { reason, config: None }
}

/// n1 has promised n0, who leads epoch `number`, to accept nothing older. It gave nobody its vote.
fn has_promised(number: u64) -> Lab {
    let mut lab = Lab::new(setup(), three());
    lab.hear(1, 0, number, Body::Revoke { audit: false });
    lab.flush(1);
    lab.cut();
    let ballot = lab.at(1).image.hard.ballot;
    assert_eq!((ballot.epoch, ballot.vote), (epoch(number), None));
    lab
}

/// n1 stands and has voted for itself; what it said to others is lost.
fn stands(draft: Draft) -> Lab {
    let mut lab = Lab::new(setup(), draft);
    lab.pass(100);
    lab.step(1, Input::Tick);
    lab.flush(1);
    lab.cut();
    assert_eq!(lab.at(1).node.votes(), NodeSet::one(node(1)));
    lab
}

// ---- being told no ----------------------------------------------------------------------------------------

#[test]
fn a_request_of_an_older_epoch_is_refused_in_the_newer_one_and_changes_nothing() {
    let mut lab = has_promised(5);
    let old = epoch(4);
    let history = Arc::new(History::new(vec![(old, 0)]).unwrap());
    let config = Arc::clone(&lab.at(1).node.hard().config);
    let token = Release { epoch: old, holder: node(0) };
    let beat = Beat { stamp: Instant::new(1), lease: Span::new(40), round: 0, quorate: true, serving: true };
    let head = Head { history: Arc::clone(&history), from: 0, committed: 0 };
    let before = lab.at(1).node.clone();
    for body in [
        Body::PreVote { config: config.id, position: Position::default(), priority: 0, round: 0 },
        vote(config.id),
        Body::Beat(beat),
        Body::Handover { token },
        Body::Install { config },
        Body::Revoke { audit: false },
        Body::Fetch { from: 0 },
        Body::Append(Append::new(head, 7.into())),
        Body::Snapshot { base: 1, history },
    ] {
        assert!(body.is_request());
        lab.hear(1, 0, 4, body.clone());
        assert_eq!(lab.at(1).node, before, "{body:?}");
        let no = Message { epoch: epoch(5), body: told_no(Refusal::OldEpoch) };
        assert_eq!(lab.said(1, 0), [no], "{body:?}");
    }
}

#[test]
fn who_is_refused_enters_the_epoch_of_who_refuses() {
    for (heard, entered) in [(4, 5), (5, 5), (6, 6)] {
        let mut lab = has_promised(5);
        lab.hear(1, 2, heard, told_no(Refusal::PrimaryAlive));
        assert_eq!(lab.at(1).node.epoch(), epoch(entered), "of epoch {heard}");
    }
}

#[test]
fn who_stands_with_an_older_configuration_is_given_the_newer_one() {
    let mut lab = Lab::with_outdated_n2();
    let newer = lab.at(0).node.hard().config_id();
    assert!(lab.at(2).node.hard().config_id() < newer);
    // Only the refusal can bring it: beats and publications are lost.
    lab.loses = |_, _, body| !matches!(body, Body::Vote { .. } | Body::Refused { .. });
    lab.stand(2);
    let refused = Refused::Vote { to: node(2), reason: Refusal::OldConfig };
    assert_eq!((lab.at(1).refused.pop(), lab.at(1).node.epoch()), (Some(refused), epoch(1)));
    assert_eq!((lab.at(2).node.role(), lab.at(2).image.hard.config_id()), ("follower", newer));
}

// ---- asking around ----------------------------------------------------------------------------------------

/// n1, who has two entries of epoch 1 and priority 5, and hears no primary any more.
fn ranks() -> Lab {
    let priority = [(node(0), 5), (node(1), 5)].into_iter().collect();
    let mut lab = Lab::new(setup(), Draft { priority, ..three() });
    lab.stand(0);
    lab.request(0, Request::Write(vec![1, 2].into()));
    lab.settle();
    lab.pass(100);
    lab
}

#[test]
fn whom_it_would_rather_lead_itself_it_asks_to_wait_a_round() {
    let mut lab = ranks();
    let asked = epoch(1);
    let (yes, later) = (Body::PreYes { asked }, Body::PreLater { asked });
    for (len, priority, first) in [
        // A shorter log, whatever its priority.
        (1, 4, &later),
        (1, 5, &later),
        (1, 6, &later),
        // Of equal logs, a lower priority.
        (2, 4, &later),
        (2, 5, &yes),
        (2, 6, &yes),
        // A longer log, whatever its priority.
        (3, 4, &yes),
        (3, 5, &yes),
        (3, 6, &yes),
    ] {
        for (round, expected) in [(0, first), (1, &yes)] {
            let (config, position) = (ConfigId::default(), Position { epoch: asked, len });
            lab.hear(1, 2, 1, Body::PreVote { config, position, priority, round });
            let answer = Message { epoch: epoch(1), body: expected.clone() };
            assert_eq!(lab.said(1, 2), [answer], "length {len}, priority {priority}, round {round}");
        }
    }
}

/// Nobody hears anybody, and waits have a random part below `spread`.
fn alone(spread: u64) -> Lab {
    let usual = setup();
    let timing = Timing { spread: Span::new(spread), ..usual.timing };
    let mut lab = Lab::new(Setup { prevote: true, timing, ..usual }, three());
    lab.loses = |_, _, _| true;
    lab
}

#[test]
fn who_asks_in_vain_waits_for_another_random_time_with_every_try() {
    let mut lab = alone(50);
    let mut waits = Vec::new();
    for _ in 0..8 {
        let deadline = lab.at(0).node.deadline().unwrap();
        waits.push(deadline.since(lab.now).units());
        lab.now = deadline;
        lab.step(0, Input::Tick);
    }
    assert!(waits.iter().all(|wait| (100..150).contains(wait)), "{waits:?}");
    assert!(waits.windows(2).all(|two| two[0] != two[1]), "{waits:?}");
}

/// So that a node that is alone for ever has no more than a few states.
#[test]
fn where_waits_are_not_random_nobody_counts_its_tries() {
    let after = |waits: &[u64]| {
        let mut lab = alone(0);
        for wait in waits {
            lab.pass(*wait);
            lab.step(0, Input::Tick);
        }
        lab.at(0).node.clone()
    };
    assert_eq!(after(&[100, 100, 100]), after(&[200, 100]));
}

// ---- voting -----------------------------------------------------------------------------------------------

#[test]
fn a_vote_is_on_disk_before_it_is_said_even_if_the_epoch_was_and_is_written_once() {
    let mut lab = has_promised(3);
    lab.hear(1, 2, 3, vote(ConfigId::default()));
    assert_eq!(lab.said(1, 2), []);
    lab.flush(1);
    assert_eq!(lab.at(1).image.hard.ballot.vote, Some(node(2)));
    let yes = Message { epoch: epoch(3), body: granted() };
    assert_eq!(lab.said(1, 2), vec![yes.clone()]);
    // Asked again it says the same, and its disk has nothing to do.
    lab.hear(1, 2, 3, vote(ConfigId::default()));
    assert_eq!((lab.said(1, 2), lab.at(1).flushing.len()), (vec![yes], 0));
}

// ---- winning ----------------------------------------------------------------------------------------------

#[test]
fn a_vote_of_an_older_epoch_does_not_count() {
    let mut lab = stands(three());
    lab.pass(100);
    lab.step(1, Input::Tick);
    lab.flush(1);
    assert_eq!(lab.at(1).node.epoch(), epoch(2));
    lab.hear(1, 0, 1, granted());
    assert_eq!(lab.at(1).node.votes(), NodeSet::one(node(1)));
    lab.hear(1, 0, 2, granted());
    assert_eq!(lab.at(1).node.role(), "primary");
}

/// n1 wins by the vote of n2, but may not begin without n0, whose flush alone makes a write durable.
#[test]
fn a_vote_that_comes_late_is_still_a_promise() {
    let acks = Some(Quorum::every(NodeSet::one(node(0))));
    let mut lab = stands(Draft { acks, ..three() });
    lab.hear(1, 2, 1, granted());
    assert_eq!(lab.at(1).node.phase(), Some(Phase::Revoking));
    lab.hear(1, 0, 1, granted());
    assert_eq!(lab.at(1).node.phase(), Some(Phase::Replicating));
}

/// With clocks read in steps of five, even an obligation of no length would bind for a step.
#[test]
fn who_is_elected_by_voters_that_owe_nobody_anything_serves_at_once() {
    let lease = Lease::new(Span::new(30), Span::new(40), Span::new(5), Drift::NONE).unwrap();
    let mut lab = Lab::new(Setup { lease: Some(lease), ..setup() }, three());
    lab.stand(0);
    assert!(lab.at(0).node.is_serving(), "{:?}", lab.at(0).node.phase());
}

#[test]
fn only_the_primary_that_it_follows_can_hand_over_to_a_node() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    let before = lab.at(1).node.clone();
    let token = |holder| Release { epoch: epoch(1), holder: node(holder) };
    lab.hear(1, 2, 1, Body::Handover { token: token(2) });
    assert_eq!(lab.at(1).node.hard(), before.hard());
    assert_eq!(lab.at(1).node.primary(), Some(node(0)));
    lab.hear(1, 0, 1, Body::Handover { token: token(0) });
    assert_eq!((lab.at(1).node.role(), lab.at(1).node.epoch()), ("candidate", epoch(2)));
    lab.flush(1);
    let ask = Body::Vote { config: ConfigId::default(), token: Some(token(0)), audit: false };
    assert_eq!(lab.said(1, 2), [Message { epoch: epoch(2), body: ask }]);
}

/// n1 leads epochs 1 and 2: what is late is of another log, even if the same node wrote it.
#[test]
fn an_acknowledgement_of_an_older_epoch_commits_nothing() {
    let mut lab = stands(three());
    lab.hear(1, 0, 1, granted());
    lab.settle();
    lab.request(1, Request::StepDown);
    lab.stand(1);
    assert!(lab.at(1).node.is_serving() && lab.at(1).node.epoch() == epoch(2));
    lab.request(1, Request::Write(vec![1].into()));
    lab.flush(1);
    lab.cut();
    lab.hear(1, 0, 1, Body::Ack { len: 1 });
    assert_eq!(lab.at(1).node.committed(), 0);
    lab.hear(1, 0, 2, Body::Ack { len: 1 });
    assert_eq!(lab.at(1).node.committed(), 1);
}
