//! `quorate rules --kill-matrix`: every rule switched off, alone and with another one, against every check.

use super::files;
use super::progress::interrupts;
use super::{Status, Wrong, say};
use crate::kills::checks::{CHECKS, Limits, Verdict};
use crate::kills::matrix::{Fate, Row, first_line, pairs, run as explore, singles};
use crate::kills::{harm_of, kill_of, page};
use crate::text::{counted, grouped};
use quorate::rule::{Rule, RuleSet};
use std::fmt::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How the matrix is made.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Kill matrix")]
#[group(id = "kill-matrix")]
pub(super) struct Args {
    /// Switch every rule off, and say which check notices and in how many steps
    #[arg(long, conflicts_with_all = ["rule", "invariants"])]
    pub(super) kill_matrix: bool,
    /// Also every pair of rules of one machine
    #[arg(long, requires = "kill_matrix")]
    pairs: bool,
    /// Only what concerns this rule
    #[arg(long, value_name = "RULE", value_parser = super::target::rule, requires = "kill_matrix")]
    only: Option<Rule>,
    /// Stop a search after so long; nothing is shown by it then
    #[arg(long, value_name = "N", default_value_t = 180, value_parser = clap::value_parser!(u64).range(1..))]
    max_seconds_per_cell: u64,
    /// How many rows at a time
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
    /// Write the page about the rules
    #[arg(long, value_name = "RULES.md", requires = "pairs", conflicts_with = "only")]
    write: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Status, Wrong> {
    let limits = Limits { time: Duration::from_secs(args.max_seconds_per_cell), ..Limits::default() };
    let concerns = |off: &RuleSet| args.only.is_none_or(|rule| off.contains(rule));
    let begun = Instant::now();
    say(head());
    let ask = |sets: Vec<RuleSet>| {
        let sets: Vec<RuleSet> = sets.into_iter().filter(concerns).collect();
        let rows = explore(&sets, &limits, args.threads.into(), &interrupts(), &|row| say(text(row)));
        (rows.len() == sets.len(), rows)
    };
    let (whole, alone) = ask(singles());
    let (both_whole, together) = if args.pairs { ask(pairs()) } else { (true, Vec::new()) };
    let mut status = if whole && both_whole { Status::Expected } else { Status::CutShort };
    for (rows, what) in [(&alone, "rule"), (&together, "pair")] {
        say(summary(rows, what));
        status = status.max(judged(rows));
    }
    say(format_args!(
        "\n  {:.0} s in {}\n",
        begun.elapsed().as_secs_f64(),
        counted(args.threads.into(), "thread")
    ));
    if let (Some(path), Status::Expected) = (&args.write, status) {
        files::write(path, &page::page(&together))?;
        say(format_args!("  written to {}\n", path.display()));
    }
    Ok(status)
}

fn head() -> String {
    let mut text = String::new();
    for check in CHECKS {
        text += &super::verdict::paragraph(check.name, check.about);
    }
    text + &format!(
        "\n  {:<50} {:<9} {:>5} {:>7}  {}\n",
        "without", "check", "steps", "seconds", "noticed by"
    )
}

fn text(row: &Row) -> String {
    let mut names = page::names(row);
    let mut text = String::new();
    for cell in &row.cells {
        let (steps, by) = match &cell.verdict {
            Verdict::Killed { by, steps } => {
                (steps.map_or(String::new(), |steps| steps.to_string()), by.clone())
            }
            Verdict::Survived => (String::new(), "survives".into()),
            Verdict::Cut(why) => (String::new(), format!("CUT SHORT: {why}")),
            Verdict::Silent => (String::new(), String::new()),
        };
        let seconds = cell.time.as_secs_f64();
        let _ = writeln!(text, "  {names:<50} {:<9} {steps:>5} {seconds:>7.2}  {by}", cell.check);
        names.clear();
    }
    let note = match row.fate() {
        Fate::Missed if text.is_empty() => format!("  {names:<50} NOBODY NOTICES\n"),
        Fate::Missed => "      NOBODY NOTICES\n".into(),
        Fate::Reported => "      REPORTED, although it is a control\n".into(),
        Fate::Masked => format!("      not noticed, rightly: {}\n", row.mask().unwrap_or_default()),
        Fate::Expected | Fate::Cut => String::new(),
    };
    text + &note
}

fn summary(rows: &[Row], what: &str) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let controls = rows.iter().filter(|row| row.is_control()).count() as u64;
    let killed = rows.iter().filter(|row| row.kill().is_some()).count() as u64;
    let mut text = format!(
        "\n  {}: {} noticed, {} of controls alone\n",
        counted(rows.len() as u64, what),
        grouped(killed),
        grouped(controls)
    );
    for row in rows {
        let names = page::names(row);
        match (row.fate(), row.off.iter().next().and_then(first_line)) {
            (Fate::Expected, Some((other, why))) if row.kill().is_none() && !row.is_control() => {
                let _ = writeln!(text, "  {names}: a second line behind {other}: {why}");
            }
            (Fate::Expected, _) => {}
            (Fate::Masked, _) => {
                let _ = writeln!(text, "  masked {names}: {}", row.mask().unwrap_or_default());
            }
            (Fate::Missed, _) => {
                let _ = writeln!(text, "  NOT NOTICED {names}");
            }
            (Fate::Reported, _) => {
                let _ = writeln!(text, "  REPORTED {names}, although it may be otherwise");
            }
            (Fate::Cut, _) => {
                let _ = writeln!(text, "  CUT SHORT {names}");
            }
        }
    }
    text + &unlike_the_table(rows).concat()
}

/// What the tables record otherwise.
fn unlike_the_table(rows: &[Row]) -> Vec<String> {
    let mut lines = Vec::new();
    for row in rows.iter().filter(|row| row.off.iter().count() == 1) {
        let Some(rule) = row.off.iter().next() else { continue };
        for (check, recorded) in [("search", kill_of(rule)), ("harm", harm_of(rule))] {
            let found = row.cells.iter().find(|cell| cell.check == check).map(|cell| &cell.verdict);
            let Some(kill) = recorded else { continue };
            let expected = Verdict::Killed { by: kill.invariant.name().into(), steps: Some(kill.steps) };
            if found != Some(&expected) {
                let (by, steps) = (kill.invariant, counted(kill.steps as u64, "step"));
                lines.push(format!("  UNLIKE THE TABLE {rule}: {by} in {steps} is recorded\n"));
            }
        }
    }
    lines
}

fn judged(rows: &[Row]) -> Status {
    let worst = rows.iter().map(|row| match row.fate() {
        Fate::Expected | Fate::Masked => Status::Expected,
        Fate::Missed | Fate::Reported => Status::Violated,
        Fate::Cut => Status::CutShort,
    });
    // What nobody notices counts more than what was not looked at.
    let worst: Vec<Status> = worst.collect();
    if worst.contains(&Status::Violated) || !unlike_the_table(rows).is_empty() {
        Status::Violated
    } else {
        worst.into_iter().max().unwrap_or(Status::Expected)
    }
}
