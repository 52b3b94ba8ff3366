//! Who steers a run, and who may not.

use super::*;
use crate::runbook::{ForkStanding, Sending};

#[tokio::test(flavor = "multi_thread")]
async fn r23_a_second_run_of_a_service_is_refused_naming_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(SqliteLedger::open(folder.path()).unwrap());
    let provider = Arc::new(Provider::default());
    let setup = setup(Arc::<SqliteLedger>::clone(&ledger), &provider);
    let mut waiting = patient(RunKind::Drill);
    waiting.assume_yes = false;
    let mut first = open(setup.clone(), waiting, Vec::new()).await.unwrap();
    assert_eq!(first.until_needed().await.1, Some(Need::Declaration));
    let mut second = patient(RunKind::Incident);
    second.run.push('2');
    match open(setup.clone(), second, Vec::new()).await {
        Err(DriveError::Ledger(LedgerError::OpenRun { run, live: true, .. })) => {
            assert_eq!(run, first.now().id());
        }
        other => panic!("{other:?}"),
    }
    // It is live, so nobody else steers it; once it is left it can be taken up, here to end it.
    let run = first.now().id().to_owned();
    assert!(matches!(
        resume(setup.clone(), &run, Vec::new()).await,
        Err(DriveError::Ledger(LedgerError::Live { .. }))
    ));
    first.ask(Command::Detach { why: "asked".to_owned() }).await.unwrap();
    let left = first.ended().await.unwrap();
    assert!(left.is_left() && !left.is_over());
    let abort = Command::Abort { typed: "orders-db".to_owned(), reason: "another day".to_owned() };
    let aborted = resume(setup, &run, vec![abort]).await.unwrap().ended().await.unwrap();
    assert_eq!(result(&aborted), Some(RunResult::Failed));
    assert_eq!(
        ledger.runs().unwrap()[0].conclusion,
        aborted.closed.clone().map(|(_, conclusion)| conclusion)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_command_is_told_to_whoever_asked_and_stands_in_the_state() {
    let provider = Arc::new(Provider::default());
    let mut waiting = patient(RunKind::Drill);
    waiting.assume_yes = false;
    let handle = open(setup(Arc::new(PaperLedger::default()), &provider), waiting, Vec::new()).await.unwrap();
    let refused = handle.ask(Command::RetryAbsent).await.unwrap_err();
    assert_eq!(handle.now().live.refused.as_ref().map(|(_, why)| why), Some(&refused.0));
    handle.ask(Command::Note { text: "INC-4711".to_owned() }).await.unwrap();
    assert_eq!(handle.now().live.refused, None);
    assert_eq!(handle.now().notes.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_a_run_waits_for_the_answer_to_a_call_that_is_under_way() {
    let provider = Arc::new(Provider::default());
    *provider.slow_start.lock().unwrap() = Some(Duration::from_millis(300));
    let paper = Arc::new(PaperLedger::default());
    let mut handle =
        open(setup(Arc::<PaperLedger>::clone(&paper), &provider), patient(RunKind::Drill), Vec::new())
            .await
            .unwrap();
    let sent = |state: &Arc<RunState>| state.attempt.sent == 1;
    tokio::time::timeout(PATIENCE, handle.state.wait_for(sent)).await.unwrap().unwrap();
    handle.ask(Command::Detach { why: "SIGHUP".to_owned() }).await.unwrap();
    let state = handle.ended().await.unwrap();
    let answered = paper.load(state.id()).unwrap();
    assert!(answered.iter().any(|record| matches!(record.event, Event::ForkAnswered { .. })));
    assert_eq!(provider.fake().made.get(&1), Some(&1));
}

#[tokio::test(flavor = "multi_thread")]
async fn s20_a_run_that_is_left_before_anything_was_sent_goes_on_without_a_person() {
    let provider = Arc::new(Provider::with_trouble(Trouble::NotTaken(at(OPENED))));
    *provider.slow_start.lock().unwrap() = Some(Duration::from_millis(300));
    let paper = Arc::new(PaperLedger::default());
    let setup = setup(Arc::<PaperLedger>::clone(&paper), &provider);
    let mut handle = open(setup.clone(), patient(RunKind::Drill), Vec::new()).await.unwrap();
    let sent = |state: &Arc<RunState>| state.attempt.sent == 1;
    tokio::time::timeout(PATIENCE, handle.state.wait_for(sent)).await.unwrap().unwrap();
    handle.ask(Command::Detach { why: "asked".to_owned() }).await.unwrap();
    let left = handle.ended().await.unwrap();
    assert!(matches!(left.attempt.fork, ForkStanding::NotTaken { .. }), "{:?}", left.attempt.fork);
    assert!(!left.attempt.may_exist() && left.goes_on().is_empty());
    let state = to_the_end(resume(setup, left.id(), Vec::new()).await.unwrap()).await.unwrap();
    assert_eq!(result(&state), Some(RunResult::Passed), "{:?}", state.closed);
    let records = paper.load(state.id()).unwrap();
    let sent = records.iter().filter_map(|record| match record.event {
        Event::ForkIntended { why, .. } => Some(why),
        _ => None,
    });
    assert_eq!(sent.collect::<Vec<_>>(), [Sending::First, Sending::NotTaken]);
    assert_eq!(provider.fake().made.get(&1), Some(&1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_run_is_cleaned_up_later_with_its_own_confirmation() {
    let provider = Arc::new(Provider::default());
    *provider.slow_start.lock().unwrap() = Some(Duration::from_millis(50));
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(SqliteLedger::open(folder.path()).unwrap());
    let setup = setup(Arc::<SqliteLedger>::clone(&ledger), &provider);
    let mut opening = patient(RunKind::Drill);
    opening.assume_yes = false;
    let mut handle = open(setup.clone(), opening, Vec::new()).await.unwrap();
    while handle.now().current != Some(StepKind::Validate) {
        if let Some(command) = willing(&handle.until_needed().await.0)
            && handle.now().current != Some(StepKind::Validate)
        {
            handle.ask(command).await.ok();
        }
    }
    handle
        .ask(Command::Abort { typed: "orders-db".to_owned(), reason: "wrong service".to_owned() })
        .await
        .unwrap();
    let aborted = handle.ended().await.unwrap();
    assert_eq!(provider.fake().forks.len(), 1, "abort deletes nothing (R25)");
    let clean_up = |typed: &str| vec![Command::CleanUp { typed: typed.to_owned() }];
    assert!(matches!(
        resume(setup.clone(), aborted.id(), clean_up("order-db")).await,
        Err(DriveError::Refused(_))
    ));
    let cleaned = resume(setup, aborted.id(), clean_up("orders-db")).await.unwrap().ended().await.unwrap();
    assert!(cleaned.attempt.is_removed());
    assert!(provider.fake().forks.is_empty());
    assert_replays(&*ledger, &cleaned);
}

#[tokio::test(flavor = "multi_thread")]
async fn s20_a_fork_is_not_removed_while_it_is_still_being_asked_for() {
    let provider = Arc::new(Provider::default());
    *provider.slow_start.lock().unwrap() = Some(Duration::from_millis(300));
    let setup = setup(Arc::new(PaperLedger::default()), &provider);
    let mut handle = open(setup, patient(RunKind::Drill), Vec::new()).await.unwrap();
    let sent = |state: &Arc<RunState>| state.attempt.sent == 1;
    tokio::time::timeout(PATIENCE, handle.state.wait_for(sent)).await.unwrap().unwrap();
    let typed = "orders-db".to_owned();
    handle.ask(Command::Abort { typed, reason: "wrong service".to_owned() }).await.unwrap();
    handle.ask(Command::CleanUp { typed: "orders-db".to_owned() }).await.unwrap();
    let state = tokio::time::timeout(PATIENCE, handle.ended()).await.unwrap().unwrap();
    assert!(state.attempt.made && state.attempt.is_removed(), "{:?}", state.attempt);
    assert!(provider.fake().forks.is_empty(), "what is said to be gone is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_fence_is_judged_by_a_look_of_its_own_and_not_by_what_was_seen_before() {
    let primary = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let provider = Arc::new(Provider::default());
    let folder = tempfile::tempdir().unwrap();
    let setup = setup(Arc::new(SqliteLedger::open(folder.path()).unwrap()), &provider);
    let mut opening = patient(RunKind::Incident);
    opening.member.probe = Some(format!("tcp://{}", primary.local_addr().unwrap()));
    let declared = vec![Command::Declare(declaration())];
    let mut first = open(setup.clone(), opening, declared).await.unwrap();
    let alive = |state: &Arc<RunState>| state.fence.is_alive();
    tokio::time::timeout(PATIENCE, first.state.wait_for(alive)).await.unwrap().unwrap();
    let fence = || Command::Fence { how: "pg_ctl stop".to_owned() };
    assert!(first.ask(fence()).await.is_err(), "it still answers");
    first.ask(Command::Detach { why: "asked".to_owned() }).await.unwrap();
    let run = first.ended().await.unwrap().id().to_owned();
    let _held = shut(primary);
    let second = resume(setup, &run, vec![fence()]).await.unwrap();
    assert!(second.now().fence.lets_cut_over(), "{:?}", second.now().fence);
}

#[tokio::test(flavor = "multi_thread")]
async fn s2_what_a_run_says_of_its_backups_when_they_are_skipped_is_read_then() {
    let copied = |copying: CopiedTo| Protection {
        own_backup: Some(false),
        secondary_copy: Some(false),
        needs_person: copying == CopiedTo::Nowhere,
        shielded: None,
        text: copying.in_words(),
        copying,
    };
    let region = copied(CopiedTo::Region("aws-eu-north-1".to_owned()));
    for (then, result) in [(Some(region), RunResult::NotVerified), (None, RunResult::Passed)] {
        let provider = Arc::new(Provider::default());
        *provider.backups.lock().unwrap() = Some(copied(CopiedTo::Nowhere));
        let folder = tempfile::tempdir().unwrap();
        let setup = setup(Arc::new(SqliteLedger::open(folder.path()).unwrap()), &provider);
        let mut first = open(setup.clone(), patient(RunKind::Incident), Vec::new()).await.unwrap();
        while first.until_needed().await.1 != Some(Need::Protection) {
            let state = first.now();
            answer(&mut first, &state).await;
        }
        first.ask(Command::Detach { why: "asked".to_owned() }).await.unwrap();
        let run = first.ended().await.unwrap().id().to_owned();
        // Its region is set by `region`, while nobody drives the run.
        provider.backups.lock().unwrap().clone_from(&then);
        let skip = Command::Skip { reason: "the first copy is awaited elsewhere".to_owned() };
        let over = resume(setup, &run, vec![skip]).await.unwrap().ended().await.unwrap();
        assert_eq!(super::result(&over), Some(result), "{:?}", over.closed);
        let kept = over.notes.iter().any(|note| note.text.starts_with("not skipped, "));
        assert_eq!(kept, then.is_none(), "a reason that skipped nothing is not lost: {:?}", over.notes);
        let seen = over.protection.clone().unwrap();
        assert_eq!(seen.text, then.map_or_else(|| "both".to_owned(), |then| then.text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s2_when_its_backups_were_last_seen_is_put_down_once_no_other_look_follows_or_it_sees_nothing() {
    let skip = Command::Skip { reason: "looked after by hand".to_owned() };
    for ends in [Some(Command::Detach { why: "asked".to_owned() }), Some(skip), None] {
        let (own_backup, text) = (Some(true), "its own first backup alone".to_owned());
        let alone = Protection { own_backup, needs_person: true, ..Protection::cannot_tell(text) };
        let provider = Arc::new(Provider::default());
        *provider.backups.lock().unwrap() = Some(alone);
        let paper = Arc::new(PaperLedger::default());
        let setup = setup(Arc::<PaperLedger>::clone(&paper), &provider);
        let mut handle = open(setup, patient(RunKind::Incident), Vec::new()).await.unwrap();
        while handle.until_needed().await.1 != Some(Need::Protection) {
            let state = handle.now();
            answer(&mut handle, &state).await;
        }
        let first_seen = handle.now().protection_at;
        // Once the second look from now on has begun, the first is taken in.
        let looks = provider.backups_seen.load(Ordering::SeqCst) + 2;
        let again = |_: &Arc<RunState>| provider.backups_seen.load(Ordering::SeqCst) >= looks;
        tokio::time::timeout(PATIENCE, handle.state.wait_for(again)).await.unwrap().unwrap();
        assert_eq!(handle.now().protection_at, first_seen, "not each look is put down");
        if let Some(end) = ends.clone() {
            handle.ask(end).await.unwrap();
        } else {
            *provider.backups.lock().unwrap() = Some(Protection::cannot_tell("timed out".to_owned()));
            let blind = |state: &Arc<RunState>| state.protection_unseen.is_some();
            tokio::time::timeout(PATIENCE, handle.state.wait_for(blind)).await.unwrap().unwrap();
            handle.ask(Command::Detach { why: "asked".to_owned() }).await.unwrap();
        }
        let state = handle.ended().await.unwrap();
        assert!(state.protection_at > first_seen, "{ends:?}");
        let records = paper.load(state.id()).unwrap();
        let seen = |record: &&Record| matches!(record.event, Event::ProtectionSeen { .. });
        assert_eq!(records.iter().filter(seen).count(), 2 + usize::from(ends.is_none()), "{ends:?}");
        assert_replays(&*paper, &state);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_every_call_to_the_primary_is_put_down_before_a_run_is_left() {
    let primary = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("tcp://{}", primary.local_addr().unwrap());
    let _held = shut(primary);
    let paper = Arc::new(PaperLedger::default());
    let mut setup = setup(Arc::<PaperLedger>::clone(&paper), &Arc::new(Provider::default()));
    // After the first look none is due for ten seconds; of looks that see the same one a minute is put down.
    setup.clock = Clock::starting_at(at(OPENED), 1.0);
    let mut opening = patient(RunKind::Incident);
    opening.member.probe = Some(address);
    let mut handle = open(setup, opening, vec![Command::Declare(declaration())]).await.unwrap();
    let silent = |state: &Arc<RunState>| state.fence.primary.is_some();
    let seen = tokio::time::timeout(PATIENCE, handle.state.wait_for(silent)).await.unwrap().unwrap().clone();
    assert_eq!(seen.fence.calls, 3, "each try is a call");
    handle.ask(Command::Fence { how: "pg_ctl stop".to_owned() }).await.unwrap();
    handle.ask(Command::Detach { why: "asked".to_owned() }).await.unwrap();
    let left = handle.ended().await.unwrap();
    assert_eq!(left.fence.calls, 6, "its own look at the fence, too");
    assert_replays(&*paper, &left);
}

#[tokio::test(flavor = "multi_thread")]
async fn s31_what_a_run_that_is_over_does_not_take_adds_no_line_to_its_journal() {
    let paper = Arc::new(PaperLedger::default());
    let setup = setup(Arc::<PaperLedger>::clone(&paper), &Arc::new(Provider::default()));
    let handle = open(setup.clone(), patient(RunKind::Drill), Vec::new()).await.unwrap();
    let over = to_the_end_with(handle, willing).await.unwrap();
    assert!(over.is_over());
    let lines = paper.lines(over.id()).unwrap();
    let abort = Command::Abort { typed: "orders-db".to_owned(), reason: "x".to_owned() };
    for first in [vec![abort], vec![Command::Retry], Vec::new()] {
        let refused = resume(setup.clone(), over.id(), first).await;
        assert!(matches!(refused, Err(DriveError::Refused(_))), "{refused:?}");
        assert_eq!(paper.lines(over.id()).unwrap(), lines);
    }
    let note = Command::Note { text: "filed".to_owned() };
    resume(setup, over.id(), vec![note]).await.unwrap().ended().await.unwrap();
    assert_eq!(paper.lines(over.id()).unwrap().len(), lines.len() + 1, "a note is taken, and nothing else");
}
