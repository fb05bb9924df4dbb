//! A plan as text for a terminal of 80 columns.

use super::answer::{Failures, Family, Loss, Margin, NodePlan, OwnFlush, Plan, Rpo, Service};
use super::failover::{Case, Rto};
use super::length::{about, exact};
use super::words::{TIE, list, set};
use crate::text::{grouped, wrapped};
use quorate::time::Span;
use std::fmt::{self, Display, Formatter};

const WIDTH: usize = 80;
/// Where the text of a section begins.
const INDENT: usize = 10;

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: valid", self.name)?;
        writeln!(f)?;
        nodes(f, &self.nodes)?;
        entry(f, "votes", &self.votes.words)?;
        sets(f, "winning", &self.votes.sets)?;
        self.acks(f)?;
        failures(f, &self.failures)?;
        entry(f, "RPO", &rpo(&self.rpo))?;
        writeln!(f)?;
        self.rto(f)?;
        entry(f, "lease", &self.lease.as_ref().map_or_else(no_lease, margin))?;
        entry(f, "fencing", fencing(self.fencing))?;
        self.advice(f)
    }
}

impl Plan {
    fn acks(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(acks) = &self.acks else {
            entry(
                f,
                "acks",
                "none: no node keeps data, the cluster elects a primary and fences off the ones before it",
            )?;
            return writeln!(f);
        };
        entry(f, "acks", &format!("{}; {}", acks.words, own_flush(&acks.own)))?;
        sets(f, "ack sets", &acks.sets)?;
        sets(f, "recovery", &acks.recovery)?;
        let why = "Every recovery set meets every ack set, so a new primary that has heard from one has \
                   found every acknowledged write.";
        entry(f, "", why)?;
        writeln!(f)
    }

    fn rto(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Rto { after, never, cases } = &self.rto;
        if cases.is_empty() {
            let text = "no automatic failover: as long as it takes for the lost primary to return, or for \
                        an operator to decide";
            entry(f, "RTO", text)?;
            return writeln!(f);
        }
        write!(f, "{:INDENT$}{:8}", "RTO", "")?;
        for step in ["detect", "decide", "lease", "fence", "promote", "total"] {
            write!(f, " {step:>9}")?;
        }
        writeln!(f)?;
        for Case { case, detect, decide, lease, fence, promote, total } in cases {
            write!(f, "{:INDENT$}{case:8}", "")?;
            for span in [detect, decide, lease, fence, promote, total] {
                write!(f, " {:>9}", about(*span))?;
            }
            writeln!(f)?;
        }
        let decide = match &self.acks {
            Some(_) => "pre-vote, vote, recovery and first ack",
            None => "pre-vote and vote",
        };
        let lease = match &self.lease {
            Some(_) => "what is then left of the grant; a planned switchover does not wait for it",
            None => "there is none to wait for",
        };
        let free = match (self.costs.flush, self.costs.promote) {
            (Span::ZERO, Span::ZERO) => " The file gives flush and promote no time.",
            (Span::ZERO, _) => " The file gives flush no time.",
            (_, Span::ZERO) => " The file gives promote no time.",
            (_, _) => "",
        };
        let steps = format!(
            "detect: what is left of the election timeout since the last beat, plus a random part of up to \
             the spread. decide: {decide}; at worst after one collision and a second wait. lease: {lease}.{free}"
        );
        entry(f, "", &steps)?;
        if !never.is_empty() {
            entry(
                f,
                "",
                &format!("This is for a crash of {}; nobody takes over from {}.", list(after), list(never)),
            )?;
        }
        writeln!(f)
    }

    fn advice(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        if self.advice.is_empty() {
            return entry(f, "to change", "nothing");
        }
        for (i, advice) in self.advice.iter().enumerate() {
            entry(f, if i == 0 { "to change" } else { "" }, &advice.text)?;
        }
        Ok(())
    }
}

/// A title and a text beside it, wrapped.
fn entry(f: &mut Formatter<'_>, title: &str, text: &str) -> fmt::Result {
    let titles = std::iter::once(title).chain(std::iter::repeat(""));
    for (line, title) in wrapped(text, WIDTH - INDENT).iter().zip(titles) {
        writeln!(f, "{}", format!("{title:INDENT$}{line}").replace(TIE, " ").trim_end())?;
    }
    Ok(())
}

// ---- nodes and sets ------------------------------------------------------------------------------------

fn nodes(f: &mut Formatter<'_>, nodes: &[NodePlan]) -> fmt::Result {
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let name = widest(&mut nodes.iter().map(|node| node.name.len()));
    let zone = widest(&mut nodes.iter().filter_map(|node| node.zone.as_ref()).map(String::len));
    for (i, node) in nodes.iter().enumerate() {
        let title = if i == 0 { "nodes" } else { "" };
        let place = match &node.zone {
            Some(of) => format!("  zone {of:zone$}"),
            None if zone > 0 => " ".repeat(7 + zone),
            None => String::new(),
        };
        let priority =
            if node.priority > 0 { format!(", priority {}", node.priority) } else { String::new() };
        writeln!(f, "{title:INDENT$}{:name$}{place}  {}{priority}", node.name, role(node))?;
    }
    writeln!(f)
}

fn role(node: &NodePlan) -> &'static str {
    match (node.data, node.vote, node.candidate, node.learner) {
        (true, true, _, _) => "keeps data and votes",
        (true, false, _, true) => "learner: keeps data, counts in no quorum",
        (true, false, _, false) => "keeps data and acknowledges, does not vote",
        (false, _, true, _) => "votes and may be primary",
        (false, _, false, _) => "witness: votes, keeps no data",
    }
}

/// How many sets are shown.
const SHOWN: usize = 6;

fn sets(f: &mut Formatter<'_>, title: &str, family: &Family) -> fmt::Result {
    entry(f, "", &format!("{title}: {}", family_text(family)))
}

fn family_text(family: &Family) -> String {
    if family.sets.is_empty() {
        return format!("none of up to {} nodes; larger sets were not computed", family.searched);
    }
    let shown: Vec<String> = family.sets.iter().take(SHOWN).map(|names| set(names)).collect();
    let unknown = if family.complete {
        String::new()
    } else {
        format!("; beyond {} nodes not all sets were computed", family.searched)
    };
    // Large sets are cut short and would look alike: one example says as much.
    if let Some(alike) = shown.iter().skip(1).find(|set| shown[0] == **set) {
        let sizes = || family.sets.iter().map(Vec::len);
        let (least, most) = (sizes().min().unwrap_or(0), sizes().max().unwrap_or(0));
        let size = if least == most { format!("{least}") } else { format!("{least} and more") };
        return format!("{} of {size} nodes, such as {alike}{unknown}", grouped(family.count));
    }
    let more = match family.count - shown.len() as u64 {
        0 => String::new(),
        more => format!(" and {} more", grouped(more)),
    };
    format!("{}{more}{unknown}", shown.join(" "))
}

// ---- failures ------------------------------------------------------------------------------------------

fn failures(f: &mut Formatter<'_>, failures: &Failures) -> fmt::Result {
    let Failures { failover, going_on, kept, zones } = failures;
    entry(f, "survives", &format!("failover: {}", loss(failover, "the loss of")))?;
    if going_on != failover {
        entry(f, "", &format!("going on, if the primary is not lost: {}", loss(going_on, "the loss of")))?;
    }
    if let Some(kept) = kept {
        entry(f, "", &format!("no acknowledged write lost: {}", loss(kept, "the disks of")))?;
    }
    for zone in zones {
        let service = match zone.service {
            Service::Failover => "writes go on, by failover if need be",
            Service::IfPrimarySurvives => "writes go on if the primary is elsewhere; no failover",
            Service::Stops => "writes stop",
        };
        let kept = match zone.kept {
            Some(true) => "; no acknowledged write is lost",
            Some(false) => "; an acknowledged write may be lost with it",
            None => "",
        };
        entry(f, "", &format!("zone {} lost: {service}{kept}", zone.zone))?;
    }
    writeln!(f)
}

fn loss(loss: &Loss, of: &str) -> String {
    let Loss { survived, exact, breaks } = loss;
    let nodes = if *survived == 1 { "node" } else { "nodes" };
    match (*survived, *exact) {
        (0, true) => format!("not {of} just any 1 node; too much is {}", family_text(breaks)),
        (_, true) => format!("{of} any {survived} {nodes}; too much is {}", family_text(breaks)),
        (_, false) => format!("{of} any {survived} {nodes} at least; more was not computed"),
    }
}

/// What the primary's own flush counts for, whoever is primary.
fn own_flush(own: &OwnFlush) -> String {
    let OwnFlush { alone, counts, nothing } = own;
    match (alone.as_slice(), counts.as_slice(), nothing.as_slice()) {
        (_, [], []) => return "the primary's own flush is enough".to_owned(),
        ([], _, []) => return "the primary's own flush counts as one".to_owned(),
        ([], [], _) => return "the primary's own flush does not count".to_owned(),
        (_, _, _) => {}
    }
    let parts = [(alone, "is enough"), (counts, "counts as one"), (nothing, "does not count")];
    let said = parts.iter().filter(|(names, _)| !names.is_empty());
    let said: Vec<String> = said.map(|(names, what)| format!("that of {} {what}", list(names))).collect();
    format!("of the primary's own flush, {}", said.join(", "))
}

// ---- objectives ----------------------------------------------------------------------------------------

fn rpo(rpo: &Rpo) -> String {
    match rpo {
        Rpo::NoData => "no data, nothing to lose".to_owned(),
        Rpo::Zero { survived, failover } => {
            let beyond = match failover {
                waits if waits >= survived => String::new(),
                0 => ". Failover itself may have to wait for a lost node to return".to_owned(),
                fewer => format!(
                    ". Failover itself goes on while no more than {} lost; beyond that it may have to wait",
                    are(*fewer)
                ),
            };
            format!(
                "0: a failover loses no acknowledged write, and while the disks of no more than {} lost, \
                 every acknowledged write is still on another{beyond}",
                are(*survived)
            )
        }
        Rpo::Refused { alone, max_lag } => {
            let bound = match max_lag {
                Some(lag) => format!("up to max-lag, {} of acknowledged writes", exact(*lag)),
                None => "acknowledged writes without a bound, because the file gives no max-lag".to_owned(),
            };
            format!(
                "0 by itself, because failover is refused: {} may alone hold an acknowledged write. When \
                 such a node is lost, the cluster waits for its return, or an operator recovers with \
                 accept_loss and loses {bound}",
                list(alone).replace(" and ", " or ")
            )
        }
    }
}

fn are(count: u32) -> String {
    if count == 1 { "1 node are".to_owned() } else { format!("{count} nodes are") }
}

fn margin(margin: &Margin) -> String {
    let Margin { hold, grant, quantum, slow, fast, shortest_grant, longest_hold, slack, bears_ppm } = margin;
    format!(
        "held for {}, granted for {}. With clocks at rates from {slow} to {fast}, read to {}: ({} + {}) · \
         {fast} / {slow} = {} ≤ {}, so the slack is {}. This grant bears a hold of up to {}; this hold and \
         grant bear clocks that are off by {bears_ppm} ppm either way.",
        exact(*hold),
        exact(*grant),
        exact(*quantum),
        exact(*hold),
        exact(*quantum),
        exact(*shortest_grant),
        exact(*grant),
        exact(*slack),
        exact(*longest_hold)
    )
}

fn no_lease() -> String {
    "none: a read that must not be stale asks a vote quorum".to_owned()
}

fn fencing(kind: &str) -> &'static str {
    if kind == "token" {
        "token: the resource refuses every write of an older epoch, however long it was delayed"
    } else {
        "none: nothing outside the log is protected from an old primary"
    }
}
