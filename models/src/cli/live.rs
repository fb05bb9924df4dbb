//! `quorate live`: what must happen. Every connectivity graph of a small cluster, or the fair cycles of one model.

use super::check::bytes;
use super::progress::{Watch, interrupted};
use super::target::{self, Changes};
use super::verdict::paragraph;
use super::{Status, Wrong, files, say};
use crate::check::{Bounds, Why};
use crate::live::graphs::{self, Suite, check_by};
use crate::live::kills::KILLS;
use crate::live::links::MAX_NODES;
use crate::live::space::{ROOM, Space};
use crate::live::{Pace, Ways};
use crate::run::{Run, draw::draw};
use crate::text::{counted, grouped};
use crate::world::{Reductions, World};
use quorate::rule::RuleSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Instant;

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// A bundled model or a .json file, searched for fair cycles; the graphs if left out
    model: Option<String>,
    /// Also the graphs that take minutes: five nodes, and four with links that carry one way
    #[arg(long, conflicts_with = "model")]
    long: bool,
    #[command(flatten)]
    changes: Changes,
    /// With --nodes: how many of them only vote; the others keep a copy of the log
    #[arg(long, value_name = "N", requires = "nodes", conflicts_with = "model", default_value_t = 0)]
    witnesses: u8,
    /// With --nodes: links may carry one way only; up to four nodes
    #[arg(long, requires = "nodes", conflicts_with = "model")]
    directed: bool,
    /// With --nodes: how fast messages are; both if left out
    #[arg(long, requires = "nodes", conflicts_with = "model", value_parser = pace)]
    pace: Option<Pace>,
    /// Write what goes wrong here, as a run file
    #[arg(long, value_name = "RUN.json")]
    save: Option<PathBuf>,
    /// Stop after so many states; nothing is proved then
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), requires = "model")]
    max_states: Option<u64>,
    /// Stop when the search needs more memory, as in 4GiB; nothing is proved then
    #[arg(long, value_name = "BYTES", value_parser = bytes, default_value = "8GiB")]
    max_memory: u64,
}

fn pace(text: &str) -> Result<Pace, String> {
    let named = Pace::ALL.into_iter().find(|pace| pace.to_string() == text);
    named.ok_or_else(|| "give prompt or lockstep".into())
}

pub(super) fn run(args: &Args) -> Result<Status, Wrong> {
    match &args.model {
        Some(name) => cycles(name, args),
        None if !are_of_graphs(&args.changes) => Err(Wrong(
            "the graphs take --nodes and --rule-off only; other bounds belong to one model, as in `quorate live \
             election --crashes 0`"
                .into(),
        )),
        None => on_graphs(args),
    }
}

fn are_of_graphs(changes: &Changes) -> bool {
    let mut others = changes.clone();
    others.nodes = None;
    others.rule_off.clear();
    others == Changes::default()
}

// ---- graphs ----------------------------------------------------------------------------------------------

fn suites(args: &Args) -> Result<Vec<Suite>, Wrong> {
    let ways = if args.directed { Ways::One } else { Ways::Both };
    match args.changes.nodes {
        Some(nodes) if nodes > MAX_NODES => {
            Err(Wrong(format!("--nodes: the graphs of {nodes} nodes are too many to try; give at most {MAX_NODES}")))
        }
        Some(_) if args.long => Err(Wrong("--long tries every number of nodes; leave --nodes out".into())),
        Some(MAX_NODES) if args.directed => Err(Wrong(
            "--directed: there are 9,608 directed graphs of five nodes in a million labellings; give at most --nodes 4"
                .into(),
        )),
        Some(nodes) if args.witnesses >= nodes => {
            Err(Wrong(format!("--witnesses: {} of {nodes} nodes leave no copy; give fewer", args.witnesses)))
        }
        Some(nodes) => {
            let paces = Pace::ALL.into_iter().filter(|pace| args.pace.is_none_or(|only| only == *pace));
            let copies = nodes - args.witnesses;
            Ok(paces.map(|pace| Suite { nodes, copies, ways, pace }).collect())
        }
        None => Ok(graphs::short().into_iter().chain(args.long.then(graphs::long).into_iter().flatten()).collect()),
    }
}

fn on_graphs(args: &Args) -> Result<Status, Wrong> {
    let off: RuleSet = args.changes.rule_off.iter().copied().collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    say(HEAD);
    let mut worst = Status::Expected;
    for suite in suites(args)? {
        let begun = Instant::now();
        let verdict = check_by(suite, off, workers, &|| !interrupted());
        let tally = &verdict.tally;
        let words = match (&verdict.failure, verdict.exhausted) {
            (Some(failure), _) => format!("VIOLATED serves-eventually: {}", failure.wrong),
            (None, true) => "serves and stays: every graph tried".into(),
            (None, false) => "NOT PROVED: interrupted".into(),
        };
        say(format_args!(
            "  {suite:<41} {:>6} {:>6} {:>6} {:>10} {:>10} {:>6} {:>7.1}   {words}\n",
            tally.classes,
            grouped(tally.graphs),
            grouped(tally.begins),
            grouped(tally.served),
            grouped(tally.idle),
            tally.rounds,
            begun.elapsed().as_secs_f64(),
        ));
        if let Some(failure) = &verdict.failure {
            say(format_args!("\n{}", paragraph("course", &failure.to_string())));
            if let Ok(run) = &*failure.run {
                say(saved(run, args)?);
            }
            return Ok(Status::Violated);
        }
        if !verdict.exhausted {
            worst = Status::CutShort;
            break;
        }
    }
    if off.is_empty() && args.changes.nodes.is_none() && worst == Status::Expected {
        worst = worst.max(kills());
    }
    say(BOUNDS);
    Ok(worst)
}

const HEAD: &str = "  graphs                                    graphs labels begins     served       idle rounds seconds   \
     verdict\n";

const BOUNDS: &str = "
  served: courses on graphs where some node talks both ways with a vote quorum, an ack set and a recovery set;
  one such node served within `rounds` rounds, acknowledged a write, and stayed. idle: courses on graphs without.
  Bounds: votes by a majority of the nodes, acknowledgements by a majority of the copies, an election timeout of
  4 rounds, links that do not change, no faults once the links are as they are. Prompt courses were followed until
  they repeat, lockstep ones for 24 rounds of service.
";

/// For each rule of liveness the course that goes wrong without it.
fn kills() -> Status {
    let mut text = String::from("\n  without                        graph    goes wrong\n");
    let mut status = Status::Expected;
    for kill in KILLS {
        let without = kill.without();
        let with = kill.with();
        let killed = without.as_ref().err().is_some_and(|failure| failure.wrong == kill.wrong);
        if !killed || with.is_err() {
            status = Status::Violated;
        }
        let fate = match (&without, &with) {
            (Err(failure), Ok(_)) => failure.wrong.to_string(),
            (Ok(_), _) => "NOTHING: the rule is not missed".into(),
            (_, Err(failure)) => format!("even with the rule: {}", failure.wrong),
        };
        let also = if kill.also.is_empty() { "" } else { " (nor resigns-without-quorum)" };
        let _ = writeln!(text, "  {:<30} {:<8} {fate}{also}; {}", kill.rule.name(), kill.graph, kill.begin);
    }
    say(text);
    status
}

fn saved(run: &Run, args: &Args) -> Result<String, Wrong> {
    let Some(path) = &args.save else { return Ok(String::new()) };
    files::write(path, &run.to_text())?;
    Ok(format!("\n  written to {0}; `quorate show {0}` draws it\n", path.display()))
}

// ---- fair cycles -----------------------------------------------------------------------------------------

fn cycles(name: &str, args: &Args) -> Result<Status, Wrong> {
    let mut model = target::find(name)?.model;
    args.changes.apply(&mut model)?;
    let world = World::new(model).map_err(|error| Wrong(format!("{name}: {error}")))?;
    let world = world.reduced_by(Reductions { symmetry: false, ..Reductions::SOUND });
    let mut space = Space::new(&world).map_err(|refusal| Wrong(format!("{name}: {refusal}")))?;
    let mut watch = Watch::new(&world.model.name, None);
    let bounds = Bounds { states: args.max_states, bytes: Some(args.max_memory) };
    let explored = space.explore(bounds, &mut |progress| watch.see(progress));
    let lasso = if explored.is_ok() { space.search() } else { None };
    let time = watch.end();
    let told = lasso.map(|lasso| space.tell(&lasso));
    let (all, steady) = space.states();
    let mut text = format!("{}\n", world.model.name);
    text += &paragraph("bounds", &world.model.bounds());
    text += &paragraph("assumed", &format!("{ASSUMED} {}.", counted(ROOM, "epoch")));
    text += &paragraph("required", "from some time on a primary serves and goes on serving");
    text += &paragraph(
        "explored",
        &format!(
            "{} states, of which {} are steady, {} edges, {:.1} s",
            grouped(all as u64),
            grouped(steady as u64),
            grouped(space.edges() as u64),
            time.as_secs_f64()
        ),
    );
    let (status, verdict) = match (&explored, &told) {
        (Err(why), _) => (Status::CutShort, not_proved(*why)),
        (Ok(()), Some(told)) => (Status::Violated, format!("VIOLATED serves-eventually: {told}")),
        (Ok(()), None) if space.unsafe_states() > 0 => {
            (Status::CutShort, "NOT PROVED: an invariant of safety is violated; see `quorate check`".into())
        }
        (Ok(()), None) if space.leads_beyond() => {
            (Status::CutShort, "NOT PROVED: a steady world leads beyond the bound on epochs".into())
        }
        (Ok(()), None) => (Status::Expected, "holds: every fair way visited".into()),
    };
    text += &paragraph("verdict", &verdict);
    if let Some(told) = &told {
        let run = space.record(told)?;
        let _ = write!(text, "\n{}", draw(&run, &run.replay()?));
        text += &saved(&run, args)?;
    }
    say(text);
    Ok(status)
}

fn not_proved(why: Why) -> String {
    format!("NOT PROVED: {why}")
}

const ASSUMED: &str = "at some moment the world becomes steady: nothing is on its way, no more faults, and clients and \
    operators do nothing; every node and every link is weakly fair; only the timers of one node fire, any one that \
    may lead, and only when nothing else can happen. Beyond the epochs of the model a steady world may use";
