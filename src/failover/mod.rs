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
//! A node alone is a cluster of one: it elects itself when its patience ends and its vote is durable.
//!
//! ```
//! use quorate::config::{Config, Draft, Settings, Setup, Timing};
//! use quorate::disk::Image;
//! use quorate::failover::{Event, Input, Node, Output, Request};
//! use quorate::id::{NodeId, NodeSet};
//! use quorate::time::{Instant, Span};
//!
//! let alone = NodeSet::first(1);
//! let settings = Settings::new(Draft::majority(alone))?;
//! let id = NodeId::try_from(0)?;
//! let setup = Setup::new(Timing::of(Span::new(100)));
//! let image = Image::first(Config::first(settings));
//!
//! let mut out = Vec::new();
//! let mut node: Node<u32> = Node::start(id, setup.into(), image, Instant::new(0), &mut out);
//! let later = node.deadline().expect("it stands when nobody leads");
//! node.step(later, Input::Tick, &mut out);
//! assert!(!node.is_serving(), "its vote is not on disk yet");
//!
//! // The driver writes what it was given, in order, and says when it is durable.
//! let mut told = Vec::new();
//! while !out.is_empty() {
//!     for output in std::mem::take(&mut out) {
//!         match output {
//!             Output::Persist { seq, record: _ } => node.step(later, Input::Durable(seq), &mut out),
//!             Output::Tell(event) => told.push(event),
//!             Output::Send { .. } | Output::Do(_) | Output::Refused(_) => unreachable!("it is alone"),
//!         }
//!     }
//! }
//! assert!(matches!(told.last(), Some(Event::Serving { .. })));
//!
//! // A write is acknowledged when it is durable, and not before.
//! node.step(later, Input::Request(Request::Write(vec![7].into())), &mut out);
//! assert_eq!(node.committed(), 0);
//! let Some(Output::Persist { seq, .. }) = out.first() else { unreachable!("a write is a record") };
//! let seq = *seq;
//! node.step(later, Input::Durable(seq), &mut out);
//! assert!(out.contains(&Output::Tell(Event::Committed { epoch: node.epoch(), to: 1 })));
//! # Ok::<(), Box<dyn std::error::Error>>(())
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
mod rest;

#[cfg(test)]
mod tests;

pub use check::Violation;
pub use io::{
    Bound, Effect, Event, Facts, Halt, Impossible, Input, Output, Outputs, Payload, Refused, Request,
};
pub use message::{Append, Beat, Body, Head, Message};
pub use node::Node;
pub use primary::Phase;
