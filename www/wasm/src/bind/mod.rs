//! What JavaScript sees: a file a module. Numbers arrive as they are there and are checked; answers are JSON.

#[cfg(feature = "check")]
pub mod check;
#[cfg(feature = "plan")]
pub mod plan;
#[cfg(feature = "play")]
pub mod play;

use crate::Trouble;
use wasm_bindgen::prelude::*;

fn told<T>(result: Result<T, Trouble>) -> Result<T, JsError> {
    result.map_err(|trouble| JsError::new(&trouble.to_string()))
}

/// A whole number from 0 on.
#[cfg(any(feature = "play", feature = "check"))]
fn whole(what: &'static str, given: f64) -> Result<u32, Trouble> {
    let fits = given.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&given);
    #[allow(clippy::cast_sign_loss)]
    if fits { Ok(given as u32) } else { Err(Trouble::Number { what, given: given.to_string() }) }
}
