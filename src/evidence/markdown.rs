//! The report as Markdown: page one first, then the evidence field by field.

use std::fmt::Write as _;
use std::time::Duration;

use super::{Content, Report, Table};
use crate::domain::words;

/// Writes a report as Markdown.
pub fn markdown(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    write(report, &mut out).ok();
    out
}

fn write(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "# {} of {}: {}\n",
        report.kind.as_str(),
        text(&report.service),
        report.result.to_uppercase()
    )?;
    writeln!(out, "Run {}\n", report.run)?;
    list(out, &report.reasons)?;
    page_one(report, out)?;
    for field in &report.fields {
        writeln!(out, "## {} {}\n", field.id, field.title)?;
        content(out, &field.content)?;
    }
    let head = report.head.as_deref().unwrap_or("not known");
    writeln!(out, "## EV33 journal\n\n- {} events, last line's SHA-256: {head}", report.events)?;
    writeln!(out, "- re-check: `lifeboat runs verify {}`", report.run)
}

fn page_one(report: &Report, out: &mut String) -> std::fmt::Result {
    let objectives = report.objectives.iter().map(|objective| {
        vec![
            objective.objective.to_owned(),
            amount(objective.target_s, words::objective),
            amount(objective.achieved_s, words::to_the_second),
            objective.judgement.as_str().to_owned(),
            objective.measured.clone(),
        ]
    });
    let header = vec!["objective", "target", "achieved", "result", "measured"];
    table(out, &Table { header, rows: objectives.collect() })?;
    writeln!(out)?;
    list(out, &report.caveats)?;
    let deviations: Vec<_> = report
        .deviations
        .iter()
        .map(|deviation| format!("{} {}: {}", words::instant(deviation.at), deviation.kind, deviation.text))
        .collect();
    if deviations.is_empty() {
        return writeln!(out, "No skips, overrides, retries or pauses.\n");
    }
    writeln!(out, "Deviations:\n")?;
    list(out, &deviations)
}

fn amount(secs: Option<u64>, written: fn(Duration) -> String) -> String {
    secs.map_or_else(|| "-".to_owned(), |secs| written(Duration::from_secs(secs)))
}

fn content(out: &mut String, content: &Content) -> std::fmt::Result {
    match content {
        Content::Gap { why } => writeln!(out, "**GAP**: {}\n", text(why)),
        Content::Present { lines, table: rows } => {
            list(out, lines)?;
            let Some(rows) = rows else { return Ok(()) };
            table(out, rows)?;
            writeln!(out)
        }
    }
}

fn list(out: &mut String, lines: &[String]) -> std::fmt::Result {
    for line in lines {
        writeln!(out, "- {}", text(line))?;
    }
    if lines.is_empty() { Ok(()) } else { writeln!(out) }
}

fn table(out: &mut String, table: &Table) -> std::fmt::Result {
    writeln!(out, "| {} |", table.header.join(" | "))?;
    writeln!(out, "|{}", "---|".repeat(table.header.len()))?;
    for row in &table.rows {
        let cells: Vec<_> = row.iter().map(|cell| text(cell)).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

/// Foreign words must not break the page: one line, no cell or tag of their own.
fn text(raw: &str) -> String {
    let line: String = raw.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_words_stay_in_their_cell() {
        let mut out = String::new();
        let rows = vec![vec!["a|b\nc".to_owned(), "<script>".to_owned()]];
        table(&mut out, &Table { header: vec!["x", "y"], rows }).unwrap();
        assert_eq!(out, "| x | y |\n|---|---|\n| a\\|b c | &lt;script> |\n");
    }
}
