//! Gates: what has to be durable, or done, before an output may leave.
//!
//! A record leaves the node at once. Whatever *depends* on it – a vote, an acknowledgement – stays here until
//! the driver reports the record durable, so that an embedder cannot send too early however it pipelines its
//! disk. (What depends on an *effect* outside is not even made before the effect is confirmed, because its
//! contents depend on the outcome.)
//!
//! # Invariants
//!
//! * An item leaves only when everything up to its record is durable, and leaves once.
//! * Nothing leaves before the record of the node's start: a restarted node is silent until its new incarnation
//!   is on disk.
//! * At most `limit` items wait; a further one is lost, as on a network.

use alloc::vec::Vec;
use core::fmt;
use core::iter;

/// The number of a record, counted from the node's start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Seq(u64);

impl Seq {
    /// The record numbered `number`.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Outputs of one node that wait for their records.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Outbox<T> {
    issued: Seq,
    durable: Seq,
    floor: Seq,
    held: Vec<(Seq, T)>,
}

impl<T> Default for Outbox<T> {
    fn default() -> Self {
        let zero = Seq::default();
        Self { issued: zero, durable: zero, floor: zero, held: Vec::new() }
    }
}

impl<T: PartialEq> Outbox<T> {
    /// The number of the next record, which the caller now writes.
    pub fn issue(&mut self) -> Seq {
        self.issued.0 += 1;
        self.issued
    }

    /// The newest record written.
    pub fn issued(&self) -> Seq {
        self.issued
    }

    /// The newest record known to be on disk with all before it.
    pub fn durable(&self) -> Seq {
        self.durable
    }

    /// Whether records are on their way to the disk.
    pub fn is_flushing(&self) -> bool {
        self.durable < self.issued
    }

    /// From now on nothing leaves before the newest record is durable, what is held already included.
    pub fn seal(&mut self) {
        self.floor = self.issued;
        for (after, _) in &mut self.held {
            *after = self.floor;
        }
    }

    /// Holds `item` until everything up to `after` is durable; whether there was room. [`Seq::default`] waits
    /// for nothing. What is held already is not held twice: an equal item says the same, and its gate was enough.
    #[expect(clippy::inline_always, reason = "an item that is built where it is held need not be moved")]
    #[inline(always)]
    pub fn hold(&mut self, after: Seq, limit: u16, item: impl FnOnce() -> T) -> bool {
        let (before, after) = (self.held.len(), after.max(self.floor));
        // Made where it will lie: an item that is made elsewhere and moved costs more than all the rest.
        self.held.extend(iter::once_with(move || (after, item())));
        let room = before < usize::from(limit);
        let known = before > 0 && self.repeats();
        if known || !room {
            self.held.pop();
        }
        room || known
    }

    /// Whether the newest item equals one before it.
    fn repeats(&self) -> bool {
        let newest = self.held.split_last();
        newest.is_some_and(|((_, item), before)| before.iter().any(|(_, other)| other == item))
    }

    /// Everything up to `seq` is durable. Late, repeated and reordered reports change nothing; a report for a
    /// record that was never written is refused.
    pub fn flushed(&mut self, seq: Seq) -> bool {
        let known = seq <= self.issued;
        if known {
            self.durable = self.durable.max(seq);
        }
        known
    }

    /// The oldest item that may leave, and its place.
    #[inline]
    pub fn due(&self) -> Option<(usize, &T)> {
        let at = self.held.iter().position(|(after, _)| *after <= self.durable)?;
        Some((at, &self.held[at].1))
    }

    /// Lets the item at `at` leave.
    #[inline]
    pub fn release(&mut self, at: usize) -> T {
        self.held.remove(at).1
    }

    /// Lets leave what may, from the item at `at` up to the next one that may not, or that is not one of `these`.
    #[inline]
    pub fn release_while(&mut self, at: usize, these: impl Fn(&T) -> bool) -> impl Iterator<Item = T> {
        let goes = |(after, item): &&(Seq, T)| *after <= self.durable && these(item);
        let run = self.held[at..].iter().take_while(goes).count();
        self.held.drain(at..at + run).map(|(_, item)| item)
    }

    /// Drops what no longer matters. Losing a message is always safe.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.held.retain(|(_, item)| keep(item));
    }

    /// Gives back the room that is not used.
    pub fn trim(&mut self) {
        self.held.shrink_to_fit();
    }

    /// Changes what waits; an item that becomes `None` is lost.
    pub fn map(&mut self, mut change: impl FnMut(T) -> Option<T>) {
        let held = core::mem::take(&mut self.held);
        self.held = held.into_iter().filter_map(|(after, item)| Some((after, change(item)?))).collect();
    }

    /// What waits, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.held.iter().map(|(_, item)| item)
    }

    /// How many items wait.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// For models: counts records from the newest durable one, so that a state does not remember how many were
    /// written before. The driver's numbers move by the same amount, which is returned.
    pub fn renumber(&mut self) -> u64 {
        let by = self.durable.0;
        for seq in [&mut self.issued, &mut self.durable, &mut self.floor] {
            seq.0 = seq.0.saturating_sub(by);
        }
        for (after, _) in &mut self.held {
            after.0 = after.0.saturating_sub(by);
        }
        by
    }

    /// Whether the invariants hold.
    pub fn check(&self) -> bool {
        self.durable <= self.issued
            && self.floor <= self.issued
            && self.held.iter().all(|(after, _)| self.floor <= *after && *after <= self.issued)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a node or its driver does to an outbox.
    #[derive(Clone, Debug)]
    enum Op {
        /// The node writes a record.
        Issue,
        /// The node holds an item until everything up to this record is durable.
        Hold(u64),
        /// The driver reports this record, perhaps late, again, out of order, or although it was never written.
        Report(u64),
        /// From now on nothing leaves before the newest record.
        Seal,
        /// Numbers are counted anew, as models do.
        Renumber,
    }

    /// Everything that may leave: an even item alone, odd ones in runs.
    fn released(outbox: &mut Outbox<usize>) -> Vec<usize> {
        let mut released = Vec::new();
        while let Some((at, item)) = outbox.due() {
            if item.is_multiple_of(2) {
                released.push(outbox.release(at));
            } else {
                released.extend(outbox.release_while(at, |item| !item.is_multiple_of(2)));
            }
        }
        released
    }

    fn ops() -> impl Strategy<Value = Op> {
        prop_oneof![
            4 => Just(Op::Issue),
            6 => (0_u64..12).prop_map(Op::Hold),
            4 => (0_u64..12).prop_map(Op::Report),
            1 => Just(Op::Seal),
            1 => Just(Op::Renumber),
        ]
    }

    proptest! {
        /// Any mix of writing, holding and reports in any order: an item leaves exactly once, as soon as its
        /// record was reported (directly or by a later one), never before, and in the order in which it came.
        #[test]
        fn nothing_leaves_early_late_twice_or_out_of_order(ops in prop::collection::vec(ops(), 1..60)) {
            let mut outbox: Outbox<usize> = Outbox::default();
            // The model counts from the start: what was renumbered is `gone`. Each item with its gate.
            let (mut gone, mut issued, mut reported, mut floor) = (0, 0, 0, 0);
            let (mut gates, mut left) = (Vec::<u64>::new(), Vec::<usize>::new());
            for op in ops {
                match op {
                    Op::Issue => {
                        issued += 1;
                        prop_assert_eq!(outbox.issue().number() + gone, issued);
                    }
                    Op::Hold(after) => {
                        let after = after.min(outbox.issued().number());
                        prop_assert!(outbox.hold(Seq::new(after), 100, || gates.len()));
                        gates.push(floor.max(after + gone));
                    }
                    Op::Report(number) => {
                        let written = number + gone <= issued;
                        prop_assert_eq!(outbox.flushed(Seq::new(number)), written);
                        reported = if written { reported.max(number + gone) } else { reported };
                    }
                    Op::Seal => {
                        outbox.seal();
                        floor = issued;
                        let waiting = (0..gates.len()).filter(|item| !left.contains(item));
                        waiting.for_each(|item| gates[item] = floor);
                    }
                    Op::Renumber => {
                        gone += outbox.renumber();
                        prop_assert_eq!(gone, reported);
                    }
                }
                let due: Vec<usize> =
                    (0..gates.len()).filter(|item| gates[*item] <= reported && !left.contains(item)).collect();
                let released = released(&mut outbox);
                prop_assert_eq!(&released, &due);
                left.extend(released);
                prop_assert!(outbox.check() && outbox.len() == gates.len() - left.len());
                prop_assert_eq!(outbox.is_empty(), gates.len() == left.len());
                prop_assert_eq!(outbox.durable().number() + gone, reported);
                prop_assert_eq!(outbox.is_flushing(), reported < issued);
            }
        }
    }

    #[test]
    fn what_waits_can_be_seen_changed_and_dropped() {
        let mut outbox: Outbox<usize> = Outbox::default();
        let first = outbox.issue();
        assert!([1, 2, 3, 4].iter().all(|item| outbox.hold(first, 9, || *item)));
        outbox.retain(|item| *item != 1);
        outbox.map(|item| (item != 2).then_some(item * 10));
        assert!(outbox.iter().eq(&[30, 40]));
        assert_eq!(outbox.due(), None, "what was changed waits as before");
        assert!(outbox.flushed(first));
        assert_eq!(released(&mut outbox), [30, 40]);
        outbox.trim();
        assert_eq!(outbox.held.capacity(), 0);
        // A record that was never written is no gate, and the invariants say so.
        assert!(outbox.hold(Seq::new(2), 9, || 5) && !outbox.check());
    }

    #[test]
    fn a_sealed_outbox_is_silent_until_the_seal_is_durable() {
        let mut outbox: Outbox<&str> = Outbox::default();
        outbox.issue();
        outbox.seal();
        assert!(outbox.hold(Seq::default(), 1, || "hello"));
        assert!(outbox.hold(Seq::default(), 1, || "hello"), "said already");
        assert!(!outbox.hold(Seq::default(), 1, || "lost"));
        assert_eq!(outbox.due(), None);
        assert!(outbox.flushed(Seq::new(1)));
        assert_eq!((outbox.renumber(), outbox.due()), (1, Some((0, &"hello"))));
        assert_eq!((outbox.release(0), outbox.due()), ("hello", None));
        assert!(!outbox.flushed(Seq::new(7)), "a record that was never written");
    }
}
