//! How far the copy of a service trailed over time, as its provider tells it and as we read it: a
//! chart, never a verdict (S8).

use super::effect::Effect;
use super::model::Model;
use super::overlay::Overlay;
use crate::domain::{LagHistory, LagPeriod, NoLagHistory, OwnLag, Timestamp};

/// A chart that is shown, or waited for.
#[derive(Debug, Clone)]
pub struct LagView {
    /// The service.
    pub service: String,
    /// The source that is asked.
    pub source: String,
    /// The service's name there.
    pub remote: String,
    /// How far back.
    pub period: LagPeriod,
    /// When it was asked for: the right edge of our own line.
    pub asked: Timestamp,
    /// What was told; `None` while it is awaited.
    pub answer: Option<Result<LagHistory, NoLagHistory>>,
    /// Our own history, or why there is none; `None` while it is awaited.
    pub own: Option<Result<OwnLag, String>>,
}

/// Opens the chart of the service that is shown.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let Some(service) = model.subject() else { return Vec::new() };
    let Some(copy) = service.secondary.as_ref().or(service.primary.as_ref()) else {
        model.notice = Some("no copy of it is known".to_owned());
        return Vec::new();
    };
    let view = LagView {
        service: service.id.clone(),
        source: copy.source.clone(),
        remote: service.remote.clone(),
        period: LagPeriod::Day,
        asked: model.now,
        answer: None,
        own: None,
    };
    let effects = ask(&view);
    model.overlay = Some(Overlay::Lag(Box::new(view)));
    effects
}

fn ask(view: &LagView) -> Vec<Effect> {
    let (source, remote, period) = (view.source.clone(), view.remote.clone(), view.period);
    vec![
        Effect::OwnLag { service: view.service.clone(), period },
        Effect::LagHistory { source, remote, period },
    ]
}

/// Looks further back, or less far.
pub(super) fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    let now = model.now;
    let Some(Overlay::Lag(view)) = &mut model.overlay else { return Vec::new() };
    let at = LagPeriod::ALL.iter().position(|period| *period == view.period).unwrap_or(0);
    let last = LagPeriod::ALL.len() - 1;
    let Some(period) = LagPeriod::ALL.get(at.saturating_add_signed(by.signum()).min(last)) else {
        return Vec::new();
    };
    if *period == view.period {
        return Vec::new();
    }
    (view.period, view.asked, view.answer, view.own) = (*period, now, None, None);
    ask(view)
}

/// Takes an answer, if it is still the one that is awaited.
pub(super) fn take(model: &mut Model, period: LagPeriod, answer: Result<LagHistory, NoLagHistory>) {
    let Some(Overlay::Lag(view)) = &mut model.overlay else { return };
    let right = answer.as_ref().map_or(true, |history| history.remote == view.remote);
    if view.period == period && right {
        view.answer = Some(answer);
        model.dirty = true;
    }
}

/// Takes our own history, if it is still the one that is awaited.
pub(super) fn take_own(model: &mut Model, service: &str, period: LagPeriod, answer: Result<OwnLag, String>) {
    let Some(Overlay::Lag(view)) = &mut model.overlay else { return };
    if view.period == period && view.service == service {
        view.own = Some(answer);
    }
}

/// The greatest value of each of `columns` equal spans up to `as_of`; `None` = nothing was told.
pub fn columns(history: &LagHistory, series: usize, columns: u16) -> Vec<Option<f64>> {
    let mut values = vec![None; usize::from(columns)];
    let span = history.period.span().as_secs_f64();
    let Some(series) = history.series.get(series) else { return values };
    for point in &series.points {
        let back = (history.as_of - point.at).as_seconds_f64();
        let share = 1.0 - back / span;
        let Some(value) = point.value.filter(|value| value.is_finite() && (0.0..=1.0).contains(&share))
        else {
            continue;
        };
        // The column whose span holds the share; the last one holds its end too.
        let at = (1..columns).take_while(|column| share >= f64::from(*column) / f64::from(columns)).count();
        if let Some(cell) = values.get_mut(at) {
            *cell = Some(cell.map_or(value, |before: f64| before.max(value)));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LagPoint, LagSeries, LagUnit};

    #[test]
    fn the_worst_of_a_column_is_shown_and_what_was_not_told_stays_empty() {
        let as_of: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let point = |minutes: i64, value| LagPoint { at: as_of - chrono::TimeDelta::minutes(minutes), value };
        let history = LagHistory {
            remote: "orders-db".to_owned(),
            period: LagPeriod::Hour,
            as_of,
            series: vec![LagSeries {
                name: "east".to_owned(),
                unit: LagUnit::Seconds,
                points: vec![
                    point(120, Some(9.0)),
                    point(59, Some(1.0)),
                    point(58, Some(3.0)),
                    point(20, None),
                    point(0, Some(2.0)),
                ],
            }],
            notes: Vec::new(),
        };
        assert_eq!(columns(&history, 0, 4), [Some(3.0), None, None, Some(2.0)]);
        assert_eq!(columns(&history, 1, 2), [None, None]);
    }
}
