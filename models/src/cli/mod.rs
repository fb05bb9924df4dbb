//! The command line: every verb in one file, all of them thin. What they print is made in the rooms they show.
//!
//! | exit status | meaning |
//! |---|---|
//! | 0 | everything as expected |
//! | 1 | an invariant is violated, or an expected violation was not found |
//! | 2 | bad usage or bad input: what, where, and what to do |
//! | 3 | cut short before everything was explored: nothing is proved |

mod beginning;
mod check;
mod cluster;
mod files;
mod induct;
mod live;
mod matrix;
mod plan;
mod play;
mod progress;
mod rules;
mod runs;
mod target;
mod tour;
mod verdict;

use clap::{Parser, Subcommand, ValueEnum};
use std::fmt;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// Decides who may write, and what may be called committed, when machines fail – and proves it.
///
/// Without a command: checks the default models with progress, then shows an unsafe one.
#[derive(Parser, Debug)]
#[command(name = "quorate", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Explore a model exhaustively: a bundled one, a model or run file (.json), or your cluster (.toml)
    Check(check::Args),
    /// Say what a cluster survives, what it may lose, how long it is away, and what to change
    Plan(plan::Args),
    /// Prove invariants by induction: every state that satisfies them, one step of the code, and they hold again
    Induct(induct::Args),
    /// What must happen: a primary serves and stays, on every connectivity graph or in every fair way
    Live(live::Args),
    /// List the named rules, or show one and what breaks without it
    Rules(rules::Args),
    /// Make a run happen again and judge every state
    Replay(runs::ReplayArgs),
    /// Draw a run
    Show(runs::ShowArgs),
    /// Write a run as a Rust test, a Mermaid diagram or an ITF trace
    Export(runs::ExportArgs),
    /// Serve the playground to this machine: the same code in the browser
    Play(play::Args),
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Status {
    Expected = 0,
    Violated = 1,
    Usage = 2,
    CutShort = 3,
}

/// How to print an answer.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// What is wrong with the usage or the input: what, where, and what to do.
#[derive(Debug)]
struct Wrong(String);

impl<E: std::error::Error> From<E> for Wrong {
    fn from(error: E) -> Self {
        Wrong(error.to_string())
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        None => tour::run(),
        Some(Verb::Check(args)) => check::run(&args),
        Some(Verb::Live(args)) => live::run(&args),
        Some(Verb::Plan(args)) => plan::run(&args),
        Some(Verb::Induct(args)) => induct::run(&args),
        Some(Verb::Rules(args)) => rules::run(&args),
        Some(Verb::Replay(args)) => runs::replay(&args),
        Some(Verb::Show(args)) => runs::show(&args),
        Some(Verb::Export(args)) => runs::export(&args),
        Some(Verb::Play(args)) => play::run(&args),
    };
    let status = outcome.unwrap_or_else(|Wrong(what)| {
        warn(format_args!("error: {what}\n"));
        Status::Usage
    });
    let unsaid = UNSAID.load(Ordering::Relaxed) && status == Status::Expected;
    ExitCode::from(if unsaid { Status::Usage } else { status } as u8)
}

/// Set when something could not be printed.
static UNSAID: AtomicBool = AtomicBool::new(false);

/// Prints to standard output. Whoever reads it may stop reading: that is no error, and what is not read need not be
/// found out. Any other failure is one, and no verdict is lost by it: a violation still ends with its own status.
fn say(text: impl fmt::Display) {
    let mut out = std::io::stdout().lock();
    match write!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => progress::interrupt(),
        Err(error) => {
            if !UNSAID.swap(true, Ordering::Relaxed) {
                warn(format_args!("error: standard output: {error}\n"));
            }
        }
    }
}

/// Prints to standard error. If that fails as well, nobody can be told.
fn warn(text: impl fmt::Display) {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}
