//! The loop of one run: commands, answers and time are taken in one after the other.

mod calls;
mod write;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::executor::Outcome;
use super::super::schedule::Schedule;
use super::pen::Pen;
use super::{Asked, DriveError, RunHandle, Setup, Taken, now};
use crate::domain::fork::Protection;
use crate::domain::{Timestamp, words};
use crate::runbook::{
    Answer, Call, Command, Input, Key, Refused, RunState, StepKind, Trouble, decide, effects,
};
use write::Cause;

/// How often the machine is told that time passes, on the run's clock.
const TICK: Duration = Duration::from_secs(5);
/// However slow the run's clock is.
const LONGEST_TICK: Duration = Duration::from_secs(24 * 3600);
/// Commands that may wait to be taken.
const QUEUE: usize = 16;
/// How long leaving a run waits for a call that changes something, real time. After that its outcome
/// is unknown, and whoever comes back looks.
const LEAVE_WITHIN: Duration = Duration::from_secs(20);
/// How long a look may take that comes before what a person says is taken, real time.
const LOOK_FIRST: Duration = Duration::from_secs(15);

pub(super) struct Driver {
    setup: Setup,
    pen: Pen,
    /// Where to say whether the command in hand is taken.
    reply: Option<oneshot::Sender<Result<Taken, Refused>>>,
    /// Where to say that the journal moved, once what was held up is written where it went.
    mover: Option<oneshot::Sender<Result<Taken, Refused>>>,
    /// Commands that are to be taken after the one in hand, before anybody else's.
    behind: usize,
    state: RunState,
    published: watch::Sender<Arc<RunState>>,
    commands: mpsc::Receiver<Asked>,
    running: JoinSet<(Key, Outcome)>,
    schedule: Schedule,
    /// The call that had no answer.
    unanswered: Option<Key>,
    /// How often in a row a restore was seen done, and of which attempt.
    restored_seen: (u32, u32),
    /// Calls to the old primary that are not put down yet.
    calls: u32,
    /// When the old primary last answered: most answers are not put down.
    last_answer: Option<Timestamp>,
    /// The last look that saw the fork's own backups, if it brought nothing that is put down.
    backups_seen: Option<(Timestamp, Protection)>,
}

impl Driver {
    /// Begins to drive, and returns once the first commands are taken; or before, when the journal cannot
    /// be written: whoever gets the handle is told, and can move it (S25).
    pub(super) async fn begin(
        setup: Setup,
        pen: Pen,
        mut state: RunState,
        input: Input,
        first: Vec<Command>,
    ) -> Result<RunHandle, DriveError> {
        state.live.head = pen.head();
        let (lines, (published, watched)) = (pen.lines(), watch::channel(Arc::new(state.clone())));
        let (sender, commands) = mpsc::channel(QUEUE);
        let schedule = Schedule::new(setup.clock);
        let driver = Self {
            setup,
            pen,
            reply: None,
            mover: None,
            behind: 0,
            state,
            published,
            commands,
            running: JoinSet::new(),
            schedule,
            unanswered: None,
            restored_seen: (0, 0),
            calls: 0,
            last_answer: None,
            backups_seen: None,
        };
        let (began, taken) = oneshot::channel();
        let mut handle = RunHandle {
            state: watched,
            commands: sender,
            lines,
            driver: tokio::spawn(driver.drive(input, first, began)),
        };
        let mut held = handle.state.clone();
        let refused = tokio::select! {
            biased;
            taken = taken => taken.ok().and_then(Result::err),
            _ = held.wait_for(|state| state.live.journal_lost.is_some()) => None,
        };
        match refused {
            Some(refused) => {
                (&mut handle.driver).await.map_err(|error| DriveError::Lost(error.to_string()))??;
                Err(refused.into())
            }
            None if handle.driver.is_finished() && !handle.now().is_over() && !handle.now().is_left() => {
                Err(handle
                    .ended()
                    .await
                    .err()
                    .unwrap_or_else(|| DriveError::Lost("it ended before it began".to_owned())))
            }
            None => Ok(handle),
        }
    }

    /// The input that it begins with, then the first commands; one that is refused leaves the run.
    async fn first(&mut self, input: &Input, first: Vec<Command>) -> Result<Result<(), Refused>, DriveError> {
        self.behind = first.len();
        self.input(input).await?;
        for command in first {
            self.behind -= 1;
            if let Err(refused) = self.command(command).await? {
                // Nobody drives it from here: whoever looks at it is told so.
                self.behind = 0;
                self.command(Command::Detach { why: "what was asked was refused".to_owned() }).await?.ok();
                return Ok(Err(refused));
            }
        }
        Ok(Ok(()))
    }

    async fn drive(
        mut self,
        input: Input,
        first: Vec<Command>,
        began: oneshot::Sender<Result<(), Refused>>,
    ) -> Result<(), DriveError> {
        let ended = match self.first(&input, first).await {
            Ok(taken) => {
                self.answer_mover();
                // Whoever began may watch it already.
                began.send(taken).ok();
                self.turn().await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = &ended {
            let why = format!("nothing more is done: {error}");
            self.state.live.trouble =
                Some(Trouble { why, again_at: None, is_asked: false, since: self.now(), known: None });
            self.publish();
        }
        ended
    }

    async fn turn(&mut self) -> Result<(), DriveError> {
        let mut tick = self.next_tick();
        let mut watched = true;
        loop {
            self.start_what_is_due();
            if self.is_done() {
                return self.leave().await;
            }
            let wake = self.schedule.next_due().map_or(tick, |due| due.min(tick));
            tokio::select! {
                Some(ended) = self.running.join_next_with_id() => self.ended(ended).await?,
                asked = self.commands.recv(), if watched => {
                    watched = asked.is_some();
                    self.asked(asked).await?;
                }
                () = tokio::time::sleep_until(wake) => {}
            }
            if Instant::now() >= tick {
                tick = self.next_tick();
                self.pen.mark().await;
                self.input(&Input::Tick).await?;
                self.go_on_by_what_is_known().await?;
            }
        }
    }

    /// Takes a command; when nobody can give one any more, the run is left.
    async fn asked(&mut self, asked: Option<Asked>) -> Result<(), DriveError> {
        let Some(Asked { command, reply }) = asked else {
            let left = Command::Detach { why: "nobody watches it any more".to_owned() };
            return self.command(left).await.map(drop);
        };
        self.reply = Some(reply);
        let taken = self.command(command).await?;
        self.answer(taken.map(|()| Taken::Written));
        Ok(())
    }

    fn answer(&mut self, taken: Result<Taken, Refused>) {
        if let Some(reply) = self.reply.take() {
            // Whoever asked may have gone meanwhile.
            reply.send(taken).ok();
        }
    }

    fn now(&self) -> Timestamp {
        now(self.setup.clock)
    }

    /// In time that no setting of a wall clock moves: whoever sets this host's clock right in the midst
    /// of a run stops no look.
    fn next_tick(&self) -> Instant {
        Instant::now() + self.setup.clock.real(TICK).min(LONGEST_TICK)
    }

    fn is_done(&self) -> bool {
        self.state.is_left()
            || (self.state.is_over() && effects(&self.state).is_empty() && !self.schedule.is_acting())
    }

    /// A call that changes something is waited for a moment, so that its answer is not lost.
    async fn leave(&mut self) -> Result<(), DriveError> {
        let deadline = Instant::now() + LEAVE_WITHIN;
        while self.schedule.is_acting() {
            match tokio::time::timeout_at(deadline, self.running.join_next_with_id()).await {
                Ok(Some(ended)) => self.ended(ended).await?,
                Ok(None) | Err(_) => break,
            }
        }
        Ok(())
    }

    /// What could not be read is read at once, unless whoever was asked wants to be left alone.
    fn read_now(&mut self) -> Result<(), Refused> {
        if let Some(Trouble { again_at: Some(at), is_asked: true, .. }) = &self.state.live.trouble
            && *at > self.now()
        {
            return Err(Refused(format!("its source asked to be left alone until {}", words::instant(*at))));
        }
        self.schedule.hurry();
        Ok(())
    }

    /// The outer error ends the drive; the inner one is told to whoever asked.
    async fn command(&mut self, command: Command) -> Result<Result<(), Refused>, DriveError> {
        let waits = self.reply.is_some();
        let protects = self.state.current == Some(StepKind::Protect);
        match command {
            Command::Fence { .. } | Command::NameMoved { .. } => Box::pin(self.look_at_primary()).await?,
            Command::Skip { .. } if protects => Box::pin(self.look_at_backups()).await?,
            _ => {}
        }
        if waits && self.reply.is_none() {
            return Ok(Err(Refused("it was told meanwhile that it is not taken".to_owned())));
        }
        let command = match command {
            // What was to be gone past is done; what was said of it is kept.
            Command::Skip { reason } if protects && self.state.current != Some(StepKind::Protect) => {
                let text = format!("not skipped, for it was protected when that was looked at: {reason}");
                Command::Note { text }
            }
            command => command,
        };
        if command == Command::Retry && self.state.unread().is_some() && !self.state.is_paused() {
            return Ok(self.read_now());
        }
        let by_a_person = !matches!(command, Command::SeeLife { .. });
        match decide(&self.state, &Input::Command(command), self.now()) {
            Ok(events) => {
                if by_a_person {
                    self.state.live.refused = None;
                }
                self.write(&events, Cause::Command).await?;
                Ok(Ok(()))
            }
            Err(refused) => {
                self.state.live.refused = Some((self.now(), refused.0.clone()));
                self.publish();
                Ok(Err(refused))
            }
        }
    }

    /// A fence is judged by what the old primary does now, not by what it did before it was shut off
    /// (S22). A probe is short; other calls go on meanwhile.
    async fn look_at_primary(&mut self) -> Result<(), DriveError> {
        let Some(address) = self.state.opening.member.probe.clone() else { return Ok(()) };
        let (world, opening) = (self.setup.world.clone(), Arc::clone(&self.state.opening));
        let seen = Box::pin(world.carry_out(&opening, Call::ProbePrimary(address))).await;
        self.count_calls(&seen);
        if let Outcome::Answer(answer) | Outcome::Shaky(answer) = seen
            && let Some(answer) = self.looked(answer)
        {
            self.input(&Input::Answer(answer)).await?;
        }
        Ok(())
    }

    /// What is said for good of the fork's own backups is what is so now: somebody may have set the region that they
    /// are copied to since the last look (S2). A source that does not answer holds nothing up.
    async fn look_at_backups(&mut self) -> Result<(), DriveError> {
        let wanted = effects(&self.state).into_iter().map(|effect| effect.call);
        let look = wanted.into_iter().find(|call| matches!(call, Call::PollProtection(_)));
        let Some(look) = look else { return Ok(()) };
        let (world, opening) = (self.setup.world.clone(), Arc::clone(&self.state.opening));
        let seen = tokio::time::timeout(LOOK_FIRST, Box::pin(world.carry_out(&opening, look))).await;
        let seen = match seen {
            Ok(Outcome::Answer(answer) | Outcome::Shaky(answer)) => answer,
            Ok(Outcome::Trouble { why, .. }) => Answer::Protection(Protection::cannot_tell(why)),
            Err(_) => Answer::Protection(Protection::cannot_tell(format!(
                "asking for the fork's own backups: no answer within {}",
                words::to_the_second(LOOK_FIRST)
            ))),
        };
        if let Some(seen) = self.looked(seen) {
            self.input(&Input::Answer(seen)).await?;
        }
        Ok(())
    }

    /// Says whether anything happened.
    async fn input(&mut self, input: &Input) -> Result<bool, DriveError> {
        // Only commands are refused.
        let events = decide(&self.state, input, self.now()).unwrap_or_default();
        let happened = !events.is_empty();
        self.write(&events, Cause::World).await?;
        Ok(happened)
    }

    fn publish(&self) {
        self.published.send_replace(Arc::new(self.state.clone()));
    }
}
