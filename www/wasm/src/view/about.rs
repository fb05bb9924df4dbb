//! What is the same at every moment of a session.

use quorate::id::NodeId;
use quorate_models::invariant::Invariant;
use quorate_models::run::hash;
use quorate_models::world::{Driver, Model, Network, World, node};
use serde::Serialize;

/// What is the same at every moment of a session.
#[derive(Serialize, Debug)]
pub struct About {
    model: Model,
    hash: String,
    bounds: String,
    nodes: Vec<Member>,
    off: Vec<&'static str>,
    timed: bool,
    fenced: bool,
    external: bool,
    network: Network,
    driver: Driver,
    invariants: Vec<&'static str>,
}

/// A machine of the model.
#[derive(Serialize, Debug)]
pub struct Member {
    index: u8,
    name: String,
    votes: bool,
    data: bool,
    learner: bool,
    priority: u8,
}

/// The invariants that can say something about a model.
pub(crate) fn concerned(model: &Model) -> impl Iterator<Item = Invariant> {
    Invariant::ALL.iter().copied().filter(|invariant| invariant.concerns(model))
}

impl About {
    pub(crate) fn of(world: &World) -> Self {
        let model = world.model.clone();
        let nodes = (0..usize::from(model.nodes)).map(node).map(|id| Member::of(world, id)).collect();
        Self {
            hash: hash(&model),
            bounds: model.bounds(),
            nodes,
            off: world.rules_off().iter().map(quorate::rule::Rule::name).collect(),
            timed: model.scope.rates.is_some(),
            fenced: model.node.fenced,
            external: model.node.external,
            network: model.scope.network,
            driver: model.scope.driver,
            invariants: concerned(&model).map(Invariant::name).collect(),
            model,
        }
    }
}

impl Member {
    fn of(world: &World, id: NodeId) -> Self {
        let cluster = &world.model.cluster;
        Self {
            index: id.index(),
            name: id.to_string(),
            votes: cluster.votes.nodes().contains(id),
            data: cluster.data.contains(id),
            learner: cluster.learners.contains(id),
            priority: cluster.priority.get(id).copied().unwrap_or(0),
        }
    }
}
