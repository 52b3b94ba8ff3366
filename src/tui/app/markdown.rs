//! A report's Markdown as lines for a box: headings in capitals, rows of tables as sentences, since a
//! table that is wrapped cannot be read.

/// The lines. Knows what reports are made of: headings, lists, tables, bold gaps.
pub(super) fn lines(markdown: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut header: Option<Vec<String>> = None;
    for line in markdown.lines() {
        let Some(cells) = cells(line) else {
            header = None;
            lines.push(plain(line));
            continue;
        };
        match &header {
            None => header = Some(cells),
            Some(_) if cells.iter().all(|cell| cell.starts_with("--")) => {}
            Some(header) => lines.push(row(header, &cells)),
        }
    }
    lines
}

fn plain(line: &str) -> String {
    let heading = line.trim_start_matches('#');
    if heading.len() < line.len() {
        return heading.trim_start().to_uppercase();
    }
    line.replace("**GAP**", "GAP").replace("&lt;", "<")
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inside = line.strip_prefix('|')?.strip_suffix('|')?;
    let escaped = inside.replace("\\|", "\u{0}");
    Some(escaped.split('|').map(|cell| plain(&cell.trim().replace('\u{0}', "|"))).collect())
}

/// `- RTO: target 3600 s; achieved 2607 s; result met`.
fn row(header: &[String], cells: &[String]) -> String {
    let first = cells.first().map_or("", String::as_str);
    let named = header.iter().zip(cells).skip(1).filter(|(_, cell)| !cell.is_empty());
    let rest: Vec<String> = named.map(|(name, cell)| format!("{name} {cell}")).collect();
    format!("- {first}: {}", rest.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_lists_and_tables() {
        let markdown = "# drill of orders: PASSED\n\n- a | b &lt;c>\n\n| objective | target | achieved |\n|---|---|---|\n\
                        | RTO | 3600 s | 2607 s |\n| a\\|b | - |  |\n\n## EV02 scope\n**GAP**: none\n";
        assert_eq!(
            lines(markdown),
            [
                "DRILL OF ORDERS: PASSED",
                "",
                "- a | b <c>",
                "",
                "- RTO: target 3600 s; achieved 2607 s",
                "- a|b: target -",
                "",
                "EV02 SCOPE",
                "GAP: none",
            ]
        );
    }
}
