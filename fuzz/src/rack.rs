//! A few hosts in memory, each with a node of the same groups, every step of which is judged.

use crate::draw::named;
use quorate::config::{Config, Draft, Fencing, Lease, Settings, Setup, Timing};
use quorate::disk::{Image, Record};
use quorate::failover::{self, Effect, Event, Node, Phase};
use quorate::id::{Epoch, NodeSet};
use quorate::multi::{
    Envelope, GroupId, HostId, Input, Letter, MultiNode, Output, Outputs, Pace, Placement, Refused,
};
use quorate::outbox::Seq;
use quorate::time::{Drift, Instant, Span};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Hosts, each with a node of every group.
pub(crate) const HOSTS: usize = 3;
/// Groups, each with a node on every host.
pub(crate) const GROUPS: u64 = 2;
const ELECTION: Span = Span::new(100);
/// Slowest and fastest clock: units in one tick of real time.
const SLOW: u64 = 1;
const FAST: u64 = 2;
/// Envelopes that may be on their way at once; a further one is lost.
const CROWD: usize = 256;

/// The disk of one node, and what its machine still owes it.
#[derive(Clone)]
struct Disk {
    image: Image<u8>,
    flushing: VecDeque<(Seq, Record<u8>)>,
    effects: VecDeque<Effect>,
}

/// One machine: its clock, its disks, and its host if that is up.
#[derive(Clone)]
struct Machine {
    host: Option<MultiNode<u8>>,
    clock: u64,
    rate: u64,
    incarnation: u64,
    disks: BTreeMap<GroupId, Disk>,
}

/// Machines, what is on its way between them, and what was promised to anybody.
#[derive(Clone)]
pub(crate) struct Rack {
    setup: Setup,
    placement: Arc<Placement>,
    machines: Vec<Machine>,
    pub(crate) wire: VecDeque<(HostId, HostId, Envelope<u8>)>,
    /// Envelopes that the network repeats much later.
    pub(crate) kept: Vec<(HostId, HostId, Envelope<u8>)>,
    /// Between which hosts nothing arrives, in one direction.
    cut: [[bool; HOSTS]; HOSTS],
    /// Where no message between nodes arrives, whatever hosts say to each other.
    deaf: [bool; HOSTS],
    /// Whether no input was made up, so that what holds between hosts must hold.
    pub(crate) honest: bool,
    elected: BTreeMap<(GroupId, Epoch), usize>,
    committed: BTreeMap<GroupId, Vec<u8>>,
    /// What does not hold, if anything.
    pub(crate) broken: Option<String>,
}

pub(crate) fn host(at: usize) -> HostId {
    HostId(at as u64)
}

pub(crate) fn groups() -> impl Iterator<Item = GroupId> {
    (0..GROUPS).map(GroupId)
}

impl Rack {
    /// Hosts whose groups are served, and rest.
    pub(crate) fn resting(leased: bool, fenced: bool) -> Self {
        let drift = Drift { slow: SLOW as u32, fast: FAST as u32 };
        let lease = Lease::new(Span::new(150), Span::new(300), Span::ZERO, drift).ok().filter(|_| leased);
        let fencing = if fenced { Fencing::Token } else { Fencing::None };
        let placement = (0..HOSTS).map(|at| (named(at as u8), host(at))).collect();
        let config =
            Config::first(Settings::new(Draft::majority(NodeSet::first(HOSTS as u8))).expect("usual"));
        let disk = || Disk {
            image: Image::first(config.clone()),
            flushing: VecDeque::new(),
            effects: VecDeque::new(),
        };
        let disks: BTreeMap<GroupId, Disk> = groups().map(|group| (group, disk())).collect();
        let machine = Machine { host: None, clock: 1000, rate: SLOW, incarnation: 0, disks };
        let mut rack = Self {
            setup: Setup { lease, fencing, ..Setup::new(Timing::of(ELECTION)) },
            placement: Arc::new(Placement::new(placement).expect("each node on a host of its own")),
            machines: vec![machine; HOSTS],
            wire: VecDeque::new(),
            kept: Vec::new(),
            cut: [[false; HOSTS]; HOSTS],
            deaf: [false; HOSTS],
            honest: true,
            elected: BTreeMap::new(),
            committed: BTreeMap::new(),
            broken: None,
        };
        (0..HOSTS).for_each(|at| rack.boot(at));
        // Until they rest, and then for longer than any lease of before.
        rack.run(1000);
        rack.run(400);
        let rest = |host: &MultiNode<u8>| groups().all(|group| host.rests(group));
        assert!(rack.machines.iter().all(|machine| machine.host.as_ref().is_some_and(rest)));
        rack
    }

    // ---- what happens ----------------------------------------------------------------------------------

    /// Starts the machine at `at` from its disks, if it is down.
    pub(crate) fn boot(&mut self, at: usize) {
        let machine = &mut self.machines[at];
        if machine.host.is_some() {
            return;
        }
        machine.incarnation += 1;
        let now = Instant::new(machine.clock);
        let made = MultiNode::new(host(at), machine.incarnation, Pace::of(ELECTION), now);
        machine.host = Some(made.expect("the usual pace"));
        groups().for_each(|group| self.carry(at, group));
    }

    /// Starts the node of `group` from its disk, for the host at `at` to carry.
    fn carry(&mut self, at: usize, group: GroupId) {
        let setup = Arc::new(Setup { seed: group.0, ..self.setup });
        let Machine { host: Some(host), clock, disks, .. } = &mut self.machines[at] else { return };
        let Some(disk) = disks.get_mut(&group) else { return };
        let mut out = Vec::new();
        disk.flushing.clear();
        disk.effects.clear();
        let node = Node::start(named(at as u8), setup, disk.image.clone(), Instant::new(*clock), &mut out);
        host.add(group, node, Arc::clone(&self.placement)).expect("it is carried nowhere else");
        for output in out {
            self.keep(at, group, output);
        }
    }

    /// The machine loses everything but its disks, with so many of the records on their way there; its clock starts
    /// anew, from so much less.
    pub(crate) fn crash(&mut self, at: usize, kept: usize, back: u64) {
        let machine = &mut self.machines[at];
        machine.host = None;
        machine.clock = machine.clock.saturating_sub(back);
        for disk in machine.disks.values_mut() {
            for (_, record) in disk.flushing.drain(..).take(kept) {
                disk.image.apply(&record);
            }
        }
    }

    /// The group is placed anew where it is, or moved away and back.
    pub(crate) fn place(&mut self, at: usize, group: GroupId, away: bool) {
        let placement = Arc::clone(&self.placement);
        let Some(host) = &mut self.machines[at].host else { return };
        let mut out = Outputs::default();
        if away {
            host.remove(group, &mut out);
        } else {
            host.place(group, placement, &mut out).expect("as it was");
        }
        self.take(at, out);
        if away {
            self.carry(at, group);
        }
        self.judge(at);
    }

    /// Real time passes; nobody looks at the clock.
    pub(crate) fn pass(&mut self, ticks: u64) {
        for machine in &mut self.machines {
            machine.clock += ticks * machine.rate;
        }
    }

    pub(crate) fn speed(&mut self, at: usize, fast: bool) {
        self.machines[at].rate = if fast { FAST } else { SLOW };
    }

    pub(crate) fn cut(&mut self, from: usize, to: usize, cut: bool) {
        self.cut[from][to] = cut;
    }

    pub(crate) fn deafen(&mut self, at: usize, deaf: bool) {
        self.deaf[at] = deaf;
    }

    /// The clock of `at` shows this much less, once.
    pub(crate) fn step_back(&mut self, at: usize, units: u64) {
        let clock = self.machines[at].clock;
        self.machines[at].clock = clock.saturating_sub(units);
        self.step(at, &Input::Tick);
        self.machines[at].clock = clock;
    }

    pub(crate) fn now(&self, at: usize) -> u64 {
        self.machines[at].clock
    }

    /// The envelope arrives, unless its way is cut.
    pub(crate) fn arrive(&mut self, (from, to, envelope): (HostId, HostId, Envelope<u8>)) {
        let [sender, receiver] = [from, to].map(|host| host.0 as usize);
        let unheard = self.deaf[receiver] && matches!(envelope.letter, Letter::Group { .. });
        if !self.cut[sender][receiver] && !unheard {
            self.step(receiver, &Input::Envelope { from, envelope });
        }
    }

    /// The envelope arrives that was on its way before anything was cut.
    pub(crate) fn arrive_late(&mut self, (from, to, envelope): (HostId, HostId, Envelope<u8>)) {
        self.step(to.0 as usize, &Input::Envelope { from, envelope });
    }

    /// Everything that the nodes at `at` have written is on disk.
    pub(crate) fn flush(&mut self, at: usize) {
        for group in groups() {
            while let Some(disk) = self.machines[at].disks.get_mut(&group)
                && let Some((seq, record)) = disk.flushing.pop_front()
            {
                disk.image.apply(&record);
                self.step(at, &Input::Group { group, input: failover::Input::Durable(seq) });
            }
        }
    }

    /// Everything that the nodes at `at` want done is done, or fails.
    pub(crate) fn do_effects(&mut self, at: usize, ok: bool) {
        for group in groups() {
            while let Some(disk) = self.machines[at].disks.get_mut(&group)
                && let Some(effect) = disk.effects.pop_front()
            {
                let input = failover::Input::EffectDone { effect, ok, facts: None };
                self.step(at, &Input::Group { group, input });
            }
        }
    }

    pub(crate) fn tick(&mut self, at: usize) {
        let due = self.machines[at].host.as_ref().and_then(MultiNode::deadline);
        if due.is_some_and(|due| due.units() <= self.machines[at].clock) {
            self.step(at, &Input::Tick);
        }
    }

    /// Ticks of real time in which everything works that is up and not cut off.
    pub(crate) fn run(&mut self, ticks: u64) {
        for _ in 0..ticks {
            self.pass(1);
            (0..HOSTS).for_each(|at| self.tick(at));
            for _ in 0..8 {
                (0..HOSTS).for_each(|at| {
                    self.flush(at);
                    self.do_effects(at, true);
                });
                for envelope in std::mem::take(&mut self.wire) {
                    self.arrive(envelope);
                }
                if self.broken.is_some() {
                    return;
                }
                if self.wire.is_empty() {
                    break;
                }
            }
        }
    }

    // ---- one step --------------------------------------------------------------------------------------

    /// One input for the host at `at`, and everything that must hold of it.
    pub(crate) fn step(&mut self, at: usize, input: &Input<u8>) {
        let machine = &mut self.machines[at];
        let (now, Some(host)) = (Instant::new(machine.clock), &mut machine.host) else { return };
        let (mut twin, mut again, mut out) = (host.clone(), Outputs::default(), Outputs::default());
        let due = host.deadline().is_some_and(|due| due <= now);
        twin.step(now, input.clone(), &mut again);
        host.step(now, input.clone(), &mut out);
        assert!(*host == twin && out == again, "the same step twice is not the same: {input:?}");
        if out.list.iter().any(is_refusal) {
            assert_unchanged(host, now, input);
        }
        if due && *input == Input::Tick {
            let next = host.deadline();
            assert!(next.is_none_or(|next| next > now), "heard at {now:?}, a timer is due again at {next:?}");
        }
        self.take(at, out);
        self.judge(at);
    }

    fn take(&mut self, at: usize, out: Outputs<u8>) {
        for output in out.list {
            match output {
                Output::Send { to, envelope } => {
                    let known = usize::try_from(to.0).is_ok_and(|to| to < HOSTS && to != at);
                    assert!(known, "a letter to {to}, where nobody is");
                    if self.wire.len() < CROWD {
                        self.wire.push_back((host(at), to, envelope));
                    }
                }
                Output::Group { group, output } => self.keep(at, group, output),
                Output::Tell(_) | Output::Refused(_) => {}
            }
        }
    }

    fn keep(&mut self, at: usize, group: GroupId, output: failover::Output<u8>) {
        let Some(disk) = self.machines[at].disks.get_mut(&group) else { return };
        match output {
            failover::Output::Persist { seq, record } => disk.flushing.push_back((seq, record)),
            failover::Output::Do(effect) => disk.effects.push_back(effect),
            failover::Output::Tell(event) => self.hear(at, group, event),
            failover::Output::Send { .. } => unreachable!("a message without its envelope"),
            failover::Output::Refused(_) => {}
        }
    }

    fn node(&self, at: usize, group: GroupId) -> Option<&Node<u8>> {
        self.machines[at].host.as_ref()?.node(group)
    }

    /// What a node says of itself must agree with what was said before.
    fn hear(&mut self, at: usize, group: GroupId, event: Event) {
        if let Event::Elected { epoch } = event {
            let first = *self.elected.entry((group, epoch)).or_insert(at);
            if self.honest && first != at {
                self.broken = Some(format!("{group}: two primaries of {epoch}: {first} and {at}"));
            }
        }
        if let (Event::Committed { to, .. }, Some(node)) = (event, self.node(at, group)) {
            let now: Vec<u8> = node.log().entries().take(to as usize).copied().collect();
            let known = self.committed.entry(group).or_default();
            let both = known.len().min(now.len());
            if self.honest && known[..both] != now[..both] {
                self.broken = Some(format!("{group}: {at} committed something else"));
            } else if known.len() < now.len() {
                *known = now;
            }
        }
    }

    /// The host's own invariants; and, among honest hosts, that no lease of an older epoch is held when a newer primary
    /// is active.
    fn judge(&mut self, at: usize) {
        if let Some(Err(violation)) = self.machines[at].host.as_ref().map(MultiNode::check) {
            self.broken = Some(violation.to_string());
        }
        if !self.honest {
            return;
        }
        for group in groups() {
            let nodes = || (0..HOSTS).filter_map(|at| Some((at, self.node(at, group)?)));
            let active = nodes().filter(|(_, node)| node.phase().is_some_and(Phase::is_active));
            let newest = active.map(|(_, node)| node.epoch()).max().unwrap_or(Epoch::ZERO);
            let old: Vec<usize> = nodes()
                .filter(|(_, node)| node.is_serving() && node.epoch() < newest)
                .map(|(at, _)| at)
                .collect();
            for at in old {
                let now = Instant::new(self.machines[at].clock);
                // A copy is asked, so that asking changes nothing.
                let lease = self.machines[at].host.clone().and_then(|mut host| host.lease(now, group));
                if let Some((epoch, _)) = lease {
                    self.broken =
                        Some(format!("{group}: {at} holds a lease of {epoch} while {newest} is active"));
                }
            }
        }
    }
}

/// Whether the input was refused. That a node wants to write to one whose host nobody knows is no fault of the input.
fn is_refusal(output: &Output<u8>) -> bool {
    matches!(output, Output::Refused(why) if !matches!(why, Refused::Unplaced { .. }))
}

/// What is refused is refused again, and that changes nothing. The first time it may have brought news: of a life or a
/// bond of its sender's.
fn assert_unchanged(host: &MultiNode<u8>, now: Instant, input: &Input<u8>) {
    let (mut refuser, mut out) = (host.clone(), Outputs::default());
    refuser.step(now, input.clone(), &mut out);
    assert!(refuser == *host, "refused, and not without a trace: {input:?} put out {out:?}");
}
