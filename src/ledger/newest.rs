//! Two processes save what they know of a service in whatever order they come to it. What was read last
//! stays: a copy is judged by when it was read, and only against what was read at the same place (S2, S29).

use rusqlite::{Connection, OptionalExtension as _};
use serde::Deserialize;

use super::{LedgerError, Places, backups};
use crate::domain::{CopyState, Liveness, Role, Service, Timestamp};

/// What is to be kept of a service: ours, with what is kept already and was read later. To be asked inside of
/// the transaction that writes it.
pub(super) fn of(
    connection: &Connection,
    places: &Places,
    ours: &Service,
    now: Timestamp,
) -> Result<Service, LedgerError> {
    let kept = connection
        .prepare_cached("SELECT known, places FROM services WHERE service = ?1")?
        .query_row([&ours.id], |row| {
            let (known, then) = (row.get_ref(0)?, row.get_ref(1)?);
            let texts = known.as_str().ok().zip(then.as_str().ok());
            // Mostly nothing of it is newer: then it is only skimmed.
            Ok(texts
                .filter(|(known, _)| has_newer(known, ours, now))
                .and_then(|(known, then)| Some((serde_json::from_str(known).ok()?, Places::from_json(then)))))
        })
        .optional()?
        .flatten();
    let Some((mut theirs, then)): Option<(Service, Places)> = kept else { return Ok(ours.clone()) };
    backups::read(connection, &mut theirs)?;
    Ok(joined(ours, &theirs, now, |source| places.source(source) == then.source(source)))
}

/// Ours, with what of theirs was read later at a place that is still the same. What is dated after `now` was
/// dated by a clock that was wrong, and is newer than nothing, whosever it is.
pub(super) fn joined(
    ours: &Service,
    theirs: &Service,
    now: Timestamp,
    is_same_place: impl Fn(&str) -> bool,
) -> Service {
    let mut joined = ours.clone();
    for role in [Role::Primary, Role::Secondary] {
        let known = theirs.copy(role).or(ours.copy(role));
        let Some(source) = known.map(|copy| copy.source.as_str()).filter(|source| is_same_place(source))
        else {
            continue;
        };
        let is_newer = is_later(asked(theirs, source), asked(ours, source), now);
        *joined.copy_mut(role) = match (ours.copy(role), theirs.copy(role)) {
            (Some(our), Some(their)) if our.source == their.source => Some(newest(our, their, now)),
            (None, Some(their)) if is_newer && asked(ours, source).is_some() => Some(their.clone()),
            (Some(_), None) if is_newer => None,
            (our, _) => our.cloned(),
        };
        let is_ours = ours.copy(role).is_some_and(|copy| copy.source == source);
        if role == Role::Primary && is_newer && is_ours && theirs.primary.is_some() {
            joined.facts = theirs.facts.clone().or(joined.facts);
            joined.gone_since = theirs.gone_since;
        }
    }
    if tells_more(theirs.liveness, ours.liveness, now) {
        joined.liveness = ours.liveness.merged(theirs.liveness);
    }
    if is_later(ended(theirs.was_silent.as_deref()), ended(ours.was_silent.as_deref()), now) {
        joined.was_silent.clone_from(&theirs.was_silent);
    }
    joined.last_proven = ours.last_proven.max(theirs.last_proven);
    joined
}

/// Outcome and error are of the last attempt, everything else is of the last reading (S2). Of two places only
/// the one that was asked last is known (S3).
fn newest(ours: &CopyState, theirs: &CopyState, now: Timestamp) -> CopyState {
    let (read, tried) =
        (is_later(theirs.as_of(), ours.as_of(), now), is_later(theirs.attempt.at, ours.attempt.at, now));
    if is_elsewhere(ours, theirs) {
        return if tried { theirs } else { ours }.clone();
    }
    let facts = if read { theirs } else { ours };
    let attempt = if tried { &theirs.attempt } else { &ours.attempt };
    CopyState { attempt: attempt.clone(), ..facts.clone() }
}

/// Whether the two lie in different places, or are of two services. By its source alone a copy has no place yet.
fn is_elsewhere(ours: &CopyState, theirs: &CopyState) -> bool {
    if ours.remote.as_ref().zip(theirs.remote.as_ref()).is_some_and(|(ours, theirs)| ours != theirs) {
        return true;
    }
    let has_place = |copy: &CopyState| copy.copy != copy.source;
    ours.copy != theirs.copy && has_place(ours) && has_place(theirs)
}

/// When a source was last asked for this service.
fn asked(service: &Service, source: &str) -> Option<Timestamp> {
    let copies = [&service.primary, &service.secondary].into_iter().flatten();
    copies.filter(|copy| copy.source == source).filter_map(|copy| copy.attempt.at).max()
}

/// When a silence ended.
fn ended(silence: Option<&(Timestamp, Timestamp)>) -> Option<Timestamp> {
    silence.map(|(_, to)| *to)
}

/// What is dated after now, ours or theirs, was dated by a clock that has been set back since: which is later then, its
/// date does not say. The other one was read after that clock was set right.
fn is_later(theirs: Option<Timestamp>, ours: Option<Timestamp>, now: Timestamp) -> bool {
    let believed = |at: Option<Timestamp>| at.filter(|at| *at <= now);
    believed(theirs) > believed(ours)
}

/// Whether it is a later look, or an earlier one at the same silence. What nobody looks at any more is not kept alive
/// by who once did.
fn tells_more(theirs: Liveness, ours: Liveness, now: Timestamp) -> bool {
    ours != Liveness::NotProbed && theirs.is_seen_by(now) && ours.merged(theirs) != ours
}

/// The times in what is kept of a service.
#[derive(Deserialize)]
struct Times {
    primary: Option<CopyTimes>,
    secondary: Option<CopyTimes>,
    liveness: Liveness,
    #[serde(default)]
    was_silent: Option<Box<(Timestamp, Timestamp)>>,
    last_proven: Option<Timestamp>,
}

#[derive(Deserialize)]
struct CopyTimes {
    attempt: Tried,
    last_good: Option<Read>,
}

#[derive(Deserialize)]
struct Tried {
    at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Read {
    as_of: Timestamp,
}

/// Whether anything in what is kept is later than ours.
fn has_newer(kept: &str, ours: &Service, now: Timestamp) -> bool {
    let Ok(times) = serde_json::from_str::<Times>(kept) else { return false };
    let copies = [(&times.primary, &ours.primary), (&times.secondary, &ours.secondary)];
    let is_copy_newer = |(kept, ours): (&Option<CopyTimes>, &Option<CopyState>)| {
        let Some(kept) = kept else { return false };
        let tried = ours.as_ref().and_then(|copy| copy.attempt.at);
        let read = ours.as_ref().and_then(CopyState::as_of);
        is_later(kept.attempt.at, tried, now)
            || is_later(kept.last_good.as_ref().map(|reading| reading.as_of), read, now)
    };
    copies.into_iter().any(is_copy_newer)
        || tells_more(times.liveness, ours.liveness, now)
        || is_later(ended(times.was_silent.as_deref()), ended(ours.was_silent.as_deref()), now)
        || times.last_proven > ours.last_proven
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::super::Readings;
    use super::*;
    use crate::domain::sample::{facts, now, orders};
    use crate::domain::{Attempt, Outcome, Points};

    fn minute(number: i64) -> Timestamp {
        now() - TimeDelta::minutes(60 - number)
    }

    /// What a process knows that tried and read the copies at these minutes.
    fn known(primary: [i64; 2], secondary: [i64; 2], looked: i64) -> Service {
        let mut service = orders();
        service.facts = Some(facts().into());
        service.facts.as_mut().unwrap().plan = Some(format!("of {}", primary[0]));
        service.liveness = Liveness::Answers { at: minute(looked) };
        for (role, [tried, read]) in [(Role::Primary, primary), (Role::Secondary, secondary)] {
            let copy = service.copy_mut(role).as_mut().unwrap();
            let outcome = if tried == read { Outcome::Ok } else { Outcome::Unreachable };
            copy.attempt = Attempt { at: Some(minute(tried)), outcome, error: None };
            let reading = copy.last_good.as_mut().unwrap();
            reading.as_of = minute(read);
            // Told apart by how many backups it holds.
            let backups = reading.points.iter().flatten().cycle().take(usize::try_from(read).unwrap());
            reading.points = Some(backups.map(Into::into).collect::<Points>());
        }
        service
    }

    /// Every order of the numbers below `count`.
    fn orders_of(count: usize) -> Vec<Vec<usize>> {
        (0..count).fold(vec![Vec::new()], |all, next| {
            let with = |order: &Vec<usize>| {
                let order = order.clone();
                (0..=order.len()).map(move |at| {
                    let mut longer = order.clone();
                    longer.insert(at, next);
                    longer
                })
            };
            all.iter().flat_map(with).collect()
        })
    }

    #[test]
    fn s2_in_whatever_order_two_processes_save_what_was_read_last_stays() {
        // The newest of each is known to another one.
        let all = [
            known([10, 10], [10, 10], 4),
            known([12, 12], [11, 11], 1),
            known([11, 11], [14, 9], 3),
            known([13, 8], [12, 12], 2),
        ];
        for order in orders_of(all.len()) {
            let folder = tempfile::tempdir().unwrap();
            let processes = [Readings::open(folder.path()), Readings::open(folder.path())];
            let memory = Readings::open(&folder.path().join("readings.db"));
            assert!(memory.not_saved().is_some());
            for (turn, &saved) in order.iter().enumerate() {
                processes[turn % 2].save([&all[saved]], now()).unwrap();
                memory.save([&all[saved]], now()).unwrap();
            }
            for kept in [processes[0].load().unwrap().remove(0), memory.load().unwrap().remove(0)] {
                let copy = |role| {
                    let copy: &CopyState = kept.copy(role).unwrap();
                    let reading = copy.last_good.as_ref().unwrap();
                    let backups = reading.points.as_ref().unwrap().iter().count();
                    (copy.attempt.at, copy.attempt.outcome, copy.as_of(), backups)
                };
                let unreachable = Outcome::Unreachable;
                let primary = (Some(minute(13)), unreachable, Some(minute(12)), 12);
                let secondary = (Some(minute(14)), unreachable, Some(minute(12)), 12);
                assert_eq!((copy(Role::Primary), copy(Role::Secondary)), (primary, secondary), "{order:?}");
                assert_eq!(kept.liveness, Liveness::Answers { at: minute(4) }, "{order:?}");
            }
        }
    }

    #[test]
    fn s10_a_silence_began_when_the_first_of_two_processes_saw_it() {
        let answers = Liveness::Answers { at: minute(1) };
        let (first, second) =
            (answers.looked(false, minute(4)).looked(false, minute(5)), answers.looked(false, minute(6)));
        let again = Liveness::Answers { at: minute(5) };
        for (saved, then, silent_since) in [
            (first, second, Some(minute(4))),
            (second, first, Some(minute(4))),
            // It answered in between: another silence.
            (first, again.looked(false, minute(6)), Some(minute(6))),
            (second, Liveness::Answers { at: minute(7) }, None),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let processes = [Readings::open(folder.path()), Readings::open(folder.path())];
            for (process, liveness) in processes.iter().zip([saved, then]) {
                let looked = Service { liveness, ..known([10, 10], [10, 10], 1) };
                process.save([&looked], now()).unwrap();
            }
            let kept = processes[0].load().unwrap().remove(0);
            assert_eq!(kept.liveness.silent_since(), silent_since, "{saved:?} {then:?}");
        }
    }

    #[test]
    fn s10_a_silence_is_kept_that_either_of_two_processes_saw_end_but_none_of_the_future() {
        let looked = |was_silent: Option<(i64, i64)>| Service {
            was_silent: was_silent.map(|(from, to)| Box::new((minute(from), minute(to)))),
            liveness: Liveness::Answers { at: minute(9) },
            ..known([10, 10], [10, 10], 1)
        };
        let ahead = 60 + 24 * 60;
        for (saved, then, kept) in [
            (Some((4, 6)), None, (4, 6)),
            (None, Some((4, 6)), (4, 6)),
            (Some((7, 8)), Some((4, 6)), (7, 8)),
            (Some((ahead, ahead + 1)), Some((4, 6)), (4, 6)),
            (Some((4, 6)), Some((ahead, ahead + 1)), (4, 6)),
            (Some((5, ahead)), Some((4, 6)), (4, 6)),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let readings = Readings::open(folder.path());
            for was_silent in [saved, then] {
                readings.save([&looked(was_silent)], now()).unwrap();
            }
            let found = readings.load().unwrap().remove(0).was_silent;
            assert_eq!(found.as_deref(), Some(&(minute(kept.0), minute(kept.1))), "{saved:?} {then:?}");
        }
    }

    #[test]
    fn s3_what_was_read_in_one_region_is_not_kept_as_known_of_another() {
        let lies = |region: &str, tried: i64, read: Option<i64>| {
            let mut service = known([tried, tried], [tried, read.unwrap_or(tried)], 1);
            let copy = service.secondary.as_mut().unwrap();
            copy.copy = format!("{} {region}", copy.source).trim().to_owned();
            copy.region = (!region.is_empty()).then(|| region.to_owned());
            copy.last_good.take_if(|_| read.is_none());
            service
        };
        let (west, north) = (Some("eu-west-1"), Some("eu-north-1"));
        let table = [
            (lies("eu-west-1", 10, Some(10)), lies("eu-north-1", 12, None), north, None),
            (lies("eu-north-1", 12, None), lies("eu-west-1", 10, Some(10)), north, None),
            (lies("eu-north-1", 12, Some(11)), lies("eu-west-1", 10, Some(10)), north, Some(11)),
            (lies("eu-west-1", 10, Some(10)), lies("eu-west-1", 12, None), west, Some(10)),
            (lies("eu-west-1", 10, Some(10)), lies("", 12, None), west, Some(10)),
        ];
        for (first, second, region, read) in table {
            let folder = tempfile::tempdir().unwrap();
            let memory = Readings::open(&folder.path().join("readings.db"));
            let disk = Readings::open(folder.path());
            for readings in [&disk, &memory] {
                readings.save([&first], now()).unwrap();
                readings.save([&second], now()).unwrap();
                let kept = readings.load().unwrap().remove(0).secondary.unwrap();
                assert_eq!((kept.region.as_deref(), kept.as_of()), (region, read.map(minute)));
                assert_eq!(kept.attempt.at, Some(minute(12)));
            }
        }
    }

    #[test]
    fn s2_facts_and_what_is_ruled_out_go_with_the_primary_they_were_read_with() {
        let older = known([10, 10], [10, 10], 1);
        let mut newer = known([12, 12], [12, 12], 1);
        newer.primary.as_mut().unwrap().source = "east".to_owned();
        let mut none = newer.clone();
        none.secondary = None;
        let mut older_here = older.clone();
        older_here.primary.as_mut().unwrap().source = "east".to_owned();
        let plan = |service: &Service| service.facts.as_ref().unwrap().plan.clone();
        for (first, second, has_secondary) in [
            (&none, &older_here, false),
            (&older_here, &none, false),
            (&newer, &Service { secondary: None, ..older_here.clone() }, true),
            (&older, &Service { secondary: None, ..older.clone() }, false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let readings = Readings::open(folder.path());
            readings.save([first], now()).unwrap();
            readings.save([second], now()).unwrap();
            let kept = readings.load().unwrap().remove(0);
            assert_eq!(kept.secondary.is_some(), has_secondary);
            let newest = [first, second].into_iter().max_by_key(|service| asked(service, "east")).unwrap();
            assert_eq!(plan(&kept), plan(newest));
        }
    }

    proptest! {
        /// A clock that is set back between two processes, or between two polls of one, dates the earlier reading later.
        #[test]
        fn s29_whoever_saves_last_a_reading_from_the_future_gives_way_and_of_the_others_the_last_stays(
            (ours, theirs) in (0_i64..60, 0_i64..60), at in 0_i64..60,
        ) {
            let saved = minute(at);
            let read = |one: i64, other: i64| {
                let [one, other] = [one, other].map(|read| known([read, read], [read, read], 0));
                let joined = joined(&one, &other, saved, |_| true);
                let copies = [joined.primary, joined.secondary].map(Option::unwrap);
                copies.map(|copy| {
                    assert_eq!(copy.attempt.at, copy.as_of());
                    copy.as_of().unwrap()
                })
            };
            let believed = |read: i64| Some(read).filter(|read| *read <= at);
            if let Some(last) = believed(ours).max(believed(theirs)) {
                prop_assert_eq!(read(ours, theirs), [minute(last); 2]);
                prop_assert_eq!(read(theirs, ours), [minute(last); 2], "whoever comes to it first");
            } else {
                prop_assert_eq!(read(ours, theirs), [minute(ours); 2], "what this process knows");
            }
        }
    }

    #[test]
    fn s29_only_what_was_read_at_the_same_place_and_not_after_now_is_newer() {
        let places = |east: &str| {
            Places::new([("west".to_owned(), "w".to_owned()), ("east".to_owned(), east.to_owned())])
        };
        let (newer, older) = (known([12, 12], [12, 12], 1), known([10, 10], [10, 10], 1));
        let read = |then: &str, saved: Timestamp| {
            let folder = tempfile::tempdir().unwrap();
            Readings::open(folder.path()).knowing(places(then)).save([&newer], now()).unwrap();
            let ours = Readings::open(folder.path()).knowing(places("dr"));
            ours.save([&older], saved).unwrap();
            let kept = ours.load().unwrap().remove(0);
            [kept.primary, kept.secondary].map(|copy| copy.unwrap().as_of())
        };
        assert_eq!(read("dr", now()), [Some(minute(12)); 2]);
        assert_eq!(read("another", now()), [Some(minute(12)), Some(minute(10))]);
        assert_eq!(read("dr", minute(11)), [Some(minute(10)); 2], "a clock that was ahead was set right");
    }
}
