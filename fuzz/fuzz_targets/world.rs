//! The target `world`: see `quorate_fuzz::world`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quorate_fuzz::world(data));
