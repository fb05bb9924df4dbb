//! Replication: promises, fetching, appending, acknowledging, committing. Why no acknowledged write is lost:
//! [`crate::commit`].
//!
//! # Invariants
//! * A promise and an acknowledgement leave only when what they say is on disk.
//! * A replica cuts its log only where it differs from the primary's, and never below what it knows to be
//!   committed, unless a newer generation accepted loss.
//! * An acknowledgement means: so many entries of *your* log. It counts in its own epoch only.
//! * Where a compacted history hides who wrote what, only what is committed counts as shared.

use super::engine::{Owed, Pledge};
use super::io::{Effect, Event, Output, Outputs, Payload, put};
use super::message::{Append, Body, Head};
use super::node::{Node, Role};
use super::primary::Phase;
use crate::commit::{Entries, History, LogChange, Promise};
use crate::config::Engine;
use crate::election::Refusal;
use crate::id::{Epoch, NodeId};
use crate::outbox::Seq;
use alloc::boxed::Box;
use alloc::sync::Arc;

impl<P: Payload> Node<P> {
    // ---- promising -------------------------------------------------------------------------------------

    /// Answers a candidate or a primary with a promise, when everything it rests on is durable and the engine, if
    /// any, has stopped receiving.
    pub(super) fn promise_to(&mut self, to: NodeId, owed: Owed, out: &mut Outputs<P>) {
        if self.engine_must_stop() {
            return self.owe(to, owed, out);
        }
        let Owed { pledge, audit, after } = owed;
        let promise = self.promise(audit);
        let body = match pledge {
            Pledge::Vote { busy } => Body::Granted { promise, busy },
            Pledge::Promise => Body::Promised { promise },
        };
        self.say(to, body, after);
    }

    /// A primary asks for the promise that its election did not bring. Its configuration may be older than this
    /// node's: what this node has of a newer one was never finished, or that primary would not have been elected.
    pub(super) fn on_revoke(&mut self, from: NodeId, audit: bool, out: &mut Outputs<P>) {
        if matches!(self.role, Role::Primary(_)) {
            return self.refuse(from, Refusal::OldEpoch);
        }
        self.follow(from, false, out);
        let written = rule!(PromiseIsRecorded, self.save(None, out), else: self.outbox.issued());
        let after = rule!(PromiseAfterDurable, written, else: Seq::default());
        self.promise_to(from, Owed { pledge: Pledge::Promise, audit, after }, out);
    }

    pub(super) fn on_promised(&mut self, from: NodeId, promise: Promise) {
        let keeps_data = self.hard.config.data().contains(from);
        if let Role::Primary(primary) = &mut self.role
            && !primary.phase.has_begun()
            && keeps_data
        {
            primary.promises.add(from, promise);
        }
    }

    // ---- fetching --------------------------------------------------------------------------------------

    /// How much of its log this node shares with the log of which `history` is known: what the two histories
    /// show, and where the other one is compacted, what this node knows to be committed. That is in the log of
    /// every later primary, unless loss was accepted in between.
    #[inline]
    pub(super) fn shared_with(&self, history: &History) -> u64 {
        if self.log.history().ends_like(history) {
            // All of it, as what is shown would say: the primary that wrote the end of this log wrote that one's, too.
            self.log.len()
        } else {
            self.shared_with_other(history)
        }
    }

    fn shared_with_other(&self, history: &History) -> u64 {
        let mine = self.log.history();
        let shown = mine.common(self.log.len(), history);
        let same_generation = history.last_epoch().generation() == mine.last_epoch().generation();
        let hidden = if same_generation { history.first_start() } else { 0 };
        shown.max(hidden.min(self.committed))
    }

    /// Cuts the own log back to what it shares with the donor's and asks for the rest.
    pub(super) fn take_over(&mut self, donor: NodeId, keep: u64, best: &Promise, out: &mut Outputs<P>) {
        if matches!(self.setup.engine, Engine::External) {
            return self.follow_engine(donor, keep, out);
        }
        if keep < self.log.len() {
            self.truncated(keep, out);
        }
        let history = self.log.history().follow(Arc::clone(&best.history), keep);
        self.save(Some(LogChange::Write { keep, history, entries: Entries::default() }), out);
        if keep < best.len {
            self.fetch(donor, out);
        }
    }

    pub(super) fn fetch(&mut self, donor: NodeId, out: &mut Outputs<P>) {
        match self.setup.engine {
            Engine::Own => self.say_now(donor, Body::Fetch { from: self.log.len() }),
            Engine::External => self.follow_engine(donor, self.log.len(), out),
        }
    }

    pub(super) fn on_fetch(&mut self, to: NodeId, from: u64, out: &mut Outputs<P>) {
        match self.log.slice(from, u64::from(self.setup.limits.batch)) {
            Some(entries) => self.say_now(to, Body::Fetched { from, entries: entries.into() }),
            None if from < self.log.base() => self.offer_snapshot(to, out),
            // Beyond the own end: a question from before this log was cut back. Nothing to say.
            None => {}
        }
    }

    pub(super) fn on_fetched(&mut self, from: NodeId, index: u64, entries: &[P], out: &mut Outputs<P>) {
        let Role::Primary(primary) = &mut self.role else { return };
        let Phase::Recovering { donor } = primary.phase else { return };
        let Some(target) = primary.promises.get(donor) else { return };
        if donor != from || index != self.log.len() || entries.is_empty() {
            return;
        }
        let room = usize::try_from(target.len.saturating_sub(index)).unwrap_or(usize::MAX);
        let entries: Entries<P> = entries.iter().take(room).cloned().collect();
        let end = index + entries.len() as u64;
        let history = self.log.history().follow(Arc::clone(&target.history), end);
        let complete = end >= target.len;
        primary.since = self.clock;
        self.save(Some(LogChange::Write { keep: index, history, entries }), out);
        if !complete {
            self.fetch(donor, out);
        }
    }

    // ---- appending -------------------------------------------------------------------------------------

    /// Sends `to` what it lacks; with `again`, from what it acknowledged on, because something may be lost.
    pub(super) fn replicate(&mut self, to: NodeId, again: bool, out: &mut Outputs<P>) {
        let Some((from, room)) = self.lacked(to, again) else { return };
        let entries = match self.setup.engine {
            Engine::Own => self.log.slice(from, room),
            Engine::External => Some(Entries::default()),
        };
        match entries {
            Some(entries) => self.send(to, again, from, entries),
            None => self.offer_snapshot(to, out),
        }
    }

    /// As [`Node::replicate`], where the log has just been extended by `entries` from `end` on: whoever lacks just
    /// these gets them as they are.
    fn replicate_end(&mut self, to: NodeId, end: u64, entries: &Entries<P>, out: &mut Outputs<P>) {
        match self.lacked(to, false) {
            Some((from, room)) if from == end && entries.len() as u64 <= room => {
                self.send(to, false, from, entries.clone());
            }
            Some(_) | None => self.replicate(to, false, out),
        }
    }

    /// From where on `to` lacks entries, and how many it may be sent.
    fn lacked(&self, to: NodeId, again: bool) -> Option<(u64, u64)> {
        let Role::Primary(primary) = &self.role else { return None };
        let peer = primary.replication.peers.get(to)?;
        let acked = peer.acked.unwrap_or(peer.sent);
        let from = if again { acked } else { peer.sent };
        let limits = &self.setup.limits;
        let room = limits.window.saturating_sub(from.saturating_sub(acked)).min(u64::from(limits.batch));
        Some((from, room))
    }

    /// Sends `to` a piece of the log, unless that would tell it nothing.
    #[inline]
    fn send(&mut self, to: NodeId, again: bool, from: u64, entries: Entries<P>) {
        let (committed, eager) = (self.committed, self.setup.eager);
        let Role::Primary(primary) = &mut self.role else { return };
        let Some(peer) = primary.replication.peers.get_mut(to) else { return };
        // An own log sends again what was not acknowledged. Of what an engine sends by itself only the word may be lost.
        let behind = self.engine.is_some() && peer.acked < Some(self.log.len());
        let unheard = again && (peer.acked.is_none() || behind);
        let news = (again || eager) && peer.told < committed;
        if entries.is_empty() && !unheard && !news {
            return;
        }
        peer.sent = peer.sent.max(from + entries.len() as u64);
        peer.told = committed;
        let history = Arc::clone(self.log.history());
        let append = move || Body::Append(Append::new(Head { history, from, committed }, entries));
        self.answer(to, self.epoch(), Seq::default(), append);
    }

    /// A replica's side: cut back what the primary does not have, append, flush, acknowledge.
    pub(super) fn on_append(&mut self, from: NodeId, epoch: Epoch, append: Append<P>, out: &mut Outputs<P>) {
        let (Head { history, from: index, committed }, entries) = append.into_parts();
        if matches!(self.role, Role::Primary(_)) {
            return self.refuse(from, Refusal::OldEpoch);
        }
        self.follow(from, false, out);
        if !self.keeps_data() {
            return;
        }
        if matches!(self.setup.engine, Engine::External) {
            return self.engine_follows(from, &history, committed, out);
        }
        let len = self.log.len();
        #[cfg(feature = "rules-off")]
        let sent = entries.len() as u64;
        let shared = self.shared_with(&history);
        let keep = rule!(DivergenceIsCut, shared, else: len);
        // Within one epoch nothing is ever cut: an old, shorter append must not undo a newer one.
        let keep = rule!(AppendsNeverShorten, keep, else: keep.min(index + sent));
        let skip = usize::try_from(keep.saturating_sub(index)).unwrap_or(usize::MAX);
        let gap = index > keep;
        let new = if gap { Entries::default() } else { entries.skip(skip) };
        let end = keep + new.len() as u64;
        // An epoch is accepted only when the log reaches its start.
        let history = rule!(AcceptedFromStart, self.log.history().follow(history, end), else: history);
        if keep < len {
            self.truncated(keep, out);
        }
        let changed = keep < len || !new.is_empty() || history != *self.log.history();
        let change = changed.then_some(LogChange::Write { keep, history, entries: new });
        let change = rule!(WrittenOnce, change, else: change.map(|change| self.repeated(index, change)));
        let written = self.save(change, out);
        let after = rule!(AckAfterFlush, written, else: Seq::default());
        let len = self.log.len();
        let covered = rule!(AckWholeLog, len, else: end.min(index + sent));
        let body = move || if gap { Body::Gap { len } } else { Body::Ack { len: covered } };
        self.answer(from, epoch, after, body);
        self.learn_committed(rule!(ExposeOnlyCommitted, committed.min(len), else: len), out);
    }

    /// Without the rule, what is in the log already from `index` on is written again with what is new.
    #[cfg(feature = "rules-off")]
    fn repeated(&self, index: u64, change: LogChange<P>) -> LogChange<P> {
        match change {
            LogChange::Write { keep, history, entries } => {
                let from = index.clamp(self.log.base(), keep);
                let old = self.log.slice(from, keep - from).unwrap_or_default();
                let entries = old.as_slice().iter().chain(entries.as_slice()).cloned().collect();
                LogChange::Write { keep: from, history, entries }
            }
            LogChange::Compact { .. } | LogChange::Reset { .. } => change,
        }
    }

    /// The log was, or is about to be, cut back to `to`.
    pub(super) fn truncated(&mut self, to: u64, out: &mut Outputs<P>) {
        out.push(Output::Tell(Event::Truncated { to, committed: self.committed }));
        self.committed = self.committed.min(to);
    }

    pub(super) fn learn_committed(&mut self, to: u64, out: &mut Outputs<P>) {
        if to > self.committed {
            self.committed = to;
            put(out, || Output::Tell(Event::Committed { epoch: self.epoch(), to }));
        }
    }

    /// Counts the own copy like any other: by an acknowledgement that leaves after the flush.
    pub(super) fn count_own_flush(&mut self) {
        if self.keeps_data() {
            let after = rule!(OwnFlushCounts, self.outbox.issued(), else: Seq::default());
            let len = self.log.len();
            self.answer(self.id, self.epoch(), after, move || Body::Ack { len });
        }
    }

    /// `from` has `len` entries of this primary's log on disk; after a gap, it needs the rest from there. Nothing is
    /// sent for what is no news: what may be lost is sent again with a beat. Of what an engine writes, the replica's
    /// node may hear before this one does.
    pub(super) fn on_ack(&mut self, from: NodeId, len: u64, gap: bool, out: &mut Outputs<P>) {
        let Role::Primary(primary) = &mut self.role else { return };
        if !primary.phase.has_begun() || (len > self.log.len() && self.engine.is_none()) {
            return;
        }
        let known = primary.replication.acked(from, len);
        let again = gap && known.is_eq();
        if gap && known.is_le() {
            primary.replication.send_from(from, len);
        }
        self.commit(out);
        self.strengthen_if_complete(out);
        if from != self.id && (known.is_lt() || again) {
            self.replicate(from, false, out);
        }
    }

    /// Commits what an ack set of every family in force holds under this epoch.
    pub(super) fn commit(&mut self, out: &mut Outputs<P>) {
        let Role::Primary(primary) = &self.role else { return };
        // Once established, only what is longer than what is committed changes anything.
        let known = primary.established.then_some(self.committed);
        let Some(to) = primary.replication.committed(known, |set| self.acknowledges(set)) else { return };
        let to = to.min(self.log.len());
        if rule!(CommitFromStart, true, else: to >= primary.replication.start) {
            self.establish(out);
        }
        let Role::Primary(primary) = &self.role else { return };
        let over = rule!(CommitAfterLeases, primary.wait.is_over(self.clock, self.drain()));
        if to > self.committed && over {
            self.learn_committed(to, out);
            self.watch_progress(true);
            self.tell_committed(out);
        }
    }

    fn tell_committed(&mut self, out: &mut Outputs<P>) {
        if self.setup.eager {
            for node in self.hard.config.data().without(self.id).iter() {
                self.replicate(node, false, out);
            }
        }
    }

    /// With a weak family to fall back to: since when do entries wait for the strong one?
    pub(super) fn watch_progress(&mut self, progressed: bool) {
        let weak = self.hard.config.newest().weak();
        let waiting = weak.is_some() && self.log.len() > self.committed;
        let now = self.clock;
        if let Role::Primary(primary) = &mut self.role {
            let since = if progressed { None } else { primary.stuck };
            primary.stuck = waiting.then_some(since.unwrap_or(now));
        }
    }

    // ---- writing ---------------------------------------------------------------------------------------

    /// Appends payloads to the own log and sends them on.
    pub(super) fn append(&mut self, entries: &Entries<P>, out: &mut Outputs<P>) {
        let from = self.log.len();
        let to = from + entries.len() as u64;
        let history = Arc::clone(self.log.history());
        self.save(Some(LogChange::Write { keep: from, history, entries: entries.clone() }), out);
        self.watch_progress(false);
        put(out, || Output::Tell(Event::Accepted { epoch: self.epoch(), from, to }));
        for node in self.hard.config.data().without(self.id).iter() {
            self.replicate_end(node, from, entries, out);
        }
        // Last, because it waits for the disk, and those before it do not.
        self.count_own_flush();
    }

    // ---- snapshots -------------------------------------------------------------------------------------

    /// What the other needs is compacted: the embedder has to ship a snapshot.
    fn offer_snapshot(&mut self, to: NodeId, out: &mut Outputs<P>) {
        let base = self.log.base();
        out.push(Output::Do(Effect::SendSnapshot { to, base }));
        let history = Arc::new(self.log.history().cut(base));
        self.say_now(to, Body::Snapshot { base, history });
    }

    pub(super) fn on_snapshot(
        &mut self,
        from: NodeId,
        base: u64,
        history: Arc<History>,
        out: &mut Outputs<P>,
    ) {
        match &self.role {
            Role::Primary(primary) if primary.phase != (Phase::Recovering { donor: from }) => return,
            Role::Primary(_) => {}
            Role::Follower(_) | Role::Prevote(_) | Role::Candidate(_) => self.follow(from, false, out),
        }
        if self.lacks(base, &history) {
            self.incoming = Some(Box::new((from, base, history)));
            out.push(Output::Do(Effect::LoadSnapshot { from, base }));
        } else if !matches!(self.role, Role::Primary(_)) {
            self.has_snapshot(from, base, history, out);
        }
    }

    /// A replica needs nothing of the snapshot that it is offered. It says so, or it would be offered it for ever.
    fn has_snapshot(&mut self, from: NodeId, base: u64, history: Arc<History>, out: &mut Outputs<P>) {
        let epoch = self.epoch();
        if history.last_epoch() == epoch {
            // It covers the start of the primary's epoch, as an append without entries would.
            let head = Head { history, from: base, committed: 0 };
            self.on_append(from, epoch, Append::new(head, Entries::default()), out);
        } else {
            self.say(from, Body::Ack { len: base }, self.outbox.issued());
        }
    }

    fn lacks(&self, base: u64, history: &History) -> bool {
        self.shared_with(history) < base
    }

    /// The embedder has loaded the snapshot that ends at `base`. By now the log may have grown beyond it: then it
    /// comes too late and nothing is thrown away for it.
    pub(super) fn snapshot_loaded(&mut self, from: NodeId, base: u64, out: &mut Outputs<P>) {
        let matching =
            |incoming: &mut Box<(NodeId, u64, Arc<History>)>| incoming.0 == from && incoming.1 == base;
        let Some(incoming) = self.incoming.take_if(matching) else { return };
        let (_, _, history) = *incoming;
        // A primary that has given this donor up, or has begun, has another log by now.
        let awaited = match &self.role {
            Role::Primary(primary) => primary.phase == (Phase::Recovering { donor: from }),
            Role::Follower(_) | Role::Prevote(_) | Role::Candidate(_) => true,
        };
        if !awaited || !self.lacks(base, &history) {
            return;
        }
        let keep = self.shared_with(&history);
        if keep < self.log.len() {
            self.truncated(keep, out);
        }
        let written = self.save(Some(LogChange::Reset { base, history }), out);
        self.learn_committed(base, out);
        if let Role::Primary(_) = self.role {
            self.fetch(from, out);
        } else {
            self.say(from, Body::Ack { len: base }, written);
        }
    }
}
