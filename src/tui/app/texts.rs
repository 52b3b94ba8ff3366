//! Texts put together from the model: what to copy, what a run shows others.

use super::keys::{choices, naming};
use super::model::{Model, Screen};
use super::service as shown;
use super::summary;
use super::timeline::{Answer, Can, no_secondary, sentences};
use chrono::TimeDelta;

use crate::domain::fork::ForkPoint;
use crate::domain::{CheckResult, ClientsMoved, Target, Timestamp, instant::rfc3339, words};
use crate::runbook::{Attempt, Clocks, RunState, StepKind, expected_end, left_out};
use crate::tui::keymap::{Action, Context};

/// What `y` copies on the screen that is shown.
///
/// # Errors
/// Why there is nothing that would work, in lines.
pub(super) fn to_copy(model: &Model) -> Result<String, Vec<String>> {
    let text = match model.screen {
        Screen::Fleet | Screen::Regions | Screen::Alerts | Screen::Runs | Screen::Sources => {
            summary::of_row(model)
        }
        Screen::Service => return commands(model),
        Screen::Run => {
            let view = model.shown_run().ok_or_else(|| vec!["no run is shown".to_owned()])?;
            return calls(model, &view.state);
        }
    };
    text.ok_or_else(|| vec!["nothing is selected".to_owned()])
}

/// The commands that restore to the cursor's point: only such as would be taken.
fn commands(model: &Model) -> Result<String, Vec<String>> {
    let because = |why: &str| vec![why.to_owned()];
    let timeline = model.timeline.as_ref().ok_or_else(|| because("no service is shown"))?;
    let service = model.fleet.services.get(&timeline.service);
    let service = service.ok_or_else(|| because("this service is not in the fleet any more"))?;
    if service.secondary.is_none() {
        return Err(vec![no_secondary(service)]);
    }
    let Some(again) = &model.setup.again else {
        let begin = choices(model, &[(Action::Drill, "a drill"), (Action::Incident, "an incident")]);
        return Err(vec![
            "the demo's services exist only in this demo, so no command outside of it would find them"
                .to_owned(),
            format!("to begin one here: {begin}"),
        ]);
    };
    if let Some(run) = model.open_run_of(&service.id) {
        return Err(vec![format!("{} has the open run {run}; there is one at a time", service.id)]);
    }
    let answer = shown::answer(model);
    let answer = answer.ok_or_else(|| because("no point is known there, so no command would name one"))?;
    match &answer.can {
        Can::Be(_) => {}
        Can::Not(why) => {
            return Err(with_near(format!("{}: {why}", answer.instant()), model, &answer));
        }
        Can::Unknown(why) => return Err(vec![format!("not known whether this can be restored: {why}")]),
    }
    let mut text = String::new();
    if let Some(bad) = timeline.bad {
        // A command names a point and no bad moment: it must not mean another point later on.
        if answer.target == Target::Newest {
            let how = naming(model.key(Action::Left), |key| format!(" ({key})"));
            return Err(vec![format!(
                "newest moves on while log arrives, maybe past the bad moment: \
                 go to an instant before it{how}, and that can be copied"
            )]);
        }
        text = format!("# lies before the bad moment {}\n", words::instant(bad));
    }
    let id = &service.id;
    let to = match answer.target {
        Target::At(at) => rfc3339(at),
        target => target.to_string(),
    };
    let met = model.setup.criteria.keys().next().map_or("ID", String::as_str);
    let act = &again.act;
    Ok(format!(
        "{text}{act} drill {id} --to {to}\n\
         {act} incident {id} --confirm {id} --to {to} --declared-by WHO --scenario WHAT --criteria {met}\n"
    ))
}

fn with_near(why: String, model: &Model, answer: &Answer) -> Vec<String> {
    vec![why, format!("nearest: {}", sentences::nearest(answer, model.now))]
}

/// The exact calls of a run, secrets as variables (S36).
fn calls(model: &Model, run: &RunState) -> Result<String, Vec<String>> {
    let lines = run.calls().flat_map(|call| [format!("# {}", call.what), call.command.clone()]);
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        let none = || vec!["no call is known yet: they are once the point is chosen".to_owned()];
        let again = model.setup.again.as_ref().ok_or_else(none)?;
        return Ok(format!("{} runs show {}\n", again.look, run.id()));
    }
    Ok(lines.join("\n"))
}

/// The line of what is copied with which the call of the step at hand begins: of a run, the others lie above and below.
pub(super) fn line_at_hand(model: &Model) -> usize {
    let run = model.shown_run().filter(|_| model.screen == Screen::Run).map(|view| &view.state);
    run.map_or(0, |run| {
        let (making, _) = run.attempt.calls_parted();
        let before = match run.current {
            Some(StepKind::Wait) => making.iter().take_while(|call| call.mutating).count(),
            Some(StepKind::CleanUp) => making.len(),
            _ => 0,
        };
        run.calls().take(before).map(|call| 1 + call.command.lines().count()).sum()
    })
}

/// The command that ends a run that nobody drives, which takes no arming: no call is made.
pub(super) fn ending(model: &Model, run: &RunState) -> Option<String> {
    let again = model.setup.again.as_ref()?;
    let service = &run.opening.member.service;
    Some(format!("to end it: {} runs abort {} --reason WHY --confirm {service}", again.look, run.id()))
}

/// A run in a few lines, for those who wait for it. A drill's never reads as an outage.
pub(super) fn status(model: &Model, run: &RunState) -> String {
    let (clocks, now) = (super::runs::clocks(model, run), model.now);
    let service = &run.opening.member.service;
    let drill = run.is_drill();
    let mut lines = vec![format!(
        "{} {service} ({}), as of {}",
        run.kind().as_str().to_uppercase(),
        run.id(),
        words::instant(now)
    )];
    if drill {
        lines.push("This is an exercise: production is not affected, no data of it is lost.".to_owned());
    }
    if let Some(down) = clocks.down_since {
        let since = if drill { "Simulated loss at" } else { "Down since" };
        let earliest =
            clocks.down_earliest.map(|at| format!(" at the latest, {} at the earliest", words::instant(at)));
        lines.push(format!("{since} {}{}.", words::instant(down), earliest.unwrap_or_default()));
    }
    match (clocks.loss_text(), clocks.newest) {
        (Some(loss), Some(newest)) => lines.push(lost(run, &clocks, newest, &loss)),
        _ if drill => lines.push("How much data would be lost is not known yet.".to_owned()),
        (None, Some(_)) if run.left_for().is_some() => {
            let why = run.left_for().map(ClientsMoved::unstated).unwrap_or_default();
            let left_out = left_out(run, &clocks).map(|left_out| format!("; {left_out}")).unwrap_or_default();
            lines.push(format!("How much data is lost is not known: {why}{left_out}."));
        }
        _ => lines.push("How much data is lost is not known yet.".to_owned()),
    }
    let usable = if drill { "The copy was usable at" } else { "Usable again since" };
    lines.push(match (clocks.usable, expected_end(run)) {
        (Some(at), _) => format!("{usable} {}.", words::instant(at)),
        (None, _) if run.is_over() => "The run ended before anything was usable.".to_owned(),
        (None, Some(end)) if end > now => {
            format!("The restore should end at about {}; checks follow.", words::minute_by(end))
        }
        _ if drill => "When the copy is usable is not known yet.".to_owned(),
        _ => "When it is back is not known yet.".to_owned(),
    });
    lines.push(format!("Now: {}.", run.current.map_or("over", |step| step.title())));
    lines.join("\n") + "\n"
}

fn lost(run: &RunState, clocks: &Clocks, newest: Timestamp, loss: &str) -> String {
    let newest = words::instant(newest);
    if run.is_drill() {
        return format!("In a real loss, data after {newest} would be lost: {loss}.");
    }
    let counted = clocks.counted_to();
    if let (Some(moved), Some(from), Some(counted)) = (run.left_for(), clocks.whole_until, &counted) {
        let left_out = left_out(run, clocks).map(|left_out| format!("; {left_out}")).unwrap_or_default();
        return format!(
            "Data after {} is lost, with all that was written to {}: {loss}, counted to {counted}{left_out}.",
            words::instant(from),
            moved.fork
        );
    }
    let grows = match counted {
        _ if clocks.usable.is_some() => "This does not grow.".to_owned(),
        None if run.is_over() => {
            "It is counted to the end of the run: nothing says that the old primary stopped.".to_owned()
        }
        None if run.fence.is_alive() => "It grows while the old primary takes writes.".to_owned(),
        None => "It is counted to now: nothing says that the old primary stopped.".to_owned(),
        Some(counted) if clocks.or_later.is_some() => format!("Counted to {counted}."),
        Some(counted) => format!("Counted to {counted}. It does not grow."),
    };
    format!("Data after {newest} is lost: {loss}. {grows}")
}

/// What is read before a run's point is confirmed (R21): where, to which point, what is lost, what is made.
pub(super) fn point(model: &Model, run: &RunState) -> Vec<String> {
    let (clocks, now) = (super::runs::clocks(model, run), model.now);
    let member = &run.opening.member;
    let mut lines: Vec<String> = real_loss(model, run).into_iter().collect();
    lines.extend([
        format!("copy      {}", member.copy),
        format!("region    {}", member.region.as_deref().unwrap_or("not known")),
    ]);
    if let Some(point) = &run.attempt.point {
        let age = words::age_of(point.promised, now);
        // Once it is confirmed, nothing newer is chosen any more.
        let is_to_confirm = run.current == Some(StepKind::ChoosePoint) && !run.is_over();
        let newer = newer(model, point).filter(|_| is_to_confirm);
        let asked = match &point.target {
            Target::At(_) => String::new(),
            Target::Newest if newer.is_some() || !is_to_confirm => " (newest when chosen)".to_owned(),
            target => format!(" ({target})"),
        };
        let at = words::edge(&words::instant(point.promised), point.promised_is);
        lines.push(format!("point     {at}, {age} ago{asked}"));
        lines.extend(point.note.iter().map(|note| format!("          {note}")));
        lines.extend(point.last_known.map(|as_of| {
            let (at, age) = (words::instant(as_of), words::age_of(as_of, now));
            format!("          as last known at {at} ({age} ago): its copy could not be read")
        }));
        lines.extend(newer.map(|newer| format!("          {newer}")));
        let size = point.size_bytes.map_or_else(String::new, |size| format!(", {}", words::bytes(size)));
        lines.extend(point.backup.iter().map(|backup| format!("from      {backup}{size}")));
    }
    if let Some(loss) = clocks.loss_text() {
        // What clients wrote to a fork is lost, too: the amount is not judged.
        let rpo = run.opening.objectives.rpo.filter(|_| run.opening.before.clients_moved.is_none());
        let of = rpo.map_or_else(String::new, |rpo| format!(" of {} RPO", words::objective(rpo)));
        let drill = run.is_drill() && run.simulated_loss.is_none();
        let until = if drill { ", if it is confirmed now" } else { "" };
        lines.push(format!("loss      {loss}{of}{until}"));
        lines.extend(clocks.counted_to().map(|counted| format!("          counted to {counted}")));
    } else if run.attempt.point.is_some() {
        lines.extend(run.left_for().map(|moved| format!("loss      not known: {}", moved.unstated())));
    }
    lines.extend(left_out(run, &clocks).map(|left_out| format!("          {left_out}")));
    let moved = run.opening.before.clients_moved.as_ref();
    lines.extend(moved.map(|moved| format!("EARLIER   {}", moved.lacks())));
    let kept = run.earlier.iter().filter(|attempt| attempt.may_exist()).count();
    let kept = if kept > 0 { format!("; {kept} of earlier attempts are kept") } else { String::new() };
    lines.push(format!("makes     1 service: {}{kept}", run.attempt.name));
    lines.push(format!("as of     {}", words::instant(now)));
    lines
}

/// A drill of a service whose primary does not answer settles nothing of a real loss, and has to be ended before
/// an incident is declared: there is one run at a time.
fn real_loss(model: &Model, run: &RunState) -> Option<String> {
    let life = super::runs::life(model, &run.opening.member.service);
    let left = run.opening.before.clients_moved.is_some();
    let since = life.liveness.silent_since().filter(|_| run.is_drill() && !left)?;
    let since = words::newest(since, model.now);
    let abort = naming(model.key(Action::Abort), |key| format!(" (esc, {key})"));
    let keys = &model.setup.keys;
    let fleet = model.key(Action::ScreenFleet).zip(keys.key_of(Context::Fleet, Action::Incident));
    let declare = fleet.map_or_else(String::new, |(fleet, incident)| format!(" ({fleet}, {incident})"));
    Some(format!(
        "SILENT    its primary does not answer since {since}. A drill is no incident; if this is a real loss, abort \
         it{abort} and declare one{declare}"
    ))
}

/// That more is restorable by now than when the newest point was chosen, where that is worth another look.
fn newer(model: &Model, point: &ForkPoint) -> Option<String> {
    const WORTH_A_LOOK: TimeDelta = TimeDelta::minutes(1);
    let service = &model.subject()?.id;
    let there = model.board.assessment(service)?.secondary.as_ref()?;
    let later = there.newest? - point.promised;
    if point.target != Target::Newest || later < WORTH_A_LOOK {
        return None;
    }
    let (newest, later) = (words::newest_of_in_full(there)?, words::to_the_second(later.to_std().ok()?));
    let again = naming(model.key(Action::Retry), |key| format!(": esc, then {key} looks anew"));
    Some(format!("{newest} is restorable by now, {later} later{again}"))
}

/// Why a run's point was refused, and what is near.
pub(super) fn refusal(run: &RunState) -> Vec<String> {
    let Some(refused) = &run.attempt.refused else { return Vec::new() };
    let mut lines = vec![refused.reason.clone()];
    lines.extend(refused.earlier.map(|at| format!("nearest earlier  {}", words::instant(at))));
    lines.extend(refused.later.map(|at| format!("nearest later    {}", words::instant_up(at))));
    lines
}

/// The fork of an attempt: what it is, and where.
pub(super) fn fork(state: &RunState, attempt: &Attempt) -> String {
    let (name, number) = (&attempt.name, attempt.number);
    let request = attempt.request.as_ref();
    let host = request.and_then(|request| request.host.as_ref()).map(|host| format!(" on {host}"));
    let region = state.opening.member.region.as_ref().map(|region| format!(" in {region}"));
    let at = format!("{}{}", host.unwrap_or_default(), region.unwrap_or_default());
    let it = if attempt.seen {
        format!("{name}: the fork of attempt {number}{at}")
    } else {
        format!("{name}: attempt {number} may have made it{at}; it was never seen")
    };
    let had_clients = state.clients_left_at.is_some() && number == state.attempt.number;
    if had_clients { format!("{it}; it holds what clients wrote to it") } else { it }
}

/// What the checks of a run gave.
pub(super) fn checks(run: &RunState) -> Vec<String> {
    let checks = run.checks.iter().flatten();
    checks.map(CheckResult::told).collect()
}
