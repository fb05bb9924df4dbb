//! Fewer states, same verdicts: what need not be explored, and why.
//!
//! * [`dead`]: messages that can never again do anything are removed.
//! * [`dominated`]: what only makes the world safer than something else that is possible is left out.
//! * [`symmetry`]: of machines that nothing has happened to, only the first is tried.
//!
//! Each argument uses rules of the protocol and names them where it is made ([`Trust::upholds`]). When such a rule
//! is switched off, what rests on it is not done, so that a proof is a proof of the world without the rule. To
//! *find* a violation quickly a checker may first explore with everything: a reduction only leaves behaviour out,
//! so whatever is found is real.
//!
//! Tests compare verdicts and the lengths of shortest counterexamples with and without.

mod dead;
mod dominated;
mod symmetry;

pub(super) use dead::{is_dead, is_pointless};
pub(super) use dominated::{is_consumed, rates_are_dominated, send, stamped_by};
pub(super) use symmetry::Symmetry;
pub(crate) use symmetry::{image, is_mirror_image, is_untouched, swapped};

use quorate::rule::{Rule, RuleSet};

/// Which reductions are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reductions {
    /// Dead messages are removed.
    pub dead: bool,
    /// Dominated behaviour is left out.
    pub dominated: bool,
    /// Mirror images are left out.
    pub symmetry: bool,
    /// Even what rests on a rule that is switched off is done: good for finding, not for proving.
    pub rashly: bool,
}

impl Reductions {
    /// Every reduction that is sound.
    pub const SOUND: Reductions = Reductions { dead: true, dominated: true, symmetry: true, rashly: false };
    /// Every reduction, sound or not.
    pub const RASH: Reductions = Reductions { rashly: true, ..Self::SOUND };
    /// No reduction.
    pub const NONE: Reductions = Reductions { dead: false, dominated: false, symmetry: false, rashly: false };
}

/// Which rules an argument may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Trust(RuleSet);

impl Trust {
    pub(super) fn new(reductions: Reductions, off: RuleSet) -> Self {
        Self(if reductions.rashly { RuleSet::NONE } else { off })
    }

    /// Whether all of these rules are kept.
    fn upholds(self, rules: &[Rule]) -> bool {
        !rules.iter().any(|rule| self.0.contains(*rule))
    }
}
