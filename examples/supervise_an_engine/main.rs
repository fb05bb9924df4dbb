//! Databases keep the log and copy it among themselves; the node beside each decides who is primary, and steers.
//!
//! The primary's machine dies with a row that nobody had copied; another takes over; the first comes back, is cut back
//! to what all have, and follows. The databases, time and network are made by the example. What is shown is asserted:
//! if it were not so, the exit status would not be 0.
//!
//! ```sh
//! cargo run --example supervise_an_engine
//! ```

mod database;
mod world;

use database::Database;
use quorate::config::{Config, Draft, Engine, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{Effect, Node};
use quorate::id::NodeSet;
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use world::{Machine, World};

fn main() -> Result<(), Box<dyn Error>> {
    let all = NodeSet::first(3);
    let setup = Setup { engine: Engine::External, ..Setup::new(Timing::of(Span::new(1_000))) };
    setup.check()?;
    let (setup, disk) = (Arc::new(setup), Image::first(Config::first(Settings::new(Draft::majority(all))?)));

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
