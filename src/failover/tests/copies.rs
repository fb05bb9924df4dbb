//! Copies of the log: what a primary takes over, what it sends and when it sends it again, what a replica keeps.

use super::*;
use crate::commit::{Entries, History, LogChange, Promise};

/// A history by the numbers of its epochs.
fn history(runs: &[(u64, u64)]) -> Arc<History> {
    Arc::new(History::new(runs.iter().map(|(number, start)| (epoch(*number), *start)).collect()).unwrap())
}

/// What is on its way to `to`, which never arrives.
fn said(lab: &mut Lab, to: u8) -> Vec<Body<u8>> {
    let to_it = lab.wire.iter().filter(|(_, at, _)| *at == node(to));
    let said = to_it.map(|(_, _, message)| message.body.clone()).collect();
    lab.cut();
    said
}

/// The pieces of the log that are on their way to `to`: from where, and what.
fn pieces(lab: &Lab, to: u8) -> Vec<(u64, Vec<u8>)> {
    let piece = |(_, at, message): &(NodeId, NodeId, Message<u8>)| match &message.body {
        Body::Append(append) if *at == node(to) => Some((append.head().from, append.entries().to_vec())),
        _ => None,
    };
    lab.wire.iter().filter_map(piece).collect()
}

fn entries(lab: &Lab, id: usize) -> Vec<u8> {
    lab.machines[id].node.log().entries().copied().collect()
}

fn limited(batch: u32, window: u64) -> Setup {
    // What is committed is said with beats only, and so is in nobody's way.
    let mut setup = Setup { eager: false, ..setup() };
    (setup.limits.batch, setup.limits.window) = (batch, window);
    setup
}

/// n0 serves with nothing written, and everybody knows.
fn serving(setup: Setup) -> Lab {
    let mut lab = Lab::new(setup, three());
    lab.stand(0);
    lab.tick(25);
    lab
}

// ---- taking over ---------------------------------------------------------------------------------------

/// n0 starts with a log of entries 10, 11, … by `mine`, and wins epoch 9 with n1, of whose log `len` entries are by
/// `theirs`. No record of its victory is on its disk yet.
fn takes_over(setup: Setup, mine: (&[(u64, u64)], u8), theirs: (&[(u64, u64)], u64)) -> Lab {
    let mut lab = Lab::new(setup, three());
    let (runs, end) = mine;
    let entries = (10..10 + end).collect::<Vec<u8>>().into();
    let image = &mut lab.at(0).image;
    image.log.apply(&LogChange::Write { keep: 0, history: history(runs), entries });
    image.hard.ballot.adopt(epoch(8));
    lab.restart(0);
    lab.flush(0);
    lab.pass(100);
    lab.step(0, Input::Tick);
    lab.flush(0);
    lab.cut();
    let promise = Promise { len: theirs.1, history: history(theirs.0), committed: 0 };
    lab.hear(0, 1, 9, Body::Granted { promise, busy: None });
    assert!(lab.at(0).node.phase().is_some());
    lab
}

fn fetches(lab: &mut Lab) -> Vec<u64> {
    let from = |body| if let Body::Fetch { from } = body { Some(from) } else { None };
    said(lab, 1).into_iter().filter_map(from).collect()
}

fn cuts(lab: &Lab, id: usize) -> Vec<u64> {
    let cut = |event: &Event| if let Event::Truncated { to, .. } = event { Some(*to) } else { None };
    lab.machines[id].told.iter().filter_map(cut).collect()
}

/// Of the log that is taken over: what is cut off the own one, what is asked for, and whether that is all.
#[test]
fn a_primary_cuts_off_what_the_best_log_lacks_and_asks_for_what_it_has_besides() {
    let recovering = Some(Phase::Recovering { donor: node(1) });
    let begun = Some(Phase::Replicating);
    let (one, two, late): (&[_], &[_], &[_]) = (&[(1, 0)], &[(1, 0), (2, 1)], &[(1, 0), (2, 2)]);
    for (mine, theirs, cut, asked, phase) in [
        ((one, 3), (two, 2), vec![1], vec![1], recovering),
        ((one, 3), (two, 1), vec![1], vec![], begun),
        ((one, 2), (one, 4), vec![], vec![2], recovering),
        // It has every entry, and only the mark is new.
        ((one, 2), (late, 2), vec![], vec![], begun),
    ] {
        let mut lab = takes_over(setup(), mine, theirs);
        let len = cut.first().copied().unwrap_or(u64::from(mine.1));
        assert_eq!((cuts(&lab, 0), lab.at(0).node.log().len()), (cut, len), "{mine:?} {theirs:?}");
        assert_eq!((fetches(&mut lab), lab.at(0).node.phase()), (asked, phase), "{mine:?} {theirs:?}");
    }
}

#[test]
fn a_primary_fetches_piece_by_piece_and_each_with_its_part_of_the_history() {
    let mut lab = takes_over(limited(2, 9), (&[(1, 0)], 1), (&[(1, 0), (2, 3), (4, 5)], 6));
    let fetched = |from, entries: &[u8]| Body::Fetched { from, entries: entries.into() };
    let last_run = |lab: &Lab| lab.machines[0].node.log().history().runs().last().copied();
    assert_eq!(fetches(&mut lab), [1]);
    lab.hear(0, 1, 9, fetched(1, &[11, 12]));
    assert_eq!((fetches(&mut lab), last_run(&lab)), (vec![3], Some((epoch(2), 3))));
    lab.hear(0, 1, 9, fetched(3, &[13, 14]));
    assert_eq!((fetches(&mut lab), last_run(&lab)), (vec![5], Some((epoch(4), 5))));
    assert_eq!(lab.at(0).node.phase(), Some(Phase::Recovering { donor: node(1) }));
    // What it did not ask for it does not take.
    lab.hear(0, 1, 9, fetched(5, &[15, 16]));
    assert_eq!((fetches(&mut lab), last_run(&lab)), (vec![], Some((epoch(9), 6))));
    assert_eq!(entries(&lab, 0), [10, 11, 12, 13, 14, 15]);
    assert_eq!(lab.at(0).node.phase(), Some(Phase::Replicating));
}

/// Not even for how long it waits for its donor.
#[test]
fn what_is_fetched_from_another_or_from_elsewhere_or_is_nothing_changes_nothing() {
    let mut lab = takes_over(setup(), (&[(1, 0)], 2), (&[(1, 0)], 5));
    lab.flush(0);
    lab.cut();
    lab.pass(10);
    lab.step(0, Input::Durable(Seq::default()));
    let before = lab.at(0).node.clone();
    for (from, index, payloads) in
        [(2, 2, vec![12]), (1, 1, vec![11]), (1, 3, vec![13]), (2, 3, vec![13]), (1, 2, vec![])]
    {
        lab.hear(0, from, 9, Body::Fetched { from: index, entries: payloads.into() });
        assert!(lab.wire.is_empty() && lab.at(0).flushing.is_empty(), "{from} {index}");
        assert_eq!(lab.at(0).node, before, "{from} {index}");
    }
}

/// n1 has entries 3 to 5; those before are compacted.
#[test]
fn a_donor_sends_what_it_has_a_snapshot_for_what_it_has_compacted_and_nothing_beyond_its_end() {
    let mut lab = Lab::new(limited(2, 9), three());
    lab.at(1).image.hard.ballot.adopt(epoch(4));
    lab.at(1).image.log.apply(&LogChange::Reset { base: 3, history: history(&[(1, 0)]) });
    let change = LogChange::Write { keep: 3, history: history(&[(1, 0)]), entries: vec![3, 4, 5].into() };
    lab.at(1).image.log.apply(&change);
    lab.restart(1);
    lab.flush(1);
    let fetched = |from, entries: &[u8]| vec![Body::Fetched { from, entries: entries.into() }];
    let snapshot = vec![Body::Snapshot { base: 3, history: history(&[(1, 0)]) }];
    for (from, answer) in
        [(2, snapshot), (3, fetched(3, &[3, 4])), (5, fetched(5, &[5])), (6, fetched(6, &[])), (7, vec![])]
    {
        let offered: &[Effect] =
            if from == 2 { &[Effect::SendSnapshot { to: node(0), base: 3 }] } else { &[] };
        lab.hear(1, 0, 4, Body::Fetch { from });
        assert_eq!(said(&mut lab, 0), answer, "from {from}");
        assert_eq!(core::mem::take(&mut lab.at(1).effects), offered, "from {from}");
    }
}

// ---- sending -------------------------------------------------------------------------------------------

#[test]
fn a_write_is_sent_once_and_as_much_of_it_as_a_message_and_the_window_may_hold() {
    for (batch, window, writes, sent) in [
        (9, 9, vec![vec![1], vec![2, 3]], vec![(0, vec![1]), (1, vec![2, 3])]),
        // The second write does not stand for what the first left over.
        (1, 9, vec![vec![1, 2], vec![3]], vec![(0, vec![1]), (1, vec![2])]),
        (2, 9, vec![vec![1, 2, 3]], vec![(0, vec![1, 2])]),
        (9, 2, vec![vec![1], vec![2], vec![3]], vec![(0, vec![1]), (1, vec![2])]),
    ] {
        let mut lab = serving(limited(batch, window));
        for write in &writes {
            lab.request(0, Request::Write(write.clone().into()));
        }
        assert_eq!(pieces(&lab, 1), sent, "{writes:?}");
        lab.settle();
        let all = writes.concat();
        assert_eq!(lab.at(0).node.committed(), all.len() as u64, "{writes:?}");
        for id in 0..3 {
            assert_eq!(entries(&lab, id), all, "n{id}");
            assert_eq!(lab.at(id as u8).refused, [], "n{id}");
        }
    }
}

#[test]
fn a_write_is_told_with_the_indices_it_was_given() {
    let mut lab = serving(setup());
    for (write, from, to) in [(vec![1], 0, 1), (vec![2, 3], 1, 3), (vec![4, 5, 6], 3, 6)] {
        lab.request(0, Request::Write(write.into()));
        assert_eq!(lab.at(0).told.last(), Some(&Event::Accepted { epoch: epoch(1), from, to }));
    }
}

/// Eager or with the next beat, and once, whoever was the last to acknowledge; who has and knows everything hears
/// beats and nothing else.
#[test]
fn a_replica_learns_what_is_committed_when_it_is_to_and_then_is_left_alone() {
    for eager in [true, false] {
        let every = Some(Quorum::every(NodeSet::first(3)));
        let mut lab = Lab::new(Setup { eager, ..setup() }, Draft { acks: every, ..three() });
        lab.stand(0);
        lab.tick(25);
        let beat = |lab: &mut Lab| {
            lab.pass(25);
            lab.step(0, Input::Tick);
            let to_n1 = lab.wire.iter().filter(|(_, to, _)| *to == node(1));
            let kinds: Vec<_> = to_n1.map(|(_, _, message)| message.body.kind()).collect();
            lab.settle();
            kinds
        };
        lab.request(0, Request::Write(1.into()));
        lab.settle();
        assert_eq!([1, 2].map(|id| lab.at(id).node.committed()), [u64::from(eager); 2]);
        let kinds: &[&str] = if eager { &["beat"] } else { &["beat", "append"] };
        assert_eq!((beat(&mut lab), lab.at(1).node.committed()), (kinds.to_vec(), 1));
        assert_eq!(beat(&mut lab), ["beat"]);
        let told = Event::Committed { epoch: epoch(1), to: 1 };
        assert_eq!(lab.at(1).told.iter().filter(|event| **event == told).count(), 1);
    }
}

/// An empty log has nothing to send but its start.
#[test]
fn the_start_of_an_epoch_is_said_again_with_every_beat_until_it_is_acknowledged() {
    let mut lab = Lab::new(setup(), three());
    lab.loses = |from, to, body| matches!(body, Body::Append(_)) && (from, to) == (node(0), node(1));
    lab.stand(0);
    for _ in 0..2 {
        lab.pass(25);
        lab.step(0, Input::Tick);
        assert_eq!([1, 2].map(|id| pieces(&lab, id)), [vec![(0, vec![])], vec![]]);
        lab.settle();
    }
    lab.loses = |_, _, _| false;
    lab.tick(25);
    lab.pass(25);
    lab.step(0, Input::Tick);
    assert_eq!(pieces(&lab, 1), []);
}

// ---- acknowledging -------------------------------------------------------------------------------------

/// Three entries were sent to n1 one by one, and none has arrived. n2 says nothing.
fn in_flight() -> Lab {
    let mut lab = serving(limited(9, 9));
    for payload in 1..4 {
        lab.request(0, Request::Write(payload.into()));
    }
    lab.flush(0);
    lab.cut();
    lab
}

#[test]
fn what_two_hold_is_committed_though_more_is_under_way_and_nothing_is_sent_twice() {
    let mut lab = in_flight();
    for len in 1..3 {
        lab.hear(0, 1, 1, Body::Ack { len });
        assert_eq!((lab.at(0).node.committed(), pieces(&lab, 1)), (len, vec![]));
        // It was late, or came twice.
        for len in 0..=len {
            lab.hear(0, 1, 1, Body::Ack { len });
        }
        assert_eq!((lab.at(0).node.committed(), pieces(&lab, 1)), (len, vec![]));
    }
    lab.request(0, Request::Write(4.into()));
    assert_eq!(pieces(&lab, 1), [(3, vec![4])]);
}

#[test]
fn a_replica_that_lacks_entries_is_sent_them_from_there_at_once() {
    let mut lab = in_flight();
    // It had acknowledged nothing, which is no more than was known; then one.
    for (len, missing) in [(0, vec![1, 2, 3]), (1, vec![2, 3]), (1, vec![2, 3])] {
        lab.hear(0, 1, 1, Body::Gap { len });
        assert_eq!(pieces(&lab, 1), [(len, missing)]);
        lab.cut();
    }
    // What it lacked before it acknowledged two is not what it lacks now.
    lab.hear(0, 1, 1, Body::Ack { len: 2 });
    lab.hear(0, 1, 1, Body::Gap { len: 1 });
    assert_eq!(pieces(&lab, 1), []);
    lab.request(0, Request::Write(4.into()));
    assert_eq!(pieces(&lab, 1), [(3, vec![4])]);
}

/// One entry a message.
#[test]
fn every_acknowledgement_that_is_news_brings_the_next_piece() {
    let mut lab = serving(limited(1, 9));
    lab.request(0, Request::Write(vec![1, 2, 3, 4].into()));
    lab.flush(0);
    lab.cut();
    for (len, next) in [(1, vec![(1, vec![2])]), (1, vec![]), (0, vec![]), (2, vec![(2, vec![3])])] {
        lab.hear(0, 1, 1, Body::Ack { len });
        assert_eq!(pieces(&lab, 1), next, "{len}");
        lab.cut();
    }
}

/// n0 knew already that its three entries were committed when it was elected. n2 has none of them.
#[test]
fn an_epoch_that_is_established_with_nothing_new_committed_brings_nobody_the_next_piece() {
    let mut lab = serving(Setup { eager: true, ..limited(1, 9) });
    lab.loses = |from, _, _| from == node(2);
    lab.request(0, Request::Write(vec![1, 2, 3].into()));
    lab.settle();
    lab.request(0, Request::StepDown);
    lab.pass(100);
    lab.step(0, Input::Tick);
    lab.flush(0);
    let promise = Promise { len: 0, history: history(&[(1, 0)]), committed: 0 };
    lab.hear(0, 2, 2, Body::Granted { promise, busy: None });
    lab.flush(0);
    assert_eq!((pieces(&lab, 2), lab.at(0).node.committed()), (vec![(0, vec![1])], 3));
    lab.cut();
    lab.hear(0, 1, 2, Body::Ack { len: 3 });
    assert!(lab.at(0).told.contains(&Event::Established { epoch: epoch(2), start: 3 }));
    assert_eq!(pieces(&lab, 2), []);
    lab.hear(0, 2, 2, Body::Ack { len: 1 });
    assert_eq!(pieces(&lab, 2), [(1, vec![2])]);
}

/// n0 wrote an entry that everybody has, and is cut off. n1 is bound to it for 40 units, and stands.
#[test]
fn nothing_is_committed_before_older_leases_are_over() {
    let mut lab = Lab::new(Setup { lease: Some(lease()), ..setup() }, three());
    lab.stand(0);
    lab.loses =
        |_, to, body| matches!(body, Body::Ack { .. }) || (to == node(2) && matches!(body, Body::Beat(_)));
    lab.request(0, Request::Write(1.into()));
    lab.settle();
    lab.tick(25);
    lab.loses = |from, to, _| from == node(0) || to == node(0);
    lab.request(1, Request::ForgetPrimary);
    lab.settle();
    let held = lab.at(1).node.replication().unwrap().holders(1);
    assert_eq!((held, lab.at(1).node.phase()), (NodeSet::first(3).without(node(0)), Some(Phase::Waiting)));
    for (units, committed) in [(0, 0), (39, 0), (1, 1)] {
        lab.tick(units);
        assert_eq!(lab.at(1).node.committed(), committed);
    }
}

/// Acks by all three, or by n0 alone if that takes more than 40 units.
#[test]
fn who_waits_for_no_acknowledgement_does_not_degrade() {
    let mut lab = Lab::new(setup(), all_or_n0());
    lab.stand(0);
    lab.request(0, Request::Write(1.into()));
    lab.settle();
    for _ in 0..8 {
        lab.tick(25);
    }
    let node = &lab.at(0).node;
    assert_eq!((node.hard().config.newest().mode(), node.committed()), (Mode::Strong, 1));
}

// ---- keeping -------------------------------------------------------------------------------------------

fn append(runs: &[(u64, u64)], from: u64, committed: u64, payloads: &[u8]) -> Body<u8> {
    let entries: Entries<u8> = payloads.to_vec().into();
    Body::Append(Append::new(Head { history: history(runs), from, committed }, entries))
}

/// n1 has three entries of epoch 1, of which two are known to be committed.
fn replica() -> Lab {
    let mut lab = Lab::new(setup(), three());
    lab.hear(1, 0, 1, append(&[(1, 0)], 0, 2, &[1, 2, 3]));
    lab.flush(1);
    assert_eq!(said(&mut lab, 0), [Body::Ack { len: 3 }]);
    lab
}

#[test]
fn what_a_replica_has_it_acknowledges_again_and_neither_writes_nor_tells_it() {
    let mut lab = replica();
    let told = lab.at(1).told.clone();
    for body in
        [append(&[(1, 0)], 0, 2, &[1, 2, 3]), append(&[(1, 0)], 1, 1, &[2]), append(&[(1, 0)], 3, 2, &[])]
    {
        lab.hear(1, 0, 1, body);
        assert_eq!(said(&mut lab, 0), [Body::Ack { len: 3 }]);
        assert!(lab.at(1).flushing.is_empty());
    }
    assert_eq!((entries(&lab, 1), &lab.at(1).told), (vec![1, 2, 3], &told));
}

/// n2 leads an epoch of whose log all is compacted that would show who wrote what n1 has: only what is committed counts.
#[test]
fn a_replica_cuts_off_what_it_cannot_know_to_be_shared_though_it_keeps_nothing_new() {
    let mut lab = replica();
    lab.hear(1, 2, 5, append(&[(5, 10)], 10, 10, &[11]));
    assert_eq!((cuts(&lab, 1), entries(&lab, 1), lab.at(1).node.committed()), (vec![2], vec![1, 2], 2));
    assert_eq!(said(&mut lab, 2), [], "the cut is not on disk");
    lab.flush(1);
    assert_eq!(said(&mut lab, 2), [Body::Gap { len: 2 }]);
    assert_eq!(lab.machines[1].image.log, *lab.machines[1].node.log());
}

// ---- snapshots -----------------------------------------------------------------------------------------

fn loaded(lab: &mut Lab, id: u8, from: u8, base: u64) {
    let effect = Effect::LoadSnapshot { from: node(from), base };
    lab.step(id, Input::EffectDone { effect, ok: true, facts: None });
}

/// Or it would be offered it for ever.
#[test]
fn a_replica_that_needs_nothing_of_a_snapshot_says_what_it_has() {
    // By the primary of its own epoch, what it has is all of that primary's log; by another, no more is known.
    for (from, number, base, len) in [(0, 1, 2, 3), (0, 1, 3, 3), (2, 5, 2, 2), (2, 5, 3, 3)] {
        let mut lab = replica();
        lab.hear(1, from, number, Body::Snapshot { base, history: history(&[(1, 0)]) });
        lab.flush(1);
        assert_eq!((said(&mut lab, from), lab.at(1).effects.len()), (vec![Body::Ack { len }], 0), "{base}");
    }
}

#[test]
fn a_replica_takes_the_snapshot_that_it_was_offered_and_no_other_and_once() {
    // Of what it had, all is shared, or all but the last.
    for (runs, cut) in [(&[(1, 0), (5, 4)], vec![]), (&[(1, 0), (5, 2)], vec![2])] {
        let mut lab = replica();
        lab.hear(1, 2, 5, Body::Snapshot { base: 6, history: history(runs) });
        lab.flush(1);
        assert_eq!(lab.at(1).effects, [Effect::LoadSnapshot { from: node(2), base: 6 }]);
        let before = lab.at(1).node.clone();
        for (from, base) in [(0, 6), (2, 5)] {
            loaded(&mut lab, 1, from, base);
            assert_eq!(lab.at(1).node, before);
        }
        loaded(&mut lab, 1, 2, 6);
        assert_eq!((lab.at(1).node.log().base(), lab.at(1).node.committed(), cuts(&lab, 1)), (6, 6, cut));
        assert_eq!(said(&mut lab, 2), [], "it is not on disk");
        lab.flush(1);
        assert_eq!(said(&mut lab, 2), [Body::Ack { len: 6 }]);
        let before = lab.at(1).node.clone();
        loaded(&mut lab, 1, 2, 6);
        assert_eq!((said(&mut lab, 2), &lab.at(1).node), (vec![], &before));
    }
}

#[test]
fn a_snapshot_that_is_loaded_when_the_log_has_grown_beyond_it_replaces_nothing() {
    let mut lab = replica();
    lab.hear(1, 2, 5, Body::Snapshot { base: 5, history: history(&[(1, 0), (5, 4)]) });
    lab.hear(1, 2, 5, append(&[(1, 0), (5, 4)], 3, 0, &[4, 5, 6]));
    loaded(&mut lab, 1, 2, 5);
    assert_eq!(entries(&lab, 1), [1, 2, 3, 4, 5, 6]);
    assert_eq!((lab.at(1).node.log().base(), lab.at(1).node.committed(), cuts(&lab, 1)), (0, 2, vec![]));
}

/// The donor has compacted three of its six entries.
#[test]
fn a_primary_takes_a_snapshot_of_its_donor_alone_and_fetches_the_rest() {
    let mut lab = takes_over(setup(), (&[], 0), (&[(4, 2)], 6));
    lab.flush(0);
    assert_eq!(fetches(&mut lab), [0]);
    let snapshot = |base| Body::Snapshot { base, history: history(if base < 2 { &[] } else { &[(4, 2)] }) };
    let before = lab.at(0).node.clone();
    // Of another, or one of which it needs nothing.
    for (from, base) in [(2, 3), (1, 0)] {
        lab.hear(0, from, 9, snapshot(base));
        assert!(lab.wire.is_empty() && lab.at(0).effects.is_empty(), "{from} {base}");
        assert_eq!(lab.at(0).node, before, "{from} {base}");
    }
    lab.hear(0, 1, 9, snapshot(3));
    assert_eq!(lab.at(0).effects, [Effect::LoadSnapshot { from: node(1), base: 3 }]);
    loaded(&mut lab, 0, 1, 3);
    assert_eq!((lab.at(0).node.log().base(), fetches(&mut lab)), (3, vec![3]));
    lab.hear(0, 1, 9, Body::Fetched { from: 3, entries: [3, 4, 5].into() });
    assert_eq!((lab.at(0).node.phase(), entries(&lab, 0)), (Some(Phase::Replicating), vec![3, 4, 5]));
}
