//! `doctor`: can I recover from this host? Looks at everything that recovery needs, changes nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde::Serialize;

use crate::config::{Probe, SourceSettings};
use crate::domain::skew::{AGREE_S, ASKS_S};
use crate::domain::{Outcome, SourceReport, words};
use crate::poll::{self, probe};
use crate::runtime::sources::{ArmFlags, Sources, secondary_sources};

use super::args::OutputForm;
use super::session::Session;
use super::table::{Table, terminal_width, wrapped};
use super::{Exit, Global, Out, doctor_tools};

/// How long one source or primary may take to answer.
const LOOK: Duration = Duration::from_secs(15);

/// What came out of one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mark {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Item {
    pub(super) check: &'static str,
    pub(super) mark: Mark,
    pub(super) text: String,
}

impl Item {
    pub(super) fn new(check: &'static str, mark: Mark, text: impl Into<String>) -> Self {
        Self { check, mark, text: text.into() }
    }
}

/// Everything that was looked at, and what follows.
#[derive(Debug, Serialize)]
struct Findings {
    items: Vec<Item>,
    could_arm: bool,
    because: Vec<String>,
}

pub(super) async fn run(global: &Global, out: &mut Out) -> Exit {
    if global.output == Some(OutputForm::Md) {
        return super::wrong_form("doctor", "table or json", out);
    }
    let session = match Session::open(global, out) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let sources = Sources::build(Arc::clone(&session.config), session.clock);
    let reports = poll::once(&sources.catalogs(), session.clock, LOOK).await;
    let mut items = vec![config(&session)];
    items.extend(state_folder(&session));
    items.extend(reports.iter().flat_map(source));
    items.extend(primaries(&session).await);
    items.extend(tools(&session, global.read_only).await);
    items.extend(services(&session));
    let because = arming(&session, &sources, &reports, global.read_only).await;
    let findings = Findings { could_arm: because.is_empty(), because, items };
    say(&findings, global.output, out);
    let dark = !reports.is_empty() && !reports.iter().any(|report| report.outcome.has_facts());
    match findings.items.iter().any(|item| item.mark == Mark::Fail) {
        _ if dark => Exit::Unreachable,
        true => Exit::Unsure,
        false => Exit::Done,
    }
}

fn say(findings: &Findings, form: Option<OutputForm>, out: &mut Out) {
    if form == Some(OutputForm::Json) {
        match serde_json::to_string_pretty(findings) {
            Ok(json) => out.line(&json),
            Err(error) => out.error(&format!("the findings cannot be written as JSON: {error}"), &[]),
        }
        return;
    }
    let mut table = Table::with_sentences(&[("", 0), ("", 0), ("", 0)]);
    for item in &findings.items {
        let mark = match item.mark {
            Mark::Ok => "ok  ",
            Mark::Warn => "warn",
            Mark::Fail => "FAIL",
        };
        table.row([mark, item.check, &item.text].map(str::to_owned).into(), Vec::new());
    }
    out.line(&table.draw(terminal_width()));
    let last = if findings.could_arm {
        "could arm here: yes, with --arm".to_owned()
    } else {
        format!("could arm here: no, because {}", findings.because.join("; "))
    };
    out.line(&wrapped(&last, terminal_width()).join("\n"));
}

fn config(session: &Session) -> Item {
    let config = &session.config;
    let text = format!(
        "{}: {}, {}{}, from {}",
        config.fleet,
        words::count(config.sources.len(), "source"),
        words::count(config.services.len(), "service"),
        if config.discover.is_empty() { "" } else { " and those discovered" },
        session.files.join(", "),
    );
    let mark = if config.sources.is_empty() { Mark::Fail } else { Mark::Ok };
    Item::new("config", mark, text)
}

fn state_folder(session: &Session) -> Vec<Item> {
    let folder = session.config.state_dir.display();
    let journal = match &session.state.runs {
        Ok(_) => Item::new("journal", Mark::Ok, format!("runs can be kept in {folder}")),
        Err(error) => Item::new("journal", Mark::Fail, format!("no run can be kept: {error}")),
    };
    let readings =
        session.state.readings.not_saved().map(|error| {
            Item::new("readings", Mark::Warn, format!("what is last known is not saved: {error}"))
        });
    [journal].into_iter().chain(readings).collect()
}

fn source(report: &SourceReport) -> Vec<Item> {
    let name = &report.source;
    let took = humantime::format_duration(Duration::from_millis(
        report.took.as_millis().try_into().unwrap_or(u64::MAX),
    ));
    let why = report.error.as_deref().unwrap_or("no reason given");
    let answered = match report.outcome {
        Outcome::Ok => {
            Item::new("source", Mark::Ok, format!("{name} answers in {took}, {} calls", report.calls))
        }
        Outcome::Partial => Item::new("source", Mark::Warn, format!("{name} answers in part: {why}")),
        outcome => Item::new("source", Mark::Fail, format!("{name}: {} ({why})", outcome.as_str())),
    };
    let skew = report.skew_s.map(|skew| {
        let mark = match skew.unsigned_abs() {
            off if off > ASKS_S => Mark::Fail,
            off if off > AGREE_S => Mark::Warn,
            _ => Mark::Ok,
        };
        let side = if skew < 0 { "behind" } else { "ahead of" };
        let off = words::exact(Duration::from_secs(skew.unsigned_abs()));
        Item::new("clock", mark, format!("this host is {off} {side} {name}"))
    });
    [answered].into_iter().chain(skew).collect()
}

async fn primaries(session: &Session) -> Vec<Item> {
    let probes =
        session.config.services.iter().filter_map(|(id, service)| Some((id, service.probe.as_ref()?)));
    join_all(probes.map(|(id, address)| primary(id, address))).await
}

async fn primary(id: &str, address: &Probe) -> Item {
    match probe::probe(&address.to_string(), LOOK).await {
        probe::Probed::Answers => Item::new("primary", Mark::Ok, format!("{id} answers at {address}")),
        probe::Probed::Silent(why) => {
            Item::new("primary", Mark::Warn, format!("{id} is silent at {address}: {why}"))
        }
        probe::Probed::CannotTell(why) => {
            Item::new("primary", Mark::Warn, format!("{id} cannot be asked at {address}: {why}"))
        }
    }
}

async fn tools(session: &Session, read_only: bool) -> Vec<Item> {
    let each = session.config.sources.iter().map(|(name, source)| async move {
        match &source.settings {
            SourceSettings::PgBackRest(settings) => doctor_tools::pgbackrest(name, settings).await,
            SourceSettings::Aiven(settings) => vec![acting_token(name, settings, read_only).await],
        }
    });
    join_all(each).await.into_iter().flatten().collect()
}

/// Whoever may not act does not fetch it either (S18): what is missing is seen without it.
async fn acting_token(name: &str, settings: &crate::provider::aiven::Settings, read_only: bool) -> Item {
    let Some(token) = &settings.acting_token else {
        return Item::new("token", Mark::Warn, format!("{name} has no acting_token: it can never fork"));
    };
    if read_only {
        let (mark, text) = match token.absent() {
            Some(error) => (Mark::Warn, format!("{name}: no acting token: {error}")),
            None => (Mark::Ok, format!("{name}: the acting token is not fetched: --read-only")),
        };
        return Item::new("token", mark, text);
    }
    match token.resolve().await {
        Ok(_) => {
            Item::new("token", Mark::Ok, format!("{name}: the acting token is there ({})", token.describe()))
        }
        Err(error) => Item::new("token", Mark::Warn, format!("{name}: no acting token: {error}")),
    }
}

/// A drill of a service without a check that expects something proves nothing (S24).
fn services(session: &Session) -> Vec<Item> {
    let unproven = session.config.services.iter().filter(|(_, service)| {
        service.secondary.is_some() && !service.checks.iter().any(|check| check.expect.is_some())
    });
    unproven
        .map(|(id, _)| {
            let text = format!("{id} has no check with `expect`: a drill of it cannot pass");
            Item::new("checks", Mark::Warn, text)
        })
        .collect()
}

/// What is missing on this host to act on the sources of secondary copies, but for `--arm` itself.
async fn arming(
    session: &Session,
    sources: &Sources,
    reports: &[SourceReport],
    read_only: bool,
) -> Vec<String> {
    let wanted = secondary_sources(&session.config);
    if wanted.is_empty() {
        return vec!["no source holds a secondary copy".to_owned()];
    }
    let is_denied = |source: &str| {
        reports.iter().any(|report| report.source == source && report.outcome == Outcome::Denied)
    };
    let mut because = Vec::new();
    for source in wanted {
        if let Err(refusal) = sources.forker(&source, ArmFlags { arm: true, read_only }).await {
            because.push(format!("{source}: {}", refusal.missing.join(", ")));
        } else if reads_as_it_acts(session, &source) && is_denied(&source) {
            because.push(format!("{source}: its acting token is the one that was refused above"));
        }
    }
    because
}

/// Whether a source is read with the token that acts.
fn reads_as_it_acts(session: &Session, source: &str) -> bool {
    let settings = session.config.sources.get(source).map(|source| &source.settings);
    let Some(SourceSettings::Aiven(settings)) = settings else { return false };
    settings.acting_token.as_ref() == Some(&settings.token)
}
