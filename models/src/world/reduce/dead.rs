//! Messages that can never again do anything.
//!
//! On `any` network a message stays for ever, and most of a long run's messages no longer matter to anybody.
//! Removing those that provably never will again merges states that differ in nothing else.
//!
//! # Why it is right
//!
//! A node's epoch never falls below the one on its disk, and a role in an epoch, once left, is never taken up
//! again: a campaign raises the epoch beyond what is on disk, and a restart forgets every role. So
//!
//! * an *answer* is of use only to the role that asked, in the epoch in which it asked; when that role is gone,
//!   or knows already as much as the answer says, every later delivery is ignored too;
//! * a *pre-vote* changes nothing but the answers it gets, so it is as dead as those ([`is_pointless`]);
//! * a *question* of an epoch that its receiver has durably left is refused for ever, and a vote is refused for
//!   ever once another node durably has it. If refusals travel the refusal may matter, so the question stays.
//!
//! The arguments use rules of the protocol: with one of them switched off, a planted bug may revive exactly these
//! messages, and they stay.

use super::Trust;
use crate::world::choice::{Envelope, Wire};
use crate::world::engine::{Part, Signal, Talk, Tenure};
use crate::world::local::{Local, Op};
use crate::world::model::Model;
use quorate::failover::{Body, Effect, Message, Node, Phase};
use quorate::id::{Epoch, NodeId};
use quorate::rule::Rule;

/// Whether `envelope` can never again change anything at its receiver.
pub(crate) fn is_dead(envelope: &Envelope, receiver: &Local, model: &Model, trust: Trust) -> bool {
    let Envelope { from, wire, .. } = envelope;
    let scope = &model.scope;
    let Message { epoch, body } = match wire {
        Wire::Node(message) => message,
        Wire::Engine(signal) => return is_dead_signal(*from, signal, receiver, trust),
    };
    let hard = &receiver.disk.hard;
    let node = receiver.node.as_ref();
    let past = hard.epoch() > *epoch;
    let refused_silently = |rules: &[Rule]| !scope.refusals && trust.upholds(EPOCHS) && trust.upholds(rules);
    if body.is_request() && past && refused_silently(old_request(body)) {
        return true;
    }
    if !body.is_request() && hard.epoch() < *epoch && !matches!(body, Body::Refused { .. }) {
        // The answer would make its receiver enter the epoch.
        return false;
    }
    match body {
        Body::Refused { config, .. } => {
            hard.epoch() >= *epoch
                && config.as_ref().is_none_or(|config| config.id <= hard.config_id())
                && trust.upholds(EPOCHS)
                && trust.upholds(&[Rule::ConfigsOnlyGrow])
        }
        Body::Vote { .. } => {
            let taken = hard.epoch() == *epoch && hard.ballot.vote.is_some_and(|vote| vote != *from);
            taken && refused_silently(VOTES)
        }
        Body::PreYes { asked } | Body::PreLater { asked } => {
            hard.epoch() > *asked && trust.upholds(EPOCHS) && trust.upholds(&[Rule::OnlyVotesCount])
        }
        Body::Granted { .. } | Body::Promised { .. } => {
            let counts =
                node.is_some_and(|node| node.epoch() == *epoch && collects(node, *from, scope.beats));
            !counts
                && trust.upholds(ROLES)
                && trust.upholds(&[
                    Rule::OldVotesDoNotCount,
                    Rule::OldAnswersDoNotCount,
                    Rule::VotersCountOnce,
                ])
        }
        Body::Ack { len } | Body::Gap { len } => {
            // After a gap everything is sent again from there, unless more than that is known to have arrived.
            let gap = matches!(body, Body::Gap { .. });
            let news = len.saturating_add(u64::from(gap));
            let counts = node.is_some_and(|node| awaits_ack(node, *epoch, *from, news));
            !counts && trust.upholds(ROLES) && trust.upholds(&[Rule::OldAcksDoNotCount])
        }
        Body::BeatAck { stamp, round, config, .. } => {
            let renews = |node: &Node<Op>| node.has_news(*from, *stamp, *round);
            // Who has an older configuration is sent the newer one, and the next may be the newer one.
            let changes = !model.changes.is_empty() || model.cluster.weak.is_some();
            let behind = |node: &Node<Op>| changes || *config < node.hard().config_id();
            let counts = leads(node, *epoch) && node.is_some_and(|node| renews(node) || behind(node));
            !counts
                && trust.upholds(ROLES)
                && trust.upholds(&[
                    Rule::LeaseFromSend,
                    Rule::ReadRoundAfterStart,
                    Rule::OldAnswersDoNotCount,
                ])
        }
        Body::Installed { .. } => {
            !leads(node, *epoch) && trust.upholds(ROLES) && trust.upholds(&[Rule::OldAnswersDoNotCount])
        }
        Body::Fetched { .. } => {
            let fetching =
                |node: &Node<Op>| matches!(node.phase(), Some(Phase::Recovering { .. } | Phase::Revoking));
            let counts = node.is_some_and(|node| node.epoch() == *epoch && fetching(node));
            !counts && trust.upholds(ROLES) && trust.upholds(&[Rule::OldAnswersDoNotCount])
        }
        Body::PreVote { .. }
        | Body::Beat(_)
        | Body::Handover { .. }
        | Body::Install { .. }
        | Body::Revoke { .. }
        | Body::Fetch { .. }
        | Body::Append(_)
        | Body::Snapshot { .. } => false,
    }
}

/// The same for what a database says. A database enters what its node asks for; and that is never again of an
/// epoch that the node has durably left, unless it is asked for already.
///
/// * *Connect* is answered only by a database that has never been in its epoch.
/// * A *stream* counts for who copies from its sender under its epoch. What the log includes of it stays there as
///   long as that order does: a cut in that epoch leaves what is shared with its primary's log. (A primary to be
///   that goes from one donor to another and back asks again, and is answered again.)
/// * *Flushed* counts for the primary of its epoch, and says nothing new once as much is known. A database is
///   promoted once in an epoch.
fn is_dead_signal(from: NodeId, signal: &Signal, receiver: &Local, trust: Trust) -> bool {
    let (Some(engine), Signal { epoch, talk }) = (&receiver.engine, signal) else { return true };
    match talk {
        Talk::Connect => !engine.answers(*epoch),
        Talk::Stream(log) => {
            let copies = engine.part == Part::Receiving { from, epoch: *epoch };
            let asked = receiver.effects.iter().any(|effect| matches!(
                effect,
                Effect::Follow { epoch: asked, .. } | Effect::Rewind { epoch: asked, .. } if asked == epoch
            ));
            let left = receiver.disk.hard.epoch() > *epoch && trust.upholds(EPOCHS);
            let leads = engine.tenure().is_some_and(|tenure| tenure.epoch >= *epoch) && trust.upholds(VOTES);
            engine.includes(log) || (leads && trust.upholds(EPOCHS)) || (left && !copies && !asked)
        }
        Talk::Flushed(len) => {
            let held = |tenure: &Tenure| tenure.held.get(from).is_some_and(|held| held >= len);
            !engine.tenure().is_some_and(|tenure| tenure.epoch == *epoch && !held(tenure))
        }
    }
}

/// What is on disk of an epoch stays, and no older epoch comes back.
const EPOCHS: &[Rule] = &[Rule::EpochIsRecorded, Rule::AdoptingStepsDown];

/// What is on disk of a vote stays, and is not given again.
const VOTES: &[Rule] = &[
    Rule::OneVotePerEpoch,
    Rule::VoteIsRecorded,
    Rule::BeatKeepsVote,
    Rule::CampaignRaisesEpoch,
    Rule::TornVoteIsHarmless,
    Rule::TornEpochIsHarmless,
    Rule::LossTakesNewEpoch,
];

/// A role, once left, is not taken up again in its epoch.
const ROLES: &[Rule] = &[
    Rule::EpochIsRecorded,
    Rule::AdoptingStepsDown,
    Rule::CampaignRaisesEpoch,
    Rule::RoleIsVolatile,
    Rule::OwnVoteAfterDurable,
    Rule::LossTakesNewEpoch,
];

/// The rule by which an old request of this kind is refused, where it has one of its own.
fn old_request(body: &Body<Op>) -> &'static [Rule] {
    match body {
        Body::Beat(_) => &[Rule::OldBeatsAreRefused],
        Body::Append(_) => &[Rule::OldAppendsAreRefused],
        Body::Handover { .. } => &[Rule::TokenCoversItsEpoch],
        _by_its_epoch_alone => &[],
    }
}

/// Whether every answer to `envelope` is dead, now that its sender has durably entered `epoch`. A pre-vote
/// changes nothing but the answers it gets.
pub(crate) fn is_pointless(envelope: &Envelope, epoch: Epoch, trust: Trust) -> bool {
    let pre_vote = |message: &Message<Op>| matches!(message.body, Body::PreVote { .. });
    let asked_before = envelope.message().is_some_and(pre_vote) && envelope.epoch() < epoch;
    asked_before && trust.upholds(EPOCHS) && trust.upholds(&[Rule::OnlyVotesCount])
}

fn leads(node: Option<&Node<Op>>, epoch: Epoch) -> bool {
    node.is_some_and(|node| node.epoch() == epoch && node.phase().is_some())
}

/// Whether a vote or promise of `from` may still be counted: a vote by who stands, a promise of a data node until the
/// epoch begins. A primary whose timers fire may forget the promise of a donor that does not answer, and count it
/// again.
fn collects(node: &Node<Op>, from: NodeId, forgets: bool) -> bool {
    let promises = node.hard().config.data().contains(from);
    match node.phase() {
        Some(phase) => !phase.has_begun() && promises && (forgets || !node.promised().contains(from)),
        None => node.role() == "candidate" && (promises && forgets || !node.votes().contains(from)),
    }
}

/// Whether an acknowledgement of `len` by `from` says more than is known.
fn awaits_ack(node: &Node<Op>, epoch: Epoch, from: NodeId, len: u64) -> bool {
    if !leads(Some(node), epoch) {
        return false;
    }
    let known =
        node.replication().and_then(|replication| replication.peers.get(from)).and_then(|peer| peer.acked);
    known < Some(len)
}
