//! The command line as its users see it: output, exit status, errors, files.

use quorate_models::catalog::{self, Expect, Suite};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

fn quorate(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quorate")).args(args).output().expect("the binary runs")
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A directory of this test alone.
fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The command fails with status 2, says all of this, and prints nothing else.
fn refused(args: &[&str], says: &[&str]) {
    let output = quorate(args);
    let said = error(&output);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    for part in says {
        assert!(said.contains(part), "{args:?}: \"{part}\" is missing in: {said}");
    }
    assert_eq!(text(&output), "", "{args:?}");
    assert!(!said.contains("panicked"), "{args:?}: {said}");
}

#[test]
fn check_prints_one_object_of_the_documented_shape() {
    let output = quorate(&["check", "config-swap-all", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert_eq!(error(&output), "", "nothing odd in a pipe");
    let json: Value = serde_json::from_str(&text(&output)).unwrap();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 7, "{keys:?}");
    assert_eq!(json["model"], "config-swap-all");
    assert_eq!(json["scope"]["epochs"], 2);
    assert_eq!(json["engine"], "memoised");
    assert!(json["states"].as_u64().unwrap() >= 1_000);
    assert!(json["depth"].as_u64().unwrap() > 10);
    assert!(json["seconds"].is_f64());
    for verdict in json["verdicts"].as_array().unwrap() {
        assert_eq!(verdict["verdict"], "holds");
        assert_eq!(verdict["exhausted"], true);
        assert_eq!((&verdict["steps"], &verdict["run"]), (&Value::Null, &Value::Null));
    }
}

#[test]
fn a_violation_is_drawn_saved_replayed_and_exported() {
    let dir = scratch("violation");
    let path = dir.join("run.json");
    let run = path.to_str().unwrap();
    let args = ["check", "lease-2-4-past", "--save", run, "--format", "json"];
    let output = quorate(&args);
    assert_eq!(output.status.code(), Some(1));
    let json: Value = serde_json::from_str(&text(&output)).unwrap();
    let violated: Vec<&Value> =
        json["verdicts"].as_array().unwrap().iter().filter(|v| v["verdict"] == "violated").collect();
    assert_eq!(violated.len(), 1);
    assert_eq!(violated[0]["invariant"], "lease-exclusion");
    assert_eq!(violated[0]["steps"], 11);
    assert_eq!(violated[0]["run"], run);

    let output = quorate(&["replay", run]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("11 steps, VIOLATED lease-exclusion"), "{}", text(&output));

    let output = quorate(&["show", run]);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output).contains("✗ lease-exclusion"), "{}", text(&output));

    let output = quorate(&["export", run, "--as", "mermaid"]);
    assert!(text(&output).starts_with("sequenceDiagram\n    participant n0\n"), "{}", text(&output));
    let output = quorate(&["export", run, "--as", "itf"]);
    let itf: Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(itf["states"].as_array().unwrap().len(), 12);
    let output = quorate(&["export", run, "--as", "rust-test"]);
    let golden = include_str!("exported.rs").split_once("\n\n").unwrap().1;
    if env::var_os("QUORATE_BLESS").is_some() {
        let head = include_str!("exported.rs").split_once("\n\n").unwrap().0;
        fs::write(
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/exported.rs"),
            format!("{head}\n\n{}", text(&output)),
        )
        .unwrap();
    } else {
        assert_eq!(text(&output), golden, "run the test again with QUORATE_BLESS=1");
    }
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "only the run was written");
}

#[test]
fn a_bound_that_is_reached_proves_nothing() {
    let output = quorate(&["check", "election", "--max-states", "10000"]);
    assert_eq!(output.status.code(), Some(3), "{}", error(&output));
    assert!(text(&output).contains("NOT PROVED"), "{}", text(&output));
    let output = quorate(&["check", "election", "--max-states", "10000", "--format", "json"]);
    let json: Value = serde_json::from_str(&text(&output)).unwrap();
    assert!(json["verdicts"].as_array().unwrap().iter().all(|verdict| verdict["exhausted"] == false));
}

#[test]
fn a_rule_that_is_off_is_said_and_seen() {
    let output = quorate(&["check", "lease", "--rule-off", "wait-for-leases"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output);
    assert!(said.contains("without wait-for-leases") && said.contains("VIOLATED lease-exclusion"), "{said}");
}

#[test]
fn both_engines_say_the_same() {
    let states = |engine: &str| {
        let output = quorate(&["check", "config-swap-all", "--engine", engine, "--format", "json"]);
        let json: Value = serde_json::from_str(&text(&output)).unwrap();
        assert_eq!(json["engine"], engine);
        (json["states"].clone(), json["depth"].clone())
    };
    assert_eq!(states("memoised"), states("stateright"));
}

#[test]
fn bad_flags_are_refused_with_the_field_and_the_mend() {
    refused(&["check", "election", "--nodes", "0"], &["--nodes", "0 is not in 1..=7"]);
    refused(&["check", "election", "--nodes", "65"], &["--nodes", "65 is not in 1..=7"]);
    refused(&["check", "election", "--epochs", "0"], &["--epochs", "0 is not in 1..="]);
    refused(&["check", "election", "--epochs=-1"], &["--epochs"]);
    refused(&["check", "election", "--rates", "2,1"], &["scope.rates[1]", "out of range"]);
    refused(&["check", "election", "--rates", "one"], &["--rates", "as in 1,2"]);
    refused(&["check", "election", "--drops", "1"], &["counted network"]);
    refused(&["check", "election", "--rule-off", "one-vote"], &["--rule-off", "one-vote-per-epoch"]);
    refused(&["check", "election", "--max-memory", "0"], &["--max-memory", "as in 4GiB"]);
    refused(&["check", "election", "--engine", "best"], &["--engine", "memoised"]);
    refused(&["check", "no-such-model"], &["no-such-model", "bundled are", "election"]);
    refused(&["check", "without:no-such-rule"], &["no-such-rule", "quorate rules"]);
    refused(&["check", "failover-witness", "--nodes", "5"], &["--nodes", "majority"]);
    refused(&["check", "--crashes", "1"], &["name it"]);
    refused(&["check", "policy-switch", "--format", "json"], &["no flags"]);
    refused(&["rules", "no-such-rule"], &["no-such-rule"]);
    refused(&["frobnicate"], &["frobnicate"]);
}

#[test]
fn bad_files_are_refused_with_the_place_and_the_mend() {
    let dir = scratch("bad-files");
    let path = dir.join("run.json");
    quorate(&["check", "lease-2-4-past", "--save", path.to_str().unwrap()]);
    let good = fs::read_to_string(&path).unwrap();
    let bad = |name: &str, bytes: &[u8]| {
        let path = dir.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let replay = |name: &str, content: &str, says: &[&str]| {
        let file = bad(name, content.as_bytes());
        for verb in ["replay", "show"] {
            refused(&[verb, &file], &[says, &[file.as_str()]].concat());
        }
        refused(&["export", &file, "--as", "itf"], says);
    };
    replay("truncated.json", &good[..good.len() / 2], &["line ", "column ", "truncated"]);
    replay("empty.json", "", &["line 1", "truncated"]);
    replay("foreign.json", "{\"hello\": 1}", &["no run file"]);
    replay("future.json", &good.replacen("\"quorate\":1", "\"quorate\":7", 1), &["format 7", "format 1"]);
    replay("other.json", &good.replacen("\"epochs\":2", "\"epochs\":3", 1), &["hash", "recorded with model"]);
    replay(
        "impossible.json",
        &good.replacen("n0 timer", "n6 timer", 1),
        &["step 1", "n6 timer", "not possible"],
    );
    let cut = good.find("[7,\"n2→n1 granted e2").map(|at| at - 2).expect("the last choice");
    let shorter = format!("{}],\n\"note\":\"lease-exclusion: as noted\"}}\n", &good[..cut]);
    let output = quorate(&["replay", &bad("shorter.json", shorter.as_bytes())]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(text(&output).contains("not the violation that its note names"), "{}", text(&output));
    replay("extra.json", &good.replacen("\"hash\"", "\"bonus\":1,\n\"hash\"", 1), &["bonus"]);
    replay("zero.json", &good.replacen("\"nodes\":3", "\"nodes\":0", 1), &["nodes: 0 is out of range"]);
    let noise: Vec<u8> = (0..20_000_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    refused(&["replay", &bad("noise.json", &noise)], &["right file?"]);
    refused(&["check", &bad("noise.toml", &noise[..1000])], &["right file?"]);
    refused(&["replay", dir.join("missing.json").to_str().unwrap()], &["missing.json", "No such file"]);
    refused(&["replay", dir.to_str().unwrap()], &["directory"]);
    let nowhere = dir.join("no/such/dir/run.json");
    let output = quorate(&["check", "lease-2-4-past", "--save", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("cannot be written"), "{}", error(&output));
    assert!(!nowhere.exists());
}

/// The tour takes its time: it is taken once.
fn tour() -> &'static Output {
    static TOUR: OnceLock<Output> = OnceLock::new();
    TOUR.get_or_init(|| quorate(&[]))
}

/// Its models come out as they are known to, like the others in `catalog.rs`.
#[test]
fn the_tour_checks_models_and_draws_an_unsafe_one() {
    let output = tour();
    let said = text(output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for part in ["holds: every state visited", "✗ fenced-writes", "15 steps", "quorate plan"] {
        assert!(said.contains(part), "\"{part}\" is missing in: {said}");
    }
    assert!(!said.contains("VIOLATED") && !said.contains("NOT PROVED"), "{said}");
    let mut explored = 0;
    for entry in catalog::all().filter(|entry| entry.suite == Suite::Tour && entry.expect == Expect::Holds) {
        let line = said.lines().find(|line| line.split_whitespace().next() == Some(entry.name));
        let line = line.unwrap_or_else(|| panic!("{} is missing in: {said}", entry.name));
        let states = line.split_whitespace().nth(1).map(|number| number.replace(',', "").parse());
        assert_eq!(states, Some(Ok(entry.floor)), "{line}");
        assert!(line.ends_with("holds: every state visited"), "{line}");
        explored += 1;
    }
    assert!(explored > 5, "{explored} models");
}

/// What the tour and the README tell a newcomer to type works as written.
#[test]
fn the_commands_that_are_recommended_work() {
    let tour = text(tour());
    let from_tour = tour.lines().filter_map(|line| line.trim().strip_prefix("quorate "));
    let from_tour = from_tour.filter_map(|line| line.split("  ").next());
    let readme = include_str!("../../README.md");
    let from_readme = readme.split('`').filter_map(|part| part.strip_prefix("quorate "));
    let blocks = readme.lines().filter_map(|line| line.trim().strip_prefix("cargo run --release -- "));
    let blocks = blocks.filter_map(|line| line.split('#').next());
    let mut ran = 0;
    for line in from_tour.chain(from_readme).chain(blocks) {
        let args: Vec<&str> = line.split_whitespace().collect();
        // Every bundled model is explored by tests of its own.
        if args.contains(&"NAME")
            || args == ["check"]
            || args.contains(&"--long")
            || args.starts_with(&["decides"])
        {
            continue;
        }
        if args.starts_with(&["play"]) {
            plays(&args);
            ran += 1;
            continue;
        }
        let expected = i32::from(args.iter().any(|arg| arg.starts_with("without:")));
        let output = Command::new(env!("CARGO_BIN_EXE_quorate"))
            .args(&args)
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(expected), "{args:?}: {}", error(&output));
        ran += 1;
    }
    assert!(ran >= 6, "{ran} commands");
}

/// The playground says where it is, and is there; it would serve until it is stopped.
fn plays(args: &[&str]) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(args)
        // Another may be listening where it would.
        .args(["--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let address = said.split("http://").nth(1).and_then(|rest| rest.split('/').next());
    let mut page = String::new();
    let asked = address.map(|address| {
        let mut there = TcpStream::connect(address)?;
        write!(there, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        there.read_to_string(&mut page)
    });
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(matches!(asked, Some(Ok(_))), "{args:?}: {said} {asked:?}");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<title>"), "{page}");
}

/// What cannot be printed is no success, and a violation stays one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_hides_no_verdict() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
        command.args(args).stdout(full()).stderr(full()).status().unwrap().code()
    };
    assert_eq!(status(&["check", "lease-2-4-past"]), Some(1));
    assert_eq!(status(&["check", "config-swap-all"]), Some(2));
    assert_eq!(status(&["frobnicate"]), Some(2));
}

/// A link stays a link, and a device stays what it is.
#[cfg(unix)]
#[test]
fn saving_replaces_no_link() {
    let dir = scratch("links");
    let (link, file) = (dir.join("link.json"), dir.join("file.json"));
    fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    quorate(&["check", "lease-2-4-past", "--save", link.to_str().unwrap()]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&file).unwrap().starts_with("{\"quorate\":1"));
}

#[test]
fn rules_and_invariants_are_listed() {
    let output = quorate(&["rules"]);
    for rule in quorate::rule::Rule::ALL {
        assert!(text(&output).contains(rule.name()), "{rule}");
    }
    let output = quorate(&["rules", "one-vote-per-epoch"]);
    assert!(text(&output).contains("source"), "{}", text(&output));
    let output = quorate(&["rules", "--invariants"]);
    for invariant in quorate_models::invariant::Invariant::ALL {
        assert!(text(&output).contains(invariant.name()), "{invariant}");
    }
    for clause in quorate_models::induct::stated().into_iter().flat_map(|(_, clauses)| clauses) {
        assert!(text(&output).contains(clause.name), "{}", clause.name);
    }
    assert_eq!(text(&output), text(&quorate(&["rules", "--invariant"])));
}

/// Somebody presses Ctrl-C: the partial verdict is printed.
#[cfg(unix)]
#[test]
fn an_interrupt_prints_the_partial_verdict() {
    let child = Command::new(env!("CARGO_BIN_EXE_quorate"))
        .args(["check", "failover-lease"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output).contains("NOT PROVED: interrupted"), "{}", text(&output));
}

// ---- directed starts and the kill matrix -------------------------------------------------------------------

#[test]
fn a_search_from_a_start_says_what_it_has_shown() {
    let planted = [
        "check",
        "commit",
        "--epochs",
        "4",
        "--rule-off",
        "position-by-accepted-epoch",
        "--from",
        "figure-8",
    ];
    let output = quorate(&planted);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(text(&output).contains("of which figure-8 gives 13"), "{}", text(&output));
    let output = quorate(&["check", "--from", "figure-8"]);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert!(text(&output).contains("holds after figure-8"), "{}", text(&output));
    let said: Vec<String> = text(&output).split_whitespace().map(str::to_owned).collect();
    assert!(said.join(" ").contains("of other beginnings nothing is said"), "{}", text(&output));
    let output = quorate(&["check", "--from", "figure-8", "--format", "json"]);
    let json: Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(json["from"], "figure-8");
    assert!(json["verdicts"].as_array().unwrap().iter().all(|verdict| verdict["exhausted"] == false));
}

#[test]
fn a_run_file_is_a_start_too() {
    let file = scratch("from").join("run.json");
    let path = file.to_str().unwrap();
    let output = quorate(&["check", "without:votes-from-quorum", "--save", path]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    // Its end is the violation: nothing has to be searched.
    let again = quorate(&["check", "--from", path]);
    assert_eq!(again.status.code(), Some(1), "{}", error(&again));
    assert!(text(&again).contains("VIOLATED one-primary-per-epoch in 2 steps"), "{}", text(&again));
}

#[test]
fn a_start_that_is_none_or_cannot_be_is_refused() {
    refused(&["check", "commit", "--from", "figure-9"], &["--from", "figure-9", "starts are figure-8"]);
    refused(&["check", "election", "--from", "figure-8"], &["--from figure-8", "step 2", "is not possible"]);
    refused(&["check", "--from", "figure-8", "--engine", "stateright"], &["--from", "leave --engine out"]);
    refused(&["check", "--save", "run.json"], &["--save", "name it"]);
    refused(&["rules", "--kill-matrix", "--only", "no-such-rule"], &["no rule of this name"]);
    refused(&["rules", "--pairs"], &["--kill-matrix"]);
}

#[test]
fn the_kill_matrix_of_one_rule_is_quick_and_fails_when_nobody_notices() {
    let output = quorate(&["rules", "--kill-matrix", "--only", "one-vote-per-epoch"]);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert!(text(&output).contains("1 rule: 1 noticed"), "{}", text(&output));
}
