//! `cargo xtask prove`: the unbounded proof of election and commit, discharged by two solvers.
//!
//! The proof is in `proof/`: one file a machine, in SMT-LIB. What is proved, of what, and how it is linked to the code:
//! `proof/README.md`. Every obligation is put to z3 and to cvc5; both must give the expected answer in time.

mod module;
mod smt;
mod solver;

use module::{Expected, Module, Obligation};
use solver::{Answer, Solver};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

/// The modules, in the order in which one rests on the other.
const MODULES: [&str; 2] = ["election", "commit"];

const HELP: &str = "\
cargo xtask prove [--solver z3|cvc5|both] [--only TEXT] [--optional]
    proves election and commit for any number of nodes, epochs and entries
    --solver    which solver is asked; both by default
    --only      only obligations whose name contains TEXT
    --optional  where the solvers cannot be had: say why, and succeed
";

/// What is asked of the command.
struct Wish {
    solvers: Vec<Solver>,
    only: Option<String>,
    optional: bool,
}

/// Runs the command.
pub(super) fn main(arguments: &[String]) -> ExitCode {
    let wish = match parse(arguments) {
        Ok(wish) => wish,
        Err(why) => {
            eprint!("{why}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match prove(&wish) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn parse(arguments: &[String]) -> Result<Wish, String> {
    let mut wish = Wish { solvers: vec![Solver::Z3, Solver::Cvc5], only: None, optional: false };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--solver" => match rest.next().map(String::as_str) {
                Some("z3") => wish.solvers = vec![Solver::Z3],
                Some("cvc5") => wish.solvers = vec![Solver::Cvc5],
                Some("both") => {}
                other => {
                    return Err(format!("--solver is z3, cvc5 or both, not {}", other.unwrap_or("nothing")));
                }
            },
            "--only" => wish.only = Some(rest.next().ok_or("--only needs a part of a name")?.clone()),
            "--optional" => wish.optional = true,
            other => return Err(format!("{other} is no option of this command")),
        }
    }
    Ok(wish)
}

/// Proves what is wished; whether everything is as expected.
fn prove(wish: &Wish) -> Result<bool, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let modules = MODULES.map(|name| load(&root, name)).into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut obligations = Vec::new();
    for module in &modules {
        obligations.extend(module.obligations().map_err(|why| format!("proof/{}.smt2: {why}", module.name))?);
    }
    if let Some(only) = &wish.only {
        obligations.retain(|obligation| obligation.name.contains(only.as_str()));
        if obligations.is_empty() {
            return Err(format!("no obligation has {only} in its name"));
        }
    }
    let python = match solver::prepare(&root, &target) {
        Ok(python) => python,
        Err(why) if wish.optional => {
            println!("skipped: the proof needs z3 and cvc5 from PyPI. {why}");
            return Ok(true);
        }
        Err(why) => return Err(format!("the proof needs z3 and cvc5 from PyPI. {why}")),
    };
    let begun = Instant::now();
    let folder = target.join("prove");
    let scripts = obligations
        .iter()
        .map(|obligation| Ok((obligation.expected, solver::write(&folder, obligation)?)))
        .collect::<Result<Vec<_>, String>>()?;
    let answers = ask_all(&python, &root, &wish.solvers, &scripts);
    let failed = print_table(&obligations, &wish.solvers, &answers);
    print_sum(&modules, &obligations, failed, begun);
    Ok(failed == 0)
}

fn load(root: &Path, name: &str) -> Result<Module, String> {
    let path = root.join(format!("proof/{name}.smt2"));
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let module = Module::read(name, &text).map_err(|why| format!("{}: {why}", path.display()))?;
    let rules = root.join("src/rule.rs");
    let rules = fs::read_to_string(&rules).map_err(|error| format!("{}: {error}", rules.display()))?;
    match module.guards.iter().find(|guard| guard.is_rule && !rules.contains(&format!("\"{}\"", guard.name)))
    {
        Some(guard) => Err(format!("{}: the code has no rule named {}", path.display(), guard.name)),
        None => Ok(module),
    }
}

/// Asks the solvers side by side; the answers by solver, then by script.
fn ask_all(
    python: &Path,
    root: &Path,
    solvers: &[Solver],
    scripts: &[(Expected, PathBuf)],
) -> Vec<Vec<Answer>> {
    thread::scope(|scope| {
        let asked: Vec<_> = solvers
            .iter()
            .map(|solver| scope.spawn(move || solver::ask(python, root, *solver, scripts)))
            .collect();
        asked.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

/// Prints what was asked and said; how many obligations failed.
fn print_table(obligations: &[Obligation], solvers: &[Solver], answers: &[Vec<Answer>]) -> usize {
    let width = obligations.iter().map(|obligation| obligation.name.len()).max().unwrap_or(0);
    print!("{:width$}", "obligation");
    for solver in solvers {
        print!("  {:>8}", format!("{} ms", solver.name()));
    }
    println!("  verdict");
    let mut failed = 0;
    for (at, obligation) in obligations.iter().enumerate() {
        let said: Vec<Option<&Answer>> = answers.iter().map(|answers| answers.get(at)).collect();
        print!("{:width$}", obligation.name);
        for answer in &said {
            print!("  {:>8}", answer.map_or(0, |answer| answer.millis));
        }
        let wrong = wrong(obligation.expected, solvers, &said);
        failed += usize::from(wrong.is_some());
        println!("  {}", wrong.unwrap_or_else(|| verdict(obligation).to_owned()));
    }
    failed
}

/// The good end of an obligation, in a word.
fn verdict(obligation: &Obligation) -> &'static str {
    match obligation.expected {
        Expected::Unsat => "proved",
        Expected::Sat if obligation.name.contains("/without ") => "needed",
        Expected::Sat => "possible",
    }
}

/// What is wrong with the answers, if anything.
fn wrong(expected: Expected, solvers: &[Solver], said: &[Option<&Answer>]) -> Option<String> {
    let mut why = Vec::new();
    for (solver, answer) in solvers.iter().zip(said) {
        let name = solver.name();
        match answer.map(|answer| (answer.said, answer.why.as_str())) {
            Some((Some(said), _)) if said == expected => {}
            Some((Some(Expected::Sat), _)) => why.push(format!("{name} has a counterexample")),
            Some((Some(Expected::Unsat), _)) => why.push(format!("{name} says it is impossible")),
            Some((None, reason)) => why.push(format!("{name} does not know: {reason}")),
            None => why.push(format!("{name} gave no answer")),
        }
    }
    (!why.is_empty()).then(|| format!("FAILED: {}", why.join("; ")))
}

fn print_sum(modules: &[Module], obligations: &[Obligation], failed: usize, begun: Instant) {
    println!();
    for module in modules {
        let count = |kind| module.count(kind);
        println!(
            "{}: {} actions keep {} clauses, which imply {} claims; {} guards are needed",
            module.name,
            count("action."),
            count("inv."),
            count("safe."),
            module.guards.len()
        );
    }
    let seconds = begun.elapsed().as_secs_f64();
    let (all, good) = (obligations.len(), obligations.len() - failed);
    println!("{good} of {all} obligations are as expected, in {seconds:.0} s");
}
