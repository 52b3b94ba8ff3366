//! The selected row of a list in a line, for a chat or a ticket.

use super::model::{Model, Screen};
use super::regions::regions;
use super::{alerts, runs, sources, state};
use crate::domain::{Finding, Service, words};

/// The row that is selected on the list that is shown; `None` where there is none.
pub(super) fn of_row(model: &Model) -> Option<String> {
    let line = match model.screen {
        Screen::Alerts => {
            let (service, finding, _) = alerts::rows(model).into_iter().nth(model.row)?;
            of_service(model, model.fleet.services.get(service)?, Some(finding))?
        }
        Screen::Regions => region(model)?,
        Screen::Runs => run(model)?,
        Screen::Sources => source(model)?,
        Screen::Fleet | Screen::Service | Screen::Run => {
            let service = model.selected()?;
            let known = model.board.assessment(&service.id)?;
            of_service(model, service, known.findings.first())?
        }
    };
    Some(line.trim_end().to_owned())
}

fn of_service(model: &Model, service: &Service, finding: Option<&Finding>) -> Option<String> {
    let known = model.board.assessment(&service.id)?;
    let (_, word) = state::word(service, known);
    let there = known.secondary.as_ref();
    let without = if known.has_nothing_there() { "none" } else { words::UNKNOWN };
    let newest = there.and_then(words::newest_of_in_full).unwrap_or_else(|| without.to_owned());
    let rpo = service
        .policy
        .rpo
        .map_or_else(|| "no RPO".to_owned(), |rpo| format!("RPO {}", words::objective(rpo)));
    Some(format!(
        "{}: {word}; newest restorable there {newest}; loss {} ({rpo}); {}. {}",
        service.id,
        words::loss_seconds(known),
        as_of(model),
        finding.map_or("", |finding| finding.text.as_str()),
    ))
}

fn region(model: &Model) -> Option<String> {
    let region = regions(model).into_iter().nth(model.row)?;
    let loss = region
        .worst_loss
        .map_or_else(|| words::UNKNOWN.to_owned(), |(amount, is)| words::bounded(amount, is));
    Some(format!(
        "region {}: if it is lost, {} with their primary copy in it, {} to be lost whole, worst loss of the others \
         {loss}, loss of {} not known; {} of {} probed primaries answer; {}",
        region.name,
        words::count(region.services, "service"),
        region.lose_all,
        region.loss_unknown,
        region.answer,
        region.probed(),
        as_of(model),
    ))
}

fn run(model: &Model) -> Option<String> {
    let row = runs::rows(model).into_iter().nth(model.row)?;
    let known = |what: &str, amount: Option<String>| {
        amount.map_or_else(String::new, |amount| format!("; {what} {amount}"))
    };
    let line = &row.line;
    Some(format!(
        "{} of {}: {}{}{}; opened {}; {}",
        line.run,
        line.service,
        row.state,
        known("RTO", line.rto()),
        known("RPO", line.rpo()),
        words::instant(line.opened_at),
        as_of(model),
    ))
}

fn source(model: &Model) -> Option<String> {
    let (name, state) = sources::rows(model).into_iter().nth(model.row)?;
    let outcome = state.attempt.outcome.as_str().replace('_', " ");
    let instant = |at| words::instant(at);
    let last_good = state.last_good.map_or_else(|| "never".to_owned(), instant);
    let error = state.attempt.error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
    Some(format!("source {name}: {outcome}{error}; last good {last_good}; {}", as_of(model)))
}

fn as_of(model: &Model) -> String {
    format!("as of {}", words::instant(model.now))
}
