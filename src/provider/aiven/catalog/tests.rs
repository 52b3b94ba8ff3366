use serde_json::{Value, json};

use super::super::testkit::{Reply, Seen as Request, Server, TOKEN, fixture, ok, token};
use super::*;
use crate::domain::fleet::{Binding, Fleet};
use crate::domain::terms::LeftBehind;
use crate::domain::{
    Assessment, CopyPart, CopyState, Edge, PointKind, Points, Replicated, Rule, Service, Sign, Timestamp,
    Verdict, assess, sample,
};

mod failures;
mod forks;
mod kinds;
mod lag;
mod points;

const SOON: Duration = Duration::from_secs(2);

/// The project of the fixtures: the list, and `/backups` of the services that have them.
fn project(request: &Request) -> Reply {
    match request.path.trim_start_matches("/v1/project/rescue-demo/service") {
        "" => ok(fixture!("service-list.json")),
        "/pg-orders" => ok(fixture!("service-get-pg-btar.json")),
        "/os-logs" => ok(fixture!("service-get-opensearch-btar.json")),
        "/kafka-events" => ok(fixture!("service-get-kafka-no-backups.json")),
        "/pg-orders/backups" => ok(fixture!("backups-pg-btar.json")),
        "/mysql-shop/backups" => ok(fixture!("backups-mysql-btar.json")),
        "/os-logs/backups" => ok(fixture!("backups-opensearch-btar.json")),
        _ => ok(fixture!("backups-empty.json")),
    }
}

/// The same, but `/backups` of `pg-orders` is answered by `reply`.
fn project_with(reply: Reply) -> impl Fn(&Request) -> Reply {
    move |request| {
        if request.path.ends_with("/pg-orders/backups") { reply.clone() } else { project(request) }
    }
}

fn catalog(server: &Server, wanted: Wanted) -> AivenCatalog {
    catalog_at(server, wanted, "2026-05-12T10:00:00Z")
}

fn catalog_at(server: &Server, wanted: Wanted, now: &str) -> AivenCatalog {
    let clock = Clock::starting_at(at(now), 0.0);
    AivenCatalog::new("aiven-demo", server.settings(""), wanted, token(), Arc::default(), clock).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn only(name: &str) -> Wanted {
    Wanted::Only([name.to_owned()].into())
}

async fn read(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static, wanted: Wanted) -> SourceReport {
    let server = Server::start(answer).await;
    catalog(&server, wanted).read(SOON).await
}

fn copy<'a>(report: &'a SourceReport, service: &str, role: Role) -> &'a CopyPart {
    let part = report.services.iter().find(|part| part.remote == service).unwrap();
    part.copies.iter().find(|copy| copy.role == role).unwrap_or_else(|| panic!("{service} {role:?}"))
}

/// What `pg-orders` looks like when its `/backups` answers this.
async fn pg_orders(backups: &str) -> SourceReport {
    read(project_with(ok(backups)), only("pg-orders")).await
}

#[tokio::test]
async fn s1_one_reading_gives_both_copies_of_many_services() {
    let server = Server::start(project).await;
    let report = catalog(&server, Wanted::All).read(SOON).await;
    assert_eq!((report.outcome, report.error.as_deref(), report.complete), (Outcome::Ok, None, true));
    assert_eq!(report.services.len(), 9);
    let asked: BTreeSet<String> = server.seen().iter().map(|seen| seen.path.clone()).collect();
    assert!(asked.contains("/v1/project/rescue-demo/service/pg-orders/backups"));
    assert!(!asked.contains("/v1/project/rescue-demo/service/kafka-events/backups"), "has none by design");
    assert_eq!(usize::try_from(report.calls).unwrap(), server.seen().len());
    assert!(server.seen().iter().all(|seen| seen.method == "GET"), "reading changes nothing");
}

#[tokio::test]
async fn s8_the_open_end_of_the_primary_is_its_as_of_and_claimed_at_most() {
    let report = pg_orders(fixture!("backups-pg-btar.json")).await;
    let primary = copy(&report, "pg-orders", Role::Primary);
    assert_eq!(primary.region.as_deref(), Some("google-europe-west1"));
    assert_eq!(primary.copy, "aiven-demo google-europe-west1");
    let reading = primary.reading.as_ref().unwrap();
    let window = &reading.windows.as_ref().unwrap()[0];
    assert_eq!((window.to.at, window.to_is), (at("2026-05-12T10:00:00Z"), Edge::AtMost));
    assert_eq!(window.from.at, at("2026-05-09T03:30:11.204518Z"));
    assert_eq!(reading.interval, Some(Duration::from_hours(24)));
    assert_eq!(reading.points.as_ref().unwrap().len(), 4);
    assert_eq!(reading.points.as_ref().unwrap().get(0).unwrap().size_bytes, Some(48_211_968_000));
}

#[tokio::test]
async fn s4_the_end_of_the_secondary_is_exact() {
    let report = pg_orders(fixture!("backups-pg-btar.json")).await;
    let secondary = copy(&report, "pg-orders", Role::Secondary);
    assert_eq!((secondary.outcome, secondary.region.as_deref()), (Outcome::Ok, Some("google-europe-west3")));
    let reading = secondary.reading.as_ref().unwrap();
    let window = &reading.windows.as_ref().unwrap()[0];
    assert_eq!((window.to.at, window.to_is), (at("2026-05-12T09:51:07.330912Z"), Edge::Exact));
    assert_eq!(window.to.grade, crate::domain::Grade::Claimed);
    assert_eq!(reading.log.replicated, Replicated::Yes);
    assert!(reading.signs.is_empty(), "{:?}", reading.signs);
}

#[tokio::test]
async fn a_backup_that_was_not_copied_is_no_point_there() {
    let report = pg_orders(fixture!("backups-pg-btar-newest-not-copied.json")).await;
    let count =
        |role| copy(&report, "pg-orders", role).reading.as_deref().cloned().unwrap().points.unwrap().len();
    assert_eq!((count(Role::Primary), count(Role::Secondary)), (4, 3));
}

#[tokio::test]
async fn a_paused_copy_is_said_and_its_promises_are_not_counted() {
    let report = pg_orders(fixture!("backups-pg-btar-paused.json")).await;
    let reading = copy(&report, "pg-orders", Role::Secondary).reading.as_deref().cloned().unwrap();
    assert_eq!(reading.signs, [Sign::CopyPaused { reason: Some("storage_unavailable".to_owned()) }]);
    assert_eq!(reading.points.unwrap().len(), 2);
    assert_eq!(reading.windows.unwrap()[0].to.at, at("2026-05-10T19:02:55Z"));
}

#[tokio::test]
async fn without_a_backup_region_there_is_no_secondary_and_a_reason() {
    for regions in [json!(null), json!([])] {
        let mut list: Value = serde_json::from_str(fixture!("service-list.json")).unwrap();
        let service = &mut list["services"][0];
        service["user_config"]["additional_backup_regions"] = regions.clone();
        service["backups"] = json!(null);
        let list = list.to_string();
        let answer = move |request: &Request| {
            if request.path.ends_with("/backups") {
                ok(fixture!("backups-pg-no-btar.json"))
            } else {
                ok(&list)
            }
        };
        let report = read(answer, only("pg-orders")).await;
        let part = &report.services[0];
        assert_eq!(part.copies.len(), 1, "{regions}");
        let reason = part.facts.as_ref().unwrap().no_secondary_because.as_deref();
        assert_eq!(reason, Some("backup to another region is off"));
    }
}

/// `pg-orders` with copying set to nowhere, as the list tells it, or with its settings hidden.
fn without_copies(shown: bool) -> String {
    let mut list: Value = serde_json::from_str(fixture!("service-list.json")).unwrap();
    let service = &mut list["services"][0];
    service["user_config"] = if shown { json!({ "additional_backup_regions": [] }) } else { json!(null) };
    service["backups"] = json!(null);
    list.to_string()
}

#[tokio::test]
async fn s3_s9_what_was_not_read_does_not_say_that_there_is_no_copy() {
    let read_whole = || ok(fixture!("backups-pg-no-btar.json"));
    let failed = || Reply::Body(500, fixture!("error-500.json").to_owned());
    let hidden = || Reply::Body(403, fixture!("error-403-authentication-failed.json").to_owned());
    for (shown, backups, outcome) in [
        (true, failed(), Outcome::Error),
        (true, hidden(), Outcome::Partial),
        (false, read_whole(), Outcome::Partial),
    ] {
        let list = without_copies(shown);
        let answer = move |request: &Request| {
            if request.path.ends_with("/backups") { backups.clone() } else { ok(&list) }
        };
        let report = read(answer, only("pg-orders")).await;
        let there = copy(&report, "pg-orders", Role::Secondary);
        assert_eq!((there.outcome, &there.region, &there.reading), (outcome, &None, &None), "{there:?}");
        assert_eq!(report.services[0].facts.as_ref().unwrap().no_secondary_because, None, "{outcome:?}");

        let (row, known) = row_after(&report, Some("google-europe-west3"));
        let secondary = row.secondary.as_ref().unwrap();
        assert!(secondary.last_good.is_some(), "what was known of it is kept: {outcome:?}");
        assert_eq!(secondary.region.as_deref(), Some("google-europe-west3"));
        assert!(!known.findings.iter().any(|finding| finding.rule == Rule::NoSecondary), "{known:?}");
        let (_, known) = row_after(&report, None);
        assert_eq!(known.verdict, Verdict::Unknown, "{outcome:?}: {:?}", known.findings);
    }
}

/// The row after a report, with what was known of its secondary copy before, and how it is judged.
fn row_after(report: &SourceReport, region: Option<&str>) -> (Service, Assessment) {
    let id = "pg-orders";
    let before = sample::orders();
    let known = before.secondary.as_ref().and_then(|copy| copy.last_good.clone());
    let secondary = region.map(|region| CopyState {
        last_good: known,
        ..CopyState::unread(format!("aiven-demo {region}"), "aiven-demo".to_owned(), Some(region.to_owned()))
    });
    let mut fleet = Fleet::default();
    let row =
        Service { id: id.to_owned(), remote: id.to_owned(), facts: None, primary: None, secondary, ..before };
    fleet.services.insert(id.to_owned(), row);
    let bind = |role| Binding {
        source: "aiven-demo".to_owned(),
        remote: id.to_owned(),
        service: id.to_owned(),
        role,
    };
    fleet.apply(report, &[bind(Role::Primary), bind(Role::Secondary)]);
    let row = fleet.services.remove(id).unwrap();
    let known = assess(&row, report.as_of, &sample::STALE);
    (row, known)
}

#[tokio::test]
async fn absent_null_and_empty_lists_of_copies_are_alike() {
    for regions in [None, Some(json!(null)), Some(json!([]))] {
        let mut body: Value = serde_json::from_str(fixture!("backups-pg-btar.json")).unwrap();
        let newest = &mut body["backups"][3];
        match regions.clone() {
            Some(regions) => newest["additional_regions"] = regions,
            None => drop(newest.as_object_mut().unwrap().remove("additional_regions")),
        }
        let report = pg_orders(&body.to_string()).await;
        let points =
            copy(&report, "pg-orders", Role::Secondary).reading.as_deref().cloned().unwrap().points.unwrap();
        assert_eq!(points.len(), 3, "{regions:?}");
    }
}

#[tokio::test]
async fn s3_windows_that_are_not_told_are_unknown_unless_nothing_lies_there() {
    let edit = |change: fn(&mut Value)| {
        let mut body: Value = serde_json::from_str(fixture!("backups-pg-btar.json")).unwrap();
        change(&mut body);
        body.to_string()
    };
    let cases: [(String, Option<usize>); 6] = [
        (edit(|body| body["pitr"] = json!(null)), None),
        (edit(|body| body["pitr"]["additional_regions"] = json!(null)), None),
        (edit(|body| body["pitr"]["additional_regions"][0]["pitr_range_end"] = json!(null)), None),
        (
            edit(|body| {
                body["pitr"]["additional_regions"][0]["pitr_range_end"] = json!("2026-01-01 00:00:00");
            }),
            None,
        ),
        (edit(|body| body["pitr"]["additional_regions"][0]["pitr_range_start"] = json!(null)), Some(0)),
        (fixture!("backups-empty.json").to_owned(), Some(0)),
    ];
    for (body, windows) in cases {
        let report = pg_orders(&body).await;
        let reading = copy(&report, "pg-orders", Role::Secondary).reading.as_deref().cloned().unwrap();
        assert_eq!(reading.windows.map(|windows| windows.len()), windows, "{body:.300}");
        assert_eq!(windows.is_none(), reading.signs.iter().any(|sign| matches!(sign, Sign::Note { .. })));
    }
}

#[tokio::test]
async fn a_moved_service_keeps_its_backups_where_they_were_made() {
    let list = fixture!("service-list.json").replacen(
        "\"cloud_name\": \"google-europe-west1\"",
        "\"cloud_name\": \"google-europe-north1\"",
        1,
    );
    let body = fixture!("backups-pg-btar.json").replacen("\"google-europe-west1\"", "\"google-us-east1\"", 2);
    let answer =
        move |request: &Request| if request.path.ends_with("/backups") { ok(&body) } else { ok(&list) };
    let report = read(answer, only("pg-orders")).await;
    assert_eq!(report.services[0].facts.as_ref().unwrap().region.as_deref(), Some("google-europe-north1"));
    let primary = copy(&report, "pg-orders", Role::Primary);
    assert_eq!(primary.region.as_deref(), Some("google-europe-west1"));
    let signs = &primary.reading.as_ref().unwrap().signs;
    let [Sign::Note { text }] = &signs[..] else { panic!("{signs:?}") };
    assert!(text.starts_with("2 older backups lie in google-us-east1"), "{text}");
    let left = &report.services[0].facts.as_ref().unwrap().terms.left_behind;
    let wanted = LeftBehind {
        region: "google-us-east1".to_owned(),
        count: 2,
        newest: Some(at("2026-05-10T03:30:09.871220Z")),
    };
    assert_eq!(left, &[wanted]);
}

#[tokio::test]
async fn opensearch_has_snapshots_and_mysql_has_increments() {
    let report = read(project, Wanted::All).await;
    let snapshots = copy(&report, "os-logs", Role::Secondary).reading.as_deref().cloned().unwrap();
    assert_eq!((snapshots.ability, snapshots.windows), (Ability::Snapshots, Some(Vec::new().into())));
    let points = snapshots.points.unwrap();
    assert_eq!((points.len(), points.get(4).unwrap().kind), (5, PointKind::Snapshot));
    let mysql = copy(&report, "mysql-shop", Role::Secondary).reading.as_deref().cloned().unwrap();
    let kinds: Vec<PointKind> = mysql.points.unwrap().iter().map(|point| point.kind).collect();
    assert_eq!(kinds, [PointKind::Full, PointKind::Incremental, PointKind::Incremental]);
    assert_eq!(mysql.windows.unwrap()[0].to.at, at("2026-05-12T09:44:00Z"));
}

#[tokio::test]
async fn s7_other_kinds_are_restored_to_their_backups_and_an_unknown_kind_says_so() {
    let list =
        fixture!("service-list.json").replace("\"service_type\": \"redis\"", "\"service_type\": \"thing\"");
    let report = read(
        move |request| {
            if request.path.ends_with("/service") {
                ok(&list)
            } else if request.path.ends_with("/valkey-cache/backups") {
                ok(fixture!("backups-valkey.json"))
            } else {
                project(request)
            }
        },
        Wanted::All,
    )
    .await;
    let kafka = copy(&report, "kafka-events", Role::Primary).reading.as_deref().cloned().unwrap();
    assert_eq!((kafka.ability, kafka.points), (Ability::ByDesignNone, Some(Points::default())));
    let valkey = copy(&report, "valkey-cache", Role::Primary).reading.as_deref().cloned().unwrap();
    assert_eq!((valkey.ability, valkey.windows), (Ability::Snapshots, Some(Vec::new().into())));
    assert_eq!((valkey.points.unwrap().len(), valkey.interval), (2, Some(Duration::from_hours(12))));
    let unread = copy(&report, "redis-old", Role::Primary).reading.as_deref().cloned().unwrap();
    assert_eq!((unread.ability, unread.windows), (Ability::Unread, None));
    assert!(
        matches!(&unread.signs[..], [Sign::Note { text }] if text.contains("is not a kind of service that is known here")),
        "{:?}",
        unread.signs
    );
}
