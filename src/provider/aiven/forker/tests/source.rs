use futures_util::future::join_all;

use super::*;

/// A source whose first look is answered so, and each later one well.
async fn shaky(first: Reply) -> Server {
    let is_first = std::sync::atomic::AtomicBool::new(true);
    Server::start(move |request: &Request| match request.method.as_str() {
        "POST" => ok(fixture!("fork-1-created.json")),
        _ if is_first.swap(false, std::sync::atomic::Ordering::SeqCst) => first.clone(),
        _ => source(),
    })
    .await
}

fn wait(status: u16, header: &'static str) -> Reply {
    Reply::With(status, header, fixture!("error-429-rate-limit.json").to_owned())
}

#[tokio::test]
async fn s20_a_look_at_the_source_that_fails_is_no_refusal_of_the_fork_and_nothing_was_sent() {
    let replies = [
        (Reply::Hang, 10),
        (Reply::Reset(""), 10),
        (ok("{"), 10),
        (refusal(408, fixture!("error-408-proxy.html")), 10),
        (refusal(500, fixture!("error-500.json")), 10),
        (refusal(429, fixture!("error-429-rate-limit.json")), 28),
        (wait(429, "retry-after: 0"), 10),
        (wait(503, "retry-after: 600"), 600),
    ];
    join_all(replies.map(async |(first, least_s)| {
        let shown = format!("{first:?}");
        let server = shaky(first).await;
        let (forker, begun) = (forker(&server), Clock::system().now());
        let outcome = forker.start(&request()).await;
        let StartOutcome::NotTaken { why, again_at } = outcome else { panic!("{shown:.60}: {outcome:?}") };
        assert!(why.contains("nothing was sent: pg-orders cannot be read"), "{shown:.60}: {why}");
        assert!((again_at - begun).num_seconds() >= least_s, "{shown:.60}: {begun} {again_at}");
        let calls = || (server.calls("GET").len(), server.calls("POST").len());
        assert_eq!(calls(), (1, 0), "{shown:.60}");
        let again = forker.start(&request()).await;
        assert!(matches!(again, StartOutcome::Accepted { .. }), "{shown:.60}: {again:?}");
        assert_eq!(calls(), (2, 1), "{shown:.60}");
    }))
    .await;
}

#[tokio::test]
async fn s20_what_stays_is_told_at_once_and_nothing_is_sent() {
    for (first, says) in [
        (refusal(401, fixture!("error-401-expired-token.json")), "the token is refused"),
        (refusal(403, fixture!("error-403-authentication-failed.json")), "not allowed"),
        (not_there(), "not found"),
    ] {
        let server = shaky(first).await;
        let outcome = forker(&server).start(&request()).await;
        let told =
            |why: &str| why.contains("nothing was sent: pg-orders cannot be read") && why.contains(says);
        assert!(matches!(&outcome, StartOutcome::Refused { why, .. } if told(why)), "{says}: {outcome:?}");
        assert_eq!((server.calls("GET").len(), server.calls("POST").len()), (1, 0), "{says}");
    }
}
