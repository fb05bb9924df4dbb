//! All states of several machines that satisfy the invariant, and every step from each.
//!
//! Classes of machines come from the [closure](super::closure). What a clause about several machines reads of the
//! *others* is their public part, so the states are taken in two layers: every combination of public parts, and for
//! each node the classes that have this public part and satisfy the clauses beside it. A state is any choice of one
//! of these classes per node; because a clause reads one whole class and otherwise public parts only, the choices
//! do not depend on each other, and a step of one machine is judged once for all of them. No state is skipped.
//!
//! Messages are not enumerated. A clause about messages speaks of one message at a time, so the *largest* network
//! that the machines allow contains every smaller one: a step that any of them allows is taken, and if the larger
//! network satisfies the clauses after the step, so does every smaller one. Two things are asked for after a step:
//! what was sent is allowed, and what was allowed before still is – it may still be on its way.

use super::closure::{CLOSED, Cause, Closure, Counted, Lives, NEW, Subject, name_of};
use super::compose::{Face, broken_alone, broken_together};
use super::{Breach, Clause, Cti};
use crate::world::{MAX_NODES, node};
use quorate::config::Config;
use quorate::id::NodeId;
use std::collections::HashMap;
use std::sync::Arc;

/// The public parts of all machines; what is beyond the last node repeats the first.
pub type Publics<S> = [<S as Subject>::Public; MAX_NODES as usize];

/// One machine beside the others.
#[derive(Clone, Debug)]
pub struct Beside<S: Subject> {
    /// The configuration.
    pub config: Arc<Config>,
    /// What clauses compare with.
    pub terms: S::Terms,
    /// Which machine.
    pub id: NodeId,
    /// What clauses read of it.
    pub own: S::Own,
    /// The public part of every machine.
    pub all: Publics<S>,
}

/// One message on its way.
#[derive(Clone, Debug)]
pub struct OnTheWay<S: Subject> {
    /// The configuration.
    pub config: Arc<Config>,
    /// What clauses compare with.
    pub terms: S::Terms,
    /// What it claims.
    pub claim: S::Claim,
    /// The public part of every machine.
    pub all: Publics<S>,
}

/// Two machines.
#[derive(Clone, Debug)]
pub struct Pair<S: Subject> {
    /// What clauses compare with.
    pub terms: S::Terms,
    /// One.
    pub one: (NodeId, S::Own),
    /// Another.
    pub other: (NodeId, S::Own),
}

/// What must hold of several machines.
pub trait Together: Subject + Sized + 'static {
    /// What the clauses compare with, by [`Together::terms`].
    fn terms(&self) -> Self::Terms;

    /// Of each machine beside the others.
    fn beside(&self) -> &'static [Clause<Beside<Self>>];

    /// Of each message.
    fn on_the_way(&self) -> &'static [Clause<OnTheWay<Self>>];

    /// What all that is for: follows from the clauses, and is not assumed.
    fn safety(&self) -> &'static [Clause<Pair<Self>>];

    /// What the other parts of a node see of a machine: that they can take it for granted follows as well.
    fn face(id: NodeId, own: Self::Own) -> Face;

    /// The public part, nodes renamed; `None` if nodes are not alike.
    fn renamed(&self, public: Self::Public, names: &[usize]) -> Option<Self::Public>;

    /// Every way to rename nodes that nobody notices: by old name, the new one. Among them, the one that renames none.
    fn renamings(&self) -> Vec<Vec<usize>> {
        permutations(usize::from(self.world().model.nodes))
    }

    /// Whether the public parts of the first machines break a clause, whatever the others are: then no state that
    /// begins like this is looked at.
    fn excludes(&self, _first: &[Self::Public]) -> bool {
        false
    }

    /// The public part after time has passed, in one of the ways of [`Subject::ticks`].
    fn aged(&self, public: Self::Public, _way: usize) -> Self::Public {
        public
    }

    /// What a message claims after time has passed; `None` if it no longer claims anything.
    fn aged_claim(&self, claim: Self::Claim, _way: usize) -> Option<Self::Claim> {
        Some(claim)
    }

    /// What a message claims, in a line.
    fn describe_claim(&self, claim: Self::Claim) -> String;
}

/// What was counted.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Tally {
    /// States of classes, up to renaming.
    pub states: u64,
    /// Steps of classes from them.
    pub steps: u64,
    /// States of machines that they stand for.
    pub machine_states: f64,
    /// Steps of machines.
    pub machine_steps: f64,
}

/// Takes the first state, every state that satisfies the clauses, and every step from it.
pub fn induct<S: Together>(subject: &S, closure: &Closure<S>, clauses: Clauses<S>) -> (Tally, Option<Cti>) {
    let mut search = Search::new(subject, closure, clauses);
    let mut chosen = Vec::with_capacity(closure.lives.len());
    let found = search.begin().and_then(|()| search.choose(&mut chosen));
    (search.tally, found.err().map(|cti| *cti))
}

/// Classes with the same public part.
struct Group<P> {
    public: P,
    classes: Vec<usize>,
}

/// What a step to a new public part means for everybody else.
#[derive(Clone)]
enum Effect {
    Fine,
    /// A message that was allowed no longer is.
    Message(usize, Breach),
    /// This class of this node no longer satisfies a clause.
    Other(usize, usize, Breach),
}

struct Search<'s, S: Together> {
    subject: &'s S,
    closure: &'s Closure<S>,
    judge: Judge<S>,
    groups: Vec<Vec<Group<S::Public>>>,
    /// For each node and class, where its moves begin and end.
    moves: Vec<Vec<(usize, usize)>>,
    renamings: Vec<Vec<usize>>,
    tally: Tally,
}

/// The clauses that are asked for: those of a subject, or – to see what each is there for – not all of them, or others
/// as well.
pub struct Clauses<S: Together> {
    beside: Vec<Clause<Beside<S>>>,
    on_the_way: Vec<Clause<OnTheWay<S>>>,
    safety: &'static [Clause<Pair<S>>],
}

impl<S: Together> Clauses<S> {
    /// Those of `subject`.
    pub fn of(subject: &S) -> Self {
        let (beside, on_the_way) = (subject.beside().to_vec(), subject.on_the_way().to_vec());
        Self { beside, on_the_way, safety: subject.safety() }
    }

    /// The names of those that are assumed; what they are for is not.
    pub fn names(&self) -> Vec<&'static str> {
        let beside = self.beside.iter().map(|clause| clause.name);
        beside.chain(self.on_the_way.iter().map(|clause| clause.name)).collect()
    }

    /// All but this one.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.beside.retain(|clause| clause.name != name);
        self.on_the_way.retain(|clause| clause.name != name);
        self
    }

    /// This one as well.
    #[must_use]
    pub fn and(mut self, clause: Clause<Beside<S>>) -> Self {
        self.beside.push(clause);
        self
    }
}

/// The clauses, and what they compare with.
pub struct Judge<S: Together> {
    config: Arc<Config>,
    terms: S::Terms,
    clauses: Clauses<S>,
}

impl<S: Together> Judge<S> {
    /// These clauses of `subject`, in a cluster of this configuration.
    pub fn new(subject: &S, config: Arc<Config>, clauses: Clauses<S>) -> Self {
        Self { config, terms: subject.terms(), clauses }
    }

    /// The clause that a machine breaks beside the others.
    pub fn fits(&self, id: NodeId, own: S::Own, all: &Publics<S>) -> Option<Breach> {
        let beside = Beside { config: Arc::clone(&self.config), terms: self.terms, id, own, all: *all };
        Clause::first_broken(&self.clauses.beside, &beside)
    }

    /// The clause that a message with this claim breaks.
    pub fn forbidden(&self, claim: S::Claim, all: &Publics<S>) -> Option<Breach> {
        let message = OnTheWay { config: Arc::clone(&self.config), terms: self.terms, claim, all: *all };
        Clause::first_broken(&self.clauses.on_the_way, &message)
    }

    /// The clause about safety that two machines break.
    pub fn harm(&self, one: (NodeId, S::Own), other: (NodeId, S::Own)) -> Option<Breach> {
        Clause::first_broken(self.clauses.safety, &Pair { terms: self.terms, one, other }).or_else(|| {
            let (one, other) = (S::face(one.0, one.1), S::face(other.0, other.1));
            broken_alone(&one).or_else(|| broken_together(&one, &other))
        })
    }
}

/// All states with the same public parts.
struct Layer<S: Subject> {
    all: Publics<S>,
    /// For each node the classes that satisfy the clauses.
    classes: Vec<Vec<usize>>,
    /// Which claims a message may make.
    allowed: Vec<bool>,
}

type Found = Result<(), Box<Cti>>;

impl<'s, S: Together> Search<'s, S> {
    fn new(subject: &'s S, closure: &'s Closure<S>, clauses: Clauses<S>) -> Self {
        let lives = &closure.lives;
        let config = Arc::clone(&lives[0].machines[0].local.disk.hard.config);
        let groups: Vec<_> = lives.iter().map(|lives| group(subject, lives)).collect();
        let first = groups[0][0].public;
        let alike = subject.renamed(first, &identity(lives.len())).is_some();
        let renamings = if alike { subject.renamings() } else { vec![identity(lives.len())] };
        Self {
            subject,
            closure,
            judge: Judge::new(subject, config, clauses),
            groups,
            moves: lives.iter().map(ranges).collect(),
            renamings,
            tally: Tally::default(),
        }
    }

    /// A new cluster satisfies the clauses. There is no message yet.
    fn begin(&self) -> Found {
        let lives = &self.closure.lives;
        let first: Vec<S::Own> = lives.iter().map(|lives| self.subject.own(&lives.machines[0])).collect();
        let mut all = [self.subject.public(first[0]); MAX_NODES as usize];
        for (public, own) in all.iter_mut().zip(&first) {
            *public = self.subject.public(*own);
        }
        let mut fits = first.iter().enumerate().map(|(index, own)| self.judge.fits(node(index), *own, &all));
        let Some(breach) = fits.find_map(|breach| breach) else { return Ok(()) };
        let after = lives.iter().map(|lives| self.subject.describe(&lives.machines[0])).collect();
        Err(Box::new(Cti { before: Vec::new(), choice: NEW.into(), after, breach }))
    }

    /// Chooses a public part for each node in turn.
    fn choose(&mut self, chosen: &mut Vec<usize>) -> Found {
        let nodes = self.groups.len();
        if chosen.len() < nodes {
            for group in 0..self.groups[chosen.len()].len() {
                chosen.push(group);
                let first = self.publics(chosen);
                if !self.subject.excludes(&first[..chosen.len()]) {
                    self.choose(chosen)?;
                }
                chosen.pop();
            }
            return Ok(());
        }
        let all = self.publics(chosen);
        let Some(images) = self.images(&all) else { return Ok(()) };
        let Some(layer) = self.layer(all, chosen) else { return Ok(()) };
        self.complete(&layer)?;
        self.judge_layer(&layer)?;
        self.count(&layer, images);
        for index in 0..nodes {
            self.step_all(&layer, index, images)?;
        }
        for way in 0..self.subject.ticks().len() {
            self.pass(&layer, way, images)?;
        }
        Ok(())
    }

    /// The public parts of these groups.
    fn publics(&self, chosen: &[usize]) -> Publics<S> {
        let mut all = [self.groups[0][chosen[0]].public; MAX_NODES as usize];
        for (index, group) in chosen.iter().enumerate() {
            all[index] = self.groups[index][*group].public;
        }
        all
    }

    /// How many different states renaming makes of these; `None` if another one of them stands for all.
    fn images(&self, all: &Publics<S>) -> Option<u32> {
        let nodes = self.groups.len();
        let mut images = Vec::with_capacity(self.renamings.len());
        for names in &self.renamings {
            let mut image = *all;
            for index in 0..nodes {
                image[names[index]] = self.subject.renamed(all[index], names).unwrap_or(all[index]);
            }
            if image[..nodes] < all[..nodes] {
                return None;
            }
            images.push(image);
        }
        images.sort_unstable();
        images.dedup();
        Some(images.len() as u32)
    }

    fn layer(&self, all: Publics<S>, chosen: &[usize]) -> Option<Layer<S>> {
        let mut classes = Vec::with_capacity(chosen.len());
        for (index, group) in chosen.iter().enumerate() {
            let fit = |class: &usize| self.fits(index, *class, &all).is_none();
            let fitting: Vec<usize> =
                self.groups[index][*group].classes.iter().copied().filter(fit).collect();
            if fitting.is_empty() {
                return None;
            }
            classes.push(fitting);
        }
        let claims = 0..self.closure.claims.len();
        let allowed = claims.map(|claim| self.forbidden(claim, &all).is_none()).collect();
        Some(Layer { all, classes, allowed })
    }

    /// The clause that this class breaks beside the others.
    fn fits(&self, index: usize, class: usize, all: &Publics<S>) -> Option<Breach> {
        self.judge.fits(node(index), self.closure.lives[index].classes[class].own, all)
    }

    /// The clause that a message with this claim breaks.
    fn forbidden(&self, claim: usize, all: &Publics<S>) -> Option<Breach> {
        self.judge.forbidden(self.closure.claims[claim], all)
    }

    /// What all clauses together are for.
    fn judge_layer(&self, layer: &Layer<S>) -> Found {
        let nodes = layer.classes.len();
        let own = |index: usize, class: usize| (node(index), self.closure.lives[index].classes[class].own);
        for one in 0..nodes {
            for other in (0..nodes).filter(|other| *other != one) {
                for a in &layer.classes[one] {
                    for b in &layer.classes[other] {
                        if let Some(breach) = self.judge.harm(own(one, *a), own(other, *b)) {
                            let mut classes = first_of(layer);
                            (classes[one], classes[other]) = (*a, *b);
                            let after = self.draw(&classes, None);
                            let choice = ALLOWED.into();
                            return Err(Box::new(Cti { before: Vec::new(), choice, after, breach }));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, layer: &Layer<S>, images: u32) {
        let classes = layer.classes.iter().map(|classes| classes.len() as u64);
        self.tally.states += classes.product::<u64>();
        let machines = (0..layer.classes.len()).map(|index| self.machines(layer, index));
        self.tally.machine_states += machines.product::<f64>() * f64::from(images);
    }

    /// How many machines a node may be, in a layer.
    fn machines(&self, layer: &Layer<S>, index: usize) -> f64 {
        let size = |class: &usize| self.closure.lives[index].classes[*class].size as f64;
        layer.classes[index].iter().map(size).sum()
    }

    /// Messages that were left out of the closure are those that the clauses forbid, whatever the others are.
    fn complete(&self, layer: &Layer<S>) -> Found {
        for (index, classes) in layer.classes.iter().enumerate() {
            for class in classes {
                let own = self.closure.lives[index].classes[*class].own;
                let refuted = |claim: &usize| {
                    layer.allowed[*claim]
                        && self.subject.refutes(node(index), own, self.closure.claims[*claim])
                };
                if let Some(claim) = (0..layer.allowed.len()).find(refuted) {
                    let mut chosen = first_of(layer);
                    chosen[index] = *class;
                    let name = self.name(claim);
                    let why = format!("the clauses allow {name}, which was never tried on {}", node(index));
                    let (before, after) = (Vec::new(), self.draw(&chosen, None));
                    let (choice, breach) = (ALLOWED.into(), Breach { clause: CLOSED.name, why });
                    return Err(Box::new(Cti { before, choice, after, breach }));
                }
            }
        }
        Ok(())
    }

    // ---- steps -----------------------------------------------------------------------------------------

    fn step_all(&mut self, layer: &Layer<S>, index: usize, images: u32) -> Found {
        let rest = (0..layer.classes.len()).filter(|other| *other != index);
        let beside: u64 = rest.clone().map(|other| layer.classes[other].len() as u64).product();
        let machines = rest.map(|other| self.machines(layer, other)).product::<f64>() * f64::from(images);
        let mut effects = HashMap::new();
        for class in &layer.classes[index] {
            let (begin, end) = self.moves[index][*class];
            for number in begin..end {
                let counted = &self.closure.lives[index].moves[number];
                let possible = match counted.which.cause {
                    Cause::Free => true,
                    Cause::Heard(claim) => layer.allowed[claim],
                    Cause::Time(_) => false,
                };
                if possible {
                    self.step(layer, index, counted, &mut effects)?;
                    self.tally.steps += beside;
                    self.tally.machine_steps += counted.steps as f64 * machines;
                }
            }
        }
        Ok(())
    }

    fn step(
        &self,
        layer: &Layer<S>,
        index: usize,
        counted: &Counted,
        effects: &mut HashMap<S::Public, Effect>,
    ) -> Found {
        let which = &counted.which;
        let lives = &self.closure.lives[index];
        let mut all = layer.all;
        all[index] = self.subject.public(lives.classes[which.to].own);
        let breach = impossible(which.impossible)
            .or_else(|| self.fits(index, which.to, &all))
            .or_else(|| which.sent.iter().find_map(|claim| self.forbidden(*claim, &all)));
        if let Some(breach) = breach {
            return Err(Box::new(self.broken(layer, index, counted, None, breach)));
        }
        if all == layer.all {
            return Ok(());
        }
        let effect = effects.entry(all[index]).or_insert_with(|| self.effect(layer, index, &all)).clone();
        match effect {
            Effect::Fine => Ok(()),
            Effect::Message(claim, breach) => {
                let why = format!("{} may still be on its way: {}", self.name(claim), breach.why);
                Err(Box::new(self.broken(layer, index, counted, None, Breach { why, ..breach })))
            }
            Effect::Other(other, class, breach) => {
                Err(Box::new(self.broken(layer, index, counted, Some((other, class)), breach)))
            }
        }
    }

    /// Time passes for all machines at once. What becomes of the public parts does not depend on anything else, so
    /// each machine is judged beside what the others become.
    fn pass(&mut self, layer: &Layer<S>, way: usize, images: u32) -> Found {
        let mut all = layer.all;
        for public in &mut all {
            *public = self.subject.aged(*public, way);
        }
        let nodes = layer.classes.len();
        let (mut steps, mut machine_steps) = (1, f64::from(images));
        for index in 0..nodes {
            let (mut moves, mut machine_moves) = (0, 0);
            for class in &layer.classes[index] {
                let (begin, end) = self.moves[index][*class];
                let moving = &self.closure.lives[index].moves[begin..end];
                for counted in moving.iter().filter(|counted| counted.which.cause == Cause::Time(way)) {
                    moves += 1;
                    machine_moves += counted.steps;
                    let to = &self.closure.lives[index].classes[counted.which.to];
                    let strayed = (self.subject.public(to.own) != all[index]).then(strayed);
                    let breach = strayed.or_else(|| self.fits(index, counted.which.to, &all));
                    let silent = counted.which.sent.is_empty() && !counted.which.impossible;
                    if let Some(breach) = breach.or_else(|| (!silent).then(strayed_message)) {
                        return Err(Box::new(self.broken(layer, index, counted, None, breach)));
                    }
                }
            }
            steps *= moves;
            machine_steps *= machine_moves as f64;
        }
        self.tally.steps += steps;
        self.tally.machine_steps += machine_steps;
        self.still_allowed(layer, way, &all)
    }

    /// What was on its way before time passed still is.
    fn still_allowed(&self, layer: &Layer<S>, way: usize, all: &Publics<S>) -> Found {
        for number in (0..layer.allowed.len()).filter(|claim| layer.allowed[*claim]) {
            let Some(claim) = self.subject.aged_claim(self.closure.claims[number], way) else { continue };
            if let Some(breach) = self.judge.forbidden(claim, all) {
                let why = format!("{} may still be on its way: {}", self.name(number), breach.why);
                let classes = first_of(layer);
                let (before, choice) = (self.draw(&classes, None), format!("time passes, way {way}"));
                let after = Vec::new();
                return Err(Box::new(Cti { before, choice, after, breach: Breach { why, ..breach } }));
            }
        }
        Ok(())
    }

    fn name(&self, claim: usize) -> String {
        self.subject.describe_claim(self.closure.claims[claim])
    }

    /// What the new public part of a node means for messages on their way and for the other nodes.
    fn effect(&self, layer: &Layer<S>, index: usize, all: &Publics<S>) -> Effect {
        for claim in (0..layer.allowed.len()).filter(|claim| layer.allowed[*claim]) {
            if let Some(breach) = self.forbidden(claim, all) {
                return Effect::Message(claim, breach);
            }
        }
        for (other, classes) in layer.classes.iter().enumerate().filter(|(other, _)| *other != index) {
            for class in classes {
                if let Some(breach) = self.fits(other, *class, all) {
                    return Effect::Other(other, *class, breach);
                }
            }
        }
        Effect::Fine
    }

    // ---- drawing ---------------------------------------------------------------------------------------

    fn broken(
        &self,
        layer: &Layer<S>,
        index: usize,
        counted: &Counted,
        other: Option<(usize, usize)>,
        breach: Breach,
    ) -> Cti {
        let mut classes = first_of(layer);
        if let Some((other, class)) = other {
            classes[other] = class;
        }
        let (at, act, after) = &counted.sample;
        let choice = name_of(node(index), act);
        let (before, after) =
            (self.draw(&classes, Some((index, *at))), self.draw(&classes, Some((index, *after))));
        Cti { before, choice, after, breach }
    }

    /// A line for each node: a machine of its class, or the one that moves.
    fn draw(&self, classes: &[usize], moves: Option<(usize, usize)>) -> Vec<String> {
        let line = |(index, class): (usize, &usize)| {
            let lives = &self.closure.lives[index];
            let at = match moves {
                Some((moving, at)) if moving == index => at,
                Some(_) | None => lives.classes[*class].sample,
            };
            self.subject.describe(&lives.machines[at])
        };
        classes.iter().enumerate().map(line).collect()
    }
}

/// What happens where a state that satisfies every clause is wrong by itself.
pub(super) const ALLOWED: &str = "nothing: the clauses allow this state";

fn strayed() -> Breach {
    let why = "what time makes of the public part of a machine depends on more than that part".into();
    Breach { clause: "time-is-shared", why }
}

fn strayed_message() -> Breach {
    Breach {
        clause: "time-is-shared",
        why: "a machine said something although nothing but time passed".into(),
    }
}

pub(super) fn impossible(refused: bool) -> Option<Breach> {
    let why = "the message is refused as one that no correct node can have sent".into();
    refused.then_some(Breach { clause: super::closure::POSSIBLE.name, why })
}

fn first_of<S: Subject>(layer: &Layer<S>) -> Vec<usize> {
    layer.classes.iter().map(|classes| classes[0]).collect()
}

fn group<S: Subject>(subject: &S, lives: &Lives<S>) -> Vec<Group<S::Public>> {
    let mut groups: Vec<Group<S::Public>> = Vec::new();
    for (number, class) in lives.classes.iter().enumerate() {
        let public = subject.public(class.own);
        match groups.iter_mut().find(|group| group.public == public) {
            Some(group) => group.classes.push(number),
            None => groups.push(Group { public, classes: vec![number] }),
        }
    }
    groups.sort_by_key(|group| group.public);
    groups
}

/// For each class, where its moves begin and end.
fn ranges<S: Subject>(lives: &Lives<S>) -> Vec<(usize, usize)> {
    let begin = |class: usize| lives.moves.partition_point(|counted| counted.which.from < class);
    (0..lives.classes.len()).map(|class| (begin(class), begin(class + 1))).collect()
}

fn identity(nodes: usize) -> Vec<usize> {
    (0..nodes).collect()
}

/// All orders of so many nodes.
pub fn permutations(nodes: usize) -> Vec<Vec<usize>> {
    if nodes == 0 {
        return vec![Vec::new()];
    }
    let shorter = permutations(nodes - 1);
    let insert = |order: &Vec<usize>, at: usize| [&order[..at], &[nodes - 1], &order[at..]].concat();
    shorter.iter().flat_map(|order| (0..nodes).map(move |at| insert(order, at))).collect()
}
