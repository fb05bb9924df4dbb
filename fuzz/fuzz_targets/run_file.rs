//! The target `run_file`: see `quorate_fuzz::run_file`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quorate_fuzz::run_file(data));
