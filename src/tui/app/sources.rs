//! Every source, and how reading it went.

use super::explain::explain;
use super::model::Model;
use super::overlay::Overlay;
use crate::domain::fleet::SourceState;
use crate::domain::{Outcome, Timestamp, words};

/// Sources by name, those in trouble first.
pub fn rows(model: &Model) -> Vec<(&String, &SourceState)> {
    let mut rows: Vec<_> = model.fleet.sources.iter().collect();
    rows.sort_by_key(|(_, state)| state.attempt.outcome.has_facts());
    rows
}

/// The sources that were asked and brought nothing at last, each with why; `None` when there are none.
pub fn unread(model: &Model) -> Option<String> {
    let failed = |state: &SourceState| {
        !state.attempt.outcome.has_facts() && state.attempt.outcome != Outcome::NeverRead
    };
    let told = model.fleet.sources.iter().filter(|(_, state)| failed(state)).map(|(name, state)| {
        let why = state.attempt.error.as_deref().unwrap_or_else(|| state.attempt.outcome.as_str());
        format!("{name} cannot be read: {why}")
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

/// Everything known of a source, in lines.
pub fn details(model: &Model, name: &str, state: &SourceState) -> Vec<String> {
    let attempt = &state.attempt;
    let instant = |at: Option<Timestamp>| {
        at.map_or_else(
            || "never".to_owned(),
            |at| format!("{}, {} ago", words::instant(at), words::age_of(at, model.now)),
        )
    };
    let mut lines = vec![
        format!("last attempt  {}: {}", instant(attempt.at), attempt.outcome.as_str().replace('_', " ")),
        format!("last good     {}", instant(state.last_good)),
    ];
    lines.extend(attempt.error.as_ref().map(|error| format!("error         {error}")));
    lines.push(format!("took          {} ms", state.took.as_millis()));
    lines.push(format!("requests      {} a reading", state.calls));
    lines.push(match state.retry_after {
        Some(wait) => {
            let until = state.not_before();
            let until = until.map_or_else(String::new, |at| format!(", until {}", words::clock(at)));
            format!("rate budget   used up: not asked for {}{until}", words::to_the_second(wait))
        }
        None => "rate budget   nothing was refused".to_owned(),
    });
    lines.push(match state.skew {
        Some(skew) => {
            let seen = if state.attempt.at == Some(skew.at) {
                String::new()
            } else {
                format!(", seen {}", words::newest(skew.at, model.now))
            };
            format!("clock skew    {}, ours minus theirs{seen}", words::signed_s(skew.secs))
        }
        None => "clock skew    not known: it shows no clock".to_owned(),
    });
    let reads = |copy: Option<&crate::domain::CopyState>| copy.is_some_and(|copy| copy.source == name);
    let services = model.fleet.services.values();
    let of = services.filter(|service| reads(service.primary.as_ref()) || reads(service.secondary.as_ref()));
    lines.push(format!("feeds         {}", words::count(of.count(), "service")));
    lines.extend(model.setup.verify.get(name).map(|command| format!("by hand       {command}")));
    lines
}

/// Which sources are asked now, and which asked not to be before an instant.
pub(super) fn asking(model: &Model) -> String {
    let all: Vec<&String> = model.setup.arming.sources.keys().collect();
    let told: Vec<String> = all
        .iter()
        .filter_map(|name| Some((name, model.fleet.sources.get(*name)?.not_before()?)))
        .filter(|(_, until)| *until > model.now)
        .map(|(name, until)| format!("{name} not before {}", words::clock(until)))
        .collect();
    let every = if let [one] = all.as_slice() { one } else { "every source" };
    match told.len() {
        0 => format!("asking {every} now"),
        some if some == all.len() => format!("asking no source now: {}", told.join(", ")),
        _ => format!("asking every source now but {}", told.join(", ")),
    }
}

/// What the box of a source is called.
pub(super) fn title(name: &str) -> String {
    format!("source: {name}")
}

/// Opens the selected source whole.
pub(super) fn open(model: &mut Model) {
    if model.row < rows(model).len() {
        let (title, lines) = explain(model);
        model.overlay = Some(Overlay::text(title, lines));
    } else {
        model.notice = Some("no source was asked yet".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::Attempt;
    use crate::tui::app::model::Size;
    use crate::tui::tests::model;

    fn refused(at: Timestamp, wait: Duration) -> SourceState {
        SourceState {
            attempt: Attempt { at: Some(at), ..Attempt::never() },
            last_good: None,
            skew: None,
            took: Duration::ZERO,
            calls: 1,
            retry_after: Some(wait),
        }
    }

    #[test]
    fn a_source_that_asked_for_time_is_not_said_to_be_asked_now() {
        let mut model = model(false, Size { width: 80, height: 24 });
        let now = model.now;
        model.fleet.sources.insert("west".to_owned(), refused(now, Duration::from_mins(5)));
        let until = words::clock(now + chrono::TimeDelta::minutes(5));
        assert_eq!(asking(&model), format!("asking every source now but west not before {until}"));
        let mut only = model.clone();
        only.setup.arming.sources.retain(|name, _| name == "west");
        assert_eq!(asking(&only), format!("asking no source now: west not before {until}"));
        only.now = now + chrono::TimeDelta::minutes(5);
        assert_eq!(asking(&only), "asking west now");
        model.now = now + chrono::TimeDelta::minutes(5);
        assert_eq!(asking(&model), "asking every source now");
    }

    #[test]
    fn a_wait_beyond_all_dates_has_no_end() {
        let model = model(false, Size { width: 80, height: 24 });
        let shown = |wait| {
            let state = refused(model.now, wait);
            details(&model, "west", &state).into_iter().find(|line| line.starts_with("rate budget")).unwrap()
        };
        assert!(shown(Duration::from_mins(1)).contains("1m, until "), "{}", shown(Duration::from_mins(1)));
        assert!(!shown(Duration::from_secs(u64::from(u32::MAX) * 1_000_000)).contains("until"));
    }
}
