//! One look at a repository: `info`, then the listing of its log. What was listed before and cannot
//! change is not listed again.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::domain::Outcome;
use crate::process::{self, Call, Finished, Prefix};

use super::failure;
use super::info::{self, Archive, History, RepoView, Stanza};
use super::reach::{Gaps, Seen};
use super::settings::Settings;
use super::wal::{self, Entry, Place, Segment, Switch};
use super::walk::Log;

/// Stands before a call that reads on another host, so that its clock is told on the first line.
pub(crate) const CLOCK_FIRST: [&str; 3] = ["sh", "-c", "date +%s; exec \"$0\" \"$@\""];

/// Room for the answer of a command; ten thousand segments list in 1.4 MB.
const MAX_ANSWER: usize = 64 << 20;
/// After so many looks everything is listed anew, in case the archive was changed by hand.
const LIST_ALL_EVERY: u32 = 64;

/// How an attempt failed: how it counts, and why in a sentence.
pub type Trouble = (Outcome, String);

/// Runs the commands of one source, and remembers what cannot change.
#[derive(Debug)]
pub struct Eyes {
    settings: Settings,
    prefix: Prefix,
    clock: Clock,
    listed: Mutex<Listed>,
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

/// The log as last listed, by folder.
#[derive(Debug, Clone, Default)]
struct Listed {
    archive: String,
    folders: BTreeMap<String, Vec<Segment>>,
    switches: BTreeMap<u32, Switch>,
    looks: u32,
}

impl Look {
    /// The facts for the walk.
    pub fn seen(&self) -> Seen<'_> {
        Seen {
            stanza: &self.stanza,
            history: &self.history,
            log: self.log.as_ref(),
            segment_size: self.segment_size,
        }
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
        Self { settings, prefix, clock, listed: Mutex::default() }
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
            RepoView::Unread { outcome, why } => return Err((outcome, why)),
            RepoView::Read { stanza, history } => (stanza.clone(), history.clone()),
        };
        let segment_size =
            wal::segment_size(self.settings.wal_segment_size, &stanza.backups_of(self.settings.repo));
        let newest =
            stanza.archive(&history).and_then(|archive| Some((archive.id.clone(), archive.max.clone()?)));
        let (log, trouble) = match newest {
            None => (None, None),
            Some((archive, newest)) => match self.log(&archive, segment_size, gaps, end, spent).await {
                Ok(log) if shows(&log, &newest, segment_size) => (Some(log), None),
                Ok(_) => {
                    self.listed.lock().unwrap_or_else(PoisonError::into_inner).archive.clear();
                    (None, Some((Outcome::Malformed, failure::listing_contradicts(&newest))))
                }
                Err(trouble) => (None, Some(trouble)),
            },
        };
        let mut look = Look { stanza, history, log, segment_size, trouble };
        if look.seen().nothing_understood() {
            let why = failure::no_backup_understood(self.settings.repo);
            look.trouble = Some((Outcome::Malformed, why));
        }
        Ok(look)
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
        let mut answer = self.run(argv, end, spent).await?.stdout;
        if remote && let Some(line_end) = answer.iter().position(|&byte| byte == b'\n') {
            let rest = answer.split_off(line_end + 1);
            let theirs: Option<i64> = String::from_utf8_lossy(&answer).trim().parse().ok();
            spent.skew_s = theirs.map(|theirs| before.timestamp() - theirs);
            return Ok(rest);
        }
        Ok(answer)
    }

    async fn log(
        &self,
        archive: &str,
        segment_size: u64,
        gaps: &Gaps,
        end: Instant,
        spent: &mut Spent,
    ) -> Result<Log, Trouble> {
        let mut listed = std::mem::take(&mut *self.listed.lock().unwrap_or_else(PoisonError::into_inner));
        let all = listed.archive != archive || listed.looks.is_multiple_of(LIST_ALL_EVERY);
        if all {
            listed = Listed { archive: archive.to_owned(), ..Listed::default() };
        }
        listed.looks += 1;
        let top = self.list(archive, None, all, end, spent).await?;
        if all {
            for segment in wal::segments(&top, segment_size) {
                listed.folders.entry(folder_of(&segment.name)).or_default().push(segment);
            }
        } else {
            let folders: Vec<_> = top.iter().filter(|entry| entry.folder).map(Entry::name).collect();
            for folder in listed.stale_folders(&folders, gaps, segment_size) {
                let entries = self.list(archive, Some(&folder), false, end, spent).await?;
                listed.folders.insert(folder, wal::segments(&entries, segment_size));
            }
        }
        for child in top.iter().filter_map(|entry| wal::history_name(entry.name())) {
            if !listed.switches.contains_key(&child) {
                let file = format!("{child:08X}.history");
                let history = self.run(self.settings.get(archive, &file), end, spent).await?.text();
                listed
                    .switches
                    .extend(wal::switch(child, &history, segment_size).map(|switch| (child, switch)));
            }
        }
        let log =
            Log::new(listed.folders.values().flatten().cloned(), listed.switches.values().copied().collect());
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = listed;
        Ok(log)
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

impl Listed {
    /// Forgets folders that are gone and says which to list again: new ones, the newest two of the
    /// youngest timeline, the newest of the one before, and those in which a gap may be filled.
    fn stale_folders(&mut self, folders: &[&str], gaps: &Gaps, segment_size: u64) -> Vec<String> {
        self.folders.retain(|folder, _| folders.contains(&folder.as_str()));
        let mut timelines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for folder in folders {
            timelines.entry(folder.get(..8).unwrap_or(folder)).or_default().push(folder);
        }
        let mut again: Vec<&str> = Vec::new();
        for (of_timeline, count) in timelines.values_mut().rev().zip([2, 1]) {
            of_timeline.sort_unstable();
            again.extend(of_timeline.iter().rev().take(count));
        }
        let holed =
            |folder: &str| gaps.remembers(|place: Place| folder_of(&place.name(segment_size)) == folder);
        again.extend(folders.iter().filter(|folder| !self.folders.contains_key(**folder) || holed(folder)));
        again.sort_unstable();
        again.dedup();
        again.into_iter().map(str::to_owned).collect()
    }
}

/// A listing is believed only if it shows the newest segment that `info` named just before.
fn shows(log: &Log, newest: &str, segment_size: u64) -> bool {
    Place::of(newest, segment_size).is_some_and(|place| log.get(place).is_some())
}

/// The folder a segment is stored in: the first 16 digits of its name.
fn folder_of(name: &str) -> String {
    name.get(..16).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_that_can_change_are_listed_again() {
        let folders = [
            "0000000100000000",
            "0000000100000001",
            "0000000100000002",
            "0000000200000002",
            "0000000200000003",
        ];
        let mut listed = Listed::default();
        for folder in &folders[..4] {
            listed.folders.insert((*folder).to_owned(), Vec::new());
        }
        listed.folders.insert("0000000000000009".to_owned(), Vec::new());
        let again = listed.stale_folders(&folders, &Gaps::default(), wal::DEFAULT_SEGMENT_SIZE);
        assert_eq!(again, [folders[2], folders[3], folders[4]]);
        assert!(!listed.folders.contains_key("0000000000000009"), "expired folders are forgotten");
    }

    #[test]
    fn a_folder_with_a_hole_is_listed_until_it_is_filled() {
        let size = wal::DEFAULT_SEGMENT_SIZE;
        let folders = ["0000000100000000", "0000000100000001", "0000000100000002", "0000000100000003"];
        let mut listed = Listed::default();
        for folder in folders {
            listed.folders.insert(folder.to_owned(), Vec::new());
        }
        let mut gaps = Gaps::default();
        let first = Place::of("000000010000000000000041", size).unwrap();
        gaps.note(std::iter::once(first), chrono::DateTime::UNIX_EPOCH);
        assert_eq!(listed.stale_folders(&folders, &gaps, size), [folders[0], folders[2], folders[3]]);
    }
}
