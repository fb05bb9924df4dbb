//! What a cluster has agreed on, as values whose constructors refuse what cannot be safe.
//!
//! * [`Settings`] say who votes, who keeps data, and whose flush makes a write durable.
//! * [`Config`] is the replicated object: settings with an identity, and, while they are being changed, the
//!   next settings beside the present ones. In such a *joint* configuration every election and every
//!   acknowledgement satisfies both, so consecutive configurations always overlap.
//! * [`Setup`] is one node's own, unreplicated part: timing, lease, fencing mode, limits.
//!
//! A configuration is *logless*: it is not an entry of any log but a versioned value (`MongoDB`'s logless
//! reconfiguration; Schultz et al., CPP 2022). Identities `(epoch, version)` are ordered lexicographically, a
//! node never goes back to an older one, and a vote is refused to a candidate whose configuration is older than
//! the voter's. One mechanism therefore changes membership *and* durability, for a node that keeps its own log
//! as well as for one that supervises a database.

mod change;
mod settings;
mod setup;

pub use change::{Change, ORDER, Stage, Step};
pub use settings::{Config, ConfigId, Draft, Mode, Settings, SettingsError, Weak};
pub use setup::{Engine, Fencing, Lease, LeaseError, Limits, Setup, Timing, TimingError};
