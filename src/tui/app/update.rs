//! How a message changes the model, and what it asks of the world. No I/O, no clock: *now* comes in.

use super::effect::Effect;
use super::message::Message;
use super::model::{Model, Screen, Size};
use super::overlay::Overlay;
use super::texts;
use crate::domain::{Timestamp, words};
use crate::tui::keymap::{self, Action, Key};

/// Takes in one message. Sets `model.dirty` when what is shown has changed.
pub fn update(model: &mut Model, message: Message, now: Timestamp) -> Vec<Effect> {
    let before = model.now;
    model.now = now;
    match message {
        Message::Key(key) => {
            model.dirty = true;
            return press(model, key);
        }
        Message::Paste(text) => {
            for char in text.chars().filter(|char| !char.is_control()) {
                if model.filtering {
                    type_filter(model, Key::Char(char));
                }
            }
            model.dirty = true;
        }
        Message::Resize { width, height } => {
            model.size = Size { width, height };
            model.board.reveal(model.page());
            model.dirty = true;
        }
        Message::Tick => model.dirty |= words::instant(before) != words::instant(now),
        Message::Assessed(assessments) => {
            for assessment in assessments {
                model.board.know(assessment);
            }
            model.board.arrange(&model.fleet, model.page());
            model.dirty = true;
        }
        Message::Notice(text) => {
            model.notice = Some(text);
            model.dirty = true;
        }
    }
    Vec::new()
}

fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    model.notice = None;
    if model.filtering {
        type_filter(model, key);
        return Vec::new();
    }
    let Some(action) = keymap::action(model.context(), key) else { return Vec::new() };
    if model.overlay.is_some() {
        on_overlay(model, action);
        return Vec::new();
    }
    act(model, action)
}

fn type_filter(model: &mut Model, key: Key) {
    match key {
        Key::Enter => model.filtering = false,
        Key::Esc | Key::Ctrl('c') => {
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

fn on_overlay(model: &mut Model, action: Action) {
    let Some(overlay) = &mut model.overlay else { return };
    match action {
        Action::Up => overlay.scroll(-1),
        Action::Down => overlay.scroll(1),
        Action::PageUp => overlay.scroll(-10),
        Action::PageDown => overlay.scroll(10),
        _ => model.overlay = None,
    }
}

fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return vec![Effect::Quit(Vec::new())],
        Action::PollNow => {
            model.notice = Some("asking every source now".to_owned());
            return vec![Effect::PollNow];
        }
        Action::Help => model.overlay = Some(Overlay::Help { scroll: 0 }),
        Action::Arming => model.overlay = Some(Overlay::text("acting on this host", texts::arming(model))),
        Action::Copy => return copy(model),
        _ => on_fleet(model, action),
    }
    Vec::new()
}

fn copy(model: &mut Model) -> Vec<Effect> {
    let text = match model.screen {
        Screen::Fleet => texts::summary(model),
    };
    let Some(text) = text else { return Vec::new() };
    model.overlay = Some(Overlay::Plain { text: text.clone() });
    vec![Effect::Copy(text)]
}

fn on_fleet(model: &mut Model, action: Action) {
    let page = model.page();
    let whole = isize::try_from(page.max(1)).unwrap_or(isize::MAX);
    match action {
        Action::Up => model.board.step(-1, page),
        Action::Down => model.board.step(1, page),
        Action::PageUp => model.board.step(-whole, page),
        Action::PageDown => model.board.step(whole, page),
        Action::First => model.board.step(isize::MIN, page),
        Action::Last => model.board.step(isize::MAX, page),
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
}
