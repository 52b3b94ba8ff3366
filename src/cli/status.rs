//! `status`: one poll of everything, then the facts as a table or as JSON (S34).

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::config::NOTHING_WATCHED;
use crate::domain::status::StatusDoc;
use crate::domain::{Assessment, Service, SourceReport};
use crate::ledger::{TravelError, travel};
use crate::runtime::author::author;

use super::again::Again;
use super::args::{OutputForm, StatusArgs};
use super::next::NextOf;
use super::session::{Session, patience};
use super::survey::Survey;
use super::{Exit, Global, Out, next, status_table, table};

pub(super) async fn run(global: &Global, args: &StatusArgs, out: &mut Out) -> Exit {
    if global.output == Some(OutputForm::Md) {
        return super::wrong_form("status", "table or json", out);
    }
    let session = match Session::open_within(global, patience(args.timeout), out) {
        Ok(session) => Arc::new(session),
        Err(exit) => return exit,
    };
    let (survey, not_saved) = session.survey(args.timeout).await;
    for why in &not_saved {
        out.problem(why);
    }
    if let Some(exit) = unknown_service(&args.services, &survey, out) {
        return exit;
    }
    if let Some(exit) = args.region.as_ref().and_then(|region| unknown_region(region, &survey, out)) {
        return exit;
    }
    let shown: Vec<(&Service, &Assessment)> = survey
        .services
        .iter()
        .map(|(service, assessment)| (service, assessment))
        .filter(|(service, _)| args.services.is_empty() || args.services.contains(&service.id))
        .filter(|(service, _)| args.region.as_ref().is_none_or(|region| lies_in(service, region)))
        .collect();
    if global.output == Some(OutputForm::Json) {
        let doc = StatusDoc::new(survey.now, shown)
            .with_forks_left(survey.forks_left.clone(), survey.runs_unread());
        match serde_json::to_string_pretty(&doc) {
            Ok(json) => out.line(&json),
            Err(error) => out.error(&format!("the status cannot be written as JSON: {error}"), &[]),
        }
    } else {
        say_sources(&survey, out);
        let told = status_table::Told::new(&survey.reports);
        let again = Again::of(global);
        let next = NextOf {
            of_run: &|service, open| next::of_open(&again, service, open, survey.state_of(open)),
            of_change: &|change| next::of_change(&again, change),
        };
        out.line(&status_table::draw(&shown, &told, &next, survey.now, table::terminal_width()));
        for left in survey.forks_left.iter().flatten() {
            out.line(&format!("fork left behind: {}", left.text()));
            out.line(&format!("    remove: {}", next::of_left(&again, left)));
        }
        if survey.services.is_empty() {
            out.problem(&why_no_services(&survey.reports, |source| {
                session.config.discover.contains_key(source)
            }));
        }
    }
    if let Some(path) = &args.write
        && let Err(error) = write(&survey, path)
    {
        out.error(&format!("not written: {error}"), &[]);
        return Exit::Failed;
    }
    if session.config.watches_nothing() {
        return Exit::Config;
    }
    match survey.answered() {
        (some, all) if some == all => Exit::Done,
        _ if survey.is_dark() => Exit::Unreachable,
        _ => Exit::Unsure,
    }
}

/// Why none is known: a source that would have listed them was not read, or nothing names any.
fn why_no_services(reports: &[SourceReport], lists: impl Fn(&str) -> bool) -> String {
    let unread: Vec<&str> = reports
        .iter()
        .filter(|report| !report.outcome.has_facts() && lists(&report.source))
        .map(|report| report.source.as_str())
        .collect();
    if unread.is_empty() {
        NOTHING_WATCHED.to_owned()
    } else {
        format!("no services are known yet: {} lists them and could not be read", unread.join(", "))
    }
}

/// Keeps everything that is known, of all services, for another host (S37).
fn write(survey: &Survey, path: &std::path::Path) -> Result<(), TravelError> {
    let judged = survey.services.iter().map(|(service, assessment)| (service, assessment));
    let services = survey.services.iter().map(|(service, _)| service);
    travel::write(path, &StatusDoc::new(survey.now, judged).to_travel(author(None).host, services))
}

/// A name that no service has: a mistake, unless a dead source may hide it.
pub(super) fn unknown_service(named: &[String], survey: &Survey, out: &mut Out) -> Option<Exit> {
    let known: Vec<&str> = survey.services.iter().map(|(service, _)| service.id.as_str()).collect();
    let unknown = named.iter().find(|name| !known.contains(&name.as_str()))?;
    let why = survey
        .dismissal(unknown)
        .or_else(|| survey.longer_name(unknown))
        .map(|why| format!(": {why}"))
        .unwrap_or_default();
    let what = format!("there is no service `{unknown}`{why}");
    Some(not_there(&what, unknown, ("services", &known), survey, out))
}

/// A region in which no copy lies: a mistake, and not a region where all is well.
fn unknown_region(named: &str, survey: &Survey, out: &mut Out) -> Option<Exit> {
    let copies = survey.services.iter().flat_map(|(service, _)| [&service.primary, &service.secondary]);
    let known: BTreeSet<&str> = copies.flatten().filter_map(|copy| copy.region.as_deref()).collect();
    if known.contains(named) {
        return None;
    }
    let known: Vec<&str> = known.into_iter().collect();
    let what = format!("no copy lies in a region `{named}`");
    Some(not_there(&what, named, ("regions", &known), survey, out))
}

/// Says that what was named is not there, what may have been meant, and whether it may be hidden.
fn not_there(
    what: &str,
    named: &str,
    (things, known): (&str, &[&str]),
    survey: &Survey,
    out: &mut Out,
) -> Exit {
    let near = crate::domain::nearest::nearest(named, known).map(|near| format!("did you mean `{near}`?"));
    let all =
        format!("known {things}: {}", if known.is_empty() { "none".to_owned() } else { known.join(", ") });
    let hidden = survey.hidden();
    let hints: Vec<&str> =
        near.iter().chain(hidden.iter()).map(String::as_str).chain([all.as_str()]).collect();
    out.error(what, &hints);
    if hidden.is_some() { Exit::Unsure } else { Exit::Usage }
}

fn lies_in(service: &Service, region: &str) -> bool {
    [&service.primary, &service.secondary]
        .into_iter()
        .flatten()
        .any(|copy| copy.region.as_deref() == Some(region))
}

/// Which sources did not answer, on standard error: the table is for facts.
fn say_sources(survey: &Survey, out: &mut Out) {
    for report in survey.reports.iter().filter(|report| report.outcome != crate::domain::Outcome::Ok) {
        let why = report.error.as_deref().unwrap_or("no reason given");
        out.problem(&format!("source {}: {} ({why})", report.source, report.outcome.as_str()));
    }
    for service in survey.dismissed.keys() {
        let why = survey.dismissal(service).unwrap_or_default();
        out.problem(&format!("{service} is not shown: {why}"));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::Outcome;
    use crate::domain::sample::now;

    fn report(outcome: Outcome) -> SourceReport {
        SourceReport {
            source: "pg".to_owned(),
            as_of: now(),
            outcome,
            error: None,
            skew_s: None,
            took: std::time::Duration::ZERO,
            calls: 1,
            retry_after: None,
            complete: false,
            nearest: BTreeMap::new(),
            services: Vec::new(),
        }
    }

    #[test]
    fn a_source_that_was_not_read_may_hide_a_service() {
        let survey = |outcome| Survey {
            now: now(),
            services: Vec::new(),
            reports: vec![report(outcome)],
            dismissed: BTreeMap::new(),
            open: Vec::new(),
            forks_left: None,
            runs_unread: Vec::new(),
            no_journal: None,
        };
        let hidden = survey(Outcome::Unreachable).hidden();
        assert_eq!(hidden.as_deref(), Some("pg could not be read and may list it"));
        assert_eq!(survey(Outcome::Ok).hidden(), None);
    }

    #[test]
    fn a_source_that_was_not_read_is_not_blamed_on_the_config() {
        let unread = why_no_services(&[report(Outcome::Unreachable)], |source| source == "pg");
        assert_eq!(unread, "no services are known yet: pg lists them and could not be read");
        let unnamed = why_no_services(&[report(Outcome::Unreachable)], |_| false);
        assert!(unnamed.contains("[discover.SOURCE]"), "{unnamed}");
        let empty = why_no_services(&[report(Outcome::Ok)], |_| true);
        assert!(empty.contains("[discover.SOURCE]"), "{empty}");
    }
}
