//! Single things under criterion: `cargo bench`. Its figures are wall time; the table's are processor time.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use quorate_benches::idle;
use quorate_benches::peers::{CONTENDERS, Repeat, SIZES};
use std::time::Instant;

fn repeat(criterion: &mut Criterion, group: &str, name: &str, work: &mut Repeat) {
    criterion.benchmark_group(group).bench_function(name, |bencher| {
        bencher.iter_custom(|times| {
            let begun = Instant::now();
            work(times);
            begun.elapsed()
        });
    });
}

fn commits(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("commit a batch");
    for size in SIZES {
        for contender in CONTENDERS {
            let name = format!("{} nodes, {} × {} bytes", size.nodes, size.batch, size.bytes);
            let mut cluster = (contender.cluster)(size);
            group.bench_function(BenchmarkId::new(contender.name, name), |bencher| {
                bencher.iter(|| cluster.commit());
            });
        }
    }
}

fn single(criterion: &mut Criterion) {
    for contender in CONTENDERS {
        repeat(criterion, "heartbeat", contender.name, &mut (contender.beats)());
    }
    repeat(criterion, "node", "clone", &mut idle::clones());
    repeat(criterion, "node", "hash", &mut idle::hashes());
    repeat(criterion, "node", "deadline", &mut idle::deadlines());
}

criterion_group!(all, commits, single);
criterion_main!(all);
