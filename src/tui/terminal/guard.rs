//! Entering and leaving the terminal. However the dashboard ends (a key, a signal, a panic), the
//! terminal is left as it was found; a terminal that is gone is left alone.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use super::tty::{Outlet, open, write_within};

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
    outlet: Outlet,
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
        let tty = open()?;
        let left = Arc::new(AtomicBool::new(true));
        let stray = Arc::new(Mutex::new(None));
        hook_panics(tty.try_clone()?, Arc::clone(&left), Arc::clone(&stray));
        let mut guard = Self { outlet: Outlet::new(tty), mouse, left, stray };
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
        self.outlet.write(&enter)
    }

    /// Gives the terminal back, once. Errors are ignored: the terminal may be gone, and nothing better
    /// can be done.
    pub fn give_back(&mut self) {
        if !self.left.swap(true, Ordering::SeqCst) {
            self.outlet.finish(LEAVE);
            disable_raw_mode().ok();
        }
    }

    /// Writes a frame, in one call where the terminal takes it whole. Never waits: what the terminal does
    /// not take now is written by [`Guard::flush`], and no frame should follow before that.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.outlet.write(bytes)
    }

    /// Whether a frame still waits for the terminal.
    pub const fn is_busy(&self) -> bool {
        self.outlet.is_busy()
    }

    /// Waits until the terminal takes more of the frame. Can be dropped and asked again. Needs a running
    /// runtime.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub async fn flush(&mut self) -> io::Result<()> {
        self.outlet.flush().await
    }

    /// Gives the terminal back. Returns the message of a panic elsewhere in the program that could
    /// not be shown at its time.
    pub fn leave(mut self) -> Option<String> {
        self.give_back();
        self.stray.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// A panic of the drawing thread gives the terminal back before its message is printed. One of
/// another thread ends only its task: its message waits for the end of the dashboard.
fn hook_panics(tty: File, left: Arc<AtomicBool>, stray: Arc<Mutex<Option<String>>>) {
    let owner: ThreadId = thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
        if thread::current().id() == owner && !left.swap(true, Ordering::SeqCst) {
            write_within(&tty, LEAVE);
            disable_raw_mode().ok();
        }
        if left.load(Ordering::SeqCst) {
            before(info);
        } else {
            *stray.lock().unwrap_or_else(PoisonError::into_inner) = Some(info.to_string());
        }
    }));
}
