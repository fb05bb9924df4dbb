//! From winning an election to serving: the phases of a primary, in the only order that is safe. With an engine
//! beside the node, *Promoting* stands before *Replicating*; with a watchdog, *Arming* in place of fencing.
//!
//! ```text
//! Revoking ─▶ Recovering ─▶ Replicating ─▶ Waiting ─▶ Fencing ─▶ Loading ─▶ Serving ─▶ Leaving
//!  promises    best log      own start      older       resource   resource   writes     hand over
//!  from a      fetched       committed      leases      knows the  state      reads
//!  recovery                  (established)  are over    epoch      is read
//!  set
//! ```
//!
//! Each arrow is a condition on what is known, checked after every input; nothing skips a phase. Replicating and
//! the wait for older leases overlap, because the wait counts from the votes on.
//!
//! # Invariants
//! * The log that is taken over is the best one of a recovery set; a donor that does not answer is given up, and
//!   what remains must be a recovery set again.
//! * Who serves has committed its own start, waited for every older lease, and fenced the resource before it read
//!   it.
//! * What was given up in a hand-over, the lease or the engine, is not taken back.

use super::io::{Effect, Event, Output, Outputs, Payload};
use super::message::Body;
use super::node::{Campaign, Node, Role};
use crate::commit::{LogChange, Peer, Promises, Replication};
use crate::config::{Change, Engine, Fencing, Mode};
use crate::election::Tenure;
use crate::id::{NodeId, NodeSet};
use crate::lease::{Holder, Wait};
use crate::time::{Instant, Span};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// What a primary knows, by machine. Volatile.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Primary {
    pub(super) tenure: Tenure,
    pub(super) phase: Phase,
    /// When the phase last made progress.
    pub(super) since: Instant,
    pub(super) wait: Wait,
    pub(super) promises: Promises,
    pub(super) accept_loss: bool,
    pub(super) holder: Holder,
    pub(super) replication: Replication,
    /// Whether an ack set has accepted its start under this epoch. That what it inherited was known to be
    /// committed is not enough: until its mark is accepted, an older log may still win a later election.
    pub(super) established: bool,
    pub(super) change: Option<Change>,
    /// Since when entries wait for the strong family; only with a weak one to fall back to.
    pub(super) stuck: Option<Instant>,
}

/// How far a primary is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Collects promises until they come from a recovery set.
    Revoking,
    /// Takes over the best log among them.
    Recovering {
        /// Whose it is.
        donor: NodeId,
    },
    /// Waits for its engine to become primary.
    Promoting,
    /// Waits for its own start to be committed.
    Replicating,
    /// Waits for older leases to end.
    Waiting,
    /// Waits for the resource to know its epoch.
    Fencing,
    /// Waits for the resource to be read.
    Loading,
    /// Waits for the watchdog to be armed.
    Arming,
    /// Serves.
    Serving,
    /// Accepts no more, and hands over when the successor has everything.
    Leaving {
        /// The successor.
        to: NodeId,
    },
}

impl Phase {
    /// Whether the epoch has its start, so that the log is being replicated.
    pub const fn has_begun(self) -> bool {
        match self {
            Phase::Revoking | Phase::Recovering { .. } | Phase::Promoting => false,
            Phase::Replicating
            | Phase::Waiting
            | Phase::Fencing
            | Phase::Loading
            | Phase::Arming
            | Phase::Serving
            | Phase::Leaving { .. } => true,
        }
    }

    /// Whether everything inherited is committed and every older lease is over, so that what happens now must not
    /// overlap with what an older primary still does.
    pub const fn is_active(self) -> bool {
        match self {
            Phase::Revoking
            | Phase::Recovering { .. }
            | Phase::Promoting
            | Phase::Replicating
            | Phase::Waiting => false,
            Phase::Fencing | Phase::Loading | Phase::Arming | Phase::Serving | Phase::Leaving { .. } => true,
        }
    }
}

impl Primary {
    pub(super) fn elected(now: Instant, campaign: Campaign) -> Self {
        Self {
            tenure: Tenure { since: now, beat: None },
            phase: Phase::Revoking,
            since: now,
            wait: campaign.wait,
            promises: campaign.promises,
            accept_loss: campaign.accept_loss,
            holder: Holder::default(),
            replication: Replication::default(),
            established: false,
            change: None,
            stuck: None,
        }
    }

    pub(super) fn serves(&self) -> bool {
        matches!(self.phase, Phase::Serving)
    }

    pub(super) fn enter(&mut self, phase: Phase, now: Instant) {
        self.phase = phase;
        self.since = now;
    }

    /// When a vote quorum was last known to stand behind it.
    fn contact<P: Payload>(&self, node: &Node<P>) -> Instant {
        let start = self.holder.start(|set| node.hard.config.elects(set));
        start.map_or(self.tenure.since, |start| start.max(self.tenure.since))
    }

    /// Whether it hears a vote quorum; only known to a primary that checks.
    pub(super) fn is_quorate<P: Payload>(&self, node: &Node<P>) -> bool {
        node.is_recent(self.contact(node))
    }

    /// Whether nobody else need stand: it hears a vote quorum, and copies enough to serve. Where nobody asks around
    /// before a campaign, who stands may serve no better, and a vote quorum is enough.
    pub(super) fn is_needed<P: Payload>(&self, node: &Node<P>) -> bool {
        let copies = self.holder.start(|set| self.suffice(set, node));
        let copies = copies.map_or(self.tenure.since, |start| start.max(self.tenure.since));
        let serves = !node.setup.prevote || node.is_recent(copies);
        self.is_quorate(node) && rule!(ReachesCopies, serves)
    }

    /// Whether the copies in `set` are enough: to acknowledge, if only by the family to fall back to, and before that
    /// to recover, together with those that have promised.
    fn suffice<P: Payload>(&self, set: NodeSet, node: &Node<P>) -> bool {
        let config = &node.hard.config;
        let weakly = || config.newest().weak().is_some_and(|weak| weak.acks.holds(set));
        let recovers = self.phase.has_begun() || config.recovers(set.union(self.promises.nodes()));
        self.accept_loss || recovers && (config.acknowledges(set) || weakly())
    }

    /// When time alone makes it do something next. What has to wait for something else besides has no deadline until
    /// then, or its driver would be woken again and again for nothing.
    pub(super) fn deadline<P: Payload>(&self, node: &Node<P>) -> Option<Instant> {
        let timing = &node.setup.timing;
        let beat = self.tenure.beat.map_or(node.clock, |beat| beat.after(timing.heartbeat));
        let silent = matches!(self.phase, Phase::Leaving { .. }) && self.holder.is_released();
        let beat = (!silent).then_some(beat);
        let just_after = |span: Span| span.plus(Span::new(1));
        let resign = timing.contact.map(|contact| self.contact(node).after(just_after(contact)));
        let wait = match self.phase {
            Phase::Waiting => self.wait.ends(node.drain()),
            Phase::Recovering { .. } | Phase::Leaving { .. } => Some(self.since.after(timing.election)),
            Phase::Revoking if self.accept_loss && !node.engine_must_stop() => {
                Some(self.since.after(timing.election))
            }
            Phase::Revoking
            | Phase::Promoting
            | Phase::Replicating
            | Phase::Fencing
            | Phase::Loading
            | Phase::Arming
            | Phase::Serving => None,
        };
        [beat, resign, wait, self.degrades(node)].into_iter().flatten().min()
    }

    /// When it falls back to the weak family, if that is all it waits for.
    fn degrades<P: Payload>(&self, node: &Node<P>) -> Option<Instant> {
        let settings = node.hard.config.newest();
        let may = self.serves() && self.change.is_none() && settings.mode() == Mode::Strong;
        let since = self.stuck.filter(|_| may)?;
        settings.weak().map(|weak| since.after(weak.after))
    }
}

impl<P: Payload> Node<P> {
    /// Whether `last` is within the contact time of a primary that checks.
    fn is_recent(&self, last: Instant) -> bool {
        self.setup.timing.contact.is_some_and(|contact| self.clock.since(last) <= contact)
    }

    /// As primary that cannot know now whether it hears a quorum: its contact counts from here. Its lease does not.
    pub(super) fn grant_grace(&mut self) {
        if let Role::Primary(primary) = &mut self.role {
            primary.tenure.since = self.clock;
        }
    }

    /// How long writes of a dead primary may still travel.
    pub(super) fn drain(&self) -> Span {
        match self.setup.fencing {
            Fencing::Watchdog { drain } => drain,
            Fencing::None | Fencing::Token => Span::ZERO,
        }
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        if let Role::Primary(primary) = &mut self.role {
            primary.enter(phase, self.clock);
        }
    }

    /// What a primary does when time has passed.
    pub(super) fn tend(&mut self, out: &mut Outputs<P>) {
        let Role::Primary(primary) = &self.role else { return };
        let timing = self.setup.timing;
        let alone = timing.contact.is_some() && !primary.is_quorate(self);
        if rule!(ResignsWithoutQuorum, alone, else: false) {
            // The others cannot hear it, or not enough of them: going on would only block them.
            return self.depose(out);
        }
        let overdue = self.clock.since(primary.since) >= timing.election;
        match primary.phase {
            Phase::Recovering { donor } if overdue => self.lose_donor(donor),
            // What was given up is not taken back: neither the lease nor, once it was asked to stop, the engine.
            Phase::Leaving { .. } if overdue && self.engine.is_some() => return self.depose(out),
            Phase::Leaving { .. }
                if overdue && rule!(ReleaseIsFinal, primary.holder.is_released(), else: false) =>
            {
                return self.depose(out);
            }
            Phase::Leaving { .. } if overdue => self.enter(Phase::Serving),
            Phase::Revoking
            | Phase::Recovering { .. }
            | Phase::Promoting
            | Phase::Replicating
            | Phase::Waiting
            | Phase::Fencing
            | Phase::Loading
            | Phase::Arming
            | Phase::Serving
            | Phase::Leaving { .. } => {}
        }
        self.degrade_if_stuck(out);
        self.strengthen_if_complete(out);
        self.beat_if_due(out);
    }

    /// As primary, moves to the next phase if its condition holds, or serving, takes the next step of a change; whether
    /// it did.
    #[inline]
    pub(super) fn advance(&mut self, out: &mut Outputs<P>) -> bool {
        let Role::Primary(primary) = &self.role else { return false };
        if !primary.serves() {
            self.advance_phase(out)
        } else if self.serves_unprotected() {
            self.depose(out);
            false
        } else {
            primary.change.is_some() && self.advance_change(out)
        }
    }

    fn advance_phase(&mut self, out: &mut Outputs<P>) -> bool {
        let Role::Primary(primary) = &self.role else { return false };
        let before = primary.phase;
        match primary.phase {
            Phase::Revoking => self.recover_if_promised(out),
            Phase::Recovering { donor } => self.begin_if_recovered(donor, out),
            Phase::Replicating => {
                let established = rule!(CommitByMark, primary.established, else: true);
                if rule!(ServeAfterEstablished, established) {
                    self.enter(Phase::Waiting);
                }
            }
            Phase::Waiting => {
                if rule!(WaitForLeases, primary.wait.is_over(self.clock, self.drain())) {
                    self.fence(out);
                    // What an ack set has held for some time may be announced now.
                    self.commit(out);
                }
            }
            Phase::Arming => self.arm(out),
            Phase::Leaving { to } => return self.hand_over_if_complete(to, out),
            // An effect is awaited, or nothing.
            Phase::Promoting | Phase::Fencing | Phase::Loading | Phase::Serving => {}
        }
        matches!(&self.role, Role::Primary(primary) if primary.phase != before)
    }

    // ---- recovery --------------------------------------------------------------------------------------

    /// Asks every data node that has not promised yet.
    pub(super) fn revoke(&mut self) {
        let Role::Primary(primary) = &self.role else { return };
        let audit = primary.accept_loss;
        let missing = self.hard.config.data().minus(primary.promises.nodes()).without(self.id);
        for to in missing.iter() {
            self.say_now(to, Body::Revoke { audit });
        }
    }

    fn recover_if_promised(&mut self, out: &mut Outputs<P>) {
        if self.engine_must_stop() {
            // The own engine cannot become primary before it has stopped being one, or copying from one.
            return;
        }
        let Role::Primary(primary) = &self.role else { return };
        let heard = primary.promises.nodes();
        let complete = rule!(RecoverySetReached, self.hard.config.recovers(heard));
        let waited = self.clock.since(primary.since) >= self.setup.timing.election;
        let beyond_waiting = primary.accept_loss && waited;
        if !complete && !beyond_waiting {
            return;
        }
        match primary.promises.best(self.id) {
            // Nobody keeps data, or (accepting loss) nobody who does was reached: begin with what is here.
            None => self.begin(out),
            Some((donor, best)) if best.position() == self.position() || donor == self.id => self.begin(out),
            Some((donor, best)) => {
                let best = best.clone();
                let keep = self.shared_with(&best.history).min(best.len);
                self.enter(Phase::Recovering { donor });
                self.take_over(donor, keep, &best, out);
            }
        }
    }

    /// The donor does not answer: look for another recovery set without it.
    ///
    /// By now the own log may have been cut back, so that the own promise, which stays, says more than there is. That
    /// does no harm. Where it is the best of a recovery set, everything acknowledged is in the log that it speaks of;
    /// the donor's was the best of one too; so everything acknowledged is in both, and what both share was kept, marks
    /// included.
    fn lose_donor(&mut self, donor: NodeId) {
        if let Role::Primary(primary) = &mut self.role {
            primary.promises.forget(donor);
            primary.enter(Phase::Revoking, self.clock);
        }
        self.revoke();
    }

    fn begin_if_recovered(&mut self, donor: NodeId, out: &mut Outputs<P>) {
        let Role::Primary(primary) = &self.role else { return };
        let Some(target) = primary.promises.get(donor) else { return };
        if self.log.len() == target.len && self.position() == target.history.position(target.len) {
            self.begin(out);
        }
    }

    /// Marks the start of the epoch and begins to replicate.
    fn begin(&mut self, out: &mut Outputs<P>) {
        let Role::Primary(primary) = &self.role else { return };
        if primary.accept_loss && !self.hard.config.recovers(primary.promises.nodes()) {
            let known = primary.promises.committed().max(self.committed);
            let known = rule!(LossIsToldWhole, known, else: self.committed);
            let from = self.log.len();
            out.push(Output::Tell(Event::LossAccepted { epoch: self.epoch(), from, known }));
        }
        match self.setup.engine {
            Engine::Own => {
                if self.keeps_data() {
                    let keep = self.log.len();
                    let mut history = (**self.log.history()).clone();
                    history.begin(self.epoch(), keep);
                    let history = Arc::new(history);
                    self.save(Some(LogChange::Write { keep, history, entries: Vec::new().into() }), out);
                }
                self.begun(out);
            }
            Engine::External => {
                self.enter(Phase::Promoting);
                self.promote_engine(out);
            }
        }
    }

    /// The epoch has its start: tell the replicas.
    pub(super) fn begun(&mut self, out: &mut Outputs<P>) {
        let start = if self.keeps_data() { self.log.history().last_start() } else { 0 };
        let (log, data, clock) = (&self.log, self.hard.config.data(), self.clock);
        let Role::Primary(primary) = &mut self.role else { return };
        let shared = |node| match primary.promises.get(node) {
            Some(promise) => promise.history.common(promise.len, log.history()).min(log.len()),
            None => log.len(),
        };
        let peers =
            data.iter().map(|node| (node, Peer { acked: None, sent: shared(node), told: 0 })).collect();
        primary.replication = Replication { start, peers };
        primary.promises = Promises::default();
        primary.enter(Phase::Replicating, clock);
        if data.is_empty() {
            self.establish(out);
        }
        self.count_own_flush();
        for node in data.without(self.id).iter() {
            self.replicate(node, true, out);
        }
    }

    /// An ack set has accepted the start of this epoch, or there is nothing to accept.
    pub(super) fn establish(&mut self, out: &mut Outputs<P>) {
        let epoch = self.epoch();
        let Role::Primary(primary) = &mut self.role else { return };
        if !primary.established {
            primary.established = true;
            let start = primary.replication.start;
            out.push(Output::Tell(Event::Established { epoch, start }));
        }
    }

    // ---- the outside -----------------------------------------------------------------------------------

    /// Older leases are over: make the resource know this epoch, or go on if there is none.
    fn fence(&mut self, out: &mut Outputs<P>) {
        match self.setup.fencing {
            Fencing::None => self.serve(out),
            Fencing::Watchdog { .. } => self.enter(Phase::Arming),
            Fencing::Token => rule!(FenceBeforeLoad, self.install_token(out), else: self.load(out)),
        }
    }

    fn install_token(&mut self, out: &mut Outputs<P>) {
        self.enter(Phase::Fencing);
        out.push(Output::Do(Effect::Fence { epoch: self.epoch() }));
    }

    fn load(&mut self, out: &mut Outputs<P>) {
        self.enter(Phase::Loading);
        out.push(Output::Do(Effect::Load { epoch: self.epoch() }));
    }

    /// The resource knows the epoch.
    pub(super) fn fenced(&mut self, out: &mut Outputs<P>) {
        if self.phase() == Some(Phase::Fencing) {
            rule!(FenceBeforeLoad, self.load(out), else: self.serve(out));
        }
    }

    /// The state of the resource is read.
    pub(super) fn loaded(&mut self, out: &mut Outputs<P>) {
        if self.phase() == Some(Phase::Loading) {
            rule!(FenceBeforeLoad, self.serve(out), else: self.install_token(out));
        }
    }

    /// Arms the watchdog for the end of the lease, as soon as there is one.
    pub(super) fn arm(&mut self, out: &mut Outputs<P>) {
        if let Some(deadline) = self.lease_end() {
            out.push(Output::Do(Effect::ArmWatchdog { deadline }));
        }
    }

    pub(super) fn serve(&mut self, out: &mut Outputs<P>) {
        self.enter(Phase::Serving);
        out.push(Output::Tell(Event::Serving { epoch: self.epoch() }));
        self.continue_change();
    }

    // ---- leaving ---------------------------------------------------------------------------------------

    /// The successor has everything and everything is committed: give the lease up and let it stand. Whether it
    /// was told to, just now.
    fn hand_over_if_complete(&mut self, to: NodeId, out: &mut Outputs<P>) -> bool {
        let (len, epoch, me) = (self.log.len(), self.epoch(), self.id);
        let (committed, demoted) = (self.committed, self.is_demoted());
        let Role::Primary(primary) = &mut self.role else { return false };
        let has_all = !self.hard.config.data().contains(to)
            || (committed == len
                && primary.replication.peers.get(to).is_some_and(|peer| peer.acked == Some(len)));
        let ready = has_all && demoted && !primary.holder.is_released();
        if ready {
            let token = primary.holder.release(epoch, me);
            out.push(Output::Tell(Event::HandedOver { to }));
            self.say_now(to, Body::Handover { token });
        }
        ready
    }

    /// With a weak family to fall back to: degrade when the strong one has made no progress for too long.
    fn degrade_if_stuck(&mut self, out: &mut Outputs<P>) {
        let Role::Primary(primary) = &self.role else { return };
        if primary.degrades(self).is_some_and(|due| due <= self.clock) {
            let settings = self.hard.config.newest();
            let target = settings.in_mode(Mode::Degraded);
            self.change_to(target, out);
        }
    }
}
