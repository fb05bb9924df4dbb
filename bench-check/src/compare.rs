//! Every tool on every subject, several runs each, in processes of their own; and the counts compared.

use crate::measure::{Measured, Tool};
use crate::subject::{Known, SUBJECTS};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// Several runs of one tool on one subject.
pub struct Row {
    /// What was searched.
    pub known: &'static Known,
    /// By which tool.
    pub tool: Tool,
    /// By how many threads.
    pub threads: usize,
    /// What each run found and used, by wall time.
    pub runs: Vec<Measured>,
}

impl Row {
    /// The fastest run.
    pub fn best(&self) -> &Measured {
        &self.runs[0]
    }

    /// The run in the middle.
    pub fn median(&self) -> &Measured {
        &self.runs[self.runs.len() / 2]
    }

    /// The least processor time of any run.
    pub fn cpu_seconds(&self) -> f64 {
        self.runs.iter().map(|run| run.cpu_seconds).fold(f64::INFINITY, f64::min)
    }

    /// States for each second of processor time.
    pub fn states_per_cpu_second(&self) -> f64 {
        self.best().states as f64 / self.cpu_seconds().max(1e-3)
    }

    /// States for each second that passed.
    pub fn states_per_second(&self) -> f64 {
        self.best().states as f64 / self.best().seconds.max(1e-3)
    }

    /// The most memory that the process had, for each state.
    pub fn bytes_per_state(&self) -> f64 {
        self.best().peak_bytes as f64 / self.best().states as f64
    }
}

/// What is to be measured.
pub struct Plan {
    /// The subjects that take minutes, too.
    pub long: bool,
    /// Runs of each.
    pub runs: usize,
    /// Only these subjects, if any are named.
    pub only: Vec<&'static Known>,
}

/// What was measured, and what was not, with the reason.
#[derive(Default)]
pub struct Compared {
    /// In order of subjects and tools.
    pub rows: Vec<Row>,
    /// Sentences.
    pub skipped: Vec<String>,
}

/// Measures everything. A count that differs is an error.
pub fn compare(plan: &Plan) -> Result<Compared, String> {
    let mut compared = Compared::default();
    for known in SUBJECTS.iter().filter(|known| plan.includes(known)) {
        let spin = Spin::prepare(known);
        for (tool, threads) in contestants(known, plan.long) {
            let command = match (tool, &spin) {
                (Tool::Spin, Err(reason)) => {
                    compared.skipped.push(format!("Spin on {known}: {reason}."));
                    continue;
                }
                (Tool::Spin, Ok(spin)) => {
                    // As many slots as there are states: what Spin's manual advises.
                    let slots = known.states.next_power_of_two().ilog2();
                    vec!["spin".to_owned(), spin.pan.display().to_string(), slots.to_string()]
                }
                (Tool::Quorate | Tool::Reduced | Tool::Dfs | Tool::Bfs, _) => {
                    vec![known.name.to_owned(), tool_name(tool).to_owned(), threads.to_string()]
                }
            };
            let row = measure(known, tool, threads, &command, plan.runs)?;
            println!(
                "{:<15} {:<25} {threads} thread: {:>8.2} s, {:>8.2} s cpu, {:>6.2} M states/s, {:>5.0} bytes a state",
                known.name,
                tool.to_string(),
                row.best().seconds,
                row.cpu_seconds(),
                row.states_per_second() / 1e6,
                row.bytes_per_state()
            );
            compared.rows.push(row);
        }
        compared.skipped.extend(left_out(known, plan.long));
    }
    Ok(compared)
}

impl Plan {
    fn includes(&self, known: &Known) -> bool {
        let named = self.only.iter().any(|only| only.name == known.name);
        named || (self.only.is_empty() && (self.long || !known.long || is_ours(known)))
    }
}

fn tool_name(tool: Tool) -> &'static str {
    crate::measure::TOOLS.iter().find(|(other, _)| *other == tool).map_or("", |(_, name)| name)
}

/// Whether it is our own election: quorate searches its largest bounds in any case.
fn is_ours(known: &Known) -> bool {
    known.name.starts_with("el-")
}

/// Whether quorate's search of it gains by a second thread. Where nothing is remembered but fingerprints, what is
/// left to do is the model's own work and one thread's bookkeeping.
fn scales(known: &Known) -> bool {
    !known.name.starts_with("2pc-")
}

/// Who searches a subject, by how many threads.
fn contestants(known: &Known, long: bool) -> Vec<(Tool, usize)> {
    let others = long || !known.long;
    let all = [
        Some((Tool::Quorate, 1)),
        scales(known).then_some((Tool::Quorate, 2)),
        known.reduced.map(|_| (Tool::Reduced, 1)),
        others.then_some((Tool::Dfs, 1)),
        (!known.long).then_some((Tool::Bfs, 1)),
        (others && is_ours(known)).then_some((Tool::Spin, 1)),
    ];
    all.into_iter().flatten().collect()
}

/// What of a subject was not measured, in sentences.
fn left_out(known: &Known, long: bool) -> Vec<String> {
    let mut out = Vec::new();
    if !scales(known) {
        out.push(format!(
            "quorate by two threads on {known}: it is not a model of actors, and two are slower."
        ));
    }
    if known.long {
        out.push(format!("stateright BFS on {known}: it needs more memory than most machines have."));
    }
    if known.long && !long {
        out.push(format!("stateright DFS and Spin on {known}: they take minutes; add `--long`."));
    }
    out
}

/// Once a search took so many seconds in all, it is not run again.
const ENOUGH: f64 = 10.0;

/// Runs one search several times, each in a process of its own; the slow ones less often.
fn measure(
    known: &'static Known,
    tool: Tool,
    threads: usize,
    command: &[String],
    runs: usize,
) -> Result<Row, String> {
    let this = env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let mut row = Row { known, tool, threads, runs: Vec::new() };
    for _ in 0..runs.max(1) {
        let run = Command::new(&this).arg("measure").args(command).stderr(Stdio::inherit()).output();
        let run = run.map_err(|error| format!("cannot run {}: {error}", this.display()))?;
        if !run.status.success() {
            return Err(format!("{tool} on {known} failed: {}", run.status));
        }
        let measured: Measured = serde_json::from_slice(&run.stdout)
            .map_err(|error| format!("{tool} on {known} answered something else than figures: {error}"))?;
        check(known, tool, &measured)?;
        row.runs.push(measured);
        if row.runs.iter().map(|run| run.seconds).sum::<f64>() > ENOUGH {
            break;
        }
    }
    row.runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    Ok(row)
}

/// A fast search that finds something else is no search.
pub fn check(known: &Known, tool: Tool, measured: &Measured) -> Result<(), String> {
    let found = (measured.states, measured.transitions);
    let expected = match tool {
        // Reduced, it is the states that are recorded.
        Tool::Reduced => (known.reduced.unwrap_or_default(), measured.transitions),
        Tool::Quorate | Tool::Dfs | Tool::Bfs | Tool::Spin => (known.states, known.transitions),
    };
    if found == expected {
        return Ok(());
    }
    Err(format!(
        "{tool} on {known} found {} states and {} transitions, not {} and {}: one of the checkers is wrong, or \
         the model is not the same",
        found.0, found.1, expected.0, expected.1
    ))
}

/// Spin's verifier of our own election, compiled.
struct Spin {
    pan: PathBuf,
    directory: PathBuf,
}

impl Spin {
    fn prepare(known: &Known) -> Result<Self, String> {
        let Some(terms) = known.name.strip_prefix("el-3-") else {
            return Err("there is no Promela of it".to_owned());
        };
        let directory = env::temp_dir().join(format!("bench-check-{}-{}", std::process::id(), known.name));
        fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
        let spin = Self { pan: directory.join("pan"), directory };
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("election.pml");
        let terms = format!("-DT={terms}");
        spin.step("spin", &[&terms, "-a", &model.display().to_string()])?;
        spin.step("gcc", &["-O3", "-DNOREDUCE", "-DSAFETY", "-w", "-o", "pan", "pan.c"])?;
        Ok(spin)
    }

    fn step(&self, program: &str, args: &[&str]) -> Result<(), String> {
        let run = Command::new(program).args(args).current_dir(&self.directory).output();
        let run = run.map_err(|error| format!("`{program}` cannot be run ({error}); install the package"))?;
        if run.status.success() {
            return Ok(());
        }
        Err(format!("`{program}` failed: {}", String::from_utf8_lossy(&run.stderr).trim()))
    }
}

impl Drop for Spin {
    fn drop(&mut self) {
        // What is left behind in the temporary directory harms nobody.
        let _ = fs::remove_dir_all(&self.directory);
    }
}
