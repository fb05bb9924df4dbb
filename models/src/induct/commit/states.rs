//! Every history that satisfies the clauses, once up to renaming nodes that are alike.
//!
//! They are put together epoch by epoch, so that nothing is built only to be thrown away: who promised how far; then
//! for each epoch who won it, where it began, how long its log is, and what everybody had when leaving it. Each part
//! ranges over what its clause allows, and [`choosable-is-kept`](super::ghost::CLAUSES) prunes as soon as an epoch
//! begins. A test compares with the naive product.

use super::ghost::{Ghost, Office};
use super::prefix::Prefix;
use super::scope::{MAX_NODES, Quorums, Scope};

/// Calls `visit` with every history of the scope and how many it stands for; ends early if that returns `false`.
/// Whether all were visited.
pub(super) fn each(scope: Scope, quorums: &Quorums, visit: &mut dyn FnMut(&Ghost, u64) -> bool) -> bool {
    let mut states = States { scope, quorums, until: scope.epochs, visit };
    states.promise(Ghost::FIRST, 0)
}

/// The same, but only what comes before `epoch`, and without renaming: nobody's name matters to what it stands for.
pub(super) fn before(
    scope: Scope,
    quorums: &Quorums,
    epoch: u8,
    visit: &mut dyn FnMut(&Ghost) -> bool,
) -> bool {
    let mut visit = |ghost: &Ghost, _renamings| visit(ghost);
    States { scope, quorums, until: epoch - 1, visit: &mut visit }.promise(Ghost::FIRST, 0)
}

struct States<'a> {
    scope: Scope,
    quorums: &'a Quorums,
    /// The last epoch that is filled in.
    until: u8,
    visit: &'a mut dyn FnMut(&Ghost, u64) -> bool,
}

impl States<'_> {
    fn promise(&mut self, ghost: Ghost, node: usize) -> bool {
        if node == self.quorums.nodes {
            return self.office(ghost, 1);
        }
        let most = if node > 0 && self.quorums.alike[node - 1] {
            ghost.promised[node - 1]
        } else {
            self.scope.epochs
        };
        (0..=most).all(|epoch| {
            let mut ghost = ghost;
            ghost.promised[node] = epoch;
            self.promise(ghost, node + 1)
        })
    }

    fn office(&mut self, ghost: Ghost, epoch: u8) -> bool {
        if epoch > self.until {
            let renamings = self.renamings(&ghost);
            return (self.visit)(&ghost, renamings);
        }
        let mut owners = self.quorums.each();
        self.leave(ghost, epoch) && owners.all(|owner| self.won(ghost, epoch, owner))
    }

    fn won(&mut self, mut ghost: Ghost, epoch: u8, owner: usize) -> bool {
        let eligible = self.quorums.candidates >> owner & 1 == 1 && ghost.has_promised(owner, epoch);
        if !eligible {
            return true;
        }
        ghost.offices[usize::from(epoch)].owner = Some(owner as u8);
        if !self.leave(ghost, epoch) {
            return false;
        }
        let promised = self.quorums.which(|node| ghost.has_promised(node, epoch));
        if !self.quorums.recovers(promised) {
            return true;
        }
        let mut firsts: Vec<Prefix> = ghost.reachable(self.quorums, owner, epoch);
        for log in &mut firsts {
            *log = log.begin(epoch);
        }
        firsts.sort_unstable();
        firsts.dedup();
        firsts.into_iter().all(|first| self.begun(ghost, epoch, first))
    }

    fn begun(&mut self, mut ghost: Ghost, epoch: u8, first: Prefix) -> bool {
        let kept = (1..epoch).all(|old| {
            let choosable = ghost.choosable(self.quorums, old);
            choosable.is_none_or(|len| len <= first.len() && ghost.office(old).log.common(first) >= len)
        });
        if !kept {
            return true;
        }
        let mut log = first;
        loop {
            let office = &mut ghost.offices[usize::from(epoch)];
            *office = Office { start: Some(first.len()), log, ..*office };
            if !self.leave(ghost, epoch) {
                return false;
            }
            if log.len() == self.scope.writes {
                return true;
            }
            log = log.grown();
        }
    }

    /// What each node may have when it leaves the epoch.
    fn leave(&mut self, ghost: Ghost, epoch: u8) -> bool {
        let mut logs: [Vec<Prefix>; MAX_NODES] = Default::default();
        for node in self.quorums.keepers().filter(|node| ghost.has_promised(*node, epoch)) {
            logs[node] = ghost.reachable(self.quorums, node, epoch);
            if ghost.owns(node, epoch) && !ghost.begun(epoch) {
                // Who has won and done nothing yet is nobody to the others.
                let entered = ghost.promise(node, epoch);
                logs[node].retain(|log| *log != entered);
                if logs[node].is_empty() {
                    return true;
                }
            }
        }
        self.left(ghost, epoch, 0, &logs)
    }

    fn left(&mut self, mut ghost: Ghost, epoch: u8, node: usize, logs: &[Vec<Prefix>; MAX_NODES]) -> bool {
        if node > 1 && !self.sorted(&ghost, epoch, node - 2) {
            return true;
        }
        if node == self.quorums.nodes {
            return !self.sorted(&ghost, epoch, node - 1 - usize::from(node > 1))
                || self.office(ghost, epoch + 1);
        }
        if logs[node].is_empty() {
            return self.left(ghost, epoch, node + 1, logs);
        }
        logs[node].iter().all(|log| {
            ghost.left[node][usize::from(epoch)] = *log;
            self.left(ghost, epoch, node + 1, logs)
        })
    }

    /// Whether a node does not come after the next one, up to this epoch, if the two can be swapped.
    fn sorted(&self, ghost: &Ghost, epoch: u8, node: usize) -> bool {
        !self.quorums.alike[node] || key(ghost, epoch, node) >= key(ghost, epoch, node + 1)
    }

    /// How many histories are this one with other names.
    fn renamings(&self, ghost: &Ghost) -> u64 {
        let (mut all, mut run, mut same) = (1, 1, 1);
        for node in 1..self.quorums.nodes {
            if self.quorums.alike[node - 1] {
                run += 1;
                let epochs = self.scope.epochs;
                same = if key(ghost, epochs, node - 1) == key(ghost, epochs, node) { same + 1 } else { 1 };
                all = all * run / same;
            } else {
                (run, same) = (1, 1);
            }
        }
        all
    }
}

/// What tells a node from others, as far as the epochs up to `epoch` go.
fn key(ghost: &Ghost, epoch: u8, node: usize) -> (u8, [(bool, Prefix); 6]) {
    let mut parts = [(false, Prefix::EMPTY); 6];
    for at in 1..=epoch {
        parts[usize::from(at)] = (ghost.owns(node, at), ghost.left[node][usize::from(at)]);
    }
    (ghost.promised[node], parts)
}
