//! Why a cluster file is refused: where, what, and what to do instead.

use super::length;
use quorate::config::{LeaseError, SettingsError, TimingError};
use quorate::time::Span;
use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use std::fmt;

/// How the parser says that a key is there twice.
pub(super) const TWICE: &str = "duplicate key";

/// A refused cluster file. Displayed, it is one line: `file:line:column: field: what is wrong; what to do`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterError {
    /// The file, as it was named to [`Cluster::parse`](super::Cluster::parse).
    pub file: String,
    /// Where in it, if it is about a place.
    pub at: Option<Place>,
    /// The path of the field, `lease.hold`; empty for the file as a whole.
    pub field: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// A place in a text, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column, in characters.
    pub column: u32,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// More text than any cluster needs.
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// The most that is read.
        max: usize,
    },
    /// Not TOML: malformed, or a key given twice.
    Syntax {
        /// What the parser says.
        message: String,
    },
    /// A field that does not exist, or a value of the wrong type.
    Shape {
        /// What was found and what was expected.
        message: String,
    },
    /// A field that must be given is not.
    Missing {
        /// What to write.
        example: &'static str,
    },
    /// Not a duration.
    Length {
        /// What is written.
        given: String,
    },
    /// A number, a duration or a count out of range.
    Range {
        /// What is written.
        given: String,
        /// The smallest and the largest allowed.
        allowed: String,
    },
    /// A word that is not among the known ones.
    Word {
        /// What is written.
        given: String,
        /// The known words.
        allowed: &'static str,
    },
    /// Not a name: empty, too long, or with characters that do not belong into one.
    Name {
        /// What is written.
        given: String,
        /// What a name may look like.
        allowed: &'static str,
    },
    /// A name given twice.
    Duplicate {
        /// The name.
        given: String,
    },
    /// A name that no node has.
    UnknownNode {
        /// The name.
        given: String,
        /// The names there are.
        nodes: String,
    },
    /// Two fields contradict each other.
    Conflict {
        /// How.
        what: String,
        /// What to change.
        mend: String,
    },
    /// The core refuses the votes, the acks or the roles.
    Settings(Box<Refusal>),
    /// The core refuses the timing.
    Timing(TimingError),
    /// The core refuses the lease.
    Lease {
        /// Why.
        error: LeaseError,
        /// The resolution of the clocks, which counts into what is held.
        quantum: Span,
    },
    /// Valid, but too large to explore every state of.
    TooManyToExplore {
        /// How many nodes there are.
        nodes: usize,
        /// How many there may be.
        max: u8,
    },
}

/// The core's refusal, and the same in the words of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The core's own.
    pub error: SettingsError,
    /// What is wrong, with the names of the nodes.
    pub problem: String,
    /// What to change.
    pub mend: String,
}

impl Fault {
    /// The kind of fault, for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Fault::TooLarge { .. } => "too-large",
            Fault::Syntax { .. } => "syntax",
            Fault::Shape { .. } => "shape",
            Fault::Missing { .. } => "missing",
            Fault::Length { .. } => "length",
            Fault::Range { .. } => "range",
            Fault::Word { .. } => "word",
            Fault::Name { .. } => "name",
            Fault::Duplicate { .. } => "duplicate",
            Fault::UnknownNode { .. } => "unknown-node",
            Fault::Conflict { .. } => "conflict",
            Fault::Settings(_) => "settings",
            Fault::Timing(_) => "timing",
            Fault::Lease { .. } => "lease",
            Fault::TooManyToExplore { .. } => "too-many-to-explore",
        }
    }

    /// What is wrong, as a clause that follows the name of the field.
    pub fn problem(&self) -> String {
        match self {
            Fault::TooLarge { bytes, .. } => format!("{bytes} bytes are no cluster file"),
            Fault::Syntax { message } | Fault::Shape { message } => message.clone(),
            Fault::Missing { .. } => "it is missing".to_owned(),
            Fault::Length { given } => format!("\"{given}\" is no duration"),
            Fault::Range { given, .. } => format!("{given} is out of range"),
            Fault::Word { given, .. } => format!("\"{given}\" is not known here"),
            Fault::Name { given, .. } => format!("\"{given}\" is no name"),
            Fault::Duplicate { given } => format!("\"{given}\" is there twice"),
            Fault::UnknownNode { given, .. } => format!("no node is called \"{given}\""),
            Fault::Conflict { what, .. } => what.clone(),
            Fault::Settings(refusal) => refusal.problem.clone(),
            Fault::Timing(error) => timing_problem(error),
            Fault::Lease { error, quantum } => lease_problem(error, *quantum),
            Fault::TooManyToExplore { nodes, max } => {
                format!("{nodes} nodes are too many to explore every state; the limit is {max}")
            }
        }
    }

    /// What to do instead.
    pub fn mend(&self) -> String {
        match self {
            Fault::TooLarge { max, .. } => format!("give at most {max}"),
            Fault::Syntax { message } if message.starts_with(TWICE) => "take one of them out".to_owned(),
            Fault::Syntax { .. } => {
                "write one key = value to a line, text in quotes, and a [table] in brackets; https://toml.io has \
                 the notation"
                    .to_owned()
            }
            Fault::Shape { .. } => "correct it, or take it out".to_owned(),
            Fault::Missing { example } => format!("write {example}"),
            Fault::Length { .. } => {
                "give a number and one of ns, us, ms, s, min, h, such as \"250ms\" or \"1.5s\"".to_owned()
            }
            Fault::Range { allowed, .. } => format!("give {allowed}"),
            Fault::Word { allowed, .. } | Fault::Name { allowed, .. } => format!("give {allowed}"),
            Fault::Duplicate { .. } => "take one out, or give it another name".to_owned(),
            Fault::UnknownNode { nodes, .. } => format!("give one of {nodes}"),
            Fault::Conflict { mend, .. } => mend.clone(),
            Fault::Settings(refusal) => refusal.mend.clone(),
            Fault::Timing(error) => timing_mend(error),
            Fault::Lease { error, .. } => lease_mend(error),
            Fault::TooManyToExplore { max, .. } => format!(
                "explore a smaller cluster of the same shape, with at most {max} nodes; `quorate plan` \
                 answers for this one"
            ),
        }
    }
}

fn timing_problem(error: &TimingError) -> String {
    match error {
        TimingError::Zero("election") => "the election-timeout is zero".to_owned(),
        TimingError::Zero(field) => format!("the {field} is zero"),
        TimingError::HeartbeatTooRare { heartbeat, election } => format!(
            "{} between two beats is too long for an election-timeout of {}: at least two beats must fit",
            length::exact(*heartbeat),
            length::exact(*election)
        ),
        TimingError::NoContact => "a primary that loses its quorum would never resign".to_owned(),
        TimingError::ContactTooLong { contact, election } => format!(
            "a primary without a quorum would stay for {}, longer than the election-timeout of {}",
            length::exact(*contact),
            length::exact(*election)
        ),
        TimingError::ContactTooShort { contact, heartbeat } => format!(
            "a primary that gives up after {} without contact would resign between two beats, sent every {}",
            length::exact(*contact),
            length::exact(*heartbeat)
        ),
    }
}

fn timing_mend(error: &TimingError) -> String {
    match error {
        TimingError::Zero(_) => "give more than 0s".to_owned(),
        TimingError::HeartbeatTooRare { heartbeat, election } => {
            let most = Span::new(election.units() / 2);
            let beat = (most > Span::ZERO)
                .then(|| format!("a heartbeat of at most {} (a quarter is usual)", length::exact(most)));
            let patience = (heartbeat.times(2) <= length::LONGEST)
                .then(|| format!("an election-timeout of at least {}", length::exact(heartbeat.times(2))));
            let ways: Vec<String> = beat.into_iter().chain(patience).collect();
            format!("give {}", ways.join(", or "))
        }
        TimingError::NoContact => "give contact a duration".to_owned(),
        TimingError::ContactTooLong { election, .. } => {
            format!("give contact at most {}", length::exact(*election))
        }
        TimingError::ContactTooShort { heartbeat, .. } => format!(
            "give contact more than {} and a round trip; the election-timeout is usual",
            length::exact(*heartbeat)
        ),
    }
}

fn lease_problem(error: &LeaseError, quantum: Span) -> String {
    match error {
        LeaseError::Zero => "it has no length".to_owned(),
        LeaseError::DriftNotCovered { hold, grant, drift, shortest_grant, .. } => format!(
            "{} is too long for a grant of {}: with clocks that run at rates from {} to {}, read to {}, \
             ({} + {}) · {} / {} = {} > {}, so a slow holder would outlive a fast granter",
            length::exact(*hold),
            length::exact(*grant),
            drift.slow,
            drift.fast,
            length::exact(quantum),
            length::exact(*hold),
            length::exact(quantum),
            drift.fast,
            drift.slow,
            length::exact(*shortest_grant),
            length::exact(*grant)
        ),
        LeaseError::ImpossibleDrift(drift) => {
            format!("clocks that run at rates from {} to {} are impossible", drift.slow, drift.fast)
        }
    }
}

fn lease_mend(error: &LeaseError) -> String {
    match error {
        LeaseError::Zero => "give a hold and a grant of more than 0s".to_owned(),
        LeaseError::DriftNotCovered { longest_hold, shortest_grant, .. } => {
            // Only what would be accepted is offered.
            let hold = (*longest_hold > Span::ZERO)
                .then(|| format!("a hold of at most {}", length::exact(*longest_hold)));
            let grant = (*shortest_grant <= length::LONGEST)
                .then(|| format!("a grant of at least {}", length::exact(*shortest_grant)));
            let ways: Vec<String> = hold.into_iter().chain(grant).collect();
            if ways.is_empty() {
                "give a finer quantum, or clocks that are closer together".to_owned()
            } else {
                format!("give {}", ways.join(", or "))
            }
        }
        LeaseError::ImpossibleDrift(_) => {
            "give the slowest and the fastest rate, neither of them 0, such as [99, 101]".to_owned()
        }
    }
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(Place { line, column }) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {}; {}", self.fault.problem(), self.fault.mend())
    }
}

impl std::error::Error for ClusterError {}

/// `{file, line, column, field, kind, problem, mend}`; a place that is not known is null.
impl Serialize for ClusterError {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut to = to.serialize_struct("ClusterError", 7)?;
        to.serialize_field("file", &self.file)?;
        to.serialize_field("line", &self.at.map(|at| at.line))?;
        to.serialize_field("column", &self.at.map(|at| at.column))?;
        to.serialize_field("field", &self.field)?;
        to.serialize_field("kind", self.fault.kind())?;
        to.serialize_field("problem", &self.fault.problem())?;
        to.serialize_field("mend", &self.fault.mend())?;
        to.end()
    }
}
