//! What lies over a screen: explanations, texts to copy, questions.

/// An overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    },
    /// A text to copy: plain, from the left edge, nothing beside it.
    Plain {
        /// The text.
        text: String,
    },
}

impl Overlay {
    /// A text under a title, from its first line.
    pub fn text(title: impl Into<String>, lines: Vec<String>) -> Self {
        Self::Text { title: title.into(), lines, scroll: 0 }
    }

    /// Scrolls by lines; drawing stops at the end.
    pub fn scroll(&mut self, by: isize) {
        if let Self::Help { scroll } | Self::Text { scroll, .. } = self {
            *scroll = scroll.saturating_add_signed(by).min(500);
        }
    }
}
