//! The random runs of [`quorate_models::twin`], for a host that can only call a WebAssembly module.
//!
//! One exported function and no import. `models/tests/twin.rs` builds it for `wasm32-unknown-unknown`, has Node
//! call it, and compares.

/// The transcript of the runs with seeds from `from` up to, not including, `to`: where in memory it begins. It ends
/// at the first zero byte, and is never freed.
#[expect(
    unsafe_code,
    reason = "an exported name could clash with another; a module of one export has no other"
)]
#[unsafe(no_mangle)]
pub extern "C" fn transcript(from: u32, to: u32) -> *const u8 {
    let mut text = quorate_models::twin::transcript(from.into()..to.into());
    text.push('\0');
    text.leak().as_ptr()
}
