//! A run, told step by step: where something happens, what is said, and what changes by it.

use super::Replay;
use crate::world::{Choice, Landing, Local, NOW, Part, State, World, writes};
use quorate::failover::{Effect, Node, Phase};
use quorate::id::NodeId;
use quorate::rule::without;

/// One step of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scene {
    /// Where.
    pub place: Where,
    /// What happens, in a few words.
    pub label: String,
    /// What changes by it, a sentence each.
    pub changes: Vec<String>,
}

/// Where a step happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Where {
    /// A message travels from one machine to another.
    Between(NodeId, NodeId),
    /// A message is lost on its way.
    Lost(NodeId, NodeId),
    /// Something happens at one machine.
    At(NodeId),
    /// A machine speaks to the resource.
    ToResource(NodeId),
    /// Time passes: ticks on each clock.
    Everywhere(Vec<u8>),
    /// Links change.
    Links,
}

/// Tells a run.
pub fn story(replay: &Replay) -> Vec<Scene> {
    let states = replay.states.windows(2);
    states
        .zip(&replay.choices)
        .map(|(pair, choice)| scene(&replay.world, choice, &pair[0], &pair[1]))
        .collect()
}

/// Tells one step: `choice`, which led from `before` to `after`.
pub fn scene(world: &World, choice: &Choice, before: &State, after: &State) -> Scene {
    let fenced = world.model.node.fenced;
    let (place, label) = match choice {
        Choice::Deliver(e) => (Where::Between(e.from, e.to), said(e)),
        Choice::Drop(e) => (Where::Lost(e.from, e.to), said(e)),
        Choice::Duplicate(e) => (Where::At(e.to), format!("doubled: {}", e.kind())),
        Choice::Pass(ticks) => (Where::Everywhere(ticks.clone()), "time".into()),
        Choice::Land(Landing { from, epoch, op }) => (Where::ToResource(*from), format!("w{op} {epoch}")),
        Choice::Done(node, Effect::Fence { epoch }) if fenced => {
            (Where::ToResource(*node), format!("fence {epoch}"))
        }
        Choice::Done(node, Effect::Load { epoch }) if fenced => {
            (Where::ToResource(*node), format!("load {epoch}"))
        }
        Choice::Write(node) => (Where::At(*node), format!("write w{}", after.history().issued)),
        other => match other.node() {
            Some(node) => {
                let name = other.to_string();
                (Where::At(node), name.strip_prefix(&format!("{node} ")).unwrap_or(&name).to_owned())
            }
            None => (Where::Links, other.to_string()),
        },
    };
    let mut changes = changes(before, after);
    if let Choice::Land(Landing { epoch, op, .. }) = choice {
        let admits = without(world.rules_off(), || before.around.outside.register.admits(*epoch));
        changes.push(format!("the resource {} w{op}", if admits { "applies" } else { "refuses" }));
    }
    Scene { place, label, changes }
}

fn said(envelope: &crate::world::Envelope) -> String {
    format!("{} {}", envelope.kind(), envelope.epoch())
}

/// What is different afterwards.
fn changes(before: &State, after: &State) -> Vec<String> {
    let machines = before.machines().zip(after.machines());
    let mut told: Vec<String> = machines
        .filter_map(|((id, old), (_, new))| {
            let over = leased(old) && !leased(new);
            let (old, new) = (face(old), face(new));
            let mut news: Vec<String> = new.into_iter().filter(|line| !old.contains(line)).collect();
            news.extend(over.then(|| "has no lease any more".into()));
            (!news.is_empty()).then(|| format!("{id} {}", news.join(", ")))
        })
        .collect();
    let (old, new) = (before.history(), after.history());
    if new.acked > old.acked {
        told.push(format!("{} acknowledged", writes(&new.log[old.acked..new.acked])));
    }
    told
}

fn leased(local: &Local) -> bool {
    local.node.as_ref().is_some_and(|node| node.lease(NOW).is_some())
}

/// What there is to say of a machine, each by itself.
fn face(local: &Local) -> Vec<String> {
    let Some(node) = &local.node else {
        return vec!["is down".into()];
    };
    let mut lines = vec![format!("is {}", role(node))];
    let voted = node.hard().ballot.vote.filter(|vote| *vote != node.id());
    lines.extend(voted.map(|vote| format!("voted for {vote} in {}", node.epoch())));
    lines.extend(node.lease(NOW).map(|(_, left)| format!("has a lease for {} more", left.units())));
    lines.extend(local.engine.as_ref().map(|engine| format!("has an engine that {}", does(&engine.part))));
    if !local.log().is_empty() {
        let log: Vec<u8> = local.log().entries().copied().collect();
        lines.push(format!("has {}", writes(&log)));
    }
    if node.committed() > 0 {
        lines.push(format!("knows {} committed", node.committed()));
    }
    lines
}

/// What a database does, in words.
pub fn does(part: &Part) -> String {
    match part {
        Part::Stopped => "does nothing".into(),
        Part::Receiving { from, epoch } => format!("follows {from} in {epoch}"),
        Part::Primary(tenure) => {
            let clients = if tenure.open { "open" } else { "closed" };
            format!("is primary of {}, {clients}, by {}", tenure.epoch, tenure.acks.id)
        }
    }
}

/// The role of a node and its epoch, in words.
pub(super) fn role(node: &Node<u8>) -> String {
    let epoch = node.epoch();
    match node.phase() {
        None if node.halted().is_some() => "halted".into(),
        None => format!("{} in {epoch}", node.role()),
        Some(phase) => format!("primary of {epoch}, {}", doing(phase)),
    }
}

fn doing(phase: Phase) -> &'static str {
    match phase {
        Phase::Revoking => "collecting promises",
        Phase::Recovering { .. } => "taking over a log",
        Phase::Promoting => "promoting its engine",
        Phase::Replicating => "replicating its start",
        Phase::Waiting => "waiting for older leases",
        Phase::Fencing => "fencing",
        Phase::Loading => "loading",
        Phase::Arming => "arming its watchdog",
        Phase::Serving => "serving",
        Phase::Leaving { .. } => "leaving",
    }
}
