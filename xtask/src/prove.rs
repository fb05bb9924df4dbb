//! `cargo xtask prove`: the unbounded proof of election and commit, discharged by two solvers.
//!
//! The proof is in `proof/`: one file a machine, in SMT-LIB. What is proved, of what, and how it is linked to the code:
//! `proof/README.md`. Every obligation is put to z3 and to cvc5; both must give the expected answer.

#[cfg(test)]
mod fragment;
mod module;
mod obligation;
mod smt;
mod solver;

use module::Module;
use obligation::{Expected, Obligation, Purpose, obligations};
use solver::{Answer, Solver, Start, Unready};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

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
#[derive(PartialEq, Eq, Debug)]
struct Wish {
    solvers: Vec<Solver>,
    only: String,
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
    let mut wish = Wish { solvers: vec![Solver::Z3, Solver::Cvc5], only: String::new(), optional: false };
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        match argument {
            "--solver" => match rest.next() {
                Some("z3") => wish.solvers = vec![Solver::Z3],
                Some("cvc5") => wish.solvers = vec![Solver::Cvc5],
                Some("both") => wish.solvers = vec![Solver::Z3, Solver::Cvc5],
                other => {
                    return Err(format!("--solver is z3, cvc5 or both, not {}", other.unwrap_or("nothing")));
                }
            },
            "--only" => rest.next().ok_or("--only needs a part of a name")?.clone_into(&mut wish.only),
            "--optional" => wish.optional = true,
            other => return Err(format!("{other} is no option of this command")),
        }
    }
    Ok(wish)
}

/// Proves what is wished; whether everything is as expected.
fn prove(wish: &Wish) -> Result<bool, String> {
    let root = root();
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let (proof, folder) = (root.join("proof"), target.join("prove"));
    let modules = MODULES.map(|name| load(root, name)).into_iter().collect::<Result<Vec<_>, _>>()?;
    let mut wanted = Vec::new();
    for module in &modules {
        wanted.extend(obligations(module).map_err(|why| format!("proof/{}.smt2: {why}", module.name))?);
    }
    wanted.retain(|obligation| obligation.name.contains(&wish.only));
    if wanted.is_empty() {
        return Err(format!("no obligation has {} in its name", wish.only));
    }
    let python = match solver::prepare(&folder.join("venv"), &proof.join("requirements.txt")) {
        Ok(python) => python,
        Err(Unready::Missing(why)) if wish.optional => {
            println!("skipped: the proof needs z3 and cvc5 from PyPI. {why}");
            return Ok(true);
        }
        Err(Unready::Missing(why) | Unready::Wrong(why)) => {
            return Err(format!("the proof needs z3 and cvc5 from PyPI. {why}"));
        }
    };
    let start = Start { python, program: proof.join("solve.py"), patience: Duration::from_secs(600) };
    let failed = discharge(&start, &wish.solvers, &wanted, &folder)?;
    for module in &modules {
        print_module(module);
    }
    println!("{} of {} obligations are as expected", wanted.len() - failed, wanted.len());
    Ok(failed == 0)
}

/// Where the project is.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Reads a module. The rules it names must be rules of the code.
fn load(root: &Path, name: &str) -> Result<Module, String> {
    let path = root.join(format!("proof/{name}.smt2"));
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let module = Module::read(name, &text).map_err(|why| format!("{}: {why}", path.display()))?;
    let rules = root.join("src/rule.rs");
    let rules = fs::read_to_string(&rules).map_err(|error| format!("{}: {error}", rules.display()))?;
    let is_unknown = |name: &str| !rules.contains(&format!("\"{name}\""));
    match module.guards.iter().find(|guard| guard.is_rule && is_unknown(&guard.name)) {
        Some(guard) => Err(format!("{}: the code has no rule named {}", path.display(), guard.name)),
        None => Ok(module),
    }
}

/// Puts every obligation to every solver, side by side, and prints what they said; how many obligations failed.
fn discharge(
    start: &Start,
    solvers: &[Solver],
    obligations: &[Obligation],
    folder: &Path,
) -> Result<usize, String> {
    let scripts = obligations
        .iter()
        .map(|obligation| Ok((obligation.expected(), solver::write(folder, obligation)?)))
        .collect::<Result<Vec<_>, String>>()?;
    let width = obligations.iter().map(|obligation| obligation.name.len()).max().unwrap_or(0);
    print_row(width, "obligation", solvers.iter().map(|solver| format!("{} ms", solver.name())), "verdict");
    let (mut failed, mut spent) = (0, vec![0; solvers.len()]);
    thread::scope(|scope| {
        let hear = solvers.iter().map(|solver| {
            let (tell, hear) = channel();
            let scripts = &scripts;
            scope.spawn(move || solver::ask(start, *solver, scripts, &tell));
            hear
        });
        let hear: Vec<_> = hear.collect();
        for obligation in obligations {
            let said =
                hear.iter().map(|hear| hear.recv().unwrap_or_else(|_| Answer::none("no answer".into())));
            let said: Vec<Answer> = said.collect();
            let verdict = judge(obligation.purpose, solvers, &said);
            failed += usize::from(verdict.is_err());
            spent.iter_mut().zip(&said).for_each(|(spent, answer)| *spent += answer.millis);
            let millis = said.iter().map(|answer| answer.millis.to_string());
            let verdict = verdict.map_or_else(|why| format!("FAILED: {why}"), str::to_owned);
            print_row(width, &obligation.name, millis, &verdict);
        }
    });
    print_row(width, "together", spent.iter().map(u64::to_string), "processor time");
    Ok(failed)
}

fn print_row(width: usize, name: &str, columns: impl Iterator<Item = String>, verdict: &str) {
    let columns = columns.fold(String::new(), |row, column| format!("{row}  {column:>8}"));
    println!("{name:width$}{columns}  {verdict}");
}

/// The good end of an obligation in a word; or what is wrong with the answers, if one is not as it must be.
fn judge(purpose: Purpose, solvers: &[Solver], said: &[Answer]) -> Result<&'static str, String> {
    let wrong = solvers.iter().zip(said).filter_map(|(solver, answer)| {
        let what = match (purpose, &answer.said) {
            (Purpose::Proof, Ok(Expected::Unsat))
            | (Purpose::Possible | Purpose::Needed, Ok(Expected::Sat)) => return None,
            (Purpose::Proof, Ok(Expected::Sat)) => "has a counterexample",
            (Purpose::Possible, Ok(Expected::Unsat)) => "says that it is impossible",
            (Purpose::Needed, Ok(Expected::Unsat)) => "proves it without the guard, too",
            (Purpose::Proof | Purpose::Possible | Purpose::Needed, Err(why)) => {
                return Some(format!("{} does not know: {why}", solver.name()));
            }
        };
        Some(format!("{} {what}", solver.name()))
    });
    let wrong: Vec<String> = wrong.collect();
    if !wrong.is_empty() {
        return Err(wrong.join("; "));
    }
    Ok(match purpose {
        Purpose::Proof => "proved",
        Purpose::Possible => "possible",
        Purpose::Needed => "needed",
    })
}

fn print_module(module: &Module) {
    let count = |kind| module.of_kind(kind).count();
    println!(
        "{}: {} actions keep {} clauses, which imply {} claims; {} guards are needed",
        module.name,
        count("action."),
        count("inv."),
        count("safe."),
        module.guards.len()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Solver; 2] = [Solver::Z3, Solver::Cvc5];
    const LONG: Duration = Duration::from_secs(60);

    fn answers(said: [Result<Expected, &str>; 2]) -> [Answer; 2] {
        said.map(|said| Answer { said: said.map_err(str::to_owned), millis: 1 })
    }

    #[test]
    fn both_solvers_must_say_what_is_expected() {
        let (sat, unsat, unknown) = (Ok(Expected::Sat), Ok(Expected::Unsat), Err("out of work"));
        for (purpose, said, verdict) in [
            (Purpose::Proof, [unsat, unsat], Ok("proved")),
            (Purpose::Proof, [unsat, sat], Err("cvc5 has a counterexample")),
            (Purpose::Proof, [unknown, unsat], Err("z3 does not know: out of work")),
            (Purpose::Proof, [sat, unknown], Err("z3 has a counterexample; cvc5 does not know: out of work")),
            (Purpose::Possible, [sat, sat], Ok("possible")),
            (Purpose::Possible, [unsat, sat], Err("z3 says that it is impossible")),
            (Purpose::Needed, [sat, sat], Ok("needed")),
            (Purpose::Needed, [sat, unsat], Err("cvc5 proves it without the guard, too")),
            (Purpose::Needed, [sat, unknown], Err("cvc5 does not know: out of work")),
        ] {
            let judged = judge(purpose, &BOTH, &answers(said));
            assert_eq!(judged, verdict.map_err(str::to_owned));
        }
    }

    #[test]
    fn arguments_are_understood_or_refused() {
        let parse = |text: &str| parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let wish = parse("--solver z3 --optional --only win/").unwrap();
        assert_eq!(wish, Wish { solvers: vec![Solver::Z3], only: "win/".into(), optional: true });
        for wrong in ["--solver", "--solver yices", "--only", "--fast"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_modules_are_in_order_and_name_rules_of_the_code() {
        for name in MODULES {
            let module = load(root(), name).unwrap();
            let obligations = obligations(&module).unwrap();
            assert!(obligations.len() > 80, "{name} has {}", obligations.len());
        }
    }

    /// What comes of two obligations, a proof and a model, if the solvers are this program of the shell.
    #[cfg(unix)]
    fn failed(name: &str, patience: Duration, program: &str) -> usize {
        let folder = env::temp_dir().join(format!("quorate-prove-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("solver.sh");
        fs::write(&file, program).unwrap();
        let start = Start { python: "/bin/sh".into(), program: file, patience };
        let obligation =
            |name: &str, purpose| Obligation { name: name.into(), purpose, script: "(check-sat)".into() };
        let obligations = [obligation("a/proof", Purpose::Proof), obligation("a/model", Purpose::Possible)];
        let failed = discharge(&start, &BOTH, &obligations, &folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        failed
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_answered_rightly_fails_the_run() {
        let always = |answer: &str| {
            format!("while read -r goal path; do printf '%s\\t{answer}\\t1\\t\\n' \"$path\"; done")
        };
        let right = "while read -r goal path; do
            case $goal in proof) answer=unsat ;; model) answer=sat ;; esac
            printf '%s\\t%s\\t1\\t\\n' \"$path\" $answer
        done";
        assert_eq!(failed("right", LONG, right), 0);
        assert_eq!(failed("sat", LONG, &always("sat")), 1);
        assert_eq!(failed("unsat", LONG, &always("unsat")), 1);
        assert_eq!(failed("unknown", LONG, &always("unknown")), 2);
        assert_eq!(failed("crash", LONG, "read -r goal path; exit 139"), 2);
        assert_eq!(failed("stuck", Duration::from_millis(200), "read -r goal path; exec sleep 60"), 2);
        // One of the two solvers is enough to fail it.
        let one = format!("[ \"$1\" = z3 ] && exit 1\n{right}");
        assert_eq!(failed("one", LONG, &one), 2);
    }

    #[cfg(unix)]
    #[test]
    fn after_a_crash_the_next_obligation_is_asked_again() {
        let crashes_at_proofs = "while read -r goal path; do
            [ $goal = proof ] && exit 1
            printf '%s\\tsat\\t1\\t\\n' \"$path\"
        done";
        assert_eq!(failed("again", LONG, crashes_at_proofs), 1);
    }
}
