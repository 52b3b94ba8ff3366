//! Questions with text fields: what is asked, what was typed so far, how keys edit it.

use tui_input::{Input, InputRequest};

use crate::domain::{ServiceId, Target, Timestamp};
use crate::tui::app::copy_region::CheckedChange;
use crate::tui::app::effect::StartRun;
use crate::tui::keymap::Key;

/// No answer is longer than this many characters.
const LONGEST: usize = 500;

/// What a form is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Purpose {
    /// An instant for the cursor.
    GoToTime,
    /// A drill to a point.
    Drill(Wanted),
    /// An incident to a point.
    Incident(Wanted),
    /// Another place for the journal of an incident that is to begin (S25).
    Journal {
        /// What is to begin.
        start: Box<StartRun>,
        /// Why there is no journal.
        why: String,
    },
    /// Another region for the copies of a service's backups.
    CopyTo {
        /// The service.
        service: ServiceId,
        /// The rules that what was typed before breaks or keeps; none = nothing was checked yet.
        checked: Vec<String>,
    },
    /// The change of that region, its rules checked.
    ChangeRegion(Box<CheckedChange>),
    /// A service that is gone, put away.
    Dismiss {
        /// The service.
        service: ServiceId,
    },
    /// The end of a drill that an incident needs (S30).
    MakeWay {
        /// The drill.
        drill: String,
    },
    /// Something a run asks or is asked.
    Run {
        /// The run.
        run: String,
        /// What.
        ask: Ask,
    },
}

/// What a run to be begun is for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The service.
    pub service: ServiceId,
    /// What to restore to.
    pub target: Target,
    /// The bad moment the point must lie before (S14).
    pub bad_moment: Option<Timestamp>,
}

/// What is said to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// The point, confirmed by the service's name.
    ConfirmPoint,
    /// Another point.
    OtherPoint,
    /// Another place for the journal (S25).
    Journal,
    /// On with a clock that is off, with a reason (S25).
    ClockSkew,
    /// The declaration.
    Declare,
    /// The fork is asked for again after it was looked for and is absent (S20).
    RetryAbsent,
    /// Past the step, with a reason.
    Skip,
    /// A note.
    Note,
    /// A further attempt, with a reason.
    NewAttempt,
    /// Fenced, or overridden in writing.
    Fence,
    /// The owner's word.
    OwnersWord,
    /// Cut-over is done.
    CutOver,
    /// Clean-up, confirmed by the service's name.
    CleanUp,
    /// The end of the run, with a reason.
    Abort,
}

/// What an answer has to be before its field is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// Whatever is typed, or nothing.
    Anything,
    /// Something; this is said where nothing is written.
    Words(&'static str),
    /// This name, as it is.
    Name(String),
    /// An instant with `Z` or its offset, or nothing.
    StatedInstant,
    /// What can be restored to.
    Target,
    /// The same, or nothing.
    TargetOrNothing,
    /// Criteria of the config.
    Criteria,
    /// Yes or no.
    YesOrNo,
}

impl Ask {
    /// What giving the answer does.
    const fn verb(self) -> &'static str {
        match self {
            Self::ConfirmPoint => "make the fork",
            Self::OtherPoint => "choose",
            Self::Journal | Self::ClockSkew => "go on",
            Self::Declare => "declare",
            Self::RetryAbsent => "ask again",
            Self::Skip => "skip",
            Self::Note => "write",
            Self::NewAttempt => "begin it",
            Self::Fence => "settle it",
            Self::OwnersWord => "put it down",
            Self::CutOver => "confirm",
            Self::CleanUp => "remove",
            Self::Abort => "abort",
        }
    }
}

/// A text field.
#[derive(Debug, Clone)]
pub struct Field {
    /// What is asked.
    pub label: &'static str,
    /// What to write, or what an empty one means.
    pub hint: String,
    /// What was typed.
    pub input: Input,
    /// What it has to be.
    pub needs: Needs,
    /// Filled in beforehand and not touched yet: the first letter replaces all of it.
    pub untouched: bool,
}

/// A form.
#[derive(Debug, Clone)]
pub struct Form {
    /// What it is for.
    pub purpose: Purpose,
    /// Its title.
    pub title: String,
    /// What the answer is about, as it stood when the form was opened: an answer in writing holds only
    /// for that.
    pub about: String,
    /// The fields; none = a plain confirmation.
    pub fields: Vec<Field>,
    /// The field being typed in.
    pub focus: usize,
    /// Why the last answer was not taken.
    pub error: Option<String>,
    /// The first line shown of what is read before answering, where not all of it fits.
    pub scroll: usize,
}

/// What a key did to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// It goes on.
    Goes,
    /// It was closed without an answer.
    Closed,
    /// The answer was given.
    Given,
}

impl Form {
    /// A form without fields yet.
    pub fn new(purpose: Purpose, title: impl Into<String>) -> Self {
        Self {
            purpose,
            title: title.into(),
            about: String::new(),
            fields: Vec::new(),
            focus: 0,
            error: None,
            scroll: 0,
        }
    }

    /// Empties the field that was typed last, to be typed anew.
    pub fn forget(&mut self) {
        if let Some(field) = self.fields.get_mut(self.focus) {
            (field.input, field.untouched) = (Input::default(), false);
        }
    }

    /// With one more field.
    #[must_use]
    pub fn field(mut self, label: &'static str, hint: impl Into<String>, value: impl Into<String>) -> Self {
        self.add(label, hint, value);
        self
    }

    /// Adds a field below the others: what was typed, and where, stays.
    pub fn add(&mut self, label: &'static str, hint: impl Into<String>, value: impl Into<String>) {
        let input = Input::new(value.into());
        let untouched = !input.value().is_empty();
        self.fields.push(Field { label, hint: hint.into(), input, needs: Needs::Anything, untouched });
    }

    /// The last field has to be this.
    #[must_use]
    pub fn needs(mut self, needs: Needs) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.needs = needs;
        }
        self
    }

    /// What Enter does in the field being typed in: on to the next one, or the answer in a word.
    pub fn enter(&self) -> &'static str {
        if self.focus + 1 < self.fields.len() {
            return "next";
        }
        match &self.purpose {
            Purpose::GoToTime => "go there",
            Purpose::Drill(_) => "begins the drill",
            Purpose::Incident(_) => "declare",
            Purpose::Journal { .. } => "go on",
            Purpose::CopyTo { .. } => "check",
            Purpose::ChangeRegion(_) => "change it",
            Purpose::Dismiss { .. } => "dismiss it",
            Purpose::MakeWay { .. } => "end the drill",
            Purpose::Run { ask, .. } => ask.verb(),
        }
    }

    /// What was typed into a field, without blanks around it.
    pub fn value(&self, index: usize) -> &str {
        self.fields.get(index).map_or("", |field| field.input.value().trim())
    }

    /// Takes a key: letters go into the field, Enter to the next one and past the last.
    pub fn press(&mut self, key: Key) -> Typed {
        self.error = None;
        let last = self.fields.len().saturating_sub(1);
        match key {
            Key::Esc => return Typed::Closed,
            Key::Enter if self.focus >= last => return Typed::Given,
            Key::Enter | Key::Tab | Key::Down => self.focus = (self.focus + 1).min(last),
            Key::PageUp => self.scroll_by(-5),
            Key::PageDown => self.scroll_by(5),
            Key::BackTab | Key::Up => self.focus = self.focus.saturating_sub(1),
            _ => self.edit(key),
        }
        Typed::Goes
    }

    /// Moves what is read before answering by lines; drawing stops at its end.
    pub fn scroll_by(&mut self, by: isize) {
        self.scroll = self.scroll.saturating_add_signed(by).min(LONGEST);
    }

    /// Puts a pasted text into the field; line breaks become blanks.
    pub fn paste(&mut self, text: &str) {
        for char in text.chars() {
            self.edit(Key::Char(if char.is_control() { ' ' } else { char }));
        }
    }

    fn edit(&mut self, key: Key) {
        let Some(field) = self.fields.get_mut(self.focus) else { return };
        // As in a selection: a letter replaces what was filled in, any other key edits it.
        if std::mem::take(&mut field.untouched) && matches!(key, Key::Char(_)) {
            field.input.reset();
        }
        let request = match key {
            Key::Char(_) if field.input.value().chars().count() >= LONGEST => return,
            Key::Char(char) => InputRequest::InsertChar(char),
            Key::Backspace => InputRequest::DeletePrevChar,
            Key::Delete => InputRequest::DeleteNextChar,
            Key::Left => InputRequest::GoToPrevChar,
            Key::Right => InputRequest::GoToNextChar,
            Key::Home | Key::Ctrl('a') => InputRequest::GoToStart,
            Key::End | Key::Ctrl('e') => InputRequest::GoToEnd,
            Key::Ctrl('w') => InputRequest::DeletePrevWord,
            Key::Ctrl('u') => InputRequest::DeleteLine,
            Key::Ctrl('k') => InputRequest::DeleteTillEnd,
            _ => return,
        };
        field.input.handle(request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form::new(Purpose::GoToTime, "t").field("a", "", "").field("b", "", "x")
    }

    #[test]
    fn letters_are_typed_and_never_commands() {
        let mut form = form();
        for char in "quit".chars() {
            assert_eq!(form.press(Key::Char(char)), Typed::Goes);
        }
        assert_eq!(form.value(0), "quit");
    }

    #[test]
    fn enter_goes_through_the_fields_and_then_gives_the_answer() {
        let mut form = form();
        assert_eq!(form.press(Key::Enter), Typed::Goes);
        assert_eq!(form.focus, 1);
        assert_eq!(form.press(Key::Enter), Typed::Given);
        assert_eq!(form.press(Key::Esc), Typed::Closed);
    }

    #[test]
    fn the_first_letter_replaces_what_was_filled_in_and_other_keys_edit_it() {
        let filled = || Form::new(Purpose::GoToTime, "t").field("a", "", "root");
        let after = |keys: &[Key]| {
            let mut form = filled();
            for key in keys {
                form.press(*key);
            }
            form.value(0).to_owned()
        };
        assert_eq!(after(&[Key::Char('a'), Key::Char('b')]), "ab");
        assert_eq!(after(&[Key::Backspace]), "roo");
        assert_eq!(after(&[Key::End, Key::Char('y')]), "rooty");
        assert_eq!(after(&[Key::Home, Key::Char('x')]), "xroot");
        assert_eq!(after(&[Key::Left, Key::Delete, Key::Char('m')]), "room");
        let mut pasted = filled();
        pasted.paste("anna");
        assert_eq!(pasted.value(0), "anna");
    }

    #[test]
    fn a_paste_stays_in_its_field_and_bounded() {
        let mut form = form();
        form.paste(&"line\n".repeat(400));
        assert_eq!(form.value(1), "x");
        assert!(form.value(0).len() <= LONGEST && !form.value(0).contains('\n'));
    }
}
