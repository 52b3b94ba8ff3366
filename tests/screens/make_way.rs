//! An incident of a service whose drill is open: the drill makes way (S30).

use std::sync::Arc;

use lifeboat::runbook::{Command, RunKind};
use lifeboat::tui::app::runs::{RunLine, Standing};
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::keymap::Key;

use crate::driven::{command, model, press, shown};
use crate::journal::{self, Journal};
use crate::picture::{buffer, rich, text};
use crate::runs::line;

fn picture(model: &Model) -> String {
    text(&buffer(model, &rich()))
}

/// The board with the service of a drill selected, which nobody or another process drives.
fn board(drill: &Journal, standing: Standing, armed: bool) -> Model {
    let mut model = model(100, 30, armed);
    let opened = line(drill.state.id(), "2026-11-20T12:44:02Z", None, standing);
    let opened = RunLine { service: "orders-db".to_owned(), kind: RunKind::Drill, ..opened };
    update(&mut model, Message::Runs(vec![opened]), drill.now);
    let page = model.page();
    model.board.select("orders-db", page);
    model
}

fn tell(model: &mut Model, journal: &Journal, driven_here: bool) {
    let state = Arc::new(journal.state.clone());
    update(model, Message::Run { state, driven_here }, journal.now);
}

/// The drill after its end was asked for.
fn ended() -> Journal {
    let mut drill = journal::restoring(RunKind::Drill);
    let (typed, reason) = ("orders-db".to_owned(), "incident".to_owned());
    drill.command("2026-11-20T13:12:00Z", Command::Abort { typed, reason });
    assert!(drill.state.is_over());
    drill
}

/// Types the name into the open box, first a wrong one; the end is asked for.
fn end_it(model: &mut Model, drill: &Journal) {
    assert!(press(model, drill, "orders\r").is_empty());
    assert!(picture(model).contains("type orders-db"), "{}", picture(model));
    let effects = press(model, drill, "-db\r");
    let (typed, reason) = ("orders-db".to_owned(), "incident".to_owned());
    assert_eq!(command(&effects), Some(&Command::Abort { typed, reason }), "{effects:?}");
    assert!(model.overlay.is_none());
}

#[test]
fn s30_a_drill_that_is_driven_here_is_ended_by_its_name_and_the_incident_is_asked_for() {
    let drill = journal::restoring(RunKind::Drill);
    // From the run itself, and from the board.
    for way in ["i", "1i"] {
        let mut model = shown(&drill, 100, 30, true);
        let page = model.page();
        model.board.select("orders-db", page);
        assert!(press(&mut model, &drill, way).is_empty());
        let asked = picture(&model);
        for said in
            ["its drill ends first", "Kept, and listed for clean-up", "drill-orders-db-k3q7wd", "incident"]
        {
            assert!(asked.contains(said), "{said}: {asked}");
        }
        end_it(&mut model, &drill);
        tell(&mut model, &drill, true);
        assert!(model.overlay.is_none(), "it is not over yet");
        tell(&mut model, &ended(), true);
        let asked = picture(&model);
        assert!(asked.contains("INCIDENT orders-db") && asked.contains("declared by"), "{asked}");
    }
}

#[test]
fn s30_a_drill_that_nobody_drives_is_read_first() {
    let drill = journal::restoring(RunKind::Drill);
    let mut model = board(&drill, Standing::Nobody, true);
    assert_eq!(press(&mut model, &drill, "i"), [Effect::ShowRun(drill.state.id().to_owned())]);
    tell(&mut model, &drill, false);
    end_it(&mut model, &drill);
    tell(&mut model, &ended(), false);
    assert!(picture(&model).contains("declared by"), "{}", picture(&model));
}

#[test]
fn s30_what_is_looked_at_meanwhile_is_not_covered() {
    let drill = journal::restoring(RunKind::Drill);
    let mut model = board(&drill, Standing::Nobody, true);
    press(&mut model, &drill, "i");
    tell(&mut model, &drill, false);
    end_it(&mut model, &drill);
    press(&mut model, &drill, "?");
    tell(&mut model, &ended(), false);
    assert!(model.notice.as_ref().is_some_and(|notice| notice.contains("once more")), "{:?}", model.notice);
    update(&mut model, Message::Key(Key::Esc), drill.now);
    press(&mut model, &drill, "i");
    assert!(picture(&model).contains("declared by"), "{}", picture(&model));
}

#[test]
fn s30_a_drill_that_ends_by_itself_needs_no_end() {
    let drill = journal::restoring(RunKind::Drill);
    let mut model = shown(&drill, 100, 30, true);
    press(&mut model, &drill, "i");
    tell(&mut model, &ended(), true);
    press(&mut model, &drill, "orders-db\r");
    assert!(picture(&model).contains("declared by"), "{}", picture(&model));
}

#[test]
fn s30_only_who_may_act_here_is_asked_and_no_drill_of_another_process_is_ended() {
    let drill = journal::restoring(RunKind::Drill);
    let mut unarmed = board(&drill, Standing::Nobody, false);
    assert!(press(&mut unarmed, &drill, "i").is_empty());
    assert!(picture(&unarmed).contains("not armed"), "{}", picture(&unarmed));
    let mut elsewhere = board(&drill, Standing::Elsewhere, true);
    assert!(press(&mut elsewhere, &drill, "i").is_empty());
    assert!(picture(&elsewhere).contains("another process drives"), "{}", picture(&elsewhere));
}
