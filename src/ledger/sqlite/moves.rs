//! Runs whose journal could not be written in one folder and goes on in another (S25): each folder learns
//! of the other, however late it can be told.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rusqlite::TransactionBehavior;

use super::SqliteLedger;
use super::rows::{ends, insert_line, insert_run};
use crate::ledger::files::connect_to_write;
use crate::ledger::lease::Moved;
use crate::ledger::{Disk, Lease, Ledger, LedgerError, chain, lock, moved};
use crate::runbook::opening::STATE_FOLDER;
use crate::runbook::{Event, JournalPlace};

/// Finds the events of moves without reading whole journals. No text can hold what names them: its quotes
/// would be escaped.
pub(super) const INDEX: &str = "
CREATE INDEX IF NOT EXISTS moves ON events (run, seq) WHERE instr(line, '\"is\":\"journal_moved\"') > 0;
";
pub(in crate::ledger) const MOVED_RUNS: &str =
    "SELECT DISTINCT run FROM events WHERE instr(line, '\"is\":\"journal_moved\"') > 0";
/// Incidents that were begun here because another folder could not be written, found without reading whole journals.
const BEGUN_HERE: &str = "
SELECT run FROM runs WHERE kind = 'incident' AND instr(
    (SELECT line FROM events WHERE events.run = runs.run AND seq = 1), '\"kept\":\"other_folder\"') > 0";
/// How long other folders may take to be read, or told; one on a disk that hangs must hold nobody up.
const WITHIN: Duration = Duration::from_secs(1);
/// The same where a person asks for that.
const ASKED_WITHIN: Duration = Duration::from_secs(10);

/// A run that came here from another folder.
#[derive(Debug)]
pub struct Came {
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
        let parted = Disk::of(&came.from).within(WITHIN, move || came.parted());
        parted.ok().flatten().map_or(Ok(()), Err)
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
        let runs = [MOVED_RUNS, BEGUN_HERE].map(|query| self.runs_by(query).unwrap_or_default());
        let runs: BTreeSet<String> = runs.into_iter().flatten().collect();
        let stayed = runs.into_iter().filter(|run| matches!(self.place_of(run), Ok(None)));
        stayed.filter_map(|run| self.came_from(run).ok().flatten()).collect()
    }

    /// Where the journal of a run goes on, when it does not go on here.
    fn place_of(&self, run: &str) -> Result<Option<String>, LedgerError> {
        self.moved_to(&*self.connection()?, run)
    }

    fn runs_by(&self, query: &str) -> Result<Vec<String>, LedgerError> {
        let connection = self.connection()?;
        let mut statement = connection.prepare_cached(query)?;
        let runs = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        Ok(runs)
    }

    pub(super) fn came_from(&self, run: String) -> Result<Option<Came>, LedgerError> {
        let lines = self.lines(&run)?;
        let records = chain::read(&lines).unwrap_or_default();
        let from = records.into_iter().rev().find_map(|record| match record.event {
            Event::JournalMoved { from, .. } => Some(from),
            Event::Opened(opening) if matches!(opening.journal, JournalPlace::OtherFolder { .. }) => {
                Some(opening.config.get(STATE_FOLDER).cloned())
            }
            _ => None,
        });
        let from =
            from.flatten().map(PathBuf::from).filter(|from| from.is_absolute() && *from != self.folder);
        Ok(from.map(|from| Came { run, from, lines }))
    }
}

impl Came {
    /// The folder that it came from.
    pub fn from(&self) -> &Path {
        &self.from
    }

    /// That the run went on there, too, as far as that can be read. Blocks.
    pub fn parted(&self) -> Option<LedgerError> {
        let (run, from) = (self.run.clone(), self.from.clone());
        let mark = moved::path(&from.join("runs"), &run);
        self.has_parted().is_ok_and(|parted| parted).then_some(LedgerError::Parted { run, from, mark })
    }

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
        match lines.get(common..).unwrap_or_default() {
            [] => true,
            [late] => said(Some(late)).is_some_and(|late| Some(late) == said(self.lines.get(common + 1))),
            _ => false,
        }
    }

    /// Leaves the mark where the run came from, if only its beginning is there and nobody drives it.
    fn tell(&self, here: &Path) -> Result<(), LedgerError> {
        let there = SqliteLedger::open_to_read(&self.from)?;
        // A mark alone tells nobody which run it is of.
        if there.place_of(&self.run)?.is_some() && there.lines(&self.run).is_ok() {
            return Ok(());
        }
        let Some(_lock) = lock::try_take(&there.lock_path(&self.run)?)? else { return Ok(()) };
        let beginning = match there.lines(&self.run) {
            Err(LedgerError::NoSuchRun { .. }) => return self.begin(&there, here),
            beginning => beginning?,
        };
        if beginning.len() < self.lines.len() && self.began_with(&beginning) {
            moved::leave(&there.locks(), &self.run, &here.display().to_string())?;
        }
        Ok(())
    }

    /// Where nothing is known of the run its first line is taken in, and the mark with it: at no instant it seems to go
    /// on there.
    fn begin(&self, there: &SqliteLedger, here: &Path) -> Result<(), LedgerError> {
        let Some(first) = self.lines.first() else { return Ok(()) };
        let begun = Moved::read(&self.lines)?;
        let service = &begun.opening.member.service;
        let mut connection = connect_to_write(&self.from, &self.from.join("journal.db"))?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let Some(refusal) = there.open_run(&transaction, service)? {
            return Err(refusal);
        }
        insert_run(&transaction, &self.run, service, begun.opening.kind, begun.opened_at)?;
        insert_line(&transaction, &self.run, 1, first)?;
        moved::leave(&there.locks(), &self.run, &here.display().to_string())?;
        Ok(transaction.commit()?)
    }
}
