//! Changes of where backups are copied to, as the dashboard orders them: checked, asked for once, and
//! followed beside everything else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Desk, NotTaken, in_time};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::ServiceId;
use crate::domain::region::{RegionChange, SetOutcome};
use crate::ledger::LedgerError;
use crate::ledger::settings::{self, Held, SettingRecord, Settings, last_change};
use crate::provider::{CallPreview, RegionSetter};
use crate::runbook::Author;
use crate::runtime::author::author;
use crate::runtime::region::{self, Followed, Sent, line};
use crate::runtime::sources::Sources;
use crate::tui::app::Message;
use crate::tui::app::copy_region::{CheckedChange, UnderWay};
use crate::tui::app::effect::SetRegion;
use crate::tui::app::model::Again;
use crate::tui::app::runs::Standing;

/// How long a call under way may take when the dashboard ends, real time.
const LEAVE: Duration = Duration::from_secs(25);

/// How long a change that could not be taken up is left alone, real time.
const TRY_AGAIN: Duration = Duration::from_secs(60);

/// The changes that are followed from here, and what the journal says of all.
#[derive(Debug, Default)]
pub(super) struct Copying {
    under_way: BTreeSet<ServiceId>,
    tasks: JoinSet<Ended>,
    stop: CancellationToken,
    /// What was under way by the last look.
    found: Vec<FoundChange>,
    told: Vec<UnderWay>,
    /// Why it is not known which there are, as last told; `None` = it is known.
    unread: Option<String>,
    /// Changes that are not as asked for, by their place in the journal: a person decides.
    given_up: BTreeSet<u64>,
    tried: BTreeMap<ServiceId, Instant>,
}

/// The journal of changes as last read.
#[derive(Debug, Default)]
pub(super) struct Book {
    stamp: Option<Vec<Option<(SystemTime, u64)>>>,
    records: Vec<SettingRecord>,
    /// Why it could not be read on.
    pub(super) unread: Option<String>,
}

/// A change that is under way by the journal.
#[derive(Debug, Clone)]
pub(super) struct FoundChange {
    change: settings::UnderWay,
    /// Whether a process has the right to write of it.
    is_held: bool,
    /// Its facts, a line each.
    lines: Vec<String>,
}

impl Book {
    /// Reads on where the journal has grown, or could not be read, and tells what is under way as far as that is known.
    pub(super) fn look(&mut self, folder: &Path) -> Vec<FoundChange> {
        let stamp = journal_stamp(folder);
        if self.stamp.as_ref() != Some(&stamp) {
            let seq = self.records.last().map_or(0, |record| record.seq);
            let read = settings::since(folder, seq);
            let unread = read.as_ref().err().filter(|why| !(why.is_of_none() && self.records.is_empty()));
            self.unread = unread.map(ToString::to_string);
            self.stamp = read.is_ok().then_some(stamp);
            self.records.extend(read.unwrap_or_default());
        }
        let found = |change: settings::UnderWay| {
            let of_it =
                |record: &&SettingRecord| record.service == change.service && record.seq >= change.seq;
            FoundChange {
                is_held: settings::is_held(folder, &change.service),
                lines: self.records.iter().filter(of_it).map(line).collect(),
                change,
            }
        };
        settings::under_way(&self.records).into_iter().map(found).collect()
    }
}

/// A change that is followed no more.
#[derive(Debug)]
struct Ended {
    service: ServiceId,
    is_as_asked: bool,
}

impl Copying {
    /// A change that is followed no more, its service free for another one; for ever when there is none.
    pub(super) async fn ended(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok(Ended { service, is_as_asked })) => {
                self.under_way.remove(&service);
                let open = self.found.iter().map(|found| &found.change);
                let left = open.filter(|change| change.service == service && !is_as_asked);
                self.given_up.extend(left.map(|change| change.seq));
            }
            // Who panicked is not told: no other change may begin beside one that may be under way.
            Some(Err(_)) => {}
            None => std::future::pending().await,
        }
    }

    /// Ends the looking, not the changes. One line for each that goes on.
    pub(super) async fn leave(mut self, again: Option<&Again>) -> Vec<String> {
        while let Some(ended) = self.tasks.try_join_next() {
            ended.map(|ended| self.under_way.remove(&ended.service)).ok();
        }
        let going_on = std::mem::take(&mut self.under_way);
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // What is not answered by then stands in the journal as asked for: its outcome is unknown.
        tokio::time::timeout(LEAVE, all).await.ok();
        let follow = |service: &String| match again {
            Some(again) => {
                format!(
                    "the change of where {service} is copied goes on. Look on: {} region {service} --follow",
                    again.act
                )
            }
            None => format!("the change of where {service} is copied ended with the demo"),
        };
        going_on.iter().map(follow).collect()
    }
}

impl Desk {
    /// Checks the rules of a change beside everything else.
    pub(super) fn check_region(&self, service: ServiceId, source: String, change: RegionChange) {
        let (config, sources, news) =
            (Arc::clone(&self.config), Arc::clone(&self.sources), self.news.clone());
        tokio::spawn(async move {
            let checked = check(&config, &sources, service, &source, change).await;
            let message = match checked {
                Ok(checked) => Message::RegionChecked(Box::new(checked)),
                Err(lines) => Message::Refused(lines),
            };
            // A dashboard that hung up needs no news.
            news.send(message).await.ok();
        });
    }

    /// Begins a change that was agreed to, and follows it until its first copy is there.
    pub(super) async fn set_region(&self, set: SetRegion, copying: &mut Copying) -> Result<(), NotTaken> {
        if copying.under_way.contains(&set.service) {
            let why = "is being changed from here: see what becomes of that first";
            return Err(vec![format!("where {} is copied {why}", set.service)]);
        }
        let setter = self.sources.region_setter(&set.source, self.flags).await;
        let setter = setter.map_err(|refusal| self.refused(&refusal))?;
        let Some(journal) = held(&self.config, &set.service).await? else {
            let why = "is being changed by another process: see what becomes of that first";
            return Err(vec![format!("where {} is copied {why}", set.service)]);
        };
        copying.under_way.insert(set.service.clone());
        copying.tasks.spawn(self.task(journal, setter, copying).run(set));
        Ok(())
    }

    fn task(&self, journal: Held, setter: Box<dyn RegionSetter>, copying: &Copying) -> Task {
        let (author, stop) = (author(self.stated.clone()), copying.stop.clone());
        Task { journal, setter, author, clock: self.clock, news: self.news.clone(), stop }
    }

    /// Tells of the changes that are under way by the journal, whoever follows them, and why it is not known which
    /// there are; one that nobody follows is followed from here, where this dashboard may act.
    pub(super) async fn take_changes(
        &self,
        found: Vec<FoundChange>,
        unread: Option<String>,
        copying: &mut Copying,
    ) {
        if unread != copying.unread {
            copying.unread.clone_from(&unread);
            self.tell(Message::RegionsUnread(unread)).await;
        }
        let told: Vec<UnderWay> = found.iter().map(|found| told(found, copying)).collect();
        copying.found = found;
        if told != copying.told {
            copying.told.clone_from(&told);
            self.tell(Message::RegionsUnderWay(told.clone())).await;
        }
        let all = copying.found.iter().zip(&told);
        let left = all.filter(|(_, told)| told.followed == Standing::Nobody);
        for change in left.map(|(found, _)| found.change.clone()).collect::<Vec<_>>() {
            self.take_up(&change, copying).await;
        }
    }

    async fn take_up(&self, change: &settings::UnderWay, copying: &mut Copying) {
        let service = &change.service;
        let is_left = copying.given_up.contains(&change.seq);
        let is_early = copying.tried.get(service).is_some_and(|at| at.elapsed() < TRY_AGAIN);
        let Some(source) = change.source.as_ref().filter(|_| self.flags.arm && !is_left && !is_early) else {
            return;
        };
        copying.tried.insert(service.clone(), Instant::now());
        let Ok(setter) = self.sources.region_setter(source, self.flags).await else { return };
        let Ok(Some(journal)) = held(&self.config, service).await else { return };
        // It may have ended since it was looked at.
        let look = move || (journal.under_way(), journal);
        let still = in_time(&self.config.state_dir, look).await;
        let Ok((Ok(Some(still)), journal)) = still else { return };
        if still.seq != change.seq {
            return;
        }
        copying.under_way.insert(service.clone());
        copying
            .tasks
            .spawn(self.task(journal, setter, copying).follow(service.clone(), change.change.clone()));
    }
}

fn told(found: &FoundChange, copying: &Copying) -> UnderWay {
    let followed = if copying.under_way.contains(&found.change.service) {
        Standing::Here
    } else if found.is_held {
        Standing::Elsewhere
    } else {
        Standing::Nobody
    };
    let open = found.change.open(followed != Standing::Nobody);
    UnderWay { open, followed, lines: found.lines.clone() }
}

/// By what it is seen that a journal has grown, without opening it.
fn journal_stamp(folder: &Path) -> Vec<Option<(SystemTime, u64)>> {
    let stamp = |name: &str| {
        let file = std::fs::metadata(folder.join(name)).ok()?;
        Some((file.modified().ok()?, file.len()))
    };
    ["journal.db", "journal.db-wal"].map(stamp).into()
}

async fn check(
    config: &Config,
    sources: &Sources,
    service: ServiceId,
    source: &str,
    change: RegionChange,
) -> Result<CheckedChange, NotTaken> {
    let (journal, id) = (journal(config).await?, service.clone());
    let before = in_time(&config.state_dir, move || journal.of(&id)).await.flatten();
    let before = before.map_err(|error| vec![error.to_string()])?;
    let change = RegionChange { last_changed: last_change(&before).1, ..change };
    let checked = region::check(sources, source, &change).await.map_err(|why| vec![why])?;
    Ok(CheckedChange {
        service,
        change,
        rules: checked.rules,
        calls: checked.calls,
        before: before.iter().map(line).collect(),
    })
}

/// The journal of changes; without it nothing may be changed (R22).
async fn journal(config: &Config) -> Result<Settings, NotTaken> {
    let folder = config.state_dir.clone();
    in_time(&config.state_dir, move || Settings::open(&folder))
        .await
        .flatten()
        .map_err(|error| unwritable(&error))
}

fn unwritable(error: &LedgerError) -> NotTaken {
    let how = "nothing is changed that cannot be written down: give another folder by --state-dir";
    vec![error.to_string(), how.to_owned()]
}

/// The right to write of a service's changes; `None` while another process has it.
async fn held(config: &Config, service: &str) -> Result<Option<Held>, NotTaken> {
    let (journal, service) = (journal(config).await?, service.to_owned());
    in_time(&config.state_dir, move || journal.hold(&service))
        .await
        .flatten()
        .map_err(|error| unwritable(&error))
}

/// One change.
struct Task {
    journal: Held,
    setter: Box<dyn RegionSetter>,
    author: Author,
    clock: Clock,
    news: mpsc::Sender<Message>,
    stop: CancellationToken,
}

impl Task {
    /// Asks for a change once, and follows it.
    async fn run(self, set: SetRegion) -> Ended {
        let SetRegion { service, change, calls, typed, source } = set;
        let asked = Asked { source, calls, typed };
        self.go(service, change, Some(asked)).await
    }

    /// Follows a change that was asked for before.
    async fn follow(self, service: ServiceId, change: RegionChange) -> Ended {
        self.go(service, change, None).await
    }

    async fn go(self, service: ServiceId, change: RegionChange, asked: Option<Asked>) -> Ended {
        let news = self.news.clone();
        let told = |line: String| Message::RegionNews { service: service.clone(), line };
        let mut tell = |record: &SettingRecord| {
            // A dashboard that has no room for it reads it in the journal.
            drop(news.try_send(told(line(record))));
        };
        let mut action = region::Action {
            folder: self.journal.folder().to_owned(),
            journal: Arc::new(Mutex::new(self.journal)),
            author: self.author,
            clock: self.clock,
            tell: &mut tell,
        };
        let setter = &*self.setter;
        let sent = match asked {
            Some(Asked { source, calls, typed }) => {
                action.ask(setter, &source, &change, calls, &typed).await.map(Some)
            }
            None => Ok(None),
        };
        let ended = match sent {
            Err(error) => {
                Err(format!("nothing was sent, since it cannot be written down: {}", error.of_a_write()))
            }
            Ok(Some(Sent { outcome, unwritten: Some(error) })) => Err(region::unwritten(&outcome, &error)),
            Ok(Some(Sent { outcome: SetOutcome::Refused { .. }, .. })) => {
                Err("nothing was changed".to_owned())
            }
            Ok(_) => {
                let followed = action.follow(setter, &change, self.stop.cancelled_owned()).await;
                followed
                    .map_err(|error| format!("it cannot be written down, and is looked at no more: {error}"))
            }
        };
        let is_as_asked = ended != Ok(Followed::NotSet);
        let last = match ended {
            Ok(Followed::Done) => Some("done".to_owned()),
            Ok(Followed::NotSet) => {
                Some("the setting is not as asked for: see at the provider, then ask again".to_owned())
            }
            Ok(Followed::Stopped(())) => None,
            Err(why) => Some(why),
        };
        if let Some(last) = last {
            self.news.send(told(last)).await.ok();
        }
        Ended { service, is_as_asked }
    }
}

/// What a change is asked for with.
struct Asked {
    source: String,
    calls: Vec<CallPreview>,
    typed: String,
}

#[cfg(test)]
mod tests;
