//! The invariants of one node, as code. An embedder may assert them after every step; the checkers do.

use super::io::Payload;
use super::node::{Node, Role};
use crate::id::NodeId;
use core::fmt;

/// A broken invariant of one node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Violation {
    /// Where.
    pub node: NodeId,
    /// What should hold.
    pub clause: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: not so: {}", self.node, self.clause)
    }
}

impl core::error::Error for Violation {}

impl<P: Payload> Node<P> {
    /// The first broken invariant, if any.
    pub fn check(&self) -> Result<(), Violation> {
        let ensure =
            |holds: bool, clause| if holds { Ok(()) } else { Err(Violation { node: self.id, clause }) };
        let (epoch, log) = (self.epoch(), &self.log);
        ensure(self.outbox.check(), "nothing held waits for a record that was never written")?;
        ensure(log.check(), "no run of the history starts beyond the end of the log")?;
        ensure(log.history().last_epoch() <= epoch, "the log is of no newer epoch than the node")?;
        // An external engine keeps the entries: here they only count.
        let compacted = if self.engine.is_some() { 0 } else { log.base() };
        ensure(compacted <= self.committed, "only what is committed is compacted")?;
        ensure(self.committed <= log.len(), "what is committed is in the log")?;
        ensure(self.hard.config.id.epoch <= epoch, "the configuration is of no newer epoch than the node")?;
        ensure(self.served <= epoch, "what was served is not newer than the node")?;
        match &self.role {
            Role::Follower(follower) => {
                ensure(follower.primary != Some(self.id), "a follower does not follow itself")
            }
            Role::Prevote(_) => Ok(()),
            Role::Candidate(campaign) => {
                ensure(self.hard.ballot.vote == Some(self.id), "a candidate voted for itself")?;
                ensure(!self.hard.config.elects(campaign.candidate.votes), "a candidate has not won yet")
            }
            Role::Primary(primary) => {
                ensure(self.hard.ballot.vote == Some(self.id), "a primary voted for itself")?;
                let begun = primary.phase.has_begun() && self.keeps_data();
                ensure(
                    !begun || log.history().last_epoch() == epoch,
                    "a primary's log ends in its own epoch",
                )?;
                ensure(!begun || primary.replication.start <= log.len(), "an epoch starts within the log")?;
                let serves = rule!(CommitByMark, primary.serves(), else: false);
                ensure(
                    !serves || self.committed >= primary.replication.start,
                    "who serves has committed its start",
                )
            }
        }
    }
}
