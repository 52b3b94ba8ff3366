//! Follows a run that is driven here: a line for each event, until it is over, needs a person that is
//! not here, or a signal ends this process. Long work goes on in every case (S21).

use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

use crate::clock::Clock;
use crate::ledger::{Ledger, chain};
use crate::runbook::{Command, Need, RunState, need, now_line};
use crate::runtime::driver::RunHandle;
use crate::runtime::signals::Signals;

use super::args::OutputForm;
use super::{Exit, Out, event_line};

/// What answers the questions of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    /// The typed name of the service (`--confirm`), for questions that ask for it.
    pub(crate) confirm: Option<String>,
    /// Whether a person sits at a terminal and may be asked.
    pub(crate) interactive: bool,
    /// Who answers.
    pub(crate) who: String,
}

impl Answers {
    /// A person at a terminal may be asked, unless lines are for programs.
    pub(crate) fn at_terminal(who: String, form: Option<OutputForm>) -> Self {
        let interactive = form != Some(OutputForm::Json)
            && std::io::stdin().is_terminal()
            && std::io::stdout().is_terminal();
        Self { confirm: None, interactive, who }
    }
}

/// How lines are printed, and from where in the journal.
#[derive(Debug)]
pub(crate) struct Follower {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) form: Option<OutputForm>,
    pub(crate) clock: Clock,
    pub(crate) answers: Answers,
    /// Events that are not printed: those from before.
    pub(crate) printed: u64,
    /// The command that takes this run up again, as this start was given.
    pub(crate) resume: String,
}

/// Why following ended.
enum End {
    Over,
    Left,
    Needs(Need),
    Signal(&'static str),
}

impl Follower {
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
            End::Signal(name) => Some(*name),
            End::Over | End::Left => None,
        };
        if let Some(why) = why
            && let Err(refused) = handle.ask(Command::Detach { why: why.to_owned() }).await
        {
            out.problem(&format!("not left in order: {refused}"));
        }
        let last = handle.now();
        let (state, trouble) = match handle.ended().await {
            Ok(state) => (state, None),
            Err(error) => (last, Some(error.to_string())),
        };
        self.print_new(&state, out).await;
        if let Some(trouble) = trouble {
            out.error(&trouble, &[&format!("`{}` takes it up again", self.resume)]);
            return Exit::Failed;
        }
        self.say_end(&end, &wanted, &state, out)
    }

    async fn until_end(&mut self, handle: &mut RunHandle, signals: &mut Signals, out: &mut Out) -> End {
        loop {
            let state = Arc::clone(&handle.state.borrow_and_update());
            self.print_new(&state, out).await;
            if let Some(needed) = need(&state).filter(|_| !state.is_left()) {
                let answer = tokio::select! {
                    answer = self.answer(needed, &state, out) => answer,
                    // A question must not hold a signal back (S34).
                    stop = signals.next() => return End::Signal(stop.as_str()),
                };
                match answer {
                    None => return End::Needs(needed),
                    Some(command) => {
                        if let Err(refused) = handle.ask(command).await {
                            out.problem(&format!("not taken: {refused}"));
                            if !self.answers.interactive {
                                return End::Needs(needed);
                            }
                        }
                        continue;
                    }
                }
            }
            tokio::select! {
                // The driver ends by itself: after the run, or when it was left.
                changed = handle.state.changed() => if changed.is_err() {
                    return if handle.now().is_over() { End::Over } else { End::Left };
                },
                stop = signals.next() => return End::Signal(stop.as_str()),
            }
        }
    }

    /// Prints the events that are new in the journal.
    async fn print_new(&mut self, state: &RunState, out: &mut Out) {
        if state.last_seq <= self.printed {
            return;
        }
        let (ledger, run) = (Arc::clone(&self.ledger), state.id().to_owned());
        let lines = tokio::task::spawn_blocking(move || ledger.lines(&run)).await;
        let Ok(Ok(lines)) = lines else { return };
        let from = usize::try_from(self.printed).unwrap_or(usize::MAX);
        for line in lines.iter().skip(from) {
            match chain::read(std::slice::from_ref(line)) {
                Ok(records) if self.form != Some(OutputForm::Json) => {
                    for record in &records {
                        out.line(&event_line::line(record));
                    }
                }
                _ => out.line(line),
            }
        }
        self.printed = lines.len().try_into().unwrap_or(u64::MAX);
    }

    /// The command that answers a need, if anything here can answer it.
    async fn answer(&mut self, needed: Need, state: &RunState, out: &mut Out) -> Option<Command> {
        if let Some(typed) = self.answers.confirm.clone()
            && needed == Need::ConfirmPoint
        {
            return Some(Command::Confirm { typed, simulated_loss: None });
        }
        if !self.answers.interactive {
            return None;
        }
        let who = self.answers.who.clone();
        out.line(&now_line(state, self.clock.now()));
        match needed {
            Need::ConfirmPoint => ask("type the name of the service to fork to this point", out)
                .await
                .map(|typed| Command::Confirm { typed, simulated_loss: None }),
            Need::ConfirmCleanUp => ask("type the name of the service to remove the fork", out)
                .await
                .map(|typed| Command::CleanUp { typed }),
            Need::OwnersWord => {
                ask("is the restored service good to use? yes, or why not", out).await.map(|text| {
                    let accepted = matches!(text.as_str(), "y" | "yes");
                    Command::OwnersWord { by: who, accepted, text }
                })
            }
            Need::Fence => ask("how was the old primary fenced? (empty: stop here)", out)
                .await
                .map(|how| Command::Fence { how }),
            Need::CutOver => ask("what was done to move clients? (empty: stop here)", out)
                .await
                .map(|text| Command::CutOverDone { text }),
            Need::Declaration
            | Need::OtherPoint
            | Need::AbsentDecision
            | Need::FailedStep
            | Need::Unpause => None,
        }
    }

    fn say_end(&self, end: &End, wanted: &str, state: &RunState, out: &mut Out) -> Exit {
        let run = state.id();
        match end {
            End::Over => {
                if self.form != Some(OutputForm::Json) {
                    let head = state.live.head.as_deref().unwrap_or("unknown");
                    out.line(&format!("journal of {run}: {} events, head {head}", state.last_seq));
                    out.line(&format!("report: lifeboat report {run}"));
                }
                state.closed.as_ref().map_or(Exit::Failed, |(_, conclusion)| Exit::of(conclusion.result))
            }
            End::Needs(needed) => {
                out.problem(&format!("{run} stays open: {wanted}"));
                out.problem(&format!("  next: {}", self.next(*needed)));
                Exit::Unsure
            }
            End::Signal(name) => {
                out.problem(&format!("{name}: left {run}; long work goes on. next: {}", self.resume));
                Exit::Interrupted
            }
            End::Left => {
                out.problem(&format!("{run} was left; next: {}", self.resume));
                Exit::Unsure
            }
        }
    }

    /// The command that goes on from a need.
    fn next(&self, needed: Need) -> String {
        match needed {
            Need::AbsentDecision => format!("{} --retry-absent", self.resume),
            _ => format!("{}   (at a terminal, or from the dashboard)", self.resume),
        }
    }
}

/// Asks the person at the terminal; `None` when there is no answer.
async fn ask(question: &str, out: &mut Out) -> Option<String> {
    out.line(&format!("? {question}"));
    read_line().await
}

/// One line of standard input, without blanks around it; `None` at its end or when it is empty.
pub(crate) async fn read_line() -> Option<String> {
    let (send, line) = tokio::sync::oneshot::channel();
    // A thread of its own: nobody waits at the end for a read that never ends.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).map(|_| line);
        send.send(read).ok();
    });
    let line = line.await.ok()?.ok()?;
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}
