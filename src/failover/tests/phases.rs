//! The phases of a primary: what moves it on and what does not, what it gives up and when, and for when it is woken.

use super::*;
use crate::commit::{History, Promise};
use crate::config::Engine;

/// The election timeout of [`setup`]: how long a primary waits for a donor, a successor, or a promise.
const PATIENCE: u64 = 100;

fn phase(lab: &Lab, id: usize) -> Option<Phase> {
    lab.machines[id].node.phase()
}

/// For when n0 wants to be woken, counted from `since`.
fn woken(lab: &Lab, since: Instant) -> Option<u64> {
    lab.machines[0].node.deadline().map(|deadline| deadline.since(since).units())
}

/// n0 beats when so much time has passed since `since`, and everything settles.
fn beat_at(lab: &mut Lab, since: Instant, units: u64) {
    lab.now = since.after(Span::new(units));
    lab.step(0, Input::Tick);
    lab.settle();
}

#[test]
fn an_epoch_begins_with_its_start_and_is_active_when_older_leases_are_over() {
    for (phase, begun, active) in [
        (Phase::Revoking, false, false),
        (Phase::Recovering { donor: node(1) }, false, false),
        (Phase::Promoting, false, false),
        (Phase::Replicating, true, false),
        (Phase::Waiting, true, false),
        (Phase::Fencing, true, true),
        (Phase::Loading, true, true),
        (Phase::Arming, true, true),
        (Phase::Serving, true, true),
        (Phase::Leaving { to: node(1) }, true, true),
    ] {
        assert_eq!((phase.has_begun(), phase.is_active()), (begun, active), "{phase:?}");
    }
}

// ---- whether it is needed ------------------------------------------------------------------------------

/// Three voters, of which n0 and n1 keep data; n0 is primary.
fn two_copies(prevote: bool, acks: Quorum, weak: Option<Weak>) -> Lab {
    let (data, acks) = (NodeSet::first(2), Some(acks));
    let mut lab = Lab::new(Setup { prevote, ..setup() }, Draft { acks, data, weak, ..three() });
    lab.stand(0);
    assert!(lab.at(0).node.is_serving());
    lab
}

/// n0 beats every 25 units. What the last of so many beats says: that nobody else need stand, or not.
fn needed_after(lab: &mut Lab, beats: u32) -> bool {
    let beat = |(from, _, message): &(NodeId, NodeId, Message<u8>)| match &message.body {
        Body::Beat(beat) if *from == node(0) => Some(beat.quorate),
        _ => None,
    };
    let mut said = None;
    for _ in 0..beats {
        lab.pass(25);
        lab.step(0, Input::Tick);
        said = lab.wire.iter().find_map(beat);
        lab.settle();
    }
    said.expect("it beats")
}

/// Where nobody asks around, whoever stands would serve no better.
#[test]
fn a_primary_without_copies_is_needed_no_longer_where_the_others_ask_around() {
    for (prevote, needed) in [(true, false), (false, true)] {
        let mut lab = two_copies(prevote, Quorum::every(NodeSet::first(2)), None);
        assert!(needed_after(&mut lab, 1));
        lab.loses = |from, _, _| from == node(1);
        assert!(needed_after(&mut lab, 4), "n1 answered no longer ago than the contact time");
        assert_eq!(needed_after(&mut lab, 1), needed, "asking around: {prevote}");
    }
}

#[test]
fn copies_are_enough_if_they_acknowledge_by_the_strong_family_or_the_weak_one() {
    let (n0, two) = (NodeSet::first(1), NodeSet::first(2));
    let without_n1 = |acks, weak| {
        let mut lab = two_copies(true, acks, weak);
        lab.loses = |from, _, _| from == node(1);
        needed_after(&mut lab, 9)
    };
    assert!(!without_n1(Quorum::every(two), None));
    assert!(without_n1(Quorum::every(two), Some(weak(Quorum::every(n0)))));
    // Once it has begun it needs no recovery set.
    assert!(without_n1(Quorum::Any { need: 1, of: two }, None));
    // A witness has no copy.
    let mut lab = two_copies(true, Quorum::every(two), None);
    lab.loses = |from, _, _| from == node(2);
    assert!(needed_after(&mut lab, 9));
}

/// Either of n0 and n1 acknowledges: n0 may lack what n1 has, unless an operator accepts that.
#[test]
fn before_it_begins_a_primary_is_needed_only_if_it_can_recover() {
    let acks = Some(Quorum::Any { need: 1, of: NodeSet::first(2) });
    let stand: [fn(&mut Lab); 2] =
        [|lab| lab.stand(0), |lab| lab.request(0, Request::Recover { accept_loss: true })];
    for (stand, needed) in stand.into_iter().zip([false, true]) {
        let draft = Draft { data: NodeSet::first(2), acks: acks.clone(), ..three() };
        let mut lab = Lab::new(Setup { prevote: true, ..setup() }, draft);
        lab.loses = |from, _, body| from == node(1) && !matches!(body, Body::PreYes { .. });
        stand(&mut lab);
        lab.settle();
        assert_eq!(phase(&lab, 0), Some(Phase::Revoking));
        assert!(needed_after(&mut lab, 4), "n1 may still answer");
        assert_eq!(needed_after(&mut lab, 1), needed);
    }
}

// ---- promises ------------------------------------------------------------------------------------------

/// Any one of three acknowledges, and n2 is silent: n0 has won, and lacks a promise.
fn revoking(accept_loss: bool) -> (Lab, Instant) {
    let acks = Some(Quorum::Any { need: 1, of: NodeSet::first(3) });
    let mut lab = Lab::new(setup(), Draft { acks, ..three() });
    lab.loses = |from, _, _| from == node(2);
    lab.pass(100);
    lab.step(0, if accept_loss { Input::Request(Request::Recover { accept_loss }) } else { Input::Tick });
    lab.settle();
    assert_eq!(phase(&lab, 0), Some(Phase::Revoking));
    let since = lab.now;
    for units in [30, 60, 90] {
        beat_at(&mut lab, since, units);
    }
    (lab, since)
}

fn losses(lab: &Lab) -> Vec<&Event> {
    lab.machines[0].told.iter().filter(|event| matches!(event, Event::LossAccepted { .. })).collect()
}

#[test]
fn only_who_accepts_loss_begins_without_a_promise_and_only_after_waiting_for_it() {
    for (accept_loss, next, then) in [(false, 115, Phase::Revoking), (true, PATIENCE, Phase::Serving)] {
        let (mut lab, since) = revoking(accept_loss);
        assert_eq!(woken(&lab, since), Some(next), "otherwise with the next beat");
        beat_at(&mut lab, since, PATIENCE - 1);
        assert_eq!((phase(&lab, 0), losses(&lab)), (Some(Phase::Revoking), vec![]));
        beat_at(&mut lab, since, PATIENCE);
        assert_eq!((phase(&lab, 0), losses(&lab).len()), (Some(then), usize::from(accept_loss)));
    }
}

#[test]
fn who_accepts_loss_and_lacks_no_promise_begins_at_once_and_says_nothing_of_a_loss() {
    let acks = Some(Quorum::Any { need: 1, of: NodeSet::first(3) });
    let mut lab = Lab::new(setup(), Draft { acks, ..three() });
    lab.request(0, Request::Recover { accept_loss: true });
    lab.settle();
    assert!(lab.at(0).node.is_serving());
    assert_eq!(losses(&lab), [] as [&Event; 0]);
}

#[test]
fn a_missing_promise_is_asked_for_at_once_and_with_every_beat_and_no_other_is() {
    let revoked = |lab: &Lab| -> Vec<NodeId> {
        let revoke = |(_, to, message): &(NodeId, NodeId, Message<u8>)| {
            matches!(message.body, Body::Revoke { .. }).then_some(*to)
        };
        lab.wire.iter().filter_map(revoke).collect()
    };
    let acks = Some(Quorum::Any { need: 1, of: NodeSet::first(3) });
    let mut lab = Lab::new(setup(), Draft { acks, ..three() });
    lab.loses = |from, to, _| from == node(2) || to == node(2);
    lab.pass(100);
    lab.step(0, Input::Tick);
    lab.flush(0);
    while lab.at(0).node.phase().is_none() {
        lab.deliver();
        lab.flush(1);
    }
    assert_eq!(revoked(&lab), [node(2)]);
    lab.settle();
    lab.pass(25);
    lab.step(0, Input::Tick);
    assert_eq!(revoked(&lab), [node(2)]);
    // It answers now, and that was all that was missing.
    lab.loses = |_, _, _| false;
    lab.settle();
    assert!(lab.at(0).node.is_serving());
}

/// The database of n0 may still receive from an older primary. That no time ends.
#[test]
fn who_accepts_loss_waits_for_its_own_database_and_is_not_woken_for_it() {
    let mut lab = Lab::new(Setup { engine: Engine::External, ..setup() }, three());
    lab.request(0, Request::Recover { accept_loss: true });
    lab.settle();
    let empty = Facts { history: Arc::default(), flushed: 0 };
    for id in [1, 2] {
        while !lab.at(id).effects.is_empty() {
            lab.done(id, Some(empty.clone()));
        }
    }
    lab.settle();
    let since = lab.now;
    for units in [30, 60, 90] {
        assert_eq!(phase(&lab, 0), Some(Phase::Revoking));
        beat_at(&mut lab, since, units);
    }
    assert_eq!(woken(&lab, since), Some(115), "with the next beat");
    beat_at(&mut lab, since, PATIENCE);
    assert_eq!(phase(&lab, 0), Some(Phase::Revoking));
    while !lab.at(0).effects.is_empty() && phase(&lab, 0) == Some(Phase::Revoking) {
        lab.done(0, Some(empty.clone()));
        lab.flush(0);
    }
    assert_eq!((phase(&lab, 0), losses(&lab)), (Some(Phase::Promoting), vec![]));
}

// ---- recovery ------------------------------------------------------------------------------------------

/// n1 led epoch 1 and wrote two entries with n2. Then n0 wins epoch 2, and what it fetches is lost on its way.
fn recovering() -> (Lab, Instant) {
    let mut lab = Lab::new(setup(), three());
    lab.loses = |from, to, _| from == node(0) || to == node(0);
    lab.stand(1);
    lab.request(1, Request::Write(vec![7, 8].into()));
    lab.settle();
    assert_eq!(lab.at(1).node.committed(), 2);
    lab.loses = |_, _, body| matches!(body, Body::Fetched { .. });
    lab.stand(0);
    lab.stand(0);
    assert_eq!(
        (phase(&lab, 0), lab.at(0).node.epoch()),
        (Some(Phase::Recovering { donor: node(1) }), epoch(2))
    );
    let since = lab.now;
    (lab, since)
}

#[test]
fn a_donor_that_sends_nothing_is_given_up_after_the_election_timeout() {
    let (mut lab, since) = recovering();
    for units in [30, 60, 90] {
        beat_at(&mut lab, since, units);
    }
    assert_eq!(woken(&lab, since), Some(PATIENCE));
    beat_at(&mut lab, since, PATIENCE - 1);
    assert_eq!(phase(&lab, 0), Some(Phase::Recovering { donor: node(1) }));
    beat_at(&mut lab, since, PATIENCE);
    assert_eq!(phase(&lab, 0), Some(Phase::Recovering { donor: node(2) }), "it has the same");
    // The next beat asks again, and this time the answer arrives.
    lab.loses = |_, _, _| false;
    beat_at(&mut lab, since, 125);
    assert!(lab.at(0).node.is_serving());
    assert_eq!(lab.at(0).node.log().entries().copied().collect::<Vec<_>>(), [7, 8]);
}

/// n0 wrote three entries in epoch 1 that reached nobody, n1 one in epoch 2, with n2, which is silent now. n0 cuts its
/// log back for that of n1, and n1 is silent, too: what n0 promised itself is the best there is, and more than it has.
#[test]
fn who_accepts_loss_and_loses_its_donor_begins_with_what_it_shared_with_it() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.loses = |from, to, _| from == node(0) || to == node(0);
    lab.request(0, Request::Write(vec![1, 2, 3].into()));
    lab.settle();
    lab.stand(1);
    lab.request(1, Request::Write(4.into()));
    lab.settle();
    assert_eq!((lab.at(1).node.epoch(), lab.at(1).node.committed()), (epoch(2), 1));
    lab.loses = |from, to, body| {
        from == node(2) || to == node(2) || matches!(body, Body::Fetched { .. } | Body::Promised { .. })
    };
    lab.pass(101);
    lab.request(0, Request::Recover { accept_loss: true });
    lab.settle();
    assert_eq!(phase(&lab, 0), Some(Phase::Recovering { donor: node(1) }));
    let since = lab.now;
    for (units, expected) in
        [(50, Phase::Recovering { donor: node(1) }), (100, Phase::Revoking), (150, Phase::Revoking)]
    {
        beat_at(&mut lab, since, units);
        assert_eq!(phase(&lab, 0), Some(expected), "after {units}");
    }
    beat_at(&mut lab, since, 200);
    assert!(lab.at(0).node.is_serving(), "{:?}", phase(&lab, 0));
    let epoch = Epoch::new(1, 2).unwrap();
    assert_eq!(
        (lab.at(0).node.epoch(), losses(&lab)),
        (epoch, vec![&Event::LossAccepted { epoch, from: 0, known: 1 }])
    );
}

/// The log of the best is no longer than that of n0, but of a newer epoch. A database does not have its mark yet when it
/// is told to follow.
#[test]
fn a_database_has_recovered_when_it_has_the_mark_as_well_as_the_entries() {
    let mut lab = Lab::new(Setup { engine: Engine::External, ..setup() }, three());
    lab.loses = |_, _, _| true;
    for _ in 0..3 {
        lab.stand(0);
    }
    let empty = Facts { history: Arc::default(), flushed: 0 };
    while !lab.at(0).effects.is_empty() {
        lab.done(0, Some(empty.clone()));
        lab.flush(0);
    }
    let history = Arc::new(History::new(vec![(epoch(2), 0)]).unwrap());
    let promise = Promise { len: 0, history: Arc::clone(&history), committed: 0 };
    let body = Body::Granted { promise, busy: None };
    lab.step(0, Input::Message { from: node(1), message: Message { epoch: epoch(3), body } });
    let follow = Effect::Follow { node: node(1), epoch: epoch(3) };
    assert_eq!(
        (phase(&lab, 0), &lab.at(0).effects),
        (Some(Phase::Recovering { donor: node(1) }), &[follow].into())
    );
    lab.step(0, Input::Engine(empty));
    assert_eq!(phase(&lab, 0), Some(Phase::Recovering { donor: node(1) }));
    lab.done(0, Some(Facts { history, flushed: 0 }));
    assert_eq!(phase(&lab, 0), Some(Phase::Promoting));
}

// ---- leaving -------------------------------------------------------------------------------------------

/// n0 serves and has just been asked to hand over to n1.
fn leaving(lab: &mut Lab) -> Instant {
    lab.request(0, Request::Switchover { to: node(1) });
    lab.settle();
    lab.now
}

fn handed_over(lab: &Lab) -> bool {
    lab.machines[0].told.contains(&Event::HandedOver { to: node(1) })
}

#[test]
fn a_successor_is_told_to_stand_when_it_has_everything_and_everything_is_committed() {
    let every = Some(Quorum::every(NodeSet::first(3)));
    let of_n1: fn(NodeId, NodeId, &Body<u8>) -> bool =
        |from, _, body| from == node(1) && matches!(body, Body::Ack { .. });
    let of_n2: fn(NodeId, NodeId, &Body<u8>) -> bool =
        |from, _, body| from == node(2) && matches!(body, Body::Ack { .. });
    // What is committed without n1; and what n1 has but is not committed without n2.
    for (acks, loses, committed) in [(three().acks, of_n1, 1), (every, of_n2, 0)] {
        let mut lab = Lab::new(setup(), Draft { acks, ..three() });
        lab.stand(0);
        lab.loses = loses;
        lab.request(0, Request::Write(1.into()));
        lab.settle();
        assert_eq!(lab.at(0).node.committed(), committed);
        leaving(&mut lab);
        assert_eq!((phase(&lab, 0), handed_over(&lab)), (Some(Phase::Leaving { to: node(1) }), false));
        lab.loses = |_, _, _| false;
        lab.pass(25);
        lab.step(0, Input::Tick);
        lab.settle();
        assert!(handed_over(&lab) && lab.at(1).node.is_serving());
    }
}

#[test]
fn a_successor_that_keeps_no_data_has_everything() {
    let draft = Draft { data: NodeSet::EMPTY, acks: None, ..three() };
    let mut lab = Lab::new(setup(), draft);
    lab.stand(0);
    lab.tick(25);
    leaving(&mut lab);
    assert!(handed_over(&lab) && lab.at(1).node.is_serving());
}

/// Until it has given up its lease, it beats. If the successor does not get there, nothing has happened.
#[test]
fn a_hand_over_that_is_not_complete_in_time_is_called_off() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.loses = |from, _, body| from == node(1) && matches!(body, Body::Ack { .. });
    lab.request(0, Request::Write(1.into()));
    lab.settle();
    let since = leaving(&mut lab);
    for (units, next) in [(30, 55), (60, 85), (90, PATIENCE), (PATIENCE - 1, PATIENCE)] {
        beat_at(&mut lab, since, units);
        let leaving = Some(Phase::Leaving { to: node(1) });
        assert_eq!((phase(&lab, 0), woken(&lab, since)), (leaving, Some(next)), "after {units}");
    }
    beat_at(&mut lab, since, PATIENCE);
    assert!(lab.at(0).node.is_serving() && !handed_over(&lab));
    lab.request(0, Request::Write(2.into()));
    lab.settle();
    assert_eq!(lab.at(0).node.committed(), 2);
}

/// What it gave up it does not take back: nobody may have taken over.
#[test]
fn who_has_handed_over_in_vain_resigns_and_beats_no_more_until_then() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.tick(25);
    lab.loses = |_, _, body| matches!(body, Body::Handover { .. });
    let since = leaving(&mut lab);
    assert!(handed_over(&lab));
    for units in [30, 60, PATIENCE - 1] {
        lab.now = since.after(Span::new(units));
        lab.step(0, Input::Tick);
        assert!(lab.wire.is_empty() && phase(&lab, 0).is_some());
        assert_eq!(woken(&lab, since), Some(PATIENCE));
    }
    beat_at(&mut lab, since, PATIENCE);
    assert_eq!(phase(&lab, 0), None);
}
