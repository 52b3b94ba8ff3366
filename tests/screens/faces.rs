//! Every face of the product: each screen, and what lies over one, and how one comes to it.

use std::sync::Arc;

use lifeboat::domain::{
    LagHistory, LagPeriod, LagPoint, LagSeries, LagUnit, NoLagHistory, Outcome, ReadinessState,
};
use lifeboat::evidence;
use lifeboat::runbook::{RunKind, RunResult, RunState};
use lifeboat::tui::app::runs::{RunLine, Standing};
use lifeboat::tui::app::{Message, Model, update};
use lifeboat::tui::keymap::Key;

use crate::copying;
use crate::journal::{self, Journal};
use crate::runs;
use crate::typing::press_at;

/// What is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Loading,
    Partial,
    Stale,
    Error,
    Empty,
    Huge,
    Wide,
}

/// A face: its name, how a model comes to show it, and what is whole on it from 44x14 on.
pub(crate) struct Face {
    pub(crate) name: &'static str,
    pub(crate) show: fn(&mut Model, State),
    pub(crate) whole: &'static [&'static str],
}

const fn face(name: &'static str, show: fn(&mut Model, State), whole: &'static [&'static str]) -> Face {
    Face { name, show, whole }
}

/// All of them.
pub(crate) const FACES: [Face; 23] = [
    face("fleet", |model, _| press(model, "1"), &["? help"]),
    face("regions", |model, _| press(model, "R"), &["by region", "? help"]),
    face("service", |model, _| press(model, "2"), &["? help"]),
    face("sources", |model, _| press(model, "5"), &["? help"]),
    face("alerts", |model, _| press(model, "6"), &["? help"]),
    face("runs", runs, &["KIND", "SERVICE", "STATE", "? help"]),
    face("run", run, &["? help"]),
    face("report", report, &["report of drill-orders-db", "esc close"]),
    face("lag", lag, &["how far the copy", "esc close"]),
    face("themes", |model, _| press(model, "T"), &["high-contrast", "colour-blind", "esc as before"]),
    face("help", |model, _| press(model, "?"), &["keys", "FLEET", "esc close"]),
    face("explain", |model, _| press(model, "x"), &[]),
    face("arming", |model, _| press(model, "A"), &["acting on this host", "esc close"]),
    face("copy", |model, _| press(model, "y"), &["esc"]),
    face("drill", |model, _| armed(model, "d"), &[]),
    face("incident", |model, _| armed(model, "i"), &[]),
    face("time", |model, _| timed(model, "2t"), &[]),
    face("readings", |model, _| timed(model, "2t11:41\r"), &[]),
    face("abort", |model, state| steered(model, state, "a"), &["because", "type its name", "esc leave"]),
    face("point", confirmed, &["type its name", "esc leave"]),
    face("region", copied_to, &[]),
    face("region-agree", agreed, &[]),
    face("leave", leaving, &["stay", "esc stay"]),
];

fn press(model: &mut Model, keys: &str) {
    let now = model.now;
    press_at(model, now, keys);
}

/// Presses keys on the first service that has a point to go to.
fn timed(model: &mut Model, keys: &str) {
    let page = model.page();
    let known = |id: &String| Some(&model.fleet.services.get(id)?.secondary.as_ref()?.last_good);
    let read = model.board.visible(page).iter().find(|id| known(id).is_some_and(Option::is_some)).cloned();
    if let Some(read) = read {
        model.board.select(&read, page);
    }
    press(model, keys);
}

fn armed(model: &mut Model, keys: &str) {
    for source in ["aiven-prod", "pg-east", "pg-west"] {
        model.setup.arming.sources.insert(source.to_owned(), Ok(()));
    }
    press(model, keys);
}

/// A run in a state: large numbers, wide characters, nobody who drives it.
fn dressed(journal: &Journal, state: State) -> RunState {
    let mut run = journal.state.clone();
    let mut opening = (*run.opening).clone();
    match state {
        State::Wide => "支払い-orders-db".clone_into(&mut opening.member.service),
        State::Huge => {
            "a-service-with-a-very-long-name-that-nobody-types".clone_into(&mut opening.member.service);
            opening.objectives.rpo = Some(std::time::Duration::from_secs(1));
        }
        _ => {}
    }
    run.opening = Arc::new(opening);
    run
}

fn show_run(model: &mut Model, journal: &Journal, state: State) {
    let years = chrono::TimeDelta::days(if state == State::Huge { 4000 } else { 0 });
    let now = journal.now + years;
    let driven_here = state != State::Stale;
    let run = Arc::new(dressed(journal, state));
    update(model, Message::Run { state: run, driven_here }, now);
    update(model, Message::Key(Key::Char('3')), now);
}

fn run(model: &mut Model, state: State) {
    let journal = match state {
        State::Loading => {
            runs(model, State::Partial);
            return press(model, "\r");
        }
        State::Error => journal::absent(),
        State::Empty => journal::closed_drill(),
        State::Stale => journal::restoring(RunKind::Drill),
        State::Partial | State::Huge | State::Wide => journal::restoring(RunKind::Incident),
    };
    show_run(model, &journal, state);
    if state == State::Stale {
        let left = line(journal.state.id(), "orders-db", None, Standing::Nobody);
        update(model, Message::Runs(vec![left]), journal.now);
    }
}

fn line(run: &str, service: &str, result: Option<RunResult>, standing: Standing) -> RunLine {
    let line = runs::line(run, "2026-10-17T09:00:00Z", result, standing);
    RunLine { service: service.to_owned(), ..line }
}

fn runs(model: &mut Model, state: State) {
    let over = |id: &str, result| line(id, "ledger", Some(result), Standing::Over);
    let mut list = vec![
        over("drill-ledger-20261017-aaaaaa", RunResult::Passed),
        over("drill-ledger-20260717-bbbbbb", RunResult::ObjectiveMissed),
        over("drill-ledger-20260417-cccccc", RunResult::Failed),
    ];
    let open = |standing| line("inc-ledger-20261119-dddddd", "ledger", None, standing);
    match state {
        State::Loading | State::Empty => list.clear(),
        State::Partial => list.push(open(Standing::Elsewhere)),
        State::Stale | State::Error => list.push(open(Standing::Nobody)),
        State::Huge => {
            for line in &mut list {
                "a-service-with-a-very-long-name-that-nobody-types".clone_into(&mut line.service);
                let ended = line.conclusion.as_mut().unwrap();
                (ended.achieved_rto_s, ended.achieved_rpo_s) = (Some(359_999_999), Some(86_399_999));
            }
        }
        State::Wide => list.iter_mut().for_each(|line| "支払い-決済-台帳".clone_into(&mut line.service)),
    }
    let now = model.now;
    update(model, Message::Runs(list), now);
    press(model, "4");
}

fn report(model: &mut Model, state: State) {
    let journal = journal::closed_drill();
    show_run(model, &journal, state);
    let report = evidence::report(&journal.records, None).unwrap();
    let (run, text) = (journal.state.id().to_owned(), evidence::markdown(&report));
    update(model, Message::Report { run, text }, journal.now);
}

fn lag(model: &mut Model, state: State) {
    let page = model.page();
    let first = model.board.visible(page).first().cloned();
    if let Some(first) = first {
        model.board.select(&first, page);
    }
    press(model, "2L");
    if model.overlay.is_none() {
        // Nothing there to be asked about.
        return;
    }
    let Some(remote) = model.subject().map(|service| service.remote.clone()) else { return };
    let as_of = model.now;
    let scale = if state == State::Huge { 1e12 } else { 1.0 };
    let point = |minutes: i64| LagPoint {
        at: as_of - chrono::TimeDelta::minutes(minutes),
        value: (minutes % 90 > 3).then(|| f64::from(u16::try_from(minutes % 600).unwrap()) * scale),
    };
    let name = if state == State::Wide { "東京リージョン" } else { "aws-eu-central-1" };
    let series = LagSeries {
        name: name.to_owned(),
        unit: if state == State::Huge { LagUnit::Bytes } else { LagUnit::Seconds },
        points: (0..1440).rev().step_by(5).map(point).collect(),
    };
    let series = if state == State::Empty { Vec::new() } else { vec![series] };
    let told = LagHistory { remote, period: LagPeriod::Day, as_of, series, notes: Vec::new() };
    let answer = match state {
        State::Loading => return,
        State::Error => Err(NoLagHistory {
            outcome: Outcome::Error,
            why: "the provider answered 503: come back later".to_owned(),
        }),
        _ => Ok(told),
    };
    update(model, Message::Lag { period: LagPeriod::Day, answer: Box::new(answer) }, as_of);
}

fn steered(model: &mut Model, state: State, keys: &str) {
    armed(model, "");
    let journal = journal::restoring(RunKind::Incident);
    let driven = if state == State::Stale { State::Partial } else { state };
    show_run(model, &journal, driven);
    press(model, keys);
}

fn confirmed(model: &mut Model, state: State) {
    armed(model, "");
    let driven = if state == State::Stale { State::Partial } else { state };
    show_run(model, &journal::to_be_confirmed(RunKind::Drill), driven);
    press(model, "\r");
}

fn leaving(model: &mut Model, state: State) {
    model.setup.demo = true;
    steered(model, state, "q");
}

/// The first service that is shown.
fn first(model: &mut Model) -> Option<String> {
    let page = model.page();
    let first = model.board.visible(page).first().cloned()?;
    model.board.select(&first, page);
    Some(first)
}

fn copied_to(model: &mut Model, state: State) {
    let now = model.now;
    let Some(service) = first(model) else { return armed(model, "2") };
    if matches!(state, State::Partial | State::Stale) {
        let followed = if state == State::Stale { Standing::Nobody } else { Standing::Elsewhere };
        update(model, copying::under_way(&service, followed), now);
    }
    armed(model, "2R");
}

fn agreed(model: &mut Model, state: State) {
    let now = model.now;
    armed(model, "2");
    if let Some(service) = first(model) {
        let mut rules = copying::rules();
        if state == State::Error {
            rules[0].state = ReadinessState::Fail;
        }
        let to = Some("aws-eu-north-1").filter(|_| state != State::Stale);
        update(model, copying::checked_of(&service, to, rules), now);
    }
}
