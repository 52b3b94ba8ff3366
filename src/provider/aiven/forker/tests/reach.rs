//! How a finished fork is reached (S27).

use super::*;
use crate::secret::ExposeSecret as _;

const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----\n";

/// The fork is answered by `fork`, the project's authority by `authority`.
async fn reach(fork: String, authority: Reply) -> (Result<Endpoint, String>, Vec<Request>) {
    let server = Server::start(move |request: &Request| match request.path.as_str() {
        "/v1/project/rescue-demo/service/pg-orders-dr" => ok(&fork),
        "/v1/project/rescue-demo/kms/ca" => authority.clone(),
        other => panic!("{other}"),
    })
    .await;
    let endpoint = forker(&server).endpoint(&request()).await;
    (endpoint, server.seen())
}

fn told() -> String {
    ours(fixture!("fork-8-running.json")).replace("<redacted>", "s3cret")
}

fn authority() -> Reply {
    ok(&json!({ "certificate": PEM }).to_string())
}

#[tokio::test]
async fn s27_a_fork_is_reached_with_its_password_and_the_authority_of_its_project() {
    let (endpoint, seen) = reach(told(), authority()).await;
    let endpoint = endpoint.unwrap();
    assert_eq!((endpoint.port, endpoint.ca_pem.as_deref()), (24110, Some(PEM)));
    assert_eq!(endpoint.password.unwrap().expose_secret(), "s3cret");
    assert_eq!(endpoint.sql_blocked, None);
    assert!(seen.iter().all(|seen| seen.method == "GET" && !seen.path.contains("include_secrets")));
}

#[tokio::test]
async fn s27_what_is_not_ours_is_not_reached() {
    let (endpoint, _) = reach(fixture!("fork-8-running.json").to_owned(), authority()).await;
    assert!(endpoint.unwrap_err().contains("is not ours"));
}

#[tokio::test]
async fn s27_without_an_authority_sql_is_not_tried_and_the_reason_is_said() {
    for (reply, says) in [
        (refusal(403, fixture!("error-403-authentication-failed.json")), "not allowed (403)"),
        (not_there(), "not found (404)"),
        (Reply::Hang, "no answer within"),
        (Reply::Reset(""), "lost before an answer"),
        (ok("<html>"), "a web page instead of JSON"),
        (ok("{}"), "holds none"),
        (ok(r#"{"certificate": null}"#), "holds none"),
        (ok(r#"{"certificate": ""}"#), "holds none"),
        (ok(r#"{"certificate": 7}"#), "not as documented"),
    ] {
        let shown = format!("{reply:?}");
        let (endpoint, _) = reach(told(), reply).await;
        let endpoint = endpoint.unwrap();
        let why = endpoint.sql_blocked.unwrap();
        assert!(
            why.contains(says) && why.contains("let the acting token read the project"),
            "{shown}: {why}"
        );
        assert_eq!(endpoint.ca_pem, None);
    }
}

#[tokio::test]
async fn s27_a_masked_password_is_said_with_its_remedy_and_asks_for_nothing_more() {
    let (endpoint, seen) = reach(ours(fixture!("fork-8-running.json")), authority()).await;
    let why = endpoint.unwrap().sql_blocked.unwrap();
    assert!(why.contains("hides the fork's password") && why.contains("service:secrets:read"), "{why}");
    assert_eq!(seen.len(), 1);
}

#[tokio::test]
async fn sql_is_spoken_with_postgresql_alone() {
    let (endpoint, _) =
        reach(told().replace("\"service_type\": \"pg\"", "\"service_type\": \"mysql\""), authority()).await;
    let why = endpoint.unwrap().sql_blocked.unwrap();
    assert!(why.contains("this is mysql") && why.contains("`command` check"), "{why}");
}
