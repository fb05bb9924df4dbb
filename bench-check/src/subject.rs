//! What is searched: models that every checker of the bench can search, with the counts they must find.

use crate::{election, examples};
use quorate_models::catalog::machines;
use quorate_models::check::actors::{History, Memoisable, Reads};
use quorate_models::world::{Driver, Model as WorldModel, Reductions, World};
use stateright::Model;
use stateright::actor::ActorModel;
use std::fmt::{self, Debug};
use std::hash::Hash;

/// A model in certain bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The election of this crate: nodes, terms.
    Election(usize, u32),
    /// Stateright's example `2pc`: resource managers.
    TwoPhaseCommit(usize),
    /// Stateright's example `paxos`: clients of three servers.
    Paxos(usize),
    /// Stateright's example `linearizable-register`: clients, servers.
    Register(usize, usize),
    /// Quorate's election, as the production code does it, in small bounds.
    WorldElection,
    /// Quorate's election and log, in smaller bounds.
    WorldFailover,
}

/// A subject, and what is known of it.
#[derive(Clone, Copy)]
pub struct Known {
    /// Which.
    pub subject: Subject,
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, for a reader.
    pub what: &'static str,
    /// How many states it has.
    pub states: u64,
    /// How many transitions, with the first state as one.
    pub transitions: u64,
    /// How many states are left by quorate's reductions, if it has any for this.
    pub reduced: Option<u64>,
    /// Whether it takes others minutes, or more memory than most machines have.
    pub long: bool,
}

const fn known(
    subject: Subject,
    name: &'static str,
    what: &'static str,
    [states, transitions]: [u64; 2],
    long: bool,
) -> Known {
    Known { subject, name, what, states, transitions, reduced: None, long }
}

const fn reduced(known: Known, states: u64) -> Known {
    Known { reduced: Some(states), ..known }
}

/// Every subject of the bench. The counts of the examples and of the election were found by other checkers too.
pub const SUBJECTS: &[Known] = &[
    reduced(
        known(
            Subject::WorldElection,
            "world-election",
            "quorate's election, 3 nodes, 2 epochs, 2 crashes, no reductions",
            [1_959_009, 7_418_143],
            false,
        ),
        255_022,
    ),
    reduced(
        known(
            Subject::WorldFailover,
            "world-failover",
            "quorate's failover, 3 nodes, 1 epoch, 1 write, 2 crashes, no reductions",
            [1_188_647, 5_401_333],
            false,
        ),
        15_598,
    ),
    known(
        Subject::Election(3, 4),
        "el-3-4",
        "EL(3, 4): an election, 3 nodes, 4 terms",
        [1_907_351, 3_032_149],
        false,
    ),
    known(
        Subject::TwoPhaseCommit(8),
        "2pc-8",
        "stateright's example 2pc, 8 resource managers",
        [1_745_408, 18_507_778],
        false,
    ),
    known(
        Subject::Paxos(3),
        "paxos-3",
        "stateright's example paxos, 3 servers, 3 clients",
        [1_194_428, 2_420_477],
        false,
    ),
    known(
        Subject::Election(3, 5),
        "el-3-5",
        "EL(3, 5): an election, 3 nodes, 5 terms",
        [59_366_904, 94_390_321],
        true,
    ),
    known(
        Subject::Register(2, 3),
        "abd-2",
        "stateright's example linearizable-register, 3 servers, 2 clients",
        [41_138_199, 194_646_243],
        true,
    ),
];

/// Something done to a model, whatever its type.
pub trait Job<T> {
    /// An actor model, and what its properties read.
    fn actors<A, C, H>(self, model: ActorModel<A, C, H>, reads: &[(&str, Reads)]) -> T
    where
        A: Memoisable + 'static,
        C: Send + Sync + 'static,
        H: History + PartialEq + 'static;

    /// Another model.
    fn plain<M>(self, model: M) -> T
    where
        M: Model + Send + Sync + 'static,
        M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
        M::Action: Clone + PartialEq + Debug + Send + Sync + 'static;

    /// A world of quorate.
    fn world(self, world: World) -> T;
}

/// What the properties of the examples read: "linearizable" reads the history, as its text says. "value chosen"
/// reads the network.
pub const REGISTER_READS: &[(&str, Reads)] = &[("linearizable", Reads::History)];

impl Subject {
    /// Does the job.
    pub fn with<T>(self, job: impl Job<T>) -> T {
        match self {
            Self::Election(nodes, terms) => {
                job.actors(election::model(nodes, terms), &[(election::ONE_LEADER, Reads::Actors)])
            }
            Self::TwoPhaseCommit(managers) => examples::two_phase_commit::with(managers, job),
            Self::Paxos(clients) => examples::paxos::with(clients, job),
            Self::Register(clients, servers) => examples::linearizable_register::with(clients, servers, job),
            Self::WorldElection => job.world(unreduced(machines::election(2, 2))),
            Self::WorldFailover => {
                let commit = machines::commit(1, 1, Driver::Blocking);
                job.world(unreduced(machines::scoped(commit, |scope| scope.crashes = 2)))
            }
        }
    }
}

fn unreduced(model: WorldModel) -> World {
    World::new(model).expect("a model of the catalogue").reduced_by(Reductions::NONE)
}

impl Known {
    /// The subject of this name.
    pub fn named(name: &str) -> Option<&'static Known> {
        SUBJECTS.iter().find(|known| known.name == name)
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
