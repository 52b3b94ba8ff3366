//! A source that cannot be read while a point is chosen.

use super::*;
use crate::runbook::sample::Journal;
use crate::runbook::{Need, StepStatus, effects, need, nothing_known, now_line, unseen};

fn limited(again_in: Option<Duration>) -> NoPoint {
    NoPoint::CannotTell { why: "orders-db cannot be read: too many requests (429)".to_owned(), again_in }
}

fn provider(no_points: impl IntoIterator<Item = NoPoint>) -> Arc<Provider> {
    let provider = Provider::default();
    *provider.no_points.lock().unwrap() = no_points.into_iter().collect();
    Arc::new(provider)
}

async fn when(handle: &mut RunHandle, is_it: impl Fn(&RunState) -> bool) -> Arc<RunState> {
    let seen = handle.state.wait_for(|state| is_it(state));
    tokio::time::timeout(PATIENCE, seen).await.expect("it comes in time").expect("it is driven");
    handle.now()
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_a_source_that_cannot_be_read_refuses_no_point_and_is_read_again_by_itself() {
    let provider = provider((0..4).map(|_| limited(None)));
    let setup = setup(Arc::new(PaperLedger::default()), &provider);
    let state = to_the_end_with(open(setup, patient(RunKind::Drill), Vec::new()).await.unwrap(), |state| {
        assert_ne!(need(state), Some(Need::OtherPoint), "no point was refused");
        willing(state)
    })
    .await
    .unwrap();
    assert_eq!(result(&state), Some(RunResult::Passed), "{:?}", state.closed);
    assert_eq!(
        provider.checked.load(Ordering::SeqCst),
        1,
        "what was left unchecked is checked before the fork"
    );
    let readiness = &state.step(StepKind::Readiness).unwrap().status;
    assert!(matches!(readiness, StepStatus::Done(text) if !text.contains("429")), "{readiness:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_what_readiness_could_not_check_before_the_fork_is_named_and_looked_at_once_more_only() {
    let provider = provider([limited(None)]);
    let setup = setup(Arc::new(PaperLedger::default()), &provider);
    let world = setup.world.clone();
    let opening = patient(RunKind::Incident);
    let checked = world.carry_out(&opening, Call::CheckReadiness(Draft::first(&opening))).await;
    let Outcome::Answer(answer) = checked else { panic!("{checked:?}") };
    let Answer::Readiness(items) = &answer else { panic!("{answer:?}") };
    assert!(items.last().unwrap().text.ends_with("; not checked: disk space, port"), "{items:?}");

    let mut journal = Journal::open(opening);
    journal.input(&Input::Tick).unwrap();
    journal.command(Command::Declare(declaration())).unwrap();
    journal.answer(answer.clone());
    journal.answer(Answer::Point(Ok((fork_point("2026-11-20T12:00:19Z"), Vec::new()))));
    assert_eq!(journal.state.current, Some(StepKind::Readiness), "once more, now that there is a point");
    journal.answer(answer);
    assert_eq!(need(&journal.state), Some(Need::ConfirmPoint), "it goes on with what is open by name");
}

#[tokio::test(flavor = "multi_thread")]
async fn s26_now_says_when_it_is_read_again_and_a_person_can_do_it_at_once() {
    let ages = |_| limited(None);
    let provider = provider((0..10_000).map(ages));
    let mut setup = setup(Arc::new(PaperLedger::default()), &provider);
    setup.clock = Clock::starting_at(at(OPENED), 1.0);
    let first = vec![Command::Declare(declaration())];
    let mut handle = open(setup, patient(RunKind::Incident), first).await.unwrap();
    let state =
        when(&mut handle, |state| state.current == Some(StepKind::ChoosePoint) && state.unread().is_some())
            .await;
    let now = now_line(&state, state.last_at);
    assert!(now.starts_with("orders-db cannot be read: too many requests (429); tried again at 20"), "{now}");
    assert_eq!(need(&state), None, "nobody is asked for another point");
    assert_eq!(unseen(&state, state.last_at), None, "within its limit");
    provider.no_points.lock().unwrap().clear();
    handle.ask(Command::Retry).await.unwrap();
    let state = when(&mut handle, |state| need(state) == Some(Need::ConfirmPoint)).await;
    assert_eq!(state.live.trouble, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_asks_to_be_left_alone_is_left_alone() {
    let provider = provider([limited(None), limited(Some(Duration::from_secs(3600)))]);
    let setup = setup(Arc::new(PaperLedger::default()), &provider);
    let first = vec![Command::Declare(declaration())];
    let mut opening = patient(RunKind::Incident);
    opening.member.probe = Some("tcp://127.0.0.1:9".to_owned());
    let mut handle = open(setup, opening, first).await.unwrap();
    when(&mut handle, |state| state.unread().is_some_and(|trouble| trouble.is_asked)).await;
    let probed = handle.now().fence.calls;
    let state = when(&mut handle, |state| state.fence.calls > probed + 1).await;
    let now = now_line(&state, state.last_at);
    assert!(now.contains(", as it asks."), "{now}");
    let refused = handle.ask(Command::Retry).await.unwrap_err();
    assert!(refused.0.starts_with("its source asked to be left alone until "), "{refused}");
    assert!(handle.now().attempt.point.is_none(), "the third look would find one");
}

/// A run of a copy that nobody can read any more, driven until it can be told what becomes of it.
async fn unreadable(kind: RunKind, target: Target, repeats: bool, speed: f64) -> RunHandle {
    let provider = provider((0..10_000).map(|_| limited(None)));
    provider.repeats.store(repeats, Ordering::SeqCst);
    let mut setup = setup(Arc::new(PaperLedger::default()), &provider);
    setup.clock = Clock::starting_at(at(OPENED), speed);
    let mut opening = patient(kind);
    opening.member.target = target;
    // A drill declares itself here.
    let first = (kind == RunKind::Incident).then(|| Command::Declare(declaration()));
    let mut handle = open(setup, opening, first.into_iter().collect()).await.unwrap();
    when(&mut handle, |state| state.unread().is_some() || state.attempt.point.is_some()).await;
    handle
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_an_incident_goes_on_by_what_is_last_known_and_says_so() {
    let instant = Target::At(at("2026-11-20T11:58:00Z"));
    // An instant means the same whatever is read; newest is asked for a while longer.
    for (target, speed) in [(instant, 1.0), (Target::Newest, SPEED)] {
        let mut handle = unreadable(RunKind::Incident, target, true, speed).await;
        let state = when(&mut handle, |state| need(state) == Some(Need::ConfirmPoint)).await;
        let point = state.attempt.point.as_ref().unwrap();
        let there = state.opening.before.service.secondary.as_ref().unwrap();
        assert_eq!(point.last_known, there.as_of(), "as old as it is");
        let now = now_line(&state, state.last_at);
        let known = point.words();
        assert!(known.starts_with("2026-11-20 11:58:00Z, as last known at 2026-11-20 12:0"), "{known}");
        assert!(now.contains("ago, since its copy cannot be read"), "{now}");
        assert_eq!(state.live.trouble, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_a_further_attempt_goes_on_by_the_newest_that_its_run_found_and_not_by_how_it_began() {
    for repeats in [true, false] {
        let provider = provider([]);
        provider.repeats.store(repeats, Ordering::SeqCst);
        let setup = setup(Arc::new(PaperLedger::default()), &provider);
        let first = vec![Command::Declare(declaration())];
        let mut handle = open(setup, patient(RunKind::Incident), first).await.unwrap();
        let state = when(&mut handle, |state| need(state) == Some(Need::ConfirmPoint)).await;
        let (found, seen_at) = (state.attempt.point.clone().unwrap(), state.last_at);
        assert_eq!(found.promised, at("2026-11-20T12:00:19Z"), "newer than 11:58:00, as the run began");
        handle.ask(willing(&state).unwrap()).await.unwrap();
        provider.no_points.lock().unwrap().extend((0..10_000).map(|_| limited(None)));
        let again = Command::NewAttempt { reason: "stuck".to_owned(), target: None };
        handle.ask(again).await.unwrap();
        let point = |state: &RunState| state.attempt.number == 2 && need(state) == Some(Need::ConfirmPoint);
        let state = when(&mut handle, point).await;
        let known = state.attempt.point.clone().unwrap();
        assert_eq!(ForkPoint { last_known: None, ..known.clone() }, found);
        assert!(known.last_known.is_some_and(|as_of| as_of <= seen_at), "{known:?}");
        assert!(known.last_known > state.opening.before.service.secondary.as_ref().unwrap().as_of());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_what_its_run_found_goes_before_an_imported_reading_of_the_future() {
    let provider = provider([]);
    provider.repeats.store(true, Ordering::SeqCst);
    let setup = setup(Arc::new(PaperLedger::default()), &provider);
    let (world, mut opening) = (setup.world.clone(), patient(RunKind::Incident));
    let there = opening.before.service.secondary.as_mut().unwrap();
    let a_day_on = at("2026-11-21T12:00:00Z");
    there.last_good.as_mut().unwrap().as_of = a_day_on;
    there.imported_from = Some(Box::new(("watch-1".to_owned(), a_day_on)));
    let mut journal = Journal::open(opening.clone());
    let going_by = |state: &RunState| {
        let draft = effects(state).into_iter().find_map(|effect| match effect.call {
            Call::ResolvePoint(draft) => Some(draft),
            _ => None,
        });
        let (world, opening) = (world.clone(), opening.clone());
        async move { world.carry_out(&opening, Call::ResolvePoint(draft.unwrap())).await }
    };
    provider.no_points.lock().unwrap().extend([limited(None), limited(None)]);
    journal.input(&Input::Tick).unwrap();
    journal.command(Command::Declare(declaration())).unwrap();
    journal.answer(Answer::Readiness(Vec::new()));
    let Outcome::Trouble { known: Some(known), .. } = going_by(&journal.state).await else { panic!() };
    assert_eq!(known.0.last_known, Some(a_day_on), "nothing else is known");
    for point in [known.0, fork_point("2026-11-20T12:00:19Z")] {
        journal.answer(Answer::Point(Ok((point, Vec::new()))));
        if journal.state.current == Some(StepKind::Readiness) {
            journal.answer(Answer::Readiness(Vec::new()));
        }
        journal.command(willing(&journal.state).unwrap()).unwrap();
        journal.command(Command::NewAttempt { reason: "stuck".to_owned(), target: None }).unwrap();
    }
    let Outcome::Trouble { known: Some(known), .. } = going_by(&journal.state).await else { panic!() };
    assert_eq!(known.0.promised, at("2026-11-20T12:00:19Z"), "read by the run itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn s5_newest_is_asked_for_a_minute_before_an_older_one_is_taken() {
    let handle = unreadable(RunKind::Incident, Target::Newest, true, 1.0).await;
    let state = handle.now();
    let trouble = state.unread().unwrap();
    assert_eq!(trouble.goes_on_at(), Some(trouble.since + chrono::TimeDelta::seconds(60)));
    let text = trouble.text();
    let goes_on = " on it goes on with 2026-11-20 11:58:00Z, as last known at ";
    assert!(text.contains("; tried again at 2026-11-20 12:0") && text.contains(goes_on), "{text}");
    assert_eq!(nothing_known(&state), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn s11_a_drill_and_a_point_that_only_its_copy_proves_wait() {
    for (kind, repeats) in [(RunKind::Drill, true), (RunKind::Incident, false)] {
        let handle = unreadable(kind, Target::At(at("2026-11-20T11:58:00Z")), repeats, 1.0).await;
        let state = handle.now();
        assert_eq!(state.unread().unwrap().goes_on_at(), None, "{kind:?}");
        assert_eq!(nothing_known(&state), None, "it was read before");
        let mut never = (*state).clone();
        Arc::make_mut(&mut never.opening).before.service.secondary.as_mut().unwrap().last_good = None;
        assert!(nothing_known(&never).unwrap().contains("too many requests"));
    }
}

#[tokio::test(start_paused = true)]
async fn s20_a_removal_has_all_the_time_that_its_provider_gives_it() {
    let provider = Arc::new(Provider::default());
    *provider.slow_removal.lock().unwrap() = Some(REMOVE_LIMIT / 10 * 9);
    let Setup { world, .. } = setup(Arc::new(PaperLedger::default()), &provider);
    let opening = opening(RunKind::Drill);
    let request = Draft::first(&opening).with(fork_point("2026-11-20T12:00:19Z"));
    let removed = world.carry_out(&opening, Call::RemoveFork(request)).await;
    assert!(matches!(removed, Outcome::Answer(Answer::Removed(1, _))), "{removed:?}");
}
