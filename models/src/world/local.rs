//! One machine: the node, its disk, and what it has asked of the outside. And the only place where the
//! production code is called.

use crate::invariant::Broken;
use quorate::commit::Log;
use quorate::config::Setup;
use quorate::disk::{Image, Record};
use quorate::failover::{Effect, Event, Input, Message, Node, Output, Outputs, Refused, Request};
use quorate::id::NodeId;
use quorate::outbox::Seq;
use quorate::time::{Instant, Span};
use std::sync::Arc;

/// What clients write: the number of the write.
pub type Op = u8;

/// The fixed present of a model; see the finite encoding of time in [`quorate::time`].
pub const NOW: Instant = Instant::new(1 << 32);

/// One machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Local {
    /// The node; `None` while the machine is down.
    pub node: Option<Node<Op>>,
    /// What is on its disk for certain.
    pub disk: Image<Op>,
    /// Records on their way to the disk, oldest first. A crash keeps any number of the oldest.
    pub flight: Vec<Record<Op>>,
    /// Effects asked for and not yet done.
    pub effects: Vec<Effect>,
}

/// What can happen to one machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Act {
    /// A message arrives.
    Deliver(NodeId, Message<Op>),
    /// A timer fires.
    Tick,
    /// The oldest record on its way reaches the disk, and the node is told.
    Flush,
    /// The flush fails, and the node is told.
    FailFlush,
    /// The machine crashes; of the records on their way the oldest `kept` reached the disk. If `torn`, half of
    /// the next one did as well: its epoch, not its vote.
    Crash {
        /// How many records survive.
        kept: usize,
        /// Whether the next is torn.
        torn: bool,
    },
    /// The machine starts again.
    Restart,
    /// An effect is done, or failed.
    Done(Effect, bool),
    /// The clock is in doubt.
    Doubt,
    /// A client or an operator asks for something.
    Ask(Request<Op>),
    /// Time passes: on this machine's clock, and on the clocks whose readings it holds.
    Age(Vec<u8>),
}

/// What an act causes outside the machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Caused {
    /// Messages sent.
    pub sent: Vec<(NodeId, Message<Op>)>,
    /// What the node told.
    pub told: Vec<Event>,
    /// What it refused.
    pub refused: Vec<Refused>,
}

/// What the history has to know of what a machine did.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Note {
    /// Who did it.
    pub who: NodeId,
    /// In which life.
    pub life: u32,
    /// Whether it is a primary that has begun to replicate.
    pub begun: bool,
    /// What it told.
    pub told: Vec<Event>,
    /// Its log afterwards.
    pub log: Log<Op>,
    /// What the step itself broke.
    pub broken: Option<Broken>,
}

impl Note {
    /// Whether the history has to know of `event`.
    pub fn matters(event: Event) -> bool {
        match event {
            Event::Elected { .. }
            | Event::Established { .. }
            | Event::Accepted { .. }
            | Event::Committed { .. }
            | Event::ReadAt { .. }
            | Event::ReadConfirmed { .. }
            | Event::ReadLost { .. }
            | Event::ReadFailed { .. } => true,
            Event::Serving { .. }
            | Event::Deposed { .. }
            | Event::Following { .. }
            | Event::Truncated { .. }
            | Event::LossAccepted { .. }
            | Event::Configured { .. }
            | Event::Degraded { .. }
            | Event::Strengthened { .. }
            | Event::HandedOver { .. }
            | Event::EffectFailed(_)
            | Event::ClockDoubted
            | Event::Halted(_) => false,
        }
    }
}

impl Local {
    /// A machine of a new cluster, started and settled.
    pub fn new(id: NodeId, setup: &Arc<Setup>, image: Image<Op>) -> Self {
        let mut local = Local { node: None, disk: image, flight: Vec::new(), effects: Vec::new() };
        local.act(id, setup, &Act::Restart, true, &mut Caused::default());
        local
    }

    /// Lets `act` happen. Pure: equal machines and acts give equal machines and consequences.
    pub fn act(&mut self, id: NodeId, setup: &Arc<Setup>, act: &Act, blocking: bool, caused: &mut Caused) {
        match act {
            Act::Deliver(from, message) => {
                self.step(Input::Message { from: *from, message: message.clone() }, caused);
            }
            Act::Tick => self.step(Input::Tick, caused),
            Act::Flush => self.flush(caused),
            Act::FailFlush => {
                self.flight.clear();
                self.step(Input::StorageFailed, caused);
            }
            Act::Crash { kept, torn } => self.crash(*kept, *torn),
            Act::Restart => self.restart(id, setup, caused),
            Act::Done(effect, ok) => {
                self.effects.retain(|pending| pending != effect);
                self.step(Input::EffectDone { effect: *effect, ok: *ok, facts: None }, caused);
            }
            Act::Doubt => self.step(Input::ClockSuspect, caused),
            Act::Ask(request) => self.step(Input::Request(request.clone()), caused),
            Act::Age(ticks) => {
                let Some(node) = &mut self.node else { return };
                for (clock, by) in ticks.iter().enumerate() {
                    let (clock, by) = (super::model::node(clock), Span::new(u64::from(*by)));
                    if clock == id {
                        node.age(by);
                    }
                    node.age_echoes(clock, by);
                }
            }
        }
        while blocking && !self.flight.is_empty() && self.node.is_some() {
            self.flush(caused);
        }
        // So that a machine does not remember how much it wrote in the past.
        if let Some(node) = &mut self.node {
            node.renumber();
        }
    }

    fn step(&mut self, input: Input<Op>, caused: &mut Caused) {
        let Some(node) = &mut self.node else { return };
        let mut out = Outputs::new();
        node.step(NOW, input, &mut out);
        self.carry_out(out, caused);
    }

    fn carry_out(&mut self, out: Outputs<Op>, caused: &mut Caused) {
        for output in out {
            match output {
                Output::Persist { seq: _, record } => self.flight.push(record),
                Output::Send { to, message } => caused.sent.push((to, message)),
                Output::Do(effect) => {
                    if !self.effects.contains(&effect) {
                        self.effects.push(effect);
                        self.effects.sort_unstable();
                    }
                }
                Output::Tell(event) => caused.told.push(event),
                Output::Refused(refused) => caused.refused.push(refused),
            }
        }
    }

    /// The numbers of the node count from the newest durable record, so the oldest on its way is number one.
    fn flush(&mut self, caused: &mut Caused) {
        if self.flight.is_empty() {
            return;
        }
        let record = self.flight.remove(0);
        self.disk.apply(&record);
        let durable = Seq::new(1);
        self.step(Input::Durable(durable), caused);
        if let Some(node) = &mut self.node {
            node.renumber();
        }
    }

    fn crash(&mut self, kept: usize, torn: bool) {
        let flight = std::mem::take(&mut self.flight);
        for record in &flight[..kept.min(flight.len())] {
            self.disk.apply(record);
        }
        if let (true, Some(Record { hard: Some(hard), .. })) = (torn, flight.get(kept)) {
            let durable = &mut self.disk.hard.ballot;
            if durable.epoch < hard.ballot.epoch {
                durable.epoch = hard.ballot.epoch;
                durable.vote = None;
            }
        }
        self.node = None;
        self.effects.clear();
    }

    fn restart(&mut self, id: NodeId, setup: &Arc<Setup>, caused: &mut Caused) {
        let mut out = Outputs::new();
        let node = Node::start(id, Arc::clone(setup), self.disk.clone(), NOW, &mut out);
        self.node = Some(node);
        self.carry_out(out, caused);
    }

    /// Whether the next record on its way carries a vote that could be torn off.
    pub fn may_tear(&self, kept: usize) -> bool {
        let torn = quorate::rule!(TornVoteIsHarmless, false, else: true);
        let hard = self.flight.get(kept).and_then(|record| record.hard.as_ref());
        torn && hard
            .is_some_and(|hard| hard.ballot.vote.is_some() && hard.ballot.epoch > self.disk.hard.epoch())
    }

    /// The log as it is in memory, or on disk while the machine is down.
    pub fn log(&self) -> &quorate::commit::Log<Op> {
        self.node.as_ref().map_or(&self.disk.log, Node::log)
    }
}
