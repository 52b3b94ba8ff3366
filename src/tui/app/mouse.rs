//! Wheel and click: they select, scroll and open what is read, and never act. What lies under the
//! pointer is what the last frame drew there, so that a click means what the person saw.

use super::act::{act, last_row};
use super::effect::Effect;
use super::model::{Filtering, Model, Screen};
use super::overlay::Overlay;
use super::press::{scroll_overlay, take_selected};
use super::service;
use super::step;
use super::themes;
use crate::tui::keymap::Action;

/// Rows that one notch of the wheel moves.
const NOTCH: isize = 3;

/// What a mouse did, on a cell counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// One notch of the wheel, away from the person.
    WheelUp {
        /// Column.
        x: u16,
        /// Row.
        y: u16,
    },
    /// One notch towards the person.
    WheelDown {
        /// Column.
        x: u16,
        /// Row.
        y: u16,
    },
    /// The left button.
    Click {
        /// Column.
        x: u16,
        /// Row.
        y: u16,
    },
}

/// Something drawn that answers to a mouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// A row of the list that is shown, counted from its first.
    Row(usize),
    /// A step of the run.
    Step(usize),
    /// The upper lanes of a timeline, which show all there is.
    Whole,
    /// Its lower lanes.
    Near,
    /// A backup, by its place among those there, newest first.
    Backup(usize),
    /// What lies over the screen.
    Overlay,
    /// One of several that lie over it to choose from.
    Choice(usize),
}

/// A rectangle of the screen and what it is; columns and rows, from the first to before the last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Area {
    columns: std::ops::Range<u16>,
    rows: std::ops::Range<u16>,
    spot: Option<Spot>,
}

/// What of a frame answers to a mouse; what was drawn last lies on top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spots(Vec<Area>);

impl Spots {
    /// Notes what is drawn in a rectangle; `None` hides what is below.
    pub fn mark(&mut self, columns: std::ops::Range<u16>, rows: std::ops::Range<u16>, spot: Option<Spot>) {
        self.0.push(Area { columns, rows, spot });
    }

    /// What is drawn on a cell, and how many columns it is right of where that begins.
    fn at(&self, x: u16, y: u16) -> Option<(Spot, u16)> {
        let area = self.0.iter().rev().find(|area| area.columns.contains(&x) && area.rows.contains(&y))?;
        Some((area.spot?, x - area.columns.start))
    }
}

/// Takes in what a mouse did.
pub(super) fn mouse(model: &mut Model, what: Mouse) -> Vec<Effect> {
    let (x, y, by) = match what {
        Mouse::WheelUp { x, y } => (x, y, Some(-NOTCH)),
        Mouse::WheelDown { x, y } => (x, y, Some(NOTCH)),
        Mouse::Click { x, y } => (x, y, None),
    };
    if model.too_small() {
        return Vec::new();
    }
    let under = model.spots.at(x, y);
    let effects = match (by, under) {
        (Some(by), _) => wheel(model, under.map(|(spot, _)| spot), by),
        (None, Some((spot, right))) => click(model, spot, right),
        (None, None) => return Vec::new(),
    };
    model.dirty = true;
    effects
}

fn wheel(model: &mut Model, under: Option<Spot>, by: isize) -> Vec<Effect> {
    if let Some(overlay) = &mut model.overlay {
        if !matches!(under, Some(Spot::Overlay | Spot::Choice(_))) {
            return Vec::new();
        }
        if let Overlay::Form(form) = overlay {
            form.scroll_by(by);
            return Vec::new();
        }
        // Each line of these is a choice of its own: a notch is one of them.
        let one = matches!(
            overlay,
            Overlay::Themes { .. } | Overlay::Pick { .. } | Overlay::Leave { .. } | Overlay::Lag(_)
        );
        return scroll_overlay(model, if one { by.signum() } else { by });
    }
    match model.screen {
        Screen::Fleet => {
            model.board.hold();
            model.board.step(by, model.page());
        }
        Screen::Regions | Screen::Alerts | Screen::Runs | Screen::Sources => {
            model.row = model.row.saturating_add_signed(by).min(last_row(model));
        }
        Screen::Service => service::wheel(model, under, by),
        Screen::Run => {
            let action = if by < 0 { Action::Up } else { Action::Down };
            if let Some(state) = model.shown_run().map(|view| view.state.clone()) {
                step::select(model, &state, action);
            }
        }
    }
    Vec::new()
}

/// Selects what was clicked; what is selected already is opened, where opening only shows something.
fn click(model: &mut Model, spot: Spot, right: u16) -> Vec<Effect> {
    match spot {
        Spot::Choice(index) => return choose(model, index),
        _ if model.overlay.is_some() => {}
        Spot::Row(index) => return row(model, index),
        Spot::Step(index) => {
            let state = model.shown_run().map(|view| view.state.clone());
            match state {
                Some(state) if model.step == Some(index) => drop(step::open(model, &state)),
                _ => model.step = Some(index),
            }
        }
        Spot::Whole | Spot::Near | Spot::Backup(_) if model.screen == Screen::Service => {
            service::click(model, spot, right);
        }
        Spot::Whole | Spot::Near | Spot::Backup(_) | Spot::Overlay => {}
    }
    Vec::new()
}

fn row(model: &mut Model, index: usize) -> Vec<Effect> {
    let page = model.page();
    let selected = if model.screen == Screen::Fleet {
        let Some(service) = model.board.visible(page).get(index).cloned() else { return Vec::new() };
        let selected = model.board.selected() == Some(&service) && model.board.is_held();
        model.board.select(&service, page);
        selected
    } else {
        let index = index.min(last_row(model));
        let selected = model.row == index;
        model.row = index;
        selected
    };
    if !selected {
        return Vec::new();
    }
    model.filtering = Filtering::Off;
    act(model, Action::Open)
}

fn choose(model: &mut Model, index: usize) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Themes { selected, .. } | Overlay::Pick { selected, .. }) if *selected == index => {
            take_selected(model)
        }
        Some(Overlay::Themes { selected, .. }) => {
            *selected = index;
            themes::show(model, index)
        }
        // A key takes it: a run may end with it.
        Some(Overlay::Leave { selected }) => {
            *selected = index;
            Vec::new()
        }
        Some(Overlay::Pick { selected, offers }) if index < offers.len() => {
            *selected = index;
            Vec::new()
        }
        _ => Vec::new(),
    }
}
