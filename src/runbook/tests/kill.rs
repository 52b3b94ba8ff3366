//! A run that is killed anywhere goes on from its journal (R24, S20).

use crate::domain::sample::at;
use crate::runbook::sample::{Journal, Trouble, World, declaration, opening, willing};
use crate::runbook::{Command, Conclusion, Declaration, Event, RunKind, RunState, StepKind};

fn conclusion(state: &RunState) -> Conclusion {
    state.closed.clone().expect("the run is closed").1
}

/// Runs to the end, dying after `at` events; `after_effect` lets the next answer reach the world but
/// not the journal. Then somebody comes back.
fn killed(kind: RunKind, trouble: Option<Trouble>, at: usize, after_effect: bool) -> (Journal, World) {
    let mut world = World { troubles: trouble.into_iter().collect(), ..World::default() };
    let mut journal = Journal::open(opening(kind));
    journal.dies_after = Some(at);
    journal.drive(&mut world, willing);
    if after_effect {
        for effect in crate::runbook::effects(&journal.state) {
            world.answer(&effect.call, journal.now);
        }
    }
    let mut revived = Journal::revive(journal.records, journal.now);
    revived.drive(&mut world, willing);
    (revived, world)
}

fn whole(kind: RunKind, trouble: Option<Trouble>) -> (Journal, World) {
    let mut world = World { troubles: trouble.into_iter().collect(), ..World::default() };
    let mut journal = Journal::open(opening(kind));
    journal.drive(&mut world, willing);
    (journal, world)
}

#[test]
fn a_run_killed_at_every_event_ends_with_the_same_result_and_one_fork() {
    for kind in [RunKind::Drill, RunKind::Incident] {
        let not_taken = Trouble::NotTaken(at("2026-11-20T12:06:00Z"));
        let troubles = [Trouble::AnswerLost, Trouble::CallLost, Trouble::Refused, not_taken];
        for trouble in troubles.map(Some).into_iter().chain([None]) {
            // A refusal fails the step; the willing person asks once more.
            let (undisturbed, _) = whole(kind, trouble);
            let wanted = conclusion(&undisturbed.state);
            for at in 1..undisturbed.records.len() {
                for after_effect in [false, true] {
                    let (revived, world) = killed(kind, trouble, at, after_effect);
                    let what = format!("{kind:?} {trouble:?} killed after {at}, {after_effect}");
                    let got = conclusion(&revived.state);
                    assert_eq!(got.result, wanted.result, "{what}: {:?}", got.reasons);
                    assert_eq!(got.reasons, wanted.reasons, "{what}");
                    assert!(world.made.values().all(|&made| made == 1), "{what}: {:?}", world.made);
                    let steps = |state: &RunState| {
                        state
                            .steps
                            .iter()
                            .map(|step| (step.step.kind, step.status.is_over()))
                            .collect::<Vec<_>>()
                    };
                    assert_eq!(steps(&revived.state), steps(&undisturbed.state), "{what}");
                    assert_eq!(revived.state.attempt.number, 1, "{what}");
                    if kind == RunKind::Drill {
                        assert!(world.forks.is_empty(), "{what}");
                    }
                }
            }
        }
    }
}

/// A person who says when the primary was lost, and opens a further attempt in the midst of a restore and again
/// before the cut-over.
fn restless(state: &RunState) -> Option<Command> {
    let new_attempt = || Some(Command::NewAttempt { reason: "stuck".to_owned(), target: None });
    match (state.current, state.attempt.number) {
        (Some(StepKind::Declare), _) if state.declaration.is_none() => {
            let loss_instant = Some(at("2026-11-20T12:04:30Z"));
            Some(Command::Declare(Declaration { loss_instant, ..declaration() }))
        }
        (Some(StepKind::Wait), 1) | (Some(StepKind::CutOver), 2) => new_attempt(),
        _ => willing(state),
    }
}

#[test]
fn a_further_attempt_and_a_stated_loss_survive_a_kill_between_any_two_events() {
    let incident = || Journal::open(opening(RunKind::Incident));
    let (mut undisturbed, mut world) = (incident(), World::default());
    undisturbed.drive(&mut world, restless);
    assert_eq!(undisturbed.state.attempt.number, 3);
    assert_eq!(undisturbed.state.loss_stated, Some((at("2026-11-20T12:04:30Z"), "anna".to_owned())));
    for events in 1..undisturbed.records.len() {
        let (mut journal, mut world) = (incident(), World::default());
        journal.dies_after = Some(events);
        journal.drive(&mut world, restless);
        let mut revived = Journal::revive(journal.records, journal.now);
        revived.drive(&mut world, restless);
        let state = &revived.state;
        let (got, wanted) = (conclusion(state), conclusion(&undisturbed.state));
        assert_eq!((got.result, got.reasons), (wanted.result, wanted.reasons), "killed after {events}");
        assert_eq!(state.attempt.number, 3, "killed after {events}");
        assert_eq!(state.loss_stated, undisturbed.state.loss_stated, "killed after {events}");
        assert!(world.made.values().all(|&made| made == 1), "killed after {events}: {:?}", world.made);
    }
}

#[test]
fn s20_who_comes_back_after_an_intent_looks_before_asking() {
    let (undisturbed, _) = whole(RunKind::Drill, None);
    let intent = undisturbed
        .records
        .iter()
        .position(|record| matches!(record.event, Event::ForkIntended { .. }))
        .unwrap();
    // The call was made, its answer died with the process: it is found, never asked for twice.
    let (revived, world) = killed(RunKind::Drill, None, intent + 1, true);
    assert_eq!(world.starts.get(&1), Some(&1));
    assert!(revived.state.step(StepKind::Fork).is_some_and(|step| step.status.is_over()));
    // The call was never made: it is absent three times, then a person lets it be asked for.
    let (revived, world) = killed(RunKind::Drill, None, intent + 1, false);
    assert_eq!(world.made.get(&1), Some(&1));
    let sent: Vec<_> = revived
        .records
        .iter()
        .filter_map(|record| match record.event {
            Event::ForkIntended { why, .. } => Some(why),
            _ => None,
        })
        .collect();
    assert_eq!(sent, [crate::runbook::Sending::First, crate::runbook::Sending::WasAbsent]);
}

#[test]
fn s23_clocks_go_on_through_a_kill() {
    let (undisturbed, _) = whole(RunKind::Incident, None);
    let (revived, _) = killed(RunKind::Incident, None, undisturbed.records.len() - 4, true);
    assert_eq!(revived.state.opened_at, undisturbed.state.opened_at);
    assert_eq!(revived.state.declaration, undisturbed.state.declaration);
    assert_eq!(revived.state.gaps.len(), 1, "the gap is recorded (R24)");
}
