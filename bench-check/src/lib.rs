//! The bench of checkers: quorate's search engine beside stateright and Spin, on the same models.
//!
//! ```text
//! subject            measure                    compare                  report
//! what is searched ─▶ one search, one process ─▶ several runs of each ─▶ a table and a chart
//!    │   └ election   our own, as `election.pml` for Spin
//!    └ examples       stateright's, unmodified
//! ```
//!
//! A figure counts only if the search found the states and transitions that it had to find. `cargo xtask
//! bench-check` measures everything and writes `RESULTS.md` and `chart.svg`.

pub mod compare;
pub mod election;
mod examples;
pub mod measure;
pub mod report;
pub mod subject;
