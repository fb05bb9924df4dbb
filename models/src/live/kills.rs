//! What stops without a rule of liveness: a graph, a beginning, and what goes wrong on it.
//!
//! The counterpart of [`crate::kills`]: there the harm is a state, here it is that nothing comes of it. Each rule is
//! switched off on a graph chosen to be telling, and the course must go wrong as the table says; with the rule it must
//! go well on the same graph from the same beginning.
//!
//! Two rules stand behind each other: where everybody keeps a copy, a primary without a quorum resigns *before* it would
//! send a beat that keeps nobody from standing. So what such a beat does is seen only where it does not resign
//! ([`Kill::also`]).

use super::course::Pace;
use super::graphs::{Failure, Suite, Tally, Trial, Wrong, world};
use super::links::{Links, Ways};
use quorate::rule::{Rule, RuleSet};

/// A rule, and a course that goes wrong without it.
#[derive(Clone, Copy, Debug)]
pub struct Kill {
    /// The rule.
    pub rule: Rule,
    /// Rules that are off with and without it.
    pub also: &'static [Rule],
    /// What the graph is called.
    pub graph: &'static str,
    /// How many nodes it has.
    pub nodes: u8,
    /// How many of them keep a copy of the log, the first ones.
    pub copies: u8,
    /// Its links that carry both ways.
    pub links: &'static [(u8, u8)],
    /// Its links that carry one way only.
    pub heard: &'static [(u8, u8)],
    /// How the course begins; see [`super::begin`].
    pub begin: &'static str,
    /// At which pace.
    pub pace: Pace,
    /// What goes wrong.
    pub wrong: Wrong,
}

/// The kill of this rule.
pub fn kill_of(rule: Rule) -> Option<&'static Kill> {
    KILLS.iter().find(|kill| kill.rule == rule)
}

impl Kill {
    /// The graph.
    pub fn graph(&self) -> Links {
        let links = Links::none(self.nodes).joined(self.links.iter().copied());
        self.heard.iter().fold(links, |links, (from, to)| links.told(*from, *to))
    }

    /// The course without the rule.
    pub fn without(&self) -> Result<Tally, Failure> {
        self.course(self.also.iter().copied().chain([self.rule]).collect())
    }

    /// The course with the rule.
    pub fn with(&self) -> Result<Tally, Failure> {
        self.course(self.also.iter().copied().collect())
    }

    /// The course without these rules: what goes wrong, if anything does.
    pub fn missing(&self, off: RuleSet) -> Result<Tally, Failure> {
        self.course(off)
    }

    fn course(&self, off: RuleSet) -> Result<Tally, Failure> {
        let world = world(self.nodes, self.copies, self.pace, off);
        let suite = Suite { nodes: self.nodes, copies: self.copies, ways: Ways::One, pace: self.pace };
        let trial = Trial::new(&world, suite).beginning(self.begin).expect("the table names a beginning");
        trial.graph(self.graph())
    }
}

/// Four ends around a centre: the only node that talks with a majority.
const STAR: (&str, u8, &[(u8, u8)]) = ("star", 5, &[(0, 1), (0, 2), (0, 3), (0, 4)]);
/// The old primary at one end, and nobody but its neighbour hears it; the fifth node is alone.
const BRIDGE: (&str, u8, &[(u8, u8)]) = ("bridge", 5, &[(0, 1), (1, 2), (2, 3)]);
/// A centre with two neighbours beside a lonely node: the smallest graph with one sufficiently connected node.
const FORK: (&str, u8, &[(u8, u8)]) = ("fork", 4, &[(0, 1), (0, 2)]);
/// A pair, and a third node that is heard by one of them and hears nobody.
const SHOUTER: (&str, u8, &[(u8, u8)]) = ("shouter", 3, &[(0, 2)]);
/// Three copies and two witnesses. The first copy hears the witnesses alone; the other two hear each other and one of
/// them.
const LURE: (&str, u8, &[(u8, u8)]) = ("lure", 5, &[(0, 3), (0, 4), (1, 2), (1, 3), (2, 3)]);
/// Nobody hears anybody.
const APART: (&str, u8, &[(u8, u8)]) = ("apart", 3, &[]);

const fn kill(
    rule: Rule,
    (graph, nodes, links): (&'static str, u8, &'static [(u8, u8)]),
    begin: &'static str,
    pace: Pace,
    wrong: Wrong,
) -> Kill {
    Kill { rule, also: &[], graph, nodes, copies: nodes, links, heard: &[], begin, pace, wrong }
}

/// For each rule of liveness that a graph can show a course that goes wrong without it, in the order of the rules.
pub const KILLS: &[Kill] = &[
    Kill {
        also: &[Rule::ResignsWithoutQuorum],
        ..kill(
            Rule::QuorateBeatsOnly,
            BRIDGE,
            "logs [0, 0, 0, 0, 0], n0 serves",
            Pace::Lockstep,
            Wrong::NeverServes,
        )
    },
    Kill {
        copies: 3,
        ..kill(
            Rule::ReachesCopies,
            LURE,
            "logs [0, 0, 0, 0, 0], nobody is primary",
            Pace::Prompt,
            Wrong::NeverServes,
        )
    },
    kill(Rule::ResignsWithoutQuorum, APART, "logs [0, 0, 0], n0 serves", Pace::Lockstep, Wrong::ServesInVain),
    kill(
        Rule::OldRequestsAreAnswered,
        FORK,
        "{n0} left behind n1, nobody is primary",
        Pace::Prompt,
        Wrong::NeverServes,
    ),
    kill(
        Rule::RefusalsAreHeeded,
        FORK,
        "{n0} left behind n1, nobody is primary",
        Pace::Prompt,
        Wrong::NeverServes,
    ),
    kill(
        Rule::PreferenceIsSoft,
        STAR,
        "logs [0, 1, 1, 1, 1], nobody is primary",
        Pace::Prompt,
        Wrong::NeverServes,
    ),
    // Every wait is equally long here, so that it is in vain for ever; random waits make it a matter of luck.
    Kill {
        heard: &[(1, 2)],
        ..kill(
            Rule::PrevoteFirst,
            SHOUTER,
            "{n0} left behind n1, nobody is primary",
            Pace::Prompt,
            Wrong::NeverServes,
        )
    },
];
