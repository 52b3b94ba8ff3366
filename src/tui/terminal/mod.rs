//! The terminal: entered and left whole, written once a frame.

mod encoder;
mod guard;
mod input;

pub use encoder::Encoder;
pub use guard::{Guard, NoTerminal, require_tty};
pub use input::{Input, closed, events};
