//! What the dashboard asks to be told: runs, their journals and reports, and how far copies trailed.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::{Desk, Driven, NotTaken, in_time};
use crate::domain::{LagPeriod, NoLagHistory, Outcome, ServiceId};
use crate::evidence;
use crate::ledger::LedgerError;
use crate::runtime::driver::Lines;
use crate::runtime::report;
use crate::tui::app::Message;

impl Desk {
    /// A run as its journal tells it.
    pub(super) async fn show(
        &self,
        run: String,
        driven: &BTreeMap<String, Driven>,
    ) -> Result<Message, NotTaken> {
        if let Some(driven) = driven.get(&run) {
            return Ok(Message::Run { state: Arc::clone(&driven.state.borrow()), driven_here: true });
        }
        Ok(Message::Run { state: Arc::new(self.load(run).await?), driven_here: false })
    }

    /// The lines of a run's journal, wherever it is by now. Of a run that was driven here the ledger may have
    /// the beginning only (S25), or what others wrote since.
    async fn lines(
        &self,
        run: &str,
        driven: &BTreeMap<String, Driven>,
        kept: &BTreeMap<String, Lines>,
    ) -> Result<Vec<String>, NotTaken> {
        if let Some(driven) = driven.get(run) {
            return Ok(driven.lines.after(0));
        }
        let id = run.to_owned();
        let stored = self.with_ledger(move |ledger| ledger.lines(&id)).await;
        match (kept.get(run).map(|lines| lines.after(0)), stored) {
            (Some(ours), Ok(stored)) if stored.starts_with(&ours) => Ok(stored),
            (Some(ours), _) => Ok(ours),
            (None, stored) => stored,
        }
    }

    /// The same, for the dashboard.
    pub(super) async fn journal(
        &self,
        run: String,
        driven: &BTreeMap<String, Driven>,
        kept: &BTreeMap<String, Lines>,
    ) -> Result<Message, NotTaken> {
        let lines = self.lines(&run, driven, kept).await?;
        Ok(Message::Journal { run, lines })
    }

    /// The report of a run, as Markdown; it is made without what a disk that hangs does not tell.
    pub(super) async fn report(
        &self,
        run: String,
        driven: &BTreeMap<String, Driven>,
        kept: &BTreeMap<String, Lines>,
    ) -> Result<Message, NotTaken> {
        let lines = Arc::new(self.lines(&run, driven, kept).await?);
        let (id, read, folder) = (run.clone(), Arc::clone(&lines), self.config.state_dir.clone());
        let report = match in_time(&self.config.state_dir, move || report::of(&id, &read, &folder)).await {
            Ok(report) => report,
            Err(silent @ LedgerError::Silent { .. }) => report::without_regions(&run, &lines, &silent),
            Err(error) => return Err(vec![error.to_string()]),
        };
        let report = report.map_err(|error| vec![error.to_string()])?;
        let report = match &self.again {
            Some(again) => report.rechecked_by(&format!("{} runs verify {run}", again.look)),
            None => report,
        };
        Ok(Message::Report { run, text: evidence::markdown(&report) })
    }

    /// Asks a source how far a copy trailed, beside everything else: it may take as long as it takes.
    pub(super) fn tell_lag(&self, source: String, remote: String, period: LagPeriod) {
        let (catalog, news) = (self.sources.of(&source), self.news.clone());
        tokio::spawn(async move {
            let answer = match catalog {
                Some(catalog) => catalog.lag_history(&remote, period).await,
                None => Err(NoLagHistory {
                    outcome: Outcome::NotFound,
                    why: format!("{source} is no source of this config"),
                }),
            };
            news.send(Message::Lag { period, answer: Box::new(answer) }).await.ok();
        });
    }

    /// Our own history of a service, read off the threads that must not block.
    pub(super) fn tell_own(&self, service: ServiceId, place: String, period: LagPeriod) {
        let (readings, news, now) = (Arc::clone(&self.readings), self.news.clone(), self.clock.now());
        spawn_blocking(move || {
            let own = readings.own_lag(&service, &place, period, now);
            let answer = own.map_err(|error| error.to_string());
            // A dashboard that hung up needs no news.
            news.blocking_send(Message::OwnLag { service, period, answer }).ok();
        });
    }

    /// What was kept of the last day.
    pub(super) fn tell_strips(&self) {
        let (readings, news, now) = (Arc::clone(&self.readings), self.news.clone(), self.clock.now());
        spawn_blocking(move || {
            // Without it the strips begin with this start.
            let Ok(strips) = readings.strips(now) else { return };
            news.blocking_send(Message::Strips(strips)).ok();
        });
    }
}
