//! Where a journal goes when the state folder cannot be written (S25).

use std::path::Path;
use std::sync::Arc;

use crate::domain::open_run::SECOND_FILE;
use crate::ledger::{Ledger, LedgerError, PaperLedger, Sheet, SqliteLedger};
use crate::runbook::{JournalPlace, WITHOUT_JOURNAL};

/// A ledger, and how a run's first event names it.
pub type Place = (Arc<dyn Ledger>, JournalPlace);

/// What a person, or a flag, says instead of the state folder.
///
/// # Errors
/// When the folder that was named cannot be written either.
pub fn named(text: &str, service: &str, terminal: bool) -> Result<Place, LedgerError> {
    if text == WITHOUT_JOURNAL {
        return Ok(paper(service, terminal));
    }
    if !Path::new(text).is_absolute() {
        let why = format!("it is neither a whole path nor `{WITHOUT_JOURNAL}`");
        return Err(LedgerError::Folder { path: text.into(), why });
    }
    let ledger = SqliteLedger::open(Path::new(text))?;
    Ok((Arc::new(ledger), JournalPlace::OtherFolder { path: text.to_owned() }))
}

/// The last resort: nothing durable, a second file, and the terminal where there is one to write to.
fn paper(service: &str, terminal: bool) -> Place {
    let plain: String =
        service.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
    let name =
        format!("lifeboat-{plain}-{}-{:06x}{SECOND_FILE}", std::process::id(), fastrand::u32(..1 << 24));
    let path = std::env::temp_dir().join(name);
    let second = Sheet::to_new_file(path.clone()).ok();
    let file = second.is_some().then(|| path.display().to_string());
    let screen = terminal.then(|| Sheet::Screen(Box::new(std::io::stderr())));
    let copies = screen.into_iter().chain(second).collect();
    (Arc::new(PaperLedger::new(copies)), JournalPlace::WithoutJournal { file })
}
