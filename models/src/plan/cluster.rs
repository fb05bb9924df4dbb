//! A cluster as its operator describes it, checked by the core's own constructors.

use super::check::zones;
use super::error::{ClusterError, Fault};
use super::length::nanoseconds;
use super::read::Reader;
use quorate::config::{Fencing, Lease, Settings, Setup, Timing};
use quorate::id::{NodeId, NodeSet};
use quorate::time::{Drift, Span};
use serde::Serialize;

/// A valid cluster. The core accepted its votes, acks and roles ([`Settings::new`]), its timing
/// ([`Timing::check`]) and its lease ([`Lease::new`]).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
    pub(super) file: String,
    /// As it was written, to try changes to it.
    pub(super) text: String,
    pub(super) name: String,
    pub(super) members: Vec<Member>,
    pub(super) settings: Settings,
    pub(super) timing: Timing,
    pub(super) lease: Option<(Lease, Drift)>,
    pub(super) fencing: Fencing,
    pub(super) costs: Costs,
    pub(super) max_lag: Option<Span>,
}

/// One node, as it is written. Its number is its place in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where it stands, if that is said.
    pub zone: Option<String>,
    /// Whether it keeps data.
    pub data: bool,
    /// Whether it votes.
    pub vote: bool,
    /// How much it is preferred as primary.
    pub priority: u8,
}

/// What the steps of a failover cost outside the protocol. What is not given counts as nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Costs {
    /// A message and its answer.
    #[serde(serialize_with = "nanoseconds")]
    pub round_trip: Span,
    /// A flush to disk.
    #[serde(serialize_with = "nanoseconds")]
    pub flush: Span,
    /// Installing a token at the resource.
    #[serde(serialize_with = "nanoseconds")]
    pub fence: Span,
    /// Opening for clients.
    #[serde(serialize_with = "nanoseconds")]
    pub promote: Span,
}

/// More than this is no cluster file.
const LARGEST: usize = 1 << 20;

impl Cluster {
    /// Reads and checks a cluster file. `file_name` is only for the text of errors.
    pub fn parse(file_name: &str, text: &str) -> Result<Cluster, ClusterError> {
        let reader = Reader { file: file_name, text };
        if text.len() > LARGEST {
            return Err(reader.fail(None, "", Fault::TooLarge { bytes: text.len(), max: LARGEST }));
        }
        // Parsed first as any TOML, so that a fault of notation is told from one of meaning.
        toml::de::DeTable::parse(text)
            .map_err(|error| reader.refusal(error, |message| Fault::Syntax { message }))?;
        let file = toml::from_str(text)
            .map_err(|error| reader.refusal(error, |message| Fault::Shape { message }))?;
        reader.cluster(&file)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its nodes, in the order of the file.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Who votes, who keeps data, whose flush counts.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The setup of each of its nodes.
    pub fn setup(&self) -> Setup {
        let lease = self.lease.map(|(lease, _)| lease);
        Setup { lease, fencing: self.fencing, ..Setup::new(self.timing) }
    }

    /// What the steps of a failover cost.
    pub fn costs(&self) -> Costs {
        self.costs
    }

    pub(super) fn member(&self, node: NodeId) -> Option<&Member> {
        self.members.get(usize::from(node.index()))
    }

    /// The zones in the order of the file, with their nodes.
    pub(super) fn zones(&self) -> Vec<(&str, NodeSet)> {
        zones(&self.members, NodeSet::first(64))
    }

    /// A set by the names of its nodes.
    pub(super) fn names(&self, set: NodeSet) -> Vec<String> {
        set.iter().filter_map(|node| self.member(node)).map(|member| member.name.clone()).collect()
    }
}
