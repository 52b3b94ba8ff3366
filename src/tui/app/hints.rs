//! Which keys matter at this moment, most needed first: what a footer shows as far as it has room.

use super::dismiss;
use super::model::{Model, Screen};
use super::offered;
use super::runs::{self, Earlier, Standing, standing_of};
use super::service;
use crate::runbook::{JournalPlace, Need, RunState, need};
use crate::tui::keymap::Action;

/// The actions of the screen that is shown, in the order of their use: what opens the selected row, what
/// acts on it, what changes the view, then what explains and copies. Only what does something now.
pub fn hints(model: &Model) -> Vec<Action> {
    use Action as A;
    let rows = |own: &[Action]| {
        let common = [A::Copy, A::Explain];
        std::iter::once(A::Open).chain(own.iter().copied()).chain(common).collect()
    };
    match model.screen {
        Screen::Fleet => {
            let begin = [A::Drill, A::Incident].into_iter().filter(|_| can_begin(model));
            let begin = dismissal(model).chain(begin);
            let view = [A::Filter, A::Sort, A::ByRegion, A::Alerts, A::Copy, A::Explain];
            std::iter::once(A::Open).chain(begin).chain(view).collect()
        }
        Screen::Service => {
            let begin = [A::Drill, A::Incident].into_iter().filter(|_| can_begin(model));
            let has_point = service::has_point(model);
            let cursor = [A::GoToTime, A::BadMoment].into_iter().filter(|_| has_point);
            let view = [A::NextBackup, A::ZoomIn, A::Copy, A::Explain, A::Last, A::First];
            let moves = [A::NextBackup, A::Last, A::First];
            let has_lanes = service::has_lanes(model);
            let view = view.into_iter().filter(|action| has_point || !moves.contains(action));
            let view = view.filter(|action| has_lanes || *action != A::ZoomIn);
            cursor.chain(dismissal(model)).chain(begin).chain(view).collect()
        }
        Screen::Run => model.shown_run().map_or_else(Vec::new, |view| of_run(model, &view.state)),
        Screen::Regions => rows(&[A::ByRegion]),
        Screen::Runs => rows(&[A::Report]),
        Screen::Alerts => rows(&dismissal(model).chain([A::Acknowledge, A::Mute]).collect::<Vec<_>>()),
        Screen::Sources => rows(&[]),
    }
}

fn dismissal(model: &Model) -> impl Iterator<Item = Action> {
    std::iter::once(Action::Dismiss).filter(|_| dismiss::can(model))
}

/// Whether a run of the service can be begun: there is a copy to restore from, and no run is open.
fn can_begin(model: &Model) -> bool {
    model.subject().is_some_and(|service| {
        let open = matches!(runs::earlier(model, &service.id), Some(Earlier::Open { .. }));
        service.secondary.is_some() && !open
    })
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
    let armed = model.hand(&state.opening.member.source).is_some();
    match standing_of(model, state) {
        Standing::Here if armed => {}
        Standing::Nobody if armed => {
            return vec![A::Retry, A::Abort, A::StatusText, A::Report, A::Copy, A::Explain];
        }
        // It is not steered from here: its keys would only say so.
        Standing::Nobody => return vec![A::Arming, A::StatusText, A::Report, A::Copy, A::Explain],
        _ => return vec![A::StatusText, A::Report, A::Copy, A::Explain],
    }
    let only_here = matches!(state.journal, JournalPlace::WithoutJournal { .. });
    let mut first = match need(state) {
        None if state.unread().is_some() || offered::refused(state, A::Retry, model.now).is_none() => {
            vec![A::Retry]
        }
        None => Vec::new(),
        Some(Need::FailedStep) => offered::after_failure(state, model.now).iter().map(|way| way.0).collect(),
        Some(Need::ConfirmPoint) => vec![A::Confirm, A::Retry],
        Some(Need::AbsentDecision) => vec![A::Retry, A::NewAttempt],
        Some(Need::Fence) => vec![A::Fence],
        Some(Need::Unpause) => vec![A::Pause],
        Some(_) => vec![A::Confirm],
    };
    let fence_open = !state.is_drill() && !state.fence.lets_cut_over();
    let always =
        [A::Note, A::Quit, A::StatusText, A::Pause, A::NewAttempt, A::Abort, A::Copy, A::Explain, A::Skip];
    let told = only_here.then_some(A::Journal).into_iter();
    let refused =
        [A::NewAttempt, A::Skip].map(|way| (way, offered::refused(state, way, model.now).is_some()));
    let always = always.into_iter().filter(|action| !refused.contains(&(*action, true)));
    for action in told.chain(fence_open.then_some(A::Fence)).chain(always).chain([A::Journal]) {
        if !first.contains(&action) {
            first.push(action);
        }
    }
    first
}
