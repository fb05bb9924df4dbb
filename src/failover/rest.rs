//! What a host that carries many nodes needs of each: whether it has nothing to say, and what a beat between hosts
//! means to it. Why that is right: [`crate::multi`].
//!
//! # Invariants
//! * A node that rests has nothing to send, nothing to write, and nothing to wait for but its primary.
//! * A beat between hosts does to a replica, and its answer to a primary, what a beat of its own would have done at
//!   the same instant.

use super::io::{Outputs, Payload};
use super::node::{Node, Role};
use super::primary::Phase;
use crate::config::Fencing;
use crate::id::{NodeId, NodeSet};
use crate::multi::{Nap, Terms};
use crate::time::{Instant, Span};

impl<P: Payload> Node<P> {
    /// As primary that serves, with nothing under way: what the replicas in `with` must agree about to rest. `None` if
    /// there is something to do, or if `with` and this node could not serve by themselves.
    pub(crate) fn rest_with(&self, with: NodeSet, number: u32) -> Option<Terms> {
        let Role::Primary(primary) = &self.role else { return None };
        let reached = with.union(NodeSet::one(self.id));
        let len = self.log.len();
        let told = |node| match primary.replication.peers.get(node) {
            Some(peer) => peer.acked == Some(len) && peer.told == self.committed,
            None => !self.hard.config.data().contains(node),
        };
        let settled = primary.phase == Phase::Serving
            && primary.established
            && primary.change.is_none()
            && primary.stuck.is_none()
            && !primary.holder.is_released();
        let enough = self.hard.config.elects(reached) && self.hard.config.acknowledges(reached);
        let rests = self.may_rest() && settled && enough && self.committed == len && with.iter().all(told);
        rests.then(|| Terms {
            nap: Nap { epoch: self.epoch(), number },
            position: self.position(),
            config: self.hard.config_id(),
            lease: self.setup.lease.map_or(Span::ZERO, |lease| lease.grant()),
        })
    }

    /// As replica of `primary`: whether it has everything, and would be bound by a beat as the primary believes. Then it
    /// knows, too, that all of it is committed: the message that said so may have been lost.
    pub(crate) fn rest_under(&mut self, primary: NodeId, terms: &Terms, out: &mut Outputs<P>) -> bool {
        let lease = self.setup.lease.map_or(Span::ZERO, |lease| lease.grant());
        let rests = self.may_rest()
            && self.follows(primary)
            && self.epoch() == terms.nap.epoch
            && self.hard.config_id() == terms.config
            && (self.position() == terms.position || !self.keeps_data())
            // Durable, because nothing is on its way to the disk.
            && lease == terms.lease
            && self.hard.ceiling >= lease;
        if rests && self.keeps_data() {
            self.learn_committed(terms.position.len, out);
        }
        rests
    }

    /// Whether it follows `primary`.
    pub(crate) fn follows(&self, primary: NodeId) -> bool {
        matches!(&self.role, Role::Follower(follower) if follower.primary == Some(primary))
    }

    /// Whether nothing is under way here. A disk that is watched, a watchdog and an engine need looking after.
    fn may_rest(&self) -> bool {
        let unattended = self.setup.stall.is_none()
            && self.engine.is_none()
            && !matches!(self.setup.fencing, Fencing::Watchdog { .. });
        let quiet = self.outbox.is_empty() && !self.outbox.is_flushing() && !self.unsaved;
        unattended && quiet && self.reads.is_empty() && self.incoming.is_none() && self.halted.is_none()
    }

    /// As replica: its primary's host was heard at `heard`, which is a beat of its primary.
    pub(crate) fn hear_host(&mut self, heard: Instant) {
        let (epoch, quantum) = (self.epoch(), self.quantum());
        let Role::Follower(follower) = &mut self.role else { return };
        if follower.since <= heard {
            follower.hear(heard);
        }
        if let Some(lease) = self.setup.lease {
            rule!(HostBeatBinds, self.granter.grant(heard, epoch, lease.grant(), quantum), else: ());
        }
    }

    /// As primary: the host of `from` answered a beat that was sent at `stamp`, which is an answer of its replica.
    pub(crate) fn host_answered(&mut self, now: Instant, from: NodeId, stamp: Instant) {
        if let Role::Primary(primary) = &mut self.role {
            primary.holder.answered(now, from, stamp);
        }
    }

    /// It rests, perhaps for long: gives back the room for messages that it does not send meanwhile.
    pub(crate) fn trim(&mut self) {
        self.outbox.trim();
    }

    /// As primary that has rested: its beats begin again, at once, and so does its patience with its quorum. Only
    /// liveness depends on either.
    pub(crate) fn resume(&mut self, now: Instant) {
        if let Role::Primary(primary) = &mut self.role {
            primary.tenure.since = now;
            primary.tenure.beat = None;
        }
    }
}
