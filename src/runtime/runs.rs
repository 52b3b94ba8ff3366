//! What the journals say of runs, for the board, the dashboard and `status` alike: every run in a line,
//! and of those that are open, or whose fork is in use, how they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::domain::{ClientsMoved, OpenRun, Service};
use crate::ledger::{Ledger, LedgerError, RunSummary, Standing};
use crate::runbook::{RunKind, RunState, replay};
use crate::tui::app::runs::{self, Known, RunLine};

/// The runs of a journal as last looked at. Only journals that have grown are read again.
#[derive(Debug, Default)]
pub struct RunBook {
    read: BTreeMap<String, (u64, Arc<RunState>)>,
}

impl RunBook {
    /// Looks at every run, newest first. One that is open and driven counts as driven by another process:
    /// who drives it here knows better.
    ///
    /// # Errors
    /// When the journals cannot be read. A run whose own journal makes no sense is listed without more.
    pub fn look(&mut self, ledger: &dyn Ledger) -> Result<Vec<RunLine>, LedgerError> {
        let runs = ledger.runs()?;
        let wanted = wanted(&runs);
        self.read.retain(|run, _| wanted.contains(run.as_str()));
        Ok(runs
            .iter()
            .map(|run| {
                let state = wanted.contains(run.run.as_str()).then(|| self.state_of(run, ledger)).flatten();
                line(run, state.as_deref())
            })
            .collect())
    }

    /// The states of the runs that were open.
    pub fn open(&self) -> impl Iterator<Item = &Arc<RunState>> {
        self.read.values().map(|(_, state)| state).filter(|state| !state.is_over())
    }

    fn state_of(&mut self, run: &RunSummary, ledger: &dyn Ledger) -> Option<Arc<RunState>> {
        if let Some((events, state)) = self.read.get(&run.run)
            && *events == run.events
        {
            return Some(Arc::clone(state));
        }
        let state = Arc::new(replay(&ledger.load(&run.run).ok()?).ok()?);
        self.read.insert(run.run.clone(), (run.events, Arc::clone(&state)));
        Some(state)
    }
}

/// The runs whose journals must be read: the open ones, and of each service the last incident that was
/// cut over.
fn wanted(runs: &[RunSummary]) -> BTreeSet<&str> {
    let open = runs.iter().filter(|run| run.standing != Standing::Closed);
    let cut_over = runs.iter().filter(|run| {
        let reached = |conclusion: &crate::runbook::Conclusion| conclusion.achieved_rto_s.is_some();
        run.kind == RunKind::Incident && run.conclusion.as_ref().is_some_and(reached)
    });
    let mut last: BTreeMap<&str, &RunSummary> = BTreeMap::new();
    for run in cut_over {
        let newest = last.entry(run.service.as_str()).or_insert(run);
        if run.closed_at > newest.closed_at {
            *newest = run;
        }
    }
    open.chain(last.into_values()).map(|run| run.run.as_str()).collect()
}

fn line(run: &RunSummary, state: Option<&RunState>) -> RunLine {
    let conclusion = run.conclusion.as_ref();
    RunLine {
        run: run.run.clone(),
        service: run.service.clone(),
        kind: run.kind,
        opened_at: run.opened_at,
        closed_at: run.closed_at,
        result: conclusion.map(|conclusion| conclusion.result),
        rto_s: conclusion.and_then(|conclusion| conclusion.achieved_rto_s),
        rpo_s: conclusion.and_then(|conclusion| conclusion.achieved_rpo_s),
        rpo_is: conclusion.and_then(|conclusion| conclusion.achieved_rpo_is),
        restore_s: conclusion.and_then(|conclusion| conclusion.restore_s),
        standing: match run.standing {
            Standing::Closed => runs::Standing::Over,
            Standing::Live => runs::Standing::Elsewhere,
            Standing::Interrupted => runs::Standing::Nobody,
        },
        known: state.map(Known::of).or_else(|| ended(run)),
        moved_to: run.moved_to.clone(),
    }
}

/// What the conclusion of a run that is over says without its journal.
fn ended(run: &RunSummary) -> Option<Known> {
    let (last_at, conclusion) = (run.closed_at?, run.conclusion.as_ref()?);
    let proven_at = conclusion.proven(last_at);
    Some(Known {
        last_at,
        step: None,
        needs_person: false,
        unfenced_since: None,
        restores_to: None,
        proven_at,
        moved: None,
    })
}

/// Tells services of their runs: which are open, and when one that is open has proven its copy. Without a
/// journal that is not known.
pub fn tell<'a>(lines: Option<&[RunLine]>, services: impl IntoIterator<Item = &'a mut Service>) {
    let mut open: BTreeMap<&str, Vec<OpenRun>> = BTreeMap::new();
    let mut proven = BTreeMap::new();
    let mut moved: BTreeMap<&str, &ClientsMoved> = BTreeMap::new();
    for line in lines.unwrap_or_default() {
        open.entry(line.service.as_str()).or_default().extend(line.open_run());
        let at = proven.entry(line.service.as_str()).or_default();
        *at = line.known.as_ref().and_then(|known| known.proven_at).max(*at);
        if let Some(now) = line.known.as_ref().and_then(|known| known.moved.as_ref()) {
            let newest = moved.entry(line.service.as_str()).or_insert(now);
            if now.at > newest.at {
                *newest = now;
            }
        }
    }
    for service in services {
        service.open_runs = lines.map(|_| open.remove(service.id.as_str()).unwrap_or_default());
        let at = proven.get(service.id.as_str()).copied().flatten();
        service.last_proven = service.last_proven.max(at);
        service.clients_moved = moved.get(service.id.as_str()).map(|moved| Box::new((*moved).clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::orders;
    use crate::ledger::PaperLedger;
    use crate::runbook::sample::{Journal, World, author, opening, willing};

    /// The journal of a run that went its whole way, up to so many events.
    fn kept(ledger: &PaperLedger, journal: &Journal, events: usize) {
        let mut lease = None;
        for record in journal.records.iter().take(events) {
            lease = Some(match (&record.event, lease.take()) {
                (crate::runbook::Event::Opened(opening), _) => {
                    ledger.create((**opening).clone(), record.at, &author()).unwrap().0
                }
                (event, Some(mut lease)) => {
                    ledger.append(&mut lease, record.at, &author(), event.clone()).unwrap();
                    lease
                }
                (_, None) => panic!("a journal begins with its opening"),
            });
        }
    }

    #[test]
    fn s30_a_service_is_told_of_its_open_run_and_of_its_proof_whoever_drives_it() {
        let mut whole = Journal::open(opening(RunKind::Incident));
        whole.drive(&mut World::default(), willing);
        let all = whole.records.len();
        for (events, open, proven, clients) in
            [(5, true, false, false), (all - 4, true, true, true), (all, false, true, true)]
        {
            let ledger = PaperLedger::default();
            kept(&ledger, &whole, events);
            let mut book = RunBook::default();
            let lines = book.look(&ledger).unwrap();
            assert_eq!(book.look(&ledger).unwrap(), lines, "the same, without reading it again");
            let mut service = orders();
            tell(Some(&lines), [&mut service]);
            assert_eq!(service.open_runs.as_ref().map(Vec::len), Some(usize::from(open)), "{events}");
            assert_eq!(service.last_proven.is_some(), proven, "{events}");
            assert_eq!(lines[0].known.as_ref().unwrap().moved.is_some(), clients, "{events}");
            tell(None, [&mut service]);
            assert_eq!(service.open_runs, None, "not known is not none (S3)");
        }
        let mut drill = Journal::open(opening(RunKind::Drill));
        drill.drive(&mut World::default(), willing);
        let ledger = PaperLedger::default();
        kept(&ledger, &drill, drill.records.len());
        let lines = RunBook::default().look(&ledger).unwrap();
        let mut service = orders();
        tell(Some(&lines), [&mut service]);
        assert!(service.last_proven.is_some(), "a drill that ended elsewhere counts at once");
    }
}
