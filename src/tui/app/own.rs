//! Our own history as the dashboard knows it: what each service would have lost over the last day, by
//! the hour for all, finer for the service that is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use super::effect::Effect;
use super::lag;
use super::model::{Model, Screen};
use crate::domain::own_lag::{HOURS, TIERS};
use crate::domain::{LagPeriod, LagSample, Level, OwnLag, Service, ServiceId, Strip, Timestamp, words};

/// How many columns the strip of a row in the list has: one for each hour.
pub const ROW_COLUMNS: u16 = 24;

/// What is known of the last day.
#[derive(Debug, Clone, Default)]
pub struct OwnHistory {
    /// Every service, by the hour.
    hours: BTreeMap<ServiceId, Strip>,
    /// The service that is shown, as finely as it is kept.
    shown: Option<(ServiceId, Strip)>,
}

/// One column of a strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// Nothing is known of that time.
    Gap,
    /// Within the objective, in quarters of it; without one, in fifths of the worst.
    Part(u8),
    /// Beyond the objective, and perhaps beyond twice as much: the level of such a finding (S15).
    Beyond(Level),
}

/// A strip as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars {
    /// The columns, oldest first.
    pub cells: Vec<Bar>,
    /// Seconds of one column.
    pub step_s: i64,
    /// The worst that is shown; `None` = nothing is known.
    pub worst: Option<Duration>,
}

/// What a poll showed of these services.
pub(super) fn note(model: &mut Model, ids: &[ServiceId]) {
    let Some(hourly) = TIERS.get(HOURS) else { return };
    for id in ids {
        let known = model.board.assessment(id);
        let Some(sample) = known.and_then(|known| LagSample::of(known, model.now)) else { continue };
        let own = &mut model.own;
        own.hours.entry(id.clone()).or_insert_with(|| Strip::day(*hourly)).note(&sample);
        if let Some((_, strip)) = own.shown.as_mut().filter(|(shown, _)| shown == id) {
            strip.note(&sample);
        }
    }
}

/// Takes in what was kept before this start.
pub(super) fn take_hours(model: &mut Model, kept: BTreeMap<ServiceId, Strip>) {
    for (id, strip) in kept {
        match model.own.hours.get_mut(&id) {
            Some(ours) => ours.merge(&strip),
            None => drop(model.own.hours.insert(id, strip)),
        }
    }
    model.dirty = true;
}

/// Asks for the day of the service that is shown, once.
pub(super) fn wanted(model: &mut Model) -> Option<Effect> {
    let service = &model.timeline.as_ref().filter(|_| model.screen == Screen::Service)?.service;
    if model.own.shown.as_ref().is_some_and(|(shown, _)| shown == service) {
        return None;
    }
    let finest = TIERS.first()?;
    model.own.shown = Some((service.clone(), Strip::day(*finest)));
    Some(Effect::OwnLag { service: service.clone(), period: LagPeriod::Day })
}

/// Takes in our own history of a service, for its strip and for its chart.
pub(super) fn take(model: &mut Model, service: &str, period: LagPeriod, answer: Result<OwnLag, String>) {
    if let (Ok(own), Some((shown, strip))) = (&answer, &mut model.own.shown)
        && period == LagPeriod::Day
        && shown == service
    {
        let points = own.points.iter().filter_map(|point| Some((point.slot, point.loss_s?)));
        strip.merge(&Strip::from_points(own.tier, points));
    }
    lag::take_own(model, service, period, answer);
    model.dirty = true;
}

/// The strip of a row in the list: the last 24 hours.
pub fn row(model: &Model, service: &Service) -> Option<Bars> {
    let strip = model.own.hours.get(&service.id)?;
    Some(bars(strip, service.policy.rpo, model.now, 1, ROW_COLUMNS))
}

/// The strip of the service that is shown, as fine as `room` columns allow.
pub fn day(model: &Model, service: &Service, room: u16) -> Option<Bars> {
    const EACH: [u16; 8] = [1, 2, 3, 4, 6, 8, 12, 24];
    let (_, strip) = model.own.shown.as_ref().filter(|(shown, _)| *shown == service.id)?;
    let each = EACH.into_iter().find(|each| strip.slots() / each <= room)?;
    let mut bars = bars(strip, service.policy.rpo, model.now, each, strip.slots() / each);
    // What is kept is as of the last poll; what would be lost has grown since.
    let present =
        model.board.assessment(&service.id).and_then(|known| LagSample::of(known, model.now)?.loss_s);
    let present = present.map(|secs| Duration::from_secs(u64::from(secs)));
    bars.worst = bars.worst.map(|worst| present.map_or(worst, |present| worst.max(present)));
    Some(bars)
}

fn bars(strip: &Strip, rpo: Option<Duration>, now: Timestamp, each: u16, columns: u16) -> Bars {
    let losses = strip.columns(now, each, columns);
    let worst = losses.iter().flatten().max().map(|secs| Duration::from_secs(u64::from(*secs)));
    let bar = |loss: &Option<u32>| {
        loss.map_or(Bar::Gap, |secs| of_loss(Duration::from_secs(u64::from(secs)), rpo, worst))
    };
    let cells = losses.iter().map(bar).collect();
    let step_s = 24 * 3600 / i64::from(columns.max(1));
    Bars { cells, step_s, worst }
}

fn of_loss(loss: Duration, rpo: Option<Duration>, worst: Option<Duration>) -> Bar {
    let (full, parts) = match rpo {
        Some(rpo) if loss > rpo.saturating_mul(2) => return Bar::Beyond(Level::Critical),
        Some(rpo) if loss > rpo => return Bar::Beyond(Level::Warning),
        Some(rpo) => (rpo, 4.0),
        None => (worst.unwrap_or_default(), 5.0),
    };
    let share = loss.as_secs_f64() / full.as_secs_f64().max(1.0);
    // The lowest bar stands for none, too: a gap looks different.
    let part = (1..5).take_while(|part| share * parts > f64::from(*part)).count();
    Bar::Part(u8::try_from(part).unwrap_or(u8::MAX))
}

impl Bars {
    /// What the full height means, in words: `beyond RPO 15m`; without an objective the worst, whose amount stands
    /// beside the strip.
    pub fn scale(rpo: Option<Duration>) -> String {
        rpo.map_or_else(|| "the worst".to_owned(), |rpo| format!("beyond RPO {}", words::objective(rpo)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{minutes, now};

    #[test]
    fn the_worst_of_a_day_has_grown_since_it_was_kept() {
        let mut model = crate::tui::tests::model(false, crate::tui::app::Size { width: 120, height: 40 });
        let mut strip = Strip::day(TIERS[0]);
        strip.note(&LagSample { at: model.now, lag_s: None, loss_s: Some(42) });
        model.own.shown = Some(("orders-db".to_owned(), strip));
        let service =
            Service { policy: crate::domain::Policy::default(), ..model.fleet.services["orders-db"].clone() };
        let present = model.board.assessment("orders-db").unwrap().loss.amount.unwrap();
        assert!(present > Duration::from_secs(42));
        let bars = day(&model, &service, 150).unwrap();
        assert_eq!(bars.worst, Some(present));
        assert_eq!(Bars::scale(None), "the worst", "its amount stands beside the strip");
    }

    #[test]
    fn s3_a_gap_is_no_bar_and_what_is_beyond_the_objective_stands_out() {
        let mut strip = Strip::day(TIERS[0]);
        for (back, loss_s) in [(0, 0), (10, 225), (20, 226), (30, 900), (40, 901), (50, 1801)] {
            let at = now() - chrono::TimeDelta::minutes(back);
            strip.note(&LagSample { at, lag_s: None, loss_s: Some(loss_s) });
        }
        let with = bars(&strip, Some(minutes(15)), now(), 2, 144);
        let last: Vec<Bar> = with.cells[137..].to_vec();
        assert_eq!(
            last,
            [
                Bar::Gap,
                Bar::Beyond(Level::Critical),
                Bar::Beyond(Level::Warning),
                Bar::Part(3),
                Bar::Part(1),
                Bar::Part(0),
                Bar::Part(0)
            ]
        );
        assert_eq!((with.step_s, with.worst), (600, Some(Duration::from_secs(1801))));
        let without = bars(&strip, None, now(), 2, 144);
        assert_eq!((without.cells[138], without.cells[143]), (Bar::Part(4), Bar::Part(0)));
    }
}
