//! One worker: the search, level by level, in step with the others.
//!
//! There are two streams, both of timely's: *parcels* carry states to their owners, *news* tells everybody how far
//! everybody is. Both are numbered by rounds, and timely says when a round is over everywhere – everything sent in
//! it has been received. That is all that is needed for a search that is breadth first across processes:
//!
//! 1. All states of a level are known: tell how many there are, and whether one is broken. End of the round.
//! 2. Everybody has heard the same from everybody, and so decides the same.
//! 3. Compute what follows, and send it to its owners. End of the round: the next level is known.
//!
//! Nothing in a verdict depends on who was faster: a level is complete before it is judged, of several broken
//! states that with the smallest fingerprint is reported, and of several ways to a state likewise the one by the
//! smallest.

use super::error::{ClusterError, Peer};
use super::explore::{Explorer, Load, Parcel};
use super::link::Fate;
use super::portable::Portable;
use super::{Phase, Plan};
use crate::check::memo::portable::coded;
use crate::check::{Progress, Why, resident};
use ::timely::container::CapacityContainerBuilder;
use ::timely::dataflow::InputHandle;
use ::timely::dataflow::ProbeHandle;
use ::timely::dataflow::channels::pact::Exchange;
use ::timely::dataflow::operators::generic::Operator;
use ::timely::dataflow::operators::{Input, Probe};
use ::timely::worker::Worker;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long a worker sleeps at most before it looks around.
const NAP: Duration = Duration::from_millis(20);
/// How often it says how far it is, within a level.
const BEAT: Duration = Duration::from_millis(100);

/// The number of a round.
type Round = u64;
type Sender<T> = InputHandle<Round, CapacityContainerBuilder<Vec<T>>>;

/// Why a search was cut short, as it travels.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Cut {
    States(u64),
    Memory(u64),
    Interrupted,
}

impl From<Cut> for Why {
    fn from(cut: Cut) -> Why {
        match cut {
            Cut::States(bound) => Why::States(bound),
            Cut::Memory(bound) => Why::Memory(bound),
            Cut::Interrupted => Why::Interrupted,
        }
    }
}

/// What a worker tells everybody.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct News {
    to: u32,
    from: u32,
    told: Told,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Told {
    /// How far it is, at any time.
    Beat(Load, Option<Cut>),
    /// A level is complete.
    Level(Sum),
    /// The fingerprint of a state that leads to the one that was asked for.
    Parent(u64),
}

/// What a worker says of a complete level. Unlike a beat, it comes once a round: all decide by the same.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Sum {
    load: Load,
    /// Of its states the broken one with the smallest fingerprint.
    broken: Option<u64>,
    cut: Option<Cut>,
}

/// What everybody told last.
struct Board {
    sums: Vec<Sum>,
    loads: Vec<Load>,
    cut: Option<Cut>,
    parent: Option<u64>,
}

impl Board {
    fn of(workers: usize) -> Self {
        Self {
            sums: vec![Sum::default(); workers],
            loads: vec![Load::default(); workers],
            cut: None,
            parent: None,
        }
    }

    fn put(&mut self, news: &News) {
        let from = news.from as usize;
        match news.told {
            _ if from >= self.sums.len() => {}
            Told::Beat(load, cut) => {
                self.loads[from] = load;
                self.cut = self.cut.or(cut);
            }
            Told::Level(sum) => {
                self.sums[from] = sum;
                self.loads[from] = sum.load;
            }
            Told::Parent(parent) => self.parent = Some(parent),
        }
    }
}

/// What workers did, together.
fn progress(loads: &[Load], depth: u32) -> Progress {
    Progress {
        states: loads.iter().map(|load| load.states).sum(),
        frontier: loads.iter().map(|load| load.frontier).sum(),
        depth,
        transitions: loads.iter().map(|load| load.transitions).sum(),
        bytes: resident().unwrap_or_else(|| loads.iter().map(|load| load.bytes).sum()),
    }
}

/// How a search ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// There is nothing more.
    Emptied,
    /// The fingerprints of the states from the first one to a broken one.
    Broken(Vec<u64>),
    /// It was cut short.
    Cut(Cut),
}

/// What a worker brings back: the same as every other.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) end: End,
    /// Which phase of the plan it is the verdict of.
    pub(super) phase: usize,
    pub(super) progress: Progress,
    pub(super) loads: Vec<Load>,
}

/// Works through the phases of the plan until one of them settles the matter.
pub(super) fn work(worker: &mut Worker, plan: &Plan, fate: &Fate) -> Result<Verdict, ClusterError> {
    let last = plan.phases.len() - 1;
    let mut at = 0;
    loop {
        let phase = &plan.phases[at];
        let mut search = Search::new(worker, coded(&phase.world, &plan.start), plan, phase, fate);
        let verdict = search.run(at)?;
        let settled = matches!(verdict.end, End::Broken(_) | End::Cut(Cut::Interrupted));
        if settled || at == last {
            search.part();
            return Ok(verdict);
        }
        at += 1;
    }
}

/// One search.
struct Search<'a, C> {
    worker: &'a mut Worker,
    plan: &'a Plan,
    phase: &'a Phase,
    fate: &'a Fate,
    explorer: Explorer<C>,
    post: Rc<RefCell<Vec<Parcel>>>,
    board: Rc<RefCell<Board>>,
    parcels: Sender<Parcel>,
    news: Sender<News>,
    delivered: ProbeHandle<Round>,
    heard: ProbeHandle<Round>,
    cut: Option<Cut>,
    beat: Instant,
}

impl<'a, C: Portable> Search<'a, C> {
    fn new(worker: &'a mut Worker, coded: C, plan: &'a Plan, phase: &'a Phase, fate: &'a Fate) -> Self {
        let (me, workers) = (worker.index() as u32, worker.peers() as u32);
        let explorer = Explorer::new(coded, me, workers);
        let post = Rc::new(RefCell::new(Vec::new()));
        let board = Rc::new(RefCell::new(Board::of(workers as usize)));
        let (arrived, told) = (Rc::clone(&post), Rc::clone(&board));
        let (parcels, news, delivered, heard) = worker.dataflow::<Round, _, _>(|scope| {
            let (parcels, sent) = scope.new_input::<Vec<Parcel>>();
            let (news, said) = scope.new_input::<Vec<News>>();
            let to = Exchange::new(|parcel: &Parcel| u64::from(parcel.to));
            let (delivered, _) = sent
                .unary::<CapacityContainerBuilder<Vec<()>>, _, _, _>(to, "receive", move |_, _| {
                    move |input, _output| {
                        input.for_each(|_, parcels| arrived.borrow_mut().append(parcels));
                    }
                })
                .probe();
            let to = Exchange::new(|news: &News| u64::from(news.to));
            let (heard, _) = said
                .unary::<CapacityContainerBuilder<Vec<()>>, _, _, _>(to, "hear", move |_, _| {
                    move |input, _output| {
                        input
                            .for_each(|_, news| news.drain(..).for_each(|news| told.borrow_mut().put(&news)));
                    }
                })
                .probe();
            (parcels, news, delivered, heard)
        });
        let beat = Instant::now();
        Self {
            worker,
            plan,
            phase,
            fate,
            explorer,
            post,
            board,
            parcels,
            news,
            delivered,
            heard,
            cut: None,
            beat,
        }
    }

    fn run(&mut self, phase: usize) -> Result<Verdict, ClusterError> {
        self.explorer.begin();
        let (mut level, mut known) = (0, 0);
        loop {
            let sums = self.sum_up()?;
            let loads: Vec<Load> = sums.iter().map(|sum| sum.load).collect();
            let states: u64 = loads.iter().map(|load| load.states).sum();
            let bound = self.phase.most_states.filter(|bound| states >= *bound);
            let end = if let Some(broken) = sums.iter().filter_map(|sum| sum.broken).min() {
                Some(End::Broken(self.trace(broken, level)?))
            } else if let Some(cut) = sums.iter().find_map(|sum| sum.cut) {
                Some(End::Cut(cut))
            } else if states == known {
                Some(End::Emptied)
            } else {
                bound.map(|bound| End::Cut(Cut::States(bound)))
            };
            let depth = if states == known { level - 1 } else { level };
            self.say(&loads, depth);
            if let Some(end) = end {
                return Ok(Verdict { end, phase, progress: progress(&loads, depth), loads });
            }
            self.expand(level)?;
            (level, known) = (level + 1, states);
        }
    }

    /// What everybody says of the level that is complete now.
    fn sum_up(&mut self) -> Result<Vec<Sum>, ClusterError> {
        self.cut = self.cut.or_else(|| self.too_large());
        let (load, broken) = (self.explorer.load(), self.explorer.broken());
        self.tell(Told::Level(Sum { load, broken, cut: self.cut }));
        self.hear()?;
        Ok(self.board.borrow().sums.clone())
    }

    /// Tells the main thread of this process how far the search is.
    fn say(&self, loads: &[Load], depth: u32) {
        if self.worker.index() == self.plan.speaker {
            self.plan.publish(progress(loads, depth));
        }
    }

    /// Computes and delivers what follows from the states of a level.
    fn expand(&mut self, level: u32) -> Result<(), ClusterError> {
        self.explorer.open(level + 1);
        self.explorer.arrange(level);
        let mut more = true;
        while more && self.cut.is_none() {
            more = self.explorer.expand(level);
            self.send(false);
            self.worker.step();
            self.receive();
            self.look(level)?;
        }
        self.send(true);
        let round = *self.parcels.time() + 1;
        self.parcels.advance_to(round);
        while self.delivered.less_than(&round) {
            self.worker.step_or_park(Some(NAP));
            self.receive();
            self.look(level)?;
        }
        Ok(())
    }

    /// Adds what others sent. At the end of a round everything has arrived.
    fn receive(&mut self) {
        for parcel in self.post.take() {
            self.explorer.receive(&parcel);
        }
    }

    fn send(&mut self, all: bool) {
        let parcels = self.explorer.parcels(all);
        if !parcels.is_empty() {
            for parcel in parcels {
                self.parcels.send(parcel);
            }
            self.parcels.flush();
        }
    }

    /// Looks whether the search can go on, and says now and then how far it is.
    fn look(&mut self, level: u32) -> Result<(), ClusterError> {
        if let Some(why) = self.fate.sealed() {
            return Err(why.clone());
        }
        if let Some(disagreement) = self.explorer.disagreement() {
            return Err(self.disagrees(disagreement.worker));
        }
        let due = self.beat.elapsed() >= BEAT;
        let before = self.cut;
        self.cut = self.cut.or_else(|| self.has_to_stop(due));
        if due || self.cut != before {
            self.beat = Instant::now();
            let load = self.explorer.load();
            self.tell(Told::Beat(load, self.cut));
            self.say(&self.board.borrow().loads, level);
        }
        Ok(())
    }

    /// Whether a bound is reached, here or elsewhere.
    fn has_to_stop(&self, due: bool) -> Option<Cut> {
        let (board, explorer) = (self.board.borrow(), &self.explorer);
        let known: u64 = board.loads.iter().map(|load| load.states).sum();
        let states = known - board.loads[self.worker.index()].states + explorer.load().states;
        self.plan
            .stopped()
            .or(board.cut)
            .or_else(|| self.phase.most_states.filter(|bound| states >= *bound).map(Cut::States))
            .or_else(|| explorer.is_full().then_some(Cut::States(u64::from(u32::MAX))))
            .or_else(|| due.then(|| self.too_large()).flatten())
    }

    fn too_large(&self) -> Option<Cut> {
        let bytes = resident().unwrap_or_else(|| self.explorer.load().bytes);
        self.plan.most_bytes.filter(|bound| bytes >= *bound).map(Cut::Memory)
    }

    fn disagrees(&self, worker: u32) -> ClusterError {
        let process = worker as usize / self.plan.workers;
        ClusterError::Disagrees { peer: Peer { process, host: self.plan.host(process) } }
    }

    // ---- news ------------------------------------------------------------------------------------------

    fn tell(&mut self, told: Told) {
        let from = self.worker.index() as u32;
        for to in 0..self.worker.peers() as u32 {
            self.news.send(News { to, from, told });
        }
        self.news.flush();
    }

    /// Waits until everybody has heard what everybody told in this round.
    fn hear(&mut self) -> Result<(), ClusterError> {
        let round = *self.news.time() + 1;
        self.news.advance_to(round);
        while self.heard.less_than(&round) {
            self.worker.step_or_park(Some(NAP));
            if let Some(why) = self.fate.sealed() {
                return Err(why.clone());
            }
        }
        Ok(())
    }

    /// The way from the first state to a broken one, told by the owners of the states on it.
    fn trace(&mut self, broken: u64, level: u32) -> Result<Vec<u64>, ClusterError> {
        let mut way = vec![broken];
        let mut at = broken;
        for _ in 0..level {
            self.board.borrow_mut().parent = None;
            let parent = self.explorer.parent(at);
            // Nobody may answer before everybody has forgotten the last answer.
            self.hear()?;
            if let Some(parent) = parent {
                self.tell(Told::Parent(parent));
            }
            self.hear()?;
            let told = self.board.borrow().parent;
            at = told.ok_or_else(|| ClusterError::Worker { what: "a state has no owner".into() })?;
            way.push(at);
        }
        way.reverse();
        Ok(way)
    }

    /// Waits until everybody has the verdict. From now on anybody may leave, and none is missed.
    fn part(&mut self) {
        // An error says that somebody has left already.
        let _ = self.hear();
    }
}
