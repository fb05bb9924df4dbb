//! Messages as values: their kinds, their order, and the readings of clocks in them.

use super::*;
use crate::commit::{History, Promise};
use crate::config::ConfigId;
use crate::failover::Head;
use crate::id::Position;

fn beat(stamp: u64) -> Body<u8> {
    let stamp = Instant::new(stamp);
    Body::Beat(Beat { stamp, lease: Span::ZERO, round: 0, quorate: true, serving: true })
}

fn beat_ack(stamp: u64, round: u64) -> Body<u8> {
    Body::BeatAck { stamp: Instant::new(stamp), round, healthy: true, config: ConfigId::default() }
}

fn append(runs: &[(u64, u64)], from: u64, entries: &[u8], committed: u64) -> Append<u8> {
    let runs = runs.iter().map(|(number, start)| (epoch(*number), *start)).collect();
    let history = Arc::new(History::new(runs).unwrap());
    Append::new(Head { history, from, committed }, entries.to_vec().into())
}

/// One of each kind, with its name, and whether a node of a newer epoch owes it an answer.
fn kinds() -> Vec<(Body<u8>, &'static str, bool)> {
    let (asked, history, promise) = (epoch(1), Arc::<History>::default(), Promise::default());
    let (id, token) = (ConfigId::default(), Release { epoch: epoch(1), holder: node(0) });
    let config = Arc::new(Config::first(crate::config::Settings::new(three()).unwrap()));
    let position = Position::default();
    vec![
        (Body::PreVote { config: id, position, priority: 0, round: 0 }, "pre-vote", true),
        (Body::PreYes { asked }, "pre-yes", false),
        (Body::PreLater { asked }, "pre-later", false),
        (Body::Vote { config: id, token: None, audit: false }, "vote", true),
        (Body::Granted { promise: promise.clone(), busy: None }, "granted", false),
        (Body::Refused { reason: Refusal::OldEpoch, config: None }, "refused", false),
        (beat(7), "beat", true),
        (beat_ack(7, 0), "beat-ack", false),
        (Body::Handover { token }, "handover", true),
        (Body::Install { config }, "install", true),
        (Body::Installed { id }, "installed", false),
        (Body::Revoke { audit: false }, "revoke", true),
        (Body::Promised { promise }, "promised", false),
        (Body::Fetch { from: 0 }, "fetch", true),
        (Body::Fetched { from: 0, entries: Arc::new([]) }, "fetched", false),
        (Body::Append(append(&[(1, 0)], 0, &[], 0)), "append", true),
        (Body::Ack { len: 0 }, "ack", false),
        (Body::Gap { len: 0 }, "gap", false),
        (Body::Snapshot { base: 0, history }, "snapshot", true),
    ]
}

#[test]
fn every_kind_has_a_name_and_is_a_question_or_not() {
    for (body, kind, is_request) in kinds() {
        assert_eq!((body.kind(), body.is_request()), (kind, is_request));
        // Whoever is ahead refuses a question of an older epoch, and lets an answer pass in silence.
        let mut lab = Lab::new(setup(), three());
        let revoke = Message { epoch: epoch(5), body: Body::Revoke { audit: false } };
        lab.step(1, Input::Message { from: node(2), message: revoke });
        lab.flush(1);
        lab.cut();
        lab.step(1, Input::Message { from: node(0), message: Message { epoch: epoch(1), body } });
        let refused = Body::Refused { reason: Refusal::OldEpoch, config: None };
        let expected = is_request.then_some((node(1), node(0), Message { epoch: epoch(5), body: refused }));
        assert_eq!(lab.wire, expected.into_iter().collect::<Vec<_>>(), "{kind}");
        assert_eq!(lab.at(1).refused, [], "{kind}");
    }
}

#[test]
fn only_beats_and_their_answers_carry_a_reading_of_a_clock_and_it_is_the_primary_s() {
    let [primary, replica] = [0, 1].map(node);
    for (body, kind, _) in kinds() {
        let message = Message { epoch: epoch(1), body };
        let stamped = [(primary, replica), (replica, primary)].map(|(from, to)| message.stamped_by(from, to));
        let expected = match kind {
            "beat" => [Some(primary), Some(replica)],
            "beat-ack" => [Some(replica), Some(primary)],
            _ => [None, None],
        };
        assert_eq!((stamped, message.stamp()), (expected, expected[0].map(|_| Instant::new(7))), "{kind}");
    }
}

/// An answer that is older than anything can be measured from matters only if it may confirm a read.
#[test]
fn what_is_aged_keeps_its_distance_until_nobody_can_tell() {
    let (now, horizon) = (Instant::new(100), Span::new(10));
    let aged = |body, by| {
        Message { epoch: epoch(1), body }.aged(now, Span::new(by), horizon).map(|later| later.body)
    };
    assert_eq!(aged(beat_ack(95, 0), 0), Some(beat_ack(95, 0)));
    assert_eq!(aged(beat_ack(95, 0), 4), Some(beat_ack(91, 0)));
    assert_eq!([5, 6].map(|by| aged(beat_ack(95, 0), by)), [None, None]);
    assert_eq!([5, 6].map(|by| aged(beat_ack(95, 3), by)), [(); 2].map(|()| Some(beat_ack(90, 3))));
    assert_eq!([5, 6].map(|by| aged(beat(95), by)), [(); 2].map(|()| Some(beat(90))));
    assert_eq!(aged(Body::Ack { len: 3 }, 50), Some(Body::Ack { len: 3 }));
}

#[test]
fn appends_are_ordered_by_history_first_index_entries_and_what_is_committed() {
    let ascending = [
        append(&[(1, 0)], 1, &[9], 1),
        append(&[(2, 0)], 0, &[9], 1),
        append(&[(2, 0)], 1, &[], 1),
        append(&[(2, 0)], 1, &[7], 1),
        append(&[(2, 0)], 1, &[8], 0),
        append(&[(2, 0)], 1, &[8], 1),
        append(&[(2, 0)], 1, &[1, 2], 0),
        append(&[(2, 0)], 1, &[1, 2, 3], 0),
    ];
    for (at, one) in ascending.iter().enumerate() {
        for (place, other) in ascending.iter().enumerate() {
            assert_eq!(one.cmp(other), at.cmp(&place), "{one:?} {other:?}");
            assert_eq!(one.partial_cmp(other), Some(at.cmp(&place)), "{one:?} {other:?}");
            let entries = |append: &Append<u8>| append.clone().into_parts().1;
            let same = entries(one).cmp(&entries(other));
            assert!(one.head() != other.head() || one.cmp(other) == same, "as entries are ordered");
        }
    }
}

/// What a node holds back until it is on its disk: a model may look at it, age it, or lose it as a network could.
#[test]
fn what_is_held_back_can_be_seen_aged_and_lost() {
    let mut lab = Lab::new(Setup { lease: Some(lease()), ..setup() }, three());
    let sent = lab.now.units();
    let beat = Beat { stamp: lab.now, lease: Span::new(40), round: 0, quorate: true, serving: true };
    let message = Message { epoch: epoch(1), body: Body::Beat(beat) };
    lab.step(1, Input::Message { from: node(0), message });
    let held =
        |lab: &Lab| lab.machines[1].node.held().map(|(to, said)| (*to, said.stamp())).collect::<Vec<_>>();
    assert_eq!(held(&lab), [(node(0), Some(Instant::new(sent)))]);
    lab.at(1).node.age_echoes(node(2), Span::new(5), Span::new(9));
    assert_eq!(held(&lab), [(node(0), Some(Instant::new(sent)))], "that is no clock of n2");
    lab.at(1).node.age_echoes(node(0), Span::new(5), Span::new(9));
    assert_eq!(held(&lab), [(node(0), Some(Instant::new(sent - 5)))]);
    let mut lost = lab.clone();
    lost.at(1).node.lose_held(|to, _| to == node(2));
    assert_eq!(held(&lost).len(), 1);
    lost.at(1).node.lose_held(|to, said| to == node(0) && said.body.kind() == "beat-ack");
    assert_eq!(held(&lost), []);
    lab.at(1).node.age_echoes(node(0), Span::new(5), Span::new(9));
    assert_eq!(held(&lab), [], "it confirms nothing any more");
}

/// A beat that was heard as long ago as the election timeout is as good as none: a model keeps one state for both.
#[test]
fn a_beat_is_remembered_for_as_long_as_it_keeps_its_hearer_from_standing() {
    let mut lab = Lab::new(setup(), three());
    lab.step(1, Input::Message { from: node(0), message: Message { epoch: epoch(1), body: beat(7) } });
    let heard = |by| {
        let mut node = lab.machines[1].node.clone();
        node.age(Span::new(by));
        let super::super::node::Role::Follower(follower) = &node.role else { return None };
        follower.heard.map(|heard| lab.now.since(heard).units())
    };
    assert_eq!([0, 99, 100, 101].map(heard), [Some(0), Some(99), None, None]);
}

/// Numbers of records are counted from the newest durable one; a driver's own move by the same amount.
#[test]
fn records_are_counted_anew() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.request(0, Request::Write(1.into()));
    let (seq, _) = lab.at(0).flushing[0];
    let by = lab.at(0).node.renumber();
    assert_eq!(by + 1, seq.number());
    lab.at(0).flushing[0].0 = Seq::new(seq.number() - by);
    assert_eq!((lab.at(0).node.check(), lab.at(0).node.renumber()), (Ok(()), 0));
    lab.settle();
    assert_eq!((lab.at(0).node.committed(), lab.at(0).refused.len()), (1, 0));
}
