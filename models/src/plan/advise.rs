//! What to change: each piece of advice names what is weak, where, and a change that mends it.

use super::answer::{Failures, Service, Survival};
use super::cluster::Cluster;
use super::failover::{Case, Rto};
use super::length;
use super::words::list;
use quorate::config::Fencing;
use quorate::id::NodeSet;
use quorate::quorum::Quorum;
use quorate::time::Span;
use serde::Serialize;

/// One piece of advice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Advice {
    /// What it is about, for programs.
    pub about: &'static str,
    /// The advice.
    pub text: String,
}

fn advise(about: &'static str, text: String) -> Advice {
    Advice { about, text }
}

/// All advice for a cluster, the gravest first.
pub(super) fn advice(
    cluster: &Cluster,
    survival: &Survival<'_>,
    failures: &Failures,
    rto: &Rto,
) -> Vec<Advice> {
    let mut all = Vec::new();
    all.extend(single_copy(cluster, failures));
    all.extend(lone_candidate(cluster));
    all.extend(blocking_nodes(cluster, survival));
    all.extend(zones(cluster, survival));
    all.extend(even_voters(cluster));
    all.extend(unfenced(cluster));
    all.extend(lapsing_lease(cluster));
    all.extend(long_lease(cluster, rto));
    all
}

/// One node's flush acknowledges, though there are others.
fn single_copy(cluster: &Cluster, failures: &Failures) -> Option<Advice> {
    let kept = failures.kept.as_ref()?;
    let copies = cluster.settings.data().minus(cluster.settings.learners()).len();
    if kept.survived > 0 {
        return None;
    }
    let lag = match cluster.max_lag {
        Some(_) => "",
        None => " Until then, state with max-lag how much an accepted loss can be.",
    };
    let text = match copies {
        1 => "There is one copy of the data: let a second node keep data, and write acks = { any = 2 \
              }."
        .to_owned(),
        2 => format!(
            "One node's flush acknowledges a write. With acks = {{ any = 2 }} both have it; with a third \
             data node besides, failover then survives the loss of any one.{lag}"
        ),
        _ => format!(
            "One node's flush acknowledges a write. With acks = {{ any = 2 }} every acknowledged write \
             survives the loss of any one.{lag}"
        ),
    };
    Some(advise("single-copy", text))
}

fn lone_candidate(cluster: &Cluster) -> Option<Advice> {
    let candidates = cluster.settings.candidates();
    let witnesses = cluster.settings.votes().nodes().minus(candidates);
    if candidates.len() != 1 || cluster.members.len() == 1 {
        return None;
    }
    let name = list(&cluster.names(candidates));
    let witnesses = match witnesses.len() {
        0 => String::new(),
        _ => format!(" A witness cannot be primary: {} only votes.", list(&cluster.names(witnesses))),
    };
    let text = format!(
        "Only {name} can become primary, so nobody takes over from it.{witnesses} Let a second node keep \
         data and vote."
    );
    Some(advise("lone-candidate", text))
}

/// Nodes without which no write is acknowledged, although the votes would do.
fn blocking_nodes(cluster: &Cluster, survival: &Survival<'_>) -> Option<Advice> {
    let blocks = |lost: &NodeSet| survival.votes(*lost) && survival.candidate(*lost) && !survival.acks(*lost);
    let nodes = cluster.settings.data().iter().map(NodeSet::one).filter(blocks);
    let blocking = nodes.fold(NodeSet::EMPTY, NodeSet::union);
    if blocking.is_empty() || cluster.settings.data().len() == 1 {
        return None;
    }
    let mend = match cluster.settings.acks()?.quorum() {
        Quorum::Any { need, of } => format!(
            "Add a data node and write acks = {{ any = {need} }}: then any {need} of {} acknowledge.",
            of.len() + 1
        ),
        Quorum::Weight { .. } | Quorum::Zones { .. } | Quorum::All(_) | Quorum::Or(_) => {
            "Add a data node that can acknowledge in its place.".to_owned()
        }
    };
    let text = format!(
        "Writes stop when {} is lost: the votes still elect a primary, but it cannot gather its acks. {mend}",
        either(&cluster.names(blocking))
    );
    Some(advise("blocking-node", text))
}

fn either(names: &[String]) -> String {
    if names.len() > 1 { format!("any one of {}", list(names)) } else { list(names) }
}

fn zones(cluster: &Cluster, survival: &Survival<'_>) -> Vec<Advice> {
    let zones = cluster.zones();
    if zones.len() == 1
        && cluster.members.len() > 1
        && cluster.members.iter().all(|member| member.zone.is_some())
    {
        let text =
            format!("Every node is in zone {}: what takes it down takes the cluster down.", zones[0].0);
        return vec![advise("one-zone", text)];
    }
    zones.iter().filter_map(|(zone, nodes)| lost_zone(survival, zone, *nodes)).collect()
}

fn lost_zone(survival: &Survival<'_>, zone: &str, lost: NodeSet) -> Option<Advice> {
    // A single node's loss is spoken of elsewhere.
    if survival.service(lost) == Service::Failover || lost.len() == 1 {
        return None;
    }
    let mut reasons = Vec::new();
    if !survival.votes(lost) {
        reasons.push("too few votes are left; put voters into more zones, a witness is enough");
    }
    if !survival.candidate(lost) {
        reasons.push("nobody is left who could be primary; let a voter elsewhere keep data");
    }
    if !survival.acks(lost) {
        reasons.push(
            "the acks cannot be gathered any more; let more nodes elsewhere keep data, or ask for fewer",
        );
    }
    if !survival.kept(lost) {
        reasons.push(
            "a write may have been acknowledged in that zone alone, so failover is refused; \
             acks = \"another-zone\" prevents it",
        );
    }
    let what = match survival.service(lost) {
        Service::IfPrimarySurvives => "no failover is possible",
        Service::Stops | Service::Failover => "writes stop",
    };
    Some(advise("zone", format!("When zone {zone} is lost, {what}: {}.", reasons.join("; "))))
}

fn even_voters(cluster: &Cluster) -> Option<Advice> {
    let votes = cluster.settings.votes();
    let count = votes.nodes().len();
    if !count.is_multiple_of(2) || *votes.quorum() != Quorum::majority(votes.nodes()) {
        return None;
    }
    let text = format!(
        "A majority of {count} voters is {}, which leaves room for no more losses than {} voters would. Add \
         a voter (a witness is enough), or take a vote away.",
        count / 2 + 1,
        count - 1
    );
    Some(advise("even-voters", text))
}

fn unfenced(cluster: &Cluster) -> Option<Advice> {
    if cluster.fencing != Fencing::None {
        return None;
    }
    let lease = if cluster.lease.is_some() {
        "The lease bounds when an old primary begins to write, not when that write lands."
    } else {
        "An old primary that was paused may still write to what is outside the log."
    };
    let text =
        format!("{lease} Where the resource can compare epochs, fencing = \"token\" refuses it for good.");
    Some(advise("unfenced", text))
}

/// A lease that is over before it can be renewed.
fn lapsing_lease(cluster: &Cluster) -> Option<Advice> {
    let (lease, _) = cluster.lease?;
    let (heartbeat, round_trip) = (cluster.timing.heartbeat, cluster.costs.round_trip);
    let two = heartbeat.times(2).plus(round_trip);
    if lease.hold() > two {
        return None;
    }
    let text = format!(
        "A lease held for {} does not outlast one lost beat: beats are sent every {} and take {}. Hold it \
         for more than {}, or send beats more often.",
        length::exact(lease.hold()),
        length::exact(heartbeat),
        length::exact(round_trip),
        length::exact(two)
    );
    Some(advise("lapsing-lease", text))
}

/// A lease that keeps a successor waiting.
fn long_lease(cluster: &Cluster, rto: &Rto) -> Option<Advice> {
    let (lease, drift) = cluster.lease?;
    let typical: &Case = rto.cases.iter().find(|case| case.case == "typical")?;
    let grant = cluster.timing.election;
    let hold = drift.longest_hold(grant).minus(lease.quantum());
    if typical.lease == Span::ZERO || hold == Span::ZERO {
        return None;
    }
    let text = format!(
        "A typical failover waits {} for the lease of the lost primary. With a grant of {} (the election \
         timeout) and a hold of at most {} it would wait for nothing.",
        length::about(typical.lease),
        length::exact(grant),
        length::exact(hold)
    );
    Some(advise("long-lease", text))
}
