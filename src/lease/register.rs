//! The resource's side of fencing: the one check that survives pauses of any length.

use crate::id::Epoch;

/// What a fenced resource keeps, **durable together with the data it guards**, and asks before every write.
///
/// The comparison and the write must be one atomic action of the resource. A replicated resource installs on a
/// quorum before it confirms.
///
/// ```
/// use quorate::{id::Epoch, lease::Register};
///
/// let [old, new] = [1, 2].map(Epoch::from_number);
/// let mut register = Register::default();
/// assert!(register.install(old) && register.admits(old));
/// assert!(register.install(new));
/// assert!(!register.admits(old), "a write that was delayed past a failover bounces");
/// ```
///
/// # Invariant
/// * `installed` never goes back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Register {
    installed: Epoch,
}

impl Register {
    /// Installs the token of a new primary; whether it is (or already was) the newest. Make it durable before
    /// confirming.
    pub fn install(&mut self, epoch: Epoch) -> bool {
        self.installed = self.installed.max(epoch);
        epoch == self.installed
    }

    /// Whether a write carrying `epoch` may be applied.
    pub fn admits(&self, epoch: Epoch) -> bool {
        rule!(ResourceChecksEpoch, epoch == self.installed)
    }

    /// The newest token installed.
    pub fn installed(&self) -> Epoch {
        self.installed
    }
}
