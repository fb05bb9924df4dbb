//! The models of one machine each: election, lease, fence, commit.

use super::Entry;
use super::Suite::{Long, Tests, Tour};
use crate::invariant::Invariant;
use crate::world::{Driver, LeaseSpec, Model, NodeSpec, Scope, majority};
use quorate::rule::Rule;
use quorate::time::Drift;

/// Three nodes that elect, and keep no data.
pub fn election(epochs: u64, crashes: u8) -> Model {
    Model {
        name: String::new(),
        cluster: majority(3, None),
        nodes: 3,
        node: NodeSpec::default(),
        scope: Scope { epochs, crashes, ..Scope::default() },
        changes: Vec::new(),
        without: Vec::new(),
    }
}

/// The model with so many nodes, all of which vote.
fn among(nodes: u8, mut model: Model) -> Model {
    model.nodes = nodes;
    model.cluster = majority(nodes, None);
    model
}

/// [`election`] with a lease of `hold` ticks that is granted for `grant`, on clocks that go `slow` to `fast` ticks in
/// the same time. The driver waits for the disk: what that hides is explored by [`election`].
pub fn lease(hold: u64, grant: u64, [slow, fast]: [u8; 2], epochs: u64) -> Model {
    let drift = Drift { slow: u32::from(slow), fast: u32::from(fast) };
    let mut model = election(epochs, 0);
    model.node.lease = Some(LeaseSpec { hold, grant, drift });
    model.scope = Scope { rates: Some([slow, fast]), beats: true, driver: Driver::Blocking, ..model.scope };
    model
}

/// The same in front of a resource that is fenced.
pub fn fenced(writes: u8) -> Model {
    let mut model = lease(1, 2, [1, 2], 2);
    model.node.fenced = true;
    model.scope.writes = writes;
    model
}

/// Three nodes that keep a log, of which any two must flush a write.
pub fn commit(epochs: u64, writes: u8, driver: Driver) -> Model {
    let mut model = election(epochs, 0);
    model.cluster = majority(3, Some(2));
    model.scope = Scope { writes, driver, ..model.scope };
    model
}

/// The model in other bounds.
pub fn scoped(mut model: Model, bound: impl FnOnce(&mut Scope)) -> Model {
    bound(&mut model.scope);
    model
}

/// The model without these rules.
pub fn without(rules: &[Rule], mut model: Model) -> Model {
    model.without = rules.iter().map(|rule| rule.name().to_owned()).collect();
    model
}

pub(super) const ELECTION: &[Entry] = &[
    Entry::holds(Tour, "election", "2 epochs, 2 crashes, records in flight", 1_851_430, || {
        scoped(election(2, 2), |scope| scope.beats = true)
    }),
    Entry::holds(Tests, "election-3-epochs", "3 epochs, 1 crash, records in flight", 1_715_709, || {
        election(3, 1)
    }),
    Entry::holds(Tests, "election-prevote", "pre-vote before every campaign, 2 epochs", 9_577_315, || {
        let mut model = election(2, 0);
        model.node.prevote = true;
        model.scope = Scope { beats: true, driver: Driver::Blocking, ..model.scope };
        model
    }),
    Entry::holds(Tests, "election-4-epochs", "4 epochs, records in flight", 291_955, || election(4, 0)),
    Entry::holds(Tour, "election-five", "five nodes, 2 epochs, records in flight", 1_639_832, || {
        among(5, election(2, 0))
    }),
    Entry::holds(
        Long,
        "election-four",
        "four nodes, 2 epochs, 1 crash, records in flight",
        3_378_965,
        || among(4, election(2, 1)),
    ),
    Entry::holds(Long, "election-crashes", "3 epochs, 2 crashes, records in flight", 19_933_040, || {
        election(3, 2)
    }),
];

pub(super) const LEASE: &[Entry] = &[
    Entry::holds(Tests, "lease", "hold 1 grant 2, clocks 1:2, at the bound", 194_879, || {
        lease(1, 2, [1, 2], 2)
    }),
    Entry::holds(Tour, "lease-2-4", "hold 2 grant 4, clocks 1:2, at the bound", 886_150, || {
        lease(2, 4, [1, 2], 2)
    }),
    Entry::holds(Tests, "lease-3-6", "hold 3 grant 6, clocks 1:2, at the bound", 3_304_917, || {
        lease(3, 6, [1, 2], 2)
    }),
    Entry::holds(Tests, "lease-1-2-near", "hold 1 grant 2, clocks 2:3", 62_697, || lease(1, 2, [2, 3], 2)),
    Entry::holds(Tests, "lease-2-3-near", "hold 2 grant 3, clocks 2:3, at the bound", 194_879, || {
        lease(2, 3, [2, 3], 2)
    }),
    Entry::holds(Tests, "lease-3-5-near", "hold 3 grant 5, clocks 2:3", 357_992, || lease(3, 5, [2, 3], 2)),
    Entry::holds(Tests, "lease-restart", "hold 1 grant 2, a restart of any node", 2_464_203, || {
        scoped(lease(1, 2, [1, 2], 2), |scope| scope.crashes = 1)
    }),
    Entry::holds(Tests, "lease-doubt", "hold 1 grant 2, a clock that may have stood still", 417_156, || {
        scoped(lease(1, 2, [1, 2], 2), |scope| scope.doubts = 1)
    }),
    Entry::holds(
        Tests,
        "lease-doubts",
        "hold 1 grant 2, clocks that may have stood still, twice",
        639_388,
        || scoped(lease(1, 2, [1, 2], 2), |scope| scope.doubts = 2),
    ),
    Entry::holds(Long, "lease-restarts", "hold 1 grant 2, two restarts", 14_572_323, || {
        scoped(lease(1, 2, [1, 2], 2), |scope| scope.crashes = 2)
    }),
    Entry::holds(Tests, "lease-3-epochs", "hold 1 grant 2, 3 epochs", 5_902_811, || lease(1, 2, [1, 2], 3)),
    Entry::holds(Tests, "lease-release", "hold 2 grant 4, a planned hand-over", 4_424_368, || {
        scoped(lease(2, 4, [1, 2], 2), |scope| scope.switchovers = 1)
    }),
    past_bound("lease-1-2-past", "hold 2 grant 2, clocks 1:2: one tick past the bound", 10, || {
        without(&[Rule::DriftMargin], lease(2, 2, [1, 2], 2))
    }),
    past_bound("lease-2-4-past", "hold 3 grant 4, clocks 1:2: one tick past the bound", 11, || {
        without(&[Rule::DriftMargin], lease(3, 4, [1, 2], 2))
    }),
    past_bound("lease-3-6-past", "hold 4 grant 6, clocks 1:2: one tick past the bound", 12, || {
        without(&[Rule::DriftMargin], lease(4, 6, [1, 2], 2))
    }),
    past_bound("lease-2-3-past", "hold 3 grant 3, clocks 2:3: one tick past the bound", 10, || {
        without(&[Rule::DriftMargin], lease(3, 3, [2, 3], 2))
    }),
];

const fn past_bound(name: &'static str, about: &'static str, steps: usize, make: fn() -> Model) -> Entry {
    Entry::broken((Invariant::LeaseExclusion, steps), name, about, make)
}

pub(super) const FENCE: &[Entry] = &[
    Entry::holds(
        Tests,
        "lease-fence",
        "lease and a resource that checks the epoch, 1 write",
        5_900_447,
        || fenced(1),
    ),
    Entry::broken(
        (Invariant::FencedWrites, 15),
        "lease-unchecked",
        "the same, but the resource does not check",
        || without(&[Rule::ResourceChecksEpoch], fenced(1)),
    ),
];

pub(super) const COMMIT: &[Entry] = &[
    Entry::holds(Tests, "commit", "2 epochs, 2 writes", 150_597, || commit(2, 2, Driver::Blocking)),
    Entry::holds(Tour, "commit-in-flight", "2 epochs, 1 write, records in flight", 958_113, || {
        commit(2, 1, Driver::Pipelined)
    }),
    Entry::holds(Tests, "commit-crash", "2 epochs, 1 write, 1 crash", 95_036, || {
        scoped(commit(2, 1, Driver::Blocking), |scope| scope.crashes = 1)
    }),
    Entry::holds(Tests, "commit-crashes", "2 epochs, 1 write, 2 crashes", 485_504, || {
        scoped(commit(2, 1, Driver::Blocking), |scope| scope.crashes = 2)
    }),
    Entry::holds(
        Long,
        "commit-crash-in-flight",
        "2 epochs, 1 write, 1 crash, records in flight",
        35_584_821,
        || scoped(commit(2, 1, Driver::Pipelined), |scope| scope.crashes = 1),
    ),
    Entry::holds(Tests, "commit-compact", "2 epochs, 2 writes, 1 compaction", 1_218_301, || {
        scoped(commit(2, 2, Driver::Blocking), |scope| scope.compactions = 1)
    }),
    Entry::holds(Tests, "commit-compact-3-epochs", "3 epochs, 1 write, 1 compaction", 380_217, || {
        scoped(commit(3, 1, Driver::Blocking), |scope| scope.compactions = 1)
    }),
    Entry::holds(Tour, "commit-3-epochs", "3 epochs, 2 writes", 1_212_974, || commit(3, 2, Driver::Blocking)),
    Entry::holds(Tests, "commit-4-epochs", "4 epochs, 1 write", 820_770, || commit(4, 1, Driver::Blocking)),
    Entry::holds(Tests, "commit-4-epochs-2-writes", "4 epochs, 2 writes", 8_477_121, || {
        commit(4, 2, Driver::Blocking)
    }),
    Entry::holds(Tests, "commit-5-epochs", "5 epochs, 1 write", 5_647_776, || commit(5, 1, Driver::Blocking)),
    Entry::holds(Long, "commit-3-writes", "3 epochs, 3 writes", 75_646_959, || {
        commit(3, 3, Driver::Blocking)
    }),
];
