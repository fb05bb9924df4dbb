//! Why something was refused: what, where, and what to do.

use quorate_models::invariant::Broken;
use quorate_models::run::RunError;
use quorate_models::world::ModelError;
use std::fmt;

/// Why something was refused. Nothing changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// A text is no JSON of the shape that is wanted.
    Json {
        /// What it should be.
        what: &'static str,
        /// What is wrong with it, and where.
        why: String,
    },
    /// A text is longer than anything that is meant.
    TooLong {
        /// What it should be.
        what: &'static str,
        /// Its length in bytes.
        bytes: usize,
        /// The longest.
        max: usize,
    },
    /// No whole number that can be meant.
    Number {
        /// What it should be.
        what: &'static str,
        /// What it is.
        given: String,
    },
    /// A model cannot be explored.
    Model(ModelError),
    /// A run cannot be replayed.
    Run(RunError),
    /// There is no such moment.
    Moment {
        /// Which was asked for.
        id: u32,
        /// How many there are.
        count: usize,
    },
    /// There is no such choice.
    Choice {
        /// Which was asked for.
        index: u32,
        /// At which moment.
        moment: u32,
        /// How many there are.
        count: usize,
    },
    /// No choice has this name.
    Name {
        /// Which was asked for.
        name: String,
        /// At which moment.
        moment: u32,
        /// The possible choice whose name is most like it.
        nearest: Option<String>,
    },
    /// A choice changes nothing, or leads outside the bounds of the model.
    NoEffect {
        /// Its name.
        name: String,
    },
    /// An invariant is violated; nothing happens after that.
    Broken(Broken),
    /// There are as many moments as a session may have.
    Full {
        /// How many.
        max: usize,
    },
    /// There is no such format.
    Format {
        /// Which was asked for.
        name: String,
    },
    /// A cluster file is refused.
    Cluster(String),
    /// A search was asked for its outcome before it ended.
    Searching,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Json { what, why } => write!(f, "{what}: {why}; is the text complete?"),
            Trouble::TooLong { what, bytes, max } => {
                write!(f, "{what}: {bytes} bytes are more than the {max} that are read; shorten it")
            }
            Trouble::Number { what, given } => {
                write!(f, "{what}: {given} is no whole number from 0 to {}; give one", u32::MAX)
            }
            Trouble::Model(error) => write!(f, "model: {error}"),
            Trouble::Run(error) => error.fmt(f),
            Trouble::Moment { id, count } => {
                write!(f, "moment: there is no {id}, the newest is {}; go to one of these", count - 1)
            }
            Trouble::Choice { index, moment, count } => write!(
                f,
                "choice: at moment {moment} there are {count}, counted from 0, and no {index}; ask for its choices again"
            ),
            Trouble::Name { name, moment, nearest } => {
                write!(f, "choice: \"{name}\" is not possible at moment {moment}")?;
                nearest.as_ref().map_or(Ok(()), |nearest| write!(f, "; possible is \"{nearest}\""))
            }
            Trouble::NoEffect { name } => write!(
                f,
                "choice: \"{name}\" changes nothing or leaves the bounds of the model; choose another, or widen them"
            ),
            Trouble::Broken(broken) => {
                write!(f, "{broken}; nothing happens after a violation, go back to a moment before it")
            }
            Trouble::Full { max } => {
                write!(f, "moment: a session has at most {max}; open a new one to go on")
            }
            Trouble::Format { name } => {
                write!(f, "format: there is no \"{name}\"; give rust-test, mermaid, itf or text")
            }
            Trouble::Cluster(error) => f.write_str(error),
            Trouble::Searching => f.write_str("outcome: the search has not ended; advance it until it has"),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<RunError> for Trouble {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Model(error) => Trouble::Model(error),
            error => Trouble::Run(error),
        }
    }
}

impl From<ModelError> for Trouble {
    fn from(error: ModelError) -> Self {
        Trouble::Model(error)
    }
}
