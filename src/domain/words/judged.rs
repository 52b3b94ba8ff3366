//! What is made of a service, in amounts: its loss, how far its copy trails, how long a restore takes.

use std::time::Duration;

use super::super::Timestamp;
use super::super::assessment::{Assessment, Idle, LossBasis, LossIs, RestoreEstimate, Trailing};
use super::{
    NOT_JUDGED, UNKNOWN, age_of, bounded_minutes, instant, newest, range, range_minutes, ratio,
    to_the_second, whole_minutes,
};

/// How long a restore takes: `27-34m`, `1h 40m-2h 10m`; `~15m` when both ends agree. A guess is of copying alone, so
/// that it takes at least so long: `>=9m`.
pub fn restore(estimate: &RestoreEstimate) -> String {
    if estimate.is_guess() { bounded_minutes(estimate.at_least(), LossIs::AtLeast) } else { span(estimate) }
}

/// How long a restore of a service takes: `-` where nothing there can be restored, `?` unknown.
pub fn restore_of(known: &Assessment) -> String {
    match &known.restore {
        _ if known.is_exempt() || known.has_nothing_there() => NOT_JUDGED.to_owned(),
        Some(estimate) => restore(estimate),
        None => UNKNOWN.to_owned(),
    }
}

/// How long copying takes by a guess, and what comes after it: `copying 1-2m, then 10h 55m of log to replay`.
pub fn copying(estimate: &RestoreEstimate, replay: Option<Duration>) -> String {
    let replay = replay.map(|replay| format!(", then {} of log to replay", to_the_second(replay)));
    format!("copying {}{}", span(estimate), replay.unwrap_or_default())
}

fn span(estimate: &RestoreEstimate) -> String {
    let (shortest, longest) = (estimate.shortest, estimate.longest);
    let about = whole_minutes(longest);
    if !estimate.is_guess() && about == whole_minutes(shortest) {
        return format!("~{about}");
    }
    range_minutes(longest, LossIs::AtMost, Some(estimate.at_least()))
}

/// A loss with what it says of the true one: `31m`, `<=26m`, `>=4m`, `1-3m`, `~9m`; `all` where it is
/// known that nothing there can be restored, `-` where none is judged, `?` unknown.
pub fn loss_minutes(known: &Assessment) -> String {
    loss(known, range_minutes)
}

/// As [`loss_minutes`], to the second.
pub fn loss_seconds(known: &Assessment) -> String {
    loss(known, range)
}

fn loss(known: &Assessment, words: fn(Duration, LossIs, Option<Duration>) -> String) -> String {
    match known.loss.amount {
        Some(amount) => words(amount, known.loss.is, known.loss.at_least),
        None if known.is_exempt() => NOT_JUDGED.to_owned(),
        None if known.has_nothing_there() => "all".to_owned(),
        None => UNKNOWN.to_owned(),
    }
}

/// How often the RPO fits into the loss, as [`super::ratio`] says it; `?` where the copy is unread, for then the
/// loss may be more. Nothing without a loss or an RPO.
pub fn ratio_of(known: &Assessment, rpo: Option<Duration>) -> Option<String> {
    let ratio = ratio(known.loss.amount?, known.loss.is, rpo?)?;
    Some(if known.loss.if_copy_intact { UNKNOWN.to_owned() } else { ratio })
}

/// To when an amount of loss is counted that says this of the true one; nothing while that is now.
pub fn counted_to(basis: LossBasis, is: LossIs) -> Option<String> {
    let which = match (basis, is) {
        (LossBasis::LossInstant { latest: Some(_), .. }, LossIs::AtLeast) => "the earliest it can be",
        (LossBasis::LossInstant { latest: Some(_), .. }, _) => "the latest it can be",
        (LossBasis::Moved { .. }, _) => "the move of its clients",
        _ => "the loss instant",
    };
    basis.counted_to(is).map(|at| format!("{}, {which}", instant(at)))
}

/// How far the copy there trails in pieces: `8 log segments behind`; `0 log behind, idle 3h (last commit
/// 09:01:00Z)` when that is proven (S6, S7). Nothing when it has them all.
pub fn trailing(known: &Assessment, now: Timestamp) -> Option<String> {
    let behind = |number: u64, piece: &str| {
        let many = if number == 1 { "" } else { "s" };
        (number > 0).then(|| format!("{number} {piece}{many} behind"))
    };
    match (known.trailing?, known.idle) {
        (Trailing::Segments(0), Idle::Proven { last_commit }) if known.loss.basis == LossBasis::Now => {
            let (idle, commit) = (age_of(last_commit, now), newest(last_commit, now));
            Some(format!("0 log behind, idle {idle} (last commit {commit})"))
        }
        (Trailing::Segments(number), _) => behind(number, "log segment"),
        (Trailing::Snapshots(number), _) => behind(number, "snapshot"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::regions::regions;
    use super::super::super::sample::{NOW, STALE, now, orders, point};
    use super::super::super::{CopyState, Outcome, RecoveryPoint, Service, StatusDoc, assess};
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn a_restore_is_a_range_or_about() {
        let estimate = |shortest, longest| RestoreEstimate {
            shortest: secs(shortest),
            longest: secs(longest),
            runs: 4,
            basis: String::new(),
        };
        assert_eq!(restore(&estimate(1620, 2040)), "27-34m");
        assert_eq!(restore(&estimate(900, 900)), "~15m");
        assert_eq!(restore(&estimate(6000, 7800)), "1h 40m-2h 10m");
        let guess = RestoreEstimate { runs: 0, ..estimate(27, 82) };
        assert_eq!(copying(&guess, Some(secs(39_300))), "copying 27s-1m 22s, then 10h 55m of log to replay");
    }

    #[test]
    fn s35_a_guess_rounds_its_ends_apart_and_a_restore_takes_at_least_its_lower_one() {
        const GIB: u64 = 1 << 30;
        for (size, copies, at_least, seconds) in [
            (79 * GIB, "copying 9-27m", ">=9m", [539, 1618]),
            (24 * GIB, "copying 2-9m", ">=2m", [163, 492]),
            (15 * GIB, "copying 1-6m", ">=1m", [102, 308]),
            (12 * GIB, "copying 1-5m", ">=1m", [81, 246]),
            (4 * GIB, "copying 27s-1m 22s", ">=27s", [27, 82]),
            (2 * GIB, "copying 13-41s", ">=13s", [13, 41]),
            (100 << 20, "copying 0-2s", ">=0s", [0, 2]),
        ] {
            let mut service = orders();
            let there = service.secondary.as_mut().unwrap().last_good.as_mut().unwrap();
            let point = RecoveryPoint { size_bytes: Some(size), ..point("base-1", NOW) };
            there.points = Some(vec![point].into());
            let known = assess(&service, now(), &STALE);
            let guess = known.restore.as_ref().unwrap();
            assert_eq!((copying(guess, None).as_str(), restore(guess).as_str()), (copies, at_least));
            let region = regions([(&service, &known)], now()).swap_remove(0);
            let (takes, is) = region.longest_restore.unwrap();
            assert_eq!(bounded_minutes(takes, is), at_least, "a region says the same");
            let json = serde_json::to_value(StatusDoc::new(now(), [(&service, &known)])).unwrap();
            assert_eq!(json["services"][0]["restore_s"], serde_json::json!(seconds));
        }
    }

    #[test]
    fn s3_where_no_copy_is_all_is_lost_and_no_time_to_restore_is_awaited() {
        let known = assess(&Service { secondary: None, ..orders() }, now(), &STALE);
        assert_eq!((loss_minutes(&known).as_str(), restore_of(&known).as_str()), ("all", "-"));
        let unread = CopyState::unread("east", "east", None);
        let known = assess(&Service { secondary: Some(unread), ..orders() }, now(), &STALE);
        assert_eq!((loss_minutes(&known).as_str(), restore_of(&known).as_str()), (UNKNOWN, UNKNOWN));
    }

    #[test]
    fn s3_how_often_the_rpo_fits_into_the_loss_is_not_known_of_a_copy_that_is_unread() {
        let mut service = orders();
        let told = |service: &Service| ratio_of(&assess(service, now(), &STALE), service.policy.rpo);
        assert_eq!(told(&service).as_deref(), Some("0.3"));
        service.secondary.as_mut().unwrap().attempt.outcome = Outcome::Unreachable;
        assert_eq!(told(&service).as_deref(), Some(UNKNOWN));
        service.policy.rpo = None;
        assert_eq!(told(&service), None);
    }

    #[test]
    fn s5_a_bound_names_the_end_of_the_range_that_it_is_counted_to() {
        let at = |text: &str| text.parse().unwrap();
        let (first, last) = (at("2026-11-20T23:38:04Z"), at("2026-11-20T23:38:08Z"));
        let (range, one) = (
            LossBasis::LossInstant { at: first, latest: Some(last) },
            LossBasis::LossInstant { at: first, latest: None },
        );
        for (basis, is, wanted) in [
            (LossBasis::Now, LossIs::Exact, None),
            (one, LossIs::Exact, Some("2026-11-20 23:38:04Z, the loss instant")),
            (one, LossIs::AtMost, Some("2026-11-20 23:38:04Z, the loss instant")),
            (range, LossIs::AtMost, Some("2026-11-20 23:38:08Z, the latest it can be")),
            (range, LossIs::About, Some("2026-11-20 23:38:08Z, the latest it can be")),
            (range, LossIs::AtLeast, Some("2026-11-20 23:38:04Z, the earliest it can be")),
        ] {
            assert_eq!(counted_to(basis, is).as_deref(), wanted, "{basis:?} {is:?}");
        }
    }
}
