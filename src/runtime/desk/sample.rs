//! A desk for tests.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::Desk;
use crate::clock::Clock;
use crate::config::{Overrides, from_texts};
use crate::ledger::{Readings, SqliteLedger};
use crate::runbook::JournalPlace;
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
