//! What only the checker knows of a commit machine: who led which epoch with which log, and what each node had on
//! its disk when it left each epoch. And the clauses about that alone.
//!
//! These few values say everything that the protocol's argument speaks of. What a node promised to epoch `t` is what
//! it had on disk when it left the epochs below `t`; what it accepted under `t` is what it had when it left `t`, if
//! the end of that was accepted under `t`. So promises, acknowledgements and what can still be acknowledged are all
//! derived, and a message is true if it says what is derived.
//!
//! An epoch that a node skipped counts as entered and left at once: it can promise nothing else to it.

use super::prefix::{MAX_EPOCH, Prefix};
use super::scope::{MAX_NODES, Quorums};
use crate::induct::{Clause, Stated};
use std::sync::Arc;

const EPOCHS: usize = MAX_EPOCH as usize + 1;

/// The office of one epoch.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Office {
    /// Who won it.
    pub(super) owner: Option<u8>,
    /// Where it began, once it has.
    pub(super) start: Option<u8>,
    /// The log of its primary, the longest it ever was; empty before it began.
    pub(super) log: Prefix,
}

/// The history of a commit machine.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Ghost {
    /// By epoch; number 0 is not used.
    pub(super) offices: [Office; EPOCHS],
    /// By node: the epoch on its disk, which is also its promise to accept nothing older.
    pub(super) promised: [u8; MAX_NODES],
    /// By node and epoch: the log on its disk when it left that epoch, or now, in the epoch it promised.
    pub(super) left: [[Prefix; EPOCHS]; MAX_NODES],
}

impl Ghost {
    /// Nobody did anything.
    pub(super) const FIRST: Ghost = Ghost {
        offices: [Office { owner: None, start: None, log: Prefix::EMPTY }; EPOCHS],
        promised: [0; MAX_NODES],
        left: [[Prefix::EMPTY; EPOCHS]; MAX_NODES],
    };

    /// The same under other names.
    pub(super) fn renamed(&self, names: &[usize]) -> Ghost {
        let mut renamed = *self;
        for (old, new) in names.iter().enumerate() {
            renamed.promised[*new] = self.promised[old];
            renamed.left[*new] = self.left[old];
        }
        for office in &mut renamed.offices {
            office.owner = office.owner.map(|owner| names[usize::from(owner)] as u8);
        }
        renamed
    }

    pub(super) fn office(&self, epoch: u8) -> &Office {
        &self.offices[usize::from(epoch)]
    }

    pub(super) fn begun(&self, epoch: u8) -> bool {
        self.office(epoch).start.is_some()
    }

    pub(super) fn owns(&self, node: usize, epoch: u8) -> bool {
        self.office(epoch).owner == Some(node as u8)
    }

    /// The log on a node's disk.
    pub(super) fn disk(&self, node: usize) -> Prefix {
        self.left[node][usize::from(self.promised[node])]
    }

    /// What a node that promised `epoch` had on disk when it did.
    pub(super) fn promise(&self, node: usize, epoch: u8) -> Prefix {
        self.left[node][usize::from(epoch) - 1]
    }

    pub(super) fn has_promised(&self, node: usize, epoch: u8) -> bool {
        self.promised[node] >= epoch
    }

    /// How much of the log of `epoch` a node accepted under that epoch.
    pub(super) fn accepted(&self, node: usize, epoch: u8) -> Option<u8> {
        let left = self.left[node][usize::from(epoch)];
        (self.has_promised(node, epoch) && left.epoch() == epoch).then(|| left.len())
    }

    /// Whether a node may have said that `log` is what it has, in answer to the primary of `epoch`: what it promised;
    /// or, once that epoch has begun and nobody waits for a promise any more, what it copied since.
    pub(super) fn may_have_promised(&self, node: usize, epoch: u8, log: Prefix) -> bool {
        let left = self.left[node][usize::from(epoch)];
        let copied = || {
            let own = self.office(epoch).log;
            self.begun(epoch) && left.within(own) && log.len() <= left.len() && own.cut(log.len()) == log
        };
        self.has_promised(node, epoch) && (log == self.promise(node, epoch) || copied())
    }

    /// Up to where the log of `epoch` is held, under that epoch, by an ack set; not below its start.
    pub(super) fn chosen(&self, quorums: &Quorums, epoch: u8) -> Option<u8> {
        let Office { start: Some(start), log, .. } = *self.office(epoch) else { return None };
        let held = |len: u8| quorums.which(|node| self.accepted(node, epoch) >= Some(len));
        (start..=log.len()).rev().find(|len| quorums.acknowledges(held(*len)))
    }

    /// Up to where the log of `epoch` may be, or become, held by an ack set: by nodes that accepted it and nodes
    /// that still may.
    pub(super) fn choosable(&self, quorums: &Quorums, epoch: u8) -> Option<u8> {
        let Office { start: Some(start), log, .. } = *self.office(epoch) else { return None };
        let may = |len: u8| {
            quorums.which(|node| self.promised[node] <= epoch || self.accepted(node, epoch) >= Some(len))
        };
        (start..=log.len()).rev().find(|len| quorums.acknowledges(may(*len)))
    }

    /// The promises to `epoch` that are not below the own one of `node`: what it may take over.
    fn donors<'a>(
        &'a self,
        quorums: &'a Quorums,
        node: usize,
        epoch: u8,
    ) -> impl Iterator<Item = Prefix> + 'a {
        let own = self.promise(node, epoch);
        let others =
            quorums.keepers().filter(move |other| *other != node && self.has_promised(*other, epoch));
        others
            .map(move |other| self.promise(other, epoch))
            .filter(move |log| log.position() >= own.position())
    }

    /// Whether the winner of `epoch` may have this log before it begins: what it promised itself, or part of what a
    /// better promise says, never less than what it shares with one of them.
    pub(super) fn recovering(&self, quorums: &Quorums, node: usize, epoch: u8, log: Prefix) -> bool {
        let own = self.promise(node, epoch);
        if log == own {
            return true;
        }
        let shared = self.donors(quorums, node, epoch).map(|donor| own.common(donor)).min();
        shared.is_some_and(|shared| shared <= log.len())
            && self
                .donors(quorums, node, epoch)
                .any(|donor| log.len() <= donor.len() && donor.cut(log.len()) == log)
    }

    /// Whether a node that entered `epoch` with what it promised may have this log there.
    pub(super) fn reaches(&self, quorums: &Quorums, node: usize, epoch: u8, log: Prefix) -> bool {
        let entered = self.promise(node, epoch);
        let own = self.office(epoch).log;
        let copied = || {
            self.begun(epoch)
                && (entered.common(own)..=own.len()).contains(&log.len())
                && own.cut(log.len()) == log
        };
        log == entered || copied() || (self.owns(node, epoch) && self.recovering(quorums, node, epoch, log))
    }

    /// Every log that [`Ghost::reaches`] allows.
    pub(super) fn reachable(&self, quorums: &Quorums, node: usize, epoch: u8) -> Vec<Prefix> {
        let own = self.office(epoch).log;
        let mut logs = vec![self.promise(node, epoch)];
        logs.extend((0..=own.len()).map(|len| own.cut(len)));
        if self.owns(node, epoch) {
            logs.extend(
                self.donors(quorums, node, epoch)
                    .flat_map(|log| (0..=log.len()).map(move |len| log.cut(len))),
            );
        }
        logs.retain(|log| self.reaches(quorums, node, epoch, *log));
        logs.sort_unstable();
        logs.dedup();
        logs
    }
}

/// A history, and who decides.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    pub(super) quorums: Arc<Quorums>,
    /// How many epochs there are.
    pub(super) epochs: u8,
    pub(super) ghost: Ghost,
}

/// The clauses about the history.
pub(super) const CLAUSES: &[Clause<Whole>] = &[
    Clause {
        name: "winners-promised",
        doc: "Who won an epoch has promised it itself, on disk.",
        source: "election: a vote is durable before it counts",
        holds: winners_promised,
    },
    Clause {
        name: "begun-after-recovery",
        doc: "An epoch begins only when a recovery set has promised it, so that no ack set of an older epoch is left.",
        source: "Sougoumarane, revoke",
        holds: begun_after_recovery,
    },
    Clause {
        name: "begins-with-a-promise",
        doc: "An epoch begins with what its primary promised itself, or with part of a promise that is not below that; \
              from its start on the log has its own entries only.",
        source: "S8 and the constructive half of S9",
        holds: begins_with_a_promise,
    },
    Clause {
        name: "logs-are-copies",
        doc: "In an epoch a disk keeps what it had or follows the log of the epoch's primary, from what it shares with \
              it on; the winner of the epoch follows the promise it takes over.",
        source: "S5; log matching",
        holds: logs_are_copies,
    },
    Clause {
        name: "choosable-is-kept",
        doc: "What an ack set of an epoch holds or may still come to hold under that epoch is in what every later epoch \
              begins with.",
        source: "C; Paxos, choosable values; Raft, leader completeness",
        holds: choosable_is_kept,
    },
];

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

impl Whole {
    pub(super) fn all_epochs(&self) -> std::ops::RangeInclusive<u8> {
        1..=self.epochs
    }
}

fn winners_promised(whole: &Whole) -> Result<(), String> {
    let Whole { ghost, .. } = whole;
    whole.all_epochs().try_for_each(|epoch| {
        let owner = ghost.office(epoch).owner;
        let promised = owner.is_none_or(|owner| ghost.has_promised(owner.into(), epoch));
        ensure(promised, || format!("n{} won e{epoch} and has not promised it", owner.unwrap_or_default()))
    })
}

fn begun_after_recovery(whole: &Whole) -> Result<(), String> {
    let Whole { ghost, quorums, .. } = whole;
    whole.all_epochs().filter(|epoch| ghost.begun(*epoch)).try_for_each(|epoch| {
        let promised = quorums.which(|node| ghost.has_promised(node, epoch));
        ensure(quorums.recovers(promised), || {
            format!("e{epoch} has begun, but no recovery set has promised it")
        })
    })
}

fn begins_with_a_promise(whole: &Whole) -> Result<(), String> {
    let Whole { ghost, quorums, .. } = whole;
    whole.all_epochs().try_for_each(|epoch| {
        let Office { owner, start, log } = *ghost.office(epoch);
        let Some(start) = start else {
            return ensure(log == Prefix::EMPTY, || format!("e{epoch} has no log yet"));
        };
        let Some(owner) = owner else { return Err(format!("e{epoch} began, and nobody won it")) };
        let owner = usize::from(owner);
        let first = log.cut(start);
        let fits = start <= log.len() && log.start(epoch) == Some(start) && log.epoch() == epoch;
        ensure(fits, || format!("e{epoch} began at {start} with {log}"))?;
        let own = ghost.promise(owner, epoch);
        let may = |log: Prefix| log.begin(epoch) == first && ghost.recovering(quorums, owner, epoch, log);
        let donors = ghost.donors(quorums, owner, epoch);
        let recovered = may(own) || { donors }.any(|donor| start <= donor.len() && may(donor.cut(start)));
        ensure(recovered, || {
            format!("e{epoch} begins with {first}, which is no promise to n{owner} and no part of one")
        })
    })
}

fn logs_are_copies(whole: &Whole) -> Result<(), String> {
    let Whole { ghost, quorums, .. } = whole;
    quorums.keepers().try_for_each(|node| {
        (1..=ghost.promised[node]).try_for_each(|epoch| {
            let log = ghost.left[node][usize::from(epoch)];
            ensure(ghost.reaches(quorums, node, epoch, log), || {
                let (entered, own) = (ghost.promise(node, epoch), ghost.office(epoch).log);
                format!("n{node} entered e{epoch} with {entered} and has {log} there; the log of e{epoch} is {own}")
            })
        })
    })
}

fn choosable_is_kept(whole: &Whole) -> Result<(), String> {
    let Whole { ghost, quorums, .. } = whole;
    let newest = whole.all_epochs().rev().find(|epoch| ghost.begun(*epoch)).unwrap_or_default();
    (1..newest).try_for_each(|old| {
        let Some(len) = ghost.choosable(quorums, old) else { return Ok(()) };
        let kept = ghost.office(old).log.cut(len);
        (old + 1..=newest).try_for_each(|epoch| {
            let Office { start: Some(start), log, .. } = *ghost.office(epoch) else { return Ok(()) };
            ensure(log.common(kept) == len && len <= start, || {
                format!(
                    "{kept} may be acknowledged under e{old}, but e{epoch} begins with {}",
                    log.cut(start)
                )
            })
        })
    })
}

/// Asked for in every history.
pub(super) const SAFE: Stated = Stated {
    name: "what-the-clauses-are-for",
    doc: "What an ack set holds under its epoch is in the log of every later primary; what is committed is ordered; logs match.",
    source: "invariants acked-writes-survive, commits-are-ordered, log-matching",
};

/// What the clauses are for: everything acknowledged is in the log of every later primary, what is committed is
/// ordered, and logs match. The second half of the proof, asked for in every state.
pub(super) fn safe(whole: &Whole) -> Result<(), String> {
    let Whole { ghost, quorums, .. } = whole;
    let mut acked: [Option<Prefix>; EPOCHS] = [None; EPOCHS];
    for epoch in whole.all_epochs().filter(|epoch| ghost.begun(*epoch)) {
        let log = ghost.office(epoch).log;
        let chosen = ghost.chosen(quorums, epoch).map(|len| log.cut(len));
        for old in acked[..usize::from(epoch)].iter().flatten() {
            ensure(old.within(log), || format!("acked-writes-survive: {old} is not in {log} of e{epoch}"))?;
            let ordered = chosen.is_none_or(|new| old.common(new) == old.len().min(new.len()));
            ensure(ordered, || format!("commits-are-ordered: {old} and {chosen:?} are both committed"))?;
        }
        acked[usize::from(epoch)] = chosen;
    }
    logs_match(whole)
}

/// Where two disks have an entry of the same epoch at the same index, they agree up to there. Read off the words in
/// which logs are written here; that the production logs are these words is a clause of the machines.
fn logs_match(whole: &Whole) -> Result<(), String> {
    let Whole { ghost, quorums, .. } = whole;
    for (a, b) in quorums.keepers().flat_map(|a| quorums.keepers().skip(a + 1).map(move |b| (a, b))) {
        let (left, right) = (ghost.disk(a), ghost.disk(b));
        let shared = left.common(right);
        let beyond = shared..left.len().min(right.len());
        if { beyond }.any(|index| left.writer(index) == right.writer(index)) {
            return Err(format!("log-matching: n{a} has {left} and n{b} has {right}"));
        }
    }
    Ok(())
}
