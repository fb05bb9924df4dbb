//! A fast hash for small keys that are many. Maps compare whole keys, so a weak hash costs time at most.

use std::hash::{BuildHasherDefault, Hasher};

/// The hash of a map with small keys.
pub(super) type Fast = BuildHasherDefault<Fold>;

/// Folds words into one, as rustc does for its own tables.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Fold(u64);

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let word = chunk.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.write_u64(word);
        }
    }
    fn write_u8(&mut self, i: u8) {
        self.write_u64(i.into());
    }
    fn write_u32(&mut self, i: u32) {
        self.write_u64(i.into());
    }
    fn write_u64(&mut self, i: u64) {
        self.0 = (self.0.rotate_left(5) ^ i).wrapping_mul(0x51_7c_c1_b7_27_22_0a_95);
    }
    fn write_isize(&mut self, i: isize) {
        self.write_u64(i.cast_unsigned() as u64);
    }
    fn write_usize(&mut self, i: usize) {
        self.write_u64(i as u64);
    }
}
