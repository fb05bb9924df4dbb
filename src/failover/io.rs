//! What goes into a node and what comes out of it: plain values, so that a run can be recorded, replayed and drawn.
//!
//! # Invariants
//! * Everything that may be sent, done or told comes out as an [`Output`]; a node has no other effect.
//! * A [`Output::Send`] depends on nothing that is not durable. A [`Output::Persist`] leaves at once.
//! * An effect is named by what it does. The driver carries effects out in the order in which they come out, may
//!   repeat them, and confirms each by its name.

use super::Message;
use crate::commit::{Entries, History, ReadKind};
use crate::config::{ConfigId, Settings};
use crate::disk::Record;
use crate::election::Refusal;
use crate::id::{Epoch, NodeId, Position};
use crate::outbox::Seq;
use crate::time::Instant;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::iter;

/// What a log carries: the embedder's handle for an entry. `()` will do if the embedder keeps the entries by index.
pub trait Payload: Clone + PartialEq {}

impl<P: Clone + PartialEq> Payload for P {}

/// One thing that happened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Input<P> {
    /// A message arrived.
    Message {
        /// Who sent it. The transport vouches for that.
        from: NodeId,
        /// What.
        message: Message<P>,
    },
    /// The instant of [`Node::deadline`](super::Node::deadline) has come. Harmless at any other time.
    Tick,
    /// This record and all before it are on disk. May come late, repeated, or after a later one.
    Durable(Seq),
    /// A write or flush failed. The node halts; it never tries again, because a failed flush may have dropped
    /// the data and report success the next time.
    StorageFailed,
    /// An effect is done, or failed. One of an older epoch, or that nothing waits for, changes nothing.
    EffectDone {
        /// Which.
        effect: Effect,
        /// Whether it succeeded.
        ok: bool,
        /// What the engine shows afterwards, if there is one. Required where the effect
        /// [changes its position](Effect::changes_position).
        facts: Option<Facts>,
    },
    /// The engine reports how far it has got.
    Engine(Facts),
    /// The clock may have stood still: the machine was suspended, migrated, or restored.
    ClockSuspect,
    /// The embedder wants something.
    Request(Request<P>),
}

/// What an embedder can ask for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request<P> {
    /// Append these payloads: `7.into()`, or `vec![7, 8].into()`.
    Write(Entries<P>),
    /// Make sure that a read is not stale.
    Read {
        /// The embedder's name for it.
        id: u64,
        /// How.
        kind: ReadKind,
    },
    /// The result of a lease read is computed: may it be answered?
    ConfirmRead {
        /// The embedder's name for it.
        id: u64,
        /// The position it was given.
        at: Position,
    },
    /// Hand over to another node without losing anything.
    Switchover {
        /// To whom.
        to: NodeId,
    },
    /// Stop being primary.
    StepDown,
    /// Take over although no recovery set can be reached. Acknowledged writes may be lost.
    Recover {
        /// Must be `true`: the caller has understood the sentence above.
        accept_loss: bool,
    },
    /// Change the configuration. Once begun it is finished, by this primary or its successors, and nothing else is begun
    /// before: until then writes need the acks of both settings.
    Change(Box<Settings>),
    /// The supervisor knows that the primary is gone: stand for election at once. A node that may not become
    /// primary at least keeps nobody else from it.
    ForgetPrimary,
    /// This node is **confirmed** to be powered off; a request to power it off is no confirmation. As
    /// [`Request::ForgetPrimary`], and the leases of that node are over.
    PoweredOff(NodeId),
    /// Everything below this index is in a snapshot of the embedder's.
    Compact {
        /// The first index that must stay.
        base: u64,
    },
}

/// What a node wants done.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Output<P> {
    /// Write this record, in order, and report it durable when it is.
    Persist {
        /// Its number.
        seq: Seq,
        /// What to write.
        record: Record<P>,
    },
    /// Send this message. Everything it depends on is already durable.
    Send {
        /// To whom.
        to: NodeId,
        /// What.
        message: Message<P>,
    },
    /// Do this in the world outside and report when it is done. Doing it again is harmless.
    Do(Effect),
    /// The embedder may want to know.
    Tell(Event),
    /// An input was refused; nothing changed.
    Refused(Refused),
}

/// What one call of [`Node::step`](super::Node::step) puts out. The caller owns it and may reuse it.
pub type Outputs<P> = Vec<Output<P>>;

/// Puts out what `output` makes, made where it will lie: an output that is made elsewhere and moved costs more than
/// most of what led to it.
#[inline]
pub(super) fn put<P>(out: &mut Outputs<P>, output: impl FnOnce() -> Output<P>) {
    out.extend(iter::once_with(output));
}

/// Something to be done outside, named by what it does: the same effect twice is one effect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "kebab-case", deny_unknown_fields)
)]
pub enum Effect {
    /// Install this epoch at every fenced resource.
    Fence {
        /// The token.
        epoch: Epoch,
    },
    /// Read the state of the resource, after it is fenced.
    Load {
        /// For the primary of this epoch.
        epoch: Epoch,
    },
    /// Engine: stop receiving from any primary older than this epoch, and report the position reached. It
    /// overtakes every [`Effect::Follow`] and [`Effect::Rewind`] of an older epoch: one that is carried out later
    /// would let the position grow after it was promised.
    StopReceiving {
        /// The promised epoch.
        epoch: Epoch,
    },
    /// Engine: copy from this node, and only what it sends under this epoch. Of several orders to follow or to
    /// rewind the last counts; a [`Effect::Promote`] overtakes them.
    Follow {
        /// The donor or primary.
        node: NodeId,
        /// In this epoch.
        epoch: Epoch,
    },
    /// Engine: cut the log back to this length, as this node has it.
    Rewind {
        /// The primary.
        node: NodeId,
        /// In this epoch.
        epoch: Epoch,
        /// How much to keep.
        keep: u64,
    },
    /// Engine: become primary, acknowledging by this configuration, and write the mark of the epoch. It fails if
    /// the log has been of this epoch or a newer one already.
    Promote {
        /// The epoch.
        epoch: Epoch,
        /// Whose ack family is in force from the first write on.
        config: ConfigId,
    },
    /// Engine: acknowledge by this configuration, on every path that can acknowledge, and report the position
    /// reached: up to there an older configuration may have been enough. It overtakes a request for an older
    /// configuration, and is harmless if the engine is no primary.
    SetAcks {
        /// The configuration.
        config: ConfigId,
    },
    /// Engine: stop being primary of this epoch or any older one, and report the final position. What is under
    /// way may be finished first; once this is reported done, nothing is accepted or acknowledged any more. It
    /// overtakes a [`Effect::Promote`] of the same epoch, and is harmless if the engine is no primary.
    Demote {
        /// The epoch that ends.
        epoch: Epoch,
    },
    /// Arm the watchdog: unless it is armed again, this machine is dead at `deadline`. Only when the node is
    /// deposed and no write can leave this machine any more may it be disarmed.
    ArmWatchdog {
        /// By this node's clock.
        deadline: Instant,
    },
    /// Give `to` a snapshot that ends at `base`.
    SendSnapshot {
        /// Who needs it.
        to: NodeId,
        /// Where it ends.
        base: u64,
    },
    /// Load the snapshot that `from` sends, which ends at `base`.
    LoadSnapshot {
        /// Who sends it.
        from: NodeId,
        /// Where it ends.
        base: u64,
    },
}

impl Effect {
    /// Whether it fixes or changes how far an engine has got, so that it is confirmed together with [`Facts`].
    pub const fn changes_position(&self) -> bool {
        match self {
            Effect::StopReceiving { .. }
            | Effect::Rewind { .. }
            | Effect::Promote { .. }
            | Effect::SetAcks { .. }
            | Effect::Demote { .. } => true,
            Effect::Fence { .. }
            | Effect::Load { .. }
            | Effect::Follow { .. }
            | Effect::ArmWatchdog { .. }
            | Effect::SendSnapshot { .. }
            | Effect::LoadSnapshot { .. } => false,
        }
    }
}

/// What an external engine shows of itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Facts {
    /// Which epoch wrote which part of its log.
    pub history: Arc<History>,
    /// How much is **flushed**.
    pub flushed: u64,
}

/// Something worth knowing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Event {
    /// This node won the election of `epoch`. It does not serve yet.
    Elected {
        /// The epoch: the fencing token to be.
        epoch: Epoch,
    },
    /// Everything it inherited is committed.
    Established {
        /// The epoch.
        epoch: Epoch,
        /// Where it begins.
        start: u64,
    },
    /// It serves: it may accept writes, with this epoch as fencing token.
    Serving {
        /// The token.
        epoch: Epoch,
    },
    /// It is no longer primary. Writes that are not committed are unknown: kept or lost.
    Deposed {
        /// The epoch that ended.
        epoch: Epoch,
    },
    /// It follows another primary.
    Following {
        /// Whom.
        primary: NodeId,
        /// In which epoch.
        epoch: Epoch,
    },
    /// Writes were appended at these indices.
    Accepted {
        /// The epoch.
        epoch: Epoch,
        /// The first index.
        from: u64,
        /// One past the last.
        to: u64,
    },
    /// The log is committed up to here; on the primary that is the acknowledgement. A replica that missed the word, or
    /// was restarted since, learns it with the next entry.
    Committed {
        /// The epoch in which this node learned it.
        epoch: Epoch,
        /// One past the last committed index.
        to: u64,
    },
    /// The log was cut back. Below `committed` only after a recovery that accepted loss: then what the embedder
    /// has applied, or has in a snapshot, beyond `to` never happened and is undone or replaced.
    Truncated {
        /// What is left.
        to: u64,
        /// What this node knew to be committed.
        committed: u64,
    },
    /// A recovery accepted loss. For the audit: what is kept, and what is known to be lost. Writes beyond
    /// `known` may have been acknowledged by nodes that were not reached.
    LossAccepted {
        /// The new epoch, of a new generation.
        epoch: Epoch,
        /// Everything from this index on is lost.
        from: u64,
        /// At least up to this index something had been acknowledged.
        known: u64,
    },
    /// A read may go on at this position: compute the result. A lease read must be confirmed before the answer.
    ReadAt {
        /// Which.
        id: u64,
        /// The committed position.
        at: Position,
    },
    /// A lease read may be answered.
    ReadConfirmed {
        /// Which.
        id: u64,
    },
    /// The write a reader named was lost by a recovery that accepted loss.
    ReadLost {
        /// Which.
        id: u64,
        /// The write.
        token: Position,
    },
    /// The read cannot be answered here any more.
    ReadFailed {
        /// Which.
        id: u64,
    },
    /// A change of the configuration is finished.
    Configured {
        /// The configuration now in force.
        config: ConfigId,
    },
    /// From this position on, acknowledged writes are held by the weak family only.
    Degraded {
        /// Since where.
        since: Position,
    },
    /// The strong family holds everything again.
    Strengthened {
        /// Up to where.
        at: Position,
    },
    /// The lease is given up and the successor told to stand.
    HandedOver {
        /// To whom.
        to: NodeId,
    },
    /// An effect failed.
    EffectFailed(Effect),
    /// The clock is in doubt: the lease is void until a quorum answers again.
    ClockDoubted,
    /// The node stopped for good.
    Halted(Halt),
}

/// Why a node stopped for good. It has to be restarted, and perhaps repaired, by its operator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Halt {
    /// Its storage failed.
    StorageFailed,
    /// Its engine shows less than it had flushed, or no mark of the newest epoch that it had accepted, without having
    /// been told to cut back.
    EngineWentBack,
}

/// Why an input changed nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Refused {
    /// The node has stopped for good.
    Halted(Halt),
    /// A message that no correct node can have sent.
    Impossible {
        /// Who sent it.
        from: NodeId,
        /// What is wrong.
        what: Impossible,
    },
    /// A report of a record that was never written.
    UnknownRecord(Seq),
    /// What the engine shows cannot be.
    ImpossibleFacts,
    /// An effect that fixes or changes the engine's position was confirmed without saying what that is now.
    MissingFacts,
    /// This node does not serve.
    NotServing {
        /// Who might.
        primary: Option<NodeId>,
    },
    /// The lease does not cover this moment.
    NoLease,
    /// A bound is reached; try again when it has eased.
    Busy(Bound),
    /// A recovery that may lose data needs `accept_loss`.
    LossNotAccepted,
    /// The other node cannot take over: it is no candidate, or has nothing of the log yet.
    NotCandidate(NodeId),
    /// A change is already under way.
    Changing,
    /// A cluster that keeps data cannot stop keeping it, or the other way round.
    DataChange,
    /// This node may not become primary, or is primary already.
    NotEligible,
    /// Only what is committed may be compacted.
    NotCommitted,
    /// The node was not built for this: an engine's report to a node with its own log, or the other way round.
    WrongMode,
    /// Every epoch number is used up.
    EpochsExhausted,
    /// A vote was not given.
    Vote {
        /// To whom.
        to: NodeId,
        /// Why.
        reason: Refusal,
    },
}

/// What can be full.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Bound {
    /// Too many entries are not committed yet.
    Uncommitted,
    /// Too many entries are held by the weak family only.
    Degraded,
    /// Too many reads wait.
    Reads,
}

/// What makes a message impossible.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Impossible {
    /// It claims to come from the receiver itself.
    FromSelf,
    /// Its epoch has no successor.
    Epoch,
    /// A history that contradicts its epoch or length, or is too long.
    History,
    /// Lengths that contradict each other or the receiver's own log.
    Length,
    /// More entries than the limit.
    Entries,
    /// A stamp from the receiver's future.
    Stamp,
    /// A lease longer than the limit.
    Lease,
    /// A configuration from a later epoch than its sender's.
    Config,
    /// A token for an epoch that has not ended.
    Token,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Halted(halt) => write!(f, "the node has stopped ({halt:?}); restart it"),
            Refused::Impossible { from, what } => {
                write!(
                    f,
                    "a message from {from} that no correct node can have sent ({what:?}); nothing changed"
                )
            }
            Refused::UnknownRecord(seq) => write!(f, "record {seq:?} was never written"),
            Refused::ImpossibleFacts => f.write_str("the engine's history does not fit its length"),
            Refused::MissingFacts => {
                f.write_str("the engine's position is missing; confirm the effect together with its facts")
            }
            Refused::NotServing { primary: Some(node) } => write!(f, "not serving; try {node}"),
            Refused::NotServing { primary: None } => f.write_str("not serving; no primary is known"),
            Refused::NoLease => f.write_str("no valid lease at this moment; try again or read by quorum"),
            Refused::Busy(Bound::Uncommitted) => {
                f.write_str("too many uncommitted entries; wait for commits")
            }
            Refused::Busy(Bound::Degraded) => {
                f.write_str("degraded, and the cap on weakly held entries is reached; wait for the replicas")
            }
            Refused::Busy(Bound::Reads) => f.write_str("too many reads wait; try again"),
            Refused::LossNotAccepted => f.write_str("this may lose acknowledged writes; say accept_loss"),
            Refused::NotCandidate(node) => write!(f, "{node} cannot take over"),
            Refused::Changing => f.write_str("a change is under way; wait for it"),
            Refused::DataChange => f.write_str("a cluster cannot begin or cease to keep data"),
            Refused::NotEligible => f.write_str("this node may not become primary, or is primary already"),
            Refused::NotCommitted => f.write_str("only what is committed may be compacted"),
            Refused::WrongMode => f.write_str("the node was not built for this kind of log"),
            Refused::EpochsExhausted => f.write_str("every epoch number is used up"),
            Refused::Vote { to, reason } => write!(f, "no vote for {to}: {reason:?}"),
        }
    }
}

impl core::error::Error for Refused {}
