//! What breaks without each rule: for every named rule a small model, and the shortest way to harm in it.
//!
//! A checker that finds nothing proves something only if it would have found something. So every rule that safety
//! rests on is switched off in turn, in a model chosen to be small, and the violation must be found: this
//! invariant, in so many steps. A rule whose absence nobody notices is either no rule, or a gap in the models.
//!
//! The counterpart are the [`CONTROLS`]: choices that could be made otherwise, and mutations that are believed
//! harmless. They change what happens, and a checker that reports one of them is wrong.
//!
//! Breadth-first search finds the *first* thing that goes wrong, and that is often an alarm that goes off before
//! the harm is done: a message that leaves before its record is durable ([`Invariant::GatesHold`]), or an order
//! to give up what the receiver knows to be committed ([`Invariant::MessagesArePossible`]). Where a model reaches
//! the harm itself as early as the alarm, that model is used.
//!
//! Some kills need four epochs, a crash at the worst moment, or a lease besides a log, and start from the state at the end of a
//! [`Kill::prefix`]; their steps are counted from the very beginning, and are the fewest with this beginning.

use crate::catalog::failover::{
    acked_by, change, cluster, engine, engine_policy, pair, reading, with_witness,
};
use crate::catalog::machines::{commit, election, fenced, lease, scoped, without};
use crate::check::memo::Memo;
use crate::check::{Bounds, Engine, Outcome, Progress, Report, check};
use crate::invariant::Invariant::{
    self, AckAndRecoveryIntersect, AckedWritesSurvive, CommitsAreOrdered, FencedWrites, GatesHold,
    LeaseExclusion, LocalInvariants, MessagesArePossible, OnePrimaryPerEpoch, ReadYourWrites,
    ReadsAreLinearizable, Refinement, VotesAreDurable,
};
use crate::run::{Replay, RunError};
use crate::world::{Driver, LeaseSpec, Model, Scope, World, majority};
use quorate::config::{Draft, Weak};
use quorate::id::NodeSet;
use quorate::quorum::{Acks, Quorum};
use quorate::rule::Rule;
use quorate::time::{Drift, Span};

/// A rule, and a model that breaks without it.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    /// The rule.
    pub rule: Rule,
    /// What is reported as violated.
    pub invariant: Invariant,
    /// How many steps it takes, and no fewer do.
    pub steps: usize,
    /// How it begins: the names of the first choices. The search starts from there.
    pub prefix: &'static [&'static str],
    /// Makes the model, with the rule still on.
    pub make: fn() -> Model,
}

/// A choice that could be made otherwise, and a model in which it is made: without it, everything still holds.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// The rule.
    pub rule: Rule,
    /// Makes the model, with the rule still on.
    pub make: fn() -> Model,
}

/// The kill of this rule.
pub fn kill_of(rule: Rule) -> Option<&'static Kill> {
    KILLS.iter().find(|kill| kill.rule == rule)
}

impl Kill {
    /// The model without the rule.
    pub fn model(&self) -> Model {
        off(self.rule, (self.make)())
    }

    /// Looks for the violation, from the end of the prefix on. The path in the report begins at the beginning.
    pub fn explore(
        &self,
        bounds: Bounds,
        watch: &mut dyn FnMut(&Progress) -> bool,
    ) -> Result<Report, RunError> {
        explore(&World::new(self.model()).map_err(RunError::Model)?, self.prefix, bounds, watch)
    }
}

impl Control {
    /// The model without the rule.
    pub fn model(&self) -> Model {
        off(self.rule, (self.make)())
    }
}

fn off(rule: Rule, model: Model) -> Model {
    let name = if model.name.is_empty() { format!("without:{rule}") } else { model.name.clone() };
    Model { name, ..without(&[rule], model) }
}

/// Explores `world` with the memoised engine from where the choices of these names lead.
pub fn explore(
    world: &World,
    prefix: &[&str],
    bounds: Bounds,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Report, RunError> {
    if prefix.is_empty() {
        return Ok(check(world, Engine::Memoised, bounds, watch));
    }
    let begun = Replay::along(world, prefix)?;
    let mut report = Memo::starting_at(world, begun.state()).run(bounds, watch);
    if let Outcome::Violated { path, .. } = &mut report.outcome {
        path.splice(..0, begun.choices);
    }
    Ok(report)
}

const fn kill(rule: Rule, invariant: Invariant, steps: usize, make: fn() -> Model) -> Kill {
    Kill { rule, invariant, steps, prefix: &[], make }
}

impl Kill {
    const fn after(self, prefix: &'static [&'static str]) -> Kill {
        Kill { prefix, ..self }
    }
}

// ---- models ------------------------------------------------------------------------------------------------

/// One epoch of three nodes that wait for their disks.
fn one_epoch() -> Model {
    scoped(election(1, 0), |scope| scope.driver = Driver::Blocking)
}

/// The smallest lease: two epochs, clocks that go 1:2.
fn leased() -> Model {
    lease(1, 2, [1, 2], 2)
}

/// A log, a lease, and a client that reads by it.
fn leased_log() -> Model {
    let mut model = leased();
    model.cluster = majority(3, Some(2));
    model.scope = Scope { writes: 1, reads: 1, ..model.scope };
    model
}

/// One of three voters is swapped for a fourth node.
fn swap() -> Model {
    change(4, 2, cluster(&[0, 1, 2], &[], 0), cluster(&[0, 1, 3], &[], 0))
}

/// One voter, then three, then the first alone again.
fn there_and_back() -> Model {
    let alone = || cluster(&[0], &[], 0);
    let mut model = change(3, 2, alone(), cluster(&[0, 1, 2], &[], 0));
    model.changes.push(alone());
    model
}

/// Any two must flush a write; while they stay away, any one may do, once that is published.
fn degrading() -> Draft {
    let any_one = Quorum::Any { need: 1, of: NodeSet::first(3) };
    let acks = Acks::new(any_one).expect("one of three is an ack family");
    Draft { weak: Some(Weak { acks, after: Span::new(1), cap: 1 }), ..majority(3, Some(2)) }
}

// ---- the table ---------------------------------------------------------------------------------------------

/// For each rule of safety or of the contract a model that breaks without it, in the order of the rules.
pub const KILLS: &[Kill] = &[
    // ---- election
    kill(Rule::OneVotePerEpoch, VotesAreDurable, 3, one_epoch),
    kill(Rule::VotesFromQuorum, OnePrimaryPerEpoch, 2, one_epoch),
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
    kill(Rule::NewerConfigWins, OnePrimaryPerEpoch, 13, swap),
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
    // ---- commit
    kill(Rule::RecoverySetReached, AckedWritesSurvive, 7, || with_witness(1, 2, 1)),
    kill(Rule::PromiseAfterDurable, GatesHold, 6, || commit(1, 0, Driver::Pipelined)),
    kill(Rule::OldAppendsAreRefused, AckedWritesSurvive, 13, || {
        acked_by(&[1, 2], commit(2, 1, Driver::Blocking))
    }),
    kill(Rule::BestPositionWins, Refinement, 17, || commit(3, 1, Driver::Blocking)),
    kill(Rule::PositionByAcceptedEpoch, MessagesArePossible, 19, || commit(4, 1, Driver::Blocking)),
    kill(Rule::OldAnswersDoNotCount, AckedWritesSurvive, 12, || with_witness(1, 3, 1)),
    kill(Rule::AcceptedFromStart, LocalInvariants, 9, || acked_by(&[1, 2], commit(2, 1, Driver::Blocking))),
    kill(Rule::DivergenceIsCut, MessagesArePossible, 11, || commit(2, 1, Driver::Blocking)),
    kill(Rule::AppendsNeverShorten, AckedWritesSurvive, 14, || {
        acked_by(&[1, 2], commit(2, 1, Driver::Blocking))
    }),
    kill(Rule::AckAfterFlush, GatesHold, 6, || commit(1, 0, Driver::Pipelined)),
    kill(Rule::OwnFlushCounts, GatesHold, 6, || acked_by(&[0], commit(1, 1, Driver::Pipelined))),
    kill(Rule::OldAcksDoNotCount, MessagesArePossible, 33, || {
        scoped(commit(3, 2, Driver::Pipelined), |scope| scope.crashes = 1)
    })
    .after(&[
        "n0 timer",
        "n0 flushed",
        "n0→n2 vote e1 e0v0",
        "n2 flushed",
        "n2→n0 granted e1 []0",
        "n0 flushed",
        "n0→n2 append e1 [e1@0] from 0 [] committed 0",
        "n2 flushed",
        "n2→n0 ack e1 0",
        // A write that the replica has flushed and the primary has not; the acknowledgement stays on its way.
        "write at n0",
        "n0→n2 append e1 [e1@0] from 0 [1] committed 0",
        "n2 flushed",
        "n0 crashes",
        "n0 restarts",
        "n0 flushed",
        "n0 timer",
        "n0 flushed",
        "n0→n1 vote e2 e0v0",
        "n1 flushed",
        "n1→n0 granted e2 []0",
    ]),
    kill(Rule::CommitFromStart, MessagesArePossible, 20, || {
        let mut model = commit(4, 2, Driver::Blocking);
        model.node.batch = Some(1);
        model
    })
    .after(&[
        "n0 timer",
        "n0→n2 vote e1 e0v0",
        "n2→n0 granted e1 []0",
        "n0→n2 append e1 [e1@0] from 0 [] committed 0",
        "n2→n0 ack e1 0",
        "write at n0",
        "write at n0",
    ]),
    kill(Rule::ServeAfterEstablished, Refinement, 10, || acked_by(&[1, 2], commit(2, 1, Driver::Blocking))),
    kill(Rule::ExposeOnlyCommitted, CommitsAreOrdered, 7, || commit(1, 1, Driver::Blocking)),
    kill(Rule::DegradeIsPublished, AckedWritesSurvive, 7, || Model {
        cluster: degrading(),
        ..commit(2, 1, Driver::Blocking)
    }),
    // ---- reads
    kill(Rule::StopBeforePromise, AckedWritesSurvive, 25, || engine(3, 2, 1, 0)),
    kill(Rule::CommitAfterLeases, ReadsAreLinearizable, 17, leased_log).after(&[
        "n0 timer",
        "n0→n1 vote e1 e0v0",
        "n1→n0 granted e1 []0",
        "n0 timer",
        "n0→n1 beat e1 sent 0 ago, lease 2, round 0",
        "n1→n0 beat-ack e1 to beat 0 ago, round 0 e0v0",
        "n0→n1 append e1 [e1@0] from 0 [] committed 0",
        "n1→n0 ack e1 0",
        "write at n0",
        "n0→n1 append e1 [e1@0] from 0 [1] committed 0",
    ]),
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
    kill(Rule::PublicationReachesQuorum, OnePrimaryPerEpoch, 11, swap),
    kill(Rule::JointBeforeNew, OnePrimaryPerEpoch, 11, swap),
    kill(Rule::ConfirmBeforeBarrier, AckAndRecoveryIntersect, 14, || {
        engine_policy(pair(1, &[0]), pair(1, &[1]))
    }),
    kill(Rule::BarrierHoldsAll, AckedWritesSurvive, 11, || {
        let by = |index| acked_by(&[index], commit(2, 1, Driver::Blocking));
        Model { changes: vec![by(1).cluster], ..by(0) }
    }),
];

/// For each control a model in which it matters what happens, and not for safety.
pub const CONTROLS: &[Control] = &[
    Control {
        rule: Rule::ReadThenCheck,
        make: || {
            let mut model = leased_log();
            model.scope.epochs = 1;
            model
        },
    },
    Control {
        rule: Rule::PrevoteFirst,
        make: || {
            let mut model = scoped(election(2, 0), |scope| scope.driver = Driver::Blocking);
            model.node.prevote = true;
            model
        },
    },
    Control { rule: Rule::TornVoteIsHarmless, make: || election(2, 1) },
    Control { rule: Rule::HolderNeedNotGrant, make: leased },
    Control { rule: Rule::BusyStaysWhole, make: leased },
    Control { rule: Rule::AckWholeLog, make: || commit(2, 2, Driver::Blocking) },
    Control { rule: Rule::CommitByMark, make: || commit(3, 2, Driver::Blocking) },
];
