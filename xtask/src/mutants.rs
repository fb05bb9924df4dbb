//! `cargo xtask mutants`: the core with one small change, again and again, and whether the project's checks notice.
//!
//! cargo-mutants makes the changes; `.cargo/mutants.toml` says where. The checks are put in [`PHASES`], the cheapest
//! first, and a later phase is asked only about what the earlier ones missed. What no phase notices must be in
//! `mutants/survivors.txt`, with the reason why it may stay. `mutants/RESULTS.md` is written from what came out.
//!
//! What was found is kept in `mutants/ledger.txt`, so a run may be interrupted and goes on where it was, here or elsewhere,
//! and may take the core file by file. A mutant that was noticed once is not tried again while its line stays where it
//! is; `--fresh` forgets everything, and belongs before every release.

mod ledger;
mod report;

use crate::prove::root;
use ledger::{Fate, Ledger};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

const HELP: &str = "\
cargo xtask mutants [--file GLOB]... [--phase NAME]... [--again] [--fresh] [--report]

Changes the core in one small place at a time and runs the checks: hours for all of it; with --file, only for these
files, as `--file 'src/lease/*'`. What was noticed already is not tried again, nor what a phase has missed already.
    --phase   only this phase: units, behaviour, storms
    --again   try what a phase has missed once more, because there are new tests
    --fresh   forget what was found before
    --report  run nothing; write mutants/RESULTS.md again
";

/// Some checks.
struct Phase {
    name: &'static str,
    /// For the page.
    about: &'static str,
    /// Options of cargo-mutants: which tests are built.
    tests: &'static [&'static str],
    /// Options of the tests.
    options: &'static [&'static str],
    /// Seconds of processor time that a test binary may take, several times what it takes when nothing is wrong.
    /// What is killed for it was noticed. Processor time, because the machine may have other things to do.
    cpu: &'static str,
    /// How the code is optimised: where the tests are short, the build decides.
    optimised: &'static str,
}

/// The slowest of the core's own tests, left to the last phase, which alone is built with what reads and writes.
const STORMS: &[&str] =
    &["::storm::", "::search::", "the_groups_of_a_dead_host_elect_anew", "::serialised::"];

const PHASES: [Phase; 3] = [
    Phase {
        name: "units",
        about: "the core's own tests, but for the longest",
        tests: &["--cargo-arg=--lib"],
        options: &["--skip", STORMS[0], "--skip", STORMS[1], "--skip", STORMS[2]],
        cpu: "20",
        optimised: "0",
    },
    Phase {
        name: "behaviour",
        about: "`models/tests/behaviour.rs`: exact counts of the first levels of every model, random walks",
        tests: &["--test-package=quorate-models", "--cargo-arg=--test=behaviour"],
        options: &[],
        cpu: "90",
        optimised: "0",
    },
    Phase {
        name: "storms",
        about: "the longest of the core's own tests: random storms, the search of resting groups; and what serde reads and writes",
        tests: &["--features=serde", "--cargo-arg=--lib"],
        options: STORMS,
        cpu: "120",
        optimised: "1",
    },
];

/// What to run.
#[derive(PartialEq, Eq, Debug, Default)]
struct Wish {
    files: Vec<String>,
    phases: Vec<String>,
    again: bool,
    fresh: bool,
    report: bool,
}

pub(crate) fn main(arguments: &[String]) -> ExitCode {
    match parse(arguments) {
        Err(why) => {
            eprintln!("{why}\n\n{HELP}");
            ExitCode::from(2)
        }
        Ok(wish) => match run(&wish) {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(why) => {
                eprintln!("{why}");
                ExitCode::FAILURE
            }
        },
    }
}

fn parse(arguments: &[String]) -> Result<Wish, String> {
    let mut wish = Wish::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--file" => wish.files.push(rest.next().ok_or("--file: give a pattern")?.clone()),
            "--phase" => {
                let name = rest.next().ok_or("--phase: give a name")?;
                let names = PHASES.map(|phase| phase.name);
                if !names.contains(&name.as_str()) {
                    return Err(format!("--phase: {name} is none; there are {}", names.join(", ")));
                }
                wish.phases.push(name.clone());
            }
            "--again" => wish.again = true,
            "--fresh" => wish.fresh = true,
            "--report" => wish.report = true,
            other => return Err(format!("{other} is no option")),
        }
    }
    Ok(wish)
}

/// Where builds and what cargo-mutants writes are kept.
fn kept() -> PathBuf {
    root().join("target/mutation")
}

/// Where the ledger is: with the code, so that another machine can go on.
fn book() -> PathBuf {
    root().join("mutants/ledger.txt")
}

fn run(wish: &Wish) -> Result<bool, String> {
    if wish.fresh {
        let gone = fs::remove_dir_all(kept());
        gone.or_else(|error| if kept().exists() { Err(error) } else { Ok(()) })
            .map_err(|error| format!("{}: {error}", kept().display()))?;
    }
    let mut ledger = Ledger::read(&book(), wish.fresh)?;
    for phase in &PHASES {
        // Of a run that was interrupted.
        harvest(phase, &mut ledger)?;
    }
    let wanted = |phase: &Phase| wish.phases.is_empty() || wish.phases.iter().any(|name| name == phase.name);
    for (at, phase) in PHASES.iter().enumerate().filter(|(_, phase)| wanted(phase) && !wish.report) {
        // It would miss that again, and so would the phases before the one that has missed it.
        let missed_by =
            if wish.again { Vec::new() } else { PHASES[at..].iter().map(|phase| phase.name).collect() };
        try_all(phase, &wish.files, &ledger, &missed_by)?;
        harvest(phase, &mut ledger)?;
    }
    let listed = Command::new("cargo").args(["mutants", "--list"]).args(SCOPE).current_dir(root()).output();
    let listed = listed.ok().filter(|output| output.status.success()).ok_or(MISSING)?;
    let mutants: Vec<String> = String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect();
    report::write(&mutants, &ledger)
}

const SCOPE: [&str; 2] = ["--package", "quorate"];
const MISSING: &str = "cargo-mutants is missing: `cargo install cargo-mutants --locked`";

/// What a phase found, into the ledger.
fn harvest(phase: &Phase, ledger: &mut Ledger) -> Result<(), String> {
    let found = found(phase);
    // What took too long by the clock on the wall is tried again: the machine was busy.
    for (file, fate) in
        [("missed.txt", Fate::Missed), ("unviable.txt", Fate::Unviable), ("caught.txt", Fate::Noticed)]
    {
        // A phase that has not been run has no files.
        let names = fs::read_to_string(found.join(file)).unwrap_or_default();
        for name in names.lines() {
            ledger.enter(name, phase.name, fate);
        }
    }
    ledger.write(&book())
}

fn found(phase: &Phase) -> PathBuf {
    kept().join(phase.name).join("mutants.out")
}

/// Tries every mutant of these files that nothing has noticed yet, and that none of `missed_by` has missed.
fn try_all(phase: &Phase, files: &[String], ledger: &Ledger, missed_by: &[&str]) -> Result<(), String> {
    println!("── {}: {}", phase.name, phase.about);
    // What cargo-mutants reads when it iterates; the ledger knows more than the last run of this phase.
    let found = found(phase);
    let known = ledger.tried(missed_by).collect::<Vec<_>>().join("\n");
    let ready = fs::remove_dir_all(&found).or_else(|error| if found.exists() { Err(error) } else { Ok(()) });
    ready
        .and_then(|()| fs::create_dir_all(&found))
        .and_then(|()| fs::write(found.join("previously_caught.txt"), known))
        .map_err(|error| format!("{}: {error}", found.display()))?;
    let mut command = Command::new("cargo");
    command.args(["mutants", "--iterate", "--baseline=skip", "--timeout=1800", "--build-timeout=1800"]);
    command.args(SCOPE).args(files.iter().map(|file| format!("--file={file}")));
    command.arg("--output").arg(kept().join(phase.name)).args(phase.tests);
    command.arg(format!("--cargo-arg=--config={}", runner(phase)));
    // The harness stops at the first failure only with an unstable option.
    command.args(["--", "--", "-Zunstable-options", "--fail-fast"]).args(phase.options);
    let status = command
        .current_dir(root())
        .env("CARGO_TARGET_DIR", kept().join("build"))
        .env("CARGO_PROFILE_MUTANTS_OPT_LEVEL", phase.optimised)
        .env("RUST_MIN_STACK", "67108864")
        .env("RUST_BACKTRACE", "0")
        // A failure is enough; and what one mutant fails at says nothing of another.
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
        .stdin(Stdio::null())
        .status();
    // 2: something was missed; 3: something took too long.
    match status.ok().and_then(|status| status.code()) {
        Some(0 | 2 | 3) => Ok(()),
        Some(code) if is_there() => Err(format!("cargo-mutants ended with {code}")),
        Some(_) | None => Err(MISSING.into()),
    }
}

fn is_there() -> bool {
    let mut probe = Command::new("cargo");
    let quiet = probe.args(["mutants", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// How test binaries are run, as a setting of cargo.
fn runner(phase: &Phase) -> String {
    let limit = if Path::new("/usr/bin/prlimit").exists() {
        format!("'prlimit', '--cpu={}', ", phase.cpu)
    } else {
        String::new()
    };
    format!("target.'cfg(unix)'.runner=[{limit}'env', 'RUSTC_BOOTSTRAP=1']")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_understood_or_refused() {
        let parsed = |words: &[&str]| parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        let wish =
            Wish { files: vec!["src/lease/*".into()], phases: vec!["units".into()], ..Wish::default() };
        assert_eq!(parsed(&["--file", "src/lease/*", "--phase", "units"]), Ok(wish));
        assert_eq!(parsed(&["--again"]), Ok(Wish { again: true, ..Wish::default() }));
        for wrong in [&["--file"] as &[&str], &["--phase", "dreams"], &["src/lease"]] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }
}
