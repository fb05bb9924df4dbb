//! Every bundled model comes out as it is known to: everything visited, nothing broken, or broken in exactly so
//! many steps. A checker that visits fewer states than recorded fails.

use quorate_models::catalog::{self, Entry, Expect, Suite};
use quorate_models::check::{Bounds, Engine, Outcome, check};
use quorate_models::run::Run;
use quorate_models::world::World;
use std::collections::BTreeSet;

fn explore(name: &str) {
    let entry: &Entry = catalog::named(name).unwrap_or_else(|| panic!("{name} is not bundled"));
    let world = World::new(entry.model()).unwrap();
    let report = check(&world, Engine::Memoised, Bounds::default(), &mut |_| true);
    let progress = report.progress;
    println!("{name}: {} states, depth {}, {} bytes", progress.states, progress.depth, progress.bytes);
    match (entry.expect, report.outcome) {
        (Expect::Holds, Outcome::Proved) => {
            assert!(entry.floor > 1, "{name}: no floor is recorded; there are {} states", progress.states);
            assert!(
                progress.states >= entry.floor,
                "{name}: {} states, fewer than recorded",
                progress.states
            );
        }
        (Expect::Broken(invariant, steps), Outcome::Violated { broken, path }) => {
            assert_eq!((broken.invariant, path.len()), (invariant, steps), "{name}: {broken}");
            let run = Run::record(&world, &path, "").unwrap_or_else(|error| panic!("{name}: {error}"));
            let replay = run.replay().unwrap();
            assert_eq!(replay.broken.map(|broken| broken.invariant), Some(invariant), "{name}: replayed");
        }
        (expect, outcome) => panic!("{name}: expected {expect:?}, got {outcome:?}"),
    }
}

macro_rules! explored {
    ($($test:ident $name:literal)*) => {
        $(#[test] fn $test() { explore($name); })*
        const EXPLORED: &[&str] = &[$($name),*];
    };
}

explored! {
    election_3_epochs "election-3-epochs"
    election_prevote "election-prevote"
    election_4_epochs "election-4-epochs"
    lease "lease"
    lease_3_6 "lease-3-6"
    lease_1_2_near "lease-1-2-near"
    lease_2_3_near "lease-2-3-near"
    lease_3_5_near "lease-3-5-near"
    lease_restart "lease-restart"
    lease_doubt "lease-doubt"
    lease_doubts "lease-doubts"
    lease_3_epochs "lease-3-epochs"
    lease_release "lease-release"
    lease_1_2_past "lease-1-2-past"
    lease_2_4_past "lease-2-4-past"
    lease_3_6_past "lease-3-6-past"
    lease_2_3_past "lease-2-3-past"
    lease_fence "lease-fence"
    lease_unchecked "lease-unchecked"
    commit "commit"
    commit_crash "commit-crash"
    commit_crashes "commit-crashes"
    commit_compact "commit-compact"
    commit_compact_3_epochs "commit-compact-3-epochs"
    commit_4_epochs "commit-4-epochs"
    commit_4_epochs_2_writes "commit-4-epochs-2-writes"
    commit_5_epochs "commit-5-epochs"
    config_add "config-add"
    config_add_3_epochs "config-add-3-epochs"
    config_add_crash "config-add-crash"
    config_remove "config-remove"
    config_swap_4_epochs "config-swap-4-epochs"
    config_swap_crash "config-swap-crash"
    config_swap_two "config-swap-two"
    config_swap_all "config-swap-all"
    config_twice "config-twice"
    config_add_data "config-add-data"
    policy_weaken "policy-weaken"
    policy_weaken_crash "policy-weaken-crash"
    policy_strengthen "policy-strengthen"
    policy_move "policy-move"
    failover_3_epochs "failover-3-epochs"
    failover_lease "failover-lease"
    failover_lease_write "failover-lease-write"
    failover_switchover "failover-switchover"
    failover_switchover_crash "failover-switchover-crash"
    failover_witness "failover-witness"
    failover_witness_3_epochs "failover-witness-3-epochs"
    failover_four "failover-four"
    failover_donors "failover-donors"
    failover_reads "failover-reads"
    failover_accept_loss "failover-accept-loss"
    failover_loss_compact "failover-loss-compact"
    engine "engine"
    engine_witness "engine-witness"
    engine_4_epochs "engine-4-epochs"
    engine_3_epochs_crash "engine-3-epochs-crash"
    engine_crash "engine-crash"
    engine_in_flight "engine-in-flight"
    engine_policy "engine-policy"
    engine_weaken "engine-weaken"
    engine_strengthen "engine-strengthen"
}

/// Those of the tour are explored by it, in `cli.rs`.
#[test]
fn every_bundled_model_that_does_not_take_long_is_explored_here() {
    let explored: BTreeSet<&str> = EXPLORED.iter().copied().collect();
    let bundled: BTreeSet<&str> =
        catalog::all().filter(|entry| entry.suite == Suite::Tests).map(|entry| entry.name).collect();
    assert_eq!(explored, bundled);
}
