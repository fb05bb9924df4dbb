//! Letters: an envelope, or one more of the same, as a number; and boxes of them.
//!
//! Where order does not matter a state has one bit a letter. Several of the same envelope in flight are several
//! letters, the *copies*, of which those in flight are always the first ones; so equal mail is equal bits.
//!
//! Where order matters, or where there are too many letters for bits, the mail to one actor is a *box*: a list of
//! letters in a canonical order, which is a value with a number like any other.

use super::tables::{Interner, NONE, Numbered, key};
use crate::check::search::Id;
use stateright::actor::{Envelope, Network};
use std::hash::Hash;

/// What stateright calls the kinds of networks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Delivery {
    /// In any order, each once.
    Once,
    /// In any order, again and again.
    Again,
    /// In the order in which they were sent, by each pair of actors.
    InOrder,
}

impl Delivery {
    pub(super) fn of<M: Eq + Hash>(network: &Network<M>) -> Self {
        match network {
            Network::UnorderedNonDuplicating(_) => Self::Once,
            Network::UnorderedDuplicating(..) => Self::Again,
            Network::Ordered(_) => Self::InOrder,
        }
    }
}

/// The envelopes of a network, in a fixed order, as often as they are in it.
pub(super) fn envelopes<M: Clone + Ord + Hash>(network: &Network<M>) -> Vec<Envelope<M>> {
    let mut all: Vec<Envelope<M>> = Vec::new();
    match network {
        Network::UnorderedNonDuplicating(counts) => {
            for (envelope, count) in counts {
                all.extend(std::iter::repeat_n(envelope.clone(), *count));
            }
            all.sort();
        }
        Network::UnorderedDuplicating(set, _last) => {
            all.extend(set.iter().cloned());
            all.sort();
        }
        Network::Ordered(flows) => {
            for ((src, dst), flow) in flows {
                all.extend(flow.iter().map(|msg| Envelope { src: *src, dst: *dst, msg: msg.clone() }));
            }
        }
    }
    all
}

/// What is asked of a letter again and again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    /// The index of the actor that it is for, or [`NONE`]: there is no such actor.
    pub(super) to: Id,
    /// Which of that actor's letters it is, or [`NONE`]: it is a copy of another one.
    pub(super) column: Id,
    /// One more of the same, or [`NONE`]: there never was one.
    pub(super) copy: Id,
}

/// All letters ever sent.
#[derive(Debug)]
pub(super) struct Letters<M> {
    values: Interner<(Envelope<M>, u32)>,
    kinds: Vec<Letter>,
    /// For each actor, how many letters it can get.
    columns: Vec<Id>,
}

impl<M: Clone + Eq + Hash> Letters<M> {
    pub(super) fn new(actors: usize) -> Self {
        Self { values: Interner::default(), kinds: Vec::new(), columns: vec![0; actors] }
    }

    pub(super) fn len(&self) -> usize {
        self.kinds.len()
    }

    #[inline]
    pub(super) fn letter(&self, letter: Id) -> Letter {
        self.kinds[letter as usize]
    }

    pub(super) fn envelope(&self, letter: Id) -> &Envelope<M> {
        &self.values.get(letter).0
    }

    pub(super) fn intern(&mut self, envelope: Envelope<M>) -> Id {
        let to = usize::from(envelope.dst);
        let (letter, new) = self.values.intern((envelope, 0));
        if new {
            let column = self.columns.get_mut(to).map(|column| {
                *column += 1;
                *column - 1
            });
            let to = if column.is_some() { to as Id } else { NONE };
            self.kinds.push(Letter { to, column: column.unwrap_or(0), copy: NONE });
        }
        letter
    }

    /// One more of the same.
    pub(super) fn copy(&mut self, of: Id) -> Id {
        let (envelope, nth) = self.values.get(of).clone();
        let (copy, new) = self.values.intern((envelope, nth + 1));
        if new {
            self.kinds.push(Letter { column: NONE, copy: NONE, ..self.letter(of) });
            self.kinds[of as usize].copy = copy;
        }
        copy
    }
}

/// All boxes ever met.
#[derive(Debug)]
pub(super) struct Boxes {
    values: Interner<Vec<Id>>,
    /// For each, which letters can be delivered next.
    heads: Vec<Vec<Id>>,
    taken: Numbered<Id>,
    put: Numbered<Id>,
}

impl Boxes {
    /// One box, the empty one: its number is 0.
    pub(super) fn new() -> Self {
        let mut values = Interner::default();
        values.intern(Vec::new());
        Self { values, heads: vec![Vec::new()], taken: Numbered::default(), put: Numbered::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    pub(super) fn content(&self, id: Id) -> &[Id] {
        self.values.get(id)
    }

    pub(super) fn heads(&self, id: Id) -> &[Id] {
        &self.heads[id as usize]
    }

    pub(super) fn taken(&self, id: Id, letter: Id) -> Option<Id> {
        self.taken.get(&key(id, letter)).copied()
    }

    pub(super) fn put(&self, id: Id, letter: Id) -> Option<Id> {
        self.put.get(&key(id, letter)).copied()
    }

    pub(super) fn learn_taken<M: Clone + Eq + Hash>(&mut self, id: Id, letter: Id, mail: &Post<'_, M>) {
        let mut content = self.content(id).to_vec();
        if let Some(at) = content.iter().position(|other| *other == letter) {
            content.remove(at);
        }
        let after = self.intern(content, mail);
        self.taken.insert(key(id, letter), after);
    }

    pub(super) fn learn_put<M: Clone + Eq + Hash>(&mut self, id: Id, letter: Id, mail: &Post<'_, M>) {
        let mut content = self.content(id).to_vec();
        mail.add(&mut content, letter);
        let after = self.intern(content, mail);
        self.put.insert(key(id, letter), after);
    }

    /// The number of a box with this in it.
    pub(super) fn of<M: Clone + Eq + Hash>(
        &mut self,
        letters: impl IntoIterator<Item = Id>,
        mail: &Post<'_, M>,
    ) -> Id {
        let mut content = Vec::new();
        for letter in letters {
            mail.add(&mut content, letter);
        }
        self.intern(content, mail)
    }

    fn intern<M: Clone + Eq + Hash>(&mut self, content: Vec<Id>, mail: &Post<'_, M>) -> Id {
        let heads = mail.heads(&content);
        let (id, new) = self.values.intern(content);
        if new {
            self.heads.push(heads);
        }
        id
    }
}

/// How a network orders letters.
pub(super) struct Post<'l, M> {
    pub(super) delivery: Delivery,
    pub(super) letters: &'l Letters<M>,
}

impl<M: Clone + Eq + Hash> Post<'_, M> {
    /// By sender where order matters, by number where it does not.
    fn rank(&self, letter: Id) -> u64 {
        match self.delivery {
            Delivery::InOrder => usize::from(self.letters.envelope(letter).src) as u64,
            Delivery::Once | Delivery::Again => u64::from(letter),
        }
    }

    fn add(&self, content: &mut Vec<Id>, letter: Id) {
        if self.delivery == Delivery::Again && content.contains(&letter) {
            return;
        }
        let rank = self.rank(letter);
        let at = content.partition_point(|other| self.rank(*other) <= rank);
        content.insert(at, letter);
    }

    /// The first of each rank.
    fn heads(&self, content: &[Id]) -> Vec<Id> {
        let mut heads: Vec<Id> = content.to_vec();
        heads.dedup_by_key(|letter| self.rank(*letter));
        heads
    }
}
