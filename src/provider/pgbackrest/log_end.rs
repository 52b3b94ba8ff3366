//! What is looked up at the end of a log: its last commit, and whether the server wrote more since.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;

use crate::clock::Clock;
use crate::domain::{Edge, Role, Target, Timestamp};

use super::look::{Look, Spent};
use super::peek::{CannotLook, Peek, Question, peek};
use super::reach::Found;
use super::resolve::Resolver;
use super::settings::Settings;
use super::wal::{self, Place, Segment};
use super::writer::{self, Standing};

/// A segment in which no commit could be found is looked at so many times.
const MOST_TRIES: u32 = 3;
/// After so long a segment that could not be looked at so many times is looked at again, and a missing
/// `pg_waldump` is looked for.
const AGAIN_AFTER: TimeDelta = TimeDelta::minutes(5);

/// The end of one repository's log, as far as it was looked up.
#[derive(Debug, Default)]
pub(super) struct LogEnd {
    newest: Mutex<Newest>,
    complete: Mutex<Option<Known>>,
    /// When its server had last written more than the log holds, while that is its end.
    ahead: Mutex<Option<Known>>,
}

/// The last commit; looked up once for each new segment.
#[derive(Debug, Clone, Default)]
struct Newest {
    looked_at: Option<(Place, String)>,
    tries: u32,
    commit: Option<Timestamp>,
    /// Why the last look failed, if it did, and when.
    failed: Option<(CannotLook, Timestamp)>,
}

impl Newest {
    /// Whether another look, at the same segment or at a new one, would be in vain, or has to wait.
    fn rests(&self, same: bool, now: Timestamp) -> bool {
        let enough = same && self.tries >= MOST_TRIES;
        match &self.failed {
            Some((cannot, at)) => (cannot.no_tool || enough) && now - *at < AGAIN_AFTER,
            None => enough || same && self.commit.is_some(),
        }
    }
}

/// What a server said at an instant of the log up to a segment.
#[derive(Debug, Clone)]
struct Known {
    at: Timestamp,
    archive: String,
    end: Place,
}

impl Known {
    fn is_of(&self, look: &Look, last: Place) -> bool {
        look.archive().is_some_and(|archive| archive.id == self.archive) && last.timeline == self.end.timeline
    }
}

/// What is looked into, with what, and until when at the latest.
#[derive(Debug)]
pub(super) struct Search<'a> {
    pub(super) settings: &'a Settings,
    pub(super) clock: Clock,
    pub(super) look: &'a Look,
    pub(super) end: Instant,
    pub(super) spent: &'a mut Spent,
}

/// The last segment in reach.
fn last_segment(look: &Look) -> Option<&Segment> {
    let reach = look.seen().reach();
    look.log.as_ref()?.get(reach.newest()?.run.as_ref()?.end)
}

/// Half of the time that is left: the reading must not be lost for what is only looked up beside it.
fn half_of_the_rest(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now()) / 2
}

impl LogEnd {
    /// Looks up what can be.
    pub(super) async fn look_up(&self, mut search: Search<'_>) -> Found {
        let last_commit = self.last_commit(&mut search).await;
        let failed = self.newest.lock().unwrap_or_else(PoisonError::into_inner).failed.clone();
        let not_looked_up = failed.map(|(why, _)| format!("the last commit was not looked up: {why}"));
        let not_asked = match self.ask_server(&mut search).await {
            Some(Ok(Standing::Stranger(why))) => {
                Some(format!("the configured server does not write this log: {why}"))
            }
            Some(Err(why)) => Some(format!("the server was not asked how far its log is: {why}")),
            Some(Ok(Standing::Ahead | Standing::Complete | Standing::Unclear)) | None => None,
        };
        Found {
            last_commit,
            complete_at: self.complete_at(search.look),
            ahead_at: self.ahead_at(search.look),
            backup_every: search.settings.backup_every,
            notes: [not_looked_up, not_asked].into_iter().flatten().collect(),
        }
    }

    /// The last commit that can be reached, looked up where PostgreSQL's programs are known to be.
    async fn last_commit(&self, search: &mut Search<'_>) -> Option<Timestamp> {
        let (settings, look, end) = (search.settings, search.look, search.end);
        settings.pg_bin()?;
        let last = last_segment(look)?;
        let known = self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let same = known.looked_at.as_ref().is_some_and(|(_, file)| *file == last.file);
        let now = search.clock.now();
        if known.rests(same, now) {
            return known.commit;
        }
        let before = last.place.number.checked_sub(1).map(|number| Place { number, ..last.place });
        let log = look.log.as_ref()?;
        let segments: Vec<&Segment> =
            before.and_then(|place| log.get(place)).into_iter().chain([last]).collect();
        let question = Question {
            archive: &look.archive()?.id,
            major: look.history.version.as_deref()?,
            segment_size: look.segment_size,
            segments: &segments,
            until: None,
            limit: half_of_the_rest(end),
        };
        search.spent.calls += 1;
        let found = peek(settings, &question).await;
        let failed = found.as_ref().err().map(|cannot| (cannot.clone(), now));
        // Without the tool no segment was looked at.
        let was_looked_at = !failed.as_ref().is_some_and(|(cannot, _)| cannot.no_tool);
        let tries = if same { known.tries } else { 0 } + u32::from(was_looked_at);
        // Nothing was committed in these two: what is known of the ones right before still holds.
        let adjoins = known.looked_at.is_some_and(|(place, _)| {
            place.timeline == last.place.timeline && place.number + 2 >= last.place.number
        });
        let commit = match found {
            Err(_) => None,
            Ok(Peek { commit: Some(commit), .. }) => commit.at,
            Ok(_) if adjoins && known.commit.is_some() => known.commit,
            Ok(_) => earlier_commit(settings, look, end).await,
        };
        let looked_at = Some((last.place, last.file.clone()));
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) =
            Newest { looked_at, tries, commit, failed };
        commit
    }

    /// Asks the server that writes this log, where one is configured, and remembers what it proves.
    async fn ask_server(&self, search: &mut Search<'_>) -> Option<Result<Standing, String>> {
        let (settings, look) = (search.settings, search.look);
        let server = settings.server.as_deref()?;
        let last = last_segment(look)?;
        let question = writer::LogEnd {
            system_id: look.history.system_id,
            major: look.history.version.as_deref()?,
            timeline: last.place.timeline,
            place: wal::lsn_text(last.place.next().number * look.segment_size),
        };
        // What it says is true from here on at the earliest.
        let at = search.clock.now();
        search.spent.calls += 1;
        let limit = half_of_the_rest(search.end).min(settings.timeout);
        let answer = writer::ask(settings, server, &question, limit).await;
        let known = Known { at, archive: look.archive()?.id.clone(), end: last.place };
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(Standing::Complete) => {
                *self.complete.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
                *ahead = None;
            }
            Ok(Standing::Ahead) => *ahead = Some(known),
            _ => {}
        }
        drop(ahead);
        Some(answer)
    }

    /// That everything committed then lies in the log stays true while it grows.
    fn complete_at(&self, look: &Look) -> Option<Timestamp> {
        let known = self.complete.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let last = last_segment(look)?.place;
        (known.is_of(look, last) && last.number >= known.end.number).then_some(known.at)
    }

    /// That more was written then stays true while the log ends where it did, also when its server died since.
    fn ahead_at(&self, look: &Look) -> Option<Timestamp> {
        let known = self.ahead.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let last = last_segment(look)?.place;
        (known.is_of(look, last) && last.number == known.end.number).then_some(known.at)
    }
}

/// The last commit of an idle database, which may lie many segments back.
async fn earlier_commit(settings: &Settings, look: &Look, end: Instant) -> Option<Timestamp> {
    let resolver = Resolver::new(settings, look, Role::Secondary, &Target::Newest);
    let point = tokio::time::timeout(half_of_the_rest(end), resolver.resolve()).await.ok()?.ok()?;
    (point.promised_is == Edge::Exact).then_some(point.promised)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::super::fixtures::capture;
    use super::super::info::{self, RepoView};
    use super::super::walk::Log;
    use super::*;

    /// A repository whose log ends so many segments after that of the capture.
    fn look(more: u64) -> Look {
        let info = info::decode(&capture("12-s3-encrypted")).unwrap();
        let RepoView::Read { stanza, history } = info.repo("shop", 2) else { panic!() };
        let size = wal::DEFAULT_SEGMENT_SIZE;
        let entries = wal::listing(&capture("12-s3-encrypted.repo2-ls")).unwrap();
        let mut segments = wal::segments(&entries, size);
        for _ in 0..more {
            let last = segments.last().unwrap().clone();
            let place = last.place.next();
            segments.push(Segment { place, name: place.name(size), ..last });
        }
        Look::new(stanza.clone(), history.clone(), Some(Log::new(segments, Vec::new())), size, None)
    }

    /// A program of PostgreSQL that is this script.
    fn program(folder: &Path, name: &str, script: &str) {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }

    #[tokio::test]
    async fn s6_that_more_was_written_is_remembered_while_the_log_ends_there_also_once_its_server_is_dead() {
        let (programs, log_end) = (tempfile::tempdir().unwrap(), LogEnd::default());
        // What the server says of itself is kept in a file; without one it is dead.
        let said = programs.path().join("said");
        program(programs.path(), "psql", &format!("exec cat {}", said.display()));
        program(programs.path(), "pg_waldump", "echo 'tx: 725, desc: COMMIT 2026-11-20 10:00:59.267743 UTC'");
        let text = format!("stanza = 'shop'\nrepo = 2\n[server]\npg_bin = '{}'", programs.path().display());
        let settings: Settings = toml::from_str(&text).unwrap();
        let found = async |look: &Look, now: &str| {
            let clock = Clock::starting_at(now.parse().unwrap(), 0.0);
            let end = Instant::now() + Duration::from_secs(60);
            let search = Search { settings: &settings, clock, look, end, spent: &mut Spent::default() };
            let found = log_end.look_up(search).await;
            (found.ahead_at, found.complete_at)
        };
        let (first, later, last) = ("2026-11-20T10:01:00Z", "2026-11-20T10:02:00Z", "2026-11-20T10:03:00Z");
        let at = |instant: &str| Some(instant.parse::<Timestamp>().unwrap());
        let wrote = |bytes: u32| {
            format!("f|7710171764084839490|00000001000000000000000C|{bytes}|{bytes}|0/C0000{bytes:x}|/pg\n")
        };
        std::fs::write(&said, wrote(152)).unwrap();
        assert_eq!(found(&look(0), first).await, (at(first), None));
        std::fs::remove_file(&said).unwrap();
        assert_eq!(found(&look(0), later).await, (at(first), None), "it died since");
        assert_eq!(found(&look(1), later).await, (None, None), "that it wrote this is not known");
        assert_eq!(found(&look(0), later).await, (at(first), None));
        std::fs::write(&said, wrote(0)).unwrap();
        assert_eq!(found(&look(0), last).await, (None, at(last)), "the log holds all of it");
        std::fs::remove_file(&said).unwrap();
        assert_eq!(found(&look(0), last).await, (None, at(last)));
    }
}
