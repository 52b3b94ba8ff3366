//! How a message changes the model, and what it asks of the world. No I/O, no clock: *now* comes in.

use super::alerts;
use super::answers;
use super::begin;
use super::copy_region;
use super::dismiss;
use super::effect::Effect;
use super::explain::explain;
use super::facts;
use super::form::{Form, Purpose, Typed};
use super::keys::naming;
use super::lag;
use super::message::Message;
use super::model::{Model, RunView, Screen, Size};
use super::mouse::mouse;
use super::overlay::Overlay;
use super::own;
use super::regions::regions;
use super::runs;
use super::service;
use super::sources;
use super::steer;
use super::step;
use super::texts;
use super::themes;
use crate::domain::{Timestamp, words};
use crate::tui::keymap::{Action, Key};

/// Takes in one message. Sets `model.dirty` when what is shown has changed.
pub fn update(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    let mut effects = take(model, message, now);
    effects.extend(own::wanted(model));
    effects
}

fn take(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    let before = model.now;
    model.now = now;
    model.tally.pass(&model.fleet.services, now);
    match message {
        Message::Key(key) => {
            model.dirty = true;
            return press(model, key);
        }
        Message::Mouse(what) => {
            // Whatever a click comes to mean: what changes the world needs a key.
            return mouse(model, what).into_iter().filter(|effect| !effect.acts()).collect();
        }
        Message::Paste(text) => paste(model, &text),
        Message::Resize { width, height } => {
            model.size = Size { width, height };
            model.board.reveal(model.page());
            model.dirty = true;
        }
        Message::Tick => {
            let told = model.fleet.tell_silent_regions(&mut model.tally);
            if !told.is_empty() {
                model.judge(&told);
            }
            if words::instant(before) != words::instant(now) {
                model.judge_some();
            }
            if std::mem::take(&mut model.alerts_changed) {
                return vec![Effect::KeepAlerts(Box::new(model.alerts.clone()))];
            }
        }
        Message::Polled(report) => {
            let touched = model.fleet.apply(&report, &model.setup.bindings);
            model.judge(&touched);
            own::note(model, &touched);
            // A service that was just discovered may have a run already.
            for id in touched.iter().filter(|id| !model.knows_runs_of(id)).cloned().collect::<Vec<_>>() {
                runs::tell(model, Some(&id));
            }
            let mut effects: Vec<_> = touched.iter().filter_map(|id| runs::tell_life(model, id)).collect();
            effects.push(Effect::Save(touched));
            return effects;
        }
        Message::Probed { service, liveness } => {
            if model.fleet.set_liveness(&service, liveness) {
                let told = runs::tell_life(model, &service);
                model.judge(&[service]);
                return told.into_iter().collect();
            }
        }
        Message::Run { state, driven_here } => {
            let service = state.opening.member.service.clone();
            take_run(model, RunView { state, driven_here });
            return runs::tell_life(model, &service).into_iter().collect();
        }
        Message::Runs(list) => {
            model.dirty |= model.run_list != list;
            model.run_list = list;
            runs::tell(model, None);
        }
        Message::Report { run, text } => {
            runs::take_report(model, &run, &text);
            model.dirty = true;
        }
        Message::Lag { period, answer } => lag::take(model, period, *answer),
        Message::OwnLag { service, period, answer } => own::take(model, &service, period, answer),
        Message::RegionChecked(checked) => copy_region::checked(model, *checked),
        Message::RegionsUnderWay(changes) => copy_region::under_way(model, changes),
        Message::RegionNews { service, line } => copy_region::news(model, &service, &line),
        Message::Strips(kept) => own::take_hours(model, kept),
        Message::Arming(arming) => {
            model.setup.arming = arming;
            model.dirty = true;
        }
        Message::Refused(lines) => {
            model.awaiting = None;
            model.notice = None;
            model.overlay = Some(Overlay::text("not taken", lines));
            model.dirty = true;
        }
        Message::NoJournal { start, why } => {
            begin::ask_for_journal(model, start, why);
            model.dirty = true;
        }
        Message::Notice(text) => {
            model.notice = Some(text);
            model.dirty = true;
        }
    }
    Vec::new()
}

/// A run that was asked for here is shown as soon as it is there.
fn take_run(model: &mut Model, view: RunView) {
    let id = view.state.id().to_owned();
    if model.awaiting.as_ref() == Some(&view.state.opening.member.service) && view.driven_here {
        model.awaiting = None;
        model.notice = None;
        model.run = Some(id.clone());
        model.step = None;
        model.screen = Screen::Run;
    }
    runs::hear(model, &view.state);
    model.runs.insert(id.clone(), view);
    let service = model.runs.get(&id).map(|view| view.state.opening.member.service.clone());
    runs::tell(model, service.as_ref());
    model.dirty = true;
}

fn paste(model: &mut Model, text: &str) {
    model.dirty = true;
    if let Some(Overlay::Form(form)) = &mut model.overlay {
        form.paste(text);
    } else if model.filtering {
        for char in text.chars().filter(|char| !char.is_control()) {
            type_filter(model, Key::Char(char));
        }
    }
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    // Wherever one is and whatever is typed: this key leaves.
    if key == Key::Ctrl('c') {
        return vec![Effect::Quit(farewell(model))];
    }
    let action = model.setup.keys.action(model.context(), key);
    let types = model.filtering || matches!(model.overlay, Some(Overlay::Form(_)));
    if action == Some(Action::Suspend) && (!types || matches!(key, Key::Ctrl(_))) {
        return vec![Effect::Suspend];
    }
    model.notice = None;
    model.board.hold();
    if model.filtering {
        type_filter(model, key);
        return Vec::new();
    }
    if let Some(Overlay::Form(_)) = model.overlay {
        return type_form(model, key);
    }
    let Some(action) = action else { return Vec::new() };
    if model.overlay.is_some() {
        return on_overlay(model, action);
    }
    act(model, action)
}

fn type_filter(model: &mut Model, key: Key) {
    match key {
        Key::Enter => model.filtering = false,
        Key::Esc => {
            model.filtering = false;
            model.board.filter.clear();
        }
        Key::Backspace => drop(model.board.filter.pop()),
        Key::Char(char) if model.board.filter.len() < 60 => model.board.filter.push(char),
        Key::Up => model.board.step(-1, model.page()),
        Key::Down => model.board.step(1, model.page()),
        _ => {}
    }
    model.board.arrange(&model.fleet, model.page());
}

/// A form keeps its answer until it is taken: what is wrong with it stands below the fields.
fn type_form(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Form(mut form)) = model.overlay.take() else { return Vec::new() };
    // Each field is looked at when it is left forwards; backwards one goes freely.
    if matches!(key, Key::Enter | Key::Tab | Key::Down)
        && let Err(why) = answers::check(model, &form, form.focus)
    {
        form.error = Some(why);
        model.overlay = Some(Overlay::Form(form));
        return Vec::new();
    }
    match form.press(key) {
        Typed::Closed => Vec::new(),
        Typed::Goes => {
            model.overlay = Some(Overlay::Form(form));
            Vec::new()
        }
        Typed::Given => {
            let about = facts::about(model, &form);
            let answered = if let Some((index, why)) = answers::first_wrong(model, &form) {
                form.focus = index;
                Err(why)
            } else if about == form.about {
                submit(model, &form)
            } else {
                form.about = about;
                form.forget();
                Err("what this is about has changed while it was open: read it again".to_owned())
            };
            answered.unwrap_or_else(|why| {
                form.error = Some(why);
                model.overlay = Some(Overlay::Form(form));
                Vec::new()
            })
        }
    }
}

fn submit(model: &mut Model, form: &Form) -> Result<Vec<Effect>, String> {
    match &form.purpose {
        Purpose::GoToTime => service::go_to(model, form.value(0)).map(|()| Vec::new()),
        Purpose::Drill(_) | Purpose::Incident(_) | Purpose::Journal { .. } => begin::submit(model, form),
        Purpose::CopyTo { service } => copy_region::check(model, form, service),
        Purpose::ChangeRegion(checked) => copy_region::submit(model, form, checked),
        Purpose::Dismiss { service } => dismiss::submit(model, service),
        Purpose::Run { run, ask } => steer::submit(model, form, run, *ask),
    }
}

fn on_overlay(model: &mut Model, action: Action) -> Vec<Effect> {
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -10,
        Action::PageDown => 10,
        Action::Back | Action::Quit | Action::Open => return close_overlay(model, action == Action::Open),
        _ => return Vec::new(),
    };
    scroll_overlay(model, by)
}

/// Scrolls what lies over the screen, or selects in it.
pub(super) fn scroll_overlay(model: &mut Model, by: isize) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Themes { .. }) => themes::step(model, by),
        Some(Overlay::Lag(_)) => lag::step(model, by),
        Some(overlay) => {
            overlay.scroll(by);
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Closes what lies over the screen and takes what is selected in it.
pub(super) fn take_selected(model: &mut Model) -> Vec<Effect> {
    close_overlay(model, true)
}

/// Closes it, and takes what was selected in it or not.
fn close_overlay(model: &mut Model, take: bool) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Pick { offers, selected }) if take => {
            if let Some((at, _)) = offers.get(selected) {
                service::pick(model, *at);
            }
            Vec::new()
        }
        Some(Overlay::Themes { .. }) if take => {
            themes::keep(model);
            Vec::new()
        }
        Some(Overlay::Themes { before, .. }) => themes::show(model, before),
        _ => Vec::new(),
    }
}

pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return vec![Effect::Quit(farewell(model))],
        Action::PollNow => {
            model.notice = Some("asking every source now".to_owned());
            return vec![Effect::PollNow];
        }
        Action::Help => model.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Themes => themes::open(model),
        Action::Suspend => return vec![Effect::Suspend],
        Action::Arming => model.overlay = Some(Overlay::text("acting on this host", texts::arming(model))),
        Action::Explain => {
            let run = (model.screen == Screen::Run).then(|| model.shown_run()).flatten();
            if let Some(state) = run.map(|view| view.state.clone())
                && step::open(model, &state)
            {
                return Vec::new();
            }
            let (title, lines) = explain(model);
            model.overlay = Some(Overlay::text(title, lines));
        }
        Action::Copy => match texts::to_copy(model) {
            Ok(text) => {
                model.overlay = Some(Overlay::Plain { text: text.clone() });
                return vec![Effect::Copy(text)];
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
        Action::Incident => begin::open(model, true),
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

/// What the terminal left behind says: where the report of each run that ended here is. What becomes
/// of those that go on is said by who leaves them.
fn farewell(model: &Model) -> Vec<String> {
    let Some(again) = &model.setup.again else { return Vec::new() };
    let over = model.runs.values().filter(|view| view.driven_here && view.state.is_over());
    over.map(|view| view.state.id()).map(|run| format!("{run} is over: {again} report {run}")).collect()
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
        Action::Filter => model.filtering = true,
        Action::Sort => {
            model.board.next_sort();
            model.board.arrange(&model.fleet, page);
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
    let page = usize::from(model.size.height / 2);
    match action {
        Action::Up => model.row = model.row.saturating_sub(1),
        Action::Down => model.row += 1,
        Action::PageUp => model.row = model.row.saturating_sub(page),
        Action::PageDown => model.row += page,
        Action::First => model.row = 0,
        Action::Last => model.row = last,
        Action::Back | Action::ByRegion => model.screen = Screen::Fleet,
        Action::Open => open_row(model),
        _ => {}
    }
    model.row = model.row.min(last);
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
