//! One machine: the node, its disk, the database beside it if it supervises one, and what it has asked of the
//! outside. And the only place where the production code is called.

use super::choice::Wire;
use super::engine::{Database, Signals, replaces};
use super::order::place;
use crate::invariant::Broken;
use quorate::commit::Log;
use quorate::config::{Config, ConfigId, Engine, Setup};
use quorate::disk::{Image, Record};
use quorate::failover::{Effect, Event, Facts, Input, Node, Output, Outputs, Refused, Request};
use quorate::id::{Epoch, NodeId};
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
    /// The database, if the node supervises one.
    pub engine: Option<Database>,
    /// The configurations that those effects name.
    pub named: Vec<Arc<Config>>,
}

/// What is left of a torn record. A record is written as one value, so this is against the contract of the disk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Torn {
    /// Its epoch; the vote in it is lost.
    KeepsEpoch,
    /// Its vote; the epoch that goes with it is lost.
    KeepsVote,
}

/// What can happen to one machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Act {
    /// A message arrives.
    Deliver(NodeId, Wire),
    /// A timer fires.
    Tick,
    /// The oldest record on its way reaches the disk, and the node is told.
    Flush,
    /// The flush fails, and the node is told.
    FailFlush,
    /// The machine crashes; of the records on their way the oldest `kept` reached the disk. If `torn`, half of
    /// the next one did as well.
    Crash {
        /// How many records survive.
        kept: usize,
        /// Which half of the next one reached the disk, if one did.
        torn: Option<Torn>,
    },
    /// The machine starts again.
    Restart,
    /// An effect is done, or failed. Whether one of a database can be done, the database knows.
    Done(Effect, bool),
    /// The database reports to its node.
    Report,
    /// A client writes to the database.
    Write(Op),
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
    pub sent: Vec<(NodeId, Wire)>,
    /// What the node told.
    pub told: Vec<Event>,
    /// What it refused.
    pub refused: Vec<Refused>,
    /// What was written to the database, and under which epoch.
    pub written: Option<(Epoch, Op)>,
    /// How much the database has acknowledged now, and under which epoch.
    pub acked: Option<(Epoch, u64)>,
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
    /// Whether only harm counts.
    pub harm_only: bool,
    /// What was written to the database.
    pub written: Option<(Epoch, Op)>,
    /// What the database acknowledged.
    pub acked: Option<(Epoch, u64)>,
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
    /// A machine of a new cluster, started and settled: what the node asks of its database to begin with is done.
    pub fn new(id: NodeId, setups: &[Arc<Setup>], image: Image<Op>) -> Self {
        let engine =
            matches!(setups[usize::from(id.index())].engine, Engine::External).then(Database::default);
        let mut local = Local {
            node: None,
            disk: image,
            flight: Vec::new(),
            effects: Vec::new(),
            engine,
            named: Vec::new(),
        };
        local.act(id, setups, &Act::Restart, true, &mut Caused::default());
        while let Some(effect) = local.effects.first().copied() {
            local.act(id, setups, &Act::Done(effect, true), true, &mut Caused::default());
        }
        local
    }

    /// Lets `act` happen at the machine `id` of a cluster set up like this. Pure: equal machines and acts give equal
    /// machines and consequences.
    pub fn act(&mut self, id: NodeId, setups: &[Arc<Setup>], act: &Act, blocking: bool, caused: &mut Caused) {
        let acked = self.acknowledged(id);
        match act {
            Act::Deliver(from, Wire::Node(message)) => {
                self.step(Input::Message { from: *from, message: message.clone() }, caused);
            }
            Act::Deliver(from, Wire::Engine(signal)) => {
                self.operate(caused, |engine, out| engine.receive(*from, signal, out));
            }
            Act::Tick => self.step(Input::Tick, caused),
            Act::Flush => self.flush(caused),
            Act::FailFlush => {
                self.flight.clear();
                self.step(Input::StorageFailed, caused);
            }
            Act::Crash { kept, torn } => self.crash(*kept, *torn),
            Act::Restart => self.restart(id, &setups[usize::from(id.index())], caused),
            Act::Done(effect, ok) => {
                let (ok, facts) = self.carry_out_effect(*effect, *ok, caused);
                self.step(Input::EffectDone { effect: *effect, ok, facts }, caused);
            }
            Act::Report => {
                if let Some(engine) = &self.engine {
                    self.step(Input::Engine(engine.facts()), caused);
                }
            }
            Act::Write(op) => {
                let epoch = self.operate(caused, |engine, out| engine.write(*op, out)).flatten();
                caused.written = epoch.map(|epoch| (epoch, *op));
            }
            Act::Doubt => self.step(Input::ClockSuspect, caused),
            Act::Ask(request) => self.step(Input::Request(request.clone()), caused),
            Act::Age(ticks) => {
                let Some(node) = &mut self.node else { return };
                for ((clock, by), setup) in ticks.iter().enumerate().zip(setups) {
                    let (clock, by) = (super::model::node(clock), Span::new(u64::from(*by)));
                    if clock == id {
                        node.age(by);
                    }
                    node.age_echoes(clock, by, setup.stamp_horizon());
                }
            }
        }
        while blocking && !self.flight.is_empty() && self.node.is_some() {
            self.flush(caused);
        }
        if let Some(node) = &mut self.node {
            if let (Some(engine), true) = (&mut self.engine, node.is_serving()) {
                engine.open(node.epoch());
            }
            // So that a machine does not remember how much it wrote in the past.
            node.renumber();
        }
        caused.acked = self.acknowledged(id).filter(|now| Some(*now) > acked);
    }

    fn acknowledged(&self, id: NodeId) -> Option<(Epoch, u64)> {
        self.engine.as_ref()?.acknowledged(id)
    }

    /// Lets the database do something; `None` if there is none.
    fn operate<T>(
        &mut self,
        caused: &mut Caused,
        act: impl FnOnce(&mut Database, &mut Signals) -> T,
    ) -> Option<T> {
        let mut signals = Signals::new();
        let result = act(self.engine.as_mut()?, &mut signals);
        caused.sent.extend(signals.into_iter().map(|(to, signal)| (to, Wire::Engine(signal))));
        Some(result)
    }

    /// An effect is done: whether it succeeded, and what the database shows, where the node has to know.
    fn carry_out_effect(&mut self, effect: Effect, ok: bool, caused: &mut Caused) -> (bool, Option<Facts>) {
        let config =
            config_of(effect).and_then(|id| self.named.iter().find(|config| config.id == id).cloned());
        self.effects.retain(|pending| *pending != effect);
        self.forget_names();
        let done = self.operate(caused, |engine, out| engine.carry_out(effect, config, out));
        let facts = self.engine.as_ref().filter(|_| effect.changes_position()).map(Database::facts);
        (done.unwrap_or(ok), facts)
    }

    fn forget_names(&mut self) {
        let Self { effects, named, .. } = self;
        named.retain(|config| effects.iter().any(|effect| config_of(*effect) == Some(config.id)));
    }

    /// The node asks for something.
    fn ask(&mut self, effect: Effect) {
        if self.effects.contains(&effect) {
            return;
        }
        if self.engine.is_some() {
            self.effects.retain(|old| !replaces(effect, *old));
            self.forget_names();
            self.name_config(effect);
        }
        place(&mut self.effects, effect);
    }

    /// Keeps the configuration that an effect names: the node may have gone on to another when it is done.
    fn name_config(&mut self, effect: Effect) {
        let Some(id) = config_of(effect) else { return };
        let written = self.flight.iter().rev().filter_map(|record| record.hard.as_deref());
        let kept = self.node.as_ref().map(Node::hard);
        let config = written.chain(kept).chain([&self.disk.hard]).find(|hard| hard.config_id() == id);
        let known = self.named.iter().any(|config| config.id == id);
        if let (Some(hard), false) = (config, known) {
            place(&mut self.named, Arc::clone(&hard.config));
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
                Output::Send { to, message } => caused.sent.push((to, Wire::Node(message))),
                Output::Do(effect) => self.ask(effect),
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

    fn crash(&mut self, kept: usize, torn: Option<Torn>) {
        let flight = std::mem::take(&mut self.flight);
        for record in &flight[..kept.min(flight.len())] {
            self.disk.apply(record);
        }
        if let (Some(torn), Some(Record { hard: Some(hard), .. })) = (torn, flight.get(kept)) {
            let durable = &mut self.disk.hard.ballot;
            match torn {
                Torn::KeepsEpoch => {
                    durable.adopt(hard.ballot.epoch);
                }
                Torn::KeepsVote => durable.vote = hard.ballot.vote,
            }
        }
        self.node = None;
        self.effects.clear();
        self.named.clear();
    }

    fn restart(&mut self, id: NodeId, setup: &Arc<Setup>, caused: &mut Caused) {
        let mut out = Outputs::new();
        let node = Node::start(id, Arc::clone(setup), self.disk.clone(), NOW, &mut out);
        self.node = Some(node);
        self.carry_out(out, caused);
    }

    /// How the next record on its way could be torn: if it carries a vote in a newer epoch, either of the two may be
    /// lost. Only with the controls that say what comes of it.
    pub fn tears(&self, kept: usize) -> impl Iterator<Item = Torn> + use<> {
        let hard = self.flight.get(kept).and_then(|record| record.hard.as_deref());
        let voted =
            hard.is_some_and(|hard| hard.ballot.vote.is_some() && hard.ballot.epoch > self.disk.hard.epoch());
        let tears = quorate::rule!(TornVoteIsHarmless, None, else: Some(Torn::KeepsEpoch));
        let other = quorate::rule!(TornEpochIsHarmless, None, else: Some(Torn::KeepsVote));
        tears.into_iter().chain(other).filter(move |_| voted)
    }

    /// The log as it is in memory, or on disk while the machine is down; that of the database, if there is one.
    pub fn log(&self) -> &Log<Op> {
        match (&self.engine, &self.node) {
            (Some(engine), _) => &engine.log,
            (None, Some(node)) => node.log(),
            (None, None) => &self.disk.log,
        }
    }

    /// How much of the log is on disk.
    pub fn flushed(&self) -> u64 {
        self.engine.as_ref().map_or(self.disk.log.len(), |engine| engine.log.len())
    }

    /// Whether the database shows something that its node does not know yet.
    pub fn has_news(&self) -> bool {
        let differs = |engine: &Database, node: &Node<Op>| {
            engine.log.history() != node.log().history() || engine.log.len() != node.log().len()
        };
        self.engine.as_ref().zip(self.node.as_ref()).is_some_and(|(engine, node)| differs(engine, node))
    }
}

/// The configuration that an effect names.
fn config_of(effect: Effect) -> Option<ConfigId> {
    match effect {
        Effect::Promote { config, .. } | Effect::SetAcks { config } => Some(config),
        Effect::Fence { .. }
        | Effect::Load { .. }
        | Effect::StopReceiving { .. }
        | Effect::Follow { .. }
        | Effect::Rewind { .. }
        | Effect::Demote { .. }
        | Effect::ArmWatchdog { .. }
        | Effect::SendSnapshot { .. }
        | Effect::LoadSnapshot { .. } => None,
    }
}
