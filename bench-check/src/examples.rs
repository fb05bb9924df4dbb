//! Stateright's own examples, unmodified: the build script copies them from the resolved package.
#![allow(warnings, clippy::all, clippy::pedantic, reason = "others wrote this code")]

include!(concat!(env!("OUT_DIR"), "/examples.rs"));
