//! `cargo xtask bench-check` runs this. See the library.

use bench_check::compare::{Compared, Plan, compare};
use bench_check::measure::{Measured, measure, measure_spin};
use bench_check::report;
use bench_check::subject::{Known, SUBJECTS};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

const HELP: &str = "\
cargo xtask bench-check [--long] [--runs N] [SUBJECT]…

Measures quorate's engine beside stateright and Spin, and writes bench-check/RESULTS.md and chart.svg.
With subjects named, only those are measured, and nothing is written.

  --long      what takes minutes, too: stateright and Spin on 59 million states, and a register of 41 million
  --runs N    runs of each search (3); one that takes more than ten seconds is not repeated

Without --long it takes about five minutes. Spin takes part if `spin` and `gcc` are installed.
";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        ["measure", "spin", pan, slots] => {
            let slots = slots.parse().map_err(|_| format!("“{slots}” is no number of bits"));
            slots.and_then(|slots| measure_spin(Path::new(pan), slots)).and_then(|measured| print(&measured))
        }
        ["measure", subject, tool, threads] => one(subject, tool, threads),
        options => all(options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print(measured: &Measured) -> Result<(), String> {
    println!("{}", serde_json::to_string(measured).map_err(|error| error.to_string())?);
    Ok(())
}

fn subject(name: &str) -> Result<&'static Known, String> {
    let names: Vec<&str> = SUBJECTS.iter().map(|known| known.name).collect();
    Known::named(name).ok_or_else(|| format!("no subject “{name}”: use one of {}", names.join(", ")))
}

fn one(name: &str, tool: &str, threads: &str) -> Result<(), String> {
    let threads = threads.parse().map_err(|_| format!("“{threads}” is no number of threads"))?;
    print(&measure(subject(name)?.subject, tool.parse()?, threads))
}

fn all(options: &[&str]) -> Result<(), String> {
    let mut plan = Plan { long: false, runs: 3, only: Vec::new() };
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match *option {
            "--long" => plan.long = true,
            "--runs" => {
                let runs = options.next().and_then(|runs| runs.parse().ok()).filter(|runs| *runs > 0);
                plan.runs = runs.ok_or("--runs needs a number from 1 on")?;
            }
            name => plan.only.push(subject(name)?),
        }
    }
    let compared = compare(&plan)?;
    compared.skipped.iter().for_each(|sentence| println!("skipped: {sentence}"));
    if plan.only.is_empty() { write(&compared) } else { Ok(()) }
}

fn write(compared: &Compared) -> Result<(), String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [("RESULTS.md", report::table(compared)), ("chart.svg", report::chart(compared))];
    for (name, text) in files {
        let path = directory.join(name);
        fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        println!("wrote {}", path.display());
    }
    Ok(())
}
