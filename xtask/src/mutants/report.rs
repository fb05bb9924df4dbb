//! What is known of the mutants: `mutants/RESULTS.md`, and whether every survivor is accounted for.

use super::ledger::{Fate, Ledger};
use super::{MISSING, PHASES};
use crate::prove::root;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

/// What was found in one file of the core.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Row {
    mutants: usize,
    /// Noticed, by phase.
    noticed: [usize; PHASES.len()],
    unviable: usize,
    /// Missed by every phase.
    survived: usize,
    /// Not tried, or not by every phase.
    open: usize,
}

/// A survivor that was looked at: how many mutants of this name survive, and why they may.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Reviewed {
    count: usize,
    reason: String,
}

/// Writes the page; whether nothing is open and every survivor is accounted for.
pub(super) fn write(mutants: &[String], ledger: &Ledger) -> Result<bool, String> {
    let path = root().join("mutants/survivors.txt");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let reviewed = parse(&text)?;
    let rows = rows(mutants, ledger);
    let survivors = survivors(mutants, ledger);
    let page = page(&rows, &survivors, &reviewed)?;
    let path = root().join("mutants/RESULTS.md");
    fs::write(&path, page).map_err(|error| format!("{}: {error}", path.display()))?;
    let total = sum(&rows);
    let noticed: usize = total.noticed.iter().sum();
    println!(
        "{} mutants: {noticed} noticed, {} unviable, {} survived, {} open",
        total.mutants, total.unviable, total.survived, total.open
    );
    let mut sound = total.open == 0;
    for (name, count) in &survivors {
        let known = reviewed.get(name).map_or(0, |reviewed| reviewed.count);
        if *count > known {
            println!(
                "missed by every check, and not in mutants/survivors.txt: {name} ({count}, not {known})"
            );
            sound = false;
        }
    }
    for name in reviewed.keys().filter(|name| !survivors.contains_key(*name)) {
        let file = name.split(':').next().unwrap_or_default();
        if rows.get(file).is_none_or(|row| row.open == 0) {
            println!("in mutants/survivors.txt, but noticed or gone: {name}");
            sound = false;
        }
    }
    Ok(sound)
}

/// The name of a mutant without its place, by which it is known after the file has changed elsewhere.
fn placeless(mutant: &str) -> String {
    let mut parts = mutant.splitn(4, ':');
    let (file, _line, _column, what) = (parts.next(), parts.next(), parts.next(), parts.next());
    format!("{}:{}", file.unwrap_or_default(), what.unwrap_or_default())
}

fn rows(mutants: &[String], ledger: &Ledger) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for mutant in mutants {
        let file = mutant.split(':').next().unwrap_or_default();
        let row = rows.entry(file.into()).or_default();
        row.mutants += 1;
        match ledger.fate(mutant) {
            Some((Fate::Unviable, _)) => row.unviable += 1,
            Some((Fate::Noticed, by)) => {
                let phase = PHASES.iter().position(|phase| phase.name == by);
                row.noticed[phase.unwrap_or_default()] += 1;
            }
            Some((Fate::Missed, by)) if by == PHASES[PHASES.len() - 1].name => row.survived += 1,
            Some((Fate::Missed, _)) | None => row.open += 1,
        }
    }
    rows
}

/// Who survived every phase, without places, and how many of that name did.
fn survivors(mutants: &[String], ledger: &Ledger) -> BTreeMap<String, usize> {
    let last = PHASES[PHASES.len() - 1].name;
    let mut survivors = BTreeMap::new();
    for mutant in mutants.iter().filter(|mutant| ledger.fate(mutant) == Some((Fate::Missed, last))) {
        *survivors.entry(placeless(mutant)).or_default() += 1;
    }
    survivors
}

/// Reads the list of survivors: a name, and below it, indented, why it may survive. A name that several mutants of one
/// function share ends with how many.
fn parse(text: &str) -> Result<BTreeMap<String, Reviewed>, String> {
    let mut reviewed: BTreeMap<String, Reviewed> = BTreeMap::new();
    let mut last: Option<String> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let wrong = |what: &str| Err(format!("mutants/survivors.txt:{number}: {what}"));
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if let Some(more) = line.strip_prefix("    ") {
            let Some(known) = last.as_ref().and_then(|name| reviewed.get_mut(name)) else {
                return wrong("a reason without a mutant");
            };
            let space = if known.reason.is_empty() { "" } else { " " };
            write!(known.reason, "{space}{}", more.trim()).map_err(|error| error.to_string())?;
            continue;
        }
        let counted = line.rsplit_once(" × ").and_then(|(name, count)| Some((name, count.parse().ok()?)));
        let (name, count) = counted.unwrap_or((line, 1));
        if reviewed.insert(name.into(), Reviewed { count, reason: String::new() }).is_some() {
            return wrong("the same mutant again");
        }
        last = Some(name.into());
    }
    match reviewed.iter().find(|(_, known)| known.reason.is_empty()) {
        Some((name, _)) => Err(format!("mutants/survivors.txt: no reason is given for {name}")),
        None => Ok(reviewed),
    }
}

fn sum(rows: &BTreeMap<String, Row>) -> Row {
    rows.values().fold(Row::default(), |mut sum, row| {
        sum.mutants += row.mutants;
        sum.noticed.iter_mut().zip(row.noticed).for_each(|(sum, noticed)| *sum += noticed);
        sum.unviable += row.unviable;
        sum.survived += row.survived;
        sum.open += row.open;
        sum
    })
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn page(
    rows: &BTreeMap<String, Row>,
    survivors: &BTreeMap<String, usize>,
    reviewed: &BTreeMap<String, Reviewed>,
) -> Result<String, String> {
    let version = said("cargo", &["mutants", "--version"]).ok_or(MISSING)?;
    let commit = said("git", &["rev-parse", "--short=10", "HEAD"]).unwrap_or_else(|| "unknown".into());
    let date = said("date", &["-u", "+%F"]).unwrap_or_else(|| "unknown".into());
    let mut page = vec![format!(
        "# Mutants of the core\n\nWritten by `cargo xtask mutants`. {version} changes `src/` in one small place at a \
         time; a mutant that no check\nnotices is code that nobody asked for, or a check that is missing. {date}, on \
         top of commit {commit}.\n\nWhat is written inside `rule!(…)` is no mutant here, because a macro hides it: \
         each of those is switched off by the\nrules' own tests instead (`RULES.md`). Text for people is left out, as \
         `.cargo/mutants.toml` says.\n"
    )];
    page.extend(phases(rows));
    page.extend(files(rows));
    page.push("\n## Survivors\n".into());
    if survivors.is_empty() {
        page.push("None.".into());
    }
    for (name, count) in survivors {
        let times = if *count > 1 { format!(" × {count}") } else { String::new() };
        let known = reviewed.get(name).filter(|known| known.count >= *count);
        let reason = known.map_or("**not reviewed**", |known| &known.reason);
        page.push(format!("* `{name}`{times}: {reason}"));
    }
    page.push(String::new());
    Ok(page.join("\n"))
}

fn phases(rows: &BTreeMap<String, Row>) -> Vec<String> {
    let total = sum(rows);
    let mut lines = vec!["| | | mutants |\n|---|---|--:|".to_owned()];
    for (phase, noticed) in PHASES.iter().zip(total.noticed) {
        lines.push(format!("| noticed by `{}` | {} | {noticed} |", phase.name, phase.about));
    }
    lines.push(format!("| unviable | not a program | {} |", total.unviable));
    lines.push(format!("| survived | see below | {} |", total.survived));
    lines.push(format!("| open | not tried yet, or not by every phase | {} |", total.open));
    lines.push(format!("| all | | {} |", total.mutants));
    lines
}

fn files(rows: &BTreeMap<String, Row>) -> Vec<String> {
    let names = PHASES.map(|phase| phase.name).join(" | ");
    let rule = "--:|".repeat(PHASES.len() + 4);
    let mut lines = vec![format!("\n| file | mutants | {names} | unviable | survived | open |\n|---|{rule}")];
    for (file, row) in rows {
        let noticed = row.noticed.map(|noticed| noticed.to_string()).join(" | ");
        let Row { mutants, unviable, survived, open, .. } = row;
        lines.push(format!("| `{file}` | {mutants} | {noticed} | {unviable} | {survived} | {open} |"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "src/a.rs:7:9: replace < with <= in f";
    const OTHER: &str = "src/a.rs:8:9: replace < with <= in f";

    #[test]
    fn a_mutant_survives_only_the_last_phase() {
        let mutants = [ONE, OTHER, "src/b.rs:1:1: replace g with ()"].map(str::to_owned);
        let mut ledger = Ledger::default();
        for name in &mutants {
            ledger.enter(name, PHASES[0].name, Fate::Missed);
        }
        let open = rows(&mutants, &ledger);
        assert_eq!((open["src/a.rs"].open, open["src/b.rs"].open), (2, 1));
        assert!(survivors(&mutants, &ledger).is_empty());
        ledger.enter(ONE, PHASES[PHASES.len() - 1].name, Fate::Missed);
        ledger.enter(OTHER, PHASES[PHASES.len() - 1].name, Fate::Missed);
        ledger.enter(&mutants[2], PHASES[1].name, Fate::Noticed);
        let rows = rows(&mutants, &ledger);
        assert_eq!((rows["src/a.rs"].survived, rows["src/b.rs"].noticed[1], sum(&rows).open), (2, 1, 0));
        let survivors = survivors(&mutants, &ledger);
        assert_eq!(survivors, BTreeMap::from([("src/a.rs: replace < with <= in f".to_owned(), 2)]));
    }

    #[test]
    fn the_list_of_survivors_gives_reasons() {
        let text = "# Why.\nsrc/a.rs: replace < with <= in f × 2\n    They are\n    equal.\n\nsrc/b.rs: h\n    So.\n";
        let reviewed = parse(text).unwrap();
        let known = Reviewed { count: 2, reason: "They are equal.".into() };
        assert_eq!(reviewed.get("src/a.rs: replace < with <= in f"), Some(&known));
        assert_eq!(reviewed.len(), 2);
        for wrong in ["src/a.rs: f\n", "    why\n", "src/a.rs: f\n    So.\nsrc/a.rs: f\n    So.\n"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
