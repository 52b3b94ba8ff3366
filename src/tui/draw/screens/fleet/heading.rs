//! The rows above the list: the header with the oldest reading, the counts, the sources.

use crate::domain::fleet::{Probes, SourceState};
use crate::domain::{Outcome, Timestamp, fork_left};
use crate::tui::app::model::Model;
use crate::tui::draw::canvas::{Canvas, Piece, piece, pieces_width};
use crate::tui::draw::widgets::header::{self, age};
use crate::tui::theme::Role;

/// Draws them into a canvas of two, three or four rows.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    let title = [piece(Role::Title, "lifeboat "), piece(Role::Text, model.setup.fleet.clone())];
    header::draw(model, &title, &header::oldest_reading(model), canvas);
    counts(model, canvas);
    if canvas.height() > 3 {
        let mut x = sources(model, canvas);
        x = x.saturating_add(5);
        let probes = probes(model);
        if x + pieces_width(&probes) < canvas.width() {
            canvas.pieces(x, 2, &probes);
        }
    }
    if canvas.height() > 2 {
        let last = canvas.height() - 1;
        canvas.rule(last, "");
    }
}

/// The words of the counts, longest first: no copy, beyond RPO, critical, unknown, warning, ok, never restored,
/// exempt, and what stands between.
const COUNTS: [[&str; 9]; 4] = [
    [
        "NO COPY THERE",
        "BEYOND RPO",
        "CRITICAL",
        "UNKNOWN",
        "WARNING",
        "OK",
        "never restored",
        "exempt",
        "   ",
    ],
    ["NO COPY", "BEYOND RPO", "CRITICAL", "UNKNOWN", "WARNING", "OK", "never restored", "exempt", "  "],
    ["NO COPY", "BEYOND RPO", "CRITICAL", "UNKNOWN", "WARNING", "OK", "", "exempt", "  "],
    ["no copy", "RPO", "crit", "unkn", "warn", "ok", "", "exempt", " "],
];

fn counts(model: &Model, canvas: &mut Canvas<'_>) {
    let all = COUNTS.map(|words| counted(model, words));
    let left = (!model.forks_left.is_empty())
        .then(|| piece(Role::Warning, format!("  {}", fork_left::counted(&model.forks_left))));
    let left = left.as_slice();
    let fits = |beside: &[Piece]| {
        let room = canvas.width().saturating_sub(pieces_width(beside) + 1);
        all.iter().find(|pieces| pieces_width(pieces) < room)
    };
    let unread = model.runs_unread.as_ref().map(|unread| unread.in_words(model.now).to_vec());
    let said = |short: &str, why: &String| vec![format!("{short}: {why}"), short.to_owned()];
    let regions = model.regions_unread.as_ref().map(|why| said("REGION CHANGES NOT KNOWN", why));
    let not_saved = model.setup.not_saved.as_ref().map(|why| said("NOT SAVED", why));
    let told: Vec<Vec<String>> = [unread, regions, not_saved].into_iter().flatten().collect();
    let shortest = told.iter().filter_map(|ways| Some(piece(Role::Warning, format!("  {}", ways.last()?))));
    let shortest: Vec<Piece> = shortest.collect();
    // What was left behind is worth shorter words, not the shortest.
    let with_left = fits(&[left, &shortest].concat()).filter(|pieces| all.last() != Some(*pieces));
    let mut pieces = with_left.or_else(|| fits(&shortest)).or(all.last()).cloned().unwrap_or_default();
    pieces.extend(with_left.into_iter().flat_map(|_| left.iter().cloned()));
    for ways in told {
        let mut ways = ways.into_iter().map(|text| [piece(Role::Warning, format!("  {text}"))]);
        let room = canvas.width().saturating_sub(pieces_width(&pieces) + 2);
        let fits = |way: &[Piece; 1]| pieces_width(way) <= room;
        pieces.extend(ways.clone().find(fits).or_else(|| ways.next_back()).into_iter().flatten());
    }
    canvas.pieces(1, 1, &pieces);
}

fn counted(model: &Model, words: [&str; 9]) -> Vec<Piece> {
    let [no_copy, beyond, critical, unknown, warning, ok, unproven, exempt, gap] = words;
    let counts = model.board.counts();
    let one = |role: Role, label: &str, count: usize| {
        piece(if count == 0 { Role::Muted } else { role }, format!("{label} {count}"))
    };
    let between = piece(Role::Muted, gap);
    let mut pieces = vec![
        one(Role::Critical, no_copy, counts.no_copy),
        between.clone(),
        one(Role::Critical, beyond, counts.beyond_rpo),
        between.clone(),
    ];
    if counts.critical > 0 {
        pieces.extend([one(Role::Critical, critical, counts.critical), between.clone()]);
    }
    pieces.extend([one(Role::Unknown, unknown, counts.unknown), between.clone()]);
    if counts.warning > 0 {
        pieces.extend([one(Role::Warning, warning, counts.warning), between.clone()]);
    }
    pieces.push(one(Role::Ok, ok, counts.ok));
    if counts.unproven > 0 && !unproven.is_empty() {
        pieces.push(piece(Role::Warning, format!(" ({} {unproven})", counts.unproven)));
    }
    pieces.extend([between, piece(Role::Muted, format!("{exempt} {}", counts.exempt))]);
    pieces
}

/// Every source with the age of its reading; those in trouble first when there is no room for all.
fn sources(model: &Model, canvas: &mut Canvas<'_>) -> u16 {
    let mut x = canvas.put(1, 2, u16::MAX, Role::Muted, "reads ");
    let mut sources: Vec<_> = model.fleet.sources.iter().collect();
    sources.sort_by_key(|(_, state)| state.attempt.outcome.has_facts());
    let room = canvas.width().saturating_sub(12);
    for (index, (name, state)) in sources.iter().enumerate() {
        let pieces = source(name, state, model.now);
        if x + pieces_width(&pieces) > room && index > 0 {
            let more = format!("and {} more", sources.len() - index);
            return canvas.put(x, 2, u16::MAX, Role::Muted, &more);
        }
        x = canvas.pieces(x, 2, &pieces);
    }
    x
}

fn source(name: &str, state: &SourceState, now: Timestamp) -> Vec<Piece> {
    let age = state.last_good.map_or_else(|| "never".to_owned(), |at| age(at, now));
    let trouble = match state.attempt.outcome {
        Outcome::Ok => None,
        Outcome::Partial => Some((Role::Warning, "PARTLY")),
        Outcome::Unreachable => Some((Role::Unknown, "UNREACHABLE")),
        Outcome::TimedOut => Some((Role::Unknown, "TIMEOUT")),
        Outcome::Denied => Some((Role::Unknown, "DENIED")),
        Outcome::RateLimited => Some((Role::Warning, "RATE LIMIT")),
        Outcome::NotFound => Some((Role::Unknown, "NOT FOUND")),
        Outcome::Malformed => Some((Role::Unknown, "GARBAGE")),
        Outcome::Error => Some((Role::Unknown, "ERROR")),
        Outcome::NeverRead => Some((Role::Muted, "asked")),
    };
    let mut pieces = vec![piece(Role::Text, name.to_owned())];
    if let Some((role, word)) = trouble {
        pieces.push(piece(role, format!(" {word}")));
    }
    pieces.push(piece(Role::Muted, format!(" {age}  ")));
    pieces
}

fn probes(model: &Model) -> Vec<Piece> {
    let Probes { answer, silent, not_known, off, oldest } = model.tally.probes();
    let probed = answer + silent + not_known;
    if probed == 0 {
        return vec![piece(Role::Muted, "no probes")];
    }
    let role = if silent > 0 { Role::Critical } else { Role::Text };
    let off = if off > 0 { format!(", {off} off") } else { String::new() };
    let age = oldest.map_or_else(String::new, |at| format!(" ({})", age(at, model.now)));
    vec![
        piece(Role::Muted, "probes: "),
        piece(role, format!("{answer} of {probed} primaries answer")),
        piece(Role::Muted, format!("{off}{age}")),
    ]
}
