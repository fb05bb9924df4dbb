//! What must happen: that some node comes to serve, and stays.
//!
//! A search for bad states says nothing about it: a cluster that does nothing is perfectly safe.
//!
//! * [`graphs`] tries every connectivity graph of a small cluster, with every initial primary and every order of the
//!   logs, on a fair course in rounds: a sufficiently connected node serves within a bound and stays.
//!   [`kills`] names for each rule of liveness a graph on which it is missed.
//! * [`space`] explores a small model whole and looks for a fair way to go on for ever without a primary that serves.
//!   [`cycle`] is how: components and fairness on any finite graph.

pub mod begin;
pub mod course;
pub mod cycle;
pub mod graphs;
pub mod kills;
pub mod links;
pub mod space;

pub use course::{Course, Pace};
pub use links::{Links, Ways};
