//! Supervising an engine that keeps its own log: the same machine, with confirmed effects in place of records.
//!
//! The engine's log is seen through [`Facts`]: which epoch wrote which part, and how much is flushed. What a node
//! would do to its own log it asks the engine to do: stop receiving, cut back (rewind), follow, become primary,
//! stop being primary. What the engine acknowledges to its clients it acknowledges by the ack family of a
//! configuration that the node has set and seen confirmed.
//!
//! # Why it is right
//!
//! A promise says that nothing older will be added to this log. For an own log that is true as soon as the epoch
//! is recorded. An engine goes on by itself, so its promise waits until two things are confirmed: it receives from
//! no older primary, and it acts as none. What it shows *then* is what is promised.
//!
//! # Invariants
//! * Nothing is promised, followed or promoted while the engine may act as primary of an older epoch. After a
//!   restart it may, until it is confirmed that it does not.
//! * Whenever a tenure ends, the engine is demoted.
//! * What is owed to somebody is owed in one epoch and forgotten with it.
//! * An engine whose position goes back without its having been told to rewind has lost data: the node halts. To lose
//!   only the mark of the newest epoch is to go back as well: what was acknowledged rests on it. An order to rewind
//!   excuses no loss after it was overtaken: once the engine has stopped for a newer epoch, or is primary. What an
//!   engine loses while its node is down the node does not see; an engine has to come back with all it had flushed.

use super::io::{Effect, Facts, Halt, Output, Outputs, Payload, Refused};
use super::message::Body;
use super::node::{Node, Role};
use super::primary::Phase;
use crate::commit::{History, LogChange};
use crate::config::ConfigId;
use crate::id::{Epoch, NodeId, NodeMap};
use crate::outbox::Seq;
use crate::time::Span;
use alloc::sync::Arc;

/// What a node knows of the engine beside it. Volatile.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Supervised {
    /// The epoch below which it receives nothing.
    stopped: Option<Epoch>,
    /// The newest epoch under which it may act as primary: it was told to, or the node does not know because it
    /// was restarted. `None` when it is known to have stopped.
    promoted: Option<Epoch>,
    /// Promises that wait until it neither receives from an older primary nor acts as one.
    owed: NodeMap<Owed>,
    /// Whom it follows, and that primary's history.
    upstream: Option<(NodeId, Arc<History>)>,
    /// The epoch in which it was told to cut back, so that a shorter log is no failure; until that is confirmed or
    /// overtaken by a later order.
    rewinding: Option<Epoch>,
    /// By which configuration it is known to acknowledge, and how long its log was when that was in force.
    acks: Option<(ConfigId, u64)>,
}

impl Supervised {
    /// An engine of which nothing is known but that nobody told it to be primary of an epoch after `epoch`.
    pub(super) fn unknown(epoch: Epoch) -> Self {
        Self { promoted: Some(epoch), ..Self::default() }
    }
}

/// A promise that is due, perhaps only when the engine has stopped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Owed {
    /// What it comes with.
    pub(super) pledge: Pledge,
    /// Whether it wants to know what is committed.
    pub(super) audit: bool,
    /// The record to wait for as well.
    pub(super) after: Seq,
}

/// What a promise comes with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Pledge {
    /// For a candidate: a vote, and for how long the voter is bound to others.
    Vote { busy: Option<Span> },
    /// For a primary: nothing more.
    Promise,
}

impl<P: Payload> Node<P> {
    /// Whether an engine may still receive from an older primary, or still act as one: then its position may
    /// still grow, and what it acknowledges meanwhile would be in no promise.
    pub(super) fn engine_must_stop(&self) -> bool {
        let epoch = self.epoch();
        let active = |engine: &Supervised| engine.stopped != Some(epoch) || engine.promoted.is_some();
        self.keeps_data()
            && self.engine.as_deref().is_some_and(|e| rule!(StopBeforePromise, active(e), else: false))
    }

    /// Whether the engine, if there is one, is known not to act as primary.
    pub(super) fn is_demoted(&self) -> bool {
        self.engine.as_ref().is_none_or(|engine| engine.promoted.is_none())
    }

    /// Makes the engine primary.
    pub(super) fn promote_engine(&mut self, out: &mut Outputs<P>) {
        let (epoch, config) = (self.epoch(), self.hard.config_id());
        if let Some(engine) = &mut self.engine {
            engine.promoted = Some(epoch);
            out.push(Output::Do(Effect::Promote { epoch, config }));
        }
    }

    /// Makes the engine stop being primary, if it may be.
    pub(super) fn demote_engine(&self, out: &mut Outputs<P>) {
        if let Some(epoch) = self.engine.as_ref().and_then(|engine| engine.promoted) {
            out.push(Output::Do(Effect::Demote { epoch }));
        }
    }

    /// Promises when the engine has stopped.
    pub(super) fn owe(&mut self, to: NodeId, owed: Owed, out: &mut Outputs<P>) {
        let epoch = self.epoch();
        if let Some(engine) = &mut self.engine {
            engine.owed.insert(to, owed);
            engine.upstream = None;
            self.demote_engine(out);
            out.push(Output::Do(Effect::StopReceiving { epoch }));
        }
    }

    pub(super) fn engine_reports(&mut self, facts: Facts, out: &mut Outputs<P>) {
        if self.engine.is_none() {
            out.push(Output::Refused(Refused::WrongMode));
        } else if self.take_facts(facts, out) {
            self.acknowledge_engine();
        }
    }

    /// Takes over what the engine shows; whether it could be.
    fn take_facts(&mut self, Facts { history, flushed }: Facts, out: &mut Outputs<P>) -> bool {
        let Some(engine) = &self.engine else { return false };
        if history.last_start() > flushed || history.last_epoch() > self.hard.epoch() {
            out.push(Output::Refused(Refused::ImpossibleFacts));
            return false;
        }
        let shared = self.log.history().common(self.log.len(), &history).min(flushed);
        let unmarked = history.last_epoch() < self.log.history().last_epoch();
        let unasked = (shared < self.log.len() || unmarked) && engine.rewinding.is_none();
        if rule!(EngineLossHalts, unasked, else: false) {
            self.halt(Halt::EngineWentBack, out);
            return false;
        }
        if shared < self.log.len() {
            self.truncated(shared, out);
        }
        self.log.apply(&LogChange::Reset { base: flushed, history });
        true
    }

    /// Tells the primary how far the engine's copy has got, once that has the mark of the primary's epoch: what was
    /// copied without it may still lose to a log of an epoch in between. The primary tells itself.
    fn acknowledge_engine(&mut self) {
        let len = self.log.len();
        if let Role::Primary(_) = self.role {
            self.watch_progress(false);
            return self.count_own_flush();
        }
        let Some((primary, theirs)) = self.engine.as_ref().and_then(|engine| engine.upstream.clone()) else {
            return;
        };
        let mine = self.log.history();
        let accepted = mine.last_epoch() == theirs.last_epoch();
        if rule!(AcceptedFromStart, accepted, else: mine.common(len, &theirs) == len) && !self.unsaved {
            self.say(primary, Body::Ack { len }, self.outbox.issued());
        }
    }

    /// Makes the engine copy from `node`, after cutting it back to what the two share.
    pub(super) fn follow_engine(&mut self, node: NodeId, keep: u64, out: &mut Outputs<P>) {
        let epoch = self.epoch();
        let diverged = rule!(DivergenceIsCut, keep < self.log.len(), else: false);
        if let Some(engine) = &mut self.engine {
            if diverged {
                engine.rewinding = Some(epoch);
            }
            let follow = Effect::Follow { node, epoch };
            out.push(Output::Do(if diverged { Effect::Rewind { node, epoch, keep } } else { follow }));
        }
    }

    /// A primary shows its history: follow it, once the engine is no longer primary itself.
    pub(super) fn engine_follows(
        &mut self,
        from: NodeId,
        history: &Arc<History>,
        committed: u64,
        out: &mut Outputs<P>,
    ) {
        if !self.is_demoted() {
            return self.demote_engine(out);
        }
        let len = self.log.len();
        let keep = self.log.history().common(len, history);
        self.save(None, out);
        let Some(engine) = &mut self.engine else { return };
        let known = engine.upstream.as_ref().is_some_and(|(node, _)| *node == from);
        engine.upstream = Some((from, Arc::clone(history)));
        if !known || keep < len {
            self.follow_engine(from, keep, out);
        }
        self.acknowledge_engine();
        self.learn_committed(committed.min(keep), out);
    }

    pub(super) fn effect_done(
        &mut self,
        effect: Effect,
        ok: bool,
        facts: Option<Facts>,
        out: &mut Outputs<P>,
    ) {
        if !ok {
            return self.effect_failed(effect, out);
        }
        if facts.is_some() && self.engine.is_none() {
            return out.push(Output::Refused(Refused::WrongMode));
        }
        if facts.is_none() && self.engine.is_some() && effect.changes_position() {
            return out.push(Output::Refused(Refused::MissingFacts));
        }
        if let Some(facts) = facts {
            if !self.take_facts(facts, out) {
                return;
            }
            self.acknowledge_engine();
        }
        let current = self.epoch();
        match effect {
            Effect::Fence { epoch } if epoch == current => self.fenced(out),
            Effect::Load { epoch } if epoch == current => self.loaded(out),
            Effect::StopReceiving { epoch } if epoch == current => self.engine_stopped(out),
            Effect::Rewind { node, epoch, .. } => self.engine_rewound(node, epoch, out),
            Effect::Promote { epoch, config } if epoch == current => self.engine_promoted(config, out),
            Effect::Demote { epoch } => self.engine_demoted(epoch, out),
            Effect::SetAcks { config } => self.engine_acknowledges_by(config),
            Effect::ArmWatchdog { deadline } => self.armed(deadline, out),
            Effect::LoadSnapshot { from, base } => self.snapshot_loaded(from, base, out),
            // Of an older epoch, or nothing waits for it.
            Effect::Fence { .. }
            | Effect::Load { .. }
            | Effect::StopReceiving { .. }
            | Effect::Promote { .. }
            | Effect::Follow { .. }
            | Effect::SendSnapshot { .. } => {}
        }
    }

    /// Nothing of an older primary arrives any more, and what was asked for on its behalf is not done any more.
    fn engine_stopped(&mut self, out: &mut Outputs<P>) {
        let epoch = self.epoch();
        if let Some(engine) = &mut self.engine {
            engine.stopped = Some(epoch);
            engine.rewinding = engine.rewinding.filter(|asked| *asked >= epoch);
        }
        self.give_owed(out);
    }

    /// The engine is not primary any more, of this epoch or an older one.
    fn engine_demoted(&mut self, epoch: Epoch, out: &mut Outputs<P>) {
        if let Some(engine) = &mut self.engine
            && engine.promoted.is_some_and(|promoted| rule!(DemotionIsOfItsEpoch, promoted <= epoch))
        {
            engine.promoted = None;
        }
        self.give_owed(out);
    }

    /// The engine's position means something now, perhaps: gives the promises that waited for that.
    fn give_owed(&mut self, out: &mut Outputs<P>) {
        if self.engine_must_stop() {
            return;
        }
        let Some(engine) = &mut self.engine else { return };
        let owed = core::mem::take(&mut engine.owed);
        for (to, owed) in owed.iter() {
            self.promise_to(to, *owed, out);
        }
    }

    fn engine_rewound(&mut self, node: NodeId, epoch: Epoch, out: &mut Outputs<P>) {
        let current = epoch == self.epoch();
        let Some(engine) = &mut self.engine else { return };
        if engine.rewinding == Some(epoch) {
            engine.rewinding = None;
        }
        if current {
            out.push(Output::Do(Effect::Follow { node, epoch }));
        }
    }

    /// The engine is primary and has written the mark of the epoch.
    fn engine_promoted(&mut self, config: ConfigId, out: &mut Outputs<P>) {
        let promoting = matches!(&self.role, Role::Primary(primary) if primary.phase == Phase::Promoting);
        if promoting && self.log.history().last_epoch() == self.epoch() {
            if let Some(engine) = &mut self.engine {
                // From here on its log only grows.
                engine.rewinding = None;
            }
            self.engine_acknowledges_by(config);
            self.begun(out);
        }
    }

    fn engine_acknowledges_by(&mut self, config: ConfigId) {
        let len = self.log.len();
        if let Some(engine) = &mut self.engine
            && engine.acks.is_none_or(|(known, _)| known < config)
        {
            engine.acks = Some((config, len));
        }
    }

    /// By which configuration the engine, if there is one, is known to acknowledge.
    pub(super) fn engine_acks(&self) -> Option<ConfigId> {
        self.engine.as_ref()?.acks.map(|(config, _)| config)
    }

    /// Up to where anything may have been acknowledged by an older configuration alone. An engine acknowledges
    /// without asking: what it had when the new one came into force may be acknowledged, whether or not this node
    /// knows it to be committed.
    pub(super) fn acknowledged_before(&self) -> u64 {
        let engine = self.engine.as_ref().and_then(|engine| engine.acks);
        self.committed.max(engine.map_or(0, |(_, len)| len))
    }

    /// For models: see [`Outbox::renumber`](crate::outbox::Outbox::renumber).
    pub(super) fn renumber_engine(&mut self, by: u64) {
        if let Some(engine) = &mut self.engine {
            for (_, owed) in engine.owed.iter_mut() {
                owed.after = Seq::new(owed.after.number().saturating_sub(by));
            }
        }
    }

    /// Nothing is owed under a newer epoch.
    pub(super) fn forget_owed(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.owed = NodeMap::default();
            engine.upstream = None;
        }
    }

    /// It does not follow: the next word of the primary asks it to again.
    pub(super) fn forget_upstream(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.upstream = None;
        }
    }
}
