//! What one machine and one sender have to do with a history: all that a step can depend on.
//!
//! A step is about one machine, and at most one message from one other node. So instead of every machine in every
//! history, it is enough to take every machine in every *view* that occurs in some history: what the history says
//! of the machine ([`Seat`]), and what it says of the sender in one epoch ([`Source`]). From a source follow all the
//! messages that the clauses allow that sender to have sent in that epoch: the largest network.

use super::ghost::Ghost;
use super::machine::{Face, Input, Machine, Part, Said};
use super::prefix::Prefix;
use super::scope::{Quorums, Scope};
use crate::induct::Stated;

/// Asked for before and after every step.
pub(super) const FITS: Stated = Stated {
    name: "machines-fit-their-history",
    doc: "A machine's epoch, vote and log on disk are what the history says; who stands has not won, who recovers counts its own \
          promise, who has begun has the whole log of its epoch.",
    source: "S4, S5, S6, S7",
};

/// What a history says of one node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Seat {
    pub(super) me: u8,
    /// The epoch on its disk.
    pub(super) promised: u8,
    /// The log on its disk.
    pub(super) disk: Prefix,
    /// What it promised to that epoch.
    pub(super) entered: Prefix,
    pub(super) standing: Standing,
}

/// How a node stands to the office of its epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Standing {
    /// Nobody is known to hold it.
    Free,
    /// It took over part of a log and has not begun.
    Recovering,
    /// It has begun, with this log.
    Begun(Prefix),
    /// Another node holds it.
    Other,
}

/// What a history says of a sender in one epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Source {
    pub(super) node: u8,
    pub(super) epoch: u8,
    /// What it promised to the epoch; `None` if it has not entered it durably.
    pub(super) promise: Option<Prefix>,
    /// How much of the log of that epoch it may have copied there.
    pub(super) copied: Option<u8>,
    /// How much it accepted.
    pub(super) accepted: Option<u8>,
    /// Who holds the office.
    pub(super) owner: Holder,
    /// Its log, once it has begun.
    pub(super) log: Option<Prefix>,
}

/// What a message's receiver may rely on of the office of its epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Known {
    pub(super) epoch: u8,
    /// Whether somebody else holds it.
    pub(super) held: bool,
    /// The log of its primary, once it has begun.
    pub(super) log: Option<Prefix>,
    /// What the sender promised to the epoch, if its message is an answer about its log.
    pub(super) promise: Option<(u8, Prefix)>,
}

/// Who holds an office, as seen from a receiver and a sender.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Holder {
    Nobody,
    Receiver,
    Sender,
    Third,
}

impl Seat {
    pub(super) fn of(ghost: &Ghost, me: usize) -> Seat {
        let promised = ghost.promised[me];
        let disk = ghost.disk(me);
        if promised == 0 {
            return Seat { me: me as u8, promised, disk, entered: disk, standing: Standing::Other };
        }
        let office = ghost.office(promised);
        let standing = match (office.owner, office.start) {
            (None, _) => Standing::Free,
            (Some(owner), None) if usize::from(owner) == me => Standing::Recovering,
            (Some(owner), Some(_)) if usize::from(owner) == me => Standing::Begun(office.log),
            (Some(_), _) => Standing::Other,
        };
        Seat { me: me as u8, promised, disk, entered: ghost.promise(me, promised), standing }
    }

    /// Whether a machine with this disk may be in this seat: the clauses about one machine and the history.
    pub(super) fn holds(&self, face: &Face, counted: &[(u8, Prefix)]) -> bool {
        let own = |must: bool| {
            let own = counted.iter().find(|(node, _)| *node == self.me);
            own.map_or(!must, |(_, log)| *log == self.entered)
        };
        let mine = matches!(self.standing, Standing::Recovering | Standing::Begun(_));
        let voted = !mine || face.vote == Some(self.me);
        voted
            && match face.part {
                Part::Follower => true,
                Part::Candidate => !mine && self.disk == self.entered && own(false),
                Part::Recovering { .. } => match self.standing {
                    Standing::Free => self.disk == self.entered && own(true),
                    Standing::Recovering => own(true),
                    Standing::Begun(_) | Standing::Other => false,
                },
                Part::Begun { .. } => self.standing == Standing::Begun(self.disk),
            }
    }
}

impl Source {
    /// As seen by a third node.
    pub(super) fn of(ghost: &Ghost, epoch: u8, from: usize) -> Source {
        let office = ghost.office(epoch);
        let owner = match office.owner.map(usize::from) {
            None => Holder::Nobody,
            Some(owner) if owner == from => Holder::Sender,
            Some(_) => Holder::Third,
        };
        let entered = ghost.has_promised(from, epoch);
        let left = ghost.left[from][usize::from(epoch)];
        let log = office.start.map(|_| office.log);
        let copied = log.filter(|log| entered && left.within(*log)).map(|_| left.len());
        Source {
            node: from as u8,
            epoch,
            promise: entered.then(|| ghost.promise(from, epoch)),
            copied,
            accepted: ghost.accepted(from, epoch),
            owner,
            log,
        }
    }

    /// What judging a step by this message depends on. To leave something out is to judge more strictly.
    pub(super) fn known(&self, what: Said) -> Known {
        let (votes, asks) = match what {
            Said::Granted(_) => (true, false),
            Said::Vote | Said::Revoke | Said::Fetch(_) | Said::Append { .. } => (false, true),
            Said::Refused
            | Said::Beat
            | Said::Promised(_)
            | Said::Fetched { .. }
            | Said::Ack(_)
            | Said::Gap(_) => (false, false),
        };
        let held = votes && matches!(self.owner, Holder::Sender | Holder::Third);
        let answers = matches!(what, Said::Granted(_) | Said::Promised(_) | Said::Fetched { .. });
        let promise = self.promise.filter(|_| answers).map(|log| (self.node, log));
        Known { epoch: self.epoch, held, log: self.log.filter(|_| asks), promise }
    }

    /// What it may say of its own log in this epoch.
    fn contents(&self) -> Vec<Prefix> {
        let mut logs: Vec<Prefix> = self.promise.into_iter().collect();
        if let (Some(log), Some(copied)) = (self.log, self.copied) {
            logs.extend((0..=copied).map(|len| log.cut(len)));
        }
        logs.sort_unstable();
        logs.dedup();
        logs
    }

    /// Every message that the clauses about messages allow it to have sent in this epoch, to whom `seat` is.
    pub(super) fn says(&self, quorums: &Quorums, scope: Scope, seat: &Seat) -> Vec<Said> {
        // Who has entered an epoch in memory only may refuse in its name.
        let mut said = vec![Said::Refused];
        if self.promise.is_none() {
            return said;
        }
        if quorums.candidates >> self.node & 1 == 1 {
            said.push(Said::Vote);
            if matches!(self.owner, Holder::Nobody | Holder::Sender) {
                said.extend([Said::Revoke, Said::Beat]);
                if seat.promised >= self.epoch {
                    said.extend((0..=scope.writes).map(Said::Fetch));
                }
            }
        }
        for log in self.contents() {
            said.extend([Said::Granted(log), Said::Promised(log)]);
            said.extend((0..log.len()).flat_map(|from| {
                (from + 1..=log.len()).map(move |to| Said::Fetched { from, log: log.cut(to) })
            }));
        }
        match (self.owner, self.log) {
            (Holder::Sender, Some(log)) => appends(log, &mut said),
            (Holder::Receiver, Some(log)) => {
                let start = log.start(self.epoch).unwrap_or_default();
                let held = self.accepted.map_or(start.saturating_sub(1), |len| len);
                let any = start > 0 || self.accepted.is_some();
                said.extend((0..=held).filter(|_| any).flat_map(|len| [Said::Ack(len), Said::Gap(len)]));
            }
            (Holder::Nobody | Holder::Third, _) | (_, None) => {}
        }
        said.sort_unstable();
        said.dedup();
        said
    }
}

fn appends(log: Prefix, said: &mut Vec<Said>) {
    for (from, to) in (0..=log.len()).flat_map(|from| (from..=log.len()).map(move |to| (from, to))) {
        said.extend((0..=log.len()).map(|committed| Said::Append { log, from, to, committed }));
    }
}

/// What happens to a machine by itself.
pub(super) fn alone(face: &Face, writes: u8) -> Vec<Input> {
    let mut inputs = vec![Input::Tick, Input::Restart];
    let room = face.log.is_some_and(|log| log.len() < writes);
    if room && matches!(face.part, Part::Begun { .. }) {
        inputs.push(Input::Write);
    }
    inputs
}

/// The promises that are counted once `input` is: a donor that did not answer in time is given up.
pub(super) fn table(machine: &Machine, before: &Face, input: Input, epoch: u8) -> Vec<(u8, Prefix)> {
    let mut table = machine.counted.clone();
    if let (Input::Tick, Part::Recovering { donor: Some(donor) }) = (input, &before.part) {
        table.retain(|(node, _)| node != donor);
    }
    if let Input::Said { epoch: of, from, what: Said::Granted(log) | Said::Promised(log) } = input
        && of == epoch
        && table.iter().all(|(node, _)| *node != from)
    {
        table.push((from, log));
        table.sort_unstable();
    }
    table
}
