//! What a person says of a run that nobody drives, where saying it makes no call.

use std::sync::Arc;

use super::super::put_down::put_down;
use super::{Desk, NotTaken, author};
use crate::runbook::Command;
use crate::tui::app::Message;

impl Desk {
    /// Writes it into the run's journal, and tells what the run is then.
    pub(super) async fn put_down(&self, run: String, command: Command) -> Result<(), NotTaken> {
        // A folder that can only be read takes nothing.
        self.ledger()?;
        let (now, author) = (self.clock.now(), author(self.stated.clone()));
        let written =
            self.with_ledger(move |ledger| Ok(put_down(ledger, &run, command, now, &author))).await?;
        let state = written.map_err(|error| vec![error.to_string()])?;
        self.tell(Message::Run { state: Arc::new(state), driven_here: false }).await;
        Ok(())
    }
}
