//! What the clocks of a run may say, and when (S5, S14, S23, S24).

use super::support::{drill, incident, until};
use crate::domain::Target;
use crate::runbook::sample::{Journal, World, fork_point, willing};
use crate::runbook::*;

#[test]
fn s5_a_loss_grows_while_the_old_primary_answers_and_stands_still_once_it_is_silent() {
    let mut world = World::default();
    let mut journal = until(incident(), StepKind::Wait, &mut world);
    let fixed = clocks(&journal.state, journal.now).loss;
    journal.later(600);
    let alive = journal.now;
    journal.answer(Answer::Primary { answers: true, calls: 1, text: "answers".to_owned() });
    let growing = clocks(&journal.state, journal.now);
    assert_eq!(growing.loss_instant, Some(alive), "the last proof of life");
    assert!(growing.loss > fixed, "{growing:?}");
    journal.later(600);
    journal.answer(Answer::Primary { answers: false, calls: 1, text: "silent".to_owned() });
    assert_eq!(clocks(&journal.state, journal.now).loss_instant, Some(alive));
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
    let late = fork_point(&(loss + chrono::TimeDelta::minutes(30)).to_rfc3339());
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
    journal.later(60);
    journal.input(&Input::Tick).unwrap();
    journal.later(900);
    journal.input(&Input::Tick).unwrap();
    assert!(journal.state.stuck_since.is_some());
    let line = now_line(&journal.state, journal.now);
    assert!(line.contains("Nothing moved") && line.contains("new attempt"), "{line}");
}
