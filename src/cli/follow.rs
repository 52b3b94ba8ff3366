//! Follows a run that is driven here: a line for each event, until it is over, needs a person that is
//! not here, or a signal ends this process. Long work goes on in every case (S21).

use std::sync::Arc;

use crate::clock::Clock;
use crate::domain::words;
use crate::runbook::{
    Command, JournalPlace, Need, Refused, RunState, need, nothing_known, now_line, unseen, waits_until,
};
use crate::runtime::driver::{Lines, RunHandle, Taken};
use crate::runtime::signals::Signals;

use super::answers::Answers;
use super::args::OutputForm;
use super::beside::Beside;
use super::next::Next;
use super::{Exit, Out, event_line};

/// How lines are printed, and from where in the journal.
#[derive(Debug)]
pub(crate) struct Follower {
    form: Option<OutputForm>,
    clock: Clock,
    answers: Answers,
    /// What polls tell of its old primary meanwhile.
    beside: Beside,
    /// Events that are not printed: those from before.
    printed: u64,
    /// The commands that go on with this run, as this start was given.
    next: Next,
    /// Whether the journal's head was said, as it was found or made (S31).
    head_told: bool,
    /// Whether it was said that the journal cannot be written.
    told: bool,
    /// Why the copy cannot be read, as it was said last.
    waits_for: Option<String>,
}

/// Why following ended.
enum End {
    Over,
    Left,
    Needs(Need),
    /// What it waits for cannot be seen, and nobody is here to wait.
    Unseen(String),
    /// The copy cannot be read and never was.
    NothingKnown(String),
    Signal(&'static str),
}

impl Follower {
    /// Of a run that is driven here: lines behind the first `printed`, and what answers its questions.
    pub(super) const fn new(
        form: Option<OutputForm>,
        clock: Clock,
        answers: Answers,
        beside: Beside,
        next: Next,
        printed: u64,
    ) -> Self {
        Self { form, clock, answers, beside, printed, next, head_told: false, told: false, waits_for: None }
    }

    /// Follows to the end; the exit code is that of the run (S24, S26).
    pub(crate) async fn follow(mut self, mut handle: RunHandle, out: &mut Out) -> Exit {
        let mut signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => {
                out.error(&format!("signals cannot be handled: {error}"), &[]);
                return Exit::Failed;
            }
        };
        let end = self.until_end(&mut handle, &mut signals, out).await;
        // Said before the run is left: afterwards it only waits to be taken up.
        let wanted = now_line(&handle.now(), self.clock.now());
        let why = match &end {
            End::Needs(_) => Some("a person is needed"),
            End::Unseen(_) => Some("what it waits for cannot be seen"),
            End::NothingKnown(_) => Some("nothing is known of its copy"),
            End::Signal(name) => Some(*name),
            End::Over | End::Left => None,
        };
        if let Some(why) = why
            && let Err(refused) = handle.ask(Command::Detach { why: why.to_owned() }).await
        {
            out.problem(&format!("not left in order: {refused}"));
        }
        let (last, lines) = (handle.now(), handle.lines.clone());
        let (state, trouble) = match handle.ended().await {
            Ok(state) => (state, None),
            Err(error) => (last, Some(error.to_string())),
        };
        self.print_new(&lines, out);
        self.next = self.next.for_journal(&state.journal);
        match (trouble, &end) {
            (Some(trouble), End::Needs(Need::Journal)) => {
                out.problem(&trouble);
                self.say_end(&end, &wanted, &state, out)
            }
            (Some(trouble), _) => {
                out.error(&trouble, &[&format!("`{}` takes it up again", self.next.resume())]);
                Exit::Failed
            }
            (None, _) => self.say_end(&end, &wanted, &state, out),
        }
    }

    async fn until_end(&mut self, handle: &mut RunHandle, signals: &mut Signals, out: &mut Out) -> End {
        loop {
            let state = Arc::clone(&handle.state.borrow_and_update());
            self.say_head_once(&state, out);
            self.print_new(&handle.lines, out);
            // A drill stands still until its journal can be written again; nobody can hurry that.
            let stands_still = state.is_drill() && state.live.journal_lost.is_some();
            if stands_still && !std::mem::replace(&mut self.told, true) {
                out.problem(&now_line(&state, self.clock.now()));
            }
            self.told &= stands_still;
            if let Some(news) = self.beside.news(&state)
                && handle.ask(news).await == Ok(Taken::Written)
            {
                continue;
            }
            if let Some(command) = self.answers.at_once(&state) {
                say_unless_taken(&handle.ask(command).await, out);
                continue;
            }
            if let Some(needed) = need(&state).filter(|_| !state.is_left() && !stands_still) {
                let now = self.clock.now();
                let answer = tokio::select! {
                    answer = self.answers.to(needed, &state, now, out) => answer,
                    // A question must not hold a signal back (S34).
                    stop = signals.next() => return End::Signal(stop.as_str()),
                    never = self.beside.hear_on() => match never {},
                };
                match answer {
                    // What polls tell by now goes into the journal before the run is left.
                    None if !self.answers.interactive => {
                        let heard = tokio::select! {
                            heard = self.beside.hear_all_once() => heard,
                            stop = signals.next() => return End::Signal(stop.as_str()),
                        };
                        if !heard {
                            return End::Needs(needed);
                        }
                        continue;
                    }
                    None => return End::Needs(needed),
                    Some(command) => {
                        let taken = handle.ask(command).await;
                        say_unless_taken(&taken, out);
                        if taken.is_err() && !self.answers.interactive {
                            return End::Needs(needed);
                        }
                        continue;
                    }
                }
            }
            let left = state.is_left() || stands_still || self.answers.interactive;
            if let Some(why) = nothing_known(&state).filter(|_| !left) {
                return End::NothingKnown(why);
            }
            self.say_what_it_waits_for(&state, out);
            if let Some(why) = unseen(&state, self.clock.now()).filter(|_| !left) {
                return End::Unseen(why);
            }
            tokio::select! {
                // The driver ends by itself: after the run, or when it was left.
                changed = handle.state.changed() => if changed.is_err() {
                    return if handle.now().is_over() { End::Over } else { End::Left };
                },
                () = self.beside.hear() => {}
                stop = signals.next() => return End::Signal(stop.as_str()),
            }
        }
    }

    /// Why the copy cannot be read and until when that is waited for, once for each reason.
    fn say_what_it_waits_for(&mut self, state: &RunState, out: &mut Out) {
        let why = state.unread().map(|trouble| trouble.why.clone());
        if self.waits_for == why {
            return;
        }
        self.waits_for = why;
        let (Some(trouble), Some(step)) = (state.unread(), state.current) else { return };
        let ends = || waits_until(state).filter(|_| !self.answers.interactive).map(words::instant);
        let then = trouble
            .goes_on()
            .or_else(|| ends().map(|at| format!("it is waited for until {at}; then the run is left open")))
            .unwrap_or_else(|| "it is tried again by itself; ctrl-c leaves the run open".to_owned());
        out.problem(&format!("{} waits: {}; {then}", step.title(), trouble.why));
    }

    /// Whoever keeps this line can prove later that what was before it was not written anew (S31).
    fn say_head_once(&mut self, state: &RunState, out: &mut Out) {
        if self.form != Some(OutputForm::Json) && !self.head_told && state.live.head.is_some() {
            self.head_told = true;
            out.line(&journal_line(state));
        }
    }

    /// Prints the events that are new in the journal.
    fn print_new(&mut self, lines: &Lines, out: &mut Out) {
        for line in lines.after(self.printed) {
            self.printed += 1;
            event_line::print(&line, self.form, out);
        }
    }

    fn say_end(&self, end: &End, wanted: &str, state: &RunState, out: &mut Out) -> Exit {
        let run = state.id();
        let needed = if let End::Needs(needed) = end { Some(*needed) } else { None };
        for line in self.answers.not_taken(needed, state) {
            out.problem(&line);
        }
        match end {
            End::Over => say_over(state, self.form, &self.next, out),
            End::Needs(needed) => {
                out.problem(&format!("{run} stays open: {wanted}"));
                for command in self.ways(*needed, state) {
                    out.problem(&format!("  next: {command}"));
                }
                Exit::Unsure
            }
            End::Unseen(why) => {
                let next = self.taken_up(state);
                out.problem(&format!(
                    "left {run}: for longer than its step may take it cannot be seen how it goes on: {why}. next: {next}"
                ));
                Exit::Unsure
            }
            End::NothingKnown(why) => {
                out.problem(&format!(
                    "left {run}: {why}; nothing is known of {} there from before, so there is no point to go on with",
                    state.opening.member.service
                ));
                out.problem(&format!("  next: {}", self.taken_up(state)));
                Exit::Unsure
            }
            End::Signal(name) => {
                let next = self.taken_up(state);
                out.problem(&format!("{name}: left {run}{}. next: {next}", state.goes_on()));
                Exit::Interrupted
            }
            End::Left => {
                out.problem(&format!("{run} was left; next: {}", self.taken_up(state)));
                Exit::Unsure
            }
        }
    }

    /// The commands that go on from a need.
    fn ways(&self, needed: Need, state: &RunState) -> Vec<String> {
        match &state.journal {
            JournalPlace::WithoutJournal { .. } => vec![self.taken_up(state)],
            _ => self.next.commands(needed, state),
        }
    }

    /// The command that takes the run up again; without a journal there is none.
    fn taken_up(&self, state: &RunState) -> String {
        match &state.journal {
            JournalPlace::WithoutJournal { file } => format!(
                "none: a run without a journal cannot be resumed; its events are in {}, its fork is {}",
                file.as_deref().unwrap_or("what was printed"),
                state.attempt.name
            ),
            _ => self.next.resume(),
        }
    }
}

/// How far the journal of a run goes, and the hash that says so (S31).
fn journal_line(state: &RunState) -> String {
    let head = state.live.head.as_deref().unwrap_or("unknown");
    format!("journal of {}: {} events, head {head}", state.id(), state.last_seq)
}

/// Says what did not go into the journal: what was refused, and what waits to be written.
fn say_unless_taken(taken: &Result<Taken, Refused>, out: &mut Out) {
    match taken {
        Ok(Taken::Written) => {}
        Ok(Taken::Held(held)) => out.problem(held),
        Err(refused) => out.problem(&format!("not taken: {refused}")),
    }
}

/// What is said of a run that is over; the exit code is that of the run (S24).
pub(super) fn say_over(state: &RunState, form: Option<OutputForm>, next: &Next, out: &mut Out) -> Exit {
    if form != Some(OutputForm::Json) {
        out.line(&journal_line(state));
        out.line(&format!("report: {}", next.report()));
    }
    state.closed.as_ref().map_or(Exit::Failed, |(_, conclusion)| Exit::of(conclusion.result))
}
