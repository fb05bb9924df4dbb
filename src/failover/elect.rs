//! How a node stands for election, votes, and wins. Why that gives one primary per epoch: [`crate::election`].
//!
//! # Invariants
//! * A role belongs to one epoch: whatever enters a newer one ends the role and forgets what was owed.
//! * Votes and pre-votes are judged before the voter enters the candidate's epoch, so that who is refused
//!   disturbs nobody.
//! * A candidate asks for votes, and counts its own, only when its own is durable.
//! * A vote carries a promise: what it says about the log stays true, because nothing older is accepted any more.

use super::engine::{Owed, Pledge};
use super::io::{Event, Output, Outputs, Payload, Refused};
use super::message::{Body, Message};
use super::node::{Campaign, Node, Role};
use super::primary::Primary;
use crate::commit::Promise;
use crate::config::{Config, ConfigId};
use crate::election::{self, Answer, Ask, Follower, Prevote, Refusal, Sway};
use crate::id::{Epoch, NodeId};
use crate::lease::Release;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::sync::Arc;

impl<P: Payload> Node<P> {
    /// Handles a message that has been found possible.
    pub(super) fn receive(&mut self, from: NodeId, message: Message<P>, out: &mut Outputs<P>) {
        let Message { epoch, body } = message;
        if epoch < self.epoch() && body.is_request() && refuses_old(&body) {
            // Answered, never dropped: the sender has to learn that it is behind.
            return rule!(OldRequestsAreAnswered, self.refuse(from, Refusal::OldEpoch), else: ());
        }
        // These three are judged before the receiver enters the sender's epoch; everything else makes it enter.
        if !matches!(body, Body::PreVote { .. } | Body::Vote { .. } | Body::Refused { .. }) {
            self.adopt(epoch, out);
            if !still_counts(&body, epoch == self.epoch()) {
                return;
            }
        }
        self.handle(from, epoch, body, out);
    }

    /// Hands a message to the machine it belongs to.
    fn handle(&mut self, from: NodeId, epoch: Epoch, body: Body<P>, out: &mut Outputs<P>) {
        let gap = matches!(body, Body::Gap { .. });
        match body {
            Body::PreVote { config, position, priority, round } => {
                self.on_prevote(from, epoch, config, Sway { priority, position }, round);
            }
            Body::PreYes { asked } => self.on_preyes(from, asked, true, out),
            Body::PreLater { asked } => self.on_preyes(from, asked, false, out),
            Body::Vote { config, token, audit } => {
                self.on_vote(Ask { from, epoch, config }, token, audit, out);
            }
            Body::Granted { promise, busy } => self.on_granted(from, promise, busy, out),
            Body::Refused { reason: _, config } => self.on_refused(epoch, config, out),
            Body::Beat(beat) => self.on_beat(from, epoch, beat, out),
            Body::BeatAck { stamp, round, healthy, config } => {
                self.on_beat_ack(from, (stamp, round), healthy, config, out);
            }
            Body::Handover { token } => self.on_handover(from, token, out),
            Body::Install { config } => self.on_install(from, config, out),
            Body::Installed { id } => self.on_installed(from, id),
            Body::Revoke { audit } => self.on_revoke(from, audit, out),
            Body::Promised { promise } => self.on_promised(from, promise),
            Body::Fetch { from: index } => self.on_fetch(from, index, out),
            Body::Fetched { from: index, entries } => self.on_fetched(from, index, &entries, out),
            Body::Append(append) => self.on_append(from, epoch, append, out),
            Body::Ack { len } | Body::Gap { len } => self.on_ack(from, len, gap, out),
            Body::Snapshot { base, history } => self.on_snapshot(from, base, history, out),
        }
    }

    /// Says no, with this node's epoch and, if the other may lack it, its configuration.
    pub(super) fn refuse(&mut self, to: NodeId, reason: Refusal) {
        let config = matches!(reason, Refusal::OldConfig).then(|| Arc::clone(&self.hard.config));
        self.say_now(to, Body::Refused { reason, config });
    }

    fn on_refused(&mut self, epoch: Epoch, config: Option<Arc<Config>>, out: &mut Outputs<P>) {
        if rule!(RefusalsAreHeeded, true, else: false) {
            self.adopt(epoch, out);
        }
        if let Some(config) = config {
            self.keep_config(config, out);
        }
    }

    // ---- standing --------------------------------------------------------------------------------------

    /// How long this node waits before it stands (again).
    pub(super) fn patience(&self) -> Span {
        let Self { setup, hard, id, attempt, .. } = self;
        election::patience(&setup.timing, &hard.config, *id, setup.seed, hard.epoch(), *attempt)
    }

    pub(super) fn tick(&mut self, out: &mut Outputs<P>) {
        let waiting_since = match &self.role {
            Role::Follower(follower) => follower.since,
            Role::Prevote(prevote) => prevote.since,
            Role::Candidate(campaign) => campaign.candidate.since,
            Role::Primary(_) => return self.tend(out),
        };
        if self.is_candidate() && self.clock.since(waiting_since) >= self.patience() {
            self.stand(out);
        }
    }

    /// Asks around or campaigns, after having waited in vain.
    pub(super) fn stand(&mut self, out: &mut Outputs<P>) {
        if self.setup.timing.spread > Span::ZERO {
            self.attempt = self.attempt.wrapping_add(1);
        }
        if !rule!(PrevoteFirst, self.setup.prevote, else: false) {
            return self.campaign(None, false, out);
        }
        let round = match &self.role {
            Role::Prevote(prevote) => prevote.round.saturating_add(1),
            Role::Follower(_) | Role::Candidate(_) | Role::Primary(_) => 0,
        };
        rule!(PrevoteChangesNothing, (), else: self.raise_epoch_to_ask(out));
        self.role = Role::Prevote(Prevote::asking(self.clock, round.min(ROUNDS)));
        self.say_prevote(round.min(ROUNDS));
        let asked = self.epoch();
        self.on_preyes(self.id, asked, true, out);
    }

    /// Without the rule, asking around is half a campaign: the epoch is raised before anybody has agreed to it.
    #[cfg(feature = "rules-off")]
    fn raise_epoch_to_ask(&mut self, out: &mut Outputs<P>) {
        if let Some(next) = self.epoch().next() {
            self.adopt(next, out);
            self.save(None, out);
        }
    }

    fn say_prevote(&mut self, round: u8) {
        let Sway { priority, position } = self.sway();
        let config = self.hard.config_id();
        // Data nodes that do not vote are asked whether they can be reached.
        for to in self.hard.config.voters().union(self.hard.config.data()).without(self.id).iter() {
            self.say_now(to, Body::PreVote { config, position, priority, round });
        }
    }

    fn sway(&self) -> Sway {
        let priority = self.hard.config.parts().map(|part| part.priority(self.id)).max().unwrap_or(0);
        Sway { priority, position: self.position() }
    }

    fn on_prevote(&mut self, from: NodeId, epoch: Epoch, config: ConfigId, theirs: Sway, round: u8) {
        let mine = self.sway();
        let better = theirs.position < mine.position
            || (theirs.position == mine.position && theirs.priority < mine.priority);
        if let Some(reason) = self.objection(Ask { from, epoch, config }, None) {
            self.refuse(from, reason);
        } else if !rule!(ReachesCopies, self.disk_is_healthy()) {
            // It could neither vote nor copy: as good as not reached.
        } else if rule!(PreferenceIsSoft, round == 0, else: true) && better && self.is_candidate() {
            self.say_now(from, Body::PreLater { asked: epoch });
        } else {
            self.say_now(from, Body::PreYes { asked: epoch });
        }
    }

    fn on_preyes(&mut self, from: NodeId, asked: Epoch, willing: bool, out: &mut Outputs<P>) {
        let epoch = self.epoch();
        let Role::Prevote(prevote) = &mut self.role else {
            return self.count_stray_preyes(from, out);
        };
        if asked != epoch {
            return;
        }
        let answers = if willing { &mut prevote.yes } else { &mut prevote.later };
        answers.insert(from);
        if prevote.succeeds(&self.hard.config) {
            self.campaign(None, false, out);
        }
    }

    /// Without the rule that only votes are votes, a late pre-vote answer counts for the campaign it preceded.
    fn count_stray_preyes(&mut self, from: NodeId, out: &mut Outputs<P>) {
        if rule!(OnlyVotesCount, false, else: matches!(self.role, Role::Candidate(_))) {
            self.on_granted(from, Promise::default(), None, out);
        }
    }

    /// Raises the epoch, votes for itself, and asks the voters, once its own vote is durable.
    pub(super) fn campaign(&mut self, token: Option<Release>, accept_loss: bool, out: &mut Outputs<P>) {
        self.depose(out);
        let raise_generation = rule!(LossRaisesGeneration, accept_loss, else: false);
        let epoch_is_new = rule!(LossTakesNewEpoch, true, else: !accept_loss);
        if !epoch_is_new {
            self.hard.ballot.vote = Some(self.id);
        } else if self.hard.ballot.campaign(self.id, raise_generation).is_none() {
            out.push(Output::Refused(Refused::EpochsExhausted));
            return;
        }
        self.leave_epoch();
        self.unsaved = true;
        self.role = Role::Candidate(Box::new(Campaign::standing(self.clock, token, accept_loss)));
        let written = self.save(None, out);
        let after = rule!(OwnVoteAfterDurable, written, else: crate::outbox::Seq::default());
        let busy = self.granter.busy(self.clock, token);
        let pledge = Pledge::Vote { busy: rule!(OwnGrantCounts, busy, else: None) };
        self.promise_to(self.id, Owed { pledge, audit: accept_loss, after }, out);
        for to in self.hard.config.voters().without(self.id).iter() {
            self.say(to, Body::Vote { config: self.hard.config_id(), token, audit: accept_loss }, after);
        }
    }

    // ---- voting ----------------------------------------------------------------------------------------

    /// Why this node would not vote for whoever asks; the same for a pre-vote and a vote.
    fn objection(&self, ask: Ask, token: Option<Release>) -> Option<Refusal> {
        let config = &self.hard.config;
        if ask.epoch < self.epoch() {
            Some(Refusal::OldEpoch)
        } else if !rule!(NewerConfigWins, ask.config >= config.id) {
            Some(Refusal::OldConfig)
        } else if ask.config == config.id && !config.candidates().contains(ask.from) {
            Some(Refusal::NotCandidate)
        } else if self.hears_primary(token) {
            Some(Refusal::PrimaryAlive)
        } else {
            None
        }
    }

    /// Whether there is no need for an election: a primary that can serve was heard lately, or is this node, and has
    /// not said that its lease is over. Only liveness depends on it.
    fn hears_primary(&self, token: Option<Release>) -> bool {
        if token.is_some_and(|token| token.epoch >= self.epoch()) {
            return false;
        }
        match &self.role {
            Role::Follower(follower) => follower.sticks(self.clock, &self.setup.timing),
            Role::Primary(primary) => primary.is_needed(self),
            Role::Prevote(_) | Role::Candidate(_) => false,
        }
    }

    fn on_vote(&mut self, ask: Ask, token: Option<Release>, audit: bool, out: &mut Outputs<P>) {
        if let Some(reason) = self.objection(ask, token) {
            out.push(Output::Refused(Refused::Vote { to: ask.from, reason }));
            return self.refuse(ask.from, reason);
        }
        self.adopt(ask.epoch, out);
        let before = self.hard.ballot.vote;
        match self.hard.ballot.answer(ask) {
            Answer::Refused(reason) => {
                out.push(Output::Refused(Refused::Vote { to: ask.from, reason }));
                self.refuse(ask.from, reason);
            }
            Answer::Granted => {
                if before != Some(ask.from) {
                    self.unsaved = true;
                    self.depose(out);
                }
                let busy = self.granter.busy(self.clock, token);
                self.granter.reported();
                let written = self.save(None, out);
                let after = rule!(VoteAfterDurable, written, else: crate::outbox::Seq::default());
                self.promise_to(ask.from, Owed { pledge: Pledge::Vote { busy }, audit, after }, out);
            }
        }
    }

    /// What this node has on disk once everything written so far is durable. What it knows to be committed is
    /// said only for an audit: nothing else depends on it.
    pub(super) fn promise(&self, audit: bool) -> Promise {
        if self.keeps_data() {
            let committed = if audit { self.committed } else { 0 };
            Promise { len: self.log.len(), history: Arc::clone(self.log.history()), committed }
        } else {
            Promise::default()
        }
    }

    fn on_granted(&mut self, from: NodeId, promise: Promise, busy: Option<Span>, out: &mut Outputs<P>) {
        let quantum = self.quantum();
        // A lease that is over no longer binds its granter, but what its holder wrote last may still be on its way.
        let travelling = (self.drain() > Span::ZERO).then_some(Span::ZERO);
        let config = &self.hard.config;
        let keeps_data = config.data().contains(from);
        match &mut self.role {
            Role::Candidate(campaign) => {
                // The first answer of a voter counts; a repetition says nothing new.
                if rule!(VotersCountOnce, campaign.candidate.votes.contains(from), else: false) {
                    return;
                }
                let since = rule!(WaitFromReceipt, self.clock, else: campaign.candidate.since);
                campaign.wait.bound(since, busy.or(travelling), quantum);
                if keeps_data {
                    campaign.promises.add(from, promise);
                }
                if campaign.candidate.count(from, config) {
                    let campaign = (**campaign).clone();
                    self.win(campaign, out);
                }
            }
            // A vote that came late is still a promise.
            Role::Primary(_) => self.on_promised(from, promise),
            Role::Follower(_) | Role::Prevote(_) => {}
        }
    }

    /// The election is won: primary of this epoch, though not serving yet.
    pub(super) fn win(&mut self, campaign: Campaign, out: &mut Outputs<P>) {
        self.role = Role::Primary(Box::new(Primary::elected(self.clock, campaign)));
        self.attempt = 0;
        out.push(Output::Tell(Event::Elected { epoch: self.epoch() }));
        self.revoke();
    }

    /// The last primary, or the embedder, says that there is no need to wait.
    fn on_handover(&mut self, from: NodeId, token: Release, out: &mut Outputs<P>) {
        let follows =
            matches!(&self.role, Role::Follower(Follower { primary: Some(node), .. }) if *node == from);
        let ends_this_epoch = rule!(TokenCoversItsEpoch, follows && token.epoch == self.epoch());
        if ends_this_epoch && self.is_candidate() {
            self.campaign(Some(token), false, out);
        }
    }
}

/// Pre-vote rounds are counted no further than this.
const ROUNDS: u8 = 1;

/// Whether a request of an older epoch is refused: always, these three by rules of their own.
fn refuses_old<P>(body: &Body<P>) -> bool {
    match body {
        Body::Beat(_) => rule!(OldBeatsAreRefused, true, else: false),
        Body::Append(_) => rule!(OldAppendsAreRefused, true, else: false),
        Body::Handover { .. } => rule!(TokenCoversItsEpoch, true, else: false),
        Body::PreVote { .. }
        | Body::PreYes { .. }
        | Body::PreLater { .. }
        | Body::Vote { .. }
        | Body::Granted { .. }
        | Body::Refused { .. }
        | Body::BeatAck { .. }
        | Body::Install { .. }
        | Body::Installed { .. }
        | Body::Revoke { .. }
        | Body::Promised { .. }
        | Body::Fetch { .. }
        | Body::Fetched { .. }
        | Body::Ack { .. }
        | Body::Gap { .. }
        | Body::Snapshot { .. } => true,
    }
}

/// Whether a message still counts: if it is of this node's epoch (`current`), or if it says by itself what it is
/// about. A late answer to an older epoch does not: its question is no longer open.
fn still_counts<P>(body: &Body<P>, current: bool) -> bool {
    match body {
        Body::Granted { .. } => rule!(OldVotesDoNotCount, current),
        Body::Ack { .. } => rule!(OldAcksDoNotCount, current),
        Body::Handover { .. } => rule!(TokenCoversItsEpoch, current),
        Body::PreVote { .. }
        | Body::PreYes { .. }
        | Body::PreLater { .. }
        | Body::Vote { .. }
        | Body::Refused { .. }
        | Body::Beat(_)
        | Body::Append(_) => true,
        Body::BeatAck { .. } | Body::Installed { .. } | Body::Promised { .. } | Body::Fetched { .. } => {
            rule!(OldAnswersDoNotCount, current)
        }
        Body::Install { .. }
        | Body::Revoke { .. }
        | Body::Fetch { .. }
        | Body::Gap { .. }
        | Body::Snapshot { .. } => current,
    }
}
