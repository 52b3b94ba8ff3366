//! A journal on a disk that hangs (S25).

use std::sync::mpsc::{Sender, channel};

use super::durable::Failing;
use super::*;
use crate::runbook::JournalPlace;
use crate::runtime::in_time::LATE;

/// What is asked next hangs until this is dropped.
fn hang(ledger: &Failing) -> Sender<()> {
    let (goes_on, hangs) = channel();
    *ledger.hangs.lock().unwrap() = Some(hangs);
    goes_on
}

/// Goes on once that was asked and is late.
async fn late(ledger: &Failing) {
    while ledger.hangs.lock().unwrap().is_some() {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(LATE).await;
}

#[tokio::test(start_paused = true)]
async fn s25_a_journal_that_does_not_answer_holds_nobody_up_and_what_comes_late_is_there_once() {
    let (ledger, provider) = (Arc::new(Failing::is_full(u64::MAX)), Arc::new(Provider::default()));
    let setup = || setup(Arc::<Failing>::clone(&ledger), &provider);
    let (opening, goes_on) = (patient(RunKind::Incident), hang(&ledger));
    let run = opening.run.clone();
    let (opened, ()) = tokio::join!(open(setup(), opening, Vec::new()), late(&ledger));
    let Err(DriveError::Ledger(silent)) = opened else { panic!("{opened:?}") };
    assert!(silent.may_pass() && silent.of_a_write().ends_with("may still be, once it answers"), "{silent}");
    drop(goes_on);
    while ledger.lines(&run).is_err() {
        tokio::task::yield_now().await;
    }

    let goes_on = hang(&ledger);
    let (resumed, ()) = tokio::join!(resume(setup(), &run, Vec::new()), late(&ledger));
    assert!(matches!(resumed, Err(DriveError::Ledger(LedgerError::Silent { .. }))), "{resumed:?}");
    drop(goes_on);
    let mut handle = resume(setup(), &run, Vec::new()).await.unwrap();
    assert_eq!(handle.until_needed().await.1, Some(Need::Declaration));
    let goes_on = hang(&ledger);
    let note = Command::Note { text: "seen".to_owned() };
    let (taken, ()) = tokio::join!(handle.ask(note), late(&ledger));
    assert!(matches!(&taken, Ok(Taken::Held(held)) if held.contains("does not answer")), "{taken:?}");
    assert!(handle.now().notes.is_empty(), "it is not taken for done");
    drop(goes_on);
    handle.state.wait_for(|state| state.live.journal_lost.is_none()).await.unwrap();
    assert_eq!(handle.now().notes.len(), 1);
    assert_replays(&*ledger, &handle.now());
}

#[tokio::test(start_paused = true)]
async fn s25_an_incident_whose_disk_hangs_in_the_midst_of_a_write_goes_on_in_another_folder() {
    let (ledger, provider) = (Arc::new(Failing::is_full(u64::MAX)), Arc::new(Provider::default()));
    let there = tempfile::tempdir().unwrap();
    let setup = setup(Arc::<Failing>::clone(&ledger), &provider);
    let mut handle = open(setup, patient(RunKind::Incident), Vec::new()).await.unwrap();
    assert_eq!(handle.until_needed().await.1, Some(Need::Declaration));
    let _goes_on = hang(&ledger);
    let note = Command::Note { text: "seen".to_owned() };
    let (taken, ()) = tokio::join!(handle.ask(note), late(&ledger));
    assert!(matches!(&taken, Ok(Taken::Held(_))), "{taken:?}");
    let to = JournalPlace::OtherFolder { path: there.path().display().to_string() };
    assert_eq!(handle.ask(Command::MoveJournal { to }).await, Ok(Taken::Written));
    handle.state.wait_for(|state| !state.notes.is_empty()).await.unwrap();
    assert_replays(&SqliteLedger::open_to_read(there.path()).unwrap(), &handle.now());
}
