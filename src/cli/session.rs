//! What most commands begin with: the config, its board with last-known facts, the clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::config::{Board, Config, ConfigError};
use crate::domain::fleet::Carried;
use crate::domain::instant::rfc3339;
use crate::domain::{Assessment, LagSample, ServiceId};
use crate::ledger::{Disk, LastKnown, Ledger, LedgerError, Places, StateFolder, TravelError, travel};
use crate::runtime::alerts;
use crate::runtime::launch::whole;
use crate::runtime::sources::Sources;
use crate::tui::app::alerts::Alerts;
use crate::tui::app::runs::RunLine;

use super::kept::{Kept, Reader};
use super::of_runs::OfRuns;
use super::survey::Survey;
use super::{Exit, Global, Out, config_error};

/// A config in force.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) config: Arc<Config>,
    /// The config files, in their order.
    pub(crate) files: Vec<String>,
    pub(crate) clock: Clock,
    pub(crate) state: StateFolder,
    pub(crate) disk: Disk,
    /// When it was begun with.
    began: Instant,
    /// Facts of another host, or why there are none although a file was named (S37).
    pub(crate) imported: Option<Result<LastKnown, TravelError>>,
}

impl Session {
    /// Loads the config that the flags name, and opens its state folder, in no more than `patience`.
    pub(crate) fn load(global: &Global, patience: Duration) -> Result<Self, ConfigError> {
        let began = Instant::now();
        let loaded = global.load()?;
        let files = loaded.files().iter().map(|file| whole(file)).collect();
        let config = loaded.config;
        let clock = global.clock.unwrap_or_else(Clock::system);
        let disk = Disk::of(&config.state_dir);
        let state = StateFolder::open_on(&disk, &config.state_dir, places(&config), patience);
        let imported = global.last_known.as_deref().map(travel::read);
        Ok(Self { config: Arc::new(config), files, clock, state, disk, began, imported })
    }

    /// One over a config that no file holds.
    pub(crate) fn of(config: Config, clock: Clock, state: StateFolder) -> Self {
        let (disk, began) = (Disk::of(&config.state_dir), Instant::now());
        Self { config: Arc::new(config), files: Vec::new(), clock, state, disk, began, imported: None }
    }

    /// The same; a config that is wrong is told, and gives the exit code.
    pub(crate) fn open(global: &Global, out: &mut Out) -> Result<Self, Exit> {
        Self::open_within(global, PATIENCE, out)
    }

    /// The same in no more than `patience`.
    pub(crate) fn open_within(global: &Global, patience: Duration, out: &mut Out) -> Result<Self, Exit> {
        let session = Self::load(global, patience).map_err(|error| config_error(&error, out))?;
        session.say_left_out(out);
        Ok(session)
    }

    /// Looks that cannot be had, and facts that cannot be taken in, are no reason to stop: there are others.
    pub(crate) fn say_left_out(&self, out: &mut Out) {
        if !self.config.left_out.is_empty() {
            out.problem(&format!("{}\nthe usual one is used", self.config.left_out));
        }
        match &self.imported {
            Some(Err(error)) => out.problem(&format!("last-known facts are left out: {error}")),
            Some(Ok(known)) if known.at > self.clock.now() + chrono::TimeDelta::minutes(1) => {
                out.problem(&format!(
                    "last-known facts of {} are dated {}, after this host's now: ages may be off; check both clocks",
                    known.host,
                    rfc3339(known.at)
                ));
            }
            _ => {}
        }
    }

    /// The board with everything that was last known.
    pub(crate) fn board(&self) -> Board {
        self.board_of(self.kept(PATIENCE)).0
    }

    /// The same, and what the journals tell.
    pub(crate) fn board_and_runs(&self) -> (Board, OfRuns) {
        self.board_of(self.kept(PATIENCE))
    }

    /// What the state folder tells; nothing where its disk does not answer in time.
    fn kept(&self, limit: Duration) -> Kept {
        let reader = self.reader();
        let kept = self.disk.within(limit, move || reader.read(None));
        kept.unwrap_or_else(|silent| Kept::unread(&silent))
    }

    fn reader(&self) -> Reader {
        Reader::of(self.config.state_dir.clone(), &self.state)
    }

    fn board_of(&self, kept: Kept) -> (Board, OfRuns) {
        let mut board = self.config.board();
        for known in kept.services {
            let (id, liveness, was_silent) = (known.id.clone(), known.liveness, known.was_silent.clone());
            board.fleet.recall(known, None);
            // A primary that is probed no more: what was seen of it says nothing now.
            let now = self.clock.now();
            if self.is_probed(&id) && liveness.is_seen_by(now) {
                board.fleet.set_liveness(&id, liveness, now);
                if let Some(service) = board.fleet.services.get_mut(&id) {
                    service.was_silent = was_silent.filter(|silence| silence.1 <= now);
                }
            }
        }
        board = self.with_imported(board);
        kept.of_runs.tell(&mut board.fleet);
        (board, kept.of_runs)
    }

    /// Every run of the journals, as far as these can be read, and in time.
    ///
    /// # Errors
    /// Why none of them can be read.
    pub(crate) fn run_lines(&self) -> Result<Vec<RunLine>, String> {
        let reader = self.reader();
        let of_runs = self.disk.within(PATIENCE, move || reader.of_runs(None));
        of_runs.unwrap_or_else(|silent| OfRuns::unread(&silent)).lines
    }

    fn with_imported(&self, mut board: Board) -> Board {
        if let Some(Ok(known)) = &self.imported {
            self.take_in(known, &mut board);
        }
        board
    }

    /// Facts of another host, where they are newer than our own. Its sight of a primary counts only
    /// where this host looks, too: what is known is then never older than one probe. One from the future
    /// would hide an outage.
    fn take_in(&self, known: &LastKnown, board: &mut Board) {
        let by = known.at.min(self.clock.now());
        for service in &known.services {
            if let Some(ours) =
                board.fleet.services.get_mut(&service.id).filter(|_| self.is_probed(&service.id))
                && service.liveness.is_seen_by(by)
                && service.liveness.seen_at() > ours.liveness.seen_at()
            {
                ours.liveness = service.liveness;
            }
            let from = Carried { host: &known.host, at: known.at, now: self.clock.now() };
            board.fleet.recall(service.clone(), Some(from));
        }
    }

    fn is_probed(&self, service: &str) -> bool {
        self.config.services.get(service).is_some_and(|named| named.probe.is_some())
    }

    /// The journals, at least to be read when they cannot be written.
    pub(crate) fn runs_to_read(&self) -> Result<Arc<dyn Ledger>, LedgerError> {
        self.reader().runs_to_read()
    }

    /// One look at everything but what was dismissed; what it brought becomes the last known. The second
    /// value says what of it could not be saved, and why. A state folder whose disk hangs holds up no source.
    pub(crate) async fn survey(self: &Arc<Self>, timeout: Duration) -> (Survey, Vec<String>) {
        let sources = Sources::build(Arc::clone(&self.config), self.clock);
        let (mut board, of_runs, alerts) = self.known_within(timeout);
        let is_silent = self.disk.silent().is_some();
        let dismissed: Vec<_> =
            alerts.dismissed().filter(|(service, _)| board.fleet.put_away(service)).collect();
        let left = timeout.saturating_sub(self.began.elapsed()).max(timeout / 4);
        let (mut survey, not_saved) = self.survey_with(board, &of_runs, &sources, left).await;
        let (back, away): (Vec<_>, Vec<_>) =
            dismissed.into_iter().partition(|(service, _)| survey.shows(service));
        let changes_unread = of_runs.changes_unread();
        survey.tell(of_runs);
        survey.dismissed = away.into_iter().map(|(service, by)| (service.clone(), by.clone())).collect();
        let again = back.into_iter().map(|(service, _)| service.clone()).collect();
        let alerts = self.see_alerts(&survey, again).err().map(|why| format!("{}: {why}", alerts::NOT_SAVED));
        let unread = survey.unread(|_| true).map(|unread| unread.to_string());
        if is_silent {
            return (survey, unread.map(|why| format!("nothing is saved: {why}")).into_iter().collect());
        }
        let not_saved = not_saved.map(|why| format!("readings are not saved: {why}"));
        (survey, not_saved.into_iter().chain(alerts).chain(unread).chain(changes_unread).collect())
    }

    /// What the state folder tells: the board, its runs, and its alerts. The sources are to have their time, too.
    fn known_within(&self, timeout: Duration) -> (Board, OfRuns, Alerts) {
        let (end, reader) = (self.began + timeout / 2, self.reader());
        let folder = self.config.state_dir.clone();
        let known = self.disk.within(patience(timeout).saturating_sub(self.began.elapsed()), move || {
            (reader.read(Some(end)), alerts::load(&folder))
        });
        let (kept, alerts) = known.unwrap_or_else(|silent| (Kept::unread(&silent), Alerts::default()));
        let (board, of_runs) = self.board_of(kept);
        (board, of_runs, alerts)
    }

    /// Takes down since when each finding is there.
    fn see_alerts(&self, survey: &Survey, again: Vec<ServiceId>) -> Result<(), String> {
        let (folder, now) = (self.config.state_dir.clone(), survey.now);
        let found: Vec<Assessment> = survey.services.iter().map(|(_, known)| known.clone()).collect();
        let seen = self.disk.within(SAVING, move || alerts::looked(&folder, &found, &again, now));
        seen.map_err(|why| why.to_string())?.map_err(|why| why.to_string())
    }

    /// One look at everything, also what was dismissed: one may still have to restore it.
    pub(crate) async fn survey_of(&self, sources: &Sources, timeout: Duration) -> (Survey, Option<String>) {
        let (board, of_runs) = self.board_and_runs();
        self.survey_with(board, &of_runs, sources, timeout).await
    }

    async fn survey_with(
        &self,
        board: Board,
        of_runs: &OfRuns,
        sources: &Sources,
        timeout: Duration,
    ) -> (Survey, Option<String>) {
        let (readings, began) = (Arc::clone(&self.state.readings), Instant::now());
        let is_silent = self.disk.silent().is_some();
        let checked = tokio::task::spawn_blocking(move || if is_silent { Ok(()) } else { readings.check() });
        let rows: Vec<ServiceId> = board.fleet.services.keys().cloned().collect();
        let survey = Survey::take(&self.config, (board, of_runs), sources, self.clock, timeout).await;
        // What cannot be mended is told by the write; what takes longer than the look may is left to the next one.
        tokio::time::timeout(timeout.saturating_sub(began.elapsed()), checked).await.ok();
        let known: Vec<_> = survey
            .services
            .iter()
            .map(|(service, known)| (service.clone(), LagSample::of(known, survey.now)))
            .collect();
        let no_rows: Vec<ServiceId> = rows.into_iter().filter(|row| !survey.shows(row)).collect();
        let (readings, now) = (Arc::clone(&self.state.readings), survey.now);
        let limit = timeout.saturating_sub(began.elapsed()).max(SAVING);
        let saved = self
            .disk
            .within(limit, move || readings.forget(&no_rows).and_then(|()| readings.record(&known, now)));
        let not_saved = self.state.readings.not_saved().map(ToString::to_string);
        (survey, not_saved.or_else(|| saved.flatten().err().map(|error| error.to_string())))
    }
}

/// So long most commands wait for the disk of the state folder.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// So long a look that took its time still waits until what it brought is written: as a write waits for another one.
pub(super) const SAVING: Duration = Duration::from_secs(5);

/// How much of its time a look waits for what the state folder tells.
pub(super) fn patience(timeout: Duration) -> Duration {
    (timeout / 4 * 3).max(Duration::from_secs(3))
}

/// What the names of the config's sources stand for.
pub(super) fn places(config: &Config) -> Places {
    Places::new(config.sources.iter().map(|(name, source)| (name.clone(), source.settings.place())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{EXAMPLE, Overrides, from_texts};
    use crate::domain::sample::orders;
    use crate::domain::{Liveness, Service};

    /// A session over the example's config, in a folder of its own.
    fn session(folder: &std::path::Path, probed: bool) -> Session {
        let kept = |line: &&str| probed || !line.trim_start().starts_with("probe");
        let text = EXAMPLE.lines().filter(kept).collect::<Vec<_>>().join("\n");
        let env = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
        let texts = [("example.toml".to_owned(), text)];
        let config = from_texts(&texts, &Overrides::default(), &env).unwrap().config;
        let state = StateFolder::open(folder, places(&config));
        let clock = Clock::starting_at("2026-11-20T12:00:00Z".parse().unwrap(), 0.0);
        Session::of(config, clock, state)
    }

    /// The file of the readings on a disk that hangs, as a named pipe that nobody writes to.
    #[tokio::test(flavor = "multi_thread")]
    async fn s34_a_look_lasts_no_longer_than_it_may_while_the_readings_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = session(folder.path(), false);
        let text = format!("fleet = 'f'\nstate_dir = '{}'\n", folder.path().display());
        let files = [("none.toml".to_owned(), text)];
        session.config = Arc::new(from_texts(&files, &Overrides::default(), &|_| None).unwrap().config);
        let path = folder.path().join("readings.db");
        std::fs::rename(&path, folder.path().join("moved.db")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
            .unwrap();
        let session = Arc::new(session);
        let look = session.survey(Duration::from_millis(300));
        let ended = tokio::time::timeout(Duration::from_secs(60), look).await;
        // Lets the thread that checks it end.
        drop(std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap());
        assert!(ended.is_ok(), "it waits for the check");
    }

    #[test]
    fn s34_a_board_waits_no_longer_than_it_may_for_journals_that_hang_since_they_were_opened() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = session(folder.path(), false);
        session.state.readings.save([&orders()], session.clock.now()).unwrap();
        let text = format!("fleet = 'f'\nstate_dir = '{}'\n", folder.path().display());
        let files = [("none.toml".to_owned(), text)];
        session.config = Arc::new(from_texts(&files, &Overrides::default(), &|_| None).unwrap().config);
        let whole = session.kept(Duration::from_secs(60));
        assert!(whole.services.len() == 1 && whole.of_runs.lines.is_ok());
        let path = folder.path().join("journal.db");
        std::fs::rename(&path, folder.path().join("moved.db")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
            .unwrap();
        let nothing = session.kept(Duration::from_millis(200));
        assert!(
            nothing.services.is_empty() && nothing.of_runs.lines.is_err() && session.disk.silent().is_some()
        );
        // Nothing asks it again, and a board is had all the same.
        let (_, of_runs) = session.board_and_runs();
        assert!(of_runs.lines.is_err() && session.run_lines().is_err());
        // Lets the thread that reads it end.
        drop(std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap());
    }

    #[test]
    fn s10_what_was_seen_of_a_primary_counts_only_while_it_is_probed_and_no_silence_of_the_future() {
        for (probed, ended, is_kept) in [(true, 0, true), (true, 1, false), (false, 0, false)] {
            let folder = tempfile::tempdir().unwrap();
            let session = session(folder.path(), probed);
            let mut service = session.config.board().fleet.services["orders"].clone();
            let now = session.clock.now();
            let minutes = |count| now + chrono::TimeDelta::minutes(count);
            service.liveness = Liveness::Answers { at: now };
            service.was_silent = Some(Box::new((minutes(-5), minutes(ended))));
            session.state.readings.save([&service], now).unwrap();
            let seen = &session.board().fleet.services["orders"];
            assert_eq!((seen.liveness != Liveness::NotProbed, seen.was_silent.is_some()), (probed, is_kept));
        }
    }

    #[test]
    fn s37_a_sight_from_the_future_hides_no_outage() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = session(folder.path(), true);
        let now = session.clock.now();
        let minutes = |count| now + chrono::TimeDelta::minutes(count);
        let silent = Liveness::silent(minutes(-5), Some(minutes(-6)));
        let mut ours = session.config.board().fleet.services["orders"].clone();
        ours.liveness = silent;
        session.state.readings.save([&ours], now).unwrap();
        for (seen, written, is_taken) in [(-1, -1, true), (-1, 20, true), (20, 20, false), (-1, -2, false)] {
            let theirs = Liveness::Answers { at: minutes(seen) };
            let services = vec![Service { liveness: theirs, ..ours.clone() }];
            let known = LastKnown { host: "watch-1".to_owned(), at: minutes(written), services };
            session.imported = Some(Ok(known));
            let liveness = session.board().fleet.services["orders"].liveness;
            assert_eq!(liveness, if is_taken { theirs } else { silent }, "seen {seen}, written {written}");
        }
        let mut known = session.imported.take().unwrap().unwrap();
        known.services[0].liveness = Liveness::silent(minutes(-1), Some(minutes(20)));
        session.imported = Some(Ok(LastKnown { at: now, ..known }));
        assert_eq!(session.board().fleet.services["orders"].liveness, silent, "answered in the future");
    }
}
