//! The models of quorate: what is explored, what must hold, who explores it, and the command line.
//!
//! ```text
//! catalog ─▶ world ─▶ check ─▶ run        plan ─▶ world        policy
//! bundled    the       the      a counter-  an       explored     the order of steps in
//! models     moves     engines  example     operator's as it is   changing a policy
//!              │                             cluster
//!          invariant: what must hold        kills: what breaks without each rule
//! ```
//!
//! Everything but the command line and the reference engine also builds for the browser.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `timely` | no | the distributed engine, `quorate check --engine timely`. Native only |
//!
//! The core comes with its features `serde` and `rules-off`. It compiles with Rust 1.88 and newer.

pub mod catalog;
pub mod check;
#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
pub mod induct;
pub mod invariant;
pub mod kills;
pub mod live;
pub mod plan;
pub mod policy;
pub mod run;
pub mod swarm;
pub mod text;
pub mod twin;
pub mod world;
