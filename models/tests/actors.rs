//! The memoised engine over stateright's actor models agrees with stateright: the same states, the same
//! transitions, the same verdicts, shortest paths – on every kind of network, with timers, dice, losses and crashes.

use quorate_models::check::actors::{Action, Actors, Findings, Reads, Refused, Unmet};
use quorate_models::check::{Bounds, Outcome, Why};
use stateright::actor::{Actor, ActorModel, Id, LossyNetwork, Network, Out, model_peers, model_timeout};
use stateright::{Checker, Expectation, Model};
use std::borrow::Cow;
use std::sync::atomic::{AtomicU8, Ordering};

/// An actor that does a little of everything.
#[derive(Clone, Debug)]
struct Busy {
    peers: Vec<Id>,
    /// How much it does before it tires.
    strength: u8,
    rolls: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Timer {
    /// With whose it is, because stateright's hash of several sets in a row does not tell where one ends.
    Knock(Id),
    Idle(Id),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Msg {
    Knock(u8),
    Answer,
    Void,
}

impl Actor for Busy {
    type Msg = Msg;
    type State = u8;
    type Timer = Timer;
    type Random = u8;
    type Storage = u8;

    fn on_start(&self, id: Id, storage: &Option<u8>, out: &mut Out<Self>) -> u8 {
        if storage.is_none() && id == Id::from(0) {
            // Twice the same, and one for nobody.
            out.broadcast(&self.peers, &Msg::Knock(0));
            out.broadcast(&self.peers, &Msg::Knock(0));
            out.send(Id::from(77), Msg::Void);
            out.save(0);
        }
        out.set_timer(Timer::Knock(id), model_timeout());
        storage.unwrap_or(0)
    }

    fn on_msg(&self, id: Id, state: &mut Cow<u8>, src: Id, msg: Msg, out: &mut Out<Self>) {
        match msg {
            Msg::Knock(count) if **state < self.strength => {
                *state.to_mut() += 1;
                out.save(**state);
                out.send(src, Msg::Answer);
                if count == 0 {
                    // To itself as well.
                    out.send(id, Msg::Knock(1));
                }
            }
            Msg::Answer => out.set_timer(Timer::Idle(id), model_timeout()),
            Msg::Knock(_) | Msg::Void => {}
        }
    }

    fn on_timeout(&self, id: Id, state: &mut Cow<u8>, timer: &Timer, out: &mut Out<Self>) {
        match timer {
            Timer::Knock(_) if **state + 1 < self.strength => {
                *state.to_mut() += 1;
                out.save(**state);
                out.broadcast(&self.peers, &Msg::Knock(1));
                if self.rolls {
                    out.choose_random(format!("roll of {id:?}"), vec![0, 1]);
                }
            }
            Timer::Knock(_) => out.set_timer(Timer::Knock(id), model_timeout()),
            Timer::Idle(_) => out.cancel_timer(Timer::Knock(id)),
        }
    }

    fn on_random(&self, _id: Id, state: &mut Cow<u8>, random: &u8, out: &mut Out<Self>) {
        *state.to_mut() = (**state + random).min(self.strength);
        out.remove_random("none");
    }
}

type Busies = ActorModel<Busy, (), Vec<u8>>;

/// What to leave out or to add.
#[derive(Clone, Copy)]
struct Variant {
    network: fn() -> Network<Msg>,
    lossy: LossyNetwork,
    crashes: usize,
    history: bool,
    rolls: bool,
    boundary: bool,
    strength: u8,
}

const PLAIN: Variant = Variant {
    network: once,
    lossy: LossyNetwork::No,
    crashes: 0,
    history: false,
    rolls: false,
    boundary: false,
    strength: 2,
};

fn once() -> Network<Msg> {
    Network::new_unordered_nonduplicating([])
}

fn again() -> Network<Msg> {
    Network::new_unordered_duplicating([])
}

fn in_order() -> Network<Msg> {
    Network::new_ordered([])
}

fn busy(variant: Variant) -> Busies {
    let Variant { network, lossy, crashes, history, rolls, boundary, strength } = variant;
    let model = ActorModel::new((), Vec::new())
        .actors((0..2).map(|at| Busy { peers: model_peers(at, 2), strength, rolls }))
        .init_network(network())
        .lossy_network(lossy)
        .max_crashes(crashes)
        .property(Expectation::Always, TRUE, |_, _| true);
    let model = if history {
        model
            .record_msg_in(|(), history, envelope| {
                let new = history.len() < 3 && envelope.msg == &Msg::Answer;
                new.then(|| [history, &[usize::from(envelope.dst) as u8][..]].concat())
            })
            .record_msg_out(|(), history, envelope| {
                let new = history.len() < 3 && envelope.msg == &Msg::Knock(1);
                new.then(|| [history, &[10 + usize::from(envelope.src) as u8][..]].concat())
            })
    } else {
        model
    };
    if boundary { model.within_boundary(|(), state| state.network.len() < 6) } else { model }
}

const TRUE: &str = "true";

fn found<A, C, H>(actors: Actors<A, C, H>) -> Findings<Action<A>>
where
    A: quorate_models::check::actors::Memoisable,
    C: Send + Sync,
    H: quorate_models::check::actors::History,
{
    actors.run(&mut |_| true).unwrap()
}

/// States and transitions, of stateright and of this engine.
fn compare(name: &str, model: impl Fn() -> Busies) -> u64 {
    let few = Bounds { states: Some(60_000), bytes: None };
    let run = |threads| found(Actors::new(model()).threads(threads).bounds(few));
    println!("{name}: {:?}", run(1).report.progress);
    assert_eq!(run(1).report.outcome, Outcome::Proved, "{name}");
    let reference = model().checker().spawn_bfs().join();
    let counts = (reference.unique_state_count() as u64, reference.state_count() as u64);
    for threads in [1, 2] {
        let found = run(threads);
        let progress = found.report.progress;
        println!("{name}: {counts:?}, {} B, {:?}", found.state_bytes, found.calls);
        assert_eq!((progress.states, progress.transitions), counts, "{name}");
        assert_eq!(found.report.outcome, Outcome::Proved, "{name}");
    }
    counts.0
}

#[test]
fn every_kind_of_model_has_the_same_states_and_transitions() {
    type Empty = fn() -> Network<Msg>;
    let networks: [(&str, Empty); 3] = [("once", once), ("again", again), ("in order", in_order)];
    let mut total = 0;
    for (name, network) in networks {
        let plain = Variant { network, ..PLAIN };
        let variants = [
            ("plain", plain),
            ("lossy", Variant { lossy: LossyNetwork::Yes, ..plain }),
            ("crashes", Variant { crashes: 1, ..plain }),
            ("both crash", Variant { crashes: 2, strength: 1, ..plain }),
            ("history", Variant { history: true, ..plain }),
            ("rolls", Variant { rolls: true, strength: 3, boundary: true, ..plain }),
            ("boundary", Variant { boundary: true, ..plain }),
            (
                "everything",
                Variant {
                    lossy: if name == "again" { LossyNetwork::No } else { LossyNetwork::Yes },
                    crashes: 1,
                    history: true,
                    rolls: true,
                    boundary: true,
                    network,
                    strength: 2,
                },
            ),
        ];
        for (what, variant) in variants {
            total += compare(&format!("{name}, {what}"), || busy(variant));
        }
    }
    println!("{total} states compared");
}

/// Two actors that set one of two timers, and nothing else.
struct Setter;

impl Actor for Setter {
    type Msg = ();
    type State = ();
    type Timer = u8;
    type Random = ();
    type Storage = ();

    fn on_start(&self, _id: Id, _storage: &Option<()>, out: &mut Out<Self>) {
        out.set_timer(1, model_timeout());
        out.set_timer(2, model_timeout());
    }
    fn on_timeout(&self, _id: Id, _state: &mut Cow<()>, _timer: &u8, _out: &mut Out<Self>) {}
}

#[test]
fn sets_that_hash_alike_are_told_apart() {
    let model = || {
        ActorModel::<Setter>::new((), ())
            .actors([Setter, Setter])
            .init_network(Network::new_unordered_nonduplicating([]))
            .property(Expectation::Always, TRUE, |_, _| true)
    };
    // Four timers, each of them set or not. A set that is hashed without its length looks like its neighbour, so
    // stateright takes some of these for each other.
    assert_eq!(found(Actors::new(model())).report.progress.states, 16);
    assert!(model().checker().spawn_bfs().join().unique_state_count() < 16);
}

/// Counts what it is told to count.
struct Counter {
    impure: Option<&'static AtomicU8>,
}

impl Actor for Counter {
    type Msg = u8;
    type State = u8;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, id: Id, _storage: &Option<()>, out: &mut Out<Self>) -> u8 {
        if id == Id::from(0) {
            out.send(Id::from(1), 1);
            out.send(Id::from(1), 2);
        }
        0
    }

    fn on_msg(&self, _id: Id, state: &mut Cow<u8>, src: Id, step: u8, out: &mut Out<Self>) {
        if **state < 20 {
            *state.to_mut() +=
                step + self.impure.map_or(0, |clock| clock.fetch_add(1, Ordering::Relaxed) / 30);
            out.send(src, step);
        }
    }
}

type Counters = ActorModel<Counter, (), ()>;

fn counters() -> Counters {
    ActorModel::new((), ())
        .actors([Counter { impure: None }, Counter { impure: None }])
        .init_network(Network::new_unordered_nonduplicating([]))
}

const SMALL: &str = "nobody counts to eleven";
const TEN: &str = "somebody counts to ten";

fn is_small(_model: &Counters, state: &stateright::actor::ActorModelState<Counter>) -> bool {
    state.actor_states.iter().all(|count| **count < 11)
}

fn is_ten(_model: &Counters, state: &stateright::actor::ActorModelState<Counter>) -> bool {
    state.actor_states.iter().any(|count| **count == 10)
}

#[test]
fn a_violation_is_found_by_a_shortest_path() {
    let model = || counters().property(Expectation::Always, SMALL, is_small);
    for reads in [Reads::Everything, Reads::Actors] {
        let found = found(Actors::new(model()).reads(SMALL, reads).threads(2));
        let Outcome::Violated { broken, path } = found.report.outcome else { panic!("{found:?}") };
        assert_eq!(broken, Unmet::Always(SMALL));
        // Nothing counts further than this in fewer steps: the reference says so level by level.
        let mut level: Vec<_> = model().init_states();
        let mut depth = 0;
        while level.iter().all(|state| is_small(&model(), state)) {
            level = level.iter().flat_map(|state| model().next_states(state)).collect();
            level.sort_by_cached_key(|state| format!("{state:?}"));
            level.dedup();
            depth += 1;
        }
        assert_eq!(path.len(), depth);
    }
}

#[test]
fn what_must_hold_somewhere_is_shown_or_missed() {
    let model = || counters().property(Expectation::Sometimes, TEN, is_ten);
    for reads in [Reads::Everything, Reads::Actors] {
        let shown = found(Actors::new(model()).reads(TEN, reads));
        assert_eq!(shown.report.outcome, Outcome::Proved);
        let length = shown.examples[0].path.as_ref().map(Vec::len);
        assert_eq!(found(Actors::new(model()).reads(TEN, reads).threads(2)).examples, shown.examples);
        assert!(length.is_some_and(|length| length < 12), "{length:?}");
        let never = counters().property(Expectation::Sometimes, TEN, |_, _| false);
        let missed = found(Actors::new(never).reads(TEN, reads));
        let outcome = Outcome::Violated { broken: Unmet::Sometimes(TEN), path: Vec::new() };
        assert_eq!(missed.report.outcome, outcome);
    }
}

#[test]
fn what_is_cut_short_is_incomplete() {
    let model = || busy(Variant { strength: 3, ..PLAIN });
    let whole = found(Actors::new(model())).report.progress.states;
    let bounds = Bounds { states: Some(whole / 2), bytes: None };
    let cut = found(Actors::new(model()).bounds(bounds));
    assert_eq!(cut.report.outcome, Outcome::Incomplete(Why::States(whole / 2)));
    let stopped = Actors::new(model()).run(&mut |_| false).unwrap();
    assert_eq!(stopped.report.outcome, Outcome::Incomplete(Why::Interrupted));
}

#[test]
fn what_is_not_supported_is_refused() {
    let eventually = counters().property(Expectation::Eventually, TEN, is_ten);
    assert_eq!(Actors::new(eventually).run(&mut |_| true).unwrap_err(), Refused::Eventually(TEN));
    let other = Actors::new(counters()).reads("other", Reads::History);
    assert_eq!(other.run(&mut |_| true).unwrap_err(), Refused::NoSuchProperty("other".to_owned()));
    let wrong = counters().property(Expectation::Always, SMALL, is_small);
    let wrong = Actors::new(wrong).reads(SMALL, Reads::History);
    assert_eq!(wrong.run(&mut |_| true).unwrap_err(), Refused::Misdeclared);
}

#[test]
fn an_impure_handler_is_refused() {
    static CLOCK: AtomicU8 = AtomicU8::new(0);
    let model = ActorModel::<Counter>::new((), ())
        .actors([Counter { impure: Some(&CLOCK) }, Counter { impure: None }])
        .init_network(Network::new_unordered_nonduplicating([]))
        .property(Expectation::Always, TRUE, |_, _| true);
    assert_eq!(Actors::new(model).run(&mut |_| true).unwrap_err(), Refused::Impure);
}
