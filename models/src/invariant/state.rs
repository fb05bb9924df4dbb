//! The invariants of a state, and the one of a message that leaves.

use super::{Broken, Invariant};
use crate::world::{Database, Local, NOW, Op, Part, Seat, State, Tenure, World};
use quorate::commit::Log;
use quorate::config::{Config, Lease};
use quorate::election::Ballot;
use quorate::failover::{Body, Effect, Message, Node, Phase};
use quorate::id::{Epoch, NodeId, NodeSet};
use quorate::time::Span;
use std::sync::Arc;

/// The first violated invariant of a state, if any: what the history recorded, or what the state shows.
pub fn judge(world: &World, state: &State) -> Option<Broken> {
    let faces = || state.seats().map(|seat| Face::of(world, seat)).collect::<Vec<Face>>();
    state
        .history()
        .broken
        .clone()
        .or_else(|| state.seats().find_map(|seat| judge_seat(world, seat)))
        .or_else(|| judge_pairs(world, &faces()))
        .or_else(|| judge_machines(world, state))
}

/// What all machines together show: nothing, where the configuration never changes.
pub fn judge_machines(world: &World, state: &State) -> Option<Broken> {
    if !world.has_changes() {
        return None;
    }
    let stances: Vec<Stance> = state.machines().map(|machine| Stance::of(world, machine)).collect();
    judge_whole(world, &stances.iter().collect::<Vec<_>>())
}

fn judge_pairs(world: &World, faces: &[Face]) -> Option<Broken> {
    pairs(faces).find_map(|(a, b)| judge_pair(world, a, b))
}

fn pairs(faces: &[Face]) -> impl Iterator<Item = (&Face, &Face)> {
    faces.iter().enumerate().flat_map(|(i, a)| faces[i + 1..].iter().map(move |b| (a, b)))
}

/// What one seat shows by itself.
pub fn judge_seat(world: &World, (id, seat): (NodeId, &Seat)) -> Option<Broken> {
    shown_by_seat(world, (id, seat)).find(|broken| world.heeds(broken.invariant))
}

fn shown_by_seat<'s>(
    world: &World,
    (id, seat): (NodeId, &'s Seat),
) -> impl Iterator<Item = Broken> + use<'s> {
    let face = Face::of(world, (id, seat));
    let votes = move || votes_are_durable(&face, &face).map(broken(Invariant::VotesAreDurable));
    let copy = move || own_copy_is_flushed(id, seat).map(broken(Invariant::GatesHold));
    std::iter::once_with(votes).chain(std::iter::once_with(copy)).flatten()
}

/// What two seats show together.
pub fn judge_pair(world: &World, a: &Face, b: &Face) -> Option<Broken> {
    quorate::rule::without(world.rules_off(), || {
        shown_by_pair(a, b).find(|broken| world.heeds(broken.invariant))
    })
}

type Leaf = fn(&Face, &Face) -> Option<String>;

fn shown_by_pair(a: &Face, b: &Face) -> impl Iterator<Item = Broken> {
    let leaves: [(Invariant, Leaf); 5] = [
        (Invariant::VotesAreDurable, |a, b| votes_are_durable(a, b).or_else(|| votes_are_durable(b, a))),
        (Invariant::LeaseExclusion, |a, b| lease_exclusion(a, b).or_else(|| lease_exclusion(b, a))),
        (Invariant::LogMatching, log_matching),
        (Invariant::OnePrimaryPerEpoch, one_primary_per_epoch),
        (Invariant::OnePrimaryPerEpoch, one_engine_per_epoch),
    ];
    leaves.into_iter().filter_map(move |(invariant, leaf)| leaf(a, b).map(broken(invariant)))
}

/// What only all machines together show; only where the configuration may change ([`World::has_changes`]).
pub fn judge_whole(world: &World, stances: &[&Stance]) -> Option<Broken> {
    quorate::rule::without(world.rules_off(), || {
        ack_and_recovery_intersect(stances)
            .or_else(|| engine_acks_and_recovery_intersect(stances))
            .map(broken(Invariant::AckAndRecoveryIntersect))
    })
}

/// Every violated invariant of a state, each with the first values that break it: first what [`judge`] answers. What
/// does not count in this world is not among them.
pub fn judge_each(world: &World, state: &State) -> Vec<Broken> {
    let faces: Vec<Face> = state.seats().map(|seat| Face::of(world, seat)).collect();
    let by_pairs = || pairs(&faces).flat_map(|(a, b)| shown_by_pair(a, b)).collect::<Vec<Broken>>();
    let mut all: Vec<Broken> = state.history().broken.clone().into_iter().collect();
    all.extend(state.seats().flat_map(|seat| shown_by_seat(world, seat)));
    all.extend(quorate::rule::without(world.rules_off(), by_pairs));
    all.extend(judge_machines(world, state));
    let mut met = Vec::new();
    all.retain(|broken| {
        let first = world.heeds(broken.invariant) && !met.contains(&broken.invariant);
        met.push(broken.invariant);
        first
    });
    all
}

fn broken(invariant: Invariant) -> impl Fn(String) -> Broken {
    move |why| Broken { invariant, why }
}

// ---- two seats -------------------------------------------------------------------------------------------

/// All that is seen of a seat by who judges it together with another. Many seats have the same.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Face {
    id: NodeId,
    /// What is on disk.
    ballot: Ballot,
    /// Votes on their way to it: of whom, for whom, and when.
    arriving: Vec<(NodeId, NodeId, Epoch)>,
    /// Votes that it counts, and when.
    counted: NodeSet,
    epoch: Option<Epoch>,
    /// Its lease: under which epoch, and how much is left of it.
    lease: Option<(Epoch, Span)>,
    /// The epoch in which it is primary.
    leading: Option<Epoch>,
    /// The epoch in which it is active.
    active: Option<Epoch>,
    log: Log<Op>,
    /// The epoch in which its database is primary.
    primary: Option<Epoch>,
}

impl Face {
    /// That of a seat.
    pub fn of(world: &World, (id, seat): (NodeId, &Seat)) -> Self {
        quorate::rule::without(world.rules_off(), || Self::look(id, seat))
    }

    fn look(id: NodeId, seat: &Seat) -> Self {
        let Local { node, disk, engine, .. } = &*seat.machine;
        let node = node.as_ref();
        let vote = |from: NodeId, message: &Message<Op>| match &message.body {
            Body::Vote { .. } => Some((from, from, message.epoch)),
            Body::Granted { .. } => Some((from, id, message.epoch)),
            _no_vote => None,
        };
        let mut arriving: Vec<_> =
            seat.inbox.iter().filter_map(|envelope| vote(envelope.from, envelope.message()?)).collect();
        arriving.dedup();
        let counted = node.map_or(NodeSet::EMPTY, Node::votes);
        let active = |node: &&Node<Op>| node.phase().is_some_and(Phase::is_active);
        Self {
            id,
            ballot: disk.hard.ballot,
            arriving,
            counted,
            epoch: node.filter(|_| !counted.is_empty()).map(Node::epoch),
            lease: node.and_then(|node| node.lease(NOW)),
            leading: node.filter(|node| node.phase().is_some()).map(Node::epoch),
            active: node.filter(active).map(Node::epoch),
            log: seat.machine.log().clone(),
            primary: engine.as_ref().and_then(Database::tenure).map(|tenure| tenure.epoch),
        }
    }
}

/// Whether a disk has a vote for `candidate` in `epoch`, or has durably left that epoch.
fn vote_is_durable(ballot: Ballot, epoch: Epoch, candidate: NodeId) -> bool {
    ballot.epoch > epoch || (ballot.epoch == epoch && ballot.vote == Some(candidate))
}

/// Of what `voter` sent to `other`, and of what `other` counts: no vote that is not on the voter's disk.
fn votes_are_durable(other: &Face, voter: &Face) -> Option<String> {
    let (name, ballot) = (voter.id, voter.ballot);
    let arriving = other.arriving.iter().filter(|(from, ..)| *from == name);
    for (_, candidate, epoch) in arriving {
        if !vote_is_durable(ballot, *epoch, *candidate) {
            return Some(format!(
                "the vote of {name} for {candidate} in {epoch} is on its way but not on disk"
            ));
        }
    }
    let epoch = other.epoch.filter(|_| other.counted.contains(name))?;
    (!vote_is_durable(ballot, epoch, other.id))
        .then(|| format!("{} counts the vote of {name} in {epoch}, which is not on disk", other.id))
}

fn lease_exclusion(holder: &Face, other: &Face) -> Option<String> {
    let (old, left) = holder.lease?;
    let new = other.active.filter(|epoch| *epoch > old)?;
    Some(format!(
        "{} is active under {new} while the lease of {} under {old} is valid for {} more",
        other.id,
        holder.id,
        left.units()
    ))
}

fn log_matching(a: &Face, b: &Face) -> Option<String> {
    let index = first_mismatch(&a.log, &b.log)?;
    Some(format!(
        "{} and {} have the same epoch at index {index}, but not the same log up to there",
        a.id, b.id
    ))
}

/// That an epoch is won once is in the history; nobody else may act as if it had won it.
fn one_primary_per_epoch(a: &Face, b: &Face) -> Option<String> {
    let epoch = a.leading.filter(|epoch| b.leading == Some(*epoch))?;
    Some(format!("{} and {} are both primary of {epoch}", a.id, b.id))
}

/// An epoch has one primary among the databases too.
fn one_engine_per_epoch(a: &Face, b: &Face) -> Option<String> {
    let epoch = a.primary.filter(|epoch| b.primary == Some(*epoch))?;
    Some(format!("the databases of {} and {} are both primary of {epoch}", a.id, b.id))
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

// ---- all machines ----------------------------------------------------------------------------------------

/// All that is seen of a machine by who judges what may be acknowledged and recovered.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Stance {
    id: NodeId,
    config: Arc<Config>,
    /// The newest epoch that it knows of.
    entered: Epoch,
    /// As primary that replicates: its epoch, and with which sets it may commit.
    commits: Option<(Epoch, Vec<NodeSet>)>,
    /// As database that is primary: its epoch, and by what it acknowledges.
    acknowledges: Option<(Epoch, Arc<Config>)>,
    /// From whom its database copies or is told to, and under which epoch.
    follows: Vec<(NodeId, Epoch)>,
}

impl Stance {
    /// That of a machine.
    pub fn of(world: &World, (id, local): (NodeId, &Local)) -> Self {
        let all = NodeSet::first(world.model.nodes);
        quorate::rule::without(world.rules_off(), || Self::look(all, id, local))
    }

    fn look(all: NodeSet, id: NodeId, local: &Local) -> Self {
        let begun = |node: &&Node<Op>| node.replication().is_some() && !node.hard().config.data().is_empty();
        let node = local.node.as_ref();
        let sets = |node: &Node<Op>| all.subsets().filter(|set| node.acknowledges(*set)).collect();
        let tenure = local.engine.as_ref().and_then(Database::tenure);
        let asked = local.effects.iter().filter_map(|effect| match effect {
            Effect::Follow { node, epoch } => Some((*node, *epoch)),
            _another => None,
        });
        let copies = match local.engine.as_ref().map(|engine| &engine.part) {
            Some(Part::Receiving { from, epoch }) => Some((*from, *epoch)),
            Some(Part::Stopped | Part::Primary(_)) | None => None,
        };
        let hard = node.map_or(&local.disk.hard, Node::hard);
        Self {
            id,
            config: hard.config.clone(),
            entered: hard.epoch(),
            commits: node.filter(begun).map(|node| (node.epoch(), sets(node))),
            acknowledges: tenure.map(|Tenure { epoch, acks, .. }| (*epoch, acks.clone())),
            follows: asked.chain(copies).collect(),
        }
    }
}

/// No ack set of a primary may lie wholly outside a set with which a newer primary can be elected and recover.
fn ack_and_recovery_intersect(stances: &[&Stance]) -> Option<String> {
    for Stance { id: primary, commits, .. } in stances {
        let Some((epoch, sets)) = commits else { continue };
        let reachable = those(stances, |other| other.entered <= *epoch);
        for acks in sets.iter().filter(|set| set.within(reachable)) {
            if let Some((candidate, config)) = recovers_without(stances, *primary, *acks) {
                let rest = NodeSet::first(stances.len() as u8).minus(*acks);
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
fn engine_acks_and_recovery_intersect(stances: &[&Stance]) -> Option<String> {
    for Stance { id: primary, acknowledges, .. } in stances {
        let Some((epoch, acks)) = acknowledges else { continue };
        let copies = |other: &Stance| {
            other.id == *primary || other.entered <= *epoch || other.follows.contains(&(*primary, *epoch))
        };
        let reachable = those(stances, copies);
        let holds = |set: &NodeSet| set.contains(*primary) && acks.acknowledges(*set);
        for set in reachable.subsets().filter(holds) {
            if let Some((candidate, config)) = recovers_without(stances, *primary, set) {
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
fn recovers_without<'s>(
    stances: &[&'s Stance],
    primary: NodeId,
    acks: NodeSet,
) -> Option<(NodeId, &'s Config)> {
    let rest = NodeSet::first(stances.len() as u8).minus(acks);
    let mut configs = stances.iter().map(|stance| (stance.id, &*stance.config));
    configs.find(|(candidate, config)| {
        // Who may vote for this configuration: nodes that have none that is newer.
        let willing = those(stances, |other| other.config.id <= config.id);
        let eligible = config.candidates().contains(*candidate) && *candidate != primary;
        eligible && config.elects(rest.and(willing)) && config.recovers(rest)
    })
}

fn those(stances: &[&Stance], test: impl Fn(&Stance) -> bool) -> NodeSet {
    stances.iter().filter(|stance| test(stance)).map(|stance| stance.id).collect()
}

// ---- a message -------------------------------------------------------------------------------------------

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
        Body::Vote { .. } => vote_is_durable(disk.hard.ballot, epoch, from),
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
