//! What comes from the terminal: a thread that waits for it, without waking for anything else.

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::mpsc;

use super::decoder::Decoder;
use crate::tui::app::Message;

/// How long after an escape its sequence may take to follow; a person's next key comes later.
const ESCAPE_PAUSE: Duration = Duration::from_millis(50);
/// Reads that may wait to be taken.
const QUEUE: usize = 16;

/// The keys and pastes of a terminal. Dropping it ends the thread, which then takes no more keys.
#[derive(Debug)]
pub struct Keys {
    batches: mpsc::Receiver<Vec<Message>>,
    /// Closed when dropped, which the thread notices.
    _alive: OwnedFd,
}

impl Keys {
    /// Begins to read standard input, which is a terminal.
    ///
    /// # Errors
    /// When the system gives no descriptor or thread.
    pub fn listen() -> io::Result<Self> {
        let tty = std::fs::File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let (watched, alive) = rustix::pipe::pipe()?;
        let (sender, batches) = mpsc::channel(QUEUE);
        std::thread::Builder::new().name("keys".to_owned()).spawn(move || read(tty, &watched, &sender))?;
        Ok(Self { batches, _alive: alive })
    }

    /// Everything that came at once; `None` when the terminal is gone. Can be dropped and asked again.
    pub async fn next(&mut self) -> Option<Vec<Message>> {
        self.batches.recv().await
    }

    /// What has come meanwhile.
    pub fn more(&mut self) -> Option<Vec<Message>> {
        self.batches.try_recv().ok()
    }
}

/// Ends at the end of the terminal: a read that gives nothing or fails, or a hang-up. A reader that
/// took a hang-up for silence would spin.
fn read(mut tty: std::fs::File, alive: &OwnedFd, sender: &mpsc::Sender<Vec<Message>>) {
    let mut decoder = Decoder::default();
    let mut buffer = vec![0; 4096];
    loop {
        let pause = decoder.waits().then(|| Timespec::try_from(ESCAPE_PAUSE).ok()).flatten();
        let mut watched = [PollFd::new(&tty, PollFlags::IN), PollFd::new(alive, PollFlags::empty())];
        let messages = match poll(&mut watched, pause.as_ref()) {
            Err(Errno::INTR) => continue,
            Err(_) => return,
            Ok(0) => decoder.pause(),
            Ok(_) => {
                let [input, alive] = watched.map(|watched| watched.revents());
                if !alive.is_empty() || !input.contains(PollFlags::IN) {
                    return;
                }
                match tty.read(&mut buffer) {
                    Ok(count @ 1..) => decoder.feed(buffer.get(..count).unwrap_or_default()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Ok(_) | Err(_) => return,
                }
            }
        };
        if !messages.is_empty() && sender.blocking_send(messages).is_err() {
            return;
        }
    }
}
