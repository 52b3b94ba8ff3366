//! The one place that prints. A closed standard output (`lifeboat status | head -1`) ends printing
//! quietly: long work goes on, and the exit code is what it would have been.

use std::io::{self, Write};

/// Standard output and standard error.
#[derive(Debug, Default)]
pub struct Out {
    closed: bool,
}

impl Out {
    /// Both streams of this process.
    pub const fn new() -> Self {
        Self { closed: false }
    }

    /// Those of a process whose standard output nobody reads.
    #[cfg(test)]
    pub(crate) const fn unread() -> Self {
        Self { closed: true }
    }

    /// Prints a line, or several, on standard output at once.
    pub fn line(&mut self, text: &str) {
        if self.closed {
            return;
        }
        let mut stdout = io::stdout().lock();
        let written = writeln!(stdout, "{}", text.trim_end_matches('\n')).and_then(|()| stdout.flush());
        self.closed = written.is_err();
    }

    /// Prints on standard error; what cannot be written there can be told nobody.
    pub fn problem(&mut self, text: &str) {
        let mut stderr = io::stderr().lock();
        drop(writeln!(stderr, "{}", text.trim_end_matches('\n')).and_then(|()| stderr.flush()));
    }

    /// Prints an error with what to do about it.
    pub fn error(&mut self, what: &str, hints: &[&str]) {
        let mut text = format!("lifeboat: {what}");
        for hint in hints {
            text.push_str("\n  hint: ");
            text.push_str(hint);
        }
        self.problem(&text);
    }
}
