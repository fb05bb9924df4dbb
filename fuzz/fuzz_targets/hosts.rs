//! The target `hosts`: see `quorate_fuzz::hosts`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quorate_fuzz::hosts(data));
