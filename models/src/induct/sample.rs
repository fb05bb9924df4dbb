//! Sampled induction: random states that satisfy the invariant, where there are too many to take all.
//!
//! With five nodes and five epochs neither the machines of a node nor their combinations can be counted out. Both are
//! sampled, with the same production code and the same clauses as in the [proof](super::product):
//!
//! * A *pool* of machines for each node grows as the [closure](super::closure) does, but at random: some machine of
//!   the pool, and some act or some message that a machine of any pool has sent.
//! * States are visited by replacing one machine at a time by another of its pool, and staying where the clauses hold:
//!   a random walk among states that satisfy the invariant, not among reachable ones.
//! * From each state some machine takes some steps, and every clause is asked for again.
//!
//! A sample can only find, never prove. What it finds is made small: as long as the same clause breaks in the same
//! step, the other machines are replaced by ones that were made in fewer steps, and so is the one that moves.

use super::closure::{Machine, Made, NEW, Stopped, aged, make, name_of};
use super::product::{ALLOWED, Clauses, Judge, Publics, Together, impossible};
use super::{Breach, Cti, Report};
use crate::swarm::Dice;
use crate::world::{Act, Envelope, MAX_NODES, Shared, fingerprint, node};
use quorate::rule::{RuleSet, without};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How much to sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effort {
    /// What the dice fall by.
    pub seed: u64,
    /// Machines of each pool.
    pub machines: usize,
    /// States to take.
    pub states: u64,
    /// Steps from each.
    pub steps: u64,
}

impl Effort {
    /// A few seconds.
    pub const SECONDS: Effort = Effort { seed: 1, machines: 3_000, states: 20_000, steps: 60 };
}

/// A machine of a pool, and in how many steps it was made.
struct Member<S: Together> {
    machine: Machine<S::Past>,
    own: S::Own,
    depth: u32,
}

struct Sample<'s, S: Together> {
    subject: &'s S,
    judge: Judge<S>,
    dice: Dice,
    pools: Vec<Vec<Member<S>>>,
    /// The members of each pool by class, and where each class is.
    classes: Vec<Vec<Vec<usize>>>,
    named: HashMap<(usize, S::Own), usize>,
    known: HashSet<u64>,
    /// What may arrive at each node.
    heard: Vec<Vec<Shared<Envelope>>>,
    said: HashSet<Shared<Envelope>>,
    /// What all these messages claim.
    claims: Vec<S::Claim>,
    taken: u64,
    steps: u64,
    replaced: u64,
}

/// A member of each pool.
type State = Vec<usize>;

/// Samples the invariant of `subject` without the rules of `off`.
pub fn sampled<S: Together>(subject: &S, scope: &str, off: RuleSet, effort: Effort) -> Report {
    without(off, || {
        let mut sample = Sample::new(subject, effort.seed);
        let counterexample = sample.begin().or_else(|| match sample.grow(effort.machines) {
            Err(Stopped::Broken(cti)) => Some(*cti),
            Err(Stopped::TooMany(_)) | Ok(()) => sample.walk(&effort),
        });
        let machines = sample.pools.iter().map(|pool| pool.len() as u64).sum();
        Report {
            scope: format!("{scope}, sampled"),
            states: sample.taken,
            steps: sample.steps,
            exhaustive: false,
            besides: vec![
                ("machines", machines),
                ("classes of machines", sample.classes.iter().map(|classes| classes.len() as u64).sum()),
                ("messages", sample.said.len() as u64),
                ("machines replaced from state to state", sample.replaced),
            ],
            counterexample,
        }
    })
}

impl<'s, S: Together> Sample<'s, S> {
    fn new(subject: &'s S, seed: u64) -> Self {
        let first = subject.world().initial();
        let config = Arc::clone(&first.machine(node(0)).disk.hard.config);
        let nodes = first.seats.len();
        let mut sample = Self {
            subject,
            judge: Judge::new(subject, config, Clauses::of(subject)),
            dice: Dice::new(seed),
            pools: (0..nodes).map(|_| Vec::new()).collect(),
            classes: vec![Vec::new(); nodes],
            named: HashMap::new(),
            known: HashSet::new(),
            heard: vec![Vec::new(); nodes],
            said: HashSet::new(),
            claims: Vec::new(),
            taken: 0,
            steps: 0,
            replaced: 0,
        };
        for (id, local) in first.machines() {
            let machine = Machine { id, local: local.clone(), past: S::Past::default() };
            sample.add(machine, 0);
        }
        sample
    }

    fn add(&mut self, machine: Machine<S::Past>, depth: u32) {
        if self.known.insert(fingerprint(&machine)) {
            let own = self.subject.own(&machine);
            let index = usize::from(machine.id.index());
            let classes = &mut self.classes[index];
            let class = *self.named.entry((index, own)).or_insert(classes.len());
            if class == classes.len() {
                classes.push(Vec::new());
            }
            classes[class].push(self.pools[index].len());
            self.pools[index].push(Member { machine, own, depth });
        }
    }

    fn say(&mut self, envelope: Shared<Envelope>) {
        let to = usize::from(envelope.to.index());
        if to < self.pools.len() && envelope.to != envelope.from && self.said.insert(envelope.clone()) {
            for older in aged(self.subject.world(), &envelope) {
                self.say(older);
            }
            let claim = self.subject.claim(&envelope);
            self.claims.extend(claim.filter(|claim| !self.claims.contains(claim)));
            self.heard[to].push(envelope);
        }
    }

    /// A new cluster satisfies the clauses.
    fn begin(&self) -> Option<Cti> {
        let first = vec![0; self.pools.len()];
        let breach = self.broken(&first)?;
        Some(Cti { before: Vec::new(), choice: NEW.into(), after: self.draw(&first), breach })
    }

    /// Fills the pools.
    fn grow(&mut self, machines: usize) -> Result<(), Stopped> {
        let nodes = self.pools.len();
        for _ in 0..machines * nodes * 30 {
            let index = self.dice.below(nodes);
            if self.pools[index].len() >= machines {
                continue;
            }
            let at = self.any_member(index);
            let Some(act) = self.any_act(index, at) else { continue };
            let member = &self.pools[index][at];
            let depth = member.depth + 1;
            let Some(Made { machine, sent, .. }) = make(self.subject, &member.machine, &act)? else {
                continue;
            };
            if machine.local.flight.len() > self.subject.flight() {
                continue;
            }
            for envelope in sent {
                self.say(envelope);
            }
            self.add(machine, depth);
        }
        Ok(())
    }

    /// One of the newest, so that the pool reaches deep, or one of any class, however rare that is.
    fn any_member(&mut self, index: usize) -> usize {
        let size = self.pools[index].len();
        if self.dice.below(2) == 0 {
            return size - 1 - self.dice.below(size.min(50));
        }
        let class = self.dice.below(self.classes[index].len());
        let members = self.classes[index][class].len();
        self.classes[index][class][self.dice.below(members)]
    }

    /// Something that can happen to a machine, time included.
    fn any_act(&mut self, index: usize, at: usize) -> Option<Act> {
        let Member { machine, own, .. } = &self.pools[index][at];
        let mut acts = self.subject.acts(machine.id, &machine.local);
        acts.extend(self.subject.ticks().into_iter().map(Act::Age));
        let heard = if machine.local.node.is_some() { self.heard[index].len() } else { 0 };
        // Messages and acts alternate: there are many more messages.
        let deliver = heard > 0 && (acts.is_empty() || self.dice.below(2) == 0);
        if !deliver {
            return self.dice.take(&mut acts);
        }
        let envelope = &self.heard[index][self.dice.below(heard)];
        let claim = self.subject.claim(envelope);
        let refuted = claim.is_some_and(|claim| self.subject.refutes(machine.id, *own, claim));
        (!refuted).then(|| Act::Deliver(envelope.from, envelope.wire.clone()))
    }

    // ---- states ----------------------------------------------------------------------------------------

    fn publics(&self, state: &State) -> Publics<S> {
        let mut all = [self.subject.public(self.pools[0][state[0]].own); MAX_NODES as usize];
        for (index, at) in state.iter().enumerate() {
            all[index] = self.subject.public(self.pools[index][*at].own);
        }
        all
    }

    /// The first clause that a state breaks.
    fn broken(&self, state: &State) -> Option<Breach> {
        let all = self.publics(state);
        let own = |index: usize| (node(index), self.pools[index][state[index]].own);
        (0..state.len()).find_map(|index| self.judge.fits(node(index), own(index).1, &all))
    }

    fn walk(&mut self, effort: &Effort) -> Option<Cti> {
        let mut state: State = vec![0; self.pools.len()];
        while self.taken < effort.states {
            self.move_on(&mut state);
            self.taken += 1;
            if let Some(cti) = self.harm(&state) {
                return Some(cti);
            }
            for _ in 0..effort.steps {
                let index = self.dice.below(state.len());
                let Some(act) = self.any_act(index, state[index]).filter(|act| !matches!(act, Act::Age(_)))
                else {
                    continue;
                };
                self.steps += 1;
                if self.step(&state, index, &act).is_some() {
                    return self.shrink(state, index, &act);
                }
            }
        }
        None
    }

    /// Replaces machines by others of their pools, staying inside the invariant.
    fn move_on(&mut self, state: &mut State) {
        for _ in 0..4 * state.len() {
            let index = self.dice.below(state.len());
            let before = state[index];
            state[index] = self.any_member(index);
            if self.broken(state).is_some() {
                state[index] = before;
            } else {
                self.replaced += 1;
            }
        }
    }

    /// Whether the clauses allow what they are there to exclude.
    fn harm(&self, state: &State) -> Option<Cti> {
        let own = |index: usize| (node(index), self.pools[index][state[index]].own);
        let pairs =
            (0..state.len()).flat_map(|a| (0..state.len()).filter(move |b| *b != a).map(move |b| (a, b)));
        let breach = pairs.into_iter().find_map(|(a, b)| self.judge.harm(own(a), own(b)))?;
        Some(Cti { before: Vec::new(), choice: ALLOWED.into(), after: self.draw(state), breach })
    }

    /// The clause that a step breaks.
    fn step(&self, state: &State, index: usize, act: &Act) -> Option<(Breach, Option<Machine<S::Past>>)> {
        let before = self.publics(state);
        let member = &self.pools[index][state[index]];
        if let Act::Deliver(from, wire) = act {
            let envelope = Envelope { from: *from, to: node(index), wire: wire.clone() };
            let forbidden = |claim| self.judge.forbidden(claim, &before).is_some();
            if self.subject.claim(&envelope).is_some_and(forbidden) {
                return None;
            }
        }
        let made = match make(self.subject, &member.machine, act) {
            Ok(made) => made?,
            Err(Stopped::Broken(cti)) => return Some((cti.breach, None)),
            Err(Stopped::TooMany(_)) => return None,
        };
        let own = self.subject.own(&made.machine);
        let mut all = before;
        all[index] = self.subject.public(own);
        let sent = |envelope: &Shared<Envelope>| self.judge.forbidden(self.subject.claim(envelope)?, &all);
        let travelling = |claim: &S::Claim| {
            let was_allowed = self.judge.forbidden(*claim, &before).is_none();
            self.judge.forbidden(*claim, &all).filter(|_| was_allowed)
        };
        let others = |other: usize| self.judge.fits(node(other), self.pools[other][state[other]].own, &all);
        let breach = impossible(made.impossible)
            .or_else(|| self.judge.fits(node(index), own, &all))
            .or_else(|| made.sent.iter().find_map(sent))
            .or_else(|| if all == before { None } else { self.claims.iter().find_map(travelling) })
            .or_else(|| (0..state.len()).filter(|other| *other != index).find_map(others))
            .or(made.unkept)?;
        Some((breach, Some(made.machine)))
    }

    // ---- making small ----------------------------------------------------------------------------------

    /// Replaces machines by ones that were made in fewer steps, as long as a step of the same kind still breaks the
    /// same clause.
    fn shrink(&self, mut state: State, index: usize, act: &Act) -> Option<Cti> {
        let clause = self.step(&state, index, act)?.0.clause;
        let still = |state: &State| {
            let breaks = |(breach, _): (Breach, _)| breach.clause == clause;
            self.broken(state).is_none() && self.step(state, index, act).is_some_and(breaks)
        };
        let mut smaller = true;
        while smaller {
            smaller = false;
            for other in 0..state.len() {
                let now = self.pools[other][state[other]].depth;
                let shallower = (0..self.pools[other].len()).filter(|at| self.pools[other][*at].depth < now);
                let replaced = |at: usize| {
                    let mut next = state.clone();
                    next[other] = at;
                    next
                };
                let best = shallower
                    .map(replaced)
                    .filter(still)
                    .min_by_key(|next| self.pools[other][next[other]].depth);
                if let Some(next) = best {
                    state = next;
                    smaller = true;
                }
            }
        }
        let (breach, machine) = self.step(&state, index, act)?;
        let before = self.draw(&state);
        let mut after = before.clone();
        if let Some(machine) = machine {
            after[index] = self.subject.describe(&machine);
        }
        Some(Cti { before, choice: name_of(node(index), act), after, breach })
    }

    fn draw(&self, state: &State) -> Vec<String> {
        let line = |(index, at): (usize, &usize)| self.subject.describe(&self.pools[index][*at].machine);
        state.iter().enumerate().map(line).collect()
    }
}
