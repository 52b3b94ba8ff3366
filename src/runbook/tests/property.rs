//! Whatever happens in whatever order, some things never do.

use chrono::TimeDelta;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::domain::Target;
use crate::domain::fork::{Found, ProgressState, ReadinessItem, ReadinessState, Removal, StartOutcome};
use crate::domain::sample::at;
use crate::runbook::sample::{Journal, OPENED, Trouble, World, declaration, opening, progress, willing};
use crate::runbook::*;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Act {
    /// A person asks something, sensible or not.
    Ask(Command),
    /// The person does what the run asks for.
    Willing,
    /// The world answers one of the calls that are wanted.
    Answer(usize),
    /// An answer nobody asked for, or an odd one.
    Odd(Answer),
    /// Time passes, seconds.
    Later(i64),
    /// The person does what the run asks for or the world answers; kill -9 after so many of its events are down,
    /// and back.
    Crash(usize),
    /// The next start goes wrong.
    Trouble(Trouble),
    /// Something foreign takes the present name.
    Squat,
}

fn command() -> impl Strategy<Value = Command> {
    let name = prop_oneof![3 => Just("orders-db".to_owned()), 1 => Just("orders".to_owned())];
    let reason = prop_oneof![3 => Just("because".to_owned()), 1 => Just(" ".to_owned())];
    prop_oneof![
        Just(Command::Declare(declaration())),
        name.clone().prop_map(|typed| Command::Confirm { typed, simulated_loss: None, newest_there: None }),
        Just(Command::ChoosePoint(Target::Oldest)),
        Just(Command::Pause),
        Just(Command::Unpause),
        Just(Command::Retry),
        Just(Command::RetryAbsent),
        reason.clone().prop_map(|reason| Command::Skip { reason }),
        reason.clone().prop_map(|reason| Command::NewAttempt { reason, target: None }),
        (any::<bool>(), reason.clone()).prop_map(|(accepted, text)| Command::OwnersWord {
            by: "bert".to_owned(),
            accepted,
            text
        }),
        reason.clone().prop_map(|how| Command::Fence { how }),
        reason.clone().prop_map(|reason| Command::OverrideFence { reason }),
        reason.clone().prop_map(|text| Command::CutOverDone { text }),
        name.prop_map(|typed| Command::CleanUp { typed }),
        reason.clone().prop_map(|reason| Command::Abort { typed: "orders-db".to_owned(), reason }),
        reason.prop_map(|text| Command::Note { text }),
        Just(Command::Detach { why: "asked".to_owned() }),
    ]
}

fn odd() -> impl Strategy<Value = Answer> {
    let attempt = 1u32..4;
    let state = prop_oneof![
        Just(ProgressState::Working),
        Just(ProgressState::Restored { newest_commit: None }),
        any::<bool>()
            .prop_map(|can_resume| ProgressState::Failed { why: "disk full".to_owned(), can_resume }),
        Just(ProgressState::CannotTell { why: "HTTP 503".to_owned() }),
    ];
    let removal = prop_oneof![
        Just(Removal::Pending { why: "still listed".to_owned() }),
        Just(Removal::CannotTell { why: "HTTP 503".to_owned() }),
        Just(Removal::Failed { why: "HTTP 403".to_owned() }),
        Just(Removal::Foreign { what: "no tag".to_owned() }),
    ];
    let found = prop_oneof![
        Just(Found::Mine),
        Just(Found::Absent),
        Just(Found::Foreign { what: "no tag".to_owned() }),
        Just(Found::CannotTell { why: "HTTP 503".to_owned() }),
    ];
    prop_oneof![
        (attempt.clone(), state).prop_map(|(n, state)| Answer::Progress(n, progress("phase", state))),
        (attempt.clone(), removal).prop_map(|(n, removal)| Answer::Removed(n, removal)),
        (attempt.clone(), found).prop_map(|(n, found)| Answer::Found(n, found)),
        attempt.prop_map(|n| Answer::Started(n, StartOutcome::Unknown { why: "late".to_owned() })),
        any::<bool>().prop_map(|answers| Answer::Primary {
            answers,
            calls: 1,
            text: "probe".to_owned(),
            last_answer: None
        }),
        Just(Answer::Readiness(vec![ReadinessItem {
            check: "disk_space".to_owned(),
            state: ReadinessState::Fail,
            text: "12 GiB free, 79 needed".to_owned(),
            host: None,
        }])),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => Just(Act::Willing),
        8 => (0usize..4).prop_map(Act::Answer),
        3 => command().prop_map(Act::Ask),
        2 => odd().prop_map(Act::Odd),
        3 => (1i64..400).prop_map(Act::Later),
        2 => (0usize..4).prop_map(Act::Crash),
        1 => prop_oneof![
            Just(Trouble::AnswerLost),
            Just(Trouble::CallLost),
            Just(Trouble::Refused),
            (0i64..600).prop_map(|s| Trouble::NotTaken(at(OPENED) + TimeDelta::seconds(s))),
        ]
        .prop_map(Act::Trouble),
        1 => Just(Act::Squat),
    ]
}

/// The world and the journal, and what must hold between them.
struct Watched {
    journal: Journal,
    world: World,
    squatted: Vec<String>,
}

impl Watched {
    fn act(&mut self, act: Act) {
        match act {
            Act::Ask(command) => {
                self.journal.command(command).ok();
            }
            Act::Willing => {
                if let Some(command) = willing(&self.journal.state) {
                    self.journal.command(command).ok();
                }
            }
            Act::Answer(nth) => {
                let wanted = effects(&self.journal.state);
                if let Some(effect) = wanted.get(nth % wanted.len().max(1)) {
                    let answer = self.world.answer(&effect.call, self.journal.now);
                    self.journal.answer(answer);
                }
            }
            Act::Odd(answer) => {
                self.journal.answer(answer);
            }
            Act::Later(seconds) => {
                self.journal.later(seconds);
                self.journal.input(&Input::Tick).unwrap();
            }
            Act::Crash(written) => {
                self.journal.dies_after = Some(self.journal.records.len() + written);
                self.act(Act::Willing);
                self.act(Act::Answer(written));
                self.journal = Journal::revive(self.journal.records.clone(), self.journal.now);
            }
            Act::Trouble(trouble) => self.world.troubles.push_back(trouble),
            Act::Squat => {
                let name = self.journal.state.attempt.name.clone();
                if !self.world.forks.contains_key(&name) {
                    self.world.forks.insert(name.clone(), None);
                    self.squatted.push(name);
                }
            }
        }
    }

    fn holds(&self) -> Result<(), TestCaseError> {
        let state = &self.journal.state;
        let events = || self.journal.records.iter().map(|record| &record.event);
        for attempt in state.attempts() {
            let intended = events()
                .filter(|event| matches!(event, Event::ForkIntended { request, .. } if request.attempt == attempt.number))
                .count();
            let starts = self.world.starts.get(&attempt.number).copied().unwrap_or_default();
            prop_assert!(usize::try_from(starts).unwrap() <= intended, "a start without its own intent");
            let by_itself = events().filter(|event| {
                matches!(event, Event::ForkIntended { request, why: Sending::First } if request.attempt == attempt.number)
            });
            prop_assert!(by_itself.count() <= 1, "asked for twice without a person");
        }
        prop_assert!(self.world.made.values().all(|&made| made <= 1), "two forks of one attempt");
        if state.is_drill() {
            prop_assert!(state.step(StepKind::CutOver).is_none());
            let touches_production = |event: &Event| {
                matches!(
                    event,
                    Event::Fenced { .. } | Event::FenceOverridden { .. } | Event::CutOverConfirmed { .. }
                )
            };
            prop_assert!(!events().any(touches_production));
        }
        if state.cut_over_at.is_some() {
            prop_assert!(state.fence.fenced.is_some() || state.fence.overridden.is_some());
        }
        for effect in effects(state) {
            if let Call::RemoveFork(request) = &effect.call {
                let attempt = state.attempts().find(|attempt| attempt.number == request.attempt);
                let foreign = attempt.is_some_and(|attempt| matches!(attempt.fork, ForkStanding::Foreign(_)));
                prop_assert!(!foreign, "clean-up names what is not ours");
            }
        }
        let agreed = agreed_to_remove(self.journal.records.iter());
        for name in &self.world.removed {
            prop_assert!(agreed.contains(&name), "{name} removed without agreement");
        }
        Ok(())
    }

    /// What the driver knows beyond the journal makes no fact, and no call is wanted for it (S31).
    fn rests_on_its_journal(&self) -> Result<(), TestCaseError> {
        let (state, now) = (&self.journal.state, self.journal.now);
        let why = || "disk full".to_owned();
        let mut driven = state.clone();
        driven.live.progress = Some((now, progress("phase", ProgressState::CannotTell { why: why() })));
        driven.live.journal_lost = Some(why());
        let trouble =
            crate::runbook::Trouble { why: why(), again_at: None, is_asked: true, since: now, known: None };
        driven.live.trouble = Some(trouble);
        prop_assert_eq!(effects(&driven), effects(state));
        for input in [Input::Tick, Input::Resumed, Input::Command(Command::Retry)] {
            prop_assert_eq!(decide(&driven, &input, now), decide(state, &input, now));
        }
        Ok(())
    }

    /// A run that is neither over nor left either does something, waits for its time or asks a person.
    fn is_never_at_a_loss(&self) -> Result<(), TestCaseError> {
        let state = &self.journal.state;
        let in_time = |again_at| again_at > self.journal.now;
        let waits = matches!(state.current, Some(StepKind::Fork | StepKind::Wait))
            && matches!(state.attempt.fork, ForkStanding::NotTaken { again_at, .. } if in_time(again_at));
        let idle = !waits && effects(state).iter().all(|effect| matches!(effect.call, Call::ProbePrimary(_)));
        let begun = state.current.is_some();
        if begun && !state.is_over() && !state.is_left() {
            prop_assert!(
                !idle || need(state).is_some(),
                "nothing happens and nobody is asked: {:?}",
                state.current
            );
        }
        prop_assert!(!now_line(state, self.journal.now).is_empty());
        prop_assert!(rows(state, self.journal.now).len() >= state.steps.len());
        Ok(())
    }
}

/// The forks that were agreed to be removed.
fn agreed_to_remove<'a>(records: impl Iterator<Item = &'a Record>) -> Vec<&'a String> {
    let agreed = records.filter_map(|record| match &record.event {
        Event::CleanUpConfirmed { forks, .. } => Some(forks),
        _ => None,
    });
    agreed.flatten().collect()
}

proptest! {
    #[test]
    fn any_order_of_events_keeps_the_promises(
        drill: bool,
        yes: bool,
        acts in vec(act(), 1..120),
    ) {
        let kind = if drill { RunKind::Drill } else { RunKind::Incident };
        let mut opening = opening(kind);
        opening.assume_yes = drill && yes;
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        let mut watched = Watched { journal, world: World::default(), squatted: Vec::new() };
        for act in acts {
            watched.act(act);
            watched.holds()?;
            watched.rests_on_its_journal()?;
            watched.is_never_at_a_loss()?;
            if watched.journal.state.is_left() {
                watched.act(Act::Crash(0));
            }
        }
        prop_assert_eq!(&replay(&watched.journal.records).unwrap(), &watched.journal.state);
        for record in &watched.journal.records {
            let line = serde_json::to_string(record).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Record>(&line).unwrap(), record);
        }
        // What is foreign is still there, whatever was cleaned up.
        for name in &watched.squatted {
            prop_assert!(watched.world.forks.contains_key(name), "{} was removed", name);
        }
    }

    #[test]
    fn an_aborted_run_keeps_every_fork_until_it_is_told_otherwise(acts in vec(act(), 1..60)) {
        let mut journal = Journal::open(opening(RunKind::Drill));
        journal.input(&Input::Tick).unwrap();
        let mut watched = Watched { journal, world: World::default(), squatted: Vec::new() };
        for act in acts {
            if watched.journal.state.is_left() {
                watched.act(Act::Crash(0));
            }
            watched.act(act);
        }
        let before = watched.world.removed.len();
        watched.journal.command(Command::Abort { typed: "orders-db".to_owned(), reason: "enough".to_owned() }).ok();
        watched.act(Act::Crash(0));
        for nth in 0..4 {
            watched.act(Act::Answer(nth));
        }
        // A person may have ended the run earlier, and agreed to its clean-up since.
        let records = &watched.journal.records;
        let aborted = records.iter().rposition(|record| matches!(record.event, Event::Aborted { .. }));
        if let Some(aborted) = aborted {
            let agreed = agreed_to_remove(records.iter().skip(aborted));
            for name in watched.world.removed.iter().skip(before) {
                prop_assert!(agreed.contains(&name), "{} removed without agreement since the end", name);
            }
        }
    }
}
