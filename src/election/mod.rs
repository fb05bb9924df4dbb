//! Quorum election: at most one primary per epoch, and one whenever enough nodes are connected.
//!
//! # The rule
//!
//! A node that wants to lead raises its epoch, votes for itself, and asks the others. A node gives at most one
//! vote per epoch and never in an epoch below its own. Who has the votes of a vote quorum is primary of that
//! epoch.
//!
//! # Why it is right
//!
//! Any two vote quorums share a node ([`Votes`](crate::quorum::Votes)), that node voted once, so an epoch has at
//! most one winner. For this to survive crashes, a vote must be on disk before anybody can count it – the
//! voter's own included – and a node must never act as primary of an epoch it led before it crashed: what it
//! knew as primary was volatile. Both are gates, not advice: a vote is released by the
//! [outbox](crate::outbox) when its record is durable.
//!
//! # Two deliberate differences from Raft
//!
//! * **A vote is not refused because of the candidate's log.** It *reports* the voter's log instead, and the
//!   winner fetches what it lacks. With a hard log restriction the only well-connected node may be unable to
//!   win (Howard and Abraham 2020; Omni-Paxos, `EuroSys` 2023). The log comparison survives as a preference in
//!   the first pre-vote round.
//! * **The lease is decoupled from voting.** A vote may be given while an old lease runs; it reports the
//!   remaining time and the winner waits it out before it *serves* (`LeaseGuard`, 2025).
//!
//! # Liveness
//!
//! A pre-vote (Ongaro's thesis, §9.6) asks whether a campaign could succeed, so that a node that was cut off
//! does not depose a working primary when it returns. A primary that does not hear a vote quorum resigns, and
//! only a primary that does keeps others from standing: otherwise a half-connected primary blocks a connected
//! majority for ever (openraft #2080). Stale traffic is answered with the own epoch, never dropped (etcd #8501).
//!
//! Where witnesses alone can decide a vote, a vote quorum is not enough: who reaches it and no copies of the log wins,
//! can neither recover nor acknowledge, and would keep those voters from whoever can. So a node stands only if the
//! answers to its pre-vote come from copies enough as well, and a primary that reaches too few stays, for there may be
//! no better one, but keeps nobody from standing. Who stands then can serve. This needs pre-votes.
//!
//! # Invariants
//!
//! * An epoch is led by at most one incarnation of one node.
//! * The epoch never goes back; within an epoch the vote changes once, from nobody to somebody.
//! * A vote that is in flight or counted is on the voter's disk.

mod ballot;
mod role;

pub use ballot::{Answer, Ask, Ballot, Refusal};
pub use role::{Candidate, Follower, Prevote, Sway, Tenure, patience};
