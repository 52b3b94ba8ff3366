//! Which keys matter at this moment, most needed first: what a footer shows as far as it has room.

use super::model::{Model, Screen};
use super::runs::{Standing, standing_of};
use crate::runbook::{Need, RunState, need};
use crate::tui::keymap::Action;

/// The actions of the screen that is shown, in the order of their use.
pub fn hints(model: &Model) -> Vec<Action> {
    use Action as A;
    match model.screen {
        Screen::Fleet => vec![
            A::Open,
            A::ByRegion,
            A::Filter,
            A::Sort,
            A::Drill,
            A::Incident,
            A::Alerts,
            A::Copy,
            A::Explain,
        ],
        Screen::Service => vec![
            A::GoToTime,
            A::BadMoment,
            A::Drill,
            A::Incident,
            A::NextBackup,
            A::ZoomIn,
            A::Copy,
            A::Explain,
            A::Last,
            A::First,
        ],
        Screen::Run => model.shown_run().map_or_else(Vec::new, |view| of_run(model, &view.state)),
        Screen::Regions | Screen::Runs | Screen::Alerts | Screen::Sources => Vec::new(),
    }
}

/// What the run asks for first, then what can always be said to it.
fn of_run(model: &Model, state: &RunState) -> Vec<Action> {
    use Action as A;
    if state.is_over() {
        let mut over = vec![A::Report];
        if state.removable().next().is_some() {
            over.push(A::CleanUp);
        }
        over.extend([A::StatusText, A::Copy, A::Explain]);
        return over;
    }
    if standing_of(model, state) == Standing::Nobody {
        return vec![A::Retry, A::StatusText, A::Report, A::Copy, A::Explain];
    }
    let mut first = match need(state) {
        None => Vec::new(),
        Some(Need::FailedStep) => vec![A::Retry, A::Skip, A::NewAttempt, A::Abort],
        Some(Need::AbsentDecision) => vec![A::Retry, A::NewAttempt],
        Some(Need::Fence) => vec![A::Fence],
        Some(Need::Unpause) => vec![A::Pause],
        Some(_) => vec![A::Confirm],
    };
    let fence_open = !state.is_drill() && !state.fence.lets_cut_over();
    let always =
        [A::Note, A::Quit, A::StatusText, A::Pause, A::NewAttempt, A::Abort, A::Copy, A::Explain, A::Skip];
    for action in fence_open.then_some(A::Fence).into_iter().chain(always) {
        if !first.contains(&action) {
            first.push(action);
        }
    }
    first
}
