//! The named rules: every guard that safety or progress rests on, with its reason and its source.
//!
//! A rule is written where it acts: `rule!(OneVotePerEpoch, self.vote.is_none())`. Without the feature
//! `rules-off` that is the bare expression. With it, a rule can be switched off for the current thread
//! (`rule::without`), to see what breaks: the checkers use that to prove that they would notice, and the
//! command line to show what a rule is for.
//!
//! Not every rule protects safety. [`Kind::Liveness`] rules only keep a cluster moving, [`Kind::Contract`] rules
//! are kept by the driver or the resource rather than by the node, and [`Kind::Control`] rules are choices that
//! could be made otherwise without harm: a checker that reports one of them is wrong.

use core::fmt;

/// What the absence of a rule can do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Break an invariant.
    Safety,
    /// Keep the cluster from serving.
    Liveness,
    /// Break an invariant; kept by the embedder, not by the node.
    Contract,
    /// Nothing: a choice, or a mutation that is believed harmless.
    Control,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Safety => "safety",
            Kind::Liveness => "liveness",
            Kind::Contract => "contract",
            Kind::Control => "control",
        })
    }
}

/// The part of the protocol that a rule belongs to. Two missing rules of one machine could hide each other; rules of
/// different machines meet only through what those promise each other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Machine {
    /// Who is primary.
    Election,
    /// Until when.
    Lease,
    /// What an outside resource still admits.
    Fencing,
    /// Which writes last.
    Commit,
    /// What a client may be shown.
    Reads,
    /// Who is asked, and how that changes.
    Configuration,
    /// What a beat between hosts means to their groups.
    Hosts,
}

impl Machine {
    /// Every machine, in the order of the rules.
    pub const ALL: &'static [Machine] = &[
        Machine::Election,
        Machine::Lease,
        Machine::Fencing,
        Machine::Commit,
        Machine::Reads,
        Machine::Configuration,
        Machine::Hosts,
    ];
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Machine::Election => "election",
            Machine::Lease => "lease",
            Machine::Fencing => "fencing",
            Machine::Commit => "commit",
            Machine::Reads => "reads",
            Machine::Configuration => "configuration",
            Machine::Hosts => "hosts",
        })
    }
}

macro_rules! rules {
    ($($machine:ident {
        $($variant:ident, $name:literal, $kind:ident, [$($invariant:literal),*], $sentence:literal, $source:literal;)*
    })*) => {
        /// A named rule.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Rule {
            $($(#[doc = $sentence] $variant,)*)*
        }

        impl Rule {
            /// Every rule, by machine.
            pub const ALL: &'static [Rule] = &[$($(Rule::$variant,)*)*];

            /// The machine it belongs to.
            pub const fn machine(self) -> Machine {
                match self { $($(Rule::$variant => Machine::$machine,)*)* }
            }

            /// The name, in kebab-case.
            pub const fn name(self) -> &'static str {
                match self { $($(Rule::$variant => $name,)*)* }
            }

            /// What its absence can do.
            pub const fn kind(self) -> Kind {
                match self { $($(Rule::$variant => Kind::$kind,)*)* }
            }

            /// The invariants it protects, by name; empty for a control.
            pub const fn protects(self) -> &'static [&'static str] {
                match self { $($(Rule::$variant => &[$($invariant),*],)*)* }
            }

            /// What it says.
            pub const fn sentence(self) -> &'static str {
                match self { $($(Rule::$variant => $sentence,)*)* }
            }

            /// Where it comes from.
            pub const fn source(self) -> &'static str {
                match self { $($(Rule::$variant => $source,)*)* }
            }
        }
    };
}

rules! {
    Election {
        OneVotePerEpoch, "one-vote-per-epoch", Safety, ["one-primary-per-epoch", "votes-are-durable"],
            "A node votes for at most one node in an epoch.", "Raft, Ongaro and Ousterhout 2014, §5.2";
        VotesFromQuorum, "votes-from-quorum", Safety, ["one-primary-per-epoch"],
            "An election is won by a vote quorum, not by half of the voters.", "Raft §5.2; Flexible Paxos 2016";
        VotesIntersect, "votes-intersect", Safety, ["one-primary-per-epoch"],
            "A vote system two of whose quorums need not meet is refused when it is configured.", "Flexible Paxos 2016; FlexiRaft, CIDR 2023";
        VoteIsRecorded, "vote-is-recorded", Safety, ["one-primary-per-epoch", "votes-are-durable", "gates-hold"],
            "A vote is part of the record written with its epoch.", "Raft §5.2, persistent state";
        EpochIsRecorded, "epoch-is-recorded", Safety, ["one-primary-per-epoch", "votes-are-durable", "gates-hold"],
            "The epoch is part of the record: a restarted node never goes back.", "Raft §5.2, persistent state";
        VoteAfterDurable, "vote-after-durable", Safety, ["one-primary-per-epoch", "votes-are-durable", "gates-hold"],
            "A vote is sent only when its record is durable.", "hashicorp/raft #661; Neon safekeeper";
        OwnVoteAfterDurable, "own-vote-after-durable", Safety, ["one-primary-per-epoch", "votes-are-durable", "gates-hold"],
            "A candidate counts its own vote, and asks for others, only when that vote is durable.", "Raft §5.2; etcd MsgStorageAppend";
        CampaignRaisesEpoch, "campaign-raises-epoch", Safety, ["one-primary-per-epoch", "votes-are-durable"],
            "Every campaign is for a new epoch.", "Raft §5.2";
        OldVotesDoNotCount, "old-votes-do-not-count", Safety, ["one-primary-per-epoch", "votes-are-durable"],
            "A vote counts only in the epoch for which it was given.", "Raft §5.1; CCF, NSDI 2025";
        OnlyVotesCount, "only-votes-count", Safety, ["one-primary-per-epoch", "votes-are-durable"],
            "Willingness in a pre-vote is not a vote.", "Ongaro's thesis §9.6";
        VotersCountOnce, "voters-count-once", Safety, ["one-primary-per-epoch", "votes-are-durable"],
            "A vote that arrives twice counts once.", "Raft §5.2; openraft #1802";
        AdoptingStepsDown, "adopting-steps-down", Safety, ["one-primary-per-epoch", "lease-exclusion", "local-invariants"],
            "Entering a newer epoch ends whatever role a node had.", "Raft §5.1";
        BeatKeepsVote, "beat-keeps-vote", Safety, ["one-primary-per-epoch", "votes-are-durable"],
            "Hearing a primary of the same epoch does not clear the vote.", "eliben/raft #27";
        RoleIsVolatile, "role-is-volatile", Safety, ["one-primary-per-epoch", "lease-exclusion"],
            "A restarted node is never primary of an epoch it led before.", "CCF, NSDI 2025";
        NewerConfigWins, "newer-config-wins", Safety, ["one-primary-per-epoch", "ack-and-recovery-intersect", "acked-writes-survive"],
            "A vote is refused to a candidate whose configuration is older than the voter's.", "MongoDB logless reconfiguration, CPP 2022";
        QuorateBeatsOnly, "quorate-beats-only", Liveness, ["serves-eventually"],
            "Only a primary that itself hears a vote quorum keeps others from standing.", "openraft #2080";
        ReachesCopies, "reaches-copies", Liveness, ["serves-eventually"],
            "Only a node that reaches copies enough to recover and to acknowledge stands, or keeps others from standing.", "argued in quorate::election";
        ResignsWithoutQuorum, "resigns-without-quorum", Liveness, ["serves-eventually"],
            "A primary that hears no vote quorum for its contact time resigns and is silent.", "Ongaro's thesis §6.2; openraft #2083";
        OldRequestsAreAnswered, "old-requests-are-answered", Liveness, ["serves-eventually"],
            "A request of an older epoch is refused, not ignored: who asks has to learn that it is behind.", "etcd #8501";
        RefusalsAreHeeded, "refusals-are-heeded", Liveness, ["serves-eventually"],
            "A refusal carries the refuser's epoch, and who is behind enters it.", "etcd #8243";
        PreferenceIsSoft, "preference-is-soft", Liveness, ["serves-eventually"],
            "A better log or a higher priority delays another node's campaign but never prevents it.", "Howard and Abraham 2020; Omni-Paxos, EuroSys 2023";
        PrevoteChangesNothing, "prevote-changes-nothing", Liveness, ["serves-eventually"],
            "Asking around raises no epoch and writes nothing.", "Ongaro's thesis §9.6";
        PrevoteFirst, "prevote-first", Liveness, ["serves-eventually"],
            "A node asks around before it raises its epoch.", "Ongaro's thesis §9.6";
        TornVoteIsHarmless, "torn-vote-is-harmless", Control, [],
            "A torn record that kept the new epoch and lost its vote does no harm: the vote was never sent.", "argued in quorate::disk";
        TornEpochIsHarmless, "torn-epoch-is-harmless", Control, [],
            "A torn record that kept the new vote and lost its epoch makes no second primary: whom it names has left the old epoch.", "argued in quorate::disk";
    }
    Lease {
        DriftMargin, "drift-margin", Safety, ["lease-exclusion"],
            "A lease is held shorter than it is granted, by the drift of clocks.", "Gray and Cheriton 1989, §5";
        LeaseFromSend, "lease-from-send", Safety, ["lease-exclusion"],
            "A holder counts its lease from when it sent the beat, not from the answer.", "openraft lease documentation; TiKV";
        LeaseFromQuorum, "lease-from-quorum", Safety, ["lease-exclusion"],
            "A lease needs the answers of a vote quorum.", "Raft §6.4.1 of the thesis";
        HoldIsStrict, "hold-is-strict", Safety, ["lease-exclusion"],
            "A lease may be used strictly before its end.", "argued in quorate::lease";
        ReleaseIsFinal, "release-is-final", Safety, ["lease-exclusion"],
            "A released lease is not used again in its epoch, even if the hand-over fails.", "etcd #12704; openraft #1747";
        ReleaseOnlyServing, "release-only-serving", Safety, ["lease-exclusion"],
            "Only a primary that serves may release: before, older leases may still run.", "argued in quorate::lease";
        TokenCoversItsEpoch, "token-covers-its-epoch", Safety, ["lease-exclusion"],
            "A release frees granters only of leases up to its own epoch.", "argued in quorate::lease";
        ServedIsSaid, "served-is-said", Safety, ["lease-exclusion"],
            "A primary has served when its beats say so: before, older leases may still run.", "argued in quorate::lease";
        PowerOffOfPrimary, "power-off-of-primary", Safety, ["lease-exclusion"],
            "Only the power-off of the primary it follows frees a granter.", "Pacemaker fencing; argued in quorate::lease";
        GrantSurvivesRestart, "grant-survives-restart", Safety, ["lease-exclusion"],
            "A restarted granter is bound for as long as the longest lease it ever granted.", "tikv #15035";
        CeilingBeforeGrant, "ceiling-before-grant", Safety, ["lease-exclusion", "gates-hold"],
            "A longer lease than ever before is granted only when that length is durable.", "Gray and Cheriton 1989, §2; argued in quorate::lease";
        GrantsOnlyGrow, "grants-only-grow", Safety, ["lease-exclusion"],
            "What a granter is bound to is the longest of all grants, not the latest.", "YugabyteDB release 2.25.2";
        ReportKeepsObligation, "report-keeps-obligation", Safety, ["lease-exclusion"],
            "Reporting an obligation does not end it.", "YugabyteDB release 2.25.2";
        OldBeatsAreRefused, "old-beats-are-refused", Safety, ["lease-exclusion"],
            "A node that entered a newer epoch grants nothing to an older primary.", "argued in quorate::lease";
        OwnGrantCounts, "own-grant-counts", Safety, ["lease-exclusion"],
            "A candidate waits for the leases it granted itself.", "argued in quorate::lease";
        LongestObligation, "longest-obligation", Safety, ["lease-exclusion"],
            "A new primary waits for the longest of all reported obligations.", "YugabyteDB #16";
        WaitFromReceipt, "wait-from-receipt", Safety, ["lease-exclusion"],
            "The wait counts from when a report arrived, not from when it was asked for.", "argued in quorate::lease";
        WaitForLeases, "wait-for-leases", Safety, ["lease-exclusion"],
            "A primary serves only when every older lease is over.", "LeaseGuard 2025";
        ClockDoubtEndsLease, "clock-doubt-ends-lease", Safety, ["lease-exclusion"],
            "When the clock is in doubt, only beats sent afterwards count.", "argued in quorate::lease";
        ClockCountsSuspend, "clock-counts-suspend", Contract, ["lease-exclusion"],
            "The clock counts while the machine is suspended.", "rust-lang/rust #87906; CLOCK_BOOTTIME";
        PowerOffIsConfirmed, "power-off-is-confirmed", Contract, ["lease-exclusion"],
            "A node is reported powered off when that is confirmed, not when it is requested.", "Pacemaker fencing";
        HolderNeedNotGrant, "holder-need-not-grant", Control, [],
            "A holder does not bind itself: its vote for another ends its lease.", "argued in quorate::lease";
        BusyStaysWhole, "busy-stays-whole", Control, [],
            "A reported obligation does not shrink while the report travels.", "argued in quorate::lease";
    }
    Fencing {
        ResourceChecksEpoch, "resource-checks-epoch", Contract, ["fenced-writes"],
            "The resource admits only writes of the newest epoch it has installed.", "Chubby sequencers 2006; Kleppmann 2016";
        FenceBeforeLoad, "fence-before-load", Safety, ["fenced-writes"],
            "A new primary fences the resource before it reads its state.", "Chubby, OSDI 2006, §2.4";
        LossRaisesGeneration, "loss-raises-generation", Safety, ["fenced-writes", "acked-writes-survive"],
            "A recovery that accepts loss begins a new generation of epochs.", "argued in quorate::commit";
        LossTakesNewEpoch, "loss-takes-new-epoch", Safety, ["one-primary-per-epoch", "votes-are-durable", "fenced-writes"],
            "A recovery that accepts loss takes an epoch that nobody had: the token of the resource is never used again.", "Chubby sequencers 2006; argued in quorate::commit";
    }
    Commit {
        RecoverySetReached, "recovery-set-reached", Safety, ["acked-writes-survive"],
            "A primary recovers from the promises of a recovery set.", "Sougoumarane, Consensus at scale 5; Vitess";
        PromiseAfterDurable, "promise-after-durable", Safety, ["acked-writes-survive", "gates-hold"],
            "A promise is sent only when the promised epoch is durable.", "Paxos made simple §2.2";
        PromiseIsRecorded, "promise-is-recorded", Safety, ["acked-writes-survive", "gates-hold"],
            "The epoch of a promise is written, not only remembered.", "Paxos made simple §2.5";
        OldAppendsAreRefused, "old-appends-are-refused", Safety, ["acked-writes-survive"],
            "A node that promised a newer epoch accepts nothing of an older one.", "Paxos made simple §2.2";
        BestPositionWins, "best-position-wins", Safety, ["acked-writes-survive", "refinement"],
            "The log accepted under the newest epoch wins, not the longest one.", "Viewstamped Replication Revisited §4.2";
        PositionByAcceptedEpoch, "position-by-accepted-epoch", Safety, ["acked-writes-survive", "refinement", "messages-are-possible"],
            "A position names the epoch under which the log's end was accepted, not the epoch of its last entry.", "Neon term history; VRR log-view";
        OldAnswersDoNotCount, "old-answers-do-not-count", Safety, ["acked-writes-survive"],
            "A promise, a log, a grant or a confirmation that was given to an older epoch counts for nothing in a newer one.", "Paxos made simple §2.2";
        AcceptedFromStart, "accepted-from-start", Safety, ["acked-writes-survive", "log-matching", "local-invariants"],
            "A log is accepted under an epoch only from that epoch's start on.", "Neon safekeeper";
        DivergenceIsCut, "divergence-is-cut", Safety, ["log-matching", "acked-writes-survive", "messages-are-possible"],
            "A replica cuts its log back to what it shares with the primary's.", "Kafka KIP-101";
        AppendsNeverShorten, "appends-never-shorten", Safety, ["acked-writes-survive"],
            "An append of the same epoch never shortens a log.", "CCF, NSDI 2025";
        AckAfterFlush, "ack-after-flush", Safety, ["acked-writes-survive", "gates-hold"],
            "A replica acknowledges what it has flushed.", "tikv #994; PostgreSQL remote_write";
        OwnFlushCounts, "own-flush-counts", Safety, ["acked-writes-survive", "gates-hold"],
            "A primary counts its own copy only when it has flushed it.", "etcd #14370";
        OldAcksDoNotCount, "old-acks-do-not-count", Safety, ["acked-writes-survive", "refinement", "messages-are-possible"],
            "An acknowledgement counts only in its own epoch.", "Raft §5.4.2; openraft stale acknowledgements";
        CommitFromStart, "commit-from-start", Safety, ["acked-writes-survive", "messages-are-possible"],
            "Nothing is committed below the start of the primary's own epoch.", "Raft figure 8; MongoDB";
        ServeAfterEstablished, "serve-after-established", Safety, ["no-phantom-read", "reads-are-linearizable", "acked-writes-survive", "refinement"],
            "A primary serves only when everything it inherited is committed.", "etcd #7331; Sougoumarane, Consensus at scale 6";
        ExposeOnlyCommitted, "expose-only-committed", Safety, ["commits-are-ordered", "no-phantom-read"],
            "A replica shows nothing beyond what it knows to be committed.", "MySQL AFTER_SYNC";
        DegradeIsPublished, "degrade-is-published", Safety, ["acked-writes-survive"],
            "A weaker ack family is used only after it is published; never by a timeout.", "MySQL semi-sync timeout; argued in quorate::config";
        CapBindsDegraded, "cap-binds-degraded", Safety, ["acked-writes-survive"],
            "Degraded, a primary accepts no more beyond what the strong family holds than the cap: no more can be lost.", "MySQL semi-sync timeout; argued in quorate::config";
        LossIsToldWhole, "loss-is-told-whole", Safety, ["acked-writes-survive"],
            "A recovery that accepts loss says up to where anybody it reached knew the log to be committed.", "argued in quorate::commit";
        StopBeforePromise, "stop-before-promise", Safety, ["acked-writes-survive"],
            "An engine neither receives from an older primary nor acts as one when its position is promised.", "CloudNativePG; Multigres";
        DemotionIsOfItsEpoch, "demotion-is-of-its-epoch", Safety, ["acked-writes-survive"],
            "A confirmed demotion speaks of its own epoch and of older ones, however late the confirmation comes.", "argued in quorate::failover";
        EngineLossHalts, "engine-loss-halts", Safety, ["acked-writes-survive"],
            "An engine whose log or mark goes back, without having been told to cut back, stops its node.", "PostgreSQL fsync, 2018; argued in quorate::failover";
        AckWholeLog, "ack-whole-log", Control, [],
            "A replica acknowledges its whole log, not just what the last append covered.", "argued in quorate::commit";
        WrittenOnce, "written-once", Control, [],
            "Entries that are in the log already are not written again.", "argued in quorate::commit";
        CommitByMark, "commit-by-mark", Control, [],
            "The mark of an epoch commits what came before; Raft's own entry of the new term would do as well.", "Raft §5.4.2";
    }
    Reads {
        CommitAfterLeases, "commit-after-leases", Safety, ["reads-are-linearizable"],
            "A new primary announces nothing as committed while an older lease may still answer reads.", "LeaseGuard 2025, deferred commit";
        ReadThenCheck, "read-then-check", Control, [],
            "A lease read checks the lease again after its result is computed; its position was taken under a valid one.", "tikv #10011";
        ReadRoundAfterStart, "read-round-after-start", Safety, ["reads-are-linearizable"],
            "A quorum read counts answers to beats sent after it began.", "Ongaro's thesis §6.4; etcd-raft #397";
        ReadAfterEstablished, "read-after-established", Safety, ["reads-are-linearizable"],
            "A quorum read begins only on a primary that serves.", "etcd #7331";
        TokenWaits, "token-waits", Safety, ["read-your-writes"],
            "A read by token waits until the write it names is here.", "session guarantees, Terry et al. 1994";
    }
    Configuration {
        ConfigsOnlyGrow, "configs-only-grow", Safety, ["ack-and-recovery-intersect", "one-primary-per-epoch"],
            "A node never goes back to an older configuration.", "MongoDB logless reconfiguration";
        InstalledAfterDurable, "installed-after-durable", Safety, ["gates-hold", "ack-and-recovery-intersect", "one-primary-per-epoch"],
            "A configuration is confirmed only when it is durable.", "MongoDB logless reconfiguration";
        PublicationReachesQuorum, "publication-reaches-quorum", Safety, ["ack-and-recovery-intersect", "one-primary-per-epoch", "acked-writes-survive"],
            "A publication is finished when a vote quorum of it has it on disk.", "MongoDB logless reconfiguration, config check";
        JointBeforeNew, "joint-before-new", Safety, ["ack-and-recovery-intersect", "one-primary-per-epoch"],
            "Old and new settings bind together before the new ones bind alone.", "Raft §6, joint consensus";
        ConfirmBeforeBarrier, "confirm-before-barrier", Safety, ["acked-writes-survive"],
            "The barrier is taken only when the new family is in force on every path that can acknowledge.", "argued in quorate::config";
        ConfirmBeforeNew, "confirm-before-new", Safety, ["ack-and-recovery-intersect", "acked-writes-survive"],
            "The new settings bind alone only when the new family is in force on every path that can acknowledge.", "argued in quorate::config";
        BarrierHoldsAll, "barrier-holds-all", Safety, ["ack-and-recovery-intersect", "acked-writes-survive"],
            "Old settings are dropped only when the new family holds everything acknowledged so far.", "Patroni quorum state resolver";
    }
    Hosts {
        HostBeatBinds, "host-beat-binds", Safety, ["lease-exclusion"],
            "A beat between hosts binds every replica that rests under it, as a beat of its primary would.", "argued in quorate::multi";
        BrokenBondIsNew, "broken-bond-is-new", Safety, ["lease-exclusion"],
            "A host whose replica ceases to be bound says so with every later answer.", "CockroachDB store liveness, support epochs";
        AnswersAreOfThisLife, "answers-are-of-this-life", Safety, ["lease-exclusion"],
            "An answer to a beat counts only in the life of the host that sent the beat.", "argued in quorate::multi";
    }
}

impl Rule {
    /// The rule of this name.
    pub fn named(name: &str) -> Option<Rule> {
        Rule::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of rules.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RuleSet(u128);

impl RuleSet {
    /// No rule.
    pub const NONE: RuleSet = RuleSet(0);

    /// Whether `rule` is in the set.
    pub const fn contains(self, rule: Rule) -> bool {
        self.0 & (1 << rule as u8) != 0
    }

    /// The set with `rule` added.
    #[must_use]
    pub const fn with(self, rule: Rule) -> RuleSet {
        RuleSet(self.0 | (1 << rule as u8))
    }

    /// The rules in the set.
    pub fn iter(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.iter().copied().filter(move |rule| self.contains(*rule))
    }

    /// Whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Rule> for RuleSet {
    fn from_iter<I: IntoIterator<Item = Rule>>(rules: I) -> Self {
        rules.into_iter().fold(RuleSet::NONE, RuleSet::with)
    }
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Rule::name)).finish()
    }
}

// A `RuleSet` has room for every rule.
const _: () = assert!(Rule::ALL.len() <= 128);

#[cfg(feature = "rules-off")]
mod switch {
    use super::{Rule, RuleSet};
    use core::cell::Cell;

    std::thread_local! {
        static OFF: Cell<RuleSet> = const { Cell::new(RuleSet::NONE) };
    }

    /// Runs `f` with the rules of `off` switched off on this thread, and switches them on again even if `f`
    /// panics.
    pub fn without<T>(off: RuleSet, f: impl FnOnce() -> T) -> T {
        struct Restore(RuleSet);
        impl Drop for Restore {
            fn drop(&mut self) {
                OFF.set(self.0);
            }
        }
        let _restore = Restore(OFF.replace(off));
        f()
    }

    /// Whether `rule` is switched off on this thread.
    #[inline]
    pub fn is_off(rule: Rule) -> bool {
        OFF.get().contains(rule)
    }
}

#[cfg(feature = "rules-off")]
pub use switch::{is_off, without};

/// A named rule where it acts.
///
/// * `rule!(Name, condition)` is the condition, or `true` if the rule is off.
/// * `rule!(Name, value, else: other)` is the value, or the other one if the rule is off.
#[cfg(not(feature = "rules-off"))]
#[macro_export]
macro_rules! rule {
    ($name:ident, $value:expr) => {
        $value
    };
    ($name:ident, $value:expr, else: $other:expr) => {
        $value
    };
}

/// A named rule where it acts.
///
/// * `rule!(Name, condition)` is the condition, or `true` if the rule is off.
/// * `rule!(Name, value, else: other)` is the value, or the other one if the rule is off.
#[cfg(feature = "rules-off")]
#[macro_export]
macro_rules! rule {
    ($name:ident, $condition:expr) => {
        $crate::rule::is_off($crate::rule::Rule::$name) || $condition
    };
    ($name:ident, $value:expr, else: $other:expr) => {
        if $crate::rule::is_off($crate::rule::Rule::$name) { $other } else { $value }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_every_rule_says_what_it_protects() {
        let names: BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        assert_eq!(names.len(), Rule::ALL.len());
        for rule in Rule::ALL {
            assert_eq!(Rule::named(rule.name()), Some(*rule));
            assert_eq!(rule.protects().is_empty(), rule.kind() == Kind::Control, "{rule}");
            assert!(rule.sentence().ends_with('.') && !rule.source().is_empty(), "{rule}");
        }
        assert_eq!(Rule::named("no-such-rule"), None);
    }

    #[test]
    fn a_set_of_rules_is_a_set() {
        assert!(RuleSet::NONE.is_empty() && RuleSet::NONE.iter().next().is_none());
        for rule in Rule::ALL {
            let one = RuleSet::NONE.with(*rule);
            assert!(!one.is_empty() && one.iter().eq([*rule]) && one.with(*rule) == one, "{rule}");
            for other in Rule::ALL {
                assert_eq!(one.contains(*other), rule == other, "{rule} {other}");
            }
        }
        let all: RuleSet = Rule::ALL.iter().copied().collect();
        assert!(all.iter().eq(Rule::ALL.iter().copied()));
    }

    #[cfg(feature = "rules-off")]
    #[test]
    fn a_rule_is_off_only_inside_and_on_this_thread() {
        let off = RuleSet::NONE.with(Rule::OneVotePerEpoch);
        assert!(!is_off(Rule::OneVotePerEpoch));
        without(off, || {
            assert!(is_off(Rule::OneVotePerEpoch) && !is_off(Rule::WaitForLeases));
            std::thread::spawn(|| assert!(!is_off(Rule::OneVotePerEpoch))).join().unwrap();
        });
        assert!(std::panic::catch_unwind(|| without(off, || panic!("inside"))).is_err());
        assert!(!is_off(Rule::OneVotePerEpoch));
    }
}
