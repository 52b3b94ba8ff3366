//! Since when `check` finds a service unknown, from one start to the next (S3). A file of its own in
//! the state folder; when it cannot be read or written, a service is unknown since its last facts.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::domain::Timestamp;
use crate::ledger::LedgerError;
use crate::ledger::lock::{self, Lock};
use crate::regular_file;

/// Who holds it has nothing to wait for: a second of tries is for many at once.
const TRIES: u32 = 50;

/// Thousands of services are a tenth of it.
const LARGEST: u64 = 4 << 20;

/// Unknown services, and since when. Held by one process at a time: many may check at the same moment,
/// each of them another service.
#[derive(Debug)]
pub(crate) struct Memory {
    path: PathBuf,
    lock: Result<Lock, String>,
    since: BTreeMap<String, Timestamp>,
}

impl Memory {
    pub(crate) fn load(state_dir: &Path) -> Self {
        let path = state_dir.join("check.json");
        let lock = match lock::take_within(&state_dir.join("check.lock"), TRIES) {
            Ok(held) => held.ok_or_else(|| "another check holds it for too long".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let text = regular_file::read(&path, LARGEST).ok();
        let since = text.and_then(|text| serde_json::from_slice(&text).ok());
        Self { path, lock, since: since.unwrap_or_default() }
    }

    /// One that remembers nothing, and why.
    pub(crate) fn without(why: &LedgerError) -> Self {
        Self { path: PathBuf::new(), lock: Err(why.to_string()), since: BTreeMap::new() }
    }

    /// Since when a service is unknown that is unknown now; `facts` is how old its facts are.
    pub(crate) fn unknown(&mut self, service: &str, facts: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let first = facts.unwrap_or(now).min(now);
        let since = self.since.entry(service.to_owned()).or_insert(first);
        *since = (*since).min(first);
        *since
    }

    /// A service that is known again.
    pub(crate) fn known(&mut self, service: &str) {
        self.since.remove(service);
    }

    /// Keeps it for the next start, whole or not at all.
    pub(crate) fn save(self) -> std::io::Result<()> {
        let _held = self.lock.map_err(std::io::Error::other)?;
        let beside = self.path.with_extension(format!("{}.tmp", std::process::id()));
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(&serde_json::to_vec(&self.since)?)?;
        std::fs::rename(&beside, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_lasts_over_starts_and_ends_when_known() {
        let folder = tempfile::tempdir().unwrap();
        let at = |seconds| Timestamp::from_timestamp(seconds, 0).unwrap();
        let mut first = Memory::load(folder.path());
        assert_eq!(first.unknown("orders", None, at(100)), at(100));
        first.save().unwrap();
        let mut second = Memory::load(folder.path());
        assert_eq!(second.unknown("orders", None, at(160)), at(100));
        assert_eq!(second.unknown("orders", Some(at(40)), at(170)), at(40), "its facts are older");
        second.known("orders");
        assert_eq!(second.unknown("orders", None, at(200)), at(200));
    }

    #[test]
    fn what_is_no_file_of_ours_holds_nothing_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("check.json");
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
        assert!(Memory::load(folder.path()).since.is_empty(), "a pipe that nobody writes to");
        std::fs::remove_file(&path).unwrap();
        let blanks = " ".repeat(usize::try_from(LARGEST).unwrap());
        std::fs::write(&path, format!("{blanks}{{\"orders\":\"2026-11-20T12:00:00Z\"}}")).unwrap();
        assert!(Memory::load(folder.path()).since.is_empty(), "larger than any of ours");
    }

    /// A monitoring system runs `check SERVICE` for all services at once.
    #[test]
    fn s3_many_checks_at_once_forget_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let at = Timestamp::from_timestamp(100, 0).unwrap();
        std::thread::scope(|scope| {
            for service in 0..8 {
                let folder = folder.path();
                scope.spawn(move || {
                    let mut memory = Memory::load(folder);
                    memory.unknown(&format!("service-{service}"), None, at);
                    memory.save().unwrap();
                });
            }
        });
        assert_eq!(Memory::load(folder.path()).since.len(), 8);
    }
}
