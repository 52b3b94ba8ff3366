//! What is known of the forks of a run, attempt by attempt.

use crate::domain::fork::{ForkPoint, Found, Progress, ProgressState, Removal, StartOutcome};
use crate::domain::{Edge, Target, Timestamp, Written, WrittenBy};
use crate::runbook::{Asked, Attempt, Event, ForkStanding, RunState, Sending, StepKind, StepStatus};

impl RunState {
    pub(super) fn fold_fork(&mut self, at: Timestamp, event: &Event) -> bool {
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
                if *why != Sending::NotTaken || self.attempt.adopted {
                    self.attempt.asked_at = Some(at);
                }
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

    /// A further attempt begins at choosing its point; what comes after is undone with it.
    fn open_attempt(&mut self, at: Timestamp, number: u32, reason: &str, target: &Target) {
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
        attempt.made |= matches!(outcome, StartOutcome::Accepted { .. } | StartOutcome::Unknown { .. });
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
            (StartOutcome::NotTaken { why, again_at }, fork) => {
                *fork = ForkStanding::NotTaken { why: why.clone(), again_at: *again_at };
            }
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
                (attempt.made, attempt.seen) = (true, true);
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
    pub(super) fn forget_failed_removals(&mut self) {
        for attempt in self.earlier.iter_mut().chain([&mut self.attempt]) {
            if matches!(attempt.removal, Some((_, Some(Removal::Failed { .. })))) {
                attempt.removal = None;
            }
        }
    }
}

/// Whether a restore got on between two looks.
fn moved(before: &Progress, after: &Progress) -> bool {
    match after.state {
        ProgressState::CannotTell { .. } => false,
        ProgressState::Working => before.phase != after.phase || before.done != after.done,
        ProgressState::Restored { .. } | ProgressState::Failed { .. } => before.state != after.state,
    }
}
