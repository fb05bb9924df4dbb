//! From what is written to what it means: every value checked, every condition built, every refusal placed.

use super::cluster::{Cluster, Costs, Member};
use super::error::{ClusterError, Fault, Refusal};
use super::file::{self, File, WordOr};
use super::length;
use super::read::{At, Reader, printable};
use super::words;
use quorate::config::{Draft, Fencing, Lease, LeaseError, Mode, Settings, SettingsError, Timing};
use quorate::id::{NodeId, NodeMap, NodeSet};
use quorate::quorum::{Acks, Quorum};
use quorate::time::{Drift, Span};
use toml::Spanned;

type Result<T> = std::result::Result<T, ClusterError>;

/// Clocks that are further off than this are broken, and what is computed from them means nothing.
const WORST_PPM: u32 = 500_000;
/// The same as a ratio: (1 + ½) : (1 − ½).
const WORST_RATIO: u64 = 3;

const VOTE_WORDS: &str =
    "\"majority\", { any = 2 }, { weights = { a = 2, b = 1 }, need = 2 } or { zones = 2 }";
const ACK_WORDS: &str =
    "\"majority\", \"all\", \"another-zone\", \"primary\", { any = 2 } or { zones = 2, each = 1 }";

/// The zones that members of `among` are in, in the order of the file.
pub(super) fn zones(members: &[Member], among: NodeSet) -> Vec<(&str, NodeSet)> {
    let mut zones: Vec<(&str, NodeSet)> = Vec::new();
    for (node, member) in numbered(members).filter(|(node, _)| among.contains(*node)) {
        let Some(zone) = member.zone.as_deref() else { continue };
        match zones.iter_mut().find(|(name, _)| *name == zone) {
            Some((_, nodes)) => *nodes = nodes.union(NodeSet::one(node)),
            None => zones.push((zone, NodeSet::one(node))),
        }
    }
    zones
}

fn numbered(members: &[Member]) -> impl Iterator<Item = (NodeId, &Member)> {
    (0..NodeId::COUNT).filter_map(NodeId::new).zip(members)
}

fn all_that(members: &[Member], is: impl Fn(&Member) -> bool) -> NodeSet {
    numbered(members).filter(|(_, member)| is(member)).map(|(node, _)| node).collect()
}

impl Reader<'_> {
    pub(super) fn cluster(&self, file: &File) -> Result<Cluster> {
        let name = self.title(self.needed(file.name.as_ref(), None, "name", "name = \"orders\"")?, "name")?;
        let members = self.members(file)?;
        let settings = self.settings(file, &members)?;
        let fencing = self.fencing(file)?;
        let (timing, costs) = self.timing(file, fencing)?;
        let lease = file.lease.as_ref().map(|lease| self.lease(lease)).transpose()?;
        let max_lag = self.max_lag(file, &settings)?;
        let (file, text) = (self.file.to_owned(), self.text.to_owned());
        Ok(Cluster { file, text, name, members, settings, timing, lease, fencing, costs, max_lag })
    }

    // ---- nodes -----------------------------------------------------------------------------------------

    fn members(&self, file: &File) -> Result<Vec<Member>> {
        let nodes = self.needed(
            file.nodes.as_ref(),
            None,
            "nodes",
            "[[nodes]] and below it name = \"a\", once for each",
        )?;
        let count = nodes.get_ref().len();
        if count == 0 || count > usize::from(NodeId::COUNT) {
            let given = format!("a file of {count} nodes");
            let fault = Fault::Range { given, allowed: format!("1 to {}", NodeId::COUNT) };
            return Err(self.fail(Some(&nodes.span()), "nodes", fault));
        }
        let mut members: Vec<Member> = Vec::new();
        for (index, node) in nodes.get_ref().iter().enumerate() {
            let member = self.one_member(node, index)?;
            if members.iter().any(|other| other.name == member.name) {
                let at = node.get_ref().name.as_ref().map(Spanned::span);
                let fault = Fault::Duplicate { given: member.name };
                return Err(self.fail(at.as_ref(), &format!("nodes[{index}].name"), fault));
            }
            members.push(member);
        }
        Ok(members)
    }

    fn one_member(&self, node: &Spanned<file::Node>, index: usize) -> Result<Member> {
        let (at, node) = (node.span(), node.get_ref());
        let path = |field: &str| format!("nodes[{index}].{field}");
        let name = self.needed(node.name.as_ref(), Some(&at), &path("name"), "name = \"a\"")?;
        let name = self.name(name, &path("name"))?;
        let zone = node.zone.as_ref().map(|zone| self.name(zone, &path("zone"))).transpose()?;
        let flag = |given: &file::Given<bool>| given.as_ref().is_none_or(|given| *given.get_ref());
        let (data, vote) = (flag(&node.data), flag(&node.vote));
        if !data && !vote {
            let at = node.vote.as_ref().map_or(at, Spanned::span);
            let what = format!("{name} neither keeps data nor votes");
            return Err(self.conflict(&at, &path("vote"), what, "let it do one of the two, or take it out"));
        }
        let priority = node.priority.as_ref();
        let priority = priority.map_or(Ok(0), |given| self.number(given, &path("priority"), 0, 255))?;
        Ok(Member { name, zone, data, vote, priority })
    }

    // ---- conditions ------------------------------------------------------------------------------------

    fn settings(&self, file: &File, members: &[Member]) -> Result<Settings> {
        let voters = all_that(members, |member| member.vote);
        let data = all_that(members, |member| member.data);
        let elects = self.votes(file, members, voters)?;
        let acks = file.acks.as_ref().map(|acks| self.acks(acks, members)).transpose()?;
        let counted = acks.as_ref().map_or(NodeSet::EMPTY, Quorum::nodes);
        let priority: NodeMap<u8> = numbered(members)
            .filter(|(_, member)| member.priority > 0)
            .map(|(node, member)| (node, member.priority))
            .collect();
        if !data.is_empty() {
            self.no_priority_of_a_witness(file, members, priority.keys().and(voters).minus(data))?;
        }
        let learners = data.minus(voters).minus(counted);
        let draft = Draft { votes: elects, acks, data, learners, priority, weak: None, mode: Mode::Strong };
        Settings::new(draft).map_err(|error| self.refused(file, members, error))
    }

    fn no_priority_of_a_witness(&self, file: &File, members: &[Member], witnesses: NodeSet) -> Result<()> {
        let Some(node) = witnesses.iter().next() else { return Ok(()) };
        let index = usize::from(node.index());
        let priority = file.nodes.as_ref().and_then(|nodes| nodes.get_ref().get(index));
        let at = priority.and_then(|node| node.get_ref().priority.as_ref()).map_or(0..0, Spanned::span);
        let what = format!("{} keeps no data and so is never primary", members[index].name);
        Err(self.conflict(&at, &format!("nodes[{index}].priority"), what, "take its priority out"))
    }

    fn votes(&self, file: &File, members: &[Member], voters: NodeSet) -> Result<Quorum> {
        let Some(given) = &file.votes else { return Ok(Quorum::majority(voters)) };
        let at = given.span();
        let table = match given.get_ref() {
            WordOr::Word(word) if word == "majority" => return Ok(Quorum::majority(voters)),
            WordOr::Word(word) => return Err(self.word(&at, "votes", word, VOTE_WORDS)),
            WordOr::Table(table) => table,
        };
        let stray = |field: Option<&Spanned<i64>>, name: &str, with: &str| match field {
            Some(value) => Err(self.conflict(
                &value.span(),
                name,
                "it belongs to another kind of condition".to_owned(),
                format!("use it with {with} only"),
            )),
            None => Ok(()),
        };
        match (&table.any, &table.weights, &table.zones) {
            (Some(any), None, None) => {
                stray(table.need.as_ref(), "votes.need", "weights")?;
                stray(table.each.as_ref(), "votes.each", "zones")?;
                Ok(Quorum::Any { need: self.number(any, "votes.any", 0, 64)?, of: voters })
            }
            (None, Some(weights), None) => {
                stray(table.each.as_ref(), "votes.each", "zones")?;
                self.weights(&at, weights, table.need.as_ref(), members, voters)
            }
            (None, None, Some(zones)) => {
                stray(table.need.as_ref(), "votes.need", "weights")?;
                let need = self.number(zones, "votes.zones", 0, 64)?;
                self.by_zone((&at, "votes"), need, table.each.as_ref(), members, voters, Quorum::majority)
            }
            (None, None, None) | (Some(_), _, _) | (_, Some(_), _) => {
                let what = "it must say one of any, weights and zones".to_owned();
                Err(self.conflict(&at, "votes", what, format!("give {VOTE_WORDS}")))
            }
        }
    }

    fn weights(
        &self,
        at: &At,
        weights: &Spanned<std::collections::BTreeMap<Spanned<String>, Spanned<i64>>>,
        need: Option<&Spanned<i64>>,
        members: &[Member],
        voters: NodeSet,
    ) -> Result<Quorum> {
        let mut of: NodeMap<u32> = NodeMap::default();
        for (name, weight) in weights.get_ref() {
            let node = self.known(name, "votes.weights", members)?;
            if !voters.contains(node) {
                let what = format!("{} has a weight but no vote", name.get_ref());
                return Err(self.conflict(
                    &name.span(),
                    "votes.weights",
                    what,
                    "give weights to voters only",
                ));
            }
            of.insert(node, self.number(weight, &format!("votes.weights.{}", name.get_ref()), 0, 1_000_000)?);
        }
        if let Some(node) = voters.minus(of.keys()).iter().next() {
            let what = format!("{} votes but has no weight", members[usize::from(node.index())].name);
            return Err(self.conflict(
                &weights.span(),
                "votes.weights",
                what,
                "give every voter one, 0 included",
            ));
        }
        let sum: u32 = of.iter().map(|(_, weight)| *weight).sum();
        let need = match need {
            Some(need) => self.number(need, "votes.need", 0, 64_000_000)?,
            None if sum == 0 => {
                let what = "the weights add up to nothing".to_owned();
                return Err(self.conflict(
                    at,
                    "votes.weights",
                    what,
                    "give some voter a weight of at least 1",
                ));
            }
            None => sum / 2 + 1,
        };
        Ok(Quorum::Weight { need, of })
    }

    fn acks(&self, acks: &Spanned<WordOr<file::Acks>>, members: &[Member]) -> Result<Quorum> {
        let at = acks.span();
        let counted = all_that(members, |member| member.data && member.vote);
        let table = match acks.get_ref() {
            WordOr::Word(word) => return self.ack_word(&at, word, members, counted),
            WordOr::Table(table) => table,
        };
        let counted = match &table.of {
            Some(of) => self.counted(of, members)?,
            None => counted,
        };
        match (&table.any, &table.zones) {
            (Some(any), None) => match &table.each {
                Some(each) => {
                    let what = "it belongs to another kind of condition".to_owned();
                    Err(self.conflict(&each.span(), "acks.each", what, "use it with zones only"))
                }
                None => Ok(Quorum::Any { need: self.number(any, "acks.any", 0, 64)?, of: counted }),
            },
            (None, Some(zones)) => {
                let need = self.number(zones, "acks.zones", 0, 64)?;
                let some = |of| Quorum::Any { need: 1, of };
                self.by_zone((&at, "acks"), need, table.each.as_ref(), members, counted, some)
            }
            (None, None) | (Some(_), Some(_)) => {
                let what = "it must say one of any and zones".to_owned();
                Err(self.conflict(&at, "acks", what, format!("give {ACK_WORDS}")))
            }
        }
    }

    fn ack_word(&self, at: &At, word: &str, members: &[Member], counted: NodeSet) -> Result<Quorum> {
        let some = |of| Quorum::Any { need: 1, of };
        match word {
            "majority" => Ok(Quorum::majority(counted)),
            "all" => Ok(Quorum::every(counted)),
            "another-zone" => self.by_zone((at, "acks"), 2, None, members, counted, some),
            "primary" => Ok(some(counted)),
            _ => Err(self.word(at, "acks", word, ACK_WORDS)),
        }
    }

    /// The nodes that `of` names, each once.
    fn counted(&self, of: &Spanned<Vec<Spanned<String>>>, members: &[Member]) -> Result<NodeSet> {
        let mut counted = NodeSet::EMPTY;
        for name in of.get_ref() {
            if !counted.insert(self.known(name, "acks.of", members)?) {
                let fault = Fault::Duplicate { given: name.get_ref().clone() };
                return Err(self.fail(Some(&name.span()), "acks.of", fault));
            }
        }
        Ok(counted)
    }

    fn known(&self, name: &Spanned<String>, field: &str, members: &[Member]) -> Result<NodeId> {
        let known = numbered(members).find(|(_, member)| member.name == *name.get_ref());
        known.map(|(node, _)| node).ok_or_else(|| {
            let nodes: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
            let fault = Fault::UnknownNode {
                given: printable(name.get_ref(), 40),
                nodes: printable(&nodes.join(", "), 200),
            };
            self.fail(Some(&name.span()), field, fault)
        })
    }

    /// `need` zones, and in each zone `each` of its nodes, or what `usual` says.
    fn by_zone(
        &self,
        (at, field): (&At, &str),
        need: u8,
        each: Option<&Spanned<i64>>,
        members: &[Member],
        among: NodeSet,
        usual: impl Fn(NodeSet) -> Quorum,
    ) -> Result<Quorum> {
        let zones = zones(members, among);
        let placed = zones.iter().fold(NodeSet::EMPTY, |all, (_, nodes)| all.union(*nodes));
        if let Some(node) = among.minus(placed).iter().next() {
            let name = &members[usize::from(node.index())].name;
            let what = format!("it counts zones, and {name} is in none");
            return Err(self.conflict(at, field, what, format!("give {name} a zone")));
        }
        let each: Option<u8> =
            each.map(|each| self.number(each, &format!("{field}.each"), 0, 64)).transpose()?;
        let part = |nodes: NodeSet| each.map_or_else(|| usual(nodes), |need| Quorum::Any { need, of: nodes });
        Ok(Quorum::Zones { need, of: zones.iter().map(|(_, nodes)| part(*nodes)).collect() })
    }

    /// The core's refusal, at its place and in the words of the file.
    fn refused(&self, file: &File, members: &[Member], error: SettingsError) -> ClusterError {
        let (votes, acks) = (file.votes.as_ref().map(Spanned::span), file.acks.as_ref().map(Spanned::span));
        let nodes = file.nodes.as_ref().map(Spanned::span);
        let (at, field) = match &error {
            SettingsError::Votes(_) => (votes.or(nodes), "votes"),
            SettingsError::Acks(_)
            | SettingsError::AckWithoutData { .. }
            | SettingsError::AcksWithoutData => (acks, "acks"),
            SettingsError::LearnerCounts { .. }
            | SettingsError::LearnerWithoutData { .. }
            | SettingsError::NoCandidate
            | SettingsError::NothingWeaker
            | SettingsError::PriorityWithoutVote { .. } => (nodes, "nodes"),
        };
        let (problem, mend) = words::refusal(&error, members, file.acks.is_some());
        self.fail(at.as_ref(), field, Fault::Settings(Box::new(Refusal { error, problem, mend })))
    }

    // ---- the rest --------------------------------------------------------------------------------------

    fn fencing(&self, file: &File) -> Result<Fencing> {
        let fencing =
            self.needed(file.fencing.as_ref(), None, "fencing", "fencing = \"token\", or \"none\"")?;
        match fencing.get_ref().as_str() {
            "token" => Ok(Fencing::Token),
            "none" => Ok(Fencing::None),
            word => Err(self.word(&fencing.span(), "fencing", word, "\"token\" or \"none\"")),
        }
    }

    fn timing(&self, file: &File, fencing: Fencing) -> Result<(Timing, Costs)> {
        let example = "[timing] and below it election-timeout = \"1s\" and round-trip = \"2ms\"";
        let table = self.needed(file.timing.as_ref(), None, "timing", example)?;
        let (at, table) = (table.span(), table.get_ref());
        let needed = |value, field, example| {
            self.needed(value, Some(&at), field, example).and_then(|value| self.length(value, field))
        };
        let election =
            needed(table.election_timeout.as_ref(), "timing.election-timeout", "election-timeout = \"1s\"")?;
        let usual = Timing::of(election);
        let timing = Timing {
            election,
            spread: self.length_or(table.spread.as_ref(), "timing.spread", usual.spread)?,
            heartbeat: self.length_or(table.heartbeat.as_ref(), "timing.heartbeat", usual.heartbeat)?,
            contact: Some(self.length_or(table.contact.as_ref(), "timing.contact", election)?),
        };
        timing.check().map_err(|error| self.fail(Some(&at), "timing", Fault::Timing(error)))?;
        let costs = self.costs(&at, table, fencing)?;
        self.in_time(&at, table, timing, costs)?;
        Ok((timing, costs))
    }

    fn costs(&self, at: &At, table: &file::Timing, fencing: Fencing) -> Result<Costs> {
        let fence = match (fencing, &table.fence) {
            (Fencing::Token, None) => {
                let example = "fence = \"5ms\": how long the resource takes to install a token";
                return Err(self.fail(Some(at), "timing.fence", Fault::Missing { example }));
            }
            (Fencing::None, Some(fence)) => {
                let what = "nothing is fenced".to_owned();
                let mend = "take it out, or write fencing = \"token\"";
                return Err(self.conflict(&fence.span(), "timing.fence", what, mend));
            }
            (Fencing::Token | Fencing::Watchdog { .. }, Some(fence)) => self.length(fence, "timing.fence")?,
            (Fencing::None | Fencing::Watchdog { .. }, None) => Span::ZERO,
        };
        let example = "round-trip = \"2ms\"";
        let round_trip = self.needed(table.round_trip.as_ref(), Some(at), "timing.round-trip", example)?;
        let round_trip = self.length(round_trip, "timing.round-trip")?;
        let flush = self.length_or(table.flush.as_ref(), "timing.flush", Span::ZERO)?;
        let promote = self.length_or(table.promote.as_ref(), "timing.promote", Span::ZERO)?;
        Ok(Costs { round_trip, flush, fence, promote })
    }

    /// Whether answers arrive before those who wait for them give up. The core does not know how long a
    /// message takes; the file says it.
    fn in_time(&self, at: &At, table: &file::Timing, timing: Timing, costs: Costs) -> Result<()> {
        let Timing { election, heartbeat, contact, .. } = timing;
        let Costs { round_trip, flush, .. } = costs;
        let campaign = round_trip.plus(flush).times(2);
        if election <= campaign {
            let at = table.election_timeout.as_ref().map_or(at.clone(), Spanned::span);
            let what = format!(
                "{} is not enough for a campaign: pre-vote and vote are two round trips of {} and two flushes \
                 of {}, together {}, so candidates would begin anew before the answers are there",
                length::exact(election),
                length::exact(round_trip),
                length::exact(flush),
                length::exact(campaign)
            );
            let mend = format!("give more than {}; ten times that is usual", length::exact(campaign));
            return Err(self.conflict(&at, "timing.election-timeout", what, mend));
        }
        // Contact counts from when the answered beat was sent, and just before the next answer that is a
        // heartbeat and a round trip ago.
        let between = heartbeat.plus(round_trip);
        let Some(contact) = contact.filter(|contact| *contact <= between) else { return Ok(()) };
        let at = table.contact.as_ref().map_or(at.clone(), Spanned::span);
        let what = format!(
            "a primary that gives up after {} without contact would resign between two answers: beats are \
             sent every {} and take {}, together {}",
            length::exact(contact),
            length::exact(heartbeat),
            length::exact(round_trip),
            length::exact(between)
        );
        let mend = if between < election {
            format!("give more than {}, and at most {}", length::exact(between), length::exact(election))
        } else {
            format!(
                "send beats more often, or give an election-timeout of more than {}",
                length::exact(between)
            )
        };
        Err(self.conflict(&at, "timing.contact", what, mend))
    }

    fn lease(&self, lease: &Spanned<file::Lease>) -> Result<(Lease, Drift)> {
        let (at, table) = (lease.span(), lease.get_ref());
        let needed = |value, field, example| {
            self.needed(value, Some(&at), field, example).and_then(|value| self.length(value, field))
        };
        let hold = needed(table.hold.as_ref(), "lease.hold", "hold = \"9s\"")?;
        let grant = needed(table.grant.as_ref(), "lease.grant", "grant = \"10s\"")?;
        let quantum = self.length_or(table.quantum.as_ref(), "lease.quantum", Span::new(1))?;
        let drift = self.drift(&at, table)?;
        Lease::new(hold, grant, quantum, drift).map(|lease| (lease, drift)).map_err(|error| {
            let (at, field) = match (&error, &table.hold, &table.rates) {
                (LeaseError::ImpossibleDrift(_), _, Some(rates)) => (rates.span(), "lease.rates"),
                (LeaseError::DriftNotCovered { .. }, Some(hold), _) => (hold.span(), "lease.hold"),
                (
                    LeaseError::Zero | LeaseError::ImpossibleDrift(_) | LeaseError::DriftNotCovered { .. },
                    _,
                    _,
                ) => (at, "lease"),
            };
            self.fail(Some(&at), field, Fault::Lease { error, quantum })
        })
    }

    fn drift(&self, at: &At, table: &file::Lease) -> Result<Drift> {
        match (&table.drift_ppm, &table.rates) {
            (Some(ppm), None) => {
                let ppm: u32 = self.number(ppm, "lease.drift-ppm", 0, i64::from(WORST_PPM))?;
                // Below a million there always is such a drift.
                Ok(Drift::from_ppm(ppm).unwrap_or(Drift { slow: 0, fast: 1 }))
            }
            (None, Some(rates)) => self.rates(rates),
            (Some(ppm), Some(_)) => {
                let what = "the drift is there twice, as drift-ppm and as rates".to_owned();
                Err(self.conflict(&ppm.span(), "lease.drift-ppm", what, "take one of them out"))
            }
            (None, None) => {
                let example = "drift-ppm = 10000: how far clocks may run off, in parts per million";
                Err(self.fail(Some(at), "lease.drift-ppm", Fault::Missing { example }))
            }
        }
    }

    /// The slowest and the fastest rate.
    fn rates(&self, rates: &Spanned<Vec<Spanned<i64>>>) -> Result<Drift> {
        let [slow, fast] = rates.get_ref().as_slice() else {
            let message = format!(
                "it has {} of the 2 numbers, the slowest and the fastest rate",
                rates.get_ref().len()
            );
            return Err(self.fail(Some(&rates.span()), "lease.rates", Fault::Shape { message }));
        };
        let most = i64::from(u32::MAX);
        let slow: u32 = self.number(slow, "lease.rates[0]", 0, most)?;
        let fast: u32 = self.number(fast, "lease.rates[1]", 0, most)?;
        if slow > 0 && u64::from(fast) > u64::from(slow) * WORST_RATIO {
            let given = format!("a fastest clock that counts {fast} while the slowest counts {slow}");
            let allowed = format!("at most {WORST_RATIO} times the slowest rate as the fastest");
            return Err(self.fail(Some(&rates.span()), "lease.rates", Fault::Range { given, allowed }));
        }
        Ok(Drift { slow, fast })
    }

    /// A lag only says something where a single flush acknowledges.
    fn max_lag(&self, file: &File, settings: &Settings) -> Result<Option<Span>> {
        let Some(given) = &file.max_lag else { return Ok(None) };
        let lag = self.length(given, "max-lag")?;
        let alone = |acks: &Acks| settings.data().iter().any(|node| acks.holds(NodeSet::one(node)));
        match settings.acks() {
            Some(acks) if alone(acks) => Ok(Some(lag)),
            Some(_) => {
                let what =
                    "no single node's flush acknowledges a write, so nothing acknowledged lags".to_owned();
                Err(self.conflict(&given.span(), "max-lag", what, "take it out"))
            }
            None => {
                Err(self.conflict(&given.span(), "max-lag", "no node keeps data".to_owned(), "take it out"))
            }
        }
    }
}
