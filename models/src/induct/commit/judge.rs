//! Whether one step of the production code is a sequence of the moves of the protocol.
//!
//! The moves are what the argument for the protocol speaks of: to enter an epoch, to take over a log, to begin, to
//! write, to copy. Every step of every machine must be such moves in the history and claim, in what it sends and
//! counts, nothing that is not on its disk by then. That is judged here, in a view. That the moves themselves keep
//! the clauses about the history is asked for in every history, by [`super::moves`].

use super::machine::{Face, Input, Machine, Part, Said, Stage, Step};
use super::moves::{RELATION, not_above};
use super::prefix::Prefix;
use super::scope::Quorums;
use super::view::{Known, Seat, Standing, table};
use crate::induct::{Breach, Stated};
use quorate::failover::{Body, Head, Message};

/// One move of the protocol, by the node whose step it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Move {
    /// The disk enters this epoch.
    Enter(u8),
    /// The disk has part of a promised log.
    TakeOver(Prefix),
    /// The epoch begins, in memory, with this log and by these promises.
    Begin {
        /// What it had in memory.
        on: Prefix,
        /// The same with the mark of the epoch.
        log: Prefix,
        /// Who promised what.
        by: Vec<(u8, Prefix)>,
    },
    /// The log of the epoch grows by an entry, in memory.
    Grow,
    /// The disk has this part of the log of its epoch.
    Copy(Prefix),
}

/// What a machine and what it sends must be; each is judged in every step.
pub(super) const CLAUSES: &[Stated] = &[
    LOCAL,
    READABLE,
    DURABLE,
    GROWS,
    APPENDS,
    COPIES,
    VOLATILE,
    COUNTED,
    ACKED,
    COMMITTED,
    ESTABLISHED,
    PROMISES,
    ACKS,
    SAYS,
    POSSIBLE,
    SETTLED,
    KEEPS,
];

const LOCAL: Stated = Stated {
    name: "local-invariants",
    doc: "Every node keeps its own invariants.",
    source: "quorate::failover::Node::check",
};
const READABLE: Stated = Stated {
    name: "logs-are-of-their-writers",
    doc: "A log has the entries that its history says, in memory and on disk, and no part of the history is beyond its end.",
    source: "S5, S8; log matching",
};
const DURABLE: Stated = Stated {
    name: "epochs-never-go-back",
    doc: "The epoch on a disk never goes back, and the one in memory is not behind it.",
    source: "S4",
};
const GROWS: Stated = Stated {
    name: "accepted-is-kept",
    doc: "What a node accepted under an epoch it keeps while it is in that epoch.",
    source: "S5; CCF, truncation by an early append",
};
const APPENDS: Stated = Stated {
    name: "only-the-primary-appends",
    doc: "The log of an epoch begins as what its primary has on disk, with its mark, and grows only by what that primary writes.",
    source: "S7, S8",
};
const COPIES: Stated = Stated {
    name: "disks-follow-one-log",
    doc: "A disk changes only to a part of the log of its epoch, or of a promise that is taken over, and keeps what it shares with it.",
    source: "S5; Kafka KIP-101",
};
const VOLATILE: Stated = Stated {
    name: "offices-are-volatile",
    doc: "Nobody is primary after a restart, or candidate for an epoch it won before.",
    source: "R7; CCF, NSDI 2025",
};
const COUNTED: Stated = Stated {
    name: "promises-are-snapshots",
    doc: "A promise that a winner counts was given to its epoch and says what that node had on disk when it entered it; \
          its own among them.",
    source: "S1, S6",
};
const ACKED: Stated = Stated {
    name: "counted-acks-are-accepted",
    doc: "What a primary counts as acknowledged is on that node's disk, accepted under this epoch, or below its start; its own \
          likewise.",
    source: "S2, S3",
};
const COMMITTED: Stated = Stated {
    name: "commits-by-an-ack-set",
    doc: "A primary takes for committed what an ack set acknowledged in its epoch, from its start on; a replica what it was \
          told and holds.",
    source: "K",
};
const ESTABLISHED: Stated = Stated {
    name: "who-serves-is-established",
    doc: "Who is past its recovery has its start acknowledged by an ack set.",
    source: "C7; etcd #7331",
};
const PROMISES: Stated = Stated {
    name: "promises-are-durable",
    doc: "A promise leaves when the epoch is on disk, and says what was on disk when it was entered; or what was copied \
          since, when that epoch has begun and nobody counts it.",
    source: "S1, S4",
};
const ACKS: Stated = Stated {
    name: "acks-are-durable",
    doc: "An acknowledgement leaves when what it says is on disk, accepted under the epoch, or below its start.",
    source: "S2, S3, S5",
};
const SAYS: Stated = Stated {
    name: "primaries-say-their-log",
    doc: "Only the primary of an epoch revokes, fetches, appends; it appends its own log and announces what it has committed.",
    source: "S7",
};
const POSSIBLE: Stated = Stated {
    name: "messages-are-possible",
    doc: "No message that the clauses allow is refused as one that no correct node can have sent.",
    source: "quorate::failover guard",
};
const SETTLED: Stated = Stated {
    name: "settled-is-durable",
    doc: "When nothing is on its way to the disk, the log on it is the one in memory.",
    source: "R1, R2",
};

const KEEPS: Stated = Stated {
    name: "keeps-to-the-facts",
    doc: "Every step keeps what the parts of the failover node take from each other, by `failover` below.",
    source: "quorate_models::induct::compose",
};

fn breach(clause: Stated, why: String) -> Breach {
    Breach { clause: clause.name, why }
}

fn ensure(holds: bool, clause: Stated, why: impl FnOnce() -> String) -> Result<(), Breach> {
    if holds { Ok(()) } else { Err(breach(clause, why())) }
}

/// What comes of judging a step.
pub(super) enum Verdict {
    /// It is these moves.
    Moves(Vec<Move>),
    /// Two nodes would be primary of one epoch, which the election rules out.
    Excluded,
}

/// What is known while the stages of a step are judged.
struct Judge<'a> {
    quorums: &'a Quorums,
    known: Option<Known>,
    machine: &'a Machine,
    before: &'a Face,
    input: Input,
    me: u8,
    promised: u8,
    entered: Prefix,
    disk: Prefix,
    /// The log of the own office, once it has begun.
    own: Option<Prefix>,
    standing: Standing,
    moves: Vec<Move>,
}

/// Judges a step of `machine`, which sits in `seat`.
pub(super) fn judge(
    quorums: &Quorums,
    seat: &Seat,
    known: Option<Known>,
    (machine, before): (&Machine, &Face),
    input: Input,
    step: &Step,
) -> Result<Verdict, Breach> {
    let own = match seat.standing {
        Standing::Begun(log) if matches!(before.part, Part::Begun { .. }) => Some(log),
        Standing::Begun(_) | Standing::Free | Standing::Recovering | Standing::Other => None,
    };
    let Seat { me, promised, disk, entered, standing } = *seat;
    let moves = Vec::new();
    let mut judge =
        Judge { quorums, known, machine, before, input, me, promised, entered, disk, own, standing, moves };
    for stage in &step.stages {
        if judge.excluded(stage)? {
            return Ok(Verdict::Excluded);
        }
        judge.stage(stage)?;
    }
    let last = &step.stages[step.stages.len() - 1].face;
    ensure(last.log == last.disk, SETTLED, || format!("{:?} in memory, {:?} on disk", last.log, last.disk))?;
    let unkept = step.stages.iter().find_map(|stage| stage.unkept.as_ref());
    ensure(unkept.is_none(), KEEPS, || unkept.cloned().unwrap_or_default())?;
    Ok(Verdict::Moves(judge.moves))
}

fn is_primary(part: &Part) -> bool {
    matches!(part, Part::Recovering { .. } | Part::Begun { .. })
}

impl Judge<'_> {
    /// Whether the step makes a second primary of an epoch that another node holds.
    fn excluded(&self, stage: &Stage) -> Result<bool, Breach> {
        let won = is_primary(&stage.face.part)
            && !(is_primary(&self.before.part) && self.before.epoch == stage.face.epoch);
        ensure(!(won && self.input == Input::Restart), VOLATILE, || {
            "it is primary after its restart".into()
        })?;
        let mine = matches!(self.standing, Standing::Recovering | Standing::Begun(_));
        let stands = matches!(stage.face.part, Part::Candidate) || won;
        ensure(!(stands && mine && stage.face.epoch == self.promised), VOLATILE, || {
            format!("it stands in e{} again, which it won", stage.face.epoch)
        })?;
        let held = self.standing == Standing::Other
            || self.known.is_some_and(|known| known.epoch == stage.face.epoch && known.held);
        Ok(won && held)
    }

    fn stage(&mut self, stage: &Stage) -> Result<(), Breach> {
        ensure(stage.violation.is_none(), LOCAL, || stage.violation.clone().unwrap_or_default())?;
        let readable = stage.face.log.zip(stage.face.disk);
        let (log, disk) = readable.ok_or_else(|| breach(READABLE, unreadable(&stage.face)))?;
        let refused = stage.impossible.as_ref().filter(|_| !self.would_cut_committed());
        ensure(refused.is_none(), POSSIBLE, || refused.cloned().unwrap_or_default())?;
        self.office(stage, log)?;
        self.flush(stage, disk)?;
        self.counts(stage)?;
        self.commits(stage, log)?;
        stage.sent.iter().try_for_each(|(to, message)| self.sends(stage, *to, message))
    }

    /// The message asks to give up what this node takes for committed: the history rules that out, the view does not.
    fn would_cut_committed(&self) -> bool {
        let own = self.before.log.unwrap_or_default();
        match self.input {
            Input::Said { what: Said::Append { log, .. }, .. } => own.common(log) < self.before.committed,
            Input::Said { .. } | Input::Tick | Input::Write | Input::Restart => false,
        }
    }

    /// The log of an epoch begins and grows in the memory of its primary.
    fn office(&mut self, stage: &Stage, log: Prefix) -> Result<(), Breach> {
        let Part::Begun { start, .. } = stage.face.part else { return Ok(()) };
        let epoch = stage.face.epoch;
        let Some(own) = self.own else {
            let by = table(self.machine, self.before, self.input, epoch);
            let on = {
                let full = |donor: &Prefix| self.disk.common(*donor) <= start && start <= donor.len();
                let taken = self.donors(&by).filter(full).map(|donor| donor.cut(start));
                let same = |base: &Prefix| start == log.len() && base.begin(epoch) == log;
                std::iter::once(self.disk).chain(taken).filter(same).max_by_key(|base| base.position())
            };
            let on = on.ok_or_else(|| {
                breach(
                    APPENDS,
                    format!("e{epoch} begins at {start} with {log}; {} on disk, promises {by:?}", self.disk),
                )
            })?;
            self.own = Some(log);
            self.moves.push(Move::Begin { on, log, by });
            return Ok(());
        };
        let grown = log == own.grown() && self.input == Input::Write && stage.accepted;
        ensure(log == own || grown, APPENDS, || format!("the log of e{epoch} was {own} and is {log}"))?;
        if grown {
            self.own = Some(log);
            self.moves.push(Move::Grow);
        }
        Ok(())
    }

    /// What reached the disk.
    fn flush(&mut self, stage: &Stage, disk: Prefix) -> Result<(), Breach> {
        let Face { epoch, promised, .. } = stage.face;
        ensure(self.promised <= promised && promised <= epoch, DURABLE, || {
            format!("e{} was on disk, now it is e{promised}; in memory e{epoch}", self.promised)
        })?;
        if promised > self.promised {
            (self.promised, self.entered) = (promised, self.disk);
            self.moves.push(Move::Enter(promised));
        }
        if disk == self.disk {
            return Ok(());
        }
        let kept = self.disk.epoch() != promised || disk.epoch() == promised && disk.len() >= self.disk.len();
        ensure(kept, GROWS, || format!("{} was accepted under e{promised}, now it is {disk}", self.disk))?;
        // A primary marks the log that it took over; it copies from nobody.
        let marks = |log: Prefix| {
            self.disk.epoch() == promised || self.disk.begin(promised) == log.cut(self.disk.len())
        };
        let own = self.own.filter(|own| own.epoch() == promised);
        let copied =
            own.is_none_or(marks) && self.log_of(promised).is_some_and(|log| self.is_part(disk, log));
        let by = table(self.machine, self.before, self.input, epoch);
        let taken = is_primary(&stage.face.part) && self.donors(&by).any(|donor| self.is_part(disk, donor));
        ensure(copied || taken, COPIES, || {
            let log = self.log_of(promised);
            format!("{} became {disk}; the log of e{promised} is {log:?}, the promises are {by:?}", self.disk)
        })?;
        // What is taken over is the best log of a recovery set among the promises that it counts.
        let is_best = |donor: Prefix| self.quorums.recovers(not_above(&by, donor.position()));
        let found = copied || self.donors(&by).any(|donor| self.is_part(disk, donor) && is_best(donor));
        ensure(found, RELATION, || {
            format!("take-over: {disk} is of no best log of a recovery set in {by:?}")
        })?;
        self.moves.push(if copied { Move::Copy(disk) } else { Move::TakeOver(disk) });
        self.disk = disk;
        Ok(())
    }

    /// Whether `disk` is the beginning of `log`, and keeps what the disk had in common with it.
    fn is_part(&self, disk: Prefix, log: Prefix) -> bool {
        disk.len() <= log.len() && log.cut(disk.len()) == disk && disk.len() >= self.disk.common(log)
    }

    /// The promises of others that are not below the own one.
    fn donors<'b>(&self, table: &'b [(u8, Prefix)]) -> impl Iterator<Item = Prefix> + use<'b> {
        let (me, own) = (self.me, self.entered.position());
        table.iter().filter(move |(node, log)| *node != me && log.position() >= own).map(|(_, log)| *log)
    }

    /// The log of an epoch, if it has begun and this step knows it.
    fn log_of(&self, epoch: u8) -> Option<Prefix> {
        let told = self.known.filter(|known| known.epoch == epoch).and_then(|known| known.log);
        self.own.filter(|own| own.epoch() == epoch).or(told)
    }

    /// Promises and acknowledgements that it counts.
    fn counts(&self, stage: &Stage) -> Result<(), Breach> {
        let epoch = stage.face.epoch;
        let allowed = table(self.machine, self.before, self.input, epoch);
        for (node, log) in &stage.counted {
            let known = epoch == self.before.epoch && allowed.contains(&(*node, *log));
            let own = *node == self.me && self.promised == epoch && *log == self.entered;
            ensure(known || own, COUNTED, || {
                format!("it counts {log} as what n{node} promised to e{epoch}")
            })?;
        }
        let Part::Begun { start, acked, .. } = &stage.face.part else { return Ok(()) };
        for (node, len) in acked.iter().enumerate() {
            let Some(len) = *len else { continue };
            let own = node == usize::from(self.me) && self.disk.epoch() == epoch && len <= self.disk.len();
            ensure(own || len < *start || self.was_acked(node, len, epoch), ACKED, || {
                format!("it counts {len} entries on n{node}; own disk {}", self.disk)
            })?;
        }
        Ok(())
    }

    /// Whether it counted so much before, or is told now.
    fn was_acked(&self, node: usize, len: u8, epoch: u8) -> bool {
        let before = match &self.before.part {
            Part::Begun { acked, .. } if self.before.epoch == epoch => acked[node],
            Part::Begun { .. } | Part::Follower | Part::Candidate | Part::Recovering { .. } => None,
        };
        let told = match self.input {
            Input::Said { epoch: of, from, what: Said::Ack(told) | Said::Gap(told) } => {
                (of == epoch && usize::from(from) == node).then_some(told)
            }
            Input::Said { .. } | Input::Tick | Input::Write | Input::Restart => None,
        };
        node != usize::from(self.me) && before.max(told) >= Some(len)
    }

    fn commits(&self, stage: &Stage, log: Prefix) -> Result<(), Breach> {
        let committed = stage.face.committed;
        if let Part::Begun { start, acked, active } = &stage.face.part {
            let by =
                |len: u8| self.quorums.which(|node| acked.get(node).is_some_and(|acked| *acked >= Some(len)));
            ensure(!active || self.quorums.acknowledges(by(*start)), ESTABLISHED, || {
                format!("acknowledged: {acked:?}")
            })?;
            let counted = committed >= *start && self.quorums.acknowledges(by(committed));
            let known = committed <= self.before.committed;
            return ensure(known || counted, COMMITTED, || {
                format!("{committed} entries are committed; start {start}, acknowledged {acked:?}")
            });
        }
        let before = self.before.log.unwrap_or_default();
        let known = committed <= self.before.committed && committed <= before.common(log);
        let told = match self.input {
            Input::Said { what: Said::Append { log: theirs, committed: told, .. }, .. } => {
                committed <= told && committed <= theirs.common(log)
            }
            Input::Said { .. } | Input::Tick | Input::Write | Input::Restart => false,
        };
        ensure(committed <= log.len() && (known || told), COMMITTED, || {
            format!(
                "it takes {committed} entries of {log} for committed, before {} of {before}",
                self.before.committed
            )
        })
    }

    fn sends(&self, stage: &Stage, to: u8, message: &Message<u8>) -> Result<(), Breach> {
        let epoch = message.epoch.number() as u8;
        let primary = is_primary(&stage.face.part) && stage.face.epoch == epoch;
        let says =
            |holds: bool| ensure(holds, SAYS, || format!("it says {} in e{epoch}", message.body.kind()));
        match &message.body {
            Body::Vote { .. } => {
                ensure(self.promised == epoch && stage.face.vote == Some(self.me), PROMISES, || {
                    format!("it asks for votes in e{epoch} before its own is on disk")
                })
            }
            Body::Granted { promise, .. } | Body::Promised { promise } => {
                let said = Prefix::shaped(&promise.history, promise.len);
                let keeps_data = self.quorums.data >> self.me & 1 == 1;
                ensure(
                    self.promised == epoch && said.is_some_and(|said| !keeps_data || self.may_promise(said)),
                    PROMISES,
                    || format!("it promises {said:?} to e{epoch}; on disk: e{} {}", self.promised, self.disk),
                )
            }
            Body::Fetched { from, entries } => {
                let rest = usize::try_from(*from)
                    .ok()
                    .and_then(|from| self.disk.entries(0).as_slice().get(from..).map(<[u8]>::to_vec));
                let part = rest.is_some_and(|rest| rest.starts_with(entries));
                ensure(part && self.promised == epoch && self.may_promise(self.disk), PROMISES, || {
                    format!("it hands out {entries:?} from {from} on in e{epoch}; on disk: {}", self.disk)
                })
            }
            Body::Ack { len } | Body::Gap { len } => self.acknowledges(epoch, *len),
            Body::Append(append) => {
                let Head { history, from, committed } = append.head();
                let log = self.own.filter(|own| primary && own.history() == *history);
                let rest = log.map(|log| log.entries(*from as u8).as_slice().to_vec());
                let part = rest.is_some_and(|rest| rest.starts_with(append.entries()));
                says(part && *committed <= stage.face.committed.into())
            }
            Body::Fetch { .. } => {
                let asked = table(self.machine, self.before, self.input, epoch);
                says(primary && asked.iter().any(|(node, _)| *node == to))
            }
            Body::Revoke { .. } | Body::Beat(_) => says(primary),
            Body::Refused { .. } | Body::BeatAck { .. } => Ok(()),
            Body::PreVote { .. }
            | Body::PreYes { .. }
            | Body::PreLater { .. }
            | Body::Handover { .. }
            | Body::Install { .. }
            | Body::Installed { .. }
            | Body::Snapshot { .. } => says(false),
        }
    }

    /// Whether it may say that this is its log: what it entered the epoch with, of which nothing is lost before the
    /// epoch begins, or what it copied since.
    fn may_promise(&self, said: Prefix) -> bool {
        let begun = self.log_of(self.promised);
        let copied = |log: Prefix| {
            self.disk.within(log) && said.len() <= self.disk.len() && log.cut(said.len()) == said
        };
        let kept = begun.is_some() || self.disk.position() >= said.position();
        (said == self.entered && kept) || begun.is_some_and(copied)
    }

    fn acknowledges(&self, epoch: u8, len: u64) -> Result<(), Breach> {
        let log = self.log_of(epoch);
        let below = |log: Prefix| {
            u64::from(log.start(epoch).unwrap_or_default()) > len && u64::from(self.disk.common(log)) >= len
        };
        let accepted = self.disk.epoch() == epoch && len <= self.disk.len().into();
        ensure(self.promised == epoch && (accepted || log.is_some_and(below)), ACKS, || {
            format!("it acknowledges {len} entries in e{epoch}; on disk: e{} {}", self.promised, self.disk)
        })
    }
}

fn unreadable(face: &Face) -> String {
    let which = if face.log.is_none() { "in memory" } else { "on disk" };
    format!("the log {which} is not what its history says")
}
