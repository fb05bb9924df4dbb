//! Contracts: short scripts for rules that no model of the world can show the need of, because it has no such driver
//! or no such database. Each lets one machine go through it and says what it must not have done.

use super::hosts;
use super::table::degrading;
use crate::catalog::failover::{acked_by, engine};
use crate::catalog::machines::{commit, election, scoped};
use crate::world::engine::Database;
use crate::world::{Act, Caused, Driver, Local, Model, Wire, World, node};
use quorate::commit::{History, Log, LogChange, Promise};
use quorate::config::ConfigId;
use quorate::failover::{Body, Bound, Effect, Event, Halt, Message, Node, Refused, Request};
use quorate::id::{Epoch, NodeId};
use quorate::rule::Rule;
use std::sync::Arc;

/// A script for a rule.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    /// The rule.
    pub rule: Rule,
    /// What it must not do.
    pub what: &'static str,
    /// Plays it.
    pub play: fn() -> Result<Played, String>,
}

/// What came of a script that could be played to its end. One that cannot says why, and shows nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Played {
    /// The rule is kept.
    Kept,
    /// It is not; what was done instead.
    Broken(String),
}

impl Played {
    pub(super) fn of(kept: bool, otherwise: impl FnOnce() -> String) -> Self {
        if kept { Played::Kept } else { Played::Broken(otherwise()) }
    }
}

/// Every contract.
pub const CONTRACTS: &[Contract] = &[
    Contract {
        rule: Rule::PrevoteChangesNothing,
        what: "who asks around has raised no epoch and written nothing",
        play: asking_changes_nothing,
    },
    Contract {
        rule: Rule::CapBindsDegraded,
        what: "a degraded primary refuses a write beyond its cap",
        play: the_cap_binds,
    },
    Contract {
        rule: Rule::LossIsToldWhole,
        what: "a recovery that accepts loss says exactly what it knows of it",
        play: a_loss_is_told_whole,
    },
    Contract {
        rule: Rule::DemotionIsOfItsEpoch,
        what: "a late confirmation of an old demotion does not free a promise that waits for a newer one",
        play: a_late_demotion_is_no_other,
    },
    Contract {
        rule: Rule::EngineLossHalts,
        what: "the node of a database that has lost what it had flushed, or only its mark, stops",
        play: a_loss_of_the_engine_halts,
    },
    Contract {
        rule: Rule::HostBeatBinds,
        what: "a host that dies while its group rests holds no lease when another one serves",
        play: hosts::beats_bind,
    },
    Contract {
        rule: Rule::BrokenBondIsNew,
        what: "a primary whose replica has voted for another holds no lease by the answers of its host",
        play: hosts::a_broken_bond_is_told,
    },
    Contract {
        rule: Rule::AnswersAreOfThisLife,
        what: "a host that was restarted holds no lease by what its former life was answered",
        play: hosts::answers_are_of_a_life,
    },
];

/// The contract of this rule.
pub fn contract_of(rule: Rule) -> Option<&'static Contract> {
    CONTRACTS.iter().find(|contract| contract.rule == rule)
}

/// A machine by itself; the script plays all the others.
struct Alone {
    world: World,
    local: Local,
}

impl Alone {
    /// Machine n0 of a model whose driver waits for the disk.
    fn new(mut model: Model) -> Result<Self, String> {
        model.scope.driver = Driver::Blocking;
        let world = World::new(model).map_err(|error| error.to_string())?;
        let local = world.initial().machine(node(0)).clone();
        Ok(Self { world, local })
    }

    fn act(&mut self, act: &Act) -> Caused {
        let mut caused = Caused::default();
        self.local.act(node(0), self.world.setups(), act, true, &mut caused);
        caused
    }

    fn hear(&mut self, from: NodeId, epoch: Epoch, body: Body<u8>) -> Caused {
        self.act(&Act::Deliver(from, Wire::Node(Message { epoch, body })))
    }

    fn running(&self) -> Result<&Node<u8>, String> {
        self.local.node.as_ref().ok_or_else(|| "the machine is down".into())
    }

    /// Does whatever the node has asked for, until it asks for nothing more.
    fn carry_out(&mut self) {
        while let Some(effect) = self.local.effects.first().copied() {
            self.act(&Act::Done(effect, true));
        }
    }

    /// Wins an election with the vote of n1, whose log is empty, and makes the database primary; the epoch.
    fn win(&mut self) -> Result<Epoch, String> {
        self.act(&Act::Tick);
        let epoch = self.running()?.epoch();
        self.hear(node(1), epoch, Body::Granted { promise: Promise::default(), busy: None });
        self.carry_out();
        let leads = self.local.engine.as_ref().and_then(|engine| engine.tenure()).map(|tenure| tenure.epoch);
        if leads == Some(epoch) { Ok(epoch) } else { Err(format!("no primary of {epoch}")) }
    }
}

fn asking_changes_nothing() -> Result<Played, String> {
    let mut model = election(2, 0);
    model.node.prevote = true;
    let mut alone = Alone::new(model)?;
    let before = alone.local.disk.clone();
    alone.act(&Act::Tick);
    let node = alone.running()?;
    if node.role() != "pre-vote" {
        return Err(format!("a {} does not ask around", node.role()));
    }
    let unchanged = alone.local.disk == before && node.epoch() == before.hard.epoch();
    Ok(Played::of(unchanged, || format!("it asks around in {} and wrote that", node.epoch())))
}

fn the_cap_binds() -> Result<Played, String> {
    let mut alone = Alone::new(Model { cluster: degrading(), ..commit(2, 2, Driver::Blocking) })?;
    alone.act(&Act::Tick);
    let epoch = alone.running()?.epoch();
    alone.hear(node(1), epoch, Body::Granted { promise: Promise::default(), busy: None });
    alone.hear(node(1), epoch, Body::Ack { len: 0 });
    alone.act(&Act::Ask(Request::Write(vec![1].into())));
    // Nobody else acknowledges it for longer than the strong family is waited for.
    alone.act(&Act::Age(vec![2; 3]));
    alone.act(&Act::Tick);
    for _published in ["joint", "alone"] {
        let id = alone.running()?.hard().config_id();
        alone.hear(node(1), epoch, Body::Installed { id });
    }
    if alone.running()?.committed() != 1 {
        return Err("the weak family does not commit".into());
    }
    let second = alone.act(&Act::Ask(Request::Write(vec![2].into())));
    let len = alone.running()?.log().len();
    let refused = second.refused == [Refused::Busy(Bound::Degraded)] && len == 1;
    let broken = || format!("it has accepted {len} writes; the strong family holds none, the cap allows 1");
    Ok(Played::of(refused, broken))
}

fn a_loss_is_told_whole() -> Result<Played, String> {
    let entries = vec![1, 2].into();
    let fetched = loss_told(|alone, epoch| alone.hear(node(1), epoch, Body::Fetched { from: 0, entries }))?;
    // The donor does not answer any more; there is nobody else, but what it knew is known.
    let given_up = loss_told(|alone, _| alone.act(&Act::Tick))?;
    let whole = fetched == [(2, 1)] && given_up == [(0, 1)];
    let broken = || {
        format!(
            "it says (from, known) {fetched:?} instead of (2, 1), and {given_up:?} instead of (0, 1) without a donor"
        )
    };
    Ok(Played::of(whole, broken))
}

/// From where on a recovery that accepts loss says that the log is lost, and how much of it was known: n1 has two
/// entries, of which one is known to be committed, and then something happens.
fn loss_told(happens: impl FnOnce(&mut Alone, Epoch) -> Caused) -> Result<Vec<(u64, u64)>, String> {
    let model = acked_by(&[2], commit(3, 2, Driver::Blocking));
    let mut alone = Alone::new(scoped(model, |scope| scope.losses = 1))?;
    let mut told = alone.act(&Act::Ask(Request::Recover { accept_loss: true })).told;
    let epoch = alone.running()?.epoch();
    let runs = vec![(Epoch::from_number(1), 0)];
    let history = Arc::new(History::new(runs).map_err(|error| error.to_string())?);
    let promise = Promise { len: 2, history, committed: 1 };
    told.extend(alone.hear(node(1), epoch, Body::Granted { promise, busy: None }).told);
    told.extend(happens(&mut alone, epoch).told);
    let said: Vec<(u64, u64)> = told
        .iter()
        .filter_map(|event| match event {
            Event::LossAccepted { from, known, .. } => Some((*from, *known)),
            _something_else => None,
        })
        .collect();
    if said.is_empty() { Err("nothing is said of a loss".into()) } else { Ok(said) }
}

fn a_late_demotion_is_no_other() -> Result<Played, String> {
    let mut alone = Alone::new(engine(3, 3, 1, 0))?;
    let first = alone.win()?;
    alone.act(&Act::Ask(Request::StepDown));
    alone.carry_out();
    let second = alone.win()?;
    // The confirmation of the first demotion is repeated, much later.
    alone.act(&Act::Done(Effect::Demote { epoch: first }, true));
    let third = second.next().ok_or("no epoch is left")?;
    alone.hear(node(1), third, Body::Vote { config: ConfigId::default(), token: None, audit: false });
    let answer = alone.act(&Act::Done(Effect::StopReceiving { epoch: third }, true));
    let granted =
        |(_, wire): &(NodeId, Wire)| matches!(wire, Wire::Node(Message { body: Body::Granted { .. }, .. }));
    let primary = alone.local.engine.as_ref().is_some_and(|engine| engine.tenure().is_some());
    if primary && answer.sent.iter().any(granted) {
        let broken = format!("it promised under {third} while its database is primary of {second}");
        return Ok(Played::Broken(broken));
    }
    let demoted = alone.act(&Act::Done(Effect::Demote { epoch: second }, true));
    if demoted.sent.iter().any(granted) { Ok(Played::Kept) } else { Err("no promise is made at all".into()) }
}

fn a_loss_of_the_engine_halts() -> Result<Played, String> {
    let all: fn(&mut Database) = |engine| engine.log = Log::default();
    // The entry is still there, the mark of the epoch that wrote it is not.
    let mark: fn(&mut Database) = |engine| {
        let entries = engine.log.slice(0, engine.log.len()).unwrap_or_default();
        engine.log = Log::default();
        engine.log.apply(&LogChange::Write { keep: 0, history: Arc::default(), entries });
    };
    for (what, lose) in [("its log", all), ("its mark", mark)] {
        let mut alone = Alone::new(engine(3, 2, 1, 0))?;
        let epoch = alone.win()?;
        if let Some(engine) = &mut alone.local.engine {
            engine.open(epoch);
        }
        alone.act(&Act::Write(1));
        alone.act(&Act::Report);
        if alone.running()?.log().len() != 1 {
            return Err("nothing was written".into());
        }
        if let Some(engine) = &mut alone.local.engine {
            lose(engine);
        }
        alone.act(&Act::Report);
        if alone.running()?.halted() != Some(Halt::EngineWentBack) {
            return Ok(Played::Broken(format!("it goes on although its database has lost {what}")));
        }
    }
    Ok(Played::Kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::rule::{RuleSet, without};

    #[test]
    fn contracts_are_kept_with_their_rule_and_not_without_it() {
        for Contract { rule, play, .. } in CONTRACTS {
            assert_eq!(play(), Ok(Played::Kept), "{rule}");
            let missed = without(RuleSet::NONE.with(*rule), play);
            assert!(matches!(missed, Ok(Played::Broken(_))), "{rule}: {missed:?}");
        }
    }
}
