//! What a terminal sends, as keys, pastes, clicks and turns of the wheel.
//!
//! Our own, because the event stream of crossterm hands on one key for each turn of a helper thread:
//! five hundred queued keys would be hundreds of frames, and a hung-up terminal would keep it spinning.

use crate::tui::app::Message;
use crate::tui::app::mouse::Mouse;
use crate::tui::keymap::Key;

/// The most of a paste that is kept, bytes.
const LONGEST_PASTE: usize = 64 * 1024;
/// The most bytes an escape sequence may have.
const LONGEST_SEQUENCE: usize = 64;
const ESC: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// Takes bytes as they come, in pieces cut anywhere.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    pending: Vec<u8>,
    paste: Option<Vec<u8>>,
}

/// What the pending bytes begin with.
enum Next {
    /// A whole item of so many bytes.
    Whole(usize, Option<Item>),
    /// More bytes are needed to tell.
    More,
}

enum Item {
    Key(Key),
    Mouse(Mouse),
    PasteBegins,
}

impl Decoder {
    /// Takes bytes; returns what they complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Message> {
        self.pending.extend_from_slice(bytes);
        let mut messages = Vec::new();
        loop {
            if self.paste.is_some() {
                let Some(text) = self.paste_ends() else { break };
                messages.push(Message::Paste(text));
            }
            match next(&self.pending) {
                Next::More => break,
                Next::Whole(length, item) => {
                    self.pending.drain(..length);
                    match item {
                        Some(Item::Key(key)) => messages.push(Message::Key(key)),
                        Some(Item::Mouse(what)) => messages.push(Message::Mouse(what)),
                        Some(Item::PasteBegins) => self.paste = Some(Vec::new()),
                        None => {}
                    }
                }
            }
        }
        messages
    }

    /// Whether a pause would settle what the pending bytes are.
    pub(super) fn waits(&self) -> bool {
        self.paste.is_none() && !self.pending.is_empty()
    }

    /// A pause: an escape that nothing followed was the key itself.
    pub(super) fn pause(&mut self) -> Vec<Message> {
        let was_escape = self.pending.first() == Some(&ESC);
        self.pending.clear();
        if was_escape { vec![Message::Key(Key::Esc)] } else { Vec::new() }
    }

    /// Moves pending bytes into the paste; the text once its end is there.
    fn paste_ends(&mut self) -> Option<String> {
        let end = self.pending.windows(PASTE_END.len()).position(|window| window == PASTE_END);
        // Bytes that may be the beginning of the end stay.
        let keep = end.unwrap_or_else(|| (self.pending.len() + 1).saturating_sub(PASTE_END.len()));
        let paste = self.paste.as_mut()?;
        let room = LONGEST_PASTE.saturating_sub(paste.len());
        paste.extend(self.pending.drain(..keep).take(room));
        end?;
        self.pending.drain(..PASTE_END.len());
        self.paste.take().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn next(bytes: &[u8]) -> Next {
    let key = |length, key| Next::Whole(length, Some(Item::Key(key)));
    match *bytes {
        [] | [ESC] | [ESC, b'O'] => Next::More,
        [ESC, b'[', ref rest @ ..] => csi(rest),
        [ESC, b'O', b'M', ..] => key(3, Key::Enter),
        [ESC, b'O', byte, ..] => Next::Whole(3, final_key(byte).map(Item::Key)),
        // No key of ours is pressed together with Alt: an escape and a key sent in one go on a slow
        // line are what they were typed as.
        [ESC, ..] => key(1, Key::Esc),
        [b'\r' | b'\n', ..] => key(1, Key::Enter),
        [b'\t', ..] => key(1, Key::Tab),
        [0x7f | 0x08, ..] => key(1, Key::Backspace),
        [0 | 0x1c..=0x1f, ..] => Next::Whole(1, None),
        [byte @ 0x01..=0x1a, ..] => key(1, Key::Ctrl(char::from(byte + b'a' - 1))),
        [byte, ..] if byte.is_ascii() => key(1, Key::Char(char::from(byte))),
        [first, ..] => character(bytes, first),
    }
}

/// A character of several bytes; a byte that cannot be one is skipped.
fn character(bytes: &[u8], first: u8) -> Next {
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Next::Whole(1, None),
    };
    let part = bytes.get(..length.min(bytes.len())).unwrap_or_default();
    match std::str::from_utf8(part) {
        Ok(text) => Next::Whole(length, text.chars().next().map(|char| Item::Key(Key::Char(char)))),
        Err(error) if error.error_len().is_none() => Next::More,
        Err(_) => Next::Whole(1, None),
    }
}

/// A sequence after `ESC [`: parameters, then a final byte.
fn csi(rest: &[u8]) -> Next {
    // Only what stands before the end decides, so that a cut anywhere makes no difference.
    let bounded = rest.get(..LONGEST_SEQUENCE).unwrap_or(rest);
    let Some(end) = bounded.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else {
        let endless = bounded.len() == LONGEST_SEQUENCE;
        return if endless { Next::Whole(LONGEST_SEQUENCE + 2, None) } else { Next::More };
    };
    if rest.get(end).is_some_and(|byte| !(0x40..=0x7e).contains(byte)) {
        return Next::Whole(end + 2, None);
    }
    let (parameters, byte) =
        (rest.get(..end).unwrap_or_default(), rest.get(end).copied().unwrap_or_default());
    let number = parameters.split(|byte| *byte == b';').next().unwrap_or_default();
    let item = match (byte, number) {
        (b'M', _) if parameters.first() == Some(&b'<') => mouse(parameters).map(Item::Mouse),
        // A button let go, or a report.
        _ if matches!(parameters.first(), Some(b'<' | b'?' | b'>')) => None,
        (b'~', b"200") => Some(Item::PasteBegins),
        (b'~', b"1" | b"7") => Some(Item::Key(Key::Home)),
        (b'~', b"3") => Some(Item::Key(Key::Delete)),
        (b'~', b"4" | b"8") => Some(Item::Key(Key::End)),
        (b'~', b"5") => Some(Item::Key(Key::PageUp)),
        (b'~', b"6") => Some(Item::Key(Key::PageDown)),
        (b'Z', _) => Some(Item::Key(Key::BackTab)),
        (byte, _) => final_key(byte).map(Item::Key),
    };
    Next::Whole(end + 3, item)
}

/// `<button;column;row`, counted from 1. What is held with it, other buttons and drags are nothing to us.
fn mouse(parameters: &[u8]) -> Option<Mouse> {
    let text = std::str::from_utf8(parameters.get(1..)?).ok()?;
    let mut numbers = text.split(';').map(|number| number.parse::<u16>().ok());
    let (button, x, y) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let (x, y) = (x.checked_sub(1)?, y.checked_sub(1)?);
    match button {
        0 => Some(Mouse::Click { x, y }),
        64 => Some(Mouse::WheelUp { x, y }),
        65 => Some(Mouse::WheelDown { x, y }),
        _ => None,
    }
}

const fn final_key(byte: u8) -> Option<Key> {
    match byte {
        b'A' => Some(Key::Up),
        b'B' => Some(Key::Down),
        b'C' => Some(Key::Right),
        b'D' => Some(Key::Left),
        b'H' => Some(Key::Home),
        b'F' => Some(Key::End),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(messages: Vec<Message>) -> Vec<String> {
        let shown = |message| match message {
            Message::Key(key) => key.to_string(),
            Message::Paste(text) => format!("paste {text:?}"),
            other => format!("{other:?}"),
        };
        messages.into_iter().map(shown).collect()
    }

    fn decoded(bytes: &[u8]) -> Vec<String> {
        let mut decoder = Decoder::default();
        let mut messages = decoder.feed(bytes);
        if decoder.waits() {
            messages.extend(decoder.pause());
        }
        keys(messages)
    }

    #[test]
    fn keys_are_what_terminals_send_for_them() {
        for (bytes, shown) in [
            (&b"jJ?"[..], &["j", "J", "?"][..]),
            (b"\r\n\t\x7f\x08", &["enter", "enter", "tab", "backspace", "backspace"]),
            (b"\x03\x15", &["ctrl-c", "ctrl-u"]),
            (b"\x1b[A\x1b[B\x1b[C\x1b[D", &["up", "down", "right", "left"]),
            (b"\x1bOA\x1bOF\x1bOH", &["up", "end", "home"]),
            (b"\x1b[1~\x1b[4~\x1b[5~\x1b[6~\x1b[3~", &["home", "end", "pgup", "pgdn", "del"]),
            (b"\x1b[H\x1b[F\x1b[Z", &["home", "end", "shift-tab"]),
            (b"\x1b[1;5C", &["right"]),
            (b"\x1b", &["esc"]),
            (b"\x1bj", &["esc", "j"]),
            (b"\x1b\x1b", &["esc", "esc"]),
            ("é日".as_bytes(), &["é", "日"]),
            (b"\xff\x80a", &["a"]),
            (b"\x1b[1\x7fa", &["backspace", "a"]),
        ] {
            assert_eq!(decoded(bytes), shown, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_mouse_clicks_and_turns_its_wheel() {
        let mut decoder = Decoder::default();
        let messages = decoder.feed(b"\x1b[<0;10;3M\x1b[<0;10;3m\x1b[<64;1;1M\x1b[<65;300;200M");
        let mice: Vec<Mouse> = messages
            .into_iter()
            .map(|message| match message {
                Message::Mouse(mouse) => mouse,
                other => panic!("{other:?}"),
            })
            .collect();
        let wheels = [Mouse::WheelUp { x: 0, y: 0 }, Mouse::WheelDown { x: 299, y: 199 }];
        assert_eq!(mice, [Mouse::Click { x: 9, y: 2 }, wheels[0], wheels[1]]);
    }

    #[test]
    fn what_else_a_mouse_or_a_report_sends_is_nothing() {
        for bytes in [
            &b"\x1b[<35;10;10M"[..],
            b"\x1b[<0;10;10m",
            b"\x1b[<2;10;10M",
            b"\x1b[<16;10;10M",
            b"\x1b[<0;0;0M",
            b"\x1b[<0;99999;1M",
            b"\x1b[<M",
            b"\x1b[I",
            b"\x1b[O",
            b"\x1b[?1;2c",
            b"\x1b[24;80R",
        ] {
            assert!(decoded(bytes).is_empty(), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_paste_is_one_text_and_never_keys() {
        assert_eq!(decoded(b"\x1b[200~q\ndrop\x1b[201~j"), ["paste \"q\\ndrop\"", "j"]);
        let long = [b"\x1b[200~".as_slice(), &vec![b'x'; 3 * LONGEST_PASTE], PASTE_END].concat();
        let mut decoder = Decoder::default();
        let messages = decoder.feed(&long);
        assert!(matches!(messages.as_slice(), [Message::Paste(text)] if text.len() == LONGEST_PASTE));
    }

    proptest! {
        /// Where the bytes are cut makes no difference, and nothing makes it fail.
        #[test]
        fn pieces_say_the_same_as_the_whole(
            bytes in prop::collection::vec(prop_oneof![
                prop::sample::select(b"\x1b[O~20;1ABjq\r\x7f".to_vec()), any::<u8>(),
            ], 0..60),
            cut in 0_usize..60,
        ) {
            let cut = cut.min(bytes.len());
            let mut whole = Decoder::default();
            let all = keys(whole.feed(&bytes));
            let mut pieces = Decoder::default();
            let mut parts = keys(pieces.feed(&bytes[..cut]));
            parts.extend(keys(pieces.feed(&bytes[cut..])));
            prop_assert_eq!(parts, all);
        }
    }
}
