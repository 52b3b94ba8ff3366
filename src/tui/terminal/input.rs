//! What comes from the terminal, in the core's own words.

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::{Stream, StreamExt};
use rustix::event::{PollFd, PollFlags, poll};

use crate::tui::app::Message;
use crate::tui::keymap::Key;

/// One thing that came from the terminal.
#[derive(Debug)]
pub enum Input {
    /// A key, a paste, a new size.
    Message(Message),
    /// The terminal is gone.
    Closed,
}

/// Everything the terminal sends, from now on. Asks the terminal nothing.
pub fn events() -> impl Stream<Item = Input> + Unpin {
    EventStream::new().filter_map(|event| {
        std::future::ready(match event {
            Ok(event) => message(&event).map(Input::Message),
            Err(_) => Some(Input::Closed),
        })
    })
}

/// Ends when the terminal is hung up, also where the signal for that is ignored. A reader alone would
/// not learn of it: reading from a hung-up terminal gives nothing at once, for ever.
pub async fn closed() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let stdin = std::io::stdin();
        loop {
            let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
            match poll(&mut watched, None) {
                Err(rustix::io::Errno::INTR) => {}
                _ => break,
            }
        }
        sender.send(()).ok();
    });
    receiver.await.ok();
}

fn message(event: &Event) -> Option<Message> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => self::key(key).map(Message::Key),
        Event::Paste(text) => Some(Message::Paste(text.clone())),
        Event::Resize(width, height) => Some(Message::Resize { width: *width, height: *height }),
        _ => None,
    }
}

fn key(event: &KeyEvent) -> Option<Key> {
    let key = match event.code {
        KeyCode::Char(char) if event.modifiers.contains(KeyModifiers::CONTROL) => {
            Key::Ctrl(char.to_ascii_lowercase())
        }
        KeyCode::Char(_) if event.modifiers.contains(KeyModifiers::ALT) => return None,
        KeyCode::Char(char) => Key::Char(char),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        _ => return None,
    };
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_arrive_in_the_cores_words() {
        let press = |code, modifiers| key(&KeyEvent::new(code, modifiers));
        assert_eq!(press(KeyCode::Char('B'), KeyModifiers::SHIFT), Some(Key::Char('B')));
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Key::Ctrl('c')));
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::ALT), None, "alt is not the key itself");
        assert_eq!(press(KeyCode::End, KeyModifiers::NONE), Some(Key::End));
    }

    #[test]
    fn a_released_key_is_not_pressed_again() {
        let mut event = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        event.kind = KeyEventKind::Release;
        assert!(message(&Event::Key(event)).is_none());
    }
}
