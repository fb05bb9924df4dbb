//! What is answered, as plain data: one file a view. The shapes, and what each field means, are in
//! `www/src/api/types.ts`; a field here is named after its field there.

#[cfg(feature = "play")]
pub mod about;
#[cfg(feature = "play")]
pub mod catalogue;
#[cfg(feature = "play")]
pub mod choice;
#[cfg(feature = "play")]
pub mod event;
#[cfg(feature = "play")]
pub mod explanation;
#[cfg(feature = "play")]
pub mod letter;
#[cfg(feature = "play")]
pub mod link;
#[cfg(feature = "play")]
pub mod moment;
#[cfg(feature = "play")]
pub mod node;
#[cfg(feature = "plan")]
pub mod plan;
#[cfg(feature = "check")]
pub mod progress;
#[cfg(feature = "play")]
pub mod rule;
#[cfg(feature = "play")]
pub mod walk;

use quorate_models::invariant::Broken;
use serde::Serialize;

/// Views become JSON without fail: their keys are strings.
pub(crate) fn json<T: Serialize>(view: &T) -> String {
    serde_json::to_string(view).unwrap_or_default()
}

/// An epoch.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct Epoch {
    generation: u16,
    term: u64,
    text: String,
}

impl From<quorate::id::Epoch> for Epoch {
    fn from(epoch: quorate::id::Epoch) -> Self {
        Self { generation: epoch.generation(), term: epoch.term(), text: epoch.to_string() }
    }
}

/// A violation.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub struct BrokenView {
    invariant: &'static str,
    why: String,
}

impl From<&Broken> for BrokenView {
    fn from(broken: &Broken) -> Self {
        Self { invariant: broken.invariant.name(), why: broken.why.clone() }
    }
}
