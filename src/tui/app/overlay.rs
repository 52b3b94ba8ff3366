//! What lies over a screen: explanations, texts to copy, questions.

use super::arming::NotArmed;
use super::form::Form;
use super::lag::LagView;
use super::leave::CHOICES;
use crate::domain::Timestamp;

/// The help has fewer lines than this.
const LONGEST: usize = 500;
/// No box wraps its text at fewer columns.
const NARROWEST: usize = 34;

/// An overlay.
#[derive(Debug, Clone)]
pub enum Overlay {
    /// The keys.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// A text under a title.
    Text {
        /// The title.
        title: String,
        /// The lines, wrapped when drawn.
        lines: Vec<String>,
        /// First line shown.
        scroll: usize,
        /// What of it is to be copied: a command.
        copies: Option<String>,
    },
    /// A text to copy: plain, from the left edge, nothing beside it.
    Plain {
        /// The text.
        text: String,
        /// With which of its lines it begins.
        from: usize,
        /// First row shown, counted from there.
        scroll: isize,
    },
    /// A question to be answered in writing.
    Form(Box<Form>),
    /// One theme out of several, shown as it is selected.
    Themes {
        /// Which one is selected.
        selected: usize,
        /// Which one was shown before.
        before: usize,
    },
    /// Whether to leave although something is lost by it.
    Leave {
        /// Which of [`CHOICES`] is selected.
        selected: usize,
    },
    /// How far a copy trailed over time.
    Lag(Box<LagView>),
    /// One instant out of several that a text may mean (S12).
    Pick {
        /// The instants, and how each was read.
        offers: Vec<(Timestamp, String)>,
        /// Which one is selected.
        selected: usize,
    },
}

impl Overlay {
    /// A text under a title, from its first line.
    pub fn text(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self::Text { title: title.into(), lines, scroll: 0, copies: None }
    }

    /// A text to copy, shown from one of its lines on.
    pub(super) const fn plain(text: String, from: usize) -> Self {
        Self::Plain { text, from, scroll: 0 }
    }

    /// What is missing to act, with the command to be copied.
    pub(super) fn not_armed(title: &str, told: NotArmed) -> Self {
        Self::Text { title: title.to_owned(), lines: told.lines, scroll: 0, copies: told.command }
    }

    /// Moves by lines: scrolls a text, where drawing stops at the end, or selects an offer.
    pub fn scroll(&mut self, by: isize) {
        match self {
            Self::Help { scroll } => *scroll = scroll.saturating_add_signed(by).min(LONGEST),
            Self::Text { scroll, lines, .. } => {
                // Not further than the last line in the narrowest box, or one scrolls back in vain.
                let most = rows_at_most(lines.iter().map(String::as_str));
                *scroll = scroll.saturating_add_signed(by).min(most);
            }
            Self::Plain { text, from, scroll } => {
                let above = rows_at_most(text.lines().take(*from)).cast_signed();
                let below = rows_at_most(text.lines().skip(*from)).cast_signed();
                *scroll = scroll.saturating_add(by).clamp(-above, below);
            }
            Self::Pick { offers, selected } => {
                *selected = selected.saturating_add_signed(by).min(offers.len().saturating_sub(1));
            }
            Self::Leave { selected } => {
                *selected = selected.saturating_add_signed(by).min(CHOICES.len() - 1);
            }
            Self::Lag(_) | Self::Form(_) | Self::Themes { .. } => {}
        }
    }
}

/// No more rows than this do lines take, however narrow the box.
fn rows_at_most<'a>(lines: impl Iterator<Item = &'a str>) -> usize {
    lines.map(|line| 1 + line.len() / NARROWEST).sum()
}
