//! x
use quorate_models::catalog::machines::{self, *};
use quorate_models::check::{Bounds, memo::Memo};
use quorate_models::world::{Driver, Reductions, World};
#[test]
fn scratch() {
    let all = [
        ("e(3,0)", election(3, 0)),
        ("e(2,1)", election(2, 1)),
        ("e(4,0)", election(4, 0)),
        ("e(3,1)", election(3, 1)),
        ("e(2,2)", election(2, 2)),
        ("c(1,1)b", commit(1, 1, Driver::Blocking)),
        ("c(1,2)b", commit(1, 2, Driver::Blocking)),
        ("c(1,1)p", commit(1, 1, Driver::Pipelined)),
        ("c(1,1)b+crash", machines::scoped(commit(1, 1, Driver::Blocking), |s| s.crashes = 1)),
        ("c(1,2)b+crash", machines::scoped(commit(1, 2, Driver::Blocking), |s| s.crashes = 1)),
        ("c(1,3)b", commit(1, 3, Driver::Blocking)),
        ("c(2,0)b", commit(2, 0, Driver::Blocking)),
    ];
    for (name, model) in all {
        let world = World::new(model).unwrap().reduced_by(Reductions::NONE);
        let report = Memo::with_threads(&world, &world.initial(), 1)
            .run(Bounds { states: Some(3_000_000), bytes: Some(3 << 30) }, &mut |_| true);
        println!("{name} {:?} {:?}", report.progress, report.outcome);
    }
}
