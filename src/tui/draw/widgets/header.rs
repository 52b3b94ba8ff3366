//! The first row of every screen: what it is of, the mode, the UTC clock with the operator's time
//! beside it, and on the right how old what is shown is.

use std::time::Duration;

use crate::domain::{Timestamp, words};
use crate::tui::app::model::Model;
use crate::tui::draw::canvas::{Canvas, Piece, piece, pieces_width};
use crate::tui::theme::Role;

/// Draws the first row. Of what may stand on the right, given longest first, the longest that fits does.
pub(in crate::tui::draw) fn draw(
    model: &Model,
    title: &[Piece],
    right: &[Vec<Piece>],
    canvas: &mut Canvas<'_>,
) {
    let wide = canvas.width() >= 96;
    let badges: Vec<Piece> = badges(model).into_iter().chain(runs_badge(model, wide)).collect();
    // Whether this dashboard can act is never cut: what is said of the title comes after it, then its name.
    let beside = badges.iter().map(|badge| pieces_width(std::slice::from_ref(badge)) + 2).sum::<u16>();
    let room = canvas.width().saturating_sub(beside + 2);
    let told = (1..=title.len()).rev().filter_map(|parts| title.get(..parts));
    let told = told.into_iter().find(|title| pieces_width(title) <= room).unwrap_or(title);
    let mut x = 1 + canvas.part(1, 0, room.max(1), 1).pieces(0, 0, told);
    for badge in badges {
        x = canvas.pieces(x + 2, 0, &[badge]);
    }
    let mut clock = clock(model, wide);
    let gap = if wide { 3 } else { 2 };
    if x + gap + pieces_width(&clock) >= canvas.width() {
        clock.truncate(1);
    }
    // A clock that is cut says a wrong time.
    if x + gap + pieces_width(&clock) <= canvas.width() {
        x = canvas.pieces(x + gap, 0, &clock);
    }
    let room = canvas.width().saturating_sub(x + 2);
    if let Some(right) = right.iter().find(|pieces| pieces_width(pieces) < room) {
        canvas.pieces(canvas.width() - pieces_width(right) - 1, 0, right);
    }
}

/// The oldest reading of all sources, at three lengths. One that is stale, by the interval of its own source, comes
/// before an older one that is not.
pub(in crate::tui::draw) fn oldest_reading(model: &Model) -> [Vec<Piece>; 3] {
    let is_stale = |name: &str, at| model.setup.stale_after.is_past(name, at, model.now);
    let never = model.fleet.sources.iter().find(|(_, state)| state.last_good.is_none());
    let read = model.fleet.sources.iter().filter_map(|(name, state)| Some((state.last_good?, name)));
    let oldest = read.min_by_key(|(at, name)| (!is_stale(name, *at), *at));
    let (age, name) = match (never, oldest) {
        (Some((name, _)), _) => ("NEVER".to_owned(), name.as_str()),
        (None, Some((at, name))) => (age(at, model.now), name.as_str()),
        (None, None) => {
            return [
                vec![piece(Role::Unknown, "NOTHING READ YET")],
                vec![piece(Role::Unknown, "UNREAD")],
                vec![],
            ];
        }
    };
    let fresh = oldest.is_some_and(|(at, name)| !is_stale(name, at));
    let role = if never.is_none() && fresh { Role::Text } else { Role::Unknown };
    [
        vec![piece(Role::Muted, "OLDEST READING "), piece(role, format!("{age} ({name})"))],
        vec![piece(Role::Muted, "OLDEST READ "), piece(role, format!("{age} {name}"))],
        vec![piece(Role::Muted, "OLDEST "), piece(role, age)],
    ]
}

/// While it is young an age moves by so many seconds, rounded up: a clock in the header is enough.
const STEP_S: u64 = 10;

/// How old that is, in steps while it is young.
pub(in crate::tui::draw) fn age(at: Timestamp, now: Timestamp) -> String {
    let age = (now - at).to_std().unwrap_or_default();
    if age.as_secs() >= 60 {
        return words::age(age);
    }
    words::age(Duration::from_secs(age.as_secs().div_ceil(STEP_S).max(1) * STEP_S))
}

/// The demo, and whether this dashboard can act.
pub(in crate::tui::draw) fn badges(model: &Model) -> Vec<Piece> {
    let mut badges = Vec::new();
    if model.setup.demo {
        badges.push(piece(Role::Demo, "DEMO"));
    }
    badges.push(if model.armed() {
        piece(Role::Armed, " ARMED ")
    } else {
        piece(Role::ReadOnly, "READ-ONLY")
    });
    badges
}

/// Runs that are not over, on every screen but their own: one that nobody drives before all.
fn runs_badge(model: &Model, wide: bool) -> Option<Piece> {
    let of = |id| model.fleet.services.get(id)?.open_runs.as_ref();
    let open = || model.tally.open().filter_map(of).flatten();
    let left = open().filter(|run| run.is_left()).count();
    if left > 0 {
        let word = if wide { "INTERRUPTED" } else { "LEFT" };
        let many = if left == 1 { "" } else { "S" };
        return Some(piece(Role::Warning, format!("{left} RUN{many} {word}")));
    }
    let first = open().find(|run| !run.drill).or_else(|| open().next())?;
    let role = if first.drill { Role::Drill } else { Role::Incident };
    Some(piece(role, format!(" {} ", first.kind().to_uppercase())))
}

/// `2026-11-20 12:04:31Z  13:04 +01:00`, without the date where there is little room.
pub(in crate::tui::draw) fn clock(model: &Model, with_date: bool) -> Vec<Piece> {
    let utc = if with_date { words::instant(model.now) } else { words::clock(model.now) };
    let offset = (model.setup.offset_at)(model.now);
    let local = model.now.with_timezone(&offset).format("  %H:%M %:z").to_string();
    vec![piece(Role::Text, utc), piece(Role::Muted, local)]
}
