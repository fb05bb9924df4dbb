//! A table that checks tokens, and three nodes with everything between them.

use quorate::failover::{Effect, Event, Input, Message, Node, Output};
use quorate::id::{Epoch, NodeId, NodeSet};
use quorate::lease::Register;
use quorate::time::{Instant, Span};
use std::collections::VecDeque;

/// The resource. Its register is kept with its rows: in a database both are in one transaction.
#[derive(Default)]
pub(crate) struct Table {
    register: Register,
    pub(crate) rows: Vec<&'static str>,
}

impl Table {
    pub(crate) fn insert(&mut self, token: Epoch, row: &'static str) -> Result<(), String> {
        if !self.register.admits(token) {
            return Err(format!("{token} is not the token installed, {}", self.register.installed()));
        }
        self.rows.push(row);
        Ok(())
    }
}

/// Three nodes, their messages on the way, one clock for all, and the table.
pub(crate) struct World {
    pub(crate) now: Instant,
    pub(crate) nodes: Vec<Node<()>>,
    pub(crate) paused: NodeSet,
    pub(crate) wire: VecDeque<(NodeId, NodeId, Message<()>)>,
    pub(crate) table: Table,
}

impl World {
    pub(crate) fn handle(&mut self, id: NodeId, input: Input<()>) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut outputs = Vec::new();
            self.nodes[usize::from(id.index())].step(self.now, input, &mut outputs);
            for output in outputs {
                match output {
                    // Nobody restarts here, so the disk may as well be perfect.
                    Output::Persist { seq, .. } => inputs.push_back(Input::Durable(seq)),
                    Output::Send { to, message } => self.wire.push_back((id, to, message)),
                    Output::Do(effect) => {
                        let ok = self.do_outside(effect);
                        inputs.push_back(Input::EffectDone { effect, ok, facts: None });
                    }
                    Output::Tell(event @ (Event::Serving { .. } | Event::Deposed { .. })) => {
                        println!("{:5} ms  {id}: {event:?}", self.now.units());
                    }
                    Output::Tell(_) | Output::Refused(_) => {}
                }
            }
        }
    }

    /// What a node wants done at the table, and whether that worked. A new primary fences first and reads then, so
    /// that nothing can change behind its back.
    fn do_outside(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::Fence { epoch } => self.table.register.install(epoch),
            Effect::Load { .. } => true,
            other => unreachable!("nothing else is needed without data and without a database: {other:?}"),
        }
    }

    /// Delivers what is on its way; when nothing is, moves to the next deadline. Who is paused takes part in neither.
    fn advance(&mut self) {
        if let Some((from, to, message)) = self.wire.pop_front() {
            if !self.paused.contains(to) {
                self.handle(to, Input::Message { from, message });
            }
            return;
        }
        let awake = self.nodes.iter().filter(|node| !self.paused.contains(node.id()));
        let due = awake.filter_map(|node| Some((node.deadline()?, node.id()))).min();
        let (at, id) = due.expect("a node that is awake has something to wait for");
        self.now = self.now.max(at);
        self.handle(id, Input::Tick);
    }

    /// Lets the world go on until a node that is awake holds a lease: who, its token, and how long it may be used.
    pub(crate) fn leader(&mut self) -> (NodeId, Epoch, Span) {
        for _ in 0..10_000 {
            for node in self.nodes.iter().filter(|node| !self.paused.contains(node.id())) {
                if let Some((token, left)) = node.lease(self.now) {
                    return (node.id(), token, left);
                }
            }
            self.advance();
        }
        panic!("two of three nodes are awake, and nobody leads");
    }
}
