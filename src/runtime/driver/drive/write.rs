//! Nothing follows from an event that is not durable: while a journal cannot be written its run stands
//! still, until it can or until a person moves it (S25).

use std::time::Duration;

use tokio::time::Instant;

use super::super::super::places;
use super::super::{Asked, DriveError, Taken};
use super::Driver;
use crate::domain::{Timestamp, words};
use crate::ledger::LedgerError;
use crate::runbook::{Command, Event, JournalPlace, Record, Refused, WITHOUT_JOURNAL};

/// Between two tries to write a journal that cannot be written, real time.
const WRITE_AGAIN: Duration = Duration::from_secs(2);

impl Driver {
    /// Writes events durably, one by one, before anything follows from them. Each carries the time at which
    /// it happened, however late its journal takes it.
    pub(super) async fn write(&mut self, events: &[Event], cause: Cause) -> Result<(), DriveError> {
        let at = self.now();
        let mut rest = events;
        while let Some((event, after)) = rest.split_first() {
            for event in self.unwritten_before(event).iter().chain([event]) {
                let record = match self.pen.write(at, event.clone()).await {
                    Err(DriveError::Ledger(error)) if error.may_pass() => {
                        let held = Held { at, event, what: self.names_of(rest), cause };
                        self.hold(held, error).await?
                    }
                    written => written?,
                };
                self.take(&record);
            }
            rest = after;
        }
        // Only now: halfway through, a run may seem to need what the next event brings.
        self.publish();
        if self.behind == 0 {
            self.answer_mover();
        }
        Ok(())
    }

    /// Not before the run is shown as it goes on: whoever moved its journal would take it for held up still.
    pub(super) fn answer_mover(&mut self) {
        if let Some(mover) = self.mover.take() {
            // Whoever asked may have gone meanwhile.
            mover.send(Ok(Taken::Written)).ok();
        }
    }

    fn take(&mut self, record: &Record) {
        self.state.apply(record);
        self.state.live.head = self.pen.head();
        if matches!(record.event, Event::PrimarySeen { .. } | Event::PrimaryCalled { .. }) {
            self.calls = 0;
        }
        if matches!(record.event, Event::ProtectionSeen { .. }) {
            self.backups_seen = None;
        }
    }

    /// What no later look puts down: the calls to the old primary (EV24) and when the fork's own backups were last seen,
    /// since none follows; the latter also where the next saw nothing of them (S2).
    fn unwritten_before(&self, event: &Event) -> Vec<Event> {
        let is_last = matches!(event, Event::Detached { .. } | Event::Closed { .. });
        let is_blind = matches!(event, Event::ProtectionSeen { protection, .. } if !protection.saw_any());
        let calls = (is_last && self.calls > 0).then_some(Event::PrimaryCalled { calls: self.calls });
        let seen = self.backups_seen.clone().filter(|_| is_last || is_blind);
        let seen = seen.map(|(at, protection)| Event::ProtectionSeen { protection, seen_at: Some(at) });
        calls.into_iter().chain(seen).collect()
    }

    /// The journal cannot be written: nothing is begun until it can, or until a person moves it (S25).
    /// What is under way goes on, and its answers wait.
    async fn hold(&mut self, held: Held<'_>, mut error: LedgerError) -> Result<Record, DriveError> {
        let lost = |error| DriveError::Unwritten { what: held.what.clone(), error: Box::new(error) };
        loop {
            self.say_held(&held, &error);
            let again = Instant::now() + WRITE_AGAIN;
            if !self.wait_to_write(again, &held, &error).await? {
                return Err(lost(error));
            }
            match self.pen.write(held.at, held.event.clone()).await {
                Err(DriveError::Ledger(again)) if again.may_pass() => error = again,
                written => {
                    self.state.live.journal_lost = None;
                    return written;
                }
            }
        }
    }

    /// Whoever asked is told what is true, and may move the journal: of what they asked nothing is durable
    /// yet, or it was not even decided on.
    fn say_held(&mut self, held: &Held<'_>, error: &LedgerError) {
        self.state.live.journal_lost = Some(format!("{error}; not written yet: {}", held.what));
        self.publish();
        self.answer_mover();
        self.answer(match held.cause {
            Cause::Command => Ok(held.taken(error)),
            Cause::World => Err(unwritable(error)),
        });
    }

    /// Waits until it is time to write again; `false` when nobody waits for that any more.
    async fn wait_to_write(
        &mut self,
        again: Instant,
        held: &Held<'_>,
        error: &LedgerError,
    ) -> Result<bool, DriveError> {
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(again) => return Ok(true),
                asked = self.commands.recv() => match asked {
                    Some(Asked { command: Command::MoveJournal { to }, reply }) => {
                        if let Err(refused) = self.move_journal(to, error).await? {
                            reply.send(Err(refused)).ok();
                        } else {
                            self.mover = Some(reply);
                            return Ok(true);
                        }
                    }
                    Some(Asked { command: Command::Detach { .. }, reply }) => {
                        reply.send(Ok(held.taken(error))).ok();
                        return Ok(false);
                    }
                    Some(Asked { reply, .. }) => {
                        reply.send(Err(unwritable(error))).ok();
                    }
                    None => return Ok(false),
                },
            }
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
        let from = self.pen.folder().unwrap_or_else(|| self.state.journal.mark());
        let moved = Event::JournalMoved { from: Some(from), to: to.clone(), why: error.to_string() };
        let record = match self.pen.move_to(ledger, to.mark(), self.now(), moved).await {
            Ok(record) => record,
            Err(why) => return Ok(Err(Refused(why.to_string()))),
        };
        self.take(&record);
        Ok(Ok(()))
    }

    /// Events by their names in the journal, and how much is to come after them.
    fn names_of(&self, events: &[Event]) -> String {
        let names = events.iter().map(name_of);
        let behind = (self.behind > 0).then(|| format!("{} behind it", words::count(self.behind, "command")));
        names.chain(behind).collect::<Vec<_>>().join(", ")
    }
}

/// What made events.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cause {
    /// The command in hand.
    Command,
    /// An answer, or the time. A command in hand waits for it.
    World,
}

/// An event that cannot be written.
struct Held<'a> {
    at: Timestamp,
    event: &'a Event,
    /// It and what waits behind it, by name.
    what: String,
    cause: Cause,
}

impl Held<'_> {
    fn taken(&self, error: &LedgerError) -> Taken {
        Taken::Held(format!("held, not yet on disk: {}: {error}", self.what))
    }
}

fn unwritable(error: &LedgerError) -> Refused {
    Refused(format!("the journal cannot be written: {error}"))
}

/// An event by its name in the journal.
fn name_of(event: &Event) -> String {
    let value = serde_json::to_value(event).unwrap_or_default();
    value.get("is").and_then(serde_json::Value::as_str).unwrap_or("an event").replace('_', " ")
}
