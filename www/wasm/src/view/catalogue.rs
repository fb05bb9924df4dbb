//! A bundled model.

use quorate_models::catalog::{Entry, Expect, Suite};
use quorate_models::world::Model;
use serde::Serialize;

/// A bundled model.
#[derive(Serialize, Debug)]
pub struct CatalogueEntry {
    name: &'static str,
    about: &'static str,
    suite: &'static str,
    floor: u64,
    broken: Option<Expected>,
    model: Model,
}

/// What is expected to break.
#[derive(Serialize, Debug)]
pub struct Expected {
    invariant: &'static str,
    steps: usize,
}

impl CatalogueEntry {
    pub(crate) fn of(entry: &Entry) -> Self {
        Self {
            name: entry.name,
            about: entry.about,
            suite: match entry.suite {
                Suite::Tour => "tour",
                Suite::Tests => "tests",
                Suite::Long => "long",
            },
            floor: entry.floor,
            broken: match entry.expect {
                Expect::Holds => None,
                Expect::Broken(invariant, steps) => Some(Expected { invariant: invariant.name(), steps }),
            },
            model: entry.model(),
        }
    }
}
