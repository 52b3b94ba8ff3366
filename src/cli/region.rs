//! `region`: where a provider copies the backups of a service to: shown, and changed as an armed, typed
//! and journaled action whose effect is followed until the first copy is there.

mod next;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::config::Config;
use crate::domain::fleet::remote_of;
use crate::domain::fork::CopiedTo;
use crate::domain::region::{RegionChange, RegionEffect, RegionLife, SetOutcome};
use crate::domain::{Role, Service, words as say};
use crate::ledger::LedgerError;
use crate::ledger::settings::{self, SettingEvent, SettingRecord, Settings, last_change, under_way};
use crate::provider::{CallPreview, Catalog, RegionSetter};
use crate::runbook::Author;
use crate::runtime::author::author;
use crate::runtime::region::{self, Checked, Followed, Sent, line};
use crate::runtime::signals::Signals;
use crate::runtime::sources::Sources;

use super::again::Again;
use super::args::{OutputForm, RegionArgs};
use super::drill::{flags, refused};
use super::session::{PATIENCE, Session};
use super::survey::Survey;
use super::{Exit, Global, Out, status};

use next::Next;

/// How long the look at the service may take, real time.
const LOOK: Duration = Duration::from_secs(15);

pub(super) async fn run(global: &Global, args: RegionArgs, words: &[String], out: &mut Out) -> Exit {
    if !matches!(global.output, None | Some(OutputForm::Table)) {
        return super::wrong_form("region", "table", out);
    }
    let session = match Session::open(global, out) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let sources = Sources::build(Arc::clone(&session.config), session.clock);
    let (survey, _) = session.survey_of(&sources, LOOK).await;
    let subject = Subject::of_service(&session.config, &survey, &args.service)
        .or_else(|| Subject::of_fork(&session, &survey, &args.service, out));
    let Some(subject) = subject else {
        return status::unknown_service(std::slice::from_ref(&args.service), &survey, out).unwrap_or_else(
            || {
                out.error(&format!("{} has no source that could copy its backups", args.service), &[]);
                Exit::Failed
            },
        );
    };
    if args.to.is_none() && !args.off && !args.follow {
        return shown(&session, &subject, out);
    }
    let (journal, before) = match changes(&session, &subject.name) {
        Ok(found) => found,
        Err(error) => {
            let hint = "nothing is changed that cannot be written down: give another folder by --state-dir";
            out.error(&error.to_string(), &[hint]);
            return Exit::Failed;
        }
    };
    let (name, source) = (subject.name.as_str(), subject.source.as_str());
    let author = author(args.declared_by.clone());
    let next = Next { again: Again::of(global), args: &args };
    let action = Action { session: &session, journal, service: name, source, author, next };
    if args.follow {
        let (Some(change), _) = last_change(&before) else {
            out.error("no change of this service was asked for from here that was not refused", &[]);
            return Exit::Usage;
        };
        if !global.arm {
            return match sources.of(source) {
                Some(catalog) => action.look(&*catalog, change, out).await,
                None => Exit::Failed,
            };
        }
        return match sources.region_setter(source, flags(global)).await {
            Ok(setter) => action.run(&*setter, change, None, out).await,
            Err(refusal) => refused(&session, &refusal, words, out),
        };
    }
    let change = subject.change(args.to.clone(), &before);
    let checked = match region::check(&sources, source, &change).await {
        Ok(mut checked) => {
            let services: Vec<&Service> = survey.services.iter().map(|(service, _)| service).collect();
            let old_primary = subject.old_primary.as_deref();
            let life = RegionLife { services: &services, old_primary, now: session.clock.now() };
            checked.rules.items = std::mem::take(&mut checked.rules).seen_by(&life, &change);
            checked
        }
        Err(why) => {
            out.error(&why, &[]);
            return Exit::Unsure;
        }
    };
    if let Some(exit) = not_agreed(&checked, &args, &action.next, out) {
        return exit;
    }
    match sources.region_setter(source, flags(global)).await {
        Ok(setter) => action.run(&*setter, &change, Some(checked.calls), out).await,
        Err(refusal) => refused(&session, &refusal, words, out),
    }
}

/// The journal of changes, and what was asked for of this service.
fn changes(session: &Session, service: &str) -> Result<(Settings, Vec<SettingRecord>), LedgerError> {
    let (folder, service) = (session.config.state_dir.clone(), service.to_owned());
    let read = move || {
        let journal = Settings::open(&folder)?;
        let before = journal.of(&service)?;
        Ok((journal, before))
    };
    session.disk.within(PATIENCE, read).flatten()
}

/// Shows the setting. Where the journal cannot be read, what was asked for from here is not known, and
/// the setting is.
fn shown(session: &Session, subject: &Subject, out: &mut Out) -> Exit {
    let before = changes(session, &subject.name).map_or_else(
        |error| {
            out.problem(&format!("what was asked for from here is not known: {error}"));
            Vec::new()
        },
        |(_, before)| before,
    );
    show(subject, &before, out);
    if let Some(open) = under_way(&before).first() {
        let held = settings::is_held(&session.config.state_dir, &subject.name);
        let by = if held { "a process follows it" } else { "nobody follows it: --follow does" };
        let (since, last) = (say::instant(open.since), &open.last.1);
        out.line(&format!("under way since {since}: {last}; {by}"));
    }
    Exit::Done
}

/// Whose setting it is, and what is known of it.
struct Subject {
    name: String,
    source: String,
    /// Its name there.
    remote: String,
    /// Where copies go now.
    copied: CopiedTo,
    /// The same in words.
    shown: String,
    /// Where the primary lies that it took the place of, if it is a fork.
    old_primary: Option<String>,
}

impl Subject {
    fn of_service(config: &Config, survey: &Survey, name: &str) -> Option<Self> {
        let (service, _) = survey.services.iter().find(|(service, _)| service.id == name)?;
        let copy = service.primary.as_ref()?;
        let source = copy.source.clone();
        let remote = remote_of(&config.board().bindings, service, Role::Primary, copy).to_owned();
        let copied = service.copied_to();
        let shown = format!("{} ({})", service.copied_to_in_words(), service.copied_to_age(survey.now));
        let unread = Some(&copy.attempt).filter(|attempt| !attempt.outcome.has_facts());
        let unread = unread.map(|attempt| {
            let why = attempt.error.as_deref().unwrap_or(attempt.outcome.as_str());
            format!("; {source} cannot be read now: {why}")
        });
        let shown = format!("{shown}{}", unread.unwrap_or_default());
        Some(Self { name: service.id.clone(), source, remote, copied, shown, old_primary: None })
    }

    /// A fork of ours is no row of the fleet (S33); one that clients use is copied nowhere until that is set.
    fn of_fork(session: &Session, survey: &Survey, name: &str, out: &mut Out) -> Option<Self> {
        let parts = survey
            .reports
            .iter()
            .flat_map(|report| report.services.iter().map(|part| (report.source.clone(), part)));
        let mut forks = parts.filter(|(_, part)| part.ours.is_some() && part.remote == name);
        let (source, part) = forks.next()?;
        let setting = part.facts.as_ref().and_then(|facts| facts.terms.copied_to.as_ref());
        let copied = CopiedTo::of(setting);
        let shown = copied.in_words();
        let runs = session.run_lines().unwrap_or_else(|why| {
            out.problem(&format!("where the primary lies that {name} took the place of is not known: {why}"));
            Vec::new()
        });
        let run = runs.into_iter().find(|line| Some(&line.run) == part.ours.as_ref());
        let of_run = |service: &&Service| run.as_ref().is_some_and(|run| run.service == service.id);
        let before = survey.services.iter().map(|(service, _)| service).find(of_run);
        let old_primary = before.and_then(Service::primary_region).map(str::to_owned);
        Some(Self { name: name.to_owned(), source, remote: name.to_owned(), copied, shown, old_primary })
    }

    fn change(&self, to: Option<String>, before: &[SettingRecord]) -> RegionChange {
        let from = if let CopiedTo::Region(region) = &self.copied { Some(region.clone()) } else { None };
        RegionChange { remote: self.remote.clone(), from, to, last_changed: last_change(before).1 }
    }
}

fn show(subject: &Subject, before: &[SettingRecord], out: &mut Out) {
    out.line(&format!("{}: {}", subject.name, subject.shown));
    for record in before {
        out.line(&line(record));
    }
}

/// Shows the rules and the exact calls; goes on only when they hold and the name was typed (R21).
fn not_agreed(checked: &Checked, args: &RegionArgs, next: &Next<'_>, out: &mut Out) -> Option<Exit> {
    for item in &checked.rules.items {
        out.line(&format!("rule   {}: {} ({})", item.state.as_str(), item.text, item.check));
    }
    show_calls("would call", checked.calls.iter().filter(|call| !call.alternative), out);
    show_calls("or by hand", checked.calls.iter().filter(|call| call.alternative), out);
    if checked.is_broken() {
        out.problem("nothing was sent: a rule of this change is broken");
        return Some(Exit::Failed);
    }
    let service = &args.service;
    match args.confirm.as_deref() {
        Some(typed) if typed == service => None,
        Some(typed) => {
            out.error(&format!("--confirm says `{typed}`, the service is `{service}`"), &[]);
            Some(Exit::Usage)
        }
        None => {
            out.problem(&format!("nothing was sent. next: {}", next.confirmed()));
            Some(Exit::Unsure)
        }
    }
}

pub(super) fn show_calls<'a>(word: &str, calls: impl Iterator<Item = &'a CallPreview>, out: &mut Out) {
    for call in calls {
        out.line(&format!("{word}  {}", call.what));
        for line in call.command.lines() {
            out.line(&format!("    {line}"));
        }
    }
}

/// A change under way.
struct Action<'a> {
    session: &'a Session,
    journal: Settings,
    service: &'a str,
    source: &'a str,
    author: Author,
    next: Next<'a>,
}

impl Action<'_> {
    /// Asks for the change, unless it was asked for before, and follows it until its first copy is there.
    async fn run(
        self,
        setter: &dyn RegionSetter,
        change: &RegionChange,
        calls: Option<Vec<CallPreview>>,
        out: &mut Out,
    ) -> Exit {
        let Ok(mut signals) = Signals::listen() else { return Exit::Failed };
        let (journal, service) = (self.journal, self.service.to_owned());
        let take = move || journal.hold(&service);
        let held = match self.session.disk.within(PATIENCE, take).flatten() {
            Ok(Some(held)) => held,
            Ok(None) => {
                let shown = self.next.again.look(&["region", self.service]);
                let hint = format!("it tells what becomes of it: {shown}");
                out.error(
                    &format!("another process follows a change of where {} is copied", self.service),
                    &[&hint],
                );
                return Exit::Unsure;
            }
            Err(error) => return super::runs::ledger_error(&error, &self.next.again, out),
        };
        let called = || calls.iter().flatten().filter(|call| call.mutating && !call.alternative);
        let mut tell = |record: &SettingRecord| {
            out.line(&line(record));
            if matches!(&record.event, SettingEvent::Answered { outcome } if !was_refused(outcome)) {
                show_calls("called", called(), out);
            }
        };
        let mut action = region::Action {
            journal: Arc::new(Mutex::new(held)),
            folder: self.session.config.state_dir.clone(),
            author: self.author,
            clock: self.session.clock,
            tell: &mut tell,
        };
        if let Some(calls) = &calls {
            match action.ask(setter, self.source, change, calls.clone(), self.service).await {
                Ok(Sent { outcome, unwritten: Some(error) }) => {
                    return only_known_here(&outcome, &error, called(), &self.next, out);
                }
                Ok(Sent { outcome, unwritten: None }) if was_refused(&outcome) => return Exit::Failed,
                Ok(_) => {}
                Err(error) => {
                    let exit = super::runs::ledger_error(&error, &self.next.again, out);
                    out.problem("nothing was sent, since what is asked for is written down first");
                    if matches!(error, LedgerError::Silent { .. }) {
                        out.problem("once that disk answers it may be shown as asked for, without an answer");
                    }
                    return exit;
                }
            }
        }
        let followed = action.follow(setter, change, signals.next()).await;
        match followed {
            Ok(Followed::Done) => Exit::Done,
            Ok(Followed::NotSet) => not_set(out),
            Ok(Followed::Stopped(signal)) => left(signal.as_str(), &self.next.follows(), out),
            Err(error) => super::runs::ledger_error(&error, &self.next.again, out),
        }
    }
}

impl Action<'_> {
    /// Only looks: whoever follows the change armed writes down what is seen.
    async fn look(self, catalog: &dyn Catalog, change: &RegionChange, out: &mut Out) -> Exit {
        let Ok(mut signals) = Signals::listen() else { return Exit::Failed };
        let clock = self.session.clock;
        let tell = |effect: &RegionEffect| {
            out.line(&format!("{}  {}", say::instant(clock.now()), effect.text));
        };
        match region::watch(catalog, change, clock, tell, signals.next()).await {
            Followed::Done => Exit::Done,
            Followed::NotSet => not_set(out),
            Followed::Stopped(signal) => left(signal.as_str(), &self.next.looks(), out),
        }
    }
}

fn not_set(out: &mut Out) -> Exit {
    out.problem("the setting is not as asked for: see at the provider, then ask again");
    Exit::Unsure
}

/// An answer that is in no journal.
fn only_known_here<'a>(
    outcome: &SetOutcome,
    error: &LedgerError,
    called: impl Iterator<Item = &'a CallPreview>,
    next: &Next<'_>,
    out: &mut Out,
) -> Exit {
    out.problem(&region::unwritten(outcome, error));
    if was_refused(outcome) {
        return Exit::Failed;
    }
    show_calls("called", called, out);
    out.problem(&format!("next: {}", next.follows()));
    Exit::Unsure
}

const fn was_refused(outcome: &SetOutcome) -> bool {
    matches!(outcome, SetOutcome::Refused { .. })
}

fn left(signal: &str, next: &str, out: &mut Out) -> Exit {
    out.problem(&format!("{signal}: the change goes on without us. next: {next}"));
    Exit::Interrupted
}
