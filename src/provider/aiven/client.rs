//! One HTTP client for one token: bounded in time and size, counted, and never repeating a call.

mod act;
mod listing;
mod packed;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) use act::{ActingClient, Change};
pub(crate) use listing::Listing;
use packed::{GZIP, Packed};
use reqwest::header::{ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, DATE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode, redirect, retry};
use serde::Deserialize;
use serde_json::Value;

use super::failure::Failure;
use super::gate::{Gate, Place};
use super::settings::{ApiUrl, Settings};
use super::token::Token;
use super::wire::{ErrorBody, decode};
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::provider::skew_s;
use crate::secret::{ExposeSecret, SecretString};

/// The list of a project with thousands of services; nothing else comes near.
const CAP: usize = 32 << 20;

/// A body that grows beyond this gets all the room it may ever need. Memory that is never written to is
/// none, and a block of this size goes back to the system as soon as it is free: smaller ones would stay
/// with the process, a little more of them with each poll.
const LONG: usize = 256 << 10;

/// The path of the list.
const LIST: [&str; 1] = ["service"];

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// A connection that was idle for longer is not used again: the other side may be closing it at that
/// moment, and a call is never repeated.
const IDLE: Duration = Duration::from_secs(15);

/// What is shown in place of the token.
const MASK: &str = "[token]";

/// Reads one project with one token.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    url: ApiUrl,
    project: String,
    token: Token,
    timeout: Duration,
    gate: Arc<Gate>,
    clock: Clock,
}

/// One call, below `/v1/project/{project}`. What is made here only looks; what changes something is a
/// [`Change`] of the [`ActingClient`].
#[derive(Debug)]
pub(crate) struct Call<'a> {
    method: Method,
    /// The parts of the path after the project.
    path: &'a [&'a str],
    body: Option<&'a Value>,
    /// What it is about.
    about: Place,
}

impl<'a> Call<'a> {
    /// A call that only reads.
    pub(crate) fn get(path: &'a [&'a str], about: Place) -> Self {
        Self { method: Method::GET, path, body: None, about }
    }

    /// The lag report of a service: asked by POST, and still only a look.
    pub(crate) fn lag_report(path: &'a [&'a str; 4], body: &'a Value) -> Self {
        Self { method: Method::POST, path, body: Some(body), about: Place::default() }
    }
}

/// One successful answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The body, at most [`CAP`] bytes.
    pub(crate) body: Vec<u8>,
    /// When it was there, by our clock.
    pub(crate) at: Timestamp,
    /// Our clock minus the provider's, seconds.
    pub(crate) skew_s: Option<i64>,
}

impl Answer {
    /// The decoded body.
    ///
    /// # Errors
    /// [`Failure`] when it is not what is documented.
    pub(crate) fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        decode(&self.body).map_err(|why| Failure { skew_s: self.skew_s, ..Failure::bad_json(&why) })
    }
}

impl Client {
    /// A client for one token.
    ///
    /// # Errors
    /// A sentence when TLS cannot be set up.
    pub(crate) fn new(
        settings: &Settings,
        token: impl Into<Token>,
        gate: Arc<Gate>,
        clock: Clock,
    ) -> Result<Self, String> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("lifeboat/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT.min(settings.timeout))
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .retry(retry::never());
        if settings.is_loopback() {
            builder = builder.no_proxy();
        }
        if !settings.url.is_encrypted() {
            // A fresh host has no certificate authorities, and must still reach the simulator.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|why| format!("TLS cannot be set up: {why}"))?;
        Ok(Self {
            http,
            url: settings.url.clone(),
            project: settings.project.clone(),
            token: token.into(),
            timeout: settings.timeout,
            gate,
            clock,
        })
    }

    /// Makes one call, once, within `limit` and the configured time-out.
    ///
    /// # Errors
    /// [`Failure`] for everything but a whole success that reports no failure.
    pub(crate) async fn call(&self, call: Call<'_>, limit: Duration) -> Result<Answer, Failure> {
        self.exchange(call, limit, Received::answer).await
    }

    /// Asks for the list of the project, once, within `limit` and the configured time-out: it is not unpacked yet.
    ///
    /// # Errors
    /// [`Failure`] for everything but a success; what comes after that is told by the [`Listing`].
    pub(crate) async fn list(&self, limit: Duration) -> Result<Listing, Failure> {
        let call = Call::get(&LIST, Place::default());
        self.exchange(call, limit, Received::listing).await
    }

    async fn exchange<T>(
        &self,
        call: Call<'_>,
        limit: Duration,
        understood: impl FnOnce(Received, &SecretString) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (token, left) = self.token_within(limit.min(self.timeout)).await?;
        let signed = authorization(&token).map_err(Failure::not_sent)?;
        self.gate.pass(&call.about);
        let received = self.send(call, signed, left).await;
        let answer = received.and_then(|received| understood(received, &token));
        if answer.as_ref().is_err_and(|failure| failure.status == Some(401)) {
            self.token.refused(&token);
        }
        answer.map_err(|failure| without_token(failure, &token))
    }

    /// The token that a call is signed with, and what is left of the call's limit: a vault may have
    /// been asked for it.
    async fn token_within(&self, limit: Duration) -> Result<(SecretString, Duration), Failure> {
        if let Some(token) = self.token.known() {
            return Ok((token, limit));
        }
        let begun = Instant::now();
        let late = || format!("no token: no answer within {}", humantime::format_duration(limit));
        let token = tokio::time::timeout(limit, self.token.get()).await.unwrap_or_else(|_| Err(late()));
        Ok((token.map_err(Failure::no_token)?, limit.saturating_sub(begun.elapsed())))
    }

    async fn send(&self, call: Call<'_>, signed: HeaderValue, limit: Duration) -> Result<Received, Failure> {
        let path: Vec<&str> = ["project", self.project.as_str()].iter().chain(call.path).copied().collect();
        let request = self.http.request(call.method, self.url.endpoint(&path)).timeout(limit);
        let mut request = request.header(AUTHORIZATION, signed).header(ACCEPT_ENCODING, GZIP);
        if call.path == LIST {
            // A connection keeps as much room as its longest answer took, and each poll may take another for the list.
            request = request.header(CONNECTION, "close");
        }
        if let Some(body) = call.body {
            request = request.json(body);
        }
        let sent = self.clock.now();
        let response = request.send().await.map_err(|why| Failure::transport(&why, limit))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read(response, limit).await;
        let at = self.clock.now();
        let head = Head { status, skew_s: skew(&headers, sent, at), headers, at, clock: self.clock };
        Ok(Received { head, body })
    }
}

/// What came before the body of an answer, and when the body was there.
struct Head {
    status: StatusCode,
    headers: HeaderMap,
    at: Timestamp,
    /// Our clock minus the provider's, seconds.
    skew_s: Option<i64>,
    clock: Clock,
}

impl Head {
    /// The failure that such a body tells.
    fn failure(&self, body: &[u8]) -> Failure {
        let failure = Failure::answered(self.status, &self.headers, body, self.at, self.clock);
        Failure { skew_s: self.skew_s, ..failure }
    }
}

/// An answer as it came.
struct Received {
    head: Head,
    body: Result<Vec<u8>, Failure>,
}

impl Received {
    fn answer(self, token: &SecretString) -> Result<Answer, Failure> {
        let (head, packed) = self.success(token)?;
        let body = packed.whole().map_err(|failure| Failure { skew_s: head.skew_s, ..failure })?;
        let body = masked(body, token);
        if reports_failure(&body) {
            return Err(head.failure(&body));
        }
        Ok(Answer { body, at: head.at, skew_s: head.skew_s })
    }

    fn listing(self, token: &SecretString) -> Result<Listing, Failure> {
        let (head, packed) = self.success(token)?;
        Ok(Listing::new(head, packed, token.clone()))
    }

    fn success(self, token: &SecretString) -> Result<(Head, Packed), Failure> {
        let Self { head, body } = self;
        let packed = body.map(|sent| Packed::new(&head.headers, sent));
        if head.status.is_success() {
            let packed = packed.map_err(|failure| Failure { skew_s: head.skew_s, ..failure })?;
            return Ok((head, packed));
        }
        // The status is the news; a broken page of an error changes nothing.
        let body = packed.and_then(Packed::whole).unwrap_or_default();
        Err(head.failure(&masked(body, token)))
    }
}

/// An answer in which the token is quoted, as it is or with its slashes escaped, is read without it:
/// words are cut short later, and a part of a token must not be what is left.
fn masked(body: Vec<u8>, token: &SecretString) -> Vec<u8> {
    let token = token.expose_secret();
    let escaped = Some(token.replace('/', r"\/")).filter(|escaped| escaped != token);
    let spellings: Vec<_> =
        [Some(token.to_owned()), escaped].into_iter().flatten().map(SecretString::from).collect();
    let text = str::from_utf8(&body).map_or_else(|_| String::from_utf8_lossy(&body), Cow::Borrowed);
    if token.is_empty() || !spellings.iter().any(|spelling| text.contains(spelling.expose_secret())) {
        return body;
    }
    let mask = |text: String, spelling: &SecretString| text.replace(spelling.expose_secret(), MASK);
    spellings.iter().fold(text.into_owned(), mask).into_bytes()
}

/// A token that came by another way than the body of an answer does not get onto a screen.
fn without_token(failure: Failure, token: &SecretString) -> Failure {
    let token = token.expose_secret();
    if token.is_empty() || !failure.text.contains(token) {
        return failure;
    }
    Failure { text: failure.text.replace(token, MASK), ..failure }
}

/// Whether a success says in so many words that it is none. To understand the whole of an answer for that
/// would take as long as to read it.
fn reports_failure(body: &[u8]) -> bool {
    let says_nothing = str::from_utf8(body).is_ok_and(|text| !text.contains("\"error"));
    !says_nothing && decode::<ErrorBody>(body).is_ok_and(|body| body.is_failure())
}

fn authorization(token: &SecretString) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(format!("aivenv1 {}", token.expose_secret()))
        .map_err(|_| "the token holds characters that cannot be sent".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

async fn read(mut response: reqwest::Response, limit: Duration) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|why| Failure::transport(&why, limit))? {
        if body.len() + piece.len() > CAP {
            return Err(Failure::flood(CAP));
        }
        if body.capacity() < CAP && body.len() + piece.len() > LONG {
            body.reserve_exact(CAP + 1 - body.len());
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// Our clock minus the one in the `Date` header.
fn skew(headers: &HeaderMap, sent: Timestamp, received: Timestamp) -> Option<i64> {
    let shown = chrono::DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?.to_utc();
    Some(skew_s(shown, sent, received))
}

#[cfg(test)]
mod tests;
