//! The invariants of one host, as code. An embedder may assert them after every step; the tests do.

use super::host::MultiNode;
use super::member::{Member, Rest};
use super::message::{GroupId, HostId};
use crate::failover::{self, Payload};
use core::fmt;

/// A broken invariant of one host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Violation {
    /// Where.
    pub host: HostId,
    /// In which group, if in one.
    pub group: Option<GroupId>,
    /// What should hold.
    pub clause: &'static str,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group {
            Some(group) => write!(f, "{} of {}: not so: {}", group, self.host, self.clause),
            None => write!(f, "{}: not so: {}", self.host, self.clause),
        }
    }
}

impl core::error::Error for Violation {}

impl<P: Payload> MultiNode<P> {
    /// The first broken invariant, if any; of the nodes too.
    pub fn check(&self) -> Result<(), Violation> {
        let ensure = |holds: bool, group: Option<GroupId>, clause| {
            if holds { Ok(()) } else { Err(Violation { host: self.host, group, clause }) }
        };
        ensure(self.groups.len() <= self.pace.groups, None, "no more groups than the pace allows")?;
        ensure(self.peers.len() <= self.pace.hosts, None, "no more hosts than the pace allows")?;
        ensure(!self.peers.contains_key(&self.host), None, "a host is no peer of itself")?;
        let deadlines = self.groups.values().filter(|member| member.due.is_some()).count();
        ensure(deadlines == self.due.len(), None, "every deadline is that of a group")?;
        for (id, peer) in &self.peers {
            let sent = peer.answered.is_none_or(|stamp| Some(stamp) <= self.beat && stamp <= self.clock);
            ensure(sent && *id != self.host, None, "only beats that were sent are answered")?;
        }
        for (id, member) in &self.groups {
            let node = member.node.check();
            ensure(
                node.is_ok(),
                Some(*id),
                node.err().map_or("", |failover::Violation { clause, .. }| clause),
            )?;
            let known = member.due.is_none_or(|due| self.due.contains(&(due, *id)));
            ensure(
                known && member.due == member.wants(),
                Some(*id),
                "a deadline is known, and only to who is awake",
            )?;
            ensure(
                member.still_rests(),
                Some(*id),
                "who rests has nothing to say, and who is bound follows",
            )?;
            ensure(
                self.relies_on_bonds(member),
                Some(*id),
                "who rests relies on hosts that are heard, or answer",
            )?;
        }
        Ok(())
    }

    fn relies_on_bonds(&self, member: &Member<P>) -> bool {
        let peer = |node| member.placement.host(node).and_then(|host| self.peers.get(&host));
        match member.rest {
            Rest::Awake { .. } => true,
            Rest::Bound { primary } => peer(primary).is_some_and(|peer| peer.heard.is_some()),
            Rest::Asking { with, .. } | Rest::Resting { with, .. } => {
                with.iter().all(|node| peer(node).is_some_and(|peer| peer.answered.is_some()))
            }
        }
    }
}
