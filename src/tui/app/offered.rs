//! Which ways on a run would take now: a key that would only be refused is not offered.

use crate::domain::Timestamp;
use crate::runbook::{Command, Refused, RunState, refusal};
use crate::tui::keymap::Action;

/// Why the run would not take what a key begins, however its form is filled in.
pub fn refused(state: &RunState, action: Action, now: Timestamp) -> Option<Refused> {
    let reason = || "to be written".to_owned();
    let command = match action {
        Action::Retry => Command::Retry,
        Action::Skip => Command::Skip { reason: reason() },
        Action::NewAttempt => Command::NewAttempt { reason: reason(), target: None },
        _ => return None,
    };
    refusal(state, &command, now)
}

/// The ways on from a step that failed, with what each does.
pub fn after_failure(state: &RunState, now: Timestamp) -> Vec<(Action, &'static str)> {
    let all = [
        (Action::Retry, "retry"),
        (Action::Skip, "skip"),
        (Action::NewAttempt, "new attempt"),
        (Action::Abort, "abort"),
    ];
    all.into_iter().filter(|(action, _)| refused(state, *action, now).is_none()).collect()
}
