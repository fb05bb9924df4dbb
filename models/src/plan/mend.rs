//! Changes to a cluster file, tried before they are offered.
//!
//! A change is made to the file itself, as its operator would make it, and the file is read again: what would
//! be refused is never advised, and whether it helps is what the core's conditions say of the changed cluster.

use super::answer::{Failures, Service, Survival};
use super::cluster::Cluster;
use super::file::{Acks, File, Length, Node, Votes, WordOr};
use super::length;
use super::read::Reader;
use super::sets::Classes;
use super::words::list;
use quorate::id::NodeSet;
use quorate::time::Span;
use toml::Spanned;

/// One change to a cluster file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Edit {
    /// `acks = { any = … }`, of the named nodes or of all that keep data and vote. A `max-lag` that then says
    /// nothing goes with it.
    Any(u32, Option<Vec<String>>),
    /// `acks = "another-zone"`.
    AnotherZone,
    /// `votes = "majority"`.
    Majority,
    /// Another node that votes, in a zone of its own if there are zones; it keeps data or is a witness.
    Node {
        /// Whether it keeps data.
        data: bool,
        /// The zone it is put into instead.
        zone: Option<String>,
    },
    /// A node keeps data and votes, whatever it did before.
    Candidate(usize),
    /// A node's priority.
    Priority(usize, u8),
    /// How long a lease is held and granted.
    Lease(Span, Span),
    /// How often beats are sent.
    Heartbeat(Span),
}

/// The name of a node that an [`Edit`] adds.
pub(super) const ADDED: &str = "the-added-one";

/// The cluster after `edits`; `None` if it would be refused.
pub(super) fn tried(cluster: &Cluster, edits: &[Edit]) -> Option<Cluster> {
    let mut file: File = toml::from_str(&cluster.text).ok()?;
    for edit in edits {
        edit.make(&mut file)?;
    }
    let reader = Reader { file: &cluster.file, text: &cluster.text };
    let read = |file: &File| reader.cluster(file).ok();
    read(&file).or_else(|| {
        file.max_lag = None;
        read(&file)
    })
}

#[allow(clippy::unnecessary_wraps, reason = "every field of the file may be left out")]
fn given<T>(value: T) -> Option<Spanned<T>> {
    Some(Spanned::new(0..0, value))
}

impl Edit {
    /// Makes the change; nothing if the file has no place for it.
    fn make(&self, file: &mut File) -> Option<()> {
        match self {
            Edit::Any(any, of) => {
                let name = |name: &String| Spanned::new(0..0, name.clone());
                let of = of.as_ref().map(|of| Spanned::new(0..0, of.iter().map(name).collect()));
                let acks = Acks { any: given(i64::from(*any)), zones: None, each: None, of };
                file.acks = given(WordOr::Table(acks));
            }
            Edit::AnotherZone => file.acks = given(WordOr::Word("another-zone".to_owned())),
            Edit::Majority => file.votes = given(WordOr::<Votes>::Word("majority".to_owned())),
            Edit::Node { data, zone } => {
                let mut nodes = file.nodes.take()?.into_inner();
                let zoned = nodes.iter().any(|node| node.get_ref().zone.is_some());
                let zone = zone.clone().or_else(|| zoned.then(|| ADDED.to_owned()));
                let node = Node {
                    name: given(ADDED.to_owned()),
                    zone: zone.map(|zone| Spanned::new(0..0, zone)),
                    data: given(*data),
                    vote: given(true),
                    priority: None,
                };
                nodes.push(Spanned::new(0..0, node));
                file.nodes = given(nodes);
            }
            Edit::Candidate(index) => {
                let node = file.nodes.as_mut()?.as_mut().get_mut(*index)?.as_mut();
                (node.data, node.vote) = (given(true), given(true));
            }
            Edit::Priority(index, priority) => {
                let node = file.nodes.as_mut()?.as_mut().get_mut(*index)?.as_mut();
                node.priority = given(i64::from(*priority));
            }
            Edit::Lease(hold, grant) => {
                let lease = file.lease.as_mut()?.as_mut();
                lease.hold = given(Length(length::exact(*hold)));
                lease.grant = given(Length(length::exact(*grant)));
            }
            Edit::Heartbeat(span) => {
                file.timing.as_mut()?.as_mut().heartbeat = given(Length(length::exact(*span)));
            }
        }
        Some(())
    }

    /// What is to be done, as a clause.
    pub(super) fn words(&self, after: &Cluster) -> String {
        let name = |index: usize| after.members.get(index).map_or("a node", |member| member.name.as_str());
        match self {
            Edit::Any(any, None) => format!("write acks = {{ any = {any} }}"),
            Edit::Any(any, Some(of)) => {
                let quoted = |name: &String| {
                    if name == ADDED { "the added one".to_owned() } else { format!("\"{name}\"") }
                };
                let names: Vec<String> = of.iter().map(quoted).collect();
                format!("write acks = {{ any = {any}, of = [{}] }}", names.join(", "))
            }
            Edit::AnotherZone => "write acks = \"another-zone\"".to_owned(),
            Edit::Majority => "write votes = \"majority\"".to_owned(),
            Edit::Node { data, zone } => {
                let node = if *data { "add a node that keeps data and votes" } else { "add a witness" };
                zone.as_ref().map_or_else(|| node.to_owned(), |zone| format!("{node} in zone {zone}"))
            }
            Edit::Candidate(index) => format!("let {} keep data and vote", name(*index)),
            Edit::Priority(index, priority) => format!("give {} priority {priority}", name(*index)),
            Edit::Lease(hold, grant) => {
                format!("hold it for {} and grant it for {}", length::exact(*hold), length::exact(*grant))
            }
            Edit::Heartbeat(span) => format!("send beats every {}", length::exact(*span)),
        }
    }
}

/// `edits` in a sentence without its end: the first word is a capital.
pub(super) fn sentence(before: &Cluster, after: &Cluster, edits: &[Edit]) -> String {
    let mut clauses: Vec<String> = edits.iter().map(|edit| edit.words(after)).collect();
    if before.max_lag.is_some() && after.max_lag.is_none() {
        clauses.push("take max-lag out".to_owned());
    }
    let text = list(&clauses);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What the changed cluster survives.
pub(super) fn failures(cluster: &Cluster) -> Failures {
    Failures::of(cluster, &Survival(&cluster.settings), &Classes::of(&cluster.settings))
}

/// Whether nothing that was survived is no longer.
pub(super) fn no_worse(before: &Failures, after: &Failures) -> bool {
    let kept = |failures: &Failures| failures.kept.as_ref().map_or(0, |kept| kept.survived);
    after.failover.survived >= before.failover.survived
        && after.going_on.survived >= before.going_on.survived
        && kept(after) >= kept(before)
}

/// Whether the loss of no single node that was there before is worse after.
pub(super) fn each_loss_no_worse(before: &Cluster, after: &Cluster) -> bool {
    let (old, new) = (Survival(&before.settings), Survival(&after.settings));
    let rank = |service| match service {
        Service::Failover => 0,
        Service::IfPrimarySurvives => 1,
        Service::Stops => 2,
    };
    let no_worse = |lost| rank(new.service(lost)) <= rank(old.service(lost));
    before.settings.nodes().iter().map(NodeSet::one).all(no_worse)
}

/// The first of `ways` after which the loss of any one of `nodes` is failed over, and nothing else is worse.
pub(super) fn survive_each(
    cluster: &Cluster,
    before: &Failures,
    nodes: NodeSet,
    ways: Vec<Vec<Edit>>,
) -> Option<(Vec<Edit>, Cluster)> {
    ways.into_iter().find_map(|way| {
        let after = tried(cluster, &way)?;
        let survival = Survival(&after.settings);
        let failed_over = |node| survival.service(NodeSet::one(node)) == Service::Failover;
        let helps = nodes.iter().all(failed_over)
            && each_loss_no_worse(cluster, &after)
            && no_worse(before, &failures(&after));
        helps.then_some((way, after))
    })
}
