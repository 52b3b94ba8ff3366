//! The two clocks of a run: how long the service is down, and what is lost.

use std::time::Duration;

use crate::domain::{Timestamp, words};
use crate::runbook::{Clocks, RunState, clocks, expected_end};
use crate::tui::app::model::Model;
use crate::tui::draw::canvas::{Canvas, Piece, piece, pieces_width};
use crate::tui::theme::Role;

/// Draws both lines.
pub(super) fn draw(model: &Model, state: &RunState, canvas: &mut Canvas<'_>) {
    let clocks = clocks(state, model.now);
    down(model, state, &clocks, canvas);
    lost(state, &clocks, canvas);
}

fn down(model: &Model, state: &RunState, clocks: &Clocks, canvas: &mut Canvas<'_>) {
    let label = if state.is_drill() { "SIMULATED LOSS AT" } else { "DOWN SINCE" };
    let unstated = if state.is_drill() { "the point's confirmation" } else { "not stated" };
    let since = clocks.down_since.map_or_else(|| unstated.to_owned(), |at| words::newest(at, model.now));
    let mut pieces =
        vec![piece(Role::Heading, format!("{label} ")), piece(Role::Text, format!("{since}   "))];
    let Some(took) = clocks.recovery_time else {
        pieces.push(piece(Role::Muted, "the recovery clock has not begun"));
        canvas.pieces(1, 0, &pieces);
        return;
    };
    let rto = state.opening.objectives.rto;
    let late = rto.is_some_and(|rto| took > rto);
    let role = if late { Role::Critical } else { Role::Text };
    pieces.push(piece(role, words::to_the_second(took)));
    if let Some(rto) = rto {
        pieces.push(piece(Role::Text, format!(" of {} RTO ", words::objective(rto))));
        let tail = tail(state, clocks, rto, model.now);
        let room = canvas.width().saturating_sub(pieces_width(&pieces) + pieces_width(&tail) + 4);
        let cells = room.min(if canvas.width() >= 120 { 30 } else { 16 });
        if cells >= 4 {
            pieces.extend(bar(took, rto, cells, canvas));
        }
        pieces.push(piece(Role::Text, "  "));
        pieces.extend(tail);
    } else {
        pieces.push(piece(Role::Muted, "  no RTO"));
    }
    canvas.pieces(1, 0, &pieces);
}

/// When it should be back, and by how much that misses the objective.
fn tail(state: &RunState, clocks: &Clocks, rto: Duration, now: Timestamp) -> Vec<Piece> {
    if let Some(usable) = clocks.usable {
        let met = clocks.recovery_time.is_some_and(|took| took <= rto);
        let word = if met { piece(Role::Ok, " met") } else { piece(Role::Critical, " MISSED") };
        return vec![piece(Role::Text, format!("usable {}", words::clock(usable))), word];
    }
    let Some(end) = expected_end(state, now).filter(|end| *end > now) else { return Vec::new() };
    let mut tail = vec![piece(Role::Text, format!("restored ~{}", end.format("%H:%MZ")))];
    let needs = clocks.rto_from.and_then(|from| (end - from).to_std().ok());
    if let Some(beyond) = needs.and_then(|needs| needs.checked_sub(rto)).filter(|beyond| !beyond.is_zero()) {
        tail.push(piece(Role::Critical, format!("  ! MISSES BY >={}", words::whole_minutes(beyond))));
    }
    tail
}

fn bar(took: Duration, rto: Duration, cells: u16, canvas: &Canvas<'_>) -> [Piece; 2] {
    let share = if rto.is_zero() { 1.0 } else { took.as_secs_f64() / rto.as_secs_f64() };
    let full = (1..=cells).take_while(|cell| f64::from(*cell) <= share * f64::from(cells)).count();
    let role = if share > 1.0 {
        Role::Critical
    } else if share > 0.75 {
        Role::Warning
    } else {
        Role::Accent
    };
    let glyphs = canvas.glyphs();
    [
        piece(role, glyphs.full.repeat(full)),
        piece(Role::Rule, glyphs.empty.repeat(usize::from(cells).saturating_sub(full))),
    ]
}

fn lost(state: &RunState, clocks: &Clocks, canvas: &mut Canvas<'_>) {
    let label = piece(Role::Heading, "DATA LOST ");
    let (Some(loss), Some(newest), Some(end)) = (clocks.loss, clocks.newest, clocks.loss_instant) else {
        canvas.pieces(1, 1, &[label, piece(Role::Muted, "known once the point is chosen")]);
        return;
    };
    // Writes given up by choice are no breach: the objective judges the rest (S14).
    let judged = loss.saturating_sub(clocks.given_up.unwrap_or_default());
    let rpo = state.opening.objectives.rpo;
    let within = rpo.is_none_or(|rpo| judged <= rpo);
    let from = words::newest(newest, end);
    let mut pieces = vec![
        label,
        piece(Role::Text, format!("{from}..{}  ", words::clock(end))),
        piece(if within { Role::Text } else { Role::Critical }, words::to_the_second(judged)),
    ];
    if let Some(rpo) = rpo {
        let ratio = words::ratio(judged, rpo).map_or_else(String::new, |ratio| format!(" ({ratio}x)"));
        pieces.push(piece(Role::Text, format!(" of {} RPO{ratio}", words::objective(rpo))));
    }
    let tail = match (clocks.given_up, clocks.newest_proven) {
        (Some(given_up), _) => format!("  and {} given up by choice", words::to_the_second(given_up)),
        (None, Some(_)) => "  proven in the restored data".to_owned(),
        (None, None) if state.is_drill() && state.simulated_loss.is_none() => {
            "  so far; fixed when the point is confirmed".to_owned()
        }
        (None, None) if !state.is_drill() && state.fence.is_alive() => {
            "  and growing: the old primary answers".to_owned()
        }
        (None, None) => "  fixed at the loss instant, not growing".to_owned(),
    };
    pieces.push(piece(Role::Muted, tail));
    canvas.pieces(1, 1, &pieces);
}
