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
        assert_eq!((bounded_minutes(amount, is).as_str(), bounded(amount, is).as_str()), (minutes, seconds));
        assert_eq!((bounded_s(amount, is), ratio(amount, is, secs(300)).as_deref()), (whole, Some(times)));
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
        (secs(111), LossIs::AtMost, Some(second), "37s-1m 51s"),
        (hours, LossIs::AtMost, Some(second), "0-2h 5m"),
        (secs(41), LossIs::AtMost, Some(Duration::ZERO), "0-41s"),
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
