//! Writing to a terminal that may not read: nothing here waits longer than it says. A terminal that is
//! stopped (Ctrl-S, a dead connection, a window that hangs) must hold neither polls nor the journal.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::termios::{QueueSelector, isatty, tcflush};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// How long the last bytes may take when the terminal is given back.
const PATIENCE: Duration = Duration::from_millis(100);

/// The terminal that standard output is, opened anew: whoever shares the old descriptor (the shell) must
/// not find it changed.
pub(super) fn open() -> io::Result<File> {
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOCTTY).bits()).unwrap_or(0);
    let anew = |path: &str| OpenOptions::new().write(true).custom_flags(flags).open(path);
    let opened = anew("/proc/self/fd/1").or_else(|_| anew("/dev/tty"));
    match opened {
        Ok(tty) if isatty(&tty) => Ok(tty),
        // What cannot be opened anew is written as it is.
        _ => Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?)),
    }
}

/// Frames on their way to a terminal: one at a time, in as few calls as the terminal takes.
#[derive(Debug)]
pub(super) struct Outlet {
    tty: File,
    pending: Vec<u8>,
    /// Only while bytes wait: a terminal that is watched wakes us each time it has read something.
    watched: Option<AsyncFd<File>>,
}

impl Outlet {
    pub(super) const fn new(tty: File) -> Self {
        Self { tty, pending: Vec::new(), watched: None }
    }

    /// Whether bytes still wait for the terminal.
    pub(super) const fn is_busy(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Writes what the terminal takes now; the rest waits for [`Outlet::flush`].
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.extend_from_slice(bytes);
        self.push()
    }

    /// Waits until the terminal takes more, and writes it. Can be dropped and asked again.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        let watched = match &mut self.watched {
            Some(watched) => watched,
            none => none.insert(watch(self.tty.try_clone()?)?),
        };
        watched.writable().await?.clear_ready();
        self.push()
    }

    fn push(&mut self) -> io::Result<()> {
        while !self.pending.is_empty() {
            match self.tty.write(&self.pending) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => drop(self.pending.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.watched = None;
        Ok(())
    }

    /// Writes the last bytes. What the terminal does not take in time is dropped, so that they can follow.
    pub(super) fn finish(&mut self, last: &[u8]) {
        if !write_within(&self.tty, &self.pending) {
            tcflush(&self.tty, QueueSelector::OFlush).ok();
        }
        self.pending.clear();
        self.watched = None;
        write_within(&self.tty, last);
    }
}

/// Needs a running runtime.
#[expect(deprecated, reason = "what replaces it is unsafe to call; a file keeps its descriptor as is asked")]
fn watch(tty: File) -> io::Result<AsyncFd<File>> {
    AsyncFd::with_interest(tty, Interest::WRITABLE)
}

/// Writes to a terminal that has some time to take it; whether it took everything.
pub(super) fn write_within(mut tty: &File, mut bytes: &[u8]) -> bool {
    let until = Instant::now() + PATIENCE;
    while !bytes.is_empty() {
        match tty.write(bytes) {
            Ok(count @ 1..) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let left = until.saturating_duration_since(Instant::now());
                let mut watched = [PollFd::new(tty, PollFlags::OUT)];
                let timeout = Timespec::try_from(left).ok();
                if left.is_zero() || !matches!(poll(&mut watched, timeout.as_ref()), Ok(1..)) {
                    return false;
                }
            }
            Ok(_) | Err(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixDatagram;

    use super::*;

    /// A socket that hands each write over by itself, in the place of a terminal.
    fn outlet() -> (Outlet, UnixDatagram) {
        let (ours, theirs) = UnixDatagram::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_nonblocking(true).unwrap();
        (Outlet::new(File::from(OwnedFd::from(ours))), theirs)
    }

    #[test]
    fn a_frame_is_one_write() {
        let (mut outlet, terminal) = outlet();
        let frame = vec![b'x'; 20_000];
        outlet.write(&frame).unwrap();
        assert!(!outlet.is_busy());
        let mut buffer = vec![0; 65_536];
        assert_eq!(terminal.recv(&mut buffer).unwrap(), frame.len());
        assert!(terminal.recv(&mut buffer).is_err(), "nothing more was written");
    }

    #[tokio::test]
    async fn what_a_stalled_terminal_does_not_take_waits_and_holds_nobody() {
        let (mut outlet, terminal) = outlet();
        let mut sent = 0;
        while !outlet.is_busy() {
            outlet.write(&[b'x'; 1000]).unwrap();
            sent += 1;
        }
        let waited = tokio::time::timeout(Duration::from_millis(10), outlet.flush()).await;
        assert!(waited.is_err() && outlet.is_busy(), "nobody reads");
        let mut buffer = [0; 1000];
        let mut read = 0;
        while outlet.is_busy() {
            while terminal.recv(&mut buffer).is_ok() {
                read += 1;
            }
            tokio::time::timeout(Duration::from_secs(5), outlet.flush()).await.unwrap().unwrap();
        }
        while terminal.recv(&mut buffer).is_ok() {
            read += 1;
        }
        assert_eq!(read, sent, "every frame arrived, whole");
    }

    #[test]
    fn the_last_bytes_wait_only_so_long() {
        let (mut outlet, _terminal) = outlet();
        while !outlet.is_busy() {
            outlet.write(&[b'x'; 1000]).unwrap();
        }
        let begun = Instant::now();
        outlet.finish(b"last");
        assert!(begun.elapsed() < 20 * PATIENCE, "{:?}", begun.elapsed());
    }
}
