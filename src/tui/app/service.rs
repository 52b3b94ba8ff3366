//! What keys do on the screen of one service.

use super::form::{Form, Purpose};
use super::instants;
use super::model::{Model, Screen};
use super::mouse::Spot;
use super::overlay::Overlay;
use super::timeline::{Answer, Move, Timeline, View, Went};

use crate::domain::{Assessment, Point, Service, Target, Timestamp, target};
use crate::tui::keymap::Action;

/// What a service's timeline is looked at with.
pub fn view<'a>(model: &'a Model, service: &'a Service) -> View<'a> {
    View {
        service,
        known: model.board.assessment(&service.id),
        now: model.now,
        stale_after: &model.setup.stale_after,
        columns: model.lane_columns(),
    }
}

/// What becomes of a restore there to the cursor of the service shown.
pub fn answer(model: &Model) -> Option<Answer> {
    let timeline = model.timeline.as_ref()?;
    let service = model.fleet.services.get(&timeline.service)?;
    timeline.answer(&view(model, service))
}

/// Whether the service shown has a point there for a cursor to stand on.
pub(super) fn has_point(model: &Model) -> bool {
    let shown = model.timeline.as_ref().and_then(|timeline| model.fleet.services.get(&timeline.service));
    shown.is_some_and(|service| view(model, service).has_point())
}

/// Whether the service shown has lanes: one without backups by design has none.
pub(super) fn has_lanes(model: &Model) -> bool {
    let known = model.timeline.as_ref().and_then(|timeline| model.board.assessment(&timeline.service));
    !known.is_some_and(Assessment::is_exempt)
}

/// Opens a service. The one last looked at keeps its cursor.
pub(super) fn open(model: &mut Model) {
    let Some(service) = model.subject() else {
        model.notice = Some("no service is selected".to_owned());
        return;
    };
    if model.timeline.as_ref().is_none_or(|timeline| timeline.service != service.id) {
        model.timeline = Some(Timeline::open(&view(model, service)));
    }
    model.screen = Screen::Service;
}

/// Takes a key's action.
pub(super) fn act(model: &mut Model, action: Action) {
    match action {
        Action::GoToTime if !has_point(model) => {
            model.notice = Some("no point there is known to go to".to_owned());
        }
        Action::BadMoment if !has_point(model) => {
            model.notice = Some("no point there is known to mark".to_owned());
        }
        Action::Left => go(model, Move::Columns(-1)),
        Action::Right => go(model, Move::Columns(1)),
        Action::PageUp => go(model, Move::Columns(-10)),
        Action::PageDown => go(model, Move::Columns(10)),
        Action::NextBackup => go(model, Move::NextBackup),
        Action::PreviousBackup => go(model, Move::PreviousBackup),
        Action::First => go(model, Move::Oldest),
        Action::Last => go(model, Move::Newest),
        Action::ZoomIn => change(model, |timeline, view| timeline.zoom(-1, view)),
        Action::ZoomOut => change(model, |timeline, view| timeline.zoom(1, view)),
        Action::BadMoment => change(model, Timeline::toggle_bad),
        Action::GoToTime => model.overlay = Some(Overlay::Form(Box::new(time_form()))),
        Action::Up => neighbour(model, -1),
        Action::Down => neighbour(model, 1),
        Action::Back => model.screen = Screen::Fleet,
        _ => {}
    }
}

/// The wheel goes through the backups where they are listed, else the lanes.
pub(super) fn wheel(model: &mut Model, under: Option<Spot>, by: isize) {
    match (under, by < 0) {
        (Some(Spot::Backup(_)), true) => go(model, Move::NextBackup),
        (Some(Spot::Backup(_)), false) => go(model, Move::PreviousBackup),
        (Some(Spot::Whole | Spot::Near), _) => {
            go(model, Move::Columns(i64::try_from(by).unwrap_or_default()));
        }
        _ => {}
    }
}

/// Puts the cursor on what a column shows, or on a backup.
pub(super) fn click(model: &mut Model, spot: Spot, column: u16) {
    let Some(timeline) = &model.timeline else { return };
    let Some(service) = model.fleet.services.get(&timeline.service) else { return };
    let view = view(model, service);
    let at = match spot {
        Spot::Whole => Some(view.drawn_in(&view.whole(), column)),
        Spot::Near => Some(view.drawn_in(&timeline.near(&view), column)),
        Spot::Backup(index) => listed(service).get(index).map(|point| point.at),
        Spot::Row(_) | Spot::Step(_) | Spot::Overlay | Spot::Choice(_) => None,
    };
    if let Some(at) = at {
        go(model, Move::To(at));
    }
}

/// The backups there, newest first.
pub fn listed(service: &Service) -> Vec<Point<'_>> {
    let reading = service.secondary.as_ref().and_then(|copy| copy.last_good.as_ref());
    let mut points: Vec<Point<'_>> =
        reading.and_then(|reading| reading.points.as_ref()).into_iter().flatten().collect();
    points.sort_by_key(|point| std::cmp::Reverse(point.at));
    points
}

/// The service above or below in the list.
fn neighbour(model: &mut Model, by: isize) {
    model.screen = Screen::Fleet;
    model.board.step(by, model.page());
    open(model);
}

fn change(model: &mut Model, how: impl FnOnce(&mut Timeline, &View<'_>)) {
    let Some(mut timeline) = model.timeline.take() else { return };
    if let Some(service) = model.fleet.services.get(&timeline.service) {
        how(&mut timeline, &view(model, service));
    }
    model.timeline = Some(timeline);
}

fn go(model: &mut Model, how: Move) {
    let mut went = Went::There;
    change(model, |timeline, view| went = timeline.go(how, view));
    model.notice = nowhere(how, went).map(str::to_owned).or(model.notice.take());
}

/// Why the cursor did not move.
const fn nowhere(how: Move, went: Went) -> Option<&'static str> {
    Some(match (how, went) {
        (_, Went::There) => return None,
        (Move::NextBackup, _) => "no later backup is known there",
        (Move::PreviousBackup, _) => "no earlier backup is known there",
        (Move::Oldest, Went::Already) => "the cursor is on the oldest point there",
        (Move::Oldest, Went::Nowhere) => "the oldest point there is not known",
        (Move::Newest, Went::Already) => "the cursor is on the newest point there",
        (Move::Newest, Went::Nowhere) => "the newest point there is not known",
        (Move::Columns(_) | Move::To(_), Went::Already) => "the cursor cannot go further",
        (Move::Columns(_) | Move::To(_), Went::Nowhere) => "no point there is known to go to",
    })
}

fn time_form() -> Form {
    Form::new(Purpose::GoToTime, "go to time").field("instant", "", "")
}

/// Goes to what was typed; several readings of it are offered to pick from (S12).
///
/// # Errors
/// Why it is not taken, for the form.
pub(super) fn go_to(model: &mut Model, text: &str) -> Result<(), String> {
    match target::parse(text) {
        Ok(Target::Newest) => go(model, Move::Newest),
        Ok(Target::Oldest) => go(model, Move::Oldest),
        Ok(Target::Backup(name)) if backup(model, &name).is_some() => {
            if let Some(at) = backup(model, &name) {
                pick(model, at);
            }
        }
        _ => {
            let near = answer(model).map_or(model.now, |answer| answer.at);
            let offers = instants::read(text, near, model.setup.offset_at)?;
            match offers.as_slice() {
                [(at, _)] => pick(model, *at),
                _ => model.overlay = Some(Overlay::Pick { offers, selected: 0 }),
            }
        }
    }
    Ok(())
}

/// Goes to an instant.
pub(super) fn pick(model: &mut Model, at: Timestamp) {
    go(model, Move::To(at));
}

fn backup(model: &Model, name: &str) -> Option<Timestamp> {
    let service = model.fleet.services.get(&model.timeline.as_ref()?.service)?;
    let reading = service.secondary.as_ref()?.last_good.as_ref()?;
    reading.points.iter().flatten().find(|point| point.name == name).map(|point| point.at)
}
