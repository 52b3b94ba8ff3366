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

/// The same in whole minutes: `1-3m`, `~1-3m`, `1h 40m-2h 10m`. Where the least is below one minute both are told to the
/// second, `13-41s`, `37s-1m 52s`, for a minute is much more, unless the most is an hour or longer: `0-2h 5m`.
pub fn range_minutes(amount: Duration, is: LossIs, least: Option<Duration>) -> String {
    let Some(least) = least else { return bounded_minutes(amount, is) };
    let (least, most) = (least.as_secs(), seconds_up(amount));
    let is_short = most < MINUTE || (1..MINUTE).contains(&least) && most < HOUR;
    let unit = if is_short { 1 } else { MINUTE };
    let from = in_units(least / unit * unit, |amount, unit| amount / unit);
    let to = in_units(most.div_ceil(unit).saturating_mul(unit), u64::div_ceil);
    let about = if is == LossIs::About { sign(is) } else { "" };
    format!("{about}{}", from_to(&from, &to))
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
mod tests;
