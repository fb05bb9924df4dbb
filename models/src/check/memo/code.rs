//! A world in numbers.
//!
//! A state is a number for each seat, and one for what is around. A seat is a pair of a machine and an inbox, so
//! that neither is copied when the other changes.

use super::tables::{Interner, NONE, Pairs};
use crate::check::search::{Coded, Found, Gap, Id};
use crate::invariant::state::{Face, Stance};
use crate::world::{
    Act, Around, Clocks, Envelope, Inbox, Local, MAX_NODES, Note, Outcome, Seat, Shared, State, World, node,
};
use quorate::id::{Epoch, NodeId};
use std::sync::Arc;

/// The most numbers of a state.
pub(super) const WIDTH: usize = MAX_NODES as usize + 1;

/// The pure functions that are remembered.
pub(super) mod kind {
    /// What can happen at a seat: of a seat and what is around.
    pub(crate) const MOVES: u8 = 0;
    /// What can happen around the seats: of what is around.
    pub(crate) const AROUND: u8 = 1;
    /// A seat: of a machine and an inbox.
    pub(crate) const SEAT: u8 = 2;
    /// An inbox with messages added: of both.
    pub(crate) const ADD: u8 = 3;
    /// An inbox without the pointless: of the inbox and who entered which epoch.
    pub(crate) const FORGET: u8 = 4;
    /// How time can pass: of what is measured and of what is left of the budget.
    pub(crate) const TIMES: u8 = 5;
    /// A seat after time has passed: of the seat and the way.
    pub(crate) const AGE: u8 = 6;
    /// What is around after a machine was suspended.
    pub(crate) const SUSPEND: u8 = 7;
    /// An inbox with two machines swapped: of the inbox and the pair.
    pub(crate) const IMAGE: u8 = 8;
    /// Whether two seats are sound together: of their faces.
    pub(crate) const PAIR: u8 = 9;
    /// Whether some machines are sound together: of all but the last, and the last.
    pub(crate) const WHOLE: u8 = 10;
}

/// A machine, and what is asked of it again and again.
pub(super) struct Machine {
    pub(super) id: NodeId,
    pub(super) local: Shared<Local>,
    pub(super) fresh: bool,
    /// Only where the configuration may change.
    pub(super) stance: Id,
}

/// A seat.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) machine: Id,
    pub(super) inbox: Id,
    pub(super) face: Id,
    pub(super) sound: bool,
}

/// What an act does to a machine; [`NONE`] if it leads outside the scope.
#[derive(Clone, Copy)]
pub(super) struct Done {
    pub(super) machine: Id,
    pub(super) note: Id,
    pub(super) sent: Id,
}

/// What a machine causes at the others.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Sent {
    /// Its epoch, if it became durable: some of its questions may be pointless now.
    pub(super) entered: Id,
    /// For each receiver, what is added to its inbox.
    pub(super) mail: Vec<(u8, Id)>,
}

/// Nothing sent, nothing entered.
pub(super) const NOTHING: Id = 0;

/// What a choice at one seat does to the whole.
#[derive(Clone, Copy)]
pub(super) struct Move {
    /// The seat afterwards, or [`NONE`] if there is no further move.
    pub(super) place: Id,
    pub(super) around: Id,
    pub(super) sent: Id,
    /// The pairs of machines of which it is a choice at the second and not at the first.
    pub(super) mirrors: u32,
}

/// A way in which time can pass.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Way {
    pub(super) ticks: Vec<u8>,
    pub(super) mirrors: u32,
}

/// The first machines of a state, judged together.
pub(super) struct Tuple {
    pub(super) stances: Vec<Id>,
    pub(super) sound: bool,
}

/// What pure functions said of a gap, where that takes long; see [`Code::compute`].
pub(super) type Fill = Vec<(Id, u64, Option<Outcome>)>;

/// A world in numbers, and everything that is remembered of it.
pub(super) struct Code {
    pub(super) world: Arc<World>,
    pub(super) seats: usize,
    first: Vec<Id>,
    pub(super) machines: Interner<Machine>,
    pub(super) inboxes: Interner<Shared<Inbox>>,
    pub(super) arounds: Interner<Shared<Around>>,
    pub(super) acts: Interner<()>,
    pub(super) notes: Interner<Note>,
    pub(super) mails: Interner<Inbox>,
    pub(super) entries: Interner<(NodeId, Epoch)>,
    pub(super) sent: Interner<Sent>,
    pub(super) faces: Interner<Face>,
    pub(super) stances: Interner<Stance>,
    pub(super) ways: Interner<Way>,
    pub(super) places: Vec<Place>,
    pub(super) clocks: Vec<u32>,
    pub(super) done: Vec<Done>,
    pub(super) tuples: Vec<Tuple>,
    /// Lists of moves, each ended by one without a place.
    pub(super) moves: Vec<Move>,
    /// Lists of ways, each ended by [`NONE`].
    pub(super) times: Vec<Id>,
    pub(super) outcomes: Pairs,
    pub(super) absorbed: Pairs,
    /// Of a machine and what is around it: what can happen there without a message.
    pub(super) own: [Pairs; 2],
    /// By [`kind`].
    pub(super) known: [Pairs; 11],
}

impl Code {
    pub(super) fn new(world: Arc<World>, first: &State) -> Self {
        let mut code = Self {
            world,
            seats: first.seats.len(),
            first: Vec::new(),
            machines: Interner::default(),
            inboxes: Interner::default(),
            arounds: Interner::default(),
            acts: Interner::default(),
            notes: Interner::default(),
            mails: Interner::default(),
            entries: Interner::default(),
            sent: Interner::default(),
            faces: Interner::default(),
            stances: Interner::default(),
            ways: Interner::default(),
            places: Vec::new(),
            clocks: Vec::new(),
            done: Vec::new(),
            tuples: vec![Tuple { stances: Vec::new(), sound: true }],
            moves: vec![Move { place: NONE, around: 0, sent: 0, mirrors: 0 }],
            times: vec![NONE],
            outcomes: Pairs::default(),
            absorbed: Pairs::default(),
            own: Default::default(),
            known: Default::default(),
        };
        let nothing = code.sent(Sent { entered: NONE, mail: Vec::new() });
        debug_assert_eq!(nothing, NOTHING);
        code.first = code.encode(first);
        code
    }

    fn encode(&mut self, state: &State) -> Vec<Id> {
        let mut ids = Vec::new();
        for (id, seat) in state.seats() {
            let (machine, inbox) = (self.machine(id, &seat.machine), self.inbox(&seat.inbox));
            ids.push(self.seated(machine, inbox));
        }
        ids.push(self.around(&state.around));
        ids
    }

    /// The state of these numbers.
    pub(super) fn decode(&self, ids: &[Id]) -> State {
        State {
            seats: ids[..self.seats].iter().map(|place| self.seat(*place)).collect(),
            around: self.arounds[ids[self.seats]].clone(),
        }
    }

    pub(super) fn seat(&self, place: Id) -> Seat {
        let Place { machine, inbox, .. } = self.places[place as usize];
        Seat { machine: self.machines[machine].local.clone(), inbox: self.inboxes[inbox].clone() }
    }

    pub(super) fn known(&self, kind: u8, a: Id, b: Id) -> Option<Id> {
        self.known[usize::from(kind)].get(a, b)
    }

    /// What a function said, or the gap.
    pub(super) fn ask(&self, kind: u8, a: Id, b: Id) -> Result<Id, Gap> {
        self.known(kind, a, b).ok_or(Gap { kind, a, b })
    }

    pub(super) fn machine_at(&self, state: &[Id], at: u8) -> &Machine {
        &self.machines[self.places[state[usize::from(at)] as usize].machine]
    }

    // ---- judging -----------------------------------------------------------------------------------------

    fn judge(&self, state: &[Id], gaps: &mut Vec<Gap>) -> bool {
        let places = &state[..self.seats];
        let place = |id: &Id| self.places[*id as usize];
        let mut sound = self.arounds[state[self.seats]].history.broken.is_none();
        for (i, a) in places.iter().enumerate() {
            let Place { face, sound: alone, .. } = place(a);
            sound &= alone;
            for b in &places[i + 1..] {
                match self.ask(kind::PAIR, face, place(b).face) {
                    Ok(together) => sound &= together != 0,
                    Err(gap) => gaps.push(gap),
                }
            }
        }
        if self.world.has_changes() {
            match self.whole(state) {
                Ok(together) => sound &= together,
                Err(gap) => gaps.push(gap),
            }
        }
        sound
    }

    fn whole(&self, state: &[Id]) -> Result<bool, Gap> {
        let stances = (0..self.seats).map(|at| self.machine_at(state, at as u8).stance);
        let mut tuple = 0;
        for stance in stances {
            tuple = self.ask(kind::WHOLE, tuple, stance)?;
        }
        Ok(self.tuples[tuple as usize].sound)
    }
}

/// A seat that time cannot pass for: that leads outside the scope.
pub(super) const IMPOSSIBLE: Id = NONE - 1;

impl Coded for Code {
    type Fill = Fill;

    fn width(&self) -> usize {
        self.seats + 1
    }

    fn first(&self) -> Vec<Id> {
        self.first.clone()
    }

    fn successors(&self, state: &[Id], found: &mut Found) {
        self.follow(state, found);
    }

    fn warm(&self, state: &[Id]) -> Id {
        let moves = &self.known[usize::from(kind::MOVES)];
        let heads = state[..self.seats].iter().map(|place| moves.glance(*place, state[self.seats]));
        heads.fold(0, |warm, head| warm ^ self.moves.get(head as usize).map_or(0, |first| first.place))
    }

    fn is_sound(&self, state: &[Id], gaps: &mut Vec<Gap>) -> bool {
        self.judge(state, gaps)
    }

    fn compute(&self, gap: Gap) -> Fill {
        self.foresee(gap)
    }

    fn learn(&mut self, gap: Gap, fill: Fill) {
        self.answer(gap, fill);
    }

    fn fill(&mut self, gap: Gap) {
        self.answer(gap, Fill::new());
    }

    fn agrees(&self, gap: Gap) -> bool {
        self.says_so_again(gap)
    }

    fn digest(&self) -> u64 {
        let places = self.places.iter().map(|place| u64::from(place.machine) << 32 | u64::from(place.inbox));
        let machines = self.machines.values().map(|machine| machine.local.fingerprint());
        let inboxes = self.inboxes.values().map(Shared::fingerprint);
        let arounds = self.arounds.values().map(Shared::fingerprint);
        crate::world::fingerprint(&places.chain(machines).chain(inboxes).chain(arounds).collect::<Vec<u64>>())
    }

    fn can_ask(&self, Gap { kind, a, b }: Gap) -> bool {
        let (a, b) = (a as usize, b as usize);
        let (places, machines, inboxes) = (self.places.len(), self.machines.len(), self.inboxes.len());
        match kind {
            kind::MOVES => a < places && b < self.arounds.len(),
            kind::AROUND | kind::SUSPEND => a < self.arounds.len(),
            kind::SEAT => a < machines && b < inboxes,
            kind::ADD => a < inboxes && b < self.mails.len(),
            kind::FORGET => a < inboxes && b < self.entries.len(),
            kind::TIMES => a < 1 << (2 * MAX_NODES) && u8::try_from(b).is_ok(),
            kind::AGE => a < places && b < self.ways.len(),
            kind::IMAGE => a < inboxes && b < self.world.mirrors().len(),
            kind::PAIR => a < self.faces.len() && b < self.faces.len(),
            kind::WHOLE => {
                let room = self.tuples.get(a).is_some_and(|tuple| tuple.stances.len() < self.seats);
                room && b < self.stances.len()
            }
            _no_function => false,
        }
    }

    fn is_state(&self, state: &[Id]) -> bool {
        let is_seat = |(at, place): (usize, &Id)| {
            let place = self.places.get(*place as usize);
            place.is_some_and(|place| self.machines[place.machine].id == node(at))
        };
        (state[self.seats] as usize) < self.arounds.len()
            && state[..self.seats].iter().enumerate().all(is_seat)
    }

    fn bytes(&self) -> u64 {
        let others = [&self.outcomes, &self.absorbed].into_iter().chain(&self.own);
        let known: usize = self.known.iter().chain(others).map(Pairs::bytes).sum();
        let values = self.machines.bytes() + self.inboxes.bytes() + self.arounds.bytes() + self.faces.bytes();
        let lists = self.places.capacity() * size_of::<Place>() + self.moves.capacity() * size_of::<Move>();
        (known + values + lists) as u64
    }
}

/// What measures time at a seat, as one number: two bits a node.
pub(super) fn packed(clocks: Clocks) -> u32 {
    (clocks.stamped.bits() as u32) | ((clocks.waiting.bits() as u32) << MAX_NODES)
}

/// The print of a message that is delivered.
pub(super) fn delivery(envelope: &Shared<Envelope>) -> u64 {
    envelope.fingerprint()
}

/// The print of another act.
pub(super) fn print(act: &Act) -> u64 {
    crate::world::fingerprint(act)
}
