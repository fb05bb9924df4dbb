//! What a cluster file promises, and the model to explore it in.

use crate::Trouble;
use crate::view::plan;
use quorate_models::plan::{Cluster, ClusterError, Plan};

/// What a cluster file promises; `file` is how the answer calls it.
pub fn plan(file: &str, toml: &str) -> String {
    match Cluster::parse(file, toml) {
        Ok(cluster) => plan::answer(&Plan::of(&cluster)),
        Err(error) => plan::refused(&error.to_string()),
    }
}

/// The model in which a cluster file can be explored.
pub fn model(file: &str, toml: &str) -> Result<String, Trouble> {
    let refused = |error: ClusterError| Trouble::Cluster(error.to_string());
    let model = Cluster::parse(file, toml).map_err(refused)?.model().map_err(refused)?;
    model.check()?;
    Ok(model.to_json())
}
