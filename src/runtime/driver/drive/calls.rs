//! The calls of a run: what is due begins, what ended is taken in, and what had no answer is told.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::super::executor::{Outcome, Resolved};
use super::{DriveError, Driver};
use crate::provider::{ProgressState, StartOutcome};
use crate::runbook::{Answer, Call, Input, Key, Trouble, effects};

impl Driver {
    pub(super) fn start_what_is_due(&mut self) {
        for call in self.schedule.due(effects(&self.state), Instant::now()) {
            let (world, opening, key) =
                (self.setup.world.clone(), Arc::clone(&self.state.opening), call.key());
            let started =
                self.running.spawn(async move { (key, Box::pin(world.carry_out(&opening, call)).await) });
            self.schedule.started(key, started);
        }
    }

    pub(super) async fn ended(
        &mut self,
        ended: Result<(tokio::task::Id, (Key, Outcome)), tokio::task::JoinError>,
    ) -> Result<(), DriveError> {
        let (id, outcome) = match ended {
            Ok((id, (_, outcome))) => (id, Some(outcome)),
            // A provider that panics has not answered.
            Err(error) => (error.id(), None),
        };
        let Some(call) = self.schedule.ended(id) else { return Ok(()) };
        let outcome = outcome.unwrap_or_else(|| no_answer(&call));
        let wanted = call.mutates() || effects(&self.state).iter().any(|effect| effect.call == call);
        let shaky = !matches!(outcome, Outcome::Answer(_));
        let (mut news, mut trouble) = (false, None);
        self.count_calls(&outcome);
        match outcome {
            Outcome::Answer(answer) | Outcome::Shaky(answer) if wanted => {
                self.no_more_trouble(&call);
                if let Some(answer) = self.looked(answer) {
                    news = self.input(&Input::Answer(answer)).await?;
                }
            }
            Outcome::Trouble { why, again_in, known } if wanted => trouble = Some((why, again_in, known)),
            // Nobody waits for it any more.
            Outcome::Answer(_) | Outcome::Shaky(_) | Outcome::Trouble { .. } => {}
        }
        self.schedule.rest(&call, shaky, news, &effects(&self.state), Instant::now());
        if let Some((why, again_in, known)) = trouble {
            self.trouble(&call, why, again_in, known);
            self.go_on_by_what_is_known().await?;
        }
        self.publish();
        Ok(())
    }

    /// A call had no answer: why, when it is tried again, and what is known without it.
    fn trouble(
        &mut self,
        call: &Call,
        why: String,
        again_in: Option<Duration>,
        known: Option<Box<Resolved>>,
    ) {
        let now = Instant::now();
        let wait = again_in.map(|wait| now + wait);
        let due = self.schedule.not_before(call, wait);
        let again_at = due.map(|due| self.now() + self.setup.clock.shown(due - now));
        let before = self.state.live.trouble.take().filter(|_| self.unanswered == Some(call.key()));
        let since = before.map_or_else(|| self.now(), |before| before.since);
        self.state.live.trouble = Some(Trouble { why, again_at, is_asked: again_in.is_some(), since, known });
        self.unanswered = Some(call.key());
    }

    /// A copy that could not be read for long enough: its point is taken as last known, and said to be.
    pub(super) async fn go_on_by_what_is_known(&mut self) -> Result<(), DriveError> {
        let Some(trouble) = self.state.unread() else { return Ok(()) };
        let Some(known) = trouble.known.clone().filter(|_| trouble.goes_on_at() <= Some(self.now())) else {
            return Ok(());
        };
        let asked = |call: &Call| matches!(call, Call::ResolvePoint(draft) if draft.target == known.0.target);
        if effects(&self.state).iter().any(|effect| asked(&effect.call)) {
            self.input(&Input::Answer(Answer::Point(Ok(*known)))).await?;
            (self.state.live.trouble, self.unanswered) = (None, None);
            self.publish();
        }
        Ok(())
    }

    /// An answer to another call says nothing of the one that had none, as long as that is wanted.
    fn no_more_trouble(&mut self, answered: &Call) {
        let still = |key: &Key| {
            *key != answered.key() && effects(&self.state).iter().any(|effect| effect.call.key() == *key)
        };
        if !self.unanswered.as_ref().is_some_and(still) {
            (self.state.live.trouble, self.unanswered) = (None, None);
        }
    }

    /// Every call to the old primary counts, also one whose answer nobody waits for any more (EV24).
    pub(super) const fn count_calls(&mut self, outcome: &Outcome) {
        if let Outcome::Answer(answer) | Outcome::Shaky(answer) = outcome
            && let Answer::Primary { calls, .. } | Answer::PrimaryOutOfSight { calls, .. } = answer
        {
            self.calls = self.calls.saturating_add(*calls);
        }
    }

    /// Takes in what is shown but not put down, and holds back what is not yet sure.
    pub(super) fn looked(&mut self, answer: Answer) -> Option<Answer> {
        match answer {
            Answer::Progress(attempt, progress) => {
                let restored = matches!(progress.state, ProgressState::Restored { .. });
                let (of, seen) = self.restored_seen;
                let before = if restored && of == attempt { seen } else { 0 };
                self.restored_seen = (attempt, before + u32::from(restored));
                self.state.live.progress = Some((self.now(), progress.clone()));
                let sure = !restored || self.restored_seen.1 >= self.setup.restored_in_a_row.max(1);
                sure.then_some(Answer::Progress(attempt, progress))
            }
            Answer::Primary { answers, text, .. } => {
                if answers {
                    self.last_answer = Some(self.now());
                }
                let last_answer = self.last_answer;
                Some(Answer::Primary { answers, calls: self.calls, text, last_answer })
            }
            Answer::Protection(protection) => {
                if protection.saw_any() {
                    self.backups_seen = Some((self.now(), protection.clone()));
                }
                Some(Answer::Protection(protection))
            }
            other => Some(other),
        }
    }
}

/// What a call without any answer means.
fn no_answer(call: &Call) -> Outcome {
    let why = "the provider's code failed".to_owned();
    match call {
        Call::StartFork(request) => {
            Outcome::Answer(Answer::Started(request.attempt, StartOutcome::Unknown { why }))
        }
        _ => Outcome::Trouble { why, again_in: None, known: None },
    }
}
