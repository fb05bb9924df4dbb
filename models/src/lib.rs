//! models
pub mod check;
pub mod invariant;
pub mod plan;
pub mod world;
