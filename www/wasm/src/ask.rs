//! What can be asked without a session.

use crate::Trouble;
use crate::view::catalogue::CatalogueEntry;
use crate::view::rule::RuleView;
use crate::view::{json, plan};
use quorate::rule::Rule;
use quorate_models::catalog;
use quorate_models::plan::{Cluster, ClusterError, Plan};

/// Every bundled model, in the order in which they are explored.
pub fn catalogue() -> String {
    json(&catalog::all().map(CatalogueEntry::of).collect::<Vec<_>>())
}

/// Every rule, by machine.
pub fn rules() -> String {
    json(&Rule::ALL.iter().map(|rule| RuleView::of(*rule)).collect::<Vec<_>>())
}

/// What a cluster file promises; `file` is how the answer calls it.
pub fn plan(file: &str, toml: &str) -> String {
    match Cluster::parse(file, toml) {
        Ok(cluster) => plan::answer(&Plan::of(&cluster)),
        Err(error) => plan::refused(&error.to_string()),
    }
}

/// The model in which a cluster file can be explored.
pub fn plan_model(file: &str, toml: &str) -> Result<String, Trouble> {
    let refused = |error: ClusterError| Trouble::Cluster(error.to_string());
    let model = Cluster::parse(file, toml).map_err(refused)?.model().map_err(refused)?;
    model.check()?;
    Ok(model.to_json())
}

/// The version of the core.
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}
