//! Fewer states, same verdicts: what need not be explored, and why.
//!
//! * [`dead`]: messages that can never again do anything are removed.
//! * [`dominated`]: what only makes the world safer than something else that is possible is left out.
//! * [`symmetry`]: of machines that nothing has happened to, only the first is tried.
//!
//! Each argument uses rules of the protocol, named by [`Reductions::rely_on`]. When such a rule is switched off, a
//! violation found under the reduction is still real, because a reduction only leaves behaviour out; but that
//! nothing was found proves nothing, and the checker explores again without it. Tests compare verdicts and the
//! lengths of shortest counterexamples with and without.

mod dead;
mod dominated;
mod symmetry;

pub(super) use dead::{is_dead, is_pointless};
pub(super) use dominated::{is_consumed, send, stamped_by};
pub(super) use symmetry::Symmetry;

use quorate::rule::{Rule, RuleSet};

/// Which reductions are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reductions {
    /// Dead messages are removed.
    pub dead: bool,
    /// Dominated behaviour is left out.
    pub dominated: bool,
    /// Mirror images are left out.
    pub symmetry: bool,
}

impl Reductions {
    /// Every reduction.
    pub const ALL: Reductions = Reductions { dead: true, dominated: true, symmetry: true };
    /// No reduction.
    pub const NONE: Reductions = Reductions { dead: false, dominated: false, symmetry: false };

    /// The reductions whose arguments do not use a rule of `off`.
    pub fn sound_without(off: RuleSet) -> Reductions {
        let free_of = |rules: &[Rule]| !rules.iter().any(|rule| off.contains(*rule));
        Reductions { dead: free_of(DEAD), dominated: free_of(DOMINATED), symmetry: free_of(SYMMETRY) }
    }

    /// The rules that the arguments of these reductions use.
    pub fn rely_on(self) -> RuleSet {
        let parts = [(self.dead, DEAD), (self.dominated, DOMINATED), (self.symmetry, SYMMETRY)];
        parts.iter().filter(|(used, _)| *used).flat_map(|(_, rules)| rules.iter().copied()).collect()
    }
}

/// A role once left is not taken up again, and what an epoch refused it refuses for ever.
const DEAD: &[Rule] = &[
    Rule::OneVotePerEpoch,
    Rule::VoteIsRecorded,
    Rule::EpochIsRecorded,
    Rule::CampaignRaisesEpoch,
    Rule::OldVotesDoNotCount,
    Rule::OnlyVotesCount,
    Rule::VotersCountOnce,
    Rule::AdoptingStepsDown,
    Rule::BeatKeepsVote,
    Rule::RoleIsVolatile,
    Rule::OldAcksDoNotCount,
    Rule::OldAppendsAreRefused,
    Rule::OldBeatsAreRefused,
    Rule::VoteAfterDurable,
    Rule::OwnVoteAfterDurable,
    Rule::TornVoteIsHarmless,
];

/// Newer beats, longer leases and shorter waits are at least as dangerous as older, shorter and longer ones.
const DOMINATED: &[Rule] = &[
    Rule::LeaseFromSend,
    Rule::LeaseFromQuorum,
    Rule::GrantsOnlyGrow,
    Rule::ReportKeepsObligation,
    Rule::LongestObligation,
    Rule::OwnGrantCounts,
    Rule::WaitFromReceipt,
    Rule::OldBeatsAreRefused,
    Rule::AdoptingStepsDown,
    Rule::BeatKeepsVote,
    Rule::ClockDoubtEndsLease,
    Rule::ClockCountsSuspend,
    Rule::BusyStaysWhole,
    Rule::HolderNeedNotGrant,
    Rule::ReadRoundAfterStart,
];

/// Nodes are treated alike.
const SYMMETRY: &[Rule] = &[Rule::VotersCountOnce];
