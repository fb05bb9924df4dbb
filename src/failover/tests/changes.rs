//! Configurations on their way: who keeps which, who finishes a change, and what a change does besides.

use super::*;
use crate::config::{Config, ConfigId, Settings};

/// Every one of the three has to vote.
fn unanimous() -> Settings {
    Settings::new(Draft { votes: Quorum::every(NodeSet::first(3)), ..three() }).unwrap()
}

/// The configuration of epoch 1 with this version.
fn published(version: u32) -> Arc<Config> {
    Arc::new(Config { id: ConfigId { epoch: epoch(1), version }, settings: unanimous(), next: None })
}

fn install(lab: &mut Lab, id: u8, version: u32) {
    let body = Body::Install { config: published(version) };
    lab.step(id, Input::Message { from: node(0), message: Message { epoch: epoch(1), body } });
}

/// Whom `id` follows, and by which configuration.
fn follows(lab: &Lab, id: usize) -> (Option<NodeId>, &Arc<Config>) {
    let node = &lab.machines[id].node;
    (node.primary(), &node.hard().config)
}

/// What `id` has said of configurations.
fn said(lab: &mut Lab, id: u8) -> Vec<Body<u8>> {
    let said =
        lab.wire.iter().filter(|(from, _, _)| *from == node(id)).map(|(_, _, message)| message.body.clone());
    let said = said.filter(|body| matches!(body, Body::Installed { .. } | Body::Refused { .. })).collect();
    lab.cut();
    said
}

#[test]
fn a_newer_configuration_is_kept_and_confirmed_when_it_is_on_disk_and_an_older_one_is_refused() {
    let mut lab = Lab::new(setup(), three());
    install(&mut lab, 1, 3);
    assert_eq!((said(&mut lab, 1), follows(&lab, 1)), (vec![], (Some(node(0)), &published(3))));
    lab.flush(1);
    assert_eq!(lab.at(1).image.hard.config, published(3));
    let confirmed = || vec![Body::Installed { id: published(3).id }];
    assert_eq!(said(&mut lab, 1), confirmed());
    // Again is as good as once, and writes nothing.
    install(&mut lab, 1, 3);
    assert_eq!((said(&mut lab, 1), lab.at(1).flushing.len()), (confirmed(), 0));
    install(&mut lab, 1, 2);
    let refused = Body::Refused { reason: Refusal::OldConfig, config: Some(published(3)) };
    assert_eq!(said(&mut lab, 1), [refused]);
    assert_eq!(follows(&lab, 1), (Some(node(0)), &published(3)));
}

/// n1 is told of it by who refuses its vote.
#[test]
fn a_campaign_under_an_older_configuration_is_given_up_and_a_primary_keeps_its_own() {
    let refuse = |lab: &mut Lab, id: u8| {
        let epoch = lab.at(id).node.epoch();
        let body = Body::Refused { reason: Refusal::OldConfig, config: Some(published(3)) };
        lab.step(id, Input::Message { from: node(2), message: Message { epoch, body } });
    };
    let mut lab = Lab::new(setup(), three());
    lab.loses = |_, _, _| true;
    lab.stand(1);
    assert_eq!(lab.at(1).node.role(), "candidate");
    refuse(&mut lab, 1);
    assert_eq!((lab.at(1).node.role(), follows(&lab, 1)), ("follower", (None, &published(3))));
    // A follower stays with its primary.
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    refuse(&mut lab, 1);
    assert_eq!(follows(&lab, 1), (Some(node(0)), &published(3)));
    let before = lab.at(0).node.clone();
    refuse(&mut lab, 0);
    assert_eq!(lab.at(0).node, before);
}

#[test]
fn a_successor_finishes_the_change_that_it_finds() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.loses = |from, _, body| from == node(1) && matches!(body, Body::Installed { .. });
    let votes = Quorum::All(vec![Quorum::majority(NodeSet::first(3)), Quorum::every(NodeSet::one(node(1)))]);
    let target = Settings::new(Draft { votes, ..three() }).unwrap();
    lab.request(0, Request::Change(target.clone().into()));
    lab.settle();
    let config = |lab: &Lab, id: usize| lab.machines[id].node.hard().config.clone();
    assert!((0..3).all(|id| config(&lab, id).next.as_deref() == Some(&target)), "all know of it");
    lab.loses = |from, to, _| from == node(0) || to == node(0);
    lab.pass(101);
    lab.stand(1);
    assert!(lab.at(1).node.is_serving());
    for id in [1, 2] {
        assert_eq!((&config(&lab, id).settings, &config(&lab, id).next), (&target, &None), "n{id}");
    }
}

#[test]
fn who_publishes_says_who_has_it_and_refuses_another_change() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    assert_eq!(lab.at(0).node.publishing(), None);
    lab.loses = |from, _, _| from == node(2);
    lab.request(0, Request::Change(unanimous().into()));
    assert_eq!(lab.at(0).node.publishing(), Some(NodeSet::EMPTY));
    lab.settle();
    assert_eq!(lab.at(0).node.publishing(), Some(NodeSet::first(2)), "n2 is missing");
    lab.request(0, Request::Change(unanimous().into()));
    lab.request(0, Request::Switchover { to: node(1) });
    assert_eq!(lab.at(0).refused, [Refused::Changing; 2]);
    lab.loses = |_, _, _| false;
    lab.tick(25);
    assert_eq!((lab.at(0).node.publishing(), &lab.at(0).node.hard().config.settings), (None, &unanimous()));
}

/// n3 comes with the change: it is sent the log from then on, not only with the next beat.
#[test]
fn a_newcomer_is_sent_the_log_with_the_configuration_that_names_it() {
    let mut lab = Lab::new(setup(), three());
    lab.stand(0);
    lab.request(0, Request::Write(1.into()));
    lab.settle();
    let target = Settings::new(Draft::majority(NodeSet::first(4))).unwrap();
    lab.request(0, Request::Change(target.into()));
    let to_newcomer = lab.wire.iter().filter(|(_, to, _)| *to == node(3));
    let kinds: Vec<_> = to_newcomer.map(|(_, _, message)| message.body.kind()).collect();
    assert_eq!(kinds, ["install", "append"]);
}

/// Acks by all three, or by n0 alone when that takes too long. The acknowledgements of n2 are lost.
#[test]
fn who_is_degraded_strengthens_when_the_strong_family_holds_everything_again() {
    let mut lab = Lab::new(setup(), all_or_n0());
    lab.stand(0);
    lab.loses = |from, _, body| from == node(2) && matches!(body, Body::Ack { .. });
    lab.request(0, Request::Write(1.into()));
    let mode = |lab: &Lab| lab.machines[0].node.hard().config.newest().mode();
    for _ in 0..2 {
        assert_eq!(mode(&lab), Mode::Strong);
        lab.tick(20);
    }
    assert_eq!((mode(&lab), lab.at(0).node.committed()), (Mode::Degraded, 1));
    lab.tick(20);
    assert_eq!(mode(&lab), Mode::Degraded, "n2 does not hold it, as far as n0 knows");
    // The next beat repeats what was not acknowledged.
    lab.loses = |_, _, _| false;
    lab.tick(25);
    assert_eq!(mode(&lab), Mode::Strong);
    let told: Vec<_> = lab
        .at(0)
        .told
        .iter()
        .filter(|event| matches!(event, Event::Degraded { .. } | Event::Strengthened { .. }))
        .collect();
    let at = |len| crate::id::Position { epoch: epoch(1), len };
    assert_eq!(told, [&Event::Degraded { since: at(1) }, &Event::Strengthened { at: at(1) }]);
}
