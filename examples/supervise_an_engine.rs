//! Databases keep the log and copy it among themselves; the node beside each decides who is primary, and steers.
//!
//! The primary's machine dies with a row that nobody had copied; another takes over; the first comes back, is cut back
//! to what all have, and follows. The databases, time and network are made by the example. What is shown is asserted:
//! if it were not so, the exit status would not be 0.
//!
//! ```sh
//! cargo run --example supervise_an_engine
//! ```

use quorate::commit::History;
use quorate::config::{Config, Draft, Engine, Mode, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{Effect, Event, Facts, Input, Message, Node, Output, Outputs};
use quorate::id::{NodeId, NodeMap, NodeSet};
use quorate::quorum::Quorum;
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;

type Row = &'static str;

/// A database, reduced to what a supervisor sees: rows on disk, which epoch wrote which, whom it copies.
#[derive(Default)]
struct Database {
    rows: Vec<Row>,
    history: Arc<History>,
    upstream: Option<NodeId>,
    is_primary: bool,
}

impl Database {
    fn insert(&mut self, row: Row) -> Result<(), &'static str> {
        if !self.is_primary {
            return Err("read-only: this database is a replica");
        }
        self.rows.push(row);
        Ok(())
    }

    /// What it shows to its node: never more than is flushed.
    fn facts(&self) -> Facts {
        Facts { history: Arc::clone(&self.history), flushed: self.rows.len() as u64 }
    }

    /// Carries an order out, completely. In production these are a dozen lines of configuration and a restart, and the
    /// order is reported done when the database shows that it is.
    fn obey(&mut self, effect: Effect) {
        match effect {
            Effect::StopReceiving { .. } => self.upstream = None,
            Effect::Follow { node, .. } => self.upstream = Some(node),
            Effect::Rewind { keep, .. } => {
                self.rows.truncate(keep as usize);
                self.history = Arc::new(self.history.cut(keep));
            }
            Effect::Promote { epoch, .. } => {
                // The mark of the epoch, written before anything else: from here on the log is this primary's.
                Arc::make_mut(&mut self.history).begin(epoch, self.rows.len() as u64);
                self.is_primary = true;
            }
            Effect::Demote { .. } => self.is_primary = false,
            // This one answers its clients when its node says committed, whatever set of copies that takes.
            Effect::SetAcks { .. } => {}
            other => unreachable!("no resource, no watchdog and no snapshot here: {other:?}"),
        }
    }
}

/// A machine: a node, the node's own small disk, and the database.
struct Machine {
    node: Node<()>,
    disk: Image<()>,
    database: Database,
    is_up: bool,
    ordered: Vec<Effect>,
}

struct World {
    now: Instant,
    setup: Arc<Setup>,
    machines: Vec<Machine>,
    wire: VecDeque<(NodeId, NodeId, Message<()>)>,
    /// Up to where clients were told that their rows are safe.
    acknowledged: u64,
}

impl World {
    fn at(&mut self, id: NodeId) -> &mut Machine {
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
    fn until(&mut self, wanted: impl Fn(&World) -> bool) {
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

    fn serving(&self) -> Option<NodeId> {
        self.machines.iter().find(|m| m.is_up && m.node.is_serving()).map(|m| m.node.id())
    }

    /// A row of a client: the database takes it, and its node hears that there is more.
    fn insert(&mut self, id: NodeId, row: Row) -> Result<(), &'static str> {
        self.at(id).database.insert(row)?;
        let facts = self.at(id).database.facts();
        self.step(id, Input::Engine(facts));
        Ok(())
    }

    fn start(&mut self, id: NodeId) {
        let (now, setup, mut outputs) = (self.now, Arc::clone(&self.setup), Vec::new());
        let machine = self.at(id);
        machine.node = Node::start(id, setup, machine.disk.clone(), now, &mut outputs);
        machine.is_up = true;
        self.carry_out(id, outputs);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let all = NodeSet::first(3);
    let (votes, acks) = (Quorum::majority(all), Some(Quorum::majority(all)));
    let (learners, priority) = (NodeSet::EMPTY, NodeMap::default());
    let draft = Draft { votes, acks, data: all, learners, priority, weak: None, mode: Mode::Strong };
    let setup = Setup { engine: Engine::External, ..Setup::new(Timing::of(Span::new(1_000))) };
    setup.check()?;
    let (setup, disk) = (Arc::new(setup), Image::first(Config::first(Settings::new(draft)?)));

    let (now, machines, wire) = (Instant::new(0), Vec::new(), VecDeque::new());
    let mut world = World { now, setup, machines, wire, acknowledged: 0 };
    for id in all.iter() {
        let node = Node::start(id, Arc::clone(&world.setup), disk.clone(), now, &mut Vec::new());
        let (disk, database, ordered) = (disk.clone(), Database::default(), Vec::new());
        world.machines.push(Machine { node, disk, database, is_up: false, ordered });
        world.start(id);
    }

    world.until(|world| world.serving().is_some());
    let first = world.serving().ok_or("somebody serves")?;
    world.insert(first, "one")?;
    world.insert(first, "two")?;
    world.until(|world| world.acknowledged == 2);

    // The last row is on the primary's disk, and nobody has copied it. No client was told that it is safe.
    world.insert(first, "lost with its machine")?;
    world.at(first).is_up = false;
    println!("the machine of {first} dies");
    assert_eq!(world.acknowledged, 2);

    world.until(|world| world.serving().is_some());
    let second = world.serving().ok_or("somebody serves")?;
    assert!(second != first && world.at(second).database.is_primary);
    world.insert(second, "three")?;
    world.until(|world| world.acknowledged == 3);

    // It comes back with three rows, the third of which is another than everybody else's third.
    println!("the machine of {first} is back");
    world.at(first).ordered.clear();
    world.start(first);
    let same = |m: &Machine| m.database.rows == ["one", "two", "three"];
    world.until(|world| world.machines.iter().all(same));
    let machine = world.at(first);
    let (begin, rest) = machine.ordered.split_first().ok_or("it was steered")?;
    assert!(matches!(begin, Effect::Demote { .. }), "before anything else: it may have been primary");
    assert!(rest.iter().any(|effect| matches!(effect, Effect::Rewind { keep: 2, .. })));
    assert_eq!(world.insert(first, "into a replica"), Err("read-only: this database is a replica"));
    println!("all three databases hold {:?}", world.at(first).database.rows);
    Ok(())
}
