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

mod world;

use quorate::config::{Config, Draft, Fencing, Lease, Settings, Setup, Timing};
use quorate::disk::Image;
use quorate::failover::{Input, Node, Output};
use quorate::id::NodeSet;
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use world::{Table, World};

fn main() -> Result<(), Box<dyn Error>> {
    let all = NodeSet::first(3);
    let draft = Draft { acks: None, data: NodeSet::EMPTY, ..Draft::majority(all) };
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
