//! Who hears whom: connectivity graphs of small clusters, all of them up to isomorphism.
//!
//! A graph says for each node to whom its messages arrive. It is *undirected* if every link carries both ways.
//! Two graphs are the same *class* if renaming the nodes turns one into the other; the graphs of a class are its
//! *labellings*. The labels matter to a run: they say whose timer fires first and who wins a tie. So a check of
//! every labelling of every class is a check of every class under every order of the nodes.
//!
//! The classes are found by trying every renaming, which is quick enough for what is checked here, and counted in the
//! tests against the known numbers of graphs (OEIS A000088) and of directed graphs (A000273).

use crate::world::node;
use quorate::config::Settings;
use quorate::id::{NodeId, NodeSet};
use std::collections::BTreeSet;
use std::fmt;

/// The largest cluster whose graphs are enumerated.
pub const MAX_NODES: u8 = 5;

/// Who hears whom, among [`MAX_NODES`] nodes at most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Links {
    nodes: u8,
    /// Bit `from * nodes + to`: messages from `from` arrive at `to`.
    bits: u32,
}

/// Whether links carry both ways.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ways {
    /// Every link carries both ways.
    Both,
    /// A link may carry one way only.
    One,
}

impl Links {
    /// `nodes` nodes, none of which hears another.
    ///
    /// # Panics
    ///
    /// If there are more than [`MAX_NODES`].
    pub fn none(nodes: u8) -> Self {
        assert!(nodes <= MAX_NODES, "{nodes} nodes; at most {MAX_NODES} are connected here");
        Self { nodes, bits: 0 }
    }

    /// Everybody hears everybody.
    pub fn complete(nodes: u8) -> Self {
        let pairs = (0..nodes).flat_map(|a| (0..a).map(move |b| (a, b)));
        Self::none(nodes).joined(pairs)
    }

    /// The same with these links, each of which carries both ways.
    #[must_use]
    pub fn joined(self, pairs: impl IntoIterator<Item = (u8, u8)>) -> Self {
        pairs.into_iter().fold(self, |links, (a, b)| links.told(a, b).told(b, a))
    }

    /// The same with a link that carries from `from` to `to`.
    #[must_use]
    pub fn told(self, from: u8, to: u8) -> Self {
        Self { bits: self.bits | self.bit(from, to), ..self }
    }

    const fn bit(self, from: u8, to: u8) -> u32 {
        1 << (from * self.nodes + to)
    }

    /// How many nodes there are.
    pub const fn nodes(self) -> u8 {
        self.nodes
    }

    /// Whether messages from `from` arrive at `to`.
    pub const fn carries(self, from: NodeId, to: NodeId) -> bool {
        self.bits & self.bit(from.index(), to.index()) != 0
    }

    /// The node itself and everybody with whom it can talk both ways.
    pub fn around(self, id: NodeId) -> NodeSet {
        let hears = |other: &NodeId| *other == id || self.carries(id, *other) && self.carries(*other, id);
        (0..usize::from(self.nodes)).map(node).filter(hears).collect()
    }

    /// The nodes that are *sufficiently connected*: a candidate that can talk both ways with a set of nodes – itself
    /// among them – which elects, acknowledges and recovers.
    pub fn sufficient(self, settings: &Settings) -> NodeSet {
        let recovers = |set: NodeSet| settings.acks().is_none_or(|acks| acks.recovers(set));
        self.acknowledging(settings)
            .and(self.electing(settings))
            .and(settings.candidates())
            .and(self.amid(recovers))
    }

    /// The nodes that can talk both ways with a vote quorum, themselves among it.
    pub fn electing(self, settings: &Settings) -> NodeSet {
        self.amid(|set| settings.votes().holds(set))
    }

    /// The nodes that can talk both ways with an ack set, themselves perhaps among it.
    pub fn acknowledging(self, settings: &Settings) -> NodeSet {
        self.amid(|set| settings.acks().is_none_or(|acks| acks.holds(set)))
    }

    /// The nodes around which a set is as `wanted`.
    fn amid(self, wanted: impl Fn(NodeSet) -> bool) -> NodeSet {
        (0..usize::from(self.nodes)).map(node).filter(|id| wanted(self.around(*id))).collect()
    }

    /// The graph in which `names[i]` is what `i` is here.
    fn renamed(self, names: &[u8]) -> Self {
        let mut links = Self::none(self.nodes);
        for from in 0..self.nodes {
            for to in 0..self.nodes {
                if self.bits & self.bit(from, to) != 0 {
                    links = links.told(names[usize::from(from)], names[usize::from(to)]);
                }
            }
        }
        links
    }

    /// Every graph of its class, itself among them.
    pub fn labellings(self) -> Vec<Links> {
        let all: BTreeSet<Links> = permutations(self.nodes).iter().map(|names| self.renamed(names)).collect();
        all.into_iter().collect()
    }

    /// One graph of each class, from the emptiest to the fullest.
    pub fn classes(nodes: u8, ways: Ways) -> Vec<Links> {
        let pairs: Vec<(u8, u8)> = (0..nodes).flat_map(|a| (0..nodes).map(move |b| (a, b))).collect();
        let pairs: Vec<(u8, u8)> =
            pairs.into_iter().filter(|(a, b)| if ways == Ways::Both { a < b } else { a != b }).collect();
        let mut known = BTreeSet::new();
        let mut classes = Vec::new();
        for chosen in 0..1_u32 << pairs.len() {
            let picked = pairs.iter().enumerate().filter(|(at, _)| chosen & (1 << at) != 0);
            let links = picked.fold(Self::none(nodes), |links, (_, (a, b))| match ways {
                Ways::Both => links.joined([(*a, *b)]),
                Ways::One => links.told(*a, *b),
            });
            if !known.contains(&links) {
                known.extend(links.labellings());
                classes.push(links);
            }
        }
        classes.sort_by_key(|links| (links.bits.count_ones(), *links));
        classes
    }
}

/// Every order of the first `count` numbers.
fn permutations(count: u8) -> Vec<Vec<u8>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = permutations(last);
    let inserted = |order: &Vec<u8>, at: usize| {
        let mut order = order.clone();
        order.insert(at, last);
        order
    };
    shorter.iter().flat_map(|order| (0..=order.len()).map(move |at| inserted(order, at))).collect()
}

/// `n0–n1 n1→n2, n3 alone`.
impl fmt::Display for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<NodeId> = (0..usize::from(self.nodes)).map(node).collect();
        let mut parts = Vec::new();
        let mut linked = NodeSet::EMPTY;
        for (at, a) in ids.iter().enumerate() {
            for b in &ids[at + 1..] {
                let arrow = match (self.carries(*a, *b), self.carries(*b, *a)) {
                    (true, true) => "–",
                    (true, false) => "→",
                    (false, true) => "←",
                    (false, false) => continue,
                };
                parts.push(format!("{a}{arrow}{b}"));
                linked = linked.union(NodeSet::one(*a)).union(NodeSet::one(*b));
            }
        }
        let alone: Vec<String> =
            ids.iter().filter(|id| !linked.contains(**id)).map(NodeId::to_string).collect();
        let mut text = parts.join(" ");
        if !alone.is_empty() {
            let comma = if text.is_empty() { "" } else { ", " };
            text = format!("{text}{comma}{} alone", alone.join(" "));
        }
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::majority;

    #[test]
    fn there_are_as_many_classes_as_is_known() {
        let both: Vec<usize> = (1..=5).map(|n| Links::classes(n, Ways::Both).len()).collect();
        assert_eq!(both, [1, 2, 4, 11, 34]);
        let one: Vec<usize> = (1..=4).map(|n| Links::classes(n, Ways::One).len()).collect();
        assert_eq!(one, [1, 3, 16, 218]);
    }

    #[test]
    fn the_labellings_of_the_classes_are_all_graphs_each_once() {
        for (ways, nodes, all) in [(Ways::Both, 4, 1 << 6), (Ways::Both, 5, 1 << 10), (Ways::One, 4, 1 << 12)]
        {
            let classes = Links::classes(nodes, ways);
            let labelled: Vec<Links> = classes.iter().flat_map(|class| class.labellings()).collect();
            let different: BTreeSet<Links> = labelled.iter().copied().collect();
            assert_eq!((labelled.len(), different.len()), (all, all));
        }
    }

    #[test]
    fn who_is_sufficiently_connected_talks_both_ways_with_a_majority() {
        let settings = Settings::new(majority(4, Some(3))).unwrap();
        let path = Links::none(4).joined([(0, 1), (1, 2), (2, 3)]);
        assert_eq!(path.sufficient(&settings), [node(1), node(2)].into_iter().collect());
        let heard = Links::none(4).joined([(0, 1)]).told(1, 2).told(3, 1);
        assert_eq!(heard.sufficient(&settings), NodeSet::EMPTY);
        assert_eq!(heard.to_string(), "n0–n1 n1→n2 n1←n3");
        assert_eq!(Links::none(2).to_string(), "n0 n1 alone");
    }
}
