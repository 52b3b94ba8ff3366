//! What a large screen has room for below a run: the facts that its steps stand on, whole or not at all.

use crate::runbook::RunState;
use crate::tui::app::model::Model;
use crate::tui::app::step;
use crate::tui::draw::canvas::{Canvas, piece};
use crate::tui::draw::widgets::text::{Line, label_apart, wrapped};
use crate::tui::theme::Role;

/// From so many columns on two blocks stand side by side.
const TWO: u16 = 150;
/// Cells between them.
const GAP: u16 = 2;

/// Draws as many blocks as there is room for, down one column and then the next.
pub(super) fn draw(model: &Model, state: &RunState, canvas: &mut Canvas<'_>) {
    let columns = if canvas.width() < TWO { 1 } else { 2 };
    let wide = (canvas.width() - GAP * (columns - 1)) / columns;
    let mut used = vec![0; usize::from(columns)];
    for (title, facts) in step::beside(model, state) {
        let lines = lines(&facts, wide.saturating_sub(2));
        let needed = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(1);
        let height = canvas.height();
        let free = |used: &u16| height.saturating_sub(*used) >= needed;
        let Some((column, top)) = used.iter_mut().enumerate().find(|(_, used)| free(used)) else { continue };
        let x = u16::try_from(column).unwrap_or(0) * (wide + GAP);
        let mut block = canvas.part(x, *top, wide, needed);
        block.rule(0, title);
        for (y, line) in (1..).zip(&lines) {
            block.pieces(1, y, line);
        }
        // A blank line between it and the next.
        *top += needed + 1;
    }
}

/// The facts, their labels apart from what they say.
fn lines(facts: &[String], room: u16) -> Vec<Line> {
    let labelled = |fact: &String| {
        let mut line = label_apart(vec![piece(Role::Text, fact.clone())]);
        if let [label, _] = line.as_mut_slice() {
            label.role = Role::Muted;
        }
        line
    };
    facts.iter().map(labelled).flat_map(|line| wrapped(line, room)).collect()
}
