//! One machine, and everything that can happen to it: the only place where the production code is called.
//!
//! A machine is settled: all it wrote is on its disk. A step is one act of the world – a message, a timer, a write, a
//! crash and restart – and then, one by one, the flushes of what it wrote. Between any two of these it may crash, and
//! what has left by then has left. So a step is a list of [`Stage`]s, and each of them is judged.

use super::prefix::Prefix;
use super::scope::name;
use crate::induct::compose;
use crate::world::{Act, Caused, Envelope, Local, Shared, Wire, World};
use quorate::disk::Image;
use quorate::election::{Ballot, Refusal};
use quorate::failover::{Append, Beat, Body, Event, Head, Message, Phase, Request};
use quorate::id::{Epoch, NodeId};
use quorate::lease::Release;
use quorate::time::{Instant, Span};

/// Something that can happen to a machine, small enough to be remembered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Input {
    /// A timer fires.
    Tick,
    /// A client writes one entry.
    Write,
    /// It crashes and starts again.
    Restart,
    /// A message of `epoch` from a node arrives.
    Said { epoch: u8, from: u8, what: Said },
}

/// What a message says. What is about leases, pre-votes, configurations and snapshots is not here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Said {
    Vote,
    Refused,
    Beat,
    Revoke,
    Granted(Prefix),
    Promised(Prefix),
    /// From this index on.
    Fetch(u8),
    /// The entries of this log from `from` on.
    Fetched {
        from: u8,
        log: Prefix,
    },
    /// The entries of this log between two indices, and what is committed of it.
    Append {
        log: Prefix,
        from: u8,
        to: u8,
        committed: u8,
    },
    Ack(u8),
    Gap(u8),
}

/// What a machine is, as far as anybody else can tell.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Face {
    /// The epoch in its memory.
    pub(super) epoch: u8,
    /// The epoch on its disk.
    pub(super) promised: u8,
    /// Its vote on disk.
    pub(super) vote: Option<u8>,
    /// The log in its memory, if it is one that the checker knows.
    pub(super) log: Option<Prefix>,
    /// The log on its disk.
    pub(super) disk: Option<Prefix>,
    /// What it takes for committed.
    pub(super) committed: u8,
    pub(super) part: Part,
}

/// The part it plays.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Part {
    Follower,
    /// Stands, or has won and not begun: with the promises it counts.
    Candidate,
    /// Has won and not begun; the donor, if it is taking over a log.
    Recovering {
        donor: Option<u8>,
    },
    /// Has begun: who acknowledged how much, by node, and whether it serves or is about to.
    Begun {
        start: u8,
        acked: Vec<Option<u8>>,
        active: bool,
    },
}

/// A settled machine, and the promises it counts as the messages said them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Machine {
    pub(super) local: Local,
    /// By node; empty unless it is candidate, or primary that has not begun.
    pub(super) counted: Vec<(u8, Prefix)>,
}

/// A machine right after an act, or after one of the flushes that followed.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) face: Face,
    /// The promises it counts.
    pub(super) counted: Vec<(u8, Prefix)>,
    /// What left by now and had not left before.
    pub(super) sent: Vec<(u8, Message<u8>)>,
    /// Whether it is the end of a write that was accepted.
    pub(super) accepted: bool,
    /// Refused as impossible.
    pub(super) impossible: Option<String>,
    /// What a crash leaves, unless it is what a crash left before, or will when the step is over.
    pub(super) image: Option<Image<u8>>,
    /// A broken invariant of the node itself.
    pub(super) violation: Option<String>,
    /// What the other parts of a node take from it, and it does not keep.
    pub(super) unkept: Option<String>,
}

/// What comes of an input.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) stages: Vec<Stage>,
    pub(super) after: Machine,
}

impl Machine {
    /// A machine of a new cluster.
    pub(super) fn first(world: &World, me: usize) -> Machine {
        let image = Image::first(world.model.config().unwrap_or_else(|error| unreachable!("{error}")));
        Machine::reborn(world, me, &image)
    }

    /// What starts from this disk, once it has settled. How often a node was started is read by nobody.
    pub(super) fn reborn(world: &World, me: usize, image: &Image<u8>) -> Machine {
        let mut disk = image.clone();
        disk.hard.incarnation = 0;
        let mut machine = Machine { local: Local::new(name(me), world.setups(), disk), counted: Vec::new() };
        let mut caused = Caused::default();
        while !machine.local.flight.is_empty() {
            machine.local.act(name(me), world.setups(), &Act::Flush, false, &mut caused);
        }
        machine
    }

    /// A disk with this epoch, vote and log.
    pub(super) fn image(world: &World, epoch: u8, vote: Option<usize>, log: Prefix) -> Image<u8> {
        let config = world.model.config().unwrap_or_else(|error| unreachable!("{error}"));
        let mut image = Image { log: log.log(), ..Image::first(config) };
        image.hard.ballot = Ballot { epoch: number(epoch), vote: vote.map(name) };
        image
    }

    pub(super) fn face(&self) -> Face {
        face(&self.local)
    }

    /// Lets `input` happen. `None` if it leads out of the scope.
    pub(super) fn step(&self, world: &World, me: usize, input: Input) -> Option<Step> {
        let mut local = self.local.clone();
        let before = self.face();
        let mut caused = Caused::default();
        let setups = world.setups();
        if input == Input::Restart {
            let after = Machine::reborn(world, me, &local.disk);
            let stage = stage(&after.local, Vec::new(), Caused::default());
            return Some(Step { stages: vec![stage], after });
        }
        let mut act = self.act(&before, input)?;
        local.act(name(me), setups, &act, false, &mut caused);
        let mut counted = self.counted.clone();
        let mut stages = Vec::new();
        let mut last = self.local.clone();
        loop {
            count(&local, me, input, &before, &mut counted);
            let unkept = unkept(me, &last, &act, &local, &caused);
            let mut stage = Stage { unkept, ..stage(&local, counted.clone(), std::mem::take(&mut caused)) };
            let over = local.flight.is_empty();
            stage.image = (!over && !stages.is_empty()).then(|| local.disk.clone());
            stages.push(stage);
            if over {
                break;
            }
            (last, act) = (local.clone(), Act::Flush);
            local.act(name(me), setups, &act, false, &mut caused);
        }
        let epoch = stages.last().map_or(0, |stage| stage.face.epoch);
        let inside = u64::from(epoch) <= world.model.scope.epochs;
        inside.then_some(Step { stages, after: Machine { local, counted } })
    }

    /// Lets `input` happen, or the oldest record reach the disk, and nothing else; what left. `None` if the node has
    /// stopped.
    pub(super) fn fly(
        &mut self,
        world: &World,
        me: usize,
        input: Option<Input>,
    ) -> Option<Vec<(u8, Message<u8>)>> {
        let mut caused = Caused::default();
        let act = match input {
            None => Act::Flush,
            Some(Input::Restart) => {
                let kept = self.local.flight.len() / 2;
                self.local.act(
                    name(me),
                    world.setups(),
                    &Act::Crash { kept, torn: None },
                    false,
                    &mut caused,
                );
                *self = Machine::reborn(world, me, &self.local.disk);
                return Some(Vec::new());
            }
            Some(input) => self.act(&self.face(), input)?,
        };
        self.local.act(name(me), world.setups(), &act, false, &mut caused);
        Some(stage(&self.local, Vec::new(), caused).sent)
    }

    fn act(&self, face: &Face, input: Input) -> Option<Act> {
        match input {
            Input::Tick => Some(Act::Tick),
            Input::Restart => None,
            Input::Write => {
                let op = Prefix::op(face.epoch, face.log?.len());
                Some(Act::Ask(Request::Write(vec![op].into())))
            }
            Input::Said { epoch, from, what } => {
                let config = self.local.disk.hard.config_id();
                let body = body(what, config);
                let message = Message { epoch: number(epoch), body };
                Some(Act::Deliver(name(from.into()), Wire::Node(message)))
            }
        }
    }
}

/// The epoch numbered `epoch`.
pub(super) fn number(epoch: u8) -> Epoch {
    Epoch::from_number(epoch.into())
}

fn body(what: Said, config: quorate::config::ConfigId) -> Body<u8> {
    let promise = |log: Prefix| quorate::commit::Promise {
        len: log.len().into(),
        history: log.history(),
        committed: 0,
    };
    let token: Option<Release> = None;
    match what {
        Said::Vote => Body::Vote { config, token, audit: false },
        Said::Refused => Body::Refused { reason: Refusal::OldEpoch, config: None },
        Said::Beat => {
            let stamp = Instant::new(0);
            Body::Beat(Beat { stamp, lease: Span::ZERO, round: 0, quorate: false, serving: false })
        }
        Said::Revoke => Body::Revoke { audit: false },
        Said::Granted(log) => Body::Granted { promise: promise(log), busy: None },
        Said::Promised(log) => Body::Promised { promise: promise(log) },
        Said::Fetch(from) => Body::Fetch { from: from.into() },
        Said::Fetched { from, log } => Body::Fetched { from: from.into(), entries: log.entries(from).into() },
        Said::Append { log, from, to, committed } => {
            let head = Head { history: log.history(), from: from.into(), committed: committed.into() };
            let entries = log.entries(from).as_slice()[..usize::from(to - from)].to_vec();
            Body::Append(Append::new(head, entries.into()))
        }
        Said::Ack(len) => Body::Ack { len: len.into() },
        Said::Gap(len) => Body::Gap { len: len.into() },
    }
}

/// Keeps the book of promises that a candidate or primary counts: what the message said that made it count.
fn count(local: &Local, me: usize, input: Input, before: &Face, counted: &mut Vec<(u8, Prefix)>) {
    let Some(node) = &local.node else { return counted.clear() };
    let promised = node.promised();
    if node.epoch() != number(before.epoch) {
        counted.clear();
    }
    counted.retain(|(from, _)| promised.contains(name((*from).into())));
    let own = || Prefix::of(node.log());
    let said = match input {
        Input::Said { from, what: Said::Granted(log) | Said::Promised(log), .. } => Some((from, log)),
        Input::Said { .. } | Input::Tick | Input::Write | Input::Restart => None,
    };
    for from in promised.iter().map(NodeId::index) {
        if counted.iter().all(|(known, _)| *known != from) {
            let log = if usize::from(from) == me {
                own()
            } else {
                said.filter(|(node, _)| *node == from).map(|it| it.1)
            };
            counted.extend(log.map(|log| (from, log)));
        }
    }
    counted.sort_unstable();
}

fn stage(local: &Local, counted: Vec<(u8, Prefix)>, caused: Caused) -> Stage {
    let sent = caused.sent.into_iter().filter_map(|(to, wire)| match wire {
        Wire::Node(message) => Some((to.index(), message)),
        Wire::Engine(_) => None,
    });
    let impossible = caused.refused.iter().find_map(|refused| match refused {
        quorate::failover::Refused::Impossible { what, .. } => Some(format!("{what:?}")),
        _other_reason => None,
    });
    Stage {
        face: face(local),
        counted,
        sent: sent.collect(),
        accepted: caused.told.iter().any(|event| matches!(event, Event::Accepted { .. })),
        impossible,
        image: None,
        violation: local
            .node
            .as_ref()
            .and_then(|node| node.check().err())
            .map(|violation| violation.to_string()),
        unkept: None,
    }
}

/// The fact that this part of a step does not keep, and why.
fn unkept(me: usize, before: &Local, act: &Act, after: &Local, caused: &Caused) -> Option<String> {
    let id = name(me);
    let envelope =
        |(to, wire): &(NodeId, Wire)| Shared::new(Envelope { from: id, to: *to, wire: wire.clone() });
    let sent: Vec<_> = caused.sent.iter().map(envelope).collect();
    let breach = compose::broken_step(&compose::Step { id, before, act, after, sent: &sent })?;
    Some(format!("{}: {}", breach.clause, breach.why))
}

fn small(epoch: Epoch) -> u8 {
    u8::try_from(epoch.number()).unwrap_or(u8::MAX)
}

fn face(local: &Local) -> Face {
    let ballot = local.disk.hard.ballot;
    let mut face = Face {
        epoch: small(ballot.epoch),
        promised: small(ballot.epoch),
        vote: ballot.vote.map(NodeId::index),
        log: Prefix::of(&local.disk.log),
        disk: Prefix::of(&local.disk.log),
        committed: 0,
        part: Part::Follower,
    };
    let Some(node) = &local.node else { return face };
    face.epoch = small(node.epoch());
    face.log = Prefix::of(node.log());
    face.committed = node.committed() as u8;
    face.part = match (node.role(), node.phase(), node.replication()) {
        (_, Some(phase), Some(replication)) => Part::Begun {
            start: replication.start as u8,
            acked: replication.peers.iter().map(|(_, peer)| peer.acked.map(|len| len as u8)).collect(),
            active: phase.is_active(),
        },
        (_, Some(Phase::Recovering { donor }), None) => Part::Recovering { donor: Some(donor.index()) },
        (_, Some(_), None) => Part::Recovering { donor: None },
        ("candidate", None, _) => Part::Candidate,
        (_, None, _) => Part::Follower,
    };
    face
}
