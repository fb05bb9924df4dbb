//! Counts allocations, in a binary of its own: counting costs time.
//!
//! Prints one line for each count: what, and figures.

use allocation_counter::measure;
use quorate::failover::Node;
use quorate_benches::idle;
use quorate_benches::peers::{CONTENDERS, SIZES};
use std::hint::black_box;

fn main() {
    for size in SIZES {
        for contender in CONTENDERS {
            let mut cluster = (contender.cluster)(size);
            // Until every buffer has its size, and every log has been compacted.
            let rounds = 4096 / size.batch;
            (0..rounds).for_each(|_| cluster.commit());
            let counted = measure(|| (0..rounds).for_each(|_| cluster.commit()));
            let each = |total: u64| total as f64 / (rounds * size.batch) as f64;
            let (count, bytes) = (each(counted.count_total), each(counted.bytes_total));
            println!(
                "commit {} {} {} {} {count} {bytes}",
                contender.name, size.nodes, size.batch, size.bytes
            );
        }
    }
    let mut nodes = Vec::<Node<u128>>::new();
    for (name, count, make) in
        [("fresh", 3_000, idle::fresh as fn(usize) -> _), ("elected", 1_000, idle::elected)]
    {
        let counted = measure(|| nodes = make(count));
        println!("replica {name} {}", counted.bytes_current as f64 / nodes.len() as f64);
        drop(black_box(std::mem::take(&mut nodes)));
    }
}
