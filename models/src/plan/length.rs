//! Durations as an operator writes them: a number and a unit, `"250ms"`, `"1.5s"`.
//!
//! Reading is exact or refused, and what is written can be read back: no number in a refusal is rounded.

use quorate::time::Span;

/// The longest duration a cluster file may name.
pub(super) const LONGEST: Span = Span::new(24 * 3600 * SECOND);
const SECOND: u64 = 1_000_000_000;

/// Longest suffix first: `ms` before `s`.
const UNITS: [(&str, u64); 8] = [
    ("min", 60 * SECOND),
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3600 * SECOND),
];

/// The duration `text` names; `None` if it names none, or a fraction of a nanosecond.
pub(super) fn read(text: &str) -> Option<Span> {
    let (number, unit) = UNITS.iter().find_map(|(suffix, unit)| Some((text.strip_suffix(suffix)?, *unit)))?;
    let (whole, fraction) = number.trim_end().split_once('.').unwrap_or((number.trim_end(), "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 12 {
        return None;
    }
    let whole = u128::from(whole.parse::<u64>().ok()?) * u128::from(unit);
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let part = fraction.parse::<u128>().ok()? * u128::from(unit);
    if part % scale != 0 {
        return None;
    }
    u64::try_from(whole + part / scale).ok().map(Span::new)
}

/// `span` in its largest unit up to seconds, exactly.
pub(super) fn exact(span: Span) -> String {
    let units = span.units();
    let (unit, name) = match units {
        0 => return "0s".to_owned(),
        SECOND.. => (SECOND, "s"),
        1_000_000.. => (1_000_000, "ms"),
        1_000.. => (1_000, "us"),
        _ => (1, "ns"),
    };
    let (whole, rest) = (units / unit, units % unit);
    let width = unit.ilog10() as usize;
    let fraction = format!("{rest:0width$}");
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { format!("{whole}{name}") } else { format!("{whole}.{fraction}{name}") }
}

/// `span` to about three digits: for estimates, never for a bound. What saturated has none.
pub(super) fn about(span: Span) -> String {
    let units = span.units();
    if units == u64::MAX {
        return "no bound".to_owned();
    }
    let step = match units {
        0..1_000 => 1,
        1_000..1_000_000 => 10,
        1_000_000..100_000_000 => 10_000,
        100_000_000..SECOND => 1_000_000,
        SECOND.. => 10_000_000,
    };
    exact(Span::new(units.saturating_add(step / 2) / step * step))
}

/// Serialises a span as nanoseconds.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference to the field")]
pub(super) fn nanoseconds<S: serde::Serializer>(span: &Span, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(span.units())
}

/// Serialises a span that may be missing as nanoseconds.
#[allow(clippy::ref_option, reason = "serde calls it with a reference to the field")]
pub(super) fn nanoseconds_if<S: serde::Serializer>(span: &Option<Span>, to: S) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&span.map(Span::units), to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_exactly_or_not_at_all() {
        let cases = [
            ("0s", Some(0)),
            ("3s", Some(3 * SECOND)),
            ("250ms", Some(250_000_000)),
            ("1.5s", Some(1_500_000_000)),
            ("2 min", Some(120 * SECOND)),
            ("2m", Some(120 * SECOND)),
            ("24h", Some(LONGEST.units())),
            ("0.000000001s", Some(1)),
            ("7µs", Some(7_000)),
            ("0.5ns", None),
            ("0.0000000001s", None),
            ("", None),
            ("s", None),
            ("3", None),
            ("-3s", None),
            ("+3s", None),
            ("3.s", None),
            (".5s", None),
            ("1e3s", None),
            ("3s 4ms", None),
            ("99999999999999999999s", None),
            ("18446744073709551615h", None),
            ("0.0000000000000s", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected.map(Span::new), "{text:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for units in
            [0, 1, 999, 1_000, 1_001, 999_999, 1_000_000, 250_000_000, SECOND, 9_801_980_197, u64::MAX]
        {
            assert_eq!(read(&exact(Span::new(units))), Some(Span::new(units)), "{units}");
        }
        assert_eq!(exact(Span::new(9_801_980_197)), "9.801980197s");
        assert_eq!(about(Span::new(333_333_333)), "333ms");
        assert_eq!(about(Span::new(9_801_980_197)), "9.8s");
        assert_eq!(about(Span::new(u64::MAX)), "no bound");
        assert_eq!(about(Span::new(u64::MAX - 1)), "18446744073.7s");
    }
}
