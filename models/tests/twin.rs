//! The native and the `wasm32` build write the same random runs, byte for byte.
//!
//! The module is built by the cargo that runs this test, into a folder of its own, and called by Node. Without Node
//! or without the target the comparison is skipped, and says so even where the output of tests is captured.

use quorate_models::twin;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const RUNS: u32 = 1_000;
const TARGET: &str = "wasm32-unknown-unknown";

#[test]
fn native_and_wasm_write_the_same_runs() {
    let node = missing().map_or_else(|| Ok(spawn_node(&build())), Err);
    let native = twin::transcript(0..RUNS.into());
    goes_somewhere(&native);
    match node {
        Ok(node) => {
            let output = node.wait_with_output().expect("Node was started");
            assert!(output.status.success(), "Node: {}", output.status);
            if let Some(difference) = difference(&native, &output.stdout) {
                panic!("the two differ {difference}");
            }
        }
        Err(why) => {
            let _ = writeln!(io::stderr(), "skipped: native and wasm are not compared, because {why}");
        }
    }
}

/// What is missing for the comparison, if anything is.
fn missing() -> Option<&'static str> {
    let node = Command::new("node").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !node.is_ok_and(|status| status.success()) {
        return Some("there is no Node; install it to compare");
    }
    let rustc = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    let libraries = rustc.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    let there = libraries.is_some_and(|path| Path::new(String::from_utf8_lossy(&path).trim()).is_dir());
    (!there).then_some("the target is not installed; `rustup target add wasm32-unknown-unknown` installs it")
}

/// Builds the module. A folder of its own, because cargo holds the usual one while it runs tests.
fn build() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("twin");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--package", "quorate-twin", "--target", TARGET])
        .args(["--config", "profile.release.debug=false", "--config", "profile.release.lto=false"])
        .arg("--target-dir")
        .arg(&folder)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.is_ok_and(|status| status.success()), "quorate-twin does not build for {TARGET}");
    folder.join(TARGET).join("release/quorate_twin.wasm")
}

fn spawn_node(module: &Path) -> std::process::Child {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/twin.mjs");
    let mut node = Command::new("node");
    node.arg(script).arg(module).args(["0", &RUNS.to_string()]).stdout(Stdio::piped());
    node.spawn().expect("Node has just told its version")
}

/// The first line in which the two differ; `None` if there is none.
fn difference(native: &str, wasm: &[u8]) -> Option<String> {
    if native.as_bytes() == wasm {
        return None;
    }
    let wasm = String::from_utf8_lossy(wasm);
    let (mut ours, mut theirs) = (native.lines(), wasm.lines());
    let mut run = "";
    loop {
        match (ours.next(), theirs.next()) {
            (Some(one), Some(other)) if one == other => {
                run = if one.starts_with("seed ") { one } else { run }
            }
            (one, other) => return Some(format!("in the run of {run}\nnative {one:?}\nwasm   {other:?}")),
        }
    }
}

#[test]
fn a_difference_is_found() {
    let run = twin::transcript(0..2);
    assert_eq!(difference(&run, run.as_bytes()), None);
    let other = run.replacen("\n10 ", "\n11 ", 1);
    assert!(difference(&run, other.as_bytes()).is_some_and(|text| text.contains("\nwasm   Some(\"11 ")));
    assert!(difference(&run, &run.as_bytes()[..100]).is_some());
}

/// Runs in which nothing happens would be the same everywhere.
fn goes_somewhere(text: &str) {
    let runs = text.lines().filter(|line| line.starts_with("seed ")).count();
    assert_eq!(runs, RUNS as usize);
    let (mut steps, mut acknowledged) = (0, 0);
    for line in text.lines() {
        steps += usize::from(line.starts_with(|first: char| first.is_ascii_digit()));
        acknowledged += usize::from(line.starts_with("History ") && !line.contains(" acked: 0,"));
    }
    assert!(steps >= 110_000, "only {steps} steps");
    assert!(acknowledged >= 300, "a write was acknowledged in only {acknowledged} of {runs} runs");
    let happenings = [
        " crashes ",
        " flush fails ",
        " lost: ",
        " doubled: ",
        " partition ",
        " pauses ",
        " time: ",
        " doubts its clock ",
        " lease read at ",
        " quorum read at ",
        " fences ",
        " reaches the resource ",
        " switchover ",
        " accepting loss ",
        " changes to settings ",
        " snapshot ",
        " append ",
        " beat-ack ",
    ];
    for what in happenings {
        assert!(text.contains(what), "nowhere in {RUNS} runs:{what}");
    }
}
