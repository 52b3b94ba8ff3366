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
    unescaped(&line.replace("**GAP**", "GAP"), "<\\")
}

/// What was escaped so that it stays text.
fn unescaped(line: &str, special: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        let escaped = letters.next_if(|next| letter == '\\' && special.contains(*next));
        plain.push(escaped.unwrap_or(letter));
    }
    plain
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inside = line.strip_prefix('|')?.strip_suffix('|')?;
    let mut cells = vec![String::new()];
    let mut letters = inside.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, cells.last_mut()) {
            ('|', _) | (_, None) => cells.push(String::new()),
            (_, Some(cell)) => {
                cell.push(letter);
                cell.extend(letters.next_if(|next| letter == '\\' && "|<\\".contains(*next)));
            }
        }
    }
    Some(cells.iter().map(|cell| unescaped(cell.trim(), "|<\\")).collect())
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
        let markdown = "# drill of orders: PASSED\n\n- `a\\|` | b \\<c>\n\n| objective | target | achieved |\n|---|---|---|\n\
                        | RTO | 3600 s | 2607 s |\n| a\\|b | - |  |\n\n## EV02 scope\n**GAP**: none\n";
        assert_eq!(
            lines(markdown),
            [
                "DRILL OF ORDERS: PASSED",
                "",
                "- `a\\|` | b <c>",
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
