//! The database beside a node, when the node supervises one instead of keeping a log of its own.
//!
//! A database copies from another, or is primary, or does neither. It does what its node asks of it, whenever the
//! world chooses, and goes on with whatever it was doing until then. Databases talk to each other by messages
//! that travel like those of nodes, and **a primary acknowledges writes by itself**, by the ack family that is in
//! force there, without asking its node. So what is explored here is whether the node's orders come in time.
//!
//! # What a driver owes its node
//!
//! The effects of a node may be carried out late and in any order, but for these, which are modelled and which
//! every driver has to keep:
//!
//! * What the node asks for replaces what it contradicts and what is not yet done ([`replaces`]).
//! * A promotion fails if the log has been of the same or a newer epoch already: an epoch has one primary.
//! * A copying database takes only what its source sends under the epoch of the order to follow it: the primary
//!   of that epoch, or, to the primary to be, a database whose log has never been of that epoch.
//! * Facts are those of the moment of the report; their order is kept.
//!
//! # What is assumed of the database
//!
//! * Flushing is atomic: what is in the log is flushed. A database that shows or acknowledges what it has not
//!   flushed breaks [`Facts`].
//! * **A crash stops it and changes nothing else.** Its role is on its disk: it comes back as primary of its old
//!   epoch, open to clients, or copying from its old source, until its node stops it. This is worse than a
//!   database that comes back as a standby.
//! * A primary that comes back knows again what others had acknowledged: those acknowledgements could arrive
//!   again anyway.
//! * It is opened to clients by its node when that serves, and stays open until it is demoted.

use super::local::Op;
use quorate::commit::{Entries, History, Log, LogChange};
use quorate::config::Config;
use quorate::failover::{Effect, Facts};
use quorate::id::{Epoch, NodeId, NodeMap, NodeSet};
use std::sync::Arc;

/// A database.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Database {
    /// What it is.
    pub part: Part,
    /// Its log, all of it flushed.
    pub log: Log<Op>,
    /// The newest epoch that its log was ever of, even if that was cut off again.
    pub newest: Epoch,
    /// The epoch in which it was last cut back.
    pub cut: Epoch,
}

/// What a database does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Part {
    /// Neither copies nor writes.
    #[default]
    Stopped,
    /// Copies.
    Receiving {
        /// From which database.
        from: NodeId,
        /// Under which epoch it was told to.
        epoch: Epoch,
    },
    /// Is primary.
    Primary(Tenure),
}

/// What a database needs to be primary.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tenure {
    /// Of which epoch.
    pub epoch: Epoch,
    /// Whether clients are let in.
    pub open: bool,
    /// The configuration whose ack family is in force.
    pub acks: Arc<Config>,
    /// How much of its log others have acknowledged.
    pub held: NodeMap<u64>,
}

/// What databases say to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Signal {
    /// Under which epoch: that of the primary, or of the order to follow.
    pub epoch: Epoch,
    /// What.
    pub talk: Talk,
}

/// The kinds of signal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Talk {
    /// Send me your log.
    Connect,
    /// My log begins like this.
    Stream(Log<Op>),
    /// So much of your log is on my disk, and your epoch's mark before it.
    Flushed(u64),
}

/// Signals to send.
pub type Signals = Vec<(NodeId, Signal)>;

/// Whether a node that asks for `new` no longer wants `old`, which is not done yet.
pub fn replaces(new: Effect, old: Effect) -> bool {
    match (new, old) {
        // It copies from one source; the last order counts.
        (
            Effect::Follow { epoch: new, .. } | Effect::Rewind { epoch: new, .. },
            Effect::Follow { epoch: old, .. } | Effect::Rewind { epoch: old, .. },
        ) => old <= new,
        (
            Effect::StopReceiving { epoch: new },
            Effect::Follow { epoch: old, .. } | Effect::Rewind { epoch: old, .. },
        ) => old < new,
        (
            Effect::Promote { epoch: new, .. },
            Effect::Follow { epoch: old, .. } | Effect::Rewind { epoch: old, .. },
        ) => old <= new,
        (Effect::StopReceiving { epoch: new }, Effect::StopReceiving { epoch: old }) => old < new,
        (Effect::Demote { epoch: new }, Effect::Promote { epoch: old, .. }) => old <= new,
        (Effect::Demote { epoch: new }, Effect::Demote { epoch: old }) => old < new,
        (Effect::SetAcks { config: new }, Effect::SetAcks { config: old }) => old < new,
        _independent => false,
    }
}

impl Database {
    /// What it shows its node.
    pub fn facts(&self) -> Facts {
        Facts { history: Arc::clone(self.log.history()), flushed: self.log.len() }
    }

    /// As primary: everything that goes with it.
    pub fn tenure(&self) -> Option<&Tenure> {
        match &self.part {
            Part::Primary(tenure) => Some(tenure),
            Part::Stopped | Part::Receiving { .. } => None,
        }
    }

    /// Whether clients can write to it.
    pub fn is_open(&self) -> bool {
        self.tenure().is_some_and(|tenure| tenure.open)
    }

    /// Lets clients in, if it is primary of `epoch`.
    pub fn open(&mut self, epoch: Epoch) {
        if let Part::Primary(tenure) = &mut self.part {
            tenure.open |= tenure.epoch == epoch;
        }
    }

    /// As primary: the epoch, and how much it has acknowledged to its clients. Nobody waits for the
    /// acknowledgement of what it inherited.
    pub fn acknowledged(&self, me: NodeId) -> Option<(Epoch, u64)> {
        let Tenure { epoch, acks, held, .. } = self.tenure()?;
        let holders = |len: u64| held.keys_where(|flushed| *flushed >= len).union(NodeSet::one(me));
        let written = self.log.history().last_start() + 1..=self.log.len();
        let acked = written.rev().find(|len| acks.acknowledges(holders(*len)))?;
        Some((*epoch, acked))
    }

    // ---- what its node asks for ------------------------------------------------------------------------

    /// Does what its node asks for; whether it could. `config` is the configuration that the effect names.
    pub fn carry_out(&mut self, effect: Effect, config: Option<Arc<Config>>, out: &mut Signals) -> bool {
        match effect {
            Effect::StopReceiving { epoch } => {
                if matches!(self.part, Part::Receiving { epoch: old, .. } if old < epoch) {
                    self.part = Part::Stopped;
                }
                true
            }
            Effect::Follow { node, epoch } => self.follow(node, epoch, out),
            Effect::Rewind { epoch, keep, .. } => self.rewind(epoch, keep),
            Effect::Promote { epoch, .. } => config.is_some_and(|acks| self.promote(epoch, acks, out)),
            Effect::SetAcks { .. } => config.is_some_and(|acks| self.set_acks(acks, out)),
            Effect::Demote { epoch } => {
                if self.tenure().is_some_and(|tenure| tenure.epoch <= epoch) {
                    self.part = Part::Stopped;
                }
                true
            }
            // Not for a database.
            Effect::Fence { .. }
            | Effect::Load { .. }
            | Effect::ArmWatchdog { .. }
            | Effect::SendSnapshot { .. }
            | Effect::LoadSnapshot { .. } => true,
        }
    }

    fn follow(&mut self, from: NodeId, epoch: Epoch, out: &mut Signals) -> bool {
        if self.tenure().is_some() {
            return false;
        }
        self.part = Part::Receiving { from, epoch };
        out.push((from, Signal { epoch, talk: Talk::Connect }));
        true
    }

    fn rewind(&mut self, epoch: Epoch, keep: u64) -> bool {
        if self.tenure().is_some() || keep > self.log.len() {
            return false;
        }
        let history = Arc::new(self.log.history().cut(keep));
        self.log.apply(&LogChange::Write { keep, history, entries: Entries::default() });
        self.part = Part::Stopped;
        self.cut = epoch;
        true
    }

    fn promote(&mut self, epoch: Epoch, acks: Arc<Config>, out: &mut Signals) -> bool {
        if self.newest >= epoch || self.tenure().is_some() {
            return false;
        }
        let keep = self.log.len();
        let mut history = (**self.log.history()).clone();
        history.begin(epoch, keep);
        let history = Arc::new(history);
        self.log.apply(&LogChange::Write { keep, history, entries: Entries::default() });
        self.newest = epoch;
        let targets = acks.data();
        self.part = Part::Primary(Tenure { epoch, open: false, acks, held: NodeMap::default() });
        self.stream(epoch, targets, out);
        true
    }

    /// Once demoted there is nothing it could acknowledge.
    fn set_acks(&mut self, acks: Arc<Config>, out: &mut Signals) -> bool {
        let Part::Primary(tenure) = &mut self.part else { return true };
        let (epoch, newcomers) = (tenure.epoch, acks.data().minus(tenure.acks.data()));
        tenure.acks = acks;
        self.stream(epoch, newcomers, out);
        true
    }

    // ---- clients and other databases -------------------------------------------------------------------

    /// A client writes; under which epoch.
    pub fn write(&mut self, op: Op, out: &mut Signals) -> Option<Epoch> {
        let tenure = self.tenure().filter(|tenure| tenure.open)?;
        let (epoch, targets) = (tenure.epoch, tenure.acks.data());
        let (keep, history) = (self.log.len(), Arc::clone(self.log.history()));
        self.log.apply(&LogChange::Write { keep, history, entries: op.into() });
        let signal = Signal { epoch, talk: Talk::Stream(self.log.clone()) };
        out.extend(targets.iter().map(|to| (to, signal.clone())));
        Some(epoch)
    }

    /// A signal of another database arrives.
    pub fn receive(&mut self, from: NodeId, signal: &Signal, out: &mut Signals) {
        let epoch = signal.epoch;
        match &signal.talk {
            Talk::Connect if self.answers(epoch) => self.stream(epoch, NodeSet::one(from), out),
            Talk::Stream(log) if self.part == (Part::Receiving { from, epoch }) && self.lacks(log) => {
                self.log = log.clone();
                self.newest = self.newest.max(log.history().last_epoch());
                if log.history().last_epoch() == epoch && log.len() > log.history().last_start() {
                    out.push((from, Signal { epoch, talk: Talk::Flushed(log.len()) }));
                }
            }
            Talk::Flushed(len) => {
                if let Part::Primary(tenure) = &mut self.part
                    && tenure.epoch == epoch
                {
                    let known = tenure.held.get(from).copied().unwrap_or(0);
                    tenure.held.insert(from, known.max(*len));
                }
            }
            Talk::Connect | Talk::Stream(_) => {}
        }
    }

    /// Whether it sends its log to one who follows it under `epoch`. A primary of that epoch sends unasked.
    pub fn answers(&self, epoch: Epoch) -> bool {
        self.newest < epoch
    }

    /// Sends every beginning of its log: what the receiver lacks may arrive piece by piece.
    fn stream(&self, epoch: Epoch, to: NodeSet, out: &mut Signals) {
        for piece in pieces(&self.log) {
            let signal = Signal { epoch, talk: Talk::Stream(piece) };
            out.extend(to.iter().map(|to| (to, signal.clone())));
        }
    }

    /// Whether `theirs` continues its log.
    fn lacks(&self, theirs: &Log<Op>) -> bool {
        begins_with(theirs, &self.log) && theirs.position() > self.log.position()
    }

    /// Whether everything in `theirs` is in its log, under the same epoch or a newer one.
    pub fn includes(&self, theirs: &Log<Op>) -> bool {
        begins_with(&self.log, theirs) && theirs.position() <= self.log.position()
    }
}

/// Whether the entries of `short` are the first entries of `long`.
fn begins_with(long: &Log<Op>, short: &Log<Op>) -> bool {
    let len = short.len();
    len <= long.len() && short.history().common(len, long.history()) == len
}

/// The beginnings of a log, but for the empty one: up to each entry, and up to each mark.
fn pieces(log: &Log<Op>) -> Vec<Log<Op>> {
    let history = log.history();
    let mut pieces = Vec::new();
    for len in 0..=log.len() {
        let entries = log.slice(0, len).unwrap_or_default();
        let runs = |within: &dyn Fn(u64) -> bool| {
            let runs = history.runs().iter().copied().filter(|run| within(run.1)).collect();
            Arc::new(History::new(runs).expect("some of the runs of a history, in order"))
        };
        for history in [runs(&|start| start < len), runs(&|start| start <= len)] {
            let mut piece = Log::default();
            piece.apply(&LogChange::Write { keep: 0, history, entries: entries.clone() });
            if piece != Log::default() && pieces.last() != Some(&piece) {
                pieces.push(piece);
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{majority, node};
    use quorate::config::{ConfigId, Settings};

    fn epoch(number: u64) -> Epoch {
        Epoch::from_number(number)
    }

    fn config() -> Arc<Config> {
        Arc::new(Config::first(Settings::new(majority(3, Some(2))).unwrap()))
    }

    fn promote(database: &mut Database, number: u64, out: &mut Signals) -> bool {
        let effect = Effect::Promote { epoch: epoch(number), config: ConfigId::default() };
        database.carry_out(effect, Some(config()), out)
    }

    fn primary(number: u64) -> (Database, Signals) {
        let (mut database, mut out) = (Database::default(), Signals::new());
        assert!(promote(&mut database, number, &mut out));
        database.open(epoch(number));
        (database, out)
    }

    #[test]
    fn a_write_is_acknowledged_by_the_database_when_its_family_holds_it() {
        let (mut first, mut out) = primary(1);
        assert_eq!(first.write(7, &mut out), Some(epoch(1)));
        assert_eq!(first.acknowledged(node(0)), None);
        let mut second = Database::default();
        let follow = Effect::Follow { node: node(0), epoch: epoch(1) };
        assert!(second.carry_out(follow, None, &mut Signals::new()));
        let mut answers = Signals::new();
        for (to, signal) in &out {
            if *to == node(1) {
                second.receive(node(0), signal, &mut answers);
            }
        }
        assert_eq!(second.log, first.log);
        for (_, signal) in &answers {
            first.receive(node(1), signal, &mut Signals::new());
        }
        assert_eq!(first.acknowledged(node(0)), Some((epoch(1), 1)));
    }

    #[test]
    fn who_does_not_follow_takes_nothing() {
        let (_, out) = primary(1);
        let mut other = Database::default();
        for part in [Part::Stopped, Part::Receiving { from: node(0), epoch: epoch(2) }] {
            other.part = part;
            for (_, signal) in &out {
                other.receive(node(0), signal, &mut Signals::new());
            }
            assert_eq!(other.log, Log::default());
        }
    }

    #[test]
    fn an_epoch_is_promoted_once_and_no_older_one_after_it() {
        let (mut database, mut out) = primary(2);
        assert!(database.carry_out(Effect::Demote { epoch: epoch(2) }, None, &mut out));
        assert_eq!(database.part, Part::Stopped);
        for (number, possible) in [(1, false), (2, false), (3, true)] {
            assert_eq!(promote(&mut database, number, &mut out), possible, "{number}");
        }
    }

    #[test]
    fn a_primary_is_not_demoted_for_an_older_epoch() {
        let (mut database, mut out) = primary(2);
        database.carry_out(Effect::Demote { epoch: epoch(1) }, None, &mut out);
        assert!(database.tenure().is_some());
    }

    #[test]
    fn a_log_is_sent_piece_by_piece_and_a_diverged_one_is_not_continued() {
        let (mut database, mut out) = primary(1);
        database.write(1, &mut out);
        database.carry_out(Effect::Demote { epoch: epoch(1) }, None, &mut out);
        out.clear();
        promote(&mut database, 2, &mut out);
        let to_second: Vec<&Signal> = out.iter().filter(|(to, _)| *to == node(1)).map(|(_, s)| s).collect();
        assert_eq!(to_second.len(), 3, "mark of 1, entry, mark of 2: {to_second:?}");
        // Another epoch wrote its first entry.
        let (mut other, _) = primary(3);
        other.write(9, &mut Signals::new());
        other.part = Part::Receiving { from: node(0), epoch: epoch(2) };
        let before = other.log.clone();
        for signal in to_second {
            other.receive(node(0), signal, &mut Signals::new());
        }
        assert_eq!(other.log, before);
    }

    #[test]
    fn the_last_order_counts() {
        let follow = |at: usize, number| Effect::Follow { node: node(at), epoch: epoch(number) };
        let promote = |number| Effect::Promote { epoch: epoch(number), config: ConfigId::default() };
        assert!(replaces(Effect::StopReceiving { epoch: epoch(2) }, follow(0, 1)));
        assert!(!replaces(Effect::StopReceiving { epoch: epoch(2) }, follow(0, 2)));
        assert!(replaces(follow(1, 2), follow(0, 2)) && !replaces(follow(1, 1), follow(0, 2)));
        assert!(replaces(Effect::Demote { epoch: epoch(1) }, promote(1)));
        assert!(!replaces(Effect::Demote { epoch: epoch(1) }, promote(2)));
        assert!(!replaces(promote(1), Effect::Demote { epoch: epoch(1) }));
    }
}
