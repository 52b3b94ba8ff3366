//! How the steps of a run stand.

use super::Step;
use crate::domain::Timestamp;

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    /// The step of the plan.
    pub step: Step,
    /// How it stands.
    pub status: StepStatus,
    /// When it last began.
    pub started: Option<Timestamp>,
    /// When it last ended.
    pub ended: Option<Timestamp>,
    /// Whether it was noticed to be over its limit.
    pub late: bool,
}

impl StepState {
    /// One that was not begun.
    pub(super) fn pending(step: &Step) -> Self {
        Self { step: step.clone(), status: StepStatus::Pending, started: None, ended: None, late: false }
    }
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepStatus {
    /// Not begun.
    Pending,
    /// Under way.
    Running,
    /// Over, with what came out.
    Done(String),
    /// Cannot go on without a person: why.
    Failed(String),
    /// Failed, and the run went on to its end: why.
    GivenUp(String),
    /// A person went past it: why.
    Skipped(String),
}

impl StepStatus {
    /// Whether the next step may begin.
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Done(_) | Self::GivenUp(_) | Self::Skipped(_))
    }
}
