//! Every machine that the production code can be led into, one node at a time.
//!
//! States of a node cannot be written down by hand: most of what could be written down is nonsense that the code
//! never produces, and an invariant that rules all of it out would be a copy of the code. So the states of a
//! machine are computed. The *closure* is, for each node, the smallest set of machines that
//!
//! * contains the machine of a new cluster, and
//! * with every machine contains what the production code makes of it: by every act (timer, flush, crash with any
//!   part of what was on its way to the disk, restart, request) and by **every message of the universe**, whoever
//!   it is from, as often and in whatever order,
//!
//! where the universe is everything that any machine of the closure ever sends. Both are computed together until
//! neither grows. The only messages left out are those that the machine itself shows to be impossible, such as a
//! vote for it that it never asked for ([`Subject::refutes`]). Nothing is asked of the other nodes, so the product of the closures contains every reachable
//! state and very many that are not. It is inductive by construction: that is the first clause of every invariant,
//! [`CLOSED`]. What one machine must satisfy by itself is asked for after each of these steps.
//!
//! A second set of clauses is about several machines. They read only an *aspect* of each – whom it voted for, which
//! votes it counts – so machines with the same aspect are one *class*, and the steps of all machines of a class are
//! its *moves*: the class before, what the message claimed, the class after, what the messages sent claim. Nothing
//! is lost: a state of classes stands for all states of their machines, and a move exists if and only if some
//! machine of the class makes it. [`super::product`] then takes all states of classes.
//!
//! # What is not told apart
//!
//! * Machines that differ in how often they were started: nothing reads that number ([`forget_starts`]).
//! * A message that claims nothing may arrive at any time anyway. If it is held back until something is durable, it
//!   is taken to leave at once, so machines do not differ in such messages.

use super::{Breach, Cti, Stated, compose};
use crate::invariant::state::gates_hold;
use crate::world::{
    Act, Caused, Driver, Envelope, Local, NOW, Shared, Wire, World, effect_name, fingerprint, node,
};
use quorate::failover::{Node, Refused, Request};
use quorate::id::NodeId;
use quorate::time::Span;
use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;

/// The first clause of every invariant.
pub const CLOSED: Stated = Stated {
    name: "machines-are-of-the-closure",
    doc: "Every machine is one that the code can be led into by acts and by messages of this scope, whoever sends them.",
    source: "by construction: a fixed point of the production code",
};

/// Asked for of every machine.
pub const LOCAL: Stated = Stated {
    name: "local-invariants",
    doc: "Every node keeps its own invariants.",
    source: "quorate::failover::Node::check",
};

/// Asked for in every step of every machine.
pub const GATES: Stated = Stated {
    name: "gates-hold",
    doc: "Nothing leaves a node before what it promises is durable.",
    source: "etcd MsgStorageAppend; invariant gates-hold",
};

/// Asked for in every step of the whole.
pub const POSSIBLE: Stated = Stated {
    name: "messages-are-possible",
    doc: "No message that the clauses allow is refused as one that no correct node can have sent.",
    source: "quorate::failover guard; invariant messages-are-possible",
};

/// What happens before the first step.
pub(super) const NEW: &str = "a new cluster";

/// What is proved of a machine of the core.
pub trait Subject {
    /// What the checker remembers of a machine's past.
    type Past: Clone + Eq + Hash + Debug + Default;
    /// What clauses read of a machine and its past.
    type Own: Copy + Eq + Ord + Hash + Debug;
    /// What clauses about *other* machines read of it.
    type Public: Copy + Eq + Ord + Hash + Debug;
    /// What the scope fixes and clauses compare with.
    type Terms: Copy + Debug;
    /// What a message claims of its sender.
    type Claim: Copy + Eq + Ord + Hash + Debug;

    /// The world in which it runs.
    fn world(&self) -> &World;

    /// What can happen to a machine, besides messages.
    fn acts(&self, id: NodeId, local: &Local) -> Vec<Act>;

    /// Whether a machine is still inside the scope.
    fn is_inside(&self, local: &Local) -> bool;

    /// Records on their way to the disk at most. The code never has more, or nothing is proved.
    fn flight(&self) -> usize;

    /// The ways in which time may pass: ticks on each clock.
    fn ticks(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// What the checker remembers after a step.
    fn remember(
        &self,
        before: &Machine<Self::Past>,
        act: &Act,
        after: &Local,
        sent: &[Shared<Envelope>],
    ) -> Self::Past;

    /// What clauses read.
    fn own(&self, machine: &Machine<Self::Past>) -> Self::Own;

    /// What clauses about others read.
    fn public(&self, own: Self::Own) -> Self::Public;

    /// What a message claims; `None` if it may always be on its way.
    fn claim(&self, envelope: &Envelope) -> Option<Self::Claim>;

    /// Whether a machine shows by itself that a message to it with this claim cannot be on its way. A clause about
    /// messages must say the same whatever the other machines are; [`super::product`] asks.
    fn refutes(&self, id: NodeId, own: Self::Own, claim: Self::Claim) -> bool;

    /// The clause that a machine breaks by itself, if any.
    fn alone(&self, machine: &Machine<Self::Past>) -> Option<Breach>;

    /// What every step of one machine must be.
    fn step_clause(
        &self,
        before: &Machine<Self::Past>,
        act: &Act,
        after: &Local,
        sent: &[Shared<Envelope>],
    ) -> Option<Breach>;

    /// The machine in a line.
    fn describe(&self, machine: &Machine<Self::Past>) -> String;
}

/// A machine and what the checker remembers of its past.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Machine<P> {
    /// Whose it is.
    pub id: NodeId,
    /// The machine.
    pub local: Local,
    /// Its past.
    pub past: P,
}

/// Machines that no clause tells apart.
#[derive(Clone, Debug)]
pub struct Class<O> {
    /// What clauses read of them.
    pub own: O,
    /// How many there are.
    pub size: u64,
    /// One of them.
    pub sample: usize,
}

/// What makes a machine move.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cause {
    /// An act, or a message that claims nothing.
    Free,
    /// A message with this claim.
    Heard(usize),
    /// Time: which of the ways in which it may pass. It passes for all machines at once.
    Time(usize),
}

/// What machines of a class do.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Move {
    /// The class before.
    pub from: usize,
    /// Why.
    pub cause: Cause,
    /// The class after.
    pub to: usize,
    /// What the messages sent claim, sorted.
    pub sent: Vec<usize>,
    /// Whether the message was refused as one that no correct node can have sent.
    pub impossible: bool,
}

/// A move, how many steps of machines it stands for, and one of them.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The move.
    pub which: Move,
    /// How many steps.
    pub steps: u64,
    /// The machine before, what happens, and the machine after, of one of them.
    pub sample: (usize, Act, usize),
}

/// The machines of one node.
#[derive(Clone, Debug)]
pub struct Lives<S: Subject> {
    /// All of them.
    pub machines: Vec<Machine<S::Past>>,
    /// By what clauses read.
    pub classes: Vec<Class<S::Own>>,
    /// What they do, by class.
    pub moves: Vec<Counted>,
}

/// The closure.
#[derive(Clone, Debug)]
pub struct Closure<S: Subject> {
    /// By node.
    pub lives: Vec<Lives<S>>,
    /// Everything that messages of the universe claim.
    pub claims: Vec<S::Claim>,
    /// Messages of the universe.
    pub messages: u64,
    /// Calls of the production code.
    pub steps: u64,
    /// Steps that were not taken further because too many records were on their way.
    pub cut: u64,
    /// The first step that does not keep what the other parts of a node take from it.
    pub unkept: Option<Cti>,
}

/// Why there is no closure.
#[derive(Clone, Debug)]
pub enum Stopped {
    /// A clause of one machine does not hold.
    Broken(Box<Cti>),
    /// There are more machines than this.
    TooMany(usize),
}

impl<S: Subject> Closure<S> {
    /// Computes it, of at most `limit` machines per node.
    pub fn of(subject: &S, limit: usize) -> Result<Self, Stopped> {
        let mut builder = Builder::new(subject, limit)?;
        while builder.grow()? {}
        Ok(builder.finish())
    }
}

/// The machines of one node while they are being found.
struct Growing<S: Subject> {
    machines: Vec<Machine<S::Past>>,
    known: HashMap<u64, usize>,
    classes: Vec<Class<S::Own>>,
    class_of: Vec<usize>,
    named: HashMap<S::Own, usize>,
    moves: Vec<Counted>,
    moved: HashMap<Move, usize>,
    /// How many messages were tried on each machine, acts before all.
    tried: Vec<Option<usize>>,
    /// Messages that may arrive.
    heard: Vec<Shared<Envelope>>,
}

struct Builder<'s, S: Subject> {
    subject: &'s S,
    limit: usize,
    growing: Vec<Growing<S>>,
    said: HashSet<Shared<Envelope>>,
    claims: Vec<S::Claim>,
    numbered: HashMap<S::Claim, usize>,
    steps: u64,
    cut: u64,
    unkept: Option<Cti>,
}

/// What an act makes of a machine.
pub struct Made<P> {
    /// The machine afterwards.
    pub machine: Machine<P>,
    /// What it sent.
    pub sent: Vec<Shared<Envelope>>,
    /// Whether it refused the message as one that no correct node can have sent.
    pub impossible: bool,
    /// What the other parts of a node take from it, and it does not keep.
    pub unkept: Option<Breach>,
}

impl<'s, S: Subject> Builder<'s, S> {
    fn new(subject: &'s S, limit: usize) -> Result<Self, Stopped> {
        let nodes = usize::from(subject.world().model.nodes);
        let mut builder = Self {
            subject,
            limit,
            growing: (0..nodes).map(|_| Growing::new()).collect(),
            said: HashSet::new(),
            claims: Vec::new(),
            numbered: HashMap::new(),
            steps: 0,
            cut: 0,
            unkept: None,
        };
        let first = subject.world().initial();
        for (id, local) in first.machines() {
            let machine = Machine { id, local: forget_starts(local.clone()), past: S::Past::default() };
            if let Some(breach) = subject.alone(&machine) {
                let after = vec![subject.describe(&machine)];
                return Err(broken(Vec::new(), NEW.into(), after, breach));
            }
            builder.add(machine)?;
        }
        Ok(builder)
    }

    /// Tries on every machine what was not tried on it; whether there was anything.
    fn grow(&mut self) -> Result<bool, Stopped> {
        let mut grown = false;
        for index in 0..self.growing.len() {
            let mut at = 0;
            while at < self.growing[index].machines.len() {
                grown |= self.try_all(index, at)?;
                at += 1;
            }
        }
        Ok(grown)
    }

    fn try_all(&mut self, index: usize, at: usize) -> Result<bool, Stopped> {
        let growing = &self.growing[index];
        let (tried, heard) = (growing.tried[at], growing.heard.len());
        if tried == Some(heard) {
            return Ok(false);
        }
        let machine = growing.machines[at].clone();
        if tried.is_none() {
            for act in self.subject.acts(machine.id, &machine.local) {
                self.try_one(at, &machine, act, Cause::Free)?;
            }
            for (way, ticks) in self.subject.ticks().into_iter().enumerate() {
                self.try_one(at, &machine, Act::Age(ticks), Cause::Time(way))?;
            }
        }
        if machine.local.node.is_some() {
            let own = self.subject.own(&machine);
            for next in tried.unwrap_or(0)..heard {
                let envelope = self.growing[index].heard[next].clone();
                let claim = self.subject.claim(&envelope);
                if claim.is_some_and(|claim| self.subject.refutes(machine.id, own, claim)) {
                    continue;
                }
                let claim = claim.map(|claim| self.number(claim));
                let act = Act::Deliver(envelope.from, envelope.wire.clone());
                self.try_one(at, &machine, act, claim.map_or(Cause::Free, Cause::Heard))?;
            }
        }
        self.growing[index].tried[at] = Some(heard);
        Ok(true)
    }

    fn try_one(
        &mut self,
        at: usize,
        before: &Machine<S::Past>,
        act: Act,
        cause: Cause,
    ) -> Result<(), Stopped> {
        self.steps += 1;
        let Some(made) = make(self.subject, before, &act)? else { return Ok(()) };
        if let (Some(breach), None) = (&made.unkept, &self.unkept) {
            let (was, is) = (self.subject.describe(before), self.subject.describe(&made.machine));
            let choice = name_of(before.id, &act);
            self.unkept = Some(Cti { before: vec![was], choice, after: vec![is], breach: breach.clone() });
        }
        if made.machine.local.flight.len() > self.subject.flight() {
            self.cut += 1;
            return Ok(());
        }
        let mut sent: Vec<usize> = Vec::new();
        for envelope in made.sent {
            let claim = self.subject.claim(&envelope);
            sent.extend(claim.map(|claim| self.number(claim)));
            self.say(envelope);
        }
        sent.sort_unstable();
        sent.dedup();
        let index = usize::from(before.id.index());
        // Most messages change nothing, and that is seen faster than looked up.
        let after = if made.machine == *before { at } else { self.add(made.machine)? };
        let growing = &mut self.growing[index];
        let (from, to) = (growing.class_of[at], growing.class_of[after]);
        let which = Move { from, cause, to, sent, impossible: made.impossible };
        growing.count(which, (at, act, after));
        Ok(())
    }

    fn number(&mut self, claim: S::Claim) -> usize {
        let next = self.claims.len();
        let number = *self.numbered.entry(claim).or_insert(next);
        if number == next {
            self.claims.push(claim);
        }
        number
    }

    fn say(&mut self, envelope: Shared<Envelope>) {
        let to = usize::from(envelope.to.index());
        if envelope.to == envelope.from || to >= self.growing.len() {
            return;
        }
        if self.said.insert(envelope.clone()) {
            for older in aged(self.subject.world(), &envelope) {
                self.say(older);
            }
            self.growing[to].heard.push(envelope);
        }
    }

    fn add(&mut self, machine: Machine<S::Past>) -> Result<usize, Stopped> {
        let (subject, limit) = (self.subject, self.limit);
        let growing = &mut self.growing[usize::from(machine.id.index())];
        let slot = match growing.slot(&machine) {
            Ok(known) => return Ok(known),
            Err(free) => free,
        };
        let at = growing.machines.len();
        if at >= limit {
            return Err(Stopped::TooMany(limit));
        }
        let own = subject.own(&machine);
        let next = growing.classes.len();
        let class = *growing.named.entry(own).or_insert(next);
        if class == next {
            growing.classes.push(Class { own, size: 0, sample: at });
        }
        growing.classes[class].size += 1;
        growing.known.insert(slot, at);
        growing.class_of.push(class);
        growing.tried.push(None);
        growing.machines.push(machine);
        Ok(at)
    }

    fn finish(self) -> Closure<S> {
        let Self { growing, said, claims, steps, cut, unkept, .. } = self;
        let messages = said.len() as u64;
        let lives = growing.into_iter().map(Growing::finish).collect();
        Closure { lives, claims, messages, steps, cut, unkept }
    }
}

impl<S: Subject> Growing<S> {
    fn new() -> Self {
        Self {
            machines: Vec::new(),
            known: HashMap::new(),
            classes: Vec::new(),
            class_of: Vec::new(),
            named: HashMap::new(),
            moves: Vec::new(),
            moved: HashMap::new(),
            tried: Vec::new(),
            heard: Vec::new(),
        }
    }

    /// Where a machine is, or a free slot for it. Machines are compared as a whole, not by fingerprint alone.
    fn slot(&self, machine: &Machine<S::Past>) -> Result<usize, u64> {
        let mut slot = fingerprint(machine);
        while let Some(at) = self.known.get(&slot) {
            if self.machines[*at] == *machine {
                return Ok(*at);
            }
            slot = slot.wrapping_add(1);
        }
        Err(slot)
    }

    fn count(&mut self, which: Move, sample: (usize, Act, usize)) {
        let next = self.moves.len();
        let number = *self.moved.entry(which.clone()).or_insert(next);
        if number == next {
            self.moves.push(Counted { which, steps: 0, sample });
        }
        self.moves[number].steps += 1;
    }

    fn finish(self) -> Lives<S> {
        let Self { machines, classes, mut moves, .. } = self;
        moves.sort_by_key(|counted| counted.which.from);
        Lives { machines, classes, moves }
    }
}

/// Runs the production code; `None` if that leads outside the scope.
pub fn make<S: Subject>(
    subject: &S,
    before: &Machine<S::Past>,
    act: &Act,
) -> Result<Option<Made<S::Past>>, Stopped> {
    let id = before.id;
    let world = subject.world();
    let mut local = before.local.clone();
    let mut caused = Caused::default();
    local.act(id, world.setups(), act, world.scope().driver == Driver::Blocking, &mut caused);
    if !subject.is_inside(&local) {
        return Ok(None);
    }
    let hasty = early(world, id, &local, &caused);
    let mut sent = envelopes(id, caused.sent);
    // What really leaves now.
    let left = sent.clone();
    if let Some(node) = &mut local.node {
        let free = |to: &NodeId, message: &_| {
            let wire = Wire::Node(Clone::clone(message));
            Some(Shared::new(Envelope { from: id, to: *to, wire }))
                .filter(|envelope| subject.claim(envelope).is_none())
        };
        let leaving: Vec<_> = node.held().filter_map(|(to, message)| free(to, message)).collect();
        if !leaving.is_empty() {
            node.lose_held(|to, message| free(&to, message).is_some());
            sent.extend(leaving.into_iter().filter(|envelope| envelope.to != id));
        }
    }
    let local = forget_starts(local);
    let step = compose::Step { id, before: &before.local, act, after: &local, sent: &left };
    let unkept = compose::broken_step(&step);
    let step = hasty.or_else(|| subject.step_clause(before, act, &local, &sent));
    let past = subject.remember(before, act, &local, &sent);
    let machine = Machine { id, local, past };
    let breach = step.or_else(|| subject.alone(&machine));
    if let Some(breach) = breach {
        let choice = name_of(id, act);
        let (was, is) = (subject.describe(before), subject.describe(&machine));
        return Err(broken(vec![was], choice, vec![is], breach));
    }
    let impossible = caused.refused.iter().any(|refused| matches!(refused, Refused::Impossible { .. }));
    Ok(Some(Made { machine, sent, impossible, unkept }))
}

/// A message that left before what it promises is durable.
fn early(world: &World, id: NodeId, local: &Local, caused: &Caused) -> Option<Breach> {
    let gate = |(to, wire): &(NodeId, Wire)| {
        let Wire::Node(message) = wire else { return None };
        let asked = (to.index() < world.model.nodes).then(|| world.setup(*to).lease).flatten();
        gates_hold(id, message, local, asked).err()
    };
    let why = caused.sent.iter().find_map(gate)?;
    Some(Breach { clause: GATES.name, why })
}

/// The message after one more tick, on a slow and on a fast clock.
pub fn aged(world: &World, envelope: &Envelope) -> Vec<Shared<Envelope>> {
    let Envelope { from, to, wire: Wire::Node(message) } = envelope else { return Vec::new() };
    let clock = message.stamped_by(*from, *to);
    let (Some(rates), Some(clock)) = (world.scope().rates, clock) else { return Vec::new() };
    let horizon = world.setup(clock).stamp_horizon();
    let by = |rate: u8| message.clone().aged(NOW, Span::new(u64::from(rate)), horizon);
    let older = rates.into_iter().filter_map(by);
    older.map(|message| Shared::new(Envelope { from: *from, to: *to, wire: Wire::Node(message) })).collect()
}

fn envelopes(from: NodeId, sent: Vec<(NodeId, Wire)>) -> Vec<Shared<Envelope>> {
    sent.into_iter().map(|(to, wire)| Shared::new(Envelope { from, to, wire })).collect()
}

fn broken(before: Vec<String>, choice: String, after: Vec<String>, breach: Breach) -> Stopped {
    Stopped::Broken(Box::new(Cti { before, choice, after, breach }))
}

/// What happens, as it is called in a run.
pub fn name_of(id: NodeId, act: &Act) -> String {
    match act {
        Act::Deliver(from, wire) => Envelope { from: *from, to: id, wire: wire.clone() }.to_string(),
        Act::Tick => format!("{id} timer"),
        Act::Flush => format!("{id} flushed"),
        Act::FailFlush => format!("{id} flush fails"),
        Act::Crash { kept, torn } => {
            let kept = if *kept > 0 { format!(", {kept} unflushed kept") } else { String::new() };
            format!("{id} crashes{kept}{}", if torn.is_some() { ", one torn" } else { "" })
        }
        Act::Restart => format!("{id} restarts"),
        Act::Done(effect, ok) => {
            format!("{id} {}{}", effect_name(*effect), if *ok { "" } else { ", which fails" })
        }
        Act::Report => format!("{id} engine reports"),
        Act::Write(op) => format!("write w{op} at {id}"),
        Act::Doubt => format!("{id} doubts its clock"),
        Act::Ask(request) => format!("{id} is asked to {}", request_name(request)),
        Act::Age(ticks) => {
            let ticks: Vec<String> = ticks.iter().enumerate().map(|(i, by)| format!("n{i}+{by}")).collect();
            format!("time: {}", ticks.join(" "))
        }
    }
}

/// What a node is asked to do, in words.
fn request_name<P: std::fmt::Debug>(request: &Request<P>) -> String {
    match request {
        Request::Write(payloads) => format!("write {payloads:?}"),
        Request::Read { id, .. } => format!("make sure that read {id} is not stale"),
        Request::ConfirmRead { id, at } => format!("answer read {id} at {at}"),
        Request::Switchover { to } => format!("hand over to {to}"),
        Request::StepDown => "step down".into(),
        Request::Recover { accept_loss } => {
            format!("recover{}", if *accept_loss { ", accepting loss" } else { "" })
        }
        Request::Change(settings) => {
            let acks = settings.acks().map_or("no log".into(), |acks| format!("acks of {}", acks.quorum()));
            format!("change to votes of {} and {acks}", settings.votes().quorum())
        }
        Request::ForgetPrimary => "forget its primary".into(),
        Request::PoweredOff(node) => format!("take {node} for powered off"),
        Request::Compact { base } => format!("compact below {base}"),
    }
}

/// The machine, its starts no longer counted: a machine that is down starts counting anew. Nothing reads the count,
/// so machines that differ only in it behave alike.
pub fn forget_starts(mut local: Local) -> Local {
    if local.node.is_none() {
        local.disk.hard.incarnation = 0;
    }
    local
}

/// Acts of any machine: its timer, its disk, crashes that keep any part of what is on its way, a restart.
pub fn plain_acts(local: &Local) -> Vec<Act> {
    let Some(running) = &local.node else { return vec![Act::Restart] };
    let flight = local.flight.len();
    let mut acts = vec![Act::Tick];
    if flight > 0 {
        acts.extend([Act::Flush, Act::FailFlush]);
    }
    for kept in 0..=flight {
        acts.push(Act::Crash { kept, torn: None });
        acts.extend(local.tears(kept).map(|torn| Act::Crash { kept, torn: Some(torn) }));
    }
    acts.extend(
        local.effects.iter().flat_map(|effect| [Act::Done(*effect, true), Act::Done(*effect, false)]),
    );
    if running.halted().is_some() {
        acts.retain(|act| matches!(act, Act::Crash { .. }));
    }
    acts
}

/// Whether a machine is in an epoch of the scope, in the first generation.
pub fn within_epochs(local: &Local, epochs: u64) -> bool {
    local.node.as_ref().map(Node::epoch).is_none_or(|epoch| epoch.number() <= epochs)
}

/// The other nodes.
pub fn others(id: NodeId, nodes: u8) -> impl Iterator<Item = NodeId> {
    (0..usize::from(nodes)).map(node).filter(move |other| *other != id)
}
