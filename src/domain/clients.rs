//! Where the clients of a service are, once an incident moved them.

use serde::{Deserialize, Serialize};

use super::life::BadWord;
use super::{Ground, LossInstant, Timestamp, Word, WordIs, words};

/// Clients were moved to a fork and have not left it: what is known of the service is of one that they left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientsMoved {
    /// By this run.
    pub run: String,
    /// To this fork.
    pub fork: String,
    /// When.
    pub at: Timestamp,
    /// Since when the service that they left was down then: until the move they wrote nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_since: Option<Timestamp>,
}

impl ClientsMoved {
    /// What a restore of the service that they left does not bring.
    pub fn lacks(&self) -> String {
        let (fork, run, at) = (&self.fork, &self.run, words::instant(self.at));
        format!(
            "clients were moved to {fork} by {run} at {at}: what was written there since is not in this copy"
        )
    }

    /// What stays unknown until a person says it: nothing that is watched here tells of the fork.
    pub fn unstated(&self) -> String {
        format!("when {} stopped is not known", self.fork)
    }

    /// That between the outage before and the move nobody wrote: a loss that spans it counts that time, too.
    pub fn idle_before(&self, since: Timestamp) -> Option<String> {
        let down = self.down_since?.max(since);
        let nobody_wrote = (self.at - down).to_std().ok().filter(|span| !span.is_zero())?;
        Some(format!(
            "{} of it lie between the outage before, {}, and the move at {}",
            words::to_the_second(nobody_wrote),
            words::instant(down),
            words::instant(self.at)
        ))
    }

    /// From when what clients write is lost: a person's word on when the fork stopped. Without one it is only known
    /// that it stopped after the move; what the old primary does says nothing of it (S5).
    pub fn lost_at(&self, words: &[Word]) -> LossInstant {
        let stopped = words.iter().find(|word| word.is != WordIs::Declared && word.at >= self.at);
        stopped.map_or_else(
            || LossInstant {
                earliest: Some(self.at),
                latest: self.at,
                ground: Ground::Moved { fork: self.fork.clone() },
            },
            LossInstant::stated,
        )
    }

    /// From when what clients wrote is lost by a restore of the service that they left: what its copy took in after
    /// the move is not theirs.
    pub fn lost_from(&self, newest: Timestamp) -> Timestamp {
        newest.min(self.at)
    }

    /// Whether a person's word on when the fork stopped can be true.
    ///
    /// # Errors
    /// [`BadWord`] when clients did not use it yet.
    pub fn check_word(&self, what: &'static str, at: Timestamp) -> Result<(), BadWord> {
        if at >= self.at {
            return Ok(());
        }
        Err(BadWord::BeforeMove { what, at, fork: self.fork.clone(), moved_at: self.at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::Counts;
    use crate::domain::sample::{STALE, at, now, orders};
    use crate::domain::{Liveness, Rule, Service, Verdict, assess};

    #[test]
    fn s22_an_old_primary_that_answers_after_its_clients_left_is_critical() {
        let moved_at = at("2026-11-20T11:30:00Z");
        let moved = ClientsMoved {
            run: "inc-1".to_owned(),
            fork: "orders-fork".to_owned(),
            at: moved_at,
            down_since: None,
        };
        let judged = |liveness, clients_moved: Option<ClientsMoved>| {
            let known = assess(
                &Service { liveness, clients_moved: clients_moved.map(Box::new), ..orders() },
                now(),
                &STALE,
            );
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

    #[test]
    fn s22_nothing_that_was_left_is_to_be_declared_or_counted_against_its_rpo() {
        let moved_at = at("2026-11-20T11:55:00Z");
        let moved = ClientsMoved {
            run: "inc-1".to_owned(),
            fork: "orders-fork".to_owned(),
            at: moved_at,
            down_since: None,
        };
        let silent = Liveness::silent(at("2026-11-20T11:50:00Z"), None);
        for liveness in [silent, Liveness::Answers { at: now() }, Liveness::NotProbed] {
            let mut service = Service { liveness, ..orders() };
            service.policy.rpo = Some(std::time::Duration::from_secs(30));
            let before = assess(&service, now(), &STALE);
            assert!(before.findings.iter().any(|finding| finding.rule == Rule::RpoExceeded), "{liveness:?}");
            service.clients_moved = Some(Box::new(moved.clone()));
            let known = assess(&service, now(), &STALE);
            let rules: Vec<Rule> = known.findings.iter().map(|finding| finding.rule).collect();
            assert_eq!(rules, [Rule::ClientsMoved], "{:?}", known.findings);
            assert_eq!(Counts::of([(&service, &known)]).beyond_rpo, 0);
            let text = &known.findings[0].text;
            assert_eq!(text.ends_with("left, silent since 11:50:00Z"), liveness == silent, "{text}");
        }
    }
}
