//! Names and orders: who ([`NodeId`], [`NodeSet`], [`NodeMap`]), under whom ([`Epoch`]), how far ([`Position`]).

use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU8;

/// One node of a cluster: a number from 0 to 63, given by the operator and never reused for another machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "u8", into = "u8")
)]
pub struct NodeId(
    /// The number and [`NodeId::COUNT`]: never zero, so that an optional name takes no more room than a name.
    NonZeroU8,
);

impl NodeId {
    /// How many nodes a cluster can have.
    pub const COUNT: u8 = 64;

    /// The node numbered `index`, if that is below [`NodeId::COUNT`].
    pub const fn new(index: u8) -> Option<Self> {
        match NonZeroU8::new(Self::COUNT | index) {
            Some(marked) if index < Self::COUNT => Some(Self(marked)),
            Some(_) | None => None,
        }
    }

    /// The number.
    pub const fn index(self) -> u8 {
        self.0.get() & !Self::COUNT
    }
}

impl TryFrom<u8> for NodeId {
    type Error = &'static str;
    fn try_from(index: u8) -> Result<Self, Self::Error> {
        Self::new(index).ok_or("a node's number is from 0 to 63")
    }
}

impl From<NodeId> for u8 {
    fn from(id: NodeId) -> u8 {
        id.index()
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "n{}", self.index())
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A set of nodes, as a bitset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct NodeSet(u64);

impl NodeSet {
    /// No node.
    pub const EMPTY: NodeSet = NodeSet(0);

    /// The set whose members are the set bits of `bits`.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Bit `i` is set if node `i` is a member.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The nodes `0 .. n`.
    pub const fn first(n: u8) -> Self {
        Self(if n >= 64 { u64::MAX } else { (1 << n) - 1 })
    }

    /// Just `node`.
    pub const fn one(node: NodeId) -> Self {
        Self(1 << node.index())
    }

    /// Whether `node` is a member.
    pub const fn contains(self, node: NodeId) -> bool {
        self.0 & (1 << node.index()) != 0
    }

    /// Adds `node`; whether it was new.
    pub const fn insert(&mut self, node: NodeId) -> bool {
        let new = !self.contains(node);
        self.0 |= 1 << node.index();
        new
    }

    /// Removes `node`.
    pub const fn remove(&mut self, node: NodeId) {
        self.0 &= !(1 << node.index());
    }

    /// Members of either.
    #[must_use]
    pub const fn union(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 | other.0)
    }

    /// Members of both.
    #[must_use]
    pub const fn and(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 & other.0)
    }

    /// Members that are not in `other`.
    #[must_use]
    pub const fn minus(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 & !other.0)
    }

    /// All members but `node`.
    #[must_use]
    pub const fn without(self, node: NodeId) -> NodeSet {
        self.minus(NodeSet::one(node))
    }

    /// Whether every member is also in `other`.
    pub const fn within(self, other: NodeSet) -> bool {
        self.0 & !other.0 == 0
    }

    /// How many members.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is no member.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in order.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let index = rest.trailing_zeros() as u8;
            let node = NodeId::new(index)?;
            rest &= rest - 1;
            Some(node)
        })
    }

    /// Every subset, the empty one first. 2^len of them: for small sets.
    pub fn subsets(self) -> impl Iterator<Item = NodeSet> {
        let mut next = Some(0_u64);
        core::iter::from_fn(move || {
            let current = next?;
            // Counts upward within the mask: the classic subset-enumeration step.
            let step = current.wrapping_sub(self.0) & self.0;
            next = (step != 0).then_some(step);
            Some(NodeSet(current))
        })
    }
}

impl FromIterator<NodeId> for NodeSet {
    fn from_iter<I: IntoIterator<Item = NodeId>>(nodes: I) -> Self {
        nodes.into_iter().fold(NodeSet::EMPTY, |set, node| set.union(NodeSet::one(node)))
    }
}

impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, node) in self.iter().enumerate() {
            write!(f, "{}{node}", if i > 0 { " " } else { "" })?;
        }
        f.write_str("}")
    }
}

impl fmt::Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A small map keyed by node: a sorted vector, so that iteration order is the order of the nodes and equal maps
/// are equal values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeMap<T>(Vec<(NodeId, T)>);

impl<T> Default for NodeMap<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> NodeMap<T> {
    /// The value of `node`.
    #[inline]
    pub fn get(&self, node: NodeId) -> Option<&T> {
        self.slot(node).ok().map(|at| &self.0[at].1)
    }

    /// The value of `node`, to change.
    #[inline]
    pub fn get_mut(&mut self, node: NodeId) -> Option<&mut T> {
        self.slot(node).ok().map(|at| &mut self.0[at].1)
    }

    /// Sets the value of `node`.
    pub fn insert(&mut self, node: NodeId, value: T) {
        match self.slot(node) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (node, value)),
        }
    }

    /// Forgets `node`.
    pub fn remove(&mut self, node: NodeId) -> Option<T> {
        self.slot(node).ok().map(|at| self.0.remove(at).1)
    }

    /// Keeps the entries for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(NodeId, &T) -> bool) {
        self.0.retain(|(node, value)| keep(*node, value));
    }

    /// The entries, by node.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &T)> {
        self.0.iter().map(|(node, value)| (*node, value))
    }

    /// The values, to change, by node.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (NodeId, &mut T)> {
        self.0.iter_mut().map(|(node, value)| (*node, value))
    }

    /// The nodes that have a value.
    pub fn keys(&self) -> NodeSet {
        self.0.iter().map(|(node, _)| *node).collect()
    }

    /// The nodes whose value satisfies `test`.
    #[inline]
    pub fn keys_where(&self, mut test: impl FnMut(&T) -> bool) -> NodeSet {
        self.0.iter().filter(|(_, value)| test(value)).map(|(node, _)| *node).collect()
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn slot(&self, node: NodeId) -> Result<usize, usize> {
        // Nodes are usually numbered from 0 on, and then each has its place.
        let place = usize::from(node.index());
        if self.0.get(place).is_some_and(|(there, _)| *there == node) {
            return Ok(place);
        }
        self.0.binary_search_by_key(&node, |(node, _)| *node)
    }
}

impl<T> FromIterator<(NodeId, T)> for NodeMap<T> {
    /// A later entry for the same node replaces an earlier one.
    fn from_iter<I: IntoIterator<Item = (NodeId, T)>>(entries: I) -> Self {
        let mut map = NodeMap::default();
        for (node, value) in entries {
            map.insert(node, value);
        }
        map
    }
}

impl<T: fmt::Debug> fmt::Debug for NodeMap<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(feature = "serde")]
impl<T: serde::Serialize> serde::Serialize for NodeMap<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for NodeMap<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries: Vec<(NodeId, T)> = Vec::deserialize(deserializer)?;
        if entries.len() > usize::from(NodeId::COUNT) {
            return Err(serde::de::Error::custom("a map by node has at most 64 entries"));
        }
        let count = entries.len();
        let map: NodeMap<T> = entries.into_iter().collect();
        if map.len() == count { Ok(map) } else { Err(serde::de::Error::custom("a node is listed twice")) }
    }
}

/// The number of a tenancy: at most one primary per epoch, ever. It **is** the fencing token.
///
/// The upper 16 bits are the *generation*, raised only by a recovery that accepts loss; the lower 48 bits are
/// the *term*, raised by every campaign. Comparing the whole number therefore puts every token of an older
/// generation below every token of a newer one, even after a restore from backup.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Epoch(u64);

impl Epoch {
    /// Before the first campaign.
    pub const ZERO: Epoch = Epoch(0);
    const TERM_BITS: u32 = 48;
    const LAST_TERM: u64 = (1 << Self::TERM_BITS) - 1;

    /// The epoch of `generation` and `term`, if the term fits 48 bits.
    pub const fn new(generation: u16, term: u64) -> Option<Self> {
        if term <= Self::LAST_TERM {
            Some(Self(((generation as u64) << Self::TERM_BITS) | term))
        } else {
            None
        }
    }

    /// The whole number, as a resource compares it.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The epoch with this whole number.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The generation: how many recoveries accepted loss.
    pub const fn generation(self) -> u16 {
        (self.0 >> Self::TERM_BITS) as u16
    }

    /// The term within all generations; it does not start again when the generation is raised.
    pub const fn term(self) -> u64 {
        self.0 & Self::LAST_TERM
    }

    /// The next term of the same generation; `None` when terms are used up.
    pub const fn next(self) -> Option<Epoch> {
        if self.term() < Self::LAST_TERM { Some(Epoch(self.0 + 1)) } else { None }
    }

    /// The next term in the next generation; `None` when either is used up.
    pub const fn next_generation(self) -> Option<Epoch> {
        match (self.generation().checked_add(1), self.next()) {
            (Some(generation), Some(next)) => Epoch::new(generation, next.term()),
            (None, _) | (_, None) => None,
        }
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation() {
            0 => write!(f, "e{}", self.term()),
            generation => write!(f, "g{generation}e{}", self.term()),
        }
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How far a log has got: first the epoch under which its end was accepted, then its flushed length.
///
/// The order is lexicographic and it is the whole recovery rule: of two logs the one accepted under the newer
/// epoch is the better one, however much shorter it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Position {
    /// The epoch whose primary's log this one is a prefix of.
    pub epoch: Epoch,
    /// Entries (or bytes, for an external engine) that are on disk.
    pub len: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.epoch, self.len)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use proptest::prelude::*;

    #[test]
    fn subsets_are_all_subsets_once() {
        let set = NodeSet::from_bits(0b1011_0010);
        let all: BTreeSet<u64> = set.subsets().map(NodeSet::bits).collect();
        assert_eq!(all.len(), 16);
        assert!(all.iter().all(|bits| NodeSet::from_bits(*bits).within(set)));
        assert_eq!(NodeSet::EMPTY.subsets().count(), 1);
        assert_eq!(NodeSet::first(64).iter().count(), 64);
    }

    #[test]
    fn a_newer_generation_outranks_every_older_term() {
        let old = Epoch::new(0, Epoch::LAST_TERM).unwrap();
        assert_eq!(old.next(), None);
        assert_eq!(old.next_generation(), None);
        let forced = Epoch::new(0, 7).unwrap().next_generation().unwrap();
        assert!(forced > old);
        assert_eq!((forced.generation(), forced.term()), (1, 8));
        assert_eq!(Epoch::new(0, Epoch::LAST_TERM + 1), None);
        assert_eq!(Epoch::new(u16::MAX, 3).unwrap().next_generation(), None);
    }

    #[test]
    fn a_node_is_its_number() {
        for index in 0..NodeId::COUNT {
            let node = NodeId::try_from(index).unwrap();
            assert_eq!((u8::from(node), node.index()), (index, index));
        }
        assert!(NodeId::try_from(NodeId::COUNT).is_err());
    }

    proptest! {
        /// Packing loses nothing, and the order of the numbers is the order of (generation, term).
        #[test]
        fn an_epoch_is_its_generation_and_its_term(
            (a, b) in (any::<(u16, u64)>(), any::<(u16, u64)>()),
            (near, small) in (any::<bool>(), any::<bool>()),
        ) {
            // Often the same generation, and terms at both ends of their range.
            let term = |t: u64| if small { t % 3 } else { Epoch::LAST_TERM - t % 3 };
            let (a, b) = ((a.0, term(a.1)), (if near { a.0 } else { b.0 }, term(b.1)));
            let epoch = |(generation, term)| Epoch::new(generation, term).unwrap();
            prop_assert_eq!((epoch(a).generation(), epoch(a).term()), a);
            prop_assert_eq!(Epoch::from_number(epoch(a).number()), epoch(a));
            prop_assert_eq!(epoch(a).cmp(&epoch(b)), a.cmp(&b));
            prop_assert_eq!(epoch(a).number().cmp(&epoch(b).number()), a.cmp(&b));
            prop_assert_eq!(Epoch::new(a.0, Epoch::LAST_TERM + 1 + a.1), None);
        }

        /// Whatever the number: the next epoch is the next term, or there is none. It never wraps.
        #[test]
        fn epochs_end_and_never_wrap(number in any::<u64>(), at_end in any::<bool>()) {
            let number = if at_end { number | Epoch::LAST_TERM } else { number };
            let epoch = Epoch::from_number(number);
            let (generation, term) = (epoch.generation(), epoch.term());
            prop_assert_eq!(epoch.next(), Epoch::new(generation, term + 1));
            prop_assert_eq!(epoch.next().is_none(), term == Epoch::LAST_TERM);
            let forced = generation.checked_add(1).and_then(|generation| Epoch::new(generation, term + 1));
            prop_assert_eq!(epoch.next_generation(), forced);
            for later in [epoch.next(), epoch.next_generation()].into_iter().flatten() {
                prop_assert!(later > epoch && later.term() > term);
            }
        }

        /// The order of positions is total and lexicographic: by epoch, then by length.
        #[test]
        fn positions_are_ordered_by_epoch_then_length(at in prop::array::uniform3((0_u64..4, 0_u64..4))) {
            let position = |(epoch, len)| Position { epoch: Epoch::from_number(epoch), len };
            let [a, b, c] = at.map(position);
            let by_definition = if at[0].0 == at[1].0 { at[0].1 < at[1].1 } else { at[0].0 < at[1].0 };
            prop_assert_eq!(a < b, by_definition);
            prop_assert_eq!([a < b, a == b, a > b].iter().filter(|holds| **holds).count(), 1);
            prop_assert!(a > b || b > c || a <= c);
        }

        /// A set of nodes against a set of numbers.
        #[test]
        fn node_sets_are_sets(a in any::<u64>(), b in any::<u64>(), node in 0_u8..64) {
            let model = |set: NodeSet| set.iter().map(NodeId::index).collect::<BTreeSet<u8>>();
            let (x, y, node) = (NodeSet::from_bits(a), NodeSet::from_bits(b), NodeId::new(node).unwrap());
            prop_assert_eq!(model(x).len(), x.len() as usize);
            prop_assert_eq!(model(x.union(y)), &model(x) | &model(y));
            prop_assert_eq!(model(x.and(y)), &model(x) & &model(y));
            prop_assert_eq!(model(x.minus(y)), &model(x) - &model(y));
            prop_assert_eq!(x.within(y), model(x).is_subset(&model(y)));
            prop_assert_eq!(x.contains(node), model(x).contains(&node.index()));
            let mut grown = x;
            prop_assert_eq!(grown.insert(node), !x.contains(node));
            prop_assert_eq!(grown.without(node), x.without(node));
            grown.remove(node);
            prop_assert_eq!(grown, x.without(node));
            grown.remove(node);
            prop_assert_eq!(grown, x.without(node), "once more takes nothing else");
        }
    }

    #[test]
    fn a_shorter_log_of_a_newer_epoch_is_ahead() {
        let long = Position { epoch: Epoch::from_number(1), len: 900 };
        let newer = Position { epoch: Epoch::from_number(2), len: 3 };
        assert!(newer > long);
    }

    #[test]
    fn a_map_is_sorted_and_holds_each_node_once() {
        let node = |i| NodeId::new(i).unwrap();
        let mut map: NodeMap<u8> = [(node(3), 3), (node(1), 1), (node(3), 4)].into_iter().collect();
        assert_eq!(map.iter().collect::<Vec<_>>(), [(node(1), &1), (node(3), &4)]);
        assert_eq!((map.len(), map.is_empty()), (2, false));
        map.iter_mut().for_each(|(node, value)| *value += node.index());
        assert_eq!(map.iter().collect::<Vec<_>>(), [(node(1), &2), (node(3), &7)]);
        map.retain(|node, value| node.index() + value > 3);
        assert_eq!(map.remove(node(1)), None, "not kept");
        assert_eq!(map.keys(), NodeSet::one(node(3)));
        assert_eq!(map.remove(node(3)), Some(7));
        assert_eq!((map.len(), map.is_empty()), (0, true));
        assert_eq!(NodeId::new(64), None);
    }
}
