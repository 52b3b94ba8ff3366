//! What reaches the machine: a person's commands, answers of the world, and the passing of time.

use super::{Declaration, JournalPlace};
use crate::domain::fork::{
    CallPreview, ForkPoint, Found, PointRefused, Progress, Protection, ReadinessItem, Removal, StartOutcome,
};
use crate::domain::{BadWord, CheckResult, Life, Power, Target, Timestamp};

/// Anything the machine decides on.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A person wants something.
    Command(Command),
    /// The world answered.
    Answer(Answer),
    /// A driver took the run up again.
    Resumed,
    /// Time passed.
    Tick,
}

/// What a person can ask of a live run.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Declares that recovery begins.
    Declare(Declaration),
    /// Agrees to the point shown, by the service's name typed.
    Confirm {
        /// What was typed.
        typed: String,
        /// A drill's simulated loss instant, when it is not this moment.
        simulated_loss: Option<Timestamp>,
        /// The newest that can be chosen by now, where that is known.
        newest_there: Option<Timestamp>,
    },
    /// Asks for another point before the fork.
    ChoosePoint(Target),
    /// Goes on although a clock is off by more than five minutes (S25).
    AcceptSkew {
        /// Why.
        reason: String,
    },
    /// Keeps the journal in another place, when it cannot be written where it is (S25). Taken by the
    /// driver, which alone knows that it cannot.
    MoveJournal {
        /// Where.
        to: JournalPlace,
    },
    /// Stands still.
    Pause,
    /// Goes on.
    Unpause,
    /// Tries a failed step once more.
    Retry,
    /// Asks for the fork again after it was looked for and is absent (S20).
    RetryAbsent,
    /// Goes past the present step.
    Skip {
        /// Why.
        reason: String,
    },
    /// Opens a further attempt beside this one.
    NewAttempt {
        /// Why.
        reason: String,
        /// Another point; `None` = the same.
        target: Option<Target>,
    },
    /// Gives the owner's word on the restored service.
    OwnersWord {
        /// The owner.
        by: String,
        /// Whether it is good to use.
        accepted: bool,
        /// Their words.
        text: String,
    },
    /// States the instant to which the loss is counted (S5).
    StateLoss {
        /// The instant.
        at: Timestamp,
        /// Who states it.
        by: String,
    },
    /// Tells what the board knows of the old primary; put down only where that is news.
    SeeLife {
        /// Of its life.
        life: Life,
        /// Of whether it is switched on.
        power: Power,
    },
    /// Says since when the address of the old primary leads to the fork.
    NameMoved {
        /// Since when.
        since: Timestamp,
    },
    /// Says that the old primary can no longer write, and how.
    Fence {
        /// How.
        how: String,
    },
    /// Goes on without a fence, in writing.
    OverrideFence {
        /// Why.
        reason: String,
    },
    /// Says that clients use the fork.
    CutOverDone {
        /// What was done.
        text: String,
    },
    /// Says that clients use the fork no more, once the run is over.
    ClientsLeft {
        /// What was done.
        text: String,
    },
    /// Removes forks of the run, by the service's name typed.
    CleanUp {
        /// What was typed.
        typed: String,
    },
    /// Ends the run and keeps every fork, by the service's name typed.
    Abort {
        /// What was typed.
        typed: String,
        /// Why.
        reason: String,
    },
    /// Writes something down.
    Note {
        /// What.
        text: String,
    },
    /// Leaves the run; long work goes on.
    Detach {
        /// Why: `asked`, or the name of a signal.
        why: String,
    },
}

/// What the world answered to an effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Readiness was checked.
    Readiness(Vec<ReadinessItem>),
    /// The point was resolved, with the exact calls it would take.
    Point(Result<(ForkPoint, Vec<CallPreview>), PointRefused>),
    /// The fork of an attempt was asked for.
    Started(u32, StartOutcome),
    /// The fork of an attempt was looked for.
    Found(u32, Found),
    /// The fork of an attempt was watched.
    Progress(u32, Progress),
    /// The checks ran on an attempt's fork.
    Checks(u32, Vec<CheckResult>),
    /// The old primary was probed.
    Primary {
        /// Whether it answered.
        answers: bool,
        /// Calls made to it since the last such answer.
        calls: u32,
        /// What was seen.
        text: String,
        /// When it last answered this run.
        last_answer: Option<Timestamp>,
    },
    /// The old primary could not be asked.
    PrimaryOutOfSight {
        /// Why.
        why: String,
        /// Calls made to it before that was known.
        calls: u32,
    },
    /// The fork of an attempt was asked to go.
    Removed(u32, Removal),
    /// The fork's own backups were looked for.
    Protection(Protection),
}

/// Why a command is not taken: a sentence for the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

impl From<BadWord> for Refused {
    fn from(why: BadWord) -> Self {
        Self(why.to_string())
    }
}
