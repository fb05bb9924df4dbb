//! The invariants: what must be true of every state and every step, by name, with statement and source.
//!
//! Each means the same everywhere: in the tests, on the command line, in JSON, in the browser. Those that speak
//! of a step are judged where the step happens ([`crate::world`]), those that speak of a state in [`state`].

pub mod state;

use crate::world::{Model, Scope};
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! invariants {
    ($($variant:ident, $name:literal, $statement:literal, $source:literal;)*) => {
        /// An invariant.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Invariant {
            $(#[doc = $statement] $variant,)*
        }

        impl Invariant {
            /// Every invariant.
            pub const ALL: &'static [Invariant] = &[$(Invariant::$variant,)*];

            /// The name, in kebab-case.
            pub const fn name(self) -> &'static str {
                match self { $(Invariant::$variant => $name,)* }
            }

            /// What it says.
            pub const fn statement(self) -> &'static str {
                match self { $(Invariant::$variant => $statement,)* }
            }

            /// Where it comes from.
            pub const fn source(self) -> &'static str {
                match self { $(Invariant::$variant => $source,)* }
            }
        }
    };
}

invariants! {
    OnePrimaryPerEpoch, "one-primary-per-epoch",
        "An epoch is ever led by at most one incarnation of one node.", "Raft, election safety";
    VotesAreDurable, "votes-are-durable",
        "Every vote in flight or counted is on its voter's disk.", "Raft, persistent state";
    LeaseExclusion, "lease-exclusion",
        "When a newer epoch is active, no older lease is valid.", "Gray and Cheriton 1989";
    FencedWrites, "fenced-writes",
        "No write of an older epoch reaches the resource after a newer one has read it.", "Chubby sequencers 2006";
    AckedWritesSurvive, "acked-writes-survive",
        "Every acknowledged write is in the log of every later established primary.", "Raft, leader completeness";
    NoPhantomRead, "no-phantom-read",
        "What a client has read is never lost.", "MySQL AFTER_SYNC; Sougoumarane";
    LogMatching, "log-matching",
        "Logs that were written under the same epoch at the same index agree up to there.", "Raft, log matching";
    CommitsAreOrdered, "commits-are-ordered",
        "What any two nodes take for committed are prefixes of one another.", "Raft, state machine safety";
    ReadsAreLinearizable, "reads-are-linearizable",
        "A read returns everything that was acknowledged before it began.", "Herlihy and Wing 1990";
    ReadYourWrites, "read-your-writes",
        "A read with a token contains that write, waits for it, or says that it is lost.", "Terry et al. 1994";
    AckAndRecoveryIntersect, "ack-and-recovery-intersect",
        "Every ack set in force meets every set with which some candidate may be elected and recover.", "Sougoumarane; Patroni quorum.py";
    GatesHold, "gates-hold",
        "Nothing leaves a node before what it promises is durable.", "etcd MsgStorageAppend";
    ServesEventually, "serves-eventually",
        "Whenever enough nodes are connected from some time on, a primary serves within a bound and stays.", "Howard and Abraham 2020";
    Refinement, "refinement",
        "Every step is a step of the abstract history, or changes nothing in it.", "Abadi and Lamport 1991";
    LocalInvariants, "local-invariants",
        "Every node keeps its own invariants.", "quorate::failover::Node::check";
    MessagesArePossible, "messages-are-possible",
        "No correct node sends what another has to refuse as impossible.", "quorate::failover guard";
}

impl Invariant {
    /// Whether `model` can say anything about it. What cannot happen in a model is not claimed to hold there, and
    /// [`Invariant::ServesEventually`] speaks of what must happen, which no search for bad states can show.
    pub fn concerns(self, model: &Model) -> bool {
        let data = model.cluster.acks.is_some();
        let Scope { writes, reads, beats, .. } = model.scope;
        if model.scope.harm_only && self.is_alarm() {
            return false;
        }
        match self {
            Invariant::OnePrimaryPerEpoch
            | Invariant::VotesAreDurable
            | Invariant::GatesHold
            | Invariant::LocalInvariants
            | Invariant::MessagesArePossible => true,
            Invariant::LeaseExclusion => model.node.lease.is_some() || !model.node.leases.is_empty(),
            Invariant::FencedWrites => model.node.fenced && writes > 0,
            Invariant::AckedWritesSurvive
            | Invariant::LogMatching
            | Invariant::CommitsAreOrdered
            | Invariant::Refinement => data && writes > 0,
            // A read by quorum or by lease needs beats.
            Invariant::ReadsAreLinearizable => data && reads > 0 && beats,
            Invariant::NoPhantomRead | Invariant::ReadYourWrites => data && reads > 0,
            Invariant::AckAndRecoveryIntersect => data && !model.changes.is_empty(),
            Invariant::ServesEventually => false,
        }
    }

    /// Whether it is an alarm: it shows that a step was wrong, before anybody has been harmed by it. (What a primary
    /// brings back although it was given up is no harm either: nobody was told of it.) The others say what clients,
    /// operators and resources rely on.
    pub const fn is_alarm(self) -> bool {
        match self {
            Invariant::VotesAreDurable
            | Invariant::GatesHold
            | Invariant::LocalInvariants
            | Invariant::Refinement
            | Invariant::MessagesArePossible => true,
            Invariant::OnePrimaryPerEpoch
            | Invariant::LeaseExclusion
            | Invariant::FencedWrites
            | Invariant::AckedWritesSurvive
            | Invariant::NoPhantomRead
            | Invariant::LogMatching
            | Invariant::CommitsAreOrdered
            | Invariant::ReadsAreLinearizable
            | Invariant::ReadYourWrites
            | Invariant::AckAndRecoveryIntersect
            | Invariant::ServesEventually => false,
        }
    }

    /// The invariant of this name.
    pub fn named(name: &str) -> Option<Invariant> {
        Invariant::ALL.iter().copied().find(|invariant| invariant.name() == name)
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A violation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Broken {
    /// What is violated.
    pub invariant: Invariant,
    /// By what, in words.
    pub why: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.why)
    }
}
