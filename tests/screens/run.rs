//! The run screen, the list of runs and reports, as they are drawn and driven.

use std::sync::Arc;

use lifeboat::domain::Target;
use lifeboat::evidence;
use lifeboat::runbook::{Command, Declaration, RunKind, RunResult};
use lifeboat::tui::app::effect::{Deed, StartRun};
use lifeboat::tui::app::runs::{RunLine, Standing};
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::draw::Look;
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::Key;
use lifeboat::tui::theme::Palette;
use proptest::prelude::*;

use crate::journal::{self, Journal};
use crate::keys::any_key;
use crate::picture::{buffer, look, styled, text};
use crate::sample::{self, at};

fn rich() -> Look {
    look(Palette::Rich, &Glyphs::UNICODE)
}

fn model(width: u16, height: u16, armed: bool) -> Model {
    let mut model = sample::model(width, height);
    if armed {
        model.setup.arming.insert("aiven-prod".to_owned(), Ok(()));
    }
    model
}

/// A dashboard that shows a run.
fn shown(journal: &Journal, width: u16, height: u16, armed: bool) -> Model {
    let mut model = model(width, height, armed);
    let state = Arc::new(journal.state.clone());
    let driven_here = armed && !state.is_over();
    update(&mut model, Message::Run { state, driven_here }, journal.now);
    update(&mut model, Message::Key(Key::Char('3')), journal.now);
    model
}

/// Presses keys at the journal's time: a character each, `\r` is Enter.
fn press(model: &mut Model, journal: &Journal, keys: &str) -> Vec<Effect> {
    let key = |char| if char == '\r' { Key::Enter } else { Key::Char(char) };
    keys.chars().flat_map(|char| update(model, Message::Key(key(char)), journal.now)).collect()
}

/// The one command that was asked for.
fn command(effects: &[Effect]) -> Option<&Command> {
    let [Effect::Act(acting)] = effects else { return None };
    match acting.deed() {
        Deed::Command { command, .. } => Some(command),
        Deed::Start(_) | Deed::Resume { .. } => None,
    }
}

#[test]
fn the_incident_of_the_drawing_at_four_sizes() {
    let journal = journal::restoring(RunKind::Incident);
    for (width, height) in [(100, 24), (80, 24), (120, 40), (200, 50)] {
        let picture = styled(&buffer(&shown(&journal, width, height, true), &rich()));
        insta::assert_snapshot!(format!("incident-{width}x{height}"), picture);
    }
    let narrow = text(&buffer(&shown(&journal, 44, 12, true), &rich()));
    insta::assert_snapshot!("incident-44x12", narrow);
}

#[test]
fn without_colour_and_in_ascii() {
    let model = shown(&journal::restoring(RunKind::Incident), 80, 24, true);
    let plain = styled(&buffer(&model, &look(Palette::None, &Glyphs::UNICODE)));
    insta::assert_snapshot!("incident-80x24-no-colour", plain);
    let ascii = text(&buffer(&model, &look(Palette::Sixteen, &Glyphs::ASCII)));
    assert!(ascii.is_ascii(), "{ascii}");
    insta::assert_snapshot!("incident-80x24-ascii", ascii);
}

#[test]
fn what_each_state_of_a_run_asks_for() {
    for (name, journal) in [
        ("point-to-be-confirmed", journal::to_be_confirmed(RunKind::Drill)),
        ("outcome-unknown", journal::absent()),
        ("owner-to-speak", journal::checked(RunKind::Incident)),
        ("fence-open", journal::accepted(RunKind::Incident)),
        ("drill-closed", journal::closed_drill()),
    ] {
        let mut model = shown(&journal, 100, 24, true);
        insta::assert_snapshot!(name, text(&buffer(&model, &rich())));
        press(&mut model, &journal, "\r");
        if model.overlay.is_some() {
            insta::assert_snapshot!(format!("{name}-asks"), text(&buffer(&model, &rich())));
        }
    }
}

#[test]
fn r21_the_point_is_confirmed_by_the_typed_name_alone() {
    let journal = journal::to_be_confirmed(RunKind::Drill);
    let mut model = shown(&journal, 100, 24, true);
    assert!(press(&mut model, &journal, "\rorders\r").is_empty());
    assert!(text(&buffer(&model, &rich())).contains("type orders-db"));
    let effects = press(&mut model, &journal, "-db\r");
    let wanted = Command::Confirm { typed: "orders-db".to_owned(), simulated_loss: None };
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
        (&restoring, "awrong service\r", Command::Abort { reason: words("wrong service") }),
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
fn s22_a_drill_has_nothing_to_fence() {
    let journal = journal::restoring(RunKind::Drill);
    let mut model = shown(&journal, 100, 24, true);
    assert!(press(&mut model, &journal, "f").is_empty());
    assert!(model.overlay.is_none());
    assert!(text(&buffer(&model, &rich())).contains("never touches production"));
}

fn line(run: &str, opened: &str, result: Option<RunResult>, standing: Standing) -> RunLine {
    RunLine {
        run: run.to_owned(),
        service: "ledger".to_owned(),
        kind: if run.starts_with("inc") { RunKind::Incident } else { RunKind::Drill },
        opened_at: at(opened),
        closed_at: result.map(|_| at(opened) + chrono::TimeDelta::minutes(31)),
        result,
        rto_s: result.map(|_| 2607),
        rpo_s: result.map(|_| 372),
        standing,
    }
}

fn with_list(width: u16, height: u16, armed: bool) -> Model {
    let journal = journal::restoring(RunKind::Incident);
    let mut model = shown(&journal, width, height, armed);
    let list = vec![
        line("drill-ledger-20261017-aaaaaa", "2026-10-17T09:00:00Z", Some(RunResult::Passed), Standing::Over),
        line(
            "drill-ledger-20260717-bbbbbb",
            "2026-07-17T09:00:00Z",
            Some(RunResult::ObjectiveMissed),
            Standing::Over,
        ),
        line("drill-ledger-20260417-cccccc", "2026-04-17T09:00:00Z", Some(RunResult::Failed), Standing::Over),
        line("inc-ledger-20261119-dddddd", "2026-11-19T09:00:00Z", None, Standing::Nobody),
        line("inc-ledger-20261118-eeeeee", "2026-11-18T09:00:00Z", None, Standing::Elsewhere),
    ];
    update(&mut model, Message::Runs(list), journal.now);
    update(&mut model, Message::Key(Key::Char('4')), journal.now);
    model
}

#[test]
fn the_list_of_runs_shows_open_ones_first() {
    for (width, height) in [(100, 24), (80, 24), (44, 12)] {
        let picture = styled(&buffer(&with_list(width, height, true), &rich()));
        insta::assert_snapshot!(format!("runs-{width}x{height}"), picture);
    }
}

#[test]
fn a_run_of_the_list_is_opened_and_its_report_asked_for() {
    let journal = journal::restoring(RunKind::Incident);
    let mut model = with_list(100, 24, false);
    let effects = press(&mut model, &journal, "jR");
    assert_eq!(effects, [Effect::Report("inc-ledger-20261119-dddddd".to_owned())]);
    let effects = press(&mut model, &journal, "\r");
    assert_eq!(effects, [Effect::ShowRun("inc-ledger-20261119-dddddd".to_owned())]);
    assert!(text(&buffer(&model, &rich())).contains("reading the journal of inc-ledger-20261119-dddddd"));
}

#[test]
fn the_report_of_a_closed_run_is_read_and_scrolled() {
    let journal = journal::closed_drill();
    let mut model = shown(&journal, 100, 24, false);
    let run = journal.state.id().to_owned();
    assert_eq!(press(&mut model, &journal, "\r"), [Effect::Report(run.clone())]);
    let report = evidence::report(&journal.records, None).unwrap();
    let text_of_report = evidence::markdown(&report);
    update(&mut model, Message::Report { run, text: text_of_report }, journal.now);
    insta::assert_snapshot!("report", text(&buffer(&model, &rich())));
    let first = text(&buffer(&model, &rich()));
    update(&mut model, Message::Key(Key::PageDown), journal.now);
    assert_ne!(text(&buffer(&model, &rich())), first);
    for _ in 0..500 {
        update(&mut model, Message::Key(Key::PageDown), journal.now);
    }
    assert!(text(&buffer(&model, &rich())).contains("lifeboat runs verify"), "the end is reached");
}

#[test]
fn s30_a_run_nobody_drives_is_resumed_and_one_elsewhere_is_not_steered() {
    let journal = journal::restoring(RunKind::Incident);
    let run = journal.state.id().to_owned();
    for (standing, resumes) in [(Standing::Nobody, true), (Standing::Elsewhere, false)] {
        let mut model = model(100, 24, true);
        let state = Arc::new(journal.state.clone());
        update(&mut model, Message::Run { state, driven_here: false }, journal.now);
        let listed = line(&run, "2026-11-20T12:44:02Z", None, standing);
        update(&mut model, Message::Runs(vec![listed]), journal.now);
        let effects = press(&mut model, &journal, "3r");
        let asked = matches!(effects.as_slice(), [Effect::Act(acting)]
            if acting.deed() == &Deed::Resume { run: run.clone() });
        assert_eq!(asked, resumes, "{effects:?}");
        assert_eq!(text(&buffer(&model, &rich())).contains("INTERRUPTED"), resumes);
    }
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

/// Opens the form of a drill or an incident for the point one column before the newest.
fn begun(key: char) -> Model {
    let mut model = model(100, 24, true);
    let page = model.page();
    model.board.select("ledger", page);
    for key in [Key::Enter, Key::Left, Key::Char(key)] {
        update(&mut model, Message::Key(key), sample::now());
    }
    model
}

#[test]
fn r21_what_is_begun_is_shown_before() {
    insta::assert_snapshot!("begin-drill", text(&buffer(&begun('d'), &rich())));
    insta::assert_snapshot!("begin-incident", text(&buffer(&begun('i'), &rich())));
    let mut narrow = begun('i');
    update(&mut narrow, Message::Resize { width: 44, height: 12 }, sample::now());
    let picture = text(&buffer(&narrow, &rich()));
    assert!(picture.contains("declared by") && picture.contains("type its name"), "{picture}");
}

#[test]
fn r10_a_drill_into_a_hole_is_refused_with_the_nearest_points() {
    let mut model = model(100, 24, true);
    let page = model.page();
    model.board.select("orders-db", page);
    update(&mut model, Message::Key(Key::Enter), sample::now());
    update(&mut model, Message::Key(Key::Char('t')), sample::now());
    update(&mut model, Message::Paste("2026-11-13T08:00:00Z".to_owned()), sample::now());
    update(&mut model, Message::Key(Key::Enter), sample::now());
    update(&mut model, Message::Key(Key::Char('d')), sample::now());
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("not begun") && picture.contains("lies in a hole"), "{picture}");
    assert!(picture.contains("earlier 2026-11-13 03:10:00Z  later 2026-11-13 14:40:00Z"), "{picture}");
}

/// S35: what a drill proved is known at once, not only after the next start.
#[test]
fn a_drill_that_ends_here_counts_for_its_service() {
    let mut model = model(100, 24, true);
    let before = model.fleet.services["orders-db"].clone();
    for (journal, driven_here) in [
        (journal::accepted(RunKind::Drill), true),
        (journal::closed_drill(), false),
        (journal::closed_drill(), false),
    ] {
        let state = Arc::new(journal.state.clone());
        update(&mut model, Message::Run { state, driven_here }, journal.now);
    }
    let after = &model.fleet.services["orders-db"];
    // When its data was checked, not when all was cleaned up.
    assert_eq!(after.last_proven, Some(at("2026-11-20T13:29:00Z")));
    assert_eq!(after.restore_history_s.len(), before.restore_history_s.len() + 1);
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

#[test]
fn s26_criteria_are_listed_and_only_those_are_taken() {
    let mut model = begun('i');
    assert!(text(&buffer(&model, &rich())).contains("this config defines none"));
    let criteria =
        [("three-probes", "three probes are silent for 5 minutes"), ("status-page", "the provider says so")];
    model.setup.criteria = criteria.map(|(id, text)| (id.to_owned(), text.to_owned())).into();
    update(&mut model, Message::Resize { width: 100, height: 40 }, sample::now());
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("three-probes: three probes are silent for 5 minutes"), "{picture}");
    assert!(picture.contains("status-page: the provider says so"), "{picture}");
    let mut say = |keys: &str| {
        let key = |char| if char == '\r' { Key::Enter } else { Key::Char(char) };
        keys.chars()
            .flat_map(|char| update(&mut model, Message::Key(key(char)), sample::now()))
            .collect::<Vec<_>>()
    };
    assert!(say("\rgone\rnonsense\r\rledger\r").is_empty());
    assert!(text(&buffer(&model, &rich())).contains("no criterion is called `nonsense`"), "{picture}");
}

/// RTO exceeded: a glyph and a word beside the number, in every palette.
#[test]
fn a_missed_rto_is_said_in_words() {
    let mut journal = journal::restoring(RunKind::Incident);
    journal.tick("2026-11-20T13:31:07Z");
    for (width, height) in [(80, 24), (100, 24), (200, 50)] {
        let picture = text(&buffer(&shown(&journal, width, height, true), &rich()));
        assert!(picture.contains("MISSED by 9m"), "{picture}");
    }
}

#[test]
fn the_owners_refusal_is_loud() {
    let mut journal = journal::checked(RunKind::Incident);
    let (by, words) = ("bert".to_owned(), "orders of today are missing".to_owned());
    journal.command("2026-11-20T13:29:00Z", Command::OwnersWord { by, accepted: false, text: words });
    let picture = text(&buffer(&shown(&journal, 80, 24, true), &rich()));
    assert!(picture.contains("REFUSED by bert: orders of today are missing"), "{picture}");
    insta::assert_snapshot!("owner-refuses-80x24", picture);
}

/// What a row has no room for is read in its step, whole.
#[test]
fn a_step_is_selected_and_opened_whole() {
    let journal = journal::restoring(RunKind::Incident);
    let mut model = shown(&journal, 80, 24, true);
    press(&mut model, &journal, "jkkk");
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains(">✔ readiness"), "{picture}");
    for open in ["x", "\r"] {
        press(&mut model, &journal, open);
        let whole = text(&buffer(&model, &rich()));
        assert!(whole.contains("not verified  route: route to the fork's network"), "{whole}");
        update(&mut model, Message::Key(Key::Esc), journal.now);
    }
    press(&mut model, &journal, "G");
    update(&mut model, Message::Key(Key::Esc), journal.now);
    press(&mut model, &journal, "x");
    let all = text(&buffer(&model, &rich()));
    assert!(all.contains("why: inc-orders-db"), "nothing is selected any more:\n{all}");
}

/// The keys that matter now come first, and the way to all others is always there.
#[test]
fn the_footer_shows_what_matters_at_80_columns() {
    for (journal, keys) in [
        (journal::restoring(RunKind::Incident), ["f fence", "n note", "c status", "b attempt", "a abort"]),
        (journal::accepted(RunKind::Incident), ["f fence", "n note", "c status", "b attempt", "a abort"]),
        (journal::checked(RunKind::Incident), ["enter answer", "f fence", "n note", "c status", "b attempt"]),
        (journal::absent(), ["r retry", "b attempt", "f fence", "n note", "c status"]),
    ] {
        let picture = text(&buffer(&shown(&journal, 80, 24, true), &rich()));
        let footer = picture.lines().last().unwrap().to_owned();
        for key in keys.into_iter().chain(["? help"]) {
            assert!(footer.contains(key), "{key} is missing: {footer}");
        }
    }
}

/// Nothing blocks an incident: where its journal cannot be written, another folder or the words are asked
/// for, and what was declared is kept (S25).
#[test]
fn s25_an_incident_without_a_journal_asks_where_else_and_goes_on() {
    let mut model = begun('i');
    let start = StartRun {
        service: "ledger".to_owned(),
        target: Target::Newest,
        bad_moment: None,
        declared: Some(Declaration { by: "anna".to_owned(), ..Declaration::default() }),
        journal: None,
    };
    let asked = Message::NoJournal { start: Box::new(start), why: "disk full".to_owned() };
    update(&mut model, asked, sample::now());
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("No journal can be kept: disk full"), "{picture}");
    assert!(picture.contains("type WITHOUT JOURNAL"), "{picture}");
    let mut say = |keys: &str| {
        let key = |char| if char == '\r' { Key::Enter } else { Key::Char(char) };
        keys.chars()
            .flat_map(|char| update(&mut model, Message::Key(key(char)), sample::now()))
            .collect::<Vec<_>>()
    };
    assert!(say("\r").is_empty(), "an empty answer is none");
    let begun = say("WITHOUT JOURNAL\r").into_iter().find_map(|effect| match effect {
        Effect::Act(acting) => Some(acting.into_deed()),
        _ => None,
    });
    let Some(Deed::Start(begun)) = begun else { panic!("{begun:?}") };
    assert_eq!(begun.journal.as_deref(), Some("WITHOUT JOURNAL"));
    assert_eq!(begun.declared.map(|declared| declared.by).as_deref(), Some("anna"));
}

#[test]
fn a_drill_never_reads_as_an_outage() {
    let journal = journal::restoring(RunKind::Drill);
    let mut model = shown(&journal, 100, 24, true);
    assert!(text(&buffer(&model, &rich())).contains("WOULD LOSE "));
    let told = match press(&mut model, &journal, "c").as_slice() {
        [Effect::Copy(told)] => told.clone(),
        other => panic!("{other:?}"),
    };
    assert!(told.contains("exercise: production is not affected"), "{told}");
    assert!(!told.contains("Down since") && !told.contains(" is lost: "), "{told}");
}

#[test]
fn the_fleet_says_what_a_run_left_to_do() {
    let open = |standing| line("inc-ledger-20261119-dddddd", "2026-11-19T09:00:00Z", None, standing);
    let over =
        line("inc-ledger-20261118-eeeeee", "2026-11-18T09:00:00Z", Some(RunResult::Passed), Standing::Over);
    for (line, words) in [
        (open(Standing::Nobody), "is INTERRUPTED: take it up"),
        (open(Standing::Elsewhere), "is under way: see it"),
        (over, "clients may use the fork of inc-ledger-20261118-eeeeee"),
    ] {
        let mut model = model(120, 40, true);
        update(&mut model, Message::Runs(vec![line]), sample::now());
        let page = model.page();
        model.board.select("ledger", page);
        let shown = text(&buffer(&model, &rich()));
        assert!(shown.contains(words), "{words}: {shown}");
        update(&mut model, Message::Key(Key::Char('i')), sample::now());
        let asked = text(&buffer(&model, &rich()));
        let warned = if words.starts_with("clients") { "EARLIER" } else { "has the open run" };
        assert!(asked.contains(warned), "{warned}: {asked}");
    }
}

#[test]
fn an_interrupted_run_is_taken_up_before_it_is_steered() {
    let journal = journal::restoring(RunKind::Incident);
    let mut model = shown(&journal, 100, 24, true);
    let left = RunLine {
        run: journal.state.id().to_owned(),
        ..line("inc", "2026-11-19T09:00:00Z", None, Standing::Nobody)
    };
    update(&mut model, Message::Runs(vec![left]), journal.now);
    let state = Arc::new(journal.state.clone());
    update(&mut model, Message::Run { state, driven_here: false }, journal.now);
    press(&mut model, &journal, "f");
    let shown = text(&buffer(&model, &rich()));
    assert!(shown.contains("press r first") && !shown.contains("is driven by"), "{shown}");
}
