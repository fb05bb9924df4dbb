//! What a beat does to who hears it, and its answer to who sent it.

use super::*;

fn beat(round: u64) -> Body<u8> {
    let lease = Span::ZERO;
    Body::Beat(Beat { stamp: Instant::new(1), lease, round, quorate: true, serving: true })
}

#[test]
fn whom_a_node_follows_is_told_at_once_and_once() {
    let mut lab = Lab::new(setup(), three());
    for (from, number) in [(0, 1), (2, 2)] {
        let following = Event::Following { primary: node(from), epoch: epoch(number) };
        for (round, told) in [(0, Some(following)), (1, None), (2, None)] {
            lab.hear(1, from, number, beat(round));
            assert_eq!(lab.at(1).told.pop(), told, "beat {round} of epoch {number}");
        }
    }
}

/// A publication is finished without n2: nobody tells it again until it is heard from.
#[test]
fn who_answers_a_beat_with_an_older_configuration_is_sent_the_newer_one() {
    let mut lab = Lab::with_outdated_n2();
    let newer = Arc::clone(&lab.at(0).node.hard().config);
    assert_eq!(newer.next, None, "n0 and n1 have it");
    let installs = |lab: &mut Lab, to: u8, config| {
        lab.cut();
        let ack = Body::BeatAck { stamp: Instant::new(1), round: 0, healthy: true, config };
        lab.hear(0, to, 1, ack);
        lab.said(0, to)
    };
    let older = lab.at(2).node.hard().config_id();
    assert!(older < newer.id);
    let install = Message { epoch: epoch(1), body: Body::Install { config: Arc::clone(&newer) } };
    assert_eq!(installs(&mut lab, 2, older), [install]);
    assert_eq!(installs(&mut lab, 1, newer.id), []);
}

/// While the probe of a disk is on its way, whatever else waits for that disk takes room in the outbox.
#[test]
fn a_flush_that_is_counted_is_not_said_again() {
    let mut lab = Lab::new(Setup { stall: Some(Span::new(60)), ..setup() }, three());
    lab.stand(0);
    lab.request(0, Request::Write(vec![1].into()));
    lab.settle();
    lab.pass(25);
    lab.step(0, Input::Tick);
    assert!(lab.at(0).node.outbox.is_flushing(), "the probe is on its way");
    assert!(lab.at(0).node.outbox.is_empty(), "and nothing waits for it");
}
