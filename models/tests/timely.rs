//! The distributed engine agrees with the memoised one, whoever takes part; and nobody waits for who is gone.
//!
//! ```text
//! cargo test -p quorate-models --features timely --test timely
//! cargo test -p quorate-models --features timely --test timely -- --ignored      # all bundled models
//! ```

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::{env, fs};

fn quorate(args: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.arg("check").args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the binary runs")
}

fn output(child: Child) -> Output {
    child.wait_with_output().expect("it ends")
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// It ended with this status, said all of this on standard error, and did not panic.
fn ended(output: &Output, status: i32, says: &[&str]) {
    let said = error(output);
    assert_eq!(output.status.code(), Some(status), "{said}");
    for part in says {
        assert!(said.contains(part), "\"{part}\" is missing in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

/// A file of this test alone.
fn file(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("timely-{name}"));
    fs::write(&path, text).unwrap();
    path
}

#[cfg(not(feature = "timely"))]
#[test]
fn a_build_without_the_engine_says_how_to_get_it() {
    let output = output(quorate(&["config-swap-all", "--engine", "timely"]));
    ended(&output, 2, &["built without it", "--features timely"]);
}

#[test]
fn the_flags_of_the_distributed_engine_are_its_own() {
    for flags in [&["--workers", "2"][..], &["--hosts", "hosts.txt", "--process", "0"]] {
        let output = output(quorate(&[&["config-swap-all"], flags].concat()));
        ended(&output, 2, &["add --engine timely"]);
    }
    let hosts = file("alone", "127.0.0.1:1\n");
    let output = output(quorate(&["election", "--engine", "timely", "--hosts", hosts.to_str().unwrap()]));
    ended(&output, 2, &["--process <I>"]);
}

#[cfg(feature = "timely")]
mod with {
    use super::*;
    use quorate_models::catalog::{self, Entry, Expect, Suite};
    use quorate_models::check::timely::{self, Answer, Cluster, ClusterError, Hosts};
    use quorate_models::check::{Bounds, Engine, Outcome, Progress, Report, Why, check};
    use quorate_models::world::{Model, World};
    use serde_json::Value;
    use std::collections::BTreeSet;
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::sync::Mutex;
    use std::thread;
    use std::time::{Duration, Instant};

    fn world(name: &str) -> World {
        World::new(catalog::named(name).unwrap().model()).unwrap()
    }

    fn by(world: &World, workers: usize) -> Answer {
        let cluster = Cluster::local(workers).unwrap();
        timely::check(world, None, &cluster, Bounds::default(), &mut |_| true).unwrap()
    }

    /// Everything in a report but the bytes.
    fn essence(report: &Report) -> (Progress, Outcome) {
        (Progress { bytes: 0, ..report.progress }, report.outcome.clone())
    }

    /// What any two breadth-first searches agree on.
    fn found(report: &Report) -> (u64, u64, u32, Option<usize>) {
        let Progress { states, transitions, depth, .. } = report.progress;
        match &report.outcome {
            Outcome::Proved => (states, transitions, depth, None),
            // Where a search stops inside a level is its own affair.
            Outcome::Violated { path, .. } => (0, 0, 0, Some(path.len())),
            Outcome::Incomplete(why) => panic!("incomplete: {why}"),
        }
    }

    fn agrees(entry: &Entry) -> u64 {
        let world = World::new(entry.model()).unwrap();
        let memo = check(&world, Engine::Memoised, Bounds::default(), &mut |_| true);
        let (one, two) = (by(&world, 1), by(&world, 2));
        assert_eq!(found(&one.report), found(&memo), "{}", entry.name);
        // Not only as long: the same.
        assert_eq!(essence(&one.report), essence(&two.report), "{}", entry.name);
        let states = one.report.progress.states;
        assert_eq!(two.shares.iter().map(|share| share.states).sum::<u64>(), states, "{}", entry.name);
        if let (Outcome::Violated { broken, path }, Expect::Broken(invariant, steps)) =
            (&one.report.outcome, entry.expect)
        {
            assert_eq!((broken.invariant, path.len()), (invariant, steps), "{}", entry.name);
        }
        println!("{}: {states} states, {:?}", entry.name, two.shares);
        states
    }

    /// Models of this many states are compared by default.
    const MOST: u64 = 250_000;

    fn bundled(most: u64) -> impl Iterator<Item = &'static Entry> {
        catalog::all().filter(move |entry| entry.suite <= Suite::Tests && entry.floor <= most)
    }

    #[test]
    fn it_agrees_with_the_memoised_engine_on_small_models() {
        let entries: Vec<&Entry> = bundled(MOST).collect();
        let broken = entries.iter().filter(|entry| matches!(entry.expect, Expect::Broken(..))).count();
        let states: u64 = entries.iter().map(|entry| agrees(entry)).sum();
        println!("{} models, {broken} of them broken, {states} states", entries.len());
        assert!(
            entries.len() >= 10 && broken >= 4 && states >= 500_000,
            "{} {broken} {states}",
            entries.len()
        );
    }

    #[test]
    #[ignore = "takes many minutes and 3 GiB: every bundled model but the long ones"]
    fn it_agrees_with_the_memoised_engine_on_every_model() {
        for entry in bundled(u64::MAX) {
            agrees(entry);
        }
    }

    #[test]
    fn any_number_of_workers_finds_the_same_counterexample() {
        let world = world("lease-1-2-past");
        let reports: Vec<_> =
            [1, 2, 3, 5].map(|workers| by(&world, workers).report).iter().map(essence).collect();
        assert!(matches!(reports[0].1, Outcome::Violated { .. }));
        assert!(reports.iter().all(|report| *report == reports[0]), "{reports:?}");
    }

    /// Hosts on the loopback, at ports that were free a moment ago.
    fn loopback(count: usize) -> String {
        let listeners: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let line = |listener: &TcpListener| format!("{}\n", listener.local_addr().unwrap());
        listeners.iter().map(line).collect()
    }

    #[test]
    fn two_processes_are_as_good_as_one_and_share_the_work() {
        let (world, text) = (world("lease-1-2-near"), loopback(2));
        let process = |index| {
            let cluster = Cluster::of(Hosts::parse(&text).unwrap(), index, 1).unwrap();
            timely::check(&world, None, &cluster, Bounds::default(), &mut |_| true).unwrap()
        };
        let (first, second) = thread::scope(|scope| {
            let (first, second) = (scope.spawn(|| process(0)), scope.spawn(|| process(1)));
            (first.join().unwrap(), second.join().unwrap())
        });
        let one = by(&world, 1);
        assert_eq!(essence(&first.report), essence(&one.report));
        assert_eq!(essence(&second.report), essence(&one.report));
        assert_eq!(first.shares, second.shares);
        let [a, b] = first.shares[..] else { panic!("{:?}", first.shares) };
        // First parts name the owners, and a small model has few of them, some in very many states: how even it comes out
        // is a matter of their fingerprints, which change with the code.
        assert!(a.states.max(b.states) < 2 * a.states.min(b.states), "{a:?} {b:?}");
        for share in [a, b] {
            assert!(share.bytes <= 60 * share.states, "{share:?}");
            // Exchanged in batches, and repeats mostly not at all.
            assert!(share.sent >= 200 * share.parcels, "{share:?}");
            assert!(share.sent < one.report.progress.transitions / 2, "{share:?}");
        }
    }

    #[test]
    fn the_command_gives_every_process_the_verdict() {
        let text = loopback(2);
        let hosts = file("two", &format!("# this machine, twice\n{text}"));
        let flags = ["--engine", "timely", "--workers", "1", "--format", "json", "--hosts"];
        let process = |index: &str| {
            let own = [hosts.to_str().unwrap(), "--process", index];
            quorate(&[&["config-swap-all"][..], &flags, &own].concat())
        };
        let first = process("0");
        // Whoever is no process of ours is hung up on.
        let until = Instant::now() + Duration::from_secs(20);
        let host = text.lines().next().unwrap();
        while let Err(error) =
            TcpStream::connect(host).and_then(|mut stream| stream.write_all(b"GET / HTTP/1.0\r\n\r\n"))
        {
            assert!(Instant::now() < until, "{error}");
            thread::sleep(Duration::from_millis(20));
        }
        let one = output(quorate(&["config-swap-all", "--format", "json"]));
        let one: Value = serde_json::from_slice(&one.stdout).unwrap();
        for process in [process("1"), first] {
            let output = output(process);
            ended(&output, 0, &[]);
            let json: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_eq!(json["engine"], "timely");
            assert_eq!((&json["states"], &json["depth"]), (&one["states"], &one["depth"]));
            assert_eq!(json["verdicts"], one["verdicts"]);
        }
    }

    #[test]
    fn killing_a_process_ends_the_others_with_an_error() {
        let text = loopback(3);
        let hosts = file("killed", &text);
        let process = |index: &str| {
            let flags =
                ["--engine", "timely", "--workers", "1", "--hosts", hosts.to_str().unwrap(), "--process"];
            quorate(&[&["election-prevote"][..], &flags, &[index]].concat())
        };
        let (first, second) = (process("0"), Mutex::new(process("1")));
        let world = world("election-prevote");
        let cluster = Cluster::of(Hosts::parse(&text).unwrap(), 2, 1).unwrap();
        let mut killed = None;
        let error = timely::check(&world, None, &cluster, Bounds::default(), &mut |progress| {
            if killed.is_none() && progress.states > 1_000 {
                second.lock().unwrap().kill().unwrap();
                killed = Some(Instant::now());
            }
            killed.is_none_or(|at| at.elapsed() < Duration::from_secs(30))
        });
        let Err(ClusterError::Lost { peer, how }) = error else { panic!("{error:?}") };
        assert!(peer.process < 2, "{peer}: {how}");
        // It was not in the middle of something else: it noticed.
        assert!(killed.is_some_and(|at| at.elapsed() < Duration::from_secs(20)));
        ended(&output(first), 3, &["went away during the search", "Nothing is proved"]);
        assert!(!second.lock().unwrap().wait().unwrap().success());
    }

    #[test]
    fn processes_that_explore_something_else_refuse_each_other() {
        let flags = ["--engine", "timely", "--hosts"];
        let differs = |name: &str, left: &[&str], right: &[&str], says: &str| {
            let hosts = file(name, &loopback(2));
            let process = |index, own: &[&str]| {
                quorate(&[own, &flags, &[hosts.to_str().unwrap(), "--process", index]].concat())
            };
            let (first, second) = (process("0", left), process("1", right));
            ended(&output(first), 2, &["process 1 at 127.0.0.1", says, "start all processes alike"]);
            ended(&output(second), 2, &["process 0 at 127.0.0.1", says, "start all processes alike"]);
        };
        differs("models", &["lease", "--workers", "1"], &["election", "--workers", "1"], "another model: ");
        let bounds = ["lease", "--workers", "1", "--crashes", "2"];
        differs("bounds", &["lease", "--workers", "1"], &bounds, "another model or bounds or rules: ");
        let rules = ["lease", "--workers", "1", "--rule-off", "drift-margin"];
        differs("rules", &["lease", "--workers", "1"], &rules, "another model or bounds or rules: ");
        differs(
            "workers",
            &["lease", "--workers", "1"],
            &["lease", "--workers", "2"],
            "another number of workers: ",
        );
    }

    #[test]
    fn a_bad_hosts_file_is_refused_with_its_line() {
        let refused = |name: &str, text: &str, process: &str, says: &str| {
            let hosts = file(name, text);
            let path = hosts.to_str().unwrap();
            let output =
                output(quorate(&["lease", "--engine", "timely", "--hosts", path, "--process", process]));
            ended(&output, 2, &[says]);
        };
        refused("empty", "\n# none\n", "0", "there is no host; write one host:port a line");
        refused("portless", "127.0.0.1:2101\nlocalhost\n", "0", "line 2: \"localhost\": there is no port");
        refused("twice", "127.0.0.1:2101\n127.0.0.1:2101\n", "0", "127.0.0.1:2101 is in line 1 already");
        refused("range", "127.0.0.1:2101\n127.0.0.1:2102\n", "2", "give a number from 0 to 1");
        refused("binary", "\u{0}\u{1}:7", "0", "no name of a host");
        refused("foreign", "192.0.2.1:2101\n127.0.0.1:2102\n", "0", "cannot listen at 192.0.2.1:2101");
        let missing = ["lease", "--engine", "timely", "--hosts", "/nowhere/hosts.txt", "--process", "0"];
        ended(&output(quorate(&missing)), 2, &["/nowhere/hosts.txt"]);
        for workers in ["0", "257", "many"] {
            ended(
                &output(quorate(&["lease", "--engine", "timely", "--workers", workers])),
                2,
                &["--workers"],
            );
        }
    }

    #[test]
    fn a_search_that_is_cut_short_proves_nothing() {
        let world = world("lease");
        let cluster = Cluster::local(2).unwrap();
        let cut = |bounds, watch: &mut dyn FnMut(&Progress) -> bool| {
            timely::check(&world, None, &cluster, bounds, watch).unwrap().report.outcome
        };
        for most in [1, 5_000, 50_000] {
            let states = Bounds { states: Some(most), bytes: None };
            assert_eq!(cut(states, &mut |_| true), Outcome::Incomplete(Why::States(most)));
        }
        let bytes = Bounds { states: None, bytes: Some(1 << 16) };
        assert_eq!(cut(bytes, &mut |_| true), Outcome::Incomplete(Why::Memory(1 << 16)));
        let output =
            output(quorate(&["lease", "--engine", "timely", "--workers", "2", "--max-states", "9000"]));
        ended(&output, 3, &[]);
        assert!(String::from_utf8_lossy(&output.stdout).contains("NOT PROVED"));
    }

    #[test]
    fn an_interrupt_at_one_process_ends_all() {
        let (world, text) = (world("election-prevote"), loopback(2));
        let process = |index, most| {
            let cluster = Cluster::of(Hosts::parse(&text).unwrap(), index, 1).unwrap();
            let go_on = &mut |progress: &Progress| progress.states < most;
            timely::check(&world, None, &cluster, Bounds::default(), go_on).unwrap().report
        };
        let outcomes: BTreeSet<String> = thread::scope(|scope| {
            let both = [scope.spawn(|| process(0, u64::MAX)), scope.spawn(|| process(1, 2_000))];
            both.map(|process| format!("{:?}", process.join().unwrap().outcome)).into()
        });
        assert_eq!(outcomes, BTreeSet::from(["Incomplete(Interrupted)".to_owned()]));
    }

    #[test]
    fn a_search_without_a_rule_looks_rashly_first_as_every_engine_does() {
        let kill = quorate_models::kills::kill_of(quorate::rule::Rule::OneVotePerEpoch).unwrap();
        let world = World::new(Model { name: "kill".into(), ..kill.model() }).unwrap();
        let memo = check(&world, Engine::Memoised, Bounds::default(), &mut |_| true);
        let timely = by(&world, 2);
        assert_eq!(found(&memo), found(&timely.report));
        assert_eq!(found(&memo).3, Some(kill.steps));
    }
}
