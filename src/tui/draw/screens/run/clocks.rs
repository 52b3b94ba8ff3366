//! The two clocks of a run: how long the service is down, and what is lost.

use std::time::Duration;

use crate::domain::{Ground, Met, Timestamp, words};
use crate::runbook::{Clocks, RunState, expected_end, left_out};
use crate::tui::app::model::Model;
use crate::tui::app::runs;
use crate::tui::draw::canvas::{Canvas, Piece, piece, pieces_width, width};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// Draws both lines.
pub(super) fn draw(model: &Model, state: &RunState, canvas: &mut Canvas<'_>) {
    let clocks = runs::clocks(model, state);
    down(model, state, &clocks, canvas);
    lost(state, &clocks, canvas);
}

/// Below this many columns a clock shows its amount first, and what leads to it only as far as it fits.
const NARROW: u16 = 64;

fn down(model: &Model, state: &RunState, clocks: &Clocks, canvas: &mut Canvas<'_>) {
    let (label, since) = from(state, clocks, model.now, canvas.width());
    let Some(took) = clocks.recovery_time else {
        let begins = [piece(Role::Heading, format!("{label} ")), piece(Role::Text, format!("{since}   "))];
        let waits = clocks.rto_from.map_or("clock not begun", |_| "not known: it lived on after that");
        let waits = piece(Role::Muted, waits);
        let begins = if canvas.width() < NARROW { Vec::new() } else { begins.to_vec() };
        canvas.pieces(1, 0, &begins.into_iter().chain([waits]).collect::<Vec<_>>());
        return;
    };
    let short = vec![piece(Role::Heading, if state.is_drill() { "TOOK " } else { "DOWN " })];
    let long = vec![piece(Role::Heading, format!("{label} ")), piece(Role::Text, format!("{since}   "))];
    let mut pieces = Vec::new();
    let rto = state.opening.objectives.rto;
    let amount = clocks.recovery_text().unwrap_or_default();
    pieces.push(piece(rto.map_or(Role::Text, |rto| role(clocks.rto_met(rto), took, rto)), amount));
    let Some(rto) = rto else {
        pieces.push(piece(Role::Muted, "  no RTO"));
        let head = if canvas.width() < NARROW { short } else { long };
        canvas.pieces(1, 0, &[head, pieces].concat());
        return;
    };
    let beyond = beyond(took, rto, clocks, canvas);
    let of = piece(Role::Text, format!(" of {} RTO ", words::objective(rto)));
    pieces.extend(of_objective(of, &[short.clone(), pieces.clone()].concat(), beyond.as_slice(), canvas));
    pieces.extend(beyond);
    // By how much it is missed is never cut: since when yields to it.
    let both_fit = pieces_width(&long) + pieces_width(&pieces) + 1 < canvas.width();
    let head = if canvas.width() < NARROW || !both_fit { short } else { long };
    let mut pieces = [head, pieces].concat();
    let room = canvas.width().saturating_sub(pieces_width(&pieces) + 4);
    let tails = tails(state, clocks, rto, model.now, canvas.glyphs());
    let tail = tails.into_iter().find(|tail| pieces_width(tail) <= room).unwrap_or_default();
    let cells = room.saturating_sub(pieces_width(&tail)).min(if canvas.width() >= 120 { 30 } else { 16 });
    if cells >= 4 {
        pieces.extend(bar(took, rto, clocks, cells, canvas));
    }
    pieces.push(piece(Role::Text, "  "));
    pieces.extend(tail);
    canvas.pieces(1, 0, &pieces);
}

/// From when it is counted, and what that is.
fn from(state: &RunState, clocks: &Clocks, now: Timestamp, width: u16) -> (&'static str, String) {
    const ROOMY: u16 = 120;
    let label = match clocks.usable {
        _ if state.is_drill() => "SIMULATED LOSS AT",
        Some(_) => "DOWN FROM",
        None => "DOWN SINCE",
    };
    match (clocks.down_since, clocks.declared, state.left_for()) {
        (Some(at), ..) => {
            let earliest = clocks.down_earliest.map(|earliest| format!("{}..", words::newest(earliest, now)));
            (label, format!("{}{}", earliest.unwrap_or_default(), words::newest(at, now)))
        }
        (None, Some(at), Some(moved)) => {
            let why = if width < ROOMY { String::new() } else { format!(", {}", moved.unstated()) };
            ("DECLARED", format!("{}{why}", words::newest(at, now)))
        }
        (None, ..) if state.is_drill() => (label, "the point's confirmation".to_owned()),
        (None, ..) => (label, "not stated".to_owned()),
    }
}

const HOUR: Duration = Duration::from_secs(3600);

/// How an amount is told: what may be too much, and is not shown to be, is less than what is.
fn role(met: Option<Met>, amount: Duration, objective: Duration) -> Role {
    match met {
        Some(Met::No) => Role::Critical,
        Some(Met::NotShown) if amount > objective => Role::Warning,
        _ => Role::Text,
    }
}

/// The objective is missed already, or may be: a glyph and a word, whatever the colours.
fn beyond(took: Duration, rto: Duration, clocks: &Clocks, canvas: &Canvas<'_>) -> Option<Piece> {
    let by = took.checked_sub(rto).filter(|by| !by.is_zero() && clocks.usable.is_none())?;
    if clocks.rto_met(rto) == Some(Met::NotShown) {
        return Some(piece(Role::Warning, format!(" {} may be MISSED ", canvas.glyphs().warning)));
    }
    let glyph = canvas.glyphs().critical;
    // Surely by as much as the shorter of a range, at most by as much as the longer.
    let sure = clocks.recovery_least.and_then(|least| least.checked_sub(rto)).filter(|by| !by.is_zero());
    // What took hours is shown to the minute, and so is by how much that is too long.
    let by = match sure {
        _ if took < HOUR => words::range(by, clocks.recovery_is, sure),
        Some(sure) => {
            words::range(words::as_shown(by), clocks.recovery_is, Some(words::as_shown_at_least(sure)))
        }
        None => words::bounded_minutes(by, clocks.recovery_is),
    };
    Some(piece(Role::Critical, format!(" {glyph} MISSED by {by} ")))
}

/// The objective, where it fits between an amount and whether that is beyond it: both are read first.
fn of_objective(of: Piece, amount: &[Piece], beyond: &[Piece], canvas: &Canvas<'_>) -> Option<Piece> {
    let needs = pieces_width(amount) + pieces_width(std::slice::from_ref(&of)) + pieces_width(beyond);
    Some(of).filter(|_| beyond.is_empty() || needs + 1 < canvas.width())
}

/// When it should be back, and by how much that misses the objective; shorter ones behind.
fn tails(
    state: &RunState,
    clocks: &Clocks,
    rto: Duration,
    now: Timestamp,
    glyphs: &Glyphs,
) -> Vec<Vec<Piece>> {
    if let Some(usable) = clocks.usable {
        let word = match clocks.rto_met(rto) {
            Some(Met::Yes) => piece(Role::Ok, format!("{} met", glyphs.ok)),
            Some(Met::No) => piece(Role::Critical, format!("{} MISSED", glyphs.critical)),
            Some(Met::NotShown) | None => {
                piece(Role::Warning, format!("{} not shown to be met", glyphs.warning))
            }
        };
        let at = piece(Role::Text, format!("usable {} ", words::clock(usable)));
        return vec![vec![at, word.clone()], vec![word]];
    }
    let Some(end) = expected_end(state).filter(|end| *end > now && !state.is_over()) else {
        return Vec::new();
    };
    let back = piece(Role::Text, format!("restored ~{}", words::minute_by(end)));
    let from = clocks.rto_from_latest.or(clocks.rto_from);
    let needs = from.and_then(|from| (end - from).to_std().ok());
    let beyond = needs.and_then(|needs| needs.checked_sub(rto)).filter(|beyond| !beyond.is_zero());
    match beyond.filter(|_| clocks.recovery_time.is_none_or(|took| took <= rto)) {
        Some(beyond) => {
            // Checks come after the restore: it is at least this, so it is not rounded up.
            let misses =
                piece(Role::Critical, format!("  {} MISSES BY >={}", glyphs.critical, words::age(beyond)));
            vec![vec![back, misses.clone()], vec![misses]]
        }
        None => vec![vec![back]],
    }
}

fn bar(took: Duration, rto: Duration, clocks: &Clocks, cells: u16, canvas: &Canvas<'_>) -> [Piece; 2] {
    let share = if rto.is_zero() { 1.0 } else { took.as_secs_f64() / rto.as_secs_f64() };
    let full = (1..=cells).take_while(|cell| f64::from(*cell) <= share * f64::from(cells)).count();
    let role = if share > 1.0 {
        role(clocks.rto_met(rto), took, rto)
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
    let label = piece(Role::Heading, if state.is_drill() { "WOULD LOSE " } else { "DATA LOST " });
    let (Some(judged), Some(end)) = (clocks.judged, clocks.loss_instant) else {
        let unknown = state.left_for().filter(|_| clocks.newest.is_some());
        let unknown = unknown.map_or_else(
            || "known once the point is chosen".to_owned(),
            |moved| format!("not known: {}", moved.unstated()),
        );
        canvas.pieces(1, 1, &[label, piece(Role::Muted, unknown)]);
        return;
    };
    // What clients wrote to a fork since is lost, too: the amount is not all.
    let rpo = state.opening.objectives.rpo.filter(|_| state.opening.before.clients_moved.is_none());
    let met = rpo.and_then(|rpo| clocks.rpo_met(rpo));
    let role = rpo.map_or(Role::Text, |rpo| role(met, judged, rpo));
    let from = clocks.judged_from.filter(|_| canvas.width() >= NARROW);
    let span = from.map(|from| format!("{}..{}  ", words::newest(from, end), words::clock(end)));
    let mut pieces = vec![label];
    pieces.extend(span.map(|span| piece(Role::Text, span)));
    let amount = clocks.judged_text().unwrap_or_default();
    pieces.push(piece(role, amount));
    let beyond = match role {
        Role::Critical => Some(piece(role, format!(" {} BEYOND", canvas.glyphs().critical))),
        Role::Warning => Some(piece(role, format!(" {} may be BEYOND", canvas.glyphs().warning))),
        _ => None,
    };
    if let Some(rpo) = rpo {
        let ratio = words::ratio(judged, clocks.judged_is, rpo).filter(|_| canvas.width() >= NARROW);
        let ratio = ratio.map_or_else(String::new, |ratio| format!(" ({ratio}x)"));
        let of = piece(Role::Text, format!(" of {} RPO{ratio}", words::objective(rpo)));
        pieces.extend(of_objective(of, &pieces, beyond.as_slice(), canvas));
    }
    pieces.extend(beyond);
    let room = canvas.width().saturating_sub(pieces_width(&pieces) + 2);
    let tails = what_of_it(state, clocks, end);
    if let Some(tail) = tails.iter().find(|tail| width(tail) <= room) {
        pieces.push(piece(Role::Muted, tail.clone()));
    }
    canvas.pieces(1, 1, &pieces);
}

/// Whether it is counted to now: the old primary is not known to have stopped, and clients still use it.
fn is_growing(state: &RunState, clocks: &Clocks) -> bool {
    let is_open = !state.is_drill() && !state.is_over() && clocks.usable.is_none();
    is_open && clocks.loss_ground.is_none()
}

/// Whether the loss stands, longest first.
fn what_of_it(state: &RunState, clocks: &Clocks, end: Timestamp) -> Vec<String> {
    let both = |long: &str, short: &str| vec![format!("  {long}"), format!("  {short}")];
    if let Some(moved) = &state.opening.before.clients_moved {
        let since = words::newest(moved.at, end);
        let left_out = left_out(state, clocks).map(|left_out| format!("; {left_out}")).unwrap_or_default();
        if let Some(Ground::Word { .. }) = &clocks.loss_ground {
            return vec![
                format!("  with all that clients wrote to {} since {since}{left_out}", moved.fork),
                format!("  with all that clients wrote to {} since {since}", moved.fork),
                format!("  with all written since {since}"),
                "  with all since then".to_owned(),
            ];
        }
        return vec![
            format!("  and all that clients wrote to {} since {since}{left_out}", moved.fork),
            format!("  and all that clients wrote to {} since {since}", moved.fork),
            format!("  and all written since {since}"),
            "  and more".to_owned(),
        ];
    }
    match (clocks.given_up, clocks.newest_proven) {
        (Some(given_up), _) => {
            let given_up = words::to_the_second(given_up);
            let to = clocks.newest.map(|to| format!(", to {}", words::newest(to, end))).unwrap_or_default();
            vec![
                format!("  and {given_up} more given up by choice{to}"),
                format!("  and {given_up} given up by choice"),
                format!("  +{given_up} by choice"),
            ]
        }
        (None, _) if clocks.whole_until > clocks.newest => {
            both("nothing was written between the newest data and this", "idle before")
        }
        (None, Some(_)) if is_growing(state, clocks) => {
            let why = if state.fence.is_alive() {
                "the old primary answers"
            } else {
                "nothing says that it stopped"
            };
            vec![
                format!("  from the data proven in the fork to now: {why}"),
                "  from proven data to now: GROWING".to_owned(),
                "  GROWING".to_owned(),
            ]
        }
        (None, Some(_)) if clocks.loss_earliest.is_some() => vec![
            "  from the proven data to the latest it can be".to_owned(),
            "  to the latest it can be".to_owned(),
            "  proven".to_owned(),
        ],
        (None, Some(_)) => both("proven in the restored data", "proven"),
        (None, None) if state.is_drill() && state.simulated_loss.is_none() => {
            both("so far; fixed when the point is confirmed", "so far")
        }
        (None, None) => match &clocks.loss_ground {
            Some(_) if clocks.or_later.is_some() => {
                both("and more, if what answers is the old primary", "and more, if it lives")
            }
            Some(ground) if clocks.loss_earliest.is_some() => vec![
                format!("  not growing; to the latest it can be; the earliest is {}", ground.text()),
                "  fixed, to the latest it can be".to_owned(),
                format!("  fixed, {}", ground.grade()),
                "  fixed".to_owned(),
            ],
            Some(ground) => vec![
                format!("  not growing; loss instant: {}", ground.text()),
                format!("  fixed: {}", ground.text()),
                format!("  fixed, {}", ground.grade()),
                "  fixed".to_owned(),
            ],
            None if state.is_drill() => both("fixed at the loss instant, not growing", "fixed"),
            None if clocks.usable.is_some() => both("not growing; counted to the cut-over", "fixed"),
            None if state.is_over() => {
                both("counted to the end of the run: nothing says that it stopped", "to its end")
            }
            None if state.fence.is_alive() => both("and growing: the old primary answers", "GROWING"),
            None => both("counted to now: nothing says that it stopped", "GROWING"),
        },
    }
}
