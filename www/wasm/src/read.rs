//! What a page passes as text.

use crate::Trouble;
use quorate_models::world::Model;

/// The longest text of a model, a list of names or a note, in bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// Reads what a page says is `what`.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, Trouble> {
    if text.len() > MAX_TEXT {
        return Err(Trouble::TooLong { what, bytes: text.len(), max: MAX_TEXT });
    }
    serde_json::from_str(text).map_err(|error| Trouble::Json { what, why: error.to_string() })
}

/// Reads a model; by the crate that it is of, so that the code for that is there once.
pub(crate) fn read_model(json: &str) -> Result<Model, Trouble> {
    if json.len() > MAX_TEXT {
        return Err(Trouble::TooLong { what: "model", bytes: json.len(), max: MAX_TEXT });
    }
    Model::parse(json).map_err(|why| Trouble::Json { what: "model", why })
}
