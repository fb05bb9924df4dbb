//! The node: its state, its start, and the one function that changes it.
//!
//! All control flow is here: [`Node::step`] dispatches one input, then releases what may leave and moves a primary
//! through its phases until nothing changes. The other files of this module are what it dispatches to.

use super::engine::Supervised;
use super::io::{Event, Halt, Input, Output, Outputs, Payload, Refused, put};
use super::message::{Body, Message};
use super::primary::{Phase, Primary};
use crate::commit::{History, Log, LogChange, Promises, Reads, Replication};
use crate::config::{Engine, Setup};
use crate::disk::{Hard, Image, Record};
use crate::election::{Candidate, Follower, Prevote};
use crate::id::{Epoch, NodeId, NodeSet, Position};
use crate::lease::{Granter, Release, Wait};
use crate::outbox::{Outbox, Seq};
use crate::time::{Instant, Span};
use alloc::boxed::Box;
use alloc::sync::Arc;

/// One node of a failover cluster: election, lease and commit as one state machine.
///
/// # Invariants
/// Each is also code: [`Node::check`].
/// * `hard` is what the newest record says, unless `unsaved`.
/// * `committed` never goes back, except by a recovery that accepted loss.
/// * The role of a primary is never restored from disk.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Node<P> {
    pub(super) id: NodeId,
    pub(super) setup: Arc<Setup>,
    pub(super) hard: Hard,
    pub(super) unsaved: bool,
    pub(super) clock: Instant,
    pub(super) role: Role,
    pub(super) attempt: u8,
    pub(super) granter: Granter,
    /// The newest epoch whose primary is known to have served: older leases than its own are over.
    pub(super) served: Epoch,
    pub(super) log: Log<P>,
    pub(super) committed: u64,
    pub(super) reads: Reads,
    pub(super) engine: Option<Box<Supervised>>,
    /// A snapshot that is being loaded: from whom, up to where, and the history of what it replaces.
    pub(super) incoming: Option<Box<(NodeId, u64, Arc<History>)>>,
    /// The record that holds the ceiling of the leases granted.
    pub(super) ceiling_at: Seq,
    pub(super) outbox: Outbox<(NodeId, Message<P>)>,
    pub(super) flushing: Option<Instant>,
    pub(super) halted: Option<Halt>,
}

/// What a node is doing. Volatile.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Role {
    /// Follows, or waits.
    Follower(Follower),
    /// Asks whether a campaign could succeed.
    Prevote(Prevote),
    /// Stands for election.
    Candidate(Box<Campaign>),
    /// Won.
    Primary(Box<Primary>),
}

/// Everything a candidate collects, by machine.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Campaign {
    pub(super) candidate: Candidate,
    pub(super) wait: Wait,
    pub(super) promises: Promises,
    /// Proof that the last lease is over, shown to every voter.
    pub(super) token: Option<Release>,
    /// Recover without a recovery set.
    pub(super) accept_loss: bool,
}

impl<P: Payload> Node<P> {
    /// Starts a node from what is on its disk. A new cluster starts from [`Image::first`] on every node.
    ///
    /// It raises its incarnation and stays silent until that is durable. It is never primary, whatever it was.
    pub fn start(id: NodeId, setup: Arc<Setup>, image: Image<P>, now: Instant, out: &mut Outputs<P>) -> Self {
        let Image { mut hard, log } = image;
        hard.incarnation = hard.incarnation.saturating_add(1);
        let mut node = Self {
            id,
            granter: Granter::restarted(
                now,
                hard.ceiling,
                setup.lease.map_or(Span::ZERO, |lease| lease.quantum()),
            ),
            committed: log.base(),
            engine: match setup.engine {
                Engine::Own => None,
                Engine::External => Some(Box::new(Supervised::unknown(hard.epoch()))),
            },
            setup,
            hard,
            unsaved: true,
            clock: now,
            role: Role::Follower(Follower::waiting(now)),
            attempt: 0,
            served: Epoch::ZERO,
            log,
            reads: Reads::default(),
            incoming: None,
            ceiling_at: Seq::default(),
            outbox: Outbox::default(),
            flushing: None,
            halted: None,
        };
        node.save(None, out);
        node.outbox.seal();
        if node.keeps_data() {
            // Leadership does not survive a restart; the engine's own may have.
            node.demote_engine(out);
        }
        let resumed = rule!(RoleIsVolatile, None, else: node.hard.ballot.vote);
        if resumed == Some(id) && node.is_candidate() {
            let campaign = Campaign::standing(now, None, false);
            node.win(campaign, out);
        }
        node
    }

    /// Handles one input at local time `now`. Total: it never panics, blocks, or reads a clock, and equal nodes
    /// given equal inputs put out equal outputs.
    pub fn step(&mut self, now: Instant, input: Input<P>, out: &mut Outputs<P>) {
        if let Some(halt) = self.halted {
            out.push(Output::Refused(Refused::Halted(halt)));
            return;
        }
        self.read_clock(now, out);
        match input {
            Input::Message { from, message } => match self.possible(from, &message) {
                Ok(()) => self.receive(from, message, out),
                Err(what) => out.push(Output::Refused(Refused::Impossible { from, what })),
            },
            Input::Tick => self.tick(out),
            Input::Durable(seq) => self.flushed(seq, out),
            Input::StorageFailed => self.halt(Halt::StorageFailed, out),
            Input::EffectDone { effect, ok, facts } => self.effect_done(effect, ok, facts, out),
            Input::Engine(facts) => self.engine_reports(facts, out),
            Input::ClockSuspect => self.doubt_clock(out),
            Input::Request(request) => self.request(request, out),
        }
        self.settle(out);
    }

    /// When to call [`Node::step`] with [`Input::Tick`] if nothing else happens before; `None` if nothing is due.
    pub fn deadline(&self) -> Option<Instant> {
        if self.halted.is_some() {
            return None;
        }
        match &self.role {
            Role::Follower(follower) => self.is_candidate().then(|| follower.since.after(self.patience())),
            Role::Prevote(prevote) => Some(prevote.since.after(self.patience())),
            Role::Candidate(campaign) => Some(campaign.candidate.since.after(self.patience())),
            Role::Primary(primary) => primary.deadline(self),
        }
    }

    /// Releases what may leave, handles what the node says to itself, and moves the primary through its phases,
    /// until nothing changes.
    #[inline]
    fn settle(&mut self, out: &mut Outputs<P>) {
        let mut moved = true;
        while moved {
            moved = !self.outbox.is_empty() && self.release(out);
            moved |= self.advance(out);
        }
        if !self.reads.is_empty() {
            self.answer_tokens(out);
        }
    }

    /// Releases what may leave, and handles what the node says to itself; whether there was anything.
    fn release(&mut self, out: &mut Outputs<P>) -> bool {
        let (me, mut released) = (self.id, false);
        while let Some((at, (to, _))) = self.outbox.due() {
            released = true;
            if *to == me {
                let (_, message) = self.outbox.release(at);
                self.receive(me, message, out);
            } else {
                let sent = self.outbox.release_while(at, |(to, _)| *to != me);
                out.extend(sent.map(|(to, message)| Output::Send { to, message }));
            }
        }
        released
    }

    /// Time never goes back on a clock that counts since boot; if it does, the clock is in doubt.
    fn read_clock(&mut self, now: Instant, out: &mut Outputs<P>) {
        if now < self.clock {
            self.doubt_clock(out);
        } else {
            self.clock = now;
        }
    }

    #[cold]
    fn doubt_clock(&mut self, out: &mut Outputs<P>) {
        if let Role::Primary(primary) = &mut self.role {
            primary.holder.doubt(self.clock);
        }
        self.grant_grace();
        out.push(Output::Tell(Event::ClockDoubted));
    }

    fn flushed(&mut self, seq: Seq, out: &mut Outputs<P>) {
        if !self.outbox.flushed(seq) {
            out.push(Output::Refused(Refused::UnknownRecord(seq)));
        } else if !self.outbox.is_flushing() {
            self.flushing = None;
        } else if self.flushing.is_some() {
            // The disk makes progress.
            self.flushing = Some(self.clock);
        }
    }

    pub(super) fn halt(&mut self, halt: Halt, out: &mut Outputs<P>) {
        self.depose(out);
        self.outbox.retain(|_| false);
        self.halted = Some(halt);
        out.push(Output::Tell(Event::Halted(halt)));
    }

    /// Writes the hard state if it changed, together with a change of the log, as one record; the number of the
    /// newest record.
    #[inline]
    pub(super) fn save(&mut self, log: Option<LogChange<P>>, out: &mut Outputs<P>) -> Seq {
        if log.is_none() && !self.unsaved {
            return self.outbox.issued();
        }
        if let Some(change) = &log {
            self.log.apply(change);
        }
        let hard = self.unsaved.then(|| Box::new(self.recorded()));
        self.unsaved = false;
        self.write(Record { hard, log }, out)
    }

    pub(super) fn write(&mut self, record: Record<P>, out: &mut Outputs<P>) -> Seq {
        if self.setup.stall.is_some() && self.flushing.is_none() {
            self.flushing = Some(self.clock);
        }
        let seq = self.outbox.issue();
        put(out, || Output::Persist { seq, record });
        seq
    }

    /// The hard state as it is written.
    #[cold]
    fn recorded(&self) -> Hard {
        #[cfg_attr(not(feature = "rules-off"), allow(unused_mut))]
        let mut hard = self.hard.clone();
        rule!(VoteIsRecorded, (), else: hard.ballot.vote = None);
        rule!(EpochIsRecorded, (), else: hard.ballot.epoch = Epoch::ZERO);
        hard
    }

    /// Says `body` to `to`, perhaps to itself, when everything up to `after` is durable.
    pub(super) fn say(&mut self, to: NodeId, body: Body<P>, after: Seq) {
        self.answer(to, self.epoch(), after, move || body);
    }

    /// As [`Node::say`], in the epoch of what is answered.
    #[expect(clippy::inline_always, reason = "a body that is built where it is held need not be moved")]
    #[inline(always)]
    pub(super) fn answer(&mut self, to: NodeId, epoch: Epoch, after: Seq, body: impl FnOnce() -> Body<P>) {
        // Full: the message is lost, as on a network. Whoever waits for it asks again.
        let held = self.setup.limits.held;
        let _ = self.outbox.hold(after, held, move || (to, Message { epoch, body: body() }));
    }

    /// Says `body` at once: it depends on nothing that is not durable.
    pub(super) fn say_now(&mut self, to: NodeId, body: Body<P>) {
        self.say(to, body, Seq::default());
    }

    /// Enters a newer epoch: no vote yet, no role.
    #[inline]
    pub(super) fn adopt(&mut self, epoch: Epoch, out: &mut Outputs<P>) {
        if epoch > self.epoch() {
            self.enter_epoch(epoch, out);
        }
    }

    #[cold]
    fn enter_epoch(&mut self, epoch: Epoch, out: &mut Outputs<P>) {
        if rule!(AdoptingStepsDown, true, else: !matches!(self.role, Role::Primary(_))) {
            self.depose(out);
        }
        self.hard.ballot.adopt(epoch);
        self.unsaved = true;
        self.leave_epoch();
        // What was promised or granted under the old epoch no longer matters to anybody.
        self.outbox.retain(|(_, message)| message.epoch >= epoch);
    }

    /// Forgets what was begun for somebody of an older epoch: it would be finished in the name of the new one. A
    /// vote that was owed to a candidate would become a second vote.
    pub(super) fn leave_epoch(&mut self) {
        self.incoming = None;
        self.forget_owed();
    }

    /// Gives up whatever role it has, and is a follower that knows no primary.
    pub(super) fn depose(&mut self, out: &mut Outputs<P>) {
        if let Role::Primary(_) = self.role {
            out.push(Output::Tell(Event::Deposed { epoch: self.epoch() }));
            for id in self.reads.abandon() {
                out.push(Output::Tell(Event::ReadFailed { id }));
            }
            self.demote_engine(out);
        }
        self.role = Role::Follower(Follower::waiting(self.clock));
    }

    // ---- questions -------------------------------------------------------------------------------------

    /// Its name.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The newest epoch it knows.
    pub fn epoch(&self) -> Epoch {
        self.hard.ballot.epoch
    }

    /// The durable state besides the log, as the newest record says or will say.
    pub fn hard(&self) -> &Hard {
        &self.hard
    }

    /// Its own parameters.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Its log. What is beyond [`Node::committed`] may still be lost.
    pub fn log(&self) -> &Log<P> {
        &self.log
    }

    /// Up to where it knows the log to be committed.
    pub fn committed(&self) -> u64 {
        self.committed
    }

    /// Whether it stopped for good.
    pub fn halted(&self) -> Option<Halt> {
        self.halted
    }

    /// Whom it believes to be primary, itself included.
    pub fn primary(&self) -> Option<NodeId> {
        match &self.role {
            Role::Follower(follower) => follower.primary,
            Role::Prevote(_) | Role::Candidate(_) => None,
            Role::Primary(_) => Some(self.id),
        }
    }

    /// How far it is as primary; `None` if it is not.
    pub fn phase(&self) -> Option<Phase> {
        match &self.role {
            Role::Primary(primary) => Some(primary.phase),
            Role::Follower(_) | Role::Prevote(_) | Role::Candidate(_) => None,
        }
    }

    /// The role in a word: follower, pre-vote, candidate, primary.
    pub fn role(&self) -> &'static str {
        match &self.role {
            Role::Follower(_) => "follower",
            Role::Prevote(_) => "pre-vote",
            Role::Candidate(_) => "candidate",
            Role::Primary(_) => "primary",
        }
    }

    /// As candidate: whose votes it has counted.
    pub fn votes(&self) -> NodeSet {
        match &self.role {
            Role::Candidate(campaign) => campaign.candidate.votes,
            Role::Follower(_) | Role::Prevote(_) | Role::Primary(_) => NodeSet::EMPTY,
        }
    }

    /// As candidate or primary that has not begun: whose promises it has.
    pub fn promised(&self) -> NodeSet {
        match &self.role {
            Role::Candidate(campaign) => campaign.promises.nodes(),
            Role::Primary(primary) => primary.promises.nodes(),
            Role::Follower(_) | Role::Prevote(_) => NodeSet::EMPTY,
        }
    }

    /// As primary: what each data node has acknowledged.
    pub fn replication(&self) -> Option<&Replication> {
        match &self.role {
            Role::Primary(primary) if primary.phase.has_begun() => Some(&primary.replication),
            Role::Primary(_) | Role::Follower(_) | Role::Prevote(_) | Role::Candidate(_) => None,
        }
    }

    /// As primary: whether a flush on all of `set` would commit.
    pub fn acknowledges(&self, set: NodeSet) -> bool {
        match &self.role {
            Role::Primary(_) => {
                let strict = self.hard.config.acknowledges(set);
                rule!(DegradeIsPublished, strict, else: strict || self.acknowledges_weakly(set))
            }
            Role::Follower(_) | Role::Prevote(_) | Role::Candidate(_) => false,
        }
    }

    /// What a timeout in the acknowledging path would take for enough: the weak family, or any copy at all.
    #[cfg(feature = "rules-off")]
    fn acknowledges_weakly(&self, set: NodeSet) -> bool {
        self.hard.config.newest().weak().map_or(!set.is_empty(), |weak| weak.acks.holds(set))
    }

    /// As primary: whether the answer of `from` to a beat sent at `stamp`, of this read round, says anything new.
    pub fn has_news(&self, from: NodeId, stamp: Instant, round: u64) -> bool {
        let Role::Primary(primary) = &self.role else { return false };
        let renews = self.is_measured(stamp) && primary.holder.is_news(from, stamp);
        renews || self.reads.is_news(from, round)
    }

    /// Whether anything can be measured from a beat that was sent at `stamp`: its lease, or its contact with a quorum.
    pub(super) fn is_measured(&self, stamp: Instant) -> bool {
        self.clock.since(stamp) < self.setup.stamp_horizon()
    }

    /// As primary: whether it keeps send times of beats, from which a lease or its contact is measured.
    pub fn holds_stamps(&self) -> bool {
        matches!(&self.role, Role::Primary(primary) if !primary.holder.is_empty())
    }

    /// Nodes of whose clocks it holds back a reading.
    pub fn echoes_held(&self) -> NodeSet {
        self.outbox.iter().filter_map(|(to, message)| message.stamped_by(self.id, *to)).collect()
    }

    /// Whether it measures an obligation of its own, or waits for the obligations of others.
    pub fn waits(&self) -> bool {
        let waiting = match &self.role {
            Role::Candidate(campaign) => !campaign.wait.is_over(self.clock, self.drain()),
            Role::Primary(primary) => !primary.wait.is_over(self.clock, self.drain()),
            Role::Follower(_) | Role::Prevote(_) => false,
        };
        waiting || self.granter.busy(self.clock, None).is_some()
    }

    /// How many reads wait.
    pub fn waiting_reads(&self) -> usize {
        self.reads.len()
    }

    /// Whether it is primary and serves.
    pub fn is_serving(&self) -> bool {
        matches!(&self.role, Role::Primary(primary) if primary.serves())
    }

    /// The epoch and the rest of the lease, if it serves under a valid one at `now`.
    pub fn lease(&self, now: Instant) -> Option<(Epoch, Span)> {
        let Role::Primary(primary) = &self.role else { return None };
        let lease = self.setup.lease.as_ref()?;
        let valid =
            primary.serves() && now >= self.clock && primary.holder.valid(now, lease, &self.hard.config);
        let left = primary.holder.left(now, lease, &self.hard.config)?;
        valid.then_some((self.epoch(), left))
    }

    /// How far its log has got.
    pub fn position(&self) -> Position {
        self.log.position()
    }

    /// The nodes it takes for members, itself perhaps not among them.
    pub fn members(&self) -> NodeSet {
        self.hard.config.nodes()
    }

    pub(super) fn others(&self) -> NodeSet {
        self.members().without(self.id)
    }

    pub(super) fn is_candidate(&self) -> bool {
        self.hard.config.candidates().contains(self.id)
    }

    pub(super) fn keeps_data(&self) -> bool {
        self.hard.config.data().contains(self.id)
    }

    pub(super) fn quantum(&self) -> Span {
        self.setup.lease.map_or(Span::ZERO, |lease| lease.quantum())
    }

    /// Whether the disk completes its writes, as far as this node can tell.
    pub(super) fn disk_is_healthy(&self) -> bool {
        match (self.setup.stall, self.flushing) {
            (Some(stall), Some(since)) => self.clock.since(since) <= stall,
            (Some(_), None) | (None, _) => true,
        }
    }
}

impl Campaign {
    pub(super) fn standing(now: Instant, token: Option<Release>, accept_loss: bool) -> Self {
        Self {
            candidate: Candidate::standing(now),
            wait: Wait::default(),
            promises: Promises::default(),
            token,
            accept_loss,
        }
    }
}
