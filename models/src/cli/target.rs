//! What to explore: the model that is named, changed by the flags.

use super::Wrong;
use super::beginning::Beginning;
use super::files;
use crate::catalog;
use crate::kills::{self, Kill};
use crate::plan::Cluster;
use crate::run::Run;
use crate::world::{Driver, MAX_NODES, Model, Network, majority};
use clap::Args;
use quorate::rule::Rule;
use std::path::Path;

/// Changes to a model.
#[derive(Args, Clone, PartialEq, Eq, Debug, Default)]
#[command(next_help_heading = "Bounds")]
pub(super) struct Changes {
    /// Nodes of a cluster that votes by majority
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_NODES)))]
    pub(super) nodes: Option<u8>,
    /// No node enters a later epoch
    #[arg(long, value_name = "E", value_parser = clap::value_parser!(u64).range(1..=200))]
    epochs: Option<u64>,
    /// Writes of clients
    #[arg(long, value_name = "W", value_parser = clap::value_parser!(u8).range(0..=60))]
    writes: Option<u8>,
    /// Reads of clients
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u8).range(0..=8))]
    reads: Option<u8>,
    /// Crashes, each keeping any part of what was not yet flushed
    #[arg(long, value_name = "C")]
    crashes: Option<u8>,
    /// Messages dropped, on a counted network
    #[arg(long, value_name = "D")]
    drops: Option<u8>,
    /// Messages duplicated, on a counted network
    #[arg(long, value_name = "D")]
    duplicates: Option<u8>,
    /// Partitions, in one direction or both
    #[arg(long, value_name = "P")]
    partitions: Option<u8>,
    /// Machines paused until resumed
    #[arg(long, value_name = "Z")]
    pauses: Option<u8>,
    /// Planned hand-overs
    #[arg(long, value_name = "S")]
    switchovers: Option<u8>,
    /// Ticks of the slowest and the fastest clock in the same time
    #[arg(long, value_name = "SLOW,FAST", value_parser = rates)]
    rates: Option<[u8; 2]>,
    /// `any`: a message may arrive any time, any number of times, or never; `counted`: once, unless dropped or doubled
    #[arg(long, value_parser = network)]
    network: Option<Network>,
    /// `pipelined`: inputs are handled while records are on their way to the disk; `blocking`: not
    #[arg(long, value_parser = driver)]
    driver: Option<Driver>,
    /// Switch a named rule off
    #[arg(long, value_name = "NAME", value_parser = rule)]
    pub(super) rule_off: Vec<Rule>,
}

pub(super) fn rates(text: &str) -> Result<[u8; 2], String> {
    let parts: Vec<Option<u8>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match parts[..] {
        [Some(slow), Some(fast)] => Ok([slow, fast]),
        _ => Err("give two whole numbers, as in 1,2".into()),
    }
}

fn network(text: &str) -> Result<Network, String> {
    match text {
        "any" => Ok(Network::Any),
        "counted" => Ok(Network::Counted),
        _ => Err("give any or counted".into()),
    }
}

fn driver(text: &str) -> Result<Driver, String> {
    match text {
        "pipelined" => Ok(Driver::Pipelined),
        "blocking" => Ok(Driver::Blocking),
        _ => Err("give pipelined or blocking".into()),
    }
}

pub(super) fn rule(text: &str) -> Result<Rule, String> {
    let near =
        || Rule::ALL.iter().map(|rule| rule.name()).filter(|name| name.contains(text) || text.contains(name));
    Rule::named(text).ok_or_else(|| {
        let near: Vec<&str> = near().take(3).collect();
        if near.is_empty() {
            "there is no rule of this name; `quorate rules` lists them".into()
        } else {
            format!("there is no rule of this name; did you mean {}?", near.join(" or "))
        }
    })
}

/// What to explore.
pub(super) struct Target {
    pub(super) model: Model,
    /// How it begins, if it does not begin at the beginning.
    pub(super) beginning: Option<Beginning>,
    /// How many states it is known to have.
    pub(super) expected: Option<u64>,
    /// What a reader of its verdict should know.
    pub(super) note: Option<String>,
}

impl From<Model> for Target {
    fn from(model: Model) -> Self {
        Self { model, beginning: None, expected: None, note: None }
    }
}

/// The model called `name`: bundled, in a file, or the one that shows what a rule is for.
pub(super) fn find(name: &str) -> Result<Target, Wrong> {
    if let Some(entry) = catalog::named(name) {
        return Ok(Target { expected: Some(entry.floor), ..Target::from(entry.model()) });
    }
    if let Some(kill) = kill(name)? {
        return Ok(Target { beginning: kill.start.map(Beginning::from), ..Target::from(kill.model()) });
    }
    let path = Path::new(name);
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "toml" => {
            let cluster = Cluster::parse(name, &files::read(path)?)?;
            Ok(Target { note: cluster.note(), ..Target::from(cluster.model()?) })
        }
        "json" => Ok(from_json(name, &files::read(path)?)?.into()),
        _ => Err(Wrong(unknown(name))),
    }
}

/// What shows the purpose of a rule, if `name` is `without:RULE`.
fn kill(name: &str) -> Result<Option<&'static Kill>, Wrong> {
    let Some(rule) = name.strip_prefix("without:") else { return Ok(None) };
    let rule = rule_named(rule)?;
    let kill = kills::kill_of(rule);
    kill.map(Some)
        .ok_or_else(|| Wrong(format!("no bundled model breaks without {rule}; see `quorate rules {rule}`")))
}

fn rule_named(name: &str) -> Result<Rule, Wrong> {
    rule(name).map_err(|what| Wrong(format!("without:{name}: {what}")))
}

fn unknown(name: &str) -> String {
    let known: Vec<&str> = catalog::all().map(|entry| entry.name).collect();
    format!(
        "there is no bundled model \"{name}\", and it is no .toml or .json file; bundled are {}, policy-switch and \
         without:RULE",
        known.join(", ")
    )
}

/// A model by itself, or the one in a run file.
fn from_json(name: &str, text: &str) -> Result<Model, Wrong> {
    let model: Result<Model, _> = serde_json::from_str(text);
    match model {
        Ok(model) => Ok(model),
        Err(error) if text.contains("\"scope\"") && !text.contains("\"quorate\"") => Err(Wrong(format!(
            "{name}: {error}; a model has name, cluster, nodes, node, scope, changes and without"
        ))),
        Err(_) => Ok(Run::parse(text).map_err(|error| Wrong(format!("{name}: {error}")))?.model),
    }
}

impl Changes {
    /// Changes `model`.
    pub(super) fn apply(&self, model: &mut Model) -> Result<(), Wrong> {
        if let Some(nodes) = self.nodes {
            resize(model, nodes)?;
        }
        let scope = &mut model.scope;
        scope.epochs = self.epochs.unwrap_or(scope.epochs);
        let budgets = [
            (&mut scope.writes, self.writes),
            (&mut scope.reads, self.reads),
            (&mut scope.crashes, self.crashes),
            (&mut scope.drops, self.drops),
            (&mut scope.duplicates, self.duplicates),
            (&mut scope.partitions, self.partitions),
            (&mut scope.pauses, self.pauses),
            (&mut scope.switchovers, self.switchovers),
        ];
        for (budget, given) in budgets {
            *budget = given.unwrap_or(*budget);
        }
        // Without beats nobody holds a lease, and a second primary would have nothing to exclude.
        scope.beats |= self.epochs.is_some_and(|epochs| epochs > 1) && model.node.lease.is_some();
        scope.rates = self.rates.or(scope.rates);
        scope.network = self.network.unwrap_or(scope.network);
        scope.driver = self.driver.unwrap_or(scope.driver);
        for rule in &self.rule_off {
            if !model.without.iter().any(|name| name == rule.name()) {
                model.without.push(rule.name().into());
            }
        }
        Ok(())
    }
}

/// Another number of nodes, if the cluster votes and acknowledges by majority.
fn resize(model: &mut Model, nodes: u8) -> Result<(), Wrong> {
    let acks = |count: u8| model.cluster.acks.is_some().then_some(count / 2 + 1);
    if model.cluster != majority(model.nodes, acks(model.nodes)) || !model.changes.is_empty() {
        return Err(Wrong(format!(
            "--nodes: {} does not vote and acknowledge by a plain majority; describe the cluster in a .toml file",
            model.name
        )));
    }
    model.cluster = majority(nodes, acks(nodes));
    model.nodes = nodes;
    Ok(())
}
