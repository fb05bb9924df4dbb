//! `cargo xtask bench` runs this. See the library.

use quorate_benches::failover::failover;
use quorate_benches::idle;
use quorate_benches::measure::{Figure, Plan, interleaved};
use quorate_benches::peers::{CONTENDERS, Cluster, SIZES, Size};
use quorate_benches::report::{self, Commit, Measured};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::{env, fs};

const HELP: &str = "\
cargo xtask bench [--quick]

Measures the core of quorate beside its peers, and writes benches/RESULTS.md and chart.svg.

  --quick   short turns, to see whether it works; writes nothing

It takes about five minutes. Under criterion, by wall time: `cargo bench` in benches/.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let plan = match arguments.as_slice() {
        [] => Plan::FULL,
        ["--quick"] => Plan::QUICK,
        ["steady", rounds] => return steady(rounds),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match bench(plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench(plan: Plan) -> Result<(), String> {
    let counted = count_allocations()?;
    let measured = Measured {
        commits: SIZES.iter().map(|size| commits(*size, plan, &counted)).collect::<Result<_, _>>()?,
        beats: beats(plan),
        failovers: CONTENDERS.iter().map(failover).collect(),
        node: node(plan),
        idle: [10_000, 100_000].map(|groups| (groups, idle::beating(groups, plan))).to_vec(),
        resting: [10_000, 100_000].map(|groups| (groups, idle::resting(groups as u64, plan))).to_vec(),
        bytes: (counted.of("replica fresh")?[0], counted.of("replica elected")?[0]),
    };
    let (table, chart) = (report::table(&measured), report::chart(&measured));
    println!("{table}");
    if plan == Plan::QUICK {
        return Ok(());
    }
    for (name, text) in [("RESULTS.md", table), ("chart.svg", chart)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        println!("wrote {}", path.display());
    }
    Ok(())
}

/// What the binary beside this one counted, by what.
struct Counted(BTreeMap<String, Vec<f64>>);

impl Counted {
    fn of(&self, what: &str) -> Result<&[f64], String> {
        self.0.get(what).map(Vec::as_slice).ok_or_else(|| format!("nothing was counted for “{what}”"))
    }
}

fn count_allocations() -> Result<Counted, String> {
    let here = env::current_exe().map_err(|error| error.to_string())?;
    let counter = here.with_file_name(format!("allocations{}", env::consts::EXE_SUFFIX));
    let run = Command::new(&counter).output();
    let run = run.map_err(|error| format!("cannot run {}: {error}", counter.display()))?;
    if !run.status.success() {
        return Err(format!("counting allocations failed:\n{}", String::from_utf8_lossy(&run.stderr)));
    }
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    let line = |line: &str| {
        let figures = if line.starts_with("commit") { 2 } else { 1 };
        let words: Vec<&str> = line.split(' ').collect();
        let (what, figures) = words.split_at(words.len() - figures);
        (what.join(" "), figures.iter().filter_map(|figure| figure.parse().ok()).collect())
    };
    Ok(Counted(text.lines().map(line).collect()))
}

fn commits(size: Size, plan: Plan, counted: &Counted) -> Result<Vec<Commit>, String> {
    let mut clusters: Vec<Box<dyn Cluster>> =
        CONTENDERS.iter().map(|contender| (contender.cluster)(size)).collect();
    let commit = |cluster: &mut Box<dyn Cluster>, times: u64| (0..times).for_each(|_| cluster.commit());
    let mut works: Vec<Box<dyn FnMut(u64) + '_>> = clusters
        .iter_mut()
        .map(|cluster| Box::new(move |times| commit(cluster, times)) as Box<dyn FnMut(u64) + '_>)
        .collect();
    let times = interleaved(plan, size.batch as u64, &mut works);
    drop(works);
    let rows = CONTENDERS.iter().zip(clusters).zip(times).map(|((contender, mut cluster), time)| {
        // Who is fast because it does less is not fast.
        assert_eq!(cluster.committed(), cluster.written(), "{} {size:?}", contender.name);
        let (before, rounds) = (cluster.delivered(), 1024);
        commit(&mut cluster, rounds);
        let messages = (cluster.delivered() - before) as f64 / rounds as f64;
        let Size { nodes, batch, bytes } = size;
        let counted = counted.of(&format!("commit {} {nodes} {batch} {bytes}", contender.name))?;
        Ok(Commit { time, messages, allocations: counted[0], bytes: counted[1] })
    });
    rows.collect()
}

fn beats(plan: Plan) -> Vec<Figure> {
    let mut works: Vec<Box<dyn FnMut(u64)>> =
        CONTENDERS.iter().map(|contender| (contender.beats)()).collect();
    interleaved(plan, 1, &mut works)
}

fn node(plan: Plan) -> [Figure; 3] {
    let figures = interleaved(plan, 1, &mut [idle::clones(), idle::hashes(), idle::deadlines()]);
    [figures[0], figures[1], figures[2]]
}

/// Commits so many single handles in a cluster of three, for who counts instructions.
fn steady(rounds: &str) -> ExitCode {
    let Ok(rounds) = rounds.parse() else {
        eprintln!("error: “{rounds}” is no number of rounds");
        return ExitCode::from(2);
    };
    let mut cluster = (CONTENDERS[0].cluster)(Size { nodes: 3, batch: 1, bytes: 16 });
    (0_u64..rounds).for_each(|_| cluster.commit());
    println!("{}", cluster.committed());
    ExitCode::SUCCESS
}
