//! What was measured, as a table and as a chart.

use crate::compare::{Compared, Row};
use crate::measure::Tool;
use crate::subject::{Known, SUBJECTS};
use bench_chart::{Bar, Chart, Colour, Group};
use quorate_models::text::grouped;
use std::fmt::Write as _;

/// The table, in Markdown.
pub fn table(compared: &Compared) -> String {
    let mut text = String::from(
        "# The bench of checkers\n\n\
         Written by `cargo xtask bench-check`. Every search ran in a process of its own and found exactly the states \
         and\ntransitions named here; otherwise there would be no table. *Wall* is the time of the search, the least \
         and the middle\nof the runs. *CPU* is the least processor time of the process, user and system. *Bytes a \
         state* is the most memory that\nthe process had, divided by the states: what shortest paths need is part of \
         it where a tool keeps that (quorate,\nstateright BFS). Quorate's engine stores states exactly, except for \
         2pc; stateright stores fingerprints of 64 bits.\nWhere the machine had other work to do, processor time \
         compares better than wall time.\n\n",
    );
    let _ = writeln!(text, "{}\n", bench_chart::machine("search"));
    summary(&mut text, compared);
    for (known, rows) in groups(compared) {
        let _ = writeln!(
            text,
            "## {}\n\n{}: {} states, {} transitions.{}\n\n\
             | checker | threads | runs | wall s, least | wall s, middle | CPU s | M states/s | M states/CPU s | \
             bytes a state |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|",
            known.name,
            known.what,
            grouped(known.states),
            grouped(known.transitions),
            known.reduced.map_or(String::new(), |states| format!(
                " With reductions {} states, and the same verdict.",
                grouped(states)
            ))
        );
        for row in rows {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} |",
                row.tool,
                row.threads,
                row.runs.len(),
                row.best().seconds,
                row.median().seconds,
                row.cpu_seconds(),
                row.states_per_second() / 1e6,
                row.states_per_cpu_second() / 1e6,
                row.bytes_per_state()
            );
        }
        text.push('\n');
    }
    for sentence in &compared.skipped {
        let _ = writeln!(text, "Not measured: {sentence}\n");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// The figures of quorate in one thread and in two, and how many times faster it is than the others.
fn summary(text: &mut String, compared: &Compared) {
    text.push_str(
        "## In short\n\n\
         | model | states | M states/s | bytes a state | two threads | × stateright DFS | × stateright BFS | × Spin | \
         with reductions |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for (known, rows) in groups(compared) {
        let of = |tool, threads| rows.iter().find(|row| row.tool == tool && row.threads == threads);
        let Some(one) = of(Tool::Quorate, 1) else { continue };
        let times = |slow: Option<&&Row>, fast: &Row| {
            slow.map_or("–".to_owned(), |slow| {
                format!("{:.1} ×", fast.states_per_second() / slow.states_per_second())
            })
        };
        let two = of(Tool::Quorate, 2).map_or("–".to_owned(), |two| times(Some(one), two));
        let fewer = of(Tool::Reduced, 1).map_or("–".to_owned(), |reduced| {
            format!("{:.0} × fewer states", known.states as f64 / reduced.best().states as f64)
        });
        let _ = writeln!(
            text,
            "| {} | {} | {:.2} | {:.0} | {two} | {} | {} | {} | {fewer} |",
            known.name,
            grouped(known.states),
            one.states_per_second() / 1e6,
            one.bytes_per_state(),
            times(of(Tool::Dfs, 1), one),
            times(of(Tool::Bfs, 1), one),
            times(of(Tool::Spin, 1), one),
        );
    }
    text.push('\n');
}

/// The rows of each subject.
fn groups(compared: &Compared) -> Vec<(&'static Known, Vec<&Row>)> {
    let rows = |known: &Known| compared.rows.iter().filter(|row| row.known.name == known.name).collect();
    SUBJECTS
        .iter()
        .map(|known| (known, rows(known)))
        .filter(|(_, rows): &(_, Vec<_>)| !rows.is_empty())
        .collect()
}

/// The chart: states a second, by processor time, and bytes a state.
pub fn chart(compared: &Compared) -> String {
    let shown = groups(compared).into_iter().map(|(known, rows)| {
        // Fewer states a second say nothing where there are fewer states.
        let rows = rows.into_iter().filter(|row| row.tool != Tool::Reduced);
        Group { title: known.what, bars: rows.map(bar).collect() }
    });
    Chart {
        title: "States searched in a second",
        note: "The same models, the same states. Longer is faster; beside it, bytes of memory for each state.",
        label: "States a second of quorate, stateright and Spin",
        groups: shown.collect(),
    }
    .svg()
}

fn bar(row: &Row) -> Bar {
    let colour = match row.tool {
        Tool::Quorate | Tool::Reduced => Colour::Quorate,
        Tool::Dfs => Colour::Amber,
        Tool::Bfs => Colour::Orange,
        Tool::Spin => Colour::Slate,
    };
    let name =
        if row.threads > 1 { format!("{}, {} threads", row.tool, row.threads) } else { row.tool.to_string() };
    let millions = row.states_per_second() / 1e6;
    let figure = format!("{millions:.2} M/s · {:.0} B", row.bytes_per_state());
    Bar { name, colour, value: row.states_per_second(), figure }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Measured;

    fn compared() -> Compared {
        let row = |name, tool, threads, seconds| {
            let known = Known::named(name).unwrap();
            let (states, transitions) = (known.states, known.transitions);
            let run =
                Measured { states, transitions, seconds, cpu_seconds: seconds, peak_bytes: states * 40 };
            let slower = Measured { seconds: seconds * 2.0, ..run };
            Row { known, tool, threads, runs: vec![run, slower] }
        };
        let rows = vec![
            row("el-3-4", Tool::Quorate, 1, 0.25),
            row("el-3-4", Tool::Spin, 1, 2.0),
            row("paxos-3", Tool::Dfs, 2, 4.0),
        ];
        Compared { rows, skipped: vec!["Spin on paxos-3: there is no Promela of it.".to_owned()] }
    }

    #[test]
    fn the_table_has_every_row_and_what_is_missing() {
        let table = table(&compared());
        assert!(table.contains("| quorate | 1 | 2 | 0.25 | 0.50 | 0.25 | 7.63 | 7.63 | 40 |"), "{table}");
        assert!(table.contains("1,907,351 states, 3,032,149 transitions."));
        assert_eq!(table.matches("\n## ").count(), 3);
        assert!(table.contains("| el-3-4 | 1,907,351 | 7.63 | 40 | – | – | – | 8.0 × | – |"), "{table}");
        assert!(table.ends_with("Not measured: Spin on paxos-3: there is no Promela of it.\n"));
    }

    #[test]
    fn the_longest_bar_is_the_fastest() {
        let chart = chart(&compared());
        assert_eq!(chart.matches("<rect").count(), 3);
        let widths: Vec<f64> = chart
            .split("width=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect();
        assert!(widths[0] > widths[1] && widths[1] > widths[2], "{widths:?}");
        assert!(widths.iter().all(|width| *width <= bench_chart::LONGEST));
    }
}
