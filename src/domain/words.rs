//! How durations, instants and sizes are written for a person (S13). Losses round up, upper edges of
//! windows round down, lower edges round up: what is shown is never better than what is known.

use std::time::Duration;

use chrono::{Datelike, NaiveTime, TimeDelta, Timelike};

use super::assessment::{
    Assessment, CopyFacts, Idle, LossBasis, LossIs, RestoreEstimate, Rule, Trailing, Verdict,
};
use super::{Compliance, Edge, Grade, Service, Timestamp};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What stands where a number is not known.
pub const UNKNOWN: &str = "?";

/// A loss in whole minutes, rounded up: `31m`, `64m`, `5h 10m`, `3d 4h`; `0m` only when nothing is lost.
pub fn whole_minutes(amount: Duration) -> String {
    let minutes = seconds_up(amount).div_ceil(MINUTE);
    match minutes.saturating_mul(MINUTE) {
        secs if secs < 2 * HOUR => format!("{minutes}m"),
        secs if secs < 2 * DAY => two(secs / HOUR, "h", minutes % 60, "m"),
        secs => {
            let hours = secs.div_ceil(HOUR);
            two(hours / 24, "d", hours % 24, "h")
        }
    }
}

/// A duration to the second, rounded up, at most two units: `58s`, `4m 12s`, `9h 26m`, `3d 4h`.
pub fn to_the_second(amount: Duration) -> String {
    let secs = seconds_up(amount);
    match secs {
        secs if secs < MINUTE => format!("{secs}s"),
        secs if secs < HOUR => two(secs / MINUTE, "m", secs % MINUTE, "s"),
        secs if secs < 2 * DAY => {
            let minutes = secs.div_ceil(MINUTE);
            two(minutes / 60, "h", minutes % 60, "m")
        }
        secs => {
            let hours = secs.div_ceil(HOUR);
            two(hours / 24, "d", hours % 24, "h")
        }
    }
}

/// An age, rounded down, one unit: `4s`, `22m`, `3h`, `34d`.
pub fn age(amount: Duration) -> String {
    match amount.as_secs() {
        secs if secs < MINUTE => format!("{secs}s"),
        secs if secs < 2 * HOUR => format!("{}m", secs / MINUTE),
        secs if secs < 2 * DAY => format!("{}h", secs / HOUR),
        secs => format!("{}d", secs / DAY),
    }
}

/// The age of an instant; `0s` for one in the future.
pub fn age_of(at: Timestamp, now: Timestamp) -> String {
    age((now - at).to_std().unwrap_or_default())
}

/// An objective as it was written: `15m`, `1h`, `90m`, `1d`.
pub fn objective(amount: Duration) -> String {
    match amount.as_secs() {
        secs if secs % DAY == 0 && secs > 0 => format!("{}d", secs / DAY),
        secs if secs % HOUR == 0 && secs > 0 => format!("{}h", secs / HOUR),
        secs if secs % MINUTE == 0 => format!("{}m", secs / MINUTE),
        secs => format!("{secs}s"),
    }
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

/// How long a restore takes: `27-34m`, `1h 40m-2h 10m`; `~15m` for a guess or when both ends agree.
pub fn restore(estimate: &RestoreEstimate) -> String {
    let (from, to) = (whole_minutes(estimate.shortest), whole_minutes(estimate.longest));
    match (from.strip_suffix('m'), to.strip_suffix('m')) {
        _ if from == to => format!("~{to}"),
        (Some(short), Some(_)) if !short.contains('h') && !to.contains('h') => format!("{short}-{to}"),
        _ => format!("{from}-{to}"),
    }
}

/// A loss with what it says of the true one: `31m`, `<=26m`, `>=4m`, `~9m`; `all` where it is
/// known that nothing there can be restored, `?` unknown.
pub fn loss_minutes(known: &Assessment) -> String {
    loss(known, whole_minutes)
}

/// As [`loss_minutes`], to the second.
pub fn loss_seconds(known: &Assessment) -> String {
    loss(known, to_the_second)
}

fn loss(known: &Assessment, words: fn(Duration) -> String) -> String {
    match known.loss.amount {
        Some(amount) => format!("{}{}", sign(known.loss.is), words(amount)),
        None if known.has_nothing_there() => "all".to_owned(),
        None => UNKNOWN.to_owned(),
    }
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

/// What stands before an amount of which only so much is known.
pub const fn sign(is: LossIs) -> &'static str {
    match is {
        LossIs::Exact => "",
        LossIs::AtLeast => ">=",
        LossIs::AtMost => "<=",
        LossIs::About => "~",
    }
}

/// How often the RPO fits into the loss, one decimal rounded up: `2.1`, `0.3`.
pub fn ratio(amount: Duration, objective: Duration) -> Option<String> {
    if objective.is_zero() {
        return None;
    }
    let tenths = (amount.as_secs_f64() * 10.0 / objective.as_secs_f64()).ceil();
    Some(if tenths < 1000.0 { format!("{:.1}", tenths / 10.0) } else { format!("{:.0}", tenths / 10.0) })
}

/// The word for a grade of RPO compliance.
pub const fn compliance(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::Compliant => "ok",
        Compliance::Exceeded => "BEYOND",
        Compliance::SeverelyExceeded => "SEVERE",
        Compliance::CriticallyExceeded => "CRITICAL",
        Compliance::Unknown => UNKNOWN,
    }
}

/// A grade of RPO compliance in small letters, for a sentence.
pub const fn compliance_sentence(compliance: Compliance) -> &'static str {
    match compliance {
        Compliance::Compliant => "within it",
        Compliance::Exceeded => "exceeded",
        Compliance::SeverelyExceeded => "severely exceeded",
        Compliance::CriticallyExceeded => "critically exceeded",
        Compliance::Unknown => "whether that holds is not known",
    }
}

/// The word for how well founded a bound is (S4).
pub const fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Claimed => "claimed",
        Grade::Whole => "whole",
        Grade::Restored => "restored",
        Grade::Checked => "checked",
    }
}

/// The state of a service in one word: capitals where somebody must act or nobody knows.
pub fn state(service: &Service, known: &Assessment) -> &'static str {
    match (known.verdict, known.findings.first()) {
        (Verdict::Ok, _) if is_in(service, true) => "in drill",
        (Verdict::Ok, _) if is_in(service, false) => "incident",
        (Verdict::Ok, _) if service.last_proven.is_none() => "unproven",
        (Verdict::Ok, _) => "ok",
        (Verdict::Exempt, _) => "by design",
        (_, None) => UNKNOWN,
        (verdict, Some(worst)) => match worst.rule {
            Rule::RpoExceeded => compliance(known.compliance),
            Rule::NoSecondary if verdict != Verdict::Critical => "no copy",
            rule => rule_word(rule),
        },
    }
}

/// Whether a run of it is under way: a drill, or an incident.
fn is_in(service: &Service, drill: bool) -> bool {
    service.open_runs.iter().flatten().any(|run| run.drill == drill && !run.is_left())
}

const fn rule_word(rule: Rule) -> &'static str {
    match rule {
        Rule::NeverBackedUp => "NO BACKUP",
        Rule::NoSecondary => "NO COPY",
        Rule::SecondaryUnreadable => "UNREAD",
        Rule::SecondaryStale => "STALE",
        Rule::Permission => "NO RIGHT",
        Rule::RpoExceeded => "BEYOND",
        Rule::HoleEndsWindow => "LOG HOLE",
        Rule::HoleInside => "log hole",
        Rule::NewestBackupDamaged => "damaged",
        Rule::CopyPaused => "paused",
        Rule::CopyingOff => "copy off",
        Rule::PersistenceOff => "in memory",
        Rule::LagDisagrees => "lag?",
        Rule::TwoTimelines => "timelines",
        Rule::Skew => "clock off",
        Rule::PrimarySilent => "SILENT",
        Rule::PrimaryUnreadable => "primary?",
        Rule::NoTier => "no tier",
        Rule::CannotMeetRpo => "schedule",
        Rule::IdleOrStalled => "idle?",
        Rule::BackupLate => "late",
        Rule::SnapshotsMissing => "gaps",
        Rule::PoweredOff => "off",
        Rule::SameRegion => "1 region",
        Rule::ProofIsOld => "drill due",
        Rule::RunInterrupted => "RUN LEFT",
        Rule::ClientsMoved => "MOVED",
        Rule::Gone => "gone",
        Rule::Exempt => "by design",
    }
}

/// The upper edge of a window, rounded down: `11:33:20Z` today, `11-19 22:10Z` this year, else the date.
pub fn newest(at: Timestamp, now: Timestamp) -> String {
    if at.date_naive() == now.date_naive() { clock(at) } else { day_and_minute(at, now) }
}

/// An upper edge as it is `written`, with what it says of the newest data behind it (S4): `<=11:33:20Z` for a
/// store time, `>=11:33:20Z` for a fall-back.
pub fn edge(written: &str, is: Edge) -> String {
    let sign = match is {
        Edge::Exact => "",
        Edge::AtMost => "<=",
        Edge::AtLeast => ">=",
    };
    format!("{sign}{written}")
}

/// The newest instant of a copy, written as [`newest`] with its sign.
pub fn newest_of(copy: &CopyFacts, now: Timestamp) -> Option<String> {
    Some(edge(&newest(copy.newest?, now), copy.newest_is()))
}

/// The same, in full: `<=2026-11-20 12:00:19Z`.
pub fn newest_of_in_full(copy: &CopyFacts) -> Option<String> {
    Some(edge(&instant(copy.newest?), copy.newest_is()))
}

/// The lower edge of a window, rounded up: to the minute `11-14 09:01Z`, in another year to the day.
pub fn oldest(at: Timestamp, now: Timestamp) -> String {
    if at.year() != now.year() {
        let part = at.time() != NaiveTime::MIN;
        let up = at + if part { TimeDelta::days(1) } else { TimeDelta::zero() };
        return up.format("%Y-%m-%dZ").to_string();
    }
    let part = at.second() > 0 || at.nanosecond() > 0;
    let up = at + if part { TimeDelta::minutes(1) } else { TimeDelta::zero() };
    day_and_minute(up, now)
}

/// The time of day in UTC: `11:33:20Z`.
pub fn clock(at: Timestamp) -> String {
    at.format("%H:%M:%SZ").to_string()
}

/// The minute of the day by which something is to be expected, rounded up: `11:34Z`.
pub fn minute_by(at: Timestamp) -> String {
    let over = at.with_second(0).and_then(|minute| minute.with_nanosecond(0)).filter(|minute| *minute < at);
    over.map_or(at, |minute| minute + TimeDelta::minutes(1)).format("%H:%MZ").to_string()
}

/// Day and minute: `11-14 09:01Z`; the date alone in another year.
pub fn day_and_minute(at: Timestamp, now: Timestamp) -> String {
    if at.year() == now.year() {
        at.format("%m-%d %H:%MZ").to_string()
    } else {
        at.format("%Y-%m-%dZ").to_string()
    }
}

/// An instant in full, to the second, rounded down: `2026-11-20 12:00:19Z`.
pub fn instant(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// The lower edge in full, rounded up to the second.
pub fn instant_up(at: Timestamp) -> String {
    instant(at + if at.nanosecond() > 0 { TimeDelta::seconds(1) } else { TimeDelta::zero() })
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

fn seconds_up(amount: Duration) -> u64 {
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

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
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
            (0, "0m"),
            (1, "1m"),
            (252, "5m"),
            (1860, "31m"),
            (3840, "64m"),
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
    fn s4_an_upper_edge_says_what_it_is_of_the_newest_data() {
        let (store_time, now) = (at("2026-11-20T11:33:20.9Z"), at("2026-11-20T12:00:00Z"));
        for (is, shown) in
            [(Edge::Exact, "11:33:20Z"), (Edge::AtMost, "<=11:33:20Z"), (Edge::AtLeast, ">=11:33:20Z")]
        {
            assert_eq!(edge(&newest(store_time, now), is), shown);
        }
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
        ] {
            assert_eq!(to_the_second(secs(given)), shown, "{given} s");
        }
    }

    #[test]
    fn ages_round_down() {
        for (given, shown) in [(4, "4s"), (1379, "22m"), (10_900, "3h"), (34 * DAY + 5, "34d")] {
            assert_eq!(age(secs(given)), shown, "{given} s");
        }
    }

    #[test]
    fn edges_never_promise_more_than_is_known() {
        let now = at("2026-11-20T12:04:31Z");
        assert_eq!(newest(at("2026-11-20T11:33:20.9Z"), now), "11:33:20Z");
        assert_eq!(newest(at("2026-11-19T22:10:59Z"), now), "11-19 22:10Z");
        assert_eq!(oldest(at("2026-11-14T09:00:01Z"), now), "11-14 09:01Z");
        assert_eq!(oldest(at("2025-11-14T09:00:00Z"), now), "2025-11-15Z");
        assert_eq!(oldest(at("2025-11-14T00:00:00Z"), now), "2025-11-14Z");
        assert_eq!(newest(at("2025-11-14T09:00:00Z"), now), "2025-11-14Z");
        assert_eq!(instant_up(at("2026-11-07T02:31:39.2Z")), "2026-11-07 02:31:40Z");
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
        assert_eq!(restore(&estimate(6000, 7800)), "100m-2h 10m");
    }

    #[test]
    fn sizes_and_ratios_are_short() {
        assert_eq!(bytes(84_825_604_096), "79.0 GiB");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(ratio(secs(1860), secs(900)).as_deref(), Some("2.1"));
        assert_eq!(ratio(secs(1), Duration::ZERO), None);
    }

    #[test]
    fn a_stopwatch_shows_hours_only_when_there_are_any() {
        assert_eq!(stopwatch(secs(31)), "0:31");
        assert_eq!(stopwatch(secs(1532)), "25:32");
        assert_eq!(stopwatch(secs(3727)), "1:02:07");
    }
}
