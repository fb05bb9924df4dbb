//! Directed starts: a search that begins at the end of a given way instead of at the beginning.
//!
//! Breadth-first search visits everything that takes fewer steps before it finds what takes more, so a violation
//! that needs several elections is out of its reach although it is easy to say how it begins. A *start* is such a
//! beginning: the names of the first choices. They happen in the world without reductions, each must be possible and
//! change something, and the search goes on from the state at their end.
//!
//! # What that shows, and what not
//!
//! * A violation is real: the path in the report begins at the very beginning and is replayed like any other. It is
//!   the shortest *with this beginning*; without it there may be a shorter one.
//! * A frontier that empties proves that nothing goes wrong *after this start*. It says nothing of other beginnings.

use super::memo::Memo;
use super::{Bounds, How, Outcome, Progress, Report, check, hastily};
use crate::run::{Replay, RunError};
use crate::world::World;

/// Explores `world` with the memoised engine from where the choices of these names lead; with none of them, from the
/// beginning. The path in the report begins at the beginning.
pub fn explore(
    world: &World,
    beginning: &[impl AsRef<str>],
    bounds: Bounds,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Report, RunError> {
    if beginning.is_empty() {
        return Ok(check(world, super::Engine::Memoised, bounds, watch));
    }
    let begun = Replay::along(world, beginning)?;
    if let Some(broken) = begun.broken {
        let progress = Progress { states: begun.states.len() as u64, ..Progress::default() };
        let outcome = Outcome::Violated { broken, path: begun.choices };
        return Ok(Report { engine: "replay", outcome, progress });
    }
    let how = How { bounds, ..How::default() };
    let mut report = hastily(world, begun.state(), &how, watch)
        .unwrap_or_else(|| Memo::starting_at(world, begun.state()).run(bounds, watch));
    if let Outcome::Violated { path, .. } = &mut report.outcome {
        path.splice(..0, begun.choices);
    }
    Ok(report)
}
