//! Signals that end this process (interrupt, terminate, hang-up), and those of a shell that stops it
//! and brings it back.

use rustix::process::{self, Signal as Number};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Which signal asked this process to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Ctrl-C.
    Interrupt,
    /// `kill`.
    Terminate,
    /// The terminal or the connection is gone.
    HangUp,
}

impl Stop {
    /// Its usual name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
        }
    }
}

/// Listens for them; from then on they no longer end the process by themselves.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Begins to listen. Needs a running runtime.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one. Can be dropped and asked again.
    pub async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Interrupt,
            _ = self.terminate.recv() => Stop::Terminate,
            _ = self.hang_up.recv() => Stop::HangUp,
        }
    }
}

/// What a shell wants of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Hand the terminal back and stop.
    Suspend,
    /// Go on.
    Continue,
}

/// Listens for a shell's wishes; from then on the wish to stop no longer stops the process by itself.
#[derive(Debug)]
pub struct Job {
    suspend: Signal,
    go_on: Signal,
}

impl Job {
    /// Begins to listen. Needs a running runtime.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            suspend: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            go_on: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
        })
    }

    /// Waits for the next one. Can be dropped and asked again.
    pub async fn next(&mut self) -> Turn {
        tokio::select! {
            _ = self.suspend.recv() => Turn::Suspend,
            _ = self.go_on.recv() => Turn::Continue,
        }
    }
}

/// Whether a shell would bring this process back: one that leads its session has none above it.
pub fn can_suspend() -> bool {
    process::getsid(None).is_ok_and(|session| session != process::getpid())
}

/// Stops this process and what was started together with it, such as the `sudo` or `cargo` it runs under.
///
/// # Errors
/// When the system refuses.
pub fn stop() -> std::io::Result<()> {
    Ok(process::kill_current_process_group(Number::STOP)?)
}
