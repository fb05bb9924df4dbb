//! A search in slices.

use crate::Trouble;
use crate::read::{read_json, read_model};
use crate::view::json;
use crate::view::progress::{SearchOutcome, SearchProgress};
use quorate_models::check::sliced::Sliced;
use quorate_models::check::{Bounds, Outcome};
use quorate_models::world::World;

/// The most bytes of a search's tables. A module has 4 GiB, and a table that grows is there twice for a moment.
pub const MAX_BYTES: u64 = 1536 << 20;

/// A search under way, or ended.
pub struct Search {
    search: Sliced,
    outcome: Option<Outcome>,
}

impl Search {
    /// A search of a model from where the choices of these names lead, as JSON; it gives up beyond so many states.
    pub fn start(model: &str, from: &str, max_states: u32) -> Result<Self, Trouble> {
        let model = read_model(model)?;
        let from: Vec<String> = read_json("from", from)?;
        let world = World::new(model)?;
        let bounds = Bounds { states: Some(u64::from(max_states).max(1)), bytes: Some(MAX_BYTES) };
        Ok(Self { search: Sliced::after(&world, &from, bounds)?, outcome: None })
    }

    /// Explores up to `budget` more states; whether the search has ended.
    pub fn advance(&mut self, budget: u32) -> bool {
        if self.outcome.is_none() {
            self.outcome = self.search.advance(budget as usize);
        }
        self.outcome.is_some()
    }

    /// How far it has got.
    pub fn progress(&self) -> String {
        json(&SearchProgress::from(&self.search))
    }

    /// How it ended.
    pub fn outcome(&self) -> Result<String, Trouble> {
        let outcome = self.outcome.as_ref().ok_or(Trouble::Searching)?;
        Ok(json(&SearchOutcome::from(outcome)))
    }
}
