//! Cluster files.

use super::told;
use wasm_bindgen::prelude::*;

/// See [`crate::plan::plan`].
#[wasm_bindgen]
pub fn plan(file: &str, toml: &str) -> String {
    crate::plan::plan(file, toml)
}

/// See [`crate::plan::model`].
#[wasm_bindgen]
pub fn plan_model(file: &str, toml: &str) -> Result<String, JsError> {
    told(crate::plan::model(file, toml))
}
