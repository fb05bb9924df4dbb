//! An answer to a cluster file.

use quorate_models::plan::Plan;
use serde::Serialize;
use serde_json::Value;

/// An answer to a cluster file.
#[derive(Serialize, Debug)]
pub struct PlanView {
    text: String,
    plan: Option<Value>,
    error: Option<String>,
}

impl PlanView {
    pub(crate) fn of(plan: &Plan) -> Self {
        Self { text: plan.to_string(), plan: serde_json::to_value(plan).ok(), error: None }
    }

    pub(crate) fn refused(error: String) -> Self {
        Self { text: String::new(), plan: None, error: Some(error) }
    }
}
