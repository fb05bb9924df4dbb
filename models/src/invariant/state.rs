//! The invariants of a state, and the one of a message that leaves.

use super::{Broken, Invariant};
use crate::world::{Local, NOW, Op, State, World};
use quorate::commit::Log;
use quorate::config::{Config, Setup};
use quorate::disk::Image;
use quorate::failover::{Body, Message, Node};
use quorate::id::{Epoch, NodeId, NodeSet};
use quorate::time::Span;

/// The first violated invariant of a state, if any: what the history recorded, or what the state shows.
pub fn judge(world: &World, state: &State) -> Option<Broken> {
    if let Some(broken) = &state.history.broken {
        return Some(broken.clone());
    }
    let broken = |invariant| move |why| Broken { invariant, why };
    quorate::rule::without(world.rules_off(), || {
        votes_are_durable(state)
            .map(broken(Invariant::VotesAreDurable))
            .or_else(|| lease_exclusion(state).map(broken(Invariant::LeaseExclusion)))
            .or_else(|| log_matching(state).map(broken(Invariant::LogMatching)))
            .or_else(|| own_copy_is_flushed(state).map(broken(Invariant::GatesHold)))
            .or_else(|| {
                let may_differ = !world.model.changes.is_empty();
                may_differ.then(|| ack_and_recovery_intersect(state)).flatten().map(broken(Invariant::AckAndRecoveryIntersect))
            })
    })
}

/// Whether `voter` has a vote for `candidate` in `epoch` on its disk, or has durably left that epoch.
fn vote_is_durable(disk: &Image<Op>, epoch: Epoch, candidate: NodeId) -> bool {
    let ballot = disk.hard.ballot;
    ballot.epoch > epoch || (ballot.epoch == epoch && ballot.vote == Some(candidate))
}

fn votes_are_durable(state: &State) -> Option<String> {
    for envelope in &state.network {
        let (from, to, message) = (envelope.from, envelope.to, &envelope.message);
        let candidate = match &message.body {
            Body::Vote { .. } => from,
            Body::Granted { .. } => to,
            _no_vote => continue,
        };
        if !vote_is_durable(&state.machine(from).disk, message.epoch, candidate) {
            return Some(format!("the vote of {from} for {candidate} in {} is on its way but not on disk", message.epoch));
        }
    }
    for (id, local) in state.machines() {
        let Some(candidate) = &local.node else { continue };
        for voter in candidate.votes().iter() {
            if !vote_is_durable(&state.machine(voter).disk, candidate.epoch(), id) {
                return Some(format!("{id} counts the vote of {voter} in {}, which is not on disk", candidate.epoch()));
            }
        }
    }
    None
}

fn lease_exclusion(state: &State) -> Option<String> {
    for (holder, local) in state.machines() {
        let Some((old, left)) = local.node.as_ref().and_then(|node| node.lease(NOW)) else { continue };
        for (other, local) in state.machines() {
            let Some(node) = &local.node else { continue };
            if node.epoch() > old && node.phase().is_some_and(quorate::failover::Phase::is_active) {
                return Some(format!(
                    "{other} is active under {} while the lease of {holder} under {old} is valid for {} more",
                    node.epoch(),
                    left.units()
                ));
            }
        }
    }
    None
}

fn log_matching(state: &State) -> Option<String> {
    for (a, left) in state.machines() {
        for (b, right) in state.machines().filter(|(b, _)| *b > a) {
            if let Some(index) = first_mismatch(left.log(), right.log()) {
                return Some(format!("{a} and {b} have the same epoch at index {index}, but not the same log up to there"));
            }
        }
    }
    None
}

/// An index at which two logs were written under the same epoch although they differ at or before it.
fn first_mismatch(a: &Log<Op>, b: &Log<Op>) -> Option<u64> {
    let (from, to) = (a.base().max(b.base()), a.len().min(b.len()));
    let mut differ = false;
    for index in from..to {
        let same_epoch = a.history().epoch_at(index) == b.history().epoch_at(index);
        differ |= !same_epoch || a.get(index) != b.get(index);
        if differ && same_epoch {
            return Some(index);
        }
    }
    None
}

fn own_copy_is_flushed(state: &State) -> Option<String> {
    for (id, local) in state.machines() {
        let Some(replication) = local.node.as_ref().and_then(Node::replication) else { continue };
        let counted = replication.peers.get(id).and_then(|peer| peer.acked);
        if counted > Some(local.disk.log.len()) {
            return Some(format!("{id} counts its own {} entries, of which {} are on disk", counted?, local.disk.log.len()));
        }
    }
    None
}

/// No ack set of a primary may lie wholly outside a set with which a newer primary can be elected and recover.
fn ack_and_recovery_intersect(state: &State) -> Option<String> {
    let all = NodeSet::first(state.machines.len() as u8);
    let configs: Vec<(NodeId, &Config)> =
        state.machines().map(|(id, local)| (id, &*config_of(local).config)).collect();
    for (primary, local) in state.machines() {
        let Some(node) = local.node.as_ref().filter(|node| node.replication().is_some()) else { continue };
        let epoch = node.epoch();
        let reachable: NodeSet =
            state.machines().filter(|(_, l)| config_of(l).epoch() <= epoch).map(|(id, _)| id).collect();
        for acks in reachable.subsets().filter(|set| node.acknowledges(*set)) {
            let rest = all.minus(acks);
            for (candidate, config) in &configs {
                // Who may vote for this configuration: nodes that have none that is newer.
                let willing: NodeSet = configs.iter().filter(|(_, c)| c.id <= config.id).map(|(id, _)| *id).collect();
                let eligible = config.candidates().contains(*candidate) && *candidate != primary;
                if eligible && config.elects(rest.and(willing)) && config.recovers(rest) {
                    return Some(format!(
                        "{primary} may commit under {epoch} with {acks}, while {candidate} may be elected under {} and \
                         recover with {rest}",
                        config.id
                    ));
                }
            }
        }
    }
    None
}

fn config_of(local: &Local) -> &quorate::disk::Hard {
    local.node.as_ref().map_or(&local.disk.hard, Node::hard)
}

/// Whether what `message` promises is on the disk of its sender.
pub fn gates_hold(from: NodeId, message: &Message<Op>, disk: &Image<Op>, setup: &Setup) -> Result<(), String> {
    let epoch = message.epoch;
    let entered = disk.hard.epoch() >= epoch;
    let grant = setup.lease.map_or(Span::ZERO, |lease| lease.grant());
    let durable = match &message.body {
        Body::Vote { .. } => vote_is_durable(disk, epoch, from),
        // For whom the vote was given is judged by votes-are-durable.
        Body::Granted { promise, .. } | Body::Promised { promise } => entered && disk.log.len() >= promise.len,
        Body::Ack { len } | Body::Gap { len } => entered && disk.log.len() >= *len,
        Body::Installed { id } => disk.hard.config_id() >= *id,
        Body::BeatAck { .. } => disk.hard.ceiling >= grant,
        Body::PreVote { .. }
        | Body::PreYes { .. }
        | Body::PreLater { .. }
        | Body::Refused { .. }
        | Body::Beat(_)
        | Body::Handover { .. }
        | Body::Install { .. }
        | Body::Revoke { .. }
        | Body::Fetch { .. }
        | Body::Fetched { .. }
        | Body::Append(_)
        | Body::Snapshot { .. } => true,
    };
    if durable {
        Ok(())
    } else {
        Err(format!("{from} sent {} under {epoch} before its disk had what it promises", message.body.kind()))
    }
}
