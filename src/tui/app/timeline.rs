//! One service's timeline: where the cursor is, what the lower lanes show.

use std::time::Duration;

use chrono::TimeDelta;

use super::scale::Scale;
use crate::domain::{Reading, Service, ServiceId, Target, Timestamp, target};

/// Spans of the lower lanes, shortest first.
const SPANS: [Duration; 9] = [
    Duration::from_secs(MINUTE),
    Duration::from_secs(10 * MINUTE),
    Duration::from_secs(60 * MINUTE),
    Duration::from_secs(3 * 60 * MINUTE),
    Duration::from_secs(12 * 60 * MINUTE),
    Duration::from_secs(24 * 60 * MINUTE),
    Duration::from_secs(3 * 24 * 60 * MINUTE),
    Duration::from_secs(7 * 24 * 60 * MINUTE),
    Duration::from_secs(30 * 24 * 60 * MINUTE),
];
const MINUTE: u64 = 60;
/// The span to begin with: an hour.
const HOUR: usize = 2;

/// Where the cursor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// On the newest point there, following it.
    Newest,
    /// On the oldest point there, following it.
    Oldest,
    /// On an instant.
    At(Timestamp),
    /// On a backup there.
    Backup {
        /// Its name.
        name: String,
        /// The earliest instant it can be restored to.
        at: Timestamp,
    },
}

/// The state of the service screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// The service.
    pub service: ServiceId,
    /// The cursor; it starts on the newest point there, never on now.
    pub cursor: Cursor,
    /// The moment the data went bad, when a person marked one (S14).
    pub bad_moment: Option<Timestamp>,
    span: usize,
}

impl Timeline {
    /// The timeline of a service, cursor on the newest point there.
    pub const fn new(service: ServiceId) -> Self {
        Self { service, cursor: Cursor::Newest, bad_moment: None, span: HOUR }
    }

    /// The span of the lower lanes.
    pub fn span(&self) -> Duration {
        SPANS.get(self.span).copied().unwrap_or(Duration::from_secs(60 * MINUTE))
    }

    /// A shorter or a longer span.
    pub fn zoom(&mut self, closer: bool) {
        self.span = if closer { self.span.saturating_sub(1) } else { (self.span + 1).min(SPANS.len() - 1) };
    }

    /// The instant of the cursor; `None` when nothing is known there to stand on.
    pub fn at(&self, service: &Service) -> Option<Timestamp> {
        let resolve = |target| Some(target::check(there(service)?, target).ok()?.at);
        match &self.cursor {
            Cursor::Newest => resolve(&Target::Newest),
            Cursor::Oldest => resolve(&Target::Oldest),
            Cursor::At(at) | Cursor::Backup { at, .. } => Some(*at),
        }
    }

    /// What the cursor asks to restore to.
    pub fn target(&self) -> Target {
        match &self.cursor {
            Cursor::Newest => Target::Newest,
            Cursor::Oldest => Target::Oldest,
            Cursor::At(at) => Target::At(*at),
            Cursor::Backup { name, .. } => Target::Backup(name.clone()),
        }
    }

    /// The scale of the upper lanes: everything both copies hold, up to now.
    pub fn whole(service: &Service, now: Timestamp, columns: u16) -> Scale {
        let readings = [&service.primary, &service.secondary].into_iter().flatten();
        let oldest = readings.filter_map(|copy| first(copy.last_good.as_ref()?)).min();
        Scale::whole(oldest.unwrap_or(now - TimeDelta::days(1)), now, columns)
    }

    /// The scale of the lower lanes: up to now while the cursor is within it, else around the cursor.
    pub fn near(&self, service: &Service, now: Timestamp, columns: u16) -> Scale {
        let latest = Scale::ending(now, self.span(), columns);
        match self.at(service) {
            Some(at) if latest.column(at).is_none() => {
                let half = TimeDelta::from_std(self.span() / 2).unwrap_or_default();
                let to = at.checked_add_signed(half).unwrap_or(at).min(now.max(at));
                Scale::ending(to, self.span(), columns)
            }
            _ => latest,
        }
    }

    /// Moves the cursor by columns of the lower lanes, not beyond now and not before what the upper
    /// lanes show. Passing the newest point stops on it once.
    pub fn step(&mut self, service: &Service, now: Timestamp, columns: u16, by: i32) {
        let Some(at) = self.at(service) else { return };
        let step = Scale::ending(now, self.span(), columns).step();
        let floor = Self::whole(service, now, columns).from;
        let wanted = step.checked_mul(by).and_then(|by| at.checked_add_signed(by)).unwrap_or(at);
        let wanted = wanted.clamp(floor, now.max(floor));
        let newest = there(service).and_then(|reading| target::check(reading, &Target::Newest).ok());
        self.cursor = match newest.map(|newest| newest.at) {
            Some(newest) if (at < newest && wanted >= newest) || (at > newest && wanted <= newest) => {
                Cursor::Newest
            }
            _ => Cursor::At(whole_second(wanted, step)),
        };
    }

    /// The next or previous usable backup there, seen from the cursor.
    pub fn to_backup(&mut self, service: &Service, later: bool) {
        let Some(at) = self.at(service) else { return };
        let points = there(service).and_then(|reading| reading.points.as_deref()).unwrap_or_default();
        let usable = points.iter().filter(|point| point.usability.is_usable());
        let found = if later {
            usable.filter(|point| point.at > at).min_by_key(|point| point.at)
        } else {
            usable.filter(|point| point.at < at).max_by_key(|point| point.at)
        };
        if let Some(point) = found {
            self.cursor = Cursor::Backup { name: point.name.clone(), at: point.at };
        }
    }

    /// Marks the cursor's instant as the bad moment, or takes the mark away.
    pub fn mark(&mut self, service: &Service) {
        let at = self.at(service);
        self.bad_moment = if self.bad_moment == at { None } else { at };
    }
}

/// What was last read of the copy there.
pub(crate) fn there(service: &Service) -> Option<&Reading> {
    service.secondary.as_ref()?.last_good.as_ref()
}

fn first(reading: &Reading) -> Option<Timestamp> {
    let windows = reading.windows.as_ref().and_then(|windows| windows.first()).map(|window| window.from.at);
    let points = reading.points.as_ref().and_then(|points| points.first()).map(|point| point.at);
    [windows, points].into_iter().flatten().min()
}

/// Instants a person picks by columns are whole seconds, where a column is not shorter than that.
fn whole_second(at: Timestamp, step: TimeDelta) -> Timestamp {
    if step < TimeDelta::seconds(1) {
        return at;
    }
    Timestamp::from_timestamp(at.timestamp(), 0).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{at, now, orders, point};

    #[test]
    fn the_cursor_starts_on_newest_there_and_follows_it() {
        let mut service = orders();
        let timeline = Timeline::new(service.id.clone());
        assert_eq!(timeline.at(&service), Some(at("2026-11-20T12:00:19Z")));
        let copy = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
        copy.windows.as_mut().unwrap()[0].to.at = at("2026-11-20T12:03:00Z");
        assert_eq!(timeline.at(&service), Some(at("2026-11-20T12:03:00Z")));
    }

    #[test]
    fn steps_go_by_columns_and_back_onto_newest() {
        let service = orders();
        let mut timeline = Timeline::new(service.id.clone());
        timeline.step(&service, now(), 60, -1);
        assert_eq!(timeline.cursor, Cursor::At(at("2026-11-20T11:59:19Z")));
        timeline.step(&service, now(), 60, 1);
        assert_eq!(timeline.cursor, Cursor::Newest);
        timeline.step(&service, now(), 60, 100);
        assert_eq!(timeline.at(&service), Some(now()), "never beyond now");
    }

    #[test]
    fn backups_are_visited_in_turn() {
        let mut service = orders();
        let copy = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
        copy.points = Some(vec![point("a", "2026-11-07T02:31:40Z"), point("b", "2026-11-19T02:31:40Z")]);
        let mut timeline = Timeline::new(service.id.clone());
        timeline.to_backup(&service, false);
        assert_eq!(timeline.target(), Target::Backup("b".to_owned()));
        timeline.to_backup(&service, false);
        assert_eq!(timeline.target(), Target::Backup("a".to_owned()));
        timeline.to_backup(&service, true);
        assert_eq!(timeline.target(), Target::Backup("b".to_owned()));
    }

    #[test]
    fn the_lower_lanes_follow_the_cursor() {
        let service = orders();
        let mut timeline = Timeline::new(service.id.clone());
        assert_eq!(timeline.near(&service, now(), 80).to, now());
        timeline.cursor = Cursor::Oldest;
        let near = timeline.near(&service, now(), 80);
        assert!(near.column(at("2026-11-07T02:31:40Z")).is_some());
    }

    #[test]
    fn a_mark_can_be_taken_away() {
        let service = orders();
        let mut timeline = Timeline::new(service.id.clone());
        timeline.mark(&service);
        assert_eq!(timeline.bad_moment, Some(at("2026-11-20T12:00:19Z")));
        timeline.mark(&service);
        assert_eq!(timeline.bad_moment, None);
    }
}
