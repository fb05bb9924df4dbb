//! Scripts for the rules of hosts: three hosts with one group that rests, and an old primary whose lease must be over
//! before another one serves. Clocks run as far apart as the lease allows.

use super::contracts::Played;
use crate::world::majority;
use quorate::config::{Config, Lease, Settings, Setup, Timing};
use quorate::disk::{Image, Record};
use quorate::failover::{self, Node, Request};
use quorate::id::{Epoch, NodeId, NodeMap};
use quorate::multi::{Envelope, GroupId, HostId, Input, Letter, MultiNode, Output, Outputs, Pace, Placement};
use quorate::outbox::Seq;
use quorate::time::{Drift, Instant, Span};
use std::collections::VecDeque;
use std::sync::Arc;

const COUNT: u8 = 3;
const GROUP: GroupId = GroupId(0);
const ELECTION: Span = Span::new(100);
const DRIFT: Drift = Drift { slow: 1, fast: 2 };
/// Ticks of real time in which whatever can happen has happened.
const LONG: u64 = 3_000;

/// One machine: how fast its clock runs, what it shows, its disk, and its host.
struct Machine {
    rate: u64,
    clock: u64,
    life: u64,
    image: Image<u8>,
    flushing: VecDeque<(Seq, Record<u8>)>,
    host: MultiNode<u8>,
}

struct Rack {
    machines: Vec<Machine>,
    wire: VecDeque<(HostId, HostId, Envelope<u8>)>,
    /// Between which hosts nothing is delivered any more.
    cut: Vec<[HostId; 2]>,
    /// To which host no message between nodes is delivered any more.
    deaf: Option<HostId>,
    /// Every answer to a beat that was sent.
    answers: Vec<(HostId, HostId, Envelope<u8>)>,
    setup: Setup,
    placement: Arc<Placement>,
}

fn id(at: usize) -> HostId {
    HostId(at as u64)
}

fn node(at: usize) -> Result<NodeId, String> {
    u8::try_from(at).ok().and_then(NodeId::new).ok_or_else(|| format!("there is no node {at}"))
}

impl Rack {
    /// Three hosts whose group rests.
    fn resting() -> Result<Self, String> {
        let lease = Lease::new(Span::new(150), Span::new(300), Span::ZERO, DRIFT)
            .map_err(|error| error.to_string())?;
        let setup = Setup { lease: Some(lease), ..Setup::new(Timing::of(ELECTION)) };
        let placement: NodeMap<HostId> = (0..usize::from(COUNT))
            .map(|at| Ok((node(at)?, id(at))))
            .collect::<Result<Vec<_>, String>>()?
            .into_iter()
            .collect();
        let placement = Arc::new(Placement::new(placement).map_err(|error| error.to_string())?);
        let settings = Settings::new(majority(COUNT, Some(2))).map_err(|error| error.to_string())?;
        let mut rack = Self {
            machines: Vec::new(),
            wire: VecDeque::new(),
            cut: Vec::new(),
            deaf: None,
            answers: Vec::new(),
            setup,
            placement,
        };
        for at in 0..usize::from(COUNT) {
            let image = Image::first(Config::first(settings.clone()));
            let machine = rack.booted(at, 1, 10_000, image)?;
            rack.machines.push(machine);
        }
        rack.until("everybody rests", Rack::rests)?;
        // By then nobody is bound any more by a beat from before.
        (0..LONG).for_each(|_| rack.run());
        Ok(rack)
    }

    fn booted(&self, at: usize, life: u64, clock: u64, image: Image<u8>) -> Result<Machine, String> {
        let now = Instant::new(clock);
        let mut host =
            MultiNode::new(id(at), life, Pace::of(ELECTION), now).map_err(|error| error.to_string())?;
        let mut out = Vec::new();
        let started = Node::start(node(at)?, Arc::new(self.setup), image.clone(), now, &mut out);
        host.add(GROUP, started, Arc::clone(&self.placement)).map_err(|error| error.to_string())?;
        let mut machine = Machine { rate: 1, clock, life, image, flushing: VecDeque::new(), host };
        for output in out {
            machine.keep(output);
        }
        Ok(machine)
    }

    fn step(&mut self, at: usize, input: Input<u8>) {
        let machine = &mut self.machines[at];
        let mut out = Outputs::default();
        machine.host.step(Instant::new(machine.clock), input, &mut out);
        for output in out.list {
            match output {
                Output::Send { to, envelope } => {
                    if matches!(envelope.letter, Letter::Heard { .. }) {
                        self.answers.push((id(at), to, envelope.clone()));
                    }
                    self.wire.push_back((id(at), to, envelope));
                }
                Output::Group { output, .. } => self.machines[at].keep(output),
                Output::Tell(_) | Output::Refused(_) => {}
            }
        }
    }

    fn ask(&mut self, at: usize, request: Request<u8>) {
        self.step(at, Input::Group { group: GROUP, input: failover::Input::Request(request) });
    }

    /// One tick of real time; everything that is not cut off arrives within it.
    fn run(&mut self) {
        for at in 0..self.machines.len() {
            let machine = &mut self.machines[at];
            machine.clock += machine.rate;
            if machine.host.deadline().is_some_and(|due| due <= Instant::new(machine.clock)) {
                self.step(at, Input::Tick);
            }
        }
        for _ in 0..8 {
            for at in 0..self.machines.len() {
                while let Some((seq, record)) = self.machines[at].flushing.pop_front() {
                    self.machines[at].image.apply(&record);
                    self.step(at, Input::Group { group: GROUP, input: failover::Input::Durable(seq) });
                }
            }
            for (from, to, envelope) in std::mem::take(&mut self.wire) {
                let unheard = self.deaf == Some(to) && matches!(envelope.letter, Letter::Group { .. });
                let lost = unheard || self.cut.contains(&[from, to]) || self.cut.contains(&[to, from]);
                if !lost {
                    self.step(to.0 as usize, Input::Envelope { from, envelope });
                }
            }
        }
    }

    fn until(&mut self, what: &str, mut done: impl FnMut(&mut Rack) -> bool) -> Result<(), String> {
        for _ in 0..LONG {
            self.run();
            if done(self) {
                return Ok(());
            }
        }
        Err(format!("it does not come about that {what}"))
    }

    fn rests(&mut self) -> bool {
        self.machines.iter().all(|machine| machine.host.rests(GROUP))
    }

    /// Who serves, in the newest epoch.
    fn serving(&self) -> Option<(Epoch, usize)> {
        let serves = |at: usize| {
            let node = self.machines[at].host.node(GROUP).filter(|node| node.is_serving())?;
            Some((node.epoch(), at))
        };
        (0..self.machines.len()).filter_map(serves).max()
    }

    fn primary(&self) -> Result<(Epoch, usize), String> {
        self.serving().ok_or_else(|| "nobody serves".into())
    }

    /// Goes on until somebody serves under a newer epoch than `old` does; whether that one has a lease then.
    fn succeeded(
        &mut self,
        old: usize,
        epoch: Epoch,
        mut meanwhile: impl FnMut(&mut Rack),
    ) -> Result<Played, String> {
        self.until("another one serves", |rack| {
            meanwhile(rack);
            rack.serving().is_some_and(|(newest, _)| newest > epoch)
        })?;
        let machine = &mut self.machines[old];
        let lease = machine.host.lease(Instant::new(machine.clock), GROUP);
        Ok(Played::of(lease.is_none(), || format!("the primary of {epoch} still holds its lease: {lease:?}")))
    }
}

impl Machine {
    fn keep(&mut self, output: failover::Output<u8>) {
        if let failover::Output::Persist { seq, record } = output {
            self.flushing.push_back((seq, record));
        }
    }
}

/// The old primary's clock is slow and the others' fast; it is cut off from both.
pub(super) fn beats_bind() -> Result<Played, String> {
    let mut rack = Rack::resting()?;
    let (epoch, old) = rack.primary()?;
    for at in (0..rack.machines.len()).filter(|at| *at != old) {
        rack.machines[at].rate = 2;
        rack.cut.push([id(old), id(at)]);
    }
    rack.succeeded(old, epoch, |_| {})
}

/// A supervisor takes the primary for dead and says so to the others, who elect another. The old one hears nothing of
/// it: only the beats between the hosts arrive, and their answers.
pub(super) fn a_broken_bond_is_told() -> Result<Played, String> {
    let mut rack = Rack::resting()?;
    let (epoch, old) = rack.primary()?;
    rack.deaf = Some(id(old));
    rack.succeeded(old, epoch, |rack| {
        for at in (0..rack.machines.len()).filter(|at| *at != old) {
            let follows = rack.machines[at].host.node(GROUP).and_then(Node::primary);
            if follows.is_some_and(|node| usize::from(node.index()) == old) {
                rack.ask(at, Request::ForgetPrimary);
            }
        }
    })
}

/// The primary restarts, and its clock counts anew from less; it is elected again and cut off. Then answers arrive that
/// were given to its former life.
pub(super) fn answers_are_of_a_life() -> Result<Played, String> {
    let mut rack = Rack::resting()?;
    let (_, old) = rack.primary()?;
    let (life, image) = (rack.machines[old].life + 1, rack.machines[old].image.clone());
    let answers: Vec<_> = rack.answers.drain(..).filter(|(_, to, _)| *to == id(old)).collect();
    rack.machines[old] = rack.booted(old, life, 9_000, image)?;
    rack.until("it serves again", |rack| match rack.serving() {
        Some((_, at)) if at == old => rack.rests(),
        Some((_, at)) => {
            if let Ok(to) = node(old) {
                rack.ask(at, Request::Switchover { to });
            }
            false
        }
        None => false,
    })?;
    let (epoch, _) = rack.primary()?;
    (0..LONG / 2).for_each(|_| rack.run());
    for at in (0..rack.machines.len()).filter(|at| *at != old) {
        rack.machines[at].rate = 2;
        rack.cut.push([id(old), id(at)]);
    }
    rack.succeeded(old, epoch, |rack| {
        let now = Instant::new(rack.machines[old].clock);
        for (from, _, envelope) in &answers {
            if matches!(envelope.letter, Letter::Heard { stamp } if stamp <= now) {
                rack.step(old, Input::Envelope { from: *from, envelope: envelope.clone() });
            }
        }
    })
}
