//! The scope of an induction: how many nodes, whose flush counts, how many epochs and entries.

use super::prefix::{MAX_EPOCH, MAX_LEN};
use crate::induct::ScopeError;
use crate::world::{Model, NodeSpec, World, majority, node};
use quorate::config::Draft;
use quorate::id::{NodeId, NodeSet};
use quorate::quorum::Quorum;
use quorate::rule::RuleSet;
use std::fmt;

/// The most nodes that a state has room for.
pub(super) const MAX_NODES: usize = 7;

/// Who votes and whose flush makes a write durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Family {
    /// A majority votes, and a majority flushes.
    #[default]
    Majority,
    /// A majority votes; any one flush is enough, so a primary has to recover from every node.
    AnyOne,
    /// The last node is a witness: it votes and keeps nothing. A majority of all votes, all the others flush, so
    /// any one of them is enough to recover from.
    Witness,
}

impl Family {
    /// Every family.
    pub const ALL: [Family; 3] = [Family::Majority, Family::AnyOne, Family::Witness];

    /// Its name, in kebab-case.
    pub const fn name(self) -> &'static str {
        match self {
            Family::Majority => "majority",
            Family::AnyOne => "any-one",
            Family::Witness => "witness",
        }
    }

    fn draft(self, nodes: u8) -> Draft {
        match self {
            Family::Majority => majority(nodes, Some(nodes / 2 + 1)),
            Family::AnyOne => majority(nodes, Some(1)),
            Family::Witness => {
                let data = NodeSet::first(nodes - 1);
                Draft { acks: Some(Quorum::every(data)), data, ..majority(nodes, Some(1)) }
            }
        }
    }
}

/// What is taken: every state of so many nodes, epochs and entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scope {
    /// Nodes.
    pub nodes: u8,
    /// Epochs.
    pub epochs: u8,
    /// The longest log.
    pub writes: u8,
    /// Who votes and acknowledges.
    pub family: Family,
}

impl Scope {
    /// Three nodes, of which a majority votes and acknowledges.
    pub const fn majority(epochs: u8, writes: u8) -> Self {
        Self { nodes: 3, epochs, writes, family: Family::Majority }
    }

    /// Whether states of this scope can be written down.
    pub fn check(self) -> Result<(), ScopeError> {
        let range = |field, value: u8, min: u64, max: u64| {
            let value = u64::from(value);
            if (min..=max).contains(&value) {
                Ok(())
            } else {
                Err(ScopeError::Range { field, value, min, max })
            }
        };
        range("nodes", self.nodes, 3, MAX_NODES as u64)?;
        range("epochs", self.epochs, 1, MAX_EPOCH.into())?;
        range("writes", self.writes, 0, u64::from(MAX_LEN).min(6))
    }

    /// The world whose machines are driven.
    pub(super) fn world(self, off: RuleSet) -> Result<World, ScopeError> {
        self.check()?;
        let scope =
            crate::world::Scope { epochs: self.epochs.into(), writes: self.writes, ..Default::default() };
        let model = Model {
            name: String::new(),
            cluster: self.family.draft(self.nodes),
            nodes: self.nodes,
            node: NodeSpec::default(),
            scope,
            changes: Vec::new(),
            without: off.iter().map(|rule| rule.name().to_owned()).collect(),
        };
        Ok(World::new(model)?)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, epochs, writes, family } = self;
        write!(f, "commit, {nodes} nodes, acks {}, {epochs} epochs, logs of up to {writes}", family.name())
    }
}

/// Which sets of nodes elect, acknowledge and recover: the production code's own answers, by bits.
#[derive(Clone, Debug)]
pub(super) struct Quorums {
    /// How many nodes.
    pub(super) nodes: usize,
    acknowledges: Vec<bool>,
    recovers: Vec<bool>,
    /// Who keeps data.
    pub(super) data: u8,
    /// Who may become primary.
    pub(super) candidates: u8,
    /// For each node but the last, whether it and the next can be swapped without anybody noticing.
    pub(super) alike: Vec<bool>,
}

impl Quorums {
    pub(super) fn of(world: &World) -> Result<Self, ScopeError> {
        let config = world.model.config()?;
        let nodes = usize::from(world.model.nodes);
        let sets = || (0..1_u64 << nodes).map(NodeSet::from_bits);
        let bits = |set: NodeSet| set.bits() as u8;
        let mut quorums = Self {
            nodes,
            acknowledges: sets().map(|set| config.acknowledges(set)).collect(),
            recovers: sets().map(|set| config.recovers(set)).collect(),
            data: bits(config.data()),
            candidates: bits(config.candidates()),
            alike: Vec::new(),
        };
        let elects: Vec<bool> = sets().map(|set| config.elects(set)).collect();
        quorums.alike = (1..nodes).map(|at| quorums.same_when_swapped(&elects, at - 1, at)).collect();
        Ok(quorums)
    }

    fn same_when_swapped(&self, elects: &[bool], a: usize, b: usize) -> bool {
        let swap = |set: usize| {
            let (in_a, in_b) = (set >> a & 1, set >> b & 1);
            set & !(1 << a | 1 << b) | in_a << b | in_b << a
        };
        let same = |table: &[bool]| (0..table.len()).all(|set| table[set] == table[swap(set)]);
        let kinds = [self.data, self.candidates];
        same(elects)
            && same(&self.acknowledges)
            && same(&self.recovers)
            && kinds.iter().all(|set| swap(usize::from(*set)) == usize::from(*set))
    }

    /// The lowest node for which `node` can be taken.
    pub(super) fn role(&self, node: usize) -> usize {
        (0..node).rev().take_while(|at| self.alike[*at]).last().unwrap_or(node)
    }

    /// Every way to rename nodes that nobody notices: by old name, the new one.
    pub(super) fn renamings(&self) -> Vec<Vec<usize>> {
        let mut all = vec![Vec::new()];
        for node in self.each() {
            let alike: Vec<usize> =
                self.each().filter(|other| self.role(*other) == self.role(node)).collect();
            all = all
                .iter()
                .flat_map(|names: &Vec<usize>| {
                    alike
                        .iter()
                        .filter(|name| !names.contains(name))
                        .map(|name| [&names[..], &[*name]].concat())
                })
                .collect();
        }
        all
    }

    /// Whether a write that `set` has flushed is acknowledged.
    pub(super) fn acknowledges(&self, set: u8) -> bool {
        self.acknowledges[usize::from(set)]
    }

    /// Whether a primary may recover from the promises of `set`.
    pub(super) fn recovers(&self, set: u8) -> bool {
        self.recovers[usize::from(set)]
    }

    /// The nodes, by number.
    pub(super) fn each(&self) -> impl Iterator<Item = usize> + use<> {
        0..self.nodes
    }

    /// The nodes that keep data.
    pub(super) fn keepers(&self) -> impl Iterator<Item = usize> + use<> {
        let data = self.data;
        self.each().filter(move |node| data >> node & 1 == 1)
    }

    /// The nodes of which `test` is true, as bits.
    pub(super) fn which(&self, test: impl Fn(usize) -> bool) -> u8 {
        self.keepers().filter(|node| test(*node)).fold(0, |set, node| set | 1 << node)
    }
}

/// The name of the node numbered `index`.
pub(super) fn name(index: usize) -> NodeId {
    node(index)
}
