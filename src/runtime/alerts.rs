//! Alerts on disk: since when each finding is there, who has seen it. One small file in the state
//! folder, replaced as a whole, but never where it cannot be read; without it everything is new again. Several dashboards may keep theirs in
//! one folder: each writes what it changed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize as _;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::domain::{Assessment, ServiceId, Timestamp};
use crate::ledger::{files, lock};
use crate::tui::app::alerts::{Alert, Alerts};

const NAME: &str = "alerts.json";
/// How it is told that what was found is new again at the next start.
pub const NOT_SAVED: &str = "alerts are not saved";
/// So often a folder is tried that another process writes to: a second in all.
const TRIES: u32 = 50;
/// So long the end of a dashboard waits for the disk.
const PATIENCE: Duration = Duration::from_secs(15);
/// No file that was written here is larger.
const LARGEST: u64 = 16 << 20;

/// Writes alerts beside a loop that must not wait for the disk; of several versions the last.
#[derive(Debug)]
pub struct AlertKeeper {
    latest: watch::Sender<Option<Arc<Alerts>>>,
    not_saved: mpsc::Receiver<String>,
    writing: JoinHandle<()>,
}

impl AlertKeeper {
    /// A keeper for a state folder, from which `before` was loaded. That nothing can be saved there may be
    /// told already, of the folder as a whole.
    pub fn start(folder: PathBuf, before: Alerts, is_told: bool) -> Self {
        let (latest, mut wanted) = watch::channel(None::<Arc<Alerts>>);
        let mut before = Arc::new(before);
        let (tell, not_saved) = mpsc::channel(1);
        let writing = tokio::spawn(async move {
            let mut told = None;
            while wanted.changed().await.is_ok() {
                let Some(after) = wanted.borrow_and_update().clone() else { continue };
                let (folder, last) = (folder.clone(), Arc::clone(&before));
                let alerts = Arc::clone(&after);
                let saved = tokio::task::spawn_blocking(move || save(&folder, &last, &alerts)).await;
                let saved = saved.unwrap_or_else(|error| Err(io::Error::other(error)));
                // What cannot be written is tried with the next change; the board itself loses nothing.
                let why = saved.err().map(|why| format!("{NOT_SAVED}: {why}"));
                if why.is_none() {
                    before = after;
                } else if let Some(why) = why.clone().filter(|_| !is_told && why != told) {
                    // Whoever has not heard of an earlier one yet hears of that.
                    tell.try_send(why).ok();
                }
                told = why;
            }
        });
        Self { latest, not_saved, writing }
    }

    /// Waits until alerts cannot be saved: why, once for each reason.
    pub async fn not_saved(&mut self) -> String {
        match self.not_saved.recv().await {
            Some(why) => why,
            None => std::future::pending().await,
        }
    }

    /// These are the alerts now.
    pub fn keep(&self, alerts: Alerts) {
        self.latest.send_replace(Some(alerts.into()));
    }

    /// Waits until the last ones are written, on a disk that does not hang.
    pub async fn finish(self) {
        drop(self.latest);
        tokio::time::timeout(PATIENCE, self.writing).await.ok();
    }
}

/// Alerts as they are written, by service.
type Written = BTreeMap<ServiceId, Vec<Value>>;

/// What a state folder keeps.
#[derive(Debug, Default)]
struct Kept {
    alerts: Alerts,
    /// What this version cannot read: a newer one over the same folder wrote it, and will read it again.
    rest: Written,
}

impl Kept {
    /// Nothing where there is no file; what cannot be read is not nothing.
    fn read(folder: &Path) -> io::Result<Self> {
        let mut text = String::new();
        match File::open(folder.join(NAME)) {
            Ok(file) => file.take(LARGEST).read_to_string(&mut text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        Self::from_text(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn from_text(text: &str) -> serde_json::Result<Self> {
        // Mostly all of it can be read: taken apart alert by alert it is many times as large.
        if let Ok(alerts) = serde_json::from_str(text) {
            return Ok(Self { alerts, rest: Written::new() });
        }
        let (mut known, mut rest) = (Written::new(), Written::new());
        for (service, alerts) in serde_json::from_str::<Written>(text)? {
            let (readable, other) = alerts.into_iter().partition(|alert| Alert::deserialize(alert).is_ok());
            known.insert(service.clone(), readable);
            rest.insert(service, other);
        }
        Ok(Self { alerts: serde_json::from_value(serde_json::to_value(known)?)?, rest })
    }

    fn to_text(&self) -> serde_json::Result<Vec<u8>> {
        if self.rest.is_empty() {
            return serde_json::to_vec(&self.alerts);
        }
        let mut all: Written = serde_json::from_value(serde_json::to_value(&self.alerts)?)?;
        for (service, rest) in self.rest.iter().filter(|(_, rest)| !rest.is_empty()) {
            all.entry(service.clone()).or_default().extend_from_slice(rest);
        }
        serde_json::to_vec(&all)
    }
}

/// The alerts of a state folder; none where they cannot be read.
pub fn load(folder: &Path) -> Alerts {
    Kept::read(folder).unwrap_or_default().alerts
}

/// Takes in what one look at everything found, so that whoever looks next knows since when it is there. The
/// services that are listed `again` are not dismissed any more.
///
/// # Errors
/// When it cannot be written, or what is kept cannot be read.
pub fn looked<'a>(
    folder: &Path,
    found: impl IntoIterator<Item = &'a Assessment>,
    again: impl IntoIterator<Item = &'a ServiceId>,
    now: Timestamp,
) -> io::Result<()> {
    let before = Kept::read(folder)?.alerts;
    let mut after = before.clone().back(again);
    for known in found {
        after.see(known, now);
    }
    if before == after { Ok(()) } else { save(folder, &before, &after) }
}

fn save(folder: &Path, before: &Alerts, after: &Alerts) -> io::Result<()> {
    files::make_folder(folder).map_err(io::Error::other)?;
    let lock = folder.join(format!("{NAME}.lock"));
    let taken = lock::take_within(&lock, TRIES).map_err(io::Error::other)?;
    let _held = taken.ok_or_else(|| io::Error::other(format!("another process holds {}", lock.display())))?;
    let kept = Kept::read(folder)?;
    let kept = Kept { alerts: kept.alerts.with_changes(before, after), ..kept };
    let new = folder.join(format!("{NAME}.{}", std::process::id()));
    let mut file = File::create(&new)?;
    file.write_all(&kept.to_text()?)?;
    file.sync_all()?;
    std::fs::rename(&new, folder.join(NAME))
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::domain::assessment::Rule;
    use crate::domain::sample::{now, orders};
    use crate::domain::{Ability, Service, assess};

    #[tokio::test]
    async fn alerts_survive_a_restart_and_a_broken_file_is_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()), Alerts::default());
        let gone = Service { secondary: None, gone_since: Some(now()), ..orders() };
        let known = assess(&gone, now(), &Duration::from_secs(60).into());
        let mut alerts = Alerts::default();
        assert!(alerts.see(&known, now()) && !alerts.see(&known, now()));
        let keeper = AlertKeeper::start(folder.path().to_owned(), Alerts::default(), false);
        keeper.keep(alerts.clone());
        keeper.finish().await;
        assert_eq!(load(folder.path()), alerts);
        assert_eq!(alerts.of("orders-db", &known.findings[0]).unwrap().since, Some(now()));
        let (first, other) =
            (AlertKeeper::start(folder.path().to_owned(), alerts.clone(), false), alerts.clone());
        let second = AlertKeeper::start(folder.path().to_owned(), other, false);
        let by = |who: &str, mutes| alerts.clone().with(known.findings.first().unwrap(), who, mutes, now());
        first.keep(by("anna", false));
        first.finish().await;
        second.keep(by("bert", true));
        second.finish().await;
        let third = AlertKeeper::start(folder.path().to_owned(), alerts.clone(), false);
        let mut by_carl = alerts.clone();
        by_carl.dismiss("orders-db", &("carl".to_owned(), now()));
        third.keep(by_carl);
        third.finish().await;
        let both = load(folder.path());
        let alert = both.of("orders-db", &known.findings[0]).unwrap();
        assert_eq!(alert.seen.as_ref().unwrap().0, "anna", "what another dashboard wrote is not lost");
        assert_eq!(alert.muted.as_deref(), Some("bert"));
        assert_eq!(both.dismissed().next().unwrap().1.0, "carl");
        looked(folder.path(), [], [&"orders-db".to_owned()], now()).unwrap();
        let back = load(folder.path());
        assert_eq!(back.dismissed().count(), 0);
        assert_eq!(back, both.back([&"orders-db".to_owned()]), "and nothing else changed");
        std::fs::write(folder.path().join(NAME), "{").unwrap();
        assert_eq!(load(folder.path()), Alerts::default());
    }

    #[tokio::test]
    async fn s29_alerts_that_cannot_be_saved_are_told_once_for_each_reason() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(NAME)).unwrap();
        let mut keeper = AlertKeeper::start(folder.path().to_owned(), Alerts::default(), false);
        let mut alerts = Alerts::default();
        alerts.see(&judged(&Service { secondary: None, ..orders() }), now());
        let told = async |keeper: &mut AlertKeeper| {
            tokio::time::timeout(Duration::from_secs(20), keeper.not_saved()).await.unwrap()
        };
        keeper.keep(alerts.clone());
        let why = told(&mut keeper).await;
        assert!(why.starts_with("alerts are not saved: ") && why.contains("directory"), "{why}");
        keeper.keep(alerts.clone());
        std::fs::remove_dir(folder.path().join(NAME)).unwrap();
        std::fs::write(folder.path().join(NAME), "{").unwrap();
        keeper.keep(alerts);
        let other = told(&mut keeper).await;
        assert!(!other.contains("directory"), "the same is not told again: {other}");
        let AlertKeeper { latest, mut not_saved, writing } =
            AlertKeeper::start(folder.path().to_owned(), Alerts::default(), true);
        latest.send_replace(Some(Arc::default()));
        drop(latest);
        writing.await.unwrap();
        assert_eq!(not_saved.recv().await, None, "the header says it of the whole folder");
    }

    fn judged(service: &Service) -> Assessment {
        assess(service, now(), &Duration::from_secs(60).into())
    }

    #[test]
    fn s33_a_gone_service_without_backups_by_design_is_dismissed_too() {
        let folder = tempfile::tempdir().unwrap();
        let mut cache = Service { gone_since: Some(now()), ..orders() };
        cache.primary.as_mut().unwrap().last_good.as_mut().unwrap().ability = Ability::ByDesignNone;
        let mut alerts = Alerts::default();
        alerts.see(&judged(&cache), now());
        let before = alerts.clone();
        alerts.dismiss("orders-db", &("anna".to_owned(), now()));
        save(folder.path(), &before, &alerts).unwrap();
        let away =
            |alerts: &Alerts| alerts.dismissed().map(|(service, _)| service.clone()).collect::<Vec<_>>();
        assert_eq!(away(&load(folder.path())), ["orders-db"]);
        let listed = Service { gone_since: None, ..cache };
        looked(folder.path(), [&judged(&listed)], [&listed.id], now()).unwrap();
        assert!(away(&load(folder.path())).is_empty(), "it is listed again");
    }

    #[test]
    fn s33_no_dismissal_outlives_its_finding() {
        let gone = judged(&Service { gone_since: Some(now()), ..orders() });
        let finding = gone.findings.iter().find(|finding| finding.rule == Rule::Gone).unwrap();
        let mut seen = Alerts::default();
        seen.see(&gone, now());
        let muted = seen.clone().with(finding, "bert", true, now());
        let away = |alerts: &Alerts| {
            let mut dismissed = alerts.clone();
            dismissed.dismiss("orders-db", &("carl".to_owned(), now()));
            dismissed
        };
        // Listed again here; elsewhere it was dismissed meanwhile, by one who muted it before or just now.
        for (before, kept) in [(&seen, away(&muted)), (&muted, away(&muted))] {
            let mut listed = before.clone();
            listed.see(&judged(&orders()), now());
            let mut merged = kept.with_changes(before, &listed);
            assert_eq!(merged.dismissed().count(), 0);
            merged.see(&gone, now());
            assert_eq!(merged.dismissed().count(), 0, "gone once more is not dismissed once more");
        }
        // Here it was not seen yet that it is gone: what another dashboard knows stays.
        let mut muted_before = muted.clone();
        muted_before.see(&judged(&orders()), now());
        let merged = away(&muted).with_changes(&muted_before, &muted_before);
        assert_eq!(merged.dismissed().count(), 1);
    }

    #[test]
    fn s33_what_a_newer_version_wrote_is_kept_and_what_is_no_list_of_alerts_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let newer = r#"{"rule":"of_tomorrow","copy":null,"since":null,"seen":null,"muted":"anna"}"#;
        let ours = r#"{"rule":"no_tier","copy":null,"since":null,"seen":null,"muted":"bert"}"#;
        std::fs::write(&path, format!(r#"{{"orders-db":[{newer},{ours}],"stock":[{newer}]}}"#)).unwrap();
        let known = judged(&Service { secondary: None, ..orders() });
        looked(folder.path(), [&known], [], now()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches("of_tomorrow").count(), 2, "{text}");
        assert!(text.contains("bert"), "{text}");
        assert!(load(folder.path()).of("orders-db", known.findings.first().unwrap()).is_some(), "{text}");
        std::fs::write(&path, "{").unwrap();
        let why = looked(folder.path(), [&known], [], now()).unwrap_err();
        assert_eq!(why.kind(), io::ErrorKind::InvalidData, "{why}");
        save(folder.path(), &Alerts::default(), &Alerts::default()).unwrap_err();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{");
    }

    #[test]
    fn what_one_look_finds_is_there_since_then_for_whoever_looks_next() {
        let folder = tempfile::tempdir().unwrap();
        let (found, later) = (Service { secondary: None, ..orders() }, now() + chrono::TimeDelta::minutes(9));
        let judge = |service: &Service, at| assess(service, at, &Duration::from_secs(60).into());
        looked(folder.path(), [&judge(&found, now())], [], now()).unwrap();
        let known = judge(&found, later);
        looked(folder.path(), [&known], [], later).unwrap();
        let mut dashboard = load(folder.path());
        dashboard.see(&known, later);
        let since = |alerts: &Alerts| Some(alerts.of("orders-db", known.findings.first().unwrap())?.since);
        assert_eq!(since(&dashboard), Some(Some(now())));
        looked(folder.path(), [&judge(&orders(), now())], [], later).unwrap();
        assert_eq!(since(&load(folder.path())), None, "it went away");
    }
}
