//! Any input, in any order: what quorate must survive, as plain functions of bytes.
//!
//! Each target is a function that returns if all is well and panics if not. `cargo xtask fuzz` drives it with a fuzzer
//! that looks for bytes which reach new code; `tests/corpus.rs` drives it with the bytes kept in `corpus/`, as an
//! ordinary test.
//!
//! | target | the bytes are | what must hold |
//! |---|---|---|
//! | [`step`] | a cluster, and what happens to it: sane, late, repeated or hostile | no panic; every node's own invariants; the same step twice is the same; what is refused changes nothing; a timer that was heard does not ring again at once |
//! | [`message`] | the JSON of a message, a record or a disk | what can be read is written and read again as it was; no node panics over it |
//! | [`run_file`] | a run file, or the model of one | an error that says something, or a run that is replayed, drawn, exported and read back |
//! | [`cluster`] | an operator's cluster file | an error that says something, or a plan, and a model that can be walked |
//! | [`world`] | a bundled model, larger bounds for it, and choices | every invariant in every state |

mod cluster;
mod draw;
mod lab;
mod message;
mod run_file;
mod step;
pub mod world;

pub use cluster::cluster;
pub use message::message;
pub use run_file::run_file;
pub use step::step;
pub use world::world;

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 5] =
    [("step", step), ("message", message), ("run_file", run_file), ("cluster", cluster), ("world", world)];
