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
//! The argument uses the rules of the protocol: with one of them switched off, a planted bug may revive exactly
//! these messages.

use crate::world::choice::Envelope;
use crate::world::local::{Local, Op};
use crate::world::model::Scope;
use quorate::failover::{Body, Message, Node, Phase};
use quorate::id::{Epoch, NodeId};

/// Whether `envelope` can never again change anything at its receiver.
pub(crate) fn is_dead(envelope: &Envelope, receiver: &Local, scope: &Scope) -> bool {
    let refusals = scope.refusals;
    let Envelope { from, message: Message { epoch, body }, .. } = envelope;
    let hard = &receiver.disk.hard;
    let past = hard.epoch() > *epoch;
    let node = receiver.node.as_ref();
    match body {
        Body::Refused { config, .. } => {
            hard.epoch() >= *epoch && config.as_ref().is_none_or(|config| config.id <= hard.config_id())
        }
        Body::Vote { .. } => {
            let taken = hard.epoch() == *epoch && hard.ballot.vote.is_some_and(|vote| vote != *from);
            !refusals && (past || taken)
        }
        body if body.is_request() => !refusals && past,
        Body::PreYes { asked } | Body::PreLater { asked } => hard.epoch() > *asked,
        // Before the receiver has entered the epoch, the answer would make it do so.
        _answer if hard.epoch() < *epoch => false,
        Body::Granted { .. } | Body::Promised { .. } => {
            !node.is_some_and(|node| node.epoch() == *epoch && collects(node, *from, scope.beats))
        }
        Body::Ack { len } | Body::Gap { len } => !node.is_some_and(|node| awaits_ack(node, *epoch, *from, *len)),
        Body::BeatAck { stamp, round, config, .. } => {
            let news = |node: &Node<Op>| {
                node.has_news(*from, *stamp, *round) || *config < node.hard().config_id()
            };
            !leads(node, *epoch) || !node.is_some_and(news)
        }
        Body::Installed { .. } => !leads(node, *epoch),
        Body::Fetched { .. } => {
            let fetching = |node: &Node<Op>| matches!(node.phase(), Some(Phase::Recovering { .. } | Phase::Revoking));
            !node.is_some_and(|node| node.epoch() == *epoch && fetching(node))
        }
        _kinds_judged_above => false,
    }
}

/// Whether every answer to `envelope` is dead, now that its sender has durably entered `epoch`. A pre-vote
/// changes nothing but the answers it gets.
pub(crate) fn is_pointless(envelope: &Envelope, epoch: Epoch) -> bool {
    matches!(envelope.message.body, Body::PreVote { .. }) && envelope.message.epoch < epoch
}

fn leads(node: Option<&Node<Op>>, epoch: Epoch) -> bool {
    node.is_some_and(|node| node.epoch() == epoch && node.phase().is_some())
}

/// Whether a vote or promise of `from` may still be counted. A primary whose timers fire may forget the promise
/// of a donor that does not answer, and count it again.
fn collects(node: &Node<Op>, from: NodeId, forgets: bool) -> bool {
    let forgets = forgets && !node.hard().config.data().is_empty();
    match node.phase() {
        Some(Phase::Revoking | Phase::Recovering { .. }) => forgets || !node.promised().contains(from),
        Some(_begun) => false,
        None => node.role() == "candidate" && (forgets || !node.votes().contains(from)),
    }
}

/// Whether an acknowledgement of `len` by `from` says more than is known.
fn awaits_ack(node: &Node<Op>, epoch: Epoch, from: NodeId, len: u64) -> bool {
    if !leads(Some(node), epoch) {
        return false;
    }
    let known = node.replication().and_then(|replication| replication.peers.get(from)).and_then(|peer| peer.acked);
    known < Some(len)
}
