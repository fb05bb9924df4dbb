//! Any input, in any order: what quorate must survive, as plain functions of bytes.
//!
//! Each target is a function that returns if all is well and panics if not. `cargo xtask fuzz` drives it with a fuzzer
//! that looks for bytes which reach new code; `tests/corpus.rs` drives it with the bytes kept in `corpus/`, as an
//! ordinary test.
//!
//! | target | the bytes are | what must hold |
//! |---|---|---|
//! | [`step()`] | a cluster, and what happens to it: sane, late, repeated or hostile | no panic; every node's own invariants; the same step twice is the same; what is refused changes nothing; a timer that was heard does not ring again at once |
//! | [`message()`] | the JSON of a message, a record or a disk | what can be read is written and read again as it was; no node panics over it |
//! | [`run_file()`] | a run file, or the model of one | an error that says something, or a run that is replayed, drawn, exported and read back |
//! | [`cluster()`] | an operator's cluster file | an error that says something, or a plan, and a model that can be walked |
//! | [`hosts()`] | the JSON of an envelope between hosts; or what happens to hosts with nodes of the same groups, honest or hostile | as for a step, of every host; among honest hosts no lease beside a newer primary, one primary an epoch, one log |
//! | [`world()`] | a bundled model, larger bounds for it, and choices | every invariant in every state |

mod cluster;
mod draw;
pub mod hosts;
mod lab;
mod message;
mod rack;
mod run_file;
mod step;
pub mod world;

pub use cluster::cluster;
pub use hosts::hosts;
pub use message::message;
pub use run_file::run_file;
pub use step::step;
pub use world::world;

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 6] = [
    ("step", step),
    ("message", message),
    ("run_file", run_file),
    ("cluster", cluster),
    ("hosts", hosts),
    ("world", world),
];
