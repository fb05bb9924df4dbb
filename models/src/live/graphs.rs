//! Whenever some node is sufficiently connected, one serves within a bound of rounds and stays – on every
//! connectivity graph of a small cluster.
//!
//! Livelocks of elections are not found by scenarios: each of the known ones needs a particular graph, a particular
//! primary at the beginning and a particular order of the logs (Howard and Abraham 2020; Omni-Paxos, `EuroSys` 2023).
//! There are few graphs. So all of them are tried: every [class](Links::classes), every
//! [labelling](Links::labellings), every [beginning](super::begin), at every [pace](Pace), on the nodes that ship.
//!
//! # What is required
//!
//! A node is [sufficiently connected](Links::sufficient) if it is a candidate that can talk both ways with a vote
//! quorum, an ack set and a recovery set, itself among them. The others need not be connected to each other. Where
//! every node keeps a copy and votes and acknowledgements are by the same majority, who has a vote quorum has it all;
//! beside witnesses one may have votes and no copies, or copies and no votes.
//!
//! * **Where there is such a node**, one of them serves within [`BOUND`] rounds, its first write is acknowledged, and
//!   it stays primary of the same epoch. *Promptly*, a round is a function of the machines alone, so the course is
//!   followed until the machines are as they were in an earlier round: from then on everything repeats, and to stay
//!   is to stay for ever. In *lockstep* the random parts of the waits of the others do not repeat soon; there it has
//!   to stay for [`STAYS`] rounds. (Without pre-votes the epoch of a lonely node grows for ever; a course that has not
//!   repeated after [`BOUND`] rounds is judged by its second half. With all rules on there is none.)
//! * **Where there is none**, nobody goes on to say that it serves but a primary that hears a vote quorum: what it
//!   knows can still be read there.
//! * **Nowhere** does a primary acknowledge what was written after the links broke without an ack set.
//!
//! How many rounds it took is reported: a measured bound for these timings, on faultless nodes and static links.

use super::begin::{Begin, beginnings};
use super::course::{Chatter, Course, Pace};
use super::links::{Links, Ways};
use crate::catalog::machines::election;
use crate::run::{Replay, Run, RunError};
use crate::text::{counted, grouped};
use crate::world::{Choice, Driver, Model, Network, Scope, TimingSpec, World, majority};
use quorate::config::{Draft, Settings};
use quorate::id::{Epoch, NodeId, NodeSet};
use quorate::quorum::Quorum;
use quorate::rule::{RuleSet, without};
use std::fmt;
use std::ops::AddAssign;
use std::sync::atomic::{AtomicUsize, Ordering};

/// In so many rounds a primary must have come to serve and to have acknowledged a write.
pub const BOUND: u32 = 120;
/// For so many rounds it must stay, where the course does not repeat.
pub const STAYS: u32 = 24;
/// The election timeout, in rounds. A primary beats in every round, and gives up when it has heard no quorum for as
/// long as the timeout.
pub const ELECTION: u64 = 4;

/// Which graphs, at which pace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Suite {
    /// How many nodes.
    pub nodes: u8,
    /// How many of them keep a copy of the log, the first ones; the others are witnesses.
    pub copies: u8,
    /// Whether links carry both ways.
    pub ways: Ways,
    /// How fast messages are.
    pub pace: Pace,
}

/// What is tried in seconds.
pub fn short() -> Vec<Suite> {
    suites(&[
        (2, 2, Ways::Both),
        (3, 3, Ways::Both),
        (3, 3, Ways::One),
        (3, 2, Ways::Both),
        (3, 2, Ways::One),
        (4, 4, Ways::Both),
        (4, 3, Ways::Both),
        (4, 2, Ways::Both),
    ])
}

/// What takes minutes.
pub fn long() -> Vec<Suite> {
    suites(&[(4, 4, Ways::One), (4, 3, Ways::One), (5, 5, Ways::Both), (5, 3, Ways::Both)])
}

fn suites(graphs: &[(u8, u8, Ways)]) -> Vec<Suite> {
    let of =
        |(nodes, copies, ways): (u8, u8, Ways)| Pace::ALL.map(|pace| Suite { nodes, copies, ways, pace });
    graphs.iter().copied().flat_map(of).collect()
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Suite { nodes, copies, ways, pace } = self;
        let ways = match ways {
            Ways::Both => "undirected",
            Ways::One => "directed",
        };
        let witnesses = match nodes.saturating_sub(*copies) {
            0 => String::new(),
            1 => " (1 witness)".into(),
            more => format!(" ({more} witnesses)"),
        };
        f.pad(&format!("{nodes} nodes{witnesses}, {ways}, {pace}"))
    }
}

/// A cluster that votes by a majority of its nodes and acknowledges by a majority of its copies, with timers; rounds
/// are ticks.
pub fn model(nodes: u8, copies: u8, pace: Pace, off: RuleSet) -> Model {
    let mut model = election(200, nodes);
    model.name = if copies == nodes { format!("live-{nodes}") } else { format!("live-{nodes}-{copies}") };
    let data = NodeSet::first(copies);
    let acks = Some(Quorum::Any { need: copies / 2 + 1, of: data });
    model.cluster = Draft { acks, data, ..majority(nodes, None) };
    model.nodes = nodes;
    let spread = if pace == Pace::Lockstep { ELECTION } else { 0 };
    model.node.timing = Some(TimingSpec { election: ELECTION, spread, heartbeat: 1, contact: ELECTION });
    model.node.prevote = true;
    model.node.eager = true;
    model.scope = Scope {
        writes: 60,
        rates: Some([1, 1]),
        network: Network::Counted,
        driver: Driver::Blocking,
        beats: true,
        refusals: true,
        ..model.scope
    };
    model.without = off.iter().map(|rule| rule.name().to_owned()).collect();
    model
}

/// The world of [`model`].
///
/// # Panics
///
/// If `nodes` is none that a model can have.
pub fn world(nodes: u8, copies: u8, pace: Pace, off: RuleSet) -> World {
    World::new(model(nodes, copies, pace, off)).expect("a majority of a few nodes is a possible model")
}

// ---- one course ------------------------------------------------------------------------------------------

/// What is wrong with a course.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Wrong {
    /// A node is sufficiently connected, and nobody comes to serve and to acknowledge a write.
    NeverServes,
    /// Somebody serves, but again and again somebody else.
    DoesNotStay,
    /// Who is connected with no ack set acknowledges a write.
    Acknowledges,
    /// Nobody is sufficiently connected, and somebody without a vote quorum goes on saying that it serves.
    ServesInVain,
    /// Steps follow one another without end while time stands still.
    Chatters,
    /// A node breaks its own invariants.
    Unsound,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Wrong::NeverServes => "nobody comes to serve",
            Wrong::DoesNotStay => "no primary stays",
            Wrong::Acknowledges => "a write is acknowledged without a quorum",
            Wrong::ServesInVain => "a primary without a quorum goes on",
            Wrong::Chatters => "messages follow one another without end",
            Wrong::Unsound => "a node breaks its own invariants",
        })
    }
}

/// A primary that is seen serving, since when, and what became of its first write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Reign {
    who: (NodeId, Epoch),
    since: u32,
    /// How long the log was with the write.
    written: Option<u64>,
    /// In which round it was acknowledged.
    acked: Option<u32>,
}

/// A course being followed on a graph.
struct Follow<'w> {
    course: Course<'w>,
    links: Links,
    pace: Pace,
    reach: Reach,
    round: u32,
    reign: Option<Reign>,
    /// How many reigns there have been.
    reigns: u32,
}

/// Who reaches what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Reach {
    /// Who is sufficiently connected.
    sufficient: NodeSet,
    /// Who reaches a vote quorum.
    electing: NodeSet,
    /// Who reaches an ack set.
    acknowledging: NodeSet,
}

impl Reach {
    fn of(links: Links, settings: &Settings) -> Self {
        Self {
            sufficient: links.sufficient(settings),
            electing: links.electing(settings),
            acknowledging: links.acknowledging(settings),
        }
    }
}

impl<'w> Follow<'w> {
    fn new(course: Course<'w>, links: Links, pace: Pace, reach: Reach) -> Self {
        Self { course, links, pace, reach, round: 0, reign: None, reigns: 0 }
    }

    /// Whether somebody says that it serves who hears no vote quorum.
    fn serves_in_vain(&self) -> bool {
        self.reign.is_some_and(|Reign { who: (id, _), .. }| !self.reach.electing.contains(id))
    }

    /// Goes on until it is decided; after how many rounds.
    fn decide(&mut self) -> Result<u32, Wrong> {
        self.look()?;
        let mut earlier = (0, self.course.clone());
        while self.round < BOUND {
            self.course.go_round(self.links, self.pace).map_err(|Chatter| Wrong::Chatters)?;
            self.round += 1;
            self.look()?;
            let repeats = self.pace == Pace::Prompt && self.course.is_like(&earlier.1);
            if let Some(decided) = self.verdict(repeats.then_some(earlier.0)) {
                return decided;
            }
            // Brent's way of finding a period: compare with one earlier round, a later one at each power of two.
            if self.pace == Pace::Prompt && self.round.is_power_of_two() {
                earlier = (self.round, self.course.clone());
            }
        }
        self.undecided()
    }

    /// What to say when nothing repeats: some node's epoch grows for ever, alone and without harm, or there is harm.
    fn undecided(&self) -> Result<u32, Wrong> {
        let settled = self.reign.filter(|reign| BOUND - reign.since >= BOUND / 2);
        let possible = !self.reach.sufficient.is_empty();
        match (possible, self.serves_in_vain(), settled.and_then(|reign| reign.acked)) {
            (false, false, _) => Ok(self.round),
            (false, true, _) => Err(Wrong::ServesInVain),
            (true, _, Some(round)) => Ok(round),
            (true, _, None) if self.reigns > 1 => Err(Wrong::DoesNotStay),
            (true, _, None) => Err(Wrong::NeverServes),
        }
    }

    /// What can be said after this round, if everything was the same in round `like`.
    fn verdict(&self, like: Option<u32>) -> Option<Result<u32, Wrong>> {
        if self.reach.sufficient.is_empty() {
            let over = like.is_some() || self.pace == Pace::Lockstep && self.round >= STAYS;
            let quiet = if self.serves_in_vain() { Err(Wrong::ServesInVain) } else { Ok(self.round) };
            return over.then_some(quiet);
        }
        let acked = self.reign.and_then(|reign| reign.acked);
        let stays = self.reign.is_some_and(|reign| match (self.pace, like) {
            (Pace::Prompt, like) => like.is_some_and(|like| reign.since <= like),
            (Pace::Lockstep, _) => self.round - reign.since >= STAYS,
        });
        match (acked, stays) {
            (Some(round), true) => Some(Ok(round)),
            (None, _) if like.is_some() => Some(Err(Wrong::NeverServes)),
            (Some(_) | None, _) => None,
        }
    }

    /// Takes note of who serves, and lets a new primary write.
    fn look(&mut self) -> Result<(), Wrong> {
        let serving = self.course.serving().max_by_key(|(_, epoch)| *epoch);
        self.reign = match (serving, self.reign) {
            (Some(who), Some(old)) if old.who == who => Some(old),
            (Some(who), _) => {
                self.reigns += 1;
                Some(Reign { who, since: self.round, written: None, acked: None })
            }
            (None, _) => None,
        };
        if let Some(reign) = &mut self.reign {
            let (id, _) = reign.who;
            reign.written = reign.written.or_else(|| self.course.write(id));
            let committed = self.course.node(id).map_or(0, quorate::failover::Node::committed);
            let acked = reign.written.is_some_and(|len| committed >= len);
            reign.acked = reign.acked.or(acked.then_some(self.round));
            if acked && !self.reach.acknowledging.contains(id) {
                return Err(Wrong::Acknowledges);
            }
        }
        if self.course.unsound().is_some() { Err(Wrong::Unsound) } else { Ok(()) }
    }
}

// ---- many ------------------------------------------------------------------------------------------------

/// What was tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Graphs up to isomorphism.
    pub classes: u64,
    /// Graphs.
    pub graphs: u64,
    /// Beginnings.
    pub begins: u64,
    /// Courses on graphs with a sufficiently connected node.
    pub served: u64,
    /// Courses on graphs without.
    pub idle: u64,
    /// Steps of production nodes.
    pub steps: u64,
    /// The most rounds until a primary served and had acknowledged a write.
    pub rounds: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.classes += other.classes;
        self.graphs += other.graphs;
        self.begins = self.begins.max(other.begins);
        self.served += other.served;
        self.idle += other.idle;
        self.steps += other.steps;
        self.rounds = self.rounds.max(other.rounds);
    }
}

impl Tally {
    /// All courses.
    pub fn runs(&self) -> u64 {
        self.served + self.idle
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { classes, graphs, begins, served, idle, steps, rounds } = self;
        write!(
            f,
            "{} in {} labellings × {}: {} courses serve within {} and stay, {} have no sufficiently connected node, \
             {} steps",
            counted(*classes, "graph"),
            grouped(*graphs),
            counted(*begins, "beginning"),
            grouped(*served),
            counted(u64::from(*rounds), "round"),
            grouped(*idle),
            grouped(*steps)
        )
    }
}

/// A course that goes wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What is wrong.
    pub wrong: Wrong,
    /// On which graph.
    pub links: Links,
    /// At which pace.
    pub pace: Pace,
    /// How it began, in words.
    pub begin: String,
    /// Who is sufficiently connected.
    pub sufficient: NodeSet,
    /// After how many rounds this was decided.
    pub round: u32,
    /// What the machines are then, in words.
    pub end: String,
    /// The course as a run.
    pub run: Box<Result<Run, RunError>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { wrong, links, pace, begin, sufficient, round, end, run: _ } = self;
        write!(
            f,
            "{wrong}: links {links}; {begin}; {pace}; sufficiently connected {sufficient}; decided after {}: {end}",
            counted(u64::from(*round), "round")
        )
    }
}

/// Everything that is tried in one suite.
#[derive(Clone, Debug)]
pub struct Trial<'w> {
    world: &'w World,
    suite: Suite,
    begins: Vec<Begin<'w>>,
}

impl<'w> Trial<'w> {
    /// Prepares the beginnings of `suite` in its `world`.
    pub fn new(world: &'w World, suite: Suite) -> Self {
        let begins = without(world.rules_off(), || beginnings(world));
        Self { world, suite, begins }
    }

    /// Keeps the beginning of this name alone; whether there is one.
    pub fn beginning(mut self, about: &str) -> Option<Self> {
        self.begins.retain(|begin| begin.about == about);
        (!self.begins.is_empty()).then_some(self)
    }

    /// Tries every labelling of a class with every beginning, up to the first failure.
    pub fn class(&self, class: Links) -> Result<Tally, Failure> {
        let mut tally = Tally { classes: 1, ..Tally::default() };
        for links in class.labellings() {
            tally += self.graph(links)?;
        }
        Ok(tally)
    }

    /// Tries a graph with every beginning, up to the first failure.
    pub fn graph(&self, links: Links) -> Result<Tally, Failure> {
        let mut tally = Tally { graphs: 1, begins: self.begins.len() as u64, ..Tally::default() };
        for begin in &self.begins {
            tally += self.course(links, begin)?;
        }
        Ok(tally)
    }

    fn course(&self, links: Links, begin: &Begin<'w>) -> Result<Tally, Failure> {
        let settings = self.world.model.config().expect("checked when the world was made");
        let reach = Reach::of(links, settings.newest());
        without(self.world.rules_off(), || {
            let mut follow = Follow::new(begin.course.unnoted(), links, self.suite.pace, reach);
            match follow.decide() {
                Ok(round) => {
                    let steps = follow.course.steps();
                    let possible = !reach.sufficient.is_empty();
                    let (served, idle) = (u64::from(possible), u64::from(!possible));
                    let rounds = if possible { round } else { 0 };
                    Ok(Tally { served, idle, steps, rounds, ..Tally::default() })
                }
                Err(wrong) => Err(self.failure(wrong, links, begin, reach)),
            }
        })
    }

    /// The same again, written down.
    fn failure(&self, wrong: Wrong, links: Links, begin: &Begin<'w>, reach: Reach) -> Failure {
        let mut follow = Follow::new(begin.course.clone(), links, self.suite.pace, reach);
        let again = follow.decide();
        debug_assert_eq!(again, Err(wrong), "a course is a function of its beginning");
        let note = format!("{wrong}: links {links}; {}; {}", begin.about, self.suite.pace);
        Failure {
            wrong,
            links,
            pace: self.suite.pace,
            begin: begin.about.clone(),
            sufficient: reach.sufficient,
            round: follow.round,
            end: follow.course.describe(),
            run: Box::new(record(self.world, follow.course.notes(), &note)),
        }
    }
}

/// The run of `choices`, without those that change nothing: a tick of clocks that nobody reads.
fn record(world: &World, choices: &[Choice], note: &str) -> Result<Run, RunError> {
    let mut replay = Replay::start(world);
    let mut kept = choices.to_vec();
    kept.retain(|choice| replay.happen(choice.clone(), 0).is_some());
    Run::record(world, &kept, note)
}

/// What came of a suite.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Which.
    pub suite: Suite,
    /// What was tried until then.
    pub tally: Tally,
    /// A failure, if there is one: then not everything was tried.
    pub failure: Option<Failure>,
    /// Whether every graph was tried.
    pub exhausted: bool,
}

/// Tries every graph of `suite` without the rules `off`, up to the first failure.
pub fn check(suite: Suite, off: RuleSet) -> Verdict {
    check_by(suite, off, 1, &|| true)
}

/// The same by so many threads, while `go_on` says so.
///
/// # Panics
///
/// If a course panics.
pub fn check_by(suite: Suite, off: RuleSet, workers: usize, go_on: &(dyn Fn() -> bool + Sync)) -> Verdict {
    let classes = Links::classes(suite.nodes, suite.ways);
    let next = AtomicUsize::new(0);
    let work = || {
        // A world of its own: threads that count the uses of the same values slow each other down.
        let world = world(suite.nodes, suite.copies, suite.pace, off);
        let trial = Trial::new(&world, suite);
        let mut done: (Tally, Option<(usize, Failure)>) = (Tally::default(), None);
        while done.1.is_none() && go_on() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(class) = classes.get(at) else { break };
            match trial.class(*class) {
                Ok(more) => done.0 += more,
                Err(failure) => {
                    // The others need not begin another.
                    next.store(classes.len(), Ordering::Relaxed);
                    done.1 = Some((at, failure));
                }
            }
        }
        done
    };
    let parts = if workers < 2 {
        vec![work()]
    } else {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().expect("a course does not panic")).collect()
        })
    };
    let mut tally = Tally::default();
    let mut failure: Option<(usize, Failure)> = None;
    for (part, failed) in parts {
        tally += part;
        failure = failure.into_iter().chain(failed).min_by_key(|(at, _)| *at);
    }
    let exhausted = failure.is_none() && tally.classes == classes.len() as u64;
    Verdict { suite, tally, failure: failure.map(|(_, failure)| failure), exhausted }
}

/// What kills a mutation: tries `suites` one after the other without the rules `off`, up to the first failure.
pub fn check_without(off: RuleSet, suites: &[Suite]) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for suite in suites {
        verdicts.push(check(*suite, off));
        if verdicts.last().is_some_and(|verdict| verdict.failure.is_some()) {
            break;
        }
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A course is a run of the whole world: the same choices are possible there, break nothing, and make the same of
    /// every machine.
    #[test]
    fn a_course_is_a_run_of_the_world() {
        let mut steps = 0;
        for (ways, pace) in [(Ways::Both, Pace::Prompt), (Ways::One, Pace::Lockstep)] {
            let suite = Suite { nodes: 3, copies: 3, ways, pace };
            let world = world(3, 3, pace, RuleSet::NONE);
            let settings = world.model.config().unwrap();
            let trial = Trial::new(&world, suite);
            for links in Links::classes(3, ways) {
                for begin in trial.begins.iter().step_by(3) {
                    let reach = Reach::of(links, settings.newest());
                    let mut follow = Follow::new(begin.course.clone(), links, pace, reach);
                    assert!(follow.decide().is_ok());
                    let run = record(&world, follow.course.notes(), "").unwrap();
                    let replay = run.replay().unwrap();
                    assert_eq!(replay.broken, None, "{links}: {}", begin.about);
                    let machines = replay.state().machines().zip(&follow.course.locals);
                    machines.for_each(|((id, there), here)| {
                        assert!(there == here, "{id}: {links}: {}", begin.about);
                    });
                    steps += run.choices.len();
                }
            }
        }
        assert!(steps > 10_000, "{steps}");
    }
}
