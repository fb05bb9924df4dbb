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
        let by = promises(quorums, ghost, promised);
        let own = ghost.promise(node, promised).position();
        let is_best = |log: Prefix| quorums.recovers(not_above(&by, log.position()));
        let others = by.iter().filter(|(other, _)| usize::from(*other) != node).map(|(_, log)| *log);
        let best = others.filter(|log| log.position() >= own && is_best(*log));
        moves.extend(
            best.flat_map(|log| (disk.common(log)..=log.len()).map(move |len| Move::TakeOver(log.cut(len)))),
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
/// The relation is that of `proof/commit.smt2`; `leave`, `begin`, `append`, `write` and `take-over` are its actions. What
/// it says of messages is asked of every step by the clauses about promises, acknowledgements and commits.
pub(super) fn abstract_commit_step(whole: &Whole, node: usize, step: &Move) -> Result<(), &'static str> {
    let Whole { ghost, quorums, epochs } = whole;
    let ensure = |holds: bool, part| if holds { Ok(()) } else { Err(part) };
    match step {
        Move::Enter(epoch) => ensure(*epoch > ghost.promised[node] && epoch <= epochs, "leave"),
        Move::Begin { on, log, by } => {
            let epoch = ghost.promised[node];
            ensure(!ghost.begun(epoch), "begun-once")?;
            ensure(quorums.recovers(not_above(by, (u8::MAX, u8::MAX))), "begin: a recovery set reported")?;
            let reported = by.iter().all(|(node, log)| ghost.may_have_promised((*node).into(), epoch, *log));
            ensure(reported, "begin: each of them reported this")?;
            ensure(on.begin(epoch) == *log, "begin: the mark is at its end")?;
            // A promise that came after the log was chosen is not part of the recovery set.
            let is_best = |position| quorums.recovers(not_above(by, position));
            // After a donor was lost, the own report may be the best of what is left: then it begins with what it has.
            let own = by.iter().find(|(other, _)| usize::from(*other) == node);
            let own_best = own.is_some_and(|(_, own)| is_best(own.position()) && ghost.disk(node) == *on);
            ensure(is_best(on.position()) || own_best, "begin: best position")
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
            let by = promises(quorums, ghost, epoch);
            let part = |donor: Prefix| log.len() <= donor.len() && donor.cut(log.len()) == *log;
            let kept = |donor: Prefix| log.len() >= ghost.disk(node).common(donor);
            let is_best = |donor: Prefix| quorums.recovers(not_above(&by, donor.position()));
            let found = by.iter().any(|(_, donor)| part(*donor) && kept(*donor) && is_best(*donor));
            // It was written before the epoch began, and may reach the disk of its primary afterwards.
            let before = !ghost.begun(epoch) || ghost.owns(node, epoch);
            ensure(before && found, "take-over")
        }
    }
}

/// What everybody promised to an epoch.
fn promises(quorums: &Quorums, ghost: &Ghost, epoch: u8) -> Vec<(u8, Prefix)> {
    let promised = quorums.keepers().filter(|node| ghost.has_promised(*node, epoch));
    promised.map(|node| (node as u8, ghost.promise(node, epoch))).collect()
}

/// Who promised a log that is not above this position.
pub(super) fn not_above(by: &[(u8, Prefix)], position: (u8, u8)) -> u8 {
    let nodes = by.iter().filter(|(_, log)| log.position() <= position);
    nodes.fold(0, |set, (node, _)| set | 1 << node)
}
