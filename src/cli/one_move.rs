//! What a second incident recovers is the fork that the first one moved clients to: no face counts from the outage
//! before, and all agree on what is known, and on what is not (S5, S23).

use std::sync::Arc;

use super::next::NextOf;
use super::{check_line, status_table};
use crate::domain::sample::{at, now};
use crate::domain::{ClientsMoved, Liveness, StatusDoc};
use crate::evidence;
use crate::runbook::sample::{Journal, World, declaration, opening, willing};
use crate::runbook::{Command, Declaration, Input, Need, RunKind, effects, need};
use crate::tui::app::facts::facts;
use crate::tui::app::overlay::Overlay;
use crate::tui::app::runs::{Known, RunLine, Standing};
use crate::tui::app::{Message, Model, Size, update};
use crate::tui::tests::{model, text, type_keys};

const SERVICE: &str = "orders-db";
const FORK: &str = "orders-db-wsom2s";

/// When the old primary fell silent, in the outage before.
const SILENT: &str = "2026-11-20T12:01:30Z";

fn moved() -> ClientsMoved {
    ClientsMoved {
        run: "inc-orders-db-20261120-wsom2s".to_owned(),
        fork: FORK.to_owned(),
        at: at("2026-11-20T12:02:00Z"),
        down_earliest: Some(at("2026-11-20T12:01:00Z")),
        down_since: Some(at("2026-11-20T12:01:00Z")),
        ..ClientsMoved::default()
    }
}

/// A board whose service an incident moved the clients of, its old primary silent since the outage before.
fn board() -> Model {
    let mut model = model(true, Size { width: 160, height: 40 });
    let liveness = Liveness::silent(at(SILENT), Some(at("2026-11-20T12:01:20Z")));
    update(&mut model, Message::Probed { service: SERVICE.to_owned(), liveness }, now());
    let known = Known {
        source: String::new(),
        forks: Vec::new(),
        last_at: moved().at,
        step: None,
        needs_person: false,
        unfenced_since: None,
        restores_to: None,
        proven_at: None,
        moved: Some(moved()),
        cut_over_at: Some(moved().at),
        left: Vec::new(),
        config_files: Vec::new(),
    };
    let line = RunLine {
        run: moved().run,
        service: SERVICE.to_owned(),
        kind: RunKind::Incident,
        opened_at: at("2026-11-20T12:01:00Z"),
        closed_at: Some(moved().at),
        conclusion: None,
        standing: Standing::Over,
        known: Some(known),
        unread: None,
        moved_to: None,
        parted_from: None,
    };
    update(&mut model, Message::Runs(vec![line]), now());
    model
}

/// What is said to a second incident, and what all is to be told of it.
struct Case {
    down: Option<&'static str>,
    lost: Option<&'static str>,
    /// From when the recovery time is counted, and the words of the report for that.
    from: &'static str,
    measured: String,
    /// The loss in words and in seconds, and to when it is counted.
    loss: &'static str,
    loss_s: u64,
    to: &'static str,
    ground: String,
    basis: &'static str,
}

fn cases() -> [Case; 3] {
    let unknown = format!("when {FORK} stopped is not known");
    [
        Case {
            down: None,
            lost: None,
            from: "12:04:31Z",
            measured: format!("from declared, since {unknown}, to"),
            loss: ">=41s",
            loss_s: 41,
            to: "12:02:00Z",
            ground: format!("when clients were moved; {unknown}"),
            basis: "clients_moved",
        },
        Case {
            down: Some("2026-11-20T12:03:00Z"),
            lost: None,
            from: "12:03:00Z",
            measured: format!("from {FORK} down since 2026-11-20 "),
            loss: "1m 41s",
            loss_s: 101,
            to: "12:03:00Z",
            ground: "down since then, says anna".to_owned(),
            basis: "loss_instant",
        },
        Case {
            down: Some("2026-11-20T12:03:00Z"),
            lost: Some("2026-11-20T12:03:30Z"),
            from: "12:03:00Z",
            measured: format!("from {FORK} down since 2026-11-20 "),
            loss: "2m 11s",
            loss_s: 131,
            to: "12:03:30Z",
            ground: "stated by anna".to_owned(),
            basis: "loss_instant",
        },
    ]
}

/// A second incident, with its point to be confirmed.
fn second(case: &Case) -> Journal {
    let mut opening = opening(RunKind::Incident);
    opening.before.clients_moved = Some(moved());
    opening.before.service.liveness = Liveness::silent(at(SILENT), Some(at("2026-11-20T12:01:20Z")));
    let mut journal = Journal::open(opening);
    journal.input(&Input::Tick).unwrap();
    let (down_since, loss_instant) = (case.down.map(at), case.lost.map(at));
    journal.command(Command::Declare(Declaration { down_since, loss_instant, ..declaration() })).unwrap();
    let mut world = World::default();
    while need(&journal.state) != Some(Need::ConfirmPoint) {
        for effect in effects(&journal.state) {
            let answer = world.answer(&effect.call, journal.now);
            journal.answer(answer);
        }
    }
    journal
}

/// What is read above the fields of the form that lies open.
fn read_before(model: &Model) -> String {
    let Some(Overlay::Form(form)) = &model.overlay else { panic!("{:?}", model.overlay) };
    facts(model, form).join("\n")
}

/// What is read in the box that lies open.
fn read(model: &Model) -> String {
    match &model.overlay {
        Some(Overlay::Text { lines, .. }) => lines.join("\n"),
        Some(Overlay::Plain { text, .. }) => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn says(face: &str, told: &str, wanted: &[&str]) {
    for wanted in wanted {
        assert!(told.contains(wanted), "{face} lacks `{wanted}`:\n{told}");
    }
    // Its fence tells since when the old primary is silent; nothing is counted from there.
    let counted = told.lines().filter(|line| !line.starts_with("| fence |"));
    assert!(
        !counted.collect::<String>().contains("12:01:30"),
        "{face} counts from the outage before:\n{told}"
    );
}

#[test]
fn s5_s23_every_face_of_a_second_incident_counts_what_the_fork_lost_and_nothing_of_the_outage_before() {
    for case in cases() {
        // The form, with the words typed into it.
        let mut model = board();
        type_keys(&mut model, "/orders-db\ri\rregion gone\rthree-probes\r");
        let hints = text(&mut model);
        for hint in ["which no probe sees; empty = not known", "of orders-db-wsom2s; empty = not known"] {
            assert!(hints.contains(hint), "{hints}");
        }
        let words = format!("{}\r{}\r", case.down.unwrap_or_default(), case.lost.unwrap_or_default());
        type_keys(&mut model, &words);
        let counted = format!("counted to {}", case.to);
        let form = read_before(&model);
        let nobody_wrote = "without the 1m between the outage before, 2026-11-20 12:01:00Z, and the move";
        says("form", &form, &[case.loss, &counted, &case.ground, nobody_wrote, FORK]);

        // The run: header, confirmation box, text for others, explanation.
        let mut model = board();
        let journal = second(&case);
        let state = Arc::new(journal.state.clone());
        update(&mut model, Message::Run { state, driven_here: true }, now());
        type_keys(&mut model, "3");
        let label = if case.down.is_some() { "DOWN SINCE" } else { "DECLARED" };
        let (from, lost) =
            (format!("{label} {}", case.from), format!("12:00:19Z..{}  {}", case.to, case.loss));
        let picture = text(&mut model);
        let header: String =
            picture.split_inclusive('\n').take_while(|line| !line.contains(" STEP ")).collect();
        says("header", &header, &[&from, &lost, FORK]);
        type_keys(&mut model, "\r");
        let counted = format!("counted to 2026-11-20 {}", case.to);
        says("confirmation", &read_before(&model), &[case.loss, &counted, &case.ground, nobody_wrote, FORK]);
        update(&mut model, Message::Key(crate::tui::keymap::Key::Esc), now());
        for (face, key) in [("text for others", "c"), ("explanation", "x")] {
            type_keys(&mut model, key);
            says(face, &read(&model), &[case.loss, case.to, &case.ground, nobody_wrote]);
            update(&mut model, Message::Key(crate::tui::keymap::Key::Esc), now());
        }

        // The board, `status` and `check`.
        let (service, known) = (&model.fleet.services[SERVICE], model.board.assessment(SERVICE).unwrap());
        let json = serde_json::to_value(StatusDoc::new(now(), [(service, known)])).unwrap();
        let status = &json["services"][0];
        assert_eq!((&status["loss_s"], &status["loss_basis"]), (&case.loss_s.into(), &case.basis.into()));
        let instant = (case.basis == "loss_instant").then(|| format!("2026-11-20T{}", case.to));
        assert_eq!(status["loss_instant"].as_str(), instant.as_deref());
        assert_eq!(status["rpo_compliance"], "unknown");
        let next = NextOf { of_run: &|_, _| String::new(), of_change: &|_| String::new() };
        let told = status_table::Told::default();
        let table = status_table::draw(&[(service, known)], &told, &next, now(), None);
        let judged = check_line::judge(service, known, None, None, now());
        let (_, line) = check_line::line(&[judged], &check_line::Runs::default(), &next);
        let counted = format!("loss counted to 2026-11-20 {}", case.to);
        let table = table.replace("silent since 12:01:30Z", "");
        says("status", &table, &[&counted, &case.ground, nobody_wrote]);
        says(
            "check",
            &line.replace("silent since 12:01:30Z", ""),
            &[&format!("_at_least'={}s", case.loss_s)],
        );

        // The report.
        let mut journal = journal;
        journal.drive(&mut World::default(), willing);
        let report = evidence::report(&journal.records, None).unwrap();
        let report = evidence::markdown(&report);
        says("report", &report, &[&case.measured, case.loss, case.to, nobody_wrote, "not measured", FORK]);
    }
}

#[test]
fn s23_a_word_on_what_clients_did_not_use_yet_is_refused_by_the_instant_of_the_move() {
    for (down, lost) in [(Some("2026-11-20T12:01:59Z"), None), (None, Some("2026-11-20T12:01:59Z"))] {
        let mut opening = opening(RunKind::Incident);
        opening.before.clients_moved = Some(moved());
        let mut journal = Journal::open(opening);
        journal.input(&Input::Tick).unwrap();
        let (down_since, loss_instant) = (down.map(at), lost.map(at));
        let words = Declaration { down_since, loss_instant, ..declaration() };
        let refused = journal.command(Command::Declare(words)).unwrap_err().to_string();
        let why =
            format!("2026-11-20 12:01:59Z lies before clients were moved to {FORK} at 2026-11-20 12:02:00Z");
        assert!(refused.contains(&why), "{refused}");
        let mut model = board();
        type_keys(&mut model, "/orders-db\ri\rregion gone\rthree-probes\r");
        let (typed, field) = match (down, lost) {
            (Some(down), _) => (format!("{down}\r"), "down since"),
            (None, lost) => (format!("\r{}\r", lost.unwrap()), "loss instant"),
        };
        assert!(type_keys(&mut model, &typed).is_empty(), "nothing begins");
        let Some(Overlay::Form(form)) = &model.overlay else { panic!("{:?}", model.overlay) };
        assert_eq!(form.fields[form.focus].label, field, "it is refused where it is typed");
        assert!(form.error.as_ref().is_some_and(|told| told.contains(&why)), "{:?}", form.error);
    }
}
