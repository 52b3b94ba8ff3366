//! The words of the service screen: what it is, the headline, the cursor's answer.

use crate::domain::{Assessment, Edge, Liveness, LossBasis, Service, Timestamp, windows, words};
use crate::tui::app::answer::{Answer, Until};
use crate::tui::app::board::primary_region;
use crate::tui::app::model::Model;
use crate::tui::app::timeline::Timeline;
use crate::tui::draw::canvas::{Canvas, Piece, piece, wrap};
use crate::tui::theme::Role;

/// `orders-db  pg 16 business-8 tier 1`.
pub(super) fn title(service: &Service) -> Vec<Piece> {
    let mut what = String::new();
    if let Some(facts) = &service.facts {
        for part in [Some(facts.engine.as_str()), facts.version.as_deref(), facts.plan.as_deref()]
            .into_iter()
            .flatten()
        {
            what.push(' ');
            what.push_str(part);
        }
    }
    if let Some(tier) = service.policy.tier {
        what = format!("{what} tier {tier}");
    }
    vec![piece(Role::Title, service.id.clone()), piece(Role::Muted, format!(" {what}"))]
}

/// When the copy there was read, at two lengths.
pub(super) fn read(model: &Model, known: &Assessment) -> [Vec<Piece>; 2] {
    let Some(copy) = &known.secondary else { return [Vec::new(), Vec::new()] };
    let role = if copy.stale || !copy.attempt.outcome.has_facts() { Role::Unknown } else { Role::Muted };
    match copy.as_of {
        Some(at) => {
            let age = (model.now - at).to_std().unwrap_or_default();
            // Below a minute it would change at every second and say little.
            let age = if age.as_secs() < 60 { "<1m".to_owned() } else { words::age(age) };
            [vec![piece(role, format!("read {age} ago"))], vec![piece(role, age)]]
        }
        None => [vec![piece(Role::Unknown, "never read")], vec![piece(Role::Unknown, "unread")]],
    }
}

/// `aws-eu-west-1 -> aws-eu-central-1   owner team-payments  RPO 15m  RTO 1h   proven 34d ago`.
pub(super) fn place(model: &Model, service: &Service, known: &Assessment, canvas: &mut Canvas<'_>) {
    let from = primary_region(service).unwrap_or("region not known");
    let to = known
        .secondary
        .as_ref()
        .map_or("no copy", |copy| copy.region.as_deref().unwrap_or("region not known"));
    let objective = |name: &str, value: Option<std::time::Duration>| match value {
        Some(value) => format!("{name} {}", words::objective(value)),
        None => format!("no {name}"),
    };
    let owner = service.owner.as_ref().filter(|_| canvas.width() >= 96);
    let owner = owner.map_or_else(String::new, |owner| format!("owner {owner}  "));
    let proven = service.last_proven.map_or_else(
        || piece(Role::Warning, "never restored"),
        |at| piece(Role::Muted, format!("proven {} ago", words::age_of(at, model.now))),
    );
    let (rpo, rto) = (objective("RPO", service.policy.rpo), objective("RTO", service.policy.rto));
    let pieces = [
        piece(Role::Text, format!("{from} -> {to}   ")),
        piece(Role::Muted, format!("{owner}{rpo}  {rto}   ")),
        proven,
    ];
    canvas.pieces(1, 0, &pieces);
}

/// Two lines: what is lost and how long it takes; from when to when it can be restored there.
pub(super) fn headline(model: &Model, service: &Service, known: &Assessment, canvas: &mut Canvas<'_>) {
    let (label, verb) = match known.loss.basis {
        LossBasis::Now => ("IF THE PRIMARY STOPS NOW", "lose"),
        LossBasis::LossInstant { .. } => ("THE PRIMARY HAS STOPPED", "lost"),
    };
    let of = |value: Option<std::time::Duration>| {
        value.map_or_else(String::new, |value| format!(" of {}", words::objective(value)))
    };
    let takes = known.restore.as_ref();
    let restore = takes.map_or_else(|| words::UNKNOWN.to_owned(), words::restore);
    let runs = match takes.map(|takes| takes.runs) {
        Some(0) => " (a guess)".to_owned(),
        Some(1) => " (1 run)".to_owned(),
        Some(runs) => format!(" ({runs} runs)"),
        None => String::new(),
    };
    let (alive, alive_role) = liveness(service, model.now);
    let wide = canvas.width() >= 96;
    let gap = if wide { "    " } else { "  " };
    canvas.pieces(
        1,
        0,
        &[
            piece(Role::Heading, if wide { format!("{label:<24}   ") } else { String::new() }),
            piece(Role::Text, format!("{verb} ")),
            piece(super::super::fleet::loss_role(known), words::loss_seconds(&known.loss)),
            piece(
                Role::Text,
                format!("{}{gap}restore {restore}{}", of(service.policy.rpo), of(service.policy.rto)),
            ),
            piece(Role::Muted, format!("{runs}{gap}")),
            piece(alive_role, alive),
        ],
    );
    let there = known.secondary.as_ref();
    let shown = |at: Option<String>| at.unwrap_or_else(|| words::UNKNOWN.to_owned());
    let oldest = shown(there.and_then(|copy| copy.oldest).map(words::instant_up));
    let newest = shown(there.and_then(|copy| copy.newest).map(words::instant));
    let edge = match there.map(crate::domain::assessment::CopyFacts::newest_is) {
        Some(Edge::AtMost) => " at most",
        Some(Edge::AtLeast) => " at least",
        _ => "",
    };
    let holes = holes(known);
    canvas.pieces(
        1,
        1,
        &[
            piece(Role::Heading, if wide { "CAN RESTORE THERE          " } else { "THERE " }),
            piece(Role::Muted, "oldest "),
            piece(Role::Text, oldest),
            piece(Role::Muted, if wide { "   newest" } else { "  newest" }),
            piece(Role::Muted, format!("{edge} ")),
            piece(Role::Text, newest),
            piece(Role::Critical, holes),
        ],
    );
}

fn holes(known: &Assessment) -> String {
    let ranges = known.secondary.as_ref().and_then(|copy| copy.windows.as_deref()).unwrap_or_default();
    let lengths: Vec<_> =
        windows::holes(ranges).map(|hole| (hole.before - hole.after).to_std().unwrap_or_default()).collect();
    match lengths.as_slice() {
        [] => String::new(),
        [one] => format!("   1 hole ({})", words::age(*one)),
        many => format!("   {} holes ({})", many.len(), words::age(many.iter().sum())),
    }
}

fn liveness(service: &Service, now: Timestamp) -> (String, Role) {
    match service.liveness {
        Liveness::Answers { .. } => ("primary answers".to_owned(), Role::Muted),
        Liveness::Silent { since, .. } => {
            (format!("primary silent since {}", words::newest(since, now)), Role::Critical)
        }
        Liveness::NotProbed => ("primary not probed".to_owned(), Role::Muted),
    }
}

/// What restoring to the cursor's point would mean.
pub(super) fn answer(
    model: &Model,
    service: &Service,
    known: &Assessment,
    timeline: &Timeline,
    answer: &Answer<'_>,
    canvas: &mut Canvas<'_>,
) {
    if known.secondary.is_none() {
        return;
    }
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    lines.push(point(model, known, answer, canvas));
    if let Err(why) = &answer.verdict {
        let room = canvas.width().saturating_sub(13);
        let mut label = "because";
        for line in wrap(why, room) {
            lines.push(row(label, piece(Role::Text, line)));
            label = "";
        }
    } else {
        lines.push(row("gives up", piece(Role::Text, gives_up(answer))));
        lines.push(row("takes", piece(Role::Text, takes(service, known, answer))));
        lines.push(row("from", piece(Role::Text, from(answer))));
    }
    lines.push(row("nearest", piece(Role::Text, nearest(model, timeline, answer))));
    for (y, line) in (0..canvas.height()).zip(&lines) {
        canvas.pieces(1, y, line);
    }
}

fn row(label: &str, text: Piece) -> Vec<Piece> {
    vec![piece(Role::Muted, format!("{label:<11}")), text]
}

fn point(model: &Model, known: &Assessment, answer: &Answer<'_>, canvas: &Canvas<'_>) -> Vec<Piece> {
    let cursor = canvas.glyphs().cursor;
    let region =
        known.secondary.as_ref().and_then(|copy| copy.region.as_deref()).unwrap_or("the other region");
    let at = answer.at.map_or_else(|| "no point".to_owned(), words::instant);
    let local =
        answer.at.map(|at| at.with_timezone(&(model.setup.offset_at)(at)).format("%H:%M:%S %:z").to_string());
    let narrow = canvas.width() < 96;
    let gap = if narrow { "  " } else { "      " };
    let mut pieces = vec![
        piece(Role::Accent, format!("{cursor} ")),
        piece(Role::Title, at),
        piece(Role::Muted, format!("   {}{gap}", local.unwrap_or_default())),
    ];
    match &answer.verdict {
        Ok(grade) if narrow => {
            pieces.push(piece(Role::Ok, format!("CAN BE RESTORED, {}", words::grade(*grade))));
        }
        Ok(grade) => {
            pieces.push(piece(Role::Ok, "CAN BE RESTORED"));
            pieces.push(piece(Role::Text, format!(" in {region}, grade: {}", words::grade(*grade))));
        }
        Err(_) => pieces.push(piece(Role::Critical, "CANNOT BE RESTORED")),
    }
    pieces
}

fn gives_up(answer: &Answer<'_>) -> String {
    let Some(gives_up) = answer.gives_up else { return "nothing: it is not before that".to_owned() };
    let until = match answer.until {
        Until::Now => "before now".to_owned(),
        Until::LossInstant(at) => format!("before the loss instant {}", words::clock(at)),
    };
    let sign = if answer.is == Edge::AtMost { "at least " } else { "" };
    let more = match answer.more_than_newest {
        Some(more) => format!(";  {} more than the newest point would", words::to_the_second(more)),
        None => String::new(),
    };
    format!("{sign}{} of writes {until}{more}", words::to_the_second(gives_up))
}

fn takes(service: &Service, known: &Assessment, answer: &Answer<'_>) -> String {
    let Some(takes) = &known.restore else { return "not known: no own run, no size".to_owned() };
    let of = service.policy.rto.map_or_else(String::new, |rto| format!(" of {}", words::objective(rto)));
    let replay = match answer.replay.filter(|replay| !replay.is_zero()) {
        Some(replay) => format!(", with {} of log to replay", words::to_the_second(replay)),
        None => String::new(),
    };
    format!("{}{of}{replay}   (from {})", words::restore(takes), takes.basis)
}

fn from(answer: &Answer<'_>) -> String {
    let Some(base) = answer.base else { return "which backup is not known".to_owned() };
    let size = base.size_bytes.map_or_else(String::new, |size| format!(", {}", words::bytes(size)));
    let whole = match &answer.verdict {
        Ok(crate::domain::Grade::Claimed) => "; log to here as the provider claims",
        Ok(_) => "; log seen whole to here",
        Err(_) => "",
    };
    format!("base {}{size}{whole}", words::instant(base.at))
}

fn nearest(model: &Model, timeline: &Timeline, answer: &Answer<'_>) -> String {
    let shown =
        |at: Option<Timestamp>| at.map_or_else(|| "none".to_owned(), |at| words::newest(at, model.now));
    let bad = match (timeline.bad_moment, answer.before_bad) {
        (Some(bad), Some(by)) => format!(
            "bad moment {}: the point is {} before",
            words::newest(bad, model.now),
            words::to_the_second(by)
        ),
        (Some(bad), None) => {
            format!("bad moment {}: choose a point before it", words::newest(bad, model.now))
        }
        (None, _) => "bad moment: not set (m)".to_owned(),
    };
    format!("earlier {}  later {}   {bad}", shown(answer.earlier), shown(answer.later))
}
