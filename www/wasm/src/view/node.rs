//! A machine.

use super::Epoch;
use crate::session::Moment;
use quorate::failover::{Node, Phase};
use quorate::id::NodeId;
use quorate_models::run::does;
use quorate_models::world::{Local, NOW, Op, World, effect_name, writes};
use serde::Serialize;

/// A machine.
#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct NodeView {
    index: u8,
    role: Role,
    phase: Option<&'static str>,
    epoch: Epoch,
    voted: Option<u8>,
    paused: bool,
    serving: bool,
    lease: Option<Lease>,
    bound: Option<Lease>,
    primary: Option<u8>,
    log: Vec<EntryView>,
    base: u64,
    committed: u64,
    in_flight: usize,
    effects: Vec<String>,
    engine: Option<String>,
    clock: u32,
    facts: Vec<(&'static str, String)>,
}

/// What a machine is.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Not running.
    Down,
    /// Stopped for good.
    Halted,
    /// Follows, or waits for a primary.
    Follower,
    /// Asks whether it would be elected.
    PreCandidate,
    /// Stands for election.
    Candidate,
    /// Won.
    Primary,
}

/// Ticks left of how many.
#[derive(Serialize, Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    pub(crate) left: u64,
    of: u64,
}

/// An entry of a log.
#[derive(Serialize, Debug)]
pub struct EntryView {
    op: Op,
    epoch: Epoch,
    flushed: bool,
    committed: bool,
}

impl Role {
    pub(crate) fn of(local: &Local) -> Self {
        let Some(node) = &local.node else { return Role::Down };
        match node.role() {
            _ if node.halted().is_some() => Role::Halted,
            "pre-vote" => Role::PreCandidate,
            "candidate" => Role::Candidate,
            "primary" => Role::Primary,
            _ => Role::Follower,
        }
    }
}

pub(crate) fn phase(local: &Local) -> Option<&'static str> {
    let phase = local.node.as_ref().filter(|node| node.halted().is_none())?.phase()?;
    Some(match phase {
        Phase::Revoking => "revoking",
        Phase::Recovering { .. } => "recovering",
        Phase::Promoting => "promoting",
        Phase::Replicating => "replicating",
        Phase::Waiting => "waiting",
        Phase::Fencing => "fencing",
        Phase::Loading => "loading",
        Phase::Arming => "arming",
        Phase::Serving => "serving",
        Phase::Leaving { .. } => "leaving",
    })
}

/// The newest epoch it knows, or has on disk while it is down.
pub(crate) fn epoch(local: &Local) -> quorate::id::Epoch {
    local.node.as_ref().map_or_else(|| local.disk.hard.epoch(), Node::epoch)
}

/// Whether it may act as primary right now.
pub(crate) fn serves(local: &Local) -> bool {
    let covered = |node: &Node<Op>| node.setup().lease.is_none() || node.lease(NOW).is_some();
    local.node.as_ref().is_some_and(|node| node.halted().is_none() && node.is_serving() && covered(node))
}

pub(crate) fn lease(local: &Local) -> Option<Lease> {
    let node = local.node.as_ref()?;
    let (_, left) = node.lease(NOW)?;
    Some(Lease { left: left.units(), of: node.setup().lease?.hold().units() })
}

/// What it is bound to by a lease it granted, or may have granted before it was restarted.
fn bound(local: &Local) -> Option<Lease> {
    let node = local.node.as_ref()?;
    let left = node.busy_left().units();
    let longest =
        node.hard().ceiling.units().max(node.setup().lease.map_or(0, |lease| lease.grant().units()));
    (left > 0).then_some(Lease { left, of: longest.max(left) })
}

pub(crate) fn committed(local: &Local) -> u64 {
    local.node.as_ref().map_or(0, Node::committed)
}

/// The log, oldest first.
fn entries(local: &Local) -> Vec<EntryView> {
    let (log, disk, committed) = (local.log(), &local.disk.log, committed(local));
    let on_disk = |index: u64, op: &Op| {
        let same =
            disk.get(index) == Some(op) && disk.history().epoch_at(index) == log.history().epoch_at(index);
        local.engine.is_some() || same
    };
    let view = |(index, op): (u64, &Op)| EntryView {
        op: *op,
        epoch: log.history().epoch_at(index).into(),
        flushed: on_disk(index, op),
        committed: index < committed,
    };
    (log.base()..).zip(log.entries()).map(view).collect()
}

fn engine(local: &Local) -> Option<String> {
    let engine = local.engine.as_ref()?;
    let log: Vec<Op> = engine.log.entries().copied().collect();
    Some(format!("{}; has {}", does(&engine.part), writes(&log)))
}

impl NodeView {
    pub(crate) fn of(world: &World, moment: &Moment, id: NodeId) -> Self {
        let local = moment.state.machine(id);
        let node = local.node.as_ref();
        let hard = node.map_or(&local.disk.hard, Node::hard);
        let clock = moment.clocks.get(usize::from(id.index())).copied().unwrap_or(0);
        Self {
            index: id.index(),
            role: Role::of(local),
            phase: phase(local),
            epoch: epoch(local).into(),
            voted: hard.ballot.vote.map(NodeId::index),
            paused: moment.state.around.outside.paused.contains(id),
            serving: serves(local),
            lease: lease(local),
            bound: bound(local),
            primary: node.and_then(Node::primary).map(NodeId::index),
            log: entries(local),
            base: local.log().base(),
            committed: committed(local),
            in_flight: local.flight.len(),
            effects: local.effects.iter().map(|effect| effect_name(*effect)).collect(),
            engine: engine(local),
            clock,
            facts: facts(world, moment, id, clock),
        }
    }
}

/// What is said where there is nothing to say.
const NOTHING: &str = "–";

fn said(value: Option<impl ToString>) -> String {
    value.map_or_else(|| NOTHING.to_owned(), |value| value.to_string())
}

fn list(values: &[impl ToString]) -> String {
    let all: Vec<String> = values.iter().map(ToString::to_string).collect();
    if all.is_empty() { NOTHING.to_owned() } else { all.join(", ") }
}

/// All that can be said of a machine. What cannot occur in this model is not in the list, whatever the moment.
fn facts(world: &World, moment: &Moment, id: NodeId, clock: u32) -> Vec<(&'static str, String)> {
    let local = moment.state.machine(id);
    let node = local.node.as_ref();
    let hard = node.map_or(&local.disk.hard, Node::hard);
    let leased = world.setup(id).lease.is_some();
    let data = world.model.cluster.acks.is_some();
    let mut facts = vec![
        ("epoch", epoch(local).to_string()),
        ("vote", said(hard.ballot.vote)),
        ("on disk", on_disk(local)),
        ("in flight", flight(local)),
        ("takes for primary", said(node.and_then(Node::primary))),
        ("votes counted", said(node.filter(|node| !node.votes().is_empty()).map(Node::votes))),
    ];
    if data {
        let log: Vec<Op> = local.log().entries().copied().collect();
        facts.extend([
            ("promises", said(node.filter(|node| !node.promised().is_empty()).map(Node::promised))),
            ("log", format!("{} {}", local.log().history(), writes(&log))),
            ("position", local.log().position().to_string()),
            ("flushed", local.flushed().to_string()),
            ("committed", committed(local).to_string()),
            ("acknowledged by", said(node.and_then(replication))),
        ]);
    }
    if world.scope().reads > 0 {
        facts.push(("reads waiting", node.map_or(0, Node::waiting_reads).to_string()));
    }
    if leased {
        let left =
            |lease: Option<Lease>| said(lease.map(|lease| format!("{} of {} ticks", lease.left, lease.of)));
        let waits = node.map_or(0, |node| node.wait_left().units());
        facts.extend([
            ("lease held", left(lease(local))),
            ("bound by a lease for", left(bound(local))),
            ("waits for older leases", said((waits > 0).then(|| format!("{waits} ticks")))),
            ("longest lease granted", hard.ceiling.units().to_string()),
        ]);
    }
    if world.scope().rates.is_some() {
        facts.push(("clock", clock.to_string()));
    }
    facts.push(("configuration", format!("{} {}", hard.config.id, hard.config.nodes())));
    if world.has_changes() {
        facts.push(("published to", said(node.and_then(Node::publishing))));
    }
    facts.push(("held back", held(node)));
    if world.model.node.fenced || world.model.node.external || world.scope().compactions > 0 {
        let effects: Vec<String> = local.effects.iter().map(|effect| effect_name(*effect)).collect();
        facts.push(("to be done", list(&effects)));
    }
    if world.model.node.external {
        facts.push(("database", said(engine(local))));
    }
    facts.push(("starts", hard.incarnation.to_string()));
    facts.push(("stopped for good", said(node.and_then(Node::halted).map(|halt| format!("{halt:?}")))));
    facts
}

fn on_disk(local: &Local) -> String {
    let ballot = local.disk.hard.ballot;
    match ballot.vote {
        Some(vote) => format!("{}, vote for {vote}", ballot.epoch),
        None => format!("{}, no vote", ballot.epoch),
    }
}

fn flight(local: &Local) -> String {
    match local.flight.len() {
        0 => NOTHING.to_owned(),
        1 => "1 record".to_owned(),
        many => format!("{many} records"),
    }
}

fn replication(node: &Node<Op>) -> Option<String> {
    let peers = &node.replication()?.peers;
    let acked = |(id, acked): (NodeId, Option<u64>)| format!("{id} {}", said(acked));
    Some(list(&peers.iter().map(|(id, peer)| acked((id, peer.acked))).collect::<Vec<_>>()))
}

/// Messages that wait for a record to be durable.
fn held(node: Option<&Node<Op>>) -> String {
    let messages = node.into_iter().flat_map(Node::held);
    list(&messages.map(|(to, message)| format!("{} to {to}", message.body.kind())).collect::<Vec<_>>())
}
