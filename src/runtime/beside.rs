//! What was changed of a run's forks beside it: by the journal of region changes, which the state folder keeps apart
//! from those of runs.

use std::collections::HashMap;
use std::path::Path;

use super::launch::whole;
use super::region;
use crate::domain::Timestamp;
use crate::domain::region::RegionChange;
use crate::evidence::{RegionAsked, Report};
use crate::ledger::LedgerError;
use crate::ledger::settings::{self, SettingEvent, SettingRecord};
use crate::runbook::RunState;

/// The report of a run with what was asked for of its forks in a state folder.
pub(super) fn with_regions(report: Report, state: &RunState, folder: &Path) -> Report {
    if !state.attempts().any(|attempt| attempt.made) {
        return report;
    }
    match settings::since(folder, 0).and_then(|records| Ok((records, settings::verify(folder)?))) {
        Ok((records, verified)) => {
            let broken = verified.and_then(|verified| verified.broken);
            let broken = broken.map(|at| format!(", BROKEN at its line {}: {}", at.line, at.why));
            let read_in =
                format!("the journal of region changes in {}", whole(&folder.display().to_string()));
            report.with_regions(&asked(&records, state), &(read_in + &broken.unwrap_or_default()))
        }
        Err(error) => without_regions(report, state, &error),
    }
}

/// The same where that is not known, and why. Of a fork that nobody uses there are no backups to miss.
pub(super) fn without_regions(report: Report, state: &RunState, why: &LedgerError) -> Report {
    if state.has_clients() { report.without_regions(&why.to_string()) } else { report }
}

/// The changes of a run's forks, with what became of each.
fn asked(records: &[SettingRecord], state: &RunState) -> Vec<RegionAsked> {
    let mut all: Vec<RegionAsked> = Vec::new();
    // What is written next of a service is of its last change.
    let mut last: HashMap<&str, Option<usize>> = HashMap::new();
    for record in records {
        let service = record.service.as_str();
        match &record.event {
            SettingEvent::Intended { change, calls, typed, source } => {
                let is_ours = is_of(state, record.at, change, source.as_deref());
                last.insert(service, is_ours.then_some(all.len()));
                all.extend(is_ours.then(|| RegionAsked {
                    at: record.at,
                    by: record.author.shown(),
                    typed: typed.clone(),
                    what: format!("{}: {}", change.remote, region::change_in_words(change)),
                    calls: calls.clone(),
                    then: Vec::new(),
                }));
            }
            SettingEvent::Answered { .. } | SettingEvent::Seen { .. } => {
                let of = last.get(service).copied().flatten().and_then(|index| all.get_mut(index));
                if let Some(of) = of {
                    of.then.push((record.at, region::in_words(record)));
                }
            }
        }
    }
    all
}

/// A name may have been another's before the run.
fn is_of(state: &RunState, at: Timestamp, change: &RegionChange, source: Option<&str>) -> bool {
    at >= state.opened_at
        && source.is_none_or(|source| source == state.opening.member.source)
        && state.attempts().any(|attempt| attempt.made && attempt.name == change.remote)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::fork::CallPreview;
    use crate::domain::region::SetOutcome;
    use crate::evidence::{markdown, report};
    use crate::ledger::settings::Settings;
    use crate::runbook::sample::{Journal, World, author, opening, until, willing};
    use crate::runbook::{RunKind, StepKind};

    fn field(report: &Report, id: &str) -> String {
        let all = markdown(report);
        all.split("\n## ").find(|field| field.starts_with(id)).unwrap().to_owned()
    }

    fn put(remote: &str, source: &str) -> SettingEvent {
        let to = Some("aws-eu-north-1".to_owned());
        let change = RegionChange { remote: remote.to_owned(), from: None, to, last_changed: None };
        let call = |command: String, mutating| CallPreview {
            what: "enable the backup region (1 service)".to_owned(),
            command,
            mutating,
            alternative: false,
            makes: None,
        };
        let calls = vec![call(format!("curl -X PUT {remote}"), true), call("curl -X GET".to_owned(), false)];
        SettingEvent::Intended { change, calls, typed: remote.to_owned(), source: Some(source.to_owned()) }
    }

    fn accepted() -> SettingEvent {
        SettingEvent::Answered { outcome: SetOutcome::Accepted { response: "HTTP 200".to_owned() } }
    }

    #[test]
    fn r35_a_region_that_was_set_beside_the_run_is_in_its_report_with_who_asked_and_where_that_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = until(opening(RunKind::Incident), StepKind::Protect, &mut World::default());
        let (fork, source) =
            (journal.state.attempt.name.clone(), journal.state.opening.member.source.clone());
        let now = journal.now;
        let before = journal.state.opened_at - TimeDelta::hours(1);
        for (service, at, event) in [
            // The name was another's, and other services have changes of their own.
            (fork.as_str(), before, put(&fork, &source)),
            ("ledger", now, put("ledger", &source)),
            (fork.as_str(), now, put(&fork, "another")),
            (fork.as_str(), now, put(&fork, &source)),
            ("ledger", now, SettingEvent::Answered { outcome: SetOutcome::Refused { why: "no".to_owned() } }),
            (fork.as_str(), now, accepted()),
        ] {
            let mut held = Settings::open(folder.path()).unwrap().hold(service).unwrap().unwrap();
            held.append(at, &author(), event).unwrap();
        }
        journal.drive(&mut World::default(), willing);
        let bare = report(&journal.records, None).unwrap();
        let told = with_regions(bare, &journal.state, folder.path());
        let read_in = format!("the journal of region changes in {}", folder.path().display());
        let log = field(&told, "EV12");
        assert_eq!(log.matches("curl -X PUT").count(), 1, "{log}");
        assert!(log.contains(&format!("curl -X PUT {fork}")) && log.contains(&read_in), "{log}");
        assert!(log.contains("accepted: HTTP 200") && !log.contains("curl -X GET"), "{log}");
        let approvals = field(&told, "EV13");
        let approved = format!("| anna@jump2 | {fork}: enable nowhere -> aws-eu-north-1 | typed `{fork}`, ");
        assert_eq!(approvals.matches(&approved).count(), 1, "{approvals}");
        let protected = field(&told, "EV26");
        assert!(protected.contains("-> aws-eu-north-1, asked for by anna@jump2 at "), "{protected}");
        assert!(protected.contains("accepted: HTTP 200"), "{protected}");
    }

    #[test]
    fn s3_where_the_journal_of_region_changes_cannot_be_read_that_is_said_of_a_fork_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let told = |journal: &Journal| {
            let bare = report(&journal.records, None).unwrap();
            field(&with_regions(bare, &journal.state, folder.path()), "EV26")
        };
        let unknown = "changed beside this run is not known: ";
        let used = until(opening(RunKind::Incident), StepKind::Protect, &mut World::default());
        assert!(told(&used).contains(unknown), "{}", told(&used));
        let made = until(opening(RunKind::Incident), StepKind::Validate, &mut World::default());
        assert!(!told(&made).contains(unknown), "{}", told(&made));
        // A folder in which no region was ever changed is no unknown.
        drop(Settings::open(folder.path()).unwrap());
        assert!(!told(&used).contains("beside this run"), "{}", told(&used));
    }
}
