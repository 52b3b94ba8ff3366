//! What people decide, and what nobody decides for them (S22, S26, R21, R28).

use super::support::{drill, incident, until, wants};
use crate::domain::Target;
use crate::domain::fork::{CopiedTo, ProgressState, Protection, ReadinessItem, ReadinessState};
use crate::domain::sample::at;
use crate::runbook::sample::{Journal, World, declaration, fork_point, opening, progress, willing};
use crate::runbook::*;

#[test]
fn s14_the_point_lies_before_the_bad_moment() {
    let mut opening = drill();
    opening.member.bad_moment = Some(at("2026-11-20T11:00:00Z"));
    let mut journal = until(opening, StepKind::ChoosePoint, &mut World::default());
    journal.answer(Answer::Point(Ok((fork_point("2026-11-20T11:00:00Z"), Vec::new()))));
    assert_eq!(need(&journal.state), Some(Need::OtherPoint));
    let earlier = journal.state.attempt.refused.as_ref().and_then(|refused| refused.earlier);
    assert_eq!(earlier, Some(at("2026-11-20T10:59:59.999999Z")), "S11: the next earlier one is proposed");
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
    let confirm =
        |typed: &str| Command::Confirm { typed: typed.to_owned(), simulated_loss: None, newest_there: None };
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
fn a_failing_readiness_is_overridden_only_with_a_reason() {
    let mut journal = until(drill(), StepKind::Readiness, &mut World::default());
    let item = ReadinessItem {
        check: "disk_space".to_owned(),
        state: ReadinessState::Fail,
        text: "12 GiB free, 79 needed".to_owned(),
        host: None,
    };
    journal.answer(Answer::Readiness(vec![item]));
    assert_eq!(need(&journal.state), Some(Need::FailedStep));
    journal.command(Command::Retry).unwrap();
    assert!(wants(&journal, "check_readiness"));
    journal.answer(Answer::Readiness(Vec::new()));
    assert_eq!(journal.state.current, Some(StepKind::ChoosePoint));
}

#[test]
fn a_readiness_item_that_warns_is_told_and_not_counted_as_passed() {
    let mut journal = until(drill(), StepKind::Readiness, &mut World::default());
    let item = |state, text: &str| ReadinessItem {
        check: "any".to_owned(),
        state,
        text: text.to_owned(),
        host: None,
    };
    journal.answer(Answer::Readiness(vec![
        item(ReadinessState::Pass, "the name is free"),
        item(ReadinessState::NotVerified, "the quota"),
        item(ReadinessState::Warn, "1 integration will not come along"),
    ]));
    let told = rows(&journal.state, journal.now);
    let readiness = told.iter().find(|row| row.kind == Some(StepKind::Readiness)).unwrap();
    assert_eq!(
        readiness.result,
        "1 WARN, 1 not verified of 3; WARN: 1 integration will not come along; not verified: the quota"
    );
}

#[test]
fn s25_a_clock_that_is_off_is_asked_about_and_never_a_dead_end() {
    for kind in [RunKind::Drill, RunKind::Incident] {
        let mut off = opening(kind);
        off.skews = [("pg-east".to_owned(), 412), ("pg-west".to_owned(), 400)].into();
        let mut journal = until(off, StepKind::Readiness, &mut World::default());
        journal.answer(Answer::Readiness(Vec::new()));
        assert_eq!(need(&journal.state), Some(Need::ClockSkew), "{kind:?}, even with --yes");
        let asked = now_line(&journal.state, journal.now);
        assert!(asked.contains("this host's clock is wrong, 6m 52s ahead of pg-east and pg-west"), "{asked}");
        assert!(journal.command(Command::AcceptSkew { reason: " ".to_owned() }).is_err(), "in writing");
        journal.command(Command::AcceptSkew { reason: "NTP was just set right".to_owned() }).unwrap();
        assert_eq!(journal.state.current, Some(StepKind::ChoosePoint));
        let report = crate::evidence::report(&journal.records, None).unwrap();
        assert!(report.deviations.iter().any(|deviation| deviation.text.contains("NTP was just set right")));
        assert!(report.caveats.iter().any(|caveat| caveat.contains("this host's clock is wrong")));
        let again = Command::AcceptSkew { reason: "again".to_owned() };
        assert!(journal.command(again).is_err(), "it is answered");
    }
}

#[test]
fn s26_an_incident_is_declared_by_criteria_of_the_config_or_any_when_there_are_none() {
    let mut defined = incident();
    defined.criteria = [("three-probe".to_owned(), "three probes from two networks".to_owned())].into();
    let mut journal = Journal::open(defined);
    journal.input(&Input::Tick).unwrap();
    let why = journal.command(Command::Declare(declaration())).unwrap_err().0;
    assert!(why.contains("`three-probes`, did you mean `three-probe`?"), "{why}");
    let right = Declaration { criteria: vec!["three-probe".to_owned()], ..declaration() };
    journal.command(Command::Declare(right)).unwrap();
    let ev08 = |journal: &Journal| {
        let report = crate::evidence::report(&journal.records, None).unwrap();
        let field = report.fields.into_iter().find(|field| field.id == "EV08").unwrap();
        format!("{:?}", field.content)
    };
    assert!(ev08(&journal).contains("criterion three-probe: three probes from two networks"));

    let mut journal = Journal::open(incident());
    journal.input(&Input::Tick).unwrap();
    journal.command(Command::Declare(Declaration { criteria: Vec::new(), ..declaration() })).unwrap();
    assert!(ev08(&journal).contains("none are defined in the config"), "{}", ev08(&journal));
}

#[test]
fn s24_the_owner_is_asked_about_data_that_no_check_read_in_those_words() {
    for (checked, said) in [(true, "The checks passed. Ask"), (false, "NO CHECK read the data. Ask")] {
        let mut opening = incident();
        if !checked {
            opening.member.checks.clear();
        }
        let mut journal = until(opening, StepKind::Validate, &mut World::default());
        while need(&journal.state) != Some(Need::OwnersWord) {
            for effect in effects(&journal.state) {
                let answer = World::default().answer(&effect.call, journal.now);
                journal.answer(answer);
            }
        }
        let asked = now_line(&journal.state, journal.now);
        assert!(asked.contains(said), "{asked}");
    }
}

#[test]
fn a_person_is_told_where_the_restored_service_is_and_what_it_lacks() {
    let mut journal = until(incident(), StepKind::Wait, &mut World::default());
    let restored = ProgressState::Restored { newest_commit: None };
    journal.answer(Answer::Progress(1, progress("reached by `psql -p 25440`", restored)));
    let mut world = World::default();
    while journal.state.current != Some(StepKind::Protect) {
        let asked = now_line(&journal.state, journal.now);
        if matches!(need(&journal.state), Some(Need::OwnersWord | Need::CutOver)) {
            assert!(asked.contains("reached by `psql -p 25440`"), "{asked}");
        }
        if let Some(command) = willing(&journal.state) {
            journal.command(command).unwrap();
        }
        for effect in effects(&journal.state) {
            if !matches!(effect.call, Call::PollProtection(_)) {
                let answer = world.answer(&effect.call, journal.now);
                journal.answer(answer);
            }
        }
    }
    let text = "it archives nowhere: give it a stanza of its own".to_owned();
    let none = Protection {
        own_backup: Some(false),
        secondary_copy: Some(false),
        needs_person: true,
        copying: CopiedTo::NotShown,
        shielded: None,
        text,
    };
    journal.answer(Answer::Protection(none));
    let asked = now_line(&journal.state, journal.now);
    assert!(asked.contains("give it a stanza of its own"), "{asked}");
    assert!(!asked.contains("Nothing to do"), "{asked}");
}

#[test]
fn s22_a_fork_in_use_is_kept_until_a_person_says_that_its_clients_left() {
    let mut journal = Journal::open(incident());
    journal.drive(&mut World::default(), willing);
    assert!(journal.state.is_over() && journal.state.has_clients());
    let typed = journal.state.opening.member.service.clone();
    let refused = journal.command(Command::CleanUp { typed: typed.clone() }).unwrap_err();
    assert!(refused.0.contains("--clients-left"), "{refused}");
    assert!(journal.command(Command::ClientsLeft { text: " ".to_owned() }).is_err());
    journal.command(Command::ClientsLeft { text: "moved back to the old primary".to_owned() }).unwrap();
    assert!(!journal.state.has_clients());
    assert!(journal.state.removable().next().is_some());
    journal.command(Command::CleanUp { typed }).unwrap();
    assert!(journal.command(Command::ClientsLeft { text: "again".to_owned() }).is_err());
    assert_eq!(replay(&journal.records).unwrap(), journal.state);
}

#[test]
fn s22_a_fork_to_which_nothing_was_cut_over_is_left_behind_and_may_be_removed() {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    let skip = || Command::Skip { reason: "the primary is back".to_owned() };
    journal.command(skip()).unwrap();
    assert_eq!(journal.state.current, Some(StepKind::Protect));
    let told = now_line(&journal.state, journal.now);
    assert!(told.starts_with("Nothing was cut over"), "{told}");
    assert!(journal.state.fork_in_use().is_some(), "while the run goes on it may still be wanted");
    journal.command(skip()).unwrap();
    journal.drive(&mut World::default(), willing);
    let state = &journal.state;
    assert!(state.is_over() && state.fork_in_use().is_none());
    let left: Vec<String> = state.left_behind().into_iter().map(|left| left.fork).collect();
    assert_eq!(left, std::slice::from_ref(&state.attempt.name));
    let typed = state.opening.member.service.clone();
    journal.command(Command::CleanUp { typed }).unwrap();
}

#[test]
fn s26_what_a_printed_command_left_to_be_filled_in_is_no_reason() {
    let mut journal = until(incident(), StepKind::CutOver, &mut World::default());
    let skip = |reason: &str| Command::Skip { reason: reason.to_owned() };
    for (reason, word) in [("WHY", "WHY"), (" TEXT ", "TEXT"), ("WHY; went on without journal: f", "WHY")] {
        let refused = journal.command(skip(reason)).unwrap_err().to_string();
        let wanted = format!("{word} only stands for why the step is skipped: write that in its place");
        assert_eq!(refused, wanted);
    }
    assert!(journal.command(Command::Fence { how: "HOW".to_owned() }).is_err());
    journal.command(skip("WHY it fell is being looked at")).unwrap();
}

#[test]
fn s22_the_point_of_a_further_attempt_is_checked_for_readiness_too() {
    let mut world = World::default();
    let mut journal = until(incident(), StepKind::Wait, &mut world);
    let reason = "stuck".to_owned();
    journal.later(3600);
    let opened_at = journal.now;
    journal.command(Command::NewAttempt { reason, target: None }).unwrap();
    let mut checked = 0;
    while journal.state.current != Some(StepKind::Fork) {
        if let Some(command) = willing(&journal.state) {
            journal.command(command).unwrap();
            continue;
        }
        for effect in effects(&journal.state) {
            checked += u32::from(matches!(effect.call, Call::CheckReadiness(_)));
            journal.answer(world.answer(&effect.call, journal.now));
        }
        journal.later(15);
    }
    assert_eq!((checked, journal.state.readiness_of), (1, Some(2)));
    let readiness = journal.state.step(StepKind::Readiness).unwrap();
    assert!(readiness.started >= Some(opened_at), "how long it took is not counted from the first attempt");
    let report = crate::evidence::report(&journal.records, None).unwrap();
    assert!(crate::evidence::markdown(&report).contains("with the point of attempt 2"));
    assert_eq!(replay(&journal.records).unwrap(), journal.state);
}

#[test]
fn s4_data_is_proven_once_it_was_checked_not_once_the_run_is_closed() {
    let journal = until(incident(), StepKind::CutOver, &mut World::default());
    assert!(!journal.state.is_over());
    assert_eq!(journal.state.proven_at(), journal.state.validated_at);
    assert!(journal.state.proven_at().is_some());
    let before = until(incident(), StepKind::Validate, &mut World::default());
    assert_eq!(before.state.proven_at(), None);
}
