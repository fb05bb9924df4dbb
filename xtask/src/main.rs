//! What a developer of quorate runs. `cargo xtask test` passes every test of the project.
//!
//! A step is a command; the first that fails ends the whole. What cannot run on this machine is skipped with its
//! reason.

mod bench;
mod bench_check;
mod prove;
mod rule_cost;

use std::env;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// One step: what it is for, and the command.
struct Step {
    what: &'static str,
    command: &'static [&'static str],
    /// Environment.
    set: &'static [(&'static str, &'static str)],
}

const fn step(what: &'static str, command: &'static [&'static str]) -> Step {
    Step { what, command, set: &[] }
}

const TEST: &[Step] = &[
    step("the form of the code", &["cargo", "fmt", "--all", "--check"]),
    step("lints", &["cargo", "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]),
    step(
        "lints with every feature",
        &[
            "cargo",
            "clippy",
            "-p",
            "quorate",
            "--all-targets",
            "--all-features",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    ),
    Step {
        what: "documentation",
        command: &["cargo", "doc", "--workspace", "--no-deps", "--all-features", "--locked"],
        set: &[("RUSTDOCFLAGS", "-D warnings")],
    },
    step(
        "the core for the browser, without the standard library",
        &[
            "cargo",
            "rustc",
            "-p",
            "quorate",
            "--target",
            "wasm32-unknown-unknown",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    ),
    step(
        "the models for the browser",
        &[
            "cargo",
            "rustc",
            "-p",
            "quorate-models",
            "--lib",
            "--target",
            "wasm32-unknown-unknown",
            "--locked",
            "--",
            "-D",
            "warnings",
        ],
    ),
    step("the tools of the project", &["cargo", "test", "-p", "xtask", "--locked"]),
    step("the core as users get it", &["cargo", "test", "-p", "quorate", "--locked"]),
    step("the core with every feature", &["cargo", "test", "-p", "quorate", "--all-features", "--locked"]),
    step(
        "the models: every bundled model is explored",
        &["cargo", "test", "-p", "quorate-models", "--locked"],
    ),
    step(
        "the distributed engine: processes on one machine agree with the memoised engine",
        &["cargo", "test", "-p", "quorate-models", "--features", "timely", "--test", "timely", "--locked"],
    ),
    step(
        "the proof of election and commit for any number of nodes, epochs and entries",
        &["cargo", "xtask", "prove", "--optional"],
    ),
    step("the named rules cost nothing", &["cargo", "xtask", "rule-cost"]),
    step(
        "the bench: stateright's examples have the same states for every checker",
        &["cargo", "test", "-p", "bench-check", "--locked"],
    ),
];

const HELP: &str = "\
cargo xtask test          everything: form, lints, documentation, browser builds, tests, models
cargo xtask prove         the unbounded proof of election and commit, by two solvers
cargo xtask bench         the core beside its peers: commits, heartbeats, failover, memory
cargo xtask rule-cost     the named rules cost nothing, by count of instructions
cargo xtask bench-check   quorate's search beside stateright and Spin, on the same models
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("test") => run(TEST),
        Some("prove") => prove::main(&arguments[1..]),
        Some("bench") => bench::main(&arguments[1..]),
        Some("rule-cost") => rule_cost::main(),
        Some("bench-check") => bench_check::main(&arguments[1..]),
        Some(_) | None => {
            eprint!("{HELP}");
            ExitCode::from(2)
        }
    }
}

fn run(steps: &[Step]) -> ExitCode {
    let begun = Instant::now();
    for (number, step) in (1..).zip(steps) {
        println!("\n── {number}/{} {}: {}", steps.len(), step.what, step.command.join(" "));
        let mut command = Command::new(step.command[0]);
        command.args(&step.command[1..]).envs(step.set.iter().copied());
        let started = Instant::now();
        let passed = command.status().is_ok_and(|status| status.success());
        if !passed {
            eprintln!("\nfailed: {}: {}", step.what, step.command.join(" "));
            return ExitCode::FAILURE;
        }
        println!("── done in {:.0} s", started.elapsed().as_secs_f64());
    }
    println!("\nall {} steps passed in {:.0} s", steps.len(), begun.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}
