//! A small cluster in memory, every step of which is judged.

use quorate::config::{Config, Engine, Settings, Setup};
use quorate::disk::{Image, Record};
use quorate::failover::{Effect, Facts, Input, Message, Node, Output, Outputs, Refused};
use quorate::id::NodeId;
use quorate::outbox::Seq;
use quorate::time::{Instant, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// Messages that may be on their way at once; a further one is lost.
const CROWD: usize = 256;

/// The machine of one node: its disk, and what it still owes its node.
#[derive(Clone)]
pub(crate) struct Machine {
    pub(crate) node: Node<u8>,
    pub(crate) disk: Image<u8>,
    pub(crate) flushing: VecDeque<(Seq, Record<u8>)>,
    pub(crate) effects: VecDeque<Effect>,
}

/// Machines, and the messages on their way.
#[derive(Clone)]
pub(crate) struct Lab {
    pub(crate) now: Instant,
    pub(crate) setup: Arc<Setup>,
    pub(crate) machines: Vec<Machine>,
    pub(crate) wire: Vec<(NodeId, NodeId, Message<u8>)>,
}

impl Lab {
    pub(crate) fn new(setup: Setup, settings: Settings) -> Self {
        let config = Config::first(settings);
        let mut lab =
            Self { now: Instant::new(1000), setup: Arc::new(setup), machines: Vec::new(), wire: Vec::new() };
        for id in config.nodes().iter() {
            let disk = Image::first(config.clone());
            let node = Node::start(id, Arc::clone(&lab.setup), disk.clone(), lab.now, &mut Vec::new());
            let (flushing, effects) = (VecDeque::new(), VecDeque::new());
            lab.machines.push(Machine { node, disk, flushing, effects });
            lab.restart(id.index().into());
        }
        lab.settle(64);
        lab
    }

    /// Takes the machine at `at` down and starts it again from its disk.
    pub(crate) fn restart(&mut self, at: usize) {
        let (now, setup) = (self.now, Arc::clone(&self.setup));
        let machine = &mut self.machines[at];
        machine.flushing.clear();
        machine.effects.clear();
        let mut out = Vec::new();
        machine.node = Node::start(machine.node.id(), setup, machine.disk.clone(), now, &mut out);
        judge(&machine.node);
        self.take(at, out);
    }

    /// One input for the node at `at`, and everything that must hold of it.
    pub(crate) fn step(&mut self, at: usize, input: &Input<u8>) {
        let now = self.now;
        let before = self.machines[at].node.clone();
        let (mut twin, mut again, mut out) = (before.clone(), Vec::new(), Vec::new());
        twin.step(now, input.clone(), &mut again);
        let node = &mut self.machines[at].node;
        node.step(now, input.clone(), &mut out);
        assert!(*node == twin && out == again, "the same step twice is not the same: {input:?}");
        judge(node);
        if out.iter().any(|output| matches!(output, Output::Refused(why) if changes_nothing(why))) {
            assert_unchanged(before, now, input);
        } else if *input == Input::Tick && before.deadline().is_some_and(|due| due <= now) {
            let next = node.deadline();
            assert!(next.is_none_or(|next| next > now), "heard at {now:?}, a timer is due again at {next:?}");
        }
        self.take(at, out);
    }

    fn take(&mut self, at: usize, out: Outputs<u8>) {
        let machine = &mut self.machines[at];
        for output in out {
            match output {
                Output::Persist { seq, record } => machine.flushing.push_back((seq, record)),
                Output::Send { to, message } if self.wire.len() < CROWD => {
                    self.wire.push((machine.node.id(), to, message));
                }
                Output::Do(effect) => machine.effects.push_back(effect),
                Output::Send { .. } | Output::Tell(_) | Output::Refused(_) => {}
            }
        }
    }

    /// The oldest record of the machine at `at` is on disk; whether there was one.
    pub(crate) fn flush(&mut self, at: usize) -> bool {
        let Some((seq, record)) = self.machines[at].flushing.pop_front() else { return false };
        self.machines[at].disk.apply(&record);
        self.step(at, &Input::Durable(seq));
        true
    }

    /// The message at `place` arrives, and perhaps stays on its way as well.
    pub(crate) fn deliver(&mut self, place: usize, stays: bool) {
        let (from, to, message) = if stays { self.wire[place].clone() } else { self.wire.remove(place) };
        let at = usize::from(to.index());
        if at < self.machines.len() {
            self.step(at, &Input::Message { from, message });
        }
    }

    /// The oldest effect that the node at `at` asked for is done, or failed. A database shows `facts`, or what its
    /// node expects of it.
    pub(crate) fn done(&mut self, at: usize, ok: bool, facts: Option<Facts>) -> bool {
        let Some(effect) = self.machines[at].effects.pop_front() else { return false };
        let facts = facts.or_else(|| self.expected(at, effect));
        self.step(at, &Input::EffectDone { effect, ok, facts });
        true
    }

    /// What a database shows after an effect if it does what its node expects.
    fn expected(&self, at: usize, effect: Effect) -> Option<Facts> {
        let node = &self.machines[at].node;
        if self.setup.engine == Engine::Own {
            return None;
        }
        let (mut history, mut flushed) = ((**node.log().history()).clone(), node.log().len());
        match effect {
            Effect::Promote { epoch, .. } if history.last_epoch() < epoch => history.begin(epoch, flushed),
            Effect::Rewind { keep, .. } => {
                history = history.cut(keep);
                flushed = flushed.min(keep);
            }
            _other => {}
        }
        Some(Facts { history: Arc::new(history), flushed })
    }

    /// Flushes, confirms and delivers, up to so many messages: hostile ones may keep nodes talking for as long as there
    /// are epochs.
    pub(crate) fn settle(&mut self, messages: usize) {
        for _ in 0..messages {
            for at in 0..self.machines.len() {
                while self.flush(at) || self.done(at, true, None) {}
            }
            if self.wire.is_empty() {
                return;
            }
            self.deliver(0, false);
        }
    }

    pub(crate) fn pass(&mut self, units: u64) {
        self.now = self.now.after(Span::new(units));
    }
}

fn judge(node: &Node<u8>) {
    if let Err(violation) = node.check() {
        panic!("{violation}: {node:?}");
    }
}

/// Whether an input that is refused for this reason has done nothing. A vote that is not given may still bring news of
/// an epoch, and who finds every epoch used up may have lost its role.
fn changes_nothing(why: &Refused) -> bool {
    !matches!(why, Refused::Vote { .. } | Refused::EpochsExhausted)
}

/// `input` does what any input does at this moment – the clock is read, an effect that is awaited may be asked for
/// again – and otherwise nothing but be refused.
fn assert_unchanged(mut node: Node<u8>, now: Instant, input: &Input<u8>) {
    let nothing = Input::Durable(Seq::default());
    node.step(now, nothing.clone(), &mut Vec::new());
    let (mut idle, mut usual) = (node.clone(), Vec::new());
    idle.step(now, nothing, &mut usual);
    let (mut refuser, mut out) = (node, Vec::new());
    refuser.step(now, input.clone(), &mut out);
    // What was refused because it came a moment too early is taken now: a role begins, or ends, at this moment.
    if !out.iter().any(|output| matches!(output, Output::Refused(_))) {
        return;
    }
    out.retain(|output| matches!(output, Output::Refused(_)) || !usual.contains(output));
    let traceless = refuser == idle && matches!(&out[..], [Output::Refused(_)]);
    assert!(traceless, "refused, and not without a trace: {input:?} put out {out:?}");
}
