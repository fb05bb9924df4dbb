//! The invariants of a state, and the one of a message that leaves.

use super::{Broken, Invariant};
use crate::world::{Database, Local, NOW, Op, Part, Seat, State, Tenure, World};
use quorate::commit::Log;
use quorate::config::{Config, Lease};
use quorate::disk::Image;
use quorate::failover::{Body, Effect, Message, Node};
use quorate::id::{Epoch, NodeId, NodeSet};
use quorate::time::Span;

/// The first violated invariant of a state, if any: what the history recorded, or what the state shows.
///
/// All but one of these judge a seat alone or two seats together, so that an engine can remember the answers.
pub fn judge(world: &World, state: &State) -> Option<Broken> {
    let seats: Vec<(NodeId, &Seat)> = state.seats().collect();
    let pairs = || seats.iter().enumerate().flat_map(|(i, a)| seats[i + 1..].iter().map(move |b| (*a, *b)));
    state
        .history()
        .broken
        .clone()
        .or_else(|| seats.iter().find_map(|seat| judge_seat(world, *seat)))
        .or_else(|| pairs().find_map(|(a, b)| judge_pair(world, a, b)))
        .or_else(|| judge_whole(world, state))
}

/// What one seat shows by itself.
pub fn judge_seat(world: &World, (id, seat): (NodeId, &Seat)) -> Option<Broken> {
    quorate::rule::without(world.rules_off(), || {
        votes_are_durable((id, seat), (id, seat))
            .map(broken(Invariant::VotesAreDurable))
            .or_else(|| own_copy_is_flushed(id, seat).map(broken(Invariant::GatesHold)))
            .filter(|broken| world.heeds(broken.invariant))
    })
}

/// What two seats show together.
pub fn judge_pair(world: &World, a: (NodeId, &Seat), b: (NodeId, &Seat)) -> Option<Broken> {
    quorate::rule::without(world.rules_off(), || {
        let votes = votes_are_durable(a, b).or_else(|| votes_are_durable(b, a));
        let leases = || lease_exclusion(a, b).or_else(|| lease_exclusion(b, a));
        votes
            .map(broken(Invariant::VotesAreDurable))
            .filter(|broken| world.heeds(broken.invariant))
            .or_else(|| leases().map(broken(Invariant::LeaseExclusion)))
            .or_else(|| log_matching(a, b).map(broken(Invariant::LogMatching)))
            .or_else(|| one_primary_per_epoch(a, b).map(broken(Invariant::OnePrimaryPerEpoch)))
            .or_else(|| one_engine_per_epoch(a, b).map(broken(Invariant::OnePrimaryPerEpoch)))
    })
}

/// What only the whole state shows.
pub fn judge_whole(world: &World, state: &State) -> Option<Broken> {
    if world.model.changes.is_empty() {
        return None;
    }
    quorate::rule::without(world.rules_off(), || {
        ack_and_recovery_intersect(state)
            .or_else(|| engine_acks_and_recovery_intersect(state))
            .map(broken(Invariant::AckAndRecoveryIntersect))
    })
}

fn broken(invariant: Invariant) -> impl Fn(String) -> Broken {
    move |why| Broken { invariant, why }
}

/// Whether `voter` has a vote for `candidate` in `epoch` on its disk, or has durably left that epoch.
fn vote_is_durable(disk: &Image<Op>, epoch: Epoch, candidate: NodeId) -> bool {
    let ballot = disk.hard.ballot;
    ballot.epoch > epoch || (ballot.epoch == epoch && ballot.vote == Some(candidate))
}

/// Of what `voter` sent to `other`, and of what `other` counts: no vote that is not on the voter's disk.
fn votes_are_durable((other, seat): (NodeId, &Seat), (voter, at): (NodeId, &Seat)) -> Option<String> {
    let disk = &at.machine.disk;
    for envelope in seat.inbox.iter().filter(|envelope| envelope.from == voter) {
        let Some(Message { epoch, body }) = envelope.message() else { continue };
        let candidate = match body {
            Body::Vote { .. } => voter,
            Body::Granted { .. } => other,
            _no_vote => continue,
        };
        if !vote_is_durable(disk, *epoch, candidate) {
            return Some(format!(
                "the vote of {voter} for {candidate} in {epoch} is on its way but not on disk"
            ));
        }
    }
    let candidate = seat.machine.node.as_ref()?;
    let counted = candidate.votes().contains(voter) && !vote_is_durable(disk, candidate.epoch(), other);
    counted
        .then(|| format!("{other} counts the vote of {voter} in {}, which is not on disk", candidate.epoch()))
}

fn lease_exclusion((holder, at): (NodeId, &Seat), (other, seat): (NodeId, &Seat)) -> Option<String> {
    let (old, left) = at.machine.node.as_ref()?.lease(NOW)?;
    let node = seat.machine.node.as_ref()?;
    let active = node.epoch() > old && node.phase()?.is_active();
    active.then(|| {
        format!(
            "{other} is active under {} while the lease of {holder} under {old} is valid for {} more",
            node.epoch(),
            left.units()
        )
    })
}

fn log_matching((a, left): (NodeId, &Seat), (b, right): (NodeId, &Seat)) -> Option<String> {
    let index = first_mismatch(left.machine.log(), right.machine.log())?;
    Some(format!("{a} and {b} have the same epoch at index {index}, but not the same log up to there"))
}

/// That an epoch is won once is in the history; nobody else may act as if it had won it.
fn one_primary_per_epoch((a, left): (NodeId, &Seat), (b, right): (NodeId, &Seat)) -> Option<String> {
    let leads = |seat: &Seat| seat.machine.node.as_ref().filter(|n| n.phase().is_some()).map(Node::epoch);
    let epoch = leads(left)?;
    (leads(right) == Some(epoch)).then(|| format!("{a} and {b} are both primary of {epoch}"))
}

/// An epoch has one primary among the databases too.
fn one_engine_per_epoch((a, left): (NodeId, &Seat), (b, right): (NodeId, &Seat)) -> Option<String> {
    let primary = |seat: &Seat| Some(seat.machine.engine.as_ref()?.tenure()?.epoch);
    let epoch = primary(left)?;
    (primary(right) == Some(epoch))
        .then(|| format!("the databases of {a} and {b} are both primary of {epoch}"))
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

fn own_copy_is_flushed(id: NodeId, seat: &Seat) -> Option<String> {
    let replication = seat.machine.node.as_ref()?.replication()?;
    let counted = replication.peers.get(id)?.acked?;
    let flushed = seat.machine.flushed();
    (counted > flushed)
        .then(|| format!("{id} counts its own {counted} entries, of which {flushed} are on disk"))
}

/// No ack set of a primary may lie wholly outside a set with which a newer primary can be elected and recover.
fn ack_and_recovery_intersect(state: &State) -> Option<String> {
    for (primary, local) in state.machines() {
        let begun = |node: &&Node<Op>| node.replication().is_some() && !node.hard().config.data().is_empty();
        let Some(node) = local.node.as_ref().filter(begun) else { continue };
        let epoch = node.epoch();
        let reachable: NodeSet =
            state.machines().filter(|(_, l)| config_of(l).epoch() <= epoch).map(|(id, _)| id).collect();
        for acks in reachable.subsets().filter(|set| node.acknowledges(*set)) {
            if let Some((candidate, config)) = recovers_without(state, primary, acks) {
                let rest = NodeSet::first(state.seats.len() as u8).minus(acks);
                return Some(format!(
                    "{primary} may commit under {epoch} with {acks}, while {candidate} may be elected under {} and \
                     recover with {rest}",
                    config.id
                ));
            }
        }
    }
    None
}

/// The same for a database, which acknowledges by the family in force there and by what others may still flush for
/// it: those that copy from it, are told to, or may still be told to.
fn engine_acks_and_recovery_intersect(state: &State) -> Option<String> {
    for (primary, local) in state.machines() {
        let Some(Tenure { epoch, acks, .. }) = local.engine.as_ref().and_then(Database::tenure) else {
            continue;
        };
        let copies = |(id, other): &(NodeId, &Local)| {
            let follows = Part::Receiving { from: primary, epoch: *epoch };
            let asked = Effect::Follow { node: primary, epoch: *epoch };
            *id == primary
                || config_of(other).epoch() <= *epoch
                || other.effects.contains(&asked)
                || other.engine.as_ref().is_some_and(|engine| engine.part == follows)
        };
        let reachable: NodeSet = state.machines().filter(copies).map(|(id, _)| id).collect();
        let holds = |set: &NodeSet| set.contains(primary) && acks.acknowledges(*set);
        for set in reachable.subsets().filter(holds) {
            if let Some((candidate, config)) = recovers_without(state, primary, set) {
                return Some(format!(
                    "the database of {primary} may acknowledge under {epoch} with {set}, while {candidate} may be \
                     elected under {} and recover without them",
                    config.id
                ));
            }
        }
    }
    None
}

/// Who, other than `primary`, may be elected and recover with nobody of `acks`, and under which configuration.
fn recovers_without(state: &State, primary: NodeId, acks: NodeSet) -> Option<(NodeId, &Config)> {
    let rest = NodeSet::first(state.seats.len() as u8).minus(acks);
    let configs = || state.machines().map(|(id, local)| (id, &*config_of(local).config));
    configs().find(|(candidate, config)| {
        // Who may vote for this configuration: nodes that have none that is newer.
        let willing: NodeSet = configs().filter(|(_, c)| c.id <= config.id).map(|(id, _)| id).collect();
        let eligible = config.candidates().contains(*candidate) && *candidate != primary;
        eligible && config.elects(rest.and(willing)) && config.recovers(rest)
    })
}

fn config_of(local: &Local) -> &quorate::disk::Hard {
    local.node.as_ref().map_or(&local.disk.hard, Node::hard)
}

/// Whether what `message` promises is on the disk of `sender`; `asked` is the lease of its receiver.
///
/// A database is cut back in an epoch when its primary has chosen a log: what was promised in that epoch for what
/// was on disk before may still leave, but nobody waits for it.
pub fn gates_hold(
    from: NodeId,
    message: &Message<Op>,
    sender: &Local,
    asked: Option<Lease>,
) -> Result<(), String> {
    let (epoch, disk, flushed) = (message.epoch, &sender.disk, sender.flushed());
    let entered = disk.hard.epoch() >= epoch;
    let moot = sender.engine.as_ref().is_some_and(|engine| engine.cut == epoch);
    let grant = asked.map_or(Span::ZERO, |lease| lease.grant());
    let durable = match &message.body {
        Body::Vote { .. } => vote_is_durable(disk, epoch, from),
        // For whom the vote was given is judged by votes-are-durable.
        Body::Granted { promise, .. } | Body::Promised { promise } => {
            entered && (flushed >= promise.len || moot)
        }
        Body::Ack { len } | Body::Gap { len } => entered && flushed >= *len,
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
