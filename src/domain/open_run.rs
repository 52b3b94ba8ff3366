//! A run of a service that is not over, as a journal on this host has it (S30).

use std::path::Path;

use super::{Assessment, Service, Timestamp, words};

/// How the second file of a run that goes on without a journal ends (S25).
pub const SECOND_FILE: &str = ".jsonl";

/// Whether the place to which a journal moved is a folder that it goes on in; else it went on without one.
pub fn keeps_journals(place: &str) -> bool {
    Path::new(place).is_absolute() && !place.ends_with(SECOND_FILE)
}

/// What is to be said of a run that went on without a journal, by the place that is named for it.
pub fn without_journal(place: &str) -> String {
    format!("went on without journal: {}", place.trim_start_matches("no journal: "))
}

/// What is to be said of a run that went on in two folders, by the one that it came from.
pub fn parted(from: &str) -> String {
    format!("went on in {from}, too: two stories are told of it, and a person chooses one")
}

/// A run that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRun {
    /// Its id.
    pub run: String,
    /// A drill; otherwise an incident.
    pub drill: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Whether a process drives it. One that nobody drives does not go on by itself.
    pub driven: bool,
    /// When its journal was last written; `None` when that could not be read.
    pub last_at: Option<Timestamp>,
    /// The step it stands at, in a person's words.
    pub step: Option<String>,
    /// Whether it waits for a person.
    pub needs_person: bool,
    /// Since when the old primary is to be fenced, while nobody did, nor overrode that in writing (S22).
    pub unfenced_since: Option<Timestamp>,
    /// To which instant it restores, once that was agreed to: what it loses is counted from there, not from
    /// the newest that is restorable by now.
    pub restores_to: Option<Timestamp>,
    /// Where its journal goes on, when it could no longer be written here (S25): what is known here is
    /// not the newest.
    pub moved_to: Option<String>,
    /// The folder that it came from, where it went on there, too: two stories are told of it (S25).
    pub parted_from: Option<String>,
    /// The files of the config that it was begun with, by which a command goes on with it from anywhere.
    pub config_files: Vec<String>,
}

/// Which of a service's open runs restore an older point than its loss counts to, a sentence each.
pub fn restoring_less<'a>(
    service: &'a Service,
    known: &'a Assessment,
    now: Timestamp,
) -> impl Iterator<Item = String> + 'a {
    service.open_runs.iter().flatten().filter_map(move |run| run.restores_less(known, now))
}

impl OpenRun {
    /// `drill` or `incident`.
    pub const fn kind(&self) -> &'static str {
        if self.drill { "drill" } else { "incident" }
    }

    /// `live`, `interrupted`, `moved`: its journal goes on elsewhere; `parted`: it went on elsewhere, too.
    pub const fn standing(&self) -> &'static str {
        match (&self.moved_to, self.driven) {
            (Some(_), _) => "moved",
            (None, true) => "live",
            (None, false) if self.parted_from.is_some() => "parted",
            (None, false) => "interrupted",
        }
    }

    /// What it restores, where the loss that is judged counts to a newer point there: both are true, of
    /// different things.
    fn restores_less(&self, known: &Assessment, now: Timestamp) -> Option<String> {
        let to = self.restores_to?;
        let there = known.secondary.as_ref()?;
        let newest = words::newest_of(there, now).filter(|_| there.newest > Some(to))?;
        let (run, to) = (&self.run, words::newest(to, now));
        Some(format!("{run} restores {to}; the loss shown here counts to the newest there, {newest}"))
    }

    /// Whether nobody here takes care of it: it waits to be taken up, or was taken elsewhere.
    pub const fn is_left(&self) -> bool {
        !self.driven || self.moved_to.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{STALE, at, heard_word, now, open_run, orders};
    use crate::domain::{Heard, Liveness, Rule, Verdict, assess};

    #[test]
    fn s22_no_row_is_green_while_an_old_primary_answers_that_nobody_fenced() {
        let judged_once = |is_unfenced: bool, liveness, either_from| {
            let unfenced_since = is_unfenced.then(|| open_run().opened_at);
            let open_runs = Some(vec![OpenRun { unfenced_since, ..open_run() }]);
            let heard = Heard { either_from, ..heard_word(open_run().opened_at) };
            let heard = either_from.map(|_| Box::new(heard));
            let service = Service { liveness, heard, open_runs, ..orders() };
            let known = assess(&service, now(), &STALE);
            let found = known.findings.iter().find(|finding| finding.rule == Rule::Unfenced);
            (known.verdict, words::state(&service, &known), found.map(|finding| finding.text.clone()))
        };
        let judged = |is_unfenced, liveness| judged_once(is_unfenced, liveness, None);
        let answers = Liveness::Answers { at: now() };
        let text = judged_once(true, answers, Some(now())).2.unwrap();
        let either = "inc-orders-1: something answers (0s ago) where the old primary is probed: the old primary, or the";
        assert!(text.starts_with(either), "the name may lead to the fork: {text}");
        let (verdict, word, text) = judged(true, answers);
        let text = text.unwrap();
        assert_eq!((verdict, word), (Verdict::Warning, "UNFENCED"), "{text}");
        assert!(
            text.starts_with("inc-orders-1 is not fenced, yet the old primary answers (0s ago)"),
            "{text}"
        );
        let long_ago = Liveness::Answers { at: open_run().opened_at + chrono::TimeDelta::seconds(1) };
        let text = judged(true, long_ago).2.unwrap();
        assert!(text.contains(" ago, not known since, and may take writes"), "{text}");
        let silent = Service {
            liveness: Liveness::silent(at("2026-11-20T12:04:20Z"), Some(at("2026-11-20T12:04:15Z"))),
            open_runs: Some(vec![open_run()]),
            ..orders()
        };
        let known = assess(&silent, now(), &STALE);
        let said = known.findings.into_iter().find(|finding| finding.rule == Rule::PrimarySilent).unwrap();
        assert!(said.text.ends_with("; inc-orders-1 is open"), "declared once: {}", said.text);
        let before = Liveness::Answers { at: at("2026-11-20T11:59:50Z") };
        for (unfenced, liveness) in [(false, answers), (true, before), (true, Liveness::NotProbed)] {
            assert_eq!(judged(unfenced, liveness), (Verdict::Ok, "incident", None), "{liveness:?}");
        }
    }
}
