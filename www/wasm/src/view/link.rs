//! A run for a link.

use quorate_models::world::Model;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A run for a link, as it is answered.
#[derive(Serialize, Debug)]
pub struct LinkView<'m> {
    pub(crate) version: &'static str,
    pub(crate) model: &'m Model,
    pub(crate) hash: String,
    pub(crate) choices: Vec<u32>,
    pub(crate) end: String,
    pub(crate) note: &'m str,
}

/// A run for a link, as it is read.
#[derive(Deserialize, Debug)]
pub struct LinkRun {
    pub(crate) version: String,
    pub(crate) model: Value,
    pub(crate) hash: String,
    pub(crate) choices: Vec<u32>,
    pub(crate) end: String,
}
