//! models
pub mod catalog;
pub mod check;
pub mod invariant;
pub mod run;
pub mod swarm;
pub mod world;
