//! models
pub mod catalog;
pub mod check;
pub mod invariant;
pub mod kills;
pub mod run;
pub mod world;
