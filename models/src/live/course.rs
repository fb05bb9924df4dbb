//! A fair course of events, in rounds: the machines of a world, what is on its way between them, and nothing else.
//!
//! The same machines as everywhere ([`Local`]), moved by the same acts, but without what a search needs: no
//! network that remembers, no history, no list of what else could have happened. That makes a round cheap enough to
//! try millions of them. What happens is written down as [`Choice`]s if asked for, so that any course can be made to
//! happen again in the whole [`World`] and be judged there; the tests do that.
//!
//! # What is fair about it
//!
//! Every record is flushed at once, every effect is done at once, and every timer that is due fires in the round in
//! which it is due. In which order nodes take their turn is the order of their numbers: to try every order is to try
//! every labelling of a graph. How fast messages are is a [`Pace`].

use super::links::Links;
use crate::world::{Act, Caused, Choice, Envelope, Local, NOW, Op, Shared, Wire, World, node};
use quorate::failover::{Effect, Node, Request};
use quorate::id::{Epoch, NodeId};
use std::collections::VecDeque;
use std::fmt;

/// How fast messages are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Pace {
    /// At once: after each timer everything that follows from it happens before the next one fires. Every wait is
    /// equally long, and of the timers that are due the one of the first node fires first.
    Prompt,
    /// A round: the timers of all nodes fire at the same time, and what they say is heard in the next round. Waits
    /// have a random part, since equal candidates would else collide for ever.
    Lockstep,
}

impl Pace {
    /// Both.
    pub const ALL: [Pace; 2] = [Pace::Prompt, Pace::Lockstep];
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Pace::Prompt => "prompt",
            Pace::Lockstep => "lockstep",
        })
    }
}

/// A message on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Letter {
    from: NodeId,
    to: NodeId,
    wire: Wire,
}

/// The machines of a world, and what is on its way between them.
#[derive(Clone, Debug)]
pub struct Course<'w> {
    world: &'w World,
    /// The machines.
    pub locals: Vec<Local>,
    post: VecDeque<Letter>,
    /// How many writes were issued.
    issued: u8,
    /// What happened, if it is written down.
    notes: Option<Vec<Choice>>,
    /// Steps so far.
    steps: u64,
}

/// More steps than this in one round are a chatter that never ends.
const CHATTER: u32 = 4_000;

/// Without faults and while time stands still, steps followed one another without end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chatter;

impl<'w> Course<'w> {
    /// Nothing has happened yet; what will is written down.
    pub fn new(world: &'w World) -> Self {
        let first = world.initial();
        let locals = first.machines().map(|(_, local)| local.clone()).collect();
        Self { world, locals, post: VecDeque::new(), issued: 0, notes: Some(Vec::new()), steps: 0 }
    }

    /// The same, going on without being written down.
    #[must_use]
    pub fn unnoted(&self) -> Self {
        Self { notes: None, steps: 0, ..self.clone() }
    }

    /// What happened, if it was written down.
    pub fn notes(&self) -> &[Choice] {
        self.notes.as_deref().unwrap_or_default()
    }

    /// Steps since it was last [`Course::unnoted`].
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// The node of a machine that is up.
    pub fn node(&self, id: NodeId) -> Option<&Node<Op>> {
        self.locals.get(usize::from(id.index()))?.node.as_ref()
    }

    fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.locals.len()).map(node)
    }

    // ---- one step --------------------------------------------------------------------------------------

    fn note(&mut self, choice: impl FnOnce() -> Choice) {
        self.steps += 1;
        if let Some(notes) = &mut self.notes {
            notes.push(choice());
        }
    }

    fn act(&mut self, id: NodeId, act: &Act) {
        let mut caused = Caused::default();
        let setups = self.world.setups();
        self.locals[usize::from(id.index())].act(id, setups, act, true, &mut caused);
        let sent = caused.sent.into_iter().filter(|(to, _)| *to != id);
        self.post.extend(sent.map(|(to, wire)| Letter { from: id, to, wire }));
        while let Some(effect) = self.locals[usize::from(id.index())].effects.first().copied() {
            self.finish(id, effect);
        }
    }

    fn finish(&mut self, id: NodeId, effect: Effect) {
        self.note(|| Choice::Done(id, effect));
        self.act(id, &Act::Done(effect, true));
    }

    /// The timer of `id` fires.
    pub fn tick(&mut self, id: NodeId) {
        self.note(|| Choice::Tick(id));
        self.act(id, &Act::Tick);
    }

    /// A client writes at `id`; the length of the log afterwards, if it was accepted.
    pub fn write(&mut self, id: NodeId) -> Option<u64> {
        let before = self.node(id)?.log().len();
        if self.issued == self.world.scope().writes {
            return None;
        }
        self.issued += 1;
        self.note(|| Choice::Write(id));
        self.act(id, &Act::Ask(Request::Write(vec![self.issued].into())));
        let after = self.node(id)?.log().len();
        (after > before).then_some(after)
    }

    /// Every machine loses its power and starts again.
    pub fn lose_power(&mut self) {
        self.post.clear();
        for id in self.ids() {
            self.note(|| Choice::Crash { node: id, kept: 0, torn: None });
            self.act(id, &Act::Crash { kept: 0, torn: None });
        }
        for id in self.ids() {
            self.note(|| Choice::Restart(id));
            self.act(id, &Act::Restart);
        }
        self.post.clear();
    }

    /// What is on its way is lost.
    pub fn lose_post(&mut self) {
        self.post.clear();
    }

    /// A tick passes on every clock.
    pub fn pass(&mut self) {
        let ticks = vec![1; self.locals.len()];
        self.note(|| Choice::Pass(ticks.clone()));
        for id in self.ids() {
            self.act(id, &Act::Age(ticks.clone()));
        }
        let world = self.world;
        let post = std::mem::take(&mut self.post);
        let aged = post.into_iter().filter_map(|Letter { from, to, wire }| {
            let envelope = Shared::new(Envelope { from, to, wire });
            let aged = world.aged_message(&envelope, &ticks)?;
            Some(Letter { from, to, wire: aged.wire.clone() })
        });
        self.post = aged.collect();
    }

    fn deliver(&mut self, letter: Letter) {
        let Letter { from, to, wire } = letter;
        if self.node(to).is_none() {
            return;
        }
        self.note(|| Choice::Deliver(Shared::new(Envelope { from, to, wire: wire.clone() })));
        self.act(to, &Act::Deliver(from, wire));
    }

    // ---- many ------------------------------------------------------------------------------------------

    /// What is on its way arrives if `carries` says so, else it is lost; and what follows from it; until nothing is
    /// on its way.
    pub fn exhaust(&mut self, carries: impl Fn(NodeId, NodeId) -> bool) -> Result<(), Chatter> {
        let mut left = CHATTER;
        while let Some(letter) = self.post.pop_front() {
            left = left.checked_sub(1).ok_or(Chatter)?;
            if carries(letter.from, letter.to) {
                self.deliver(letter);
            }
        }
        Ok(())
    }

    /// A round of `pace`, in which `links` carry.
    pub fn go_round(&mut self, links: Links, pace: Pace) -> Result<(), Chatter> {
        match pace {
            Pace::Prompt => self.go_promptly(links)?,
            Pace::Lockstep => self.go_in_step(links),
        }
        self.pass();
        Ok(())
    }

    fn go_promptly(&mut self, links: Links) -> Result<(), Chatter> {
        let mut left = CHATTER;
        self.exhaust(|from, to| links.carries(from, to))?;
        while let Some(id) = self.ids().find(|id| self.is_due(*id)) {
            left = left.checked_sub(1).ok_or(Chatter)?;
            self.tick(id);
            self.exhaust(|from, to| links.carries(from, to))?;
        }
        Ok(())
    }

    fn go_in_step(&mut self, links: Links) {
        for letter in std::mem::take(&mut self.post) {
            if links.carries(letter.from, letter.to) {
                self.deliver(letter);
            }
        }
        for id in self.ids() {
            if self.is_due(id) {
                self.tick(id);
            }
        }
    }

    fn is_due(&self, id: NodeId) -> bool {
        self.node(id).and_then(Node::deadline).is_some_and(|deadline| deadline <= NOW)
    }

    // ---- what is seen ----------------------------------------------------------------------------------

    /// Every node that says it serves, under a valid lease if there are leases, and in which epoch.
    pub fn serving(&self) -> impl Iterator<Item = (NodeId, Epoch)> + '_ {
        let covered = |node: &Node<Op>| node.setup().lease.is_none() || node.lease(NOW).is_some();
        self.ids().filter_map(move |id| {
            let node = self.node(id)?;
            (node.is_serving() && covered(node)).then(|| (id, node.epoch()))
        })
    }

    /// Which invariant of its own some node breaks, if any does.
    pub fn unsound(&self) -> Option<String> {
        self.locals
            .iter()
            .filter_map(|local| local.node.as_ref())
            .find_map(|node| Some(node.check().err()?.to_string()))
    }

    /// What every machine is, in words.
    pub fn describe(&self) -> String {
        let say = |id: NodeId| match self.node(id) {
            None => format!("{id} is down"),
            Some(node) => {
                let phase = node.phase().map_or_else(String::new, |phase| format!(" ({phase:?})"));
                format!("{id} is {} in {}{phase}", node.role(), node.epoch())
            }
        };
        self.ids().map(say).collect::<Vec<_>>().join(", ")
    }

    /// Whether the machines and what is on its way are the same, so that the same will happen.
    pub fn is_like(&self, other: &Course<'_>) -> bool {
        self.post == other.post && self.locals == other.locals
    }
}
