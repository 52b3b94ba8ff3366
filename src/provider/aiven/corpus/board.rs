//! What a board makes of a spoiled list and of spoiled `/backups`: judged whole, as `status` tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use super::super::failure::Failure;
use super::super::reading::{self, Backed, Seen};
use super::super::testkit::fixture;
use super::super::wire::{self, Backups, Listed};
use super::spoil::{self, LONG, Spoiled};
use crate::domain::fleet::Discovery;
use crate::domain::sample::STALE;
use crate::domain::status::{Stamp, StatusCopy, StatusService};
use crate::domain::{
    Fleet, Outcome, Policy, ServicePart, Sign, SourceReport, StatusDoc, Timestamp, Verdict, assess,
};

const SOURCE: &str = "aiven";
const NOW: &str = "2026-05-12T10:00:00Z";

/// The answers of a project: its list, and `/backups` by service; none = refused to this token (S9).
#[derive(Debug, Clone)]
struct Project {
    list: Value,
    backups: BTreeMap<&'static str, Value>,
    may_see_backups: bool,
}

/// What is known of a service once the answers were read.
#[derive(Debug, Clone, PartialEq)]
struct Known {
    status: StatusService,
    part: ServicePart,
}

/// What came of reading a project.
#[derive(Debug)]
struct Board {
    services: BTreeMap<String, Known>,
    error: Option<String>,
    complete: bool,
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

impl Project {
    /// Services of every kind of backup, each with a tier.
    fn recorded() -> Self {
        let mut list = json(fixture!("service-list.json"));
        let services = list["services"].as_array_mut().unwrap();
        let kept = ["pg-orders", "mysql-shop", "os-logs", "kafka-events", "valkey-cache"];
        services.retain(|service| kept.contains(&service["service_name"].as_str().unwrap()));
        for service in services {
            service["tags"]["tier"] = "1".into();
        }
        let backups = BTreeMap::from([
            ("pg-orders", json(fixture!("backups-pg-btar.json"))),
            ("mysql-shop", json(fixture!("backups-mysql-btar.json"))),
            ("os-logs", json(fixture!("backups-opensearch-btar.json"))),
            ("valkey-cache", json(fixture!("backups-valkey.json"))),
        ]);
        Self { list, backups, may_see_backups: true }
    }

    /// The same with one service, and one beside it.
    fn of(mut self, name: &str) -> Self {
        const BESIDE: &str = "valkey-cache";
        let services = self.list["services"].as_array_mut().unwrap();
        services.retain(|service| [name, BESIDE].contains(&service["service_name"].as_str().unwrap()));
        services.sort_by_key(|service| service["service_name"] == BESIDE && name != BESIDE);
        self
    }

    /// The same with other backups of its first service, which the list tells, too.
    fn with_backups(mut self, name: &'static str, body: Value) -> Self {
        self.list["services"][0]["backups"] = body["backups"].clone();
        self.backups.insert(name, body);
        self
    }

    fn read(&self) -> Option<Board> {
        let now: Timestamp = NOW.parse().unwrap();
        let seen = Seen { source: SOURCE, as_of: now, their_now: now, plan: None, margin: Duration::ZERO };
        let body = self.list.to_string();
        let listed = wire::entries(body.as_bytes()).ok()?;
        let read: Vec<_> = listed.iter().map(|entry| self.part(entry.decode(), seen)).collect();
        let errors: BTreeSet<String> = read.iter().filter_map(|(_, error)| error.clone()).collect();
        let report = SourceReport {
            source: SOURCE.to_owned(),
            as_of: now,
            outcome: Outcome::Ok,
            error: None,
            skew_s: Some(0),
            took: Duration::ZERO,
            calls: 1,
            retry_after: None,
            nearest: BTreeMap::new(),
            complete: read.iter().all(|(part, _)| part.is_some()),
            services: read.into_iter().filter_map(|(part, _)| part).collect(),
        };
        Some(judged(&report, errors.into_iter().next()))
    }

    fn part(&self, listed: Listed, seen: Seen<'_>) -> (Option<ServicePart>, Option<String>) {
        let service = match (listed.service, listed.name) {
            (Ok(service), _) => service,
            (Err(why), name) => {
                let failure = Failure::bad_json(&why);
                return (name.map(|name| reading::broken(name, &failure, seen)), Some(failure.text));
            }
        };
        let answer = self.backups.get(service.service_name.as_str()).map(Value::to_string);
        let backed = match answer
            .map(|answer| wire::decode::<Backups<'_>>(answer.as_bytes()).map(Backups::into_owned))
        {
            None => Backed::Listed,
            Some(_) if !self.may_see_backups => Backed::Hidden(Failure::no_token("refused".to_owned())),
            Some(Ok(backups)) => Backed::Read(backups),
            Some(Err(why)) => Backed::Failed(Failure::bad_json(&why)),
        };
        let part = reading::part(&service, &backed, seen);
        let error = part.copies.iter().find_map(|copy| copy.error.clone());
        (Some(part), error)
    }
}

fn judged(report: &SourceReport, error: Option<String>) -> Board {
    let policy = Policy { tier: Some(1), rpo: Some(Duration::from_hours(2)), ..Policy::default() };
    let discovery = Discovery {
        source: SOURCE.to_owned(),
        tier_from_tag: Some("tier".to_owned()),
        owner_from_tag: None,
        short_names: true,
        tiers: [(1, policy)].into(),
        owners: BTreeMap::new(),
    };
    let mut fleet = Fleet::new([]).discovering(vec![discovery]);
    fleet.apply(report, &[]);
    let rows = fleet.services.values().map(|service| {
        let known = assess(service, report.as_of, &STALE);
        let doc = StatusDoc::new(report.as_of, [(service, &known)]);
        let part = report.services.iter().find(|part| part.remote == service.remote).unwrap().clone();
        (service.id.clone(), Known { status: doc.services.into_iter().next().unwrap(), part })
    });
    Board { services: rows.collect(), error, complete: report.complete }
}

/// What is wrong with a board that was read from a spoiled answer, for the one service that it is about.
fn faults(intact: &Board, board: &Board, about: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, known) in intact.services.iter().filter(|(name, _)| *name != about) {
        if board.services.get(name) != Some(known) {
            faults.push(format!("{name} changed with it"));
        }
    }
    for name in board.services.keys().filter(|name| !intact.services.contains_key(*name)) {
        faults.push(format!("a row {name:.40?} came of it"));
    }
    let whole = &intact.services[about];
    let Some(known) = board.services.get(about) else {
        if board.complete && board.error.is_none() {
            faults.push("it is gone, and nothing says so".to_owned());
        }
        return faults;
    };
    let says_so = board.error.is_some() || says_more(known, whole);
    if known.status.verdict == Verdict::Ok && whole.status.verdict != Verdict::Ok {
        faults.push(format!("it is ok, and was {}", whole.status.verdict.as_str()));
    }
    faults.extend(number_faults(&whole.status, &known.status, says_so));
    let copies = [
        ("here", &whole.status.primary, &known.status.primary),
        ("there", &whole.status.secondary, &known.status.secondary),
    ];
    for (place, whole, known) in copies {
        if let Some(known) = known {
            let found = copy_faults(whole.as_ref(), known, says_so);
            faults.extend(found.into_iter().map(|fault| format!("{place}: {fault}")));
        }
    }
    let room = serde_json::to_string(&whole.status).unwrap().len() + LONG / 2;
    if serde_json::to_string(&known.status).unwrap().len() > room {
        faults.push("a text without bounds is shown".to_owned());
    }
    faults.extend(fact_faults(&whole.part, &known.part));
    faults
}

/// Whether a row says more than the whole answer gives: a finding, a sign, an outcome.
fn says_more(known: &Known, whole: &Known) -> bool {
    let signs = |known: &Known| -> Vec<Sign> {
        let readings = known.part.copies.iter().filter_map(|copy| copy.reading.as_ref());
        readings.flat_map(|reading| reading.signs.clone()).collect()
    };
    let findings = |known: &Known| -> BTreeSet<_> {
        known.status.findings.iter().map(|finding| (finding.rule, finding.copy)).collect()
    };
    let before = signs(whole);
    known.part.copies.iter().any(|copy| copy.outcome != Outcome::Ok)
        || signs(known).iter().any(|sign| !before.contains(sign))
        || !findings(known).is_subset(&findings(whole))
}

fn number_faults(whole: &StatusService, known: &StatusService, says_so: bool) -> Vec<String> {
    let mut faults = Vec::new();
    if known.loss_s.is_some_and(|loss| whole.loss_s.is_none_or(|whole| loss < whole)) {
        faults.push(format!("a loss of {:?} s, and was {:?}", known.loss_s, whole.loss_s));
    }
    let lag = known.replication_lag_s;
    if lag.is_some_and(|lag| whole.replication_lag_s.is_none_or(|whole| lag < whole)) {
        faults.push(format!("it trails {lag:?} s, and trailed {:?}", whole.replication_lag_s));
    }
    // What a restore takes is a guess from the size of the newest backup of which one is told.
    let restore = |status: &StatusService| status.restore_s.map_or(0, |[_, most]| most);
    if restore(known) > 2 * restore(whole) {
        faults.push(format!("a restore of {:?}, and was {:?}", known.restore_s, whole.restore_s));
    }
    let numbers = |status: &StatusService| [status.loss_s, status.replication_lag_s, status.backup_lag_s];
    for (known, whole) in numbers(known).into_iter().zip(numbers(whole)) {
        if known.is_some() && known != whole && !says_so {
            faults.push(format!("{known:?} s instead of {whole:?}, and nothing says so"));
        }
    }
    faults
}

fn copy_faults(whole: Option<&StatusCopy>, known: &StatusCopy, says_so: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let inside = |from: Timestamp, to: Timestamp| {
        let windows = whole.and_then(|whole| whole.windows.as_ref()).into_iter().flatten();
        windows.into_iter().any(|whole| whole.from.at() <= from && to <= whole.to.at())
    };
    for window in known.windows.iter().flatten() {
        if !inside(window.from.at(), window.to.at()) {
            faults.push(format!("a window {window:?} that the whole answer does not give"));
        }
    }
    let ends =
        |copy: &StatusCopy| (copy.oldest_restorable.map(Stamp::at), copy.newest_restorable.map(Stamp::at));
    let (oldest, newest) = ends(known);
    let (first, last) = whole.map_or((None, None), ends);
    if oldest.is_some_and(|at| first.is_none_or(|first| at < first)) {
        faults.push(format!("oldest {oldest:?}, and was {first:?}"));
    }
    if newest.is_some_and(|at| last.is_none_or(|last| at > last)) {
        faults.push(format!("newest {newest:?}, and was {last:?}"));
    }
    let count = |copy: Option<&StatusCopy>| copy.and_then(|copy| copy.recovery_points);
    let (points, before) = (count(Some(known)), count(whole));
    if points.is_some() && points != before && !says_so {
        faults.push(format!("{points:?} points instead of {before:?}, and nothing says so"));
    }
    if points > before {
        faults.push(format!("{points:?} points, more than {before:?}"));
    }
    faults
}

/// A fact is as it was, or not known.
fn fact_faults(whole: &ServicePart, known: &ServicePart) -> Vec<String> {
    let (Some(whole), Some(known)) = (&whole.facts, &known.facts) else { return Vec::new() };
    let pairs = [
        ("plan", whole.plan.clone(), known.plan.clone()),
        ("region", whole.region.clone(), known.region.clone()),
        ("state", whole.state.clone(), known.state.clone()),
        ("version", whole.version.clone(), known.version.clone()),
        (
            "disk",
            whole.disk_bytes.map(|disk| disk.to_string()),
            known.disk_bytes.map(|disk| disk.to_string()),
        ),
    ];
    // A version can be told twice, once without its last part.
    let is_it = |whole: &Option<String>, known: &Option<String>| match (whole, known) {
        (Some(whole), Some(known)) => whole.starts_with(known.as_str()) && !known.is_empty(),
        (_, known) => known.is_none(),
    };
    let wrong = pairs.into_iter().filter(|(_, whole, known)| !is_it(whole, known));
    wrong.map(|(what, whole, known)| format!("{what} {known:.40?} instead of {whole:?}")).collect()
}

/// The ways that the provider's documentation gives a meaning of their own: no fault of an answer.
fn means_something(spoiled: &Spoiled) -> bool {
    let is = |end: &str| spoiled.place.ends_with(end);
    let absent = matches!(spoiled.how.as_str(), "dropped" | "null null");
    // Absent, null and empty lists of copies are alike; a copy is paused only where that is said; a region
    // that is taken off the setting's list switches copying off; a backup that is not listed is not there.
    let is_backup = spoiled.place.rsplit_once('/').is_some_and(|(parent, _)| {
        ["backups", "additional_regions", "additional_backup_regions"]
            .iter()
            .any(|list| parent.ends_with(list))
    });
    absent && (is("/additional_regions") || is("/paused") || (is_backup && spoiled.how == "dropped"))
}

#[track_caller]
fn check(what: &str, found: Vec<(Spoiled, Vec<String>)>) {
    let wrong: Vec<String> = found
        .into_iter()
        .filter(|(_, faults)| !faults.is_empty())
        .map(|(spoiled, faults)| format!("{} {}: {}", spoiled.place, spoiled.how, faults.join("; ")))
        .collect();
    assert!(wrong.is_empty(), "{} in {what}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Spoils what the list says of the first service.
fn spoil_list(name: &'static str, project: &Project) {
    let intact = project.read().unwrap();
    let all = project.list["services"][0].clone();
    let found = spoil::each(&all).filter(|spoiled| !means_something(spoiled)).map(|spoiled| {
        let mut project = project.clone();
        project.list["services"][0] = spoiled.body.clone();
        let faults = faults(&intact, &project.read().unwrap(), name);
        (spoiled, faults)
    });
    check(name, found.collect());
}

const KINDS: [&str; 4] = ["pg-orders", "mysql-shop", "os-logs", "valkey-cache"];

#[test]
fn s3_one_spoiled_value_of_the_list_claims_and_hides_nothing() {
    for name in KINDS.into_iter().chain(["kafka-events"]) {
        spoil_list(name, &Project::recorded().of(name));
    }
}

#[test]
fn s9_nor_does_it_where_backups_are_hidden_from_the_token() {
    for name in KINDS {
        spoil_list(name, &Project { may_see_backups: false, ..Project::recorded().of(name) });
    }
}

#[test]
fn s3_one_spoiled_value_of_the_backups_claims_and_hides_nothing() {
    for (name, body) in [
        ("pg-orders", fixture!("backups-pg-btar.json")),
        ("pg-orders", fixture!("backups-pg-btar-paused.json")),
        ("pg-orders", fixture!("backups-pg-btar-newest-not-copied.json")),
        ("pg-orders", fixture!("backups-pg-no-btar.json")),
        ("mysql-shop", fixture!("backups-mysql-btar.json")),
        ("os-logs", fixture!("backups-opensearch-btar.json")),
        ("valkey-cache", fixture!("backups-valkey.json")),
    ] {
        let body = json(body);
        let project = Project::recorded().of(name).with_backups(name, body.clone());
        let intact = project.read().unwrap();
        let found = spoil::each(&body).filter(|spoiled| !means_something(spoiled)).map(|spoiled| {
            let mut project = project.clone();
            project.backups.insert(name, spoiled.body.clone());
            let faults = faults(&intact, &project.read().unwrap(), name);
            (spoiled, faults)
        });
        check(name, found.collect());
    }
}
