//! `RULES.md`: what each rule says, where it comes from, and who notices when it is missing.
//!
//! The part about single rules is what the tables record, and every test run confirms those; so this page can be
//! compared without exploring anything. The part about pairs comes from a run of the [matrix](super::matrix).

use super::checks::Verdict;
use super::contracts::contract_of;
use super::matrix::{Cell, Fate, Row, first_line};
use super::seeds::{Fate as SeedFate, SEEDS, Seed};
use super::{Kill, harm_of, kill_of};
use crate::live;
use crate::text::counted;
use quorate::rule::{Kind, Machine, Rule};
use std::fmt::Write;

/// The line after which the pairs come.
pub const PAIRS: &str = "## Two rules missing at once\n";

/// The page, with what came of the pairs.
pub fn page(pairs: &[Row]) -> String {
    head() + &pairs_section(pairs)
}

/// The page up to the pairs.
pub fn head() -> String {
    let mut text = String::from(INTRODUCTION);
    for machine in Machine::ALL {
        let _ = write!(text, "## {}\n\n{HEADER}", title(*machine));
        for rule in rules_of(*machine) {
            text += &line(rule);
        }
        text += "\n";
    }
    text + &seeds_section()
}

const INTRODUCTION: &str = "\
# The rules, and what breaks without each

Every guard that the protocol rests on has a name, a reason and a source, and can be switched off in the models. This
page says for each what goes wrong then, who notices, and in how many steps: counted from the first state, and no
shorter way exists in that model (with a *start*: none that begins like it). `quorate rules NAME` says more about one;
`quorate check without:NAME` draws the way.

* **First noticed** is what a search finds first. Often that is an alarm, before anybody is harmed.
* **Harm** is what follows if nobody heeds the alarm.
* A *safety* rule protects an invariant, a *liveness* rule progress; a *contract* is kept by the driver or the
  resource; a *control* could be otherwise, and a checker that reports it is wrong.

This page is written by `quorate rules --kill-matrix --pairs --write RULES.md`. Nothing here is edited by hand.

";

const HEADER: &str = "| rule | kind | says | source | first noticed | harm |\n|---|---|---|---|---|---|\n";

fn title(machine: Machine) -> String {
    capital(&machine.to_string())
}

fn capital(text: &str) -> String {
    let (first, rest) = text.split_at(text.len().min(1));
    first.to_uppercase() + rest
}

fn rules_of(machine: Machine) -> impl Iterator<Item = Rule> {
    Rule::ALL.iter().copied().filter(move |rule| rule.machine() == machine)
}

fn line(rule: Rule) -> String {
    let [noticed, harm] = fate(rule);
    format!("| `{rule}` | {} | {} | {} | {noticed} | {harm} |\n", rule.kind(), rule.sentence(), rule.source())
}

/// What is first noticed without the rule, and the harm.
fn fate(rule: Rule) -> [String; 2] {
    if rule.kind() == Kind::Control {
        return ["nothing".into(), "none".into()];
    }
    if let Some((other, why)) = first_line(rule) {
        return [
            format!("nothing, as long as `{other}` is kept: {why}"),
            "the cluster stops without both".into(),
        ];
    }
    match (kill_of(rule), contract_of(rule), rule.kind()) {
        (Some(kill), _, _) => [found(kill), harm_of(rule).map_or("the same".into(), found)],
        (None, Some(contract), _) => [format!("by a script: {}", contract.what), rule.protects().join(", ")],
        (None, None, Kind::Liveness) => [stalls(rule), "the same".into()],
        (None, None, Kind::Safety | Kind::Contract | Kind::Control) => ["nobody".into(), "unknown".into()],
    }
}

/// On which graph nobody serves without the rule.
fn stalls(rule: Rule) -> String {
    live::kills::kill_of(rule).map_or("nobody".into(), |kill| {
        format!("{} on a *{}* of {}", kill.wrong, kill.graph, counted(kill.nodes.into(), "node"))
    })
}

/// What a kill finds.
fn found(kill: &Kill) -> String {
    let steps = counted(kill.steps as u64, "step");
    let start = kill.start.map_or(String::new(), |start| format!(", start *{}*", start.name));
    format!("`{}` in {steps}{start}", kill.invariant)
}

// ---- mistakes ----------------------------------------------------------------------------------------------

fn seeds_section() -> String {
    let mut text = String::from(
        "## Known mistakes\n\nEach is expressed by rules that are switched off. Those marked K are other ways that \
         are right as well.\n\n| | mistake | without | noticed |\n|---|---|---|---|\n",
    );
    for seed in SEEDS {
        let rules: Vec<String> = seed.off.iter().map(|rule| format!("`{rule}`")).collect();
        let _ = writeln!(text, "| {} | {} | {} | {} |", seed.id, seed.what, rules.join(", "), noticed(seed));
    }
    text + "\n"
}

fn noticed(seed: &Seed) -> String {
    match (seed.fate, seed.kill()) {
        (_, Some(kill)) => found(&kill),
        (SeedFate::Stalls, None) => seed.off.iter().next().map_or(String::new(), stalls),
        (SeedFate::Contract, None) => "by a script".into(),
        (SeedFate::Survives, None) => "not, rightly".into(),
        (SeedFate::AsListed | SeedFate::Killed(_), None) => "nobody".into(),
    }
}

// ---- pairs -------------------------------------------------------------------------------------------------

fn pairs_section(rows: &[Row]) -> String {
    let of = |fate| rows.iter().filter(move |row| row.fate() == fate);
    let mut text = format!(
        "{PAIRS}\nA second missing rule must not hide the first. Of {} pairs of rules of one machine {} come out as \
         they must: noticed, or of two controls not.\n\n",
        rows.len(),
        of(Fate::Expected).count()
    );
    for row in of(Fate::Masked) {
        let _ = writeln!(
            text,
            "* Not noticed, rightly: {}. {}.",
            names(row),
            capital(row.mask().unwrap_or_default())
        );
    }
    for row in of(Fate::Missed).chain(of(Fate::Cut)).chain(of(Fate::Reported)) {
        let _ = writeln!(text, "* {}: {:?}", names(row), row.fate());
    }
    text += "A number is in how many steps the first check notices; `s` a script, `g` the connectivity graphs, `–` \
             two controls that survive, `m` one rule takes away what the other is about, `!` a pair that nobody notices.\n\n";
    for machine in Machine::ALL {
        let _ = write!(text, "### {}\n\n```text\n{}```\n\n", title(*machine), triangle(*machine, rows));
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// The rules of a row.
pub fn names(row: &Row) -> String {
    let names: Vec<&str> = row.off.iter().map(Rule::name).collect();
    names.join(" + ")
}

/// Every two rules of a machine.
fn triangle(machine: Machine, rows: &[Row]) -> String {
    let rules: Vec<Rule> = rules_of(machine).collect();
    let mut text = String::new();
    for (at, a) in rules.iter().enumerate() {
        let _ = write!(text, "{:>2} {:<28}", at + 1, a.name());
        for b in &rules[..at] {
            let row = rows.iter().find(|row| row.off.contains(*a) && row.off.contains(*b));
            let _ = write!(text, " {:>2}", row.map_or("?".into(), symbol));
        }
        text.push('\n');
    }
    let numbers: Vec<String> = (1..rules.len()).map(|number| format!(" {number:>2}")).collect();
    let _ = writeln!(text, "{:31}{}", "", numbers.concat());
    text
}

fn symbol(row: &Row) -> String {
    match (row.fate(), row.kill()) {
        (Fate::Expected, None) => "–".into(),
        (Fate::Expected, Some(Cell { check, verdict, .. })) => match verdict {
            Verdict::Killed { steps: Some(steps), .. } if *check != "graphs" => steps.to_string(),
            Verdict::Killed { .. } | Verdict::Survived | Verdict::Cut(_) | Verdict::Silent => {
                // A script is called a contract.
                check[..1].replace('c', "s")
            }
        },
        (Fate::Masked, _) => "m".into(),
        (Fate::Missed | Fate::Reported | Fate::Cut, _) => "!".into(),
    }
}
