//! How a choice begins: what it takes from the surroundings, and what it asks of its machine.

use super::World;
use super::choice::{Choice, Landing};
use super::history::Operation;
use super::local::{Act, Local, Op};
use super::model::Model;
use super::order::place;
use super::state::Around;
use quorate::commit::ReadKind;
use quorate::failover::{Effect, Request};
use quorate::id::NodeId;
use quorate::rule::without;

/// What a choice takes from the surroundings, and what it asks of the machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Begun {
    /// What is around before the machine acts.
    pub around: Around,
    /// What the machine does.
    pub deed: Deed,
}

/// What a choice asks of its machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Deed {
    /// To do this.
    Act(Act),
    /// Nothing: what happens, happens to a message or to the resource.
    Nothing,
}

impl World {
    /// How `choice` begins; `None` if it is impossible.
    pub fn begin(&self, id: NodeId, machine: &Local, around: &Around, choice: &Choice) -> Option<Begun> {
        without(self.off, || {
            let mut at = Bench { world: self, id, machine, around: around.clone() };
            let deed = at.begin(choice)?;
            Some(Begun { around: at.around, deed })
        })
    }
}

/// One machine while something begins to happen to it.
struct Bench<'w> {
    world: &'w World,
    id: NodeId,
    machine: &'w Local,
    around: Around,
}

impl Bench<'_> {
    fn begin(&mut self, choice: &Choice) -> Option<Deed> {
        let budget = &mut self.around.budget;
        let act = match choice {
            Choice::Deliver(envelope) => Act::Deliver(envelope.from, envelope.wire.clone()),
            Choice::Drop(_) => {
                budget.drops -= 1;
                return Some(Deed::Nothing);
            }
            Choice::Duplicate(_) => {
                budget.duplicates -= 1;
                return Some(Deed::Nothing);
            }
            Choice::Tick(_) => Act::Tick,
            Choice::Flush(_) => Act::Flush,
            Choice::FailFlush(_) => {
                budget.flush_failures -= 1;
                Act::FailFlush
            }
            Choice::Crash { kept, torn, .. } => {
                budget.crashes -= 1;
                self.around.history.reads.retain(|read| read.node != self.id);
                self.around.outside.down.insert(self.id);
                Act::Crash { kept: *kept, torn: *torn }
            }
            Choice::Restart(_) => {
                self.around.outside.down.remove(self.id);
                Act::Restart
            }
            Choice::Doubt(_) => {
                budget.doubts -= 1;
                Act::Doubt
            }
            Choice::Done(_, effect) => self.done(*effect),
            Choice::Report(_) => Act::Report,
            Choice::Write(_) => return self.write(),
            Choice::ReadByLease(_) => self.read(ReadKind::Lease),
            Choice::ReadByQuorum(_) => self.read(ReadKind::Quorum),
            Choice::ReadByToken(_) => self.read(ReadKind::Token(self.around.history.token)),
            Choice::ConfirmRead(_) => self.confirm()?,
            Choice::Switchover(..)
            | Choice::AcceptLoss(_)
            | Choice::Change(..)
            | Choice::PowerOff { .. }
            | Choice::Compact(_) => Act::Ask(self.operate(choice)?),
            Choice::Land(_)
            | Choice::Pass(_)
            | Choice::Partition { .. }
            | Choice::Heal
            | Choice::Pause(_)
            | Choice::Resume(_) => return Some(Deed::Nothing),
        };
        Some(Deed::Act(act))
    }

    /// An effect reaches the resource and its result the node.
    fn done(&mut self, effect: Effect) -> Act {
        let register = &mut self.around.outside.register;
        let ok = match effect {
            Effect::Fence { epoch } => register.install(epoch),
            // Reading needs no token; but who has been overtaken is told so.
            Effect::Load { epoch } => epoch >= register.installed(),
            Effect::StopReceiving { .. }
            | Effect::Follow { .. }
            | Effect::Rewind { .. }
            | Effect::Promote { .. }
            | Effect::SetAcks { .. }
            | Effect::Demote { .. }
            | Effect::ArmWatchdog { .. }
            | Effect::SendSnapshot { .. }
            | Effect::LoadSnapshot { .. } => true,
        };
        if let (Effect::Load { epoch }, true) = (effect, ok) {
            let loaded = &mut self.around.history.loaded;
            *loaded = epoch.max(*loaded);
        }
        Act::Done(effect, ok)
    }

    /// To the resource, to the database, or to the node.
    fn write(&mut self) -> Option<Deed> {
        let Around { outside, budget, history } = &mut self.around;
        budget.writes -= 1;
        history.issued += 1;
        let op = history.issued;
        let Model { scope, node, .. } = &self.world.model;
        if scope.reads > 0 {
            history.operations.push(Operation::Write(op));
        }
        if node.fenced {
            let epoch = self.machine.node.as_ref()?.epoch();
            place(&mut outside.landing, Landing { from: self.id, epoch, op });
            return Some(Deed::Nothing);
        }
        let act = if node.external { Act::Write(op) } else { Act::Ask(Request::Write(vec![op].into())) };
        Some(Deed::Act(act))
    }

    fn read(&mut self, kind: ReadKind) -> Act {
        let id = u64::from(self.around.budget.reads);
        self.around.budget.reads -= 1;
        self.around.history.read_began(self.id, id, kind);
        Act::Ask(Request::Read { id, kind })
    }

    fn confirm(&mut self) -> Option<Act> {
        let read = self.around.history.reads.iter().find(|read| read.node == self.id)?;
        Some(Act::Ask(Request::ConfirmRead { id: read.id, at: read.at? }))
    }

    fn operate(&mut self, choice: &Choice) -> Option<Request<Op>> {
        let budget = &mut self.around.budget;
        let request = match choice {
            Choice::Switchover(_, to) => {
                budget.switchovers -= 1;
                Request::Switchover { to: *to }
            }
            Choice::AcceptLoss(_) => {
                budget.losses -= 1;
                Request::Recover { accept_loss: true }
            }
            Choice::Change(_, target) => {
                budget.change += 1;
                Request::Change(Box::new(self.world.targets[*target].clone()))
            }
            Choice::PowerOff { node, .. } => {
                budget.poweroffs -= 1;
                Request::PoweredOff(*node)
            }
            Choice::Compact(_) => {
                budget.compactions -= 1;
                Request::Compact { base: self.machine.node.as_ref()?.committed() }
            }
            _not_an_operators => return None,
        };
        Some(request)
    }
}
