//! After the faults: whenever enough nodes are connected from some time on, a primary serves within a bound and
//! stays.
//!
//! A *core* is chosen that is sufficient: it has a vote quorum, an ack set and a recovery set of every settings
//! that may be in force, and somebody of each who may lead. Its machines are started again and connected. What
//! becomes of the others is the spec's: they stand still, are cut off, or are heard without hearing.
//!
//! From then on things happen in turn, in rounds. In a round every message that can arrive does, oldest first,
//! every record is flushed, every effect is done, until nothing is left; then every timer that is due fires and
//! all that follows from it happens; then time passes, each clock at its slow or fast rate as the dice say. This is
//! fair: nothing that can happen waits for longer than a round.
//!
//! A *turn* is as many rounds as it takes the slowest clock to count the longest wait of a node – election timeout,
//! random part, delay by priority – and the longest lease. *Required*: within [`BOUND`] turns some node of the core
//! is seen serving, under one epoch and if there is a lease under a valid one, at the end of every round of
//! [`STAYS`] turns, and a write that was begun meanwhile was acknowledged, or reached the fenced resource.

use super::walk::{Walk, reserve};
use super::{Dice, Kind};
use crate::invariant::{Broken, Invariant};
use crate::world::{Choice, Model, NOW, node};
use quorate::config::Settings;
use quorate::failover::Node;
use quorate::id::{Epoch, NodeId, NodeSet};
use serde::Serialize;

/// What becomes of the nodes outside the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub enum Outsiders {
    /// Nothing happens to them any more.
    Still,
    /// They go on, without the core.
    CutOff,
    /// They go on, and the core hears them, but they hear nothing of the core.
    Deaf,
}

/// How many turns it may take, if the random part is as long as the election timeout. Elections collide at random, so
/// this is a matter of odds: the longest of twelve thousand runs took 3.8.
pub const BOUND: u32 = 12;
/// For how many turns a primary must stay.
pub const STAYS: u32 = 2;
/// More steps than this in one round are a chatter that never ends.
const CHATTER: usize = 4_000;

/// Who serves, and since which round.
#[derive(Clone, Copy)]
struct Reign {
    who: (NodeId, Epoch),
    since: u32,
    /// The number of the write it was given.
    write: Option<u8>,
}

/// How many rounds a turn has.
pub fn turn(model: &Model) -> u32 {
    let priority =
        model.cluster.priority.iter().chain(model.changes.iter().flat_map(|draft| draft.priority.iter()));
    let behind = priority.map(|(_, priority)| u64::from(*priority)).max().unwrap_or(0);
    let wait =
        model.node.timing.map_or(1, |timing| timing.election + timing.spread + behind * timing.heartbeat);
    let leases = model.node.leases.iter().chain(&model.node.lease);
    let grant = leases.map(|lease| lease.grant).max().unwrap_or(0);
    let slow = model.scope.rates.map_or(1, |[slow, _]| u64::from(slow));
    u32::try_from((wait + grant).div_ceil(slow)).unwrap_or(u32::MAX)
}

/// Heals, and goes on fairly until a primary has served for long enough: in which round it began to. If it takes
/// too long, the walk is broken.
///
/// What is chosen here depends on `seed` alone, not on the walk before, so that a shorter walk is followed by the
/// same.
pub fn settle(walk: &mut Walk<'_>, outsiders: Outsiders, seed: u64) -> Option<u32> {
    walk.dice = Dice::new(!seed);
    let core = choose_core(walk);
    heal(walk, core, outsiders);
    let all = NodeSet::first(walk.world.model.nodes);
    let running = if outsiders == Outsiders::Still { core } else { all };
    let mut reign: Option<Reign> = None;
    let turn = turn(&walk.world.model);
    for round in 0..BOUND.saturating_mul(turn) {
        go_round(walk, running);
        if walk.broken.is_some() {
            return None;
        }
        reign = match (serving(walk, core), reign) {
            (Some(who), Some(old)) if old.who == who => Some(old),
            (Some(who), _) => Some(Reign { who, since: round, write: None }),
            (None, _) => None,
        };
        if let Some(reign) = &mut reign {
            // Seldom, because there are few writes.
            if reign.write.is_none() && (round - reign.since) % turn == 0 {
                reign.write = write(walk, reign.who.0);
            }
            if round - reign.since >= STAYS * turn && is_written(walk, reign.write) {
                return Some(reign.since);
            }
        }
    }
    let why = format!(
        "after {BOUND} turns of {turn} rounds without faults no primary among {core} has served for {STAYS} turns \
         and acknowledged a write; {}",
        describe(walk)
    );
    walk.broken = Some(Broken { invariant: Invariant::ServesEventually, why });
    None
}

// ---- the core ------------------------------------------------------------------------------------------

/// Whether `set` can go on alone, whichever of the settings are in force.
fn is_sufficient(settings: &[Settings], set: NodeSet) -> bool {
    settings.iter().all(|part| {
        let acks = part.strong().is_none_or(|acks| acks.holds(set) && acks.recovers(set));
        let weak = part.weak().is_none_or(|weak| weak.acks.holds(set) && weak.acks.recovers(set));
        let leads = !part.candidates().and(set).is_empty();
        part.votes().holds(set) && acks && weak && leads
    })
}

/// Half of the time a smallest sufficient set, otherwise any.
fn choose_core(walk: &mut Walk<'_>) -> NodeSet {
    let model = &walk.world.model;
    let all = NodeSet::first(model.nodes);
    let drafts = std::iter::once(&model.cluster).chain(&model.changes);
    let settings: Vec<Settings> = drafts.filter_map(|draft| Settings::new(draft.clone()).ok()).collect();
    let mut sets: Vec<NodeSet> = all.subsets().filter(|set| is_sufficient(&settings, *set)).collect();
    if walk.dice.below(2) == 0 {
        let minimal = |set: &NodeSet| set.iter().all(|id| !is_sufficient(&settings, set.without(id)));
        sets.retain(minimal);
    }
    walk.dice.take(&mut sets).unwrap_or(all)
}

/// Starts the machines of the core, restarting those that halted, and connects them.
fn heal(walk: &mut Walk<'_>, core: NodeSet, outsiders: Outsiders) {
    let all = NodeSet::first(walk.world.model.nodes);
    walk.try_to(&Choice::Heal);
    let paused = walk.state.around.outside.paused;
    let resumed = if outsiders == Outsiders::Still { core } else { all };
    for id in paused.and(resumed).iter() {
        walk.try_to(&Choice::Resume(id));
    }
    for id in core.iter() {
        if walk.state.node(id).is_some_and(|node| node.halted().is_some()) {
            walk.try_to(&Choice::Crash { node: id, kept: 0, torn: None });
        }
        walk.try_to(&Choice::Restart(id));
    }
    if core != all {
        match outsiders {
            Outsiders::Still => {}
            Outsiders::CutOff => cut(walk, core, true),
            Outsiders::Deaf => cut(walk, core, false),
        }
    }
}

fn cut(walk: &mut Walk<'_>, core: NodeSet, both: bool) {
    // A split in both directions is named by the side of n0.
    let all = NodeSet::first(walk.world.model.nodes);
    let side = if both && !core.contains(node(0)) { all.minus(core) } else { core };
    walk.try_to(&Choice::Partition { side, both });
}

// ---- a round -------------------------------------------------------------------------------------------

/// Everything that can happen does, then the timers fire, then everything that follows, then time passes.
fn go_round(walk: &mut Walk<'_>, running: NodeSet) {
    exhaust(walk, running);
    for id in running.iter() {
        walk.try_to(&Choice::Tick(id));
    }
    exhaust(walk, running);
    let [slow, fast] = walk.world.model.scope.rates.unwrap_or([1, 1]);
    let rates: Vec<u8> =
        (0..walk.world.model.nodes).map(|_| if walk.dice.below(2) == 0 { slow } else { fast }).collect();
    walk.try_to(&Choice::Pass(rates));
}

/// Lets messages arrive, records reach the disk and effects be done, until there is nothing left. What is sent
/// meanwhile waits until everything that was on its way before has arrived.
fn exhaust(walk: &mut Walk<'_>, running: NodeSet) {
    let begin = walk.choices.len();
    loop {
        let due: Vec<Choice> = running.iter().flat_map(|id| due_at(walk, id)).chain(landing(walk)).collect();
        let before = walk.choices.len();
        for choice in &due {
            walk.try_to(choice);
        }
        if walk.choices.len() == before || walk.broken.is_some() {
            return;
        }
        if walk.choices.len() - begin > CHATTER {
            let last: Vec<String> = walk.choices.iter().rev().take(6).map(Choice::to_string).collect();
            let why = format!(
                "without faults and while time stands still, more than {CHATTER} steps follow one another: … {}",
                last.join("; ")
            );
            walk.broken = Some(Broken { invariant: Invariant::ServesEventually, why });
            return;
        }
    }
}

fn due_at(walk: &Walk<'_>, id: NodeId) -> Vec<Choice> {
    let mut choices = walk.world.choices_at(id, walk.state.seat(id), &walk.state.around);
    choices
        .retain(|choice| matches!(Kind::of(choice, &walk.state), Kind::Deliver | Kind::Flush | Kind::Effect));
    choices
}

fn landing(walk: &Walk<'_>) -> Vec<Choice> {
    walk.state.around.outside.landing.iter().copied().map(Choice::Land).collect()
}

// ---- what is seen --------------------------------------------------------------------------------------

/// The node of the core that serves under the newest epoch.
fn serving(walk: &Walk<'_>, core: NodeSet) -> Option<(NodeId, Epoch)> {
    let serves = |id: NodeId| {
        let node = walk.state.node(id)?;
        let covered = node.setup().lease.is_none() || node.lease(NOW).is_some();
        (node.is_serving() && covered).then(|| (id, node.epoch()))
    };
    core.iter().filter_map(serves).max_by_key(|(_, epoch)| *epoch)
}

/// Begins a write; its number, or 0 if there is nothing to write to. `None` if it was refused: a primary that has
/// to wait for its replicas may do that, for a while.
fn write(walk: &mut Walk<'_>, id: NodeId) -> Option<u8> {
    let keeps = !walk.world.model.cluster.data.is_empty() || walk.world.model.node.fenced;
    if !keeps || walk.world.model.scope.writes < reserve::WRITES {
        return Some(0);
    }
    if walk.state.around.budget.writes == 0 {
        // An earlier reign has used them up; that it was acknowledged then is enough.
        return Some(walk.state.history().issued);
    }
    walk.try_to(&Choice::Write(id));
    let op = walk.state.history().issued;
    let accepted = walk.state.machine(id).log().entries().any(|other| *other == op);
    (accepted || walk.world.model.node.fenced).then_some(op)
}

fn is_written(walk: &Walk<'_>, write: Option<u8>) -> bool {
    let history = walk.state.history();
    match write {
        None => false,
        Some(0) => true,
        Some(op) if walk.world.model.node.fenced => {
            walk.state.around.outside.landing.iter().all(|landing| landing.op != op)
        }
        Some(op) => history.log[..history.acked].contains(&op),
    }
}

fn describe(walk: &Walk<'_>) -> String {
    let say = |(id, local): (NodeId, &crate::world::Local)| match &local.node {
        None => format!("{id} is down"),
        Some(node) => format!("{id} is {} in {} {}", node.role(), node.epoch(), phase(node)),
    };
    walk.state.machines().map(say).collect::<Vec<_>>().join(", ")
}

fn phase(node: &Node<u8>) -> String {
    node.phase().map_or_else(String::new, |phase| format!("({phase:?})"))
}
