//! Histories drawn at random, from a tape of choices: so that a sample can be repeated, and made smaller by making
//! its tape smaller.

use super::ghost::{Ghost, Office};
use super::prefix::Prefix;
use super::scope::{Quorums, Scope};

/// Choices, one byte each. Where the tape has ended, and where it says zero, the simplest is chosen.
#[derive(Clone, Debug, Default)]
pub(super) struct Tape {
    bytes: Vec<u8>,
    at: usize,
    /// How many tapes there are for each that chooses alike so far.
    weight: f64,
}

impl Tape {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0, weight: 1.0 }
    }

    /// One of `count` choices.
    pub(super) fn choose(&mut self, count: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        self.weight *= count.max(1) as f64;
        usize::from(byte) % count.max(1)
    }

    /// What was read of it.
    pub(super) fn used(&self) -> &[u8] {
        &self.bytes[..self.at.min(self.bytes.len())]
    }
}

/// A history that satisfies every clause.
pub(super) fn history(scope: Scope, quorums: &Quorums, tape: &mut Tape) -> Ghost {
    let mut ghost = Ghost::FIRST;
    for node in quorums.each() {
        ghost.promised[node] = tape.choose(usize::from(scope.epochs) + 1) as u8;
    }
    for epoch in 1..=scope.epochs {
        office(scope, quorums, tape, &mut ghost, epoch);
        for node in quorums.keepers() {
            if !ghost.has_promised(node, epoch) {
                continue;
            }
            let logs = ghost.reachable(quorums, node, epoch);
            // What it entered with comes first.
            let entered = ghost.promise(node, epoch);
            let first = logs.iter().position(|log| *log == entered).unwrap_or(0);
            let log = logs[(first + tape.choose(logs.len())) % logs.len()];
            ghost.left[node][usize::from(epoch)] = log;
            if ghost.owns(node, epoch) && !ghost.begun(epoch) && log == entered {
                // Who has won and done nothing yet is nobody to the others: this history has another tape.
                ghost.offices[usize::from(epoch)].owner = None;
                tape.weight = 0.0;
            }
        }
    }
    ghost
}

fn office(scope: Scope, quorums: &Quorums, tape: &mut Tape, ghost: &mut Ghost, epoch: u8) {
    let eligible = |node: &usize| quorums.candidates >> node & 1 == 1 && ghost.has_promised(*node, epoch);
    let candidates: Vec<usize> = quorums.each().filter(eligible).collect();
    let Some(owner) = tape.choose(candidates.len() + 1).checked_sub(1).map(|at| candidates[at]) else {
        return;
    };
    ghost.offices[usize::from(epoch)].owner = Some(owner as u8);
    let promised = quorums.which(|node| ghost.has_promised(node, epoch));
    let mut firsts: Vec<Prefix> = ghost.reachable(quorums, owner, epoch);
    for log in &mut firsts {
        *log = log.begin(epoch);
    }
    firsts.sort_unstable();
    firsts.dedup();
    firsts.retain(|first| {
        quorums.recovers(promised)
            && (1..epoch).all(|old| {
                let choosable = ghost.choosable(quorums, old);
                choosable.is_none_or(|len| len <= first.len() && ghost.office(old).log.common(*first) >= len)
            })
    });
    let Some(at) = tape.choose(firsts.len() + 1).checked_sub(1) else { return };
    let first = firsts[at];
    let more = tape.choose(usize::from(scope.writes - first.len()) + 1);
    let log = (0..more).fold(first, |log, _| log.grown());
    ghost.offices[usize::from(epoch)] = Office { owner: Some(owner as u8), start: Some(first.len()), log };
}

/// About how many histories a scope has, up to renaming: how many tapes lead to one, by Knuth's estimate.
pub(super) fn estimate(scope: Scope, quorums: &Quorums) -> u64 {
    const PROBES: u32 = 100_000;
    let mut random = Random(1);
    let total: f64 = (0..PROBES)
        .map(|_| {
            let mut tape = Tape::new(random.bytes(120));
            history(scope, quorums, &mut tape);
            tape.weight
        })
        .sum();
    let names = quorums.renamings().len() as f64;
    // Not below zero, and one that is too large for the type is the largest.
    #[allow(clippy::cast_sign_loss)]
    let estimate = (total / f64::from(PROBES) / names) as u64;
    estimate
}

/// A source of tapes (`SplitMix64`; Steele et al., OOPSLA 2014).
#[derive(Clone, Debug)]
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// So many choices.
    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.next() >> 56) as u8).collect()
    }
}
