//! What the journals say of runs, for the board, the dashboard and `status` alike: every run in a line,
//! and of those that are open, or whose fork is in use, how they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::domain::open_run::{keeps_journals, without_journal};
use crate::domain::{ClientsMoved, OpenRun, Service, Timestamp};
use crate::ledger::{Disk, Ledger, LedgerError, RunSummary, Settled, SqliteLedger, Standing};
use crate::runbook::{Conclusion, JournalPlace, RunKind, RunResult, RunState, replay};
use crate::tui::app::runs::{self, Known, RunLine};

/// The runs of a journal as last looked at. Only journals that have grown are read again, and of runs that are over
/// only those that left something behind: what was found of the others is kept with the journals.
#[derive(Debug, Default)]
pub struct RunBook {
    open: BTreeMap<String, (u64, Arc<RunState>)>,
    /// Of those that are over only what is still to be known: their states hold all that was read before.
    over: BTreeMap<String, (u64, Known)>,
    /// The disks of other folders in which journals go on: one that hangs is not asked again before it has
    /// answered.
    places: BTreeMap<PathBuf, Disk>,
}

/// So long a folder in which a journal goes on may take to be read.
const WITHIN: Duration = Duration::from_secs(1);

/// How a run stands by what was read of it, and why that is not known, or not the newest.
type Read = (Option<Known>, Option<String>);

impl RunBook {
    /// Looks at every run, newest first. One that is open and driven counts as driven by another process:
    /// who drives it here knows better.
    ///
    /// # Errors
    /// When the journals cannot be read. A run whose own journal makes no sense is listed without more, and why.
    pub fn look(&mut self, ledger: &dyn Ledger) -> Result<Vec<RunLine>, LedgerError> {
        self.look_until(ledger, None)
    }

    /// The same; from `end` on no journal of a run that is over is read. The next look goes on from there. Incidents
    /// are read before drills: they tell where clients are.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub fn look_until(
        &mut self,
        ledger: &dyn Ledger,
        end: Option<Instant>,
    ) -> Result<Vec<RunLine>, LedgerError> {
        let runs = ledger.runs()?;
        let of = |wanted: fn(&RunSummary) -> bool| -> BTreeSet<&str> {
            runs.iter().filter(|run| wanted(run)).map(|run| run.run.as_str()).collect()
        };
        let (open, over) = (of(is_open), of(may_matter));
        self.open.retain(|run, _| open.contains(run.as_str()));
        self.over.retain(|run, _| over.contains(run.as_str()));
        let (mut read, mut settled, mut parted) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        let (incidents, drills): (Vec<_>, Vec<_>) =
            runs.iter().partition(|run| run.kind == RunKind::Incident);
        for run in incidents.into_iter().chain(drills) {
            if let Some(place) = &run.moved_to {
                read.insert(run.run.as_str(), self.of_moved(run, place, ledger));
                continue;
            }
            let known = if is_open(run) {
                let known = self.of_open(run, ledger).map(Some);
                parted.extend(self.parted_from(run, ledger).map(|from| (run.run.as_str(), from)));
                known
            } else if !may_matter(run) {
                Ok(None)
            } else if let Some(known) = self.of_over(run) {
                Ok(Some(known))
            } else if end.is_some_and(|end| Instant::now() >= end) {
                Err(format!("{} was not read in time; the next look goes on from there", run.run))
            } else {
                let known = self.read_over(run, ledger);
                settled.extend(
                    known.as_ref().ok().and_then(|known| Some((run.run.clone(), settles(run, known)?))),
                );
                known.map(Some)
            };
            read.insert(run.run.as_str(), known.map_or_else(|why| (None, Some(why)), |known| (known, None)));
        }
        let lines = runs
            .iter()
            .map(|run| {
                let end = self.ended_elsewhere(&run.run).and_then(|state| state.closed.as_ref());
                let line = line(run, end, read.remove(run.run.as_str()).unwrap_or_default());
                RunLine { parted_from: parted.remove(run.run.as_str()), ..line }
            })
            .collect();
        if !settled.is_empty() {
            // Who may not write reads them again.
            ledger.settle(&settled).ok();
        }
        Ok(lines)
    }

    /// That a run went on in the folder that it came from, too, as far as that is read in time.
    pub fn parted(&mut self, run: &str, ledger: &dyn Ledger) -> Option<LedgerError> {
        let came = ledger.came_from(run).ok()??;
        self.disk(came.from()).within(WITHIN, move || came.parted()).ok()?
    }

    /// The same of one that nobody drives, by its state: few journals ever moved.
    fn parted_from(&mut self, run: &RunSummary, ledger: &dyn Ledger) -> Option<String> {
        let (_, state) = self.open.get(&run.run).filter(|_| run.standing == Standing::Interrupted)?;
        if !matches!(state.journal, JournalPlace::OtherFolder { .. }) {
            return None;
        }
        let LedgerError::Parted { from, .. } = self.parted(&run.run, ledger)? else { return None };
        Some(from.display().to_string())
    }

    /// The disk of another folder, asked anew once it has answered.
    fn disk(&mut self, folder: &Path) -> &Disk {
        let disk = self.places.entry(folder.to_owned()).or_insert_with(|| Disk::of(folder));
        if disk.has_answered_late() {
            *disk = Disk::of(folder);
        }
        disk
    }

    /// The states of the runs that were open; none of which only its beginning could be read.
    pub fn open(&self) -> impl Iterator<Item = &Arc<RunState>> {
        self.open.values().map(|(_, state)| state).filter(|state| !state.is_over())
    }

    /// How a run ended, where it was followed to its end in another folder: what is here has its beginning only (S25).
    pub fn ended_elsewhere(&self, run: &str) -> Option<&Arc<RunState>> {
        self.open.get(run).map(|(_, state)| state).filter(|state| state.is_over())
    }

    fn of_open(&mut self, run: &RunSummary, ledger: &dyn Ledger) -> Result<Known, String> {
        let read = self.open.get(&run.run).filter(|(events, _)| *events == run.events);
        let state = match read {
            Some((_, state)) => Arc::clone(state),
            None => Arc::new(load(run, ledger)?),
        };
        self.open.insert(run.run.clone(), (run.events, Arc::clone(&state)));
        Ok(Known::of(&state))
    }

    /// One whose journal goes on elsewhere, as it is there (S25). Where it cannot be read what is here still tells how
    /// it began, and steers nothing.
    fn of_moved(&mut self, run: &RunSummary, place: &str, ledger: &dyn Ledger) -> Read {
        match self.follow(&run.run, place) {
            Ok(state) => {
                let known = Known::of(&state);
                self.open.insert(run.run.clone(), (run.events, Arc::new(state)));
                (Some(known), None)
            }
            Err(why) => {
                self.open.remove(&run.run);
                (load(run, ledger).ok().map(|state| Known::of(&state)), Some(why))
            }
        }
    }

    fn follow(&mut self, run: &str, place: &str) -> Result<RunState, String> {
        if !keeps_journals(place) {
            return Err(format!("{run} {}", without_journal(place)));
        }
        let (folder, id) = (PathBuf::from(place), run.to_owned());
        let disk = self.disk(&folder);
        let read =
            disk.within(WITHIN, move || SqliteLedger::open_to_read(&folder)?.load_newest(&id)).flatten();
        let records = read.map_err(|error| error.to_string());
        let state = records.and_then(|records| replay(&records).map_err(|error| error.to_string()));
        let takes_back = format!("once it is over there, `runs abort {run}` waits longer and takes it back");
        let unread = format!("the journal of {run} goes on in {place}, where it cannot be read");
        state.map_err(|why| format!("{unread}: {why}; {takes_back}"))
    }

    /// What was read of a run that is over, as long as its journal has not grown since.
    fn of_over(&self, run: &RunSummary) -> Option<Known> {
        let read = self.over.get(&run.run).filter(|(events, _)| *events == run.events);
        read.map(|(_, known)| known.clone())
    }

    fn read_over(&mut self, run: &RunSummary, ledger: &dyn Ledger) -> Result<Known, String> {
        let known = Known::of(&load(run, ledger)?);
        self.over.insert(run.run.clone(), (run.events, known.clone()));
        Ok(known)
    }
}

/// A run as its journal tells it, or why that cannot be read.
fn load(run: &RunSummary, ledger: &dyn Ledger) -> Result<RunState, String> {
    let because = |why: &dyn Display| {
        let (run, why) = (&run.run, why.to_string());
        let named = if why.contains(run) { why } else { format!("{run}: {why}") };
        format!("{named}; `runs verify` tells more of its journal, and whoever led it knows")
    };
    let records = ledger.load(&run.run).map_err(|error| because(&error))?;
    replay(&records).map_err(|error| because(&error))
}

fn is_open(run: &RunSummary) -> bool {
    run.standing != Standing::Closed
}

/// Whether the journal of a run that is over still tells something: of an incident, whose fork clients may use, and of
/// a drill that was not shown to have cleaned up. One that is settled is told by its row.
fn may_matter(run: &RunSummary) -> bool {
    let cleaned = matches!(run.result(), Some(RunResult::Passed | RunResult::ObjectiveMissed));
    !is_open(run) && run.settled.is_none() && (run.kind == RunKind::Incident || !cleaned)
}

/// What is kept of a run that is over and left nothing behind.
fn settles(run: &RunSummary, known: &Known) -> Option<Settled> {
    let Known { last_at, proven_at, cut_over_at, .. } = *known;
    let nothing_left = known.moved.is_none() && known.left.is_empty();
    nothing_left.then_some(Settled { events: run.events, last_at, proven_at, cut_over_at })
}

/// A run, with the end that it came to elsewhere, where it was followed to that.
fn line(run: &RunSummary, end: Option<&(Timestamp, Conclusion)>, (known, unread): Read) -> RunLine {
    let conclusion = end.map(|(_, conclusion)| conclusion).or(run.conclusion.as_ref());
    RunLine {
        run: run.run.clone(),
        service: run.service.clone(),
        kind: run.kind,
        opened_at: run.opened_at,
        closed_at: end.map(|(at, _)| *at).or(run.closed_at),
        conclusion: conclusion.cloned(),
        standing: match run.standing {
            _ if end.is_some() => runs::Standing::Over,
            Standing::Closed => runs::Standing::Over,
            Standing::Live => runs::Standing::Elsewhere,
            Standing::Interrupted => runs::Standing::Nobody,
        },
        known: known.or_else(|| ended(run)),
        unread,
        moved_to: run.moved_to.clone(),
        parted_from: None,
    }
}

/// What the row of a run that is over says without its journal.
fn ended(run: &RunSummary) -> Option<Known> {
    let (last_at, proven_at, cut_over_at) = match (run.settled, &run.conclusion) {
        (Some(settled), _) => (settled.last_at, settled.proven_at, settled.cut_over_at),
        (None, Some(conclusion)) => (run.closed_at?, conclusion.proven(run.closed_at?), None),
        (None, None) => return None,
    };
    Some(Known {
        last_at,
        step: None,
        needs_person: false,
        unfenced_since: None,
        restores_to: None,
        proven_at,
        moved: None,
        cut_over_at,
        source: String::new(),
        forks: Vec::new(),
        left: Vec::new(),
        config_files: Vec::new(),
    })
}

/// Tells services of their runs: which are open, when one that is open has proven its copy, and which drill failed last. Where no journal
/// could be read, that is not known of any (S3), and each is told why.
pub fn tell<'a>(looked: Result<&[RunLine], &str>, services: impl IntoIterator<Item = &'a mut Service>) {
    let mut open: BTreeMap<&str, Vec<OpenRun>> = BTreeMap::new();
    let mut proven = BTreeMap::new();
    let lines = looked.unwrap_or_default();
    for line in lines {
        open.entry(line.service.as_str()).or_default().extend(line.open_run());
        let at = proven.entry(line.service.as_str()).or_default();
        *at = line.known.as_ref().and_then(|known| known.proven_at).max(*at);
    }
    let mut services: Vec<&mut Service> = services.into_iter().collect();
    let mut unread = runs::clients_unread(lines);
    let moved: BTreeMap<&str, ClientsMoved> = runs::clients_on(lines)
        .into_iter()
        .map(|(service, moved)| {
            let watched_as = moved.row_among(services.iter().map(|service| &**service));
            (service, ClientsMoved { watched_as, ..moved })
        })
        .collect();
    let mut failed = runs::failed_drills(lines);
    for service in &mut services {
        service.open_runs = looked.is_ok().then(|| open.remove(service.id.as_str()).unwrap_or_default());
        let at = proven.get(service.id.as_str()).copied().flatten();
        service.last_proven = service.last_proven.max(at);
        service.failed_drill = failed.remove(service.id.as_str()).map(Box::new);
        let moved = moved.get(service.id.as_str()).filter(|moved| !moved.has_become(service));
        service.clients_moved = moved.cloned().map(Box::new);
        service.clients_unread =
            looked.err().map(str::to_owned).or_else(|| unread.remove(service.id.as_str()));
    }
}

#[cfg(test)]
mod tests;
