//! Changing a durability policy: in which order, and what every other order loses.
//!
//! A tiny model of its own, apart from the production node. It has two objects and nothing else:
//!
//! * what is **in force**: the ack families under which the primary's paths may acknowledge a write. Between the
//!   request for the new family and its confirmation either may be used on any path, as in a database that
//!   reloads its settings;
//! * what is **published**: the ack families that whoever recovers respects. It may recover with any set of nodes
//!   that is a recovery set of every published family.
//!
//! A change moves both from the old family to the new one by the steps of [`quorate::config::Step`], each
//! finished before the next begins. A write is **lost** as soon as some recovery set that is valid for all
//! published families contains none of its holders.
//!
//! The order called recommended *is* [`quorate::config::ORDER`], the constant that the production node follows.
//! That the node follows it through crashes, elections and lost messages is what the models of configuration
//! changes explore with the production code; here the question is only why it must be this order.
//!
//! # What is left out, and why nothing is lost by it
//!
//! There are a primary `p`, which flushes everything it acknowledges, and the replicas `a`, `b` and `c`. The
//! acknowledged writes are kept as the set of the holder sets they have, so there is no bound on their number.
//! Replicas catch up write by write in any order, of which a log allows some; every loss found needs only one
//! write, so none is owed to that. A publication happens at once: until a vote quorum has it, it does not count,
//! and the next step waits. The primary may vanish at any moment, so every state is judged as if it did.

use quorate::config::{ORDER, Step};
use quorate::id::{NodeId, NodeSet};
use quorate::quorum::{Acks, Quorum};
use std::collections::{BTreeSet, HashSet};
use std::fmt;

/// The primary.
const P: u64 = 0b0001;
const A: u64 = 0b0010;
const B: u64 = 0b0100;
const C: u64 = 0b1000;
const NODES: NodeSet = NodeSet::from_bits(P | A | B | C);

macro_rules! named {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident, $name:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $type {
            /// All of them, in the order of the table.
            pub const ALL: &'static [$type] = &[$($type::$variant,)*];

            /// The name, in kebab-case.
            pub const fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)* }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

named! {
    /// From which ack family to which.
    Case {
        /// More copies of each write.
        OneToTwo, "one-to-two";
        /// Fewer copies of each write.
        TwoToOne, "two-to-one";
        /// One of the replicas that may acknowledge is exchanged for another.
        AbToBc, "ab-to-bc";
        /// The primary need not wait for anybody any more.
        ToAsync, "to-async";
        /// The only replica that may acknowledge is exchanged for another.
        AToB, "a-to-b";
    }
}

named! {
    /// In which order the steps are taken.
    Order {
        /// The order of the production node.
        Recommended, "recommended";
        /// Old and new are never published together.
        NoJoint, "no-joint";
        /// Nobody waits until the new family holds the old writes.
        NoBarrier, "no-barrier";
        /// The new family is published alone before it is in force everywhere.
        PublishBeforeConfirm, "publish-before-confirm";
        /// The barrier is taken before the new family is in force everywhere.
        BarrierBeforeConfirm, "barrier-before-confirm";
        /// The new family is published alone before anything else.
        PublishFirst, "publish-first";
    }
}

/// A family: the primary and any `need` of the replicas `of`.
#[derive(Clone, Copy)]
struct Family {
    need: u8,
    of: u64,
}

const fn any(need: u8, of: u64) -> Family {
    Family { need, of }
}

impl Family {
    fn acks(self) -> Acks {
        let primary = Quorum::every(NodeSet::from_bits(P));
        let quorum = match self.need {
            0 => primary,
            need => Quorum::All(vec![primary, Quorum::Any { need, of: NodeSet::from_bits(self.of) }]),
        };
        Acks::new(quorum).expect("the families of this module can be satisfied, and ask for the primary")
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.need {
            0 => f.write_str("p alone"),
            need => write!(f, "p and any {need} of {}", Names(NodeSet::from_bits(self.of))),
        }
    }
}

impl Case {
    const fn families(self) -> [Family; 2] {
        match self {
            Case::OneToTwo => [any(1, A | B | C), any(2, A | B | C)],
            Case::TwoToOne => [any(2, A | B | C), any(1, A | B | C)],
            Case::AbToBc => [any(1, A | B), any(1, B | C)],
            Case::ToAsync => [any(1, A | B | C), any(0, 0)],
            Case::AToB => [any(1, A), any(1, B)],
        }
    }

    /// In one line: whose flush acknowledges a write, before and after.
    pub fn about(self) -> String {
        let [old, new] = self.families();
        format!("from {old} to {new}")
    }
}

impl Order {
    /// The steps.
    pub const fn steps(self) -> &'static [Step] {
        use Step::{Barrier, Confirm, PublishJoint, PublishNew, Request};
        match self {
            Order::Recommended => ORDER,
            Order::NoJoint => &[Request, Confirm, Barrier, PublishNew],
            Order::NoBarrier => &[PublishJoint, Request, Confirm, PublishNew],
            Order::PublishBeforeConfirm => &[PublishJoint, Request, Barrier, PublishNew, Confirm],
            Order::BarrierBeforeConfirm => &[PublishJoint, Request, Barrier, Confirm, PublishNew],
            Order::PublishFirst => &[PublishNew, Request, Confirm, Barrier],
        }
    }

    /// In one line: what is done, and in which order.
    pub const fn about(self) -> &'static str {
        match self {
            Order::Recommended => "publish both, request, confirm, barrier, publish the new one",
            Order::NoJoint => "request, confirm, barrier, publish the new one",
            Order::NoBarrier => "publish both, request, confirm, publish the new one",
            Order::PublishBeforeConfirm => "publish both, request, barrier, publish the new one, confirm",
            Order::BarrierBeforeConfirm => "publish both, request, barrier, confirm, publish the new one",
            Order::PublishFirst => "publish the new one, request, confirm, barrier",
        }
    }
}

/// Nodes by the letters of this module.
struct Names(NodeSet);

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters: Vec<&str> =
            self.0.iter().map(|node| ["p", "a", "b", "c"][usize::from(node.index())]).collect();
        write!(f, "{{{}}}", letters.join(" "))
    }
}

// ---- the machine -------------------------------------------------------------------------------------------

/// Which of the two families.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Which {
    Old,
    Both,
    New,
}

impl Which {
    const fn picks(self) -> [bool; 2] {
        match self {
            Which::Old => [true, false],
            Which::Both => [true, true],
            Which::New => [false, true],
        }
    }
}

/// A change of policy: from what to what, and by which steps.
struct Switch<'s> {
    case: Case,
    families: [Acks; 2],
    steps: &'s [Step],
}

/// Everything at one moment.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct State {
    /// Steps taken.
    done: usize,
    published: Which,
    in_force: Which,
    /// Who holds the acknowledged writes.
    acked: BTreeSet<NodeSet>,
}

/// What can happen next.
#[derive(Clone, Copy)]
enum Event {
    /// The next step of the change.
    Step(Step),
    /// A write is acknowledged, and these nodes hold it.
    Ack(NodeSet),
    /// What these nodes held, and no other, now this one holds as well.
    CatchUp(NodeSet, NodeId),
}

/// What a step does; whether it can be taken now.
type Take = fn(&Switch<'_>, &mut State, Step) -> bool;

fn take(switch: &Switch<'_>, state: &mut State, step: Step) -> bool {
    match step {
        Step::PublishJoint => state.published = Which::Both,
        Step::Request => state.in_force = Which::Both,
        Step::Confirm => state.in_force = Which::New,
        Step::Barrier => return state.acked.iter().all(|holders| switch.families[1].holds(*holders)),
        Step::PublishNew => state.published = Which::New,
    }
    true
}

impl Switch<'_> {
    const FIRST: State =
        State { done: 0, published: Which::Old, in_force: Which::Old, acked: BTreeSet::new() };

    fn families(&self, which: Which) -> impl Iterator<Item = &Acks> {
        self.families.iter().zip(which.picks()).filter(|(_, picked)| *picked).map(|(family, _)| family)
    }

    fn events(&self, state: &State) -> Vec<Event> {
        let may_ack = |holders: &NodeSet| self.families(state.in_force).any(|family| family.holds(*holders));
        let behind =
            |holders: NodeSet| NODES.minus(holders).iter().map(move |node| Event::CatchUp(holders, node));
        let steps = self.steps.get(state.done).copied().map(Event::Step).into_iter();
        steps
            .chain(NODES.subsets().filter(may_ack).map(Event::Ack))
            .chain(state.acked.iter().copied().flat_map(behind))
            .collect()
    }

    /// The state after `event`; `None` if it cannot happen yet.
    fn after(&self, state: &State, event: Event, take: Take) -> Option<State> {
        let mut next = state.clone();
        match event {
            Event::Step(step) => {
                if !take(self, &mut next, step) {
                    return None;
                }
                next.done += 1;
            }
            Event::Ack(holders) => {
                next.acked.insert(holders);
            }
            Event::CatchUp(holders, node) => {
                next.acked.remove(&holders);
                next.acked.insert(holders.union(NodeSet::one(node)));
            }
        }
        Some(next)
    }

    /// An acknowledged write and a recovery set that has never heard of it.
    fn gap(&self, state: &State) -> Option<(NodeSet, NodeSet)> {
        let recovers = |set: &NodeSet| self.families(state.published).all(|family| family.recovers(*set));
        let unaware = |holders: NodeSet| NODES.minus(holders).subsets().find(recovers);
        state.acked.iter().find_map(|holders| Some((*holders, unaware(*holders)?)))
    }

    fn words(&self, event: Event) -> String {
        let [old, new] = self.case.families();
        match event {
            Event::Step(Step::PublishJoint) => format!("published together: {old}; {new}"),
            Event::Step(Step::Request) => format!("requested: {new}"),
            Event::Step(Step::Confirm) => format!("confirmed: in force is only {new}"),
            Event::Step(Step::Barrier) => format!("barrier: all writes so far are held by {new}"),
            Event::Step(Step::PublishNew) => format!("published alone: {new}"),
            Event::Ack(holders) => format!("a write is acknowledged, held by {}", Names(holders)),
            Event::CatchUp(holders, node) => {
                format!("what was held by {} reaches {}", Names(holders), Names(NodeSet::one(node)))
            }
        }
    }
}

// ---- the search --------------------------------------------------------------------------------------------

/// What a search found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Distinct states visited: all that are reachable, or those up to the first loss.
    pub states: usize,
    /// Steps to the first loss; if nothing is lost, to the farthest state.
    pub depth: usize,
    /// Whether the last step of the order is taken in some state: an order that gets stuck is not safe.
    pub finished: bool,
    /// A shortest way to the loss of an acknowledged write, one line a step, and a last line that says who
    /// recovers without it. `None`: every reachable state was visited and nothing is lost in any of them.
    pub lost: Option<Vec<String>>,
}

impl Verdict {
    /// Whether every reachable state was visited, the change comes to its end, and nothing is lost.
    pub fn is_safe(&self) -> bool {
        self.finished && self.lost.is_none()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.lost {
            None if self.finished => f.pad("safe"),
            None => f.pad("stuck"),
            Some(_) => f.pad(&format!("lost in {}", self.depth)),
        }
    }
}

/// Explores the change of `case` with the steps in `order`, exhaustively, breadth first.
pub fn verdict(case: Case, order: Order) -> Verdict {
    explore(case, order.steps(), take)
}

/// A state, how it was reached, and in how many steps.
struct Visited {
    state: State,
    from: Option<(usize, Event)>,
    depth: usize,
}

fn explore(case: Case, steps: &[Step], take: Take) -> Verdict {
    let switch = Switch { case, families: case.families().map(Family::acks), steps };
    let mut known = HashSet::from([Switch::FIRST]);
    let mut queue = vec![Visited { state: Switch::FIRST, from: None, depth: 0 }];
    let mut finished = false;
    let mut at = 0;
    while at < queue.len() {
        let depth = queue[at].depth + 1;
        for event in switch.events(&queue[at].state) {
            let Some(state) = switch.after(&queue[at].state, event, take) else { continue };
            if !known.insert(state.clone()) {
                continue;
            }
            finished |= state.done == steps.len();
            let gap = switch.gap(&state);
            queue.push(Visited { state, from: Some((at, event)), depth });
            if let Some(gap) = gap {
                let lost = Some(trace(&switch, &queue, gap));
                return Verdict { states: queue.len(), depth, finished, lost };
            }
        }
        at += 1;
    }
    Verdict { states: queue.len(), depth: queue.last().map_or(0, |last| last.depth), finished, lost: None }
}

fn trace(switch: &Switch<'_>, visited: &[Visited], (holders, recovery): (NodeSet, NodeSet)) -> Vec<String> {
    let last = visited.last().and_then(|last| last.from);
    let ways = std::iter::successors(last, |(from, _)| visited[*from].from);
    let mut lines: Vec<String> = ways.map(|(_, event)| switch.words(event)).collect();
    lines.reverse();
    let (holders, recovery) = (Names(holders), Names(recovery));
    lines.push(format!("{recovery} is a recovery set of all that is published: what {holders} hold is lost"));
    lines
}

// ---- the table ---------------------------------------------------------------------------------------------

/// The verdict of every order in every case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table(Vec<(Order, Vec<Verdict>)>);

/// Explores every order in every case.
pub fn table() -> Table {
    let row = |order: &Order| (*order, Case::ALL.iter().map(|case| verdict(*case, *order)).collect());
    Table(Order::ALL.iter().map(row).collect())
}

impl Table {
    /// Every verdict, with its order and its case.
    pub fn verdicts(&self) -> impl Iterator<Item = (Order, Case, &Verdict)> {
        self.0.iter().flat_map(|(order, row)| {
            Case::ALL.iter().zip(row).map(|(case, verdict)| (*order, *case, verdict))
        })
    }

    /// Whether it says what it should: the recommended order is safe in every case, each of the others loses a
    /// write in some case.
    pub fn is_as_expected(&self) -> bool {
        self.0.iter().all(|(order, row)| match order {
            Order::Recommended => row.iter().all(Verdict::is_safe),
            Order::NoJoint
            | Order::NoBarrier
            | Order::PublishBeforeConfirm
            | Order::BarrierBeforeConfirm
            | Order::PublishFirst => row.iter().any(|verdict| verdict.lost.is_some()),
        })
    }
}

/// For a terminal of 80 columns.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells = |cells: Vec<String>| cells.join(" ").trim_end().to_owned();
        let header = Case::ALL.iter().map(|case| format!("{case:<10}")).collect();
        writeln!(f, "{:<22} {}", "", cells(header))?;
        for (order, row) in &self.0 {
            let row = row.iter().map(|verdict| format!("{verdict:<10}")).collect();
            writeln!(f, "{order:<22} {}", cells(row))?;
        }
        writeln!(f)?;
        for case in Case::ALL {
            writeln!(f, "{case:<11} {}", case.about())?;
        }
        let states: usize = self.verdicts().map(|(_, _, verdict)| verdict.states).sum();
        write!(f, "\nlost in n: the shortest way to a loss; safe: every state visited. {states} states.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFE: Option<usize> = None;

    /// The depth of the loss, after looking closely at the rest of the verdict.
    fn depth_of(verdict: &Verdict) -> Option<usize> {
        let trace = verdict.lost.as_ref()?;
        assert_eq!(trace.len(), verdict.depth + 1, "a line a step and the loss: {trace:#?}");
        Some(verdict.depth)
    }

    #[test]
    fn only_the_recommended_order_is_always_safe() {
        let expected = [
            (Order::Recommended, [SAFE, SAFE, SAFE, SAFE, SAFE]),
            (Order::NoJoint, [SAFE, Some(2), Some(2), Some(2), Some(2)]),
            (Order::NoBarrier, [Some(5), SAFE, Some(5), SAFE, Some(5)]),
            (Order::PublishBeforeConfirm, [Some(5), SAFE, Some(5), SAFE, Some(5)]),
            (Order::BarrierBeforeConfirm, [Some(6), SAFE, Some(6), SAFE, Some(6)]),
            (Order::PublishFirst, [Some(2), SAFE, Some(2), SAFE, Some(2)]),
        ];
        let table = table();
        for (order, row) in expected {
            let found: Vec<_> = table.verdicts().filter(|(of, ..)| *of == order).collect();
            let depths: Vec<_> = found.iter().map(|(.., verdict)| depth_of(verdict)).collect();
            assert_eq!(depths, row, "{order}\n{table}");
        }
        assert!(table.is_as_expected());
        assert_eq!(table.verdicts().count(), 30);
    }

    /// Fewer states than these mean that something is no longer explored.
    #[test]
    fn safe_means_that_the_whole_change_was_explored() {
        for (case, floor) in Case::ALL.iter().zip([544, 544, 512, 1280, 192]) {
            let states = verdict(*case, Order::Recommended).states;
            assert!(states >= floor, "{case}: only {states} states");
        }
        assert!(table().verdicts().all(|(.., verdict)| verdict.is_safe() == verdict.lost.is_none()));
        let stuck = explore(Case::AToB, ORDER, |switch, state, step| {
            step != Step::Confirm && take(switch, state, step)
        });
        assert_eq!((stuck.lost.is_none(), stuck.is_safe()), (true, false), "a step that is never taken");
    }

    /// Not even one step can change its place.
    #[test]
    fn of_all_arrangements_of_the_steps_one_is_always_safe() {
        let always_safe =
            |steps: &Vec<Step>| Case::ALL.iter().all(|case| explore(*case, steps, take).is_safe());
        let all = arrangements(ORDER);
        assert_eq!(all.len(), 120);
        assert_eq!(all.into_iter().filter(always_safe).collect::<Vec<_>>(), [ORDER.to_vec()]);
    }

    fn arrangements(of: &[Step]) -> Vec<Vec<Step>> {
        let Some((first, rest)) = of.split_first() else { return vec![Vec::new()] };
        let insert = |order: Vec<Step>| {
            (0..=order.len()).map(move |at| [&order[..at], &[*first], &order[at..]].concat())
        };
        arrangements(rest).into_iter().flat_map(insert).collect()
    }

    /// Each step on which safety rests is missed when it does nothing: the search sees what a step does, not that
    /// it has its place.
    #[test]
    fn a_step_that_does_nothing_is_found_out() {
        fn idle(switch: &Switch<'_>, state: &mut State, step: Step, broken: Step) -> bool {
            step == broken || take(switch, state, step)
        }
        let mutants: [(Take, usize); 3] = [
            (|switch, state, step| idle(switch, state, step, Step::PublishJoint), 3),
            (|switch, state, step| idle(switch, state, step, Step::Confirm), 6),
            (|switch, state, step| idle(switch, state, step, Step::Barrier), 6),
        ];
        for (mutant, depth) in mutants {
            assert_eq!(depth_of(&explore(Case::AToB, ORDER, mutant)), Some(depth));
        }
    }

    #[test]
    fn a_trace_tells_what_happened() {
        let lost =
            verdict(Case::AToB, Order::NoJoint).lost.expect("nobody who recovers knows of the new family");
        assert_eq!(
            lost,
            [
                "requested: p and any 1 of {b}",
                "a write is acknowledged, held by {p b}",
                "{a} is a recovery set of all that is published: what {p b} hold is lost",
            ]
        );
    }

    #[test]
    fn the_table_fits_a_terminal() {
        let text = table().to_string();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
