//! Keeps last-known facts on disk beside a loop that must not wait for the disk: one write at a time,
//! and what comes meanwhile goes into the next.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::in_time::LATE;
use crate::domain::{Fleet, LagSample, Service, ServiceId, Timestamp};
use crate::ledger::{LedgerError, Readings};
use crate::tui::app::board::Board;

/// So many services go into one write: for it, what is known of each is there twice.
const AT_ONCE: usize = 100;

/// Writes readings, when there is somewhere to write them.
#[derive(Debug)]
pub(super) struct Saver {
    readings: Option<Arc<Readings>>,
    /// Whether the file was looked at for damage.
    checked: bool,
    waiting: BTreeSet<ServiceId>,
    /// What could not be written: it is tried again with what comes next, and at the end.
    unwritten: BTreeSet<ServiceId>,
    writing: Option<Writing>,
}

/// A write under way.
#[derive(Debug)]
struct Writing {
    ids: BTreeSet<ServiceId>,
    task: JoinHandle<Result<(), LedgerError>>,
}

impl Saver {
    pub(super) const fn new(readings: Option<Arc<Readings>>) -> Self {
        Self { readings, checked: false, waiting: BTreeSet::new(), unwritten: BTreeSet::new(), writing: None }
    }

    /// Looks for damage, once, beside everything else. What cannot be mended is told by the next write.
    pub(super) fn check(&mut self) {
        if let Some(readings) = self.readings.clone().filter(|_| !self.checked) {
            spawn_blocking(move || readings.check());
        }
        self.checked = true;
    }

    /// These services changed.
    pub(super) fn note(&mut self, ids: Vec<ServiceId>) {
        self.waiting.extend(ids);
        self.waiting.append(&mut self.unwritten);
    }

    /// Where the copies of a service are read from.
    pub(super) fn place(&self, service: Option<&Service>) -> String {
        let places = self.readings.as_ref().map(|readings| readings.places());
        places.zip(service).map_or_else(String::new, |(places, service)| places.of(service))
    }

    /// Begins to write the first of what waits, and what the last polls showed of it, unless a write is under way. Of
    /// what has no row any more nothing is kept.
    pub(super) fn begin(&mut self, fleet: &Fleet, board: &Board, now: Timestamp) {
        let Some(readings) = self.readings.as_ref().filter(|_| self.writing.is_none()) else { return };
        let sample = |id: &ServiceId| LagSample::of(board.assessment(id)?, now);
        let ids: BTreeSet<ServiceId> = (0..AT_ONCE).map_while(|_| self.waiting.pop_first()).collect();
        let known: Vec<(Service, Option<LagSample>)> =
            ids.iter().filter_map(|id| Some((fleet.services.get(id)?.clone(), sample(id)))).collect();
        let no_rows: Vec<ServiceId> = ids.iter().filter(|id| !fleet.knows(id)).cloned().collect();
        if !known.is_empty() || !no_rows.is_empty() {
            let readings = Arc::clone(readings);
            let task = spawn_blocking(move || {
                readings.forget(&no_rows)?;
                readings.record(&known, now)
            });
            self.writing = Some(Writing { ids, task });
        }
    }

    /// Waits until the write under way has ended; for ever when there is none.
    pub(super) async fn ended(&mut self) -> Result<(), LedgerError> {
        match &mut self.writing {
            None => std::future::pending().await,
            Some(writing) => {
                let ended = (&mut writing.task).await;
                let ended = ended.unwrap_or_else(|panic| Err(LedgerError::Store(panic.to_string())));
                let written = self.writing.take();
                if ended.is_err() {
                    self.unwritten.extend(written.into_iter().flat_map(|writing| writing.ids));
                }
                ended
            }
        }
    }

    /// Writes what is left, at the end, on a disk that does not hang.
    ///
    /// # Errors
    /// When it cannot be written: it is lost.
    pub(super) async fn finish(
        self,
        fleet: &Fleet,
        board: &Board,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        let Some(readings) = self.readings.clone() else { return Ok(()) };
        let silent = || LedgerError::Silent { folder: readings.folder().to_owned(), limit: LATE };
        timeout(LATE, self.write_rest(fleet, board, now)).await.unwrap_or_else(|_| Err(silent()))
    }

    async fn write_rest(mut self, fleet: &Fleet, board: &Board, now: Timestamp) -> Result<(), LedgerError> {
        if self.writing.is_some() {
            // What fails here is tried again right after.
            self.ended().await.ok();
        }
        self.note(Vec::new());
        while !self.waiting.is_empty() {
            self.begin(fleet, board, now);
            if self.writing.is_some() {
                self.ended().await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{now, orders};

    #[tokio::test]
    async fn s33_what_turned_out_to_be_no_service_does_not_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let readings = Arc::new(Readings::open(folder.path()));
        let fork = Service { id: "drill-x".to_owned(), ..orders() };
        readings.save([&orders(), &fork], now()).unwrap();
        let mut saver = Saver::new(Some(Arc::clone(&readings)));
        saver.note(vec![orders().id, fork.id]);
        saver.finish(&Fleet::new([orders()]), &Board::default(), now()).await.unwrap();
        let kept: Vec<_> = readings.load().unwrap().into_iter().map(|service| service.id).collect();
        assert_eq!(kept, [orders().id]);
    }

    #[tokio::test]
    async fn of_many_services_few_are_there_twice_and_none_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let readings = Arc::new(Readings::open(folder.path()));
        let named = |number: usize| Service { id: format!("service-{number:03}"), ..orders() };
        let fleet = Fleet::new((0..=2 * AT_ONCE).map(named));
        let mut saver = Saver::new(Some(Arc::clone(&readings)));
        saver.note(fleet.services.keys().cloned().collect());
        saver.begin(&fleet, &Board::default(), now());
        assert_eq!(saver.writing.as_ref().unwrap().ids.len(), AT_ONCE);
        saver.finish(&fleet, &Board::default(), now()).await.unwrap();
        assert_eq!(readings.load().unwrap().len(), fleet.services.len());
    }

    #[tokio::test(start_paused = true)]
    async fn s25_the_end_waits_no_longer_for_a_disk_that_hangs_than_it_may_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let (goes_on, held) = std::sync::mpsc::channel::<()>();
        let mut saver = Saver::new(Some(Arc::new(Readings::open(folder.path()))));
        let task = spawn_blocking(move || held.recv().map_err(|_| LedgerError::Store("late".to_owned())));
        saver.writing = Some(Writing { ids: BTreeSet::new(), task });
        let late = async {
            tokio::task::yield_now().await;
            tokio::time::advance(LATE).await;
        };
        let (fleet, board) = (Fleet::new([orders()]), Board::default());
        let (finished, ()) = tokio::join!(saver.finish(&fleet, &board, now()), late);
        let silent = LedgerError::Silent { folder: folder.path().to_owned(), limit: LATE };
        assert_eq!(finished, Err(silent));
        drop(goes_on);
    }

    #[tokio::test]
    async fn s2_what_could_not_be_written_is_tried_again_at_the_end() {
        const FULL: &str = "CREATE TRIGGER full BEFORE INSERT ON services BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
        let folder = tempfile::tempdir().unwrap();
        let readings = Arc::new(Readings::open(folder.path()));
        let disk = rusqlite::Connection::open(folder.path().join("readings.db")).unwrap();
        let (fleet, board) = (Fleet::new([orders()]), Board::default());
        for has_room in [false, true] {
            disk.execute_batch(FULL).unwrap();
            let mut saver = Saver::new(Some(Arc::clone(&readings)));
            saver.note(vec![orders().id]);
            saver.begin(&fleet, &board, now());
            assert!(saver.ended().await.is_err());
            saver.begin(&fleet, &board, now());
            assert!(saver.writing.is_none(), "not again and again");
            if has_room {
                disk.execute_batch("DROP TRIGGER full").unwrap();
            }
            let finished = saver.finish(&fleet, &board, now()).await;
            assert_eq!(finished.is_ok(), has_room, "{finished:?}");
            assert_eq!(readings.load().unwrap().len(), usize::from(has_room));
            disk.execute_batch("DROP TRIGGER IF EXISTS full").unwrap();
        }
    }
}
