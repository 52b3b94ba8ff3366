//! Runs that other processes drive, followed by their journals to their end (S30).

use std::collections::BTreeMap;

use super::Desk;
use super::looks::FoundRuns;
use crate::domain::Timestamp;
use crate::ledger::LedgerError;
use crate::runtime::in_time::LATE;
use crate::tui::app::Message;
use crate::tui::app::runs::{RunLine, RunsUnread, Standing};

/// After so many looks that brought nothing what was known before is stale (S2).
const STALE_AFTER: u32 = 2;

/// What the dashboard was told last, so that it is told only news.
#[derive(Default)]
pub(super) struct Elsewhere {
    /// Every run as last told; `None` until then.
    lines: Option<Vec<RunLine>>,
    /// How many looks brought nothing, one after the other.
    missed: u32,
    /// Why nothing newer is known, as last told; `None` = it is known.
    unread: Option<String>,
    /// Of each open run that is not driven here, the last event that was told.
    last_seq: BTreeMap<String, u64>,
}

impl Elsewhere {
    /// The runs that are followed.
    pub(super) fn followed(&self) -> Vec<String> {
        self.last_seq.keys().cloned().collect()
    }

    /// Tells of all runs when the list changed, of open runs when their journals have grown, and of each that
    /// was open once more when it has ended: whoever looks at it must not wait for what is over. Says whether any is
    /// open.
    pub(super) async fn take(
        &mut self,
        desk: &Desk,
        found: Result<FoundRuns, LedgerError>,
        as_of: Option<Timestamp>,
        is_driven_here: impl Fn(&str) -> bool,
    ) -> bool {
        let FoundRuns { mut lines, open, ended } = match found {
            Ok(found) => found,
            Err(none) if none.is_of_none() && self.knows_none() => FoundRuns::default(),
            Err(unread) => {
                self.miss(desk, &unread, as_of).await;
                return false;
            }
        };
        self.missed = 0;
        if self.unread.take().is_some() {
            self.lines = None;
        }
        let is_any_open = lines.iter().any(|line| line.standing != Standing::Over);
        for line in &mut lines {
            if line.standing != Standing::Over && is_driven_here(&line.run) {
                line.standing = Standing::Here;
            }
        }
        if self.lines.as_ref() != Some(&lines) {
            self.lines = Some(lines.clone());
            desk.tell(Message::Runs(lines)).await;
        }
        for state in open {
            if is_driven_here(state.id()) || self.last_seq.get(state.id()) == Some(&state.last_seq) {
                continue;
            }
            self.last_seq.insert(state.id().to_owned(), state.last_seq);
            desk.tell(Message::Run { state, driven_here: false }).await;
        }
        self.last_seq.retain(|run, _| !is_driven_here(run));
        for end in ended {
            if self.last_seq.remove(end.id()).is_some() {
                desk.tell(Message::Run { state: end, driven_here: false }).await;
            }
        }
        is_any_open
    }

    /// A folder without journals had none before, either: what was there and is gone is not known to be none.
    fn knows_none(&self) -> bool {
        self.lines.as_ref().is_none_or(Vec::is_empty)
    }

    /// A look that does not end: what was known before is older than two.
    pub(super) async fn miss_late(&mut self, desk: &Desk, as_of: Option<Timestamp>) {
        let silent = LedgerError::Silent { folder: desk.config.state_dir.clone(), limit: LATE };
        self.missed = STALE_AFTER;
        self.tell_unread(desk, &silent, as_of).await;
    }

    async fn miss(&mut self, desk: &Desk, unread: &LedgerError, as_of: Option<Timestamp>) {
        self.missed = self.missed.saturating_add(1);
        if self.missed >= STALE_AFTER {
            self.tell_unread(desk, unread, as_of).await;
        }
    }

    async fn tell_unread(&mut self, desk: &Desk, unread: &LedgerError, as_of: Option<Timestamp>) {
        let why = unread.of_all_runs();
        if self.unread.as_ref() != Some(&why) {
            self.unread = Some(why.clone());
            desk.tell(Message::RunsUnread(RunsUnread { why, as_of })).await;
        }
    }
}
