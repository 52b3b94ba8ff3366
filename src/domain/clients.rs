//! Where the clients of a service are, once an incident moved them.

use super::Timestamp;

/// Clients were moved to a fork and have not left it: what is known of the service is of one that they left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientsMoved {
    /// By this run.
    pub run: String,
    /// To this fork.
    pub fork: String,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{STALE, at, now, orders};
    use crate::domain::{Liveness, Rule, Service, Verdict, assess};

    #[test]
    fn s22_an_old_primary_that_answers_after_its_clients_left_is_critical() {
        let moved_at = at("2026-11-20T11:30:00Z");
        let moved = ClientsMoved { run: "inc-1".to_owned(), fork: "orders-fork".to_owned(), at: moved_at };
        let judged = |liveness, clients_moved| {
            let known = assess(&Service { liveness, clients_moved, ..orders() }, now(), &STALE);
            (known.verdict, known.findings.into_iter().find(|finding| finding.rule == Rule::ClientsMoved))
        };
        let answers = Liveness::Answers { at: at("2026-11-20T12:04:00Z") };
        assert_eq!(judged(answers, None).1, None);
        let (verdict, found) = judged(answers, Some(moved.clone()));
        let text = found.unwrap().text;
        assert_eq!(verdict, Verdict::Critical);
        assert!(text.contains("orders-fork") && text.contains("both may take writes"), "{text}");
        // Before they left it answered, of course.
        for liveness in [Liveness::Answers { at: moved_at }, Liveness::NotProbed] {
            let found = judged(liveness, Some(moved.clone())).1.unwrap();
            assert_eq!(found.level, Verdict::Warning);
            assert!(found.text.contains("the service that they left"), "{}", found.text);
        }
    }
}
