//! Inputs that no correct cluster produces: refused or ignored, without a trace and without a panic.

use super::*;
use crate::commit::{Entries, History, Promise};
use crate::config::{ConfigId, Settings};
use crate::id::Position;

/// n0 serves epoch 1 with two committed entries; n1 and n2 follow. Nothing is on its way.
fn lab() -> Lab {
    let mut lab = Lab::new(Setup { lease: Some(lease()), ..setup() }, three());
    lab.stand(0);
    lab.request(0, Request::Write(vec![1, 2].into()));
    lab.settle();
    lab.tick(25);
    assert!(lab.at(0).node.is_serving() && lab.at(2).node.committed() == 2);
    lab
}

fn history(runs: &[(Epoch, u64)]) -> Arc<History> {
    Arc::new(History::new(runs.to_vec()).unwrap())
}

fn append(runs: &[(Epoch, u64)], from: u64, entries: Vec<u8>) -> Body<u8> {
    let head = Head { history: history(runs), from, committed: 0 };
    Body::Append(Append::new(head, entries.into()))
}

fn beat(lease: Span) -> Body<u8> {
    Body::Beat(Beat { stamp: Instant::new(1), lease, round: 0, quorate: true, serving: true })
}

fn install(epoch: Epoch) -> Body<u8> {
    let id = ConfigId { epoch, version: 9 };
    Body::Install { config: Arc::new(Config { id, settings: Settings::new(three()).unwrap(), next: None }) }
}

/// What `input` does to node `id`: what is refused, after checking that nothing else came of it.
#[allow(clippy::needless_pass_by_value, reason = "an input is made to be handed over")]
fn refusal(lab: &Lab, id: u8, input: Input<u8>) -> Option<Refused> {
    let mut node = lab.machines[usize::from(id)].node.clone();
    let mut out = Vec::new();
    // Settled at this moment, so that whatever changes is the doing of the input.
    node.step(lab.now, Input::Durable(Seq::default()), &mut out);
    let before = node.clone();
    out.clear();
    node.step(lab.now, input.clone(), &mut out);
    assert_eq!(node, before, "{input:?}");
    node.check().unwrap();
    match out.pop() {
        Some(Output::Refused(refused)) if out.is_empty() => Some(refused),
        None => None,
        Some(more) => panic!("{input:?} put out {out:?} and {more:?}"),
    }
}

fn impossible(lab: &Lab, id: u8, from: u8, epoch: Epoch, body: Body<u8>) -> Impossible {
    let from = node(from);
    let input = Input::Message { from, message: Message { epoch, body } };
    match refusal(lab, id, input.clone()) {
        Some(Refused::Impossible { from: who, what }) if who == from => what,
        other => panic!("{input:?} came to {other:?}"),
    }
}

#[test]
fn a_message_from_itself_is_impossible() {
    let lab = lab();
    for id in 0..3 {
        let body = Body::Granted { promise: Promise::default(), busy: None };
        assert_eq!(impossible(&lab, id, id, epoch(1), body), Impossible::FromSelf);
    }
}

#[test]
fn an_epoch_without_a_successor_is_impossible() {
    let lab = lab();
    let last_term = Epoch::new(0, (1 << 48) - 1).unwrap();
    let last_generation = Epoch::new(u16::MAX, 1).unwrap();
    for last in [last_term, last_generation, epoch(u64::MAX)] {
        for body in [Body::Revoke { audit: false }, beat(Span::ZERO), Body::Ack { len: 0 }] {
            assert_eq!(impossible(&lab, 1, 0, last, body), Impossible::Epoch, "{last}");
        }
    }
    // Willingness for an epoch that its sender has already left.
    assert_eq!(impossible(&lab, 1, 0, epoch(5), Body::PreYes { asked: epoch(4) }), Impossible::Epoch);
    assert_eq!(impossible(&lab, 1, 0, epoch(5), Body::PreLater { asked: epoch(4) }), Impossible::Epoch);
}

#[test]
fn a_position_or_a_history_newer_than_its_sender_is_impossible() {
    let lab = lab();
    let position = Position { epoch: epoch(6), len: 1 };
    let config = ConfigId::default();
    let ask = Body::PreVote { config, position, priority: 0, round: 0 };
    assert_eq!(impossible(&lab, 1, 2, epoch(5), ask), Impossible::History);
    let future = history(&[(epoch(6), 0)]);
    let promise = Promise { len: 3, history: Arc::clone(&future), committed: 0 };
    let body = Body::Granted { promise: promise.clone(), busy: None };
    assert_eq!(impossible(&lab, 1, 2, epoch(5), body), Impossible::History);
    assert_eq!(impossible(&lab, 1, 2, epoch(5), Body::Promised { promise }), Impossible::History);
    let body = Body::Snapshot { base: 3, history: future };
    assert_eq!(impossible(&lab, 1, 2, epoch(5), body), Impossible::History);
    // A primary's history ends with its own epoch, and keeps what is committed.
    let body = append(&[(epoch(1), 0)], 0, vec![]);
    assert_eq!(impossible(&lab, 1, 2, epoch(5), body), Impossible::History);
    let body = append(&[(epoch(1), 0), (epoch(5), 1)], 1, vec![9]);
    assert_eq!(impossible(&lab, 1, 2, epoch(5), body), Impossible::History);
}

#[test]
fn lengths_that_contradict_each_other_are_impossible() {
    let lab = lab();
    let late = history(&[(epoch(1), 5)]);
    for (len, committed) in [(4, 0), (5, 6), (u64::MAX, 0)] {
        let promise = Promise { len, history: Arc::clone(&late), committed };
        assert_eq!(impossible(&lab, 1, 2, epoch(1), Body::Promised { promise }), Impossible::Length);
    }
    let far = u64::MAX - 1;
    assert_eq!(impossible(&lab, 1, 0, epoch(1), Body::Fetch { from: far }), Impossible::Length);
    let body = Body::Fetched { from: far, entries: [1].into() };
    assert_eq!(impossible(&lab, 1, 0, epoch(1), body), Impossible::Length);
    assert_eq!(impossible(&lab, 1, 0, epoch(1), append(&[(epoch(1), 0)], far, vec![1])), Impossible::Length);
    let body = Body::Snapshot { base: 4, history: late };
    assert_eq!(impossible(&lab, 1, 0, epoch(1), body), Impossible::Length);
    // Nobody holds more of this primary's log than it wrote.
    assert_eq!(impossible(&lab, 0, 1, epoch(1), Body::Ack { len: 3 }), Impossible::Length);
    assert_eq!(impossible(&lab, 0, 1, epoch(1), Body::Gap { len: 3 }), Impossible::Length);
}

#[test]
fn more_than_the_limits_is_impossible() {
    let lab = lab();
    let many: Entries<u8> = vec![0; 1025].into();
    let body = Body::Fetched { from: 0, entries: many.into() };
    assert_eq!(impossible(&lab, 1, 0, epoch(1), body), Impossible::Entries);
    let body = append(&[(epoch(1), 0)], 2, vec![0; 1025]);
    assert_eq!(impossible(&lab, 1, 0, epoch(1), body), Impossible::Entries);
    let runs: Vec<(Epoch, u64)> = (0..4097).map(|run| (epoch(run + 1), run)).collect();
    let body = append(&runs, 0, vec![]);
    assert_eq!(impossible(&lab, 1, 0, epoch(4097), body), Impossible::History);
    let promise = Promise { len: 5000, history: history(&runs), committed: 0 };
    assert_eq!(impossible(&lab, 1, 0, epoch(4097), Body::Promised { promise }), Impossible::History);
    let too_long = Span::new(u64::MAX);
    assert_eq!(impossible(&lab, 1, 0, epoch(1), beat(too_long)), Impossible::Lease);
    let body = Body::Granted { promise: Promise::default(), busy: Some(too_long) };
    assert_eq!(impossible(&lab, 1, 0, epoch(1), body), Impossible::Lease);
}

#[test]
fn stamps_configurations_and_tokens_from_the_future_are_impossible() {
    let lab = lab();
    let stamp = lab.now.after(Span::new(1));
    let body = Body::BeatAck { stamp, round: 0, healthy: true, config: ConfigId::default() };
    assert_eq!(impossible(&lab, 0, 1, epoch(1), body), Impossible::Stamp);
    assert_eq!(impossible(&lab, 1, 0, epoch(4), install(epoch(5))), Impossible::Config);
    let id = ConfigId { epoch: epoch(5), version: 0 };
    assert_eq!(impossible(&lab, 0, 1, epoch(4), Body::Installed { id }), Impossible::Config);
    let config = Some(Arc::new(Config { id, ..Config::first(Settings::new(three()).unwrap()) }));
    let body = Body::Refused { reason: Refusal::OldConfig, config };
    assert_eq!(impossible(&lab, 0, 1, epoch(4), body), Impossible::Config);
    let position = Position::default();
    let body = Body::PreVote { config: id, position, priority: 0, round: 0 };
    assert_eq!(impossible(&lab, 1, 2, epoch(4), body), Impossible::Config);
    let ask = |config, token| Body::Vote { config, token, audit: false };
    assert_eq!(impossible(&lab, 1, 2, epoch(4), ask(id, None)), Impossible::Config);
    let token = Release { epoch: epoch(4), holder: node(0) };
    assert_eq!(impossible(&lab, 1, 2, epoch(4), ask(ConfigId::default(), Some(token))), Impossible::Token);
    // A hand-over is of the sender's own lease, in its own epoch.
    for (holder, number) in [(2, 1), (0, 2)] {
        let token = Release { epoch: epoch(number), holder: node(holder) };
        assert_eq!(impossible(&lab, 1, 0, epoch(1), Body::Handover { token }), Impossible::Token);
    }
}

#[test]
fn answers_that_were_never_asked_for_change_nothing() {
    let lab = lab();
    let promise = Promise { len: 2, history: history(&[(epoch(1), 0)]), committed: 0 };
    let answers = [
        Body::Granted { promise: promise.clone(), busy: None },
        Body::Promised { promise },
        Body::PreYes { asked: epoch(1) },
        Body::PreLater { asked: epoch(1) },
        Body::Fetched { from: 2, entries: [9].into() },
        Body::Installed { id: ConfigId::default() },
    ];
    for body in answers {
        // From a member as from a stranger.
        for from in [2, 63] {
            for id in [0, 1] {
                let message = Message { epoch: epoch(1), body: body.clone() };
                assert_eq!(refusal(&lab, id, Input::Message { from: node(from), message }), None, "{body:?}");
            }
        }
    }
}

#[test]
fn a_stranger_is_counted_nowhere() {
    let mut lab = lab();
    let stranger = node(63);
    // What a stranger holds commits nothing.
    lab.request(0, Request::Write(vec![3].into()));
    lab.cut();
    let ack = Message { epoch: epoch(1), body: Body::Ack { len: 3 } };
    lab.step(0, Input::Message { from: stranger, message: ack });
    assert_eq!(lab.at(0).node.committed(), 2);
    lab.flush(0);
    assert_eq!(lab.at(0).node.committed(), 2, "its own copy is not enough either");
    // A stranger gets no vote, and its epoch is not entered for asking.
    let vote = Body::Vote { config: ConfigId::default(), token: None, audit: false };
    let message = Message { epoch: epoch(7), body: vote };
    lab.step(1, Input::Message { from: stranger, message });
    assert_eq!(lab.at(1).refused.pop(), Some(Refused::Vote { to: stranger, reason: Refusal::NotCandidate }));
    assert_eq!(lab.at(1).node.epoch(), epoch(1));
    // A stranger's vote elects nobody.
    lab.loses = |_, _, _| true;
    lab.stand(2);
    let body = Body::Granted { promise: Promise::default(), busy: None };
    lab.step(2, Input::Message { from: stranger, message: Message { epoch: epoch(2), body } });
    assert_eq!((lab.at(2).node.role(), lab.at(2).node.epoch()), ("candidate", epoch(2)));
    // Node numbers from 64 on cannot be said.
    assert_eq!(NodeId::new(64), None);
}

#[test]
fn records_and_effects_that_were_never_asked_for_change_nothing() {
    let lab = lab();
    let far = Seq::new(1_000);
    assert_eq!(refusal(&lab, 0, Input::Durable(far)), Some(Refused::UnknownRecord(far)));
    let (epoch, node) = (epoch(1), node(1));
    let facts = Facts { history: Arc::default(), flushed: 0 };
    for effect in [
        Effect::Fence { epoch },
        Effect::Load { epoch },
        Effect::StopReceiving { epoch },
        Effect::Follow { node, epoch },
        Effect::Rewind { node, epoch, keep: 0 },
        Effect::Promote { epoch, config: ConfigId::default() },
        Effect::SetAcks { config: ConfigId::default() },
        Effect::Demote { epoch },
        Effect::ArmWatchdog { deadline: lab.now.after(Span::new(9)) },
        Effect::SendSnapshot { to: node, base: 1 },
        Effect::LoadSnapshot { from: node, base: 9 },
    ] {
        for id in 0..3 {
            let done = |facts| Input::EffectDone { effect, ok: true, facts };
            assert_eq!(refusal(&lab, id, done(None)), None, "{effect:?}");
            assert_eq!(refusal(&lab, id, done(Some(facts.clone()))), Some(Refused::WrongMode), "{effect:?}");
        }
    }
    assert_eq!(refusal(&lab, 0, Input::Engine(facts)), Some(Refused::WrongMode));
}

#[test]
fn an_effect_that_fails_when_nothing_waits_for_it_deposes_nobody() {
    let mut lab = lab();
    let stale = Effect::Fence { epoch: Epoch::ZERO };
    lab.step(0, Input::EffectDone { effect: stale, ok: false, facts: None });
    assert_eq!(lab.at(0).told.pop(), Some(Event::EffectFailed(stale)));
    assert!(lab.at(0).node.is_serving());
}

#[test]
fn a_request_that_cannot_be_met_changes_nothing() {
    let lab = lab();
    let elsewhere = Refused::NotServing { primary: Some(node(0)) };
    let change = || Request::Change(Settings::new(three()).unwrap().into());
    let all_or_nothing = Refused::Busy(Bound::Uncommitted);
    for (id, request, expected) in [
        (1, Request::Write(vec![1].into()), elsewhere),
        (1, Request::Read { id: 1, kind: crate::commit::ReadKind::Quorum }, elsewhere),
        (1, Request::Read { id: 1, kind: crate::commit::ReadKind::Lease }, Refused::NoLease),
        (0, Request::ConfirmRead { id: 1, at: Position { epoch: epoch(9), len: 0 } }, Refused::NoLease),
        (1, Request::Switchover { to: node(2) }, elsewhere),
        (0, Request::Switchover { to: node(0) }, Refused::NotCandidate(node(0))),
        (0, Request::Switchover { to: node(63) }, Refused::NotCandidate(node(63))),
        (1, Request::StepDown, elsewhere),
        (1, Request::Recover { accept_loss: false }, Refused::LossNotAccepted),
        (1, change(), elsewhere),
        (0, Request::ForgetPrimary, Refused::NotEligible),
        (0, Request::PoweredOff(node(1)), Refused::NotEligible),
        (0, Request::Compact { base: 3 }, Refused::NotCommitted),
        (0, Request::Write(vec![0; 65_537].into()), all_or_nothing),
    ] {
        assert_eq!(refusal(&lab, id, Input::Request(request)), Some(expected));
        assert!(!alloc::format!("{expected}").is_empty());
    }
}

#[test]
fn time_that_goes_back_ends_the_lease_and_nothing_else() {
    let mut lab = lab();
    let now = lab.now;
    assert!(lab.at(0).node.lease(now).is_some());
    for id in [0, 1] {
        let before = lab.at(id).node.clone();
        let mut out = Vec::new();
        lab.at(id).node.step(Instant::new(7), Input::Tick, &mut out);
        assert_eq!(out, [Output::Tell(Event::ClockDoubted)]);
        let after = &lab.at(id).node;
        assert_eq!((after.hard(), after.role(), after.log()), (before.hard(), before.role(), before.log()));
        assert_eq!((after.deadline(), after.lease(now)), (before.deadline(), None));
    }
    // The old lease is gone for good; a beat sent after the doubt brings a new one.
    assert!(lab.at(0).node.is_serving());
    lab.tick(25);
    let now = lab.now;
    assert!(lab.at(0).node.lease(now).is_some());
    assert_eq!(lab.at(0).node.lease(Instant::new(7)), None, "nor is the past covered");
}

#[test]
fn a_node_that_has_stopped_refuses_everything() {
    let mut lab = lab();
    lab.step(1, Input::StorageFailed);
    let halted = Refused::Halted(Halt::StorageFailed);
    let message = Message { epoch: epoch(9), body: Body::Revoke { audit: true } };
    for input in [
        Input::Tick,
        Input::StorageFailed,
        Input::ClockSuspect,
        Input::Message { from: node(2), message },
        Input::Request(Request::StepDown),
    ] {
        let mut out = Vec::new();
        let before = lab.at(1).node.clone();
        let now = lab.now;
        lab.at(1).node.step(now, input, &mut out);
        assert_eq!(out, [Output::Refused(halted)]);
        assert_eq!(lab.at(1).node, before);
    }
    assert_eq!(lab.at(1).node.deadline(), None);
}
