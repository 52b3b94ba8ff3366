//! One run: its clocks, its steps, and what the person should do now.

mod below;
mod beside;
mod clocks;
mod steps;

use crate::domain::words;
use crate::runbook::{JournalPlace, RunState};
use crate::tui::app::keys::naming;
use crate::tui::app::model::{Model, RunView};
use crate::tui::app::runs::{self, Standing};
use crate::tui::draw::canvas::{Canvas, Piece, piece, pieces_width};
use crate::tui::draw::widgets::{footer, header};
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Role;

/// Below this many rows there is no room for lines between the parts.
const ROOMY: u16 = 18;

/// Draws the screen.
pub(in crate::tui::draw) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    footer::draw(model, Context::Run, canvas);
    let Some(view) = model.shown_run() else {
        let run = model.run.as_deref().unwrap_or("the run");
        canvas.put(1, 0, u16::MAX, Role::Muted, &format!("reading the journal of {run}"));
        return;
    };
    let state = view.state.as_ref();
    let last = canvas.height().saturating_sub(1);
    let rule = u16::from(last >= ROOMY);
    first_row(model, state, canvas);
    second_row(model, view, canvas);
    if rule > 0 {
        canvas.rule(2, "");
    }
    clocks::draw(model, state, &mut canvas.rows(2 + rule, 2));
    let top = 4 + 2 * rule;
    if rule > 0 {
        canvas.rule(top - 1, "");
    }
    let below = below::lines(model, state, (canvas.width(), last), canvas.glyphs());
    let notes = below::notes(model, state, canvas.width(), canvas.glyphs());
    // Where there is little room, what to do now comes before all steps but the one under way, and the
    // steps whole come before what was noted.
    let room = last.saturating_sub(top + rule);
    let floor = if last >= ROOMY { 4 } else { 2 };
    let count = |lines: &[Vec<Piece>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let under = count(&below).min(room.saturating_sub(floor));
    let left = room.saturating_sub(under + steps::needed(model, state, canvas.width()));
    let under = under + count(&notes).min(left);
    let room = last.saturating_sub(top + under + rule);
    let used = steps::draw(model, state, &mut canvas.rows(top, room));
    let y = (top + used).min(last.saturating_sub(under + rule));
    if rule > 0 {
        canvas.rule(y, "");
    }
    let mut free = y + rule;
    for (y, line) in (free..last).zip(below.iter().chain(&notes)) {
        canvas.pieces(1, y, line);
        free = y + 1;
    }
    // A blank line before it.
    let room = last.saturating_sub(free + 1);
    beside::draw(model, state, &mut canvas.rows(free + 1, room));
}

/// What kind of run it is, its id, who acts, the clock. What matters less yields to width.
fn first_row(model: &Model, state: &RunState, canvas: &mut Canvas<'_>) {
    let badge =
        if state.is_drill() { piece(Role::Drill, " DRILL ") } else { piece(Role::Incident, " INCIDENT ") };
    let mut row = vec![badge, piece(Role::Title, format!("  {}", state.id()))];
    let clock = header::clock(model, false);
    let utc = clock.first().cloned();
    let attempt = piece(Role::Text, format!("  attempt {}", state.attempt.number));
    let badges = header::badges(model).into_iter().flat_map(|badge| [piece(Role::Text, "  "), badge]);
    let who = piece(Role::Muted, format!("  {}", model.setup.who));
    let utc_width = utc.iter().map(|utc| pieces_width(std::slice::from_ref(utc))).sum::<u16>();
    let fits = |row: &[Piece], more: &[Piece]| {
        pieces_width(row) + pieces_width(more) + utc_width + 4 < canvas.width()
    };
    // Whether this can act comes before which attempt it is, and that before who sits here.
    for more in [badges.collect(), vec![attempt], vec![who]] {
        if fits(&row, &more) {
            row.extend(more);
        }
    }
    let x = canvas.pieces(1, 0, &row);
    for clock in [clock, utc.into_iter().collect()] {
        let start = canvas.width().saturating_sub(pieces_width(&clock) + 1);
        if start >= x + 2 {
            canvas.pieces(start, 0, &clock);
            return;
        }
    }
}

/// What is made of what where, and whether it is safe to hang up.
fn second_row(model: &Model, view: &RunView, canvas: &mut Canvas<'_>) {
    let state = view.state.as_ref();
    let member = &state.opening.member;
    let from = member.from_region.as_deref().unwrap_or("region not known");
    let to = member.region.as_deref().unwrap_or("region not known");
    let name = &state.attempt.name;
    let what = |ways: String| vec![piece(Role::Title, member.service.clone()), piece(Role::Text, ways)];
    // Each fork's name stands with the step that makes it; whether it is safe to hang up, only here.
    let whats = [
        format!("  {from} -> {name} in {to}"),
        format!("  -> {name} in {to}"),
        format!("  -> {to}"),
        String::new(),
    ];
    // A further attempt may go for another point than what was read of the one before.
    let further = further(model, state);
    let whats = further
        .iter()
        .map(|point| format!("  -> {name} in {to}, {point}"))
        .chain(further.iter().map(|point| format!("  -> {name}, {point}")))
        .chain(further.iter().map(|point| format!("  {point}")))
        .chain(whats);
    let whats: Vec<_> = whats.map(what).collect();
    let saved = saved(model, view);
    let both = || whats.iter().flat_map(|what| saved.iter().map(move |saved| (what, saved)));
    let fits = |(what, saved): &(&Vec<Piece>, &Vec<Piece>)| {
        pieces_width(what) + pieces_width(saved) + 4 <= canvas.width()
    };
    let Some((what, saved)) = both().find(fits) else {
        if let Some(shortest) = saved.last() {
            canvas.pieces(1, 1, shortest);
        }
        return;
    };
    canvas.pieces(1, 1, what);
    canvas.pieces(canvas.width() - pieces_width(saved) - 1, 1, saved);
}

/// The point of a further attempt, and what is newer than it there.
fn further(model: &Model, state: &RunState) -> Option<String> {
    let attempt = (state.attempt.number > 1).then_some(&state.attempt)?;
    let Some(point) = &attempt.point else { return Some(format!("to {}, not resolved yet", attempt.target)) };
    let to = words::edge(&words::newest(point.promised, model.now), point.promised_is);
    if state.is_over() {
        return Some(format!("to {to}"));
    }
    let known = model.board.assessment(&state.opening.member.service);
    let newest = known.and_then(|known| known.secondary.as_ref()?.newest);
    let newer = newest.map(|newest| (newest - point.promised).to_std().unwrap_or_default());
    Some(match newer {
        None => format!("to {to}, {} ago", words::age_of(point.promised, model.now)),
        Some(newer) if newer.is_zero() => format!("to {to}, the newest there"),
        Some(newer) => format!("to {to}, {} before the newest there", words::to_the_second(newer)),
    })
}

/// Whether it is safe to hang up, longest first.
fn saved(model: &Model, view: &RunView) -> [Vec<Piece>; 2] {
    let state = view.state.as_ref();
    let by = |action| naming(model.key(action), |key| format!(" ({key})"));
    if let Some(why) = &state.live.journal_lost {
        return [
            vec![piece(Role::Critical, format!("NOT SAVED: {why}"))],
            vec![piece(Role::Critical, "NOT SAVED")],
        ];
    }
    if let Some(trouble) = &state.live.trouble {
        return [
            vec![piece(Role::Critical, format!("TROUBLE: {}", trouble.text()))],
            vec![piece(Role::Critical, format!("TROUBLE{}", by(Action::Explain)))],
        ];
    }
    if state.is_over() {
        return [vec![piece(Role::Muted, "over")], vec![piece(Role::Muted, "over")]];
    }
    let is_left = runs::standing_of(model, state) == Standing::Nobody;
    if let Some(from) = runs::parted_from(model, state).filter(|_| is_left) {
        return [
            vec![piece(Role::Critical, format!("PARTED: it went on in {from}, too{}", by(Action::Retry)))],
            vec![piece(Role::Critical, format!("PARTED{}", by(Action::Retry)))],
        ];
    }
    if is_left {
        let armed = model.hand(&state.opening.member.source).is_some();
        let action = if armed { Action::Retry } else { Action::Arming };
        let does = if armed { "resumes" } else { "shows how to act here" };
        let how = naming(model.key(action), |key| format!(", {key} {does}"));
        return [
            vec![piece(Role::Critical, format!("INTERRUPTED: nobody drives it{how}"))],
            vec![piece(Role::Critical, format!("INTERRUPTED{}", by(action)))],
        ];
    }
    if !view.driven_here {
        let by = format!("driven by {}", state.last_by.shown());
        return [vec![piece(Role::Warning, by)], vec![piece(Role::Warning, "driven elsewhere")]];
    }
    if matches!(state.journal, JournalPlace::WithoutJournal { .. }) {
        let shows = naming(model.key(Action::Journal), |key| format!(", {key} shows it"));
        return [
            vec![piece(Role::Critical, format!("WITHOUT JOURNAL: hanging up ends this run{shows}"))],
            vec![piece(Role::Critical, format!("WITHOUT JOURNAL{}", by(Action::Journal)))],
        ];
    }
    if model.setup.demo {
        return [
            vec![piece(Role::Warning, "the demo keeps nothing: leaving it ends this run")],
            vec![piece(Role::Warning, "ends with the demo")],
        ];
    }
    let age = (model.now - state.last_at).to_std().unwrap_or_default().as_secs();
    // The journal is written before each effect: what is not in it was not done.
    let age = if age < 60 { "<1m".to_owned() } else { words::age(std::time::Duration::from_secs(age)) };
    [
        vec![piece(Role::Ok, format!("saved {age} ago, safe to hang up"))],
        vec![piece(Role::Ok, "safe to hang up")],
    ]
}
