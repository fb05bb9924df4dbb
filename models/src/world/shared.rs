//! Values that many states share: hashed once, compared by fingerprint first, cloned by reference.

use rapidhash::v3::{RapidSecrets, RapidStreamHasherV3};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

static SECRETS: RapidSecrets = RapidSecrets::seed(0x71_75_6f_72_61_74_65);

/// A 64-bit fingerprint, the same on every platform.
pub fn fingerprint<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = Portable(RapidStreamHasherV3::new(&SECRETS));
    value.hash(&mut hasher);
    hasher.finish()
}

/// A hasher that sees the same bytes on every platform: numbers in little-endian order, lengths and discriminants
/// always 64 bits wide. The library's `RapidHasher` would be faster, but multiplies differently where that saves
/// time, as on `wasm32`; its streaming hasher promises to be the same everywhere.
struct Portable(RapidStreamHasherV3<'static>);

impl Hasher for Portable {
    fn finish(&self) -> u64 {
        self.0.finish()
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }
    fn write_u16(&mut self, i: u16) {
        self.0.write(&i.to_le_bytes());
    }
    fn write_u32(&mut self, i: u32) {
        self.0.write(&i.to_le_bytes());
    }
    fn write_u64(&mut self, i: u64) {
        self.0.write(&i.to_le_bytes());
    }
    fn write_u128(&mut self, i: u128) {
        self.0.write(&i.to_le_bytes());
    }
    fn write_usize(&mut self, i: usize) {
        self.write_u64(i as u64);
    }
    fn write_isize(&mut self, i: isize) {
        self.write_i64(i as i64);
    }
}

/// A shared value.
pub struct Shared<T>(Arc<(u64, T)>);

impl<T: Hash> Shared<T> {
    /// Hashes `value`, once.
    pub fn new(value: T) -> Self {
        Self(Arc::new((fingerprint(&value), value)))
    }

    /// The fingerprint of the value.
    pub fn fingerprint(&self) -> u64 {
        self.0.0
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0.1
    }
}

impl<T> Hash for Shared<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.0.0);
    }
}

/// Equal fingerprints are taken for equal values, here as in every engine; the chance that two of a billion
/// different values share one is a few in a hundred, of a million one in thirty million.
impl<T> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.0 == other.0.0
    }
}

impl<T> Eq for Shared<T> {}

impl<T: Ord> PartialOrd for Shared<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Ord> Ord for Shared<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        if self == other { Ordering::Equal } else { self.0.1.cmp(&other.0.1) }
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.1.fmt(f)
    }
}
