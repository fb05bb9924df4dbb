//! What the removal of dead messages rests on, checked in every state of small worlds without any reduction: a
//! dead message does nothing now, and in every state that follows and still holds it, it is dead again. So it never
//! does anything.

use quorate::config::ConfigId;
use quorate::failover::{Beat, Body, Message, Node};
use quorate::id::{Epoch, NodeId};
use quorate::rule::Rule;
use quorate::time::{Drift, Instant, Span};
use quorate_models::catalog::machines::scoped;
use quorate_models::catalog::{failover, machines};
use quorate_models::check::memo::Memo;
use quorate_models::check::{Bounds, Engine, Outcome, Why, check};
use quorate_models::world::{
    Act, Caused, Choice, Driver, Envelope, Inbox, LeaseSpec, Local, Model, NOW, Reductions, Seat, Shared,
    State, Wire, World, node,
};
use std::collections::{HashMap, HashSet, VecDeque};

/// What was found wrong with calling messages dead, and how many were called so.
#[derive(Default, Debug)]
struct Findings {
    states: usize,
    dead: usize,
    does_something: usize,
    comes_alive: usize,
}

/// A world without reductions, and the same world with those whose claims are checked.
struct Trial {
    whole: World,
    reduced: World,
    dead: HashMap<(u64, u64), Vec<Shared<Envelope>>>,
}

impl Trial {
    fn new(model: Model, reductions: Reductions) -> Self {
        let world = World::new(model).unwrap();
        let whole = world.clone().reduced_by(Reductions::NONE);
        Self { whole, reduced: world.reduced_by(reductions), dead: HashMap::new() }
    }

    /// The messages of a seat that are called dead.
    fn dead(&mut self, seat: &Seat) -> Vec<Shared<Envelope>> {
        let print = (seat.machine.fingerprint(), seat.inbox.fingerprint());
        let reduced = &self.reduced;
        let dead = self.dead.entry(print).or_insert_with(|| {
            let alive: Shared<Inbox> = reduced.bury(&seat.machine, &seat.inbox);
            seat.inbox.iter().filter(|envelope| !alive.contains(envelope)).cloned().collect()
        });
        dead.clone()
    }

    /// Whether a delivery changes nothing: but for a refusal that waits for the disk, where refusals do not travel.
    fn does_nothing(&self, id: NodeId, machine: &Local, envelope: &Envelope) -> bool {
        if machine.node.is_none() {
            // Nothing is delivered to a machine that is down.
            return true;
        }
        let act = Act::Deliver(envelope.from, envelope.wire.clone());
        self.whole.outcome(id, machine, &act).is_some_and(|outcome| {
            outcome.sent.is_empty()
                && outcome.note.is_none()
                && self.flushed(id, &outcome.machine) == self.flushed(id, machine)
        })
    }

    /// The machine once everything is on disk, and what it sent until then.
    fn flushed(&self, id: NodeId, machine: &Local) -> (Local, Inbox) {
        let (mut machine, mut sent) = (machine.clone(), Inbox::new());
        while !machine.flight.is_empty() {
            let outcome = self.whole.outcome(id, &machine, &Act::Flush).expect("a flush stays in the scope");
            machine = (*outcome.machine).clone();
            sent.extend(outcome.sent);
        }
        (machine, sent)
    }

    /// Visits so many states, or all of them, and every step from them.
    fn run(mut self, most: usize) -> Findings {
        let mut findings = Findings::default();
        let first = self.whole.initial();
        let mut met: HashSet<State> = HashSet::from([first.clone()]);
        let mut queue = VecDeque::from([first]);
        while let Some(state) = queue.pop_front() {
            if findings.states == most {
                break;
            }
            findings.states += 1;
            let dead: Vec<_> = state.seats().map(|(id, seat)| (id, self.dead(seat))).collect();
            for (id, envelope) in
                dead.iter().flat_map(|(id, dead)| dead.iter().map(|envelope| (*id, envelope)))
            {
                findings.dead += 1;
                findings.does_something += usize::from(!self.does_nothing(id, state.machine(id), envelope));
            }
            for choice in self.whole.choices(&state) {
                let Some(next) = self.whole.apply(&state, &choice) else { continue };
                findings.comes_alive +=
                    dead.iter().map(|(id, dead)| self.alive(&next, *id, &choice, dead)).sum::<usize>();
                if met.insert(next.clone()) {
                    queue.push_back(next);
                }
            }
        }
        findings
    }

    /// How many of the dead are still there after `choice` and no longer dead. Readings of clocks on their way age.
    fn alive(&mut self, state: &State, id: NodeId, choice: &Choice, dead: &Inbox) -> usize {
        let seat = state.seat(id);
        let still = self.dead(seat);
        let dead = match choice {
            Choice::Pass(ticks) => self.whole.aged_inbox(dead, ticks),
            _time_stands_still => Shared::new(dead.clone()),
        };
        dead.iter().filter(|envelope| seat.inbox.contains(envelope) && !still.contains(envelope)).count()
    }
}

fn small() -> Vec<Model> {
    vec![
        machines::election(1, 1),
        machines::election(2, 0),
        machines::commit(1, 1, Driver::Blocking),
        failover::engine(2, 1, 1, 0),
    ]
}

#[test]
fn what_is_dead_does_nothing_and_stays_dead() {
    for model in small() {
        let bounds = World::new(model.clone()).unwrap().model.bounds();
        let findings = Trial::new(model, Reductions::SOUND).run(usize::MAX);
        println!("{bounds}: {findings:?}");
        assert!(findings.dead > 100, "{bounds}: hardly anything is dead");
        assert_eq!((findings.does_something, findings.comes_alive), (0, 0), "{bounds}");
    }
}

/// Worlds that are too large to be visited whole: with compactions, changes, reads, hand-overs, crashes, donors
/// that do not answer, losses, databases.
fn large() -> Vec<Model> {
    let commit = || machines::commit(1, 2, Driver::Blocking);
    let [two, any] = [2, 1].map(|acks| failover::cluster(&[0, 1, 2], &[0, 1], acks));
    let changing = |epochs| failover::change(3, epochs, two.clone(), any.clone());
    vec![
        scoped(commit(), |scope| scope.compactions = 1),
        scoped(commit(), |scope| scope.switchovers = 1),
        scoped(machines::commit(1, 1, Driver::Pipelined), |scope| scope.crashes = 1),
        scoped(failover::acked_by(&[0], commit()), |scope| (scope.losses, scope.compactions) = (1, 1)),
        scoped(failover::with_witness(1, 2, 1), |scope| scope.beats = true),
        failover::reading(failover::with_witness(2, 1, 1)),
        failover::promising(),
        changing(2),
        scoped(changing(1), |scope| scope.beats = true),
        failover::engine(2, 2, 1, 0),
        failover::engine(3, 1, 1, 1),
        failover::engine_policy(failover::pair(1, &[0]), failover::pair(1, &[1])),
    ]
}

#[test]
fn what_is_dead_at_the_beginning_of_a_large_world_does_nothing_and_stays_dead() {
    for model in large() {
        let bounds = World::new(model.clone()).unwrap().model.bounds();
        let findings = Trial::new(model, Reductions::SOUND).run(4_000);
        println!("{bounds}: {findings:?}");
        assert!(findings.states == 4_000 && findings.dead > 100, "{bounds}: {findings:?}");
        assert_eq!((findings.does_something, findings.comes_alive), (0, 0), "{bounds}");
    }
}

#[test]
#[ignore = "the same, a hundred thousand states each: minutes"]
fn what_is_dead_in_a_large_world_does_nothing_and_stays_dead() {
    for model in large() {
        let bounds = World::new(model.clone()).unwrap().model.bounds();
        let findings = Trial::new(model, Reductions::SOUND).run(100_000);
        println!("{bounds}: {findings:?}");
        assert_eq!((findings.does_something, findings.comes_alive), (0, 0), "{bounds}");
    }
}

#[test]
fn what_is_dead_beside_a_lease_does_nothing_and_stays_dead() {
    for model in [failover::failover(1, 0), machines::lease(1, 2, [1, 2], 1)] {
        let findings = Trial::new(model, Reductions::SOUND).run(4_000);
        assert_eq!((findings.does_something, findings.comes_alive), (0, 0), "{findings:?}");
    }
}

fn two_votes() -> Model {
    let mut model = machines::without(&[Rule::OneVotePerEpoch], machines::election(1, 0));
    model.scope.driver = Driver::Blocking;
    model
}

/// A reduction written by hand for the protocol as it is meant calls a vote dead once another has been given. With
/// the rule switched off that is not so, and the condition says it; the reductions that are in use then leave such
/// messages alone, and the two primaries are found.
#[test]
fn a_second_vote_is_not_taken_for_dead_where_it_can_be_given() {
    let rash = Trial::new(two_votes(), Reductions::RASH).run(usize::MAX);
    println!("rash: {rash:?}");
    assert!(rash.does_something > 0, "{rash:?}");
    let sound = Trial::new(two_votes(), Reductions::SOUND).run(usize::MAX);
    println!("sound: {sound:?}");
    assert_eq!((sound.does_something, sound.comes_alive), (0, 0));

    let world = World::new(two_votes()).unwrap();
    let hidden = Memo::new(&world.clone().reduced_by(Reductions::RASH)).run(Bounds::default(), &mut |_| true);
    assert_eq!(hidden.outcome, Outcome::Incomplete(Why::Reduced), "it is hidden, and nothing is proved");
    let length =
        |world: &World| match check(world, Engine::Memoised, Bounds::default(), &mut |_| true).outcome {
            Outcome::Violated { path, .. } => path.len(),
            outcome => panic!("{outcome:?}"),
        };
    assert_eq!(length(&world), length(&world.clone().reduced_by(Reductions::NONE)));
}

// ---- what time makes alike -----------------------------------------------------------------------------

/// So many ticks ago.
fn ago(ticks: u64) -> Instant {
    Instant::new(NOW.units() - ticks)
}

fn beat(stamp: Instant, serving: bool) -> Body<u8> {
    Body::Beat(Beat { stamp, lease: Span::new(2), round: 0, quorate: false, serving })
}

fn answer(stamp: Instant, round: u64, healthy: bool) -> Body<u8> {
    Body::BeatAck { stamp, round, healthy, config: ConfigId::default() }
}

fn message(body: Body<u8>) -> Message<u8> {
    Message { epoch: Epoch::from_number(1), body }
}

/// Of two beats the newer one stands for the older one only if they say the same; and so of answers.
#[test]
fn a_newer_beat_takes_the_place_of_one_that_says_the_same() {
    let world = World::new(machines::lease(1, 2, [1, 2], 1)).unwrap();
    let kept = |bodies: [Body<u8>; 2]| {
        let envelopes = bodies.map(|body| {
            Shared::new(Envelope { from: node(0), to: node(1), wire: Wire::Node(message(body)) })
        });
        world.added(&Inbox::new(), &envelopes).len()
    };
    for serving in [false, true] {
        assert_eq!(kept([beat(ago(1), serving), beat(NOW, serving)]), 1);
        assert_eq!(kept([beat(ago(1), serving), beat(NOW, !serving)]), 2);
        assert_eq!(kept([answer(ago(1), 0, serving), answer(NOW, 1, serving)]), 1);
        assert_eq!(kept([answer(ago(1), 0, serving), answer(NOW, 1, !serving)]), 2);
    }
}

/// An answer that is held back carries a reading of another node's clock, and grows old as that node's lease says.
#[test]
fn an_answer_that_is_held_back_is_as_old_as_its_asker_can_tell() {
    let of = |ticks| LeaseSpec { hold: ticks, grant: ticks, drift: Drift { slow: 1, fast: 1 } };
    let mut model = scoped(machines::lease(1, 1, [1, 1], 1), |scope| scope.driver = Driver::Pipelined);
    model.node.leases = vec![of(3), of(1), of(1)];
    let world = World::new(model).unwrap();
    let mut granter = world.initial().machine(node(1)).clone();
    let mut act = |act: Act| {
        granter.act(node(1), world.setups(), &act, false, &mut Caused::default());
        granter.node.as_ref().map(Node::echoes_held).unwrap()
    };
    let asked = Act::Deliver(node(0), Wire::Node(message(beat(NOW, true))));
    assert!(act(asked).contains(node(0)), "nothing is held back");
    assert!(act(Act::Age(vec![3; 3])).contains(node(0)), "the lease of n0 is not over yet");
    assert!(!act(Act::Age(vec![1; 3])).contains(node(0)), "nothing is measured from it any more");
}

/// A late answer confirms a read; for the lease it is no news, and its stamp is not kept.
#[test]
fn an_answer_to_a_beat_beyond_the_lease_is_no_news() {
    let world = World::new(machines::lease(2, 4, [1, 2], 1)).unwrap();
    let mut primary = world.initial().machine(node(0)).clone();
    let mut act = |act: Act| {
        primary.act(node(0), world.setups(), &act, true, &mut Caused::default());
        primary.node.clone().unwrap()
    };
    let hear = |body| Act::Deliver(node(1), Wire::Node(message(body)));
    act(Act::Tick);
    let promise = quorate::commit::Promise::default();
    let primary = act(hear(Body::Granted { promise, busy: None }));
    assert!(primary.phase().is_some(), "{}", primary.role());
    let horizon = world.setup(node(0)).stamp_horizon().units();
    assert!(primary.has_news(node(1), ago(horizon - 1), 0) && !primary.has_news(node(1), ago(horizon), 0));
    assert_eq!(act(hear(answer(ago(horizon), 0, true))).answered(node(1)), None);
    let answered = act(hear(answer(ago(horizon - 1), 0, true))).answered(node(1));
    assert_eq!(answered, Some(Span::new(horizon - 1)));
}
