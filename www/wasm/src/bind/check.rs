//! Searches.

use super::{told, whole};
use crate::search::Search as Inner;
use wasm_bindgen::prelude::*;

/// A search.
#[wasm_bindgen]
pub struct Search(Inner);

#[wasm_bindgen]
impl Search {
    /// See [`Inner::start`].
    pub fn start(model: &str, from: &str, max_states: f64) -> Result<Search, JsError> {
        told(whole("maxStates", max_states).and_then(|most| Inner::start(model, from, most))).map(Search)
    }

    /// See [`Inner::advance`].
    pub fn advance(&mut self, budget: f64) -> Result<bool, JsError> {
        told(whole("budget", budget)).map(|budget| self.0.advance(budget))
    }

    /// See [`Inner::progress`].
    pub fn progress(&self) -> String {
        self.0.progress()
    }

    /// See [`Inner::outcome`].
    pub fn outcome(&self) -> Result<String, JsError> {
        told(self.0.outcome())
    }
}
