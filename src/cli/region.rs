//! `region`: where a provider copies the backups of a service to: shown, and changed as an armed, typed
//! and journaled action whose effect is followed until the first copy is there.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::region::{RegionChange, RegionEffect, RegionStage, SetOutcome};
use crate::domain::{Role, Service};
use crate::ledger::settings::{SettingEvent, SettingRecord, Settings, last_change};
use crate::process::shell_line;
use crate::provider::{CallPreview, ReadinessState, RegionSetter};
use crate::runbook::Author;
use crate::runtime::author::author;
use crate::runtime::signals::Signals;
use crate::runtime::sources::Sources;

use super::args::RegionArgs;
use super::drill::{flags, refused};
use super::session::Session;
use super::{Exit, Global, Out, status};

/// How long the look at the service may take, real time.
const LOOK: Duration = Duration::from_secs(15);
/// How long one call may take; then its outcome is unknown.
const CALL: Duration = Duration::from_secs(120);
/// Between two looks at the effect, by the clock in force.
const FOLLOW: Duration = Duration::from_secs(30);
/// After so many looks that show nothing of an unknown outcome, a person decides.
const LOOKS_FOR_UNKNOWN: u32 = 3;

pub(super) async fn run(global: &Global, args: RegionArgs, words: &[String], out: &mut Out) -> Exit {
    let session = match Session::open(global, out) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let mut journal = match Settings::open(&session.config.state_dir) {
        Ok(journal) => journal,
        Err(error) => {
            let hint = "nothing is changed that cannot be written down: give another folder by --state-dir";
            out.error(&error.to_string(), &[hint]);
            return Exit::Failed;
        }
    };
    let sources = Sources::build(Arc::clone(&session.config), session.clock).await;
    let (survey, _) = session.survey_of(&sources, LOOK).await;
    if let Some(exit) = status::unknown_service(std::slice::from_ref(&args.service), &survey, out) {
        return exit;
    }
    let service = survey.services.into_iter().find(|(service, _)| service.id == args.service);
    let Some((service, _)) = service else { return Exit::Usage };
    let before = match journal.of(&service.id) {
        Ok(before) => before,
        Err(error) => return super::runs::ledger_error(&error, out),
    };
    let Some(source) = service.primary.as_ref().map(|copy| copy.source.clone()) else {
        out.error(&format!("{} has no source that could copy its backups", service.id), &[]);
        return Exit::Failed;
    };
    let author = author(args.declared_by.clone());
    let mut action = Action { session: &session, journal: &mut journal, service: &service.id, author, out };
    if args.follow {
        let (Some(change), _) = last_change(&before) else {
            action.out.error("no change of this service was asked for from here", &[]);
            return Exit::Usage;
        };
        return match sources.region_setter(&source, flags(global)).await {
            Ok(setter) => action.follow(&*setter, change, words).await,
            Err(refusal) => refused(&session, &refusal, words, action.out),
        };
    }
    let Some(change) = wanted(&session, &service, &source, &args, &before) else {
        show(&service, &before, action.out);
        return Exit::Done;
    };
    if let Some(exit) = action.checked(&sources, &source, &change, &args, words).await {
        return exit;
    }
    match sources.region_setter(&source, flags(global)).await {
        Ok(setter) => {
            let calls =
                sources.of(&source).map(|catalog| catalog.preview_region(&change)).unwrap_or_default();
            action.change(&*setter, change, calls, words).await
        }
        Err(refusal) => refused(&session, &refusal, words, action.out),
    }
}

/// The change that is asked for; `None` = only to be shown.
fn wanted(
    session: &Session,
    service: &Service,
    source: &str,
    args: &RegionArgs,
    before: &[SettingRecord],
) -> Option<RegionChange> {
    if args.to.is_none() && !args.off {
        return None;
    }
    let bound = session.config.board().bindings.into_iter().find(|binding| {
        binding.service == service.id && binding.role == Role::Primary && binding.source == source
    });
    let there = service.secondary.as_ref().filter(|copy| copy.source == source);
    Some(RegionChange {
        remote: bound.map_or_else(|| service.remote.clone(), |binding| binding.remote),
        from: there.and_then(|copy| copy.region.clone()),
        to: args.to.clone(),
        last_changed: last_change(before).1,
    })
}

fn show(service: &Service, before: &[SettingRecord], out: &mut Out) {
    let there = service.secondary.as_ref();
    out.line(&match there.and_then(|copy| copy.region.as_deref()) {
        Some(region) => format!("{}: backups are copied to {region}", service.id),
        None if there.is_some() => {
            format!("{}: backups are copied to a region that is not known", service.id)
        }
        None => format!("{}: backups are copied nowhere", service.id),
    });
    for record in before {
        out.line(&line(record));
    }
}

/// One line of the journal, for people.
fn line(record: &SettingRecord) -> String {
    let at = crate::domain::words::instant(record.at);
    let what = match &record.event {
        SettingEvent::Intended { change, .. } => format!(
            "asked by {}: {} {} -> {}",
            record.author.shown(),
            change.verb(),
            change.from.as_deref().unwrap_or("nowhere"),
            change.to.as_deref().unwrap_or("nowhere")
        ),
        SettingEvent::Answered { outcome: SetOutcome::Accepted { response } } => {
            format!("accepted: {response}")
        }
        SettingEvent::Answered { outcome: SetOutcome::Refused { why } } => format!("REFUSED: {why}"),
        SettingEvent::Answered { outcome: SetOutcome::Unknown { why } } => format!("OUTCOME UNKNOWN: {why}"),
        SettingEvent::Seen { effect } => effect.text.clone(),
    };
    format!("{at}  {what}")
}

/// A change under way.
struct Action<'a> {
    session: &'a Session,
    journal: &'a mut Settings,
    service: &'a str,
    author: Author,
    out: &'a mut Out,
}

impl Action<'_> {
    /// The rules and the exact calls, shown; goes on only when they hold and the name was typed (R21).
    async fn checked(
        &mut self,
        sources: &Sources,
        source: &str,
        change: &RegionChange,
        args: &RegionArgs,
        words: &[String],
    ) -> Option<Exit> {
        let Some(catalog) = sources.of(source) else { return Some(Exit::Usage) };
        let Ok(items) = tokio::time::timeout(CALL, catalog.check_region(change)).await else {
            self.out.error("the rules of this change could not be checked in time", &[]);
            return Some(Exit::Unsure);
        };
        for item in &items {
            self.out.line(&format!("rule   {}: {} ({})", item.state.as_str(), item.text, item.check));
        }
        self.calls("would call", &catalog.preview_region(change));
        if items.iter().any(|item| item.state == ReadinessState::Fail) {
            self.out.problem("nothing was sent: a rule of this change is broken");
            return Some(Exit::Failed);
        }
        match args.confirm.as_deref() {
            Some(typed) if typed == self.service => None,
            Some(typed) => {
                let service = self.service;
                self.out.error(&format!("--confirm says `{typed}`, the service is `{service}`"), &[]);
                Some(Exit::Usage)
            }
            None => {
                let again = shell_line(words);
                self.out.problem(&format!("nothing was sent. next: {again} --confirm {}", self.service));
                Some(Exit::Unsure)
            }
        }
    }

    fn calls(&mut self, word: &str, calls: &[CallPreview]) {
        for call in calls {
            self.out.line(&format!("{word}  {}", call.what));
            for line in call.command.lines() {
                self.out.line(&format!("    {line}"));
            }
        }
    }

    /// Writes a fact and tells it.
    fn note(&mut self, event: SettingEvent) -> Result<(), Exit> {
        let now = self.session.clock.now();
        match self.journal.append(now, &self.author, self.service, event) {
            Ok(record) => {
                self.out.line(&line(&record));
                Ok(())
            }
            Err(error) => Err(super::runs::ledger_error(&error, self.out)),
        }
    }

    /// Asks for the change once: its intent is durable before (R22).
    async fn change(
        &mut self,
        setter: &dyn RegionSetter,
        change: RegionChange,
        calls: Vec<CallPreview>,
        words: &[String],
    ) -> Exit {
        let typed = self.service.to_owned();
        let intended = SettingEvent::Intended { change: change.clone(), calls: calls.clone(), typed };
        if let Err(exit) = self.note(intended) {
            return exit;
        }
        let outcome = tokio::time::timeout(CALL, setter.set(&change))
            .await
            .unwrap_or_else(|_| SetOutcome::Unknown { why: "no answer in time".to_owned() });
        let was_refused = matches!(outcome, SetOutcome::Refused { .. });
        if let Err(exit) = self.note(SettingEvent::Answered { outcome }) {
            return exit;
        }
        if was_refused {
            return Exit::Failed;
        }
        self.calls("called", &calls);
        self.follow(setter, &change, words).await
    }

    /// Reads back until the first copy is there. A signal ends the looking, never the change.
    async fn follow(&mut self, setter: &dyn RegionSetter, change: &RegionChange, words: &[String]) -> Exit {
        let Ok(mut signals) = Signals::listen() else { return Exit::Failed };
        let mut last: Option<RegionEffect> = None;
        let mut not_set = 0;
        loop {
            let seen = tokio::select! {
                seen = tokio::time::timeout(CALL, setter.read_back(change)) => seen.ok(),
                stop = signals.next() => return self.left(stop.as_str(), words),
            };
            if let Some(effect) = seen {
                let stage = effect.stage;
                not_set = if stage == RegionStage::NotSet { not_set + 1 } else { 0 };
                if last.as_ref().map(|last| (last.stage, &last.text)) != Some((stage, &effect.text)) {
                    if let Err(exit) = self.note(SettingEvent::Seen { effect: effect.clone() }) {
                        return exit;
                    }
                    last = Some(effect);
                }
                if stage == RegionStage::Done {
                    return Exit::Done;
                }
                if not_set >= LOOKS_FOR_UNKNOWN {
                    self.out.problem("the setting is not as asked for: see at the provider, then ask again");
                    return Exit::Unsure;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(self.session.clock.real(FOLLOW)) => {}
                stop = signals.next() => return self.left(stop.as_str(), words),
            }
        }
    }

    fn left(&mut self, signal: &str, words: &[String]) -> Exit {
        let flags = words.iter().position(|word| word == "--to" || word == "--off").unwrap_or(words.len());
        let follow = shell_line(words.get(..flags).unwrap_or_default());
        self.out.problem(&format!("{signal}: the change goes on without us. next: {follow} --follow"));
        Exit::Interrupted
    }
}
