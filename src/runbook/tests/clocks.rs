//! What the clocks of a run may say, and when (S5, S14, S23, S24).

use chrono::TimeDelta;

use super::support::{drill, incident, until};
use crate::domain::fork::{Progress, ProgressState};
use crate::domain::sample::at;
use crate::domain::{Ground, Liveness, LossIs, Target, Timestamp};
use crate::runbook::sample::{Journal, World, declaration, fork_point, progress, willing};
use crate::runbook::*;

#[test]
fn s23_an_outage_is_detected_by_a_persons_word_or_else_by_the_first_silence() {
    let (silence, told) = (at("2026-11-20T12:04:20Z"), at("2026-11-20T12:03:00Z"));
    let declared = |mut opening: Opening, liveness: Liveness, detected: Option<Timestamp>| {
        opening.before.service.liveness = liveness;
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(Declaration { detected, ..declaration() }))?;
        Ok(clocks(&journal.state, journal.now).detected)
    };
    let silent = Liveness::silent(silence, None);
    for (liveness, stated, detected) in [
        (silent, None, Some(silence)),
        (silent, Some(told), Some(told)),
        (Liveness::NotProbed, Some(told), Some(told)),
        (Liveness::Answers { at: silence }, None, None),
    ] {
        assert_eq!(declared(incident(), liveness, stated), Ok(detected), "{liveness:?}");
    }
    let early = declared(incident(), silent, Some(at("2026-11-20T12:00:59Z")));
    let why = "detected 2026-11-20T12:00:59Z lies before down since 2026-11-20T12:01:00Z";
    assert_eq!(early, Err(Refused(why.to_owned())));
    let mut opening = drill();
    opening.before.service.liveness = silent;
    let drilled = until(opening, StepKind::Wait, &mut World::default());
    assert_eq!(clocks(&drilled.state, drilled.now).detected, None, "nothing happened");
}

#[test]
fn s10_a_silence_after_which_data_was_written_is_no_outage_and_detects_none() {
    // The newest data in a copy is of 12:04:10.
    let table = [
        ("2026-11-20T12:02:00Z", None),
        // Clocks may differ by that much.
        ("2026-11-20T12:03:50Z", Some("2026-11-20T12:03:50Z")),
        ("2026-11-20T12:04:20Z", Some("2026-11-20T12:04:10Z")),
    ];
    for (silence, down) in table {
        let mut opening = incident();
        opening.before.service.liveness = Liveness::silent(at(silence), Some(at("2026-11-20T11:30:00Z")));
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(Declaration { down_since: None, ..declaration() })).unwrap();
        let clocks = clocks(&journal.state, journal.now);
        assert_eq!(clocks.down_earliest.or(clocks.down_since), down.map(at), "{silence}");
        assert_eq!(clocks.detected, down.map(|_| at(silence)), "{silence}");
        let from = down.map_or(clocks.declared, |down| Some(at(down)));
        assert_eq!((clocks.rto_from, clocks.loss_ground.is_some()), (from, down.is_some()), "{silence}");
    }
}

#[test]
fn s5_a_loss_grows_while_the_old_primary_answers_and_stands_still_once_it_is_silent() {
    let mut world = World::default();
    let mut journal = until(incident(), StepKind::Wait, &mut world);
    let fixed = clocks(&journal.state, journal.now).loss;
    journal.later(600);
    let alive = journal.now;
    journal.answer(Answer::Primary {
        answers: true,
        calls: 1,
        text: "answers".to_owned(),
        last_answer: None,
    });
    let growing = clocks(&journal.state, journal.now);
    assert_eq!(growing.loss_instant, Some(alive), "the last proof of life");
    assert!(growing.loss > fixed, "{growing:?}");
    journal.later(600);
    journal.answer(Answer::Primary {
        answers: false,
        calls: 1,
        text: "silent".to_owned(),
        last_answer: None,
    });
    // Nobody looked for ten minutes: it may have lived until the silence was seen.
    let fixed = clocks(&journal.state, journal.now);
    assert_eq!((fixed.loss_earliest, fixed.loss_instant), (Some(alive), Some(journal.now)));
    assert_eq!((fixed.loss_is, fixed.loss_ground), (LossIs::AtMost, Some(Ground::Probe)));
    journal.later(600);
    assert_eq!(clocks(&journal.state, journal.now).loss_instant, fixed.loss_instant);
}

#[test]
fn s5_the_last_answer_counts_although_only_one_a_minute_is_put_down() {
    let mut journal = until(incident(), StepKind::Wait, &mut World::default());
    let seen = |answers, last_answer| Answer::Primary { answers, calls: 1, text: String::new(), last_answer };
    journal.later(60);
    journal.answer(seen(true, None));
    journal.later(50);
    let last = journal.now;
    assert!(journal.answer(seen(true, Some(last))).is_empty(), "once a minute is enough");
    journal.later(10);
    journal.answer(seen(false, Some(last)));
    let clocks = clocks(&journal.state, journal.now);
    assert_eq!((clocks.loss_earliest, clocks.loss_instant), (Some(last), Some(journal.now)));
}

#[test]
fn s5_a_person_states_the_loss_instant_and_a_proof_of_life_can_refuse_it() {
    let mut journal = Journal::open(incident());
    journal.input(&Input::Tick).unwrap();
    let declare = |at_: &str| Command::Declare(Declaration { loss_instant: Some(at(at_)), ..declaration() });
    let refused = journal.command(declare("2026-11-20T12:04:00Z")).unwrap_err().to_string();
    assert!(refused.contains("contradicts a proof of life"), "{refused}");
    assert!(refused.contains("the newest data in a copy at 2026-11-20T12:04:10Z"), "{refused}");
    let refused = journal.command(declare("2026-11-20T13:00:00Z")).unwrap_err().to_string();
    assert!(refused.contains("future"), "{refused}");
    journal.command(declare("2026-11-20T12:04:20Z")).unwrap();
    assert_eq!(clocks(&journal.state, journal.now).loss_instant, Some(at("2026-11-20T12:04:20Z")));
    // It may be corrected, and whoever stated it is kept.
    let better = Command::StateLoss { at: at("2026-11-20T12:04:15Z"), by: "bert".to_owned() };
    journal.command(better).unwrap();
    let told = clocks(&journal.state, journal.now);
    assert_eq!(told.loss_instant, Some(at("2026-11-20T12:04:15Z")));
    assert_eq!(told.loss_ground.unwrap().text(), "stated by bert");
    let mut drill = Journal::open(drill());
    let word = Command::StateLoss { at: at("2026-11-20T12:04:15Z"), by: "bert".to_owned() };
    assert!(drill.command(word).unwrap_err().to_string().contains("a drill loses nothing"));
}

#[test]
fn s23_a_further_attempt_of_a_drill_takes_no_point_after_its_loss() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Wait, &mut world);
    let loss = journal.state.simulated_loss.unwrap();
    journal.later(3600);
    journal
        .command(Command::NewAttempt { reason: "stuck".to_owned(), target: Some(Target::Newest) })
        .unwrap();
    let late = fork_point(&(loss + TimeDelta::minutes(30)).to_rfc3339());
    journal.answer(Answer::Point(Ok((late, Vec::new()))));
    let refused = journal.state.attempt.refused.as_ref().unwrap();
    assert!(refused.reason.contains("later than the simulated loss"), "{refused}");
}

#[test]
fn s24_without_a_check_no_recovery_time_is_achieved() {
    let mut opening = drill();
    opening.member.checks.clear();
    let mut journal = Journal::open(opening);
    journal.drive(&mut World::default(), willing);
    assert_eq!(clocks(&journal.state, journal.now).usable, None);
    assert_eq!(journal.state.closed.unwrap().1.achieved_rto_s, None);
}

#[test]
fn r43_a_restore_that_stands_still_is_said_to() {
    let mut world = World::default();
    let mut journal = until(drill(), StepKind::Wait, &mut world);
    let counted = Progress { done: Some(250), ..progress("base backup", ProgressState::Working) };
    for seconds in [60, 900] {
        journal.later(seconds);
        journal.answer(Answer::Progress(1, counted.clone()));
        journal.input(&Input::Tick).unwrap();
    }
    assert!(journal.state.stuck_since.is_some());
    let line = now_line(&journal.state, journal.now);
    assert!(line.contains("Nothing moved") && line.contains("new attempt"), "{line}");
}

#[test]
fn s23_the_report_names_the_instant_the_recovery_time_runs_from() {
    let measured = |down: Option<&str>| {
        let mut journal = Journal::open(incident());
        journal.input(&Input::Tick).unwrap();
        journal.command(Command::Declare(Declaration { down_since: down.map(at), ..declaration() })).unwrap();
        crate::evidence::report(&journal.records, None).unwrap().objectives[0].measured.clone()
    };
    let stated = measured(Some("2026-11-20T12:01:00Z"));
    assert!(
        stated.starts_with("from service down since 2026-11-20 12:01:00Z, stated by anna, to"),
        "{stated}"
    );
    assert!(measured(None).starts_with("from declared, since it is not known"), "{}", measured(None));
}

#[test]
fn s35_a_restore_whose_end_nobody_watched_tells_nothing_of_how_long_it_takes() {
    for (unwatched, wanted) in [(60, Some(60)), (9 * 3600, None)] {
        let mut world = World::default();
        let journal = until(drill(), StepKind::Wait, &mut world);
        let asked = journal.state.step(StepKind::Fork).unwrap().started.unwrap();
        let already = (journal.now - asked).num_seconds();
        let mut journal = Journal::revive(journal.records, journal.now + TimeDelta::seconds(unwatched));
        world.looks = 4;
        journal.drive(&mut world, willing);
        let took = journal.state.closed.unwrap().1.restore_s;
        assert_eq!(took, wanted.map(|wanted: i64| (wanted + already).cast_unsigned()), "{unwatched}");
    }
}

#[test]
fn s23_a_stated_loss_instant_is_counted_to_and_no_point_after_it_is_taken() {
    let point = || Answer::Point(Ok((fork_point("2026-11-20T12:00:19Z"), Vec::new())));
    for assume_yes in [true, false] {
        for (stated, taken) in [("2026-11-20T12:02:00Z", true), ("2026-11-20T11:30:00Z", false)] {
            let mut opening = drill();
            (opening.simulated_loss, opening.assume_yes) = (Some(at(stated)), assume_yes);
            let mut journal = until(opening, StepKind::ChoosePoint, &mut World::default());
            journal.answer(point());
            assert_eq!(journal.state.attempt.refused.is_none(), taken, "{stated}");
            if taken && !assume_yes {
                journal.command(willing(&journal.state).unwrap()).unwrap();
            }
            assert_eq!(journal.state.simulated_loss, taken.then(|| at(stated)));
        }
    }
    let mut opening = drill();
    opening.assume_yes = false;
    let mut journal = until(opening, StepKind::ChoosePoint, &mut World::default());
    journal.answer(point());
    let confirm = |loss: &str| Command::Confirm {
        typed: "orders-db".to_owned(),
        simulated_loss: Some(at(loss)),
        newest_there: None,
    };
    assert!(journal.command(confirm("2026-11-20T11:30:00Z")).is_err(), "before the point");
    assert!(journal.command(confirm("2026-11-20T12:02:00Z")).is_ok());
}

#[test]
fn s35_only_the_pace_of_base_data_foretells_the_end_of_a_restore() {
    let mut journal = until(drill(), StepKind::Wait, &mut World::default());
    let started = journal.state.step(StepKind::Wait).unwrap().started.unwrap();
    let usual = journal.state.opening.before.assessment.restore.as_ref().map(|usual| started + usual.longest);
    let done = |done, unit: &str| Progress {
        done: Some(done),
        total: Some(100),
        unit: Some(unit.to_owned()),
        ..progress("base backup", ProgressState::Working)
    };
    // Machines were made for ten minutes; then a tenth was copied in two.
    journal.later(600);
    journal.answer(Answer::Progress(1, done(0, "bytes")));
    assert_eq!(expected_end(&journal.state), usual, "nothing is copied yet");
    journal.later(120);
    journal.answer(Answer::Progress(1, done(10, "bytes")));
    let end = Some(journal.now + TimeDelta::minutes(18));
    assert_eq!(expected_end(&journal.state), end);
    journal.later(50);
    journal.state.live.progress = Some((journal.now, done(2, "wal")));
    assert_eq!(expected_end(&journal.state), usual, "replay has only begun, and the wait has not");
    let told = Progress { left_s: Some(90), ..done(3, "wal bytes") };
    let reckoned = journal.now + TimeDelta::seconds(90);
    journal.state.live.progress = Some((journal.now, told));
    journal.later(5);
    assert_eq!(expected_end(&journal.state), Some(reckoned), "by whoever replays");
    journal.state.live.progress = None;
    assert_eq!(expected_end(&journal.state), end, "what is known does not move by waiting");
    journal.state.stuck_since = Some(journal.now);
    assert_eq!(expected_end(&journal.state), None, "nobody knows when what stands still ends");
}

#[test]
fn s23_a_drill_recovers_from_nothing_before_its_loss_is_simulated() {
    let mut opening = drill();
    opening.assume_yes = false;
    let mut journal = until(opening, StepKind::ChoosePoint, &mut World::default());
    journal.state.declaration.as_mut().unwrap().1.down_since = None;
    journal.answer(Answer::Point(Ok((fork_point("2026-11-20T12:00:19Z"), Vec::new()))));
    journal.later(600);
    assert_eq!(clocks(&journal.state, journal.now).recovery_time, None);
    journal.command(willing(&journal.state).unwrap()).unwrap();
    journal.later(51);
    let counted = clocks(&journal.state, journal.now).recovery_time;
    assert_eq!(counted.map(|counted| counted.as_secs()), Some(51));
}

/// An incident of a primary that last answered and first fell silent then, driven to its cut-over.
fn silent(last_alive: Option<&str>, since: &str, down_since: Option<&str>) -> Journal {
    let mut opening = incident();
    opening.before.service.liveness = Liveness::silent(at(since), last_alive.map(at));
    // What it wrote says nothing here.
    (opening.before.service.primary, opening.before.service.secondary) = (None, None);
    let mut journal = Journal::open(opening);
    journal.input(&Input::Tick).unwrap();
    let declared = Declaration { down_since: down_since.map(at), ..declaration() };
    journal.command(Command::Declare(declared)).unwrap();
    journal.drive(&mut World::default(), willing);
    journal
}

#[test]
fn s23_down_since_by_the_probe_is_a_range_and_the_recovery_time_is_judged_by_both_its_ends() {
    let (last_answer, silence) = ("2026-11-20T11:30:00Z", "2026-11-20T12:02:00Z");
    let table = [
        (Some(last_answer), None, LossIs::AtMost, Some(last_answer), silence),
        (None, None, LossIs::AtLeast, None, silence),
        (Some(last_answer), Some("2026-11-20T12:01:00Z"), LossIs::Exact, None, "2026-11-20T12:01:00Z"),
    ];
    for (alive, stated, is, earliest, latest) in table {
        let journal = silent(alive, silence, stated);
        let (ended, conclusion) = journal.state.closed.clone().unwrap();
        let clocks = clocks(&journal.state, ended);
        let (longest, usable) = (at(earliest.unwrap_or(latest)), clocks.usable.unwrap());
        assert_eq!((clocks.down_earliest, clocks.down_since), (earliest.map(at), Some(at(latest))));
        let longest = (usable - longest).num_seconds().cast_unsigned();
        assert_eq!((conclusion.achieved_rto_s, conclusion.achieved_rto_is), (Some(longest), Some(is)));
        let report = crate::evidence::report(&journal.records, None).unwrap();
        let rto = &report.objectives[0];
        let least = earliest.map(|_| (usable - at(latest)).num_seconds().cast_unsigned());
        assert_eq!((rto.achieved_s, rto.is, rto.achieved_at_least_s), (Some(longest), Some(is), least));
        let shown = crate::evidence::markdown(&report);
        assert!(shown.contains(&format!("| {} |", clocks.recovery_text().unwrap())), "{shown}");
        assert_eq!(
            shown.contains("down since 2026-11-20 12:01:00Z, stated by anna,"),
            stated.is_some(),
            "{shown}"
        );
        let said = "between 2026-11-20 11:30:00Z and 2026-11-20 12:02:00Z (the last answer to a probe,";
        assert_eq!(shown.contains(said), earliest.is_some(), "{shown}");
        let met = |text: &str| conclusion.reasons.iter().any(|reason| reason.starts_with(text));
        assert_eq!(met("RTO not shown to be met: >="), is == LossIs::AtLeast, "{:?}", conclusion.reasons);
    }
    let table = [
        // Within the RTO from the first silence on, and not from the last answer on.
        (silence, RunResult::NotVerified, "RTO not shown to be met: ", "not shown to be met"),
        // Beyond it either way.
        ("2026-11-20T10:30:00Z", RunResult::ObjectiveMissed, "RTO missed: ", "not met"),
    ];
    for (silence, result, reason, judged) in table {
        let journal = silent(Some("2026-11-20T10:00:00Z"), silence, None);
        let late = journal.state.closed.clone().unwrap().1;
        assert_eq!(late.result, result, "{:?}", late.reasons);
        let is_told = |told: &String| told.starts_with(reason) && told.contains(" to ");
        assert!(late.reasons.iter().any(is_told), "{:?}", late.reasons);
        let report = crate::evidence::report(&journal.records, None).unwrap();
        assert_eq!(report.objectives[0].judgement.as_str(), judged);
    }
}

#[test]
fn s23_a_recovery_time_that_is_counted_from_a_declaration_for_want_of_better_is_the_least_it_can_be() {
    let mut opening = incident();
    opening.before.service.liveness = Liveness::NotProbed;
    let mut journal = Journal::open(opening);
    journal.input(&Input::Tick).unwrap();
    journal.command(Command::Declare(Declaration { down_since: None, ..declaration() })).unwrap();
    journal.drive(&mut World::default(), willing);
    let conclusion = journal.state.closed.clone().unwrap().1;
    assert_eq!(conclusion.achieved_rto_is, Some(LossIs::AtLeast));
    let told = |reason: &String| reason.starts_with("RTO not shown to be met: >=");
    assert!(conclusion.reasons.iter().any(told), "{:?}", conclusion.reasons);
}

#[test]
fn s10_what_an_open_run_saw_of_the_primary_is_known_of_the_service_and_a_drill_says_no_more() {
    for opening in [drill(), incident()] {
        let is_drill = opening.kind == RunKind::Drill;
        let mut journal = until(opening, StepKind::Wait, &mut World::default());
        journal.later(600);
        let silent =
            Answer::Primary { answers: false, calls: 1, text: "silent".to_owned(), last_answer: None };
        journal.answer(silent);
        let (seen, later) = (journal.state.fence.silent_since.unwrap(), journal.now + TimeDelta::seconds(80));
        let heard = journal.state.heard().unwrap();
        assert_eq!(heard.words.is_empty(), is_drill, "a drill only simulates its loss");
        let mut service = crate::domain::sample::orders();
        service.heard = Some(Box::new(heard));
        service.liveness = Liveness::Answers { at: seen - TimeDelta::seconds(30) }.looked(false, later);
        assert_eq!(service.alive().silent_since(), Some(seen), "not when somebody else looked");
        service.liveness = Liveness::Answers { at: seen + TimeDelta::seconds(30) }.looked(false, later);
        assert_eq!(service.alive().silent_since(), Some(later), "it answered in between");
    }
}
