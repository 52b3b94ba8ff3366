//! What a key comes to, where it is pressed: a letter of a field, a choice in what lies over the screen, or
//! an action of the screen itself.

use super::act::{act, copy};
use super::answers;
use super::begin;
use super::copy_region;
use super::dismiss;
use super::effect::Effect;
use super::facts;
use super::form::{Form, Purpose, Typed};
use super::idle;
use super::lag;
use super::late;
use super::leave;
use super::make_way;
use super::model::{Filtering, Model};
use super::overlay::Overlay;
use super::service;
use super::steer;
use super::themes;
use crate::tui::keymap::{Action, Key};

/// Takes in a key.
pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    // Wherever one is and whatever is typed: this key leaves.
    if key == Key::Ctrl('c') {
        return leave::now(model);
    }
    let action = model.setup.keys.action(model.context(), key);
    if action == Some(Action::Suspend) && (!late::is_typed_in(model) || matches!(key, Key::Ctrl(_))) {
        return vec![Effect::Suspend];
    }
    model.notice = None;
    model.board.hold();
    if model.filtering.is_on() {
        type_filter(model, key);
        return Vec::new();
    }
    if let Some(Overlay::Form(_)) = model.overlay {
        return type_form(model, key);
    }
    let effects = match action {
        Some(action) if model.overlay.is_none() => Some(act(model, action)),
        Some(action) => on_overlay(model, action),
        None => None,
    };
    effects.unwrap_or_else(|| {
        idle::say(model, key);
        Vec::new()
    })
}

fn type_filter(model: &mut Model, key: Key) {
    if model.filtering == Filtering::Anew && matches!(key, Key::Char(_) | Key::Backspace) {
        model.filtering = Filtering::On;
        model.board.filter.clear();
    }
    match key {
        Key::Enter => model.filtering = Filtering::Off,
        Key::Esc => {
            model.filtering = Filtering::Off;
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
        Purpose::CopyTo { service, .. } => copy_region::check(model, form, service),
        Purpose::ChangeRegion(checked) => copy_region::submit(model, form, checked),
        Purpose::Dismiss { service } => dismiss::submit(model, service),
        Purpose::MakeWay { drill } => make_way::submit(model, form, drill),
        Purpose::Run { run, ask } => steer::submit(model, form, run, *ask),
    }
}

/// Takes an action about what lies over a screen; all others wait until that is closed.
fn on_overlay(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let by = match action {
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -10,
        Action::PageDown => 10,
        Action::Back | Action::Quit | Action::Open => {
            return Some(close_overlay(model, action == Action::Open));
        }
        Action::Copy => {
            let Some(Overlay::Text { copies: Some(text), .. }) = &model.overlay else { return None };
            return Some(copy(model, text.clone()));
        }
        _ => return None,
    };
    Some(scroll_overlay(model, by))
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
        Some(Overlay::Leave { selected }) if take => leave::take(model, selected),
        Some(Overlay::Themes { before, .. }) => themes::show(model, before),
        _ => Vec::new(),
    }
}

/// Takes in a pasted text, where one is typed.
pub(super) fn paste(model: &mut Model, text: &str) {
    model.dirty = true;
    if let Some(Overlay::Form(form)) = &mut model.overlay {
        form.paste(text);
    } else if model.filtering.is_on() {
        for char in text.chars().filter(|char| !char.is_control()) {
            type_filter(model, Key::Char(char));
        }
    }
}
