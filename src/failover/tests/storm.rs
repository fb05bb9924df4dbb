//! Anything at all, in any order: sane inputs mixed with arbitrary ones must not panic or break a node's own
//! invariants, which [`Lab::step`] demands after every input.

use super::arbitrary::{facts, inputs};
use super::*;
use crate::config::{Engine, Fencing};
use proptest::prelude::*;
use std::boxed::Box;

/// One thing that happens to the cluster.
#[derive(Clone, Debug)]
enum Happening {
    /// Time passes for everybody; one node acts on it.
    Tick(u8, u64),
    /// A message on its way arrives, and perhaps stays on its way.
    Deliver(usize, bool),
    /// A message on its way is lost.
    Lose(usize),
    /// A node's oldest record is durable.
    Flush(u8),
    /// A machine crashes and starts again from its disk.
    Restart(u8),
    /// What a node asked for is done, or failed; an engine shows these facts, or what its node expects.
    Done(u8, bool, Option<Facts>),
    /// Everything settles.
    Settle,
    /// Any input whatever, at any time whatever.
    Any(u8, i64, Box<Input<u8>>),
}

fn happenings() -> impl Strategy<Value = Happening> {
    let times = prop_oneof![9 => Just(0_i64), 1 => -300_i64..300];
    prop_oneof![
        4 => (0_u8..3, 0_u64..140).prop_map(|(id, units)| Happening::Tick(id, units)),
        8 => (any::<usize>(), any::<bool>()).prop_map(|(at, stays)| Happening::Deliver(at, stays)),
        1 => any::<usize>().prop_map(Happening::Lose),
        4 => (0_u8..3).prop_map(Happening::Flush),
        1 => (0_u8..3).prop_map(Happening::Restart),
        3 => (0_u8..3, prop::bool::weighted(0.9), prop::option::weighted(0.1, facts()))
            .prop_map(|(id, ok, facts)| Happening::Done(id, ok, facts)),
        3 => Just(Happening::Settle),
        8 => (0_u8..3, times, inputs()).prop_map(|(id, time, input)| Happening::Any(id, time, Box::new(input))),
    ]
}

impl Lab {
    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Tick(id, units) => {
                self.pass(units);
                self.step(id, Input::Tick);
            }
            Happening::Deliver(at, stays) => {
                let Some(at) = at.checked_rem(self.wire.len()) else { return };
                let (from, to, message) =
                    if stays { self.wire[at].clone() } else { self.wire.remove(at).unwrap() };
                if usize::from(to.index()) < self.machines.len() {
                    self.step(to.index(), Input::Message { from, message });
                }
            }
            Happening::Lose(at) => {
                let at = at.checked_rem(self.wire.len());
                at.map(|at| self.wire.remove(at));
            }
            Happening::Flush(id) => {
                if let Some((seq, record)) = self.at(id).flushing.pop_front() {
                    self.at(id).image.apply(&record);
                    self.step(id, Input::Durable(seq));
                }
            }
            Happening::Restart(id) => self.restart(id),
            Happening::Done(id, ok, facts) => {
                if let Some(effect) = self.at(id).effects.pop_front() {
                    let facts = facts.or_else(|| self.expected(id, effect));
                    self.step(id, Input::EffectDone { effect, ok, facts });
                }
            }
            Happening::Settle => self.settle_within(200),
            Happening::Any(id, time, input) => {
                let now = self.now;
                self.now = Instant::new(now.units().saturating_add_signed(time));
                self.step(id, *input);
                self.now = now.after(Span::new(time.unsigned_abs().min(300) * u64::from(time > 0)));
            }
        }
    }

    /// What an engine shows after an effect, if it does what its node expects of it.
    fn expected(&self, id: u8, effect: Effect) -> Option<Facts> {
        let node = &self.machines[usize::from(id)].node;
        if matches!(node.setup().engine, Engine::Own) {
            return None;
        }
        let (mut history, mut flushed) = ((**node.log().history()).clone(), node.log().len());
        if let Effect::Promote { epoch, .. } = effect {
            history.begin(epoch, flushed);
        }
        if let Effect::Rewind { keep, .. } = effect {
            history = history.cut(keep);
            flushed = keep;
        }
        Some(Facts { history: Arc::new(history), flushed })
    }

    /// As [`Lab::settle`], but arbitrary messages may keep nodes talking for as long as their epochs last.
    fn settle_within(&mut self, messages: usize) {
        for _ in 0..messages {
            for id in 0..self.machines.len() as u8 {
                self.flush(id);
            }
            if !self.deliver() {
                return;
            }
        }
    }
}

fn setups() -> impl Strategy<Value = Setup> {
    let fencings = prop_oneof![
        2 => Just(Fencing::None),
        1 => Just(Fencing::Token),
        1 => Just(Fencing::Watchdog { drain: Span::new(20) })
    ];
    let engines = prop_oneof![3 => Just(Engine::Own), 1 => Just(Engine::External)];
    (fencings, engines, any::<[bool; 4]>(), 1_u16..20).prop_map(|(fencing, engine, flags, held)| {
        let [leased, prevote, eager, stalls] = flags;
        let mut setup = Setup { fencing, engine, prevote, eager, ..setup() };
        setup.lease = leased.then(lease);
        setup.stall = stalls.then_some(Span::new(50));
        setup.limits.held = held;
        setup.limits.batch = 2;
        setup
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn nothing_breaks_a_node_or_makes_it_panic(
        setup in setups(),
        storm in prop::collection::vec(happenings(), 1..120),
    ) {
        let mut lab = Lab::new(setup, three());
        for happening in storm {
            lab.happen(happening);
        }
    }
}
