//! What a model checker needs beyond an embedder: a finite encoding of time and of record numbers.
//!
//! A model keeps `now` fixed and lets time pass by ageing everything stored ([`Node::age`]). This is exact
//! because the protocols only compare distances from `now` with configured spans: what is further away than every
//! such span behaves alike. Record numbers are counted from the newest durable record ([`Node::renumber`]), so
//! that two nodes that differ only in how much they wrote in the past are equal.

use super::io::Payload;
use super::message::Message;
use super::node::{Node, Role};
use crate::config::Stage;
use crate::id::{NodeId, NodeSet};
use crate::outbox::Seq;
use crate::time::{Instant, Span};

impl<P: Payload> Node<P> {
    /// Everything this node remembers of its clock, seen `by` later.
    pub fn age(&mut self, by: Span) {
        let now = self.clock;
        let (timing, patience, drain) = (self.setup.timing, self.patience(), self.drain());
        let (one, horizon) = (Span::new(1), self.setup.stamp_horizon());
        let back = |instant: &mut Instant, horizon: Span| *instant = instant.aged(now, by, horizon);
        self.granter.age(now, by);
        if let (Some(since), Some(stall)) = (&mut self.flushing, self.setup.stall) {
            back(since, stall.plus(one));
        }
        let weak = self.hard.config.newest().weak().map_or(Span::ZERO, |weak| weak.after);
        match &mut self.role {
            Role::Follower(follower) => {
                back(&mut follower.since, patience);
                let election = timing.election;
                follower.heard = follower.heard.map(|heard| heard.aged(now, by, election));
                follower.heard = follower.heard.filter(|heard| now.since(*heard) < election);
            }
            Role::Prevote(prevote) => back(&mut prevote.since, patience),
            Role::Candidate(campaign) => {
                let patience = rule!(
                    WaitFromReceipt,
                    patience,
                    else: self.setup.lease.map_or(Span::ZERO, |lease| lease.hold().plus(lease.hold()).plus(lease.hold()))
                );
                back(&mut campaign.candidate.since, patience);
                campaign.wait.age(now, by, drain);
            }
            Role::Primary(primary) => {
                let contact = timing.contact.map_or(Span::ZERO, |contact| contact.plus(one));
                back(&mut primary.tenure.since, contact);
                if let Some(beat) = &mut primary.tenure.beat {
                    back(beat, timing.heartbeat);
                }
                back(&mut primary.since, timing.election);
                primary.wait.age(now, by, drain);
                // A stamp beyond the lease and the contact window proves nothing any more.
                primary.holder.age(now, by, horizon);
                if let Some(stuck) = &mut primary.stuck {
                    back(stuck, weak);
                }
            }
        }
    }

    /// What this node holds back with a reading of the clock of `of` in it: seen `by` later on that clock. `horizon` is
    /// that of `of`, who measures from the reading ([`Setup::stamp_horizon`]): its lease may be longer than this
    /// node's.
    ///
    /// [`Setup::stamp_horizon`]: crate::config::Setup::stamp_horizon
    pub fn age_echoes(&mut self, of: NodeId, by: Span, horizon: Span) {
        let (me, now) = (self.id, self.clock);
        self.outbox.map(|(to, message)| {
            if message.stamped_by(me, to) == Some(of) {
                Some((to, message.aged(now, by, horizon)?))
            } else {
                Some((to, message))
            }
        });
    }

    /// What is held back until something is durable, oldest first: to whom, and what.
    pub fn held(&self) -> impl Iterator<Item = &(NodeId, Message<P>)> {
        self.outbox.iter()
    }

    /// As primary: how long ago, by its own clock, it sent the newest beat that `from` answered.
    pub fn answered(&self, from: NodeId) -> Option<Span> {
        let Role::Primary(primary) = &self.role else { return None };
        primary.holder.stamp(from).map(|stamp| self.clock.since(stamp))
    }

    /// As candidate or primary: whether it may begin without a recovery set, because an operator accepts the loss.
    pub fn accepts_loss(&self) -> bool {
        match &self.role {
            Role::Candidate(campaign) => campaign.accept_loss,
            Role::Primary(primary) => primary.accept_loss,
            Role::Follower(_) | Role::Prevote(_) => false,
        }
    }

    /// As primary that publishes a configuration: who has it on disk, as far as it knows.
    pub fn publishing(&self) -> Option<NodeSet> {
        let Role::Primary(primary) = &self.role else { return None };
        match primary.change.as_ref()?.stage() {
            Stage::Publishing { installed } => Some(*installed),
            Stage::Due => None,
        }
    }

    /// As candidate or primary: for how much longer it waits for older leases; zero if for none.
    pub fn wait_left(&self) -> Span {
        let wait = match &self.role {
            Role::Candidate(campaign) => campaign.wait,
            Role::Primary(primary) => primary.wait,
            Role::Follower(_) | Role::Prevote(_) => return Span::ZERO,
        };
        wait.ends(self.drain()).map_or(Span::ZERO, |end| self.clock.until(end))
    }

    /// For how much longer it is bound by leases it granted; zero if it is free.
    pub fn busy_left(&self) -> Span {
        self.granter.busy(self.clock, None).unwrap_or_default()
    }

    /// Of what is held back for others, loses what `lost` names, as a network could after it had left.
    pub fn lose_held(&mut self, mut lost: impl FnMut(NodeId, &Message<P>) -> bool) {
        let me = self.id;
        self.outbox.retain(|(to, message)| *to == me || !lost(*to, message));
    }

    /// Counts records from the newest durable one. The driver's own numbers move by the amount returned.
    pub fn renumber(&mut self) -> u64 {
        let by = self.outbox.renumber();
        self.ceiling_at = Seq::new(self.ceiling_at.number().saturating_sub(by));
        self.renumber_engine(by);
        by
    }
}
