//! A run as a picture of text: a lane for each machine, a row for each step, time downward.
//!
//! ```text
//!        n0              n1              n2
//!   1    ◆ timer         │               │        n0 is candidate in e1
//!   2    ├──vote e1─────▶│               │        n1 voted for n0 in e1
//! ```
//!
//! A message is drawn where it arrives; it was sent in some step before. The lane of a primary that serves is
//! `┃`, of a machine that is down or paused `┊`. Nothing is said by colour.

use super::story::{Scene, Where, story};
use super::{Replay, Run};
use crate::text::wrapped;
use crate::world::{NOW, State};
use quorate::id::NodeId;
use std::fmt::Write;

/// Columns from one lane to the next.
const LANE: usize = 17;
/// Columns before the first lane.
const LEFT: usize = 6;
/// Columns of the whole picture.
const WIDTH: usize = 118;

/// Draws a run.
pub fn draw(run: &Run, replay: &Replay) -> String {
    let scenes = story(replay);
    let lanes = replay.state().seats.len();
    let resource = replay.world.model.node.fenced.then_some(lanes);
    let canvas = Canvas { lanes: lanes + usize::from(resource.is_some()), resource };
    let mut picture = heading(run, replay);
    picture.push_str(&canvas.names());
    for (step, scene) in scenes.iter().enumerate() {
        picture.push_str(&canvas.row(step + 1, scene, &replay.states[step + 1]));
    }
    picture.push_str(&verdict(replay));
    picture
}

fn heading(run: &Run, replay: &Replay) -> String {
    let mut text = format!("{}, {} steps", run.model.name, replay.choices.len());
    if !run.model.without.is_empty() {
        let _ = write!(text, ", without {}", run.model.without.join(", "));
    }
    text.push('\n');
    // A checker notes what it found, which is said at the end.
    let said = replay.broken.as_ref().is_some_and(|broken| broken.to_string() == run.note);
    if !run.note.is_empty() && !said {
        let _ = writeln!(text, "{}", plain(&run.note));
    }
    text.push('\n');
    text
}

/// Without what a terminal would obey instead of show.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn verdict(replay: &Replay) -> String {
    let mut text = match &replay.broken {
        Some(broken) => {
            format!("\n  ✗ {}: {}\n    {}\n", broken.invariant, broken.why, broken.invariant.statement())
        }
        None => "\n  every invariant holds in every state\n".into(),
    };
    if replay.unused > 0 {
        let _ = writeln!(text, "    {} later choices are not drawn", replay.unused);
    }
    text
}

/// Where the lanes are.
struct Canvas {
    lanes: usize,
    resource: Option<usize>,
}

impl Canvas {
    fn column(lane: usize) -> usize {
        LEFT + lane * LANE
    }

    fn names(&self) -> String {
        let mut row = vec![' '; self.width()];
        for lane in 0..self.lanes {
            let name = if self.resource == Some(lane) { "resource".into() } else { format!("n{lane}") };
            put(&mut row, Self::column(lane), &name);
        }
        format!("{}\n", row.iter().collect::<String>().trim_end())
    }

    fn width(&self) -> usize {
        Self::column(self.lanes)
    }

    fn row(&self, step: usize, scene: &Scene, after: &State) -> String {
        let mut row = self.lanes_of(after);
        put(&mut row, 0, &format!("{step:>3}"));
        self.paint(&mut row, scene);
        let mut text: String = row.into_iter().collect();
        let room = WIDTH.saturating_sub(self.width()).max(30);
        let notes = wrapped(&scene.changes.join("; "), room);
        let mut notes = notes.into_iter();
        text.push_str(&notes.next().unwrap_or_default());
        text.truncate(text.trim_end().len());
        text.push('\n');
        for note in notes {
            text.extend(self.lanes_of(after));
            text.push_str(&note);
            text.push('\n');
        }
        text
    }

    /// A row in which nothing happens.
    fn lanes_of(&self, state: &State) -> Vec<char> {
        let mut row = vec![' '; self.width()];
        for (id, _) in state.seats() {
            put(&mut row, Self::column(lane(id)), lane_mark(state, id));
        }
        if let Some(resource) = self.resource {
            put(&mut row, Self::column(resource), "║");
        }
        row
    }

    fn paint(&self, row: &mut [char], scene: &Scene) {
        let Scene { place, label, .. } = scene;
        match place {
            Where::Between(from, to) => arrow(row, lane(*from), lane(*to), label, None),
            Where::Lost(from, to) => arrow(row, lane(*from), lane(*to), label, Some('✗')),
            Where::ToResource(from) => arrow(row, lane(*from), self.resource.unwrap_or(0), label, None),
            Where::At(node) => put(row, Self::column(lane(*node)), &fit(&format!("◆ {label}"), LANE - 1)),
            Where::Everywhere(ticks) => {
                for (at, tick) in ticks.iter().enumerate() {
                    put(row, Self::column(at) + 1, &format!(" +{tick}"));
                }
            }
            Where::Links => put(row, LEFT + 2, &fit(label, self.width() - LEFT - 3)),
        }
    }
}

fn lane(id: NodeId) -> usize {
    usize::from(id.index())
}

fn lane_mark(state: &State, id: NodeId) -> &'static str {
    let stopped = state.around.outside.paused.contains(id);
    match state.node(id) {
        Some(node) if !stopped && node.halted().is_none() => {
            let covered = node.setup().lease.is_none() || node.lease(NOW).is_some();
            if node.is_serving() && covered { "┃" } else { "│" }
        }
        Some(_) | None => "┊",
    }
}

/// An arrow from one lane to another, its label in the middle of the line.
fn arrow(row: &mut [char], from: usize, to: usize, label: &str, end: Option<char>) {
    let (a, b) = (Canvas::column(from), Canvas::column(to));
    let (left, right) = (a.min(b), a.max(b));
    if left == right {
        put(row, a, &fit(&format!("◆ {label}"), LANE - 1));
        return;
    }
    for cell in &mut row[left + 1..right] {
        *cell = '─';
    }
    row[a] = if from < to { '├' } else { '┤' };
    let (tip, head) = if from < to { (right - 1, '▶') } else { (left + 1, '◀') };
    row[tip] = end.unwrap_or(head);
    let label = fit(&format!(" {label} "), LANE - 4);
    let length = label.chars().count();
    // Beside the sender, so that a label is never written over the lane of a machine in between.
    let at = if from < to { left + 2 } else { right - 1 - length };
    put(row, at, &label);
}

fn put(row: &mut [char], at: usize, text: &str) {
    for (cell, letter) in row.iter_mut().skip(at).zip(text.chars()) {
        *cell = letter;
    }
}

/// The text, or as much of it as fits.
fn fit(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.into();
    }
    let mut short: String = text.chars().take(room - 1).collect();
    short.push('…');
    short
}
