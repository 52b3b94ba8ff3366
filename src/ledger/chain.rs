//! The hash chain of a journal (S31): every line holds the SHA-256 of the one before it, so that
//! anyone can check it again with `sed -n Np | tr -d '\n' | sha256sum`.

use serde::Serialize;

use crate::runbook::{Event, Record, hex_sha256};

/// What a check of a chain gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Lines that are whole, from the first on.
    pub events: u64,
    /// Hash of the last whole line.
    pub head: Option<String>,
    /// The first broken line; `None` when the chain is whole.
    pub broken: Option<Broken>,
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: String,
}

/// The line of a record, without its newline.
///
/// # Errors
/// When the record cannot be written as JSON.
pub fn line(record: &Record) -> Result<String, serde_json::Error> {
    serde_json::to_string(record)
}

/// The hash that the next line will hold.
pub fn hash(line: &str) -> String {
    hex_sha256(line.as_bytes())
}

/// Reads lines into records, without checking their chain.
///
/// # Errors
/// The first line that is no record.
pub fn read(lines: &[String]) -> Result<Vec<Record>, Broken> {
    (1..).zip(lines).map(|(number, line)| parse(number, line)).collect()
}

fn parse(number: u64, line: &str) -> Result<Record, Broken> {
    serde_json::from_str(line)
        .map_err(|error| Broken { line: number, why: format!("it is no event of a run: {error}") })
}

/// Checks a chain from its first line on.
pub fn verify(lines: &[String]) -> Verified {
    let mut verified = Verified { events: 0, head: None, broken: None };
    for (number, line) in (1..).zip(lines) {
        let checked =
            parse(number, line).and_then(|record| follows(number, &record, verified.head.as_deref()));
        if let Err(broken) = checked {
            verified.broken = Some(broken);
            return verified;
        }
        verified.events = number;
        verified.head = Some(hash(line));
    }
    if lines.is_empty() {
        verified.broken = Some(Broken { line: 1, why: "there is no event".to_owned() });
    }
    verified
}

/// Whether a record may stand at its place.
fn follows(number: u64, record: &Record, head: Option<&str>) -> Result<(), Broken> {
    let opens = matches!(record.event, Event::Opened(_));
    let why = if record.seq != number {
        format!("it calls itself event {}", record.seq)
    } else if record.prev.as_deref() != head {
        "it does not hold the hash of the line before it".to_owned()
    } else if opens != (number == 1) {
        "an opening stands first, and only there".to_owned()
    } else if let Event::Opened(opening) = &record.event
        && opening.plan.sha256() != opening.plan_sha256
    {
        "its plan is not the one it holds the hash of".to_owned()
    } else {
        return Ok(());
    };
    Err(Broken { line: number, why })
}
