//! `cargo xtask bench-check`: the checkers side by side.

use std::process::{Command, ExitCode};

/// Builds the bench as users build what they run, and runs it.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let mut command = Command::new("cargo");
    command.args(["run", "--release", "--locked", "-p", "bench-check", "--"]).args(arguments);
    match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: cannot run cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
