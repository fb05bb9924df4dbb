mod peers;
use peers::{Cluster, ours::Ours};
use std::time::Instant;
fn main() {
    for count in [3, 5] { for batch in [1usize, 64] {
        let mut cluster = Ours::<u128>::new(count);
        let before = cluster.committed();
        let payload = vec![7u128; batch];
        let m = cluster.messages;
        let begun = Instant::now();
        let mut done = 0u64;
        while begun.elapsed().as_millis() < 500 { for _ in 0..100 { cluster.commit(&payload); done += batch as u64; } }
        let ns = begun.elapsed().as_nanos() as f64 / done as f64;
        assert_eq!(cluster.committed(), before + done);
        println!("{count} nodes batch {batch}: {ns:.0} ns per commit, {:.2} messages per batch", (cluster.messages - m) as f64 / (done / batch as u64) as f64);
    }}
    println!("message {} node {} output {}", size_of::<quorate::failover::Message<u128>>(), size_of::<quorate::failover::Node<u128>>(), size_of::<quorate::failover::Output<u128>>());
}
