//! Writes a person's word into the journal of a run that nobody drives, under the run's lock. No call is
//! made, so neither its source nor arming is needed: whatever became of them, a run can be ended (S25, S30).

use super::driver::DriveError;
use crate::domain::Timestamp;
use crate::domain::open_run::without_journal;
use crate::ledger::{Lease, Ledger, LedgerError};
use crate::runbook::{self, Author, Command, RunState, replay};

/// Writes a command that is only written, with whatever goes with it; gives the run as it is then. Blocks.
///
/// # Errors
/// [`LedgerError::Live`] when a process drives the run; when its journal cannot be read or written; when
/// the command makes no sense.
pub fn put_down(
    ledger: &dyn Ledger,
    run: &str,
    command: Command,
    at: Timestamp,
    author: &Author,
) -> Result<RunState, DriveError> {
    let (mut lease, command) = lease(ledger, run, command)?;
    let mut state = replay(&ledger.load(run)?)?;
    let events = command.map(|command| runbook::put_down(&state, &command, at)).transpose()?;
    for event in events.into_iter().flatten() {
        let record = ledger.append(&mut lease, at, author, event)?;
        state.apply(&record);
    }
    state.live.head = Some(lease.head().to_owned());
    Ok(state)
}

/// The right to write the command. Of a run that went on without a journal only the beginning is here: it can
/// be ended, which says so. One that went on in another folder is ended by what is written there, and by nothing else.
fn lease(ledger: &dyn Ledger, run: &str, command: Command) -> Result<(Lease, Option<Command>), LedgerError> {
    match (ledger.lease(run), command) {
        (Err(LedgerError::WithoutJournal { to, .. }), Command::Abort { typed, reason }) => {
            let (lease, went_on) = (ledger.lease_to_end(run)?, without_journal(&to));
            let says_so = reason.is_empty() || reason.contains(&went_on);
            let reason = if says_so { reason } else { format!("{reason}; {went_on}") };
            Ok((lease, Some(Command::Abort { typed, reason })))
        }
        (Err(LedgerError::Moved { .. }), Command::Abort { .. }) => Ok((ledger.lease_to_end(run)?, None)),
        // Of two stories each is ended where it is told.
        (Err(LedgerError::Parted { .. }), command @ Command::Abort { .. }) => {
            Ok((ledger.lease_to_end(run)?, Some(command)))
        }
        (lease, command) => Ok((lease?, Some(command))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::at;
    use crate::ledger::{SqliteLedger, Standing};
    use crate::runbook::sample::{OPENED, author, opening};
    use crate::runbook::{Event, JournalPlace, Opening, RunKind};

    const LATER: &str = "2026-11-20T14:00:00Z";

    fn abort(reason: &str) -> Command {
        Command::Abort { typed: "orders-db".to_owned(), reason: reason.to_owned() }
    }

    /// A run that was opened and is driven by nobody.
    fn opened(ledger: &SqliteLedger) -> String {
        let (lease, _) = ledger.create(opening(RunKind::Incident), at(OPENED), &author()).unwrap();
        lease.run().to_owned()
    }

    fn reason(state: &RunState) -> &str {
        &state.aborted.as_ref().unwrap().1
    }

    #[test]
    fn s30_a_run_that_is_driven_is_ended_only_by_who_drives_it() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = SqliteLedger::open(folder.path()).unwrap();
        let run = opened(&ledger);
        let lease = ledger.lease(&run).unwrap();
        let refused = put_down(&ledger, &run, abort("over"), at(LATER), &author()).unwrap_err();
        assert_eq!(refused, DriveError::Ledger(LedgerError::Live { run: run.clone() }));
        drop(lease);
        let mistyped = Command::Abort { typed: "ledger".to_owned(), reason: "over".to_owned() };
        assert!(put_down(&ledger, &run, mistyped, at(LATER), &author()).is_err());
        let ended = put_down(&ledger, &run, abort("over"), at(LATER), &author()).unwrap();
        assert!(ended.is_over() && ledger.verify(&run).unwrap().broken.is_none());
        assert_eq!(ended.live.head, ledger.verify(&run).unwrap().head);
        assert_eq!(ledger.runs().unwrap()[0].standing, Standing::Closed);
        ledger.create(opening_of_another(), at(LATER), &author()).unwrap();
    }

    fn opening_of_another() -> Opening {
        let other = opening(RunKind::Incident);
        Opening { run: other.run.replace("k3q7wd", "aaaaaa"), ..other }
    }

    #[test]
    fn s25_a_run_that_went_on_without_a_journal_is_only_ended_and_says_where_it_went() {
        let (file, printed) = ("/tmp/lifeboat-orders-db-1-00000a.jsonl", "no journal: it was only printed");
        for (mark, given, kept) in [
            (file, "given up", format!("given up; went on without journal: {file}")),
            (file, &*without_journal(file), format!("went on without journal: {file}")),
            (printed, "over", "over; went on without journal: it was only printed".to_owned()),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let ledger = SqliteLedger::open(folder.path()).unwrap();
            let run = opened(&ledger);
            ledger.leave_mark(&run, mark).unwrap();
            let refused = |open| LedgerError::WithoutJournal {
                run: run.clone(),
                service: "orders-db".to_owned(),
                to: mark.to_owned(),
                open,
            };
            assert_eq!(ledger.lease(&run).unwrap_err(), refused(true));
            let note = Command::Note { text: "seen".to_owned() };
            assert!(put_down(&ledger, &run, note, at(LATER), &author()).is_err(), "it is only the beginning");
            let blocked = ledger.create(opening_of_another(), at(LATER), &author()).unwrap_err();
            assert_eq!(blocked, refused(true));
            let ended = put_down(&ledger, &run, abort(given), at(LATER), &author()).unwrap();
            assert_eq!(reason(&ended), kept);
            assert!(matches!(ledger.load(&run).unwrap().last().unwrap().event, Event::Closed { .. }));
            // Nobody goes on with what is only its beginning, now that it is over either.
            drop(ledger);
            let ledger = SqliteLedger::open(folder.path()).unwrap();
            assert_eq!(ledger.lease(&run).unwrap_err(), refused(false));
            ledger.create(opening_of_another(), at(LATER), &author()).unwrap();
        }
    }

    #[test]
    fn s25_a_run_whose_journal_goes_on_in_another_folder_is_ended_there() {
        let (folder, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ledger = SqliteLedger::open(folder.path()).unwrap();
        let run = opened(&ledger);
        ledger.leave_mark(&run, &there.path().display().to_string()).unwrap();
        let end = || put_down(&ledger, &run, abort("over"), at(LATER), &author());
        let refused = |unread: bool| {
            let error = end().unwrap_err();
            let is_moved = matches!(&error, DriveError::Ledger(LedgerError::Moved { .. }));
            assert!(is_moved && error.to_string().contains("cannot be taken back: ") == unread, "{error}");
            let blocked = ledger.create(opening_of_another(), at(LATER), &author()).unwrap_err();
            assert!(matches!(&blocked, LedgerError::Moved { .. }), "{blocked}");
        };
        refused(true);
        let other = SqliteLedger::open(there.path()).unwrap();
        drop(other.adopt(&ledger.lines(&run).unwrap()).unwrap());
        refused(false);
        let ended = put_down(&other, &run, abort("given up there"), at(LATER), &author()).unwrap();
        assert_eq!(end().unwrap(), ended, "as it ended there");
        assert_eq!(ledger.lines(&run).unwrap(), other.lines(&run).unwrap());
        ledger.create(opening_of_another(), at(LATER), &author()).unwrap();
    }

    #[test]
    fn s25_of_two_stories_of_a_run_each_is_ended_where_it_is_told() {
        let (folder, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ledger = SqliteLedger::open(folder.path()).unwrap();
        let run = opened(&ledger);
        let place = |folder: &tempfile::TempDir| folder.path().display().to_string();
        let moved = Event::JournalMoved {
            from: Some(place(&folder)),
            to: JournalPlace::OtherFolder { path: place(&there) },
            why: "disk full".to_owned(),
        };
        let other = SqliteLedger::open(there.path()).unwrap();
        drop(other.take_in(ledger.lines(&run).unwrap(), at(LATER), &author(), moved).unwrap());
        for text in ["went on", "here, too"] {
            let note = Command::Note { text: text.to_owned() };
            put_down(&ledger, &run, note, at(LATER), &author()).unwrap();
        }
        let note = Command::Note { text: "seen".to_owned() };
        let refused = put_down(&other, &run, note, at(LATER), &author()).unwrap_err();
        assert!(matches!(&refused, DriveError::Ledger(LedgerError::Parted { .. })), "{refused}");
        for ledger in [&other, &ledger] {
            assert!(put_down(ledger, &run, abort("two stories"), at(LATER), &author()).unwrap().is_over());
        }
    }
}
