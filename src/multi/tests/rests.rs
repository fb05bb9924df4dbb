//! Rests at their edges: which questions and words about them count, and what ends one.

use super::super::member::Rest;
use super::super::*;
use super::hosts::{Alone, GROUP, resting};
use super::lab::*;
use crate::failover::{self, Beat, Body, Message, Request};
use crate::id::{NodeSet, Position};
use crate::time::{Instant, Span};
use alloc::vec::Vec;

/// What is said to other hosts.
fn said(out: Vec<Output<u8>>) -> Vec<Letter<u8>> {
    let letter = |output| match output {
        Output::Send { envelope, .. } => Some(envelope.letter),
        Output::Group { .. } | Output::Tell(_) | Output::Refused(_) => None,
    };
    out.into_iter().filter_map(letter).collect()
}

fn numbered(nap: Nap, by: i32) -> Nap {
    Nap { number: nap.number.checked_add_signed(by).unwrap(), ..nap }
}

/// A replica that knows of three rests of its primary, whose host is given, too, and which rest is the third.
fn replica() -> (Alone, HostId, Terms) {
    let (lab, at, [one, _]) = resting();
    let (mut primary, mut replica) = (Alone::of(&lab, at), Alone::of(&lab, one));
    let with = primary.member().rest.with();
    let terms = primary.member().node.rest_with(with, 3).unwrap();
    replica.member().nap = terms.nap;
    (replica, host(at), terms)
}

/// A question may be repeated, because its answer may be lost; but one about a rest that is over is not answered.
#[test]
fn a_replica_agrees_to_the_rest_it_is_in_and_to_newer_ones() {
    let (alone, from, terms) = replica();
    let bound = alone.multi.groups[&GROUP].rest;
    for (rest, by, agrees) in [
        (bound, -1, false),
        (bound, 0, true),
        (bound, 1, true),
        (Rest::Awake { quiet: true }, -1, false),
        (Rest::Awake { quiet: true }, 0, false),
        (Rest::Awake { quiet: true }, 1, true),
    ] {
        let mut asked = alone.clone();
        asked.set(rest);
        let before = asked.multi.clone();
        let terms = Terms { nap: numbered(terms.nap, by), ..terms };
        let answer = said(asked.hear(from, Letter::Rest { group: GROUP, terms }));
        let rests = Letter::Rests { group: GROUP, nap: terms.nap };
        assert_eq!(answer, if agrees { [rests].to_vec() } else { Vec::new() }, "{rest:?} {by}");
        if agrees {
            assert_eq!((asked.member().nap, asked.member().rest), (terms.nap, bound));
        } else {
            assert!(asked.multi == before, "it changed");
        }
    }
}

/// It would be bound by beats that do not come, or to terms that are not its own.
#[test]
fn a_replica_does_not_agree_unheard_or_to_other_terms() {
    let (mut alone, from, terms) = replica();
    alone.set(Rest::Awake { quiet: false });
    let newer = Terms { nap: numbered(terms.nap, 1), ..terms };
    let longer = Terms { position: Position { len: 9, ..terms.position }, ..newer };
    let agrees = |alone: &Alone, heard: Option<u64>, terms| {
        let mut alone = alone.clone();
        alone.peer(from).heard = heard.map(|ago| Instant::new(alone.now.units() - ago));
        !said(alone.hear(from, Letter::Rest { group: GROUP, terms })).is_empty()
    };
    let heard = [Some(0), Some(99), Some(100), None];
    assert_eq!(heard.map(|heard| agrees(&alone, heard, newer)), [true, true, false, false]);
    assert!(!agrees(&alone, Some(0), longer));
}

/// Who said so is answered in any case, or it would say so for ever; but not before this node has heard of the epoch, for
/// then it would forget that the rest is over.
#[test]
fn the_word_that_a_rest_is_over_ends_that_rest_and_earlier_ones() {
    let (alone, from, Terms { nap, .. }) = replica();
    let elsewhere = alone.multi.peers.keys().copied().find(|host| *host != from).unwrap();
    let epochs = [nap.epoch.next().unwrap(), crate::id::Epoch::ZERO];
    let cases = [
        // From whom, which rest, whether it is over, which the replica knows of then, and whether that is understood.
        (from, numbered(nap, -1), false, nap, true),
        (from, nap, true, nap, true),
        (from, numbered(nap, 1), true, numbered(nap, 1), true),
        (from, Nap { epoch: epochs[0], ..nap }, false, nap, false),
        (from, Nap { epoch: epochs[1], number: 9 }, false, nap, true),
        (elsewhere, nap, false, nap, true),
    ];
    for (from, over, ends, known, understood) in cases {
        let mut alone = alone.clone();
        let answer = said(alone.hear(from, Letter::Woke { group: GROUP, nap: over }));
        let roused = Letter::Roused { group: GROUP, nap: over };
        assert_eq!(answer, if understood { [roused].to_vec() } else { Vec::new() }, "{over:?}");
        assert_eq!((!alone.multi.rests(GROUP), alone.member().nap), (ends, known), "{from} {over:?}");
    }
}

/// A word about an earlier rest does not settle what is owed of a later one.
#[test]
fn a_word_is_owed_until_it_is_understood() {
    let (lab, at, [one, other]) = resting();
    let mut alone = Alone::of(&lab, at);
    let nap = alone.member().nap;
    assert!(alone.ask(Request::Write(1.into())).contains(&Output::Tell(Event::Woke(GROUP))));
    let owed = |alone: &Alone, at| alone.multi.peers[&host(at)].owed.get(&GROUP).copied();
    assert_eq!([one, other].map(|at| owed(&alone, at)), [Some(nap); 2]);
    alone.hear(host(one), Letter::Roused { group: GROUP, nap: numbered(nap, -1) });
    assert_eq!(owed(&alone, one), Some(nap));
    alone.hear(host(one), Letter::Roused { group: GROUP, nap });
    assert_eq!([one, other].map(|at| owed(&alone, at)), [None, Some(nap)]);
}

/// Only what is asked of a group keeps it from resting after its next beat.
#[test]
fn a_group_is_quiet_until_it_is_asked_for_something() {
    let (lab, at, _) = resting();
    let flushed = || failover::Input::Durable(crate::outbox::Seq::default());
    let asked = || {
        let at = Position::default();
        failover::Input::Request(Request::ConfirmRead { id: 1, at })
    };
    for (input, stays) in [(flushed(), true), (asked(), false)] {
        for quiet in [false, true] {
            let mut alone = Alone::of(&lab, at);
            alone.set(Rest::Awake { quiet });
            alone.step(Input::Group { group: GROUP, input: input.clone() });
            assert_eq!(alone.member().rest, Rest::Awake { quiet: quiet && stays }, "{input:?}");
        }
    }
}

/// Whom it follows and in which epoch: that is all that it is bound to.
#[test]
fn a_replica_is_bound_to_one_primary_in_one_epoch() {
    let (lab, at, [one, _]) = resting();
    let rests_after = |input: failover::Input<u8>| {
        let mut alone = Alone::of(&lab, one);
        let broken = alone.peer(host(at)).broken;
        match input {
            failover::Input::Message { message, .. } => {
                alone.hear(host(at), Letter::Group { group: GROUP, message });
            }
            input => drop(alone.step(Input::Group { group: GROUP, input })),
        }
        let rests = alone.multi.rests(GROUP);
        assert_eq!(alone.peer(host(at)).broken, broken + u64::from(!rests), "its host has to learn of it");
        rests
    };
    let epoch = lab.node(one, GROUP).unwrap().epoch();
    let beat = |epoch| {
        let lease = lease().grant();
        let beat = Beat { stamp: Instant::new(1), lease, round: 0, quorate: true, serving: true };
        failover::Input::Message { from: node(at), message: Message { epoch, body: Body::Beat(beat) } }
    };
    assert!(rests_after(beat(epoch)));
    // The same primary, elected again: this epoch is not the one that it agreed to.
    assert!(!rests_after(beat(epoch.next().unwrap())));
    // It asks around in the same epoch, and follows nobody meanwhile.
    assert!(!rests_after(failover::Input::Request(Request::ForgetPrimary)));
}

/// A beat that was sent when the group fell asleep may have arrived before the replica was bound.
#[test]
fn only_answers_to_beats_sent_after_it_fell_asleep_count_for_a_group() {
    let (lab, at, [one, _]) = resting();
    let mut alone = Alone::of(&lab, at);
    let now = alone.now.after(Span::new(10));
    let since = Instant::new(now.units() - 5);
    for (stamp, counts) in [(-1, false), (0, false), (1, true)] {
        let mut alone = alone.clone();
        alone.set(Rest::Resting { with: NodeSet::one(node(one)), since });
        let stamp = Instant::new(since.units().checked_add_signed(stamp).unwrap());
        alone.peer(host(one)).answered = Some(stamp);
        let peers = alone.multi.peers.clone();
        alone.member().catch_up(now, &peers);
        let counted = !alone.member().node.has_news(node(one), stamp, 0);
        assert_eq!(counted, counts, "{stamp:?}");
    }
    alone.member().rest = Rest::Awake { quiet: true };
    let before = alone.member().clone();
    let peers = alone.multi.peers.clone();
    alone.member().catch_up(now, &peers);
    assert!(*alone.member() == before, "awake, it hears for itself");
}

#[test]
fn rests_are_counted_anew_in_every_epoch() {
    let (lab, at, _) = resting();
    let mut alone = Alone::of(&lab, at);
    let epoch = alone.member().node.epoch();
    let known = |alone: &mut Alone, epoch| {
        alone.member().nap = Nap { epoch, number: 7 };
        alone.member().nap()
    };
    assert_eq!(known(&mut alone, crate::id::Epoch::ZERO), Nap { epoch, number: 0 });
    assert_eq!(known(&mut alone, epoch), Nap { epoch, number: 7 });
}
