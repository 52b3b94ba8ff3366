//! The provider's own chart of how far a copy trailed.

use super::*;

#[tokio::test]
async fn s8_the_lag_report_is_a_chart_and_each_bad_answer_has_its_name() {
    let server = Server::start(|request| {
        assert_eq!(request.body, json!({"period": "week"}));
        assert!(request.path.ends_with("/service/pg-orders/backup_to_another_region/report"));
        ok(fixture!("btar-report.json"))
    })
    .await;
    let history = catalog(&server, Wanted::All).lag_history("pg-orders", LagPeriod::Week).await.unwrap();
    assert_eq!((history.series.len(), history.notes.len()), (1, 0));
    assert_eq!((history.as_of, history.period), (at("2026-05-12T10:00:00Z"), LagPeriod::Week));
    let refused = |status, body: &str| Reply::Body(status, body.to_owned());
    for (reply, outcome, says) in [
        (
            refused(403, fixture!("error-403-authentication-failed.json")),
            Outcome::Denied,
            "configuration:write",
        ),
        (refused(404, fixture!("error-404-service.json")), Outcome::NotFound, "not found"),
        (refused(429, fixture!("error-429-rate-limit.json")), Outcome::RateLimited, "not before 10:00:28Z"),
        (ok("<html>"), Outcome::Malformed, "web page"),
        (ok(r#"{"metrics": []}"#), Outcome::Malformed, "not as documented"),
        (Reply::Hang, Outcome::TimedOut, "no answer"),
    ] {
        let server = Server::start(move |_| reply.clone()).await;
        let none = catalog(&server, Wanted::All).lag_history("pg-orders", LagPeriod::Hour).await.unwrap_err();
        assert_eq!(none.outcome, outcome, "{none}");
        assert!(none.why.contains(says), "{none}");
    }
    let empty = Server::start(|_| ok(fixture!("btar-report-empty.json"))).await;
    let history = catalog(&empty, Wanted::All).lag_history("pg-orders", LagPeriod::Year).await.unwrap();
    assert!(history.series.is_empty() && history.notes[0].contains("copying may be off"), "{history:?}");
}
