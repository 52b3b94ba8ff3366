//! Nothing follows from an event that is not durable: while a journal cannot be written its run stands
//! still, until it can or until a person moves it (S25).

use std::time::Duration;

use tokio::time::Instant;

use super::super::super::places;
use super::super::{Asked, DriveError};
use super::Driver;
use crate::domain::Timestamp;
use crate::ledger::LedgerError;
use crate::runbook::{Command, Event, JournalPlace, Record, Refused, WITHOUT_JOURNAL};

/// Between two tries to write a journal that cannot be written, real time.
const WRITE_AGAIN: Duration = Duration::from_secs(2);

impl Driver {
    /// Writes events durably, one by one, before anything follows from them. Each carries the time at which
    /// it happened, however late its journal takes it.
    pub(super) async fn write(&mut self, events: Vec<Event>) -> Result<(), DriveError> {
        let at = self.now();
        for event in events {
            let record = match self.pen.write(at, event.clone()).await {
                Err(DriveError::Ledger(error)) if error.may_pass() => self.hold(at, event, error).await?,
                written => written?,
            };
            self.take(&record);
        }
        // Only now: halfway through, a run may seem to need what the next event brings.
        self.publish();
        Ok(())
    }

    fn take(&mut self, record: &Record) {
        self.state.apply(record);
        self.state.live.head = self.pen.head();
        if matches!(record.event, Event::PrimarySeen { .. }) {
            self.probes = 0;
        }
    }

    /// The journal cannot be written: nothing is begun until it can, or until a person moves it (S25).
    /// What is under way goes on, and its answers wait.
    async fn hold(
        &mut self,
        at: Timestamp,
        event: Event,
        mut error: LedgerError,
    ) -> Result<Record, DriveError> {
        let lost = |error| DriveError::Unwritten { what: name_of(&event), error };
        // What was asked is taken, and written as soon as it can be: whoever asked may move the journal.
        self.answer(Ok(()));
        let mut again = Instant::now() + WRITE_AGAIN;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(again) => {}
                asked = self.commands.recv() => match asked {
                    Some(Asked { command: Command::MoveJournal { to }, reply }) => {
                        let moved = self.move_journal(to, &error).await?;
                        reply.send(moved).ok();
                    }
                    Some(Asked { command: Command::Detach { .. }, reply }) => {
                        reply.send(Ok(())).ok();
                        return Err(lost(error));
                    }
                    Some(Asked { reply, .. }) => {
                        reply.send(Err(Refused(format!("the journal cannot be written: {error}")))).ok();
                        continue;
                    }
                    None => return Err(lost(error)),
                },
            }
            match self.pen.write(at, event.clone()).await {
                Err(DriveError::Ledger(again)) if again.may_pass() => error = again,
                written => {
                    self.state.live.journal_lost = None;
                    return written;
                }
            }
            again = Instant::now() + WRITE_AGAIN;
            self.state.live.journal_lost = Some(format!("{error}; not written yet: {}", name_of(&event)));
            self.publish();
        }
    }

    /// The outer error ends the drive; the inner one is told to whoever asked.
    async fn move_journal(
        &mut self,
        to: JournalPlace,
        error: &LedgerError,
    ) -> Result<Result<(), Refused>, DriveError> {
        if self.state.is_drill() {
            return Ok(Err(Refused("a drill waits until its journal can be written again".to_owned())));
        }
        let text = match &to {
            JournalPlace::OtherFolder { path } => path.as_str(),
            JournalPlace::WithoutJournal { .. } => WITHOUT_JOURNAL,
            JournalPlace::StateFolder => return Ok(Err(Refused(error.to_string()))),
        };
        let (ledger, to) = match places::named(text, &self.state.opening.member.service, self.setup.terminal)
        {
            Ok(place) => place,
            Err(why) => return Ok(Err(Refused(why.to_string()))),
        };
        if let Err(why) = self.pen.move_to(ledger, to.mark()).await {
            return Ok(Err(Refused(why.to_string())));
        }
        let moved = Event::JournalMoved { to, why: error.to_string() };
        let record = self.pen.write(self.now(), moved).await?;
        self.take(&record);
        Ok(Ok(()))
    }
}

/// An event by its name in the journal.
fn name_of(event: &Event) -> String {
    let value = serde_json::to_value(event).unwrap_or_default();
    value.get("is").and_then(serde_json::Value::as_str).unwrap_or("an event").replace('_', " ")
}
