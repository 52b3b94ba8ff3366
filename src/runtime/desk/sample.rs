//! A desk for tests, and a disk that hangs.

use std::fs::{OpenOptions, remove_file};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{CWD, Mode, mkfifoat};
use tokio::sync::mpsc;

use super::Desk;
use crate::clock::Clock;
use crate::config::{Overrides, from_texts};
use crate::ledger::{Readings, SqliteLedger};
use crate::runbook::JournalPlace;
use crate::runtime::in_time::LATE;
use crate::runtime::sources::{ArmFlags, Sources};
use crate::tui::app::Message;

/// A desk whose source is of another project than the runs of its folder, and cannot be armed.
pub(super) fn desk(folder: &Path) -> (Desk, mpsc::Receiver<Message>) {
    let text = format!(
        "fleet = 'f'\nstate_dir = '{}'\n[discover.pg-east]\n[sources.pg-east]\nkind = 'aiven'\n\
         project = 'staging'\ntoken = {{ env = 'T' }}\n",
        folder.display()
    );
    let files = [("a.toml".to_owned(), text)];
    let config = Arc::new(from_texts(&files, &Overrides::default(), &|_| None).unwrap().config);
    let (news, told) = mpsc::channel(8);
    let desk = Desk {
        sources: Arc::new(Sources::build(Arc::clone(&config), Clock::system())),
        config,
        files: Vec::new(),
        words: Vec::new(),
        ledger: Ok(Arc::new(SqliteLedger::open(folder).unwrap())),
        readings: Arc::new(Readings::open(folder)),
        place: JournalPlace::StateFolder,
        unbegun: None,
        clock: Clock::system(),
        flags: ArmFlags { arm: true, read_only: false },
        stated: Some("anna".to_owned()),
        runs_as_of: Some(Clock::system().now()),
        pollers: Vec::new(),
        news,
        again: None,
    };
    (desk, told)
}

/// A disk that hangs: whoever opens this file to read it waits for the other end of a pipe, which nobody holds.
pub(super) fn hang(file: &Path) {
    mkfifoat(CWD, file, Mode::RUSR | Mode::WUSR).unwrap();
}

/// Lets whoever waits for it go on: it is no journal, and that is an answer.
pub(super) fn answer(file: &Path) {
    let pipe = OpenOptions::new().read(true).write(true).open(file).unwrap();
    remove_file(file).unwrap();
    drop(pipe);
}

/// What comes of an order by the time that its disk is late; nothing where it waits on.
pub(super) async fn once_late<T>(order: impl Future<Output = T>) -> Option<T> {
    tokio::pin!(order);
    tokio::select! {
        biased;
        done = &mut order => return Some(done),
        () = tokio::task::yield_now() => {}
    }
    tokio::time::advance(LATE).await;
    tokio::select! {
        biased;
        done = &mut order => Some(done),
        () = tokio::task::yield_now() => None,
    }
}
