//! Terms: when one node has nothing to do, and what primary and replica have to agree about.

use super::super::*;
use super::lab::*;
use crate::config::{Draft, Settings};
use crate::failover::{Beat, Body, Input, Message, Node, Output, Outputs, Request};
use crate::id::{Epoch, NodeId, NodeSet, Position};
use crate::quorum::Quorum;
use crate::time::{Instant, Span};
use alloc::vec::Vec;

const GROUP: GroupId = GroupId(0);

/// One node without its host.
struct Alone {
    node: Node<u8>,
    now: Instant,
    out: Outputs<u8>,
}

impl Alone {
    /// As it is on host `at`.
    fn of(lab: &Lab, at: usize) -> Self {
        let node = lab.node(at, GROUP).unwrap().clone();
        Self { node, now: Instant::new(lab.machines[at].clock), out: Vec::new() }
    }

    fn step(&mut self, input: Input<u8>) {
        self.node.step(self.now, input, &mut self.out);
    }

    fn hear(&mut self, from: NodeId, epoch: Epoch, body: Body<u8>) {
        self.step(Input::Message { from, message: Message { epoch, body } });
    }

    /// Everything that it has written is durable.
    fn flush(&mut self) {
        let written = core::mem::take(&mut self.out).into_iter().filter_map(|output| match output {
            Output::Persist { seq, .. } => Some(seq),
            Output::Send { .. } | Output::Do(_) | Output::Tell(_) | Output::Refused(_) => None,
        });
        written.for_each(|seq| self.step(Input::Durable(seq)));
    }

    fn others(&self) -> NodeSet {
        NodeSet::first(3).without(self.node.id())
    }

    /// As primary: whether it may rest with all the others.
    fn rests(&self) -> bool {
        self.node.rest_with(self.others(), 1).is_some()
    }

    /// As replica: whether it may rest on these terms. It changes nothing if it may not.
    fn agrees(&self, primary: NodeId, terms: &Terms) -> bool {
        let (mut node, mut out) = (self.node.clone(), Vec::new());
        let agrees = node.rest_under(primary, terms, &mut out);
        assert!(agrees || (node == self.node && out.is_empty()), "it changed and does not rest");
        agrees
    }
}

/// One entry is written, and everybody rests.
fn resting(lab: &mut Lab) -> usize {
    assert!(lab.run_until(2_000, Lab::all_serve).is_some());
    let (_, at) = lab.serving(GROUP).unwrap();
    lab.request(at, GROUP, Request::Write(1.into()));
    lab.run(1);
    assert!(lab.run_until(1_000, Lab::all_rest).is_some());
    assert_eq!(lab.serving(GROUP).map(|(_, now)| now), Some(at));
    lab.assert_sound();
    at
}

/// A resting primary of three, alone.
fn primary() -> Alone {
    let mut lab = Lab::new(3, 1, Some(lease()));
    let at = resting(&mut lab);
    let alone = Alone::of(&lab, at);
    assert!(alone.rests());
    alone
}

fn votes_of_all() -> Settings {
    let all = NodeSet::first(3);
    Settings::new(Draft { votes: Quorum::every(all), ..Draft::majority(all) }).unwrap()
}

#[test]
fn a_primary_names_what_its_replicas_have_to_agree_about() {
    let Alone { node, .. } = primary();
    let terms = Terms {
        nap: Nap { epoch: node.epoch(), number: 7 },
        position: Position { epoch: node.epoch(), len: 1 },
        config: node.hard().config_id(),
        lease: lease().grant(),
    };
    assert_eq!(node.rest_with(NodeSet::first(3).without(node.id()), 7), Some(terms));
}

/// An entry that one of the others has is committed. The one that lacks it is told so all the same.
#[test]
fn a_primary_rests_with_those_who_have_everything() {
    let mut alone = primary();
    let epoch = alone.node.epoch();
    let [one, other] = <[NodeId; 2]>::try_from(alone.others().iter().collect::<Vec<_>>()).unwrap();
    alone.step(Input::Request(Request::Write(2.into())));
    alone.flush();
    alone.hear(one, epoch, Body::Ack { len: 2 });
    assert_eq!(alone.node.committed(), 2);
    let with = |alone: &Alone, set| alone.node.rest_with(set, 1).is_some();
    let sets = [NodeSet::one(one), NodeSet::one(other), alone.others()];
    assert_eq!(sets.map(|set| with(&alone, set)), [true, false, false]);
    alone.hear(other, epoch, Body::Ack { len: 2 });
    assert_eq!(sets.map(|set| with(&alone, set)), [true, true, true]);
}

#[test]
fn a_primary_with_something_under_way_does_not_rest() {
    let unknown = Position { epoch: primary().node.epoch(), len: 9 };
    let change = || Request::Change(votes_of_all().into());
    let read = || Request::Read { id: 1, kind: crate::commit::ReadKind::Token(unknown) };
    // What it is asked for, and whether it can be done when what was written is durable.
    let cases = [
        (Request::Compact { base: 1 }, true),
        (Request::Write(2.into()), false),
        (change(), false),
        (read(), false),
    ];
    for (request, done) in cases {
        let mut alone = primary();
        alone.step(Input::Request(request.clone()));
        assert!(!alone.rests(), "{request:?}");
        alone.flush();
        assert_eq!(alone.rests(), done, "{request:?}");
    }
}

/// Those it rests with could elect it and acknowledge its writes, so that it wakes able to go on.
#[test]
fn a_primary_rests_only_with_enough_to_elect_and_to_acknowledge() {
    let all = NodeSet::first(3);
    let acks_of_all =
        Settings::new(Draft { acks: Some(Quorum::every(all)), ..Draft::majority(all) }).unwrap();
    for (settings, with_one) in [(settings(3), true), (acks_of_all, false), (votes_of_all(), false)] {
        let mut lab = Lab::of(setup(Some(lease())), settings, 1);
        let at = resting(&mut lab);
        let node = lab.node(at, GROUP).unwrap();
        let others = all.without(node.id());
        let sets = [NodeSet::EMPTY, NodeSet::one(others.iter().next().unwrap()), others];
        let rests = sets.map(|set| node.rest_with(set, 1).is_some());
        assert_eq!(rests, [false, with_one, true]);
    }
}

/// It keeps no log: it cannot have all of it, and need not.
#[test]
fn a_witness_rests_without_the_log() {
    let data = NodeSet::first(2);
    let draft = Draft { data, acks: Some(Quorum::every(data)), ..Draft::majority(NodeSet::first(3)) };
    let mut lab = Lab::of(setup(Some(lease())), Settings::new(draft).unwrap(), 1);
    let at = resting(&mut lab);
    let primary = Alone::of(&lab, at).node;
    let terms = primary.rest_with(NodeSet::first(3).without(primary.id()), 1).expect("it rests with both");
    let (mut witness, mut out) = (Alone::of(&lab, 2).node, Vec::new());
    assert!(witness.position() != terms.position && witness.rest_under(primary.id(), &terms, &mut out));
    assert_eq!((witness.committed(), out), (0, Vec::new()));
}

#[test]
fn a_replica_agrees_to_its_own_terms_alone() {
    let mut lab = Lab::new(3, 1, Some(lease()));
    let at = resting(&mut lab);
    let primary = Alone::of(&lab, at);
    let terms = primary.node.rest_with(primary.others(), 1).unwrap();
    let [one, other] = <[NodeId; 2]>::try_from(primary.others().iter().collect::<Vec<_>>()).unwrap();
    let replica = Alone::of(&lab, usize::from(one.index()));
    assert!(replica.agrees(primary.node.id(), &terms));
    assert!(!replica.agrees(other, &terms), "of another primary");
    let Terms { nap, position, config, lease } = terms;
    let wrong = [
        Terms { nap: Nap { epoch: nap.epoch.next().unwrap(), ..nap }, ..terms },
        Terms { position: Position { len: position.len + 1, ..position }, ..terms },
        Terms { config: crate::config::ConfigId { version: config.version + 1, ..config }, ..terms },
        Terms { lease: lease.plus(Span::new(1)), ..terms },
        Terms { lease: Span::ZERO, ..terms },
    ];
    for terms in wrong {
        assert!(!replica.agrees(primary.node.id(), &terms), "{terms:?}");
    }
    // While a read waits here for more, it does not rest.
    let mut reading = Alone::of(&lab, usize::from(one.index()));
    let kind = crate::commit::ReadKind::Token(Position { len: 9, ..position });
    reading.step(Input::Request(Request::Read { id: 1, kind }));
    assert!(!reading.agrees(primary.node.id(), &terms));
}

/// Bound by a beat it must stay so across a restart: with the epoch, and with a lease as long as this.
#[test]
fn a_replica_agrees_when_the_epoch_and_the_lease_are_on_its_disk() {
    let mut lab = Lab::new(3, 1, Some(lease()));
    lab.flush(1);
    let mut replica = Alone::of(&lab, 1);
    let epoch = Epoch::from_number;
    let beat = |replica: &mut Alone, number, lease| {
        let beat = Beat { stamp: Instant::new(1), lease, round: 0, quorate: true, serving: true };
        replica.hear(node(0), epoch(number), Body::Beat(beat));
    };
    let agrees = |replica: &Alone, number| {
        let terms = Terms {
            nap: Nap { epoch: epoch(number), number: 1 },
            position: replica.node.position(),
            config: replica.node.hard().config_id(),
            lease: lease().grant(),
        };
        replica.agrees(node(0), &terms)
    };
    beat(&mut replica, 1, Span::new(1));
    replica.flush();
    assert!(!agrees(&replica, 1), "a lease of one unit is on its disk");
    beat(&mut replica, 1, lease().grant());
    assert!(!agrees(&replica, 1), "the other is on its way there");
    replica.flush();
    assert!(agrees(&replica, 1));
    // Nothing was written of epoch 2: it only heard of it.
    beat(&mut replica, 2, lease().grant());
    replica.flush();
    assert!(replica.node.epoch() == epoch(2) && !agrees(&replica, 2));
}

/// A disk that may hang needs looking after.
#[test]
fn whose_disk_is_watched_does_not_rest() {
    let mut lab =
        Lab::of(crate::config::Setup { stall: Some(Span::new(50)), ..setup(Some(lease())) }, settings(3), 1);
    assert!(lab.run_until(2_000, Lab::all_serve).is_some());
    lab.run(100);
    let (_, at) = lab.serving(GROUP).unwrap();
    assert!((0..3).all(|at| !lab.machines[at].multi.as_ref().unwrap().rests(GROUP)));
    assert!(!Alone::of(&lab, at).rests());
    lab.assert_sound();
}
