//! Our own history of one service: what each poll showed of how far the copy trailed and what would
//! have been lost. Kept in slots of time, each with the worst that was seen in it; a slot in which
//! nothing was known is a gap, never zero (S3).

use std::time::Duration;

use super::{Assessment, Edge, Idle, LagPeriod, LossBasis, LossIs, Timestamp, words};

/// What one poll showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LagSample {
    /// When.
    pub at: Timestamp,
    /// How far the copy there trailed the one here, seconds (S8).
    pub lag_s: Option<u32>,
    /// What the board showed as lost if the primary stopped then, seconds, rounded up (S5).
    pub loss_s: Option<u32>,
}

impl LagSample {
    /// What is known of a service at `now`; `None` when that is nothing. What is only a bound, because
    /// the copy or its log is unread, only a backup tells up to where it is whole, nobody can tell idle from stalled, or
    /// clients use a fork, or may, is not known (S3, S6).
    pub fn of(known: &Assessment, now: Timestamp) -> Option<Self> {
        let moved = matches!(known.loss.basis, LossBasis::Moved { .. }) || known.may_have_been_left();
        let log_unread = known.secondary.as_ref().is_some_and(|there| there.newest_is() == Edge::AtLeast);
        let unread = known.loss.if_copy_intact || log_unread;
        let bound = match known.idle {
            Idle::Possible { .. } => true,
            Idle::No if known.loss.basis == LossBasis::Now && known.loss.is == LossIs::AtMost => true,
            Idle::No | Idle::Proven { .. } => moved || unread,
        };
        let loss = known.loss.amount.filter(|_| !bound);
        let sample = Self { at: now, lag_s: known.replication_lag.map(seconds), loss_s: loss.map(seconds) };
        (sample.lag_s.is_some() || sample.loss_s.is_some()).then_some(sample)
    }
}

/// Whole seconds, rounded up (S13); the most a sample holds is 136 years.
fn seconds(amount: Duration) -> u32 {
    u32::try_from(words::seconds_up(amount)).unwrap_or(u32::MAX)
}

/// How finely and how long samples are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Seconds of one slot.
    pub slot_s: i64,
    /// How many slots are kept.
    pub slots: i64,
}

/// 24 hours by 5 minutes, 7 days by the hour, 30 days by 6 hours, 366 days by the day: fewer than a
/// thousand slots for each service, however long it is watched.
pub const TIERS: [Tier; 4] = [
    Tier { slot_s: 300, slots: 289 },
    Tier { slot_s: 3600, slots: 169 },
    Tier { slot_s: 6 * 3600, slots: 121 },
    Tier { slot_s: 24 * 3600, slots: 367 },
];

/// The tier that the last day by the hour is read from.
pub const HOURS: usize = 1;

impl Tier {
    /// The slot an instant lies in.
    pub const fn slot(self, at: Timestamp) -> i64 {
        at.timestamp().div_euclid(self.slot_s)
    }

    /// The oldest slot that is kept at `now`.
    pub const fn oldest(self, now: Timestamp) -> i64 {
        self.slot(now) - self.slots + 1
    }
}

impl LagPeriod {
    /// The tier that holds this period, by its place in [`TIERS`].
    pub const fn tier(self) -> usize {
        match self {
            Self::Hour | Self::Day => 0,
            Self::Week => HOURS,
            Self::Month => 2,
            Self::Year => 3,
        }
    }
}

/// The worst of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnPoint {
    /// Its slot, counted from the epoch.
    pub slot: i64,
    /// How far the copy trailed, seconds.
    pub lag_s: Option<u32>,
    /// What would have been lost, seconds.
    pub loss_s: Option<u32>,
}

/// Our own history of one service, slots without a sample left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLag {
    /// How fine it is.
    pub tier: Tier,
    /// What is known, oldest first.
    pub points: Vec<OwnPoint>,
}

impl OwnLag {
    /// The greatest lag in each of `columns` equal spans of `period` up to `as_of`, seconds. A sample
    /// stands for the whole of its slot.
    pub fn columns(&self, period: LagPeriod, as_of: Timestamp, columns: u16) -> Vec<Option<f64>> {
        let span = i64::try_from(period.span().as_secs()).unwrap_or(i64::MAX);
        let (from, count) = (as_of.timestamp() - span, i64::from(columns));
        // Whole seconds, so that a slot's edge never falls into the wrong column.
        let edge = |column: i64| from + span * column / count;
        let shown = |column: i64| {
            let (begins, ends) = (edge(column), edge(column + 1));
            let within = self.points.iter().filter(|point| {
                let start = point.slot * self.tier.slot_s;
                start < ends && start + self.tier.slot_s > begins
            });
            within.filter_map(|point| point.lag_s).max().map(f64::from)
        };
        (0..count).map(shown).collect()
    }
}

/// What would have been lost over the last slots, in a ring of fixed size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    slot_s: u32,
    /// The newest slot that was written.
    newest: i64,
    /// Seconds; the slot modulo the length says which cell.
    cells: Box<[Option<u32>]>,
}

impl Strip {
    /// An empty one that reaches back a whole day.
    pub fn day(tier: Tier) -> Self {
        let slot_s = u32::try_from(tier.slot_s).unwrap_or(1).max(1);
        let cells = usize::try_from(DAY_S / tier.slot_s.max(1)).unwrap_or(1).max(1);
        Self { slot_s, newest: i64::MIN, cells: vec![None; cells].into_boxed_slice() }
    }

    /// One with the points of a history.
    pub fn from_points(tier: Tier, points: impl IntoIterator<Item = (i64, u32)>) -> Self {
        let mut strip = Self::day(tier);
        for (slot, loss_s) in points {
            strip.put(slot, loss_s);
        }
        strip
    }

    /// Takes in a sample.
    pub fn note(&mut self, sample: &LagSample) {
        if let Some(loss_s) = sample.loss_s {
            self.put(sample.at.timestamp().div_euclid(i64::from(self.slot_s)), loss_s);
        }
    }

    /// Takes in all that another one knows.
    pub fn merge(&mut self, other: &Self) {
        let length = i64::try_from(other.cells.len()).unwrap_or(i64::MAX);
        for back in (0..length).rev() {
            let slot = other.newest.saturating_sub(back);
            if let Some(loss_s) = other.at(slot) {
                self.put(slot, loss_s);
            }
        }
    }

    /// The worst of each of the last `columns` spans up to `now`, oldest first, when `each` slots make
    /// one span; seconds. `None` = not known.
    pub fn columns(&self, now: Timestamp, each: u16, columns: u16) -> Vec<Option<u32>> {
        let each = i64::from(each.max(1));
        let last = now.timestamp().div_euclid(i64::from(self.slot_s)).div_euclid(each);
        let spans = (0..i64::from(columns)).rev().map(|back| last - back);
        spans.map(|span| (span * each..(span + 1) * each).filter_map(|slot| self.at(slot)).max()).collect()
    }

    /// How many slots it holds.
    pub fn slots(&self) -> u16 {
        u16::try_from(self.cells.len()).unwrap_or(u16::MAX)
    }

    fn cell(&self, slot: i64) -> Option<usize> {
        usize::try_from(slot.rem_euclid(i64::try_from(self.cells.len()).ok()?)).ok()
    }

    fn at(&self, slot: i64) -> Option<u32> {
        let length = i64::try_from(self.cells.len()).ok()?;
        let held = slot <= self.newest && slot > self.newest.saturating_sub(length);
        *self.cells.get(self.cell(slot).filter(|_| held)?)?
    }

    fn put(&mut self, slot: i64, loss_s: u32) {
        let length = i64::try_from(self.cells.len()).unwrap_or(i64::MAX);
        if slot > self.newest {
            // What lies between was not seen: what the ring still holds there is a round older.
            for between in self.newest.saturating_add(1).max(slot - length + 1)..=slot {
                self.set(between, None);
            }
            self.newest = slot;
        }
        if slot > self.newest - length {
            let worst = self.at(slot).map_or(loss_s, |before| before.max(loss_s));
            self.set(slot, Some(worst));
        }
    }

    fn set(&mut self, slot: i64, value: Option<u32>) {
        if let Some(cell) = self.cell(slot).and_then(|cell| self.cells.get_mut(cell)) {
            *cell = value;
        }
    }
}

const DAY_S: i64 = 24 * 3600;

#[cfg(test)]
mod tests {
    use super::super::sample::{at, minutes, now, orders};
    use super::super::{Outcome, Service, assess};
    use super::*;

    fn sample(time: &str, loss_s: u32) -> LagSample {
        LagSample { at: at(time), lag_s: None, loss_s: Some(loss_s) }
    }

    #[test]
    fn s3_what_is_not_known_makes_no_sample_and_never_zero() {
        let mut service = orders();
        let known = assess(&service, now(), &minutes(2).into());
        let wanted = LagSample { at: now(), lag_s: Some(231), loss_s: Some(252) };
        assert_eq!(LagSample::of(&known, now()), Some(wanted));
        let end = |service: &mut Service, to_is| {
            let reading = service.primary.as_mut().unwrap().last_good.as_mut().unwrap();
            reading.windows.as_mut().unwrap()[0].to_is = to_is;
            LagSample::of(&assess(service, now(), &minutes(2).into()), now()).unwrap().lag_s
        };
        assert_eq!(end(&mut service, Edge::AtMost), Some(231), "an open end means when it was read (S8)");
        assert_eq!(end(&mut service, Edge::AtLeast), None);
        let there = |service: &mut Service, to_is| {
            let reading = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
            reading.windows.as_mut().unwrap()[0].to_is = to_is;
        };
        there(&mut service, Edge::AtLeast);
        assert_eq!(
            LagSample::of(&assess(&service, now(), &minutes(2).into()), now()),
            None,
            "its log is unread"
        );
        there(&mut service, Edge::Exact);
        service.secondary.as_mut().unwrap().attempt.outcome = Outcome::TimedOut;
        assert_eq!(
            LagSample::of(&assess(&service, now(), &minutes(2).into()), now()),
            None,
            "a bound is no sample"
        );
        service.secondary = None;
        assert_eq!(LagSample::of(&assess(&service, now(), &minutes(2).into()), now()), None);
    }

    #[test]
    fn a_strip_keeps_the_worst_of_each_slot_and_its_gaps_for_a_day() {
        let mut strip = Strip::day(TIERS[HOURS]);
        assert_eq!(strip.slots(), 24);
        strip.note(&sample("2026-11-19T13:10:00Z", 9));
        strip.note(&sample("2026-11-20T10:10:00Z", 5));
        strip.note(&sample("2026-11-20T10:20:00Z", 7));
        strip.note(&sample("2026-11-20T10:30:00Z", 0));
        strip.note(&sample("2026-11-20T12:04:00Z", 0));
        let columns = strip.columns(now(), 1, 24);
        assert_eq!(columns[0], Some(9));
        assert_eq!(columns[21..], [Some(7), None, Some(0)], "zero is known, a gap is not");
        assert_eq!(strip.columns(now(), 2, 2), [Some(7), Some(0)]);
        strip.note(&sample("2026-11-20T13:00:00Z", 1));
        assert_eq!(strip.columns(at("2026-11-20T13:00:00Z"), 1, 24)[0], None, "a day later it is gone");
        strip.note(&sample("2026-11-19T10:00:00Z", 3));
        assert!(!strip.columns(at("2026-11-20T13:00:00Z"), 1, 24).contains(&Some(3)), "too old to be kept");
        let later = strip.columns(at("2026-11-21T12:00:00Z"), 1, 24);
        assert_eq!((later[0], later[1..].iter().flatten().count()), (Some(1), 0), "time alone makes gaps");
    }

    #[test]
    fn strips_are_merged_without_a_double_sample() {
        let (mut one, mut other) = (Strip::day(TIERS[0]), Strip::day(TIERS[0]));
        one.note(&sample("2026-11-20T12:01:00Z", 4));
        other.note(&sample("2026-11-20T12:01:00Z", 4));
        other.note(&sample("2026-11-20T08:00:00Z", 8));
        one.merge(&other);
        let columns = one.columns(now(), 1, 288);
        assert_eq!(columns.iter().flatten().collect::<Vec<_>>(), [&8, &4]);
        let before = one.clone();
        one.merge(&Strip::day(TIERS[0]));
        assert_eq!(one, before);
    }

    #[test]
    fn a_sample_stands_for_its_whole_slot_in_a_chart() {
        let tier = TIERS[0];
        let slot = tier.slot(at("2026-11-20T11:30:00Z"));
        let point = |slot, lag_s| OwnPoint { slot, lag_s, loss_s: None };
        let own = OwnLag { tier, points: vec![point(slot, Some(60)), point(slot + 2, None)] };
        let columns = own.columns(LagPeriod::Hour, at("2026-11-20T12:00:00Z"), 60);
        let known: Vec<usize> = (0..60).filter(|column| columns[*column].is_some()).collect();
        assert_eq!(known, [30, 31, 32, 33, 34]);
        assert_eq!(own.columns(LagPeriod::Hour, at("2026-11-20T12:00:00Z"), 2), [None, Some(60.0)]);
    }
}
