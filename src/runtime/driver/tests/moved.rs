//! A journal that moved, and the folder that it left (S25).

use super::durable::{full, settled_at, until_held};
use super::*;
use crate::runbook::JournalPlace;

#[tokio::test(flavor = "multi_thread")]
async fn s25_a_folder_that_could_not_be_told_is_told_while_the_run_waits_for_a_person() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = Arc::new(SqliteLedger::open(here.path()).unwrap());
    let setup = setup(Arc::<SqliteLedger>::clone(&old), &Arc::new(Provider::default()));
    let handle = open(setup, patient(RunKind::Incident), vec![Command::Declare(declaration())]).await;
    let handle = settled_at(handle.unwrap(), Need::ConfirmPoint).await;
    let _full = full(here.path());
    let mark = here.path().join("runs").join(format!("{}.moved", handle.now().id()));
    std::fs::create_dir(&mark).unwrap();
    handle.ask(Command::Note { text: "seen".to_owned() }).await.unwrap();
    until_held(&handle).await;
    let path = there.path().display().to_string();
    handle.ask(Command::MoveJournal { to: JournalPlace::OtherFolder { path: path.clone() } }).await.unwrap();
    let moved_to = || old.runs().unwrap().remove(0).moved_to;
    assert_eq!(moved_to(), None, "there is no room for a mark");
    std::fs::remove_dir(&mark).unwrap();
    let (lines, told) = (handle.lines.after(0), async {
        while moved_to().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    tokio::time::timeout(PATIENCE, told).await.unwrap();
    assert_eq!(moved_to(), Some(path));
    assert_eq!(handle.lines.after(0), lines, "nothing had to happen for that");
}
