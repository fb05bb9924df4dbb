//! `cargo xtask fuzz`: every target of `fuzz/`, driven for so many seconds by bytes that reach new code.
//!
//! No sanitizer is used: the code has nothing unsafe for one to look for, and without it the pinned toolchain will do.
//! What the fuzzer finds worth keeping is kept in `fuzz/target/found`, and is where it goes on the next time;
//! `fuzz/corpus` holds what is replayed by the tests, and is read only.

use crate::prove::root;
use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};

const HELP: &str = "\
cargo xtask fuzz [--seconds N] [--seed S] [TARGET]...

Drives every target, or these, for N seconds each (60 if not said); with a seed other than 0, by the same
inputs in the same order every time. An input that fails is written to fuzz/artifacts; run it again with
`cargo fuzz run -s none --features libfuzzer --target-dir fuzz/target TARGET FILE`.
";

/// How much of what the fuzzer says is shown when it fails.
const LINES: usize = 60;

/// What to run.
#[derive(PartialEq, Eq, Debug)]
struct Wish {
    seconds: u32,
    seed: u32,
    targets: Vec<String>,
}

pub(crate) fn main(arguments: &[String]) -> ExitCode {
    match parse(arguments).and_then(|wish| run(&wish)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: &[String]) -> Result<Wish, String> {
    let mut wish = Wish { seconds: 60, seed: 0, targets: Vec::new() };
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            let number = rest.next().ok_or("--seconds: give a number")?;
            let seconds = number.parse().ok().filter(|seconds| *seconds > 0);
            wish.seconds = seconds.ok_or(format!("--seconds: {number} is no number of seconds"))?;
        } else if argument == "--seed" {
            let number = rest.next().ok_or("--seed: give a number")?;
            wish.seed = number.parse().map_err(|_| format!("--seed: {number} is no number"))?;
        } else if argument.starts_with('-') {
            return Err(format!("{argument} is no option"));
        } else {
            wish.targets.push(argument.clone());
        }
    }
    Ok(wish)
}

fn run(wish: &Wish) -> Result<bool, String> {
    let list = Command::new("cargo").args(["fuzz", "list"]).current_dir(root()).output();
    let list = list.ok().filter(|output| output.status.success());
    let list = list.ok_or("cargo-fuzz is missing: `cargo install cargo-fuzz --locked`")?;
    let known: Vec<String> = String::from_utf8_lossy(&list.stdout).lines().map(str::to_owned).collect();
    if let Some(unknown) = wish.targets.iter().find(|target| !known.contains(target)) {
        return Err(format!("{unknown} is no target; there are {}", known.join(", ")));
    }
    let mut sound = true;
    for target in known.iter().filter(|target| wish.targets.is_empty() || wish.targets.contains(target)) {
        sound &= drive(target, wish)?;
    }
    Ok(sound)
}

/// Drives one target, and prints its executions and its coverage; whether nothing failed.
fn drive(target: &str, Wish { seconds, seed, .. }: &Wish) -> Result<bool, String> {
    let found = root().join("fuzz/target/found").join(target);
    let kept = root().join("fuzz/corpus").join(target);
    fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
    let mut fuzzer = Command::new("cargo")
        .args(["fuzz", "run", "-s", "none", "--features", "libfuzzer", "--target-dir", "fuzz/target", target])
        .args([&found, &kept])
        .args([
            "--",
            &format!("-max_total_time={seconds}"),
            &format!("-seed={seed}"),
            "-timeout=20",
            "-rss_limit_mb=2048",
        ])
        // Long walks from the beginning: what is far from the start is what nobody has looked at.
        .args(["-len_control=0", "-max_len=2000"])
        .current_dir(root())
        // What the release does at the end of each build would be done for each of the targets.
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo fuzz: {error}"))?;
    let (mut last, mut said) = (String::new(), VecDeque::new());
    for line in
        fuzzer.stderr.take().map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok)
    {
        if line.starts_with('#') && line.contains("cov:") {
            last.clone_from(&line);
        } else if said.len() == LINES {
            said.pop_front();
            said.push_back(line);
        } else {
            said.push_back(line);
        }
    }
    let passed = fuzzer.wait().is_ok_and(|status| status.success());
    println!("{target:10} {} {last}", if passed { "passed" } else { "FAILED" });
    if !passed {
        for line in said {
            eprintln!("  {line}");
        }
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_understood_or_refused() {
        let parsed = |words: &[&str]| parse(&words.iter().map(ToString::to_string).collect::<Vec<_>>());
        let wish = |seconds, targets: &[&str]| {
            Ok(Wish { seconds, seed: 0, targets: targets.iter().map(ToString::to_string).collect() })
        };
        assert_eq!(parsed(&[]), wish(60, &[]));
        assert_eq!(parsed(&["step", "--seconds", "7"]), wish(7, &["step"]));
        for wrong in [&["--seconds"] as &[&str], &["--seconds", "0"], &["--seconds", "long"], &["--fast"]] {
            assert!(parsed(wrong).is_err(), "{wrong:?}");
        }
    }
}
