//! A database beside the node: what it shows means something only when it has stopped.

mod words;

use super::*;
use crate::commit::History;
use crate::config::Engine;
use crate::failover::Head;
use crate::id::Position;

/// What n0 asks for when n1, which is primary of epoch 2, has only one entry of its log.
const CUT_BACK: Effect =
    Effect::Rewind { node: NodeId::new(1).unwrap(), epoch: Epoch::from_number(2), keep: 1 };

/// One entry of epoch 1, and the mark of epoch 2.
fn log_of_epoch_2() -> Facts {
    let history = Arc::new(History::new(vec![(epoch(1), 0), (epoch(2), 1)]).unwrap());
    Facts { history, flushed: 1 }
}

/// The databases beside the nodes of a lab, as far as a node can tell.
struct Databases {
    lab: Lab,
    shown: Vec<Facts>,
    primary: [bool; 3],
    /// Whose database does nothing that it is asked for.
    stuck: NodeSet,
}

impl Databases {
    fn new(draft: Draft) -> Self {
        let lab = Lab::new(Setup { engine: Engine::External, ..setup() }, draft);
        let empty = Facts { history: Arc::default(), flushed: 0 };
        let mut all = Self { lab, shown: vec![empty; 3], primary: [false; 3], stuck: NodeSet::EMPTY };
        all.settle();
        all
    }

    /// n0 is elected, promoted and serves in epoch 1.
    fn serving() -> Self {
        Self::serving_with(three())
    }

    /// As [`Databases::serving`], with these settings.
    fn serving_with(draft: Draft) -> Self {
        let mut all = Self::new(draft);
        all.stand(0);
        assert!(all.lab.at(0).node.is_serving() && all.primary[0]);
        all
    }

    /// n0 served in epoch 1 and wrote three entries. n1 is primary of epoch 2 and lacks two of them, so that n0 has
    /// asked its database to cut them off.
    fn told_to_cut_back() -> Self {
        let mut all = Self::serving();
        all.write(0, 3);
        all.append_from_n1();
        while all.lab.at(0).effects.front().is_some_and(|next| matches!(next, Effect::Demote { .. })) {
            all.obey(0);
        }
        assert!(all.lab.at(0).effects.is_empty(), "nothing is followed before it is demoted");
        all.append_from_n1();
        assert_eq!(all.lab.at(0).effects, [CUT_BACK]);
        all
    }

    /// n0 hears from n1, which is primary of epoch 2, what that has.
    fn append_from_n1(&mut self) {
        let Facts { history, flushed: from } = log_of_epoch_2();
        let append = Append::new(Head { history, from, committed: 0 }, vec![].into());
        let message = Message { epoch: epoch(2), body: Body::Append(append) };
        self.lab.step(0, Input::Message { from: node(1), message });
        self.lab.flush(0);
    }

    fn stand(&mut self, id: u8) {
        self.lab.stand(id);
        self.settle();
    }

    /// `id` stands, and only `voter` hears of it.
    fn ask_only(&mut self, id: u8, voter: u8) {
        self.lab.pass(101);
        self.lab.step(id, Input::Tick);
        self.lab.flush(id);
        self.lab.wire.retain(|(_, to, _)| *to == node(voter));
        self.lab.deliver();
        self.lab.flush(voter);
    }

    /// The database of `id` writes to its own log; the others may copy it.
    fn write(&mut self, id: u8, entries: u64) {
        self.shown[usize::from(id)].flushed += entries;
        self.report(id);
    }

    fn report(&mut self, id: u8) {
        let facts = self.shown[usize::from(id)].clone();
        self.lab.step(id, Input::Engine(facts));
    }

    /// Does what is asked for, until nothing is.
    fn settle(&mut self) {
        loop {
            self.lab.settle();
            let idle = |id: &u8| {
                self.stuck.contains(node(*id)) || self.lab.machines[usize::from(*id)].effects.is_empty()
            };
            let Some(id) = (0..3).find(|id| !idle(id)) else { return };
            self.obey(id);
        }
    }

    /// Does what the database of `id` is asked for next.
    fn obey(&mut self, id: u8) -> Effect {
        let effect = self.lab.at(id).effects[0];
        let at = usize::from(id);
        match effect {
            Effect::Demote { .. } => self.primary[at] = false,
            Effect::Promote { epoch, .. } => {
                let mut history = (*self.shown[at].history).clone();
                history.begin(epoch, self.shown[at].flushed);
                self.shown[at].history = Arc::new(history);
                self.primary[at] = true;
            }
            Effect::Rewind { keep, .. } => {
                let history = self.shown[at].history.cut(keep);
                self.shown[at] = Facts { history: Arc::new(history), flushed: keep };
            }
            Effect::Follow { node, .. } => self.shown[at] = self.shown[usize::from(node.index())].clone(),
            Effect::StopReceiving { .. }
            | Effect::SetAcks { .. }
            | Effect::Fence { .. }
            | Effect::Load { .. }
            | Effect::ArmWatchdog { .. }
            | Effect::SendSnapshot { .. }
            | Effect::LoadSnapshot { .. } => {}
        }
        let facts = self.shown[at].clone();
        self.lab.done(id, Some(facts))
    }

    fn asked(&self, id: u8, effect: Effect) -> bool {
        self.lab.machines[usize::from(id)].effects.contains(&effect)
    }

    fn position(&self, id: u8) -> Position {
        let Facts { history, flushed } = &self.shown[usize::from(id)];
        history.position(*flushed)
    }

    fn promises_to(&self, to: u8) -> Vec<u64> {
        let promise = |(_, at, message): &(NodeId, NodeId, Message<u8>)| {
            let (Body::Granted { promise, .. } | Body::Promised { promise }) = &message.body else {
                return None;
            };
            (*at == node(to)).then_some(promise.len)
        };
        self.lab.wire.iter().filter_map(promise).collect()
    }
}

#[test]
fn a_vote_that_was_owed_is_forgotten_with_its_epoch() {
    let mut all = Databases::new(three());
    all.stuck = NodeSet::one(node(1));
    // n1 votes for n0 in epoch 1, but its database does not stop: the vote is owed.
    all.ask_only(0, 1);
    // n1 loses patience and stands in epoch 2. Its database stops now.
    all.lab.pass(100);
    all.lab.step(1, Input::Tick);
    all.lab.flush(1);
    all.lab.cut();
    while !all.lab.at(1).effects.is_empty() {
        all.obey(1);
    }
    // In epoch 2 it voted for itself. Nobody else may hear of a vote in that epoch.
    all.lab.flush(1);
    assert_eq!(all.promises_to(0), [0; 0]);
}

#[test]
fn a_primary_demotes_its_database_however_it_ends() {
    let ends: [fn(&mut Lab); 4] = [
        |lab| lab.request(0, Request::StepDown),
        |lab| {
            // It hears no quorum any more.
            lab.pass(200);
            lab.step(0, Input::Tick);
        },
        |lab| {
            let message = Message { epoch: epoch(9), body: Body::Revoke { audit: false } };
            lab.step(0, Input::Message { from: node(2), message });
        },
        |lab| lab.step(0, Input::StorageFailed),
    ];
    for end in ends {
        let mut all = Databases::serving();
        end(&mut all.lab);
        assert_eq!(all.lab.at(0).node.phase(), None);
        assert!(all.asked(0, Effect::Demote { epoch: epoch(1) }), "{:?}", all.lab.at(0).effects);
    }
}

#[test]
fn a_promise_waits_until_the_database_is_no_primary_and_covers_what_it_wrote_meanwhile() {
    let mut all = Databases::serving();
    all.stuck = NodeSet::one(node(0));
    all.ask_only(1, 0);
    assert_eq!(all.lab.at(0).node.epoch(), epoch(2));
    // The database of n0 is still primary of epoch 1 and goes on writing.
    all.write(0, 3);
    let stop = Effect::StopReceiving { epoch: epoch(2) };
    let facts = Some(all.shown[0].clone());
    all.lab.step(0, Input::EffectDone { effect: stop, ok: true, facts });
    assert_eq!(all.promises_to(1), [0; 0], "it receives nothing, but may still write");
    all.write(0, 1);
    while !all.lab.at(0).effects.is_empty() {
        all.obey(0);
    }
    assert_eq!(all.promises_to(1), [4]);
}

#[test]
fn a_restarted_node_demotes_before_it_promises() {
    let mut all = Databases::serving();
    all.write(0, 2);
    all.lab.restart(0);
    assert!(all.asked(0, Effect::Demote { epoch: epoch(1) }));
    all.stuck = NodeSet::one(node(0));
    all.stand(1);
    assert_eq!(all.promises_to(1), [0; 0]);
    all.stuck = NodeSet::EMPTY;
    all.settle();
    assert!(!all.primary[0] && all.primary[1] && all.lab.at(1).node.is_serving());
}

#[test]
fn an_effect_that_fixes_the_position_is_confirmed_with_the_position() {
    let mut all = Databases::serving();
    all.write(0, 2);
    let message = Message { epoch: epoch(2), body: Body::Revoke { audit: false } };
    all.lab.step(0, Input::Message { from: node(1), message });
    all.lab.flush(0);
    while let Some(effect) = all.lab.at(0).effects.pop_front() {
        all.lab.step(0, Input::EffectDone { effect, ok: true, facts: None });
        assert_eq!(all.lab.at(0).refused.pop(), Some(Refused::MissingFacts), "{effect:?}");
    }
    assert_eq!(all.promises_to(1), [0; 0]);
}

#[test]
fn only_what_fixes_or_moves_the_position_is_confirmed_with_it() {
    let (epoch, config) = (epoch(1), crate::config::ConfigId::default());
    let (node, base, deadline) = (node(1), 0, Instant::new(9));
    for (effect, needs_facts) in [
        (Effect::StopReceiving { epoch }, true),
        (Effect::Rewind { node, epoch, keep: 0 }, true),
        (Effect::Promote { epoch, config }, true),
        (Effect::SetAcks { config }, true),
        (Effect::Demote { epoch }, true),
        (Effect::Fence { epoch }, false),
        (Effect::Load { epoch }, false),
        (Effect::Follow { node, epoch }, false),
        (Effect::ArmWatchdog { deadline }, false),
        (Effect::SendSnapshot { to: node, base }, false),
        (Effect::LoadSnapshot { from: node, base }, false),
    ] {
        let mut all = Databases::serving();
        all.lab.step(0, Input::EffectDone { effect, ok: true, facts: None });
        let refused = needs_facts.then_some(Refused::MissingFacts);
        assert_eq!(all.lab.at(0).refused.pop(), refused, "{effect:?}");
    }
}

#[test]
fn a_failover_keeps_what_the_database_had_acknowledged_and_rewinds_what_it_had_not() {
    let mut all = Databases::serving();
    all.write(0, 3);
    for id in [1, 2] {
        all.shown[id] = all.shown[0].clone();
        all.report(id as u8);
    }
    all.settle();
    assert_eq!(all.lab.at(0).node.committed(), 3);
    // One more entry reaches nobody.
    all.write(0, 1);
    all.stuck = NodeSet::one(node(0));
    all.stand(1);
    assert!(all.lab.at(1).node.is_serving());
    assert_eq!(all.lab.at(1).node.log().len(), 3);
    all.stuck = NodeSet::EMPTY;
    all.settle();
    assert!(!all.primary[0]);
    all.lab.pass(30);
    all.lab.step(1, Input::Tick);
    all.settle();
    assert_eq!(all.shown[0], all.shown[1]);
    assert_eq!(all.lab.at(0).node.halted(), None);
}

#[test]
fn a_hand_over_that_takes_too_long_ends_the_tenure_because_the_database_was_asked_to_stop() {
    let mut all = Databases::serving();
    all.stuck = NodeSet::first(3);
    all.lab.request(0, Request::Switchover { to: node(1) });
    assert!(matches!(all.lab.at(0).node.phase(), Some(Phase::Leaving { .. })));
    for _ in 0..6 {
        all.lab.pass(25);
        all.lab.step(0, Input::Tick);
        all.settle();
    }
    assert_eq!(all.lab.at(0).node.phase(), None);
    all.stuck = NodeSet::EMPTY;
    all.settle();
    all.stand(1);
    assert!(all.lab.at(1).node.is_serving() && !all.primary[0]);
}

#[test]
fn a_change_ends_with_the_database_acknowledging_by_the_new_settings_alone() {
    let mut all = Databases::serving();
    let every = Draft { acks: Some(Quorum::every(NodeSet::first(3))), ..three() };
    let target = crate::config::Settings::new(every).unwrap();
    all.lab.request(0, Request::Change(target.into()));
    all.stuck = NodeSet::one(node(0));
    all.settle();
    let mut asked = Vec::new();
    while !all.lab.at(0).effects.is_empty() {
        asked.push(all.obey(0));
        all.settle();
    }
    let config = &all.lab.machines[0].node.hard().config;
    assert_eq!(config.next, None);
    assert_eq!(asked.last(), Some(&Effect::SetAcks { config: config.id }), "{asked:?}");
}

#[test]
fn an_acknowledgement_of_what_the_own_database_has_not_reported_yet_counts_once_it_has() {
    let mut all = Databases::serving();
    // The database of n0 writes; n1 has the entry, and its node says so, before n0 hears of it.
    all.shown[0].flushed += 1;
    all.shown[1] = all.shown[0].clone();
    all.report(1);
    all.settle();
    assert_eq!(all.lab.at(0).refused, []);
    assert_eq!(all.lab.at(0).node.committed(), 0);
    all.report(0);
    all.settle();
    assert_eq!(all.lab.at(0).node.committed(), 1);
}

#[test]
fn a_change_waits_for_what_the_database_acknowledged_before_its_node_heard_of_it() {
    let only = |id: u8| {
        let acks = Some(Quorum::every(NodeSet::one(node(id))));
        crate::config::Settings::new(Draft { acks, ..three() }).unwrap()
    };
    let mut all = Databases::serving();
    all.lab.request(0, Request::Change(only(0).into()));
    all.settle();
    // Acknowledged by n0 alone, and not reported.
    all.shown[0].flushed += 1;
    all.lab.request(0, Request::Change(only(1).into()));
    all.settle();
    let config = |all: &Databases| all.lab.machines[0].node.hard().config.clone();
    assert!(config(&all).next.is_some(), "n1 does not hold the entry");
    all.shown[1] = all.shown[0].clone();
    all.report(1);
    all.settle();
    assert_eq!((config(&all).next.clone(), config(&all).settings.clone()), (None, only(1)));
}

#[test]
fn a_copy_without_the_mark_of_the_epoch_is_not_acknowledged() {
    let mut all = Databases::new(three());
    all.lab.stand(0);
    // Everything is done but for following: the others have what n0 began with, which is nothing.
    let next = |all: &Databases, id: &u8| {
        let effect = all.lab.machines[usize::from(*id)].effects.front().copied();
        effect.is_some_and(|effect| !matches!(effect, Effect::Follow { .. }))
    };
    while let Some(id) = (0..3).find(|id| next(&all, id)) {
        all.obey(id);
        all.lab.settle();
    }
    assert_eq!(all.lab.at(0).node.phase(), Some(Phase::Replicating));
    all.settle();
    for id in [1, 2] {
        all.report(id);
    }
    all.settle();
    assert!(all.lab.at(0).node.is_serving());
}

#[test]
fn a_database_that_has_lost_only_its_mark_halts_its_node() {
    for id in [0, 1] {
        let mut all = Databases::serving();
        all.write(0, 1);
        all.shown[1] = all.shown[0].clone();
        all.report(1);
        all.settle();
        assert_eq!(all.lab.at(id).node.position(), Position { epoch: epoch(1), len: 1 });
        all.shown[usize::from(id)].history = Arc::default();
        all.report(id);
        assert_eq!(all.lab.at(id).node.halted(), Some(Halt::EngineWentBack), "n{id}");
    }
}

#[test]
fn an_order_to_cut_back_that_was_overtaken_excuses_no_loss() {
    // n0 either serves in epoch 3, or has only promised for it.
    let overtaken: [fn(&mut Databases); 2] = [
        |all| all.stand(0),
        |all| {
            let message = Message { epoch: epoch(3), body: Body::Revoke { audit: false } };
            all.lab.step(0, Input::Message { from: node(2), message });
            all.settle();
        },
    ];
    for overtake in overtaken {
        let mut all = Databases::told_to_cut_back();
        // It has not come to that when epoch 3 begins.
        all.lab.at(0).effects.clear();
        overtake(&mut all);
        assert_eq!((all.lab.at(0).node.epoch(), all.lab.at(0).node.log().len()), (epoch(3), 3));
        all.shown[0] = Facts { history: Arc::default(), flushed: 0 };
        all.report(0);
        assert_eq!(all.lab.at(0).node.halted(), Some(Halt::EngineWentBack));
    }
}

#[test]
fn a_database_that_has_lost_an_entry_halts_its_node_unless_it_was_told_to_cut_back() {
    let mut all = Databases::serving();
    all.write(0, 2);
    all.shown[0].flushed = 1;
    all.report(0);
    assert_eq!(all.lab.at(0).node.halted(), Some(Halt::EngineWentBack));
    // The same log shown again is no loss, and neither is a longer one.
    let mut all = Databases::serving();
    all.write(0, 2);
    all.report(0);
    all.write(0, 1);
    assert_eq!((all.lab.at(0).node.halted(), all.lab.at(0).node.log().len()), (None, 3));
}

/// It is primary again under a newer epoch by the time that the word of its first demotion arrives.
#[test]
fn a_late_word_that_the_database_was_demoted_says_nothing_of_a_newer_epoch() {
    let mut all = Databases::serving();
    all.lab.request(0, Request::StepDown);
    all.settle();
    all.stand(0);
    assert!(all.lab.at(0).node.is_serving() && all.lab.at(0).node.epoch() == epoch(2));
    let facts = Some(all.shown[0].clone());
    let late = Effect::Demote { epoch: epoch(1) };
    all.lab.step(0, Input::EffectDone { effect: late, ok: true, facts: facts.clone() });
    all.stuck = NodeSet::one(node(0));
    all.ask_only(1, 0);
    let stop = Effect::StopReceiving { epoch: epoch(3) };
    all.lab.step(0, Input::EffectDone { effect: stop, ok: true, facts });
    assert_eq!(all.promises_to(1), [0; 0], "it may still act as primary of epoch 2");
    while !all.lab.at(0).effects.is_empty() {
        all.obey(0);
    }
    assert_eq!(all.promises_to(1), [0]);
}

#[test]
fn facts_that_cannot_be_are_refused_and_change_nothing() {
    let mut all = Databases::serving();
    all.write(0, 2);
    let history = |runs: &[(Epoch, u64)]| Arc::new(History::new(runs.to_vec()).unwrap());
    let impossible = [
        Facts { history: history(&[(epoch(1), 3)]), flushed: 2 },
        Facts { history: history(&[(epoch(1), 0), (epoch(2), 2)]), flushed: 2 },
    ];
    for facts in impossible {
        let before = all.lab.at(0).node.clone();
        all.lab.step(0, Input::Engine(facts));
        assert_eq!(all.lab.at(0).refused.pop(), Some(Refused::ImpossibleFacts));
        assert_eq!(all.lab.at(0).node, before);
    }
}

#[test]
fn an_order_to_cut_back_is_repeated_until_it_is_done_and_excuses_no_loss_afterwards() {
    let mut all = Databases::told_to_cut_back();
    all.shown[1] = log_of_epoch_2();
    all.append_from_n1();
    assert_eq!(all.lab.at(0).effects, [CUT_BACK; 2], "n1 still shows another log");
    let follow = Effect::Follow { node: node(1), epoch: epoch(2) };
    assert_eq!([all.obey(0), all.obey(0)], [CUT_BACK; 2]);
    assert_eq!(all.lab.at(0).effects, [follow; 2]);
    assert_eq!([all.obey(0), all.obey(0)], [follow; 2]);
    let cut = Event::Truncated { to: 1, committed: 0 };
    let told = all.lab.at(0).told.iter().filter(|event| matches!(event, Event::Truncated { .. }));
    assert_eq!(told.collect::<Vec<_>>(), [&cut], "once");
    // Both have the same log: there is nothing to be asked for.
    all.append_from_n1();
    assert_eq!((all.lab.at(0).effects.len(), all.lab.at(0).node.position()), (0, all.position(1)));
    all.shown[0] = Facts { history: Arc::default(), flushed: 0 };
    all.report(0);
    assert_eq!(all.lab.at(0).node.halted(), Some(Halt::EngineWentBack));
}

/// The primary of epoch 1 resigned while it waited for its resource, and was elected again.
#[test]
fn a_late_word_from_the_resource_of_an_older_epoch_moves_nobody() {
    let mut lab = Lab::new(Setup { fencing: crate::config::Fencing::Token, ..setup() }, three());
    lab.stand(0);
    lab.request(0, Request::StepDown);
    lab.at(0).effects.clear();
    lab.stand(0);
    let late = |effect| Input::EffectDone { effect, ok: true, facts: None };
    for phase in [Phase::Fencing, Phase::Loading] {
        lab.step(0, late(Effect::Fence { epoch: epoch(1) }));
        lab.step(0, late(Effect::Load { epoch: epoch(1) }));
        assert_eq!(lab.at(0).node.phase(), Some(phase));
        lab.done(0, None);
    }
    assert!(lab.at(0).node.is_serving() && lab.at(0).node.epoch() == epoch(2));
}

/// By then it may have begun to copy from the primary of epoch 1.
#[test]
fn a_late_word_that_the_database_stopped_for_an_older_epoch_gives_no_promise_for_a_newer_one() {
    let mut all = Databases::new(three());
    for (from, number) in [(0, 1), (2, 2)] {
        let message = Message { epoch: epoch(number), body: Body::Revoke { audit: false } };
        all.lab.step(1, Input::Message { from: node(from), message });
        all.lab.flush(1);
    }
    let stop = |number| Effect::StopReceiving { epoch: epoch(number) };
    assert_eq!([all.obey(1), all.lab.at(1).effects[0]], [stop(1), stop(2)]);
    assert_eq!(all.promises_to(2), [0; 0]);
    all.obey(1);
    assert_eq!(all.promises_to(2), [0]);
}

/// Its database shows the mark of epoch 2 already. But only with its own confirmation is it known by which
/// configuration it acknowledges.
#[test]
fn a_late_word_of_an_older_promotion_does_not_begin_the_epoch() {
    let mut all = Databases::serving();
    all.write(0, 1);
    all.lab.request(0, Request::StepDown);
    all.settle();
    all.lab.stand(0);
    while all.lab.at(0).node.phase() != Some(Phase::Promoting) {
        let next = (0..3).find(|id| !all.lab.machines[usize::from(*id)].effects.is_empty());
        all.obey(next.expect("it is promoted when all have stopped"));
        all.lab.settle();
    }
    let config = all.lab.at(0).node.hard().config_id();
    let facts = Some(log_of_epoch_2());
    let late = Effect::Promote { epoch: epoch(1), config };
    all.lab.step(0, Input::EffectDone { effect: late, ok: true, facts });
    assert_eq!(all.lab.at(0).node.phase(), Some(Phase::Promoting));
    all.settle();
    assert!(all.lab.at(0).node.is_serving());
}

/// What was acknowledged by the old family ends where the new one came into force, however often that is confirmed.
#[test]
fn a_change_does_not_wait_for_what_was_written_since_the_new_family_was_in_force() {
    let only = |id: u8| {
        let acks = Some(Quorum::every(NodeSet::one(node(id))));
        crate::config::Settings::new(Draft { acks, ..three() }).unwrap()
    };
    let mut all = Databases::serving();
    all.lab.request(0, Request::Change(only(0).into()));
    all.settle();
    all.write(0, 1);
    all.settle();
    all.lab.request(0, Request::Change(only(1).into()));
    all.settle();
    let joint = all.lab.at(0).node.hard().config.clone();
    assert!(joint.next.is_some(), "n1 does not hold the entry");
    all.write(0, 1);
    let facts = Some(all.shown[0].clone());
    let again = Effect::SetAcks { config: joint.id };
    all.lab.step(0, Input::EffectDone { effect: again, ok: true, facts });
    all.shown[1] = Facts { flushed: 1, ..all.shown[0].clone() };
    all.report(1);
    all.settle();
    assert_eq!(all.lab.at(0).node.hard().config.settings, only(1));
}

/// Acks by all three, or by n0 alone after 40 units. What its database writes reaches nobody.
#[test]
fn a_primary_degrades_when_what_its_database_wrote_waits_for_copies() {
    let mut all = Databases::serving_with(all_or_n0());
    let mode = |all: &Databases| all.lab.machines[0].node.hard().config.newest().mode();
    all.write(0, 1);
    let wrote = all.lab.now;
    while all.lab.now.since(wrote) < Span::new(40) {
        assert_eq!((mode(&all), all.lab.at(0).node.committed()), (Mode::Strong, 0));
        all.lab.tick(20);
        all.settle();
        // To show the same again is no progress.
        all.report(0);
    }
    assert_eq!((mode(&all), all.lab.at(0).node.committed()), (Mode::Degraded, 1));
}
