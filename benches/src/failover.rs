//! From a dead primary to the first new acknowledgement, without a clock: messages take half a round trip, and nothing
//! else takes time.

use crate::peers::Contender;

/// What it took.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Failover {
    /// Calls of the survivors' code.
    pub calls: u64,
    /// Messages delivered.
    pub messages: u64,
    /// Round trips, from the end of the first survivor's patience on.
    pub round_trips: f64,
}

/// Lets the primary of three nodes die; `None` for who has no elections.
///
/// # Panics
///
/// If nothing is acknowledged in fifty round trips.
pub fn failover(contender: &Contender) -> Option<Failover> {
    let mut survivors = contender.survivors?();
    survivors.lose_primary();
    let (calls, messages) = survivors.effort();
    for hops in 1..=100 {
        survivors.hop();
        if survivors.has_acknowledged() {
            let (calls_after, messages_after) = survivors.effort();
            return Some(Failover {
                // With the timer that ended.
                calls: calls_after - calls + 1,
                messages: messages_after - messages,
                round_trips: f64::from(hops) / 2.0,
            });
        }
    }
    panic!("{} acknowledges nothing", contender.name)
}
