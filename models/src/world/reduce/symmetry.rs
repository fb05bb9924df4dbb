//! Machines that nothing has happened to yet are alike: only the first of them needs to be tried.
//!
//! Two machines are *interchangeable* if swapping them changes nothing in the cluster's settings. While two
//! interchangeable machines are both as they started, and the messages to and from them are the same, the whole
//! state is unchanged by swapping them. Then a choice at the second leads to the mirror image of a state that the
//! same choice at the first leads to, and what is reachable from there is the mirror image too. So the choice at
//! the second is left out.
//!
//! The protocol treats nodes alike but for one thing: of several donors with *equal* positions the lowest number
//! is asked first. Their logs are equal, so only the name of who is asked differs. Tests compare with and
//! without.

use crate::world::choice::{Choice, Envelope, Wire};
use crate::world::local::Local;
use crate::world::model::{Model, node};
use crate::world::order::in_order;
use crate::world::shared::Shared;
use crate::world::state::{Inbox, Outside, State};
use quorate::config::Draft;
use quorate::failover::Body;
use quorate::id::{NodeId, NodeSet};

/// Which machines are interchangeable, and how a machine is that nothing has happened to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Symmetry {
    pairs: Vec<(NodeId, NodeId)>,
    fresh: Vec<u64>,
}

impl Symmetry {
    pub(crate) fn of(model: &Model, initial: &State) -> Self {
        let drafts: Vec<&Draft> = std::iter::once(&model.cluster).chain(&model.changes).collect();
        let all: Vec<NodeId> = (0..usize::from(model.nodes)).map(node).collect();
        // The random part of a wait comes from the number of the node.
        let random = model.node.timing.is_some_and(|timing| timing.spread > 0);
        let same_setup = |_: NodeId, _: NodeId| model.node.leases.is_empty() && !random;
        let alike = |a: NodeId, b: NodeId| {
            same_setup(a, b) && drafts.iter().all(|draft| interchangeable(draft, a, b))
        };
        let later = |a: NodeId| all.iter().copied().filter(move |b| *b > a);
        let pairs = all.iter().flat_map(|a| later(*a).filter(|b| alike(*a, *b)).map(|b| (*a, b))).collect();
        Self { pairs, fresh: initial.seats.iter().map(|seat| seat.machine.fingerprint()).collect() }
    }

    /// The pairs of interchangeable machines.
    pub(crate) fn pairs(&self) -> &[(NodeId, NodeId)] {
        &self.pairs
    }

    /// Whether nothing has happened to a machine yet.
    pub(crate) fn is_fresh(&self, id: NodeId, machine: &Shared<Local>) -> bool {
        self.fresh.get(usize::from(id.index())) == Some(&machine.fingerprint())
    }

    /// Leaves out the mirror images.
    pub(crate) fn reduce(&self, state: &State, choices: &mut Vec<Choice>) {
        let fresh = |id: NodeId| self.is_fresh(id, &state.seat(id).machine);
        for (a, b) in &self.pairs {
            if fresh(*a) && fresh(*b) && mirrored(state, *a, *b) {
                choices.retain(|choice| !is_mirror_image(choice, *a, *b));
            }
        }
    }
}

/// Whether the settings are the same with `a` and `b` swapped.
fn interchangeable(draft: &Draft, a: NodeId, b: NodeId) -> bool {
    let same = |set: NodeSet| swap(set, a, b) == set;
    let mentioned = draft.votes.nodes().union(NodeSet::one(a)).union(NodeSet::one(b)).union(draft.data);
    let quorums =
        std::iter::once(&draft.votes).chain(&draft.acks).chain(draft.weak.iter().map(|w| w.acks.quorum()));
    same(draft.data)
        && same(draft.learners)
        && draft.priority.get(a) == draft.priority.get(b)
        && quorums
            .into_iter()
            .all(|q| mentioned.subsets().all(|set| q.holds(set) == q.holds(swap(set, a, b))))
}

fn swap(set: NodeSet, a: NodeId, b: NodeId) -> NodeSet {
    set.iter().map(|id| swapped(id, a, b)).collect()
}

/// The one instead of the other.
pub(crate) fn swapped(id: NodeId, a: NodeId, b: NodeId) -> NodeId {
    if id == a {
        b
    } else if id == b {
        a
    } else {
        id
    }
}

/// Whether the network and the outside are the same with `a` and `b` swapped, judged conservatively.
fn mirrored(state: &State, a: NodeId, b: NodeId) -> bool {
    is_untouched(&state.around.outside, a, b)
        && state
            .seats()
            .all(|(id, seat)| image(&seat.inbox, a, b).as_ref() == Some(&state.seat(swapped(id, a, b)).inbox))
}

/// Whether the outside treats `a` and `b` alike.
pub(crate) fn is_untouched(outside: &Outside, a: NodeId, b: NodeId) -> bool {
    outside.cut.is_none() && !outside.paused.contains(a) && !outside.paused.contains(b)
}

/// The inbox with `a` and `b` swapped; `None` if a message that concerns one of them names a node.
pub(crate) fn image(inbox: &Shared<Inbox>, a: NodeId, b: NodeId) -> Option<Shared<Inbox>> {
    let concerns = |envelope: &Envelope, id: NodeId| envelope.from == id || envelope.to == id;
    let image = |envelope: &Shared<Envelope>| {
        if !concerns(envelope, a) && !concerns(envelope, b) {
            return Some(envelope.clone());
        }
        let (from, to) = (swapped(envelope.from, a, b), swapped(envelope.to, a, b));
        anonymous(&envelope.wire).then(|| Shared::new(Envelope { from, to, wire: envelope.wire.clone() }))
    };
    let images = inbox.iter().map(image).collect::<Option<Inbox>>()?;
    Some(Shared::new(in_order(images, Ord::cmp)))
}

/// Whether a message names no node.
fn anonymous(wire: &Wire) -> bool {
    let Wire::Node(message) = wire else {
        // A signal is an epoch and a log, and a log names epochs.
        return true;
    };
    !matches!(message.body, Body::Refused { .. } | Body::Handover { .. } | Body::Vote { token: Some(_), .. })
}

/// Whether `choice` happens to `b` and not to `a`.
pub(crate) fn is_mirror_image(choice: &Choice, a: NodeId, b: NodeId) -> bool {
    match choice {
        Choice::Deliver(envelope) | Choice::Drop(envelope) | Choice::Duplicate(envelope) => {
            let concerns = |id| envelope.from == id || envelope.to == id;
            concerns(b) && !concerns(a)
        }
        Choice::Switchover(from, to) => *to == b && *from != a,
        Choice::PowerOff { node, told } => [*node, *told].contains(&b) && ![*node, *told].contains(&a),
        Choice::Pass(ticks) => ticks[usize::from(a.index())] > ticks[usize::from(b.index())],
        Choice::Partition { side, .. } => side.contains(b) && !side.contains(a),
        Choice::Land(_) | Choice::Heal => false,
        Choice::Pause(id) | Choice::Resume(id) => *id == b,
        other => other.node() == Some(b),
    }
}
