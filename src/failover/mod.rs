//! The failover node: election, lease and commit as one machine.
//!
//! [`Node::step`] takes one [`Input`] at a local time and puts out what is to be done. Inside, a message first
//! passes the guard (could a correct node have sent it?), then the election's rules about epochs, then the
//! machine it belongs to; what leaves waits in the [outbox](crate::outbox) until it is durable. After every input
//! a primary moves as far through its phases as what it knows allows.
//!
//! ```text
//!  Input ─▶ guard ─▶ elect ─┬─▶ beat       lease: grant, answer, renew, confirm reads
//!                           ├─▶ replicate  commit: promise, fetch, append, acknowledge
//!                           ├─▶ configure  configurations: keep, publish, change
//!                           ├─▶ request    what the embedder asks for
//!                           └─▶ engine     a database beside the node: effects and facts
//!                                  │
//!                               primary    phases, in the only order that is safe
//!                                  │
//!                               outbox  ─▶ Persist · Send · Do · Tell · Refused
//! ```
//!
//! What each machine promises and why is said where it lives: [`election`](crate::election),
//! [`lease`](crate::lease), [`commit`](crate::commit), [`config`](crate::config).

mod beat;
mod check;
mod configure;
mod elect;
mod engine;
mod guard;
mod io;
mod message;
mod model;
mod node;
mod primary;
mod replicate;
mod request;

#[cfg(test)]
mod tests;

pub use check::Violation;
pub use io::{
    Bound, Effect, Event, Facts, Halt, Impossible, Input, Output, Outputs, Payload, Refused, Request,
};
pub use message::{Append, Beat, Body, Message};
pub use node::Node;
pub use primary::Phase;
