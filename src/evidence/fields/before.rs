//! EV09..EV11: the state before, what was ready, and the point that was used.

use super::super::Content;
use super::super::first_page::instant_or_dash;
use crate::domain::fork::PointHow;
use crate::domain::instant::rfc3339;
use crate::domain::{CopyFacts, Edge, words};
use crate::runbook::{Record, RunState};

pub(super) fn state_before(state: &RunState, _: &[Record]) -> Content {
    let assessment = &state.opening.before.assessment;
    let mut lines = vec![format!("as of {}", words::instant(state.opening.before.as_of))];
    for (role, copy) in [("primary", &assessment.primary), ("there", &assessment.secondary)] {
        lines.push(copy.as_ref().map_or_else(|| format!("{role}: no copy"), |copy| copy_line(role, copy)));
    }
    lines.push(format!("loss: {}", words::loss_seconds(assessment)));
    lines.push(match assessment.replication_lag {
        None => "replication lag: not known".to_owned(),
        Some(lag) => format!("replication lag: {}", words::to_the_second(lag)),
    });
    lines.extend(assessment.findings.iter().map(|finding| format!("finding: {}", finding.text)));
    Content::lines_or(lines, "")
}

fn copy_line(role: &str, copy: &CopyFacts) -> String {
    let newest_is = if copy.is_open() { Edge::Exact } else { copy.newest_is() };
    format!(
        "{role}: {} in {}, oldest {}, newest {}, {} recovery points, read {}{}",
        copy.copy,
        copy.region.as_deref().unwrap_or("a region not known"),
        instant_or_dash(copy.oldest),
        words::edge(&instant_or_dash(copy.newest), newest_is),
        copy.recovery_points.map_or_else(|| "an unknown number of".to_owned(), |count| count.to_string()),
        instant_or_dash(copy.as_of),
        if copy.stale { " (stale)" } else { "" },
    )
}

pub(super) fn readiness(state: &RunState, _: &[Record]) -> Content {
    let Some(items) = &state.readiness else { return Content::gap("readiness was not checked") };
    let rows =
        items.iter().map(|item| vec![item.check.clone(), item.state.as_str().to_owned(), item.text.clone()]);
    let further = (state.attempt.number > 1).then(|| {
        let of = state.readiness_of;
        let of =
            of.map_or_else(|| "without a point".to_owned(), |of| format!("with the point of attempt {of}"));
        vec!["all of these".to_owned(), "checked".to_owned(), of]
    });
    Content::table_or(
        vec!["check", "result", "fact"],
        rows.chain(further).collect(),
        "nothing could be checked",
    )
}

pub(super) fn point(state: &RunState, _: &[Record]) -> Content {
    let Some(point) = &state.attempt.point else { return Content::gap("no point was resolved") };
    let mut lines = vec![
        format!("promised: {}", words::edge(&rfc3339(point.promised), point.promised_is)),
        format!("restored by {}", how(&point.how)),
        format!("from copy: {}", state.opening.member.copy),
    ];
    lines.extend(point.backup.as_ref().map(|backup| format!("from backup: {backup}")));
    lines.extend(point.note.clone());
    Content::lines_or(lines, "")
}

fn how(how: &PointHow) -> String {
    match how {
        PointHow::Time { at } => format!("time {}", words::instant(*at)),
        PointHow::Lsn { lsn, timeline } => format!("log position {lsn} on timeline {timeline}"),
        PointHow::Xid { xid, timeline } => format!("transaction {xid} on timeline {timeline}"),
        PointHow::Immediate => "the backup's own end".to_owned(),
        PointHow::Name { name } => format!("backup {name}"),
    }
}
