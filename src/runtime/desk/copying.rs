//! Changes of where backups are copied to, as the dashboard orders them: checked, asked for once, and
//! followed beside everything else.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::{Desk, NotTaken};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::region::SetOutcome;
use crate::domain::{Service, ServiceId};
use crate::ledger::settings::{SettingRecord, Settings};
use crate::provider::RegionSetter;
use crate::runbook::Author;
use crate::runtime::author::author;
use crate::runtime::region::{self, Followed, line};
use crate::runtime::sources::Sources;
use crate::tui::app::Message;
use crate::tui::app::copy_region::CheckedChange;
use crate::tui::app::effect::SetRegion;

/// How long a call under way may take when the dashboard ends, real time.
const LEAVE: Duration = Duration::from_secs(25);

/// The changes that are followed from here.
#[derive(Debug, Default)]
pub(super) struct Copying {
    under_way: BTreeSet<ServiceId>,
    tasks: JoinSet<ServiceId>,
    stop: CancellationToken,
}

impl Copying {
    /// A change that is followed no more, its service free for another one; for ever when there is none.
    pub(super) async fn ended(&mut self) {
        match self.tasks.join_next().await {
            Some(Ok(service)) => drop(self.under_way.remove(&service)),
            // Who panicked is not told: no other change may begin beside one that may be under way.
            Some(Err(_)) => {}
            None => std::future::pending().await,
        }
    }

    /// Ends the looking, not the changes. One line for each that goes on.
    pub(super) async fn leave(mut self, again: Option<&str>) -> Vec<String> {
        while let Some(ended) = self.tasks.try_join_next() {
            ended.map(|service| self.under_way.remove(&service)).ok();
        }
        let going_on = std::mem::take(&mut self.under_way);
        self.stop.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // What is not answered by then stands in the journal as asked for: its outcome is unknown.
        tokio::time::timeout(LEAVE, all).await.ok();
        let follow = |service: &String| match again {
            Some(again) => {
                format!(
                    "the change of where {service} is copied goes on. Look on: {again} --arm region {service} --follow"
                )
            }
            None => format!("the change of where {service} is copied ended with the demo"),
        };
        going_on.iter().map(follow).collect()
    }
}

impl Desk {
    /// Checks the rules of a change beside everything else.
    pub(super) fn check_region(&self, service: Service, to: Option<String>) {
        let (config, sources, news) =
            (Arc::clone(&self.config), Arc::clone(&self.sources), self.news.clone());
        tokio::spawn(async move {
            let checked = check(&config, &sources, service, to).await;
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
        let journal = journal(&self.config).await?;
        let setter = self.sources.region_setter(&set.source, self.flags).await;
        let setter = setter.map_err(|refusal| self.refused(&refusal))?;
        let author = author(self.stated.clone());
        copying.under_way.insert(set.service.clone());
        let task = Task { journal, setter, author, clock: self.clock, news: self.news.clone() };
        copying.tasks.spawn(task.run(set, copying.stop.clone()));
        Ok(())
    }
}

async fn check(
    config: &Config,
    sources: &Sources,
    service: Service,
    to: Option<String>,
) -> Result<CheckedChange, NotTaken> {
    let source = service.primary.as_ref().map(|copy| copy.source.clone());
    let source = source.ok_or_else(|| vec![format!("{} has no source", service.id)])?;
    let (journal, id) = (journal(config).await?, service.id.clone());
    let before = spawn_blocking(move || journal.of(&id)).await;
    let before = before.map_err(|error| vec![error.to_string()])?.map_err(|error| vec![error.to_string()])?;
    let change = region::wanted(config, &service, &source, to.as_deref(), &before);
    let checked = region::check(sources, &source, &change).await.map_err(|why| vec![why])?;
    Ok(CheckedChange {
        service: service.id,
        change,
        items: checked.items,
        calls: checked.calls,
        before: before.iter().map(line).collect(),
    })
}

/// The journal of changes; without it nothing may be changed (R22).
async fn journal(config: &Config) -> Result<Settings, NotTaken> {
    let folder = config.state_dir.clone();
    let opened = spawn_blocking(move || Settings::open(&folder)).await;
    let opened = opened.map_err(|error| vec![error.to_string()])?;
    opened.map_err(|error| {
        vec![
            error.to_string(),
            "nothing is changed that cannot be written down: give another folder by --state-dir".to_owned(),
        ]
    })
}

/// One change.
struct Task {
    journal: Settings,
    setter: Box<dyn RegionSetter>,
    author: Author,
    clock: Clock,
    news: mpsc::Sender<Message>,
}

impl Task {
    async fn run(self, set: SetRegion, stop: CancellationToken) -> ServiceId {
        let SetRegion { service, change, calls, typed, .. } = set;
        let news = self.news.clone();
        let told = |line: String| Message::RegionNews { service: service.clone(), line };
        let mut tell = |record: &SettingRecord| {
            // A dashboard that has no room for it reads it in the journal.
            drop(news.try_send(told(line(record))));
        };
        let mut action = region::Action {
            journal: Arc::new(Mutex::new(self.journal)),
            service: service.clone(),
            author: self.author,
            clock: self.clock,
            tell: &mut tell,
        };
        let ended = match action.ask(&*self.setter, &change, calls, &typed).await {
            Ok(SetOutcome::Refused { .. }) => Ok(None),
            Ok(_) => action.follow(&*self.setter, &change, stop.cancelled_owned()).await.map(Some),
            Err(error) => Err(error),
        };
        let last = match ended {
            Ok(None) => Some("nothing was changed".to_owned()),
            Ok(Some(Followed::Done)) => Some("done".to_owned()),
            Ok(Some(Followed::NotSet)) => {
                Some("the setting is not as asked for: see at the provider, then ask again".to_owned())
            }
            Ok(Some(Followed::Stopped(()))) => None,
            Err(error) => Some(format!("it cannot be written down, and is looked at no more: {error}")),
        };
        if let Some(last) = last {
            self.news.send(told(last)).await.ok();
        }
        service
    }
}
