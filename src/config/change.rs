//! Changing the configuration: the steps, their order, and why no shorter order is safe.
//!
//! Two objects have to move together: what the *acknowledging* side does (the ack family really in force, which
//! in a supervised database lags behind what was asked), and what a *recovering* side believes (the published
//! configuration, from which it derives its recovery sets). At every moment every ack set in force must meet
//! every recovery set somebody may use. The order that keeps this true for every pair of families is
//!
//! 1. [`Step::PublishJoint`] – old *and* new bind everybody: who commits or recovers now satisfies both;
//! 2. [`Step::Request`] – ask for the new ack family;
//! 3. [`Step::Confirm`] – wait until it is in force on every path that can acknowledge;
//! 4. [`Step::Barrier`] – wait until everything acknowledged so far is held by an ack set of the new family;
//! 5. [`Step::PublishNew`] – only the new one binds.
//!
//! Each step is finished before the next begins, and a publication is finished when a vote quorum of what it
//! publishes has it on disk. Every shorter order loses an acknowledged write for some pair of families; the
//! model `policy-switch` shows which. Because a joint configuration keeps its halves apart, a successor that
//! finds one continues with the same steps. To go back by the same steps would be as safe; nobody does yet.
//!
//! A joint publication needs a vote quorum of the *old* settings too, and configurations are ordered by the epoch
//! of who published them. So a finished publication outranks, at a vote quorum, every unfinished one of an older
//! primary, and a new primary need not first republish what it found, as it must where changes are not joint
//! (the single-server bug: raft-dev 2015; `MongoDB`'s config and term checks).
//!
//! Degrading to a weaker family and strengthening again are changes like any other, never a timeout inside the
//! acknowledging path.
//!
//! Sources: `MongoDB` logless reconfiguration, config, term and commitment checks (Schultz et al., CPP 2022);
//! Multigres rule change; Patroni's quorum state resolver.

use super::settings::{Config, ConfigId, Settings};
use crate::id::{Epoch, NodeId, NodeSet};
use alloc::boxed::Box;

/// One step of a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "kebab-case"))]
pub enum Step {
    /// Publish old and new together.
    PublishJoint,
    /// Ask for the new ack family.
    Request,
    /// Wait until it is in force everywhere.
    Confirm,
    /// Wait until all that was acknowledged is held by an ack set of the new family.
    Barrier,
    /// Publish the new settings alone.
    PublishNew,
}

/// The order that is safe for every change.
pub const ORDER: &[Step] =
    &[Step::PublishJoint, Step::Request, Step::Confirm, Step::Barrier, Step::PublishNew];

/// Without the rule, the barrier is taken while the old family may still be in force.
#[cfg(feature = "rules-off")]
const BARRIER_FIRST: &[Step] =
    &[Step::PublishJoint, Step::Request, Step::Barrier, Step::Confirm, Step::PublishNew];

/// Without the rule, nobody waits until the new family is in force.
#[cfg(feature = "rules-off")]
const UNCONFIRMED: &[Step] = &[Step::PublishJoint, Step::Request, Step::Barrier, Step::PublishNew];

/// How far the present step is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// Not begun.
    Due,
    /// A publication is on its way to the others.
    Publishing {
        /// Who has it on disk.
        installed: NodeSet,
    },
}

/// A change in progress. Volatile: a successor derives its own from the configuration it finds.
///
/// # Invariants
/// * Steps are taken in the given order, each only after the one before is finished.
/// * [`Stage::Publishing`] only during [`Step::PublishJoint`] and [`Step::PublishNew`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Change {
    target: Settings,
    order: &'static [Step],
    at: usize,
    stage: Stage,
}

impl Change {
    /// A change to `target` in the safe order.
    pub fn new(target: Settings) -> Self {
        let order = rule!(ConfirmBeforeBarrier, ORDER, else: BARRIER_FIRST);
        let order = rule!(ConfirmBeforeNew, order, else: UNCONFIRMED);
        Self { target, order: rule!(JointBeforeNew, order, else: &order[1..]), at: 0, stage: Stage::Due }
    }

    /// The settings it leads to.
    pub fn target(&self) -> &Settings {
        &self.target
    }

    /// The present step; `None` when all are finished.
    pub fn step(&self) -> Option<Step> {
        self.order.get(self.at).copied()
    }

    /// How far the present step is.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// What the present step publishes for `epoch`, given what is in force; `None` if it publishes nothing or
    /// nothing new.
    pub fn publication(&self, now: &Config, epoch: Epoch) -> Option<Config> {
        let (settings, next) = match self.step()? {
            Step::PublishJoint => (now.settings.clone(), Some(Box::new(self.target.clone()))),
            Step::PublishNew => (self.target.clone(), None),
            Step::Request | Step::Confirm | Step::Barrier => return None,
        };
        let same = settings == now.settings && next == now.next && now.id.epoch == epoch;
        let id = ConfigId { epoch, version: now.id.version.saturating_add(1) };
        (!same).then_some(Config { id, settings, next })
    }

    /// The present step has begun to publish.
    pub fn published(&mut self) {
        self.stage = Stage::Publishing { installed: NodeSet::EMPTY };
    }

    /// `node` has `config`, the one being published, on disk. Whether that finishes the publication.
    pub fn installed(&mut self, node: NodeId, config: &Config) -> bool {
        match &mut self.stage {
            Stage::Publishing { installed } => {
                installed.insert(node);
                rule!(PublicationReachesQuorum, config.elects(*installed))
            }
            Stage::Due => false,
        }
    }

    /// The present step is finished.
    pub fn finish(&mut self) {
        self.at += 1;
        self.stage = Stage::Due;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Draft;
    use crate::quorum::Quorum;

    fn settings(draft: Draft) -> Settings {
        Settings::new(draft).unwrap()
    }

    /// Through all steps: what is published, by whom it must be held, and that nothing is published twice.
    #[test]
    fn a_change_publishes_the_joint_configuration_and_then_the_new_one_each_once() {
        let [n0, n1] = [0, 1].map(|index| NodeId::new(index).unwrap());
        let (epoch, newer) = (Epoch::from_number(1), Epoch::from_number(2));
        let old = settings(Draft::majority(NodeSet::first(3)));
        let votes = Quorum::every(NodeSet::first(3));
        let target = settings(Draft { votes, ..Draft::majority(NodeSet::first(3)) });
        let mut now = Config { id: ConfigId { epoch, version: 4 }, ..Config::first(old.clone()) };
        let mut change = Change::new(target.clone());
        let mut published = Vec::new();
        while let Some(step) = change.step() {
            assert!(!change.installed(n0, &now), "nothing is on its way");
            if let Some(config) = change.publication(&now, epoch) {
                now = config;
                published.push((step, now.clone()));
                assert_eq!(change.publication(&now, epoch), None, "that is in force");
                let again = change.publication(&now, newer).map(|config| (config.id, config.next));
                let id = ConfigId { epoch: newer, version: now.id.version + 1 };
                assert_eq!(again, Some((id, now.next.clone())), "a successor says it in its own epoch");
                change.published();
                let every = [n0, n1].map(|node| change.installed(node, &now));
                assert_eq!(every, [false, false], "two of three are not all");
                assert_eq!(*change.stage(), Stage::Publishing { installed: NodeSet::first(2) });
                assert!(change.installed(NodeId::new(2).unwrap(), &now));
            }
            change.finish();
            assert_eq!(*change.stage(), Stage::Due);
        }
        let id = |version| ConfigId { epoch, version };
        let next = Some(Box::new(target.clone()));
        let joint = Config { id: id(5), settings: old, next };
        let new = Config { id: id(6), settings: target, next: None };
        assert_eq!(published, [(Step::PublishJoint, joint), (Step::PublishNew, new)]);
    }
}
