//! The core of quorate, bound for a browser: sessions in which things are tried, searches in slices, and what can be
//! asked without either. Everything is answered as JSON; its shapes are those of `www/src/api/types.ts`.
//!
//! ```text
//! JavaScript ─▶ bind ─▶ session, search, ask ─▶ view ─▶ JSON
//!                            │
//!                      quorate-models: the world, the invariants, the engine
//! ```
//!
//! Each feature is a module of its own for the page: `play` for sessions, built small, because it travels before anything
//! can be tried; `check` for searches, built fast; `plan` for cluster files.
//!
//! Nothing here decides anything: what can happen, what comes of it and what must hold is asked of `quorate-models`.
//!
//! # Invariants
//! * **Nothing panics, whatever a page passes.** A panic would end the module, and with it the page. Numbers arrive as
//!   JavaScript has them and are checked here; what is refused says what, where and what to do, and changes nothing.
//! * Whatever grows has a limit ([`session::MAX_MOMENTS`], [`search::MAX_BYTES`]).

#[cfg(feature = "play")]
pub mod ask;
pub mod bind;
#[cfg(feature = "plan")]
pub mod plan;
#[cfg(any(feature = "play", feature = "check"))]
pub mod read;
#[cfg(feature = "check")]
pub mod search;
#[cfg(feature = "play")]
pub mod session;
mod trouble;
pub mod view;

pub use trouble::Trouble;
