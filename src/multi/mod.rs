//! Many groups on one host: one beat for all of them.

mod check;
mod group;
mod host;
mod io;
mod member;
mod message;
mod peer;

#[cfg(test)]
mod tests;

pub use check::Violation;
pub use host::MultiNode;
pub use io::{AddError, Event, Input, Output, Outputs, Pace, PaceError, Placement, PlacementError, Refused};
pub use message::{Bond, Envelope, GroupId, HostId, Letter, Nap, Terms};
