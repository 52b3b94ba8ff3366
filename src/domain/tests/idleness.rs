//! A primary that writes nothing: idle, stalled, or switched off (S6).

use super::*;

/// What is spoilt, and what is said then.
type Said = (fn(&mut Service), Option<&'static str>);

#[test]
fn s6_proven_idleness_loses_nothing() {
    let mut service = quiet_since("2026-11-20T09:01:00Z");
    let reading = reading_here(&mut service);
    reading.as_of = at("2026-11-20T12:04:21Z");
    reading.log.complete_at = Some(reading.as_of);
    reading.log.last_commit = Some(at("2026-11-20T09:00:58Z"));
    let judged = judge(&service);
    assert_eq!(judged.idle, Idle::Proven { last_commit: at("2026-11-20T09:00:58Z") });
    assert_eq!((seconds(&judged.loss), judged.loss.is), (Some(10), LossIs::AtMost));
    assert_eq!((judged.compliance, judged.verdict), (Compliance::Compliant, Verdict::Ok));
    assert_eq!(judged.trailing, Some(Trailing::Segments(0)));
}

#[test]
fn s6_a_proof_of_an_earlier_reading_bounds_the_loss_and_is_no_proof_of_now() {
    let mut service = quiet_since("2026-11-20T09:01:00Z");
    reading_here(&mut service).log.complete_at = Some(at("2026-11-20T11:04:31Z"));
    let judged = judge(&service);
    assert_eq!(judged.idle, Idle::Possible { since: at("2026-11-20T11:04:31Z") });
    assert_eq!((seconds(&judged.loss), judged.loss.is), (Some(3600), LossIs::AtMost));
    assert_eq!((judged.verdict, rules(&judged)), (Verdict::Warning, vec![Rule::IdleOrStalled]));
    // Soon after it was proven there is no question yet.
    reading_here(&mut service).log.complete_at = Some(at("2026-11-20T12:03:31Z"));
    let judged = judge(&service);
    assert_eq!((judged.idle, seconds(&judged.loss)), (Idle::No, Some(60)));
    assert_eq!(judged.verdict, Verdict::Ok);
}

#[test]
fn s15_trouble_of_the_primary_copy_alone_makes_no_breach_of_what_may_be_idle() {
    let (read_at, last) = ("2026-11-20T11:20:00Z", "2026-11-20T09:04:31Z");
    for (complete_at, since) in [(Some(read_at), read_at), (None, last)] {
        let mut service = quiet_since(last);
        let reading = reading_here(&mut service);
        (reading.as_of, reading.log.complete_at) = (at(read_at), complete_at.map(at));
        let mut unread = service.clone();
        fail(unread.primary.as_mut().unwrap(), Outcome::TimedOut);
        // Read too rarely, or not at all.
        for mut service in [service, unread] {
            let judged = judge(&service);
            assert_eq!(judged.idle, Idle::Possible { since: at(since) }, "a proof of then is none of now");
            assert_eq!(judged.loss.is, LossIs::AtMost);
            assert_eq!(judged.verdict, Verdict::Warning, "{:?}", judged.findings);
            assert_eq!(rules(&judged), [Rule::IdleOrStalled, Rule::PrimaryUnreadable]);
            reading_here(&mut service).log.ahead_at = Some(at(read_at));
            let judged = judge(&service);
            assert_eq!((judged.idle, judged.verdict), (Idle::No, Verdict::Critical), "{complete_at:?}");
        }
    }
}

#[test]
fn s6_a_commit_that_is_in_no_copy_is_a_loss_and_not_idleness() {
    let mut service = quiet_since("2026-11-20T11:34:31Z");
    reading_here(&mut service).log.ahead_at = Some(at("2026-11-20T12:04:31Z"));
    let judged = judge(&service);
    assert_eq!((judged.idle, seconds(&judged.loss)), (Idle::No, Some(1800)));
    assert!(rules(&judged).contains(&Rule::RpoExceeded), "{:?}", judged.findings);
}

/// A run says the same of it: see `runbook::tests::losses`.
#[test]
fn s6_what_the_primary_wrote_beyond_a_proof_is_lost_from_the_proof_on_and_surely() {
    let mut service = quiet_since("2026-11-20T09:01:00Z");
    let log = &mut reading_here(&mut service).log;
    (log.complete_at, log.ahead_at) = (Some(at("2026-11-20T11:34:31Z")), Some(at("2026-11-20T12:04:21Z")));
    let judged = judge(&service);
    assert_eq!((judged.idle, seconds(&judged.loss), judged.loss.is), (Idle::No, Some(1800), LossIs::Exact));
    assert_eq!((judged.compliance, judged.verdict), (Compliance::Exceeded, Verdict::Warning));
}

#[test]
fn s6_idleness_that_is_not_proven_is_at_most_a_warning() {
    let judged = judge(&quiet_since("2026-11-20T09:04:31Z"));
    assert_eq!(judged.idle, Idle::Possible { since: at("2026-11-20T09:04:31Z") });
    assert_eq!(words::loss_minutes(&judged), "<=3h");
    assert_eq!((judged.verdict, rules(&judged)), (Verdict::Warning, vec![Rule::IdleOrStalled]));
    assert_eq!(judged.compliance, Compliance::Unknown, "neither met nor breached");
}

#[test]
fn s6_a_copy_that_lacks_segments_is_behind_and_not_idle() {
    let mut service = quiet_since("2026-11-20T09:04:31Z");
    reading_here(&mut service).log.end = Some(Box::new(end(0x39)));
    reading_here(&mut service).windows.as_mut().unwrap()[0].to.at = at("2026-11-20T12:04:00Z");
    let judged = judge(&service);
    assert_eq!((judged.idle, judged.trailing), (Idle::No, Some(Trailing::Segments(8))));
    assert_eq!(judged.verdict, Verdict::Critical);
    assert_eq!(words::loss_minutes(&judged), ">=3h");
}

#[test]
fn s6_nothing_is_compared_across_timelines_or_histories() {
    let spoil: [fn(&mut LogPosition); 2] = [|end| end.timeline = 2, |end| end.archive = "15-2".to_owned()];
    for spoil in spoil {
        let mut service = quiet_since("2026-11-20T09:04:31Z");
        spoil(reading_there(&mut service).log.end.as_mut().unwrap());
        let judged = judge(&service);
        assert_eq!((judged.replication_lag, judged.trailing, judged.idle), (None, None, Idle::No));
    }
}

#[test]
fn s6_a_silent_primary_that_may_have_been_idle_lost_at_most_up_to_its_silence() {
    let mut service = quiet_since("2026-11-20T09:04:31Z");
    service.liveness = Liveness::silent(at("2026-11-20T12:04:31Z"), Some(at("2026-11-20T12:04:21Z")));
    let judged = judge(&service);
    assert_eq!(
        (seconds(&judged.loss), judged.loss.is, judged.loss.at_least),
        (Some(3 * 3600), LossIs::AtMost, None)
    );
    assert_eq!(judged.verdict, Verdict::Warning);
}

#[test]
fn s15_what_was_not_copied_before_a_service_was_switched_off_would_be_lost() {
    for (off_by, read, grade) in [
        (Some("2026-11-20T02:05:00Z"), true, Compliance::Compliant),
        (Some("2026-11-20T02:20:00Z"), true, Compliance::Exceeded),
        (Some("2026-11-20T12:00:00Z"), true, Compliance::CriticallyExceeded),
        (None, true, Compliance::CriticallyExceeded),
        (Some("2026-11-20T02:05:00Z"), false, Compliance::CriticallyExceeded),
    ] {
        let mut service = orders();
        newest_there(&mut service, "2026-11-20T02:00:00Z");
        let terms =
            terms::BackupTerms { powered_off: Some(true), off_by: off_by.map(at), ..Default::default() };
        service.facts = Some(ServiceFacts { terms, ..facts() }.into());
        if !read {
            fail(service.primary.as_mut().unwrap(), Outcome::TimedOut);
        }
        let judged = judge(&service);
        assert_eq!(judged.compliance, grade, "{off_by:?} {read}");
        let beyond = rules(&judged).contains(&Rule::RpoExceeded);
        assert_eq!(beyond, grade != Compliance::Compliant, "{off_by:?} {read}");
    }
}

#[test]
fn s15_what_was_no_breach_when_a_service_was_last_known_to_be_off_is_none_once_nothing_is_read_any_more() {
    for (off_by, grade) in [
        (Some("2026-11-20T02:05:00Z"), Compliance::Unknown),
        (Some("2026-11-20T02:20:00Z"), Compliance::Exceeded),
        (None, Compliance::CriticallyExceeded),
    ] {
        let mut service = orders();
        newest_there(&mut service, "2026-11-20T02:00:00Z");
        let terms =
            terms::BackupTerms { powered_off: Some(true), off_by: off_by.map(at), ..Default::default() };
        service.facts = Some(ServiceFacts { terms, ..facts() }.into());
        for copy in [&mut service.primary, &mut service.secondary] {
            fail(copy.as_mut().unwrap(), Outcome::TimedOut);
        }
        let judged = judge(&service);
        assert_eq!(judged.compliance, grade, "{off_by:?}");
        let beyond = rules(&judged).contains(&Rule::RpoExceeded);
        assert_eq!(beyond, grade != Compliance::Unknown, "{off_by:?}");
    }
}

#[test]
fn s6_s7_how_far_the_copy_trails_is_said_in_pieces() {
    let idle = |service: &mut Service| {
        *service = quiet_since("2026-11-20T09:01:00Z");
        let reading = reading_here(service);
        reading.log.complete_at = Some(reading.as_of);
        reading.log.last_commit = Some(at("2026-11-20T09:00:58Z"));
    };
    let cases: [Said; 4] = [
        (idle, Some("0 log behind, idle 3h 3m (last commit 09:00:58Z)")),
        (
            |s| {
                *s = quiet_since("2026-11-20T12:00:19Z");
                reading_here(s).log.end = Some(Box::new(end(0x39)));
            },
            Some("8 log segments behind"),
        ),
        (
            |s| {
                s.primary = Some(copy("west", snapshots(&["2026-11-20T10:00:04Z", "2026-11-20T11:00:04Z"])));
                s.secondary = Some(copy("east", snapshots(&["2026-11-20T10:00:04Z"])));
            },
            Some("1 snapshot behind"),
        ),
        (|s| *s = quiet_since("2026-11-20T12:00:19Z"), None),
    ];
    for (spoil, said) in cases {
        let mut service = orders();
        spoil(&mut service);
        assert_eq!(words::trailing(&judge(&service), now()).as_deref(), said);
    }
}
