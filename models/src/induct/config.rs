//! Configuration: one primary per epoch while it changes who votes, and no finished configuration is lost – proved by
//! induction.
//!
//! A change goes from settings *a* to settings *b* in two publications of one primary: first both together, then *b*
//! alone. A publication is *finished* when every part of it has a vote quorum on whose disks it is, in the epoch of the
//! primary that published it. A successor that finds both together publishes them again, in its own epoch.
//!
//! # What the checker remembers
//!
//! Of each node, by epoch: whom it voted for; under which configuration it stood; the newest configuration of the epoch
//! that its disk has shown *while the disk was in that epoch* (`installed`: what it can have confirmed to the
//! publisher); and what it published itself.
//!
//! # The invariant in two sentences
//!
//! Who voted in an epoch voted for a candidate that knew every configuration of older epochs that the voter had
//! installed. New settings are alone only where they were finished together with the old ones: so the quorum of any
//! candidate that does not know of them contains a voter that does.
//!
//! # What is not told apart
//!
//! In the last epoch of the scope a configuration elects nobody any more: a campaign begins a newer epoch. So which one
//! a machine of that epoch has is not told apart, and neither are messages of that epoch that carry one. In scopes of
//! two epochs – all that are taken in full by default – only what the primary of the *first* epoch publishes is judged;
//! that a successor publishes again what it found is judged in three epochs and in samples of more.
//! A beat claims nothing: it may come from anybody, in any epoch, at any time. No data is kept: what a change of the
//! ack family needs besides is a fact about steps of one machine, and asked for in [`super::compose`].

use super::closure::{Machine, Subject, plain_acts, within_epochs};
use super::compose::{Face, whole};
use super::elect::{
    self, Led, PerEpoch, Whom, at, candidates_vote_first, each, ensure, name, number, renamed, whom,
};
use super::product::{Beside, OnTheWay, Pair, Together, permutations};
use super::sample::{Effort, sampled};
use super::{Breach, Clause, Cti, Report, ScopeError, Stated, closure};
use crate::catalog::failover::{change, cluster};
use crate::text::counted;
use crate::world::{Act, Driver, Envelope, Local, MAX_NODES, Model, Shared, Wire, World};
use quorate::config::{Config, ConfigId, Settings};
use quorate::disk::Hard;
use quorate::failover::{Body, Message, Node, Request};
use quorate::id::{NodeId, NodeSet};
use quorate::rule::RuleSet;
use std::fmt;
use std::fmt::Write;

/// Which change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Kind {
    /// The last node becomes a voter.
    Add,
    /// The last node is a voter no longer.
    Remove,
    /// The last node becomes a voter instead of the one before.
    #[default]
    Swap,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 3] = [Kind::Add, Kind::Remove, Kind::Swap];

    /// Its name, in kebab-case.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Add => "add",
            Kind::Remove => "remove",
            Kind::Swap => "swap",
        }
    }

    /// Who votes before and after, of so many nodes.
    fn voters(self, nodes: u8) -> [Vec<u8>; 2] {
        let first = |count: u8| (0..count).collect::<Vec<u8>>();
        let (fewer, all) = (first(nodes - 1), first(nodes));
        match self {
            Kind::Add => [fewer, all],
            Kind::Remove => [all, fewer],
            Kind::Swap => [fewer, [first(nodes - 2), vec![nodes - 1]].concat()],
        }
    }
}

/// What is proved about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scope {
    /// Nodes, voters or not.
    pub nodes: u8,
    /// Epochs.
    pub epochs: u8,
    /// What a serving primary may be asked for.
    pub kind: Kind,
    /// Whether it may be asked to go back as well.
    pub back: bool,
    /// Whether records stay in flight; otherwise the driver waits for the disk.
    pub pipelined: bool,
}

/// A configuration, as far as votes go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Conf {
    /// Its identity.
    pub id: Id,
    /// The settings in force: 0 or 1.
    pub settings: u8,
    /// The next ones, in force as well.
    pub next: Option<u8>,
}

/// The identity of a configuration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Id {
    /// The epoch of its publisher.
    pub epoch: u8,
    /// Its number.
    pub version: u8,
}

impl From<ConfigId> for Id {
    fn from(id: ConfigId) -> Self {
        Id { epoch: number(id.epoch), version: u8::try_from(id.version).unwrap_or(u8::MAX) }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "e{}v{}", self.epoch, self.version)
    }
}

impl fmt::Display for Conf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = |settings: u8| char::from(b'a' + settings);
        write!(f, "{} ({}", self.id, letter(self.settings))?;
        self.next.map_or(Ok(()), |next| write!(f, "+{}", letter(next)))?;
        f.write_str(")")
    }
}

impl Conf {
    /// What the same primary published before, if this was not its first: both settings together before new ones
    /// alone, the old ones alone before both together.
    fn before(self) -> Conf {
        let id = Id { version: self.id.version.saturating_sub(1), ..self.id };
        match self.next {
            Some(_) => Conf { id, next: None, ..self },
            None => Conf { id, settings: 1 - self.settings, next: Some(self.settings) },
        }
    }

    /// Whether it is this, or what was published before it in the same epoch.
    fn follows(self, other: Conf) -> bool {
        let mut older = self;
        while older.id > other.id && older.id.version > 0 {
            older = older.before();
        }
        older == other
    }
}

/// What the clauses compare with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// For each settings, which sets of nodes elect: by bits, the production code's own answer.
    elects: [u128; 2],
    /// How many nodes there are.
    nodes: u8,
    /// The last epoch, whose configurations elect nobody.
    last: u8,
}

impl Terms {
    /// Whether `set` wins an election under `conf`, or finishes its publication.
    fn elects(&self, conf: Conf, set: NodeSet) -> bool {
        let one = |settings: u8| self.elects[usize::from(settings)] >> set.bits() & 1 == 1;
        one(conf.settings) && conf.next.is_none_or(one)
    }

    /// The nodes whose public part is as `test` says.
    fn which(&self, all: &[Public], test: impl Fn(&Public) -> bool) -> NodeSet {
        NodeSet::first(self.nodes).iter().filter(|node| test(&all[usize::from(node.index())])).collect()
    }

    /// Who voted for `candidate` in `epoch`, on disk.
    fn voters(&self, all: &[Public], epoch: u8, candidate: u8) -> NodeSet {
        self.which(all, |public| at(&public.durable, epoch) == Some(candidate + 1))
    }
}

/// What the checker remembers of a machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Past {
    votes: elect::Past,
    under: PerEpoch<Option<Conf>>,
    installed: PerEpoch<Option<Conf>>,
    published: PerEpoch<Option<Conf>>,
}

/// What clauses about others read of a machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Public {
    /// The epoch on its disk.
    pub epoch: u8,
    /// Its durable votes.
    pub durable: PerEpoch<Whom>,
    /// Under which configuration it stood in each epoch.
    pub under: PerEpoch<Option<Conf>>,
    /// The newest configuration of each epoch that its disk has shown in that epoch.
    pub installed: PerEpoch<Option<Conf>>,
    /// The newest configuration that it published in each epoch.
    pub published: PerEpoch<Option<Conf>>,
    /// The configuration on its disk; not told in the last epoch.
    pub disk: Option<Conf>,
}

/// What clauses read of a machine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Own {
    /// What others read.
    pub public: Public,
    /// Its votes, durable or not.
    pub cast: PerEpoch<Whom>,
    /// Whether it led each epoch.
    pub led: PerEpoch<Led>,
    /// As candidate: in which epoch, and whose votes it counts.
    pub standing: Option<(u8, NodeSet)>,
    /// As primary: of which epoch.
    pub leads: Option<u8>,
    /// As publisher: what, and who has it on disk as far as it knows.
    pub publishes: Option<(Id, NodeSet)>,
    /// The configuration in memory; not told in the last epoch.
    pub memory: Option<Conf>,
    /// Of each epoch, the newest configuration that will be installed when what is on its way reaches the disk.
    pub coming: PerEpoch<Option<Conf>>,
}

/// What a message claims.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Claim {
    /// That `voter` voted for `candidate` in `epoch`; where the candidate says so, under which configuration.
    Voted {
        /// Who voted.
        voter: u8,
        /// In which epoch.
        epoch: u8,
        /// For whom.
        candidate: u8,
        /// Under which configuration.
        under: Option<Id>,
    },
    /// That `node` has a configuration of this epoch on disk, or had.
    Installed {
        /// Who.
        node: u8,
        /// Which.
        id: Id,
    },
    /// That there is this configuration.
    Exists(Conf),
}

/// The changes of a scope.
#[derive(Debug)]
pub struct Changes {
    world: World,
    scope: Scope,
    settings: [Settings; 2],
    terms: Terms,
    /// Whether states are left out early that a clause excludes; the same states are taken without it.
    hurries: bool,
}

impl Changes {
    /// The changes of `scope`, without the rules of `off`.
    pub fn new(scope: Scope, off: RuleSet) -> Result<Self, ScopeError> {
        let [from, to] = scope.kind.voters(scope.nodes);
        let draft = |voters: &[u8]| cluster(voters, &[], 0);
        let mut model: Model = change(scope.nodes, scope.epochs.into(), draft(&from), draft(&to));
        model.scope.driver = if scope.pipelined { Driver::Pipelined } else { Driver::Blocking };
        model.without = off.iter().map(|rule| rule.name().to_owned()).collect();
        let settings = [model.config()?.settings, model.targets()?.remove(0)];
        let elects = |settings: &Settings| {
            let sets = (0..1_u64 << scope.nodes).map(NodeSet::from_bits);
            let holds = sets.map(|set| u128::from(settings.votes().holds(set)) << set.bits());
            holds.fold(0, |table, bit| table | bit)
        };
        let elects = [elects(&settings[0]), elects(&settings[1])];
        let terms = Terms { elects, nodes: scope.nodes, last: scope.epochs };
        Ok(Self { world: World::new(model)?, scope, settings, terms, hurries: true })
    }

    /// The same, every combination looked at: what it takes is the same, and so is what it finds.
    #[must_use]
    pub fn unhurried(self) -> Self {
        Self { hurries: false, ..self }
    }

    fn conf(&self, config: &Config) -> Conf {
        let index = |settings: &Settings| u8::from(*settings == self.settings[1]);
        Conf {
            id: config.id.into(),
            settings: index(&config.settings),
            next: config.next.as_deref().map(index),
        }
    }

    /// Whether a configuration that a machine has in this epoch can elect anybody in the scope.
    fn matters(&self, epoch: u8) -> bool {
        epoch < self.scope.epochs
    }

    /// A disk that shows a configuration in its own epoch has installed it.
    fn install(&self, installed: &mut PerEpoch<Option<Conf>>, disk: &Hard) {
        let (shown, config) = (number(disk.epoch()), self.conf(&disk.config));
        if shown == config.id.epoch
            && self.matters(shown)
            && let Some(installed) = slot(installed, shown)
        {
            *installed = (*installed).max(Some(config));
        }
    }

    /// What a serving primary may be asked to change to.
    fn targets(&self, node: &Node<u8>) -> Vec<Settings> {
        let config = &node.hard().config;
        let publications = if self.scope.back { 4 } else { 2 };
        let fresh = config.id.version + 2 <= publications;
        let idle = node.is_serving() && config.next.is_none() && fresh;
        let other = usize::from(config.settings == self.settings[0]);
        let wanted = idle && (self.scope.back || other == 1);
        wanted.then(|| self.settings[other].clone()).into_iter().collect()
    }
}

/// The slot of an epoch.
fn slot<T>(of: &mut PerEpoch<T>, epoch: u8) -> Option<&mut T> {
    of.get_mut(usize::from(epoch).checked_sub(1)?)
}

impl Subject for Changes {
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
        if let Some(node) = &local.node {
            acts.extend([Request::ForgetPrimary, Request::StepDown].map(Act::Ask));
            let targets = self.targets(node).into_iter();
            acts.extend(targets.map(|target| Act::Ask(Request::Change(Box::new(target)))));
        }
        acts
    }

    fn is_inside(&self, local: &Local) -> bool {
        within_epochs(local, self.scope.epochs.into())
    }

    /// The record of a start, and for each epoch its vote and the configurations published in it.
    fn flight(&self) -> usize {
        if self.scope.pipelined { usize::from(self.scope.epochs) * 4 + 1 } else { 0 }
    }

    fn remember(&self, before: &Machine<Past>, _: &Act, after: &Local, _: &[Shared<Envelope>]) -> Past {
        let mut past = before.past.clone();
        past.votes.follow(after);
        self.install(&mut past.installed, &after.disk.hard);
        let Some(node) = &after.node else {
            for (epoch, cast) in each(&past.votes.cast) {
                let stood = cast == whom(Some(before.id));
                if let Some(under) = slot(&mut past.under, epoch).filter(|_| !stood) {
                    *under = None;
                }
            }
            return past;
        };
        let (epoch, config) = (number(node.epoch()), self.conf(&node.hard().config));
        if node.role() == "candidate" || node.phase().is_some() {
            // A primary may have published already in the step in which it won.
            let stands = node.phase().is_none();
            let stood = if stands { config } else { self.conf(&before.local.disk.hard.config) };
            slot(&mut past.under, epoch).map(|under| *under.get_or_insert(stood));
        }
        if node.phase().is_some()
            && config.id.epoch == epoch
            && self.matters(epoch)
            && let Some(published) = slot(&mut past.published, epoch)
        {
            *published = (*published).max(Some(config));
        }
        past
    }

    fn own(&self, Machine { local, past, .. }: &Machine<Past>) -> Own {
        let disk = &local.disk.hard;
        let shown = number(disk.epoch());
        let public = Public {
            epoch: shown,
            durable: past.votes.durable(disk.ballot),
            under: past.under,
            installed: past.installed,
            published: past.published,
            disk: self.matters(shown).then(|| self.conf(&disk.config)),
        };
        let node = local.node.as_ref();
        let epoch = node.map(|node| number(node.epoch()));
        let standing = node.filter(|node| node.role() == "candidate");
        let mut coming = PerEpoch::default();
        for hard in local.flight.iter().filter_map(|record| record.hard.as_deref()) {
            self.install(&mut coming, hard);
        }
        let leads = node.filter(|node| node.phase().is_some());
        let publishes = leads.filter(|node| self.matters(number(node.epoch())));
        Own {
            public,
            cast: past.votes.cast,
            led: past.votes.led,
            standing: standing.map(|node| (number(node.epoch()), node.votes())),
            leads: leads.map(|node| number(node.epoch())),
            publishes: publishes.and_then(|node| Some((node.hard().config_id().into(), node.publishing()?))),
            memory: node
                .filter(|_| epoch.is_some_and(|epoch| self.matters(epoch)))
                .map(|node| self.conf(&node.hard().config)),
            coming,
        }
    }

    fn public(&self, own: Own) -> Public {
        own.public
    }

    fn claim(&self, Envelope { from, to, wire }: &Envelope) -> Option<Claim> {
        let Wire::Node(Message { epoch, body }) = wire else { return None };
        let (epoch, me, peer) = (number(*epoch), from.index(), to.index());
        let exists = |config: &Config| self.matters(epoch).then(|| Claim::Exists(self.conf(config)));
        match body {
            Body::Vote { config, .. } => {
                Some(Claim::Voted { voter: me, epoch, candidate: me, under: Some((*config).into()) })
            }
            Body::Granted { .. } => Some(Claim::Voted { voter: me, epoch, candidate: peer, under: None }),
            Body::Installed { id } => {
                let counts = number(id.epoch) == epoch && self.matters(epoch);
                counts.then(|| Claim::Installed { node: me, id: (*id).into() })
            }
            Body::Install { config } => exists(config),
            Body::Refused { config, .. } => exists(config.as_deref()?),
            Body::PreVote { .. }
            | Body::PreYes { .. }
            | Body::PreLater { .. }
            | Body::Beat(_)
            | Body::BeatAck { .. }
            | Body::Handover { .. }
            | Body::Revoke { .. }
            | Body::Promised { .. }
            | Body::Fetch { .. }
            | Body::Fetched { .. }
            | Body::Append(_)
            | Body::Ack { .. }
            | Body::Gap { .. }
            | Body::Snapshot { .. } => None,
        }
    }

    fn refutes(&self, id: NodeId, own: Own, claim: Claim) -> bool {
        match claim {
            Claim::Voted { candidate, epoch, .. } => {
                candidate == id.index() && at(&own.public.durable, epoch) != Some(candidate + 1)
            }
            Claim::Installed { .. } | Claim::Exists(_) => false,
        }
    }

    fn alone(&self, machine: &Machine<Past>) -> Option<Breach> {
        let Machine { id, local, past } = machine;
        if let Some(Err(violation)) = local.node.as_ref().map(Node::check) {
            return Some(Breach { clause: closure::LOCAL.name, why: violation.to_string() });
        }
        let records = local.flight.iter().filter_map(|record| record.hard.as_deref());
        let memory = local.node.as_ref().map(Node::hard);
        let kept: Vec<Conf> = std::iter::once(&local.disk.hard)
            .chain(records)
            .chain(memory)
            .map(|hard| self.conf(&hard.config))
            .collect();
        let node = local.node.as_ref().filter(|node| node.role() == "candidate");
        let stands = node.map(|node| number(node.epoch()));
        let keeper = Keeper { id: *id, kept, installed: past.installed, under: past.under, stands };
        Clause::first_broken(ALONE, &keeper)
    }

    fn step_clause(&self, _: &Machine<Past>, _: &Act, _: &Local, _: &[Shared<Envelope>]) -> Option<Breach> {
        None
    }

    fn describe(&self, machine: &Machine<Past>) -> String {
        self.describe_machine(machine)
    }
}

/// The configurations of a node: one machine by itself.
#[derive(Clone, Debug)]
pub struct Keeper {
    id: NodeId,
    /// On the disk, on their way to it, and in memory.
    kept: Vec<Conf>,
    installed: PerEpoch<Option<Conf>>,
    under: PerEpoch<Option<Conf>>,
    /// As candidate: in which epoch.
    stands: Option<u8>,
}

/// Configurations, in words.
fn words<'c>(confs: impl Iterator<Item = &'c Conf>) -> String {
    let list: Vec<String> = confs.map(Conf::to_string).collect();
    if list.is_empty() { "nothing".into() } else { list.join(", ") }
}

// ---- clauses -------------------------------------------------------------------------------------------

const MONGO: &str = "MongoDB logless reconfiguration, Schultz et al. 2022";

/// Of a machine by itself.
const ALONE: &[Clause<Keeper>] = &[
    Clause {
        name: "configurations-only-grow",
        doc: "What a node installed, what is on its disk, on its way there and in memory is ordered like this, the \
              newest last.",
        source: MONGO,
        holds: |Keeper { id, kept, installed, .. }| {
            let newest = installed.iter().flatten().max();
            let grows =
                kept.is_sorted_by_key(|conf| conf.id) && newest.is_none_or(|conf| conf.id <= kept[0].id);
            ensure(grows, || {
                let (newest, kept) = (words(newest.into_iter()), words(kept.iter()));
                format!("{id} installed {newest}; on disk, on its way there and in memory it has {kept}")
            })
        },
    },
    Clause {
        name: "campaigns-keep-their-configuration",
        doc: "Who stands in an epoch does so under a configuration of an older one, and gives up when it gets another.",
        source: "argued in quorate::config",
        holds: |Keeper { id, kept, under, stands, .. }| {
            let late = each(under).find(|(epoch, conf)| conf.is_some_and(|conf| conf.id.epoch >= *epoch));
            late.map_or(Ok(()), |(epoch, conf)| {
                Err(format!("{id} stood in e{epoch} under {}", words(conf.iter())))
            })?;
            let now = stands.and_then(|epoch| at(under, epoch)).flatten();
            ensure(stands.is_none() || now.as_ref() == kept.last(), || {
                format!("{id} stands under {} and has {}", words(now.iter()), words(kept.last().into_iter()))
            })
        },
    },
];

/// Whether a configuration of an epoch of the scope may exist: its primary published it, and new settings are alone
/// only where they were finished together with the old ones.
fn may_exist(terms: &Terms, all: &[Public], conf: Conf) -> Result<(), String> {
    let epoch = conf.id.epoch;
    if epoch == 0 || epoch >= terms.last {
        return Ok(());
    }
    let publishers = terms.which(all, |public| {
        at(&public.published, epoch).flatten().is_some_and(|newest| newest.follows(conf))
    });
    ensure(!publishers.is_empty(), || format!("there is {conf}, which no primary of e{epoch} published"))?;
    let joint = conf.before();
    if conf.next.is_some() || terms.elects(joint, installers(terms, all, joint.id)) {
        return Ok(());
    }
    let installed = installers(terms, all, joint.id);
    Err(format!("there is {conf}, but only {installed} installed {joint}, which has to be finished before"))
}

/// Who has installed this configuration or a newer one of the same epoch.
fn installers(terms: &Terms, all: &[Public], id: Id) -> NodeSet {
    terms.which(all, |public| at(&public.installed, id.epoch).flatten().is_some_and(|conf| conf.id >= id))
}

/// Who has installed it or still may.
fn may_install(terms: &Terms, all: &[Public], id: Id) -> NodeSet {
    installers(terms, all, id).union(terms.which(all, |public| public.epoch <= id.epoch))
}

/// Every configuration that these machines show.
fn shown(terms: &Terms, all: &[Public]) -> impl Iterator<Item = Conf> {
    let all = &all[..usize::from(terms.nodes)];
    all.iter().flat_map(|public| {
        let Public { under, installed, published, disk, .. } = public;
        let lists = under.iter().chain(installed).chain(published);
        lists.chain([disk]).flatten().copied()
    })
}

const BESIDE: &[Clause<Beside<Changes>>] = &[
    Clause {
        name: "candidates-vote-first",
        doc: "Whoever voted for another voted for one whose vote for itself is durable.",
        source: "Raft §5.2; etcd MsgStorageAppend",
        holds: |Beside { id, own, all, .. }| candidates_vote_first(*id, own.cast, |node| all[node].durable),
    },
    Clause {
        name: "counted-votes-are-durable",
        doc: "Every vote that a candidate counts is durable on its voter's disk.",
        source: "Raft, persistent state; invariant votes-are-durable",
        holds: |Beside { terms, id, own, all, .. }| {
            let Some((epoch, votes)) = own.standing else { return Ok(()) };
            let durable = terms.voters(all, epoch, id.index());
            ensure(votes.within(durable), || {
                format!("{id} counts {votes} in e{epoch}, of which {durable} are durable")
            })
        },
    },
    Clause {
        name: "who-led-had-a-quorum-of-its-configuration",
        doc: "Whoever ever led an epoch has durable votes of it that elect under the configuration it stood under.",
        source: "Raft §6; MongoDB logless reconfiguration",
        holds: |Beside { terms, id, own, all, .. }| {
            let led = each(&own.led).filter(|(_, led)| *led != Led::Never);
            led.map(|(epoch, _)| epoch).try_for_each(|epoch| {
                let votes = terms.voters(all, epoch, id.index());
                let under = at(&own.public.under, epoch).flatten();
                ensure(under.is_some_and(|conf| terms.elects(conf, votes)), || {
                    let under = under.map_or("nothing".into(), |conf| conf.to_string());
                    format!("{id} led e{epoch} under {under} with the durable votes of {votes}, which is no quorum")
                })
            })
        },
    },
    Clause {
        name: "a-tenure-is-one-life",
        doc: "A primary won its epoch in its present life, and a candidate has not led its epoch yet.",
        source: "CCF, NSDI 2025",
        holds: |Beside { id, own, .. }| {
            let led = |epoch: Option<u8>| epoch.and_then(|epoch| at(&own.led, epoch));
            let again = led(own.leads).is_some_and(|led| led != Led::Now)
                || led(own.standing.map(|(epoch, _)| epoch)).is_some_and(|led| led != Led::Never);
            ensure(!again, || format!("{id} is primary or candidate of an epoch that it led before"))
        },
    },
    Clause {
        name: "voters-follow-the-newest",
        doc: "Whoever voted in an epoch voted for a candidate that stood under a configuration not older than any that \
              the voter had installed in an older epoch.",
        source: MONGO,
        holds: |Beside { id, own, all, .. }| {
            let cast = each(&own.cast).filter(|(_, cast)| *cast != 0);
            cast.filter(|(_, cast)| *cast != whom(Some(*id))).try_for_each(|(epoch, cast)| {
                let under = at(&all[usize::from(cast) - 1].under, epoch).flatten().map(|conf| conf.id);
                follows_newest(&own.public.installed, epoch, under)
                    .and_then(|()| follows_newest(&own.coming, epoch, under))
                    .map_err(|why| format!("{id} voted for {} in e{epoch}: {why}", name(cast)))
            })
        },
    },
    Clause {
        name: "candidates-know-the-newest",
        doc: "Whoever stood in an epoch did so under a configuration not older than any that it had installed in an \
              older epoch, and one that exists.",
        source: MONGO,
        holds: |Beside { terms, id, own, all, .. }| {
            let stood = each(&own.public.under).filter_map(|(epoch, conf)| Some((epoch, conf?)));
            { stood }.try_for_each(|(epoch, conf)| {
                may_exist(terms, all, conf)
                    .and_then(|()| follows_newest(&own.public.installed, epoch, Some(conf.id)))
                    .and_then(|()| follows_newest(&own.coming, epoch, Some(conf.id)))
                    .map_err(|why| format!("{id} stood in e{epoch}: {why}"))
            })
        },
    },
    Clause {
        name: "kept-configurations-exist",
        doc: "What a node keeps was published by a primary of its epoch; new settings are alone only after they were \
              finished together with the old ones.",
        source: "Raft §6, joint consensus; MongoDB, config check",
        holds: |Beside { terms, id, own, all, .. }| {
            let kept =
                own.public.installed.into_iter().chain(own.coming).chain([own.public.disk, own.memory]);
            { kept.flatten() }.try_for_each(|conf| {
                may_exist(terms, all, conf).map_err(|why| format!("{id} keeps {conf}: {why}"))
            })
        },
    },
    Clause {
        name: "publishers-won",
        doc: "Whoever published in an epoch led it, and as long as it leads it keeps what it published last.",
        source: "argued in quorate::config",
        holds: |Beside { id, own, .. }| {
            each(&own.public.published).try_for_each(|(epoch, conf)| {
                let led = at(&own.led, epoch) != Some(Led::Never);
                let keeps = own.leads != Some(epoch) || conf.is_none() || own.memory == conf;
                ensure(conf.is_none() || (led && keeps), || {
                    let (conf, memory) = (words(conf.iter()), words(own.memory.iter()));
                    format!("{id} published {conf} in e{epoch} and keeps {memory}")
                })
            })
        },
    },
    Clause {
        name: "confirmations-counted-are-durable",
        doc: "Whoever a publisher counts has installed what it publishes.",
        source: "invariant gates-hold",
        holds: |Beside { terms, id, own, all, .. }| {
            let Some((conf, counted)) = own.publishes else { return Ok(()) };
            let installed = installers(terms, all, conf);
            ensure(counted.within(installed), || {
                format!("{id} publishes {conf} and counts {counted}, of which {installed} installed it")
            })
        },
    },
    Clause {
        name: "finished-configurations-are-known",
        doc: "Whoever led an epoch knew every configuration of an older epoch that was finished or still may be: none \
              is lost.",
        source: "MongoDB logless reconfiguration; Paxos, choosable values",
        holds: |Beside { terms, id, own, all, .. }| {
            let led = each(&own.led).filter(|(_, led)| *led != Led::Never);
            led.map(|(epoch, _)| epoch).try_for_each(|epoch| {
                let under = at(&own.public.under, epoch).flatten().map(|conf| conf.id);
                let mut lost = shown(terms, all).filter(|conf| {
                    let older = (1..epoch).contains(&conf.id.epoch);
                    older && Some(conf.id) > under && terms.elects(*conf, may_install(terms, all, conf.id))
                });
                lost.next().map_or(Ok(()), |conf| {
                    Err(format!("{id} led e{epoch} and did not know {conf}, which may have been finished"))
                })
            })
        },
    },
];

/// A candidate of `epoch` under the configuration `under`, beside what a voter had installed.
fn follows_newest(installed: &PerEpoch<Option<Conf>>, epoch: u8, under: Option<Id>) -> Result<(), String> {
    let older = each(installed).filter(|(older, _)| *older < epoch);
    let newest = older.filter_map(|(_, conf)| conf).max();
    ensure(newest.is_none_or(|conf| Some(conf.id) <= under), || {
        let under = under.map_or("nothing".into(), |id| id.to_string());
        let newest = newest.map_or("nothing".into(), |conf| conf.to_string());
        format!("the candidate stood under {under}, and the voter had installed {newest}")
    })
}

const ON_THE_WAY: &[Clause<OnTheWay<Changes>>] = &[
    Clause {
        name: "votes-on-the-way-are-durable",
        doc: "A vote that was sent is durable, and so is the candidate's own; a candidate says under which \
              configuration it stands.",
        source: "Raft, persistent state; invariant votes-are-durable",
        holds: |OnTheWay { claim, all, .. }| {
            let Claim::Voted { voter, epoch, candidate, under } = *claim else { return Ok(()) };
            let durable = |voter: u8| at(&all[usize::from(voter)].durable, epoch) == Some(candidate + 1);
            ensure(durable(voter) && durable(candidate), || {
                format!("n{voter} announced its vote for n{candidate} in e{epoch}, which is not durable")
            })?;
            let stood = at(&all[usize::from(candidate)].under, epoch).flatten().map(|conf| conf.id);
            ensure(under.is_none() || under == stood, || {
                let [said, stood] = [under, stood].map(|id| id.map_or("nothing".into(), |id| id.to_string()));
                format!("n{candidate} says that it stands under {said} in e{epoch}, but does under {stood}")
            })
        },
    },
    Clause {
        name: "confirmations-on-the-way-are-durable",
        doc: "Whoever confirmed a configuration has installed it.",
        source: "invariant gates-hold",
        holds: |OnTheWay { terms, claim, all, .. }| {
            let Claim::Installed { node, id } = *claim else { return Ok(()) };
            let installed = installers(terms, all, id);
            ensure(installed.iter().any(|one| one.index() == node), || {
                format!("n{node} confirmed {id} and has not installed it")
            })
        },
    },
    Clause {
        name: "configurations-on-the-way-exist",
        doc: "A configuration that is sent was published by a primary of its epoch; new settings are alone only after \
              they were finished together with the old ones.",
        source: "Raft §6, joint consensus; MongoDB, config check",
        holds: |OnTheWay { terms, claim, all, .. }| {
            let Claim::Exists(conf) = *claim else { return Ok(()) };
            may_exist(terms, all, conf)
        },
    },
];

const SAFETY: &[Clause<Pair<Changes>>] = &[Clause {
    name: "one-primary-per-epoch",
    doc: "An epoch is ever led by at most one node, whatever configurations they stood under.",
    source: "Raft, election safety",
    holds: |Pair { one: (a, left), other: (b, right), .. }| {
        let both = each(&left.led).zip(right.led).find(|((_, a), b)| *a != Led::Never && *b != Led::Never);
        both.map_or(Ok(()), |((epoch, _), _)| Err(format!("{a} and {b} both led e{epoch}")))
    },
}];

/// Every clause, those of one machine first.
pub fn stated() -> Vec<Stated> {
    std::iter::once(closure::CLOSED)
        .chain([closure::LOCAL])
        .chain(ALONE.iter().map(Clause::stated))
        .chain([closure::GATES, closure::POSSIBLE])
        .chain(BESIDE.iter().map(Clause::stated))
        .chain(ON_THE_WAY.iter().map(Clause::stated))
        .chain(SAFETY.iter().map(Clause::stated))
        .collect()
}

impl Together for Changes {
    fn terms(&self) -> Terms {
        self.terms
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
        Face { stands: own.standing, leads: own.leads, ..Face::voted(id, &own.public.durable) }
    }

    fn renamed(&self, public: Public, names: &[usize]) -> Option<Public> {
        Some(Public { durable: public.durable.map(|whom| renamed(whom, names)), ..public })
    }

    /// Only nodes that are alike in both settings change names.
    fn renamings(&self) -> Vec<Vec<usize>> {
        let [from, to] = self.scope.kind.voters(self.scope.nodes);
        let role = |node: usize| (from.contains(&(node as u8)), to.contains(&(node as u8)));
        let mut all = permutations(usize::from(self.scope.nodes));
        all.retain(|names| names.iter().enumerate().all(|(old, new)| role(old) == role(*new)));
        all
    }

    /// By `candidates-vote-first` and `voters-follow-the-newest`.
    fn excludes(&self, first: &[Public]) -> bool {
        let early = |public: &Public| {
            each(&public.durable).any(|(epoch, vote)| {
                let candidate = usize::from(vote).checked_sub(1).and_then(|index| first.get(index));
                candidate.is_some_and(|candidate| {
                    let under = at(&candidate.under, epoch).flatten().map(|conf| conf.id);
                    at(&candidate.durable, epoch) != Some(vote)
                        || follows_newest(&public.installed, epoch, under).is_err()
                })
            })
        };
        self.hurries && first.iter().any(early)
    }

    fn describe_claim(&self, claim: Claim) -> String {
        match claim {
            Claim::Voted { voter, epoch, candidate, under } => {
                let under = under.map_or(String::new(), |id| format!(" under {id}"));
                format!("the vote of n{voter} for n{candidate} in e{epoch}{under}")
            }
            Claim::Installed { node, id } => format!("n{node} confirms {id}"),
            Claim::Exists(conf) => format!("the configuration {conf}"),
        }
    }
}

// ---- drawing -------------------------------------------------------------------------------------------

impl Changes {
    fn describe_machine(&self, Machine { id, local, past }: &Machine<Past>) -> String {
        let disk = &local.disk.hard;
        let mut line = match &local.node {
            None => format!("{id} down"),
            Some(node) => {
                let mut line =
                    format!("{id} {} in {}, {}", node.role(), node.epoch(), self.conf(&node.hard().config));
                if !node.votes().is_empty() {
                    let _ = write!(line, ", counts {}", node.votes());
                }
                if let Some(installed) = node.publishing() {
                    let _ = write!(line, ", publishes, installed by {installed}");
                }
                line
            }
        };
        let vote = name(whom(disk.ballot.vote));
        let _ = write!(line, ", disk {} for {vote}, {}", disk.ballot.epoch, self.conf(&disk.config));
        for hard in local.flight.iter().filter_map(|record| record.hard.as_deref()) {
            let _ = write!(line, ", writing {} and {}", hard.ballot.epoch, self.conf(&hard.config));
        }
        for (epoch, cast) in each(&past.votes.cast).filter(|(_, cast)| *cast != 0) {
            let _ = write!(line, ", voted e{epoch} for {}", name(cast));
        }
        for (epoch, led) in each(&past.votes.led).filter(|(_, led)| *led != Led::Never) {
            let _ =
                write!(line, ", led e{epoch}{}", if led == Led::Before { " in an earlier life" } else { "" });
        }
        for (epoch, conf) in each(&past.under).filter_map(|(epoch, conf)| Some((epoch, conf?))) {
            let _ = write!(line, ", stood in e{epoch} under {conf}");
        }
        // Configurations of one epoch carry it in their name.
        for (what, list) in [("installed", &past.installed), ("published", &past.published)] {
            for conf in list.iter().flatten() {
                let _ = write!(line, ", {what} {conf}");
            }
        }
        line
    }
}

// ---- the proof -----------------------------------------------------------------------------------------

impl Scope {
    /// In words.
    pub fn words(self) -> String {
        let Scope { nodes, epochs, kind, back, pipelined } = self;
        let bounds = format!("{}, {}", counted(nodes.into(), "node"), counted(epochs.into(), "epoch"));
        let back = if back { " and back" } else { "" };
        let driver = if pipelined { ", records in flight" } else { "" };
        format!("config, {bounds}, {} one voter{back}{driver}", kind.name())
    }

    /// About how many states satisfy the invariant, up to renaming: whom each node voted for in each epoch, which
    /// configurations it had installed, and a few states of counting and leading for each of these.
    pub fn estimate(self) -> u64 {
        let (nodes, epochs) = (u32::from(self.nodes), u32::from(self.epochs));
        let publications = if self.back { 6 } else { 3_u64 };
        // A vote is for one who voted for itself: about two thirds of a bit less per node.
        let votes = u64::from(self.nodes).checked_pow(nodes * epochs);
        let installed = publications.saturating_pow(nodes * epochs.saturating_sub(1));
        let alike: u64 = (1..=u64::from(self.nodes) - 2).product();
        votes.map_or(u64::MAX, |votes| (votes / (1 << nodes) / alike.max(1)).saturating_mul(installed))
    }

    fn check(self, nodes: u64) -> Result<(), ScopeError> {
        super::in_range("nodes", self.nodes, 3..=nodes)?;
        super::in_range("epochs", self.epochs, super::OLD_AND_NEW..=elect::MAX_EPOCHS as u64)
    }
}

/// States that are taken at most.
const LIMIT: u64 = 200_000_000;

/// Proves the changes of `scope` without the rules of `off`.
pub fn prove(scope: Scope, off: RuleSet) -> Result<Report, ScopeError> {
    scope.check(MAX_NODES.into())?;
    super::bounded(scope.words(), scope.estimate(), LIMIT)?;
    taken(scope, off)
}

fn taken(scope: Scope, off: RuleSet) -> Result<Report, ScopeError> {
    super::prove(&Changes::new(scope, off)?, scope.words(), off)
}

/// Samples the changes of a scope that is too large to be proved.
pub fn sample(scope: Scope, off: RuleSet, effort: Effort) -> Result<Report, ScopeError> {
    scope.check(MAX_NODES.into())?;
    Ok(sampled(&Changes::new(scope, off)?, &scope.words(), off, effort))
}

/// The scopes in which a missing rule is looked for. The second is there for the gates, which are asked of one step of
/// one machine: one epoch will do, of which nothing else is judged.
const HUNT: &[Scope] = &[
    Scope { nodes: 3, epochs: 2, kind: Kind::Swap, back: false, pipelined: false },
    Scope { nodes: 3, epochs: 1, kind: Kind::Swap, back: false, pipelined: true },
];

/// The first counterexample without the rules of `off`; besides the voters, where the ack family changes.
pub fn hunt(off: RuleSet) -> Result<Option<Cti>, ScopeError> {
    for scope in HUNT {
        if let Some(cti) = taken(*scope, off)?.counterexample {
            return Ok(Some(cti));
        }
    }
    for scope in [whole::Scope::Policy, whole::Scope::Database] {
        if let Some(cti) = whole::check(scope, off)?.counterexample {
            return Ok(Some(cti));
        }
    }
    Ok(None)
}
