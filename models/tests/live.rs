//! Liveness: every connectivity graph of a small cluster, and the fair ways of small models. See
//! [`quorate_models::live`].

use quorate::rule::{Kind, Rule, RuleSet};
use quorate_models::catalog::machines::{commit, election, without};
use quorate_models::check::Bounds;
use quorate_models::live::graphs::{self, Suite, Trial, check};
use quorate_models::live::kills::{KILLS, kill_of};
use quorate_models::live::space::{Refusal, Space, Told};
use quorate_models::live::{Pace, Ways};
use quorate_models::world::{Driver, Model, Network, Reductions, World, majority, node};
use std::time::Instant;

// ---- graphs ------------------------------------------------------------------------------------------------

/// Tries every graph; the most rounds that it took.
fn confirm(suites: Vec<Suite>, off: RuleSet) -> u32 {
    let one = |suite: Suite| {
        let start = Instant::now();
        let verdict = check(suite, off);
        println!("{suite}: {} {:.1?}", verdict.tally, start.elapsed());
        if let Some(failure) = verdict.failure {
            panic!("{suite} without {off:?}: {failure}");
        }
        assert!(verdict.exhausted);
        verdict.tally.rounds
    };
    suites.into_iter().map(one).max().unwrap_or(0)
}

#[test]
fn a_sufficiently_connected_node_serves_and_stays_on_every_small_graph() {
    let rounds = confirm(graphs::short(), RuleSet::NONE);
    assert!((2 * graphs::ELECTION as u32..=40).contains(&rounds), "{rounds}");
}

#[test]
#[ignore = "five nodes, and four with links that carry one way: ten minutes on one core"]
fn a_sufficiently_connected_node_serves_and_stays_on_every_graph() {
    confirm(graphs::long(), RuleSet::NONE);
}

#[test]
fn every_rule_of_liveness_is_missed_on_the_graph_that_the_table_names() {
    for kill in KILLS {
        let failure = kill.without().expect_err(kill.rule.name());
        assert_eq!(failure.wrong, kill.wrong, "{}: {failure}", kill.rule);
        let run = failure.run.as_ref().as_ref().unwrap_or_else(|error| panic!("{}: {error}", kill.rule));
        let replay = run.replay().unwrap_or_else(|error| panic!("{}: {error}", kill.rule));
        assert!(replay.broken.is_none(), "{} is missed for want of progress only", kill.rule);
        let with = kill.with().unwrap_or_else(|failure| panic!("{} on: {failure}", kill.rule));
        println!("{:<26} {:<7} {}; with it {} rounds", kill.rule, kill.graph, failure.wrong, with.rounds);
    }
    assert!(KILLS.is_sorted_by_key(|kill| kill.rule), "the table is in the order of the rules");
    for rule in Rule::ALL {
        // That pre-votes change nothing is a contract of its own: no graph of up to four nodes misses it.
        let expected = rule.kind() == Kind::Liveness && *rule != Rule::PrevoteChangesNothing;
        assert_eq!(kill_of(*rule).is_some(), expected, "{rule}");
    }
}

fn controls() -> impl Iterator<Item = Rule> {
    Rule::ALL.iter().copied().filter(|rule| rule.kind() == Kind::Control)
}

#[test]
fn without_a_control_everything_still_serves_and_stays() {
    let three = || graphs::short().into_iter().filter(|suite| suite.nodes <= 3).collect();
    for rule in controls() {
        confirm(three(), RuleSet::NONE.with(rule));
    }
}

#[test]
#[ignore = "minutes"]
fn without_a_control_everything_still_serves_and_stays_among_four() {
    for rule in controls() {
        confirm(graphs::short(), RuleSet::NONE.with(rule));
    }
}

/// n0 has the votes of both witnesses and reaches no copy of the log; n1, n2 and n3 hear each other and can elect,
/// acknowledge and recover. However it begins and at either pace, n0 keeps n3 from nobody.
#[test]
fn who_reaches_voters_but_no_copies_blocks_nobody() {
    let kill = kill_of(Rule::ReachesCopies).unwrap();
    let links = kill.graph();
    for pace in Pace::ALL {
        let world = graphs::world(kill.nodes, kill.copies, pace, RuleSet::NONE);
        let sufficient = links.sufficient(world.model.config().unwrap().newest());
        assert_eq!(sufficient, [1, 2].map(node).into_iter().collect());
        let suite = Suite { nodes: kill.nodes, copies: kill.copies, ways: Ways::Both, pace };
        let tally = Trial::new(&world, suite).graph(links).unwrap_or_else(|failure| panic!("{failure}"));
        println!("{suite}: {tally}");
        assert!(tally.served == tally.begins && tally.begins > 13 && tally.rounds < 40);
    }
    // Without the rule n0 wins in e2 and stays for ever where it cannot recover.
    let failure = kill.without().unwrap_err();
    assert!(failure.end.contains("n0 is primary in e2 (Revoking)"), "{failure}");
}

// ---- fair ways ---------------------------------------------------------------------------------------------

fn space_of(model: Model, reductions: Reductions) -> Space {
    let world = World::new(model).unwrap().reduced_by(reductions);
    let mut space = Space::new(&world).unwrap();
    let start = Instant::now();
    space.explore(Bounds::default(), &mut |_| true).unwrap();
    let (states, steady) = space.states();
    println!("{states} states, {steady} steady, {} edges, {:.1?}", space.edges(), start.elapsed());
    assert_eq!((space.unsafe_states(), space.leads_beyond()), (0, false));
    space
}

/// Without what may be left out of a free world; see [`quorate_models::live::space`].
const FREELY: Reductions = Reductions { symmetry: false, ..Reductions::SOUND };

fn blocking(mut model: Model) -> Model {
    model.scope.driver = Driver::Blocking;
    model
}

/// Two nodes that need each other, and ask around before they campaign.
fn pair(mut model: Model) -> Model {
    model.nodes = 2;
    model.cluster = majority(2, model.cluster.acks.is_some().then_some(2));
    model.node.prevote = true;
    blocking(model)
}

/// A lossy free world with crashes, in flight records, logs, and writes: it always comes to serve.
#[test]
fn a_primary_comes_to_serve_in_every_fair_way() {
    let models = [
        (blocking(election(1, 0)), 2_544),
        (blocking(election(2, 0)), 29_805),
        (election(1, 1), 1),
        (commit(1, 0, Driver::Blocking), 44_397),
        (pair(election(2, 1)), 1),
        (pair(commit(1, 1, Driver::Blocking)), 1),
    ];
    for (model, floor) in models {
        let space = space_of(model, FREELY);
        assert!(space.states().1 >= floor);
        assert_eq!(space.search(), None);
    }
}

/// The steady worlds are the same whether or not the free one leaves out what can never again do anything.
#[test]
fn what_is_left_out_before_does_not_matter_after() {
    for model in [blocking(election(1, 0)), pair(election(1, 0)), pair(commit(1, 0, Driver::Blocking))] {
        let (fewer, all) = (space_of(model.clone(), FREELY), space_of(model, Reductions::NONE));
        assert_eq!(fewer.states().1, all.states().1);
        assert!(fewer.states().0 < all.states().0);
    }
}

fn lasso_without(rule: Rule, model: Model) -> Told {
    let space = space_of(without(&[rule], model), FREELY);
    let lasso = space.search().unwrap_or_else(|| panic!("{rule} is not missed"));
    let told = space.tell(&lasso);
    let run = space.record(&told).unwrap_or_else(|error| panic!("{rule}: {error}"));
    assert_eq!(run.choices.len(), told.choices.len(), "every step changes something");
    assert!(run.replay().unwrap().broken.is_none());
    println!("{rule}: {told}");
    told
}

#[test]
fn a_node_that_does_not_heed_refusals_asks_in_vain_for_ever() {
    let told = lasso_without(Rule::RefusalsAreHeeded, pair(election(1, 0)));
    assert!(told.cycle < told.choices.len());
    assert!(told.choices[told.cycle..].iter().any(|choice| choice.to_string().contains("refused")));
}

#[test]
fn a_node_that_is_behind_is_put_off_for_ever_by_a_hard_preference() {
    let told = lasso_without(Rule::PreferenceIsSoft, pair(commit(1, 0, Driver::Blocking)));
    assert!(told.choices[told.cycle..].iter().any(|choice| choice.to_string().contains("pre-later")));
}

#[test]
fn what_would_make_cycles_of_what_are_none_is_refused() {
    let refused = |world: World| Space::new(&world).err();
    let small = || World::new(blocking(election(1, 0))).unwrap();
    assert_eq!(refused(small()), Some(Refusal::Reduced), "symmetry");
    assert_eq!(refused(small().reduced_by(Reductions::RASH)), Some(Refusal::Reduced));
    assert_eq!(refused(small().reduced_by(FREELY)), None);
    let mut counted = election(1, 0);
    counted.scope.network = Network::Counted;
    assert_eq!(refused(World::new(counted).unwrap().reduced_by(FREELY)), Some(Refusal::Counted));
    let mut clocks = election(1, 0);
    clocks.scope.rates = Some([1, 1]);
    assert_eq!(refused(World::new(clocks).unwrap().reduced_by(FREELY)), Some(Refusal::Clocks));
}
