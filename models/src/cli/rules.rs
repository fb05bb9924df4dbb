//! `quorate rules`: the named rules, and what breaks without each.

use super::verdict::paragraph;
use super::{Status, Wrong, matrix, say, target};
use crate::induct::compose::{self, Fact, Part};
use crate::induct::{self, Stated};
use crate::invariant::Invariant;
use crate::kills::{self, contracts::contract_of};
use crate::text::counted;
use quorate::rule::{Kind, Rule};
use std::fmt::Write;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// One rule
    #[arg(value_parser = target::rule)]
    rule: Option<Rule>,
    /// List the invariants instead: those of a world, then by machine the clauses that are proved by induction
    #[arg(long, alias = "invariant", conflicts_with = "rule")]
    invariants: bool,
    #[command(flatten)]
    matrix: matrix::Args,
}

pub(super) fn run(args: &Args) -> Result<Status, Wrong> {
    if args.matrix.kill_matrix {
        return matrix::run(&args.matrix);
    }
    match args.rule {
        _ if args.invariants => say(invariants() + "\n" + &clauses()),
        Some(rule) => say(one(rule)),
        None => say(all()),
    }
    Ok(Status::Expected)
}

fn all() -> String {
    let mut text = format!("  {:<30} {:<9} {}\n", "rule", "kind", "without it");
    for rule in Rule::ALL {
        let fate = match (kills::kill_of(*rule), contract_of(*rule), rule.kind()) {
            (Some(kill), _, _) => format!("{} in {}", kill.invariant, counted(kill.steps as u64, "step")),
            (None, Some(_), _) => "a script for one machine fails".into(),
            (None, None, Kind::Control) => "nothing: it could be otherwise".into(),
            (None, None, Kind::Liveness) => "the cluster may stop".into(),
            (None, None, Kind::Safety | Kind::Contract) => "no bundled model breaks".into(),
        };
        let _ = writeln!(text, "  {:<30} {:<9} {fate}", rule.name(), rule.kind().to_string());
    }
    text + "\n  `quorate rules NAME` says what a rule is; `quorate check without:NAME` shows what it is for.\n"
}

fn one(rule: Rule) -> String {
    let mut text = format!("{rule}\n");
    text += &paragraph("rule", rule.sentence());
    text += &paragraph("kind", &rule.kind().to_string());
    text += &paragraph("source", rule.source());
    if !rule.protects().is_empty() {
        text += &paragraph("protects", &rule.protects().join(", "));
    }
    if let Some(kill) = kills::kill_of(rule) {
        let fate = format!(
            "{} is violated in {}: quorate check without:{rule}",
            kill.invariant,
            counted(kill.steps as u64, "step")
        );
        text += &paragraph("without it", &fate);
    }
    if let Some(harm) = kills::harm_of(rule) {
        let steps = counted(harm.steps as u64, "step");
        text += &paragraph("", &format!("and if nobody heeds that, {} in {steps}", harm.invariant));
    }
    if let Some(contract) = contract_of(rule) {
        text += &paragraph("contract", contract.what);
    }
    text
}

/// The invariants of a world: what every search asks for in every state.
fn invariants() -> String {
    let line = |invariant: &Invariant| {
        format!(
            "{invariant}\n{}{}",
            paragraph("says", invariant.statement()),
            paragraph("source", invariant.source())
        )
    };
    let lines: String = Invariant::ALL.iter().map(line).collect();
    format!("---- world: asked for in every state of a search\n{lines}")
}

/// The clauses of the invariants that are proved by induction, by machine; and what the machines take from each other.
fn clauses() -> String {
    let line = |Stated { name, doc, source }: &Stated| {
        let between = compose::FACTS.iter().find(|fact| fact.stated.name == *name);
        let between = between.map_or(String::new(), |Fact { by, of, .. }| {
            let of: Vec<String> = of.iter().map(Part::to_string).collect();
            paragraph("kept by", &by.to_string()) + &paragraph("taken by", &of.join(", "))
        });
        format!("{name}\n{}{}{between}", paragraph("says", doc), paragraph("source", source))
    };
    let machine = |(name, clauses): &(&str, Vec<Stated>)| {
        let lines: String = clauses.iter().map(line).collect();
        format!("---- {name}: asked for in every state and every step of an induction\n{lines}")
    };
    induct::stated().iter().map(machine).collect::<Vec<_>>().join("\n")
}
