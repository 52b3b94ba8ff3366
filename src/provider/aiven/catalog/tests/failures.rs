//! What a reading makes of answers that fail, break, hang or are refused.

use super::*;

#[tokio::test]
async fn s9_a_narrow_token_sees_backups_but_no_windows() {
    let refused = Reply::Body(403, fixture!("error-403-authentication-failed.json").to_owned());
    let report = read(project_with(refused), only("pg-orders")).await;
    assert_eq!(report.outcome, Outcome::Partial);
    let secondary = copy(&report, "pg-orders", Role::Secondary);
    assert_eq!(secondary.outcome, Outcome::Partial);
    assert!(secondary.error.as_ref().unwrap().contains("not visible"), "{secondary:?}");
    let reading = secondary.reading.as_deref().cloned().unwrap();
    assert_eq!(reading.windows, None);
    assert_eq!(reading.points.unwrap().len(), 4);
    assert!(matches!(&reading.signs[..], [Sign::WindowsNotVisible { .. }]));
}

/// A fleet of `pg-orders`, nothing of it read yet.
fn pg_orders_bound() -> (Fleet, [Binding; 2]) {
    let id = "pg-orders".to_owned();
    let bind =
        |role| Binding { source: "aiven-demo".to_owned(), remote: id.clone(), service: id.clone(), role };
    let bindings = [Role::Primary, Role::Secondary].map(bind);
    let row = Service { facts: None, primary: None, secondary: None, ..sample::orders() };
    (Fleet::new([Service { id: id.clone(), remote: id, ..row }]), bindings)
}

#[tokio::test]
async fn s15_a_breach_stays_one_while_windows_are_refused_or_make_no_sense() {
    let ending = |end: Value| {
        let mut body: Value = serde_json::from_str(fixture!("backups-pg-btar.json")).unwrap();
        body["pitr"]["additional_regions"][0]["pitr_range_end"] = end;
        ok(&body.to_string())
    };
    let long_ago = json!("2026-05-12T08:00:00Z");
    let refused = Reply::Body(403, fixture!("error-403-authentication-failed.json").to_owned());
    for then in [refused, ending(json!(null)), ending(json!("2027-05-12T08:00:00Z"))] {
        let (mut fleet, bindings) = pg_orders_bound();
        for answer in [ending(long_ago.clone()), then.clone(), then] {
            let report = read(project_with(answer), only("pg-orders")).await;
            fleet.apply(&report, &bindings);
            let known = assess(&fleet.services["pg-orders"], report.as_of, &sample::STALE);
            assert_eq!(known.verdict, Verdict::Critical, "{:?}", known.findings);
            assert_eq!(known.findings[0].rule, Rule::RpoExceeded);
        }
    }
}

#[tokio::test]
async fn s2_what_is_known_of_a_service_that_was_moved_stays_while_nothing_is_shown_of_its_backups() {
    let mut list: Value = serde_json::from_str(fixture!("service-list.json")).unwrap();
    list["services"][0]["cloud_name"] = json!("google-europe-north1");
    list["services"][0]["backups"] = json!(null);
    let list = list.to_string();
    let (mut fleet, bindings) = pg_orders_bound();
    let failed = Reply::Body(500, fixture!("error-500.json").to_owned());
    for backups in [ok(fixture!("backups-pg-btar.json")), failed] {
        let list = list.clone();
        let answer = move |request: &Request| {
            if request.path.ends_with("/backups") { backups.clone() } else { ok(&list) }
        };
        fleet.apply(&read(answer, only("pg-orders")).await, &bindings);
    }
    for role in [Role::Primary, Role::Secondary] {
        let known = fleet.services["pg-orders"].copy(role).unwrap();
        assert_eq!(known.attempt.outcome, Outcome::Error);
        assert!(known.last_good.is_some(), "{known:?}");
    }
}

/// A mistyped project, a page of a gateway, a service that is listed all the same: none says that there is no backup.
#[tokio::test]
async fn s3_what_is_not_found_where_nothing_was_read_yet_is_unknown_and_named() {
    for (path, body, says) in [
        ("/service", r#"{"message":"Project does not exist"}"#, "Project does not exist (see `project`"),
        ("/service", "<html>404</html>", "a web page instead of JSON (see `project` and `url`"),
        ("/backups", fixture!("error-404-service.json"), "Service does not exist"),
    ] {
        let answer = move |request: &Request| {
            if request.path.ends_with(path) { Reply::Body(404, body.to_owned()) } else { project(request) }
        };
        let (mut fleet, bindings) = pg_orders_bound();
        for binding in &bindings {
            let unread = CopyState::unread("aiven-demo", "aiven-demo", None);
            *fleet.services.get_mut("pg-orders").unwrap().copy_mut(binding.role) = Some(unread);
        }
        let report = read(answer, only("pg-orders")).await;
        fleet.apply(&report, &bindings);
        let known = assess(&fleet.services["pg-orders"], report.as_of, &sample::STALE);
        let finding = &known.findings[0];
        assert_eq!((known.verdict, finding.rule), (Verdict::Unknown, Rule::SecondaryUnreadable), "{known:?}");
        assert!(finding.text.contains(says), "{}", finding.text);
        for copy in [known.primary, known.secondary].map(Option::unwrap) {
            assert_eq!((copy.recovery_points, copy.windows), (None, None), "{body}");
        }
    }
}

#[tokio::test]
async fn a_part_fails_alone() {
    for (reply, outcome) in [
        (Reply::Hang, Outcome::TimedOut),
        (Reply::Reset(""), Outcome::Unreachable),
        (ok("{\"backups\": [{\"backup_time\": 7}]}"), Outcome::Malformed),
        (ok(fixture!("error-408-proxy.html")), Outcome::Malformed),
        (Reply::Body(404, fixture!("error-404-service.json").to_owned()), Outcome::Error),
        (Reply::Body(500, fixture!("error-500.json").to_owned()), Outcome::Error),
    ] {
        let report = read(project_with(reply), Wanted::All).await;
        assert_eq!(report.outcome, Outcome::Partial);
        for role in [Role::Primary, Role::Secondary] {
            let failed = copy(&report, "pg-orders", role);
            assert_eq!((failed.outcome, &failed.reading), (outcome, &None));
            assert!(failed.error.is_some());
        }
        assert_eq!(copy(&report, "mysql-shop", Role::Secondary).outcome, Outcome::Ok, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_broken_entry_of_the_list_hides_no_other() {
    let list = fixture!("service-list.json").replacen("2026-05-09T03:30:11.204518Z", "yesterday", 1);
    let answer = move |request: &Request| {
        if request.path.ends_with("/service") { ok(&list) } else { project(request) }
    };
    let report = read(answer, Wanted::All).await;
    assert_eq!((report.services.len(), report.complete), (9, true), "no service is taken for gone");
    let broken = copy(&report, "pg-orders", Role::Secondary);
    assert_eq!(broken.outcome, Outcome::Malformed);
    let error = broken.error.as_deref().unwrap();
    assert!(error.contains("`services[0].backups[0].backup_time`"), "{error}");
}

#[tokio::test]
async fn a_failed_list_is_the_outcome_of_the_source() {
    for (reply, outcome, says) in [
        (
            Reply::Body(401, fixture!("error-401-expired-token.json").to_owned()),
            Outcome::Denied,
            "$AIVEN_TOKEN",
        ),
        (
            Reply::Body(429, fixture!("error-429-rate-limit.json").to_owned()),
            Outcome::RateLimited,
            "not before 10:00:28Z",
        ),
        (
            Reply::Body(404, r#"{"message":"Project does not exist"}"#.to_owned()),
            Outcome::NotFound,
            "Project does not exist (see `project` and `url` of this source)",
        ),
        (ok("[]"), Outcome::Malformed, "not as documented"),
    ] {
        let report = read(move |_| reply.clone(), Wanted::All).await;
        assert_eq!((report.outcome, report.complete, report.calls), (outcome, false, 1));
        assert!(report.error.as_ref().unwrap().contains(says), "{report:?}");
        assert!(!format!("{report:?}").contains(TOKEN));
    }
}

#[tokio::test]
async fn a_rate_limit_ends_the_cycle_and_carries_its_wait() {
    let server = Server::start(|request| {
        if request.path.ends_with("/backups") {
            Reply::Body(429, fixture!("error-429-rate-limit.json").to_owned())
        } else {
            project(request)
        }
    })
    .await;
    let mut catalog = catalog(&server, Wanted::All);
    catalog.settings.max_concurrency = 1;
    let report = catalog.read(SOON).await;
    assert_eq!((report.outcome, report.retry_after), (Outcome::Partial, Some(Duration::from_secs(28))));
    let backups = server.seen().iter().filter(|seen| seen.path.ends_with("/backups")).count();
    assert_eq!(backups, 1, "the first refusal is the last call");
    assert_eq!(copy(&report, "mysql-shop", Role::Primary).outcome, Outcome::RateLimited);
}

#[tokio::test]
async fn s1_a_rate_limit_carries_its_wait_also_where_the_list_turns_out_to_be_none() {
    let told: Value = serde_json::from_str(fixture!("service-list.json")).unwrap();
    let entries = told["services"].to_string();
    let long = format!(r#"{{"service_name":"long","more":"{}"}}"#, "x".repeat(200_000));
    let cut = format!(r#"{{"services":{},{long}"#, entries.strip_suffix(']').unwrap());
    let server = Server::start(move |request| {
        if request.path.ends_with("/backups") {
            Reply::Body(429, fixture!("error-429-rate-limit.json").to_owned())
        } else {
            ok(&cut)
        }
    })
    .await;
    let report = catalog(&server, Wanted::All).read(SOON).await;
    assert_eq!((report.outcome, report.retry_after), (Outcome::Partial, Some(Duration::from_secs(28))));
    let error = report.error.as_deref();
    assert_eq!(
        (error, report.complete),
        (Some("the list of services is not whole: the JSON ends early"), false)
    );
}

#[tokio::test]
async fn s1_what_was_read_before_a_list_breaks_off_is_kept_and_what_comes_after_it_is_neither_read_nor_gone()
{
    let whole: Value = serde_json::from_str(fixture!("service-list.json")).unwrap();
    let [first, second] = [0, 1].map(|place| whole["services"][place].to_string());
    let (behind, half) = second.split_at(second.len() / 2);
    let cut = format!(r#"{{"services":[{first},{behind}"#);
    assert!(!half.is_empty());
    let answer = move |request: &Request| {
        if request.path.ends_with("/service") { ok(&cut) } else { project(request) }
    };
    let (mut fleet, mut bindings) = (pg_orders_bound().0, pg_orders_bound().1.to_vec());
    let id = whole["services"][1]["service_name"].as_str().unwrap().to_owned();
    bindings.extend(pg_orders_bound().1.map(|binding| Binding {
        service: id.clone(),
        remote: id.clone(),
        ..binding
    }));
    fleet.services.insert(id.clone(), Service { id: id.clone(), remote: id.clone(), ..sample::orders() });
    fleet.apply(&read(project, Wanted::All).await, &bindings);
    let before = fleet.services[&id].clone();
    let report = read(answer, Wanted::All).await;
    let error = report.error.clone();
    assert_eq!(error.as_deref(), Some("the list of services is not whole: the JSON ends early"));
    assert_eq!((report.outcome, report.complete, report.services.len()), (Outcome::Partial, false, 1));
    assert!(copy(&report, "pg-orders", Role::Secondary).reading.is_some(), "it was read by calls of its own");
    fleet.apply(&report, &bindings);
    let behind = &fleet.services[&id];
    let there = behind.secondary.as_ref().unwrap();
    assert_eq!((there.attempt.outcome, &there.attempt.error), (Outcome::Malformed, &error));
    assert_eq!((behind.gone_since, &there.last_good), (None, &before.secondary.as_ref().unwrap().last_good));
    let known = assess(behind, report.as_of, &sample::STALE);
    assert_eq!(known.findings[0].rule, Rule::SecondaryUnreadable, "{:?}", known.findings);
}

#[tokio::test]
async fn s3_a_service_that_the_config_names_and_the_project_lacks_gets_the_nearest_name_also_of_one_not_wanted()
 {
    for wanted in [only("pg-ordres"), Wanted::All] {
        let server = Server::start(project).await;
        let catalog = catalog(&server, wanted).naming(["pg-ordres".to_owned(), "zzz".to_owned()].into());
        let report = catalog.read(SOON).await;
        assert!(report.complete, "{report:?}");
        assert_eq!(report.nearest, [("pg-ordres".to_owned(), "pg-orders".to_owned())].into());
    }
}

#[tokio::test]
async fn the_deadline_holds_with_every_answer_missing() {
    let server =
        Server::start(
            |request| if request.path.ends_with("/backups") { Reply::Hang } else { project(request) },
        )
        .await;
    let begun = Instant::now();
    let report = catalog(&server, Wanted::All).read(Duration::from_millis(400)).await;
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
    assert_eq!(report.outcome, Outcome::Partial);
    assert_eq!(copy(&report, "os-logs", Role::Secondary).outcome, Outcome::TimedOut);
}

#[tokio::test]
async fn a_provider_clock_that_is_off_moves_the_open_end_with_it() {
    let server = Server::start(|request| match project(request) {
        Reply::Body(status, body) => Reply::With(status, "date: Tue, 12 May 2026 09:00:00 GMT", body),
        other => other,
    })
    .await;
    let report = catalog(&server, only("pg-orders")).read(SOON).await;
    assert_eq!(report.skew_s, Some(3599));
    let reading = copy(&report, "pg-orders", Role::Primary).reading.as_deref().cloned().unwrap();
    assert_eq!(reading.windows.unwrap()[0].to.at, at("2026-05-12T09:00:01Z"));
}

/// One of two clocks is off: what lies ahead of the one and not of the other is still believed (S25).
#[tokio::test]
async fn s25_a_window_is_believed_by_either_clock_and_by_neither_it_is_not_known() {
    for (date, end, is_known) in [
        ("date: Tue, 12 May 2026 09:00:00 GMT", "2026-05-12T09:51:07Z", true),
        ("date: Tue, 12 May 2026 11:00:00 GMT", "2026-05-12T10:51:07Z", true),
        ("date: Tue, 12 May 2026 10:00:00 GMT", "2026-05-12T10:51:07Z", false),
    ] {
        let body = fixture!("backups-pg-btar.json").replace("2026-05-12T09:51:07.330912Z", end);
        let server = Server::start(move |request| {
            let body = if request.path.ends_with("/pg-orders/backups") { Some(body.clone()) } else { None };
            match (body, project(request)) {
                (Some(body), _) | (None, Reply::Body(_, body)) => Reply::With(200, date, body),
                (None, other) => other,
            }
        })
        .await;
        let report = catalog(&server, only("pg-orders")).read(SOON).await;
        let reading = copy(&report, "pg-orders", Role::Secondary).reading.as_deref().cloned().unwrap();
        assert_eq!(reading.windows.is_some(), is_known, "{date} {end}");
        let says_so = |sign: &Sign| matches!(sign, Sign::Note { text } if text.contains("which cannot be"));
        assert_eq!(reading.signs.iter().any(says_so), !is_known, "{:?}", reading.signs);
    }
}
