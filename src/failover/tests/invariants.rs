//! Every invariant of a node, broken by hand: the check has to say which.

use super::*;
use crate::config::ConfigId;
use crate::failover::node::{Campaign, Role};

type Break = (&'static str, fn(&mut Node<u8>));

/// n0 serves epoch 1 with two committed entries, the first of them compacted; n1 follows; n2 stands in epoch 2.
fn lab() -> Lab {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.request(0, Request::Write(vec![1, 2].into()));
    lab.settle();
    lab.request(0, Request::Compact { base: 1 });
    lab.loses = |_, _, _| true;
    lab.stand(2);
    let roles = [0, 1, 2].map(|id| lab.machines[id].node.role());
    assert_eq!(roles, ["primary", "follower", "candidate"]);
    lab
}

fn check_says(id: u8, breaks: &[Break]) {
    let whole = lab().at(id).node.clone();
    assert_eq!(whole.check(), Ok(()));
    for (clause, act) in breaks {
        let mut broken = whole.clone();
        act(&mut broken);
        assert_eq!(broken.check(), Err(Violation { node: node(id), clause }));
    }
}

fn primary(node: &mut Node<u8>) -> &mut crate::failover::primary::Primary {
    match &mut node.role {
        Role::Primary(primary) => primary,
        other => panic!("{other:?}"),
    }
}

fn campaign(node: &mut Node<u8>) -> &mut Campaign {
    match &mut node.role {
        Role::Candidate(campaign) => campaign,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_check_names_what_is_broken_in_any_node() {
    check_says(
        1,
        &[
            ("nothing held waits for a record that was never written", |n| {
                let never = Seq::new(n.outbox.issued().number() + 1);
                n.say(node(0), Body::Ack { len: 0 }, never);
            }),
            ("the log is of no newer epoch than the node", |n| n.hard.ballot.epoch = Epoch::ZERO),
            ("what is committed is in the log", |n| n.committed = 3),
            ("the configuration is of no newer epoch than the node", |n| {
                let id = ConfigId { epoch: epoch(2), version: 0 };
                n.hard.config = Arc::new(Config { id, ..(*n.hard.config).clone() });
            }),
            ("what was served is not newer than the node", |n| n.served = epoch(2)),
            ("a follower does not follow itself", |n| {
                n.role =
                    Role::Follower(crate::election::Follower { primary: Some(n.id), ..Default::default() });
            }),
        ],
    );
}

#[test]
fn the_check_names_what_is_broken_in_a_candidate() {
    check_says(
        2,
        &[
            ("a candidate voted for itself", |n| n.hard.ballot.vote = Some(node(0))),
            ("a candidate has not won yet", |n| campaign(n).candidate.votes = NodeSet::first(2)),
        ],
    );
}

#[test]
fn the_check_names_what_is_broken_in_a_primary() {
    check_says(
        0,
        &[
            ("only what is committed is compacted", |n| n.committed = 0),
            ("a primary voted for itself", |n| n.hard.ballot.vote = None),
            ("a primary's log ends in its own epoch", |n| n.hard.ballot.epoch = epoch(2)),
            ("an epoch starts within the log", |n| primary(n).replication.start = 3),
            ("who serves has committed its start", |n| {
                n.committed = 1;
                primary(n).replication.start = 2;
            }),
        ],
    );
}
