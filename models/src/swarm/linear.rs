//! Whether some order explains what the clients saw.
//!
//! A history of invocations and returns is linearizable if its operations can be put in one order that respects
//! what returned before what was invoked, and in which every read returns exactly the writes before it (Herlihy and
//! Wing 1990). Stateright's `LinearizabilityTester` searches for that order, on an append-only log. It is told only
//! what clients could see, so it is a second opinion on `reads-are-linearizable`, independent of what the checker
//! knows.
//!
//! The search tries every order, so it is given no more than it needs. The longest read tells in which order the
//! writes that were ever seen happened: a log that contradicts it cannot be right. Writes that were never seen come
//! after every read, or not at all if they were not acknowledged; so all of them fit if the one acknowledged first
//! does, and only that one is kept. Every operation is a client of its own, reads first, so that the first order
//! tried is the right one if all is well.

use crate::world::{History, Op, Operation};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

/// Whether the reads and writes of `history` can be put in one order. Says nothing about histories in which loss
/// was accepted: those are not, and need not be.
pub fn linearizable(history: &History) -> bool {
    history.writer.generation() > 0 || explained(&history.operations)
}

fn explained(operations: &[Operation]) -> bool {
    let seen: &[Op] = operations.iter().filter_map(read).max_by_key(|seen| seen.len()).unwrap_or(&[]);
    let unseen = operations.iter().filter_map(acknowledged).find(|op| !seen.contains(op));
    let matters = |op: &Op| seen.contains(op) || unseen == Some(*op);
    let mut tester = LinearizabilityTester::new(Log { seen, len: 0 });
    let reads = |id: &u64| (0_u8, *id);
    let writes = |op: &Op| (1, u64::from(*op));
    for operation in operations {
        let valid = match operation {
            Operation::Write(op) | Operation::Wrote(op) if !matters(op) => true,
            Operation::Write(op) => tester.on_invoke(writes(op), Ask::Append(*op)).is_ok(),
            Operation::Wrote(op) => tester.on_return(writes(op), Answer::Appended).is_ok(),
            Operation::Read(id) => tester.on_invoke(reads(id), Ask::Read).is_ok(),
            Operation::Saw(id, ops) => tester.on_return(reads(id), Answer::Saw(ops)).is_ok(),
        };
        if !valid {
            return false;
        }
    }
    tester.is_consistent()
}

fn read(operation: &Operation) -> Option<&[Op]> {
    match operation {
        Operation::Saw(_, ops) => Some(ops),
        Operation::Write(_) | Operation::Wrote(_) | Operation::Read(_) => None,
    }
}

fn acknowledged(operation: &Operation) -> Option<Op> {
    match operation {
        Operation::Wrote(op) => Some(*op),
        Operation::Write(_) | Operation::Read(_) | Operation::Saw(..) => None,
    }
}

/// An append-only log of which it is known what it begins with.
#[derive(Clone, Debug)]
struct Log<'h> {
    seen: &'h [Op],
    len: usize,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Ask {
    Append(Op),
    Read,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Answer<'h> {
    Appended,
    Saw(&'h [Op]),
    /// The log would not begin as it is known to.
    Impossible,
}

impl<'h> SequentialSpec for Log<'h> {
    type Op = Ask;
    type Ret = Answer<'h>;

    fn invoke(&mut self, ask: &Ask) -> Answer<'h> {
        match ask {
            Ask::Append(op) if self.seen.get(self.len).is_none_or(|known| known == op) => {
                self.len += 1;
                Answer::Appended
            }
            Ask::Append(_) => Answer::Impossible,
            Ask::Read => self.seen.get(..self.len).map_or(Answer::Impossible, Answer::Saw),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operation::{Read, Write, Wrote};

    fn saw(id: u64, ops: &[Op]) -> Operation {
        Operation::Saw(id, ops.to_vec())
    }

    #[test]
    fn a_read_sees_everything_acknowledged_before_it_began() {
        assert!(explained(&[]));
        assert!(explained(&[Write(1), Wrote(1), Read(1), saw(1, &[1])]));
        assert!(!explained(&[Write(1), Wrote(1), Read(1), saw(1, &[])]), "a stale read");
        assert!(explained(&[Write(1), Read(1), Wrote(1), saw(1, &[])]), "they overlap");
        assert!(explained(&[Write(1), Read(1), saw(1, &[1])]), "seen before it was acknowledged");
        assert!(!explained(&[Write(1), Read(1), saw(1, &[1]), Read(2), saw(2, &[])]), "and lost again");
        assert!(!explained(&[Read(1), saw(1, &[7])]), "never written");
        assert!(
            !explained(&[Write(1), Wrote(1), Write(2), Wrote(2), Read(1), saw(1, &[2, 1])]),
            "turned round"
        );
        assert!(!explained(&[Write(1), Write(2), Read(1), saw(1, &[1]), Read(2), saw(2, &[2])]), "forked");
        assert!(explained(&[Write(1), Write(2), Read(1), Read(2), saw(2, &[2, 1]), saw(1, &[2])]));
        assert!(explained(&[Write(1), Write(2), Write(3), Wrote(1), Read(1), saw(1, &[1]), Read(2)]));
    }

    #[test]
    fn a_stale_read_among_many_writes_is_found_at_once() {
        let mut operations: Vec<Operation> = (1..=60).map(Write).collect();
        operations.extend((1..=60).map(Wrote));
        operations.extend([Read(1), saw(1, &(1..=30).collect::<Vec<_>>())]);
        assert!(!explained(&operations));
        operations.pop();
        operations.push(saw(1, &(1..=60).collect::<Vec<_>>()));
        assert!(explained(&operations));
    }
}
