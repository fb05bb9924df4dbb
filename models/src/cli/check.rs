//! `quorate check`: explore models, one or all.

use super::beginning::{self, Beginning};
use super::cluster::Together;
use super::progress::Watch;
use super::target::{self, Changes, Target};
use super::verdict::{Verdict, paragraph};
use super::{Format, Status, Wrong, files, say};
use crate::catalog::{self, Entry, Expect, Suite};
use crate::check::{Bounds, Engine, How, Outcome, Progress, Report, check, check_as, start};
use crate::policy;
use crate::run::{Run, draw::draw};
use crate::world::{Model, World};
use clap::ValueEnum;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// A bundled model, without:RULE, or a .toml or .json file; all bundled models if left out
    model: Option<String>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    search: Search,
    /// Begin with a directed start, or with the choices of a run file, and search from there; without a model in the
    /// one of that start or run
    #[arg(long, value_name = "START|RUN.json")]
    from: Option<String>,
    /// Also the bundled models that take long
    #[arg(long, conflicts_with_all = ["model", "from"])]
    long: bool,
    /// Write the counterexample here, as a run file
    #[arg(long, value_name = "RUN.json")]
    save: Option<PathBuf>,
    /// How to print the verdict; as JSON one object a line for each model
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Args {
    /// Whether nothing but the model is given.
    fn is_plain(&self) -> bool {
        let Search { engine, max_states, together, .. } = &self.search;
        let search = *engine == EngineName::Memoised && max_states.is_none() && together.is_none();
        search
            && !self.search.is_special()
            && self.changes == Changes::default()
            && self.save.is_none()
            && self.from.is_none()
            && self.format == Format::Text
    }
}

/// How to search.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Search")]
struct Search {
    /// Which engine explores
    #[arg(long, value_enum, default_value_t = EngineName::Memoised)]
    engine: EngineName,
    /// Stop after so many states; nothing is proved then
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_states: Option<u64>,
    /// Stop when the search needs more memory, as in 4GiB; nothing is proved then
    #[arg(long, value_name = "BYTES", value_parser = bytes, default_value = "8GiB")]
    max_memory: u64,
    /// Explore with so many threads; the answer is the same with any number
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Write a search that is cut short here, and a long one every five minutes
    #[arg(long, value_name = "FILE", requires = "model")]
    checkpoint: Option<PathBuf>,
    /// Go on with the search in this checkpoint
    #[arg(long, value_name = "FILE", requires = "model")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    together: Together,
}

impl Search {
    /// With every default.
    fn plain() -> Self {
        Self {
            engine: EngineName::Memoised,
            max_states: None,
            max_memory: 8 << 30,
            threads: 1,
            checkpoint: None,
            resume: None,
            together: Together::default(),
        }
    }

    /// That the flags belong to the engine, which begins where it is told.
    fn check(&self, beginning: Option<&Beginning>) -> Result<(), Wrong> {
        if self.engine != EngineName::Timely {
            self.together.refuse()?;
        }
        if self.engine == EngineName::Stateright && beginning.is_some() {
            return Err(Wrong(
                "--from: this engine always begins at the beginning; leave --engine out".into(),
            ));
        }
        if self.is_special() && (beginning.is_some() || self.engine != EngineName::Memoised) {
            return Err(Wrong(
                "--threads, --checkpoint and --resume are for the memoised engine and a model that is explored \
                 from its first state on; leave them out here"
                    .into(),
            ));
        }
        Ok(())
    }

    fn how(&self) -> How {
        let engine = match self.engine {
            EngineName::Memoised | EngineName::Timely => Engine::Memoised,
            EngineName::Stateright => Engine::Stateright,
        };
        How {
            engine,
            bounds: Bounds { states: self.max_states, bytes: Some(self.max_memory) },
            threads: self.threads.into(),
            checkpoint: self.checkpoint.clone(),
            resume: self.resume.clone(),
        }
    }

    /// Whether it asks for something that only a memoised search from the first state on can do.
    fn is_special(&self) -> bool {
        self.threads > 1 || self.checkpoint.is_some() || self.resume.is_some()
    }
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum EngineName {
    /// Each pure step is computed once and remembered
    Memoised,
    /// The reference: stateright's breadth-first search on the same world
    Stateright,
    /// Over threads, processes and machines: states are owned by fingerprint and travel by timely dataflow
    Timely,
}

/// `4GiB`, `500MB`, `1000000`.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 7] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("", 1),
    ];
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let factor =
        UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim())).map(|(_, factor)| *factor);
    let bytes =
        number.parse().ok().zip(factor).and_then(|(number, factor): (u64, u64)| number.checked_mul(factor));
    bytes
        .filter(|bytes| *bytes >= 1 << 20)
        .ok_or_else(|| "give a number and a unit, at least 1MiB, as in 4GiB".into())
}

pub(super) fn run(args: &Args) -> Result<Status, Wrong> {
    match args.model.as_deref() {
        Some("policy-switch") if !args.is_plain() => {
            Err(Wrong("policy-switch is a table of small models of its own; it takes no flags".into()))
        }
        Some("policy-switch") => Ok(policy_switch()),
        Some(name) => one(name, target::find(name)?, args),
        None if args.from.is_some() => from(args),
        None if args.save.is_some() => Err(Wrong(
            "--save: a run file is of one model; name it, as in `quorate check without:wait-for-leases --save RUN.json`"
                .into(),
        )),
        None if args.changes != Changes::default() => Err(Wrong(
            "the bounds belong to one model; name it, as in `quorate check election --crashes 1`".into(),
        )),
        None => every(args),
    }
}

/// The model of a start or of a run, explored from there.
fn from(args: &Args) -> Result<Status, Wrong> {
    let name = args.from.as_deref().unwrap_or_default();
    let model = beginning::find(name)?.model;
    one(name, model.into(), args)
}

fn one(name: &str, target: Target, args: &Args) -> Result<Status, Wrong> {
    let Target { mut model, beginning: usual, expected, note } = target;
    args.changes.apply(&mut model)?;
    let plain = args.changes == Changes::default() && args.from.is_none();
    let expected = expected.filter(|_| plain);
    let world = World::new(model).map_err(|error| Wrong(format!("{name}: {error}")))?;
    // A deep violation is looked for from a given beginning on, if nobody asks for another search.
    let given = args.from.as_deref().map(beginning::find).transpose()?;
    let beginning = given.or(usual.filter(|_| plain && args.search.engine != EngineName::Stateright));
    let explored = explore(&world, &args.search, beginning.as_ref(), expected)?;
    let Some(Explored { report, time, shared }) = explored else { return Ok(Status::CutShort) };
    let run = counterexample(&world, &report)?;
    let mut saved = None;
    if let (Some(run), Some(path)) = (&run, &args.save) {
        files::write(path, &run.to_text())?;
        saved = Some(path.display().to_string());
    }
    let beginning = beginning.as_ref().map(|beginning| (&*beginning.name, beginning.choices.len()));
    let verdict = Verdict { model: &world.model, report: &report, time, run: saved, beginning };
    match args.format {
        Format::Json => say(format_args!("{}\n", verdict.json())),
        Format::Text => {
            say(story(&verdict, shared.as_deref(), run.as_ref())?);
            if let Some(note) = note.filter(|_| plain) {
                say(paragraph("but", &note));
            }
        }
    }
    Ok(verdict.status())
}

/// The verdict, how the work was shared, and the counterexample drawn.
fn story(verdict: &Verdict<'_>, shared: Option<&str>, run: Option<&Run>) -> Result<String, Wrong> {
    let mut text = verdict.text();
    text += &shared.map_or(String::new(), |shared| paragraph("shared", shared));
    if let Some(run) = run {
        text += "\n";
        text += &draw(run, &run.replay()?);
        if let Some(path) = &verdict.run {
            let _ = writeln!(text, "\n  written to {path}; `quorate replay {path}` makes it happen again");
        }
    }
    Ok(text)
}

/// The run that leads to the violation, if there is one. It is replayed without reductions before it is shown.
pub(super) fn counterexample(world: &World, report: &Report) -> Result<Option<Run>, Wrong> {
    match &report.outcome {
        Outcome::Violated { broken, path } => Ok(Some(Run::record(world, path, &broken.to_string())?)),
        Outcome::Proved | Outcome::Incomplete(_) => Ok(None),
    }
}

/// What came of exploring a model.
struct Explored {
    report: Report,
    time: Duration,
    /// How the work was shared, if it was.
    shared: Option<String>,
}

/// Explores `world` as the flags say; `None` if no engine got to a verdict, and it was said why.
fn explore(
    world: &World,
    search: &Search,
    beginning: Option<&Beginning>,
    expected: Option<u64>,
) -> Result<Option<Explored>, Wrong> {
    search.check(beginning)?;
    let how = search.how();
    let mut watch = Watch::new(&world.model.name, expected);
    let mut see = |progress: &Progress| watch.see(progress);
    let (report, shared) = match (search.engine, beginning) {
        (EngineName::Timely, _) => {
            let choices = beginning.map_or(&[][..], |beginning| &beginning.choices);
            let explored = search.together.explore(world, choices, how.bounds, &mut watch)?;
            let Some((report, shared)) = explored else { return Ok(None) };
            (report, Some(shared))
        }
        (EngineName::Memoised | EngineName::Stateright, None) => {
            let report = check_as(world, &how, &mut see);
            (report.map_err(|error| Wrong(checkpoint_error(search, &error.to_string())))?, None)
        }
        (EngineName::Memoised | EngineName::Stateright, Some(Beginning { name, choices, .. })) => {
            let report = start::explore(world, choices, how.bounds, &mut see);
            (report.map_err(|error| Wrong(format!("--from {name}: {error}")))?, None)
        }
    };
    Ok(Some(Explored { report, time: watch.end(), shared }))
}

/// Which file an error of a checkpoint speaks of.
fn checkpoint_error(search: &Search, error: &str) -> String {
    let file = search.resume.as_ref().or(search.checkpoint.as_ref());
    file.map_or_else(|| error.to_owned(), |file| format!("{}: {error}", file.display()))
}

/// Every bundled model: each must come out as it is known to.
fn every(args: &Args) -> Result<Status, Wrong> {
    let suite = if args.long { Suite::Long } else { Suite::Tests };
    if args.format == Format::Text {
        say(Verdict::head());
    }
    let mut worst = Status::Expected;
    for entry in catalog::all().filter(|entry| entry.suite <= suite) {
        let status = bundled(entry, &args.search, |verdict| match args.format {
            Format::Json => say(format_args!("{}\n", verdict.json())),
            Format::Text => say(verdict.row()),
        })?;
        worst = worst.max(status);
        if status == Status::CutShort && args.search.max_states.is_none() {
            break;
        }
    }
    if args.format == Format::Text {
        say("\n");
        worst = worst.max(policy_switch());
    }
    Ok(worst)
}

/// One bundled model, told by `tell`: whether it came out as it is known to.
fn bundled(entry: &Entry, search: &Search, tell: impl FnOnce(&Verdict<'_>)) -> Result<Status, Wrong> {
    let world = World::new(entry.model())?;
    let explored = explore(&world, search, None, Some(entry.floor))?;
    let Some(Explored { report, time, .. }) = explored else { return Ok(Status::CutShort) };
    tell(&Verdict { model: &world.model, report: &report, time, run: None, beginning: None });
    Ok(judge(entry, &report))
}

/// Whether a bundled model came out as it is known to.
pub(super) fn judge(entry: &Entry, report: &Report) -> Status {
    match (&report.outcome, entry.expect) {
        (Outcome::Proved, Expect::Holds) if report.progress.states >= entry.floor => Status::Expected,
        (Outcome::Violated { broken, path }, Expect::Broken(invariant, steps))
            if broken.invariant == invariant && path.len() == steps =>
        {
            Status::Expected
        }
        (Outcome::Incomplete(_), _) => Status::CutShort,
        (Outcome::Proved | Outcome::Violated { .. }, _) => Status::Violated,
    }
}

/// One model of the tour.
pub(super) fn toured(entry: &Entry) -> Result<Status, Wrong> {
    bundled(entry, &Search::plain(), |verdict| say(verdict.row()))
}

/// The orders of changing a durability policy.
pub(super) fn policy_switch() -> Status {
    let table = policy::table();
    say(&table);
    if table.is_as_expected() { Status::Expected } else { Status::Violated }
}

/// The shortest counterexample of a model, drawn.
pub(super) fn drawn(model: Model) -> Result<Option<String>, Wrong> {
    let world = World::new(model)?;
    let report = check(&world, Engine::Memoised, Bounds::default(), &mut |_| true);
    let run = counterexample(&world, &report)?;
    run.map(|run| Ok(draw(&run, &run.replay()?))).transpose()
}
