//! `quorate induct`: proofs by induction, one machine or all.

use super::target;
use super::{Status, Wrong, say};
use crate::induct::{Report, ScopeError, elect};
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
    /// Ask around before every campaign
    #[arg(long, requires = "machine")]
    prevote: bool,
    /// Switch a named rule off: what breaks is drawn
    #[arg(long, value_name = "RULE", requires = "machine", value_parser = target::rule)]
    without: Vec<Rule>,
    /// Also the scopes that take minutes
    #[arg(long, conflicts_with_all = ["nodes", "epochs", "prevote", "without"])]
    long: bool,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Machine {
    /// One primary per epoch
    Election,
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
];

fn election(nodes: u8, epochs: u8, prevote: bool) -> Result<Report, ScopeError> {
    elect::prove(elect::Scope { nodes, epochs, prevote }, RuleSet::NONE)
}

pub(super) fn run(args: &Args) -> Result<Status, Wrong> {
    let Args { machine, nodes, epochs, prevote, without, .. } = args;
    if let (Some(machine), true) =
        (machine, nodes.is_some() || epochs.is_some() || *prevote || !without.is_empty())
    {
        let off: RuleSet = without.iter().copied().collect();
        let begun = Instant::now();
        let report = match machine {
            Machine::Election => {
                let (nodes, epochs) = (nodes.unwrap_or(3), epochs.unwrap_or(2));
                elect::prove(elect::Scope { nodes, epochs, prevote: *prevote }, off)?
            }
        };
        return Ok(show(&report, begun.elapsed()));
    }
    let mut worst = Status::Expected;
    for proof in PROOFS.iter().filter(|proof| machine.is_none_or(|machine| machine == proof.machine)) {
        if args.long || !proof.long {
            let begun = Instant::now();
            let report = (proof.make)()?;
            worst = worst.max(show(&report, begun.elapsed()));
        }
    }
    Ok(worst)
}

/// Prints what came of a proof.
fn show(report: &Report, time: Duration) -> Status {
    let mut text = format!("{}\n", report.scope);
    let seconds = time.as_secs_f64();
    if let Some(cti) = &report.counterexample {
        let _ = write!(text, "  NOT INDUCTIVE   {}   {seconds:.1} s\n\n{cti}\n", cti.breach.clause);
        say(text);
        return Status::Violated;
    }
    let (states, steps) = (grouped(report.states), grouped(report.steps));
    let verdict = if report.is_proved() { "inductive" } else { "NOTHING PROVED" };
    let _ = writeln!(text, "  {verdict}   {states} states   {steps} steps   {seconds:.1} s");
    let besides: Vec<String> =
        report.besides.iter().map(|(what, number)| format!("{} {what}", grouped(*number))).collect();
    for line in crate::text::wrapped(&besides.join(" · "), 100) {
        let _ = writeln!(text, "    {line}");
    }
    say(text);
    if report.is_proved() { Status::Expected } else { Status::CutShort }
}
