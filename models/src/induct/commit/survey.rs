//! Which views occur in the histories of a scope, and how often.
//!
//! Histories come in an order in which neighbours differ in little. So what is said of each node and of each sender
//! is compared with the history before, numbered if it is new, and a pair of numbers is looked up only when one of
//! the two changed.

use super::fast::Fast;
use super::ghost::Ghost;
use super::scope::{Quorums, Scope};
use super::view::{Holder, Seat, Source};
use std::collections::HashMap;
use std::hash::Hash;

/// How often something occurs, and a history in which it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) times: u64,
    pub(super) example: Ghost,
}

/// Numbers for values, in the order in which they are met.
#[derive(Debug)]
struct Numbers<T> {
    of: HashMap<T, u32, Fast>,
    all: Vec<T>,
}

impl<T: Copy + Eq + Hash> Numbers<T> {
    fn new() -> Self {
        Self { of: HashMap::default(), all: Vec::new() }
    }

    fn number(&mut self, value: T) -> u32 {
        *self.of.entry(value).or_insert_with(|| {
            self.all.push(value);
            self.all.len() as u32 - 1
        })
    }
}

/// What a slot shows, and since which history.
#[derive(Clone, Copy, Debug)]
struct Shown {
    key: u64,
    since: u64,
}

/// Collects views.
#[derive(Debug)]
pub(super) struct Survey<'a> {
    scope: Scope,
    quorums: &'a Quorums,
    seats: Numbers<Seat>,
    sources: Numbers<Source>,
    last_seats: Vec<(Seat, u32)>,
    last_sources: Vec<(Source, u32)>,
    shown: Vec<Shown>,
    seen: HashMap<u64, Seen, Fast>,
    taken: u64,
    before: Ghost,
}

const NOBODY: u64 = u32::MAX as u64;

impl<'a> Survey<'a> {
    pub(super) fn new(scope: Scope, quorums: &'a Quorums) -> Self {
        Self {
            scope,
            quorums,
            seats: Numbers::new(),
            sources: Numbers::new(),
            last_seats: Vec::new(),
            last_sources: Vec::new(),
            shown: Vec::new(),
            seen: HashMap::default(),
            taken: 0,
            before: Ghost::FIRST,
        }
    }

    /// Notes every view in a history.
    pub(super) fn note(&mut self, ghost: &Ghost) {
        let same =
            self.taken > 0 && ghost.offices == self.before.offices && ghost.promised == self.before.promised;
        let moved = self.note_seats(ghost, same);
        let spoke = self.note_sources(ghost, same);
        self.note_pairs(ghost, same, moved, spoke);
        self.before = *ghost;
        self.taken += 1;
    }

    /// Which nodes are seated otherwise than in the history before; `same` if no office and no promise differs.
    fn note_seats(&mut self, ghost: &Ghost, same: bool) -> u64 {
        let mut moved = 0;
        for me in self.quorums.each() {
            if same && ghost.left[me] == self.before.left[me] {
                continue;
            }
            let seat = Seat { me: self.quorums.role(me) as u8, ..Seat::of(ghost, me) };
            if self.last_seats.get(me).is_none_or(|(last, _)| *last != seat) {
                let number = self.seats.number(seat);
                put(&mut self.last_seats, me, (seat, number));
                moved |= 1 << me;
            }
        }
        moved
    }

    /// Which senders may say other things than in the history before, by node and epoch.
    fn note_sources(&mut self, ghost: &Ghost, same: bool) -> u64 {
        let epochs = usize::from(self.scope.epochs);
        let mut spoke = 0;
        for at in 0..self.quorums.nodes * epochs {
            let (from, epoch) = (at / epochs, at % epochs + 1);
            let left = |ghost: &Ghost| [ghost.left[from][epoch - 1], ghost.left[from][epoch]];
            if same && left(ghost) == left(&self.before) {
                continue;
            }
            let role = self.quorums.role(from) as u8;
            let source = Source { node: role, ..Source::of(ghost, epoch as u8, from) };
            if self.last_sources.get(at).is_none_or(|(last, _)| *last != source) {
                let number = self.sources.number(source);
                put(&mut self.last_sources, at, (source, number));
                spoke |= 1 << at;
            }
        }
        spoke
    }

    fn note_pairs(&mut self, ghost: &Ghost, same: bool, moved: u64, spoke: u64) {
        let epochs = usize::from(self.scope.epochs);
        let sources = self.quorums.nodes * epochs;
        for me in self.quorums.each() {
            let (stayed, slot) = (moved >> me & 1 == 0, me * (sources + 1));
            let seat = u64::from(self.last_seats[me].1) << 32;
            if !stayed {
                self.show(slot, seat | NOBODY);
            }
            for at in 0..sources {
                let told = spoke >> at & 1 == 1;
                if at / epochs == me || same && stayed && !told {
                    continue;
                }
                let receiver = ghost.owns(me, (at % epochs) as u8 + 1);
                let pair = u64::from(self.last_sources[at].1) << 1 | u64::from(receiver);
                self.show(slot + 1 + at, seat | pair);
            }
        }
    }

    fn show(&mut self, slot: usize, key: u64) {
        if self.shown.len() <= slot {
            self.shown.resize(slot + 1, Shown { key: u64::MAX, since: 0 });
        }
        let Shown { key: old, since } = self.shown[slot];
        if old == key {
            return;
        }
        self.shown[slot] = Shown { key, since: self.taken };
        self.keep(old, since);
    }

    fn keep(&mut self, key: u64, since: u64) {
        if key != u64::MAX {
            let example = self.before;
            self.seen.entry(key).or_insert(Seen { times: 0, example }).times += self.taken - since;
        }
    }

    /// Every view: the seat, the sender by every name it may have, and how often.
    pub(super) fn finish(mut self) -> Vec<(Seat, Option<Source>, Seen)> {
        for Shown { key, since } in std::mem::take(&mut self.shown) {
            self.keep(key, since);
        }
        let mut views: Vec<_> = self
            .seen
            .iter()
            .map(|(key, seen)| {
                let seat = self.seats.all[(key >> 32) as usize];
                let low = key & NOBODY;
                let source = (low != NOBODY).then(|| {
                    let source = self.sources.all[(low >> 1) as usize];
                    let receiver = low & 1 == 1;
                    Source { owner: if receiver { Holder::Receiver } else { source.owner }, ..source }
                });
                (seat, source, *seen)
            })
            .collect();
        views.sort_unstable_by_key(|(seat, source, _)| (*seat, *source));
        views
    }
}

fn put<T>(all: &mut Vec<T>, at: usize, value: T) {
    if at == all.len() { all.push(value) } else { all[at] = value }
}
