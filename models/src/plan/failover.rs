//! How long a failover takes: the time from a primary's crash until its successor serves.
//!
//! ```text
//! detect   what is left of the election timeout since the last beat, a random part, a delay by priority
//! decide   pre-vote, vote, recover, establish: round trips and flushes
//! lease    what is then left of the grant that the last beat renewed, before the crash
//! fence    the resource installs the new token
//! promote  opening for clients
//! ```
//!
//! *Best* and *typical* count by clocks that run true; in the *worst* case every local wait is counted by the
//! slowest clock and the first campaign collides with another. Further collisions repeat that and are rarer
//! each time; they have no bound, and neither has copying a long missing tail of the log, so neither is
//! counted.

use super::answer::Survival;
use super::cluster::Cluster;
use super::length::nanoseconds;
use quorate::id::{NodeId, NodeSet};
use quorate::time::Span;
use serde::Serialize;

/// How long a failover takes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rto {
    /// Primaries whose crash another node takes over from by itself.
    pub after: Vec<String>,
    /// Primaries whose crash nobody takes over from before they return, or an operator decides.
    pub never: Vec<String>,
    /// Best, typical and worst; none if nobody ever takes over.
    pub cases: Vec<Case>,
}

/// One case, step by step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Case {
    /// `best`, `typical` or `worst`.
    pub case: &'static str,
    /// Until a candidate stands.
    #[serde(serialize_with = "nanoseconds")]
    pub detect: Span,
    /// Until it is established.
    #[serde(serialize_with = "nanoseconds")]
    pub decide: Span,
    /// Until the last lease is over.
    #[serde(serialize_with = "nanoseconds")]
    pub lease: Span,
    /// Until the resource is fenced.
    #[serde(serialize_with = "nanoseconds")]
    pub fence: Span,
    /// Until clients are let in.
    #[serde(serialize_with = "nanoseconds")]
    pub promote: Span,
    /// The sum.
    #[serde(serialize_with = "nanoseconds")]
    pub total: Span,
}

/// What sets the three cases apart.
struct Circumstances {
    case: &'static str,
    /// How long before the crash the last beat was sent.
    since_beat: Span,
    /// The random part of the wait.
    random: Span,
    /// The wait for those that are preferred.
    delay: Span,
    /// How many round trips and flushes the decision takes.
    steps: u64,
    flushes: u64,
    /// Whether the first campaign fails, and waits are counted by the slowest clock.
    unlucky: bool,
}

impl Rto {
    pub(super) fn of(cluster: &Cluster, survival: &Survival<'_>) -> Rto {
        let candidates = cluster.settings.candidates();
        let after: NodeSet =
            candidates.iter().filter(|node| survival.failover(NodeSet::one(*node))).collect();
        let cases = if after.is_empty() { Vec::new() } else { cases(cluster, after) };
        Rto { after: cluster.names(after), never: cluster.names(candidates.minus(after)), cases }
    }
}

fn cases(cluster: &Cluster, after: NodeSet) -> Vec<Case> {
    let (timing, settings) = (&cluster.timing, &cluster.settings);
    let delays = || after.iter().map(|lost| delay(cluster, lost));
    let preferred = after.iter().max_by_key(|node| (settings.priority(*node), u8::MAX - node.index()));
    let standing = u64::from(settings.candidates().len()) - 1;
    // Pre-vote and vote; with data also recovery and the first acknowledgement.
    let data = settings.acks().is_some();
    let steps = |with_data, without| if data { with_data } else { without };
    [
        Circumstances {
            case: "best",
            since_beat: timing.heartbeat,
            random: Span::ZERO,
            delay: delays().min().unwrap_or_default(),
            steps: steps(3, 2),
            flushes: steps(4, 2),
            unlucky: false,
        },
        Circumstances {
            case: "typical",
            since_beat: Span::new(timing.heartbeat.units() / 2),
            // The smallest of so many random parts, on average.
            random: Span::new(timing.spread.units() / (standing + 1)),
            delay: preferred.map(|lost| delay(cluster, lost)).unwrap_or_default(),
            steps: steps(4, 2),
            flushes: steps(5, 2),
            unlucky: false,
        },
        Circumstances {
            case: "worst",
            since_beat: Span::ZERO,
            random: timing.spread,
            delay: delays().max().unwrap_or_default(),
            // The failed campaign's pre-vote and vote besides, and promises asked for once more.
            steps: steps(7, 4),
            flushes: steps(8, 4),
            unlucky: true,
        },
    ]
    .map(|circumstances| case(cluster, &circumstances))
    .into()
}

/// How long the most preferred of the others waits because it is not the most preferred of all.
fn delay(cluster: &Cluster, lost: NodeId) -> Span {
    let settings = &cluster.settings;
    let priority = |node| settings.priority(node);
    let highest = settings.candidates().iter().map(priority).max().unwrap_or(0);
    let next = settings.candidates().without(lost).iter().map(priority).max().unwrap_or(0);
    cluster.timing.heartbeat.times(u64::from(highest - next))
}

fn case(cluster: &Cluster, circumstances: &Circumstances) -> Case {
    let Circumstances { case, since_beat, random, delay, steps, flushes, unlucky } = *circumstances;
    let (timing, costs) = (&cluster.timing, &cluster.costs);
    let one_way = Span::new(costs.round_trip.units() / 2);
    let slowest = |span: Span| match cluster.lease {
        Some((_, drift)) if unlucky => drift.shortest_grant(span),
        Some(_) | None => span,
    };
    let wait = slowest(timing.election.plus(random).plus(delay));
    let detect = wait.plus(one_way).minus(since_beat);
    let again = if unlucky { wait } else { Span::ZERO };
    let decide = costs.round_trip.times(steps).plus(costs.flush.times(flushes)).plus(again);
    // The last beat bound its granters; their votes say how much longer, and the winner counts that from
    // receipt.
    let lease_ends = cluster.lease.map_or(Span::ZERO, |(lease, _)| {
        let bound = slowest(lease.grant().plus(lease.quantum().times(2)));
        bound.plus(one_way.times(2)).minus(since_beat)
    });
    let lease = lease_ends.minus(detect.plus(decide));
    let total = detect.plus(decide).plus(lease).plus(costs.fence).plus(costs.promote);
    Case { case, detect, decide, lease, fence: costs.fence, promote: costs.promote, total }
}
