//! Leases and fencing: nobody serves under an old epoch while a newer one is served.
//!
//! # The lease
//!
//! A primary asks for a lease with every beat. A **granter** that receives one is *busy*: it stays bound for
//! `grant` units of its own clock from **receipt**. The **holder** counts `hold` units of its own clock from the
//! moment it **sent** the newest beat that a vote quorum has answered. When a voter gives its vote to somebody
//! else it reports how much longer it is busy; the winner waits out the **longest** report, counted from
//! receipt, before it serves.
//!
//! # Why it is right
//!
//! Let clock rates be in `[1−ρ, 1+ρ]`. The holder's last use is *before* `t_send + hold/(1−ρ)`. The obligation
//! ends only after `grant` local units have been counted, first by the granter and then by the new primary; each
//! of these legs counts at most `(1+ρ)` times the real time it took, over however many clocks it is split, so the
//! wait ends no sooner than `t_receive + grant/(1+ρ)`. As `t_receive ≥ t_send`, it suffices that
//!
//! ```text
//! hold · (1+ρ)  ≤  grant · (1−ρ)          (Lease::new refuses anything else)
//! ```
//!
//! At equality one of the two comparisons has to be strict: the holder's is. A clock that is read in steps of a
//! quantum may show a distance up to one quantum too long; each granting leg therefore adds one, and the holder
//! gives one up.
//!
//! Every vote quorum meets every quorum of granters, so at least one report covers a running lease, unless the
//! common node is the holder itself – and its own vote for another ends its lease in the same step. Offsets
//! between clocks do not matter and no timestamp is ever compared across nodes. What does matter is that a clock
//! counts while its machine is suspended.
//!
//! Sources: Gray and Cheriton 1989 (durations, not deadlines); `LeaseGuard` 2025 (decoupled from election);
//! `YugabyteDB` #16 and release 2.25.2 (remaining durations, and why they are one monotone maximum);
//! etcd #12704 and openraft #1747 (a released lease is gone for the whole epoch).
//!
//! # Fencing
//!
//! A lease says nothing about a write that left before it ended and arrives after. Only the resource can refuse
//! it: [`Register`] keeps the highest epoch installed and admits writes of exactly that epoch. The order for a
//! new primary is always **fence, then load, then serve**.
//!
//! # Invariants
//!
//! * When a newer epoch is served, no older lease is valid.
//! * What a granter is bound to only grows; reporting it, a new primary, or a new configuration never clears it.
//! * After a restart a granter is bound for as long as the longest lease it ever granted.
//! * A released lease is never used again in its epoch.
//! * A register's epoch never goes back.

mod granter;
mod holder;
mod register;

pub use granter::{Granter, Release, Wait};
pub use holder::Holder;
pub use register::Register;
