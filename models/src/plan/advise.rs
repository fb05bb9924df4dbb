//! What to change: each piece of advice names what is weak, where, and a change that mends it.

use super::answer::{Failures, Service, Survival};
use super::cluster::{Cluster, Member};
use super::failover::{Case, Rto};
use super::length;
use super::mend::{self, Edit};
use super::words::list;
use quorate::config::Fencing;
use quorate::id::{NodeId, NodeSet};
use quorate::quorum::Quorum;
use quorate::time::Span;
use serde::Serialize;
use std::collections::BTreeSet;

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

/// All advice for a cluster, the gravest first. What it says to change was tried ([`mend`]).
pub(super) fn advice(
    cluster: &Cluster,
    survival: &Survival<'_>,
    failures: &Failures,
    rto: &Rto,
) -> Vec<Advice> {
    let mut all = Vec::new();
    all.extend(single_copy(cluster, failures));
    all.extend(lone_candidate(cluster));
    all.extend(decisive_votes(cluster, survival, failures));
    all.extend(blocking_nodes(cluster, survival, failures));
    all.extend(zones(cluster, survival, failures));
    all.extend(even_voters(cluster, failures));
    all.extend(unfenced(cluster));
    all.extend(lapsing_lease(cluster));
    all.extend(long_lease(cluster, rto));
    all.extend(steep_priority(cluster, rto));
    all
}

const NODE: Edit = Edit::Node { data: true, zone: None };
const WITNESS: Edit = Edit::Node { data: false, zone: None };

/// One node's flush acknowledges, though there are others.
fn single_copy(cluster: &Cluster, failures: &Failures) -> Option<Advice> {
    let kept = failures.kept.as_ref()?;
    if kept.survived > 0 {
        return None;
    }
    let keepers = cluster.names(cluster.settings.data());
    let what = match keepers.len() {
        1 => "There is one copy of the data.",
        _ => "One node's flush acknowledges a write.",
    };
    let named = Edit::Any(2, Some(keepers));
    let ways = [vec![Edit::Any(2, None)], vec![named], vec![NODE, Edit::Any(2, None)]];
    let keeps = |after: &Cluster| mend::failures(after).kept.is_some_and(|kept| kept.survived > 0);
    let tried = |way: Vec<Edit>| mend::tried(cluster, &way).filter(keeps).map(|after| (way, after));
    let mut found: Vec<(Vec<Edit>, Cluster)> = ways.into_iter().filter_map(tried).collect();
    // A change after which writes wait for more nodes than before comes last.
    found.sort_by_key(|(_, after)| !mend::each_loss_no_worse(cluster, after));
    let Some((way, after)) = found.into_iter().next() else {
        return Some(advise("single-copy", what.to_owned()));
    };
    let mut text = format!(
        "{what} {}: then every acknowledged write survives the loss of any one node.",
        mend::sentence(cluster, &after, &way)
    );
    if !mend::each_loss_no_worse(cluster, &after) {
        text.push_str(" The price is that writes wait for more nodes than now.");
    }
    if cluster.max_lag.is_none() {
        text.push_str(" Until then, state with max-lag how much an accepted loss can be.");
    }
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
        1 => format!(" A witness cannot be primary: {} only votes.", list(&cluster.names(witnesses))),
        _ => format!(" Witnesses cannot be primary: {} only vote.", list(&cluster.names(witnesses))),
    };
    let role = |index| vec![Edit::Candidate(index)];
    let ways = (0..cluster.members.len()).map(role).chain([vec![NODE]]);
    let mut ways = ways.filter_map(|way| mend::tried(cluster, &way).map(|after| (way, after)));
    let mend = ways.find(|(_, after)| after.settings.candidates().len() > 1);
    let mend = mend.map_or_else(String::new, |(way, after)| {
        format!(" {}: then there are two.", mend::sentence(cluster, &after, &way))
    });
    let text = format!("Only {name} can become primary, so nobody takes over from it.{witnesses}{mend}");
    Some(advise("lone-candidate", text))
}

/// Nodes without which nobody is elected, although there are candidates.
fn decisive_votes(cluster: &Cluster, survival: &Survival<'_>, failures: &Failures) -> Option<Advice> {
    let decides = |node: &NodeId| {
        let lost = NodeSet::one(*node);
        survival.candidate(lost) && !survival.votes(lost)
    };
    let decisive: NodeSet = cluster.settings.votes().nodes().iter().filter(decides).collect();
    if decisive.is_empty() {
        return None;
    }
    let text = format!(
        "Everything stops when {} is lost: the votes of the others elect nobody.{}",
        either(&cluster.names(decisive)),
        continuing(cluster, failures, decisive)
    );
    Some(advise("decisive-vote", text))
}

/// Nodes without which no write is acknowledged, although the votes would do.
fn blocking_nodes(cluster: &Cluster, survival: &Survival<'_>, failures: &Failures) -> Option<Advice> {
    let blocks = |node: &NodeId| {
        let lost = NodeSet::one(*node);
        survival.votes(lost) && survival.candidate(lost) && !survival.acks(lost)
    };
    let blocking: NodeSet = cluster.settings.data().iter().filter(blocks).collect();
    if blocking.is_empty() || cluster.settings.data().len() == 1 {
        return None;
    }
    let text = format!(
        "Writes stop when {} is lost: the votes still elect a primary, but it cannot gather its acks.{}",
        either(&cluster.names(blocking)),
        continuing(cluster, failures, blocking)
    );
    Some(advise("blocking-node", text))
}

/// The smallest change found after which the loss of any one of `nodes` is failed over, as a sentence.
fn continuing(cluster: &Cluster, failures: &Failures, nodes: NodeSet) -> String {
    let asked = cluster.settings.acks().and_then(|acks| match acks.quorum() {
        Quorum::Any { need, of } => Some((u32::from(*need), cluster.names(*of))),
        Quorum::Weight { .. } | Quorum::Zones { .. } | Quorum::All(_) | Quorum::Or(_) => None,
    });
    let (need, mut of) = asked.unwrap_or((2, Vec::new()));
    of.push(mend::ADDED.to_owned());
    let (same, two) = (Edit::Any(need, None), Edit::Any(need.max(2), None));
    let beside = nodes.iter().next().and_then(|node| cluster.member(node)?.zone.clone());
    let beside = Edit::Node { data: true, zone: beside };
    let ways = vec![
        vec![same.clone()],
        vec![two.clone()],
        vec![Edit::Majority],
        vec![WITNESS],
        vec![Edit::Majority, two.clone()],
        vec![NODE],
        vec![beside],
        vec![NODE, same],
        vec![NODE, two.clone()],
        vec![NODE, Edit::Any(need, Some(of))],
        vec![Edit::Majority, WITNESS],
        vec![Edit::Majority, NODE],
        vec![Edit::Majority, NODE, two],
    ];
    let found = mend::survive_each(cluster, failures, nodes, ways);
    found.map_or_else(String::new, |(way, after)| {
        let acknowledge = after.settings.acks().and_then(|acks| match acks.quorum() {
            Quorum::Any { need, of } if cluster.settings.acks().is_none_or(|old| old != acks) => {
                Some(format!("any {need} of {} acknowledge, and ", of.len()))
            }
            Quorum::Any { .. }
            | Quorum::Weight { .. }
            | Quorum::Zones { .. }
            | Quorum::All(_)
            | Quorum::Or(_) => None,
        });
        let names = cluster.names(nodes);
        let loss = if names.len() > 1 { "the loss of any one of them" } else { "its loss" };
        format!(
            " {}: then {}{loss} is failed over.",
            mend::sentence(cluster, &after, &way),
            acknowledge.unwrap_or_default()
        )
    })
}

fn either(names: &[String]) -> String {
    if names.len() > 1 { format!("any one of {}", list(names)) } else { list(names) }
}

fn zones(cluster: &Cluster, survival: &Survival<'_>, before: &Failures) -> Vec<Advice> {
    let zones = cluster.zones();
    if zones.len() == 1
        && cluster.members.len() > 1
        && cluster.members.iter().all(|member| member.zone.is_some())
    {
        let text =
            format!("Every node is in zone {}: what takes it down takes the cluster down.", zones[0].0);
        return vec![advise("one-zone", text)];
    }
    zones.iter().filter_map(|(zone, nodes)| lost_zone(cluster, survival, before, zone, *nodes)).collect()
}

/// What a lost zone can leave the rest without, and what mends that if nothing else is in the way.
struct ZoneNeed {
    holds: fn(&Survival<'_>, NodeSet) -> bool,
    without: &'static str,
    edit: Edit,
    mend: &'static str,
}

const ZONE_NEEDS: [ZoneNeed; 4] = [
    ZoneNeed {
        holds: |rest, lost| rest.votes(lost),
        without: "too few votes are left",
        edit: WITNESS,
        mend: "a witness in another zone mends that",
    },
    ZoneNeed {
        holds: |rest, lost| rest.candidate(lost),
        without: "nobody is left who could be primary",
        edit: NODE,
        mend: "a node elsewhere that keeps data and votes could",
    },
    ZoneNeed {
        holds: |rest, lost| rest.acks(lost),
        without: "the acks cannot be gathered any more",
        edit: NODE,
        mend: "a node elsewhere that keeps data and votes mends that",
    },
    ZoneNeed {
        holds: |rest, lost| rest.kept(lost),
        without: "a write may have been acknowledged in that zone alone, so failover is refused",
        edit: Edit::AnotherZone,
        mend: "acks = \"another-zone\" prevents it",
    },
];

fn lost_zone(
    cluster: &Cluster,
    survival: &Survival<'_>,
    before: &Failures,
    zone: &str,
    lost: NodeSet,
) -> Option<Advice> {
    // A single node's loss is spoken of elsewhere.
    if survival.service(lost) == Service::Failover || lost.len() == 1 {
        return None;
    }
    let reasons: Vec<String> = ZONE_NEEDS
        .iter()
        .filter(|need| !(need.holds)(survival, lost))
        .map(|need| {
            let way = [need.edit.clone()];
            let mends = mend::tried(cluster, &way).is_some_and(|after| {
                (need.holds)(&Survival(&after.settings), lost)
                    && mend::failures(&after).failover.survived >= before.failover.survived
            });
            if mends { format!("{}; {}", need.without, need.mend) } else { need.without.to_owned() }
        })
        .collect();
    let what = match survival.service(lost) {
        Service::IfPrimarySurvives => "no failover is possible",
        Service::Stops | Service::Failover => "writes stop",
    };
    Some(advise("zone", format!("When zone {zone} is lost, {what}: {}.", reasons.join("; "))))
}

/// A voter more would help, or one fewer would do: said only if it is so, the acks considered.
fn even_voters(cluster: &Cluster, before: &Failures) -> Option<Advice> {
    let votes = cluster.settings.votes();
    let count = votes.nodes().len();
    if !count.is_multiple_of(2) || *votes.quorum() != Quorum::majority(votes.nodes()) {
        return None;
    }
    let after = mend::failures(&mend::tried(cluster, &[WITNESS])?);
    let more = after.failover.survived > before.failover.survived
        || after.going_on.survived > before.going_on.survived;
    if !more || !mend::no_worse(before, &after) {
        return None;
    }
    let text = format!(
        "A majority of {count} voters is {}, which leaves room for no more losses than {} would. Add a voter; \
         a witness is enough.",
        count / 2 + 1,
        if count == 2 { "1 voter".to_owned() } else { format!("{} voters", count - 1) }
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
    let text = format!(
        "{lease} Where the resource can compare epochs, fencing = \"token\", with a fence time under [timing], refuses it for good."
    );
    Some(advise("unfenced", text))
}

/// How long a lease must last at least to be renewed in spite of one lost beat.
fn outlasts(cluster: &Cluster) -> Span {
    cluster.timing.heartbeat.times(2).plus(cluster.costs.round_trip)
}

fn lapses(cluster: &Cluster) -> bool {
    cluster.lease.is_some_and(|(lease, _)| lease.hold() <= outlasts(cluster))
}

/// A lease that is over before it can be renewed.
fn lapsing_lease(cluster: &Cluster) -> Option<Advice> {
    let (lease, drift) = cluster.lease.filter(|_| lapses(cluster))?;
    let (heartbeat, round_trip) = (cluster.timing.heartbeat, cluster.costs.round_trip);
    let hold = outlasts(cluster).plus(Span::new(1));
    let often = Span::new(lease.hold().minus(round_trip).minus(Span::new(1)).units() / 2);
    let grant = drift.shortest_grant(hold.plus(lease.quantum()));
    let mends = |edit: Edit| mend::tried(cluster, &[edit]).is_some_and(|after| !lapses(&after));
    let mend = if mends(Edit::Lease(hold, lease.grant())) {
        format!(" Hold it for more than {}.", length::exact(outlasts(cluster)))
    } else if often > Span::ZERO && mends(Edit::Heartbeat(often)) {
        format!(" Send beats at least every {}.", length::exact(often))
    } else if mends(Edit::Lease(hold, grant)) {
        format!(" Hold it for {} and grant it for at least {}.", length::exact(hold), length::exact(grant))
    } else {
        String::new()
    };
    let text = format!(
        "A lease held for {} does not outlast one lost beat: beats are sent every {} and take {}.{mend}",
        length::exact(lease.hold()),
        length::exact(heartbeat),
        length::exact(round_trip)
    );
    Some(advise("lapsing-lease", text))
}

/// A lease that keeps a successor waiting, if a shorter one that does not lapse would not.
fn long_lease(cluster: &Cluster, rto: &Rto) -> Option<Advice> {
    let (lease, drift) = cluster.lease?;
    let typical = typical(rto)?;
    let grant = cluster.timing.election;
    let hold = drift.longest_hold(grant).minus(lease.quantum());
    if typical.lease == Span::ZERO {
        return None;
    }
    let after = mend::tried(cluster, &[Edit::Lease(hold, grant)]).filter(|after| !lapses(after))?;
    let waits = typical_of(&after)?.lease;
    if waits >= typical.lease {
        return None;
    }
    let waits = if waits == Span::ZERO { "nothing".to_owned() } else { length::about(waits) };
    let text = format!(
        "A typical failover waits {} for the lease of the lost primary. With a grant of {} (the election \
         timeout) and a hold of {} it would wait for {waits}.",
        length::about(typical.lease),
        length::exact(grant),
        length::exact(hold)
    );
    Some(advise("long-lease", text))
}

fn typical(rto: &Rto) -> Option<&Case> {
    rto.cases.iter().find(|case| case.case == "typical")
}

fn typical_of(cluster: &Cluster) -> Option<Case> {
    typical(&Rto::of(cluster, &Survival(&cluster.settings))).cloned()
}

/// Priorities so far apart that failover waits for them, though closer ones would order the nodes alike.
fn steep_priority(cluster: &Cluster, rto: &Rto) -> Option<Advice> {
    let typical = typical(rto)?;
    let priorities: BTreeSet<u8> = cluster.members.iter().map(|member| member.priority).chain([0]).collect();
    let rank = |priority: u8| priorities.iter().position(|known| *known == priority);
    let lower = |(index, member): (usize, &Member)| {
        let rank = u8::try_from(rank(member.priority)?).ok()?;
        (rank < member.priority).then_some(Edit::Priority(index, rank))
    };
    let edits: Vec<Edit> = cluster.members.iter().enumerate().filter_map(lower).collect();
    let after = mend::tried(cluster, &edits)?;
    let total = typical_of(&after)?.total;
    // Preferences are worth some waiting, but not as long as it takes to notice the loss.
    if typical.total.minus(total) < cluster.timing.election {
        return None;
    }
    let text = format!(
        "A typical failover takes {}, because each step of priority adds a heartbeat of {} to the wait. {}: \
         the order stays the same, and it takes {}.",
        length::about(typical.total),
        length::exact(cluster.timing.heartbeat),
        mend::sentence(cluster, &after, &edits),
        length::about(total)
    );
    Some(advise("steep-priority", text))
}
