//! A search with properties, driven from slice to slice.

use crate::check::search::{Coded, End, Id, Search, StateId};
use crate::check::{Bounds, Progress, Why, resident};

/// States expanded before the bounds are looked at again.
const SLICE: u64 = 1 << 16;

/// Something that is searched for examples, too.
pub(in crate::check) trait Judged: Coded {
    /// Whether something came up that makes the search void.
    fn is_void(&self) -> bool;

    /// States that follow are no nearer than those before.
    fn seal(&self);
}

/// Why a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::check) enum Ending {
    /// Every state was visited.
    Emptied,
    /// This state is unsound.
    Unsound(StateId),
    /// The search counts for nothing.
    Void,
    /// It was cut short.
    Cut(Why),
}

/// Explores until there is an ending. No slice reaches over the end of a level, so that all examples that are
/// found in one are equally far away.
pub(in crate::check) fn explore<C: Judged>(
    search: &mut Search<C>,
    bounds: Bounds,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> (Ending, Progress) {
    let mut level = search.progress().frontier;
    loop {
        let slice = level.min(slice(bounds, search.progress().states)).max(1);
        let end = search.advance(slice as usize);
        search.coded().seal();
        let progress = search.progress();
        level = level.saturating_sub(slice);
        if level == 0 {
            level = progress.frontier;
        }
        let progress = Progress { bytes: resident().unwrap_or(progress.bytes), ..progress };
        let ending = match end {
            _ if search.coded().is_void() => Some(Ending::Void),
            Some(End::Emptied) => Some(Ending::Emptied),
            Some(End::Unsound(state)) => Some(Ending::Unsound(state)),
            Some(End::Full) => Some(Ending::Cut(Why::Full)),
            Some(End::Impure(_)) => Some(Ending::Cut(Why::Impure)),
            None => bounds.exceeded(&progress).map(Ending::Cut),
        };
        let asked_to_stop = || (!watch(&progress)).then_some(Ending::Cut(Why::Interrupted));
        if let Some(ending) = ending.or_else(asked_to_stop) {
            return (ending, progress);
        }
    }
}

/// How many states to expand before the bounds are looked at again: fewer as the one on states comes near.
fn slice(bounds: Bounds, states: u64) -> u64 {
    let left = bounds.states.map_or(u64::MAX, |most| most.saturating_sub(states));
    (left / 16).clamp(1, SLICE)
}

/// Which state these numbers are, looked for from the first one on.
pub(in crate::check) fn find<C: Coded>(search: &Search<C>, numbers: &[Id]) -> Option<StateId> {
    let states = StateId::try_from(search.progress().states).unwrap_or(StateId::MAX);
    (0..states).find(|state| search.state(*state) == numbers)
}
