//! Generators of everything that a node can be told, sensible or not.

use super::*;
use crate::commit::{Entries, History, Promise, ReadKind};
use crate::config::{ConfigId, Settings};
use crate::id::Position;
use proptest::prelude::*;
use std::boxed::Box;

pub(super) fn nodes() -> impl Strategy<Value = NodeId> {
    prop_oneof![9 => 0_u8..3, 1 => 0_u8..64].prop_map(node)
}

pub(super) fn epochs() -> impl Strategy<Value = Epoch> {
    let small = (0_u16..2, 0_u64..6).prop_map(|(generation, term)| Epoch::new(generation, term).unwrap());
    prop_oneof![19 => small, 1 => any::<u64>().prop_map(Epoch::from_number)]
}

pub(super) fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![19 => 0_u64..6, 1 => any::<u64>()]
}

pub(super) fn spans() -> impl Strategy<Value = Span> {
    prop_oneof![0_u64..200, any::<u64>()].prop_map(Span::new)
}

pub(super) fn histories() -> impl Strategy<Value = Arc<History>> {
    let runs = prop::collection::vec((epochs(), numbers()), 0..4);
    runs.prop_map(|mut runs| {
        runs.sort();
        runs.dedup_by(|later, kept| later.0 == kept.0 || later.1 <= kept.1);
        Arc::new(History::new(runs).unwrap())
    })
}

pub(super) fn entries() -> impl Strategy<Value = Entries<u8>> {
    prop::collection::vec(any::<u8>(), 0..4).prop_map(Entries::from)
}

pub(super) fn facts() -> impl Strategy<Value = Facts> {
    (histories(), numbers()).prop_map(|(history, flushed)| Facts { history, flushed })
}

pub(super) fn positions() -> impl Strategy<Value = Position> {
    (epochs(), numbers()).prop_map(|(epoch, len)| Position { epoch, len })
}

pub(super) fn config_ids() -> impl Strategy<Value = ConfigId> {
    (epochs(), 0_u32..3).prop_map(|(epoch, version)| ConfigId { epoch, version })
}

/// Majorities of three or four nodes, with or without data on the last one.
pub(super) fn settings() -> impl Strategy<Value = Settings> {
    (3_u8..5, 0_u8..2, 1_u8..3).prop_map(|(count, witnesses, need)| {
        let (all, data) = (NodeSet::first(count), NodeSet::first(count - witnesses));
        let acks = Some(Quorum::Any { need, of: data });
        Settings::new(Draft { votes: Quorum::majority(all), acks, data, ..three() }).unwrap()
    })
}

pub(super) fn configs() -> impl Strategy<Value = Arc<Config>> {
    let joint = prop::option::of(settings().prop_map(Box::new));
    (config_ids(), settings(), joint).prop_map(|(id, settings, next)| Arc::new(Config { id, settings, next }))
}

pub(super) fn releases() -> impl Strategy<Value = Release> {
    (epochs(), nodes()).prop_map(|(epoch, holder)| Release { epoch, holder })
}

pub(super) fn promises() -> impl Strategy<Value = Promise> {
    (numbers(), histories(), numbers()).prop_map(|(len, history, committed)| Promise {
        len,
        history,
        committed,
    })
}

pub(super) fn elections() -> impl Strategy<Value = Body<u8>> {
    prop_oneof![
        (config_ids(), positions(), any::<u8>(), any::<u8>()).prop_map(
            |(config, position, priority, round)| Body::PreVote { config, position, priority, round }
        ),
        epochs().prop_map(|asked| Body::PreYes { asked }),
        epochs().prop_map(|asked| Body::PreLater { asked }),
        (config_ids(), prop::option::of(releases()), any::<bool>())
            .prop_map(|(config, token, audit)| Body::Vote { config, token, audit }),
        (promises(), prop::option::of(spans())).prop_map(|(promise, busy)| Body::Granted { promise, busy }),
        prop::option::of(configs()).prop_map(|config| Body::Refused { reason: Refusal::OldConfig, config }),
    ]
}

pub(super) fn beats() -> impl Strategy<Value = Body<u8>> {
    let stamps = || (800_u64..3000).prop_map(Instant::new);
    prop_oneof![
        (stamps(), spans(), 0_u64..3, any::<bool>(), any::<bool>()).prop_map(
            |(stamp, lease, round, quorate, serving)| Body::Beat(Beat {
                stamp,
                lease,
                round,
                quorate,
                serving
            })
        ),
        (stamps(), 0_u64..3, any::<bool>(), config_ids())
            .prop_map(|(stamp, round, healthy, config)| Body::BeatAck { stamp, round, healthy, config }),
        releases().prop_map(|token| Body::Handover { token }),
        configs().prop_map(|config| Body::Install { config }),
        config_ids().prop_map(|id| Body::Installed { id }),
    ]
}

pub(super) fn logs() -> impl Strategy<Value = Body<u8>> {
    prop_oneof![
        any::<bool>().prop_map(|audit| Body::Revoke { audit }),
        promises().prop_map(|promise| Body::Promised { promise }),
        numbers().prop_map(|from| Body::Fetch { from }),
        (numbers(), entries()).prop_map(|(from, entries)| Body::Fetched { from, entries: entries.into() }),
        (histories(), numbers(), entries(), numbers()).prop_map(|(history, from, entries, committed)| {
            Body::Append(Append::new(Head { history, from, committed }, entries))
        }),
        numbers().prop_map(|len| Body::Ack { len }),
        numbers().prop_map(|len| Body::Gap { len }),
        (numbers(), histories()).prop_map(|(base, history)| Body::Snapshot { base, history }),
    ]
}

pub(super) fn effects() -> impl Strategy<Value = Effect> {
    prop_oneof![
        epochs().prop_map(|epoch| Effect::Fence { epoch }),
        epochs().prop_map(|epoch| Effect::Load { epoch }),
        epochs().prop_map(|epoch| Effect::StopReceiving { epoch }),
        (nodes(), epochs()).prop_map(|(node, epoch)| Effect::Follow { node, epoch }),
        (nodes(), epochs(), numbers()).prop_map(|(node, epoch, keep)| Effect::Rewind { node, epoch, keep }),
        (epochs(), config_ids()).prop_map(|(epoch, config)| Effect::Promote { epoch, config }),
        config_ids().prop_map(|config| Effect::SetAcks { config }),
        epochs().prop_map(|epoch| Effect::Demote { epoch }),
        (0_u64..3000).prop_map(|units| Effect::ArmWatchdog { deadline: Instant::new(units) }),
        (nodes(), numbers()).prop_map(|(to, base)| Effect::SendSnapshot { to, base }),
        (nodes(), numbers()).prop_map(|(from, base)| Effect::LoadSnapshot { from, base }),
    ]
}

pub(super) fn requests() -> impl Strategy<Value = Request<u8>> {
    let kinds =
        prop_oneof![Just(ReadKind::Lease), Just(ReadKind::Quorum), positions().prop_map(ReadKind::Token)];
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..3).prop_map(|payloads| Request::Write(payloads.into())),
        2 => (0_u64..9, kinds).prop_map(|(id, kind)| Request::Read { id, kind }),
        1 => (0_u64..9, positions()).prop_map(|(id, at)| Request::ConfirmRead { id, at }),
        1 => nodes().prop_map(|to| Request::Switchover { to }),
        1 => Just(Request::StepDown),
        1 => any::<bool>().prop_map(|accept_loss| Request::Recover { accept_loss }),
        2 => settings().prop_map(|settings| Request::Change(settings.into())),
        1 => Just(Request::ForgetPrimary),
        1 => nodes().prop_map(Request::PoweredOff),
        2 => numbers().prop_map(|base| Request::Compact { base }),
    ]
}

pub(super) fn bodies() -> impl Strategy<Value = Body<u8>> {
    prop_oneof![elections(), beats(), logs()]
}

pub(super) fn inputs() -> impl Strategy<Value = Input<u8>> {
    let messages = (nodes(), epochs(), bodies())
        .prop_map(|(from, epoch, body)| Input::Message { from, message: Message { epoch, body } });
    prop_oneof![
        8 => messages,
        8 => requests().prop_map(Input::Request),
        1 => Just(Input::Tick),
        1 => (0_u64..9).prop_map(|seq| Input::Durable(Seq::new(seq))),
        1 => (effects(), any::<bool>(), prop::option::of(facts()))
            .prop_map(|(effect, ok, facts)| Input::EffectDone { effect, ok, facts }),
        1 => facts().prop_map(Input::Engine),
        1 => Just(Input::ClockSuspect),
    ]
}
