//! A run for a link.

use quorate_models::world::Model;
use serde::{Deserialize, Serialize};

/// A run for a link.
#[derive(Serialize, Deserialize, Debug)]
pub struct LinkRun {
    pub(crate) version: String,
    pub(crate) model: Model,
    pub(crate) hash: String,
    pub(crate) choices: Vec<u32>,
    pub(crate) end: String,
    #[serde(default)]
    pub(crate) note: String,
}
