//! A run of a service that is not over, as a journal on this host has it (S30).

use super::Timestamp;

/// A run that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRun {
    /// Its id.
    pub run: String,
    /// A drill; otherwise an incident.
    pub drill: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Whether a process drives it. One that nobody drives does not go on by itself.
    pub driven: bool,
    /// When its journal was last written; `None` when that could not be read.
    pub last_at: Option<Timestamp>,
    /// The step it stands at, in a person's words.
    pub step: Option<String>,
    /// Whether it waits for a person.
    pub needs_person: bool,
    /// Where its journal goes on, when it could no longer be written here (S25): what is known here is
    /// not the newest.
    pub moved_to: Option<String>,
}

impl OpenRun {
    /// `drill` or `incident`.
    pub const fn kind(&self) -> &'static str {
        if self.drill { "drill" } else { "incident" }
    }

    /// `live`, `interrupted`, or `moved`: its journal goes on elsewhere.
    pub const fn standing(&self) -> &'static str {
        match (&self.moved_to, self.driven) {
            (Some(_), _) => "moved",
            (None, true) => "live",
            (None, false) => "interrupted",
        }
    }

    /// Whether nobody here takes care of it: it waits to be taken up, or was taken elsewhere.
    pub const fn is_left(&self) -> bool {
        !self.driven || self.moved_to.is_some()
    }
}
