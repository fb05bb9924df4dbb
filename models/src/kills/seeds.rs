//! Mistakes that others have made, or could have: each is expressed by rules that are switched off, and each must be
//! noticed, by the invariant that it endangers.
//!
//! This is the test of the tests from the other side: [`crate::kills`] asks for every rule what breaks without it,
//! here the question is for every known mistake whether there is a rule whose absence it is. The letter of a name
//! says where the mistake is made: **E**lection, **L**ease, **F**encing, **C**ommit, change of **P**olicy, and what
//! only the whole shows (**X**). The **K** are controls: other ways that are right as well.

use super::{Kill, harm, harm_of, kill, kill_of};
use crate::catalog::failover::acked_by;
use crate::catalog::machines::{commit, scoped};
use crate::catalog::starts::LEASED_WRITE;
use crate::invariant::Invariant::{
    self, AckAndRecoveryIntersect, AckedWritesSurvive, CommitsAreOrdered, FencedWrites, LeaseExclusion,
    LogMatching, NoPhantomRead, OnePrimaryPerEpoch, Refinement, ServesEventually, VotesAreDurable,
};
use crate::world::{Driver, Model};
use quorate::rule::{Rule, RuleSet};

/// A mistake.
#[derive(Clone, Copy, Debug)]
pub struct Seed {
    /// Its short name.
    pub id: &'static str,
    /// What is done wrong.
    pub what: &'static str,
    /// The rules whose absence it is.
    pub off: RuleSet,
    /// What it endangers: one of these must be violated. For a control: nothing.
    pub endangers: &'static [Invariant],
    /// How it is noticed.
    pub fate: Fate,
}

/// How a mistake is noticed.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// Exploring the model of its rule: the harm if that is listed, otherwise what is noticed first.
    AsListed,
    /// Exploring a model of its own.
    Killed(Kill),
    /// By running all connectivity graphs: the cluster stops.
    Stalls,
    /// By the [contract](super::contracts) of its rule.
    Contract,
    /// Not at all, rightly.
    Survives,
}

impl Seed {
    /// The kill by exploration, if that is how it is noticed.
    pub fn kill(&self) -> Option<Kill> {
        let rule = self.off.iter().next()?;
        match self.fate {
            Fate::AsListed => harm_of(rule).or(kill_of(rule)).copied(),
            Fate::Killed(kill) => Some(kill),
            Fate::Stalls | Fate::Contract | Fate::Survives => None,
        }
    }

    /// Whether it is a control.
    pub const fn is_control(&self) -> bool {
        matches!(self.fate, Fate::Survives)
    }
}

const fn seed(id: &'static str, rule: Rule, endangers: &'static [Invariant], what: &'static str) -> Seed {
    Seed { id, what, off: RuleSet::NONE.with(rule), endangers, fate: Fate::AsListed }
}

const fn survivor(id: &'static str, rule: Rule, what: &'static str) -> Seed {
    Seed { fate: Fate::Survives, ..seed(id, rule, &[], what) }
}

impl Seed {
    const fn stalls(self) -> Seed {
        Seed { fate: Fate::Stalls, ..self }
    }

    const fn by_contract(self) -> Seed {
        Seed { fate: Fate::Contract, ..self }
    }

    const fn in_model(self, kill: Kill) -> Seed {
        Seed { off: kill.off, fate: Fate::Killed(kill), ..self }
    }
}

/// A log in which a replica that does not cut back acknowledges only what an append covers.
const TAIL_KEPT: Kill = {
    let kill = harm(Rule::DivergenceIsCut, LogMatching, 12, || commit(2, 2, Driver::Blocking));
    Kill { off: kill.off.with(Rule::AckWholeLog), ..kill }
};

/// A primary that crashes and goes on writing.
fn resumed() -> Model {
    scoped(commit(1, 1, Driver::Blocking), |scope| scope.crashes = 1)
}

/// The ack family moves from n0 alone to n1 alone.
fn moved() -> Model {
    let only = |index| acked_by(&[index], commit(2, 1, Driver::Blocking));
    Model { changes: vec![only(1).cluster], ..only(0) }
}

const PRIMARY: &[Invariant] = &[OnePrimaryPerEpoch];
const VOTE: &[Invariant] = &[OnePrimaryPerEpoch, VotesAreDurable];
const LEASE: &[Invariant] = &[LeaseExclusion];
const FENCE: &[Invariant] = &[FencedWrites];
const LOG: &[Invariant] = &[LogMatching, AckedWritesSurvive, Refinement];
const ACKED: &[Invariant] = &[AckedWritesSurvive];
const STALL: &[Invariant] = &[ServesEventually];

/// Every mistake.
pub const SEEDS: &[Seed] = &[
    // ---- election
    seed(
        "E01",
        Rule::VoteIsRecorded,
        PRIMARY,
        "The vote is not written: after a restart a node votes again.",
    ),
    seed(
        "E02",
        Rule::EpochIsRecorded,
        PRIMARY,
        "The epoch is not written: after a restart a node is back in an old one.",
    ),
    seed("E03", Rule::VoteAfterDurable, VOTE, "A vote is sent before it is on disk."),
    seed(
        "E04",
        Rule::OwnVoteAfterDurable,
        VOTE,
        "A candidate counts its own vote, and asks for others, before it is on disk.",
    ),
    seed("E06", Rule::VotesFromQuorum, PRIMARY, "Half of the voters are enough."),
    seed("E07", Rule::OneVotePerEpoch, PRIMARY, "A voter does not look whether it has voted already."),
    seed("E09", Rule::BeatKeepsVote, VOTE, "A beat of the same epoch clears the vote."),
    seed("E10", Rule::CampaignRaisesEpoch, VOTE, "A candidate tries again without a new epoch."),
    survivor(
        "E13",
        Rule::TornEpochIsHarmless,
        "A torn record keeps the new vote and loses its epoch. An alarm goes off, no harm follows.",
    ),
    seed("E14", Rule::OnlyVotesCount, PRIMARY, "Willingness in a pre-vote is counted as a vote."),
    seed("E15", Rule::VotersCountOnce, PRIMARY, "A vote that arrives twice is counted twice."),
    seed("E16", Rule::RoleIsVolatile, PRIMARY, "A primary that restarts is primary again."),
    seed("E17", Rule::PrevoteChangesNothing, STALL, "Asking around raises the epoch.").by_contract(),
    seed("E19", Rule::JointBeforeNew, PRIMARY, "Voters are swapped in one step."),
    seed(
        "E21",
        Rule::InstalledAfterDurable,
        &[AckAndRecoveryIntersect],
        "A configuration counts before it is on disk.",
    ),
    seed("E22", Rule::QuorateBeatsOnly, STALL, "A primary that hears no quorum keeps others from standing.")
        .stalls(),
    seed("E23", Rule::RefusalsAreHeeded, STALL, "Who is refused does not learn the newer epoch.").stalls(),
    seed("E24", Rule::PreferenceIsSoft, STALL, "Only a node with the best log can win.").stalls(),
    // ---- lease
    seed("L01", Rule::LeaseFromSend, LEASE, "A lease counts from the answer, not from the question."),
    seed("L02", Rule::DriftMargin, LEASE, "A lease is used as long as it is granted."),
    seed("L04", Rule::GrantSurvivesRestart, LEASE, "A granter forgets its grant in a restart."),
    seed("L05", Rule::WaitForLeases, LEASE, "A new primary does not wait."),
    seed("L07", Rule::LongestObligation, LEASE, "Of all reports only the last is waited for."),
    seed("L08", Rule::OwnGrantCounts, LEASE, "A candidate overlooks what it granted itself."),
    seed("L10", Rule::LeaseFromQuorum, LEASE, "One answer makes a lease."),
    seed(
        "L11",
        Rule::ClockCountsSuspend,
        LEASE,
        "The clock of a holder stands still while its machine is suspended.",
    ),
    seed("L13", Rule::HoldIsStrict, LEASE, "A lease is used at the very moment at which it ends."),
    seed("L15", Rule::ReportKeepsObligation, LEASE, "An obligation ends when it is reported."),
    seed("L17", Rule::ReleaseIsFinal, LEASE, "A lease goes on after it was released."),
    seed("L19", Rule::TokenCoversItsEpoch, LEASE, "A release is taken for one of any epoch."),
    seed("L21", Rule::PowerOffIsConfirmed, LEASE, "A power-off counts when it is asked for."),
    // ---- fencing
    seed(
        "F01",
        Rule::ResourceChecksEpoch,
        FENCE,
        "The resource does not check, although the lease is right.",
    ),
    seed("F02", Rule::FenceBeforeLoad, FENCE, "The resource is read before it is fenced."),
    seed(
        "F04",
        Rule::LossTakesNewEpoch,
        PRIMARY,
        "A recovery that accepts loss uses its epoch, and so the token of the resource, again.",
    ),
    // ---- commit
    seed("C01", Rule::AckAfterFlush, ACKED, "A replica acknowledges what it has not flushed."),
    seed("C02", Rule::PromiseIsRecorded, ACKED, "A promise is given and not written."),
    seed("C04", Rule::OwnFlushCounts, ACKED, "A primary counts its own copy before it has flushed it."),
    seed("C05", Rule::OldAppendsAreRefused, ACKED, "A replica accepts entries below what it has promised."),
    seed("C07", Rule::DegradeIsPublished, ACKED, "Too few copies count after a while, and nobody is told."),
    seed("C09", Rule::BestPositionWins, LOG, "The longest log wins."),
    seed(
        "C10",
        Rule::PositionByAcceptedEpoch,
        ACKED,
        "Logs are compared by their last entries, although a mark commits without one.",
    ),
    seed(
        "C12",
        Rule::AcceptedFromStart,
        LOG,
        "A log counts as accepted before it has reached the start of the epoch.",
    ),
    seed(
        "C14",
        Rule::DivergenceIsCut,
        LOG,
        "A replica keeps the end of its log that its primary does not have.",
    )
    .in_model(TAIL_KEPT),
    seed("C15", Rule::DivergenceIsCut, LOG, "It keeps that end, and acknowledges it as well."),
    seed("C17", Rule::CommitFromStart, ACKED, "Copies below the start of the epoch are counted."),
    seed("C18", Rule::RoleIsVolatile, PRIMARY, "A primary that restarts goes on writing in its epoch.")
        .in_model(kill(Rule::RoleIsVolatile, OnePrimaryPerEpoch, 5, resumed)),
    seed(
        "C20",
        Rule::ExposeOnlyCommitted,
        &[CommitsAreOrdered, NoPhantomRead],
        "A replica shows what is not committed.",
    ),
    // ---- change of policy
    seed(
        "P01",
        Rule::JointBeforeNew,
        &[AckAndRecoveryIntersect],
        "The ack family is replaced and nobody who recovers is told first.",
    )
    .in_model(kill(Rule::JointBeforeNew, AckAndRecoveryIntersect, 6, moved)),
    seed(
        "P03",
        Rule::ConfirmBeforeNew,
        &[AckAndRecoveryIntersect],
        "The new family is published alone before it is in force.",
    ),
    seed(
        "P04",
        Rule::ConfirmBeforeBarrier,
        ACKED,
        "The barrier is taken while the old family still acknowledges.",
    ),
    seed(
        "P06",
        Rule::VotesIntersect,
        PRIMARY,
        "Votes are asked of zones that need not meet. No configuration accepts it.",
    ),
    // ---- the whole
    seed(
        "X02",
        Rule::WaitForLeases,
        LEASE,
        "Election, lease and log together: a primary serves while an older lease runs.",
    )
    .in_model(harm(Rule::WaitForLeases, LeaseExclusion, 15, LEASED_WRITE.make).after(&LEASED_WRITE)),
    // ---- controls
    survivor("K1", Rule::TornVoteIsHarmless, "A torn record keeps the new epoch and loses its vote."),
    survivor("K2", Rule::HolderNeedNotGrant, "A holder binds itself as well, which here it does not."),
    survivor(
        "K3",
        Rule::AckWholeLog,
        "A replica acknowledges only what an append covers, not, as here, its whole log.",
    ),
    survivor("K4", Rule::WrittenOnce, "What an append repeats is written again."),
    survivor("K5", Rule::PrevoteFirst, "Nobody asks around before a campaign."),
    survivor("K6", Rule::BusyStaysWhole, "A reported obligation goes on running while the report travels."),
    survivor(
        "K7",
        Rule::CommitByMark,
        "Raft's own rule: compare last entries, commit by an entry of the own epoch.",
    ),
];
