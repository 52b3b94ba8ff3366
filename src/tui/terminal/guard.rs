//! Entering and leaving the terminal. However the dashboard ends (a key, a signal, a panic), the
//! terminal is left as it was found; a terminal that is gone is left alone.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

/// Alternate screen, cursor hidden, pastes marked as such.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?2004h";
/// Clicks and the wheel are told, as numbers of any size.
const MOUSE: &[u8] = b"\x1b[?1000h\x1b[?1006h";
/// Any open update ended, colours off, mouse silent, pastes unmarked, cursor shown, alternate screen left.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[0m\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// There is no terminal to draw on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is not a terminal, and the dashboard needs one; `lifeboat status` prints the same facts anywhere"
)]
pub struct NoTerminal(&'static str);

/// Makes sure that input and output are a terminal, before anything is written.
///
/// # Errors
/// [`NoTerminal`] naming which of the two is not.
pub fn require_tty() -> Result<(), NoTerminal> {
    if !io::stdin().is_terminal() {
        return Err(NoTerminal("standard input"));
    }
    if !io::stdout().is_terminal() {
        return Err(NoTerminal("standard output"));
    }
    Ok(())
}

/// The terminal while the dashboard has it; dropping the guard gives it back.
#[derive(Debug)]
pub struct Guard {
    tty: File,
    mouse: bool,
    left: Arc<AtomicBool>,
    stray: Arc<Mutex<Option<String>>>,
}

impl Guard {
    /// Takes the terminal: raw mode, alternate screen, the mouse if wanted, and a panic hook that gives
    /// it back first.
    ///
    /// # Errors
    /// When the terminal cannot be written or its mode not be changed.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        let tty = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let left = Arc::new(AtomicBool::new(true));
        let stray = Arc::new(Mutex::new(None));
        hook_panics(tty.try_clone()?, Arc::clone(&left), Arc::clone(&stray));
        let mut guard = Self { tty, mouse, left, stray };
        guard.take()?;
        Ok(guard)
    }

    /// Takes the terminal, or takes it again after others had it: its modes then are those to be
    /// restored, whatever they were set to meanwhile.
    ///
    /// # Errors
    /// When the terminal cannot be written or its mode not be changed.
    pub fn take(&mut self) -> io::Result<()> {
        self.left.store(false, Ordering::SeqCst);
        disable_raw_mode()?;
        enable_raw_mode()?;
        let enter = if self.mouse { [ENTER, MOUSE].concat() } else { ENTER.to_vec() };
        self.tty.write_all(&enter)
    }

    /// Gives the terminal back for a while.
    pub fn give_back(&mut self) {
        leave(&mut self.tty, &self.left);
    }

    /// Writes a frame, in one call where the terminal takes it whole.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.tty.write_all(bytes)
    }

    /// Gives the terminal back. Returns the message of a panic elsewhere in the program that could
    /// not be shown at its time.
    pub fn leave(mut self) -> Option<String> {
        leave(&mut self.tty, &self.left);
        self.stray.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave(&mut self.tty, &self.left);
    }
}

/// Once. Errors are ignored: the terminal may be gone, and nothing better can be done.
fn leave(tty: &mut File, left: &AtomicBool) {
    if !left.swap(true, Ordering::SeqCst) {
        tty.write_all(LEAVE).ok();
        disable_raw_mode().ok();
    }
}

/// A panic of the drawing thread gives the terminal back before its message is printed. One of
/// another thread ends only its task: its message waits for the end of the dashboard.
fn hook_panics(tty: File, left: Arc<AtomicBool>, stray: Arc<Mutex<Option<String>>>) {
    let owner: ThreadId = thread::current().id();
    let tty = Mutex::new(tty);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if thread::current().id() == owner {
            leave(&mut tty.lock().unwrap_or_else(PoisonError::into_inner), &left);
        }
        if left.load(Ordering::SeqCst) {
            before(info);
        } else {
            *stray.lock().unwrap_or_else(PoisonError::into_inner) = Some(info.to_string());
        }
    }));
}
