//! The target `hosts`.

use crate::draw;
use crate::message::read;
use crate::rack::{GROUPS, HOSTS, Rack, host};
use arbitrary::{Result, Unstructured};
use quorate::commit::ReadKind;
use quorate::failover::{self, Message, Request};
use quorate::id::Position;
use quorate::multi::{Bond, Envelope, GroupId, HostId, Input, Letter, Nap, Terms};
use quorate::rule::{Rule, RuleSet, without};
use quorate::time::Instant;
use std::sync::LazyLock;

/// In the first byte of a storm: hosts are told what no honest host says, hold leases, fence a resource.
const HOSTILE: u8 = 1;
/// See `HOSTILE`.
pub const LEASED: u8 = 2;
const FENCED: u8 = 4;
/// Ticks of real time that one input may take.
const TICKS: u64 = 3000;
/// Envelopes that are kept to be repeated.
const KEPT: usize = 16;

/// Anything that happens to hosts that carry nodes of the same groups: the bytes are an envelope as JSON, or a storm.
/// The first byte of that says whether it is honest – loss, repetition, delay, crashes, clocks that run apart – and
/// then what holds between hosts is asserted as well.
pub fn hosts(data: &[u8]) {
    if let Some(envelope) = read::<Envelope<u8>>(data) {
        hand_in(&envelope);
    }
    if let Some(broken) = storm(data, None) {
        panic!("{broken}");
    }
}

/// What a storm breaks, without a rule if one is given.
pub fn storm(data: &[u8], off: Option<Rule>) -> Option<String> {
    let rules = off.map_or(RuleSet::NONE, |rule| RuleSet::NONE.with(rule));
    without(rules, || after(data)).broken
}

/// What is on its way when a storm ends.
pub fn sent(data: &[u8]) -> Vec<Envelope<u8>> {
    after(data).wire.into_iter().map(|(_, _, envelope)| envelope).collect()
}

fn after(data: &[u8]) -> Rack {
    let (kind, happenings) = data.split_first().unwrap_or((&0, &[]));
    let [hostile, leased, fenced] = [HOSTILE, LEASED, FENCED].map(|bit| kind & bit != 0);
    let mut rack = RACKS[usize::from(leased) + 2 * usize::from(fenced)].clone();
    rack.honest = !hostile;
    let (mut left, u) = (TICKS, &mut Unstructured::new(happenings));
    // Where the bytes do not suffice, less happens.
    while rack.broken.is_none() && left > 0 && !u.is_empty() && happen(u, &mut rack, &mut left).is_ok() {}
    rack
}

/// Hosts whose groups rest: without leases and with, and the same with a resource to fence.
static RACKS: LazyLock<[Rack; 4]> = LazyLock::new(|| {
    let made = |fenced| [false, true].map(|leased| Rack::resting(leased, fenced));
    let ([plain, leased], [fenced, both]) = (made(false), made(true));
    [plain, leased, fenced, both]
});

/// The envelope is given to every host, as from every host and from one that nobody knows.
fn hand_in(envelope: &Envelope<u8>) {
    let mut rack = RACKS[1].clone();
    rack.honest = false;
    for at in 0..HOSTS {
        for from in 0..=HOSTS {
            rack.step(at, &Input::Envelope { from: host(from), envelope: envelope.clone() });
        }
    }
    rack.run(200);
    assert_eq!(rack.broken, None);
}

/// What happens, by the number in its bytes; two more say where and what.
pub mod happening {
    /// Everything that is up and not cut off works, for so many ticks.
    pub const RUN: u8 = 0;
    /// As [`RUN`], for eight times as many ticks.
    pub const RUN_LONG: u8 = 1;
    /// Ticks pass, and nobody looks at a clock.
    pub const PASS: u8 = 2;
    /// A clock runs fast from now on, or slow.
    pub const SPEED: u8 = 3;
    /// A host looks at its clock.
    pub const TICK: u8 = 4;
    /// An envelope arrives.
    pub const DELIVER: u8 = 6;
    /// An envelope arrives, and stays on its way.
    pub const REPEAT: u8 = 9;
    /// An envelope is lost.
    pub const LOSE: u8 = 10;
    /// What was written is durable.
    pub const FLUSH: u8 = 11;
    /// What was to be done outside is done, or fails.
    pub const EFFECTS: u8 = 12;
    /// A machine crashes; its clock counts anew from sixteen times as much less.
    pub const CRASH: u8 = 13;
    /// A machine starts again.
    pub const BOOT: u8 = 14;
    /// One direction of a link is cut, or mended.
    pub const CUT: u8 = 15;
    /// Messages between nodes do not arrive at a host any more, or do again.
    pub const DEAFEN: u8 = 16;
    /// A clock may have stood still.
    pub const SUSPECT: u8 = 17;
    /// Somebody asks something of a node.
    pub const ASK: u8 = 18;
    /// A copy of an envelope is kept.
    pub const KEEP: u8 = 21;
    /// An envelope that was kept arrives.
    pub const REPLAY: u8 = 22;
    /// A group is placed anew, or leaves its host and comes back.
    pub const PLACE: u8 = 23;
    /// From here on: what no honest host is told.
    pub const FORGE: u8 = 24;
    /// How many numbers there are.
    pub const ALL: u8 = 32;

    /// The bytes of one: at which host, a number below 15 that says more of where, and what.
    pub fn bytes(what: u8, at: u8, more: u8, b: u8) -> [u8; 3] {
        let a = (16 * more..=u8::MAX).find(|a| a % super::HOSTS as u8 == at).unwrap_or(at);
        [what, a, b]
    }
}

fn happen(u: &mut Unstructured, rack: &mut Rack, left: &mut u64) -> Result<()> {
    #[allow(clippy::wildcard_imports, reason = "the names of one table")]
    use happening::*;
    let [what, a, b]: [u8; 3] = u.arbitrary()?;
    let (at, group) = (usize::from(a) % HOSTS, GroupId(u64::from(a / 16) % GROUPS));
    let place = |len: usize| usize::from(b).checked_rem(len);
    match what % ALL {
        RUN | RUN_LONG => {
            let ticks = u64::from(b) * if what % ALL == RUN { 1 } else { 8 };
            let ticks = ticks.min(*left);
            *left -= ticks;
            rack.run(ticks);
        }
        PASS => rack.pass(b.into()),
        SPEED => rack.speed(at, b % 2 == 1),
        TICK..DELIVER => rack.tick(at),
        DELIVER..REPEAT => {
            if let Some(envelope) = place(rack.wire.len()).and_then(|place| rack.wire.remove(place)) {
                rack.arrive(envelope);
            }
        }
        REPEAT => {
            if let Some(place) = place(rack.wire.len()) {
                rack.arrive(rack.wire[place].clone());
            }
        }
        LOSE => {
            let _lost = place(rack.wire.len()).and_then(|place| rack.wire.remove(place));
        }
        FLUSH => rack.flush(at),
        EFFECTS => rack.do_effects(at, b % 4 > 0),
        CRASH => rack.crash(at, usize::from(a / 16) % 4, 16 * u64::from(b)),
        BOOT => rack.boot(at),
        CUT => rack.cut(at, usize::from(a / 16) % HOSTS, b % 2 == 1),
        DEAFEN => rack.deafen(at, b % 2 == 1),
        SUSPECT => rack.step(at, &Input::ClockSuspect),
        ASK..KEEP => {
            let request = if rack.honest { ask(b) } else { draw::request(u)? };
            rack.step(at, &Input::Group { group, input: failover::Input::Request(request) });
        }
        KEEP => {
            if let Some(place) = place(rack.wire.len()).filter(|_| rack.kept.len() < KEPT) {
                rack.kept.push(rack.wire[place].clone());
            }
        }
        REPLAY => {
            if let Some(place) = place(rack.kept.len()) {
                rack.arrive_late(rack.kept[place].clone());
            }
        }
        PLACE => rack.place(at, group, b % 2 == 1),
        _hostile if rack.honest => {}
        FORGE => rack.step_back(at, b.into()),
        25 => rack.step(at, &Input::Group { group, input: draw::input(u)? }),
        _forged => {
            let envelope = forged(u, rack, b, at)?;
            // Also from itself, and from a host that nobody knows.
            let from = HostId(draw::below(u, HOSTS as u64 + 1)?);
            rack.step(at, &Input::Envelope { from, envelope });
        }
    }
    Ok(())
}

/// In what is asked of a node: hand over to the node that is named by the rest of the number.
pub const SWITCHOVER: u8 = 3;
/// In what is asked of a node: take the primary for dead.
pub const FORGET: u8 = 6;

/// What an embedder may ask without having to know better.
fn ask(what: u8) -> Request<u8> {
    match what % 8 {
        0..SWITCHOVER => Request::Write(what.into()),
        SWITCHOVER | 4 => Request::Switchover { to: draw::named(what / 8 % HOSTS as u8) },
        5 => Request::StepDown,
        FORGET => Request::ForgetPrimary,
        _read => match what / 8 % 3 {
            0 => Request::Read { id: what.into(), kind: ReadKind::Lease },
            1 => Request::Read { id: what.into(), kind: ReadKind::Quorum },
            _answer => Request::ConfirmRead { id: what.into(), at: Position::default() },
        },
    }
}

/// An envelope whose letter is made up; its bond is perhaps one that was really sent.
fn forged(u: &mut Unstructured, rack: &Rack, place: u8, at: usize) -> Result<Envelope<u8>> {
    let sent: Vec<&Envelope<u8>> =
        rack.wire.iter().chain(&rack.kept).filter(|(_, to, _)| *to == host(at)).map(|sent| &sent.2).collect();
    let like = usize::from(place).checked_rem(sent.len()).map(|place| (sent[place].bond, sent[place].you));
    #[allow(clippy::single_match_else, reason = "two ways to come by the same")]
    let (bond, you) = match like.filter(|_| place < 224) {
        Some(like) => like,
        None => {
            let bond = Bond { incarnation: draw::below(u, 4)?, broken: draw::number(u)? };
            (bond, if u.arbitrary()? { Some(draw::below(u, 4)?) } else { None })
        }
    };
    Ok(Envelope { bond, you, letter: letter(u, rack.now(at))? })
}

fn letter(u: &mut Unstructured, now: u64) -> Result<Letter<u8>> {
    let group = GroupId(draw::below(u, GROUPS + 1)?);
    let nap = Nap { epoch: draw::epoch(u)?, number: draw::number(u)? as u32 };
    let stamp = Instant::new(now.saturating_add(20).saturating_sub(draw::number(u)?));
    Ok(match draw::below(u, 8)? {
        0 => Letter::Beat { stamp },
        1 => Letter::Heard { stamp },
        2 => {
            let (position, config) = (draw::position(u)?, draw::config_id(u)?);
            Letter::Rest { group, terms: Terms { nap, position, config, lease: draw::span(u)? } }
        }
        3 => Letter::Rests { group, nap },
        4 => Letter::Woke { group, nap },
        5 => Letter::Roused { group, nap },
        _between_nodes => {
            Letter::Group { group, message: Message { epoch: nap.epoch, body: draw::body(u)? } }
        }
    })
}
