//! Quorum systems as set algebra: who must agree before something counts.
//!
//! A [`Quorum`] is a monotone predicate over sets of nodes: adding a node never turns a yes into a no. Two kinds
//! of promise are built from it, and they are **independent** of each other:
//!
//! * [`Votes`] decide *who is primary of an epoch*. Any two vote quorums must share a node, because that node
//!   votes once per epoch; so an epoch has one primary. The constructor refuses everything else.
//! * [`Acks`] decide *what is durable*: the sets of nodes whose flush makes a write safe. Two ack sets need not
//!   meet (think "one copy in another zone"). What must meet every ack set is the set a new primary hears from
//!   before it serves: the **recovery set**. It is never configured, it is derived:
//!
//! ```text
//! R is a recovery set   ⇔   no ack set fits into the complement of R
//! ```
//!
//! Why that one line is right: if an ack set fitted into the complement, a write it made durable might be known
//! to nobody in R. If none fits, every ack set has a member in R; and since the members of R have promised to
//! accept nothing older, no further ack set can complete behind R's back. (Vitess calls this *revoke*; for
//! majorities it is the familiar overlap. The equality with brute force is tested for every subset of up to
//! seven nodes.)
//!
//! ```
//! use quorate::id::{NodeId, NodeSet};
//! use quorate::quorum::{Acks, Quorum, QuorumError, Votes};
//!
//! let set = |nodes: &[u8]| nodes.iter().filter_map(|i| NodeId::new(*i)).collect::<NodeSet>();
//! let any_of = |nodes: &[u8]| Quorum::Any { need: 1, of: set(nodes) };
//!
//! // A write needs a copy in two of three zones: {n0 n1}, {n2 n3}, {n4}.
//! let zones = Quorum::Zones { need: 2, of: vec![any_of(&[0, 1]), any_of(&[2, 3]), any_of(&[4])] };
//! let acks = Acks::new(zones.clone())?;
//! assert!(acks.holds(set(&[0, 2])));
//!
//! // Nobody configured this: two whole zones are enough to recover from, any three nodes are not.
//! assert!(acks.recovers(set(&[0, 1, 4])));
//! assert!(!acks.recovers(set(&[0, 2, 4])));
//!
//! // The same condition for votes would let {n0 n2} and {n1 n3} both win.
//! assert!(matches!(Votes::new(zones), Err(QuorumError::Disjoint { .. })));
//! # Ok::<(), QuorumError>(())
//! ```

mod algebra;
mod expr;

pub use algebra::{Acks, QuorumError, Votes};
pub use expr::Quorum;

#[cfg(test)]
mod tests;
