//! The target `step`.

use crate::draw;
use crate::lab::Lab;
use arbitrary::{Result, Unstructured};
use quorate::config::{Engine, Fencing, Lease, Setup, Timing};
use quorate::failover::Input;
use quorate::time::{Drift, Instant, Span};

/// Any inputs on any reachable states: the bytes are a cluster, and what happens to it.
pub fn step(data: &[u8]) {
    // Where the bytes do not suffice, less happens.
    let _ = storm(&mut Unstructured::new(data));
}

fn storm(u: &mut Unstructured) -> Result<()> {
    let (setup, settings) = (setup(u)?, draw::settings(u)?);
    let mut lab = Lab::new(setup, settings);
    while !u.is_empty() {
        happen(u, &mut lab)?;
    }
    Ok(())
}

/// An election timeout of 100 units, and anything that a node can be set up for.
fn setup(u: &mut Unstructured) -> Result<Setup> {
    let [spread, leased, prevote, eager, stalls, external]: [bool; 6] = u.arbitrary()?;
    let mut timing = Timing::of(Span::new(100));
    if !spread {
        timing.spread = Span::ZERO;
    }
    let mut setup = Setup { prevote, eager, seed: u.arbitrary::<u8>()?.into(), ..Setup::new(timing) };
    let lease = Lease::new(Span::new(40), Span::new(80), Span::ZERO, Drift { slow: 1, fast: 2 });
    setup.lease = lease.ok().filter(|_| leased);
    setup.fencing = match u.int_in_range(0..=2)? {
        0 => Fencing::None,
        1 => Fencing::Token,
        _watchdog => Fencing::Watchdog { drain: Span::new(20) },
    };
    setup.engine = if external { Engine::External } else { Engine::Own };
    setup.stall = stalls.then_some(Span::new(50));
    setup.limits.held = u.int_in_range(1..=20)?;
    setup.limits.batch = u.int_in_range(1..=4)?;
    setup.limits.window = u.int_in_range(1..=6)?;
    setup.limits.uncommitted = u.int_in_range(1..=6)?;
    setup.limits.reads = u.int_in_range(1..=3)?;
    setup.limits.history = u.int_in_range(2..=8)?;
    Ok(setup)
}

/// One thing that happens to the cluster.
fn happen(u: &mut Unstructured, lab: &mut Lab) -> Result<()> {
    let what = u.int_in_range(0..=31_u8)?;
    let at = u.choose_index(lab.machines.len())?;
    match what {
        // Time passes, and one node acts on it: at its deadline, or at any other moment.
        0..=3 => {
            let due = lab.machines[at].node.deadline();
            lab.now = due.map_or(lab.now, |due| due.max(lab.now));
            lab.step(at, &Input::Tick);
        }
        4 => {
            lab.pass(draw::below(u, 250)?);
            lab.step(at, &Input::Tick);
        }
        5..=13 if !lab.wire.is_empty() => {
            let place = u.choose_index(lab.wire.len())?;
            lab.deliver(place, u.ratio(1, 4)?);
        }
        14 if !lab.wire.is_empty() => {
            lab.wire.remove(u.choose_index(lab.wire.len())?);
        }
        5..=18 => {
            lab.flush(at);
        }
        19 => lab.restart(at),
        20..=22 => {
            let (ok, odd) = (!u.ratio(1, 8)?, u.ratio(1, 8)?);
            let facts = if odd { Some(draw::facts(u)?) } else { None };
            lab.done(at, ok, facts);
        }
        23 | 24 => lab.settle(40),
        25..=27 => lab.step(at, &Input::Request(draw::request(u)?)),
        // The clock goes back, which it must not.
        28 => {
            let now = lab.now;
            lab.now = Instant::new(now.units().saturating_sub(draw::below(u, 300)?));
            lab.step(at, &Input::Tick);
            lab.now = now;
        }
        _hostile => lab.step(at, &draw::input(u)?),
    }
    Ok(())
}
