//! Machines with a node and a database each, and what passes between them.

use crate::database::{Database, Row};
use quorate::config::Setup;
use quorate::disk::Image;
use quorate::failover::{Effect, Event, Input, Message, Node, Output, Outputs};
use quorate::id::NodeId;
use quorate::time::Instant;
use std::collections::VecDeque;
use std::sync::Arc;

/// A machine: a node, the node's own small disk, and the database.
pub(crate) struct Machine {
    pub(crate) node: Node<()>,
    pub(crate) disk: Image<()>,
    pub(crate) database: Database,
    pub(crate) is_up: bool,
    pub(crate) ordered: Vec<Effect>,
}

pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) setup: Arc<Setup>,
    pub(crate) machines: Vec<Machine>,
    pub(crate) wire: VecDeque<(NodeId, NodeId, Message<()>)>,
    /// Up to where clients were told that their rows are safe.
    pub(crate) acknowledged: u64,
}

impl World {
    pub(crate) fn at(&mut self, id: NodeId) -> &mut Machine {
        &mut self.machines[usize::from(id.index())]
    }

    fn step(&mut self, id: NodeId, input: Input<()>) {
        let (now, mut outputs) = (self.now, Vec::new());
        self.at(id).node.step(now, input, &mut outputs);
        self.carry_out(id, outputs);
    }

    fn carry_out(&mut self, id: NodeId, outputs: Outputs<()>) {
        for output in outputs {
            match output {
                Output::Persist { seq, record } => {
                    self.at(id).disk.apply(&record);
                    self.step(id, Input::Durable(seq));
                }
                Output::Send { to, message } => self.wire.push_back((id, to, message)),
                Output::Do(effect) => {
                    println!("  {id} orders {effect:?}");
                    let machine = self.at(id);
                    machine.ordered.push(effect);
                    machine.database.obey(effect);
                    // With what the database shows *now*: that is what a vote or a promise will speak of.
                    let facts = Some(machine.database.facts());
                    self.step(id, Input::EffectDone { effect, ok: true, facts });
                }
                Output::Tell(Event::Committed { to, .. }) => self.acknowledged = self.acknowledged.max(to),
                Output::Tell(Event::Serving { epoch }) => println!("{id} serves in {epoch}"),
                Output::Tell(_) => {}
                Output::Refused(why) => println!("  {id}: {why}"),
            }
        }
    }

    /// Databases copy from whom they follow, and tell their nodes how far they have got; whether there was news.
    fn copy(&mut self, id: NodeId) -> bool {
        let Some(upstream) = self.at(id).database.upstream else { return false };
        let from = self.at(upstream);
        if !(from.is_up && from.database.is_primary) {
            return false;
        }
        let (rows, history) = (from.database.rows.clone(), Arc::clone(&from.database.history));
        let before = self.at(id).database.facts();
        let mine = &mut self.at(id).database;
        (mine.rows, mine.history) = (rows, history);
        let facts = mine.facts();
        let news = facts != before;
        if news {
            self.step(id, Input::Engine(facts));
        }
        news
    }

    /// Lets the world go on until `wanted`.
    pub(crate) fn until(&mut self, wanted: impl Fn(&World) -> bool) {
        for _ in 0..10_000 {
            if wanted(self) {
                return;
            }
            let up: Vec<NodeId> = self.machines.iter().filter(|m| m.is_up).map(|m| m.node.id()).collect();
            if let Some((from, to, message)) = self.wire.pop_front() {
                if up.contains(&to) {
                    self.step(to, Input::Message { from, message });
                }
            } else if !up.iter().any(|id| self.copy(*id)) {
                let due = up.iter().filter_map(|id| Some((self.at(*id).node.deadline()?, *id))).min();
                let (at, id) = due.expect("a machine that is up waits for something");
                self.now = self.now.max(at);
                self.step(id, Input::Tick);
            }
        }
        panic!("two of three machines are up, and nothing comes of it");
    }

    pub(crate) fn serving(&self) -> Option<NodeId> {
        self.machines.iter().find(|m| m.is_up && m.node.is_serving()).map(|m| m.node.id())
    }

    /// A row of a client: the database takes it, and its node hears that there is more.
    pub(crate) fn insert(&mut self, id: NodeId, row: Row) -> Result<(), &'static str> {
        self.at(id).database.insert(row)?;
        let facts = self.at(id).database.facts();
        self.step(id, Input::Engine(facts));
        Ok(())
    }

    pub(crate) fn start(&mut self, id: NodeId) {
        let (now, setup, mut outputs) = (self.now, Arc::clone(&self.setup), Vec::new());
        let machine = self.at(id);
        machine.node = Node::start(id, setup, machine.disk.clone(), now, &mut outputs);
        machine.is_up = true;
        self.carry_out(id, outputs);
    }
}
