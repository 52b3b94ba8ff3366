//! What can happen in a run. Events are facts; a journal of them is the run (S31).

use serde::{Deserialize, Serialize};

use super::{Conclusion, JournalPlace, Opening, Refused, StepKind};
use crate::domain::fork::{
    CallPreview, ForkPoint, ForkRequest, Found, PointRefused, Progress, Protection, ReadinessItem, Removal,
    StartOutcome,
};
use crate::domain::instant::rfc3339;
use crate::domain::words::two_instants;
use crate::domain::{BadWord, CheckResult, ClientsMoved, Life, Power, Target, Timestamp, Word, WordIs};

/// One fact of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Event {
    /// The run was opened; always and only the first event.
    Opened(Box<Opening>),
    /// Somebody took the run up again after it had been left.
    Resumed,
    /// The run was left; long work goes on without us (S21).
    Detached {
        /// Why: asked for, or the name of a signal.
        why: String,
    },

    /// A step began.
    StepStarted {
        /// The step.
        step: StepKind,
    },
    /// A step reached its end.
    StepDone {
        /// The step.
        step: StepKind,
        /// What came out, for the step's row.
        text: String,
    },
    /// A step cannot go on without a person.
    StepFailed {
        /// The step.
        step: StepKind,
        /// The fact and what to do.
        why: String,
    },
    /// A step that failed, yet the run goes on to its end: the result cannot be a pass.
    StepGivenUp {
        /// The step.
        step: StepKind,
        /// Why.
        why: String,
    },
    /// A person went past a step.
    StepSkipped {
        /// The step.
        step: StepKind,
        /// Why; never empty.
        reason: String,
    },
    /// A person asked for a failed step once more.
    StepRetried {
        /// The step.
        step: StepKind,
    },
    /// A step took longer than its limit.
    StepLate {
        /// The step.
        step: StepKind,
        /// The limit, seconds of the run's clock.
        limit_s: u64,
    },
    /// Nothing moved in a restore for a while.
    Stuck {
        /// Since when.
        since: Timestamp,
    },

    /// A person declared that recovery begins.
    Declared(Declaration),
    /// What was checked beforehand.
    ReadinessChecked {
        /// The items.
        items: Vec<ReadinessItem>,
    },
    /// A person went on although a clock is off by more than five minutes (S25).
    SkewAccepted {
        /// Why; never empty.
        reason: String,
    },
    /// The journal goes on in another place: the one before could no longer be written (S25).
    JournalMoved {
        /// Where it was kept until here: a folder, or where else. Journals of before did not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Where it is kept from here on; the lines before were copied there.
        to: JournalPlace,
        /// Why the one before could not be written.
        why: String,
    },
    /// A person asked for another point.
    PointAsked {
        /// The point.
        target: Target,
    },
    /// The provider can restore this point.
    PointResolved {
        /// The point.
        point: ForkPoint,
        /// The exact calls that would be made (S36).
        calls: Vec<CallPreview>,
    },
    /// The point cannot be restored.
    PointRefused {
        /// Why, and what is near.
        refused: PointRefused,
    },
    /// A person, or `--yes` in a drill, agreed to the point.
    PointConfirmed {
        /// What was typed; `None` with `--yes`.
        typed: Option<String>,
        /// A drill's simulated loss instant (S23).
        simulated_loss: Option<Timestamp>,
        /// The newest that could have been chosen by then, where whoever agreed knew: what an earlier point
        /// gives up by choice is counted to it (S14).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        newest_there: Option<Timestamp>,
    },

    /// A further attempt was opened; the earlier fork is kept (S20).
    AttemptOpened {
        /// Its number, from 2.
        attempt: u32,
        /// Why.
        reason: String,
        /// What it goes for.
        target: Target,
        /// The point of the attempt before it, where it goes for the same one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        again: Option<ForkPoint>,
    },
    /// A fork will be asked for: written before the call (S20).
    ForkIntended {
        /// The request.
        request: ForkRequest,
        /// Why it is sent.
        why: Sending,
    },
    /// What the provider answered.
    ForkAnswered {
        /// The attempt.
        attempt: u32,
        /// The answer.
        outcome: StartOutcome,
    },
    /// What a look by name found.
    ForkSeen {
        /// The attempt.
        attempt: u32,
        /// What was found.
        found: Found,
    },
    /// How far a restore is: on a change of phase and once a minute.
    Progressed {
        /// The attempt.
        attempt: u32,
        /// How far.
        progress: Progress,
    },
    /// The checks ran, or could not.
    ChecksRun {
        /// The attempt.
        attempt: u32,
        /// One result for each check.
        results: Vec<CheckResult>,
    },
    /// The owner of the service spoke on the restored data.
    OwnersWord {
        /// The owner.
        by: String,
        /// Whether the service is good to use.
        accepted: bool,
        /// Their words.
        text: String,
    },

    /// Whether the old primary answers: on a change and once a minute.
    PrimarySeen {
        /// Whether it answered.
        answers: bool,
        /// Calls made to it since the last such event.
        calls: u32,
        /// What was seen.
        text: String,
        /// When it last answered this run, which may be after the last such event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_answer: Option<Timestamp>,
    },
    /// Calls made to the old primary since it was last seen, put down when a run is left or closes.
    PrimaryCalled {
        /// How many.
        calls: u32,
    },
    /// The old primary could not be asked for a while: whether it still answers is not known (S2).
    PrimaryOutOfSight {
        /// Why.
        why: String,
    },
    /// The board knows more of the old primary's life than this run did (S5).
    LifeSeen {
        /// What it knows.
        life: Life,
    },
    /// The source of the old primary says whether that is switched on, which was not known (S5).
    PowerSeen {
        /// What it says.
        power: Power,
    },
    /// A person states the instant to which the loss is counted (S5).
    LossInstantStated {
        /// The instant.
        at: Timestamp,
        /// Who states it.
        by: String,
    },
    /// A person says since when the address of the old primary leads to the fork.
    NameMoved {
        /// Since when.
        since: Timestamp,
    },
    /// A person says that the old primary can no longer write.
    Fenced {
        /// How.
        how: String,
    },
    /// A person goes on without a fence, in writing (R28).
    FenceOverridden {
        /// Why.
        reason: String,
    },
    /// Clients use the fork.
    CutOverConfirmed {
        /// What was done.
        text: String,
    },
    /// Clients use the fork no more: it is a thing to be cleaned up.
    ClientsLeft {
        /// What was done; never empty.
        text: String,
    },
    /// Whether the fork has backups of its own.
    ProtectionSeen {
        /// What was seen.
        protection: Protection,
        /// When, where that was before: a look without news is put down only once no other follows, or the next sees
        /// nothing (S2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen_at: Option<Timestamp>,
    },

    /// A person, or `--yes` in a drill, agreed to removing the forks named.
    CleanUpConfirmed {
        /// What was typed; `None` with `--yes`.
        typed: Option<String>,
        /// The forks by name.
        forks: Vec<String>,
    },
    /// A fork will be removed: written before the call.
    RemovalIntended {
        /// The attempt.
        attempt: u32,
    },
    /// How the removal went.
    RemovalAnswered {
        /// The attempt.
        attempt: u32,
        /// How.
        removal: Removal,
    },

    /// The run stands still; long work goes on.
    Paused,
    /// It goes on.
    Unpaused,
    /// A person wrote something down.
    Noted {
        /// What.
        text: String,
    },
    /// A person ended the run; forks are kept (R25).
    Aborted {
        /// Why; never empty.
        reason: String,
    },
    /// The run ended.
    Closed {
        /// Its result, with the reasons.
        conclusion: Conclusion,
    },
}

/// Why a fork is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sending {
    /// For the first time in this attempt.
    First,
    /// It was looked for, was absent, and a person said to ask again (S20).
    WasAbsent,
    /// It was not taken yet, so nothing was made, and the time to ask again has come, or a person did not wait for it.
    NotTaken,
    /// It exists and is ours; the same attempt is taken up where it ended (S21).
    TakeUp,
    /// The provider refused the request, so nothing was made; a person said to ask again.
    WasRefused,
}

/// A person's word that recovery begins (EV08).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// Who declares.
    pub by: String,
    /// What happened, or what is exercised.
    pub scenario: Option<String>,
    /// The criteria that are met, by id.
    pub criteria: Vec<String>,
    /// Since when the service is down.
    pub down_since: Option<Timestamp>,
    /// When that was noticed.
    pub detected: Option<Timestamp>,
    /// The instant to which the loss is counted, when a person states it (S5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss_instant: Option<Timestamp>,
}

/// Whether a person's word on the loss instant can be true.
pub(super) fn check_loss_instant(
    at: Timestamp,
    life: &Life,
    moved: Option<&ClientsMoved>,
    now: Timestamp,
) -> Result<(), Refused> {
    match moved {
        _ if at > now => Err(BadWord::Future { at, now }.into()),
        Some(moved) => Ok(moved.check_word("the loss instant", at)?),
        None => Ok(life.check_word(at, now)?),
    }
}

impl Declaration {
    /// Since when the service is down, by its word. That recovery is declared says nothing of when it stopped: a stated
    /// loss instant is taken in by itself, since it may be corrected.
    pub fn down(&self) -> Option<Word> {
        self.down_since.map(|at| Word { at, by: self.by.clone(), is: WordIs::DownSince })
    }

    /// What speaks against its word on since when the service is down. It is no mistake, for a service may be of no use
    /// while its primary still writes; but the loss is not counted to it (S5).
    pub fn contradicted(&self, life: &Life) -> Option<String> {
        let down = self.down_since?;
        let (lived, ground) = life.last_proof().filter(|(lived, _)| *lived > down)?;
        let (down, lived) = two_instants(down, lived);
        let ground = ground.text();
        Some(format!(
            "down since {down}, says {}, but its primary lived at {lived} ({ground}): the loss is not counted to that word",
            self.by
        ))
    }

    /// Whether its instants can be true of a primary with these signs of life, or of the fork that clients were moved
    /// to.
    ///
    /// # Errors
    /// Which one cannot, and why.
    pub fn check(&self, life: &Life, moved: Option<&ClientsMoved>, now: Timestamp) -> Result<(), Refused> {
        for (what, instant) in [("down since", self.down_since), ("detected", self.detected)] {
            let Some(instant) = instant else { continue };
            if instant > now {
                return Err(Refused(format!("{what} {} lies in the future", rfc3339(instant))));
            }
            moved.map_or(Ok(()), |moved| moved.check_word(what, instant))?;
        }
        if let (Some(down), Some(detected)) = (self.down_since, self.detected)
            && detected < down
        {
            let (down, detected) = (rfc3339(down), rfc3339(detected));
            return Err(Refused(format!("detected {detected} lies before down since {down}")));
        }
        self.loss_instant.map_or(Ok(()), |at| check_loss_instant(at, life, moved, now))
    }
}
