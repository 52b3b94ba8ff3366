use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::*;

/// A source whose first look is answered so, and each later one well.
async fn shaky(first: Reply) -> Server {
    let is_first = AtomicBool::new(true);
    Server::start(move |request: &Request| match request.method.as_str() {
        "POST" => ok(fixture!("fork-1-created.json")),
        _ if is_first.swap(false, Ordering::SeqCst) => first.clone(),
        _ => source(),
    })
    .await
}

fn wait(status: u16, header: &'static str) -> Reply {
    Reply::With(status, header, fixture!("error-429-rate-limit.json").to_owned())
}

#[tokio::test]
async fn s20_a_look_at_the_source_that_fails_is_no_refusal_of_the_fork() {
    let replies = [
        Reply::Hang,
        Reply::Reset(""),
        ok("{"),
        refusal(408, fixture!("error-408-proxy.html")),
        refusal(500, fixture!("error-500.json")),
        wait(429, "retry-after: 0"),
        wait(503, "retry-after: 1"),
    ];
    join_all(replies.map(async |first| {
        let shown = format!("{first:?}");
        let server = shaky(first).await;
        let outcome = forker(&server).start(&request()).await;
        assert!(matches!(outcome, StartOutcome::Accepted { .. }), "{shown:.60}: {outcome:?}");
        let (looks, sent) = (server.calls("GET").len(), server.calls("POST").len());
        assert_eq!((looks, sent), (2, 1), "{shown:.60}");
    }))
    .await;
}

#[tokio::test]
async fn s20_what_stays_or_is_not_over_in_time_is_told_at_once_and_nothing_is_sent() {
    let short = Duration::from_secs(2);
    for (first, timeout, says) in [
        (refusal(401, fixture!("error-401-expired-token.json")), short, "the token is refused"),
        (refusal(403, fixture!("error-403-authentication-failed.json")), short, "not allowed"),
        (not_there(), short, "not found"),
        (wait(429, "retry-after: 600"), short, "again at "),
        // No time is left for another look.
        (refusal(500, "{}"), Duration::from_secs(40), "the provider failed (500)"),
    ] {
        let server = shaky(first).await;
        let begun = Instant::now();
        let outcome = forker_with(Settings { timeout, ..server.settings("") }).start(&request()).await;
        let told =
            |why: &str| why.contains("nothing was sent: pg-orders cannot be read") && why.contains(says);
        assert!(matches!(&outcome, StartOutcome::Refused { why, .. } if told(why)), "{says}: {outcome:?}");
        assert!(begun.elapsed() < Duration::from_secs(60), "{says}");
        assert_eq!((server.calls("GET").len(), server.calls("POST").len()), (1, 0), "{says}");
    }
}
