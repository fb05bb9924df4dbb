//! Every machine that the composed node can be led into by messages, its timer, its disk, crashes, writes and a change:
//! its parts together, whoever the others are.
//!
//! The [closure](crate::induct::closure) of a machine with a log, while its configuration changes, or under a lease, or
//! beside a database. Nothing is asked of the other machines, and no message is left out, so the closure contains every
//! machine of every reachable state of the scope, and many more. In each step the facts of [`FACTS`](super::FACTS) are
//! asked for that are about one machine or about a step.
//!
//! Every message that such machines send is delivered, but not everything happens to them. Left out are a flush and an
//! effect that fail, a clock in doubt, reads, compaction, a planned hand-over, a recovery that accepts loss, a primary
//! that the embedder takes for dead, a power-off, and a second change. [`Scope::Voters`] and [`Scope::Leased`] have no
//! writes. [`explore`](super::explore) leaves the same out.

use super::{Face, broken_alone, describe};
use crate::catalog::failover::{acked_by, cluster, engine_policy, pair};
use crate::catalog::machines::{commit, lease};
use crate::induct::closure::{Closure, Machine, Stopped, Subject, plain_acts, within_epochs};
use crate::induct::{Breach, Report, ScopeError};
use crate::world::{Act, Driver, Envelope, Local, Model, Shared, World};
use quorate::failover::{Node, Request};
use quorate::id::NodeId;
use quorate::rule::{RuleSet, without};

/// What the node is composed of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// A log whose ack family moves from one node to another.
    Policy,
    /// The same beside databases.
    Database,
    /// A log that a third node comes to keep, and that votes.
    Voters,
    /// A lease and a log.
    Leased,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 4] = [Scope::Policy, Scope::Database, Scope::Voters, Scope::Leased];

    fn model(self) -> Model {
        match self {
            Scope::Policy => {
                let only = |index| acked_by(&[index], commit(1, 1, Driver::Blocking));
                Model { changes: vec![only(1).cluster], ..only(0) }
            }
            Scope::Database => {
                let mut model = engine_policy(pair(1, &[0]), pair(1, &[1]));
                model.scope.epochs = 1;
                model
            }
            Scope::Voters => Model {
                cluster: cluster(&[0, 1], &[0, 1], 2),
                changes: vec![cluster(&[0, 1, 2], &[0, 1, 2], 2)],
                ..commit(2, 0, Driver::Blocking)
            },
            Scope::Leased => {
                let mut model = lease(1, 2, [1, 2], 2);
                model.nodes = 2;
                model.cluster = cluster(&[0, 1], &[0, 1], 2);
                model
            }
        }
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Scope::Policy => "failover node, 1 epoch, 1 write, acks move from n0 alone to n1 alone",
            Scope::Database => "failover node beside a database, 1 epoch, 1 write, acks move from n0 to n1",
            Scope::Voters => "failover node, 2 epochs, a third voter that keeps data is added",
            Scope::Leased => "failover node under a lease, 2 nodes, 2 epochs",
        }
    }
}

/// The machines of a scope.
#[derive(Debug)]
struct Whole {
    world: World,
    writes: u64,
}

impl Whole {
    fn new(scope: Scope, off: RuleSet) -> Result<Self, ScopeError> {
        let mut model = scope.model();
        model.without = off.iter().map(|rule| rule.name().to_owned()).collect();
        let writes = u64::from(model.scope.writes);
        Ok(Self { world: World::new(model)?, writes })
    }

    /// What clients and operators ask of a running node.
    fn asked(&self, node: &Node<u8>) -> Vec<Act> {
        let config = &node.hard().config;
        let mut acts = vec![Act::Ask(Request::StepDown)];
        if node.is_serving() && node.log().len() < self.writes && !self.world.model.node.external {
            acts.push(Act::Ask(Request::Write(vec![1].into())));
        }
        if node.is_serving() && config.id.version == 0 {
            let targets = self.world.model.targets().unwrap_or_default();
            acts.extend(targets.into_iter().map(|target| Act::Ask(Request::Change(Box::new(target)))));
        }
        acts
    }
}

impl Subject for Whole {
    type Past = ();
    type Own = ();
    type Public = ();
    type Terms = ();
    type Claim = ();

    fn world(&self) -> &World {
        &self.world
    }

    fn acts(&self, _: NodeId, local: &Local) -> Vec<Act> {
        let mut acts = plain_acts(local);
        acts.retain(|act| !matches!(act, Act::FailFlush | Act::Done(_, false)));
        let Some(node) = &local.node else { return acts };
        acts.extend(self.asked(node));
        if let Some(engine) = &local.engine {
            acts.push(Act::Report);
            if engine.is_open() && engine.log.len() < self.writes {
                acts.push(Act::Write(1));
            }
        }
        acts
    }

    fn is_inside(&self, local: &Local) -> bool {
        within_epochs(local, self.world.scope().epochs)
    }

    fn flight(&self) -> usize {
        0
    }

    /// Each clock for itself: what others' clocks say travels with messages, which may be of any age.
    fn ticks(&self) -> Vec<Vec<u8>> {
        let Some(rates) = self.world.scope().rates else { return Vec::new() };
        let nodes = usize::from(self.world.model.nodes);
        let each = |ways: Vec<Vec<u8>>| -> Vec<Vec<u8>> {
            ways.iter().flat_map(|way| rates.map(|rate| [&way[..], &[rate]].concat())).collect()
        };
        (0..nodes).fold(vec![Vec::new()], |ways, _| each(ways))
    }

    fn remember(&self, _: &Machine<()>, _: &Act, _: &Local, _: &[Shared<Envelope>]) {}

    fn own(&self, _: &Machine<()>) {}

    fn public(&self, (): ()) {}

    fn claim(&self, _: &Envelope) -> Option<()> {
        None
    }

    fn refutes(&self, _: NodeId, (): (), (): ()) -> bool {
        false
    }

    fn alone(&self, machine: &Machine<()>) -> Option<Breach> {
        broken_alone(&Face::of(machine.id, &machine.local))
    }

    fn step_clause(&self, _: &Machine<()>, _: &Act, _: &Local, _: &[Shared<Envelope>]) -> Option<Breach> {
        None
    }

    fn describe(&self, machine: &Machine<()>) -> String {
        describe(machine.id, &machine.local)
    }
}

/// Machines of one node that are kept at most.
const MACHINES: usize = 120_000;

/// Asks for the facts of every machine of `scope`, and of every step of each, without the rules of `off`.
pub fn check(scope: Scope, off: RuleSet) -> Result<Report, ScopeError> {
    let whole = Whole::new(scope, off)?;
    let words = format!("{}, machine by machine", scope.words());
    without(off, || match Closure::of(&whole, MACHINES) {
        Ok(closure) => {
            let machines = closure.lives.iter().map(|lives| lives.machines.len() as u64).sum();
            Ok(Report {
                scope: words,
                states: machines,
                steps: closure.steps,
                exhaustive: closure.cut == 0,
                besides: vec![("messages", closure.messages)],
                counterexample: closure.unkept,
            })
        }
        Err(Stopped::Broken(cti)) => {
            Ok(Report { scope: words, counterexample: Some(*cti), ..Report::default() })
        }
        Err(Stopped::TooMany(limit)) => Err(ScopeError::TooLarge {
            scope: words,
            estimate: limit as u64 + 1,
            limit: MACHINES as u64,
            instead: "take another scope",
        }),
    })
}
