//! The host: its nodes, what it knows of other hosts, and the one function that changes it.

use super::io::{AddError, Event, Input, Output, Outputs, Pace, PaceError, Placement, Refused};
use super::member::{Member, Rest};
use super::message::{Bond, Envelope, GroupId, HostId, Letter, Nap};
use super::peer::Peer;
use crate::failover::{self, Node, Payload};
use crate::id::{Epoch, NodeId};
use crate::time::{Instant, Span};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The nodes of many groups on one host.
///
/// # Invariants
/// Each is also code: [`MultiNode::check`].
/// * `due` names exactly the deadlines of the nodes that do not rest.
/// * A replica is bound only while it follows that primary in that epoch, and while its host is heard.
/// * Who rests as primary has nothing to say to those it rests with.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MultiNode<P> {
    pub(super) host: HostId,
    pub(super) incarnation: u64,
    pub(super) pace: Pace,
    pub(super) clock: Instant,
    /// When the last beats were sent; `None` before the first.
    pub(super) beat: Option<Instant>,
    /// Answers to beats sent until then do not count: the clock was in doubt.
    pub(super) floor: Option<Instant>,
    pub(super) peers: BTreeMap<HostId, Peer>,
    pub(super) groups: BTreeMap<GroupId, Box<Member<P>>>,
    pub(super) due: BTreeSet<(Instant, GroupId)>,
}

impl<P: Payload> MultiNode<P> {
    /// A host without groups. `incarnation` must be higher at each start of this host, and durable before this is
    /// called: a number of boots, kept in a file.
    pub fn new(host: HostId, incarnation: u64, pace: Pace, now: Instant) -> Result<Self, PaceError> {
        pace.check()?;
        let (peers, groups, due) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        Ok(Self { host, incarnation, pace, clock: now, beat: None, floor: None, peers, groups, due })
    }

    /// Carries a node that was [started](Node::start) in this life of the host. What its start put out is handled by
    /// the caller; all later outputs come out here.
    pub fn add(&mut self, group: GroupId, node: Node<P>, placement: Arc<Placement>) -> Result<(), AddError> {
        if self.groups.contains_key(&group) {
            return Err(AddError::Exists(group));
        }
        if self.groups.len() >= self.pace.groups {
            return Err(AddError::TooManyGroups(self.pace.groups));
        }
        self.meet(node.id(), &placement)?;
        let rest = Rest::Awake { quiet: false };
        let member = Member { node, placement, nap: Nap::default(), rest, due: None };
        self.groups.insert(group, Box::new(member));
        self.schedule(group);
        Ok(())
    }

    /// The group has moved. Whoever relied on where it was is told.
    pub fn place(
        &mut self,
        group: GroupId,
        placement: Arc<Placement>,
        out: &mut Outputs<P>,
    ) -> Result<(), AddError> {
        let Some(member) = self.groups.get(&group) else { return Err(AddError::Unknown(group)) };
        self.meet(member.node.id(), &placement)?;
        self.leave(group, out);
        if let Some(member) = self.groups.get_mut(&group) {
            member.placement = placement;
        }
        self.schedule(group);
        Ok(())
    }

    /// Carries the node no longer. It is started again from its disk if it ever returns.
    pub fn remove(&mut self, group: GroupId, out: &mut Outputs<P>) -> Option<Node<P>> {
        // What is owed for it stays owed: its replicas elsewhere still have to learn that it is gone.
        self.leave(group, out);
        let member = self.groups.remove(&group)?;
        if let Some(due) = member.due {
            self.due.remove(&(due, group));
        }
        Some(member.node)
    }

    /// Takes note of the hosts of a group one of whose nodes is here.
    fn meet(&mut self, here: NodeId, placement: &Placement) -> Result<(), AddError> {
        if placement.host(here) != Some(self.host) {
            return Err(AddError::Elsewhere { node: here, host: self.host });
        }
        let others = || placement.hosts().filter(|host| *host != self.host);
        let new = others().filter(|host| !self.peers.contains_key(host)).count();
        if self.peers.len() + new > self.pace.hosts {
            return Err(AddError::TooManyHosts(self.pace.hosts));
        }
        for host in others() {
            self.peers.entry(host).or_default();
        }
        Ok(())
    }

    /// Handles one input at local time `now`. Total, like [`Node::step`].
    pub fn step(&mut self, now: Instant, input: Input<P>, out: &mut Outputs<P>) {
        if now < self.clock {
            self.doubt_clock(out);
        } else {
            self.clock = now;
        }
        match input {
            Input::Envelope { from, envelope } => self.open(from, envelope, out),
            Input::Group { group, input } => self.on_group_input(group, input, out),
            Input::Tick => self.tick(out),
            Input::ClockSuspect => self.doubt_clock(out),
        }
    }

    /// When to call [`MultiNode::step`] with [`Input::Tick`] if nothing else happens before.
    pub fn deadline(&self) -> Option<Instant> {
        let groups = self.due.first().map(|(due, _)| *due);
        if self.peers.is_empty() {
            return groups;
        }
        let beat = self.beat.map_or(self.clock, |beat| beat.after(self.pace.beat));
        let peers = self.peers.values().filter_map(|peer| peer.deadline(self.pace.patience));
        peers.chain(groups).min().map_or(Some(beat), |first| Some(first.min(beat)))
    }

    // ---- questions -------------------------------------------------------------------------------------

    /// The node of a group, as of the last time something happened to it.
    pub fn node(&self, group: GroupId) -> Option<&Node<P>> {
        self.groups.get(&group).map(|member| &member.node)
    }

    /// Whether a group rests, as far as this host is concerned: then its node is not called and costs no time.
    pub fn rests(&self, group: GroupId) -> bool {
        self.groups.get(&group).is_some_and(|member| member.rest.is_rest())
    }

    /// The epoch and the rest of the lease of the node here, if it serves under a valid one at `now`. That of a group
    /// that rests is renewed by the beats between the hosts.
    pub fn lease(&mut self, now: Instant, group: GroupId) -> Option<(Epoch, Span)> {
        let member = self.groups.get_mut(&group)?;
        member.catch_up(self.clock, &self.peers);
        member.node.lease(now)
    }

    /// Every group that has a node here.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> {
        self.groups.keys().copied()
    }

    // ---- time ------------------------------------------------------------------------------------------

    fn tick(&mut self, out: &mut Outputs<P>) {
        let (now, patience) = (self.clock, self.pace.patience);
        let lapsed = |peer: &Peer| {
            let silent = peer.heard.is_some() && !peer.is_heard(now, patience);
            silent || (peer.answered.is_some() && !peer.is_reached(now, patience))
        };
        for host in self.peers_where(lapsed) {
            self.break_bond(host, out);
        }
        if self.beat.is_none_or(|beat| now.since(beat) >= self.pace.beat) && !self.peers.is_empty() {
            self.send_beats(out);
        }
        let due: Vec<GroupId> =
            self.due.iter().take_while(|(due, _)| *due <= now).map(|(_, group)| *group).collect();
        for group in due {
            self.step_node(group, failover::Input::Tick, out);
            self.settle_down(group, out);
        }
    }

    fn peers_where(&self, test: impl Fn(&Peer) -> bool) -> Vec<HostId> {
        self.peers.iter().filter(|(_, peer)| test(peer)).map(|(host, _)| *host).collect()
    }

    fn send_beats(&mut self, out: &mut Outputs<P>) {
        self.beat = Some(self.clock);
        for (host, peer) in &self.peers {
            self.post(*host, Letter::Beat { stamp: self.clock }, out);
            for (group, nap) in &peer.owed {
                self.post(*host, Letter::Woke { group: *group, nap: *nap }, out);
            }
        }
    }

    fn doubt_clock(&mut self, out: &mut Outputs<P>) {
        self.floor = Some(self.clock);
        for host in self.peers_where(|peer| peer.answered.is_some()) {
            self.break_bond(host, out);
        }
        let groups: Vec<GroupId> = self.groups.keys().copied().collect();
        for group in groups {
            self.step_node(group, failover::Input::ClockSuspect, out);
        }
    }

    // ---- between hosts ---------------------------------------------------------------------------------

    pub(super) fn post(&self, to: HostId, letter: Letter<P>, out: &mut Outputs<P>) {
        let Some(peer) = self.peers.get(&to) else { return };
        let bond = Bond { incarnation: self.incarnation, broken: peer.broken };
        let you = peer.bond.map(|bond| bond.incarnation);
        out.list.push(Output::Send { to, envelope: Envelope { bond, you, letter } });
    }

    fn open(&mut self, from: HostId, envelope: Envelope<P>, out: &mut Outputs<P>) {
        let Envelope { bond, you, letter } = envelope;
        if from == self.host {
            return out.list.push(Output::Refused(Refused::FromSelf));
        }
        if !self.peers.contains_key(&from) {
            return out.list.push(Output::Refused(Refused::UnknownHost(from)));
        }
        let current = self.learn_bond(from, bond, out);
        // A message says by itself what it is about, however old it is.
        if let Letter::Group { group, message } = letter {
            return self.on_message(from, group, message, out);
        }
        // An answer is one only in the life that asked; and what a former life of the sender said is over.
        let answers = current && rule!(AnswersAreOfThisLife, you == Some(self.incarnation));
        match letter {
            Letter::Group { .. } => {}
            Letter::Beat { stamp } if current => self.on_beat(from, stamp, out),
            Letter::Heard { stamp } if answers => self.on_heard(from, stamp, out),
            Letter::Rest { group, terms } if answers => self.on_rest(from, group, &terms, out),
            Letter::Rests { group, nap } if answers => self.on_rests(from, group, nap, out),
            Letter::Woke { group, nap } if answers => self.on_woke(from, group, nap, out),
            Letter::Roused { group, nap } if answers => self.on_roused(from, group, nap),
            Letter::Beat { .. }
            | Letter::Heard { .. }
            | Letter::Rest { .. }
            | Letter::Rests { .. }
            | Letter::Woke { .. }
            | Letter::Roused { .. } => {}
        }
    }

    /// Takes note of the bond of `from` with this host; whether it is not older than what is known.
    fn learn_bond(&mut self, from: HostId, bond: Bond, out: &mut Outputs<P>) -> bool {
        let Some(known) = self.peers.get(&from).map(|peer| peer.bond) else { return false };
        if known.is_some_and(|known| bond <= known) {
            return known == Some(bond);
        }
        // It has let go of everything on both sides, or lost it with its former life.
        self.part(from, out);
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.bond = Some(bond);
        }
        true
    }

    fn on_beat(&mut self, from: HostId, stamp: Instant, out: &mut Outputs<P>) {
        if let Some(peer) = self.peers.get_mut(&from) {
            peer.heard = Some(self.clock);
        }
        self.post(from, Letter::Heard { stamp }, out);
    }

    fn on_heard(&mut self, from: HostId, stamp: Instant, out: &mut Outputs<P>) {
        // Nothing was sent since the last beat, though the clock has gone on.
        if self.beat.is_none_or(|beat| stamp > beat) {
            return out.list.push(Output::Refused(Refused::FutureStamp { host: from, stamp }));
        }
        let doubtful = self.floor.is_some_and(|floor| stamp <= floor);
        let Some(peer) = self.peers.get_mut(&from).filter(|_| !doubtful) else { return };
        let reached = peer.answered.is_none();
        peer.answered = peer.answered.max(Some(stamp));
        if reached {
            out.list.push(Output::Tell(Event::Reached(from)));
            self.include(from, out);
        }
    }

    /// Ends what this host and `host` rely on each other for. What `host` is answered from now on says so.
    pub(super) fn break_bond(&mut self, host: HostId, out: &mut Outputs<P>) {
        if let Some(peer) = self.peers.get_mut(&host) {
            peer.broken += rule!(BrokenBondIsNew, 1, else: 0);
        }
        self.part(host, out);
    }

    /// Whoever rests by beats of `host`, or by its answers, goes on by itself.
    fn part(&mut self, host: HostId, out: &mut Outputs<P>) {
        let relies = |member: &Member<P>| {
            let with = member.rest.with();
            member.bound_to() == Some(host)
                || (!with.is_empty() && member.placement.node(host).is_some_and(|node| with.contains(node)))
        };
        self.rouse_where(relies, out);
        let Some(peer) = self.peers.get_mut(&host) else { return };
        let met = peer.heard.is_some() || peer.answered.is_some();
        (peer.heard, peer.answered) = (None, None);
        // The bond says it all.
        peer.owed.clear();
        if met {
            out.list.push(Output::Tell(Event::Parted(host)));
        }
    }

    /// `host` answers again: who rests without its replicas wakes, to find out what they lack.
    fn include(&mut self, host: HostId, out: &mut Outputs<P>) {
        let leaves_out = |member: &Member<P>| match member.rest {
            Rest::Asking { with, .. } | Rest::Resting { with, .. } => {
                member.placement.node(host).is_some_and(|node| !with.contains(node))
            }
            Rest::Awake { .. } | Rest::Bound { .. } => false,
        };
        self.rouse_where(leaves_out, out);
    }

    fn rouse_where(&mut self, test: impl Fn(&Member<P>) -> bool, out: &mut Outputs<P>) {
        let groups: Vec<GroupId> =
            self.groups.iter().filter(|(_, member)| test(member)).map(|(group, _)| *group).collect();
        for group in groups {
            self.rouse(group, out);
        }
    }
}
