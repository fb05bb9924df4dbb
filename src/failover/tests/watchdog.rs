//! A resource that cannot compare epochs: the lease and a watchdog stand in for it.

use super::*;
use crate::config::Fencing;

const DRAIN: Span = Span::new(15);

fn lab() -> Lab {
    let fencing = Fencing::Watchdog { drain: DRAIN };
    Lab::new(Setup { fencing, lease: Some(lease()), ..setup() }, three())
}

/// `id` stands, waits until what others wrote has landed, gets a lease, arms its watchdog and serves.
fn serve(lab: &mut Lab, id: u8) {
    lab.stand(id);
    lab.pass(DRAIN.units());
    lab.step(id, Input::Tick);
    beat(lab, id);
    assert_eq!(lab.at(id).node.phase(), Some(Phase::Arming));
    while lab.at(id).effects.len() > 1 {
        lab.at(id).effects.pop_front();
    }
    lab.done(id, None);
    assert!(lab.at(id).node.is_serving());
}

/// The next beat of `id` is answered.
fn beat(lab: &mut Lab, id: u8) {
    lab.pass(25);
    lab.step(id, Input::Tick);
    lab.settle();
}

#[test]
fn a_successor_waits_for_writes_on_their_way_even_if_every_lease_is_over() {
    let mut lab = lab();
    serve(&mut lab, 0);
    // n0 is cut off; its lease runs out, its machine dies. Then n1 is elected: nobody is bound any more.
    lab.loses = |from, to, _| from == node(0) || to == node(0);
    lab.pass(41);
    let now = lab.now;
    assert_eq!(lab.at(0).node.lease(now), None);
    lab.stand(1);
    assert_eq!(lab.at(1).node.phase(), Some(Phase::Waiting), "a last write of n0 may still land");
    lab.pass(DRAIN.units() - 1);
    lab.step(1, Input::Tick);
    assert_eq!(lab.at(1).node.phase(), Some(Phase::Waiting));
    let next = lab.now.after(Span::new(1));
    assert_eq!(lab.at(1).node.deadline(), Some(next));
    lab.pass(1);
    lab.step(1, Input::Tick);
    assert_eq!(lab.at(1).node.phase(), Some(Phase::Arming));
}

#[test]
fn a_hand_over_waits_for_writes_on_their_way() {
    let mut lab = lab();
    serve(&mut lab, 0);
    lab.request(0, Request::Switchover { to: node(1) });
    lab.settle();
    assert!(lab.at(0).told.contains(&Event::HandedOver { to: node(1) }));
    assert_eq!(lab.at(1).node.phase(), Some(Phase::Waiting));
}

#[test]
fn a_watchdog_armed_for_later_than_the_lease_is_no_protection() {
    let mut lab = lab();
    lab.stand(0);
    lab.pass(DRAIN.units());
    lab.step(0, Input::Tick);
    beat(&mut lab, 0);
    let end = lab.now.after(Span::new(40));
    let armed = |units| Effect::ArmWatchdog { deadline: end.after(Span::new(units)) };
    assert_eq!(lab.at(0).effects.back(), Some(&armed(0)));
    lab.step(0, Input::EffectDone { effect: armed(1), ok: true, facts: None });
    assert_eq!(lab.at(0).node.phase(), Some(Phase::Arming));
    // Nor is one that was armed before the clock was in doubt.
    let mut doubted = lab.clone();
    doubted.step(0, Input::ClockSuspect);
    doubted.step(0, Input::EffectDone { effect: armed(0), ok: true, facts: None });
    assert_eq!(doubted.at(0).node.phase(), Some(Phase::Arming));
    lab.step(0, Input::EffectDone { effect: armed(0), ok: true, facts: None });
    assert!(lab.at(0).node.is_serving());
}

#[test]
fn who_cannot_arm_its_watchdog_resigns() {
    let mut lab = lab();
    lab.stand(0);
    let arm = Effect::ArmWatchdog { deadline: lab.now };
    assert_eq!(lab.at(0).node.phase(), Some(Phase::Waiting));
    assert!(!lab.resigns_without(arm), "it has not asked yet");
    let mut lab = self::lab();
    serve(&mut lab, 0);
    assert!(lab.resigns_without(arm));
}

#[test]
fn who_serves_by_a_watchdog_stops_when_its_lease_is_over_or_in_doubt() {
    let mut lab = lab();
    serve(&mut lab, 0);
    let mut doubted = lab.clone();
    doubted.step(0, Input::ClockSuspect);
    assert_eq!(doubted.at(0).node.phase(), None);
    lab.pass(39);
    lab.request(0, Request::Write(vec![1].into()));
    assert!(lab.at(0).node.is_serving());
    lab.pass(1);
    lab.step(0, Input::Durable(Seq::default()));
    assert_eq!(lab.at(0).node.phase(), None, "the first input after the end of the lease shows it");
}

#[test]
fn a_watchdog_armed_for_this_very_moment_is_no_protection() {
    let mut lab = lab();
    lab.stand(0);
    lab.pass(DRAIN.units());
    lab.step(0, Input::Tick);
    beat(&mut lab, 0);
    for (units, phase) in [(0, Phase::Arming), (1, Phase::Serving)] {
        let deadline = lab.now.after(Span::new(units));
        lab.step(0, Input::EffectDone { effect: Effect::ArmWatchdog { deadline }, ok: true, facts: None });
        assert_eq!(lab.at(0).node.phase(), Some(phase), "{units} units from now");
    }
}

#[test]
fn every_renewal_of_its_lease_renews_the_watchdog_of_who_serves() {
    let mut lab = lab();
    serve(&mut lab, 0);
    for _ in 0..3 {
        lab.at(0).effects.clear();
        beat(&mut lab, 0);
        let deadline = lab.now.after(lease().hold());
        assert_eq!(lab.at(0).effects.back(), Some(&Effect::ArmWatchdog { deadline }));
    }
}

#[test]
fn no_watchdog_is_armed_for_who_does_not_serve_yet_nor_where_there_is_none() {
    let mut waits = lab();
    waits.stand(0);
    assert_eq!(waits.at(0).node.phase(), Some(Phase::Waiting));
    let mut without = Lab::new(Setup { lease: Some(lease()), ..setup() }, three());
    without.stand(0);
    assert!(without.at(0).node.is_serving());
    for mut lab in [waits, without] {
        // The first beat is due at once.
        lab.step(0, Input::Tick);
        lab.settle();
        assert!(lab.at(0).node.lease_end().is_some(), "its beat was answered");
        assert_eq!(lab.at(0).effects, []);
    }
}
