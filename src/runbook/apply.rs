//! How each fact changes what is known of a run. Takes any order of events without failing: what
//! makes no sense is left out, so that a strange journal can still be read.

use super::{Asked, Attempt, ForkStanding, Note, RunState, StepStatus};
use super::{Event, Record, Sending, StepKind};
use crate::domain::fork::{ForkPoint, Found, Progress, ProgressState, Removal, StartOutcome};
use crate::domain::{Edge, Timestamp, Word, WordIs, Written, WrittenBy};

impl RunState {
    /// Takes one stored fact in.
    pub fn apply(&mut self, record: &Record) {
        self.last_seq = record.seq;
        if record.seq == 2 {
            self.opening_head.clone_from(&record.prev);
        }
        self.last_by.clone_from(&record.author);
        self.fold(record.at, &record.event);
    }

    /// Takes a fact in that may not be stored yet.
    pub(super) fn fold(&mut self, at: Timestamp, event: &Event) {
        let before = std::mem::replace(&mut self.last_at, at);
        if let Event::Resumed = event {
            self.resumed(before, at);
            return;
        }
        if !(self.fold_step(at, event) || self.fold_fork(at, event) || self.fold_fence(at, event)) {
            self.fold_control(at, event);
        }
        if self.fence.either_from.is_none() && self.may_lead_to_fork() {
            self.fence.either_from = Some(at);
        }
    }

    fn fold_step(&mut self, at: Timestamp, event: &Event) -> bool {
        match event {
            Event::StepStarted { step } => {
                self.current = Some(*step);
                // One that was over is timed anew; one that goes on, or is tried again, by its first start.
                if let Some(over) = self.step_mut(*step).filter(|step| step.status.is_over()) {
                    (over.started, over.late) = (None, false);
                }
                self.restart(at, *step);
            }
            Event::StepRetried { step } => self.restart(at, *step),
            Event::StepDone { step, text } => self.end(at, *step, StepStatus::Done(text.clone())),
            Event::StepGivenUp { step, why } => self.end(at, *step, StepStatus::GivenUp(why.clone())),
            Event::StepSkipped { step, reason } => {
                self.end(at, *step, StepStatus::Skipped(reason.clone()));
                self.note(at, format!("{} skipped: {reason}", step.title()));
            }
            Event::StepFailed { step, why } => {
                if let Some(state) = self.step_mut(*step) {
                    state.status = StepStatus::Failed(why.clone());
                }
            }
            Event::StepLate { step, .. } => {
                if let Some(state) = self.step_mut(*step) {
                    state.late = true;
                }
            }
            Event::Stuck { since } => self.stuck_since = Some(*since),
            _ => return false,
        }
        true
    }

    fn fold_fork(&mut self, at: Timestamp, event: &Event) -> bool {
        match event {
            Event::PointAsked { target } => {
                self.attempt.target = target.clone();
                self.attempt.again = None;
                self.attempt.point = None;
                self.attempt.refused = None;
            }
            Event::PointResolved { point, calls } => {
                // What the run goes by as last known it did not find itself.
                if point.last_known.is_none() {
                    self.found.push(ForkPoint { last_known: Some(at), ..point.clone() });
                }
                self.attempt.point = Some(point.clone());
                self.attempt.calls.clone_from(calls);
                self.attempt.refused = None;
                self.sees_data_of(point);
            }
            Event::PointRefused { refused } => self.attempt.refused = Some(refused.clone()),
            Event::PointConfirmed { simulated_loss, newest_there, .. } => {
                self.attempt.confirmed_at = Some(at);
                self.attempt.newest_there = *newest_there;
                self.simulated_loss = self.simulated_loss.or(*simulated_loss);
            }
            Event::AttemptOpened { attempt, reason, target, again } => {
                self.open_attempt(at, *attempt, reason, target);
                self.attempt.again.clone_from(again);
            }
            Event::ForkIntended { request, why } => {
                self.attempt.request = Some(request.clone());
                self.attempt.sent += 1;
                self.attempt.unfinished_at = Some(at);
                self.attempt.adopted = false;
                self.attempt.fork = ForkStanding::Asked(Asked {
                    accepted: None,
                    unknown: None,
                    absent_at: Vec::new(),
                    cannot_tell: None,
                });
                if *why != Sending::First {
                    self.attempt.progress = None;
                    self.attempt.moved_at = None;
                }
            }
            Event::ForkAnswered { attempt, outcome } => self.answered(*attempt, outcome),
            Event::ForkSeen { attempt, found } => self.seen(at, *attempt, found),
            Event::Progressed { attempt, progress } => self.progressed(at, *attempt, progress),
            Event::RemovalIntended { attempt } => self.removal(at, *attempt, None),
            Event::RemovalAnswered { attempt, removal } => self.removal(at, *attempt, Some(removal)),
            _ => return false,
        }
        true
    }

    /// Data that a copy is found to hold was written: it is a sign of life like any other (S5).
    fn sees_data_of(&mut self, point: &ForkPoint) {
        if !self.is_drill() && point.promised_is != Edge::AtMost {
            let data = Some(Written { at: point.promised, by: WrittenBy::Data });
            self.fence.life.written = self.fence.life.written.max(data);
        }
    }

    fn fold_fence(&mut self, at: Timestamp, event: &Event) -> bool {
        let is_moved = self.cut_over_at.is_some();
        if let Event::Fenced { .. } | Event::CutOverConfirmed { .. } = event {
            self.shut.push(Word { at, by: self.last_by.shown(), is: WordIs::Shut });
        }
        if let Event::LifeSeen { life } = event {
            let counts = self.life_with(*life);
            self.fence.heard(*life, counts);
            return true;
        }
        let fence = &mut self.fence;
        match event {
            Event::PrimarySeen { answers, calls, text, last_answer } => {
                fence.probed(at, *answers, *last_answer, is_moved);
                fence.calls = fence.calls.saturating_add(*calls);
                fence.seen = Some(text.clone());
            }
            Event::PrimaryCalled { calls } => fence.calls = fence.calls.saturating_add(*calls),
            Event::PrimaryOutOfSight { why } => fence.unseen = Some(why.clone()),
            Event::LossInstantStated { at, by } => {
                fence.may_have_lived = None;
                self.loss_stated = Some((*at, by.clone()));
            }
            Event::NameMoved { since } => fence.moved_name(*since, self.last_by.shown()),
            Event::Fenced { how } => fence.fenced = Some((at, how.clone())),
            Event::FenceOverridden { reason } => fence.overridden = Some((at, reason.clone())),
            Event::CutOverConfirmed { .. } => self.cut_over_at = Some(at),
            Event::ClientsLeft { .. } => self.clients_left_at = Some(at),
            Event::ProtectionSeen { protection } => {
                let seen = protection.after(self.protection.as_ref());
                if self.protection.as_ref().is_some_and(|before| before.copying != seen.copying) {
                    self.copying_set_at = Some(at);
                }
                self.protection = Some(seen);
            }
            _ => return false,
        }
        true
    }

    fn fold_control(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Declared(declaration) => {
                self.declaration = Some((at, declaration.clone()));
                if !self.is_drill() {
                    self.fence.opened_at = Some(at);
                }
            }
            Event::ReadinessChecked { items } => {
                self.readiness = Some(items.clone());
                self.readiness_of = self.attempt.point.as_ref().map(|_| self.attempt.number);
            }
            Event::SkewAccepted { reason } => self.skew_accepted = Some((at, reason.clone())),
            Event::JournalMoved { to, .. } => self.journal.clone_from(to),
            Event::ChecksRun { attempt, results } if *attempt == self.attempt.number => {
                self.checks = Some(results.clone());
            }
            Event::OwnersWord { by, accepted, text } => {
                self.owners_word = Some((by.clone(), *accepted, text.clone()));
            }
            Event::CleanUpConfirmed { forks, .. } => {
                let agreed = self.attempts().filter(|attempt| forks.contains(&attempt.name));
                self.clean_up = agreed.map(|attempt| attempt.number).collect();
                self.forget_failed_removals();
            }
            Event::Paused if !self.is_paused() => self.pauses.push((at, None)),
            Event::Unpaused => close_last(&mut self.pauses, at),
            Event::Detached { .. } if !self.is_left() => self.gaps.push((at, None)),
            Event::Noted { text } => self.note(at, text.clone()),
            Event::Aborted { reason } => {
                self.aborted = Some((at, reason.clone()));
                // Removing a fork after this takes a confirmation of its own (R25).
                self.clean_up.clear();
                close_last(&mut self.pauses, at);
            }
            Event::Closed { conclusion } => {
                self.closed = Some((at, conclusion.clone()));
                self.current = None;
            }
            _ => {}
        }
    }

    fn note(&mut self, at: Timestamp, text: String) {
        let by = self.last_by.shown();
        self.notes.push(Note { at, by, text });
    }

    fn step_mut(&mut self, kind: StepKind) -> Option<&mut super::StepState> {
        self.steps.iter_mut().find(|step| step.step.kind == kind)
    }

    fn restart(&mut self, at: Timestamp, kind: StepKind) {
        if let Some(step) = self.step_mut(kind) {
            step.status = StepStatus::Running;
            step.started = step.started.or(Some(at));
            step.ended = None;
        }
        if kind == StepKind::Validate {
            self.checks = None;
            self.owners_word = None;
        }
        if kind == StepKind::Readiness {
            self.readiness = None;
        }
        if kind == StepKind::CleanUp {
            self.forget_failed_removals();
        }
    }

    fn end(&mut self, at: Timestamp, kind: StepKind, status: StepStatus) {
        let done = matches!(status, StepStatus::Done(_));
        if let Some(step) = self.step_mut(kind) {
            step.status = status;
            step.ended = Some(at);
        }
        match kind {
            StepKind::Wait if done => self.restored_at = Some(at),
            StepKind::Validate if done => self.validated_at = Some(at),
            _ => {}
        }
    }

    /// A further attempt begins at choosing its point; what comes after is undone with it.
    fn open_attempt(&mut self, at: Timestamp, number: u32, reason: &str, target: &crate::domain::Target) {
        let next = Attempt::new(&self.opening, number, at, target.clone(), Some(reason.to_owned()));
        self.earlier.push(std::mem::replace(&mut self.attempt, next));
        self.current = Some(StepKind::ChoosePoint);
        for step in &mut self.steps {
            if step.step.kind >= StepKind::ChoosePoint {
                (step.status, step.started, step.ended, step.late) = (StepStatus::Pending, None, None, false);
            }
        }
        self.checks = None;
        self.owners_word = None;
        self.restored_at = None;
        self.validated_at = None;
        self.stuck_since = None;
        // What was seen last is of the fork before.
        self.live.progress = None;
        self.note(at, format!("attempt {number}: {reason}"));
    }

    fn attempt_mut(&mut self, number: u32) -> Option<&mut Attempt> {
        self.earlier.iter_mut().chain([&mut self.attempt]).find(|attempt| attempt.number == number)
    }

    fn answered(&mut self, number: u32, outcome: &StartOutcome) {
        let Some(attempt) = self.attempt_mut(number) else { return };
        let nothing = matches!(outcome, StartOutcome::Refused { .. } | StartOutcome::NameTaken { .. });
        attempt.made |= !nothing;
        if let (StartOutcome::Accepted { host: Some(host), .. }, Some(request)) =
            (outcome, &mut attempt.request)
        {
            request.host = Some(host.clone());
        }
        if let (false, Some(request)) = (attempt.made, &mut attempt.request) {
            // Nothing was ever made: a retry may go to whatever host the way leads to now.
            request.host = None;
        }
        match (outcome, &mut attempt.fork) {
            (StartOutcome::Accepted { response, .. }, ForkStanding::Asked(asked)) => {
                asked.accepted = Some(response.clone());
                asked.unknown = None;
            }
            (StartOutcome::Unknown { why }, ForkStanding::Asked(asked)) => {
                asked.unknown = Some(why.clone());
            }
            (StartOutcome::NameTaken { what }, fork) => *fork = ForkStanding::Foreign(what.clone()),
            (StartOutcome::Refused { why, propose }, fork) => {
                *fork = ForkStanding::Refused { why: why.clone(), propose: *propose };
            }
            _ => {}
        }
    }

    fn seen(&mut self, at: Timestamp, number: u32, found: &Found) {
        let Some(attempt) = self.attempt_mut(number) else { return };
        match (found, &mut attempt.fork) {
            (Found::Mine, fork) => {
                *fork = ForkStanding::Mine;
                attempt.made = true;
                attempt.moved_at = Some(at);
            }
            (Found::Foreign { what }, fork) => *fork = ForkStanding::Foreign(what.clone()),
            (Found::Absent, ForkStanding::Asked(asked)) => {
                asked.absent_at.push(at);
                asked.cannot_tell = None;
                if asked.is_absent() {
                    attempt.fork = ForkStanding::Absent;
                }
            }
            (Found::CannotTell { why }, ForkStanding::Asked(asked)) => {
                asked.cannot_tell = Some(why.clone());
            }
            _ => {}
        }
    }

    fn progressed(&mut self, at: Timestamp, number: u32, progress: &Progress) {
        let Some(attempt) = self.attempt_mut(number) else { return };
        let before = attempt.progress.as_ref().map(|(_, progress)| progress);
        let moved = before.is_none_or(|before| moved(before, progress));
        if moved {
            attempt.moved_at = Some(at);
        }
        attempt.copied(at, progress);
        match &progress.state {
            ProgressState::Restored { newest_commit } => {
                attempt.fork = ForkStanding::Restored(*newest_commit);
            }
            ProgressState::Failed { why, can_resume } => {
                attempt.fork = ForkStanding::Failed { why: why.clone(), can_resume: *can_resume };
            }
            ProgressState::Working => attempt.unfinished_at = Some(at),
            ProgressState::CannotTell { .. } => {}
        }
        attempt.progress = Some((at, progress.clone()));
        if moved && number == self.attempt.number {
            self.stuck_since = None;
        }
    }

    fn removal(&mut self, at: Timestamp, number: u32, removal: Option<&Removal>) {
        if let Some(attempt) = self.attempt_mut(number) {
            attempt.removal = Some((at, removal.cloned()));
            if let Some(Removal::Foreign { what }) = removal {
                attempt.fork = ForkStanding::Foreign(what.clone());
            }
        }
    }

    /// A removal that failed is asked for again.
    fn forget_failed_removals(&mut self) {
        for attempt in self.earlier.iter_mut().chain([&mut self.attempt]) {
            if matches!(attempt.removal, Some((_, Some(Removal::Failed { .. })))) {
                attempt.removal = None;
            }
        }
    }

    /// Whoever comes back cannot know whether a call that was intended was made (S20).
    fn resumed(&mut self, before: Timestamp, at: Timestamp) {
        if self.is_left() {
            close_last(&mut self.gaps, at);
        } else {
            self.gaps.push((before, Some(at)));
        }
        self.attempt.adopted = true;
        if let ForkStanding::Asked(asked) = &mut self.attempt.fork
            && asked.accepted.is_none()
            && asked.unknown.is_none()
        {
            self.attempt.made = true;
            asked.unknown = Some("lifeboat ended between writing its intent and an answer".to_owned());
        }
    }
}

/// Whether a restore got on between two looks.
pub(super) fn moved(before: &Progress, after: &Progress) -> bool {
    match after.state {
        ProgressState::CannotTell { .. } => false,
        ProgressState::Working => before.phase != after.phase || before.done != after.done,
        ProgressState::Restored { .. } | ProgressState::Failed { .. } => before.state != after.state,
    }
}

fn close_last(spans: &mut [(Timestamp, Option<Timestamp>)], at: Timestamp) {
    if let Some((_, end)) = spans.last_mut() {
        *end = end.or(Some(at));
    }
}
