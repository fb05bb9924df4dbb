//! How much a node takes: bytes of a message and of a replica, and allocations of a commit. Counted, not measured:
//! these figures are the same on every machine of 64 bits.
#![cfg(target_pointer_width = "64")]

mod group;

use allocation_counter::measure;
use group::{Group, image};
use quorate::failover::{Message, Node, Outputs};
use quorate::id::NodeId;
use quorate::time::Instant;
use std::sync::Arc;

#[test]
fn nothing_is_allocated_for_a_committed_handle() {
    let mut group = Group::serving();
    // Until every buffer has its size.
    (0..256).for_each(|handle| group.commit(handle.into()));
    let counted = measure(|| (0..256).for_each(|handle| group.commit(handle.into())));
    assert_eq!(counted.count_total, 0);
    assert_eq!(group.nodes[0].committed(), 512);
}

#[test]
fn a_commit_takes_eight_messages() {
    let mut group = Group::serving();
    let before = group.messages;
    group.commit(7.into());
    assert_eq!(
        group.messages - before,
        8,
        "the entry, its acknowledgement, the commit and its answer, for two"
    );
}

#[test]
fn entries_that_are_written_together_are_shared() {
    let mut group = Group::serving();
    // Compaction keeps the buffers of the logs at one size.
    (0..8).for_each(|_| group.commit(vec![7; 64].into()));
    let counted = measure(|| group.commit(vec![7; 64].into()));
    assert_eq!(counted.count_total, 2, "the client's vector, and what everybody shares");
}

#[test]
fn a_message_and_a_replica_are_small() {
    assert!(size_of::<Message<()>>() <= 64);
    assert!(size_of::<Message<[u64; 2]>>() <= 64);
    assert!(size_of::<Message<u128>>() <= 64);
    let (setup, image) = image();
    let id = NodeId::new(1).expect("a small number");
    let mut outputs = Outputs::with_capacity(1_000);
    let mut nodes = Vec::new();
    let counted = measure(|| {
        nodes = Vec::with_capacity(1_000);
        for _ in 0..1_000 {
            nodes.push(Node::start(id, Arc::clone(&setup), image.clone(), Instant::new(0), &mut outputs));
            outputs.clear();
        }
    });
    let each = counted.bytes_current.unsigned_abs() / nodes.len() as u64;
    assert!(each <= 300, "a replica that has just started takes {each} bytes");
}
