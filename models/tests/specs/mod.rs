//! Random swarm specs: every test that walks draws its worlds here.

use proptest::collection::vec;
use proptest::prelude::*;
use quorate::config::{Draft, Mode, Weak};
use quorate::id::{NodeMap, NodeSet};
use quorate::quorum::Quorum;
use quorate::time::{Drift, Span};
use quorate_models::swarm::live::Outsiders;
use quorate_models::swarm::walk::reserve;
use quorate_models::swarm::{Kind, Spec, Weights};
use quorate_models::world::{Driver, LeaseSpec, MAX_EPOCHS, Model, Network, NodeSpec, Scope, TimingSpec};
use std::ops::{Range, RangeInclusive};

/// A set of some of the first `nodes` nodes, as the bits of `wish` say; all of them if it wishes for none.
fn some_of(nodes: NodeSet, wish: u8) -> NodeSet {
    let set = nodes.and(NodeSet::from_bits(u64::from(wish)));
    if set.is_empty() { nodes } else { set }
}

/// What a cluster is made from; anything gives one that can be safe.
#[derive(Clone, Debug)]
struct Wish {
    /// Who votes, by bits.
    voters: u8,
    /// Votes: 0 a majority, 1 all, 2 by weight, 3 two of three groups.
    votes: u8,
    /// Who keeps data, by bits.
    data: u8,
    /// Whose flush counts, by bits, and how many of them it takes.
    ackers: u8,
    acks: u8,
    /// Election priorities.
    priority: Option<Vec<u8>>,
    /// After how long to fall back to a single acknowledgement.
    weak: Option<u64>,
}

impl Wish {
    fn draft(&self, nodes: u8, keeps_data: bool) -> Draft {
        let all = NodeSet::first(nodes);
        let voters = some_of(all, self.voters);
        let data = if keeps_data { some_of(all, self.data) } else { NodeSet::EMPTY };
        // Somebody has to be able to lead.
        let data = if keeps_data && data.and(voters).is_empty() { data.union(voters) } else { data };
        let ackers = some_of(data, self.ackers);
        let learners = data.minus(ackers).minus(voters);
        let any = |need: u32| Quorum::Any { need: need as u8, of: ackers };
        let acks = keeps_data.then(|| any(1 + u32::from(self.acks) % ackers.len()));
        let priority = self.priority.iter().flat_map(|priority| {
            voters.iter().map(|id| (id, priority[usize::from(id.index())])).collect::<Vec<_>>()
        });
        let weak = self.weak.filter(|_| keeps_data && ackers.len() > 1).map(|after| Weak {
            acks: quorate::quorum::Acks::new(any(1)).expect("one of some can be satisfied"),
            after: Span::new(after),
            cap: 6,
        });
        Draft {
            votes: self.votes(voters),
            acks,
            data,
            learners,
            priority: priority.collect(),
            weak,
            mode: Mode::Strong,
        }
    }

    fn votes(&self, voters: NodeSet) -> Quorum {
        match self.votes {
            1 if voters.len() <= 3 => Quorum::every(voters),
            2 => {
                let weights: NodeMap<u32> =
                    voters.iter().map(|id| (id, 1 + u32::from(id.index()) % 2)).collect();
                let sum: u32 = weights.iter().map(|(_, weight)| *weight).sum();
                Quorum::Weight { need: sum / 2 + 1, of: weights }
            }
            3 if voters.len() >= 5 => {
                let group = |g: u8| voters.iter().filter(|id| id.index() % 3 == g).collect::<NodeSet>();
                let groups: Vec<NodeSet> = (0..3).map(group).filter(|set| !set.is_empty()).collect();
                let need = groups.len() as u8 / 2 + 1;
                Quorum::Zones { need, of: groups.into_iter().map(Quorum::majority).collect() }
            }
            _majority => Quorum::majority(voters),
        }
    }
}

fn wish() -> impl Strategy<Value = Wish> {
    let priority = proptest::option::weighted(0.3, vec(0_u8..3, 7));
    // Every node votes and keeps data in most clusters.
    let most = || prop_oneof![2 => Just(0xff_u8), 1 => any::<u8>()];
    (most(), 0_u8..4, most(), most(), 0_u8..7, priority, proptest::option::weighted(0.15, 0_u64..9)).prop_map(
        |(voters, votes, data, ackers, acks, priority, weak)| Wish {
            voters,
            votes,
            data,
            ackers,
            acks,
            priority,
            weak,
        },
    )
}

/// How many of each fault: none at all, a few, or as many as the walk likes.
fn budget() -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0_u8), 2 => 1..5_u8, 3 => 20..200_u8]
}

fn scope() -> impl Strategy<Value = Scope> {
    let faults = (budget(), budget(), budget(), budget(), budget(), budget(), budget(), 0..4_u8);
    let work = (
        0..50_u8,
        prop_oneof![2 => Just(0_u8), 1 => Just(8_u8), 1 => Just(40_u8)],
        budget(),
        0..3_u8,
        budget(),
    );
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (faults, work, flags).prop_map(
        |(
            (crashes, drops, duplicates, partitions, pauses, suspends, doubts, flush_failures),
            (writes, reads, switchovers, losses, compactions),
            (noticed, pipelined, refusals, beats),
        )| Scope {
            epochs: MAX_EPOCHS,
            writes,
            reads,
            crashes: crashes / 4,
            flush_failures,
            drops,
            duplicates,
            partitions,
            pauses,
            suspends: if noticed { suspends } else { 0 },
            noticed,
            doubts,
            switchovers,
            losses: losses.saturating_sub(1),
            poweroffs: switchovers / 8,
            compactions,
            rates: None,
            network: Network::Counted,
            driver: if pipelined { Driver::Pipelined } else { Driver::Blocking },
            beats,
            refusals,
            harm_only: false,
        },
    )
}

/// Clock rates, a beat interval, how many of it an election waits, a random part, and how much longer a lease is
/// than a beat.
type Times = ([u8; 2], u64, u64, u64, u64);

fn times() -> impl Strategy<Value = Times> {
    let rates = prop_oneof![Just([1, 1]), Just([1, 2]), Just([2, 3])];
    (rates, 1_u64..4, 4_u64..8, 2_u64..5, 2_u64..8)
}

fn timing((rates, beat, election, spread, _): &Times) -> TimingSpec {
    // As many units as a fast clock counts.
    let heartbeat = beat * u64::from(rates[1]);
    let election = heartbeat * election;
    // The random part is as long as the timeout, as is usual, or longer: else candidates collide again and again, and
    // there is no bound worth stating.
    TimingSpec { election, spread: election * spread / 2, heartbeat, contact: election }
}

fn lease((rates, beat, _, _, longer): &Times) -> LeaseSpec {
    let drift = Drift { slow: u32::from(rates[0]), fast: u32::from(rates[1]) };
    let hold = beat * u64::from(rates[1]) + longer * u64::from(rates[1]);
    LeaseSpec { hold, grant: drift.shortest_grant(Span::new(hold)).units(), drift }
}

/// Rules that are choices: without them as well, nothing may break.
const CHOICES: [&str; 4] =
    ["torn-vote-is-harmless", "holder-need-not-grant", "busy-stays-whole", "ack-whole-log"];

/// A model: a cluster, changes of it, how nodes are set up, faults. With `fair` it can go on without faults.
fn model(fair: bool, nodes: RangeInclusive<u8>) -> impl Strategy<Value = Model> {
    let clusters = (nodes, prop_oneof![5 => Just(true), 1 => Just(false)], vec(wish(), 1..4));
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), 0_u8..16);
    (clusters, scope(), times(), flags).prop_map(
        move |(
            (nodes, keeps_data, wishes),
            mut scope,
            times,
            (leased, timed, prevote, fenced, eager, off),
        )| {
            let drafts: Vec<Draft> = wishes.iter().map(|wish| wish.draft(nodes, keeps_data)).collect();
            let (leased, timed) = (leased, timed || fair);
            if leased || timed {
                scope.rates = Some(times.0);
            } else {
                (scope.suspends, scope.noticed) = (0, false);
            }
            // Beats renew leases and keep replicas up to date; refusals tell who is behind.
            scope.beats |= leased || fair;
            scope.refusals |= fair;
            if fair {
                scope.writes += reserve::WRITES;
                scope.partitions += reserve::PARTITIONS;
                scope.crashes += nodes * u8::from(scope.flush_failures > 0);
            }
            let without = CHOICES.iter().enumerate().filter(|(bit, _)| off & 1 << bit != 0);
            Model {
                name: "swarm".into(),
                cluster: drafts[0].clone(),
                nodes,
                node: NodeSpec {
                    batch: None,
                    lease: leased.then(|| lease(&times)),
                    leases: Vec::new(),
                    timing: timed.then(|| timing(&times)),
                    prevote,
                    fenced: fenced && !keeps_data,
                    eager,
                    external: false,
                },
                scope,
                changes: drafts[1..].to_vec(),
                without: without.map(|(_, name)| (*name).to_owned()).collect(),
            }
        },
    )
}

/// Weights: each kind rare, usual or frequent, so that every walk stresses something else.
fn weights() -> impl Strategy<Value = Weights> {
    let weight = prop_oneof![Just(0_u16), Just(1), Just(3), Just(10), Just(30)];
    vec(weight, Kind::ALL.len()).prop_map(|mut weights| {
        // What carries the protocol on is never rare, and faults that end everything are never frequent.
        for kind in [Kind::Deliver, Kind::Flush, Kind::Effect, Kind::Restart, Kind::Heal, Kind::Resume] {
            weights[kind as usize] = 10 + 4 * weights[kind as usize];
        }
        for kind in [Kind::Crash, Kind::FailFlush, Kind::Loss, Kind::Partition, Kind::Pause, Kind::Change] {
            weights[kind as usize] = weights[kind as usize].min(3);
        }
        Weights(weights)
    })
}

/// A spec; with `fair` its runs end with the time after the faults.
pub(crate) fn spec(fair: bool, nodes: RangeInclusive<u8>, steps: Range<u32>) -> impl Strategy<Value = Spec> {
    let outsiders = prop_oneof![Just(Outsiders::Still), Just(Outsiders::CutOff), Just(Outsiders::Deaf)];
    (model(fair, nodes), weights(), steps, 10_u16..60, outsiders, any::<u64>()).prop_map(
        move |(model, mut weights, steps, crowd, outsiders, seed)| {
            // With timers, what is due happens soon; without, who stands all the time never gets anything done.
            let timed = model.node.timing.is_some();
            let (tick, beat) = (Kind::Tick as usize, Kind::Beat as usize);
            weights.0[tick] = if timed { 40 } else { weights.0[tick].min(2) };
            weights.0[beat] = if timed { 40 } else { weights.0[beat].max(2) };
            Spec { model, weights, steps, crowd, live: fair.then_some(outsiders), seed }
        },
    )
}
