//! A ledger for when there is no other (S25): lines in memory, copied to wherever is left, such as
//! the terminal and a file. Nothing here is durable, and a run's event 1 says so.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::lease::{Entry, Moved};
use super::{Lease, Ledger, LedgerError, RunSummary, Standing};
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
    copies: Vec<Sheet>,
}

/// Where every line is copied to.
pub enum Sheet {
    /// A screen or the like, with a person before it.
    Screen(Box<dyn Write + Send>),
    /// A file.
    File {
        /// Where it is.
        path: PathBuf,
        /// Open to be written at its end.
        file: File,
    },
}

impl std::fmt::Debug for Sheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Screen(_) => f.write_str("Screen"),
            Self::File { path, .. } => f.debug_tuple("File").field(path).finish(),
        }
    }
}

impl Sheet {
    /// Makes a file that nobody else may read: what is written of a run names hosts and people.
    ///
    /// # Errors
    /// When it cannot be made, or is there already.
    pub fn to_new_file(path: PathBuf) -> io::Result<Self> {
        let file = File::options().create_new(true).append(true).mode(0o600).open(&path)?;
        Ok(Self::File { path, file })
    }

    fn write(&mut self, line: &str) -> io::Result<()> {
        match self {
            Self::Screen(screen) => writeln!(screen, "{line}").and_then(|()| screen.flush()),
            // In one piece, and on the disk before anything follows from it.
            Self::File { file, .. } => {
                file.write_all(format!("{line}\n").as_bytes()).and_then(|()| file.sync_data())
            }
        }
    }
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
    /// the last resort, and nothing may block an incident. A line that a file lacks is told on the screen.
    pub fn new(copies: Vec<Sheet>) -> Self {
        Self { pages: Mutex::new(Pages { runs: BTreeMap::new(), copies }) }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn begin(&mut self, opening: &Opening, at: Timestamp) -> Result<(), LedgerError> {
        let service = &opening.member.service;
        let open = self.runs.iter().find(|(_, page)| page.service == *service && page.closed.is_none());
        if let Some((run, page)) = open {
            return Err(LedgerError::OpenRun {
                service: service.clone(),
                run: run.clone(),
                opened_at: page.opened_at,
                live: true,
            });
        }
        let page = Page {
            service: service.clone(),
            kind: opening.kind,
            opened_at: at,
            closed: None,
            lines: Vec::new(),
        };
        self.runs.insert(opening.run.clone(), page);
        Ok(())
    }

    fn write(&mut self, run: &str, line: String) {
        let mut lacking = Vec::new();
        for copy in &mut self.copies {
            if let (Err(error), Sheet::File { path, .. }) = (copy.write(&line), &*copy) {
                lacking.push(format!("not copied to {}: {error}", path.display()));
            }
        }
        for copy in self.copies.iter_mut().filter(|copy| matches!(copy, Sheet::Screen(_))) {
            for lack in &lacking {
                copy.write(lack).ok();
            }
        }
        if let Some(page) = self.runs.get_mut(run) {
            page.lines.push(line);
        }
    }
}

impl Ledger for PaperLedger {
    fn create(
        &self,
        opening: Opening,
        at: Timestamp,
        author: &Author,
    ) -> Result<(Lease, Record), LedgerError> {
        let entry = Entry::first(opening.clone(), at, author)?;
        let mut pages = self.pages();
        pages.begin(&opening, at)?;
        let lease = Lease::behind(&opening.run, std::slice::from_ref(&entry.line), None);
        pages.write(&opening.run, entry.line);
        Ok((lease, entry.record))
    }

    fn lease(&self, run: &str) -> Result<Lease, LedgerError> {
        Ok(Lease::behind(run, &self.lines(run)?, None))
    }

    fn append(
        &self,
        lease: &mut Lease,
        at: Timestamp,
        author: &Author,
        event: Event,
    ) -> Result<Record, LedgerError> {
        let entry = lease.next(at, author, event)?;
        lease.stored(&entry);
        let mut pages = self.pages();
        if let Event::Closed { conclusion } = &entry.record.event
            && let Some(page) = pages.runs.get_mut(lease.run())
        {
            page.closed = Some((at, conclusion.clone()));
        }
        pages.write(lease.run(), entry.line);
        Ok(entry.record)
    }

    fn adopt(&self, lines: &[String]) -> Result<Lease, LedgerError> {
        let moved = Moved::read(lines)?;
        let mut pages = self.pages();
        pages.begin(&moved.opening, moved.opened_at)?;
        for line in lines {
            pages.write(&moved.run, line.clone());
        }
        Ok(Lease::behind(&moved.run, lines, None))
    }

    /// What is on paper ends with this process: nobody comes back to it.
    fn leave_mark(&self, _: &str, _: &str) -> Result<(), LedgerError> {
        Ok(())
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
                events: page.lines.len() as u64,
                moved_to: None,
                parted_from: None,
                settled: None,
            })
            .collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.opened_at));
        Ok(runs)
    }
}
