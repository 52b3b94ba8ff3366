//! A ledger for when there is no other (S25): lines in memory, copied to wherever is left, such as
//! the terminal and a file. Nothing here is durable, and a run's event 1 says so.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Lease, Ledger, LedgerError, RunSummary, Standing, chain};
use crate::domain::Timestamp;
use crate::runbook::{Author, Conclusion, Event, Opening, Record, RunKind};

/// Lines in memory and on whatever can still be written to.
#[derive(Default)]
pub struct PaperLedger {
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    runs: BTreeMap<String, Page>,
    copies: Vec<Box<dyn Write + Send>>,
}

struct Page {
    service: String,
    kind: RunKind,
    opened_at: Timestamp,
    closed: Option<(Timestamp, Conclusion)>,
    lines: Vec<String>,
}

impl std::fmt::Debug for PaperLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaperLedger").field("runs", &self.pages().runs.len()).finish()
    }
}

impl PaperLedger {
    /// A ledger that copies every line to these places. A place that fails is passed over: this is
    /// the last resort, and nothing may block an incident.
    pub fn new(copies: Vec<Box<dyn Write + Send>>) -> Self {
        Self { pages: Mutex::new(Pages { runs: BTreeMap::new(), copies }) }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn write(&mut self, run: &str, line: String) {
        for copy in &mut self.copies {
            writeln!(copy, "{line}").and_then(|()| copy.flush()).ok();
        }
        if let Some(page) = self.runs.get_mut(run) {
            page.lines.push(line);
        }
    }
}

fn as_line(record: &Record) -> Result<String, LedgerError> {
    chain::line(record).map_err(|error| LedgerError::Store(error.to_string()))
}

impl Ledger for PaperLedger {
    fn create(
        &self,
        opening: Opening,
        at: Timestamp,
        author: &Author,
    ) -> Result<(Lease, Record), LedgerError> {
        let mut pages = self.pages();
        let open = pages
            .runs
            .iter()
            .find(|(_, page)| page.service == opening.member.service && page.closed.is_none());
        if let Some((run, page)) = open {
            return Err(LedgerError::OpenRun {
                service: page.service.clone(),
                run: run.clone(),
                opened_at: page.opened_at,
                live: true,
            });
        }
        let run = opening.run.clone();
        let page = Page {
            service: opening.member.service.clone(),
            kind: opening.kind,
            opened_at: at,
            closed: None,
            lines: Vec::new(),
        };
        let event = Event::Opened(Box::new(opening));
        let record = Record { seq: 1, at, author: author.clone(), prev: None, event };
        let line = as_line(&record)?;
        let head = chain::hash(&line);
        pages.runs.insert(run.clone(), page);
        pages.write(&run, line);
        Ok((Lease { run, seq: 1, head, _lock: None }, record))
    }

    fn lease(&self, run: &str) -> Result<Lease, LedgerError> {
        let lines = self.lines(run)?;
        let head = lines.last().map(|line| chain::hash(line)).unwrap_or_default();
        Ok(Lease { run: run.to_owned(), seq: lines.len() as u64, head, _lock: None })
    }

    fn append(
        &self,
        lease: &mut Lease,
        at: Timestamp,
        author: &Author,
        event: Event,
    ) -> Result<Record, LedgerError> {
        let prev = Some(lease.head.clone());
        let record = Record { seq: lease.seq + 1, at, author: author.clone(), prev, event };
        let line = as_line(&record)?;
        let head = chain::hash(&line);
        let mut pages = self.pages();
        if let Event::Closed { conclusion } = &record.event
            && let Some(page) = pages.runs.get_mut(&lease.run)
        {
            page.closed = Some((at, conclusion.clone()));
        }
        pages.write(&lease.run, line);
        (lease.seq, lease.head) = (record.seq, head);
        Ok(record)
    }

    fn lines(&self, run: &str) -> Result<Vec<String>, LedgerError> {
        let pages = self.pages();
        let page = pages.runs.get(run).ok_or_else(|| LedgerError::NoSuchRun { run: run.to_owned() })?;
        Ok(page.lines.clone())
    }

    fn runs(&self) -> Result<Vec<RunSummary>, LedgerError> {
        let pages = self.pages();
        let mut runs: Vec<RunSummary> = pages
            .runs
            .iter()
            .map(|(run, page)| RunSummary {
                run: run.clone(),
                service: page.service.clone(),
                kind: page.kind,
                opened_at: page.opened_at,
                closed_at: page.closed.as_ref().map(|(at, _)| *at),
                conclusion: page.closed.as_ref().map(|(_, conclusion)| conclusion.clone()),
                standing: if page.closed.is_some() { Standing::Closed } else { Standing::Live },
            })
            .collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.opened_at));
        Ok(runs)
    }
}
