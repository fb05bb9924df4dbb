//! The core of quorate beside its peers, doing the same work.
//!
//! ```text
//! peers ─────────────▶ measure ─────────────────▶ report
//! one driver for each  processor time, in passes   a table and a chart
//!       │
//!       ├▶ failover    round trips without a clock
//!       ├▶ idle        groups with nothing to do
//!       └▶ allocations a binary of its own: counting costs time
//! ```
//!
//! `cargo xtask bench` measures everything and writes `RESULTS.md` and `chart.svg`; `cargo bench` here runs single
//! things under criterion, whose figures are wall time.

pub mod failover;
pub mod idle;
pub mod measure;
pub mod peers;
pub mod report;
