//! One worker's share of the search: the states that it owns, what follows from them, and what it tells the others.
//!
//! A state is owned by the worker that its fingerprint names. What follows from an owned state is added at once if
//! it is owned as well; otherwise it travels in a [`Parcel`], as the sender's numbers of its parts. Before a number
//! is used for the first time towards a receiver, a [`Lesson`] says which part it means: its fingerprint, and from
//! which parts – told before – it is computed. So a receiver translates numbers by looking into a table, and
//! computes only the parts that it has not met by itself.

use super::parts::{AroundOrigin, Id, Ids, NONE, Parts, SeatOrigin, Turn};
use super::store::Store;
use crate::world::{State, World};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Successors computed before they are added.
const BATCH: usize = 512;
/// States in a full parcel.
const FULL: usize = 1024;
/// Remembered states that were sent to others; a power of two.
const REMEMBERED: usize = 1 << 14;

/// What a number of the sender means.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Lesson {
    Seat(Id, u64, SeatOrigin),
    Around(Id, u64, AroundOrigin),
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

/// What is known about another worker: which of its numbers mean what, and which of ours it knows.
#[derive(Default)]
struct Peer {
    seats: Vec<Id>,
    arounds: Vec<Id>,
    taught_seats: Vec<bool>,
    taught_arounds: Vec<bool>,
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

/// A state on its way into the store.
struct Found {
    parts: Ids,
    print: u64,
}

/// One worker's share.
pub(super) struct Explorer {
    me: u32,
    parts: Parts,
    store: Store,
    peers: Vec<Peer>,
    /// For each level the number of its first state here.
    levels: Vec<u32>,
    next: u32,
    fresh: Vec<Ids>,
    found: Vec<(Found, u64)>,
    remembered: Vec<(u64, u64)>,
    transitions: u64,
    sent: u64,
    parcels: u64,
    broken: Option<u64>,
    disagreement: Option<Disagreement>,
}

impl Explorer {
    /// The share of worker `me` of `workers`.
    pub(super) fn new(world: Arc<World>, start: State, me: u32, workers: u32) -> Self {
        let parts = Parts::new(world, start);
        let peer = |to| Peer { parcel: Parcel { to, from: me, ..Parcel::default() }, ..Peer::default() };
        Self {
            me,
            store: Store::new(parts.width()),
            parts,
            peers: (0..workers).map(peer).collect(),
            levels: vec![0],
            next: 0,
            fresh: Vec::new(),
            found: Vec::new(),
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
        ((print & u64::from(u32::MAX)) * self.peers.len() as u64 >> 32) as u32
    }

    /// Adds the first state, if it belongs here.
    pub(super) fn begin(&mut self) {
        let first = self.parts.start();
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

    /// Computes what follows from some owned states of a level; whether there are more of them.
    pub(super) fn expand(&mut self, level: u32) -> bool {
        let end = self.levels[level as usize + 1];
        let mut fresh = std::mem::take(&mut self.fresh);
        let mut found = std::mem::take(&mut self.found);
        while self.next < end && found.len() < BATCH {
            let mut state = Ids::default();
            let width = self.parts.width();
            state[..width].copy_from_slice(self.store.parts(self.next));
            let parent = self.parts.print(&state[..width]);
            self.next += 1;
            self.parts.expand(&state, &mut fresh);
            for parts in fresh.drain(..) {
                let print = self.parts.print(&parts[..width]);
                found.push((Found { parts, print }, parent));
            }
        }
        self.transitions += found.len() as u64;
        self.settle(&mut found, level + 1);
        (self.fresh, self.found) = (fresh, found);
        self.next < end
    }

    /// Adds what was found or prepares it for its owner.
    fn settle(&mut self, found: &mut Vec<(Found, u64)>, level: u32) {
        // First look where each belongs, then compare: the looks do not wait for each other.
        let near = found.iter().fold(0_u32, |near, (state, _)| near ^ self.store.touch(state.print));
        std::hint::black_box(near);
        for (state, parent) in found.drain(..) {
            let owner = self.owner(state.print);
            if owner == self.me {
                self.add(&state.parts, state.print, parent);
            } else if !self.was_sent(state.print, parent) {
                self.post(owner, &state.parts, parent, level);
            }
        }
    }

    fn add(&mut self, parts: &Ids, print: u64, parent: u64) {
        let first = self.levels.last().copied().unwrap_or_default();
        let parts = &parts[..self.parts.width()];
        if self.store.insert(parts, print, parent, first) && !self.parts.is_sound(parts) {
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

    fn post(&mut self, to: u32, parts: &Ids, parent: u64, level: u32) {
        let (seats, around) = parts[..self.parts.width()].split_at(self.parts.width() - 1);
        let peer = &mut self.peers[to as usize];
        for seat in seats {
            teach_seat(&self.parts, peer, *seat);
        }
        teach_around(&self.parts, peer, around[0]);
        peer.parcel.level = level;
        peer.parcel.states.extend_from_slice(&parts[..self.parts.width()]);
        peer.parcel.states.extend([parent as u32, (parent >> 32) as u32]);
        self.sent += 1;
    }

    /// The parcels that are full, or with `all` those that are not empty.
    pub(super) fn parcels(&mut self, all: bool) -> Vec<Parcel> {
        let (me, row) = (self.me, self.parts.width() + 2);
        let due = |peer: &&mut Peer| {
            let states = peer.parcel.states.len() / row;
            states >= FULL || (all && states > 0)
        };
        let take = |peer: &mut Peer| {
            let next = Parcel { to: peer.parcel.to, from: me, ..Parcel::default() };
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
        let mut peer = std::mem::take(self.peers.get_mut(parcel.from as usize)?);
        let learnt = parcel.lessons.iter().try_for_each(|lesson| self.learn(&mut peer, lesson));
        let states = learnt.and_then(|()| self.translate(&peer, &parcel.states));
        self.peers[parcel.from as usize] = peer;
        let mut states = states?;
        let near = states.iter().fold(0_u32, |near, (state, _)| near ^ self.store.touch(state.print));
        std::hint::black_box(near);
        for (state, parent) in states.drain(..) {
            self.add(&state.parts, state.print, parent);
        }
        self.found = states;
        Some(())
    }

    fn translate(&mut self, peer: &Peer, states: &[u32]) -> Option<Vec<(Found, u64)>> {
        let width = self.parts.width();
        let mut found = std::mem::take(&mut self.found);
        for row in states.chunks(width + 2) {
            let (parts, parent) = row.split_at_checked(width)?;
            let mut own = Ids::default();
            for (own, id) in own.iter_mut().zip(&parts[..width - 1]) {
                *own = known(&peer.seats, *id)?;
            }
            own[width - 1] = known(&peer.arounds, parts[width - 1])?;
            let print = self.parts.print(&own[..width]);
            let [low, high]: [u32; 2] = parent.try_into().ok()?;
            let parent = u64::from(low) | (u64::from(high) << 32);
            found.push((Found { parts: own, print }, parent));
        }
        Some(found)
    }

    fn learn(&mut self, peer: &mut Peer, lesson: &Lesson) -> Option<()> {
        let turn = |turn: &Turn| {
            let (seat, around) = (known(&peer.seats, turn.seat)?, known(&peer.arounds, turn.around)?);
            Some(Turn { seat, around, number: turn.number })
        };
        match lesson {
            Lesson::Seat(id, print, origin) => {
                let origin = match origin {
                    SeatOrigin::Start(at) => SeatOrigin::Start(*at),
                    SeatOrigin::Turn(took) => SeatOrigin::Turn(turn(took)?),
                    SeatOrigin::Mail { seat, sent } => {
                        SeatOrigin::Mail { seat: known(&peer.seats, *seat)?, sent: turn(sent)? }
                    }
                    SeatOrigin::Forget { seat, sender, epoch } => {
                        let seat = known(&peer.seats, *seat)?;
                        SeatOrigin::Forget { seat, sender: *sender, epoch: *epoch }
                    }
                    SeatOrigin::Age { seat, ticks } => {
                        SeatOrigin::Age { seat: known(&peer.seats, *seat)?, ticks: ticks.clone() }
                    }
                };
                put(&mut peer.seats, *id, self.parts.learn_seat(*print, &origin)?)
            }
            Lesson::Around(id, print, origin) => {
                let around = |id: &Id| known(&peer.arounds, *id);
                let origin = match origin {
                    AroundOrigin::Start => AroundOrigin::Start,
                    AroundOrigin::Turn(took) => AroundOrigin::Turn(turn(took)?),
                    AroundOrigin::Around { around: before, number } => {
                        AroundOrigin::Around { around: around(before)?, number: *number }
                    }
                    AroundOrigin::Suspend { around: before } => {
                        AroundOrigin::Suspend { around: around(before)? }
                    }
                };
                put(&mut peer.arounds, *id, self.parts.learn_around(*print, &origin)?)
            }
        }
    }
}

/// What a number of another worker means here.
fn known(meanings: &[Id], id: Id) -> Option<Id> {
    meanings.get(id as usize).copied().filter(|meaning| *meaning != NONE)
}

fn put(meanings: &mut Vec<Id>, id: Id, meaning: Id) -> Option<()> {
    // Numbers are given one after the other; one far ahead is none.
    if id as usize > meanings.len() + (1 << 24) {
        return None;
    }
    if meanings.len() <= id as usize {
        meanings.resize(id as usize + 1, NONE);
    }
    meanings[id as usize] = meaning;
    Some(())
}

/// The lesson on a part; from now on it was given.
fn lesson(parts: &Parts, peer: &mut Peer, part: Part) -> Lesson {
    let give = |taught: &mut Vec<bool>, id: Id| {
        if taught.len() <= id as usize {
            taught.resize(id as usize + 1, false);
        }
        taught[id as usize] = true;
    };
    match part {
        Part::Seat(id) => {
            give(&mut peer.taught_seats, id);
            let (print, origin) = parts.seat_lesson(id);
            Lesson::Seat(id, print, origin.clone())
        }
        Part::Around(id) => {
            give(&mut peer.taught_arounds, id);
            let (print, origin) = parts.around_lesson(id);
            Lesson::Around(id, print, origin.clone())
        }
    }
}

fn teach_seat(parts: &Parts, peer: &mut Peer, seat: Id) {
    if peer.taught_seats.get(seat as usize) != Some(&true) {
        teach(parts, peer, Part::Seat(seat));
    }
}

fn teach_around(parts: &Parts, peer: &mut Peer, around: Id) {
    if peer.taught_arounds.get(around as usize) != Some(&true) {
        teach(parts, peer, Part::Around(around));
    }
}

#[derive(Clone, Copy)]
enum Part {
    Seat(Id),
    Around(Id),
}

/// Says what a part is, and before that what the parts are that it is made of.
///
/// A part is made of older ones, so this ends; a stack instead of recursion, because the chain may be long.
fn teach(parts: &Parts, peer: &mut Peer, part: Part) {
    let mut open = vec![(part, false)];
    while let Some((part, made)) = open.pop() {
        let taught = match part {
            Part::Seat(id) => peer.taught_seats.get(id as usize),
            Part::Around(id) => peer.taught_arounds.get(id as usize),
        };
        if taught == Some(&true) {
            continue;
        }
        if made {
            let lesson = lesson(parts, peer, part);
            peer.parcel.lessons.push(lesson);
        } else {
            open.push((part, true));
            open.extend(ancestors(parts, part).into_iter().flatten().map(|part| (part, false)));
        }
    }
}

/// What a part is made of.
fn ancestors(parts: &Parts, part: Part) -> [Option<Part>; 3] {
    let (seat, around) = (|id| Some(Part::Seat(id)), |id| Some(Part::Around(id)));
    match part {
        Part::Seat(id) => match parts.seat_lesson(id).1 {
            SeatOrigin::Start(_) => [None; 3],
            SeatOrigin::Turn(turn) => [seat(turn.seat), around(turn.around), None],
            SeatOrigin::Mail { seat: to, sent } => [seat(*to), seat(sent.seat), around(sent.around)],
            SeatOrigin::Forget { seat: of, .. } | SeatOrigin::Age { seat: of, .. } => [seat(*of), None, None],
        },
        Part::Around(id) => match parts.around_lesson(id).1 {
            AroundOrigin::Start => [None; 3],
            AroundOrigin::Turn(turn) => [seat(turn.seat), around(turn.around), None],
            AroundOrigin::Around { around: of, .. } | AroundOrigin::Suspend { around: of } => {
                [around(*of), None, None]
            }
        },
    }
}
