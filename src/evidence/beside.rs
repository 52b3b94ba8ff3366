//! What was asked for beside a run, of the forks that it made: where their backups are copied to. It has a journal of
//! its own, so that each fact says where it was read (EV12, EV13, EV26).

use super::{Content, Report};
use crate::domain::fork::CallPreview;
use crate::domain::{Timestamp, words};

/// A change of the region that the backups of a fork are copied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegionAsked {
    /// When it was asked for.
    pub at: Timestamp,
    /// By whom (`anna@jump2`).
    pub by: String,
    /// What was typed to agree.
    pub typed: String,
    /// What it changes, in words.
    pub what: String,
    /// The exact calls, secrets as variables.
    pub calls: Vec<CallPreview>,
    /// What became of it, oldest first: the answer, and what was seen of it.
    pub then: Vec<(Timestamp, String)>,
}

impl Report {
    /// The same with what was asked for beside the run, and where that was read.
    #[must_use]
    pub fn with_regions(mut self, asked: &[RegionAsked], read_in: &str) -> Self {
        if asked.is_empty() {
            return self;
        }
        let from = format!("beside this run, by {read_in}");
        for field in &mut self.fields {
            match field.id {
                "EV12" => field.content.add_lines(asked.iter().flat_map(|asked| asked.log(&from))),
                "EV13" => field.content.add_rows(asked.iter().map(|asked| asked.approval(&from))),
                "EV26" => field.content.add_lines(asked.iter().map(|asked| asked.outcome(&from))),
                _ => {}
            }
        }
        self
    }

    /// The same with why it is not known what was asked for beside the run.
    #[must_use]
    pub fn without_regions(mut self, why: &str) -> Self {
        let line =
            format!("whether the region of its backups was changed beside this run is not known: {why}");
        for field in self.fields.iter_mut().filter(|field| field.id == "EV26") {
            field.content.add_lines(std::iter::once(line.clone()));
        }
        self
    }
}

impl RegionAsked {
    fn log(&self, from: &str) -> Vec<String> {
        let asked = |call: &&CallPreview| call.mutating && !call.alternative;
        let call = |call: &CallPreview| {
            format!(
                "call, {}, asked for by {} at {} {from}: {}",
                call.what,
                self.by,
                words::instant(self.at),
                call.command
            )
        };
        let then =
            self.then.first().map(|(at, text)| format!("answer to it at {}: {text}", words::instant(*at)));
        let none = || format!("no answer to it is known ({})", self.what);
        self.calls.iter().filter(asked).map(call).chain([then.unwrap_or_else(none)]).collect()
    }

    fn approval(&self, from: &str) -> Vec<String> {
        let how = format!("typed `{}`, {from}", self.typed);
        vec![words::instant(self.at), self.by.clone(), self.what.clone(), how]
    }

    fn outcome(&self, from: &str) -> String {
        let last = self.then.last().map_or_else(
            || "no answer is known".to_owned(),
            |(at, text)| format!("{text} ({})", words::instant(*at)),
        );
        format!("{}, asked for by {} at {} {from}: {last}", self.what, self.by, words::instant(self.at))
    }
}

impl Content {
    /// With more lines; what was a gap says so first.
    fn add_lines(&mut self, more: impl IntoIterator<Item = String>) {
        match self {
            Self::Present { lines, .. } => lines.extend(more),
            Self::Gap { why } => {
                let lines = std::iter::once(std::mem::take(why)).chain(more).collect();
                *self = Self::Present { lines, table: None };
            }
        }
    }

    /// With more rows, in the order of their instants.
    fn add_rows(&mut self, more: impl IntoIterator<Item = Vec<String>>) {
        if let Self::Present { table: Some(table), .. } = self {
            table.rows.extend(more);
            table.rows.sort_by(|one, other| one.first().cmp(&other.first()));
        }
    }
}
