//! Texts put together from the model: what to copy, what arming needs, what a run shows others.

use super::model::{Model, Screen};
use super::service as shown;
use super::state;
use crate::domain::{Target, instant::rfc3339, words};
use crate::runbook::{RunState, clocks, expected_end};

/// What `y` copies on the screen that is shown.
pub(super) fn to_copy(model: &Model) -> Option<String> {
    match model.screen {
        Screen::Fleet | Screen::Regions | Screen::Alerts | Screen::Runs => summary(model),
        Screen::Service => commands(model),
        Screen::Run => Some(calls(&model.shown_run()?.state)),
    }
}

/// The selected service in a line, for a chat or a ticket.
fn summary(model: &Model) -> Option<String> {
    let service = model.selected()?;
    let known = model.board.assessment(&service.id)?;
    let (_, word) = state::word(service, known);
    let there = known.secondary.as_ref();
    let newest = there.and_then(|copy| copy.newest).map_or_else(|| words::UNKNOWN.to_owned(), words::instant);
    let rpo = service
        .policy
        .rpo
        .map_or_else(|| "no RPO".to_owned(), |rpo| format!("RPO {}", words::objective(rpo)));
    let finding = known.findings.first().map_or("", |finding| finding.text.as_str());
    let text = format!(
        "{}: {word}; newest restorable there {newest}; loss {} ({rpo}); as of {}. {finding}",
        service.id,
        words::loss_seconds(&known.loss),
        words::instant(model.now),
    );
    Some(text.trim_end().to_owned())
}

/// The commands that would restore to the cursor's point.
fn commands(model: &Model) -> Option<String> {
    let timeline = model.timeline.as_ref()?;
    let service = &timeline.service;
    let target = shown::answer(model).map_or(Target::Newest, |answer| answer.target);
    let to = match target {
        Target::Newest => "newest".to_owned(),
        Target::Oldest => "oldest".to_owned(),
        Target::At(at) => rfc3339(at),
        Target::Backup(name) => name,
    };
    Some(format!(
        "lifeboat --arm drill {service} --to {to}\n\
         lifeboat --arm incident {service} --confirm {service} --to {to} --declared-by WHO --scenario WHAT --criteria ID\n"
    ))
}

/// The exact calls of a run's present attempt, secrets as variables (S36).
fn calls(run: &RunState) -> String {
    let calls = &run.attempt.calls;
    if calls.is_empty() {
        return format!("lifeboat runs show {}\n", run.id());
    }
    let lines = calls.iter().flat_map(|call| [format!("# {}", call.what), call.command.clone()]);
    lines.collect::<Vec<_>>().join("\n")
}

/// What each source needs before this host may act on it, and the next command (S18).
pub(super) fn arming(model: &Model) -> Vec<String> {
    if model.setup.arming.is_empty() {
        return vec!["no source of this config can act".to_owned()];
    }
    let mut lines = Vec::new();
    for (source, state) in &model.setup.arming {
        match state {
            Ok(()) => lines.push(format!("armed for {source}")),
            Err(refusal) => lines.extend(refusal.iter().cloned()),
        }
    }
    lines
}

/// A run in a few lines, for those who wait for it.
pub(super) fn status(run: &RunState, now: crate::domain::Timestamp) -> String {
    let clocks = clocks(run, now);
    let service = &run.opening.member.service;
    let mut lines = vec![format!(
        "{} {service} ({}), as of {}",
        run.kind().as_str().to_uppercase(),
        run.id(),
        words::instant(now)
    )];
    if let Some(down) = clocks.down_since {
        lines.push(format!("Down since {}.", words::instant(down)));
    }
    match (clocks.loss, clocks.newest) {
        (Some(loss), Some(newest)) => lines.push(format!(
            "Data after {} is lost: {}. {}",
            words::instant(newest),
            words::to_the_second(loss),
            if !run.is_drill() && run.fence.is_alive() {
                "It grows while the old primary takes writes."
            } else {
                "This does not grow."
            }
        )),
        _ => lines.push("How much data is lost is not known yet.".to_owned()),
    }
    lines.push(match (clocks.usable, expected_end(run, now)) {
        (Some(at), _) => format!("Usable again since {}.", words::instant(at)),
        (None, Some(end)) if end > now => {
            format!("The restore should end at about {}; checks follow.", words::clock(end))
        }
        _ => "When it is back is not known yet.".to_owned(),
    });
    lines.push(format!("Now: {}.", run.current.map_or("over", |step| step.title())));
    lines.join("\n") + "\n"
}

/// What is read before a run's point is confirmed (R21): where, to which point, what is lost, what is made.
pub(super) fn point(run: &RunState, now: crate::domain::Timestamp) -> Vec<String> {
    let member = &run.opening.member;
    let mut lines = vec![
        format!("copy      {}", member.copy),
        format!("region    {}", member.region.as_deref().unwrap_or("not known")),
    ];
    if let Some(point) = &run.attempt.point {
        let age = words::age_of(point.promised, now);
        let asked = match &point.target {
            Target::At(_) => String::new(),
            target => format!(" ({target})"),
        };
        lines.push(format!("point     {}, {age} ago{asked}", words::instant(point.promised)));
        lines.extend(point.note.iter().map(|note| format!("          {note}")));
        let size = point.size_bytes.map_or_else(String::new, |size| format!(", {}", words::bytes(size)));
        lines.extend(point.backup.iter().map(|backup| format!("from      {backup}{size}")));
    }
    if let Some(loss) = clocks(run, now).loss {
        let rpo = run.opening.objectives.rpo;
        let of = rpo.map_or_else(String::new, |rpo| format!(" of {} RPO", words::objective(rpo)));
        lines.push(format!("loss      {}{of}", words::to_the_second(loss)));
    }
    let kept = run.earlier.iter().filter(|attempt| attempt.may_exist()).count();
    let kept = if kept > 0 { format!("; {kept} of earlier attempts are kept") } else { String::new() };
    lines.push(format!("makes     1 service: {}{kept}", run.attempt.name));
    lines
}

/// Why a run's point was refused, and what is near.
pub(super) fn refusal(run: &RunState) -> Vec<String> {
    let Some(refused) = &run.attempt.refused else { return Vec::new() };
    let mut lines = vec![refused.reason.clone()];
    lines.extend(refused.earlier.map(|at| format!("nearest earlier  {}", rfc3339(at))));
    lines.extend(refused.later.map(|at| format!("nearest later    {}", rfc3339(at))));
    lines
}

/// What the checks of a run gave.
pub(super) fn checks(run: &RunState) -> Vec<String> {
    let checks = run.checks.iter().flatten();
    checks.map(|check| format!("{}: {}", check.name, check.text)).collect()
}
