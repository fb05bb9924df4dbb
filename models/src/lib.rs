//! models
pub mod check;
pub mod invariant;
pub mod policy;
pub mod world;
