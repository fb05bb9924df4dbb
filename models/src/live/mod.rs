//! What must happen: that some node comes to serve, and stays.
//!
//! A search for bad states says nothing about it: a cluster that does nothing is perfectly safe.
//!
//! * [`graphs`] tries every connectivity graph of a small cluster, with every initial primary and every order of the
//!   logs, on a fair course in rounds: a sufficiently connected node serves within a bound and stays.

pub mod begin;
pub mod course;
pub mod graphs;
pub mod links;

pub use course::{Course, Pace};
pub use links::{Links, Ways};
