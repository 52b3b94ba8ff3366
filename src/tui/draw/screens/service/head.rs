//! The rows above the lanes: who the service is, what is lost now, what range can be restored.

use super::Screen;
use crate::domain::{
    Ability, Assessment, ClientsMoved, Edge, Idle, Liveness, LossBasis, PointKind, Service, windows, words,
};
use crate::tui::app::model::Model;
use crate::tui::app::state::{self, Tone};
use crate::tui::app::timeline::{newest, newest_is, no_secondary, oldest};
use crate::tui::draw::canvas::{Canvas, Piece, brief, piece, pieces_width, width};
use crate::tui::draw::screens::fleet::loss_role;
use crate::tui::draw::widgets::{header, tone};
use crate::tui::theme::Role;

/// The first row.
pub(super) fn header(model: &Model, id: &str, service: Option<&Service>, canvas: &mut Canvas<'_>) {
    let wide = canvas.width() >= 96;
    let mut title = vec![piece(Role::Title, id.to_owned())];
    if let Some(service) = service.filter(|_| wide) {
        let facts = service.facts.as_ref();
        let engine = facts.map_or("engine not read", |facts| facts.engine.as_str());
        let version = facts.and_then(|facts| facts.version.as_deref()).unwrap_or_default();
        let plan = facts.and_then(|facts| facts.plan.as_deref()).unwrap_or_default();
        let tier = service.policy.tier.map_or_else(|| "no tier".to_owned(), |tier| format!("tier {tier}"));
        let words: Vec<&str> =
            [engine, version, plan, &tier].into_iter().filter(|word| !word.is_empty()).collect();
        title.push(piece(Role::Muted, format!("  {}", words.join(" "))));
    }
    header::draw(model, &title, &read(model, service), canvas);
}

/// How old what is known of the copy there is.
fn read(model: &Model, service: Option<&Service>) -> Vec<Vec<Piece>> {
    let Some(copy) = service.and_then(|service| service.secondary.as_ref()) else {
        return Vec::new();
    };
    let Some(as_of) = copy.as_of() else {
        return vec![vec![piece(Role::Unknown, "NEVER READ")], vec![piece(Role::Unknown, "UNREAD")]];
    };
    let age = words::age_of(as_of, model.now);
    let old = copy.is_old(model.now, &model.setup.stale_after);
    let role = if old { Role::Unknown } else { Role::Text };
    let since = if old { ", not since" } else { "" };
    vec![
        vec![piece(Role::Muted, "read "), piece(role, format!("{age} ago{since}"))],
        vec![piece(Role::Muted, "read "), piece(role, age)],
    ]
}

/// Regions, owner, objectives, last proof.
pub(super) fn who(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    let service = screen.view.service;
    let from = service.primary_region().unwrap_or("region not known");
    let to = service
        .secondary
        .as_ref()
        .map_or("no copy", |copy| copy.region.as_deref().unwrap_or("region not known"));
    let objective = |name: &str, amount: Option<std::time::Duration>| {
        amount.map_or_else(|| format!("no {name}"), |amount| format!("{name} {}", words::objective(amount)))
    };
    let mut pieces = vec![piece(Role::Text, format!("{from} -> {to}"))];
    let proven = service.last_proven.map_or_else(
        || (Role::Warning, "never restored".to_owned()),
        |at| (Role::Muted, format!("proven {} ago", words::age_of(at, screen.view.now))),
    );
    let owner = service.owner.as_ref().map(|owner| (Role::Muted, format!("owner {owner}")));
    let policy = &service.policy;
    let objectives =
        (Role::Text, format!("{}  {}", objective("RPO", policy.rpo), objective("RTO", policy.rto)));
    for (role, text) in [Some(objectives), Some(proven), owner].into_iter().flatten() {
        let next = piece(role, format!("   {text}"));
        if pieces_width(&pieces) + pieces_width(std::slice::from_ref(&next)) < canvas.width() {
            pieces.push(next);
        }
    }
    canvas.pieces(1, 0, &pieces);
}

/// The line of a change in which all that is left of it stands, as far as it fits.
pub(super) const LAST_OF_CHANGE: usize = 3;

/// A line of the change of where its backups are copied to that is under way.
pub(super) fn change(screen: &Screen<'_>, line: usize, canvas: &mut Canvas<'_>) {
    let lines = if line < LAST_OF_CHANGE { 1 } else { screen.change.len() };
    let lines: Vec<&str> = screen.change.iter().skip(line).take(lines).map(String::as_str).collect();
    let room = canvas.width().saturating_sub(2);
    let text = brief(&lines.join(" "), room, canvas.glyphs().more);
    canvas.put(1, 0, u16::MAX, Role::Warning, &text);
}

/// That nothing of a service comes back, longest first.
const BY_DESIGN: [&str; 3] =
    [words::BY_DESIGN, "no backups by design: lost with the region", "no backups: lost with its region"];

/// What is lost if the primary stops now, or was lost when it stopped (S5).
pub(super) fn loss(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    let service = screen.view.service;
    let Some(known) = screen.view.known else { return };
    if known.is_exempt() {
        let [.., least] = BY_DESIGN;
        let fits = BY_DESIGN.into_iter().find(|text| width(text) + 2 <= canvas.width());
        canvas.put(1, 0, u16::MAX, Role::Exempt, fits.unwrap_or(least));
        return;
    }
    if let Some(moved) = &service.clients_moved {
        left(screen, moved, canvas);
        return;
    }
    let wide = canvas.width() >= 96;
    let now = screen.view.now;
    let is_off = service.is_off();
    let label = match (known.loss.basis.counted_to(known.loss.is), known.loss.basis) {
        (None, _) if wide && is_off => "OFF; IF ITS REGION IS LOST   lose ".to_owned(),
        (None, _) if is_off => "OFF; LOSE NOW  ".to_owned(),
        (None, _) if wide => "IF THE PRIMARY STOPS NOW   lose ".to_owned(),
        (None, _) => "LOSE NOW  ".to_owned(),
        (Some(_), LossBasis::LossInstant { at, latest: Some(latest) }) => {
            format!("LOST {}..{}  ", words::newest(at, now), words::newest(latest, now))
        }
        (Some(at), _) if wide => format!("LOST AT {}   ", words::instant(at)),
        (Some(at), _) => format!("LOST {}  ", words::newest(at, now)),
    };
    let (tone, word) = state::word(service, known);
    let of = service.policy.rpo.map_or_else(String::new, |rpo| format!(" of {}", words::objective(rpo)));
    let intact = known.loss.if_copy_intact && known.loss.amount.is_some();
    let mut pieces = vec![
        piece(Role::Heading, label),
        piece(loss_role(known), words::loss_seconds(known)),
        piece(Role::Muted, of),
    ];
    let ground = known.loss.ground.as_ref();
    let holds = match (intact, ground) {
        (true, _) => " if the copy is intact".to_owned(),
        (false, Some(ground)) if wide => format!(", not growing ({})", ground.text()),
        (false, Some(ground)) => format!(" ({})", ground.grade()),
        (false, None) => String::new(),
    };
    let holds = vec![piece(Role::Muted, holds)];
    let word = vec![piece(tone::role(tone), format!("   {} {word}", tone::glyph(tone, canvas.glyphs())))];
    let (restore, alive, short) = (restore(screen), liveness(screen, true), liveness(screen, false));
    let room = canvas.width().saturating_sub(pieces_width(&pieces) + 2);
    let silent = service.silent_since().is_some();
    let less: &[&[Piece]] = if silent { &[&word, &short] } else { &[&word, &restore] };
    let behind = words::trailing(known, screen.view.now);
    let behind: Vec<Piece> =
        behind.map(|text| piece(Role::Muted, format!("   {text}"))).into_iter().collect();
    // That an old newest instant loses nothing is to be seen before how long a restore takes.
    let idle: &[&[Piece]] = if matches!(known.idle, Idle::Proven { .. }) {
        &[&word, &behind]
    } else {
        &[&holds, &word, &restore, &alive]
    };
    let choices: [&[&[Piece]]; 10] = [
        &[&holds, &word, &behind, &restore, &alive],
        &[&holds, &word, &behind, &restore, &short],
        idle,
        &[&holds, &word, &restore, &alive],
        &[&holds, &word, &restore, &short],
        if silent { &[&holds, &word, &short] } else { &[&holds, &word, &restore] },
        less,
        &[&word, &short],
        &[&word],
        &[],
    ];
    let fits = choices.iter().map(|choice| choice.concat()).find(|choice| pieces_width(choice) <= room);
    pieces.extend(fits.unwrap_or_default());
    canvas.pieces(1, 0, &pieces);
}

/// That clients left the service for a fork: what it would lose is nobody's loss any more, and who looks after the
/// fork.
fn left(screen: &Screen<'_>, moved: &ClientsMoved, canvas: &mut Canvas<'_>) {
    let now = screen.view.now;
    let at = words::newest(moved.at, now);
    let watch = moved.watch(screen.model.fleet.listed(moved), now);
    let short = if moved.watched_as.is_some() { watch.as_str() } else { "NOT WATCHED here" };
    let lacks = "a restore here lacks what was written since";
    let ways = [
        (moved.fork_at(), format!(", {watch}; moved by {}; {lacks}", moved.run)),
        (moved.fork_at(), format!(", {watch}; {lacks}")),
        (moved.fork_at(), format!(", {watch}")),
        (moved.fork_at(), format!(", {short}; {lacks}")),
        (moved.fork.clone(), format!(", {short}; {lacks}")),
        (moved.fork.clone(), format!(", {short}")),
    ];
    let ways = ways.map(|(fork, rest)| {
        [
            piece(Role::Heading, format!("CLIENTS LEFT {at} for ")),
            piece(Role::Warning, fork),
            piece(Role::Muted, rest),
        ]
    });
    let fits = ways.iter().find(|way| pieces_width(&way[..]) + 1 < canvas.width()).or(ways.last());
    canvas.pieces(1, 0, fits.map_or(&[], |way| &way[..]));
}

/// How long a restore takes, of the RTO; nothing where there is nothing to restore.
fn restore(screen: &Screen<'_>) -> Vec<Piece> {
    if screen.view.known.is_some_and(Assessment::has_nothing_there) {
        return Vec::new();
    }
    let rto = screen.view.service.policy.rto;
    let of = rto.map_or_else(String::new, |rto| format!(" of {}", words::objective(rto)));
    let known = screen.view.known.and_then(|known| known.restore.as_ref());
    let (role, text, basis) = match known {
        Some(restore) if !restore.is_guess() => (
            Role::Text,
            words::restore(restore),
            format!(" ({} {})", restore.runs, if restore.runs == 1 { "run" } else { "runs" }),
        ),
        Some(restore) => (Role::Text, words::restore(restore), " a guess".to_owned()),
        None => (Role::Unknown, words::UNKNOWN.to_owned(), String::new()),
    };
    vec![piece(Role::Muted, "   restore "), piece(role, text), piece(Role::Muted, format!("{of}{basis}"))]
}

/// Whether the primary answers, with the age of that where `aged`.
fn liveness(screen: &Screen<'_>, aged: bool) -> Vec<Piece> {
    let now = screen.view.now;
    let liveness = screen.view.service.alive();
    let silent = liveness.silent_since().map(|since| words::newest(since, now)).unwrap_or_default();
    let silent = format!("   primary silent since {silent}");
    vec![match liveness {
        _ if screen.view.service.is_off() => piece(Role::Muted, "   primary switched off"),
        Liveness::Answers { at } if screen.view.service.either_answers().is_some() => {
            let age = words::age_of(at, now);
            let answers = if liveness.answers(now) { "answers" } else { "answered" };
            piece(Role::Unknown, format!("   primary or fork {answers} ({age} ago)"))
        }
        Liveness::Answers { at } if !liveness.answers(now) => {
            piece(Role::Unknown, format!("   primary answered {} ago", words::age_of(at, now)))
        }
        Liveness::Answers { at } if aged => {
            piece(Role::Ok, format!("   primary answers ({} ago)", words::age_of(at, now)))
        }
        Liveness::Answers { .. } => piece(Role::Ok, "   primary answers"),
        Liveness::Silent { since, seen_at, .. } if !liveness.is_fresh(now) => {
            let asked = words::age_of(seen_at.max(since), now);
            piece(Role::Unknown, format!("{silent}, last asked {asked} ago"))
        }
        Liveness::Silent { .. } => piece(Role::Critical, silent),
        Liveness::NotProbed => piece(Role::Muted, "   primary not probed"),
    }]
}

/// Oldest, newest and holes there.
pub(super) fn range(screen: &Screen<'_>, canvas: &mut Canvas<'_>) {
    let service = screen.view.service;
    let label = if canvas.width() < 96 { "THERE  " } else { "CAN RESTORE THERE          " };
    let mut pieces = vec![piece(Role::Heading, label)];
    let Some(copy) = &service.secondary else {
        pieces.push(piece(screen.role_of_none(), no_secondary(service)));
        canvas.pieces(1, 0, &pieces);
        return;
    };
    let reading = copy.last_good.as_deref();
    let old = copy.is_old(screen.view.now, screen.view.stale_after);
    let role = if old { tone::role(Tone::Unknown) } else { Role::Text };
    let is_empty = screen.view.known.is_some_and(Assessment::has_nothing_there);
    let without = if is_empty { "none" } else { words::UNKNOWN };
    let shown = |at: Option<String>| at.unwrap_or_else(|| without.to_owned());
    let mark = if old && reading.is_some() { "?" } else { "" };
    let now = screen.view.now;
    let kind = match reading.map(|reading| reading.ability) {
        Some(Ability::Snapshots) => PointKind::Snapshot,
        _ => PointKind::Unknown,
    };
    let oldest = reading.and_then(oldest).map(|at| words::of_backup(at, kind));
    let newest = reading.and_then(newest);
    let (oldest, newest) = if canvas.width() < 96 {
        (oldest.map(|at| words::oldest_to_the_second(at, now)), newest.map(|at| words::newest(at, now)))
    } else {
        (oldest.map(words::instant_up), newest.map(words::instant))
    };
    let newest = newest.map(|at| words::edge(&at, reading.map_or(Edge::Exact, newest_is)));
    let mut edges = [("oldest ", oldest), ("newest ", newest)];
    if canvas.width() < 60 {
        // The last one yields: that must not be the newest.
        edges.reverse();
    }
    for (index, (label, at)) in edges.into_iter().enumerate() {
        let edge =
            [piece(Role::Muted, label), piece(role, format!("{}{mark}", shown(at))), piece(role, "   ")];
        // An instant that is cut is another one.
        if index == 0 || pieces_width(&pieces) + pieces_width(&edge[..2]) + 1 < canvas.width() {
            pieces.extend(edge);
        }
    }
    let fits = |text: &String| pieces_width(&pieces) + width(text) + 1 < canvas.width();
    if let Some(holes) = holes(screen).into_iter().flatten().find(fits) {
        pieces.push(piece(Role::Warning, holes));
    }
    canvas.pieces(1, 0, &pieces);
}

/// `1 hole (11h 30m)`, and shorter.
fn holes(screen: &Screen<'_>) -> Option<[String; 2]> {
    let reading = screen.view.service.secondary.as_ref()?.last_good.as_ref()?;
    let holes: Vec<_> = windows::holes(reading.windows.as_deref()?).collect();
    let longest = holes.iter().filter_map(|hole| (hole.before - hole.after).to_std().ok()).max()?;
    let longest = words::age(longest);
    let counted = words::count(holes.len(), "hole");
    let which = if holes.len() == 1 { "" } else { "longest " };
    Some([format!("{counted} ({which}{longest})"), counted])
}
