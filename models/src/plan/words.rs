//! Conditions and refusals in the names the operator gave.

use super::cluster::{Cluster, Member};
use quorate::config::SettingsError;
use quorate::id::NodeSet;
use quorate::quorum::{Quorum, QuorumError};

/// How many names are listed before the rest is counted.
const LISTED: usize = 8;

/// Keeps the names of a set on one line, if they fit one. Shown as a blank.
pub(super) const TIE: &str = "\u{a0}";
/// Sets longer than this are broken.
const TIED: usize = 60;

/// A set of nodes by name, `{a b}`; a long one is cut short.
pub(super) fn set(names: &[String]) -> String {
    let shown = if names.len() <= LISTED {
        format!("{{{}}}", names.join(" "))
    } else {
        format!("{{{} and {} more}}", names[..LISTED - 1].join(" "), names.len() - LISTED + 1)
    };
    if shown.len() <= TIED { shown.replace(' ', TIE) } else { shown }
}

/// Names in a sentence: `a`, `a and b`, `a, b and c`; many are cut short.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        [all @ .., last] if names.len() <= LISTED => format!("{} and {last}", all.join(", ")),
        many => format!("{} and {} more", many[..LISTED - 1].join(", "), many.len() - LISTED + 1),
    }
}

/// A condition in words.
pub(super) fn condition(quorum: &Quorum, cluster: &Cluster) -> String {
    let named = |nodes: NodeSet| list(&cluster.names(nodes));
    match quorum {
        Quorum::Any { need, of } if of.len() == 1 && *need == 1 => named(*of),
        Quorum::Any { need, of } if u32::from(*need) == of.len() => format!("all of {}", named(*of)),
        Quorum::Any { need, of } => format!("any {need} of {}", named(*of)),
        Quorum::Weight { need, of } => {
            let weight = |(node, weight)| {
                let name = cluster.member(node).map_or("", |member| member.name.as_str());
                format!("{name} {weight}")
            };
            let sum: u64 = of.iter().map(|(_, weight)| u64::from(*weight)).sum();
            let weights: Vec<String> = of.iter().map(weight).collect();
            format!("weights of at least {need} out of {sum}: {}", list(&weights))
        }
        Quorum::Zones { need, of } => {
            let part =
                |part: &Quorum| format!("{}: {}", zone_of(part.nodes(), cluster), condition(part, cluster));
            let parts: Vec<String> = of.iter().take(LISTED).map(part).collect();
            let more = of.len() - parts.len();
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            format!("in at least {need} of {} zones ({}{more})", of.len(), parts.join("; "))
        }
        Quorum::All(of) => joined(of, " and ", cluster),
        Quorum::Or(of) => joined(of, " or ", cluster),
    }
}

fn joined(parts: &[Quorum], between: &str, cluster: &Cluster) -> String {
    let parts: Vec<String> = parts.iter().map(|part| format!("({})", condition(part, cluster))).collect();
    parts.join(between)
}

/// The zone that all of `nodes` are in.
fn zone_of(nodes: NodeSet, cluster: &Cluster) -> String {
    let zones = cluster.zones();
    let zone = zones.iter().find(|(_, members)| nodes.within(*members));
    zone.map_or_else(|| "zone".to_owned(), |(name, _)| (*name).to_owned())
}

/// What the core refuses and what to do about it, in terms of the file.
pub(super) fn refusal(error: &SettingsError, members: &[Member], has_acks: bool) -> (String, String) {
    let named = |nodes: &NodeSet| {
        let names: Vec<String> = nodes
            .iter()
            .filter_map(|node| members.get(usize::from(node.index())))
            .map(|member| member.name.clone())
            .collect();
        set(&names).replace(TIE, " ")
    };
    let usual = error.mend().to_owned();
    match error {
        SettingsError::Votes(inner) => {
            let mend = match inner {
                QuorumError::Disjoint { .. } => {
                    "ask for more, until any two winning sets overlap; \"majority\" always does".to_owned()
                }
                QuorumError::Unsatisfiable { .. }
                | QuorumError::Trivial
                | QuorumError::TooManyNodes { .. }
                | QuorumError::TooComplex => usual,
            };
            (quorum_problem(inner, &named), mend)
        }
        SettingsError::Acks(inner) => (quorum_problem(inner, &named), usual),
        SettingsError::AcksWithoutData if has_acks => (
            "no node keeps data, so nobody can acknowledge a write".to_owned(),
            "take acks out, or let nodes keep data".to_owned(),
        ),
        SettingsError::AcksWithoutData => (
            "nodes keep data, but nothing says when a write is safe".to_owned(),
            "write acks = { any = 2 } above the first table, or data = false for every node".to_owned(),
        ),
        SettingsError::AckWithoutData { nodes } => {
            (format!("{} cannot acknowledge, because it keeps no data", named(nodes)), usual)
        }
        SettingsError::LearnerCounts { nodes } | SettingsError::LearnerWithoutData { nodes } => {
            (format!("{} {error}", named(nodes)), usual)
        }
        SettingsError::NoCandidate | SettingsError::NothingWeaker => (error.to_string(), usual),
        SettingsError::PriorityWithoutVote { node } => {
            (format!("{} has a priority but no vote", named(&NodeSet::one(*node))), usual)
        }
    }
}

fn quorum_problem(error: &QuorumError, named: &dyn Fn(&NodeSet) -> String) -> String {
    match error {
        QuorumError::Disjoint { one, other } => {
            format!("{} and {} would both win an election and share no node", named(one), named(other))
        }
        QuorumError::Unsatisfiable { nodes } if nodes.is_empty() => {
            "no node counts in it, so nothing satisfies it".to_owned()
        }
        QuorumError::Unsatisfiable { nodes } => {
            format!("not even all of {} together satisfy it", named(nodes))
        }
        QuorumError::Trivial | QuorumError::TooManyNodes { .. } | QuorumError::TooComplex => {
            error.to_string()
        }
    }
}
