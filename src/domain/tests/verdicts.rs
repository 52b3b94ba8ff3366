use super::super::terms::BackupTerms;
use super::rules::{Spoil, empty, gap, second_window};
use super::*;

#[test]
fn s15_primary_trouble_alone_is_never_worse_than_a_warning() {
    let rows: Vec<(&str, Spoil)> = vec![
        ("all outcomes", |s| fail(s.primary.as_mut().unwrap(), Outcome::Malformed)),
        ("gone", |s| *s.primary.as_mut().unwrap() = CopyState::unread("west", "west", None)),
        ("gap", |s| reading_here(s).signs.push(gap(true, true))),
        ("empty", |s| empty(reading_here(s))),
        ("two timelines", |s| reading_here(s).signs.push(Sign::TwoTimelines { timelines: vec![1, 2] })),
        ("no windows", |s| reading_here(s).windows = None),
    ];
    for (what, spoil) in rows {
        let mut service = orders();
        spoil(&mut service);
        assert!(
            judge(&service).verdict.badness() <= Verdict::Warning.badness(),
            "{what}: {:?}",
            judge(&service).findings
        );
    }
}

#[test]
fn s15_a_verdict_that_was_critical_stays_critical_when_the_copy_goes_dark() {
    let mut service = orders();
    newest_there(&mut service, "2026-11-20T11:20:00Z");
    for outcome in [Outcome::Unreachable, Outcome::Denied, Outcome::NotFound] {
        fail(there(&mut service), outcome);
        let judged = judge(&service);
        assert_eq!(judged.verdict, Verdict::Critical);
        assert!(rules(&judged).contains(&Rule::SecondaryUnreadable));
        assert_eq!(judged.compliance, Compliance::SeverelyExceeded);
    }
    let fine = {
        let mut fine = orders();
        fail(there(&mut fine), Outcome::Unreachable);
        fine
    };
    let hours_later = judge_at(&fine, now() + chrono::TimeDelta::hours(5));
    assert_eq!(hours_later.verdict, Verdict::Unknown, "time alone makes no breach of an unread copy");
    assert!(hours_later.loss.if_copy_intact);
}

#[test]
fn s4_a_gap_that_was_seen_once_is_not_yet_a_finding() {
    for ends_window in [true, false] {
        let mut service = orders();
        if !ends_window {
            second_window(&mut service);
        }
        reading_there(&mut service).signs.push(gap(ends_window, false));
        assert_eq!(judge(&service).verdict, Verdict::Ok, "ends the window: {ends_window}");
    }
}

/// A repository that is not mounted, or another one, shows as little as one in which nothing was ever made.
#[test]
fn s3_what_was_not_found_is_unknown_and_never_none_also_where_neither_copy_was() {
    let unseen = || {
        let mut copy = CopyState::unread("repo", "repo", None);
        fail(&mut copy, Outcome::NotFound);
        copy.attempt.error = Some("repo1 shows no stanza `orders`".to_owned());
        Some(copy)
    };
    let gone = Service { secondary: unseen(), ..orders() };
    let alone = Service { primary: None, ..gone.clone() };
    let neither = Service { primary: unseen(), ..gone.clone() };
    for gone in [gone, alone, neither] {
        let judged = judge(&gone);
        assert_eq!((judged.verdict, rules(&judged)[0]), (Verdict::Unknown, Rule::SecondaryUnreadable));
        let text = &judged.findings[0].text;
        assert!(
            text.ends_with("; nothing was ever read from it; error: repo1 shows no stanza `orders`"),
            "{text}"
        );
        let there = judged.secondary.unwrap();
        assert_eq!((there.recovery_points, there.windows), (None, None));
        assert!(!judged.findings.iter().any(|finding| finding.rule == Rule::NeverBackedUp));
    }
    let here = judge(&Service { primary: unseen(), secondary: None, ..orders() });
    assert!(rules(&here).contains(&Rule::PrimaryUnreadable), "{:?}", here.findings);
    assert_eq!(here.primary.unwrap().recovery_points, None);
}

#[test]
fn s9_a_narrow_token_sees_no_window_and_no_breach() {
    let mut service = orders();
    newest_there(&mut service, "2026-11-19T00:00:00Z");
    let reading = reading_there(&mut service);
    reading.windows = None;
    reading.signs.push(Sign::WindowsNotVisible { why: "ask for the role read_only".to_owned() });
    let judged = judge(&service);
    assert_eq!((judged.verdict, rules(&judged)), (Verdict::Unknown, vec![Rule::Permission]));
    assert_eq!((judged.loss.amount, judged.secondary.as_ref().unwrap().newest), (None, None));
    assert!(
        judged.findings[0]
            .text
            .starts_with("loss not visible with this token (newest base backup 11-07 02:31Z)"),
        "{}",
        judged.findings[0].text
    );
}

#[test]
fn s15_a_service_that_is_gone_keeps_the_worst_of_its_findings() {
    let mut service = Service { gone_since: Some(now()), ..orders() };
    newest_there(&mut service, "2026-11-20T11:20:00Z");
    let judged = judge(&service);
    assert_eq!(judged.verdict, Verdict::Critical);
    assert!(rules(&judged).contains(&Rule::Gone) && rules(&judged).contains(&Rule::RpoExceeded));
}

#[test]
fn kinds_that_are_not_read_yet_say_so_and_are_unknown() {
    let unread = Reading {
        ability: Ability::Unread,
        points: None,
        windows: None,
        ..reading("2026-11-07T00:00:00Z", NOW)
    };
    let service = Service {
        facts: Some(facts().into()),
        primary: Some(copy("aiven", unread)),
        secondary: None,
        ..orders()
    };
    assert_eq!(judge(&service).verdict, Verdict::Unknown, "no copy seen is not no copy there");
}

#[test]
fn a_ruled_out_secondary_gives_its_reason() {
    let because = ServiceFacts { no_secondary_because: Some("the plan has none".to_owned()), ..facts() };
    let service = Service { facts: Some(because.into()), secondary: None, ..orders() };
    let judged = judge(&service);
    assert_eq!(judged.secondary_reason.as_deref(), Some("the plan has none"));
    assert!(judged.findings[0].text.contains("the plan has none"));
    assert!(judged.findings[0].text.ends_with("set up a secondary copy"));
    let terms = BackupTerms { can_be_copied: Some(false), ..BackupTerms::default() };
    let never = ServiceFacts { terms, ..facts() };
    let judged = judge(&Service { facts: Some(never.into()), secondary: None, ..orders() });
    assert!(judged.findings[0].text.ends_with("by other means"), "{}", judged.findings[0].text);
}

#[test]
fn s2_what_failed_says_what_is_to_be_done() {
    let said = Some("said so".to_owned());
    for (outcome, why, next) in [
        (Outcome::Denied, said.clone(), "; check the token or key it is read with; error: said so"),
        (Outcome::Error, said.clone(), "; error: said so"),
        (Outcome::Error, None, "; it is asked again by itself"),
        (Outcome::Malformed, said.clone(), "; look at it with the provider's own tools; error: said so"),
        (Outcome::Unreachable, said.clone(), "; check the way there from this host; error: said so"),
    ] {
        let mut service = orders();
        fail(there(&mut service), outcome);
        there(&mut service).attempt.error = why;
        let text = judge(&service).findings[0].text.clone();
        assert!(text.ends_with(next), "{text}");
    }
}

#[test]
fn findings_come_worst_first_and_name_the_last_good_value() {
    let mut service = orders();
    fail(there(&mut service), Outcome::TimedOut);
    reading_there(&mut service).as_of = at("2026-11-20T11:42:00Z");
    fail(service.primary.as_mut().unwrap(), Outcome::Unreachable);
    let judged = judge(&service);
    assert_eq!(rules(&judged), [Rule::SecondaryUnreadable, Rule::PrimaryUnreadable]);
    assert_eq!(
        judged.findings[0].text,
        "east cannot be read (timed out); last read 22m ago, with data up to 12:00:19Z; check the way there from this \
         host; error: said so"
    );
}

#[test]
fn s2_r29_a_silent_service_that_nothing_can_restore_says_what_is_left_and_leads_nowhere_else() {
    let because = ServiceFacts { no_secondary_because: Some("off".to_owned()), ..facts() };
    let silent = Liveness::silent(now(), None);
    let alone = Service { secondary: None, facts: Some(because.into()), liveness: silent, ..orders() };
    let mut hollow = Service { liveness: silent, ..orders() };
    let reading = reading_there(&mut hollow);
    (reading.points, reading.windows) = (Some(Points::default()), Some(Vec::new().into()));
    for service in [alone, hollow] {
        let known = assess(&service, now(), &STALE);
        let texts: Vec<&str> = known.findings.iter().map(|finding| finding.text.as_str()).collect();
        assert!(
            texts.iter().filter(|text| text.contains("the provider's support")).count() >= 2,
            "{texts:?}"
        );
        for dead_end in ["declare an incident", "set up a secondary copy", "check that copying there"] {
            assert!(!texts.iter().any(|text| text.contains(dead_end)), "{dead_end}: {texts:?}");
        }
        assert_eq!(known.restore, None);
    }
}
