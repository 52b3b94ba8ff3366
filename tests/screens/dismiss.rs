//! A service that left its provider's list, put away by a person.

use std::collections::BTreeMap;
use std::time::Duration;

use lifeboat::domain::fleet::Discovery;
use lifeboat::domain::{CopyPart, OpenRun, Outcome, Role, ServicePart, SourceReport, Timestamp};
use lifeboat::tui::app::alerts::Alerts;
use lifeboat::tui::app::model::Screen;
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::theme::Palette;

use crate::picture::{buffer, look, rich, text};
use crate::sample;
use crate::typing::press;

/// `ledger` is found by a discovery, and gone for half an hour.
fn model(width: u16, height: u16) -> Model {
    let mut model = sample::model(width, height);
    let mut ledger = model.fleet.services["ledger"].clone();
    ledger.facts.as_mut().unwrap().tags.insert("tier".to_owned(), "1".to_owned());
    let discovery = Discovery {
        source: "aiven-prod".to_owned(),
        tier_from_tag: Some("tier".to_owned()),
        short_names: true,
        tiers: [(1, ledger.policy.clone())].into(),
        owners: ledger.owner.clone().map(|owner| (1, owner)).into_iter().collect(),
        ..Discovery::default()
    };
    let mut fleet = lifeboat::domain::Fleet::new(
        model.fleet.services.values().filter(|service| service.id != "ledger").cloned(),
    )
    .discovering(vec![discovery]);
    fleet.recall(lifeboat::domain::Service { gone_since: Some(gone_since()), ..ledger }, None);
    model = Model::new(sample::setup(), fleet, sample::now(), model.size);
    model.board.select("ledger", 20);
    model
}

fn gone_since() -> Timestamp {
    sample::at("2026-11-20T11:34:31Z")
}

/// What is kept of alerts, as a restart finds it.
fn kept(effects: &[Effect]) -> Alerts {
    let kept = effects.iter().find_map(|effect| match effect {
        Effect::KeepAlerts(alerts) => Some(alerts),
        _ => None,
    });
    serde_json::from_str(&serde_json::to_string(kept.unwrap()).unwrap()).unwrap()
}

fn listing() -> SourceReport {
    let part = CopyPart {
        role: Role::Primary,
        copy: "aiven-prod".to_owned(),
        region: None,
        outcome: Outcome::Ok,
        error: None,
        reading: None,
    };
    SourceReport {
        source: "aiven-prod".to_owned(),
        as_of: sample::now(),
        skew_s: None,
        took: Duration::ZERO,
        calls: 1,
        retry_after: None,
        outcome: Outcome::Ok,
        error: None,
        complete: false,
        nearest: BTreeMap::new(),
        services: vec![ServicePart {
            remote: "ledger".to_owned(),
            facts: None,
            ours: None,
            copies: vec![part],
        }],
    }
}

#[test]
fn s33_what_is_forgotten_and_what_is_not_is_read_before_it_is_agreed_to() {
    for (width, height) in [(80, 24), (120, 40), (200, 50)] {
        let mut model = model(width, height);
        let plain = |model: &Model| text(&buffer(model, &look(Palette::None, &Glyphs::ASCII)));
        let board = plain(&model);
        assert!(board.contains("D dismiss") && board.contains("dismiss it (D)"), "{board}");
        press(&mut model, "D");
        let asked = plain(&model);
        assert!(asked.is_ascii(), "{asked}");
        for told in ["backups left behind", "enter dismiss it", "? help"] {
            assert_eq!(asked.contains(told), told != "? help", "{told}: {asked}");
        }
        if width == 80 {
            insta::assert_snapshot!("dismiss-80x24", text(&buffer(&model, &rich())));
        }
    }
}

#[test]
fn s33_a_dismissed_service_is_gone_over_restarts_and_back_when_it_is_listed() {
    let mut model = model(80, 24);
    let alerts = kept(&press(&mut model, "D\r"));
    assert!(
        model.board.assessment("ledger").is_none() && !text(&buffer(&model, &rich())).contains("ledger  ")
    );
    let by: BTreeMap<_, _> = alerts.dismissed().collect();
    assert_eq!(by[&"ledger".to_owned()], &("anna@jump2".to_owned(), sample::now()));

    let mut again = self::model(80, 24);
    again.recall_alerts(alerts);
    assert!(!again.fleet.services.contains_key("ledger"), "after a restart");
    assert_eq!(again.board.len(), 4);
    update(&mut again, Message::Tick, sample::now());

    update(&mut again, Message::Polled(Box::new(listing())), sample::now());
    assert!(again.board.assessment("ledger").is_some(), "it is listed again");
    let alerts = kept(&update(&mut again, Message::Tick, sample::now()));
    assert_eq!(alerts.dismissed().count(), 0, "and was never dismissed");
}

#[test]
fn s33_it_is_dismissed_from_its_finding_and_from_its_timeline_too() {
    let mut alerts = model(100, 30);
    press(&mut alerts, "6");
    let place =
        lifeboat::tui::app::alerts::rows(&alerts).iter().position(|(id, ..)| *id == "ledger").unwrap();
    press(&mut alerts, &"j".repeat(place));
    assert_eq!(kept(&press(&mut alerts, "D\r")).dismissed().count(), 1);
    assert_eq!(alerts.screen, Screen::Alerts);
    let shown = text(&buffer(&alerts, &rich()));
    assert!(shown.contains("1 service dismissed"), "{shown}");
    let mut timeline = model(100, 30);
    press(&mut timeline, "\r");
    assert_eq!(kept(&press(&mut timeline, "D\r")).dismissed().count(), 1);
    assert_eq!((timeline.screen, timeline.timeline.is_none()), (Screen::Fleet, true));
}

#[test]
fn s33_what_is_listed_or_has_an_open_run_is_not_dismissed() {
    let mut model = model(80, 24);
    model.board.select("orders-db", 20);
    assert!(press(&mut model, "D").is_empty() && model.overlay.is_none());
    assert_eq!(model.notice.as_deref(), Some("only a service that is gone is dismissed: orders-db is not"));
    assert!(!text(&buffer(&model, &rich())).contains("D dismiss"));
    model.board.select("ledger", 20);
    let open = OpenRun {
        run: "inc-ledger".to_owned(),
        drill: false,
        opened_at: sample::now(),
        driven: false,
        last_at: None,
        step: None,
        needs_person: false,
        unfenced_since: None,
        restores_to: None,
        moved_to: None,
        parted_from: None,
        config_files: Vec::new(),
    };
    press(&mut model, "D");
    model.fleet.services.get_mut("ledger").unwrap().open_runs = Some(vec![open]);
    assert!(press(&mut model, "\r").is_empty(), "it was opened meanwhile");
    let shown = text(&buffer(&model, &rich()));
    assert!(shown.contains("not dismissed: ledger has the open run inc-ledger"), "{shown}");
}

#[test]
fn s18_a_board_that_may_only_read_takes_no_row_out_of_what_others_see() {
    let mut model = model(120, 40);
    model.setup.read_only = true;
    assert!(press(&mut model, "D").is_empty());
    assert!(text(&buffer(&model, &rich())).contains("--read-only is given"));
    assert!(model.fleet.services.contains_key("ledger"));
}
