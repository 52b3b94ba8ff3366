//! Our own lag history in `readings.db`: for each service and place the worst of each slot of time, in
//! a few widths (S29). A slot is written once however many watchers see it; what is older than its
//! width keeps goes when something newer comes.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{LedgerError, Places, Readings};
use crate::domain::own_lag::{HOURS, LagSample, OwnLag, OwnPoint, Strip, TIERS, Tier};
use crate::domain::{LagPeriod, ServiceId, Timestamp};

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY,
    service TEXT NOT NULL,
    place TEXT NOT NULL,
    last_day INTEGER NOT NULL,
    UNIQUE (service, place)
) STRICT;
CREATE TABLE IF NOT EXISTS samples (
    series INTEGER NOT NULL,
    tier INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    lag INTEGER,
    loss INTEGER,
    PRIMARY KEY (series, tier, slot)
) STRICT, WITHOUT ROWID;
";

/// No more services and places than this: with all their slots about 20 KiB each.
const MOST_SERIES: i64 = 10_000;
/// A history that nobody wrote to for so many days is forgotten.
const FORGOTTEN_AFTER_DAYS: i64 = 366;
const DAY_S: i64 = 24 * 3600;

/// Writes a sample into every tier.
pub(super) fn write(
    transaction: &Transaction<'_>,
    service: &str,
    place: &str,
    sample: &LagSample,
) -> rusqlite::Result<()> {
    let series = series(transaction, service, place, sample.at)?;
    let mut put = transaction.prepare_cached(
        "INSERT INTO samples (series, tier, slot, lag, loss) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (series, tier, slot) DO UPDATE SET
             lag = max(coalesce(excluded.lag, lag), coalesce(lag, excluded.lag)),
             loss = max(coalesce(excluded.loss, loss), coalesce(loss, excluded.loss))
         WHERE excluded.lag > coalesce(lag, -1) OR excluded.loss > coalesce(loss, -1)",
    )?;
    let mut prune =
        transaction.prepare_cached("DELETE FROM samples WHERE series = ?1 AND tier = ?2 AND slot < ?3")?;
    for (number, tier) in (0_i64..).zip(TIERS) {
        put.execute(params![series, number, tier.slot(sample.at), sample.lag_s, sample.loss_s])?;
        prune.execute(params![series, number, tier.oldest(sample.at)])?;
    }
    Ok(())
}

/// The number of a series; a new one takes the room of those that nobody writes to any more.
fn series(
    transaction: &Transaction<'_>,
    service: &str,
    place: &str,
    now: Timestamp,
) -> rusqlite::Result<i64> {
    let day = now.timestamp().div_euclid(DAY_S);
    let mut find =
        transaction.prepare_cached("SELECT id, last_day FROM series WHERE service = ?1 AND place = ?2")?;
    let found = find.query_row([service, place], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    if let Some((id, last_day)) = found {
        if day > last_day {
            transaction.execute("UPDATE series SET last_day = ?2 WHERE id = ?1", [id, day])?;
        }
        return Ok(id);
    }
    transaction.execute(
        "DELETE FROM series WHERE last_day < ?1
         OR id IN (SELECT id FROM series ORDER BY last_day DESC, id DESC LIMIT -1 OFFSET ?2)",
        [day - FORGOTTEN_AFTER_DAYS, MOST_SERIES - 1],
    )?;
    transaction.execute("DELETE FROM samples WHERE series NOT IN (SELECT id FROM series)", [])?;
    transaction.execute(
        "INSERT INTO series (service, place, last_day) VALUES (?1, ?2, ?3)",
        params![service, place, day],
    )?;
    Ok(transaction.last_insert_rowid())
}

impl Readings {
    /// Our own history of a service at its present place, up to `now`.
    ///
    /// # Errors
    /// When it cannot be read, or readings are not kept on this host: that says why there is none.
    pub fn own_lag(
        &self,
        service: &str,
        place: &str,
        period: LagPeriod,
        now: Timestamp,
    ) -> Result<OwnLag, LedgerError> {
        if let Some(why) = self.not_saved() {
            return Err(why.clone());
        }
        let tier = TIERS.get(period.tier()).copied().unwrap_or(TIERS[0]);
        let number = i64::try_from(period.tier()).unwrap_or(0);
        let points = self.with_disk(|connection| points(connection, service, place, number, tier, now))?;
        Ok(OwnLag { tier, points })
    }

    /// What would have been lost in each hour of the last day, of every service that has such a history
    /// and is still read from the same place.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn strips(&self, now: Timestamp) -> Result<BTreeMap<ServiceId, Strip>, LedgerError> {
        let Some(tier) = TIERS.get(HOURS).copied() else { return Ok(BTreeMap::new()) };
        self.with_disk(|connection| strips(connection, self.places(), tier, now))
    }
}

fn points(
    connection: &Connection,
    service: &str,
    place: &str,
    number: i64,
    tier: Tier,
    now: Timestamp,
) -> Result<Vec<OwnPoint>, LedgerError> {
    let mut statement = connection.prepare_cached(
        "SELECT slot, lag, loss FROM samples JOIN series ON series = id
         WHERE service = ?1 AND place = ?2 AND tier = ?3 AND slot BETWEEN ?4 AND ?5 ORDER BY slot",
    )?;
    let rows = statement
        .query_map(params![service, place, number, tier.oldest(now), tier.slot(now)], |row| {
            Ok(OwnPoint { slot: row.get(0)?, lag_s: row.get(1)?, loss_s: row.get(2)? })
        })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn strips(
    connection: &Connection,
    places: &Places,
    tier: Tier,
    now: Timestamp,
) -> Result<BTreeMap<ServiceId, Strip>, LedgerError> {
    let newest = tier.slot(now);
    let mut statement = connection.prepare_cached(
        "SELECT service, place, slot, loss FROM series JOIN samples ON series = id
         WHERE tier = ?1 AND slot BETWEEN ?2 AND ?3 AND loss IS NOT NULL ORDER BY slot",
    )?;
    let number = i64::try_from(HOURS).unwrap_or(0);
    let oldest = newest - DAY_S / tier.slot_s + 1;
    let mut rows = statement.query([number, oldest, newest])?;
    let mut points: BTreeMap<ServiceId, Vec<(i64, u32)>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        if places.has(row.get_ref(1)?.as_str().unwrap_or_default()) {
            points.entry(row.get(0)?).or_default().push((row.get(2)?, row.get(3)?));
        }
    }
    Ok(points.into_iter().map(|(service, points)| (service, Strip::from_points(tier, points))).collect())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::sample::{now, orders};

    const PLACE: &str = "one project";

    fn sample(back: TimeDelta, lag_s: Option<u32>, loss_s: Option<u32>) -> LagSample {
        LagSample { at: now() - back, lag_s, loss_s }
    }

    fn put(readings: &Readings, sample: LagSample) {
        readings.record(&[(orders(), Some(sample))], sample.at).unwrap();
    }

    fn open(folder: &std::path::Path) -> Readings {
        let places = ["west", "east"].map(|source| (source.to_owned(), PLACE.to_owned()));
        Readings::open(folder).knowing(Places::new(places))
    }

    fn read(readings: &Readings, period: LagPeriod) -> Vec<OwnPoint> {
        let place = readings.places().of(&orders());
        readings.own_lag("orders-db", &place, period, now()).unwrap().points
    }

    #[test]
    fn s29_two_watchers_write_one_sample_and_the_worst_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (open(folder.path()), open(folder.path()));
        put(&one, sample(TimeDelta::zero(), Some(10), Some(60)));
        put(&other, sample(TimeDelta::zero(), Some(12), Some(50)));
        put(&other, sample(TimeDelta::zero(), None, Some(1)));
        let points = read(&one, LagPeriod::Day);
        assert_eq!(points.len(), 1);
        assert_eq!((points[0].lag_s, points[0].loss_s), (Some(12), Some(60)));
        put(&one, sample(TimeDelta::hours(2), None, Some(7)));
        let points = read(&other, LagPeriod::Day);
        assert_eq!(
            (points.len(), points[0].lag_s),
            (2, None),
            "unknown stays unknown, between them is a gap"
        );
    }

    #[test]
    fn samples_are_decimated_and_never_more_than_the_tiers_hold() {
        let folder = tempfile::tempdir().unwrap();
        let readings = open(folder.path());
        for minutes in (0..3 * 24 * 60_u32).rev().step_by(3) {
            put(&readings, sample(TimeDelta::minutes(minutes.into()), None, Some(minutes)));
        }
        let counts = [LagPeriod::Day, LagPeriod::Week, LagPeriod::Month, LagPeriod::Year]
            .map(|period| read(&readings, period).len());
        assert_eq!(counts, [289, 73, 13, 4]);
        let all: i64 = readings
            .with_disk(|connection| {
                Ok(connection.query_row("SELECT count(*) FROM samples", [], |row| row.get(0))?)
            })
            .unwrap();
        assert_eq!(all, 289 + 73 + 13 + 4, "nothing older is left");
        let strips = readings.strips(now()).unwrap();
        let strip = strips.values().next().unwrap();
        assert_eq!(strip.columns(now(), 1, 24).iter().flatten().count(), 24);
    }

    #[test]
    fn s29_another_project_under_the_same_name_has_a_history_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        put(&open(folder.path()), sample(TimeDelta::zero(), Some(1), Some(2)));
        let moved = ["west", "east"].map(|source| (source.to_owned(), "another".to_owned()));
        let moved = Readings::open(folder.path()).knowing(Places::new(moved));
        assert_eq!(read(&moved, LagPeriod::Day), []);
        assert_eq!(moved.strips(now()).unwrap(), BTreeMap::new());
        assert_eq!(read(&open(folder.path()), LagPeriod::Day).len(), 1);
    }

    #[test]
    fn without_a_folder_there_is_no_history_and_the_reason_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("state");
        std::fs::write(&taken, "").unwrap();
        let readings = open(&taken);
        put(&readings, sample(TimeDelta::zero(), Some(1), Some(2)));
        let why = readings.own_lag("orders-db", "", LagPeriod::Day, now()).unwrap_err();
        assert!(why.to_string().contains("state"), "{why}");
        assert_eq!(readings.strips(now()).unwrap(), BTreeMap::new());
    }

    #[test]
    fn what_nobody_writes_to_any_more_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let readings = open(folder.path());
        put(&readings, sample(TimeDelta::days(400), Some(1), Some(2)));
        let mut other = orders();
        other.id = "other".to_owned();
        readings.record(&[(other, Some(sample(TimeDelta::zero(), None, Some(3))))], now()).unwrap();
        let count = |sql: &'static str| {
            readings.with_disk(|connection| Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?))
        };
        assert_eq!(count("SELECT count(*) FROM series"), Ok(1));
        assert_eq!(count("SELECT count(DISTINCT series) FROM samples"), Ok(1));
    }
}
