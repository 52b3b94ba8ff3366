//! The chart of how far a copy trailed: bars of the provider's own values, its numbers beside them.

use crate::domain::{LagHistory, LagSeries, LagUnit, words};
use crate::tui::app::lag::{LagView, columns};
use crate::tui::app::model::Model;
use crate::tui::draw::canvas::{Canvas, Piece, piece};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// Rows of one bar chart.
const ROWS: u16 = 6;
/// Columns of the numbers on the left.
const LEFT: u16 = 10;

type Line = Vec<Piece>;

/// The lines of the box.
pub(super) fn lines(model: &Model, view: &LagView, canvas: &Canvas<'_>) -> Vec<Line> {
    let muted = |text: &str| vec![piece(Role::Muted, text)];
    let mut lines = vec![
        vec![
            piece(Role::Heading, format!("the last {}", view.period.as_str())),
            piece(Role::Muted, format!(", as {} tells it: a chart, never a verdict", view.source)),
        ],
        own(model, view),
        Vec::new(),
    ];
    match &view.answer {
        None => lines.push(muted("asking ..")),
        Some(Err(none)) => lines.push(vec![piece(Role::Unknown, none.why.clone())]),
        Some(Ok(history)) if history.series.is_empty() => lines.push(muted("nothing was reported")),
        Some(Ok(history)) => {
            let room = canvas.width().min(104).saturating_sub(LEFT + 10).max(8);
            for (index, series) in history.series.iter().enumerate() {
                lines.extend(chart(history, index, series, room, canvas.glyphs()));
            }
            lines.extend(history.notes.iter().map(|note| muted(note)));
        }
    }
    lines
}

/// What we read ourselves, now: the two are derived apart.
fn own(model: &Model, view: &LagView) -> Line {
    let known = model.board.assessment(&view.service);
    let shown = |lag: Option<std::time::Duration>| lag.map_or_else(|| "?".to_owned(), words::to_the_second);
    let text = known.map_or_else(String::new, |known| {
        format!(
            "our own reading now: log trails {}, backup trails {}",
            shown(known.replication_lag),
            shown(known.backup_lag)
        )
    });
    vec![piece(Role::Text, text)]
}

fn chart(history: &LagHistory, index: usize, series: &LagSeries, room: u16, glyphs: &Glyphs) -> Vec<Line> {
    let values = columns(history, index, room);
    let highest = values.iter().flatten().copied().fold(0.0_f64, f64::max);
    let newest = series.points.iter().rev().find_map(|point| Some((point.at, point.value?)));
    let mut lines = vec![vec![
        piece(Role::Title, series.name.clone()),
        piece(
            Role::Muted,
            newest.map_or_else(String::new, |(at, value)| {
                format!("   {} at {}", amount(value, series.unit), words::newest(at, history.as_of))
            }),
        ),
    ]];
    for row in (0..ROWS).rev() {
        let label = match row {
            5 => amount(highest, series.unit),
            0 => amount(0.0, series.unit),
            _ => String::new(),
        };
        let floor = highest * f64::from(row) / f64::from(ROWS);
        let cell = |value: &Option<f64>| match value {
            None if row == 0 => glyphs.unknown,
            Some(value) if *value > floor || (row == 0 && *value >= 0.0) => glyphs.full,
            _ => " ",
        };
        let bars: String = values.iter().map(cell).collect();
        lines.push(vec![
            piece(Role::Muted, format!("{label:>width$} ", width = usize::from(LEFT) - 1)),
            piece(Role::Accent, bars),
        ]);
    }
    lines.push(Vec::new());
    lines
}

/// A value in its unit.
fn amount(value: f64, unit: LagUnit) -> String {
    match unit {
        LagUnit::Seconds => std::time::Duration::try_from_secs_f64(value)
            .map_or_else(|_| words::UNKNOWN.to_owned(), words::to_the_second),
        LagUnit::Bytes => format!("{value:.0} B"),
        LagUnit::NotSaid => format!("{value:.1}"),
    }
}
