use serde_json::json;

use super::super::testkit::{Reply, Seen, Server, TOKEN, fixture, ok, settings, token};
use super::super::wire::ServiceAnswer;
use super::*;
use crate::domain::Outcome;
use crate::secret::SecretRef;

fn client(settings: &Settings) -> Client {
    Client::new(settings, token(), Arc::default(), Clock::system()).unwrap()
}

async fn list(settings: &Settings, limit: Duration) -> Result<usize, Failure> {
    let entries: Result<Vec<_>, _> = client(settings).list(limit).await?.collect();
    Ok(entries?.len())
}

async fn failure_of(reply: Reply) -> Failure {
    let server = Server::start(move |_| reply.clone()).await;
    list(&server.settings(""), Duration::from_secs(2)).await.unwrap_err()
}

#[tokio::test]
async fn a_call_carries_the_token_and_never_asks_for_secrets() {
    let server = Server::start(|_| ok(fixture!("service-list.json"))).await;
    assert_eq!(list(&server.settings(""), Duration::from_secs(2)).await, Ok(9));
    let seen = server.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/v1/project/rescue-demo/service"));
    assert!(seen.head.contains(&format!("authorization: aivenv1 {TOKEN}")), "{}", seen.head);
    assert!(seen.head.contains("accept-encoding: gzip"), "{}", seen.head);
    assert!(!seen.path.contains("include_secrets"));
}

#[tokio::test]
async fn the_connection_that_brought_the_list_brings_nothing_else() {
    let server = Server::start(|_| ok(fixture!("service-list.json"))).await;
    let (client, limit) = (client(&server.settings("")), Duration::from_secs(2));
    client.list(limit).await.unwrap();
    client.call(Call::get(&["service", "pg-orders"], Place::default()), limit).await.unwrap();
    let closes = |seen: &Seen| seen.head.contains("connection: close");
    assert_eq!(server.seen().iter().map(closes).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn every_refusal_has_its_name_and_the_providers_words() {
    for (status, body, outcome, says) in [
        (401, fixture!("error-401-expired-token.json"), Outcome::Denied, "Missing (expired) db token"),
        (401, fixture!("error-401-invalid-token.json"), Outcome::Denied, "the token is refused (401)"),
        (403, fixture!("error-403-authentication-failed.json"), Outcome::Denied, "not allowed (403)"),
        (404, fixture!("error-404-service.json"), Outcome::NotFound, "Service does not exist"),
        (408, fixture!("error-408-proxy.html"), Outcome::TimedOut, "proxy gave up waiting (408): a web page"),
        (409, fixture!("error-409-name-in-use.json"), Outcome::Error, "already in use in this project"),
        (429, fixture!("error-429-rate-limit.json"), Outcome::RateLimited, "(429), not before "),
        (500, fixture!("error-500.json"), Outcome::Error, "the provider failed (500)"),
        (503, "", Outcome::Error, "the provider failed (503)"),
        (302, "", Outcome::Malformed, "sent elsewhere"),
        (200, r#"{"error":"no such thing"}"#, Outcome::Error, "reports a failure (200): no such thing"),
        (200, r#"{"errors":[{"status":"403","message":"No"}]}"#, Outcome::Error, "(200): No"),
        (
            400,
            r#"{"message":["not","text"],"errors":[{"message":"Bad"}]}"#,
            Outcome::Error,
            "refused (400): Bad",
        ),
    ] {
        let failure = failure_of(Reply::Body(status, body.to_owned())).await;
        assert_eq!(failure.outcome, outcome, "{status}: {failure}");
        assert!(failure.text.contains(says), "{status}: {failure}");
        assert_eq!(failure.status, Some(status));
    }
}

#[tokio::test]
async fn the_wait_is_taken_from_the_header_first_and_is_bounded() {
    let body = fixture!("error-429-rate-limit.json");
    for (header, wait) in [("retry-after: 7", 7), ("x-none: 1", 28), ("retry-after: 99999999", 3600)] {
        let failure = failure_of(Reply::With(429, header, body.to_owned())).await;
        assert_eq!(failure.retry_after, Some(Duration::from_secs(wait)), "{header}");
    }
    assert_eq!(failure_of(Reply::Body(429, String::new())).await.retry_after, None);
}

#[tokio::test]
async fn garbage_has_its_name() {
    let truncated = b"HTTP/1.1 200 X\r\ncontent-length: 500\r\n\r\n{\"services\": [".to_vec();
    let bad_gzip = b"HTTP/1.1 200 X\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope".to_vec();
    let deep = format!(r#"{{"services":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    let half = "HTTP/1.1 200 X\r\ncontent-length: 500\r\n\r\n{\"serv";
    for (reply, outcome, says) in [
        (ok(fixture!("error-408-proxy.html")), Outcome::Malformed, "web page instead of JSON"),
        (ok(r#"{"services": [{"#), Outcome::Malformed, "ends early"),
        (ok(&deep), Outcome::Malformed, "nested deeper"),
        (ok(r#"{"services": 7}"#), Outcome::Malformed, "`services`"),
        (ok(r#"{"message": "hello"}"#), Outcome::Malformed, "missing field `services`"),
        (Reply::Raw(truncated), Outcome::Malformed, "broke off"),
        (Reply::Raw(bad_gzip), Outcome::Malformed, "broke off"),
        (Reply::Raw(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()), Outcome::Unreachable, "lost before an answer"),
        (Reply::Reset(""), Outcome::Unreachable, "lost before an answer"),
        (Reply::Reset(half), Outcome::Unreachable, "lost before an answer"),
    ] {
        let shown = format!("{reply:?}");
        let failure = failure_of(reply).await;
        assert_eq!(failure.outcome, outcome, "{shown:.80}: {failure}");
        assert!(failure.text.contains(says), "{shown:.80}: {failure}");
        assert!(!failure.nothing_was_done(), "{shown:.80}");
    }
}

#[tokio::test]
async fn a_flood_is_cut_off() {
    let failure = failure_of(Reply::Endless).await;
    assert!(failure.text.contains("larger than 32 MiB"), "{failure}");
    assert_eq!(failure.outcome, Outcome::Malformed);
}

#[tokio::test]
async fn silence_ends_with_the_callers_limit() {
    let server = Server::start(|_| Reply::Hang).await;
    let begun = Instant::now();
    let failure = list(&server.settings(""), Duration::from_millis(150)).await.unwrap_err();
    assert_eq!(failure.outcome, Outcome::TimedOut);
    assert!(failure.text.contains("150ms"), "{failure}");
    assert!(!failure.nothing_was_done(), "the request was sent");
    assert!(begun.elapsed() < Duration::from_millis(1500));
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let failure = list(&settings(&address, ""), Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(failure.outcome, Outcome::Unreachable);
    assert!(failure.nothing_was_done());
    assert!(failure.text.contains("refused"), "{failure}");
}

#[tokio::test]
async fn the_providers_clock_is_compared_even_when_it_refuses() {
    let failure = failure_of(Reply::With(500, "date: Tue, 12 May 2026 10:00:00 GMT", String::new())).await;
    let at = chrono::DateTime::parse_from_rfc3339("2026-05-12T10:00:00Z").unwrap();
    let expected = chrono::Utc::now().signed_duration_since(at).num_seconds();
    assert!((failure.skew_s.unwrap() - expected).abs() <= 2, "{failure:?}");
}

#[tokio::test]
async fn a_token_that_is_quoted_back_is_not_repeated() {
    let words = format!(r#"{{"message":"Invalid token {TOKEN}"}}"#);
    let failure = failure_of(Reply::Body(401, words)).await;
    assert!(failure.text.contains("Invalid token [token]"), "{failure}");
    let server = Server::start(|_| Reply::Hang).await;
    assert!(!format!("{:?}", client(&server.settings(""))).contains(TOKEN));
}

/// Long words are cut, and the cut may go through the token.
#[tokio::test]
async fn no_part_of_a_token_is_left_by_a_cut() {
    let quoted = r"sLasHed\/t0ken";
    for (status, before, spelled) in
        [(401, 234, TOKEN), (200, 130, TOKEN), (401, 234, quoted), (200, 0, quoted)]
    {
        let words = format!("{}{spelled}", "x".repeat(before));
        let body = if status == 200 { json!({"services": "?"}) } else { json!({"message": "?"}) };
        let body = body.to_string().replace('?', &words);
        let server = Server::start(move |_| Reply::Body(status, body.clone())).await;
        let token = SecretString::from(spelled.replace(r"\/", "/"));
        let client =
            Client::new(&server.settings(""), token.clone(), Arc::default(), Clock::system()).unwrap();
        let failure = match client.list(Duration::from_secs(2)).await {
            Ok(mut listing) => listing.find_map(Result::err).unwrap(),
            Err(failure) => failure,
        };
        let part = token.expose_secret().get(..5).unwrap();
        assert!(!failure.text.contains(part), "{status} {before}: {failure}");
    }
}

#[tokio::test]
async fn a_missing_project_is_no_missing_service() {
    for (body, absent) in [
        (fixture!("error-404-service.json"), true),
        (r#"{"message":"Service pg-a does not exist"}"#, true),
        (r#"{"message":"Project service-prod does not exist"}"#, false),
        (r#"{"message":"x","errors":[{"error_code":"project_not_found","message":"Service"}]}"#, false),
        ("<html>404</html>", false),
    ] {
        let failure = failure_of(Reply::Body(404, body.to_owned())).await;
        assert_eq!(failure.says_service_is_absent(), absent, "{body}");
    }
}

#[tokio::test]
async fn secrets_of_a_service_are_not_decoded() {
    let body = fixture!("fork-8-running.json").replace("<redacted>", "s3cret");
    let server = Server::start(move |_| ok(&body)).await;
    let client = client(&server.settings(""));
    let answer =
        client.call(Call::get(&["service", "a"], Place::default()), Duration::from_secs(2)).await.unwrap();
    let decoded: ServiceAnswer = answer.decode().unwrap();
    let shown = format!("{decoded:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("avnadmin"), "{shown}");
}

#[tokio::test]
async fn s34_a_token_whose_lease_is_over_is_read_again() {
    let server = Server::start(|seen| {
        if seen.head.contains("aivenv1 fresh") {
            ok("{}")
        } else {
            Reply::Body(401, fixture!("error-401-expired-token.json").to_owned())
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "stale").unwrap();
    let from = SecretRef::File(file.clone());
    let client = Client::new(&server.settings(""), from, Arc::default(), Clock::system()).unwrap();
    let call = async || client.call(Call::get(&["service"], Place::default()), Duration::from_secs(5)).await;
    assert_eq!(call().await.unwrap_err().status, Some(401));
    std::fs::write(&file, "fresh").unwrap();
    assert_eq!(call().await.unwrap_err().status, Some(401), "it was read a moment ago");
    client.token.age();
    call().await.unwrap();
}
