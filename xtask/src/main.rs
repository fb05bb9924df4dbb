//! What a developer of quorate runs. `cargo xtask test` passes every test of the project.
//!
//! A step is a command; the first that fails ends the whole. What cannot run on this machine is skipped with its
//! reason. Some steps are passed beside others, so that both processors have something to do.

mod bench;
mod bench_check;
mod fuzz;
mod mutants;
mod prove;
mod rule_cost;
mod www;

use std::env;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::Instant;

/// One step: what it is for, and the command.
struct Step {
    what: &'static str,
    command: &'static [&'static str],
    /// Environment.
    set: &'static [(&'static str, &'static str)],
    /// What a machine may lack for it. It is skipped then.
    needs: Option<Tool>,
}

/// A tool that need not be there.
struct Tool {
    /// A command that works if it is.
    probe: &'static [&'static str],
    /// How to get it.
    install: &'static str,
}

const fn step(what: &'static str, command: &'static [&'static str]) -> Step {
    Step { what, command, set: &[], needs: None }
}

const FUZZ: Tool =
    Tool { probe: &["cargo", "fuzz", "--version"], install: "cargo install cargo-fuzz --locked" };
const DENY: Tool =
    Tool { probe: &["cargo", "deny", "--version"], install: "cargo install cargo-deny --locked" };
/// The oldest Node that the tools of the playground take.
const NODE: Tool = Tool {
    probe: &[
        "node",
        "-e",
        "const [a, b] = process.versions.node.split('.').map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)",
    ],
    install: "Node 20.19 or newer, with npm",
};
/// The browser of the tests; another one by its path in `CHROMIUM`.
const BROWSER: Tool = Tool {
    probe: &["sh", "-c", "command -v node && \"${CHROMIUM:-chromium}\" --version"],
    install: "apt-get install chromium",
};
/// `rust-version` in `Cargo.toml`.
const OLDEST: Tool = Tool {
    probe: &["rustup", "run", "1.88.0", "rustc", "--version"],
    install: "rustup toolchain install 1.88.0 --profile minimal",
};

const WASM: &str = "wasm32-unknown-unknown";

/// What is passed first.
const FIRST: &[Step] = &[
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
        needs: None,
    },
    Step {
        set: &[("RUSTFLAGS", "-D warnings")],
        ..step(
            "the core for the browser, without the standard library",
            &["cargo", "check", "-p", "quorate", "--target", WASM, "--locked"],
        )
    },
    // Little of it is new after the step that follows, so what counts is the time to build.
    step("the core as users get it", &["cargo", "test", "-p", "quorate", "--profile", "dev", "--locked"]),
    step("the core with every feature", &["cargo", "test", "-p", "quorate", "--all-features", "--locked"]),
    // In one build. With the distributed engine: processes on one machine agree with the memoised engine.
    step(
        "all the rest: every bundled model is explored, the fuzzers' corpus passes",
        &[
            "cargo",
            "test",
            "--workspace",
            "--exclude",
            "quorate",
            "--features",
            "quorate-models/timely",
            "--locked",
        ],
    ),
];

/// Then this. Much of it keeps one processor busy,
const PLAYGROUND: &[Step] = &[
    Step {
        needs: Some(NODE),
        ..step("the playground: types, and tests on the module", &["cargo", "xtask", "www", "test"])
    },
    Step {
        needs: Some(NODE),
        ..step("the committed playground is what the sources give", &["cargo", "xtask", "dist", "--check"])
    },
    Step {
        needs: Some(BROWSER),
        // The one that the tests of the command line have built: a release would be one build more.
        set: &[("QUORATE_BINARY", "../target/debug/quorate")],
        ..step("the playground in a browser", &["cargo", "xtask", "www", "browser"])
    },
];

/// and this is passed beside it: its builds have folders of their own.
const BESIDE: &[Step] = &[
    step(
        "the proof of election and commit for any number of nodes, epochs and entries",
        &["cargo", "xtask", "prove", "--optional"],
    ),
    step("the named rules cost nothing", &["cargo", "xtask", "rule-cost"]),
    Step {
        needs: Some(FUZZ),
        ..step("the fuzzer, briefly", &["cargo", "xtask", "fuzz", "--seconds", "10", "--seed", "1"])
    },
    Step {
        needs: Some(OLDEST),
        ..step(
            "the oldest Rust that is promised",
            &[
                "rustup",
                "run",
                "1.88.0",
                "cargo",
                "check",
                "-p",
                "quorate",
                "-p",
                "quorate-models",
                "--all-features",
                "--locked",
                "--target-dir",
                "target/oldest",
            ],
        )
    },
    Step {
        needs: Some(DENY),
        ..step(
            "licences, bans and sources of what is depended on",
            &["cargo", "deny", "--workspace", "check", "bans", "licenses", "sources"],
        )
    },
    step(
        "what is published builds from its package",
        &[
            "cargo",
            "package",
            "-p",
            "quorate",
            "-p",
            "quorate-models",
            "-p",
            "quorate-play",
            "--locked",
            "--allow-dirty",
        ],
    ),
];

const HELP: &str = "\
cargo xtask test          everything: form, lints, documentation, browser builds, tests, models
cargo xtask prove         the unbounded proof of election and commit, by two solvers
cargo xtask bench         the core beside its peers: commits, heartbeats, failover, memory
cargo xtask rule-cost     the named rules cost nothing, by count of instructions
cargo xtask bench-check   quorate's search beside stateright and Spin, on the same models
cargo xtask fuzz          every fuzz target for a minute, or --seconds N
cargo xtask mutants       the core with one small change at a time: hours, or --file GLOB
cargo xtask www           serve the sources of the playground; `test` and `browser` test it
cargo xtask dist          make www/dist; with --check, see whether it is what the sources give
cargo xtask screenshots   pictures of the playground
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("test") => test(),
        Some("prove") => prove::main(&arguments[1..]),
        Some("bench") => bench::main(&arguments[1..]),
        Some("rule-cost") => rule_cost::main(),
        Some("bench-check") => bench_check::main(&arguments[1..]),
        Some("fuzz") => fuzz::main(&arguments[1..]),
        Some("mutants") => mutants::main(&arguments[1..]),
        Some("www") => www::main(&arguments[1..]),
        Some("dist") => www::dist(&arguments[1..]),
        Some("screenshots") => www::screenshots(&arguments[1..]),
        Some(_) | None => {
            eprint!("{HELP}");
            ExitCode::from(2)
        }
    }
}

impl Step {
    fn command(&self) -> Command {
        // This very binary, without cargo: what is passed beside others would wait for their builds.
        let (mut command, arguments) = match (self.command, env::current_exe()) {
            (["cargo", "xtask", rest @ ..], Ok(me)) => (Command::new(me), rest),
            (words, _) => (Command::new(words[0]), &words[1..]),
        };
        command.args(arguments).envs(self.set.iter().copied());
        command
    }
}

impl Tool {
    fn is_there(&self) -> bool {
        let mut probe = Command::new(self.probe[0]);
        let quiet = probe.args(&self.probe[1..]).stdout(Stdio::null()).stderr(Stdio::null());
        quiet.status().is_ok_and(|status| status.success())
    }
}

/// What some steps came to: those that were skipped, or the one that failed.
type Passed = Result<Vec<&'static str>, String>;

/// Whether what a step prints is shown as it comes, or when the step is over.
#[derive(Clone, Copy)]
enum Shown {
    AtOnce,
    Afterwards,
}

/// Everything.
fn test() -> ExitCode {
    let begun = Instant::now();
    match pass_all() {
        Ok(skipped) => {
            let all = FIRST.len() + PLAYGROUND.len() + BESIDE.len();
            let passed = all - skipped.len();
            println!("\n{passed} of {all} steps passed in {:.0} s", begun.elapsed().as_secs_f64());
            for what in skipped {
                println!("skipped: {what}");
            }
            ExitCode::SUCCESS
        }
        Err(failed) => {
            eprintln!("\nfailed: {failed}");
            ExitCode::FAILURE
        }
    }
}

fn pass_all() -> Passed {
    let mut skipped = pass(FIRST, Shown::AtOnce)?;
    let (playground, beside) = thread::scope(|scope| {
        let beside = scope.spawn(|| pass(BESIDE, Shown::Afterwards));
        (pass(PLAYGROUND, Shown::AtOnce), beside.join().unwrap_or(Err("a step has panicked".into())))
    });
    skipped.extend(playground?);
    skipped.extend(beside?);
    Ok(skipped)
}

/// Passes one step after the other; the first that fails is the last.
fn pass(steps: &[Step], shown: Shown) -> Passed {
    let mut skipped = Vec::new();
    for step in steps {
        let title = format!("\n── {}: {}", step.what, step.command.join(" "));
        if let Some(missing) = step.needs.as_ref().filter(|tool| !tool.is_there()) {
            println!("{title}\n── skipped: it needs `{}`", missing.install);
            skipped.push(step.what);
            continue;
        }
        let mut command = step.command();
        let started = Instant::now();
        let passed = match shown {
            Shown::AtOnce => {
                println!("{title}");
                command.status().is_ok_and(|status| status.success())
            }
            Shown::Afterwards => {
                let output = command.stdin(Stdio::null()).output();
                let said = output.as_ref().map_or_else(ToString::to_string, |output| {
                    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                    text(&output.stdout) + &text(&output.stderr)
                });
                println!("{title}\n{said}");
                output.is_ok_and(|output| output.status.success())
            }
        };
        if !passed {
            return Err(format!("{}: {}", step.what, step.command.join(" ")));
        }
        println!("── {}: done in {:.0} s", step.what, started.elapsed().as_secs_f64());
    }
    Ok(skipped)
}
