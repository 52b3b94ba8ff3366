//! The chart of how far a copy trailed: the provider's own values and our own readings in one plot.
//! Lines are told apart by sign and name, with or without colour; each unit has a scale of its own.

use std::time::Duration;

use crate::domain::{LagHistory, LagSeries, LagUnit, OwnLag, words};
use crate::tui::app::lag::{LagView, columns};
use crate::tui::app::model::Model;
use crate::tui::draw::canvas::{Canvas, Piece, piece, wrap};
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;

/// Rows of the plot: the lowest is that of zero.
const ROWS: u16 = 7;
/// Columns of the numbers on the left.
const LEFT: u16 = 10;

type Text = Vec<Piece>;

/// A line of a plot.
struct Line {
    name: String,
    sign: &'static str,
    role: Role,
    unit: LagUnit,
    /// The worst of each column; `None` = not known.
    values: Vec<Option<f64>>,
    /// What is said of it beside its name.
    remark: String,
}

/// The lines of the box.
pub(super) fn lines(model: &Model, view: &LagView, canvas: &Canvas<'_>) -> Vec<Text> {
    let muted = |text: &str| vec![piece(Role::Muted, text)];
    let glyphs = canvas.glyphs();
    let room = canvas.width().min(104).saturating_sub(LEFT + 12).max(8);
    let mut lines = vec![vec![
        piece(Role::Heading, format!("the last {}", view.period.as_str())),
        piece(Role::Muted, ": a chart, never a verdict"),
    ]];
    let inside = canvas.width().min(104).saturating_sub(8);
    let read = wrap(&last_read(model, view), inside);
    lines.extend(read.into_iter().map(|line| vec![piece(Role::Text, line)]));
    let mut notes = Vec::new();
    let mut plotted: Vec<Line> = Vec::new();
    match &view.own {
        None => notes.push(muted("reading what was kept ..")),
        Some(Err(why)) => {
            notes.push(vec![piece(Role::Unknown, format!("no history of our own: {why}"))]);
        }
        Some(Ok(own)) => plotted.push(ours(view, own, room, glyphs)),
    }
    match &view.answer {
        None => notes.push(muted(&format!("asking {} ..", view.source))),
        Some(Err(none)) => notes.push(vec![piece(Role::Unknown, none.why.clone())]),
        Some(Ok(history)) => {
            if history.series.is_empty() {
                notes.push(muted(&format!("{} reported nothing", view.source)));
            }
            let series = history.series.iter().enumerate();
            plotted.extend(series.map(|(index, series)| theirs(view, history, index, series, room, glyphs)));
            notes.extend(history.notes.iter().map(|note| muted(note)));
        }
    }
    if !plotted.is_empty() {
        lines.extend(plot(&plotted, view, room, glyphs));
    }
    lines.extend(notes);
    lines
}

/// What the last readings of ours said, and how old they are: the two are derived apart.
fn last_read(model: &Model, view: &LagView) -> String {
    let known = model.board.assessment(&view.service);
    let copies = known.map(|known| [known.primary.as_ref(), known.secondary.as_ref()]);
    let as_of = copies.into_iter().flatten().flatten().filter_map(|copy| copy.as_of).min();
    let (Some(known), Some(as_of)) = (known, as_of) else { return "nothing was read yet".to_owned() };
    let trailed = |what: &str, lag: Option<Duration>| match lag {
        None => format!("{what} there trailed {}", words::UNKNOWN),
        Some(Duration::ZERO) => format!("{what} there trailed nothing"),
        Some(lag) => format!("{what} there trailed {}", words::to_the_second(lag)),
    };
    let backup = match known.backup_lag {
        Some(Duration::ZERO) => "the newest backup was there".to_owned(),
        lag => trailed("the newest backup", lag),
    };
    let (age, copy) = (words::age_of(as_of, model.now), trailed("the copy", known.replication_lag));
    format!("read {age} ago: {copy}; {backup}")
}

fn ours(view: &LagView, own: &OwnLag, room: u16, glyphs: &Glyphs) -> Line {
    let [sign, ..] = glyphs.lines;
    let values = own.columns(view.period, view.asked, room);
    let known = values.iter().any(Option::is_some);
    let remark =
        if known { format!("{} below: not known", glyphs.gap) } else { "none in this time".to_owned() };
    Line {
        name: "our own readings".to_owned(),
        sign,
        role: Role::Accent,
        unit: LagUnit::Seconds,
        values,
        remark,
    }
}

fn theirs(
    view: &LagView,
    history: &LagHistory,
    index: usize,
    series: &LagSeries,
    room: u16,
    glyphs: &Glyphs,
) -> Line {
    let [_, sign, _] = glyphs.lines;
    let newest = series.points.iter().rev().find_map(|point| Some((point.at, point.value?)));
    let mut remark = newest.map_or_else(
        || "no value".to_owned(),
        |(at, value)| format!("{} at {}", amount(value, series.unit), words::newest(at, history.as_of)),
    );
    let mut values = series.points.iter().filter_map(|point| point.value);
    if let Some(first) = values.next()
        && series.points.len() > 1
        && values.all(|value| value.total_cmp(&first).is_eq())
    {
        remark.push_str(", the same all the time");
    }
    Line {
        name: format!("{} by {}", series.name, view.source),
        sign,
        role: Role::Text,
        unit: series.unit,
        values: columns(history, index, room),
        remark,
    }
}

/// The names of the lines, the rows, and the time below.
fn plot(lines: &[Line], view: &LagView, room: u16, glyphs: &Glyphs) -> Vec<Text> {
    let top = |unit: LagUnit| {
        let of_unit = lines.iter().filter(move |line| line.unit == unit);
        of_unit.flat_map(|line| &line.values).flatten().copied().fold(0.0_f64, f64::max)
    };
    let mut texts: Vec<Text> = Vec::new();
    for line in lines {
        let top = amount(top(line.unit), line.unit);
        texts.push(vec![
            piece(line.role, format!("{} {}   ", line.sign, line.name)),
            piece(Role::Muted, format!("{}top row {top}, {}", of_unit(line.unit), line.remark)),
        ]);
    }
    let cells: Vec<Vec<(u16, &Line)>> = (0..usize::from(room))
        .map(|column| {
            let here = |line: &'_ Line| line.values.get(column).copied().flatten();
            lines.iter().filter_map(|line| Some((row_of(here(line)?, top(line.unit)), line))).collect()
        })
        .collect();
    for row in drawn(&cells) {
        let label = match row {
            0 => "0",
            row if row == ROWS - 1 => "top",
            _ => "",
        };
        let mut text = vec![piece(Role::Muted, format!("{label:>width$} ", width = usize::from(LEFT) - 1))];
        for (role, sign) in cells.iter().map(|column| cell(column, row, glyphs)) {
            match text.last_mut() {
                Some(last) if last.role == role => last.text.push_str(sign),
                _ => text.push(piece(role, sign)),
            }
        }
        texts.push(text);
    }
    texts.push(axis(lines, view, room, glyphs));
    texts
}

/// The rows from the top: those between that and zero only where something lies there.
fn drawn(cells: &[Vec<(u16, &Line)>]) -> impl Iterator<Item = u16> {
    let is_between = |row: u16| row > 0 && row < ROWS - 1;
    let has_between = cells.iter().flatten().any(|(row, _)| is_between(*row));
    (0..ROWS).rev().filter(move |row| has_between || !is_between(*row))
}

/// What stands in one cell of a column.
fn cell(column: &[(u16, &Line)], row: u16, glyphs: &Glyphs) -> (Role, &'static str) {
    let [.., both] = glyphs.lines;
    let mut here = column.iter().filter(|(at, _)| *at == row).map(|(_, line)| line);
    match (here.next(), here.next()) {
        (None, _) => (Role::Muted, " "),
        (Some(line), None) => (line.role, line.sign),
        (Some(line), Some(_)) => (line.role, both),
    }
}

/// The row of a value, the highest being `highest`: only zero lies in the lowest.
fn row_of(value: f64, highest: f64) -> u16 {
    if value <= 0.0 || highest <= 0.0 {
        return 0;
    }
    let share = (value / highest).min(1.0) * f64::from(ROWS - 1);
    (1..ROWS).find(|row| share <= f64::from(*row)).unwrap_or(ROWS - 1)
}

/// The time below a plot: how far back it begins, where it ends; a dot where the first line has a gap.
fn axis(lines: &[Line], view: &LagView, room: u16, glyphs: &Glyphs) -> Text {
    let values = lines.first().map(|line| line.values.as_slice()).unwrap_or_default();
    let (begins, ends) = (format!("-1 {} ", view.period.as_str()), " now".to_owned());
    let known = |value: &Option<f64>| if value.is_some() { glyphs.rule } else { glyphs.gap };
    let line: String = values.iter().take(usize::from(room)).map(known).collect();
    vec![
        piece(Role::Muted, format!("{begins:>width$}", width = usize::from(LEFT))),
        piece(Role::Muted, line),
        piece(Role::Muted, ends),
    ]
}

/// What must be read before a number that has no unit.
const fn of_unit(unit: LagUnit) -> &'static str {
    match unit {
        LagUnit::NotSaid => "unit not said: ",
        LagUnit::Seconds | LagUnit::Bytes => "",
    }
}

/// A value in its unit, as it came where nobody says which.
fn amount(value: f64, unit: LagUnit) -> String {
    match unit {
        LagUnit::Seconds => Duration::try_from_secs_f64(value)
            .map_or_else(|_| words::UNKNOWN.to_owned(), words::to_the_second),
        LagUnit::Bytes => format!("{value:.0} B"),
        LagUnit::NotSaid => format!("{value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::LagPoint;

    fn line(sign: &'static str, unit: LagUnit, values: &[Option<f64>]) -> Line {
        Line {
            name: sign.to_owned(),
            sign,
            role: Role::Text,
            unit,
            values: values.to_vec(),
            remark: String::new(),
        }
    }

    #[test]
    fn only_zero_lies_in_the_lowest_row_and_only_the_highest_in_the_top() {
        assert_eq!([0.0, 0.1, 99.0, 100.0].map(|value| row_of(value, 100.0)), [0, 1, ROWS - 1, ROWS - 1]);
        assert_eq!(row_of(50.0, 100.0), ROWS / 2);
        assert_eq!(row_of(0.0, 0.0), 0);
    }

    #[test]
    fn lines_are_told_apart_without_colour_and_each_unit_has_its_scale() {
        let ours = line("o", LagUnit::Seconds, &[Some(60.0), None, Some(30.0)]);
        let theirs = line("*", LagUnit::NotSaid, &[Some(9000.0), Some(9000.0), Some(0.0)]);
        let view = LagView {
            service: "orders-db".to_owned(),
            source: "cloud".to_owned(),
            remote: "orders-db".to_owned(),
            period: crate::domain::LagPeriod::Day,
            asked: crate::domain::sample::now(),
            answer: None,
            own: None,
        };
        let texts = plot(&[ours, theirs], &view, 3, &Glyphs::ASCII);
        let rows: Vec<String> =
            texts.iter().map(|text| text.iter().map(|piece| piece.text.as_str()).collect()).collect();
        assert!(
            rows[0].contains("top row 1m") && rows[1].contains("unit not said: top row 9000,"),
            "{rows:?}"
        );
        let cells: Vec<&str> = rows[2..9].iter().map(|row| &row[10..]).collect();
        assert_eq!(cells, ["8* ", "   ", "   ", "  o", "   ", "   ", "  *"]);
        assert_eq!(rows[9].trim_start(), "-1 day -.- now", "what we did not read is a gap");
    }

    #[test]
    fn lines_that_are_flat_stand_above_no_empty_box() {
        let view = LagView {
            service: "invoices".to_owned(),
            source: "cloud".to_owned(),
            remote: "invoices".to_owned(),
            period: crate::domain::LagPeriod::Day,
            asked: crate::domain::sample::now(),
            answer: None,
            own: None,
        };
        let point = |value| LagPoint { at: view.asked, value: Some(value) };
        let told = |values: [f64; 2]| {
            let points = values.map(point).to_vec();
            let series = LagSeries { name: "east".to_owned(), unit: LagUnit::NotSaid, points };
            let history = LagHistory {
                remote: "invoices".to_owned(),
                period: view.period,
                as_of: view.asked,
                series: vec![series.clone()],
                notes: Vec::new(),
            };
            theirs(&view, &history, 0, &series, 3, &Glyphs::ASCII).remark
        };
        assert_eq!(told([2601.0, 2601.0]), "2601 at 12:04:31Z, the same all the time");
        assert_eq!(told([2601.5, 2600.0]), "2600 at 12:04:31Z");
        let flat = line("*", LagUnit::NotSaid, &[Some(2601.0); 3]);
        let texts = plot(&[flat], &view, 3, &Glyphs::ASCII);
        let rows: Vec<String> =
            texts.iter().map(|text| text.iter().map(|piece| piece.text.as_str()).collect()).collect();
        let [_, top, zero, axis] = &rows[..] else { panic!("{rows:?}") };
        assert!(top.ends_with("top ***") && zero.trim() == "0" && axis.ends_with("--- now"), "{rows:?}");
    }
}
