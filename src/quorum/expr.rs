//! The expressions from which quorum systems are built.

use crate::id::{NodeMap, NodeSet};
use alloc::vec::Vec;
use core::fmt;

/// A monotone predicate over sets of nodes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
pub enum Quorum {
    /// At least `need` of the nodes `of`.
    Any {
        /// How many.
        need: u8,
        /// Of whom.
        of: NodeSet,
    },
    /// Nodes whose weights add up to at least `need`.
    Weight {
        /// The sum to reach.
        need: u32,
        /// The weight of each node.
        of: NodeMap<u32>,
    },
    /// At least `need` of the parts, where a part is usually one zone's condition.
    Zones {
        /// How many parts.
        need: u8,
        /// The parts.
        of: Vec<Quorum>,
    },
    /// Every part.
    All(Vec<Quorum>),
    /// Some part.
    Or(Vec<Quorum>),
}

impl Quorum {
    /// More than half of `of`.
    pub const fn majority(of: NodeSet) -> Quorum {
        Quorum::Any { need: (of.len() / 2 + 1) as u8, of }
    }

    /// Every node of `of`.
    pub const fn every(of: NodeSet) -> Quorum {
        Quorum::Any { need: of.len() as u8, of }
    }

    /// Whether `set` is big enough.
    #[inline]
    pub fn holds(&self, set: NodeSet) -> bool {
        match self {
            Quorum::Any { need, of } => set.and(*of).len() >= u32::from(*need),
            Quorum::Weight { need, of } => {
                let sum: u64 = of
                    .iter()
                    .filter(|(node, _)| set.contains(*node))
                    .map(|(_, weight)| u64::from(*weight))
                    .sum();
                sum >= u64::from(*need)
            }
            Quorum::Zones { need, of } => {
                of.iter().filter(|part| part.holds(set)).count() >= usize::from(*need)
            }
            Quorum::All(of) => of.iter().all(|part| part.holds(set)),
            Quorum::Or(of) => of.iter().any(|part| part.holds(set)),
        }
    }

    /// Every node the expression mentions.
    pub fn nodes(&self) -> NodeSet {
        match self {
            Quorum::Any { of, .. } => *of,
            Quorum::Weight { of, .. } => of.keys(),
            Quorum::Zones { of, .. } | Quorum::All(of) | Quorum::Or(of) => {
                of.iter().fold(NodeSet::EMPTY, |all, part| all.union(part.nodes()))
            }
        }
    }

    /// How many terms the expression has, and how deep it is nested.
    pub(super) fn size(&self) -> (usize, usize) {
        match self {
            Quorum::Any { .. } | Quorum::Weight { .. } => (1, 1),
            Quorum::Zones { of, .. } | Quorum::All(of) | Quorum::Or(of) => of
                .iter()
                .map(Quorum::size)
                .fold((1, 1), |(terms, depth), (t, d)| (terms + t, depth.max(d + 1))),
        }
    }

    /// The minimal sets that satisfy the expression, by node numbers. Enumerates every subset of
    /// [`Quorum::nodes`]: for up to about 16 nodes.
    pub fn minimal_sets(&self) -> Vec<NodeSet> {
        let mut all: Vec<NodeSet> = self.nodes().subsets().filter(|set| self.holds(*set)).collect();
        all.sort_by_key(|set| (set.len(), set.bits()));
        let mut minimal: Vec<NodeSet> = Vec::new();
        for set in all {
            if !minimal.iter().any(|smaller| smaller.within(set)) {
                minimal.push(set);
            }
        }
        minimal
    }
}

impl fmt::Display for Quorum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quorum::Any { need, of } if u32::from(*need) == of.len() => write!(f, "all of {of}"),
            Quorum::Any { need, of } => write!(f, "any {need} of {of}"),
            Quorum::Weight { need, of } => {
                write!(f, "weight {need} of {{")?;
                for (i, (node, weight)) in of.iter().enumerate() {
                    write!(f, "{}{node}:{weight}", if i > 0 { " " } else { "" })?;
                }
                f.write_str("}")
            }
            Quorum::Zones { need, of } => {
                write!(f, "{need} of ")?;
                list(f, of, "; ")
            }
            Quorum::All(of) => list(f, of, " and "),
            Quorum::Or(of) => list(f, of, " or "),
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, parts: &[Quorum], between: &str) -> fmt::Result {
    f.write_str("(")?;
    for (i, part) in parts.iter().enumerate() {
        write!(f, "{}{part}", if i > 0 { between } else { "" })?;
    }
    f.write_str(")")
}

impl fmt::Debug for Quorum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
