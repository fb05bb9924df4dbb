//! Values from bytes: everything that a node can be told, sensible or not.
//!
//! Where the bytes end, the smallest value is drawn; so a prefix of an input means nearly what the input means, and a
//! fuzzer can shorten what it found.

use arbitrary::{Result, Unstructured};
use quorate::commit::{Entries, History, Promise, ReadKind};
use quorate::config::{Config, ConfigId, Draft, Mode, Settings, Weak};
use quorate::election::Refusal;
use quorate::failover::{Append, Beat, Body, Effect, Facts, Head, Input, Message, Request};
use quorate::id::{Epoch, NodeId, NodeMap, NodeSet, Position};
use quorate::lease::Release;
use quorate::outbox::Seq;
use quorate::quorum::{Acks, Quorum};
use quorate::time::{Instant, Span};
use std::sync::Arc;

type Bytes<'a, 'b> = &'a mut Unstructured<'b>;

/// A number below `bound`.
pub(crate) fn below(u: Bytes, bound: u64) -> Result<u64> {
    u.int_in_range(0..=bound - 1)
}

/// Something small, or seldom anything at all.
pub(crate) fn number(u: Bytes) -> Result<u64> {
    match u.arbitrary::<u8>()? {
        small @ 0..240 => Ok(u64::from(small % 8)),
        240..248 => Ok(u64::MAX - below(u, 4)?),
        248..=255 => u.arbitrary(),
    }
}

fn node(u: Bytes) -> Result<NodeId> {
    let index = match u.arbitrary::<u8>()? {
        near @ 0..224 => near % 5,
        far @ 224..=255 => far % NodeId::COUNT,
    };
    Ok(named(index))
}

/// The node of this index, which is below 64.
pub(crate) fn named(index: u8) -> NodeId {
    NodeId::new(index).expect("an index below 64")
}

pub(crate) fn epoch(u: Bytes) -> Result<Epoch> {
    Ok(match u.arbitrary::<u8>()? {
        near @ 0..240 => Epoch::new(u16::from(near / 120), u64::from(near % 8)).unwrap_or(Epoch::ZERO),
        240..=255 => Epoch::from_number(number(u)?),
    })
}

pub(crate) fn span(u: Bytes) -> Result<Span> {
    Ok(Span::new(match u.arbitrary::<u8>()? {
        short @ 0..240 => u64::from(short),
        240..=255 => number(u)?,
    }))
}

fn option<T>(u: Bytes, draw: fn(Bytes) -> Result<T>) -> Result<Option<T>> {
    Ok(if u.arbitrary()? { Some(draw(u)?) } else { None })
}

pub(crate) fn position(u: Bytes) -> Result<Position> {
    Ok(Position { epoch: epoch(u)?, len: number(u)? })
}

pub(crate) fn config_id(u: Bytes) -> Result<ConfigId> {
    Ok(ConfigId { epoch: epoch(u)?, version: below(u, 3)? as u32 })
}

fn release(u: Bytes) -> Result<Release> {
    Ok(Release { epoch: epoch(u)?, holder: node(u)? })
}

fn history(u: Bytes) -> Result<Arc<History>> {
    let mut runs = Vec::new();
    for _ in 0..below(u, 4)? {
        runs.push((epoch(u)?, number(u)?));
    }
    runs.sort();
    runs.dedup_by(|later, kept| later.0 == kept.0 || later.1 <= kept.1);
    Ok(Arc::new(History::new(runs).expect("what does not rise was left out")))
}

fn entries(u: Bytes) -> Result<Entries<u8>> {
    let count = below(u, 4)?;
    Ok((0..count).map(|_| u.arbitrary()).collect::<Result<Vec<u8>>>()?.into())
}

pub(crate) fn facts(u: Bytes) -> Result<Facts> {
    Ok(Facts { history: history(u)?, flushed: number(u)? })
}

/// Settings that a constructor accepts: majorities, witnesses, learners, a weak family, priorities.
pub(crate) fn settings(u: Bytes) -> Result<Settings> {
    let count = u.int_in_range(1..=5)?;
    let (witnesses, learners) = (below(u, u64::from(count))? as u8, u8::from(u.ratio(1, 8)?));
    let voters = NodeSet::first(count);
    let copies = NodeSet::first(count - witnesses);
    let learners = NodeSet::first(count + learners).minus(voters);
    let acks = Quorum::Any { need: u.int_in_range(1..=count - witnesses)?, of: copies };
    let weak = if u.ratio(1, 4)? {
        let acks = Acks::new(Quorum::Any { need: 1, of: copies }).expect("one of some can be satisfied");
        Some(Weak { acks, after: Span::new(below(u, 200)?), cap: below(u, 4)? })
    } else {
        None
    };
    let mode = if weak.is_some() && u.arbitrary()? { Mode::Degraded } else { Mode::Strong };
    let priority = if u.arbitrary()? { Some((named(0), 1)) } else { None };
    let keeps_data = u.ratio(7, 8)?;
    Ok(Settings::new(Draft {
        votes: Quorum::majority(voters),
        acks: keeps_data.then_some(acks),
        data: if keeps_data { copies.union(learners) } else { NodeSet::EMPTY },
        learners: if keeps_data { learners } else { NodeSet::EMPTY },
        priority: priority.into_iter().collect::<NodeMap<u8>>(),
        weak: if keeps_data { weak } else { None },
        mode: if keeps_data { mode } else { Mode::Strong },
    })
    .expect("made to be accepted"))
}

fn config(u: Bytes) -> Result<Arc<Config>> {
    let (id, settings_now) = (config_id(u)?, settings(u)?);
    Ok(Arc::new(Config { id, settings: settings_now, next: option(u, settings)?.map(Box::new) }))
}

fn promise(u: Bytes) -> Result<Promise> {
    Ok(Promise { len: number(u)?, history: history(u)?, committed: number(u)? })
}

fn refusal(u: Bytes) -> Result<Refusal> {
    Ok(match below(u, 6)? {
        0 => Refusal::OldEpoch,
        1 => Refusal::OldConfig,
        2 => Refusal::NotCandidate,
        3 => Refusal::PrimaryAlive,
        4 => Refusal::Voted(node(u)?),
        _outranked => Refusal::Outranked,
    })
}

fn stamp(u: Bytes) -> Result<Instant> {
    Ok(Instant::new(1000 + below(u, 2000)?))
}

pub(crate) fn body(u: Bytes) -> Result<Body<u8>> {
    Ok(match below(u, 19)? {
        0 => {
            let (config, position) = (config_id(u)?, position(u)?);
            Body::PreVote { config, position, priority: u.arbitrary()?, round: u.arbitrary()? }
        }
        1 => Body::PreYes { asked: epoch(u)? },
        2 => Body::PreLater { asked: epoch(u)? },
        3 => Body::Vote { config: config_id(u)?, token: option(u, release)?, audit: u.arbitrary()? },
        4 => Body::Granted { promise: promise(u)?, busy: option(u, span)? },
        5 => Body::Refused { reason: refusal(u)?, config: option(u, config)? },
        6 => {
            let (stamp, lease, round) = (stamp(u)?, span(u)?, below(u, 3)?);
            Body::Beat(Beat { stamp, lease, round, quorate: u.arbitrary()?, serving: u.arbitrary()? })
        }
        7 => {
            let (stamp, round, healthy) = (stamp(u)?, below(u, 3)?, u.arbitrary()?);
            Body::BeatAck { stamp, round, healthy, config: config_id(u)? }
        }
        8 => Body::Handover { token: release(u)? },
        9 => Body::Install { config: config(u)? },
        10 => Body::Installed { id: config_id(u)? },
        11 => Body::Revoke { audit: u.arbitrary()? },
        12 => Body::Promised { promise: promise(u)? },
        13 => Body::Fetch { from: number(u)? },
        14 => Body::Fetched { from: number(u)?, entries: entries(u)?.into() },
        15 => {
            let (history, from, entries) = (history(u)?, number(u)?, entries(u)?);
            Body::Append(Append::new(Head { history, from, committed: number(u)? }, entries))
        }
        16 => Body::Ack { len: number(u)? },
        17 => Body::Gap { len: number(u)? },
        _snapshot => Body::Snapshot { base: number(u)?, history: history(u)? },
    })
}

fn effect(u: Bytes) -> Result<Effect> {
    Ok(match below(u, 11)? {
        0 => Effect::Fence { epoch: epoch(u)? },
        1 => Effect::Load { epoch: epoch(u)? },
        2 => Effect::StopReceiving { epoch: epoch(u)? },
        3 => Effect::Follow { node: node(u)?, epoch: epoch(u)? },
        4 => Effect::Rewind { node: node(u)?, epoch: epoch(u)?, keep: number(u)? },
        5 => Effect::Promote { epoch: epoch(u)?, config: config_id(u)? },
        6 => Effect::SetAcks { config: config_id(u)? },
        7 => Effect::Demote { epoch: epoch(u)? },
        8 => Effect::ArmWatchdog { deadline: stamp(u)? },
        9 => Effect::SendSnapshot { to: node(u)?, base: number(u)? },
        _load => Effect::LoadSnapshot { from: node(u)?, base: number(u)? },
    })
}

/// What an embedder may ask for.
pub(crate) fn request(u: Bytes) -> Result<Request<u8>> {
    Ok(match below(u, 13)? {
        0..=2 => {
            let count = below(u, 3)?;
            Request::Write((0..count).map(|_| u.arbitrary()).collect::<Result<_>>()?)
        }
        3 => Request::Read { id: below(u, 8)?, kind: ReadKind::Lease },
        4 => Request::Read { id: below(u, 8)?, kind: ReadKind::Quorum },
        5 => Request::Read { id: below(u, 8)?, kind: ReadKind::Token(position(u)?) },
        6 => Request::ConfirmRead { id: below(u, 8)?, at: position(u)? },
        7 => Request::Switchover { to: node(u)? },
        8 => match below(u, 3)? {
            0 => Request::StepDown,
            1 => Request::ForgetPrimary,
            _powered_off => Request::PoweredOff(node(u)?),
        },
        9 => Request::Recover { accept_loss: u.arbitrary()? },
        10 | 11 => Request::Change(Box::new(settings(u)?)),
        _compact => Request::Compact { base: number(u)? },
    })
}

/// Any input whatever.
pub(crate) fn input(u: Bytes) -> Result<Input<u8>> {
    Ok(match below(u, 16)? {
        0..=10 => Input::Message { from: node(u)?, message: Message { epoch: epoch(u)?, body: body(u)? } },
        11 => Input::Durable(Seq::new(number(u)?)),
        12 => Input::EffectDone { effect: effect(u)?, ok: u.arbitrary()?, facts: option(u, facts)? },
        13 => Input::Engine(facts(u)?),
        14 => Input::ClockSuspect,
        _failed => Input::StorageFailed,
    })
}
