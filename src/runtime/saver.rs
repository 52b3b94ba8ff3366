//! Keeps last-known facts on disk beside a loop that must not wait for the disk: one write at a time,
//! and what comes meanwhile goes into the next.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::{JoinHandle, spawn_blocking};

use crate::domain::{Fleet, LagSample, Service, ServiceId, Timestamp};
use crate::ledger::{LedgerError, Readings};
use crate::tui::app::board::Board;

/// Writes readings, when there is somewhere to write them.
#[derive(Debug)]
pub(super) struct Saver {
    readings: Option<Arc<Readings>>,
    /// Whether the file was looked at for damage.
    checked: bool,
    waiting: BTreeSet<ServiceId>,
    writing: Option<JoinHandle<Result<(), LedgerError>>>,
}

impl Saver {
    pub(super) const fn new(readings: Option<Arc<Readings>>) -> Self {
        Self { readings, checked: false, waiting: BTreeSet::new(), writing: None }
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
    }

    /// Where the copies of a service are read from.
    pub(super) fn place(&self, service: Option<&Service>) -> String {
        let places = self.readings.as_ref().map(|readings| readings.places());
        places.zip(service).map_or_else(String::new, |(places, service)| places.of(service))
    }

    /// Begins to write what waits, and what the last polls showed of it, unless a write is under way.
    pub(super) fn begin(&mut self, fleet: &Fleet, board: &Board, now: Timestamp) {
        let Some(readings) = self.readings.as_ref().filter(|_| self.writing.is_none()) else { return };
        let sample = |id: &ServiceId| LagSample::of(board.assessment(id)?, now);
        let known: Vec<(Service, Option<LagSample>)> = std::mem::take(&mut self.waiting)
            .iter()
            .filter_map(|id| Some((fleet.services.get(id)?.clone(), sample(id))))
            .collect();
        if !known.is_empty() {
            let readings = Arc::clone(readings);
            self.writing = Some(spawn_blocking(move || readings.record(&known, now)));
        }
    }

    /// Waits until the write under way has ended; for ever when there is none.
    pub(super) async fn ended(&mut self) -> Result<(), LedgerError> {
        match &mut self.writing {
            None => std::future::pending().await,
            Some(writing) => {
                let ended = writing.await;
                self.writing = None;
                // A panic of the writer loses one write; the next poll brings the facts again.
                ended.unwrap_or(Ok(()))
            }
        }
    }

    /// Writes what is left, at the end.
    pub(super) async fn finish(mut self, fleet: &Fleet, board: &Board, now: Timestamp) {
        if self.writing.is_some() {
            self.ended().await.ok();
        }
        self.begin(fleet, board, now);
        if self.writing.is_some() {
            self.ended().await.ok();
        }
    }
}
