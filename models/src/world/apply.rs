//! States, what can happen in them, and making it happen.

use super::choice::{Choice, Envelope, Landing};
use super::history::{History, Operation};
use super::local::{Act, Caused, Local, NOW, Op, is_off};
use super::model::{Driver, Model, ModelError, Network, Scope, node};
use super::reduce::{self, Reductions, Symmetry, is_consumed, is_dead};
use super::shared::Shared;
use crate::invariant::{Invariant, state as judge};
use quorate::commit::ReadKind;
use quorate::config::{Config, Settings, Setup};
use quorate::disk::Image;
use quorate::failover::{Body, Effect, Event, Message, Node, Phase, Refused, Request};
use quorate::id::{Epoch, NodeId, NodeSet, Position};
use quorate::lease::Register;
use quorate::rule::{Rule, RuleSet, without};
use quorate::time::Span;
use std::sync::Arc;

/// A model, ready to run.
#[derive(Clone, Debug)]
pub struct World {
    /// What it was made from.
    pub model: Model,
    setup: Arc<Setup>,
    config: Config,
    targets: Vec<Settings>,
    off: RuleSet,
    reductions: Reductions,
    symmetry: Symmetry,
}

/// Everything at one moment.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// The machines.
    pub machines: Vec<Shared<Local>>,
    /// The messages on their way, sorted. On `any` network a set.
    pub network: Vec<Shared<Envelope>>,
    /// The resource, and what the network does.
    pub outside: Outside,
    /// What is left of each budget.
    pub budget: Budget,
    /// What only the checker knows.
    pub history: Shared<History>,
}

/// A partition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Cut {
    /// From these nodes to the others nothing arrives.
    pub side: NodeSet,
    /// Nor the other way.
    pub both: bool,
}

/// The resource, the writes on their way to it, and the state of the links.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Outside {
    /// The newest token installed at the resource.
    pub register: Register,
    /// Writes on their way to it.
    pub landing: Vec<Landing>,
    /// Between whom messages do not arrive.
    pub cut: Option<Cut>,
    /// Machines that do nothing.
    pub paused: NodeSet,
}

/// What is left of each budget.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[allow(missing_docs)]
pub struct Budget {
    pub writes: u8,
    pub reads: u8,
    pub crashes: u8,
    pub flush_failures: u8,
    pub drops: u8,
    pub duplicates: u8,
    pub partitions: u8,
    pub pauses: u8,
    pub suspends: u8,
    pub doubts: u8,
    pub switchovers: u8,
    pub losses: u8,
    pub poweroffs: u8,
    pub compactions: u8,
    /// The next settings to change to.
    pub change: u8,
}

impl Budget {
    fn of(scope: &Scope) -> Self {
        Self {
            writes: scope.writes,
            reads: scope.reads,
            crashes: scope.crashes,
            flush_failures: scope.flush_failures,
            drops: scope.drops,
            duplicates: scope.duplicates,
            partitions: scope.partitions,
            pauses: scope.pauses,
            suspends: scope.suspends,
            doubts: scope.doubts,
            switchovers: scope.switchovers,
            losses: scope.losses,
            poweroffs: scope.poweroffs,
            compactions: scope.compactions,
            change: 0,
        }
    }
}

impl State {
    /// The node of a machine that is up.
    pub fn node(&self, id: NodeId) -> Option<&Node<Op>> {
        self.machines.get(usize::from(id.index()))?.node.as_ref()
    }

    /// A machine.
    pub fn machine(&self, id: NodeId) -> &Local {
        &self.machines[usize::from(id.index())]
    }

    /// The machines, by name.
    pub fn machines(&self) -> impl Iterator<Item = (NodeId, &Local)> {
        self.machines.iter().enumerate().map(|(index, local)| (node(index), &**local))
    }
}

impl World {
    /// Prepares a model.
    pub fn new(model: Model) -> Result<Self, ModelError> {
        model.check()?;
        let off = model.rules_off()?;
        let (setup, config, targets) =
            without(off, || Ok::<_, ModelError>((model.setup()?, model.config()?, model.targets()?)))?;
        let symmetry = Symmetry::default();
        let setup = Arc::new(setup);
        let mut world = Self { model, setup, config, targets, off, reductions: Reductions::ALL, symmetry };
        world.symmetry = Symmetry::of(&world.model, &world.initial());
        Ok(world)
    }

    /// The same world with these reductions.
    #[must_use]
    pub fn reduced_by(self, reductions: Reductions) -> Self {
        Self { reductions, ..self }
    }

    /// The reductions in use. On a counted network only symmetry is.
    pub fn reductions(&self) -> Reductions {
        let any = self.model.scope.network == Network::Any;
        let Reductions { dead, dominated, symmetry } = self.reductions;
        Reductions { dead: dead && any, dominated: dominated && any, symmetry }
    }

    /// The scope.
    pub fn scope(&self) -> &Scope {
        &self.model.scope
    }

    /// How every node is set up.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The rules that are switched off.
    pub fn rules_off(&self) -> RuleSet {
        self.off
    }

    /// The first state: every machine started, nothing said.
    pub fn initial(&self) -> State {
        without(self.off, || {
            let machine = |index| {
                Shared::new(Local::new(node(index), &self.setup, Image::first(self.config.clone())))
            };
            State {
                machines: (0..usize::from(self.model.nodes)).map(machine).collect(),
                network: Vec::new(),
                outside: Outside::default(),
                budget: Budget::of(&self.model.scope),
                history: Shared::new(History::default()),
            }
        })
    }

    /// What can happen next, in a fixed order. Some choices change nothing; [`World::apply`] says so.
    pub fn choices(&self, state: &State) -> Vec<Choice> {
        if state.history.broken.is_some() {
            return Vec::new();
        }
        let mut choices = Vec::new();
        without(self.off, || {
            self.choose_machines(state, &mut choices);
            self.choose_messages(state, &mut choices);
            self.choose_outside(state, &mut choices);
            self.choose_clients(state, &mut choices);
            self.choose_operators(state, &mut choices);
            self.choose_time(state, &mut choices);
        });
        if self.reductions.symmetry {
            self.symmetry.reduce(state, &mut choices);
        }
        choices
    }

    fn choose_machines(&self, state: &State, choices: &mut Vec<Choice>) {
        let Budget { crashes, flush_failures, doubts, .. } = state.budget;
        for (id, local) in state.machines() {
            let Some(running) = &local.node else {
                choices.push(Choice::Restart(id));
                continue;
            };
            if state.outside.paused.contains(id) {
                continue;
            }
            let silent = running.phase().is_some() && !self.model.scope.beats;
            if !silent && running.deadline().is_some_and(|deadline| deadline <= NOW) {
                choices.push(Choice::Tick(id));
            }
            if !local.flight.is_empty() {
                choices.push(Choice::Flush(id));
                if flush_failures > 0 {
                    choices.push(Choice::FailFlush(id));
                }
            }
            if crashes > 0 {
                for kept in 0..=local.flight.len() {
                    choices.push(Choice::Crash { node: id, kept, torn: false });
                    if local.may_tear(kept) {
                        choices.push(Choice::Crash { node: id, kept, torn: true });
                    }
                }
            }
            if doubts > 0 && running.lease(NOW).is_some() {
                choices.push(Choice::Doubt(id));
            }
        }
    }

    fn choose_messages(&self, state: &State, choices: &mut Vec<Choice>) {
        let Budget { drops, duplicates, .. } = state.budget;
        let mut last: Option<&Shared<Envelope>> = None;
        for envelope in &state.network {
            if last.replace(envelope) == Some(envelope) {
                // A second copy behaves like the first.
                continue;
            }
            let up = state.node(envelope.to).is_some() && !state.outside.paused.contains(envelope.to);
            if up && !state.outside.severs(envelope.from, envelope.to) {
                choices.push(Choice::Deliver(envelope.clone()));
            }
            if drops > 0 {
                choices.push(Choice::Drop(envelope.clone()));
            }
            if duplicates > 0 {
                choices.push(Choice::Duplicate(envelope.clone()));
            }
        }
    }

    fn choose_outside(&self, state: &State, choices: &mut Vec<Choice>) {
        for (id, local) in state.machines() {
            if !state.outside.paused.contains(id) {
                choices.extend(local.effects.iter().map(|effect| Choice::Done(id, *effect)));
            }
        }
        choices.extend(state.outside.landing.iter().copied().map(Choice::Land));
        let all = NodeSet::first(self.model.nodes);
        if state.outside.cut.is_some() {
            choices.push(Choice::Heal);
        } else if state.budget.partitions > 0 {
            for side in all.subsets().filter(|side| !side.is_empty() && *side != all) {
                choices.push(Choice::Partition { side, both: false });
                if side.contains(node(0)) {
                    choices.push(Choice::Partition { side, both: true });
                }
            }
        }
        for id in all.iter() {
            if state.outside.paused.contains(id) {
                choices.push(Choice::Resume(id));
            } else if state.budget.pauses > 0 && state.node(id).is_some() {
                choices.push(Choice::Pause(id));
            }
        }
    }

    fn choose_clients(&self, state: &State, choices: &mut Vec<Choice>) {
        let Budget { writes, reads, .. } = state.budget;
        for (id, local) in state.machines() {
            let Some(running) = &local.node else { continue };
            if state.outside.paused.contains(id) {
                continue;
            }
            let covered = self.setup.lease.is_none() || running.lease(NOW).is_some();
            if writes > 0 && running.is_serving() && covered {
                choices.push(Choice::Write(id));
            }
            if state.history.reads.iter().any(|read| read.node == id && read.at.is_some()) {
                choices.push(Choice::ConfirmRead(id));
            }
            if reads > 0 && state.history.reads.is_empty() {
                if running.lease(NOW).is_some() {
                    choices.push(Choice::ReadByLease(id));
                }
                if running.primary() == Some(id) {
                    choices.push(Choice::ReadByQuorum(id));
                }
                if state.history.token > Position::default() {
                    choices.push(Choice::ReadByToken(id));
                }
            }
        }
    }

    fn choose_operators(&self, state: &State, choices: &mut Vec<Choice>) {
        let Budget { switchovers, losses, poweroffs, compactions, change, .. } = state.budget;
        let target = usize::from(change);
        for (id, local) in state.machines() {
            let Some(running) = &local.node else { continue };
            let leads = running.primary() == Some(id);
            if leads && switchovers > 0 {
                let others = running.members().without(id);
                choices.extend(others.iter().map(|to| Choice::Switchover(id, to)));
            }
            if leads && running.is_serving() && target < self.targets.len() {
                choices.push(Choice::Change(id, target));
            }
            if !leads && losses > 0 {
                choices.push(Choice::AcceptLoss(id));
            }
            if !leads && poweroffs > 0 {
                if let Some(primary) = running.primary().filter(|primary| state.node(*primary).is_some()) {
                    choices.push(Choice::PowerOff { node: primary, told: id });
                }
            }
            if compactions > 0 && running.committed() > running.log().base() {
                choices.push(Choice::Compact(id));
            }
        }
    }

    fn choose_time(&self, state: &State, choices: &mut Vec<Choice>) {
        let Some([slow, fast]) = self.model.scope.rates else { return };
        let suspend = state.budget.suspends > 0 && is_off(Rule::ClockCountsSuspend);
        let mut ways: Vec<Vec<u8>> = vec![Vec::new()];
        for index in 0..usize::from(self.model.nodes) {
            let rates = match (self.reductions().dominated, slow == fast) {
                (true, _) => reduce::worst_rates(state, node(index), slow, fast),
                (false, true) => vec![slow],
                (false, false) => vec![slow, fast],
            };
            ways = ways.iter().flat_map(|way| rates.iter().map(move |rate| [&way[..], &[*rate]].concat())).collect();
        }
        if suspend {
            // One machine is suspended and its clock, against the contract, stands still.
            let stopped: Vec<_> = (0..usize::from(self.model.nodes))
                .flat_map(|index| {
                    ways.iter().map(move |way| {
                        let mut way = way.clone();
                        way[index] = 0;
                        way
                    })
                })
                .collect();
            ways.extend(stopped);
            ways.sort_unstable();
            ways.dedup();
        }
        choices.extend(ways.into_iter().map(Choice::Pass));
    }

    /// The state after `choice`; `None` if it changes nothing or leads outside the scope.
    pub fn apply(&self, state: &State, choice: &Choice) -> Option<State> {
        let next = without(self.off, || self.happen(state, choice))?;
        (next != *state).then_some(next)
    }

    fn happen(&self, state: &State, choice: &Choice) -> Option<State> {
        let mut next = state.clone();
        match choice {
            Choice::Deliver(envelope) => {
                let timed = self.model.scope.rates.is_some();
                let once = timed && self.reductions().dominated && is_consumed(envelope);
                if once || self.model.scope.network == Network::Counted {
                    next.take(envelope);
                }
                let Envelope { from, to, message } = (**envelope).clone();
                self.act(&mut next, to, Act::Deliver(from, message))?;
            }
            Choice::Drop(envelope) => {
                next.budget.drops -= 1;
                next.take(envelope);
            }
            Choice::Duplicate(envelope) => {
                next.budget.duplicates -= 1;
                next.put(envelope.clone());
            }
            Choice::Tick(id) => self.act(&mut next, *id, Act::Tick)?,
            Choice::Flush(id) => self.act(&mut next, *id, Act::Flush)?,
            Choice::FailFlush(id) => {
                next.budget.flush_failures -= 1;
                self.act(&mut next, *id, Act::FailFlush)?;
            }
            Choice::Crash { node, kept, torn } => {
                next.budget.crashes -= 1;
                self.crash(&mut next, *node, *kept, *torn)?;
            }
            Choice::Restart(id) => self.act(&mut next, *id, Act::Restart)?,
            Choice::Doubt(id) => {
                next.budget.doubts -= 1;
                self.act(&mut next, *id, Act::Doubt)?;
            }
            Choice::Done(id, effect) => self.done(&mut next, *id, *effect)?,
            Choice::Land(landing) => land(&mut next, *landing),
            Choice::Write(id) => self.write(&mut next, *id)?,
            Choice::ReadByLease(id) => self.read(&mut next, *id, ReadKind::Lease)?,
            Choice::ReadByQuorum(id) => self.read(&mut next, *id, ReadKind::Quorum)?,
            Choice::ReadByToken(id) => {
                let token = next.history.token;
                self.read(&mut next, *id, ReadKind::Token(token))?;
            }
            Choice::ConfirmRead(id) => self.confirm(&mut next, *id)?,
            Choice::Switchover(..)
            | Choice::AcceptLoss(_)
            | Choice::Change(..)
            | Choice::PowerOff { .. }
            | Choice::Compact(_) => self.operate(&mut next, choice)?,
            Choice::Pass(ticks) => self.pass(&mut next, ticks)?,
            Choice::Partition { side, both } => {
                next.budget.partitions -= 1;
                next.outside.cut = Some(Cut { side: *side, both: *both });
            }
            Choice::Heal => next.outside.cut = None,
            Choice::Pause(id) => {
                next.budget.pauses -= 1;
                next.outside.paused.insert(*id);
            }
            Choice::Resume(id) => next.outside.paused.remove(*id),
        }
        self.prune(&mut next);
        Some(next)
    }

    // ---- machines --------------------------------------------------------------------------------------

    /// Lets something happen to one machine; `None` if it leads outside the scope.
    fn act(&self, state: &mut State, id: NodeId, act: Act) -> Option<()> {
        let index = usize::from(id.index());
        let mut local = (*state.machines[index]).clone();
        let mut caused = Caused::default();
        let blocking = self.model.scope.driver == Driver::Blocking;
        local.act(id, &self.setup, act, blocking, &mut caused);
        if local.node.as_ref().is_some_and(|node| node.epoch().term() > self.model.scope.epochs) {
            return None;
        }
        self.record(state, id, &local, &caused);
        state.machines[index] = Shared::new(local);
        for (to, message) in caused.sent {
            if usize::from(to.index()) < state.machines.len() && self.travels(&message) {
                self.send(state, Shared::new(Envelope { from: id, to, message }));
            }
        }
        Some(())
    }

    fn send(&self, state: &mut State, envelope: Shared<Envelope>) {
        match self.model.scope.network {
            Network::Any if self.reductions.dominated => reduce::send(&mut state.network, envelope),
            Network::Any if state.network.binary_search(&envelope).is_ok() => {}
            Network::Any | Network::Counted => state.put(envelope),
        }
    }

    fn travels(&self, message: &Message<Op>) -> bool {
        self.model.scope.refusals || !matches!(message.body, Body::Refused { .. })
    }

    /// Folds what a machine did into the history, and judges the step.
    fn record(&self, state: &mut State, id: NodeId, local: &Local, caused: &Caused) {
        let mut history = (*state.history).clone();
        let life = local.node.as_ref().map_or(local.disk.hard.incarnation, |node| node.hard().incarnation);
        for event in &caused.told {
            fold(&mut history, id, life, local, *event);
        }
        for refused in &caused.refused {
            if let Refused::Impossible { from, what } = refused {
                history.violate(Invariant::MessagesArePossible, format!("{id} refuses a message of {from}: {what:?}"));
            }
        }
        for (_, message) in &caused.sent {
            if let Err(why) = judge::gates_hold(id, message, &local.disk, &self.setup) {
                history.violate(Invariant::GatesHold, why);
            }
        }
        if let Some(Err(violation)) = local.node.as_ref().map(Node::check) {
            history.violate(Invariant::LocalInvariants, violation.to_string());
        }
        if history != *state.history {
            state.history = Shared::new(history);
        }
    }

    fn crash(&self, state: &mut State, id: NodeId, kept: usize, torn: bool) -> Option<()> {
        let mut history = (*state.history).clone();
        history.reads.retain(|read| read.node != id);
        state.history = Shared::new(history);
        state.outside.paused.remove(id);
        self.act(state, id, Act::Crash { kept, torn })
    }

    // ---- the outside -----------------------------------------------------------------------------------

    /// An effect reaches the resource and its result the node.
    fn done(&self, state: &mut State, id: NodeId, effect: Effect) -> Option<()> {
        let ok = match effect {
            Effect::Fence { epoch } => state.outside.register.install(epoch),
            Effect::Load { epoch } => {
                let current = state.outside.register.admits(epoch);
                if current {
                    let mut history = (*state.history).clone();
                    history.loaded = history.loaded.max(epoch);
                    state.history = Shared::new(history);
                }
                current
            }
            Effect::StopReceiving { .. }
            | Effect::Follow { .. }
            | Effect::Rewind { .. }
            | Effect::Promote { .. }
            | Effect::SetAcks { .. }
            | Effect::Demote { .. }
            | Effect::ArmWatchdog { .. }
            | Effect::SendSnapshot { .. }
            | Effect::LoadSnapshot { .. } => true,
        };
        self.act(state, id, Act::Done(effect, ok))
    }

    // ---- clients and operators -------------------------------------------------------------------------

    fn write(&self, state: &mut State, id: NodeId) -> Option<()> {
        state.budget.writes -= 1;
        let mut history = (*state.history).clone();
        history.issued += 1;
        let op = history.issued;
        if self.model.scope.reads > 0 {
            history.operations.push(Operation::Write(op));
        }
        state.history = Shared::new(history);
        if self.model.node.fenced {
            let epoch = state.node(id)?.epoch();
            state.outside.landing.push(Landing { from: id, epoch, op });
            state.outside.landing.sort_unstable();
            return Some(());
        }
        self.act(state, id, Act::Ask(Request::Write(vec![op])))
    }

    fn read(&self, state: &mut State, node: NodeId, kind: ReadKind) -> Option<()> {
        let id = u64::from(state.budget.reads);
        state.budget.reads -= 1;
        let mut history = (*state.history).clone();
        history.read_began(node, id, kind);
        state.history = Shared::new(history);
        self.act(state, node, Act::Ask(Request::Read { id, kind }))?;
        let refused = state.node(node).is_none_or(|node| node.waiting_reads() == 0)
            && state.history.reads.iter().any(|read| read.at.is_none());
        if refused {
            let mut history = (*state.history).clone();
            history.read_failed(node, id);
            state.history = Shared::new(history);
        }
        Some(())
    }

    fn confirm(&self, state: &mut State, node: NodeId) -> Option<()> {
        let read = *state.history.reads.iter().find(|read| read.node == node)?;
        let request = Request::ConfirmRead { id: read.id, at: read.at? };
        self.act(state, node, Act::Ask(request))?;
        let mut history = (*state.history).clone();
        history.read_failed(node, read.id);
        state.history = Shared::new(history);
        Some(())
    }

    fn operate(&self, state: &mut State, choice: &Choice) -> Option<()> {
        let budget = &mut state.budget;
        let (id, request) = match choice {
            Choice::Switchover(id, to) => {
                budget.switchovers -= 1;
                (*id, Request::Switchover { to: *to })
            }
            Choice::AcceptLoss(id) => {
                budget.losses -= 1;
                (*id, Request::Recover { accept_loss: true })
            }
            Choice::Change(id, target) => {
                budget.change += 1;
                (*id, Request::Change(Box::new(self.targets[*target].clone())))
            }
            Choice::PowerOff { node, told } => {
                budget.poweroffs -= 1;
                if !is_off(Rule::PowerOffIsConfirmed) {
                    self.crash(state, *node, 0, false)?;
                }
                (*told, Request::PoweredOff(*node))
            }
            Choice::Compact(id) => {
                budget.compactions -= 1;
                (*id, Request::Compact { base: state.node(*id)?.committed() })
            }
            _not_an_operators => return None,
        };
        self.act(state, id, Act::Ask(request))
    }

    // ---- time and network ------------------------------------------------------------------------------

    fn pass(&self, state: &mut State, ticks: &[u8]) -> Option<()> {
        for index in 0..ticks.len() {
            self.act(state, node(index), Act::Age(ticks.to_vec()))?;
        }
        if ticks.contains(&0) {
            state.budget.suspends -= 1;
        }
        let horizon = stamp_horizon(&self.setup);
        let travelling = std::mem::take(&mut state.network);
        for envelope in travelling {
            let Envelope { from, to, message } = (*envelope).clone();
            let clock = message.stamped_by(from, to);
            let by = Span::new(u64::from(ticks[usize::from(clock.index())]));
            let message = shrink_busy(message, ticks[usize::from(to.index())]);
            if let Some(message) = message.aged(NOW, by, horizon) {
                self.send(state, Shared::new(Envelope { from, to, message }));
            }
        }
        Some(())
    }

    /// Removes messages that can never again do anything.
    fn prune(&self, state: &mut State) {
        if self.reductions().dead {
            let machines = &state.machines;
            let machine = |id: NodeId| &*machines[usize::from(id.index())];
            let dead = |e: &Envelope| is_dead(e, machine(e.from), machine(e.to), &self.model.scope);
            state.network.retain(|envelope| !dead(envelope));
        }
    }
}

impl Outside {
    /// Whether a message from `from` does not reach `to`.
    pub fn severs(&self, from: NodeId, to: NodeId) -> bool {
        self.cut.is_some_and(|Cut { side, both }| {
            let (out, back) = (side.contains(from), side.contains(to));
            out != back && (out || both)
        })
    }
}

impl State {
    fn put(&mut self, envelope: Shared<Envelope>) {
        let at = self.network.partition_point(|other| *other < envelope);
        self.network.insert(at, envelope);
    }

    fn take(&mut self, envelope: &Shared<Envelope>) {
        if let Ok(at) = self.network.binary_search(envelope) {
            self.network.remove(at);
        }
    }
}

/// A stamp older than this can no longer matter to the clock that made it.
fn stamp_horizon(setup: &Setup) -> Span {
    let lease = setup.lease.map_or(Span::ZERO, |lease| lease.hold());
    lease.max(setup.timing.contact.unwrap_or(Span::ZERO)).plus(Span::new(2))
}

/// The control that lets a reported obligation shrink while it travels, on the receiver's clock.
fn shrink_busy(message: Message<Op>, by: u8) -> Message<Op> {
    let Message { epoch, body } = message;
    let body = match body {
        Body::Granted { promise, busy: Some(busy) } if is_off(Rule::BusyStaysWhole) => {
            let by = Span::new(u64::from(by));
            Body::Granted { promise, busy: (busy >= by).then(|| busy.minus(by)) }
        }
        other => other,
    };
    Message { epoch, body }
}

/// A write reaches the resource.
fn land(state: &mut State, landing: Landing) {
    state.outside.landing.retain(|other| *other != landing);
    let Landing { from, epoch, op } = landing;
    if state.outside.register.admits(epoch) && epoch < state.history.loaded {
        let mut history = (*state.history).clone();
        let newer: Epoch = history.loaded;
        let why = format!("write w{op} of {from} under {epoch} was applied after {newer} had read the resource");
        history.violate(Invariant::FencedWrites, why);
        state.history = Shared::new(history);
    }
}

/// What a node told, as a step of the history.
fn fold(history: &mut History, id: NodeId, life: u32, local: &Local, event: Event) {
    let log = local.log();
    match event {
        Event::Elected { epoch } => history.elected(epoch, id, life),
        Event::Established { epoch, .. } => history.established(epoch, id, log),
        Event::Accepted { epoch, from, to } => {
            for op in (from..to).filter_map(|index| log.get(index)) {
                history.appended(epoch, id, *op);
            }
        }
        Event::Committed { epoch, to } => {
            let leads = local.node.as_ref().and_then(Node::phase).is_some_and(Phase::has_begun);
            if leads {
                history.acknowledged(epoch, id, to, log);
            } else {
                history.learned(id, to, log, epoch.generation());
            }
        }
        Event::ReadAt { id: read, at } => history.read_placed(id, read, at, log),
        Event::ReadConfirmed { id: read } => history.read_ended(id, read, log),
        Event::ReadLost { id: read, .. } | Event::ReadFailed { id: read } => history.read_failed(id, read),
        Event::Serving { .. }
        | Event::Deposed { .. }
        | Event::Following { .. }
        | Event::Truncated { .. }
        | Event::LossAccepted { .. }
        | Event::Configured { .. }
        | Event::Degraded { .. }
        | Event::Strengthened { .. }
        | Event::HandedOver { .. }
        | Event::EffectFailed(_)
        | Event::ClockDoubted
        | Event::Halted(_) => {}
    }
}
