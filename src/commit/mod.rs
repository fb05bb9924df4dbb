//! Semi-synchronous commit: what was acknowledged is in the log of every later primary.
//!
//! # The rule
//!
//! A log is known by its [`History`]: which epoch wrote from which index on. Its [`Position`](crate::id::Position)
//! is *(the epoch under which its end was accepted, its flushed length)*, compared in that order.
//!
//! 1. **Revoke.** The winner of an election asks data nodes to promise to accept nothing of an older epoch.
//!    A promise carries the node's flushed position and history ([`Promise`]).
//! 2. **Recover.** When the promises come from a recovery set, the winner takes over the log with the highest
//!    position among them, fetching what it lacks.
//! 3. **Begin.** It marks where its epoch starts, in its history. The mark alone lets it commit what it
//!    inherited: no empty entry is needed.
//! 4. **Replicate.** A replica first cuts its log back to the common prefix with the primary's history, then
//!    appends, flushes, acknowledges its length.
//! 5. **Commit.** An index is committed when an ack set of every family in force holds it *under this epoch*, and
//!    it is not below the start of the epoch. The primary serves only after it has committed its own start.
//!
//! # Why it is right
//!
//! Recovery sets meet every ack set. So some member of the recovery set flushed the acknowledged entry, and its
//! promise was given after that. Positions order logs so that the highest one contains every committed entry:
//! an entry is committed only together with the start of its epoch, and whoever accepted that start has the
//! whole log of that primary up to there, which contains everything committed before. Counting acknowledgements
//! of older epochs, or an index below the start, breaks exactly this (figure 8 of the Raft paper).
//!
//! Sources: Sougoumarane, *Consensus at scale* 1–8 (revoke, discover, propagate); Neon's term history; Kafka
//! KIP-101 (cut back by epochs, not by length); `MongoDB` (commit in the current term).
//!
//! # Invariants
//!
//! * A log is a prefix of the log of the primary of its accepted epoch, and at least as long as that epoch's
//!   start.
//! * What is committed is a prefix of what every later primary starts from.
//! * What is acknowledged is on the disks of an ack set.
//! * Committed lengths never go back, and committed logs are prefixes of one another.
//!
//! All of this is within one generation of epochs: a recovery that accepts loss begins the next one, and says what
//! it kept.

mod history;
mod log;
mod primary;
mod reads;

pub use history::{History, HistoryError};
pub(crate) use log::Repr;
pub use log::{Entries, Log, LogChange};
pub use primary::{Peer, Promise, Promises, Replication};
pub use reads::{ReadKind, Reads};
