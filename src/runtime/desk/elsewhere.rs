//! Runs that other processes drive, followed by their journals to their end (S30).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Desk;
use super::looks::FoundRuns;
use crate::ledger::LedgerError;
use crate::tui::app::Message;
use crate::tui::app::runs::{RunLine, Standing};

/// After so many looks that brought nothing what was known before is stale (S2).
const STALE_AFTER: u32 = 2;

/// What the dashboard was told last, so that it is told only news.
#[derive(Default)]
pub(super) struct Elsewhere {
    /// Every run as last told; `None` until then.
    lines: Option<Vec<RunLine>>,
    /// How many looks brought nothing, one after the other.
    missed: u32,
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
        is_driven_here: impl Fn(&str) -> bool,
    ) -> bool {
        let FoundRuns { mut lines, open, ended } = match found {
            Ok(found) => found,
            Err(none) if none.is_of_none() && self.knows_none() => FoundRuns::default(),
            Err(unread) => {
                self.miss(desk, &unread).await;
                return false;
            }
        };
        if std::mem::take(&mut self.missed) >= STALE_AFTER {
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
                desk.tell(Message::Run { state: Arc::new(end), driven_here: false }).await;
            }
        }
        is_any_open
    }

    /// A folder without journals had none before, either: what was there and is gone is not known to be none.
    fn knows_none(&self) -> bool {
        self.lines.as_ref().is_none_or(Vec::is_empty)
    }

    async fn miss(&mut self, desk: &Desk, unread: &LedgerError) {
        self.missed = self.missed.saturating_add(1);
        if self.missed == STALE_AFTER {
            desk.tell(Message::RunsUnread(unread.of_all_runs())).await;
        }
    }
}
