//! The run screen as it is drawn: sizes, palettes, what each state asks for, steps.

use lifeboat::domain::Liveness;
use lifeboat::domain::fork::CopiedTo;
use lifeboat::runbook::{Answer, Command, RunKind};
use lifeboat::tui::app::{Effect, Message, alerts, update};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::keymap::Key;
use lifeboat::tui::theme::Palette;

use crate::driven::{press, shown};
use crate::journal;
use crate::picture::{buffer, look, rich, styled, text};
use crate::sample::at;

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
        ("point-to-be-confirmed", Box::new(journal::to_be_confirmed(RunKind::Drill))),
        ("outcome-unknown", Box::new(journal::absent())),
        ("owner-to-speak", Box::new(journal::checked(RunKind::Incident))),
        ("fence-open", Box::new(journal::accepted(RunKind::Incident))),
        ("drill-closed", Box::new(journal::closed_drill())),
    ] {
        let mut model = shown(&journal, 100, 24, true);
        insta::assert_snapshot!(name, text(&buffer(&model, &rich())));
        press(&mut model, &journal, "\r");
        if model.overlay.is_some() {
            insta::assert_snapshot!(format!("{name}-asks"), text(&buffer(&model, &rich())));
        }
    }
}

/// The old primary is back and nobody fenced it: that comes before the owner's question, and no row is green.
#[test]
fn s22_an_old_primary_that_answers_is_told_first_and_its_row_is_not_green() {
    let mut journal = journal::checked(RunKind::Incident);
    let answers = Answer::Primary { answers: true, calls: 2, text: "answers".to_owned(), last_answer: None };
    journal.answer("2026-11-20T13:28:00Z", answers);
    let mut model = shown(&journal, 120, 40, true);
    let picture = text(&buffer(&model, &rich()));
    let now = picture.lines().find(|line| line.trim_start().starts_with("NOW ")).unwrap();
    let first =
        "[f: fence, a: abort, enter: answer]  The old primary ANSWERS and may take writes: fence it now";
    assert!(now.contains(first), "{picture}");
    let lost = picture.lines().find(|line| line.contains("DATA LOST")).unwrap();
    assert!(lost.contains("from proven data to now: GROWING"), "{picture}");
    let rows = alerts::rows(&model);
    let found = rows
        .iter()
        .find(|(service, finding, _)| *service == "orders-db" && finding.rule.as_str() == "unfenced");
    assert!(found.is_some(), "{rows:?}");
    press(&mut model, &journal, "\r");
    assert!(text(&buffer(&model, &rich())).contains("the owner's word"), "it can be answered all the same");
}

/// Running is not protected: what is awaited and since when, and what a person can do about it.
#[test]
fn r35_a_fork_in_use_that_is_copied_nowhere_asks_for_its_region() {
    let journal = journal::in_use(CopiedTo::Nowhere, false);
    let mut model = shown(&journal, 100, 24, true);
    insta::assert_snapshot!("copied-nowhere-100x24", text(&buffer(&model, &rich())));
    press(&mut model, &journal, "\r");
    let asked = text(&buffer(&model, &rich()));
    let fork = &journal.state.attempt.name;
    assert!(asked.contains(&format!("where backups of {fork} are copied to")), "{asked}");
    assert!(asked.contains("copied nowhere"), "{asked}");
    let effects = press(&mut model, &journal, "aws-eu-north-1\r");
    let [Effect::CheckRegion { service, source, change }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((service, source.as_str(), &change.remote), (fork, "aiven-prod", fork));
    assert_eq!((change.from.as_deref(), change.to.as_deref()), (None, Some("aws-eu-north-1")));
}

#[test]
fn r35_a_fork_in_use_says_what_it_waits_for_and_since_when() {
    for (own_backup, awaits) in [
        (
            false,
            "Awaited: its own first backup since 13:38:00Z (12m) and a first copy in aws-eu-north-1 since 13:38:00Z (12m)",
        ),
        (
            true,
            "[s: skip] The service is in use. Awaited: a first copy in aws-eu-north-1 since 13:38:00Z (12m)",
        ),
    ] {
        let journal = journal::in_use(CopiedTo::Region("aws-eu-north-1".to_owned()), own_backup);
        let mut model = shown(&journal, 120, 40, true);
        let picture = text(&buffer(&model, &rich())).replace('\n', " ");
        let words: Vec<&str> = picture.split_whitespace().collect();
        assert!(words.join(" ").contains(awaits), "{picture}");
        press(&mut model, &journal, "2");
        let picture = text(&buffer(&model, &rich()));
        assert!(picture.contains("CLIENTS LEFT 13:38:00Z for orders-db-k3q7wd"), "{picture}");
    }
}

/// A copy is awaited from when its region was set on, which may be hours after clients used the fork.
#[test]
fn r35_a_copy_is_awaited_since_its_region_was_set() {
    let mut journal = journal::in_use(CopiedTo::Nowhere, true);
    let mut seen = journal.state.protection.clone().unwrap();
    (seen.copying, seen.needs_person) = (CopiedTo::Region("aws-eu-north-1".to_owned()), false);
    journal.answer("2026-11-20T16:45:00Z", Answer::Protection(seen.clone()));
    seen.text = "looked at once more".to_owned();
    journal.answer("2026-11-20T16:50:00Z", Answer::Protection(seen));
    let mut model = shown(&journal, 120, 40, true);
    let picture = text(&buffer(&model, &rich())).replace('\n', " ");
    let words = picture.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("a first copy in aws-eu-north-1 since 16:45:00Z (5m)"), "{picture}");
    assert!(words.contains("NOW [s: skip] The service is in use"), "{picture}");
    press(&mut model, &journal, "s");
    assert!(text(&buffer(&model, &rich())).contains("skip protect"), "{}", text(&buffer(&model, &rich())));
}

/// RTO exceeded: a glyph and a word beside the number, in every palette.
#[test]
fn a_missed_rto_is_said_in_words() {
    let mut journal = journal::restoring(RunKind::Incident);
    journal.tick("2026-11-20T13:31:07Z");
    let mut short = journal::restoring(RunKind::Incident);
    let opening = std::sync::Arc::make_mut(&mut short.state.opening);
    opening.objectives.rto = Some(std::time::Duration::from_secs(600));
    short.now = at("2026-11-20T12:34:34Z");
    for (journal, said) in [(journal, "MISSED by 9m"), (short, "12m 24s of 10m RTO  ✖ MISSED by 2m 24s")] {
        for (width, height) in [(80, 24), (100, 24), (200, 50)] {
            let picture = text(&buffer(&shown(&journal, width, height, true), &rich()));
            assert!(picture.contains(said), "{picture}");
        }
    }
}

/// Whether a key here acts is said before who sits here, however little room there is.
#[test]
fn armed_is_said_at_80_columns_in_the_demo_too() {
    let mut model = shown(&journal::restoring(RunKind::Incident), 80, 24, true);
    model.setup.demo = true;
    let first = text(&buffer(&model, &rich())).lines().next().unwrap().to_owned();
    assert!(first.contains(" DEMO ") && first.contains(" ARMED "), "{first}");
    assert!(!first.contains("anna@jump2"), "{first}");
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

/// By how much the objective is missed is never cut: since when it is down yields to it.
#[test]
fn s23_since_when_it_is_down_yields_to_by_how_much_the_objective_is_missed() {
    let mut journal = journal::restoring(RunKind::Incident);
    let (_, declaration) = journal.state.declaration.as_mut().unwrap();
    declaration.down_since = None;
    let opening = std::sync::Arc::make_mut(&mut journal.state.opening);
    opening.before.service.liveness =
        Liveness::silent(at("2026-11-20T12:22:10Z"), Some(at("2026-11-20T12:21:40Z")));
    journal.now = at("2026-11-20T13:31:07Z");
    let missed = "1h 8m to 1h 10m of 1h RTO  ✖ MISSED by 8m to 10m";
    for (width, since) in [(160, true), (80, false)] {
        let picture = text(&buffer(&shown(&journal, width, 24, true), &rich()));
        let clock = picture.lines().find(|line| line.contains("RTO")).unwrap();
        assert!(clock.contains(missed), "{picture}");
        assert_eq!(clock.starts_with(" DOWN SINCE 12:21:40Z..12:22:10Z "), since, "{picture}");
        assert_eq!(clock.starts_with(" DOWN 1h 8m "), !since, "{picture}");
    }
    let narrow = text(&buffer(&shown(&journal, 44, 24, true), &rich()));
    assert!(narrow.contains(" DOWN 1h 8m to 1h 10m ✖ MISSED by 8m to 10m"), "{narrow}");
}

/// What it took at least, and by how much that is missed at least: both are rounded down.
#[test]
fn s13_by_how_much_an_objective_is_missed_at_least_is_rounded_down() {
    let mut journal = journal::restoring(RunKind::Incident);
    let (_, declaration) = journal.state.declaration.as_mut().unwrap();
    declaration.down_since = None;
    std::sync::Arc::make_mut(&mut journal.state.opening).before.service.liveness = Liveness::NotProbed;
    journal.now = at("2026-11-20T13:50:55Z");
    let picture = text(&buffer(&shown(&journal, 160, 24, true), &rich()));
    let clock = picture.lines().find(|line| line.contains("RTO")).unwrap();
    assert!(clock.starts_with(" DOWN SINCE not stated   >=1h 6m of 1h RTO  ✖ MISSED by >=6m "), "{picture}");
}

/// Of a range both ends and what comes of it stay whole; the objective yields to them.
#[test]
fn s5_a_range_is_whole_at_every_width_and_says_no_at_most_that_has_no_number() {
    let mut journal = journal::checked(RunKind::Incident);
    for (when, answers) in [("2026-11-20T13:28:00Z", true), ("2026-11-20T13:29:30Z", false)] {
        let text = "probed".to_owned();
        journal.answer(when, Answer::Primary { answers, calls: 1, text, last_answer: None });
    }
    for width in 44..=160 {
        let picture = text(&buffer(&shown(&journal, width, 24, true), &rich()));
        let lost = picture.lines().find(|line| line.contains("DATA LOST ")).unwrap().trim_end();
        assert!(lost.contains("1h 24m to 1h 27m") && lost.contains("BEYOND"), "{picture}");
        assert!(!lost.ends_with("at most"), "{picture}");
    }
}
