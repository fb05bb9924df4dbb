//! The moves of the protocol on a history, and whether they keep its clauses.
//!
//! Only two of the moves make something true that was not: a log that begins may lack what an older epoch can still
//! acknowledge, and a log that grows may come to hold what a newer epoch lacks. Those are tried on every history, by
//! what the production code began with. The others take possibilities away – who enters an epoch can no longer accept
//! an older one, and what a node copies in its epoch it could have accepted before it did – and are tried on every
//! history of the smaller scopes, by a test.

use super::ghost::{CLAUSES, Ghost, Whole};
use super::judge::Move;
use super::prefix::Prefix;
use super::scope::Quorums;
use crate::induct::{Breach, Clause, Stated};

/// Asked for in every step of the history.
pub(super) const ONLY_GROWS: Stated = Stated {
    name: "history-only-grows",
    doc: "No office is taken away, no log of an epoch is cut, no promise is withdrawn, and what was left behind stays as it was.",
    source: "rely condition of every other clause",
};

/// Asked for in every step of the history, too.
pub(super) const RELATION: Stated = Stated {
    name: "abstract-commit-step",
    doc: "Every step is one of the abstract relation, of which the same is proved for any number of nodes, epochs and entries.",
    source: "Abadi and Lamport, refinement mappings",
};

impl Ghost {
    /// The history after `node` makes a move.
    pub(super) fn after(mut self, node: usize, step: &Move) -> Ghost {
        let promised = self.promised[node];
        match step {
            Move::Enter(epoch) => {
                let disk = self.disk(node);
                for epoch in promised + 1..=*epoch {
                    self.left[node][usize::from(epoch)] = disk;
                }
                self.promised[node] = *epoch;
            }
            Move::Copy(log) => self.left[node][usize::from(promised)] = *log,
            Move::TakeOver(log) => {
                self.left[node][usize::from(promised)] = *log;
                let idle = *log == self.promise(node, promised);
                let office = &mut self.offices[usize::from(promised)];
                if office.start.is_none() {
                    office.owner = (!idle).then_some(node as u8);
                }
            }
            Move::Begin { log, .. } => {
                let office = &mut self.offices[usize::from(promised)];
                (office.owner, office.start, office.log) = (Some(node as u8), Some(log.len()), *log);
            }
            Move::Grow => {
                let office = &mut self.offices[usize::from(promised)];
                office.log = office.log.grown();
            }
        }
        self
    }

    /// Whether `later` is what this history may become.
    pub(super) fn grows_to(&self, later: &Ghost) -> bool {
        let offices = self.offices.iter().zip(&later.offices).all(|(old, new)| {
            let same = old.start == new.start && old.owner == new.owner && old.log.grows_to(new.log);
            old.start.is_none() || same
        });
        let nodes = (0..self.promised.len()).all(|node| {
            let promised = self.promised[node];
            let kept = (0..promised)
                .all(|epoch| self.left[node][usize::from(epoch)] == later.left[node][usize::from(epoch)]);
            let accepted = promised == 0 || self.accepted(node, promised) <= later.accepted(node, promised);
            promised <= later.promised[node] && kept && accepted
        });
        offices && nodes
    }
}

/// The first clause that a move of `node` breaks, and the history after it.
pub(super) fn broken_by(whole: &Whole, node: usize, step: &Move) -> Option<(Breach, Ghost)> {
    let after = whole.ghost.after(node, step);
    if !whole.ghost.grows_to(&after) {
        let why = format!("{step:?} of n{node}");
        return Some((Breach { clause: ONLY_GROWS.name, why }, after));
    }
    let after = Whole { ghost: after, ..whole.clone() };
    Some((Clause::first_broken(CLAUSES, &after)?, after.ghost))
}

/// Every move that a node can make in a history: the abstract relation, but for what an epoch begins with.
pub(super) fn moves(quorums: &Quorums, epochs: u8, ghost: &Ghost, node: usize, writes: u8) -> Vec<Move> {
    let promised = ghost.promised[node];
    let mut moves: Vec<Move> = (promised + 1..=epochs).map(Move::Enter).collect();
    if promised == 0 || quorums.data >> node & 1 == 0 {
        return moves;
    }
    let (office, disk) = (ghost.office(promised), ghost.disk(node));
    let kept = |log: Prefix| {
        let from = disk.common(log).max(if disk.epoch() == promised { disk.len() } else { 0 });
        (from..=log.len()).map(move |len| log.cut(len))
    };
    let recovers = office.owner.is_none_or(|owner| usize::from(owner) == node) && disk.epoch() != promised;
    if office.start.is_some() {
        if marks(ghost, node) {
            moves.extend(kept(office.log).map(Move::Copy));
        }
        if ghost.owns(node, promised) && office.log.len() < writes {
            moves.push(Move::Grow);
        }
    }
    if recovers {
        let own = ghost.promise(node, promised).position();
        let donors = quorums.keepers().filter(|other| *other != node && ghost.has_promised(*other, promised));
        let logs = donors.map(|other| ghost.promise(other, promised)).filter(|log| log.position() >= own);
        moves.extend(
            logs.flat_map(|log| (disk.common(log)..=log.len()).map(move |len| Move::TakeOver(log.cut(len)))),
        );
    }
    moves
}

/// Whether a node may copy the log of its epoch: a primary copies from nobody but marks the log that it took over.
fn marks(ghost: &Ghost, node: usize) -> bool {
    let (epoch, disk) = (ghost.promised[node], ghost.disk(node));
    let marked = || disk.begin(epoch) == ghost.office(epoch).log.cut(disk.len());
    !ghost.owns(node, epoch) || disk.epoch() == epoch || marked()
}

/// Whether a move is one of the abstract relation: what is proved of that for any number of nodes, epochs and entries
/// then holds of the step that made it. The error names the part of the relation that does not allow it.
///
/// One move is outside: a winner that lost its donor half-way may begin with what it copied so far, which can be below
/// another promise. It keeps everything that can be acknowledged all the same, which the clauses show.
pub(super) fn abstract_commit_step(whole: &Whole, node: usize, step: &Move) -> Result<(), &'static str> {
    let Whole { ghost, quorums, epochs } = whole;
    let ensure = |holds: bool, part| if holds { Ok(()) } else { Err(part) };
    match step {
        Move::Enter(epoch) => ensure(*epoch > ghost.promised[node] && epoch <= epochs, "leave"),
        Move::Begin { on, log, by } => {
            let epoch = ghost.promised[node];
            let set = |allowed: &dyn Fn(&Prefix) -> bool| {
                by.iter().filter(|(_, log)| allowed(log)).fold(0, |set, (node, _)| set | 1 << node)
            };
            ensure(!ghost.begun(epoch), "begun-once")?;
            ensure(quorums.recovers(set(&|_| true)), "begin: a recovery set reported")?;
            let reported = by.iter().all(|(node, log)| ghost.may_have_promised((*node).into(), epoch, *log));
            ensure(reported, "begin: each of them reported this")?;
            ensure(on.begin(epoch) == *log, "begin: the mark is at its end")?;
            let partial = by.iter().all(|(_, log)| log != on);
            // A promise that came after the log was chosen is not part of the recovery set.
            let not_better = set(&|log| log.position() <= on.position());
            ensure(partial || quorums.recovers(not_better), "begin: best position")
        }
        Move::Grow => {
            ensure(ghost.owns(node, ghost.promised[node]) && ghost.begun(ghost.promised[node]), "append")
        }
        Move::Copy(log) => {
            let epoch = ghost.promised[node];
            let own = ghost.office(epoch).log;
            let part = ghost.begun(epoch) && log.len() <= own.len() && own.cut(log.len()) == *log;
            ensure(part && marks(ghost, node) && log.len() >= ghost.disk(node).common(own), "write")
        }
        Move::TakeOver(log) => {
            let epoch = ghost.promised[node];
            let donors = quorums.keepers().filter(|other| ghost.has_promised(*other, epoch));
            let part = |donor: Prefix| log.len() <= donor.len() && donor.cut(log.len()) == *log;
            let kept = |donor: Prefix| log.len() >= ghost.disk(node).common(donor);
            let found =
                donors.map(|other| ghost.promise(other, epoch)).any(|donor| part(donor) && kept(donor));
            ensure(found, "take-over")
        }
    }
}
