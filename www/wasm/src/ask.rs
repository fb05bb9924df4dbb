//! What can be asked without a session.

use crate::view::catalogue::CatalogueEntry;
use crate::view::json;
use crate::view::rule::RuleView;
use quorate::rule::Rule;
use quorate_models::catalog;

/// Every bundled model, in the order in which they are explored.
pub fn catalogue() -> String {
    json(&catalog::all().map(CatalogueEntry::of).collect::<Vec<_>>())
}

/// Every rule, by machine.
pub fn rules() -> String {
    json(&Rule::ALL.iter().map(|rule| RuleView::of(*rule)).collect::<Vec<_>>())
}

/// The version of the core.
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
