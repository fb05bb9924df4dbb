//! The search over any model of stateright, unmodified.
//!
//! Nothing is known of the states of a model but what follows them, so nothing is remembered but which states were
//! met: by a fingerprint of 64 bits, as stateright does it. A state itself is kept until what follows it was
//! found. Two states with one fingerprint would be taken for one; how many that may concern is said with the
//! findings. What is gained over stateright's checkers is trust: a search that was cut short is incomplete, paths
//! are shortest, and threads change nothing.
//!
//! For actor models [`actors`](super::actors) knows more, and is faster.

use super::actors::drive::{Ending, Judged, explore, find};
use super::actors::property::{Judge, Reads};
use super::actors::{Example, Refused, Unmet};
use super::search::{Coded, Found, Gap, Id, Search, StateId};
use super::{Bounds, Outcome, Progress, Report};
use rapidhash::quality::RapidHasher;
use stateright::{Expectation, Model};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What was found out.
#[derive(Clone, PartialEq, Debug)]
pub struct Findings<S> {
    /// The answer.
    pub report: Report<Unmet, S>,
    /// For each property that has to hold somewhere.
    pub examples: Vec<Example<S>>,
    /// How many pairs of states may be expected to share a fingerprint.
    pub collisions: f64,
}

/// A check of a model, about to begin.
pub struct Plain<M> {
    model: M,
    threads: usize,
    bounds: Bounds,
}

impl<M> Plain<M>
where
    M: Model + Send + Sync,
    M::State: Hash + Send + Sync,
    M::Action: Clone,
{
    /// A check of `model`, by one thread, without bounds.
    pub fn new(model: M) -> Self {
        Self { model, threads: 1, bounds: Bounds::default() }
    }

    /// By so many threads. The result is the same.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Inside these bounds.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Explores until there is an outcome, a bound is reached, or `watch` says no.
    pub fn run(self, watch: &mut dyn FnMut(&Progress) -> bool) -> Result<Findings<M::Action>, Refused> {
        let properties = self.model.properties();
        if let Some(property) =
            properties.iter().find(|property| property.expectation == Expectation::Eventually)
        {
            return Err(Refused::Eventually(property.name));
        }
        let judges = properties.iter().map(|property| Judge::new(property, Reads::Everything)).collect();
        let mut search = Search::new(Code::new(self.model, judges), self.threads);
        let (ending, progress) = explore(&mut search, self.bounds, watch);
        findings(&search, ending, progress)
    }
}

type Map<V> = HashMap<u64, V, BuildHasherDefault<Same>>;

/// A hasher for keys that are hashes already.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

fn fingerprint<S: Hash>(state: &S) -> u64 {
    let mut hasher = RapidHasher::default();
    state.hash(&mut hasher);
    hasher.finish()
}

/// A fingerprint as two numbers, and back.
const fn numbers(print: u64) -> [Id; 2] {
    [(print >> 32) as Id, print as Id]
}

const fn print(numbers: &[Id]) -> u64 {
    ((numbers[0] as u64) << 32) | numbers[1] as u64
}

/// A model whose states are fingerprints.
struct Code<M: Model> {
    model: M,
    judges: Vec<Judge<M>>,
    first: Vec<Id>,
    /// States to expand.
    open: Map<M::State>,
    /// States that follow those of the block at hand: some of them are new.
    met: Map<M::State>,
    /// Those of them that are new.
    new: Mutex<Vec<u64>>,
    /// What follows the states of the block at hand.
    follows: Map<Vec<u64>>,
    /// The block at hand was expanded.
    expanded: AtomicBool,
    /// Some fingerprints of states that are certainly known, each where it belongs or not at all.
    recent: Vec<u64>,
}

/// How many of them.
const RECENT: usize = 1 << 18;

impl<M> Code<M>
where
    M: Model + Send + Sync,
    M::State: Hash + Send + Sync,
{
    fn new(model: M, judges: Vec<Judge<M>>) -> Self {
        let states = model.init_states().into_iter().filter(|state| model.within_boundary(state));
        let states: Vec<(u64, M::State)> = states.map(|state| (fingerprint(&state), state)).collect();
        Self {
            judges,
            first: states.iter().flat_map(|(print, _)| numbers(*print)).collect(),
            open: Map::default(),
            met: states.into_iter().collect(),
            new: Mutex::default(),
            follows: Map::default(),
            expanded: AtomicBool::new(true),
            recent: vec![0; RECENT],
            model,
        }
    }

    /// The new ones among the states of the last block are to be expanded, the others are forgotten.
    fn settle(&mut self) {
        for print in self.met.keys() {
            self.recent[*print as usize % RECENT] = *print;
        }
        for print in std::mem::take(self.new.get_mut().unwrap_or_else(PoisonError::into_inner)) {
            if let Some(state) = self.met.remove(&print) {
                self.open.insert(print, state);
            }
        }
        self.met.clear();
        self.follows.clear();
    }

    /// Whether a state is certainly known or kept already. The fingerprint 0 never is.
    fn is_known(&self, print: u64) -> bool {
        let is_recent = print != 0 && self.recent[print as usize % RECENT] == print;
        is_recent || self.met.contains_key(&print) || self.open.contains_key(&print)
    }

    fn steps<'m>(&'m self, state: &'m M::State) -> impl Iterator<Item = (M::Action, M::State)> + 'm
    where
        M::Action: Clone,
    {
        let mut actions = Vec::new();
        self.model.actions(state, &mut actions);
        let next = |action: M::Action| Some((action.clone(), self.model.next_state(state, action)?));
        actions.into_iter().filter_map(next).filter(|(_, state)| self.model.within_boundary(state))
    }
}

impl<M> Coded for Code<M>
where
    M: Model + Send + Sync,
    M::State: Hash + Send + Sync,
{
    /// What follows: fingerprints, and the states that are not about to be expanded already.
    type Fill = Vec<(u64, Option<M::State>)>;

    fn width(&self) -> usize {
        2
    }

    fn first(&self) -> Vec<Id> {
        self.first.clone()
    }

    fn successors(&self, state: &[Id], found: &mut Found) {
        match self.follows.get(&print(state)) {
            Some(follows) => {
                self.expanded.store(true, Ordering::Relaxed);
                for print in follows {
                    found.push(&numbers(*print));
                }
            }
            None => found.miss(Gap { kind: 0, a: state[0], b: state[1] }),
        }
    }

    fn is_sound(&self, state: &[Id], _gaps: &mut Vec<Gap>) -> bool {
        let print = print(state);
        self.new.lock().unwrap_or_else(PoisonError::into_inner).push(print);
        let Some(whole) = self.met.get(&print) else { return true };
        let mut sound = true;
        for judge in self.judges.iter().filter(|judge| !judge.is_settled()) {
            let holds = judge.holds(&self.model, whole);
            sound &= holds || !judge.always;
            if holds && !judge.always {
                judge.show(state);
            }
        }
        sound
    }

    fn compute(&self, gap: Gap) -> Self::Fill {
        let print = print(&[gap.a, gap.b]);
        let Some(state) = self.open.get(&print).or_else(|| self.met.get(&print)) else { return Vec::new() };
        let mut actions = Vec::new();
        self.model.actions(state, &mut actions);
        let next = actions.into_iter().filter_map(|action| self.model.next_state(state, action));
        let within = next.filter(|state| self.model.within_boundary(state));
        within
            .map(|state| {
                let print = fingerprint(&state);
                (print, (!self.is_known(print)).then_some(state))
            })
            .collect()
    }

    fn learn(&mut self, gap: Gap, fill: Self::Fill) {
        if self.expanded.swap(false, Ordering::Relaxed) {
            self.settle();
        }
        let print = print(&[gap.a, gap.b]);
        self.open.remove(&print);
        self.follows.insert(print, fill.iter().map(|(print, _)| *print).collect());
        for (print, state) in fill {
            if let Some(state) = state {
                self.met.entry(print).or_insert(state);
            }
        }
    }

    fn bytes(&self) -> u64 {
        ((self.open.capacity() + self.met.capacity()) * size_of::<(u64, M::State)>()) as u64
    }
}

impl<M> Judged for Code<M>
where
    M: Model + Send + Sync,
    M::State: Hash + Send + Sync,
{
    fn is_void(&self) -> bool {
        false
    }

    fn seal(&self) {
        self.judges.iter().for_each(Judge::seal);
    }
}

fn findings<M>(
    search: &Search<Code<M>>,
    ending: Ending,
    progress: Progress,
) -> Result<Findings<M::Action>, Refused>
where
    M: Model + Send + Sync,
    M::State: Hash + Send + Sync,
    M::Action: Clone,
{
    let judges = &search.coded().judges;
    let mut examples = Vec::new();
    for judge in judges.iter().filter(|judge| !judge.always) {
        let found = judge.example().and_then(|state| find(search, &state));
        let path = found.map(|state| walked(search, state).map(|(path, _)| path)).transpose()?;
        examples.push(Example { property: judge.name, path });
    }
    let never = examples.iter().find(|example| example.path.is_none()).map(|example| example.property);
    let outcome = match (ending, never) {
        (Ending::Cut(why), _) => Outcome::Incomplete(why),
        (Ending::Unsound(state), _) => {
            let (path, last) = walked(search, state)?;
            let broken = |judge: &&Judge<M>| judge.always && !judge.holds(&search.coded().model, &last);
            let broken = judges.iter().find(broken).ok_or(Refused::Impure)?;
            Outcome::Violated { broken: Unmet::Always(broken.name), path }
        }
        (Ending::Emptied, Some(name)) => {
            Outcome::Violated { broken: Unmet::Sometimes(name), path: Vec::new() }
        }
        (Ending::Emptied, None) => Outcome::Proved,
        (Ending::Void, _) => return Err(Refused::Impure),
    };
    let collisions = (progress.states as f64).powi(2) / 2_f64.powi(65);
    Ok(Findings { report: Report { engine: "plain", outcome, progress }, examples, collisions })
}

/// The steps to a state, taken by the model itself, and that state.
fn walked<M>(search: &Search<Code<M>>, to: StateId) -> Result<(Vec<M::Action>, M::State), Refused>
where
    M: Model + Send + Sync,
    M::State: Hash + Send + Sync,
    M::Action: Clone,
{
    let code = search.coded();
    let prints: Vec<u64> = search.path(to).into_iter().map(|state| print(search.state(state))).collect();
    let first = code.model.init_states().into_iter().find(|state| fingerprint(state) == prints[0]);
    let mut state = first.ok_or(Refused::Impure)?;
    let mut path = Vec::new();
    for print in &prints[1..] {
        let step = code.steps(&state).find(|(_, next)| fingerprint(next) == *print);
        let (action, next) = step.ok_or(Refused::Impure)?;
        path.push(action);
        state = next;
    }
    Ok((path, state))
}
