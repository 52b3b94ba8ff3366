//! The evidence checklist, field by field, in its order.

mod before;
mod outcome;
mod people;
mod scope;
mod steps;

use super::{Content, Field};
use crate::runbook::{Record, RunState};

type Filler = fn(&RunState, &[Record]) -> Content;

/// Every field this tool fills in.
const FILLED: [(&str, &str, Filler); 25] = [
    ("EV01", "run, kind, start and end, tool version", scope::identity),
    ("EV02", "scope: service, tier, owner, copies, regions", scope::scope),
    ("EV03", "scenario and why", scope::scenario),
    ("EV04", "success criteria fixed before the run", scope::criteria),
    ("EV05", "RPO and RTO targets", scope::targets),
    ("EV06", "plan and its hash", scope::plan),
    ("EV07", "people and their system identities", people::people),
    ("EV08", "declaration", people::declaration),
    ("EV09", "state before: both copies", before::state_before),
    ("EV10", "readiness", before::readiness),
    ("EV11", "recovery point used", before::point),
    ("EV12", "step log", steps::log),
    ("EV13", "approvals and confirmations", people::approvals),
    ("EV14", "deviations", steps::deviations),
    ("EV15", "target apart from the source", outcome::apart),
    ("EV16", "achieved recovery time", outcome::recovery_time),
    ("EV17", "achieved recovery point, measured in the data", outcome::recovery_point),
    ("EV18", "integrity checks", outcome::checks),
    ("EV19", "accepted by the owner of the service", people::owners_word),
    ("EV22", "communication", people::notes),
    ("EV24", "calls to the primary region, clock skew, host", outcome::primary_calls),
    ("EV25", "clean-up, or what stays", outcome::clean_up),
    ("EV26", "protected again", outcome::protected),
    ("EV27", "result per objective", outcome::objectives),
    ("EV31", "next drill due", outcome::next_drill),
];

/// Fields that this tool does not record: shown as gaps, so that nobody takes them for covered.
const NOT_RECORDED: [(&str, &str); 8] = [
    ("EV20", "switch to redundant capacity"),
    ("EV21", "third parties: provider, tickets"),
    ("EV23", "credentials, least privilege, access log"),
    ("EV28", "findings with owner and due date"),
    ("EV29", "lessons and plan changes"),
    ("EV30", "summary for management, sign-off"),
    ("EV32", "coverage in the period"),
    ("EV34", "attachments"),
];

/// Why such a field is a gap.
const BY_HAND: &str = "not recorded by lifeboat; add it by hand";

/// Where the journal itself is told of.
pub(super) const JOURNAL: &str = "EV33";

/// How long the journal is, and the hash that says so: whoever has it re-checks it by hand (S31).
fn journal(state: &RunState, head: Option<&str>) -> Field {
    let lines = vec![
        format!("{} events, last line's SHA-256: {}", state.last_seq, head.unwrap_or("not known")),
        "each line's `prev` is the hash of the line before it: `sed -n Np FILE | tr -d '\\n' | sha256sum`"
            .to_owned(),
    ];
    Field { id: JOURNAL, title: "journal", content: Content::lines_or(lines, "") }
}

/// All fields, by id.
pub(super) fn all(state: &RunState, records: &[Record], head: Option<&str>) -> Vec<Field> {
    let filled = FILLED.iter().map(|(id, title, fill)| Field { id, title, content: fill(state, records) });
    let gaps = NOT_RECORDED.iter().map(|(id, title)| Field { id, title, content: Content::gap(BY_HAND) });
    let mut fields: Vec<_> = filled.chain(gaps).chain([journal(state, head)]).collect();
    fields.sort_by_key(|field| field.id);
    fields
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_field_of_the_checklist_is_there_once() {
        let filled = FILLED.iter().map(|(id, ..)| *id);
        let gaps = NOT_RECORDED.iter().map(|(id, _)| *id);
        let ids: Vec<_> = filled.chain(gaps).chain([JOURNAL]).collect();
        let all: BTreeSet<_> = (1..=34).map(|number| format!("EV{number:02}")).collect();
        assert_eq!(ids.len(), all.len(), "a field is listed twice");
        assert_eq!(ids.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), all);
    }
}
