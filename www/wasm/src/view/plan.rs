//! An answer to a cluster file.

use super::json;
use quorate_models::plan::Plan;

/// An answer to a cluster file, as JSON. The plan in it becomes text by itself: a tree of it would be code that nothing
/// else needs.
pub(crate) fn answer(plan: &Plan) -> String {
    format!("{{\"text\":{},\"plan\":{},\"error\":null}}", json(&plan.to_string()), json(plan))
}

/// The answer to a file that is refused.
pub(crate) fn refused(error: &str) -> String {
    format!("{{\"text\":\"\",\"plan\":null,\"error\":{}}}", json(&error))
}
