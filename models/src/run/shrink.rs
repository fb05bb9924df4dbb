//! Leaving out what a violation does not need.
//!
//! Delta debugging over the choices: ever smaller pieces are left out, and a piece stays out if what remains still
//! breaks the same invariant. Choices are matched by name; what is no longer possible without the piece falls away
//! with it. The result is small, not shortest: the shortest run is what a checker finds.

use super::replay::Replay;
use crate::invariant::Invariant;
use crate::world::World;

/// The names of a run that breaks `invariant`, without what it does not need.
pub fn shrink(world: &World, invariant: Invariant, names: &[String]) -> Vec<String> {
    pieces(names, |names| breaks(world, invariant, names)).unwrap_or_else(|| names.to_vec())
}

/// Leaves out ever smaller pieces of `items` for as long as the rest still `breaks`, which says what of the rest
/// it used. `None` if not even all of them do.
pub fn pieces<T: Clone>(items: &[T], mut breaks: impl FnMut(&[T]) -> Option<Vec<T>>) -> Option<Vec<T>> {
    let mut kept = breaks(items)?;
    let mut piece = kept.len().div_ceil(2);
    while piece > 0 {
        let before = kept.len();
        let mut at = 0;
        while at < kept.len() {
            let end = (at + piece).min(kept.len());
            let without = [&kept[..at], &kept[end..]].concat();
            match breaks(&without) {
                Some(fewer) => kept = fewer,
                None => at = end,
            }
        }
        if piece == 1 && kept.len() == before {
            break;
        }
        piece = if piece == 1 { 1 } else { piece / 2 };
    }
    Some(kept)
}

/// Those of `names` that can happen one after the other, if they break `invariant`.
fn breaks(world: &World, invariant: Invariant, names: &[String]) -> Option<Vec<String>> {
    let mut replay = Replay::start(world);
    let mut happened = Vec::new();
    for name in names {
        if replay.advance(0, name).is_ok() {
            happened.push(name.clone());
        }
        if let Some(broken) = &replay.broken {
            return (broken.invariant == invariant).then_some(happened);
        }
    }
    None
}
