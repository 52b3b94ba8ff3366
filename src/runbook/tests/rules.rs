//! The rules of runs, one by one.

use chrono::TimeDelta;

use crate::domain::fork::{
    Found, PointRefused, ProgressState, ReadinessItem, ReadinessState, Removal, StartOutcome,
};
use crate::domain::sample::at;
use crate::domain::{CheckState, LossBasis, Target};
use crate::runbook::sample::{
    Journal, OPENED, Trouble, World, author, declaration, fork_point, opening, passed, progress, willing,
};
use crate::runbook::*;

pub(super) fn drill() -> Opening {
    opening(RunKind::Drill)
}

pub(super) fn incident() -> Opening {
    opening(RunKind::Incident)
}

/// Runs until a step begins, with a person who does what is asked.
pub(super) fn until(opening: Opening, step: StepKind, world: &mut World) -> Journal {
    let mut journal = Journal::open(opening);
    journal.input(&Input::Tick).unwrap();
    for _ in 0..100 {
        if journal.state.current == Some(step) {
            return journal;
        }
        if let Some(command) = willing(&journal.state) {
            journal.command(command).unwrap();
            continue;
        }
        for effect in effects(&journal.state) {
            let answer = world.answer(&effect.call, journal.now);
            journal.answer(answer);
        }
        journal.later(15);
    }
    panic!("{step:?} is never reached: {}", now_line(&journal.state, journal.now));
}

fn closed(opening: Opening) -> Conclusion {
    let mut journal = Journal::open(opening);
    journal.drive(&mut World::default(), willing);
    journal.state.closed.unwrap().1
}

fn wants(journal: &Journal, name: &str) -> bool {
    effects(&journal.state).iter().any(|effect| effect.call.key().name == name)
}

#[test]
fn s24_a_drill_that_shows_everything_passes() {
    let conclusion = closed(drill());
    assert_eq!(conclusion.result, RunResult::Passed, "{:?}", conclusion.reasons);
    assert_eq!(conclusion.result.exit_code(), 0);
    assert!(conclusion.restore_s.is_some_and(|took| took >= 45), "three looks, 15 s apart: {conclusion:?}");
    // The point was confirmed right after the start; the newest row is of 12:00:19.
    assert!(conclusion.achieved_rpo_s.is_some_and(|loss| (252..300).contains(&loss)), "{conclusion:?}");
}

#[test]
fn s24_zero_checks_are_not_verified() {
    let mut opening = drill();
    opening.member.checks.clear();
    let conclusion = closed(opening);
    assert_eq!(conclusion.result, RunResult::NotVerified);
    assert_eq!(conclusion.result.exit_code(), 3);
}

#[test]
fn s24_no_objective_before_the_first_call_is_not_verified() {
    let mut opening = drill();
    opening.objectives.rpo = None;
    let conclusion = closed(opening);
    assert_eq!(conclusion.result, RunResult::NotVerified, "{:?}", conclusion.reasons);
    assert!(conclusion.reasons[0].contains("RPO"));
}

#[test]
fn s24_a_missed_objective_is_said_with_both_numbers() {
    for (rpo, rto, word) in [(60, 3600, "RPO missed"), (900, 30, "RTO missed")] {
        let mut opening = drill();
        opening.objectives.rpo = Some(std::time::Duration::from_secs(rpo));
        opening.objectives.rto = Some(std::time::Duration::from_secs(rto));
        let conclusion = closed(opening);
        assert_eq!(conclusion.result, RunResult::ObjectiveMissed, "{:?}", conclusion.reasons);
        assert_eq!(conclusion.result.exit_code(), 1);
        assert!(conclusion.reasons[0].starts_with(word), "{:?}", conclusion.reasons);
    }
}

#[test]
fn s24_checks_decide() {
    let table = [
        (CheckState::Failed, true, RunResult::Failed),
        (CheckState::CouldNotRun, true, RunResult::NotVerified),
        (CheckState::Passed, false, RunResult::NotVerified),
        (CheckState::Passed, true, RunResult::Passed),
    ];
    for (outcome, had_expectation, wanted) in table {
        let mut world = World::default();
        let mut journal = until(drill(), StepKind::Validate, &mut world);
        let mut check = passed("newest-row", Some(at("2026-11-20T12:00:19Z")));
        check.state = outcome;
        check.had_expectation = had_expectation;
        journal.answer(Answer::Checks(1, vec![check]));
        journal.drive(&mut world, willing);
        let conclusion = journal.state.closed.clone().unwrap().1;
        assert_eq!(conclusion.result, wanted, "{outcome:?}: {:?}", conclusion.reasons);
        assert!(world.forks.is_empty(), "a drill is cleaned up even when its checks fail");
    }
}

#[test]
fn s24_a_skip_is_not_verified_and_a_fork_that_is_kept_is_no_pass() {
    let mut world = World::default();
    let mut opening = drill();
    opening.assume_yes = false;
    let mut journal = until(opening, StepKind::CleanUp, &mut world);
    assert!(journal.command(Command::Skip { reason: "  ".to_owned() }).is_err(), "a reason is needed (R25)");
    journal.command(Command::Skip { reason: "to be looked at".to_owned() }).unwrap();
    let conclusion = journal.state.closed.clone().unwrap().1;
    assert_eq!(conclusion.result, RunResult::NotVerified);
    assert_eq!(conclusion.reasons.len(), 2, "{:?}", conclusion.reasons);
    assert_eq!(world.forks.len(), 1);
    // It can still be removed, with its own confirmation.
    assert!(journal.command(Command::CleanUp { typed: "orders".to_owned() }).is_err());
    journal.command(Command::CleanUp { typed: "orders-db".to_owned() }).unwrap();
    assert!(wants(&journal, "remove_fork"));
}

#[test]
fn s24_an_aborted_drill_stays_in_the_count_as_failed_and_keeps_its_fork() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Wait, &mut world);
    journal.command(Command::Abort { reason: "real incident elsewhere".to_owned() }).unwrap();
    let conclusion = journal.state.closed.clone().unwrap().1;
    assert_eq!((conclusion.result, conclusion.result.exit_code()), (RunResult::Failed, 2));
    assert_eq!(effects(&journal.state), []);
    assert!(now_line(&journal.state, journal.now).contains("drill-orders-db-k3q7wd"));
    assert_eq!(world.forks.len(), 1);
}

#[test]
fn s22_fork_wait_and_validate_never_wait_for_the_fence_and_cut_over_does() {
    let mut world = World::default();
    let mut journal = until(incident(), StepKind::CutOver, &mut world);
    assert!(journal.state.fence.fenced.is_none());
    assert_eq!(need(&journal.state), Some(Need::Fence));
    let done = Command::CutOverDone { text: "DNS".to_owned() };
    assert!(journal.command(done.clone()).unwrap_err().0.contains("not fenced"));
    journal.command(Command::Fence { how: "firewall".to_owned() }).unwrap();
    assert_eq!(need(&journal.state), Some(Need::CutOver));
    journal.command(done).unwrap();
    assert_eq!(journal.state.current, Some(StepKind::Protect));
}

#[test]
fn r28_a_live_old_primary_takes_a_written_override() {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    let alive = |answers| Answer::Primary { answers, calls: 1, text: "accepts".to_owned() };
    journal.command(Command::Fence { how: "firewall".to_owned() }).unwrap();
    journal.answer(alive(true));
    assert_eq!(need(&journal.state), Some(Need::Fence), "what answers is not fenced");
    assert!(journal.command(Command::Fence { how: "really".to_owned() }).is_err());
    assert!(journal.command(Command::OverrideFence { reason: String::new() }).is_err());
    journal.command(Command::OverrideFence { reason: "read-only, checked by bert".to_owned() }).unwrap();
    assert_eq!(need(&journal.state), Some(Need::CutOver));
}

#[test]
fn s22_a_drill_has_nothing_to_fence_or_cut_over() {
    let mut journal = until(drill(), StepKind::Validate, &mut World::default());
    assert!(journal.command(Command::Fence { how: "firewall".to_owned() }).is_err());
    assert!(journal.command(Command::OverrideFence { reason: "so".to_owned() }).is_err());
    assert!(journal.command(Command::CutOverDone { text: "DNS".to_owned() }).is_err());
    assert!(journal.state.fence.opened_at.is_none());
}

#[test]
fn s20_an_answer_that_is_lost_is_looked_for_and_never_asked_for_twice() {
    let mut world = World { troubles: [Trouble::AnswerLost].into(), ..World::default() };
    let mut journal = Journal::open(drill());
    journal.drive(&mut world, willing);
    assert_eq!(world.starts.get(&1), Some(&1));
    assert_eq!(journal.state.closed.unwrap().1.result, RunResult::Passed);
}

#[test]
fn s20_absent_three_times_over_thirty_seconds_waits_for_a_person() {
    let mut world = World { troubles: [Trouble::CallLost].into(), ..World::default() };
    let mut journal = until(drill(), StepKind::Fork, &mut world);
    journal.answer(Answer::Started(1, StartOutcome::Unknown { why: "timed out".to_owned() }));
    let look = |journal: &mut Journal, after| {
        journal.later(after);
        journal.answer(Answer::Found(1, Found::Absent));
        need(&journal.state)
    };
    assert_eq!(look(&mut journal, 0), None);
    assert_eq!(look(&mut journal, 1), None);
    assert_eq!(look(&mut journal, 1), None, "three times, but not over 30 s");
    assert_eq!(look(&mut journal, 28), Some(Need::AbsentDecision));
    assert!(!wants(&journal, "start_fork"), "--yes never answers it");
    assert!(journal.command(Command::Retry).is_err(), "a plain retry must not ask twice");
    // It may still turn up; then nobody has to decide.
    assert!(wants(&journal, "find_fork"));
    let mut late = journal.clone();
    late.answer(Answer::Found(1, Found::Mine));
    assert_eq!(late.state.current, Some(StepKind::Wait));
    journal.command(Command::RetryAbsent).unwrap();
    assert!(wants(&journal, "start_fork"));
}

#[test]
fn s20_cannot_tell_goes_on_looking() {
    let mut journal = until(drill(), StepKind::Fork, &mut World::default());
    journal.answer(Answer::Started(1, StartOutcome::Unknown { why: "reset".to_owned() }));
    let why = Found::CannotTell { why: "HTTP 503".to_owned() };
    for _ in 0..20 {
        journal.later(15);
        journal.answer(Answer::Found(1, why.clone()));
    }
    assert_eq!(need(&journal.state), None);
    assert!(wants(&journal, "find_fork"));
    let looks = journal.records.iter().filter(|record| matches!(record.event, Event::ForkSeen { .. }));
    assert_eq!(looks.count(), 1, "the same answer is not put down again and again");
}

#[test]
fn s19_what_is_foreign_is_never_adopted_nor_removed() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Fork, &mut world);
    journal.answer(Answer::Started(1, StartOutcome::Unknown { why: "conflict".to_owned() }));
    journal.answer(Answer::Found(1, Found::Foreign { what: "no tag".to_owned() }));
    assert_eq!(need(&journal.state), Some(Need::FailedStep));
    assert!(journal.command(Command::Retry).is_err());
    journal.command(Command::Abort { reason: "name taken".to_owned() }).unwrap();
    assert!(journal.command(Command::CleanUp { typed: "orders-db".to_owned() }).is_err());
}

#[test]
fn s20_a_new_attempt_takes_a_person_a_reason_and_another_name() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Wait, &mut world);
    let attempt =
        |reason: &str| Command::NewAttempt { reason: reason.to_owned(), target: Some(Target::Oldest) };
    assert!(journal.command(attempt(" ")).is_err());
    journal.command(attempt("no byte for 5m")).unwrap();
    assert_eq!(journal.state.attempt.name, "drill-orders-db-k3q7wd-2");
    assert_eq!(journal.state.attempt.target, Target::Oldest);
    assert!(journal.state.earlier[0].may_exist(), "the earlier fork is kept");
    journal.drive(&mut world, willing);
    assert_eq!(world.made.len(), 2);
    assert!(world.forks.is_empty(), "both are cleaned up");
    assert_eq!(journal.state.closed.unwrap().1.result, RunResult::Passed);
}

#[test]
fn s21_a_restore_that_ended_without_a_code_is_taken_up_in_the_same_attempt() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Wait, &mut world);
    let failed = ProgressState::Failed { why: "the restore is dead".to_owned(), can_resume: true };
    journal.answer(Answer::Progress(1, progress("base backup", failed)));
    assert_eq!(need(&journal.state), Some(Need::FailedStep));
    journal.command(Command::Retry).unwrap();
    assert!(wants(&journal, "start_fork"));
    journal.drive(&mut world, willing);
    assert_eq!(world.made.get(&1), Some(&1));
    assert_eq!(journal.state.attempt.number, 1);
}

#[test]
fn s21_whoever_resumes_takes_a_dead_restore_up_once_without_asking() {
    let dead = || {
        let state = ProgressState::Failed { why: "the restore is dead".to_owned(), can_resume: true };
        Answer::Progress(1, progress("base backup", state))
    };
    let journal = until(drill(), StepKind::Wait, &mut World::default());
    let mut back = Journal::revive(journal.records, journal.now);
    back.answer(dead());
    assert_eq!(need(&back.state), None);
    assert!(wants(&back, "start_fork"));
    let last = &back.records.last().unwrap().event;
    assert!(matches!(last, Event::ForkIntended { why: Sending::TakeUp, .. }), "it is journaled: {last:?}");
    back.answer(Answer::Started(1, StartOutcome::Accepted { response: "pid 4711".to_owned() }));
    back.answer(Answer::Found(1, Found::Mine));
    back.answer(dead());
    assert_eq!(need(&back.state), Some(Need::FailedStep), "a second time a person decides");
}

#[test]
fn s21_what_cannot_be_taken_up_needs_a_new_attempt() {
    let mut journal = until(drill(), StepKind::Wait, &mut World::default());
    let failed = ProgressState::Failed { why: "target not reached".to_owned(), can_resume: false };
    journal.answer(Answer::Progress(1, progress("replay", failed)));
    assert!(journal.command(Command::Retry).unwrap_err().0.contains("new attempt"));
}

#[test]
fn s11_a_refused_point_is_answered_with_what_is_near_and_never_sent_by_itself() {
    let mut journal = until(drill(), StepKind::ChoosePoint, &mut World::default());
    let refused = PointRefused {
        reason: "after the last log".to_owned(),
        earlier: Some(at("2026-11-20T12:00:19Z")),
        later: None,
    };
    journal.answer(Answer::Point(Err(refused)));
    assert_eq!(need(&journal.state), Some(Need::OtherPoint));
    assert!(!wants(&journal, "resolve_point") && !wants(&journal, "start_fork"));
    assert!(now_line(&journal.state, journal.now).contains("12:00:19Z"));
    journal.command(Command::ChoosePoint(Target::At(at("2026-11-20T12:00:19Z")))).unwrap();
    assert!(wants(&journal, "resolve_point"));
}

#[test]
fn s14_the_point_lies_before_the_bad_moment() {
    let mut opening = drill();
    opening.member.bad_moment = Some(at("2026-11-20T11:00:00Z"));
    let mut journal = until(opening, StepKind::ChoosePoint, &mut World::default());
    journal.answer(Answer::Point(Ok((fork_point("2026-11-20T11:00:00Z"), Vec::new()))));
    assert_eq!(need(&journal.state), Some(Need::OtherPoint));
}

#[test]
fn s14_a_deliberate_rewind_is_never_a_breach() {
    let mut opening = drill();
    opening.member.target = Target::At(at("2026-11-20T10:30:00Z"));
    let mut world = World::default();
    let mut journal = until(opening, StepKind::ChoosePoint, &mut world);
    journal.answer(Answer::Point(Ok((fork_point("2026-11-20T10:30:00Z"), Vec::new()))));
    journal.drive(&mut world, willing);
    let conclusion = journal.state.closed.clone().unwrap().1;
    assert_eq!(conclusion.result, RunResult::Passed, "{:?}", conclusion.reasons);
    let given_up = clocks(&journal.state, journal.now).given_up.unwrap();
    assert_eq!(given_up.as_secs(), 90 * 60 + 19, "to the newest point there");
}

#[test]
fn r21_the_point_is_agreed_to_by_the_services_name() {
    let mut opening = drill();
    opening.assume_yes = false;
    let mut journal = until(opening, StepKind::ChoosePoint, &mut World::default());
    let confirm = |typed: &str| Command::Confirm { typed: typed.to_owned(), simulated_loss: None };
    assert!(journal.command(confirm("orders-db")).is_err(), "there is no point yet");
    journal.answer(Answer::Point(Ok((fork_point("2026-11-20T12:00:19Z"), Vec::new()))));
    assert_eq!(need(&journal.state), Some(Need::ConfirmPoint));
    assert!(journal.command(confirm("orders")).is_err());
    assert!(!wants(&journal, "start_fork"));
    journal.command(confirm("orders-db")).unwrap();
    assert!(wants(&journal, "start_fork"));
    assert_eq!(journal.state.simulated_loss, Some(journal.now), "S23: the moment of the confirmation");
}

#[test]
fn s26_an_incident_is_never_answered_for_by_yes() {
    let mut opening = incident();
    opening.assume_yes = true;
    let mut journal = Journal::open(opening);
    journal.input(&Input::Tick).unwrap();
    assert_eq!(need(&journal.state), Some(Need::Declaration));
    let future = Declaration { down_since: Some(at("2026-11-21T00:00:00Z")), ..declaration() };
    assert!(journal.command(Command::Declare(future)).is_err());
    assert!(journal.command(Command::Declare(Declaration::default())).is_err(), "who declares?");
    journal.command(Command::Declare(declaration())).unwrap();
    journal.answer(Answer::Readiness(Vec::new()));
    journal.answer(Answer::Point(Ok((fork_point("2026-11-20T12:00:19Z"), Vec::new()))));
    assert_eq!(need(&journal.state), Some(Need::ConfirmPoint));
}

#[test]
fn s23_the_incidents_clock_runs_from_down_since_to_cut_over_and_pauses_count() {
    let mut world = World::default();
    let mut journal = until(incident(), StepKind::CutOver, &mut world);
    journal.command(Command::Pause).unwrap();
    journal.later(600);
    assert_eq!(clocks(&journal.state, journal.now).paused.as_secs(), 600);
    journal.command(Command::Unpause).unwrap();
    journal.command(Command::Fence { how: "firewall".to_owned() }).unwrap();
    journal.command(Command::CutOverDone { text: "DNS".to_owned() }).unwrap();
    let usable = journal.now;
    journal.later(3600);
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!(clocks.usable, Some(usable));
    assert_eq!(clocks.recovery_time, (usable - at("2026-11-20T12:01:00Z")).to_std().ok());
    assert_eq!(clocks.paused.as_secs(), 600, "counted, and shown apart");
}

#[test]
fn s23_a_drill_is_usable_when_validated() {
    let mut journal = Journal::open(drill());
    journal.drive(&mut World::default(), willing);
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!(clocks.usable, journal.state.validated_at);
    assert_eq!(clocks.down_since, journal.state.simulated_loss);
}

#[test]
fn a_paused_run_begins_nothing_and_goes_on_looking() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Wait, &mut world);
    journal.command(Command::Pause).unwrap();
    assert!(wants(&journal, "poll_progress"), "the restore outlives us, so it is watched (S21)");
    let restored = ProgressState::Restored { newest_commit: None };
    journal.answer(Answer::Progress(1, progress("up", restored)));
    assert_eq!(journal.state.current, Some(StepKind::Wait));
    assert!(!wants(&journal, "run_checks"));
    journal.command(Command::Unpause).unwrap();
    assert_eq!(journal.state.current, Some(StepKind::Validate));
}

#[test]
fn s31_progress_is_put_down_on_a_change_of_phase_and_once_a_minute() {
    let mut journal = until(drill(), StepKind::Wait, &mut World::default());
    let before = journal.records.len();
    for _ in 0..24 {
        journal.later(5);
        journal.answer(Answer::Progress(1, progress("base backup", ProgressState::Working)));
    }
    assert_eq!(journal.records.len() - before, 2, "two minutes");
    journal.answer(Answer::Progress(1, progress("replay", ProgressState::Working)));
    assert_eq!(journal.records.len() - before, 3);
}

#[test]
fn r43_a_late_or_stuck_restore_is_said_once() {
    let mut journal = until(drill(), StepKind::Wait, &mut World::default());
    for _ in 0..40 {
        journal.later(60);
        journal.input(&Input::Tick).unwrap();
    }
    let count = |wanted: fn(&Event) -> bool| journal.records.iter().filter(|r| wanted(&r.event)).count();
    assert_eq!(count(|event| matches!(event, Event::Stuck { .. })), 1);
    let limits: Vec<u64> = journal
        .records
        .iter()
        .filter_map(|record| match record.event {
            Event::StepLate { step: StepKind::Wait, limit_s } => Some(limit_s),
            _ => None,
        })
        .collect();
    assert_eq!(limits, [26 * 60], "later than is usual");
    assert!(if_stuck(&journal.state, journal.now).unwrap().contains("nothing moved"));
    assert!(rows(&journal.state, journal.now).iter().any(|row| row.title == "wait" && row.late));
}

#[test]
fn a_failing_readiness_is_overridden_only_with_a_reason() {
    let mut journal = until(drill(), StepKind::Readiness, &mut World::default());
    let item = ReadinessItem {
        check: "disk_space".to_owned(),
        state: ReadinessState::Fail,
        text: "12 GiB free, 79 needed".to_owned(),
    };
    journal.answer(Answer::Readiness(vec![item]));
    assert_eq!(need(&journal.state), Some(Need::FailedStep));
    journal.command(Command::Retry).unwrap();
    assert!(wants(&journal, "check_readiness"));
    journal.answer(Answer::Readiness(Vec::new()));
    assert_eq!(journal.state.current, Some(StepKind::ChoosePoint));
}

#[test]
fn a_removal_under_way_is_looked_at_until_the_listing_proves_it() {
    let mut journal = until(drill(), StepKind::CleanUp, &mut World::default());
    let pending = Removal::Pending { why: "still listed".to_owned() };
    journal.answer(Answer::Removed(1, pending));
    assert!(wants(&journal, "remove_fork"));
    journal.answer(Answer::Removed(1, Removal::Failed { why: "HTTP 403".to_owned() }));
    assert_eq!(need(&journal.state), Some(Need::FailedStep));
    journal.command(Command::Retry).unwrap();
    journal.answer(Answer::Removed(1, Removal::Proven { proof: "not listed".to_owned() }));
    assert_eq!(journal.state.closed.unwrap().1.result, RunResult::Passed);
}

#[test]
fn an_incident_never_removes_the_fork_that_is_in_use() {
    let mut world = World::default();
    let mut journal = until(incident(), StepKind::Protect, &mut world);
    let clean_up = Command::CleanUp { typed: "orders-db".to_owned() };
    assert!(journal.command(clean_up.clone()).is_err());
    journal.command(Command::Abort { reason: "done by hand".to_owned() }).unwrap();
    assert!(journal.command(clean_up).is_err(), "clients use it, aborted or not");
}

#[test]
fn a_step_row_for_every_step_and_the_fence() {
    let journal = until(incident(), StepKind::Wait, &mut World::default());
    let titles: Vec<&str> = rows(&journal.state, journal.now).iter().map(|row| row.title).collect();
    assert_eq!(
        titles.join(", "),
        "declare, readiness, choose point, fork, wait, validate, cut over, fence, protect, close"
    );
    let fence = rows(&journal.state, journal.now).into_iter().find(|row| row.title == "fence").unwrap();
    assert_eq!(fence.state, RowState::Open);
    assert!(fence.result.contains("silent"), "{}", fence.result);
}

#[test]
fn s31_a_journal_without_its_opening_is_refused() {
    assert_eq!(replay(&[]), Err(ReplayError::Empty));
    let noted = Record {
        seq: 1,
        at: at(OPENED),
        author: author(),
        prev: None,
        event: Event::Noted { text: "hello".to_owned() },
    };
    assert_eq!(replay(&[noted]), Err(ReplayError::NoOpening));
}

#[test]
fn s23_a_row_dated_after_its_point_was_confirmed_proves_nothing() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Validate, &mut world);
    let late = journal.state.attempt.confirmed_at.unwrap() + TimeDelta::hours(1);
    journal.answer(Answer::Checks(1, vec![passed("newest-row", Some(late))]));
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!(
        clocks.newest_proven,
        Some(at("2026-11-20T12:00:19Z")),
        "what the provider found still counts"
    );
    assert!(clocks.achieved_rpo.is_some_and(|loss| loss.as_secs() >= 252), "{clocks:?}");
}

#[test]
fn s5_a_loss_instant_that_is_a_range_is_never_counted_to_its_earlier_end() {
    let basis =
        LossBasis::LossInstant { at: at("2026-11-20T12:00:30Z"), latest: Some(at("2026-11-20T12:02:00Z")) };
    for (stated, wanted) in [
        (None, "2026-11-20T12:02:00Z"),
        (Some("2026-11-20T12:01:00Z"), "2026-11-20T12:01:00Z"),
        (Some("2026-11-20T11:00:00Z"), "2026-11-20T12:00:30Z"),
    ] {
        let mut opening = incident();
        opening.before.assessment.loss.basis = basis;
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        let declaration = Declaration { down_since: stated.map(at), ..declaration() };
        journal.command(Command::Declare(declaration)).unwrap();
        assert_eq!(clocks(&journal.state, journal.now).loss_instant, Some(at(wanted)), "{stated:?}");
    }
}
