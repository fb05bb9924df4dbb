//! Making a choice happen.
//!
//! Everything that happens to a machine is a function of its seat, what is around, and the choice
//! ([`World::step`]); what it sends is then put into the inboxes of the others ([`World::receive`]). A whole
//! state is only ever put together from these.
//!
//! They in turn are put together from smaller functions, each of as little as it needs, so that an engine can
//! remember each by itself: what a choice takes from the surroundings ([`World::begin`]), what an act does to a
//! machine ([`World::outcome`], which knows nothing of the surroundings), what the history has to know of it
//! ([`World::end`]); and of an inbox, what is added to it, taken from it and buried in it.

use super::World;
use super::begin::{Begun, Deed};
use super::choice::{Choice, Envelope, Landing, Wire};
use super::history::History;
use super::local::{Act, Caused, Local, NOW, Note, Op};
use super::model::{Driver, Network};
use super::order::place;
use super::reduce;
use super::shared::Shared;
use super::state::{Around, Cut, Inbox, Seat, State};
use crate::invariant::{Broken, Invariant, state as judge};
use quorate::failover::{Body, Event, Message, Node, Phase, Refused};
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

/// What comes of an act: a function of the machine and the act alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The machine afterwards.
    pub machine: Shared<Local>,
    /// What it sent.
    pub sent: Vec<Shared<Envelope>>,
    /// What the history has to know.
    pub note: Option<Note>,
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
        if let Some(epoch) = entered(state.machine(id), &seat.machine) {
            for other in &mut next.seats {
                *other = self.forget(other, id, epoch);
            }
        }
        next.seats[usize::from(id.index())] = seat;
        for (to, letters) in by_receiver(&sent) {
            let to = &mut next.seats[usize::from(to.index())];
            *to = self.receive(to, &letters);
        }
        if around != *state.around {
            next.around = Shared::new(around);
        }
        next
    }

    // ---- one machine -----------------------------------------------------------------------------------

    /// What comes of `choice` at the machine `id`; `None` if it leads outside the scope.
    pub fn step(&self, id: NodeId, seat: &Seat, around: &Around, choice: &Choice) -> Option<Step> {
        let Begun { mut around, deed } = self.begin(id, &seat.machine, around, choice)?;
        let Outcome { machine, sent, note } = match &deed {
            Deed::Act(act) => self.outcome(id, &seat.machine, act)?,
            Deed::Nothing => Outcome { machine: seat.machine.clone(), sent: Vec::new(), note: None },
        };
        self.end(id, &machine, &mut around, choice, note.as_ref());
        let inbox = self.inbox_after(&seat.inbox, choice);
        let inbox = self.bury(&machine, &inbox);
        Some(Step { seat: Seat { machine, inbox }, sent, around })
    }

    /// The machine and everything it causes; `None` if it leads outside the scope.
    pub fn outcome(&self, id: NodeId, machine: &Local, act: &Act) -> Option<Outcome> {
        without(self.off, || {
            let (local, caused) = self.act(id, machine, act)?;
            let note = self.note(id, &local, &caused);
            let travelling =
                caused.sent.into_iter().filter(|(to, wire)| *to != id && self.travels(*to, wire));
            let sent = travelling.map(|(to, wire)| Shared::new(Envelope { from: id, to, wire })).collect();
            Some(Outcome { machine: Shared::new(local), sent, note })
        })
    }

    /// How `choice` ends: what the history has to know of it.
    pub fn end(
        &self,
        id: NodeId,
        machine: &Local,
        around: &mut Around,
        choice: &Choice,
        note: Option<&Note>,
    ) {
        let history = &mut around.history;
        if let Some(note) = note {
            self.absorb(history, note);
        }
        let asked = match choice {
            Choice::ReadByLease(_) | Choice::ReadByQuorum(_) | Choice::ReadByToken(_) => {
                // Its number is what was left of the budget.
                let waits = machine.node.as_ref().is_some_and(|node| node.waiting_reads() > 0);
                let placed = history.reads.iter().any(|read| read.at.is_some());
                (!waits && !placed).then(|| u64::from(around.budget.reads) + 1)
            }
            Choice::ConfirmRead(_) => history.reads.iter().find(|read| read.node == id).map(|read| read.id),
            _no_read => None,
        };
        if let Some(asked) = asked {
            history.read_failed(id, asked);
        }
    }

    /// Tells the history.
    pub fn absorb(&self, history: &mut History, note: &Note) {
        without(self.off, || history.absorb(note));
    }

    fn act(&self, id: NodeId, machine: &Local, act: &Act) -> Option<(Local, Caused)> {
        let mut local = machine.clone();
        let mut caused = Caused::default();
        let blocking = self.model.scope.driver == Driver::Blocking;
        local.act(id, self.setups(), act, blocking, &mut caused);
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
        let inbox = self.added(&seat.inbox, messages);
        Seat { machine: seat.machine.clone(), inbox: self.bury(&seat.machine, &Shared::new(inbox)) }
    }

    /// An inbox with messages added.
    pub fn added(&self, inbox: &Inbox, messages: &[Shared<Envelope>]) -> Inbox {
        let mut inbox = inbox.clone();
        for envelope in messages {
            match self.model.scope.network {
                Network::Any if self.reductions.dominated => {
                    reduce::send(&mut inbox, envelope.clone(), self.trust());
                }
                Network::Any if inbox.binary_search(envelope).is_ok() => {}
                Network::Any | Network::Counted => place(&mut inbox, envelope.clone()),
            }
        }
        inbox
    }

    /// An inbox after `choice` at its machine.
    pub fn inbox_after(&self, inbox: &Shared<Inbox>, choice: &Choice) -> Shared<Inbox> {
        let changed = |change: &dyn Fn(&mut Inbox)| {
            let mut after = (**inbox).clone();
            change(&mut after);
            Shared::new(after)
        };
        match choice {
            Choice::Deliver(envelope) if self.is_used_up(envelope) => changed(&|inbox| take(inbox, envelope)),
            Choice::Drop(envelope) => changed(&|inbox| take(inbox, envelope)),
            Choice::Duplicate(envelope) => changed(&|inbox| place(inbox, envelope.clone())),
            _about_no_message => inbox.clone(),
        }
    }

    /// Whether a message is gone once delivered.
    pub fn is_used_up(&self, envelope: &Envelope) -> bool {
        let timed = self.model.scope.rates.is_some() && self.reductions().dominated;
        let once = timed && reduce::is_consumed(envelope, self.trust());
        once || self.model.scope.network == Network::Counted
    }

    /// An inbox without messages that can never again do anything to `machine`.
    pub fn bury(&self, machine: &Local, inbox: &Shared<Inbox>) -> Shared<Inbox> {
        if !self.reductions().dead {
            return inbox.clone();
        }
        without(self.off, || {
            let dead = |envelope: &Envelope| reduce::is_dead(envelope, machine, &self.model, self.trust());
            keep(inbox, |envelope| !dead(envelope))
        })
    }

    /// The seat without questions of `sender` whose answers can no longer matter, now that `sender` has durably
    /// entered `epoch`.
    pub fn forget(&self, seat: &Seat, sender: NodeId, epoch: Epoch) -> Seat {
        let inbox = self.forgotten(&seat.inbox, sender, epoch);
        Seat { machine: seat.machine.clone(), inbox }
    }

    /// Whether a question may become pointless: only a pre-vote does.
    pub fn forgets(&self) -> bool {
        self.reductions().dead && self.model.node.prevote
    }

    /// The same for an inbox.
    pub fn forgotten(&self, inbox: &Shared<Inbox>, sender: NodeId, epoch: Epoch) -> Shared<Inbox> {
        if !self.forgets() {
            return inbox.clone();
        }
        let stale = |envelope: &Envelope| {
            envelope.from == sender && reduce::is_pointless(envelope, epoch, self.trust())
        };
        keep(inbox, |envelope| !stale(envelope))
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
        let machine = self.aged_machine(id, &seat.machine, ticks)?;
        let inbox = self.aged_inbox(&seat.inbox, ticks);
        let inbox = self.bury(&machine, &inbox);
        Some(Seat { machine, inbox })
    }

    /// A machine after time has passed.
    pub fn aged_machine(&self, id: NodeId, machine: &Local, ticks: &[u8]) -> Option<Shared<Local>> {
        without(self.off, || {
            let (mut local, _) = self.act(id, machine, &Act::Age(ticks.to_vec()))?;
            if ticks[usize::from(id.index())] == 0 && self.model.scope.noticed {
                local = self.act(id, &local, &Act::Doubt)?.0;
            }
            Some(Shared::new(local))
        })
    }

    /// Messages on their way after time has passed.
    pub fn aged_inbox(&self, inbox: &Inbox, ticks: &[u8]) -> Shared<Inbox> {
        without(self.off, || {
            let aged = inbox.iter().filter_map(|envelope| self.aged_message(envelope, ticks));
            Shared::new(self.added(&Inbox::new(), &aged.collect::<Inbox>()))
        })
    }

    /// A message on its way while time passes; `None` if its stamp can no longer matter. To be asked with the rules of
    /// this world switched off, as [`World::aged_inbox`] does.
    pub fn aged_message(&self, envelope: &Shared<Envelope>, ticks: &[u8]) -> Option<Shared<Envelope>> {
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

/// The epoch that a machine has entered durably, if it did.
pub fn entered(before: &Local, after: &Local) -> Option<Epoch> {
    let epoch = after.disk.hard.epoch();
    (epoch > before.disk.hard.epoch()).then_some(epoch)
}

/// What was sent, for each receiver, in the order in which they are first named.
pub fn by_receiver(sent: &[Shared<Envelope>]) -> Vec<(NodeId, Inbox)> {
    let mut letters: Vec<(NodeId, Inbox)> = Vec::new();
    for envelope in sent {
        match letters.iter_mut().find(|(to, _)| *to == envelope.to) {
            Some((_, inbox)) => inbox.push(envelope.clone()),
            None => letters.push((envelope.to, vec![envelope.clone()])),
        }
    }
    letters
}

fn take(inbox: &mut Inbox, envelope: &Shared<Envelope>) {
    if let Ok(at) = inbox.binary_search(envelope) {
        inbox.remove(at);
    }
}

/// The messages of an inbox for which `stays` says so; the very same inbox if that is all of them.
fn keep(inbox: &Shared<Inbox>, stays: impl Fn(&Envelope) -> bool) -> Shared<Inbox> {
    if inbox.iter().all(|envelope| stays(envelope)) {
        return inbox.clone();
    }
    Shared::new(inbox.iter().filter(|envelope| stays(envelope)).cloned().collect())
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
