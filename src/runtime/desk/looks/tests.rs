//! A disk that hangs.

use std::fs::remove_file;
use std::time::Duration;

use tokio::sync::mpsc;

use super::super::sample::{answer, desk, hang};
use super::*;
use crate::domain::LagPeriod;
use crate::domain::sample::now;
use crate::runtime::dashboard::Order;
use crate::tui::app::Message;

/// A desk whose journal hangs, what it tells, and the pipe.
fn hanging(folder: &Path) -> (Desk, mpsc::Receiver<Message>, std::path::PathBuf) {
    let (mut desk, told) = desk(folder);
    desk.ledger = Err("not to be written".to_owned());
    let journal = folder.join("journal.db");
    for end in ["", "-wal", "-shm"] {
        remove_file(folder.join(format!("journal.db{end}"))).ok();
    }
    hang(&journal);
    (desk, told, journal)
}

#[tokio::test(start_paused = true)]
async fn s29_a_look_that_hangs_is_late_once_leaves_the_age_of_the_last_and_no_other_begins_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _told, journal) = hanging(folder.path());
    let mut looks = Looks::new(Some(now()));
    assert!(!looks.has_become_late(), "none is under way");
    looks.begin(&desk, Vec::new());
    let began = looks.under_way.as_ref().unwrap().began;
    tokio::time::advance(LATE / 2).await;
    assert!(!looks.has_become_late());
    tokio::time::advance(LATE / 2).await;
    assert!(looks.has_become_late());
    looks.begin(&desk, Vec::new());
    assert_eq!(looks.under_way.as_ref().unwrap().began, began, "the same one");
    assert!(!looks.has_become_late(), "it is told once");
    answer(&journal);
    assert!(looks.ended().await.found.is_some());
    assert!(looks.as_of() == Some(now()) && looks.under_way.is_none(), "it read nothing");
    drop(SqliteLedger::open(folder.path()).unwrap());
    looks.begin(&desk, Vec::new());
    let began = looks.under_way.as_ref().unwrap().began;
    assert!(looks.ended().await.found.is_some_and(|found| found.runs.is_ok()));
    assert_eq!(looks.as_of(), Some(began.0), "what it says is of when it began");
    looks.begin(&desk, Vec::new());
    looks.overtake();
    let Ended { found, is_overtaken } = looks.ended().await;
    assert!(found.is_none() && is_overtaken, "it tells of what was before");
}

#[tokio::test(flavor = "multi_thread")]
async fn s29_a_desk_whose_journals_hang_takes_every_other_order() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, mut told, journal) = hanging(folder.path());
    let (orders, ordered) = mpsc::channel(1);
    let desk = tokio::spawn(desk.run(ordered));
    let (source, remote, period) = ("no source".to_owned(), "orders".to_owned(), LagPeriod::Day);
    orders.send(Order::LagHistory { source, remote, period }).await.unwrap();
    let answered = async {
        loop {
            if let Some(Message::Lag { .. }) = told.recv().await {
                return;
            }
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), answered).await;
    drop(orders);
    let left = tokio::time::timeout(Duration::from_secs(10), desk).await;
    answer(&journal);
    assert!(in_time.is_ok(), "it waits for the disk");
    assert!(left.is_ok(), "it leaves");
}

#[tokio::test(start_paused = true)]
async fn s2_the_dashboard_is_told_of_journals_that_hang_with_the_age_of_what_it_knows() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, mut told, journal) = hanging(folder.path());
    let as_of = desk.runs_as_of;
    let (orders, ordered) = mpsc::channel(1);
    let desk = tokio::spawn(desk.run(ordered));
    let mut unread = None;
    for _ in 0..20 {
        tokio::time::advance(LATE / 5).await;
        while let Ok(message) = told.try_recv() {
            if let Message::RunsUnread(news) = message {
                unread = Some(news);
            }
        }
    }
    answer(&journal);
    drop(orders);
    desk.await.unwrap();
    let unread = unread.unwrap();
    assert!(unread.as_of == as_of && unread.why.contains(" does not answer: "), "{unread:?}");
}
