//! Local time: instants and spans of one node's own clock.
//!
//! An [`Instant`] counts units since boot on a clock that keeps counting during suspend (on Linux:
//! `CLOCK_BOOTTIME`). It means something only on the node that read it and only until that node reboots; it
//! never travels to be compared with another clock. What travels is a [`Span`], or an instant that the other
//! side merely echoes.
//!
//! The unit is the embedder's: nanoseconds in production, ticks in a model. The protocols only ever ask two
//! questions, [`Instant::since`] and [`Instant::until`], and compare the answer with a configured span. That is
//! why a model may keep `now` fixed and move everything stored instead ([`Instant::aged`]): instants that are
//! further away than every span they are compared with behave alike and may be merged. The argument is the
//! "maximal constant" region argument of timed automata (Alur and Dill 1994, §4.3).

use core::fmt;
use core::num::NonZeroU64;

/// A reading of the local clock, in units since boot. The last one but one of 64 bits stands for "never", so that an
/// optional instant takes no more room than an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(from = "u64", into = "u64")
)]
pub struct Instant(
    /// One more than the units.
    NonZeroU64,
);

/// A length of time, in the same units.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(transparent))]
pub struct Span(u64);

impl Instant {
    /// The instant `units` after boot.
    pub const fn new(units: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(units))
    }

    /// Units since boot.
    pub const fn units(self) -> u64 {
        self.0.get() - 1
    }

    /// How long ago `earlier` was; zero if it is not in the past.
    pub const fn since(self, earlier: Instant) -> Span {
        Span(self.0.get().saturating_sub(earlier.0.get()))
    }

    /// How long until `later`; zero if it is not in the future.
    pub const fn until(self, later: Instant) -> Span {
        later.since(self)
    }

    /// The instant `span` later. Saturates: "never" is a legal answer, wrapping is not.
    #[must_use]
    pub const fn after(self, span: Span) -> Instant {
        Instant(self.0.saturating_add(span.0))
    }

    /// For models that keep `now` fixed: this instant seen `by` later, but never further in the past than
    /// `horizon` before `now`. Exact as long as `horizon` exceeds every span this instant is compared with.
    #[must_use]
    pub fn aged(self, now: Instant, by: Span, horizon: Span) -> Instant {
        Instant::new(self.units().saturating_sub(by.0).max(now.units().saturating_sub(horizon.0)))
    }
}

impl Default for Instant {
    /// The instant of boot.
    fn default() -> Self {
        Self::new(0)
    }
}

impl From<u64> for Instant {
    fn from(units: u64) -> Self {
        Self::new(units)
    }
}

impl From<Instant> for u64 {
    fn from(instant: Instant) -> u64 {
        instant.units()
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Instant").field(&self.units()).finish()
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);

    /// A span of `units`.
    pub const fn new(units: u64) -> Self {
        Self(units)
    }

    /// The length in units.
    pub const fn units(self) -> u64 {
        self.0
    }

    /// The sum, saturating.
    #[must_use]
    pub const fn plus(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }

    /// The difference, zero if `other` is longer.
    #[must_use]
    pub const fn minus(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }

    /// This span `n` times over, saturating.
    #[must_use]
    pub const fn times(self, n: u64) -> Span {
        Span(self.0.saturating_mul(n))
    }
}

/// Units with an explicit sign, so that a trace never shows a bare number for a time.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}u", self.0)
    }
}

/// The slowest and the fastest rate at which clocks run, as whole numbers: in the time in which the slowest
/// clock of the cluster counts `slow` units, the fastest counts at most `fast`.
///
/// With clock rates in `[1−ρ, 1+ρ]` of real time that is `slow : fast = (1−ρ) : (1+ρ)`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
pub struct Drift {
    /// Units of the slowest clock. Never zero.
    pub slow: u32,
    /// Units of the fastest clock in the same time. At least `slow`.
    pub fast: u32,
}

impl Drift {
    /// Perfect clocks. Only for tests: no real clock is perfect.
    pub const NONE: Drift = Drift { slow: 1, fast: 1 };

    /// Rates in `[1−ρ, 1+ρ]` with ρ in parts per million; `None` at or above 1,000,000 ppm, where a clock may
    /// stand still and no lease is safe.
    pub const fn from_ppm(ppm: u32) -> Option<Drift> {
        if ppm < 1_000_000 { Some(Drift { slow: 1_000_000 - ppm, fast: 1_000_000 + ppm }) } else { None }
    }

    /// The longest span a holder may use while a granter, told `grant`, still keeps it: `⌊grant · slow / fast⌋`.
    ///
    /// The holder may count slowly and the granter fast: `hold / slow ≤ grant / fast` in real time.
    pub const fn longest_hold(self, grant: Span) -> Span {
        // u128 so that no configured span can overflow. Impossible rates allow nothing.
        match (grant.0 as u128 * self.slow as u128).checked_div(self.fast as u128) {
            Some(hold) if self.slow <= self.fast => Span(hold as u64),
            Some(_) | None => Span::ZERO,
        }
    }

    /// The shortest grant that covers a holder's `hold`: `⌈hold · fast / slow⌉`, saturating.
    pub const fn shortest_grant(self, hold: Span) -> Span {
        if self.slow == 0 {
            return Span(u64::MAX);
        }
        let wide = (hold.0 as u128 * self.fast as u128).div_ceil(self.slow as u128);
        Span(if wide > u64::MAX as u128 { u64::MAX } else { wide as u64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_bounds_are_inverse_and_tight() {
        for slow in 1..6_u32 {
            for fast in slow..9 {
                let drift = Drift { slow, fast };
                for hold in 0..60 {
                    let grant = drift.shortest_grant(Span::new(hold));
                    assert!(
                        drift.longest_hold(grant).units() >= hold,
                        "{drift:?}: {hold} does not fit {grant}"
                    );
                    if grant > Span::ZERO {
                        let shorter = grant.minus(Span::new(1));
                        assert!(
                            drift.longest_hold(shorter).units() < hold,
                            "{drift:?}: {grant} is not the shortest"
                        );
                    }
                }
            }
        }
        assert_eq!(Drift::from_ppm(1_000_000), None);
        let stopped = Drift { slow: 0, fast: 0 };
        assert_eq!(stopped.longest_hold(Span::new(9)), Span::ZERO);
        assert_eq!(stopped.shortest_grant(Span::new(9)), Span::new(u64::MAX));
        assert_eq!(Drift::from_ppm(10_000).unwrap().longest_hold(Span::new(10_000)), Span::new(9_801));
    }

    #[test]
    fn impossible_rates_allow_nothing_and_what_is_too_long_saturates() {
        let all = Span::new(u64::MAX);
        assert_eq!(Drift { slow: 2, fast: 1 }.longest_hold(Span::new(9)), Span::ZERO);
        assert_eq!(Drift { slow: 1, fast: 2 }.shortest_grant(all), all);
        assert_eq!(Drift::NONE.shortest_grant(all), all);
        assert_eq!(Drift::NONE.shortest_grant(all.minus(Span::new(1))), all.minus(Span::new(1)));
    }

    #[test]
    fn an_instant_is_its_number() {
        for units in [0, 1, 77, u64::MAX - 1] {
            assert_eq!((Instant::from(units), u64::from(Instant::from(units))), (Instant::new(units), units));
        }
    }

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        let (first, last) = (Instant::new(0), Instant::new(u64::MAX));
        assert_eq!(last.after(Span::new(1)), last);
        assert_eq!(first.since(last), Span::ZERO);
        assert_eq!(last.until(first), Span::ZERO);
        assert_eq!(Span::new(u64::MAX).times(3).plus(Span::new(9)), Span::new(u64::MAX));
    }

    #[test]
    fn ageing_merges_only_beyond_the_horizon() {
        let now = Instant::new(100);
        assert_eq!(Instant::new(98).aged(now, Span::new(3), Span::new(10)), Instant::new(95));
        assert_eq!(Instant::new(98).aged(now, Span::new(50), Span::new(10)), Instant::new(90));
        assert_eq!(Instant::new(104).aged(now, Span::new(3), Span::new(10)), Instant::new(101));
    }
}
