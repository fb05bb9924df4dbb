//! Configurations: keeping them, publishing them, and the steps of a change. Why these steps, in this order:
//! [`crate::config::Change`].
//!
//! # Invariants
//! * A node never goes back to an older configuration; a primary keeps its own, and publishes only newer ones.
//! * A publication is finished when a vote quorum of it, the primary's own disk counted like any other, has it
//!   durable.
//! * A change belongs to a serving primary. A successor that finds a joint configuration finishes the change.

use super::io::{Effect, Event, Output, Outputs, Payload};
use super::message::Body;
use super::node::{Node, Role};
use crate::commit::Peer;
use crate::config::{Change, Config, ConfigId, Engine, Mode, Settings, Stage, Step};
use crate::election::Refusal;
use crate::id::NodeId;
use alloc::sync::Arc;

impl<P: Payload> Node<P> {
    // ---- keeping ---------------------------------------------------------------------------------------

    /// Keeps a configuration that is newer than the own one. A campaign under the old one is given up; a primary
    /// keeps its own, because it was elected under it and will supersede what was never finished.
    pub(super) fn keep_config(&mut self, config: Arc<Config>, out: &mut Outputs<P>) {
        if matches!(self.role, Role::Primary(_)) || !rule!(ConfigsOnlyGrow, config.id > self.hard.config.id) {
            return;
        }
        self.hard.config = config;
        self.unsaved = true;
        if !matches!(self.role, Role::Follower(_)) {
            self.depose(out);
        }
        self.save(None, out);
    }

    /// The primary publishes.
    pub(super) fn on_install(&mut self, from: NodeId, config: Arc<Config>, out: &mut Outputs<P>) {
        let id = config.id;
        if matches!(self.role, Role::Primary(_)) {
            return self.refuse(from, Refusal::OldEpoch);
        }
        self.follow(from, false, out);
        self.keep_config(config, out);
        if self.hard.config_id() > id {
            return self.refuse(from, Refusal::OldConfig);
        }
        let written = self.save(None, out);
        let after = rule!(InstalledAfterDurable, written, else: crate::outbox::Seq::default());
        self.say(from, Body::Installed { id }, after);
    }

    pub(super) fn on_installed(&mut self, from: NodeId, id: ConfigId) {
        let config = &self.hard.config;
        let Role::Primary(primary) = &mut self.role else { return };
        let Some(change) = &mut primary.change else { return };
        if id == config.id && change.installed(from, config) {
            change.finish();
        }
    }

    // ---- changing --------------------------------------------------------------------------------------

    /// Begins a change to `target`.
    pub(super) fn change_to(&mut self, target: Settings, out: &mut Outputs<P>) {
        if let Role::Primary(primary) = &mut self.role {
            primary.change = Some(Change::new(target));
        }
        self.advance_change(out);
    }

    /// A predecessor's change was not finished: finish it.
    pub(super) fn continue_change(&mut self) {
        if let (Role::Primary(primary), Some(next)) = (&mut self.role, &self.hard.config.next) {
            primary.change = Some(Change::new((**next).clone()));
        }
    }

    /// Takes the next step of the change, if there is one and it can be taken; whether it was.
    pub(super) fn advance_change(&mut self, out: &mut Outputs<P>) -> bool {
        let Role::Primary(primary) = &self.role else { return false };
        let Some(change) = &primary.change else { return false };
        match (change.step(), change.stage()) {
            (None, _) => self.changed(out),
            (Some(Step::PublishJoint | Step::PublishNew), Stage::Due) => {
                match change.publication(&self.hard.config, self.epoch()) {
                    Some(config) => self.publish(config, out),
                    None => self.change(Change::finish),
                }
            }
            (Some(Step::Request), _) => self.request_acks(out),
            (Some(Step::Confirm), _) => {
                if !self.acks_are_in_force() {
                    return false;
                }
                self.change(Change::finish);
            }
            (Some(Step::Barrier), _) => {
                let acks = change.target().acks();
                let holders = primary.replication.holders(self.acknowledged_before());
                if !rule!(BarrierHoldsAll, acks.is_none_or(|acks| acks.holds(holders))) {
                    return false;
                }
                self.change(Change::finish);
            }
            // The others have to answer first.
            (Some(Step::PublishJoint | Step::PublishNew), Stage::Publishing { .. }) => return false,
        }
        true
    }

    fn change(&mut self, act: impl FnOnce(&mut Change)) {
        if let Role::Primary(primary) = &mut self.role
            && let Some(change) = &mut primary.change
        {
            act(change);
        }
    }

    fn publish(&mut self, config: Config, out: &mut Outputs<P>) {
        let everybody = self.members().union(config.nodes());
        if config.voters() != self.hard.config.voters() {
            // Newcomers had nothing to answer yet.
            self.grant_grace();
        }
        self.hard.config = Arc::new(config);
        self.unsaved = true;
        self.change(Change::published);
        let written = self.save(None, out);
        let id = self.hard.config_id();
        self.say(self.id, Body::Installed { id }, written);
        for to in everybody.without(self.id).iter() {
            self.say_now(to, Body::Install { config: Arc::clone(&self.hard.config) });
        }
        self.replicate_to_newcomers(out);
        // What was waiting for a family that no longer binds may be committed now.
        self.commit(out);
    }

    fn replicate_to_newcomers(&mut self, out: &mut Outputs<P>) {
        let (data, len) = (self.hard.config.data(), self.log.len());
        let Role::Primary(primary) = &mut self.role else { return };
        let newcomers = data.minus(primary.replication.peers.keys());
        for node in newcomers.iter() {
            primary.replication.peers.insert(node, Peer { acked: None, sent: len, told: 0 });
        }
        for node in newcomers.iter() {
            self.replicate(node, true, out);
        }
    }

    /// Asks the engine to acknowledge by the new family; a node with its own log does so by itself.
    fn request_acks(&mut self, out: &mut Outputs<P>) {
        match self.setup.engine {
            Engine::Own => {}
            Engine::External => out.push(Output::Do(Effect::SetAcks { config: self.hard.config_id() })),
        }
        self.change(Change::finish);
    }

    fn acks_are_in_force(&self) -> bool {
        self.engine.is_none() || self.engine_acks() == Some(self.hard.config_id())
    }

    /// The change is finished.
    fn changed(&mut self, out: &mut Outputs<P>) {
        let config = Arc::clone(&self.hard.config);
        let data = config.data();
        let at = self.log.history().cut(self.committed).position(self.committed);
        let Role::Primary(primary) = &mut self.role else { return };
        primary.change = None;
        primary.replication.peers.retain(|node, _| data.contains(node));
        if self.engine.is_some() {
            // It still acknowledges by the joint configuration: stricter than it has to be, and perhaps by nodes
            // that are gone.
            out.push(Output::Do(Effect::SetAcks { config: config.id }));
        }
        out.push(Output::Tell(Event::Configured { config: config.id }));
        if config.settings.weak().is_some() {
            out.push(Output::Tell(match config.settings.mode() {
                Mode::Degraded => Event::Degraded { since: at },
                Mode::Strong => Event::Strengthened { at },
            }));
        }
        // A primary that is not a candidate of its own configuration has made itself superfluous.
        if !self.is_candidate() {
            self.depose(out);
        }
        self.commit(out);
        // There may be a weak family now, and something that waits already; or none any more.
        self.watch_progress(false);
    }

    /// Degraded, and the strong family holds everything again: strengthen.
    pub(super) fn strengthen_if_complete(&mut self, out: &mut Outputs<P>) {
        let settings = self.hard.config.newest();
        let Role::Primary(primary) = &self.role else { return };
        let idle = primary.serves() && primary.change.is_none();
        if !idle || settings.mode() != Mode::Degraded {
            return;
        }
        // While even the weak family commits nothing, little needs holding: the strong one must be able to go on.
        let waits = primary.stuck.zip(settings.weak());
        let stuck = waits.is_some_and(|(since, weak)| self.clock.since(since) >= weak.after);
        let holders = primary.replication.holders(if stuck { self.log.len() } else { self.committed });
        if settings.strong().is_some_and(|strong| strong.holds(holders)) {
            let target = settings.in_mode(Mode::Strong);
            self.change_to(target, out);
        }
    }
}
