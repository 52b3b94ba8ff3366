//! The list of findings: ordered as the fleet is, each one whole where there is room.

use lifeboat::domain::{ServiceId, Verdict};
use lifeboat::tui::app::alerts;
use lifeboat::tui::app::{Message, Model, Size, update};
use lifeboat::tui::keymap::Key;

use crate::picture::{buffer, rich, text};
use crate::sample;

fn services(model: &Model) -> Vec<ServiceId> {
    let mut services: Vec<_> = alerts::rows(model).into_iter().map(|(id, ..)| id.clone()).collect();
    services.dedup();
    services
}

/// S16: what is worst in the fleet is worst among the findings.
#[test]
fn findings_are_ordered_as_the_fleet_is() {
    // By name they would stand the other way round.
    let mut fleet = sample::fleet();
    let mut twin = fleet.services["ledger"].clone();
    twin.id = "a-ledger".to_owned();
    twin.policy.tier = Some(3);
    fleet.services.insert(twin.id.clone(), twin);
    let model = Model::new(sample::setup(), fleet, sample::now(), Size { width: 80, height: 24 });
    let levels: Vec<u8> =
        alerts::rows(&model).iter().map(|(_, finding, _)| finding.level.badness()).collect();
    assert!(levels.is_sorted_by(|one, other| one >= other), "{levels:?}");
    let order = services(&model);
    let place = |id: &str| order.iter().position(|other| other == id).unwrap();
    assert_eq!((place("ledger"), place("a-ledger")), (0, 1), "{order:?}");
    assert!(place("sessions") < place("orders-db"), "{order:?}");
    assert_eq!(order.last().unwrap(), "events", "exempt is last");
}

/// Of equals of one service the one that is there the longest comes first, and a muted one last of all.
#[test]
fn of_equals_the_longest_there_comes_first() {
    let mut model = sample::model(80, 24);
    model.fleet.services.get_mut("orders-db").unwrap().skew_s = Some(90);
    let later = sample::now() + chrono::TimeDelta::seconds(30);
    update(&mut model, Message::Tick, later);
    let since: Vec<_> = alerts::rows(&model)
        .into_iter()
        .filter(|(id, finding, _)| *id == "orders-db" && finding.level == Verdict::Warning)
        .filter_map(|(_, _, alert)| alert?.since)
        .collect();
    assert!(since.len() >= 2 && since.is_sorted(), "{since:?}");
    update(&mut model, Message::Key(Key::Char('6')), later);
    update(&mut model, Message::Key(Key::Char('m')), later);
    assert_eq!(services(&model).last().unwrap(), "ledger", "what is muted is last, however bad");
}

/// R17: a finding keeps its selection while others come in above it, and none is acknowledged in its place.
#[test]
fn what_is_selected_is_acknowledged_whatever_row_it_is_in() {
    let selected = |model: &Model| {
        let rows = alerts::rows(model);
        let (service, finding, alert) = rows.get(model.row).unwrap();
        ((*service).clone(), finding.rule, alert.and_then(|alert| alert.seen.clone()).is_some())
    };
    let seen = |model: &Model| {
        let of = |row: &(&ServiceId, &lifeboat::domain::Finding, Option<&alerts::Alert>)| {
            row.2.is_some_and(|alert| alert.seen.is_some()).then(|| (row.0.clone(), row.1.rule))
        };
        alerts::rows(model).iter().filter_map(of).collect::<Vec<_>>()
    };
    let mut model = sample::model(80, 24);
    for key in [Key::Char('6'), Key::Down] {
        update(&mut model, Message::Key(key), sample::now());
    }
    let (service, rule, _) = selected(&model);
    // Something worse comes in above: the copy of another service is gone.
    let lost = model.fleet.services.get_mut("orders-db").unwrap();
    lost.secondary = None;
    let later = sample::now() + chrono::TimeDelta::seconds(1);
    update(&mut model, Message::Tick, later);
    assert_eq!(model.row, 2, "its row is another one now");
    assert_eq!(selected(&model), (service.clone(), rule, false));
    update(&mut model, Message::Key(Key::Char('a')), later);
    assert_eq!(seen(&model), [(service.clone(), rule)]);

    // Once it went away, what came into its row is selected first, and taken by the next key.
    update(&mut model, Message::Key(Key::Char('a')), later);
    model.fleet.services.remove(&service);
    update(&mut model, Message::Tick, later + chrono::TimeDelta::seconds(1));
    update(&mut model, Message::Key(Key::Char('a')), later);
    assert_eq!(seen(&model), []);
    assert!(model.notice.as_ref().unwrap().contains("went away"), "{:?}", model.notice);
    let (service, rule, _) = selected(&model);
    update(&mut model, Message::Key(Key::Char('a')), later);
    assert_eq!(seen(&model), [(service, rule)]);
}

#[test]
fn where_all_findings_have_room_none_is_cut() {
    let mut model = sample::model(80, 24);
    update(&mut model, Message::Key(Key::Char('6')), sample::now());
    let picture = text(&buffer(&model, &rich()));
    assert!(!picture.contains('…'), "{picture}");
}
