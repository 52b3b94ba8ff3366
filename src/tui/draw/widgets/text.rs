//! Lines of text with a label: how they go on where they do not fit.

use crate::tui::draw::canvas::{Piece, piece, pieces_width, wrap};

/// Pieces beside each other.
pub(in crate::tui::draw) type Line = Vec<Piece>;

/// Wraps a line of one piece and keeps its indentation; of several the last one goes on below itself,
/// or where there is too little room, below all of them.
pub(in crate::tui::draw) fn wrapped(line: Line, room: u16) -> Vec<Line> {
    const LEAST: u16 = 16;
    let line = label_apart(line);
    if line.len() > 1 && pieces_width(&line) > room {
        let mut head = line;
        let Some(last) = head.pop() else { return Vec::new() };
        let before = pieces_width(&head);
        let hangs = room.saturating_sub(before) >= LEAST;
        let indent = if hangs { before } else { 4 };
        let parts = wrap(&last.text, room.saturating_sub(indent).max(8));
        let mut lines: Vec<Line> = if hangs { Vec::new() } else { vec![std::mem::take(&mut head)] };
        for part in parts {
            let mut next = std::mem::take(&mut head);
            if next.is_empty() {
                next.push(piece(last.role, " ".repeat(usize::from(indent))));
            }
            next.push(piece(last.role, part));
            lines.push(next);
        }
        return lines;
    }
    let [only] = line.as_slice() else { return vec![line] };
    let body = only.text.trim_start();
    let indent = only.text.len() - body.len();
    let room = room.saturating_sub(u16::try_from(indent).unwrap_or(0)).max(8);
    let parts = wrap(body, room).into_iter();
    let lines: Vec<Line> =
        parts.map(|part| vec![piece(only.role, format!("{}{part}", " ".repeat(indent)))]).collect();
    if lines.is_empty() { vec![Vec::new()] } else { lines }
}

/// A line of one piece that begins with a label, `makes     1 service`, as the label and its text.
pub(in crate::tui::draw) fn label_apart(line: Line) -> Line {
    const GAP: &str = "  ";
    let [only] = line.as_slice() else { return line };
    let indent = only.text.len() - only.text.trim_start().len();
    let gap = only.text.get(indent..).and_then(|body| body.find(GAP)).map(|at| indent + at);
    let Some((label, rest)) = gap.and_then(|at| only.text.split_at_checked(at)) else { return line };
    let text = rest.trim_start();
    let label = format!("{label}{}", " ".repeat(rest.len() - text.len()));
    vec![piece(only.role, label), piece(only.role, text)]
}
