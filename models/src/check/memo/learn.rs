//! Filling gaps: the only place of the engine where the world is asked.

use super::code::{
    Code, Done, Fill, IMPOSSIBLE, Machine, Move, Place, Sent, Tuple, Way, delivery, kind, packed, print,
};
use super::tables::NONE;
use crate::check::search::{Gap, Id};
use crate::invariant::state::{Face, Stance, judge_pair, judge_seat, judge_whole};
use crate::world::{
    self, Act, Around, Begun, Choice, Clocks, Deed, Inbox, Local, MAX_NODES, Note, Outcome, Seat, Shared,
    fingerprint,
};
use quorate::id::{NodeId, NodeSet};
use std::sync::Arc;

impl Code {
    /// Fills a gap; `fill` is what was computed of it already.
    pub(super) fn answer(&mut self, gap: Gap, fill: Fill) {
        let Gap { kind, a, b } = gap;
        let value = match kind {
            kind::MOVES => self.moves_of(a, b, fill),
            kind::AROUND => self.moves_around(a),
            kind::SEAT => self.seated(a, b),
            kind::ADD => {
                let inbox = self.world.added(&self.inboxes[a], &self.mails[b]);
                self.inbox(&Shared::new(inbox))
            }
            kind::FORGET => {
                let (sender, epoch) = self.entries[b];
                let inbox = self.world.forgotten(&self.inboxes[a], sender, epoch);
                self.inbox(&inbox)
            }
            kind::TIMES => self.times_of(a, b),
            kind::AGE => self.aged(a, b),
            kind::SUSPEND => {
                let mut around = (*self.arounds[a]).clone();
                around.budget.suspends = around.budget.suspends.saturating_sub(1);
                self.around(&Shared::new(around))
            }
            kind::IMAGE => {
                let (first, second) = self.world.mirrors()[b as usize];
                let image = world::image(&self.inboxes[a], first, second);
                image.map_or(IMPOSSIBLE, |image| self.inbox(&image))
            }
            kind::PAIR => Id::from(judge_pair(&self.world, &self.faces[a], &self.faces[b]).is_none()),
            _whole => self.tuple(a, b),
        };
        self.known[usize::from(kind)].insert(a, b, value);
    }

    // ---- numbers -----------------------------------------------------------------------------------------

    pub(super) fn machine(&mut self, id: NodeId, local: &Shared<Local>) -> Id {
        let print = fingerprint(&(id, local.fingerprint()));
        if let Some(machine) = self.machines.find(print) {
            return machine;
        }
        let world = Arc::clone(&self.world);
        let stance = if world.has_changes() {
            let stance = Stance::of(&world, (id, local));
            self.stances.intern(fingerprint(&stance), || stance)
        } else {
            NONE
        };
        let fresh = world.is_fresh(id, local);
        self.machines.intern(print, || Machine { id, local: local.clone(), fresh, stance })
    }

    pub(super) fn inbox(&mut self, inbox: &Shared<Inbox>) -> Id {
        self.inboxes.intern(inbox.fingerprint(), || inbox.clone())
    }

    pub(super) fn around(&mut self, around: &Shared<Around>) -> Id {
        self.arounds.intern(around.fingerprint(), || around.clone())
    }

    pub(super) fn sent(&mut self, sent: Sent) -> Id {
        self.sent.intern(fingerprint(&sent), || sent)
    }

    /// The seat of a machine and an inbox, once that is without the dead.
    pub(super) fn seated(&mut self, machine: Id, inbox: Id) -> Id {
        if let Some(place) = self.known(kind::SEAT, machine, inbox) {
            return place;
        }
        let buried = self.world.bury(&self.machines[machine].local, &self.inboxes[inbox]);
        let alive = self.inbox(&buried);
        let place = match self.known(kind::SEAT, machine, alive) {
            Some(place) => place,
            None => self.place(machine, alive),
        };
        self.known[usize::from(kind::SEAT)].insert(machine, alive, place);
        self.known[usize::from(kind::SEAT)].insert(machine, inbox, place);
        place
    }

    fn place(&mut self, machine: Id, inbox: Id) -> Id {
        let Machine { id, local, .. } = &self.machines[machine];
        let (id, seat) = (*id, Seat { machine: local.clone(), inbox: self.inboxes[inbox].clone() });
        let face = Face::of(&self.world, (id, &seat));
        let face = self.faces.intern(fingerprint(&face), || face);
        if self.world.scope().rates.is_some() {
            self.clocks.push(packed(Clocks::of(&self.world, id, &seat)));
        }
        let sound = judge_seat(&self.world, (id, &seat)).is_none();
        self.places.push(Place { machine, inbox, face, sound });
        self.places.len() as Id - 1
    }

    // ---- one seat ----------------------------------------------------------------------------------------

    fn moves_of(&mut self, place: Id, around: Id, fill: Fill) -> Id {
        let Place { machine, inbox, .. } = self.places[place as usize];
        let (id, local) = (self.machines[machine].id, self.machines[machine].local.clone());
        let surroundings = self.arounds[around].clone();
        for (machine, print, outcome) in fill {
            let act = self.acts.intern(print, || ());
            if self.outcomes.get(machine, act).is_none() {
                self.learn_outcome(machine, act, outcome);
            }
        }
        // In the order of World::choices_at.
        let mut moves = self.moves_without(By::Itself, machine, around, inbox);
        let messages = self.world.choices_of_messages(id, &local, &self.inboxes[inbox], &surroundings);
        for choice in messages {
            let Some((after, around, sent)) = self.step(machine, around, &choice) else { continue };
            let inbox = self.world.inbox_after(&self.inboxes[inbox], &choice);
            let inbox = self.inbox(&inbox);
            moves.push(Move { place: self.seated(after, inbox), around, sent, mirrors: self.mask(&choice) });
        }
        moves.extend(self.moves_without(By::People, machine, around, inbox));
        self.list(moves)
    }

    /// What can happen at a seat without a message. It is remembered for all inboxes, with the machine where the
    /// seat will be.
    fn moves_without(&mut self, by: By, machine: Id, around: Id, inbox: Id) -> Vec<Move> {
        let known = self.own[by as usize].get(machine, around);
        let first = known.unwrap_or_else(|| {
            let mut own = Vec::new();
            for choice in self.choices_without(by, machine, around) {
                if let Some((after, around, sent)) = self.step(machine, around, &choice) {
                    own.push(Move { place: after, around, sent, mirrors: self.mask(&choice) });
                }
            }
            let first = self.list(own);
            self.own[by as usize].insert(machine, around, first);
            first
        });
        let own = self.moves[first as usize..].iter().take_while(|next| next.place != NONE);
        let own: Vec<Move> = own.copied().collect();
        own.into_iter().map(|next| Move { place: self.seated(next.place, inbox), ..next }).collect()
    }

    fn choices_without(&self, by: By, machine: Id, around: Id) -> Vec<Choice> {
        let (Machine { id, local, .. }, around) = (&self.machines[machine], &self.arounds[around]);
        match by {
            By::Itself => self.world.choices_of_machine(*id, local, around),
            By::People => self.world.choices_of_people(*id, local, around),
        }
    }

    /// The machine after a choice, what is around then, and what is sent.
    fn step(&mut self, machine: Id, around: Id, choice: &Choice) -> Option<(Id, Id, Id)> {
        let (id, local) = (self.machines[machine].id, self.machines[machine].local.clone());
        if let Some(act) = alone(choice) {
            let Done { machine, note, sent } = self.outcome(id, machine, &act)?;
            return Some((machine, self.absorb(around, note), sent));
        }
        let Begun { around: mut surroundings, deed } =
            self.world.begin(id, &local, &self.arounds[around], choice)?;
        let done = match deed {
            Deed::Act(act) => self.outcome(id, machine, &Asked::Act(act))?,
            Deed::Nothing => Done { machine, note: NONE, sent: super::code::NOTHING },
        };
        let note = (done.note != NONE).then(|| self.notes[done.note].clone());
        let after = self.machines[done.machine].local.clone();
        self.world.end(id, &after, &mut surroundings, choice, note.as_ref());
        Some((done.machine, self.around(&Shared::new(surroundings)), done.sent))
    }

    fn outcome(&mut self, id: NodeId, machine: Id, asked: &Asked<'_>) -> Option<Done> {
        let act = self.acts.intern(asked.print(), || ());
        let number = self.outcomes.get(machine, act).unwrap_or_else(|| {
            let local = self.machines[machine].local.clone();
            let outcome = self.world.outcome(id, &local, &asked.act());
            self.learn_outcome(machine, act, outcome)
        });
        let done = self.done[number as usize];
        (done.machine != NONE).then_some(done)
    }

    fn learn_outcome(&mut self, machine: Id, act: Id, outcome: Option<Outcome>) -> Id {
        let done = match outcome {
            Some(outcome) => self.done(machine, &outcome),
            None => Done { machine: NONE, note: NONE, sent: NONE },
        };
        let number = self.done.len() as Id;
        self.done.push(done);
        self.outcomes.insert(machine, act, number);
        number
    }

    fn done(&mut self, before: Id, outcome: &Outcome) -> Done {
        let Outcome { machine, sent, note } = outcome;
        let Machine { id, local, .. } = &self.machines[before];
        let (id, epoch) = (*id, world::entered(local, machine));
        let epoch = epoch.filter(|_| self.world.forgets());
        let entered =
            epoch.map_or(NONE, |epoch| self.entries.intern(fingerprint(&(id, epoch)), || (id, epoch)));
        let mut mail = Vec::new();
        for (to, letters) in world::by_receiver(sent) {
            mail.push((to.index(), self.mails.intern(fingerprint(&letters), || letters)));
        }
        let note = note.as_ref().map_or(NONE, |note| self.note(note));
        Done { machine: self.machine(id, machine), note, sent: self.sent(Sent { entered, mail }) }
    }

    fn note(&mut self, note: &Note) -> Id {
        self.notes.intern(fingerprint(note), || note.clone())
    }

    fn absorb(&mut self, around: Id, note: Id) -> Id {
        if note == NONE {
            return around;
        }
        if let Some(after) = self.absorbed.get(around, note) {
            return after;
        }
        let mut surroundings = (*self.arounds[around]).clone();
        self.world.absorb(&mut surroundings.history, &self.notes[note]);
        let after = self.around(&Shared::new(surroundings));
        self.absorbed.insert(around, note, after);
        after
    }

    /// What of a gap takes long: what machines do of themselves. Computed by many threads, and so without learning.
    pub(super) fn foresee(&self, gap: Gap) -> Fill {
        let mut fill = Fill::new();
        if gap.kind != kind::MOVES {
            return fill;
        }
        let Place { machine, inbox, .. } = self.places[gap.a as usize];
        let Machine { id, local, .. } = &self.machines[machine];
        let around = &self.arounds[gap.b];
        let without = |by: By| {
            let known = self.own[by as usize].get(machine, gap.b);
            known.map_or_else(|| self.choices_without(by, machine, gap.b), |_| Vec::new())
        };
        // In the order of World::choices_at, as they are learnt.
        let mut choices = without(By::Itself);
        choices.extend(self.world.choices_of_messages(*id, local, &self.inboxes[inbox], around));
        choices.extend(without(By::People));
        for choice in choices {
            let asked =
                alone(&choice).or_else(|| match self.world.begin(*id, local, around, &choice)?.deed {
                    Deed::Act(act) => Some(Asked::Act(act)),
                    Deed::Nothing => None,
                });
            let Some(asked) = asked else { continue };
            let print = asked.print();
            let known = self.acts.find(print).and_then(|act| self.outcomes.get(machine, act));
            if known.is_none() {
                fill.push((machine, print, self.world.outcome(*id, local, &asked.act())));
            }
        }
        fill
    }

    // ---- around, time, the whole -------------------------------------------------------------------------

    fn moves_around(&mut self, around: Id) -> Id {
        let surroundings = self.arounds[around].clone();
        let mut moves = Vec::new();
        for choice in self.world.choices_around(&surroundings) {
            let mut next = (*surroundings).clone();
            self.world.happen_around(&mut next, &choice);
            let after = self.around(&Shared::new(next));
            if after != around {
                moves.push(Move { place: 0, around: after, sent: 0, mirrors: self.mask(&choice) });
            }
        }
        self.list(moves)
    }

    fn list(&mut self, moves: Vec<Move>) -> Id {
        if moves.is_empty() {
            return 0;
        }
        let first = self.moves.len() as Id;
        self.moves.extend(moves);
        self.moves.push(Move { place: NONE, around: 0, sent: 0, mirrors: 0 });
        first
    }

    /// The pairs of machines of which `choice` happens to the second and not to the first.
    fn mask(&self, choice: &Choice) -> u32 {
        let pairs = self.world.mirrors().iter().enumerate();
        pairs
            .filter(|(_, (a, b))| world::is_mirror_image(choice, *a, *b))
            .map(|(number, _)| 1 << number)
            .sum()
    }

    fn times_of(&mut self, clocks: u32, suspends: u32) -> Id {
        let set = |bits: u32| NodeSet::from_bits(u64::from(bits & ((1 << MAX_NODES) - 1)));
        let clocks = Clocks { stamped: set(clocks), waiting: set(clocks >> MAX_NODES) };
        let mut around = Around::default();
        around.budget.suspends = suspends as u8;
        let first = self.times.len() as Id;
        for choice in self.world.choices_of_time(clocks, &around) {
            let mirrors = self.mask(&choice);
            if let Choice::Pass(ticks) = choice {
                let way = Way { ticks, mirrors };
                let way = self.ways.intern(fingerprint(&way), || way);
                self.times.push(way);
            }
        }
        self.times.push(NONE);
        first
    }

    fn aged(&mut self, place: Id, way: Id) -> Id {
        let Place { machine, inbox, .. } = self.places[place as usize];
        let Machine { id, local, .. } = &self.machines[machine];
        let (id, ticks) = (*id, self.ways[way].ticks.clone());
        let Some(aged) = self.world.aged_machine(id, local, &ticks) else { return IMPOSSIBLE };
        let messages = self.world.aged_inbox(&self.inboxes[inbox], &ticks);
        let (machine, inbox) = (self.machine(id, &aged), self.inbox(&messages));
        self.seated(machine, inbox)
    }

    fn tuple(&mut self, before: Id, stance: Id) -> Id {
        let mut stances = self.tuples[before as usize].stances.clone();
        stances.push(stance);
        let values: Vec<&Stance> = stances.iter().map(|stance| &self.stances[*stance]).collect();
        let sound = stances.len() < self.seats || judge_whole(&self.world, &values).is_none();
        self.tuples.push(Tuple { stances, sound });
        self.tuples.len() as Id - 1
    }
}

/// Who makes a machine do something, without a message.
#[derive(Clone, Copy)]
enum By {
    Itself,
    People,
}

/// What a machine is asked to do.
enum Asked<'c> {
    /// A message arrives; its print is known already.
    Message(&'c Shared<world::Envelope>),
    Act(Act),
}

impl Asked<'_> {
    fn print(&self) -> u64 {
        match self {
            Asked::Message(envelope) => delivery(envelope),
            Asked::Act(act) => print(act),
        }
    }

    fn act(&self) -> Act {
        match self {
            Asked::Message(envelope) => Act::Deliver(envelope.from, envelope.wire.clone()),
            Asked::Act(act) => act.clone(),
        }
    }
}

/// What a choice asks of its machine, if it takes nothing from what is around.
fn alone(choice: &Choice) -> Option<Asked<'_>> {
    match choice {
        Choice::Deliver(envelope) => Some(Asked::Message(envelope)),
        Choice::Tick(_) => Some(Asked::Act(Act::Tick)),
        Choice::Flush(_) => Some(Asked::Act(Act::Flush)),
        Choice::Report(_) => Some(Asked::Act(Act::Report)),
        _takes_something => None,
    }
}
