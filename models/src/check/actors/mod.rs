//! The memoised engine over any actor model of stateright, unmodified.
//!
//! An actor is a handler: a pure function of what the actor is and of the letter that arrives. A model of millions
//! of states has some thousands of different pairs of the two. So each handler is called once for each pair, and
//! what the actors are, the letters and the histories are numbers; a state is a few numbers, and a step is a few
//! look-ups. The search itself is [`search`](super::search), which the worlds of this crate use
//! as well: breadth first, exact, on any number of threads with the same result.
//!
//! ```
//! use quorate_models::check::Outcome;
//! use quorate_models::check::actors::Actors;
//! use stateright::Expectation;
//! use stateright::actor::{Actor, ActorModel, Id, Network, Out};
//! use std::borrow::Cow;
//!
//! struct Pinger;
//! impl Actor for Pinger {
//!     type Msg = u8;
//!     type State = u8;
//!     type Timer = ();
//!     type Random = ();
//!     type Storage = ();
//!     fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> u8 {
//!         if id == Id::from(0) {
//!             out.send(Id::from(1), 1);
//!         }
//!         0
//!     }
//!     fn on_msg(&self, _: Id, state: &mut Cow<u8>, src: Id, count: u8, out: &mut Out<Self>) {
//!         *state.to_mut() = count;
//!         out.send(src, count + 1);
//!     }
//! }
//!
//! let model = ActorModel::new((), ())
//!     .actors([Pinger, Pinger])
//!     .init_network(Network::new_unordered_nonduplicating([]))
//!     .property(Expectation::Always, "small", |_, state| state.actor_states.iter().all(|count| **count < 9));
//! let found = Actors::new(model).run(&mut |_| true).unwrap();
//! assert!(matches!(found.report.outcome, Outcome::Violated { path, .. } if path.len() == 9));
//! ```
//!
//! # Why it is right
//!
//! It takes the steps that `ActorModel::next_state` takes, put together from the same handlers: deliveries (those
//! that change nothing are no steps, unless mail is in order), losses, timers, dice, crashes and recoveries with
//! storage, on each of stateright's three kinds of networks. The tests compare the counts of states and of
//! transitions with stateright's own, and every path that is reported was walked again by `ActorModel` itself.
//!
//! Handlers have to be pure, which stateright asks for as well. When the search ends, some thousands of them are
//! called again; if one answers differently the model is refused ([`Refused::Impure`]).
//!
//! Actors are compared with `==`, not by their hash alone. So a model whose `Hash` leaves fields out has more
//! states here than it has for stateright, which takes states with equal hashes for one.
//!
//! # What is refused
//!
//! Properties of the kind `eventually`: stateright's search for them misses every cycle, and a search for fair
//! cycles is another one. What is refused says so ([`Refused`]); nothing is left out silently.

mod ask;
mod code;
pub(super) mod drive;
mod layout;
mod mail;
pub(super) mod property;
mod scout;
mod tables;

pub use property::Reads;

use super::search::{Id, Search, StateId};
use super::{Bounds, Outcome, Progress, Report};
use code::Code;
use drive::{Ending, explore, find};
use layout::{Layout, Sizes};
use mail::Delivery;
use property::Judge;
use stateright::actor::{Actor, ActorModel, ActorModelAction};
use stateright::{Expectation, Model};
use std::fmt;
use std::hash::Hash;

/// An actor whose handlers can be remembered, by several threads: any, as long as its parts can be shared.
pub trait Memoisable:
    Actor<
        Msg: Ord + Send + Sync,
        Timer: Ord + Send + Sync,
        State: Send + Sync,
        Storage: Send + Sync,
        Random: Send + Sync,
    > + Send
    + Sync
{
}

impl<A> Memoisable for A
where
    A: Actor + Send + Sync,
    A::Msg: Ord + Send + Sync,
    A::Timer: Ord + Send + Sync,
    A::State: Send + Sync,
    A::Storage: Send + Sync,
    A::Random: Send + Sync,
{
}

/// A history: what stateright asks of it, shared by several threads.
pub trait History: Clone + fmt::Debug + Hash + Send + Sync {}

impl<H: Clone + fmt::Debug + Hash + Send + Sync> History for H {}

/// A step of an actor model.
pub type Action<A> = ActorModelAction<<A as Actor>::Msg, <A as Actor>::Timer, <A as Actor>::Random>;

/// A property that is not met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unmet {
    /// It must always hold, and does not at the end of the path.
    Always(&'static str),
    /// It must hold somewhere, and holds in no reachable state. There is no path to that.
    Sometimes(&'static str),
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always(name) => write!(f, "“{name}” must always hold, and does not"),
            Self::Sometimes(name) => write!(f, "“{name}” must hold somewhere, and holds nowhere"),
        }
    }
}

/// Why a model is not checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refused {
    /// A property of the kind `eventually`.
    Eventually(&'static str),
    /// A property that was said to read only part of a state reads more.
    Misdeclared,
    /// What was said to be read of a property that the model does not have.
    NoSuchProperty(String),
    /// A handler that was called again answered differently.
    Impure,
    /// More actors than fit into a state.
    TooManyActors(usize),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eventually(name) => write!(
                f,
                "property “{name}” is of the kind `eventually`, which a search for states cannot decide: \
                 remove it, and look for fair cycles instead"
            ),
            Self::Misdeclared => f.write_str(
                "a property reads more of a state than it was said to: declare `Reads::Everything` for it",
            ),
            Self::NoSuchProperty(name) => {
                write!(f, "the model has no property “{name}”: name one that it has, as it is spelt there")
            }
            Self::Impure => f.write_str(
                "a handler was called twice with the same arguments and answered differently: make it a pure \
                 function of the actor's state and of the message, without clock, dice or hash order",
            ),
            Self::TooManyActors(count) => {
                write!(f, "{count} actors do not fit into a state: use a model with fewer")
            }
        }
    }
}

impl std::error::Error for Refused {}

/// How often what was called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Calls {
    /// Handlers of actors.
    pub handlers: u64,
    /// Functions that record the history, once for each delivery or each step with letters.
    pub histories: u64,
    /// Conditions of properties, for parts of states.
    pub properties: u64,
}

/// A state in which a property holds that has to hold somewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Example<S> {
    /// The property.
    pub property: &'static str,
    /// A shortest way there; nothing if none was found.
    pub path: Option<Vec<S>>,
}

/// What was found out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Findings<S> {
    /// The answer.
    pub report: Report<Unmet, S>,
    /// For each property that has to hold somewhere.
    pub examples: Vec<Example<S>>,
    /// How often what was called.
    pub calls: Calls,
    /// Bytes of a state.
    pub state_bytes: usize,
}

/// A check of an actor model, about to begin.
pub struct Actors<A: Memoisable, C, H: History> {
    model: ActorModel<A, C, H>,
    threads: usize,
    bounds: Bounds,
    reads: Vec<(String, Reads)>,
}

impl<A: Memoisable, C: Send + Sync, H: History> Actors<A, C, H> {
    /// A check of `model`, by one thread, without bounds.
    pub fn new(model: ActorModel<A, C, H>) -> Self {
        Self { model, threads: 1, bounds: Bounds::default(), reads: Vec::new() }
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

    /// States that `property` reads no more than `reads` of a state, so that its verdicts can be kept.
    #[must_use]
    pub fn reads(mut self, property: &str, reads: Reads) -> Self {
        self.reads.push((property.to_owned(), reads));
        self
    }

    /// Explores until there is an outcome, a bound is reached, or `watch` says no.
    pub fn run(self, watch: &mut dyn FnMut(&Progress) -> bool) -> Result<Findings<Action<A>>, Refused> {
        let Self { model, threads, bounds, reads } = self;
        let judges = judges(&model, &reads)?;
        search(scouted(model, judges)?, threads, bounds, watch)
    }
}

/// Searches; again with more room, as often as something does not fit.
fn search<A: Memoisable, C: Send + Sync, H: History>(
    mut code: Code<A, C, H>,
    threads: usize,
    bounds: Bounds,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Findings<Action<A>>, Refused> {
    loop {
        let mut search = Search::new(code, threads);
        let (ending, progress) = explore(&mut search, bounds, watch);
        match ending {
            Ending::Void if search.coded().full => {
                code = search.into_coded();
                let sizes = code.sizes().doubled();
                code = with_room(code, sizes)?;
            }
            Ending::Void => return Err(Refused::Misdeclared),
            Ending::Emptied | Ending::Unsound(_) | Ending::Cut(_) => {
                return Explored { search, ending, progress }.findings();
            }
        }
    }
}

type Judges<A, C, H> = Vec<Judge<ActorModel<A, C, H>>>;

/// The properties, and what they read.
fn judges<A: Memoisable, C, H: History>(
    model: &ActorModel<A, C, H>,
    reads: &[(String, Reads)],
) -> Result<Judges<A, C, H>, Refused> {
    let properties = &model.properties;
    if let Some(property) = properties.iter().find(|property| property.expectation == Expectation::Eventually)
    {
        return Err(Refused::Eventually(property.name));
    }
    if let Some((name, _)) = reads.iter().find(|(name, _)| !properties.iter().any(|other| other.name == name))
    {
        return Err(Refused::NoSuchProperty(name.clone()));
    }
    let reads_of = |name: &str| reads.iter().rev().find(|(of, _)| of == name).map(|(_, reads)| *reads);
    Ok(properties
        .iter()
        .map(|property| Judge::new(property, reads_of(property.name).unwrap_or_default()))
        .collect())
}

/// The model, and whether it may have a boundary of its own: asking for each state whether it lies within costs
/// more than the step that leads there. Where the function is the one that every new model has, there is none. Two
/// functions at one address do the same; one function at two addresses costs time, no more.
fn with_boundary<A: Memoisable, C, H: History>(model: ActorModel<A, C, H>) -> (ActorModel<A, C, H>, bool) {
    let ActorModel {
        actors, cfg, init_history, init_network, lossy_network, max_crashes, properties, ..
    } = model;
    let fresh = ActorModel::new(cfg, init_history);
    let bounded = !std::ptr::fn_addr_eq(fresh.within_boundary, model.within_boundary);
    let model = ActorModel {
        actors,
        init_network,
        lossy_network,
        max_crashes,
        properties,
        record_msg_in: model.record_msg_in,
        record_msg_out: model.record_msg_out,
        within_boundary: model.within_boundary,
        ..fresh
    };
    (model, bounded)
}

/// The model with room for about as much as there is.
fn scouted<A: Memoisable, C: Send + Sync, H: History>(
    model: ActorModel<A, C, H>,
    judges: Judges<A, C, H>,
) -> Result<Code<A, C, H>, Refused> {
    let (model, bounded) = with_boundary(model);
    let actors = model.actors.len();
    let in_boxes = Delivery::of(&model.init_network) == Delivery::InOrder;
    let wide = Sizes { seats: vec![1 << 16; actors], boxes: 1 << 16, arounds: 1 << 20, letters: 512 };
    let layout = Layout::new(&wide, in_boxes).ok_or(Refused::TooManyActors(actors))?;
    let mut code = Code::new(model, bounded, layout, in_boxes);
    code.judges = judges;
    scout::walk(&mut code);
    let sizes = code.sizes().with_slack();
    with_room(code, sizes)
}

/// The same, with room for so many. Where there are too many letters for bits, they go to boxes.
fn with_room<A: Memoisable, C: Send + Sync, H: History>(
    mut code: Code<A, C, H>,
    mut sizes: Sizes,
) -> Result<Code<A, C, H>, Refused> {
    loop {
        code.layout = match Layout::new(&sizes, code.boxes.is_some()) {
            Some(layout) => layout,
            None if code.boxes.is_none() => {
                code.boxes = Some(mail::Boxes::new());
                sizes.boxes = 1 << 12;
                continue;
            }
            None => return Err(Refused::TooManyActors(code.model.actors.len())),
        };
        code.judges.iter_mut().for_each(Judge::forget);
        code.start();
        if !code.full {
            return Ok(code);
        }
        sizes = code.sizes().doubled();
    }
}

/// An exploration that has ended.
struct Explored<A: Memoisable, C: Send + Sync, H: History> {
    search: Search<Code<A, C, H>>,
    ending: Ending,
    progress: Progress,
}

impl<A: Memoisable, C: Send + Sync, H: History> Explored<A, C, H> {
    /// What was found out, after everything that rests on trust was looked at again.
    fn findings(self) -> Result<Findings<Action<A>>, Refused> {
        let (ending, progress) = (self.ending, self.progress);
        let to_broken = match ending {
            Ending::Unsound(state) => Some(self.states_to(state)),
            Ending::Emptied | Ending::Void | Ending::Cut(_) => None,
        };
        let wanted = self.search.coded().judges.iter().filter(|judge| !judge.always);
        let to_examples: Vec<(&'static str, Option<Vec<Vec<Id>>>)> = wanted
            .map(|judge| (judge.name, judge.example().and_then(|state| find(&self.search, &state))))
            .map(|(name, state)| (name, state.map(|state| self.states_to(state))))
            .collect();
        let mut code = self.search.into_coded();
        if !code.is_pure() {
            return Err(Refused::Impure);
        }
        let mut examples = Vec::new();
        for (property, states) in to_examples {
            let path = states.map(|states| walked(&mut code, &states)).transpose()?;
            examples.push(Example { property, path });
        }
        let never = examples.iter().find(|example| example.path.is_none());
        let outcome = match (ending, to_broken, never) {
            (Ending::Cut(why), _, _) => Outcome::Incomplete(why),
            (Ending::Unsound(_), Some(states), _) => {
                let broken =
                    states.last().and_then(|state| code.broken(state)).ok_or(Refused::Misdeclared)?;
                Outcome::Violated { broken: Unmet::Always(broken), path: walked(&mut code, &states)? }
            }
            (Ending::Emptied, _, Some(Example { property, .. })) => {
                Outcome::Violated { broken: Unmet::Sometimes(property), path: Vec::new() }
            }
            (Ending::Emptied, _, None) => Outcome::Proved,
            (Ending::Void | Ending::Unsound(_), _, _) => return Err(Refused::Misdeclared),
        };
        let report = Report { engine: "memoised actors", outcome, progress };
        Ok(Findings {
            report,
            examples,
            calls: code.calls,
            state_bytes: code.layout.width() * size_of::<Id>(),
        })
    }

    /// The states from the first one to this one.
    fn states_to(&self, state: StateId) -> Vec<Vec<Id>> {
        self.search.path(state).into_iter().map(|state| self.search.state(state).to_vec()).collect()
    }
}

/// The steps through these states, taken by the model itself.
fn walked<A: Memoisable, C: Send + Sync, H: History>(
    code: &mut Code<A, C, H>,
    states: &[Vec<Id>],
) -> Result<Vec<Action<A>>, Refused> {
    let mut path = Vec::new();
    for pair in states.windows(2) {
        let (state, mut actions) = (code.decode(&pair[0]), Vec::new());
        code.model.actions(&state, &mut actions);
        let leads = |action: &Action<A>| {
            code.model.next_state(&state, action.clone()).is_some_and(|next| code.encode(&next) == pair[1])
        };
        path.push(actions.into_iter().find(leads).ok_or(Refused::Impure)?);
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use stateright::actor::{Id as Address, Network, Out};
    use std::borrow::Cow;

    /// Throws a ball that counts the throws.
    struct Thrower;

    impl Actor for Thrower {
        type Msg = u32;
        type State = u32;
        type Timer = ();
        type Random = ();
        type Storage = ();

        fn on_start(&self, id: Address, _storage: &Option<()>, out: &mut Out<Self>) -> u32 {
            out.send(Address::from(1 - usize::from(id)), 1);
            0
        }

        fn on_msg(&self, _id: Address, state: &mut Cow<u32>, src: Address, count: u32, out: &mut Out<Self>) {
            *state.to_mut() = count / 2;
            if count < 40 {
                out.send(src, count + 1);
            }
        }
    }

    fn model(network: Network<u32>) -> ActorModel<Thrower> {
        ActorModel::new((), ()).actors([Thrower, Thrower]).init_network(network).property(
            Expectation::Always,
            "true",
            |_, _| true,
        )
    }

    fn counts(findings: &Findings<Action<Thrower>>) -> (u64, u64) {
        (findings.report.progress.states, findings.report.progress.transitions)
    }

    fn unlimited(code: Code<Thrower, (), ()>) -> Findings<Action<Thrower>> {
        search(code, 1, Bounds::default(), &mut |_| true).unwrap()
    }

    #[test]
    fn a_search_without_room_starts_again_with_more() {
        let all = Actors::new(model(Network::new_unordered_nonduplicating([]))).run(&mut |_| true).unwrap();
        let tight = Sizes { seats: vec![1, 1], boxes: 1, arounds: 1, letters: 1 };
        for in_boxes in [false, true] {
            let layout = Layout::new(&tight, in_boxes).unwrap();
            let code = Code::new(model(Network::new_unordered_nonduplicating([])), false, layout, in_boxes);
            let code = with_room(code, tight.clone()).unwrap();
            let before = code.layout.clone();
            let found = unlimited(code);
            assert_eq!(counts(&found), counts(&all));
            assert_eq!(found.report.outcome, Outcome::Proved);
            let met = Sizes { seats: vec![20, 20], boxes: 40, arounds: 1, letters: 80 };
            assert!(!before.holds(&met, in_boxes), "there was room from the beginning");
        }
    }

    #[test]
    fn too_many_letters_go_to_boxes() {
        let many = (100..3_000).map(|msg| stateright::actor::Envelope {
            src: Address::from(0),
            dst: Address::from(7),
            msg,
        });
        let model = || model(Network::new_unordered_nonduplicating(many.clone()));
        let found = Actors::new(model()).run(&mut |_| true).unwrap();
        let few =
            Actors::new(self::model(Network::new_unordered_nonduplicating([]))).run(&mut |_| true).unwrap();
        assert_eq!(counts(&found), counts(&few));
        assert!(found.state_bytes < 100, "{} bytes", found.state_bytes);
    }
}
