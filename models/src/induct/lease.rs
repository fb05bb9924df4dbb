//! Lease: when a newer epoch is active, no older lease is valid – proved by induction, in real time.
//!
//! Real time passes in ticks; in each, every clock advances by the slow or by the fast rate, chosen anew each time.
//! An amount on one clock is a bound on real time: what is valid for `l` units of a slow clock is over within
//! `⌈l / slow⌉` ticks, and who is bound for `b` units of a fast clock is bound for more than `⌈b / fast⌉ − 1`. So no
//! real-time clock is needed as a ghost: that an obligation *covers* a lease ([`Rates::covers`]) says that it lasts in
//! every course of time in which the lease does, and passing time cannot undo it.
//!
//! What the checker remembers of a granter is, for each epoch, the youngest beat it answered: whose, and how long ago
//! that was sent on the sender's clock. An answered beat is all that a lease can be made of, now or – while the answer
//! travels – later; so the invariant speaks of this one age, and every message by itself.
//!
//! Of the election the proof uses only that votes are durable and counted once; those clauses are asked for here too.
//! The driver waits for the disk: what that hides is proved of the [election](super::elect). Leases of the last epoch
//! of the scope bind nobody in it and are not remembered. Releases are left out: a granter freed by one owes nothing.

use super::closure::{Machine, Subject, plain_acts, within_epochs};
use super::compose::Face;
use super::elect::{self, PerEpoch, Whom, at, each, ensure, name, number, renamed, voters, whom};
use super::product::{Beside, OnTheWay, Pair, Together};
use super::sample::{Effort, sampled};
use super::{Breach, Clause, Cti, Report, ScopeError, Stated, closure};
use crate::catalog::machines::lease;
use crate::text::counted;
use crate::world::{Act, Envelope, Local, MAX_NODES, Model, NOW, Shared, Wire, World, majority};
use quorate::config::Config;
use quorate::failover::{Body, Message, Node, Request};
use quorate::id::{NodeId, NodeSet};
use quorate::rule::{Rule, RuleSet};
use quorate::time::Span;
use std::fmt::{self, Write};
use std::sync::Arc;

/// What is proved about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scope {
    /// Nodes, all of them voters.
    pub nodes: u8,
    /// Epochs.
    pub epochs: u8,
    /// How long a holder uses a lease, in units of its clock.
    pub hold: u8,
    /// How long a granter keeps it.
    pub grant: u8,
    /// The slowest and the fastest clock.
    pub rates: [u8; 2],
}

/// How far clocks advance in a tick of real time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rates {
    /// At least.
    pub slow: u8,
    /// At most.
    pub fast: u8,
}

impl Rates {
    /// Whether who is bound for `bound` more units of any clock is bound for as long as a lease that may be used for
    /// `left` more units of any clock, whatever both clocks do: for every number of ticks after which the lease may
    /// still be used, the obligation still stands.
    pub fn covers(self, left: u8, bound: u8) -> bool {
        // The lease may last through this many ticks, and no more.
        let ticks = u16::from(left).div_ceil(u16::from(self.slow)).saturating_sub(1);
        left == 0 || u16::from(bound) > ticks * u16::from(self.fast)
    }
}

/// What the clauses compare with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// How far clocks advance in a tick of real time.
    pub rates: Rates,
    /// How long a holder uses a lease.
    pub hold: u8,
    /// The last epoch, whose leases bind nobody.
    pub last: u8,
}

/// What a granter is bound to and by: one machine by itself.
#[derive(Clone, Debug)]
pub struct Granter {
    terms: Terms,
    id: NodeId,
    answered: PerEpoch<Answered>,
    bound: u8,
}

/// What a primary makes a lease of: one machine by itself.
#[derive(Clone, Debug)]
pub struct Holder {
    config: Arc<Config>,
    id: NodeId,
    epoch: u8,
    lease: Option<u8>,
    counts: [u8; 7],
}

/// The youngest beat answered in an epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Answered {
    /// None that could still make a lease.
    #[default]
    None,
    /// Sent by this node, so long ago on its clock.
    Beat {
        /// Who sent it.
        from: u8,
        /// How long ago.
        age: u8,
    },
    /// Beats of more than one node.
    Many,
}

/// What the checker remembers of a machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Past {
    votes: elect::Past,
    answered: PerEpoch<Answered>,
    /// As primary: by whose votes.
    won_by: NodeSet,
}

/// What clauses about others read of a machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Public {
    /// Its durable votes.
    pub durable: PerEpoch<Whom>,
    /// The youngest beat it answered in each epoch.
    pub answered: PerEpoch<Answered>,
}

/// What a machine stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stands {
    /// For nothing.
    No,
    /// For election.
    Candidate {
        /// In which epoch.
        epoch: u8,
        /// Whose votes it counts.
        votes: NodeSet,
        /// How long it will still have to wait.
        wait: u8,
    },
    /// It won.
    Primary {
        /// Which epoch.
        epoch: u8,
        /// By whose votes.
        votes: NodeSet,
        /// How long it still has to wait.
        wait: u8,
        /// Whether it has begun to do what must not overlap with an older lease.
        active: bool,
        /// For how much longer its lease is valid, if it is.
        lease: Option<u8>,
        /// For how much longer each node's answer counts for a lease; 0 if it does not.
        counts: [u8; 7],
    },
}

/// What clauses read of a machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Own {
    /// What others read.
    pub public: Public,
    /// What it stands for.
    pub stands: Stands,
}

/// What a message claims.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Claim {
    /// That `voter` voted for `candidate` in `epoch`, and is bound for `busy` at most; `None` if it says nothing of it.
    Voted {
        /// Who voted.
        voter: u8,
        /// In which epoch.
        epoch: u8,
        /// For whom.
        candidate: u8,
        /// How long it is bound.
        busy: Option<u8>,
    },
    /// That `node` is primary of `epoch`.
    Leads {
        /// Who.
        node: u8,
        /// Of which epoch.
        epoch: u8,
    },
    /// That `granter` answered a beat that `holder` sent `age` ago in `epoch`.
    Answers {
        /// Who answered.
        granter: u8,
        /// Whom.
        holder: u8,
        /// In which epoch.
        epoch: u8,
        /// How long ago the beat was sent, on its sender's clock.
        age: u8,
    },
}

/// The leases of a scope.
#[derive(Debug)]
pub struct Leases {
    world: World,
    scope: Scope,
    rates: Rates,
    ticks: Vec<Vec<u8>>,
}

fn units(span: Span) -> u8 {
    u8::try_from(span.units()).unwrap_or(u8::MAX)
}

impl Leases {
    /// The leases of `scope`, without the rules of `off`.
    pub fn new(scope: Scope, off: RuleSet) -> Result<Self, ScopeError> {
        let mut model: Model = lease(scope.hold.into(), scope.grant.into(), scope.rates, scope.epochs.into());
        model.nodes = scope.nodes;
        model.cluster = majority(scope.nodes, None);
        model.without = off.iter().map(|rule| rule.name().to_owned()).collect();
        let [slow, fast] = scope.rates;
        let mut ticks = vec![Vec::new()];
        let rates = if slow == fast { vec![slow] } else { vec![slow, fast] };
        for _ in 0..scope.nodes {
            let longer = |way: &Vec<u8>| -> Vec<Vec<u8>> {
                rates.iter().map(|rate| [&way[..], &[*rate]].concat()).collect()
            };
            ticks = ticks.iter().flat_map(longer).collect();
        }
        Ok(Self { world: World::new(model)?, scope, rates: Rates { slow, fast }, ticks })
    }

    /// Whether a lease of this epoch can bind anybody in the scope.
    fn matters(&self, epoch: u8) -> bool {
        epoch < self.scope.epochs
    }

    fn older(&self, answered: Answered, ticks: &[u8]) -> Answered {
        match answered {
            Answered::Beat { from, age } => {
                let age = age + ticks[usize::from(from)];
                if age < self.scope.hold { Answered::Beat { from, age } } else { Answered::None }
            }
            Answered::None | Answered::Many => answered,
        }
    }
}

/// How long a lease may be used that is made of this answer.
fn left(answered: Answered, hold: u8) -> u8 {
    match answered {
        // Beats of more than one primary: a clause about several machines says that there are none.
        Answered::None | Answered::Many => 0,
        Answered::Beat { age, .. } => hold - age.min(hold),
    }
}

impl Subject for Leases {
    type Past = Past;
    type Own = Own;
    type Public = Public;
    type Claim = Claim;
    type Terms = Terms;

    fn world(&self) -> &World {
        &self.world
    }

    fn acts(&self, _: NodeId, local: &Local) -> Vec<Act> {
        let mut acts = plain_acts(local);
        acts.retain(|act| !matches!(act, Act::FailFlush));
        if local.node.is_some() {
            acts.extend([Act::Doubt, Act::Ask(Request::ForgetPrimary), Act::Ask(Request::StepDown)]);
        }
        acts
    }

    fn is_inside(&self, local: &Local) -> bool {
        within_epochs(local, self.scope.epochs.into())
    }

    fn flight(&self) -> usize {
        0
    }

    fn ticks(&self) -> Vec<Vec<u8>> {
        self.ticks.clone()
    }

    fn remember(&self, before: &Machine<Past>, act: &Act, after: &Local, sent: &[Shared<Envelope>]) -> Past {
        let mut past = before.past.clone();
        match &after.node {
            None => past.votes.crash(after.disk.hard.ballot),
            Some(node) => past.votes.note(node.hard().ballot),
        }
        past.votes.led = PerEpoch::default();
        past.won_by = won_by(before, act, after);
        if let Act::Age(ticks) = act {
            past.answered = past.answered.map(|answered| self.older(answered, ticks));
        }
        for Envelope { to, wire, .. } in sent.iter().map(|envelope| &**envelope) {
            let Wire::Node(Message { epoch, body: Body::BeatAck { stamp, .. } }) = wire else { continue };
            let (epoch, age) = (number(*epoch), units(NOW.since(*stamp)));
            if self.matters(epoch) && age < self.scope.hold {
                let slot = &mut past.answered[usize::from(epoch) - 1];
                *slot = slot.and(to.index(), age);
            }
        }
        past
    }

    fn own(&self, machine: &Machine<Past>) -> Own {
        let Machine { local, past, .. } = machine;
        let public = Public { durable: past.votes.durable(local.disk.hard.ballot), answered: past.answered };
        Own { public, stands: stands(local, past, self.scope.hold) }
    }

    fn public(&self, own: Own) -> Public {
        own.public
    }

    fn claim(&self, envelope: &Envelope) -> Option<Claim> {
        let Wire::Node(Message { epoch, body }) = &envelope.wire else { return None };
        if let Body::BeatAck { stamp, .. } = body {
            let age = units(NOW.since(*stamp));
            let epoch = number(*epoch);
            let counts = self.matters(epoch) && age < self.scope.hold;
            let (granter, holder) = (envelope.from.index(), envelope.to.index());
            return counts.then_some(Claim::Answers { granter, holder, epoch, age });
        }
        Some(match elect::claim(envelope)? {
            elect::Claim::Leads { node, epoch } => Claim::Leads { node, epoch },
            elect::Claim::Voted { voter, epoch, candidate } => {
                let busy = match body {
                    Body::Granted { busy, .. } => Some(busy.map_or(0, units)),
                    _vote => None,
                };
                Claim::Voted { voter, epoch, candidate, busy }
            }
        })
    }

    fn refutes(&self, id: NodeId, own: Own, claim: Claim) -> bool {
        match claim {
            Claim::Voted { candidate, epoch, .. } => {
                candidate == id.index() && at(&own.public.durable, epoch) != Some(candidate + 1)
            }
            Claim::Answers { holder, epoch, .. } => {
                holder == id.index() && at(&own.public.durable, epoch) != Some(holder + 1)
            }
            Claim::Leads { .. } => false,
        }
    }

    fn alone(&self, Machine { id, local, past }: &Machine<Past>) -> Option<Breach> {
        let node = local.node.as_ref();
        if let Some(Err(violation)) = node.map(Node::check) {
            return Some(Breach { clause: closure::LOCAL.name, why: violation.to_string() });
        }
        let bound = units(node.map_or(local.disk.hard.ceiling, Node::busy_left));
        let granter = Granter { terms: self.terms(), id: *id, answered: past.answered, bound };
        Clause::first_broken(GRANTING, &granter).or_else(|| {
            let config = Arc::clone(&local.disk.hard.config);
            let Stands::Primary { epoch, lease, counts, .. } = stands(local, past, self.scope.hold) else {
                return None;
            };
            Clause::first_broken(HOLDING, &Holder { config, id: *id, epoch, lease, counts })
        })
    }

    fn step_clause(&self, _: &Machine<Past>, _: &Act, _: &Local, _: &[Shared<Envelope>]) -> Option<Breach> {
        None
    }

    fn describe(&self, machine: &Machine<Past>) -> String {
        describe(machine, self.scope.hold)
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answered::None => f.write_str("nobody"),
            Answered::Beat { from, age } => {
                write!(f, "a beat of n{from} sent {age} ago, which has no quorum")
            }
            Answered::Many => f.write_str("beats of several nodes"),
        }
    }
}

impl Answered {
    /// A beat of `from`, sent so long ago, is answered too.
    fn and(self, from: u8, age: u8) -> Self {
        match self {
            Answered::None => Answered::Beat { from, age },
            Answered::Beat { from: known, age: youngest } if known == from => {
                Answered::Beat { from, age: age.min(youngest) }
            }
            Answered::Beat { .. } | Answered::Many => Answered::Many,
        }
    }
}

/// By whose votes a primary won: those it had counted before, and the one that was decisive.
fn won_by(before: &Machine<Past>, act: &Act, after: &Local) -> NodeSet {
    let leads = |local: &Local| local.node.as_ref().filter(|node| node.phase().is_some()).map(Node::epoch);
    let Some(epoch) = leads(after) else { return NodeSet::EMPTY };
    if leads(&before.local) == Some(epoch) {
        return before.past.won_by;
    }
    let mut votes =
        before.local.node.as_ref().filter(|node| node.epoch() == epoch).map_or(NodeSet::EMPTY, Node::votes);
    match act {
        Act::Deliver(from, Wire::Node(Message { body: Body::Granted { .. }, .. })) => votes.insert(*from),
        _own_vote => votes.insert(before.id),
    };
    votes
}

fn stands(local: &Local, past: &Past, hold: u8) -> Stands {
    let Some(node) = local.node.as_ref() else { return Stands::No };
    let (epoch, wait) = (number(node.epoch()), units(node.wait_left()));
    if let Some(phase) = node.phase() {
        let lease = node.lease(NOW).map(|(_, left)| units(left));
        let mut counts = [0; 7];
        for (index, count) in counts.iter_mut().enumerate() {
            let answered = NodeId::new(index as u8).and_then(|id| node.answered(id));
            *count = answered.map_or(0, |age| hold.saturating_sub(units(age)));
        }
        Stands::Primary { epoch, votes: past.won_by, wait, active: phase.is_active(), lease, counts }
    } else if node.role() == "candidate" {
        Stands::Candidate { epoch, votes: node.votes(), wait }
    } else {
        Stands::No
    }
}

// ---- clauses -------------------------------------------------------------------------------------------

/// Of a granter by itself.
const GRANTING: &[Clause<Granter>] = &[Clause {
    name: "grants-cover-answers",
    doc: "A granter is bound for as long, in real time, as any lease can last that is made of a beat it answered; \
              one that is down will be bound by the ceiling on its disk.",
    source: "Gray and Cheriton 1989, §5; argued in quorate::lease",
    holds: |Granter { terms, id, answered, bound }| {
        let bare = each(answered).find(|(_, one)| !terms.rates.covers(left(*one, terms.hold), *bound));
        bare.map_or(Ok(()), |(epoch, one)| {
            let left = left(one, terms.hold);
            Err(format!("{id} is bound for {bound}, but a lease of e{epoch} may still be used for {left}"))
        })
    },
}];

/// Of a holder by itself.
const HOLDING: &[Clause<Holder>] = &[Clause {
    name: "leases-are-made-of-answers",
    doc: "While a lease is valid for so long, the answers of a vote quorum count for at least as long.",
    source: "Raft, Ongaro's thesis §6.4.1",
    holds: |Holder { config, id, epoch, lease, counts }| {
        let set = |least: u8| -> NodeSet {
            config.voters().iter().filter(|node| counts[usize::from(node.index())] >= least).collect()
        };
        let Some(left) = *lease else { return Ok(()) };
        ensure(left > 0 && config.elects(set(left)), || {
            format!("the lease of {id} in e{epoch} is valid for {left}, but answers count for {counts:?}")
        })
    },
}];

/// Every node's durable votes.
fn ballots(all: &[Public]) -> Vec<PerEpoch<Whom>> {
    all.iter().map(|public| public.durable).collect()
}

/// Of one of `votes`: an answer in an epoch before `epoch` that a wait of `wait` does not cover.
fn uncovered(terms: Terms, all: &[Public], votes: NodeSet, epoch: u8, wait: u8) -> Option<String> {
    votes.iter().find_map(|voter| {
        let answered = &all[usize::from(voter.index())].answered;
        let older = each(answered).filter(|(older, _)| *older < epoch);
        let mut bare = older.filter(|(_, one)| !terms.rates.covers(left(*one, terms.hold), wait));
        bare.next().map(|(older, one)| {
            format!(
                "a wait of {wait} does not cover what {voter} answered in e{older}: {} more",
                left(one, terms.hold)
            )
        })
    })
}

const BESIDE: &[Clause<Beside<Leases>>] = &[
    Clause {
        name: "candidates-vote-first",
        doc: "Whoever voted for another voted for one whose vote for itself is durable.",
        source: "proved of the election",
        holds: |Beside { id, own, all, .. }| {
            let early = each(&own.public.durable).find(|(epoch, vote)| {
                *vote != 0 && at(&all[usize::from(*vote) - 1].durable, *epoch) != Some(*vote)
            });
            early.map_or(Ok(()), |(epoch, vote)| {
                Err(format!("{id} voted for {0} in e{epoch}, but {0} did not", name(vote)))
            })
        },
    },
    Clause {
        name: "votes-counted-are-durable",
        doc: "Every vote that a candidate counts, or by which a primary won, is durable, and a primary won by a \
                  vote quorum.",
        source: "proved of the election: counted-votes-are-durable, who-led-had-a-quorum",
        holds: |Beside { config, id, own, all, .. }| {
            let (epoch, votes, primary) = match own.stands {
                Stands::No => return Ok(()),
                Stands::Candidate { epoch, votes, .. } => (epoch, votes, false),
                Stands::Primary { epoch, votes, .. } => (epoch, votes, true),
            };
            let durable = voters(&ballots(all), config.voters().len(), epoch, id.index());
            ensure(votes.within(durable) && (!primary || config.elects(votes)), || {
                format!("{id} counts {votes} in e{epoch}, of which {durable} are durable")
            })
        },
    },
    Clause {
        name: "waits-cover-answers",
        doc: "The wait of a candidate or primary covers, in real time, every lease of an older epoch that can be \
                  made of a beat that one of its voters answered; who is active has none left to cover.",
        source: "YugabyteDB #16; LeaseGuard 2025; argued in quorate::lease",
        holds: |Beside { terms, id, own, all, .. }| {
            let (epoch, votes, wait) = match own.stands {
                Stands::No => return Ok(()),
                Stands::Candidate { epoch, votes, wait }
                | Stands::Primary { epoch, votes, wait, active: false, .. } => (epoch, votes, wait),
                Stands::Primary { epoch, votes, active: true, .. } => (epoch, votes, 0),
            };
            uncovered(*terms, all, votes, epoch, wait)
                .map_or(Ok(()), |why| Err(format!("{id} in e{epoch}: {why}")))
        },
    },
    Clause {
        name: "answers-counted-were-given",
        doc: "An answer that counts for a lease was given by a granter, who has not answered anything older since.",
        source: "openraft lease documentation; argued in quorate::lease",
        holds: |Beside { terms, id, own, all, .. }| {
            let Stands::Primary { epoch, counts, .. } = own.stands else { return Ok(()) };
            if epoch >= terms.last {
                return Ok(());
            }
            let given = |granter: usize| match at(&all[granter].answered, epoch) {
                Some(Answered::Beat { from, age }) if from == id.index() => terms.hold - age.min(terms.hold),
                Some(Answered::None | Answered::Many | Answered::Beat { .. }) | None => 0,
            };
            let others = (0..counts.len()).filter(|granter| *granter != usize::from(id.index()));
            let mut false_answers = others.filter(|granter| counts[*granter] > given(*granter));
            false_answers.next().map_or(Ok(()), |granter| {
                Err(format!("{id} in e{epoch} counts an answer of n{granter} for {}", counts[granter]))
            })
        },
    },
    Clause {
        name: "answers-are-to-primaries",
        doc: "Whoever answered a beat answered the one node that has a vote quorum of durable votes in its epoch.",
        source: "proved of the election: primaries-speak-with-a-quorum",
        holds: |Beside { config, id, own, all, .. }| {
            let votes = ballots(all);
            let astray = each(&own.public.answered).find(|(epoch, answered)| match answered {
                Answered::None => false,
                Answered::Beat { from, .. } => {
                    !config.elects(voters(&votes, config.voters().len(), *epoch, *from))
                }
                Answered::Many => true,
            });
            astray.map_or(Ok(()), |(epoch, answered)| Err(format!("{id} answered {answered} in e{epoch}")))
        },
    },
];

const ON_THE_WAY: &[Clause<OnTheWay<Leases>>] = &[
    Clause {
        name: "votes-on-the-way-are-durable",
        doc: "A vote that was sent is durable, and so is the candidate's own.",
        source: "proved of the election",
        holds: |OnTheWay { claim, all, .. }| {
            let Claim::Voted { voter, epoch, candidate, .. } = *claim else { return Ok(()) };
            let durable = |voter: u8| at(&all[usize::from(voter)].durable, epoch) == Some(candidate + 1);
            ensure(durable(voter) && durable(candidate), || {
                format!("n{voter} announced its vote for n{candidate} in e{epoch}, which is not durable")
            })
        },
    },
    Clause {
        name: "reports-cover-answers",
        doc: "A vote reports an obligation that covers, in real time, every lease of an older epoch that can be made \
                  of a beat its voter answered.",
        source: "YugabyteDB #16; argued in quorate::lease",
        holds: |OnTheWay { terms, claim, all, .. }| {
            let Claim::Voted { voter, epoch, busy: Some(busy), .. } = *claim else { return Ok(()) };
            let voter = NodeId::new(voter).map_or(NodeSet::EMPTY, NodeSet::one);
            uncovered(*terms, all, voter, epoch, busy).map_or(Ok(()), Err)
        },
    },
    Clause {
        name: "primaries-speak-with-a-quorum",
        doc: "Who speaks as primary of an epoch has a vote quorum of durable votes in it.",
        source: "proved of the election",
        holds: |OnTheWay { config, claim, all, .. }| {
            let Claim::Leads { node, epoch } = *claim else { return Ok(()) };
            let votes = voters(&ballots(all), config.voters().len(), epoch, node);
            ensure(config.elects(votes), || {
                format!("n{node} speaks as primary of e{epoch} with the durable votes of {votes}")
            })
        },
    },
    Clause {
        name: "answers-on-the-way-were-given",
        doc: "An answer to a beat was given by its granter, who has answered none that was sent before since.",
        source: "argued in quorate::lease",
        holds: |OnTheWay { claim, all, .. }| {
            let Claim::Answers { granter, holder, epoch, age } = *claim else { return Ok(()) };
            let given = match at(&all[usize::from(granter)].answered, epoch) {
                Some(Answered::Beat { from, age: youngest }) => from == holder && youngest <= age,
                Some(Answered::None | Answered::Many) | None => false,
            };
            ensure(given, || {
                format!("n{granter} answered a beat of n{holder} in e{epoch} that it did not hear")
            })
        },
    },
];

const SAFETY: &[Clause<Pair<Leases>>] = &[Clause {
    name: "lease-exclusion",
    doc: "When a newer epoch is active, no older lease is valid.",
    source: "Gray and Cheriton 1989; invariant lease-exclusion",
    holds: |Pair { one: (a, left), other: (b, right), .. }| {
        let (Stands::Primary { epoch: old, lease, .. }, Stands::Primary { epoch, active, .. }) =
            (left.stands, right.stands)
        else {
            return Ok(());
        };
        ensure(!(lease.is_some() && active && old < epoch), || {
            format!("{b} is active in e{epoch} while the lease of {a} in e{old} is valid")
        })
    },
}];

impl Together for Leases {
    fn terms(&self) -> Terms {
        Terms { rates: self.rates, hold: self.scope.hold, last: self.scope.epochs }
    }

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
        let face = Face::voted(id, &own.public.durable);
        match own.stands {
            Stands::No => face,
            Stands::Candidate { epoch, votes, .. } => Face { stands: Some((epoch, votes)), ..face },
            Stands::Primary { epoch, active, lease, .. } => {
                Face { leads: Some(epoch), active, leased: lease.is_some(), ..face }
            }
        }
    }

    fn renamed(&self, public: Public, names: &[usize]) -> Option<Public> {
        let answered = public.answered.map(|answered| match answered {
            Answered::Beat { from, age } => Answered::Beat { from: names[usize::from(from)] as u8, age },
            Answered::None | Answered::Many => answered,
        });
        Some(Public { durable: public.durable.map(|whom| renamed(whom, names)), answered })
    }

    fn aged(&self, public: Public, way: usize) -> Public {
        let ticks = &self.ticks[way];
        Public { answered: public.answered.map(|answered| self.older(answered, ticks)), ..public }
    }

    fn aged_claim(&self, claim: Claim, way: usize) -> Option<Claim> {
        let Claim::Answers { granter, holder, epoch, age } = claim else { return Some(claim) };
        let age = age + self.ticks[way][usize::from(holder)];
        (age < self.scope.hold).then_some(Claim::Answers { granter, holder, epoch, age })
    }

    fn describe_claim(&self, claim: Claim) -> String {
        match claim {
            Claim::Voted { voter, epoch, candidate, busy } => {
                let busy = busy.map_or(String::new(), |busy| format!(", busy for {busy}"));
                format!("the vote of n{voter} for n{candidate} in e{epoch}{busy}")
            }
            Claim::Leads { node, epoch } => format!("a message of n{node} as primary of e{epoch}"),
            Claim::Answers { granter, holder, epoch, age } => {
                format!("the answer of n{granter} to a beat of n{holder} in e{epoch} sent {age} ago")
            }
        }
    }
}

/// Every clause.
pub fn stated() -> Vec<Stated> {
    std::iter::once(closure::CLOSED)
        .chain([closure::LOCAL, closure::GATES])
        .chain(GRANTING.iter().map(Clause::stated))
        .chain(HOLDING.iter().map(Clause::stated))
        .chain([closure::POSSIBLE])
        .chain(BESIDE.iter().map(Clause::stated))
        .chain(ON_THE_WAY.iter().map(Clause::stated))
        .chain(SAFETY.iter().map(Clause::stated))
        .collect()
}

// ---- drawing -------------------------------------------------------------------------------------------

fn describe(Machine { id, local, past }: &Machine<Past>, hold: u8) -> String {
    let disk = local.disk.hard.ballot;
    let mut line = match &local.node {
        None => format!("{id} down, ceiling {}", local.disk.hard.ceiling.units()),
        Some(node) => {
            format!("{id} {} in {}, bound for {}", node.role(), node.epoch(), node.busy_left().units())
        }
    };
    match stands(local, past, hold) {
        Stands::No => {}
        Stands::Candidate { votes, wait, .. } => {
            let _ = write!(line, ", counts {votes}, waits {wait}");
        }
        Stands::Primary { votes, wait, active, lease, counts, .. } => {
            let _ = write!(line, ", won by {votes}, waits {wait}{}", if active { ", active" } else { "" });
            let lease = lease.map_or("none".into(), |left| left.to_string());
            let _ = write!(line, ", lease {lease}, answers count for {counts:?}");
        }
    }
    let _ = write!(line, ", disk {} for {}", disk.epoch, name(whom(disk.vote)));
    for (epoch, cast) in each(&past.votes.cast).filter(|(_, cast)| *cast != 0) {
        let _ = write!(line, ", voted e{epoch} for {}", name(cast));
    }
    for (epoch, answered) in each(&past.answered) {
        if let Answered::Beat { from, age } = answered {
            let _ = write!(line, ", answered n{from} in e{epoch} sent {age} ago");
        }
    }
    line
}

// ---- the proof -----------------------------------------------------------------------------------------

/// Epochs of a scope at most.
const MAX_EPOCHS: u64 = 3;

impl Scope {
    /// In words.
    pub fn words(self) -> String {
        let Scope { nodes, epochs, hold, grant, rates: [slow, fast] } = self;
        let bounds = format!("{}, {}", counted(nodes.into(), "node"), counted(epochs.into(), "epoch"));
        format!("lease, {bounds}, hold {hold} grant {grant}, clocks {slow}:{fast}")
    }

    /// About how many states satisfy the invariant, up to renaming.
    pub fn estimate(self) -> u64 {
        let ages = u64::from(self.hold) + 1;
        let votes = u64::from(self.nodes + 1).checked_pow(u32::from(self.nodes) * u32::from(self.epochs));
        let answers = ages.saturating_pow(u32::from(self.nodes) * u32::from(self.epochs.saturating_sub(1)));
        let renamings: u64 = (1..=u64::from(self.nodes)).product();
        votes.map_or(u64::MAX, |votes| (votes / renamings).saturating_mul(answers).saturating_mul(1 << 10))
    }

    fn check(self) -> Result<(), ScopeError> {
        super::in_range("nodes", self.nodes, super::PAIR..=4)?;
        super::in_range("epochs", self.epochs, super::OLD_AND_NEW..=MAX_EPOCHS)?;
        super::in_range("hold", self.hold, 1..=8)?;
        super::in_range("grant", self.grant, 1..=16)?;
        super::in_range("rates, slow", self.rates[0], 1..=8)?;
        super::in_range("rates, fast", self.rates[1], 1..=8)?;
        super::bounded(self.words(), self.estimate(), LIMIT)
    }
}

/// States that are taken at most.
const LIMIT: u64 = 1_000_000_000;

/// Proves the leases of `scope` without the rules of `off`.
pub fn prove(scope: Scope, off: RuleSet) -> Result<Report, ScopeError> {
    scope.check()?;
    super::prove(&Leases::new(scope, off)?, scope.words(), off)
}

/// Samples the leases of a scope that is too large to be proved.
pub fn sample(scope: Scope, off: RuleSet, effort: Effort) -> Result<Report, ScopeError> {
    super::in_range("nodes", scope.nodes, super::PAIR..=MAX_NODES.into())?;
    super::in_range("epochs", scope.epochs, super::OLD_AND_NEW..=elect::MAX_EPOCHS as u64)?;
    Ok(sampled(&Leases::new(scope, off)?, &scope.words(), off, effort))
}

/// Rules about what is not in the proof: releases, power-offs, and records in flight; clocks that stand still, so that
/// a doubt is never justified; and leases that some nodes ask for longer than others – of leases of one length the one
/// granted last ends last, with the rule and without.
pub const LEFT_OUT: &[Rule] = &[
    Rule::ReleaseIsFinal,
    Rule::ReleaseOnlyServing,
    Rule::TokenCoversItsEpoch,
    Rule::ServedIsSaid,
    Rule::PowerOffOfPrimary,
    Rule::CeilingBeforeGrant,
    Rule::ClockDoubtEndsLease,
    Rule::GrantsOnlyGrow,
];

/// The scopes in which a missing rule is looked for: a lease that the drift leaves no room for, one as short as it can
/// be, and one of which more and less may be left.
const HUNT: &[Scope] = &[
    Scope { nodes: 3, epochs: 2, hold: 2, grant: 2, rates: [1, 2] },
    Scope { nodes: 3, epochs: 2, hold: 1, grant: 2, rates: [1, 2] },
    Scope { nodes: 3, epochs: 2, hold: 2, grant: 2, rates: [1, 1] },
];

/// The first counterexample without the rules of `off`.
pub fn hunt(off: RuleSet) -> Result<Option<Cti>, ScopeError> {
    // With the rule on, the code refuses a lease without a margin.
    let marginless = |scope: &&Scope| scope.rates[0] < scope.rates[1] && scope.hold == scope.grant;
    let margin = !off.contains(Rule::DriftMargin);
    for scope in HUNT.iter().filter(|scope| !(margin && marginless(scope))) {
        if let Some(cti) = prove(*scope, off)?.counterexample {
            return Ok(Some(cti));
        }
    }
    Ok(None)
}
