//! `quorate induct`: proofs by induction, one machine or all.

use super::target;
use super::{Status, Wrong, say};
use crate::induct::commit::{self, Family};
use crate::induct::sample::Effort;
use crate::induct::{Report, ScopeError, elect, lease};
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
    /// Nodes, all of them voters
    #[arg(long, value_name = "N", requires = "machine", value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_NODES)))]
    nodes: Option<u8>,
    /// No node enters a later epoch
    #[arg(long, value_name = "E", requires = "machine", value_parser = clap::value_parser!(u8).range(1..=7))]
    epochs: Option<u8>,
    /// Election: ask around before every campaign
    #[arg(long, requires = "machine")]
    prevote: bool,
    /// Election: the last node is a witness, and the others keep a log that all of them must flush
    #[arg(long, requires = "machine")]
    witness: bool,
    /// Commit: the longest log
    #[arg(long, value_name = "W", requires = "machine", value_parser = clap::value_parser!(u8).range(0..=6))]
    writes: Option<u8>,
    /// Commit: who votes and whose flush counts
    #[arg(long, value_name = "FAMILY", requires = "machine", value_parser = family)]
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
    #[arg(long, conflicts_with_all = ["nodes", "epochs", "prevote", "witness", "writes", "family", "hold", "grant", "rates", "sample", "without"])]
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
}

fn family(text: &str) -> Result<Family, String> {
    let names = || Family::ALL.map(Family::name).join(", ");
    let known = Family::ALL.into_iter().find(|family| family.name() == text);
    known.ok_or_else(|| format!("there is no such family; give one of {}", names()))
}

/// A proof to make.
struct Proof {
    machine: Machine,
    long: bool,
    make: fn() -> Result<Report, ScopeError>,
}

const PROOFS: &[Proof] = &[
    Proof { machine: Machine::Election, long: false, make: || election(3, 2, false) },
    Proof { machine: Machine::Election, long: false, make: || election(3, 2, true) },
    Proof { machine: Machine::Election, long: true, make: || election(3, 3, false) },
    Proof { machine: Machine::Election, long: true, make: || election(3, 3, true) },
    Proof { machine: Machine::Election, long: true, make: || election(4, 2, false) },
    Proof { machine: Machine::Election, long: true, make: || election(3, 4, false) },
    Proof { machine: Machine::Lease, long: false, make: || leases(2, 1, 2, [1, 2]) },
    Proof { machine: Machine::Lease, long: true, make: || leases(2, 2, 4, [1, 2]) },
    Proof { machine: Machine::Lease, long: true, make: || leases(2, 2, 3, [2, 3]) },
    Proof { machine: Machine::Lease, long: true, make: || leases(3, 1, 2, [1, 2]) },
    Proof { machine: Machine::Commit, long: false, make: || commits(3, 2, Family::Majority) },
    Proof { machine: Machine::Commit, long: false, make: || commits(3, 2, Family::Witness) },
    Proof { machine: Machine::Commit, long: true, make: || commits(4, 1, Family::Majority) },
    Proof { machine: Machine::Commit, long: true, make: || commits(3, 3, Family::Majority) },
    Proof { machine: Machine::Commit, long: true, make: || commits(3, 2, Family::AnyOne) },
];

fn election(nodes: u8, epochs: u8, prevote: bool) -> Result<Report, ScopeError> {
    elect::prove(elect::Scope { nodes, epochs, prevote, witness: false }, RuleSet::NONE)
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
        numbers || named || self.prevote || self.witness || self.sample
    }

    /// A flag of another machine.
    fn stray(&self, machine: Machine) -> Option<&'static str> {
        let election = [(self.prevote, "--prevote"), (self.witness, "--witness")];
        let (hold, grant, rates) = (self.hold.is_some(), self.grant.is_some(), self.rates.is_some());
        let lease = [(hold, "--hold"), (grant, "--grant"), (rates, "--rates")];
        let commit = [(self.writes.is_some(), "--writes"), (self.family.is_some(), "--family")];
        let flags = match machine {
            Machine::Election => [&lease[..], &commit[..]],
            Machine::Lease => [&election[..], &commit[..]],
            Machine::Commit => [&election[..], &lease[..]],
        };
        flags.concat().into_iter().find(|(given, _)| *given).map(|(_, flag)| flag)
    }

    fn effort(&self) -> Option<Effort> {
        let seed = self.seed.unwrap_or(Effort::SECONDS.seed);
        self.sample.then_some(Effort { seed, ..Effort::SECONDS })
    }

    /// The proof or sample that is asked for.
    fn one(&self, machine: Machine) -> Result<Report, Wrong> {
        let off: RuleSet = self.without.iter().copied().collect();
        let (nodes, epochs) = (self.nodes.unwrap_or(3), self.epochs.unwrap_or(2));
        if let Some(flag) = self.stray(machine) {
            return Err(Wrong(format!("{flag} says nothing of this machine; leave it out")));
        }
        Ok(match machine {
            Machine::Election => {
                let scope = elect::Scope { nodes, epochs, prevote: self.prevote, witness: self.witness };
                match self.effort() {
                    Some(effort) => elect::sample(scope, off, effort)?,
                    None => elect::prove(scope, off)?,
                }
            }
            Machine::Lease => {
                let (hold, grant) = (self.hold.unwrap_or(1), self.grant.unwrap_or(2));
                let scope = lease::Scope { nodes, epochs, hold, grant, rates: self.rates.unwrap_or([1, 2]) };
                match self.effort() {
                    Some(effort) => lease::sample(scope, off, effort)?,
                    None => lease::prove(scope, off)?,
                }
            }
            Machine::Commit => {
                let (writes, family) = (self.writes.unwrap_or(2), self.family.unwrap_or_default());
                let epochs = self.epochs.unwrap_or(3);
                let scope = commit::Scope { nodes, epochs, writes, family };
                match self.effort() {
                    Some(effort) => commit::sampled(scope, off, effort.seed, HISTORIES)?,
                    None => commit::induct(scope, off)?,
                }
            }
        })
    }
}

pub(super) fn run(args: &Args) -> Result<Status, Wrong> {
    if let (Some(machine), true) = (args.machine, args.is_scoped()) {
        let begun = Instant::now();
        let report = args.one(machine)?;
        return Ok(show(&report, args.sample, begun.elapsed()));
    }
    let mut worst = Status::Expected;
    for proof in PROOFS.iter().filter(|proof| args.machine.is_none_or(|machine| machine == proof.machine)) {
        if args.long || !proof.long {
            let begun = Instant::now();
            let report = (proof.make)()?;
            worst = worst.max(show(&report, false, begun.elapsed()));
        }
    }
    Ok(worst)
}

/// Prints what came of a proof.
fn show(report: &Report, sampled: bool, time: Duration) -> Status {
    let mut text = format!("{}\n", report.scope);
    let seconds = time.as_secs_f64();
    if let Some(cti) = &report.counterexample {
        let _ = write!(text, "  NOT INDUCTIVE   {}   {seconds:.1} s\n\n{cti}\n", cti.breach.clause);
        say(text);
        return Status::Violated;
    }
    let (states, steps) = (grouped(report.states), grouped(report.steps));
    let verdict = match (report.is_proved(), sampled) {
        (true, _) => "inductive",
        (false, true) => "nothing found",
        (false, false) => "NOTHING PROVED",
    };
    let _ = writeln!(text, "  {verdict}   {states} states   {steps} steps   {seconds:.1} s");
    let besides: Vec<String> =
        report.besides.iter().map(|(what, number)| format!("{} {what}", grouped(*number))).collect();
    for line in crate::text::wrapped(&besides.join(" · "), 100) {
        let _ = writeln!(text, "    {line}");
    }
    say(text);
    if report.is_proved() || sampled { Status::Expected } else { Status::CutShort }
}
