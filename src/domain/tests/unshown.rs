//! Windows and snapshots that were shown once, and that the last look was not shown.

use super::*;

const BACKUP: (&str, &str) = ("base-1", "2026-11-07T02:31:40Z");
const SHOWN: &str = "2026-11-20T12:03:31Z";

/// The copy there was shown to end at `newest`, and 15 minutes are tolerated.
fn shown(newest: &str) -> Service {
    let mut service = orders();
    newest_there(&mut service, newest);
    reading_there(&mut service).as_of = at(SHOWN);
    service
}

/// A look that showed backups and no windows: they are refused, or make no sense.
fn unshown(backups: &[(&str, &str)], sign: Sign) -> Reading {
    Reading {
        points: Some(backups.iter().map(|(name, stop)| point(name, stop)).collect()),
        windows: None,
        log: LogReach::unknown(),
        signs: vec![sign],
        ..reading(BACKUP.1, BACKUP.1)
    }
}

fn signs() -> [Sign; 2] {
    let why = "`/backups` is refused".to_owned();
    [Sign::WindowsNotVisible { why }, Sign::Note { text: "the window there has no end".to_owned() }]
}

#[test]
fn s15_a_breach_stays_one_while_no_window_is_shown_and_says_of_when_it_is() {
    for sign in signs() {
        let mut service = shown("2026-11-20T11:00:00Z");
        assert_eq!(judge(&service).verdict, Verdict::Critical);
        for _ in 1..=2 {
            there(&mut service).take(unshown(&[BACKUP], sign.clone()).into());
            let judged = judge(&service);
            assert_eq!(
                (judged.verdict, judged.compliance),
                (Verdict::Critical, Compliance::CriticallyExceeded)
            );
            let breach = &judged.findings[0];
            let said = "when it was last shown, at 12:03:31Z, nothing newer than 11:00:00Z";
            assert!(breach.rule == Rule::RpoExceeded && breach.text.starts_with(said), "{}", breach.text);
            assert!(breach.text.contains("1h 4m of 15m RPO"), "as of then: {}", breach.text);
            assert!(judged.findings.iter().any(|finding| finding.level == Verdict::Unknown));
            assert!(judged.loss.if_copy_intact && judged.loss.is == LossIs::AtMost, "{:?}", judged.loss);
            assert_eq!(judged.replication_lag, None, "of two times");
            let there = judged.secondary.unwrap();
            assert_eq!((there.as_of, there.reach_as_of()), (Some(now()), Some(at(SHOWN))));
            let reason = &there.windows.unwrap()[0].to.reason;
            assert_eq!(reason, "last log; last shown at 2026-11-20 12:03:31Z", "said once");
        }
        let good = shown("2026-11-20T12:03:00Z").secondary.unwrap().last_good.unwrap();
        there(&mut service).take(good);
        assert_eq!(judge(&service).verdict, Verdict::Ok, "it is shown again");
    }
}

#[test]
fn s3_what_was_met_when_a_window_was_last_shown_is_unknown_as_long_as_none_is() {
    for (sign, rule) in signs().into_iter().zip([Rule::Permission, Rule::SecondaryUnreadable]) {
        let mut service = shown("2026-11-20T12:03:00Z");
        there(&mut service).take(unshown(&[BACKUP], sign).into());
        let judged = judge(&service);
        assert_eq!((judged.verdict, rules(&judged)), (Verdict::Unknown, vec![rule]));
        let text = &judged.findings[0].text;
        assert!(rule == Rule::Permission || text.contains("last shown 1m ago, with data up to"), "{text}");
    }
}

#[test]
fn s4_a_window_that_was_shown_is_kept_only_as_far_as_the_backups_of_now_lead_into_it() {
    let (first, second) = (BACKUP, ("base-2", "2026-11-14T02:31:40Z"));
    let newer = ("base-3", "2026-11-20T12:00:00Z");
    let kept = |left: &[(&str, &str)], sign: Sign| {
        let mut service = shown("2026-11-20T11:00:00Z");
        reading_there(&mut service).points =
            Some([first, second].iter().map(|(name, stop)| point(name, stop)).collect());
        there(&mut service).take(unshown(left, sign).into());
        let windows = judge(&service).secondary.unwrap().windows;
        windows.map(|windows| (windows[0].from.at, windows[0].to.at))
    };
    let end = at("2026-11-20T11:00:00Z");
    for (left, wanted) in [
        (&[first, second][..], Some((at(first.1), end))),
        (&[second], Some((at(second.1), end))),
        (&[first, second, newer], None),
        (&[], None),
    ] {
        assert_eq!(kept(left, signs()[1].clone()), wanted, "{left:?}");
    }
    let paused = Sign::CopyPaused { reason: None };
    assert_eq!(kept(&[], paused), Some((at(first.1), end)), "what is there is not counted");
}

#[test]
fn s15_a_breach_stays_one_while_the_list_hides_snapshots() {
    let mut service = orders();
    let old = snapshots(&["2026-11-20T11:00:00Z"]);
    service.secondary = Some(copy("east", Reading { as_of: at(SHOWN), interval: None, ..old.clone() }));
    assert_eq!(judge(&service).verdict, Verdict::Critical);
    there(&mut service).take(Reading { points: None, ..old }.into());
    let judged = judge(&service);
    assert_eq!((judged.verdict, rules(&judged)[0]), (Verdict::Critical, Rule::RpoExceeded));
    assert!(rules(&judged).contains(&Rule::SecondaryUnreadable), "{:?}", judged.findings);
}
