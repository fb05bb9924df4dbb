//! Why a lease is not enough, and what is: a primary that was paused between its decision and its write is refused by
//! the resource, because its token is old.
//!
//! Three nodes elect a leader of something outside: here a table, as it could be a queue, a bucket or an API. They keep
//! no data themselves. Time and network are made by the example, so that the pause can be put where it hurts. What is
//! shown is asserted: if it were not so, the exit status would not be 0.
//!
//! ```sh
//! cargo run --example fence_a_resource
//! ```

use quorate::config::{Config, Draft, Fencing, Lease, Mode, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{Effect, Event, Input, Message, Node, Output};
use quorate::id::{Epoch, NodeId, NodeMap, NodeSet};
use quorate::lease::Register;
use quorate::quorum::Quorum;
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;

/// The resource. Its register is kept with its rows: in a database both are in one transaction.
#[derive(Default)]
struct Table {
    register: Register,
    rows: Vec<&'static str>,
}

impl Table {
    fn insert(&mut self, token: Epoch, row: &'static str) -> Result<(), String> {
        if !self.register.admits(token) {
            return Err(format!("{token} is not the token installed, {}", self.register.installed()));
        }
        self.rows.push(row);
        Ok(())
    }
}

/// Three nodes, their messages on the way, one clock for all, and the table.
struct World {
    now: Instant,
    nodes: Vec<Node<()>>,
    paused: NodeSet,
    wire: VecDeque<(NodeId, NodeId, Message<()>)>,
    table: Table,
}

impl World {
    fn handle(&mut self, id: NodeId, input: Input<()>) {
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
    fn leader(&mut self) -> (NodeId, Epoch, Span) {
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

fn main() -> Result<(), Box<dyn Error>> {
    let all = NodeSet::first(3);
    let (votes, learners, priority) = (Quorum::majority(all), NodeSet::EMPTY, NodeMap::default());
    let data = NodeSet::EMPTY;
    let draft = Draft { votes, acks: None, data, learners, priority, weak: None, mode: Mode::Strong };
    // In milliseconds: granted for three seconds, read in steps of one, on clocks that are wrong by up to a
    // hundredth. From that follows for how long a holder may use it.
    let lease = Lease::granting(Span::new(3_000), Span::new(1), 10_000)?;
    let timing = Timing::of(Span::new(1_000));
    let setup = Setup { lease: Some(lease), fencing: Fencing::Token, ..Setup::new(timing) };
    setup.check()?;
    let (setup, config) = (Arc::new(setup), Config::first(Settings::new(draft)?));

    let now = Instant::new(0);
    let mut world =
        World { now, nodes: vec![], paused: NodeSet::EMPTY, wire: VecDeque::new(), table: Table::default() };
    for id in all.iter() {
        let mut outputs = Vec::new();
        let image = Image::first(config.clone());
        world.nodes.push(Node::start(id, Arc::clone(&setup), image, now, &mut outputs));
        for output in outputs {
            let Output::Persist { seq, .. } = output else { unreachable!("a node starts silently") };
            world.handle(id, Input::Durable(seq));
        }
    }

    let (old, old_token, _) = world.leader();
    world.table.insert(old_token, "written in time")?;

    // It looks: the lease is valid. Then, before the write leaves, its machine stands still.
    let (_, _, left) = world.leader();
    let since = world.now;
    world.paused = NodeSet::one(old);
    println!(
        "{:5} ms  {old}: paused with a write in hand and {} ms of its lease left",
        since.units(),
        left.units()
    );

    let (new, new_token, _) = world.leader();
    assert!(new != old && new_token > old_token);
    assert!(since.until(world.now) >= left, "the successor waited until the old lease was over");
    world.table.insert(new_token, "written by the successor")?;

    // It wakes up where it was and writes: it checked, after all. Only the table can know better.
    let refused = world.table.insert(old_token, "written too late").expect_err("the token is old");
    println!("{:5} ms  {old}: its write is refused: {refused}", world.now.units());
    assert_eq!(world.table.rows, ["written in time", "written by the successor"]);

    // Had it looked again, it would have known by its own clock alone, without a message from anybody.
    world.paused = NodeSet::EMPTY;
    assert_eq!(world.nodes[usize::from(old.index())].lease(world.now), None);
    let (leader, ..) = world.leader();
    assert_eq!(leader, new, "who comes back disturbs nobody");
    println!("{:5} ms  the table holds {:?}", world.now.units(), world.table.rows);
    Ok(())
}
