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
/// /// A table that is fenced: the token is stored in the same transaction as the rows.
/// #[derive(Default)]
/// struct Table {
///     register: Register,
///     rows: Vec<&'static str>,
/// }
///
/// impl Table {
///     fn insert(&mut self, token: Epoch, row: &'static str) -> Result<(), &'static str> {
///         if !self.register.admits(token) {
///             return Err("written by a primary that has been replaced");
///         }
///         self.rows.push(row);
///         Ok(())
///     }
/// }
///
/// let [old, new] = [1, 2].map(Epoch::from_number);
/// let mut table = Table::default();
/// assert!(table.register.install(old), "Effect::Fence of the first primary");
/// table.insert(old, "in time")?;
/// assert!(table.register.install(new), "Effect::Fence of its successor");
/// assert!(table.insert(old, "delayed past the failover").is_err());
/// assert!(!table.register.install(old), "the old primary cannot come back");
/// assert_eq!(table.rows, ["in time"]);
/// # Ok::<(), &'static str>(())
/// ```
///
/// # Invariant
/// * `installed` never goes back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(deny_unknown_fields))]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_token_is_installed_and_admitted() {
        let [first, second, third] = [1, 2, 3].map(Epoch::from_number);
        let mut register = Register::default();
        assert_eq!(register.installed(), Epoch::ZERO);
        assert!(register.install(second) && register.install(second), "again is as good as once");
        assert!(!register.install(first), "it never goes back");
        assert_eq!(register.installed(), second);
        assert_eq!([first, second, third].map(|token| register.admits(token)), [false, true, false]);
        assert!(register.install(third) && !register.admits(second));
    }
}
