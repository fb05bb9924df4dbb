//! What would naturally happen next, where nobody chooses.
//!
//! What was begun goes on: disks flush, effects are done, messages arrive, the one that was sent first before the
//! others. Only then do timers fire or does time pass, and only for somebody who can get somewhere with it: the newest
//! primary that reaches a quorum, or, where there is none, one machine that could be elected. So two primaries never
//! fight for ever, and whoever is cut off is left alone. Faults, and what mends them, are left to people.

use super::{Moment, MomentId, Session};
use crate::Trouble;
use crate::view::letter::letter_of;
use quorate::failover::{Node, Phase};
use quorate::id::{NodeId, NodeSet};
use quorate_models::world::order::in_order;
use quorate_models::world::{Choice, Op, State, fingerprint};
use std::cmp::Reverse;

/// How many moments are looked back at to see whether a timer fired or time passed last.
const LOOK_BACK: usize = 1_000;

impl Session {
    /// Lets what would naturally happen next happen; the same moment and seed give the same. `None` if nothing would.
    /// With seed 0 the message that was sent first arrives first, with others any may.
    pub fn auto(&mut self, id: MomentId, seed: u32) -> Result<Option<MomentId>, Trouble> {
        let moment = self.moment(id)?;
        let choices = self.choices_of(moment);
        let order = work(moment, &choices, seed);
        let effective = |place: &usize| {
            choices.get(*place).is_some_and(|choice| self.world.apply(&moment.state, choice).is_some())
        };
        let next = order.into_iter().find(effective).or_else(|| {
            let order = self.initiative(moment, &choices, seed);
            order.into_iter().find(effective)
        });
        match next.and_then(|place| Some((place, choices.get(place)?))) {
            Some((place, choice)) => self.happen(id, place as u32, choice).map(Some),
            None => Ok(None),
        }
    }

    /// Places of the choices by which somebody takes the initiative, the next one first.
    fn initiative(&self, moment: &Moment, choices: &[Choice], seed: u32) -> Vec<usize> {
        let state = &moment.state;
        let timer = |id: NodeId| choices.iter().position(|choice| *choice == Choice::Tick(id));
        let mut ticks: Vec<usize> = match leader(state) {
            Some(id) => timer(id).into_iter().collect(),
            None => campaigners(state, seed).into_iter().filter_map(timer).collect(),
        };
        let waits = leader(state)
            .and_then(|id| state.node(id))
            .is_some_and(|node| node.phase() == Some(Phase::Waiting));
        let hopeless = leader(state).is_none() && !state.machines().any(|(id, _)| could_lead(state, id));
        let time: Vec<usize> = if hopeless { Vec::new() } else { passing(choices) };
        if waits || self.ticked_last(moment) {
            ticks.splice(0..0, time);
        } else {
            ticks.extend(time);
        }
        ticks
    }

    /// Whether, since time last passed, a timer has fired.
    fn ticked_last(&self, moment: &Moment) -> bool {
        let parent = |at: &&Moment| self.moments.get(at.step.as_ref()?.parent as usize);
        let back = std::iter::successors(Some(moment), parent).take(LOOK_BACK);
        let clockwork = back.filter_map(|at| match &at.step.as_ref()?.choice {
            Choice::Tick(_) => Some(true),
            Choice::Pass(_) => Some(false),
            _neither => None,
        });
        clockwork.into_iter().next().unwrap_or(false)
    }
}

/// Places of the choices that go on with what was begun, the next one first.
fn work(moment: &Moment, choices: &[Choice], seed: u32) -> Vec<usize> {
    let mut order = Vec::new();
    let mut letters = Vec::new();
    for (place, choice) in choices.iter().enumerate() {
        match choice {
            Choice::Flush(_)
            | Choice::Done(..)
            | Choice::Report(_)
            | Choice::ConfirmRead(_)
            | Choice::Land(_) => {
                order.push(place);
            }
            Choice::Deliver(envelope) => {
                // What has arrived once and may arrive again is no longer work.
                let letter = letter_of(moment, envelope).filter(|letter| letter.delivered == 0);
                letters.extend(letter.map(|letter| (letter.sent, letter.id, place)));
            }
            _not_begun => {}
        }
    }
    let mut letters = in_order(letters, Ord::cmp);
    turn(&mut letters, seed, moment.depth);
    order.extend(letters.into_iter().map(|(.., place)| place));
    order
}

/// Turns the order, so that another than the first comes first.
fn turn<T>(order: &mut [T], seed: u32, depth: u32) {
    if seed > 0 && !order.is_empty() {
        let by = fingerprint(&(seed, depth)) % order.len() as u64;
        order.rotate_left(by as usize);
    }
}

/// The machines with which one can talk in both directions, itself among them.
fn company(state: &State, id: NodeId) -> NodeSet {
    let outside = &state.around.outside;
    let talks = |other: NodeId| {
        let works = state.node(other).is_some_and(|node| node.halted().is_none());
        let linked = other == id || !outside.severs(id, other) && !outside.severs(other, id);
        works && linked && !outside.paused.contains(other)
    };
    state.machines().map(|(other, _)| other).filter(|other| talks(*other)).collect()
}

/// Whether a machine works, and reaches enough others to be elected, to recover and to acknowledge.
fn could_lead(state: &State, id: NodeId) -> bool {
    let company = company(state, id);
    company.contains(id)
        && state.node(id).is_some_and(|node| {
            let config = &node.hard().config;
            let data = config.data().is_empty() || config.recovers(company) && config.acknowledges(company);
            config.candidates().contains(id) && config.elects(company) && data
        })
}

/// The newest primary, if it can go on.
fn leader(state: &State) -> Option<NodeId> {
    let nodes = || state.machines().filter_map(|(id, local)| Some((id, local.node.as_ref()?)));
    let primaries = nodes().filter(|(id, node)| node.phase().is_some() && could_lead(state, *id));
    let (id, primary) = primaries.max_by_key(|(_, node)| node.epoch())?;
    let overtaken =
        nodes().any(|(other, node)| node.epoch() > primary.epoch() && company(state, id).contains(other));
    (!overtaken).then_some(id)
}

/// Who may stand for election, whoever would be best first. Somebody who could not win is among them once.
fn campaigners(state: &State, seed: u32) -> Vec<NodeId> {
    let free = |node: &Node<Op>| node.phase().is_none() && node.halted().is_none();
    let nodes = || state.machines().filter_map(|(id, local)| Some((id, local.node.as_ref()?)));
    let mut able: Vec<(NodeId, &Node<Op>)> =
        nodes().filter(|(id, node)| free(node) && could_lead(state, *id)).collect();
    turn(&mut able, seed, 0);
    let rank = |(id, node): &(NodeId, &Node<Op>)| {
        let priority = node.hard().config.newest().priority(*id);
        // Who stands already has been tried.
        (node.role() != "follower", Reverse((node.position(), priority)))
    };
    let mut able = in_order(able, |one, other| rank(one).cmp(&rank(other)));
    if able.is_empty() {
        let waits = |(_, node): &(NodeId, &Node<Op>)| free(node) && node.role() == "follower";
        able.extend(
            nodes().find(waits).filter(|_| !nodes().any(|(_, node)| free(node) && node.role() != "follower")),
        );
    }
    able.into_iter().map(|(id, _)| id).collect()
}

/// Time passes evenly, as slowly as it can.
fn passing(choices: &[Choice]) -> Vec<usize> {
    let even = |(place, choice): (usize, &Choice)| match choice {
        Choice::Pass(ticks) => {
            let first = *ticks.first()?;
            (first > 0 && ticks.iter().all(|tick| *tick == first)).then_some((first, place))
        }
        _another => None,
    };
    let ways = in_order(choices.iter().enumerate().filter_map(even), Ord::cmp);
    ways.into_iter().map(|(_, place)| place).collect()
}
