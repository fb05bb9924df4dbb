//! The abstract election: what is proved of it for any number of nodes and epochs, one step of the code has to be.
//!
//! The relation knows of each node a ballot in memory, a role, and its *images*: every ballot that a crash may leave,
//! which is the one on the disk and the one in each record on its way there. A step of a node is a sequence of these
//! actions, and [`abstract_election_step`] asks for their joint effect:
//!
//! ```text
//! enter(e)     e > epoch                  ⇒ epoch := e, no vote, follower
//! campaign(e)  e > epoch                  ⇒ ballot := (e, self), candidate without votes
//! vote(e, c)   c asked in e = epoch, and the vote is free or c's already       ⇒ vote := c
//! record       images grow by the ballot;   flush: images shrink;   crash: one image is left, follower
//! ask, grant   a vote that was written, and only when every image is that vote or of a newer epoch
//! count(v)     v's vote for this candidacy was sent, or is its own and no other image is left
//! win          the votes counted contain a vote quorum
//! ```

use super::closure::Machine;
use crate::world::{Act, Envelope, Local, Shared, Wire};
use quorate::election::Ballot;
use quorate::failover::{Body, Message, Node};
use quorate::id::{Epoch, NodeId, NodeSet};

/// What the relation knows of a node that is up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Elector {
    /// Epoch and vote in memory.
    pub ballot: Ballot,
    /// Its role.
    pub role: Role,
    /// Every ballot that a crash may leave.
    pub images: Vec<Ballot>,
}

/// A role in the relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Neither of the others; asking around before a campaign as well.
    Follower,
    /// Stands, and has counted these votes.
    Candidate(NodeSet),
    /// Won.
    Primary,
}

/// What a step of a node took in and sent out, as far as the relation knows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Exchange {
    /// A vote that was asked for: by whom, in which epoch.
    pub asked_by: Option<(NodeId, Epoch)>,
    /// A vote that was granted: by whom, in which epoch.
    pub granted_by: Option<(NodeId, Epoch)>,
    /// Epochs in which this node asked for votes.
    pub asks: Vec<Epoch>,
    /// Votes this node sent: for whom, in which epoch.
    pub grants: Vec<(NodeId, Epoch)>,
}

/// The ballots that a crash of `local` may leave.
fn images(local: &Local) -> Vec<Ballot> {
    let written = local.flight.iter().filter_map(|record| record.hard.as_deref());
    let mut images: Vec<Ballot> =
        std::iter::once(&local.disk.hard).chain(written).map(|hard| hard.ballot).collect();
    images.sort_unstable();
    images.dedup();
    images
}

impl Elector {
    /// What the relation knows of a machine; of one that is down, only its disk.
    pub fn of(local: &Local) -> Self {
        let ballot = local.node.as_ref().map_or(local.disk.hard.ballot, |node| node.hard().ballot);
        let role = |node: &Node<_>| match node.role() {
            "candidate" => Role::Candidate(node.votes()),
            "primary" => Role::Primary,
            _follower_or_prevote => Role::Follower,
        };
        Self { ballot, role: local.node.as_ref().map_or(Role::Follower, role), images: images(local) }
    }

    /// Whether nothing but the ballot is left after a crash.
    fn is_durable(&self) -> bool {
        self.images == [self.ballot]
    }

    /// The votes counted, if it is candidate of `epoch`.
    fn votes(&self, epoch: Epoch) -> Option<NodeSet> {
        match self.role {
            Role::Candidate(votes) if self.ballot.epoch == epoch => Some(votes),
            Role::Candidate(_) | Role::Follower | Role::Primary => None,
        }
    }
}

impl Exchange {
    /// What `act` took in, and what of it was `sent`.
    pub fn of(act: &Act, sent: &[Shared<Envelope>]) -> Self {
        let mut exchange = Exchange::default();
        if let Act::Deliver(from, Wire::Node(Message { epoch, body })) = act {
            match body {
                Body::Vote { .. } => exchange.asked_by = Some((*from, *epoch)),
                Body::Granted { .. } => exchange.granted_by = Some((*from, *epoch)),
                _not_of_the_relation => {}
            }
        }
        for Envelope { to, wire, .. } in sent.iter().map(|envelope| &**envelope) {
            match wire {
                Wire::Node(Message { epoch, body: Body::Vote { .. } }) => exchange.asks.push(*epoch),
                Wire::Node(Message { epoch, body: Body::Granted { .. } }) => {
                    exchange.grants.push((*to, *epoch));
                }
                Wire::Node(_) | Wire::Engine(_) => {}
            }
        }
        exchange
    }
}

/// Whether a step of the machine `before` is one of the abstract election; if not, which part of it does not hold.
pub fn step_of_machine<P>(
    before: &Machine<P>,
    act: &Act,
    after: &Local,
    sent: &[Shared<Envelope>],
    elects: impl Fn(NodeSet) -> bool,
) -> Result<(), &'static str> {
    step_of_local(before.id, &before.local, act, after, sent, elects)
}

/// The same of a machine of which nothing is remembered.
pub fn step_of_local(
    id: NodeId,
    before: &Local,
    act: &Act,
    after: &Local,
    sent: &[Shared<Envelope>],
    elects: impl Fn(NodeSet) -> bool,
) -> Result<(), &'static str> {
    let [was, is] = [before, after].map(Elector::of);
    match act {
        Act::Crash { torn: Some(_), .. } => torn_crash(&was, &is),
        Act::Crash { torn: None, .. } | Act::Restart => crash(&was, &is),
        _runs => abstract_election_step(id, &was, &is, &Exchange::of(act, sent), elects),
    }
}

/// A crash leaves one of the images; a restart begins with it.
fn crash(before: &Elector, after: &Elector) -> Result<(), &'static str> {
    ensure(before.images.contains(&after.ballot) && after.is_durable(), "a crash leaves an image")?;
    ensure(after.role == Role::Follower, "a restart begins as follower")
}

/// A torn record leaves an image, or a newer epoch without a vote: `enter` after a crash.
fn torn_crash(before: &Elector, after: &Elector) -> Result<(), &'static str> {
    let entered =
        after.ballot.vote.is_none() && before.images.iter().any(|image| image.epoch < after.ballot.epoch);
    ensure(entered && after.is_durable() && after.role == Role::Follower, "a torn crash enters an epoch")
}

/// Whether a step of a running node is one of the abstract election; if not, which part of it does not hold.
pub fn abstract_election_step(
    me: NodeId,
    before: &Elector,
    after: &Elector,
    exchange: &Exchange,
    elects: impl Fn(NodeSet) -> bool,
) -> Result<(), &'static str> {
    let (was, is) = (before.ballot, after.ballot);
    let newer = is.epoch > was.epoch;
    let grows = newer || (is.epoch == was.epoch && (was.vote.is_none() || was.vote == is.vote));
    ensure(grows, "the ballot grows")?;
    if let (Some(candidate), true) = (is.vote, is != was) {
        let asked = exchange.asked_by == Some((candidate, is.epoch)) && after.role == Role::Follower;
        ensure(if candidate == me { newer } else { asked }, "a vote has a cause")?;
    }
    let kept = after.images.iter().all(|image| *image == is || before.images.contains(image));
    ensure(kept, "images are ballots")?;
    let given = |to: NodeId, epoch: Epoch| {
        let vote = Ballot { epoch, vote: Some(to) };
        let written = vote == is || before.images.contains(&vote);
        written && after.images.iter().all(|image| *image == vote || image.epoch > epoch)
    };
    ensure(exchange.asks.iter().all(|epoch| given(me, *epoch)), "who asks for votes has its own on disk")?;
    ensure(
        exchange.grants.iter().all(|(to, epoch)| given(*to, *epoch)),
        "a vote is sent when it is on disk",
    )?;
    let mine = |epoch: Epoch| is == Ballot { epoch, vote: Some(me) } && after.is_durable();
    // What may have been counted until now.
    let mut votes = before.votes(is.epoch).unwrap_or_default();
    votes = exchange
        .granted_by
        .filter(|(_, epoch)| *epoch == is.epoch)
        .map_or(votes, |(from, _)| votes.union(NodeSet::one(from)));
    votes = if mine(is.epoch) { votes.union(NodeSet::one(me)) } else { votes };
    let stood = before.votes(is.epoch).is_some() || newer;
    match after.role {
        Role::Follower => Ok(()),
        Role::Candidate(counted) => {
            ensure(is.vote == Some(me) && stood, "a candidate stood and voted for itself")?;
            ensure(counted.within(votes), "votes counted were sent")
        }
        Role::Primary if before.role == Role::Primary && !newer => Ok(()),
        Role::Primary => {
            ensure(is.vote == Some(me) && stood, "a primary stood and voted for itself")?;
            ensure(elects(votes), "a primary won with a quorum of votes")
        }
    }
}

fn ensure(holds: bool, part: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(part) }
}
