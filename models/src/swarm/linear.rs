//! Whether some order explains what the clients saw.
//!
//! A history of invocations and returns is linearizable if its operations can be put in one order that respects
//! what returned before what was invoked, and in which every read returns the newest write before it (Herlihy and
//! Wing 1990). Stateright's `LinearizabilityTester` searches for that order. It sees only what a client could see,
//! so it is a second opinion on `reads-are-linearizable`, independent of what the checker knows.
//!
//! Every operation is a client of its own. Writes are numbered in the order of the abstract log and reads before
//! them, so that the search tries first what is right if all is well. A write that was neither acknowledged nor
//! seen by any read cannot change the answer – whether it happened or not, nobody saw it – and is left out.

use crate::world::{History, Op, Operation};
use stateright::semantics::register::{Register, RegisterOp, RegisterRet};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester};
use std::collections::BTreeSet;

/// Whether the reads and writes of `history` can be put in one order. Says nothing about histories in which loss
/// was accepted: those are not, and need not be.
pub fn linearizable(history: &History) -> bool {
    if history.writer.generation() > 0 {
        return true;
    }
    let matters: BTreeSet<Op> =
        history.operations.iter().filter_map(|operation| observed(*operation)).collect();
    let mut tester = LinearizabilityTester::new(Register(0));
    for operation in &history.operations {
        let valid = match *operation {
            Operation::Write(op) if !matters.contains(&op) => continue,
            Operation::Write(op) => tester.on_invoke(writer(history, op), RegisterOp::Write(op)).is_ok(),
            Operation::Wrote(op) => tester.on_return(writer(history, op), RegisterRet::WriteOk).is_ok(),
            Operation::Read(id) => tester.on_invoke((0, id), RegisterOp::Read).is_ok(),
            Operation::Saw(id, op) => tester.on_return((0, id), RegisterRet::ReadOk(op)).is_ok(),
        };
        if !valid {
            return false;
        }
    }
    tester.is_consistent()
}

/// The write whose effect somebody noticed.
fn observed(operation: Operation) -> Option<Op> {
    match operation {
        Operation::Wrote(op) | Operation::Saw(_, op) => Some(op),
        Operation::Write(_) | Operation::Read(_) => None,
    }
}

/// The client of a write.
fn writer(history: &History, op: Op) -> (u8, u64) {
    let place = history.log.iter().position(|other| *other == op).unwrap_or(history.log.len());
    (1, ((place as u64) << 8) | u64::from(op))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operation::{Read, Saw, Write, Wrote};

    fn of(log: &[Op], operations: &[Operation]) -> bool {
        linearizable(&History { log: log.to_vec(), operations: operations.to_vec(), ..History::default() })
    }

    #[test]
    fn a_read_sees_everything_acknowledged_before_it_began() {
        assert!(of(&[], &[]));
        assert!(of(&[1], &[Write(1), Wrote(1), Read(1), Saw(1, 1)]));
        assert!(!of(&[1], &[Write(1), Wrote(1), Read(1), Saw(1, 0)]), "a stale read");
        assert!(of(&[1], &[Write(1), Read(1), Wrote(1), Saw(1, 0)]), "they overlap");
        assert!(of(&[1], &[Write(1), Read(1), Saw(1, 1)]), "seen before it was acknowledged");
        assert!(!of(&[1], &[Write(1), Read(1), Saw(1, 1), Read(2), Saw(2, 0)]), "and lost again");
        assert!(!of(&[], &[Read(1), Saw(1, 7)]), "never written");
        assert!(!of(&[2], &[Write(1), Wrote(1), Write(2), Wrote(2), Read(1), Saw(1, 1)]), "overwritten");
        assert!(of(&[1, 2], &[Write(1), Write(2), Wrote(1), Read(1), Wrote(2), Saw(1, 2)]));
        assert!(of(&[1], &[Write(1), Write(2), Write(3), Wrote(1), Read(1), Saw(1, 1), Read(2)]));
    }
}
