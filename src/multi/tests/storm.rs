//! Anything that can happen to hosts, in any order: crashes, loss, delay, repetition, cuts, clocks that run apart, and
//! what embedders ask for. Every step is judged ([`Lab::step`]). When the storm is over, every group is served again,
//! and rests.

use super::super::*;
use super::lab::*;
use crate::config::Lease;
use crate::failover::Request;
use crate::id::Position;
use alloc::vec::Vec;
use proptest::prelude::*;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Happening {
    /// Ticks of real time; each clock runs at its rate, and nobody looks at it.
    Pass(u8),
    /// Ticks of real time in which everything works.
    Run(u16),
    /// From now on this clock runs slow, or fast.
    Rate(usize, bool),
    /// A host looks at its clock.
    Tick(usize),
    /// A message on its way arrives, and perhaps stays on its way.
    Deliver(usize, bool),
    /// A message on its way arrives again, long after others.
    Delay(usize),
    /// One of the delayed messages arrives.
    Late(usize),
    /// A message on its way is lost.
    Lose(usize),
    /// What was written is durable.
    Flush(usize),
    /// A machine crashes; so many records that were under way are on the disks.
    Crash(usize, usize),
    /// A machine starts again.
    Boot(usize),
    /// One direction of a link is cut, or mended.
    Cut(usize, usize, bool),
    /// A clock may have stood still.
    Suspect(usize),
    /// Somebody asks something of one node.
    Ask(usize, u64, Request<u8>),
}

const GROUPS: u64 = 2;

fn requests() -> impl Strategy<Value = Request<u8>> {
    prop_oneof![
        6 => any::<u8>().prop_map(|payload| Request::Write(payload.into())),
        1 => (0_usize..3).prop_map(|to| Request::Switchover { to: node(to) }),
        1 => Just(Request::StepDown),
        3 => Just(Request::ForgetPrimary),
        1 => Just(Request::ConfirmRead { id: 1, at: Position::default() }),
    ]
}

fn happenings() -> impl Strategy<Value = Happening> {
    let at = || 0_usize..3;
    prop_oneof![
        4 => (1_u8..60).prop_map(Happening::Pass),
        4 => prop_oneof![4 => 1_u16..40, 1 => 100_u16..400].prop_map(Happening::Run),
        3 => (at(), any::<bool>()).prop_map(|(at, fast)| Happening::Rate(at, fast)),
        4 => at().prop_map(Happening::Tick),
        8 => (any::<usize>(), prop::bool::weighted(0.2)).prop_map(|(index, stays)| Happening::Deliver(index, stays)),
        2 => any::<usize>().prop_map(Happening::Delay),
        2 => any::<usize>().prop_map(Happening::Late),
        1 => any::<usize>().prop_map(Happening::Lose),
        4 => at().prop_map(Happening::Flush),
        1 => (at(), 0_usize..3).prop_map(|(at, kept)| Happening::Crash(at, kept)),
        2 => at().prop_map(Happening::Boot),
        3 => (at(), at(), prop::bool::weighted(0.6)).prop_map(|(from, to, cut)| Happening::Cut(from, to, cut)),
        1 => at().prop_map(Happening::Suspect),
        4 => (at(), 0..GROUPS, requests()).prop_map(|(at, group, request)| Happening::Ask(at, group, request)),
    ]
}

fn happen(lab: &mut Lab, happening: Happening) {
    match happening {
        Happening::Pass(ticks) => (0..ticks).for_each(|_| lab.pass()),
        Happening::Run(ticks) => lab.run(ticks.into()),
        Happening::Rate(at, fast) => lab.machines[at].rate = if fast { FAST } else { SLOW },
        Happening::Tick(at) => lab.tick(at),
        Happening::Deliver(index, stays) => lab.deliver(index, stays),
        Happening::Delay(index) => lab.delay(index),
        Happening::Late(index) => lab.deliver_late(index),
        Happening::Lose(index) => {
            let index = index.checked_rem(lab.wire.len());
            index.map(|index| lab.wire.remove(index));
        }
        Happening::Flush(at) => lab.flush(at),
        Happening::Crash(at, kept) => lab.crash(at, kept),
        Happening::Boot(at) => lab.boot(at),
        Happening::Cut(from, to, cut) => lab.cut[from][to] = cut,
        Happening::Suspect(at) => lab.step(at, Input::ClockSuspect),
        Happening::Ask(at, group, request) => lab.request(at, GroupId(group), request),
    }
}

/// A quiet beginning, and the storm. What is broken, if anything.
fn storm(happenings: Vec<Happening>, lease: Option<Lease>, may_rest: bool) -> Lab {
    let mut lab = Lab::new(3, GROUPS, lease);
    lab.may_rest = may_rest;
    lab.run_until(2_000, |lab| lab.all_serve() && (lab.all_rest() || !may_rest));
    for happening in happenings {
        happen(&mut lab, happening);
        if lab.broken.is_some() {
            break;
        }
    }
    lab
}

/// Everything works again: how long until everybody is served.
fn calm(lab: &mut Lab) -> Option<u64> {
    lab.cut.iter_mut().flatten().for_each(|cut| *cut = false);
    (0..3).for_each(|at| lab.boot(at));
    lab.run_until(3_000, Lab::all_serve)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// With leases and without, resting or not, the same must hold; and it is served as soon as without resting, but
    /// for the patience of the hosts.
    #[test]
    fn whatever_happens_is_sound_and_ends(
        happenings in prop::collection::vec(happenings(), 1..120),
        leased in any::<bool>(),
    ) {
        let lease = leased.then(lease);
        let mut lab = storm(happenings.clone(), lease, true);
        prop_assert_eq!(&lab.broken, &None);
        let resting = calm(&mut lab);
        prop_assert!(resting.is_some(), "nobody serves");
        // What the storm has made overdue comes about.
        lab.run(4 * ELECTION);
        prop_assert!(lab.run_until(2_000, |lab| lab.all_serve() && lab.all_rest()).is_some(), "nobody rests");
        prop_assert_eq!(&lab.broken, &None);
        let before: Vec<_> = lab.groups.iter().map(|group| lab.serving(*group)).collect();
        lab.run(1_000);
        let after: Vec<_> = lab.groups.iter().map(|group| lab.serving(*group)).collect();
        prop_assert_eq!(before, after, "a primary changed in peace");
        prop_assert_eq!(&lab.broken, &None);

        let mut plain = storm(happenings, lease, false);
        prop_assert_eq!(&plain.broken, &None);
        prop_assert!(calm(&mut plain).is_some(), "nobody serves, without resting");
    }
}

/// What these storms are worth: without a rule of hosts, they find two who serve at once. They do not live long enough
/// for a clock that shows again what it has shown in a former life; a scene does.
#[cfg(feature = "rules-off")]
#[test]
fn storms_miss_the_rules_of_hosts() {
    use crate::rule::{Machine, Rule, RuleSet, without};
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let storms = prop::collection::vec(happenings(), 60..200);
    let hosts = Rule::ALL.iter().copied().filter(|rule| rule.machine() == Machine::Hosts);
    for rule in hosts.filter(|rule| *rule != Rule::AnswersAreOfThisLife) {
        let mut runner = TestRunner::deterministic();
        let most = 10_000;
        let found = (0..most).find_map(|number| {
            let happenings = storms.new_tree(&mut runner).unwrap().current();
            without(RuleSet::NONE.with(rule), || storm(happenings, Some(lease()), true))
                .broken
                .map(|what| (number, what))
        });
        std::println!("{rule}: {found:?}");
        assert!(found.is_some(), "{rule} is not missed in {most} storms");
    }
}
