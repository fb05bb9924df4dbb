//! x
pub fn own() -> Vec<super::Kill> {
    Vec::new()
}
