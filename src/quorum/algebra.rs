//! The two promises built from quorum expressions, and the constructors that refuse what cannot be safe.

use super::Quorum;
use crate::id::NodeSet;
use core::fmt;

/// A vote system: any two vote quorums share a node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Quorum", into = "Quorum")
)]
pub struct Votes(Quorum);

/// An ack family: the sets of nodes whose flush makes a write durable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "Quorum", into = "Quorum")
)]
pub struct Acks(Quorum);

/// Why a quorum expression cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum QuorumError {
    /// Two disjoint sets would both win an election: two primaries in one epoch.
    Disjoint {
        /// One winning set.
        one: NodeSet,
        /// Another, without a common member.
        other: NodeSet,
    },
    /// Not even all nodes together satisfy it.
    Unsatisfiable {
        /// All nodes it mentions.
        nodes: NodeSet,
    },
    /// The empty set satisfies it: it would ask nobody.
    Trivial,
    /// A weighted or nested expression over more nodes than can be checked subset by subset.
    TooManyNodes {
        /// How many it mentions.
        nodes: u32,
    },
    /// Too many terms, or nested too deep.
    TooComplex,
}

impl QuorumError {
    /// What to change.
    pub const fn mend(&self) -> &'static str {
        match self {
            QuorumError::Disjoint { .. } => {
                "raise what a vote needs until any two winning sets overlap (a majority does), and keep zone \
                 policies for the acknowledgements"
            }
            QuorumError::Unsatisfiable { .. } => "ask for no more than the listed nodes can give",
            QuorumError::Trivial => "ask for at least one node",
            QuorumError::TooManyNodes { .. } => {
                "use a plain \"any k of\" for large clusters; weights and zones are checked up to 16 nodes"
            }
            QuorumError::TooComplex => "use at most 64 terms, nested at most 4 deep",
        }
    }
}

impl fmt::Display for QuorumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QuorumError::Disjoint { one, other } => {
                write!(f, "{one} and {other} would both win, and have no node in common")
            }
            QuorumError::Unsatisfiable { nodes } => write!(f, "not even all of {nodes} together satisfy it"),
            QuorumError::Trivial => f.write_str("it asks for nobody: the empty set satisfies it"),
            QuorumError::TooManyNodes { nodes } => {
                write!(
                    f,
                    "{nodes} nodes are too many to check every subset of a weighted or nested condition"
                )
            }
            QuorumError::TooComplex => f.write_str("the condition is too large or nested too deep"),
        }
    }
}

impl core::error::Error for QuorumError {}

/// Subsets are enumerated up to this many nodes (65,536 subsets).
const ENUMERABLE: u32 = 16;
const TERMS: usize = 64;
const DEPTH: usize = 4;

/// What every expression must satisfy: checkable size, satisfiable, and not trivially true.
fn sound(quorum: &Quorum) -> Result<(), QuorumError> {
    let (terms, depth) = quorum.size();
    if terms > TERMS || depth > DEPTH {
        return Err(QuorumError::TooComplex);
    }
    let nodes = quorum.nodes();
    if !quorum.holds(nodes) {
        return Err(QuorumError::Unsatisfiable { nodes });
    }
    if quorum.holds(NodeSet::EMPTY) {
        return Err(QuorumError::Trivial);
    }
    Ok(())
}

/// Two disjoint sets that both satisfy `quorum`, if there are any.
fn disjoint_pair(quorum: &Quorum) -> Result<Option<(NodeSet, NodeSet)>, QuorumError> {
    let nodes = quorum.nodes();
    if let Quorum::Any { need, of } = quorum {
        // Closed form: two sets of `need` out of `of` can be disjoint iff they fit side by side.
        if 2 * u32::from(*need) > of.len() {
            return Ok(None);
        }
        let one: NodeSet = of.iter().take(usize::from(*need)).collect();
        let other: NodeSet = of.minus(one).iter().take(usize::from(*need)).collect();
        return Ok(Some((one, other)));
    }
    if nodes.len() > ENUMERABLE {
        return Err(QuorumError::TooManyNodes { nodes: nodes.len() });
    }
    // Monotone: a disjoint pair exists iff some set and its whole complement both hold.
    Ok(nodes
        .subsets()
        .map(|set| (set, nodes.minus(set)))
        .find(|(set, rest)| quorum.holds(*set) && quorum.holds(*rest)))
}

impl Votes {
    /// A vote system, if any two of its quorums intersect.
    pub fn new(quorum: Quorum) -> Result<Self, QuorumError> {
        sound(&quorum)?;
        let apart = disjoint_pair(&quorum)?;
        match rule!(VotesIntersect, apart, else: None) {
            None => Ok(Self(quorum)),
            Some((one, other)) => Err(QuorumError::Disjoint { one, other }),
        }
    }

    /// Whether `set` wins an election.
    #[inline]
    pub fn holds(&self, set: NodeSet) -> bool {
        self.0.holds(set)
    }

    /// Every voter.
    pub fn nodes(&self) -> NodeSet {
        self.0.nodes()
    }

    /// The expression.
    pub fn quorum(&self) -> &Quorum {
        &self.0
    }
}

impl Acks {
    /// An ack family, if it can be satisfied and asks for somebody.
    pub fn new(quorum: Quorum) -> Result<Self, QuorumError> {
        sound(&quorum)?;
        Ok(Self(quorum))
    }

    /// Whether a flush on all of `set` makes a write durable.
    #[inline]
    pub fn holds(&self, set: NodeSet) -> bool {
        self.0.holds(set)
    }

    /// Whether a primary that heard from `set` may recover: no ack set fits into the rest.
    pub fn recovers(&self, set: NodeSet) -> bool {
        !self.0.holds(self.nodes().minus(set))
    }

    /// Every node that can acknowledge.
    pub fn nodes(&self) -> NodeSet {
        self.0.nodes()
    }

    /// The expression.
    pub fn quorum(&self) -> &Quorum {
        &self.0
    }
}

macro_rules! transparent {
    ($name:ident) => {
        impl TryFrom<Quorum> for $name {
            type Error = QuorumError;
            fn try_from(quorum: Quorum) -> Result<Self, QuorumError> {
                Self::new(quorum)
            }
        }

        impl From<$name> for Quorum {
            fn from(checked: $name) -> Quorum {
                checked.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}
transparent!(Votes);
transparent!(Acks);
