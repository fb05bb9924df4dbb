//! The cluster file as it is written, before it means anything. Each value keeps its place.
//!
//! ```toml
//! name = "orders"
//! fencing = "token"            # or "none"
//! max-lag = "5s"               # only where a single node's flush acknowledges
//! acks = { any = 2 }           # or "majority", "all", "another-zone", "primary", { zones = 2, each = 1 }
//!                              # a table may name the nodes that count: of = ["a", "b"]
//! votes = "majority"           # or { any = 2 }, { weights = { a = 2, b = 1 }, need = 2 }, { zones = 2 }
//!
//! [[nodes]]
//! name = "a"
//! zone = "north"               # optional
//! data = true                  # `false` makes a witness
//! vote = true                  # `false` makes a learner, or a replica if `acks.of` names it
//! priority = 0
//!
//! [timing]
//! election-timeout = "1s"
//! round-trip = "2ms"           # heartbeat, spread, contact, flush, fence, promote are optional
//!
//! [lease]                      # optional
//! hold = "9s"
//! grant = "10s"
//! drift-ppm = 10000            # or rates = [99, 101]
//! ```

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use toml::Spanned;

/// A value that may be left out, with its place if it is not.
pub(super) type Given<T> = Option<Spanned<T>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a cluster file")]
pub(super) struct File {
    pub(super) name: Given<String>,
    pub(super) nodes: Given<Vec<Spanned<Node>>>,
    pub(super) votes: Given<WordOr<Votes>>,
    pub(super) acks: Given<WordOr<Acks>>,
    pub(super) max_lag: Given<Length>,
    pub(super) fencing: Given<String>,
    pub(super) timing: Given<Timing>,
    pub(super) lease: Given<Lease>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table for one node")]
pub(super) struct Node {
    pub(super) name: Given<String>,
    pub(super) zone: Given<String>,
    pub(super) data: Given<bool>,
    pub(super) vote: Given<bool>,
    pub(super) priority: Given<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Votes {
    pub(super) any: Given<i64>,
    pub(super) weights: Given<BTreeMap<Spanned<String>, Spanned<i64>>>,
    pub(super) need: Given<i64>,
    pub(super) zones: Given<i64>,
    pub(super) each: Given<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Acks {
    pub(super) any: Given<i64>,
    pub(super) zones: Given<i64>,
    pub(super) each: Given<i64>,
    pub(super) of: Given<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Timing {
    pub(super) election_timeout: Given<Length>,
    pub(super) spread: Given<Length>,
    pub(super) heartbeat: Given<Length>,
    pub(super) contact: Given<Length>,
    pub(super) round_trip: Given<Length>,
    pub(super) flush: Given<Length>,
    pub(super) fence: Given<Length>,
    pub(super) promote: Given<Length>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(super) struct Lease {
    pub(super) hold: Given<Length>,
    pub(super) grant: Given<Length>,
    pub(super) quantum: Given<Length>,
    pub(super) drift_ppm: Given<i64>,
    pub(super) rates: Given<Vec<Spanned<i64>>>,
}

/// A duration, not yet read.
pub(super) struct Length(pub(super) String);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Length;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration in quotes, such as \"250ms\" or \"3s\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Length, E> {
                Ok(Length(text.to_owned()))
            }
        }
        from.deserialize_str(Text)
    }
}

/// A condition: a word for the usual ones, a table for the others.
pub(super) enum WordOr<T> {
    Word(String),
    Table(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for WordOr<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
            type Value = WordOr<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word in quotes, such as \"majority\", or a table, such as { any = 2 }")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<WordOr<T>, E> {
                Ok(WordOr::Word(word.to_owned()))
            }
            fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<WordOr<T>, M::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(WordOr::Table)
            }
        }
        from.deserialize_any(Either(PhantomData))
    }
}
