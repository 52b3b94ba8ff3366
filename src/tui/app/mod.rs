//! The pure core of the dashboard: a message changes the model and may ask for effects.
//!
//! ```text
//! keys, ticks, polls ──> Message ──> update(&mut Model, Message, now) ──> [Effect]
//!                                          │
//!                                          └─ dirty? ──> draw(&Model)
//! ```

mod act;
pub mod again;
pub mod alerts;
mod answers;
pub mod arming;
mod asks;
mod begin;
pub mod board;
pub mod copy_region;
mod criteria;
mod dismiss;
pub mod effect;
mod explain;
pub mod facts;
pub mod form;
pub mod hints;
mod idle;
mod instants;
mod journal;
pub mod keys;
pub mod lag;
mod late;
pub mod layout;
pub mod leave;
pub mod make_way;
mod markdown;
pub mod message;
pub mod model;
pub mod mouse;
pub mod offered;
pub mod overlay;
pub mod own;
mod press;
pub mod regions;
pub mod runs;
pub mod service;
pub mod sources;
pub mod state;
mod steer;
pub mod step;
mod step_facts;
mod summary;
mod texts;
pub mod themes;
pub mod timeline;
pub mod update;
mod zone;

pub use effect::Effect;
pub use message::Message;
pub use model::{Model, Setup, Size};
pub use update::update;
