//! A run concludes what its report says: one rule makes both (S5, S24, S36).

use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::support::{incident, until};
use crate::domain::fork::ProgressState;
use crate::domain::sample::at;
use crate::domain::{ClientsMoved, Liveness, LossIs, Target, Timestamp};
use crate::evidence::{Judgement, Objective, report};
use crate::runbook::sample::{Journal, World, declaration, opening, passed, progress, willing};
use crate::runbook::*;

fn objectives(journal: &Journal) -> Vec<Objective> {
    report(&journal.records, None).unwrap().objectives
}

#[test]
fn s5_a_run_that_ends_while_nothing_says_that_the_old_primary_stopped_bounds_its_loss_and_measures_it_not() {
    let mut opening = incident();
    opening.member.probe = None;
    opening.before.service.liveness = Liveness::NotProbed;
    let mut journal = until(opening, StepKind::CutOver, &mut World::default());
    journal.later(40 * 60);
    journal.command(Command::Skip { reason: "the primary is back".to_owned() }).unwrap();
    journal.drive(&mut World::default(), willing);
    let conclusion = &journal.state.closed.as_ref().unwrap().1;
    assert_eq!(conclusion.achieved_rpo_is, Some(LossIs::AtMost), "{conclusion:?}");
    let told = conclusion.reasons.iter().find(|reason| reason.starts_with("RPO")).unwrap();
    assert!(told.starts_with("RPO not shown to be met: 3m 51s to "), "{told}");
    let rpo = &objectives(&journal)[1];
    assert_eq!((rpo.judgement, rpo.is), (Judgement::NotShown, Some(LossIs::AtMost)));
    assert_eq!(rpo.achieved_s, conclusion.achieved_rpo_s);
}

#[test]
fn s23_a_run_that_ends_before_its_service_is_usable_misses_its_objective_only_where_the_least_does() {
    let (answered, silent) = ("2026-11-20T11:30:00Z", "2026-11-20T12:02:00Z");
    for (ended, least, missed) in [
        ("2026-11-20T13:01:30Z", ">=59m 30s", None),
        ("2026-11-20T13:35:30Z", ">=1h 33m", Some(93 * 60 + 30)),
    ] {
        let mut opening = incident();
        opening.before.service.liveness = Liveness::silent(at(silent), Some(at(answered)));
        // What it wrote says nothing here.
        (opening.before.service.primary, opening.before.service.secondary) = (None, None);
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(Declaration { down_since: None, ..declaration() })).unwrap();
        journal.now = at(ended);
        let (typed, reason) = ("orders-db".to_owned(), "the primary is back".to_owned());
        journal.command(Command::Abort { typed, reason }).unwrap();
        let conclusion = &journal.state.closed.as_ref().unwrap().1;
        let is = missed.map(|_| LossIs::AtLeast);
        assert_eq!((conclusion.achieved_rto_s, conclusion.achieved_rto_is), (missed, is));
        let rto = &objectives(&journal)[0];
        let judged = if missed.is_some() { Judgement::NotMet } else { Judgement::NotVerified };
        assert_eq!((rto.achieved_s, rto.judgement), (missed, judged));
        assert!(rto.measured.contains(" to the end of the run, before which the service was not usable;"));
        assert_eq!(clocks(&journal.state, journal.now).recovery_text().as_deref(), Some(least));
    }
}

#[test]
fn s23_a_recovery_time_is_not_known_of_a_run_that_ends_because_its_primary_is_back() {
    let silent = "2026-11-20T12:02:00Z";
    for down_since in [None, Some(at(silent))] {
        let mut opening = incident();
        opening.before.service.liveness = Liveness::silent(at(silent), Some(at("2026-11-20T11:30:00Z")));
        // What it wrote says nothing here.
        (opening.before.service.primary, opening.before.service.secondary) = (None, None);
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(Declaration { down_since, ..declaration() })).unwrap();
        journal.now = at("2026-11-20T12:10:00Z");
        journal.answer(primary(true));
        journal.now = at("2026-11-20T13:35:30Z");
        let open = clocks(&journal.state, journal.now);
        assert!(open.recovery_time.is_some(), "until it ends it is counted");
        let (typed, reason) = ("orders-db".to_owned(), "the primary is back".to_owned());
        journal.command(Command::Abort { typed, reason }).unwrap();
        let conclusion = &journal.state.closed.as_ref().unwrap().1;
        assert_eq!((conclusion.achieved_rto_s, conclusion.achieved_rto_is), (None, None));
        let rto = &objectives(&journal)[0];
        assert_eq!((rto.achieved_s, rto.judgement), (None, Judgement::NotVerified));
        assert!(rto.measured.ends_with(" to cut-over confirmed; pauses count"), "{}", rto.measured);
        assert_eq!(clocks(&journal.state, journal.now).recovery_text(), None);
    }
}

/// How a run may go, and end.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is true or not, whatever the others are")]
struct Course {
    kind: RunKind,
    liveness: Liveness,
    probed: bool,
    moved: bool,
    rpo: Option<u64>,
    rewound: bool,
    down: Option<Timestamp>,
    loss: Option<Timestamp>,
    newest: Option<Timestamp>,
    /// What the probe sees, turn by turn; the last goes on.
    answers: Vec<bool>,
    /// How long each turn takes, seconds.
    pace: i64,
    end: End,
    /// Whether somebody looks at the old primary once it is over.
    late: bool,
}

/// What ends it before its plan does, or leaves a step out.
#[derive(Debug, Clone, Copy)]
enum End {
    AsPlanned,
    Aborted(StepKind),
    Skipped(StepKind),
    Paused(StepKind),
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (0i64..30).prop_map(|minutes| at("2026-11-20T11:40:00Z") + chrono::TimeDelta::minutes(minutes))
}

const STEPS: [StepKind; 9] = {
    use StepKind::*;
    [Declare, Readiness, ChoosePoint, Fork, Wait, Validate, CutOver, Protect, CleanUp]
};

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        2 => Just(End::AsPlanned),
        2 => select(&STEPS[..]).prop_map(End::Aborted),
        3 => select(&STEPS[..]).prop_map(End::Skipped),
        1 => select(&STEPS[..]).prop_map(End::Paused),
    ]
}

fn course() -> impl Strategy<Value = Course> {
    let liveness = prop_oneof![
        Just(Liveness::NotProbed),
        Just(Liveness::Answers { at: at("2026-11-20T12:04:25Z") }),
        of(instant()).prop_map(|last| Liveness::silent(at("2026-11-20T12:04:20Z"), last)),
    ];
    let run = (select(&[RunKind::Drill, RunKind::Incident, RunKind::Incident][..]), liveness, any::<bool>());
    let what = (prop::bool::weighted(0.1), of(0u64..3600), prop::bool::weighted(0.2));
    let when = (of(instant()), of(instant()), of(instant()));
    let on = (prop::collection::vec(any::<bool>(), 1..12), 5i64..240, end(), any::<bool>());
    (run, what, when, on).prop_map(
        |(
            (kind, liveness, probed),
            (moved, rpo, rewound),
            (down, loss, newest),
            (answers, pace, end, late),
        )| {
            Course {
                kind,
                liveness,
                probed,
                moved,
                rpo,
                rewound,
                down,
                loss,
                newest,
                answers,
                pace,
                end,
                late,
            }
        },
    )
}

impl Course {
    fn opening(&self) -> Opening {
        let mut opening = opening(self.kind);
        opening.before.service.liveness = self.liveness;
        opening.objectives.rpo = self.rpo.map(std::time::Duration::from_secs);
        if !self.probed {
            opening.member.probe = None;
        }
        if self.rewound {
            opening.member.target = Target::At(at("2026-11-20T11:50:00Z"));
        }
        opening.before.clients_moved = self.moved.then(|| ClientsMoved {
            run: "inc-1".to_owned(),
            fork: "orders-db-wsom2s".to_owned(),
            at: at("2026-11-20T12:00:30Z"),
            ..ClientsMoved::default()
        });
        opening
    }

    fn answer(&self, world: &mut World, call: &Call, turn: usize, now: Timestamp) -> Answer {
        let alive = self.answers[turn.min(self.answers.len() - 1)];
        match (world.answer(call, now), call) {
            (Answer::Primary { .. }, _) => primary(alive),
            (Answer::Progress(attempt, told), _) if matches!(told.state, ProgressState::Restored { .. }) => {
                Answer::Progress(
                    attempt,
                    progress("up", ProgressState::Restored { newest_commit: self.newest }),
                )
            }
            (Answer::Checks(attempt, _), Call::RunChecks { checks, .. }) => {
                Answer::Checks(attempt, checks.iter().map(|check| passed(&check.name, self.newest)).collect())
            }
            (answer, _) => answer,
        }
    }

    /// What this course's person does at a step, where that is not just what the run asks for.
    fn ends(&self, journal: &mut Journal) -> bool {
        let (step, commands) = match self.end {
            End::AsPlanned => return false,
            End::Aborted(step) => {
                let typed = journal.state.opening.member.service.clone();
                (step, vec![Command::Abort { typed, reason: "enough".to_owned() }])
            }
            End::Skipped(step) => (step, vec![Command::Skip { reason: "the primary is back".to_owned() }]),
            End::Paused(step) => (step, vec![Command::Pause]),
        };
        journal.state.current == Some(step)
            && commands.into_iter().all(|command| journal.command(command).is_ok())
    }

    fn asks(&self, journal: &mut Journal) {
        let Some(command) = willing(&journal.state) else { return };
        let words = Declaration { down_since: self.down, loss_instant: self.loss, ..declaration() };
        let instead = match command {
            Command::Declare(_) => vec![Command::Declare(words)],
            _ => Vec::new(),
        };
        let unsaid = Declaration { down_since: None, loss_instant: None, ..declaration() };
        let anyhow =
            [command, Command::Declare(unsaid), Command::OverrideFence { reason: "no way to it".to_owned() }];
        let mut commands = instead.into_iter().chain(anyhow);
        commands.find(|command| journal.command(command.clone()).is_ok());
    }

    fn run(&self) -> Journal {
        let (mut journal, mut world) = (Journal::open(self.opening()), World::default());
        journal.input(&Input::Tick).unwrap();
        let mut ended = false;
        for turn in 0..200 {
            if journal.state.is_over() {
                break;
            }
            ended = ended || self.ends(&mut journal);
            self.asks(&mut journal);
            for effect in effects(&journal.state) {
                let answer = self.answer(&mut world, &effect.call, turn, journal.now);
                journal.answer(answer);
            }
            journal.later(self.pace);
            journal.input(&Input::Tick).unwrap();
        }
        if self.late {
            for alive in [true, false] {
                journal.later(61);
                journal.answer(primary(alive));
            }
        }
        journal
    }
}

fn primary(answers: bool) -> Answer {
    Answer::Primary { answers, calls: 1, text: "probe".to_owned(), last_answer: None }
}

/// How an objective came out by the reasons of a conclusion.
fn concluded(conclusion: &Conclusion, objective: &Objective) -> Judgement {
    let told = |how: &str| {
        let start = format!("{} {how}: ", objective.objective);
        conclusion.reasons.iter().find(|reason| reason.starts_with(&start))
    };
    match (told("missed"), told("not shown to be met")) {
        (Some(_), _) => Judgement::NotMet,
        (None, Some(_)) => Judgement::NotShown,
        _ if objective.target_s.is_none() || objective.achieved_s.is_none() => Judgement::NotVerified,
        _ => Judgement::Met,
    }
}

proptest! {
    #[test]
    fn s24_however_a_run_ends_its_report_says_what_it_concluded(course in course()) {
        let journal = course.run();
        let (ended, conclusion) = journal.state.closed.clone().expect("every course ends");
        let reported = objectives(&journal);
        let amounts = [
            (conclusion.achieved_rto_s, conclusion.achieved_rto_is),
            (conclusion.achieved_rpo_s, conclusion.achieved_rpo_is),
        ];
        for (objective, (amount, is)) in reported.iter().zip(amounts) {
            prop_assert_eq!((objective.achieved_s, objective.is), (amount, is), "{}", objective.objective);
            if journal.state.aborted.is_none() {
                prop_assert_eq!(objective.judgement, concluded(&conclusion, objective), "{:?}", conclusion.reasons);
            }
        }
        let shown = clocks(&journal.state, ended);
        for (name, text) in [("RPO", shown.judged_text()), ("RTO", shown.recovery_text())] {
            let judged = [format!("{name} missed: "), format!("{name} not shown to be met: ")];
            let of = |reason: &String| judged.iter().find_map(|start| reason.strip_prefix(start.as_str())).map(str::to_owned);
            if let Some(told) = conclusion.reasons.iter().find_map(of) {
                let text = text.unwrap();
                prop_assert!(told.starts_with(&format!("{text} of ")), "{}: {told} is not {text}", name);
            }
        }
    }
}
