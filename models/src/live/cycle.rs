//! Fair cycles: what can go on for ever without what must happen.
//!
//! In a finite graph whatever goes on for ever ends in a cycle, or in standing still. So something *must* happen if
//! every cycle and every place to stand still that avoids it is unfair. A counterexample is a *lasso*: a stem that
//! leads to a cycle, and a cycle that is fair.
//!
//! # Fairness
//!
//! Edges belong to classes – a node's timer, a link – and each class is unfair, weakly fair or strongly fair:
//!
//! * *weakly*: it is not possible from some time on without a break and yet never taken;
//! * *strongly*: it is not possible again and again and yet never taken.
//!
//! Only steps that change something count as possible or taken: a graph has no edge from a state to itself.
//!
//! # How it is decided
//!
//! 1. *Standing still* is fair where no fair class is possible.
//! 2. Otherwise a cycle lies in a strongly connected component. One in which a weakly fair class is possible
//!    everywhere and taken nowhere has no fair cycle. One in which a strongly fair class is possible somewhere and
//!    taken nowhere may have one that avoids the states where it is possible: these are removed, and what is left is
//!    decided again, component by component (Emerson and Lei 1987). Taken is what stays inside: what leaves the
//!    component is taken at most once.
//! 3. In a component that is left, a cycle through a witness of each constraint is fair.
//!
//! What this replaces, stateright's `eventually`, carries what has not happened yet along paths and reports at ends
//! only. It misses every cycle, and every path that joins one visited before.

use std::collections::VecDeque;

/// What may be assumed of a class of edges.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fairness {
    /// It may never be taken.
    Unfair,
    /// It is taken if it stays possible.
    Weak,
    /// It is taken if it is possible again and again.
    Strong,
}

/// The number of a class of edges.
pub type Class = u16;

/// A graph, edges side by side: six bytes an edge.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Where the edges of each state begin; one more than states.
    first: Vec<u32>,
    targets: Vec<u32>,
    classes: Vec<Class>,
}

impl Default for Graph {
    fn default() -> Self {
        Self { first: vec![0], targets: Vec::new(), classes: Vec::new() }
    }
}

impl Graph {
    /// Adds the next state with its edges. An edge to itself changes nothing and is none.
    pub fn push(&mut self, edges: impl IntoIterator<Item = (u32, Class)>) {
        let state = self.len() as u32;
        for (to, class) in edges {
            if to != state {
                self.targets.push(to);
                self.classes.push(class);
            }
        }
        self.first.push(self.targets.len() as u32);
    }

    /// How many states there are.
    pub fn len(&self) -> usize {
        self.first.len() - 1
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many edges there are.
    pub fn edges(&self) -> usize {
        self.targets.len()
    }

    /// The edges of a state.
    pub fn from(&self, state: u32) -> impl Iterator<Item = (u32, Class)> + '_ {
        let range = self.first[state as usize] as usize..self.first[state as usize + 1] as usize;
        self.targets[range.clone()].iter().copied().zip(self.classes[range].iter().copied())
    }

    fn offers(&self, state: u32, class: Class) -> bool {
        self.from(state).any(|(_, other)| other == class)
    }
}

/// What must not go on for ever: from some reachable state of which `trigger` is true, staying where `inside` is
/// true, again and again where `visits` is true.
pub struct Question<'a> {
    /// The graph; state 0 is the first.
    pub graph: &'a Graph,
    /// What may be assumed of each class.
    pub fairness: &'a [Fairness],
    /// Where it begins.
    pub trigger: &'a dyn Fn(u32) -> bool,
    /// Where it stays.
    pub inside: &'a dyn Fn(u32) -> bool,
    /// Where it comes again and again.
    pub visits: &'a dyn Fn(u32) -> bool,
}

/// A way to go on for ever. States, each one edge from the one before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lasso {
    /// From the first state to where the cycle begins, both included.
    pub stem: Vec<u32>,
    /// From there around: the states after the last of the stem, which is also the last of these. Empty if it
    /// stands still.
    pub cycle: Vec<u32>,
}

impl<'a> Question<'a> {
    /// Whether `goal` is reached, from the first state on: no way of avoiding it.
    pub fn eventually(
        graph: &'a Graph,
        fairness: &'a [Fairness],
        not_yet: &'a dyn Fn(u32) -> bool,
    ) -> Question<'a> {
        Question { graph, fairness, trigger: &|state| state == 0, inside: not_yet, visits: &|_| true }
    }

    /// Whether the goal, of which `not_yet` is the contrary, is reached again and again.
    pub fn again_and_again(
        graph: &'a Graph,
        fairness: &'a [Fairness],
        not_yet: &'a dyn Fn(u32) -> bool,
    ) -> Question<'a> {
        Question { graph, fairness, trigger: &|_| true, inside: not_yet, visits: &|_| true }
    }

    /// Whether from some time on it is never `not_yet`.
    pub fn for_good(
        graph: &'a Graph,
        fairness: &'a [Fairness],
        not_yet: &'a dyn Fn(u32) -> bool,
    ) -> Question<'a> {
        Question { graph, fairness, trigger: &|_| true, inside: &|_| true, visits: not_yet }
    }

    /// A way in which it goes on for ever, with a shortest stem; `None` if there is none.
    pub fn answer(&self) -> Option<Lasso> {
        let reach = self.reach();
        let still = reach.order.iter().find(|state| (self.visits)(**state) && self.may_stand_still(**state));
        if let Some(state) = still {
            return Some(Lasso { stem: reach.stem(*state), cycle: Vec::new() });
        }
        let fair = self.fair_components(&reach);
        let nearest = |states: &Vec<u32>| states.iter().map(|state| reach.rank[*state as usize]).min();
        let component = fair.into_iter().min_by_key(nearest)?;
        Some(self.lasso(&reach, &component))
    }

    /// Where no fair class is possible, nothing need ever happen.
    fn may_stand_still(&self, state: u32) -> bool {
        self.graph.from(state).all(|(_, class)| self.fairness[usize::from(class)] == Fairness::Unfair)
    }

    // ---- what can be reached -----------------------------------------------------------------------------

    /// First everything reachable; then from the triggers on, only inside.
    fn reach(&self) -> Reach {
        let size = self.graph.len();
        let mut before = Search::new(size, 0..u32::from(size > 0));
        before.run(self.graph, |_| true);
        let triggers: Vec<u32> = before
            .order
            .iter()
            .copied()
            .filter(|state| (self.trigger)(*state) && (self.inside)(*state))
            .collect();
        let mut after = Search::new(size, triggers);
        after.run(self.graph, |state| (self.inside)(state));
        let mut rank = vec![NONE; size];
        for (at, state) in after.order.iter().enumerate() {
            rank[*state as usize] = at as u32;
        }
        Reach { before: before.parents, after: after.parents, order: after.order, rank }
    }

    // ---- components ----------------------------------------------------------------------------------------

    /// The components in which there is a fair cycle that visits.
    fn fair_components(&self, reach: &Reach) -> Vec<Vec<u32>> {
        let mut member = vec![NONE; self.graph.len()];
        let mut names = 0;
        let mut open = vec![reach.order.clone()];
        let mut fair = Vec::new();
        while let Some(states) = open.pop() {
            for component in components(self.graph, &states, &mut member, &mut names) {
                if !component.iter().any(|state| (self.visits)(*state)) {
                    continue;
                }
                match self.judge(&component, &member) {
                    Judgement::Fair => fair.push(component),
                    Judgement::Unfair => {}
                    Judgement::Without(class) => {
                        let rest = component.into_iter().filter(|state| !self.graph.offers(*state, class));
                        open.push(rest.collect());
                    }
                }
            }
        }
        fair
    }

    fn judge(&self, component: &[u32], member: &[u32]) -> Judgement {
        let name = member[component[0] as usize];
        let mut offered = vec![0_usize; self.fairness.len()];
        let mut taken = vec![false; self.fairness.len()];
        let mut here: Vec<Class> = Vec::new();
        for state in component {
            here.clear();
            for (to, class) in self.graph.from(*state) {
                here.push(class);
                taken[usize::from(class)] |= member[to as usize] == name;
            }
            here.sort_unstable();
            here.dedup();
            for class in &here {
                offered[usize::from(*class)] += 1;
            }
        }
        let is = |class: &usize, fairness| self.fairness[*class] == fairness && !taken[*class];
        let all = 0..self.fairness.len();
        if all.clone().any(|class| is(&class, Fairness::Weak) && offered[class] == component.len()) {
            return Judgement::Unfair;
        }
        let starved = all.clone().find(|class| is(class, Fairness::Strong) && offered[*class] > 0);
        starved.map_or(Judgement::Fair, |class| Judgement::Without(class as Class))
    }

    // ---- the lasso -----------------------------------------------------------------------------------------

    /// A shortest stem to the component, and a cycle in it that visits a witness of each constraint.
    fn lasso(&self, reach: &Reach, component: &[u32]) -> Lasso {
        let begin =
            *component.iter().min_by_key(|state| reach.rank[**state as usize]).expect("it has states");
        let mut walk = Walk::new(self.graph, component, begin);
        walk.visit(|state| (self.visits)(state));
        for (class, fairness) in self.fairness.iter().enumerate() {
            let class = class as Class;
            let idle = |state: u32| *fairness == Fairness::Weak && !self.graph.offers(state, class);
            let offered = component.iter().any(|state| self.graph.offers(*state, class));
            match fairness {
                Fairness::Unfair => {}
                Fairness::Weak | Fairness::Strong if !offered => {}
                Fairness::Weak | Fairness::Strong => walk.witness(idle, class),
            }
        }
        walk.home();
        Lasso { stem: reach.stem(begin), cycle: walk.path }
    }
}

enum Judgement {
    Fair,
    Unfair,
    /// This strongly fair class is starved: only a cycle that avoids where it is possible is fair.
    Without(Class),
}

const NONE: u32 = u32::MAX;

/// What can be reached, and how.
struct Reach {
    /// From where each state was first reached at all.
    before: Vec<u32>,
    /// From where it was first reached inside, after a trigger; itself for a trigger.
    after: Vec<u32>,
    /// What was reached inside, nearest first.
    order: Vec<u32>,
    /// Where each state stands in that order.
    rank: Vec<u32>,
}

impl Reach {
    /// The way from the first state to `state`, by a trigger.
    fn stem(&self, state: u32) -> Vec<u32> {
        let mut path = vec![state];
        let mut at = state;
        for parents in [&self.after, &self.before] {
            while parents[at as usize] != at {
                at = parents[at as usize];
                path.push(at);
            }
        }
        path.reverse();
        path
    }
}

/// A search by breadth.
struct Search {
    /// From where; itself for where it began.
    parents: Vec<u32>,
    order: Vec<u32>,
}

impl Search {
    fn new(size: usize, begin: impl IntoIterator<Item = u32>) -> Self {
        let mut search = Self { parents: vec![NONE; size], order: Vec::new() };
        for state in begin {
            search.parents[state as usize] = state;
            search.order.push(state);
        }
        search
    }

    fn run(&mut self, graph: &Graph, may_enter: impl Fn(u32) -> bool) {
        let mut next = 0;
        while let Some(state) = self.order.get(next).copied() {
            next += 1;
            for (to, _) in graph.from(state) {
                if self.parents[to as usize] == NONE && may_enter(to) {
                    self.parents[to as usize] = state;
                    self.order.push(to);
                }
            }
        }
    }
}

/// The strongly connected components of `states` that contain a cycle (Tarjan 1972, without recursion). `member`
/// names the component of each state, by numbers not used before.
fn components(graph: &Graph, states: &[u32], member: &mut [u32], names: &mut u32) -> Vec<Vec<u32>> {
    /// A state being visited, and how many of its edges were.
    struct Frame {
        state: u32,
        edge: usize,
    }
    const OUTSIDE: u32 = NONE - 1;
    let mut index = vec![OUTSIDE; graph.len()];
    for state in states {
        index[*state as usize] = NONE;
    }
    let mut low = vec![0_u32; graph.len()];
    let mut on_stack = vec![false; graph.len()];
    let (mut stack, mut frames, mut next) = (Vec::new(), Vec::<Frame>::new(), 0_u32);
    let mut found = Vec::new();
    for root in states {
        if index[*root as usize] != NONE {
            continue;
        }
        frames.push(Frame { state: *root, edge: 0 });
        while let Some(Frame { state, edge }) = frames.last_mut() {
            let (state, at) = (*state as usize, *edge);
            if at == 0 {
                (index[state], low[state]) = (next, next);
                next += 1;
                stack.push(state as u32);
                on_stack[state] = true;
            }
            *edge += 1;
            let begin = graph.first[state] as usize;
            if begin + at < graph.first[state + 1] as usize {
                let to = graph.targets[begin + at] as usize;
                if index[to] == NONE {
                    frames.push(Frame { state: to as u32, edge: 0 });
                } else if index[to] != OUTSIDE && on_stack[to] {
                    low[state] = low[state].min(index[to]);
                }
                continue;
            }
            frames.pop();
            if let Some(Frame { state: parent, .. }) = frames.last() {
                let parent = *parent as usize;
                low[parent] = low[parent].min(low[state]);
            }
            if low[state] == index[state] {
                let from =
                    stack.iter().rposition(|other| *other as usize == state).expect("it is on the stack");
                let component = stack.split_off(from);
                *names += 1;
                for state in &component {
                    on_stack[*state as usize] = false;
                    member[*state as usize] = *names;
                }
                // One state alone has no cycle: no edge leads from a state to itself.
                if component.len() > 1 {
                    found.push(component);
                }
            }
        }
    }
    // What is left of an earlier component is no part of it any more.
    found
}

/// A walk inside a component.
struct Walk<'a> {
    graph: &'a Graph,
    begin: u32,
    at: u32,
    within: std::collections::HashSet<u32>,
    path: Vec<u32>,
}

impl<'a> Walk<'a> {
    fn new(graph: &'a Graph, component: &[u32], begin: u32) -> Self {
        Self { graph, begin, at: begin, within: component.iter().copied().collect(), path: Vec::new() }
    }

    fn has_been(&self, goal: impl Fn(u32) -> bool) -> bool {
        goal(self.begin) || self.path.iter().any(|state| goal(*state))
    }

    /// Goes to where `goal` is true, unless it has been there.
    fn visit(&mut self, goal: impl Fn(u32) -> bool) {
        if !self.has_been(&goal) {
            self.go(|_, to, _| goal(to));
        }
    }

    /// Goes where `idle` is true, or takes an edge of `class`, unless it did.
    fn witness(&mut self, idle: impl Fn(u32) -> bool, class: Class) {
        let took = |pair: &[u32]| self.graph.from(pair[0]).any(|(to, other)| to == pair[1] && other == class);
        let whole: Vec<u32> = [&[self.begin], &self.path[..]].concat();
        if !self.has_been(&idle) && !whole.windows(2).any(took) {
            self.go(|_, to, other| idle(to) || other == class);
        }
    }

    /// Goes back to where it began, by one step at least.
    fn home(&mut self) {
        if self.at != self.begin || self.path.is_empty() {
            let begin = self.begin;
            self.go(|_, to, _| to == begin);
        }
    }

    /// The shortest way that ends with an edge that is wanted.
    fn go(&mut self, wanted: impl Fn(u32, u32, Class) -> bool) {
        let mut parents: std::collections::HashMap<u32, u32> = std::collections::HashMap::new();
        let mut open = VecDeque::from([self.at]);
        while let Some(state) = open.pop_front() {
            for (to, class) in self.graph.from(state) {
                if !self.within.contains(&to) {
                    continue;
                }
                if wanted(state, to, class) {
                    let mut way = vec![to];
                    let mut back = state;
                    while back != self.at {
                        way.push(back);
                        back = parents[&back];
                    }
                    way.reverse();
                    self.path.extend(way);
                    self.at = to;
                    return;
                }
                if to != self.at && !parents.contains_key(&to) {
                    parents.insert(to, state);
                    open.push_back(to);
                }
            }
        }
        unreachable!("a component is strongly connected, and has a witness of every constraint");
    }
}

#[cfg(test)]
mod tests {
    //! Each trap with the answer of an algorithm that falls into it.

    use super::Fairness::{Strong, Unfair, Weak};
    use super::*;
    use proptest::prelude::*;

    /// A graph of these edges, and a state that is not yet the goal unless listed.
    fn graph(size: u32, edges: &[(u32, u32, Class)]) -> Graph {
        let mut graph = Graph::default();
        for state in 0..size {
            graph.push(edges.iter().filter(|edge| edge.0 == state).map(|(_, to, class)| (*to, *class)));
        }
        graph
    }

    fn eventually(
        size: u32,
        edges: &[(u32, u32, Class)],
        goal: &[u32],
        fairness: &[Fairness],
    ) -> Option<Lasso> {
        let graph = graph(size, edges);
        let not_yet = |state: u32| !goal.contains(&state);
        let lasso = Question::eventually(&graph, fairness, &not_yet).answer()?;
        assert_eq!(wrong_with(&graph, fairness, &lasso, &not_yet), None, "{lasso:?}");
        Some(lasso)
    }

    /// What is wrong with a lasso, judged by itself: not a path, or not fair.
    fn wrong_with(
        graph: &Graph,
        fairness: &[Fairness],
        lasso: &Lasso,
        inside: &dyn Fn(u32) -> bool,
    ) -> Option<&'static str> {
        let Lasso { stem, cycle } = lasso;
        let whole: Vec<u32> = stem.iter().chain(cycle).copied().collect();
        let is_edge = |pair: &[u32]| graph.from(pair[0]).any(|(to, _)| to == pair[1]);
        if stem[0] != 0 || !whole.windows(2).all(is_edge) {
            return Some("no path");
        }
        let begin = stem[stem.len() - 1];
        if cycle.last().is_some_and(|last| *last != begin) {
            return Some("no cycle");
        }
        let around: Vec<u32> = [&[begin], &cycle[..]].concat();
        if !around.iter().all(|state| inside(*state)) {
            return Some("outside");
        }
        let taken = |class: Class| {
            around
                .windows(2)
                .any(|pair| graph.from(pair[0]).any(|(to, other)| to == pair[1] && other == class))
        };
        for (class, fairness) in fairness.iter().enumerate() {
            let class = class as Class;
            let offered = around.iter().filter(|state| graph.offers(**state, class)).count();
            let fair = taken(class)
                || match fairness {
                    Unfair => true,
                    Weak => offered < around.len(),
                    Strong => offered == 0,
                };
            if !fair {
                return Some("unfair");
            }
        }
        None
    }

    #[test]
    fn a_step_that_changes_nothing_is_no_step() {
        // 0 ↻ and 0 → 1, the goal. Who takes the loop for a cycle reports it although the exit is fair; who takes it
        // for a step of the exit's class reports it as well.
        for loops in [0, 1] {
            assert_eq!(eventually(2, &[(0, 0, loops), (0, 1, 1)], &[1], &[Weak, Weak]), None);
        }
        // Who takes the loop for something that must happen does not see that everything may stand still.
        let still = eventually(2, &[(0, 0, 0), (0, 1, 1)], &[1], &[Weak, Unfair]).unwrap();
        assert_eq!((still.stem, still.cycle), (vec![0], vec![]));
    }

    #[test]
    fn a_cycle_with_an_exit_needs_strong_fairness() {
        // 0 ⇄ 1 → 2, the goal: the exit is possible again and again, never for long. Who reports only at ends, as
        // `eventually` of stateright does, finds nothing at all.
        let edges = [(0, 1, 0), (1, 0, 0), (1, 2, 1)];
        let lasso = eventually(3, &edges, &[2], &[Weak, Weak]).unwrap();
        assert_eq!((lasso.stem, lasso.cycle), (vec![0], vec![1, 0]));
        assert!(eventually(3, &edges, &[2], &[Weak, Unfair]).is_some());
        assert_eq!(eventually(3, &edges, &[2], &[Weak, Strong]), None);
        // Possible in both states: weak fairness is enough.
        assert_eq!(eventually(3, &[(0, 1, 0), (1, 0, 0), (1, 2, 1), (0, 2, 1)], &[2], &[Weak, Weak]), None);
    }

    #[test]
    fn paths_that_join_are_told_apart() {
        // 0 → 1 → 3 → 4 and 0 → 2 → 3, where 1 is the goal. Who visits 3 by 1 first, carries "reached" on, and
        // does not come again by 2, finds nothing.
        let edges = [(0, 1, 0), (0, 2, 0), (1, 3, 0), (2, 3, 0), (3, 4, 0)];
        let lasso = eventually(5, &edges, &[1], &[Weak]).unwrap();
        assert_eq!((lasso.stem, lasso.cycle), (vec![0, 2, 3, 4], vec![]));
    }

    #[test]
    fn an_end_short_of_the_goal_is_a_violation() {
        assert_eq!(eventually(2, &[(0, 1, 0)], &[], &[Weak]).unwrap().stem, [0, 1]);
        assert_eq!(eventually(2, &[(0, 1, 0)], &[1], &[Weak]), None);
        assert_eq!(eventually(1, &[], &[], &[]).unwrap().stem, [0]);
    }

    #[test]
    fn fairness_is_that_of_the_cycle_not_of_the_component() {
        // 0 ⇄ 1, and class 1 is possible in both: from 1 it leads round by 2. The component is fair, the small
        // cycle is not; who draws any cycle of the component draws the wrong one.
        let edges = [(0, 1, 0), (1, 0, 0), (0, 2, 1), (1, 2, 1), (2, 0, 0)];
        let lasso = eventually(3, &edges, &[], &[Weak, Weak]).unwrap();
        assert!(lasso.cycle.contains(&2), "{lasso:?}");
        // A starved strong class: what is left without the state that offers it is fair. Who gives the whole
        // component up finds nothing.
        let edges = [(0, 1, 0), (1, 0, 0), (1, 2, 0), (2, 1, 0), (2, 3, 1)];
        let lasso = eventually(4, &edges, &[3], &[Weak, Strong]).unwrap();
        assert_eq!((lasso.stem, lasso.cycle), (vec![0], vec![1, 0]));
        // And what is left is judged again: without 2, the weak class is possible everywhere and never taken.
        let edges = [(0, 1, 0), (1, 0, 0), (1, 2, 2), (2, 1, 2), (2, 3, 1), (0, 3, 2), (1, 3, 2)];
        assert_eq!(eventually(4, &edges, &[3], &[Weak, Strong, Weak]), None);
    }

    #[test]
    fn what_must_last_is_not_what_must_happen() {
        // 0 ⇄ 1, where 1 is the goal: it happens, again and again, but not for good.
        let graph = graph(2, &[(0, 1, 0), (1, 0, 0)]);
        let not_yet = |state: u32| state == 0;
        let answers = [
            Question::eventually(&graph, &[Weak], &not_yet).answer(),
            Question::again_and_again(&graph, &[Weak], &not_yet).answer(),
            Question::for_good(&graph, &[Weak], &not_yet).answer(),
        ];
        assert_eq!(answers.map(|answer| answer.is_some()), [false, false, true]);
    }

    /// Whether there is a fair way, by trying every set of states: round all of a set that is strongly connected one
    /// can go through every edge inside it, and to go through more never makes a cycle less fair.
    fn oracle(graph: &Graph, fairness: &[Fairness], not_yet: u32) -> bool {
        let size = graph.len() as u32;
        let reachable = |from: u32, within: u32| {
            let mut seen = (1 << from) & within;
            for _step in 0..size {
                let now = seen;
                for state in (0..size).filter(|state| now & (1 << state) != 0) {
                    graph.from(state).for_each(|(to, _)| seen |= (1 << to) & within);
                }
            }
            seen
        };
        let reached = reachable(0, not_yet);
        let still = |state: u32| graph.from(state).all(|(_, class)| fairness[usize::from(class)] == Unfair);
        if (0..size).any(|state| reached & (1 << state) != 0 && still(state)) {
            return true;
        }
        (1_u32..1 << size).any(|set| {
            let states: Vec<u32> = (0..size).filter(|state| set & (1 << state) != 0).collect();
            let connected = states.len() > 1 && states.iter().all(|state| reachable(*state, set) == set);
            let fair = |class: usize| {
                let class_is = |edge: &(u32, Class)| usize::from(edge.1) == class;
                let offered =
                    states.iter().filter(|state| graph.from(**state).any(|edge| class_is(&edge))).count();
                let taken = states
                    .iter()
                    .any(|state| graph.from(*state).any(|edge| class_is(&edge) && set & (1 << edge.0) != 0));
                taken
                    || match fairness[class] {
                        Unfair => true,
                        Weak => offered < states.len(),
                        Strong => offered == 0,
                    }
            };
            set & reached == set && connected && (0..fairness.len()).all(fair)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_agrees_with_trying_every_set_of_states(
            edges in proptest::collection::vec((0_u32..6, 0_u32..6, 0_u16..3), 0..14),
            kinds in proptest::array::uniform3(0_usize..3),
            goals in 0_u32..64,
        ) {
            let graph = graph(6, &edges);
            let fairness = kinds.map(|kind| [Unfair, Weak, Strong][kind]);
            let not_yet = |state: u32| goals & (1 << state) == 0;
            let answer = Question::eventually(&graph, &fairness, &not_yet).answer();
            prop_assert_eq!(answer.is_some(), oracle(&graph, &fairness, !goals & 63));
            if let Some(lasso) = answer {
                prop_assert_eq!(wrong_with(&graph, &fairness, &lasso, &not_yet), None);
            }
        }
    }
}
