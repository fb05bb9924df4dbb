//! Changes of the configuration by induction, and what the parts of the failover node take from each other.

use quorate::commit::Promise;
use quorate::config::ConfigId;
use quorate::disk::Image;
use quorate::failover::{Beat, Body, Message, Node};
use quorate::id::{Epoch, NodeSet};
use quorate::rule::{self, Rule, RuleSet};
use quorate::time::Span;
use quorate_models::induct::closure::{Class, Closure};
use quorate_models::induct::compose::{
    self, Face, Step, Test, broken_alone, broken_step, broken_together, explore, whole,
};
use quorate_models::induct::config::{self, Changes, Kind, Own, Scope};
use quorate_models::induct::elect::Led;
use quorate_models::induct::product::{self, Clauses, Judge};
use quorate_models::induct::sample::Effort;
use quorate_models::induct::{Cti, Report, ScopeError, lease};
use quorate_models::kills::kill_of;
use quorate_models::world::{Act, Caused, Envelope, Local, MAX_NODES, NOW, Shared, Wire, World, node};
use std::collections::BTreeSet;
use std::sync::Arc;

const SMALL: Scope = Scope { nodes: 3, epochs: 2, kind: Kind::Swap, back: false, pipelined: false };

/// More machines than any node of these scopes has.
const MACHINES: usize = 250_000;

fn without(rule: Rule) -> RuleSet {
    RuleSet::NONE.with(rule)
}

fn proved(report: &Report) {
    if let Some(cti) = &report.counterexample {
        panic!("{}\n{cti}", report.scope);
    }
    assert!(report.is_proved(), "{report:?}");
}

// ---- configurations ------------------------------------------------------------------------------------

#[test]
fn changes_of_voters_are_inductive() {
    for (scope, states) in [
        (Scope { kind: Kind::Add, ..SMALL }, 5_249),
        (Scope { kind: Kind::Remove, ..SMALL }, 38_705),
        (SMALL, 7_207),
        (Scope { back: true, ..SMALL }, 14_097),
        (Scope { kind: Kind::Add, nodes: 4, ..SMALL }, 262_271),
    ] {
        let report = config::prove(scope, RuleSet::NONE).unwrap();
        proved(&report);
        assert_eq!(report.states, states, "{report:?}");
    }
}

/// What each clause is there for: which others hold only because it does. What falls first without one is another
/// clause, or what the proof is for.
#[test]
fn every_clause_about_changes_is_needed_or_said_not_to_be() {
    // Consequences of the others where two epochs are all there is: nothing else falls without them.
    let consequences = [
        "candidates-vote-first",
        "a-tenure-is-one-life",
        "candidates-know-the-newest",
        "publishers-won",
        "finished-configurations-are-known",
    ];
    let mut needed = BTreeSet::new();
    let mut names = Vec::new();
    for kind in [Kind::Add, Kind::Swap] {
        // Nothing is left out early: that is done in the name of two of the clauses.
        let changes = Changes::new(Scope { kind, ..SMALL }, RuleSet::NONE).unwrap().unhurried();
        let closure = Closure::of(&changes, MACHINES).unwrap();
        let all = || Clauses::of(&changes);
        names = all().names();
        let falls = |name: &&str| product::induct(&changes, &closure, all().without(name)).1.is_some();
        needed.extend(names.iter().copied().filter(falls));
    }
    names.retain(|name| !needed.contains(name));
    assert_eq!(names, consequences);
}

/// Combinations that are left out early are those that a clause leaves out.
#[test]
fn what_is_left_out_early_changes_nothing() {
    let changes = |hurries: bool| {
        let changes = Changes::new(SMALL, RuleSet::NONE).unwrap();
        if hurries { changes } else { changes.unhurried() }
    };
    let closure = Closure::of(&changes(true), MACHINES).unwrap();
    let tally = |changes: &Changes| product::induct(changes, &closure, Clauses::of(changes));
    let (hurried, all) = (tally(&changes(true)), tally(&changes(false)));
    assert_eq!(hurried, all);
    assert_eq!((hurried.0.states, hurried.1), (7_207, None));
}

/// The clauses that no missing rule and no missing clause breaks first, of machines that break them.
#[test]
fn clauses_about_changes_notice_what_they_speak_of() {
    let changes = Changes::new(SMALL, RuleSet::NONE).unwrap();
    let closure = Closure::of(&changes, MACHINES).unwrap();
    let first = &closure.lives[0].machines[0];
    let judge = Judge::new(&changes, Arc::clone(&first.local.disk.hard.config), Clauses::of(&changes));
    // A primary of the first epoch, for whom everybody voted.
    let leads = |class: &&Class<Own>| class.own.leads == Some(1) && class.own.public.published[0].is_none();
    let own = closure.lives[0].classes.iter().find(leads).unwrap().own;
    let mut all = [own.public; MAX_NODES as usize];
    for public in &mut all {
        public.durable[0] = 1;
    }
    let broken = |own: Own| judge.fits(node(0), own, &all).map(|breach| breach.clause);
    assert_eq!(broken(own), None);
    let mut again = own;
    again.led[0] = Led::Before;
    assert_eq!(broken(again), Some("a-tenure-is-one-life"));
    let mut forgetful = own;
    forgetful.public.published[0] = own.memory;
    forgetful.memory = None;
    assert_eq!(broken(forgetful), Some("publishers-won"));
}

/// `quorate induct config` does the same.
#[test]
#[ignore = "half a minute on one core"]
fn changes_of_voters_of_four_nodes_are_inductive() {
    for kind in [Kind::Remove, Kind::Swap] {
        proved(&config::prove(Scope { nodes: 4, kind, ..SMALL }, RuleSet::NONE).unwrap());
    }
}

/// Each rule of a change, where its absence shows, and what breaks.
const KILLS: &[(Rule, &str)] = &[
    (Rule::NewerConfigWins, "voters-follow-the-newest"),
    (Rule::ConfigsOnlyGrow, "configurations-only-grow"),
    (Rule::InstalledAfterDurable, "gates-hold"),
    (Rule::PublicationReachesQuorum, "kept-configurations-exist"),
    (Rule::JointBeforeNew, "kept-configurations-exist"),
    (Rule::ConfirmBeforeBarrier, "settings-are-alone-when-they-hold-all"),
    (Rule::ConfirmBeforeNew, "settings-are-alone-when-they-hold-all"),
    (Rule::BarrierHoldsAll, "settings-are-alone-when-they-hold-all"),
];

#[test]
fn without_a_rule_a_change_is_not_inductive() {
    for (rule, clause) in KILLS {
        let cti = config::hunt(without(*rule)).unwrap();
        let cti = cti.unwrap_or_else(|| panic!("nothing breaks without {rule}"));
        assert_eq!(cti.breach.clause, *clause, "{rule}:\n{cti}");
        assert!(!cti.before.is_empty() && cti.before != cti.after, "{rule}:\n{cti}");
    }
}

#[test]
fn random_states_of_larger_changes_stay_inside_the_invariant() {
    let effort = Effort { machines: 1_000, states: 2_000, ..Effort::SECONDS };
    for (nodes, epochs) in [(5, 3), (7, 5)] {
        let scope = Scope { nodes, epochs, back: true, ..SMALL };
        let report = config::sample(scope, RuleSet::NONE, effort).unwrap();
        assert!(report.counterexample.is_none(), "{}", report.counterexample.unwrap());
        assert!(report.states == effort.states && report.steps > 50_000 && !report.is_proved(), "{report:?}");
    }
}

#[test]
fn a_sample_of_changes_notices_missing_rules() {
    for (rule, clause) in [
        (Rule::OneVotePerEpoch, "votes-on-the-way-are-durable"),
        (Rule::BeatKeepsVote, "candidates-vote-first"),
        (Rule::NewerConfigWins, "votes-go-to-who-is-not-behind"),
        (Rule::PublicationReachesQuorum, "settings-are-alone-when-they-hold-all"),
        (Rule::JointBeforeNew, "kept-configurations-exist"),
    ] {
        let scope = Scope { nodes: 5, epochs: 3, back: true, ..SMALL };
        let report = config::sample(scope, without(rule), Effort::SECONDS).unwrap();
        let cti = report.counterexample.unwrap_or_else(|| panic!("nothing breaks without {rule}"));
        assert_eq!(cti.breach.clause, clause, "{rule}:\n{cti}");
    }
}

#[test]
fn a_change_that_is_too_large_is_refused_with_an_estimate() {
    let error = config::prove(Scope { nodes: 7, epochs: 5, ..SMALL }, RuleSet::NONE).unwrap_err();
    assert!(matches!(error, ScopeError::TooLarge { .. }), "{error}");
    let error = config::prove(Scope { nodes: 2, ..SMALL }, RuleSet::NONE).unwrap_err();
    assert_eq!(error.to_string(), "nodes: 2 is out of range; give 3 to 7");
}

// ---- what the parts take from each other ---------------------------------------------------------------

#[test]
fn every_fact_is_kept_by_one_part_and_taken_by_another() {
    for fact in compose::FACTS {
        assert!(!fact.of.is_empty() && !fact.of.contains(&fact.by), "{fact:?}");
    }
    let of_states = compose::FACTS.iter().filter(|fact| !matches!(fact.test, Test::Step(_))).count();
    assert!(of_states >= 4 && compose::FACTS.len() - of_states >= 8);
}

/// Every machine of composed nodes, whatever the others say.
#[test]
fn every_machine_of_a_composed_node_keeps_the_facts() {
    for scope in whole::Scope::ALL {
        let report = whole::check(scope, RuleSet::NONE).unwrap();
        proved(&report);
        assert!(report.states > 1_000 && report.steps > 100_000, "{report:?}");
    }
}

/// Every reachable state of composed clusters.
#[test]
fn every_state_of_a_composed_cluster_keeps_the_facts() {
    for cluster in explore::Cluster::ALL {
        let report = explore::check(cluster, RuleSet::NONE).unwrap();
        proved(&report);
        assert!(report.states > 9_000 && report.steps > 30_000, "{report:?}");
    }
}

/// Without a rule something is noticed where a part is taken for granted: in a model of all of them.
#[test]
fn without_a_rule_a_composed_cluster_does_not_keep_a_fact() {
    for (rule, fact) in [
        (Rule::VotesFromQuorum, "abstract-election-step"),
        (Rule::OneVotePerEpoch, "abstract-election-step"),
        (Rule::NewerConfigWins, "votes-go-to-who-is-not-behind"),
        (Rule::LeaseFromQuorum, "no-older-lease-is-valid"),
        (Rule::WaitForLeases, "who-is-active-has-waited"),
        (Rule::ReportKeepsObligation, "obligations-end-by-time"),
        (Rule::PromiseIsRecorded, "votes-report-the-log"),
        (Rule::OldAppendsAreRefused, "logs-change-by-their-primary"),
        (Rule::RecoverySetReached, "who-begins-was-promised"),
        (Rule::AckAfterFlush, "acks-are-flushed"),
        (Rule::DegradeIsPublished, "commits-are-held"),
        (Rule::JointBeforeNew, "settings-are-alone-when-they-hold-all"),
    ] {
        let kill = kill_of(rule).unwrap();
        let report = explore::check_model(kill.model(), rule.name()).unwrap();
        let cti = report.counterexample.unwrap_or_else(|| panic!("nothing breaks without {rule}"));
        assert_eq!(cti.breach.clause, fact, "{rule}:\n{cti}");
    }
}

/// And in the clusters that are searched anyway.
#[test]
fn without_a_rule_a_bundled_cluster_does_not_keep_a_fact() {
    for (rule, cluster) in [
        (Rule::LeaseFromQuorum, explore::Cluster::Leased),
        (Rule::LeaseFromSend, explore::Cluster::Leased),
        (Rule::HoldIsStrict, explore::Cluster::Leased),
        (Rule::OwnGrantCounts, explore::Cluster::Leased),
        (Rule::WaitFromReceipt, explore::Cluster::Leased),
        (Rule::WaitForLeases, explore::Cluster::Leased),
        (Rule::PromiseIsRecorded, explore::Cluster::Witness),
    ] {
        let report = explore::check(cluster, without(rule)).unwrap();
        assert!(report.counterexample.is_some(), "nothing breaks without {rule}: {report:?}");
    }
}

/// The same where they are kept: in the inductions, besides the clause that breaks.
#[test]
fn without_a_rule_the_part_that_keeps_a_fact_does_not() {
    let unkept = |cti: Option<Cti>| cti.map(|cti| cti.breach.clause);
    let off = without(Rule::NewerConfigWins);
    let changes = config::Changes::new(SMALL, off).unwrap();
    let closure = rule::without(off, || Closure::of(&changes, 50_000)).unwrap();
    assert_eq!(unkept(closure.unkept), Some("votes-go-to-who-is-not-behind"));
    let off = without(Rule::WaitForLeases);
    let scope = lease::Scope { nodes: 2, epochs: 2, hold: 1, grant: 2, rates: [1, 2] };
    let leases = lease::Leases::new(scope, off).unwrap();
    let closure = rule::without(off, || Closure::of(&leases, 50_000)).unwrap();
    assert_eq!(unkept(closure.unkept), Some("who-is-active-has-waited"));
}

// ---- facts about machines, by hand ---------------------------------------------------------------------

fn face(index: usize, votes: &[u8]) -> Face {
    let mut durable = [0; 7];
    durable[..votes.len()].copy_from_slice(votes);
    Face::voted(node(index), &durable)
}

fn leading(mut face: Face, epoch: u8) -> Face {
    face.leads = Some(epoch);
    face
}

fn counting(mut face: Face, epoch: u8) -> Face {
    face.stands = Some((epoch, NodeSet::first(2)));
    face
}

#[test]
fn facts_about_machines_notice_what_they_speak_of() {
    let broken = |one: &Face, other: &Face| broken_together(one, other).map(|breach| breach.clause);
    let [one, other] = [face(0, &[1, 1]), face(1, &[1, 2])];
    assert_eq!(broken(&one, &other), None);
    assert_eq!(broken(&leading(one, 2), &leading(other, 2)), Some("an-epoch-has-one-primary"));
    assert_eq!(broken(&counting(one, 1), &other), None);
    assert_eq!(broken(&counting(one, 2), &other), Some("votes-that-count-are-backed"));
    let (mut leased, mut active) = (leading(one, 1), leading(other, 2));
    (leased.leased, active.active) = (true, true);
    assert_eq!(broken(&leased, &active), Some("no-older-lease-is-valid"));
    assert_eq!(broken(&active, &leased), None);
    assert_eq!(broken_alone(&leading(one, 2)), None);
    let alone = broken_alone(&leading(other, 1)).map(|breach| breach.clause);
    assert_eq!(alone, Some("who-leads-backs-itself"));
}

/// A granter of the smallest lease votes: what it says of itself is not doctored unnoticed.
#[test]
fn a_vote_that_says_too_little_is_noticed() {
    let world = World::new(explore::Cluster::Leased.model()).unwrap();
    let id = node(1);
    let lease = Span::new(2);
    let mut local = world.initial().machine(id).clone();
    let mut deliver = |epoch: u64, body: Body<u8>| {
        let before = local.clone();
        let message = Message { epoch: Epoch::from_number(epoch), body };
        let act = Act::Deliver(node(0), Wire::Node(message));
        let outcome = world.outcome(id, &before, &act).unwrap();
        local = (*outcome.machine).clone();
        (before, act, local.clone(), outcome.sent)
    };
    let beat = Beat { stamp: NOW, lease, round: 0, quorate: false, serving: true };
    deliver(1, Body::Beat(beat));
    let vote = Body::Vote { config: ConfigId::default(), token: None, audit: false };
    let (before, act, after, sent) = deliver(2, vote);
    let judge = |sent: &[Shared<Envelope>]| {
        let step = Step { id, before: &before, act: &act, after: &after, sent };
        broken_step(&step).map(|breach| breach.clause)
    };
    assert_eq!(judge(&sent), None);
    let [granted] = &sent[..] else { panic!("{sent:?}") };
    let Wire::Node(Message { epoch, body: Body::Granted { promise, busy } }) = &granted.wire else {
        panic!("{granted:?}")
    };
    assert_eq!(*busy, Some(lease));
    let say = |promise, busy| {
        let message = Message { epoch: *epoch, body: Body::Granted { promise, busy } };
        vec![Shared::new(Envelope { wire: Wire::Node(message), ..(**granted).clone() })]
    };
    assert_eq!(judge(&say(promise.clone(), Some(Span::new(1)))), Some("votes-report-the-obligation"));
    let longer = Promise { len: promise.len + 1, ..promise.clone() };
    assert_eq!(judge(&say(longer, *busy)), Some("votes-report-the-log"));
}

/// A candidate that is given another configuration gives up; one that would not is noticed.
#[test]
fn a_candidate_that_changes_its_configuration_is_noticed() {
    let world = World::new(explore::Cluster::Changing.model()).unwrap();
    let id = node(0);
    let candidate = |version| {
        let mut config = world.model.config().unwrap();
        config.id.version = version;
        let mut local = Local::new(id, world.setups(), Image::first(config));
        local.act(id, world.setups(), &Act::Tick, true, &mut Caused::default());
        local
    };
    let judge = |before: &Local, after: &Local| {
        let step = Step { id, before, act: &Act::Tick, after, sent: &[] };
        broken_step(&step).map(|breach| breach.clause)
    };
    let [old, new] = [candidate(0), candidate(1)];
    assert_eq!(old.node.as_ref().map(Node::role), Some("candidate"));
    assert_eq!(judge(&old, &old), None);
    assert_eq!(judge(&old, &new), Some("a-campaign-is-of-one-configuration"));
}
