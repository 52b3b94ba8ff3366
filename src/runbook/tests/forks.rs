//! Attempts and their forks: never two, never somebody else's (S19..S21).

use super::support::{drill, incident, until, wants};
use crate::domain::Target;
use crate::domain::fork::{
    CopiedTo, Found, PointRefused, Progress, ProgressState, Protection, Removal, StartOutcome,
};
use crate::domain::sample::at;
use crate::runbook::sample::{Journal, Trouble, World, progress, willing};
use crate::runbook::*;

#[test]
fn s20_an_answer_that_is_lost_is_looked_for_and_never_asked_for_twice() {
    let mut world = World { troubles: [Trouble::AnswerLost].into(), ..World::default() };
    let mut journal = Journal::open(drill());
    journal.drive(&mut world, willing);
    assert_eq!(world.starts.get(&1), Some(&1));
    assert_eq!(journal.state.closed.unwrap().1.result, RunResult::Passed);
}

#[test]
fn r34_the_host_that_was_found_ready_is_on_record_before_the_call() {
    let host = Some("dr-1/0a1b2c3d".to_owned());
    let mut world = World { host: host.clone(), ..World::default() };
    let journal = until(drill(), StepKind::Fork, &mut world);
    let on_record = |journal: &Journal| journal.state.attempt.request.as_ref().unwrap().host.clone();
    assert_eq!(on_record(&journal), host);

    let mut lost = journal.clone();
    lost.answer(Answer::Started(1, StartOutcome::Unknown { why: "reset".to_owned() }));
    assert_eq!(on_record(&lost), host, "where to look is not lost with the answer");
    let mut elsewhere = journal.clone();
    let other = Some("dr-2/ffffffff".to_owned());
    elsewhere
        .answer(Answer::Started(1, StartOutcome::Accepted { response: "7".to_owned(), host: other.clone() }));
    assert_eq!(on_record(&elsewhere), other);

    // Nothing was made: a retry need not wait for the host that was ready once.
    let mut refused = journal;
    refused
        .answer(Answer::Started(1, StartOutcome::Refused { why: "this is dr-2".to_owned(), propose: None }));
    refused.command(Command::Retry).unwrap();
    assert_eq!((on_record(&refused), wants(&refused, "start_fork")), (None, true));
    // What may have been made is still where it was asked for.
    lost.answer(Answer::Started(1, StartOutcome::Refused { why: "this is dr-2".to_owned(), propose: None }));
    assert_eq!(on_record(&lost), host);
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
    journal
        .command(Command::Abort { typed: "orders-db".to_owned(), reason: "name taken".to_owned() })
        .unwrap();
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
fn s20_a_new_attempt_without_a_point_of_its_own_takes_the_same_one() {
    let asked = |opening: Opening, target: Option<Target>| {
        let mut world = World::default();
        let mut journal = until(opening, StepKind::Wait, &mut world);
        let before = journal.state.attempt.point.clone().unwrap();
        journal.command(Command::NewAttempt { reason: "stuck".to_owned(), target }).unwrap();
        let draft = effects(&journal.state).into_iter().find_map(|effect| match effect.call {
            Call::ResolvePoint(draft) => Some(draft),
            _ => None,
        });
        (journal, draft.unwrap(), before)
    };
    let (mut journal, draft, before) = asked(drill(), None);
    assert_eq!(draft.again.as_ref(), Some(&before), "by now newest means another");
    assert_eq!(replay(&journal.records).unwrap().attempt.again, draft.again);
    journal.command(Command::ChoosePoint(Target::Oldest)).unwrap();
    assert_eq!(journal.state.attempt.again, None, "another one was asked for");
    let (_, draft, _) = asked(drill(), Some(Target::Newest));
    assert_eq!(draft.again, None);
    // An incident must not lose what has come meanwhile, nor go again to a point that failed.
    let (_, draft, _) = asked(incident(), None);
    assert_eq!((draft.again, draft.target), (None, Target::Newest));
}

#[test]
fn s21_a_run_that_is_left_says_that_its_restore_goes_on_only_while_there_is_one() {
    for (step, goes_on) in [
        (StepKind::Declare, ""),
        (StepKind::ChoosePoint, ""),
        (StepKind::Fork, "; its restore goes on, if it was begun"),
        (StepKind::Wait, "; its restore goes on"),
        (StepKind::Validate, ""),
        (StepKind::CutOver, ""),
        (StepKind::Protect, ""),
    ] {
        let journal = until(incident(), step, &mut World::default());
        assert_eq!(journal.state.goes_on(), goes_on, "{step:?}");
    }
    let mut journal = until(incident(), StepKind::Fork, &mut World::default());
    let accepted = StartOutcome::Accepted { response: "req-1".to_owned(), host: None };
    journal.answer(Answer::Started(1, accepted));
    assert_eq!(journal.state.goes_on(), "; its restore goes on");
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
    back.answer(Answer::Started(1, StartOutcome::Accepted { response: "pid 4711".to_owned(), host: None }));
    back.answer(Answer::Found(1, Found::Mine));
    back.answer(dead());
    assert_eq!(need(&back.state), Some(Need::FailedStep), "a second time a person decides");
}

#[test]
fn r34_the_host_that_took_a_fork_goes_with_every_later_call() {
    let mut journal = until(drill(), StepKind::Fork, &mut World::default());
    let host = Some("dr-1/0a1b2c3d".to_owned());
    let outcome = StartOutcome::Accepted { response: "process 7".to_owned(), host: host.clone() };
    journal.answer(Answer::Started(1, outcome));
    let back = replay(&journal.records).unwrap();
    assert_eq!(back.attempt.request.unwrap().host, host);
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
fn a_look_that_fails_does_not_end_a_removal() {
    let mut journal = until(drill(), StepKind::CleanUp, &mut World::default());
    let pending = Removal::Pending { why: "still listed".to_owned() };
    let cannot_tell = Removal::CannotTell { why: "HTTP 503".to_owned() };
    for removal in [cannot_tell.clone(), pending, cannot_tell] {
        journal.answer(Answer::Removed(1, removal));
        assert!(wants(&journal, "remove_fork"), "it is looked at on");
        assert_eq!(need(&journal.state), None);
    }
    journal.answer(Answer::Removed(1, Removal::Proven { proof: "not listed".to_owned() }));
    assert_eq!(journal.state.closed.unwrap().1.result, RunResult::Passed);
}

#[test]
fn s26_what_cannot_be_seen_is_told_once_its_step_is_over_its_limit() {
    let lost = || Found::CannotTell { why: "HTTP 401".to_owned() };
    let mut journal = until(drill(), StepKind::Fork, &mut World::default());
    journal.answer(Answer::Started(1, StartOutcome::Unknown { why: "timed out".to_owned() }));
    journal.answer(Answer::Found(1, lost()));
    assert_eq!(unseen(&journal.state, journal.now), None, "it may pass");
    journal.later(6 * 60);
    journal.input(&Input::Tick).unwrap();
    assert_eq!(unseen(&journal.state, journal.now).as_deref(), Some("HTTP 401"));
    journal.answer(Answer::Found(1, Found::Absent));
    assert_eq!(unseen(&journal.state, journal.now), None, "it is seen again");

    let mut journal = until(drill(), StepKind::Wait, &mut World::default());
    let lost = ProgressState::CannotTell { why: "HTTP 401".to_owned() };
    journal.answer(Answer::Progress(1, progress("unknown", lost)));
    journal.later(9 * 3600);
    journal.input(&Input::Tick).unwrap();
    assert_eq!(unseen(&journal.state, journal.now).as_deref(), Some("HTTP 401"), "S31: by the journal alone");

    let mut journal = until(drill(), StepKind::CleanUp, &mut World::default());
    journal.answer(Answer::Removed(1, Removal::CannotTell { why: "HTTP 401".to_owned() }));
    assert_eq!(unseen(&journal.state, journal.now), None);
    journal.later(31 * 60);
    journal.input(&Input::Tick).unwrap();
    assert!(unseen(&journal.state, journal.now).is_some_and(|why| why.ends_with(": HTTP 401")));
}

#[test]
fn an_incident_never_removes_the_fork_that_is_in_use() {
    let mut world = World::default();
    let mut journal = until(incident(), StepKind::Protect, &mut world);
    let clean_up = Command::CleanUp { typed: "orders-db".to_owned() };
    assert!(journal.command(clean_up.clone()).is_err());
    journal
        .command(Command::Abort { typed: "orders-db".to_owned(), reason: "done by hand".to_owned() })
        .unwrap();
    let why = journal.command(clean_up).expect_err("clients use it, aborted or not").0;
    assert!(why.starts_with("kept: clients use"), "{why}");
    assert!(why.contains("--clients-left"), "how it is removed when that is wanted: {why}");
    assert_eq!(journal.state.removable().count(), 0, "so nothing offers it");
}

#[test]
fn s19_a_name_that_is_taken_wants_another_name_and_not_another_point() {
    let mut journal = until(incident(), StepKind::Fork, &mut World::default());
    let what = "a service without our tag".to_owned();
    journal.answer(Answer::Started(1, StartOutcome::NameTaken { what }));
    assert_eq!(need(&journal.state), Some(Need::FailedStep));
    let now = now_line(&journal.state, journal.now);
    assert!(now.ends_with("Decide: a new attempt takes another name; or abort."), "{now}");
    assert!(!journal.state.attempt.may_exist(), "it is no fork of ours to be cleaned up");
    assert!(journal.command(Command::Retry).is_err());
}

#[test]
fn s2_a_look_at_its_backups_that_fails_takes_nothing_away_from_what_was_seen_of_them() {
    let mut journal = until(incident(), StepKind::Protect, &mut World::default());
    let seen = |copying: CopiedTo| Protection {
        own_backup: Some(true),
        secondary_copy: Some(false),
        needs_person: copying == CopiedTo::Nowhere,
        copying,
        shielded: None,
        text: "its own first backup alone".to_owned(),
    };
    let cannot_tell = || Answer::Protection(Protection::cannot_tell("cannot tell: timed out".to_owned()));
    journal.answer(Answer::Protection(seen(CopiedTo::Nowhere)));
    assert_eq!(need(&journal.state), Some(Need::Protection));
    journal.later(60);
    journal.answer(cannot_tell());
    assert_eq!(need(&journal.state), Some(Need::Protection), "it is copied nowhere as before");
    let region = CopiedTo::Region("aws-eu-north-1".to_owned());
    journal.answer(Answer::Protection(seen(region.clone())));
    let set_at = journal.state.copying_set_at;
    assert_eq!(set_at, Some(journal.now));
    for answer in [cannot_tell(), cannot_tell(), Answer::Protection(seen(region))] {
        let before = journal.records.len();
        journal.later(60);
        let is_news = match &answer {
            Answer::Protection(seen) => journal.state.protection_unseen != seen.unseen(),
            _ => false,
        };
        journal.answer(answer);
        assert_eq!(journal.records.len() - before, usize::from(is_news), "said once");
        assert_eq!(journal.state.protection.as_ref().unwrap().own_backup, Some(true));
        assert_eq!(journal.state.protection.as_ref().unwrap().text, "its own first backup alone");
        assert_eq!(journal.state.copying_set_at, set_at, "a copy is awaited since then");
    }
}

#[test]
fn s22_a_source_without_a_setting_for_copies_is_sent_to_none() {
    let mut journal = until(incident(), StepKind::Protect, &mut World::default());
    journal.answer(Answer::Protection(Protection {
        own_backup: Some(true),
        secondary_copy: Some(false),
        needs_person: true,
        copying: CopiedTo::NotShown,
        shielded: None,
        text: "not in repo2: `pgbackrest --repo=2 backup`".to_owned(),
    }));
    let now = now_line(&journal.state, journal.now);
    let says = "not in repo2: `pgbackrest --repo=2 backup`. Bring one there; it is looked for every minute";
    assert!(now.contains(says), "{now}");
}

#[test]
fn s20_a_fork_that_looks_proved_to_be_gone_is_not_left_behind() {
    let ev25 = |journal: &Journal| {
        let report = crate::evidence::report(&journal.records, None).unwrap();
        let all = crate::evidence::markdown(&report);
        all.split("## EV25").nth(1).unwrap().split("## ").next().unwrap().to_owned()
    };
    for (seen, stays) in [
        (Progress::gone("removed by someone else: not among the 5 services in 3 looks".to_owned()), false),
        (progress("replay", ProgressState::Failed { why: "disk full".to_owned(), can_resume: false }), true),
    ] {
        let mut journal = until(incident(), StepKind::Wait, &mut World::default());
        journal.answer(Answer::Progress(1, seen));
        let typed = journal.state.opening.member.service.clone();
        let reason = "the simulator was started anew".to_owned();
        journal.command(Command::Abort { typed, reason }).unwrap();
        assert!(journal.state.is_over());
        assert_eq!(journal.state.left_behind().len(), usize::from(stays));
        assert_eq!(journal.state.removable().count(), usize::from(stays));
        let told = ev25(&journal);
        assert_eq!(told.contains("STAYS"), stays, "{told}");
        assert_eq!(told.contains("not among the 5 services"), !stays, "{told}");
        assert_eq!(replay(&journal.records).unwrap(), journal.state);
    }
}
