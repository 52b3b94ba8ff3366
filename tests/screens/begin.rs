//! Beginning a drill or an incident: what is shown and asked before.

use lifeboat::domain::{Liveness, Target, words};
use lifeboat::runbook::{Declaration, RunKind};
use lifeboat::tui::app::effect::{Deed, StartRun};
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::keymap::Key;

use crate::driven::{model, press as press_run, shown as shown_run};
use crate::journal;
use crate::picture::{buffer, rich, text};
use crate::sample;
use crate::typing::press;

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

/// The point that is shown before is the one that will be confirmed and sent.
#[test]
fn s11_the_newest_point_is_shown_as_it_will_be_asked_for() {
    let mut model = model(100, 30, true);
    let service = model.fleet.services.get_mut("ledger").unwrap();
    service.facts.as_mut().unwrap().terms.newest_before_end = std::time::Duration::from_secs(5);
    let page = model.page();
    model.board.select("ledger", page);
    let before = model.board.assessment("ledger").unwrap();
    let (newest, loss) = (before.secondary.as_ref().unwrap().newest.unwrap(), before.loss.amount.unwrap());
    update(&mut model, Message::Key(Key::Char('i')), sample::now());
    let picture = text(&buffer(&model, &rich()));
    let asked = words::instant(newest - chrono::TimeDelta::seconds(5));
    let point = format!("point     {asked} (newest; 5s before the end of the window, counted in the");
    assert!(picture.contains(&point), "{point}\n{picture}");
    let loss = words::to_the_second(loss + std::time::Duration::from_secs(5));
    assert!(picture.contains(&format!("gives up  {loss} of writes")), "{loss}\n{picture}");
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

/// The run reads the copy afresh: what this reading does not know blocks nothing.
#[test]
fn s2_a_drill_to_a_point_behind_an_old_reading_is_offered_as_not_known() {
    let mut model = model(100, 24, true);
    let page = model.page();
    model.board.select("orders-db", page);
    let later = sample::now() + chrono::TimeDelta::hours(1);
    update(&mut model, Message::Tick, later);
    update(&mut model, Message::Key(Key::Enter), later);
    update(&mut model, Message::Key(Key::Char('t')), later);
    update(&mut model, Message::Paste("2026-11-20T12:44:00Z".to_owned()), later);
    update(&mut model, Message::Key(Key::Enter), later);
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("NOT KNOWN, as read 1h ago: ") && !picture.contains("CANNOT"), "{picture}");
    update(&mut model, Message::Key(Key::Char('d')), later);
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("DRILL orders-db") && picture.contains("NOT KNOWN, as read 1h"), "{picture}");
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
    assert!(
        press(&mut model, "\rgone\rnonsense\r").is_empty(),
        "each answer is looked at when its field is left"
    );
    assert!(text(&buffer(&model, &rich())).contains("no criterion is called `nonsense`"), "{picture}");
}

/// Nothing blocks an incident: where its journal cannot be written, another folder or the words are asked
/// for, and what was declared is kept (S25).
#[test]
fn s25_an_incident_without_a_journal_asks_where_else_and_goes_on() {
    let mut model = begun('i');
    // Whoever declares has sent the form: what is still typed in would stay open.
    update(&mut model, Message::Key(Key::Esc), sample::now());
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
    assert!(press(&mut model, "\r").is_empty(), "an empty answer is none");
    let begun = press(&mut model, "WITHOUT JOURNAL\r").into_iter().find_map(|effect| match effect {
        Effect::Act(acting) => Some(acting.into_deed()),
        _ => None,
    });
    let Some(Deed::Start(begun)) = begun else { panic!("{begun:?}") };
    assert_eq!(begun.journal.as_deref(), Some("WITHOUT JOURNAL"));
    assert_eq!(begun.declared.map(|declared| declared.by).as_deref(), Some("anna"));
}

/// What the probe saw is nobody's word before somebody types it, and one box counts to one loss instant.
#[test]
fn s5_one_box_counts_to_one_loss_instant_and_names_who_stated_it() {
    let mut model = model(120, 40, true);
    let (alive, since) = ("2026-11-20T12:04:28Z", "2026-11-20T12:04:30Z");
    let service = model.fleet.services.get_mut("orders-db").unwrap();
    service.liveness = Liveness::silent(sample::at(since), Some(sample::at(alive)));
    let page = model.page();
    model.board.select("orders-db", page);
    update(&mut model, Message::Tick, sample::now());
    press(&mut model, "i");
    let words = |model: &Model| {
        let picture = text(&buffer(model, &rich())).replace('│', " ");
        picture.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let picture = words(&model);
    assert!(picture.contains("empty = by the probe, 12:04:28Z..12:04:30Z"), "{picture}");
    assert!(
        picture
            .contains("gives up 4m 9s to 4m 11s of writes before 2026-11-20 12:04:30Z, the latest it can be"),
        "{picture}"
    );
    let range = "counted to 12:04:28Z at the earliest (the last answer to a probe), 12:04:30Z at the latest";
    assert!(picture.contains(range), "{picture}");
    assert!(!picture.contains("says anna"), "{picture}");
    // Declared as it is, then with a word of somebody.
    press(&mut model, "\rgone\r\r");
    let mut stated = model.clone();
    let begun = press(&mut model, "\r\r12:04:31Z\rorders-db\r").into_iter().find_map(|effect| match effect {
        Effect::Act(acting) => Some(acting.into_deed()),
        _ => None,
    });
    let Some(Deed::Start(begun)) = begun else { panic!("{begun:?}") };
    let declared = begun.declared.unwrap();
    assert_eq!((declared.by.as_str(), declared.down_since, declared.loss_instant), ("anna", None, None));
    assert_eq!(declared.detected, Some(sample::at("2026-11-20T12:04:31Z")), "as `--detected` says it");
    let mut early = stated.clone();
    press(&mut early, "12:04:20Z");
    let doubt = "CHECK down since 2026-11-20 12:04:20Z, says anna, but its primary lived at 2026-11-20 12:04:28Z \
                 (the last answer to a probe)";
    assert!(words(&early).contains(doubt), "{}", words(&early));
    press(&mut stated, "12:04:29Z");
    let picture = words(&stated);
    assert!(picture.contains("of writes before 2026-11-20 12:04:29Z, the loss instant"), "{picture}");
    assert!(picture.contains("loss counted to 12:04:29Z: down since then, says anna"), "{picture}");
}

/// Each field is looked at when it is left, and one goes back freely.
#[test]
fn a_field_is_looked_at_when_it_is_left() {
    let mut model = begun('i');
    let mut press = |key: Key| {
        assert!(update(&mut model, Message::Key(key), sample::now()).is_empty(), "{key}");
        text(&buffer(&model, &rich()))
    };
    let first = press(Key::Home);
    assert!(first.contains("> declared by    |anna"), "{first}");
    for _ in 0..4 {
        press(Key::Delete);
    }
    assert!(press(Key::Enter).contains("say who declares"));
    assert!(press(Key::Down).contains("> declared by"), "it stays until it is right");
    press(Key::Char('b'));
    assert!(press(Key::Enter).contains("> scenario"));
    assert!(press(Key::Tab).contains("say what happened"));
    assert!(press(Key::Up).contains("> declared by"), "back is free");
    press(Key::Down);
    for key in "gone".chars().map(Key::Char).chain([Key::Enter, Key::Enter]) {
        press(key);
    }
    for key in "noon".chars().map(Key::Char) {
        press(key);
    }
    let wrong = press(Key::Enter);
    assert!(wrong.contains("> down since") && wrong.contains("\u{2716}"), "{wrong}");
}

/// What is filled in is replaced by typing, and the box says so.
#[test]
fn typing_replaces_what_is_filled_in() {
    let mut model = begun('i');
    let picture = text(&buffer(&model, &rich()));
    assert!(picture.contains("a letter replaces it, backspace edits   enter next   esc leave"), "{picture}");
    update(&mut model, Message::Key(Key::Char('b')), sample::now());
    let typed = text(&buffer(&model, &rich()));
    assert!(typed.contains("> declared by    b_") && !typed.contains("replaces"), "{typed}");
}

/// A drill settles nothing of a real loss: where the primary is silent both boxes say so, and how one is declared.
#[test]
fn s22_a_drill_of_a_silent_service_says_that_it_is_no_incident() {
    let silent = Liveness::silent(sample::at("2026-11-20T11:50:00Z"), None);
    let told = "its primary does not answer since 11:50:00Z. A drill is no incident";
    let mut begun = begun('d');
    assert!(!text(&buffer(&begun, &rich())).contains("SILENT"));
    begun.fleet.services.get_mut("ledger").unwrap().liveness = silent;
    let shown = text(&buffer(&begun, &rich()));
    assert!(shown.contains(told) && shown.contains("declare one: esc, then i"), "{shown}");

    let journal = journal::to_be_confirmed(RunKind::Drill);
    let mut asked = shown_run(&journal, 80, 24, true);
    asked.fleet.services.get_mut("orders-db").unwrap().liveness = silent;
    press_run(&mut asked, &journal, "\r");
    let shown = text(&buffer(&asked, &rich()));
    assert!(shown.contains(told.split_once(". ").unwrap().0), "{shown}");
    for part in ["abort it (esc, a)", "declare one (1,", "type its name"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let incident = journal::to_be_confirmed(RunKind::Incident);
    let mut asked = shown_run(&incident, 80, 24, true);
    asked.fleet.services.get_mut("orders-db").unwrap().liveness = silent;
    press_run(&mut asked, &incident, "\r");
    assert!(!text(&buffer(&asked, &rich())).contains("SILENT"));
}

/// An outage that is over may be why an incident is declared: its box tells it from when to when.
#[test]
fn s10_a_primary_that_answers_again_is_told_with_the_silence_before() {
    let mut model = model(120, 40, true);
    let ago = |seconds| sample::now() - chrono::TimeDelta::seconds(seconds);
    let silent = Liveness::Answers { at: ago(100) }.looked(false, ago(90)).looked(false, ago(60));
    model.fleet.services.get_mut("orders-db").unwrap().liveness = silent;
    let liveness = silent.looked(true, ago(30));
    update(&mut model, Message::Probed { service: "orders-db".to_owned(), liveness }, sample::now());
    let page = model.page();
    model.board.select("orders-db", page);
    press(&mut model, "i");
    let picture = text(&buffer(&model, &rich()));
    let (from, to) = (words::newest(ago(90), sample::now()), words::newest(ago(30), sample::now()));
    let told = format!("silent from {from} to {to} (probe)");
    assert!(picture.contains(&told), "{told}\n{picture}");
}
