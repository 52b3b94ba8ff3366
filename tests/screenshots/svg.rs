//! A buffer of cells as SVG. Every character has a place of its own, so that columns stand whatever font
//! is there; lines and marks are shapes.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use unicode_width::UnicodeWidthStr;

use crate::colours::{Ink, PAPER, Rgb, hex};
use crate::pictures::Picture;
use crate::shapes::{HEIGHT, Part, WIDTH, shape};

/// The font the cell's measures are those of.
pub(crate) const FONT: &str = "JetBrains Mono";
/// Its advance is 0.6 of this: a cell's width.
const FONT_SIZE: u32 = 15;
/// From the top of a cell.
const BASELINE: f64 = 15.0;
const MARGIN: f64 = 14.0;

/// The SVG text of a picture.
pub(crate) fn svg(picture: &Picture) -> String {
    let buffer = &picture.buffer;
    let width = f64::from(buffer.area.width) * WIDTH + 2.0 * MARGIN;
    let height = f64::from(buffer.area.height) * HEIGHT + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"'{FONT}', 'DejaVu Sans Mono', Menlo, Consolas, monospace\" \
         font-size=\"{FONT_SIZE}\" style=\"font-variant-ligatures:none\">\n\
         <title>{}</title>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n",
        escaped(picture.title),
        hex(PAPER),
    );
    for y in 0..buffer.area.height {
        row(&mut out, &cells(buffer, y), f64::from(y) * HEIGHT);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// A cell with its place and width; what a wide one covers is left out.
struct Placed<'a> {
    x: f64,
    width: f64,
    symbol: &'a str,
    ink: Ink,
}

fn cells(buffer: &Buffer, y: u16) -> Vec<Placed<'_>> {
    let mut placed = Vec::new();
    let mut x = 0;
    while x < buffer.area.width {
        let cell: &Cell = &buffer[(x, y)];
        let columns = u16::try_from(cell.symbol().width().max(1)).expect("a cell is narrow");
        placed.push(Placed {
            x: f64::from(x) * WIDTH,
            width: f64::from(columns) * WIDTH,
            symbol: cell.symbol(),
            ink: Ink::of(cell),
        });
        x += columns;
    }
    placed
}

fn row(out: &mut String, cells: &[Placed<'_>], y: f64) {
    bands(out, cells, |ink| ink.background, y, HEIGHT);
    let mut run = Run::None;
    for cell in cells {
        let mut chars = cell.symbol.chars();
        let single = chars.next().filter(|_| chars.next().is_none());
        let next = match single.and_then(shape) {
            Some((parts, opacity)) => Run::shape(cell, &parts, opacity, y),
            None if cell.symbol.trim().is_empty() => Run::None,
            None => Run::Text { ink: cell.ink, text: cell.symbol.to_owned(), at: vec![cell.x], y },
        };
        run = run.then(next, single.is_some(), out);
    }
    run.write(out);
    bands(out, cells, |ink| ink.underline, y + BASELINE + 2.0, 1.0);
    bands(out, cells, |ink| ink.crossed_out.then_some(ink.colour), y + 10.0, 1.0);
}

/// What a style puts below or through its cells, neighbours as one.
fn bands(out: &mut String, cells: &[Placed<'_>], colour: impl Fn(&Ink) -> Option<Rgb>, y: f64, height: f64) {
    for group in cells.chunk_by(|a, b| colour(&a.ink) == colour(&b.ink)) {
        if let (Some(colour), Some(first)) = (colour(&group[0].ink), group.first()) {
            let width: f64 = group.iter().map(|cell| cell.width).sum();
            let fill = hex(colour);
            let x = first.x;
            writeln!(
                out,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"/>"
            )
            .expect("a string");
        }
    }
}

/// Neighbouring cells that become one element.
enum Run {
    None,
    Text { ink: Ink, text: String, at: Vec<f64>, y: f64 },
    Shape { colour: Rgb, opacity: f64, rects: Vec<[f64; 4]>, rest: String, stroke: String },
}

impl Run {
    fn shape(cell: &Placed<'_>, parts: &[Part], opacity: f64, y: f64) -> Self {
        let (mut rects, mut rest, mut stroke) = (Vec::new(), String::new(), String::new());
        let path = |points: &[(f64, f64)]| {
            let mut path = String::new();
            for (index, (px, py)) in points.iter().enumerate() {
                let word = if index == 0 { 'M' } else { 'L' };
                write!(path, "{word}{} {}", cell.x + px, y + py).expect("a string");
            }
            path
        };
        let circle = |cx: f64, cy: f64, r: f64| {
            let (x, y, d) = (cell.x + cx - r, y + cy, 2.0 * r);
            format!("M{x} {y}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z")
        };
        for part in parts {
            match *part {
                Part::Rect([px, py, width, height]) => rects.push([cell.x + px, y + py, width, height]),
                Part::Area(points) => rest.push_str(&(path(points) + "z")),
                Part::Disc(cx, cy, r) => rest.push_str(&circle(cx, cy, r)),
                Part::Ring(cx, cy, r) => stroke.push_str(&circle(cx, cy, r)),
                Part::Stroke(points) => stroke.push_str(&path(points)),
            }
        }
        Self::Shape { colour: cell.ink.colour, opacity, rects, rest, stroke }
    }

    /// This run with the next cell in it, or this one written and the next begun.
    fn then(self, next: Self, joins: bool, out: &mut String) -> Self {
        match (self, next) {
            (
                Self::Text { ink, mut text, mut at, y },
                Self::Text { ink: next, text: more, at: place, y: _ },
            ) if joins && text.chars().count() == at.len() && same_letters(&ink, &next) => {
                text.push_str(&more);
                at.extend(place);
                Self::Text { ink, text, at, y }
            }
            (
                Self::Shape { colour, opacity, mut rects, mut rest, mut stroke },
                Self::Shape { colour: next, opacity: opaque, rects: more, rest: areas, stroke: lines },
            ) if colour == next && opacity.to_bits() == opaque.to_bits() => {
                for rect in more {
                    join(&mut rects, rect);
                }
                rest.push_str(&areas);
                stroke.push_str(&lines);
                Self::Shape { colour, opacity, rects, rest, stroke }
            }
            (done, next) => {
                done.write(out);
                next
            }
        }
    }

    fn write(self, out: &mut String) {
        match self {
            Self::None => {}
            Self::Text { ink, text, at, y } => {
                let places: Vec<String> = at.iter().map(f64::to_string).collect();
                let weight = if ink.bold { " font-weight=\"bold\"" } else { "" };
                let slant = if ink.italic { " font-style=\"italic\"" } else { "" };
                writeln!(
                    out,
                    "<text y=\"{}\" fill=\"{}\"{weight}{slant} x=\"{}\">{}</text>",
                    y + BASELINE,
                    hex(ink.colour),
                    places.join(" "),
                    escaped(&text)
                )
                .expect("a string");
            }
            Self::Shape { colour, opacity, rects, mut rest, stroke } => {
                for [x, y, width, height] in rects {
                    write!(rest, "M{x} {y}h{width}v{height}h-{width}z").expect("a string");
                }
                let opacity = if opacity < 1.0 { format!(" opacity=\"{opacity}\"") } else { String::new() };
                let colour = hex(colour);
                if !rest.is_empty() {
                    writeln!(out, "<path fill=\"{colour}\"{opacity} d=\"{rest}\"/>").expect("a string");
                }
                if !stroke.is_empty() {
                    writeln!(
                        out,
                        "<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.75\" \
                         stroke-linecap=\"round\" stroke-linejoin=\"round\" d=\"{stroke}\"/>"
                    )
                    .expect("a string");
                }
            }
        }
    }
}

fn same_letters(one: &Ink, other: &Ink) -> bool {
    (one.colour, one.bold, one.italic) == (other.colour, other.bold, other.italic)
}

/// Adds a rectangle, as part of the last one when it goes on where that ends.
fn join(rects: &mut Vec<[f64; 4]>, [x, y, width, height]: [f64; 4]) {
    match rects.last_mut() {
        Some([left, top, wide, high])
            if [*left + *wide, *top, *high].map(f64::to_bits) == [x, y, height].map(f64::to_bits) =>
        {
            *wide += width;
        }
        _ => rects.push([x, y, width, height]),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn cells_keep_their_places_and_lines_are_one() {
    use ratatui::layout::Rect;
    use ratatui::style::{Modifier, Style};

    let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
    buffer.set_string(0, 0, "a日<b ━━━ e\u{301}", Style::new());
    buffer.set_style(Rect::new(0, 0, 1, 1), Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD));
    let svg = svg(&Picture { name: "test", title: "a & b", buffer });
    for wanted in [
        "<title>a &amp; b</title>",
        "font-weight=\"bold\" x=\"0\">a</text>",
        "x=\"9 27 36\">日&lt;b</text>",
        "d=\"M54 9h27v3h-27z\"/>",
        "x=\"90\">e\u{301}</text>",
        "<rect x=\"0\" y=\"17\" width=\"9\" height=\"1\"",
    ] {
        assert!(svg.contains(wanted), "{wanted} is not in\n{svg}");
    }
}
