//! One walk: from state to state by random choices, judging each.

use super::{Dice, Kind, Spec};
use crate::invariant::Broken;
use crate::invariant::state::{judge, judge_pair, judge_seat, judge_whole};
use crate::world::{Choice, Clocks, Seat, State, World};
use quorate::id::{NodeId, NodeSet};

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
}

/// What a walk leaves for the time after it.
pub mod reserve {
    /// Epochs.
    pub const EPOCHS: u64 = 60;
    /// Writes.
    pub const WRITES: u8 = 2;
    /// Partitions.
    pub const PARTITIONS: u8 = 1;
}

/// So many choices that change nothing, one after the other, end a walk.
const PATIENCE: u32 = 64;

impl<'w> Walk<'w> {
    /// A walk that has not begun.
    pub fn new(world: &'w World, seed: u64) -> Self {
        let state = world.initial();
        let broken = judge(world, &state);
        Self { world, state, choices: Vec::new(), broken, dice: Dice::new(seed) }
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
        let crowded = self.state.messages().count() > usize::from(spec.crowd);
        let weigh = |kind: Kind| match (crowded, kind.relieves()) {
            (false, _) | (true, true) => spec.weights.of(kind),
            (true, false) => 0,
        };
        let mut kinds = [0_u32; Kind::ALL.len()];
        let mut menu = self.menu(spec);
        for choice in &menu {
            let kind = Kind::of(choice);
            kinds[kind as usize] = weigh(kind);
        }
        for (kind, is_there) in self.around(spec) {
            kinds[kind as usize] = if is_there { weigh(kind) } else { 0 };
        }
        let kind = draw(&kinds, &mut self.dice)?;
        match kind {
            Kind::Pass | Kind::Suspend => {
                menu = self.world.choices_of_time(Clocks::default(), &self.state.around)
            }
            Kind::Land | Kind::Partition | Kind::Heal | Kind::Pause | Kind::Resume => {
                menu = self.world.choices_around(&self.state.around);
            }
            _of_a_machine => {}
        }
        menu.retain(|choice| Kind::of(choice) == kind);
        self.dice.take(&mut menu)
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
        menu.retain(|choice| match Kind::of(choice) {
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
        let partitions = budget.partitions > later * reserve::PARTITIONS;
        [
            (Kind::Land, !outside.landing.is_empty()),
            (Kind::Partition, outside.cut.is_none() && partitions),
            (Kind::Heal, outside.cut.is_some()),
            (Kind::Pause, budget.pauses > 0 && !up.is_empty()),
            (Kind::Resume, !outside.paused.is_empty()),
            (Kind::Pass, spec.model.scope.rates.is_some()),
            (Kind::Suspend, spec.model.scope.rates.is_some() && budget.suspends > 0),
        ]
    }

    fn epochs_left(&self) -> u64 {
        let newest = self.state.machines().map(|(_, local)| {
            let known = local.node.as_ref().map_or(local.disk.hard.epoch(), |node| node.epoch());
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
    match choice.node() {
        Some(id) => world.choices_at(id, state.seat(id), &state.around).contains(choice),
        None => {
            world.choices_around(&state.around).contains(choice)
                || world.choices_of_time(Clocks::default(), &state.around).contains(choice)
        }
    }
}

/// The judgement of `after`, given that `before` was found sound: only what changed is judged again.
pub fn judge_step(world: &World, before: &State, after: &State) -> Option<Broken> {
    let seats: Vec<(NodeId, &Seat)> = after.seats().collect();
    let changed: Vec<bool> = before.seats.iter().zip(&after.seats).map(|(old, new)| old != new).collect();
    let fresh = || seats.iter().zip(&changed).filter(|(_, changed)| **changed).map(|(seat, _)| *seat);
    let pairs = || {
        let all = (0..seats.len()).flat_map(|a| (a + 1..seats.len()).map(move |b| (a, b)));
        all.filter(|(a, b)| changed[*a] || changed[*b]).map(|(a, b)| (seats[a], seats[b]))
    };
    let machines = before.seats.iter().zip(&after.seats).any(|(old, new)| old.machine != new.machine);
    after
        .history()
        .broken
        .clone()
        .or_else(|| fresh().find_map(|seat| judge_seat(world, seat)))
        .or_else(|| pairs().find_map(|(a, b)| judge_pair(world, a, b)))
        .or_else(|| machines.then(|| judge_whole(world, after)).flatten())
}
