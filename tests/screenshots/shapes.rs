//! Lines, blocks, braille and marks as shapes: glyphs of a font would leave gaps between cells, or be
//! missing from it.

/// A cell in user units. The numbers are whole, so that edges fall on pixels.
pub(crate) const WIDTH: f64 = 9.0;
pub(crate) const HEIGHT: f64 = 20.0;
/// Where lines cross.
const MIDDLE: (f64, f64) = (4.5, 10.5);

/// A part of a shape, relative to the cell's top left corner.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// x, y, width, height; neighbours that touch can be made one.
    Rect([f64; 4]),
    /// Corners of an area.
    Area(&'static [(f64, f64)]),
    /// A filled circle: its centre and radius.
    Disc(f64, f64, f64),
    /// A circle's line: its centre and radius.
    Ring(f64, f64, f64),
    /// A line through points.
    Stroke(&'static [(f64, f64)]),
}

/// What is drawn for a character, and how opaque; `None` is left to the font.
pub(crate) fn shape(symbol: char) -> Option<(Vec<Part>, f64)> {
    let solid = |parts| Some((parts, 1.0));
    match symbol {
        '░' => Some((block(0.0, 0.0, 8.0, 8.0), 0.25)),
        '▒' => Some((block(0.0, 0.0, 8.0, 8.0), 0.5)),
        '▓' => Some((block(0.0, 0.0, 8.0, 8.0), 0.75)),
        '\u{2580}'..='\u{259f}' => solid(blocks(symbol)),
        '\u{2800}'..='\u{28ff}' => solid(braille(symbol)),
        _ => lines(symbol).or_else(|| mark(symbol)).and_then(solid),
    }
}

/// A rectangle in eighths of the cell.
fn block(left: f64, top: f64, right: f64, bottom: f64) -> Vec<Part> {
    let (x, y) = (left * WIDTH / 8.0, top * HEIGHT / 8.0);
    vec![Part::Rect([x, y, right * WIDTH / 8.0 - x, bottom * HEIGHT / 8.0 - y])]
}

fn blocks(symbol: char) -> Vec<Part> {
    let eighths = |from: char| f64::from(u32::from(symbol) - u32::from(from) + 1);
    match symbol {
        '▀' => block(0.0, 0.0, 8.0, 4.0),
        '▁'..='█' => block(0.0, 8.0 - eighths('▁'), 8.0, 8.0),
        '▉'..='▏' => block(0.0, 0.0, 8.0 - eighths('▉'), 8.0),
        '▐' => block(4.0, 0.0, 8.0, 8.0),
        '▔' => block(0.0, 0.0, 8.0, 1.0),
        '▕' => block(7.0, 0.0, 8.0, 8.0),
        _ => quadrants(symbol),
    }
}

/// Upper left, upper right, lower left, lower right.
fn quadrants(symbol: char) -> Vec<Part> {
    let filled: [bool; 4] = match symbol {
        '▖' => [false, false, true, false],
        '▗' => [false, false, false, true],
        '▘' => [true, false, false, false],
        '▙' => [true, false, true, true],
        '▚' => [true, false, false, true],
        '▛' => [true, true, true, false],
        '▜' => [true, true, false, true],
        '▝' => [false, true, false, false],
        '▞' => [false, true, true, false],
        '▟' => [false, true, true, true],
        _ => return Vec::new(),
    };
    let corners = [(0.0, 0.0), (4.0, 0.0), (0.0, 4.0), (4.0, 4.0)];
    let wanted = corners.into_iter().zip(filled).filter(|(_, filled)| *filled);
    wanted.flat_map(|((x, y), _)| block(x, y, x + 4.0, y + 4.0)).collect()
}

/// The bits of a braille character are its dots, down the left column, then down the right; the two
/// lowest came later.
fn braille(symbol: char) -> Vec<Part> {
    let bits = u32::from(symbol) - 0x2800;
    let places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    let set = places.into_iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0);
    set.map(|(_, (column, row))| {
        let x = WIDTH * (1.0 + 2.0 * f64::from(column)) / 4.0;
        Part::Disc(x, HEIGHT * (1.0 + 2.0 * f64::from(row)) / 8.0, 1.25)
    })
    .collect()
}

/// Arms of lines up, right, down, left: 0 none, 1 light, 2 heavy.
fn lines(symbol: char) -> Option<Vec<Part>> {
    let arms: [u8; 4] = match symbol {
        '─' => [0, 1, 0, 1],
        '━' => [0, 2, 0, 2],
        '│' => [1, 0, 1, 0],
        '┃' => [2, 0, 2, 0],
        '┌' => [0, 1, 1, 0],
        '┏' => [0, 2, 2, 0],
        '┐' => [0, 0, 1, 1],
        '┓' => [0, 0, 2, 2],
        '└' => [1, 1, 0, 0],
        '┗' => [2, 2, 0, 0],
        '┘' => [1, 0, 0, 1],
        '┛' => [2, 0, 0, 2],
        '├' => [1, 1, 1, 0],
        '┣' => [2, 2, 2, 0],
        '┤' => [1, 0, 1, 1],
        '┫' => [2, 0, 2, 2],
        '┬' => [0, 1, 1, 1],
        '┳' => [0, 2, 2, 2],
        '┴' => [1, 1, 0, 1],
        '┻' => [2, 2, 0, 2],
        '┼' => [1, 1, 1, 1],
        '╋' => [2, 2, 2, 2],
        '╴' => [0, 0, 0, 1],
        '╵' => [1, 0, 0, 0],
        '╶' => [0, 1, 0, 0],
        '╷' => [0, 0, 1, 0],
        '╸' => [0, 0, 0, 2],
        '╹' => [2, 0, 0, 0],
        '╺' => [0, 2, 0, 0],
        '╻' => [0, 0, 2, 0],
        _ => return None,
    };
    let half = |arm: u8| if arm == 2 { 1.5 } else { 0.5 };
    let (x, y) = MIDDLE;
    let [up, right, down, left] = arms;
    let mut parts = Vec::new();
    // Opposite arms of one weight are one line; an arm alone reaches over the crossing, so that corners close.
    if left == right && left > 0 {
        parts.push(Part::Rect([0.0, y - half(left), WIDTH, 2.0 * half(left)]));
    } else if left > 0 {
        parts.push(Part::Rect([0.0, y - half(left), x + half(left), 2.0 * half(left)]));
    } else if right > 0 {
        let from = x - half(right);
        parts.push(Part::Rect([from, y - half(right), WIDTH - from, 2.0 * half(right)]));
    }
    if up > 0 {
        parts.push(Part::Rect([x - half(up), 0.0, 2.0 * half(up), y + half(up)]));
    }
    if down > 0 {
        let from = y - half(down);
        parts.push(Part::Rect([x - half(down), from, 2.0 * half(down), HEIGHT - from]));
    }
    Some(parts)
}

fn mark(symbol: char) -> Option<Vec<Part>> {
    Some(match symbol {
        '■' => vec![Part::Rect([1.0, 7.0, 7.0, 7.0])],
        '◆' => vec![Part::Area(&[(4.5, 5.5), (9.0, 10.5), (4.5, 15.5), (0.0, 10.5)])],
        '▲' => vec![Part::Area(&[(4.5, 6.0), (8.75, 14.0), (0.25, 14.0)])],
        '▸' => vec![Part::Area(&[(2.0, 6.5), (8.0, 10.5), (2.0, 14.5)])],
        '○' => vec![Part::Ring(4.5, 10.5, 3.25)],
        '✔' => vec![Part::Stroke(&[(1.25, 10.75), (3.5, 13.5), (7.75, 7.0)])],
        '✖' => vec![Part::Stroke(&[(1.5, 7.5), (7.5, 13.5)]), Part::Stroke(&[(7.5, 7.5), (1.5, 13.5)])],
        _ => return None,
    })
}

#[test]
fn shapes_stay_in_their_cell_and_lines_reach_its_edges() {
    for symbol in ('\u{2500}'..='\u{28ff}').chain("✔✖".chars()) {
        for part in shape(symbol).map(|(parts, _)| parts).unwrap_or_default() {
            if let Part::Rect([x, y, width, height]) = part {
                let inside = x >= 0.0 && y >= 0.0 && x + width <= WIDTH && y + height <= HEIGHT;
                assert!(inside && width > 0.0 && height > 0.0, "{symbol}: {part:?}");
            }
        }
    }
    assert_eq!(shape('─'), Some((vec![Part::Rect([0.0, 10.0, WIDTH, 1.0])], 1.0)));
    assert_eq!(shape('▏'), Some((vec![Part::Rect([0.0, 0.0, WIDTH / 8.0, HEIGHT])], 1.0)));
    assert_eq!(shape('⣿').unwrap().0.len(), 8);
    assert_eq!(shape('a'), None);
}
