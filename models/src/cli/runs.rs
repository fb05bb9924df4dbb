//! `quorate replay`, `show` and `export`: what to do with a run file.

use super::{Status, Wrong, files, say};
use crate::invariant::Invariant;
use crate::run::export::{Format, export as write_as};
use crate::run::{Run, draw::draw};
use clap::ValueEnum;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(super) struct ReplayArgs {
    /// The run file
    run: PathBuf,
}

#[derive(clap::Args, Debug)]
pub(super) struct ShowArgs {
    /// The run file
    run: PathBuf,
}

#[derive(clap::Args, Debug)]
pub(super) struct ExportArgs {
    /// The run file
    run: PathBuf,
    /// What to write it as
    #[arg(long = "as", value_enum)]
    format: FormatName,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
enum FormatName {
    /// A Rust test that depends on quorate-models
    RustTest,
    /// A Mermaid sequence diagram
    Mermaid,
    /// A trace in the informal trace format
    Itf,
}

fn load(path: &Path) -> Result<Run, Wrong> {
    of(path, Run::parse(&files::read(path)?))
}

/// An error of a run names its file.
fn of<T, E: std::fmt::Display>(path: &Path, result: Result<T, E>) -> Result<T, Wrong> {
    result.map_err(|error| Wrong(format!("{}: {error}", path.display())))
}

pub(super) fn replay(args: &ReplayArgs) -> Result<Status, Wrong> {
    let run = load(&args.run)?;
    let replay = of(&args.run, run.replay())?;
    let steps = replay.choices.len();
    if let Some(broken) = &replay.broken {
        say(format_args!("{}: {steps} steps, VIOLATED {broken}\n", run.model.name));
        if replay.unused > 0 {
            say(format_args!("  {} choices after the violation were not replayed\n", replay.unused));
        }
        Ok(Status::Violated)
    } else if Invariant::ALL.iter().any(|it| run.note.starts_with(&format!("{it}: "))) {
        say(format_args!("{}: {steps} steps, but not the violation that its note names\n", run.model.name));
        Ok(Status::Violated)
    } else {
        say(format_args!("{}: {steps} steps, every invariant holds in every state\n", run.model.name));
        Ok(Status::Expected)
    }
}

pub(super) fn show(args: &ShowArgs) -> Result<Status, Wrong> {
    let run = load(&args.run)?;
    let replay = of(&args.run, run.replay())?;
    say(draw(&run, &replay));
    Ok(Status::Expected)
}

pub(super) fn export(args: &ExportArgs) -> Result<Status, Wrong> {
    let run = load(&args.run)?;
    let format = match args.format {
        FormatName::RustTest => Format::RustTest,
        FormatName::Mermaid => Format::Mermaid,
        FormatName::Itf => Format::Itf,
    };
    say(of(&args.run, write_as(&run, format))?);
    Ok(Status::Expected)
}
