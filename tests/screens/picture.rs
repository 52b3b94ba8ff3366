//! A screen as text: its rows, then the runs of style in each, so that a lost colour is seen too.

use std::fmt::Write;

use lifeboat::tui::app::Model;
use lifeboat::tui::draw::{Look, draw};
use lifeboat::tui::glyphs::Glyphs;
use lifeboat::tui::theme::{Palette, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

pub(crate) fn look(palette: Palette, glyphs: &Glyphs) -> Look {
    Look { theme: Theme::built_in("dark").unwrap(), palette, glyphs: *glyphs }
}

/// As most terminals show it.
pub(crate) fn rich() -> Look {
    look(Palette::Rich, &Glyphs::UNICODE)
}

pub(crate) fn buffer(model: &Model, look: &Look) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, model.size.width, model.size.height));
    draw(model, look, &mut buffer);
    buffer
}

/// The rows, each between bars, so that blanks at the end are seen to be none.
pub(crate) fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in rows(buffer) {
        let mut line = String::new();
        let mut covered = 0;
        for cell in row {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            line.push_str(cell.symbol());
            covered = cell.symbol().width().max(1) - 1;
        }
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
    text
}

/// Text and runs of style: `y from-to colour modifiers`.
pub(crate) fn styled(buffer: &Buffer) -> String {
    let mut out = text(buffer);
    out.push_str("styles\n");
    for (y, row) in rows(buffer).enumerate() {
        let mut runs: Vec<(usize, usize, String)> = Vec::new();
        for (x, cell) in row.iter().enumerate() {
            let name = if cell.symbol() == " " && !cell.modifier.contains(Modifier::REVERSED) {
                String::new()
            } else {
                style(cell)
            };
            match runs.last_mut() {
                Some((_, to, last)) if *last == name && *to + 1 == x => *to = x,
                _ => runs.push((x, x, name)),
            }
        }
        let runs: Vec<String> = runs
            .iter()
            .filter(|run| !run.2.is_empty())
            .map(|(from, to, name)| format!("{from}-{to} {name}"))
            .collect();
        if !runs.is_empty() {
            writeln!(out, "{y:>2}: {}", runs.join(", ")).unwrap();
        }
    }
    out
}

fn rows(buffer: &Buffer) -> impl Iterator<Item = &[Cell]> {
    buffer.content.chunks(usize::from(buffer.area.width).max(1))
}

fn style(cell: &Cell) -> String {
    let mut parts = Vec::new();
    if cell.fg != Color::Reset {
        parts.push(cell.fg.to_string());
    }
    for (modifier, word) in
        [(Modifier::BOLD, "bold"), (Modifier::DIM, "dim"), (Modifier::REVERSED, "reverse")]
    {
        if cell.modifier.contains(modifier) {
            parts.push(word.to_owned());
        }
    }
    parts.join("+")
}
