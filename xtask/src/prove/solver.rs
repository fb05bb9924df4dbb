//! The solvers: Python wheels of pinned versions in an environment of their own, asked through `proof/solve.py`.

use super::obligation::{Expected, Obligation};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
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
    pub(super) const fn name(self) -> &'static str {
        match self {
            Solver::Z3 => "z3",
            Solver::Cvc5 => "cvc5",
        }
    }
}

/// What a solver said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Answer {
    /// If nothing certain: why.
    pub(super) said: Result<Expected, String>,
    /// How much processor time it took.
    pub(super) millis: u64,
}

impl Answer {
    pub(super) const fn none(why: String) -> Self {
        Self { said: Err(why), millis: 0 }
    }
}

/// Why the solvers cannot be asked.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Unready {
    /// This machine lacks something.
    Missing(String),
    /// Something is there and is not right.
    Wrong(String),
}

/// How a solver is started.
pub(super) struct Start {
    /// The interpreter that has the solvers.
    pub(super) python: PathBuf,
    /// The program that asks them.
    pub(super) program: PathBuf,
    /// A solver limits its own work; one that says nothing for so long is stuck.
    pub(super) patience: Duration,
}

/// Makes sure that the solvers pinned by `wanted` are in the environment `home`; its interpreter.
pub(super) fn prepare(home: &Path, wanted: &Path) -> Result<PathBuf, Unready> {
    let unwritten = |path: &Path, error| Unready::Wrong(format!("{}: {error}", path.display()));
    let pinned = fs::read_to_string(wanted).map_err(|error| unwritten(wanted, error))?;
    let python = home.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let installed = home.join("installed.txt");
    if fs::read_to_string(&installed).is_ok_and(|there| there == pinned) && python.exists() {
        return Ok(python);
    }
    println!("installing the solvers of proof/requirements.txt into {}", home.display());
    let venv = run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(home));
    venv.map_err(|why| {
        Unready::Missing(format!(
            "python3 with its module venv is needed (Debian: apt-get install python3 python3-venv): {}",
            brief(&why)
        ))
    })?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let exactly = ["--only-binary", ":all:", "--require-hashes", "-r"];
    run(Command::new(&python).args(pip).args(exactly).arg(wanted)).map_err(|why| not_installed(&why))?;
    fs::write(&installed, pinned).map_err(|error| unwritten(&installed, error))?;
    Ok(python)
}

/// A package that cannot be had is missing; one that is not what it should be is wrong.
fn not_installed(said: &str) -> Unready {
    let why = brief(said);
    if said.contains("DO NOT MATCH THE HASHES") {
        Unready::Wrong(format!("a wheel is not the one that proof/requirements.txt pins: {why}"))
    } else {
        Unready::Missing(format!(
            "pip cannot get the wheels of proof/requirements.txt for this machine: {why}"
        ))
    }
}

/// The beginning of what a failed command said, in a line.
fn brief(said: &str) -> String {
    said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(500).collect()
}

/// Runs a command; if it fails, what it said.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&said).into_owned())
}

/// Writes an obligation where it can be read and asked by hand.
pub(super) fn write(folder: &Path, obligation: &Obligation) -> Result<PathBuf, String> {
    let path = folder.join(format!("{}.smt2", obligation.name.replace(' ', "-")));
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
    fs::write(&path, &obligation.script).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(path)
}

/// Asks one solver about every script, and tells the answers in order. Whatever is not answered is answered by why.
pub(super) fn ask(start: &Start, solver: Solver, scripts: &[(Expected, PathBuf)], tell: &Sender<Answer>) {
    let mut running = None;
    for (expected, script) in scripts {
        let answer = match running.take().map_or_else(|| Running::new(start, solver), Ok) {
            Err(why) => Answer::none(why),
            Ok(mut process) => match process.ask(*expected, script, start.patience) {
                Ok(answer) => {
                    running = Some(process);
                    answer
                }
                Err(why) => Answer::none(why),
            },
        };
        if tell.send(answer).is_err() {
            return;
        }
    }
}

/// A running solver. It ends with the value.
struct Running {
    child: Child,
    questions: ChildStdin,
    answers: Receiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn new(start: &Start, solver: Solver) -> Result<Self, String> {
        let mut child = Command::new(&start.python)
            .arg(&start.program)
            .arg(solver.name())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} does not start: {error}", start.python.display()))?;
        let (Some(questions), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the solver has no input or output".into());
        };
        let (said, answers) = channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(output).lines().map_while(Result::ok);
            lines.try_for_each(|line| said.send(line))
        });
        Ok(Self { child, questions, answers })
    }

    fn ask(&mut self, expected: Expected, script: &Path, patience: Duration) -> Result<Answer, String> {
        let goal = match expected {
            Expected::Unsat => "proof",
            Expected::Sat => "model",
        };
        let asked =
            writeln!(self.questions, "{goal} {}", script.display()).and_then(|()| self.questions.flush());
        asked.map_err(|error| format!("the solver ended: {error}"))?;
        match self.answers.recv_timeout(patience) {
            Ok(line) => Ok(parse(&line, script)),
            Err(RecvTimeoutError::Timeout) => Err(format!("no answer within {} s", patience.as_secs_f64())),
            Err(RecvTimeoutError::Disconnected) => Err("the solver ended".into()),
        }
    }
}

/// `path, answer, milliseconds, why`, separated by tabs.
fn parse(line: &str, script: &Path) -> Answer {
    let fields: Vec<&str> = line.split('\t').collect();
    let [path, answer, millis, why] = fields[..] else {
        return Answer::none(format!("it said: {line}"));
    };
    let said = match answer {
        "sat" | "unsat" if Path::new(path) != script => Err(format!("it answered for {path}")),
        "sat" => Ok(Expected::Sat),
        "unsat" => Ok(Expected::Unsat),
        _ => Err(why.to_owned()),
    };
    Answer { said, millis: millis.parse().unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_what_is_said_of_the_script() {
        let parse = |line| parse(line, Path::new("a/b.smt2"));
        assert_eq!(parse("a/b.smt2\tunsat\t12\t"), Answer { said: Ok(Expected::Unsat), millis: 12 });
        assert_eq!(parse("a/b.smt2\tsat\t3\t").said, Ok(Expected::Sat));
        assert_eq!(parse("a/b.smt2\tunknown\t3\tout of work").said, Err("out of work".into()));
        assert_eq!(parse("a/c.smt2\tunsat\t12\t").said, Err("it answered for a/c.smt2".into()));
        assert_eq!(parse("Segmentation fault").said, Err("it said: Segmentation fault".into()));
    }

    #[test]
    fn a_wheel_with_another_hash_is_not_merely_missing() {
        assert!(matches!(not_installed("ERROR: Connection refused"), Unready::Missing(_)));
        let other = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.";
        assert!(matches!(not_installed(other), Unready::Wrong(_)));
    }
}
