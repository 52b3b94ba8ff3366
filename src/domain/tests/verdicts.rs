use super::super::terms::BackupTerms;
use super::schedules::rows_about_the_schedule;
use super::*;

type Spoil = fn(&mut Service);

fn gap(ends_window: bool, confirmed: bool) -> Sign {
    Sign::LogGap { first: "41".to_owned(), last: "4C".to_owned(), count: 12, ends_window, confirmed }
}

fn second_window(service: &mut Service) {
    reading_there(service)
        .windows
        .as_mut()
        .unwrap()
        .insert(0, window("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"));
}

/// What is wrong, how to make it so, the rule that says so, its level.
pub(super) type Row = (&'static str, Spoil, Rule, Verdict);

/// Rules about whether there is a copy and what is lost.
fn rows_about_there() -> Vec<Row> {
    vec![
        ("known to hold nothing", |s| empty(reading_there(s)), Rule::NeverBackedUp, Verdict::Critical),
        ("none, with an RPO", |s| s.secondary = None, Rule::NoSecondary, Verdict::Critical),
        (
            "none, no RPO",
            |s| {
                s.secondary = None;
                s.policy.rpo = None;
            },
            Rule::NoSecondary,
            Verdict::Warning,
        ),
        ("timed out", |s| fail(there(s), Outcome::TimedOut), Rule::SecondaryUnreadable, Verdict::Unknown),
        (
            "never read",
            |s| *there(s) = CopyState::unread("east", "east", None),
            Rule::SecondaryUnreadable,
            Verdict::Unknown,
        ),
        (
            "old",
            |s| reading_there(s).as_of = at("2026-11-20T12:03:30Z"),
            Rule::SecondaryStale,
            Verdict::Unknown,
        ),
        (
            "windows not visible",
            |s| {
                let reading = reading_there(s);
                reading.windows = None;
                reading.signs.push(Sign::WindowsNotVisible { why: "needs service:data:read".to_owned() });
            },
            Rule::Permission,
            Verdict::Unknown,
        ),
        ("20m of 15m", |s| newest_there(s, "2026-11-20T11:44:31Z"), Rule::RpoExceeded, Verdict::Warning),
        ("31m of 15m", |s| newest_there(s, "2026-11-20T11:33:20Z"), Rule::RpoExceeded, Verdict::Critical),
    ]
}

/// Rules about log and backups of a copy.
fn rows_about_log() -> Vec<Row> {
    vec![
        (
            "copied no more",
            |s| reading_there(s).signs.push(Sign::CopyingOff),
            Rule::CopyingOff,
            Verdict::Warning,
        ),
        (
            "keeps nothing on disk",
            |s| reading_here(s).signs.push(Sign::PersistenceOff),
            Rule::PersistenceOff,
            Verdict::Warning,
        ),
        (
            "both copies in one region, without a provider that says so",
            |s| there(s).region = s.primary.as_ref().unwrap().region.clone(),
            Rule::SameRegion,
            Verdict::Warning,
        ),
        (
            "gap at the end",
            |s| reading_there(s).signs.push(gap(true, true)),
            Rule::HoleEndsWindow,
            Verdict::Critical,
        ),
        (
            "gap inside",
            |s| {
                second_window(s);
                reading_there(s).signs.push(gap(false, true));
            },
            Rule::HoleInside,
            Verdict::Warning,
        ),
        ("hole without a named gap", second_window, Rule::HoleInside, Verdict::Warning),
        (
            "damaged",
            |s| {
                let bad = RecoveryPoint {
                    usability: Usability::Damaged("checksums".to_owned()),
                    ..point("bad", "2026-11-20T11:00:00Z")
                };
                reading_there(s).points.as_mut().unwrap().push(bad);
            },
            Rule::NewestBackupDamaged,
            Verdict::Warning,
        ),
        (
            "a snapshot that was there is there no more",
            |s| there(s).newest_was = Some(at("2026-11-20T12:03:00Z")),
            Rule::WentBack,
            Verdict::Warning,
        ),
        (
            "paused",
            |s| reading_there(s).signs.push(Sign::CopyPaused { reason: None }),
            Rule::CopyPaused,
            Verdict::Warning,
        ),
        (
            "same segment, ends an hour apart",
            |s| {
                reading_here(s).log.end = Some(Box::new(end(7)));
                reading_there(s).log.end = Some(Box::new(end(7)));
            },
            Rule::LagDisagrees,
            Verdict::Warning,
        ),
        (
            "two promotions, one in each copy",
            |s| {
                let promoted = |content: &str| Branch {
                    parent: 1,
                    segment: 5,
                    content: Some(content.to_owned()),
                    stored_at: None,
                };
                let end = |content| LogPosition { branch: Some(Box::new(promoted(content))), ..end(7) };
                reading_here(s).log.end = Some(Box::new(end("aa")));
                reading_there(s).log.end = Some(Box::new(end("bb")));
            },
            Rule::TwoTimelines,
            Verdict::Warning,
        ),
        (
            "two timelines",
            |s| reading_there(s).signs.push(Sign::TwoTimelines { timelines: vec![1, 2] }),
            Rule::TwoTimelines,
            Verdict::Warning,
        ),
    ]
}

/// Rules about the service.
fn rows_about_the_service() -> Vec<Row> {
    vec![
        ("clock 61 s off", |s| s.skew_s = Some(-61), Rule::Skew, Verdict::Warning),
        (
            "primary denied",
            |s| fail(s.primary.as_mut().unwrap(), Outcome::Denied),
            Rule::PrimaryUnreadable,
            Verdict::Warning,
        ),
        (
            "tagged with a tier that the config lacks",
            |s| {
                s.policy = Policy { tier: Some(2), ..Policy::default() };
                s.policy_from = Origin::Tag;
            },
            Rule::NoTier,
            Verdict::Warning,
        ),
        ("no tier", |s| s.policy = Policy::default(), Rule::NoTier, Verdict::Warning),
        (
            "hourly snapshots of a 15m RPO",
            |s| {
                let mut hourly = snapshots(&["2026-11-20T11:40:04Z"]);
                hourly.interval = Some(minutes(60));
                s.secondary = Some(copy("east", hourly));
            },
            Rule::CannotMeetRpo,
            Verdict::Warning,
        ),
        ("gone", |s| s.gone_since = Some(now()), Rule::Gone, Verdict::Warning),
        ("by design", |s| reading_here(s).ability = Ability::ByDesignNone, Rule::Exempt, Verdict::Exempt),
    ]
}

/// One row for each rule of S15.
#[test]
fn s15_every_rule_and_its_level() {
    let rows = rows_about_there().into_iter().chain(rows_about_log()).chain(rows_about_the_service());
    let rows = rows.chain(rows_about_the_schedule());
    for (what, spoil, rule, level) in rows {
        let mut service = orders();
        spoil(&mut service);
        let judged = judge(&service);
        let found = judged.findings.iter().find(|finding| finding.rule == rule);
        let found = found.unwrap_or_else(|| panic!("{what}: {:?}", judged.findings));
        assert_eq!((found.level, judged.verdict), (level, level), "{what}: {:?}", judged.findings);
        assert!(found.text.len() > 30, "{what}: a sentence, not {:?}", found.text);
    }
    assert_eq!((judge(&orders()).verdict, judge(&orders()).findings), (Verdict::Ok, Vec::new()));
}

fn empty(reading: &mut Reading) {
    reading.points = Some(Points::default());
    reading.windows = Some(Vec::new().into());
}

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

#[test]
fn s3_never_made_and_gone_are_told_apart_by_the_other_copy() {
    let unseen = |outcome| {
        let mut copy = CopyState::unread("repo", "repo", None);
        fail(&mut copy, outcome);
        Some(copy)
    };
    let never =
        Service { primary: unseen(Outcome::NotFound), secondary: unseen(Outcome::NotFound), ..orders() };
    let judged = judge(&never);
    assert_eq!((judged.verdict, rules(&judged)[0]), (Verdict::Critical, Rule::NeverBackedUp));
    assert_eq!(judged.secondary.unwrap().recovery_points, Some(0));
    let gone = Service { secondary: unseen(Outcome::NotFound), ..orders() };
    let alone = Service { primary: None, ..gone.clone() };
    for gone in [gone, alone] {
        let judged = judge(&gone);
        assert_eq!((judged.verdict, rules(&judged)[0]), (Verdict::Unknown, Rule::SecondaryUnreadable));
        assert_eq!(judged.secondary.unwrap().recovery_points, None);
    }
    let here = judge(&Service { primary: unseen(Outcome::NotFound), secondary: None, ..orders() });
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
