//! The world: machines, network, resource, clients and faults around the production node.
//!
//! A [`State`] is a vector of machines, a set of messages, a little of the outside, what is left of each budget,
//! and the history that only the checker knows. [`World::choices`] says what can happen next, [`World::apply`]
//! makes it happen. Nothing else is needed to explore, simulate, replay or play.
//!
//! The shape is made for a checker that remembers: a machine ([`Local`]) and a message ([`Envelope`]) are shared
//! values with a fingerprint; what happens to a machine depends on that machine and the act alone
//! ([`Local::act`]), never on the rest of the state; and the history is folded from what the act caused. So an
//! engine may remember each machine × act once and treat a state as a short vector of numbers.
//!
//! # What the encodings include
//!
//! * **Network `any`**: a message, once sent, stays and may arrive at any time, any number of times, or never.
//!   Loss, delay, reordering, duplication, partitions and pauses of any number are therefore all included
//!   without being counted.
//! * **Driver `pipelined`**: inputs are handled while records are on their way to the disk. A crash keeps what was
//!   reported durable and any number of the records after it. (A record that is on the disk but not yet reported
//!   is one that a crash may keep, so late reports need no choice of their own; repeated reports change nothing,
//!   which is tested.)
//! * **Timers** may fire at any moment unless the model gives them a length. What is safe then is safe with every
//!   length.
//! * **Time** stands still unless a choice lets it pass, on each clock at the slow or the fast rate. Intermediate
//!   rates are dominated: safety gets worse toward both ends.

mod apply;
mod choice;
mod history;
mod local;
mod model;
mod reduce;
mod shared;

pub use apply::{Budget, Cut, Outside, State, World};
pub use choice::{Choice, Envelope, Landing};
pub use history::{History, Operation, Read, writes};
pub use local::{Act, Caused, Local, NOW, Op};
pub use model::{
    Driver, LeaseSpec, MAX_EPOCHS, MAX_NODES, Model, ModelError, Network, NodeSpec, Scope, TimingSpec, majority,
    node,
};
pub use reduce::Reductions;
pub use shared::{Shared, fingerprint};
