//! The answers of a plan, as a value: computed from the cluster's own conditions, nothing else.

use super::advise::{self, Advice};
use super::cluster::{Cluster, Costs};
use super::failover::Rto;
use super::length::{nanoseconds, nanoseconds_if};
use super::sets::{Classes, Minimal};
use super::words;
use quorate::config::{Fencing, Settings};
use quorate::id::{NodeId, NodeSet};
use quorate::quorum::Acks;
use quorate::time::Span;
use serde::Serialize;

/// What a valid cluster can promise. That it exists says that the cluster is valid: votes that pairwise share
/// a node, acks that can be satisfied, timers in proportion, a lease whose margin covers the drift.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Plan {
    /// The file it was read from.
    pub file: String,
    /// The cluster's name.
    pub name: String,
    /// Its nodes.
    pub nodes: Vec<NodePlan>,
    /// Who elects.
    pub votes: VotePlan,
    /// Whose flush counts; nothing for a cluster that only elects and fences.
    pub acks: Option<AckPlan>,
    /// What it survives.
    pub failures: Failures,
    /// What a failover can lose.
    pub rpo: Rpo,
    /// How long a failover takes.
    pub rto: Rto,
    /// What its steps were taken to cost.
    pub costs: Costs,
    /// The margin of the lease, if there is one.
    pub lease: Option<Margin>,
    /// `token` or `none`.
    pub fencing: &'static str,
    /// What to change.
    pub advice: Vec<Advice>,
}

/// One node and what its loss means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(clippy::struct_excessive_bools, reason = "four facts that a reader of the JSON wants to see as such")]
pub struct NodePlan {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub zone: Option<String>,
    /// Whether it keeps data.
    pub data: bool,
    /// Whether it votes.
    pub vote: bool,
    /// Whether it may become primary.
    pub candidate: bool,
    /// Whether it keeps data and counts in no quorum.
    pub learner: bool,
    /// How much it is preferred.
    pub priority: u8,
    /// What goes on without it.
    pub lost: Service,
}

/// The vote condition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct VotePlan {
    /// In words.
    pub words: String,
    /// The smallest sets that win.
    pub sets: Family,
}

/// The ack condition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct AckPlan {
    /// In words.
    pub words: String,
    /// The minimal sets whose flush acknowledges.
    pub sets: Family,
    /// The minimal sets a new primary must hear from: derived, they meet every ack set.
    pub recovery: Family,
    /// What each node's own flush counts for when it is primary.
    pub own: OwnFlush,
}

/// The candidates by what their own flush counts for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct OwnFlush {
    /// Their own flush is enough.
    pub alone: Vec<String>,
    /// It counts, but is not enough.
    pub counts: Vec<String>,
    /// It does not count.
    pub nothing: Vec<String>,
}

/// Sets of nodes, minimal ones only.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Family {
    /// How many were found.
    pub count: u64,
    /// The first of them, by name.
    pub sets: Vec<Vec<String>>,
    /// All sets of up to this many nodes were looked at.
    pub searched: u32,
    /// Whether larger ones were too, or cannot be minimal.
    pub complete: bool,
}

/// Which failures are survived.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Failures {
    /// Nodes lost, the primary perhaps among them: another takes over, and writes are acknowledged.
    pub failover: Loss,
    /// Nodes lost, but not the primary: it goes on acknowledging writes.
    pub going_on: Loss,
    /// Nodes lost for good, disks and all: every acknowledged write is still somewhere.
    pub kept: Option<Loss>,
    /// Each zone lost.
    pub zones: Vec<ZoneLoss>,
}

/// How many lost nodes are survived.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Loss {
    /// Any so many.
    pub survived: u32,
    /// Whether one more is too many; if not, more was not computed.
    pub exact: bool,
    /// The smallest sets that are too much.
    pub breaks: Family,
}

/// A whole zone lost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ZoneLoss {
    /// Which.
    pub zone: String,
    /// Its nodes.
    pub nodes: Vec<String>,
    /// What goes on without it.
    pub service: Service,
    /// Whether every acknowledged write is also elsewhere.
    pub kept: Option<bool>,
}

/// What goes on when some nodes are lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// Writes, after a failover if the primary was among them.
    Failover,
    /// Writes, if the primary was not among them. If it was, nobody can take over without risking loss.
    IfPrimarySurvives,
    /// Nothing is acknowledged until some of them return.
    Stops,
}

/// What a failover can lose.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Rpo {
    /// There is nothing to lose: the cluster keeps no data.
    NoData,
    /// Nothing acknowledged: whatever `survived` nodes are lost for good, the rest has it all.
    Zero {
        /// Any so many.
        survived: u32,
        /// Any so many may be lost and failover goes on; beyond that the cluster may wait.
        failover: u32,
    },
    /// Nothing by itself; but the loss of one node can leave no recovery set. Then failover is refused until
    /// the node returns or an operator accepts loss.
    #[serde(rename_all = "kebab-case")]
    Refused {
        /// Nodes whose flush alone acknowledges.
        alone: Vec<String>,
        /// How far the others may be behind, if the operator knows: the most an accepted loss can be.
        #[serde(serialize_with = "nanoseconds_if")]
        max_lag: Option<Span>,
    },
}

/// Both sides of the lease inequality.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Margin {
    /// How long a holder uses it.
    #[serde(serialize_with = "nanoseconds")]
    pub hold: Span,
    /// How long a granter keeps it.
    #[serde(serialize_with = "nanoseconds")]
    pub grant: Span,
    /// The resolution of the clocks.
    #[serde(serialize_with = "nanoseconds")]
    pub quantum: Span,
    /// What the slowest clock counts while
    pub slow: u32,
    /// the fastest counts this.
    pub fast: u32,
    /// The shortest grant that covers the hold.
    #[serde(serialize_with = "nanoseconds")]
    pub shortest_grant: Span,
    /// The longest hold that the grant covers.
    #[serde(serialize_with = "nanoseconds")]
    pub longest_hold: Span,
    /// The grant less the shortest.
    #[serde(serialize_with = "nanoseconds")]
    pub slack: Span,
    /// The drift, in parts per million either way, that this hold and grant would just bear.
    pub bears_ppm: u32,
}

/// How many sets a family lists.
const LISTED: usize = 64;

/// The node's own conditions, asked about lost nodes.
pub(super) struct Survival<'a>(pub(super) &'a Settings);

impl Survival<'_> {
    fn rest(&self, lost: NodeSet) -> NodeSet {
        self.0.nodes().minus(lost)
    }

    pub(super) fn votes(&self, lost: NodeSet) -> bool {
        self.0.votes().holds(self.rest(lost))
    }

    pub(super) fn candidate(&self, lost: NodeSet) -> bool {
        !self.0.candidates().minus(lost).is_empty()
    }

    pub(super) fn acks(&self, lost: NodeSet) -> bool {
        self.0.acks().is_none_or(|acks| acks.holds(self.rest(lost)))
    }

    /// Whether the rest is a recovery set: whether no acknowledged write is on the lost nodes only.
    pub(super) fn kept(&self, lost: NodeSet) -> bool {
        self.0.acks().is_none_or(|acks| acks.recovers(self.rest(lost)))
    }

    pub(super) fn going_on(&self, lost: NodeSet) -> bool {
        self.candidate(lost) && self.votes(lost) && self.acks(lost)
    }

    pub(super) fn failover(&self, lost: NodeSet) -> bool {
        self.going_on(lost) && self.kept(lost)
    }

    pub(super) fn service(&self, lost: NodeSet) -> Service {
        if self.failover(lost) {
            Service::Failover
        } else if self.going_on(lost) {
            Service::IfPrimarySurvives
        } else {
            Service::Stops
        }
    }
}

impl Plan {
    /// The plan of `cluster`.
    pub fn of(cluster: &Cluster) -> Plan {
        let survival = Survival(&cluster.settings);
        let classes = Classes::of(&cluster.settings);
        let failures = Failures::of(cluster, &survival, &classes);
        let rpo = Rpo::of(cluster, &failures);
        let rto = Rto::of(cluster, &survival);
        let lease = Margin::of(cluster);
        Plan {
            file: cluster.file.clone(),
            name: cluster.name.clone(),
            nodes: nodes(cluster, &survival),
            votes: VotePlan {
                words: words::condition(cluster.settings.votes().quorum(), cluster),
                sets: Family::of(
                    cluster,
                    &classes
                        .minimal(cluster.settings.votes().nodes(), |set| cluster.settings.votes().holds(set)),
                ),
            },
            acks: acks(cluster, &classes),
            advice: advise::advice(cluster, &survival, &failures, &rto),
            failures,
            rpo,
            rto,
            costs: cluster.costs,
            lease,
            fencing: match cluster.fencing {
                Fencing::Token => "token",
                Fencing::Watchdog { .. } => "watchdog",
                Fencing::None => "none",
            },
        }
    }
}

fn nodes(cluster: &Cluster, survival: &Survival<'_>) -> Vec<NodePlan> {
    let settings = &cluster.settings;
    let numbered = (0..NodeId::COUNT).filter_map(NodeId::new).zip(&cluster.members);
    let plan = |(node, member): (NodeId, &super::Member)| NodePlan {
        name: member.name.clone(),
        zone: member.zone.clone(),
        data: member.data,
        vote: member.vote,
        candidate: settings.candidates().contains(node),
        learner: settings.learners().contains(node),
        priority: member.priority,
        lost: survival.service(NodeSet::one(node)),
    };
    numbered.map(plan).collect()
}

fn acks(cluster: &Cluster, classes: &Classes) -> Option<AckPlan> {
    let acks = cluster.settings.acks()?;
    let sets = classes.minimal(acks.nodes(), |set| acks.holds(set));
    Some(AckPlan {
        words: words::condition(acks.quorum(), cluster),
        own: OwnFlush::of(cluster, acks),
        sets: Family::of(cluster, &sets),
        recovery: Family::of(cluster, &classes.minimal(acks.nodes(), |set| acks.recovers(set))),
    })
}

impl OwnFlush {
    fn of(cluster: &Cluster, acks: &Acks) -> OwnFlush {
        let candidates = cluster.settings.candidates();
        let alone: NodeSet = candidates.iter().filter(|node| acks.holds(NodeSet::one(*node))).collect();
        let counted = candidates.and(acks.nodes());
        OwnFlush {
            alone: cluster.names(alone),
            counts: cluster.names(counted.minus(alone)),
            nothing: cluster.names(candidates.minus(counted).minus(alone)),
        }
    }
}

impl Family {
    fn of(cluster: &Cluster, minimal: &Minimal) -> Family {
        Family {
            count: minimal.count(),
            sets: minimal.sets(LISTED).into_iter().map(|set| cluster.names(set)).collect(),
            searched: minimal.searched,
            complete: minimal.complete,
        }
    }
}

impl Loss {
    fn of(cluster: &Cluster, classes: &Classes, holds: impl Fn(NodeSet) -> bool) -> Loss {
        let breaks = classes.minimal(cluster.settings.nodes(), |lost| !holds(lost)).only_smallest();
        let smallest = breaks.smallest();
        // A set that breaks it may have been found in the middle of a size that was not finished; all smaller
        // sizes were, so it is one of the smallest, but perhaps not the only one.
        let survived = smallest.map_or(breaks.searched, |size| size.saturating_sub(1));
        Loss { survived, exact: smallest.is_some(), breaks: Family::of(cluster, &breaks) }
    }
}

impl Failures {
    pub(super) fn of(cluster: &Cluster, survival: &Survival<'_>, classes: &Classes) -> Failures {
        let keeps_data = cluster.settings.acks().is_some();
        let zone = |(name, nodes): (&str, NodeSet)| ZoneLoss {
            zone: name.to_owned(),
            nodes: cluster.names(nodes),
            service: survival.service(nodes),
            kept: keeps_data.then(|| survival.kept(nodes)),
        };
        Failures {
            failover: Loss::of(cluster, classes, |lost| survival.failover(lost)),
            going_on: Loss::of(cluster, classes, |lost| survival.going_on(lost)),
            kept: keeps_data.then(|| Loss::of(cluster, classes, |lost| survival.kept(lost))),
            zones: cluster.zones().into_iter().map(zone).collect(),
        }
    }
}

impl Rpo {
    fn of(cluster: &Cluster, failures: &Failures) -> Rpo {
        match &failures.kept {
            None => Rpo::NoData,
            Some(kept) if kept.survived > 0 => {
                Rpo::Zero { survived: kept.survived, failover: failures.failover.survived }
            }
            Some(kept) => Rpo::Refused { alone: kept.breaks.sets.concat(), max_lag: cluster.max_lag },
        }
    }
}

impl Margin {
    fn of(cluster: &Cluster) -> Option<Margin> {
        let (lease, drift) = cluster.lease?;
        let used = lease.hold().plus(lease.quantum());
        let shortest_grant = drift.shortest_grant(used);
        Some(Margin {
            hold: lease.hold(),
            grant: lease.grant(),
            quantum: lease.quantum(),
            slow: drift.slow,
            fast: drift.fast,
            shortest_grant,
            longest_hold: drift.longest_hold(lease.grant()).minus(lease.quantum()),
            slack: lease.grant().minus(shortest_grant),
            bears_ppm: bears_ppm(used, lease.grant()),
        })
    }
}

/// The largest ρ with `used · (1+ρ) ≤ grant · (1−ρ)`, in parts per million.
fn bears_ppm(used: Span, grant: Span) -> u32 {
    let (used, grant) = (u128::from(used.units()), u128::from(grant.units()));
    let ppm = grant.saturating_sub(used) * 1_000_000 / (grant + used);
    u32::try_from(ppm).unwrap_or(u32::MAX).min(999_999)
}
