//! What a node writes to its disk, and what it reads back after a crash.
//!
//! The driver appends each [`Record`] as it is told and reports it durable when it, **and everything before it**,
//! is. After a crash it applies the records it finds, in order, to the [`Image`] it started from: the disk holds
//! a prefix of what was written, at least as long as what was reported. A driver that keeps hard state and log in
//! two files reports the older of the two.
//!
//! # Invariants
//!
//! * One decision is one record, so no crash can leave half of a decision.
//! * Applying the same records to the same image gives the same image, in memory and on disk.

use crate::commit::{Log, LogChange};
use crate::config::{Config, ConfigId};
use crate::election::Ballot;
use crate::id::Epoch;
use crate::time::Span;
use alloc::boxed::Box;
use alloc::sync::Arc;

/// The durable state besides the log. It is written as one value: an epoch without its vote, or half of each,
/// cannot be read back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Hard {
    /// Epoch and vote. The epoch is also the promise to accept nothing older.
    pub ballot: Ballot,
    /// The newest configuration.
    pub config: Arc<Config>,
    /// The longest lease ever granted.
    pub ceiling: Span,
    /// How often the node was started.
    pub incarnation: u32,
}

impl Hard {
    /// The durable state of a node of a new cluster.
    pub fn first(config: Config) -> Self {
        Self { ballot: Ballot::default(), config: Arc::new(config), ceiling: Span::ZERO, incarnation: 0 }
    }

    /// The identity of the configuration.
    pub fn config_id(&self) -> ConfigId {
        self.config.id
    }

    /// The newest epoch known.
    pub fn epoch(&self) -> Epoch {
        self.ballot.epoch
    }
}

/// What one decision writes: a new hard state, a change of the log, or both. It is durable as a whole or not at
/// all.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
#[cfg_attr(feature = "serde", serde(bound(serialize = "P: Clone + serde::Serialize")))]
pub struct Record<P> {
    /// The hard state, if it changed: seldom, so that a record is small.
    pub hard: Option<Box<Hard>>,
    /// The change of the log, if any.
    pub log: Option<LogChange<P>>,
}

impl<P> Record<P> {
    /// A record that changes nothing: a probe whether the disk still answers.
    pub const PROBE: Record<P> = Record { hard: None, log: None };
}

/// What is on disk: the hard state and the log, as a driver reads them back by applying its records in order.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Image<P> {
    /// The hard state.
    pub hard: Hard,
    /// The log.
    pub log: Log<P>,
}

impl<P: Clone> Image<P> {
    /// The disk of a node of a new cluster.
    pub fn first(config: Config) -> Self {
        Self { hard: Hard::first(config), log: Log::default() }
    }

    /// Applies one record.
    pub fn apply(&mut self, record: &Record<P>) {
        if let Some(hard) = &record.hard {
            self.hard = (**hard).clone();
        }
        if let Some(change) = &record.log {
            self.log.apply(change);
        }
    }
}
