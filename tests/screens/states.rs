//! The states of what is known, and what is kept of findings and asked of a provider in them.

use std::collections::BTreeMap;
use std::time::Duration;

use lifeboat::domain::fleet::SourceState;
use lifeboat::domain::own_lag::{OwnPoint, TIERS};
use lifeboat::domain::skew::Skew;
use lifeboat::domain::{
    Attempt, CopyState, Fleet, LagHistory, LagPeriod, LagPoint, LagSeries, LagUnit, Liveness, Outcome,
    OwnLag, Service,
};
use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::theme::Palette;

use crate::faces::State;
use crate::picture::{buffer, look, text};
use crate::sample::{self, at};
use crate::typing::press;

fn source(outcome: Outcome, error: Option<&str>, last_good: Option<&str>) -> SourceState {
    SourceState {
        attempt: Attempt { at: Some(sample::now()), outcome, error: error.map(str::to_owned) },
        last_good: last_good.map(at),
        skew: Some(Skew { secs: -3, at: sample::now() }),
        took: Duration::from_millis(4321),
        calls: 17,
        retry_after: (outcome == Outcome::RateLimited).then(|| Duration::from_secs(90)),
    }
}

/// Nothing was read yet.
pub(crate) fn loading() -> Fleet {
    let unread = |service: Service| Service {
        primary: Some(CopyState::unread("pg-west repo1", "pg-west", Some("dc-west".to_owned()))),
        secondary: Some(CopyState::unread("pg-east repo2", "pg-east", Some("dc-east".to_owned()))),
        facts: None,
        last_proven: None,
        restore_history_s: Vec::new(),
        liveness: Liveness::NotProbed,
        ..service
    };
    Fleet::new([unread(sample::orders())])
}

/// One source answered in part.
fn partial() -> Fleet {
    let mut fleet = sample::fleet();
    let partly = source(Outcome::Partial, Some("1 of 5 services: 500"), Some("2026-11-20T12:04:27Z"));
    fleet.sources.insert("aiven-prod".to_owned(), partly);
    fleet.services.get_mut("ledger").unwrap().secondary =
        Some(CopyState::unread("aiven-prod east", "aiven-prod", None));
    fleet
}

/// Nobody answered for an hour.
fn stale() -> Fleet {
    let mut fleet = sample::fleet();
    for service in fleet.services.values_mut() {
        for copy in [&mut service.primary, &mut service.secondary].into_iter().flatten() {
            copy.attempt.outcome = Outcome::Unreachable;
            copy.attempt.error = Some("connection refused".to_owned());
            copy.last_good.as_mut().unwrap().as_of = at("2026-11-20T11:04:31Z");
        }
    }
    for state in fleet.sources.values_mut() {
        *state = source(Outcome::Unreachable, Some("connection refused"), Some("2026-11-20T11:04:31Z"));
    }
    fleet
}

/// Every source fails, each in its own way, and none ever answered.
fn error() -> Fleet {
    let mut fleet = loading();
    fleet.sources = BTreeMap::from([
        ("denied".to_owned(), source(Outcome::Denied, Some("401: the token is not valid any more"), None)),
        ("garbage".to_owned(), source(Outcome::Malformed, Some("the answer is no JSON: `<html>`"), None)),
        ("limited".to_owned(), source(Outcome::RateLimited, Some("429: slow down"), None)),
    ]);
    fleet
}

/// Numbers that are larger than anybody hopes to see.
fn huge() -> Fleet {
    let mut fleet = sample::fleet();
    let ledger = fleet.services.get_mut("ledger").unwrap();
    let there = ledger.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
    there.windows.as_mut().unwrap()[0].from.at = at("2019-01-01T00:00:00Z");
    there.windows.as_mut().unwrap()[0].to.at = at("2024-02-03T04:05:06Z");
    ledger.restore_history_s = vec![3_600_000, 1];
    ledger.policy.rpo = Some(Duration::from_secs(1));
    for index in 0..3 {
        let id = format!("a-service-with-a-very-long-name-that-nobody-types-{index}");
        let clone = Service { id: id.clone(), ..fleet.services["ledger"].clone() };
        fleet.services.insert(id, clone);
    }
    fleet
}

/// Names and errors of characters that are two cells wide.
fn wide() -> Fleet {
    let mut fleet = Fleet::new(sample::fleet().services.into_values().map(|service| Service {
        id: format!("支払い-{}", service.id),
        owner: Some("決済チーム".to_owned()),
        ..service
    }));
    fleet.sources.insert("東京".to_owned(), source(Outcome::Error, Some("接続できません"), None));
    fleet
}

/// What is known in a state.
pub(crate) fn fleet(state: State) -> Fleet {
    match state {
        State::Loading => loading(),
        State::Partial => partial(),
        State::Stale => stale(),
        State::Error => error(),
        State::Empty => Fleet::default(),
        State::Huge => huge(),
        State::Wide => wide(),
    }
}

#[test]
fn a_finding_is_acknowledged_and_muted_and_keeps_its_since() {
    let mut model = sample::model(100, 24);
    press(&mut model, "6");
    let effects = press(&mut model, "a");
    assert!(matches!(effects.as_slice(), [Effect::KeepAlerts(_)]), "{effects:?}");
    let first = text(&buffer(&model, &look(Palette::Rich, &Glyphs::UNICODE)));
    assert!(first.contains("since 12:04:31Z") && first.contains("[seen 12:04:31Z anna@jump2]"), "{first}");
    let top = |picture: &str| picture.lines().nth(2).unwrap().to_owned();
    press(&mut model, "m");
    let muted = text(&buffer(&model, &look(Palette::Rich, &Glyphs::UNICODE)));
    assert_ne!(top(&muted), top(&first), "what is muted comes last");
    assert!(muted.contains("1 muted"), "{muted}");
    // A later start of the same folder knows both.
    let mut again = sample::model(100, 24);
    again.recall_alerts(model.alerts.clone());
    update(&mut again, Message::Tick, sample::now() + chrono::TimeDelta::hours(1));
    press(&mut again, "6");
    let later = text(&buffer(&again, &look(Palette::Rich, &Glyphs::UNICODE)));
    assert!(later.contains("since 12:04:31Z") && later.contains("[muted by anna@jump2]"), "{later}");
}

#[test]
fn the_lag_history_is_asked_for_and_drawn_as_a_chart() {
    let mut model = sample::model(100, 30);
    let page = model.page();
    model.board.select("orders-db", page);
    let effects = press(&mut model, "2L");
    let ours = |period| Effect::OwnLag { service: "orders-db".to_owned(), period };
    let theirs = |period| Effect::LagHistory {
        source: "aiven-prod".to_owned(),
        remote: "orders-db".to_owned(),
        period,
    };
    // The first is for the strip of the timeline.
    assert_eq!(effects, [ours(LagPeriod::Day), ours(LagPeriod::Day), theirs(LagPeriod::Day)]);
    let picture = |model: &Model| text(&buffer(model, &look(Palette::Rich, &Glyphs::UNICODE)));
    assert!(picture(&model).contains("asking aiven-prod .."));
    let read = "read 4s ago: the copy there trailed 4m 8s; the newest backup was there";
    assert!(picture(&model).contains(read), "{}", picture(&model));
    assert_eq!(press(&mut model, "j"), [ours(LagPeriod::Week), theirs(LagPeriod::Week)]);
    let point = |hours: i64, value| LagPoint { at: sample::now() - chrono::TimeDelta::hours(hours), value };
    let points = (0..160).rev().map(|hours| {
        point(hours, (hours % 7 > 0).then_some(f64::from(u16::try_from(hours % 50).unwrap()) * 9.0))
    });
    let history = LagHistory {
        remote: "orders-db".to_owned(),
        period: LagPeriod::Week,
        as_of: sample::now(),
        series: vec![LagSeries {
            name: "aws-eu-central-1".to_owned(),
            unit: LagUnit::Seconds,
            points: points.collect(),
        }],
        notes: vec!["the unit is a guess".to_owned()],
    };
    // An answer to an earlier question is not taken for this one.
    let old = LagHistory { period: LagPeriod::Day, ..history.clone() };
    update(&mut model, Message::Lag { period: LagPeriod::Day, answer: Box::new(Ok(old)) }, sample::now());
    assert!(picture(&model).contains("asking aiven-prod .."));
    update(
        &mut model,
        Message::Lag { period: LagPeriod::Week, answer: Box::new(Ok(history)) },
        sample::now(),
    );
    let why = Err("/var/lib/lifeboat: permission denied".to_owned());
    let own = |answer| Message::OwnLag { service: "orders-db".to_owned(), period: LagPeriod::Week, answer };
    update(&mut model, own(why), sample::now());
    assert!(picture(&model).contains("no history of our own: /var/lib/lifeboat"), "{}", picture(&model));
    update(&mut model, own(Ok(own_week())), sample::now());
    insta::assert_snapshot!("lag-history", picture(&model));
    let ascii = text(&buffer(&model, &look(Palette::None, &Glyphs::ASCII)));
    for sign in ["o our own readings", "* aws-eu-central-1 by aiven-prod", "8"] {
        assert!(ascii.is_ascii() && ascii.contains(sign), "{ascii}");
    }
}

/// Our own readings of a week: of two days nothing is known.
fn own_week() -> OwnLag {
    let tier = TIERS[LagPeriod::Week.tier()];
    let point = |hours: i64| OwnPoint {
        slot: tier.slot(sample::now()) - hours,
        lag_s: u32::try_from(hours % 50 * 9).ok(),
        loss_s: None,
    };
    OwnLag { tier, points: (0..160).rev().filter(|hours| !(40..88).contains(hours)).map(point).collect() }
}

#[test]
fn the_losses_of_the_last_day_are_drawn_with_their_gaps_and_the_objective() {
    let mut model = sample::model(100, 24);
    let page = model.page();
    model.board.select("orders-db", page);
    press(&mut model, "2");
    let tier = TIERS[0];
    let losses = [(0, 240), (1, 900), (2, 901), (9, 2400), (100, 10), (250, 600)];
    let point = |(back, loss_s): (i64, u32)| OwnPoint {
        slot: tier.slot(sample::now()) - back * 4,
        lag_s: None,
        loss_s: Some(loss_s),
    };
    let own =
        OwnLag { tier, points: losses.into_iter().rev().filter(|(back, _)| *back < 72).map(point).collect() };
    let day = |answer| Message::OwnLag { service: "orders-db".to_owned(), period: LagPeriod::Day, answer };
    update(&mut model, day(Ok(own)), sample::now());
    let line = |model: &Model, glyphs: &Glyphs| {
        let picture = text(&buffer(model, &look(Palette::None, glyphs)));
        let found = picture.lines().find(|line| line.starts_with(" 24h loss")).map(str::to_owned);
        (found.unwrap(), picture)
    };
    let (ascii, picture) = line(&model, &Glyphs::ASCII);
    assert!(ascii.ends_with(".......#......#+- worst 40m"), "{ascii}");
    assert!(picture.contains("1 column = 20m, # beyond RPO 15m, . not known"), "{picture}");
    let (unicode, _) = line(&model, &Glyphs::UNICODE);
    assert!(unicode.ends_with("·······█······█▅▂ worst 40m"), "{unicode}");
    // One who cannot write the folder sees what was read since, and that no more is kept.
    model.setup.not_saved = Some("read-only".to_owned());
    assert!(line(&model, &Glyphs::ASCII).1.contains(". not known, not saved"));
}

/// As in a box: what does not fit goes on below itself, not below its label.
#[test]
fn what_is_known_of_a_source_goes_on_below_itself() {
    let mut model = sample::model(80, 24);
    for state in model.fleet.sources.values_mut() {
        state.attempt.error = Some("refused: ".to_owned() + &"the token has no right to this ".repeat(4));
    }
    press(&mut model, "5");
    let picture = text(&buffer(&model, &look(Palette::Rich, &Glyphs::UNICODE)));
    let error = picture.lines().position(|line| line.starts_with("       error         refused")).unwrap();
    let next = picture.lines().nth(error + 1).unwrap();
    assert!(next.starts_with(&" ".repeat(21)) && !next.trim().is_empty(), "{picture}");
}
