//! Everything that can happen to the dashboard.

use crate::domain::Assessment;
use crate::tui::keymap::Key;

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// A text was pasted.
    Paste(String),
    /// The terminal has a new size, in cells.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// A second has passed on the clock.
    Tick,
    /// Assessments made elsewhere.
    Assessed(Vec<Assessment>),
    /// Something to tell the person.
    Notice(String),
}
