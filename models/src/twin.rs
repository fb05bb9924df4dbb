//! The same run on every platform: random runs, written down so completely that any difference shows.
//!
//! A run file means the same wherever it is replayed, and what the browser shows is what the checker saw, only if
//! the production node, the world around it, their fingerprints and their texts do not depend on the platform:
//! not on the width of a pointer, not on the order of a hash map, not on a clock. This module makes runs that
//! touch all of these; a test compares what the native and the `wasm32` build write, byte for byte.
//!
//! A run is a function of its seed alone. Each step writes the choice as people read it, the fingerprint of the
//! state, and a digest of its whole `Debug` text, which is too long to keep.

use crate::world::{
    Choice, Driver, LeaseSpec, Model, Network, NodeSpec, Reductions, Scope, State, TimingSpec, World,
    fingerprint, majority,
};
use quorate::time::Drift;
use std::ops::Range;

/// Choices made in one run, if there are so many.
const STEPS: usize = 120;

/// The runs of all `seeds`, one after the other.
pub fn transcript(seeds: Range<u64>) -> String {
    let models = models();
    let model = |seed: u64| &models[(seed % models.len() as u64) as usize];
    seeds.map(|seed| run(seed, model(seed))).collect()
}

/// One run. The model takes the way through its JSON, as it would through a run file.
fn run(seed: u64, model: &Model) -> String {
    let json = serde_json::to_string(model).expect("a model is plain data");
    let model: Model = serde_json::from_str(&json).expect("a model is read as it was written");
    let mut random = Random(seed);
    let reductions = if random.below(2) == 0 { Reductions::SOUND } else { Reductions::NONE };
    let world = World::new(model).expect("the models of this module are valid").reduced_by(reductions);
    let mut state = world.initial();
    let steps = (0..STEPS).map_while(|step| {
        let (choice, next) = random.step(&world, &state)?;
        state = next;
        let (print, debug) = (fingerprint(&state), fingerprint(&format!("{state:?}")));
        Some(format!("{step} {choice} {print:016x} {debug:016x}\n"))
    });
    let steps: String = steps.collect();
    format!("seed {seed} {json}\n{steps}{:?}\n", state.history())
}

/// Three to five nodes; with and without data, leases, time, and bounds on what the network does.
fn models() -> Vec<Model> {
    let base = Scope { epochs: 6, crashes: 2, beats: true, refusals: true, ..Scope::default() };
    let counted = Scope { network: Network::Counted, drops: 4, duplicates: 4, ..base.clone() };
    let written = Scope { writes: 4, reads: 4, ..base.clone() };
    let drift = Drift { slow: 2, fast: 3 };
    let lease = NodeSpec { lease: Some(LeaseSpec { hold: 8, grant: 12, drift }), ..NodeSpec::default() };
    let timing = TimingSpec { election: 8, spread: 4, heartbeat: 2, contact: 8 };
    let model = |name: &str, nodes, acks, node, scope| Model {
        name: name.to_owned(),
        cluster: majority(nodes, acks),
        nodes,
        node,
        scope,
        changes: Vec::new(),
        without: Vec::new(),
    };
    vec![
        model(
            "election",
            3,
            None,
            NodeSpec { prevote: true, ..NodeSpec::default() },
            Scope { flush_failures: 1, partitions: 2, ..counted.clone() },
        ),
        model("commit", 3, Some(2), NodeSpec::default(), Scope { compactions: 1, ..written.clone() }),
        model(
            "lease",
            4,
            Some(2),
            NodeSpec { fenced: true, ..lease.clone() },
            Scope { rates: Some([2, 3]), suspends: 1, noticed: true, doubts: 2, ..written.clone() },
        ),
        model(
            "timers",
            5,
            Some(3),
            NodeSpec { timing: Some(timing), eager: true, ..lease },
            Scope { rates: Some([2, 3]), pauses: 2, switchovers: 2, ..written.clone() },
        ),
        Model {
            changes: vec![majority(4, Some(3)), majority(3, Some(2))],
            without: vec!["joint-before-new".to_owned()],
            ..model(
                "change",
                4,
                Some(2),
                NodeSpec::default(),
                Scope { driver: Driver::Blocking, losses: 1, poweroffs: 1, writes: 4, ..counted },
            )
        },
    ]
}

/// `SplitMix64` (Steele, Lea and Flood 2014): ten lines that are the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A choice that changes something, and where it leads. Seven times in eight it is one that goes on with the
    /// work, if there is one: among timers and faults drawn alike, hardly a run would come to its first write.
    fn step(&mut self, world: &World, state: &State) -> Option<(Choice, State)> {
        let (mut first, mut then): (Vec<_>, Vec<_>) = world.choices(state).into_iter().partition(is_work);
        if self.below(8) == 0 {
            std::mem::swap(&mut first, &mut then);
        }
        self.draw(world, state, first).or_else(|| self.draw(world, state, then))
    }

    fn draw(&mut self, world: &World, state: &State, mut from: Vec<Choice>) -> Option<(Choice, State)> {
        while !from.is_empty() {
            let choice = from.swap_remove(self.below(from.len() as u64) as usize);
            if let Some(next) = world.apply(state, &choice) {
                return Some((choice, next));
            }
        }
        None
    }
}

/// Whether a choice goes on with what was begun, or begins what clients and operators want.
fn is_work(choice: &Choice) -> bool {
    match choice {
        Choice::Deliver(_)
        | Choice::Flush(_)
        | Choice::Restart(_)
        | Choice::Done(..)
        | Choice::Report(_)
        | Choice::Write(_)
        | Choice::Land(_)
        | Choice::ReadByLease(_)
        | Choice::ConfirmRead(_)
        | Choice::ReadByQuorum(_)
        | Choice::ReadByToken(_)
        | Choice::Change(..)
        | Choice::Compact(_)
        | Choice::Heal
        | Choice::Resume(_) => true,
        Choice::Drop(_)
        | Choice::Duplicate(_)
        | Choice::Tick(_)
        | Choice::FailFlush(_)
        | Choice::Crash { .. }
        | Choice::Switchover(..)
        | Choice::AcceptLoss(_)
        | Choice::PowerOff { .. }
        | Choice::Doubt(_)
        | Choice::Pass(_)
        | Choice::Partition { .. }
        | Choice::Pause(_) => false,
    }
}
