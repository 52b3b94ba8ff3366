//! Removing a fork and proving that it is gone (R34, S20).

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A forker whose run's clock is so many times as fast as ours.
fn forker_at(server: &Server, speed: f64) -> AivenForker {
    let clock = Clock::starting_at("2026-05-12T10:00:00Z".parse().unwrap(), speed);
    AivenForker::new(armed(Credential::Token(token())), server.settings(""), Arc::default(), clock).unwrap()
}

fn in_fast_time(server: &Server) -> AivenForker {
    forker_at(server, 600.0)
}

/// Asks as a run does, every 10 s of its clock, until it is no longer pending: how often it was.
async fn until_settled(forker: &AivenForker) -> (Removal, usize) {
    for pending in 0..100 {
        match forker.remove(&request()).await {
            Removal::Pending { .. } => tokio::time::sleep(Duration::from_millis(17)).await,
            settled => return (settled, pending),
        }
    }
    panic!("never settled");
}

/// A project in which the fork is there until it was deleted `lag` lists ago.
async fn project(fork: String, deleted: Reply, lag: usize) -> Server {
    let removed = Arc::new(Mutex::new(false));
    let lists = AtomicUsize::new(0);
    Server::start(move |request: &Request| match request.method.as_str() {
        "DELETE" => {
            *removed.lock().unwrap() = !matches!(&deleted, Reply::Body(status, _) if *status >= 400);
            deleted.clone()
        }
        "GET" if request.path.ends_with(NAME) => {
            if *removed.lock().unwrap() {
                not_there()
            } else {
                ok(&fork)
            }
        }
        _ => {
            let gone = *removed.lock().unwrap() && lists.fetch_add(1, Ordering::Relaxed) >= lag;
            let fork: Value = serde_json::from_str(&fork).unwrap();
            let services = if gone { json!([]) } else { json!([fork["service"]]) };
            ok(&json!({"services": services}).to_string())
        }
    })
    .await
}

#[tokio::test]
async fn r34_a_removal_is_proven_by_a_list() {
    let deleted = || ok(fixture!("terminate-response.json"));
    let server = project(ours(fixture!("fork-8-running.json")), deleted(), 1).await;
    let forker = forker(&server);
    let first = forker.remove(&request()).await;
    assert!(matches!(&first, Removal::Pending { why } if why.contains("still shows it")), "{first:?}");
    let then = forker.remove(&request()).await;
    assert!(matches!(&then, Removal::Proven { proof } if proof.contains(NAME)), "{then:?}");
    assert_eq!(server.calls("DELETE").len(), 1, "what is gone is not removed again");
}

#[tokio::test]
async fn a_foreign_service_is_never_removed() {
    let server = project(fixture!("fork-8-running.json").to_owned(), Reply::Hang, 0).await;
    assert!(matches!(forker(&server).remove(&request()).await, Removal::Foreign { .. }));
    assert!(server.calls("DELETE").is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_is_not_removed() {
    let server = Server::start(|_| Reply::Body(500, String::new())).await;
    let removal = forker(&server).remove(&request()).await;
    assert!(
        matches!(&removal, Removal::CannotTell { why } if why.contains("mark cannot be read")),
        "{removal:?}"
    );
    assert!(server.calls("DELETE").is_empty());
}

#[tokio::test]
async fn r34_a_look_that_fails_after_the_removal_was_taken_says_that_it_cannot_tell() {
    let calls = AtomicUsize::new(0);
    let fork = ours(fixture!("fork-8-running.json"));
    let server = Server::start(move |request: &Request| match calls.fetch_add(1, Ordering::Relaxed) {
        0 => ok(&fork),
        1 => ok(fixture!("terminate-response.json")),
        2 | 3 => Reply::Body(503, String::new()),
        _ if request.path.ends_with(NAME) => not_there(),
        _ => ok(r#"{"services": []}"#),
    })
    .await;
    let forker = forker(&server);
    for look in ["the removal was taken; the list cannot be read", "its mark cannot be read"] {
        let removal = forker.remove(&request()).await;
        assert!(matches!(&removal, Removal::CannotTell { why } if why.contains(look)), "{removal:?}");
    }
    assert!(matches!(forker.remove(&request()).await, Removal::Proven { .. }));
}

#[tokio::test]
async fn termination_protection_is_told_in_its_words() {
    let refused = refusal(403, fixture!("error-403-termination-protection.json"));
    let server = project(ours(fixture!("fork-8-running.json")), refused, 0).await;
    let removal = forker(&server).remove(&request()).await;
    let words = "Remove termination protection first";
    assert!(matches!(&removal, Removal::Failed { why } if why.contains(words)), "{removal:?}");
}

#[tokio::test]
async fn s20_a_lost_answer_to_a_removal_is_settled_by_three_looks_over_30_s() {
    let server = project(ours(fixture!("fork-8-running.json")), Reply::Reset(""), 0).await;
    let forker = in_fast_time(&server);
    let (removal, pending) = until_settled(&forker).await;
    assert!(matches!(&removal, Removal::Proven { proof } if proof.contains("looks from")), "{removal:?}");
    assert!(pending >= 2, "{pending}");
    assert_eq!(server.calls("DELETE").len(), 1);
}

#[tokio::test]
async fn s20_a_fork_of_unknown_outcome_is_not_gone_for_one_look() {
    let server =
        Server::start(
            |request: &Request| {
                if request.path.ends_with(NAME) { not_there() } else { ok(r#"{"services": []}"#) }
            },
        )
        .await;
    let still = forker_at(&server, 0.0);
    for look in 1..=5 {
        let removal = still.remove(&request()).await;
        let shown = format!("look {look} of at least 3 over 30 s");
        assert!(matches!(&removal, Removal::Pending { why } if why.contains(&shown)), "{removal:?}");
    }
    let (removal, pending) = until_settled(&in_fast_time(&server)).await;
    assert!(matches!(removal, Removal::Proven { .. }) && pending >= 2, "{removal:?} after {pending}");
    assert!(server.calls("DELETE").is_empty());
}

#[tokio::test]
async fn s20_a_fork_that_appears_late_is_removed_and_starts_the_looks_anew() {
    let shown = Arc::new(AtomicUsize::new(0));
    let looks = Arc::clone(&shown);
    let fork: Value = serde_json::from_str(&ours(fixture!("fork-2-setting-up-vm.json"))).unwrap();
    let server = Server::start(move |request: &Request| {
        let late = looks.load(Ordering::Relaxed) >= 2 && looks.load(Ordering::Relaxed) < 100;
        match request.method.as_str() {
            "DELETE" => {
                looks.store(100, Ordering::Relaxed);
                refusal(408, fixture!("error-408-proxy.html"))
            }
            _ if request.path.ends_with(NAME) => {
                if late {
                    ok(&fork.to_string())
                } else {
                    not_there()
                }
            }
            _ => {
                looks.fetch_add(1, Ordering::Relaxed);
                ok(&json!({"services": if late { json!([fork["service"]]) } else { json!([]) }}).to_string())
            }
        }
    })
    .await;
    let (removal, pending) = until_settled(&in_fast_time(&server)).await;
    assert!(matches!(&removal, Removal::Proven { proof } if proof.contains("looks from")), "{removal:?}");
    assert!(pending >= 4, "two looks, the late one, and two more: {pending}");
    assert_eq!(server.calls("DELETE").len(), 1);
}
