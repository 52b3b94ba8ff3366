//! Looks at the journals beside everything else: a disk that hangs holds up no order, and what it told last stays, with
//! its age.

use std::path::Path;
use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::Instant;

use super::copying::{Book, FoundChange};
use super::{Desk, NotTaken};
use crate::domain::Timestamp;
use crate::ledger::{Ledger, LedgerError, SqliteLedger};
use crate::runbook::{RunState, replay};
use crate::runtime::in_time::LATE;
use crate::runtime::runs::RunBook;
use crate::tui::app::runs::RunLine;

/// What the journals say of runs.
#[derive(Default)]
pub(super) struct FoundRuns {
    /// Every run.
    pub(super) lines: Vec<RunLine>,
    /// Those that are open.
    pub(super) open: Vec<Arc<RunState>>,
    /// Of those that were followed, those that have ended.
    pub(super) ended: Vec<Arc<RunState>>,
}

/// What a look found.
pub(super) struct Found {
    /// Or why no journal can be read.
    pub(super) runs: Result<FoundRuns, LedgerError>,
    pub(super) changes: Vec<FoundChange>,
    /// Why it is not known which changes there are. That no journal can be read is told already.
    pub(super) changes_unread: Option<String>,
}

/// What was read before: the next look reads on from there.
#[derive(Default)]
struct Books {
    runs: RunBook,
    changes: Book,
}

/// One look after the other, each on a thread of its own.
pub(super) struct Looks {
    /// A look under way has them.
    books: Option<Books>,
    under_way: Option<UnderWay>,
    /// When the last look that read them began; `None` = the journals did not tell since the start.
    as_of: Option<Timestamp>,
    /// Whether that was told of the look under way.
    is_late: bool,
}

struct UnderWay {
    look: JoinHandle<(Books, Found)>,
    /// When it began, by the clock in force and in real time.
    began: (Timestamp, Instant),
    /// Whether what is driven here has changed since, so that it may tell of what was before.
    is_overtaken: bool,
}

/// How a look ended.
pub(super) struct Ended {
    /// What it found; nothing where it was overtaken, or went wrong.
    pub(super) found: Option<Found>,
    /// Whether it was overtaken: another one is due at once.
    pub(super) is_overtaken: bool,
}

impl Looks {
    /// None was made yet; the dashboard knows the journals as they were `as_of`.
    pub(super) const fn new(as_of: Option<Timestamp>) -> Self {
        Self { books: None, under_way: None, as_of, is_late: false }
    }

    /// Begins a look, unless one is under way; of these runs the end is asked for, too.
    pub(super) fn begin(&mut self, desk: &Desk, followed: Vec<String>) {
        if self.under_way.is_some() {
            return;
        }
        let books = self.books.take().unwrap_or_default();
        let (ledger, folder) = (desk.ledger(), desk.config.state_dir.clone());
        let look = spawn_blocking(move || books.look(ledger, &folder, &followed));
        let began = (desk.clock.now(), Instant::now());
        self.under_way = Some(UnderWay { look, began, is_overtaken: false });
    }

    /// What is driven here has changed: a look that began before tells of what was then.
    pub(super) const fn overtake(&mut self) {
        if let Some(under_way) = &mut self.under_way {
            under_way.is_overtaken = true;
        }
    }

    /// How the look under way ends; for ever when there is none.
    pub(super) async fn ended(&mut self) -> Ended {
        let Some(UnderWay { look, began, is_overtaken }) = &mut self.under_way else {
            return std::future::pending().await;
        };
        let (looked, began, is_overtaken) = (look.await, began.0, *is_overtaken);
        (self.under_way, self.is_late) = (None, false);
        // Whoever panicked lost what was read before: it is read anew.
        let Ok((books, found)) = looked else {
            return Ended { found: None, is_overtaken };
        };
        self.books = Some(books);
        if found.runs.is_ok() {
            self.as_of = Some(began);
        }
        Ended { found: Some(found).filter(|_| !is_overtaken), is_overtaken }
    }

    /// Of when the journals are known.
    pub(super) const fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    /// Whether the look under way has just become late.
    pub(super) fn has_become_late(&mut self) -> bool {
        let is_late = self.under_way.as_ref().is_some_and(|look| look.began.1.elapsed() >= LATE);
        let is_news = is_late && !self.is_late;
        self.is_late = is_late;
        is_news
    }
}

impl Books {
    fn look(
        mut self,
        ledger: Result<Arc<dyn Ledger>, NotTaken>,
        folder: &Path,
        followed: &[String],
    ) -> (Self, Found) {
        let runs = match ledger {
            Ok(ledger) => self.look_at_runs(&*ledger, followed),
            // Who may not write may still read. Opened anew each time: what others write is then seen.
            Err(_) => {
                SqliteLedger::open_to_read(folder).and_then(|ledger| self.look_at_runs(&ledger, followed))
            }
        };
        let changes = self.changes.look(folder);
        let changes_unread = self.changes.unread.clone().filter(|_| runs.is_ok());
        (self, Found { runs, changes, changes_unread })
    }

    fn look_at_runs(&mut self, ledger: &dyn Ledger, followed: &[String]) -> Result<FoundRuns, LedgerError> {
        let lines = self.runs.look(ledger)?;
        let open: Vec<Arc<RunState>> = self.runs.open().map(Arc::clone).collect();
        let has_ended = |run: &&String| !open.iter().any(|state| state.id() == run.as_str());
        let read = |run: &String| Some(Arc::new(replay(&ledger.load(run).ok()?).ok()?));
        let end = |run: &String| self.runs.ended_elsewhere(run).map(Arc::clone).or_else(|| read(run));
        // One whose journal goes on where it cannot be read now is followed on.
        let ended = followed.iter().filter(has_ended).filter_map(end).filter(|state| state.is_over());
        let ended = ended.collect();
        Ok(FoundRuns { lines, open, ended })
    }
}

#[cfg(test)]
mod tests;
