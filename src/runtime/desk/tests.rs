//! Leaving the runs that are driven from the dashboard.

use super::*;
use crate::runbook::sample::{Journal, opening};

#[tokio::test]
async fn s25_what_could_not_be_written_is_told_when_the_dashboard_is_left() {
    let state = Journal::open(opening(RunKind::Incident)).state;
    let run = state.id().to_owned();
    let (commands, mut asked) = mpsc::channel(1);
    let driven = Driven { commands, state: watch::channel(Arc::new(state)).1, lines: Lines::default() };
    let mut drivers = Drivers::new();
    let id = run.clone();
    drivers.spawn(async move {
        asked.recv().await;
        let error = LedgerError::Store("disk full".to_owned());
        (id, Err(DriveError::Unwritten { what: "cut over confirmed".to_owned(), error }))
    });
    let left = leave([(run, driven)].into(), drivers, Some("lifeboat")).await;
    let lost =
        left.lines.iter().any(|line| line.contains("disk full") && line.contains("cut over confirmed"));
    assert!(lost, "{left:?}");
}
