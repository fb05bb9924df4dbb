//! What the embedder asks for: when it is refused, as what, and that nothing has changed then.

use super::*;
use crate::commit::ReadKind;
use crate::config::{Engine, Fencing, Limits, Settings, Weak};
use crate::id::Position;
use crate::quorum::Acks;

/// n0 serves in epoch 1.
fn serving(setup: Setup, draft: Draft) -> Lab {
    let mut lab = Lab::new(setup, draft);
    lab.stand(0);
    assert!(lab.at(0).node.is_serving());
    lab
}

/// n0 is primary of epoch 1 and waits for its resource.
fn fencing() -> Lab {
    let mut lab = Lab::new(Setup { fencing: Fencing::Token, ..setup() }, three());
    lab.stand(0);
    assert_eq!(lab.at(0).node.phase(), Some(Phase::Fencing));
    lab
}

/// Why `id` does not do what it is asked for; nothing has changed then.
fn refusal(lab: &mut Lab, id: u8, request: Request<u8>) -> Option<Refused> {
    let before = lab.at(id).node.clone();
    lab.request(id, request);
    let refused = lab.at(id).refused.pop();
    assert!(refused.is_none() || lab.at(id).node == before, "refused, and done");
    refused
}

fn write(payloads: &[u8]) -> Request<u8> {
    Request::Write(payloads.to_vec().into())
}

/// Nobody keeps data.
fn without_data() -> Draft {
    Draft { acks: None, data: NodeSet::EMPTY, ..three() }
}

/// A replica names the primary; a primary that does not serve yet does not send anybody to itself.
#[test]
fn who_does_not_serve_says_who_might() {
    let requests: [fn() -> Request<u8>; 4] = [
        || write(&[1]),
        || Request::Read { id: 1, kind: ReadKind::Quorum },
        || Request::Switchover { to: node(2) },
        || Request::Change(Settings::new(three()).unwrap().into()),
    ];
    let mut lab = fencing();
    for request in requests {
        let refused = [0, 1].map(|id| refusal(&mut lab, id, request()));
        let expected = [None, Some(node(0))].map(|primary| Some(Refused::NotServing { primary }));
        assert_eq!(refused, expected, "{:?}", request());
    }
    let primary = Some(node(0));
    assert_eq!(refusal(&mut lab, 1, Request::StepDown), Some(Refused::NotServing { primary }));
    assert_eq!(refusal(&mut lab, 0, Request::StepDown), None);
    assert_eq!(lab.at(0).node.phase(), None);
}

/// A database has its own log, and where nobody keeps data there is none.
#[test]
fn only_a_log_of_its_own_is_written_to() {
    let mut lab = serving(setup(), without_data());
    assert_eq!(refusal(&mut lab, 0, write(&[1])), Some(Refused::WrongMode));
    let mut lab = Lab::new(Setup { engine: Engine::External, ..setup() }, three());
    let mut history = crate::commit::History::default();
    history.begin(epoch(1), 0);
    let [empty, marked] = [Arc::default(), Arc::new(history)].map(|history| Facts { history, flushed: 0 });
    lab.stand(0);
    while !lab.at(0).node.is_serving() {
        let next = (0..3).find(|id| !lab.machines[usize::from(*id)].effects.is_empty()).unwrap();
        let mark = matches!(lab.at(next).effects[0], Effect::Promote { .. } | Effect::Follow { .. });
        let had_mark = lab.at(next).node.log().history().last_epoch() == epoch(1);
        lab.done(next, Some(if mark || had_mark { marked.clone() } else { empty.clone() }));
        lab.settle();
    }
    assert_eq!(refusal(&mut lab, 0, write(&[1])), Some(Refused::WrongMode));
    assert_eq!(refusal(&mut lab, 0, Request::Compact { base: 0 }), Some(Refused::WrongMode));
}

#[test]
fn as_many_entries_are_taken_beyond_what_is_committed_as_the_limit_says() {
    let limits = Limits { uncommitted: 3, ..Limits::DEFAULT };
    let mut lab = serving(Setup { limits, ..setup() }, three());
    assert_eq!(refusal(&mut lab, 0, write(&[1, 2])), None);
    lab.settle();
    // Two are committed, so that there is room for three.
    let busy = Some(Refused::Busy(Bound::Uncommitted));
    assert_eq!(refusal(&mut lab, 0, write(&[3, 4, 5, 6])), busy);
    assert_eq!(refusal(&mut lab, 0, write(&[3, 4, 5])), None);
    assert_eq!(refusal(&mut lab, 0, write(&[6])), busy);
    lab.settle();
    assert_eq!((lab.at(0).node.committed(), refusal(&mut lab, 0, write(&[6]))), (5, None));
}

/// The strong family acknowledges for itself, however long that takes.
#[test]
fn the_cap_of_the_weak_family_binds_nobody_who_is_not_degraded() {
    let weak =
        Weak { acks: Acks::new(Quorum::every(NodeSet::first(1))).unwrap(), after: Span::new(40), cap: 1 };
    let every = Some(Quorum::every(NodeSet::first(3)));
    let mut lab = serving(setup(), Draft { acks: every, weak: Some(weak), ..three() });
    assert_eq!(refusal(&mut lab, 0, write(&[1, 2, 3])), None);
    assert_eq!(lab.at(0).node.log().len(), 3);
}

#[test]
fn a_write_of_nothing_writes_nothing() {
    let mut lab = serving(setup(), three());
    let before = lab.at(0).node.clone();
    assert_eq!(refusal(&mut lab, 0, write(&[])), None);
    assert!(lab.at(0).node == before && lab.at(0).flushing.is_empty());
}

#[test]
fn as_many_reads_wait_as_the_limit_says() {
    let limits = Limits { reads: 2, ..Limits::DEFAULT };
    let mut lab = serving(Setup { limits, lease: Some(lease()), ..setup() }, three());
    lab.tick(25);
    let unknown = ReadKind::Token(Position { epoch: epoch(1), len: 9 });
    assert_eq!(refusal(&mut lab, 0, Request::Read { id: 1, kind: unknown }), None);
    assert_eq!(refusal(&mut lab, 0, Request::Read { id: 2, kind: ReadKind::Quorum }), None);
    assert_eq!(lab.at(0).node.waiting_reads(), 2);
    for kind in [unknown, ReadKind::Quorum, ReadKind::Lease] {
        let refused = refusal(&mut lab, 0, Request::Read { id: 3, kind });
        assert_eq!(refused, Some(Refused::Busy(Bound::Reads)), "{kind:?}");
    }
}

/// It begins and is confirmed under one lease of one tenure.
#[test]
fn a_lease_read_is_confirmed_in_the_tenure_and_the_lease_it_began_in() {
    let mut lab = serving(Setup { lease: Some(lease()), ..setup() }, three());
    let read = || Request::Read { id: 4, kind: ReadKind::Lease };
    assert_eq!(refusal(&mut lab, 0, read()), Some(Refused::NoLease), "nobody has answered a beat");
    lab.tick(25);
    assert_eq!(refusal(&mut lab, 0, read()), None);
    let at = Position { epoch: epoch(1), len: 0 };
    assert_eq!(lab.at(0).told.last(), Some(&Event::ReadAt { id: 4, at }));
    let confirm = |number| {
        let at = Position { epoch: epoch(number), len: 0 };
        Request::ConfirmRead { id: 4, at }
    };
    assert_eq!(refusal(&mut lab, 0, confirm(0)), Some(Refused::NoLease), "of another tenure");
    lab.pass(39);
    assert_eq!(refusal(&mut lab, 0, confirm(1)), None);
    assert_eq!(lab.at(0).told.last(), Some(&Event::ReadConfirmed { id: 4 }));
    lab.pass(1);
    // A step at this instant, so that a refusal can be compared.
    lab.step(0, Input::Durable(Seq::default()));
    assert_eq!(refusal(&mut lab, 0, confirm(1)), Some(Refused::NoLease), "the lease is over");
    assert_eq!(refusal(&mut lab, 0, read()), Some(Refused::NoLease));
}

/// n3 learns, n9 is unknown.
#[test]
fn only_another_candidate_can_be_handed_over_to() {
    let learners = NodeSet::one(node(3));
    let mut lab = serving(setup(), Draft { learners, data: NodeSet::first(4), ..three() });
    for to in [0, 3, 9].map(node) {
        assert_eq!(refusal(&mut lab, 0, Request::Switchover { to }), Some(Refused::NotCandidate(to)), "{to}");
    }
    assert_eq!(refusal(&mut lab, 0, Request::Switchover { to: node(1) }), None);
    lab.settle();
    assert!(lab.at(1).node.is_serving());
}

#[test]
fn who_recovers_with_loss_has_to_be_told_so_and_to_be_a_candidate() {
    let learners = NodeSet::one(node(3));
    let mut lab = Lab::new(setup(), Draft { learners, data: NodeSet::first(4), ..three() });
    let recover = |accept_loss| Request::Recover { accept_loss };
    assert_eq!(refusal(&mut lab, 1, recover(false)), Some(Refused::LossNotAccepted));
    assert_eq!(refusal(&mut lab, 3, recover(true)), Some(Refused::NotEligible));
    assert_eq!(refusal(&mut lab, 1, recover(true)), None);
    assert_eq!(lab.at(1).node.role(), "candidate");
}

/// n3 learns: it forgets the primary, and stands not.
#[test]
fn who_is_told_that_the_primary_is_gone_waits_for_it_no_longer() {
    let learners = NodeSet::one(node(3));
    let mut lab = serving(setup(), Draft { learners, data: NodeSet::first(4), ..three() });
    lab.tick(25);
    let gone: [fn() -> Request<u8>; 2] =
        [|| Request::ForgetPrimary, || Request::PoweredOff(NodeId::new(0).unwrap())];
    for request in gone {
        let role = |id: u8| {
            let mut lab = lab.clone();
            let refused = refusal(&mut lab, id, request());
            (refused, lab.at(id).node.role(), lab.at(id).node.primary())
        };
        assert_eq!(role(0), (Some(Refused::NotEligible), "primary", Some(node(0))));
        assert_eq!(role(1), (None, "candidate", None));
        assert_eq!(role(3), (None, "follower", None));
    }
}

#[test]
fn a_cluster_neither_begins_nor_ceases_to_keep_data() {
    let changes = |from: Draft, to: Draft| {
        let mut lab = serving(setup(), from);
        refusal(&mut lab, 0, Request::Change(Settings::new(to).unwrap().into()))
    };
    let unanimous = |draft: Draft| Draft { votes: Quorum::every(NodeSet::first(3)), ..draft };
    assert_eq!(changes(three(), without_data()), Some(Refused::DataChange));
    assert_eq!(changes(without_data(), three()), Some(Refused::DataChange));
    assert_eq!(changes(three(), unanimous(three())), None);
    assert_eq!(changes(without_data(), unanimous(without_data())), None);
}

#[test]
fn what_is_committed_is_compacted_and_nothing_is_twice() {
    let mut lab = serving(setup(), three());
    lab.request(0, write(&[1, 2, 3]));
    lab.settle();
    lab.request(0, write(&[4]));
    let mut compact = |base| {
        let refused = refusal(&mut lab, 0, Request::Compact { base });
        let written = lab.at(0).flushing.iter().filter(|(_, record)| record.log.is_some()).count();
        (refused, lab.at(0).node.log().base(), written - 1)
    };
    assert_eq!(compact(4), (Some(Refused::NotCommitted), 0, 0));
    assert_eq!(compact(2), (None, 2, 1));
    assert_eq!(compact(2), (None, 2, 1));
    assert_eq!(compact(1), (None, 2, 1));
    assert_eq!(compact(3), (None, 3, 2));
}
