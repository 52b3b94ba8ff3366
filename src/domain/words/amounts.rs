//! How much: durations, sizes, counts. Losses round up.

use std::cmp::Ordering;
use std::time::Duration;

use super::super::Timestamp;
use super::super::assessment::LossIs;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A loss in whole minutes, rounded up: `31m`, `1h 4m`, `5h 10m`, `3d 4h`; `0s` only when nothing is lost.
pub fn whole_minutes(amount: Duration) -> String {
    in_minutes(seconds_up(amount), u64::div_ceil)
}

/// A duration as far as [`whole_minutes`] shows it: what is later than that is later than what is shown.
pub fn as_shown(amount: Duration) -> Duration {
    in_steps(amount, u64::div_ceil)
}

/// The same of what something is at least, rounded down.
pub fn as_shown_at_least(amount: Duration) -> Duration {
    in_steps(amount, |amount, unit| amount / unit)
}

fn in_steps(amount: Duration, divide: Divide) -> Duration {
    let secs = amount.as_secs().saturating_add(divide(amount.subsec_nanos().into(), 1_000_000_000));
    let minutes = divide(secs, MINUTE).saturating_mul(MINUTE);
    let unit = if minutes < DAY { MINUTE } else { HOUR };
    Duration::from_secs(divide(secs, unit).saturating_mul(unit))
}

/// A duration to the second, rounded up, at most two units: `58s`, `4m 12s`, `9h 26m`, `3d 4h`.
pub fn to_the_second(amount: Duration) -> String {
    in_units(seconds_up(amount), u64::div_ceil)
}

/// A loss in whole minutes with what it says of the true one: `31m`, `<=26m`, `~9m`. What is lost at least is
/// rounded down, `>=4m`: a bound must hold as it is written. Below a minute it is `37s`, for a minute is much more.
pub fn bounded_minutes(amount: Duration, is: LossIs) -> String {
    if bounded_s(amount, is) < MINUTE {
        return bounded(amount, is);
    }
    format!("{}{}", sign(is), in_minutes(bounded_s(amount, is), divider(is)))
}

/// As [`bounded_minutes`], to the second.
pub fn bounded(amount: Duration, is: LossIs) -> String {
    format!("{}{}", sign(is), in_units(bounded_s(amount, is), divider(is)))
}

/// As [`bounded`], with the least that it can be where that is known, no finer than the most: `1m 25s to 3m`, `59m to
/// 1h 6m`.
pub fn range(amount: Duration, is: LossIs, least: Option<Duration>) -> String {
    let most = if is == LossIs::AtMost { LossIs::Exact } else { is };
    let least = least.map(|least| as_finely(least, amount));
    match least {
        Some(least) => format!(
            "{} to {}",
            in_units(least.as_secs(), |amount, unit| amount / unit),
            bounded(amount, most)
        ),
        None => bounded(amount, is),
    }
}

/// The same in whole minutes: `1-3m`, `37s-2m`, `13-41s`, `~1-3m`, `1h 40m-2h 10m`.
pub fn range_minutes(amount: Duration, is: LossIs, least: Option<Duration>) -> String {
    let Some(least) = least else { return bounded_minutes(amount, is) };
    let about = if is == LossIs::About { sign(is) } else { "" };
    let from = bounded_minutes(least, LossIs::AtLeast);
    let from = from.strip_prefix(sign(LossIs::AtLeast)).unwrap_or(&from);
    format!("{about}{}", from_to(from, &bounded_minutes(amount, LossIs::Exact)))
}

/// Two amounts as a range; a unit that both are in is named once, and nothing has the unit of what it goes to.
fn from_to(from: &str, to: &str) -> String {
    let from = if from == "0s" { "0" } else { from };
    let alike = ['s', 'm'].into_iter().find(|unit| from.ends_with(*unit) && to.ends_with(*unit));
    match alike.and_then(|unit| from.strip_suffix(unit)) {
        Some(short) if !short.contains(' ') && !to.contains(' ') => format!("{short}-{to}"),
        _ => format!("{from}-{to}"),
    }
}

/// Whole seconds of a loss, down where it is lost at least, else up (S13).
pub fn bounded_s(amount: Duration, is: LossIs) -> u64 {
    if is == LossIs::AtLeast { amount.as_secs() } else { seconds_up(amount) }
}

/// What is not more than `amount`, no finer than that `most` is shown: to the second, from one hour on to the minute.
fn as_finely(amount: Duration, most: Duration) -> Duration {
    let unit = match seconds_up(most) {
        secs if secs < HOUR => 1,
        secs if secs < DAY => MINUTE,
        _ => HOUR,
    };
    Duration::from_secs(amount.as_secs() / unit * unit)
}

/// Into whole units of so many, one way or the other.
type Divide = fn(u64, u64) -> u64;

fn divider(is: LossIs) -> Divide {
    if is == LossIs::AtLeast { |amount, unit| amount / unit } else { u64::div_ceil }
}

/// To the second, or to the minute from one of them on.
fn in_minutes(secs: u64, divide: Divide) -> String {
    in_units(divide(secs, MINUTE).saturating_mul(MINUTE), divide)
}

/// The one rule by which units are chosen, of losses, ages and objectives alike: the two largest, hours from one hour
/// on, days from one day on. One number never looks like two, `88m` here and `1h 28m` there.
fn in_units(secs: u64, divide: Divide) -> String {
    let minutes = divide(secs, MINUTE);
    let hours = divide(secs, HOUR);
    match secs {
        secs if secs < MINUTE => format!("{secs}s"),
        secs if secs < HOUR => two(secs / MINUTE, "m", secs % MINUTE, "s"),
        _ if minutes.saturating_mul(MINUTE) < DAY => two(minutes / 60, "h", minutes % 60, "m"),
        _ => two(hours / 24, "d", hours % 24, "h"),
    }
}

/// An age, rounded down and to the minute, from ten days on to the day: `4s`, `22m`, `3h 10m`, `2d 4h`, `34d`.
pub fn age(amount: Duration) -> String {
    let secs = amount.as_secs();
    let unit = match secs {
        secs if secs < MINUTE => 1,
        secs if secs < 10 * DAY => MINUTE,
        _ => DAY,
    };
    in_units(secs / unit * unit, |amount, unit| amount / unit)
}

/// The age of an instant; `0s` for one in the future.
pub fn age_of(at: Timestamp, now: Timestamp) -> String {
    age((now - at).to_std().unwrap_or_default())
}

/// An objective, never rounded: `15m`, `1h 30m`, `1d`, `90d`.
pub fn objective(amount: Duration) -> String {
    exact(amount)
}

/// Whole seconds that may be fewer than none, never rounded: `-6m 52s`.
pub fn signed_s(secs: i64) -> String {
    format!("{}{}", if secs < 0 { "-" } else { "" }, exact(Duration::from_secs(secs.unsigned_abs())))
}

/// As many units as it takes to round nothing: `43s`, `1h 30m`, `1h 1m 1s`.
pub fn exact(amount: Duration) -> String {
    let secs = amount.as_secs();
    let units =
        [(secs / DAY, 'd'), (secs % DAY / HOUR, 'h'), (secs % HOUR / MINUTE, 'm'), (secs % MINUTE, 's')];
    let said: Vec<_> =
        units.iter().filter(|(number, _)| *number > 0).map(|(n, unit)| format!("{n}{unit}")).collect();
    if said.is_empty() { "0s".to_owned() } else { said.join(" ") }
}

/// A clock of minutes and seconds, hours when needed: `0:31`, `25:32`, `1:02:07`.
pub fn stopwatch(amount: Duration) -> String {
    let secs = amount.as_secs();
    if secs < HOUR {
        format!("{}:{:02}", secs / MINUTE, secs % MINUTE)
    } else {
        format!("{}:{:02}:{:02}", secs / HOUR, secs % HOUR / MINUTE, secs % MINUTE)
    }
}

/// What stands before an amount of which only so much is known.
const fn sign(is: LossIs) -> &'static str {
    match is {
        LossIs::Exact => "",
        LossIs::AtLeast => ">=",
        LossIs::AtMost => "<=",
        LossIs::About => "~",
    }
}

/// How often the RPO fits into the loss, one decimal: `2.1`, `0.3`, `<0.1`. What is lost at least is rounded down. It is
/// on the side of one, two and four times that the loss itself is on: there it is graded.
pub fn ratio(amount: Duration, is: LossIs, objective: Duration) -> Option<String> {
    if objective.is_zero() {
        return None;
    }
    let tenths = amount.as_secs_f64() * 10.0 / objective.as_secs_f64();
    let rounded = if is == LossIs::AtLeast { tenths.floor() } else { tenths.round() };
    if is != LossIs::AtLeast && rounded < 1.0 && !amount.is_zero() {
        return Some("<0.1".to_owned());
    }
    let tenths = [1, 2, 4].into_iter().fold(rounded, |tenths, times| {
        let limit = f64::from(times) * 10.0;
        match amount.cmp(&objective.saturating_mul(times)) {
            Ordering::Less => tenths.min(limit - 1.0),
            Ordering::Equal => limit,
            Ordering::Greater if is == LossIs::AtLeast => tenths.max(limit),
            Ordering::Greater => tenths.max(limit + 1.0),
        }
    });
    Some(if tenths < 1000.0 { format!("{:.1}", tenths / 10.0) } else { format!("{:.0}", tenths / 10.0) })
}

/// A count of things: `1 finding`, `2 findings`.
pub fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// How many checks passed: `1 of 2 checks passed`; none made is no success.
pub fn passed(passed: usize, of: usize) -> String {
    match of {
        0 => "no check read the data".to_owned(),
        1 => format!("{passed} of 1 check passed"),
        _ => format!("{passed} of {of} checks passed"),
    }
}

/// A size: `79.0 GiB`, `512 B`.
pub fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if size < 1024 {
        return format!("{size} B");
    }
    let mut value = Duration::from_secs(size).as_secs_f64() / 1024.0;
    let mut unit = UNITS[0];
    for next in UNITS.into_iter().skip(1) {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// Whole seconds, rounded up: losses, lags and estimates (S13).
pub fn seconds_up(amount: Duration) -> u64 {
    amount.as_secs().saturating_add(u64::from(amount.subsec_nanos() > 0))
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large}{large_unit}")
    } else {
        format!("{large}{large_unit} {small}{small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn s13_both_ends_of_a_range_are_told_as_finely() {
        for (least, most, shown) in [
            (85, 180, "1m 25s to 3m"),
            (3570, 3599, "59m 30s to 59m 59s"),
            (3570, 3906, "59m to 1h 6m"),
            (40, 3600, "0s to 1h"),
            (5 * HOUR + 120, 3 * DAY, "5h to 3d"),
        ] {
            assert_eq!(range(secs(most), LossIs::AtMost, Some(secs(least))), shown);
        }
    }

    #[test]
    fn s24_no_check_is_no_success() {
        let told = [(0, 0), (1, 1), (0, 1), (1, 2)].map(|(good, of)| passed(good, of));
        let shown =
            ["no check read the data", "1 of 1 check passed", "0 of 1 check passed", "1 of 2 checks passed"];
        assert_eq!(told, shown);
    }

    #[test]
    fn losses_round_up_to_whole_minutes() {
        for (given, shown) in [
            (0, "0s"),
            (1, "1m"),
            (252, "5m"),
            (1860, "31m"),
            (3599, "1h"),
            (3840, "1h 4m"),
            (5280, "1h 28m"),
            (7200, "2h"),
            (18_600, "5h 10m"),
            (273_600, "3d 4h"),
            (257_400, "3d"),
        ] {
            assert_eq!(whole_minutes(secs(given)), shown, "{given} s");
        }
        assert_eq!(whole_minutes(Duration::from_millis(60_001)), "2m");
    }

    #[test]
    fn what_is_beyond_is_as_coarse_as_what_it_is_beyond_of() {
        for (given, most, least) in [(540, 540, 540), (541, 600, 540), (DAY + 1, DAY + HOUR, DAY)] {
            assert_eq!((as_shown(secs(given)), as_shown_at_least(secs(given))), (secs(most), secs(least)));
        }
        assert_eq!(as_shown(Duration::from_millis(60_001)), secs(120));
    }

    #[test]
    fn detail_shows_two_units_rounded_up() {
        for (given, shown) in [
            (58, "58s"),
            (252, "4m 12s"),
            (1411, "23m 31s"),
            (33_960, "9h 26m"),
            (33_961, "9h 27m"),
            (3600, "1h"),
            (5280, "1h 28m"),
            (DAY - 1, "1d"),
            (DAY + 1, "1d 1h"),
        ] {
            assert_eq!(to_the_second(secs(given)), shown, "{given} s");
        }
    }

    #[test]
    fn s13_what_is_lost_at_least_rounds_down_and_every_other_amount_up() {
        let amount = Duration::from_millis(168_500);
        for (is, minutes, seconds, whole, times) in [
            (LossIs::Exact, "3m", "2m 49s", 169, "0.6"),
            (LossIs::AtMost, "<=3m", "<=2m 49s", 169, "0.6"),
            (LossIs::About, "~3m", "~2m 49s", 169, "0.6"),
            (LossIs::AtLeast, ">=2m", ">=2m 48s", 168, "0.5"),
        ] {
            assert_eq!(
                (bounded_minutes(amount, is).as_str(), bounded(amount, is).as_str()),
                (minutes, seconds)
            );
            assert_eq!(
                (bounded_s(amount, is), ratio(amount, is, secs(300)).as_deref()),
                (whole, Some(times))
            );
        }
        let long = secs(3 * DAY + 4 * HOUR + 1799);
        assert_eq!(bounded_minutes(long, LossIs::AtLeast), ">=3d 4h");
        assert_eq!(bounded(secs(33_961), LossIs::AtLeast), ">=9h 26m");
    }

    #[test]
    fn s13_a_range_rounds_its_ends_apart() {
        let (least, most) = (Duration::from_millis(85_900), Duration::from_millis(179_100));
        let table = [
            (LossIs::AtMost, Some(least), "1m 25s to 3m"),
            (LossIs::About, Some(least), "1m 25s to ~3m"),
            (LossIs::AtMost, None, "<=3m"),
        ];
        for (is, least, shown) in table {
            assert_eq!(range(most, is, least), shown);
        }
        let (second, hours) = (Duration::from_secs(37), Duration::from_secs(7500));
        for (most, is, least, shown) in [
            (most, LossIs::AtMost, Some(least), "1-3m"),
            (most, LossIs::About, Some(least), "~1-3m"),
            (most, LossIs::AtMost, Some(second), "37s-3m"),
            (hours, LossIs::AtMost, Some(least), "1m-2h 5m"),
            (most, LossIs::AtMost, Some(Duration::ZERO), "0-3m"),
            (most, LossIs::AtLeast, None, ">=2m"),
        ] {
            assert_eq!(range_minutes(most, is, least), shown);
        }
    }

    #[test]
    fn s13_less_than_a_minute_is_told_to_the_second() {
        for (is, shown) in [(LossIs::Exact, "1s"), (LossIs::AtMost, "<=1s"), (LossIs::AtLeast, ">=1s")] {
            assert_eq!(bounded_minutes(secs(1), is), shown);
        }
        assert_eq!(bounded_minutes(Duration::from_millis(59_500), LossIs::AtMost), "<=1m");
        assert_eq!(bounded_minutes(Duration::ZERO, LossIs::Exact), "0s");
    }

    #[test]
    fn ages_round_down() {
        for (given, shown) in [
            (0, "0s"),
            (4, "4s"),
            (1379, "22m"),
            (4679, "1h 17m"),
            (10_900, "3h 1m"),
            (DAY - 1, "23h 59m"),
            (2 * DAY - 1, "1d 23h"),
            (3 * DAY + 5 * HOUR, "3d 5h"),
            (34 * DAY + 5 * HOUR, "34d"),
        ] {
            assert_eq!(age(secs(given)), shown, "{given} s");
        }
    }

    #[test]
    fn objectives_are_never_rounded() {
        for (given, shown) in [
            (0, "0s"),
            (90, "1m 30s"),
            (900, "15m"),
            (5400, "1h 30m"),
            (3661, "1h 1m 1s"),
            (DAY, "1d"),
            (90 * DAY, "90d"),
        ] {
            assert_eq!(objective(secs(given)), shown, "{given} s");
        }
        assert_eq!([signed_s(-412), signed_s(0)], ["-6m 52s", "0s"]);
    }

    /// A loss, its age and the objective that it is held against stand side by side.
    #[test]
    fn one_number_of_minutes_looks_the_same_in_every_word_for_it() {
        for minutes in (1..3000).chain([3 * 1440, 9 * 1440]) {
            let amount = secs(minutes * MINUTE);
            let shown = to_the_second(amount);
            assert_eq!(whole_minutes(amount), shown);
            assert_eq!(
                bounded_minutes(amount, LossIs::AtLeast),
                format!(">={}", bounded(amount, LossIs::AtLeast).trim_start_matches(">="))
            );
            if minutes < DAY / MINUTE || minutes % 60 == 0 {
                assert_eq!((age(amount), objective(amount)), (shown.clone(), shown));
            }
        }
    }

    #[test]
    fn sizes_and_ratios_are_short() {
        assert_eq!(bytes(84_825_604_096), "79.0 GiB");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(ratio(secs(1860), LossIs::Exact, secs(900)).as_deref(), Some("2.1"));
        assert_eq!(ratio(secs(1), LossIs::Exact, Duration::ZERO), None);
        // 13m 52s of 15m is within it, and a second more than 15m is not.
        let table = [
            (832, "0.9"),
            (899, "0.9"),
            (900, "1.0"),
            (901, "1.1"),
            (1799, "1.9"),
            (1801, "2.1"),
            (1, "<0.1"),
            (0, "0.0"),
        ];
        for (given, times) in table {
            assert_eq!(ratio(secs(given), LossIs::AtMost, secs(900)).as_deref(), Some(times), "{given}");
        }
        assert_eq!(ratio(secs(1801), LossIs::AtLeast, secs(900)).as_deref(), Some("2.0"));
    }

    #[test]
    fn a_stopwatch_shows_hours_only_when_there_are_any() {
        assert_eq!(stopwatch(secs(31)), "0:31");
        assert_eq!(stopwatch(secs(1532)), "25:32");
        assert_eq!(stopwatch(secs(3727)), "1:02:07");
    }
}
