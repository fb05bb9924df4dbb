//! Everything at one moment: a seat for each machine, and what is around them.

use super::choice::{Envelope, Landing};
use super::history::History;
use super::local::{Local, Op};
use super::model::{Scope, node};
use super::shared::Shared;
use quorate::failover::Node;
use quorate::id::{NodeId, NodeSet};
use quorate::lease::Register;

/// Everything at one moment.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// The machines and the messages on their way to them.
    pub seats: Vec<Seat>,
    /// Everything else.
    pub around: Shared<Around>,
}

/// One machine and the messages on their way to it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Seat {
    /// The machine.
    pub machine: Shared<Local>,
    /// The messages, sorted. On `any` network a set.
    pub inbox: Shared<Inbox>,
}

/// Messages on their way to one machine.
pub type Inbox = Vec<Shared<Envelope>>;

/// What is around the machines.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Around {
    /// The resource, and what the network does.
    pub outside: Outside,
    /// What is left of each budget.
    pub budget: Budget,
    /// What only the checker knows.
    pub history: History,
}

/// The resource, the writes on their way to it, and the state of links and machines.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Outside {
    /// The newest token installed at the resource.
    pub register: Register,
    /// Writes on their way to it, sorted.
    pub landing: Vec<Landing>,
    /// Between whom messages do not arrive.
    pub cut: Option<Cut>,
    /// Machines that do nothing.
    pub paused: NodeSet,
    /// Machines that are down.
    pub down: NodeSet,
}

/// A partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cut {
    /// From these nodes to the others nothing arrives.
    pub side: NodeSet,
    /// Nor the other way.
    pub both: bool,
}

/// What is left of each budget; see [`Scope`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[allow(missing_docs)]
pub struct Budget {
    pub writes: u8,
    pub reads: u8,
    pub crashes: u8,
    pub flush_failures: u8,
    pub drops: u8,
    pub duplicates: u8,
    pub partitions: u8,
    pub pauses: u8,
    pub suspends: u8,
    pub doubts: u8,
    pub switchovers: u8,
    pub losses: u8,
    pub poweroffs: u8,
    pub compactions: u8,
    /// The next settings to change to.
    pub change: u8,
}

impl Budget {
    /// All of it.
    pub fn of(scope: &Scope) -> Self {
        Self {
            writes: scope.writes,
            reads: scope.reads,
            crashes: scope.crashes,
            flush_failures: scope.flush_failures,
            drops: scope.drops,
            duplicates: scope.duplicates,
            partitions: scope.partitions,
            pauses: scope.pauses,
            suspends: scope.suspends,
            doubts: scope.doubts,
            switchovers: scope.switchovers,
            losses: scope.losses,
            poweroffs: scope.poweroffs,
            compactions: scope.compactions,
            change: 0,
        }
    }
}

impl Outside {
    /// Whether a message from `from` does not reach `to`.
    pub fn severs(&self, from: NodeId, to: NodeId) -> bool {
        self.cut.is_some_and(|Cut { side, both }| {
            let (out, back) = (side.contains(from), side.contains(to));
            out != back && (out || both)
        })
    }
}

impl State {
    /// The node of a machine that is up.
    pub fn node(&self, id: NodeId) -> Option<&Node<Op>> {
        self.seats.get(usize::from(id.index()))?.machine.node.as_ref()
    }

    /// A seat.
    pub fn seat(&self, id: NodeId) -> &Seat {
        &self.seats[usize::from(id.index())]
    }

    /// A machine.
    pub fn machine(&self, id: NodeId) -> &Local {
        &self.seat(id).machine
    }

    /// The seats, by name.
    pub fn seats(&self) -> impl Iterator<Item = (NodeId, &Seat)> {
        self.seats.iter().enumerate().map(|(index, seat)| (node(index), seat))
    }

    /// The machines, by name.
    pub fn machines(&self) -> impl Iterator<Item = (NodeId, &Local)> {
        self.seats().map(|(id, seat)| (id, &*seat.machine))
    }

    /// Every message on its way.
    pub fn messages(&self) -> impl Iterator<Item = &Shared<Envelope>> {
        self.seats.iter().flat_map(|seat| seat.inbox.iter())
    }

    /// What only the checker knows.
    pub fn history(&self) -> &History {
        &self.around.history
    }
}
