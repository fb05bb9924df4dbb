//! Sessions, and what can be asked without one.

use super::{told, whole};
use crate::session::{MomentId, Session as Tree};
use crate::{Trouble, ask};
use wasm_bindgen::prelude::*;

fn moment(id: f64) -> Result<MomentId, Trouble> {
    whole("moment", id)
}

/// A session.
#[wasm_bindgen]
pub struct Session(Tree);

#[wasm_bindgen]
impl Session {
    /// See [`Tree::open`].
    pub fn open(model: &str) -> Result<Session, JsError> {
        told(Tree::open(model)).map(Session)
    }

    /// See [`Tree::read`].
    pub fn read(text: &str) -> Result<Session, JsError> {
        told(Tree::read(text)).map(Session)
    }

    /// See [`Tree::follow`].
    pub fn follow(run: &str) -> Result<Session, JsError> {
        told(Tree::follow(run)).map(Session)
    }

    /// See [`Tree::warning`].
    pub fn warning(&self) -> Option<String> {
        self.0.warning().map(ToOwned::to_owned)
    }

    /// See [`Tree::about`].
    pub fn about(&self) -> String {
        self.0.about()
    }

    /// See [`Tree::size`].
    pub fn size(&self) -> u32 {
        self.0.size()
    }

    /// See [`Tree::view`].
    pub fn view(&self, id: f64) -> Result<String, JsError> {
        told(moment(id).and_then(|id| self.0.view(id)))
    }

    /// See [`Tree::choices`].
    pub fn choices(&self, id: f64) -> Result<String, JsError> {
        told(moment(id).and_then(|id| self.0.choices(id)))
    }

    /// See [`Tree::event`].
    pub fn event(&self, id: f64) -> Result<String, JsError> {
        told(moment(id).and_then(|id| self.0.event(id)))
    }

    /// See [`Tree::path`].
    pub fn path(&self, id: f64) -> Result<Vec<u32>, JsError> {
        told(moment(id).and_then(|id| self.0.path(id)))
    }

    /// See [`Tree::choose`].
    pub fn choose(&mut self, id: f64, index: f64) -> Result<u32, JsError> {
        told(moment(id).and_then(|id| self.0.choose(id, whole("choice", index)?)))
    }

    /// See [`Tree::choose_named`].
    pub fn choose_named(&mut self, id: f64, name: &str) -> Result<u32, JsError> {
        told(moment(id).and_then(|id| self.0.choose_named(id, name)))
    }

    /// See [`Tree::auto`].
    pub fn auto(&mut self, id: f64, seed: f64) -> Result<Option<u32>, JsError> {
        told(moment(id).and_then(|id| self.0.auto(id, whole("seed", seed)?)))
    }

    /// See [`Tree::explain`].
    pub fn explain(&self, id: f64) -> Result<String, JsError> {
        told(moment(id).and_then(|id| self.0.explain(id)))
    }

    /// See [`Tree::walk`].
    pub fn walk(&mut self, id: f64, names: &str) -> Result<String, JsError> {
        told(moment(id).and_then(|id| self.0.walk(id, names)))
    }

    /// See [`Tree::adopt`].
    pub fn adopt(&mut self, names: &str) -> Result<String, JsError> {
        told(self.0.adopt(names))
    }

    /// See [`Tree::names`].
    pub fn names(&self, id: f64) -> Result<String, JsError> {
        told(moment(id).and_then(|id| self.0.names(id)))
    }

    /// See [`Tree::run`].
    pub fn run(&self, id: f64, note: &str) -> Result<String, JsError> {
        told(moment(id).and_then(|id| self.0.run(id, note)))
    }

    /// See [`Tree::link`].
    pub fn link(&self, id: f64, note: &str) -> Result<String, JsError> {
        told(moment(id).and_then(|id| self.0.link(id, note)))
    }

    /// See [`Tree::export`].
    pub fn export(&self, id: f64, format: &str) -> Result<String, JsError> {
        told(moment(id).and_then(|id| self.0.export(id, format)))
    }
}

/// See [`ask::catalogue`].
#[wasm_bindgen]
pub fn catalogue() -> String {
    ask::catalogue()
}

/// See [`ask::rules`].
#[wasm_bindgen]
pub fn rules() -> String {
    ask::rules()
}

/// See [`ask::version`].
#[wasm_bindgen]
pub fn version() -> String {
    ask::version().to_owned()
}
