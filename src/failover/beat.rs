//! Beats: how a primary renews its lease, confirms reads, and keeps in touch; and how the others answer. Why a
//! lease counted like this is safe: [`crate::lease`].
//!
//! # Invariants
//! * A beat carries its send time, and only that time is counted, whenever the answer arrives.
//! * An answer promises to stay bound even after a restart: the longest lease ever granted is durable before it
//!   leaves.
//! * Whatever was said and may be lost, to others or to itself, is said again with a beat.
//! * Where a watchdog stands in for fencing, nobody serves beyond its lease.

use super::io::{Effect, Event, Output, Outputs, Payload};
use super::message::{Beat, Body};
use super::node::{Node, Role};
use super::primary::Phase;
use crate::config::{Change, ConfigId, Fencing, Stage};
use crate::disk::Record;
use crate::election::Refusal;
use crate::id::{Epoch, NodeId};
use crate::time::{Instant, Span};
use alloc::sync::Arc;

impl<P: Payload> Node<P> {
    /// Sends a beat when it is time, and repeats whatever may have been lost.
    pub(super) fn beat_if_due(&mut self, out: &mut Outputs<P>) {
        let Role::Primary(primary) = &self.role else { return };
        let due =
            primary.tenure.beat.is_none_or(|beat| self.clock.since(beat) >= self.setup.timing.heartbeat);
        if !due || primary.holder.is_released() {
            return;
        }
        self.probe_disk(out);
        let healthy = self.disk_is_healthy();
        let quorate = primary_is_needed(self);
        let (stamp, me) = (self.clock, self.id);
        let Role::Primary(primary) = &mut self.role else { return };
        let round = self.reads.next_round();
        primary.tenure.beat = Some(stamp);
        // Whether the holder binds itself too makes no difference: see the rule.
        let own = self.setup.lease.map_or(Span::ZERO, |lease| lease.grant());
        rule!(HolderNeedNotGrant, (), else: self.granter.grant(stamp, self.hard.ballot.epoch, own, Span::ZERO));
        if healthy {
            // The primary answers itself, unless its own disk hangs: it must not lead on memory alone.
            primary.holder.answered(stamp, me, stamp);
            self.reads.answered(me, round);
        }
        let serving = primary.serves();
        let lease = own;
        for to in self.others().iter() {
            self.say_now(to, Body::Beat(Beat { stamp, lease, round, quorate, serving }));
        }
        self.remind(out);
        self.confirm_reads(out);
    }

    /// With a stall limit and nothing on its way to the disk, writes an empty record to see whether it still
    /// completes.
    fn probe_disk(&mut self, out: &mut Outputs<P>) {
        if self.setup.stall.is_some() && !self.outbox.is_flushing() {
            self.write(Record::PROBE, out);
        }
    }

    /// Repeats what was said and not answered.
    fn remind(&mut self, out: &mut Outputs<P>) {
        let Role::Primary(primary) = &self.role else { return };
        match primary.phase {
            Phase::Revoking => self.revoke(),
            Phase::Recovering { donor } => self.fetch(donor, out),
            Phase::Promoting => {}
            Phase::Replicating
            | Phase::Waiting
            | Phase::Fencing
            | Phase::Loading
            | Phase::Arming
            | Phase::Serving
            | Phase::Leaving { .. } => {
                for node in self.hard.config.data().without(self.id).iter() {
                    self.replicate(node, true, out);
                }
                self.remind_of_config();
                self.remind_itself();
            }
        }
    }

    fn remind_of_config(&mut self) {
        let Role::Primary(primary) = &self.role else { return };
        let Some(Stage::Publishing { installed }) = primary.change.as_ref().map(Change::stage) else {
            return;
        };
        let missing = self.others().minus(*installed);
        for to in missing.iter() {
            self.say_now(to, Body::Install { config: Arc::clone(&self.hard.config) });
        }
    }

    /// What it said to itself may have found the outbox full. What is still held there is not said twice.
    fn remind_itself(&mut self) {
        let Role::Primary(primary) = &self.role else { return };
        let written = self.outbox.issued();
        let flush =
            primary.replication.peers.get(self.id).is_some_and(|own| own.acked < Some(self.log.len()));
        let config = match primary.change.as_ref().map(Change::stage) {
            Some(Stage::Publishing { installed }) => !installed.contains(self.id),
            Some(Stage::Due) | None => false,
        };
        if flush {
            self.count_own_flush();
        }
        if config {
            let id = self.hard.config_id();
            self.say(self.id, Body::Installed { id }, written);
        }
    }

    /// A primary asks for a lease.
    pub(super) fn on_beat(&mut self, from: NodeId, epoch: Epoch, beat: Beat, out: &mut Outputs<P>) {
        let Beat { stamp, lease, round, quorate, serving } = beat;
        if matches!(self.role, Role::Primary(_)) {
            // Two primaries of one epoch cannot be; if the impossible happens, neither obeys the other.
            return self.refuse(from, Refusal::OldEpoch);
        }
        // Only a primary that itself hears a quorum keeps others from standing.
        self.follow(from, rule!(QuorateBeatsOnly, quorate), out);
        if rule!(ServedIsSaid, serving) {
            self.served = self.served.max(epoch);
        }
        rule!(BeatKeepsVote, (), else: self.hard.ballot.vote = None);
        let quantum = self.quantum();
        if lease > Span::ZERO {
            self.granter.grant(self.clock, epoch, lease, quantum);
        }
        if lease > self.hard.ceiling {
            self.hard.ceiling = lease;
            self.unsaved = true;
            self.ceiling_at = self.save(None, out);
        }
        // An answer promises that this node stays bound even if it restarts: the ceiling first.
        let after = rule!(CeilingBeforeGrant, self.ceiling_at, else: crate::outbox::Seq::default());
        let (healthy, config) = (self.disk_is_healthy(), self.hard.config_id());
        self.answer(from, epoch, after, move || Body::BeatAck { stamp, round, healthy, config });
    }

    /// `from` is primary of this epoch.
    pub(super) fn follow(&mut self, from: NodeId, quorate: bool, out: &mut Outputs<P>) {
        if !matches!(self.role, Role::Follower(_)) {
            self.depose(out);
        }
        let epoch = self.epoch();
        let Role::Follower(follower) = &mut self.role else { return };
        if follower.primary != Some(from) {
            out.push(Output::Tell(Event::Following { primary: from, epoch }));
        }
        follower.follow(from);
        if quorate {
            follower.hear(self.clock);
        }
    }

    /// A granter answered.
    pub(super) fn on_beat_ack(
        &mut self,
        from: NodeId,
        (stamp, round): (Instant, u64),
        healthy: bool,
        config: ConfigId,
        out: &mut Outputs<P>,
    ) {
        // However late it comes, it may still confirm a read.
        let measured = rule!(LeaseFromSend, self.is_measured(stamp));
        let Role::Primary(primary) = &mut self.role else { return };
        if healthy {
            if measured {
                primary.holder.answered(self.clock, from, stamp);
            }
            self.reads.answered(from, round);
        }
        if config < self.hard.config_id() {
            self.say_now(from, Body::Install { config: Arc::clone(&self.hard.config) });
        }
        self.confirm_reads(out);
        self.renew_watchdog(out);
    }

    /// The watchdog follows the lease.
    fn renew_watchdog(&mut self, out: &mut Outputs<P>) {
        let armed = matches!(&self.role, Role::Primary(primary) if primary.serves());
        if armed && matches!(self.setup.fencing, Fencing::Watchdog { .. }) {
            self.arm(out);
        }
    }

    /// The watchdog is armed for `deadline`, which must not outlast the lease: the clock may have been in doubt
    /// since it was asked for.
    pub(super) fn armed(&mut self, deadline: Instant, out: &mut Outputs<P>) {
        let covered = self.lease_end().is_some_and(|end| self.clock < deadline && deadline <= end);
        if covered && self.phase() == Some(Phase::Arming) {
            self.serve(out);
        }
    }

    /// As primary: the end of its lease, if that is not over. Says nothing about a release.
    pub(super) fn lease_end(&self) -> Option<Instant> {
        let Role::Primary(primary) = &self.role else { return None };
        let left = primary.holder.left(self.clock, self.setup.lease.as_ref()?, &self.hard.config)?;
        Some(self.clock.after(left))
    }

    /// Where the lease stands in for fencing, nobody serves without it: a watchdog that failed to fire, or a
    /// pause that it did not see, must not go on unnoticed.
    pub(super) fn serves_unprotected(&self) -> bool {
        let alone = matches!(self.setup.fencing, Fencing::Watchdog { .. });
        alone && self.is_serving() && self.lease_end().is_none()
    }

    /// Answers the quorum reads whose round a vote quorum has answered.
    fn confirm_reads(&mut self, out: &mut Outputs<P>) {
        let config = &self.hard.config;
        for (id, committed) in self.reads.confirmed(|set| config.elects(set)) {
            let at = self.log.history().cut(committed).position(committed);
            out.push(Output::Tell(Event::ReadAt { id, at }));
        }
    }

    /// An effect failed. Whether to try it again is the embedder's choice; a primary that waits for it resigns. A
    /// late report of a failure that nothing waits for any more is only passed on.
    pub(super) fn effect_failed(&mut self, effect: Effect, out: &mut Outputs<P>) {
        out.push(Output::Tell(Event::EffectFailed(effect)));
        if self.awaits(effect) {
            self.depose(out);
        } else if let Effect::Follow { .. } = effect {
            self.forget_upstream();
        }
    }

    fn awaits(&self, effect: Effect) -> bool {
        let current = self.epoch();
        let Some(phase) = self.phase() else { return false };
        match effect {
            Effect::Fence { epoch } => epoch == current && phase == Phase::Fencing,
            Effect::Load { epoch } => epoch == current && phase == Phase::Loading,
            Effect::Promote { epoch, .. } => epoch == current && phase == Phase::Promoting,
            Effect::Demote { .. } if phase == Phase::Revoking => !self.is_demoted(),
            Effect::Demote { epoch } => epoch == current && matches!(phase, Phase::Leaving { .. }),
            Effect::StopReceiving { epoch } => {
                epoch == current && phase == Phase::Revoking && self.engine_must_stop()
            }
            Effect::SetAcks { config } => config == self.hard.config_id(),
            Effect::ArmWatchdog { .. } => matches!(phase, Phase::Arming | Phase::Serving),
            // Asked for again with the next message that needs them.
            Effect::Follow { .. }
            | Effect::Rewind { .. }
            | Effect::SendSnapshot { .. }
            | Effect::LoadSnapshot { .. } => false,
        }
    }
}

fn primary_is_needed<P: Payload>(node: &Node<P>) -> bool {
    matches!(&node.role, Role::Primary(primary) if primary.is_needed(node))
}
