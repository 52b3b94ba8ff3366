//! When backups of a service are made and how long they are kept: by its plan, else by the
//! provider's documentation. Pure.

use std::time::Duration;

use super::wire::{BackupConfig, Backups, Service};
use crate::domain::terms::{BackupSchedule, ScheduleFrom, ScheduleTier};

/// The longest distance between two backups that is believed: ten years.
const LONGEST: Duration = hours(10 * 365 * 24);

/// The schedule of a service: its plan's, else what it shows itself, else what is documented. What it
/// shows of itself is the distance and the time of day; that is taken in any case.
pub(super) fn of(
    service: &Service,
    backups: Option<&Backups<'_>>,
    config: Option<&BackupConfig>,
) -> Option<BackupSchedule> {
    let plan = service.plan.clone().unwrap_or_default();
    let kind = service.service_type.as_deref().unwrap_or_default();
    let by_plan = config.and_then(|config| by_plan(config, plan.clone()));
    let mut schedule = by_plan.or_else(|| documented(kind, &plan)).or_else(|| {
        shown_interval(backups).map(|_| BackupSchedule {
            tiers: Vec::new(),
            max_count: None,
            hour: None,
            minute: None,
            from: ScheduleFrom::Service,
        })
    })?;
    let shown = backups.and_then(|backups| backups.scheduled_backup_time.as_ref());
    let set = service.user_config.as_ref();
    let hour = shown.and_then(|shown| shown.backup_hour).or(set.and_then(|set| set.backup_hour));
    let minute = shown.and_then(|shown| shown.backup_minute).or(set.and_then(|set| set.backup_minute));
    (schedule.hour, schedule.minute) = (hour.filter(|hour| *hour < 24), minute.filter(|minute| *minute < 60));
    if let Some(every) = own_interval(kind, service, backups) {
        schedule.take_interval(every);
    }
    Some(schedule)
}

/// The distance a service shows of itself. Valkey goes to daily backups when its hour is set.
fn own_interval(kind: &str, service: &Service, backups: Option<&Backups<'_>>) -> Option<Duration> {
    let set = || service.user_config.as_ref().and_then(|set| set.backup_hour).map(|_| hours(24));
    shown_interval(backups).or_else(|| if kind == "valkey" { set() } else { None })
}

fn shown_interval(backups: Option<&Backups<'_>>) -> Option<Duration> {
    backups.and_then(Backups::interval_hours).map(hours).and_then(credible)
}

/// A distance of nothing, or of more than any provider keeps, is a fault of the answer: not known.
fn credible(every: Duration) -> Option<Duration> {
    Some(every).filter(|every| !every.is_zero() && *every <= LONGEST)
}

impl BackupSchedule {
    /// The shortest distance is what the service shows; the others stay.
    fn take_interval(&mut self, every: Duration) {
        match self.tiers.first_mut() {
            Some(first) => first.every = every,
            None if self.max_count != Some(0) => self.tiers.push(ScheduleTier { every, kept: None }),
            None => {}
        }
    }
}

fn by_plan(config: &BackupConfig, plan: String) -> Option<BackupSchedule> {
    let tier = |every: Option<u64>, kept: Option<u64>| {
        Some(ScheduleTier {
            every: every.map(minutes).and_then(credible)?,
            kept: kept.map(minutes).and_then(credible),
        })
    };
    let frequent = tier(config.frequent_interval_minutes, config.frequent_oldest_age_minutes);
    let infrequent = tier(config.infrequent_interval_minutes, config.infrequent_oldest_age_minutes);
    // Half of a schedule in two tiers is none.
    let half = [
        (&frequent, config.frequent_interval_minutes.or(config.frequent_oldest_age_minutes)),
        (&infrequent, config.infrequent_interval_minutes.or(config.infrequent_oldest_age_minutes)),
    ];
    if half.iter().any(|(tier, told)| tier.is_none() && told.is_some()) {
        return None;
    }
    let mut tiers: Vec<ScheduleTier> = frequent.into_iter().chain(infrequent).collect();
    if tiers.is_empty() && config.max_count != Some(0) {
        // The newest of n backups was made now, so the oldest is n - 1 distances old.
        let interval = config.interval?;
        let every = credible(hours(interval))?;
        let kept =
            config.max_count.filter(|count| *count > 1).map(|count| (count - 1).saturating_mul(interval));
        tiers.push(ScheduleTier { every, kept: kept.map(hours).and_then(credible) });
    }
    tiers.sort_by_key(|tier| tier.every);
    let from = ScheduleFrom::Plan { plan };
    Some(BackupSchedule { tiers, max_count: config.max_count, hour: None, minute: None, from })
}

/// The documented table, by kind and family of plans (`business-8` is of `business`).
fn documented(kind: &str, plan: &str) -> Option<BackupSchedule> {
    let family = plan.split('-').next().unwrap_or_default();
    let single = matches!(family, "hobbyist" | "free");
    let by_family = |startup: u64, business: u64, premium: u64| match family {
        "startup" => Some(startup),
        "business" => Some(business),
        "premium" => Some(premium),
        _ => None,
    };
    let (every, kept_hours): (u64, Option<u64>) = match kind {
        "pg" | "mysql" => (24, by_family(2, 14, 30).map(|days| days * 24)),
        "opensearch" => (1, by_family(3, 14, 30).map(|days| days * 24)),
        "valkey" | "redis" | "dragonfly" => (12, by_family(1, 3, 13).map(|days| days * 24)),
        "clickhouse" => (24, by_family(2, 14, 30).or(single.then_some(2)).map(|days| days * 24)),
        "grafana" => (1, Some(24).filter(|_| family == "startup")),
        "flink" => (1, Some(2).filter(|_| matches!(family, "startup" | "business"))),
        "cassandra" => (24, by_family(1, 1, 1).map(|days| days * 24)),
        "m3db" => (24, by_family(1, 6, 13).map(|days| days * 24)),
        _ => return None,
    };
    let only_newest = single && kind != "clickhouse";
    let tiers = match (kind, kept_hours) {
        ("opensearch", Some(kept)) => vec![
            ScheduleTier { every: hours(every), kept: Some(hours(24)) },
            ScheduleTier { every: hours(24), kept: Some(hours(kept)) },
        ],
        (_, kept) => vec![ScheduleTier { every: hours(every), kept: kept.map(hours) }],
    };
    let max_count = only_newest.then_some(1);
    Some(BackupSchedule { tiers, max_count, hour: None, minute: None, from: ScheduleFrom::Documentation })
}

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(3600))
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count.saturating_mul(60))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testkit::fixture;
    use super::super::wire::{Plans, ServiceAnswer, decode};
    use super::*;

    fn service(kind: &str, plan: &str, config: &serde_json::Value) -> Service {
        let body = json!({"service": {
            "service_name": "a", "service_type": kind, "plan": plan, "user_config": config,
        }});
        decode::<ServiceAnswer>(body.to_string().as_bytes()).unwrap().service
    }

    fn words(kind: &str, plan: &str, backups: Option<&str>, config: Option<&BackupConfig>) -> Option<String> {
        let backups = backups.map(|body| decode::<Backups<'_>>(body.as_bytes()).unwrap());
        Some(of(&service(kind, plan, &json!({})), backups.as_ref(), config)?.in_words())
    }

    #[test]
    fn the_plan_says_it_first() {
        let config = |body: &str, plan: &str| {
            decode::<Plans>(body.as_bytes()).unwrap().plan(plan).unwrap().backup_config.clone().unwrap()
        };
        for (kind, plan, body, said) in [
            ("pg", "startup-4", fixture!("plans-pg.json"), "each 1d kept 2d (plan startup-4)"),
            ("pg", "business-8", fixture!("plans-pg.json"), "each 1d kept 14d (plan business-8)"),
            ("pg", "premium-8", fixture!("plans-pg.json"), "each 1d kept 30d (plan premium-8)"),
            (
                "opensearch",
                "business-8",
                fixture!("plans-opensearch.json"),
                "each 1h kept 1d, each 1d kept 14d (plan business-8)",
            ),
        ] {
            let config = config(body, plan);
            assert_eq!(words(kind, plan, None, Some(&config)).as_deref(), Some(said));
        }
    }

    #[test]
    fn odd_plans_are_tolerated() {
        for (config, said) in [
            (json!({"interval": 24, "max_count": 0}), "none (plan p)"),
            (json!({"interval": 24, "max_count": 1}), "each 1d, only the newest is kept (plan p)"),
            (json!({"interval": "12", "max_count": null}), "each 12h (plan p)"),
            (json!({}), "each 1d (by the documentation, not by its plan)"),
            (json!({"interval": 0}), "each 1d (by the documentation, not by its plan)"),
            (json!({"frequent_interval_minutes": 30}), "each 30m (plan p)"),
            (json!({"interval": u64::MAX}), "each 1d (by the documentation, not by its plan)"),
            (
                json!({"frequent_interval_minutes": u64::MAX, "infrequent_interval_minutes": 60}),
                "each 1d (by the documentation, not by its plan)",
            ),
        ] {
            let config: BackupConfig = serde_json::from_value(config).unwrap();
            assert_eq!(words("pg", "p", None, Some(&config)).as_deref(), Some(said), "{config:?}");
        }
    }

    #[test]
    fn else_the_documentation_by_kind_and_family_and_it_says_so() {
        let by = "(by the documentation, not by its plan)";
        for (kind, plan, said) in [
            ("mysql", "business-4", "each 1d kept 14d"),
            ("mysql", "hobbyist", "each 1d, only the newest is kept"),
            ("opensearch", "premium-8", "each 1h kept 1d, each 1d kept 30d"),
            ("opensearch", "hobbyist", "each 1h, only the newest is kept"),
            ("valkey", "startup-4", "each 12h kept 1d"),
            ("redis", "premium-4", "each 12h kept 13d"),
            ("dragonfly", "business-8", "each 12h kept 3d"),
            ("clickhouse", "hobbyist", "each 1d kept 2d"),
            ("grafana", "startup-1", "each 1h kept 1d"),
            ("flink", "business-4", "each 1h kept 2h"),
            ("cassandra", "startup-4", "each 1d kept 1d"),
            ("m3db", "business-8", "each 1d kept 6d"),
            ("pg", "custom", "each 1d"),
        ] {
            assert_eq!(words(kind, plan, None, None), Some(format!("{said} {by}")), "{kind} {plan}");
        }
        for kind in ["kafka", "kafka_connect", "m3coordinator", "thanos", "thing", ""] {
            assert_eq!(words(kind, "business-4", None, None), None, "{kind}");
        }
    }

    #[test]
    fn what_the_service_shows_of_itself_is_taken_in_any_case() {
        let said = words("valkey", "business-4", Some(fixture!("backups-valkey.json")), None).unwrap();
        assert_eq!(said, "each 12h kept 3d, at 08:15 UTC (by the documentation, not by its plan)");
        let six = r#"{"scheduled_backup_time": {"backup_interval_hours": 6, "backup_hour": 1}}"#;
        assert_eq!(
            words("thing", "p", Some(six), None).unwrap(),
            "each 6h, at 01:?? UTC (as the service shows it)"
        );
        let absurd = six.replace('6', "18446744073709551615");
        assert_eq!(words("thing", "p", Some(&absurd), None), None, "a fault of the answer says nothing");
        let set = service("valkey", "startup-4", &json!({"backup_hour": 3, "backup_minute": null}));
        let said = of(&set, None, None).unwrap().in_words();
        assert_eq!(said, "each 1d kept 1d, at 03:?? UTC (by the documentation, not by its plan)");
    }
}
