//! Changing the region that backups are copied to: the one way in which command line and dashboard do
//! it. Rules first, then the intent written down, one call, its answer written down, and looks until the
//! first copy is there (R22, S31).

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::in_time::in_time;
use super::sources::Sources;
use crate::clock::Clock;
use crate::domain::region::{RegionChange, RegionEffect, RegionRules, RegionStage, SetOutcome};
use crate::domain::{ReadinessState, words};
use crate::ledger::LedgerError;
use crate::ledger::settings::{Held, SettingEvent, SettingRecord};
use crate::provider::{CallPreview, Catalog, RegionSetter};
use crate::runbook::Author;

/// How long one call may take; then its outcome is unknown.
const CALL: Duration = Duration::from_secs(120);
/// Between two looks at the effect, by the clock in force.
const FOLLOW: Duration = Duration::from_secs(30);
/// After so many looks that show nothing of an unknown outcome, a person decides.
const LOOKS_FOR_UNKNOWN: u32 = 3;

/// What is read before agreeing to a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// Its rules, each checked.
    pub rules: RegionRules,
    /// The exact calls it would make.
    pub calls: Vec<CallPreview>,
}

impl Checked {
    /// Whether a rule is broken: then nothing may be sent.
    pub fn is_broken(&self) -> bool {
        self.rules.items.iter().any(|item| item.state == ReadinessState::Fail)
    }
}

/// Checks the rules of a change. Changes nothing.
///
/// # Errors
/// A sentence when they cannot be checked.
pub async fn check(sources: &Sources, source: &str, change: &RegionChange) -> Result<Checked, String> {
    let catalog = sources.of(source).ok_or_else(|| format!("{source} is no source of this config"))?;
    let rules = timeout(CALL, catalog.check_region(change)).await;
    let rules = rules.map_err(|_| "the rules of this change could not be checked in time".to_owned())?;
    let mut checked = Checked { rules, calls: catalog.preview_region(change) };
    if checked.is_broken() {
        // A call that must not be made is not held out to be pasted.
        checked.calls.clear();
    }
    Ok(checked)
}

/// One line of the journal, for people.
pub fn line(record: &SettingRecord) -> String {
    format!("{}  {}", words::instant(record.at), in_words(record))
}

/// The same without its instant.
pub(super) fn in_words(record: &SettingRecord) -> String {
    match &record.event {
        SettingEvent::Intended { change, .. } => {
            format!("asked by {}: {}", record.author.shown(), change_in_words(change))
        }
        SettingEvent::Answered { outcome } => answered(outcome),
        SettingEvent::Seen { effect } => effect.text.clone(),
    }
}

/// From where to where.
pub(super) fn change_in_words(change: &RegionChange) -> String {
    let place = |region: &Option<String>| region.clone().unwrap_or_else(|| "nowhere".to_owned());
    format!("{} {} -> {}", change.verb(), place(&change.from), place(&change.to))
}

fn answered(outcome: &SetOutcome) -> String {
    match outcome {
        SetOutcome::Accepted { response } => format!("accepted: {response}"),
        SetOutcome::Refused { why } => format!("REFUSED: {why}"),
        SetOutcome::Unknown { why } => format!("OUTCOME UNKNOWN: {why}"),
    }
}

/// What came of asking for a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The answer.
    pub outcome: SetOutcome,
    /// Why the answer is not in the journal, where it could not be written down.
    pub unwritten: Option<LedgerError>,
}

/// An answer that only this process knows, in words (S20).
pub fn unwritten(outcome: &SetOutcome, error: &LedgerError) -> String {
    let sent = if matches!(outcome, SetOutcome::Refused { .. }) { "" } else { "sent and " };
    format!("{sent}{}; this could not be written down: {}", answered(outcome), error.of_a_write())
}

/// How following a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed<T> {
    /// The first copy is there, or copying is off as wanted.
    Done,
    /// The setting is not as asked for: a person decides.
    NotSet,
    /// The looking was ended; the change goes on.
    Stopped(T),
}

/// Looks at what comes of a change and writes nothing down: for who is not armed.
pub async fn watch<T>(
    catalog: &dyn Catalog,
    change: &RegionChange,
    clock: Clock,
    mut tell: impl FnMut(&RegionEffect),
    stop: impl Future<Output = T>,
) -> Followed<T> {
    let mut stop = std::pin::pin!(stop);
    let mut looks = Looks::new(clock);
    loop {
        let look = looks.next(catalog.read_back_region(change), stop.as_mut()).await;
        look.news.iter().for_each(&mut tell);
        if let Some(ended) = look.ended {
            return ended;
        }
    }
}

/// Looks at what comes of a change, one after the other.
struct Looks {
    clock: Clock,
    last: Option<RegionEffect>,
    /// How many in a row found that it is not set.
    not_set: u32,
    is_first: bool,
}

/// What a look showed.
struct Looked<T> {
    /// What the one before did not show.
    news: Option<RegionEffect>,
    /// How the looking ended, if it did.
    ended: Option<Followed<T>>,
}

impl Looks {
    const fn new(clock: Clock) -> Self {
        Self { clock, last: None, not_set: 0, is_first: true }
    }

    /// Looks when it is time to.
    async fn next<T>(
        &mut self,
        look: impl Future<Output = RegionEffect>,
        mut stop: Pin<&mut impl Future<Output = T>>,
    ) -> Looked<T> {
        let wait = if std::mem::take(&mut self.is_first) { Duration::ZERO } else { self.clock.real(FOLLOW) };
        let seen = async {
            sleep(wait).await;
            timeout(CALL, look).await.ok()
        };
        tokio::select! {
            seen = seen => self.saw(seen),
            stopped = &mut stop => Looked { news: None, ended: Some(Followed::Stopped(stopped)) },
        }
    }

    /// A look without an answer shows nothing.
    fn saw<T>(&mut self, seen: Option<RegionEffect>) -> Looked<T> {
        let Some(effect) = seen else { return Looked { news: None, ended: None } };
        self.not_set = if effect.stage == RegionStage::NotSet { self.not_set + 1 } else { 0 };
        let ended = match effect.stage {
            RegionStage::Done => Some(Followed::Done),
            _ if self.not_set >= LOOKS_FOR_UNKNOWN => Some(Followed::NotSet),
            _ => None,
        };
        let is_known =
            self.last.as_ref().is_some_and(|last| (last.stage, &last.text) == (effect.stage, &effect.text));
        let news = (!is_known).then(|| effect.clone());
        self.last = Some(effect);
        Looked { news, ended }
    }
}

/// A change under way: every fact of it is written down, then told.
pub struct Action<'a> {
    /// Where it is written down: nobody else writes of this service meanwhile.
    pub journal: Arc<Mutex<Held>>,
    /// The state folder that it is in.
    pub folder: PathBuf,
    /// Who.
    pub author: Author,
    /// The one clock.
    pub clock: Clock,
    /// Hears of each fact once it is durable.
    pub tell: &'a mut (dyn FnMut(&SettingRecord) + Send),
}

impl std::fmt::Debug for Action<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Action").field("author", &self.author).finish_non_exhaustive()
    }
}

impl Action<'_> {
    async fn note(&mut self, event: SettingEvent) -> Result<(), LedgerError> {
        let (journal, now) = (Arc::clone(&self.journal), self.clock.now());
        let author = self.author.clone();
        let write = move || {
            let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.append(now, &author, event)
        };
        let record = in_time(&self.folder, write).await.flatten()?;
        (self.tell)(&record);
        Ok(())
    }

    /// Asks for the change once: its intent is durable before (R22).
    ///
    /// # Errors
    /// When the intent cannot be written down: then nothing was sent.
    pub async fn ask(
        &mut self,
        setter: &dyn RegionSetter,
        source: &str,
        change: &RegionChange,
        calls: Vec<CallPreview>,
        typed: &str,
    ) -> Result<Sent, LedgerError> {
        let (source, typed) = (Some(source.to_owned()), typed.to_owned());
        let intended = SettingEvent::Intended { change: change.clone(), calls, typed, source };
        self.note(intended).await?;
        let outcome = timeout(CALL, setter.set(change))
            .await
            .unwrap_or_else(|_| SetOutcome::Unknown { why: "no answer in time".to_owned() });
        let unwritten = self.note(SettingEvent::Answered { outcome: outcome.clone() }).await.err();
        Ok(Sent { outcome, unwritten })
    }

    /// Reads back until the first copy is there, or until `stop`, which ends the looking and never the
    /// change.
    ///
    /// # Errors
    /// When what was seen cannot be written down.
    pub async fn follow<T>(
        &mut self,
        setter: &dyn RegionSetter,
        change: &RegionChange,
        stop: impl Future<Output = T>,
    ) -> Result<Followed<T>, LedgerError> {
        let mut stop = std::pin::pin!(stop);
        let mut looks = Looks::new(self.clock);
        loop {
            let look = looks.next(setter.read_back(change), stop.as_mut()).await;
            // That it is still not set at the end is what shows that it was not taken.
            let last = looks.last.clone().filter(|_| matches!(look.ended, Some(Followed::NotSet)));
            if let Some(effect) = look.news.or(last) {
                self.note(SettingEvent::Seen { effect }).await?;
            }
            if let Some(ended) = look.ended {
                return Ok(ended);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::domain::sample::at;
    use crate::ledger::settings::Settings;
    use crate::provider::BoxFuture;
    use crate::runbook::sample::author;
    use crate::runtime::in_time::LATE;

    /// What nothing may be sent to.
    #[derive(Debug)]
    struct Untouched;

    impl RegionSetter for Untouched {
        fn set<'a>(&'a self, _: &'a RegionChange) -> BoxFuture<'a, SetOutcome> {
            unreachable!("its intent is not written")
        }

        fn read_back<'a>(&'a self, _: &'a RegionChange) -> BoxFuture<'a, RegionEffect> {
            unreachable!("nothing was asked for")
        }
    }

    #[tokio::test(start_paused = true)]
    async fn s25_a_change_whose_intent_a_disk_does_not_take_in_time_is_not_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let held = Settings::open(folder.path()).unwrap().hold("orders-db").unwrap().unwrap();
        let journal = Arc::new(Mutex::new(held));
        let ((goes_on, hangs), (is_held, held)) = (channel::<()>(), channel());
        let holder = Arc::clone(&journal);
        std::thread::spawn(move || {
            let _held = holder.lock().unwrap();
            is_held.send(()).unwrap();
            hangs.recv().ok();
        });
        held.recv().unwrap();
        let change =
            RegionChange { remote: "orders-db".to_owned(), from: None, to: None, last_changed: None };
        let mut action = Action {
            journal: Arc::clone(&journal),
            folder: folder.path().to_owned(),
            author: author(),
            clock: Clock::starting_at(at("2026-11-20T12:00:00Z"), 0.0),
            tell: &mut |record| panic!("{record:?}"),
        };
        let late = async {
            tokio::task::yield_now().await;
            tokio::time::advance(LATE).await;
        };
        let (sent, ()) = tokio::join!(action.ask(&Untouched, "east", &change, Vec::new(), "orders-db"), late);
        let silent = LedgerError::Silent { folder: folder.path().to_owned(), limit: LATE };
        assert_eq!(sent, Err(silent.clone()));
        let outcome = SetOutcome::Accepted { response: "200".to_owned() };
        let told = unwritten(&outcome, &silent);
        assert!(told.ends_with("what would have been written may still be, once it answers"), "{told}");
        drop(goes_on);
    }
}
