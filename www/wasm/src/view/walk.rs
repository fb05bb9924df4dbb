//! How far a walk by names came.

use crate::session::MomentId;
use serde::Serialize;

/// How far a walk came.
#[derive(Serialize, Debug)]
pub struct Walked {
    pub(crate) moment: MomentId,
    pub(crate) done: usize,
    pub(crate) stopped: Option<String>,
}
