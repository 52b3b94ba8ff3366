//! What is known of a run, rebuilt from its journal alone.

use std::sync::Arc;

use super::{Author, Conclusion, Declaration, Event, Opening, Record, RunKind, Step, StepKind, names};
use crate::domain::fork::{
    CallPreview, ForkPoint, ForkRequest, PointRefused, Progress, Protection, ReadinessItem, Removal,
    proves_absence,
};
use crate::domain::{CheckResult, Liveness, Target, Timestamp};

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunState {
    /// Event 1.
    pub opening: Arc<Opening>,
    /// Who opened it.
    pub opened_by: Author,
    /// When.
    pub opened_at: Timestamp,
    /// The last event's place in the journal.
    pub last_seq: u64,
    /// When the last event happened.
    pub last_at: Timestamp,
    /// Who made the last event.
    pub last_by: Author,
    /// The steps of this kind of run, in their order.
    pub steps: Vec<StepState>,
    /// The step under way; `None` before the first and after the last.
    pub current: Option<StepKind>,
    /// The declaration, and when it was made.
    pub declaration: Option<(Timestamp, Declaration)>,
    /// What readiness found; `None` until it was checked.
    pub readiness: Option<Vec<ReadinessItem>>,
    /// The present attempt.
    pub attempt: Attempt,
    /// Attempts before it, oldest first; their forks are kept until clean-up.
    pub earlier: Vec<Attempt>,
    /// What the checks gave, last run of them; `None` until they ran.
    pub checks: Option<Vec<CheckResult>>,
    /// What the owner said: who, whether accepted, the words.
    pub owners_word: Option<(String, bool, String)>,
    /// The obligation to fence the old primary.
    pub fence: Fence,
    /// A drill's simulated loss instant.
    pub simulated_loss: Option<Timestamp>,
    /// When the restored service accepted writes.
    pub restored_at: Option<Timestamp>,
    /// When the checks and the owner had their say.
    pub validated_at: Option<Timestamp>,
    /// When clients used the fork.
    pub cut_over_at: Option<Timestamp>,
    /// What is known of the fork's own backups.
    pub protection: Option<Protection>,
    /// Pauses: from, to; an open one has no end.
    pub pauses: Vec<(Timestamp, Option<Timestamp>)>,
    /// Times without a driver: from, to; an open one has no end.
    pub gaps: Vec<(Timestamp, Option<Timestamp>)>,
    /// Whether clean-up was agreed to, for the forks of these attempts.
    pub clean_up: Vec<u32>,
    /// What people wrote, and what else deserves a line, oldest first.
    pub notes: Vec<Note>,
    /// Since when nothing moves in the restore, once that was noticed.
    pub stuck_since: Option<Timestamp>,
    /// Why a person ended it, and when.
    pub aborted: Option<(Timestamp, String)>,
    /// How it ended, and when.
    pub closed: Option<(Timestamp, Conclusion)>,
    /// What the driver knows beyond the journal. Nothing is decided on it.
    pub live: Live,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    /// The step of the plan.
    pub step: Step,
    /// How it stands.
    pub status: StepStatus,
    /// When it last began.
    pub started: Option<Timestamp>,
    /// When it last ended.
    pub ended: Option<Timestamp>,
    /// Whether it was noticed to be over its limit.
    pub late: bool,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepStatus {
    /// Not begun.
    Pending,
    /// Under way.
    Running,
    /// Over, with what came out.
    Done(String),
    /// Cannot go on without a person: why.
    Failed(String),
    /// Failed, and the run went on to its end: why.
    GivenUp(String),
    /// A person went past it: why.
    Skipped(String),
}

impl StepStatus {
    /// Whether the next step may begin.
    pub const fn is_over(&self) -> bool {
        matches!(self, Self::Done(_) | Self::GivenUp(_) | Self::Skipped(_))
    }
}

/// One attempt: one point, at most one fork (S20).
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Number, from 1.
    pub number: u32,
    /// When it began.
    pub opened_at: Timestamp,
    /// Why, from the second on.
    pub reason: Option<String>,
    /// The fork's name.
    pub name: String,
    /// What was asked for.
    pub target: Target,
    /// The point, once resolved.
    pub point: Option<ForkPoint>,
    /// The exact calls it takes (S36).
    pub calls: Vec<CallPreview>,
    /// Why the target was refused, if it was.
    pub refused: Option<PointRefused>,
    /// When the point was agreed to.
    pub confirmed_at: Option<Timestamp>,
    /// The request as it was or will be sent.
    pub request: Option<ForkRequest>,
    /// How often it was sent.
    pub sent: u32,
    /// Whether any call may have made the fork: one was accepted, had no answer, or it was seen.
    pub made: bool,
    /// Whether somebody came back to it: then a restore that died is taken up without asking (S21).
    pub adopted: bool,
    /// What is known of the fork.
    pub fork: ForkStanding,
    /// How far it is, and when that was seen.
    pub progress: Option<(Timestamp, Progress)>,
    /// When something last moved in it.
    pub moved_at: Option<Timestamp>,
    /// Its removal: when last heard of, and how; `None` inside = asked, no answer yet.
    pub removal: Option<(Timestamp, Option<Removal>)>,
}

/// What is known of an attempt's fork.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForkStanding {
    /// Never asked for.
    NotAsked,
    /// Asked for; what came of it, and what looks by name found.
    Asked(Asked),
    /// The provider did not take it: nothing was made.
    Refused {
        /// Why.
        why: String,
        /// An earlier point that may do, proposed, never sent by itself.
        propose: Option<Timestamp>,
    },
    /// It exists and carries our mark.
    Mine,
    /// Something of this name exists without our mark: never adopted, never removed.
    Foreign(String),
    /// It was looked for three times over 30 s and is not there; a person decides.
    Absent,
    /// It accepts writes; the newest commit found in it, where known.
    Restored(Option<Timestamp>),
    /// It will not finish.
    Failed {
        /// Why.
        why: String,
        /// Whether the same attempt can be taken up again.
        can_resume: bool,
    },
}

/// A fork that was asked for and not yet seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Whether the provider said that it took it: its response.
    pub accepted: Option<String>,
    /// Why the outcome is unknown; `None` while the answer is awaited or when it was accepted.
    pub unknown: Option<String>,
    /// When it was looked for and not found, since it was last asked for, oldest first.
    pub absent_at: Vec<Timestamp>,
    /// Why it could not be looked for, when that was the last answer.
    pub cannot_tell: Option<String>,
}

impl Asked {
    /// Whether it was looked for and not found three times over 30 s (S20).
    pub fn is_absent(&self) -> bool {
        proves_absence(&self.absent_at)
    }
}

/// The obligation to fence the old primary: opened at declaration, blocks only cut over (S22).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fence {
    /// When it was opened; never in a drill.
    pub opened_at: Option<Timestamp>,
    /// Whether the old primary answered when last probed, and when that was.
    pub primary: Option<(Timestamp, bool)>,
    /// Since when it is silent, while it is.
    pub silent_since: Option<Timestamp>,
    /// When it last answered during the run: the last proof of life (S5).
    pub last_alive: Option<Timestamp>,
    /// What the last probe saw.
    pub seen: Option<String>,
    /// Calls made to the primary by this run (EV24).
    pub calls: u32,
    /// How a person said it was fenced, and when.
    pub fenced: Option<(Timestamp, String)>,
    /// Why a person went on without it, in writing, and when.
    pub overridden: Option<(Timestamp, String)>,
}

impl Fence {
    /// What the probes had seen of the old primary before the run began.
    fn seeing(liveness: Liveness) -> Self {
        let silent_since = match liveness {
            Liveness::Silent { since, .. } => Some(since),
            Liveness::Answers { .. } | Liveness::NotProbed => None,
        };
        Self { silent_since, ..Self::default() }
    }

    /// Whether the old primary answered the last probe.
    pub fn is_alive(&self) -> bool {
        self.primary.is_some_and(|(_, answers)| answers)
    }

    /// Whether cut over may happen: overridden in writing, or fenced and not seen alive.
    pub fn lets_cut_over(&self) -> bool {
        self.overridden.is_some() || (self.fenced.is_some() && !self.is_alive())
    }
}

/// A line that deserves to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// Who (`anna@jump2`).
    pub by: String,
    /// What.
    pub text: String,
}

/// What the driver of a run knows beyond its journal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Live {
    /// How far the restore is, as last seen; the journal has it once a minute.
    pub progress: Option<(Timestamp, Progress)>,
    /// Hash of the journal's last line.
    pub head: Option<String>,
    /// What cannot be done at this moment: a call that fails and is tried again.
    pub trouble: Option<String>,
    /// Why the last command was not taken, and when.
    pub refused: Option<(Timestamp, String)>,
}

/// Why a journal cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// There is no event.
    #[error("the journal is empty")]
    Empty,
    /// The first event is not the opening.
    #[error("the journal does not begin with its opening")]
    NoOpening,
}

/// Rebuilds a run from its journal.
///
/// # Errors
/// When the journal is empty or does not begin with its opening.
pub fn replay(records: &[Record]) -> Result<RunState, ReplayError> {
    let (first, rest) = records.split_first().ok_or(ReplayError::Empty)?;
    let mut state = RunState::open(first)?;
    for record in rest {
        state.apply(record);
    }
    Ok(state)
}

impl RunState {
    /// The state after event 1.
    ///
    /// # Errors
    /// When the record is not an opening.
    pub fn open(record: &Record) -> Result<Self, ReplayError> {
        let Event::Opened(opening) = &record.event else { return Err(ReplayError::NoOpening) };
        let steps = opening.plan.steps_of(opening.kind).map(StepState::pending).collect();
        let target = opening.member.target.clone();
        Ok(Self {
            attempt: Attempt::new(opening, 1, record.at, target, None),
            opening: Arc::new((**opening).clone()),
            opened_by: record.author.clone(),
            opened_at: record.at,
            last_seq: record.seq,
            last_at: record.at,
            last_by: record.author.clone(),
            steps,
            current: None,
            declaration: None,
            readiness: None,
            earlier: Vec::new(),
            checks: None,
            owners_word: None,
            fence: Fence::seeing(opening.before.service.liveness),
            simulated_loss: None,
            restored_at: None,
            validated_at: None,
            cut_over_at: None,
            protection: None,
            pauses: Vec::new(),
            gaps: Vec::new(),
            clean_up: Vec::new(),
            notes: Vec::new(),
            stuck_since: None,
            aborted: None,
            closed: None,
            live: Live::default(),
        })
    }

    /// The run's id.
    pub fn id(&self) -> &str {
        &self.opening.run
    }

    /// Drill or incident.
    pub fn kind(&self) -> RunKind {
        self.opening.kind
    }

    /// Whether it is a drill.
    pub fn is_drill(&self) -> bool {
        self.opening.kind == RunKind::Drill
    }

    /// Whether it stands still by a person's wish.
    pub fn is_paused(&self) -> bool {
        self.pauses.last().is_some_and(|(_, end)| end.is_none())
    }

    /// Whether somebody left it and nobody took it up again.
    pub fn is_left(&self) -> bool {
        self.gaps.last().is_some_and(|(_, end)| end.is_none())
    }

    /// Whether it is over; clean-up may still be asked for.
    pub fn is_over(&self) -> bool {
        self.closed.is_some()
    }

    /// The exit code of a command that leaves the run as it is: while it is open, a person is needed.
    pub fn exit_code(&self) -> u8 {
        const PERSON_NEEDED: u8 = 3;
        self.closed.as_ref().map_or(PERSON_NEEDED, |(_, conclusion)| conclusion.result.exit_code())
    }

    /// A step of this run.
    pub fn step(&self, kind: StepKind) -> Option<&StepState> {
        self.steps.iter().find(|step| step.step.kind == kind)
    }

    /// The step under way.
    pub fn current_step(&self) -> Option<&StepState> {
        self.step(self.current?)
    }

    /// All attempts, oldest first.
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.earlier.iter().chain([&self.attempt])
    }
}

impl StepState {
    fn pending(step: &Step) -> Self {
        Self { step: step.clone(), status: StepStatus::Pending, started: None, ended: None, late: false }
    }
}

impl Attempt {
    /// An attempt for which nothing was done yet.
    pub(super) fn new(
        opening: &Opening,
        number: u32,
        at: Timestamp,
        target: Target,
        reason: Option<String>,
    ) -> Self {
        let member = &opening.member;
        let given = member.fork_name.as_deref();
        Self {
            number,
            opened_at: at,
            reason,
            name: names::fork_name(opening.kind, &member.service, &opening.token, given, number),
            target,
            point: None,
            calls: Vec::new(),
            refused: None,
            confirmed_at: None,
            request: None,
            sent: 0,
            made: false,
            adopted: false,
            fork: ForkStanding::NotAsked,
            progress: None,
            moved_at: None,
            removal: None,
        }
    }

    /// Whether a listing proved that the fork is gone.
    pub fn is_removed(&self) -> bool {
        matches!(self.removal, Some((_, Some(Removal::Proven { .. }))))
    }

    /// Whether a fork of ours exists or may exist: to be listed and cleaned up.
    pub fn may_exist(&self) -> bool {
        let asked = matches!(self.fork, ForkStanding::Asked(_));
        let foreign = matches!(self.fork, ForkStanding::Foreign(_));
        (self.made || asked) && !foreign && !self.is_removed()
    }
}
