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
        report.headline.to_uppercase()
    )?;
    writeln!(out, "Run {}\n", report.run)?;
    list(out, report.broken.as_slice())?;
    list(out, &report.reasons)?;
    page_one(report, out)?;
    for field in &report.fields {
        writeln!(out, "## {} {}\n", field.id, field.title)?;
        content(out, &field.content)?;
    }
    Ok(())
}

fn page_one(report: &Report, out: &mut String) -> std::fmt::Result {
    let objectives = report.objectives.iter().map(|objective| {
        vec![
            objective.objective.to_owned(),
            target(objective.target_s),
            objective.achieved().unwrap_or_else(|| "-".to_owned()),
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

fn target(secs: Option<u64>) -> String {
    secs.map_or_else(|| "-".to_owned(), |secs| words::objective(Duration::from_secs(secs)))
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
        let cells: Vec<_> = row.iter().map(|each| cell(each)).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

/// Foreign words must not break the page: one line, no tag of their own. A terminal shows it as it is, and a command
/// is taken from there, so that nothing else is escaped.
fn text(raw: &str) -> String {
    escaped(raw, "<")
}

/// The same in a table: no cell of their own.
fn cell(raw: &str) -> String {
    escaped(raw, "|<")
}

fn escaped(raw: &str, special: &str) -> String {
    let line: String = raw.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut safe = String::with_capacity(line.len());
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek();
        let escaped = match letter {
            '|' => special.contains('|'),
            '<' => next.is_some_and(|next| next.is_ascii_alphabetic() || "/!?".contains(*next)),
            '\\' => next.is_some_and(|next| *next == '\\' || special.contains(*next)),
            _ => false,
        };
        if escaped {
            safe.push('\\');
        }
        safe.push(letter);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_of_a_table_only_tags_are_escaped() {
        let lines = ["`tr -d '\\n' | sha256sum`", "a \\| b <script>"].map(str::to_owned);
        let mut out = String::new();
        list(&mut out, &lines).unwrap();
        assert_eq!(out, "- `tr -d '\\n' | sha256sum`\n- a \\| b \\<script>\n\n");
    }

    #[test]
    fn foreign_words_stay_in_their_cell() {
        let mut out = String::new();
        let rows = vec![
            vec!["a|b\nc".to_owned(), "<script>".to_owned()],
            vec!["\\<b>, \\d".to_owned(), "<=4s of <5m".to_owned()],
        ];
        table(&mut out, &Table { header: vec!["x", "y"], rows }).unwrap();
        assert_eq!(out, "| x | y |\n|---|---|\n| a\\|b c | \\<script> |\n| \\\\\\<b>, \\d | <=4s of <5m |\n");
    }
}
