//! The solvers: Python wheels of pinned versions in an environment of their own, asked through `proof/solve.py`.

use super::module::{Expected, Obligation};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{fs, thread};

/// A solver.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Solver {
    /// Microsoft's.
    Z3,
    /// Stanford's and Iowa's.
    Cvc5,
}

impl Solver {
    /// Its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Solver::Z3 => "z3",
            Solver::Cvc5 => "cvc5",
        }
    }
}

/// What a solver said.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// `sat`, `unsat`, or nothing certain.
    pub(super) said: Option<Expected>,
    /// How long it took.
    pub(super) millis: u64,
    /// Why nothing certain was said.
    pub(super) why: String,
}

/// How long a solver may think about one obligation.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// Makes sure that the pinned solvers are there; the interpreter that has them.
pub(super) fn prepare(root: &Path, target: &Path) -> Result<PathBuf, String> {
    let wanted = root.join("proof/requirements.txt");
    let pinned = fs::read_to_string(&wanted).map_err(|error| format!("{}: {error}", wanted.display()))?;
    let home = target.join("prove/venv");
    let python = home.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let installed = home.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|there| there == pinned) && python.exists() {
        return Ok(python);
    }
    println!("installing the solvers of proof/requirements.txt into {}", home.display());
    let venv = ["-m", "venv", "--clear"].map(std::ffi::OsStr::new);
    run(Command::new("python3").args(venv).arg(&home), "python3 with the module venv is needed")?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:", "-r"];
    run(
        Command::new(&python).args(pip).arg(&wanted),
        "pip could not install them: is the network reachable?",
    )?;
    fs::write(&installed, pinned).map_err(|error| format!("{}: {error}", installed.display()))?;
    Ok(python)
}

fn run(command: &mut Command, otherwise: &str) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{otherwise} ({error})"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    if output.status.success() { Ok(()) } else { Err(format!("{otherwise} ({last})")) }
}

/// Writes an obligation where it can be read and asked by hand.
pub(super) fn write(folder: &Path, obligation: &Obligation) -> Result<PathBuf, String> {
    let path = folder.join(format!("{}.smt2", obligation.name.replace(' ', "-")));
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    fs::write(&path, &obligation.script).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// Asks one solver about all scripts, in order. Whatever is not answered in time is answered by why.
pub(super) fn ask(
    python: &Path,
    root: &Path,
    solver: Solver,
    scripts: &[(Expected, PathBuf)],
) -> Vec<Answer> {
    let mut answers = Vec::new();
    while answers.len() < scripts.len() {
        // A solver that ignores its own limit is stopped, and a new one goes on behind it.
        if let Err(why) = ask_until_stuck(python, root, solver, &scripts[answers.len()..], &mut answers) {
            answers.push(Answer { said: None, millis: 0, why });
        }
    }
    answers
}

fn ask_until_stuck(
    python: &Path,
    root: &Path,
    solver: Solver,
    scripts: &[(Expected, PathBuf)],
    answers: &mut Vec<Answer>,
) -> Result<(), String> {
    let mut child = Command::new(python)
        .arg(root.join("proof/solve.py"))
        .args([solver.name(), &LIMIT.as_millis().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} does not start: {error}", python.display()))?;
    let (Some(mut questions), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("the solver has no input or output".into());
    };
    let (said, hear) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if said.send(line).is_err() {
                return;
            }
        }
    });
    let patience = LIMIT + Duration::from_secs(15);
    for (expected, script) in scripts {
        let goal = match expected {
            Expected::Unsat => "proof",
            Expected::Sat => "model",
        };
        let asked = writeln!(questions, "{goal} {}", script.display()).and_then(|()| questions.flush());
        let answer = match hear.recv_timeout(patience) {
            Ok(line) => Ok(parse(&line)),
            Err(RecvTimeoutError::Timeout) => Err(format!("no answer within {} s", patience.as_secs())),
            Err(RecvTimeoutError::Disconnected) => Err(format!(
                "the solver ended{}",
                asked.err().map_or_else(String::new, |error| format!(": {error}"))
            )),
        };
        match answer {
            Ok(answer) => answers.push(answer),
            Err(why) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(why);
            }
        }
    }
    drop(questions);
    let _ = child.wait();
    Ok(())
}

/// `path, answer, milliseconds, why`, separated by tabs.
fn parse(line: &str) -> Answer {
    let mut fields = line.split('\t').skip(1);
    let said = match fields.next() {
        Some("sat") => Some(Expected::Sat),
        Some("unsat") => Some(Expected::Unsat),
        Some(_) | None => None,
    };
    let millis = fields.next().and_then(|millis| millis.parse().ok()).unwrap_or(0);
    Answer { said, millis, why: fields.next().unwrap_or_default().to_owned() }
}
