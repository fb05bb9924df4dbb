//! Hosts at their edges: when one is parted from, which letters count, and what is refused.

use super::super::member::Rest;
use super::super::*;
use super::lab::*;
use crate::failover::{self, Request};
use crate::id::{NodeId, NodeSet};
use crate::time::{Instant, Span};
use alloc::sync::Arc;
use alloc::{vec, vec::Vec};

pub(super) const GROUP: GroupId = GroupId(0);

/// One host without the others.
#[derive(Clone)]
pub(super) struct Alone {
    pub(super) multi: MultiNode<u8>,
    pub(super) now: Instant,
}

impl Alone {
    /// As it is in a laboratory.
    pub(super) fn of(lab: &Lab, at: usize) -> Self {
        let machine = &lab.machines[at];
        Self { multi: machine.multi.clone().unwrap(), now: Instant::new(machine.clock) }
    }

    pub(super) fn step(&mut self, input: Input<u8>) -> Vec<Output<u8>> {
        let mut out = Outputs::default();
        self.multi.step(self.now, input, &mut out);
        self.multi.check().unwrap();
        out.list
    }

    pub(super) fn pass(&mut self, units: u64) {
        self.now = self.now.after(Span::new(units));
    }

    /// A letter under the bond that is in force, to the life that this host is in.
    pub(super) fn hear(&mut self, from: HostId, letter: Letter<u8>) -> Vec<Output<u8>> {
        let (bond, you) = (self.multi.peers[&from].bond.unwrap(), Some(self.multi.incarnation));
        self.step(Input::Envelope { from, envelope: Envelope { bond, you, letter } })
    }

    pub(super) fn ask(&mut self, request: Request<u8>) -> Vec<Output<u8>> {
        self.step(Input::Group { group: GROUP, input: failover::Input::Request(request) })
    }

    pub(super) fn peer(&mut self, host: HostId) -> &mut super::super::peer::Peer {
        self.multi.peers.get_mut(&host).unwrap()
    }

    pub(super) fn member(&mut self) -> &mut super::super::member::Member<u8> {
        self.multi.groups.get_mut(&GROUP).unwrap()
    }

    /// Its node rests in another way, or not.
    pub(super) fn set(&mut self, rest: Rest) {
        self.member().rest = rest;
        self.multi.schedule(GROUP);
        self.multi.check().unwrap();
    }
}

/// A group that rests on three hosts: that of its primary, and the two others.
pub(super) fn resting() -> (Lab, usize, [usize; 2]) {
    let mut lab = Lab::new(3, 1, Some(lease()));
    assert!(lab.run_until(2_000, Lab::all_rest).is_some());
    let (_, at) = lab.serving(GROUP).unwrap();
    let others = <[usize; 2]>::try_from((0..3).filter(|other| *other != at).collect::<Vec<_>>()).unwrap();
    (lab, at, others)
}

/// Whether this host said that it has parted from `host`.
fn parted(out: &[Output<u8>], host: HostId) -> bool {
    out.contains(&Output::Tell(Event::Parted(host)))
}

/// The patience is 100 units. What was never heard, or has never answered, is not missed.
#[test]
fn a_host_is_parted_from_when_it_is_silent_or_does_not_answer_for_too_long() {
    let cases = [
        (None, None, false),
        (Some(99), None, false),
        (Some(100), None, true),
        (None, Some(99), false),
        (None, Some(100), true),
        (Some(99), Some(99), false),
        (Some(99), Some(100), true),
        (Some(100), Some(99), true),
    ];
    let lab = Lab::new(3, 1, None);
    for (heard, answered, expected) in cases {
        let mut alone = Alone::of(&lab, 0);
        alone.pass(100);
        let ago = |units: Option<u64>| units.map(|units| Instant::new(alone.now.units() - units));
        let (heard, answered) = (ago(heard), ago(answered));
        (alone.multi.beat, alone.multi.clock) = (answered, alone.now);
        let broken = alone.peer(host(1)).broken;
        (alone.peer(host(1)).heard, alone.peer(host(1)).answered) = (heard, answered);
        let due = heard.into_iter().chain(answered).min().map(|last| last.after(Span::new(100)));
        assert_eq!(alone.peer(host(1)).deadline(Span::new(100)), due);
        let out = alone.step(Input::Tick);
        assert_eq!(parted(&out, host(1)), expected, "{heard:?} {answered:?}");
        assert_eq!(alone.peer(host(1)).broken, broken + u64::from(expected), "the bond is broken then");
        assert!(!parted(&out, host(2)));
    }
}

#[test]
fn beats_are_sent_when_they_are_due_and_not_before() {
    let (lab, at, others) = resting();
    let mut alone = Alone::of(&lab, at);
    let due = alone.multi.beat.unwrap().after(Span::new(25));
    assert_eq!(alone.multi.deadline(), Some(due));
    alone.now = Instant::new(due.units() - 1);
    assert_eq!(alone.step(Input::Tick), []);
    alone.pass(1);
    let to = alone.step(Input::Tick).into_iter().map(|output| match output {
        Output::Send { to, envelope: Envelope { letter: Letter::Beat { stamp }, .. } } => (to, stamp),
        other => unreachable!("{other:?}"),
    });
    assert_eq!(to.collect::<Vec<_>>(), others.map(|other| (host(other), due)));
}

/// A letter of each kind that does something, with the host that it does something to, and the one it is from.
fn letters() -> Vec<(Alone, HostId, Letter<u8>)> {
    let (lab, at, [one, other]) = resting();
    let (mut primary, mut replica) = (Alone::of(&lab, at), Alone::of(&lab, one));
    let nap = primary.member().nap;
    let with = primary.member().rest.with();
    let terms = primary.member().node.rest_with(with, nap.number).unwrap();
    // Of the two others one has agreed to rest, has answered a beat that is not noted yet, and has not understood yet
    // that an earlier rest is over.
    primary.set(Rest::Asking { with, agreed: NodeSet::one(node(one)) });
    let stamp = primary.multi.beat.unwrap();
    primary.peer(host(one)).answered = Some(Instant::new(stamp.units() - 1));
    primary.peer(host(one)).owed.insert(GROUP, nap);
    replica.peer(host(at)).owed.insert(GROUP, nap);
    vec![
        (replica.clone(), host(at), Letter::Beat { stamp }),
        (primary.clone(), host(one), Letter::Heard { stamp }),
        (replica.clone(), host(at), Letter::Rest { group: GROUP, terms }),
        (primary.clone(), host(other), Letter::Rests { group: GROUP, nap }),
        (replica, host(at), Letter::Woke { group: GROUP, nap }),
        (primary, host(one), Letter::Roused { group: GROUP, nap }),
    ]
}

/// Only a beat asks nothing of the life that it reaches.
#[test]
fn a_letter_counts_under_the_newest_bond_and_in_the_life_it_is_meant_for() {
    for (alone, from, letter) in letters() {
        let bond = alone.multi.peers[&from].bond.unwrap();
        let old = Bond { incarnation: bond.incarnation - 1, broken: 9 };
        let does = |bond, you| {
            let mut after = alone.clone();
            let envelope = Envelope { bond, you, letter: letter.clone() };
            let out = after.step(Input::Envelope { from, envelope });
            !out.is_empty() || after.multi != alone.multi
        };
        let life = alone.multi.incarnation;
        let beat = matches!(letter, Letter::Beat { .. });
        let done = [(bond, Some(life)), (bond, Some(life + 1)), (bond, None), (old, Some(life))];
        assert_eq!(done.map(|(bond, you)| does(bond, you)), [true, beat, beat, false], "{letter:?}");
    }
}

/// The other host has let go of everything, or was restarted.
#[test]
fn a_newer_bond_ends_what_rested_by_the_older_one() {
    let (lab, at, [one, _]) = resting();
    for here in [at, one] {
        let from = host(if here == at { one } else { at });
        let mut alone = Alone::of(&lab, here);
        let old = alone.multi.peers[&from].bond.unwrap();
        let bond = Bond { broken: old.broken + 1, ..old };
        let letter = || Envelope { bond, you: Some(1), letter: Letter::Beat { stamp: Instant::new(7) } };
        let out = alone.step(Input::Envelope { from, envelope: letter() });
        assert!(parted(&out, from) && !alone.multi.rests(GROUP));
        let answers = |out: &[Output<u8>]| {
            let heard = |output: &&Output<u8>| matches!(output, Output::Send { to, envelope } if *to == from && matches!(envelope.letter, Letter::Heard { .. }));
            out.iter().filter(heard).count()
        };
        assert_eq!((answers(&out), alone.peer(from).bond), (1, Some(bond)));
        let out = alone.step(Input::Envelope { from, envelope: letter() });
        assert_eq!((answers(&out), parted(&out, from)), (1, false), "once");
    }
}

/// What a host says of a beat counts if that was sent, and sent since the clock was last in doubt.
#[test]
fn an_answer_counts_for_the_beat_it_names() {
    let (lab, at, [one, _]) = resting();
    let mut alone = Alone::of(&lab, at);
    let from = host(one);
    let last = alone.multi.beat.unwrap();
    let [earlier, later] = [last.units() - 1, last.units() + 1].map(Instant::new);
    let counted = |alone: &Alone, stamp| {
        let mut alone = alone.clone();
        let out = alone.hear(from, Letter::Heard { stamp });
        let refused = Output::Refused(Refused::FutureStamp { host: from, stamp });
        (alone.peer(from).answered, out.contains(&refused))
    };
    alone.pass(2);
    alone.peer(from).answered = Some(Instant::new(1));
    assert_eq!(counted(&alone, earlier), (Some(earlier), false));
    assert_eq!(counted(&alone, last), (Some(last), false));
    assert_eq!(counted(&alone, later), (Some(Instant::new(1)), true), "there was none");
    alone.peer(from).answered = Some(last);
    assert_eq!(counted(&alone, earlier), (Some(last), false), "an answer that comes late");
    // The clock is in doubt at the instant of the last beat.
    for (floor, expected) in [(earlier, Some(last)), (last, None), (later, None)] {
        alone.multi.floor = Some(floor);
        alone.set(Rest::Awake { quiet: false });
        alone.peer(from).answered = None;
        assert_eq!(counted(&alone, last), (expected, false), "{floor:?}");
    }
}

#[test]
fn a_clock_in_doubt_ends_what_rests_by_answers_and_is_told_to_every_node() {
    let (lab, at, others) = resting();
    let doubted =
        Output::Group { group: GROUP, output: failover::Output::Tell(failover::Event::ClockDoubted) };
    let back = |alone: &mut Alone| {
        alone.now = Instant::new(alone.now.units() - 1);
        Input::Tick
    };
    let causes: [fn(&mut Alone) -> Input<u8>; 2] = [|_| Input::ClockSuspect, back];
    for cause in causes {
        let mut alone = Alone::of(&lab, at);
        let broken = others.map(|other| alone.peer(host(other)).broken);
        let input = cause(&mut alone);
        let out = alone.step(input);
        assert!(out.contains(&doubted) && out.contains(&Output::Tell(Event::Woke(GROUP))));
        assert_eq!(alone.multi.floor, Some(alone.multi.clock));
        assert_eq!(others.map(|other| alone.peer(host(other)).broken), broken.map(|broken| broken + 1));
        assert_eq!(alone.multi.lease(alone.now, GROUP), None);
    }
}

/// The lease is of 150 units, from the last beat on that one of the two others has answered. What their hosts have
/// answered counts, although the node was not called since.
#[test]
fn the_lease_of_a_group_that_rests_lasts_from_the_last_answered_beat_on() {
    let (mut lab, at, [one, other]) = resting();
    lab.run(500);
    let mut alone = Alone::of(&lab, at);
    let epoch = alone.member().node.epoch();
    let answered = [one, other].map(|at| alone.multi.peers[&host(at)].answered.unwrap());
    let end = answered.into_iter().max().unwrap().after(Span::new(150));
    assert!(alone.now < end);
    let left = |units| (end.units() > units).then(|| (epoch, Span::new(end.units() - units)));
    for now in [alone.now.units(), end.units() - 1, end.units()] {
        assert_eq!(alone.multi.lease(Instant::new(now), GROUP), left(now));
    }
    assert!(alone.multi.rests(GROUP), "nobody was woken for that");
    assert_eq!(alone.multi.lease(alone.now, GroupId(7)), None);
    assert_eq!(Alone::of(&lab, one).multi.lease(Instant::new(lab.machines[one].clock), GROUP), None);
}

/// A group rests without the host that cannot be reached.
#[test]
fn who_rests_without_a_host_wakes_when_it_answers_and_not_when_it_is_parted_from() {
    let (lab, at, [one, other]) = resting();
    let mut alone = Alone::of(&lab, at);
    let since = alone.multi.clock;
    alone.set(Rest::Resting { with: NodeSet::one(node(one)), since });
    let mut out = Outputs::default();
    alone.multi.break_bond(host(other), &mut out);
    assert!(parted(&out.list, host(other)) && alone.multi.rests(GROUP));
    let stamp = alone.multi.beat.unwrap();
    let mut again = alone.clone();
    let out = again.hear(host(one), Letter::Heard { stamp });
    assert!(out.is_empty() && again.multi.rests(GROUP), "that one has answered before");
    let out = alone.hear(host(other), Letter::Heard { stamp });
    assert_eq!(out, [Event::Reached(host(other)), Event::Woke(GROUP)].map(Output::Tell));
    let mut out = Outputs::default();
    let mut alone = Alone::of(&lab, at);
    alone.multi.break_bond(host(one), &mut out);
    assert!(!alone.multi.rests(GROUP), "it rested by its answers");
}

/// The host of the primary is told that one of the replicas is elsewhere from now on.
#[test]
fn a_group_that_has_moved_wakes_and_is_spoken_to_where_it_is() {
    let (lab, at, [one, other]) = resting();
    let placement = |hosts: &[(usize, HostId)]| {
        let hosts = hosts.iter().map(|(at, host)| (node(*at), *host)).collect();
        Arc::new(Placement::new(hosts).unwrap())
    };
    let elsewhere = HostId(900);
    let moved = placement(&[(at, host(at)), (one, elsewhere), (other, host(other))]);
    let mut alone = Alone::of(&lab, at);
    let mut out = Outputs::default();
    assert_eq!(alone.multi.place(GroupId(7), moved.clone(), &mut out), Err(AddError::Unknown(GroupId(7))));
    let gone = placement(&[(at, elsewhere), (one, host(one)), (other, host(other))]);
    let refused = AddError::Elsewhere { node: node(at), host: host(at) };
    assert_eq!(alone.multi.place(GROUP, gone, &mut out), Err(refused));
    assert!(out.list.is_empty() && alone.multi == Alone::of(&lab, at).multi);
    assert_eq!(alone.multi.place(GROUP, moved, &mut out), Ok(()));
    assert_eq!(out.list, [Output::Tell(Event::Woke(GROUP))]);
    alone.multi.check().unwrap();
    let sent = alone.ask(Request::Write(1.into())).into_iter().filter_map(|output| match output {
        Output::Send { to, .. } => Some(to),
        Output::Group { .. } | Output::Tell(_) | Output::Refused(_) => None,
    });
    let (mut sent, mut expected) = (sent.collect::<Vec<_>>(), [elsewhere, host(other)]);
    sent.sort();
    expected.sort();
    assert_eq!(sent, expected);
}

#[test]
fn as_many_groups_and_hosts_are_carried_as_the_pace_says() {
    let lab = Lab::new(3, 1, None);
    let carried: failover::Node<u8> = lab.node(0, GROUP).unwrap().clone();
    let placement = |hosts: [u64; 3]| {
        let hosts = hosts.into_iter().enumerate().map(|(at, host)| (node(at), HostId(host))).collect();
        Arc::new(Placement::new(hosts).unwrap())
    };
    let add = |groups, hosts, placed| {
        let mut multi = Alone::of(&lab, 0).multi;
        (multi.pace.groups, multi.pace.hosts) = (groups, hosts);
        let added = multi.add(GroupId(1), carried.clone(), placement(placed));
        assert_eq!(multi.groups().count(), if added.is_ok() { 2 } else { 1 });
        assert!(added.is_err() || multi.peers.len() <= hosts);
        added
    };
    // Two other hosts are known.
    assert_eq!(add(2, 2, [100, 101, 102]), Ok(()));
    assert_eq!(add(1, 2, [100, 101, 102]), Err(AddError::TooManyGroups(1)));
    assert_eq!(add(2, 3, [100, 101, 103]), Ok(()));
    assert_eq!(add(2, 2, [100, 101, 103]), Err(AddError::TooManyHosts(2)));
    assert_eq!(add(2, 4, [100, 103, 104]), Ok(()));
    assert_eq!(add(2, 3, [100, 103, 104]), Err(AddError::TooManyHosts(3)));
}

#[test]
fn four_beats_fit_into_the_usual_patience_and_two_into_any() {
    let beat = |election| Pace::of(Span::new(election)).beat.units();
    assert_eq!([1, 3, 4, 8, 11, 100].map(beat), [1, 1, 1, 2, 2, 25]);
    let usual = Pace::of(Span::new(100));
    assert_eq!((usual.patience, usual.groups, usual.hosts), (Span::new(100), 1_048_576, 1_024));
    let check = |beat| Pace { beat: Span::new(beat), ..usual }.check();
    assert_eq!([0, 1, 49, 50].map(check), [Err(PaceError::NoBeat), Ok(()), Ok(()), Ok(())]);
    let rare = Pace { beat: Span::new(51), ..usual };
    assert_eq!(rare.check(), Err(PaceError::BeatTooRare(rare)));
}

/// What makes something wrong.
type Break<'a> = &'a dyn Fn(&mut Alone);

/// Each is broken by hand in a host on which nothing is wrong.
#[test]
fn a_broken_invariant_is_named() {
    let (lab, at, [one, other]) = resting();
    let wrong = Instant::new(5);
    let (of_host, of_group) = (None, Some(GROUP));
    let bonds = "who rests relies on hosts that are heard, or answer";
    let deadline = "a deadline is known, and only to who is awake";
    let cases: [(usize, Break<'_>, Option<GroupId>, &str); 9] = [
        (at, &|alone| alone.multi.pace.groups = 0, of_host, "no more groups than the pace allows"),
        (at, &|alone| alone.multi.pace.hosts = 1, of_host, "no more hosts than the pace allows"),
        (at, &|alone| alone.multi.host = host(one), of_host, "a host is no peer of itself"),
        (
            at,
            &|alone| alone.multi.due = [(wrong, GROUP)].into(),
            of_host,
            "every deadline is that of a group",
        ),
        (
            at,
            &|alone| {
                alone.multi.clock = alone.multi.beat.unwrap().after(Span::new(1));
                alone.peer(host(other)).answered = Some(alone.multi.clock);
            },
            of_host,
            "only beats that were sent are answered",
        ),
        (
            at,
            &|alone| {
                // It is known, but nobody wants it.
                alone.multi.due.insert((wrong, GROUP));
                alone.member().due = Some(wrong);
            },
            of_group,
            deadline,
        ),
        (
            one,
            &|alone| {
                alone.member().rest = Rest::Bound { primary: NodeId::new(9).unwrap() };
            },
            of_group,
            "who rests has nothing to say, and who is bound follows",
        ),
        (one, &|alone| alone.peer(host(at)).heard = None, of_group, bonds),
        (at, &|alone| alone.peer(host(other)).answered = None, of_group, bonds),
    ];
    for (here, spoil, group, clause) in cases {
        let mut alone = Alone::of(&lab, here);
        assert_eq!(alone.multi.check(), Ok(()));
        spoil(&mut alone);
        assert_eq!(alone.multi.check(), Err(Violation { host: alone.multi.host, group, clause }));
    }
}
