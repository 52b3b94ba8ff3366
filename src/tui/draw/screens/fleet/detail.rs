//! The lines below the list: the selected service explains itself and says what to do next.

use crate::domain::{Assessment, Outcome, Service, open_run, words};
use crate::tui::app::copy_region;
use crate::tui::app::keys::naming;
use crate::tui::app::model::Model;
use crate::tui::app::runs::{self, Earlier};
use crate::tui::app::state::Tone;
use crate::tui::draw::canvas::{Canvas, brief, piece, pieces_width, width, wrap};
use crate::tui::draw::widgets::tone;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Role;

/// Rows beside what is to be noted: the rule, who it is, what to do next.
const OTHERS: u16 = 3;

/// The rows with which a service explains itself whole.
pub(super) fn needed(model: &Model, service: &Service, known: &Assessment, screen: u16) -> u16 {
    let lines =
        notes(model, service, known).iter().map(|(_, text)| wrap(text, room(screen)).len()).sum::<usize>();
    u16::try_from(lines.max(1)).unwrap_or(u16::MAX).saturating_add(OTHERS)
}

/// The cells of a line that explains.
const fn room(screen: u16) -> u16 {
    screen.saturating_sub(4)
}

/// What is to be noted of a service, the worst first.
fn notes(model: &Model, service: &Service, known: &Assessment) -> Vec<(Tone, String)> {
    let of_runs = open_run::restoring_less(service, known, model.now).map(|text| (Tone::Warning, text));
    let findings = known.findings.iter().map(|finding| (Tone::from(finding.level), finding.text.clone()));
    let moving = copy_region::sentence_of(model, service).map(|text| (Tone::Warning, text));
    let mut notes: Vec<_> = moving.into_iter().chain(of_runs).chain(findings).collect();
    if service.clients_moved.is_some() {
        // That clients left it comes before what a run restores of it.
        notes.sort_by_key(|(tone, _)| *tone != Tone::Critical && *tone != Tone::Unknown);
    }
    notes
}

/// Draws them, a rule first.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>) {
    canvas.rule(0, &position(model));
    let Some(service) = model.selected() else { return };
    let Some(known) = model.board.assessment(&service.id) else { return };
    who(model, service, known, canvas);
    let room = canvas.height().saturating_sub(OTHERS);
    let notes = notes(model, service, known);
    if notes.is_empty() && room > 0 {
        let glyph = canvas.glyphs().ok;
        let text = format!("{glyph} nothing to report");
        canvas.put(1, 2, u16::MAX, Role::Ok, &text);
    }
    let mut y = 2;
    for (tone, text) in notes {
        let lines = wrap(&text, self::room(canvas.width()));
        let left = usize::from((room + 2).saturating_sub(y));
        let glyph = tone::glyph(tone, canvas.glyphs());
        if left > 0 {
            canvas.put(1, y, 1, tone::role(tone), glyph);
        }
        let whole = lines.len() <= left;
        for (index, line) in lines.iter().take(left).enumerate() {
            let more = if whole || index + 1 < left { "" } else { canvas.glyphs().more };
            canvas.put(3, y, u16::MAX, Role::Text, &format!("{line}{more}"));
            y += 1;
        }
    }
    let last = canvas.height().saturating_sub(1);
    if last > 1 {
        next(model, service, known, last, canvas);
    }
}

/// What is to be done first where its source does not take the token: nothing there can be read, nor a
/// restore be looked after with it. Why stands in the finding, and here where there is room.
fn renewal(model: &Model, service: &Service, wide: bool) -> Option<String> {
    let copy = service.secondary.as_ref().filter(|copy| copy.attempt.outcome == Outcome::Denied)?;
    let why = copy.attempt.error.as_deref().and_then(|error| error.split(": ").next()).unwrap_or("denied");
    let last = copy
        .as_of()
        .map_or_else(|| "never read".to_owned(), |at| format!("last read {}", words::newest(at, model.now)));
    let because = if wide { format!(" ({why}; {last})") } else { String::new() };
    Some(format!("renew the token of {} first{because}", copy.source))
}

/// How the rows are ordered, and which of how many are shown, when not all are.
fn position(model: &Model) -> String {
    let (shown, all) = (model.board.len(), model.fleet.services.len());
    let filter = &model.board.filter;
    let first = model.board.offset() + 1;
    let last = (model.board.offset() + model.page()).min(shown);
    let rows = (shown > model.page()).then(|| format!("{first}-{last} of {shown}"));
    let of_all = format!("{shown} of {all}");
    let which = match (filter.is_empty(), &model.board.region) {
        (true, None) => None,
        (true, Some(region)) => Some(format!("in {region}, {of_all}")),
        (false, None) => Some(format!("matching \"{filter}\", {of_all}")),
        (false, Some(region)) => Some(format!("matching \"{filter}\" in {region}, {of_all}")),
    };
    let order = Some(model.board.sort.sentence().to_owned());
    [order, rows, which].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn who(model: &Model, service: &Service, known: &Assessment, canvas: &mut Canvas<'_>) {
    let facts = service.facts.as_ref();
    let plan = facts.and_then(|facts| facts.plan.as_deref()).filter(|_| canvas.width() >= 96);
    let mut engine =
        facts.map_or_else(|| "engine not read".to_owned(), |facts| facts.engine.as_str().to_owned());
    for part in [facts.and_then(|facts| facts.version.as_deref()), plan].into_iter().flatten() {
        engine = format!("{engine} {part}");
    }
    let from = service.primary_region().unwrap_or("region not known");
    let to = known
        .secondary
        .as_ref()
        .map_or("no copy", |copy| copy.region.as_deref().unwrap_or("region not known"));
    let copy = known.secondary.as_ref().or(known.primary.as_ref());
    let read = match copy.and_then(|copy| copy.as_of) {
        _ if canvas.width() < 96 => String::new(),
        Some(at) => format!("read {}", words::newest(at, model.now)),
        None => "never read".to_owned(),
    };
    let proven = service.last_proven.map_or_else(
        || "never restored".to_owned(),
        |at| format!("proven {} ago", words::age_of(at, model.now)),
    );
    let mut pieces = vec![piece(Role::Title, service.id.clone()), piece(Role::Muted, format!("  {engine}"))];
    for (role, ways) in [
        (Role::Text, vec![format!("   {from} -> {to}"), format!("   -> {to}")]),
        (Role::Muted, vec![format!("   {proven}")]),
        (Role::Muted, vec![format!("   {read}")]),
    ] {
        let room = canvas.width().saturating_sub(pieces_width(&pieces) + 2);
        pieces.extend(ways.into_iter().find(|way| width(way) <= room).map(|way| piece(role, way)));
    }
    canvas.pieces(1, 1, &pieces);
}

const LIST: (Context, Action) = (Context::Fleet, Action::ScreenRuns);
const OPEN: (Context, Action) = (Context::Runs, Action::Open);
const RESUME: (Context, Action) = (Context::Run, Action::Retry);

/// The keys of a way over several screens: ` (4, enter, r)`. Nothing where the map lacks one of them.
fn way(model: &Model, steps: &[(Context, Action)]) -> String {
    let key = |(context, action): &(Context, Action)| {
        model.setup.keys.key_of(*context, *action).map(|key| key.to_string())
    };
    let keys: Option<Vec<String>> = steps.iter().map(key).collect();
    keys.map_or_else(String::new, |keys| format!(" ({})", keys.join(", ")))
}

/// What a run left to do comes before anything new.
fn of_runs(model: &Model, service: &Service, room: u16) -> Option<String> {
    Some(match runs::earlier(model, &service.id)? {
        Earlier::Open { run, interrupted: true } => {
            format!("{run} is INTERRUPTED: take it up{}", way(model, &[LIST, OPEN, RESUME]))
        }
        Earlier::Open { run, interrupted: false } => {
            format!("{run} is under way: see it{}", way(model, &[LIST, OPEN]))
        }
        Earlier::CutOver(moved) => {
            let (fork, list) = (&moved.fork, way(model, &[LIST]));
            let what = format!("look after {fork}{list}; declare only if it is lost, too");
            let at = words::newest(moved.at, model.now);
            let whole = format!("{what}: a restore here lacks what was written since {at}");
            if width(&whole) <= room { whole } else { what }
        }
    })
}

fn next(model: &Model, service: &Service, known: &Assessment, y: u16, canvas: &mut Canvas<'_>) {
    let room = canvas.width().saturating_sub(2 + width("next: "));
    if let Some(text) = of_runs(model, service, room) {
        canvas.pieces(1, y, &[piece(Role::Muted, "next: "), piece(Role::Warning, text)]);
        return;
    }
    if known.is_exempt() {
        let text =
            brief("none here; keep elsewhere what must outlive its region", room, canvas.glyphs().more);
        canvas.pieces(1, y, &[piece(Role::Muted, format!("next: {text}"))]);
        return;
    }
    let text = brief(&advice(model, service, known, canvas.width() >= 96), room, canvas.glyphs().more);
    canvas.pieces(1, y, &[piece(Role::Muted, "next: "), piece(Role::Text, text)]);
}

/// What to do next. A restore gives up what was written since the newest point there: it is named only where the
/// primary is silent and the copy can be read.
fn advice(model: &Model, service: &Service, known: &Assessment, wide: bool) -> String {
    let by = |action| naming(model.key(action), |key| format!(" ({key})"));
    let is_silent = service.silent_since().is_some();
    let there = known.secondary.as_ref();
    let there = there.and_then(|copy| Some((copy, words::newest_of(copy, model.now)?)));
    if service.gone_since.is_some() {
        let or = there.map_or_else(
            || "find out who removed it".to_owned(),
            |(_, newest)| format!("restore {newest} there{}", armed(model, wide)),
        );
        return format!("dismiss it{} if meant, or {or}", by(Action::Dismiss));
    }
    if let Some(renew) = renewal(model, service, wide) {
        return if is_silent && service.secondary.is_some() {
            format!("{renew}, then declare an incident{}", by(Action::Incident))
        } else {
            renew
        };
    }
    let why = format!("see why{}", by(Action::Explain));
    let is_off = service.is_off() || service.was_off_at().is_some();
    let why = if is_off && service.clients_moved.is_none() {
        format!("switch it on once it is needed; {why}")
    } else {
        why
    };
    let Some((there, newest)) = there else { return why };
    // What lies where everything is silent is offered to nobody without that.
    let newest = match service.copy_region_silent() {
        Some(_) => format!("{newest}, if it can be had"),
        None => newest,
    };
    match (there.is_current(), is_silent) {
        (false, _) => format!("{why}; newest restorable there when last read {newest}"),
        (true, true) => {
            let (declare, armed) = (by(Action::Incident), armed(model, wide));
            format!("declare an incident{declare} to restore {newest} there{armed}")
        }
        (true, false) if known.findings.is_empty() => {
            let drills = |key| format!("; {key} drills it{}", armed(model, wide));
            format!("newest restorable there {newest}{}", naming(model.key(Action::Drill), drills))
        }
        (true, false) => format!("{why}; newest restorable there {newest}"),
    }
}

/// What acting needs here, where it needs anything.
fn armed(model: &Model, wide: bool) -> String {
    let arming = model.key(Action::Arming);
    match (model.armed(), wide) {
        (true, _) => String::new(),
        (false, true) => {
            format!(" (needs arming{})", naming(arming, |key| format!(": {key} shows how on this host")))
        }
        (false, false) => format!(" (not armed here{})", naming(arming, |key| format!(": {key}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{STALE, at, now, orders};
    use crate::domain::{Liveness, assess};
    use crate::tui::app::Size;
    use crate::tui::tests::model;

    #[test]
    fn s5_a_restore_is_advised_only_where_the_primary_is_silent_and_the_copy_is_read() {
        let silent = Liveness::silent(at("2026-11-20T12:03:00Z"), Some(at("2026-11-20T12:02:50Z")));
        let answers = Liveness::Answers { at: now() };
        let told = |liveness, outcome, behind: bool| {
            let mut service = Service { liveness, ..orders() };
            let copy = service.secondary.as_mut().unwrap();
            copy.attempt.outcome = outcome;
            if behind {
                service.policy.rpo = Some(std::time::Duration::from_secs(60));
            }
            let model = model(true, Size { width: 120, height: 40 });
            advice(&model, &service, &assess(&service, now(), &STALE), true)
        };
        for (liveness, outcome, behind, wanted) in [
            (answers, Outcome::Ok, false, "newest restorable there 12:00:19Z; d drills it"),
            (Liveness::NotProbed, Outcome::Ok, false, "newest restorable there 12:00:19Z; d drills it"),
            (answers, Outcome::Ok, true, "see why (x); newest restorable there 12:00:19Z"),
            (
                answers,
                Outcome::Unreachable,
                false,
                "see why (x); newest restorable there when last read 12:00:19Z",
            ),
            (silent, Outcome::Ok, false, "declare an incident (i) to restore 12:00:19Z there"),
            (
                silent,
                Outcome::RateLimited,
                false,
                "see why (x); newest restorable there when last read 12:00:19Z",
            ),
        ] {
            assert_eq!(told(liveness, outcome, behind), wanted);
        }
    }

    #[test]
    fn s10_what_lies_in_a_silent_region_is_offered_with_that() {
        let mut service = Service { silent_there: Some(4), ..orders() };
        service.secondary.as_mut().unwrap().region = Some("dc-east".to_owned());
        let model = model(true, Size { width: 120, height: 40 });
        let told = advice(&model, &service, &assess(&service, now(), &STALE), true);
        assert_eq!(told, "see why (x); newest restorable there 12:00:19Z, if it can be had");
    }
}
