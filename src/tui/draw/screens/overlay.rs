//! What lies over a screen.

use crate::tui::app::model::Model;
use crate::tui::app::overlay::Overlay;
use crate::tui::draw::canvas::{Canvas, width, wrap};
use crate::tui::keymap::{self, Context};
use crate::tui::theme::Role;

/// Draws an overlay.
pub(in crate::tui::draw) fn draw(_model: &Model, overlay: &Overlay, canvas: &mut Canvas<'_>) {
    match overlay {
        Overlay::Help { scroll } => boxed("keys", &help(), *scroll, canvas),
        Overlay::Text { title, lines, scroll } => boxed(title, lines, *scroll, canvas),
        Overlay::Plain { text } => plain(text, canvas),
    }
}

fn help() -> Vec<String> {
    let mut lines = Vec::new();
    for context in Context::ALL {
        lines.push(context.title().to_uppercase());
        for binding in keymap::TABLE.iter().filter(|binding| binding.context == context) {
            lines.push(format!("  {:<14} {}", binding.keys_text(), binding.help));
        }
        lines.push(String::new());
    }
    lines
}

/// A box in the middle, as large as its text, with a margin where there is room.
fn boxed(title: &str, lines: &[String], scroll: usize, canvas: &mut Canvas<'_>) {
    let most = canvas.width().saturating_sub(if canvas.width() >= 60 { 8 } else { 2 }).min(100);
    let inner = most.saturating_sub(4);
    let lines: Vec<String> = lines.iter().flat_map(|line| indented(line, inner)).collect();
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let height = wanted.min(canvas.height().saturating_sub(2)).max(3);
    let longest = lines.iter().map(|line| width(line)).max().unwrap_or(0).max(width(title) + 4);
    let wide = longest.min(inner) + 4;
    let x = (canvas.width().saturating_sub(wide)) / 2;
    let y = (canvas.height().saturating_sub(height)) / 2;
    let mut frame = canvas.part(x, y, wide, height);
    frame.clear();
    border(title, &mut frame);
    let page = usize::from(height.saturating_sub(2));
    let first = scroll.min(lines.len().saturating_sub(page));
    for (y, line) in (1..).zip(lines.iter().skip(first).take(page)) {
        let heading = !line.is_empty() && !line.starts_with(' ') && *line == line.to_uppercase();
        frame.put(2, y, inner, if heading { Role::Heading } else { Role::Text }, line);
    }
    let hint = if lines.len() > page {
        format!(" {}-{} of {}  esc close ", first + 1, first + page, lines.len())
    } else {
        " esc close ".to_owned()
    };
    let (right, bottom) = (frame.width(), frame.height());
    frame.put_right(right.saturating_sub(2), bottom.saturating_sub(1), Role::Muted, &hint);
}

/// Wraps a line and keeps its indentation.
fn indented(line: &str, room: u16) -> Vec<String> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    if text.is_empty() {
        return vec![String::new()];
    }
    let room = room.saturating_sub(u16::try_from(indent).unwrap_or(0)).max(8);
    wrap(text, room).into_iter().map(|part| format!("{}{part}", " ".repeat(indent))).collect()
}

fn border(title: &str, canvas: &mut Canvas<'_>) {
    let [top_left, top_right, bottom_left, bottom_right, side] = canvas.glyphs().frame;
    let rule = canvas.glyphs().rule;
    let (wide, high) = (canvas.width(), canvas.height());
    let line = rule.repeat(usize::from(wide.saturating_sub(2)));
    canvas.put(0, 0, wide, Role::Rule, &format!("{top_left}{line}{top_right}"));
    canvas.put(0, high.saturating_sub(1), wide, Role::Rule, &format!("{bottom_left}{line}{bottom_right}"));
    for y in 1..high.saturating_sub(1) {
        canvas.put(0, y, 1, Role::Rule, side);
        canvas.put(wide.saturating_sub(1), y, 1, Role::Rule, side);
    }
    canvas.put(2, 0, wide.saturating_sub(4), Role::Title, &format!(" {title} "));
}

/// The text alone from the left edge, so that the terminal's own selection takes nothing else.
fn plain(text: &str, canvas: &mut Canvas<'_>) {
    canvas.clear();
    let room = canvas.width();
    let last = canvas.height().saturating_sub(1);
    for (y, line) in (0..last.saturating_sub(1)).zip(text.lines().flat_map(|line| wrap(line, room))) {
        canvas.put(0, y, room, Role::Text, &line);
    }
    let note = "sent to the clipboard where the terminal allows it; select by hand otherwise; esc back";
    canvas.put(1, last, u16::MAX, Role::Muted, note);
}
