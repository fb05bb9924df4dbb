//! quorate
#![cfg_attr(not(any(test, feature = "rules-off")), no_std)]
#![cfg_attr(
    not(feature = "rules-off"),
    allow(
        clippy::no_effect,
        clippy::nonminimal_bool,
        clippy::redundant_closure,
        clippy::redundant_field_names,
        clippy::redundant_locals,
        reason = "`rule!` expands to its bare expression, which may then be as plain as `true` or `keep`"
    )
)]

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
