//! Looking at a fork that is under way, is gone or is somebody else's (S19, S20).

use super::*;

/// Looks once, by a run's clock of this speed, at a fork that is answered by `fork` beside a list.
async fn looked(fork: Reply, list: &str, speed: f64) -> (AivenForker, Server) {
    let list = list.to_owned();
    let server = Server::start(
        move |request: &Request| {
            if request.path.ends_with(NAME) { fork.clone() } else { ok(&list) }
        },
    )
    .await;
    let clock = Clock::starting_at("2026-05-12T10:00:00Z".parse().unwrap(), speed);
    let token = armed(Credential::Token(token()));
    (AivenForker::new(token, server.settings(""), Arc::default(), clock).unwrap(), server)
}

const NOTHING: &str = r#"{"services": []}"#;

#[tokio::test]
async fn progress_that_cannot_be_asked_is_no_failure() {
    let (forker, _server) = looked(refusal(500, ""), NOTHING, 1.0).await;
    let progress = forker.progress(&request()).await;
    assert!(matches!(progress.state, ProgressState::CannotTell { .. }), "{progress:?}");
}

#[tokio::test]
async fn s20_a_fork_that_somebody_deleted_is_not_waited_for() {
    let (forker, _server) = looked(not_there(), NOTHING, 600.0).await;
    let mut waited = 0;
    let ended = loop {
        let progress = forker.progress(&request()).await;
        let ProgressState::CannotTell { why } = &progress.state else { break progress };
        assert!(why.contains("of at least 3 over 30 s"), "{why}");
        waited += 1;
        tokio::time::sleep(Duration::from_millis(17)).await;
    };
    assert!(waited >= 2, "one look proves nothing: {waited}");
    assert!(
        matches!(&ended.state, ProgressState::Failed { can_resume: false, why }
            if why.contains("removed by someone else") && why.contains("is not among the 0 services")),
        "{ended:?}"
    );
}

#[tokio::test]
async fn s20_a_fork_that_a_list_still_shows_is_not_called_gone() {
    let fork: Value = serde_json::from_str(&ours(fixture!("fork-6-syncing-stream.json"))).unwrap();
    let list = json!({"services": [fork["service"]]}).to_string();
    let (forker, _server) = looked(not_there(), &list, 600.0).await;
    for _ in 0..5 {
        let progress = forker.progress(&request()).await;
        assert!(
            matches!(&progress.state, ProgressState::CannotTell { why } if why.contains("still shows it")),
            "{progress:?}"
        );
        tokio::time::sleep(Duration::from_millis(17)).await;
    }
}

#[tokio::test]
async fn s19_what_took_our_forks_name_is_not_followed() {
    for (fork, is_ours) in [
        (ours(fixture!("fork-8-running.json")), true),
        (fixture!("fork-8-running.json").to_owned(), false),
        (ours(fixture!("fork-8-running.json")).replace("k3q7wd", "another"), false),
    ] {
        let (forker, _server) = looked(ok(&fork), NOTHING, 1.0).await;
        let progress = forker.progress(&request()).await;
        match &progress.state {
            ProgressState::Restored { .. } => assert!(is_ours, "{progress:?}"),
            ProgressState::Failed { why, can_resume: false } => {
                assert!(!is_ours && why.contains("is not ours any more"), "{progress:?}");
            }
            _ => panic!("{progress:?}"),
        }
    }
}
