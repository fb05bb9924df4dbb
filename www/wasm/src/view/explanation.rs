//! Why a machine did what it did.

use serde::Serialize;

/// Why a machine did what it did.
#[derive(Serialize, Default, Debug)]
pub struct Explanation {
    pub(crate) sentences: Vec<String>,
    pub(crate) rules: Vec<Deciding>,
}

/// A rule without which it would have decided otherwise.
#[derive(Serialize, Debug)]
pub struct Deciding {
    pub(crate) name: &'static str,
    pub(crate) sentence: &'static str,
    pub(crate) kind: String,
    pub(crate) otherwise: String,
}
