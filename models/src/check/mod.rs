//! engines
pub mod search;
