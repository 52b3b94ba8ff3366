//! Points resolved from live answers.

use super::*;
use crate::provider::PointHow;

async fn resolve(remote: &str, role: Role, target: Target) -> Result<ForkPoint, NoPoint> {
    let server = Server::start(project).await;
    let catalog = catalog(&server, Wanted::All);
    catalog.resolve(remote, role, &target).await
}

#[tokio::test]
async fn s11_newest_is_the_end_of_the_window_minus_the_margin() {
    let point = resolve("pg-orders", Role::Secondary, Target::Newest).await.unwrap();
    assert_eq!(point.how, PointHow::Time { at: at("2026-05-12T09:51:02.330912Z") });
    assert_eq!((point.promised, point.promised_is), (at("2026-05-12T09:51:02.330912Z"), Edge::Exact));
    assert_eq!(point.backup.as_deref(), Some("2026-05-12_03-30_0.00000000.pghoard"));
    assert_eq!(point.size_bytes, Some(48_701_603_840));
    assert!(point.note.unwrap().contains("5s before the end"));
}

#[tokio::test]
async fn oldest_an_instant_and_a_backup_are_instants_inside_the_window() {
    let first = "2026-05-09T03:30:11.204518Z";
    for (target, wanted) in [
        (Target::Oldest, first),
        (Target::At(at("2026-05-11T12:00:00Z")), "2026-05-11T12:00:00Z"),
        (Target::Backup("2026-05-10_03-30_0.00000000.pghoard".to_owned()), "2026-05-10T03:30:09.871220Z"),
        (Target::Backup("2026-05-09_03-30_0.00000000.pghoard".to_owned()), first),
    ] {
        let point = resolve("pg-orders", Role::Secondary, target).await.unwrap();
        assert_eq!(point.how, PointHow::Time { at: at(wanted) });
    }
}

#[tokio::test]
async fn r10_what_lies_outside_is_refused_with_what_is_near() {
    let end = at("2026-05-12T09:51:07.330912Z");
    let refused = resolve("pg-orders", Role::Secondary, Target::At(end + TimeDelta::seconds(1)))
        .await
        .unwrap_err()
        .refused();
    assert_eq!((refused.earlier, refused.later), (Some(end), None));
    let refused = resolve("pg-orders", Role::Secondary, Target::At(at("2026-01-01T00:00:00Z")))
        .await
        .unwrap_err()
        .refused();
    assert_eq!(refused.later, Some(at("2026-05-09T03:30:11.204518Z")));
    let refused =
        resolve("pg-orders", Role::Secondary, Target::Backup("none".to_owned())).await.unwrap_err().refused();
    assert!(refused.reason.contains("no backup of this copy"), "{refused}");
    let refused = resolve("kafka-events", Role::Secondary, Target::Newest).await.unwrap_err().refused();
    assert!(refused.reason.contains("no backups by design"), "{refused}");
}

#[tokio::test]
async fn opensearch_is_restored_by_the_name_of_a_snapshot() {
    let point = resolve("os-logs", Role::Secondary, Target::Newest).await.unwrap();
    assert_eq!(point.how, PointHow::Name { name: "backup-20260512t100004118010z".to_owned() });
    assert_eq!((point.promised_is, point.promised), (Edge::Exact, at("2026-05-12T10:00:04.118010Z")));
    assert!(point.note.unwrap().contains("no point-in-time recovery"));
    let between = Target::At(at("2026-05-12T08:30:00Z"));
    let refused = resolve("os-logs", Role::Secondary, between).await.unwrap_err().refused();
    assert_eq!(refused.earlier, Some(at("2026-05-12T08:00:04.118008Z")));
}

#[tokio::test]
async fn mysql_is_restored_to_an_instant_through_its_chain() {
    let server = Server::start(|request| match request.path.rsplit('/').next() {
        Some("mysql-shop") => ok(fixture!("service-get-mysql-btar.json")),
        _ => project(request),
    })
    .await;
    let catalog = catalog(&server, Wanted::All);
    let middle = Target::Backup("mysql-20260511t041503z".to_owned());
    for (target, wanted, chain) in [
        (Target::Newest, "2026-05-12T09:43:55Z", Some("1 full and 2 incremental")),
        (Target::At(at("2026-05-11T12:00:00Z")), "2026-05-11T12:00:00Z", Some("1 full and 1 incremental")),
        (Target::Oldest, "2026-05-10T04:15:02.551900Z", None),
        (middle, "2026-05-11T04:15:03.010442Z", Some("1 full and 1 incremental")),
    ] {
        let point = catalog.resolve("mysql-shop", Role::Secondary, &target).await.unwrap();
        assert_eq!(point.how, PointHow::Time { at: at(wanted) }, "{target}");
        assert_eq!(point.backup.as_deref(), Some("mysql-20260510t041502z"), "the full one");
        match chain {
            Some(chain) => assert!(point.note.as_deref().unwrap().contains(chain), "{point:?}"),
            None => assert_eq!(point.note, None),
        }
    }
}

#[tokio::test]
async fn s25_a_point_of_a_source_whose_network_is_not_shown_says_where_its_fork_would_be() {
    let hidden = fixture!("service-get-pg-btar.json").replace("\"project_vpc_id\": null,", "");
    let server = Server::start(move |request: &Request| match request.path.rsplit('/').next() {
        Some("pg-orders") => ok(&hidden),
        _ => project(request),
    })
    .await;
    let point = catalog(&server, Wanted::All).resolve("pg-orders", Role::Secondary, &Target::Newest).await;
    let note = point.unwrap().note.unwrap();
    assert!(note.contains("5s before the end") && note.contains("goes into the PUBLIC network"), "{note}");
}

#[tokio::test]
async fn s25_a_last_known_point_says_where_its_fork_would_be_until_the_network_of_its_source_is_read() {
    let server = Server::start(project).await;
    let note = |catalog: &AivenCatalog, known: &Reading| {
        catalog.resolve_by("pg-orders", known, Role::Secondary, &Target::Newest).unwrap().note.unwrap()
    };
    let read = catalog(&server, Wanted::All);
    let report = read.read(SOON).await;
    let part = report.services.iter().find(|part| part.remote == "pg-orders").unwrap();
    let copy = part.copies.iter().find(|copy| copy.role == Role::Secondary).unwrap();
    let known = copy.reading.as_ref().unwrap();
    // Another process read that, and this one cannot.
    let unread = note(&catalog(&server, Wanted::All), known);
    assert!(unread.contains("goes into the PUBLIC network"), "{unread}");
    assert!(!note(&read, known).contains("PUBLIC"), "its source was seen to be there");
}

#[tokio::test]
async fn s9_a_source_that_cannot_be_read_refuses_no_point() {
    let error = |status, body: &str| Reply::Body(status, body.to_owned());
    for (reply, says, wait) in [
        (
            error(403, fixture!("error-403-authentication-failed.json")),
            "pg-orders cannot be read: not allowed (403)",
            None,
        ),
        (
            error(401, fixture!("error-401-expired-token.json")),
            "the token of aiven-demo is refused (401): renew it",
            None,
        ),
        (
            error(429, fixture!("error-429-rate-limit.json")),
            "pg-orders cannot be read: too many requests (429)",
            Some(28),
        ),
        (error(500, fixture!("error-500.json")), "pg-orders cannot be read: the provider failed (500)", None),
    ] {
        let server = Server::start(move |_: &Request| reply.clone()).await;
        let catalog = catalog(&server, Wanted::All);
        let no_point = catalog.resolve("pg-orders", Role::Secondary, &Target::Newest).await.unwrap_err();
        let NoPoint::CannotTell { why, again_in } = no_point else { panic!("{no_point:?}") };
        assert!(why.starts_with(says), "{why}");
        assert_eq!(again_in, wait.map(Duration::from_secs));
    }
    let gone = |_: &Request| Reply::Body(404, fixture!("error-404-service.json").to_owned());
    let server = Server::start(gone).await;
    let catalog = catalog(&server, Wanted::All);
    let gone = catalog.resolve("pg-orders", Role::Secondary, &Target::Newest).await.unwrap_err().refused();
    assert!(gone.reason.starts_with("pg-orders is gone: not found (404)"), "{gone}");
}
