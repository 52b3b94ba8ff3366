//! HTTP checks: a page of the fork, or a part of a JSON page.

use std::net::IpAddr;
use std::time::Duration;

use futures_util::StreamExt;

use super::{ANSWER_LIMIT, Subject, Trouble, place};

/// Gets the page; with a pointer, the part of its JSON that it names.
pub(super) async fn value(
    url: &str,
    pointer: Option<&str>,
    subject: &Subject<'_>,
    limit: Duration,
) -> Result<String, Trouble> {
    let url = place::fill(url, subject)?;
    let response =
        client(&url, limit)?.get(&url).send().await.map_err(|error| {
            Trouble::CouldNotRun(format!("GET {url}: {}", root_cause(&error.without_url())))
        })?;
    let status = response.status();
    if let Some(elsewhere) = sent_on(&response) {
        return Err(Trouble::CouldNotRun(format!(
            "GET {url} sends on to {elsewhere}, which is not the fork: name a page that the fork answers itself"
        )));
    }
    if status.is_client_error() || status.is_server_error() {
        return Err(Trouble::Failed(format!("GET {url} answered {status}")));
    }
    let body = body(response).await?;
    match pointer {
        None => Ok(body.trim().to_owned()),
        Some(pointer) => part(&body, pointer),
    }
}

/// A page of this host is never asked for through a proxy, which has another loopback.
fn client(url: &str, limit: Duration) -> Result<reqwest::Client, Trouble> {
    let mut builder = reqwest::Client::builder().timeout(limit).redirect(on_the_fork());
    if url.starts_with("http:") {
        // A fresh host has no certificate authorities, and must still reach the simulator.
        builder = builder.tls_certs_only([]);
    }
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Trouble::CouldNotRun(error.to_string()))
}

/// Follows what stays at the same host and port. A restored application sends people to the address of the
/// service it was copied from: what is read there proves nothing of the fork (S24).
fn on_the_fork() -> reqwest::redirect::Policy {
    const MOST: usize = 3;
    reqwest::redirect::Policy::custom(|attempt| {
        let origin = |url: &reqwest::Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
        let first = attempt.previous().first().map(origin);
        if attempt.previous().len() > MOST {
            attempt.error("it sends on and on")
        } else if first == Some(origin(attempt.url())) {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}

/// Where an answer that was not followed sends on to; its host and port, since a path may hold a secret.
fn sent_on(response: &reqwest::Response) -> Option<String> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(reqwest::header::LOCATION).and_then(|to| to.to_str().ok());
    let to = location.and_then(|to| response.url().join(to).ok());
    let place = to.as_ref().and_then(|to| Some((to.host_str()?, to.port_or_known_default()?)));
    Some(place.map_or_else(|| "no place it names".to_owned(), |(host, port)| format!("{host}:{port}")))
}

fn is_loopback(url: &str) -> bool {
    let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    host.is_some_and(|host| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    })
}

async fn body(response: reqwest::Response) -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| Trouble::CouldNotRun(root_cause(&error.without_url())))?;
        bytes.extend_from_slice(&chunk);
        if bytes.len() > ANSWER_LIMIT {
            return Err(Trouble::CouldNotRun(format!("the answer is larger than {ANSWER_LIMIT} bytes")));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn part(body: &str, pointer: &str) -> Result<String, Trouble> {
    let json: serde_json::Value = serde_json::from_str(body)
        .map_err(|error| Trouble::Failed(format!("the answer is no JSON: {error}")))?;
    match json.pointer(pointer) {
        None => Err(Trouble::Failed(format!("the answer has nothing at {pointer}"))),
        Some(serde_json::Value::Null) => Ok(String::new()),
        Some(serde_json::Value::String(text)) => Ok(text.clone()),
        Some(other) => Ok(other.to_string()),
    }
}

/// The innermost cause: what a person can act on.
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::provider::Endpoint;
    use crate::validate::sample;

    /// A page of a restored application that answers with `location` first, then with `ok`.
    async fn sending_on_to(location: &str) -> Result<String, Trouble> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let location = location.replace("{port}", &port.to_string());
        let server = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 4096];
                let read = stream.read(&mut request).await.unwrap();
                let answer = if request.get(..read).unwrap().starts_with(b"GET /health ") {
                    format!(
                        "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    )
                } else {
                    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok".to_owned()
                };
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let endpoint = Endpoint::here(port);
        let subject = sample::subject(&endpoint);
        let url = format!("http://127.0.0.1:{port}/health");
        let got = value(&url, None, &subject, Duration::from_secs(20)).await;
        server.abort();
        got
    }

    #[tokio::test]
    async fn s24_a_page_that_sends_to_another_host_is_no_page_of_the_fork() {
        assert_eq!(sending_on_to("/login").await, Ok("ok".to_owned()));
        assert_eq!(sending_on_to("http://127.0.0.1:{port}/login").await, Ok("ok".to_owned()));
        let production = TcpListener::bind("127.0.0.2:0").await.unwrap();
        let address = production.local_addr().unwrap();
        for elsewhere in [format!("http://{address}/health"), "https://127.0.0.1/health".to_owned()] {
            let got = sending_on_to(&elsewhere).await;
            let Err(Trouble::CouldNotRun(why)) = got else { panic!("{elsewhere}: {got:?}") };
            assert!(why.contains("which is not the fork"), "{why}");
        }
        assert!(tokio::time::timeout(Duration::from_millis(50), production.accept()).await.is_err());
        assert!(matches!(sending_on_to("/health").await, Err(Trouble::CouldNotRun(_))), "for ever");
    }

    #[test]
    fn a_part_of_the_page_is_named_by_a_pointer() {
        let body = r#"{"newest_row": "2026-11-20T12:00:00Z", "rows": 41, "gone": null}"#;
        assert_eq!(part(body, "/newest_row").unwrap(), "2026-11-20T12:00:00Z");
        assert_eq!(part(body, "/rows").unwrap(), "41");
        assert_eq!(part(body, "/gone").unwrap(), "");
        assert!(matches!(part(body, "/other"), Err(Trouble::Failed(_))));
        assert!(matches!(part("<html>", "/rows"), Err(Trouble::Failed(_))));
    }
}
