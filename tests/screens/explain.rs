//! `x`: every row of every screen says what is counted, from which facts, by which rule, since when.

use lifeboat::domain::Fleet;
use lifeboat::runbook::{Answer, RunKind, rows};
use lifeboat::tui::app::overlay::Overlay;
use lifeboat::tui::app::{Message, Model, Size, update};
use lifeboat::tui::keymap::Key;

use crate::driven::{press, shown};
use crate::journal;
use crate::runs::with_list;
use crate::sample;

/// What `x` shows; nothing where it shows no text.
fn told(model: &Model) -> Vec<String> {
    match &model.overlay {
        Some(Overlay::Text { lines, .. }) => lines.clone(),
        _ => Vec::new(),
    }
}

/// The lines under a heading.
fn under<'a>(lines: &'a [String], heading: &str) -> Vec<&'a str> {
    let from = lines.iter().position(|line| line == heading).unwrap_or(lines.len());
    let after = lines.iter().skip(from + 1).map(String::as_str);
    after.take_while(|line| line.starts_with("  ")).collect()
}

#[test]
fn s36_every_step_of_every_phase_explains_itself() {
    let both = [RunKind::Drill, RunKind::Incident];
    let phases = both.into_iter().flat_map(|kind| {
        vec![
            journal::Journal::open(kind, sample::at("2026-11-20T12:44:02Z")),
            journal::to_be_confirmed(kind),
            journal::asked(kind),
            journal::restoring(kind),
            journal::checked(kind),
            journal::accepted(kind),
        ]
    });
    for journal in phases.chain([journal::absent(), journal::closed_drill()]) {
        let steps = rows(&journal.state, journal.now);
        for (index, row) in steps.iter().enumerate() {
            let mut model = shown(&journal, 80, 24, true);
            update(&mut model, Message::Key(Key::Home), journal.now);
            press(&mut model, &journal, &"j".repeat(index));
            press(&mut model, &journal, "x");
            let lines = told(&model);
            assert!(lines.first().is_some_and(|line| !line.trim().is_empty()), "{}: {lines:?}", row.title);
            for heading in ["FROM", "WHAT IT IS", "RULE"] {
                let said = under(&lines, heading);
                assert!(said.iter().any(|line| !line.trim().is_empty()), "{}: {heading}", row.title);
            }
            let since = lines.iter().any(|line| line.starts_with("began "));
            assert_eq!(since, row.started.is_some(), "{}: {lines:?}", row.title);
        }
    }
}

#[test]
fn s36_close_says_what_is_missing_and_then_why_it_was_no_pass() {
    let close = |journal: &journal::Journal| {
        let mut model = shown(journal, 80, 24, true);
        update(&mut model, Message::Key(Key::End), journal.now);
        press(&mut model, journal, "x");
        told(&model).join("\n")
    };
    let open = close(&journal::restoring(RunKind::Drill));
    assert!(open.contains("result  none yet: the run is at wait"), "{open}");
    let over = close(&journal::closed_drill());
    assert!(over.contains("result  objective missed") && over.contains("because RPO missed"), "{over}");
}

/// What a drill only simulates is told in no word of an outage.
#[test]
fn s23_a_drill_explains_its_recovery_time_from_the_loss_that_it_simulates() {
    let explained = |kind| {
        let journal = journal::restoring(kind);
        let mut model = shown(&journal, 80, 24, true);
        press(&mut model, &journal, "x");
        under(&told(&model), "RECOVERY TIME").join("\n")
    };
    let (drill, incident) = (explained(RunKind::Drill), explained(RunKind::Incident));
    assert!(drill.contains("  loss at       2026-11-20 ") && !drill.contains("down"), "{drill}");
    assert!(incident.contains("  down since    2026-11-20 12:22:10Z"), "{incident}");
}

/// What is at stake comes before what was measured.
#[test]
fn s36_a_run_says_first_that_the_old_primary_answers() {
    let mut journal = journal::checked(RunKind::Incident);
    let answers = Answer::Primary { answers: true, calls: 2, text: "answers".to_owned(), last_answer: None };
    journal.answer("2026-11-20T13:28:00Z", answers);
    let mut model = shown(&journal, 80, 24, true);
    press(&mut model, &journal, "x");
    let lines = told(&model);
    assert_eq!(lines[0], "NOW", "{lines:?}");
    assert!(lines[1].starts_with("  fence: not fenced; old primary ANSWERS since "), "{lines:?}");
    assert!(lines[2].starts_with("  validate: "), "{lines:?}");
    let others = under(&lines, "OTHER STEPS").join("\n");
    assert!(others.contains("  fork: ") && !others.contains("  fence: "), "{others}");
    let of_fence = rows(&journal.state, journal.now).iter().position(|row| row.kind.is_none()).unwrap();
    update(&mut model, Message::Key(Key::Esc), journal.now);
    update(&mut model, Message::Key(Key::Home), journal.now);
    press(&mut model, &journal, &"j".repeat(of_fence));
    press(&mut model, &journal, "x");
    assert!(under(&told(&model), "FROM")[0].starts_with("  primary   ANSWERS"), "{:?}", told(&model));
}

#[test]
fn s36_every_row_of_every_list_explains_itself() {
    for screen in ['1', '2', '4', '5', '6', 'R'] {
        for row in 0..6 {
            let mut model = with_list(80, 24, true);
            let keys = std::iter::once('1').chain([screen]).chain(std::iter::repeat_n('j', row)).chain(['x']);
            for key in keys {
                update(&mut model, Message::Key(Key::Char(key)), sample::now());
            }
            assert!(told(&model).len() > 3, "{screen} row {row}: {:?}", told(&model));
        }
    }
}

#[test]
fn s36_an_empty_screen_says_why_it_is_empty() {
    let size = Size { width: 80, height: 24 };
    for screen in ['1', '2', '3', '4', '5', '6', 'R'] {
        let mut model = Model::new(sample::setup(), Fleet::default(), sample::now(), size);
        for key in ['1', screen, 'x'] {
            update(&mut model, Message::Key(Key::Char(key)), sample::now());
        }
        assert!(told(&model).iter().any(|line| line.contains("as of ")), "{screen}: {:?}", told(&model));
    }
}

#[test]
fn s36_an_explanation_that_lies_open_goes_on_with_the_time() {
    let mut model = with_list(100, 40, true);
    for key in ['1', 'x'] {
        update(&mut model, Message::Key(Key::Char(key)), sample::now());
    }
    let loss = |lines: &[String]| under(lines, "WHAT WOULD BE LOST").join("\n");
    let before = told(&model);
    assert!(loss(&before).contains("now           2026-11-20 12:04:31Z"), "{before:?}");
    model.dirty = false;
    update(&mut model, Message::Tick, sample::now() + chrono::TimeDelta::hours(1));
    let after = told(&model);
    assert!(loss(&after).contains("now           2026-11-20 13:04:31Z") && model.dirty, "{after:?}");
    assert!(loss(&before).starts_with("  31m 11s  =  now - "), "{before:?}");
    assert!(loss(&after).starts_with("  <=1h 32m  =  now - "), "the loss grows: {after:?}");
}

/// Whatever message came last: what is explained is counted to the instant that is shown.
#[test]
fn s36_the_amount_that_is_explained_is_that_of_the_instant_beside_it() {
    let mut model = with_list(100, 40, true);
    update(&mut model, Message::Key(Key::Char('1')), sample::now());
    for (seconds, message) in [(20, Message::Key(Key::Char('x'))), (40, Message::Notice("asking".to_owned()))]
    {
        let now = sample::now() + chrono::TimeDelta::seconds(seconds);
        update(&mut model, message, now);
        let lines = told(&model);
        let said = under(&lines, "WHAT WOULD BE LOST");
        let of = format!("  now           {}", lifeboat::domain::words::instant(now));
        assert!(said.contains(&of.as_str()), "{said:?}");
        assert_eq!(said[0], format!("  31m {}s  =  now - newest restorable there", 11 + seconds), "{said:?}");
    }
}
