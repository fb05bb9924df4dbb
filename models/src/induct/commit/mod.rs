//! The commit machine, by induction: no acknowledged write is lost, after any number of steps, crashes and messages.
//!
//! # What is taken
//!
//! Every *history* of a scope that satisfies the clauses ([`stated`]): so many nodes, epochs and entries, reachable or
//! not. A history is what the argument speaks of – who began which epoch with which log, and what each node had on its
//! disk when it left each epoch; promises, acknowledgements, and what can still be acknowledged follow from that. In
//! each history, every machine that the clauses allow there; to each machine, everything that can happen to it: every
//! message that the clauses allow in this history (the largest network, from which messages may be lost or repeated at
//! will), timers, writes, crash and restart. Each is done by the production code, `quorate::failover::Node`, and then
//! every clause is asked for again.
//!
//! # How that is made small
//!
//! * **Machines are computed, not written down.** They are what the production code makes of the machine of a new
//!   cluster by the inputs above: the smallest set that is closed under its steps. Two machines are one only if they
//!   are equal, whatever an invariant may read of them. What is not told apart is how often a node was started.
//! * **Views.** A step is about one machine and one sender. So a machine is not driven again in every history, but in
//!   every *view* that occurs in one: what a history says of the machine's node and of the sender in one epoch. Views
//!   are collected from all histories, so the steps judged are the steps of all histories.
//! * **Moves.** A step is judged to be a sequence of moves – enter an epoch, take over, begin, write, copy – that claims
//!   nothing which is not on the disk. The moves that can break a clause about the whole history, beginning and
//!   writing, are then tried in every history; the others take possibilities away, and are tried in every history of
//!   smaller scopes by a test. The moves are the abstract relation of which the same is proved for any number of
//!   nodes, epochs and entries (`proof/README.md`), and every step is asserted to lie in it.
//! * **Names.** Nodes that are alike are renamed: a history stands for those that differ in names only. The production
//!   code reads names only to choose one of several equal promises.
//!
//! # What it rests on, and what is not in it
//!
//! * **One primary an epoch** is taken from the election, which is proved by its own induction: a step that would make
//!   a second primary of an epoch is left out ([`ASSUMED`]), and nothing else is.
//! * **The driver** flushes record by record and may crash between any two records of a step, or before the first, when
//!   what needs no gate has left. Records of *several* steps in flight at once are not in the histories: their gates are
//!   judged by [`pipelined`] walks here, and by the exhausted models of the catalogue with records in flight.
//! * Beats carry no lease, there are no pre-votes, configuration changes, snapshots, recoveries that accept loss, or
//!   databases beside nodes: those are other machines, or not proved by induction.
//! * Timers may fire at any moment, and a donor may be given up at any moment.

mod draw;
mod engine;
mod fast;
mod ghost;
mod judge;
mod machine;
mod moves;
mod prefix;
mod random;
mod sample;
mod scope;
mod states;
mod survey;
#[cfg(test)]
mod tests;
mod view;

pub use scope::{Family, Scope};

use super::{Cti, Report, ScopeError, Stated};
use quorate::rule::RuleSet;
use scope::Quorums;

/// More histories than this are not taken one by one.
pub const LIMIT: u64 = 400_000_000;

/// What is taken from the election.
pub const ASSUMED: Stated = Stated {
    name: "one-primary-per-epoch",
    doc: "Assumed here and proved of the election: an epoch is won by one node, once.",
    source: "quorate induct election",
};

/// Every clause of the invariant, and what is assumed of the election.
pub fn stated() -> Vec<Stated> {
    let history = ghost::CLAUSES.iter().map(super::Clause::stated);
    let steps = [view::FITS, moves::ONLY_GROWS, moves::RELATION, ghost::SAFE];
    history.chain(judge::CLAUSES.iter().copied()).chain(steps).chain([ASSUMED]).collect()
}

/// The induction, with the rules of `off` switched off.
pub fn induct(scope: Scope, off: RuleSet) -> Result<Report, ScopeError> {
    let quorums = Quorums::of(&scope.world(off)?)?;
    let estimate = random::estimate(scope, &quorums);
    if estimate > LIMIT {
        let instead = "take fewer epochs or writes, or a sample";
        return Err(ScopeError::TooLarge { scope: scope.to_string(), estimate, limit: LIMIT, instead });
    }
    Ok(engine::Engine::new(scope, off)?.run())
}

/// So many random histories, and a walk of random steps in each; of scopes that are too large to be taken whole.
pub fn sampled(scope: Scope, off: RuleSet, seed: u64, count: u64) -> Result<Report, ScopeError> {
    Ok(sample::Sampler::new(scope, off)?.run(seed, count))
}

/// So many walks of a machine whose records stay in flight for any number of steps: nothing may leave before what it
/// promises is durable.
pub fn pipelined(scope: Scope, off: RuleSet, seed: u64, count: u64) -> Result<Report, ScopeError> {
    Ok(sample::Sampler::new(scope, off)?.gates(seed, count))
}

/// The scopes in which a missing rule is looked for, the smallest first.
pub const HUNT: &[Scope] = &[
    Scope::majority(2, 1),
    Scope::majority(2, 2),
    Scope { nodes: 3, epochs: 3, writes: 2, family: Family::Witness },
    Scope::majority(3, 1),
];

/// The first counterexample without the rules of `off`, and its scope.
pub fn hunt(off: RuleSet) -> Result<Option<(Scope, Cti)>, ScopeError> {
    for scope in HUNT {
        if let Some(cti) = engine::Engine::new(*scope, off)?.run().counterexample {
            return Ok(Some((*scope, cti)));
        }
    }
    Ok(None)
}
