//! `quorate induct`: proofs by induction, one machine or all.

use super::target;
use super::{Status, Wrong, say};
use crate::induct::commit::{self, Family};
use crate::induct::compose::{explore, whole};
use crate::induct::sample::Effort;
use crate::induct::{Report, ScopeError, config, elect, lease};
use crate::text::grouped;
use crate::world::MAX_NODES;
use clap::ValueEnum;
use quorate::rule::{Rule, RuleSet};
use std::fmt::Write;
use std::time::{Duration, Instant};

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Which machine; all of them if left out
    #[arg(value_enum)]
    machine: Option<Machine>,
    /// Nodes, all of them voters; config: those that vote before the change, after it, or both
    #[arg(long, value_name = "N", requires = "machine", value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_NODES)))]
    nodes: Option<u8>,
    /// No node enters a later epoch
    #[arg(long, value_name = "E", requires = "machine", value_parser = clap::value_parser!(u8).range(1..=7))]
    epochs: Option<u8>,
    /// Election: ask around before every campaign
    #[arg(long, requires = "machine")]
    prevote: bool,
    /// Election and commit: the last node is a witness, and the others keep a log that all of them must flush
    #[arg(long, requires = "machine")]
    witness: bool,
    /// Commit: the longest log
    #[arg(long, value_name = "W", requires = "machine", value_parser = clap::value_parser!(u8).range(0..=6))]
    writes: Option<u8>,
    /// Commit: who votes and whose flush counts
    #[arg(long, value_name = "FAMILY", requires = "machine", conflicts_with = "witness", value_parser = family)]
    family: Option<Family>,
    /// Lease: how long a holder uses it, in ticks of its clock
    #[arg(long, value_name = "H", requires = "machine", value_parser = clap::value_parser!(u8).range(1..=8))]
    hold: Option<u8>,
    /// Lease: how long a granter keeps it
    #[arg(long, value_name = "G", requires = "machine", value_parser = clap::value_parser!(u8).range(1..=16))]
    grant: Option<u8>,
    /// Lease: ticks of the slowest and the fastest clock in the same time
    #[arg(long, value_name = "SLOW,FAST", requires = "machine", value_parser = target::rates)]
    rates: Option<[u8; 2]>,
    /// Config: which voters change
    #[arg(long, value_name = "CHANGE", requires = "machine", value_parser = change)]
    change: Option<config::Kind>,
    /// Config: a primary may be asked to change back as well
    #[arg(long, requires = "machine")]
    back: bool,
    /// Config: records stay in flight, instead of a driver that waits for the disk
    #[arg(long, requires = "machine")]
    in_flight: bool,
    /// Take random states instead of all: for scopes that are too large. Finds, but proves nothing
    #[arg(long, requires = "machine")]
    sample: bool,
    /// What the dice of a sample fall by
    #[arg(long, value_name = "SEED", requires = "sample")]
    seed: Option<u64>,
    /// Switch a named rule off: what breaks is drawn
    #[arg(long, value_name = "RULE", requires = "machine", value_parser = target::rule)]
    without: Vec<Rule>,
    /// Also the scopes that take minutes
    #[arg(long, conflicts_with_all = ["nodes", "epochs", "prevote", "witness", "writes", "family", "hold", "grant", "rates", "change", "back", "in_flight", "sample", "without"])]
    long: bool,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Machine {
    /// One primary per epoch
    Election,
    /// No older lease is valid when a newer epoch is active
    Lease,
    /// No acknowledged write is lost
    Commit,
    /// One primary per epoch while voters change, and no finished configuration is lost
    Config,
    /// What these take from each other, where all of them are at work
    Failover,
}

fn change(text: &str) -> Result<config::Kind, String> {
    named(text, "change", config::Kind::ALL, config::Kind::name)
}

fn family(text: &str) -> Result<Family, String> {
    named(text, "family", Family::ALL, Family::name)
}

/// The one of this name.
fn named<T: Copy, const N: usize>(
    text: &str,
    what: &str,
    all: [T; N],
    name: fn(T) -> &'static str,
) -> Result<T, String> {
    let known = all.into_iter().find(|one| name(*one) == text);
    known.ok_or_else(|| format!("there is no such {what}; give one of {}", all.map(name).join(", ")))
}

/// A proof to make.
struct Proof {
    machine: Machine,
    long: bool,
    make: fn() -> Result<Report, ScopeError>,
}

/// How the states were taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Taken {
    /// All that satisfy an invariant.
    All,
    /// Some of them.
    Sample,
    /// All that composed nodes can reach.
    Reached,
}

const PROOFS: &[Proof] = &[
    Proof { machine: Machine::Election, long: false, make: || election(3, 2, false, false) },
    Proof { machine: Machine::Election, long: false, make: || election(3, 2, true, false) },
    Proof { machine: Machine::Election, long: false, make: || election(3, 2, false, true) },
    Proof { machine: Machine::Election, long: true, make: || election(3, 3, false, false) },
    Proof { machine: Machine::Election, long: true, make: || election(3, 3, true, false) },
    Proof { machine: Machine::Election, long: true, make: || election(4, 2, false, false) },
    Proof { machine: Machine::Election, long: true, make: || election(3, 4, false, false) },
    Proof { machine: Machine::Lease, long: false, make: || leases(2, 1, 2, [1, 2]) },
    Proof { machine: Machine::Lease, long: true, make: || leases(2, 2, 4, [1, 2]) },
    Proof { machine: Machine::Lease, long: true, make: || leases(2, 2, 3, [2, 3]) },
    Proof { machine: Machine::Commit, long: false, make: || commits(3, 2, Family::Majority) },
    Proof { machine: Machine::Commit, long: false, make: || commits(3, 2, Family::Witness) },
    Proof { machine: Machine::Commit, long: true, make: || commits(4, 1, Family::Majority) },
    Proof { machine: Machine::Commit, long: true, make: || commits(3, 3, Family::Majority) },
    Proof { machine: Machine::Commit, long: true, make: || commits(3, 2, Family::AnyOne) },
    Proof { machine: Machine::Config, long: false, make: || changes(3, config::Kind::Add) },
    Proof { machine: Machine::Config, long: false, make: || changes(3, config::Kind::Remove) },
    Proof { machine: Machine::Config, long: false, make: || changes(3, config::Kind::Swap) },
    Proof { machine: Machine::Config, long: false, make: || changes(4, config::Kind::Add) },
    Proof { machine: Machine::Config, long: false, make: || changes(4, config::Kind::Remove) },
    Proof { machine: Machine::Config, long: false, make: || changes(4, config::Kind::Swap) },
    Proof { machine: Machine::Failover, long: false, make: || composed(whole::Scope::Policy) },
    Proof { machine: Machine::Failover, long: false, make: || composed(whole::Scope::Database) },
    Proof { machine: Machine::Failover, long: false, make: || composed(whole::Scope::Voters) },
    Proof { machine: Machine::Failover, long: false, make: || composed(whole::Scope::Leased) },
    Proof { machine: Machine::Failover, long: false, make: || explored(explore::Cluster::Witness) },
    Proof { machine: Machine::Failover, long: false, make: || explored(explore::Cluster::Changing) },
    Proof { machine: Machine::Failover, long: false, make: || explored(explore::Cluster::Leased) },
];

fn composed(scope: whole::Scope) -> Result<Report, ScopeError> {
    whole::check(scope, RuleSet::NONE)
}

fn explored(cluster: explore::Cluster) -> Result<Report, ScopeError> {
    explore::check(cluster, RuleSet::NONE)
}

fn changes(nodes: u8, kind: config::Kind) -> Result<Report, ScopeError> {
    config::prove(config::Scope { nodes, epochs: 2, kind, back: false, pipelined: false }, RuleSet::NONE)
}

fn election(nodes: u8, epochs: u8, prevote: bool, witness: bool) -> Result<Report, ScopeError> {
    elect::prove(elect::Scope { nodes, epochs, prevote, witness }, RuleSet::NONE)
}

fn commits(epochs: u8, writes: u8, family: Family) -> Result<Report, ScopeError> {
    commit::induct(commit::Scope { nodes: 3, epochs, writes, family }, RuleSet::NONE)
}

/// Random histories of a sample of the commit machine.
const HISTORIES: u64 = 2_000;

fn leases(epochs: u8, hold: u8, grant: u8, rates: [u8; 2]) -> Result<Report, ScopeError> {
    lease::prove(lease::Scope { nodes: 3, epochs, hold, grant, rates }, RuleSet::NONE)
}

impl Args {
    /// Whether a scope of its own is asked for.
    fn is_scoped(&self) -> bool {
        let Args { nodes, epochs, writes, hold, grant, .. } = self;
        let numbers = [nodes, epochs, writes, hold, grant].into_iter().any(Option::is_some);
        let named = self.family.is_some() || self.rates.is_some() || !self.without.is_empty();
        let config = self.change.is_some() || self.back || self.in_flight;
        numbers || named || config || self.prevote || self.witness || self.sample
    }

    /// A flag of another machine.
    fn stray(&self, machine: Machine) -> Option<&'static str> {
        let election = [(self.prevote, "--prevote")];
        let witness = [(self.witness, "--witness")];
        let (hold, grant, rates) = (self.hold.is_some(), self.grant.is_some(), self.rates.is_some());
        let lease = [(hold, "--hold"), (grant, "--grant"), (rates, "--rates")];
        let commit = [(self.writes.is_some(), "--writes"), (self.family.is_some(), "--family")];
        let config =
            [(self.change.is_some(), "--change"), (self.back, "--back"), (self.in_flight, "--in-flight")];
        let flags = match machine {
            Machine::Election => [&lease[..], &commit[..], &config[..], &[]],
            Machine::Lease => [&election[..], &witness[..], &commit[..], &config[..]],
            Machine::Commit => [&election[..], &lease[..], &config[..], &[]],
            Machine::Config => [&election[..], &witness[..], &lease[..], &commit[..]],
            Machine::Failover => {
                let bounds = [(self.nodes.is_some(), "--nodes"), (self.epochs.is_some(), "--epochs")];
                let sample = [(self.sample, "--sample")];
                let all = [&bounds[..], &sample, &election, &witness, &lease, &commit, &config].concat();
                return all.into_iter().find(|(given, _)| *given).map(|(_, flag)| flag);
            }
        };
        flags.concat().into_iter().find(|(given, _)| *given).map(|(_, flag)| flag)
    }

    fn effort(&self) -> Option<Effort> {
        let seed = self.seed.unwrap_or(Effort::SECONDS.seed);
        self.sample.then_some(Effort { seed, ..Effort::SECONDS })
    }

    /// Makes the proof or sample that is asked for.
    fn one(&self, machine: Machine) -> Result<Status, Wrong> {
        let begun = Instant::now();
        let off: RuleSet = self.without.iter().copied().collect();
        let (nodes, epochs) = (self.nodes.unwrap_or(3), self.epochs.unwrap_or(2));
        if let Some(flag) = self.stray(machine) {
            return Err(Wrong(format!("{flag} says nothing of this machine; leave it out")));
        }
        let report = match machine {
            Machine::Election => {
                let scope = elect::Scope { nodes, epochs, prevote: self.prevote, witness: self.witness };
                match self.effort() {
                    Some(effort) => elect::sample(scope, off, effort),
                    None => elect::prove(scope, off),
                }
            }
            Machine::Lease => {
                let (hold, grant) = (self.hold.unwrap_or(1), self.grant.unwrap_or(2));
                let scope = lease::Scope { nodes, epochs, hold, grant, rates: self.rates.unwrap_or([1, 2]) };
                match self.effort() {
                    Some(effort) => lease::sample(scope, off, effort),
                    None => lease::prove(scope, off),
                }
            }
            Machine::Commit => {
                let family = if self.witness { Family::Witness } else { Family::default() };
                let (writes, family) = (self.writes.unwrap_or(2), self.family.unwrap_or(family));
                let epochs = self.epochs.unwrap_or(3);
                let scope = commit::Scope { nodes, epochs, writes, family };
                match self.effort() {
                    Some(effort) => commit::sampled(scope, off, effort.seed, HISTORIES),
                    None => commit::induct(scope, off),
                }
            }
            Machine::Config => {
                let (kind, back) = (self.change.unwrap_or_default(), self.back);
                let scope = config::Scope { nodes, epochs, kind, back, pipelined: self.in_flight };
                match self.effort() {
                    Some(effort) => config::sample(scope, off, effort),
                    None => config::prove(scope, off),
                }
            }
            Machine::Failover => return failover(off),
        };
        let taken = if self.sample { Taken::Sample } else { machine.takes() };
        let report = report.map_err(|error| refused(&error))?;
        Ok(show(&report, taken, begun.elapsed()))
    }
}

/// What to do about a scope: one that is too large can be sampled.
fn refused(error: &ScopeError) -> Wrong {
    match error {
        ScopeError::TooLarge { .. } | ScopeError::TooManyMachines { .. } => {
            Wrong(format!("{error} (--sample takes random states of it)"))
        }
        ScopeError::Range { .. } | ScopeError::Model(_) => Wrong(error.to_string()),
    }
}

pub(super) fn run(args: &Args) -> Result<Status, Wrong> {
    if let (Some(machine), true) = (args.machine, args.is_scoped()) {
        return args.one(machine);
    }
    let mut worst = Status::Expected;
    for proof in PROOFS.iter().filter(|proof| args.machine.is_none_or(|machine| machine == proof.machine)) {
        if args.long || !proof.long {
            let begun = Instant::now();
            let report = (proof.make)()?;
            worst = worst.max(show(&report, proof.machine.takes(), begun.elapsed()));
        }
    }
    Ok(worst)
}

impl Machine {
    fn takes(self) -> Taken {
        match self {
            Machine::Election | Machine::Lease | Machine::Commit | Machine::Config => Taken::All,
            Machine::Failover => Taken::Reached,
        }
    }
}

/// Without these rules: the scopes of the failover node, up to the first in which a fact is not kept.
fn failover(off: RuleSet) -> Result<Status, Wrong> {
    let composed = whole::Scope::ALL.iter().map(|scope| whole::check(*scope, off));
    let explored = explore::Cluster::ALL.iter().map(|cluster| explore::check(*cluster, off));
    let mut worst = Status::Expected;
    let mut begun = Instant::now();
    for report in composed.chain(explored) {
        worst = worst.max(show(&report?, Taken::Reached, begun.elapsed()));
        if worst == Status::Violated {
            break;
        }
        begun = Instant::now();
    }
    Ok(worst)
}

/// Prints what came of a proof.
fn show(report: &Report, taken: Taken, time: Duration) -> Status {
    let mut text = format!("{}\n", report.scope);
    let seconds = time.as_secs_f64();
    if let Some(cti) = &report.counterexample {
        let verdict = if taken == Taken::Reached { "NOT KEPT" } else { "NOT INDUCTIVE" };
        let _ = write!(text, "  {verdict}   {}   {seconds:.1} s\n\n{cti}\n", cti.breach.clause);
        say(text);
        return Status::Violated;
    }
    let (states, steps) = (grouped(report.states), grouped(report.steps));
    let verdict = match (report.is_proved(), taken) {
        (true, Taken::Reached) => "every fact is kept",
        (true, Taken::All | Taken::Sample) => "inductive",
        (false, Taken::Sample) => "nothing found",
        (false, Taken::All | Taken::Reached) => "NOTHING PROVED",
    };
    let _ = writeln!(text, "  {verdict}   {states} states   {steps} steps   {seconds:.1} s");
    let besides: Vec<String> =
        report.besides.iter().map(|(what, number)| format!("{} {what}", grouped(*number))).collect();
    for line in crate::text::wrapped(&besides.join(" · "), 100) {
        let _ = writeln!(text, "    {line}");
    }
    say(text);
    if report.is_proved() || taken == Taken::Sample { Status::Expected } else { Status::CutShort }
}
