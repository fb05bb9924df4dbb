//! Which messages no correct node can have sent.
//!
//! The faults a cluster survives do not include nodes that lie. But a decoder's bug, a stray sender, or another
//! cluster's node should not be able to wedge a node with arithmetic nonsense. Every message is judged here,
//! before it touches any state.
//!
//! Who sent it is not judged: a node with an older configuration does not know the newest members. A stranger is
//! harmless because every count is made inside the sets of a configuration.
//!
//! # Invariants
//! * No message that a correct node can send, however late, is refused; the checkers look for one.
//! * What passes cannot overflow a length, an epoch or a limit.

use super::io::Impossible;
use super::io::Payload;
use super::message::{Body, Head, Message};
use super::node::{Node, Role};
use crate::commit::{History, Promise};
use crate::id::{Epoch, NodeId};
use crate::time::{Instant, Span};

impl<P: Payload> Node<P> {
    pub(super) fn possible(&self, from: NodeId, message: &Message<P>) -> Result<(), Impossible> {
        let epoch = message.epoch;
        ensure(from != self.id, Impossible::FromSelf)?;
        // A successor must always exist, or a single message could end all elections.
        ensure(epoch.next().is_some() && epoch.generation() < u16::MAX, Impossible::Epoch)?;
        match &message.body {
            Body::PreVote { position, config, .. } => {
                ensure(position.epoch <= epoch, Impossible::History)?;
                ensure(config.epoch <= epoch, Impossible::Config)
            }
            Body::Vote { config, token, .. } => {
                ensure(config.epoch <= epoch, Impossible::Config)?;
                ensure(token.is_none_or(|token| token.epoch < epoch), Impossible::Token)
            }
            Body::PreYes { asked } | Body::PreLater { asked } => ensure(epoch <= *asked, Impossible::Epoch),
            Body::Granted { promise, busy } => {
                self.possible_lease(busy.unwrap_or_default())?;
                self.possible_promise(promise, epoch)
            }
            Body::Promised { promise } => self.possible_promise(promise, epoch),
            Body::Refused { config, .. } => {
                let published = config.as_ref().is_none_or(|config| config.id.epoch <= epoch);
                ensure(published, Impossible::Config)
            }
            Body::Beat(beat) => self.possible_lease(beat.lease),
            Body::BeatAck { stamp, .. } => self.possible_stamp(*stamp),
            Body::Handover { token } => {
                ensure(token.epoch == epoch && token.holder == from, Impossible::Token)
            }
            Body::Install { config } => ensure(config.id.epoch <= epoch, Impossible::Config),
            Body::Installed { id } => ensure(id.epoch <= epoch, Impossible::Config),
            Body::Revoke { .. } => Ok(()),
            Body::Fetch { from } => ensure(*from < u64::MAX / 2, Impossible::Length),
            Body::Fetched { from, entries } => self.possible_entries(*from, entries),
            Body::Append(append) => {
                let Head { history, from, .. } = append.head();
                self.possible_entries(*from, append.entries())?;
                ensure(history.last_epoch() == epoch, Impossible::History)?;
                self.possible_history(history, epoch)?;
                ensure(self.keeps_committed(history, epoch, u64::MAX), Impossible::History)
            }
            Body::Ack { len } | Body::Gap { len } => self.possible_ack(*len, epoch),
            Body::Snapshot { base, history } => {
                ensure(history.last_start() <= *base && *base < u64::MAX / 2, Impossible::Length)?;
                self.possible_history(history, epoch)?;
                // A primary takes a snapshot only from the donor that it has judged; a late one is no offence.
                let judged = matches!(self.role, Role::Primary(_));
                ensure(judged || self.keeps_committed(history, epoch, *base), Impossible::History)
            }
        }
    }

    fn possible_lease(&self, lease: Span) -> Result<(), Impossible> {
        ensure(lease <= self.setup.limits.grant, Impossible::Lease)
    }

    /// An echoed stamp was read on this clock.
    fn possible_stamp(&self, stamp: Instant) -> Result<(), Impossible> {
        ensure(stamp <= self.clock, Impossible::Stamp)
    }

    fn possible_entries(&self, from: u64, entries: &[P]) -> Result<(), Impossible> {
        ensure(entries.len() <= self.setup.limits.batch as usize, Impossible::Entries)?;
        ensure(from < u64::MAX / 2, Impossible::Length)
    }

    fn possible_promise(&self, promise: &Promise, epoch: Epoch) -> Result<(), Impossible> {
        let fits = promise.history.last_start() <= promise.len && promise.committed <= promise.len;
        ensure(fits && promise.len < u64::MAX / 2, Impossible::Length)?;
        ensure(promise.history.runs().len() <= usize::from(self.setup.limits.history), Impossible::History)?;
        ensure(promise.history.last_epoch() <= epoch, Impossible::History)
    }

    fn possible_history(&self, history: &History, epoch: Epoch) -> Result<(), Impossible> {
        let short = history.runs().len() <= usize::from(self.setup.limits.history);
        ensure(short && history.last_epoch() <= epoch, Impossible::History)
    }

    /// Whether following the first `end` entries of `history`, which says nothing of what comes after them, keeps
    /// what this node knows to be committed. Only a generation that accepted loss may cut that back.
    fn keeps_committed(&self, history: &History, epoch: Epoch, end: u64) -> bool {
        epoch < self.epoch()
            || self.shared_with(history) >= self.committed.min(end)
            || epoch.generation() > self.log.history().last_epoch().generation()
    }

    /// Nobody can hold more of this primary's log than it wrote. What its engine wrote it may not know yet.
    fn possible_ack(&self, len: u64, epoch: Epoch) -> Result<(), Impossible> {
        let asked = epoch == self.epoch()
            && matches!(&self.role, Role::Primary(primary) if primary.phase.has_begun());
        let known = if self.engine.is_some() { u64::MAX / 2 } else { self.log.len() };
        ensure(!asked || len <= known, Impossible::Length)
    }
}

fn ensure(possible: bool, otherwise: Impossible) -> Result<(), Impossible> {
    if possible { Ok(()) } else { Err(otherwise) }
}
