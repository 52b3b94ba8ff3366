//! Columns for people: in a terminal the ones of least use give way until the rest fits; in a pipe
//! all are there, always, so that what reads them does not depend on anybody's window.

use std::io::IsTerminal;

use unicode_width::UnicodeWidthStr;

/// Columns of one table, and its rows.
#[derive(Debug, Default)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// Lines below all rows.
    foot: Vec<String>,
    /// The last column holds sentences: it wraps instead of giving way.
    sentences: bool,
}

/// Narrower than this no sentence is read with ease: it goes below its row.
const NARROWEST_SENTENCE: usize = 24;

#[derive(Debug)]
struct Column {
    title: &'static str,
    /// Columns with a higher number give way first; 0 never does.
    gives_way: u8,
}

#[derive(Debug)]
struct Row {
    cells: Vec<String>,
    /// Lines below the row, as wide as the table may be.
    below: Vec<String>,
}

impl Table {
    pub(crate) fn new(columns: &[(&'static str, u8)]) -> Self {
        let columns = columns.iter().map(|(title, gives_way)| Column { title, gives_way: *gives_way });
        Self { columns: columns.collect(), ..Self::default() }
    }

    /// The same with a last column that holds sentences.
    pub(crate) fn with_sentences(columns: &[(&'static str, u8)]) -> Self {
        Self { sentences: true, ..Self::new(columns) }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>, below: Vec<String>) {
        self.rows.push(Row { cells, below });
    }

    /// A line below all rows.
    pub(crate) fn foot(&mut self, text: String) {
        self.foot.push(text);
    }

    /// The table as lines no wider than `width`, if it can be; `None` = as wide as it is.
    pub(crate) fn draw(&self, width: Option<usize>) -> String {
        let count = self.columns.len() - usize::from(self.sentences);
        let widths: Vec<usize> = (0..count).map(|index| self.width_of(index)).collect();
        let shown = self.fitting(&widths, width);
        let before = shown.iter().filter_map(|index| widths.get(*index)).map(|width| width + 2).sum();
        let mut lines = Vec::new();
        let titles: Vec<&str> = self.columns.iter().map(|column| column.title).collect();
        if titles.iter().any(|title| !title.is_empty()) {
            lines.extend(self.lines(&titles, &shown, &widths, before, width));
        }
        for row in &self.rows {
            let cells: Vec<&str> = row.cells.iter().map(String::as_str).collect();
            lines.extend(self.lines(&cells, &shown, &widths, before, width));
            lines.extend(row.below.iter().flat_map(|text| wrapped(text, width)));
        }
        lines.extend(self.foot.iter().flat_map(|text| wrapped(text, width)));
        lines.join("\n")
    }

    /// One row; `before` is the width of everything before the sentences.
    fn lines(
        &self,
        cells: &[&str],
        shown: &[usize],
        widths: &[usize],
        before: usize,
        width: Option<usize>,
    ) -> Vec<String> {
        let start = line(shown, widths, |index| cells.get(index).copied().unwrap_or_default());
        let Some(sentence) = cells.last().filter(|_| self.sentences) else { return vec![start] };
        if width.is_some_and(|width| width < before + NARROWEST_SENTENCE) {
            return std::iter::once(start).chain(wrapped(&format!("  {sentence}"), width)).collect();
        }
        let room = width.map(|width| width - before);
        let parts = wrapped(sentence, room).into_iter().enumerate().map(|(index, part)| {
            let lead = if index == 0 { start.as_str() } else { "" };
            let blank = " ".repeat(before.saturating_sub(lead.width()));
            format!("{lead}{blank}{}", part.trim_start()).trim_end().to_owned()
        });
        parts.collect()
    }

    fn width_of(&self, index: usize) -> usize {
        let title = self.columns.get(index).map_or(0, |column| column.title.width());
        self.rows
            .iter()
            .filter_map(|row| row.cells.get(index))
            .map(|cell| cell.width())
            .max()
            .unwrap_or(0)
            .max(title)
    }

    fn fitting(&self, widths: &[usize], width: Option<usize>) -> Vec<usize> {
        let mut shown: Vec<usize> = (0..widths.len()).collect();
        let sentences = if self.sentences { NARROWEST_SENTENCE + 2 } else { 0 };
        let Some(width) = width else { return shown };
        let total = |shown: &[usize]| {
            shown.iter().filter_map(|index| widths.get(*index)).sum::<usize>()
                + shown.len().saturating_sub(1) * 2
                + sentences
        };
        while total(&shown) > width {
            let gives_way = |index: &usize| self.columns.get(*index).map_or(0, |column| column.gives_way);
            match shown.iter().copied().filter(|index| gives_way(index) > 0).max_by_key(gives_way) {
                Some(index) => shown.retain(|other| *other != index),
                None => break,
            }
        }
        shown
    }
}

fn line<'a>(shown: &[usize], widths: &[usize], cell: impl Fn(usize) -> &'a str) -> String {
    let mut out = String::new();
    for index in shown {
        let text = cell(*index);
        out.push_str(text);
        let blank = widths.get(*index).map_or(0, |width| width.saturating_sub(text.width())) + 2;
        out.extend(std::iter::repeat_n(' ', blank));
    }
    out.trim_end().to_owned()
}

/// A text behind its label, its further lines below its first; in a pipe one line.
pub(crate) fn hanging(label: &str, text: &str, width: Option<usize>) -> String {
    let room = width.map(|width| width.saturating_sub(label.width()));
    let parts = wrapped(text, room).into_iter().enumerate().map(|(index, part)| match index {
        0 => format!("{label}{part}"),
        _ => format!("{}{}", " ".repeat(label.width()), part.trim_start()),
    });
    parts.collect::<Vec<_>>().join("\n")
}

/// Breaks a line at blanks; what follows the first part is indented by two more.
pub(crate) fn wrapped(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width.filter(|width| *width >= 20) else { return vec![text.to_owned()] };
    let indent = text.len() - text.trim_start().len();
    let mut lines = Vec::new();
    let mut current = " ".repeat(indent);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && current.width() + 1 + word.width() > width {
            lines.push(std::mem::replace(&mut current, " ".repeat(indent + 2)));
            empty = true;
        }
        if !empty {
            current.push(' ');
        }
        current.push_str(word);
        empty = false;
    }
    lines.push(current);
    lines
}

/// The width of the terminal that standard output is; `None` when it is none.
pub(crate) fn terminal_width() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let (columns, _) = crossterm::terminal::size().ok()?;
    (columns > 0).then_some(usize::from(columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[("NAME", 0), ("OLDEST", 1), ("PROVEN", 9), ("LOSS", 0)]);
        table.row(["orders", "11-07 02:31Z", "never", "4m"].map(str::to_owned).into(), Vec::new());
        table.row(
            ["ledger", "?", "34d", ">=31m"].map(str::to_owned).into(),
            vec!["  ! nothing newer than 11:33:20Z has arrived there".to_owned()],
        );
        table
    }

    #[test]
    fn a_pipe_gets_every_column() {
        assert_eq!(
            table().draw(None),
            "NAME    OLDEST        PROVEN  LOSS\n\
             orders  11-07 02:31Z  never   4m\n\
             ledger  ?             34d     >=31m\n  \
             ! nothing newer than 11:33:20Z has arrived there"
        );
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let mut table = Table::new(&[("NAME", 0), ("LOSS", 0)]);
        table.row(["注文-db", "4m"].map(str::to_owned).into(), vec!["  ! 書き込みが 止まった".to_owned()]);
        table.row(["e\u{301}te", "31m"].map(str::to_owned).into(), Vec::new());
        assert_eq!(
            table.draw(Some(20)),
            "NAME     LOSS\n注文-db  4m\n  ! 書き込みが\n    止まった\ne\u{301}te      31m"
        );
    }

    #[test]
    fn a_text_hangs_behind_its_label() {
        assert_eq!(
            hanging("NOW  ", "nothing to do until later", Some(26)),
            "NOW  nothing to do until\n     later"
        );
        assert_eq!(hanging("NOW  ", "nothing to do until later", None), "NOW  nothing to do until later");
    }

    #[test]
    fn sentences_wrap_in_their_column_and_go_below_where_it_is_too_narrow() {
        let mut table = Table::with_sentences(&[("", 0), ("", 0)]);
        table.row(["warn", "a sentence of some length that wraps"].map(str::to_owned).into(), Vec::new());
        assert_eq!(table.draw(None), "warn  a sentence of some length that wraps");
        assert_eq!(table.draw(Some(32)), "warn  a sentence of some length\n      that wraps");
        assert_eq!(table.draw(Some(22)), "warn\n  a sentence of some\n    length that wraps");
    }

    #[test]
    fn in_a_terminal_columns_give_way_in_order_and_lines_wrap() {
        let drawn = table().draw(Some(30));
        assert!(drawn.starts_with("NAME    OLDEST        LOSS\n"), "{drawn}");
        assert!(drawn.lines().all(|line| line.width() <= 30), "{drawn}");
        assert!(table().draw(Some(15)).starts_with("NAME    LOSS\n"));
        assert!(table().draw(Some(3)).starts_with("NAME    LOSS\n"), "what never gives way stays");
    }
}
