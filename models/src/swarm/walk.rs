//! One walk: from state to state by random choices, judging each.

use super::{Dice, Kind, Spec};
use crate::invariant::Broken;
use crate::invariant::state::{Face, judge, judge_machines, judge_pair, judge_seat};
use crate::world::{Around, Choice, Envelope, Seat, State, World};
use quorate::failover::Node;
use quorate::id::{NodeId, NodeSet};
use quorate::rule::Rule;

/// A walk so far.
#[derive(Clone, Debug)]
pub struct Walk<'w> {
    /// Through which world.
    pub world: &'w World,
    /// Where it is.
    pub state: State,
    /// What happened.
    pub choices: Vec<Choice>,
    /// What is violated; a broken walk does not go on.
    pub broken: Option<Broken>,
    /// What falls next.
    pub dice: Dice,
    /// How fast each clock goes at present. A clock that is fast stays fast for a while: drift that changes with
    /// every tick averages out.
    pace: Vec<u8>,
}

/// What a walk leaves for the time after it.
pub mod reserve {
    /// Epochs.
    pub const EPOCHS: u64 = 60;
    /// Writes.
    pub const WRITES: u8 = 9;
    /// Partitions.
    pub const PARTITIONS: u8 = 1;
}

/// One in so many times that time passes, the clocks change their pace.
const MOOD: usize = 24;

/// So many choices that change nothing, one after the other, end a walk.
const PATIENCE: u32 = 64;

impl<'w> Walk<'w> {
    /// A walk that has not begun.
    pub fn new(world: &'w World, seed: u64) -> Self {
        let state = world.initial();
        let broken = judge(world, &state);
        Self { world, state, choices: Vec::new(), broken, dice: Dice::new(seed), pace: Vec::new() }
    }

    /// Lets `choice`, which must be possible, happen; whether it changed anything.
    pub fn happen(&mut self, choice: Choice) -> bool {
        let Some(next) = self.world.apply(&self.state, &choice) else { return false };
        self.broken = judge_step(self.world, &self.state, &next);
        self.state = next;
        self.choices.push(choice);
        true
    }

    /// Lets `choice` happen if it is possible; whether it was and changed anything.
    pub fn try_to(&mut self, choice: &Choice) -> bool {
        self.broken.is_none() && is_possible(self.world, &self.state, choice) && self.happen(choice.clone())
    }

    /// Lets happen what is most like `choice`; whether anything did.
    pub fn try_like(&mut self, choice: &Choice) -> bool {
        let like = if self.broken.is_none() { likest(self.world, &self.state, choice) } else { None };
        like.is_some_and(|choice| self.happen(choice))
    }

    /// Walks at random, as `spec` says.
    pub fn stray(&mut self, spec: &Spec) {
        let (mut steps, mut vain) = (0, 0);
        while steps < spec.steps && vain < PATIENCE && self.broken.is_none() {
            let Some(choice) = self.pick(spec) else { return };
            if self.happen(choice) {
                (steps, vain) = (steps + 1, 0);
            } else {
                vain += 1;
            }
        }
    }

    /// Picks a kind by weight, then a choice of that kind.
    fn pick(&mut self, spec: &Spec) -> Option<Choice> {
        let crowded = self.is_crowded(usize::from(spec.crowd));
        let weigh = |kind: Kind| match (crowded, kind.relieves()) {
            (false, _) | (true, true) => spec.weights.of(kind),
            (true, false) => 0,
        };
        let mut kinds = [0_u32; Kind::ALL.len()];
        let mut menu = self.menu(spec);
        for choice in &menu {
            let kind = Kind::of(choice, &self.state);
            kinds[kind as usize] = weigh(kind);
        }
        for (kind, is_there) in self.around(spec) {
            kinds[kind as usize] = if is_there { weigh(kind) } else { 0 };
        }
        let kind = draw(&kinds, &mut self.dice)?;
        match kind {
            Kind::Pass | Kind::Suspend => return Some(Choice::Pass(self.tick(kind == Kind::Suspend))),
            Kind::Land | Kind::Partition | Kind::Heal | Kind::Pause | Kind::Resume => {
                menu = self.world.choices_around(&self.state.around);
            }
            _of_a_machine => {}
        }
        menu.retain(|choice| Kind::of(choice, &self.state) == kind);
        self.dice.take(&mut menu)
    }

    /// Whether too many messages are on their way: of those that can arrive more than `crowd`, of those that wait
    /// for a partition to heal or a machine to go on several times that.
    fn is_crowded(&self, crowd: usize) -> bool {
        let outside = &self.state.around.outside;
        let still = outside.down.union(outside.paused);
        let arrives =
            |envelope: &Envelope| !still.contains(envelope.to) && !outside.severs(envelope.from, envelope.to);
        let all = self.state.messages().count();
        all > 5 * crowd || self.state.messages().filter(|envelope| arrives(envelope)).count() > crowd
    }

    /// How many ticks pass on each clock; with `suspend`, none on one of them.
    fn tick(&mut self, suspend: bool) -> Vec<u8> {
        let nodes = usize::from(self.world.model.nodes);
        if self.pace.is_empty() || self.dice.below(MOOD) == 0 {
            let [slow, fast] = self.world.model.scope.rates.unwrap_or([1, 1]);
            self.pace = (0..nodes).map(|_| if self.dice.below(2) == 0 { slow } else { fast }).collect();
        }
        let mut ticks = self.pace.clone();
        if suspend {
            ticks[self.dice.below(nodes)] = 0;
        }
        ticks
    }

    /// What may happen to the machines, without what is kept for later.
    fn menu(&self, spec: &Spec) -> Vec<Choice> {
        let State { seats: _, around } = &self.state;
        let budget = &around.budget;
        let later = u8::from(spec.live.is_some());
        let halts = spec.model.scope.flush_failures > 0;
        let crashes = if halts { later * spec.model.nodes } else { 0 };
        let late = later > 0 && self.epochs_left() <= reserve::EPOCHS;
        let mut menu: Vec<Choice> =
            self.state.seats().flat_map(|(id, seat)| self.world.choices_at(id, seat, around)).collect();
        menu.retain(|choice| match Kind::of(choice, &self.state) {
            Kind::Crash => budget.crashes > crashes,
            Kind::Write => budget.writes > later * reserve::WRITES,
            // Elections need epochs, and some must be left.
            Kind::Tick | Kind::Loss | Kind::Switchover | Kind::PowerOff => !late,
            _other => true,
        });
        menu
    }

    /// What may happen around the machines.
    fn around(&self, spec: &Spec) -> [(Kind, bool); 7] {
        let outside = &self.state.around.outside;
        let budget = &self.state.around.budget;
        let later = u8::from(spec.live.is_some());
        let up = NodeSet::first(spec.model.nodes).minus(outside.down).minus(outside.paused);
        let stops = may_stop(self.world);
        let partitions = budget.partitions > later * reserve::PARTITIONS;
        [
            (Kind::Land, !outside.landing.is_empty()),
            (Kind::Partition, outside.cut.is_none() && partitions),
            (Kind::Heal, outside.cut.is_some()),
            (Kind::Pause, budget.pauses > 0 && !up.is_empty()),
            (Kind::Resume, !outside.paused.is_empty()),
            (Kind::Pass, spec.model.scope.rates.is_some()),
            (Kind::Suspend, spec.model.scope.rates.is_some() && stops && budget.suspends > 0),
        ]
    }

    fn epochs_left(&self) -> u64 {
        let newest = self.state.machines().map(|(_, local)| {
            let known = local.node.as_ref().map_or(local.disk.hard.epoch(), Node::epoch);
            known.term()
        });
        self.world.model.scope.epochs.saturating_sub(newest.max().unwrap_or(0))
    }
}

/// A kind, by weight; `None` if every weight is zero.
fn draw(weights: &[u32], dice: &mut Dice) -> Option<Kind> {
    let total: u32 = weights.iter().sum();
    let mut fallen = dice.below(total as usize) as u32;
    for (kind, weight) in Kind::ALL.iter().zip(weights) {
        if fallen < *weight {
            return Some(*kind);
        }
        fallen -= weight;
    }
    None
}

/// Whether `choice` is among what can happen next.
pub fn is_possible(world: &World, state: &State, choice: &Choice) -> bool {
    let State { seats: _, around } = state;
    match (choice, choice.node()) {
        (Choice::Pass(ticks), _) => may_pass(world, around, ticks),
        (_, Some(id)) => world.choices_at(id, state.seat(id), around).contains(choice),
        (_, None) => world.choices_around(around).contains(choice),
    }
}

/// Whether `ticks` is among [`World::choices_of_time`], without listing them: there are two to the power of the
/// nodes.
fn may_pass(world: &World, around: &Around, ticks: &[u8]) -> bool {
    let Some(rates) = world.model.scope.rates else { return false };
    let (stopped, going): (Vec<u8>, Vec<u8>) = ticks.iter().partition(|tick| **tick == 0);
    let known =
        ticks.len() == usize::from(world.model.nodes) && going.iter().all(|tick| rates.contains(tick));
    let sound = around.history.broken.is_none();
    known
        && sound
        && (stopped.is_empty() || stopped.len() == 1 && around.budget.suspends > 0 && may_stop(world))
}

/// Whether a clock may stand still: where that is noticed, or against the contract.
fn may_stop(world: &World) -> bool {
    world.model.scope.noticed || world.rules_off().contains(Rule::ClockCountsSuspend)
}

/// What is possible instead of `choice` and most like it: itself, or the same thing happening to the same machine.
pub fn likest(world: &World, state: &State, choice: &Choice) -> Option<Choice> {
    if is_possible(world, state, choice) {
        return Some(choice.clone());
    }
    let id = choice.node()?;
    let same = |other: &Choice| match (choice, other) {
        (Choice::Deliver(a), Choice::Deliver(b))
        | (Choice::Drop(a), Choice::Drop(b))
        | (Choice::Duplicate(a), Choice::Duplicate(b)) => a.from == b.from && a.kind() == b.kind(),
        (Choice::Done(_, a), Choice::Done(_, b)) => std::mem::discriminant(a) == std::mem::discriminant(b),
        _otherwise => false,
    };
    world.choices_at(id, state.seat(id), &state.around).into_iter().find(same)
}

/// The judgement of `after`, given that `before` was found sound: only what changed is judged again.
pub fn judge_step(world: &World, before: &State, after: &State) -> Option<Broken> {
    let seats: Vec<(NodeId, &Seat)> = after.seats().collect();
    let changed: Vec<bool> = before.seats.iter().zip(&after.seats).map(|(old, new)| old != new).collect();
    let fresh = || seats.iter().zip(&changed).filter(|(_, changed)| **changed).map(|(seat, _)| *seat);
    let faces: Vec<Face> = seats.iter().map(|seat| Face::of(world, *seat)).collect();
    let pairs = || {
        let all = (0..seats.len()).flat_map(|a| (a + 1..seats.len()).map(move |b| (a, b)));
        all.filter(|(a, b)| changed[*a] || changed[*b]).map(|(a, b)| (&faces[a], &faces[b]))
    };
    let machines = before.seats.iter().zip(&after.seats).any(|(old, new)| old.machine != new.machine);
    after
        .history()
        .broken
        .clone()
        .or_else(|| fresh().find_map(|seat| judge_seat(world, seat)))
        .or_else(|| pairs().find_map(|(a, b)| judge_pair(world, a, b)))
        .or_else(|| machines.then(|| judge_machines(world, after)).flatten())
}
