//! What one host knows of another: whether it is alive, and what they promised each other.

use super::message::{Bond, GroupId, Nap};
use crate::time::{Instant, Span};
use alloc::collections::BTreeMap;

/// Another host.
///
/// # Invariants
/// * `broken` only grows, and lives as long as the host's own life: a bond that was broken is never there again.
/// * `answered` is the **send** time of a beat that the other answered under its `bond`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(super) struct Peer {
    /// How often this host has broken its bond with the other.
    pub(super) broken: u64,
    /// The other's bond with this host, as far as is known.
    pub(super) bond: Option<Bond>,
    /// When it was last heard; `None` if it is silent.
    pub(super) heard: Option<Instant>,
    /// When the newest beat that it answered was sent; `None` if it does not answer.
    pub(super) answered: Option<Instant>,
    /// Which rests it has to be told are over, until it has understood.
    pub(super) owed: BTreeMap<GroupId, Nap>,
}

impl Peer {
    /// Whether it has answered lately.
    pub(super) fn is_reached(&self, now: Instant, patience: Span) -> bool {
        self.answered.is_some_and(|stamp| now.since(stamp) < patience)
    }

    /// Whether it was heard lately.
    pub(super) fn is_heard(&self, now: Instant, patience: Span) -> bool {
        self.heard.is_some_and(|heard| now.since(heard) < patience)
    }

    /// When it will have been silent, or not have answered, for too long.
    pub(super) fn deadline(&self, patience: Span) -> Option<Instant> {
        [self.heard, self.answered].into_iter().flatten().min().map(|last| last.after(patience))
    }
}
