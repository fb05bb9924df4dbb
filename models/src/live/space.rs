//! The whole graph of a small model, before and after it becomes *steady*; and whether a primary then comes to serve
//! for good.
//!
//! # The assumption
//!
//! No algorithm elects anybody if timers may fire at any moment for ever (Fischer, Lynch and Paterson 1985). So the
//! world is free – every fault, loss, repetition and order inside the bounds of the model – until, at any moment, it
//! becomes steady. From then on
//!
//! * there are no more faults, and clients and operators do nothing; who is down starts again, who is paused goes on,
//!   a partition heals;
//! * nothing is on its way from before; what is sent from then on arrives, once;
//! * only the timers of one node fire, any one that may lead, and only when nothing else can happen: they are longer
//!   than whatever is on its way takes;
//! * every node and every link is weakly fair: what stays possible at a node, or on a link, is not put off for ever.
//!
//! *Required* is that from some time on a primary serves and goes on serving.
//!
//! That nothing is on its way from before takes nothing away: messages of the free world arrive or are lost in the
//! end, so there is a moment after the last of them, and what they did until then is what a free world can do anyway.
//!
//! # Bounds
//!
//! Epochs are the only thing that grows in a steady world. Until it is steady they stay within the model's; the node
//! whose timers fire needs [`ROOM`] for a campaign above. A step that leads beyond is an edge to a state of its own,
//! and if one is reachable, nothing is proved.
//!
//! # Nothing is left out where it matters
//!
//! A reduction that leaves out a message leaves out a step, and with it what is possible; one that takes mirror images
//! for the same makes cycles of what are none. So the steady world, the only one in which anything is assumed to be
//! fair, is explored as it is. Of the free world only the machines matter, since nothing is on its way when it becomes
//! steady: there messages that can never again do anything may be left out, which the tests confirm by the number of
//! steady states. Symmetry is refused, and so are reductions that assume rules that are switched off.

use super::cycle::{Class, Fairness, Graph, Lasso, Question};
use crate::check::{Bounds, Progress, Why};
use crate::run::{Replay, Run, RunError};
use crate::world::{
    Around, Budget, Choice, Envelope, Inbox, ModelError, Network, Reductions, Seat, Shared, State, Step,
    World, fingerprint, node,
};
use quorate::id::{Epoch, NodeId, NodeSet};
use quorate::rule::without;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

/// How many epochs above the model's a steady world may use: that of the node whose timers fire, once it has learnt
/// of all others.
pub const ROOM: u64 = 1;

/// Why a model is not searched for fair cycles.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The model is impossible.
    Model(ModelError),
    /// A reduction is in use.
    Reduced,
    /// Clocks run in it.
    Clocks,
    /// Its network counts messages, of which there may be ever more.
    Counted,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Model(error) => return error.fmt(f),
            Refusal::Reduced => {
                "fair cycles are not searched with mirror images left out, nor with reductions that assume a rule that \
                 is switched off: what seems a cycle would be none; leave Reductions::symmetry and rashly out"
            }
            Refusal::Clocks => {
                "fair cycles are not searched in a model with clocks; leave scope.rates and node.lease out, or try the \
                 graphs: `quorate live`"
            }
            Refusal::Counted => {
                "fair cycles are searched on \"any\" network; on a counted one beats that nobody takes out would pile \
                 up without end"
            }
        })
    }
}

impl std::error::Error for Refusal {}

/// How a state of the graph is encoded: the seats, the surroundings, and whether it is steady.
type Code = Box<[u32]>;

/// The state beyond the bounds.
const BEYOND: u32 = u32::MAX;

/// In a code: not steady. Otherwise the number of the node whose timers fire.
const FREE: u32 = u32::MAX;

/// One step of a machine.
#[derive(Clone)]
struct Move {
    class: Class,
    kind: Kind,
    /// What comes of it; `None` if it leads outside the bounds.
    after: Option<After>,
}

#[derive(Clone)]
struct After {
    seat: u32,
    around: u32,
    term: u64,
    /// Which epoch became durable.
    entered: Option<Epoch>,
    mail: Vec<(usize, u32)>,
}

/// What kind of step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A timer; of a primary or not.
    Timer,
    /// What must happen in a steady world.
    Fair,
    /// What no longer happens there.
    Fault,
}

/// Numbers for values.
struct Names<T> {
    known: HashMap<u64, u32>,
    values: Vec<T>,
}

impl<T> Names<T> {
    fn new() -> Self {
        Self { known: HashMap::new(), values: Vec::new() }
    }

    fn of(&mut self, print: u64, value: impl FnOnce() -> T) -> u32 {
        let next = self.values.len() as u32;
        let name = *self.known.entry(print).or_insert(next);
        if name == next {
            self.values.push(value());
        }
        name
    }
}

/// The graph of a model.
pub struct Space {
    /// The world while it is free.
    free: World,
    /// The world once it is steady.
    steady: World,
    /// The epochs of the free world.
    epochs: u64,
    seats: Names<(NodeId, Seat)>,
    arounds: Names<Shared<Around>>,
    mails: Names<Inbox>,
    /// By seat, surroundings and whether the world is steady.
    moves: HashMap<(u32, u32, bool), Rc<[Move]>>,
    received: HashMap<(u32, u32, bool), u32>,
    codes: HashMap<Code, u32>,
    states: Vec<Code>,
    /// The graph, complete when the frontier is empty.
    graph: Graph,
    /// Which state is the one beyond the bounds, once there is one.
    beyond: Option<u32>,
    unsafe_states: u64,
}

/// The class of faults around the machines, and of becoming steady.
const AROUND: Class = 0;
/// The class of writes that reach the resource.
const RESOURCE: Class = 1;
/// Where the classes of nodes begin.
const NODES: usize = 2;

impl Space {
    /// Prepares the space of `world`. Its epochs are those of the free part.
    pub fn new(world: &World) -> Result<Self, Refusal> {
        let model = &world.model;
        if model.scope.rates.is_some() {
            return Err(Refusal::Clocks);
        }
        if model.scope.network == Network::Counted {
            return Err(Refusal::Counted);
        }
        let reductions = world.reductions();
        if reductions.symmetry || reductions.rashly {
            return Err(Refusal::Reduced);
        }
        let epochs = model.scope.epochs;
        let mut roomy = model.clone();
        roomy.scope.epochs += ROOM;
        // What was lost has to be said again, and a refusal is an answer.
        (roomy.scope.beats, roomy.scope.refusals) = (true, true);
        let world = World::new(roomy).map_err(Refusal::Model)?;
        Ok(Self {
            free: world.clone().reduced_by(reductions),
            steady: world.reduced_by(Reductions::NONE),
            epochs,
            seats: Names::new(),
            arounds: Names::new(),
            mails: Names::new(),
            moves: HashMap::new(),
            received: HashMap::new(),
            codes: HashMap::new(),
            states: Vec::new(),
            graph: Graph::default(),
            beyond: None,
            unsafe_states: 0,
        })
    }

    /// How many nodes there are.
    fn count(&self) -> usize {
        usize::from(self.free.model.nodes)
    }

    fn world(&self, steady: bool) -> &World {
        if steady { &self.steady } else { &self.free }
    }

    // ---- classes -----------------------------------------------------------------------------------------

    /// A node's own steps, then its timer, then a class for each link.
    fn class_of(&self, choice: &Choice) -> Class {
        let count = self.count();
        let at = |id: NodeId| usize::from(id.index());
        let number = match choice {
            Choice::Deliver(envelope) => NODES + 2 * count + at(envelope.from) * count + at(envelope.to),
            Choice::Tick(id) => NODES + count + at(*id),
            other => other.node().map_or(usize::from(AROUND), |id| NODES + at(id)),
        };
        number as Class
    }

    /// All of them are weakly fair but what happens around: a free world need not become steady.
    fn fairness(&self) -> Vec<Fairness> {
        let count = self.count();
        let mut fairness = vec![Fairness::Weak; NODES + 2 * count + count * count];
        fairness[usize::from(AROUND)] = Fairness::Unfair;
        fairness
    }

    fn kind_of(choice: &Choice) -> Kind {
        match choice {
            Choice::Tick(_) => Kind::Timer,
            Choice::Deliver(_)
            | Choice::Flush(_)
            | Choice::Restart(_)
            | Choice::Done(..)
            | Choice::Report(_)
            | Choice::Land(_) => Kind::Fair,
            Choice::Drop(_)
            | Choice::Duplicate(_)
            | Choice::FailFlush(_)
            | Choice::Crash { .. }
            | Choice::Write(_)
            | Choice::ReadByLease(_)
            | Choice::ConfirmRead(_)
            | Choice::ReadByQuorum(_)
            | Choice::ReadByToken(_)
            | Choice::Switchover(..)
            | Choice::AcceptLoss(_)
            | Choice::Change(..)
            | Choice::PowerOff { .. }
            | Choice::Compact(_)
            | Choice::Doubt(_)
            | Choice::Pass(_)
            | Choice::Partition { .. }
            | Choice::Heal
            | Choice::Pause(_)
            | Choice::Resume(_) => Kind::Fault,
        }
    }

    // ---- exploring ---------------------------------------------------------------------------------------

    /// Explores everything inside the bounds; why not, if it cannot. `watch` is told now and then.
    pub fn explore(&mut self, bounds: Bounds, watch: &mut dyn FnMut(&Progress) -> bool) -> Result<(), Why> {
        let first = self.free.initial();
        let code = self.encode(&first);
        self.state(code);
        let mut next = 0;
        while next < self.states.len() {
            if next.is_multiple_of(4096) {
                let progress = self.progress(next);
                if let Some(why) = bounds.exceeded(&progress) {
                    return Err(why);
                }
                if !watch(&progress) {
                    return Err(Why::Interrupted);
                }
            }
            let edges = self.expand(next);
            self.graph.push(edges);
            next += 1;
        }
        Ok(())
    }

    fn progress(&self, next: usize) -> Progress {
        let bytes = crate::check::resident().unwrap_or(0);
        let states = self.states.len() as u64;
        Progress {
            states,
            frontier: states - next as u64,
            depth: 0,
            transitions: self.graph.edges() as u64,
            bytes,
        }
    }

    fn encode(&mut self, state: &State) -> Code {
        let mut code: Vec<u32> = state.seats().map(|(id, seat)| self.seat(id, seat)).collect();
        code.push(self.around(&state.around));
        code.push(FREE);
        code.into()
    }

    fn seat(&mut self, id: NodeId, seat: &Seat) -> u32 {
        let print = fingerprint(&(id, seat.machine.fingerprint(), seat.inbox.fingerprint()));
        self.seats.of(print, || (id, seat.clone()))
    }

    fn around(&mut self, around: &Shared<Around>) -> u32 {
        self.arounds.of(around.fingerprint(), || around.clone())
    }

    /// The number of a state.
    fn state(&mut self, code: Code) -> u32 {
        let next = self.states.len() as u32;
        *self.codes.entry(code).or_insert_with_key(|code| {
            self.states.push(code.clone());
            next
        })
    }

    fn beyond(&mut self) -> u32 {
        let name = self.beyond.unwrap_or_else(|| self.state(vec![BEYOND].into()));
        self.beyond = Some(name);
        name
    }

    /// The edges of a state.
    fn expand(&mut self, index: usize) -> Vec<(u32, Class)> {
        let code = self.states[index].clone();
        if code[0] == BEYOND {
            return Vec::new();
        }
        let count = self.count();
        if self.arounds.values[code[count] as usize].history.broken.is_some() {
            self.unsafe_states += 1;
            return Vec::new();
        }
        match code[count + 1] {
            FREE => self.free_edges(&code),
            timer => self.steady_edges(&code, timer),
        }
    }

    fn free_edges(&mut self, code: &Code) -> Vec<(u32, Class)> {
        let count = self.count();
        let mut edges = Vec::new();
        for at in 0..count {
            for step in self.moves_of(code[at], code[count], false).iter() {
                let Some(after) = step.after.as_ref().filter(|after| after.term <= self.epochs) else {
                    continue;
                };
                let next = self.moved(code, at, after, false);
                edges.push((self.state(next), step.class));
            }
        }
        let around = self.arounds.values[code[count] as usize].clone();
        for choice in self.free.choices_around(&around) {
            let mut changed = (*around).clone();
            self.free.happen_around(&mut changed, &choice);
            let mut next = code.clone();
            next[count] = self.around(&Shared::new(changed));
            edges.push((self.state(next), AROUND));
        }
        for steady in self.becoming_steady(code) {
            edges.push((self.state(steady), AROUND));
        }
        edges
    }

    /// The steady states that may follow: one for each node that may lead.
    fn becoming_steady(&mut self, code: &Code) -> Vec<Code> {
        let count = self.count();
        let around = &self.arounds.values[code[count] as usize];
        let mut calm = (**around).clone();
        calm.budget = Budget::default();
        calm.outside.cut = None;
        calm.outside.paused = NodeSet::EMPTY;
        let calm = self.around(&Shared::new(calm));
        let mut steady = code.clone();
        steady[count] = calm;
        for place in &mut steady[..count] {
            let (id, seat) = self.seats.values[*place as usize].clone();
            *place = self.seat(id, &Seat { inbox: Shared::new(Vec::new()), ..seat });
        }
        let config = self.free.model.config().expect("checked when the world was made");
        let with_timer = |timer: NodeId| {
            let mut code = steady.clone();
            code[count + 1] = u32::from(timer.index());
            code
        };
        config.candidates().iter().map(with_timer).collect()
    }

    fn steady_edges(&mut self, code: &Code, timer: u32) -> Vec<(u32, Class)> {
        let count = self.count();
        let mut edges = Vec::new();
        let mut timers = Vec::new();
        for at in 0..count {
            for step in self.moves_of(code[at], code[count], true).iter() {
                match step.kind {
                    Kind::Fair => self.steady_edge(code, at, step, &mut edges),
                    Kind::Timer if at as u32 == timer => timers.push((at, step.clone())),
                    Kind::Timer | Kind::Fault => {}
                }
            }
        }
        let around = self.arounds.values[code[count] as usize].clone();
        for choice in self.free.choices_around(&around) {
            if Self::kind_of(&choice) == Kind::Fair {
                let mut changed = (*around).clone();
                self.free.happen_around(&mut changed, &choice);
                let mut next = code.clone();
                next[count] = self.around(&Shared::new(changed));
                edges.push((self.state(next), RESOURCE));
            }
        }
        let own = self.codes[code];
        edges.retain(|(to, _)| *to != own);
        if edges.is_empty() {
            for (at, step) in &timers {
                self.steady_edge(code, *at, step, &mut edges);
            }
        }
        edges
    }

    fn steady_edge(&mut self, code: &Code, at: usize, step: &Move, edges: &mut Vec<(u32, Class)>) {
        let to = match &step.after {
            None => self.beyond(),
            Some(after) => {
                let next = self.moved(code, at, after, true);
                self.state(next)
            }
        };
        edges.push((to, step.class));
    }

    fn moved(&mut self, code: &Code, at: usize, after: &After, steady: bool) -> Code {
        let mut next = code.clone();
        next[at] = after.seat;
        let count = self.count();
        next[count] = after.around;
        if let Some(epoch) = after.entered {
            for other in (0..count).filter(|other| *other != at) {
                let (id, seat) = self.seats.values[next[other] as usize].clone();
                let seat = self.world(steady).forget(&seat, node(at), epoch);
                next[other] = self.seat(id, &seat);
            }
        }
        for (to, mail) in &after.mail {
            next[*to] = self.receive(next[*to], *mail, steady);
        }
        next
    }

    fn receive(&mut self, seat: u32, mail: u32, steady: bool) -> u32 {
        if let Some(known) = self.received.get(&(seat, mail, steady)) {
            return *known;
        }
        let (id, before) = self.seats.values[seat as usize].clone();
        let after = self.world(steady).receive(&before, &self.mails.values[mail as usize]);
        let name = self.seat(id, &after);
        self.received.insert((seat, mail, steady), name);
        name
    }

    /// What can happen at a seat, computed once.
    fn moves_of(&mut self, place: u32, around: u32, steady: bool) -> Rc<[Move]> {
        if let Some(known) = self.moves.get(&(place, around, steady)) {
            return known.clone();
        }
        let (id, seat) = self.seats.values[place as usize].clone();
        let surroundings = self.arounds.values[around as usize].clone();
        let mut moves = Vec::new();
        for choice in self.world(steady).choices_at(id, &seat, &surroundings) {
            let step = self.world(steady).step(id, &seat, &surroundings, &choice);
            let after = step.map(|step| self.after(id, &seat, step, &choice, steady));
            moves.push(Move { class: self.class_of(&choice), kind: Self::kind_of(&choice), after });
        }
        let moves: Rc<[Move]> = moves.into();
        self.moves.insert((place, around, steady), moves.clone());
        moves
    }

    fn after(&mut self, id: NodeId, before: &Seat, step: Step, choice: &Choice, steady: bool) -> After {
        let Step { seat, sent, around } = step;
        let epoch = seat.machine.disk.hard.epoch();
        let forgets = !steady && self.free.reductions().dead && epoch > before.machine.disk.hard.epoch();
        let term = seat.machine.node.as_ref().map_or(0, |node| node.epoch().term());
        let seat = if steady { taken_out(&seat, choice) } else { seat };
        After {
            seat: self.seat(id, &seat),
            around: self.around(&Shared::new(around)),
            term,
            entered: forgets.then_some(epoch),
            mail: self.post(&sent),
        }
    }

    fn post(&mut self, sent: &[Shared<Envelope>]) -> Vec<(usize, u32)> {
        let mut mail = Vec::new();
        for to in 0..self.count() {
            let letters: Inbox = sent.iter().filter(|envelope| envelope.to == node(to)).cloned().collect();
            if !letters.is_empty() {
                mail.push((to, self.mails.of(fingerprint(&letters), || letters)));
            }
        }
        mail
    }

    // ---- what is found -----------------------------------------------------------------------------------

    /// Whether a node serves in a state.
    fn serves(&self, state: u32) -> bool {
        let code = &self.states[state as usize];
        let serves = |place: &u32| {
            self.seats.values[*place as usize]
                .1
                .machine
                .node
                .as_ref()
                .is_some_and(quorate::failover::Node::is_serving)
        };
        code[0] != BEYOND && code[..self.count()].iter().any(serves)
    }

    fn is_steady(&self, state: u32) -> bool {
        let code = &self.states[state as usize];
        code[0] != BEYOND && code[self.count() + 1] != FREE
    }

    /// A fair way on which, in a steady world, nobody comes to serve for good.
    pub fn search(&self) -> Option<Lasso> {
        let serves: Vec<bool> = (0..self.states.len() as u32).map(|state| self.serves(state)).collect();
        let fairness = self.fairness();
        let question = Question {
            graph: &self.graph,
            fairness: &fairness,
            trigger: &|state| self.is_steady(state),
            inside: &|state| self.is_steady(state),
            visits: &|state| !serves[state as usize],
        };
        question.answer()
    }

    /// How many states there are, and how many of them are steady.
    pub fn states(&self) -> (usize, usize) {
        (self.states.len(), (0..self.states.len() as u32).filter(|state| self.is_steady(*state)).count())
    }

    /// How many edges there are.
    pub fn edges(&self) -> usize {
        self.graph.edges()
    }

    /// Whether a step led beyond the bounds.
    pub fn leads_beyond(&self) -> bool {
        self.beyond.is_some()
    }

    /// How many states there are in which an invariant of safety is broken; from there nothing is explored.
    pub fn unsafe_states(&self) -> u64 {
        self.unsafe_states
    }

    fn decode(&self, state: u32) -> State {
        let code = &self.states[state as usize];
        let seat = |place: &u32| self.seats.values[*place as usize].1.clone();
        State {
            seats: code[..self.count()].iter().map(seat).collect(),
            around: self.arounds.values[code[self.count()] as usize].clone(),
        }
    }

    /// The choices of a lasso, found again by the world itself.
    pub fn tell(&self, lasso: &Lasso) -> Told {
        let whole: Vec<u32> = lasso.stem.iter().chain(&lasso.cycle).copied().collect();
        let steady_at = lasso.stem.iter().position(|state| self.is_steady(*state)).unwrap_or(0);
        let mut choices = Vec::new();
        let mut steady = 0;
        for (at, pair) in whole.windows(2).enumerate() {
            if at + 1 == steady_at {
                steady = choices.len();
            } else {
                choices.extend(self.choice(pair[0], pair[1]));
            }
        }
        let timer = self.states[lasso.stem[lasso.stem.len() - 1] as usize][self.count() + 1];
        let cycle = lasso.cycle.len();
        Told { steady, cycle: choices.len() - cycle, timer: node(timer as usize), choices }
    }

    fn choice(&self, from: u32, to: u32) -> Option<Choice> {
        let (before, after) = (self.decode(from), self.decode(to));
        let steady = self.is_steady(from);
        let leads = |choice: &Choice| {
            let Some(mut next) = self.world(steady).apply(&before, choice) else {
                // On a network that keeps everything, taking a message out is no step of the world.
                return steady && taken_from(&before, choice).is_some_and(|next| next == after);
            };
            if steady && let (Choice::Deliver(_), Some(id)) = (choice, choice.node()) {
                let at = usize::from(id.index());
                next.seats[at] = taken_out(&next.seats[at], choice);
            }
            next == after
        };
        self.world(steady).choices(&before).into_iter().find(leads)
    }

    /// A lasso as a run, if it replays where each message arrives once.
    pub fn record(&self, told: &Told) -> Result<Run, RunError> {
        let mut model = self.free.model.clone();
        model.scope.network = Network::Counted;
        let world = World::new(model).map_err(RunError::Model)?;
        let mut replay = Replay::start(&world);
        let mut kept = Vec::new();
        for choice in &told.choices {
            // A step that changes nothing there is left out.
            let possible =
                without(world.rules_off(), || replay.world.choices(replay.state()).contains(choice));
            if !possible || replay.happen(choice.clone(), 0).is_some() {
                kept.push(choice.clone());
            }
        }
        Run::record(&world, &kept, &told.to_string())
    }
}

/// The seat without the message that was delivered: in a steady world it arrives once.
fn taken_out(seat: &Seat, choice: &Choice) -> Seat {
    let Choice::Deliver(envelope) = choice else { return seat.clone() };
    let inbox: Inbox = seat.inbox.iter().filter(|other| *other != envelope).cloned().collect();
    Seat { machine: seat.machine.clone(), inbox: Shared::new(inbox) }
}

fn taken_from(state: &State, choice: &Choice) -> Option<State> {
    let Choice::Deliver(envelope) = choice else { return None };
    let at = usize::from(envelope.to.index());
    let mut next = state.clone();
    next.seats[at] = taken_out(&next.seats[at], choice);
    Some(next)
}

/// A lasso in choices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Stem and cycle.
    pub choices: Vec<Choice>,
    /// After how many of them the world became steady.
    pub steady: usize,
    /// After how many of them the cycle begins; all of them if it stands still.
    pub cycle: usize,
    /// Whose timers fire then.
    pub timer: NodeId,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Told { choices, steady, cycle, timer } = self;
        write!(
            f,
            "steady after step {steady}: what was on its way is lost, only the timers of {timer} fire; "
        )?;
        if *cycle == choices.len() {
            write!(f, "after step {cycle} nothing need ever happen")
        } else {
            write!(f, "steps {} to {} go on for ever", cycle + 1, choices.len())
        }
    }
}
