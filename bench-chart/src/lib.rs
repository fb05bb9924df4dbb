//! What the benches of quorate share: a sentence that names the machine, and a chart of bars.

use std::fmt::Write as _;
use std::fs;

/// On what it was measured; `end` says what had just ended when the load was read.
pub fn machine(end: &str) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| -> Option<String> {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let cpu =
        field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "an unknown processor".to_owned());
    let memory =
        field(&read("/proc/meminfo"), "MemTotal").and_then(|text| text.split(' ').next()?.parse().ok());
    let memory: f64 = memory.unwrap_or(0.0);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg").split(' ').next().unwrap_or("unknown").to_owned();
    format!(
        "Measured on {cpu}, {cores} cores, {:.0} GiB of memory; load when the last {end} ended: {load}.",
        memory / 1024.0 / 1024.0
    )
}

/// A chart of horizontal bars in groups, in colours for light and dark pages.
#[derive(Clone, Debug)]
pub struct Chart<'a> {
    /// What it shows.
    pub title: &'a str,
    /// How to read it.
    pub note: &'a str,
    /// What it shows, for who does not see it.
    pub label: &'a str,
    /// The groups, from the top.
    pub groups: Vec<Group<'a>>,
}

/// Bars that belong together.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// What they have in common.
    pub title: &'a str,
    /// From the top.
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// Whose it is.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
    /// How long it is: all bars of a chart are on one scale.
    pub value: f64,
    /// What stands beside it.
    pub figure: String,
}

/// The colour of a bar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// Quorate's own.
    Quorate,
    /// Of a competitor.
    Amber,
    /// Of a relative of that competitor.
    Orange,
    /// Of another competitor.
    Slate,
}

impl Colour {
    const fn class(self) -> &'static str {
        match self {
            Colour::Quorate => "quorate",
            Colour::Amber => "amber",
            Colour::Orange => "orange",
            Colour::Slate => "slate",
        }
    }
}

const WIDTH: f64 = 760.0;
const BAR: f64 = 16.0;
const ROW: f64 = 22.0;
const HEAD: f64 = 74.0;
const TITLE: f64 = 26.0;
const GAP: f64 = 16.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 170.0;
/// How long the longest bar is.
pub const LONGEST: f64 = WIDTH - LEFT - RIGHT;

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 17px; font-weight: 600 }
.note, .figure { fill: #57606a }
.subject { font-weight: 600 }
.figure { font-variant-numeric: tabular-nums }
.axis { stroke: #d0d7de }
.quorate { fill: #0f766e }
.amber { fill: #b45309 }
.orange { fill: #d97706 }
.slate { fill: #64748b }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note, .figure { fill: #9da7b3 }
  .axis { stroke: #3d444d }
  .quorate { fill: #2dd4bf }
  .amber { fill: #f59e0b }
  .orange { fill: #fbbf24 }
  .slate { fill: #94a3b8 }
}
";

impl Chart<'_> {
    /// The chart, as SVG.
    pub fn svg(&self) -> String {
        let rows: usize = self.groups.iter().map(|group| group.bars.len()).sum();
        let height = HEAD + self.groups.len() as f64 * (TITLE + GAP) + rows as f64 * ROW;
        let most = self.groups.iter().flat_map(|group| &group.bars).map(|bar| bar.value).fold(0.0, f64::max);
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
             aria-label=\"{}\">\n<style>\n{STYLE}</style>\n\
             <text class=\"title\" x=\"16\" y=\"30\">{}</text>\n\
             <text class=\"note\" x=\"16\" y=\"52\">{}</text>\n",
            self.label, self.title, self.note
        );
        let mut y = HEAD;
        for group in &self.groups {
            let _ = writeln!(
                text,
                "<text class=\"subject\" x=\"16\" y=\"{:.0}\">{}</text>",
                y + 14.0,
                group.title
            );
            y += TITLE;
            let end = y + group.bars.len() as f64 * ROW;
            let _ = writeln!(
                text,
                "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{:.0}\" x2=\"{LEFT}\" y2=\"{:.0}\"/>",
                y - 2.0,
                end - 2.0
            );
            for bar in &group.bars {
                bar.draw(&mut text, y, most);
                y += ROW;
            }
            y += GAP;
        }
        text.push_str("</svg>\n");
        text
    }
}

impl Bar {
    fn draw(&self, text: &mut String, y: f64, most: f64) {
        let length = (LONGEST * self.value / most).max(1.0);
        let middle = y + BAR / 2.0 + 4.5;
        let _ = writeln!(
            text,
            "<text x=\"{:.0}\" y=\"{middle:.1}\" text-anchor=\"end\">{}</text>\n\
             <rect class=\"{}\" x=\"{:.0}\" y=\"{y:.0}\" width=\"{length:.1}\" height=\"{BAR}\" rx=\"2\"/>\n\
             <text class=\"figure\" x=\"{:.1}\" y=\"{middle:.1}\">{}</text>",
            LEFT - 8.0,
            self.name,
            self.colour.class(),
            LEFT + 1.0,
            LEFT + length + 8.0,
            self.figure
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_the_greatest_value() {
        let bar = |value| Bar { name: String::new(), colour: Colour::Slate, value, figure: String::new() };
        let groups = vec![
            Group { title: "one", bars: vec![bar(1.0), bar(4.0)] },
            Group { title: "two", bars: vec![bar(0.0)] },
        ];
        let svg = Chart { title: "t", note: "n", label: "l", groups }.svg();
        let widths: Vec<f64> = svg
            .split("width=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().parse().unwrap())
            .collect();
        assert_eq!(widths, [LONGEST / 4.0, LONGEST, 1.0]);
    }
}
