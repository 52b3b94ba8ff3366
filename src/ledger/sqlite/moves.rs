//! Runs whose journal could not be written in one folder and goes on in another (S25): each folder learns
//! of the other, however late it can be told.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::SqliteLedger;
use super::rows::ends;
use crate::ledger::{Disk, Lease, Ledger, LedgerError, chain, lock, moved};
use crate::runbook::Event;

/// Finds the events of moves without reading whole journals. No text can hold what names them: its quotes
/// would be escaped.
pub(super) const INDEX: &str = "
CREATE INDEX IF NOT EXISTS moves ON events (run, seq) WHERE instr(line, '\"is\":\"journal_moved\"') > 0;
";
pub(in crate::ledger) const MOVED_RUNS: &str =
    "SELECT DISTINCT run FROM events WHERE instr(line, '\"is\":\"journal_moved\"') > 0";
/// How long other folders may take to be read, or told; one on a disk that hangs must hold nobody up.
const WITHIN: Duration = Duration::from_secs(1);
/// The same where a person asks for that.
const ASKED_WITHIN: Duration = Duration::from_secs(10);

/// A run that came here from another folder.
struct Came {
    run: String,
    from: PathBuf,
    lines: Vec<String>,
}

impl SqliteLedger {
    /// Runs that were moved away and have ended since are taken in as they are there: they are no longer
    /// open here. One whose place cannot be read stays as it is, and says where it went.
    pub(super) fn take_back(&self) {
        let (found, ended) = mpsc::channel();
        for run in moved::all(&self.locks()) {
            let place = self.place_of(&run).ok().flatten().map(PathBuf::from);
            let Some(place) = place.filter(|place| place.is_absolute()) else { continue };
            let found = found.clone();
            // A thread for each place: one that hangs must hide no other.
            std::thread::spawn(move || {
                let lines =
                    Self::open_to_read(&place).and_then(|there| there.lines(&run)).unwrap_or_default();
                if ends(&lines).is_some() {
                    // Whoever waited for it may have gone on without; the next open finds it again.
                    found.send(lines).ok();
                }
            });
        }
        drop(found);
        let until = Instant::now() + WITHIN;
        while let Ok(lines) = ended.recv_timeout(until.saturating_duration_since(Instant::now())) {
            // What does not fit is left for a person to look at.
            drop(self.adopt(&lines));
        }
    }

    /// A run that went on elsewhere, taken back for who asks for it, once it is over in the folder where it did.
    ///
    /// # Errors
    /// The same error; of a folder that cannot be read, or a journal that does not fit, with why.
    pub(super) fn as_it_ended(&self, mut elsewhere: LedgerError) -> Result<Lease, LedgerError> {
        if let LedgerError::Moved { run, to, unread, .. } = &mut elsewhere {
            let (place, run) = (PathBuf::from(&to), run.clone());
            let disk = Disk::of(&place);
            let read = disk.within(ASKED_WITHIN, move || Self::open_to_read(&place)?.lines(&run));
            match read.flatten().and_then(|lines| ends(&lines).map(|_| self.adopt(&lines)).transpose()) {
                Ok(Some(lease)) => return Ok(lease),
                Ok(None) => {}
                Err(why) => *unread = Some(why.to_string().into()),
            }
        }
        Err(elsewhere)
    }

    /// Whoever looked where a run came from before that could be told of it may have gone on with its beginning. A
    /// folder that cannot be read in time holds nobody up.
    pub(super) fn not_parted(&self, run: &str) -> Result<(), LedgerError> {
        let Some(came) = self.came_from(run.to_owned())? else { return Ok(()) };
        let (run, from) = (came.run.clone(), came.from.clone());
        let mark = moved::path(&from.join("runs"), &run);
        match Disk::of(&from).within(WITHIN, move || came.has_parted()).flatten() {
            Ok(true) => Err(LedgerError::Parted { run, from, mark }),
            Ok(false) | Err(_) => Ok(()),
        }
    }

    /// Whoever moved a run here may have died before the folder it came from could be told of it. What
    /// cannot be told now is told at the next open.
    pub(super) fn tell_where_it_was(&self) {
        let came = self.came();
        if came.is_empty() {
            return;
        }
        let here = self.folder.clone();
        let (told, all_told) = mpsc::channel();
        std::thread::spawn(move || {
            for came in &came {
                // It is told again as long as it cannot be.
                came.tell(&here).ok();
            }
            told.send(()).ok();
        });
        all_told.recv_timeout(WITHIN).ok();
    }

    /// The runs that came here, and have not gone on from here. One that cannot be read tells nothing.
    fn came(&self) -> Vec<Came> {
        let runs = self.moved_runs().unwrap_or_default().into_iter();
        let stayed = runs.filter(|run| matches!(self.place_of(run), Ok(None)));
        stayed.filter_map(|run| self.came_from(run).ok().flatten()).collect()
    }

    /// Where the journal of a run goes on, when it does not go on here.
    fn place_of(&self, run: &str) -> Result<Option<String>, LedgerError> {
        self.moved_to(&*self.connection()?, run)
    }

    fn moved_runs(&self) -> Result<Vec<String>, LedgerError> {
        let connection = self.connection()?;
        let mut statement = connection.prepare_cached(MOVED_RUNS)?;
        let runs = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(runs)
    }

    fn came_from(&self, run: String) -> Result<Option<Came>, LedgerError> {
        let lines = self.lines(&run)?;
        let records = chain::read(&lines).unwrap_or_default();
        let from = records.into_iter().rev().find_map(|record| match record.event {
            Event::JournalMoved { from, .. } => Some(from),
            _ => None,
        });
        let from =
            from.flatten().map(PathBuf::from).filter(|from| from.is_absolute() && *from != self.folder);
        Ok(from.map(|from| Came { run, from, lines }))
    }
}

impl Came {
    /// Whether what is where the run came from is no beginning of it, and no mark says that it goes on here.
    fn has_parted(&self) -> Result<bool, LedgerError> {
        let there = SqliteLedger::open_to_read(&self.from)?;
        Ok(there.place_of(&self.run)?.is_none() && !self.began_with(&there.lines(&self.run)?))
    }

    /// Whether these lines are the run's beginning, or that and what a disk wrote late: the same came here behind the
    /// move.
    fn began_with(&self, lines: &[String]) -> bool {
        let common = lines.iter().zip(&self.lines).take_while(|(there, here)| there == here).count();
        let said = |line: Option<&String>| {
            let record = chain::read(std::slice::from_ref(line?)).ok()?.pop()?;
            Some((record.at, record.author, record.event))
        };
        match &lines[common..] {
            [] => true,
            [late] => said(Some(late)).is_some_and(|late| Some(late) == said(self.lines.get(common + 1))),
            _ => false,
        }
    }

    /// Leaves the mark where the run came from, if only its beginning is there and nobody drives it.
    fn tell(&self, here: &Path) -> Result<(), LedgerError> {
        let there = SqliteLedger::open_to_read(&self.from)?;
        if there.place_of(&self.run)?.is_some() {
            return Ok(());
        }
        let Some(_lock) = lock::try_take(&there.lock_path(&self.run)?)? else { return Ok(()) };
        let beginning = there.lines(&self.run)?;
        if beginning.len() < self.lines.len() && self.began_with(&beginning) {
            moved::leave(&there.locks(), &self.run, &here.display().to_string())?;
        }
        Ok(())
    }
}
