//! The laboratory: every clock, disk and message is in the hand of the test, and every step is judged.

use super::super::*;
use crate::config::{Config, Draft, Lease, Settings, Setup, Timing};
use crate::disk::{Image, Record};
use crate::failover::{self, Node};
use crate::id::{Epoch, NodeId, NodeSet};
use crate::outbox::Seq;
use crate::time::{Drift, Instant, Span};
use alloc::collections::{BTreeMap, VecDeque};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::{vec, vec::Vec};

pub(super) const ELECTION: u64 = 100;
/// Slowest and fastest clock: units in one tick of real time.
pub(super) const SLOW: u64 = 1;
pub(super) const FAST: u64 = 2;

pub(super) fn node(index: usize) -> NodeId {
    NodeId::new(u8::try_from(index).unwrap()).unwrap()
}

pub(super) fn host(index: usize) -> HostId {
    HostId(100 + index as u64)
}

/// The longest lease that clocks so far apart allow.
pub(super) fn lease() -> Lease {
    let drift = Drift { slow: SLOW as u32, fast: FAST as u32 };
    Lease::new(Span::new(150), Span::new(300), Span::ZERO, drift).unwrap()
}

pub(super) fn setup(lease: Option<Lease>) -> Setup {
    Setup { lease, ..Setup::new(Timing::of(Span::new(ELECTION))) }
}

pub(super) fn settings(count: usize) -> Settings {
    let all = NodeSet::first(u8::try_from(count).unwrap());
    Settings::new(Draft::majority(all)).unwrap()
}

/// One machine: its clock, its disks, and its host, if that is up.
pub(super) struct Machine {
    pub(super) multi: Option<MultiNode<u8>>,
    pub(super) clock: u64,
    pub(super) rate: u64,
    pub(super) incarnation: u64,
    pub(super) disks: BTreeMap<GroupId, Disk>,
}

pub(super) struct Disk {
    image: Image<u8>,
    flushing: VecDeque<(Seq, Record<u8>)>,
}

/// Several machines with the same groups, and everything that was ever promised to a client.
pub(super) struct Lab {
    pub(super) setup: Arc<Setup>,
    pub(super) machines: Vec<Machine>,
    pub(super) wire: VecDeque<(usize, usize, Envelope<u8>)>,
    /// Copies of messages that take their time, whatever is delivered meanwhile.
    pub(super) late: Vec<(usize, usize, Envelope<u8>)>,
    /// Which direction of which link is cut.
    pub(super) cut: Vec<Vec<bool>>,
    /// Whether groups may rest; otherwise every question whether to is lost.
    pub(super) may_rest: bool,
    pub(super) groups: Vec<GroupId>,
    placement: Arc<Placement>,
    leaders: BTreeMap<(GroupId, Epoch), usize>,
    acked: BTreeMap<GroupId, Vec<u8>>,
    pub(super) broken: Option<String>,
    /// How many messages nodes have sent.
    pub(super) sent: usize,
}

impl Lab {
    pub(super) fn new(hosts: usize, groups: u64, lease: Option<Lease>) -> Self {
        Self::of(setup(lease), settings(hosts), groups)
    }

    /// Groups of these settings, each node on a host of its own.
    pub(super) fn of(setup: Setup, settings: Settings, groups: u64) -> Self {
        let setup = Arc::new(setup);
        let config = Config::first(settings);
        let hosts = config.nodes().iter().count();
        let placement = (0..hosts).map(|at| (node(at), host(at))).collect();
        let groups: Vec<GroupId> = (0..groups).map(GroupId).collect();
        let disk = || Disk { image: Image::first(config.clone()), flushing: VecDeque::new() };
        let machine = |at: usize| Machine {
            multi: None,
            // Clocks have nothing to do with each other.
            clock: 10_000 + 777 * at as u64,
            rate: SLOW,
            incarnation: 0,
            disks: groups.iter().map(|group| (*group, disk())).collect(),
        };
        let mut lab = Self {
            setup,
            machines: (0..hosts).map(machine).collect(),
            wire: VecDeque::new(),
            late: Vec::new(),
            cut: vec![vec![false; hosts]; hosts],
            may_rest: true,
            groups,
            placement: Arc::new(Placement::new(placement).unwrap()),
            leaders: BTreeMap::new(),
            acked: BTreeMap::new(),
            broken: None,
            sent: 0,
        };
        (0..hosts).for_each(|at| lab.boot(at));
        lab
    }

    pub(super) fn boot(&mut self, at: usize) {
        let (setup, placement) = (Arc::clone(&self.setup), Arc::clone(&self.placement));
        let machine = &mut self.machines[at];
        if machine.multi.is_some() {
            return;
        }
        machine.incarnation += 1;
        let now = Instant::new(machine.clock);
        let pace = Pace::of(Span::new(ELECTION));
        let mut multi = MultiNode::new(host(at), machine.incarnation, pace, now).unwrap();
        for (group, disk) in &mut machine.disks {
            let mut out = Vec::new();
            let seeded = Setup { seed: group.0, ..*setup };
            let started = Node::start(node(at), Arc::new(seeded), disk.image.clone(), now, &mut out);
            multi.add(*group, started, Arc::clone(&placement)).unwrap();
            for output in out {
                let failover::Output::Persist { seq, record } = output else {
                    unreachable!("it starts silently")
                };
                disk.flushing.push_back((seq, record));
            }
        }
        machine.multi = Some(multi);
    }

    /// The machine loses everything that is not on its disk; some of what was under way may be.
    pub(super) fn crash(&mut self, at: usize, kept: usize) {
        let machine = &mut self.machines[at];
        machine.multi = None;
        for disk in machine.disks.values_mut() {
            for (_, record) in disk.flushing.drain(..).take(kept) {
                disk.image.apply(&record);
            }
        }
        // Boot-local: it may count from anywhere; from a little earlier too, so that it shows what it has shown before.
        machine.clock = match kept {
            0 => machine.clock,
            1 => machine.clock.saturating_sub(ELECTION),
            _ => machine.clock / 2,
        };
    }

    pub(super) fn step(&mut self, at: usize, input: Input<u8>) {
        let machine = &mut self.machines[at];
        let now = Instant::new(machine.clock);
        let Some(multi) = &mut machine.multi else { return };
        let mut out = Outputs::default();
        multi.step(now, input, &mut out);
        let healthy = multi.check();
        for output in out.list {
            self.take(at, output);
        }
        if let Err(violation) = healthy {
            self.broken.get_or_insert(format!("{violation}"));
        }
        self.judge();
    }

    fn take(&mut self, at: usize, output: Output<u8>) {
        match output {
            Output::Send { to, envelope } => {
                let to = (0..self.machines.len()).find(|at| host(*at) == to).unwrap();
                let rest = matches!(envelope.letter, Letter::Rest { .. });
                if self.may_rest || !rest {
                    self.sent += usize::from(matches!(envelope.letter, Letter::Group { .. }));
                    self.wire.push_back((at, to, envelope));
                }
            }
            Output::Group { group, output } => match output {
                failover::Output::Persist { seq, record } => {
                    self.machines[at].disks.get_mut(&group).unwrap().flushing.push_back((seq, record));
                }
                failover::Output::Tell(event) => self.hear(at, group, event),
                failover::Output::Send { .. } => self.fail("a message came out without its envelope".into()),
                failover::Output::Do(_) | failover::Output::Refused(_) => {}
            },
            Output::Tell(_) | Output::Refused(_) => {}
        }
    }

    fn fail(&mut self, what: String) {
        self.broken.get_or_insert(what);
    }

    fn hear(&mut self, at: usize, group: GroupId, event: failover::Event) {
        if let failover::Event::Elected { epoch } = event {
            let first = *self.leaders.entry((group, epoch)).or_insert(at);
            if first != at {
                self.fail(format!("{group}: two primaries of {epoch}: {first} and {at}"));
            }
        }
        if let failover::Event::Committed { to, .. } = event {
            let log = self.node(at, group).unwrap().log();
            let now: Vec<u8> = log.entries().take(usize::try_from(to).unwrap()).copied().collect();
            let known = self.acked.entry(group).or_default();
            let both = known.len().min(now.len());
            let differs = known[..both] != now[..both];
            if known.len() < now.len() {
                *known = now;
            }
            if differs {
                self.fail(format!("{group}: {at} committed something else"));
            }
        }
    }

    pub(super) fn node(&self, at: usize, group: GroupId) -> Option<&Node<u8>> {
        self.machines[at].multi.as_ref()?.node(group)
    }

    /// The epoch of the lease that `at` could use now, without disturbing anything.
    pub(super) fn lease(&self, at: usize, group: GroupId) -> Option<Epoch> {
        let machine = &self.machines[at];
        let multi = machine.multi.as_ref()?;
        let mut member = multi.groups.get(&group)?.clone();
        let now = Instant::new(machine.clock);
        member.catch_up(now, &multi.peers);
        member.node.lease(now).map(|(epoch, _)| epoch)
    }

    /// No lease of an older epoch while a newer one is served, and no acknowledged write missing from who serves.
    fn judge(&mut self) {
        for group in self.groups.clone() {
            let mut newest = Epoch::ZERO;
            for at in 0..self.machines.len() {
                let Some(node) = self.node(at, group) else { continue };
                if node.phase().is_some_and(failover::Phase::is_active) {
                    newest = newest.max(node.epoch());
                    let log: Vec<u8> = node.log().entries().copied().collect();
                    let acked = self.acked.get(&group).is_none_or(|acked| log.starts_with(acked));
                    let newer = self.leaders.keys().any(|(of, epoch)| *of == group && *epoch > node.epoch());
                    if !acked && !newer {
                        self.fail(format!("{group}: {at} serves without what was acknowledged"));
                    }
                }
            }
            let old =
                (0..self.machines.len()).find(|at| self.lease(*at, group).is_some_and(|of| of < newest));
            if let Some(at) = old {
                self.fail(format!("{group}: {at} holds a lease while {newest} is active"));
            }
        }
    }

    // ---- what happens ----------------------------------------------------------------------------------

    /// Real time passes, by one tick, for everybody.
    pub(super) fn pass(&mut self) {
        for machine in &mut self.machines {
            machine.clock += machine.rate;
        }
    }

    pub(super) fn tick(&mut self, at: usize) {
        let machine = &self.machines[at];
        let due = machine.multi.as_ref().and_then(MultiNode::deadline);
        if due.is_some_and(|due| due <= Instant::new(machine.clock)) {
            self.step(at, Input::Tick);
        }
    }

    pub(super) fn flush(&mut self, at: usize) {
        for group in self.groups.clone() {
            while let Some((seq, record)) =
                self.machines[at].disks.get_mut(&group).unwrap().flushing.pop_front()
            {
                self.machines[at].disks.get_mut(&group).unwrap().image.apply(&record);
                self.step(at, Input::Group { group, input: failover::Input::Durable(seq) });
            }
        }
    }

    pub(super) fn deliver(&mut self, index: usize, stays: bool) {
        let Some(index) = index.checked_rem(self.wire.len()) else { return };
        let (from, to, envelope) =
            if stays { self.wire[index].clone() } else { self.wire.remove(index).unwrap() };
        if !self.cut[from][to] {
            self.arrive(from, to, envelope);
        }
    }

    /// A copy of a message on its way is under way for as long as it likes.
    pub(super) fn delay(&mut self, index: usize) {
        let index = index.checked_rem(self.wire.len());
        self.late.extend(index.map(|index| self.wire[index].clone()));
    }

    pub(super) fn deliver_late(&mut self, index: usize) {
        let Some(index) = index.checked_rem(self.late.len()) else { return };
        let (from, to, envelope) = self.late.swap_remove(index);
        self.arrive(from, to, envelope);
    }

    pub(super) fn arrive(&mut self, from: usize, to: usize, envelope: Envelope<u8>) {
        self.step(to, Input::Envelope { from: host(from), envelope });
    }

    pub(super) fn request(&mut self, at: usize, group: GroupId, request: failover::Request<u8>) {
        self.step(at, Input::Group { group, input: failover::Input::Request(request) });
    }

    /// Ticks of real time in which everything works that is up and not cut off.
    pub(super) fn run(&mut self, ticks: u64) {
        for _ in 0..ticks {
            self.pass();
            for at in 0..self.machines.len() {
                self.tick(at);
            }
            for _ in 0..8 {
                (0..self.machines.len()).for_each(|at| self.flush(at));
                for _ in 0..self.wire.len() {
                    self.deliver(0, false);
                }
            }
        }
    }

    // ---- questions -------------------------------------------------------------------------------------

    /// Who serves a group, in which epoch; of several the newest.
    pub(super) fn serving(&self, group: GroupId) -> Option<(Epoch, usize)> {
        let serves = |at: &usize| {
            self.node(*at, group).filter(|node| node.is_serving()).map(|node| (node.epoch(), *at))
        };
        (0..self.machines.len()).filter_map(|at| serves(&at)).max()
    }

    pub(super) fn all_serve(&self) -> bool {
        self.groups.iter().all(|group| self.serving(*group).is_some())
    }

    /// Whether every node that is up rests.
    pub(super) fn all_rest(&self) -> bool {
        let up = self.machines.iter().filter_map(|machine| machine.multi.as_ref());
        up.flat_map(|multi| multi.groups().map(|group| multi.rests(group))).all(|rests| rests)
    }

    pub(super) fn run_until(&mut self, most: u64, done: impl Fn(&Lab) -> bool) -> Option<u64> {
        (0..=most).find(|tick| {
            if *tick > 0 {
                self.run(1);
            }
            done(self)
        })
    }

    pub(super) fn assert_sound(&self) {
        assert_eq!(self.broken, None);
    }
}
