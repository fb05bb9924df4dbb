//! The target `message`: see `quorate_fuzz::message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quorate_fuzz::message(data));
