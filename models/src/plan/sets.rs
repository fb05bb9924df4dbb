//! The smallest sets of nodes that satisfy a monotone condition, without trying all `2^n` of them.
//!
//! Two nodes are *interchangeable* if every expression the conditions are made of treats them alike: the same
//! leaves name both, with the same weight. Swapping them then changes no answer, so how many of each class
//! are in a set says everything about it. Sixty-four nodes in three zones are a few thousand such counts
//! instead of `2^64` sets.
//!
//! Counts are tried in increasing size, and whatever includes a set already found is passed over. When a
//! whole size brings nothing but that, every larger size does too, and the search is complete. It is cut
//! short after [`LIMIT`] counts; [`Minimal::searched`] then says up to which size nothing was left out.

use quorate::config::Settings;
use quorate::id::{NodeId, NodeSet};
use quorate::quorum::Quorum;
use std::cmp::Reverse;

/// How many counts are tried.
pub const LIMIT: u32 = 100_000;

/// The nodes of a cluster, in classes of interchangeable ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Classes(Vec<NodeSet>);

/// The minimal sets that satisfy a condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Minimal {
    /// How many members of each class, for each kind of minimal set.
    kinds: Vec<Vec<u32>>,
    classes: Vec<NodeSet>,
    /// All minimal sets of up to this many nodes were found.
    pub searched: u32,
    /// Whether all minimal sets were found.
    pub complete: bool,
}

impl Classes {
    /// The classes that the votes, the acks and the roles of `settings` cannot tell apart.
    pub fn of(settings: &Settings) -> Self {
        let mut classes: Vec<(Vec<u32>, NodeSet)> = Vec::new();
        for node in settings.nodes().iter() {
            let mut signature = vec![u32::from(settings.data().contains(node))];
            mark(settings.votes().quorum(), node, &mut signature);
            if let Some(acks) = settings.acks() {
                mark(acks.quorum(), node, &mut signature);
            }
            match classes.iter_mut().find(|(known, _)| *known == signature) {
                Some((_, nodes)) => *nodes = nodes.union(NodeSet::one(node)),
                None => classes.push((signature, NodeSet::one(node))),
            }
        }
        Self(classes.into_iter().map(|(_, nodes)| nodes).collect())
    }

    /// The minimal sets among `nodes` for which `holds`, which must be monotone.
    pub fn minimal(&self, nodes: NodeSet, holds: impl Fn(NodeSet) -> bool) -> Minimal {
        let classes: Vec<NodeSet> =
            self.0.iter().map(|class| class.and(nodes)).filter(|class| !class.is_empty()).collect();
        let mut found = Minimal { kinds: Vec::new(), classes, searched: 0, complete: false };
        let mut left = LIMIT;
        for size in 0..=nodes.len() {
            let mut walk = Walk { found: &mut found, holds: &holds, left: &mut left, news: false };
            if !walk.at_size(&mut Vec::new(), size) {
                return found;
            }
            let news = walk.news;
            found.searched = size;
            if !news {
                break;
            }
        }
        found.complete = true;
        found
    }
}

/// How `quorum` treats `node`: the weight it has in every leaf.
fn mark(quorum: &Quorum, node: NodeId, signature: &mut Vec<u32>) {
    match quorum {
        Quorum::Any { of, .. } => signature.push(u32::from(of.contains(node))),
        // One more than the weight: weighing nothing is not being named.
        Quorum::Weight { of, .. } => {
            let weight = of.get(node).map_or(0, |weight| weight.saturating_add(1));
            signature.push(weight);
        }
        Quorum::Zones { of, .. } | Quorum::All(of) | Quorum::Or(of) => {
            for part in of {
                mark(part, node, signature);
            }
        }
    }
}

/// One size's walk through the counts.
struct Walk<'a, F> {
    found: &'a mut Minimal,
    holds: &'a F,
    left: &'a mut u32,
    /// Whether something was tried that includes no set found before this size.
    news: bool,
}

impl<F: Fn(NodeSet) -> bool> Walk<'_, F> {
    /// Tries every way to choose `missing` more from the classes after those in `counts`; whether it may go
    /// on.
    fn at_size(&mut self, counts: &mut Vec<u32>, missing: u32) -> bool {
        let rest = self.found.classes.get(counts.len()..).unwrap_or_default();
        let [class, later @ ..] = rest else { return self.judge(counts) };
        let room: u32 = later.iter().map(|class| class.len()).sum();
        for count in (missing.saturating_sub(room)..=missing.min(class.len())).rev() {
            counts.push(count);
            let go_on = self.at_size(counts, missing - count);
            counts.pop();
            if !go_on {
                return false;
            }
        }
        true
    }

    fn judge(&mut self, counts: &[u32]) -> bool {
        if *self.left == 0 {
            return false;
        }
        *self.left -= 1;
        let includes = |kind: &Vec<u32>| kind.iter().zip(counts).all(|(least, count)| least <= count);
        if !self.found.kinds.iter().any(includes) {
            self.news = true;
            if (self.holds)(self.found.example(counts)) {
                self.found.kinds.push(counts.to_vec());
            }
        }
        true
    }
}

impl Minimal {
    fn example(&self, counts: &[u32]) -> NodeSet {
        let first = |(class, count): (&NodeSet, &u32)| class.iter().take(*count as usize).collect::<Vec<_>>();
        self.classes.iter().zip(counts).flat_map(first).collect()
    }

    /// The size of the smallest set; `None` if none was found.
    pub fn smallest(&self) -> Option<u32> {
        self.kinds.iter().map(|counts| counts.iter().sum()).min()
    }

    /// The same without the sets larger than the smallest.
    #[must_use]
    pub fn only_smallest(mut self) -> Minimal {
        let smallest = self.smallest();
        self.kinds.retain(|counts| Some(counts.iter().sum()) == smallest);
        self.complete |= smallest.is_some_and(|size| size <= self.searched);
        self
    }

    /// How many sets were found; saturates.
    pub fn count(&self) -> u64 {
        let of_kind = |counts: &Vec<u32>| {
            let ways = |(class, count): (&NodeSet, &u32)| choose(class.len(), *count);
            self.classes.iter().zip(counts).map(ways).fold(1, u64::saturating_mul)
        };
        self.kinds.iter().map(of_kind).fold(0, u64::saturating_add)
    }

    /// The first `most` sets, smaller ones first.
    pub fn sets(&self, most: usize) -> Vec<NodeSet> {
        let mut sets: Vec<NodeSet> = Vec::new();
        for counts in &self.kinds {
            let parts: Vec<(NodeSet, u32)> =
                self.classes.iter().copied().zip(counts.iter().copied()).collect();
            let room = most.saturating_sub(sets.len());
            sets.extend(combinations(&parts, room));
        }
        sets.sort_by_key(|set| (set.len(), Reverse(set.bits().reverse_bits())));
        sets
    }
}

/// At most `most` unions of one choice from each part.
fn combinations(parts: &[(NodeSet, u32)], most: usize) -> Vec<NodeSet> {
    let Some(((of, count), rest)) = parts.split_first() else {
        return if most == 0 { Vec::new() } else { vec![NodeSet::EMPTY] };
    };
    let mut sets = Vec::new();
    choices(*of, *count, NodeSet::EMPTY, &mut |chosen| {
        let room = most.saturating_sub(sets.len());
        sets.extend(combinations(rest, room).into_iter().map(|set| set.union(chosen)));
        sets.len() < most
    });
    sets
}

/// Every choice of `count` members of `of` together with `chosen`, in order, until `visit` has had enough.
fn choices(of: NodeSet, count: u32, chosen: NodeSet, visit: &mut dyn FnMut(NodeSet) -> bool) -> bool {
    if count == 0 {
        return visit(chosen);
    }
    let mut later = of;
    for node in of.iter() {
        later.remove(node);
        if later.len() + 1 < count {
            break;
        }
        if !choices(later, count - 1, chosen.union(NodeSet::one(node)), visit) {
            return false;
        }
    }
    true
}

/// `n` over `k`; saturates.
fn choose(n: u32, k: u32) -> u64 {
    let mut ways = 1_u128;
    for i in 0..k.min(n.saturating_sub(k)) {
        ways = ways * u128::from(n - i) / u128::from(i + 1);
    }
    u64::try_from(ways).unwrap_or(u64::MAX)
}
