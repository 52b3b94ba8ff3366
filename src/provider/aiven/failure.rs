//! How a call can fail, each way by name and in a sentence without secrets.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::wire::{BadJson, ErrorBody, decode};
use crate::clock::Clock;
use crate::domain::{Outcome, Timestamp, words};
use crate::provider::LONGEST_RETRY_AFTER;

/// One failed call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Failure {
    /// The class of failure.
    pub(crate) outcome: Outcome,
    /// The sentence.
    pub(crate) text: String,
    /// The status, when there was an answer.
    pub(crate) status: Option<u16>,
    /// The provider's machine code.
    pub(crate) code: Option<String>,
    /// Not to be asked again before this much time has passed.
    pub(crate) retry_after: Option<Duration>,
    /// Whether the request may have left this host.
    pub(crate) sent: bool,
    /// Our clock minus the provider's, where the answer showed one.
    pub(crate) skew_s: Option<i64>,
}

impl Failure {
    fn new(outcome: Outcome, text: impl Into<String>) -> Self {
        Self {
            outcome,
            text: text.into(),
            status: None,
            code: None,
            retry_after: None,
            sent: true,
            skew_s: None,
        }
    }

    /// Nothing was sent: the call could not be made.
    pub(super) fn not_sent(text: impl Into<String>) -> Self {
        Self { sent: false, ..Self::new(Outcome::Error, text) }
    }

    /// Nothing was sent: there is no token to sign it with.
    pub(super) fn no_token(text: String) -> Self {
        Self { sent: false, ..Self::new(Outcome::Denied, text) }
    }

    /// The answer is larger than is read.
    pub(super) fn flood(cap: usize) -> Self {
        Self::new(Outcome::Malformed, format!("an answer larger than {} MiB was cut off", cap >> 20))
    }

    /// No answer, or no whole one.
    pub(super) fn transport(error: &reqwest::Error, limit: Duration) -> Self {
        if error.is_timeout() {
            let text = format!("no answer within {}", humantime::format_duration(limit));
            return Self { sent: !error.is_connect(), ..Self::new(Outcome::TimedOut, text) };
        }
        let cause = root_cause(error);
        if error.is_builder() {
            return Self::not_sent(format!("the request cannot be made: {cause}"));
        }
        if error.is_connect() {
            let text = format!("no connection: {cause}");
            return Self { sent: false, ..Self::new(Outcome::Unreachable, text) };
        }
        if was_reset(error) || error.is_request() {
            return Self::new(
                Outcome::Unreachable,
                format!("the connection was lost before an answer: {cause}"),
            );
        }
        Self::broke_off(&cause)
    }

    /// An answer without its end.
    pub(super) fn broke_off(cause: &impl ToString) -> Self {
        Self::new(Outcome::Malformed, format!("the answer broke off: {}", clean(&cause.to_string())))
    }

    /// An answer that is no success, or one that reports a failure.
    /// How long to wait is real time, and until when is told by the clock that is shown.
    pub(super) fn answered(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        now: Timestamp,
        clock: Clock,
    ) -> Self {
        let said: ErrorBody = decode(body).unwrap_or_default();
        let words = said.message().map(clean);
        let number = status.as_u16();
        let retry_after = (number == 429 || number == 503)
            .then(|| retry_after_header(headers, now).or_else(|| words.as_deref().and_then(seconds_in_words)))
            .flatten()
            .map(|wait| wait.min(LONGEST_RETRY_AFTER));
        let (outcome, what) = name_of(number);
        let wait = retry_after.map(|wait| format!(", not before {}", words::clock(now + clock.shown(wait))));
        let wait = wait.unwrap_or_default();
        let is_page = body.trim_ascii_start().starts_with(b"<");
        let words = words.or_else(|| is_page.then(|| "a web page instead of JSON".to_owned()));
        let words = words.map(|words| format!(": {}", without_wait(&words))).unwrap_or_default();
        Self {
            status: Some(number),
            code: said.code().map(str::to_owned),
            retry_after,
            ..Self::new(outcome, format!("{what} ({number}){wait}{words}"))
        }
    }

    /// A success that cannot be understood.
    pub(super) fn bad_json(why: &BadJson) -> Self {
        let text = match why {
            BadJson::Html => "a web page instead of JSON; is `url` the API's address?".to_owned(),
            BadJson::Truncated | BadJson::TooDeep => why.to_string(),
            BadJson::At { .. } => format!("an answer that is not as documented, {why}"),
        };
        Self::new(Outcome::Malformed, text)
    }

    /// Whether it is certain that the provider did nothing: never asked, or refused with a 4xx that
    /// is not a proxy's time-out.
    pub(crate) fn nothing_was_done(&self) -> bool {
        !self.sent || self.status.is_some_and(|status| (400..500).contains(&status) && status != 408)
    }

    /// Whether it stays until a person does something: that nobody answered may pass.
    pub(crate) fn stays(&self) -> bool {
        self.status.is_some_and(|status| matches!(status, 400..500 | 510) && !matches!(status, 408 | 429))
    }

    /// Whether the provider says that the service does not exist; a missing project or a page of a
    /// proxy does not say that.
    pub(crate) fn says_service_is_absent(&self) -> bool {
        if self.status != Some(404) {
            return false;
        }
        if let Some(code) = &self.code {
            return code.starts_with("service_");
        }
        let words = self.text.to_lowercase();
        let project = words.find("project").unwrap_or(usize::MAX);
        words.find("service").is_some_and(|service| service < project)
    }
}

fn name_of(status: u16) -> (Outcome, &'static str) {
    match status {
        200..=299 => (Outcome::Error, "the answer reports a failure"),
        300..=399 => (Outcome::Malformed, "sent elsewhere, which is not followed with a token"),
        401 => (Outcome::Denied, "the token is refused"),
        403 => (Outcome::Denied, "not allowed"),
        404 => (Outcome::NotFound, "not found"),
        408 => (Outcome::TimedOut, "the provider's proxy gave up waiting"),
        409 => (Outcome::Error, "in conflict with what exists"),
        429 => (Outcome::RateLimited, "too many requests"),
        510 => (Outcome::Denied, "a one-time password is wanted"),
        500..=599 => (Outcome::Error, "the provider failed"),
        _ => (Outcome::Error, "refused"),
    }
}

/// `Retry-After` as seconds or as a date.
fn retry_after_header(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    Some(at.signed_duration_since(now).to_std().unwrap_or_default())
}

/// `.. - try again in 28s`.
fn seconds_in_words(words: &str) -> Option<Duration> {
    let (_, after) = words.split_once("try again in ")?;
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok().map(Duration::from_secs)
}

/// The provider's words without how long to wait: by the time that they are read it is not true any more.
fn without_wait(words: &str) -> &str {
    let told = seconds_in_words(words).and_then(|_| words.split_once("try again in "));
    told.map_or(words, |(before, _)| before.trim_end_matches([' ', '-', '.']))
}

/// The provider's words, on one line and of bounded length, to be a part of our sentence: whoever ends that puts
/// its full stop.
fn clean(words: &str) -> String {
    let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(240).collect();
    line.trim().trim_end_matches('.').to_owned()
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    let mut hops = 0;
    while let (Some(next), true) = (last.source(), hops < 16) {
        last = next;
        hops += 1;
    }
    clean(&last.to_string())
}

fn was_reset(error: &reqwest::Error) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)) {
            return true;
        }
        next = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s13_a_wait_is_told_as_an_instant_that_stays_true() {
        let body = br#"{"message":"Rate limit 120 exceeded - try again in 28s"}"#;
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let answered = |body: &[u8], clock| {
            Failure::answered(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new(), body, now, clock)
        };
        let failure = answered(body, Clock::system());
        assert_eq!(failure.text, "too many requests (429), not before 12:00:28Z: Rate limit 120 exceeded");
        let fast = answered(body, Clock::starting_at(now, 60.0));
        assert_eq!(fast.text, "too many requests (429), not before 12:28:00Z: Rate limit 120 exceeded");
        assert_eq!(fast.retry_after, failure.retry_after, "real time");
        let body = br#"{"message":"slow down"}"#;
        let failure = answered(body, Clock::system());
        assert_eq!(failure.text, "too many requests (429): slow down", "nobody told a time");
    }

    #[test]
    fn what_a_provider_says_ends_in_no_full_stop_of_its_own() {
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        for (said, told) in [
            ("An error occurred. Please try again later.", "An error occurred. Please try again later"),
            ("An error occurred", "An error occurred"),
            ("Please wait...", "Please wait"),
            ("Too many. - try again in 28s.", "Too many"),
        ] {
            let body = serde_json::json!({ "message": said }).to_string();
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let text =
                Failure::answered(status, &HeaderMap::new(), body.as_bytes(), now, Clock::system()).text;
            let (_, words) = text.split_once("): ").or_else(|| text.split_once("Z: ")).unwrap();
            assert_eq!(words, told, "{text}");
        }
    }
}
