//! Epoch and vote: one value, one record.

use crate::config::ConfigId;
use crate::id::{Epoch, NodeId};

/// The epoch a node is in and whom it voted for in it.
///
/// # Invariants
/// * `epoch` never goes back.
/// * `vote` goes from `None` to `Some` once per epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Ballot {
    /// The newest epoch this node knows.
    pub epoch: Epoch,
    /// Its vote in that epoch.
    pub vote: Option<NodeId>,
}

/// What a voter is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Who asks.
    pub from: NodeId,
    /// To lead which epoch.
    pub epoch: Epoch,
    /// Under which configuration.
    pub config: ConfigId,
}

/// The voter's answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The vote is given; it may be sent when it is on disk.
    Granted,
    /// The vote is not given.
    Refused(Refusal),
}

/// Why a vote is not given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Refusal {
    /// The voter is in a newer epoch.
    OldEpoch,
    /// The voter's configuration is newer: the candidate may not know who votes now.
    OldConfig,
    /// The candidate may not become primary under a configuration they share.
    NotCandidate,
    /// The voter hears a primary that hears a quorum.
    PrimaryAlive,
    /// The voter gave its vote in this epoch to another node.
    Voted(NodeId),
    /// The voter would rather stand itself: its log or its priority is higher. Only in a pre-vote.
    Outranked,
}

impl Ballot {
    /// Enters `epoch` if it is newer; whether it was.
    pub fn adopt(&mut self, epoch: Epoch) -> bool {
        let newer = epoch > self.epoch;
        if newer {
            *self = Ballot { epoch, vote: None };
        }
        newer
    }

    /// Raises the epoch and votes for `me`; `None` if epochs are used up. With `force`, in the next generation.
    pub fn campaign(&mut self, me: NodeId, force: bool) -> Option<Epoch> {
        let next = if force { self.epoch.next_generation()? } else { self.epoch.next()? };
        // Without the rule a candidate tries again in the epoch in which it may already have voted or lost.
        let epoch = rule!(CampaignRaisesEpoch, next, else: next.min(self.epoch.max(Epoch::from_number(1))));
        *self = Ballot { epoch, vote: Some(me) };
        Some(epoch)
    }

    /// Answers a candidate whose epoch this ballot has already adopted.
    pub fn answer(&mut self, ask: Ask) -> Answer {
        let vote_is_free = match self.vote {
            None => true,
            Some(node) => node == ask.from,
        };
        if rule!(OneVotePerEpoch, vote_is_free) {
            self.vote = Some(ask.from);
            Answer::Granted
        } else {
            Answer::Refused(self.vote.map_or(Refusal::OldEpoch, Refusal::Voted))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_is_given_once_and_repeated_to_the_same_node() {
        let [a, b] = [0, 1].map(|i| NodeId::new(i).unwrap());
        let epoch = Epoch::from_number(3);
        let mut ballot = Ballot::default();
        assert!(ballot.adopt(epoch) && !ballot.adopt(epoch));
        let ask = |from| Ask { from, epoch, config: ConfigId::default() };
        assert_eq!(ballot.answer(ask(a)), Answer::Granted);
        assert_eq!(ballot.answer(ask(b)), Answer::Refused(Refusal::Voted(a)));
        assert_eq!(ballot.answer(ask(a)), Answer::Granted);
        assert_eq!(ballot.campaign(b, false), Some(Epoch::from_number(4)));
        assert_eq!(ballot.campaign(b, true).map(Epoch::generation), Some(1));
    }
}
