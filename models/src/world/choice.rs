//! What can happen next, and how it is called.

use super::engine::{Signal, Talk};
use super::local::{Op, Torn};
use super::shared::Shared;
use quorate::commit::Promise;
use quorate::failover::{Beat, Body, Effect, Head, Message};
use quorate::id::{Epoch, NodeId, NodeSet};
use std::fmt;

/// A message on its way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Envelope {
    /// Who sent it.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// What it says.
    pub wire: Wire,
}

/// What travels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Wire {
    /// A message from node to node.
    Node(Message<Op>),
    /// A signal from database to database.
    Engine(Signal),
}

impl Envelope {
    /// What a node says to a node.
    pub fn message(&self) -> Option<&Message<Op>> {
        match &self.wire {
            Wire::Node(message) => Some(message),
            Wire::Engine(_) => None,
        }
    }

    /// The kind of what travels, in kebab-case.
    pub fn kind(&self) -> &'static str {
        match &self.wire {
            Wire::Node(message) => message.body.kind(),
            Wire::Engine(Signal { talk: Talk::Connect, .. }) => "engine-connect",
            Wire::Engine(Signal { talk: Talk::Stream(_), .. }) => "engine-stream",
            Wire::Engine(Signal { talk: Talk::Flushed(_), .. }) => "engine-flushed",
        }
    }

    /// Under which epoch it travels.
    pub fn epoch(&self) -> Epoch {
        match &self.wire {
            Wire::Node(Message { epoch, .. }) | Wire::Engine(Signal { epoch, .. }) => *epoch,
        }
    }
}

/// A write on its way to the resource.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Landing {
    /// Who sent it.
    pub from: NodeId,
    /// With which token.
    pub epoch: Epoch,
    /// Which write.
    pub op: Op,
}

/// One thing that may happen next.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Choice {
    /// A message arrives.
    Deliver(Shared<Envelope>),
    /// A message is lost.
    Drop(Shared<Envelope>),
    /// A message is doubled.
    Duplicate(Shared<Envelope>),
    /// A node's timer fires.
    Tick(NodeId),
    /// A node's oldest record on its way reaches the disk.
    Flush(NodeId),
    /// A node's flush fails.
    FailFlush(NodeId),
    /// A machine crashes.
    Crash {
        /// Which.
        node: NodeId,
        /// How many of the records on their way survive.
        kept: usize,
        /// Which half of the next one does, if one does.
        torn: Option<Torn>,
    },
    /// A machine starts again.
    Restart(NodeId),
    /// An effect is done.
    Done(NodeId, Effect),
    /// A database reports to its node.
    Report(NodeId),
    /// A client writes through a node that serves, or to a database that is open.
    Write(NodeId),
    /// A write reaches the resource.
    Land(Landing),
    /// A client begins a lease read at a node.
    ReadByLease(NodeId),
    /// The node has computed the result and asks whether it may answer.
    ConfirmRead(NodeId),
    /// A client begins a quorum read at a node.
    ReadByQuorum(NodeId),
    /// A client reads with the token of the newest acknowledged write.
    ReadByToken(NodeId),
    /// An operator asks for a hand-over.
    Switchover(NodeId, NodeId),
    /// An operator accepts loss.
    AcceptLoss(NodeId),
    /// An operator changes the configuration to the numbered settings.
    Change(NodeId, usize),
    /// An operator tells a node that the primary it follows is powered off.
    PowerOff {
        /// Who is said to be off.
        node: NodeId,
        /// Who is told.
        told: NodeId,
    },
    /// A node's snapshot covers all it knows to be committed.
    Compact(NodeId),
    /// A node's clock is in doubt.
    Doubt(NodeId),
    /// Time passes: how many ticks on each clock.
    Pass(Vec<u8>),
    /// Messages from one set of nodes to the others no longer arrive; in the other direction only if `both`.
    Partition {
        /// The nodes on one side.
        side: NodeSet,
        /// Whether both directions are cut.
        both: bool,
    },
    /// Everything arrives again.
    Heal,
    /// A node does nothing for a while.
    Pause(NodeId),
    /// It goes on.
    Resume(NodeId),
}

impl Choice {
    /// The machine to which it happens, or to whose messages; `None` if it happens around or to all.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Choice::Deliver(envelope) | Choice::Drop(envelope) | Choice::Duplicate(envelope) => {
                Some(envelope.to)
            }
            Choice::Tick(node)
            | Choice::Flush(node)
            | Choice::FailFlush(node)
            | Choice::Crash { node, .. }
            | Choice::Restart(node)
            | Choice::Done(node, _)
            | Choice::Report(node)
            | Choice::Write(node)
            | Choice::ReadByLease(node)
            | Choice::ConfirmRead(node)
            | Choice::ReadByQuorum(node)
            | Choice::ReadByToken(node)
            | Choice::Switchover(node, _)
            | Choice::AcceptLoss(node)
            | Choice::Change(node, _)
            | Choice::PowerOff { told: node, .. }
            | Choice::Compact(node)
            | Choice::Doubt(node) => Some(*node),
            Choice::Land(_)
            | Choice::Pass(_)
            | Choice::Partition { .. }
            | Choice::Heal
            | Choice::Pause(_)
            | Choice::Resume(_) => None,
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Choice::Deliver(envelope) => write!(f, "{}", **envelope),
            Choice::Drop(envelope) => write!(f, "lost: {}", **envelope),
            Choice::Duplicate(envelope) => write!(f, "doubled: {}", **envelope),
            Choice::Tick(node) => write!(f, "{node} timer"),
            Choice::Flush(node) => write!(f, "{node} flushed"),
            Choice::FailFlush(node) => write!(f, "{node} flush fails"),
            Choice::Crash { node, kept: 0, torn: None } => write!(f, "{node} crashes"),
            Choice::Crash { node, kept, torn: None } => write!(f, "{node} crashes, {kept} unflushed kept"),
            Choice::Crash { node, kept, torn: Some(Torn::KeepsEpoch) } => {
                write!(f, "{node} crashes, {kept} unflushed kept, one torn")
            }
            Choice::Crash { node, kept, torn: Some(Torn::KeepsVote) } => {
                write!(f, "{node} crashes, {kept} unflushed kept, of one the vote")
            }
            Choice::Restart(node) => write!(f, "{node} restarts"),
            Choice::Done(node, effect) => write!(f, "{node} {}", effect_name(*effect)),
            Choice::Report(node) => write!(f, "{node} engine reports"),
            Choice::Write(node) => write!(f, "write at {node}"),
            Choice::Land(Landing { from, epoch, op }) => {
                write!(f, "write w{op} of {from} {epoch} reaches the resource")
            }
            Choice::ReadByLease(node) => write!(f, "lease read at {node}"),
            Choice::ConfirmRead(node) => write!(f, "{node} answers the lease read"),
            Choice::ReadByQuorum(node) => write!(f, "quorum read at {node}"),
            Choice::ReadByToken(node) => write!(f, "token read at {node}"),
            Choice::Switchover(node, to) => write!(f, "switchover {node} to {to}"),
            Choice::AcceptLoss(node) => write!(f, "{node} recovers accepting loss"),
            Choice::Change(node, target) => write!(f, "{node} changes to settings {target}"),
            Choice::PowerOff { node, told } => write!(f, "{told} told that {node} is off"),
            Choice::Compact(node) => write!(f, "{node} compacts"),
            Choice::Doubt(node) => write!(f, "{node} doubts its clock"),
            Choice::Pass(ticks) => {
                f.write_str("time:")?;
                for (i, tick) in ticks.iter().enumerate() {
                    write!(f, " n{i}+{tick}")?;
                }
                Ok(())
            }
            Choice::Partition { side, both: true } => write!(f, "partition {side} | rest"),
            Choice::Partition { side, both: false } => write!(f, "partition {side} -> rest"),
            Choice::Heal => f.write_str("heal"),
            Choice::Pause(node) => write!(f, "{node} pauses"),
            Choice::Resume(node) => write!(f, "{node} resumes"),
        }
    }
}

/// What is done, in words: `fences e2`.
pub fn effect_name(effect: Effect) -> String {
    match effect {
        Effect::Fence { epoch } => format!("fences {epoch}"),
        Effect::Load { epoch } => format!("loads {epoch}"),
        Effect::StopReceiving { epoch } => format!("engine stopped for {epoch}"),
        Effect::Follow { node, epoch } => format!("engine follows {node} {epoch}"),
        Effect::Rewind { node, epoch, keep } => format!("engine cut to {keep} of {node} {epoch}"),
        Effect::Promote { epoch, config } => format!("engine promoted {epoch} {config}"),
        Effect::SetAcks { config } => format!("engine acknowledges by {config}"),
        Effect::Demote { epoch } => format!("engine demoted {epoch}"),
        Effect::ArmWatchdog { deadline } => format!("watchdog armed for {}", deadline.units()),
        Effect::SendSnapshot { to, base } => format!("snapshot {base} sent to {to}"),
        Effect::LoadSnapshot { from, base } => format!("snapshot {base} of {from} loaded"),
    }
}

fn promise_name(f: &mut fmt::Formatter<'_>, promise: &Promise) -> fmt::Result {
    write!(f, " {}{}", promise.history, promise.len)?;
    if promise.committed > 0 { write!(f, " committed {}", promise.committed) } else { Ok(()) }
}

/// `n0→n1 vote e1`: who, to whom, what, under which epoch, and what else tells two messages apart.
impl fmt::Display for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}→{} {} {}", self.from, self.to, self.kind(), self.epoch())?;
        match &self.wire {
            Wire::Node(message) => body_details(f, &message.body),
            Wire::Engine(Signal { talk, .. }) => match talk {
                Talk::Connect => Ok(()),
                Talk::Stream(log) => {
                    let entries: Vec<&Op> = log.entries().collect();
                    write!(f, " {} {entries:?}", log.history())
                }
                Talk::Flushed(len) => write!(f, " {len}"),
            },
        }
    }
}

fn body_details(f: &mut fmt::Formatter<'_>, body: &Body<Op>) -> fmt::Result {
    match body {
        Body::PreVote { config, position, priority, round } => {
            write!(f, " {config} at {position} round {round}")?;
            if *priority > 0 { write!(f, " priority {priority}") } else { Ok(()) }
        }
        Body::PreYes { asked } | Body::PreLater { asked } => write!(f, " after {asked}"),
        Body::Vote { config, token, audit } => {
            write!(f, " {config}{}", if *audit { " accepting loss" } else { "" })?;
            token.map_or(Ok(()), |token| write!(f, " released {}", token.epoch))
        }
        Body::Granted { promise, busy } => {
            promise_name(f, promise)?;
            busy.map_or(Ok(()), |busy| write!(f, " busy {}", busy.units()))
        }
        Body::Refused { reason, config } => {
            write!(f, " {reason:?}")?;
            config.as_ref().map_or(Ok(()), |config| write!(f, " {}", config.id))
        }
        Body::Beat(Beat { stamp, lease, round, quorate, serving }) => {
            let ago = super::local::NOW.since(*stamp).units();
            write!(f, " sent {ago} ago, lease {}, round {round}", lease.units())?;
            write!(f, "{}{}", if *quorate { " quorate" } else { "" }, if *serving { " serving" } else { "" })
        }
        Body::BeatAck { stamp, round, healthy, config } => {
            let ago = super::local::NOW.since(*stamp).units();
            write!(f, " to beat {ago} ago, round {round} {config}{}", if *healthy { "" } else { " sick" })
        }
        Body::Handover { token } => write!(f, " released {}", token.epoch),
        Body::Install { config } => write!(f, " {}", config.id),
        Body::Installed { id } => write!(f, " {id}"),
        Body::Revoke { audit } => f.write_str(if *audit { " accepting loss" } else { "" }),
        Body::Promised { promise } => promise_name(f, promise),
        Body::Fetch { from } => write!(f, " from {from}"),
        Body::Fetched { from, entries } => write!(f, " from {from} {entries:?}"),
        Body::Append(append) => {
            let (Head { history, from, committed }, entries) = (append.head(), append.entries());
            write!(f, " {history} from {from} {entries:?} committed {committed}")
        }
        Body::Ack { len } | Body::Gap { len } => write!(f, " {len}"),
        Body::Snapshot { base, history } => write!(f, " {history}{base}"),
    }
}
