//! Backups that are due: late, missing, too rare for what is promised.

use super::super::terms::{BackupSchedule, BackupTerms, ScheduleFrom, ScheduleTier};
use super::rules::Row;
use super::*;

/// Rules about when backups are made, and where.
pub(super) fn rows_about_the_schedule() -> Vec<Row> {
    vec![
        (
            "a daily backup two weeks old",
            |s| s.facts = Some(daily().into()),
            Rule::BackupLate,
            Verdict::Warning,
        ),
        (
            "an hourly snapshot left out",
            |s| {
                s.facts = Some(hourly().into());
                let kept = [
                    "2026-11-20T07:00:04Z",
                    "2026-11-20T08:00:04Z",
                    "2026-11-20T10:00:04Z",
                    "2026-11-20T12:00:04Z",
                ];
                s.secondary = Some(copy("east", snapshots(&kept)));
                s.primary = Some(copy("west", snapshots(&kept)));
            },
            Rule::SnapshotsMissing,
            Verdict::Warning,
        ),
        (
            "switched off for days, and so no breach",
            |s| {
                newest_there(s, "2026-11-10T00:00:00Z");
                let mut facts = daily();
                facts.terms.powered_off = Some(true);
                facts.terms.off_by = Some(at("2026-11-10T00:10:00Z"));
                s.facts = Some(facts.into());
            },
            Rule::PoweredOff,
            Verdict::Warning,
        ),
        (
            "moved to where its copy lies",
            |s| s.facts = Some(ServiceFacts { region: Some("region of east".to_owned()), ..facts() }.into()),
            Rule::SameRegion,
            Verdict::Warning,
        ),
    ]
}

fn due_each(hours: u64) -> ServiceFacts {
    let tier = ScheduleTier { every: minutes(60 * hours), kept: None };
    let schedule = BackupSchedule {
        tiers: vec![tier],
        max_count: None,
        hour: None,
        minute: None,
        from: ScheduleFrom::Documentation,
    };
    let terms = BackupTerms { schedule: Some(schedule), ..BackupTerms::default() };
    ServiceFacts { terms, ..facts() }
}

fn daily() -> ServiceFacts {
    due_each(24)
}

fn hourly() -> ServiceFacts {
    due_each(1)
}

#[test]
fn a_gap_is_measured_by_the_schedule_of_its_age() {
    let mut service = orders();
    let mut terms = hourly();
    let schedule = terms.terms.schedule.as_mut().unwrap();
    schedule.tiers = vec![
        ScheduleTier { every: minutes(60), kept: Some(minutes(24 * 60)) },
        ScheduleTier { every: minutes(24 * 60), kept: Some(minutes(14 * 24 * 60)) },
    ];
    service.facts = Some(terms.into());
    let kept =
        ["2026-11-17T04:00:04Z", "2026-11-18T04:00:04Z", "2026-11-19T04:00:04Z", "2026-11-20T11:00:04Z"];
    service.secondary = Some(copy("east", snapshots(&kept)));
    service.primary = Some(copy("west", snapshots(&kept)));
    assert!(!rules(&judge(&service)).contains(&Rule::SnapshotsMissing), "31 h, and daily ones are kept");
    let kept =
        ["2026-11-15T04:00:04Z", "2026-11-18T04:00:04Z", "2026-11-20T09:00:04Z", "2026-11-20T12:00:04Z"];
    service.secondary = Some(copy("east", snapshots(&kept)));
    let judged = judge(&service);
    let finding = judged.findings.iter().find(|finding| finding.rule == Rule::SnapshotsMissing).unwrap();
    assert!(finding.text.contains("11-15 04:00Z and 11-18 04:00Z (3 such gaps)"), "{}", finding.text);
    assert!(finding.text.contains("by the documentation"), "{}", finding.text);
}

/// A provider, or a file of another host, may say anything.
#[test]
fn a_schedule_of_any_size_is_judged() {
    for every in [std::time::Duration::MAX, std::time::Duration::from_secs(u64::MAX)] {
        let mut service = orders();
        let mut terms = hourly();
        terms.terms.schedule.as_mut().unwrap().tiers = vec![ScheduleTier { every, kept: None }];
        service.facts = Some(terms.into());
        let kept = ["2026-11-19T04:00:04Z", "2026-11-20T11:59:31Z"];
        let there = Reading { interval: Some(every), ..snapshots(&kept) };
        service.primary = Some(copy("west", there.clone()));
        service.secondary = Some(copy("east", there));
        let rules = rules(&judge(&service));
        assert!(rules.contains(&Rule::CannotMeetRpo), "{rules:?}");
        assert!(!rules.contains(&Rule::BackupLate) && !rules.contains(&Rule::SnapshotsMissing), "{rules:?}");
    }
}

#[test]
fn s3_a_schedule_that_is_not_known_finds_nothing_late() {
    let mut service = orders();
    service.facts = Some(facts().into());
    assert_eq!(judge(&service).findings, Vec::new());
}

#[test]
fn s7_a_schedule_that_cannot_meet_the_rpo_is_one_standing_finding() {
    let mut hourly = snapshots(&["2026-11-20T11:00:04Z"]);
    hourly.interval = Some(minutes(60));
    let mut service = orders();
    service.secondary = Some(copy("east", hourly));
    for (now, wanted) in [
        ("2026-11-20T11:00:10Z", vec![Rule::CannotMeetRpo]),
        ("2026-11-20T11:59:00Z", vec![Rule::CannotMeetRpo]),
        ("2026-11-20T12:10:00Z", vec![Rule::RpoExceeded, Rule::CannotMeetRpo]),
    ] {
        reading_there(&mut service).as_of = at(now);
        let judged = judge_at(&service, at(now));
        let about_there: Vec<_> =
            judged.findings.iter().filter(|f| f.copy == Some(Role::Secondary)).map(|f| f.rule).collect();
        assert_eq!(about_there, wanted, "{now}");
    }
}

#[test]
fn s5_s7_what_was_lost_is_beyond_the_rpo_whatever_the_schedule_allows() {
    let mut hourly = snapshots(&["2026-11-20T11:30:00Z"]);
    hourly.interval = Some(minutes(60));
    let mut service = Service { secondary: Some(copy("east", hourly)), ..orders() };
    assert!(!rules(&judge(&service)).contains(&Rule::RpoExceeded), "a standing finding while it lives");
    service.primary = None;
    service.liveness = Liveness::silent(at("2026-11-20T12:04:10Z"), Some(at("2026-11-20T12:04:00Z")));
    let judged = judge(&service);
    let lost = judged.findings.iter().find(|finding| finding.rule == Rule::RpoExceeded).unwrap();
    assert_eq!(lost.level, Verdict::Critical);
    assert!(lost.text.ends_with("34m to 34m 10s of 15m RPO lost; decide on an incident"), "{}", lost.text);
}

#[test]
fn s7_the_worst_case_has_the_time_of_copying_in_it_or_says_that_it_is_not_known() {
    let hourly = |instants: &[&str]| Reading { interval: Some(minutes(60)), ..snapshots(instants) };
    let text = |here: Reading, there: Reading| {
        let service =
            Service { primary: Some(copy("west", here)), secondary: Some(copy("east", there)), ..orders() };
        let judged = judge(&service);
        judged.findings.into_iter().find(|found| found.rule == Rule::CannotMeetRpo).unwrap().text
    };
    let (ten, eleven, noon) = ("2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z", "2026-11-20T11:59:31Z");
    let copied = text(hourly(&[ten, eleven]), hourly(&[ten, eleven]));
    assert!(copied.contains("lose up to 1h of 15m RPO, and how long copying takes is not known"), "{copied}");
    // A snapshot of five minutes ago is not there yet.
    let under_way = text(hourly(&[eleven, noon]), hourly(&[eleven]));
    assert!(under_way.contains("lose up to 1h 5m of 15m RPO, copying included"), "{under_way}");
    let own = text(hourly(&[ten, noon]), hourly(&[eleven]));
    assert!(own.contains("lose up to 1h of 15m RPO;"), "it makes its own: {own}");
    let mut stuck = orders();
    stuck.primary = Some(copy("west", hourly(&["2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z"])));
    stuck.secondary = Some(copy("east", hourly(&["2026-11-20T08:00:00Z"])));
    assert!(rules(&judge(&stuck)).contains(&Rule::RpoExceeded), "later than any schedule explains");
}
