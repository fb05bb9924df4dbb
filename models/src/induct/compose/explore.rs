//! Reachable states of small clusters of composed nodes: what the parts take from each other holds in each.
//!
//! Breadth first, with the reductions of the world that are sound. They leave out
//!
//! * messages that can change nothing any more, with which no step of a machine is lost;
//! * mirror images, which a fact cannot tell apart: it reads machines only, and speaks of all nodes alike;
//! * where clocks run, as under a lease, what only makes the world safer than something else that is possible. Facts
//!   about machines show in what is left as well. Facts about steps are not asked for in the steps that are left out.

use super::{Breach, Face, Step, broken_alone, broken_step, broken_together, describe};
use crate::catalog::failover::{cluster, with_witness};
use crate::catalog::machines::{commit, lease, scoped};
use crate::induct::{Cti, Report, ScopeError};
use crate::world::{Act, Begun, Deed, Driver, Model, Reductions, State, World, fingerprint, node};
use quorate::id::NodeId;
use quorate::rule::{RuleSet, without};
use std::collections::HashSet;

/// A cluster of composed nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cluster {
    /// Three voters under a lease, of which any two grant it.
    Leased,
    /// Two nodes that keep a log and a witness, which crash.
    Witness,
    /// A third node comes to vote and to keep the log, while a client writes.
    Changing,
}

impl Cluster {
    /// Every cluster.
    pub const ALL: [Cluster; 3] = [Cluster::Leased, Cluster::Witness, Cluster::Changing];

    /// The model of it.
    pub fn model(self) -> Model {
        match self {
            // Of two voters each majority is both: whoever wins has heard from whoever granted.
            Cluster::Leased => lease(1, 2, [1, 2], 2),
            Cluster::Witness => scoped(with_witness(2, 2, 2), |scope| scope.crashes = 1),
            Cluster::Changing => Model {
                cluster: cluster(&[0, 1], &[0, 1], 2),
                changes: vec![cluster(&[0, 1, 2], &[0, 1, 2], 2)],
                ..commit(2, 1, Driver::Blocking)
            },
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Cluster::Leased => "failover nodes under a lease, 3 voters, 2 epochs",
            Cluster::Witness => {
                "failover nodes, two that keep data and a witness, 2 epochs, 2 writes, 1 crash"
            }
            Cluster::Changing => "failover nodes, 2 epochs, 1 write, a third voter that keeps data is added",
        }
    }
}

/// States that are taken at most.
const LIMIT: usize = 2_000_000;

/// Takes the reachable states of `cluster` without the rules of `off`, and asks for every fact.
pub fn check(cluster: Cluster, off: RuleSet) -> Result<Report, ScopeError> {
    let mut model = cluster.model();
    model.without = off.iter().map(|rule| rule.name().to_owned()).collect();
    check_model(model, cluster.words())
}

/// The same of any model, which is called `words` in the report.
pub fn check_model(model: Model, words: &str) -> Result<Report, ScopeError> {
    let world = World::new(model)?;
    if world.rules_off() == RuleSet::NONE {
        return Ok(searched(world, words));
    }
    // A reduction only leaves behaviour out: what is found with all of them is real, and found sooner.
    let rash = searched(world.clone().reduced_by(Reductions::RASH), words);
    Ok(if rash.counterexample.is_some() { rash } else { searched(world, words) })
}

fn searched(world: World, words: &str) -> Report {
    let off = world.rules_off();
    let mut search = Search { world, known: HashSet::new(), stepped: HashSet::new(), edges: 0 };
    let ended = without(off, || search.run());
    Report {
        scope: format!("{words}, every reachable state that reductions leave"),
        states: search.known.len() as u64,
        steps: search.edges,
        exhaustive: matches!(ended, Ok(true)),
        besides: vec![("steps of machines", search.stepped.len() as u64)],
        counterexample: ended.err().map(|cti| *cti),
    }
}

struct Search {
    world: World,
    known: HashSet<u64>,
    /// Machines and acts that were judged.
    stepped: HashSet<u64>,
    edges: u64,
}

impl Search {
    /// Whether every state that is not left out was taken.
    fn run(&mut self) -> Result<bool, Box<Cti>> {
        let first = self.world.initial();
        self.known.insert(fingerprint(&first));
        let mut frontier = vec![first];
        while !frontier.is_empty() {
            let mut next = Vec::new();
            for state in &frontier {
                judge(state)?;
                for choice in self.world.choices(state) {
                    let Some(after) = self.world.apply(state, &choice) else { continue };
                    self.edges += 1;
                    if let Some(id) = choice.node()
                        && let Some(Begun { deed: Deed::Act(act), .. }) =
                            self.world.begin(id, state.machine(id), &state.around, &choice)
                    {
                        self.step(state, id, &act, &choice.to_string())?;
                    }
                    if self.known.len() < LIMIT && self.known.insert(fingerprint(&after)) {
                        next.push(after);
                    }
                }
            }
            frontier = next;
        }
        Ok(self.known.len() < LIMIT)
    }

    /// The facts about a step.
    fn step(&mut self, state: &State, id: NodeId, act: &Act, name: &str) -> Result<(), Box<Cti>> {
        let before = state.machine(id);
        if !self.stepped.insert(fingerprint(&(id, before, act))) {
            return Ok(());
        }
        let Some(outcome) = self.world.outcome(id, before, act) else { return Ok(()) };
        let step = Step { id, before, act, after: &outcome.machine, sent: &outcome.sent };
        broken_step(&step).map_or(Ok(()), |breach: Breach| {
            let lines = draw(state);
            let mut after = lines.clone();
            after[usize::from(id.index())] = describe(id, &outcome.machine);
            Err(Box::new(Cti { before: lines, choice: name.into(), after, breach }))
        })
    }
}

/// The facts about a state.
fn judge(state: &State) -> Result<(), Box<Cti>> {
    let faces: Vec<Face> = state.machines().map(|(id, local)| Face::of(id, local)).collect();
    let pairs = || faces.iter().flat_map(|one| faces.iter().map(move |other| (one, other)));
    let apart = pairs().filter(|(one, other)| one.id != other.id);
    let broken = faces
        .iter()
        .find_map(broken_alone)
        .or_else(|| { apart }.find_map(|(one, other)| broken_together(one, other)));
    broken.map_or(Ok(()), |breach| {
        let choice = "nothing: the state is reached".into();
        Err(Box::new(Cti { before: Vec::new(), choice, after: draw(state), breach }))
    })
}

fn draw(state: &State) -> Vec<String> {
    (0..state.seats.len()).map(|index| describe(node(index), state.machine(node(index)))).collect()
}
