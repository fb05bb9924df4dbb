//! The tables: for every rule a model that breaks without it, and for every control one that does not.

use super::{Control, Kill, control, harm, kill};
use crate::catalog::failover::{
    acked_by, change, cluster, engine, engine_policy, pair, promising, reading, swap, with_witness,
};
use crate::catalog::machines::{commit, election, fenced, lease, scoped};
use crate::catalog::starts::{
    FIGURE_8, LEASE_CHAIN, LEASED_WRITE, SILENT_COPY, STALE_ACK, UNFLUSHED, UNREPLICATED,
};
use crate::invariant::Invariant::{
    AckAndRecoveryIntersect, AckedWritesSurvive, CommitsAreOrdered, FencedWrites, GatesHold, LeaseExclusion,
    LocalInvariants, LogMatching, MessagesArePossible, OnePrimaryPerEpoch, ReadYourWrites,
    ReadsAreLinearizable, Refinement, VotesAreDurable,
};
use crate::world::{Driver, LeaseSpec, Model, majority};
use quorate::config::{Draft, Weak};
use quorate::id::NodeSet;
use quorate::quorum::{Acks, Quorum};
use quorate::rule::Rule;
use quorate::time::{Drift, Span};

// ---- models ------------------------------------------------------------------------------------------------

/// One epoch of three nodes that wait for their disks.
fn one_epoch() -> Model {
    scoped(election(1, 0), |scope| scope.driver = Driver::Blocking)
}

/// The smallest lease: two epochs, clocks that go 1:2.
fn leased() -> Model {
    lease(1, 2, [1, 2], 2)
}

/// One voter, then three, then the first alone again.
fn there_and_back() -> Model {
    let alone = || cluster(&[0], &[], 0);
    let mut model = change(3, 2, alone(), cluster(&[0, 1, 2], &[], 0));
    model.changes.push(alone());
    model
}

/// Any two must flush a write; while they stay away, any one may do, once that is published.
pub(super) fn degrading() -> Draft {
    let any_one = Quorum::Any { need: 1, of: NodeSet::first(3) };
    let acks = Acks::new(any_one).expect("one of three is an ack family");
    Draft { weak: Some(Weak { acks, after: Span::new(1), cap: 1 }), ..majority(3, Some(2)) }
}

/// A lease of which two machines may hold the first and the second, and a machine that is powered off.
fn powered_off() -> Model {
    scoped(lease(1, 2, [1, 2], 3), |scope| (scope.crashes, scope.poweroffs) = (1, 1))
}

/// Of three data nodes only the first stays.
fn to_one() -> Model {
    let model = change(3, 2, cluster(&[0, 1, 2], &[0, 1, 2], 2), cluster(&[0], &[0], 1));
    scoped(model, |scope| (scope.driver, scope.crashes) = (Driver::Pipelined, 1))
}

// ---- the table ---------------------------------------------------------------------------------------------

/// For each rule of safety or of the contract a model that breaks without it, in the order of the rules.
pub const KILLS: &[Kill] = &[
    // ---- election
    kill(Rule::OneVotePerEpoch, VotesAreDurable, 3, one_epoch),
    kill(Rule::VotesFromQuorum, OnePrimaryPerEpoch, 2, one_epoch),
    kill(Rule::VotesIntersect, OnePrimaryPerEpoch, 6, || {
        let of = NodeSet::first(4);
        let draft = Draft { votes: Quorum::Any { need: 2, of }, ..majority(4, None) };
        Model { cluster: draft, nodes: 4, ..one_epoch() }
    }),
    kill(Rule::VoteIsRecorded, GatesHold, 1, one_epoch),
    kill(Rule::EpochIsRecorded, GatesHold, 1, one_epoch),
    kill(Rule::VoteAfterDurable, GatesHold, 3, || election(1, 0)),
    kill(Rule::OwnVoteAfterDurable, GatesHold, 1, || election(1, 0)),
    kill(Rule::CampaignRaisesEpoch, VotesAreDurable, 3, one_epoch),
    kill(Rule::OldVotesDoNotCount, OnePrimaryPerEpoch, 7, || {
        scoped(election(2, 0), |scope| scope.driver = Driver::Blocking)
    }),
    kill(Rule::OnlyVotesCount, VotesAreDurable, 4, || {
        let mut model = election(1, 0);
        model.node.prevote = true;
        model
    }),
    kill(Rule::VotersCountOnce, OnePrimaryPerEpoch, 8, || Model {
        cluster: majority(4, None),
        nodes: 4,
        ..one_epoch()
    }),
    kill(Rule::AdoptingStepsDown, LocalInvariants, 8, || {
        scoped(election(2, 0), |scope| (scope.driver, scope.beats) = (Driver::Blocking, true))
    }),
    kill(Rule::BeatKeepsVote, VotesAreDurable, 7, || scoped(one_epoch(), |scope| scope.beats = true)),
    kill(Rule::RoleIsVolatile, OnePrimaryPerEpoch, 5, || scoped(one_epoch(), |scope| scope.crashes = 1)),
    kill(Rule::NewerConfigWins, OnePrimaryPerEpoch, 13, || swap(2)),
    // ---- lease
    kill(Rule::DriftMargin, LeaseExclusion, 10, || lease(2, 2, [1, 2], 2)),
    kill(Rule::LeaseFromSend, LeaseExclusion, 11, leased),
    kill(Rule::LeaseFromQuorum, LeaseExclusion, 7, leased),
    kill(Rule::HoldIsStrict, LeaseExclusion, 10, leased),
    kill(Rule::ReleaseIsFinal, LeaseExclusion, 11, || scoped(leased(), |scope| scope.switchovers = 1)),
    kill(Rule::ReleaseOnlyServing, LeaseExclusion, 10, || scoped(leased(), |scope| scope.switchovers = 1)),
    kill(Rule::TokenCoversItsEpoch, LeaseExclusion, 15, || {
        scoped(lease(1, 1, [1, 1], 3), |scope| scope.switchovers = 1)
    }),
    kill(Rule::ServedIsSaid, LeaseExclusion, 17, powered_off).after(&LEASE_CHAIN),
    kill(Rule::PowerOffOfPrimary, LeaseExclusion, 11, || scoped(powered_off(), |scope| scope.epochs = 2)),
    kill(Rule::GrantSurvivesRestart, LeaseExclusion, 11, || scoped(leased(), |scope| scope.crashes = 1)),
    kill(Rule::CeilingBeforeGrant, GatesHold, 7, || {
        scoped(leased(), |scope| scope.driver = Driver::Pipelined)
    }),
    kill(Rule::GrantsOnlyGrow, LeaseExclusion, 15, || {
        let of = |ticks| LeaseSpec { hold: ticks, grant: ticks, drift: Drift { slow: 1, fast: 1 } };
        let mut model = lease(1, 1, [1, 1], 3);
        model.node.leases = vec![of(2), of(1), of(1)];
        model
    }),
    kill(Rule::ReportKeepsObligation, LeaseExclusion, 10, leased),
    kill(Rule::OldBeatsAreRefused, LeaseExclusion, 9, leased),
    kill(Rule::OwnGrantCounts, LeaseExclusion, 9, leased),
    kill(Rule::LongestObligation, LeaseExclusion, 14, || lease(2, 4, [1, 2], 2)),
    kill(Rule::WaitFromReceipt, LeaseExclusion, 10, leased),
    kill(Rule::WaitForLeases, LeaseExclusion, 9, leased),
    kill(Rule::ClockDoubtEndsLease, LeaseExclusion, 10, || {
        scoped(leased(), |scope| (scope.suspends, scope.noticed) = (1, true))
    }),
    kill(Rule::ClockCountsSuspend, LeaseExclusion, 10, || scoped(leased(), |scope| scope.suspends = 1)),
    kill(Rule::PowerOffIsConfirmed, LeaseExclusion, 9, || scoped(leased(), |scope| scope.poweroffs = 1)),
    // ---- fencing
    kill(Rule::ResourceChecksEpoch, FencedWrites, 15, || fenced(1)),
    kill(Rule::FenceBeforeLoad, FencedWrites, 14, || fenced(1)),
    kill(Rule::LossRaisesGeneration, AckedWritesSurvive, 7, || {
        scoped(with_witness(1, 2, 1), |scope| scope.losses = 1)
    }),
    kill(Rule::LossTakesNewEpoch, VotesAreDurable, 3, || {
        scoped(with_witness(1, 2, 1), |scope| scope.losses = 1)
    }),
    // ---- commit
    kill(Rule::RecoverySetReached, AckedWritesSurvive, 7, || with_witness(1, 2, 1)),
    kill(Rule::PromiseAfterDurable, GatesHold, 6, || commit(1, 0, Driver::Pipelined)),
    kill(Rule::PromiseIsRecorded, GatesHold, 4, promising),
    kill(Rule::OldAppendsAreRefused, AckedWritesSurvive, 13, || {
        acked_by(&[1, 2], commit(2, 1, Driver::Blocking))
    }),
    kill(Rule::BestPositionWins, Refinement, 17, || commit(3, 1, Driver::Blocking)),
    kill(Rule::PositionByAcceptedEpoch, Refinement, 19, FIGURE_8.make).after(&FIGURE_8),
    kill(Rule::OldAnswersDoNotCount, AckedWritesSurvive, 12, || with_witness(1, 3, 1)),
    kill(Rule::AcceptedFromStart, LocalInvariants, 9, || acked_by(&[1, 2], commit(2, 1, Driver::Blocking))),
    kill(Rule::DivergenceIsCut, MessagesArePossible, 11, || commit(2, 1, Driver::Blocking)),
    kill(Rule::AppendsNeverShorten, AckedWritesSurvive, 14, || {
        acked_by(&[1, 2], commit(2, 1, Driver::Blocking))
    }),
    kill(Rule::AckAfterFlush, GatesHold, 6, || commit(1, 0, Driver::Pipelined)),
    kill(Rule::OwnFlushCounts, GatesHold, 6, || acked_by(&[0], commit(1, 1, Driver::Pipelined))),
    kill(Rule::OldAcksDoNotCount, MessagesArePossible, 33, STALE_ACK.make).after(&STALE_ACK),
    kill(Rule::CommitFromStart, MessagesArePossible, 21, UNREPLICATED.make).after(&UNREPLICATED),
    kill(Rule::ServeAfterEstablished, Refinement, 10, || acked_by(&[1, 2], commit(2, 1, Driver::Blocking))),
    kill(Rule::ExposeOnlyCommitted, CommitsAreOrdered, 7, || commit(1, 1, Driver::Blocking)),
    kill(Rule::DegradeIsPublished, AckedWritesSurvive, 7, || Model {
        cluster: degrading(),
        ..commit(2, 1, Driver::Blocking)
    }),
    kill(Rule::StopBeforePromise, AckedWritesSurvive, 25, || engine(3, 2, 1, 0)),
    // ---- reads
    kill(Rule::CommitAfterLeases, ReadsAreLinearizable, 17, LEASED_WRITE.make).after(&LEASED_WRITE),
    kill(Rule::ReadRoundAfterStart, ReadsAreLinearizable, 13, || {
        reading(acked_by(&[1], with_witness(1, 2, 1)))
    }),
    kill(Rule::ReadAfterEstablished, ReadsAreLinearizable, 15, || reading(with_witness(2, 2, 1))),
    kill(Rule::TokenWaits, ReadYourWrites, 9, || {
        scoped(commit(1, 1, Driver::Blocking), |scope| scope.reads = 1)
    }),
    // ---- configuration
    kill(Rule::ConfigsOnlyGrow, OnePrimaryPerEpoch, 16, || {
        scoped(there_and_back(), |scope| scope.crashes = 1)
    }),
    kill(Rule::InstalledAfterDurable, GatesHold, 4, || {
        scoped(there_and_back(), |scope| scope.driver = Driver::Pipelined)
    }),
    kill(Rule::PublicationReachesQuorum, OnePrimaryPerEpoch, 11, || swap(2)),
    kill(Rule::JointBeforeNew, OnePrimaryPerEpoch, 11, || swap(2)),
    kill(Rule::ConfirmBeforeBarrier, AckedWritesSurvive, 21, || engine_policy(pair(1, &[0]), pair(1, &[1]))),
    kill(Rule::ConfirmBeforeNew, AckAndRecoveryIntersect, 14, || engine_policy(pair(1, &[0]), pair(1, &[1]))),
    kill(Rule::BarrierHoldsAll, AckedWritesSurvive, 11, || {
        let by = |index| acked_by(&[index], commit(2, 1, Driver::Blocking));
        Model { changes: vec![by(1).cluster], ..by(0) }
    }),
];

/// For each rule whose kill is only an alarm, what its absence leads to when nobody heeds that.
pub const HARMS: &[Kill] = &[
    // ---- election
    harm(Rule::OneVotePerEpoch, OnePrimaryPerEpoch, 6, one_epoch),
    harm(Rule::VoteIsRecorded, OnePrimaryPerEpoch, 8, || scoped(one_epoch(), |scope| scope.crashes = 1)),
    harm(Rule::EpochIsRecorded, OnePrimaryPerEpoch, 7, || scoped(one_epoch(), |scope| scope.crashes = 1)),
    harm(Rule::VoteAfterDurable, OnePrimaryPerEpoch, 11, || election(1, 1)),
    harm(Rule::OwnVoteAfterDurable, OnePrimaryPerEpoch, 9, || election(1, 1)),
    harm(Rule::CampaignRaisesEpoch, OnePrimaryPerEpoch, 6, one_epoch),
    harm(Rule::OnlyVotesCount, OnePrimaryPerEpoch, 8, || {
        let mut model = one_epoch();
        model.node.prevote = true;
        model
    }),
    harm(Rule::AdoptingStepsDown, OnePrimaryPerEpoch, 8, || {
        scoped(election(2, 0), |scope| (scope.driver, scope.beats) = (Driver::Blocking, true))
    }),
    harm(Rule::BeatKeepsVote, OnePrimaryPerEpoch, 8, || scoped(one_epoch(), |scope| scope.beats = true)),
    // ---- lease
    harm(Rule::CeilingBeforeGrant, LeaseExclusion, 16, || {
        scoped(leased(), |scope| (scope.driver, scope.crashes) = (Driver::Pipelined, 1))
    }),
    // ---- fencing
    harm(Rule::LossTakesNewEpoch, OnePrimaryPerEpoch, 6, || {
        scoped(with_witness(1, 2, 1), |scope| scope.losses = 1)
    }),
    // ---- commit
    harm(Rule::PromiseAfterDurable, AckedWritesSurvive, 32, SILENT_COPY.make).after(&SILENT_COPY),
    harm(Rule::PromiseIsRecorded, AckedWritesSurvive, 19, promising),
    harm(Rule::BestPositionWins, AckedWritesSurvive, 22, || commit(3, 4, Driver::Blocking))
        .after(&UNREPLICATED),
    harm(Rule::PositionByAcceptedEpoch, AckedWritesSurvive, 25, FIGURE_8.make).after(&FIGURE_8),
    harm(Rule::AcceptedFromStart, AckedWritesSurvive, 17, || commit(3, 1, Driver::Blocking)),
    harm(Rule::DivergenceIsCut, LogMatching, 13, || commit(2, 2, Driver::Blocking)),
    harm(Rule::AckAfterFlush, AckedWritesSurvive, 22, UNFLUSHED.make).after(&UNFLUSHED),
    harm(Rule::OwnFlushCounts, AckedWritesSurvive, 14, || {
        scoped(acked_by(&[0], with_witness(1, 2, 1)), |scope| {
            (scope.driver, scope.crashes) = (Driver::Pipelined, 1);
        })
    }),
    harm(Rule::OldAcksDoNotCount, AckedWritesSurvive, 36, STALE_ACK.make).after(&STALE_ACK),
    harm(Rule::CommitFromStart, AckedWritesSurvive, 22, UNREPLICATED.make).after(&UNREPLICATED),
    harm(Rule::ServeAfterEstablished, ReadsAreLinearizable, 13, || reading(with_witness(2, 2, 1))),
    // ---- configuration
    harm(Rule::InstalledAfterDurable, AckAndRecoveryIntersect, 14, to_one),
];

/// For each control, and for asking around first, a model in which it matters what happens, and not for safety.
pub const CONTROLS: &[Control] = &[
    control(Rule::PrevoteFirst, || {
        let mut model = scoped(election(2, 0), |scope| scope.driver = Driver::Blocking);
        model.node.prevote = true;
        model
    }),
    control(Rule::TornVoteIsHarmless, || election(2, 1)),
    // It does set off an alarm: a vote that another candidate was promised is overwritten. That candidate's epoch is
    // over, or the vote is one it has and keeps.
    Control { harm_only: true, ..control(Rule::TornEpochIsHarmless, || election(2, 1)) },
    control(Rule::HolderNeedNotGrant, leased),
    control(Rule::BusyStaysWhole, leased),
    control(Rule::AckWholeLog, || commit(2, 2, Driver::Blocking)),
    // What was sent in two pieces is sent again in one, when the second arrives first.
    control(Rule::WrittenOnce, || Model {
        nodes: 2,
        cluster: majority(2, Some(2)),
        ..commit(1, 3, Driver::Pipelined)
    }),
    control(Rule::CommitByMark, || commit(3, 2, Driver::Blocking)),
    // Both nodes are asked for every vote, so the first primary hears of the second before anything is written there.
    control(Rule::ReadThenCheck, || Model {
        cluster: cluster(&[0, 1], &[0, 1], 1),
        nodes: 2,
        ..scoped(leased(), |scope| (scope.writes, scope.reads) = (1, 1))
    }),
];
