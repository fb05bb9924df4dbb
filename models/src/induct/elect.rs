//! Election: one primary per epoch, proved by induction.
//!
//! For each node the checker remembers whom it voted for in each epoch (`cast`; a crash forgets what was not on the
//! disk) and which epochs it led. A vote of `j` for `i` in epoch `t` is *durable* if it was cast and the disk of `j`
//! shows it or a newer epoch: no crash takes it back and no later step gives that vote to somebody else.
//!
//! The invariant in one sentence: whatever counts or announces a vote – a candidate's count, a message, a primary's
//! quorum – is backed by a durable vote. Two primaries of one epoch would then have two quorums of durable votes, which
//! share a node, which has one vote.

use super::closure::{Machine, Subject, others, plain_acts, within_epochs};
use super::compose::Face;
use super::product::{Beside, OnTheWay, Pair, Together};
use super::relation::step_of_machine;
use super::sample::{Effort, sampled};
use super::{Breach, Clause, Report, ScopeError, Stated, closure};
use crate::catalog::machines::election;
use crate::text::counted;
use crate::world::{Act, Envelope, Local, MAX_NODES, Model, Shared, Wire, World, majority};
use quorate::config::Draft;
use quorate::election::Ballot;
use quorate::failover::{Body, Message, Node, Request};
use quorate::id::{Epoch, NodeId, NodeSet};
use quorate::quorum::Quorum;
use quorate::rule::RuleSet;
use std::fmt::Write;

/// The largest number of epochs.
pub const MAX_EPOCHS: usize = 7;

/// Something for each epoch, from 1.
pub(super) type PerEpoch<T> = [T; MAX_EPOCHS];

/// A node, or nobody: 0 is nobody.
pub type Whom = u8;

pub(super) fn whom(node: Option<NodeId>) -> Whom {
    node.map_or(0, |node| node.index() + 1)
}

pub(super) fn name(whom: Whom) -> String {
    whom.checked_sub(1).map_or_else(|| "nobody".into(), |index| format!("n{index}"))
}

/// The same node by its new name.
pub(super) fn renamed(whom: Whom, names: &[usize]) -> Whom {
    whom.checked_sub(1).map_or(0, |index| names[usize::from(index)] as Whom + 1)
}

/// Whether a node led an epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Led {
    /// Never.
    #[default]
    Never,
    /// In its present life.
    Now,
    /// In an earlier life.
    Before,
}

/// What the checker remembers of a machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Past {
    /// Its vote in each epoch.
    pub cast: PerEpoch<Whom>,
    /// Whether it led each epoch.
    pub led: PerEpoch<Led>,
    /// The newest epoch that was ever on its disk.
    pub newest: u8,
}

/// What clauses read of a machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Own {
    /// Its votes.
    pub cast: PerEpoch<Whom>,
    /// Those of them that are durable.
    pub durable: PerEpoch<Whom>,
    /// Whether it led each epoch.
    pub led: PerEpoch<Led>,
    /// As candidate: in which epoch, and whose votes it counts.
    pub standing: Option<(u8, NodeSet)>,
    /// As primary: of which epoch.
    pub leads: Option<u8>,
}

/// What a message claims.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Claim {
    /// That `voter` voted for `candidate` in `epoch`.
    Voted {
        /// Who voted.
        voter: u8,
        /// In which epoch.
        epoch: u8,
        /// For whom.
        candidate: u8,
    },
    /// That `node` is primary of `epoch`.
    Leads {
        /// Who.
        node: u8,
        /// Of which epoch.
        epoch: u8,
    },
}

/// What is proved about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scope {
    /// Nodes, all of them voters.
    pub nodes: u8,
    /// Epochs.
    pub epochs: u8,
    /// Whether a node asks around before it campaigns.
    pub prevote: bool,
    /// Whether the last node is a witness and the others keep a log that all of them must flush: then whose vote
    /// counts and whose flush counts are different things.
    pub witness: bool,
}

/// The election of a scope.
#[derive(Debug)]
pub struct Election {
    world: World,
    scope: Scope,
    /// Whether every step must be one of the abstract election.
    abstracted: bool,
}

impl Election {
    /// The election of `scope`, without the rules of `off`.
    pub fn new(scope: Scope, off: RuleSet) -> Result<Self, ScopeError> {
        let mut model: Model = election(scope.epochs.into(), 0);
        model.nodes = scope.nodes;
        model.cluster = scope.cluster();
        model.node.prevote = scope.prevote;
        model.without = off.iter().map(|rule| rule.name().to_owned()).collect();
        Ok(Self { world: World::new(model)?, scope, abstracted: true })
    }
}

pub(super) fn number(epoch: Epoch) -> u8 {
    u8::try_from(epoch.number()).unwrap_or(u8::MAX)
}

/// The epochs of an array, with what it says of each.
pub(super) fn each<T: Copy>(of: &PerEpoch<T>) -> impl Iterator<Item = (u8, T)> + '_ {
    of.iter().enumerate().map(|(index, value)| (index as u8 + 1, *value))
}

pub(super) fn at<T: Copy>(of: &PerEpoch<T>, epoch: u8) -> Option<T> {
    of.get(usize::from(epoch).checked_sub(1)?).copied()
}

/// The ballot of the newest record, on disk or on its way.
fn written(local: &Local) -> Ballot {
    let newest = local.flight.iter().rev().find_map(|record| record.hard.as_deref());
    newest.unwrap_or(&local.disk.hard).ballot
}

impl Past {
    /// What is remembered after a step that led to this machine.
    pub(super) fn follow(&mut self, after: &Local) {
        match &after.node {
            None => self.crash(after.disk.hard.ballot),
            Some(node) => {
                self.note(node.hard().ballot);
                if node.phase().is_some() {
                    self.lead(number(node.epoch()));
                }
            }
        }
        self.newest = self.newest.max(number(after.disk.hard.epoch()));
    }

    /// The vote in the ballot's epoch is what the ballot says.
    pub(super) fn note(&mut self, ballot: Ballot) {
        if let Some(slot) = usize::from(number(ballot.epoch)).checked_sub(1)
            && let Some(cast) = self.cast.get_mut(slot)
        {
            *cast = whom(ballot.vote);
        }
    }

    /// Only what is on the disk is left.
    pub(super) fn crash(&mut self, disk: Ballot) {
        for cast in &mut self.cast[usize::from(number(disk.epoch)).min(MAX_EPOCHS)..] {
            *cast = 0;
        }
        self.note(disk);
        for led in &mut self.led {
            *led = if *led == Led::Never { Led::Never } else { Led::Before };
        }
    }

    /// The votes that are durable, with this ballot on the disk.
    pub(super) fn durable(&self, disk: Ballot) -> PerEpoch<Whom> {
        let mut durable = PerEpoch::default();
        for (epoch, cast) in each(&self.cast) {
            let shown =
                number(disk.epoch) > epoch || (number(disk.epoch) == epoch && whom(disk.vote) == cast);
            durable[usize::from(epoch) - 1] = if shown { cast } else { 0 };
        }
        durable
    }

    fn lead(&mut self, epoch: u8) {
        if let Some(led) = self.led.get_mut(usize::from(epoch).wrapping_sub(1)) {
            *led = if *led == Led::Before { Led::Before } else { Led::Now };
        }
    }
}

impl Subject for Election {
    type Past = Past;
    type Own = Own;
    type Public = PerEpoch<Whom>;
    type Claim = Claim;
    type Terms = ();

    fn world(&self) -> &World {
        &self.world
    }

    fn acts(&self, id: NodeId, local: &Local) -> Vec<Act> {
        let mut acts = plain_acts(local);
        let running = local.node.as_ref().filter(|node| node.halted().is_none());
        if running.is_some() {
            acts.extend([Request::ForgetPrimary, Request::StepDown].map(Act::Ask));
            for other in others(id, self.scope.nodes) {
                acts.push(Act::Ask(Request::Switchover { to: other }));
                acts.push(Act::Ask(Request::PoweredOff(other)));
            }
        }
        acts
    }

    fn is_inside(&self, local: &Local) -> bool {
        within_epochs(local, self.scope.epochs.into())
    }

    /// The record of a start, and one of each epoch; where there is a log, also one of the log of each epoch.
    fn flight(&self) -> usize {
        let records = if self.scope.witness { 4 } else { 1 };
        usize::from(self.scope.epochs) * records + 1
    }

    fn remember(&self, before: &Machine<Past>, _: &Act, after: &Local, _: &[Shared<Envelope>]) -> Past {
        let mut past = before.past.clone();
        past.follow(after);
        past
    }

    fn own(&self, Machine { local, past, .. }: &Machine<Past>) -> Own {
        let durable = past.durable(local.disk.hard.ballot);
        let node = local.node.as_ref();
        let standing = node.filter(|node| node.role() == "candidate");
        Own {
            cast: past.cast,
            durable,
            led: past.led,
            standing: standing.map(|node| (number(node.epoch()), node.votes())),
            leads: node.filter(|node| node.phase().is_some()).map(|node| number(node.epoch())),
        }
    }

    fn public(&self, own: Own) -> PerEpoch<Whom> {
        own.durable
    }

    fn claim(&self, envelope: &Envelope) -> Option<Claim> {
        claim(envelope)
    }

    fn refutes(&self, id: NodeId, own: Own, claim: Claim) -> bool {
        match claim {
            Claim::Voted { candidate, epoch, .. } => {
                candidate == id.index() && at(&own.durable, epoch) != Some(candidate + 1)
            }
            Claim::Leads { .. } => false,
        }
    }

    fn alone(&self, machine: &Machine<Past>) -> Option<Breach> {
        Clause::first_broken(ALONE, machine)
    }

    fn step_clause(
        &self,
        before: &Machine<Past>,
        act: &Act,
        after: &Local,
        sent: &[Shared<Envelope>],
    ) -> Option<Breach> {
        if !self.abstracted {
            return None;
        }
        let config = &before.local.disk.hard.config;
        let part = step_of_machine(before, act, after, sent, |set| config.elects(set)).err()?;
        let why = format!("this is no step of the abstract election, in which {part}");
        Some(Breach { clause: ABSTRACT.name, why })
    }

    fn describe(&self, machine: &Machine<Past>) -> String {
        describe(machine)
    }
}

/// Asked for in every step of every machine.
pub const ABSTRACT: Stated = Stated {
    name: "a-step-of-the-abstract-election",
    doc: "Every step of a node is one of the abstract election, which is safe for any number of nodes and epochs.",
    source: "quorate_models::induct::relation; Padon et al., Paxos made EPR, OOPSLA 2017",
};

/// What a message claims about votes and primaries.
pub fn claim(Envelope { from, to, wire }: &Envelope) -> Option<Claim> {
    let Wire::Node(Message { epoch, body }) = wire else { return None };
    let epoch = number(*epoch);
    match body {
        Body::Vote { .. } => Some(Claim::Voted { voter: from.index(), epoch, candidate: from.index() }),
        Body::Granted { .. } => Some(Claim::Voted { voter: from.index(), epoch, candidate: to.index() }),
        Body::Beat(_)
        | Body::Handover { .. }
        | Body::Install { .. }
        | Body::Revoke { .. }
        | Body::Fetch { .. }
        | Body::Append(_)
        | Body::Snapshot { .. } => Some(Claim::Leads { node: from.index(), epoch }),
        Body::PreVote { .. }
        | Body::PreYes { .. }
        | Body::PreLater { .. }
        | Body::Refused { .. }
        | Body::BeatAck { .. }
        | Body::Installed { .. }
        | Body::Promised { .. }
        | Body::Fetched { .. }
        | Body::Ack { .. }
        | Body::Gap { .. } => None,
    }
}

// ---- clauses -------------------------------------------------------------------------------------------

const ARGUED: &str = "argued in quorate::election";

/// What one machine must satisfy by itself.
const ALONE: &[Clause<Machine<Past>>] = &[
    Clause {
        name: "local-invariants",
        doc: "Every node keeps its own invariants.",
        source: "quorate::failover::Node::check",
        holds: |machine| match machine.local.node.as_ref().map(Node::check) {
            Some(Err(violation)) => Err(violation.to_string()),
            Some(Ok(())) | None => Ok(()),
        },
    },
    Clause {
        name: "disk-never-goes-back",
        doc: "The epoch on a disk is the newest that was ever on it.",
        source: "Raft, Ongaro and Ousterhout 2014, §5.2, persistent state",
        holds: |Machine { id, local, past }| {
            let shown = number(local.disk.hard.epoch());
            ensure(shown >= past.newest, || format!("the disk of {id} shows e{shown} after e{}", past.newest))
        },
    },
    Clause {
        name: "disk-follows-memory",
        doc: "Epochs on the disk, on their way to it and in memory never decrease in this order, and every vote in \
                  memory is in the newest record.",
        source: ARGUED,
        holds: disk_follows_memory,
    },
    Clause {
        name: "no-vote-ahead",
        doc: "A node has no vote in an epoch that it has not entered.",
        source: ARGUED,
        holds: |Machine { id, local, past }| {
            let epoch = local.node.as_ref().map_or(local.disk.hard.epoch(), Node::epoch);
            let ahead = each(&past.cast).find(|(t, cast)| *cast != 0 && *t > number(epoch));
            ahead.map_or(Ok(()), |(t, cast)| {
                Err(format!("{id} is in {epoch} and voted for {} in e{t}", name(cast)))
            })
        },
    },
    Clause {
        name: "held-votes-were-cast",
        doc: "A vote that is held back until it is durable is the one that was cast in its epoch.",
        source: "etcd MsgStorageAppend",
        holds: held_votes_were_cast,
    },
    Clause {
        name: "who-stands-voted-for-itself",
        doc: "A candidate or primary has voted for itself in its epoch.",
        source: "Raft §5.2",
        holds: |Machine { id, local, past }| {
            let Some(node) = local.node.as_ref() else { return Ok(()) };
            let stands = node.role() == "candidate" || node.phase().is_some();
            let own = at(&past.cast, number(node.epoch())) == Some(whom(Some(*id)));
            ensure(!stands || own, || {
                format!("{id} is {} of {} without its own vote", node.role(), node.epoch())
            })
        },
    },
];

pub(super) fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

fn disk_follows_memory(Machine { id, local, .. }: &Machine<Past>) -> Result<(), String> {
    let Some(node) = local.node.as_ref().filter(|node| node.halted().is_none()) else { return Ok(()) };
    let records = local.flight.iter().filter_map(|record| record.hard.as_deref());
    let ballots: Vec<Ballot> =
        std::iter::once(&local.disk.hard).chain(records).map(|hard| hard.ballot).collect();
    let memory = node.hard().ballot;
    let newest = written(local);
    ensure(ballots.is_sorted_by_key(|ballot| ballot.epoch) && newest.epoch <= memory.epoch, || {
        format!("{id} is in {}, and its records are of {ballots:?}", memory.epoch)
    })?;
    let saved = if newest.epoch == memory.epoch { newest.vote } else { None };
    ensure(saved == memory.vote, || {
        format!(
            "{id} voted for {} in {}, but wrote {}",
            name(whom(memory.vote)),
            memory.epoch,
            name(whom(saved))
        )
    })
}

fn held_votes_were_cast(Machine { id, local, past }: &Machine<Past>) -> Result<(), String> {
    let Some(node) = local.node.as_ref() else { return Ok(()) };
    for (to, message) in node.held() {
        let envelope = Envelope { from: *id, to: *to, wire: Wire::Node(message.clone()) };
        if let Some(Claim::Voted { epoch, candidate, .. }) = claim(&envelope) {
            ensure(at(&past.cast, epoch) == Some(candidate + 1), || {
                format!("{id} holds a vote for n{candidate} in e{epoch} that it did not cast")
            })?;
        }
    }
    Ok(())
}

impl Together for Election {
    fn terms(&self) {}

    fn beside(&self) -> &'static [Clause<Beside<Self>>] {
        BESIDE
    }

    fn on_the_way(&self) -> &'static [Clause<OnTheWay<Self>>] {
        ON_THE_WAY
    }

    fn safety(&self) -> &'static [Clause<Pair<Self>>] {
        SAFETY
    }

    fn face(id: NodeId, own: Own) -> Face {
        Face { stands: own.standing, leads: own.leads, ..Face::voted(id, &own.durable) }
    }

    fn renamed(&self, public: PerEpoch<Whom>, names: &[usize]) -> Option<PerEpoch<Whom>> {
        (!self.scope.witness).then(|| public.map(|whom| renamed(whom, names)))
    }

    fn describe_claim(&self, claim: Claim) -> String {
        match claim {
            Claim::Voted { voter, epoch, candidate } => {
                format!("the vote of n{voter} for n{candidate} in e{epoch}")
            }
            Claim::Leads { node, epoch } => format!("a message of n{node} as primary of e{epoch}"),
        }
    }
}

/// Who has a durable vote for `candidate` in `epoch`.
pub(super) fn voters(all: &[PerEpoch<Whom>], nodes: u32, epoch: u8, candidate: u8) -> NodeSet {
    let voted = |id: &NodeId| at(&all[usize::from(id.index())], epoch) == Some(candidate + 1);
    NodeSet::first(nodes as u8).iter().filter(voted).collect()
}

/// Whoever voted for another voted for one whose vote for itself is among what `durable` says of that node.
pub(super) fn candidates_vote_first(
    id: NodeId,
    cast: PerEpoch<Whom>,
    durable: impl Fn(usize) -> PerEpoch<Whom>,
) -> Result<(), String> {
    let early = each(&cast).find(|(epoch, cast)| {
        *cast != 0 && *cast != whom(Some(id)) && at(&durable(usize::from(*cast) - 1), *epoch) != Some(*cast)
    });
    early.map_or(Ok(()), |(epoch, cast)| {
        Err(format!("{id} voted for {0} in e{epoch}, but the vote of {0} itself is not durable", name(cast)))
    })
}

const BESIDE: &[Clause<Beside<Election>>] = &[
    Clause {
        name: "candidates-vote-first",
        doc: "Whoever voted for another voted for one whose vote for itself is durable.",
        source: "Raft §5.2; etcd MsgStorageAppend",
        holds: |Beside { id, own, all, .. }| candidates_vote_first(*id, own.cast, |node| all[node]),
    },
    Clause {
        name: "counted-votes-are-durable",
        doc: "Every vote that a candidate counts is durable on its voter's disk.",
        source: "Raft, persistent state; invariant votes-are-durable",
        holds: |Beside { config, id, own, all, .. }| {
            let Some((epoch, votes)) = own.standing else { return Ok(()) };
            let durable = voters(all, config.voters().len(), epoch, id.index());
            let false_vote = votes.minus(durable).iter().next();
            false_vote.map_or(Ok(()), |voter| {
                Err(format!("{id} counts the vote of {voter} in e{epoch}, which is not durable"))
            })
        },
    },
    Clause {
        name: "who-led-had-a-quorum",
        doc: "Whoever ever led an epoch has a vote quorum of durable votes in it.",
        source: "Raft, election safety",
        holds: |Beside { config, id, own, all, .. }| {
            let without_quorum = each(&own.led).find(|(epoch, led)| {
                *led != Led::Never && !config.elects(voters(all, config.voters().len(), *epoch, id.index()))
            });
            without_quorum.map_or(Ok(()), |(epoch, _)| {
                let votes = voters(all, config.voters().len(), epoch, id.index());
                Err(format!("{id} led e{epoch} with the durable votes of {votes}, which is no quorum"))
            })
        },
    },
    Clause {
        name: "a-tenure-is-one-life",
        doc: "A primary won its epoch in its present life, and a candidate has not led its epoch yet: leadership \
                  does not survive a restart.",
        source: "CCF, NSDI 2025",
        holds: |Beside { id, own, .. }| {
            let led = |epoch: Option<u8>| epoch.and_then(|epoch| at(&own.led, epoch));
            let again = led(own.leads).is_some_and(|led| led != Led::Now)
                || led(own.standing.map(|(epoch, _)| epoch)).is_some_and(|led| led != Led::Never);
            let epoch = own.leads.or(own.standing.map(|(epoch, _)| epoch)).unwrap_or_default();
            ensure(!again, || format!("{id} is primary or candidate of e{epoch}, which it led before"))
        },
    },
];

const ON_THE_WAY: &[Clause<OnTheWay<Election>>] = &[
    Clause {
        name: "votes-on-the-way-are-durable",
        doc: "A vote that was sent is durable, and so is the candidate's own.",
        source: "Raft, persistent state; invariant votes-are-durable",
        holds: |OnTheWay { claim, all, .. }| match *claim {
            Claim::Voted { voter, epoch, candidate } => {
                let durable = |voter: u8| at(&all[usize::from(voter)], epoch) == Some(candidate + 1);
                ensure(durable(voter) && durable(candidate), || {
                    format!("n{voter} announced its vote for n{candidate} in e{epoch}, which is not durable")
                })
            }
            Claim::Leads { .. } => Ok(()),
        },
    },
    Clause {
        name: "primaries-speak-with-a-quorum",
        doc: "Who speaks as primary of an epoch has a vote quorum of durable votes in it.",
        source: "Raft, election safety",
        holds: |OnTheWay { config, claim, all, .. }| match *claim {
            Claim::Leads { node, epoch } => {
                let votes = voters(all, config.voters().len(), epoch, node);
                ensure(config.elects(votes), || {
                    format!("n{node} speaks as primary of e{epoch} with the durable votes of {votes}")
                })
            }
            Claim::Voted { .. } => Ok(()),
        },
    },
];

const SAFETY: &[Clause<Pair<Election>>] = &[Clause {
    name: "one-primary-per-epoch",
    doc: "An epoch is ever led by at most one node. (By one life of it: a-tenure-is-one-life.)",
    source: "Raft, election safety",
    holds: |Pair { one: (a, left), other: (b, right), .. }| {
        let both = each(&left.led).zip(right.led).find(|((_, a), b)| *a != Led::Never && *b != Led::Never);
        both.map_or(Ok(()), |((epoch, _), _)| Err(format!("{a} and {b} both led e{epoch}")))
    },
}];

/// Every clause, those of one machine first.
pub fn stated() -> Vec<Stated> {
    std::iter::once(closure::CLOSED)
        .chain(ALONE.iter().map(Clause::stated))
        .chain([closure::GATES, ABSTRACT, closure::POSSIBLE])
        .chain(BESIDE.iter().map(Clause::stated))
        .chain(ON_THE_WAY.iter().map(Clause::stated))
        .chain(SAFETY.iter().map(Clause::stated))
        .collect()
}

// ---- drawing -------------------------------------------------------------------------------------------

fn describe(Machine { id, local, past }: &Machine<Past>) -> String {
    let role = match &local.node {
        None => "down".into(),
        Some(node) if node.halted().is_some() => "halted".into(),
        Some(node) => {
            let counts =
                if node.votes().is_empty() { String::new() } else { format!(" counts {}", node.votes()) };
            format!("{} in {}{counts}", node.role(), node.epoch())
        }
    };
    let ballot = |ballot: Ballot| format!("{} for {}", ballot.epoch, name(whom(ballot.vote)));
    let mut line = format!("{id} {role:<24} disk {}", ballot(local.disk.hard.ballot));
    for hard in local.flight.iter().filter_map(|record| record.hard.as_deref()) {
        let _ = write!(line, ", writing {}", ballot(hard.ballot));
    }
    for (to, message) in local.node.iter().flat_map(Node::held) {
        let _ = write!(line, ", holds {} {} to {to}", message.body.kind(), message.epoch);
    }
    for (epoch, cast) in each(&past.cast).filter(|(_, cast)| *cast != 0) {
        let _ = write!(line, ", voted e{epoch} for {}", name(cast));
    }
    for (epoch, led) in each(&past.led).filter(|(_, led)| *led != Led::Never) {
        let _ = write!(line, ", led e{epoch}{}", if led == Led::Before { " in an earlier life" } else { "" });
    }
    line
}

// ---- the proof -----------------------------------------------------------------------------------------

impl Scope {
    fn cluster(self) -> Draft {
        let voters = majority(self.nodes, None);
        if !self.witness {
            return voters;
        }
        let data = NodeSet::first(self.nodes.saturating_sub(1));
        Draft { acks: Some(Quorum::every(data)), data, ..voters }
    }

    /// In words.
    pub fn words(self) -> String {
        let asking = match (self.prevote, self.witness) {
            (false, false) => "",
            (true, false) => ", pre-votes",
            (false, true) => ", of which one is a witness",
            (true, true) => ", of which one is a witness, pre-votes",
        };
        format!(
            "election, {}, {}{asking}",
            counted(self.nodes.into(), "node"),
            counted(self.epochs.into(), "epoch")
        )
    }

    /// About how many states satisfy the invariant, up to renaming: whom each node voted for in each epoch, and a few
    /// states of counting and leading for each of these.
    pub fn estimate(self) -> u64 {
        let votes = u64::from(self.nodes + 1).checked_pow(u32::from(self.nodes) * u32::from(self.epochs));
        let renamings: u64 = (1..=u64::from(self.nodes)).product();
        votes.map_or(u64::MAX, |votes| (votes / renamings).saturating_mul(8))
    }

    fn check(self) -> Result<(), ScopeError> {
        super::in_range("nodes", self.nodes, super::PAIR..=MAX_NODES.into())?;
        super::in_range("epochs", self.epochs, 1..=MAX_EPOCHS as u64)?;
        super::bounded(self.words(), self.estimate(), LIMIT)
    }
}

/// States that are taken at most: minutes of work.
const LIMIT: u64 = 50_000_000;

/// Proves the election of `scope` without the rules of `off`.
pub fn prove(scope: Scope, off: RuleSet) -> Result<Report, ScopeError> {
    scope.check()?;
    told_by_clauses(Election::new(scope, off)?, |election| super::prove(election, scope.words(), off))
}

/// Samples the election of a scope that is too large to be proved.
pub fn sample(scope: Scope, off: RuleSet, effort: Effort) -> Result<Report, ScopeError> {
    super::in_range("nodes", scope.nodes, super::PAIR..=MAX_NODES.into())?;
    super::in_range("epochs", scope.epochs, 1..=MAX_EPOCHS as u64)?;
    told_by_clauses(Election::new(scope, off)?, |election| Ok(sampled(election, &scope.words(), off, effort)))
}

/// The abstract relation notices most mistakes first. If the clauses by themselves notice one as well, they say what
/// it is a mistake for.
fn told_by_clauses(
    election: Election,
    judge: impl Fn(&Election) -> Result<Report, ScopeError>,
) -> Result<Report, ScopeError> {
    let report = judge(&election)?;
    let abstracted = report.counterexample.as_ref().is_some_and(|cti| cti.breach.clause == ABSTRACT.name);
    if !abstracted {
        return Ok(report);
    }
    let plain = judge(&Election { abstracted: false, ..election })?;
    Ok(if plain.counterexample.is_some() { plain } else { report })
}
