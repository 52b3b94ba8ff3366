//! Log that should lie there, and whose reach the last look could not tell.

use super::*;

/// A look that showed backups and not how far their log leads: `backups` by name and stop, oldest first.
fn unlisted(backups: &[(&str, &str)]) -> Reading {
    let (_, newest) = backups.last().unwrap();
    let mut unlisted = reading(backups[0].1, newest);
    unlisted.points = Some(backups.iter().map(|(name, stop)| point(name, stop)).collect());
    unlisted.windows.as_mut().unwrap()[0].to_is = Edge::AtLeast;
    unlisted
}

const BACKUP: (&str, &str) = ("base-1", "2026-11-07T02:31:40Z");

/// The copy there once ended at `newest` by its log, and 15 minutes are tolerated.
fn listed(newest: &str) -> Service {
    let mut service = orders();
    newest_there(&mut service, newest);
    let reading = reading_there(&mut service);
    (reading.as_of, reading.log.end) = (at("2026-11-20T12:03:31Z"), Some(Box::new(end(0x31))));
    reading_here(&mut service).log.end = Some(Box::new(end(0x39)));
    service
}

fn look_again(service: &mut Service, reading: Reading) {
    there(service).take(reading.into());
    there(service).attempt.outcome = Outcome::Partial;
}

fn text_of(judged: &Assessment, rule: Rule) -> &str {
    judged.findings.iter().find(|finding| finding.rule == rule).map_or("", |finding| &finding.text)
}

#[test]
fn s15_a_breach_stays_one_while_the_log_cannot_be_listed_and_says_of_when_it_is() {
    let mut service = listed("2026-11-20T11:00:00Z");
    assert_eq!(judge(&service).verdict, Verdict::Critical);
    for _ in 1..=2 {
        look_again(&mut service, unlisted(&[BACKUP]));
        let judged = judge(&service);
        assert_eq!((judged.verdict, judged.compliance), (Verdict::Critical, Compliance::CriticallyExceeded));
        let breach = text_of(&judged, Rule::RpoExceeded);
        assert!(breach.starts_with("when its log was last listed, at 12:03:31Z, nothing newer"), "{breach}");
        assert!(breach.contains("1h 4m of 15m RPO"), "as of then: {breach}");
        let unread = text_of(&judged, Rule::SecondaryUnreadable);
        assert!(unread.contains("after 11:00:00Z is not known since 12:03:31Z"), "{unread}");
        assert!(judged.loss.if_copy_intact && judged.loss.is == LossIs::AtMost, "{:?}", judged.loss);
        assert_eq!((judged.replication_lag, judged.trailing), (None, None), "of two times");
        let there = judged.secondary.unwrap();
        assert_eq!((there.as_of, there.reach_as_of()), (Some(now()), Some(at("2026-11-20T12:03:31Z"))));
        let reason = &there.windows.unwrap()[0].to.reason;
        assert_eq!(reason, "last log; its log was last listed at 2026-11-20 12:03:31Z", "said once");
    }
    // It is listed again.
    let good = listed("2026-11-20T12:03:00Z");
    there(&mut service).take(good.secondary.unwrap().last_good.unwrap());
    assert_eq!(judge(&service).verdict, Verdict::Ok);
}

#[test]
fn s3_what_was_met_when_the_log_was_last_listed_is_met_only_as_long_as_nothing_more_can_be_lost() {
    let mut service = listed("2026-11-20T12:03:00Z");
    look_again(&mut service, unlisted(&[BACKUP]));
    assert_eq!((judge(&service).compliance, judge(&service).verdict), (Compliance::Compliant, Verdict::Ok));
    let mut later = service.clone();
    let an_hour_on = now() + chrono::TimeDelta::hours(1);
    reading_there(&mut later).as_of = an_hour_on;
    reading_here(&mut later).as_of = an_hour_on;
    newest_here(&mut later, "2026-11-20T13:04:10Z");
    let judged = judge_at(&later, an_hour_on);
    assert_eq!((judged.compliance, judged.verdict), (Compliance::Unknown, Verdict::Unknown));
    assert_eq!(rules(&judged), [Rule::SecondaryUnreadable], "{:?}", judged.findings);
}

#[test]
fn s4_a_gap_that_was_seen_stays_until_the_log_is_listed_again_or_a_new_backup_starts_a_window() {
    let mut service = listed("2026-11-20T12:03:00Z");
    reading_there(&mut service).signs = vec![Sign::LogGap {
        first: "00000001".to_owned(),
        last: "00000001".to_owned(),
        count: 1,
        ends_window: true,
        confirmed: true,
    }];
    look_again(&mut service, unlisted(&[BACKUP]));
    assert!(rules(&judge(&service)).contains(&Rule::HoleEndsWindow));
    let newer = ("base-2", "2026-11-20T12:04:00Z");
    look_again(&mut service, unlisted(&[BACKUP, newer]));
    let judged = judge(&service);
    assert!(!rules(&judged).contains(&Rule::HoleEndsWindow));
    let there = judged.secondary.unwrap();
    assert_eq!(
        (there.newest, there.log_seen_at),
        (Some(at(newer.1)), None),
        "it leads further than was known"
    );
}

#[test]
fn s15_a_breach_stays_one_while_old_backups_expire_and_the_log_cannot_be_listed() {
    let newer = [("base-2", "2026-11-14T02:31:40Z"), ("base-3", "2026-11-20T02:31:40Z")];
    let known = || {
        let mut service = listed("2026-11-20T11:00:00Z");
        let reading = reading_there(&mut service);
        let all = [BACKUP, newer[0], newer[1]];
        reading.points = Some(all.iter().map(|(name, stop)| point(name, stop)).collect());
        let first = window(BACKUP.1, "2026-11-10T00:00:00Z");
        reading.windows = Some(vec![first, window(newer[0].1, "2026-11-20T11:00:00Z")].into());
        let gap = |ends_window| Sign::LogGap {
            first: "00000001".to_owned(),
            last: "00000001".to_owned(),
            count: 1,
            ends_window,
            confirmed: true,
        };
        reading.signs = vec![gap(false), gap(true)];
        service
    };
    let spans = |judged: &Assessment| -> Vec<(Timestamp, Timestamp)> {
        let windows = judged.secondary.as_ref().unwrap().windows.as_ref().unwrap();
        windows.iter().map(|window| (window.from.at, window.to.at)).collect()
    };
    let whole = (at(newer[0].1), at("2026-11-20T11:00:00Z"));
    let cut = (at(newer[1].1), whole.1);
    for (left, wanted) in [(&newer[..], whole), (&newer[1..], cut)] {
        let mut service = known();
        assert_eq!(rules(&judge(&service)).first(), Some(&Rule::RpoExceeded));
        look_again(&mut service, unlisted(left));
        let judged = judge(&service);
        assert_eq!((judged.verdict, judged.compliance), (Verdict::Critical, Compliance::CriticallyExceeded));
        assert!(rules(&judged).contains(&Rule::HoleEndsWindow), "{:?}", judged.findings);
        assert!(!rules(&judged).contains(&Rule::HoleInside), "the hole lies before all that is left");
        assert_eq!(spans(&judged), [wanted]);
        assert_eq!(judged.secondary.unwrap().recovery_points, Some(left.len()));
    }
    // The newest is gone, or another one is there: what is known of the log is not of these.
    let other = ("base-0", "2026-11-13T02:31:40Z");
    for left in [&[BACKUP, newer[0]][..], &[other, newer[0], newer[1]]] {
        let mut service = known();
        look_again(&mut service, unlisted(left));
        assert_eq!(judge(&service).secondary.unwrap().log_seen_at, None, "{left:?}");
    }
}

#[test]
fn s3_a_damaged_backup_stays_damaged_while_newer_ones_arrive_and_the_log_that_shows_it_cannot_be_listed() {
    let (middle, newest) = (("base-2", "2026-11-19T02:31:40Z"), ("base-3", "2026-11-20T12:00:00Z"));
    let damaged = |(name, stop): (&str, &str)| {
        let why = "WAL segment 0000000100000000000000A4 is missing".to_owned();
        RecoveryPoint { usability: Usability::Damaged(why), ..point(name, stop) }
    };
    let known = |points: Vec<RecoveryPoint>| {
        let mut service = listed("2026-11-20T11:00:00Z");
        reading_there(&mut service).points = Some(points.into());
        service
    };
    let good = |(name, stop): (&str, &str)| point(name, stop);
    let two = [BACKUP, middle, newest];
    for (before, there, wanted) in [
        (vec![damaged(BACKUP), good(middle)], &two[..], (2, Some((middle.1, newest.1)))),
        (vec![good(BACKUP), damaged(middle)], &two[..], (2, Some((BACKUP.1, newest.1)))),
        // The newest of those that are left is the damaged one, and then nothing else is.
        (vec![good(BACKUP), damaged(middle), good(newest)], &two[..2], (1, Some((BACKUP.1, BACKUP.1)))),
        (vec![good(BACKUP), damaged(middle), good(newest)], &two[1..2], (0, None)),
    ] {
        let mut service = known(before);
        for _ in 1..=2 {
            look_again(&mut service, unlisted(there));
            let judged = judge(&service).secondary.unwrap();
            let windows = judged.windows.as_ref().map(|windows| (windows[0].from.at, windows[0].to.at));
            let wanted = (Some(wanted.0), wanted.1.map(|(from, to)| (at(from), at(to))));
            assert_eq!((judged.recovery_points, windows), wanted, "{there:?}");
        }
    }
}

#[test]
fn s37_log_that_another_host_listed_is_said_to_be_of_that() {
    let mut service = listed("2026-11-20T11:00:00Z");
    there(&mut service).imported_from = Some(Box::new(("watch-1".to_owned(), now())));
    look_again(&mut service, unlisted(&[BACKUP]));
    let judged = judge(&service);
    assert_eq!(judged.verdict, Verdict::Critical);
    let reason = judged.secondary.unwrap().windows.unwrap()[0].to.reason.to_string();
    assert!(reason.contains("last listed by watch-1 at"), "{reason}");
}

/// Both ends are alike, and the last segment there has no time.
#[test]
fn s6_an_end_without_a_time_is_no_worse_than_one_with_while_the_primary_may_be_idle() {
    let mut service = quiet_since("2026-11-20T09:04:31Z");
    reading_here(&mut service).windows.as_mut().unwrap()[0].to_is = Edge::AtLeast;
    reading_there(&mut service).windows.as_mut().unwrap()[0].to_is = Edge::AtLeast;
    let judged = judge(&service);
    assert_eq!((judged.verdict, rules(&judged)), (Verdict::Warning, vec![Rule::IdleOrStalled]));
}

#[test]
fn s15_an_end_that_is_not_known_is_judged_up_to_when_the_service_was_switched_off() {
    for (off_by, unknown) in
        [(Some("2026-11-20T11:10:00Z"), false), (Some("2026-11-20T11:20:00Z"), true), (None, true)]
    {
        let mut service = orders();
        newest_there(&mut service, "2026-11-20T11:00:00Z");
        reading_there(&mut service).windows.as_mut().unwrap()[0].to_is = Edge::AtLeast;
        let terms =
            terms::BackupTerms { powered_off: Some(true), off_by: off_by.map(at), ..Default::default() };
        service.facts = Some(ServiceFacts { terms, ..facts() }.into());
        let judged = judge(&service);
        let found = rules(&judged).contains(&Rule::SecondaryUnreadable);
        assert_eq!((found, judged.compliance == Compliance::Unknown), (unknown, unknown), "{off_by:?}");
    }
}
