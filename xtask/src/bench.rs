//! `cargo xtask bench`: the core beside its peers.

use std::process::{Command, ExitCode};

/// Builds the bench, a crate outside the workspace, and runs it.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches");
    let cargo = |words: &[&str], more: &[String]| {
        let status = Command::new("cargo").args(words).args(more).current_dir(directory).status();
        status.is_ok_and(|status| status.success())
    };
    // The binary that counts allocations is run by the other one.
    let built = cargo(&["build", "--release", "--locked", "--bins"], &[]);
    let ran = built && cargo(&["run", "--release", "--locked", "--"], arguments);
    if ran { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
