//! What an action does on the screen that is shown.

use super::alerts;
use super::arming;
use super::begin;
use super::copy_region;
use super::dismiss;
use super::effect::Effect;
use super::explain::explain;
use super::idle;
use super::keys::naming;
use super::lag;
use super::leave;
use super::make_way;
use super::model::{Filtering, Model, Screen};
use super::overlay::Overlay;
use super::regions::regions;
use super::runs;
use super::service;
use super::sources;
use super::steer;
use super::step;
use super::texts;
use super::themes;
use crate::tui::keymap::Action;

/// Takes an action.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return leave::ask(model),
        Action::PollNow => {
            let told = sources::asking(model);
            idle::for_a_moment(model, told);
            return vec![Effect::PollNow];
        }
        Action::Help => model.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Themes => themes::open(model),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Arming => arming::open(model),
        Action::Explain => {
            let run = (model.screen == Screen::Run).then(|| model.shown_run()).flatten();
            if let Some(state) = run.map(|view| view.state.clone())
                && step::open(model, &state)
            {
                return Vec::new();
            }
            let (title, lines) = explain(model);
            model.overlay = Some(Overlay::text(title, lines));
            return runs::read_to_explain(model);
        }
        Action::Copy => match texts::to_copy(model) {
            Ok(text) => {
                let from = texts::line_at_hand(model);
                return copy_from(model, text, from);
            }
            Err(why) => model.overlay = Some(Overlay::text("nothing copied", why)),
        },
        Action::ScreenFleet => model.screen = Screen::Fleet,
        Action::ScreenService => service::open(model),
        Action::ScreenRun => return open_run(model),
        Action::ScreenRuns => {
            model.row = 0;
            model.screen = Screen::Runs;
        }
        Action::ScreenSources | Action::ScreenAlerts => {
            model.row = 0;
            let sources = action == Action::ScreenSources;
            model.screen = if sources { Screen::Sources } else { Screen::Alerts };
        }
        Action::LagHistory => return lag::open(model),
        Action::Acknowledge | Action::Mute => return alerts::act(model, action),
        Action::CopyRegion => copy_region::open(model),
        Action::Dismiss => dismiss::open(model),
        Action::Drill => begin::open(model, false),
        Action::Incident => return make_way::incident(model),
        _ => match model.screen {
            Screen::Fleet => return on_fleet(model, action),
            Screen::Regions | Screen::Alerts | Screen::Sources => on_rows(model, action),
            Screen::Service => service::act(model, action),
            Screen::Runs => return runs::act(model, action),
            Screen::Run if action == Action::Back => match model.step.take() {
                Some(_) => {}
                None => model.screen = Screen::Fleet,
            },
            Screen::Run => return steer::act(model, action),
        },
    }
    Vec::new()
}

/// Copies a text, and shows it to be selected by hand where the terminal takes none.
pub(super) fn copy(model: &mut Model, text: String) -> Vec<Effect> {
    copy_from(model, text, 0)
}

/// The same, shown from one of its lines on.
fn copy_from(model: &mut Model, text: String, from: usize) -> Vec<Effect> {
    model.overlay = Some(Overlay::plain(text.clone(), from));
    vec![Effect::Copy(text)]
}

fn open_run(model: &mut Model) -> Vec<Effect> {
    let service = model.subject().map(|service| service.id.clone());
    let of_service = service.and_then(|id| model.open_run_of(&id).cloned());
    let first = || runs::rows(model).into_iter().next().map(|row| row.line.run);
    if let Some(run) = of_service.or_else(first) {
        return runs::open(model, run);
    }
    let begin = naming(model.key(Action::Drill), |key| format!("; {key} begins a drill"));
    model.notice = Some(format!("there is no run yet{begin}"));
    Vec::new()
}

fn on_fleet(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = model.page();
    let whole = isize::try_from(page.max(1)).unwrap_or(isize::MAX);
    match action {
        Action::Up => model.board.step(-1, page),
        Action::Down => model.board.step(1, page),
        Action::PageUp => model.board.step(-whole, page),
        Action::PageDown => model.board.step(whole, page),
        Action::First => model.board.step(isize::MIN, page),
        Action::Last => model.board.step(isize::MAX, page),
        Action::Open => match model.selected().and_then(|service| model.open_run_of(&service.id)) {
            Some(_) => return open_run(model),
            None => service::open(model),
        },
        Action::ByRegion | Action::Alerts => {
            model.row = 0;
            model.screen = if action == Action::ByRegion { Screen::Regions } else { Screen::Alerts };
        }
        Action::Filter => {
            model.filtering = if model.board.filter.is_empty() { Filtering::On } else { Filtering::Anew };
        }
        Action::Sort => {
            model.board.next_sort();
            model.board.arrange(&model.fleet, page);
        }
        Action::Back if model.board.filter.is_empty() && model.board.region.is_none() => {
            let leave = naming(model.key(Action::Quit), |key| format!("; {key} leaves"));
            model.notice = Some(format!("every service is shown{leave}"));
        }
        Action::Back => {
            model.board.filter.clear();
            model.board.region = None;
            model.board.arrange(&model.fleet, page);
        }
        _ => {}
    }
    Vec::new()
}

/// The last row of a list other than that of the services.
pub(super) fn last_row(model: &Model) -> usize {
    let rows = match model.screen {
        Screen::Regions => regions(model).len(),
        Screen::Runs => runs::rows(model).len(),
        Screen::Sources => model.fleet.sources.len(),
        _ => alerts::rows(model).len(),
    };
    rows.saturating_sub(1)
}

fn on_rows(model: &mut Model, action: Action) {
    let last = last_row(model);
    match action {
        Action::Back | Action::ByRegion => model.screen = Screen::Fleet,
        Action::Open => open_row(model),
        _ => step_row(model, action, last),
    }
    model.row = model.row.min(last);
}

/// Moves in a list that ends with this row.
pub(super) fn step_row(model: &mut Model, action: Action, last: usize) {
    let page = usize::from(model.size.height / 2);
    let row = match action {
        Action::Up => model.row.saturating_sub(1),
        Action::Down => model.row + 1,
        Action::PageUp => model.row.saturating_sub(page),
        Action::PageDown => model.row + page,
        Action::First => 0,
        Action::Last => last,
        _ => model.row,
    };
    model.row = row.min(last);
}

fn open_row(model: &mut Model) {
    let page = model.page();
    if model.screen == Screen::Regions {
        let region = regions(model).into_iter().nth(model.row);
        model.board.region = region.map(|region| region.name);
        model.board.arrange(&model.fleet, page);
        model.screen = Screen::Fleet;
    } else if model.screen == Screen::Sources {
        sources::open(model);
    } else if let Some(service) = alerts::rows(model).get(model.row).map(|(id, ..)| (*id).clone()) {
        model.board.region = None;
        model.board.filter.clear();
        model.board.arrange(&model.fleet, page);
        model.board.select(&service, page);
        service::open(model);
    }
}
