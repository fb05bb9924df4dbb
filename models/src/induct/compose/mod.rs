//! The failover node: election, lease, commit and configuration in one, and what they take from each other.
//!
//! Each induction drives the whole production node with one part of it in sight: the election keeps no log, commit has
//! no leases, nothing but the proof of configurations changes one. So there is something to be shown besides: what one
//! part takes from another has to be what the other keeps, also where all of them are at work. That is written down as
//! [`FACTS`], few and small: of one machine, of two, or of a step of one. Each is asked for on both sides.
//!
//! * **Where it is kept.** The induction of the part that keeps a fact asks for it in every state, of every two
//!   machines, as it asks for safety: the clauses have to imply it. Facts about steps are asked for in every step of
//!   every machine of every induction.
//! * **Where it is taken.** [`whole`] computes every machine that the composed node can be led into – with a log, while
//!   the configuration changes, under leases, beside a database – by every message that such machines send, in
//!   whatever order, whoever the others are, and asks for the facts in every step. [`explore`] searches the reachable
//!   states of small composed clusters, and asks for all of them in each state and each step that it takes. Both say
//!   what they leave out.
//!
//! Facts about steps say what a part may count on while the others are at work in the same step: ballots move as in
//! [the abstract election](super::relation), a log changes by its primary only, an obligation ends by time, settings are
//! superseded in the order of a change.
//!
//! What that is not: a proof of the whole for every number of steps. That the facts are all that is taken is read off
//! the inductions, which do without the other parts; that the composed node keeps to them is checked for every machine
//! of the scopes of [`whole`], and for every state of those of [`explore`] that its reductions leave.

pub mod explore;
mod facts;
pub mod whole;

pub use facts::FACTS;

use super::elect::{MAX_EPOCHS, PerEpoch, number};
use super::{Breach, Stated};
use crate::world::{Act, Envelope, Local, NOW, Shared};
use quorate::failover::{Node, Phase};
use quorate::id::{NodeId, NodeSet};
use std::fmt;

/// A part of the failover node that has a proof of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// One primary per epoch.
    Election,
    /// No older lease is valid when a newer epoch is active.
    Lease,
    /// No acknowledged write is lost.
    Commit,
    /// Who votes may change.
    Config,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Election => "election",
            Part::Lease => "lease",
            Part::Commit => "commit",
            Part::Config => "config",
        })
    }
}

/// What one part takes from another.
#[derive(Clone, Copy, Debug)]
pub struct Fact {
    /// What it says.
    pub stated: Stated,
    /// The part that keeps it.
    pub by: Part,
    /// The parts that take it.
    pub of: &'static [Part],
    /// How it is asked for.
    pub test: Test,
}

/// How a fact is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Test {
    /// Of one machine.
    One(fn(&Face) -> Result<(), String>),
    /// Of two.
    Two(fn(&Face, &Face) -> Result<(), String>),
    /// Of a step of one machine.
    Step(fn(&Step<'_>) -> Result<(), String>),
}

/// What the other parts of a node, and other nodes, see of a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Face {
    /// Whose it is.
    pub id: NodeId,
    /// Whom its disk backs in each epoch.
    pub backs: PerEpoch<Backing>,
    /// As candidate: in which epoch, and whose votes it counts.
    pub stands: Option<(u8, NodeSet)>,
    /// As primary: of which epoch.
    pub leads: Option<u8>,
    /// As primary: whether it has begun to do what must not overlap with an older lease.
    pub active: bool,
    /// As primary: whether its lease is valid.
    pub leased: bool,
}

/// Whom a disk backs in an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Backing {
    /// Nobody yet.
    #[default]
    Nobody,
    /// This node.
    For(u8),
    /// It has left the epoch; for whom it voted is not known any more.
    Left,
}

impl Backing {
    /// Whether a vote for `node` may be counted.
    pub fn allows(self, node: NodeId) -> bool {
        match self {
            Backing::Nobody => false,
            Backing::For(other) => other == node.index(),
            Backing::Left => true,
        }
    }
}

impl Face {
    /// That of a machine.
    pub fn of(id: NodeId, local: &Local) -> Self {
        let ballot = local.disk.hard.ballot;
        let shown = number(ballot.epoch);
        let vote = ballot.vote.map_or(Backing::Nobody, |node| Backing::For(node.index()));
        let backing = |epoch: u8| match epoch.cmp(&shown) {
            std::cmp::Ordering::Less => Backing::Left,
            std::cmp::Ordering::Equal => vote,
            std::cmp::Ordering::Greater => Backing::Nobody,
        };
        let mut backs = PerEpoch::default();
        for (slot, epoch) in backs.iter_mut().zip(1..=MAX_EPOCHS as u8) {
            *slot = backing(epoch);
        }
        let node = local.node.as_ref();
        let stands = node.filter(|node| node.role() == "candidate");
        Self {
            id,
            backs,
            stands: stands.map(|node| (number(node.epoch()), node.votes())),
            leads: node.filter(|node| node.phase().is_some()).map(|node| number(node.epoch())),
            active: node.is_some_and(is_active),
            leased: node.is_some_and(|node| node.lease(NOW).is_some()),
        }
    }

    /// Of a machine whose durable votes are known, by epoch: 0 is nobody.
    pub fn voted(id: NodeId, durable: &PerEpoch<u8>) -> Self {
        let backing = |vote: u8| vote.checked_sub(1).map_or(Backing::Nobody, Backing::For);
        let backs = durable.map(backing);
        Self { id, backs, stands: None, leads: None, active: false, leased: false }
    }
}

/// Whether a primary does what must not overlap with an older lease.
fn is_active(node: &Node<u8>) -> bool {
    node.phase().is_some_and(Phase::is_active)
}

/// A step of one machine.
#[derive(Clone, Copy, Debug)]
pub struct Step<'s> {
    /// Whose it is.
    pub id: NodeId,
    /// The machine before.
    pub before: &'s Local,
    /// What happened.
    pub act: &'s Act,
    /// The machine after.
    pub after: &'s Local,
    /// What it sent.
    pub sent: &'s [Shared<Envelope>],
}

fn breach(fact: &Fact, why: String) -> Breach {
    Breach { clause: fact.stated.name, why }
}

/// The fact that a machine does not keep by itself.
pub fn broken_alone(face: &Face) -> Option<Breach> {
    FACTS.iter().find_map(|fact| match fact.test {
        Test::One(holds) => holds(face).err().map(|why| breach(fact, why)),
        Test::Two(_) | Test::Step(_) => None,
    })
}

/// The fact that two machines do not keep.
pub fn broken_together(one: &Face, other: &Face) -> Option<Breach> {
    FACTS.iter().find_map(|fact| match fact.test {
        Test::Two(holds) => holds(one, other).err().map(|why| breach(fact, why)),
        Test::One(_) | Test::Step(_) => None,
    })
}

/// The fact that a step does not keep.
pub fn broken_step(step: &Step<'_>) -> Option<Breach> {
    FACTS.iter().find_map(|fact| match fact.test {
        Test::Step(holds) => holds(step).err().map(|why| breach(fact, why)),
        Test::One(_) | Test::Two(_) => None,
    })
}

/// Every fact, with who keeps it and who takes it.
pub fn stated() -> Vec<Stated> {
    FACTS.iter().map(|fact| fact.stated).collect()
}

/// A machine in a line.
fn describe(id: NodeId, local: &Local) -> String {
    let disk = &local.disk.hard;
    let vote = disk.ballot.vote.map_or("nobody".into(), |node| node.to_string());
    let log = local.log();
    let role = local.node.as_ref().map_or("down".into(), |node| {
        let phase = node.phase().map_or(String::new(), |phase| format!(" {phase:?}"));
        format!("{}{phase} in {}, {:?}", node.role(), node.epoch(), node.hard().config_id())
    });
    format!("{id} {role}, disk {} for {vote}, log {:?} of {}", disk.ballot.epoch, log.history(), log.len())
}
