//! How a course begins: who is primary, and how far each log has got.
//!
//! Every beginning is reached by the production nodes themselves, by choices that are possible in the world and are
//! part of the run that a failure is written as. What follows is imposed on what they have become.
//!
//! * **Ranked, a primary serves.** One node won everybody's vote, serves, and has written; each of the others has got
//!   a prefix of what it wrote. Every total preorder of the logs in which the primary is in front: a primary that
//!   serves is never behind.
//! * **Ranked, nobody is primary.** The same, for every total preorder, and then every machine lost its power.
//! * **Left behind.** Some nodes, too few to be missed by a vote quorum, were cut off while the others elected another
//!   primary and went on: they are behind by an epoch and by their log, and the first primary, if it is among them,
//!   does not know that it is none any more. The second still serves, or everybody lost power.

use super::course::Course;
use crate::world::{World, node};
use quorate::config::Config;
use quorate::id::{NodeId, NodeSet};

/// A beginning.
#[derive(Clone, Debug)]
pub struct Begin<'w> {
    /// In words.
    pub about: String,
    /// The node that serves when the links become what the graph says.
    pub primary: Option<NodeId>,
    /// Where it has led.
    pub course: Course<'w>,
}

/// Every beginning in `world`.
///
/// # Panics
///
/// If no primary comes to serve while everybody hears everybody: then there is nothing to begin with.
pub fn beginnings(world: &World) -> Vec<Begin<'_>> {
    let mut all = Vec::new();
    for ranks in rankings(world) {
        let top = ranks.iter().max().copied().unwrap_or(0);
        let front: Vec<NodeId> =
            ranks.iter().enumerate().filter(|(_, rank)| **rank == top).map(|(at, _)| node(at)).collect();
        let may_lead = |id: &NodeId| candidates(world).contains(*id);
        for (at, primary) in front.iter().copied().filter(may_lead).enumerate() {
            let course = ranked(world, primary, &ranks);
            if at == 0 {
                all.push(powerless(&course, format!("logs {ranks:?}, nobody is primary")));
            }
            all.push(serving(course, primary, format!("logs {ranks:?}, {primary} serves")));
        }
    }
    let everybody = NodeSet::first(world.model.nodes);
    let electing = |away: &NodeSet| !away.is_empty() && config(world).elects(everybody.minus(*away));
    for away in everybody.subsets().filter(electing) {
        for primary in everybody.minus(away).and(candidates(world)).iter() {
            let Some(course) = left_behind(world, primary, away) else { continue };
            all.push(powerless(&course, format!("{away} left behind {primary}, nobody is primary")));
            all.push(serving(course, primary, format!("{away} left behind, {primary} serves")));
        }
    }
    all
}

fn config(world: &World) -> Config {
    world.model.config().expect("the configuration of a world was checked when it was made")
}

fn candidates(world: &World) -> NodeSet {
    config(world).candidates()
}

fn serving(course: Course<'_>, primary: NodeId, about: String) -> Begin<'_> {
    Begin { about, primary: Some(primary), course }
}

fn powerless<'w>(course: &Course<'w>, about: String) -> Begin<'w> {
    let mut course = course.clone();
    course.lose_power();
    Begin { about, primary: None, course }
}

/// `primary` serves and has written; the log of each node has got as far as `ranks` says.
fn ranked<'w>(world: &'w World, primary: NodeId, ranks: &[u8]) -> Course<'w> {
    let mut course = Course::new(world);
    let everybody = NodeSet::first(world.model.nodes);
    elect(&mut course, primary, everybody).expect("who is heard by everybody comes to serve");
    let top = ranks.iter().max().copied().unwrap_or(0);
    for write in 1..=top {
        let reaches = |id: NodeId| id == primary || ranks[usize::from(id.index())] >= write;
        course.write(primary);
        course.exhaust(|from, to| reaches(from) && reaches(to)).expect("a write is copied in a few steps");
    }
    course
}

/// All but `away` went on under `primary`; `None` if they cannot.
fn left_behind(world: &World, primary: NodeId, away: NodeSet) -> Option<Course<'_>> {
    let mut course = Course::new(world);
    let everybody = NodeSet::first(world.model.nodes);
    let others = everybody.minus(away);
    let first = candidates(world).iter().find(|id| *id != primary)?;
    elect(&mut course, first, everybody)?;
    elect(&mut course, primary, others)?;
    course.write(primary);
    course.exhaust(|from, to| others.contains(from) && others.contains(to)).ok()?;
    let serves = course.serving().any(|(id, _)| id == primary);
    serves.then_some(course)
}

/// `id` stands alone and is heard by `among`; it serves at the end.
fn elect(course: &mut Course<'_>, id: NodeId, among: NodeSet) -> Option<()> {
    let hear = |from, to| among.contains(from) && among.contains(to);
    // Longer than any node waits, after which nobody minds an election any more.
    let timing = course.node(id)?.setup().timing;
    for _tick in 0..=timing.election.units() + timing.spread.units() {
        course.pass();
    }
    course.tick(id);
    course.exhaust(hear).ok()?;
    // The first beat.
    course.tick(id);
    course.exhaust(hear).ok()?;
    course.serving().any(|(serves, _)| serves == id).then_some(())
}

/// Every total preorder of the logs, by node; who keeps none has a log that is behind all others.
fn rankings(world: &World) -> Vec<Vec<u8>> {
    let data = config(world).data();
    let keepers: Vec<NodeId> = data.iter().collect();
    let among = |ranks: &Vec<u8>| {
        let rank = |id: NodeId| keepers.iter().position(|keeper| *keeper == id).map_or(0, |at| ranks[at]);
        (0..usize::from(world.model.nodes)).map(|at| rank(node(at))).collect()
    };
    preorders(u8::try_from(keepers.len()).unwrap_or(u8::MAX)).iter().map(among).collect()
}

/// Every total preorder of `count` things, as ranks: every rank below one that is used is used.
fn preorders(count: u8) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = vec![Vec::new()];
    for _thing in 0..count {
        all =
            all.iter().flat_map(|ranks| (0..count).map(move |rank| [&ranks[..], &[rank]].concat())).collect();
    }
    let has_no_gap = |ranks: &Vec<u8>| {
        let top = ranks.iter().max().copied().unwrap_or(0);
        (0..top).all(|rank| ranks.contains(&rank))
    };
    all.retain(has_no_gap);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::graphs;

    #[test]
    fn there_are_as_many_preorders_as_is_known() {
        // The ordered Bell numbers, OEIS A000670.
        let counts: Vec<usize> = (1..=5).map(|count| preorders(count).len()).collect();
        assert_eq!(counts, [1, 3, 13, 75, 541]);
    }

    /// Ranks are lengths of logs, who serves serves, and who was left behind is.
    #[test]
    fn beginnings_are_what_they_say() {
        let world = graphs::world(3, 3, crate::live::Pace::Prompt, quorate::rule::RuleSet::NONE);
        let all = beginnings(&world);
        // 13 preorders; 3 nodes each in front of as many as the 2 others can be ranked beside or below it: 6; and
        // each of 3 nodes left behind either other, twice.
        assert_eq!(all.len(), 13 + 3 * 6 + 3 * 2 * 2);
        for Begin { about, primary, course } in &all {
            let newest = course.serving().max_by_key(|(_, epoch)| *epoch).map(|(id, _)| id);
            assert_eq!(newest, *primary, "{about}");
            let epochs: Vec<u64> =
                course.locals.iter().map(|local| local.disk.hard.epoch().number()).collect();
            let lens: Vec<u64> = course.locals.iter().map(|local| local.disk.log.len()).collect();
            if about.contains("left behind") {
                assert_eq!((epochs.iter().max(), epochs.iter().min()), (Some(&2), Some(&1)), "{about}");
            } else {
                assert_eq!(epochs, [1, 1, 1], "{about}");
                assert!(about.starts_with(&format!("logs {lens:?}")), "{about}: {lens:?}");
            }
        }
    }
}
