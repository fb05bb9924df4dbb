//! The algebra against brute force over all subsets, and drawn for a reader.

extern crate std;

use super::*;
use crate::id::{NodeId, NodeMap, NodeSet};
use alloc::{format, string::String, vec, vec::Vec};
use core::fmt::Write as _;
use proptest::prelude::*;

fn set(nodes: &[u8]) -> NodeSet {
    nodes.iter().map(|i| NodeId::new(*i).unwrap()).collect()
}

fn any(need: u8, nodes: &[u8]) -> Quorum {
    Quorum::Any { need, of: set(nodes) }
}

fn weights(need: u32, of: &[u32]) -> Quorum {
    let of: NodeMap<u32> =
        of.iter().enumerate().map(|(i, weight)| (NodeId::new(i as u8).unwrap(), *weight)).collect();
    Quorum::Weight { need, of }
}

/// A system of every shape over up to seven nodes: every `any k of n`, zones of every size, weights, and
/// nested combinations.
fn systems() -> Vec<Quorum> {
    let mut all = Vec::new();
    for n in 1..=7_u8 {
        for k in 1..=n {
            all.push(Quorum::Any { need: k, of: NodeSet::first(n) });
        }
    }
    for zones in [
        vec![any(1, &[0, 1]), any(1, &[2, 3]), any(1, &[4, 5])],
        vec![any(2, &[0, 1, 2]), any(2, &[3, 4, 5]), any(1, &[6])],
        vec![any(1, &[0, 1]), any(1, &[1, 2]), any(1, &[2, 0])],
        vec![any(1, &[0]), any(1, &[1, 2, 3])],
    ] {
        for need in 1..=zones.len() as u8 {
            all.push(Quorum::Zones { need, of: zones.clone() });
        }
        all.push(Quorum::All(zones.clone()));
        all.push(Quorum::Or(zones));
    }
    for need in 1..=7 {
        all.push(weights(need, &[3, 2, 1, 1]));
        all.push(weights(need, &[1, 0, 2, 5, 1, 1, 4]));
    }
    all.push(Quorum::All(vec![any(1, &[0]), Quorum::Or(vec![any(2, &[1, 2, 3]), any(1, &[4])])]));
    all.push(Quorum::Or(vec![Quorum::All(vec![any(1, &[0, 1]), any(1, &[2, 3])]), any(3, &[4, 5, 6])]));
    all
}

#[test]
fn recovery_is_intersection_with_every_ack_set() {
    let mut compared = 0_u32;
    for quorum in systems() {
        let acks = Acks::new(quorum.clone()).unwrap();
        let universe = NodeSet::first(7);
        let ack_sets: Vec<NodeSet> = universe.subsets().filter(|x| quorum.holds(*x)).collect();
        for reached in universe.subsets() {
            let brute = ack_sets.iter().all(|x| !x.and(reached).is_empty());
            assert_eq!(acks.recovers(reached), brute, "{quorum}: reached {reached}");
            compared += 1;
        }
    }
    assert!(compared > 7_000, "only {compared} subsets were compared");
}

#[test]
fn votes_are_accepted_iff_brute_force_finds_no_disjoint_pair() {
    let (mut accepted, mut refused) = (0, 0);
    for quorum in systems() {
        let winning: Vec<NodeSet> = quorum.nodes().subsets().filter(|x| quorum.holds(*x)).collect();
        let disjoint = winning.iter().any(|x| winning.iter().any(|y| x.and(*y).is_empty()));
        match Votes::new(quorum.clone()) {
            Ok(_) => {
                assert!(!disjoint, "{quorum} was accepted");
                accepted += 1;
            }
            Err(QuorumError::Disjoint { one, other }) => {
                assert!(disjoint, "{quorum} was refused");
                assert!(one.and(other).is_empty() && quorum.holds(one) && quorum.holds(other), "{quorum}");
                refused += 1;
            }
            Err(error) => panic!("{quorum}: {error}"),
        }
    }
    assert!(accepted > 20 && refused > 20, "{accepted} accepted, {refused} refused");
}

#[test]
fn every_expression_is_monotone_and_its_minimal_sets_generate_it() {
    for quorum in systems() {
        let minimal = quorum.minimal_sets();
        for subset in quorum.nodes().subsets() {
            let holds = quorum.holds(subset);
            for node in quorum.nodes().iter() {
                assert!(
                    !holds || quorum.holds(subset.union(NodeSet::one(node))),
                    "{quorum}: {subset} + {node}"
                );
            }
            assert_eq!(holds, minimal.iter().any(|m| m.within(subset)), "{quorum}: {subset}");
        }
    }
}

/// Any expression over seven nodes, nested as deep as is allowed, satisfiable or not.
fn expressions() -> impl Strategy<Value = Quorum> {
    let set = || (0_u64..128).prop_map(NodeSet::from_bits);
    let weights = prop::collection::vec(0_u32..6, 0..=7);
    let leaf = prop_oneof![
        (0_u8..8, set()).prop_map(|(need, of)| Quorum::Any { need, of }),
        (0_u32..20, weights).prop_map(|(need, of)| super::tests::weights(need, &of)),
        set().prop_map(Quorum::majority),
        set().prop_map(Quorum::every),
    ];
    leaf.prop_recursive(3, 20, 4, |part| {
        let parts = || prop::collection::vec(part.clone(), 0..4);
        prop_oneof![
            (0_u8..5, parts()).prop_map(|(need, of)| Quorum::Zones { need, of }),
            parts().prop_map(Quorum::All),
            parts().prop_map(Quorum::Or),
        ]
    })
}

/// What the expression means, said another way: by counting, node after node.
fn means(quorum: &Quorum, set: NodeSet) -> bool {
    let members = |of: NodeSet| (0..7).filter(|i| of.and(set).contains(NodeId::new(*i).unwrap())).count();
    let true_parts = |of: &[Quorum]| of.iter().map(|part| usize::from(means(part, set))).sum::<usize>();
    match quorum {
        Quorum::Any { need, of } => members(*of) >= usize::from(*need),
        Quorum::Weight { need, of } => {
            let mut missing = *need;
            for (node, weight) in of.iter() {
                missing = missing.saturating_sub(weight * u32::from(set.contains(node)));
            }
            missing == 0
        }
        Quorum::Zones { need, of } => true_parts(of) >= usize::from(*need),
        Quorum::All(of) => true_parts(of) == of.len(),
        Quorum::Or(of) => true_parts(of) > 0,
    }
}

proptest! {
    /// Meaning, monotony, recovery and intersection of random expressions, each against every subset.
    #[test]
    fn random_expressions_agree_with_brute_force(quorum in expressions()) {
        let all = NodeSet::first(7);
        let holding: Vec<NodeSet> = all.subsets().filter(|set| quorum.holds(*set)).collect();
        for set in all.subsets() {
            prop_assert_eq!(quorum.holds(set), means(&quorum, set), "{} on {}", quorum, set);
            let grown = all.iter().all(|node| quorum.holds(set.union(NodeSet::one(node))));
            prop_assert!(!quorum.holds(set) || grown, "{} is not monotone at {}", quorum, set);
        }
        match Acks::new(quorum.clone()) {
            Ok(acks) => for reached in all.subsets() {
                let meets_all = holding.iter().all(|acked| !acked.and(reached).is_empty());
                prop_assert_eq!(acks.recovers(reached), meets_all, "{} reached {}", quorum, reached);
            },
            Err(QuorumError::Unsatisfiable { .. }) => prop_assert!(holding.is_empty()),
            Err(QuorumError::Trivial) => prop_assert!(holding.contains(&NodeSet::EMPTY)),
            Err(QuorumError::TooComplex) => prop_assert!(quorum.size().0 > 64 || quorum.size().1 > 4),
            Err(error @ (QuorumError::Disjoint { .. } | QuorumError::TooManyNodes { .. })) => {
                prop_assert!(false, "{} for {}", error, quorum);
            }
        }
        let meet = |one: &NodeSet| holding.iter().all(|other| !one.and(*other).is_empty());
        let intersects = holding.iter().all(meet);
        let votes = Votes::new(quorum.clone());
        prop_assert_eq!(votes.is_ok(), Acks::new(quorum.clone()).is_ok() && intersects, "{}", quorum);
    }
}

#[test]
fn impossible_expressions_are_refused_with_a_reason_and_a_mend() {
    let deep = Quorum::All(vec![Quorum::All(vec![Quorum::All(vec![Quorum::All(vec![any(1, &[0])])])])]);
    let wide = Quorum::Or((0..65).map(|_| any(1, &[0])).collect());
    let many = Quorum::All(vec![Quorum::majority(NodeSet::first(17))]);
    let cases = [
        (any(4, &[0, 1, 2]), QuorumError::Unsatisfiable { nodes: set(&[0, 1, 2]) }),
        (any(0, &[0, 1, 2]), QuorumError::Trivial),
        (Quorum::All(vec![]), QuorumError::Trivial),
        (Quorum::Or(vec![]), QuorumError::Unsatisfiable { nodes: NodeSet::EMPTY }),
        (weights(0, &[1]), QuorumError::Trivial),
        (any(1, &[0, 1]), QuorumError::Disjoint { one: set(&[0]), other: set(&[1]) }),
        (deep, QuorumError::TooComplex),
        (wide, QuorumError::TooComplex),
        (many, QuorumError::TooManyNodes { nodes: 17 }),
    ];
    for (quorum, expected) in cases {
        assert_eq!(Votes::new(quorum.clone()), Err(expected), "{quorum}");
        assert!(!expected.mend().is_empty() && !format!("{expected}").is_empty());
    }
    // At the limits, not beyond them.
    let deep = Quorum::All(vec![Quorum::All(vec![Quorum::All(vec![any(1, &[0])])])]);
    let wide = Quorum::Or((0..63).map(|_| any(1, &[0])).collect());
    let many = Quorum::All(vec![Quorum::majority(NodeSet::first(16))]);
    assert_eq!((wide.size(), deep.size()), ((64, 2), (4, 4)));
    for quorum in [deep, wide, many] {
        assert!(Votes::new(quorum.clone()).is_ok(), "{quorum}");
    }
    // A weight that would overflow 32 bits is summed in 64.
    assert!(weights(u32::MAX, &[u32::MAX, u32::MAX]).holds(set(&[0, 1])));
    // Large clusters are fine with the closed form.
    assert!(Votes::new(Quorum::majority(NodeSet::first(64))).is_ok());
}

/// One line per subset: the nodes as a picture, then what the subset can do.
fn table(title: &str, votes: Option<&Quorum>, acks: &Quorum) -> String {
    let acks = Acks::new(acks.clone()).unwrap();
    let votes = votes.map(|quorum| Votes::new(quorum.clone()).unwrap());
    let nodes = votes.as_ref().map_or(NodeSet::EMPTY, Votes::nodes).union(acks.nodes());
    let mut subsets: Vec<NodeSet> = nodes.subsets().collect();
    subsets.sort_by_key(|s| (s.len(), s.bits().reverse_bits()));
    subsets.reverse();
    let mut text = format!("{title}\n");
    if let Some(votes) = &votes {
        writeln!(text, "  votes  {votes}").unwrap();
    }
    writeln!(text, "  acks   {acks}\n").unwrap();
    for subset in subsets {
        let row: String = nodes.iter().map(|n| if subset.contains(n) { 'x' } else { '·' }).collect();
        let mark = |yes: bool, word: &'static str| if yes { word } else { "" };
        let line = format!(
            "  {row}  {:<6}{:<6}{}",
            mark(votes.as_ref().is_some_and(|v| v.holds(subset)), "wins"),
            mark(acks.holds(subset), "acks"),
            mark(acks.recovers(subset), "recovers"),
        );
        text += line.trim_end();
        text += "\n";
    }
    text + "\n"
}

/// The tables of `tables.txt`, which a reviewer reads. `QUORATE_BLESS=1 cargo test -p quorate drawn` rewrites it.
#[test]
fn drawn_tables_are_as_reviewed() {
    let three = set(&[0, 1, 2]);
    let zones = Quorum::Zones { need: 2, of: vec![any(1, &[0, 1]), any(1, &[2, 3]), any(1, &[4])] };
    let text = [
        table(
            "a majority of three, for votes and for acks",
            Some(&Quorum::majority(three)),
            &any(2, &[0, 1, 2]),
        ),
        table(
            "two data nodes and a witness (n2 votes, keeps nothing)",
            Some(&Quorum::majority(three)),
            &any(2, &[0, 1]),
        ),
        table(
            "n0 alone acknowledges: the others never recover without it",
            Some(&Quorum::majority(three)),
            &any(1, &[0]),
        ),
        table(
            "any one of three acknowledges: recovery needs all three",
            Some(&Quorum::majority(three)),
            &any(1, &[0, 1, 2]),
        ),
        table("4 of 6 acknowledge, so 3 recover", None, &any(4, &[0, 1, 2, 3, 4, 5])),
        table(
            "a copy in two of the zones {n0 n1} {n2 n3} {n4}",
            Some(&Quorum::majority(NodeSet::first(5))),
            &zones,
        ),
    ]
    .concat();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/quorum/tables.txt");
    if std::env::var_os("QUORATE_BLESS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let reviewed = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(text, reviewed, "the drawn tables changed; review them with QUORATE_BLESS=1 and git diff");
}
