//! models
pub mod check;
pub mod invariant;
pub mod world;
