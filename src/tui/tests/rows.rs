//! What is selected in a list is what is copied, explained, acknowledged and counted.

use super::*;
use crate::domain::assessment::Rule;
use crate::domain::{Finding, Outcome, SourceReport, Verdict};

fn copied(model: &mut Model) -> String {
    let effects = type_keys(model, "y");
    let [Effect::Copy(text)] = effects.as_slice() else { panic!("{effects:?}") };
    update(model, Message::Key(Key::Esc), now());
    text.clone()
}

/// Sources that were read, and an alert of each of many services.
fn polled() -> Model {
    let mut model = model(false, Size { width: 100, height: 30 });
    for source in ["east", "west"] {
        update(&mut model, Message::Polled(Box::new(report(source, Vec::new()))), now());
    }
    update(&mut model, Message::Runs(vec![abandoned()]), now());
    model
}

#[test]
fn s36_what_is_copied_is_the_selected_row_of_the_list_that_is_shown() {
    let mut model = polled();
    type_keys(&mut model, "6jj");
    let selected = model.board.selected().cloned().unwrap();
    let (service, finding) = crate::tui::app::alerts::rows(&model)
        .into_iter()
        .map(|(service, finding, _)| (service.clone(), finding.text.clone()))
        .nth(model.row)
        .unwrap();
    assert_ne!(service, selected, "the fleet's selection is another one");
    let line = copied(&mut model);
    assert!(line.starts_with(&format!("{service}: ")) && line.ends_with(finding.trim_end()), "{line}");
    type_keys(&mut model, "5j");
    let line = copied(&mut model);
    assert!(line.starts_with("source west: ok; last good 2026-11-20"), "{line}");
    type_keys(&mut model, "4");
    let line = copied(&mut model);
    assert!(line.starts_with(&format!("{} of orders-db: ", abandoned().run)), "{line}");
    type_keys(&mut model, "1R");
    let line = copied(&mut model);
    assert!(line.starts_with("region ") && line.contains("if it is lost, "), "{line}");
}

#[test]
fn s36_the_box_of_a_source_goes_on_with_time() {
    let mut model = polled();
    type_keys(&mut model, "5\r");
    let shown = |model: &Model| match &model.overlay {
        Some(Overlay::Text { lines, .. }) => lines.join("\n"),
        other => panic!("{other:?}"),
    };
    let first = shown(&model);
    assert!(first.contains(", 0s ago"), "{first}");
    update(&mut model, Message::Tick, now() + TimeDelta::seconds(7));
    assert!(shown(&model).contains(", 7s ago"), "{}", shown(&model));
}

#[test]
fn s16_a_proof_is_counted_although_the_verdict_stays() {
    let mut model = model(false, Size { width: 100, height: 30 });
    let before = model.board.counts();
    let over = (1..80).map(|rounds| run(RunKind::Drill, rounds)).find(|state| state.is_over()).unwrap();
    let known = Some(crate::tui::app::runs::Known::of(&over));
    let line = RunLine { run: over.id().to_owned(), standing: Standing::Over, known, ..abandoned() };
    update(&mut model, Message::Runs(vec![line]), now());
    let after = model.board.counts();
    assert_eq!((before.ok, before.unproven), (after.ok, after.unproven + 1), "{before:?} {after:?}");
}

/// What gets worse than it was when somebody accepted it is news again; what comes back as bad is not.
#[test]
fn r17_what_gets_worse_is_seen_by_nobody_and_not_put_last_any_more() {
    let found = |level: Verdict| {
        let mut known = crate::domain::assess(&orders(), now(), &std::time::Duration::from_secs(60).into());
        known.findings = vec![Finding { level, ..finding() }];
        known
    };
    let mut model = model(false, Size { width: 100, height: 30 });
    model.board.know(found(Verdict::Warning));
    let _ = model.alerts.see(&found(Verdict::Warning), now());
    type_keys(&mut model, "6");
    let row = crate::tui::app::alerts::rows(&model)
        .iter()
        .position(|(service, found, _)| *service == "orders-db" && found.rule == Rule::RpoExceeded)
        .unwrap();
    (0..row).for_each(|_| drop(type_keys(&mut model, "j")));
    assert_eq!(type_keys(&mut model, "am").len(), 2, "both are kept");
    let alert = |model: &Model| model.alerts.of("orders-db", &finding()).cloned().unwrap();
    assert!(alert(&model).seen.is_some() && alert(&model).muted.is_some());
    assert!(!model.alerts.see(&found(Verdict::Warning), now()), "nothing is new");
    assert!(model.alerts.see(&found(Verdict::Critical), now()));
    assert!(alert(&model).seen.is_none() && alert(&model).muted.is_none(), "{:?}", alert(&model));
}

/// The board is judged at a tick, and what is agreed to is as of now.
#[test]
fn r21_a_box_counts_to_the_instant_that_it_names() {
    let mut model = model(true, Size { width: 100, height: 40 });
    type_keys(&mut model, "/orders-db\r2d");
    let later = now() + TimeDelta::seconds(4);
    update(&mut model, Message::Resize { width: 100, height: 41 }, later);
    let shown = text(&mut model);
    assert!(shown.contains("as of     2026-11-20 12:04:35Z"), "{shown}");
    assert!(shown.contains("gives up  4m 16s of writes before now"), "{shown}");
}

fn finding() -> Finding {
    Finding { rule: Rule::RpoExceeded, level: Verdict::Warning, copy: None, text: "loss".to_owned() }
}

#[test]
fn s25_a_run_that_ended_elsewhere_is_not_explained_as_its_beginning() {
    for (standing, wanted) in
        [(Standing::Over, "it ended in /srv/b: "), (Standing::Nobody, "its journal goes on in /srv/b: ")]
    {
        let mut model = polled();
        let line = RunLine { standing, moved_to: Some("/srv/b".to_owned()), ..abandoned() };
        update(&mut model, Message::Runs(vec![line]), now());
        type_keys(&mut model, "4x");
        let Some(Overlay::Text { lines, .. }) = &model.overlay else { panic!("{:?}", model.overlay) };
        let moved: Vec<_> = lines.iter().filter(|line| line.starts_with("  moved ")).collect();
        assert!(matches!(moved.as_slice(), [moved] if moved.contains(wanted)), "{standing:?}: {lines:?}");
    }
}

#[test]
fn s3_a_board_that_knows_no_service_names_the_source_that_failed_and_why() {
    let why = "aiven-demo cannot be read: HTTP 404: project dmeo does not exist";
    for (outcome, fleet, alerts) in
        [(Outcome::Ok, "no source has listed any", "nothing to report"), (Outcome::NotFound, why, why)]
    {
        let size = Size { width: 120, height: 24 };
        let mut model = Model::new(model(false, size).setup, Fleet::new([]), now(), size);
        let failed =
            SourceReport::failed("aiven-demo", now(), outcome, "HTTP 404: project dmeo does not exist");
        update(&mut model, Message::Polled(Box::new(failed)), now());
        for (key, says) in [("1", fleet), ("6", alerts)] {
            type_keys(&mut model, key);
            let screen = text(&mut model);
            let others = [why, "no source has listed any", "nothing to report"];
            let told: Vec<&str> = others.into_iter().filter(|other| screen.contains(other)).collect();
            assert_eq!(told, [says], "{screen}");
        }
    }
}

#[test]
fn s25_a_run_that_went_on_in_two_folders_is_called_so_and_not_taken_up_before_a_person_chose() {
    let mut model = model(true, Size { width: 120, height: 30 });
    model.setup.again = Some(again("lifeboat"));
    let state = run(RunKind::Incident, 12);
    let line = RunLine { parted_from: Some("/srv/a".to_owned()), ..abandoned() };
    update(&mut model, Message::Runs(vec![line]), now());
    update(&mut model, Message::Run { state, driven_here: false }, now());
    type_keys(&mut model, "4");
    let list = text(&mut model);
    assert!(list.contains("parted: went on in two folders  open it"), "{list}");
    type_keys(&mut model, "x");
    let Some(Overlay::Text { lines, .. }) = &model.overlay else { panic!("{:?}", model.overlay) };
    let told = lines.iter().find(|line| line.starts_with("  parted ")).unwrap();
    assert!(told.contains("it went on in /srv/a, too: two stories"), "{lines:?}");
    update(&mut model, Message::Key(Key::Esc), now());
    type_keys(&mut model, "\r");
    let shown = text(&mut model);
    assert!(shown.contains("PARTED: it went on in /srv/a, too (r)"), "{shown}");
    assert!(shown.contains("how to choose") && !shown.contains("take it up"), "{shown}");
    assert!(type_keys(&mut model, "r").is_empty(), "nothing is taken up");
    let Some(Overlay::Text { lines, .. }) = &model.overlay else { panic!("{:?}", model.overlay) };
    assert!(lines.iter().any(|line| line.contains("runs show ")), "{lines:?}");
}
