//! One worker's share of the search: the states that it owns, what follows from them, and what it tells the others.
//!
//! A state is owned by the worker that its fingerprint names. What follows from an owned state is added at once if
//! it is owned as well; otherwise it travels in a [`Parcel`], as the sender's numbers of its parts.
//!
//! A part cannot be sent by itself: the production state does not promise to be serialisable. But each part but the
//! first ones was met when something followed from a state of older parts. So before a number is used for the first
//! time towards a receiver, a [`Lesson`] says which part it means: its fingerprint, and that state, in numbers told
//! before. A receiver that has not met the part computes what follows from the state, and then knows it. There are
//! thousands of parts where there are millions of states, and most are met by every worker itself.

use super::portable::{NONE, Parts, Portable};
use super::store::Store;
use crate::check::search::Id;
use serde::{Deserialize, Serialize};

/// Successors computed before they are added.
const BATCH: usize = 512;
/// States in a full parcel.
const FULL: usize = 1024;
/// Remembered states that were sent to others; a power of two.
const REMEMBERED: usize = 1 << 17;

/// What a number of the sender means: the part of this fingerprint, which follows from a state whose parts were
/// told before. Without a state it is a part of the first one.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Lesson {
    kind: u8,
    id: Id,
    print: u64,
    source: Vec<Id>,
}

/// States for another worker.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Parcel {
    /// To whom.
    pub(super) to: u32,
    from: u32,
    /// Steps from the first state to these.
    level: u32,
    lessons: Vec<Lesson>,
    /// One after the other: the numbers of the parts, and the fingerprint of the state before in two halves.
    states: Vec<u32>,
}

/// What is known about another worker: by kind, what its numbers mean here, and which of ours it was told.
#[derive(Default)]
struct Peer {
    meanings: Vec<Vec<Id>>,
    told: Vec<Vec<bool>>,
    parcel: Parcel,
}

/// A part that another worker computes differently: the two run different code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Disagreement {
    /// Who sent it.
    pub(super) worker: u32,
}

/// How far one worker has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Load {
    pub(super) states: u64,
    pub(super) frontier: u64,
    pub(super) transitions: u64,
    /// Bytes of the states and of the table that finds them.
    pub(super) bytes: u64,
    pub(super) sent: u64,
    pub(super) parcels: u64,
}

/// States on their way into the store: one after the other, and for each its fingerprint and that of its parent.
#[derive(Default)]
struct Found {
    states: Vec<Id>,
    prints: Vec<(u64, u64)>,
}

impl Found {
    fn push(&mut self, state: &[Id], print: u64, parent: u64) {
        self.states.extend_from_slice(state);
        self.prints.push((print, parent));
    }

    fn clear(&mut self) {
        self.states.clear();
        self.prints.clear();
    }
}

/// One worker's share.
pub(super) struct Explorer<C> {
    me: u32,
    parts: Parts<C>,
    width: usize,
    store: Store,
    peers: Vec<Peer>,
    /// For each level the number of its first state here.
    levels: Vec<u32>,
    next: u32,
    /// The states of the level at hand, those with the same first parts together.
    order: Vec<(u64, u32)>,
    state: Vec<Id>,
    found: Found,
    remembered: Vec<(u64, u64)>,
    transitions: u64,
    sent: u64,
    parcels: u64,
    broken: Option<u64>,
    disagreement: Option<Disagreement>,
}

impl<C: Portable> Explorer<C> {
    /// The share of worker `me` of `workers`.
    pub(super) fn new(coded: C, me: u32, workers: u32) -> Self {
        let parts = Parts::new(coded);
        let width = parts.width();
        let peer = |to| Peer {
            meanings: vec![Vec::new(); C::KINDS],
            told: vec![Vec::new(); C::KINDS],
            parcel: Parcel { to, from: me, ..Parcel::default() },
        };
        Self {
            me,
            store: Store::new(width),
            parts,
            width,
            peers: (0..workers).map(peer).collect(),
            levels: vec![0],
            next: 0,
            order: Vec::new(),
            state: Vec::new(),
            found: Found::default(),
            remembered: vec![(0, 0); REMEMBERED],
            transitions: 0,
            sent: 0,
            parcels: 0,
            broken: None,
            disagreement: None,
        }
    }

    /// The worker that owns the state of this fingerprint.
    fn owner(&self, print: u64) -> u32 {
        (((print & u64::from(u32::MAX)) * self.peers.len() as u64) >> 32) as u32
    }

    /// Adds the first state, if it belongs here.
    pub(super) fn begin(&mut self) {
        let first = self.parts.first();
        let print = self.parts.print(&first);
        if self.owner(print) == self.me {
            self.transitions += 1;
            self.add(&first, print, print);
        }
    }

    /// How far it has got.
    pub(super) fn load(&self) -> Load {
        Load {
            states: u64::from(self.store.len()),
            frontier: u64::from(self.store.len() - self.next),
            transitions: self.transitions,
            bytes: self.store.bytes(),
            sent: self.sent,
            parcels: self.parcels,
        }
    }

    /// The smallest fingerprint of an owned state in which an invariant is violated.
    pub(super) fn broken(&self) -> Option<u64> {
        self.broken
    }

    /// Whether another worker computes a part differently.
    pub(super) fn disagreement(&self) -> Option<Disagreement> {
        self.disagreement
    }

    /// Whether there is no number left for another state.
    pub(super) fn is_full(&self) -> bool {
        self.store.is_full()
    }

    /// The fingerprint of a state that leads to the owned state of this fingerprint.
    pub(super) fn parent(&self, print: u64) -> Option<u64> {
        let index = self.store.find(print, |parts| self.parts.print(parts))?;
        Some(self.store.parent(index))
    }

    // ---- own states ------------------------------------------------------------------------------------

    /// From now on, states of this level are added.
    ///
    /// Another worker may be ahead and send the first of them before this one gets there. Then all states of the
    /// level before are known everywhere, because that is what the other one waited for.
    pub(super) fn open(&mut self, level: u32) {
        while self.levels.len() <= level as usize {
            self.levels.push(self.store.len());
        }
    }

    /// Puts the owned states of a level into the order in which they are expanded.
    ///
    /// Brothers have most parts in common, and what is remembered of these is near when one follows the other. But
    /// of brothers every owner has only some, so they are brought together again.
    pub(super) fn arrange(&mut self, level: u32) {
        let (from, to) = (self.levels[level as usize], self.levels[level as usize + 1]);
        let key = |index: u32| {
            let state = self.store.parts(index);
            (u64::from(state[0]) << 32) | u64::from(state[1])
        };
        self.order.clear();
        self.order.extend((from..to).map(|index| (key(index), index)));
        self.order.sort_unstable();
        self.next = from;
    }

    /// Computes what follows from some states of the level that was arranged; whether there are more of them.
    pub(super) fn expand(&mut self, level: u32) -> bool {
        let (from, end) = (self.levels[level as usize], self.levels[level as usize + 1]);
        let mut found = std::mem::take(&mut self.found);
        while self.next < end && found.prints.len() < BATCH {
            self.state.clear();
            let (_, index) = self.order[(self.next - from) as usize];
            self.state.extend_from_slice(self.store.parts(index));
            self.next += 1;
            let parent = self.parts.print(&self.state);
            found.states.extend_from_slice(self.parts.successors(&self.state));
            for at in found.prints.len()..found.states.len() / self.width {
                let print = self.parts.print(&found.states[at * self.width..][..self.width]);
                found.prints.push((print, parent));
            }
        }
        self.transitions += found.prints.len() as u64;
        self.near(&found);
        for (state, (print, parent)) in found.states.chunks_exact(self.width).zip(&found.prints) {
            let owner = self.owner(*print);
            if owner == self.me {
                self.add(state, *print, *parent);
            } else if !self.was_sent(*print, *parent) {
                self.post(owner, state, *parent, level + 1);
            }
        }
        found.clear();
        self.found = found;
        self.next < end
    }

    /// Looks where the states found belong before they are compared: these looks do not wait for each other.
    fn near(&self, found: &Found) {
        let near = found.prints.iter().fold(0, |near, (print, _)| near ^ self.store.touch(*print));
        std::hint::black_box(near);
    }

    fn add(&mut self, state: &[Id], print: u64, parent: u64) {
        let first = self.levels.last().copied().unwrap_or_default();
        if self.store.insert(state, print, parent, first) && !self.parts.is_sound(state) {
            self.broken = Some(self.broken.map_or(print, |other| other.min(print)));
        }
    }

    // ---- others' states --------------------------------------------------------------------------------

    /// Whether this state was sent a short while ago, with a parent that its owner prefers.
    fn was_sent(&mut self, print: u64, parent: u64) -> bool {
        let last = &mut self.remembered[print as usize & (REMEMBERED - 1)];
        let known = last.0 == print && last.1 <= parent;
        if !known {
            *last = (print, parent);
        }
        known
    }

    fn post(&mut self, to: u32, state: &[Id], parent: u64, level: u32) {
        let peer = &mut self.peers[to as usize];
        for (at, id) in state.iter().enumerate() {
            tell(&self.parts, peer, self.parts.kind(at), *id);
        }
        peer.parcel.level = level;
        peer.parcel.states.extend_from_slice(state);
        peer.parcel.states.extend([parent as u32, (parent >> 32) as u32]);
        self.sent += 1;
    }

    /// The parcels that are full, or with `all` those that are not empty.
    pub(super) fn parcels(&mut self, all: bool) -> Vec<Parcel> {
        let (me, row) = (self.me, self.width + 2);
        let due = |peer: &&mut Peer| {
            let states = peer.parcel.states.len() / row;
            states >= FULL || (all && states > 0)
        };
        let take = |peer: &mut Peer| {
            let states = Vec::with_capacity(peer.parcel.states.len());
            let next = Parcel { to: peer.parcel.to, from: me, states, ..Parcel::default() };
            std::mem::replace(&mut peer.parcel, next)
        };
        let parcels: Vec<Parcel> = self.peers.iter_mut().filter(due).map(take).collect();
        self.parcels += parcels.len() as u64;
        parcels
    }

    /// Learns and adds what another worker sent.
    pub(super) fn receive(&mut self, parcel: &Parcel) {
        self.open(parcel.level);
        if self.take(parcel).is_none() {
            self.disagreement = Some(Disagreement { worker: parcel.from });
        }
    }

    fn take(&mut self, parcel: &Parcel) -> Option<()> {
        for lesson in &parcel.lessons {
            self.learn(parcel.from, lesson)?;
        }
        let mut found = std::mem::take(&mut self.found);
        self.translate(self.peers.get(parcel.from as usize)?, &parcel.states, &mut found)?;
        self.near(&found);
        for (state, (print, parent)) in found.states.chunks_exact(self.width).zip(&found.prints) {
            self.add(state, *print, *parent);
        }
        found.clear();
        self.found = found;
        Some(())
    }

    fn translate(&self, peer: &Peer, states: &[u32], found: &mut Found) -> Option<()> {
        let mut own = vec![0; self.width];
        for row in states.chunks(self.width + 2) {
            let (state, parent) = row.split_at_checked(self.width)?;
            for (at, (own, id)) in own.iter_mut().zip(state).enumerate() {
                *own = known(&peer.meanings[self.parts.kind(at)], *id)?;
            }
            let [low, high]: [u32; 2] = parent.try_into().ok()?;
            let parent = u64::from(low) | (u64::from(high) << 32);
            found.push(&own, self.parts.print(&own), parent);
        }
        Some(())
    }

    /// Learns what a number of another worker means; computes the part if it is not known here.
    fn learn(&mut self, from: u32, lesson: &Lesson) -> Option<()> {
        let Lesson { kind, id, print, source } = lesson;
        let kind = usize::from(*kind);
        let peer = self.peers.get(from as usize)?;
        if self.parts.part(kind, *print).is_none() {
            let place = |(at, id): (usize, &Id)| known(peer.meanings.get(self.parts.kind(at))?, *id);
            let source: Option<Vec<Id>> = source.iter().take(self.width).enumerate().map(place).collect();
            let complete = source.filter(|source| source.len() == self.width)?;
            self.parts.successors(&complete);
        }
        let meaning = self.parts.part(kind, *print)?;
        put(&mut self.peers[from as usize].meanings[kind], *id, meaning)
    }
}

/// What a number of another worker means here.
fn known(meanings: &[Id], id: Id) -> Option<Id> {
    meanings.get(id as usize).copied().filter(|meaning| *meaning != NONE)
}

fn put(meanings: &mut Vec<Id>, id: Id, meaning: Id) -> Option<()> {
    // A worker has few parts: a number far ahead is none.
    if id as usize > meanings.len() + (1 << 24) {
        return None;
    }
    if meanings.len() <= id as usize {
        meanings.resize(id as usize + 1, NONE);
    }
    meanings[id as usize] = meaning;
    Some(())
}

fn was_told(peer: &Peer, kind: usize, id: Id) -> bool {
    peer.told[kind].get(id as usize) == Some(&true)
}

/// Says what a part is, and before that what the parts are of the state that it follows from.
///
/// A part follows from older ones, so this ends; a stack instead of recursion, because the chain may be long.
fn tell<C: Portable>(parts: &Parts<C>, peer: &mut Peer, kind: usize, id: Id) {
    if was_told(peer, kind, id) {
        return;
    }
    let mut open = vec![(kind, id, false)];
    while let Some((kind, id, ready)) = open.pop() {
        if was_told(peer, kind, id) {
            continue;
        }
        let source = parts.source(kind, id).unwrap_or_default();
        if ready {
            let told = &mut peer.told[kind];
            told.resize(told.len().max(id as usize + 1), false);
            told[id as usize] = true;
            let print = parts.part_print(kind, id);
            peer.parcel.lessons.push(Lesson { kind: kind as u8, id, print, source: source.to_vec() });
        } else {
            open.push((kind, id, true));
            open.extend(source.iter().enumerate().map(|(at, id)| (parts.kind(at), *id, false)));
        }
    }
}
