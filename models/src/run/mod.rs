//! The run file: a model and a list of choices. Everything else is recomputed.
//!
//! ```json
//! {"quorate":1, "model":{…}, "hash":"5f0c…", "choices":[[0,"n0 timer"], [3,"n0→n1 vote e1 e0v0"]], "note":"…"}
//! ```
//!
//! A counterexample of a checker, a shrunk random run and a run made by hand are all this file. A choice is named:
//! the name decides, the number in front of it (its place among the choices of the world without reductions) only
//! finds it quickly. The hash is that of the model, so that a run is never replayed against another model by
//! mistake; a run says nothing about states, so that it stays small and a later version replays it or says at
//! which step it no longer can.
//!
//! * [`replay`](Run::replay) makes the choices happen again and judges every state.
//! * [`shrink`] leaves out what a violation does not need.
//! * [`draw`] is the run as a picture of text, [`export`] as a test, a diagram or a trace for other tools.

pub mod draw;
pub mod export;
mod replay;
pub mod shrink;
mod story;

pub use replay::Replay;
pub use story::{Scene, Where, does, scene, story};

use crate::world::{Choice, Model, ModelError, World, fingerprint};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of the run file that this code reads and writes.
pub const VERSION: u32 = 1;
/// The largest run file that is read, in bytes.
pub const MAX_BYTES: usize = 16 << 20;
/// The longest run.
pub const MAX_CHOICES: usize = 100_000;

/// A model and what happened in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// The version of the format.
    quorate: u32,
    /// What it happened in.
    pub model: Model,
    /// The hash of the model.
    hash: String,
    /// What happened: where among the possible choices, and its name.
    pub choices: Vec<(u32, String)>,
    /// For a reader.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Why a run cannot be read or replayed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RunError {
    /// The text is longer than any run.
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The text is no JSON of this shape.
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// It is JSON, but no run.
    Foreign,
    /// It was written by another version.
    Version {
        /// Which.
        found: u64,
    },
    /// The model is impossible.
    Model(ModelError),
    /// The model is not the one with which the run was recorded.
    Hash {
        /// The hash in the file.
        recorded: String,
        /// The hash of the model in the file.
        computed: String,
    },
    /// More choices than a run may have.
    TooManyChoices {
        /// How many.
        count: usize,
    },
    /// A choice that is not possible where it stands.
    Choice {
        /// The step, from 1.
        step: usize,
        /// Its name.
        name: String,
        /// A possible choice whose name is nearest to it.
        nearest: Option<String>,
    },
    /// A choice that leads outside the bounds of the model or changes nothing.
    NoEffect {
        /// The step, from 1.
        step: usize,
        /// Its name.
        name: String,
    },
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::TooLong { bytes } => {
                write!(f, "{bytes} bytes are more than the {MAX_BYTES} of the longest run; is this a run file?")
            }
            RunError::Syntax { line, column, what } => {
                write!(f, "line {line}, column {column}: {what}; a run file is written whole, is this one truncated or edited?")
            }
            RunError::Foreign => f.write_str(
                "this is no run file: it has no field \"quorate\"; give a file written by `quorate check --save`",
            ),
            RunError::Version { found } => write!(
                f,
                "quorate: the run has format {found}, this is a reader of format {VERSION}; use the version that \
                 wrote it"
            ),
            RunError::Model(error) => write!(f, "model: {error}"),
            RunError::Hash { recorded, computed } => write!(
                f,
                "hash: the run was recorded with model {recorded}, but the model in the file is {computed}; restore \
                 the model, or record the run again"
            ),
            RunError::TooManyChoices { count } => {
                write!(f, "choices: {count} are more than the {MAX_CHOICES} of the longest run")
            }
            RunError::Choice { step, name, nearest } => {
                write!(f, "choices: step {step}, \"{name}\", is not possible there")?;
                nearest.as_ref().map_or(Ok(()), |nearest| write!(f, "; possible is \"{nearest}\""))
            }
            RunError::NoEffect { step, name } => {
                write!(f, "choices: step {step}, \"{name}\", changes nothing or leaves the bounds; remove it")
            }
        }
    }
}

impl std::error::Error for RunError {}

/// The one field that every version has.
#[derive(Deserialize)]
struct Header {
    quorate: Option<u64>,
}

/// The hash of a model: of its JSON, so that it means the same everywhere.
pub fn hash(model: &Model) -> String {
    format!("{:016x}", fingerprint(model.to_json().as_bytes()))
}

impl Run {
    /// A run of `model` with these choices, from the first state on.
    pub fn record(world: &World, choices: &[Choice], note: &str) -> Result<Self, RunError> {
        let names = choices.iter().map(|choice| (0, choice.to_string())).collect();
        let mut run = Self {
            quorate: VERSION,
            model: world.model.clone(),
            hash: hash(&world.model),
            choices: names,
            note: note.into(),
        };
        let places = run.replay()?.places;
        for (choice, place) in run.choices.iter_mut().zip(places) {
            choice.0 = place;
        }
        Ok(run)
    }

    /// Reads a run file.
    pub fn parse(text: &str) -> Result<Self, RunError> {
        if text.len() > MAX_BYTES {
            return Err(RunError::TooLong { bytes: text.len() });
        }
        let syntax = |error: serde_json::Error| RunError::Syntax {
            line: error.line(),
            column: error.column(),
            what: error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
        };
        let header: Header = serde_json::from_str(text).map_err(syntax)?;
        match header.quorate {
            None => return Err(RunError::Foreign),
            Some(found) if found != u64::from(VERSION) => return Err(RunError::Version { found }),
            Some(_this) => {}
        }
        let run: Run = serde_json::from_str(text).map_err(syntax)?;
        if run.choices.len() > MAX_CHOICES {
            return Err(RunError::TooManyChoices { count: run.choices.len() });
        }
        run.model.check().map_err(RunError::Model)?;
        let computed = hash(&run.model);
        if computed != run.hash {
            return Err(RunError::Hash { recorded: run.hash, computed });
        }
        Ok(run)
    }

    /// The run as a file: one line for what it is, one for each choice.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{{\"quorate\":{},\n\"model\":{},\n\"hash\":{},\n\"choices\":[",
            self.quorate,
            self.model.to_json(),
            json(&self.hash)
        );
        for (i, choice) in self.choices.iter().enumerate() {
            text.push_str(if i == 0 { "\n" } else { ",\n" });
            text.push_str(&json(choice));
        }
        text.push(']');
        if !self.note.is_empty() {
            text.push_str(",\n\"note\":");
            text.push_str(&json(&self.note));
        }
        text.push_str("}\n");
        text
    }

    /// Makes the choices happen again, and judges every state. Ends at the first violation.
    pub fn replay(&self) -> Result<Replay, RunError> {
        Replay::of(self)
    }
}

/// Values of a run become JSON without fail: their keys are strings.
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
