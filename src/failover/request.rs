//! What the embedder asks for: writes, reads, hand-over, recovery, changes.
//!
//! # Invariants
//! * A request that is refused has changed nothing.
//! * Only a primary that serves accepts writes, begins reads, changes the configuration or hands over.
//! * A lease read is confirmed after its result was computed, in the tenure in which it began.

use super::io::{Bound, Event, Output, Outputs, Payload, Refused, Request};
use super::node::{Node, Role};
use super::primary::Phase;
use crate::commit::{Entries, LogChange, ReadKind};
use crate::config::{Engine, Mode, Settings};
use crate::id::{NodeId, Position};
use crate::lease::Release;

impl<P: Payload> Node<P> {
    pub(super) fn request(&mut self, request: Request<P>, out: &mut Outputs<P>) {
        let answer = match request {
            Request::Write(payloads) => self.accept(&payloads, out),
            Request::Read { id, kind } => self.read(id, kind, out),
            Request::ConfirmRead { id, at } => self.confirm_read(id, at, out),
            Request::Switchover { to } => self.switch_over(to, out),
            Request::StepDown => self.step_down(out),
            Request::Recover { accept_loss } => self.recover_with_loss(accept_loss, out),
            Request::Change(settings) => self.accept_change(*settings, out),
            Request::ForgetPrimary => self.forget_primary(out),
            Request::PoweredOff(node) => self.powered_off(node, out),
            Request::Compact { base } => self.compact(base, out),
        };
        if let Err(refused) = answer {
            out.push(Output::Refused(refused));
        }
    }

    fn not_serving(&self) -> Refused {
        let primary = self.primary().filter(|node| *node != self.id);
        Refused::NotServing { primary }
    }

    fn accept(&mut self, payloads: &Entries<P>, out: &mut Outputs<P>) -> Result<(), Refused> {
        if !self.is_serving() {
            return Err(self.not_serving());
        }
        if matches!(self.setup.engine, Engine::External) || !self.keeps_data() {
            return Err(Refused::WrongMode);
        }
        let end = self.log.len().saturating_add(payloads.len() as u64);
        if end - self.committed > self.setup.limits.uncommitted {
            return Err(Refused::Busy(Bound::Uncommitted));
        }
        if self.beyond_cap(end) {
            return Err(Refused::Busy(Bound::Degraded));
        }
        if !payloads.is_empty() {
            self.append(payloads, out);
        }
        Ok(())
    }

    /// Whether a log of `end` entries is further ahead of what the strong family holds than the cap allows.
    fn beyond_cap(&self, end: u64) -> bool {
        let settings = self.hard.config.newest();
        let (Role::Primary(primary), Some(weak), Some(strong)) =
            (&self.role, settings.weak(), settings.strong())
        else {
            return false;
        };
        let held =
            primary.replication.committed(None, |set| strong.holds(set)).unwrap_or(primary.replication.start);
        let beyond = settings.mode() == Mode::Degraded && end.saturating_sub(held) > weak.cap;
        rule!(CapBindsDegraded, beyond, else: false)
    }

    // ---- reading ---------------------------------------------------------------------------------------

    fn read(&mut self, id: u64, kind: ReadKind, out: &mut Outputs<P>) -> Result<(), Refused> {
        if self.reads.len() >= usize::from(self.setup.limits.reads) {
            return Err(Refused::Busy(Bound::Reads));
        }
        match kind {
            ReadKind::Token(token) => self.reads.ask_token(id, token),
            ReadKind::Quorum => {
                let Role::Primary(primary) = &mut self.role else { return Err(self.not_serving()) };
                if !rule!(ReadAfterEstablished, primary.serves()) {
                    return Err(self.not_serving());
                }
                // The next beat is due at once.
                primary.tenure.beat = None;
                self.reads.ask_quorum(id, self.committed);
            }
            ReadKind::Lease => {
                // Whether the lease is valid *now* is only a hint; what counts is the check after the result
                // has been computed.
                let valid = self.lease(self.clock).is_some();
                if !valid {
                    return Err(Refused::NoLease);
                }
                // A primary that a change has just relieved of its data still has the log; only a cluster that
                // keeps no data has none.
                let at = if self.hard.config.data().is_empty() {
                    Position { epoch: self.epoch(), len: 0 }
                } else {
                    self.log.history().cut(self.committed).position(self.committed)
                };
                out.push(Output::Tell(Event::ReadAt { id, at }));
            }
        }
        Ok(())
    }

    fn confirm_read(&mut self, id: u64, at: Position, out: &mut Outputs<P>) -> Result<(), Refused> {
        let same_tenure = at.epoch == self.epoch() && self.lease(self.clock).is_some();
        if !rule!(ReadThenCheck, same_tenure) {
            return Err(Refused::NoLease);
        }
        out.push(Output::Tell(Event::ReadConfirmed { id }));
        Ok(())
    }

    /// Answers the token reads that can be answered.
    pub(super) fn answer_tokens(&mut self, out: &mut Outputs<P>) {
        for (id, token, here) in self.reads.found(self.log.history(), self.log.base(), self.committed) {
            let at = self.log.history().cut(self.committed).position(self.committed);
            out.push(Output::Tell(if here {
                Event::ReadAt { id, at }
            } else {
                Event::ReadLost { id, token }
            }));
        }
    }

    // ---- leading ---------------------------------------------------------------------------------------

    fn switch_over(&mut self, to: NodeId, out: &mut Outputs<P>) -> Result<(), Refused> {
        let Role::Primary(primary) = &mut self.role else { return Err(self.not_serving()) };
        let may_release = rule!(ReleaseOnlyServing, primary.serves(), else: primary.phase.has_begun());
        if !may_release || primary.change.is_some() {
            return Err(if may_release { Refused::Changing } else { self.not_serving() });
        }
        if to == self.id || !self.hard.config.candidates().contains(to) {
            return Err(Refused::NotCandidate(to));
        }
        self.enter(Phase::Leaving { to });
        self.demote_engine(out);
        Ok(())
    }

    fn step_down(&mut self, out: &mut Outputs<P>) -> Result<(), Refused> {
        let Role::Primary(_) = self.role else { return Err(self.not_serving()) };
        self.depose(out);
        Ok(())
    }

    fn recover_with_loss(&mut self, accept_loss: bool, out: &mut Outputs<P>) -> Result<(), Refused> {
        if !accept_loss {
            return Err(Refused::LossNotAccepted);
        }
        if !self.is_candidate() {
            return Err(Refused::NotEligible);
        }
        self.campaign(None, true, out);
        Ok(())
    }

    /// Waits for the primary no longer, and so no longer keeps others from standing. A primary itself refuses.
    fn let_go(&mut self) -> Result<(), Refused> {
        match &mut self.role {
            Role::Follower(follower) => follower.forget(),
            Role::Prevote(_) | Role::Candidate(_) => {}
            Role::Primary(_) => return Err(Refused::NotEligible),
        }
        Ok(())
    }

    fn forget_primary(&mut self, out: &mut Outputs<P>) -> Result<(), Refused> {
        self.let_go()?;
        if self.is_candidate() {
            self.stand(out);
        }
        Ok(())
    }

    /// A confirmed power-off ends a lease like a release, if that lease was served under: then every older one
    /// was over.
    fn powered_off(&mut self, node: NodeId, out: &mut Outputs<P>) -> Result<(), Refused> {
        let epoch = self.epoch();
        let was_primary = matches!(&self.role, Role::Follower(follower) if follower.primary == Some(node));
        let was_primary = rule!(PowerOffOfPrimary, was_primary);
        let served = rule!(ReleaseOnlyServing, self.served == epoch);
        let token = (was_primary && served).then_some(Release { epoch, holder: node });
        self.let_go()?;
        if self.is_candidate() {
            self.campaign(token, false, out);
        }
        Ok(())
    }

    fn accept_change(&mut self, target: Settings, out: &mut Outputs<P>) -> Result<(), Refused> {
        let Role::Primary(primary) = &self.role else { return Err(self.not_serving()) };
        if !primary.serves() {
            return Err(self.not_serving());
        }
        if primary.change.is_some() {
            return Err(Refused::Changing);
        }
        if target.data().is_empty() != self.hard.config.data().is_empty() {
            return Err(Refused::DataChange);
        }
        self.change_to(target, out);
        Ok(())
    }

    fn compact(&mut self, base: u64, out: &mut Outputs<P>) -> Result<(), Refused> {
        if self.engine.is_some() {
            return Err(Refused::WrongMode);
        }
        if base > self.committed {
            return Err(Refused::NotCommitted);
        }
        if base > self.log.base() {
            self.save(Some(LogChange::Compact { base }), out);
        }
        Ok(())
    }
}
