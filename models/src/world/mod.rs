//! The world: machines, network, resource, clients and faults around the production node.
//!
//! A [`State`] is a [`Seat`] for each machine – the machine itself and the messages on their way to it – and what
//! is [`Around`] them: the resource, what is left of each budget, and the history that only the checker knows.
//! [`World::choices`] says what can happen next, [`World::apply`] makes it happen. Nothing else is needed to
//! explore, simulate, replay or play.
//!
//! The shape is made for a checker that remembers: seats and surroundings are shared values with a fingerprint,
//! and what happens to a machine is a function of its seat, the surroundings and the choice alone
//! ([`World::step`]), never of the other seats. So an engine may remember each of these once and treat a state as a
//! short vector of numbers.
//!
//! # What the encodings include
//!
//! * **Network `any`**: a message, once sent, stays and may arrive at any time, any number of times, or never.
//!   Loss, delay, reordering, duplication, partitions and pauses of any number are therefore all included
//!   without being counted.
//! * **Driver `pipelined`**: inputs are handled while records are on their way to the disk. A crash keeps what was
//!   reported durable and any number of the records after it. (A record that is on the disk but not yet reported
//!   is one that a crash may keep, so late reports need no choice of their own; repeated reports change nothing,
//!   which is tested.)
//! * **Timers** may fire at any moment unless the model gives them a length. What is safe then is safe with every
//!   length.
//! * **Databases**: where a node supervises one instead of keeping a log of its own, the database acknowledges
//!   writes by itself, copies and is copied over the same network, and does what its node asks for at any later
//!   moment. What is taken for granted of it and of its driver is said in [`engine`].
//! * **Time** stands still unless a choice lets it pass, on each clock at the slow or the fast rate. Intermediate
//!   rates are dominated: safety gets worse toward both ends.

mod begin;
mod choice;
mod choose;
pub mod engine;
mod happen;
mod history;
mod local;
mod model;
pub mod order;
mod reduce;
mod shared;
mod state;

pub use begin::{Begun, Deed};
pub use choice::{Choice, Envelope, Landing, Wire, effect_name};
pub use choose::Clocks;
pub use engine::{Database, Part, Signal, Talk, Tenure};
pub use happen::{Outcome, Step, by_receiver, entered};
pub use history::{History, Operation, Read, writes};
pub use local::{Act, Caused, Local, NOW, Note, Op, Torn};
pub use model::{
    Driver, LeaseSpec, MAX_EPOCHS, MAX_NODES, Model, ModelError, Network, NodeSpec, Scope, TimingSpec,
    majority, node,
};
pub use reduce::Reductions;
pub(crate) use reduce::{image, is_mirror_image, is_untouched, swapped};
pub use shared::{Shared, fingerprint};
pub use state::{Around, Budget, Cut, Inbox, Outside, Seat, State};

use crate::invariant::Invariant;
use quorate::config::{Config, Settings, Setup};
use quorate::disk::Image;
use quorate::id::NodeId;
use quorate::rule::{Rule, RuleSet, without};
use reduce::{Symmetry, Trust};
use std::sync::Arc;

/// A model, ready to run.
#[derive(Clone, Debug)]
pub struct World {
    /// What it was made from.
    pub model: Model,
    setups: Vec<Arc<Setup>>,
    config: Config,
    targets: Vec<Settings>,
    off: RuleSet,
    reductions: Reductions,
    symmetry: Symmetry,
}

impl World {
    /// Prepares a model.
    pub fn new(model: Model) -> Result<Self, ModelError> {
        model.check()?;
        let off = model.rules_off()?;
        let (setups, config, targets) =
            without(off, || Ok::<_, ModelError>((model.setups()?, model.config()?, model.targets()?)))?;
        let symmetry = Symmetry::default();
        let setups = setups.into_iter().map(Arc::new).collect();
        let mut world = Self { model, setups, config, targets, off, reductions: Reductions::SOUND, symmetry };
        world.symmetry = Symmetry::of(&world.model, &world.initial());
        Ok(world)
    }

    /// The same world with these reductions.
    #[must_use]
    pub fn reduced_by(self, reductions: Reductions) -> Self {
        Self { reductions, ..self }
    }

    /// The reductions in use. On a counted network only symmetry is, and with voters counted twice not even that:
    /// the planted bug takes the lowest number.
    pub fn reductions(&self) -> Reductions {
        let any = self.model.scope.network == Network::Any;
        let Reductions { dead, dominated, symmetry, rashly } = self.reductions;
        let alike = !self.off.contains(Rule::VotersCountOnce);
        Reductions { dead: dead && any, dominated: dominated && any, symmetry: symmetry && alike, rashly }
    }

    fn trust(&self) -> Trust {
        Trust::new(self.reductions, self.off)
    }

    /// The scope.
    pub fn scope(&self) -> &Scope {
        &self.model.scope
    }

    /// How a node is set up.
    pub fn setup(&self, id: NodeId) -> &Arc<Setup> {
        &self.setups[usize::from(id.index())]
    }

    /// How all of them are.
    pub fn setups(&self) -> &[Arc<Setup>] {
        &self.setups
    }

    /// The rules that are switched off.
    pub fn rules_off(&self) -> RuleSet {
        self.off
    }

    /// Whether a violation of `invariant` counts.
    pub fn heeds(&self, invariant: Invariant) -> bool {
        !(self.model.scope.harm_only && invariant.is_alarm())
    }

    /// Whether the configuration may change.
    pub fn has_changes(&self) -> bool {
        !self.targets.is_empty()
    }

    /// The pairs of machines of which the second need not be tried while both are as they started; none if that
    /// reduction is not in use.
    pub fn mirrors(&self) -> &[(NodeId, NodeId)] {
        if self.reductions().symmetry { self.symmetry.pairs() } else { &[] }
    }

    /// Whether nothing has happened to a machine yet.
    pub fn is_fresh(&self, id: NodeId, machine: &Shared<Local>) -> bool {
        self.symmetry.is_fresh(id, machine)
    }

    /// The first state: every machine started, nothing said.
    pub fn initial(&self) -> State {
        let image = Image::first(self.config.clone());
        let seat = |index| Seat {
            machine: Shared::new(Local::new(node(index), &self.setups, image.clone())),
            inbox: Shared::new(Vec::new()),
        };
        let seats = without(self.off, || (0..usize::from(self.model.nodes)).map(seat).collect());
        let budget = Budget::of(&self.model.scope);
        State { seats, around: Shared::new(Around { budget, ..Around::default() }) }
    }
}
