//! How each fact changes what is known of a run. Takes any order of events without failing: what
//! makes no sense is left out, so that a strange journal can still be read.

mod forks;

use super::{Event, Fenced, ForkStanding, Note, Record, RunState, StepKind, StepStatus, UNANSWERED};
use crate::domain::{Timestamp, Word, WordIs};

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

    fn fold_fence(&mut self, at: Timestamp, event: &Event) -> bool {
        let is_moved = self.cut_over_at.is_some();
        let is_seen_silent = self.left_for().is_none() && self.fence.is_seen_silent(at);
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
            Event::PowerSeen { power } => fence.powered(*power),
            Event::PrimaryOutOfSight { why } => fence.unseen = Some(why.clone()),
            Event::LossInstantStated { at, by } => {
                fence.may_have_lived = None;
                self.loss_stated = Some((*at, by.clone()));
            }
            Event::NameMoved { since } => fence.moved_name(*since, self.last_by.shown()),
            Event::Fenced { how } => {
                let (by, how) = (self.last_by.shown(), how.clone());
                let before = fence.fenced.replace(Fenced { at, by, how, is_seen: is_seen_silent });
                fence.fenced_before.extend(before);
            }
            Event::FenceOverridden { reason } => fence.overridden = Some((at, reason.clone())),
            Event::CutOverConfirmed { .. } => self.cut_over_at = Some(at),
            Event::ClientsLeft { .. } => self.clients_left_at = Some(at),
            Event::ProtectionSeen { protection, seen_at } => {
                let seen = protection.after(self.protection.as_ref());
                if self.protection.as_ref().is_some_and(|before| before.copying != seen.copying) {
                    self.copying_set_at = Some(at);
                }
                self.protection = Some(seen);
                self.protection_unseen = protection.unseen();
                if protection.saw_any() {
                    self.protection_at = Some(seen_at.unwrap_or(at));
                }
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
            Event::Unpaused => {
                close_last(&mut self.pauses, at);
                // Nothing was asked for meanwhile.
                self.attempt.asked_at = self.attempt.asked_at.map(|_| at);
            }
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
            asked.unknown = Some(UNANSWERED.to_owned());
        }
    }
}

fn close_last(spans: &mut [(Timestamp, Option<Timestamp>)], at: Timestamp) {
    if let Some((_, end)) = spans.last_mut() {
        *end = end.or(Some(at));
    }
}
