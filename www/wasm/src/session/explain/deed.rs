//! What a machine did: what became of it, and what it caused.

use super::words;
use quorate::disk::Hard;
use quorate::failover::{Node, Refused};
use quorate::id::{Epoch, NodeId};
use quorate_models::world::{Act, Caused, Choice, Driver, Local, NOW, Op, Wire, World, effect_name, writes};

/// What a machine did.
#[derive(PartialEq, Eq)]
pub(super) struct Deed {
    id: NodeId,
    local: Local,
    caused: Caused,
}

/// How many differences are told.
const TOLD: usize = 3;

impl Deed {
    /// What comes of an act, with the rules as they are switched now.
    pub(super) fn of(world: &World, id: NodeId, machine: &Local, act: &Act) -> Self {
        let (mut local, mut caused) = (machine.clone(), Caused::default());
        let blocking = world.scope().driver == Driver::Blocking;
        local.act(id, world.setups(), act, blocking, &mut caused);
        Self { id, local, caused }
    }

    // ---- what was decided ----------------------------------------------------------------------------------

    /// What was decided, a sentence each; `before` is the machine as it was.
    pub(super) fn sentences(&self, before: &Local, choice: &Choice) -> Vec<String> {
        let mut told = self.refusals();
        told.extend(self.steps_into(before));
        told.extend(self.caused.told.iter().map(|event| words::event(*event)));
        told.extend(
            self.caused.written.map(|(epoch, op)| format!("writes w{op} to its database under {epoch}")),
        );
        told.extend(
            self.caused
                .acked
                .map(|(epoch, to)| format!("has its database acknowledge {to} entries under {epoch}")),
        );
        told.extend(self.records(before));
        told.extend(self.asks(before));
        told.extend(sends(&self.sent_list(), "sends"));
        told.extend(sends(&self.held_news(before), "holds back, until it is on its disk,"));
        if told.is_empty() {
            let same = self.local == *before;
            told.push(if same { "changes nothing and says nothing" } else { "only remembers it" }.to_owned());
        }
        let happened = match choice {
            Choice::Deliver(envelope) => format!("{} receives {}.", self.id, **envelope),
            other => format!("{other}."),
        };
        std::iter::once(happened).chain(told.into_iter().map(|what| format!("{} {what}.", self.id))).collect()
    }

    /// What it refuses, to those who asked.
    fn refusals(&self) -> Vec<String> {
        let Caused { sent, refused, .. } = &self.caused;
        let epoch = epoch(&self.local);
        let mut told: Vec<String> = refused.iter().map(|refused| words::refused(*refused, epoch)).collect();
        let said = |to: NodeId| {
            refused.iter().any(|refused| matches!(refused, Refused::Vote { to: other, .. } if *other == to))
        };
        told.extend(sent.iter().filter(|(to, _)| !said(*to)).filter_map(|(to, wire)| match wire {
            Wire::Node(message) => words::refusal(*to, message),
            Wire::Engine(_) => None,
        }));
        told
    }

    /// Its epoch, its vote and its role, where they are new.
    fn steps_into(&self, before: &Local) -> Vec<String> {
        let (old, new) = (hard(before), hard(&self.local));
        let mut told = Vec::new();
        match (&before.node, &self.local.node) {
            (Some(_), None) => told.push("loses everything that was not on its disk".into()),
            (None, Some(_)) => told.push(format!("starts from what is on its disk: {}", ballot(new))),
            (Some(was), Some(is)) => {
                if new.epoch() > old.epoch() {
                    told.push(format!("enters {}", new.epoch()));
                }
                if new.ballot.vote != old.ballot.vote
                    && let Some(vote) = new.ballot.vote
                {
                    told.push(format!("votes for {vote} in {}", new.epoch()));
                }
                if was.role() != is.role() {
                    told.push(format!("is {} now", is.role()));
                }
                let (held, holds) = (was.lease(NOW), is.lease(NOW));
                match (held, holds) {
                    (old, Some((_, left))) if old.is_none_or(|(_, before)| before != left) => {
                        told.push(format!("holds a lease for {} more ticks", left.units()));
                    }
                    (Some(_), None) => told.push("holds no lease any more".into()),
                    _as_before => {}
                }
                if is.busy_left() > was.busy_left() {
                    told.push(format!("is bound by a lease it grants for {} ticks", is.busy_left().units()));
                }
            }
            (None, None) => {}
        }
        told
    }

    /// What it writes to its disk, and what has reached it.
    fn records(&self, before: &Local) -> Vec<String> {
        let (was, is) = (&before.disk, &self.local.disk);
        let mut told = Vec::new();
        if was.hard.ballot != is.hard.ballot {
            told.push(format!("has on its disk: {}", ballot(&is.hard)));
        }
        if was.hard.config_id() != is.hard.config_id() {
            told.push(format!("has configuration {} on its disk", is.hard.config_id()));
        }
        if was.log != is.log {
            told.push(format!("has on its disk: {}", contents(&is.log)));
        }
        let new = self.local.flight.len();
        if new > before.flight.len() {
            told.push(format!("has {new} on the way to its disk", new = counted(new)));
        }
        told
    }

    /// What it asks for.
    fn asks(&self, before: &Local) -> Vec<String> {
        let new = self.local.effects.iter().filter(|effect| !before.effects.contains(effect));
        new.map(|effect| format!("wants done: {}", effect_name(*effect))).collect()
    }

    // ---- messages ------------------------------------------------------------------------------------------

    fn sent_list(&self) -> Vec<(NodeId, String)> {
        let others = self.caused.sent.iter().filter(|(to, _)| *to != self.id);
        others.map(|(to, wire)| (*to, words::letter(wire))).collect()
    }

    fn held_list(&self) -> Vec<(NodeId, String)> {
        held(&self.local, self.id)
    }

    /// What it holds back that it did not hold back before.
    fn held_news(&self, before: &Local) -> Vec<(NodeId, String)> {
        let old = held(before, self.id);
        self.held_list().into_iter().filter(|letter| !old.contains(letter)).collect()
    }

    // ---- otherwise -----------------------------------------------------------------------------------------

    /// What is unlike another deed, in words; `None` if nothing is.
    pub(super) fn unlike(&self, other: &Deed) -> Option<String> {
        if self == other {
            return None;
        }
        let id = self.id;
        let mut would = self.lines_unlike(other);
        let (ours, theirs) = (self.sent_list(), other.sent_list());
        would.extend(sends(&less(&ours, &theirs), "would send"));
        would.extend(sends(&less(&theirs, &ours), "would not send"));
        let (ours, theirs) = (self.held_list(), other.held_list());
        would.extend(sends(&less(&ours, &theirs), "would hold back"));
        would.extend(sends(&less(&theirs, &ours), "would not hold back"));
        if would.is_empty() && self.caused.sent != other.caused.sent {
            would.push("would send the same messages with another content".into());
        }
        if would.is_empty() {
            would.push("would remember something else, and look the same from outside".into());
        }
        would.truncate(TOLD);
        Some(format!("{id} {}.", would.join("; it ")))
    }

    /// What can be said of the machine that cannot be said of the other one.
    fn lines_unlike(&self, other: &Deed) -> Vec<String> {
        let (ours, theirs) = (self.lines(), other.lines());
        let pairs = ours.into_iter().zip(theirs).filter(|(our, their)| our != their);
        let mut would: Vec<String> = pairs.map(|(our, _)| format!("would {our}")).collect();
        let told = |deed: &Deed| -> Vec<String> {
            deed.caused.told.iter().map(|event| words::event(*event)).collect()
        };
        let (ours, theirs) = (told(self), told(other));
        would.extend(less(&ours, &theirs).iter().map(|event| format!("would tell that it {event}")));
        would.extend(less(&theirs, &ours).iter().map(|event| format!("would not tell that it {event}")));
        let refused = |deed: &Deed| deed.refusals();
        would.extend(
            less(&refused(other), &refused(self)).iter().map(|_| "would not refuse".to_owned()).take(1),
        );
        would.extend(
            less(&refused(self), &refused(other)).iter().map(|what| format!("would say that it {what}")),
        );
        would
    }

    /// What there is to say of the machine, always in the same order.
    fn lines(&self) -> Vec<String> {
        let Local { node, disk, flight, effects, .. } = &self.local;
        let node = node.as_ref();
        let ballot_of = |hard: &Hard| ballot(hard);
        let effects: Vec<String> = effects.iter().map(|effect| effect_name(*effect)).collect();
        vec![
            node.map_or("be down".into(), |node| format!("be {} in {}", node.role(), node.epoch())),
            node.and_then(Node::phase)
                .map_or("not be primary".into(), |phase| format!("be primary and {phase:?}").to_lowercase()),
            format!("have as its ballot: {}", ballot_of(hard(&self.local))),
            format!("have on its disk: {}", ballot_of(&disk.hard)),
            format!("have on its disk: {}", contents(&disk.log)),
            format!("have {} on the way to its disk", counted(flight.len())),
            format!("have as its log: {}", contents(self.local.log())),
            format!("take {} entries for committed", node.map_or(0, Node::committed)),
            node.and_then(|node| node.lease(NOW)).map_or("hold no lease".into(), |(_, left)| {
                format!("hold a lease for {} ticks", left.units())
            }),
            node.map_or("not be bound by a lease".into(), |node| match node.busy_left().units() {
                0 => "not be bound by a lease".into(),
                left => format!("be bound by a lease for {left} ticks"),
            }),
            node.map_or("wait for nobody's lease".into(), |node| match node.wait_left().units() {
                0 => "wait for nobody's lease".into(),
                left => format!("wait {left} ticks for older leases"),
            }),
            format!("count the votes of {}", node.map(Node::votes).unwrap_or_default()),
            format!("count the promises of {}", node.map(Node::promised).unwrap_or_default()),
            format!("want done: {}", if effects.is_empty() { "nothing".into() } else { effects.join(", ") }),
        ]
    }
}

fn hard(local: &Local) -> &Hard {
    local.node.as_ref().map_or(&local.disk.hard, Node::hard)
}

fn epoch(local: &Local) -> Epoch {
    hard(local).epoch()
}

fn ballot(hard: &Hard) -> String {
    match hard.ballot.vote {
        Some(vote) => format!("{} with a vote for {vote}", hard.ballot.epoch),
        None => format!("{} without a vote", hard.ballot.epoch),
    }
}

fn contents(log: &quorate::commit::Log<Op>) -> String {
    let entries: Vec<Op> = log.entries().copied().collect();
    format!("the log {} {}", log.history(), writes(&entries))
}

fn counted(records: usize) -> String {
    match records {
        0 => "nothing".into(),
        1 => "1 record".into(),
        many => format!("{many} records"),
    }
}

fn held(local: &Local, id: NodeId) -> Vec<(NodeId, String)> {
    let held = local.node.iter().flat_map(Node::held).filter(|(to, _)| *to != id);
    held.map(|(to, message)| (*to, words::letter(&Wire::Node(message.clone())))).collect()
}

/// What is in `some` and not in `others`.
fn less<T: PartialEq + Clone>(some: &[T], others: &[T]) -> Vec<T> {
    some.iter().filter(|one| !others.contains(one)).cloned().collect()
}

/// `sends vote e1 to n1 and n2`, for each kind of message.
fn sends(letters: &[(NodeId, String)], verb: &str) -> Vec<String> {
    let mut kinds: Vec<(&String, Vec<String>)> = Vec::new();
    for (to, letter) in letters {
        let to = to.to_string();
        match kinds.iter_mut().find(|(kind, _)| *kind == letter) {
            Some((_, all)) if !all.contains(&to) => all.push(to),
            Some(_twice) => {}
            None => kinds.push((letter, vec![to])),
        }
    }
    kinds.into_iter().map(|(letter, to)| format!("{verb} {letter} to {}", to.join(" and "))).collect()
}
