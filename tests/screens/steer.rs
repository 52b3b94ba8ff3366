//! Keys on the run screen: what each asks for, and that none acts without arming.

use std::sync::Arc;

use lifeboat::domain::Target;
use lifeboat::provider::{ReadinessItem, ReadinessState, StartOutcome};
use lifeboat::runbook::{Answer, Command, JournalPlace, RunKind, RunState};
use lifeboat::tui::app::model::Again;
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::keymap::Key;
use proptest::prelude::*;

use crate::driven::{command, press, shown};
use crate::journal::{self, Journal};
use crate::keys::any_key;
use crate::picture::{buffer, rich, text};
use crate::sample::at;

#[test]
fn r21_the_point_is_confirmed_by_the_typed_name_alone() {
    let journal = journal::to_be_confirmed(RunKind::Drill);
    let mut model = shown(&journal, 100, 24, true);
    assert!(press(&mut model, &journal, "\rorders\r").is_empty());
    assert!(text(&buffer(&model, &rich())).contains("type orders-db"));
    let effects = press(&mut model, &journal, "-db\r");
    // What the board knows to be restorable by then.
    let (typed, newest_there) = ("orders-db".to_owned(), Some(at("2026-11-20T12:00:19Z")));
    let wanted = Command::Confirm { typed, simulated_loss: None, newest_there };
    assert_eq!(command(&effects), Some(&wanted));
}

#[test]
fn every_key_of_a_run_becomes_its_command() {
    let restoring = journal::restoring(RunKind::Incident);
    let accepted = journal::accepted(RunKind::Incident);
    let checked = journal::checked(RunKind::Incident);
    let words = |text: &str| text.to_owned();
    for (journal, keys, wanted) in [
        (&restoring, "p", Command::Pause),
        (&restoring, "nCTO told\r", Command::Note { text: words("CTO told") }),
        (&restoring, "sknown good\r", Command::Skip { reason: words("known good") }),
        (&restoring, "bstuck\r\r", Command::NewAttempt { reason: words("stuck"), target: None }),
        (
            &restoring,
            "awrong service\rorders-db\r",
            Command::Abort { typed: words("orders-db"), reason: words("wrong service") },
        ),
        (&accepted, "fport closed\r\r", Command::Fence { how: words("port closed") }),
        (&accepted, "f\rit burned\r", Command::OverrideFence { reason: words("it burned") }),
        (&journal::absent(), "rorders-db\r", Command::RetryAbsent),
        (
            &checked,
            "\r\ryes\rlooks right\r",
            Command::OwnersWord { by: words("team-payments"), accepted: true, text: words("looks right") },
        ),
        (&journal::accepted(RunKind::Drill), "\rorders-db\r", Command::CleanUp { typed: words("orders-db") }),
    ] {
        let mut model = shown(journal, 100, 24, true);
        let effects = press(&mut model, journal, keys);
        assert_eq!(command(&effects), Some(&wanted), "{keys:?}");
    }
}

#[test]
fn what_is_said_for_a_moment_hides_no_key_of_a_run_that_waits() {
    let journal = journal::accepted(RunKind::Incident);
    let mut model = shown(&journal, 80, 24, true);
    let footer = |model: &_| text(&buffer(model, &rich())).lines().last().unwrap().to_owned();
    let before = footer(&model);
    assert!(before.contains("f fence"), "{before}");
    assert_eq!(press(&mut model, &journal, "P"), [Effect::PollNow]);
    let told = footer(&model);
    assert!(told.contains("f fence") && told.contains("? help"), "{told}");
    assert!(told.contains("asking aiven-prod now"), "{told}");
}

#[test]
fn s18_a_run_that_another_drives_is_taken_up_by_a_command_that_arms() {
    let journal = journal::restoring(RunKind::Incident);
    let mut model = shown(&journal, 100, 24, false);
    let armed = "lifeboat --arm --config a.toml --config break-glass.toml".to_owned();
    let (own, begun) = (armed.clone(), journal.state.id().to_owned());
    let of_run = move |run: &RunState| if run.id() == begun { own.clone() } else { String::new() };
    let board = Again::new("lifeboat --config a.toml", "lifeboat --arm --config of-the-board.toml");
    model.setup.again = Some(board.on_runs(of_run));
    press(&mut model, &journal, "p");
    let told = text(&buffer(&model, &rich()));
    assert!(told.contains("is driven by"), "{told}");
    let words = told.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("{armed} runs resume {}", journal.state.id())), "{told}");
}

#[test]
fn s23_what_is_declared_of_an_open_run_is_looked_at_when_its_field_is_left() {
    let journal = Journal::open(RunKind::Incident, at("2026-11-20T12:44:02Z"));
    let field = |instants: &[&str]| {
        let mut model = shown(&journal, 120, 40, true);
        for keys in ["\r", "\r", "region gone\r", "\r"] {
            press(&mut model, &journal, keys);
        }
        for instant in instants {
            press(&mut model, &journal, &format!("{instant}\r"));
        }
        text(&buffer(&model, &rich()))
    };
    assert!(field(&[]).contains("empty = by the probe, 12:22:10Z"), "{}", field(&[]));
    let (down, later) = ("2026-11-20T12:22:10Z", "2026-11-20T18:00:00Z");
    assert!(field(&[down]).contains("> loss instant"), "{}", field(&[down]));
    for (instants, stays, why) in [
        (&[later][..], "> down since", "down since 2026-11-20T18:00:00Z lies in the future"),
        (&[down, "", "2026-11-20T12:20:00Z"], "> detected", "lies before down since"),
    ] {
        let told = field(instants);
        let words = told.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(stays) && words.contains(why), "{told}");
    }
}

#[test]
fn s22_a_drill_has_nothing_to_fence() {
    let journal = journal::restoring(RunKind::Drill);
    let mut model = shown(&journal, 100, 24, true);
    assert!(press(&mut model, &journal, "f").is_empty());
    assert!(model.overlay.is_none());
    assert!(text(&buffer(&model, &rich())).contains("never touches production"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// R20: without arming no key on a run or in the list makes the dashboard act.
    #[test]
    fn in_read_only_no_key_acts_on_a_run(
        keys in proptest::collection::vec(any_key(), 0..50),
        which in 0_usize..5,
        width in 0_u16..220,
        height in 0_u16..60,
    ) {
        let journal = match which {
            0 => journal::to_be_confirmed(RunKind::Drill),
            1 => journal::absent(),
            2 => journal::checked(RunKind::Incident),
            3 => journal::accepted(RunKind::Incident),
            _ => journal::closed_drill(),
        };
        let mut model = shown(&journal, width, height, false);
        for key in keys {
            let effects = update(&mut model, Message::Key(key), journal.now);
            prop_assert!(!effects.iter().any(|effect| matches!(effect, Effect::Act(_))), "{key}");
            buffer(&model, &rich());
        }
    }
}

/// S24: until a drill's point is confirmed its loss counts to now, and the box says to when.
#[test]
fn the_loss_in_the_confirmation_box_is_that_of_now() {
    let journal = journal::to_be_confirmed(RunKind::Drill);
    let mut model = shown(&journal, 100, 30, true);
    press(&mut model, &journal, "\r");
    let at_first = text(&buffer(&model, &rich()));
    assert!(at_first.contains("loss      41m 23s of 15m RPO, if it is confirmed now"), "{at_first}");
    update(&mut model, Message::Tick, journal.now + chrono::TimeDelta::minutes(10));
    let later = text(&buffer(&model, &rich()));
    assert!(later.contains("loss      51m 23s of 15m RPO, if it is confirmed now"), "{later}");
    assert!(later.contains("as of     2026-11-20 12:54:43Z"), "{later}");
}

/// R21: a name typed under one point does not confirm another one.
#[test]
fn a_typed_name_holds_only_for_the_point_it_was_typed_under() {
    let journal = journal::to_be_confirmed(RunKind::Drill);
    let mut model = shown(&journal, 100, 30, true);
    press(&mut model, &journal, "\rorders-db");
    let mut state = journal.state.clone();
    state.attempt.point.as_mut().unwrap().promised = at("2026-11-20T11:00:00Z");
    update(&mut model, Message::Run { state: Arc::new(state), driven_here: true }, journal.now);
    assert!(press(&mut model, &journal, "\r").is_empty());
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("has changed while it was open"), "{picture}");
    assert!(press(&mut model, &journal, "\r").is_empty(), "the name is asked for again");
    assert!(command(&press(&mut model, &journal, "orders-db\r")).is_some());
}

/// R21: a reason that was written for one step skips no other.
#[test]
fn a_reason_to_skip_holds_only_for_the_step_it_was_written_for() {
    let journal = journal::restoring(RunKind::Incident);
    for key in ["s", "b"] {
        let mut model = shown(&journal, 100, 24, true);
        press(&mut model, &journal, &format!("{key}known good"));
        let checked = journal::checked(RunKind::Incident);
        let message = Message::Run { state: Arc::new(checked.state.clone()), driven_here: true };
        update(&mut model, message, journal.now);
        let rest = if key == "b" { "\r\r" } else { "\r" };
        assert!(press(&mut model, &journal, rest).is_empty(), "{key}");
        let picture = text(&buffer(&model, &rich()));
        assert!(picture.contains("has changed while it was open"), "{picture}");
    }
}

#[test]
fn s11_after_a_refused_point_a_new_attempt_begins_with_the_one_that_is_proposed() {
    let mut journal = journal::asked(RunKind::Drill);
    let proposed = at("2026-11-20T12:02:20Z");
    let refused = StartOutcome::Refused { why: "not restorable".to_owned(), propose: Some(proposed) };
    journal.answer("2026-11-20T12:45:34Z", Answer::Started(1, refused));
    let mut model = shown(&journal, 100, 24, true);
    let effects = press(&mut model, &journal, "bit was refused\r\r");
    let (reason, target) = ("it was refused".to_owned(), Some(Target::At(proposed)));
    assert_eq!(command(&effects), Some(&Command::NewAttempt { reason, target }));
}

#[test]
fn s22_that_the_fork_is_to_be_protected_is_said_again_before_clients_use_it() {
    let mut journal = journal::accepted(RunKind::Incident);
    journal.command("2026-11-20T13:30:00Z", Command::OverrideFence { reason: "region gone".to_owned() });
    let (check, text_of) = ("termination_protection".to_owned(), "protect the fork: avn service".to_owned());
    let item = ReadinessItem { check, state: ReadinessState::Warn, text: text_of, host: None };
    journal.state.readiness = Some(vec![item]);
    let mut model = shown(&journal, 80, 24, true);
    press(&mut model, &journal, "\r");
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("WARN: protect the fork: avn service"), "{picture}");
}

/// Who types a name to remove forks reads of each what it is and where.
#[test]
fn a_clean_up_says_of_each_fork_what_it_is_and_where() {
    let mut lost = journal::absent();
    let (typed, reason) = ("orders-db".to_owned(), "enough".to_owned());
    lost.command("2026-11-20T13:00:00Z", Command::Abort { typed, reason });
    for (journal, keys, says) in [
        (journal::accepted(RunKind::Drill), "\r", "the fork of attempt 1 in aws-eu-central-1"),
        (lost, "C", "attempt 1 may have made it in aws-eu-central-1; it was never seen"),
    ] {
        let mut model = shown(&journal, 120, 40, true);
        press(&mut model, &journal, keys);
        let picture = text(&buffer(&model, &rich()));
        assert!(picture.contains("a listing must prove it:"), "{picture}");
        assert!(picture.contains(&format!("{}: {says}", journal.state.attempt.name)), "{picture}");
    }
}

/// What a run would only refuse is neither offered nor asked for.
#[test]
fn a_way_that_a_failed_step_does_not_have_is_not_offered() {
    let journal = journal::refused(RunKind::Incident);
    let mut model = shown(&journal, 120, 40, true);
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("r: retry, b: new attempt, a: abort"), "{picture}");
    assert!(picture.contains("nothing was made: quota") && !picture.contains("refused, "), "{picture}");
    assert!(!picture.contains("s skip"), "{picture}");
    assert!(press(&mut model, &journal, "s").is_empty());
    assert!(model.overlay.is_none());
    assert_eq!(model.notice.as_deref(), Some("fork cannot be skipped: nothing could follow it"));
}

/// S25: of a run WITHOUT JOURNAL the lines are read here while it goes on, from where one was in them.
#[test]
fn s25_the_lines_of_a_run_without_journal_are_shown_as_it_goes_on() {
    let journal = journal::restoring(RunKind::Incident);
    let run = journal.state.id().to_owned();
    for (width, height) in [(80, 24), (120, 40)] {
        let mut model = shown(&journal, width, height, true);
        let mut state = journal.state.clone();
        state.journal = JournalPlace::WithoutJournal { file: Some("/tmp/lifeboat-orders.jsonl".to_owned()) };
        let goes_on = || Message::Run { state: Arc::new(state.clone()), driven_here: true };
        assert!(update(&mut model, goes_on(), journal.now).is_empty(), "nobody reads it yet");
        let picture = text(&buffer(&model, &rich()));
        assert!(picture.contains("WITHOUT JOURNAL") && picture.contains("J journal"), "{picture}");
        assert_eq!(press(&mut model, &journal, "J"), [Effect::Journal(run.clone())]);
        let lines = |count| (1..=count).map(|seq| format!("{{\"seq\":{seq},\"at\":\"..\"}}")).collect();
        update(&mut model, Message::Journal { run: run.clone(), lines: lines(60) }, journal.now);
        let picture = text(&buffer(&model, &rich()));
        assert!(picture.contains("/tmp/lifeboat-orders.jsonl"), "{picture}");
        assert!(picture.contains("{\"seq\":1,"), "{picture}");
        press(&mut model, &journal, "jjjjj");
        assert_eq!(update(&mut model, goes_on(), journal.now), [Effect::Journal(run.clone())]);
        update(&mut model, Message::Journal { run: run.clone(), lines: lines(61) }, journal.now);
        let picture = text(&buffer(&model, &rich()));
        assert!(!picture.contains("{\"seq\":1,") && picture.contains(" 6-"), "where one was: {picture}");
        update(&mut model, Message::Key(Key::Esc), journal.now);
        assert!(update(&mut model, goes_on(), journal.now).is_empty(), "closed");
        press(&mut model, &journal, "n");
        update(&mut model, Message::Journal { run: run.clone(), lines: lines(61) }, journal.now);
        assert!(
            text(&buffer(&model, &rich())).contains("kept in the journal"),
            "a late answer covers nothing"
        );
    }
}

#[test]
fn the_journal_that_was_closed_is_not_opened_again_by_an_answer_that_is_late() {
    let journal = journal::restoring(RunKind::Incident);
    let run = journal.state.id().to_owned();
    let answer = || Message::Journal { run: run.clone(), lines: vec!["{\"seq\":1}".to_owned()] };
    let mut model = shown(&journal, 100, 30, true);
    let goes_on = Message::Run { state: Arc::new(journal.state.clone()), driven_here: true };
    press(&mut model, &journal, "J");
    update(&mut model, answer(), journal.now);
    assert_eq!(update(&mut model, goes_on, journal.now), [Effect::Journal(run.clone())]);
    update(&mut model, Message::Key(Key::Esc), journal.now);
    update(&mut model, answer(), journal.now);
    assert!(model.overlay.is_none(), "closed");

    press(&mut model, &journal, "J1");
    update(&mut model, answer(), journal.now);
    assert!(model.overlay.is_none(), "another screen");

    press(&mut model, &journal, "3J");
    model.not_taken();
    let picture = text(&buffer(&model, &rich()));
    assert!(
        picture.contains("not taken: still busy") && !picture.contains("reading the journal"),
        "{picture}"
    );
    update(&mut model, answer(), journal.now);
    assert!(model.overlay.is_none(), "it was not asked for");
    press(&mut model, &journal, "J");
    update(&mut model, answer(), journal.now);
    assert!(model.overlay.is_some());
}

#[test]
fn a_box_closes_by_itself_once_its_question_is_over() {
    let mut journal = journal::checked(RunKind::Incident);
    let mut model = shown(&journal, 100, 30, true);
    press(&mut model, &journal, "\r");
    assert!(text(&buffer(&model, &rich())).contains("good to use"));
    let said = journal::accepted(RunKind::Incident);
    journal.state = said.state;
    let run = Message::Run { state: Arc::new(journal.state.clone()), driven_here: true };
    update(&mut model, run, journal.now);
    let after = text(&buffer(&model, &rich()));
    assert!(after.contains("already answered: ") && !after.contains("yes or no"), "{after}");
}

#[test]
fn s25_what_is_typed_outlives_a_journal_that_cannot_be_written_and_a_pause() {
    let journal = journal::checked(RunKind::Incident);
    let mut paused = journal::checked(RunKind::Incident);
    paused.command("2026-11-20T13:27:00Z", Command::Pause);
    let mut unwritten = journal.state.clone();
    unwritten.live.journal_lost = Some("database is locked".to_owned());
    for between in [unwritten, paused.state] {
        let mut model = shown(&journal, 100, 30, true);
        press(&mut model, &journal, "\r\ryes\rlooks right");
        for state in [between, journal.state.clone()] {
            update(&mut model, Message::Run { state: Arc::new(state), driven_here: true }, journal.now);
            let picture = text(&buffer(&model, &rich()));
            assert!(picture.contains("looks right") && !picture.contains("does not wait"), "{picture}");
        }
        let wanted = Command::OwnersWord {
            by: "team-payments".to_owned(),
            accepted: true,
            text: "looks right".to_owned(),
        };
        assert_eq!(command(&press(&mut model, &journal, "\r")), Some(&wanted));
    }
}

/// What the run sees of its old primary.
fn seen(model: &mut Model, journal: &mut Journal, when: &str, answers: bool) {
    journal.answer(when, Answer::Primary { answers, calls: 1, text: String::new(), last_answer: None });
    let state = Arc::new(journal.state.clone());
    update(model, Message::Run { state, driven_here: true }, journal.now);
}

/// S22: the old primary returns while the box lies open: what answers may be the fork, and that can be said at once.
#[test]
fn s22_an_open_box_about_the_fence_asks_since_when_the_address_moved_once_something_answers() {
    let mut journal = journal::accepted(RunKind::Incident);
    let mut model = shown(&journal, 100, 24, true);
    let picture = |model: &Model| text(&buffer(model, &rich()));
    press(&mut model, &journal, "f\rthe region is d");
    assert!(!picture(&model).contains("address moved"), "{}", picture(&model));
    seen(&mut model, &mut journal, "2026-11-20T13:30:00Z", true);
    press(&mut model, &journal, "ark");
    insta::assert_snapshot!("fence-moved", picture(&model));
    assert!(press(&mut model, &journal, "\r").is_empty(), "there is one more field");
    let refused = picture(&{
        let mut both = model.clone();
        assert!(press(&mut both, &journal, "13:29:30Z\r").is_empty());
        both
    });
    assert!(refused.contains("one of them, not more"), "{refused}");
    update(&mut model, Message::Key(Key::Up), journal.now);
    update(&mut model, Message::Key(Key::Ctrl('u')), journal.now);
    press(&mut model, &journal, "\r13:29:3");
    // Silent again: what stands there was typed, and is still to be said.
    seen(&mut model, &mut journal, "2026-11-20T13:31:00Z", false);
    let since = at("2026-11-20T13:29:30Z");
    assert_eq!(command(&press(&mut model, &journal, "0Z\r")), Some(&Command::NameMoved { since }));
}

#[test]
fn s22_what_is_typed_for_since_when_the_address_moved_is_an_instant() {
    let mut journal = journal::accepted(RunKind::Incident);
    let mut model = shown(&journal, 100, 24, true);
    press(&mut model, &journal, "f\r\r");
    assert!(
        text(&buffer(&model, &rich())).contains("say how it is fenced"),
        "two fields, and both are empty"
    );
    update(&mut model, Message::Key(Key::Esc), journal.now);
    seen(&mut model, &mut journal, "2026-11-20T13:30:00Z", true);
    press(&mut model, &journal, "f");
    let typed = |typed: &str| {
        let mut model = model.clone();
        let effects = press(&mut model, &journal, &format!("\r\r{typed}\r"));
        (command(&effects).cloned(), text(&buffer(&model, &rich())))
    };
    let (none, told) = typed("yesterday");
    assert!(none.is_none() && told.contains("> address moved"), "{told}");
    let (taken, _) = typed("2026-11-20T14:29:30+01:00");
    assert_eq!(taken, Some(Command::NameMoved { since: at("2026-11-20T13:29:30Z") }));
}
