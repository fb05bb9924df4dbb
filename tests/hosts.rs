//! What a group costs a host: bytes, time and allocations, of one that was just started and of one that rests.

mod rack;

use allocation_counter::{AllocationInfo, measure};
use rack::{HOSTS, Rack};

fn per_node(counted: &AllocationInfo, groups: u64) -> f64 {
    counted.bytes_current as f64 / (groups * u64::from(HOSTS)) as f64
}

/// From the start of all groups until all rest; then some beats of the hosts.
fn rest(groups: u64) {
    let mut rack = Rack::new();
    let fresh = measure(|| rack.add(groups));
    let elected = measure(|| rack.settle(groups));
    rack.pass(4);
    let quiet = measure(|| rack.pass(1_000));
    let bytes = per_node(&fresh, groups);
    println!("{groups} groups: {bytes:.0} bytes fresh, {:.0} resting", bytes + per_node(&elected, groups));
    assert_eq!(quiet.count_total, 0, "nothing is allocated at rest");
    assert!(rack.all_rest(groups));
}

#[test]
fn groups_that_rest_cost_nothing() {
    rest(1_000);
    rest(10_000);
}

#[test]
#[ignore = "takes a few seconds"]
fn many_groups_that_rest_cost_nothing() {
    rest(100_000);
}
