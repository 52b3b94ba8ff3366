//! The terminal: entered and left whole, written once a frame.

mod decoder;
mod encoder;
mod guard;
mod input;
mod pen;
mod scroll;
mod tty;

pub use encoder::Encoder;
pub use guard::{Guard, NoTerminal, require_tty};
pub use input::Keys;
