//! What can go wrong between processes: what, where, and what to do.

use super::hosts::{MAX_PROCESSES, MAX_WORKERS};
use std::fmt;
use std::time::Duration;

/// Why processes cannot search together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClusterError {
    /// A line of the hosts file that names no host.
    Host {
        /// The line, from 1.
        line: usize,
        /// What it says.
        text: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A host that is in the hosts file twice.
    DuplicateHost {
        /// The line, from 1.
        line: usize,
        /// The line in which it is as well.
        first: usize,
        /// Which.
        host: String,
    },
    /// A hosts file without hosts.
    NoHosts,
    /// A hosts file with too many.
    TooManyHosts {
        /// How many.
        count: usize,
    },
    /// There is no process of this number.
    Process {
        /// Which.
        process: usize,
        /// How many there are.
        processes: usize,
    },
    /// An impossible number of workers.
    Workers {
        /// How many.
        workers: usize,
    },
    /// This process cannot listen where the hosts file says.
    Listen {
        /// Where.
        host: String,
        /// What the system says.
        what: String,
    },
    /// A process did not appear.
    Absent {
        /// Who.
        peer: Peer,
        /// How long it was waited for.
        after: Duration,
        /// What the system says, if it was tried to reach it.
        what: String,
    },
    /// A process explores something else.
    Differs {
        /// Who.
        peer: Peer,
        /// In what.
        field: &'static str,
        /// What it has.
        theirs: String,
        /// What this one has.
        ours: String,
    },
    /// A process went away during the search.
    Lost {
        /// Who.
        peer: Peer,
        /// How it was noticed.
        how: String,
    },
    /// A process computes something else from the same.
    Disagrees {
        /// Who.
        peer: Peer,
    },
    /// A worker of this process failed.
    Worker {
        /// How.
        what: String,
    },
}

/// A process, and where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Peer {
    /// Its number.
    pub process: usize,
    /// Where it is.
    pub host: String,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} at {}", self.process, self.host)
    }
}

impl std::error::Error for ClusterError {}

impl ClusterError {
    /// Whether a search that had begun was ended by it; otherwise none began.
    pub fn ended_a_search(&self) -> bool {
        match self {
            ClusterError::Lost { .. } | ClusterError::Disagrees { .. } | ClusterError::Worker { .. } => true,
            ClusterError::Host { .. }
            | ClusterError::DuplicateHost { .. }
            | ClusterError::NoHosts
            | ClusterError::TooManyHosts { .. }
            | ClusterError::Process { .. }
            | ClusterError::Workers { .. }
            | ClusterError::Listen { .. }
            | ClusterError::Absent { .. }
            | ClusterError::Differs { .. } => false,
        }
    }
}

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClusterError::Host { line, text, what } => write!(f, "line {line}: \"{text}\": {what}"),
            ClusterError::DuplicateHost { line, first, host } => {
                write!(
                    f,
                    "line {line}: {host} is in line {first} already; each process has a line of its own"
                )
            }
            ClusterError::NoHosts => {
                f.write_str("there is no host; write one host:port a line, for each process one")
            }
            ClusterError::TooManyHosts { count } => {
                write!(
                    f,
                    "{count} processes are more than {MAX_PROCESSES}; give a process more workers instead"
                )
            }
            ClusterError::Process { process, processes } => write!(
                f,
                "there is no process {process}: the hosts file has {processes}; give a number from 0 to {}",
                processes - 1
            ),
            ClusterError::Workers { workers } => {
                write!(f, "{workers} workers are not possible; give a number from 1 to {MAX_WORKERS}")
            }
            ClusterError::Listen { host, what } => write!(
                f,
                "cannot listen at {host}: {what}; is another process running there, or is it another machine's?"
            ),
            ClusterError::Absent { peer, after, what } => write!(
                f,
                "{peer} did not appear within {} s{}{what}; start it with the same model, hosts file and workers, and \
                 --process {}",
                after.as_secs(),
                if what.is_empty() { "" } else { ": " },
                peer.process
            ),
            ClusterError::Differs { peer, field, theirs, ours } => {
                write!(f, "{peer} has another {field}: {theirs}, not {ours}; start all processes alike")
            }
            ClusterError::Lost { peer, how } => write!(
                f,
                "{peer} went away during the search: {how}. Nothing is proved; look there for the reason, and start \
                 all processes again"
            ),
            ClusterError::Disagrees { peer } => write!(
                f,
                "{peer} computes something else from the same state. Nothing is proved; start all processes with the \
                 same build"
            ),
            ClusterError::Worker { what } => {
                write!(f, "a worker of this process failed: {what}. Nothing is proved; this is a bug")
            }
        }
    }
}
