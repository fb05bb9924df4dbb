//! The swarm: long random runs of the composed node, and what must come of them.
//!
//! A checker visits every state of a small model. A swarm visits some states of large ones: up to seven nodes,
//! thousands of steps, every kind of fault at once. It can only ever find, never prove; what it finds is the same
//! as what a checker finds, a run.
//!
//! * A [`Spec`] says in what world to walk, what to do how often, and for how long. Specs are drawn at random, each
//!   with its own faults and weights, because a walk that does a little of everything does nothing thoroughly
//!   (Groce et al., *Swarm testing*, 2012).
//! * [`walk`] chooses at random from what the world offers and judges every state.
//! * [`live`] comes after: it heals everything inside a sufficient set of nodes, lets everything that can happen
//!   there happen in turn, and requires that a primary serves within a bound and stays.
//! * [`linear`] hands what the clients saw to stateright's linearizability tester.
//! * [`keep`] makes a failure small and writes it as a run file.
//!
//! Everything is a function of the spec: the dice are a hash of its seed and a count.

pub mod keep;
#[cfg(not(target_arch = "wasm32"))]
pub mod linear;
pub mod live;
pub mod walk;

use crate::invariant::Broken;
use crate::world::{Choice, Model, ModelError, State, World, fingerprint};
use live::Outsiders;
use quorate::id::NodeId;
use serde::Serialize;
use std::fmt;
use std::ops::AddAssign;
use walk::Walk;

/// What to walk through, and how.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Spec {
    /// The world.
    pub model: Model,
    /// How often to do what.
    pub weights: Weights,
    /// How many steps to walk with faults.
    pub steps: u32,
    /// With more messages than this able to arrive, first let them arrive or be lost.
    pub crowd: u16,
    /// What becomes of the nodes outside the core once the faults are over; `None` ends the run there. Needs
    /// `node.timing` and `scope.rates`.
    pub live: Option<Outsiders>,
    /// Where the dice start.
    pub seed: u64,
}

macro_rules! kinds {
    ($($variant:ident, $about:literal;)*) => {
        /// What a choice is, for weighing it.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
        pub enum Kind {
            $(#[doc = $about] $variant,)*
        }

        impl Kind {
            /// Every kind.
            pub const ALL: &'static [Kind] = &[$(Kind::$variant,)*];
        }
    };
}

kinds! {
    Deliver, "A message arrives.";
    Drop, "A message is lost.";
    Duplicate, "A message is doubled.";
    Tick, "A timer fires, and the node stands for election.";
    Beat, "A primary's timer fires.";
    Flush, "A record reaches the disk.";
    FailFlush, "A flush fails.";
    Crash, "A machine crashes.";
    Restart, "A machine starts again.";
    Effect, "An effect is done.";
    Write, "A client writes.";
    Land, "A write reaches the resource.";
    Read, "A client begins a read that must not be stale.";
    Confirm, "A node asks whether it may answer.";
    TokenRead, "A client begins a read by token. It may wait for long, and others wait for it.";
    Switchover, "An operator asks for a hand-over.";
    Loss, "An operator accepts loss.";
    Change, "An operator changes the configuration.";
    PowerOff, "An operator reports a power-off.";
    Compact, "A snapshot is taken.";
    Doubt, "A clock is in doubt.";
    Pass, "Time passes on every clock.";
    Suspend, "Time passes on all clocks but one.";
    Partition, "The nodes are split.";
    Heal, "They are one again.";
    Pause, "A node does nothing.";
    Resume, "It goes on.";
}

impl Kind {
    /// The kind of a choice in `state`.
    pub fn of(choice: &Choice, state: &State) -> Kind {
        let leads = |id: NodeId| state.node(id).is_some_and(|node| node.phase().is_some());
        match choice {
            Choice::Tick(id) if leads(*id) => Kind::Beat,
            Choice::Deliver(_) => Kind::Deliver,
            Choice::Drop(_) => Kind::Drop,
            Choice::Duplicate(_) => Kind::Duplicate,
            Choice::Tick(_) => Kind::Tick,
            Choice::Flush(_) => Kind::Flush,
            Choice::FailFlush(_) => Kind::FailFlush,
            Choice::Crash { .. } => Kind::Crash,
            Choice::Restart(_) => Kind::Restart,
            Choice::Done(..) | Choice::Report(_) => Kind::Effect,
            Choice::Write(_) => Kind::Write,
            Choice::Land(_) => Kind::Land,
            Choice::ReadByLease(_) | Choice::ReadByQuorum(_) => Kind::Read,
            Choice::ConfirmRead(_) => Kind::Confirm,
            Choice::ReadByToken(_) => Kind::TokenRead,
            Choice::Switchover(..) => Kind::Switchover,
            Choice::AcceptLoss(_) => Kind::Loss,
            Choice::Change(..) => Kind::Change,
            Choice::PowerOff { .. } => Kind::PowerOff,
            Choice::Compact(_) => Kind::Compact,
            Choice::Doubt(_) => Kind::Doubt,
            Choice::Pass(ticks) if ticks.contains(&0) => Kind::Suspend,
            Choice::Pass(_) => Kind::Pass,
            Choice::Partition { .. } => Kind::Partition,
            Choice::Heal => Kind::Heal,
            Choice::Pause(_) => Kind::Pause,
            Choice::Resume(_) => Kind::Resume,
        }
    }

    /// Whether a walk could stand still for ever without it.
    pub const fn is_needed(self) -> bool {
        matches!(
            self,
            Kind::Deliver
                | Kind::Tick
                | Kind::Beat
                | Kind::Flush
                | Kind::Restart
                | Kind::Effect
                | Kind::Land
                | Kind::Confirm
                | Kind::Pass
                | Kind::Heal
                | Kind::Resume
        )
    }

    /// Whether it makes room when too many messages are on their way.
    const fn relieves(self) -> bool {
        self.is_needed() && !matches!(self, Kind::Tick | Kind::Beat | Kind::Pass | Kind::Confirm)
            || matches!(self, Kind::Drop)
    }
}

/// How often to do what: a weight for each kind, in the order of [`Kind::ALL`]. What a walk needs is never
/// weighed less than one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Weights(pub Vec<u16>);

impl Weights {
    /// The weight of a kind.
    pub fn of(&self, kind: Kind) -> u32 {
        let weight = self.0.get(kind as usize).copied().unwrap_or(1);
        u32::from(if kind.is_needed() { weight.max(1) } else { weight })
    }
}

/// Random numbers: the hash of a seed and a count, the same on every platform.
#[derive(Clone, Copy, Debug)]
pub struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    /// Dice that fall as `seed` says.
    pub fn new(seed: u64) -> Self {
        Self { seed, thrown: 0 }
    }

    /// A number below `bound`; 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        self.thrown += 1;
        let number = fingerprint(&(self.seed, self.thrown));
        // The bias of the remainder is far below what a walk could notice.
        if bound == 0 { 0 } else { (number % bound as u64) as usize }
    }

    /// One of `items`, taken out; `None` if there is none.
    pub fn take<T>(&mut self, items: &mut Vec<T>) -> Option<T> {
        let at = self.below(items.len());
        (!items.is_empty()).then(|| items.swap_remove(at))
    }
}

/// What runs went through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Runs.
    pub runs: u64,
    /// Steps with faults.
    pub faulty: u64,
    /// Steps after them.
    pub fair: u64,
    /// Elections won.
    pub elections: u64,
    /// Writes acknowledged.
    pub acked: u64,
    /// Reads begun.
    pub reads: u64,
    /// Runs in which, after the faults, a primary was seen to serve and stay.
    pub settled: u64,
    /// Runs whose reads and writes the linearizability tester saw.
    pub linear: u64,
    /// The longest that it took to begin, in hundredths of a [turn](live::turn).
    pub waited: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.runs += other.runs;
        self.faulty += other.faulty;
        self.fair += other.fair;
        self.elections += other.elections;
        self.acked += other.acked;
        self.reads += other.reads;
        self.settled += other.settled;
        self.linear += other.linear;
        self.waited = self.waited.max(other.waited);
    }
}

impl Tally {
    /// All steps.
    pub fn steps(&self) -> u64 {
        self.faulty + self.fair
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { runs, faulty, fair, elections, acked, reads, settled, linear, waited } = self;
        write!(
            f,
            "{runs} runs, {} steps ({faulty} with faults, {fair} after them), {elections} elections won, {acked} \
             writes acknowledged, {reads} reads, {settled} runs settled after at most {}.{:02} turns, {linear} \
             histories linearizable",
            self.steps(),
            waited / 100,
            waited % 100
        )
    }
}

/// A run that broke something.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What.
    pub broken: Broken,
    /// The choices that lead there from the first state.
    pub choices: Vec<Choice>,
    /// How many of them belong to the walk with faults.
    pub faulty: usize,
}

/// Walks through `world`, which is that of `spec`, as `spec` says: with faults, then, if it says so, without.
pub fn run(world: &World, spec: &Spec) -> Result<Tally, Failure> {
    let mut walk = Walk::new(world, spec.seed);
    walk.stray(spec);
    let faulty = walk.choices.len();
    let mut tally = Tally { runs: 1, faulty: faulty as u64, ..Tally::default() };
    let rounds = match spec.live {
        Some(outsiders) if walk.broken.is_none() => live::settle(&mut walk, outsiders, spec.seed),
        Some(_) | None => None,
    };
    if let Some(rounds) = rounds {
        (tally.settled, tally.waited) = (1, u64::from(rounds) * 100 / u64::from(live::turn(&spec.model)));
    }
    tally.fair = (walk.choices.len() - faulty) as u64;
    let history = walk.state.history();
    tally.elections = history.primaries.len() as u64;
    tally.acked = history.acked as u64;
    tally.reads = u64::from(spec.model.scope.reads - walk.state.around.budget.reads);
    if walk.broken.is_none() && tally.reads > 0 {
        walk.broken = not_linearizable(&walk.state);
        tally.linear = 1;
    }
    match walk.broken {
        None => Ok(tally),
        Some(broken) => Err(Failure { broken, choices: walk.choices, faulty }),
    }
}

/// What is wrong with what the clients saw, if the tester finds it wrong.
#[cfg(not(target_arch = "wasm32"))]
fn not_linearizable(state: &State) -> Option<Broken> {
    let invariant = crate::invariant::Invariant::ReadsAreLinearizable;
    let why = || format!("no order explains what the clients saw: {:?}", state.history().operations);
    (!linear::linearizable(state.history())).then(|| Broken { invariant, why: why() })
}

#[cfg(target_arch = "wasm32")]
fn not_linearizable(_: &State) -> Option<Broken> {
    None
}

impl Spec {
    /// The world in which it walks: nothing is left out.
    pub fn world(&self) -> Result<World, ModelError> {
        Ok(World::new(self.model.clone())?.reduced_by(crate::world::Reductions::NONE))
    }
}
