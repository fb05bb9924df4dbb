//! Making a choice happen.
//!
//! Everything that happens to a machine is a function of its seat, what is around, and the choice
//! ([`World::step`]); what it sends is then put into the inboxes of the others ([`World::receive`]). A whole
//! state is only ever put together from these.

use super::World;
use super::choice::{Choice, Envelope, Landing, Wire};
use super::history::Operation;
use super::local::{Act, Caused, Local, NOW, Note, Op};
use super::model::{Driver, Network};
use super::reduce;
use super::shared::Shared;
use super::state::{Around, Cut, Inbox, Seat, State};
use crate::invariant::{Broken, Invariant, state as judge};
use quorate::commit::ReadKind;
use quorate::failover::{Body, Effect, Event, Message, Node, Phase, Refused, Request};
use quorate::id::{Epoch, NodeId};
use quorate::rule::{Rule, is_off, without};
use quorate::time::Span;

/// What comes of a choice at one machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The seat afterwards.
    pub seat: Seat,
    /// What it sent.
    pub sent: Vec<Shared<Envelope>>,
    /// What is around afterwards.
    pub around: Around,
}

impl World {
    /// The state after `choice`; `None` if it changes nothing or leads outside the scope.
    pub fn apply(&self, state: &State, choice: &Choice) -> Option<State> {
        let next = match (choice, choice.node()) {
            (Choice::Pass(ticks), _) => self.pass(state, ticks)?,
            (_, Some(id)) => {
                let step = self.step(id, state.seat(id), &state.around, choice)?;
                self.settle(state, id, step)
            }
            (_, None) => {
                let mut around = (*state.around).clone();
                self.happen_around(&mut around, choice);
                State { seats: state.seats.clone(), around: Shared::new(around) }
            }
        };
        (next != *state).then_some(next)
    }

    /// Puts what one machine did into the whole.
    fn settle(&self, state: &State, id: NodeId, step: Step) -> State {
        let Step { seat, sent, around } = step;
        let mut next = state.clone();
        let epoch = seat.machine.disk.hard.epoch();
        if epoch > state.machine(id).disk.hard.epoch() {
            for other in &mut next.seats {
                *other = self.forget(other, id, epoch);
            }
        }
        next.seats[usize::from(id.index())] = seat;
        for envelope in sent {
            let to = &mut next.seats[usize::from(envelope.to.index())];
            *to = self.receive(to, std::slice::from_ref(&envelope));
        }
        if around != *state.around {
            next.around = Shared::new(around);
        }
        next
    }

    // ---- one machine -----------------------------------------------------------------------------------

    /// What comes of `choice` at the machine `id`; `None` if it leads outside the scope.
    pub fn step(&self, id: NodeId, seat: &Seat, around: &Around, choice: &Choice) -> Option<Step> {
        without(self.off, || {
            let mut at =
                Bench { world: self, id, seat: seat.clone(), sent: Vec::new(), around: around.clone() };
            at.happen(choice)?;
            let Bench { seat, sent, around, .. } = at;
            let seat = self.bury(&seat);
            Some(Step { seat, sent, around })
        })
    }

    /// The machine and everything it causes; `None` if it leads outside the scope.
    fn outcome(&self, id: NodeId, local: &Local, act: &Act) -> Option<(Local, Caused)> {
        let mut local = local.clone();
        let mut caused = Caused::default();
        let blocking = self.model.scope.driver == Driver::Blocking;
        local.act(id, self.setup(id), act, blocking, &mut caused);
        let inside = local.node.as_ref().is_none_or(|node| node.epoch().term() <= self.model.scope.epochs);
        inside.then_some((local, caused))
    }

    fn travels(&self, to: NodeId, wire: &Wire) -> bool {
        let refusal = matches!(wire, Wire::Node(Message { body: Body::Refused { .. }, .. }));
        to.index() < self.model.nodes && (self.model.scope.refusals || !refusal)
    }

    /// What the history has to know of what a machine did, and whether the step itself broke an invariant.
    fn note(&self, id: NodeId, local: &Local, caused: &Caused) -> Option<Note> {
        let impossible = caused.refused.iter().find_map(|refused| match refused {
            Refused::Impossible { from, what } => Some(Broken {
                invariant: Invariant::MessagesArePossible,
                why: format!("{id} refuses a message of {from}: {what:?}"),
            }),
            _ordinary => None,
        });
        let early = || {
            let gate = |(to, wire): &(NodeId, Wire)| {
                let Wire::Node(message) = wire else { return None };
                // A lease is as long as the one who asked for it wanted.
                let asked = self.setups.get(usize::from(to.index())).and_then(|setup| setup.lease);
                judge::gates_hold(id, message, local, asked).err()
            };
            let why = caused.sent.iter().find_map(gate)?;
            Some(Broken { invariant: Invariant::GatesHold, why })
        };
        let local_broken = || {
            let violation = local.node.as_ref().map(Node::check)?.err()?;
            Some(Broken { invariant: Invariant::LocalInvariants, why: violation.to_string() })
        };
        let broken = impossible.or_else(early).or_else(local_broken);
        let broken = broken.filter(|broken| self.heeds(broken.invariant));
        let told: Vec<Event> = caused.told.iter().copied().filter(|event| Note::matters(*event)).collect();
        let Caused { written, acked, .. } = *caused;
        if told.is_empty() && broken.is_none() && written.is_none() && acked.is_none() {
            return None;
        }
        let node = local.node.as_ref();
        let life = node.map_or(local.disk.hard.incarnation, |node| node.hard().incarnation);
        let begun = node.and_then(Node::phase).is_some_and(Phase::has_begun);
        let harm_only = self.model.scope.harm_only;
        Some(Note { who: id, life, begun, harm_only, written, acked, told, log: local.log().clone(), broken })
    }

    // ---- messages --------------------------------------------------------------------------------------

    /// The seat with messages added to those on their way to it.
    pub fn receive(&self, seat: &Seat, messages: &[Shared<Envelope>]) -> Seat {
        let mut inbox = (*seat.inbox).clone();
        for envelope in messages {
            match self.model.scope.network {
                Network::Any if self.reductions.dominated => {
                    reduce::send(&mut inbox, envelope.clone(), self.trust());
                }
                Network::Any if inbox.binary_search(envelope).is_ok() => {}
                Network::Any | Network::Counted => put(&mut inbox, envelope.clone()),
            }
        }
        self.bury(&Seat { machine: seat.machine.clone(), inbox: Shared::new(inbox) })
    }

    /// Whether a message is gone once delivered.
    fn is_used_up(&self, envelope: &Envelope) -> bool {
        let timed = self.model.scope.rates.is_some() && self.reductions().dominated;
        let once = timed && reduce::is_consumed(envelope, self.trust());
        once || self.model.scope.network == Network::Counted
    }

    /// The seat without messages that can never again do anything.
    fn bury(&self, seat: &Seat) -> Seat {
        let dead =
            |envelope: &Envelope| reduce::is_dead(envelope, &seat.machine, &self.model.scope, self.trust());
        if !self.reductions().dead || !seat.inbox.iter().any(|envelope| dead(envelope)) {
            return seat.clone();
        }
        let inbox: Inbox = seat.inbox.iter().filter(|envelope| !dead(envelope)).cloned().collect();
        Seat { machine: seat.machine.clone(), inbox: Shared::new(inbox) }
    }

    /// The seat without questions of `sender` whose answers can no longer matter, now that `sender` has durably
    /// entered `epoch`.
    pub fn forget(&self, seat: &Seat, sender: NodeId, epoch: Epoch) -> Seat {
        let stale = |envelope: &Envelope| {
            envelope.from == sender && reduce::is_pointless(envelope, epoch, self.trust())
        };
        if !self.reductions().dead || !seat.inbox.iter().any(|envelope| stale(envelope)) {
            return seat.clone();
        }
        let inbox: Inbox = seat.inbox.iter().filter(|envelope| !stale(envelope)).cloned().collect();
        Seat { machine: seat.machine.clone(), inbox: Shared::new(inbox) }
    }

    // ---- time ------------------------------------------------------------------------------------------

    fn pass(&self, state: &State, ticks: &[u8]) -> Option<State> {
        let seats = state.seats().map(|(id, seat)| self.aged(id, seat, ticks)).collect::<Option<Vec<_>>>()?;
        let mut around = (*state.around).clone();
        if ticks.contains(&0) {
            around.budget.suspends = around.budget.suspends.checked_sub(1)?;
        }
        Some(State { seats, around: Shared::new(around) })
    }

    /// A seat after time has passed, `ticks` on each clock.
    pub fn aged(&self, id: NodeId, seat: &Seat, ticks: &[u8]) -> Option<Seat> {
        without(self.off, || {
            let (mut local, _) = self.outcome(id, &seat.machine, &Act::Age(ticks.to_vec()))?;
            if ticks[usize::from(id.index())] == 0 && self.model.scope.noticed {
                local = self.outcome(id, &local, &Act::Doubt)?.0;
            }
            let inbox = seat
                .inbox
                .iter()
                .filter_map(|envelope| self.aged_message(envelope, ticks))
                .collect::<Vec<_>>();
            let empty = Seat { machine: Shared::new(local), inbox: Shared::new(Vec::new()) };
            Some(self.receive(&empty, &inbox))
        })
    }

    /// A message on its way while time passes; `None` if its stamp can no longer matter.
    pub(crate) fn aged_message(&self, envelope: &Shared<Envelope>, ticks: &[u8]) -> Option<Shared<Envelope>> {
        let Envelope { from, to, wire: Wire::Node(message) } = &**envelope else {
            // Databases say nothing of time.
            return Some(envelope.clone());
        };
        let by = |id: NodeId| ticks[usize::from(id.index())];
        let clock = message.stamped_by(*from, *to);
        let elapsed = Span::new(clock.map_or(0, |clock| u64::from(by(clock))));
        let horizon = clock.map_or(Span::ZERO, |clock| self.setup(clock).stamp_horizon());
        let aged = shrink_busy(message.clone(), by(*to)).aged(NOW, elapsed, horizon)?;
        if aged == *message {
            return Some(envelope.clone());
        }
        Some(Shared::new(Envelope { from: *from, to: *to, wire: Wire::Node(aged) }))
    }

    // ---- around ----------------------------------------------------------------------------------------

    /// What happens to the resource and the links.
    pub fn happen_around(&self, around: &mut Around, choice: &Choice) {
        let Around { outside, budget, .. } = around;
        match choice {
            Choice::Land(landing) => without(self.off, || land(around, *landing)),
            Choice::Partition { side, both } => {
                budget.partitions -= 1;
                outside.cut = Some(Cut { side: *side, both: *both });
            }
            Choice::Heal => outside.cut = None,
            Choice::Pause(id) => {
                budget.pauses -= 1;
                outside.paused.insert(*id);
            }
            Choice::Resume(id) => outside.paused.remove(*id),
            _happens_to_a_machine => {}
        }
    }
}

/// One machine while something happens to it.
struct Bench<'w> {
    world: &'w World,
    id: NodeId,
    seat: Seat,
    sent: Vec<Shared<Envelope>>,
    around: Around,
}

impl Bench<'_> {
    fn happen(&mut self, choice: &Choice) -> Option<()> {
        match choice {
            Choice::Deliver(envelope) => {
                if self.world.is_used_up(envelope) {
                    self.take(envelope);
                }
                self.act(&Act::Deliver(envelope.from, envelope.wire.clone()))
            }
            Choice::Drop(envelope) => {
                self.around.budget.drops -= 1;
                self.take(envelope);
                Some(())
            }
            Choice::Duplicate(envelope) => {
                self.around.budget.duplicates -= 1;
                let mut inbox = (*self.seat.inbox).clone();
                put(&mut inbox, envelope.clone());
                self.seat.inbox = Shared::new(inbox);
                Some(())
            }
            Choice::Tick(_) => self.act(&Act::Tick),
            Choice::Flush(_) => self.act(&Act::Flush),
            Choice::FailFlush(_) => {
                self.around.budget.flush_failures -= 1;
                self.act(&Act::FailFlush)
            }
            Choice::Crash { kept, torn, .. } => {
                self.around.budget.crashes -= 1;
                self.around.history.reads.retain(|read| read.node != self.id);
                self.around.outside.down.insert(self.id);
                self.act(&Act::Crash { kept: *kept, torn: *torn })
            }
            Choice::Restart(_) => {
                self.around.outside.down.remove(self.id);
                self.act(&Act::Restart)
            }
            Choice::Doubt(_) => {
                self.around.budget.doubts -= 1;
                self.act(&Act::Doubt)
            }
            Choice::Done(_, effect) => self.done(*effect),
            Choice::Report(_) => self.act(&Act::Report),
            Choice::Write(_) => self.write(),
            Choice::ReadByLease(_) => self.read(ReadKind::Lease),
            Choice::ReadByQuorum(_) => self.read(ReadKind::Quorum),
            Choice::ReadByToken(_) => self.read(ReadKind::Token(self.around.history.token)),
            Choice::ConfirmRead(_) => self.confirm(),
            Choice::Switchover(..)
            | Choice::AcceptLoss(_)
            | Choice::Change(..)
            | Choice::PowerOff { .. }
            | Choice::Compact(_) => self.operate(choice),
            Choice::Land(_)
            | Choice::Pass(_)
            | Choice::Partition { .. }
            | Choice::Heal
            | Choice::Pause(_)
            | Choice::Resume(_) => Some(()),
        }
    }

    fn act(&mut self, act: &Act) -> Option<()> {
        let (local, caused) = self.world.outcome(self.id, &self.seat.machine, act)?;
        if let Some(note) = self.world.note(self.id, &local, &caused) {
            self.around.history.absorb(&note);
        }
        let (world, from) = (self.world, self.id);
        let travelling = caused.sent.into_iter().filter(|(to, wire)| *to != from && world.travels(*to, wire));
        self.sent.extend(travelling.map(|(to, wire)| Shared::new(Envelope { from, to, wire })));
        self.seat.machine = Shared::new(local);
        Some(())
    }

    fn take(&mut self, envelope: &Shared<Envelope>) {
        let mut inbox = (*self.seat.inbox).clone();
        if let Ok(at) = inbox.binary_search(envelope) {
            inbox.remove(at);
        }
        self.seat.inbox = Shared::new(inbox);
    }

    /// An effect reaches the resource and its result the node.
    fn done(&mut self, effect: Effect) -> Option<()> {
        let register = &mut self.around.outside.register;
        let ok = match effect {
            Effect::Fence { epoch } => register.install(epoch),
            // Reading needs no token; but who has been overtaken is told so.
            Effect::Load { epoch } => epoch >= register.installed(),
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
        if let (Effect::Load { epoch }, true) = (effect, ok) {
            let loaded = &mut self.around.history.loaded;
            *loaded = epoch.max(*loaded);
        }
        self.act(&Act::Done(effect, ok))
    }

    fn write(&mut self) -> Option<()> {
        let Around { outside, budget, history } = &mut self.around;
        budget.writes -= 1;
        history.issued += 1;
        let op = history.issued;
        if self.world.model.scope.reads > 0 {
            history.operations.push(Operation::Write(op));
        }
        if self.world.model.node.fenced {
            let epoch = self.seat.machine.node.as_ref()?.epoch();
            outside.landing.push(Landing { from: self.id, epoch, op });
            outside.landing.sort_unstable();
            return Some(());
        }
        if self.world.model.node.external {
            return self.act(&Act::Write(op));
        }
        self.act(&Act::Ask(Request::Write(vec![op])))
    }

    fn read(&mut self, kind: ReadKind) -> Option<()> {
        let id = u64::from(self.around.budget.reads);
        self.around.budget.reads -= 1;
        self.around.history.read_began(self.id, id, kind);
        self.act(&Act::Ask(Request::Read { id, kind }))?;
        let waits = self.seat.machine.node.as_ref().is_some_and(|node| node.waiting_reads() > 0);
        let history = &mut self.around.history;
        if !waits && history.reads.iter().all(|read| read.at.is_none()) {
            history.read_failed(self.id, id);
        }
        Some(())
    }

    fn confirm(&mut self) -> Option<()> {
        let read = *self.around.history.reads.iter().find(|read| read.node == self.id)?;
        self.act(&Act::Ask(Request::ConfirmRead { id: read.id, at: read.at? }))?;
        self.around.history.read_failed(self.id, read.id);
        Some(())
    }

    fn operate(&mut self, choice: &Choice) -> Option<()> {
        let budget = &mut self.around.budget;
        let request = match choice {
            Choice::Switchover(_, to) => {
                budget.switchovers -= 1;
                Request::Switchover { to: *to }
            }
            Choice::AcceptLoss(_) => {
                budget.losses -= 1;
                Request::Recover { accept_loss: true }
            }
            Choice::Change(_, target) => {
                budget.change += 1;
                Request::Change(Box::new(self.world.targets[*target].clone()))
            }
            Choice::PowerOff { node, .. } => {
                budget.poweroffs -= 1;
                Request::PoweredOff(*node)
            }
            Choice::Compact(_) => {
                budget.compactions -= 1;
                Request::Compact { base: self.seat.machine.node.as_ref()?.committed() }
            }
            _not_an_operators => return None,
        };
        self.act(&Act::Ask(request))
    }
}

fn put(inbox: &mut Inbox, envelope: Shared<Envelope>) {
    let at = inbox.partition_point(|other| *other < envelope);
    inbox.insert(at, envelope);
}

/// The control that lets a reported obligation shrink while it travels, on the receiver's clock.
fn shrink_busy(message: Message<Op>, by: u8) -> Message<Op> {
    let Message { epoch, body } = message;
    let body = match body {
        Body::Granted { promise, busy: Some(busy) } if is_off(Rule::BusyStaysWhole) => {
            let by = Span::new(u64::from(by));
            Body::Granted { promise, busy: (busy > by).then(|| busy.minus(by)) }
        }
        other => other,
    };
    Message { epoch, body }
}

/// A write reaches the resource.
fn land(around: &mut Around, landing: Landing) {
    around.outside.landing.retain(|other| *other != landing);
    let Landing { from, epoch, op } = landing;
    let loaded = around.history.loaded;
    if around.outside.register.admits(epoch) && epoch < loaded {
        let why =
            format!("write w{op} of {from} under {epoch} was applied after {loaded} had read the resource");
        around.history.violate(Invariant::FencedWrites, why);
    }
}
