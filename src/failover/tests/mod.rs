//! Nodes under test: a small cluster in memory whose every step is in the hand of the test.

extern crate std;

mod arbitrary;
mod beats;
mod changes;
mod copies;
mod edges;
mod effects;
mod elections;
mod engine;
mod fallback;
mod guards;
mod hostile;
mod invariants;
mod messages;
mod phases;
mod progress;
mod questions;
mod requests;
#[cfg(feature = "serde")]
mod serialised;
mod snapshot;
mod storm;
mod watchdog;

use super::*;
use crate::config::{Config, Draft, Lease, Mode, Setup, Timing, Weak};
use crate::disk::{Image, Record};
use crate::election::Refusal;
use crate::id::{Epoch, NodeId, NodeSet};
use crate::lease::Release;
use crate::outbox::Seq;
use crate::quorum::{Acks, Quorum};
use crate::time::{Drift, Instant, Span};
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::{vec, vec::Vec};

pub(super) fn node(index: u8) -> NodeId {
    NodeId::new(index).unwrap()
}

pub(super) fn epoch(number: u64) -> Epoch {
    Epoch::from_number(number)
}

/// Three nodes that keep data, of which any two elect and any two acknowledge.
pub(super) fn three() -> Draft {
    Draft::majority(NodeSet::first(3))
}

/// An election timeout of 100 units, no pre-vote, no random part: a test decides who stands.
pub(super) fn setup() -> Setup {
    let timing = Timing { spread: Span::ZERO, ..Timing::of(Span::new(100)) };
    Setup { prevote: false, ..Setup::new(timing) }
}

/// A lease of 40 units on perfect clocks.
pub(super) fn lease() -> Lease {
    Lease::new(Span::new(40), Span::new(40), Span::ZERO, Drift::NONE).unwrap()
}

/// To fall back to these acks after 40 units, nine entries ahead of the strong family at most.
pub(super) fn weak(acks: Quorum) -> Weak {
    Weak { acks: Acks::new(acks).unwrap(), after: Span::new(40), cap: 9 }
}

/// Acks by all three, or by n0 alone after 40 units.
pub(super) fn all_or_n0() -> Draft {
    let weak = Some(weak(Quorum::every(NodeSet::first(1))));
    Draft { acks: Some(Quorum::every(NodeSet::first(3))), weak, ..three() }
}

/// The machine of one node: its disk, and what it still owes its node.
#[derive(Clone)]
pub(super) struct Machine {
    pub(super) node: Node<u8>,
    pub(super) image: Image<u8>,
    pub(super) flushing: VecDeque<(Seq, Record<u8>)>,
    pub(super) effects: VecDeque<Effect>,
    pub(super) told: Vec<Event>,
    pub(super) refused: Vec<Refused>,
}

/// A cluster of machines and the messages on their way.
#[derive(Clone)]
pub(super) struct Lab {
    pub(super) now: Instant,
    pub(super) setup: Arc<Setup>,
    pub(super) machines: Vec<Machine>,
    pub(super) wire: VecDeque<(NodeId, NodeId, Message<u8>)>,
    /// What the network loses.
    pub(super) loses: fn(NodeId, NodeId, &Body<u8>) -> bool,
}

impl Lab {
    pub(super) fn new(setup: Setup, draft: Draft) -> Self {
        let config = Config::first(crate::config::Settings::new(draft).unwrap());
        let setup = Arc::new(setup);
        let mut lab = Self {
            now: Instant::new(1000),
            setup,
            machines: Vec::new(),
            wire: VecDeque::new(),
            loses: |_, _, _| false,
        };
        for id in config.nodes().iter() {
            let image = Image::first(config.clone());
            let mut out = Vec::new();
            let machine = Machine {
                node: Node::start(id, Arc::clone(&lab.setup), image.clone(), lab.now, &mut out),
                image,
                flushing: VecDeque::new(),
                effects: VecDeque::new(),
                told: Vec::new(),
                refused: Vec::new(),
            };
            lab.machines.push(machine);
            lab.take(id, out);
        }
        lab.settle();
        lab
    }

    /// n0 leads, and n0 and n1 have changed to voting by those two; n2 has not heard of it, and hears nobody.
    pub(super) fn with_outdated_n2() -> Self {
        let mut lab = Self::new(setup(), three());
        lab.stand(0);
        lab.loses = |from, to, _| from == node(2) || to == node(2);
        let every = Draft { votes: Quorum::every(NodeSet::first(2)), ..three() };
        lab.request(0, Request::Change(crate::config::Settings::new(every).unwrap().into()));
        lab.settle();
        lab
    }

    pub(super) fn at(&mut self, id: u8) -> &mut Machine {
        &mut self.machines[usize::from(id)]
    }

    fn take(&mut self, id: NodeId, out: Outputs<u8>) {
        for output in out {
            let machine = &mut self.machines[usize::from(id.index())];
            match output {
                Output::Persist { seq, record } => machine.flushing.push_back((seq, record)),
                Output::Send { to, message } => self.wire.push_back((id, to, message)),
                Output::Do(effect) => machine.effects.push_back(effect),
                Output::Tell(event) => machine.told.push(event),
                Output::Refused(refused) => machine.refused.push(refused),
            }
        }
    }

    /// One input for one node, and its invariants afterwards.
    pub(super) fn step(&mut self, id: u8, input: Input<u8>) {
        let mut out = Vec::new();
        let now = self.now;
        let machine = self.at(id);
        machine.node.step(now, input, &mut out);
        machine.node.check().unwrap();
        self.take(node(id), out);
    }

    /// `id` hears `body` from `from`, who is in epoch `number`.
    pub(super) fn hear(&mut self, id: u8, from: u8, number: u64, body: Body<u8>) {
        let message = Message { epoch: epoch(number), body };
        self.step(id, Input::Message { from: node(from), message });
    }

    /// What is on its way from `from` to `to`; nothing else is any more.
    pub(super) fn said(&mut self, from: u8, to: u8) -> Vec<Message<u8>> {
        let wire = self.wire.drain(..).filter(|(at, to_at, _)| (*at, *to_at) == (node(from), node(to)));
        wire.map(|(_, _, message)| message).collect()
    }

    pub(super) fn request(&mut self, id: u8, request: Request<u8>) {
        self.step(id, Input::Request(request));
    }

    /// Completes every record that `id` has written.
    pub(super) fn flush(&mut self, id: u8) {
        while let Some((seq, record)) = self.at(id).flushing.pop_front() {
            self.at(id).image.apply(&record);
            self.step(id, Input::Durable(seq));
        }
    }

    /// Delivers the oldest message, unless the network loses it; whether there was one.
    pub(super) fn deliver(&mut self) -> bool {
        let Some((from, to, message)) = self.wire.pop_front() else { return false };
        let exists = usize::from(to.index()) < self.machines.len();
        if exists && !(self.loses)(from, to, &message.body) {
            self.step(to.index(), Input::Message { from, message });
        }
        true
    }

    /// Flushes and delivers until nothing is left to do.
    pub(super) fn settle(&mut self) {
        loop {
            for id in 0..self.machines.len() as u8 {
                self.flush(id);
            }
            if !self.deliver() {
                return;
            }
        }
    }

    /// Lets time pass for everybody.
    pub(super) fn pass(&mut self, units: u64) {
        self.now = self.now.after(Span::new(units));
    }

    /// `id` stands after having waited; everything settles.
    pub(super) fn stand(&mut self, id: u8) {
        self.pass(100);
        self.step(id, Input::Tick);
        self.settle();
    }

    /// Time passes and everybody acts on it.
    pub(super) fn tick(&mut self, units: u64) {
        self.pass(units);
        for id in 0..self.machines.len() as u8 {
            self.step(id, Input::Tick);
        }
        self.settle();
    }

    /// Loses what is on its way.
    pub(super) fn cut(&mut self) {
        self.wire.clear();
    }

    /// Takes the machine of `id` down and starts it again from its disk.
    pub(super) fn restart(&mut self, id: u8) {
        let (now, setup) = (self.now, Arc::clone(&self.setup));
        let machine = self.at(id);
        machine.flushing.clear();
        machine.effects.clear();
        let mut out = Vec::new();
        machine.node = Node::start(node(id), setup, machine.image.clone(), now, &mut out);
        self.take(node(id), out);
    }

    /// Whether n0, which is primary, resigns when it is told that `effect` failed. The lab stays as it is.
    pub(super) fn resigns_without(&self, effect: Effect) -> bool {
        let mut lab = self.clone();
        lab.step(0, Input::EffectDone { effect, ok: false, facts: None });
        assert!(lab.at(0).told.contains(&Event::EffectFailed(effect)), "the embedder decides what to do");
        lab.at(0).node.phase().is_none()
    }

    /// The effect at the head of the queue of `id` is done.
    pub(super) fn done(&mut self, id: u8, facts: Option<Facts>) -> Effect {
        let effect = self.at(id).effects.pop_front().expect("an effect is due");
        self.step(id, Input::EffectDone { effect, ok: true, facts });
        effect
    }
}
