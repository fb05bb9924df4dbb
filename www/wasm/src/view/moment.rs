//! Everything at one moment.

use super::about::concerned;
use super::choice::indices;
use super::letter::{LetterView, letters};
use super::node::NodeView;
use super::{BrokenView, Epoch};
use crate::Trouble;
use crate::session::{Moment, MomentId, Session};
use quorate::commit::ReadKind;
use quorate::rule::without;
use quorate_models::invariant::state::judge_each;
use quorate_models::invariant::{Broken, Invariant};
use quorate_models::world::{Around, Budget, Cut, History, Landing, Read, State, World};
use serde::Serialize;

/// Everything at one moment.
#[derive(Serialize, Debug)]
pub struct View {
    id: MomentId,
    parent: Option<MomentId>,
    depth: u32,
    nodes: Vec<NodeView>,
    letters: Vec<LetterView>,
    landings: Vec<LandingView>,
    resource: Option<ResourceView>,
    cut: Option<CutView>,
    time: u32,
    client: ClientView,
    budgets: Vec<BudgetView>,
    invariants: Vec<InvariantView>,
    broken: Option<BrokenView>,
}

/// A write on its way to the resource.
#[derive(Serialize, Debug)]
pub struct LandingView {
    from: u8,
    epoch: Epoch,
    op: u8,
    admitted: bool,
}

/// The resource.
#[derive(Serialize, Debug)]
pub struct ResourceView {
    installed: Epoch,
    loaded: Epoch,
}

/// A partition.
#[derive(Serialize, Debug)]
pub struct CutView {
    side: Vec<u8>,
    both: bool,
}

/// What clients know.
#[derive(Serialize, Debug)]
pub struct ClientView {
    issued: u8,
    log: Vec<u8>,
    acked: usize,
    reads: Vec<String>,
}

/// What is left of a bound.
#[derive(Serialize, Debug)]
pub struct BudgetView {
    name: &'static str,
    left: u64,
}

/// An invariant now.
#[derive(Serialize, Debug)]
pub struct InvariantView {
    name: &'static str,
    statement: &'static str,
    holds: bool,
    why: Option<String>,
}

impl View {
    pub(crate) fn of(session: &Session, id: MomentId) -> Result<Self, Trouble> {
        let (world, moment) = (session.world(), session.moment(id)?);
        let Around { outside, history, .. } = &*moment.state.around;
        let nodes = moment.state.machines().map(|(id, _)| NodeView::of(world, moment, id)).collect();
        let fenced = world.model.node.fenced;
        let resource =
            || ResourceView { installed: outside.register.installed().into(), loaded: history.loaded.into() };
        Ok(Self {
            id,
            parent: moment.step.as_ref().map(|step| step.parent),
            depth: moment.depth,
            nodes,
            letters: letters(moment),
            landings: landings(world, moment),
            resource: fenced.then(resource),
            cut: outside.cut.map(|Cut { side, both }| CutView { side: indices(side), both }),
            time: moment.time,
            client: ClientView::of(history),
            budgets: budgets(world, &moment.state),
            invariants: invariants(world, moment),
            broken: moment.broken.as_ref().map(BrokenView::from),
        })
    }
}

fn landings(world: &World, moment: &Moment) -> Vec<LandingView> {
    let outside = &moment.state.around.outside;
    let view = |landing: &Landing| LandingView {
        from: landing.from.index(),
        epoch: landing.epoch.into(),
        op: landing.op,
        admitted: outside.register.admits(landing.epoch),
    };
    without(world.rules_off(), || outside.landing.iter().map(view).collect())
}

impl ClientView {
    fn of(history: &History) -> Self {
        Self {
            issued: history.issued,
            log: history.log.clone(),
            acked: history.acked,
            reads: history.reads.iter().map(read).collect(),
        }
    }
}

/// `quorum read at n0, begun when w1 was acknowledged, to be answered from e1/1`
fn read(Read { node, acked, kind, at, .. }: &Read) -> String {
    let kind = match kind {
        ReadKind::Lease => "lease read".to_owned(),
        ReadKind::Quorum => "quorum read".to_owned(),
        ReadKind::Token(token) => format!("read with token {token}"),
    };
    let begun = match acked {
        0 => "begun when nothing was acknowledged".to_owned(),
        1 => "begun when 1 write was acknowledged".to_owned(),
        many => format!("begun when {many} writes were acknowledged"),
    };
    match at {
        Some(at) => format!("{kind} at {node}, {begun}, to be answered from {at}"),
        None => format!("{kind} at {node}, {begun}, waiting"),
    }
}

/// What is left of each bound that the model has, by its name in a model file.
fn budgets(world: &World, state: &State) -> Vec<BudgetView> {
    let (all, left) = (Budget::of(world.scope()), &state.around.budget);
    let newest = state.machines().map(|(_, local)| super::node::epoch(local).term()).max().unwrap_or(0);
    let changes = world.model.changes.len() as u64;
    let pairs = [
        ("epochs", world.scope().epochs, world.scope().epochs.saturating_sub(newest)),
        ("writes", all.writes.into(), left.writes.into()),
        ("reads", all.reads.into(), left.reads.into()),
        ("crashes", all.crashes.into(), left.crashes.into()),
        ("flush_failures", all.flush_failures.into(), left.flush_failures.into()),
        ("drops", all.drops.into(), left.drops.into()),
        ("duplicates", all.duplicates.into(), left.duplicates.into()),
        ("partitions", all.partitions.into(), left.partitions.into()),
        ("pauses", all.pauses.into(), left.pauses.into()),
        ("suspends", all.suspends.into(), left.suspends.into()),
        ("doubts", all.doubts.into(), left.doubts.into()),
        ("switchovers", all.switchovers.into(), left.switchovers.into()),
        ("losses", all.losses.into(), left.losses.into()),
        ("poweroffs", all.poweroffs.into(), left.poweroffs.into()),
        ("compactions", all.compactions.into(), left.compactions.into()),
        ("changes", changes, changes.saturating_sub(left.change.into())),
    ];
    pairs
        .into_iter()
        .filter(|(_, all, _)| *all > 0)
        .map(|(name, _, left)| BudgetView { name, left })
        .collect()
}

/// Every invariant that concerns the model, and whatever else is violated.
fn invariants(world: &World, moment: &Moment) -> Vec<InvariantView> {
    let broken = judge_each(world, &moment.state);
    let why = |invariant| {
        broken.iter().find(|broken| broken.invariant == invariant).map(|broken| broken.why.clone())
    };
    let named = |invariant: Invariant| {
        let why = why(invariant);
        let (name, statement) = (invariant.name(), invariant.statement());
        InvariantView { name, statement, holds: why.is_none(), why }
    };
    let others =
        |Broken { invariant, .. }: &Broken| (!invariant.concerns(&world.model)).then_some(*invariant);
    concerned(&world.model).chain(broken.iter().filter_map(others)).map(named).collect()
}
