//! What answers the questions of a run: flags, each used once, else the person at the terminal.

use std::io::{BufRead, IsTerminal};

use crate::domain::{Target, Timestamp};
use crate::runbook::{
    Command, Declaration, JournalPlace, Need, RunState, StepKind, WITHOUT_JOURNAL, now_line,
};

use super::Out;
use super::agreed::Meant;
use super::args::{OutputForm, ResumeArgs, StandingArgs};

/// What answers the questions of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers {
    /// Given by flags, for when they are asked for.
    given: Vec<(Need, Command)>,
    /// Words on what had not come yet when they were said: they can be true of nothing.
    too_early: Vec<Command>,
    /// The typed name of the service (`--confirm`), for questions that ask for it.
    confirm: Option<String>,
    /// To which points that name agrees.
    meant: Meant,
    /// Whether a person sits at a terminal and may be asked.
    pub(crate) interactive: bool,
    /// Who answers.
    who: String,
}

impl Answers {
    /// A person at a terminal may be asked, unless lines are for programs.
    pub(crate) fn at_terminal(who: String, form: Option<OutputForm>) -> Self {
        let interactive = form != Some(OutputForm::Json)
            && std::io::stdin().is_terminal()
            && std::io::stdout().is_terminal();
        Self { interactive, who, ..Self::default() }
    }

    /// With the service's name, typed.
    #[must_use]
    pub(crate) fn confirming(mut self, confirm: Option<String>) -> Self {
        self.confirm = confirm;
        self
    }

    /// With whether somebody said which point is meant.
    #[must_use]
    pub(crate) fn naming_point(mut self, named: bool) -> Self {
        self.meant.named = named;
        self
    }

    /// With an answer to a question that may come.
    #[must_use]
    pub(crate) fn knowing(mut self, need: Need, answer: Option<Command>) -> Self {
        self.given.extend(answer.map(|answer| (need, answer)));
        self
    }

    /// With those that hold from the beginning on.
    #[must_use]
    pub(crate) fn standing(self, args: &StandingArgs) -> Self {
        let fenced = args.fenced.clone().map(|how| Command::Fence { how });
        let overridden = args.override_fence.clone().map(|reason| Command::OverrideFence { reason });
        let folder = args.fallback_dir.as_ref().map(|folder| folder.display().to_string());
        self.knowing(Need::Fence, fenced.or(overridden))
            .knowing(Need::ClockSkew, args.accept_skew.clone().map(|reason| Command::AcceptSkew { reason }))
            .knowing(
                Need::Journal,
                folder.map(|path| Command::MoveJournal { to: JournalPlace::OtherFolder { path } }),
            )
    }

    /// With those of `runs resume`.
    #[must_use]
    pub(crate) fn of(self, args: &ResumeArgs) -> Self {
        let words = args.words.clone().unwrap_or_default();
        let word = |by: &Option<String>, accepted| {
            by.clone().map(|by| Command::OwnersWord { by, accepted, text: words.clone() })
        };
        let to = args.to.clone().filter(|_| args.new_attempt.is_none());
        let declared = args.declared_by.clone().map(|by| {
            Command::Declare(Declaration {
                by,
                scenario: args.scenario.clone(),
                criteria: args.criteria.clone(),
                down_since: args.down_since,
                detected: args.detected,
                loss_instant: None,
            })
        });
        self.confirming(args.confirm.clone())
            .naming_point(args.to.is_some())
            .standing(&args.standing)
            .knowing(Need::OtherPoint, to.map(Command::ChoosePoint))
            .knowing(Need::OwnersWord, word(&args.accepted_by, true).or(word(&args.not_accepted_by, false)))
            .knowing(Need::CutOver, args.cut_over_done.clone().map(|text| Command::CutOverDone { text }))
            .knowing(Need::Declaration, declared)
    }

    /// With those of the words given that can be meant of the run as it stands: nobody can have found good, or
    /// moved clients to, what is not restored and checked.
    #[must_use]
    pub(crate) fn about(mut self, state: &RunState) -> Self {
        self.meant.shown.clone_from(&state.attempt.point);
        // Who declares a run that was declared is only who answers for it now.
        self.given.retain(|(need, _)| *need != Need::Declaration || state.declaration.is_none());
        let judged = |need: &Need| matches!(need, Need::OwnersWord | Need::CutOver);
        let there = match state.current {
            Some(StepKind::Validate) => state.checks.is_some(),
            Some(step) => step > StepKind::Validate,
            None => false,
        };
        if !there {
            let (early, given) = self.given.into_iter().partition(|(need, _)| judged(need));
            self.given = given;
            self.too_early = early.into_iter().map(|(_, command): (Need, Command)| command).collect();
        }
        self
    }

    /// What was given and holds from the moment it can be taken on, whatever the run asks for: a fence is
    /// shut when it is shut, a later word on how corrects an earlier one, and so is what goes without it.
    pub(crate) fn at_once(&mut self, state: &RunState) -> Option<Command> {
        let is_fence = |(_, command): &(Need, Command)| {
            matches!(command, Command::Fence { .. } | Command::OverrideFence { .. })
        };
        let can_be_told = state.fence.opened_at.is_some() && !state.is_over();
        let position = self.given.iter().position(is_fence).filter(|_| can_be_told)?;
        Some(self.given.remove(position).1)
    }

    /// What was given for a question that the run never came to, because it needs something else first:
    /// nothing that a person said is dropped without a word.
    pub(crate) fn not_taken(&self, needed: Option<Need>, state: &RunState) -> Vec<String> {
        const EARLY: &str =
            "it was said before there was a restored and checked service; say it once that is there";
        let why = match needed {
            Some(Need::Fence) => "cut over is blocked by the fence, which comes first",
            Some(_) => "the run needs something else first",
            None if state.is_over() => "the run is over and did not ask for it",
            None => "the run was left before it asked for it",
        };
        let given = self.given.iter().map(|(_, command)| (command, why));
        let early = self.too_early.iter().map(|command| (command, EARLY));
        let flags = given.chain(early).filter_map(|(command, why)| Some((flag(command)?, why.to_owned())));
        let unseen = self.confirm.as_ref().and_then(|_| self.unseen(needed?, state));
        let flags = flags.chain(unseen.map(|why| ("--confirm", why)));
        flags.map(|(flag, why)| format!("not taken: {flag}: {why}")).collect()
    }

    /// The command that answers a need, if anything here can answer it.
    pub(crate) async fn to(
        &mut self,
        needed: Need,
        state: &RunState,
        now: Timestamp,
        out: &mut Out,
    ) -> Option<Command> {
        if self.unseen(needed, state).is_none()
            && let Some(known) = self.known(needed)
        {
            return Some(known);
        }
        if !self.interactive {
            return None;
        }
        out.line(&now_line(state, now));
        ask_for(needed, &self.who, state, out).await
    }

    /// Why the typed name does not agree to the point that waits for it.
    fn unseen(&self, needed: Need, state: &RunState) -> Option<String> {
        let names_another = self.given.iter().any(|(need, _)| *need == Need::OtherPoint);
        self.meant.unseen(state).filter(|_| needed == Need::ConfirmPoint && !names_another)
    }

    /// What flags say to a need; each once. Another point comes before its confirmation.
    fn known(&mut self, needed: Need) -> Option<Command> {
        let position = self.given.iter().position(|(need, _)| {
            *need == needed || (needed, *need) == (Need::ConfirmPoint, Need::OtherPoint)
        });
        if let Some(position) = position {
            return Some(self.given.remove(position).1);
        }
        let typed = self.confirm.clone()?;
        match needed {
            Need::ConfirmPoint => Some(Command::Confirm { typed, simulated_loss: None, newest_there: None }),
            Need::ConfirmCleanUp => Some(Command::CleanUp { typed }),
            _ => None,
        }
    }
}

/// The flag of an answer that is meant for now. That a clock may be off is said for the case that it is.
const fn flag(command: &Command) -> Option<&'static str> {
    match command {
        Command::CutOverDone { .. } => Some("--cut-over-done"),
        Command::OwnersWord { accepted: true, .. } => Some("--accepted-by"),
        Command::OwnersWord { accepted: false, .. } => Some("--not-accepted-by"),
        Command::ChoosePoint(_) => Some("--to"),
        Command::Declare(_) => Some("--declared-by"),
        Command::Fence { .. } => Some("--fenced"),
        Command::OverrideFence { .. } => Some("--override-fence"),
        _ => None,
    }
}

async fn ask_for(needed: Need, who: &str, state: &RunState, out: &mut Out) -> Option<Command> {
    let (question, command): (_, fn(String) -> Option<Command>) = match needed {
        Need::ConfirmPoint => ("type the name of the service to fork to this point", |typed| {
            Some(Command::Confirm { typed, simulated_loss: None, newest_there: None })
        }),
        Need::ConfirmCleanUp => {
            ("type the name of the service to remove the fork", |typed| Some(Command::CleanUp { typed }))
        }
        Need::OwnersWord => {
            let spoken_for = state.opening.member.owner.as_deref().unwrap_or(who);
            return owners_word(spoken_for, async |question| ask(question, out).await).await;
        }
        Need::Fence => return fence(state.to_fence(), async |question| ask(question, out).await).await,
        Need::CutOver => {
            ("what was done to move clients? (empty: stop here)", |text| Some(Command::CutOverDone { text }))
        }
        Need::ClockSkew => ("why does it go on with a clock that is off? (empty: stop here)", |reason| {
            Some(Command::AcceptSkew { reason })
        }),
        Need::Journal => (JOURNAL_QUESTION, |text| Some(Command::MoveJournal { to: place(text) })),
        Need::OtherPoint => ("another point: newest, oldest, an instant with Z, or a backup", |text| {
            target(&text).map(Command::ChoosePoint)
        }),
        Need::Unpause => ("the run is paused: type go to go on (empty: stop here)", |text| {
            (text == "go").then_some(Command::Unpause)
        }),
        Need::Protection => (
            "how is the restored service protected by now? that skips the rest (empty: stop here)",
            |reason| Some(Command::Skip { reason }),
        ),
        Need::Declaration | Need::AbsentDecision | Need::FailedStep => return None,
    };
    command(ask(question, out).await?)
}

/// Who speaks is asked for, as it is in the dashboard: whoever types may be another.
async fn owners_word(owner: &str, mut ask: impl AsyncFnMut(&str) -> Option<String>) -> Option<Command> {
    let who = format!("who says whether the restored service is good to use? (empty: {owner})");
    let by = ask(&who).await.unwrap_or_else(|| owner.to_owned());
    let question = format!("is the restored service good to use, says {by}? yes or no");
    let (accepted, said) = decided(&question, &mut ask).await?;
    let text = if accepted { said } else { ask("why not?").await.unwrap_or(said) };
    Some(Command::OwnersWord { by, accepted, text })
}

/// No word that was meant for another question is a fence.
async fn fence(what: &str, mut ask: impl AsyncFnMut(&str) -> Option<String>) -> Option<Command> {
    let question = format!("is {what} shut, so that it cannot take writes? yes or no (empty: stop here)");
    let (true, _) = decided(&question, &mut ask).await? else { return None };
    let how = ask(&format!("how was {what} fenced? (empty: stop here)")).await?;
    Some(Command::Fence { how })
}

/// Yes or no, and how it was said. What is journalled for ever is asked again until it is one of the two.
async fn decided(
    question: &str,
    ask: &mut impl AsyncFnMut(&str) -> Option<String>,
) -> Option<(bool, String)> {
    let mut said = ask(question).await?;
    loop {
        if let Some(yes) = yes_or_no(&said) {
            return Some((yes, said));
        }
        said = ask(&format!("`{said}` is neither yes nor no: {question}")).await?;
    }
}

fn yes_or_no(said: &str) -> Option<bool> {
    match said.trim_end_matches(['.', '!']).to_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    }
}

/// What is asked when there is nowhere to write a journal (S25).
pub(crate) const JOURNAL_QUESTION: &str = "another folder for the journal (/path), or WITHOUT JOURNAL: every event is then written here and to a second file";

fn place(text: String) -> JournalPlace {
    if text == WITHOUT_JOURNAL {
        JournalPlace::WithoutJournal { file: None }
    } else {
        JournalPlace::OtherFolder { path: text }
    }
}

fn target(text: &str) -> Option<Target> {
    crate::domain::target::parse(text).ok()
}

/// Asks the person at the terminal; `None` when there is no answer.
pub(crate) async fn ask(question: &str, out: &mut Out) -> Option<String> {
    out.line(&format!("? {question}"));
    read_line().await
}

/// One line of standard input, without blanks around it; `None` at its end or when it is empty.
async fn read_line() -> Option<String> {
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

#[cfg(test)]
mod tests;
