//! A database, reduced to what a supervisor sees of it.

use quorate::commit::History;
use quorate::failover::{Effect, Facts};
use quorate::id::NodeId;
use std::sync::Arc;

pub(crate) type Row = &'static str;

/// Rows on disk, which epoch wrote which, whom it copies.
#[derive(Default)]
pub(crate) struct Database {
    pub(crate) rows: Vec<Row>,
    pub(crate) history: Arc<History>,
    pub(crate) upstream: Option<NodeId>,
    pub(crate) is_primary: bool,
}

impl Database {
    pub(crate) fn insert(&mut self, row: Row) -> Result<(), &'static str> {
        if !self.is_primary {
            return Err("read-only: this database is a replica");
        }
        self.rows.push(row);
        Ok(())
    }

    /// What it shows to its node: never more than is flushed.
    pub(crate) fn facts(&self) -> Facts {
        Facts { history: Arc::clone(&self.history), flushed: self.rows.len() as u64 }
    }

    /// Carries an order out, completely. In production these are a dozen lines of configuration and a restart, and the
    /// order is reported done when the database shows that it is.
    pub(crate) fn obey(&mut self, effect: Effect) {
        match effect {
            Effect::StopReceiving { .. } => self.upstream = None,
            Effect::Follow { node, .. } => self.upstream = Some(node),
            Effect::Rewind { keep, .. } => {
                self.rows.truncate(keep as usize);
                self.history = Arc::new(self.history.cut(keep));
            }
            Effect::Promote { epoch, .. } => {
                // The mark of the epoch, written before anything else: from here on the log is this primary's.
                Arc::make_mut(&mut self.history).begin(epoch, self.rows.len() as u64);
                self.is_primary = true;
            }
            Effect::Demote { .. } => self.is_primary = false,
            // This one answers its clients when its node says committed, whatever set of copies that takes.
            Effect::SetAcks { .. } => {}
            other => unreachable!("no resource, no watchdog and no snapshot here: {other:?}"),
        }
    }
}
