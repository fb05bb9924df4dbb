//! A verdict, for people and for programs.

use super::Status;
use crate::check::{Outcome, Report};
use crate::invariant::Invariant;
use crate::text::{counted, grouped, wrapped};
use crate::world::{Model, Scope};
use serde::Serialize;
use std::time::Duration;

/// What came of exploring a model.
pub(super) struct Verdict<'a> {
    pub(super) model: &'a Model,
    pub(super) report: &'a Report,
    pub(super) time: Duration,
    /// Where the counterexample was written.
    pub(super) run: Option<String>,
    /// How the search began, if not at the beginning, and in how many steps.
    pub(super) beginning: Option<(&'a str, usize)>,
}

/// One verdict as JSON. The shape is part of the command line's contract.
#[derive(Serialize)]
struct Json<'a> {
    /// The model's name.
    model: &'a str,
    /// The bounds, as in a model file.
    scope: &'a Scope,
    /// The start or run file from whose end on was searched; nothing is said of other beginnings.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    /// Which engine.
    engine: &'a str,
    /// Distinct states visited.
    states: u64,
    /// Steps from the first state to the farthest one visited.
    depth: u32,
    /// Wall-clock time.
    seconds: f64,
    /// For each invariant that the model can say something about.
    verdicts: Vec<JsonVerdict<'a>>,
}

#[derive(Serialize)]
struct JsonVerdict<'a> {
    invariant: Invariant,
    /// `holds` in every state visited, or `violated`.
    verdict: &'static str,
    /// Whether every reachable state was visited.
    exhausted: bool,
    /// Steps of the shortest counterexample.
    steps: Option<usize>,
    /// The file it was written to.
    run: Option<&'a str>,
}

impl Verdict<'_> {
    pub(super) fn status(&self) -> Status {
        match self.report.outcome {
            Outcome::Proved => Status::Expected,
            Outcome::Violated { .. } => Status::Violated,
            Outcome::Incomplete(_) => Status::CutShort,
        }
    }

    /// One line of JSON.
    pub(super) fn json(&self) -> String {
        let violated = match &self.report.outcome {
            Outcome::Violated { broken, path } => Some((broken.invariant, path.len())),
            Outcome::Proved | Outcome::Incomplete(_) => None,
        };
        let concerned = |invariant: &&Invariant| {
            invariant.concerns(self.model) || violated.is_some_and(|(broken, _)| broken == **invariant)
        };
        let verdicts = Invariant::ALL.iter().filter(concerned).map(|invariant| {
            let steps = violated.filter(|(broken, _)| broken == invariant).map(|(_, steps)| steps);
            JsonVerdict {
                invariant: *invariant,
                verdict: if steps.is_some() { "violated" } else { "holds" },
                exhausted: self.report.is_exhausted() && self.beginning.is_none(),
                steps,
                run: self.run.as_deref().filter(|_| steps.is_some()),
            }
        });
        let json = Json {
            model: &self.model.name,
            scope: &self.model.scope,
            from: self.beginning.map(|(name, _)| name),
            engine: self.report.engine,
            states: self.report.progress.states,
            depth: self.report.progress.depth,
            seconds: (self.time.as_secs_f64() * 1000.0).round() / 1000.0,
            verdicts: verdicts.collect(),
        };
        serde_json::to_string(&json).unwrap_or_default()
    }

    /// The verdict in a few words.
    pub(super) fn words(&self) -> String {
        match (&self.report.outcome, self.beginning) {
            (Outcome::Proved, None) => "holds: every state visited".into(),
            (Outcome::Proved, Some((name, _))) => format!(
                "holds after {name}: every state visited that can follow; of other beginnings nothing is said"
            ),
            (Outcome::Violated { broken, path }, None) => {
                format!("VIOLATED {} in {}", broken.invariant, counted(path.len() as u64, "step"))
            }
            (Outcome::Violated { broken, path }, Some((name, given))) => format!(
                "VIOLATED {} in {}, of which {name} gives {given}; none that begins so is shorter",
                broken.invariant,
                counted(path.len() as u64, "step")
            ),
            (Outcome::Incomplete(why), _) => format!("NOT PROVED: {why}"),
        }
    }

    /// A row of a table.
    pub(super) fn row(&self) -> String {
        let progress = &self.report.progress;
        format!(
            "  {:<23} {:>11} {:>5} {:>7.1}   {}\n      {}\n",
            self.model.name,
            grouped(progress.states),
            progress.depth,
            self.time.as_secs_f64(),
            self.words(),
            self.model.bounds()
        )
    }

    /// The head of the table.
    pub(super) fn head() -> String {
        format!(
            "  {:<23} {:>11} {:>5} {:>7}   {}\n      {}\n",
            "model", "states", "depth", "seconds", "verdict", "bounds"
        )
    }

    /// Everything about one model.
    pub(super) fn text(&self) -> String {
        let progress = &self.report.progress;
        let names: Vec<&str> = Invariant::ALL
            .iter()
            .filter(|i| i.concerns(self.model))
            .map(|invariant| invariant.name())
            .collect();
        let mut text = format!("{}\n", self.model.name);
        text += &paragraph("bounds", &self.model.bounds());
        if let Some((name, steps)) = self.beginning {
            text +=
                &paragraph("from", &format!("{name}, the first {} are given", counted(steps as u64, "step")));
        }
        text += &paragraph("judged", &names.join(", "));
        text += &paragraph(
            "explored",
            &format!(
                "{} states, {} transitions, depth {}, {:.1} s, engine {}",
                grouped(progress.states),
                grouped(progress.transitions),
                progress.depth,
                self.time.as_secs_f64(),
                self.report.engine
            ),
        );
        text += &paragraph("verdict", &self.words());
        text
    }
}

/// A word at the left, a text at the right.
pub(super) fn paragraph(word: &str, text: &str) -> String {
    const WIDTH: usize = 88;
    const LABEL: usize = 12;
    let lines = wrapped(text, WIDTH - LABEL - 2);
    let labels = std::iter::once(word).chain(std::iter::repeat(""));
    let rows = lines.iter().zip(labels).map(|(line, label)| format!("  {label:<LABEL$}{line}\n"));
    rows.collect::<Vec<String>>().concat()
}
