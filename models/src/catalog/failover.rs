//! The models of everything together: changes of the configuration, and the composed failover node.

use super::Entry;
use super::Suite::{Tests, Tour};
use super::machines::{commit, lease, scoped};
use crate::world::{Driver, Model, majority};
use quorate::config::Draft;
use quorate::id::{NodeId, NodeSet};
use quorate::quorum::Quorum;

/// The nodes of these numbers.
fn nodes(indices: &[u8]) -> NodeSet {
    indices.iter().filter_map(|index| NodeId::new(*index)).collect()
}

/// Votes by a majority of `voters`; any `acks` of `data` must flush a write.
pub fn cluster(voters: &[u8], data: &[u8], acks: u8) -> Draft {
    let data = nodes(data);
    let acks = (!data.is_empty()).then_some(Quorum::Any { need: acks, of: data });
    Draft { acks, data, ..Draft::majority(nodes(voters)) }
}

/// Among `count` nodes, a change from one cluster to another while nodes fail over.
pub fn change(count: u8, epochs: u64, from: Draft, to: Draft) -> Model {
    let mut model = commit(epochs, 0, Driver::Blocking);
    model.nodes = count;
    model.cluster = from;
    model.changes = vec![to];
    model
}

/// Among three nodes that keep a log, a change while a client writes.
fn change_and_write(from: Draft, to: Draft) -> Model {
    scoped(change(3, 2, from, to), |scope| scope.writes = 1)
}

/// The composed node: election, lease and log.
pub fn failover(writes: u8, crashes: u8) -> Model {
    let mut model = lease(1, 2, [1, 2], 2);
    model.cluster = majority(3, Some(2));
    model.scope.writes = writes;
    model.scope.crashes = crashes;
    model
}

/// The model in which the flush of any one of these nodes makes a write durable.
pub fn acked_by(indices: &[u8], mut model: Model) -> Model {
    model.cluster.acks = Some(Quorum::Any { need: 1, of: nodes(indices) });
    model
}

/// Two data nodes, of which `acks` must flush a write, and a witness.
pub fn with_witness(acks: u8, epochs: u64, writes: u8) -> Model {
    Model { cluster: cluster(&[0, 1, 2], &[0, 1], acks), ..commit(epochs, writes, Driver::Blocking) }
}

/// Only the flush of n2 makes a write durable, and n2 has no vote: it promises only when it is asked to.
pub fn promising() -> Model {
    let mut model = acked_by(&[2], scoped(commit(2, 1, Driver::Blocking), |scope| scope.crashes = 1));
    model.cluster = Draft { acks: model.cluster.acks, ..cluster(&[0, 1, 3], &[0, 1, 2], 1) };
    model.nodes = 4;
    model
}

/// The model with a client that reads, by quorum or by lease.
pub fn reading(model: Model) -> Model {
    scoped(model, |scope| (scope.reads, scope.beats) = (1, true))
}

/// Two or three data nodes, each beside a database that keeps the log and acknowledges by itself.
pub fn engine(data: u8, epochs: u64, writes: u8, crashes: u8) -> Model {
    let mut model = commit(epochs, writes, Driver::Blocking);
    model.cluster = cluster(&[0, 1, 2], &[0, 1, 2][..usize::from(data)], 2);
    model.node.external = true;
    model.scope.crashes = crashes;
    model
}

/// A fourth voter is added to three.
fn add(epochs: u64) -> Model {
    change(4, epochs, cluster(&[0, 1, 2], &[], 0), cluster(&[0, 1, 2, 3], &[], 0))
}

/// One of three voters is swapped for a fourth node.
pub fn swap(epochs: u64) -> Model {
    change(4, epochs, cluster(&[0, 1, 2], &[], 0), cluster(&[0, 1, 3], &[], 0))
}

pub(super) const CONFIG: &[Entry] = &[
    Entry::holds(Tests, "config-add", "a fourth voter is added", 23_419, || add(2)),
    Entry::holds(Tests, "config-add-3-epochs", "the same, 3 epochs", 431_677, || add(3)),
    Entry::holds(Tests, "config-add-crash", "the same, 2 epochs, 1 crash", 288_111, || {
        scoped(add(2), |scope| scope.crashes = 1)
    }),
    Entry::holds(Tests, "config-remove", "one of four voters is removed", 39_025, || {
        change(4, 2, cluster(&[0, 1, 2, 3], &[], 0), cluster(&[0, 1, 2], &[], 0))
    }),
    Entry::holds(Tour, "config-swap", "one of three voters is swapped, 3 epochs", 514_943, || swap(3)),
    Entry::holds(Tests, "config-swap-4-epochs", "the same, 4 epochs", 6_749_637, || swap(4)),
    Entry::holds(Tests, "config-swap-crash", "the same, 3 epochs, 1 crash", 6_442_668, || {
        scoped(swap(3), |scope| scope.crashes = 1)
    }),
    Entry::holds(Tests, "config-swap-two", "two of three voters are swapped for two others", 415_493, || {
        change(5, 2, cluster(&[0, 1, 2], &[], 0), cluster(&[0, 3, 4], &[], 0))
    }),
    Entry::holds(Tests, "config-swap-all", "both voters are swapped for two others", 1_569, || {
        change(4, 2, cluster(&[0, 1], &[], 0), cluster(&[2, 3], &[], 0))
    }),
    Entry::holds(Tests, "config-twice", "two swaps, one after the other", 801_214, || {
        let three = |voters: &[u8]| cluster(voters, &[], 0);
        let mut model = change(4, 2, three(&[0, 1, 2]), three(&[0, 1, 3]));
        model.changes.push(three(&[1, 2, 3]));
        model
    }),
    Entry::holds(Tests, "config-add-data", "a third data node is added, 1 write", 23_530, || {
        change_and_write(cluster(&[0, 1], &[0, 1], 2), cluster(&[0, 1, 2], &[0, 1, 2], 2))
    }),
    Entry::holds(Tests, "policy-weaken", "acks from any two of three to any one", 181_781, || {
        change_and_write(cluster(&[0, 1, 2], &[0, 1, 2], 2), cluster(&[0, 1, 2], &[0, 1, 2], 1))
    }),
    Entry::holds(Tests, "policy-weaken-crash", "the same, 1 crash", 1_835_579, || {
        let any = |acks| cluster(&[0, 1, 2], &[0, 1, 2], acks);
        scoped(change_and_write(any(2), any(1)), |scope| scope.crashes = 1)
    }),
    Entry::holds(Tests, "policy-strengthen", "acks from any one of three to any two", 208_686, || {
        change_and_write(cluster(&[0, 1, 2], &[0, 1, 2], 1), cluster(&[0, 1, 2], &[0, 1, 2], 2))
    }),
    Entry::holds(Tests, "policy-move", "acks from n0 alone to n1 alone", 208_549, || {
        let only = |index| acked_by(&[index], commit(2, 1, Driver::Blocking));
        Model { changes: vec![only(1).cluster], ..only(0) }
    }),
];

pub(super) const FAILOVER: &[Entry] = &[
    Entry::holds(Tour, "failover", "election and log, 2 epochs, 2 writes, 1 crash", 1_459_961, || {
        scoped(commit(2, 2, Driver::Blocking), |scope| scope.crashes = 1)
    }),
    Entry::holds(Tour, "failover-crashes", "the same, 2 crashes", 7_126_822, || {
        scoped(commit(2, 2, Driver::Blocking), |scope| scope.crashes = 2)
    }),
    Entry::holds(Tests, "failover-3-epochs", "the same, 3 epochs, 1 crash", 12_922_030, || {
        scoped(commit(3, 2, Driver::Blocking), |scope| scope.crashes = 1)
    }),
    Entry::holds(
        Tests,
        "failover-switchover",
        "election and log, 1 write, a planned hand-over",
        33_790,
        || scoped(commit(2, 1, Driver::Blocking), |scope| scope.switchovers = 1),
    ),
    Entry::holds(Tests, "failover-switchover-crash", "the same, 2 writes, 1 crash", 5_944_424, || {
        scoped(commit(2, 2, Driver::Blocking), |scope| (scope.switchovers, scope.crashes) = (1, 1))
    }),
    Entry::holds(
        Tests,
        "failover-lease",
        "election, lease and log: from winning to serving",
        8_325_359,
        || failover(0, 0),
    ),
    Entry::holds(
        Tests,
        "failover-lease-write",
        "the same beside a witness, two data nodes, 1 write",
        7_201_988,
        leased_pair,
    ),
    Entry::holds(
        Tests,
        "failover-witness",
        "two data nodes and a witness, 2 writes, 1 crash",
        16_424,
        || scoped(with_witness(2, 2, 2), |scope| scope.crashes = 1),
    ),
    Entry::holds(Tests, "failover-witness-3-epochs", "the same, 3 epochs, 2 crashes", 625_255, || {
        scoped(with_witness(2, 3, 2), |scope| scope.crashes = 2)
    }),
    Entry::holds(
        Tests,
        "failover-four",
        "votes by three of four, of which one is a witness; acks by two",
        260_273,
        || {
            let mut model = commit(2, 2, Driver::Blocking);
            model.nodes = 4;
            model.cluster = cluster(&[0, 1, 2, 3], &[0, 1, 2], 2);
            model
        },
    ),
    Entry::holds(
        Tests,
        "failover-donors",
        "acks by one of two beside a witness, donors that do not answer",
        699_429,
        || scoped(with_witness(1, 3, 1), |scope| scope.beats = true),
    ),
    Entry::holds(Tests, "failover-reads", "two data nodes and a witness, 1 write, 1 read", 683_660, || {
        reading(with_witness(2, 2, 1))
    }),
    Entry::holds(
        Tests,
        "failover-accept-loss",
        "acks by n0 alone, 1 write, 1 accepted loss",
        216_020,
        accept_loss,
    ),
    Entry::holds(Tests, "failover-loss-compact", "the same, and 1 compaction", 2_412_471, || {
        scoped(accept_loss(), |scope| scope.compactions = 1)
    }),
];

/// Two data nodes and a witness with a lease.
fn leased_pair() -> Model {
    let mut model = failover(1, 0);
    model.cluster = cluster(&[0, 1, 2], &[0, 1], 2);
    model
}

/// Only the flush of n0 makes a write durable, and an operator may take over without it.
fn accept_loss() -> Model {
    scoped(acked_by(&[0], commit(2, 1, Driver::Blocking)), |scope| scope.losses = 1)
}

/// A change of the ack family of two databases beside a witness.
pub fn engine_policy(from: Draft, to: Draft) -> Model {
    let mut model = engine(2, 2, 1, 0);
    model.cluster = from;
    model.changes = vec![to];
    model
}

/// Two databases and a witness; the flush of any `need` of `acks` makes a write durable.
pub fn pair(need: u8, acks: &[u8]) -> Draft {
    Draft { acks: Some(Quorum::Any { need, of: nodes(acks) }), ..cluster(&[0, 1, 2], &[0, 1], 1) }
}

pub(super) const ENGINE: &[Entry] = &[
    Entry::holds(Tests, "engine", "a database beside each node, 2 epochs, 1 write", 1_617_744, || {
        engine(3, 2, 1, 0)
    }),
    Entry::holds(Tests, "engine-witness", "two databases and a witness, 3 epochs, 2 writes", 504_179, || {
        engine(2, 3, 2, 0)
    }),
    Entry::holds(Tests, "engine-4-epochs", "the same, 4 epochs", 3_452_685, || engine(2, 4, 2, 0)),
    Entry::holds(Tests, "engine-3-epochs-crash", "the same, 3 epochs, 1 crash", 7_560_502, || {
        engine(2, 3, 2, 1)
    }),
    Entry::holds(Tests, "engine-crash", "two databases and a witness, 2 writes, 1 crash", 832_440, || {
        engine(2, 2, 2, 1)
    }),
    Entry::holds(
        Tests,
        "engine-in-flight",
        "two databases and a witness, 1 write, 1 crash, records in flight",
        1_920_721,
        || {
            let mut model = engine(2, 2, 1, 1);
            model.scope.driver = Driver::Pipelined;
            model
        },
    ),
    Entry::holds(Tests, "engine-policy", "two databases, acks from n0 alone to n1 alone", 427_910, || {
        engine_policy(pair(1, &[0]), pair(1, &[1]))
    }),
    Entry::holds(Tests, "engine-weaken", "two databases, acks from both to any one", 389_410, || {
        engine_policy(pair(2, &[0, 1]), pair(1, &[0, 1]))
    }),
    Entry::holds(Tests, "engine-strengthen", "two databases, acks from any one to both", 229_400, || {
        engine_policy(pair(1, &[0, 1]), pair(2, &[0, 1]))
    }),
];
