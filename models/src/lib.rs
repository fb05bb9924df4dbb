//! models
pub mod check;
pub mod invariant;
pub mod policy;
pub mod twin;
pub mod world;
