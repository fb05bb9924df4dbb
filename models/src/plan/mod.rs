//! The plan: what a cluster, as its operator describes it, can promise before it runs.
//!
//! An operator writes a small TOML file: nodes, zones, who votes, whose flush acknowledges a write, timing,
//! lease and fencing. [`Cluster::parse`] reads it and hands every value to the core's own constructors, so a
//! file is refused exactly when a node would refuse it, with the place, the reason and the mend
//! ([`ClusterError`]). [`Plan::of`] answers what follows: ack sets and the recovery sets derived from them,
//! the failures survived, what a failover can lose and how long it takes, the margin of the lease, and what
//! to change. [`Cluster::model`] makes the same file explorable.
//!
//! # Why the answers are right
//!
//! With the nodes `F` lost and the rest `S` connected, the node's own conditions are evaluated, no others:
//!
//! ```text
//! failover     a candidate is in S, the votes hold in S, S is a recovery set, the acks hold in S
//! going on     the primary is in S, the votes hold in S, the acks hold in S
//! nothing lost no ack set fits into F, which is to say: S is a recovery set
//! ```
//!
//! Each is monotone, so its smallest exceptions say everything. They are found by trying sets in increasing
//! size, nodes that no condition tells apart counted once ([`sets`]); where that is still too much, the plan
//! says how far it looked and claims no more.
//!
//! # Units
//!
//! The core counts time in units of the embedder; here a unit is a nanosecond. Serialised, a [`Plan`] writes
//! every time as a whole number of nanoseconds.

mod advise;
mod answer;
mod check;
mod cluster;
mod error;
mod explore;
mod failover;
mod file;
mod length;
mod mend;
mod read;
pub mod sets;
mod text;
mod words;

pub use advise::Advice;
pub use answer::{
    AckPlan, Failures, Family, Loss, Margin, NodePlan, OwnFlush, Plan, Rpo, Service, VotePlan, ZoneLoss,
};
pub use cluster::{Cluster, Costs, Member};
pub use error::{ClusterError, Fault, Place, Refusal};
pub use failover::{Case, Rto};
