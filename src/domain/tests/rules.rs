//! Every rule and its level (S15).

use super::schedules::rows_about_the_schedule;
use super::*;

pub(super) type Spoil = fn(&mut Service);

pub(super) fn gap(ends_window: bool, confirmed: bool) -> Sign {
    Sign::LogGap { first: "41".to_owned(), last: "4C".to_owned(), count: 12, ends_window, confirmed }
}

pub(super) fn second_window(service: &mut Service) {
    reading_there(service)
        .windows
        .as_mut()
        .unwrap()
        .insert(0, window("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"));
}

pub(super) fn empty(reading: &mut Reading) {
    reading.points = Some(Points::default());
    reading.windows = Some(Vec::new().into());
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
