//! The columns of the list: which fit, how wide they are.

mod cells;

pub(in crate::tui::draw::screens) use cells::loss_role;
use cells::{cell, engine, loss, newest, proven, restore, rpo};

use crate::domain::{Assessment, Service, Timestamp};
use crate::tui::app::layout::{LONGEST_NAME, SHORTEST_NAME};
use crate::tui::app::model::Model;
use crate::tui::app::own::{self, ROW_COLUMNS};
use crate::tui::app::state;
use crate::tui::draw::canvas::{Canvas, brief, cut, width};
use crate::tui::draw::widgets::{strip, tone};
use crate::tui::theme::Role;

/// A column but for the service's name, which comes first and takes what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Tier,
    Loss,
    Rpo,
    Ratio,
    Newest,
    Oldest,
    Restore,
    Engine,
    Proven,
    Day,
    State,
    Why,
}

/// In the order of the screen.
const ORDER: [Column; 11] = [
    Column::Tier,
    Column::Loss,
    Column::Rpo,
    Column::Ratio,
    Column::Newest,
    Column::Oldest,
    Column::Restore,
    Column::Engine,
    Column::Proven,
    Column::Day,
    Column::State,
];

/// What yields to width, first to go first. Name, loss, newest and state never do.
const YIELDS: [Column; 8] = [
    Column::Day,
    Column::Proven,
    Column::Engine,
    Column::Ratio,
    Column::Oldest,
    Column::Restore,
    Column::Tier,
    Column::Rpo,
];

const WHY_LEAST: u16 = 30;
/// What the engine and its version take at most.
const MOST_ENGINE: u16 = 14;
/// Where names begin.
const GUTTER: u16 = 3;

impl Column {
    /// How wide it is at least; what is never dropped is as wide as what it holds.
    const fn width(self) -> u16 {
        match self {
            Self::Tier => 1,
            Self::Loss | Self::Proven => 6,
            Self::Rpo | Self::Ratio => 4,
            Self::Newest | Self::Oldest => 13,
            Self::Restore => 10,
            Self::State => 11,
            Self::Engine => 8,
            Self::Day => ROW_COLUMNS,
            Self::Why => WHY_LEAST,
        }
    }

    /// The head in one line, and in two.
    const fn heads(self) -> (&'static str, [&'static str; 2]) {
        match self {
            Self::Tier => ("T", ["", "T"]),
            Self::Loss => ("LOSE", ["LOSE IF", "STOPS"]),
            Self::Rpo => ("/RPO", ["PRIMARY", "NOW /RPO"]),
            Self::Ratio => ("", ["", ""]),
            Self::Newest => ("NEWEST", ["NEWEST", "THERE"]),
            Self::Oldest => ("OLDEST", ["OLDEST", "THERE"]),
            Self::Restore => ("TO RESTORE", ["TO RESTORE", "/ RTO"]),
            Self::Engine => ("ENGINE", ["", "ENGINE"]),
            Self::Proven => ("PROVEN", ["LAST", "PROVEN"]),
            Self::Day => ("LOSS, 24H", ["LOSS, LAST 24H", "A COLUMN AN HOUR"]),
            Self::State => ("STATE", ["", "STATE"]),
            Self::Why => ("WHY", ["", "WHY"]),
        }
    }
}

/// The columns at one width.
#[derive(Debug)]
pub(super) struct Table {
    name: u16,
    /// Column, where it starts, how wide it is.
    columns: Vec<(Column, u16, u16)>,
    /// Whether a service takes two rows: its name, and the rest below it.
    tall: bool,
    /// Whether there is room to say of a loss that it is fixed.
    says_lost: bool,
}

impl Table {
    /// Chooses columns for a width; the name takes what the longest of the list needs, every amount and the newest
    /// instants what those of the shown services need.
    pub(super) fn new<'a>(
        screen: u16,
        longest: u16,
        shown: impl Iterator<Item = (&'a Service, &'a Assessment)>,
        tall: bool,
        now: Timestamp,
    ) -> Self {
        let longest = longest.clamp(SHORTEST_NAME, LONGEST_NAME);
        let shown: Vec<_> = shown.collect();
        let widest = |says_lost: bool| shown.iter().map(|(_, known)| width(&loss(known, says_lost))).max();
        let needed = |column: Column| {
            let cells = shown.iter().map(|(service, known)| match column {
                Column::Newest => width(&newest(known, now).1),
                Column::Rpo => width(&rpo(service)),
                Column::Restore => width(&restore(service, known)),
                Column::Engine => width(&engine(service)),
                Column::Proven => width(&proven(service, now).1),
                _ => 0,
            });
            column.width().max(cells.max().unwrap_or(0))
        };
        let newest = needed(Column::Newest);
        let never_dropped = GUTTER + Column::State.width() + newest + 3 + if tall { 0 } else { longest };
        let says_lost = never_dropped + widest(true).unwrap_or(0) <= screen;
        let loss = Column::Loss.width().max(widest(says_lost).unwrap_or(0));
        let (rpo, takes, proven) = (needed(Column::Rpo), needed(Column::Restore), needed(Column::Proven));
        let wide = |column: Column| match column {
            Column::Loss => loss,
            Column::Newest => newest,
            Column::Rpo => rpo,
            Column::Restore => takes,
            Column::Proven => proven,
            _ => column.width(),
        };
        if tall {
            return Self { says_lost, ..Self::of_two_rows(screen, wide) };
        }
        let mut kept = ORDER.to_vec();
        let total = |kept: &[Column], gap: u16| {
            kept.iter().fold(GUTTER, |sum, column| sum + gap_before(*column, gap) + wide(*column))
        };
        for yields in YIELDS {
            if total(&kept, 1) + longest <= screen {
                break;
            }
            kept.retain(|column| *column != yields);
        }
        let mut spare = screen.saturating_sub(total(&kept, 1));
        let name = spare.min(longest);
        spare -= name;
        // Words whole before air, and reasons before more air.
        let engine = needed(Column::Engine).min(MOST_ENGINE) - Column::Engine.width();
        let engine = if kept.contains(&Column::Engine) { spare.min(engine) } else { 0 };
        spare -= engine;
        let spread = u16::try_from(kept.len()).unwrap_or(u16::MAX);
        let has_why = spare > WHY_LEAST + spread;
        let more = (spare / spread).min(if has_why { 1 } else { 2 });
        let gap = 1 + more;
        if has_why {
            kept.push(Column::Why);
        }
        let mut x = GUTTER + name;
        let mut columns = Vec::with_capacity(kept.len());
        for column in kept {
            x += gap_before(column, gap);
            let width = match column {
                Column::Why => screen.saturating_sub(x + 1),
                Column::Engine => column.width() + engine,
                _ => wide(column),
            };
            columns.push((column, x, width));
            x += width;
        }
        Self { name, columns, tall, says_lost }
    }

    /// The name over the whole width, below it what is never dropped, and the RPO where it fits.
    fn of_two_rows(screen: u16, wide: impl Fn(Column) -> u16) -> Self {
        let mut x = GUTTER;
        let mut columns = Vec::new();
        for column in [Column::State, Column::Loss, Column::Newest, Column::Rpo] {
            let width = wide(column);
            if column != Column::Rpo || x + width < screen {
                columns.push((column, x, width));
            }
            x += width + 1;
        }
        Self { name: screen.saturating_sub(GUTTER), columns, tall: true, says_lost: false }
    }

    /// Draws the heads into a canvas of one or two rows.
    pub(super) fn heads(&self, canvas: &mut Canvas<'_>) {
        let two = canvas.height() > 1;
        let last = canvas.height().saturating_sub(1);
        let name = if self.tall { "" } else { "SERVICE" };
        canvas.put(GUTTER, last, self.name, Role::Heading, name);
        for (column, x, width) in &self.columns {
            let (one, lines) = column.heads();
            let lines: &[&str] = if two { &lines } else { &[one] };
            for (y, text) in (0..).zip(lines) {
                match column {
                    Column::Loss => canvas.put_right(x + width, y, Role::Heading, text),
                    _ => drop(canvas.put(*x, y, u16::MAX, Role::Heading, text)),
                }
            }
        }
    }

    /// Draws one service.
    pub(super) fn row(
        &self,
        model: &Model,
        service: &Service,
        known: &Assessment,
        y: u16,
        canvas: &mut Canvas<'_>,
    ) {
        canvas.put(GUTTER, y, self.name, Role::Text, &service.id);
        let y = if self.tall { y + 1 } else { y };
        for (column, x, width) in &self.columns {
            let (role, text) = cell(*column, model, service, known, self.says_lost);
            match column {
                Column::Loss | Column::Ratio => {
                    canvas.put_right(x + width, y, role, &cut(&text, *width, "~"));
                }
                Column::State => {
                    let (tone, _) = state::word(service, known);
                    let glyph = tone::glyph(tone, canvas.glyphs());
                    let next = canvas.put(*x, y, 1, role, glyph);
                    canvas.put(next + 1, y, width.saturating_sub(2), role, &text);
                }
                Column::Day => {
                    if let Some(bars) = own::row(model, service) {
                        strip::draw(&bars, *x, y, *width, canvas);
                    }
                }
                Column::Why => {
                    let whole_words = brief(&text, *width, canvas.glyphs().more);
                    canvas.put(*x, y, *width, role, &whole_words);
                }
                _ => drop(canvas.put(*x, y, *width, role, &text)),
            }
        }
    }
}

const fn gap_before(column: Column, gap: u16) -> u16 {
    match column {
        // The objective stands close to what is held against it.
        Column::Rpo => 1,
        _ => gap,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::{at, copy, heard_word, minutes, now, orders, reading};
    use crate::domain::{Edge, assess};

    fn shown(screen: u16) -> Vec<Column> {
        Table::new(screen, 9, std::iter::empty(), false, Timestamp::default())
            .columns
            .into_iter()
            .map(|(column, ..)| column)
            .collect()
    }

    #[test]
    fn columns_yield_in_the_given_order_and_four_never() {
        let mut before = shown(400);
        let mut gone = Vec::new();
        for screen in (49..400).rev() {
            let now = shown(screen);
            gone.extend(before.iter().filter(|column| !now.contains(column)).copied());
            before = now;
        }
        gone.retain(|column| *column != Column::Why);
        assert_eq!(gone, YIELDS);
        assert_eq!(before, [Column::Loss, Column::Newest, Column::State]);
    }

    #[test]
    fn at_80_columns_the_oldest_and_the_restore_are_still_there() {
        assert!(
            shown(80).contains(&Column::Oldest) && shown(80).contains(&Column::Restore),
            "{:?}",
            shown(80)
        );
        assert!(!shown(80).contains(&Column::Ratio));
        assert!(shown(100).contains(&Column::Proven));
    }

    #[test]
    fn s4_a_newest_instant_keeps_its_sign_and_its_zone_at_any_width() {
        let mut there = reading("2026-11-07T02:31:40Z", "2026-11-19T22:10:00Z");
        there.windows.as_mut().unwrap()[0].to_is = Edge::AtMost;
        let mut service = orders();
        service.secondary = Some(copy("east", there));
        let known = assess(&service, now(), &minutes(2).into());
        let shown = newest(&known, now()).1;
        assert_eq!(shown, "<=11-19 22:10Z");
        for screen in 49..120 {
            let table = Table::new(screen, 9, std::iter::once((&service, &known)), false, now());
            let (.., wide) = *table.columns.iter().find(|(column, ..)| *column == Column::Newest).unwrap();
            assert!(wide >= width(&shown), "{wide} at {screen}");
        }
    }

    #[test]
    fn s5_a_fixed_loss_says_so_at_every_width() {
        let mut service = orders();
        let growing = assess(&service, now(), &minutes(2).into());
        service.heard = Some(Box::new(heard_word(at("2026-11-20T12:04:20Z"))));
        let known = assess(&service, now(), &minutes(2).into());
        assert_eq!((loss(&growing, true), loss(&known, true)), ("5m".to_owned(), "lost 5m".to_owned()));
        assert_eq!(loss(&known, false), "5m");
        for screen in 40..120 {
            let tall = screen < 49;
            let table = Table::new(screen, 9, std::iter::once((&service, &known)), tall, now());
            assert!(table.says_lost, "{screen}");
            let (_, x, wide) = table.columns.iter().max_by_key(|(_, x, _)| *x).unwrap();
            assert!(x + wide <= screen, "{screen}");
        }
    }

    #[test]
    fn nothing_reaches_beyond_the_screen() {
        for screen in 64..400 {
            for (column, x, width) in
                Table::new(screen, 26, std::iter::empty(), false, Timestamp::default()).columns
            {
                assert!(x + width <= screen, "{column:?} at {screen}");
            }
        }
    }
}
