//! Many groups that have nothing to do, and single nodes: quorate by itself.

#[path = "../../tests/rack/mod.rs"]
mod rack;

use crate::measure::Plan;
use crate::peers::ours::{Ours, image};
use crate::peers::{Repeat, Size};
use cpu_time::ThreadTime;
use quorate::failover::{Input, Node, Outputs};
use quorate::id::NodeId;
use quorate::time::Instant;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::hint::black_box;
use std::sync::Arc;

use rack::Rack;

const GROUP: Size = Size { nodes: 3, batch: 1, bytes: 16 };

/// Groups of three that have elected and have nothing to do; nanoseconds of one group, all three replicas of it, for
/// one heartbeat interval: each primary's timer, its two beats, the two answers. Between beats nothing is called.
pub fn beating(groups: usize, plan: Plan) -> f64 {
    let (setup, image) = image::<u128>(GROUP.nodes);
    let elected = |_| {
        let mut group = Ours::fresh(GROUP, &setup, &image);
        group.elect();
        group
    };
    let mut groups: Vec<Ours<u128>> = (0..groups).map(elected).collect();
    let intervals = plan.passes.div_ceil(3) as u64;
    let begun = ThreadTime::now();
    for _ in 0..intervals {
        for group in &mut groups {
            group.pass(setup.timing.heartbeat);
            group.step(0, Input::Tick);
            group.deliver();
        }
    }
    begun.elapsed().as_nanos() as f64 / (intervals * groups.len() as u64) as f64
}

/// Three hosts with a node each of so many groups, all of which rest; nanoseconds of one host for one heartbeat of its
/// own: its timer, its beats to the others, their beats to it, the answers. Nothing is done for a group.
pub fn resting(groups: u64, plan: Plan) -> f64 {
    let mut rack = Rack::new();
    rack.add(groups);
    rack.settle(groups);
    rack.pass(8);
    let beats = 10 * plan.passes as u64;
    let begun = ThreadTime::now();
    rack.pass(beats);
    begun.elapsed().as_nanos() as f64 / (beats * u64::from(rack::HOSTS)) as f64
}

/// Replicas that have just started, on one host: the configuration and the setup are shared.
pub fn fresh(count: usize) -> Vec<Node<u128>> {
    let (setup, image) = image::<u128>(GROUP.nodes);
    let id = NodeId::new(1).expect("a small number");
    let mut outputs = Outputs::new();
    let mut nodes = Vec::with_capacity(count);
    for _ in 0..count {
        nodes.push(Node::start(id, Arc::clone(&setup), image.clone(), Instant::new(0), &mut outputs));
        outputs.clear();
    }
    nodes
}

/// Primaries and replicas of groups that have elected, three a group.
pub fn elected(groups: usize) -> Vec<Node<u128>> {
    let (setup, image) = image::<u128>(GROUP.nodes);
    let mut nodes = Vec::with_capacity(3 * groups);
    for _ in 0..groups {
        let mut group = Ours::fresh(GROUP, &setup, &image);
        group.elect();
        nodes.extend(group.into_nodes());
    }
    nodes
}

fn primary_of_four() -> Node<u128> {
    let mut group = Ours::<u128>::new(GROUP);
    for _ in 0..4 {
        group.propose(0);
        group.deliver();
    }
    group.into_nodes().swap_remove(0)
}

/// A primary with four entries is cloned: what a checker pays for a successor.
pub fn clones() -> Repeat {
    let node = primary_of_four();
    Box::new(move |times| (0..times).for_each(|_| drop(black_box(node.clone()))))
}

/// It is hashed, by the hasher of the standard library.
pub fn hashes() -> Repeat {
    let node = primary_of_four();
    Box::new(move |times| {
        for _ in 0..times {
            let mut hasher = DefaultHasher::new();
            node.hash(&mut hasher);
            black_box(hasher.finish());
        }
    })
}

/// A primary and a replica are asked when to call them again.
pub fn deadlines() -> Repeat {
    let nodes = Ours::<u128>::new(GROUP).into_nodes();
    Box::new(move |times| {
        for at in 0..times {
            black_box(nodes[usize::from(at % 2 == 0)].deadline());
        }
    })
}
