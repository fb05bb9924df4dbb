//! What is explored: a cluster, its setup, and the bounds of the faults and of the work.

use crate::text::counted;
use quorate::config::{
    Config, Draft, Engine, Fencing, Lease, LeaseError, Limits, Settings, SettingsError, Setup, Timing,
};
use quorate::id::{NodeId, NodeSet};
use quorate::quorum::Quorum;
use quorate::rule::{Rule, RuleSet};
use quorate::time::{Drift, Span};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A model: everything that determines the state space. A run file carries one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// A name for people.
    pub name: String,
    /// Who votes, who keeps data, whose flush counts.
    pub cluster: Draft,
    /// How many machines there are, members or not.
    pub nodes: u8,
    /// How the nodes are set up.
    #[serde(default)]
    pub node: NodeSpec,
    /// The bounds.
    pub scope: Scope,
    /// Settings an operator may change to, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Draft>,
    /// Rules that are switched off, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<String>,
}

/// How the nodes of a model are set up. All of them alike.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NodeSpec {
    /// The lease, in ticks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lease: Option<LeaseSpec>,
    /// Where nodes differ: the lease of each, by number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub leases: Vec<LeaseSpec>,
    /// Timers, in ticks; without them every timer may fire at any moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timing: Option<TimingSpec>,
    /// Whether a node asks around before it campaigns.
    pub prevote: bool,
    /// Whether there is a resource outside, which a primary fences before it serves.
    pub fenced: bool,
    /// Whether replicas learn of commits at once.
    pub eager: bool,
    /// Whether an engine beside the node keeps the log.
    pub external: bool,
    /// How many entries fit a message; without it, all there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<u32>,
}

/// A lease, in ticks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseSpec {
    /// How long a holder uses it.
    pub hold: u64,
    /// How long a granter keeps it.
    pub grant: u64,
    /// The clock rates the configuration assumes.
    pub drift: Drift,
}

/// Timers, in ticks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimingSpec {
    /// The election timeout.
    pub election: u64,
    /// The random part added to it.
    pub spread: u64,
    /// The time between two beats.
    pub heartbeat: u64,
    /// How long a primary goes on without a quorum.
    pub contact: u64,
}

/// How messages travel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// Any message may be lost, delayed, reordered, and repeated any number of times: once sent it can arrive
    /// any time, again and again, or never. Partitions and pauses of any length and number are included.
    #[default]
    Any,
    /// A message arrives at most once, in any order, unless it is dropped or duplicated within the bounds.
    Counted,
}

/// How the driver writes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Driver {
    /// Goes on while a record is on its way to the disk; a crash may lose it, or not.
    #[default]
    Pipelined,
    /// Waits for the disk after every step.
    Blocking,
}

/// The bounds of the exploration. Printed with every verdict.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Epochs: no node enters a later one.
    pub epochs: u64,
    /// Writes of clients, to the log or to the resource.
    pub writes: u8,
    /// Reads of clients.
    pub reads: u8,
    /// Crashes.
    pub crashes: u8,
    /// Flushes that fail.
    pub flush_failures: u8,
    /// Messages dropped; only on a counted network.
    pub drops: u8,
    /// Messages duplicated; only on a counted network.
    pub duplicates: u8,
    /// Partitions: the nodes split in two, in one direction or both, until healed.
    pub partitions: u8,
    /// Pauses: a node does nothing, until resumed.
    pub pauses: u8,
    /// Ticks that a node's clock misses because its machine is suspended.
    pub suspends: u8,
    /// Whether the driver notices that, and says so before anything else happens.
    pub noticed: bool,
    /// Moments at which a node's clock is in doubt.
    pub doubts: u8,
    /// Requests to hand over.
    pub switchovers: u8,
    /// Recoveries that accept loss.
    pub losses: u8,
    /// Power-offs that are requested and, later, confirmed.
    pub poweroffs: u8,
    /// Compactions.
    pub compactions: u8,
    /// The slowest and the fastest clock: ticks in the same time. Without it, time stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rates: Option<[u8; 2]>,
    /// How messages travel.
    pub network: Network,
    /// How the driver writes.
    pub driver: Driver,
    /// Whether the timers of primaries fire. Needed where leases, quorum reads, weak families, or donors that do not
    /// answer matter. What else these timers do is to repeat messages, which `any` network does anyway, and to resign,
    /// which a newer epoch causes as well.
    pub beats: bool,
    /// Whether refusals travel. Without them the faults are the same and there are fewer states: a refusal can
    /// always be lost.
    pub refusals: bool,
    /// Whether only harm counts. An alarm, as a message that leaves before its record is durable, then ends nothing:
    /// the search goes on to what it may lead to.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub harm_only: bool,
}

/// Why a model cannot be explored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModelError {
    /// The settings cannot be safe.
    Settings(SettingsError),
    /// The lease cannot be safe.
    Lease(LeaseError),
    /// A number is out of range.
    Range {
        /// Which.
        field: &'static str,
        /// What it is.
        value: u64,
        /// The smallest allowed.
        min: u64,
        /// The largest allowed.
        max: u64,
    },
    /// The settings mention nodes that do not exist.
    UnknownNodes {
        /// Those nodes.
        nodes: NodeSet,
        /// How many there are.
        count: u8,
    },
    /// The name is too long or not printable.
    Name,
    /// There is no rule of this name.
    UnknownRule(String),
    /// Two fields contradict each other.
    Conflict(&'static str),
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelError::Settings(error) => write!(f, "cluster: {error}; {}", error.mend()),
            ModelError::Lease(error) => write!(f, "node.lease: {error}"),
            ModelError::Range { field, value, min, max } => {
                write!(f, "{field}: {value} is out of range; give {min} to {max}")
            }
            ModelError::UnknownNodes { nodes, count } => {
                write!(f, "cluster: {nodes} do not exist; there are {count} nodes, counted from n0")
            }
            ModelError::Name => f.write_str("name: give at most 100 printable characters"),
            ModelError::UnknownRule(name) => {
                write!(f, "without: there is no rule {name:?}; `quorate rules` lists them")
            }
            ModelError::Conflict(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for ModelError {}

/// The largest cluster whose states are explored.
pub const MAX_NODES: u8 = 7;
/// The number of a scope's epochs that fits a state.
pub const MAX_EPOCHS: u64 = 200;

impl Model {
    /// Reads a model as a run file has it; what is wrong with the text, and where.
    pub fn parse(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    /// The model as JSON, as a run file has it. It becomes JSON without fail: its keys are strings.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The rules that are switched off.
    pub fn rules_off(&self) -> Result<RuleSet, ModelError> {
        let named = |name: &String| Rule::named(name).ok_or_else(|| ModelError::UnknownRule(name.clone()));
        self.without.iter().map(named).collect()
    }

    /// The first configuration.
    pub fn config(&self) -> Result<Config, ModelError> {
        Ok(Config::first(self.settings(&self.cluster)?))
    }

    /// The settings to change to, checked.
    pub fn targets(&self) -> Result<Vec<Settings>, ModelError> {
        self.changes.iter().map(|draft| self.settings(draft)).collect()
    }

    fn settings(&self, draft: &Draft) -> Result<Settings, ModelError> {
        let settings = Settings::new(draft.clone()).map_err(ModelError::Settings)?;
        let unknown = settings.nodes().minus(NodeSet::first(self.nodes));
        if unknown.is_empty() {
            Ok(settings)
        } else {
            Err(ModelError::UnknownNodes { nodes: unknown, count: self.nodes })
        }
    }

    /// The setup of each node.
    pub fn setups(&self) -> Result<Vec<Setup>, ModelError> {
        (0..usize::from(self.nodes)).map(|index| self.setup(index)).collect()
    }

    fn setup(&self, index: usize) -> Result<Setup, ModelError> {
        let spec = &self.node;
        let lease = spec.leases.get(index).copied().or(spec.lease).map(|lease| {
            let (hold, grant) = (Span::new(lease.hold), Span::new(lease.grant));
            Lease::new(hold, grant, Span::ZERO, lease.drift).map_err(ModelError::Lease)
        });
        let timing = spec.timing.map_or(Timing::ANY, |timing| Timing {
            election: Span::new(timing.election),
            spread: Span::new(timing.spread),
            heartbeat: Span::new(timing.heartbeat),
            contact: (timing.contact > 0).then(|| Span::new(timing.contact)),
        });
        Ok(Setup {
            timing,
            lease: lease.transpose()?,
            fencing: if spec.fenced { Fencing::Token } else { Fencing::None },
            engine: if spec.external { Engine::External } else { Engine::Own },
            prevote: spec.prevote,
            eager: spec.eager,
            stall: None,
            seed: 0,
            limits: Limits {
                grant: Span::new(1 << 20),
                batch: spec.batch.unwrap_or(Limits::DEFAULT.batch),
                ..Limits::DEFAULT
            },
        })
    }

    /// The bounds in words: what is explored, and so what a verdict speaks of.
    pub fn bounds(&self) -> String {
        let Scope { epochs, writes, reads, crashes, flush_failures, drops, duplicates, .. } = self.scope;
        let Scope {
            partitions, pauses, suspends, doubts, switchovers, losses, poweroffs, compactions, ..
        } = self.scope;
        let mut parts = vec![counted(self.nodes.into(), "node"), counted(epochs, "epoch")];
        let budgets = [
            (writes, "write"),
            (reads, "read"),
            (crashes, "crash"),
            (flush_failures, "failed flush"),
            (drops, "drop"),
            (duplicates, "duplicate"),
            (partitions, "partition"),
            (pauses, "pause"),
            (suspends, "suspended tick"),
            (doubts, "clock doubt"),
            (switchovers, "switchover"),
            (losses, "recovery accepting loss"),
            (poweroffs, "power-off"),
            (compactions, "compaction"),
        ];
        parts.extend(budgets.iter().filter(|(n, _)| *n > 0).map(|(n, what)| counted(u64::from(*n), what)));
        if self.node.external {
            parts.push("a database beside each node".into());
        }
        if !self.changes.is_empty() {
            parts.push(counted(self.changes.len() as u64, "configuration change"));
        }
        if let Some([slow, fast]) = self.scope.rates {
            parts.push(format!("clocks {slow}:{fast}"));
        }
        parts.push(match self.scope.network {
            Network::Any => "any loss, delay, order, repetition".into(),
            Network::Counted => "any delay and order".into(),
        });
        parts.push(match self.scope.driver {
            Driver::Pipelined => "records in flight".into(),
            Driver::Blocking => "blocking disk".into(),
        });
        if self.scope.harm_only {
            parts.push("alarms not heeded".into());
        }
        if !self.without.is_empty() {
            parts.push(format!("without {}", self.without.join(", ")));
        }
        parts.join(", ")
    }

    /// Whether the model can be explored.
    pub fn check(&self) -> Result<(), ModelError> {
        let range = |field, value: u64, min, max| {
            if (min..=max).contains(&value) {
                Ok(())
            } else {
                Err(ModelError::Range { field, value, min, max })
            }
        };
        if self.name.chars().count() > 100 || self.name.chars().any(char::is_control) {
            return Err(ModelError::Name);
        }
        let scope = &self.scope;
        range("nodes", u64::from(self.nodes), 1, u64::from(MAX_NODES))?;
        range("scope.epochs", scope.epochs, 1, MAX_EPOCHS)?;
        range("scope.writes", u64::from(scope.writes), 0, 60)?;
        range("scope.reads", u64::from(scope.reads), 0, 60)?;
        if let Some([slow, fast]) = scope.rates {
            range("scope.rates[0]", u64::from(slow), 1, 20)?;
            range("scope.rates[1]", u64::from(fast), u64::from(slow), 20)?;
        }
        if scope.rates.is_none() && (self.node.lease.is_some() || !self.node.leases.is_empty()) {
            return Err(ModelError::Conflict(
                "a lease needs time: give scope.rates, the slowest and fastest clock",
            ));
        }
        if scope.network == Network::Any && (scope.drops > 0 || scope.duplicates > 0) {
            return Err(ModelError::Conflict(
                "scope.drops and scope.duplicates are for a counted network; on \"any\" network every message may \
                 be lost and repeated any number of times",
            ));
        }
        self.check_external()?;
        self.rules_off()?;
        quorate::rule::without(self.rules_off()?, || {
            self.config()?;
            self.targets()?;
            self.setups()
        })?;
        Ok(())
    }

    /// What a model with a database beside each node leaves to that database.
    fn check_external(&self) -> Result<(), ModelError> {
        let Model { node, scope, cluster, .. } = self;
        if !node.external {
            return Ok(());
        }
        let conflicts = [
            (
                cluster.acks.is_none(),
                "node.external: a database keeps data; give cluster.data and cluster.acks",
            ),
            (node.fenced, "node.external: writes go to the database; leave node.fenced out"),
            (scope.reads > 0, "node.external: reads are answered by the database; leave scope.reads out"),
            (
                scope.compactions > 0,
                "node.external: the database keeps its own log; leave scope.compactions out",
            ),
        ];
        match conflicts.into_iter().find(|(conflict, _)| *conflict) {
            Some((_, what)) => Err(ModelError::Conflict(what)),
            None => Ok(()),
        }
    }
}

/// `votes`: a majority of `nodes`; `acks`: any `k` of them, or none.
pub fn majority(nodes: u8, acks: Option<u8>) -> Draft {
    let all = NodeSet::first(nodes);
    let data = if acks.is_some() { all } else { NodeSet::EMPTY };
    Draft { acks: acks.map(|need| Quorum::Any { need, of: all }), data, ..Draft::majority(all) }
}

/// The node numbered `index`.
///
/// # Panics
///
/// If there are not that many nodes in any model.
pub fn node(index: usize) -> NodeId {
    u8::try_from(index).ok().and_then(NodeId::new).expect("a model has at most 7 nodes")
}
