use serde_json::json;

use super::super::testkit::{
    FORK, Reply, Seen as Request, Server, TOKEN, fixture, ok, request, settings, token,
};
use super::*;
use crate::domain::Target;
use crate::provider::Catalog as _;
use crate::provider::arming::{self, Credential, arm};

mod progress;
mod reach;
mod readiness;
mod removal;
mod source;

const NAME: &str = FORK;

fn armed(credential: Credential) -> Armed {
    arm(arming::Request {
        source: "aiven-demo",
        flag: true,
        read_only: false,
        allowed: true,
        credential: Ok(credential),
        loopback: true,
        clock: Clock::system(),
    })
    .unwrap()
}

fn forker(server: &Server) -> AivenForker {
    forker_with(server.settings(""))
}

fn forker_with(settings: Settings) -> AivenForker {
    AivenForker::new(armed(Credential::Token(token())), settings, Arc::default(), Clock::system()).unwrap()
}

/// A captured fork, with our mark.
fn ours(body: &str) -> String {
    body.replacen(
        "\"tags\": {}",
        "\"tags\": {\"lifeboat_run\": \"drill-pg-orders-20260512-k3q7wd\", \"lifeboat_attempt\": \"1\"}",
        1,
    )
}

fn source() -> Reply {
    ok(fixture!("service-get-pg-btar.json"))
}

fn refusal(status: u16, body: &str) -> Reply {
    Reply::Body(status, body.to_owned())
}

fn not_there() -> Reply {
    refusal(404, fixture!("error-404-service.json"))
}

/// The source exists; the fork is answered by `fork`, the creation by `created`.
async fn server(created: Reply, fork: Reply) -> Server {
    Server::start(move |request: &Request| match (request.method.as_str(), request.path.rsplit('/').next()) {
        ("GET", Some("pg-orders")) => source(),
        ("POST", _) => created.clone(),
        ("GET", Some(NAME)) => fork.clone(),
        other => panic!("{other:?}"),
    })
    .await
}

async fn start(created: Reply, fork: Reply) -> (StartOutcome, Vec<Request>) {
    let server = server(created, fork).await;
    let outcome = forker(&server).start(&request()).await;
    (outcome, server.calls("POST"))
}

#[tokio::test]
async fn the_call_says_everything_that_would_else_be_chosen_for_us() {
    let (outcome, sent) = start(refusal(201, fixture!("fork-1-created.json")), not_there()).await;
    assert!(
        matches!(&outcome, StartOutcome::Accepted { response, .. } if response.contains("REBUILDING")),
        "{outcome:?}"
    );
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].path, "/v1/project/rescue-demo/service");
    assert_eq!(
        sent[0].body,
        json!({
            "service_name": "pg-orders-dr", "service_type": "pg", "plan": "business-8", "disk_space_mb": 358_400,
            "cloud": "google-europe-west3", "project_vpc_id": null, "termination_protection": false,
            "tags": {"lifeboat_run": "drill-pg-orders-20260512-k3q7wd", "lifeboat_attempt": "1"},
            "user_config": {
                "service_to_fork_from": "pg-orders",
                "recovery_target_time": "2026-05-12T09:51:02.330912+00:00",
                "ip_filter": sent[0].body["user_config"]["ip_filter"],
            },
        })
    );
    let time = sent[0].body["user_config"]["recovery_target_time"].as_str().unwrap();
    assert!(time.len() <= 32);
    let admitted = sent[0].body["user_config"]["ip_filter"].as_array().unwrap();
    assert!(
        admitted.len() <= 1 && admitted.iter().all(|one| one.as_str().unwrap().ends_with("/32")),
        "{admitted:?}"
    );
}

#[tokio::test]
async fn opensearch_is_forked_by_the_name_of_a_backup() {
    let server = Server::start(|request: &Request| match request.method.as_str() {
        "GET" => ok(fixture!("service-get-opensearch-btar.json")),
        _ => ok(fixture!("fork-opensearch-no-counters.json")),
    })
    .await;
    let name = "backup-20260512t100004118010z".to_owned();
    let mut request = ForkRequest { drill: false, remote: "os-logs".to_owned(), ..request() };
    request.point.how = PointHow::Name { name };
    assert!(matches!(forker(&server).start(&request).await, StartOutcome::Accepted { .. }));
    let config = &server.calls("POST")[0].body["user_config"];
    let documented: Value =
        serde_json::from_str(fixture!("fork-request-opensearch-named-backup.json")).unwrap();
    assert_eq!(config, &documented["user_config"]);
}

#[tokio::test]
async fn an_incident_keeps_the_filter_of_the_source_and_the_config_may_change_plan_and_network() {
    let server = server(ok(fixture!("fork-1-created.json")), not_there()).await;
    let forker = forker_with(server.settings("fork_plan = 'startup-4'\nproject_vpc_id = 'vpc-7'"));
    let request = ForkRequest { drill: false, ..request() };
    assert!(matches!(forker.start(&request).await, StartOutcome::Accepted { .. }));
    let body = &server.calls("POST")[0].body;
    assert_eq!((&body["plan"], &body["project_vpc_id"]), (&json!("startup-4"), &json!("vpc-7")));
    assert!(body.get("disk_space_mb").is_none() && body["user_config"].get("ip_filter").is_none());
}

#[tokio::test]
async fn a_source_in_a_vpc_is_not_forked_into_the_open_by_silence() {
    let body = fixture!("service-get-pg-btar.json")
        .replace("\"project_vpc_id\": null", "\"project_vpc_id\": \"v1\"");
    let server = Server::start(move |request: &Request| match request.method.as_str() {
        "GET" => ok(&body),
        _ => ok(fixture!("fork-1-created.json")),
    })
    .await;
    let outcome = forker(&server).start(&request()).await;
    assert!(
        matches!(&outcome, StartOutcome::Refused { why, .. } if why.contains("project_vpc_id")),
        "{outcome:?}"
    );
    assert!(server.calls("POST").is_empty());
    let said = forker_with(server.settings("project_vpc_id = 'public'")).start(&request()).await;
    assert!(matches!(said, StartOutcome::Accepted { .. }), "{said:?}");
    assert_eq!(server.calls("POST")[0].body["project_vpc_id"], json!(null));
}

#[tokio::test]
async fn a_source_whose_network_is_not_shown_is_forked_into_the_open_in_an_incident_only() {
    let body = fixture!("service-get-pg-btar.json").replace("\"project_vpc_id\": null,", "");
    let server = Server::start(move |request: &Request| match request.method.as_str() {
        "GET" => ok(&body),
        _ => ok(fixture!("fork-1-created.json")),
    })
    .await;
    let drill = forker(&server).start(&request()).await;
    assert!(
        matches!(&drill, StartOutcome::Refused { why, .. } if why.contains("set `project_vpc_id`")),
        "{drill:?}"
    );
    assert!(server.calls("POST").is_empty());
    let incident = ForkRequest { drill: false, ..request() };
    let outcome = forker(&server).start(&incident).await;
    assert!(matches!(outcome, StartOutcome::Accepted { .. }), "nothing blocks an incident: {outcome:?}");
    assert_eq!(server.calls("POST")[0].body["project_vpc_id"], json!(null));
    let said = forker_with(server.settings("project_vpc_id = 'public'")).start(&request()).await;
    assert!(matches!(said, StartOutcome::Accepted { .. }), "{said:?}");
}

#[tokio::test]
async fn s20_a_lost_answer_is_unknown_and_never_sent_again() {
    for reply in [
        Reply::Hang,
        Reply::Reset(""),
        Reply::Raw(b"HTTP/1.1 201 X\r\ncontent-length: 900\r\n\r\n{\"service\"".to_vec()),
        ok("{\"message\": \"done\"}"),
        ok("{\"error\": \"odd\"}"),
        refusal(408, fixture!("error-408-proxy.html")),
        refusal(500, fixture!("error-500.json")),
        refusal(502, "<html>"),
        Reply::With(503, "retry-after: 30", fixture!("error-500.json").to_owned()),
    ] {
        let shown = format!("{reply:?}");
        let (outcome, sent) = start(reply, not_there()).await;
        assert!(matches!(outcome, StartOutcome::Unknown { .. }), "{shown:.60}: {outcome:?}");
        assert_eq!(sent.len(), 1, "{shown:.60}");
    }
}

#[tokio::test]
async fn a_certain_refusal_is_one_in_the_providers_words() {
    for (status, body, says) in [
        (400, fixture!("error-400-invalid-plan.json"), "Invalid plan 'business-999'"),
        (401, fixture!("error-401-expired-token.json"), "Missing (expired) db token"),
        (403, fixture!("error-403-plan-access-denied.json"), "Access to plan:business-8 denied"),
    ] {
        let (outcome, _) = start(refusal(status, body), not_there()).await;
        assert!(
            matches!(&outcome, StartOutcome::Refused { why, propose: None } if why.contains(says)),
            "{status}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn s20_a_call_that_is_one_too_many_was_not_taken_and_is_not_repeated_without_an_intent_of_its_own() {
    let begun = Clock::system().now();
    let (outcome, sent) = start(refusal(429, fixture!("error-429-rate-limit.json")), not_there()).await;
    let StartOutcome::NotTaken { why, again_at } = outcome else { panic!("{outcome:?}") };
    assert!(why.contains("too many requests (429), not before "), "{why}");
    assert!((again_at - begun).num_seconds() >= 28, "{begun} {again_at}");
    assert_eq!(sent.len(), 1);
}

#[tokio::test]
async fn s11_a_refused_instant_is_answered_with_an_earlier_one_that_is_not_sent() {
    let body = r#"{"message": "Invalid recovery_target_time: after the last WAL"}"#;
    let (outcome, sent) = start(refusal(400, body), not_there()).await;
    let StartOutcome::Refused { propose: Some(earlier), .. } = outcome else { panic!("{outcome:?}") };
    assert!(earlier < request().point.promised);
    assert_eq!(sent.len(), 1);
}

#[tokio::test]
async fn a_taken_name_is_read_back() {
    let taken = || refusal(409, fixture!("error-409-name-in-use.json"));
    let mine = ok(&ours(fixture!("fork-2-setting-up-vm.json")));
    assert!(matches!(start(taken(), mine).await.0, StartOutcome::Accepted { .. }));
    let foreign = start(taken(), ok(fixture!("fork-2-setting-up-vm.json"))).await.0;
    assert!(
        matches!(&foreign, StartOutcome::NameTaken { what } if what.contains("without our mark")),
        "{foreign:?}"
    );
    assert!(matches!(start(taken(), not_there()).await.0, StartOutcome::Unknown { .. }));
    assert!(matches!(start(taken(), Reply::Reset("")).await.0, StartOutcome::Unknown { .. }));
}

#[tokio::test]
async fn s19_only_our_mark_of_this_attempt_is_ours() {
    let other_attempt =
        ours(fixture!("fork-8-running.json")).replace("_attempt\": \"1\"", "_attempt\": \"2\"");
    for (reply, found) in [
        (ok(&ours(fixture!("fork-8-running.json"))), "mine"),
        (ok(fixture!("fork-8-running.json")), "foreign"),
        (ok(&other_attempt), "foreign"),
        (not_there(), "absent"),
        (refusal(404, r#"{"message":"Project does not exist"}"#), "cannot_tell"),
        (refusal(404, "<html>"), "cannot_tell"),
        (refusal(403, fixture!("error-403-authentication-failed.json")), "cannot_tell"),
        (Reply::Reset(""), "cannot_tell"),
        (ok("{}"), "cannot_tell"),
    ] {
        let server = server(Reply::Hang, reply.clone()).await;
        let whose = serde_json::to_value(forker(&server).find(&request()).await).unwrap();
        assert_eq!(whose["found"], json!(found), "{reply:?}");
    }
}

#[tokio::test]
async fn every_call_is_counted_by_its_region() {
    let server = server(ok(fixture!("fork-1-created.json")), not_there()).await;
    let gate = Arc::new(Gate::default());
    let forker = AivenForker::new(
        armed(Credential::Token(token())),
        server.settings(""),
        Arc::clone(&gate),
        Clock::system(),
    );
    forker.unwrap().start(&request()).await;
    let there = Place { role: None, region: Some("google-europe-west3".to_owned()) };
    assert_eq!(gate.calls().get(&there), Some(&1));
    assert_eq!(gate.calls().values().sum::<u64>(), 2);
}

#[tokio::test]
async fn without_a_token_there_is_no_forker() {
    let made = AivenForker::new(
        armed(Credential::ForkHost),
        settings("http://127.0.0.1:9", ""),
        Arc::default(),
        Clock::system(),
    );
    assert!(made.unwrap_err().contains("without a token"));
}

#[tokio::test]
async fn s36_the_calls_can_be_copied_and_hold_no_token() {
    let server = Server::start(|request: &Request| match request.path.rsplit('/').next() {
        Some("backups") => ok(fixture!("backups-pg-btar.json")),
        _ => source(),
    })
    .await;
    let catalog = super::super::AivenCatalog::new(
        "aiven-demo",
        server.settings(""),
        super::super::Wanted::All,
        token(),
        Arc::default(),
        Clock::system(),
    )
    .unwrap();
    let mut request = request();
    request.point = catalog.resolve("pg-orders", Role::Secondary, &Target::Newest).await.unwrap();
    let before = server.seen().len();
    let calls = catalog.preview(&request);
    assert_eq!(server.seen().len(), before, "a preview makes no call");
    let mutating: Vec<&str> =
        calls.iter().filter(|call| call.mutating).map(|call| call.command.as_str()).collect();
    let base = &server.address;
    assert!(
        mutating[0].starts_with("curl -fsS -X POST -H \"Authorization: aivenv1 $AIVEN_TOKEN\""),
        "{}",
        mutating[0]
    );
    assert!(mutating[0].contains("\"recovery_target_time\":\"2026-05-12T09:51:02.330912+00:00\""));
    assert!(mutating[0].ends_with(&format!("{base}/v1/project/rescue-demo/service")), "{}", mutating[0]);
    let avn = format!(
        "AIVEN_AUTH_TOKEN=\"$AIVEN_TOKEN\" avn --url {base} service create {NAME} --project rescue-demo"
    );
    assert!(mutating[1].starts_with(&avn), "{}", mutating[1]);
    assert!(mutating[1].contains("--no-project-vpc -c service_to_fork_from=pg-orders"), "{}", mutating[1]);
    assert!(mutating[2].contains("-X DELETE") && calls.len() == 5);
    assert!(!format!("{calls:?}").contains(TOKEN));
    let incident = catalog.preview(&ForkRequest { drill: false, ..request.clone() });
    let [.., remove, _] = incident.as_slice() else { panic!("{incident:?}") };
    assert_eq!(remove.what, "remove the fork (1 service), only by a clean-up");
    assert_eq!(remove.command, mutating[2], "S36: the same call");
    let unseen = ForkRequest { remote: "never-seen".to_owned(), ..request };
    let making = catalog.preview(&unseen).remove(0);
    assert!(making.command.starts_with("# cannot be made: the type of the source cannot be read now"));
    assert!(making.mutating, "a call that is not known yet makes a fork all the same");
}
