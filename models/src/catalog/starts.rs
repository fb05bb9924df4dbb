//! Directed starts by name: beginnings from which deep trouble is near. See [`crate::check::start`].
//!
//! A start is the names of the first choices and a model in which they are possible. They are possible in other
//! models too, if those have the same nodes and no tighter bounds: `quorate check MODEL --from NAME`.

use super::failover::{acked_by, promising, swap, with_witness};
use super::machines::{commit, lease, scoped};
use crate::world::{Driver, Model, Scope, majority};

/// A named beginning.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Its name on the command line.
    pub name: &'static str,
    /// What has happened, in one line.
    pub about: &'static str,
    /// A model in which it can begin like this.
    pub make: fn() -> Model,
    /// The names of the first choices.
    pub choices: &'static [&'static str],
}

/// Every start.
pub const ALL: &[&Start] = &[&FIGURE_8, &UNREPLICATED, &STALE_ACK, &LEASE_CHAIN, &LEASED_WRITE, &SWAP];

/// The start of this name.
pub fn named(name: &str) -> Option<&'static Start> {
    ALL.iter().copied().find(|start| start.name == name)
}

impl Start {
    /// The model, named after the start.
    pub fn model(&self) -> Model {
        Model { name: self.name.into(), ..(self.make)() }
    }
}

/// Figure 8 of the Raft paper, up to where it becomes dangerous.
pub const FIGURE_8: Start = Start {
    name: "figure-8",
    about: "two primaries, one after the other, have each written an entry that nobody else has",
    make: || commit(4, 2, Driver::Blocking),
    choices: &[
        "n0 timer",
        "n0→n1 vote e1 e0v0",
        "n1→n0 granted e1 []0",
        "n0→n1 append e1 [e1@0] from 0 [] committed 0",
        "n1→n0 ack e1 0",
        "write at n0",
        "n2 timer",
        "n2 timer",
        "n2→n1 vote e2 e0v0",
        "n1→n2 granted e2 [e1@0]0",
        "n2→n1 append e2 [e2@0] from 0 [] committed 0",
        "n1→n2 ack e2 0",
        "write at n2",
    ],
};

/// What the primary has, nobody else has.
pub const UNREPLICATED: Start = Start {
    name: "unreplicated",
    about: "a primary that sends entries one by one has written two and sent none, and another is elected",
    make: || {
        let mut model = commit(4, 2, Driver::Blocking);
        model.node.batch = Some(1);
        model
    },
    choices: &[
        "n0 timer",
        "n0→n2 vote e1 e0v0",
        "n2→n0 granted e1 []0",
        "n0→n2 append e1 [e1@0] from 0 [] committed 0",
        "n2→n0 ack e1 0",
        "write at n0",
        "write at n0",
        "n1 timer",
        "n1 timer",
        "n1→n2 vote e2 e0v0",
        "n2→n1 granted e2 [e1@0]0",
    ],
};

/// An acknowledgement outlives the crash of who waits for it.
pub const STALE_ACK: Start = Start {
    name: "stale-ack",
    about: "a primary lost its own copy of a write in a crash, won again, and is still owed an old acknowledgement",
    make: || scoped(commit(3, 2, Driver::Pipelined), |scope| scope.crashes = 1),
    choices: &[
        "n0 timer",
        "n0 flushed",
        "n0→n2 vote e1 e0v0",
        "n2 flushed",
        "n2→n0 granted e1 []0",
        "n0 flushed",
        "n0→n2 append e1 [e1@0] from 0 [] committed 0",
        "n2 flushed",
        "n2→n0 ack e1 0",
        // A write that the replica has flushed and the primary has not; the acknowledgement stays on its way.
        "write at n0",
        "n0→n2 append e1 [e1@0] from 0 [1] committed 0",
        "n2 flushed",
        "n0 crashes",
        "n0 restarts",
        "n0 flushed",
        "n0 timer",
        "n0 flushed",
        "n0→n1 vote e2 e0v0",
        "n1 flushed",
        "n1→n0 granted e2 []0",
    ],
};

/// What is acknowledged may still be lost.
pub const UNFLUSHED: Start = Start {
    name: "unflushed",
    about: "the only replica whose flush counts has been sent a write, records are in flight, and one may crash",
    make: || {
        scoped(acked_by(&[1], with_witness(1, 2, 1)), |scope| {
            (scope.driver, scope.crashes) = (Driver::Pipelined, 1);
        })
    },
    choices: &[
        "n0 timer",
        "n0 flushed",
        "n0→n1 vote e1 e0v0",
        "n1 flushed",
        "n1→n0 granted e1 []0",
        "n0 flushed",
        "n0→n1 append e1 [e1@0] from 0 [] committed 0",
        "n1 flushed",
        "n1→n0 ack e1 0",
        "write at n0",
        "n0 flushed",
        "n0→n1 append e1 [e1@0] from 0 [1] committed 0",
    ],
};

/// A promise is asked of a node that did not vote.
pub const SILENT_COPY: Start = Start {
    name: "silent-copy",
    about: "a second primary is elected while the only copy that counts, which has no vote, still follows the first",
    make: || scoped(promising(), |scope| scope.driver = Driver::Pipelined),
    choices: &[
        "n0 timer",
        "n0 flushed",
        "n0→n3 vote e1 e0v0",
        "n3 flushed",
        "n3→n0 granted e1 []0",
        "n0→n2 revoke e1",
        "n2 flushed",
        "n2→n0 promised e1 []0",
        "n0 flushed",
        "n0→n2 append e1 [e1@0] from 0 [] committed 0",
        "n2 flushed",
        "n2→n0 ack e1 0",
        "write at n0",
        "n0 flushed",
        "n1 timer",
        "n1 flushed",
        "n1 timer",
        "n1 flushed",
        "n1→n3 vote e2 e0v0",
        "n3 flushed",
        "n3→n1 granted e2 []0",
    ],
};

/// Three epochs in a row under leases.
pub const LEASE_CHAIN: Start = Start {
    name: "lease-chain",
    about: "the lease of a first primary runs while a second one is elected and waits for it",
    make: || lease(1, 2, [1, 2], 3),
    choices: &[
        "n0 timer",
        "n0→n1 vote e1 e0v0",
        "n1→n0 granted e1 []0",
        "n0 timer",
        "n0→n1 beat e1 sent 0 ago, lease 2, round 0 serving",
        "n1→n0 beat-ack e1 to beat 0 ago, round 0 e0v0",
    ],
};

/// A lease holder that has written.
pub const LEASED_WRITE: Start = Start {
    name: "leased-write",
    about: "a primary under a lease has written an entry, which one replica is about to hold",
    make: || {
        let mut model = lease(1, 2, [1, 2], 2);
        model.cluster = majority(3, Some(2));
        model.scope = Scope { writes: 1, reads: 1, ..model.scope };
        model
    },
    choices: &[
        "n0 timer",
        "n0→n1 vote e1 e0v0",
        "n1→n0 granted e1 []0",
        "n0 timer",
        "n0→n1 beat e1 sent 0 ago, lease 2, round 0",
        "n1→n0 beat-ack e1 to beat 0 ago, round 0 e0v0",
        "n0→n1 append e1 [e1@0] from 0 [] committed 0",
        "n1→n0 ack e1 0",
        "write at n0",
        "n0→n1 append e1 [e1@0] from 0 [1] committed 0",
    ],
};

/// A change of the configuration that only its primary knows of.
pub const SWAP: Start = Start {
    name: "swap",
    about: "a primary is asked to swap one of three voters for a fourth node, and has told nobody yet",
    make: || scoped(swap(2), |scope| (scope.driver, scope.crashes) = (Driver::Pipelined, 1)),
    choices: &[
        "n0 timer",
        "n0 flushed",
        "n0→n1 vote e1 e0v0",
        "n1 flushed",
        "n1→n0 granted e1 []0",
        "n0 changes to settings 0",
        "n0 flushed",
    ],
};
