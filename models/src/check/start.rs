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

use super::sliced::Sliced;
use super::{Bounds, Progress, Report};
use crate::run::RunError;
use crate::world::World;

/// Explores `world` with the memoised engine from where the choices of these names lead; with none of them, from the
/// beginning. The path in the report begins at the beginning.
pub fn explore(
    world: &World,
    beginning: &[impl AsRef<str>],
    bounds: Bounds,
    watch: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Report, RunError> {
    Ok(Sliced::after(world, beginning, bounds)?.run(watch))
}
