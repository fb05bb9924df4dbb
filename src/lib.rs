//! quorate
#![cfg_attr(not(any(test, feature = "rules-off")), no_std)]

extern crate alloc;

#[macro_use]
pub mod rule;
pub mod commit;
pub mod config;
pub mod disk;
pub mod election;
pub mod failover;
pub mod id;
pub mod lease;
pub mod outbox;
pub mod quorum;
pub mod time;
