//! Every number explains itself (S36): inputs, their times, the formula, the command to verify by hand.

mod loss;
mod rows;
mod run;

use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::timeline::{Can, sentences};
use crate::domain::{Assessment, CopyFacts, Finding, LossBasis, Role, Service, Target, Timestamp, words};

/// The title and the lines of the overlay on the screen that is shown. Every screen has an answer.
pub(super) fn explain(model: &Model) -> (String, Vec<String>) {
    let told = match model.screen {
        Screen::Run => run::shown(model),
        Screen::Fleet | Screen::Service => model.subject().and_then(|service| of_service(model, &service.id)),
        Screen::Regions => rows::region(model),
        Screen::Alerts => rows::finding(model),
        Screen::Runs => rows::run(model),
        Screen::Sources => rows::source(model),
    };
    told.unwrap_or_else(|| {
        let here = match model.screen {
            Screen::Fleet | Screen::Service => "no service is selected: none is known, or none matches",
            Screen::Regions => "no region is known yet: no source has told of a service",
            Screen::Alerts => "no finding: every rule that could be judged holds",
            Screen::Runs => "no run is in the journal yet; a drill or an incident begins one",
            Screen::Run => "no run is shown, or its journal is not read yet",
            Screen::Sources => "no source is in the config",
        };
        let as_of = format!("as of {}", words::instant(model.now));
        ("why".to_owned(), vec![here.to_owned(), as_of])
    })
}

/// Keeps an explanation that lies open true while time and facts go on. One whose row is not the selected one any
/// more stays as it was.
pub(super) fn renew(model: &mut Model) {
    let Some(Overlay::Text { title, .. }) = &model.overlay else { return };
    let step = model.shown_run().and_then(|view| super::step::told(model, &view.state));
    let told = step.into_iter().chain([explain(model)]).find(|(new, _)| new == title);
    if let (Some((_, new)), Some(Overlay::Text { lines, .. })) = (told, &mut model.overlay)
        && *lines != new
    {
        *lines = new;
        model.dirty = true;
    }
}

/// A service: its loss, edges, lag, restore time and verdict.
fn of_service(model: &Model, id: &str) -> Option<(String, Vec<String>)> {
    let service = model.fleet.services.get(id)?;
    let known = model.board.assessment(id)?;
    let mut lines = Vec::new();
    if model.screen == Screen::Service {
        cursor(model, &mut lines);
    }
    loss::loss(service, known, model.now, &mut lines);
    edges(service, known, &mut lines);
    lags(known, model.now, &mut lines);
    restore(known, &mut lines);
    verdict(service, known, &mut lines);
    let again = model.setup.again.iter();
    let status = again.map(|again| format!("  {} status {} --output json", again.look, service.id));
    let verify = sources(service).into_iter().filter_map(|source| model.setup.verify.get(source));
    let commands: Vec<String> = status.chain(verify.map(|command| format!("  {command}"))).collect();
    if !model.setup.demo && !commands.is_empty() {
        lines.push("BY HAND".to_owned());
        lines.extend(commands);
    }
    Some((format!("why: {}", service.id), lines))
}

fn sources(service: &Service) -> Vec<&str> {
    let mut sources: Vec<&str> = [&service.primary, &service.secondary]
        .into_iter()
        .flatten()
        .map(|copy| copy.source.as_str())
        .collect();
    sources.dedup();
    sources
}

fn shown(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "not known".to_owned(), words::instant)
}

fn edges(service: &Service, known: &Assessment, lines: &mut Vec<String>) {
    let sides = [("HERE", Role::Primary, &known.primary), ("THERE", Role::Secondary, &known.secondary)];
    for (title, role, copy) in sides {
        let Some(copy) = copy else { continue };
        lines.push(format!("{title}: {}", copy.copy));
        lines.push(format!(
            "  read          {}{}",
            shown(copy.as_of),
            if copy.stale { ", stale" } else { "" }
        ));
        lines.extend(copy.attempt.error.as_ref().map(|error| format!("  last attempt  {error}")));
        windows(copy, lines);
        let notes = service.notes().filter(|(of, _)| *of == role);
        lines.extend(notes.map(|(_, note)| format!("  note          {note}")));
        lines.push(String::new());
    }
}

fn windows(copy: &CopyFacts, lines: &mut Vec<String>) {
    match &copy.windows {
        None => lines.push("  windows       not known".to_owned()),
        _ if copy.is_empty() => lines.push("  holds         no backup".to_owned()),
        Some(windows) if windows.is_empty() => {
            lines.push(format!(
                "  oldest {}  newest {}",
                words::oldest_of_in_full(copy).unwrap_or_else(|| "not known".to_owned()),
                shown(copy.newest)
            ));
        }
        Some(windows) => {
            for window in windows {
                lines.push(format!("  from {}  {}", words::instant_up(window.from.at), window.from.reason));
                lines.push(format!("  to   {}  {}", words::instant(window.to.at), window.to.reason));
            }
        }
    }
}

fn lags(known: &Assessment, now: Timestamp, lines: &mut Vec<String>) {
    let log = known
        .replication_lag
        .map(|log| format!("  log     {}  =  newest here - newest there", words::to_the_second(log)));
    let snapshots = known.secondary.as_ref().is_some_and(CopyFacts::has_snapshots);
    let log =
        log.map(|log| if snapshots { "  log     -  it has none, but snapshots".to_owned() } else { log });
    let backup = known.backup_lag.map(|backup| {
        format!("  backup  {}  =  newest backup here - newest backup there", words::to_the_second(backup))
    });
    let pieces = words::trailing(known, now).map(|behind| format!("  pieces  {behind}"));
    let known: Vec<String> = [log, backup, pieces].into_iter().flatten().collect();
    if !known.is_empty() {
        lines.push("THE COPY TRAILS".to_owned());
        lines.extend(known);
        lines.push(String::new());
    }
}

fn restore(known: &Assessment, lines: &mut Vec<String>) {
    lines.push("TIME TO RESTORE".to_owned());
    match &known.restore {
        _ if known.is_exempt() || known.has_nothing_there() => {
            lines.push(format!("  {}  nothing to restore", words::NOT_JUDGED));
        }
        Some(takes) => lines.push(format!("  {}  from {}", words::restore(takes), takes.basis)),
        None => lines.push("  not known: no own run, no size".to_owned()),
    }
    lines.push(String::new());
}

fn verdict(service: &Service, known: &Assessment, lines: &mut Vec<String>) {
    lines.push("VERDICT".to_owned());
    match known.findings.as_slice() {
        [] => lines.push(format!("  {}: no finding", words::state(service, known))),
        [finding] if known.is_exempt() => {
            lines.push(format!("  {}: {}", known.verdict.as_str(), finding.text));
        }
        findings => {
            lines.push(format!("  {}, the worst of:", known.verdict.as_str()));
            each(findings, lines);
        }
    }
    lines.push(String::new());
}

fn each(findings: &[Finding], lines: &mut Vec<String>) {
    for finding in findings {
        lines.push(format!("  {} ({}): {}", finding.rule.as_str(), finding.level.as_str(), finding.text));
    }
}

fn cursor(model: &Model, lines: &mut Vec<String>) {
    let Some(answer) = super::service::answer(model) else { return };
    lines.push("THE CURSOR".to_owned());
    lines.push(format!("  point         {}", answer.instant()));
    match &answer.can {
        Can::Be(_) if answer.silent_there.is_some() => {
            lines.push(format!("  {}", sentences::can(&answer, model.now).1));
        }
        Can::Be(grade) => lines.push(format!("  can be restored, grade {}", words::grade(*grade))),
        Can::Not(why) => lines.push(format!("  cannot be restored: {why}")),
        Can::Unknown(why) => lines.push(format!("  not known: {why}")),
    }
    if let Some(gives_up) = answer.gives_up {
        let end = match answer.basis {
            LossBasis::Now => format!("now {}", words::instant(model.now)),
            LossBasis::LossInstant { at, latest } => {
                let to = latest.map(|latest| format!(" to {}", words::instant(latest)));
                format!("loss instant {}{}", words::instant(at), to.unwrap_or_default())
            }
            LossBasis::Moved { at } => format!("clients moved {}", words::instant(at)),
        };
        let amount = words::range(gives_up, answer.is, answer.gives_up_least);
        let how = if answer.target == Target::Newest {
            "what would be lost, below".to_owned()
        } else {
            let outage = answer.left_out.as_ref().map(|left_out| format!(", {left_out}"));
            format!("{end} - point{}", outage.unwrap_or_default())
        };
        lines.push(format!("  gives up      {amount}  =  {how}"));
    }
    if let (Some(base), Some(at), Some(replay)) = (&answer.base, answer.base_instant(), answer.replay) {
        lines.push(format!("  base          {} {at}", base.name));
        lines.push(format!("  log to replay {}  =  point - end of the base", words::to_the_second(replay)));
    }
    lines.push(String::new());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::assess;
    use crate::domain::sample::{minutes, now, orders};

    #[test]
    fn s16_a_verdict_is_one_word_and_what_has_no_log_trails_by_none() {
        use crate::domain::sample::{copy, snapshots};
        let mut service = orders();
        service.policy.rpo = None;
        for copy_of in [&mut service.primary, &mut service.secondary] {
            *copy_of = Some(copy("west", snapshots(&["2026-11-20T10:40:04Z", "2026-11-20T11:40:04Z"])));
        }
        let said = |service: &Service| {
            let known = assess(service, now(), &minutes(2).into());
            let (mut trails, mut verdicts) = (Vec::new(), Vec::new());
            lags(&known, now(), &mut trails);
            verdict(service, &known, &mut verdicts);
            (trails, verdicts)
        };
        let (trails, _) = said(&service);
        assert!(trails.contains(&"  log     -  it has none, but snapshots".to_owned()), "{trails:?}");
        let (_, good) = said(&orders());
        assert_eq!(good, ["VERDICT", "  unproven: no finding", ""]);
        service.primary.as_mut().unwrap().last_good.as_mut().unwrap().ability =
            crate::domain::Ability::ByDesignNone;
        let (_, exempt) = said(&service);
        assert_eq!(exempt, ["VERDICT", &format!("  exempt: {}", words::BY_DESIGN), ""]);
    }

    #[test]
    fn s36_what_is_to_be_run_by_hand_works_as_it_is_pasted_and_is_left_out_in_the_demo() {
        let size = crate::tui::app::Size { width: 120, height: 40 };
        let mut model = crate::tui::tests::model(false, size);
        model.setup.again = Some(crate::tui::tests::again("lifeboat --config a.toml --state-dir /s"));
        let told = |model: &Model| of_service(model, "orders-db").unwrap().1;
        let command = "  lifeboat --config a.toml --state-dir /s status orders-db --output json";
        assert!(told(&model).iter().any(|line| line == command), "{:?}", told(&model));
        (model.setup.again, model.setup.demo) = (None, true);
        assert!(!told(&model).iter().any(|line| line == "BY HAND"), "{:?}", told(&model));
    }
}
