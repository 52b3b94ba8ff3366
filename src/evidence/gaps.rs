//! Times in which nobody drove a run (EV14): what was left in order is told in one line, however often it
//! waited for a person; each other time with its length.

use std::time::Duration;

use super::Deviation;
use crate::domain::{Timestamp, words};
use crate::runbook::{Event, Record};

/// One such time.
struct Gap<'a> {
    from: Timestamp,
    /// Until when; `None` while nobody has taken it up.
    to: Option<Timestamp>,
    /// Why it was left; `None` where it did not leave in order.
    left: Option<&'a str>,
    by: String,
}

/// All of a journal.
pub(super) fn of(records: &[Record]) -> Vec<Deviation> {
    let (in_order, torn): (Vec<Gap<'_>>, Vec<Gap<'_>>) =
        gaps(records).into_iter().partition(|gap| gap.left.is_some());
    let in_order = match in_order.as_slice() {
        [] => None,
        [gap] => Some(gap.told()),
        [first, ..] => Some(first.deviation(all(&in_order))),
    };
    torn.iter().map(Gap::told).chain(in_order).collect()
}

/// Once it is over a run needs no driver.
fn gaps(records: &[Record]) -> Vec<Gap<'_>> {
    let mut gaps: Vec<Gap<'_>> = Vec::new();
    let mut before = None;
    for record in records.iter().take_while(|record| !matches!(record.event, Event::Closed { .. })) {
        let open = gaps.last_mut().filter(|gap| gap.to.is_none());
        let gap = |from, to, left| Gap { from, to, left, by: record.author.shown() };
        match (&record.event, open) {
            (Event::Detached { why }, None) => gaps.push(gap(record.at, None, Some(why.as_str()))),
            (Event::Resumed, Some(open)) => open.to = Some(record.at),
            (Event::Resumed, None) => {
                gaps.push(gap(before.unwrap_or(record.at), Some(record.at), None));
            }
            _ => {}
        }
        before = Some(record.at);
    }
    gaps
}

/// Those that were left in order: how often, how long in all, and why.
fn all(gaps: &[Gap<'_>]) -> String {
    let over: Duration = gaps.iter().filter_map(Gap::length).sum();
    let mut why: Vec<&str> = Vec::new();
    for said in gaps.iter().filter_map(|gap| gap.left) {
        if !why.contains(&said) {
            why.push(said);
        }
    }
    let open = gaps.iter().find(|gap| gap.to.is_none());
    let open = open.map(|gap| format!("; not taken up since {}", words::instant(gap.from)));
    format!(
        "left in order {} times, nobody drove it for {} in all ({}){}",
        gaps.len(),
        words::to_the_second(over),
        why.join("; "),
        open.unwrap_or_default()
    )
}

impl Gap<'_> {
    fn length(&self) -> Option<Duration> {
        (self.to? - self.from).to_std().ok()
    }

    fn told(&self) -> Deviation {
        let from = words::instant(self.from);
        let how = self
            .left
            .map_or_else(|| "it did not leave in order".to_owned(), |why| format!("left in order: {why}"));
        self.deviation(match (self.to, self.length()) {
            (Some(to), length) => {
                let length = words::to_the_second(length.unwrap_or_default());
                format!("nobody drove it from {from} to {} ({length}; {how})", words::instant(to))
            }
            (None, _) => format!("nobody drives it since {from} ({how})"),
        })
    }

    fn deviation(&self, text: String) -> Deviation {
        Deviation { at: self.from, kind: "gap", text, by: self.by.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::sample::{Journal, opening};
    use crate::runbook::{Command, Input, RunKind};

    fn told(journal: &Journal) -> Vec<String> {
        of(&journal.records).into_iter().map(|gap| gap.text).collect()
    }

    /// Left in order, or killed, and taken up again after so many seconds.
    fn away(journal: &mut Journal, left: Option<&str>, seconds: i64) {
        if let Some(why) = left {
            journal.command(Command::Detach { why: why.to_owned() }).unwrap();
        }
        journal.later(seconds);
        journal.input(&Input::Resumed).unwrap();
        journal.later(10);
    }

    #[test]
    fn r24_the_time_in_which_nobody_drove_a_run_is_told_with_its_length() {
        let mut journal = Journal::open(opening(RunKind::Incident));
        away(&mut journal, None, 44);
        let torn = "nobody drove it from 2026-11-20 12:04:31Z to 2026-11-20 12:05:15Z (44s; it did not leave in order)";
        assert_eq!(told(&journal), [torn]);
        away(&mut journal, Some("a person is needed"), 60);
        let one = "nobody drove it from 2026-11-20 12:05:25Z to 2026-11-20 12:06:25Z (1m; left in order: a person is needed)";
        assert_eq!(told(&journal), [torn, one]);
        away(&mut journal, Some("a person is needed"), 60);
        away(&mut journal, Some("SIGTERM"), 3);
        let all = "left in order 3 times, nobody drove it for 2m 3s in all (a person is needed; SIGTERM)";
        assert_eq!(told(&journal), [torn, all]);
        journal.command(Command::Detach { why: "SIGTERM".to_owned() }).unwrap();
        assert!(
            told(&journal)[1].ends_with("; not taken up since 2026-11-20 12:07:58Z"),
            "{:?}",
            told(&journal)
        );
    }
}
