//! What is known of a run, rebuilt from its journal alone.

use std::sync::Arc;

use super::{
    Asked, Attempt, Author, Conclusion, Declaration, Event, Fence, ForkStanding, JournalPlace, Live, Opening,
    Record, RunKind, StepKind, StepState, StepStatus, Trouble,
};
use crate::domain::fork::{ForkPoint, Protection, ReadinessItem, ReadinessState};
use crate::domain::{
    CheckResult, ClientsMoved, Heard, Life, LossInstant, Power, Promise, Target, Timestamp, Word, WordIs,
};

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
    /// The journal's head when it was opened, the hash of event 1: known from event 2 on (S31).
    pub opening_head: Option<String>,
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
    /// The attempt with whose point it was checked; `None` = with none.
    pub readiness_of: Option<u32>,
    /// Why a person went on although a clock is off (S25), and when.
    pub skew_accepted: Option<(Timestamp, String)>,
    /// Where the journal is kept by now (S25).
    pub journal: JournalPlace,
    /// The present attempt.
    pub attempt: Attempt,
    /// Attempts before it, oldest first; their forks are kept until clean-up.
    pub earlier: Vec<Attempt>,
    /// Every point that an attempt found, with when its copy was read.
    pub found: Vec<ForkPoint>,
    /// What the checks gave, last run of them; `None` until they ran.
    pub checks: Option<Vec<CheckResult>>,
    /// What the owner said: who, whether accepted, the words.
    pub owners_word: Option<(String, bool, String)>,
    /// The obligation to fence the old primary.
    pub fence: Fence,
    /// The loss instant as a person stated it, last: the instant, and who (S5).
    pub loss_stated: Option<(Timestamp, String)>,
    /// By when it had stopped at the latest: when it was said to be fenced, and when clients were moved.
    pub(super) shut: Vec<Word>,
    /// A drill's simulated loss instant.
    pub simulated_loss: Option<Timestamp>,
    /// When the restored service accepted writes.
    pub restored_at: Option<Timestamp>,
    /// When the checks and the owner had their say.
    pub validated_at: Option<Timestamp>,
    /// When clients used the fork.
    pub cut_over_at: Option<Timestamp>,
    /// When clients left the fork again.
    pub clients_left_at: Option<Timestamp>,
    /// What is known of the fork's own backups.
    pub protection: Option<Protection>,
    /// When anything of them was last seen.
    pub protection_at: Option<Timestamp>,
    /// Why the last look saw nothing of them, where it did not.
    pub protection_unseen: Option<String>,
    /// When its backups were first seen to be copied to where they are by now, where that was set after clients used it.
    pub copying_set_at: Option<Timestamp>,
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
    /// What the driver knows beyond the journal; a replay has none of it. No fact is made of it and no call
    /// is wanted for it: what is told and asked of whoever watches the driver rests on it too.
    pub live: Live,
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

/// What readiness calls the protection against removal that a fork is made without.
const UNPROTECTED: &str = "termination_protection";

/// What readiness calls that which it could not check without a point.
pub const WITHOUT_A_POINT: &str = "point";

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
            opening_head: None,
            last_at: record.at,
            last_by: record.author.clone(),
            steps,
            current: None,
            declaration: None,
            readiness: None,
            readiness_of: None,
            skew_accepted: None,
            journal: opening.journal.clone(),
            earlier: Vec::new(),
            found: Vec::new(),
            checks: None,
            owners_word: None,
            fence: Fence::of(&opening.before.service, record.at),
            loss_stated: None,
            shut: Vec::new(),
            simulated_loss: None,
            restored_at: None,
            validated_at: None,
            cut_over_at: None,
            clients_left_at: None,
            protection: None,
            protection_at: None,
            protection_unseen: None,
            copying_set_at: None,
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

    /// Whether a clock is so far off that a person must say that the run goes on (S25).
    pub fn waits_for_skew(&self) -> bool {
        self.skew_accepted.is_none() && self.opening.clock_blocks().is_some()
    }

    /// What an open run tells the board of its primary. Whether that answers is as true in a drill, whose loss is only
    /// simulated: what people say of that is not said of the service.
    pub fn heard(&self) -> Option<Heard> {
        let words = if self.is_drill() { Vec::new() } else { self.words() };
        let either_from = self.fence.may_be_a_fork_from(self.cut_over_at.is_some());
        let is_of_one_on = !self.is_drill() && !self.fence.is_off();
        (!self.is_over()).then(|| Heard {
            run: self.id().to_owned(),
            life: self.fence.life,
            words,
            either_from,
            on_at: is_of_one_on.then_some(self.opened_at),
        })
    }

    /// What is news to it of what the board knows of its primary: whether that was found off, and signs of life that move
    /// its loss instant. That it still answers is seen by the run itself.
    pub fn news(&self, life: Life, power: Power) -> Option<Event> {
        if self.is_drill() || self.is_over() {
            return None;
        }
        if self.fence.learns(power) {
            return Some(Event::PowerSeen { power });
        }
        let life = self.fence.counted(life, power);
        let is_news = self.lost_at(self.life_with(life)) != self.lost_at(self.fence.life);
        is_news.then_some(Event::LifeSeen { life })
    }

    /// Signs of life of its primary when it began, the silence of one that was found off aside.
    pub(super) fn life_before(&self) -> Life {
        let life = self.opening.before.service.life();
        if self.fence.was_found_off() { life.without_silence() } else { life }
    }

    /// Its signs of life, and those that are known beside it. Once the address that is probed may lead to the fork, no
    /// answer says from when data is lost (S5), and once clients use the fork nothing that is seen does.
    pub(super) fn life_with(&self, known: Life) -> Life {
        let known = self.fence.either_from.map_or(known, |from| known.probed_until(from));
        self.fence.life.merged(self.cut_over_at.map_or(known, |moved| known.until(moved)))
    }

    /// Whether what is probed is the present fork's own address, as its provider told it.
    pub fn probes_its_fork(&self) -> bool {
        let told = self.attempt.progress.as_ref().and_then(|(_, told)| told.address.as_ref());
        let own = told.map(|address| format!("{}:{}", address.host, address.port));
        own.is_some() && own.as_deref() == self.opening.member.probed()
    }

    /// The fork that an earlier incident had moved the clients of the service to when this incident began: that is what
    /// stopped now, and no sign of life of what they left says when.
    pub fn left_for(&self) -> Option<&ClientsMoved> {
        self.opening.before.clients_moved.as_ref().filter(|_| !self.is_drill())
    }

    /// Whether clients may have used a fork when this incident began, which was not known.
    pub(super) fn may_have_been_left(&self) -> bool {
        let before = &self.opening.before;
        !self.is_drill() && before.clients_moved.is_none() && before.assessment.may_have_been_left()
    }

    /// From when data is lost, by signs of life and by what people said.
    pub(super) fn lost_at(&self, life: Life) -> Option<LossInstant> {
        match self.left_for() {
            Some(moved) => Some(moved.lost_at(&self.words())),
            None => life.lost_at(&self.words()),
        }
    }

    /// What people said of when the primary was lost, the most telling first (S5).
    pub(super) fn words(&self) -> Vec<Word> {
        let stated = self.loss_stated.clone().map(|(at, by)| Word { at, by, is: WordIs::LossInstant });
        let down = self.declaration.as_ref().and_then(|(_, declaration)| declaration.down());
        stated.into_iter().chain(down).chain(self.shut.iter().cloned()).collect()
    }

    /// What speaks against the word on since when the service is down; of a fork that clients had been moved to no sign
    /// of life does.
    pub fn contradicted(&self) -> Option<String> {
        let declaration = self.declaration.as_ref().map(|(_, declaration)| declaration);
        let declaration = declaration.filter(|_| !self.is_drill() && self.left_for().is_none());
        declaration.and_then(|declaration| declaration.contradicted(&self.fence.life))
    }

    /// Whether it stands still by a person's wish.
    pub fn is_paused(&self) -> bool {
        self.pauses.last().is_some_and(|(_, end)| end.is_none())
    }

    /// Whether somebody left it and nobody took it up again.
    pub fn is_left(&self) -> bool {
        self.gaps.last().is_some_and(|(_, end)| end.is_none())
    }

    /// Since when its old primary is to be fenced, or that overridden in writing, before clients are moved (S22).
    pub fn unfenced_since(&self) -> Option<Timestamp> {
        let is_owed = !self.is_over() && self.cut_over_at.is_none() && !self.fence.lets_cut_over();
        self.fence.opened_at.filter(|_| is_owed)
    }

    /// What readiness warned of that is to be done to the fork before clients use it.
    pub fn to_protect(&self) -> Option<&str> {
        let warns = |item: &&ReadinessItem| item.check == UNPROTECTED && item.state == ReadinessState::Warn;
        self.readiness.iter().flatten().find(warns).map(|item| item.text.as_str())
    }

    /// What the owner said of the restored data, in words.
    pub fn owners_answer(&self) -> Option<String> {
        let (by, accepted, _) = self.owners_word.as_ref()?;
        Some(format!("{by}, {}", if *accepted { "good to use" } else { "not good to use" }))
    }

    /// What goes on without us once the run is left (S21), to follow that it was; nothing while no restore runs.
    pub fn goes_on(&self) -> &'static str {
        match &self.attempt.fork {
            _ if self.is_over() => "",
            ForkStanding::Mine | ForkStanding::Asked(Asked { accepted: Some(_), .. }) => {
                "; its restore goes on"
            }
            ForkStanding::Asked(_) => "; its restore goes on, if it was begun",
            ForkStanding::NotAsked
            | ForkStanding::NotTaken { .. }
            | ForkStanding::Absent
            | ForkStanding::Refused { .. }
            | ForkStanding::Foreign(_)
            | ForkStanding::Restored(_)
            | ForkStanding::Failed { .. } => "",
        }
    }

    /// When it ended, or its last event while it is open.
    pub fn ended_at(&self) -> Timestamp {
        self.closed.as_ref().map_or(self.last_at, |(at, _)| *at)
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

    /// Why what the step under way has to read cannot be read, where a call for it had no answer.
    pub fn unread(&self) -> Option<&Trouble> {
        let step = self.current_step().filter(|step| step.status == StepStatus::Running)?;
        let reads = match step.step.kind {
            StepKind::Readiness => self.readiness.is_none(),
            StepKind::ChoosePoint => self.attempt.point.is_none() && self.attempt.refused.is_none(),
            _ => false,
        };
        self.live.trouble.as_ref().filter(|_| reads)
    }

    /// What the present attempt's fork was promised to hold.
    pub fn promise(&self) -> Option<Promise> {
        self.attempt.point.as_ref().map(|point| Promise {
            newest: point.promised,
            is: point.promised_is,
            agreed_at: self.attempt.confirmed_at,
            rpo: self.opening.objectives.rpo,
        })
    }

    /// The newest point that any attempt found for a target; its copy was read then.
    pub(super) fn found(&self, target: &Target) -> Option<&ForkPoint> {
        self.found.iter().filter(|point| point.target == *target).max_by_key(|point| point.last_known)
    }

    /// All attempts, oldest first.
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.earlier.iter().chain([&self.attempt])
    }
}
