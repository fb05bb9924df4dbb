//! What only the checker knows: who led, what was acknowledged, what the resource went through.
//!
//! The abstract history is the one specification a user has to read:
//!
//! ```text
//! history : a sequence of writes        writer : an epoch        acked : a length that never shrinks
//!
//! Append(e, w)   e = writer            ⇒ history grows by w
//! Ack(n)         n ≤ |history|         ⇒ acked := max(acked, n)
//! NewWriter(e)   e > writer            ⇒ history := some prefix of it, of at least acked writes; writer := e
//! Read           returns history[..n] with acked-at-the-start ≤ n ≤ |history|, and acked := max(acked, n)
//! Lose(e)        e of a new generation ⇒ history and acked may shrink; only where loss was accepted
//! ```
//!
//! The writer is the newest primary that has established itself, the history is its log, and acked is the longest
//! length announced as committed. Every step of the world must be one of these, or change nothing.

use super::local::{Note, Op};
use super::order::place;
use crate::invariant::{Broken, Invariant};
use quorate::commit::{Log, ReadKind};
use quorate::failover::Event;
use quorate::id::{Epoch, NodeId, Position};

/// The ghost state.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct History {
    /// Who won which epoch, and in which life.
    pub primaries: Vec<(Epoch, NodeId, u32)>,
    /// The newest established epoch.
    pub writer: Epoch,
    /// Its log.
    pub log: Vec<Op>,
    /// How much of it was announced as committed.
    pub acked: usize,
    /// The position a client was given for the newest acknowledged write.
    pub token: Position,
    /// How many writes clients have issued.
    pub issued: u8,
    /// The newest epoch that has read the fenced resource.
    pub loaded: Epoch,
    /// Reads that have begun.
    pub reads: Vec<Read>,
    /// What clients of writes and linearizable reads saw, in order; only if the scope has reads.
    pub operations: Vec<Operation>,
    /// The first violation. A broken world does not go on.
    pub broken: Option<Broken>,
}

/// A read that has begun and not ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Read {
    /// Where.
    pub node: NodeId,
    /// Its name.
    pub id: u64,
    /// How much was acknowledged when it began.
    pub acked: usize,
    /// How it makes sure that it is not stale.
    pub kind: ReadKind,
    /// The position the node gave, once it did.
    pub at: Option<Position>,
}

/// One event of a client's history, for a linearizability tester.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operation {
    /// A write was asked for.
    Write(Op),
    /// It was acknowledged.
    Wrote(Op),
    /// A read was asked for.
    Read(u64),
    /// It returned these writes, oldest first.
    Saw(u64, Vec<Op>),
}

impl History {
    /// Records a violation, unless one is recorded already.
    pub fn violate(&mut self, invariant: Invariant, why: String) {
        if self.broken.is_none() {
            self.broken = Some(Broken { invariant, why });
        }
    }

    /// Takes in what a machine did.
    pub fn absorb(&mut self, note: &Note) {
        let Note { who, life, begun, harm_only, written, acked, told, log, broken } = note;
        if let Some((epoch, op)) = *written {
            self.appended(epoch, op);
        }
        if let Some((epoch, to)) = *acked {
            self.acknowledged(epoch, *who, to, log);
        }
        for event in told {
            match *event {
                Event::Elected { epoch } => self.elected(epoch, *who, *life),
                Event::Established { epoch, start } => self.established(epoch, *who, start, log, *harm_only),
                Event::Accepted { epoch, from, to } => {
                    for op in (from..to).filter_map(|index| log.get(index)) {
                        self.appended(epoch, *op);
                    }
                }
                Event::Committed { epoch, to } if *begun => self.acknowledged(epoch, *who, to, log),
                Event::Committed { epoch, to } => self.learned(*who, to, log, epoch.generation()),
                Event::ReadAt { id, at } => self.read_placed(*who, id, at, log),
                Event::ReadConfirmed { id } => self.read_ended(*who, id, log),
                Event::ReadLost { id, .. } | Event::ReadFailed { id } => self.read_failed(*who, id),
                _does_not_matter => {}
            }
        }
        if let Some(Broken { invariant, why }) = broken {
            self.violate(*invariant, why.clone());
        }
    }

    /// A node won an election.
    pub fn elected(&mut self, epoch: Epoch, node: NodeId, life: u32) {
        if let Some((_, other, before)) = self.primaries.iter().find(|primary| primary.0 == epoch) {
            if (*other, *before) != (node, life) {
                let why = if *other == node {
                    format!("{node} is primary of {epoch} again after a restart")
                } else {
                    format!("{other} and {node} are both primary of {epoch}")
                };
                self.violate(Invariant::OnePrimaryPerEpoch, why);
            }
        } else {
            place(&mut self.primaries, (epoch, node, life));
        }
    }

    /// A primary has established itself: it inherited the first `start` entries of this log, and wrote the rest.
    pub fn established(&mut self, epoch: Epoch, node: NodeId, start: u64, log: &Log<Op>, harm_only: bool) {
        if epoch <= self.writer {
            return;
        }
        let mut inherited: Vec<Op> = self.log[..self.log.len().min(log.base() as usize)].to_vec();
        inherited.extend(log.entries().copied());
        let own = inherited.split_off(inherited.len().min(start as usize));
        // Raft's own rule may bring back what an intermediate primary had gone without; it never loses what was
        // acknowledged, which is all that is asked of the control.
        let prefix = quorate::rule!(CommitByMark, false, else: true)
            || harm_only
            || inherited.len() <= self.log.len() && inherited[..] == self.log[..inherited.len()];
        let acked = &self.log[..self.acked];
        let kept = inherited.len() >= acked.len() && inherited[..acked.len()] == *acked;
        let loss_accepted = epoch.generation() > self.writer.generation();
        if !kept && !loss_accepted {
            let why = format!(
                "{node} established {epoch} with {}, but {} had been acknowledged",
                writes(&inherited),
                writes(acked)
            );
            self.violate(Invariant::AckedWritesSurvive, why);
        } else if !prefix && !loss_accepted {
            let why = format!(
                "{node} established {epoch} with {}, no part of {}",
                writes(&inherited),
                writes(&self.log)
            );
            self.violate(Invariant::Refinement, why);
        }
        if loss_accepted {
            let common = inherited.iter().zip(&self.log).take_while(|(a, b)| a == b).count();
            self.acked = self.acked.min(common);
        }
        self.writer = epoch;
        self.log = inherited;
        self.log.extend(own);
        // After a violation there may be less than was acknowledged, and more may happen in the same step.
        self.acked = self.acked.min(self.log.len());
    }

    /// A primary appended a write. One that has not established itself yet only keeps it for later.
    pub fn appended(&mut self, epoch: Epoch, op: Op) {
        if epoch == self.writer {
            self.log.push(op);
        }
    }

    /// A primary announced that its first `to` entries are committed.
    pub fn acknowledged(&mut self, epoch: Epoch, node: NodeId, to: u64, log: &Log<Op>) {
        if epoch.generation() < self.writer.generation() {
            // A generation that was given up: what it still acknowledges is what was accepted to be lost.
            return;
        }
        if let Some(committed) = self.prefix(to, log) {
            let before = self.acked;
            self.acked = self.acked.max(committed);
            if self.acked > before {
                self.token = log.history().cut(to).position(to);
                self.token.epoch = log.history().epoch_at(to.saturating_sub(1));
            }
            self.writes_ended();
        } else {
            let why = format!(
                "{node} acknowledged {to} entries under {epoch}, but the history is {}",
                writes(&self.log)
            );
            self.violate(Invariant::AckedWritesSurvive, why);
        }
    }

    /// Tells the clients of every write that counts as acknowledged and was not told before.
    fn writes_ended(&mut self) {
        if self.operations.is_empty() {
            return;
        }
        for op in &self.log[..self.acked] {
            let wrote = Operation::Wrote(*op);
            if !self.operations.contains(&wrote) {
                self.operations.push(wrote);
            }
        }
    }

    /// A replica takes its first `to` entries for committed.
    pub fn learned(&mut self, node: NodeId, to: u64, log: &Log<Op>, generation: u16) {
        if generation < self.writer.generation() {
            return;
        }
        match self.prefix(to, log) {
            Some(committed) if committed <= self.acked => {}
            Some(_) | None => {
                let acked = writes(&self.log[..self.acked]);
                let why = format!("{node} takes {to} entries for committed, but only {acked} is");
                self.violate(Invariant::CommitsAreOrdered, why);
            }
        }
    }

    /// The first `to` entries of `log` as a length of the abstract history, if they are a prefix of it.
    fn prefix(&self, to: u64, log: &Log<Op>) -> Option<usize> {
        let to = usize::try_from(to).ok()?;
        let skip = usize::try_from(log.base()).ok()?;
        let here: Vec<Op> = log.entries().take(to.saturating_sub(skip)).copied().collect();
        let same = to <= self.log.len() && self.log[skip.min(to)..to] == here[..];
        same.then_some(to)
    }

    /// A read began.
    pub fn read_began(&mut self, node: NodeId, id: u64, kind: ReadKind) {
        self.reads.push(Read { node, id, acked: self.acked, kind, at: None });
        if is_linearizable(kind) {
            self.operations.push(Operation::Read(id));
        }
    }

    /// The node said at which position the read may go on. Only a lease read has to be confirmed after that.
    pub fn read_placed(&mut self, node: NodeId, id: u64, at: Position, log: &Log<Op>) {
        let Some(read) = self.reads.iter_mut().find(|read| read.node == node && read.id == id) else {
            return;
        };
        read.at = Some(at);
        if read.kind != ReadKind::Lease {
            self.read_ended(node, id, log);
        }
    }

    /// A read was answered.
    pub fn read_ended(&mut self, node: NodeId, id: u64, log: &Log<Op>) {
        let Some(index) = self.reads.iter().position(|read| read.node == node && read.id == id) else {
            return;
        };
        let Read { acked, at, kind, .. } = self.reads.remove(index);
        let Some(at) = at else { return };
        let token = match kind {
            ReadKind::Token(token) => Some(token),
            ReadKind::Lease | ReadKind::Quorum => None,
        };
        if let Some(seen) = self.prefix(at.len, log) {
            if is_linearizable(kind) {
                self.operations.push(Operation::Saw(id, self.log[..seen].to_vec()));
            }
            if token.is_none() && seen < acked {
                let why = format!(
                    "{node} answered a read with {}, but {} had been acknowledged before it began",
                    writes(&self.log[..seen]),
                    writes(&self.log[..acked])
                );
                self.violate(Invariant::ReadsAreLinearizable, why);
            }
            if token.is_some_and(|token| token.len > at.len) {
                let why = format!(
                    "{node} answered a read with {} and without the client's own write",
                    writes(&self.log[..seen])
                );
                self.violate(Invariant::ReadYourWrites, why);
            }
            // What was read must never be lost: from now on it counts as acknowledged.
            self.acked = self.acked.max(seen);
        } else {
            let why = format!(
                "{node} answered a read with {} entries that are no part of {}",
                at.len,
                writes(&self.log)
            );
            self.violate(Invariant::NoPhantomRead, why);
        }
    }

    /// A read was given up.
    pub fn read_failed(&mut self, node: NodeId, id: u64) {
        self.reads.retain(|read| !(read.node == node && read.id == id));
    }
}

/// Whether a read promises to see everything acknowledged before it. A read by token promises only its own write.
const fn is_linearizable(kind: ReadKind) -> bool {
    match kind {
        ReadKind::Lease | ReadKind::Quorum => true,
        ReadKind::Token(_) => false,
    }
}

/// `w1 w2`, or "nothing".
pub fn writes(ops: &[Op]) -> String {
    if ops.is_empty() {
        return "nothing".into();
    }
    let names: Vec<String> = ops.iter().map(|op| format!("w{op}")).collect();
    names.join(" ")
}
