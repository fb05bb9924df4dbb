//! How a group falls asleep, what wakes it, and what its node is told in between.

use super::host::MultiNode;
use super::io::{Event, Output, Outputs, Refused};
use super::member::{Member, Rest};
use super::message::{GroupId, HostId, Letter, Nap, Terms};
use crate::failover::{self, Message, Payload};
use crate::id::{NodeId, NodeSet};

impl<P: Payload> MultiNode<P> {
    // ---- the node --------------------------------------------------------------------------------------

    pub(super) fn on_group_input(&mut self, group: GroupId, input: failover::Input<P>, out: &mut Outputs<P>) {
        let refused = match &input {
            failover::Input::Message { .. } => Some(Refused::NoEnvelope(group)),
            failover::Input::Tick
            | failover::Input::Durable(_)
            | failover::Input::StorageFailed
            | failover::Input::EffectDone { .. }
            | failover::Input::Engine(_)
            | failover::Input::ClockSuspect
            | failover::Input::Request(_) => None,
        };
        let Some(member) = self.groups.get_mut(&group) else {
            return out.list.push(Output::Refused(Refused::UnknownGroup(group)));
        };
        if let Some(refused) = refused {
            return out.list.push(Output::Refused(refused));
        }
        if let Rest::Awake { quiet } = &mut member.rest {
            *quiet &= !matches!(input, failover::Input::Request(_));
        }
        self.step_node(group, input, out);
    }

    pub(super) fn on_message(
        &mut self,
        host: HostId,
        group: GroupId,
        message: Message<P>,
        out: &mut Outputs<P>,
    ) {
        let Some(from) = self.sender(host, group, out) else { return };
        if self.groups.get(&group).is_some_and(|member| matches!(member.rest, Rest::Resting { .. })) {
            // Somebody has something to say.
            self.rouse(group, out);
        }
        self.step_node(group, failover::Input::Message { from, message }, out);
    }

    /// Which node of `group` is on `host`.
    fn sender(&self, host: HostId, group: GroupId, out: &mut Outputs<P>) -> Option<NodeId> {
        let refused = match self.groups.get(&group) {
            None => Refused::UnknownGroup(group),
            Some(member) => match member.placement.node(host) {
                Some(node) => return Some(node),
                None => Refused::Stranger { group, host },
            },
        };
        out.list.push(Output::Refused(refused));
        None
    }

    /// One step of one node: first what the beats between the hosts meant to it, afterwards whether it still rests.
    pub(super) fn step_node(&mut self, group: GroupId, input: failover::Input<P>, out: &mut Outputs<P>) {
        let Some(member) = self.groups.get_mut(&group) else { return };
        member.catch_up(self.clock, &self.peers);
        member.node.step(self.clock, input, &mut out.raw);
        self.address(group, out);
        let Some(member) = self.groups.get(&group) else { return };
        if !member.still_rests() {
            self.leave(group, out);
        }
        self.schedule(group);
    }

    /// Puts what the node wants sent into envelopes.
    fn address(&self, group: GroupId, out: &mut Outputs<P>) {
        let mut raw = core::mem::take(&mut out.raw);
        for output in raw.drain(..) {
            match output {
                failover::Output::Send { to, message } => {
                    self.post_to(group, to, Letter::Group { group, message }, out);
                }
                failover::Output::Persist { .. }
                | failover::Output::Do(_)
                | failover::Output::Tell(_)
                | failover::Output::Refused(_) => out.list.push(Output::Group { group, output }),
            }
        }
        out.raw = raw;
    }

    fn post_to(&self, group: GroupId, node: NodeId, letter: Letter<P>, out: &mut Outputs<P>) {
        match self.groups.get(&group).and_then(|member| member.placement.host(node)) {
            Some(host) => self.post(host, letter, out),
            None => out.list.push(Output::Refused(Refused::Unplaced { group, node })),
        }
    }

    /// Keeps the deadline of a node that does not rest, and none of one that does.
    pub(super) fn schedule(&mut self, group: GroupId) {
        let Some(member) = self.groups.get_mut(&group) else { return };
        let wanted = member.wants();
        if member.due != wanted {
            if let Some(due) = member.due {
                self.due.remove(&(due, group));
            }
            if let Some(due) = wanted {
                self.due.insert((due, group));
            }
            member.due = wanted;
        }
    }

    // ---- falling asleep --------------------------------------------------------------------------------

    /// After a beat of a primary: if there was nothing to do since the last one, asks the replicas to rest.
    pub(super) fn settle_down(&mut self, group: GroupId, out: &mut Outputs<P>) {
        let (now, patience) = (self.clock, self.pace.patience);
        let reached = |host| self.peers.get(&host).is_some_and(|peer| peer.is_reached(now, patience));
        let Some(member) = self.groups.get(&group) else { return };
        let (with, agreed) = match member.rest {
            Rest::Awake { quiet: true } => match member.replicas(reached) {
                Some(with) => (with, NodeSet::EMPTY),
                None => return,
            },
            Rest::Asking { with, agreed } => (with, agreed),
            Rest::Awake { quiet: false } | Rest::Resting { .. } | Rest::Bound { .. } => {
                return self.grow_quiet(group);
            }
        };
        let fresh = matches!(member.rest, Rest::Awake { .. });
        let Some(number) = member.nap().number.checked_add(u32::from(fresh)) else { return };
        let Some(terms) = member.node.rest_with(with, number) else { return };
        if let Some(member) = self.groups.get_mut(&group) {
            member.nap = terms.nap;
            member.rest = Rest::Asking { with, agreed };
        }
        for to in with.minus(agreed).iter() {
            self.post_to(group, to, Letter::Rest { group, terms }, out);
        }
        self.rest_if_agreed(group, out);
    }

    fn grow_quiet(&mut self, group: GroupId) {
        if let Some(Rest::Awake { quiet }) = self.groups.get_mut(&group).map(|member| &mut member.rest) {
            *quiet = true;
        }
    }

    /// The primary asks to rest.
    pub(super) fn on_rest(&mut self, host: HostId, group: GroupId, terms: &Terms, out: &mut Outputs<P>) {
        let Some(from) = self.sender(host, group, out) else { return };
        let (now, patience) = (self.clock, self.pace.patience);
        let heard = self.peers.get(&host).is_some_and(|peer| peer.is_heard(now, patience));
        let Some(member) = self.groups.get_mut(&group) else { return };
        let known = member.nap();
        let again = terms.nap == known && member.rest == (Rest::Bound { primary: from });
        let news = terms.nap.epoch == known.epoch && terms.nap.number > known.number;
        if !heard || !(news || again) || !member.node.rest_under(from, terms, &mut out.raw) {
            return;
        }
        member.nap = terms.nap;
        member.rest = Rest::Bound { primary: from };
        member.node.trim();
        self.address(group, out);
        self.schedule(group);
        self.post(host, Letter::Rests { group, nap: terms.nap }, out);
    }

    /// A replica rests.
    pub(super) fn on_rests(&mut self, host: HostId, group: GroupId, nap: Nap, out: &mut Outputs<P>) {
        let Some(from) = self.sender(host, group, out) else { return };
        let Some(member) = self.groups.get_mut(&group).filter(|member| member.nap == nap) else { return };
        if let Rest::Asking { with, agreed } = &mut member.rest
            && with.contains(from)
        {
            agreed.insert(from);
        }
        self.rest_if_agreed(group, out);
    }

    fn rest_if_agreed(&mut self, group: GroupId, out: &mut Outputs<P>) {
        let Some(member) = self.groups.get_mut(&group) else { return };
        if let Rest::Asking { with, agreed } = member.rest
            && with.within(agreed)
            && member.still_rests()
        {
            member.rest = Rest::Resting { with, since: self.clock };
            member.node.trim();
            out.list.push(Output::Tell(Event::Rests(group)));
            self.schedule(group);
        }
    }

    // ---- waking ----------------------------------------------------------------------------------------

    /// Ends the rest of a group although the other side may still count on it.
    pub(super) fn leave(&mut self, group: GroupId, out: &mut Outputs<P>) {
        match self.groups.get(&group).and_then(|member| member.bound_to()) {
            // Its host relies on beats that bind nobody any more. It has to learn that before it counts another.
            Some(host) => self.break_bond(host, out),
            None => self.rouse(group, out),
        }
    }

    /// Ends the rest of a group, if it rests: the node goes on by its own rules from what it is told here.
    pub(super) fn rouse(&mut self, group: GroupId, out: &mut Outputs<P>) {
        let now = self.clock;
        let Some(member) = self.groups.get_mut(&group) else { return };
        member.catch_up(now, &self.peers);
        let rest = core::mem::replace(&mut member.rest, Rest::Awake { quiet: false });
        let nap = member.nap;
        match rest {
            Rest::Awake { .. } => member.rest = rest,
            Rest::Asking { with, .. } => self.owe(group, nap, with),
            Rest::Resting { with, .. } => {
                member.node.resume(now);
                out.list.push(Output::Tell(Event::Woke(group)));
                self.owe(group, nap, with);
            }
            Rest::Bound { .. } => {}
        }
        self.schedule(group);
    }

    /// The replicas must not rely on beats of this host any more. Every beat tells them, until they have understood.
    fn owe(&mut self, group: GroupId, nap: Nap, to: NodeSet) {
        let Some(member) = self.groups.get(&group) else { return };
        for host in to.iter().filter_map(|node| member.placement.host(node)) {
            if let Some(peer) = self.peers.get_mut(&host) {
                peer.owed.insert(group, nap);
            }
        }
    }

    /// The primary's host says that a rest is over.
    pub(super) fn on_woke(&mut self, host: HostId, group: GroupId, nap: Nap, out: &mut Outputs<P>) {
        if let Some(member) = self.groups.get_mut(&group) {
            if member.node.epoch() < nap.epoch {
                // It has not heard of that epoch yet. Until it has, it must not forget that this rest is over.
                return;
            }
            let ends = member.node.epoch() == nap.epoch && member.nap() <= nap;
            let bound = member.bound_to() == Some(host);
            if ends && member.rest.with().is_empty() {
                member.nap = nap;
            }
            if ends && bound {
                self.rouse(group, out);
            }
        }
        self.post(host, Letter::Roused { group, nap }, out);
    }

    /// The replica's host knows.
    pub(super) fn on_roused(&mut self, host: HostId, group: GroupId, nap: Nap) {
        if let Some(peer) = self.peers.get_mut(&host)
            && peer.owed.get(&group) == Some(&nap)
        {
            peer.owed.remove(&group);
        }
    }
}

impl<P: Payload> Member<P> {
    /// The replicas on hosts that can be reached; `None` if nobody said where some of them are.
    fn replicas(&self, reached: impl Fn(HostId) -> bool) -> Option<NodeSet> {
        let others = self.node.members().without(self.node.id());
        let placed = others.iter().all(|node| self.placement.host(node).is_some());
        let with = others.iter().filter(|node| self.placement.host(*node).is_some_and(&reached)).collect();
        placed.then_some(with)
    }

    /// Whether what the group rests on is still so.
    pub(super) fn still_rests(&self) -> bool {
        match self.rest {
            Rest::Awake { .. } => true,
            Rest::Asking { with, .. } | Rest::Resting { with, .. } => {
                self.node.epoch() == self.nap.epoch && self.node.rest_with(with, self.nap.number).is_some()
            }
            Rest::Bound { primary } => self.node.epoch() == self.nap.epoch && self.node.follows(primary),
        }
    }
}
