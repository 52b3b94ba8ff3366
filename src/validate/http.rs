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
    let mut builder =
        reqwest::Client::builder().timeout(limit).redirect(reqwest::redirect::Policy::limited(3));
    if url.starts_with("http:") {
        // A fresh host has no certificate authorities, and must still reach the simulator.
        builder = builder.tls_certs_only([]);
    }
    if is_loopback(url) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| Trouble::CouldNotRun(error.to_string()))
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
    use super::*;

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
