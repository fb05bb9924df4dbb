//! What was measured, as a table and as a chart.

use crate::failover::Failover;
use crate::measure::Figure;
use crate::peers::{CONTENDERS, Contender, SIZES, Size};
use bench_chart::{Bar, Chart, Colour, Group};
use quorate::failover::{Message, Node};
use std::fmt::Write as _;

/// Everything that was measured.
#[derive(Debug)]
pub struct Measured {
    /// For each size, by contender: nanoseconds for one entry.
    pub commits: Vec<Vec<Commit>>,
    /// By contender: nanoseconds for a heartbeat at a follower.
    pub beats: Vec<Figure>,
    /// By contender.
    pub failovers: Vec<Option<Failover>>,
    /// Nanoseconds: to clone a primary, to hash it, to ask for a deadline.
    pub node: [Figure; 3],
    /// So many groups, nanoseconds for one in a heartbeat interval.
    pub idle: Vec<(usize, f64)>,
    /// So many groups that rest on three hosts, nanoseconds of one host in a heartbeat interval.
    pub resting: Vec<(usize, f64)>,
    /// Bytes of a replica that has just started, and of one of a group that has elected.
    pub bytes: (f64, f64),
}

/// What one contender needs to commit an entry.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Commit {
    /// Nanoseconds of processor time.
    pub time: Figure,
    /// Messages for a batch.
    pub messages: f64,
    /// Allocations for an entry.
    pub allocations: f64,
    /// Bytes allocated for an entry.
    pub bytes: f64,
}

fn is_peer(contender: &Contender) -> bool {
    contender.name != "quorate" && contender.name != "floor"
}

fn fastest<'a>(times: impl Iterator<Item = (&'a Contender, f64)>) -> (&'a str, f64) {
    times
        .filter(|(contender, _)| is_peer(contender))
        .map(|(contender, time)| (contender.name, time))
        .min_by(|one, other| one.1.total_cmp(&other.1))
        .expect("there are peers")
}

fn describe(size: Size) -> String {
    let payload = if size.bytes == 16 { "a handle of 16 bytes" } else { "`Bytes` of 256" };
    format!("{} nodes, {} at a time, {payload}", size.nodes, size.batch)
}

/// The table, in Markdown.
pub fn table(measured: &Measured) -> String {
    let mut text = String::from(
        "# The bench of cores\n\n\
         Written by `cargo xtask bench`. Everybody does the same work: a batch is proposed at the primary and messages \
         are\ndelivered by direct calls, until every replica knows that it is committed. Nothing is written to a disk, \
         logs are\ncompacted as they go, every replica owns every payload. Times are processor time of the thread, the \
         middle of the\nsamples, with the reach of their middle half; everybody has its turn in every pass. A network \
         or a disk costs ten to\na thousand times as much: such figures say what a checker and a host of many groups \
         pay, not what clients see.\n\n",
    );
    let _ = writeln!(text, "{}\n", bench_chart::machine("figure"));
    who(&mut text);
    goals(&mut text, measured);
    commits(&mut text, measured);
    beats(&mut text, measured);
    failovers(&mut text, measured);
    nodes(&mut text, measured);
    text
}

fn who(text: &mut String) {
    text.push_str("| who | which |\n|---|---|\n");
    for contender in CONTENDERS {
        let _ = writeln!(text, "| {} | {} |", contender.name, contender.about);
    }
    text.push('\n');
}

/// What was aimed at, and what came of it.
fn goals(text: &mut String, measured: &Measured) {
    text.push_str("## In short\n\n| | quorate | goal | |\n|---|--:|--:|---|\n");
    let mut goal = |what: &str, is: String, aim: &str, met: bool| {
        let met = if met { "met" } else { "**missed**" };
        let _ = writeln!(text, "| {what} | {is} | {aim} | {met} |");
    };
    for (batch, bytes, times) in [(1, 16, 2.0), (64, 256, 1.3)] {
        let wanted = Size { nodes: 3, batch, bytes };
        let Some(row) = SIZES.iter().position(|size| *size == wanted) else { continue };
        let row = &measured.commits[row];
        let (name, best) = fastest(CONTENDERS.iter().zip(row).map(|(who, commit)| (who, commit.time.median)));
        let ratio = best / row[0].time.median;
        let what = format!("commits: {}", describe(wanted));
        goal(&what, format!("{ratio:.2} × {name}"), &format!("≥ {times} ×"), ratio >= times);
    }
    let (name, best) = fastest(CONTENDERS.iter().zip(&measured.beats).map(|(who, beat)| (who, beat.median)));
    let ours = measured.beats[0].median;
    goal(
        "a heartbeat at a follower",
        format!("{ours:.0} ns"),
        &format!("≤ {best:.0} ns ({name})"),
        ours <= best,
    );
    let row = SIZES.iter().position(|size| *size == Size { nodes: 3, batch: 1, bytes: 16 });
    let allocations = row.map_or(f64::NAN, |row| measured.commits[row][0].allocations);
    goal("allocations for a committed handle", format!("{allocations:.2}"), "0", allocations < 0.005);
    let bytes = measured.bytes.0;
    goal("bytes of a fresh replica", format!("{bytes:.0}"), "≤ 300", bytes <= 300.0);
    let (unit, pair, wide) =
        (size_of::<Message<()>>(), size_of::<Message<[u64; 2]>>(), size_of::<Message<u128>>());
    let sizes = format!("{unit}, {pair}, {wide}");
    goal("bytes of a message of `()`, `[u64; 2]`, `u128`", sizes, "≤ 72", unit.max(pair).max(wide) <= 72);
    text.push('\n');
}

fn commits(text: &mut String, measured: &Measured) {
    text.push_str("## Commits\n\n");
    for (size, row) in SIZES.iter().zip(&measured.commits) {
        let _ = writeln!(
            text,
            "### {}\n\n| | ns an entry | ± % | M entries/s | quorate is | allocations an entry | bytes | messages a \
             batch |\n|---|--:|--:|--:|--:|--:|--:|--:|",
            describe(*size)
        );
        for (contender, commit) in CONTENDERS.iter().zip(row) {
            let _ = writeln!(
                text,
                "| {} | {:.1} | {:.0} | {:.2} | {:.2} × | {:.2} | {:.0} | {:.1} |",
                contender.name,
                commit.time.median,
                commit.time.spread,
                1e3 / commit.time.median,
                commit.time.median / row[0].time.median,
                commit.allocations,
                commit.bytes,
                commit.messages
            );
        }
        text.push('\n');
    }
}

fn beats(text: &mut String, measured: &Measured) {
    text.push_str(
        "## Heartbeats\n\nA follower takes a heartbeat and its answer is taken from it.\n\n\
         | | ns | ± % | quorate is |\n|---|--:|--:|--:|\n",
    );
    for (contender, beat) in CONTENDERS.iter().zip(&measured.beats) {
        let times = beat.median / measured.beats[0].median;
        let _ =
            writeln!(text, "| {} | {:.1} | {:.0} | {times:.2} × |", contender.name, beat.median, beat.spread);
    }
    text.push('\n');
}

fn failovers(text: &mut String, measured: &Measured) {
    text.push_str(
        "## Failover\n\nOf three nodes the primary is dead, and the first of the others has waited long enough. A \
         message takes half a round\ntrip, nothing else takes time. Until a write to the new primary is acknowledged. \
         quorate asks around first, and takes\nno write before its own start is committed; noraft does not ask \
         around; omnipaxos elects by ticks, one in a round\ntrip here.\n\n\
         | | round trips | messages | calls |\n|---|--:|--:|--:|\n",
    );
    for (contender, failover) in CONTENDERS.iter().zip(&measured.failovers) {
        if let Some(Failover { calls, messages, round_trips }) = failover {
            let _ = writeln!(text, "| {} | {round_trips:.1} | {messages} | {calls} |", contender.name);
        }
    }
    text.push('\n');
}

fn nodes(text: &mut String, measured: &Measured) {
    text.push_str("## Nodes and idle groups of quorate\n\n| | |\n|---|--:|\n");
    let mut row = |what: String, figure: String| {
        let _ = writeln!(text, "| {what} | {figure} |");
    };
    let names = ["clone a primary with four entries", "hash it (SipHash)", "ask for a deadline"];
    for (name, figure) in names.iter().zip(&measured.node) {
        row((*name).to_owned(), format!("{:.1} ns ± {:.0} %", figure.median, figure.spread));
    }
    let thousands = |groups: usize| format!("{},000", groups / 1_000);
    for (groups, time) in &measured.idle {
        row(
            format!(
                "{} groups by themselves: one group, all replicas, one heartbeat interval",
                thousands(*groups)
            ),
            format!("{time:.0} ns"),
        );
    }
    row("between heartbeats, without ticks".to_owned(), "0 ns: nothing is called".to_owned());
    for (groups, time) in &measured.resting {
        let each = time / *groups as f64;
        row(
            format!(
                "{} groups that rest on three hosts: one host, one heartbeat interval",
                thousands(*groups)
            ),
            format!("{time:.0} ns; {each:.3} ns a group"),
        );
    }
    row(
        "bytes of a fresh replica, with what it keeps elsewhere".to_owned(),
        format!("{:.0}", measured.bytes.0),
    );
    row("bytes of a replica of a group that has elected".to_owned(), format!("{:.0}", measured.bytes.1));
    row("of which the node itself".to_owned(), size_of::<Node<u128>>().to_string());
}

/// The chart: entries a second, against the fastest peer.
pub fn chart(measured: &Measured) -> String {
    let titles: Vec<String> = SIZES.iter().map(|size| describe(*size).replace('`', "")).collect();
    let groups = SIZES.iter().zip(&titles).zip(&measured.commits).filter(|((size, _), _)| size.nodes == 3);
    let groups = groups.map(|((_, title), row)| {
        let times = || CONTENDERS.iter().zip(row).map(|(who, commit)| (who, commit.time.median));
        let (_, best) = fastest(times());
        let shown = times().filter(|(contender, _)| contender.name != "floor");
        Group { title, bars: shown.map(|(contender, time)| bar(contender, time, best)).collect() }
    });
    Chart {
        title: "Entries committed in a second, by the processor time of one thread",
        note: "The same work in memory. Longer is faster; the fastest peer of each group is 1.",
        label: "Commits a second of quorate and its peers",
        groups: groups.collect(),
    }
    .svg()
}

fn bar(contender: &Contender, time: f64, best: f64) -> Bar {
    let colour = if is_peer(contender) { Colour::Slate } else { Colour::Quorate };
    let figure = format!("{:.2} M/s · {:.2} ×", 1e3 / time, best / time);
    Bar { name: contender.name.to_owned(), colour, value: best / time, figure }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> Measured {
        let time = |median| Figure { median, spread: 3.0 };
        let commit = |at: usize| Commit {
            time: time(100.0 * (at + 1) as f64),
            messages: 8.0,
            allocations: 0.0,
            bytes: 0.0,
        };
        let everybody = || (0..CONTENDERS.len()).map(commit).collect();
        Measured {
            commits: SIZES.iter().map(|_| everybody()).collect(),
            beats: CONTENDERS.iter().map(|_| time(20.0)).collect(),
            failovers: CONTENDERS.iter().map(|_| None).collect(),
            node: [time(1.0); 3],
            idle: vec![(10_000, 5.0)],
            resting: vec![(100_000, 300.0)],
            bytes: (301.0, 900.0),
        }
    }

    #[test]
    fn goals_are_judged_by_the_figures() {
        let table = table(&measured());
        assert!(table.contains("| 2.00 × omnipaxos | ≥ 2 × | met |"), "{table}");
        assert!(table.contains("| bytes of a fresh replica | 301 | ≤ 300 | **missed** |"), "{table}");
        assert!(table.contains("| 10,000"), "{table}");
        assert!(table.contains("| 300 ns; 0.003 ns a group |"), "{table}");
    }

    #[test]
    fn the_chart_compares_with_the_fastest_peer() {
        let chart = chart(&measured());
        assert!(chart.contains("10.00 M/s · 2.00 ×") && chart.contains("5.00 M/s · 1.00 ×"), "{chart}");
        assert!(!chart.contains("floor"));
    }
}
