//! What can happen next.

use super::World;
use super::choice::{Choice, Envelope};
use super::local::{Local, NOW, Op};
use super::model::node;
use super::order::in_order;
use super::reduce;
use super::shared::Shared;
use super::state::{Around, Seat, State};
use quorate::failover::{Body, Effect, Message, Node};
use quorate::id::{NodeId, NodeSet, Position};
use quorate::rule::{Rule, is_off, without};

/// What a machine offers to choose from: a function of the machine alone.
struct Menu<'a> {
    node: Option<&'a Node<Op>>,
    local: &'a Local,
}

impl Menu<'_> {
    fn is(&self, test: impl FnOnce(&Node<Op>) -> bool) -> bool {
        self.node.is_some_and(test)
    }

    fn leads(&self) -> bool {
        self.is(|node| node.phase().is_some())
    }

    fn leased(&self) -> bool {
        self.is(|node| node.lease(NOW).is_some())
    }

    fn effects(&self) -> &[Effect] {
        &self.local.effects
    }
}

/// Whether a message carries a report of an obligation.
fn reports_busy(message: &Message<Op>) -> bool {
    matches!(message.body, Body::Granted { busy: Some(_), .. })
}

/// Which clocks matter to whom, for the choice of rates.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Clocks {
    /// Nodes of whose clocks there is a reading on its way or in use.
    pub stamped: NodeSet,
    /// Nodes that measure an obligation or a wait.
    pub waiting: NodeSet,
}

impl Clocks {
    /// What the machine `id` and the messages on their way to it contribute.
    pub fn of(world: &World, id: NodeId, seat: &Seat) -> Self {
        without(world.off, || Self::measure(id, seat))
    }

    fn measure(id: NodeId, seat: &Seat) -> Self {
        let node = seat.machine.node.as_ref();
        let clock = |envelope: &Shared<Envelope>| reduce::stamped_by(envelope);
        let mut stamped: NodeSet = seat.inbox.iter().filter_map(clock).collect();
        let mut waiting = NodeSet::EMPTY;
        if node.is_some_and(Node::holds_stamps) {
            stamped.insert(id);
        }
        // Against the rule, a report shrinks while it travels: then its receiver measures it already.
        let shrinks = is_off(Rule::BusyStaysWhole)
            && seat.inbox.iter().filter_map(|envelope| envelope.message()).any(reports_busy);
        if node.is_some_and(Node::waits) || shrinks {
            waiting.insert(id);
        }
        // A reading that is still held back counts as on its way.
        let held = node.map_or(NodeSet::EMPTY, Node::echoes_held);
        Self { stamped: stamped.union(held), waiting }
    }

    /// Together.
    #[must_use]
    pub fn and(self, other: Clocks) -> Clocks {
        Clocks { stamped: self.stamped.union(other.stamped), waiting: self.waiting.union(other.waiting) }
    }
}

impl World {
    /// What can happen next, in a fixed order. Some choices change nothing; [`World::apply`] says so.
    pub fn choices(&self, state: &State) -> Vec<Choice> {
        let mut choices = Vec::new();
        for (id, seat) in state.seats() {
            choices.extend(self.choices_at(id, seat, &state.around));
        }
        choices.extend(self.choices_around(&state.around));
        let clocks =
            state.seats().map(|(id, seat)| Clocks::of(self, id, seat)).fold(Clocks::default(), Clocks::and);
        choices.extend(self.choices_of_time(clocks, &state.around));
        if self.reductions().symmetry {
            self.symmetry.reduce(state, &mut choices);
        }
        choices
    }

    /// What can happen next to one machine: by itself, to the messages on their way to it, and by people.
    pub fn choices_at(&self, id: NodeId, seat: &Seat, around: &Around) -> Vec<Choice> {
        let mut choices = self.choices_of_machine(id, &seat.machine, around);
        choices.extend(self.choices_of_messages(id, &seat.machine, &seat.inbox, around));
        choices.extend(self.choices_of_people(id, &seat.machine, around));
        choices
    }

    /// What can happen next to one machine by itself.
    pub fn choices_of_machine(&self, id: NodeId, machine: &Local, around: &Around) -> Vec<Choice> {
        self.offered(id, machine, around, Self::choose_machine)
    }

    /// What clients and operators can do next at one machine.
    pub fn choices_of_people(&self, id: NodeId, machine: &Local, around: &Around) -> Vec<Choice> {
        self.offered(id, machine, around, |world, id, menu, around, choices| {
            world.choose_client(id, menu, around, choices);
            world.choose_operator(id, menu, around, choices);
        })
    }

    fn offered(
        &self,
        id: NodeId,
        machine: &Local,
        around: &Around,
        choose: impl FnOnce(&Self, NodeId, &Menu<'_>, &Around, &mut Vec<Choice>),
    ) -> Vec<Choice> {
        let mut choices = Vec::new();
        if !is_still(id, around) {
            let menu = Menu { node: machine.node.as_ref(), local: machine };
            without(self.off, || choose(self, id, &menu, around, &mut choices));
        }
        choices
    }

    /// What can happen next to the messages on their way to one machine.
    pub fn choices_of_messages(
        &self,
        id: NodeId,
        machine: &Local,
        inbox: &[Shared<Envelope>],
        around: &Around,
    ) -> Vec<Choice> {
        let mut choices = Vec::new();
        if is_still(id, around) {
            return choices;
        }
        let budget = &around.budget;
        let mut last: Option<&Shared<Envelope>> = None;
        for envelope in inbox {
            if last.replace(envelope) == Some(envelope) {
                // A second copy behaves like the first.
                continue;
            }
            if machine.node.is_some() && !around.outside.severs(envelope.from, id) {
                choices.push(Choice::Deliver(envelope.clone()));
            }
            if budget.drops > 0 {
                choices.push(Choice::Drop(envelope.clone()));
            }
            if budget.duplicates > 0 {
                choices.push(Choice::Duplicate(envelope.clone()));
            }
        }
        choices
    }

    fn choose_machine(&self, id: NodeId, menu: &Menu<'_>, around: &Around, choices: &mut Vec<Choice>) {
        let budget = &around.budget;
        if menu.node.is_none() {
            choices.push(Choice::Restart(id));
            return;
        }
        let due = menu.is(|node| node.deadline().is_some_and(|deadline| deadline <= NOW));
        if due && (self.model.scope.beats || !menu.leads()) {
            choices.push(Choice::Tick(id));
        }
        let flight = menu.local.flight.len();
        if flight > 0 {
            choices.push(Choice::Flush(id));
            if budget.flush_failures > 0 {
                choices.push(Choice::FailFlush(id));
            }
        }
        if budget.crashes > 0 {
            for kept in 0..=flight {
                choices.push(Choice::Crash { node: id, kept, torn: None });
                let torn = menu.local.tears(kept);
                choices.extend(torn.map(|torn| Choice::Crash { node: id, kept, torn: Some(torn) }));
            }
        }
        if budget.doubts > 0 && menu.leased() {
            choices.push(Choice::Doubt(id));
        }
        choices.extend(menu.effects().iter().map(|effect| Choice::Done(id, *effect)));
        if menu.local.has_news() {
            choices.push(Choice::Report(id));
        }
    }

    fn choose_client(&self, id: NodeId, menu: &Menu<'_>, around: &Around, choices: &mut Vec<Choice>) {
        let Around { budget, history, .. } = around;
        let covered = self.setup(id).lease.is_none() || menu.leased();
        let open = match &menu.local.engine {
            Some(engine) => menu.node.is_some() && engine.is_open(),
            None => menu.is(Node::is_serving) && covered,
        };
        if budget.writes > 0 && open {
            choices.push(Choice::Write(id));
        }
        if history.reads.iter().any(|read| read.node == id && read.at.is_some()) {
            choices.push(Choice::ConfirmRead(id));
        }
        if budget.reads > 0 && history.reads.is_empty() && menu.node.is_some() {
            if menu.leased() {
                choices.push(Choice::ReadByLease(id));
            }
            if menu.leads() {
                choices.push(Choice::ReadByQuorum(id));
            }
            if history.token > Position::default() {
                choices.push(Choice::ReadByToken(id));
            }
        }
    }

    fn choose_operator(&self, id: NodeId, menu: &Menu<'_>, around: &Around, choices: &mut Vec<Choice>) {
        let Around { budget, outside, .. } = around;
        let Some(running) = menu.node else { return };
        let target = usize::from(budget.change);
        if menu.leads() && budget.switchovers > 0 {
            choices.extend(running.members().without(id).iter().map(|to| Choice::Switchover(id, to)));
        }
        if running.is_serving() && target < self.targets.len() {
            choices.push(Choice::Change(id, target));
        }
        if !menu.leads() && budget.losses > 0 {
            choices.push(Choice::AcceptLoss(id));
        }
        if !menu.leads() && budget.poweroffs > 0 {
            // Confirmed: the machine is down. Against the contract: somebody asked for it.
            let requested = is_off(Rule::PowerOffIsConfirmed).then(|| running.primary()).flatten();
            let off = outside.down.union(requested.into_iter().collect());
            choices.extend(off.without(id).iter().map(|node| Choice::PowerOff { node, told: id }));
        }
        if budget.compactions > 0 && running.committed() > running.log().base() {
            choices.push(Choice::Compact(id));
        }
    }

    /// What can happen next to the resource and the links.
    pub fn choices_around(&self, around: &Around) -> Vec<Choice> {
        let Around { outside, budget, history } = around;
        if history.broken.is_some() {
            return Vec::new();
        }
        let mut choices: Vec<Choice> = outside.landing.iter().copied().map(Choice::Land).collect();
        let all = NodeSet::first(self.model.nodes);
        if outside.cut.is_some() {
            choices.push(Choice::Heal);
        } else if budget.partitions > 0 {
            for side in all.subsets().filter(|side| !side.is_empty() && *side != all) {
                choices.push(Choice::Partition { side, both: false });
                // Both directions are the same from either side.
                if side.contains(node(0)) {
                    choices.push(Choice::Partition { side, both: true });
                }
            }
        }
        choices.extend(outside.paused.iter().map(Choice::Resume));
        if budget.pauses > 0 {
            choices.extend(all.minus(outside.paused).minus(outside.down).iter().map(Choice::Pause));
        }
        choices
    }

    /// How time can pass.
    pub fn choices_of_time(&self, clocks: Clocks, around: &Around) -> Vec<Choice> {
        let Some([slow, fast]) = self.model.scope.rates else { return Vec::new() };
        if around.history.broken.is_some() {
            return Vec::new();
        }
        let nodes = usize::from(self.model.nodes);
        let mut ways: Vec<Vec<u8>> = vec![Vec::new()];
        for id in (0..nodes).map(node) {
            let dominated = self.reductions().dominated && reduce::rates_are_dominated(self.trust());
            let rates: &[u8] = match (dominated, clocks.stamped.contains(id), clocks.waiting.contains(id)) {
                (_, _, _) if slow == fast => &[slow],
                (true, false, _) => &[fast],
                (true, true, false) => &[slow],
                (true, true, true) | (false, _, _) => &[slow, fast],
            };
            ways =
                ways.iter().flat_map(|way| rates.iter().map(|rate| [&way[..], &[*rate]].concat())).collect();
        }
        let stops = self.model.scope.noticed || without(self.off, || is_off(Rule::ClockCountsSuspend));
        if around.budget.suspends > 0 && stops {
            // One machine is suspended and its clock stands still: noticed, or against the contract.
            let stop = |index: usize| {
                ways.clone().into_iter().map(move |mut way| {
                    way[index] = 0;
                    way
                })
            };
            let stopped: Vec<Vec<u8>> = (0..nodes).flat_map(stop).collect();
            ways.extend(stopped);
            ways = in_order(ways, Ord::cmp);
            ways.dedup();
        }
        ways.into_iter().map(Choice::Pass).collect()
    }
}

/// Whether nothing can happen to a machine: it is paused, or the world is broken.
fn is_still(id: NodeId, around: &Around) -> bool {
    around.history.broken.is_some() || around.outside.paused.contains(id)
}
