//! A cluster as an explorable model.

use super::cluster::Cluster;
use super::error::{ClusterError, Fault};
use crate::world::{Driver, LeaseSpec, MAX_NODES, Model, NodeSpec, Scope};
use quorate::config::Fencing;
use quorate::id::NodeMap;
use quorate::time::Drift;

impl Cluster {
    /// The model of this cluster, for at most seven nodes; its nodes are numbered in the order of the file.
    ///
    /// # What is kept, and what is not
    ///
    /// Votes, acks and roles are the cluster's own. A resource is fenced as the file says. Priorities only
    /// order pre-votes, which the model leaves out, together with every timer: in the model a timer may fire
    /// at any moment, so what holds there holds for every timing.
    ///
    /// A lease of any length becomes *hold 1, grant 2*, on clocks of which one may run twice as fast as
    /// another. The protocol never compares lengths with anything but each other, and its argument uses one
    /// fact of them: a holder, however slow its clock, stops before a granter, however fast its clock, is
    /// free, `hold · fast ≤ grant · slow`. The cluster satisfies this, or [`Cluster::parse`] would have
    /// refused it, and 1 · 2 ≤ 2 · 1 satisfies it with nothing to spare, which is the hardest case. So the
    /// exploration says that the protocol keeps leases apart given the inequality; that the cluster's own
    /// numbers give it is what [`Lease::new`](quorate::config::Lease::new) says.
    ///
    /// # The scope
    ///
    /// Small on purpose: an exploration that ends. Two epochs are one failover, of one write and, where there
    /// is no lease, one crash.
    ///
    /// More than three nodes, or a lease together with three copies of the data, have too many states for two
    /// epochs: their scope has one, which is election, recovery and commit but no failover. In it no
    /// successor can come too early for a lease, so the beats that renew leases are left out as well; whoever
    /// asks for more epochs turns them on.
    pub fn model(&self) -> Result<Model, ClusterError> {
        let count = self.members.len();
        let Some(nodes) = u8::try_from(count).ok().filter(|nodes| *nodes <= MAX_NODES) else {
            let fault = Fault::TooManyToExplore { nodes: count, max: MAX_NODES };
            let field = "nodes".to_owned();
            return Err(ClusterError { file: self.file.clone(), at: None, field, fault });
        };
        let rates = Drift { slow: 1, fast: 2 };
        let lease = self.lease.map(|_| LeaseSpec { hold: 1, grant: 2, drift: rates });
        let cluster = quorate::config::Draft { priority: NodeMap::default(), ..self.settings.draft() };
        let fenced = match self.fencing {
            Fencing::Token => true,
            Fencing::None | Fencing::Watchdog { .. } => false,
        };
        Ok(Model {
            name: self.name.clone(),
            cluster,
            nodes,
            node: NodeSpec { lease, fenced, ..NodeSpec::default() },
            scope: self.scope(),
            changes: Vec::new(),
            without: Vec::new(),
        })
    }

    /// What the model's usual scope leaves out that whoever reads its verdict must know.
    pub fn note(&self) -> Option<String> {
        let text = "one epoch: no failover is explored; `--epochs 2` explores one and takes long";
        (self.scope().epochs == 1).then(|| text.to_owned())
    }

    fn scope(&self) -> Scope {
        let leased = self.lease.is_some();
        let count = self.members.len();
        let one_epoch = count > 3 || (leased && self.settings.data().len() > 2);
        let renewed = leased && !one_epoch;
        Scope {
            epochs: if one_epoch { 1 } else { 2 },
            writes: 1,
            crashes: u8::from(!renewed && count < 6),
            rates: leased.then_some([1, 2]),
            beats: renewed,
            driver: Driver::Blocking,
            ..Scope::default()
        }
    }
}
