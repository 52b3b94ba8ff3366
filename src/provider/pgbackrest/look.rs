//! One look at a repository: `info`, then the listing of its log. What was listed just before and hardly
//! changes is not listed again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::domain::{Outcome, Timestamp};
use crate::process::{self, Call, Finished, Prefix};
use crate::provider::skew_s;

use super::failure;
use super::histories::Histories;
use super::info::{self, Archive, History, RepoView, Stanza};
use super::listed::{Hints, Listed};
use super::reach::{Gaps, Seen};
use super::settings::Settings;
use super::wal::{self, Entry, Place, Switch};
use super::walk::Log;

/// Stands before a call that reads on another host, so that its clock is told on the first line.
pub(crate) const CLOCK_FIRST: [&str; 3] = ["sh", "-c", "date +%s; exec \"$0\" \"$@\""];

/// Room for the answer of a command; ten thousand segments list in 1.4 MB.
const MAX_ANSWER: usize = 64 << 20;

/// How an attempt failed: how it counts, and why in a sentence.
pub type Trouble = (Outcome, String);

/// Runs the commands of one source, and remembers what hardly changes.
#[derive(Debug)]
pub struct Eyes {
    settings: Settings,
    prefix: Prefix,
    clock: Clock,
    listed: Mutex<Listed>,
    histories: Arc<Mutex<Histories>>,
}

/// What was seen of a repository in one look.
#[derive(Debug, Clone)]
pub struct Look {
    /// The stanza.
    pub stanza: Stanza,
    /// Its present history.
    pub history: History,
    /// The log; `None` when none was listed.
    pub log: Option<Log>,
    /// Bytes of a segment.
    pub segment_size: u64,
    /// Why there is no log, or nothing that could be understood.
    pub trouble: Option<Trouble>,
}

/// What a look took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// Commands.
    pub calls: u32,
    /// Our clock minus the other host's, seconds, when it was asked.
    pub skew_s: Option<i64>,
}

impl Look {
    /// What was seen; what of `info` could not be understood is trouble too.
    pub(super) fn new(
        stanza: Stanza,
        history: History,
        log: Option<Log>,
        segment_size: u64,
        trouble: Option<Trouble>,
    ) -> Self {
        let mut look = Self { stanza, history, log, segment_size, trouble };
        look.trouble = look.not_understood().or(look.trouble.take());
        look
    }

    /// The facts for the walk.
    pub fn seen(&self) -> Seen<'_> {
        Seen {
            stanza: &self.stanza,
            history: &self.history,
            log: self.log.as_ref(),
            segment_size: self.segment_size,
        }
    }

    /// What of `info` could not be understood. A part of it is only told where nothing else is.
    fn not_understood(&self) -> Option<Trouble> {
        let repo = self.history.repo;
        let nothing = self.seen().is_blind().then(|| failure::no_backup_understood(repo));
        let in_part = || self.stanza.understood_in_part(repo).filter(|_| self.trouble.is_none());
        Some((Outcome::Malformed, nothing.or_else(in_part)?))
    }

    /// The archive of the present history.
    pub fn archive(&self) -> Option<&Archive> {
        self.stanza.archive(&self.history)
    }
}

impl Eyes {
    /// Eyes on one source.
    pub fn new(settings: Settings, clock: Clock) -> Self {
        let prefix = Prefix::new(&settings.run);
        Self { settings, prefix, clock, listed: Mutex::default(), histories: Arc::default() }
    }

    /// Eyes on the same source that remember only what never changes.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self { histories: Arc::clone(&self.histories), ..Self::new(self.settings.clone(), self.clock) }
    }

    fn histories(&self) -> MutexGuard<'_, Histories> {
        self.histories.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The source's settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Reads the repository until `end` at the latest. `gaps` are the places that may be filled late.
    ///
    /// # Errors
    /// [`Trouble`] when nothing of the repository is known; a log that was not listed is no such error.
    pub async fn look(&self, end: Instant, gaps: &Gaps, spent: &mut Spent) -> Result<Look, Trouble> {
        let info = info::decode(&self.info(end, spent).await?)
            .map_err(|error| (Outcome::Malformed, error.to_string()))?;
        let (stanza, history) = match info.repo(&self.settings.stanza, self.settings.repo) {
            RepoView::Unread { outcome: Outcome::NotFound, why } => {
                return Err((Outcome::NotFound, why + &self.stanzas_there(end, spent).await));
            }
            RepoView::Unread { outcome, why } => return Err((outcome, why)),
            RepoView::Read { stanza, history } => (stanza.clone(), history.clone()),
        };
        let segment_size =
            wal::segment_size(self.settings.wal_segment_size, &stanza.backups_of(self.settings.repo));
        let (log, trouble) = match log_to_list(&stanza, &history) {
            ToList::Nothing => (None, None),
            ToList::Unsaid => {
                let why = failure::not_understood(self.settings.repo, "what its archive holds");
                (None, Some((Outcome::Malformed, why)))
            }
            ToList::UpTo { archive, newest } => {
                let hints = Hints::of(&stanza, &history, archive);
                match self.log(archive, hints, segment_size, gaps, end, spent).await {
                    Ok(log) if shows(&log, newest, segment_size) => (Some(log), None),
                    Ok(_) => {
                        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = Listed::default();
                        (None, Some((Outcome::Malformed, failure::listing_contradicts(newest))))
                    }
                    Err(trouble) => (None, Some(trouble)),
                }
            }
        };
        Ok(Look::new(stanza, history, log, segment_size, trouble))
    }

    /// What the storage of a repository shows that lacks the stanza, to end a sentence about that: `info` says the same
    /// of one that is not mounted.
    async fn stanzas_there(&self, end: Instant, spent: &mut Spent) -> String {
        let answer = self.run(self.settings.list_stanzas(), end, spent).await;
        let entries = answer.ok().and_then(|answer| wal::listing(&answer.stdout).ok());
        entries.map_or_else(String::new, |entries| {
            let names: Vec<&str> = entries.iter().filter(|entry| entry.folder).map(Entry::name).collect();
            failure::stanzas_there(&self.settings.stanza, &names)
        })
    }

    /// Asks for `info`, and on another host for its clock in the same call.
    async fn info(&self, end: Instant, spent: &mut Spent) -> Result<Vec<u8>, Trouble> {
        let mut argv = self.settings.info();
        let remote = self.prefix.is_ssh();
        if remote {
            let with_clock = CLOCK_FIRST.map(str::to_owned);
            argv.splice(0..0, with_clock);
        }
        let before = self.clock.now();
        let answer = self.run(argv, end, spent).await?.stdout;
        if !remote {
            return Ok(answer);
        }
        let (skew_s, answer) = clock_first(answer, before, self.clock.now());
        spent.skew_s = skew_s;
        Ok(answer)
    }

    async fn log(
        &self,
        archive: &str,
        hints: Hints,
        segment_size: u64,
        gaps: &Gaps,
        end: Instant,
        spent: &mut Spent,
    ) -> Result<Log, Trouble> {
        // Taken, so that after a failure nothing half-listed is trusted.
        let mut listed = std::mem::take(&mut *self.listed.lock().unwrap_or_else(PoisonError::into_inner));
        let at = self.clock.now();
        let trusted = listed.is_trusted(&hints, at);
        let known = if trusted {
            self.list_changed(archive, &mut listed, segment_size, gaps, end, spent).await?
        } else {
            None
        };
        let top = if let Some(entries) = known {
            entries
        } else {
            let entries = self.list(archive, None, true, end, spent).await?;
            listed = Listed::whole(at, hints, wal::segments(&entries, segment_size));
            entries
        };
        let log = listed.log(self.switches(archive, &top, &listed, segment_size, end, spent).await?);
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = listed;
        Ok(log)
    }

    /// Lists again what changes without a hint, and returns the top of the archive; nothing where that shows
    /// that more has changed.
    async fn list_changed(
        &self,
        archive: &str,
        listed: &mut Listed,
        segment_size: u64,
        gaps: &Gaps,
        end: Instant,
        spent: &mut Spent,
    ) -> Result<Option<Vec<Entry>>, Trouble> {
        let at = self.clock.now();
        let top = self.list(archive, None, false, end, spent).await?;
        let folders: Vec<_> = top.iter().filter(|entry| entry.folder).map(Entry::name).collect();
        if listed.has_lost_any(&folders) {
            return Ok(None);
        }
        for folder in listed.to_list_again(&folders, gaps, segment_size) {
            let entries = self.list(archive, Some(&folder), false, end, spent).await?;
            listed.put(folder, at, wal::segments(&entries, segment_size));
        }
        Ok(Some(top))
    }

    /// Where the timelines began of which there is log. Each history that it takes is read once, the youngest first,
    /// which tells of those before it too.
    async fn switches(
        &self,
        archive: &str,
        top: &[Entry],
        listed: &Listed,
        segment_size: u64,
        end: Instant,
        spent: &mut Spent,
    ) -> Result<Vec<Switch>, Trouble> {
        self.histories().see(archive, segment_size, top);
        for timeline in listed.timelines().into_iter().rev() {
            if self.histories().lacks(timeline) {
                let file = format!("{timeline:08X}.history");
                let history = self.run(self.settings.get(archive, &file), end, spent).await?.text();
                self.histories().put(timeline, &history);
            }
        }
        Ok(self.histories().switches())
    }

    async fn list(
        &self,
        archive: &str,
        folder: Option<&str>,
        recurse: bool,
        end: Instant,
        spent: &mut Spent,
    ) -> Result<Vec<Entry>, Trouble> {
        let answer = self.run(self.settings.list(archive, folder, recurse), end, spent).await?;
        wal::listing(&answer.stdout).map_err(|why| (Outcome::Malformed, why))
    }

    /// Runs a command that reads. Anything but exit code 0 is trouble.
    async fn run(&self, argv: Vec<String>, end: Instant, spent: &mut Spent) -> Result<Finished, Trouble> {
        spent.calls += 1;
        let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let call = Call { max_stdout: MAX_ANSWER, ..Call::new(argv, left.min(self.settings.timeout)) };
        let finished =
            process::run(&self.prefix, &call).await.map_err(|failed| failure::from_process(&failed))?;
        if finished.ok() {
            return Ok(finished);
        }
        let meaning = failure::meaning(finished.code, &finished.stderr);
        Err((meaning.outcome, meaning.text))
    }
}

/// Our clock minus the one that an answer begins with, and the rest of it. How much of the time before it came was
/// spent on reaching that host is not known.
fn clock_first(mut answer: Vec<u8>, asked: Timestamp, answered: Timestamp) -> (Option<i64>, Vec<u8>) {
    let Some(line_end) = answer.iter().position(|&byte| byte == b'\n') else { return (None, answer) };
    let rest = answer.split_off(line_end + 1);
    let seconds = String::from_utf8_lossy(&answer).trim().parse().ok();
    let theirs = seconds.and_then(|seconds| Timestamp::from_timestamp(seconds, 0));
    (theirs.map(|theirs| skew_s(theirs, asked, answered)), rest)
}

/// Which log there is to list, by what `info` says.
#[derive(Debug)]
pub(super) enum ToList<'a> {
    Nothing,
    Unsaid,
    UpTo { archive: &'a str, newest: &'a str },
}

pub(super) fn log_to_list<'a>(stanza: &'a Stanza, history: &History) -> ToList<'a> {
    match stanza.archive(history) {
        Some(Archive { min: None, max: None, .. }) => ToList::Nothing,
        Some(Archive { id, max: Some(newest), .. }) => ToList::UpTo { archive: id, newest },
        Some(Archive { max: None, .. }) | None => ToList::Unsaid,
    }
}

/// A listing is believed only if it shows the newest segment that `info` named just before.
pub(super) fn shows(log: &Log, newest: &str, segment_size: u64) -> bool {
    Place::of(newest, segment_size).is_some_and(|place| log.get(place).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r09_the_time_it_takes_to_reach_a_host_is_no_skew_of_its_clock() {
        let at = |seconds: i64| Timestamp::from_timestamp(seconds, 500_000_000).unwrap();
        // Reached after nine seconds, and answered three later.
        for (theirs, skew) in [(1000, 0), (1009, 0), (1012, 0), (990, 9), (940, 59), (1013, 0), (1100, -87)] {
            let answer = format!("{theirs}\n[]").into_bytes();
            assert_eq!(clock_first(answer, at(1000), at(1012)), (Some(skew), b"[]".to_vec()), "{theirs}");
        }
        assert_eq!(clock_first(b"[]".to_vec(), at(1000), at(1012)), (None, b"[]".to_vec()));
        assert_eq!(clock_first(b"no clock\n[]".to_vec(), at(1000), at(1012)), (None, b"[]".to_vec()));
    }
}
