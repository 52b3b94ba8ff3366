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
    let Err(DriveError::NotBegun { at, why: silent }) = opened else { panic!("{opened:?}") };
    assert!(silent.may_pass() && silent.of_a_write().ends_with("may still be, once it answers"), "{silent}");
    drop(goes_on);
    while ledger.lines(&run).is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(ledger.load(&run).unwrap()[0].at, at, "what comes late is told apart by that");

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

#[tokio::test(flavor = "multi_thread")]
async fn s30_what_a_disk_wrote_late_of_an_incident_that_began_elsewhere_is_its_beginning_and_no_run_of_its_own()
 {
    for is_killed in [false, true] {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let old = Arc::new(SqliteLedger::open(here.path()).unwrap());
        let setup = setup(Arc::<SqliteLedger>::clone(&old), &Arc::new(Provider::default()));
        let (opening, at) = (patient(RunKind::Incident), at(OPENED));
        let run = opening.run.clone();
        let path = there.path().display().to_string();
        let place = crate::runtime::places::named(&path, "orders-db", false).unwrap();
        let why = LedgerError::Silent { folder: here.path().to_owned(), limit: LATE };
        let unbegun = Unbegun { ledger: setup.ledger.clone(), opening: opening.clone(), at, why };
        let first = vec![Command::Declare(declaration())];
        let handle = open_elsewhere(setup, unbegun, place, first).await.unwrap();
        drop(old.create(opening, at, &author()).unwrap());
        if is_killed {
            // Its disk hung until the end: no mark was left.
            drop(handle);
            std::fs::remove_file(here.path().join("runs").join(format!("{run}.moved"))).ok();
            until_free(there.path(), &run).await;
            assert!(
                SqliteLedger::open(there.path()).unwrap().lease(&run).is_ok(),
                "there is one story of it"
            );
        } else {
            to_the_end(handle).await.unwrap();
        }
        let told = old.runs().unwrap().remove(0);
        assert_eq!(told.moved_to.as_deref(), Some(path.as_str()), "killed: {is_killed}");
        assert!(matches!(old.lease(&run), Err(LedgerError::Moved { .. })));
        if !is_killed {
            let back = SqliteLedger::open(here.path()).unwrap();
            assert_eq!(back.runs().unwrap()[0].standing, crate::ledger::Standing::Closed, "taken back");
        }
    }
}

/// Waits until nobody drives it there.
async fn until_free(folder: &std::path::Path, run: &str) {
    let there = SqliteLedger::open_to_read(folder).unwrap();
    let left = async {
        while there
            .runs()
            .unwrap()
            .iter()
            .any(|one| one.run == run && one.standing == crate::ledger::Standing::Live)
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, left).await.unwrap();
}
