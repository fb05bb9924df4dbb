//! stub
use crate::invariant::Invariant; use crate::world::Model; use quorate::rule::Rule;
#[allow(missing_docs)] pub struct Kill { pub rule: Rule, pub invariant: Invariant, pub steps: usize, pub make: fn() -> Model }
#[allow(missing_docs)] impl Kill { pub fn model(&self) -> Model { (self.make)() } }
#[allow(missing_docs)] pub fn kill_of(_rule: Rule) -> Option<&'static Kill> { None }
