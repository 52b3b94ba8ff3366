//! What a change of the picture costs in bytes, and what a careful encoder would need for it.

use lifeboat::tui::app::{Effect, Message, Model, update};
use lifeboat::tui::draw::{Look, draw};
use lifeboat::tui::keymap::Key;
use lifeboat::tui::terminal::Encoder;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use crate::sample::now;

/// A dashboard and the terminal it draws on.
pub(crate) struct Stage {
    pub(crate) model: Model,
    look: Look,
    encoder: Encoder,
    shown: Buffer,
}

/// What one frame cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Bytes written.
    pub(crate) bytes: usize,
    /// Bytes that a careful encoder without scroll regions would write for the same change.
    pub(crate) need: usize,
}

impl Stage {
    pub(crate) fn new(model: Model, look: Look) -> Self {
        let mut stage = Self { model, look, encoder: Encoder::default(), shown: Buffer::default() };
        stage.frame();
        stage
    }

    /// Draws, as the loop does when something has changed.
    pub(crate) fn frame(&mut self) -> Cost {
        let mut next = Buffer::empty(Rect::new(0, 0, self.model.size.width, self.model.size.height));
        draw(&self.model, &self.look, &mut next);
        self.model.dirty = false;
        let need = need(&self.shown, &next);
        let bytes = self.encoder.frame(&next).len();
        self.shown = next;
        Cost { bytes, need }
    }

    /// Takes keys in at once, and draws once.
    pub(crate) fn keys(&mut self, keys: &[Key]) -> Cost {
        for key in keys {
            let effects = update(&mut self.model, Message::Key(*key), now());
            assert!(!effects.iter().any(|effect| matches!(effect, Effect::Act(_))));
        }
        self.frame()
    }

    /// Lets so many seconds pass, and draws if that changes anything.
    pub(crate) fn tick(&mut self, seconds: i64) -> Cost {
        update(&mut self.model, Message::Tick, now() + chrono::TimeDelta::seconds(seconds));
        if self.model.dirty { self.frame() } else { Cost { bytes: 0, need: 0 } }
    }
}

/// For each run of changed cells (gaps of up to four are written through): a jump of six bytes, the text,
/// and what each change of style takes.
fn need(before: &Buffer, after: &Buffer) -> usize {
    if before.area != after.area {
        return 0;
    }
    let width = usize::from(after.area.width).max(1);
    let rows = before.content.chunks(width).zip(after.content.chunks(width));
    let mut style = None;
    rows.map(|(old, new)| row_need(old, new, &mut style)).sum()
}

type Style = (Color, Modifier);

fn row_need(old: &[Cell], new: &[Cell], style: &mut Option<Style>) -> usize {
    let mut bytes = 0;
    let mut last = None;
    for (x, (old, new)) in old.iter().zip(new).enumerate() {
        if old == new {
            continue;
        }
        bytes += match last {
            Some(last) if x - last <= 5 => x - last - 1,
            _ => 6,
        };
        last = Some(x);
        let wanted = (new.fg, new.modifier);
        if *style != Some(wanted) && new.symbol() != " " {
            bytes += match new.fg {
                Color::Rgb(..) => 18,
                Color::Indexed(_) => 10,
                _ => 5,
            };
            *style = Some(wanted);
        }
        bytes += new.symbol().len();
    }
    bytes
}
