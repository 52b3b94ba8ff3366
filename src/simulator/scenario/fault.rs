//! Requests that go wrong: what a `[[fault]]` matches and does.

use std::time::Duration;

/// A rule that makes matching requests go wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Path; `*` stands for any characters.
    pub path: String,
    /// Method; `None` = any.
    pub method: Option<String>,
    /// Not before this much time since the scenario's start.
    pub from: Duration,
    /// For so long; `None` = for good.
    pub lasts: Option<Duration>,
    /// What happens to the request.
    pub effect: Effect,
    /// How many requests; `None` = all.
    pub times: Option<u32>,
}

/// What a fault does to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Answers with this status instead of doing anything.
    Status {
        /// HTTP status.
        status: u16,
        /// The provider's words.
        message: Option<String>,
        /// Header `Retry-After`, seconds.
        retry_after: Option<u64>,
    },
    /// Answers with a page of a proxy in HTML instead of doing anything.
    Html {
        /// HTTP status.
        status: u16,
    },
    /// Answers after this much real time (S17).
    Delay(Duration),
    /// Does what is asked and cuts the answer's body after so many bytes.
    Truncate(usize),
    /// Cuts the connection instead of doing anything.
    Reset,
    /// Answers with a body that never ends.
    Endless,
}

impl Fault {
    /// Whether it holds so long after the scenario's start.
    pub fn holds(&self, passed: Duration) -> bool {
        let since = passed.checked_sub(self.from);
        since.is_some_and(|since| self.lasts.is_none_or(|lasts| since < lasts))
    }

    /// Whether a request is one that goes wrong.
    pub fn matches(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && matches_pattern(&self.path, path)
    }
}

/// Compares with a pattern in which `*` stands for any characters, none included.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part).and_then(|at| rest.get(at + part.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, expected) in [
            ("/v1/project", "/v1/project", true),
            ("/v1/project", "/v1/project/x", false),
            ("/v1/*/backups", "/v1/project/p/service/s/backups", true),
            ("/v1/*/backups", "/v1/project/p/service/s", false),
            ("*", "/anything", true),
            ("/v1/project/*/service/*/backups", "/v1/project/p/service/s/backups", true),
            ("/a*", "/b", false),
            ("/a*b*b", "/ab", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_fault_holds_from_its_beginning_to_its_end() {
        let minutes = |count| Duration::from_secs(count * 60);
        let fault = Fault {
            path: "*".to_owned(),
            method: None,
            from: minutes(2),
            lasts: Some(minutes(3)),
            effect: Effect::Reset,
            times: None,
        };
        let holding: Vec<u64> = (0..8).filter(|minute| fault.holds(minutes(*minute))).collect();
        assert_eq!(holding, [2, 3, 4]);
        assert!(Fault { lasts: None, ..fault }.holds(minutes(100)));
    }

    #[test]
    fn a_fault_without_method_matches_every_method() {
        let fault = Fault {
            path: "*".to_owned(),
            method: None,
            from: Duration::ZERO,
            lasts: None,
            effect: Effect::Reset,
            times: None,
        };
        assert!(fault.matches("GET", "/v1") && fault.matches("POST", "/v1"));
        let post = Fault { method: Some("post".to_owned()), ..fault };
        assert!(!post.matches("GET", "/v1") && post.matches("POST", "/v1"));
    }
}
